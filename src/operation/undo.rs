//! Taking back a unit of history: what is true now, the actions, and their performance as an operation of its own.

use std::path::PathBuf;

use super::{Draft, OperationError, Shop, Topology, resolve};
use crate::domain::action::{Action, Changes};
use crate::domain::name::{OperationId, TaskId, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::operation::{History, OperationRecord, Unit};
use crate::domain::place::{WorktreeEntry, WorktreePlace, branch_user_besides};
use crate::domain::task::TaskRecord;
use crate::domain::undo::{Facts, Refusal, TaskNow, plan, redo};
use crate::git::merge::ObjectStore;
use crate::git::write::{rescue, shift, snapshot};
use crate::git::{status, worktrees};
use crate::store::journal::Claim;

/// What a task's worktree was like when it was last settled, and whether an agent is at work there.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The task.
    pub task: TaskId,
    /// Whether an agent is at work.
    pub alive: bool,
    /// The branch's tip and the worktree's fingerprint when its last attempt was settled.
    pub left: Option<(Option<CommitId>, String)>,
}

/// Finds out what is true of everything that a unit concerns.
pub fn facts(
    shop: &Shop<'_>,
    unit: &Unit<'_>,
    history: &History,
    settlements: &[Settlement],
) -> Result<Facts, OperationError> {
    let search =
        Search { shop, history, settlements, entries: worktrees::list_whole(shop.repo)?, redo: false };
    search.facts(&unit.tasks(), unit.operations.iter().flat_map(|operation| &operation.actions))
}

/// Finds out what is true of everything that an undo concerns which is to be taken back.
pub fn redo_facts(
    shop: &Shop<'_>,
    undo: &OperationRecord,
    history: &History,
    settlements: &[Settlement],
) -> Result<Facts, OperationError> {
    let search =
        Search { shop, history, settlements, entries: worktrees::list_whole(shop.repo)?, redo: true };
    search.facts(&undo.tasks, undo.actions.iter())
}

struct Search<'a> {
    shop: &'a Shop<'a>,
    history: &'a History,
    settlements: &'a [Settlement],
    entries: Vec<WorktreeEntry>,
    redo: bool,
}

impl Search<'_> {
    fn facts<'a>(
        &self,
        names: &[TaskName],
        actions: impl Iterator<Item = &'a Action>,
    ) -> Result<Facts, OperationError> {
        let (shop, mut facts) = (self.shop, Facts::default());
        for action in actions {
            match action {
                Action::CreateWorktree { task, .. }
                | Action::RestoreWorktree { task, .. }
                | Action::Attempt { task, .. }
                    if facts.tasks.iter().all(|known| &known.id != task) =>
                {
                    facts.tasks.extend(self.task_now(names, task, action)?);
                }
                Action::WriteTask { id, before: None, .. }
                    if self.is_alive(id) && facts.tasks.iter().all(|known| &known.id != id) =>
                {
                    facts.tasks.extend(self.task_now(names, id, action)?);
                }
                Action::ShiftChanges { place, head, to, .. } => {
                    let why = shift::differs(shop.repo, place, *head, to, &shop.store.scratch()?)?;
                    facts.unfit.extend(why.map(|why| (place.path.clone(), why)));
                }
                Action::MoveRef { name, .. } | Action::CreateRef { name, .. } => {
                    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
                    let uses = |entry: &&WorktreeEntry| {
                        entry.head.branch().is_some_and(|head| head.as_str() == branch)
                    };
                    let at: Option<PathBuf> = self.entries.iter().find(uses).map(|entry| entry.path.clone());
                    facts.refs.push((name.clone(), shop.repo.ref_commit(name)?, at));
                }
                Action::Commit { branch, .. } => {
                    facts.refs.push((branch.ref_name(), shop.repo.branch_tip(branch)?, None));
                }
                Action::BeginMerge { task, .. } => {
                    facts.merges.push((task.clone(), resolve::now(shop, action)?));
                }
                Action::DeleteRef { name, .. } if name.starts_with("refs/heads/") => {
                    facts.again.extend(shop.repo.ref_commit(name)?.map(|found| (name.clone(), found)));
                }
                Action::TrashWorktree { task, place, trash } => {
                    if worktrees::is_taken(&place.path) {
                        facts.occupied.push(place.path.clone());
                    }
                    let name = names.iter().find(|name| &name.id() == task);
                    if let (Some(name), false) = (name, worktrees::is_taken(&trash.admin)) {
                        facts.emptied.push((name.clone(), trash.clone()));
                    }
                }
                _ => {}
            }
        }
        Ok(facts)
    }

    fn task_now(
        &self,
        names: &[TaskName],
        id: &TaskId,
        action: &Action,
    ) -> Result<Option<TaskNow>, OperationError> {
        let shop = self.shop;
        let Some(record) = shop.store.task(id)? else {
            let name = names.iter().find(|name| &name.id() == id).cloned();
            return Ok(name.map(|name| TaskNow {
                id: id.clone(),
                name,
                record: None,
                tip: None,
                rescue: None,
                changed: Some("it was removed since".into()),
            }));
        };
        let tip = shop.repo.branch_tip(&record.branch)?;
        let other = branch_user_besides(&self.entries, &record.branch, &record.admin)
            .filter(|_| !record.branch_taken_up);
        let changed = match other {
            Some((entry, how)) => {
                Some(format!("branch {} is {how} {}", record.branch, crate::domain::path::show(&entry.path)))
            }
            None => self.changed(&record, tip, action)?,
        };
        let rescue = if changed.is_none() && worktrees::is_there(&record.admin) {
            Some(rescue::make(shop.repo, &record.place())?.commit)
        } else {
            None
        };
        Ok(Some(TaskNow {
            id: id.clone(),
            name: record.name.clone(),
            record: Some(record),
            tip,
            rescue,
            changed,
        }))
    }

    fn is_alive(&self, id: &TaskId) -> bool {
        self.settlements.iter().any(|settlement| &settlement.task == id && settlement.alive)
    }

    /// Says how a worktree is not what the action left.
    fn changed(
        &self,
        record: &TaskRecord,
        tip: Option<CommitId>,
        action: &Action,
    ) -> Result<Option<String>, OperationError> {
        let settlement = self.settlements.iter().find(|settlement| settlement.task == record.id);
        if self.is_alive(&record.id) {
            return Ok(Some("its agent is running".to_owned()));
        }
        if let Action::CreateWorktree { place, .. }
        | Action::RestoreWorktree { place, .. }
        | Action::Attempt { place, .. } = action
            && place.path != record.worktree
        {
            let to = crate::domain::path::show(&record.worktree);
            return Ok(Some(format!("its worktree was moved to {to}")));
        }
        match action {
            Action::RestoreWorktree { trash, .. } => self.changed_since_it_came_back(record, trash),
            Action::CreateWorktree { at, overlay, .. } if self.redo => {
                self.changed_since_it_was_made(record, tip, (*at, *overlay))
            }
            Action::CreateWorktree { overlay: Some(files), staged: Some(index), .. } => {
                let carried = Changes { files: *files, index: *index };
                changed_since(self.shop, record, tip, (settlement, Some(carried)))
            }
            _ => changed_since(self.shop, record, tip, (settlement, None)),
        }
    }

    fn changed_since_it_came_back(
        &self,
        record: &TaskRecord,
        trash: &WorktreePlace,
    ) -> Result<Option<String>, OperationError> {
        let (shop, place) = (self.shop, record.place());
        if !worktrees::is_there(&record.worktree) {
            return Ok(None);
        }
        let unchanged = match self.history.fingerprint_in(trash) {
            Some(left) => status::fingerprint(&place, shop.needs, shop.repo.place())? == left,
            None => status::dirt(&place, shop.needs, shop.repo.place())?.is_clean(),
        };
        Ok((!unchanged).then(|| files_changed(record)))
    }

    fn changed_since_it_was_made(
        &self,
        record: &TaskRecord,
        tip: Option<CommitId>,
        (at, overlay): (CommitId, Option<CommitId>),
    ) -> Result<Option<String>, OperationError> {
        let (shop, place) = (self.shop, record.place());
        if !worktrees::is_there(&record.worktree) {
            return Ok(None);
        }
        if tip != Some(at) || status::head(shop.repo, &place)?.commit() != Some(at) {
            return Ok(Some(format!("branch {} has moved since", record.branch)));
        }
        let now =
            snapshot::take(shop.repo, &place, at, &shop.store.layout().scratch(), ObjectStore::Repository)?;
        let tree = |commit: Option<CommitId>| shop.repo.tree_of(commit.unwrap_or(at));
        Ok((tree(now)? != tree(overlay)?).then(|| files_changed(record)))
    }
}

fn files_changed(record: &TaskRecord) -> String {
    format!("files in {} have changed since", crate::domain::path::show(&record.worktree))
}

fn changed_since(
    shop: &Shop<'_>,
    record: &TaskRecord,
    tip: Option<CommitId>,
    (settlement, carried): (Option<&Settlement>, Option<Changes>),
) -> Result<Option<String>, OperationError> {
    if !worktrees::is_there(&record.worktree) {
        return Ok(None);
    }
    // What the setup of a new worktree left is what nobody has worked on since.
    let set_up = shop.store.set_up(&record.place());
    let set_up = set_up.map(|set_up| (Some(record.start_point), set_up.fingerprint));
    let left = settlement.and_then(|settlement| settlement.left.as_ref()).or(set_up.as_ref());
    if let (None, Some(carried)) = (left, carried) {
        let scratch = shop.store.scratch()?;
        return Ok(shift::differs(shop.repo, &record.place(), record.start_point, &carried, &scratch)?);
    }
    let (left_tip, same_files) = match left {
        Some((left_tip, fingerprint)) => {
            (*left_tip, &status::fingerprint(&record.place(), shop.needs, shop.repo.place())? == fingerprint)
        }
        None => (
            Some(record.start_point),
            status::dirt(&record.place(), shop.needs, shop.repo.place())?.is_clean(),
        ),
    };
    if tip != left_tip {
        return Ok(Some(format!("branch {} has moved since", record.branch)));
    }
    if left.is_none() && status::head(shop.repo, &record.place())?.commit() != left_tip {
        return Ok(Some(format!("HEAD of {} has moved since", crate::domain::path::show(&record.worktree))));
    }
    Ok((!same_files).then(|| files_changed(record)))
}

/// Computes the actions that take a unit back, or what stands in the way.
pub fn actions(
    shop: &Shop<'_>,
    unit: &Unit<'_>,
    facts: &Facts,
    operation: &OperationId,
) -> Result<Vec<Action>, Vec<Refusal>> {
    plan(unit, facts, operation, |id| trash_of(shop, facts, operation, id))
}

/// Computes the actions that take an undo back, or what stands in the way.
pub fn redo_actions(
    shop: &Shop<'_>,
    undo: &OperationRecord,
    facts: &Facts,
    operation: &OperationId,
) -> Result<Vec<Action>, Vec<Refusal>> {
    redo(undo, facts, operation, |id| trash_of(shop, facts, operation, id))
}

fn trash_of(shop: &Shop<'_>, facts: &Facts, operation: &OperationId, id: &TaskId) -> WorktreePlace {
    let layout = shop.store.layout();
    let record = facts.tasks.iter().find(|task| &task.id == id).and_then(|task| task.record.as_ref());
    let worktree = record.map_or_else(|| layout.worktree(id), |record| record.worktree.clone());
    layout.trash(operation, id, &worktree)
}

/// Performs a redo of the undo that took `unit` back.
pub fn perform_redo(
    shop: &Shop<'_>,
    claim: Claim,
    (unit, undo): (&Unit<'_>, &OperationRecord),
    actions: Vec<Action>,
    topology: Topology,
) -> Result<OperationRecord, OperationError> {
    let draft = Draft {
        command: "redo".to_owned(),
        tasks: unit.tasks(),
        summary: format!("redid {}", unit.id()),
        redoes: vec![undo.id.clone()],
        actions,
        ..Draft::default()
    };
    shop.perform(claim, draft, Some(topology))
}

/// Performs an undo.
pub fn perform(
    shop: &Shop<'_>,
    claim: Claim,
    unit: &Unit<'_>,
    actions: Vec<Action>,
    topology: Topology,
) -> Result<OperationRecord, OperationError> {
    let draft = Draft {
        command: "undo".to_owned(),
        tasks: unit.tasks(),
        summary: format!("undid {}", unit.id()),
        undoes: unit.operations.iter().map(|operation| operation.id.clone()).collect(),
        actions,
        ..Draft::default()
    };
    shop.perform(claim, draft, Some(topology))
}
