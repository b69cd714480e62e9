//! Merging: where tasks go, what is landed and what is turned away.

use serde::{Deserialize, Serialize};

use super::forecast::Conflict;
use super::name::{BranchName, TaskName};
use super::oid::CommitId;
use super::outcome::Outcome;
use super::path::RepoPath;
use super::status::{Dirt, Integrated, TaskState};
use super::task::TaskRecord;

/// How a task's commits come into the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// A merge commit, always, whose first parent is the target.
    #[default]
    Merge,
    /// One commit with all changes.
    Squash,
    /// Each commit of the branch is made again on the target, merge commits left out.
    Rebase,
    /// The target moves to the branch's tip.
    Ff,
}

impl Strategy {
    /// Finds the strategy of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Merge, Self::Squash, Self::Rebase, Self::Ff]
            .into_iter()
            .find(|strategy| strategy.word() == word)
    }

    /// Gives the word used in every output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Squash => "squash",
            Self::Rebase => "rebase",
            Self::Ff => "ff",
        }
    }

    /// Gives why a task that was landed so counts as being in its target.
    pub const fn integrated(self) -> Integrated {
        match self {
            Self::Squash => Integrated::Squash,
            Self::Rebase => Integrated::Rebase,
            Self::Merge | Self::Ff => Integrated::Ancestor,
        }
    }

    /// Gives the hooks that git runs when a person does the same by hand, but for `post-merge`.
    pub const fn hooks(self) -> &'static [&'static str] {
        match self {
            Self::Merge => &["pre-merge-commit", "prepare-commit-msg", "commit-msg"],
            Self::Squash => &["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"],
            Self::Rebase => &["pre-rebase", "prepare-commit-msg", "post-commit", "post-rewrite"],
            Self::Ff => &[],
        }
    }

    /// Tells whether the branch's own commits stay out of the target: what stands on them has to be replayed.
    pub const fn rewrites(self) -> bool {
        matches!(self, Self::Squash | Self::Rebase)
    }
}

/// How far a merge has come that was begun in a task's worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is not committed yet; these paths are still unmerged.
    Open(Vec<RepoPath>),
    /// The branch holds the commit that was merged, and this is its tip.
    Committed(CommitId),
    /// The branch is where it was, and no merge is in progress.
    None,
    /// Something else is going on there: what.
    Other(String),
}

/// A task that was landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Landing {
    /// The task.
    pub task: TaskName,
    /// Its branch's tip.
    pub tip: CommitId,
    /// The branch it went into.
    pub into: BranchName,
    /// The commit that brought it.
    pub commit: CommitId,
    /// How.
    pub strategy: Strategy,
}

/// Why a task was not landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The task.
    pub task: TaskName,
    /// The code: `conflict dirty not-ff held-back running needs-attention failed timed-out stopped lost target-moved`.
    pub reason: &'static str,
    /// The paths in conflict.
    pub conflicts: Vec<Conflict>,
    /// The paths that are dirty.
    pub paths: Vec<RepoPath>,
    /// A sentence.
    pub detail: String,
}

/// Gives the branches that tasks go back to in the end: a base that is itself a task's branch leads on to that task's
/// base. Each root stands once; none stands for a task without a base.
pub fn choose_target(all: &[TaskRecord], tasks: &[TaskRecord]) -> Vec<Option<BranchName>> {
    let mut roots: Vec<Option<BranchName>> = Vec::new();
    for task in tasks {
        let mut base = task.base.clone();
        let mut seen = vec![&task.branch];
        while let Some(below) =
            all.iter().find(|other| Some(&other.branch) == base.as_ref() && !seen.contains(&&other.branch))
        {
            seen.push(&below.branch);
            base.clone_from(&below.base);
        }
        if !roots.contains(&base) {
            roots.push(base);
        }
    }
    roots
}

/// Decides whether a task with something to land is turned away for its state or for what is uncommitted. `all` tells
/// that we chose it: then only tasks that are done, or never ran, are landed; one that is named is landed with the
/// commits it has, unless its agent runs or a person has to look at it.
pub fn decide(
    task: &TaskName,
    state: TaskState,
    dirt: Dirt,
    paths: Vec<RepoPath>,
    all: bool,
) -> Option<Rejection> {
    let reject = |reason: &'static str, detail: String| {
        Some(Rejection { task: task.clone(), reason, conflicts: Vec::new(), paths: Vec::new(), detail })
    };
    match state {
        _ if state.is_live() => return reject("running", "its agent is at work".to_owned()),
        TaskState::Ended(Outcome::NeedsAttention) => {
            return reject("needs-attention", "a person has to look at it first".to_owned());
        }
        TaskState::Ended(outcome) if all && outcome != Outcome::Done => {
            return reject(
                outcome.word(),
                format!("its last attempt is {outcome}; name it to land its commits"),
            );
        }
        _ => {}
    }
    if dirt.is_clean() {
        return None;
    }
    let rejection = reject("dirty", format!("uncommitted in its worktree: {}", dirt.describe()))?;
    Some(Rejection { paths, ..rejection })
}

#[cfg(test)]
mod tests {
    use super::super::task::tests::record;
    use super::*;

    #[test]
    fn the_target_is_the_root_of_the_chain() {
        let (api, mut tests, mut docs) = (record("api"), record("tests"), record("docs"));
        tests.base = Some(api.branch.clone());
        let all = [api.clone(), tests.clone(), docs.clone()];
        let main: Option<BranchName> = Some("main".parse().unwrap());
        assert_eq!(choose_target(&all, &[tests.clone(), api.clone()]), std::slice::from_ref(&main));
        docs.base = Some("dev".parse().unwrap());
        assert_eq!(choose_target(&all, &[tests, docs]).len(), 2);
        let mut looped = api;
        looped.base = Some(looped.branch.clone());
        assert_eq!(choose_target(&[looped.clone()], &[looped.clone()]), [looped.base]);
    }

    #[test]
    fn who_is_turned_away() {
        let task: TaskName = "api".parse().unwrap();
        let reason =
            |state, dirt, all| decide(&task, state, dirt, Vec::new(), all).map(|rejection| rejection.reason);
        let clean = Dirt::default();
        let dirty = Dirt { untracked: 1, ..clean };
        assert_eq!(reason(TaskState::Idle, clean, true), None);
        assert_eq!(reason(TaskState::Ended(Outcome::Done), clean, true), None);
        assert_eq!(reason(TaskState::Ended(Outcome::Done), dirty, true), Some("dirty"));
        assert_eq!(reason(TaskState::Ended(Outcome::Failed), clean, true), Some("failed"));
        assert_eq!(reason(TaskState::Ended(Outcome::Failed), clean, false), None);
        assert_eq!(reason(TaskState::Ended(Outcome::NeedsAttention), clean, false), Some("needs-attention"));
        assert_eq!(reason(TaskState::Running, clean, false), Some("running"));
    }
}
