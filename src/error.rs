//! The one error that reaches the user: facts from below, hints from here, an exit code.
//!
//! Layer errors say what failed and on what. This is the only place where the wording of a way out exists.

use crate::domain::forecast::Conflict;
use crate::domain::path::show;
use crate::domain::plan::Problem;
use crate::domain::task::SelectError;
use crate::domain::{adopt, start, undo};
use crate::git::GitError;
use crate::operation::OperationError;
use crate::process::ProcessError;
use crate::store::StoreError;
use crate::ui::PromptError;

/// What kind of failure it is; decides the exit code (DESIGN §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A precondition, or the user's no: nothing changed.
    Refused,
    /// A wrong command line.
    Usage,
    /// A conflict.
    Conflict,
    /// A task did not succeed.
    TaskFailed,
    /// A gate failed.
    GateFailed,
    /// The plan or the settings are invalid.
    Plan,
    /// Not a repository, not one that is supported, or git too old.
    Unsupported,
    /// Our bug.
    Internal,
    /// Interrupted by INT.
    Interrupted,
    /// Ended by TERM.
    Terminated,
}

impl Kind {
    /// Gives the exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Conflict => 3,
            Self::TaskFailed => 4,
            Self::GateFailed => 5,
            Self::Plan => 6,
            Self::Unsupported => 7,
            Self::Internal => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Finds the kind of a word of the JSON document.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Refused,
            Self::Usage,
            Self::Conflict,
            Self::TaskFailed,
            Self::GateFailed,
            Self::Plan,
            Self::Unsupported,
            Self::Internal,
            Self::Interrupted,
            Self::Terminated,
        ];
        all.into_iter().find(|kind| kind.word() == word)
    }

    /// Gives the word of the JSON document.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Conflict => "conflict",
            Self::TaskFailed => "task-failed",
            Self::GateFailed => "gate-failed",
            Self::Plan => "plan",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// An error as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Its kind.
    pub kind: Kind,
    /// What could not be done, and why, in a sentence without a full stop.
    pub message: String,
    /// Details, one a line.
    pub causes: Vec<String>,
    /// Ways out: a sentence or a command each.
    pub hints: Vec<String>,
}

impl Error {
    /// Makes an error without details.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Makes a refusal.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Makes an error of usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Adds a detail.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Makes an error of conflicts.
    pub fn conflicts(message: impl Into<String>, conflicts: &[Conflict]) -> Self {
        let causes =
            conflicts.iter().map(|conflict| format!("{} ({})", conflict.path, conflict.kind)).collect();
        Self { causes, ..Self::new(Kind::Conflict, message) }
    }

    /// Makes an error of everything that is wrong with a plan.
    pub fn problems(problems: &[Problem]) -> Self {
        let what = if problems.len() == 1 {
            "there is a problem".to_owned()
        } else {
            format!("there are {} problems", problems.len())
        };
        let causes = problems.iter().map(ToString::to_string).collect();
        Self { causes, ..Self::new(Kind::Plan, format!("{what}; nothing was started")) }
    }

    /// Makes one error of everything that stands in the way of starting tasks.
    pub fn start_refusals(refusals: &[start::Refusal]) -> Self {
        let mut hints: Vec<String> = refusals.iter().filter_map(start_hint).collect();
        hints.dedup();
        match refusals {
            [only] => Self { hints, ..Self::refused(only.to_string()) },
            several => {
                let causes = several.iter().map(ToString::to_string).collect();
                Self { causes, hints, ..Self::refused("nothing was started") }
            }
        }
    }

    /// Makes one error of everything that stands in the way of adopting worktrees.
    pub fn adopt_refusals(refusals: &[adopt::Refusal]) -> Self {
        let mut hints: Vec<String> = refusals.iter().map(adopt_hint).collect();
        hints.dedup();
        match refusals {
            [only] => Self { hints, ..Self::refused(only.to_string()) },
            several => {
                let causes = several.iter().map(ToString::to_string).collect();
                Self { causes, hints, ..Self::refused("nothing was adopted") }
            }
        }
    }

    /// Makes one error of everything that stands in the way of `undo` or `redo`.
    pub fn undo_refusals(verb: &str, refusals: &[undo::Refusal]) -> Self {
        let hints = refusals.iter().filter_map(undo_hint).collect();
        let made = match refusals {
            [only] => Self::refused(format!("cannot {verb}: {only}")),
            several => Self {
                causes: several.iter().map(ToString::to_string).collect(),
                ..Self::refused(format!("cannot {verb}; nothing was changed"))
            },
        };
        Self { hints, ..made }
    }
}

fn adopt_hint(refusal: &adopt::Refusal) -> String {
    match refusal {
        adopt::Refusal::NotAWorktree(_) | adopt::Refusal::Scratch(_) => "git worktree list".to_owned(),
        adopt::Refusal::Main(_) => {
            "windrow start NAME --carry moves its changes to a task of their own".to_owned()
        }
        adopt::Refusal::IsTask { task, .. } => format!("windrow status {}", quoted(task)),
        adopt::Refusal::NoBranch { path, .. } => {
            format!("git -C {} switch -c NAME", quoted(&show(path)))
        }
        adopt::Refusal::Broken { .. } => "git worktree repair, or git worktree prune".to_owned(),
        adopt::Refusal::Name { .. } | adopt::Refusal::Collides { .. } => {
            "give it a name: windrow adopt PATH --name NAME".to_owned()
        }
    }
}

fn undo_hint(refusal: &undo::Refusal) -> Option<String> {
    match refusal {
        undo::Refusal::TaskChanged { task, .. } => Some(format!("windrow clean {} --dry-run", quoted(task))),
        undo::Refusal::RefMoved { name, left, found: None } => {
            let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
            Some(format!("git branch {} {}", quoted(&branch), left.short()))
        }
        undo::Refusal::RefMoved { name, .. } => Some(format!("git log --oneline {}", quoted(name))),
        undo::Refusal::RefAgain { name, .. } => {
            let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
            Some(format!("git branch -m {} NEW-NAME", quoted(&branch)))
        }
        undo::Refusal::InTheWay(path) => Some(format!("move it away: ls {}", quoted(&show(path)))),
        undo::Refusal::NotAsLeft { path, .. } => {
            Some(format!("commit or move away what is there first: git -C {} status", quoted(&show(path))))
        }
        undo::Refusal::TrashGone(_) => Some("others can be undone by their id: windrow history".to_owned()),
        undo::Refusal::Nothing => None,
    }
}

fn quoted(name: &impl ToString) -> String {
    shell_words::quote(&name.to_string()).into_owned()
}

fn start_hint(refusal: &start::Refusal) -> Option<String> {
    match refusal {
        start::Refusal::TaskExists(name) => Some(format!("windrow path {}", quoted(name))),
        start::Refusal::BranchExists(branch) => Some(format!(
            "say `branch = {:?}` in the plan to let a task take it up, or delete it: git branch -d {}",
            branch.as_str(),
            quoted(branch)
        )),
        start::Refusal::BranchOfTask { task, .. } => Some(format!("windrow path {}", quoted(task))),
        start::Refusal::BranchInUse { path, .. } => Some(format!("git -C {} status", quoted(&show(path)))),
        start::Refusal::Collides { .. } => Some("choose another name".to_owned()),
        start::Refusal::InTheWay(path) => Some(format!(
            "move it away, or choose another place with the setting `worktree-dir`: ls {}",
            quoted(&show(path))
        )),
        start::Refusal::Twice(_) => None,
    }
}

impl From<GitError> for Error {
    fn from(error: GitError) -> Self {
        let message = error.to_string();
        match error {
            GitError::NotARepository { .. } => Self::new(Kind::Unsupported, message).hint("git init"),
            GitError::Unsupported { .. } => Self::new(Kind::Unsupported, message)
                .hint("windrow writes nothing there; `git worktree` still works"),
            GitError::TooOld { .. } | GitError::NoGit { .. } => {
                Self::new(Kind::Unsupported, message).hint("install git 2.39 or newer")
            }
            GitError::InTheWay { path } => Self::refused(message)
                .hint(format!("move it away, then try again: ls -la {}", quoted(&show(&path)))),
            GitError::Owner { path } => Self::refused(message)
                .hint(format!("git config --global --add safe.directory {}", quoted(&show(&path)))),
            GitError::WouldOverwrite { worktree, paths } => {
                let causes = paths.iter().map(ToString::to_string).collect();
                let hint = format!(
                    "commit or move these first: git -C {} status --ignored",
                    quoted(&show(&worktree))
                );
                Self { causes, ..Self::refused(message) }.hint(hint)
            }
            GitError::Unmovable { worktree, .. } => {
                Self::refused(message).hint(format!("git -C {} status", quoted(&show(&worktree))))
            }
            GitError::InProgress { worktree, .. } => Self::refused(message)
                .hint(format!("finish or abort it first: git -C {} status", quoted(&show(&worktree)))),
            GitError::NoIdentity { .. } => Self::refused(message)
                .hint("git config --global user.name 'Your Name'")
                .hint("git config --global user.email you@example.com"),
            GitError::Locked { .. } => {
                Self::refused(message).hint("try again; if no other git is running, remove the lock file")
            }
            GitError::RefInTheWay { other, .. } => {
                let branch = other.strip_prefix("refs/heads/").unwrap_or(&other);
                Self::refused(message).hint(format!("git branch -m {} NEW-NAME", quoted(&branch)))
            }
            GitError::RefMoved { .. } => {
                Self::refused(message).hint("try again: it was moved while windrow worked")
            }
            _ => Self::refused(message),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Newer { .. } => {
                Self::refused(message).hint("use the newer windrow; this one only reads here")
            }
            StoreError::UselessLocks { .. } => Self::refused(message)
                .hint("keep the repository on a disk of this machine; looking works here: windrow status"),
            StoreError::Busy { .. } => Self::refused(message).hint("wait for it, then try again"),
            StoreError::Damaged { path, .. } => {
                let (from, to) = (quoted(&show(&path)), quoted(&format!("{}.damaged", show(&path))));
                Self::refused(message).hint(format!("move it away, then try again: mv {from} {to}"))
            }
            StoreError::Io { .. } => Self::refused(message),
        }
    }
}

impl From<OperationError> for Error {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Git(error) => error.into(),
            OperationError::Store(error) => error.into(),
            OperationError::Task { task, source } => {
                let inner = Self::from(source);
                Self { message: format!("{task}: {}", inner.message), ..inner }
            }
            OperationError::HalfDone { cause, rollback } => {
                let inner = Self::from(*cause);
                inner
                    .cause(format!("taking back what was done failed: {rollback}"))
                    .hint("the next command that changes something tries again: windrow undo --dry-run")
            }
            OperationError::TipsConflict { ref task, ref with, ref conflicts } => Self::conflicts(
                format!("what `{task}` comes after cannot be merged: `{with}` conflicts"),
                conflicts,
            )
            .hint("let one of them come after the other"),
            OperationError::Unrecovered { command, summary, cause } => {
                let inner = Self::from(*cause);
                let message =
                    format!("an unfinished `{command}` ({summary}) cannot be recovered: {}", inner.message);
                Self { message, ..inner }
            }
            OperationError::BranchInUse { ref path, .. } => {
                let hint = format!("git -C {} status", quoted(&show(path)));
                Self::refused(error.to_string()).hint(hint)
            }
            OperationError::TaskMoved(_) => Self::refused(error.to_string()).hint("windrow status"),
        }
    }
}

impl From<SelectError> for Error {
    fn from(error: SelectError) -> Self {
        let made = Self::refused(error.to_string());
        match error {
            SelectError::Unknown { near: Some(near), .. } => {
                made.hint(format!("the nearest is `{near}`; all of them: windrow status"))
            }
            SelectError::Unknown { near: None, .. } => made.hint("windrow status"),
            SelectError::Ambiguous { by_branch, .. } => {
                made.hint(format!("name the other one as `{by_branch}`"))
            }
            SelectError::NotInTask => made.hint("windrow status"),
        }
    }
}

impl From<PromptError> for Error {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Interrupted => Self::new(Kind::Interrupted, "interrupted; nothing was changed"),
            other => Self::refused(other.to_string()),
        }
    }
}

impl From<ProcessError> for Error {
    fn from(error: ProcessError) -> Self {
        Self::refused(error.to_string())
    }
}

impl From<crate::domain::name::InvalidName> for Error {
    fn from(error: crate::domain::name::InvalidName) -> Self {
        let made = Self::refused(error.to_string());
        match error.suggestion {
            Some(suggestion) => made.hint(format!("a name that would do: {suggestion}")),
            None => made,
        }
    }
}
