//! Moving a branch that is checked out (DESIGN §8.7): files and index first, the ref by compare-and-swap afterwards,
//! everything back if that fails.
//!
//! Three steps of `operation`: [`check`] refuses with the world untouched, [`files`] brings the new tree in,
//! [`restore`] takes it back. The files are moved by `git read-tree -m -u`, always: it holds `index.lock` from before
//! it reads the index until the end, while libgit2 reads it, changes files and then replaces it, so that what
//! somebody stages in between would be lost.

mod check;
mod restore;
#[cfg(test)]
mod tests;
mod touched;

use std::path::{Path, PathBuf};

use super::super::Repo;
use super::super::command::Git;
use super::super::error::GitError;
use super::super::preflight::Needs;
use super::super::progress::wait_for_lock;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;

/// A branch that moves under the worktree whose HEAD is on it.
#[derive(Debug, Clone, Copy)]
pub struct Advance<'a> {
    /// The worktree's root.
    pub worktree: &'a Path,
    /// Its git directory.
    pub git_dir: &'a Path,
    /// The commit that the branch names.
    pub old: CommitId,
    /// The commit that it will name.
    pub new: CommitId,
    /// What the repository needs.
    pub needs: &'a Needs,
}

impl Advance<'_> {
    fn git(&self, repo: &Repo, subcommand: &str) -> Git {
        Git::worktree(&repo.place().common_dir, self.git_dir, self.worktree, subcommand)
    }

    fn index_lock(&self) -> PathBuf {
        self.git_dir.join("index.lock")
    }
}

/// Refuses, with nothing changed, what would lose something or would not be understood:
///
/// - [`GitError::RefMoved`], [`GitError::NotOurs`]: HEAD there is not on a branch at `old`;
/// - [`GitError::InProgress`]: a merge, a rebase and the like, or conflicts in the index;
/// - [`GitError::Locked`]: `index.lock` does not go away within two seconds;
/// - [`GitError::WouldOverwrite`]: every path that differs between the trees and is modified, staged, untracked or
///   ignored there, and what stands where a directory or a file has to be made.
pub fn check(repo: &Repo, advance: &Advance<'_>) -> Result<(), GitError> {
    check::run(repo, advance)
}

/// Brings index and files from `old`'s tree to `new`'s; what is staged, modified or untracked elsewhere stays exactly.
/// Changes nothing if it fails.
pub fn files(repo: &Repo, advance: &Advance<'_>) -> Result<(), GitError> {
    wait_for_lock(&advance.index_lock())?;
    // A file that was only touched is not up to date for read-tree; exit 1 says that others really differ.
    let refresh = advance.git(repo, "update-index").args(["-q", "--unmerged", "--refresh"]).output()?;
    let read_tree = advance
        .git(repo, "read-tree")
        .args(["-m", "-u", "--no-recurse-submodules"])
        .args([advance.old.to_string(), advance.new.to_string()]);
    let output = read_tree.output()?;
    if output.code == 0 {
        return Ok(());
    }
    if refresh.stderr.contains("index.lock") || output.stderr.contains("index.lock") {
        return Err(GitError::Locked { path: advance.index_lock() });
    }
    let failed = read_tree.failed(&output);
    // It verifies everything before it touches a file; a full disk comes later.
    restore::run(repo, advance)?;
    Err(failed)
}

/// Takes [`files`] back, also one that was killed in the middle: each path that differs between the trees and whose
/// content is `old`'s, `new`'s, absent, or the beginning of either, gets `old`'s. The others were edited since; they
/// stay and are given back. Safe to repeat.
pub fn restore(repo: &Repo, advance: &Advance<'_>) -> Result<Vec<RepoPath>, GitError> {
    wait_for_lock(&advance.index_lock())?;
    restore::run(repo, advance)
}
