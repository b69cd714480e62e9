//! Operations: what the journal holds of each command, and the history that follows from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::merge::Landing;
use super::name::{OperationId, RunId, TaskId, TaskName};
use super::place::WorktreePlace;
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
    /// Fingerprints of the worktrees that it moved to the trash: whoever takes them away again after they came back
    /// can tell whether somebody worked there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fingerprints: BTreeMap<TaskId, String>,
    /// The changes, in order.
    pub actions: Vec<Action>,
}

impl OperationRecord {
    /// Tells whether it only made or removed places of ours in which nobody works: no row of the history, and nothing to undo.
    pub fn is_housekeeping(&self) -> bool {
        let is_place = |action: &Action| match action {
            Action::CreateScratch { .. } | Action::TrashScratch { .. } => true,
            Action::DeleteRef { name, .. } => name.starts_with("refs/windrow/train/"),
            _ => false,
        };
        self.group.is_none() && !self.actions.is_empty() && self.actions.iter().all(is_place)
    }

    /// Tells whether nothing can take it back: it emptied the trash.
    pub fn is_final(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::EmptyTrash { .. }))
    }
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
    /// Tells whether nothing can take it back: it emptied the trash.
    pub fn is_final(&self) -> bool {
        self.operations.iter().any(|operation| operation.is_final())
    }

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
        let is_own =
            |e: &&OperationRecord| e.undoes.is_empty() && e.redoes.is_empty() && !e.is_housekeeping();
        for entry in self.entries.iter().rev().filter(is_own) {
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

    /// Gives the undo that `redo` takes back: the newest one that is not redone, if nothing was done since but undoing
    /// and redoing; emptying the trash, which also happens by itself, does not count.
    pub fn redoable(&self) -> Option<&OperationRecord> {
        let newest =
            self.entries.iter().rev().filter(|entry| !entry.is_final() && !entry.is_housekeeping()).find(
                |entry| entry.redoes.is_empty() && (entry.undoes.is_empty() || !self.is_redone(&entry.id)),
            )?;
        (!newest.undoes.is_empty()).then_some(newest)
    }

    /// Gives the fingerprint of the worktree that was moved last to a place in the trash.
    pub fn fingerprint_in(&self, place: &WorktreePlace) -> Option<&str> {
        self.entries.iter().rev().find_map(|entry| {
            let task = entry.actions.iter().find_map(|action| match action {
                Action::TrashWorktree { task, trash, .. } if trash == place => Some(task),
                _ => None,
            })?;
            entry.fingerprints.get(task).map(String::as_str)
        })
    }

    /// Gives the unit that an undo took back.
    pub fn undone_by(&self, undo: &OperationRecord) -> Option<Unit<'_>> {
        let taken = |unit: &Unit<'_>| unit.operations.iter().any(|entry| undo.undoes.contains(&entry.id));
        self.units().into_iter().find(taken)
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
            fingerprints: BTreeMap::new(),
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

    fn undo_of(second: i64, id: &str, undone: &str) -> JournalEntry {
        let mut undo = entry(second, id);
        undo.record.undoes = vec![undone.parse().unwrap()];
        undo
    }

    fn redo_of(second: i64, id: &str, undo: &str) -> JournalEntry {
        let mut redo = entry(second, id);
        redo.record.redoes = vec![undo.parse().unwrap()];
        redo
    }

    #[test]
    fn redo_goes_back_through_the_undos_until_something_else_was_done() {
        let mut journal = vec![entry(1, "a"), entry(2, "b")];
        let next = |journal: &[JournalEntry]| {
            let history = History::new(journal.to_vec());
            let undo = history.redoable()?;
            Some((undo.id.to_string(), history.undone_by(undo)?.id()))
        };
        let is = |undo: &str, unit: &str| Some((undo.to_owned(), unit.to_owned()));
        assert_eq!(next(&journal), None);
        journal.extend([undo_of(3, "u", "b"), undo_of(4, "v", "a")]);
        assert_eq!(next(&journal), is("v", "a"));
        journal.push(redo_of(5, "r", "v"));
        assert_eq!(next(&journal), is("u", "b"));
        journal.push(undo_of(6, "w", "a"));
        assert_eq!(next(&journal), is("w", "a"));
        journal.extend([redo_of(7, "s", "w"), redo_of(8, "t", "u")]);
        assert_eq!(next(&journal), None, "all is redone");
        journal.extend([undo_of(9, "x", "b"), entry(10, "c")]);
        assert_eq!(next(&journal), None, "a new operation clears it");
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
