//! Everything in a worktree that would leave with it (DESIGN §8.6), read afresh each time, and what stands in the way.

mod ignored;
mod left;
mod walk;

use std::collections::BTreeSet;
use std::path::Path;

pub use ignored::disposable;
pub use left::{is_as_left, left};
pub(in crate::git) use walk::files_below;

use super::preflight::Needs;
use super::status::{self, Entry};
use super::{GitError, Repo, history};
use crate::domain::clean::{Class, Found, Inventory, Obstacle};
use crate::domain::name::BranchName;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::{Head, WorktreePlace};

/// How many paths of a class are given; all are counted.
const SHOWN: usize = 20;

/// What an inventory has to know.
#[derive(Clone, Copy)]
pub struct InventoryOptions<'a> {
    /// The branch that would go with the worktree.
    pub branch: &'a BranchName,
    /// The tip of the base; without one, any other branch may hold the commits.
    pub base: Option<CommitId>,
    /// Names of ignored directories that can be made again, besides those that everyone knows.
    pub disposable: &'a [String],
    /// Tells which ignored files need not be kept, because they came with the worktree and nobody changed them.
    pub replaceable: &'a dyn Fn(&RepoPath) -> bool,
    /// What the repository needs.
    pub needs: &'a Needs,
}

/// Lists what would be lost with a worktree and its branch, by class, in the order of [`Class::ALL`].
///
/// A worktree that is not there has only unmerged commits. At most 20 paths of a class are given, all are counted.
pub fn inventory(
    repo: &Repo,
    tree: &WorktreePlace,
    options: &InventoryOptions<'_>,
) -> Result<Inventory, GitError> {
    let mut found = Vec::new();
    if tree.path.symlink_metadata().is_ok() {
        files(repo, tree, options, &mut found)?;
    }
    if tree.admin.symlink_metadata().is_ok() {
        found.extend(detached(repo, tree)?);
        found.extend(in_progress(&tree.admin));
    }
    found.extend(unmerged(repo, options)?);
    found.sort_by_key(|found| found.class);
    Ok(found)
}

/// Lists the repositories inside a worktree that are no submodules of it, sorted: every directory below the root with
/// a `.git` in it, also in ignored directories and without a commit or a file. Symbolic links are not followed.
pub fn repositories(
    repo: &Repo,
    tree: &WorktreePlace,
    needs: &Needs,
) -> Result<BTreeSet<RepoPath>, GitError> {
    let submodules = status::gitlinks(tree, needs, repo.place())?;
    walk::repositories(&tree.path, &|path| submodules.contains(path))
}

/// Lists what stands in the way of removing a worktree as far as its files say so: a lock that is not ours (`locked` is
/// the text of git's file), and the current directory inside it.
pub fn obstacles(tree: &WorktreePlace, locked: Option<&str>, cwd: Option<&Path>) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    if let Some(reason) = locked.filter(|reason| !is_ours(reason)) {
        obstacles.push(Obstacle::Locked(reason.trim_end().to_owned()));
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if cwd.is_some_and(|cwd| real(cwd).starts_with(real(&tree.path))) {
        obstacles.push(Obstacle::OwnCwd);
    }
    obstacles
}

fn is_ours(reason: &str) -> bool {
    reason.split_whitespace().next() == Some("windrow")
}

fn files(
    repo: &Repo,
    tree: &WorktreePlace,
    options: &InventoryOptions<'_>,
    found: &mut Inventory,
) -> Result<(), GitError> {
    let entries = status::entries(tree, options.needs, repo.place())?;
    let submodules = status::gitlinks(tree, options.needs, repo.place())?;
    let walked = walk::repositories(&tree.path, &|path| submodules.contains(path))?;
    let of = |test: fn(&&Entry) -> bool| -> Vec<RepoPath> {
        entries.iter().filter(test).map(|entry| entry.path.clone()).collect()
    };
    // A repository inside is told as such, and not as an untracked path too.
    let mut untracked = of(|entry| entry.untracked);
    untracked.retain(|path| !walked.contains(path));
    let hidden = status::hidden_edits(tree, options.needs, repo.place())?;
    let mut ignored = ignored::files(repo, tree, options)?;
    let mut nested = walked;
    nested.append(&mut ignored.repositories);
    ignored.files.retain(|path| !nested.contains(path));
    found.extend(class(Class::Tracked, of(|entry| entry.unstaged), "modified file"));
    found.extend(class(Class::Staged, of(|entry| entry.staged), "staged file"));
    found.extend(class(Class::Hidden, hidden, "edited file hidden from git status"));
    found.extend(class(Class::Untracked, untracked, "untracked file"));
    found.extend(class(Class::Ignored, ignored.files, "ignored file"));
    found.extend(class(Class::Conflicts, of(|entry| entry.unmerged), "file in conflict"));
    found.extend(class(Class::Nested, nested.into_iter().collect(), "repository inside"));
    found.extend(submodule_class(tree, &submodules));
    Ok(())
}

/// Makes a class of paths; nothing without one.
fn class(class: Class, mut paths: Vec<RepoPath>, noun: &str) -> Option<Found> {
    let count = paths.len();
    paths.sort();
    paths.truncate(SHOWN);
    (count > 0).then(|| Found { class, paths, count, what: counted(count, noun) })
}

/// Puts the number before the first noun of a phrase: `1 file in conflict`, `2 files in conflict`.
fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    let plural = ["repository", "file", "commit", "submodule"].iter().find_map(|word| {
        let many = word.strip_suffix('y').map_or_else(|| format!("{word}s"), |stem| format!("{stem}ies"));
        noun.contains(word).then(|| noun.replacen(word, &many, 1))
    });
    format!("{count} {}", plural.as_deref().unwrap_or(noun))
}

fn submodule_class(tree: &WorktreePlace, gitlinks: &BTreeSet<RepoPath>) -> Option<Found> {
    let populated = |path: &&RepoPath| {
        let dir = status::on_disk(&tree.path, path).filter(|(_, found)| found.is_dir());
        dir.is_some_and(|(dir, _)| std::fs::read_dir(dir).is_ok_and(|mut names| names.next().is_some()))
    };
    let paths: Vec<RepoPath> = gitlinks.iter().filter(populated).cloned().collect();
    let kept = std::fs::read_dir(tree.admin.join("modules")).is_ok_and(|mut names| names.next().is_some());
    match class(Class::Submodules, paths, "initialised submodule") {
        None if kept => Some(Found {
            class: Class::Submodules,
            paths: Vec::new(),
            count: 1,
            what: "repositories of submodules".to_owned(),
        }),
        found => found,
    }
}

fn unmerged(repo: &Repo, options: &InventoryOptions<'_>) -> Result<Option<Found>, GitError> {
    let Some(tip) = repo.branch_tip(options.branch)? else { return Ok(None) };
    let commits = history::unmerged_commits(repo, options.branch, tip, options.base)?;
    let lacking = if options.base.is_some() { "not in the base" } else { "that no other branch holds" };
    Ok(commits_found(Class::Unmerged, commits.len(), lacking))
}

/// Finds commits that only the worktree itself names: its HEAD, where that is detached, and its own refs
/// (`refs/worktree`, `refs/bisect`, `refs/rewritten`).
fn detached(repo: &Repo, tree: &WorktreePlace) -> Result<Option<Found>, GitError> {
    let mut commits = BTreeSet::new();
    if let Head::Detached(commit) = status::head(repo, tree)? {
        commits.extend(history::unheld_commits(repo, commit)?);
    }
    // The main worktree's directory holds the refs of all; those are not its own.
    if tree.admin != repo.place().common_dir {
        for commit in walk::commit_files(&tree.admin.join("refs"))? {
            // A ref may name a blob or a tree; what it holds is kept by the rescue, and it is no commit.
            if repo.commit(commit).is_ok() {
                commits.extend(history::unheld_commits(repo, commit)?);
            }
        }
    }
    Ok(commits_found(Class::Detached, commits.len(), "that no branch holds"))
}

fn commits_found(class: Class, count: usize, which: &str) -> Option<Found> {
    let what = format!("{} {which}", counted(count, "commit"));
    (count > 0).then(|| Found { class, paths: Vec::new(), count, what })
}

fn in_progress(git_dir: &Path) -> Option<Found> {
    let what = status::in_progress(git_dir)?;
    let what = format!("{what} in progress");
    Some(Found { class: Class::InProgress, paths: Vec::new(), count: 1, what })
}

#[cfg(test)]
mod tests;
