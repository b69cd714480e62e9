//! `run --fresh`: what a task has goes to the trash before it begins anew.

use crate::commands::Context;
use crate::domain::clean::Obstacle;
use crate::domain::name::{RunId, TaskName};
use crate::domain::start::Facts;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::inventory::obstacles;
use crate::git::worktrees;
use crate::operation::{Draft, Shop, remove};
use crate::process;

/// Refuses worktrees that must not be moved away: somebody stands in them, another program holds or uses them, or they
/// are not what their registration says.
pub(super) fn refuse(cx: &Context, shop: &Shop<'_>, tasks: &[TaskRecord]) -> Result<(), Error> {
    let entries = worktrees::list_whole(shop.repo)?;
    let mut causes = Vec::new();
    let places: Vec<_> = tasks.iter().map(TaskRecord::place).collect();
    let using = process::using(&places.iter().map(|place| place.path.as_path()).collect::<Vec<_>>());
    for ((task, place), pids) in tasks.iter().zip(places).zip(using) {
        let entry = entries.iter().find(|entry| entry.admin.as_deref() == Some(place.admin.as_path()));
        let locked = entry.and_then(|entry| entry.locked.as_deref());
        let mut why: Vec<String> =
            obstacles(&place, locked, Some(&cx.environment.cwd)).iter().map(Obstacle::describe).collect();
        if let Err(error) = remove::verify(shop, &place) {
            why.push(error.to_string());
        }
        if !pids.is_empty() {
            why.push(Obstacle::Processes(pids).describe());
        }
        causes.extend(why.iter().map(|why| format!("`{}`: {why}", task.name)));
    }
    if causes.is_empty() {
        return Ok(());
    }
    let refused = Error::refused("a worktree cannot be moved to the trash; nothing was started");
    Err(Error { causes, ..refused }.hint("windrow status"))
}

/// Takes the tasks that will be removed out of what stands in the way of starting them.
pub(super) fn without(mut facts: Facts, tasks: &[TaskRecord]) -> Facts {
    facts.tasks.retain(|known| tasks.iter().all(|task| task.id != known.id));
    facts.entries.retain(|entry| tasks.iter().all(|task| entry.admin.as_ref() != Some(&task.admin)));
    facts.occupied.retain(|path| tasks.iter().all(|task| &task.worktree != path));
    let of_task =
        |branch: &str| tasks.iter().any(|task| !task.branch_taken_up && task.branch.as_str() == branch);
    facts.branches.retain(|(branch, _)| !of_task(branch));
    facts
}

/// Moves worktrees and branches of tasks to the trash, as a part of the run. A branch that was there before its task
/// stays.
pub(super) fn remove(shop: &Shop<'_>, run: &RunId, tasks: &[TaskRecord]) -> Result<(), Error> {
    if tasks.is_empty() {
        return Ok(());
    }
    let topology = shop.topology()?;
    let claim = shop.claim()?;
    let mut actions = Vec::new();
    for task in tasks {
        actions.extend(remove::actions(shop, &claim.id, task, !task.branch_taken_up)?);
    }
    let names: Vec<TaskName> = tasks.iter().map(|task| task.name.clone()).collect();
    let told: Vec<&str> = names.iter().map(TaskName::as_str).collect();
    let draft = Draft {
        command: "run".to_owned(),
        summary: format!("removed {} to begin afresh", told.join(", ")),
        tasks: names,
        group: Some(run.clone()),
        actions,
        ..Draft::default()
    };
    shop.perform(claim, draft, Some(topology))?;
    Ok(())
}
