//! One changed path of a worktree, whoever read it.

use crate::domain::path::RepoPath;

/// What the index holds for a path at one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::git) struct Stage {
    /// 0, or 1 to 3 in a conflict.
    pub(in crate::git) number: u8,
    /// The mode, as git stores it.
    pub(in crate::git) mode: u32,
    /// The object.
    pub(in crate::git) id: git2::Oid,
}

/// One path that is not in the worktree as it is in HEAD.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::git) struct Entry {
    /// The path, without a trailing slash.
    pub(in crate::git) path: RepoPath,
    /// The index differs from HEAD.
    pub(in crate::git) staged: bool,
    /// The file differs from the index.
    pub(in crate::git) unstaged: bool,
    /// The index does not know the file, and nothing ignores it.
    pub(in crate::git) untracked: bool,
    /// There is a conflict.
    pub(in crate::git) unmerged: bool,
    /// What the index holds; empty for what it does not know or only intends to add.
    pub(in crate::git) stages: Vec<Stage>,
    /// The index only knows that it is to be added (`git add -N`).
    pub(in crate::git) intended: bool,
}

impl Entry {
    /// Tells whether `git add -A` would take what is on disk at this path.
    pub(in crate::git) fn is_known(&self) -> bool {
        self.untracked || self.intended || !self.stages.is_empty()
    }

    pub(super) fn is_changed(&self) -> bool {
        self.staged || self.unstaged || self.untracked || self.unmerged
    }

    /// Tells whether what is on disk is what the index holds.
    pub(in crate::git) fn is_as_staged(&self) -> bool {
        !self.unstaged && !self.untracked && !self.unmerged
    }
}
