//! Taking back: the actions that undo an operation or a run, or what stands in the way.

use std::path::{Path, PathBuf};

use super::action::Action;
use super::copies::CopyRules;
use super::name::{OperationId, TaskId, TaskName};
use super::oid::CommitId;
use super::operation::{OperationRecord, Unit};
use super::place::WorktreePlace;
use super::task::TaskRecord;

/// What is true of a task now that the unit made or worked on.
#[derive(Debug, Clone)]
pub struct TaskNow {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub name: TaskName,
    /// Its record; none if it is gone.
    pub record: Option<TaskRecord>,
    /// Its branch's tip.
    pub tip: Option<CommitId>,
    /// The commit that keeps what its worktree holds.
    pub rescue: Option<CommitId>,
    /// Why its worktree must not leave: an agent is at work, or somebody worked there since.
    pub changed: Option<String>,
}

/// What is true of the world now.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The tasks.
    pub tasks: Vec<TaskNow>,
    /// Where each ref of a [`Action::MoveRef`] points now and where it is checked out.
    pub refs: Vec<(String, Option<CommitId>, Option<PathBuf>)>,
    /// Branches that were deleted and are there again, with their tips.
    pub again: Vec<(String, CommitId)>,
    /// How far each merge of an [`Action::BeginMerge`] has come.
    pub merges: Vec<(TaskId, MergeNow)>,
    /// Paths of removed worktrees where something stands now.
    pub occupied: Vec<PathBuf>,
    /// Tasks whose worktree has to come out of the trash and is not there, with its place there.
    pub emptied: Vec<(TaskName, WorktreePlace)>,
    /// Why the uncommitted changes of an [`Action::ShiftChanges`] cannot go back to the worktree at this path.
    pub unfit: Vec<(PathBuf, String)>,
}

/// How far a merge in a task's worktree has come that a person finishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeNow {
    /// It is in progress; the commit keeps what the worktree holds.
    Open(Option<CommitId>),
    /// It was ended, and nothing came of it.
    Gone,
    /// Something came of it, or something else is going on there: what.
    Changed(String),
}

/// Why something cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A ref is not where the operation left it.
    #[error("{name} has moved since: it is {}, not {}", show(*found), left.short())]
    RefMoved {
        /// The ref.
        name: String,
        /// Where the operation left it.
        left: CommitId,
        /// Where it is.
        found: Option<CommitId>,
    },
    /// A branch was deleted and is there again, elsewhere.
    #[error("{name} is there again, at {}", found.short())]
    RefAgain {
        /// The ref.
        name: String,
        /// Where it is.
        found: CommitId,
    },
    /// Something stands where a worktree has to come back.
    #[error("{} is in the way", super::path::show(.0))]
    InTheWay(PathBuf),
    /// A task changed.
    #[error("task `{task}`: {why}")]
    TaskChanged {
        /// The task.
        task: TaskName,
        /// How.
        why: String,
    },
    /// What has to come back was deleted for good, or came back elsewhere.
    #[error("task `{0}` is no longer in the trash")]
    TrashGone(TaskName),
    /// A worktree that changes came from is not as they left it.
    #[error("the changes cannot go back to {}: {why}", super::path::show(path))]
    NotAsLeft {
        /// The worktree.
        path: PathBuf,
        /// What is there.
        why: String,
    },
    /// Nothing is left to be taken back.
    #[error("there is nothing to undo")]
    Nothing,
}

fn show(found: Option<CommitId>) -> String {
    found.map_or_else(|| "gone".to_owned(), |id| format!("at {}", id.short()))
}

/// Computes the actions that take a unit back, newest first. `operation` is the id of the undo itself, under which
/// worktrees go to the trash; `trash` says where.
///
/// What agents did is not inverted step by step: a worktree that the unit made goes to the trash as it is, its branch
/// is deleted at its present tip; a worktree that was there before goes to the trash and is made again as it was.
pub fn plan(
    unit: &Unit<'_>,
    facts: &Facts,
    operation: &OperationId,
    trash: impl Fn(&TaskId) -> WorktreePlace,
) -> Result<Vec<Action>, Vec<Refusal>> {
    let actions: Vec<&Action> = unit.operations.iter().flat_map(|operation| &operation.actions).collect();
    let snapshots: Vec<&str> =
        unit.operations.iter().flat_map(|operation| kept_snapshots(operation)).collect();
    // What keeps a scratch worktree in the trash stays, as that stays there.
    let keeps = |name: &str| {
        unit.operations.iter().any(|operation| {
            operation.actions.iter().any(|action| match action {
                Action::TrashScratch { task, .. } => rescue_ref(&operation.id, task) == name,
                _ => false,
            })
        })
    };
    let made = |id: &TaskId| {
        actions.iter().any(|action| matches!(action, Action::CreateWorktree { task, .. } if task == id))
    };
    let mut undo =
        Undo { facts, operation, trash: &trash, out: Vec::new(), refusals: Vec::new(), reset: Vec::new() };
    for (i, action) in actions.iter().enumerate().rev() {
        match action {
            Action::Attempt { task, .. } if made(task) => {}
            Action::Attempt { task, .. } => {
                let first = actions[..i]
                    .iter()
                    .all(|a| !matches!(a, Action::Attempt { task: other, .. } if other == task));
                if first {
                    undo.reset_worktree(action);
                }
            }
            Action::CreateWorktree { task, .. } => undo.remove_worktree(action, task),
            // Another undo needs what it keeps again, once this one is redone.
            Action::CreateRef { name, .. } if is_rescue(name) && snapshots.contains(&name.as_str()) => {}
            Action::CreateRef { name, .. } if keeps(name) => {}
            Action::CreateRef { name, at } => undo.delete_ref(name, *at),
            Action::RestoreWorktree { task, .. } => undo.trash_again(action, task),
            Action::DeleteRef { name, .. } if is_rescue(name) => {}
            Action::MoveRef { name, old, new, .. } => {
                // A branch that an agent worked on is put back, or deleted, as a whole.
                if !undo.is_of_a_task_of_the_unit(name, &actions) {
                    undo.keep(name, *new);
                    undo.move_back(name, *old, *new);
                }
            }
            Action::Commit { branch, new, .. } => {
                undo.refuse_if_moved(&branch.ref_name(), *new, &actions);
                undo.out.extend(action.inverse(&trash));
            }
            Action::BeginMerge { task, .. } => undo.end_merge(action, task, unit),
            // A worktree that was adopted stays; but nobody may be at work on the task.
            Action::WriteTask { id, before: None, .. } if !made(id) && undo.refuse_if_changed(id) => {}
            other => {
                undo.refuse_if_taken(other);
                undo.out.extend(other.inverse(&trash));
            }
        }
    }
    if undo.refusals.is_empty() { Ok(fold_records(undo.out)) } else { Err(undo.refusals) }
}

/// Joins the changes of each record to one: records are written last, each once.
fn fold_records(actions: Vec<Action>) -> Vec<Action> {
    let mut folded: Vec<Action> = Vec::new();
    for action in actions {
        let Action::WriteTask { id, mut before, after } = action else {
            folded.push(action);
            continue;
        };
        let earlier = |known: &Action| matches!(known, Action::WriteTask { id: other, after, .. } if *other == id && *after == before);
        if let Some(i) = folded.iter().position(earlier)
            && let Action::WriteTask { before: first, .. } = folded.remove(i)
        {
            before = first;
        }
        if before != after {
            folded.push(Action::WriteTask { id, before, after });
        }
    }
    folded
}

/// Computes the actions that take an undo back, newest first: each is inverted, and what it gave back goes only if
/// nobody worked on it since.
pub fn redo(
    undo: &OperationRecord,
    facts: &Facts,
    operation: &OperationId,
    trash: impl Fn(&TaskId) -> WorktreePlace,
) -> Result<Vec<Action>, Vec<Refusal>> {
    let mut redo =
        Undo { facts, operation, trash: &trash, out: Vec::new(), refusals: Vec::new(), reset: Vec::new() };
    for action in undo.actions.iter().rev() {
        match action {
            Action::CreateWorktree { task, .. } => redo.remove_worktree(action, task),
            Action::RestoreWorktree { task, .. } => redo.trash_again(action, task),
            Action::CreateRef { name, at } => redo.delete_exactly(name, *at),
            // Made anew with the worktree, from what the worktree names now: the old commit may have been collected.
            Action::DeleteRef { name, .. } if is_rescue(name) && !name.ends_with(BRANCH) => {}
            Action::MoveRef { name, old, new, .. } => redo.move_back(name, *old, *new),
            other => {
                redo.refuse_if_taken(other);
                redo.out.extend(other.inverse(&trash));
            }
        }
    }
    if redo.refusals.is_empty() { Ok(redo.out) } else { Err(redo.refusals) }
}

/// Gives the refs that keep uncommitted changes which an operation needs again, each time that it is undone or redone.
fn kept_snapshots(operation: &OperationRecord) -> Vec<&str> {
    let snapshots = operation.actions.iter().any(|action| match action {
        Action::Attempt { snapshot, staged, .. } => snapshot.is_some() || staged.is_some(),
        Action::CreateWorktree { overlay, .. } => overlay.is_some(),
        Action::ShiftChanges { .. } => true,
        _ => false,
    });
    let refs = operation.actions.iter().filter_map(|action| match action {
        Action::CreateRef { name, .. } if is_rescue(name) => Some(name.as_str()),
        _ => None,
    });
    if snapshots { refs.collect() } else { Vec::new() }
}

fn is_rescue(name: &str) -> bool {
    name.starts_with("refs/windrow/")
}

struct Undo<'a> {
    facts: &'a Facts,
    operation: &'a OperationId,
    trash: &'a dyn Fn(&TaskId) -> WorktreePlace,
    out: Vec<Action>,
    refusals: Vec<Refusal>,
    reset: Vec<TaskId>,
}

impl Undo<'_> {
    fn task(&self, id: &TaskId) -> Option<&TaskNow> {
        self.facts.tasks.iter().find(|task| &task.id == id)
    }

    fn is_of_a_task_of_the_unit(&self, name: &str, actions: &[&Action]) -> bool {
        actions.iter().any(|action| match action {
            Action::Attempt { branch, .. } | Action::CreateWorktree { branch, .. } => {
                branch.ref_name() == name
            }
            _ => false,
        })
    }

    fn refuse_if_changed(&mut self, id: &TaskId) -> bool {
        let changed = self.task(id).and_then(|task| Some((task.name.clone(), task.changed.clone()?)));
        if let Some((task, why)) = changed {
            let refusal = Refusal::TaskChanged { task, why };
            if !self.refusals.contains(&refusal) {
                self.refusals.push(refusal);
            }
            return true;
        }
        false
    }

    /// Refuses where something stands that this undo does not take away before.
    fn refuse_if_taken(&mut self, action: &Action) {
        match action {
            Action::DeleteRef { name, .. }
                if self
                    .leaves(|out| matches!(out, Action::DeleteRef { name: other, .. } if other == name)) => {}
            Action::DeleteRef { name, old } => {
                let again = self.facts.again.iter().find(|(other, found)| other == name && found != old);
                let refusal =
                    again.map(|(name, found)| Refusal::RefAgain { name: name.clone(), found: *found });
                self.refusals.extend(refusal);
            }
            Action::TrashWorktree { place, .. }
                if self.facts.occupied.contains(&place.path) && !self.vacates(&place.path) =>
            {
                self.refusals.push(Refusal::InTheWay(place.path.clone()));
            }
            Action::TrashWorktree { trash, .. } => {
                let gone = self.facts.emptied.iter().find(|(_, place)| place == trash);
                self.refusals.extend(gone.map(|(task, _)| Refusal::TrashGone(task.clone())));
            }
            Action::ShiftChanges { place, .. } => {
                let unfit = self.facts.unfit.iter().filter(|(path, _)| path == &place.path);
                let refusals =
                    unfit.map(|(path, why)| Refusal::NotAsLeft { path: path.clone(), why: why.clone() });
                self.refusals.extend(refusals);
            }
            _ => {}
        }
    }

    fn leaves(&self, is: impl Fn(&Action) -> bool) -> bool {
        self.out.iter().any(is)
    }

    /// A branch that the unit deleted comes back where it was.
    fn refuse_if_moved(&mut self, name: &str, left: CommitId, actions: &[&Action]) {
        let deleted =
            |action: &&Action| matches!(action, Action::DeleteRef { name: other, .. } if other == name);
        let found = self.facts.refs.iter().find(|(other, ..)| other == name).and_then(|(_, found, _)| *found);
        if found != Some(left) && !actions.iter().any(deleted) {
            self.refusals.push(Refusal::RefMoved { name: name.to_owned(), left, found });
        }
    }

    fn end_merge(&mut self, action: &Action, id: &TaskId, unit: &Unit<'_>) {
        match self.facts.merges.iter().find(|(task, _)| task == id) {
            Some((_, MergeNow::Open(kept))) => {
                let keep = kept.map(|at| Action::CreateRef { name: rescue_ref(self.operation, id), at });
                self.out.extend(keep);
                self.out.extend(action.inverse(self.trash));
            }
            Some((_, MergeNow::Changed(why))) => {
                let names = unit.tasks().into_iter().filter(|name| &name.id() == id);
                self.refusals.extend(names.map(|task| Refusal::TaskChanged { task, why: why.clone() }));
            }
            Some((_, MergeNow::Gone)) | None => {}
        }
    }

    fn rescue(&mut self, id: &TaskId) {
        if let Some(at) = self.task(id).and_then(|task| task.rescue) {
            self.out.push(Action::CreateRef { name: rescue_ref(self.operation, id), at });
        }
    }

    fn remove_worktree(&mut self, action: &Action, id: &TaskId) {
        if !self.refuse_if_changed(id) {
            self.rescue(id);
            self.out.extend(action.inverse(self.trash));
        }
    }

    /// Moves a worktree that came out of the trash back to where it lay there.
    fn trash_again(&mut self, action: &Action, id: &TaskId) {
        let Action::RestoreWorktree { task, place, trash } = action else { return };
        if self.refuse_if_changed(id) {
            return;
        }
        // Under the name that it had: the operation that moved it there first deletes it when it is undone again.
        let operation = trash.path.parent().and_then(|dir| dir.file_name()?.to_str()?.parse().ok());
        let named = trash.path.file_name().and_then(|name| name.to_str()?.parse().ok());
        if let Some(at) = self.task(id).and_then(|task| task.rescue) {
            let name = rescue_ref(operation.as_ref().unwrap_or(self.operation), named.as_ref().unwrap_or(id));
            self.out.push(Action::CreateRef { name, at });
        }
        let (task, place, trash) = (task.clone(), place.clone(), trash.clone());
        self.out.push(Action::TrashWorktree { task, place, trash });
    }

    /// Tells whether a worktree that stands at a path has gone by then.
    fn vacates(&self, path: &Path) -> bool {
        self.out
            .iter()
            .any(|action| matches!(action, Action::TrashWorktree { place, .. } if place.path == path))
    }

    fn now(&self, name: &str) -> Option<CommitId> {
        self.facts.refs.iter().find(|(other, ..)| other == name).and_then(|(_, found, _)| *found)
    }

    fn delete_exactly(&mut self, name: &str, at: CommitId) {
        let found = self.now(name);
        if is_rescue(name) {
            self.out.extend(found.map(|old| Action::DeleteRef { name: name.to_owned(), old }));
        } else if found == Some(at) {
            self.out.push(Action::DeleteRef { name: name.to_owned(), old: at });
        } else {
            self.refusals.push(Refusal::RefMoved { name: name.to_owned(), left: at, found });
        }
    }

    fn delete_ref(&mut self, name: &str, at: CommitId) {
        if is_rescue(name) {
            return self.delete_exactly(name, at);
        }
        let tip = self.facts.tasks.iter().find_map(|task| {
            let record = task.record.as_ref()?;
            (record.branch.ref_name() == name).then_some(task.tip).flatten()
        });
        self.out.push(Action::DeleteRef { name: name.to_owned(), old: tip.unwrap_or(at) });
    }

    /// Keeps a commit that nothing else may name once its branch has left it: a bare repository has no reflogs.
    fn keep(&mut self, name: &str, at: CommitId) {
        if self.now(name) == Some(at) {
            let n = self.out.iter().filter(|action| matches!(action, Action::MoveRef { .. })).count() + 1;
            let name = format!("refs/windrow/rescue/{}/moved-{n}", self.operation);
            self.out.push(Action::CreateRef { name, at });
        }
    }

    fn move_back(&mut self, name: &str, old: CommitId, new: CommitId) {
        let now = self.facts.refs.iter().find(|(other, ..)| other == name);
        let (found, checked_out_at) = now.map_or((None, None), |(_, found, at)| (*found, at.clone()));
        let checked_out_at = checked_out_at.filter(|path| !self.vacates(path));
        if found == Some(new) {
            self.out.push(Action::MoveRef { name: name.to_owned(), old: new, new: old, checked_out_at });
        } else {
            self.refusals.push(Refusal::RefMoved { name: name.to_owned(), left: new, found });
        }
    }

    fn reset_worktree(&mut self, action: &Action) {
        let Action::Attempt { task, place, branch, head, snapshot, staged } = action else { return };
        if self.refuse_if_changed(task) || self.reset.contains(task) {
            return;
        }
        self.reset.push(task.clone());
        self.rescue(task);
        self.out.push(Action::TrashWorktree {
            task: task.clone(),
            place: place.clone(),
            trash: (self.trash)(task),
        });
        let tip = self.task(task).and_then(|now| now.tip);
        if let Some(tip) = tip.filter(|tip| tip != head) {
            self.out.push(Action::MoveRef {
                name: branch.ref_name(),
                old: tip,
                new: *head,
                checked_out_at: None,
            });
        }
        self.out.push(Action::CreateWorktree {
            task: task.clone(),
            place: place.clone(),
            branch: branch.clone(),
            at: *head,
            overlay: *snapshot,
            staged: *staged,
            copies: CopyRules::default(),
        });
    }
}

const BRANCH: &str = "-branch";

/// Names the ref that keeps the tip of a branch that was deleted with a worktree which was not on it.
pub fn branch_rescue_ref(operation: &OperationId, task: &TaskId) -> String {
    format!("{}{BRANCH}", rescue_ref(operation, task))
}

/// Names the ref that keeps what a worktree held when an operation moved it to the trash.
pub fn rescue_ref(operation: &OperationId, task: &TaskId) -> String {
    format!("refs/windrow/rescue/{operation}/{task}")
}

#[cfg(test)]
mod tests {
    use super::super::task::tests::record;
    use super::*;

    fn commit(n: u8) -> CommitId {
        CommitId::from_bytes([n; 20])
    }

    fn trash(id: &TaskId) -> WorktreePlace {
        WorktreePlace { path: format!("/t/{id}").into(), admin: format!("/t/admin/{id}").into() }
    }

    fn operation(actions: Vec<Action>) -> OperationRecord {
        OperationRecord {
            id: "1".parse().unwrap(),
            time: jiff::Timestamp::UNIX_EPOCH,
            command: "run".into(),
            tasks: Vec::new(),
            summary: String::new(),
            group: None,
            undoes: Vec::new(),
            redoes: Vec::new(),
            landings: Vec::new(),
            fingerprints: std::collections::BTreeMap::new(),
            actions,
        }
    }

    fn started() -> Vec<Action> {
        let task = record("api");
        vec![
            Action::CreateRef { name: "refs/heads/api".into(), at: commit(1) },
            Action::CreateWorktree {
                task: task.id.clone(),
                place: task.place(),
                branch: task.branch.clone(),
                at: commit(1),
                overlay: None,
                staged: None,
                copies: CopyRules::default(),
            },
            Action::WriteTask { id: task.id.clone(), before: None, after: Some(Box::new(task)) },
        ]
    }

    #[test]
    fn a_merge_that_was_begun_is_ended_and_one_that_was_committed_is_not() {
        let task = record("api");
        let begin = Action::BeginMerge {
            task: task.id.clone(),
            place: task.place(),
            branch: task.branch.clone(),
            head: commit(1),
            other: commit(2),
            into: "main".parse().unwrap(),
            strategy: super::super::merge::Strategy::Merge,
        };
        let mut begun = operation(vec![begin.clone()]);
        begun.tasks = vec![task.name.clone()];
        let unit = Unit { operations: vec![&begun], undone: false };
        let plan = |now| {
            let facts = Facts { merges: vec![(task.id.clone(), now)], ..Facts::default() };
            plan(&unit, &facts, &"2".parse().unwrap(), trash)
        };
        let keep = Action::CreateRef { name: "refs/windrow/rescue/2/api".into(), at: commit(3) };
        assert_eq!(plan(MergeNow::Open(Some(commit(3)))).unwrap(), [keep, begin.inverse(trash).unwrap()]);
        assert_eq!(plan(MergeNow::Gone).unwrap(), []);
        let why = "branch api has moved since".to_owned();
        let refused = Refusal::TaskChanged { task: task.name.clone(), why: why.clone() };
        assert_eq!(plan(MergeNow::Changed(why)).unwrap_err(), [refused]);
    }

    #[test]
    fn a_commit_is_taken_back_where_it_is_the_tip_or_comes_back_as_one() {
        let task = record("api");
        let made = Action::Commit {
            task: task.id.clone(),
            place: task.place(),
            branch: task.branch.clone(),
            old: commit(1),
            new: commit(2),
            index: None,
        };
        let undo = |actions: Vec<Action>, found: Option<CommitId>| {
            let operation = operation(actions);
            let unit = Unit { operations: vec![&operation], undone: false };
            let facts = Facts { refs: vec![("refs/heads/api".into(), found, None)], ..Facts::default() };
            plan(&unit, &facts, &"2".parse().unwrap(), trash)
        };
        let back = made.inverse(trash).unwrap();
        assert_eq!(undo(vec![made.clone()], Some(commit(2))).unwrap(), [back]);
        assert!(matches!(
            undo(vec![made.clone()], Some(commit(3))).unwrap_err()[..],
            [Refusal::RefMoved { .. }]
        ));
        let deleted = Action::DeleteRef { name: "refs/heads/api".into(), old: commit(2) };
        assert!(undo(vec![made, deleted], None).is_ok());
    }

    fn attempt(snapshot: Option<CommitId>) -> Action {
        let task = record("api");
        Action::Attempt {
            task: task.id.clone(),
            place: task.place(),
            branch: task.branch.clone(),
            head: commit(1),
            snapshot,
            staged: None,
        }
    }

    fn facts(changed: Option<&str>) -> Facts {
        let task = record("api");
        let now = TaskNow {
            id: task.id.clone(),
            name: task.name.clone(),
            record: Some(task),
            tip: Some(commit(9)),
            rescue: Some(commit(8)),
            changed: changed.map(str::to_owned),
        };
        Facts { tasks: vec![now], ..Facts::default() }
    }

    fn told(operations: &[OperationRecord], facts: &Facts) -> Vec<String> {
        let unit = Unit { operations: operations.iter().collect(), undone: false };
        match plan(&unit, facts, &"u".parse().unwrap(), trash) {
            Ok(actions) => actions.iter().map(Action::describe).collect(),
            Err(refusals) => refusals.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_worktree_that_the_run_made_goes_as_it_is() {
        let leftovers = Action::MoveRef {
            name: "refs/heads/api".into(),
            old: commit(5),
            new: commit(9),
            checked_out_at: None,
        };
        let run = [operation(started()), operation(vec![attempt(None)]), operation(vec![leftovers])];
        assert_eq!(
            told(&run, &facts(None)),
            [
                "forget task api",
                "create ref refs/windrow/rescue/u/api at 080808080",
                "move worktree /r.worktrees/api to the trash",
                "delete branch api (was 090909090)",
            ]
        );
        assert_eq!(told(&run, &facts(Some("its agent is running"))), ["task `api`: its agent is running"]);
    }

    #[test]
    fn a_worktree_that_was_there_is_made_again_as_it_was() {
        let run = [operation(vec![attempt(Some(commit(3)))]), operation(vec![attempt(Some(commit(4)))])];
        let unit = Unit { operations: run.iter().collect(), undone: false };
        let actions = plan(&unit, &facts(None), &"u".parse().unwrap(), trash).unwrap();
        let Action::CreateWorktree { at, overlay, .. } = &actions[3] else { panic!("{actions:?}") };
        assert_eq!((actions.len(), *at, *overlay), (4, commit(1), Some(commit(3))));
    }

    /// A fresh start: what was there went to the trash in the same run.
    #[test]
    fn what_made_room_for_a_fresh_start_comes_back() {
        let (task, id) = (record("api"), record("api").id);
        let old = TaskRecord { start_point: commit(7), ..task.clone() };
        let removed = vec![
            Action::CreateRef { name: "refs/windrow/rescue/f/api".into(), at: commit(6) },
            Action::TrashWorktree { task: id.clone(), place: task.place(), trash: trash(&id) },
            Action::DeleteRef { name: "refs/heads/api".into(), old: commit(7) },
            Action::WriteTask { id, before: Some(Box::new(old.clone())), after: None },
        ];
        let run = [operation(removed), operation(started()), operation(vec![attempt(None)])];
        // The branch and the worktree that are there now are those of the fresh start.
        let again = vec![("refs/heads/api".to_owned(), commit(9))];
        let refs = vec![("refs/windrow/rescue/f/api".to_owned(), Some(commit(6)), None)];
        let now = Facts { again, refs, occupied: vec![task.worktree.clone()], ..facts(None) };
        assert_eq!(
            told(&run, &now),
            [
                "create ref refs/windrow/rescue/u/api at 080808080",
                "move worktree /r.worktrees/api to the trash",
                "delete branch api (was 090909090)",
                "update task api",
                "create branch api at 070707070",
                "restore worktree /r.worktrees/api from the trash",
                "delete ref refs/windrow/rescue/f/api (was 060606060)",
            ]
        );
        let unit = Unit { operations: run.iter().collect(), undone: false };
        let actions = plan(&unit, &now, &"u".parse().unwrap(), trash).unwrap();
        assert!(
            matches!(&actions[3], Action::WriteTask { before: Some(b), after: Some(a), .. } if **b == task && **a == old)
        );
    }

    #[test]
    fn a_scratch_worktree_stays_in_the_trash_with_what_keeps_it() {
        let task = record("look");
        let removal = operation(vec![
            Action::CreateRef { name: rescue_ref(&"1".parse().unwrap(), &task.id), at: commit(1) },
            Action::TrashScratch { task: task.id.clone(), place: task.place(), trash: trash(&task.id) },
        ]);
        let made = operation(vec![Action::CreateScratch {
            task: task.id.clone(),
            place: task.place(),
            at: commit(1),
        }]);
        assert!(told(&[made, removal], &Facts::default()).is_empty());
    }

    #[test]
    fn what_took_the_place_of_what_was_removed_is_named() {
        let task = record("api");
        let removed = [operation(vec![
            Action::TrashWorktree { task: task.id.clone(), place: task.place(), trash: trash(&task.id) },
            Action::DeleteRef { name: "refs/heads/api".into(), old: commit(1) },
        ])];
        let facts = |again, occupied: &[&str]| Facts {
            again: vec![("refs/heads/api".into(), again)],
            occupied: occupied.iter().map(PathBuf::from).collect(),
            ..Facts::default()
        };
        assert_eq!(told(&removed, &facts(commit(1), &["/elsewhere"])).len(), 2);
        assert_eq!(
            told(&removed, &facts(commit(2), &["/r.worktrees/api"])),
            ["refs/heads/api is there again, at 020202020", "/r.worktrees/api is in the way"]
        );
    }

    #[test]
    fn a_target_that_moved_is_named() {
        let landed = Action::MoveRef {
            name: "refs/heads/main".into(),
            old: commit(1),
            new: commit(2),
            checked_out_at: None,
        };
        let at = |found| Facts {
            refs: vec![("refs/heads/main".into(), found, Some("/r".into()))],
            ..Facts::default()
        };
        let merge = [operation(vec![landed])];
        assert_eq!(
            told(&merge, &at(Some(commit(2)))),
            [
                "create ref refs/windrow/rescue/u/moved-1 at 020202020",
                "move branch main from 020202020 to 010101010, checked out at /r"
            ]
        );
        assert_eq!(
            told(&merge, &at(Some(commit(3)))),
            ["refs/heads/main has moved since: it is at 030303030, not 020202020"]
        );
    }
}
