//! Applying actions: creation and removal under the topology lock, checkouts outside it and in parallel, records last.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::scratch::SCRATCH;
use super::{OperationError, Shop, Topology, crash, stepping};
use crate::domain::action::{Action, Changes};
use crate::domain::copies::CopyRules;
use crate::domain::name::{OperationId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::place::{Place, WorktreePlace, branch_user};
use crate::git::preflight::Needs;
use crate::git::write::advance::{self, Advance};
use crate::git::write::create::NewHead;
use crate::git::write::owned::Owner;
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
        Action::Commit { .. } | Action::Uncommit { .. } => false,
        Action::BeginMerge { .. } | Action::AbortMerge { .. } => false,
        Action::CreateScratch { .. } | Action::TrashScratch { .. } => true,
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
            if may_be_half_done(action, &cause) {
                touched.push(i);
            }
            return Err(Failure { cause: Box::new(cause), touched });
        }
        touched.push(i);
        crash::point();
        if Filling::of(action).is_none() && !matches!(action, Action::WriteTask { .. }) {
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

/// Tells whether a step that failed may have left something: a rename of two, or files that could not be put back. The
/// others change one thing or nothing; to take one of them back would be to undo what somebody else did.
const fn may_be_half_done(action: &Action, cause: &OperationError) -> bool {
    let of_two = matches!(
        action,
        Action::TrashWorktree { .. }
            | Action::RestoreWorktree { .. }
            | Action::CreateWorktree { .. }
            | Action::CreateScratch { .. }
            | Action::TrashScratch { .. }
            | Action::Rehome { .. }
            | Action::EmptyTrash { .. }
    );
    of_two
        || matches!(cause, OperationError::HalfDone { .. } | OperationError::Git(GitError::HalfDone { .. }))
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
        Action::CreateRef { name, at } => {
            if !refs::create(shop.repo, name, *at, &message("created"))? {
                // Somebody else's, were it at the same commit.
                return Err(
                    GitError::RefMoved { name: name.clone(), expected: None, found: Some(*at) }.into()
                );
            }
        }
        Action::DeleteRef { name, old } => {
            refuse_in_use(shop, name)?;
            refs::delete(shop.repo, name, *old, &shop.owner(operation))?;
        }
        Action::MoveRef { name, old, new, checked_out_at } => {
            let step = Move { operation, name, old: *old, new: *new, message: message("moved") };
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
        Action::CreateScratch { task, place, at } => {
            let staging = shop.store.layout().staging(operation, task);
            create::register(shop.repo.place(), place, NewHead::Detached(*at), &staging, SCRATCH)?;
        }
        // Its agent may have removed it: then what is left of it goes.
        Action::TrashScratch { place, trash: to, .. } => trash::to_trash(shop.repo.place(), place, to)?,
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
        Action::Commit { .. } => stepping::commit(shop, action, &message("committed"))?,
        Action::Uncommit { .. } => stepping::uncommit(shop, action, &message("taken back"))?,
        Action::BeginMerge { .. } => stepping::begin_merge(shop, action)?,
        Action::AbortMerge { .. } => stepping::abort_merge(shop, action)?,
        Action::ShiftChanges { place, head, from, to } => shift_changes(shop, place, *head, (from, to))?,
        Action::Attempt { .. } => {}
    }
    Ok(())
}

/// Refuses a branch that a worktree has checked out, rebases or bisects: git does not delete it either.
fn refuse_in_use(shop: &Shop<'_>, name: &str) -> Result<(), OperationError> {
    match user_of(shop, name)? {
        Some(path) => Err(OperationError::BranchInUse {
            branch: name.strip_prefix("refs/heads/").unwrap_or(name).to_owned(),
            path,
        }),
        None => Ok(()),
    }
}

/// Gives the root of a worktree that uses a branch, where there is one.
pub(super) fn user_of(shop: &Shop<'_>, name: &str) -> Result<Option<PathBuf>, OperationError> {
    let Some(branch) = name.strip_prefix("refs/heads/").and_then(|branch| branch.parse().ok()) else {
        return Ok(None);
    };
    let entries = worktrees::list_whole(shop.repo)?;
    Ok(branch_user(&entries, &branch).map(|(entry, _)| entry.path.clone()))
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
    for (_, filling) in new.iter().filter(|(_, filling)| !filling.stays_locked) {
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
    stays_locked: bool,
}

impl Filling {
    fn of(action: &Action) -> Option<Self> {
        match action {
            Action::CreateWorktree { task, place, at, overlay, staged, copies, .. } => Some(Self {
                task: task.clone(),
                tree: place.clone(),
                at: *at,
                overlay: *overlay,
                staged: *staged,
                copies: copies.clone(),
                stays_locked: false,
            }),
            Action::CreateScratch { task, place, at } => Some(Self {
                task: task.clone(),
                tree: place.clone(),
                at: *at,
                overlay: None,
                staged: None,
                copies: CopyRules::default(),
                stays_locked: true,
            }),
            _ => None,
        }
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
    pub(super) operation: &'a OperationId,
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
    let git_dir = registered(shop.repo, root)?;
    let owner = shop.owner(step.operation);
    let (old, new, needs) = (step.old, step.new, shop.needs);
    let moving = Advance { worktree: root, git_dir: &git_dir, old, new, needs, owner: &owner };
    let moved = advance::files(shop.repo, &moving)?;
    crash::point();
    let Err(cause) = refs::advance(shop.repo, step.name, step.old, step.new, &step.message) else {
        crash::point();
        return Ok(());
    };
    match moved.restore() {
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
    let git_dir = registered(shop.repo, root)?;
    let owner = Owner::nobody();
    let (old, new, needs) = (*old, *new, shop.needs);
    let moving = Advance { worktree: root, git_dir: &git_dir, old, new, needs, owner: &owner };
    Ok(advance::check(shop.repo, &moving)?)
}

fn registered(repo: &Repo, root: &Path) -> Result<PathBuf, OperationError> {
    git_dir_of(repo, root)?.ok_or_else(|| {
        GitError::NotOurs { path: root.to_owned(), what: "it is not registered".to_owned() }.into()
    })
}

/// Finds the git directory of the worktree whose root this is; nothing if it is not registered.
pub(super) fn git_dir_of(repo: &Repo, root: &Path) -> Result<Option<PathBuf>, OperationError> {
    let place = repo.place();
    if place.main_worktree.as_deref() == Some(root) {
        return Ok(Some(place.common_dir.clone()));
    }
    let entry = worktrees::list_whole(repo)?.into_iter().find(|entry| entry.path == root);
    Ok(entry.and_then(|entry| entry.admin))
}
