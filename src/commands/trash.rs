//! `windrow trash`.

use super::gather::World;
use super::retention::let_go;
use super::undo::preview;
use super::{Context, OK, Status};
use crate::domain::name::TaskName;
use crate::domain::operation::History;
use crate::domain::task::TaskRecord;
use crate::domain::trash::{self, Item, RestoreError, SelectError};
use crate::error::Error;
use crate::git::worktrees;
use crate::operation::Shop;
use crate::operation::trash as bin;
use crate::ui::view::{TrashRow, TrashView};
use crate::ui::{json, show};

/// Show the trash, bring things back from it, or empty it
///
/// Removed worktrees lie in the trash until they are older than 30 days, or until it holds more than 20 GiB (the oldest
/// go first, none younger than a day): `[trash]` with `days` and `size` in the settings.
#[derive(clap::Args, Debug)]
pub struct TrashArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: TrashVerb,
}

/// What to do with the trash.
#[derive(clap::Subcommand, Debug)]
pub enum TrashVerb {
    /// List what lies in the trash, oldest first, and the command that brings each back
    List,
    #[allow(missing_docs)]
    Restore(RestoreArgs),
    #[allow(missing_docs)]
    Empty(EmptyArgs),
}

/// Bring worktrees and their branches back, though the operation that removed them can no longer be undone
#[derive(clap::Args, Debug)]
pub struct RestoreArgs {
    /// A task, an operation (all that it removed; its last four digits will do), or OPERATION/TASK
    #[arg(value_name = "TASK|OPERATION")]
    pub what: String,
    /// The name of the task and the branch that it comes back as
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
}

/// Delete what lies in the trash, for good
///
/// Asked about on a terminal, whatever --yes says. Without one, --permanently is needed.
#[derive(clap::Args, Debug)]
pub struct EmptyArgs {
    /// Only what is older: 30d, 12h
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    pub older_than: Option<u64>,
    /// Do not ask: nothing brings back what is deleted
    #[arg(long)]
    pub permanently: bool,
}

/// Reads an age in milliseconds: a duration, or a number of days.
fn parse_age(text: &str) -> Result<u64, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    match days.and_then(|days| days.checked_mul(24 * 3_600_000)) {
        Some(ms) => Ok(ms),
        None => crate::plan::parse_duration(text).map_err(|error| format!("{error}, or in days: `30d`")),
    }
}

/// Runs it.
pub fn run(cx: &Context, args: &TrashArgs) -> Result<Status, Error> {
    match &args.verb {
        TrashVerb::List => list(cx),
        TrashVerb::Restore(args) => restore(cx, args),
        TrashVerb::Empty(args) => empty(cx, args),
    }
}

fn list(cx: &Context) -> Result<Status, Error> {
    let world = World::read(cx)?;
    let items = bin::list(&world.history);
    let rows = rows(&cx.shop()?, &world.history, &items);
    let view = TrashView { operation: None, rows: &rows };
    if cx.globals.json {
        cx.ui.json(&json::trash("items", &view));
    } else {
        cx.ui.out(&show::trash(&rows, cx.clock.now(), &cx.look()));
    }
    cx.note_recovery();
    Ok(OK)
}

fn rows(shop: &Shop<'_>, history: &History, items: &[Item]) -> Vec<TrashRow> {
    let sizes = bin::sizes(shop, items);
    let row = |(item, size): (&Item, u64)| TrashRow {
        item: item.clone(),
        size,
        back: way_back(history, item, items),
    };
    items.iter().zip(sizes).map(row).collect()
}

/// Gives the command that would bring something back.
fn way_back(history: &History, item: &Item, items: &[Item]) -> Option<String> {
    let redo = history.redoable().filter(|undo| undo.id == item.by);
    if redo.is_some() {
        return Some("windrow redo".to_owned());
    }
    let by = history.operations().iter().find(|operation| operation.id == item.by)?;
    let redone = by.redoes.first().and_then(|undo| history.operations().iter().find(|o| &o.id == undo));
    let unit = match redone {
        Some(undo) => history.undone_by(undo),
        None if by.undoes.is_empty() => {
            history.units().into_iter().find(|unit| unit.operations.iter().any(|o| o.id == by.id))
        }
        None => None,
    };
    if let Some(unit) = unit.filter(|unit| !unit.undone) {
        return Some(format!("windrow undo {}", unit.id()));
    }
    item.record.as_ref()?;
    let alone = items.iter().filter(|other| other.name == item.name).count() == 1;
    let name = if alone { item.name.to_string() } else { item.id() };
    Some(format!("windrow trash restore {}", shell_words::quote(&name)))
}

fn restore(cx: &Context, args: &RestoreArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    // Before the lock, whose file a refusal would leave behind.
    restoration(cx, &shop, args)?;
    let topology = if cx.globals.dry_run { None } else { Some(shop.topology()?) };
    let (records, actions) = restoration(cx, &shop, args)?;
    let names: Vec<TaskName> = records.iter().map(|record| record.name.clone()).collect();
    let lines: Vec<String> = super::undo::restored_by(&actions);
    let Some(topology) = topology else {
        return cx.report_actions(&json::restored(None, &records, &lines), &actions);
    };
    let told: Vec<&str> = names.iter().map(TaskName::as_str).collect();
    let summary = format!("restored {} from the trash", told.join(", "));
    let record = bin::restore(&shop, shop.claim()?, (names, summary.clone()), actions, topology)?;
    if cx.globals.json {
        cx.ui.json(&json::restored(Some(&record.id), &records, &lines));
    } else {
        cx.ui.out(&show::restored(&summary, &lines, &cx.look()));
    }
    Ok(OK)
}

/// Decides a restoration: the tasks that there will be, and the actions.
fn restoration(
    cx: &Context,
    shop: &Shop<'_>,
    args: &RestoreArgs,
) -> Result<(Vec<TaskRecord>, Vec<crate::domain::action::Action>), Error> {
    let world = World::read(cx)?;
    let items = bin::list(&world.history);
    let chosen = trash::select(&items, &args.what).map_err(not_selected)?;
    if let (Some(name), [_, _, ..]) = (&args.name, &chosen[..]) {
        let ids = chosen.iter().map(|item| item.id());
        let error =
            Error::refused(format!("`{}` removed {} worktrees, and --as names one", args.what, chosen.len()));
        return Err(ids.fold(error, |error, id| {
            error.hint(format!("windrow trash restore {} --as {name}", shell_words::quote(&id)))
        }));
    }
    let (mut records, mut actions) = (Vec::new(), Vec::new());
    for item in chosen {
        let record = record_for(cx, item, args.name.as_deref())?;
        let mut item = item.clone();
        if let (None, Some(old)) = (item.tip, &item.record)
            && old.branch != record.branch
        {
            // Its branch stayed where it is: the new one begins there.
            item.tip = shop.repo.branch_tip(&old.branch)?;
        }
        let facts = bin::restore_facts(shop, &item, &record)?;
        let made = trash::restore(&item, record.clone(), &facts);
        actions.extend(made.map_err(|why| not_restored(&item, &why))?);
        records.push(record);
    }
    Ok((records, actions))
}

/// Gives the record of the task that something comes back as: the one it had, or one of another name.
fn record_for(cx: &Context, item: &Item, name: Option<&str>) -> Result<TaskRecord, Error> {
    let Some(old) = &item.record else {
        return Err(not_restored(item, &RestoreError::NoRecord(item.name.clone())));
    };
    let common_dir = &cx.repo.place().common_dir;
    let mut record = old.clone();
    if let Some(name) = name {
        record.name = name.parse()?;
        record.id = record.name.id();
        record.branch = cx.settings.branch_of(&record.name)?;
        record.worktree = cx.store.layout().worktree(&record.id);
        record.branch_taken_up = false;
        record.admin = worktrees::admin_name(common_dir, &record.id);
    } else if worktrees::is_taken(&record.admin) {
        record.admin = worktrees::admin_name(common_dir, &record.id);
    }
    Ok(record)
}

fn not_selected(error: SelectError) -> Error {
    let made = Error::refused(error.to_string());
    match error {
        SelectError::Unknown(_) => made.hint("windrow trash list"),
        SelectError::Ambiguous { ids, .. } => ids
            .iter()
            .fold(made, |made, id| made.hint(format!("windrow trash restore {}", shell_words::quote(id)))),
    }
}

fn not_restored(item: &Item, why: &RestoreError) -> Error {
    let made = Error::refused(format!("cannot restore {}: {why}", item.id()));
    match why {
        RestoreError::NoRecord(_) => made.hint("windrow trash list"),
        RestoreError::InProgress(_) => {
            made.hint(format!("windrow trash restore {}", shell_words::quote(&item.id())))
        }
        RestoreError::BranchGone(branch) => made.hint(format!("git branch {branch} COMMIT")),
        _ => made.hint(format!("windrow trash restore {} --as NAME", shell_words::quote(&item.id()))),
    }
}

fn empty(cx: &Context, args: &EmptyArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    let chosen = |cx: &Context| -> Result<(History, Vec<Item>), Error> {
        let history = World::read(cx)?.history;
        let now = cx.clock.now().as_millisecond();
        let old = |item: &Item| {
            let age = u64::try_from(now - item.time.as_millisecond()).unwrap_or(0);
            args.older_than.is_none_or(|limit| age >= limit)
        };
        let items = bin::list(&history).into_iter().filter(old).collect();
        Ok((history, items))
    };
    let (history, items) = chosen(cx)?;
    if items.is_empty() {
        return nothing_to_empty(cx, &shop, &history, args);
    }
    let rows = rows(&shop, &history, &items);
    if cx.globals.dry_run {
        let actions = bin::empty_actions(&shop, &preview()?, &items)?;
        return cx
            .report_actions(&json::trash("emptied", &TrashView { operation: None, rows: &rows }), &actions);
    }
    if !args.permanently {
        consent(cx, &rows)?;
    }
    let topology = shop.topology()?;
    let (_, now) = chosen(cx)?;
    let items: Vec<Item> = items.into_iter().filter(|item| now.contains(item)).collect();
    let record = let_go(&shop, &items, topology)?;
    let (_, problems) = bin::sweep(&World::read(cx)?.history, &|| true);
    problems.iter().for_each(|problem| cx.ui.warn(problem));
    let gone: Vec<TrashRow> = rows.into_iter().filter(|row| items.contains(&row.item)).collect();
    if cx.globals.json {
        cx.ui.json(&json::trash("emptied", &TrashView { operation: Some(&record.id), rows: &gone }));
    } else {
        cx.ui.out(&show::emptied(&gone, &cx.look()));
    }
    Ok(OK)
}

fn nothing_to_empty(
    cx: &Context,
    shop: &Shop<'_>,
    history: &History,
    args: &EmptyArgs,
) -> Result<Status, Error> {
    // What an earlier one could not finish.
    if !cx.globals.dry_run {
        bin::sweep(history, &|| true).1.iter().for_each(|problem| cx.ui.warn(problem));
    }
    let left = bin::list(history).len();
    if cx.globals.json {
        cx.ui.json(&json::trash("emptied", &TrashView { operation: None, rows: &rows(shop, history, &[]) }));
    } else if args.older_than.is_some() && left > 0 {
        cx.ui.note("nothing in the trash is that old: windrow trash list");
    } else {
        cx.ui.note("the trash is empty");
    }
    Ok(OK)
}

/// Asks, whatever `--yes` says: this is the one thing that nothing takes back.
fn consent(cx: &Context, rows: &[TrashRow]) -> Result<(), Error> {
    if !cx.ui.can_ask() {
        return Err(Error::refused(
            "this deletes for good, and there is no terminal to ask on; nothing was changed",
        )
        .hint("add --permanently; --dry-run shows what would be deleted"));
    }
    cx.ui.out(&show::trash(rows, cx.clock.now(), &cx.look()));
    if cx.ui.confirm(&format!("Delete {} for good?", show::trash_total(rows)), false)? {
        return Ok(());
    }
    Err(Error::refused("declined; nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        assert_eq!(parse_age("30d"), Ok(30 * 86_400_000));
        assert_eq!(parse_age("0d"), Ok(0));
        assert_eq!(parse_age("12h"), Ok(12 * 3_600_000));
        assert!(parse_age("soon").unwrap_err().ends_with("or in days: `30d`"));
        assert!(parse_age("99999999999999999d").is_err());
    }
}
