//! Uncommitted changes on their way to a new worktree: written as commits, put on its start point in memory.

use super::{OperationError, Shop};
use crate::domain::forecast::Conflict;
use crate::domain::name::OperationId;
use crate::domain::oid::CommitId;
use crate::domain::place::WorktreePlace;
use crate::domain::start::Carry;
use crate::git::merge::ObjectStore;
use crate::git::write::shift::{self, Transplanted};

/// What there is to carry.
#[derive(Debug)]
pub enum Carried {
    /// No uncommitted change.
    Nothing,
    /// These changes.
    Changes(Box<Carry>),
    /// Changes that do not apply to the start point.
    Conflicts(Vec<Conflict>),
}

/// Takes the changes of a worktree whose HEAD is at `head` and puts them on `onto`. No ref, index or file changes; `dry`
/// leaves no object behind either.
pub fn take(
    shop: &Shop<'_>,
    place: &WorktreePlace,
    (head, onto): (CommitId, CommitId),
    operation: &OperationId,
    dry: bool,
) -> Result<Carried, OperationError> {
    let objects = shop.store.layout().scratch_objects();
    let store = if dry { ObjectStore::Scratch(&objects) } else { ObjectStore::Repository };
    let Some(taken) = shift::take(shop.repo, place, head, &shop.store.scratch()?, store)? else {
        return Ok(Carried::Nothing);
    };
    Ok(match shift::transplant(shop.repo, &taken, head, onto, store)? {
        Transplanted::Conflicts(conflicts) => Carried::Conflicts(conflicts),
        Transplanted::Clean(moved) => Carried::Changes(Box::new(Carry {
            place: place.clone(),
            head,
            there: taken.changes,
            here: moved.changes,
            keep: format!("refs/windrow/rescue/{operation}/carry"),
            keep_at: moved.keep,
        })),
    })
}
