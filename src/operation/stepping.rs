//! Changes in a task's own worktree: its uncommitted work committed, a merge begun there; each with its way back. All of
//! them look first, so that each may be killed and repeated.

use super::{OperationError, Shop};
use crate::domain::action::Action;
use crate::domain::merge::Progress;
use crate::git::write::resolve::{self, Resolve};
use crate::git::write::uncommit::{self, Step};

/// Makes a commit stand that git made before, or that was taken back; nothing if it stands.
pub(super) fn commit(shop: &Shop<'_>, action: &Action, message: &str) -> Result<(), OperationError> {
    let (Action::Commit { place, branch, old, new, .. } | Action::Uncommit { place, branch, old, new, .. }) =
        action
    else {
        return Ok(());
    };
    if shop.repo.branch_tip(branch)? == Some(*new) {
        return Ok(());
    }
    let step = Step { tree: place, branch, from: *old, to: *new, index: None, message };
    Ok(uncommit::step(shop.repo, &step)?)
}

/// Takes a commit away and leaves its changes in the files; nothing if it is away already.
pub(super) fn uncommit(shop: &Shop<'_>, action: &Action, message: &str) -> Result<(), OperationError> {
    let (Action::Commit { place, branch, old, new, index, .. }
    | Action::Uncommit { place, branch, old, new, index, .. }) = action
    else {
        return Ok(());
    };
    if shop.repo.branch_tip(branch)? == Some(*old) {
        return Ok(());
    }
    let step = Step { tree: place, branch, from: *new, to: *old, index: *index, message };
    Ok(uncommit::step(shop.repo, &step)?)
}

/// Takes the merge out of an action.
pub(super) const fn of(action: &Action) -> Option<Resolve<'_>> {
    let (Action::BeginMerge { place, branch, head, other, into, .. }
    | Action::AbortMerge { place, branch, head, other, into, .. }) = action
    else {
        return None;
    };
    Some(Resolve { tree: place, branch, head: *head, other: *other, into })
}

/// Begins a merge.
pub(super) fn begin_merge(shop: &Shop<'_>, action: &Action) -> Result<(), OperationError> {
    if let Some(merge) = of(action) {
        resolve::begin(shop.repo, &merge, shop.needs)?;
    }
    Ok(())
}

/// Ends a merge that is in progress; one that was committed meanwhile stays.
pub(super) fn abort_merge(shop: &Shop<'_>, action: &Action) -> Result<(), OperationError> {
    let Some(merge) = of(action) else { return Ok(()) };
    if matches!(resolve::progress(shop.repo, &merge)?, Progress::Open(_)) {
        resolve::abort(shop.repo, &merge)?;
    }
    Ok(())
}

/// Tells whether the merge of an action is in progress.
pub(super) fn is_merging(shop: &Shop<'_>, action: &Action) -> Result<bool, OperationError> {
    let Some(merge) = of(action) else { return Ok(false) };
    Ok(matches!(resolve::progress(shop.repo, &merge)?, Progress::Open(_)))
}

/// Tells whether the worktree of an action is where the merge could be begun again.
pub(super) fn is_aborted(shop: &Shop<'_>, action: &Action) -> Result<bool, OperationError> {
    let Some(merge) = of(action) else { return Ok(false) };
    Ok(resolve::progress(shop.repo, &merge)? == Progress::None)
}
