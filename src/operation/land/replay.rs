//! Landing by rebase: each commit of a task made again on the moving tip, in memory.

use super::{Candidate, Desk, rejection};
use crate::domain::forecast::{Conflict, Merged, files_conflict};
use crate::domain::merge::Rejection;
use crate::domain::oid::CommitId;
use crate::git::merge::{self, Pick, Picks};
use crate::git::write::commit::{self, NewCommit};
use crate::operation::OperationError;

/// What a replay came to.
pub(super) enum Replayed {
    /// This commit holds the task's work; the same as before if all of it was there already.
    Onto(CommitId),
    /// It cannot be done.
    Not(Box<Rejection>),
}

/// Replays the commits of a candidate that `from` and `onto` lack, as `git rebase --onto ONTO FROM BRANCH` does: in its
/// order, without merge commits, without what is in the target already; authors and messages are kept. A commit that
/// stands where it should is taken as it is.
pub(super) fn replay(
    desk: &Desk<'_>,
    candidate: &Candidate,
    from: CommitId,
    onto: CommitId,
) -> Result<Replayed, OperationError> {
    let picks = match merge::picks(desk.shop.repo, (from, candidate.tip, onto), desk.store)? {
        Picks::All(picks) => picks,
        Picks::Unreadable(commit) => {
            let detail = format!("the text of commit {} is not UTF-8 and says no encoding", commit.short());
            return Ok(not(rejection(candidate, "needs-attention", detail)));
        }
    };
    let mut tip = onto;
    for pick in &picks {
        let Some(parent) = pick.parent else {
            let detail = format!("commit {} has no parent that it could be compared with", pick.id.short());
            return Ok(not(rejection(candidate, "needs-attention", detail)));
        };
        if parent == tip {
            tip = pick.id;
            continue;
        }
        match apply(desk, pick, parent, tip)? {
            Ok(next) => tip = next,
            Err(conflicts) => {
                let (files, subject) = (files_conflict(&conflicts), pick.subject());
                let detail = format!("{files} with {} in commit {} ({subject})", desk.into, pick.id.short());
                return Ok(not(Rejection { conflicts, ..rejection(candidate, "conflict", detail) }));
            }
        }
    }
    Ok(Replayed::Onto(tip))
}

fn not(rejection: Rejection) -> Replayed {
    Replayed::Not(Box::new(rejection))
}

type Applied = Result<CommitId, Vec<Conflict>>;

/// Makes one commit again; gives the same tip if nothing is left of its change.
fn apply(desk: &Desk<'_>, pick: &Pick, parent: CommitId, tip: CommitId) -> Result<Applied, OperationError> {
    let tree = match merge::merge_onto(desk.shop.repo, parent, tip, pick.id, desk.store)? {
        Merged::Clean(tree) => tree,
        Merged::Conflicts(conflicts) => return Ok(Err(conflicts)),
    };
    let view = desk.view();
    // What was empty from the beginning was meant to be, and git keeps it too.
    if tree == view.tree_of(tip)? && view.tree_of(pick.id)? != view.tree_of(parent)? {
        return Ok(Ok(tip));
    }
    let new = NewCommit {
        tree,
        parents: &[tip],
        message: &pick.message,
        author: Some(&pick.author),
        sign: desk.shop.needs.sign,
    };
    Ok(Ok(commit::create_in(desk.shop.repo, &new, desk.store)?))
}
