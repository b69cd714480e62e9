//! The attributes that a merge obeys.
//!
//! `git merge` reads `.gitattributes` (`merge=union`, `binary`, a merge driver) from the worktree that it runs in.
//! `git merge-tree` looks in the same place, but a merge in memory has no worktree that shows its first side, and only
//! git 2.41 and newer can be told a tree instead (`GIT_ATTR_SOURCE`). So the files are laid out in a directory that
//! is the worktree of the call. Only directories in which the sides differ can hold a file that is merged by content.

use std::path::{Path, PathBuf};

use super::super::error::GitError;
use super::super::{Repo, convert};
use crate::domain::oid::TreeId;
use crate::domain::path::bytes_to_path;

const NAME: &[u8] = b".gitattributes";

/// The attribute files of a side: path and blob, by path.
pub(super) type Attributes = Vec<(PathBuf, git2::Oid)>;

/// Finds the attribute files of `ours` that can matter for a merge with `theirs`.
pub(super) fn of(repo: &Repo, ours: TreeId, theirs: TreeId) -> Result<Attributes, GitError> {
    let mut found = Vec::new();
    collect(repo, convert::oid(ours), Some(convert::oid(theirs)), &PathBuf::new(), &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(
    repo: &Repo,
    ours: git2::Oid,
    theirs: Option<git2::Oid>,
    at: &Path,
    found: &mut Attributes,
) -> Result<(), GitError> {
    let tree = repo.raw().find_tree(ours).map_err(|source| GitError::object("tree", ours, source))?;
    let other = theirs.and_then(|id| repo.raw().find_tree(id).ok());
    for entry in tree.iter() {
        let name = entry.name_bytes();
        match entry.kind() {
            Some(git2::ObjectType::Blob) if name == NAME && entry.filemode() != 0o120_000 => {
                found.push((at.join(bytes_to_path(name)), entry.id()));
            }
            Some(git2::ObjectType::Tree) if is_plain(name) => {
                let counterpart = other.as_ref().and_then(|tree| tree.get_name_bytes(name)).map(|e| e.id());
                if counterpart != Some(entry.id()) {
                    collect(repo, entry.id(), counterpart, &at.join(bytes_to_path(name)), found)?;
                }
            }
            _ => {}
        }
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
    let dir = tempfile::tempdir().map_err(GitError::io("create a temporary directory in", Path::new(".")))?;
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
