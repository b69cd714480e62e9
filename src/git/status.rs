//! Uncommitted changes of one worktree, read without touching its index.
//!
//! libgit2 reads, and runs nothing that the worktree's owner may have planted: no hook, no filter program, no
//! fsmonitor, no textconv. Where the files must be compared through git's own filters, `git status` does it; where
//! ignore files negate patterns, `git ls-files` says what is untracked.

mod entries;
mod entry;
mod fingerprint;
mod hidden;
mod ignores;
mod porcelain;

use std::path::Path;

pub(in crate::git) use entries::{IN_MEMORY, entries, is_executable, nested_head, on_disk, open_tree};
pub(in crate::git) use entry::Entry;
pub use fingerprint::fingerprint;
pub(in crate::git) use hidden::{edits as hidden_edits, gitlinks};
pub(in crate::git) use ignores::ignored_by_git;

use super::preflight::Needs;
use super::worktrees::{read_regular, read_small};
use super::{GitError, Repo, head_of};
use crate::domain::path::RepoPath;
use crate::domain::place::{Head, Place, WorktreePlace};
use crate::domain::status::Dirt;

/// Counts the uncommitted changes of a worktree by file. Untracked files count one by one whatever
/// `status.showUntrackedFiles` says, ignored ones never; a rename is a deletion and an addition. A repository inside counts once if there is a file
/// in it besides its `.git`; see [`super::inventory`] for those without.
pub fn dirt(tree: &WorktreePlace, needs: &Needs, place: &Place) -> Result<Dirt, GitError> {
    Ok(count(&entries(tree, needs, place)?))
}

pub(in crate::git) fn count(entries: &[Entry]) -> Dirt {
    let number =
        |test: fn(&&Entry) -> bool| u32::try_from(entries.iter().filter(test).count()).unwrap_or(u32::MAX);
    Dirt {
        staged: number(|entry| entry.staged),
        unstaged: number(|entry| entry.unstaged),
        untracked: number(|entry| entry.untracked),
        unmerged: number(|entry| entry.unmerged),
    }
}

/// Gives the paths with uncommitted changes, sorted: staged, unstaged, untracked and in conflict.
pub fn dirty_paths(tree: &WorktreePlace, needs: &Needs, place: &Place) -> Result<Vec<RepoPath>, GitError> {
    Ok(entries(tree, needs, place)?.into_iter().map(|entry| entry.path).collect())
}

/// Gives the paths of everything in a worktree that its commit does not have as it is, sorted: [`dirty_paths`] and what
/// is ignored, a directory of ignored files as one.
pub fn written_paths(tree: &WorktreePlace, needs: &Needs, place: &Place) -> Result<Vec<RepoPath>, GitError> {
    let mut paths = dirty_paths(tree, needs, place)?;
    paths.extend(ignored_by_git(tree, place)?);
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Reads the HEAD of a worktree from its file.
pub fn head(repo: &Repo, tree: &WorktreePlace) -> Result<Head, GitError> {
    head_of(&tree.admin, repo)
}

/// Tells whether a worktree's directory, its `.git` or its administrative directory is not there.
pub fn is_missing(tree: &WorktreePlace) -> bool {
    let there = |path: &Path| path.symlink_metadata().is_ok();
    !there(&tree.path.join(".git")) || !there(&tree.admin)
}

/// Reads git's `locked` file; its text may be empty, and bytes that are not UTF-8 are replaced.
pub fn locked(tree: &WorktreePlace) -> Option<String> {
    let text = read_small(&tree.admin.join("locked")).ok()?;
    Some(String::from_utf8_lossy(&text).trim_end().to_owned())
}

/// Tells what is unfinished in the worktree with this git directory, by the files that git keeps for it.
pub fn in_progress(git_dir: &Path) -> Option<&'static str> {
    const MARKS: [(&str, &str); 7] = [
        ("rebase-merge", "a rebase is"),
        ("rebase-apply/applying", "a patch application is"),
        ("rebase-apply", "a rebase is"),
        ("MERGE_HEAD", "a merge is"),
        ("CHERRY_PICK_HEAD", "a cherry-pick is"),
        ("REVERT_HEAD", "a revert is"),
        ("BISECT_LOG", "a bisect is"),
    ];
    let there = |name: &str| git_dir.join(name).symlink_metadata().is_ok();
    if let Some((_, what)) = MARKS.iter().find(|(name, _)| there(name)) {
        return Some(what);
    }
    // Between two picks of a series only the list of what is left to do says so.
    let todo = read_regular(&git_dir.join("sequencer/todo")).ok()?;
    Some(if todo.starts_with(b"revert") { "a revert is" } else { "a cherry-pick is" })
}

#[cfg(test)]
pub(crate) mod random;
#[cfg(test)]
pub(in crate::git) mod tests;
