//! Applying actions: creation and removal under the topology lock, checkouts outside it and in parallel, records last.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{OperationError, Shop, Topology, crash};
use crate::domain::action::{Action, Changes};
use crate::domain::copies::CopyRules;
use crate::domain::name::{OperationId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::preflight::Needs;
use crate::git::write::advance::{self, Advance};
use crate::git::write::{checkout, create, refs, shift, trash};
use crate::git::{GitError, Repo, copies, worktrees};
use crate::store::journal::OpenOperation;

/// Why an operation failed, and which of its actions may have left something.
pub(super) struct Failure {
    pub(super) cause: Box<OperationError>,
    pub(super) touched: Vec<usize>,
}

/// Tells whether an action creates or removes a worktree or a branch.
pub(super) fn needs_topology(action: &Action) -> bool {
    match action {
        Action::CreateRef { .. } | Action::DeleteRef { .. } | Action::CreateWorktree { .. } => true,
        Action::TrashWorktree { .. } | Action::RestoreWorktree { .. } => true,
        Action::Rehome { .. } | Action::EmptyTrash { .. } => true,
        Action::MoveRef { .. } | Action::WriteTask { .. } => false,
        Action::ShiftChanges { .. } | Action::Attempt { .. } => false,
    }
}

/// Applies all actions of an open operation.
pub(super) fn all(
    shop: &Shop<'_>,
    open: &mut OpenOperation,
    topology: Option<Topology>,
) -> Result<(), Failure> {
    let record = open.record.clone();
    let mut touched = Vec::new();
    // Changes leave a worktree when they are in another.
    let first_new = record.actions.iter().position(|action| matches!(action, Action::CreateWorktree { .. }));
    let is_late = |i: usize, action: &Action| {
        matches!(action, Action::ShiftChanges { .. }) && first_new.is_some_and(|new| new < i)
    };
    for (i, action) in record.actions.iter().enumerate() {
        if is_late(i, action) {
            continue;
        }
        let step = one(shop, &record.id, &record.command, action);
        if let Err(cause) = step {
            return Err(Failure { cause: Box::new(cause), touched });
        }
        touched.push(i);
        crash::point();
        if !matches!(action, Action::CreateWorktree { .. } | Action::WriteTask { .. }) {
            note(open, i, &touched)?;
        }
    }
    drop(topology);
    fill(shop, open, &record.actions)
        .map_err(|cause| Failure { cause: Box::new(cause), touched: touched.clone() })?;
    for (i, action) in record.actions.iter().enumerate().filter(|(i, action)| is_late(*i, action)) {
        // It may be done in part when it fails.
        touched.push(i);
        one(shop, &record.id, &record.command, action)
            .map_err(|cause| Failure { cause: Box::new(cause), touched: touched.clone() })?;
        crash::point();
        note(open, i, &touched)?;
    }
    for (i, action) in record.actions.iter().enumerate() {
        if let Action::WriteTask { id, after, .. } = action {
            let written = shop.store.write_task(id, after.as_deref());
            written.map_err(|cause| Failure { cause: Box::new(cause.into()), touched: touched.clone() })?;
            crash::point();
            note(open, i, &touched)?;
        }
    }
    Ok(())
}

fn note(open: &mut OpenOperation, index: usize, touched: &[usize]) -> Result<(), Failure> {
    open.applied(index).map_err(|cause| Failure { cause: Box::new(cause.into()), touched: touched.to_vec() })
}

fn one(
    shop: &Shop<'_>,
    operation: &OperationId,
    command: &str,
    action: &Action,
) -> Result<(), OperationError> {
    let message = |what: &str| format!("windrow {command}: {what}");
    match action {
        Action::CreateRef { name, at } => drop(refs::create(shop.repo, name, *at, &message("created"))?),
        Action::DeleteRef { name, old } => drop(refs::delete(shop.repo, name, *old)?),
        Action::MoveRef { name, old, new, checked_out_at } => {
            let step = Move { name, old: *old, new: *new, message: message("moved") };
            move_ref(shop, &step, checked_out_at.as_deref())?;
        }
        Action::CreateWorktree { task, place, branch, .. } => {
            let staging = shop.store.layout().staging(operation, task);
            let reason = format!("windrow {task}");
            create::register(shop.repo.place(), place, branch, &staging, &reason)?;
        }
        Action::TrashWorktree { place, trash: to, .. } => {
            trash::to_trash(shop.repo.place(), place, to)?;
        }
        Action::RestoreWorktree { place, trash: from, .. } => {
            trash::from_trash(shop.repo.place(), from, place)?;
        }
        Action::Rehome { trash: lies, from, to, .. } => {
            trash::rehome(shop.repo.place(), lies, from, to)?;
        }
        Action::EmptyTrash { trash: from, doomed, .. } => trash::doom(from, doomed)?,
        Action::WriteTask { id, before, .. } => {
            if shop.store.task(id)?.as_ref() != before.as_deref() {
                return Err(OperationError::TaskMoved(id.to_string()));
            }
        }
        Action::ShiftChanges { place, head, from, to } => shift_changes(shop, place, *head, (from, to))?,
        Action::Attempt { .. } => {}
    }
    Ok(())
}

fn shift_changes(
    shop: &Shop<'_>,
    place: &WorktreePlace,
    head: CommitId,
    (from, to): (&Changes, &Changes),
) -> Result<(), OperationError> {
    let scratch = shop.store.scratch()?;
    // Decided without a lock: somebody may have worked there meanwhile.
    if let Some(what) = shift::differs(shop.repo, place, head, from, &scratch)? {
        return Err(GitError::Unmovable { worktree: place.path.clone(), what }.into());
    }
    Ok(shift::apply(shop.repo, place, from, to, &scratch)?)
}

/// Fills the new worktrees, each on its own handle.
fn fill(shop: &Shop<'_>, open: &mut OpenOperation, actions: &[Action]) -> Result<(), OperationError> {
    let new: Vec<(usize, Filling)> =
        actions.iter().enumerate().filter_map(|(i, action)| Some((i, Filling::of(action)?))).collect();
    let (place, needs, scratch) = (shop.repo.place().clone(), shop.needs.clone(), shop.store.scratch()?);
    let filled: Vec<(usize, Result<(), GitError>)> =
        new.par_iter().map(|(i, filling)| (*i, filling.fill(&place, &needs, &scratch))).collect();
    for ((i, result), (_, filling)) in filled.into_iter().zip(&new) {
        result.map_err(|source| OperationError::Task { task: filling.task.to_string(), source })?;
        crash::point();
        open.applied(i)?;
    }
    for (_, filling) in &new {
        crate::git::write::lock::unlock(&filling.tree)?;
    }
    Ok(())
}

struct Filling {
    task: TaskId,
    tree: WorktreePlace,
    at: CommitId,
    overlay: Option<CommitId>,
    staged: Option<CommitId>,
    copies: CopyRules,
}

impl Filling {
    fn of(action: &Action) -> Option<Self> {
        let Action::CreateWorktree { task, place, at, overlay, staged, copies, .. } = action else {
            return None;
        };
        let (task, tree) = (task.clone(), place.clone());
        Some(Self { task, tree, at: *at, overlay: *overlay, staged: *staged, copies: copies.clone() })
    }

    fn fill(&self, place: &Place, needs: &Needs, scratch: &Path) -> Result<(), GitError> {
        let repo = Repo::open(place)?;
        let tree_of = |commit: Option<CommitId>| commit.map(|commit| repo.tree_of(commit)).transpose();
        checkout::checkout(place, &self.tree, self.at, tree_of(self.overlay)?, needs)?;
        if let Some(index) = tree_of(self.staged)? {
            shift::stage(&self.tree, &place.common_dir, index)?;
        }
        crash::point();
        copies::bring(place, &self.tree, &self.copies, scratch).map(drop)
    }
}

/// A branch's move.
pub(super) struct Move<'a> {
    pub(super) name: &'a str,
    pub(super) old: CommitId,
    pub(super) new: CommitId,
    pub(super) message: String,
}

/// Moves a branch: where it is checked out, files and index first, then the ref by compare-and-swap; if that fails the
/// files are put back (DESIGN §8.7).
pub(super) fn move_ref(
    shop: &Shop<'_>,
    step: &Move<'_>,
    checked_out_at: Option<&Path>,
) -> Result<(), OperationError> {
    let Some(root) = checked_out_at else {
        refs::advance(shop.repo, step.name, step.old, step.new, &step.message)?;
        return Ok(());
    };
    let git_dir = git_dir_of(shop.repo, root)?;
    let moving =
        Advance { worktree: root, git_dir: &git_dir, old: step.old, new: step.new, needs: shop.needs };
    advance::check(shop.repo, &moving)?;
    let moved = advance::files(shop.repo, &moving);
    crash::point();
    let moved = moved.and_then(|()| refs::advance(shop.repo, step.name, step.old, step.new, &step.message));
    let Err(cause) = moved else { return Ok(()) };
    match advance::restore(shop.repo, &moving) {
        Ok(_) => Err(cause.into()),
        Err(rollback) => Err(OperationError::HalfDone {
            cause: Box::new(cause.into()),
            rollback: Box::new(rollback.into()),
        }),
    }
}

/// Looks whether the worktree that has a branch checked out would let it be moved.
pub(super) fn check_move(shop: &Shop<'_>, action: &Action) -> Result<(), OperationError> {
    let Action::MoveRef { old, new, checked_out_at: Some(root), .. } = action else { return Ok(()) };
    let git_dir = git_dir_of(shop.repo, root)?;
    let moving = Advance { worktree: root, git_dir: &git_dir, old: *old, new: *new, needs: shop.needs };
    Ok(advance::check(shop.repo, &moving)?)
}

/// Finds the git directory of the worktree whose root this is.
pub(super) fn git_dir_of(repo: &Repo, root: &Path) -> Result<PathBuf, OperationError> {
    let place = repo.place();
    if place.main_worktree.as_deref() == Some(root) {
        return Ok(place.common_dir.clone());
    }
    let entry = worktrees::list(repo)?.into_iter().find(|entry| entry.path == root);
    let admin = entry.and_then(|entry| entry.admin);
    admin.ok_or_else(|| {
        GitError::NotOurs { path: root.to_owned(), what: "it is not registered".to_owned() }.into()
    })
}
