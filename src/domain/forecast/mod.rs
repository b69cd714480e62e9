//! What merging gives, or would give: a tree, or the paths in conflict.

pub mod order;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::name::TaskName;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;

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

/// Says how many files are in conflict: `1 file`, `3 files`.
pub fn count_files(conflicts: &[Conflict]) -> String {
    let mut paths: Vec<&RepoPath> = conflicts.iter().map(|conflict| &conflict.path).collect();
    paths.sort();
    paths.dedup();
    if paths.len() == 1 { "1 file".to_owned() } else { format!("{} files", paths.len()) }
}

/// Says so in a clause: `1 file conflicts`, `3 files conflict`.
pub fn files_conflict(conflicts: &[Conflict]) -> String {
    let files = count_files(conflicts);
    if files == "1 file" { format!("{files} conflicts") } else { format!("{files} conflict") }
}

/// Gives the kinds of conflicts for the paths that are unmerged; those that were not forecast are `content`.
pub fn kinds(paths: &[RepoPath], forecast: &[Conflict]) -> Vec<Conflict> {
    let kind = |path: &RepoPath| {
        let known = forecast.iter().find(|conflict| conflict.path == *path);
        known.map_or_else(|| "content".to_owned(), |conflict| conflict.kind.clone())
    };
    paths.iter().map(|path| Conflict { path: path.clone(), kind: kind(path) }).collect()
}

/// What `git merge-tree --write-tree` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// A tree without conflicts.
    Clean(TreeId),
    /// Conflicts, by path.
    Conflicts(Vec<Conflict>),
}

/// What forecasts have found out before: of snapshots by fingerprint, of merges by what they depend on. An empty list is a clean
/// merge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// Fingerprint of a worktree → its snapshot.
    pub snapshots: BTreeMap<String, CommitId>,
    /// Digest of everything that a merge depends on → its conflicts.
    pub merges: BTreeMap<String, Vec<Conflict>>,
    /// Digest of two commits and the settings → what merging them does.
    pub pairs: BTreeMap<String, Onto>,
    /// The merges among those above that add nothing to their first side.
    pub nothing: BTreeSet<String>,
}

/// What merging one commit into another does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onto {
    /// Whether it goes through.
    pub forecast: MergeForecast,
    /// How the work that is merged is there already; what holds none is not.
    #[serde(default)]
    pub landed: Option<Integrated>,
}

/// What merging would do, as `status` and `forecast` say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// Why a task's work counts as being in its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integrated {
    /// Its tip is an ancestor of the base's.
    Ancestor,
    /// It was landed as a squash, and nothing was added since.
    Squash,
    /// It was landed as a rebase, and nothing was added since.
    Rebase,
    /// Merging it would change nothing.
    SameTree,
}

impl Integrated {
    /// Gives the word used in every output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ancestor => "ancestor",
            Self::Squash => "squash",
            Self::Rebase => "rebase",
            Self::SameTree => "same-tree",
        }
    }
}

/// A task that has something to land and has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The task.
    pub task: TaskName,
    /// `conflict`, or `held-back` for what it stands on.
    pub reason: &'static str,
    /// The tasks because of which it waits; none where it is its base.
    pub with: Vec<TaskName>,
    /// Where it conflicts; with the first of the tasks, if they are several.
    pub conflicts: Vec<Conflict>,
    /// A sentence.
    pub detail: String,
}

/// A conflict with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictText {
    /// Where.
    pub conflict: Conflict,
    /// The parts of the file that conflict, with git's markers and a few lines around; none where git leaves no markers.
    pub hunks: Vec<String>,
}
