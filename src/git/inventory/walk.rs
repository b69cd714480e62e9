//! Bounded walks of directories that follow no symbolic link.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::oid::CommitId;
use crate::domain::path::{RepoPath, path_bytes};
use crate::git::GitError;
use crate::git::worktrees::read_small;

/// How many entries a walk looks at, and how deep it goes. What lies beyond counts as a repository: it is not known to
/// be none.
const ENTRIES: usize = 4_000_000;
const DEPTH: usize = 200;

/// One entry that a walk came by.
pub(super) struct Seen<'a> {
    /// Its path below the root of the worktree.
    pub(super) path: &'a RepoPath,
    /// Its last component.
    pub(super) name: &'a [u8],
    /// Whether it is a directory; a link to one is none.
    pub(super) is_dir: bool,
}

/// What to do about a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Look into it.
    Enter,
    /// Pass it by.
    Pass,
}

/// Finds the repositories below a worktree's root: directories in which `.git` is. Submodules are none.
pub(super) fn repositories(
    root: &Path,
    is_submodule: &dyn Fn(&RepoPath) -> bool,
) -> Result<BTreeSet<RepoPath>, GitError> {
    let mut found = BTreeSet::new();
    let beyond = each(root, &RepoPath::default(), &mut |seen| {
        if seen.name == b".git" {
            let parent = parent(seen.path);
            if !parent.as_bytes().is_empty() {
                found.insert(parent);
            }
            return Step::Pass;
        }
        // What is in a submodule's own directory is its own affair; it counts as a submodule.
        if is_submodule(seen.path) { Step::Pass } else { Step::Enter }
    })?;
    found.extend(beyond);
    Ok(found)
}

/// Walks what is below a directory of a worktree, and gives the directories that were too many or too deep.
pub(super) fn each(
    root: &Path,
    dir: &RepoPath,
    visit: &mut dyn FnMut(&Seen<'_>) -> Step,
) -> Result<Vec<RepoPath>, GitError> {
    let mut beyond = Vec::new();
    let mut left = ENTRIES;
    let mut open = vec![(dir.clone(), 0)];
    while let Some((dir, depth)) = open.pop() {
        if depth >= DEPTH || left == 0 {
            beyond.push(dir);
            continue;
        }
        let full = root.join(dir.to_path());
        let entries = match std::fs::read_dir(&full) {
            Ok(entries) => entries,
            // It went away meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(GitError::io("read", &full)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(GitError::io("read", &full))?;
            let name = path_bytes(Path::new(&entry.file_name()));
            let path = join(&dir, &name);
            let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
            left = left.saturating_sub(1);
            if visit(&Seen { path: &path, name: &name, is_dir }) == Step::Enter && is_dir {
                open.push((path, depth + 1));
            }
        }
    }
    Ok(beyond)
}

/// Lists everything below a directory that is no directory.
pub(in crate::git) fn files_below(dir: &Path) -> Result<Vec<RepoPath>, GitError> {
    let mut files = Vec::new();
    each(dir, &RepoPath::default(), &mut |seen| {
        if !seen.is_dir {
            files.push(seen.path.clone());
        }
        Step::Enter
    })?;
    Ok(files)
}

/// Reads the commits that the files below a directory of refs name.
pub(super) fn commit_files(dir: &Path) -> Result<Vec<CommitId>, GitError> {
    if dir.symlink_metadata().is_err() {
        return Ok(Vec::new());
    }
    let read = |file: RepoPath| {
        let text = read_small(&dir.join(file.to_path())).ok()?;
        std::str::from_utf8(&text).ok()?.trim().parse().ok()
    };
    Ok(files_below(dir)?.into_iter().filter_map(read).collect())
}

fn join(dir: &RepoPath, name: &[u8]) -> RepoPath {
    if dir.as_bytes().is_empty() {
        RepoPath::new(name)
    } else {
        RepoPath::new([dir.as_bytes(), b"/", name].concat())
    }
}

/// Gives the directory of a path; empty for one at the root.
pub(super) fn parent(path: &RepoPath) -> RepoPath {
    let bytes = path.as_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    RepoPath::new(&bytes[..end])
}
