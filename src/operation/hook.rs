//! Hooks of the user's that belong to what we do ourselves. They run when no operation is open.

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
