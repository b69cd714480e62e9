//! Primitive changes, and what takes each back.

use serde::{Deserialize, Serialize};

use super::copies::CopyRules;
use super::merge::Strategy;
use super::name::{BranchName, TaskId};
use super::oid::{CommitId, TreeId};
use super::place::WorktreePlace;
use super::task::TaskRecord;
use std::path::PathBuf;

/// One primitive change of the repository or of our records. `operation` alone applies it; it carries every old and
/// new value, so that it can be checked against the world, applied by compare-and-swap and inverted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Action {
    /// Creates a ref that does not exist.
    CreateRef {
        /// Full name, `refs/…`.
        name: String,
        /// The commit it will name.
        at: CommitId,
    },
    /// Deletes a ref that names `old`.
    DeleteRef {
        /// Full name, `refs/…`.
        name: String,
        /// The commit it names now.
        old: CommitId,
    },
    /// Moves a branch, and the worktree that has it checked out.
    MoveRef {
        /// Full name, `refs/…`.
        name: String,
        /// The commit it names now.
        old: CommitId,
        /// The commit it will name.
        new: CommitId,
        /// The root of the worktree whose HEAD is on it.
        #[serde(with = "super::path::as_optional_text")]
        checked_out_at: Option<PathBuf>,
    },
    /// Makes a linked worktree on an existing branch.
    CreateWorktree {
        /// The task it is for.
        task: TaskId,
        /// Where.
        place: WorktreePlace,
        /// The branch that its HEAD will be on.
        branch: BranchName,
        /// The commit that is checked out.
        at: CommitId,
        /// A commit whose tree's differences from `at` are put into the files, uncommitted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overlay: Option<CommitId>,
        /// A commit whose tree the index gets; none leaves it at that of `at`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        staged: Option<CommitId>,
        /// Ignored files of the main worktree that are put into it.
        #[serde(default, skip_serializing_if = "CopyRules::is_empty")]
        copies: CopyRules,
    },
    /// Moves a worktree and its administrative directory into the trash, by renames.
    TrashWorktree {
        /// The task it belongs to.
        task: TaskId,
        /// Where it stands.
        place: WorktreePlace,
        /// Where it goes.
        trash: WorktreePlace,
    },
    /// Moves a worktree and its administrative directory back out of the trash.
    RestoreWorktree {
        /// The task it belongs to.
        task: TaskId,
        /// Where it stood and will stand.
        place: WorktreePlace,
        /// Where it lies.
        trash: WorktreePlace,
    },
    /// Makes a worktree that lies in the trash one of another place and branch.
    Rehome {
        /// The task it will belong to.
        task: TaskId,
        /// Where it lies.
        trash: WorktreePlace,
        /// Where it stood, and the branch that its HEAD is on.
        from: Home,
        /// Where it will stand, and the branch that its HEAD will be on.
        to: Home,
    },
    /// Takes a worktree out of the trash to be deleted for good once the operation has ended; nothing takes it back.
    EmptyTrash {
        /// The task it belonged to.
        task: TaskId,
        /// Where it lies.
        trash: WorktreePlace,
        /// Where it goes to be deleted.
        doomed: WorktreePlace,
    },
    /// Makes a scratch worktree: HEAD detached, locked as `windrow scratch` as long as it is there. It is gone when its
    /// work is done, so that there is nothing to take back.
    CreateScratch {
        /// The task it is for.
        task: TaskId,
        /// Where.
        place: WorktreePlace,
        /// The commit that is checked out.
        at: CommitId,
    },
    /// Moves a scratch worktree into the trash, by renames. Nobody wants it back where it stood.
    TrashScratch {
        /// The task it was for.
        task: TaskId,
        /// Where it stands.
        place: WorktreePlace,
        /// Where it goes.
        trash: WorktreePlace,
    },
    /// Replaces a task's record; none stands for no file.
    WriteTask {
        /// The task.
        id: TaskId,
        /// What stands there now.
        before: Option<Box<TaskRecord>>,
        /// What will stand there.
        after: Option<Box<TaskRecord>>,
    },
    /// Changes what is uncommitted in a worktree: each file that differs between `from` and `to`, and the index.
    ShiftChanges {
        /// The worktree; of the main one, the common dir is its administrative directory.
        place: WorktreePlace,
        /// The commit that its HEAD is at.
        head: CommitId,
        /// What is there now.
        from: Changes,
        /// What will be there.
        to: Changes,
    },
    /// Lets an agent work in a worktree that exists: changes nothing itself, says what to go back to.
    Attempt {
        /// The task.
        task: TaskId,
        /// Its worktree.
        place: WorktreePlace,
        /// Its branch.
        branch: BranchName,
        /// The branch's tip before the agent began.
        head: CommitId,
        /// A commit on `head` whose tree is the worktree as it was, untracked files included; none if that is `head`'s.
        snapshot: Option<CommitId>,
        /// A commit on `head` whose tree is the index as it was; none if that is `head`'s, or no tree as with unmerged
        /// paths.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        staged: Option<CommitId>,
    },
    /// Commits what is uncommitted in a worktree. Git makes the commit, with its hooks, before the operation begins; the
    /// action makes it one that can be taken back.
    Commit {
        /// The task.
        task: TaskId,
        /// Its worktree.
        place: WorktreePlace,
        /// Its branch.
        branch: BranchName,
        /// The branch's tip without the commit.
        old: CommitId,
        /// The commit.
        new: CommitId,
        /// What was staged before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<TreeId>,
    },
    /// Takes the newest commit of a worktree's branch away and leaves the files as they are.
    Uncommit {
        /// The task.
        task: TaskId,
        /// Its worktree.
        place: WorktreePlace,
        /// Its branch.
        branch: BranchName,
        /// The branch's tip without the commit.
        old: CommitId,
        /// The commit.
        new: CommitId,
        /// What was staged before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<TreeId>,
    },
    /// Begins to merge a commit into a task's branch, in its worktree, as far as git gets: the files in conflict hold
    /// markers, nothing is committed.
    BeginMerge {
        /// The task.
        task: TaskId,
        /// Its worktree.
        place: WorktreePlace,
        /// Its branch.
        branch: BranchName,
        /// The branch's tip.
        head: CommitId,
        /// The commit that is merged.
        other: CommitId,
        /// The branch it is the tip of, and into which the task is to be landed afterwards.
        into: BranchName,
        /// How it is to be landed.
        strategy: Strategy,
    },
    /// Ends a merge that was begun and not committed; the files are again as in `head`.
    AbortMerge {
        /// The task.
        task: TaskId,
        /// Its worktree.
        place: WorktreePlace,
        /// Its branch.
        branch: BranchName,
        /// The branch's tip.
        head: CommitId,
        /// The commit that is merged.
        other: CommitId,
        /// The branch it is the tip of, and into which the task is to be landed afterwards.
        into: BranchName,
        /// How it is to be landed.
        strategy: Strategy,
    },
}

/// Where a worktree belongs, and to which branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Home {
    /// Its two paths.
    pub place: WorktreePlace,
    /// The branch.
    pub branch: BranchName,
}

/// Files and index of a worktree, each as a commit whose tree they are; those of HEAD are no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Changes {
    /// The files, untracked ones included, ignored ones not.
    pub files: CommitId,
    /// The index.
    pub index: CommitId,
}

impl Action {
    /// Gives the change that takes this one back. `trash` says where a worktree goes that has to leave.
    ///
    /// [`Action::Attempt`] has none: what an agent did is taken back by the whole of [`super::undo`]. Neither has
    /// [`Action::EmptyTrash`], nor scratch worktrees.
    pub fn inverse(&self, trash: impl Fn(&TaskId) -> WorktreePlace) -> Option<Self> {
        Some(match self.clone() {
            Self::CreateRef { name, at } => Self::DeleteRef { name, old: at },
            Self::DeleteRef { name, old } => Self::CreateRef { name, at: old },
            Self::MoveRef { name, old, new, checked_out_at } => {
                Self::MoveRef { name, old: new, new: old, checked_out_at }
            }
            Self::CreateWorktree { task, place, .. } => {
                let trash = trash(&task);
                Self::TrashWorktree { task, place, trash }
            }
            Self::TrashWorktree { task, place, trash } => Self::RestoreWorktree { task, place, trash },
            Self::RestoreWorktree { task, place, trash } => Self::TrashWorktree { task, place, trash },
            Self::WriteTask { id, before, after } => Self::WriteTask { id, before: after, after: before },
            Self::Rehome { task, trash, from, to } => Self::Rehome { task, trash, from: to, to: from },
            Self::Commit { task, place, branch, old, new, index } => {
                Self::Uncommit { task, place, branch, old, new, index }
            }
            Self::Uncommit { task, place, branch, old, new, index } => {
                Self::Commit { task, place, branch, old, new, index }
            }
            Self::BeginMerge { task, place, branch, head, other, into, strategy } => {
                Self::AbortMerge { task, place, branch, head, other, into, strategy }
            }
            Self::AbortMerge { task, place, branch, head, other, into, strategy } => {
                Self::BeginMerge { task, place, branch, head, other, into, strategy }
            }
            Self::ShiftChanges { place, head, from, to } => {
                Self::ShiftChanges { place, head, from: to, to: from }
            }
            Self::CreateScratch { .. } | Self::TrashScratch { .. } => return None,
            Self::EmptyTrash { .. } | Self::Attempt { .. } => return None,
        })
    }

    /// Describes the change in a line for a person.
    pub fn describe(&self) -> String {
        let short = |name: &str| match name.strip_prefix("refs/heads/") {
            Some(branch) => format!("branch {branch}"),
            None => format!("ref {name}"),
        };
        let show = super::path::show;
        match self {
            Self::CreateRef { name, at } => format!("create {} at {}", short(name), at.short()),
            Self::DeleteRef { name, old } => format!("delete {} (was {})", short(name), old.short()),
            Self::MoveRef { name, old, new, checked_out_at } => {
                let place = checked_out_at.as_ref().map(|path| format!(", checked out at {}", show(path)));
                format!(
                    "move {} from {} to {}{}",
                    short(name),
                    old.short(),
                    new.short(),
                    place.unwrap_or_default()
                )
            }
            Self::CreateWorktree { place, branch, at, staged, .. } => {
                let with = if staged.is_some() { " with the uncommitted changes" } else { "" };
                format!("create worktree {} on {branch} at {}{with}", show(&place.path), at.short())
            }
            Self::TrashWorktree { place, .. } => format!("move worktree {} to the trash", show(&place.path)),
            Self::RestoreWorktree { place, .. } => {
                format!("restore worktree {} from the trash", show(&place.path))
            }
            Self::Rehome { to, .. } => format!("make it the worktree of {}", to.branch),
            Self::EmptyTrash { task, trash, .. } => {
                format!("delete {task} from the trash for good: {}", show(&trash.path))
            }
            Self::CreateScratch { place, at, .. } => {
                format!("create scratch worktree {} at {}", show(&place.path), at.short())
            }
            Self::TrashScratch { place, .. } => {
                format!("move scratch worktree {} to the trash", show(&place.path))
            }
            Self::WriteTask { id, before: None, .. } => format!("record task {id}"),
            Self::WriteTask { id, after: None, .. } => format!("forget task {id}"),
            Self::WriteTask { id, .. } => format!("update task {id}"),
            Self::ShiftChanges { place, head, to, .. } if to.files == *head => {
                format!("take the uncommitted changes out of {}", show(&place.path))
            }
            Self::ShiftChanges { place, .. } => {
                format!("put uncommitted changes back into {}", show(&place.path))
            }
            Self::Attempt { task, place, .. } => {
                format!("let an agent work on {task} in {}", show(&place.path))
            }
            Self::Commit { task, place, new, .. } => {
                format!("commit what is uncommitted in {} to {task}, as {}", show(&place.path), new.short())
            }
            Self::Uncommit { new, place, .. } => {
                format!(
                    "take commit {} back, its changes stay uncommitted in {}",
                    new.short(),
                    show(&place.path)
                )
            }
            Self::BeginMerge { place, branch, into, .. } => {
                format!("merge {into} into {branch} in {}, uncommitted", show(&place.path))
            }
            Self::AbortMerge { place, branch, into, .. } => {
                format!("abort the merge of {into} into {branch} in {}", show(&place.path))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::task::tests::record;
    use super::*;

    fn samples() -> Vec<Action> {
        let task = record("api");
        let (id, place) = (task.id.clone(), task.place());
        let (a, b) = (CommitId::from_bytes([1; 20]), CommitId::from_bytes([2; 20]));
        let trash = trash(&id);
        vec![
            Action::CreateRef { name: "refs/heads/api".into(), at: a },
            Action::DeleteRef { name: "refs/heads/api".into(), old: a },
            Action::MoveRef {
                name: "refs/heads/main".into(),
                old: a,
                new: b,
                checked_out_at: Some("/r".into()),
            },
            Action::TrashWorktree { task: id.clone(), place: place.clone(), trash: trash.clone() },
            Action::RestoreWorktree { task: id.clone(), place: place.clone(), trash: trash.clone() },
            Action::Rehome {
                task: id.clone(),
                trash: trash.clone(),
                from: Home { place: place.clone(), branch: "api".parse().unwrap() },
                to: Home { place: trash, branch: "new".parse().unwrap() },
            },
            Action::Commit {
                task: id.clone(),
                place: task.place(),
                branch: task.branch.clone(),
                old: a,
                new: b,
                index: None,
            },
            Action::BeginMerge {
                task: id.clone(),
                place: task.place(),
                branch: task.branch.clone(),
                head: a,
                other: b,
                into: "main".parse().unwrap(),
                strategy: Strategy::Squash,
            },
            Action::WriteTask { id, before: None, after: Some(Box::new(task)) },
        ]
    }

    fn trash(id: &TaskId) -> WorktreePlace {
        WorktreePlace { path: format!("/t/{id}").into(), admin: format!("/t/admin/{id}").into() }
    }

    #[test]
    fn the_inverse_of_the_inverse_is_the_action() {
        for action in samples() {
            assert_eq!(action.inverse(trash).unwrap().inverse(trash).unwrap(), action);
        }
    }

    #[test]
    fn actions_survive_json() {
        let (task, place, at) = (record("api").id, record("api").place(), CommitId::from_bytes([1; 20]));
        let scratch = [
            Action::CreateScratch { task: task.clone(), place: place.clone(), at },
            Action::TrashScratch { trash: trash(&task), task, place },
        ];
        assert!(scratch.iter().all(|action| action.inverse(trash).is_none()));
        for action in samples().into_iter().chain(scratch) {
            let text = serde_json::to_string(&action).unwrap();
            assert_eq!(serde_json::from_str::<Action>(&text).unwrap(), action, "{text}");
        }
    }
}
