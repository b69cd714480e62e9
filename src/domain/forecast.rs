//! What merging gives, or would give: a tree, or the paths in conflict.

use serde::{Deserialize, Serialize};

use super::oid::TreeId;
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

/// Says how many files are in conflict: `1 file`, `3 files`.
pub fn count_files(conflicts: &[Conflict]) -> String {
    let mut paths: Vec<&RepoPath> = conflicts.iter().map(|conflict| &conflict.path).collect();
    paths.sort();
    paths.dedup();
    if paths.len() == 1 { "1 file".to_owned() } else { format!("{} files", paths.len()) }
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
