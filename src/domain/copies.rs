//! Ignored files of the main worktree that a new worktree gets: which, and what was done with each.

use serde::{Deserialize, Serialize};

use super::path::RepoPath;

/// Which ignored files of the main worktree are copied or linked: patterns as in `.gitignore`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CopyRules {
    /// Those that are copied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copy: Vec<String>,
    /// Those that become symbolic links; what is linked is not copied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<String>,
}

impl CopyRules {
    /// Tells whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.copy.is_empty() && self.link.is_empty()
    }
}

/// One thing that was put into a new worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Copied {
    /// Where it is in both worktrees.
    pub path: RepoPath,
    /// What it was like when it was put there.
    #[serde(flatten)]
    pub content: Content,
}

/// What was put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "as")]
pub enum Content {
    /// A copy.
    File {
        /// Its length in bytes.
        size: u64,
        /// The SHA-256 of its bytes, hexadecimal.
        digest: String,
    },
    /// A symbolic link to the original.
    Link,
}

/// A file that matched and was not put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Skipped {
    /// The file.
    pub path: RepoPath,
    /// Why, as a part of a sentence.
    pub why: String,
}

/// What was done in one worktree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CopyReport {
    /// What was put there, by path.
    pub copied: Vec<Copied>,
    /// What was not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
}

/// An ignored file that the setup of a worktree left, as it was then: no work of anybody's as long as it stays so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Left {
    /// Where it is in the worktree.
    pub path: RepoPath,
    /// Its length in bytes.
    pub size: u64,
    /// When its content changed last, in nanoseconds since 1970.
    pub modified: i64,
    /// When anything of it changed last, which no program can set back; 0 where the system does not say.
    pub changed: i64,
}
