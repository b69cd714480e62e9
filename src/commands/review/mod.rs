//! `windrow review`.

mod item;
mod walk;

use item::Item;

use super::gather::World;
use super::{Context, OK, Status, diff, pick, status};
use crate::domain::diff::TaskDiff;
use crate::domain::review::Overlap;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::ui::json;
use crate::ui::show;

/// Read what tasks changed, file by file, and decide what becomes of each
///
/// First a list of the tasks, then one file after the other with the words that differ; the keys stand below. What was
/// viewed stays marked until the file changes on either side. Files that .gitattributes calls linguist-generated, and
/// lock files of package managers, are folded. Notes are kept until they are sent to the agent. Accept notes that the task
/// was read at its tip; merge and discard are those of the verbs `merge` and `clean`. Index and objects are not touched.
///
/// Without a terminal, the list and all differences as text.
#[derive(clap::Args, Debug)]
pub struct ReviewArgs {
    /// The tasks [default: the one that one stands in]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Every task that changed something
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
}

/// Runs it.
pub fn run(cx: &Context, args: &ReviewArgs) -> Result<Status, Error> {
    let world = World::read(cx)?;
    let tasks = chosen(cx, &world, args)?;
    let mut items = tasks.iter().map(|task| Item::read(cx, task)).collect::<Result<Vec<_>, Error>>()?;
    if args.all {
        items.retain(|item| !item.diff.files.is_empty());
    }
    foresee(cx, &world, &mut items)?;
    let shown = |task: &TaskRecord| items.iter().any(|item| item.status.task.id == task.id);
    // One whose branch is gone changes nothing that could be told of.
    let mut diffs: Vec<TaskDiff> = world
        .tasks
        .iter()
        .filter(|task| !shown(task))
        .filter_map(|task| diff::of(cx, task, false).ok())
        .collect();
    diffs.extend(items.iter().map(|item| TaskDiff { patch: Vec::new(), ..item.diff.clone() }));
    let overlap = Overlap::of(&diffs);
    items.iter_mut().for_each(|item| item.compare(&overlap));
    let rows: Vec<_> = items.iter().map(Item::row).collect();
    if cx.globals.json {
        cx.ui.json(&json::review(&rows));
        return Ok(OK);
    }
    let may_mark = !cx.globals.dry_run && cx.environment.inside.is_none();
    if cx.ui.can_ask() && cx.ui.options().stdout_tty && may_mark {
        return walk::walk(cx, items, &overlap);
    }
    if rows.is_empty() {
        cx.ui.note("nothing to review: no task changed anything");
        return Ok(OK);
    }
    cx.ui.out(&show::review_tasks(&rows, &cx.look()));
    for row in &rows {
        for at in 0..row.diff.files.len() {
            cx.ui.out(&format!("\n{}", show::review_file(row, at, &cx.look())));
            cx.ui.patch(&row.diff.patch[row.diff.files[at].text.clone()]);
        }
    }
    Ok(OK)
}

/// Finds which other tasks each gets in the way of.
fn foresee(cx: &Context, world: &World, items: &mut [Item]) -> Result<(), Error> {
    let mut statuses = status::statuses_without_diff(cx, world, &world.tasks)?;
    status::look_ahead(cx, &mut statuses)?;
    for item in items {
        let found = statuses.iter().find(|status| status.task.id == item.status.task.id);
        item.status.conflicts_with = found.and_then(|status| status.conflicts_with.clone());
    }
    Ok(())
}

/// Gives the tasks that are named, or all, or the one that one stands in; else lets one be picked, or all.
fn chosen(cx: &Context, world: &World, args: &ReviewArgs) -> Result<Vec<TaskRecord>, Error> {
    let is_free = args.names.is_empty() && !args.all && world.here(cx).is_none();
    if is_free && cx.ui.can_ask() && world.tasks.len() > 1 {
        let all = format!("all {}", world.tasks.len());
        let names = world.tasks.iter().map(|task| task.name.to_string());
        let items: Vec<String> = std::iter::once(all).chain(names).collect();
        return match cx.ui.select("review which task?", &items)? {
            Some(0) => Ok(world.tasks.clone()),
            Some(at) => Ok(world.tasks[at - 1..at].to_vec()),
            None => Err(Error::usage("name a task").hint("windrow review NAME").hint("windrow status")),
        };
    }
    if args.all {
        return Ok(world.tasks.clone());
    }
    Ok(pick::some(cx, world, &args.names, "review")?.into_iter().cloned().collect())
}
