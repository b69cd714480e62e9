//! Moving a branch that is checked out (DESIGN §8.7): files and index first, the ref by compare-and-swap afterwards,
//! everything back if that fails.
//!
//! Two steps of `operation`: [`files`] refuses with the world untouched or brings the new tree in, [`restore`] takes it
//! back. The files are moved by `git read-tree -m -u`, always, while `index.lock` is held from
//! before the index is read until the end; libgit2 reads it, changes files and then replaces it, so that what somebody
//! stages in between would be lost.

mod check;
mod hold;
mod restore;
#[cfg(test)]
mod tests;
mod touched;

use std::path::{Path, PathBuf};

use hold::Hold;

use super::super::Repo;
use super::super::command::Git;
use super::super::error::GitError;
use super::super::preflight::Needs;
use super::super::progress::wait_for_lock;
use super::owned::{self, Owner};
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
    /// Whose the locks are.
    pub owner: &'a Owner,
}

impl Advance<'_> {
    fn git(&self, repo: &Repo, subcommand: &str) -> Git {
        Git::worktree(&repo.place().common_dir, self.git_dir, self.worktree, subcommand)
    }

    fn index_lock(&self) -> PathBuf {
        self.git_dir.join("index.lock")
    }
}

/// Looks, without holding the index, whether [`files`] would refuse.
pub fn check(repo: &Repo, advance: &Advance<'_>) -> Result<(), GitError> {
    wait_for_lock(&advance.index_lock())?;
    match check::run(repo, advance) {
        // It may have looked while somebody else was moving the same branch.
        Err(GitError::WouldOverwrite { .. }) => {
            wait_for_lock(&advance.index_lock())?;
            check::run(repo, advance)
        }
        outcome => outcome,
    }
}

/// Brings index and files from `old`'s tree to `new`'s; what is staged, modified or untracked elsewhere stays exactly.
/// The index is held until what is given back is dropped, so that nobody commits what is in it before the ref has
/// moved. Refuses, with nothing changed, what would lose something or would not be understood:
///
/// - [`GitError::Locked`]: another program holds `index.lock` for more than two seconds;
/// - [`GitError::RefMoved`], [`GitError::NotOurs`]: HEAD there is not on a branch at `old`;
/// - [`GitError::InProgress`]: a merge, a rebase and the like, or conflicts in the index;
/// - [`GitError::HalfDone`], the one error after which files may be changed: they could not be put back;
/// - [`GitError::WouldOverwrite`]: every path that differs between the trees and is modified, staged, untracked or
///   ignored there, and what stands where a directory or a file has to be made.
pub fn files<'a>(repo: &'a Repo, advance: &Advance<'a>) -> Result<Moved<'a>, GitError> {
    let hold = Hold::take(advance)?;
    check::run(repo, advance)?;
    let staged = hold.stage()?;
    // A file that was only touched is not up to date for read-tree; exit 1 says that others really differ.
    staged.git(repo, advance, "update-index").args(["-q", "--unmerged", "--refresh"]).output()?;
    let read_tree = staged
        .git_on_files(repo, advance, "read-tree", b"")?
        .args(["-m", "-u", "--no-recurse-submodules"])
        .args([advance.old.to_string(), advance.new.to_string()]);
    let output = read_tree.output()?;
    if output.code != 0 {
        // It verifies everything before it touches a file; a full disk comes later.
        return Err(taken_back(repo, advance, &hold, read_tree.failed(&output)));
    }
    if let Err(error) = staged.swap() {
        return Err(taken_back(repo, advance, &hold, error));
    }
    Ok(Moved { repo, advance: *advance, hold })
}

/// Takes files back; where that fails too, both are the error.
fn taken_back(repo: &Repo, advance: &Advance<'_>, hold: &Hold, cause: GitError) -> GitError {
    match restore::run(repo, advance, hold) {
        Ok(_) => cause,
        Err(rollback) => GitError::HalfDone { cause: Box::new(cause), rollback: Box::new(rollback) },
    }
}

/// Files and index that were moved, held until the ref has moved too.
pub struct Moved<'a> {
    repo: &'a Repo,
    advance: Advance<'a>,
    hold: Hold,
}

impl Moved<'_> {
    /// Takes it back; see [`restore`].
    pub fn restore(self) -> Result<Vec<RepoPath>, GitError> {
        restore::run(self.repo, &self.advance, &self.hold)
    }
}

/// Takes [`files`] back, also one that was killed in the middle: each path that differs between the trees and whose
/// content is `old`'s, `new`'s, absent, or the beginning of either, gets `old`'s. The others were edited since; they
/// stay and are given back. Safe to repeat.
pub fn restore(repo: &Repo, advance: &Advance<'_>) -> Result<Vec<RepoPath>, GitError> {
    restore::run(repo, advance, &Hold::take(advance)?)
}

/// Gives up what a killed [`files`] or [`restore`] holds, and changes no file.
pub fn release(advance: &Advance<'_>) -> Result<bool, GitError> {
    owned::release(&advance.index_lock(), advance.owner)
}
