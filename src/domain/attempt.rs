//! One launch of one task's agent: what the supervisor is handed, what it hands back, what became of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::name::{RunId, TaskId, TaskName};
use super::oid::CommitId;
use super::outcome::Outcome;
use super::path::as_text;
use super::place::WorktreePlace;
use super::plan::{Agent, Limits, OutputKind};
use super::transcript::Usage;

/// The format of `launch.json`, `exit.json` and `outcome.json`. A reader takes this one and the one before it.
pub const ATTEMPT_FORMAT: u32 = 1;

/// Names an attempt: `runs/<run>/<task>/<number>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AttemptKey {
    /// The run.
    pub run: RunId,
    /// The task.
    pub task: TaskId,
    /// Counted from 1 within the run.
    pub number: u32,
}

impl AttemptKey {
    /// Gives the ref of the snapshot that was taken of a used worktree before the attempt began.
    pub fn snapshot_ref(&self) -> String {
        format!("refs/windrow/rescue/{}/{}-{}", self.run, self.task, self.number)
    }
}

impl std::fmt::Display for AttemptKey {
    /// Writes the value of `WINDROW_ATTEMPT`, by which the processes of an attempt are recognised.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.run, self.task, self.number)
    }
}

/// `launch.json`: everything the supervisor needs, decided before it is started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Launch {
    /// [`ATTEMPT_FORMAT`] of the writer.
    pub format: u32,
    /// Which attempt.
    pub key: AttemptKey,
    /// The task's name.
    pub task: TaskName,
    /// The program and its arguments; the program is a path with a slash or is looked up in the environment's `PATH`.
    pub argv: Vec<String>,
    /// The task's own check, run in the same place after the agent ended with exit 0.
    pub check: Option<Vec<String>>,
    /// The working directory: the worktree's root.
    #[serde(with = "as_text")]
    pub cwd: PathBuf,
    /// The whole environment of the agent and of the check; nothing else is inherited.
    pub env: BTreeMap<String, String>,
    /// The file that the agent reads as its standard input; none gives it an empty one.
    #[serde(default, with = "super::path::as_optional_text", skip_serializing_if = "Option::is_none")]
    pub stdin: Option<PathBuf>,
    /// Where standard output and error go, appended.
    #[serde(with = "as_text")]
    pub log: PathBuf,
    /// The wall-clock limit in milliseconds, the check's time included.
    pub timeout_ms: Option<u64>,
    /// How long the agent may leave its log as it is, in milliseconds. The check may be as silent as it likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_ms: Option<u64>,
    /// How much the agent may use by its client's own account; whoever watches it heeds that.
    #[serde(default)]
    pub limits: Limits,
    /// Time between asking a process to end and ending it, in milliseconds.
    pub grace_ms: u64,
    /// When it was made ready.
    pub created: jiff::Timestamp,
    /// The agent's name.
    pub agent: String,
    /// The first line of the task's own prompt.
    #[serde(default)]
    pub title: String,
    /// The branch's tip when the agent was started; of a read task, the commit that it reads.
    pub head: CommitId,
    /// Of a retry: the branch's tip when the first attempt of the run was started, over which gains are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<CommitId>,
    /// What only a read task has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Digest of what the task is (DESIGN §3.1 `run`), by which a later run knows that it is finished.
    pub definition: String,
    /// Whether nothing changed is a success.
    pub allow_empty: bool,
    /// How the agent's output is read.
    #[serde(default)]
    pub output: OutputKind,
    /// The agent, as a follow-up calls it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Agent>,
    /// The client's session, where it is known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Whether that session is continued.
    #[serde(default)]
    pub resumed: bool,
}

impl Launch {
    /// Gives the commit over which gains are counted: where the run found the branch.
    pub fn origin(&self) -> CommitId {
        self.since.unwrap_or(self.head)
    }
}

/// What an attempt of a read task has in the place of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reading {
    /// Its scratch worktree; the root is [`Launch::cwd`].
    pub scratch: WorktreePlace,
    /// What it is handed on standard input, in a few words; empty if nothing.
    #[serde(default)]
    pub input: String,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// With this exit status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// Who ended an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// The agent itself.
    Itself,
    /// The wall-clock limit.
    Timeout,
    /// The limit on its silence.
    Silence,
    /// The limit on what it may use.
    Budget,
    /// Somebody's `stop`, or an interrupted run.
    Stop,
    /// It never began: the reason.
    NotStarted,
}

/// `exit.json`: what the supervisor saw, written once and last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExitRecord {
    /// [`ATTEMPT_FORMAT`] of the writer.
    pub format: u32,
    /// How the agent ended; none if it could not be started.
    pub exit: Option<Exit>,
    /// Why it could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawn_error: Option<String>,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// How the task's check ended, if it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Exit>,
    /// The limit on its silence, in milliseconds, if that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_ms: Option<u64>,
    /// What it used and was allowed, in words, if that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// How many processes it left behind, which were ended.
    pub left_behind: u32,
    /// The processes that could not be ended: another user's, or stuck in the system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub survivors: Vec<i32>,
    /// When the agent was started.
    pub started: jiff::Timestamp,
    /// How long it all took, in milliseconds of a clock that is never set back.
    pub elapsed_ms: u64,
}

/// `outcome.json`: what became of an attempt, written when it is settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settled {
    /// [`ATTEMPT_FORMAT`] of the writer.
    pub format: u32,
    /// The outcome.
    pub outcome: Outcome,
    /// A line for each fact that speaks for it.
    pub evidence: Vec<String>,
    /// Commits gained since the run found the branch, the one of its leftovers included.
    pub commits: u32,
    /// The branch's tip afterwards.
    pub head: Option<CommitId>,
    /// A digest of the uncommitted state of the worktree, by which `undo` sees whether somebody worked there since.
    pub fingerprint: String,
    /// The agent's last lines.
    pub last_words: Vec<String>,
    /// What of the repository's executable surface was changed while it ran, as name and digest now; an empty digest says that it is gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tampered: BTreeMap<String, String>,
    /// The client's session, by which it can be continued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What the client counted, of the session or of this attempt.
    #[serde(default)]
    pub counted: Usage,
    /// What this attempt used.
    #[serde(default)]
    pub used: Usage,
    /// How long it took, in milliseconds; none if it was lost.
    pub elapsed_ms: Option<u64>,
    /// When it was settled.
    pub time: jiff::Timestamp,
}

/// The files of an attempt's directory, `runs/<run>/<task>/<number>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptFiles {
    /// The directory.
    pub dir: PathBuf,
}

impl AttemptFiles {
    /// [`Launch`], written before the supervisor is started.
    pub fn launch(&self) -> PathBuf {
        self.dir.join("launch.json")
    }

    /// [`ExitRecord`], written by the supervisor, last.
    pub fn exit(&self) -> PathBuf {
        self.dir.join("exit.json")
    }

    /// [`Settled`].
    pub fn outcome(&self) -> PathBuf {
        self.dir.join("outcome.json")
    }

    /// Locked by the supervisor as long as it lives.
    pub fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// Locked by whoever settles the attempt.
    pub fn settle_lock(&self) -> PathBuf {
        self.dir.join("settle.lock")
    }

    /// Asks the supervisor to end the agent: `stop` in it asks with grace, `kill` at once.
    pub fn stop(&self) -> PathBuf {
        self.dir.join("stop")
    }

    /// What a read task gets on standard input: the prompt, where it comes this way, and the files that it reads.
    pub fn input(&self) -> PathBuf {
        self.dir.join("input")
    }

    /// What the repository's executable surface was before.
    pub fn surface(&self) -> PathBuf {
        self.dir.join("surface.json")
    }

    /// The prompt as the agent gets it.
    pub fn prompt(&self) -> PathBuf {
        self.dir.join("prompt")
    }

    /// What the agent and the check wrote.
    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }
}

/// What is known of an attempt from its directory.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptState {
    /// Which.
    pub key: AttemptKey,
    /// What was to be launched.
    pub launch: Launch,
    /// Whether its supervisor lives (holds the lock).
    pub alive: bool,
    /// Whether it is being stopped.
    pub stopping: bool,
    /// What the supervisor saw, when it ended.
    pub exit: Option<ExitRecord>,
    /// What became of it, when it is settled.
    pub settled: Option<Settled>,
    /// The path of its log.
    pub log: PathBuf,
}
