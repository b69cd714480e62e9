//! `windrow redo`.

use super::gather::World;
use super::undo::{preview, refuse_living, refuse_own_cwd, restored_by, summary};
use super::{Context, OK, Status, retention};
use crate::domain::operation::{History, OperationRecord, Unit};
use crate::error::Error;
use crate::operation::undo;
use crate::ui::view::UndoView;
use crate::ui::{json, show};

/// Take back the newest undo
///
/// Again and again, as far as nothing was done since but undoing and redoing. What an undo gave back is taken away only
/// where nobody worked on it since: else the ref or the path is named and nothing is changed.
#[derive(clap::Args, Debug)]
pub struct RedoArgs {}

/// Runs it.
pub fn run(cx: &Context, _: &RedoArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    // Before the lock, whose file a refusal would leave behind.
    choose(&World::read(cx)?.history)?;
    let topology = if cx.globals.dry_run { None } else { Some(shop.topology()?) };
    let world = World::read(cx)?;
    let (undone, unit) = choose(&world.history)?;
    refuse_living(cx, &unit)?;
    let facts = undo::redo_facts(&shop, undone, &world.history, &world.settlements())?;
    let (claim, id) = match topology {
        Some(_) => {
            let claim = shop.claim()?;
            let id = claim.id.clone();
            (Some(claim), id)
        }
        None => (None, preview()?),
    };
    let actions = undo::redo_actions(&shop, undone, &facts, &id)
        .map_err(|refusals| Error::undo_refusals("redo", &refusals))?;
    refuse_own_cwd(cx, &actions)?;
    actions.iter().try_for_each(|action| shop.check_move(action))?;
    let (undone_id, summary) = (unit.id(), summary(&unit));
    let (Some(topology), Some(claim)) = (topology, claim) else {
        let restored = restored_by(&actions);
        let view = UndoView { operation: None, undone: &undone_id, summary: &summary, restored: &restored };
        return cx.report_actions(&json::undo("redo", &view), &actions);
    };
    let record = undo::perform_redo(&shop, claim, (&unit, undone), actions, topology)?;
    let restored = restored_by(&record.actions);
    let view =
        UndoView { operation: Some(&record.id), undone: &undone_id, summary: &summary, restored: &restored };
    if cx.globals.json {
        cx.ui.json(&json::undo("redo", &view));
    } else {
        cx.ui.out(&show::undone("redid", &view, &cx.look()));
    }
    retention::retain(cx, &shop, false);
    Ok(OK)
}

fn choose(history: &History) -> Result<(&OperationRecord, Unit<'_>), Error> {
    let nothing = || Error::refused("there is nothing to redo");
    let Some(undo) = history.redoable() else {
        let undone = history.units().into_iter().any(|unit| unit.undone);
        let newest = history.operations().last();
        return Err(match newest.filter(|_| undone) {
            Some(newest) => nothing()
                .cause(format!("something was done since: {} ({})", newest.summary, newest.id))
                .hint("windrow history"),
            None => nothing(),
        });
    };
    let unit = history.undone_by(undo).ok_or_else(nothing)?;
    Ok((undo, unit))
}
