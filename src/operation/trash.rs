//! The trash: what lies there, bringing it back elsewhere, and letting it go for good.
//!
//! Emptying is an operation like any other as long as it can be taken back: worktrees are renamed out of the trash and
//! their rescue refs deleted. What was renamed is deleted afterwards, by whoever comes first, for as long as they like.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Draft, OperationError, Shop, Topology, crash};
use crate::domain::action::Action;
use crate::domain::name::TaskName;
use crate::domain::operation::{History, OperationRecord};
use crate::domain::path::RepoPath;
use crate::domain::place::{WorktreePlace, branch_user};
use crate::domain::task::TaskRecord;
use crate::domain::trash::{Item, RestoreFacts, items};
use crate::git::inventory::disposable;
use crate::git::status::in_progress;
use crate::git::worktrees;
use crate::store::erase::{self, Erased};
use crate::store::journal::Claim;

/// Lists what lies in the trash, oldest first.
pub fn list(history: &History) -> Vec<Item> {
    items(history.operations(), |place| worktrees::is_taken(&place.path) || worktrees::is_taken(&place.admin))
}

fn size_key(item: &Item) -> String {
    format!("{} {}", item.by, item.id())
}

/// Measures the disk space of each, in bytes, in parallel. What lies in the trash does not change: sizes are remembered.
pub fn sizes(shop: &Shop<'_>, items: &[Item]) -> Vec<u64> {
    let known = shop.store.trash_sizes();
    let measure = |item: &Item| match known.get(&size_key(item)) {
        Some(size) => *size,
        None => erase::size(&item.trash.path) + erase::size(&item.trash.admin),
    };
    let sizes: Vec<u64> = items.par_iter().map(measure).collect();
    let now: BTreeMap<String, u64> = items.iter().map(size_key).zip(sizes.iter().copied()).collect();
    if now != known && !items.is_empty() {
        // A cache: without it they are measured again.
        drop(shop.store.write_trash_sizes(&now));
    }
    sizes
}

/// Deletes the directories of something in the trash that a build makes again, as long as `go_on` says so. Gives those that are gone; what
/// cannot be looked into or deleted stays. Not an operation: nobody takes back what can be made again.
pub fn thin(shop: &Shop<'_>, item: &Item, names: &[String], go_on: &dyn Fn() -> bool) -> Vec<RepoPath> {
    let mut found = disposable(shop.repo, &item.trash, names).unwrap_or_default();
    found.retain(|dir| {
        crash::point();
        matches!(erase::erase(&item.trash.path.join(dir.to_path()), go_on), Ok(Erased::Whole))
    });
    if !found.is_empty() {
        let mut known = shop.store.trash_sizes();
        known.remove(&size_key(item));
        drop(shop.store.write_trash_sizes(&known));
    }
    found
}

/// Gives the actions that let go of everything given.
pub fn empty_actions(
    shop: &Shop<'_>,
    claim: &crate::domain::name::OperationId,
    items: &[Item],
) -> Result<Vec<Action>, OperationError> {
    let mut actions = Vec::new();
    for item in items {
        let doomed = shop.store.layout().doomed(claim, &item.trash);
        actions.push(Action::EmptyTrash { task: item.task.clone(), trash: item.trash.clone(), doomed });
        actions.extend(rescues(shop, item)?.into_iter().map(|(name, old)| Action::DeleteRef { name, old }));
    }
    Ok(actions)
}

/// Gives the rescue refs of something in the trash that there are.
fn rescues(
    shop: &Shop<'_>,
    item: &Item,
) -> Result<Vec<(String, crate::domain::oid::CommitId)>, OperationError> {
    let mut found = Vec::new();
    for name in &item.rescues {
        found.extend(shop.repo.ref_commit(name)?.map(|at| (name.clone(), at)));
    }
    Ok(found)
}

/// Lets go of everything given; [`sweep`] deletes it.
pub fn empty(
    shop: &Shop<'_>,
    claim: Claim,
    items: &[Item],
    actions: Vec<Action>,
    topology: Topology,
) -> Result<OperationRecord, OperationError> {
    let mut names: Vec<TaskName> = Vec::new();
    for item in items {
        if !names.contains(&item.name) {
            names.push(item.name.clone());
        }
    }
    let told: Vec<&str> = names.iter().map(TaskName::as_str).collect();
    let draft = Draft {
        command: "trash".to_owned(),
        summary: format!("deleted {} from the trash", told.join(", ")),
        tasks: names,
        actions,
        ..Draft::default()
    };
    shop.perform(claim, draft, Some(topology))
}

/// Deletes what was let go, as long as `go_on` says so. Gives whether all of it is deleted, and a sentence for each that
/// cannot be.
pub fn sweep(history: &History, go_on: &dyn Fn() -> bool) -> (Erased, Vec<String>) {
    let (mut whole, mut problems) = (Erased::Whole, Vec::new());
    let actions = history.operations().iter().flat_map(|operation| &operation.actions);
    for action in actions {
        let Action::EmptyTrash { trash, doomed, .. } = action else { continue };
        if !worktrees::is_taken(&doomed.path) && !worktrees::is_taken(&doomed.admin) {
            continue;
        }
        for dir in [&doomed.path, &doomed.admin] {
            crash::point();
            match erase::erase(dir, go_on) {
                Ok(Erased::Whole) => {}
                Ok(Erased::Part) => whole = Erased::Part,
                Err(error) => problems.push(error.to_string()),
            }
        }
        for place in [doomed, trash] {
            remove_empty_parents(place);
        }
        if whole == Erased::Part {
            break;
        }
    }
    (whole, problems)
}

/// Removes the directories of ours around a place that are empty now.
fn remove_empty_parents(place: &WorktreePlace) {
    for (path, levels) in [(&place.path, 2), (&place.admin, 3)] {
        for dir in path.ancestors().skip(1).take(levels) {
            let ours = ["trash", "emptied"]
                .iter()
                .any(|name| dir.components().any(|part| part.as_os_str() == *name));
            // Fails where something is in it.
            if !ours || !erase::remove_empty_dir(dir) {
                break;
            }
        }
    }
}

/// Finds out what is true of where something would come back as `record` says.
pub fn restore_facts(
    shop: &Shop<'_>,
    item: &Item,
    record: &TaskRecord,
) -> Result<RestoreFacts, OperationError> {
    let entries = worktrees::list_whole(shop.repo)?;
    Ok(RestoreFacts {
        tasks: shop.store.tasks()?.records,
        branch: shop.repo.branch_tip(&record.branch)?,
        used: branch_user(&entries, &record.branch).is_some(),
        occupied: worktrees::is_taken(&record.worktree) || worktrees::is_taken(&record.admin),
        in_progress: in_progress(&item.trash.admin),
        rescues: rescues(shop, item)?,
    })
}

/// Performs a restoration.
pub fn restore(
    shop: &Shop<'_>,
    claim: Claim,
    (names, summary): (Vec<TaskName>, String),
    actions: Vec<Action>,
    topology: Topology,
) -> Result<OperationRecord, OperationError> {
    let draft = Draft { command: "trash".to_owned(), tasks: names, summary, actions, ..Draft::default() };
    shop.perform(claim, draft, Some(topology))
}
