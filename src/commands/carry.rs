//! The uncommitted changes that `start --carry` moves.

use super::Context;
use super::gather::World;
use crate::domain::name::OperationId;
use crate::domain::oid::CommitId;
use crate::domain::place::WorktreePlace;
use crate::domain::start::Carry;
use crate::error::Error;
use crate::git::status;
use crate::operation::Shop;
use crate::operation::carry::{self, Carried};
use crate::process;

/// Takes the changes of the worktree one stands in and puts them on `onto`, in memory; nothing is changed. None where there
/// are none. What is told of them is their counts.
pub fn take(
    cx: &Context,
    shop: &Shop<'_>,
    world: &World,
    onto: CommitId,
    operation: &OperationId,
) -> Result<Option<(Carry, String)>, Error> {
    let place = cx.repo.place();
    let Some(path) = place.worktree.clone() else {
        return Err(Error::usage(
            "--carry moves the changes of the worktree one stands in, and this is none",
        ));
    };
    if let Some(task) = world.here(cx)
        && world.last_attempt(&task.id).is_some_and(|attempt| process::is_alive(&attempt.files))
    {
        let refused = Error::refused(format!("the agent of `{}` is at work here", task.name));
        return Err(refused.hint(format!("windrow logs {} -f", shell_words::quote(task.name.as_str()))));
    }
    let tree = WorktreePlace { path, admin: place.git_dir.clone() };
    let Some(head) = cx.repo.head()?.commit() else {
        return Err(
            Error::refused("HEAD has no commit that changes could be carried from").hint("git status")
        );
    };
    let told = status::dirt(&tree, shop.needs, place)?.describe();
    match carry::take(shop, &tree, (head, onto), operation, cx.globals.dry_run)? {
        Carried::Nothing => Ok(None),
        Carried::Changes(carry) => Ok(Some((*carry, told))),
        Carried::Conflicts(conflicts) => {
            let why = format!(
                "the changes here do not apply to {}, where the task would start; nothing was changed",
                onto.short()
            );
            let causes = conflicts.iter().map(|conflict| format!("{} ({})", conflict.path, conflict.kind));
            let refused = Error { causes: causes.collect(), ..Error::refused(why) };
            Err(refused.hint("leave --base out to start from the commit that they were made on"))
        }
    }
}
