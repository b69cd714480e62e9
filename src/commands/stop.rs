//! `windrow stop`.

use std::time::{Duration, Instant};

use super::gather::World;
use super::watch::{self, Ends, Watched};
use super::{Context, OK, Status};
use crate::domain::name::RunId;
use crate::error::{Error, Kind};
use crate::process::{self, Interrupt};
use crate::store::runs::AttemptRecord;
use crate::ui::{json, show};

/// End running tasks: ask their agents, wait a little, then end all of their processes
///
/// Agents are asked to end and killed five seconds later, with everything that they started. What they changed stays in
/// their worktrees. With --all the runs end too, so that no further task begins.
///
/// Exit codes: 0 all have ended, or nothing runs · 1 refused · 4 something did not end · 130/143 interrupted.
#[derive(clap::Args, Debug)]
pub struct StopArgs {
    /// The tasks [default: the task one stands in]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All running tasks, and the runs that they belong to
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Do not ask, kill
    #[arg(long)]
    pub kill: bool,
}

/// How often the tasks are looked at.
const POLL: Duration = Duration::from_millis(100);

/// What is waited for beyond the agents' grace: kills, checks of the result, hooks.
const PATIENCE: Duration = Duration::from_secs(75);

/// What is to end.
struct Chosen {
    tasks: Vec<Watched>,
    attempts: Vec<AttemptRecord>,
    /// The runs that end with them.
    runs: Vec<RunId>,
}

/// Runs it.
pub fn run(cx: &Context, args: &StopArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    let chosen = choose(cx, args)?;
    if cx.globals.dry_run {
        return dry_run(cx, &chosen);
    }
    let interrupt = Interrupt::install()?;
    // The runs first: what ends then sets nothing free.
    for run in &chosen.runs {
        process::request(&cx.store.layout().stop_request(run), args.kill)?;
    }
    for attempt in &chosen.attempts {
        process::request_stop(&attempt.files, args.kill)?;
    }
    let grace = chosen.attempts.iter().map(|attempt| attempt.launch.grace_ms).max().unwrap_or(0);
    let deadline = Instant::now() + Duration::from_millis(grace) + PATIENCE;
    let mut ends = Ends { going: chosen.tasks.clone(), ..Ends::default() };
    loop {
        ends.look(cx, &shop)?.iter().for_each(|result| cx.ui.finished(result));
        let runs_on = chosen.runs.iter().any(|run| cx.store.is_run_alive(run));
        if ends.going.is_empty() && !runs_on {
            break;
        }
        if interrupt.exit_code().is_some() || Instant::now() >= deadline {
            break;
        }
        std::thread::sleep(POLL);
    }
    report(cx, &chosen, &ends, &interrupt)
}

fn choose(cx: &Context, args: &StopArgs) -> Result<Chosen, Error> {
    let live = watch::live(cx)?;
    let tasks = if args.all { live } else { named(cx, args, &live)? };
    let mut chosen = Chosen { tasks: Vec::new(), attempts: Vec::new(), runs: Vec::new() };
    if args.all {
        let alive = cx.store.run_records()?.into_iter().map(|run| run.id);
        chosen.runs = alive.filter(|run| cx.store.is_run_alive(run)).collect();
    }
    let mut queued = Vec::new();
    for task in &tasks {
        match watch::current_attempt(cx, task)? {
            Some(attempt) => chosen.attempts.push(attempt),
            None => queued.push(task),
        }
    }
    if let Some(first) = queued.first().filter(|_| !args.all) {
        let told = format!("`{}` of run {} has no agent at work now", first.task, first.run);
        return Err(Error::refused(format!("{told}; nothing was stopped"))
            .hint("end its run, and everything that runs: windrow stop --all"));
    }
    chosen.tasks = tasks;
    Ok(chosen)
}

fn named(cx: &Context, args: &StopArgs, live: &[Watched]) -> Result<Vec<Watched>, Error> {
    let world = World::read(cx)?;
    let names = match (&args.names[..], world.here(cx)) {
        ([], None) => {
            let usage = Error::usage("name a task, or say --all");
            return Err(usage.hint("windrow stop NAME").hint("windrow stop --all"));
        }
        ([], Some(here)) => vec![here.name.clone()],
        (names, _) => {
            let named = names.iter().map(|name| watch::named(cx, &world, live, name));
            named.collect::<Result<Vec<_>, Error>>()?
        }
    };
    for name in names.iter().filter(|name| live.iter().all(|watched| watched.task != **name)) {
        if !cx.globals.json {
            cx.ui.note(&format!("`{name}` is not running"));
        }
    }
    Ok(live.iter().filter(|watched| names.contains(&watched.task)).cloned().collect())
}

fn dry_run(cx: &Context, chosen: &Chosen) -> Result<Status, Error> {
    if cx.globals.json {
        let names: Vec<String> = chosen.tasks.iter().map(|watched| watched.task.to_string()).collect();
        cx.ui.json(&json::dry_run(&json::ends("stop", &[], &names), &[]));
        return Ok(OK);
    }
    cx.ui.out(&show::would_stop(&chosen.tasks.iter().map(|w| (&w.task, &w.run)).collect::<Vec<_>>()));
    Ok(OK)
}

fn report(cx: &Context, chosen: &Chosen, ends: &Ends, interrupt: &Interrupt) -> Result<Status, Error> {
    let results = ends.ordered(&chosen.tasks);
    let left = ends.names();
    if cx.globals.json {
        cx.ui.json(&json::ends("stop", &results, &left));
    } else if chosen.tasks.is_empty() && chosen.runs.is_empty() {
        cx.ui.note("no task was stopped");
    } else if !results.is_empty() {
        cx.ui.out(&show::run_summary(&results, &cx.look()));
    }
    if !left.is_empty() && !cx.globals.json {
        cx.ui.warn(&format!("still at work: {}", left.join(", ")));
        cx.ui.hint(&format!("windrow stop --kill {}", shell_words::join(&left)));
    }
    let runs: Vec<String> = chosen
        .runs
        .iter()
        .filter(|run| cx.store.is_run_alive(run))
        .map(|run| format!("run {run} goes on"))
        .collect();
    if !cx.globals.json {
        runs.iter().for_each(|run| cx.ui.warn(run));
    }
    let all = left.is_empty() && runs.is_empty();
    Ok(interrupt.exit_code().unwrap_or(if all { OK } else { Kind::TaskFailed.code() }))
}
