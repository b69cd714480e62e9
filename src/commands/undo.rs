//! `windrow undo`.

use super::gather::{self, World};
use super::{Context, OK, Status, retention};
use crate::domain::action::Action;
use crate::domain::name::OperationId;
use crate::domain::operation::Unit;
use crate::domain::undo::Refusal;
use crate::error::Error;
use crate::operation::undo;
use crate::process;
use crate::store::runs::AttemptRecord;
use crate::ui::view::UndoView;
use crate::ui::{json, show};

/// Take back the newest operation that is not undone, or the one that is named
///
/// A run is taken back as one. Worktrees go to the trash, branches are deleted or put back, a target branch and its
/// checked-out files return to where they were. Nothing is taken back that somebody worked on since: then the ref or
/// the path is named and nothing is changed.
#[derive(clap::Args, Debug)]
pub struct UndoArgs {
    /// The operation, as `windrow history` lists it; its last four digits will do
    pub id: Option<String>,
}

/// Runs it.
pub fn run(cx: &Context, args: &UndoArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    if args.id.is_none() && cx.has_completed_an_undo() {
        // Who repeats a command that was killed means the same one, not the one before it.
        cx.ui.note("that is all that was undone now; to undo what was done before it: windrow undo");
        return Ok(OK);
    }
    if !cx.globals.dry_run {
        gather::settle_pending(cx, &shop)?;
    }
    // Before the lock, whose file a refusal would leave behind.
    choose(&World::read(cx)?.history.units(), args.id.as_deref())?;
    let topology = if cx.globals.dry_run { None } else { Some(shop.topology()?) };
    let world = World::read(cx)?;
    let units = world.history.units();
    let unit = choose(&units, args.id.as_deref())?;
    refuse_living(cx, unit)?;
    refuse_readers(&world, unit)?;
    let facts = undo::facts(&shop, unit, &world.history, &world.settlements())?;
    let (claim, id) = match topology {
        Some(_) => {
            let claim = shop.claim()?;
            let id = claim.id.clone();
            (Some(claim), id)
        }
        None => (None, preview()?),
    };
    let actions = undo::actions(&shop, unit, &facts, &id)
        .map_err(|refusals| Error::undo_refusals("undo", &refusals))?;
    refuse_own_cwd(cx, &actions)?;
    actions.iter().try_for_each(|action| shop.check_move(action))?;
    let (Some(topology), Some(claim)) = (topology, claim) else {
        let (undone, restored) = (unit.id(), restored_by(&actions));
        let view =
            UndoView { operation: None, undone: &undone, summary: &summary(unit), restored: &restored };
        return cx.report_actions(&json::undo("undo", &view), &actions);
    };
    let record = undo::perform(&shop, claim, unit, actions, topology)?;
    let (undone, summary) = (unit.id(), summary(unit));
    let restored = restored_by(&record.actions);
    let view =
        UndoView { operation: Some(&record.id), undone: &undone, summary: &summary, restored: &restored };
    if cx.globals.json {
        cx.ui.json(&json::undo("undo", &view));
    } else {
        cx.ui.out(&show::undone("undid", &view, &cx.look()));
    }
    retention::retain(cx, &shop, false);
    Ok(OK)
}

/// Refuses a run whose dispatcher lives: it would go on with tasks that are no longer there.
pub(super) fn refuse_living(cx: &Context, unit: &Unit<'_>) -> Result<(), Error> {
    match &unit.operations[0].group {
        Some(run) if cx.store.is_run_alive(run) => {
            Err(Error::refused(format!("run {run} goes on; nothing was changed"))
                .hint("wait for its end: windrow wait")
                .hint("end it: windrow stop --all"))
        }
        _ => Ok(()),
    }
}

/// Refuses a run whose dispatcher is gone and of which a read task's agent is still at work.
fn refuse_readers(world: &World, unit: &Unit<'_>) -> Result<(), Error> {
    let of_run = |attempt: &&AttemptRecord| Some(&attempt.key.run) == unit.operations[0].group.as_ref();
    match world.open_readings().filter(of_run).find(|attempt| process::is_alive(&attempt.files)) {
        None => Ok(()),
        Some(attempt) => {
            let task = &attempt.launch.task;
            Err(Error::refused(format!("cannot undo: task `{task}`: its agent is running"))
                .hint(format!("windrow logs {} -f", shell_words::quote(task.as_str()))))
        }
    }
}

pub(super) fn summary(unit: &Unit<'_>) -> String {
    let newest = unit.operations[unit.operations.len() - 1];
    if newest.group.is_none() {
        return newest.summary.clone();
    }
    let tasks = unit.tasks();
    let names: Vec<&str> = tasks.iter().map(crate::domain::name::TaskName::as_str).collect();
    format!("ran {}", names.join(", "))
}

pub(super) fn restored_by(actions: &[Action]) -> Vec<String> {
    actions.iter().filter_map(restored).collect()
}

/// Says what an action of an undo gave back; the keeping of rescue refs and records is nobody's concern.
fn restored(action: &Action) -> Option<String> {
    match action {
        Action::WriteTask { .. } => None,
        Action::CreateRef { name, .. } | Action::DeleteRef { name, .. }
            if !name.starts_with("refs/heads/") =>
        {
            None
        }
        action => Some(action.describe()),
    }
}

/// The id that a dry run shows.
pub fn preview() -> Result<OperationId, Error> {
    "preview".parse().map_err(|error: crate::domain::name::InvalidId| Error::refused(error.to_string()))
}

fn choose<'a, 'h>(units: &'a [Unit<'h>], id: Option<&str>) -> Result<&'a Unit<'h>, Error> {
    let Some(id) = id else {
        let newest = units.iter().find(|unit| !unit.undone && !unit.is_final());
        return newest.ok_or_else(|| Error::undo_refusals("undo", &[Refusal::Nothing]));
    };
    let names = |unit: &&Unit<'_>| {
        let of = |text: &str| text == id || (id.len() >= 4 && (text.ends_with(id) || text.starts_with(id)));
        of(&unit.id()) || unit.operations.iter().any(|operation| of(operation.id.as_str()))
    };
    let found: Vec<&Unit<'_>> = units.iter().filter(names).collect();
    match found[..] {
        [only] if only.undone => {
            Err(Error::refused(format!("{} is undone already", only.id())).hint("windrow history"))
        }
        [only] if only.is_final() => {
            Err(Error::refused(format!("{} emptied the trash, and what was in it is gone", only.id())))
        }
        [only] => Ok(units.iter().find(|unit| std::ptr::eq(*unit, only)).unwrap_or(&units[0])),
        [] => Err(Error::refused(format!("no operation is named `{id}`")).hint("windrow history")),
        _ => Err(Error::refused(format!("`{id}` names {} operations", found.len())).hint("windrow history")),
    }
}

/// The directory one stands in must not go away under one's feet.
pub(super) fn refuse_own_cwd(cx: &Context, actions: &[Action]) -> Result<(), Error> {
    for action in actions {
        if let Action::TrashWorktree { place, task, .. } = action
            && cx.environment.cwd.starts_with(&place.path)
        {
            let refused = Error::refused(format!("the current directory is inside the worktree of {task}"));
            return Err(refused
                .hint(format!("cd {}", shell_words::quote(&Context::full_path(cx.repo.place().root())))));
        }
    }
    Ok(())
}
