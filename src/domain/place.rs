//! Where a repository lies: the paths that every layer is handed instead of a handle.

use std::path::{Path, PathBuf};

use super::name::BranchName;
use super::oid::CommitId;

/// A repository as seen from where one stands. Cheap to clone and to send; each thread opens its own handle from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The directory that all worktrees share (`git rev-parse --git-common-dir`), absolute.
    pub common_dir: PathBuf,
    /// The git directory of the worktree one stands in; the common dir itself in the main worktree or a bare repository.
    pub git_dir: PathBuf,
    /// Root of the worktree one stands in; none in a bare repository.
    pub worktree: Option<PathBuf>,
    /// Root of the main worktree; none in a bare repository.
    pub main_worktree: Option<PathBuf>,
}

impl Place {
    /// Gives the directory that `worktree-dir` is relative to: the main worktree's root, else the common dir.
    pub fn root(&self) -> &Path {
        self.main_worktree.as_deref().unwrap_or(&self.common_dir)
    }

    /// Gives the repository's name: the last component of [`Self::root`] without `.git`.
    pub fn name(&self) -> String {
        let last =
            self.root().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        last.strip_suffix(".git").filter(|rest| !rest.is_empty()).unwrap_or(&last).to_owned()
    }
}

/// What a worktree's HEAD names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch with a commit.
    Branch {
        /// The branch below `refs/heads/`.
        name: BranchName,
        /// Its tip.
        tip: CommitId,
    },
    /// A commit, no branch.
    Detached(CommitId),
    /// A branch without a commit, by its text.
    Unborn(String),
    /// Something that could not be read, with the reason.
    Broken(String),
}

impl Head {
    /// Gives the commit, if there is one.
    pub fn commit(&self) -> Option<CommitId> {
        match self {
            Self::Branch { tip, .. } | Self::Detached(tip) => Some(*tip),
            Self::Unborn(_) | Self::Broken(_) => None,
        }
    }

    /// Gives the branch, if HEAD is on one that has a commit.
    pub fn branch(&self) -> Option<&BranchName> {
        match self {
            Self::Branch { name, .. } => Some(name),
            Self::Detached(_) | Self::Unborn(_) | Self::Broken(_) => None,
        }
    }
}

/// Why git regards a branch as taken by a worktree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchUse {
    /// HEAD is on it.
    CheckedOut,
    /// A rebase of it is in progress there, or will update it (`--update-refs`).
    Rebasing,
    /// A bisection began on it there.
    Bisecting,
}

impl std::fmt::Display for BranchUse {
    /// Writes what the branch is, to be followed by the worktree's path.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CheckedOut => "checked out at",
            Self::Rebasing => "being rebased in",
            Self::Bisecting => "being bisected in",
        })
    }
}

/// One registered worktree, the main one included, as its files say; read without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorktreeEntry {
    /// Its directory below `<common-dir>/worktrees`, as an absolute path; none for the main worktree.
    pub admin: Option<PathBuf>,
    /// Its root.
    pub path: PathBuf,
    /// What its HEAD names.
    pub head: Head,
    /// The text of git's `locked` file, where there is one.
    pub locked: Option<String>,
    /// Whether its root or the root's `.git` is not there.
    pub missing: bool,
    /// Branches that git regards as taken by it, and why; branch names as text, which need not be valid.
    pub uses: Vec<(String, BranchUse)>,
    /// What is wrong with the entry's own files, where something is.
    pub broken: Option<String>,
    /// Whether they may be whole though they could not be read: then nobody knows which branches it uses.
    pub unread: bool,
}

/// Finds the worktree that git regards as using a branch, and why. Missing and locked worktrees count: git refuses
/// to check the branch out a second time, to move and to delete it all the same.
pub fn branch_user<'a>(
    entries: &'a [WorktreeEntry],
    branch: &BranchName,
) -> Option<(&'a WorktreeEntry, BranchUse)> {
    entries.iter().find_map(|entry| {
        let (_, why) = entry.uses.iter().find(|(name, _)| name == branch.as_str())?;
        Some((entry, *why))
    })
}

/// Finds the worktree other than the one with an administrative directory that git regards as using a branch, and why.
pub fn branch_user_besides<'a>(
    entries: &'a [WorktreeEntry],
    branch: &BranchName,
    admin: &std::path::Path,
) -> Option<(&'a WorktreeEntry, BranchUse)> {
    let others = entries.iter().filter(|entry| entry.admin.as_deref() != Some(admin));
    others.into_iter().find_map(|entry| branch_user(std::slice::from_ref(entry), branch))
}

/// The path of a worktree and of its directory below `<common-dir>/worktrees`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WorktreePlace {
    /// The worktree's root.
    #[serde(with = "super::path::as_text")]
    pub path: PathBuf,
    /// Its administrative directory.
    #[serde(with = "super::path::as_text")]
    pub admin: PathBuf,
}
