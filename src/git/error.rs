//! What can go wrong with a repository: an operation and its subject each, facts only.

use std::path::{Path, PathBuf};

use crate::domain::oid::CommitId;
use crate::domain::path::{RepoPath, show};

/// A failure of `git`.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// Files of a worktree are there and cannot be read: what it has checked out is not known.
    #[error("{}: {why}; nobody knows which branch is checked out there", show(path))]
    Unread {
        /// Its git directory.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Files were being changed, that failed, and they could not be put back either.
    #[error("{cause}; it could not be taken back at once: {rollback}")]
    HalfDone {
        /// Why it failed.
        cause: Box<Self>,
        /// Why it could not be taken back.
        rollback: Box<Self>,
    },
    /// No repository at or above a path.
    #[error("{} is not inside a git repository", show(path))]
    NotARepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// A repository in a form that libgit2 cannot read or that we do not write.
    #[error("the repository at {} is not supported: {what}", show(path))]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// The form.
        what: String,
    },
    /// A repository or worktree of another user (git's `safe.directory`).
    #[error("the repository at {} belongs to another user", show(path))]
    Owner {
        /// The repository.
        path: PathBuf,
    },
    /// A repository that cannot be opened for another reason.
    #[error("cannot open the repository at {}: {}", show(path), source.message())]
    Open {
        /// The repository.
        path: PathBuf,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// An object that cannot be read or written.
    #[error("cannot handle {what} {id}: {}", source.message())]
    Object {
        /// Its kind.
        what: &'static str,
        /// Its id, or what stands for it.
        id: String,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// A ref that cannot be read or written.
    #[error("cannot {operation} {name}: {}", source.message())]
    Reference {
        /// The verb.
        operation: &'static str,
        /// The ref.
        name: String,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// A ref that is not what it was expected to be.
    #[error("{name} is {}, expected {}", describe(*found), describe(*expected))]
    RefMoved {
        /// The ref.
        name: String,
        /// What it was expected to name; none for no such ref.
        expected: Option<CommitId>,
        /// What it names.
        found: Option<CommitId>,
    },
    /// A ref whose name cannot exist beside another's: one would be a directory of the other.
    #[error("{name} cannot be created while {other} exists")]
    RefInTheWay {
        /// The ref.
        name: String,
        /// The ref that is there.
        other: String,
    },
    /// A lock file that did not go away.
    #[error("{} is locked by another process", show(path))]
    Locked {
        /// The lock file, or what is locked.
        path: PathBuf,
    },
    /// Work in a worktree that an update would overwrite.
    #[error("{} holds changes to files that would be overwritten", show(worktree))]
    WouldOverwrite {
        /// The worktree.
        worktree: PathBuf,
        /// The files.
        paths: Vec<RepoPath>,
    },
    /// A worktree in the middle of something.
    #[error("{} in progress in {}", what, show(worktree))]
    InProgress {
        /// The worktree.
        worktree: PathBuf,
        /// `a merge is`, `a rebase is`.
        what: &'static str,
    },
    /// Uncommitted changes that cannot be taken from a worktree, or put back into it.
    #[error("the uncommitted changes of {} cannot be moved: {what}", show(worktree))]
    Unmovable {
        /// The worktree.
        worktree: PathBuf,
        /// What is in the way.
        what: String,
    },
    /// An operation of libgit2 on a worktree.
    #[error("cannot {operation} {}: {}", show(path), source.message())]
    Worktree {
        /// The verb.
        operation: &'static str,
        /// The worktree.
        path: PathBuf,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// Something that stands where a directory has to go.
    #[error("{} is in the way", show(path))]
    InTheWay {
        /// The path.
        path: PathBuf,
    },
    /// A registration or a directory that is not what it says it is.
    #[error("{} is not the worktree it should be: {what}", show(path))]
    NotOurs {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file system.
    #[error("cannot {operation} {}: {source}", show(path))]
    Io {
        /// The verb.
        operation: &'static str,
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The git executable is not there.
    #[error("cannot run the git executable: {source}")]
    NoGit {
        /// What the system says.
        source: std::io::Error,
    },
    /// The git executable is older than we need.
    #[error("git {found} is too old: 2.39 or newer is needed")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// A call of the git executable that failed.
    #[error("`{command}` failed ({status}): {stderr}")]
    Command {
        /// The command, as it could be typed.
        command: String,
        /// How it ended: `exit 128`.
        status: String,
        /// What it wrote on standard error, shortened.
        stderr: String,
    },
    /// Output of the git executable that has not the documented form.
    #[error("`{command}` gave output that is not understood: {what}")]
    Output {
        /// The command.
        command: String,
        /// What is odd.
        what: String,
    },
    /// A call of the git executable that took too long and was ended.
    #[error("`{command}` did not end within {} s", limit.as_secs())]
    TimedOut {
        /// The command.
        command: String,
        /// The time that it had.
        limit: std::time::Duration,
    },
    /// Two commits whose histories have no commit in common.
    #[error("{} and {} have no commit in common", ours.short(), theirs.short())]
    Unrelated {
        /// The one that was to be merged into.
        ours: CommitId,
        /// The one that was to be merged.
        theirs: CommitId,
    },
    /// No name and mail address to commit with.
    #[error("no identity to commit with: {reason}")]
    NoIdentity {
        /// What git says.
        reason: String,
    },
}

fn describe(commit: Option<CommitId>) -> String {
    commit.map_or_else(|| "absent".to_owned(), |commit| commit.short())
}

impl GitError {
    /// Sorts libgit2's reasons for not opening a repository.
    pub(in crate::git) fn open(path: &Path, source: git2::Error) -> Self {
        let path = path.to_owned();
        let message = source.message();
        match source.code() {
            git2::ErrorCode::NotFound => Self::NotARepository { path },
            git2::ErrorCode::Owner => Self::Owner { path },
            _ if message.contains("unsupported extension")
                || message.contains("unknown object format")
                || message.contains("repositoryformatversion")
                || message.contains("unsupported repository version") =>
            {
                Self::Unsupported { path, what: message.to_owned() }
            }
            _ => Self::Open { path, source },
        }
    }

    /// Names an object.
    pub(in crate::git) fn object(what: &'static str, id: impl ToString, source: git2::Error) -> Self {
        Self::Object { what, id: id.to_string(), source }
    }

    /// Names a ref; a lock that is held is told apart.
    pub(in crate::git) fn reference(operation: &'static str, name: &str, source: git2::Error) -> Self {
        if source.code() == git2::ErrorCode::Locked {
            return Self::Locked { path: PathBuf::from(name) };
        }
        Self::Reference { operation, name: name.to_owned(), source }
    }

    /// Names a worktree.
    pub(in crate::git) fn worktree(operation: &'static str, path: &Path, source: git2::Error) -> Self {
        Self::Worktree { operation, path: path.to_owned(), source }
    }

    /// Names a path of the file system.
    /// Tells whether it comes from the system (too many open files, a broken disk, no permission, a lock) and not from what was read.
    pub(in crate::git) fn is_of_the_system(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() != std::io::ErrorKind::NotFound,
            Self::Reference { source, .. } | Self::Object { source, .. } => !matches!(
                (source.code(), source.class()),
                (git2::ErrorCode::InvalidSpec | git2::ErrorCode::NotFound | git2::ErrorCode::Peel, _)
                    | (_, git2::ErrorClass::Reference | git2::ErrorClass::Object)
            ),
            // libgit2 says so of a file that it may not open.
            _ => true,
        }
    }

    pub(in crate::git) fn io(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }
}
