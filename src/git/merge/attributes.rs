//! The attributes that a merge obeys.
//!
//! `git merge` reads `.gitattributes` (`merge=union`, `binary`, a merge driver) from the worktree that it runs in.
//! `git merge-tree` looks in the same place, but a merge in memory has no worktree that shows its first side, and only
//! git 2.41 and newer can be told a tree instead (`GIT_ATTR_SOURCE`). So the files are laid out in a directory that
//! is the worktree of the call. Only directories in which the sides differ can hold a file that is merged by content.

use std::path::{Path, PathBuf};

use super::super::error::GitError;
use super::super::{Repo, convert, passing};
use super::trees::{Trees, differences, entries};
use crate::domain::oid::TreeId;
use crate::domain::path::bytes_to_path;

const NAME: &[u8] = b".gitattributes";

/// The attribute files of a side: path and blob, by path.
pub(super) type Attributes = Vec<(PathBuf, git2::Oid)>;

/// Finds the attribute files of `ours` that can matter for a merge with `theirs`.
pub(super) fn of(repo: &Repo, trees: &Trees, ours: TreeId, theirs: TreeId) -> Result<Attributes, GitError> {
    let mut found = Vec::new();
    let root = (Some(convert::oid(ours)), Some(convert::oid(theirs)));
    collect((repo, trees), root, &PathBuf::new(), &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(
    (repo, trees): (&Repo, &Trees),
    (ours, theirs): (Option<git2::Oid>, Option<git2::Oid>),
    at: &Path,
    found: &mut Attributes,
) -> Result<(), GitError> {
    let (ours, theirs) = (trees.read(repo, ours)?, trees.read(repo, theirs)?);
    let file = entries(&ours).find(|entry| entry.name == NAME && entry.is_file());
    found.extend(file.map(|entry| (at.join(bytes_to_path(NAME)), entry.id)));
    for (entry, other) in differences(&ours, &theirs) {
        let Some(entry) = entry.filter(|entry| entry.is_tree() && is_plain(entry.name)) else { continue };
        let below = at.join(bytes_to_path(entry.name));
        collect((repo, trees), (Some(entry.id), other.map(|other| other.id)), &below, found)?;
    }
    Ok(())
}

/// Tells whether a name of a tree is one path component on every system.
fn is_plain(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b".." | b".git")
        && !name.iter().any(|byte| matches!(byte, b'/' | b'\\' | b':'))
}

/// Lays the files out in a new temporary directory, which goes with the value.
pub(super) fn lay_out(repo: &Repo, attributes: &Attributes) -> Result<tempfile::TempDir, GitError> {
    let dir = passing::dir().map_err(GitError::io("create a temporary directory in", Path::new(".")))?;
    for (path, blob) in attributes {
        let content = repo.raw().find_blob(*blob).map_err(|source| GitError::object("blob", blob, source))?;
        let path = dir.path().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(GitError::io("create", parent))?;
        }
        std::fs::write(&path, content.content()).map_err(GitError::io("write", &path))?;
    }
    Ok(dir)
}
