//! Outcomes (DESIGN §6): the words, and what to do next. [`super::evidence`] decides.

use serde::{Deserialize, Serialize};

use super::name::TaskName;

/// What became of an attempt, or why a task of a run has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ended well and its work is committed on the task's branch.
    Done,
    /// It ended well and changed nothing.
    Empty,
    /// It ended badly, or the task's check did.
    Failed,
    /// A limit on its time ended it.
    TimedOut,
    /// We ended it because we were asked to.
    Stopped,
    /// Its supervisor is gone and left no result.
    Lost,
    /// A person has to look: what it left could not be committed, or was done where it must not be.
    NeedsAttention,
    /// A limit on money, turns or tools ended it.
    OverBudget,
    /// Its model's provider let it have no more.
    RateLimited,
    /// What it needed was refused it.
    Denied,
    /// A task it depends on is not done.
    Skipped,
    /// The run ended before its turn.
    NotStarted,
}

impl Outcome {
    /// Gives the word used in every output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Empty => "empty",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
            Self::NeedsAttention => "needs-attention",
            Self::OverBudget => "over-budget",
            Self::RateLimited => "rate-limited",
            Self::Denied => "denied",
            Self::Skipped => "skipped",
            Self::NotStarted => "not-started",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// Gives the one command to go on with after an outcome; `again` is the command line that runs the task again.
pub fn next_command(outcome: Outcome, task: &TaskName, again: &str) -> String {
    let task = shell_words::quote(task.as_str()).into_owned();
    match outcome {
        Outcome::Done => format!("windrow diff {task}"),
        Outcome::Empty | Outcome::Failed | Outcome::TimedOut | Outcome::Lost | Outcome::OverBudget => {
            format!("windrow logs {task}")
        }
        // The session goes on where it was.
        Outcome::RateLimited => format!("windrow send {task} 'go on'"),
        Outcome::Denied => format!("windrow logs {task}"),
        Outcome::NeedsAttention => format!("git -C \"$(windrow path {task})\" status"),
        Outcome::Stopped | Outcome::Skipped | Outcome::NotStarted => again.to_owned(),
    }
}
