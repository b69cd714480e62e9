//! What `doctor --fix` mends: found first, then told, then done.

use crate::commands::Context;
use crate::commands::gather::World;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::{self, worktrees};
use crate::operation::Shop;
use crate::operation::mend::{Mend, mend};
use crate::operation::scratch;
use crate::process;

/// Finds what can be mended.
pub(super) fn plan(cx: &Context) -> Result<Vec<Mend>, Error> {
    let world = World::read(cx)?;
    let entries = worktrees::list(&cx.repo)?;
    let admins = cx.repo.place().common_dir.join("worktrees");
    let mut found = Vec::new();
    for task in &world.tasks {
        let Some(admin) = task.admin.file_name().map(|name| admins.join(name)) else { continue };
        let entry = entries.iter().find(|entry| entry.admin.as_ref() == Some(&admin));
        let Some(entry) = entry else { continue };
        if entry.missing || entry.broken.is_some() {
            let usual = cx.store.layout().worktree_dir().join(task.id.as_str());
            let places = [task.worktree.clone(), usual];
            let at = places.into_iter().find(|at| worktrees::lost(at, &admin));
            found.extend(at.map(|at| Mend::Tie { task: task.clone(), at, admin }));
        } else if entry.locked.as_deref().is_some_and(git::locked_by_us) && is_free(&world, task) {
            found.push(Mend::Unlock { task: task.clone() });
        }
    }
    if scratch::keeps(&cx.shop()?)? && cx.shop()?.landing_if_free()?.is_some() {
        found.push(Mend::LetGo);
    }
    Ok(found)
}

/// Tells whether no agent is at work and none is still to be judged.
fn is_free(world: &World, task: &TaskRecord) -> bool {
    let attempt = world.last_attempt(&task.id);
    attempt.is_none_or(|attempt| attempt.settled.is_some() && !process::is_alive(&attempt.files))
}

/// Does one thing, or says that it would be done.
pub(super) fn one(cx: &Context, shop: &Shop<'_>, what: &Mend) -> Result<(), Error> {
    if cx.globals.dry_run {
        cx.ui.out(&format!("{}\n", doing(cx, what)));
        return Ok(());
    }
    mend(shop, what)?;
    cx.ui.success(&doing(cx, what));
    Ok(())
}

fn doing(cx: &Context, what: &Mend) -> String {
    match what {
        Mend::Tie { task, at, .. } => {
            format!("tie the worktree of {} to {} again", task.name, cx.show_path(at))
        }
        Mend::Unlock { task } => format!("unlock the worktree of {}", task.name),
        Mend::LetGo => "delete refs of a landing that was killed".to_owned(),
    }
}

pub(super) fn found(cx: &Context, what: &Mend) -> String {
    match what {
        Mend::Tie { task, at, .. } => {
            format!("the worktree of `{}` is at {}, and git looks elsewhere", task.name, cx.show_path(at))
        }
        Mend::Unlock { task } => {
            format!("the worktree of `{}` is locked for an agent that is gone", task.name)
        }
        Mend::LetGo => "refs/windrow/train/ keeps what a killed landing tested".to_owned(),
    }
}

pub(super) const fn topic(what: &Mend) -> &'static str {
    match what {
        Mend::Tie { .. } => "task",
        Mend::Unlock { .. } => "lock",
        Mend::LetGo => "refs",
    }
}

pub(super) fn is_of(what: &Mend, task: &TaskRecord) -> bool {
    match what {
        Mend::Tie { task: of, .. } | Mend::Unlock { task: of } => of.id == task.id,
        Mend::LetGo => false,
    }
}
