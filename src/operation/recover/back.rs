//! Taking actions back, last first, each from what the world looks like.

use std::path::Path;

use super::super::apply::{Move, git_dir_of, move_ref, user_of};
use super::super::{OperationError, Shop, crash, stepping};
use crate::domain::action::{Action, Changes};
use crate::domain::name::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::operation::OperationRecord;
use crate::domain::path::{RepoPath, show};
use crate::domain::place::WorktreePlace;
use crate::git::write::advance::{self, Advance};
use crate::git::write::{create, refs, rescue, shift, trash};
use crate::git::{GitError, worktrees};

/// Takes back the given actions of an operation, last first. Gives sentences about what was left as it is.
pub(in crate::operation) fn roll_back(
    shop: &Shop<'_>,
    record: &OperationRecord,
    touched: &[usize],
) -> Result<Vec<String>, OperationError> {
    let mut back = Back { shop, record, left: Vec::new() };
    for (i, action) in record.actions.iter().enumerate().rev() {
        if touched.contains(&i) {
            back.take_back(action)?;
            crash::point();
        }
    }
    shop.store.discard_staging(&record.id)?;
    Ok(back.left)
}

struct Back<'a> {
    shop: &'a Shop<'a>,
    record: &'a OperationRecord,
    left: Vec<String>,
}

impl Back<'_> {
    fn take_back(&mut self, action: &Action) -> Result<(), OperationError> {
        let shop = self.shop;
        match action {
            Action::CreateRef { name, at } => self.delete_again(name, *at)?,
            Action::DeleteRef { name, old } => {
                if shop.repo.ref_commit(name)?.is_none() {
                    refs::create(shop.repo, name, *old, &self.message())?;
                }
            }
            Action::MoveRef { name, old, new, checked_out_at } => {
                self.move_back((name, *old, *new), checked_out_at.as_deref())?;
            }
            Action::CreateWorktree { task, place, at, overlay, staged, .. } => {
                let made = Changes { files: overlay.unwrap_or(*at), index: staged.unwrap_or(*at) };
                self.remove_again(task, place, *at, &made)?;
            }
            Action::CreateScratch { task, place, .. } => {
                let layout = shop.store.layout();
                create::unregister(shop.repo.place(), place, &layout.staging(&self.record.id, task))?;
                if worktrees::is_there(&place.admin) && trash::verify(shop.repo.place(), place).is_ok() {
                    let to = layout.trash(&self.record.id, task, &place.path);
                    trash::to_trash(shop.repo.place(), place, &to)?;
                }
            }
            Action::TrashWorktree { place, trash: to, .. }
            | Action::TrashScratch { place, trash: to, .. } => {
                if worktrees::is_there(&to.path) || worktrees::is_there(&to.admin) {
                    trash::from_trash(shop.repo.place(), to, place)?;
                }
            }
            Action::RestoreWorktree { place, trash: from, .. } => {
                // While it lies in the trash, what stands in its place is another one that had to leave first.
                let untouched = worktrees::is_there(&from.admin) && worktrees::is_there(&place.admin);
                if !untouched && (worktrees::is_there(&place.path) || worktrees::is_there(&place.admin)) {
                    trash::to_trash(shop.repo.place(), place, from)?;
                }
            }
            Action::Rehome { trash: lies, from, to, .. } => {
                trash::rehome(shop.repo.place(), lies, to, from)?;
            }
            Action::EmptyTrash { trash: from, doomed, .. } => trash::doom(doomed, from)?,
            Action::WriteTask { id, before, after } => {
                if shop.store.task(id)?.as_ref() == after.as_deref() {
                    shop.store.write_task(id, before.as_deref())?;
                }
            }
            Action::Commit { branch, new, .. } if shop.repo.branch_tip(branch)? == Some(*new) => {
                stepping::uncommit(shop, action, &self.message())?;
            }
            Action::Uncommit { branch, old, .. } if shop.repo.branch_tip(branch)? == Some(*old) => {
                stepping::commit(shop, action, &self.message())?;
            }
            Action::BeginMerge { .. } => stepping::abort_merge(shop, action)?,
            Action::AbortMerge { .. } if stepping::is_aborted(shop, action)? => {
                stepping::begin_merge(shop, action)?;
            }
            Action::Commit { .. } | Action::Uncommit { .. } | Action::AbortMerge { .. } => {}
            Action::ShiftChanges { place, from, to, .. } => {
                let scratch = shop.store.scratch()?;
                let edited = shift::restore(shop.repo, place, to, from, &scratch)?;
                self.left_as_they_are(&edited, &place.path);
            }
            Action::Attempt { .. } => {}
        }
        Ok(())
    }

    fn message(&self) -> String {
        format!("windrow {}: taken back", self.record.command)
    }

    /// Deletes a ref that was created, unless somebody uses it by now.
    fn delete_again(&mut self, name: &str, at: CommitId) -> Result<(), OperationError> {
        let shop = self.shop;
        match shop.repo.ref_commit(name)? {
            None => return Ok(refs::forget_log(shop.repo, name)?),
            Some(found) if found != at => {
                self.left.push(format!("{name} has moved since and stays: it is at {}", found.short()));
                return Ok(());
            }
            Some(_) => {}
        }
        if let Some(user) = user_of(shop, name)? {
            self.left.push(format!("{name} stays: it is in use by {}", show(&user)));
            return Ok(());
        }
        match refs::delete(shop.repo, name, at, &shop.owner(&self.record.id)) {
            Err(GitError::RefMoved { .. }) => {
                self.left.push(format!("{name} has moved meanwhile and stays"));
                Ok(())
            }
            outcome => Ok(outcome.map(drop)?),
        }
    }

    /// Moves a worktree that was made to the trash. One that somebody worked in meanwhile is kept by a rescue ref, as
    /// any other removal would.
    fn remove_again(
        &mut self,
        task: &TaskId,
        place: &WorktreePlace,
        at: CommitId,
        made: &Changes,
    ) -> Result<(), OperationError> {
        if self.holds_the_one_before(place) {
            return Ok(());
        }
        let (shop, layout) = (self.shop, self.shop.store.layout());
        create::unregister(shop.repo.place(), place, &layout.staging(&self.record.id, task))?;
        let trash = layout.unfinished(&self.record.id, task, &place.path);
        let killed_between = worktrees::is_there(&trash.admin) && !worktrees::is_there(&trash.path);
        if !worktrees::is_there(&place.admin) && !killed_between {
            return Ok(());
        }
        if worktrees::is_there(&place.admin) && worktrees::is_there(&place.path) {
            if let Err(error) = trash::verify(shop.repo.place(), place) {
                self.left.push(format!("{} stays: {error}", show(&place.path)));
                return Ok(());
            }
            if self.was_used(place, at, made)? {
                let kept = rescue::make(shop.repo, place)?.commit;
                let name = format!("refs/windrow/rescue/{}-unfinished/{task}", self.record.id);
                refs::create(shop.repo, &name, kept, &self.message())?;
                self.left.push(format!(
                    "{} held changes already; it is in the trash: {}",
                    show(&place.path),
                    show(&trash.path)
                ));
            }
        }
        Ok(trash::to_trash(shop.repo.place(), place, &trash)?)
    }

    /// Tells whether a place still, or again, holds the worktree that the operation moves away from there to make a new
    /// one.
    fn holds_the_one_before(&self, place: &WorktreePlace) -> bool {
        let before = self.record.actions.iter().find_map(|action| match action {
            Action::TrashWorktree { place: other, trash, .. } if other == place => Some(trash),
            _ => None,
        });
        before.is_some_and(|trash| {
            !worktrees::is_there(&trash.admin)
                || (!worktrees::is_there(&place.admin) && !worktrees::is_there(&trash.path))
        })
    }

    /// Tells whether a new worktree is no longer as it was filled. One whose checkout did not come to its end has no
    /// index, which is written last.
    fn was_used(&self, place: &WorktreePlace, at: CommitId, made: &Changes) -> Result<bool, OperationError> {
        let shop = self.shop;
        if !worktrees::is_there(&place.admin.join("index")) {
            return Ok(false);
        }
        let scratch = shop.store.scratch()?;
        let differs = |changes| shift::differs(shop.repo, place, at, changes, &scratch);
        // Changes are put into it after it was filled.
        let filled = Changes { files: at, index: at };
        Ok(differs(made)?.is_some() && differs(&filled)?.is_some())
    }

    fn left_as_they_are(&mut self, paths: &[RepoPath], root: &Path) {
        let sentence = |path| format!("{path} in {} was changed since and is left as it is", show(root));
        self.left.extend(paths.iter().map(sentence));
    }

    fn move_back(
        &mut self,
        (name, old, new): (&str, CommitId, CommitId),
        checked_out_at: Option<&Path>,
    ) -> Result<(), OperationError> {
        let shop = self.shop;
        let found = shop.repo.ref_commit(name)?;
        let git_dir = match checked_out_at {
            Some(root) => git_dir_of(shop.repo, root)?,
            None => None,
        };
        let worktree = checked_out_at.zip(git_dir.as_deref());
        let owner = shop.owner(&self.record.id);
        let moving = |(worktree, git_dir), old, new| Advance {
            worktree,
            git_dir,
            old,
            new,
            needs: shop.needs,
            owner: &owner,
        };
        if found == Some(new) {
            if let Some(there) = worktree {
                // A recovery that died may have put back some of the files.
                advance::restore(shop.repo, &moving(there, new, old))?;
            }
            let (operation, message) = (&self.record.id, self.message());
            let back = Move { operation, name, old: new, new: old, message };
            return move_ref(shop, &back, worktree.map(|(root, _)| root));
        }
        let Some(there) = worktree else { return Ok(()) };
        if found != Some(old) {
            advance::release(&moving(there, old, new))?;
            self.left
                .push(format!("{name} has moved since; the files of {} stay as they are", show(there.0)));
            return Ok(());
        }
        let edited = advance::restore(shop.repo, &moving(there, old, new))?;
        self.left_as_they_are(&edited, there.0);
        Ok(())
    }
}
