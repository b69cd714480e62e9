//! Taking back an operation that did not come to its end, from what the world looks like.
//!
//! An operation whose actions all stand is completed; any other is taken back from its last action to its first. Both
//! look at refs, directories and records, never at what the journal believes; so both may be killed and run again.

use super::apply::{Move, git_dir_of, move_ref};
use super::{OperationError, Shop};
use crate::domain::action::Action;
use crate::domain::oid::CommitId;
use crate::domain::operation::{End, OperationRecord};
use crate::domain::place::WorktreePlace;
use crate::git::worktrees;
use crate::git::write::advance::{self, Advance};
use crate::git::write::{create, refs, shift, trash};
use crate::store::journal::OpenOperation;

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
    if !shop.store.is_recovery_due() {
        return Ok(Vec::new());
    }
    shop.store.ensure()?;
    let _topology = shop.topology()?;
    let mut recovered = Vec::new();
    for open in shop.store.abandoned()? {
        recovered.push(recover_one(shop, open)?);
    }
    Ok(recovered)
}

fn recover_one(shop: &Shop<'_>, open: OpenOperation) -> Result<Recovered, OperationError> {
    let mut stands = true;
    for (i, action) in open.record.actions.iter().enumerate() {
        stands = stands && stands_now(shop, action, open.applied.contains(&i))?;
    }
    let (end, left) = if stands {
        (End::Committed, Vec::new())
    } else {
        let all: Vec<usize> = (0..open.record.actions.len()).collect();
        (End::Aborted, roll_back(shop, &open.record, &all)?)
    };
    if end == End::Committed {
        finish(&open.record)?;
    }
    Ok(Recovered { record: open.end(end)?, end, left })
}

/// Does what a completed operation does at its end.
fn finish(record: &OperationRecord) -> Result<(), OperationError> {
    for action in &record.actions {
        if let Action::CreateWorktree { place, .. } = action {
            crate::git::write::lock::unlock(place)?;
        }
    }
    Ok(())
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
        Action::CreateWorktree { place, .. } => noted && worktrees::is_there(&place.admin),
        Action::TrashWorktree { place, trash, .. } => away(place, trash),
        Action::RestoreWorktree { place, trash, .. } => away(trash, place),
        Action::Rehome { trash: lies, to, .. } => trash::is_at_home(shop.repo.place(), lies, to),
        Action::EmptyTrash { trash: from, .. } => {
            !worktrees::is_there(&from.admin) && !worktrees::is_there(&from.path)
        }
        Action::WriteTask { id, after, .. } => shop.store.task(id)?.as_ref() == after.as_deref(),
        Action::ShiftChanges { .. } => noted,
        Action::Attempt { .. } => true,
    })
}

/// Takes back the given actions of an operation, last first. Gives sentences about what was left as it is.
pub(super) fn roll_back(
    shop: &Shop<'_>,
    record: &OperationRecord,
    touched: &[usize],
) -> Result<Vec<String>, OperationError> {
    let mut left = Vec::new();
    for (i, action) in record.actions.iter().enumerate().rev() {
        if touched.contains(&i) {
            left.extend(take_back(shop, record, action)?);
        }
    }
    shop.store.discard_staging(&record.id)?;
    Ok(left)
}

fn take_back(
    shop: &Shop<'_>,
    record: &OperationRecord,
    action: &Action,
) -> Result<Vec<String>, OperationError> {
    let message = format!("windrow {}: taken back", record.command);
    match action {
        Action::CreateRef { name, at } => {
            unlock_ref(shop, name, *at)?;
            if shop.repo.ref_commit(name)? == Some(*at) {
                refs::delete(shop.repo, name, *at)?;
            }
        }
        Action::DeleteRef { name, old } => {
            unlock_ref(shop, name, *old)?;
            if shop.repo.ref_commit(name)?.is_none() {
                refs::create(shop.repo, name, *old, &message)?;
            }
        }
        Action::MoveRef { name, old, new, checked_out_at } => {
            return take_back_move(shop, (name, *old, *new), checked_out_at.as_deref(), &message);
        }
        Action::CreateWorktree { task, place, .. } => {
            let layout = shop.store.layout();
            create::unregister(shop.repo.place(), place, &layout.staging(&record.id, task))?;
            if worktrees::is_there(&place.admin) && trash::verify(shop.repo.place(), place).is_ok() {
                trash::to_trash(shop.repo.place(), place, &layout.half_made(&record.id, task, &place.path))?;
            }
        }
        Action::TrashWorktree { place, trash: to, .. } => {
            if worktrees::is_there(&to.path) || worktrees::is_there(&to.admin) {
                trash::from_trash(shop.repo.place(), to, place)?;
            }
        }
        Action::RestoreWorktree { place, trash: from, .. } => {
            if worktrees::is_there(&place.path) || worktrees::is_there(&place.admin) {
                trash::to_trash(shop.repo.place(), place, from)?;
            }
        }
        Action::Rehome { trash: lies, from, to, .. } => {
            trash::rehome(shop.repo.place(), lies, to, from)?;
        }
        Action::EmptyTrash { trash: from, doomed, .. } => trash::doom(doomed, from)?,
        Action::WriteTask { id, before, after } => {
            if shop.store.task(id)?.as_ref() == after.as_deref() {
                shop.store.write_task(id, before.as_deref())?;
            }
        }
        Action::ShiftChanges { place, from, to, .. } => {
            let scratch = shop.store.scratch()?;
            let edited = shift::restore(shop.repo, place, to, from, &scratch)?;
            return Ok(edited.iter().map(|path| left_as_it_is(path, &place.path)).collect());
        }
        Action::Attempt { .. } => {}
    }
    Ok(Vec::new())
}

fn take_back_move(
    shop: &Shop<'_>,
    (name, old, new): (&str, CommitId, CommitId),
    checked_out_at: Option<&std::path::Path>,
    message: &str,
) -> Result<Vec<String>, OperationError> {
    unlock_ref(shop, name, new)?;
    let found = shop.repo.ref_commit(name)?;
    if found == Some(new) {
        let back = Move { name, old: new, new: old, message: message.to_owned() };
        move_ref(shop, &back, checked_out_at)?;
        return Ok(Vec::new());
    }
    let (Some(root), true) = (checked_out_at, found == Some(old)) else { return Ok(Vec::new()) };
    let git_dir = git_dir_of(shop.repo, root)?;
    let moving = Advance { worktree: root, git_dir: &git_dir, old, new, needs: shop.needs };
    let edited = advance::restore(shop.repo, &moving)?;
    Ok(edited.iter().map(|path| left_as_it_is(path, root)).collect())
}

fn left_as_it_is(path: &crate::domain::path::RepoPath, root: &std::path::Path) -> String {
    format!("{path} in {} was changed since and is left as it is", crate::domain::path::show(root))
}

/// Removes the lock file that a killed process of ours left beside a ref.
fn unlock_ref(shop: &Shop<'_>, name: &str, ours: CommitId) -> Result<(), OperationError> {
    refs::clear_stale_lock(
        shop.repo.place(),
        name,
        Some(ours),
        std::time::SystemTime::UNIX_EPOCH + since_epoch(shop),
    )?;
    Ok(())
}

fn since_epoch(shop: &Shop<'_>) -> std::time::Duration {
    std::time::Duration::from_millis(u64::try_from(shop.clock.now().as_millisecond()).unwrap_or(0))
}
