//! The actions that remove a task's worktree and branch: rescue first, then renames, then the branch.

use super::{OperationError, Shop};
use crate::domain::action::Action;
use crate::domain::name::OperationId;
use crate::domain::place::WorktreePlace;
use crate::domain::task::TaskRecord;
use crate::domain::undo::{branch_rescue_ref, rescue_ref};
use crate::git::write::{rescue, trash};
use crate::git::{status, worktrees};

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
    if worktrees::is_there(&place.admin) {
        let at = rescue::make(shop.repo, &place)?.commit;
        actions.push(Action::CreateRef { name: rescue_ref(operation, &task.id), at });
        let trash = shop.store.layout().trash(operation, &task.id, &task.worktree);
        actions.push(Action::TrashWorktree { task: task.id.clone(), place: place.clone(), trash });
    }
    if with_branch && let Some(old) = shop.repo.branch_tip(&task.branch)? {
        // The rescue keeps what the worktree names, and that need not be its branch.
        if status::head(shop.repo, &place).ok().and_then(|head| head.commit()) != Some(old) {
            let name = branch_rescue_ref(operation, &task.id);
            actions.push(Action::CreateRef { name, at: old });
        }
        actions.push(Action::DeleteRef { name: task.branch.ref_name(), old });
    }
    actions.push(Action::WriteTask {
        id: task.id.clone(),
        before: Some(Box::new(task.clone())),
        after: None,
    });
    Ok(actions)
}

/// Gives the actions that let the tasks that stay go back to a base that stays: the base of a removed task takes the
/// place of its branch.
pub fn rebase_records(removed: &[TaskRecord], staying: &[TaskRecord]) -> Vec<Action> {
    let mut actions = Vec::new();
    for task in staying {
        let mut base = task.base.clone();
        let mut seen = Vec::new();
        while let Some(gone) =
            removed.iter().find(|gone| Some(&gone.branch) == base.as_ref() && !gone.branch_taken_up)
        {
            if seen.contains(&&gone.id) {
                break;
            }
            seen.push(&gone.id);
            base.clone_from(&gone.base);
        }
        if base != task.base {
            let after = TaskRecord { base, ..task.clone() };
            let (id, before) = (task.id.clone(), Some(Box::new(task.clone())));
            actions.push(Action::WriteTask { id, before, after: Some(Box::new(after)) });
        }
    }
    actions
}

/// Checks, changing nothing, that a directory and its registration name each other and that it may be moved away.
pub fn verify(shop: &Shop<'_>, place: &WorktreePlace) -> Result<(), OperationError> {
    Ok(trash::verify_removable(shop.repo.place(), place)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::tests::record;

    #[test]
    fn a_child_goes_back_to_where_its_parent_went() {
        let (api, mut tests, mut docs) = (record("api"), record("tests"), record("docs"));
        tests.base = Some(api.branch.clone());
        docs.base = Some(tests.branch.clone());
        let base = |actions: &[Action]| match actions {
            [Action::WriteTask { after: Some(after), .. }] => after.base.clone(),
            _ => None,
        };
        assert_eq!(base(&rebase_records(std::slice::from_ref(&api), std::slice::from_ref(&tests))), api.base);
        assert_eq!(base(&rebase_records(&[api.clone(), tests.clone()], &[docs.clone()])), api.base);
        assert!(rebase_records(std::slice::from_ref(&api), &[docs]).is_empty());
        let taken_up = TaskRecord { branch_taken_up: true, ..api };
        assert!(rebase_records(&[taken_up], &[tests]).is_empty());
    }
}
