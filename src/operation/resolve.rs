//! A merge of the target into a task's branch, in the task's worktree, that a person finishes.

use std::time::Duration;

use super::{Draft, OperationError, Shop, stepping};
use crate::domain::action::Action;
use crate::domain::merge::{Progress, Strategy};
use crate::domain::name::{BranchName, OperationId};
use crate::domain::oid::CommitId;
use crate::domain::operation::{History, OperationRecord};
use crate::domain::path::RepoPath;
use crate::domain::task::TaskRecord;
use crate::domain::undo::{MergeNow, rescue_ref};
use crate::git::merge::ObjectStore;
use crate::git::write::resolve::{self, Concluded};
use crate::git::write::snapshot;

/// How long hooks and signing may take together.
const LIMIT: Duration = Duration::from_secs(60);

/// A merge that was begun.
#[derive(Debug, Clone)]
pub struct Begun<'a> {
    /// The operation that began it.
    pub operation: &'a OperationId,
    /// The merge.
    pub action: &'a Action,
    /// The target.
    pub into: &'a BranchName,
    /// The target's tip that is merged.
    pub other: CommitId,
    /// The branch's tip before.
    pub head: CommitId,
    /// How it is to be landed.
    pub strategy: Strategy,
    /// How far it has come.
    pub progress: Progress,
}

/// What is merged into which task, and how that is to be landed.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The task.
    pub task: &'a TaskRecord,
    /// Its branch's tip.
    pub head: CommitId,
    /// The target.
    pub into: &'a BranchName,
    /// The target's tip.
    pub other: CommitId,
    /// How.
    pub strategy: Strategy,
}

impl Request<'_> {
    fn action(&self) -> Action {
        Action::BeginMerge {
            task: self.task.id.clone(),
            place: self.task.place(),
            branch: self.task.branch.clone(),
            head: self.head,
            other: self.other,
            into: self.into.clone(),
            strategy: self.strategy,
        }
    }
}

/// Gives the action of a beginning after making sure, with nothing changed, that nothing stands in its way.
pub fn check(shop: &Shop<'_>, request: &Request<'_>) -> Result<Action, OperationError> {
    let action = request.action();
    if let Some(merge) = stepping::of(&action) {
        resolve::check(shop.repo, &merge, shop.needs)?;
    }
    Ok(action)
}

/// Begins a merge; gives the paths in conflict.
pub fn begin(
    shop: &Shop<'_>,
    request: &Request<'_>,
) -> Result<(OperationRecord, Vec<RepoPath>), OperationError> {
    let action = request.action();
    let draft = Draft {
        command: "merge".to_owned(),
        summary: format!("began to merge {} into {}", request.into, request.task.branch),
        tasks: vec![request.task.name.clone()],
        actions: vec![action.clone()],
        ..Draft::default()
    };
    let record = shop.perform(shop.claim()?, draft, None)?;
    let paths = match progress(shop, &action)? {
        Progress::Open(paths) => paths,
        _ => Vec::new(),
    };
    Ok((record, paths))
}

/// Gives the newest merge of a task that was begun by us and is neither undone nor given up.
pub fn begun<'a>(
    shop: &Shop<'_>,
    history: &'a History,
    task: &TaskRecord,
) -> Result<Option<Begun<'a>>, OperationError> {
    let of_task = |action: &&Action| matches!(action, Action::BeginMerge { task: id, .. } if *id == task.id);
    for operation in history.standing().rev() {
        let Some(action) = operation.actions.iter().find(of_task) else { continue };
        let Action::BeginMerge { into, other, head, strategy, .. } = action else { continue };
        let progress = progress(shop, action)?;
        let (other, head, strategy) = (*other, *head, *strategy);
        return Ok(Some(Begun { operation: &operation.id, action, into, other, head, strategy, progress }));
    }
    Ok(None)
}

fn progress(shop: &Shop<'_>, action: &Action) -> Result<Progress, OperationError> {
    match stepping::of(action) {
        Some(merge) => Ok(resolve::progress(shop.repo, &merge)?),
        None => Ok(Progress::None),
    }
}

/// Tells, for an undo, how far the merge of an action has come.
pub(super) fn now(shop: &Shop<'_>, action: &Action) -> Result<MergeNow, OperationError> {
    Ok(match (progress(shop, action)?, stepping::of(action)) {
        (Progress::Open(_), Some(merge)) => {
            let scratch = shop.store.layout().scratch();
            let store = ObjectStore::Repository;
            MergeNow::Open(snapshot::take(shop.repo, merge.tree, merge.head, &scratch, store)?)
        }
        (Progress::Committed(_), Some(merge)) => {
            MergeNow::Changed(format!("branch {} has moved since", merge.branch))
        }
        (Progress::Other(why), _) => MergeNow::Changed(why),
        _ => MergeNow::Gone,
    })
}

/// Commits a merge that was begun, and records that as an operation of its own; gives why it was refused.
pub fn conclude(
    shop: &Shop<'_>,
    (task, begun): (&TaskRecord, &Begun<'_>),
    history: &History,
) -> Result<Option<String>, OperationError> {
    let new = match (&begun.progress, stepping::of(begun.action)) {
        (Progress::Committed(tip), _) => *tip,
        (Progress::Open(_), Some(merge)) => match resolve::conclude(shop.repo, &merge, LIMIT)? {
            Concluded::Committed(new) => new,
            Concluded::Refused(why) => return Ok(Some(why)),
        },
        _ => return Ok(None),
    };
    let moved = Action::MoveRef {
        name: task.branch.ref_name(),
        old: begun.head,
        new,
        checked_out_at: Some(task.worktree.clone()),
    };
    // Asked a second time, after landing failed.
    if history.standing().any(|operation| operation.actions.contains(&moved)) {
        return Ok(None);
    }
    shop.record(Draft {
        command: "merge".to_owned(),
        tasks: vec![task.name.clone()],
        summary: format!("merged {} into {}", begun.into, task.branch),
        actions: vec![moved],
        ..Draft::default()
    })?;
    Ok(None)
}

/// Stages what somebody made of the paths in conflict; gives those in which git's markers still stand.
pub fn stage_solved(
    shop: &Shop<'_>,
    task: &TaskRecord,
    paths: &[RepoPath],
) -> Result<Vec<RepoPath>, OperationError> {
    Ok(resolve::stage_solved(shop.repo, &task.place(), paths)?)
}

/// Gives the action that ends a merge.
pub fn abort_action(begun: &Begun<'_>) -> Action {
    match begun.action.clone() {
        Action::BeginMerge { task, place, branch, head, other, into, strategy } => {
            Action::AbortMerge { task, place, branch, head, other, into, strategy }
        }
        other => other,
    }
}

/// Ends a merge that was begun: an undo of its beginning.
pub fn abort(
    shop: &Shop<'_>,
    task: &TaskRecord,
    begun: &Begun<'_>,
) -> Result<OperationRecord, OperationError> {
    let claim = shop.claim()?;
    // What was solved so far would be gone with the merge.
    let keep = match now(shop, begun.action)? {
        MergeNow::Open(Some(at)) => Some(Action::CreateRef { name: rescue_ref(&claim.id, &task.id), at }),
        _ => None,
    };
    let draft = Draft {
        command: "merge".to_owned(),
        summary: format!("aborted the merge of {} into {}", begun.into, task.branch),
        tasks: vec![task.name.clone()],
        undoes: vec![begun.operation.clone()],
        actions: keep.into_iter().chain([abort_action(begun)]).collect(),
        ..Draft::default()
    };
    shop.perform(claim, draft, None)
}
