//! `windrow path`.

use super::gather::World;
use super::{Context, OK, Status, pick};
use crate::error::Error;
use crate::ui::json;

/// Print the path of a task's worktree
///
/// For `cd "$(windrow path NAME)"`.
#[derive(clap::Args, Debug)]
pub struct PathArgs {
    /// The task, or its branch [default: the task one stands in]
    pub name: Option<String>,
}

/// Runs it.
pub fn run(cx: &Context, args: &PathArgs) -> Result<Status, Error> {
    let world = World::read(cx)?;
    let task = pick::one(cx, &world, args.name.as_deref(), "path")?;
    if cx.globals.json {
        cx.ui.json(&json::path(task));
    } else {
        // Raw bytes: the output is for `cd`, not for eyes.
        let mut bytes = crate::domain::path::path_bytes(&task.worktree);
        bytes.push(b'\n');
        cx.ui.out_bytes(&bytes);
    }
    Ok(OK)
}
