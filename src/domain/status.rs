//! The state of a task and of its worktree, as `status` shows it.

use serde::{Deserialize, Serialize};

use super::diff::Stat;
pub use super::forecast::Integrated;
use super::forecast::MergeForecast;
use super::name::TaskName;
use super::oid::CommitId;
use super::outcome::Outcome;
use super::task::TaskRecord;
use super::transcript::Usage;

/// Counts of uncommitted changes, by file. Ignored files do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Dirt {
    /// Differences between HEAD and the index.
    pub staged: u32,
    /// Differences between the index and the files.
    pub unstaged: u32,
    /// Files that the index does not know.
    pub untracked: u32,
    /// Paths with a conflict.
    pub unmerged: u32,
}

impl Dirt {
    /// Tells whether all counts are zero.
    pub const fn is_clean(&self) -> bool {
        self.staged == 0 && self.unstaged == 0 && self.untracked == 0 && self.unmerged == 0
    }

    /// Says the counts that are not zero: `2 unstaged, 1 untracked`.
    pub fn describe(&self) -> String {
        let counts = [
            (self.staged, "staged"),
            (self.unstaged, "unstaged"),
            (self.untracked, "untracked"),
            (self.unmerged, "unmerged"),
        ];
        let said: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        if said.is_empty() { "clean".to_owned() } else { said.join(", ") }
    }
}

/// What a task is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// It has no attempt.
    Idle,
    /// A live run will come to it.
    Queued,
    /// Its worktree is being made or its supervisor started.
    Starting,
    /// Its agent works.
    Running,
    /// Its agent is being ended.
    Stopping,
    /// What its last attempt came to.
    Ended(Outcome),
}

impl TaskState {
    /// Gives the word used in every output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Ended(outcome) => outcome.word(),
        }
    }

    /// Tells whether an agent may be at work.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Queued | Self::Starting | Self::Running | Self::Stopping)
    }
}

/// What git knows of a task now. Absent values could not be found out; `problem` says why.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Whether no git may run in the worktree, because its agent tampered with what git runs.
    pub distrusted: bool,
    /// The commit that the worktree's HEAD names.
    pub head: Option<CommitId>,
    /// The branch's tip.
    pub tip: Option<CommitId>,
    /// The base's tip.
    pub base_tip: Option<CommitId>,
    /// Commits of the branch that the base lacks.
    pub ahead: Option<u32>,
    /// Commits of the base that the branch lacks.
    pub behind: Option<u32>,
    /// Uncommitted changes.
    pub dirt: Option<Dirt>,
    /// Lines and files changed between the merge base and the worktree as it is.
    pub diff: Option<Stat>,
    /// What merging the branch into its base would do.
    pub merge: Option<MergeForecast>,
    /// Why its work counts as being in the base.
    pub integrated: Option<Integrated>,
    /// Whether the worktree is not where it should be.
    pub missing: bool,
    /// The text of git's `locked` file.
    pub locked: Option<String>,
    /// What could not be read.
    pub problem: Option<String>,
}

/// One row of `status`.
#[derive(Debug, Clone)]
pub struct TaskStatus {
    /// The record.
    pub task: TaskRecord,
    /// What git knows.
    pub survey: Survey,
    /// The tasks that it conflicts with as they are now, what is uncommitted included; none where that was not looked at.
    pub conflicts_with: Option<Vec<TaskName>>,
    /// What it is doing.
    pub state: TaskState,
    /// The name of the agent of its last attempt.
    pub agent: Option<String>,
    /// The run of its last attempt.
    pub run: Option<String>,
    /// The number of its last attempt.
    pub attempt: Option<u32>,
    /// How long its agent has been working or worked, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// What all its attempts used.
    pub used: Usage,
}

/// A worktree that is no task's.
#[derive(Debug, Clone)]
pub struct ForeignWorktree {
    /// Its root.
    pub path: std::path::PathBuf,
    /// The branch its HEAD is on.
    pub branch: Option<String>,
    /// Whether git's `locked` file is there.
    pub locked: bool,
    /// The text of that file, or what is wrong with the entry.
    pub reason: Option<String>,
    /// The program that made it, where path or reason tell.
    pub made_by: Option<&'static str>,
}

/// Tells which program made a worktree, by where it keeps its worktrees and by what it writes into git's `locked` file.
pub fn maker(path: &std::path::Path, reason: Option<&str>) -> Option<&'static str> {
    const HOMES: [([&str; 2], &str); 5] = [
        ([".claude", "worktrees"], "claude"),
        ([".codex", "worktrees"], "codex"),
        ([".qwen", "worktrees"], "qwen"),
        ([".gemini", "worktrees"], "gemini"),
        ([".cursor", "worktrees"], "cursor"),
    ];
    let parts: Vec<_> = path.components().map(|part| part.as_os_str()).collect();
    let by_path = HOMES.iter().find(|(home, _)| parts.windows(2).any(|two| two == home.as_slice()));
    let said = reason.and_then(|reason| reason.split_whitespace().next());
    let by_reason = || HOMES.iter().find(|(_, name)| said == Some(name)).map(|(_, name)| *name);
    by_path.map(|(_, name)| *name).or_else(by_reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worktree_tells_who_made_it() {
        let made = |path: &str, reason| maker(std::path::Path::new(path), reason);
        assert_eq!(made("/r/.claude/worktrees/x", None), Some("claude"));
        assert_eq!(made("/home/u/.codex/worktrees/1/r", None), Some("codex"));
        assert_eq!(made("/w/x", Some("claude session x (pid 1)")), Some("claude"));
        assert_eq!(made("/w/claude/worktrees", Some("on a USB stick")), None);
        assert_eq!(made("/w/x", None), None);
    }
}
