//! `windrow wait`.

use std::time::{Duration, Instant};

use super::gather::World;
use super::watch::{self, Ends, Watched};
use super::{Context, OK, Status};
use crate::domain::event::TaskResult;
use crate::error::{Error, Kind};
use crate::plan::parse_duration;
use crate::process::Interrupt;
use crate::ui::{json, show};

/// Wait for running tasks, and say what became of each
///
/// An interrupt ends the waiting; the agents go on. Of a task that is named and does not run, its last outcome is told.
/// Without names, all that run or wait for their turn.
///
/// Exit codes: 0 all done, or nothing to wait for · 4 a task is not done, or the time is over · 130/143 interrupted.
#[derive(clap::Args, Debug)]
pub struct WaitArgs {
    /// The tasks [default: all that run]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All tasks of this run
    #[arg(long, value_name = "ID", conflicts_with = "names")]
    pub run: Option<String>,
    /// Wait no longer than this, such as 90s, 30m or 2h
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
}

/// How often the tasks are looked at.
const POLL: Duration = Duration::from_millis(150);

/// Runs it.
pub fn run(cx: &Context, args: &WaitArgs) -> Result<Status, Error> {
    let limit = args.timeout.as_deref().map(limit).transpose()?;
    let shop = cx.begin_mutation()?;
    let watched = chosen(cx, args)?;
    if cx.globals.dry_run {
        if cx.globals.json {
            let names: Vec<String> = watched.iter().map(|watched| watched.task.to_string()).collect();
            cx.ui.json(&json::dry_run(&json::ends("wait", &[], &names), &[]));
        } else {
            let line = |watched: &Watched| format!("wait for {} of run {}\n", watched.task, watched.run);
            cx.ui.out(&watched.iter().map(line).collect::<String>());
        }
        return Ok(OK);
    }
    let interrupt = Interrupt::install()?;
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut ends = Ends { going: watched.clone(), ..Ends::default() };
    let mut said = false;
    loop {
        for result in ends.look(cx, &shop)? {
            if said {
                cx.ui.finished(&result);
            }
        }
        if ends.going.is_empty() {
            break;
        }
        if !said {
            if !cx.globals.json {
                cx.ui.status(&format!("waiting for {}", ends.names().join(", ")));
            }
            ends.results.iter().for_each(|result| cx.ui.finished(result));
            said = true;
        }
        if interrupt.exit_code().is_some() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break;
        }
        std::thread::sleep(POLL);
    }
    report(cx, &watched, &ends, &interrupt)
}

fn limit(text: &str) -> Result<Duration, Error> {
    let parsed = parse_duration(text).map(Duration::from_millis);
    parsed.map_err(|error| Error::usage(format!("--timeout {text}: {error}")))
}

fn chosen(cx: &Context, args: &WaitArgs) -> Result<Vec<Watched>, Error> {
    if let Some(id) = &args.run {
        let run = watch::run_named(cx, id)?;
        let of_run =
            |task: &crate::store::runs::RunTask| Watched { task: task.name.clone(), run: run.id.clone() };
        return Ok(run.tasks.iter().map(of_run).collect());
    }
    let live = watch::live(cx)?;
    if args.names.is_empty() {
        return Ok(live);
    }
    let world = World::read(cx)?;
    let mut chosen: Vec<Watched> = Vec::new();
    for argument in &args.names {
        let task = watch::named(cx, &world, &live, argument)?;
        let last = || {
            let attempt = world.last_attempt(&task.id()).or_else(|| world.last_reading(&task.id()))?;
            Some(Watched { task: task.clone(), run: attempt.key.run.clone() })
        };
        match live.iter().find(|watched| watched.task == task).cloned().or_else(last) {
            Some(watched) if chosen.contains(&watched) => {}
            Some(watched) => chosen.push(watched),
            None if cx.globals.json => {}
            None => cx.ui.note(&format!("no agent has run on `{task}`")),
        }
    }
    Ok(chosen)
}

fn report(cx: &Context, watched: &[Watched], ends: &Ends, interrupt: &Interrupt) -> Result<Status, Error> {
    let results = ends.ordered(watched);
    let left = ends.names();
    if cx.globals.json {
        cx.ui.json(&json::ends("wait", &results, &left));
    } else if watched.is_empty() {
        cx.ui.note("no task is running");
    } else {
        if !results.is_empty() {
            cx.ui.out(&show::run_summary(&results, &cx.look()));
        }
        if !left.is_empty() {
            let why = if interrupt.exit_code().is_some() { "interrupted" } else { "the time is over" };
            cx.ui.warn(&format!("{why}; still at work: {}", left.join(", ")));
            cx.ui.hint("windrow wait · windrow status");
        }
    }
    Ok(interrupt.exit_code().unwrap_or_else(|| status(&results, &left)))
}

fn status(results: &[TaskResult], left: &[String]) -> Status {
    if left.is_empty() && results.iter().all(|result| result.success) { OK } else { Kind::TaskFailed.code() }
}
