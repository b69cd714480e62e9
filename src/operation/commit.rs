//! Committing what is uncommitted in a task's worktree before it is landed: by git, with hooks and signing, when no
//! operation is open.

use std::time::Duration;

use super::{OperationError, Shop, stepping};
use crate::domain::action::Action;
use crate::domain::oid::CommitId;
use crate::domain::task::TaskRecord;
use crate::git::merge::ObjectStore;
use crate::git::write::leftovers::{self, LeftoverResult, Leftovers};
use crate::git::write::{snapshot, uncommit};

/// How long hooks and signing may take together.
const LIMIT: Duration = Duration::from_secs(60);

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// The commit stands; the action belongs into the operation that lands it, so that both are taken back together.
    Made(Box<Action>),
    /// There was nothing to commit.
    Nothing,
    /// It was refused, in these words; everything is as it was.
    Refused(String),
}

/// Gives the message of such a commit: the task's prompt says best what the change is.
pub fn message(task: &TaskRecord, title: Option<&str>, run: Option<&str>) -> String {
    let title = title.and_then(|title| title.lines().map(str::trim).find(|line| !line.is_empty()));
    let title = title.unwrap_or("what was left uncommitted");
    let run = run.map(|run| format!("Windrow-Run: {run}\n")).unwrap_or_default();
    format!(
        "{}: {title}\n\nLeft uncommitted, committed by windrow.\n\nWindrow-Task: {}\n{run}",
        task.name, task.name
    )
}

/// Commits everything that is uncommitted or untracked in a task's worktree.
pub fn uncommitted(shop: &Shop<'_>, task: &TaskRecord, message: &str) -> Result<Committed, OperationError> {
    let Some(old) = shop.repo.branch_tip(&task.branch)? else { return Ok(Committed::Nothing) };
    let place = task.place();
    let index = uncommit::staged(shop.repo, &place, &shop.store.layout().scratch())?;
    let left = Leftovers { tree: &place, branch: &task.branch, message, limit: LIMIT };
    Ok(match leftovers::commit(shop.repo, &left)? {
        LeftoverResult::Nothing => Committed::Nothing,
        LeftoverResult::Refused(why) => Committed::Refused(why),
        LeftoverResult::Committed(new) => {
            let (task, branch) = (task.id.clone(), task.branch.clone());
            Committed::Made(Box::new(Action::Commit { task, place, branch, old, new, index }))
        }
    })
}

/// Takes back commits that no operation names, since the landing that they were made for failed.
pub fn take_back(shop: &Shop<'_>, commits: &[Action]) -> Result<(), OperationError> {
    commits.iter().rev().try_for_each(|action| stepping::uncommit(shop, action, "windrow merge: taken back"))
}

/// Gives the commit that [`uncommitted`] would make, as an object that stays out of the repository's store; none if
/// there is nothing to commit.
pub fn preview(
    shop: &Shop<'_>,
    task: &TaskRecord,
    store: ObjectStore<'_>,
) -> Result<Option<CommitId>, OperationError> {
    let Some(head) = shop.repo.branch_tip(&task.branch)? else { return Ok(None) };
    let scratch = shop.store.layout().scratch();
    Ok(snapshot::take(shop.repo, &task.place(), head, &scratch, store)?)
}
