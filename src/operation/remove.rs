//! The actions that remove a task's worktree and branch: rescue first, then renames, then the branch.

use super::{OperationError, Shop};
use crate::domain::action::Action;
use crate::domain::name::OperationId;
use crate::domain::place::WorktreePlace;
use crate::domain::task::TaskRecord;
use crate::domain::undo::rescue_ref;
use crate::git::write::{rescue, trash};

/// Gives the actions that remove a task. The rescue commit is made now, as an object that nothing names yet.
/// `with_branch` says whether the branch goes too, at its present tip.
pub fn actions(
    shop: &Shop<'_>,
    operation: &OperationId,
    task: &TaskRecord,
    with_branch: bool,
) -> Result<Vec<Action>, OperationError> {
    let mut actions = Vec::new();
    let place = task.place();
    if place.admin.exists() {
        let at = rescue::make(shop.repo, &place)?.commit;
        actions.push(Action::CreateRef { name: rescue_ref(operation, &task.id), at });
        let trash = shop.store.layout().trash(operation, &task.id, &task.worktree);
        actions.push(Action::TrashWorktree { task: task.id.clone(), place, trash });
    }
    if with_branch {
        if let Some(old) = shop.repo.branch_tip(&task.branch)? {
            actions.push(Action::DeleteRef { name: task.branch.ref_name(), old });
        }
    }
    actions.push(Action::WriteTask {
        id: task.id.clone(),
        before: Some(Box::new(task.clone())),
        after: None,
    });
    Ok(actions)
}

/// Checks, changing nothing, that a directory and its registration name each other and that it may be moved away.
pub fn verify(shop: &Shop<'_>, place: &WorktreePlace) -> Result<(), OperationError> {
    Ok(trash::verify(shop.repo.place(), place)?)
}
