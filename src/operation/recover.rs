//! Completing or taking back an operation that did not come to its end, from what the world looks like.
//!
//! An operation whose changes of the repository all stand is completed; any other is taken back from its last action
//! to its first. Both look at refs, directories and records, never at what the journal believes; so both may be killed
//! and run again.

mod back;

use super::{OperationError, Shop, Topology, crash, stepping};
use crate::domain::action::Action;
use crate::domain::operation::{End, OperationRecord};
use crate::domain::place::WorktreePlace;
use crate::git::worktrees;
use crate::git::write::advance::{self, Advance};
use crate::git::write::{lock, refs};
use crate::store::journal::OpenOperation;

pub(super) use back::roll_back;

/// What recovery did with one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The operation.
    pub record: OperationRecord,
    /// Whether it was completed or taken back.
    pub end: End,
    /// Sentences about what could not be put back because somebody changed it since.
    pub left: Vec<String>,
}

/// Recovers every operation whose process is gone.
pub fn recover(shop: &Shop<'_>) -> Result<Vec<Recovered>, OperationError> {
    if !shop.store.has_open_operations() {
        return Ok(Vec::new());
    }
    under(shop, &shop.wait_for_topology()?)
}

/// Recovers every operation whose process is gone, for whoever holds the topology lock.
pub(super) fn under(shop: &Shop<'_>, _topology: &Topology) -> Result<Vec<Recovered>, OperationError> {
    let mut recovered = Vec::new();
    for open in shop.store.abandoned()? {
        let (command, summary) = (open.record.command.clone(), open.record.summary.clone());
        let one = recover_one(shop, open);
        recovered.push(one.map_err(|cause| OperationError::Unrecovered {
            command,
            summary,
            cause: Box::new(cause),
        })?);
    }
    if !recovered.is_empty() {
        shop.store.sweep_temporaries(shop.clock.now())?;
    }
    Ok(recovered)
}

fn recover_one(shop: &Shop<'_>, mut open: OpenOperation) -> Result<Recovered, OperationError> {
    let record = open.record.clone();
    for action in &record.actions {
        release_locks(shop, &record, action)?;
    }
    let mut stands = true;
    for (i, action) in record.actions.iter().enumerate() {
        stands = stands && stands_now(shop, action, open.applied.contains(&i))?;
    }
    let (end, left) = if stands {
        finish(shop, &mut open)?;
        (End::Committed, Vec::new())
    } else {
        let all: Vec<usize> = (0..record.actions.len()).collect();
        (End::Aborted, roll_back(shop, &record, &all)?)
    };
    crash::point();
    Ok(Recovered { record: open.end(end)?, end, left })
}

/// Removes the lock files beside refs that the dead process left. That of an index is left to whoever puts the files
/// back.
fn release_locks(shop: &Shop<'_>, record: &OperationRecord, action: &Action) -> Result<(), OperationError> {
    let owner = shop.owner(&record.id);
    let (name, ours) = match action {
        Action::CreateRef { name, at } => (name, *at),
        Action::DeleteRef { name, old } => (name, *old),
        Action::MoveRef { name, new, .. } => (name, *new),
        _ => return Ok(()),
    };
    refs::release_locks(shop.repo.place(), name, &owner)?;
    Ok(refs::outwait_stale_lock(shop.repo.place(), name, ours)?)
}

/// Does what is left to do of an operation whose changes of the repository stand.
fn finish(shop: &Shop<'_>, open: &mut OpenOperation) -> Result<(), OperationError> {
    let record = open.record.clone();
    for action in &record.actions {
        match action {
            Action::CreateWorktree { place, .. } => drop(lock::unlock(place)?),
            Action::MoveRef { old, new, checked_out_at: Some(root), .. } => {
                if let Some(git_dir) = super::apply::git_dir_of(shop.repo, root)? {
                    let (old, new, needs, owner) = (*old, *new, shop.needs, shop.owner(&record.id));
                    let worktree = root.as_path();
                    advance::release(&Advance {
                        worktree,
                        git_dir: &git_dir,
                        old,
                        new,
                        needs,
                        owner: &owner,
                    })?;
                }
            }
            Action::WriteTask { id, after, .. } => shop.store.write_task(id, after.as_deref())?,
            _ => {}
        }
        crash::point();
    }
    Ok(shop.store.discard_staging(&record.id)?)
}

fn stands_now(shop: &Shop<'_>, action: &Action, noted: bool) -> Result<bool, OperationError> {
    let away = |from: &WorktreePlace, to: &WorktreePlace| {
        !worktrees::is_there(&from.admin)
            && !worktrees::is_there(&from.path)
            && worktrees::is_there(&to.admin)
    };
    Ok(match action {
        Action::CreateRef { name, at } => shop.repo.ref_commit(name)? == Some(*at),
        Action::DeleteRef { name, .. } => shop.repo.ref_commit(name)?.is_none(),
        Action::MoveRef { name, new, .. } => shop.repo.ref_commit(name)? == Some(*new),
        // Only the process that filled it knows that the checkout was whole.
        Action::CreateWorktree { place, .. } | Action::CreateScratch { place, .. } => {
            noted && worktrees::is_there(&place.admin)
        }
        Action::TrashWorktree { place, trash, .. } | Action::TrashScratch { place, trash, .. } => {
            away(place, trash)
        }
        Action::RestoreWorktree { place, trash, .. } => away(trash, place),
        Action::Rehome { trash: lies, to, .. } => {
            crate::git::write::trash::is_at_home(shop.repo.place(), lies, to)
        }
        Action::EmptyTrash { trash: from, .. } => {
            !worktrees::is_there(&from.admin) && !worktrees::is_there(&from.path)
        }
        // Records are written when all else stands: one that is still the old one can be written now.
        Action::WriteTask { id, before, after } => {
            let now = shop.store.task(id)?;
            now.as_ref() == after.as_deref() || now.as_ref() == before.as_deref()
        }
        Action::Commit { branch, new: at, .. } | Action::Uncommit { branch, old: at, .. } => {
            shop.repo.branch_tip(branch)? == Some(*at)
        }
        Action::BeginMerge { .. } => stepping::is_merging(shop, action)?,
        Action::AbortMerge { .. } => !stepping::is_merging(shop, action)?,
        Action::ShiftChanges { .. } => noted,
        Action::Attempt { .. } => true,
    })
}
