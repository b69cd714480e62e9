//! Operations: what the journal holds of each command, and the history that follows from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::merge::Landing;
use super::name::{OperationId, RunId, TaskId, TaskName};
use super::task::TaskRecord;

/// The `begin` record of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OperationRecord {
    /// Its id.
    pub id: OperationId,
    /// When it began.
    pub time: jiff::Timestamp,
    /// The verb: `start`, `run`, `merge`, `clean`, `undo`.
    pub command: String,
    /// The tasks it concerns.
    pub tasks: Vec<TaskName>,
    /// A line for `history`.
    pub summary: String,
    /// The run it is a part of; `history` and `undo` take a run as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<RunId>,
    /// The operations that it takes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undoes: Vec<OperationId>,
    /// The undo operations that it takes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redoes: Vec<OperationId>,
    /// What it landed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub landings: Vec<Landing>,
    /// The changes, in order.
    pub actions: Vec<Action>,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// All its actions stand.
    Committed,
    /// None of its actions stands.
    Aborted,
    /// Neither is known: a command was killed in it, or is in it now.
    Open,
}

/// An operation and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// What it set out to do.
    pub record: OperationRecord,
    /// How it ended.
    pub end: End,
}

/// All committed operations, oldest first, with what is undone.
#[derive(Debug, Clone, Default)]
pub struct History {
    entries: Vec<OperationRecord>,
}

/// What one `undo` takes back together: one operation, or all of a run.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// Oldest first, never empty.
    pub operations: Vec<&'a OperationRecord>,
    /// Whether it is undone.
    pub undone: bool,
}

impl Unit<'_> {
    /// Gives the id that people name it by: the run's, or the operation's own.
    pub fn id(&self) -> String {
        let first = self.operations[0];
        first.group.as_ref().map_or_else(|| first.id.to_string(), ToString::to_string)
    }

    /// Gives the tasks of all its operations, each once.
    pub fn tasks(&self) -> Vec<TaskName> {
        let mut tasks: Vec<TaskName> = Vec::new();
        for task in self.operations.iter().flat_map(|operation| &operation.tasks) {
            if !tasks.contains(task) {
                tasks.push(task.clone());
            }
        }
        tasks
    }
}

impl History {
    /// Takes what the journal holds, in any order; only committed operations count.
    pub fn new(journal: impl IntoIterator<Item = JournalEntry>) -> Self {
        let committed = journal.into_iter().filter(|entry| entry.end == End::Committed);
        let mut entries: Vec<OperationRecord> = committed.map(|entry| entry.record).collect();
        entries.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Self { entries }
    }

    /// Tells whether an operation is undone: the last undo or redo that names it decides.
    pub fn is_undone(&self, id: &OperationId) -> bool {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.undoes.contains(id))
            .is_some_and(|undo| !self.is_redone(&undo.id))
    }

    fn is_redone(&self, undo: &OperationId) -> bool {
        self.entries.iter().any(|entry| entry.redoes.contains(undo))
    }

    /// Gives the operations, oldest first.
    pub fn operations(&self) -> &[OperationRecord] {
        &self.entries
    }

    /// Gives the operations that stand: neither undone nor themselves an undo.
    pub fn standing(&self) -> impl DoubleEndedIterator<Item = &OperationRecord> {
        self.entries
            .iter()
            .filter(|entry| entry.undoes.is_empty() && entry.redoes.is_empty() && !self.is_undone(&entry.id))
    }

    /// Gives what `history` lists and `undo` takes, newest first: operations of one run are one unit, placed where the
    /// newest of them stands; undo operations are not units of their own.
    pub fn units(&self) -> Vec<Unit<'_>> {
        let mut units: Vec<Unit<'_>> = Vec::new();
        for entry in self.entries.iter().rev().filter(|e| e.undoes.is_empty() && e.redoes.is_empty()) {
            let undone = self.is_undone(&entry.id);
            let same = |unit: &&mut Unit<'_>| {
                entry.group.is_some() && unit.operations[0].group == entry.group && unit.undone == undone
            };
            match units.iter_mut().find(same) {
                Some(unit) => unit.operations.insert(0, entry),
                None => units.push(Unit { operations: vec![entry], undone }),
            }
        }
        units
    }

    /// Tells whether all of a run is undone.
    pub fn is_run_undone(&self, run: &RunId) -> bool {
        let mut of_run = self.entries.iter().filter(|entry| entry.group.as_ref() == Some(run)).peekable();
        of_run.peek().is_some() && of_run.all(|entry| self.is_undone(&entry.id))
    }

    /// Gives the records of tasks as the operations left them, by id; none for a task that was removed.
    pub fn task_records(&self) -> BTreeMap<&TaskId, &TaskRecord> {
        let mut records = BTreeMap::new();
        for action in self.entries.iter().flat_map(|entry| &entry.actions) {
            match action {
                Action::WriteTask { id, after: Some(after), .. } => drop(records.insert(id, &**after)),
                Action::WriteTask { id, after: None, .. } => drop(records.remove(id)),
                _ => {}
            }
        }
        records
    }

    /// Gives the landings that stand, oldest first.
    pub fn landings(&self) -> impl DoubleEndedIterator<Item = &Landing> {
        self.standing().flat_map(|entry| &entry.landings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(second: i64, id: &str) -> JournalEntry {
        let record = OperationRecord {
            id: id.parse().unwrap(),
            time: jiff::Timestamp::from_second(second).unwrap(),
            command: "start".into(),
            tasks: vec!["a".parse().unwrap()],
            summary: String::new(),
            group: None,
            undoes: Vec::new(),
            redoes: Vec::new(),
            landings: Vec::new(),
            actions: Vec::new(),
        };
        JournalEntry { record, end: End::Committed }
    }

    fn ids(history: &History) -> Vec<(String, bool)> {
        history.units().iter().map(|unit| (unit.id(), unit.undone)).collect()
    }

    #[test]
    fn undo_and_redo_alternate() {
        let mut journal = vec![entry(1, "a"), entry(2, "b")];
        let mut undo = entry(3, "u");
        undo.record.undoes = vec!["b".parse().unwrap()];
        journal.push(undo);
        assert_eq!(ids(&History::new(journal.clone())), [("b".into(), true), ("a".into(), false)]);
        let mut redo = entry(4, "r");
        redo.record.redoes = vec!["u".parse().unwrap()];
        journal.push(redo);
        assert_eq!(ids(&History::new(journal.clone())), [("b".into(), false), ("a".into(), false)]);
        let mut again = entry(5, "v");
        again.record.undoes = vec!["b".parse().unwrap()];
        journal.push(again);
        assert_eq!(ids(&History::new(journal)), [("b".into(), true), ("a".into(), false)]);
    }

    #[test]
    fn a_run_is_one_unit() {
        let mut journal = vec![entry(1, "a"), entry(2, "b"), entry(3, "c")];
        journal[0].record.group = Some("run-1".parse().unwrap());
        journal[2].record.group = Some("run-1".parse().unwrap());
        assert_eq!(ids(&History::new(journal.clone())), [("run-1".into(), false), ("b".into(), false)]);
        journal[2].end = End::Aborted;
        assert_eq!(ids(&History::new(journal)), [("b".into(), false), ("run-1".into(), false)]);
    }

    #[test]
    fn records_are_what_the_last_operation_wrote() {
        use super::super::task::tests::record;
        let write = |before: Option<&TaskRecord>, after: Option<&TaskRecord>| Action::WriteTask {
            id: record("a").id,
            before: before.cloned().map(Box::new),
            after: after.cloned().map(Box::new),
        };
        let (first, mut second) = (record("a"), record("a"));
        second.base = None;
        let mut journal = [entry(1, "1"), entry(2, "2"), entry(3, "3")];
        journal[0].record.actions = vec![write(None, Some(&first))];
        journal[1].record.actions = vec![write(Some(&first), Some(&second))];
        journal[2].record.actions = vec![write(Some(&second), None)];
        let known = |n: usize| {
            let history = History::new(journal[..n].to_vec());
            history.task_records().values().map(|record| (*record).clone()).collect::<Vec<_>>()
        };
        assert_eq!((known(1), known(2), known(3)), (vec![first], vec![second], vec![]));
    }
}
