//! Merging: what git's merge gives, what is landed and what is turned away.

use serde::{Deserialize, Serialize};

use super::name::{BranchName, TaskName};
use super::oid::{CommitId, TreeId};
use super::path::RepoPath;

/// One path that could not be merged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Conflict {
    /// The path.
    pub path: RepoPath,
    /// Git's word for it in kebab case: `content`, `add-add`, `modify-delete`, `rename-rename`, `rename-delete`,
    /// `directory-rename`, `file-directory`, `mode`, `binary`, `submodule`, or git's own type text.
    pub kind: String,
}

/// What `git merge-tree --write-tree` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// A tree without conflicts.
    Clean(TreeId),
    /// Conflicts, by path.
    Conflicts(Vec<Conflict>),
}

/// What merging would do, as `status` and `forecast` say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeForecast {
    /// It would go through.
    Clean,
    /// It would not, because of these paths.
    Conflict(Vec<Conflict>),
    /// There is nothing to merge.
    UpToDate,
    /// It could not be found out.
    Unknown,
}

impl MergeForecast {
    /// Gives the word used in every output.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Conflict(_) => "conflict",
            Self::UpToDate => "up-to-date",
            Self::Unknown => "unknown",
        }
    }
}

/// How a task's commits come into the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// A merge commit, always, whose first parent is the target.
    #[default]
    Merge,
    /// One commit with all changes.
    Squash,
    /// The target moves to the branch's tip.
    Ff,
}

impl Strategy {
    /// Gives the word used in every output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Squash => "squash",
            Self::Ff => "ff",
        }
    }
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
