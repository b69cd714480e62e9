//! Landing: what each task's merge gives, one after the other on the moving tip, before any ref is touched.

use super::{OperationError, Shop};
use crate::domain::forecast::Merged;
use crate::domain::merge::{Landing, Rejection, Strategy};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::git::merge::{AllMerged, ObjectStore};
use crate::git::write::commit::{self, NewCommit};
use crate::git::{GitError, history, merge};

/// A task that may be landed.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its name.
    pub task: TaskName,
    /// Its branch.
    pub branch: BranchName,
    /// The branch's tip.
    pub tip: CommitId,
    /// Tasks whose work it stands on.
    pub after: Vec<TaskName>,
    /// The tip of a task below it that was landed as a squash: its own work begins there.
    pub squashed_below: Option<CommitId>,
    /// The first line of its prompt.
    pub title: Option<String>,
    /// The run of its last attempt.
    pub run: Option<String>,
}

/// What landing some tasks comes to.
#[derive(Debug, Clone)]
pub struct Train {
    /// The target's tip before.
    pub old: CommitId,
    /// The target's tip afterwards; the same if nothing lands.
    pub new: CommitId,
    /// What lands, in order.
    pub landed: Vec<Landing>,
    /// What does not.
    pub rejected: Vec<Rejection>,
    /// Tasks with nothing to land.
    pub up_to_date: Vec<TaskName>,
}

/// Computes what landing the candidates in the given order comes to: merges by `git merge-tree`, commits as objects
/// that no ref names yet. A task whose dependency is turned away, now or before (`turned_away`), is held back.
pub fn compute(
    shop: &Shop<'_>,
    into: &BranchName,
    target: CommitId,
    candidates: &[Candidate],
    strategy: Strategy,
    turned_away: Vec<Rejection>,
) -> Result<Train, OperationError> {
    let mut train =
        Train { old: target, new: target, landed: Vec::new(), rejected: turned_away, up_to_date: Vec::new() };
    for candidate in candidates {
        let blocked = candidate
            .after
            .iter()
            .find(|after| train.rejected.iter().any(|rejection| &rejection.task == *after));
        if let Some(after) = blocked {
            let detail = format!("`{after}`, which it stands on, was not landed");
            train.rejected.push(rejection(candidate, "held-back", detail));
        } else if history::is_ancestor(shop.repo, candidate.tip, train.new)? {
            train.up_to_date.push(candidate.task.clone());
        } else {
            land_one(shop, into, candidate, strategy, &mut train)?;
        }
    }
    Ok(train)
}

fn rejection(candidate: &Candidate, reason: &'static str, detail: String) -> Rejection {
    Rejection { task: candidate.task.clone(), reason, conflicts: Vec::new(), paths: Vec::new(), detail }
}

fn land_one(
    shop: &Shop<'_>,
    into: &BranchName,
    candidate: &Candidate,
    strategy: Strategy,
    train: &mut Train,
) -> Result<(), OperationError> {
    if strategy == Strategy::Ff {
        if history::is_ancestor(shop.repo, train.new, candidate.tip)? {
            land(train, into, candidate, strategy, candidate.tip);
        } else {
            let detail = format!("{into} has commits that `{}` lacks", candidate.branch);
            train.rejected.push(rejection(candidate, "not-ff", detail));
        }
        return Ok(());
    }
    let squashed_in_this_train = candidate.after.iter().rev().find_map(|after| {
        let below = train
            .landed
            .iter()
            .find(|landing| &landing.task == after && landing.strategy == Strategy::Squash)?;
        Some(below.tip)
    });
    let own_from = squashed_in_this_train.or(candidate.squashed_below);
    let merged = match own_from {
        Some(base) => merge::merge_onto(shop.repo, base, train.new, candidate.tip, ObjectStore::Repository),
        None => merge::merge(shop.repo, train.new, candidate.tip, ObjectStore::Repository),
    };
    if let Err(GitError::Unrelated { .. }) = merged {
        let detail = format!("`{}` and {into} have no commit in common", candidate.branch);
        train.rejected.push(rejection(candidate, "needs-attention", detail));
        return Ok(());
    }
    let tree = match merged? {
        Merged::Clean(tree) => tree,
        Merged::Conflicts(conflicts) => {
            let files = crate::domain::forecast::count_files(&conflicts);
            let detail = format!("{files} conflict with {into}");
            train.rejected.push(Rejection { conflicts, ..rejection(candidate, "conflict", detail) });
            return Ok(());
        }
    };
    if strategy == Strategy::Squash && tree == shop.repo.tree_of(train.new)? {
        train.up_to_date.push(candidate.task.clone());
        return Ok(());
    }
    let (parents, message) = match strategy {
        Strategy::Squash => {
            (vec![train.new], squash_message(shop, candidate, own_from.unwrap_or(train.new))?)
        }
        Strategy::Merge | Strategy::Ff => (vec![train.new, candidate.tip], merge_message(candidate, into)),
    };
    let new = NewCommit { tree, parents: &parents, message: &message, author: None, sign: shop.needs.sign };
    let commit = commit::create(shop.repo, &new)?;
    land(train, into, candidate, strategy, commit);
    Ok(())
}

fn land(train: &mut Train, into: &BranchName, candidate: &Candidate, strategy: Strategy, commit: CommitId) {
    train.new = commit;
    let (task, tip, into) = (candidate.task.clone(), candidate.tip, into.clone());
    train.landed.push(Landing { task, tip, into, commit, strategy });
}

/// Git's own words for a merge, and trailers that link it to task and run.
fn merge_message(candidate: &Candidate, into: &BranchName) -> String {
    let into =
        if matches!(into.as_str(), "main" | "master") { String::new() } else { format!(" into {into}") };
    format!("Merge branch '{}'{into}\n\n{}", candidate.branch, trailers(candidate))
}

/// The message of the only commit, or the task's title and the commits' subjects.
fn squash_message(shop: &Shop<'_>, candidate: &Candidate, from: CommitId) -> Result<String, OperationError> {
    let commits = history::commits(shop.repo, from, candidate.tip, 100)?;
    let title = match (&commits[..], &candidate.title) {
        ([only], _) => only.summary.clone(),
        (_, Some(title)) => format!("{}: {title}", candidate.task),
        (_, None) => format!("Squash branch '{}'", candidate.branch),
    };
    let subjects: String = commits.iter().rev().map(|commit| format!("* {}\n", commit.summary)).collect();
    let body = if commits.len() > 1 { format!("{subjects}\n") } else { String::new() };
    Ok(format!("{title}\n\n{body}{}", trailers(candidate)))
}

fn trailers(candidate: &Candidate) -> String {
    let run = candidate.run.as_ref().map(|run| format!("Windrow-Run: {run}\n")).unwrap_or_default();
    format!("Windrow-Task: {}\n{run}", candidate.task)
}

/// Merges the tips of several tasks in memory, in the order given, into a commit that a task which comes after all of
/// them starts from.
pub fn merge_tips(
    shop: &Shop<'_>,
    task: &TaskName,
    after: &[TaskName],
    tips: &[CommitId],
) -> Result<CommitId, OperationError> {
    let names: Vec<&str> = after.iter().map(TaskName::as_str).collect();
    let message = format!("Merge {} as the start of '{task}'\n\nWindrow-Task: {task}\n", names.join(", "));
    match merge::merge_all_tips(shop.repo, tips, &message, ObjectStore::Repository)? {
        Some(AllMerged::Commit(commit)) => Ok(commit),
        Some(AllMerged::Conflicts { tip, conflicts }) => {
            let with =
                after.iter().zip(tips).find(|(_, other)| **other == tip).map(|(name, _)| name.to_string());
            Err(OperationError::TipsConflict {
                task: task.to_string(),
                with: with.unwrap_or_default(),
                conflicts,
            })
        }
        None => Err(OperationError::TaskMoved(task.to_string())),
    }
}
