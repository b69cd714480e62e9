//! What a dry run shows: the plan, what is made at once, and what is made later.

use super::decide::Decision;
use super::{fresh, overlaps, plan_view};
use crate::commands::base::Base;
use crate::commands::gather::World;
use crate::commands::provision::Provision;
use crate::commands::{Context, OK, Status, start, undo};
use crate::domain::plan::Plan;
use crate::domain::start::decide;
use crate::error::Error;
use crate::operation::{Shop, remove};
use crate::ui::{json, show};

/// Shows it. Only what starts at once has actions that are known: what comes after others starts from their tips.
pub(super) fn report(
    cx: &Context,
    (shop, world): (&Shop<'_>, &World),
    file: Option<&str>,
    (plan, base, decision): (&Plan, &Base, &Decision),
) -> Result<Status, Error> {
    let provision = Provision::new(cx, plan.setup.as_deref());
    let requests = decision.requests(cx)?.into_iter();
    let (mut first, later): (Vec<_>, Vec<_>) = requests.partition(|request| request.after.is_empty());
    let old = decision.to_remove();
    let mut actions = Vec::new();
    for task in &old {
        actions.extend(remove::actions(shop, &undo::preview()?, task, !task.branch_taken_up)?);
    }
    provision.equip(&mut first, &world.tasks)?;
    let facts = fresh::without(start::facts(&cx.store, &cx.repo, &world.tasks, &first)?, &old);
    let started = decide(&first, &facts, cx.clock.now());
    actions.extend(started.map_err(|refusals| Error::start_refusals(&refusals))?);
    let (tasks, overlaps) = (decision.ordered(), overlaps(plan));
    let file = file.map(|file| cx.environment.cwd.join(file));
    let view = plan_view(file.as_deref(), plan, base, (&tasks, &overlaps));
    if !cx.globals.json {
        cx.ui.out(&show::plan(&view, &cx.look()));
        decision.notes().iter().for_each(|note| cx.ui.note(note));
        later.iter().for_each(|request| {
            let after: Vec<&str> = request.after.iter().map(|name| name.as_str()).collect();
            cx.ui.note(&format!("{}: its worktree is made once {} is done", request.name, after.join(", ")));
        });
        if !actions.is_empty() || !later.is_empty() {
            provision.describe().iter().for_each(|what| cx.ui.note(what));
        }
    }
    if actions.is_empty() && !cx.globals.json && !decision.to_run().is_empty() {
        cx.ui.note(
            "nothing is made beforehand: agents go on in worktrees that stand, or read in scratch worktrees",
        );
        return Ok(OK);
    }
    cx.report_actions(&json::plan("run", &view), &actions)
}
