//! Which tasks a verb is about when none is named.

use super::Context;
use super::gather::World;
use crate::domain::task::TaskRecord;
use crate::error::Error;

/// Gives the task that is named; else the one that one stands in; else lets the user pick on a terminal; else it is an
/// error of usage.
pub fn one<'a>(
    cx: &Context,
    world: &'a World,
    name: Option<&str>,
    verb: &str,
) -> Result<&'a TaskRecord, Error> {
    if let Some(name) = name {
        return world.select(cx, name);
    }
    if let Some(task) = world.here(cx) {
        return Ok(task);
    }
    if cx.ui.can_ask() && !world.tasks.is_empty() {
        let names: Vec<String> = world.tasks.iter().map(|task| task.name.to_string()).collect();
        if let Some(chosen) = cx.ui.select(&format!("{verb} which task?"), &names)? {
            return Ok(&world.tasks[chosen]);
        }
    }
    Err(Error::usage("name a task").hint(format!("windrow {verb} NAME")).hint("windrow status"))
}

/// The same for verbs that take several names.
pub fn some<'a>(
    cx: &Context,
    world: &'a World,
    names: &[String],
    verb: &str,
) -> Result<Vec<&'a TaskRecord>, Error> {
    if names.is_empty() { Ok(vec![one(cx, world, None, verb)?]) } else { world.select_all(cx, names) }
}
