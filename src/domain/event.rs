//! What happens in a run, as the dispatcher tells it to the display, to the record and to `--json`.

use super::attempt::AttemptKey;
use super::diff::Stat;
use super::name::{RunId, TaskName};
use super::outcome::Outcome;
use super::transcript::Usage;

/// One event of a run. Workers send them, one place reads them.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// The run begins.
    RunStarted {
        /// Its id.
        run: RunId,
        /// Its tasks that will be run, in order.
        tasks: Vec<TaskName>,
        /// How many agents run at once.
        jobs: usize,
    },
    /// A task's worktree is being made.
    TaskPreparing {
        /// The task.
        task: TaskName,
    },
    /// A task's agent was started.
    TaskStarted {
        /// The task.
        task: TaskName,
        /// The attempt.
        attempt: AttemptKey,
        /// The agent's name.
        agent: String,
    },
    /// A task's agent wrote a line: raw text of at most a few hundred bytes, not yet made safe for display.
    TaskSaid {
        /// The task.
        task: TaskName,
        /// The last line.
        line: String,
    },
    /// An attempt did not end well, and its task will have another.
    TaskRetrying {
        /// What came of the attempt.
        result: TaskResult,
        /// How long the task rests before, in milliseconds.
        rest_ms: u64,
    },
    /// A task has an outcome.
    TaskFinished(TaskResult),
    /// Something the user should know, in a sentence.
    Warning {
        /// The sentence.
        message: String,
    },
    /// The run was asked to end.
    Interrupted {
        /// Whether the agents are being killed rather than asked.
        kill: bool,
        /// Whether another command asked, rather than a signal.
        by_command: bool,
    },
    /// The run ended.
    RunFinished {
        /// Its id.
        run: RunId,
        /// All tasks, in the plan's order.
        results: Vec<TaskResult>,
    },
}

/// What became of a task in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskResult {
    /// The task.
    pub task: TaskName,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether it counts as success: `done`, or `empty` where the task allows it.
    pub success: bool,
    /// A line for each fact that speaks for it.
    pub evidence: Vec<String>,
    /// How many attempts it had in this run.
    pub attempts: u32,
    /// Commits gained.
    pub commits: u32,
    /// Files and lines gained.
    pub diff: Option<Stat>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// The path of its last attempt's log.
    pub log: Option<std::path::PathBuf>,
    /// What its attempt used.
    pub used: Usage,
    /// The agent's last lines, raw.
    pub last_words: Vec<String>,
    /// The command to go on with.
    pub next: String,
    /// Whether it was finished by an earlier run and not run again.
    pub earlier: bool,
}
