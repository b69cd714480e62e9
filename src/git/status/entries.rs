//! The changed paths of a worktree, from libgit2 or from `git status`, in one form.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::entry::{Entry, Stage};
use super::{ignores, porcelain};
use crate::domain::oid::CommitId;
use crate::domain::path::{RepoPath, bytes_to_path};
use crate::domain::place::{Place, WorktreePlace};
use crate::git::preflight::Needs;
use crate::git::{GitError, convert};

/// The priority of an object store in memory: above those of the repository (1 and 2), so that writes end there.
pub(in crate::git) const IN_MEMORY: i32 = 1000;

/// Opens a handle in a worktree. What its files name must be the repository and the directory that are meant.
pub(in crate::git) fn open_tree(tree: &WorktreePlace, place: &Place) -> Result<git2::Repository, GitError> {
    let handle = git2::Repository::open(&tree.admin).map_err(|source| match source.code() {
        // There is a repository; what git keeps of this worktree is damaged.
        git2::ErrorCode::NotFound => GitError::worktree("open", &tree.path, source),
        _ => GitError::open(&tree.admin, source),
    })?;
    if tree.admin == place.common_dir && place.main_worktree.as_deref() == Some(&tree.path) {
        // Of a separate git directory libgit2 cannot tell where the main worktree is; the place does.
        handle.set_workdir(&tree.path, false).map_err(|source| GitError::open(&tree.admin, source))?;
    }
    let not_ours = |what: &str, found: &Path| GitError::NotOurs {
        path: tree.path.clone(),
        what: format!("its {what} is {}", crate::domain::path::show(found)),
    };
    if !same(handle.commondir(), &place.common_dir) {
        return Err(not_ours("repository", handle.commondir()));
    }
    match handle.workdir() {
        Some(root) if same(root, &tree.path) => Ok(handle),
        root => Err(not_ours("directory", root.unwrap_or_else(|| Path::new("none")))),
    }
}

fn same(a: &Path, b: &Path) -> bool {
    a.components().eq(b.components())
        || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Lists the changed paths of a worktree, sorted by path. Ignored files are not among them.
pub(in crate::git) fn entries(
    tree: &WorktreePlace,
    needs: &Needs,
    place: &Place,
) -> Result<Vec<Entry>, GitError> {
    if needs.git_for_files.is_some() {
        return porcelain::entries(tree, place);
    }
    let (mut entries, negated) = read(&open_tree(tree, place)?, &tree.path)?;
    if negated {
        ignores::correct(&mut entries, tree, place)?;
    }
    Ok(entries)
}

/// Lists the changed paths of a repository inside a worktree. Nothing is run there, so that a file that only a negated
/// pattern keeps from being ignored is missed.
pub(super) fn of_nested(handle: &git2::Repository, root: &Path) -> Result<Vec<Entry>, GitError> {
    Ok(read(handle, root)?.0)
}

/// Reads what libgit2 says, and whether git may say something else of untracked files.
fn read(handle: &git2::Repository, root: &Path) -> Result<(Vec<Entry>, bool), GitError> {
    let failed = |source| GitError::worktree("read the status of", root, source);
    let mut options = git2::StatusOptions::new();
    options
        .show(git2::StatusShow::IndexAndWorkdir)
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .include_ignored(true)
        .recurse_ignored_dirs(false)
        .update_index(false);
    let index = handle.index().map_err(failed)?;
    let statuses = handle.statuses(Some(&mut options)).map_err(failed)?;
    let (mut entries, mut others) = (Vec::new(), Vec::new());
    for found in statuses.iter() {
        let (path, status) = (found.path_bytes(), found.status());
        if status.intersects(git2::Status::IGNORED | git2::Status::WT_NEW) {
            others.push(RepoPath::new(path.strip_suffix(b"/").unwrap_or(path)));
        }
        // A path that was taken out of the index may be both deleted there and ignored.
        if status != git2::Status::IGNORED {
            entries.extend(Some(entry(&index, path, status)).filter(Entry::is_changed));
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let negated = ignores::negates(handle, &index, root, &others);
    Ok((entries, negated))
}

/// The flag of `git update-index --skip-worktree`.
pub(in crate::git) const SKIP_WORKTREE: u16 = git2::IndexEntryExtendedFlag::SKIP_WORKTREE.bits();

/// The flag of an index entry that `git add -N` made.
const INTENT_TO_ADD: u16 = git2::IndexEntryExtendedFlag::INTENT_TO_ADD.bits();

fn entry(index: &git2::Index, path: &[u8], status: git2::Status) -> Entry {
    use git2::Status;
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let unmerged = status.is_conflicted();
    let numbers = if unmerged { 1..=3 } else { 0..=0 };
    let found: Vec<git2::IndexEntry> =
        numbers.filter_map(|stage| index.get_path(&bytes_to_path(path), stage)).collect();
    let intended = found.iter().any(|found| found.flags_extended & INTENT_TO_ADD != 0);
    let in_index = status.intersects(
        Status::INDEX_NEW | Status::INDEX_MODIFIED | Status::INDEX_DELETED | Status::INDEX_TYPECHANGE,
    );
    // libgit2 takes a file that skip-worktree keeps away for a deleted one.
    let skipped = found.iter().any(|found| found.flags_extended & SKIP_WORKTREE != 0);
    let in_files =
        !skipped && status.intersects(Status::WT_MODIFIED | Status::WT_DELETED | Status::WT_TYPECHANGE);
    Entry {
        path: RepoPath::new(path),
        // libgit2 takes an intended addition for the empty file that its index entry names.
        staged: !unmerged && if intended { !status.is_index_new() } else { in_index },
        unstaged: !unmerged && (in_files || intended),
        untracked: status.is_wt_new(),
        unmerged,
        stages: if intended { Vec::new() } else { found.iter().map(stage).collect() },
        intended,
    }
}

fn stage(found: &git2::IndexEntry) -> Stage {
    // Bits 12 and 13 of the flags (`GIT_INDEX_ENTRY_STAGEMASK`).
    Stage { number: u8::try_from(found.flags >> 12 & 3).unwrap_or(0), mode: found.mode, id: found.id }
}

/// Looks at a path of a worktree without following a symbolic link, also not one on the way.
pub(in crate::git) fn on_disk(root: &Path, path: &RepoPath) -> Option<(PathBuf, Metadata)> {
    let relative = path.to_path();
    let mut full = root.to_owned();
    let mut parts = relative.components().peekable();
    while let Some(part) = parts.next() {
        full.push(part);
        let found = full.symlink_metadata().ok()?;
        if parts.peek().is_none() {
            return Some((full, found));
        }
        if !found.is_dir() {
            return None;
        }
    }
    None
}

/// Tells whether git would store a file as executable.
pub(in crate::git) fn is_executable(found: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        found.permissions().mode() & 0o100 != 0
    }
    #[cfg(not(unix))]
    {
        let _ = found;
        false
    }
}

/// Gives the commit that HEAD names in a repository inside a worktree: a submodule, or one that was put there.
pub(in crate::git) fn nested_head(dir: &Path) -> Option<CommitId> {
    let nested = git2::Repository::open(dir).ok()?;
    let commit = nested.head().ok()?.peel_to_commit().ok()?;
    Some(convert::commit_id(commit.id()))
}
