//! Landing: what each task's merge gives, one after the other on the moving tip, before any ref is touched.

mod replay;

use super::{OperationError, Shop};
use crate::domain::forecast::{Merged, files_conflict};
use crate::domain::merge::{Landing, Rejection, Strategy};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::git::merge::{AllMerged, ObjectStore};
use crate::git::write::commit::{self, NewCommit};
use crate::git::{GitError, Repo, history, merge};
use replay::Replayed;

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
    /// The commit, of its own or of a task below it, that was landed as a squash or a rebase: what is new begins there.
    pub rewritten_below: Option<CommitId>,
    /// The first line of its prompt.
    pub title: Option<String>,
    /// The run of its last attempt.
    pub run: Option<String>,
    /// What its commit says.
    pub message: Message,
}

/// What the commit that lands a task says, above the trailers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// What git says of a merge; of a squash what its commits say.
    Own,
    /// This text, with `{task}` `{branch}` `{into}` `{run}` `{title}` and `{commits}` (a line for each) replaced.
    Template(String),
    /// This text.
    Text(String),
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

/// What is to be landed, where and how.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The branch.
    pub into: &'a BranchName,
    /// Its tip.
    pub target: CommitId,
    /// The tasks, in order.
    pub candidates: &'a [Candidate],
    /// How.
    pub strategy: Strategy,
    /// Tasks that are turned away already.
    pub turned_away: Vec<Rejection>,
    /// Tasks that were left out by choice.
    pub skipped: &'a [TaskName],
    /// Where the objects go.
    pub store: ObjectStore<'a>,
}

/// What a computation works with.
struct Desk<'a> {
    shop: &'a Shop<'a>,
    into: &'a BranchName,
    strategy: Strategy,
    store: ObjectStore<'a>,
    reader: Option<Repo>,
}

impl Desk<'_> {
    /// Gives the handle that sees everything that was computed. It must not write.
    fn view(&self) -> &Repo {
        self.reader.as_ref().unwrap_or(self.shop.repo)
    }
}

/// Computes what landing the candidates in the given order comes to: merges by `git merge-tree`, commits as objects
/// that no ref names yet. A task whose dependency is turned away, now or before, or was left out, is held back.
pub fn compute(shop: &Shop<'_>, request: Request<'_>) -> Result<Train, OperationError> {
    let Request { into, target, candidates, strategy, turned_away, skipped, store } = request;
    let desk = Desk { shop, into, strategy, store, reader: store.reader(shop.repo)? };
    let mut train =
        Train { old: target, new: target, landed: Vec::new(), rejected: turned_away, up_to_date: Vec::new() };
    for candidate in candidates {
        let out = |task: &TaskName| {
            skipped.contains(task) || train.rejected.iter().any(|rejection| &rejection.task == task)
        };
        if let Some(after) = candidate.after.iter().find(|after| out(after)) {
            let detail = format!("`{after}`, which it stands on, was not landed");
            train.rejected.push(rejection(candidate, "held-back", detail));
        } else if history::is_ancestor(desk.view(), candidate.tip, train.new)? {
            train.up_to_date.push(candidate.task.clone());
        } else {
            desk.land(candidate, &mut train)?;
        }
    }
    Ok(train)
}

fn rejection(candidate: &Candidate, reason: &'static str, detail: String) -> Rejection {
    Rejection { task: candidate.task.clone(), reason, conflicts: Vec::new(), paths: Vec::new(), detail }
}

impl Desk<'_> {
    fn land(&self, candidate: &Candidate, train: &mut Train) -> Result<(), OperationError> {
        match self.strategy {
            Strategy::Ff => self.fast_forward(candidate, train),
            Strategy::Rebase => self.rebase(candidate, train),
            Strategy::Merge | Strategy::Squash => self.merge(candidate, train),
        }
    }

    fn fast_forward(&self, candidate: &Candidate, train: &mut Train) -> Result<(), OperationError> {
        if history::is_ancestor(self.view(), train.new, candidate.tip)? {
            self.landed(train, candidate, candidate.tip);
        } else {
            let detail = format!("{} has commits that `{}` lacks", self.into, candidate.branch);
            train.rejected.push(rejection(candidate, "not-ff", detail));
        }
        Ok(())
    }

    fn rebase(&self, candidate: &Candidate, train: &mut Train) -> Result<(), OperationError> {
        if history::merge_base(self.view(), train.new, candidate.tip)?.is_none() {
            train.rejected.push(self.unrelated(candidate));
            return Ok(());
        }
        let from = own_from(candidate, train).unwrap_or(train.new);
        match replay::replay(self, candidate, from, train.new)? {
            Replayed::Not(rejection) => train.rejected.push(*rejection),
            Replayed::Onto(commit) if commit == train.new => train.up_to_date.push(candidate.task.clone()),
            Replayed::Onto(commit) => self.landed(train, candidate, commit),
        }
        Ok(())
    }

    fn merge(&self, candidate: &Candidate, train: &mut Train) -> Result<(), OperationError> {
        let repo = self.shop.repo;
        let own_from = own_from(candidate, train);
        let merged = match own_from {
            Some(base) => merge::merge_onto(repo, base, train.new, candidate.tip, self.store),
            None => merge::merge(repo, train.new, candidate.tip, self.store),
        };
        let tree = match merged {
            Ok(Merged::Clean(tree)) => tree,
            Ok(Merged::Conflicts(conflicts)) => {
                let detail = format!("{} with {}", files_conflict(&conflicts), self.into);
                train.rejected.push(Rejection { conflicts, ..rejection(candidate, "conflict", detail) });
                return Ok(());
            }
            Err(GitError::Unrelated { .. }) => {
                train.rejected.push(self.unrelated(candidate));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let squash = self.strategy == Strategy::Squash;
        if squash && tree == self.view().tree_of(train.new)? {
            train.up_to_date.push(candidate.task.clone());
            return Ok(());
        }
        let (parents, message) = if squash {
            let from = own_from.unwrap_or(train.new);
            (vec![train.new], self.message(candidate, from)?)
        } else {
            (vec![train.new, candidate.tip], self.message(candidate, train.new)?)
        };
        let sign = self.shop.needs.sign;
        let new = NewCommit { tree, parents: &parents, message: &message, author: None, sign };
        let commit = commit::create_in(repo, &new, self.store)?;
        self.landed(train, candidate, commit);
        Ok(())
    }

    /// Gives the message of a candidate's only commit. Its own work begins at `from`.
    fn message(&self, candidate: &Candidate, from: CommitId) -> Result<String, OperationError> {
        let squash = self.strategy == Strategy::Squash;
        let text = match &candidate.message {
            Message::Own if squash => return squash_message(self.view(), candidate, from),
            Message::Own => return Ok(merge_message(candidate, self.into)),
            Message::Text(text) => text.clone(),
            Message::Template(text) => {
                let commits = history::commits(self.view(), from, candidate.tip, 100)?;
                let subjects: Vec<String> =
                    commits.iter().rev().map(|commit| format!("* {}", commit.summary)).collect();
                let values = [
                    ("task", candidate.task.to_string()),
                    ("branch", candidate.branch.to_string()),
                    ("into", self.into.to_string()),
                    ("run", candidate.run.clone().unwrap_or_default()),
                    ("title", candidate.title.clone().unwrap_or_else(|| candidate.task.to_string())),
                    ("commits", subjects.join("\n")),
                ];
                filled(text, &values)
            }
        };
        Ok(format!("{}\n\n{}", text.trim_end(), trailers(candidate)))
    }

    fn unrelated(&self, candidate: &Candidate) -> Rejection {
        let detail = format!("`{}` and {} have no commit in common", candidate.branch, self.into);
        rejection(candidate, "needs-attention", detail)
    }

    fn landed(&self, train: &mut Train, candidate: &Candidate, commit: CommitId) {
        train.new = commit;
        let (task, tip, into) = (candidate.task.clone(), candidate.tip, self.into.clone());
        train.landed.push(Landing { task, tip, into, commit, strategy: self.strategy });
    }
}

/// Gives the commit at which a task's own work begins, where what it stands on is in the target as other commits.
fn own_from(candidate: &Candidate, train: &Train) -> Option<CommitId> {
    let in_this_train = candidate.after.iter().rev().find_map(|after| {
        let below =
            train.landed.iter().find(|landing| &landing.task == after && landing.strategy.rewrites())?;
        Some(below.tip)
    });
    in_this_train.or(candidate.rewritten_below)
}

/// Fills the places of a template, once: what a value holds is no place. A place that nobody knows stays.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let known = rest.find('}').and_then(|close| {
            let (_, value) = values.iter().find(|(name, _)| *name == &rest[1..close])?;
            Some((value, close + 1))
        });
        let (text, used) = known.map_or(("{", 1), |(value, used)| (value.as_str(), used));
        out.push_str(text);
        rest = &rest[used..];
    }
    out + rest
}

/// Git's own words for a merge, and trailers that link it to task and run.
fn merge_message(candidate: &Candidate, into: &BranchName) -> String {
    let into =
        if matches!(into.as_str(), "main" | "master") { String::new() } else { format!(" into {into}") };
    format!("Merge branch '{}'{into}\n\n{}", candidate.branch, trailers(candidate))
}

/// The message of the only commit, or the task's title and the commits' subjects.
fn squash_message(repo: &Repo, candidate: &Candidate, from: CommitId) -> Result<String, OperationError> {
    let commits = history::commits(repo, from, candidate.tip, 100)?;
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
