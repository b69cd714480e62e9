//! What stands in the way of moving a branch under a worktree.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::super::error::GitError;
use super::super::super::progress::in_progress;
use super::super::super::{Repo, head_of};
use super::Advance;
use super::touched::{
    self, Change, Entry, Index, OnDisk, Touched, ancestors, blocker, files_below, link_is, on_disk,
};
use crate::domain::path::RepoPath;
use crate::domain::place::Head;

/// See [`super::check`]. The index is held by the caller, or nobody holds it.
pub(super) fn run(repo: &Repo, advance: &Advance<'_>) -> Result<(), GitError> {
    check_head(repo, advance)?;
    let worktree = || advance.worktree.to_owned();
    if let Some(what) = in_progress(advance.git_dir) {
        return Err(GitError::InProgress { worktree: worktree(), what });
    }
    let index = touched::index(repo, advance)?;
    if index.values().any(|listed| listed.unmerged) {
        return Err(GitError::InProgress { worktree: worktree(), what: "resolving conflicts is" });
    }
    let touched = touched::touched(repo, advance)?;
    let mut paths = staged(&touched, &index);
    paths.extend(match advance.needs.git_for_files {
        Some(_) => modified_by_git(repo, advance, &touched, &index)?,
        None => modified(advance, &touched)?,
    });
    let ignore_case =
        repo.raw().config().and_then(|config| config.get_bool("core.ignorecase")).unwrap_or(false);
    for (path, change) in &touched {
        paths.extend(obstructions(advance.worktree, path, *change, &touched, ignore_case)?);
    }
    if paths.is_empty() {
        return Ok(());
    }
    Err(GitError::WouldOverwrite { worktree: worktree(), paths: paths.into_iter().collect() })
}

fn check_head(repo: &Repo, advance: &Advance<'_>) -> Result<(), GitError> {
    let not_ours = |what: String| GitError::NotOurs { path: advance.worktree.to_owned(), what };
    match head_of(advance.git_dir, repo)? {
        Head::Branch { tip, .. } if tip == advance.old => Ok(()),
        Head::Branch { name, tip } => {
            Err(GitError::RefMoved { name: name.ref_name(), expected: Some(advance.old), found: Some(tip) })
        }
        Head::Detached(_) => Err(not_ours("HEAD is detached".to_owned())),
        Head::Unborn(branch) => Err(not_ours(format!("HEAD is on {branch}, which has no commit"))),
        Head::Broken(what) => Err(not_ours(what)),
    }
}

/// Gives the paths whose index entry is not that of the old tree, and entries that a new file or directory displaces.
fn staged(touched: &Touched, index: &Index) -> BTreeSet<RepoPath> {
    let mut found = BTreeSet::new();
    for (path, change) in touched {
        if index.get(path).map(|listed| listed.entry) != change.old {
            found.insert(path.clone());
        }
        if change.new.is_none() {
            continue;
        }
        let foreign = |other: &RepoPath| index.contains_key(other) && !touched.contains_key(other);
        found.extend(ancestors(path).filter(foreign));
        let mut below = path.as_bytes().to_vec();
        below.push(b'/');
        let below = index.range(RepoPath::new(below)..).map(|(other, _)| other);
        found.extend(
            below
                .take_while(|other| other.is_in(path))
                .filter(|other| !touched.contains_key(*other))
                .cloned(),
        );
    }
    found
}

/// Gives the paths whose file is not what the index says, hidden edits included.
fn modified(advance: &Advance<'_>, touched: &Touched) -> Result<BTreeSet<RepoPath>, GitError> {
    let failed = |source| GitError::worktree("compare", advance.worktree, source);
    let here = git2::Repository::open(advance.worktree).map_err(failed)?;
    if here.path().canonicalize().ok() != advance.git_dir.canonicalize().ok() {
        return Err(GitError::NotOurs {
            path: advance.worktree.to_owned(),
            what: "its .git names another repository".to_owned(),
        });
    }
    let files: Vec<&RepoPath> = touched
        .iter()
        .filter(|(_, change)| change.old.is_some_and(|old| !old.is_gitlink()))
        .map(|(path, _)| path)
        .collect();
    if files.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut index = git2::Index::open(&advance.git_dir.join("index")).map_err(failed)?;
    let mut options = git2::DiffOptions::new();
    options.disable_pathspec_match(true).include_typechange(true).ignore_submodules(true);
    for path in &files {
        // Edits behind assume-unchanged and skip-worktree are edits; a file that is left out on purpose is not.
        if let Some(mut entry) = index.get_path(&path.to_path(), 0) {
            let hidden = entry.flags & 0x8000 != 0 || entry.flags_extended & (1 << 14) != 0;
            if hidden && on_disk(&advance.worktree.join(path.to_path()))? != OnDisk::Absent {
                entry.flags &= !0x8000;
                entry.flags_extended &= !(1 << 14);
                index.add(&entry).map_err(failed)?;
            }
        }
        options.pathspec(path.as_bytes());
    }
    let diff = here.diff_index_to_workdir(Some(&index), Some(&mut options)).map_err(failed)?;
    let paths = diff.deltas().filter_map(|delta| delta.old_file().path_bytes().map(RepoPath::new));
    Ok(paths.filter(|path| touched.contains_key(path)).collect())
}

/// The same, by what `git add` would make of the files.
fn modified_by_git(
    repo: &Repo,
    advance: &Advance<'_>,
    touched: &Touched,
    index: &Index,
) -> Result<BTreeSet<RepoPath>, GitError> {
    let filemode = repo.raw().config().and_then(|config| config.get_bool("core.filemode")).unwrap_or(true);
    let mut found = BTreeSet::new();
    let mut regular: Vec<(&RepoPath, Entry)> = Vec::new();
    for (path, change) in touched {
        let Some(old) = change.old.filter(|old| !old.is_gitlink()) else { continue };
        let full = advance.worktree.join(path.to_path());
        let clean = match on_disk(&full)? {
            _ if blocker(advance.worktree, path)?.is_some() => false,
            OnDisk::Absent => index.get(path).is_some_and(|listed| listed.skip_worktree),
            OnDisk::Link => link_is(repo, &full, old)?,
            OnDisk::File { executable } => {
                regular.push((path, old));
                !old.is_link() && (!filemode || executable == old.is_executable())
            }
            OnDisk::Directory | OnDisk::Other => false,
        };
        if !clean {
            found.insert(path.clone());
        }
    }
    let paths: Vec<&RepoPath> = regular.iter().map(|(path, _)| *path).collect();
    let ids = touched::hashes(repo, advance, &paths)?;
    let differing = regular.iter().zip(ids).filter(|((_, old), id)| old.id != *id);
    found.extend(differing.map(|((path, _), _)| (*path).clone()));
    Ok(found)
}

/// Gives what stands where something new has to be made and is not itself a clean file of the old tree.
fn obstructions(
    root: &Path,
    path: &RepoPath,
    change: Change,
    touched: &Touched,
    ignore_case: bool,
) -> Result<Vec<RepoPath>, GitError> {
    let Some(new) = change.new else { return Ok(Vec::new()) };
    let tracked = |path: &RepoPath| touched.get(path).is_some_and(|change| change.old.is_some());
    if let Some(above) = blocker(root, path)? {
        return Ok(if tracked(&above) { Vec::new() } else { vec![above] });
    }
    let found = on_disk(&root.join(path.to_path()))?;
    match found {
        OnDisk::Absent => Ok(Vec::new()),
        OnDisk::Directory => {
            let below = files_below(root, path)?;
            // A submodule's own directory is where it belongs.
            if new.is_gitlink() && below.contains(path) {
                return Ok(Vec::new());
            }
            Ok(below.into_iter().filter(|file| !tracked(file)).collect())
        }
        _ if change.old.is_some_and(|old| !old.is_gitlink()) => Ok(Vec::new()),
        _ if ignore_case && is_renamed_by_case(root, path, touched) => Ok(Vec::new()),
        _ => Ok(vec![path.clone()]),
    }
}

/// Tells whether what stands at the path is the file of the old tree whose name only changes its case.
fn is_renamed_by_case(root: &Path, path: &RepoPath, touched: &Touched) -> bool {
    touched.iter().any(|(other, change)| {
        change.old.is_some()
            && change.new.is_none()
            && other.as_bytes().eq_ignore_ascii_case(path.as_bytes())
            && is_same_file(&root.join(other.to_path()), &root.join(path.to_path()))
    })
}

#[cfg(unix)]
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |path| std::fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    id(one).is_some_and(|one| Some(one) == id(other))
}

#[cfg(not(unix))]
fn is_same_file(_one: &Path, _other: &Path) -> bool {
    true
}
