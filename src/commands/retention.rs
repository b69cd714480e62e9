//! What goes out of the trash by itself, at the end of verbs that fill it.

use super::Context;
use super::gather::World;
use crate::domain::name::OperationId;
use crate::domain::operation::OperationRecord;
use crate::domain::trash::{self, Item};
use crate::error::Error;
use crate::operation::trash as bin;
use crate::operation::{Shop, Topology};
use crate::store::erase::Erased;
use crate::store::journal::Claim;
use crate::ui::show;

/// How long deleting may keep a command that was called for something else, in seconds.
const PATIENCE: i64 = 2;

/// How much the trash holds before `clean` speaks of it, in bytes.
const WORTH_SAYING: u64 = 100 << 20;

/// Lets go of what lies in the trash for too long or does not fit, and says so: at the end of verbs that fill it, and for
/// two seconds at most; the rest is deleted by the next one. With `speak` it says too what the trash holds, if that is
/// worth it.
///
/// The verb itself is done: what fails here is a warning.
pub fn retain(cx: &Context, shop: &Shop<'_>, speak: bool) {
    if let Err(error) = try_retain(cx, shop, speak) {
        cx.ui.warn(&format!("the trash could not be looked after: {}", error.message));
    }
}

fn try_retain(cx: &Context, shop: &Shop<'_>, speak: bool) -> Result<(), Error> {
    let (now, retention) = (cx.clock.now(), cx.settings.trash);
    let items = bin::list(&World::read(cx)?.history);
    let (mut going, staying): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| trash::is_expired(item.time, now, retention));
    let until = now.as_second() + PATIENCE;
    let go_on = || cx.clock.now().as_second() <= until;
    let mut timed = timed(shop, &staying);
    let mut surplus = trash::surplus(&timed, now, retention);
    if surplus > 0 {
        thin(cx, shop, &staying[..surplus], &go_on);
        timed = self::timed(shop, &staying);
        surplus = trash::surplus(&timed, now, retention);
    }
    let (too_old, kept) = (going.len(), &timed[surplus..]);
    going.extend(staying.into_iter().take(surplus));
    if !going.is_empty() {
        let_go(shop, &going, shop.topology()?)?;
        let names: Vec<String> = going.iter().map(|item| item.name.to_string()).collect();
        let why = match (too_old, surplus) {
            (_, 0) => format!("older than {} days", retention.days),
            (0, _) => format!("the trash held more than {}", show::size(retention.size)),
            _ => "too old, or more than the trash may hold".to_owned(),
        };
        cx.ui.note(&format!("deleted from the trash for good ({why}): {}", names.join(", ")));
    }
    let (left, problems) = bin::sweep(&World::read(cx)?.history, &go_on);
    problems.iter().for_each(|problem| cx.ui.warn(problem));
    if left == Erased::Part {
        cx.ui.note(&format!(
            "the deletion goes on with the next command; to end it now: windrow trash empty --older-than {}d",
            retention.days
        ));
    }
    let total: u64 = kept.iter().map(|(_, size)| size).sum();
    if speak && total >= WORTH_SAYING {
        cx.ui.note(&format!(
            "the trash holds {} in {}: windrow trash list",
            show::size(total),
            show::worktrees(kept.len())
        ));
    }
    Ok(())
}

/// Gives when each came into the trash and how much it holds, in bytes.
fn timed(shop: &Shop<'_>, items: &[Item]) -> Vec<(jiff::Timestamp, u64)> {
    items.iter().map(|item| item.time).zip(bin::sizes(shop, items)).collect()
}

/// Deletes what a build makes again, before anything goes that somebody wrote, and says so.
fn thin(cx: &Context, shop: &Shop<'_>, items: &[Item], go_on: &dyn Fn() -> bool) {
    let gone = items.iter().map(|item| (item, bin::thin(shop, item, &cx.settings.disposable, go_on)));
    let told = gone.filter(|(_, dirs)| !dirs.is_empty()).map(|(item, dirs)| {
        let dirs: Vec<String> = dirs.iter().map(ToString::to_string).collect();
        format!("{} ({})", item.name, dirs.join(", "))
    });
    let told: Vec<String> = told.collect();
    if !told.is_empty() {
        let size = show::size(cx.settings.trash.size);
        let list = told.join(", ");
        cx.ui.note(&format!("the trash held more than {size}; deleted what a build makes again: {list}"));
    }
}

/// Lets go of everything given; its files are there until they are swept.
pub fn let_go(shop: &Shop<'_>, items: &[Item], topology: Topology) -> Result<OperationRecord, Error> {
    let claim: Claim = shop.claim()?;
    let id: OperationId = claim.id.clone();
    let actions = bin::empty_actions(shop, &id, items)?;
    Ok(bin::empty(shop, claim, items, actions, topology)?)
}
