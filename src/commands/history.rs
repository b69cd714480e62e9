//! `windrow history`.

use super::gather::World;
use super::{Context, OK, Status, page};
use crate::domain::operation::{OperationRecord, Unit};
use crate::error::Error;
use crate::ui::view::HistoryRow;
use crate::ui::{json, show};

/// List what was done, newest first, and what of it is undone
///
/// A run is one row. `windrow undo ID` takes any of them back; `windrow redo` the newest undo.
#[derive(clap::Args, Debug)]
pub struct HistoryArgs {
    /// How many rows to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

/// Runs it.
pub fn run(cx: &Context, args: &HistoryArgs) -> Result<Status, Error> {
    let world = World::read(cx)?;
    let redoable = world.history.redoable().and_then(|undo| world.history.undone_by(undo));
    let redoable = redoable.map(|unit| unit.id());
    let units = world.history.units();
    let rows: Vec<HistoryRow> = units.iter().map(|unit| row(unit, redoable.as_deref())).collect();
    if cx.globals.json {
        cx.ui.json(&json::history(&rows));
        return Ok(OK);
    }
    let _page = page::begin(cx, "history");
    cx.ui.out(&show::history(&rows[..rows.len().min(args.limit)], cx.clock.now(), &cx.look()));
    if rows.len() > args.limit {
        cx.ui.note(&format!("{} older ones: windrow history -n {}", rows.len() - args.limit, rows.len()));
    }
    cx.note_recovery();
    Ok(OK)
}

fn row(unit: &Unit<'_>, redoable: Option<&str>) -> HistoryRow {
    let newest: &OperationRecord = unit.operations[unit.operations.len() - 1];
    let of_run = newest.group.is_some();
    let tasks = unit.tasks();
    let names: Vec<&str> = tasks.iter().map(crate::domain::name::TaskName::as_str).collect();
    let summary = if of_run { format!("ran {}", names.join(", ")) } else { newest.summary.clone() };
    HistoryRow {
        id: unit.id(),
        time: newest.time,
        command: newest.command.clone(),
        tasks,
        summary,
        undone: unit.undone,
        redoable: unit.undone && redoable == Some(unit.id().as_str()),
        is_final: unit.is_final(),
    }
}
