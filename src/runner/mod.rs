//! The dispatcher: launches the tasks of a run as their turn comes, watches their attempts, tells what happens.
//!
//! One thread owns the schedule, the attempts and the events. What takes long and touches the repository (making
//! worktrees, settling) is [`Work`], done by worker threads that send their results back. An attempt itself has no thread:
//! all of them are looked at every [`Options::poll`].

mod budget;
mod dispatch;
mod retry;
mod supervision;
mod worker;

use std::time::Duration;

use crate::domain::attempt::{AttemptFiles, AttemptKey};
use crate::domain::event::{RunEvent, TaskResult};
use crate::domain::name::TaskName;
use crate::domain::outcome::Outcome;
use crate::domain::plan::{Limits, OutputKind};
use crate::domain::schedule::Schedule;
use crate::domain::transcript::AgentEvent;
use crate::process::{Interrupt, Supervisor};

/// What the dispatcher has done by layers that it may not touch. `prepare` and `settle` are called from worker threads,
/// several at once; a panic in one of them fails the tasks that it was called for.
pub trait Work: Sync {
    /// Makes the worktrees of these tasks and writes their launch files; one answer a task. May take seconds.
    fn prepare(&self, tasks: &[TaskName]) -> Vec<Prepared>;

    /// Settles an attempt whose supervisor has ended or is lost.
    fn settle(&self, attempt: &Attempt) -> TaskResult;

    /// Looks at tasks whose agents work, and gives sentences that the user should know. Called from a thread of its own, never
    /// twice at once.
    fn observe(&self, running: &[TaskName]) -> Vec<String>;

    /// Forgets an attempt that was prepared and will not be launched.
    fn withdraw(&self, attempt: &Attempt);

    /// Gives the result of a task whose agent was not started, with a line for each fact that speaks for it. Called by
    /// the dispatcher's own thread too: it must not take long.
    fn unstarted(&self, task: &TaskName, outcome: Outcome, evidence: Vec<String>) -> TaskResult;
}

/// An attempt that can be launched, or that lives.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its task.
    pub task: TaskName,
    /// Which.
    pub key: AttemptKey,
    /// Its directory; for one to be launched `launch.json` is written.
    pub files: AttemptFiles,
    /// The agent's name.
    pub agent: String,
    /// How its output is read.
    pub output: OutputKind,
    /// How many further attempts its task may have if it does not end well.
    pub retries: u32,
    /// How much it may use.
    pub limits: Limits,
}

/// What became of preparing a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// It can be launched.
    Ready(Attempt),
    /// It cannot: its result.
    Failed(TaskResult),
}

impl Prepared {
    fn task(&self) -> &TaskName {
        match self {
            Self::Ready(attempt) => &attempt.task,
            Self::Failed(result) => &result.task,
        }
    }
}

/// How a run is executed.
#[derive(Debug)]
pub struct Options<'a> {
    /// Whether the first task that does not succeed is the last that is launched; running ones finish.
    pub fail_fast: bool,
    /// How often attempts and signals are looked at.
    pub poll: Duration,
    /// How long after the launch of a second agent the tasks at work are looked at, and how long after the end of each look
    /// again.
    pub observe: Duration,
    /// How many US dollars all attempts may cost together: once more is spent, nothing is launched; running ones finish.
    pub max_cost: Option<f64>,
    /// Time between two launches of a batch, so that many clients do not begin in the same instant.
    pub stagger: Duration,
    /// Tells how much memory is left, in bytes; where that is little, nothing is launched beside agents at work.
    pub memory: fn() -> Option<u64>,
    /// How a line of an agent's output is read.
    pub events: fn(OutputKind, &[u8]) -> Vec<AgentEvent>,
    /// How supervisors are started.
    pub supervisor: &'a Supervisor,
    /// How long a task rests before its nth further attempt, counted from 1.
    pub rest: fn(u32) -> Duration,
    /// Signals and requests to us: the first asks the agents to end, the second kills them. A hang-up changes nothing.
    pub interrupt: &'a Interrupt,
}

/// Runs a schedule to its end and gives a result for each of its tasks, in its order; those that it had as finished
/// are left out. `adopted` are attempts of an earlier dispatcher that live: they count as running and are watched like our
/// own. Every event except the run's own begin and end is told to `on_event`, by the calling thread, in the order of things.
pub fn execute(
    schedule: Schedule,
    adopted: Vec<Attempt>,
    work: &dyn Work,
    options: &Options<'_>,
    on_event: &mut dyn FnMut(&RunEvent),
) -> Vec<TaskResult> {
    let mut supervision = supervision::Supervisors::new(options.supervisor);
    dispatch::run(
        schedule,
        adopted,
        work,
        options,
        &mut dispatch::Outside { supervision: &mut supervision, on_event },
    )
}

/// Reads each line as text; a line `limit MS` is a rate limit.
#[cfg(test)]
pub(crate) fn testing_events(_kind: OutputKind, line: &[u8]) -> Vec<AgentEvent> {
    use crate::domain::transcript::Waiting;
    let text = String::from_utf8_lossy(line).into_owned();
    match text.strip_prefix("limit ") {
        Some(ms) => {
            vec![AgentEvent::Waiting(Waiting {
                reason: "429".into(),
                for_ms: ms.parse().ok(),
                rate_limit: true,
            })]
        }
        None => vec![AgentEvent::Plain(text)],
    }
}
