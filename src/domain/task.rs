//! What is recorded of a task: static facts only, all of them rebuildable from git and the journal.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::name::{BranchName, TaskId, TaskName};
use super::oid::CommitId;
use super::place::WorktreePlace;
use super::ports::PortRange;

/// The format of `tasks/<id>.json`; a reader refuses to rewrite a higher one.
pub const TASK_FORMAT: u32 = 1;

/// One task, as `tasks/<id>.json` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TaskRecord {
    /// [`TASK_FORMAT`] of the writer.
    pub format: u32,
    /// The id, name of its directory.
    pub id: TaskId,
    /// The name.
    pub name: TaskName,
    /// The branch it works on.
    pub branch: BranchName,
    /// The local branch it started from and merges back into; none when it started from a commit without one.
    pub base: Option<BranchName>,
    /// The commit it started at.
    pub start_point: CommitId,
    /// Its worktree's root.
    #[serde(with = "super::path::as_text")]
    pub worktree: PathBuf,
    /// Its administrative directory, `<common-dir>/worktrees/<name>`.
    #[serde(with = "super::path::as_text")]
    pub admin: PathBuf,
    /// Whether the branch existed before the task: then neither `clean` nor `undo` deletes it.
    pub branch_taken_up: bool,
    /// Tasks whose tips it started from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<TaskName>,
    /// The first of its ten ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// When it was made.
    pub created: jiff::Timestamp,
}

impl TaskRecord {
    /// Gives the two paths of its worktree.
    pub fn place(&self) -> WorktreePlace {
        WorktreePlace { path: self.worktree.clone(), admin: self.admin.clone() }
    }

    /// Gives the first of its ten ports; of a record without one, the one that follows from its id.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or_else(|| PortRange::default().fallback(&self.id))
    }

    /// Gives the variables of every program that is run for the task: what they name does not change as long as it lives.
    pub fn variables(&self) -> [(String, String); 5] {
        [
            ("WINDROW_TASK", self.name.to_string()),
            ("WINDROW_BRANCH", self.branch.to_string()),
            ("WINDROW_BASE", self.base.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("WINDROW_WORKTREE", self.worktree.to_string_lossy().into_owned()),
            ("WINDROW_PORT", self.port().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }
}

/// Gives the tasks whose work a task stands on: those that it came after, and the one whose branch is its base.
pub fn parents(task: &TaskRecord, tasks: &[TaskRecord]) -> Vec<TaskName> {
    let mut parents = task.after.clone();
    let below = tasks.iter().find(|other| other.id != task.id && Some(&other.branch) == task.base.as_ref());
    parents.extend(below.map(|below| below.name.clone()).filter(|name| !task.after.contains(name)));
    parents
}

/// How an argument failed to name one task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// Neither a task's name nor a task's branch.
    #[error("no task is named `{name}`")]
    Unknown {
        /// The argument.
        name: String,
        /// A task whose name is near.
        near: Option<TaskName>,
    },
    /// One task's name and another task's branch.
    #[error("`{name}` is the name of one task and the branch of another: `{by_branch}`")]
    Ambiguous {
        /// The argument.
        name: String,
        /// The task that has it as its branch.
        by_branch: TaskName,
    },
    /// `@` outside every task's worktree.
    #[error("`@` means the task one stands in, and this is no task's worktree")]
    NotInTask,
}

/// Finds the task that an argument names: by name, else by branch; `@` is `here`.
pub fn select<'a>(
    tasks: &'a [TaskRecord],
    here: Option<&TaskId>,
    argument: &str,
) -> Result<&'a TaskRecord, SelectError> {
    if argument == "@" {
        return tasks.iter().find(|task| Some(&task.id) == here).ok_or(SelectError::NotInTask);
    }
    let by_name = tasks.iter().find(|task| task.name.as_str() == argument);
    let by_branch =
        tasks.iter().find(|task| task.branch.as_str() == argument && task.name.as_str() != argument);
    match (by_name, by_branch) {
        (Some(_), Some(other)) => {
            Err(SelectError::Ambiguous { name: argument.to_owned(), by_branch: other.name.clone() })
        }
        (Some(task), None) | (None, Some(task)) => Ok(task),
        (None, None) => {
            Err(SelectError::Unknown { name: argument.to_owned(), near: nearest(tasks, argument) })
        }
    }
}

fn nearest(tasks: &[TaskRecord], argument: &str) -> Option<TaskName> {
    let scored = tasks.iter().map(|task| (distance(task.name.as_str(), argument), &task.name));
    scored
        .filter(|(d, name)| *d <= (name.as_str().chars().count() / 3).max(2))
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name.clone())
}

/// The Levenshtein distance of two texts, in characters.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record for tests of other modules.
    pub(crate) fn record(name: &str) -> TaskRecord {
        let name: TaskName = name.parse().unwrap();
        let id = name.id();
        TaskRecord {
            format: TASK_FORMAT,
            branch: name.branch(),
            base: Some("main".parse().unwrap()),
            start_point: CommitId::from_bytes([1; 20]),
            worktree: PathBuf::from("/r.worktrees").join(id.as_str()),
            admin: PathBuf::from("/r/.git/worktrees").join(id.as_str()),
            branch_taken_up: false,
            after: Vec::new(),
            port: None,
            created: jiff::Timestamp::UNIX_EPOCH,
            id,
            name,
        }
    }

    #[test]
    fn selection_is_by_name_then_branch() {
        let mut tasks = vec![record("api"), record("docs")];
        tasks[1].branch = "writing".parse().unwrap();
        assert_eq!(select(&tasks, None, "api").unwrap().name.as_str(), "api");
        assert_eq!(select(&tasks, None, "writing").unwrap().name.as_str(), "docs");
        assert_eq!(select(&tasks, Some(&tasks[0].id.clone()), "@").unwrap().name.as_str(), "api");
        assert_eq!(select(&tasks, None, "@").unwrap_err(), SelectError::NotInTask);
        let Err(SelectError::Unknown { near, .. }) = select(&tasks, None, "dosc") else { panic!() };
        assert_eq!(near.unwrap().as_str(), "docs");
        tasks[1].branch = "api".parse().unwrap();
        assert!(matches!(select(&tasks, None, "api"), Err(SelectError::Ambiguous { .. })));
    }
}
