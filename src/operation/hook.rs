//! Hooks of the user's that belong to what we do ourselves. They run when no operation is open.

use std::path::Path;

use super::Shop;
use super::apply::git_dir_of;
use crate::domain::task::TaskRecord;
use crate::git::write::checkout;

/// Runs `post-checkout` in a new worktree, as `git worktree add` does; gives a sentence if it failed.
pub fn post_checkout(task: &TaskRecord) -> Option<String> {
    match checkout::run_post_checkout(&task.place(), task.start_point) {
        Ok(None) => None,
        Ok(Some(what)) => Some(format!("{}: the post-checkout hook failed: {what}", task.name)),
        Err(error) => Some(format!("{}: the post-checkout hook could not be run: {error}", task.name)),
    }
}

/// Runs `post-merge` where the target is checked out, as `git merge` does; gives a sentence if it failed.
pub fn post_merge(shop: &Shop<'_>, root: &Path, squash: bool) -> Option<String> {
    if !shop.needs.hooks.contains(&"post-merge") {
        return None;
    }
    let ran = git_dir_of(shop.repo, root).and_then(|git_dir| match git_dir {
        Some(git_dir) => Ok(checkout::run_post_merge(shop.repo, (root, &git_dir), squash)?),
        None => Ok(None),
    });
    match ran {
        Ok(None) => None,
        Ok(Some(what)) => Some(format!("the post-merge hook failed: {what}")),
        Err(error) => Some(format!("the post-merge hook could not be run: {error}")),
    }
}
