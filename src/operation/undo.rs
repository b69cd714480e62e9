//! Taking back a unit of history: what is true now, the actions, and their performance as an operation of its own.

use std::path::PathBuf;

use super::{Draft, OperationError, Shop, Topology, resolve};
use crate::domain::action::{Action, Changes};
use crate::domain::name::{OperationId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::operation::{OperationRecord, Unit};
use crate::domain::place::{WorktreeEntry, branch_user_besides};
use crate::domain::task::TaskRecord;
use crate::domain::undo::{Facts, Refusal, TaskNow, plan};
use crate::git::write::{rescue, shift};
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
pub fn facts(shop: &Shop<'_>, unit: &Unit<'_>, settlements: &[Settlement]) -> Result<Facts, OperationError> {
    let mut facts = Facts::default();
    let entries = worktrees::list(shop.repo)?;
    for action in unit.operations.iter().flat_map(|operation| &operation.actions) {
        match action {
            Action::CreateWorktree { task, .. } | Action::Attempt { task, .. }
                if facts.tasks.iter().all(|known| &known.id != task) =>
            {
                facts.tasks.extend(task_now(shop, unit, task, (settlements, &entries))?);
            }
            Action::ShiftChanges { place, head, to, .. } => {
                let scratch = shop.store.scratch()?;
                let why = shift::differs(shop.repo, place, *head, to, &scratch)?;
                facts.unfit.extend(why.map(|why| (place.path.clone(), why)));
            }
            Action::MoveRef { name, .. } => {
                let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
                let uses = |entry: &&crate::domain::place::WorktreeEntry| {
                    entry.head.branch().is_some_and(|head| head.as_str() == branch)
                };
                let at: Option<PathBuf> = entries.iter().find(uses).map(|entry| entry.path.clone());
                facts.refs.push((name.clone(), shop.repo.ref_commit(name)?, at));
            }
            Action::Commit { branch, .. } => {
                let found = shop.repo.branch_tip(branch)?;
                facts.refs.push((branch.ref_name(), found, None));
            }
            Action::BeginMerge { task, .. } => {
                facts.merges.push((task.clone(), resolve::now(shop, action)?));
            }
            Action::DeleteRef { name, .. } if name.starts_with("refs/heads/") => {
                facts.again.extend(shop.repo.ref_commit(name)?.map(|found| (name.clone(), found)));
            }
            Action::TrashWorktree { place, .. } if worktrees::is_taken(&place.path) => {
                facts.occupied.push(place.path.clone());
            }
            _ => {}
        }
    }
    Ok(facts)
}

fn task_now(
    shop: &Shop<'_>,
    unit: &Unit<'_>,
    id: &TaskId,
    (settlements, entries): (&[Settlement], &[WorktreeEntry]),
) -> Result<Option<TaskNow>, OperationError> {
    let Some(record) = shop.store.task(id)? else {
        let name = unit.tasks().into_iter().find(|name| &name.id() == id);
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
    let settlement = settlements.iter().find(|settlement| &settlement.task == id);
    let carried =
        unit.operations.iter().flat_map(|operation| &operation.actions).find_map(|action| match action {
            Action::CreateWorktree { task, overlay: Some(files), staged: Some(index), .. } if task == id => {
                Some(Changes { files: *files, index: *index })
            }
            _ => None,
        });
    let other =
        branch_user_besides(entries, &record.branch, &record.admin).filter(|_| !record.branch_taken_up);
    let changed = match other {
        Some((entry, how)) => {
            Some(format!("branch {} is {how} {}", record.branch, crate::domain::path::show(&entry.path)))
        }
        None => changed_since(shop, &record, tip, (settlement, carried))?,
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

fn changed_since(
    shop: &Shop<'_>,
    record: &TaskRecord,
    tip: Option<CommitId>,
    (settlement, carried): (Option<&Settlement>, Option<Changes>),
) -> Result<Option<String>, OperationError> {
    if settlement.is_some_and(|settlement| settlement.alive) {
        return Ok(Some("its agent is running".to_owned()));
    }
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
    Ok((!same_files)
        .then(|| format!("files in {} have changed since", crate::domain::path::show(&record.worktree))))
}

/// Computes the actions that take a unit back, or what stands in the way.
pub fn actions(
    shop: &Shop<'_>,
    unit: &Unit<'_>,
    facts: &Facts,
    operation: &OperationId,
) -> Result<Vec<Action>, Vec<Refusal>> {
    let layout = shop.store.layout();
    plan(unit, facts, operation, |id| {
        let record = facts.tasks.iter().find(|task| &task.id == id).and_then(|task| task.record.as_ref());
        let worktree = record.map_or_else(|| layout.worktree(id), |record| record.worktree.clone());
        layout.trash(operation, id, &worktree)
    })
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
