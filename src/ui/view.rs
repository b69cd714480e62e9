//! Values that only text and JSON need: what a verb hands over to be shown, where the domain has no type for it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::clean::Disposition;
use crate::domain::diff::{Stat, TaskDiff};
use crate::domain::event::TaskResult;
use crate::domain::forecast::{ConflictText, HeldBack, MergeForecast};
use crate::domain::merge::{Landing, Rejection};
use crate::domain::name::{BranchName, OperationId, RunId, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::plan::PlannedTask;
use crate::domain::review::Review;
use crate::domain::status::{TaskState, TaskStatus};
use crate::domain::task::TaskRecord;
use crate::domain::trash::Item;

/// What `start` and `adopt` did.
#[derive(Debug, Clone, Copy)]
pub struct StartView<'a> {
    /// The tasks.
    pub tasks: &'a [TaskRecord],
    /// Ignored paths of the main worktree that the new ones lack.
    pub lacks: &'a [RepoPath],
    /// Tasks whose setup was run, and whether it went through.
    pub set_up: &'a [(TaskName, bool)],
}

/// An error as it is rendered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorView {
    /// The verb, for JSON.
    pub command: String,
    /// The kind, one kebab-case word for each exit code: `refused`, `usage`, `conflict` …
    pub kind: String,
    /// What failed.
    pub message: String,
    /// Why, from the nearest cause to the farthest.
    pub causes: Vec<String>,
    /// Ways out.
    pub hints: Vec<String>,
}

/// What `forecast` found out.
#[derive(Debug, Clone, Copy)]
pub struct ForecastView<'a> {
    /// The tasks.
    pub tasks: &'a [TaskName],
    /// The name of the base of each.
    pub bases: &'a [String],
    /// What merging each into its base would do.
    pub base: &'a [MergeForecast],
    /// The same of each two with each other, by index.
    pub pairs: &'a [(usize, usize, MergeForecast)],
    /// The tasks that go together, in the order in which they should land.
    pub order: &'a [TaskName],
    /// The others.
    pub held: &'a [HeldBack],
    /// The text of the conflicts of the two tasks that were asked about.
    pub texts: &'a [ConflictText],
}

/// A row of `history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The id that `undo` takes: an operation's or a run's.
    pub id: String,
    /// When it began.
    pub time: Timestamp,
    /// The verb.
    pub command: String,
    /// The tasks it concerned.
    pub tasks: Vec<TaskName>,
    /// What it did.
    pub summary: String,
    /// Whether it is undone.
    pub undone: bool,
    /// Whether `redo` brings it back.
    pub redoable: bool,
    /// Whether nothing can take it back.
    pub is_final: bool,
}

/// What the head of a run says before anything is spent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunHeader {
    /// The run's id.
    pub run: String,
    /// The plan's file name, if it has one.
    pub plan: Option<String>,
    /// How many tasks will be run.
    pub tasks: usize,
    /// How many are finished by an earlier run.
    pub earlier: usize,
    /// How many agents run at once.
    pub jobs: usize,
    /// The limit on each task's time, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// The bases, each a branch or a commit-ish with its commit.
    pub bases: Vec<(String, CommitId)>,
    /// The agents by name, each once.
    pub agents: Vec<String>,
    /// What the agents may do.
    pub permission: String,
    /// What keeps them apart from the rest of the machine.
    pub isolation: String,
}

/// A merge after it was done, or as it would be.
#[derive(Debug, Clone)]
pub struct MergeView<'a> {
    /// The operation; none where nothing was landed.
    pub operation: Option<&'a OperationId>,
    /// The target.
    pub into: &'a BranchName,
    /// The target's tip before.
    pub old: CommitId,
    /// The target's tip after.
    pub new: CommitId,
    /// What was landed, in order.
    pub landed: &'a [Landing],
    /// What was not.
    pub rejected: &'a [Rejection],
    /// With `--clean`, each landed task with what becomes of its worktree.
    pub cleaned: &'a [(TaskRecord, Disposition)],
    /// The shell lines that had to succeed on each merged tree.
    pub gates: &'a [String],
    /// What tells it from every other landing, where it is only shown.
    pub digest: Option<String>,
}

/// A clean-up after it was done, or as it would be.
#[derive(Debug, Clone)]
pub struct CleanView<'a> {
    /// The operation; none where nothing was removed.
    pub operation: Option<&'a OperationId>,
    /// Each task with what becomes of it.
    pub tasks: &'a [(TaskRecord, Disposition)],
    /// How much went, or would go, to the trash, in bytes.
    pub bytes: u64,
}

/// An `undo` or a `redo`.
#[derive(Debug, Clone)]
pub struct UndoView<'a> {
    /// The operation that took it back.
    pub operation: Option<&'a OperationId>,
    /// The id of what was taken back: an operation's or a run's.
    pub undone: &'a str,
    /// The summary of what was taken back.
    pub summary: &'a str,
    /// What stands again, or stands no more: one line each.
    pub restored: &'a [String],
}

/// Something in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashRow {
    /// What it is.
    pub item: Item,
    /// The disk space that it takes, in bytes.
    pub size: u64,
    /// The command that brings it back, if one does.
    pub back: Option<String>,
}

/// What lies in the trash, or went out of it.
#[derive(Debug, Clone)]
pub struct TrashView<'a> {
    /// The operation; none where nothing was done.
    pub operation: Option<&'a OperationId>,
    /// Each worktree.
    pub rows: &'a [TrashRow],
}

/// Two tasks of a plan that mean to change the same paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// One.
    pub a: TaskName,
    /// The other.
    pub b: TaskName,
    /// The globs that meet, one of each.
    pub touches: Vec<(String, String)>,
}

/// What `plan` shows.
#[derive(Debug, Clone)]
pub struct PlanView<'a> {
    /// The plan's file.
    pub file: Option<&'a Path>,
    /// The base of tasks that name none, with its commit where that is known.
    pub base: Option<(&'a str, Option<CommitId>)>,
    /// How many agents run at once.
    pub jobs: usize,
    /// The tasks in the order in which they may begin.
    pub tasks: &'a [PlannedTask],
    /// What overlaps.
    pub overlaps: &'a [Overlap],
}

/// The log of an attempt, as `logs` shows it.
#[derive(Debug, Clone)]
pub struct LogView<'a> {
    /// The task.
    pub task: &'a TaskName,
    /// The run.
    pub run: &'a RunId,
    /// The attempt's number.
    pub attempt: u32,
    /// The agent.
    pub agent: &'a str,
    /// The word of its state: `running`, or its outcome.
    pub state: &'a str,
    /// The file.
    pub log: &'a Path,
    /// What it holds, raw; none if it was not asked for.
    pub content: Option<&'a [u8]>,
}

/// A read task whose agent is at work, as `status` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingRow {
    /// The task.
    pub task: TaskName,
    /// What it is doing.
    pub state: TaskState,
    /// Its agent.
    pub agent: String,
    /// The run.
    pub run: RunId,
    /// The attempt's number.
    pub attempt: u32,
    /// How long it has been at work, in milliseconds.
    pub elapsed_ms: Option<u64>,
}

/// One task in the report of a run.
#[derive(Debug, Clone)]
pub struct ReportTask {
    /// What became of it.
    pub result: TaskResult,
    /// Its branch, if it still has one.
    pub branch: Option<BranchName>,
    /// Its base.
    pub base: Option<BranchName>,
    /// Its agent.
    pub agent: Option<String>,
    /// Its prompt, of which the first line is shown.
    pub prompt: String,
    /// Files and lines that it changes now.
    pub diff: Option<Stat>,
    /// What merging it would do now.
    pub merge: Option<MergeForecast>,
    /// How it was landed.
    pub landed: Option<Landing>,
    /// All that a read task wrote, raw; none for other tasks.
    pub output: Option<String>,
}

/// The report of a run.
#[derive(Debug, Clone)]
pub struct ReportView {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// The plan's file name.
    pub plan: Option<String>,
    /// Its tasks, in the plan's order.
    pub tasks: Vec<ReportTask>,
}

/// An agent that a plan can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// How it is called.
    pub command: String,
    /// Its program, if it is installed.
    pub path: Option<PathBuf>,
    /// What it says of its version.
    pub version: Option<String>,
    /// Whether the way to call it was seen to work.
    pub tried: bool,
    /// What it can do: `resume` a session, take a `role` and a `model`, say its `cost`.
    pub can: Vec<&'static str>,
}

/// How a finding is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All is well.
    Good,
    /// A fact that explains what may surprise.
    Info,
    /// Something to be done.
    Problem,
}

impl Level {
    /// Gives its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Info => "info",
            Self::Problem => "problem",
        }
    }
}

/// A finding of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// How it is to be taken.
    pub level: Level,
    /// What it is about, in a word or two.
    pub topic: &'static str,
    /// What was found.
    pub what: String,
    /// A command to go on with.
    pub next: Option<String>,
}

impl Check {
    /// Says that all is well.
    pub fn good(topic: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Good, topic, what: what.into(), next: None }
    }

    /// Says a fact.
    pub fn info(topic: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Info, topic, what: what.into(), next: None }
    }

    /// Says what is to be done something about, and the command that does it or shows more.
    pub fn problem(topic: &'static str, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { level: Level::Problem, topic, what: what.into(), next: Some(next.into()) }
    }

    /// Sets a command to go on with.
    #[must_use]
    pub fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }
}

/// What `doctor` found.
#[derive(Debug, Clone)]
pub struct DoctorView<'a> {
    /// Our version.
    pub version: &'a str,
    /// That of the git executable.
    pub git: &'a str,
    /// That of libgit2.
    pub libgit2: &'a str,
    /// Bytes of our state and of the trash.
    pub sizes: (u64, u64),
    /// The findings, in order.
    pub checks: &'a [Check],
    /// The agents.
    pub agents: &'a [AgentRow],
}

/// Gives the first line of a text that says something.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// A task under review.
#[derive(Debug, Clone, Copy)]
pub struct ReviewRow<'a> {
    /// The task, and what merging it would do.
    pub status: &'a TaskStatus,
    /// Its change.
    pub diff: &'a TaskDiff,
    /// Marks and notes.
    pub review: &'a Review,
    /// For each file, whether it is shown only when asked for: generated, or written by a package manager.
    pub folded: &'a [bool],
    /// For each file, the other tasks that change it too.
    pub also_in: &'a [Vec<TaskName>],
}

impl ReviewRow<'_> {
    /// Gives the other tasks that change a file too.
    pub fn also_in(&self, file: usize) -> &[TaskName] {
        self.also_in.get(file).map_or(&[], Vec::as_slice)
    }

    /// Tells whether the task was accepted as it is.
    pub fn is_accepted(&self) -> bool {
        self.review.accepted.is_some() && self.review.accepted == self.status.survey.tip
    }
}
