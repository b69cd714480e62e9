//! Differences between trees and files, as plain values.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::name::{BranchName, TaskName};
use super::oid::{BlobId, CommitId};
use super::path::RepoPath;

/// Files and lines of a difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stat {
    /// Files that differ.
    pub files: u32,
    /// Lines added; binary files count none.
    pub insertions: u32,
    /// Lines removed.
    pub deletions: u32,
}

impl Stat {
    /// Sums files up.
    pub fn of(files: &[FileDiff]) -> Self {
        Self {
            files: u32::try_from(files.len()).unwrap_or(u32::MAX),
            insertions: files.iter().map(|file| file.insertions).sum(),
            deletions: files.iter().map(|file| file.deletions).sum(),
        }
    }
}

/// How a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// Its content or mode is another.
    Modified,
    /// It has another name.
    Renamed,
    /// It became a link, a file or a submodule.
    TypeChanged,
    /// It has a conflict.
    Unmerged,
}

impl Change {
    /// Gives the word used in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Deleted => "deleted",
            Self::Modified => "modified",
            Self::Renamed => "renamed",
            Self::TypeChanged => "type-changed",
            Self::Unmerged => "unmerged",
        }
    }

    /// Gives git's letter for it.
    pub const fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Deleted => 'D',
            Self::Modified => 'M',
            Self::Renamed => 'R',
            Self::TypeChanged => 'T',
            Self::Unmerged => 'U',
        }
    }
}

/// One file of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// Its path afterwards, or before if it is gone.
    pub path: RepoPath,
    /// Its path before, if that was another.
    pub old_path: Option<RepoPath>,
    /// How it differs.
    pub change: Change,
    /// Lines added.
    pub insertions: u32,
    /// Lines removed.
    pub deletions: u32,
    /// Whether it is binary; then no lines are counted.
    pub binary: bool,
    /// Whether the index does not know it.
    pub untracked: bool,
    /// What it was and what it is; none for one that is not looked into.
    pub content: Option<Sides>,
    /// Where its text is in that of the whole difference.
    pub text: Range<usize>,
}

/// One side of a file: its mode and its blob (of a submodule, the bytes of its commit's id).
pub type Side = (u32, BlobId);

/// Both sides of a file: each is absent where the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sides {
    /// Before.
    pub old: Option<Side>,
    /// Afterwards.
    pub new: Option<Side>,
}

/// The change of one task against its merge base.
#[derive(Debug, Clone)]
pub struct TaskDiff {
    /// The task.
    pub task: TaskName,
    /// Its base.
    pub base: Option<BranchName>,
    /// The best common ancestor of base and branch; the start point if there is no base.
    pub merge_base: CommitId,
    /// The files, by path.
    pub files: Vec<FileDiff>,
    /// The unified text of it, raw bytes; empty if it was not asked for.
    pub patch: Vec<u8>,
}

impl TaskDiff {
    /// Sums the files up.
    pub fn stat(&self) -> Stat {
        Stat::of(&self.files)
    }
}
