//! Committing what an agent left uncommitted, as git would: hooks, signing and filters included.
//!
//! The agent's index is given back as it was unless the commit is made. Until then a copy of it stands next to it,
//! named by the commit that HEAD was at, so that a repetition after a death still knows what the agent had staged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::command::{Git, Output};
use super::super::error::GitError;
use super::super::progress::{in_progress, wait_for_lock};
use super::super::{Repo, head_of, identity};
use crate::domain::name::BranchName;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::{Head, Place, WorktreePlace};

/// The begin of the name of a copy of an index; the commit's id follows.
const SAVED: &str = "windrow-index-";

/// How many lines of a refusal are given.
const LINES: usize = 5;

/// What is to be committed, where and how.
#[derive(Debug, Clone)]
pub struct Leftovers<'a> {
    /// The worktree.
    pub tree: &'a WorktreePlace,
    /// The branch that its HEAD must be on.
    pub branch: &'a BranchName,
    /// The message, trailers included.
    pub message: &'a str,
    /// How long hooks and signing may take together.
    pub limit: Duration,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftoverResult {
    /// Everything is in this commit, which the branch names now.
    Committed(CommitId),
    /// There was nothing to commit.
    Nothing,
    /// It could not be committed, for this reason; index and files are as they were.
    Refused(String),
}

/// Commits everything that is uncommitted or untracked, ignored files apart.
///
/// Refused are: HEAD elsewhere, an operation in progress, unmerged paths, a repository inside that is no submodule
/// (git would commit a link to it that nobody can follow), no identity, a hook that fails, signing that fails, and
/// whatever takes longer than the limit.
pub fn commit(repo: &Repo, leftovers: &Leftovers<'_>) -> Result<LeftoverResult, GitError> {
    let head = match head_of(&leftovers.tree.admin, repo)? {
        Head::Branch { name, tip } if name == *leftovers.branch => tip,
        _ => return Ok(refused(format!("HEAD is not on {}", leftovers.branch))),
    };
    if let Some(reason) = obstacle(repo, leftovers)? {
        return Ok(refused(reason));
    }
    let call = |subcommand: &str| call(repo, leftovers, subcommand);
    let saved = save_index(&leftovers.tree.admin, head)?;
    let put_back = |reason: String| {
        restore_index(&leftovers.tree.admin, saved.as_deref())?;
        Ok(refused(reason))
    };
    match call("add").arg("-A").timeout(leftovers.limit).output() {
        Ok(output) if output.code == 0 => {}
        Ok(output) => return put_back(first_lines(&output)),
        Err(error @ GitError::TimedOut { .. }) => return put_back(error.to_string()),
        Err(error) => return Err(error),
    }
    if call("diff-index").args(["--cached", "--quiet", "HEAD", "--"]).output()?.code == 0 {
        restore_index(&leftovers.tree.admin, saved.as_deref())?;
        return Ok(LeftoverResult::Nothing);
    }
    let committed = call("commit")
        .args(["-q", "--no-edit", "-F", "-"])
        .stdin(leftovers.message)
        .env("GIT_EDITOR", "true")
        .with_hooks()
        .timeout(leftovers.limit)
        .output();
    let now = head_of(&leftovers.tree.admin, repo)?.commit();
    if let Some(commit) = now.filter(|now| *now != head) {
        // It is made, whatever a hook said afterwards.
        remove_saved(saved.as_deref())?;
        return Ok(LeftoverResult::Committed(commit));
    }
    match committed {
        Ok(output) => put_back(first_lines(&output)),
        Err(error @ GitError::TimedOut { .. }) => put_back(error.to_string()),
        Err(error) => Err(error),
    }
}

const fn refused(reason: String) -> LeftoverResult {
    LeftoverResult::Refused(reason)
}

/// A call in the worktree that starts no maintenance behind our back.
fn call(repo: &Repo, leftovers: &Leftovers<'_>, subcommand: &str) -> Git {
    let tree = leftovers.tree;
    Git::worktree(&repo.place().common_dir, &tree.admin, &tree.path, subcommand)
        .config("gc.auto", "0")
        .config("maintenance.auto", "false")
}

/// Gives the reason for which nothing is even tried.
fn obstacle(repo: &Repo, leftovers: &Leftovers<'_>) -> Result<Option<String>, GitError> {
    let tree = leftovers.tree;
    if let Some(what) = in_progress(&tree.admin) {
        return Ok(Some(format!("{what} in progress")));
    }
    if let Err(error) = wait_for_lock(&tree.admin.join("index.lock")) {
        return Ok(Some(error.to_string()));
    }
    if !call(repo, leftovers, "ls-files").args(["-u", "-z"]).run()?.is_empty() {
        return Ok(Some("paths are unmerged".to_owned()));
    }
    let nested = nested_repositories(repo, tree)?;
    if !nested.is_empty() {
        let names: Vec<String> = nested.iter().take(LINES).map(ToString::to_string).collect();
        return Ok(Some(format!("a repository is inside: {}", names.join(", "))));
    }
    let place =
        Place { git_dir: tree.admin.clone(), worktree: Some(tree.path.clone()), ..repo.place().clone() };
    for ask in [identity::author, identity::committer] {
        match ask(&place) {
            Ok(_) => {}
            Err(error @ GitError::NoIdentity { .. }) => return Ok(Some(error.to_string())),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Gives the untracked repositories in a worktree: git lists each as a directory and does not look into it.
pub(in crate::git) fn nested_repositories(
    repo: &Repo,
    tree: &WorktreePlace,
) -> Result<Vec<RepoPath>, GitError> {
    let call = Git::worktree(&repo.place().common_dir, &tree.admin, &tree.path, "ls-files");
    let out = call.args(["--others", "--exclude-standard", "-z"]).run()?;
    let nested = out.split(|byte| *byte == 0).filter_map(|path| path.strip_suffix(b"/"));
    Ok(nested.map(RepoPath::new).collect())
}

/// Copies the index; gives the copy. A copy from a call that died at the same commit is the agent's index: it stays.
fn save_index(admin: &Path, head: CommitId) -> Result<Option<PathBuf>, GitError> {
    let index = admin.join("index");
    let saved = admin.join(format!("{SAVED}{head}"));
    for entry in std::fs::read_dir(admin).map_err(GitError::io("list", admin))?.flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with(SAVED) && path != saved {
            remove_saved(Some(&path))?;
        }
    }
    if saved.exists() {
        return Ok(Some(saved));
    }
    if !index.exists() {
        return Ok(None);
    }
    let new = admin.join(format!("{SAVED}new"));
    let modified = std::fs::metadata(&index).and_then(|metadata| metadata.modified());
    let modified = modified.map_err(GitError::io("look at", &index))?;
    std::fs::copy(&index, &new).map_err(GitError::io("copy", &index))?;
    // Git compares the times of files with that of the index to know which it has to look into.
    let file = std::fs::File::options().append(true).open(&new).map_err(GitError::io("open", &new))?;
    file.set_modified(modified).map_err(GitError::io("date", &new))?;
    std::fs::rename(&new, &saved).map_err(GitError::io("rename", &new))?;
    Ok(Some(saved))
}

fn restore_index(admin: &Path, saved: Option<&Path>) -> Result<(), GitError> {
    let index = admin.join("index");
    wait_for_lock(&admin.join("index.lock"))?;
    match saved {
        Some(saved) => std::fs::rename(saved, &index).map_err(GitError::io("put back", &index)),
        None => match std::fs::remove_file(&index) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(GitError::io("remove", &index)(error))
            }
            _ => Ok(()),
        },
    }
}

fn remove_saved(saved: Option<&Path>) -> Result<(), GitError> {
    let Some(saved) = saved else { return Ok(()) };
    std::fs::remove_file(saved).map_err(GitError::io("remove", saved))
}

fn first_lines(output: &Output) -> String {
    let lines: Vec<&str> = output.stderr.lines().filter(|line| !line.trim().is_empty()).take(LINES).collect();
    if lines.is_empty() { format!("git ended with exit {}", output.code) } else { lines.join("\n") }
}

#[cfg(test)]
mod tests;
