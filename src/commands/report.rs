//! `windrow report`.

use super::gather::{self, World, state_of};
use super::{Context, OK, Status, page, status};
use crate::domain::diff::Stat;
use crate::domain::event::TaskResult;
use crate::domain::manifest;
use crate::domain::name::TaskName;
use crate::domain::outcome::{Outcome, next_command};
use crate::domain::reading::next_of_read;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::diff;
use crate::process;
use crate::store::runs::{AttemptRecord, RunRecord, RunTask};
use crate::ui::view::{ReportTask, ReportView};
use crate::ui::{json, show};

/// Write the integration report of a run: what each task was asked, what came of it, what to do next
///
/// It goes to standard output: windrow report > report.md
#[derive(clap::Args, Debug)]
pub struct ReportArgs {
    /// The run, by its id or the last four digits of it [default: the last one]
    pub run: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Md)]
    pub format: Format,
}

/// How much of a read task's output stands in a report, in bytes.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// Forms of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Markdown
    Md,
    /// The JSON document
    Json,
}

/// Runs it.
pub fn run(cx: &Context, args: &ReportArgs) -> Result<Status, Error> {
    let world = World::read(cx)?;
    let runs = cx.store.run_records()?;
    let named = |run: &&RunRecord| match &args.run {
        Some(id) => run.id.as_str() == id || (id.len() >= 4 && run.id.as_str().ends_with(id.as_str())),
        None => true,
    };
    let Some(run) = runs.iter().rev().find(named) else {
        return Err(match &args.run {
            None => Error::refused("there is no run yet").hint("windrow run plan.toml"),
            Some(id) => Error::refused(format!("there is no run `{id}`")).hint("windrow history"),
        });
    };
    if cx.store.is_run_alive(&run.id) {
        cx.ui.note(&format!("run {} goes on; a task without an outcome is told as not-started", run.id));
    }
    let view = gather(cx, &world, run)?;
    if cx.globals.json || args.format == Format::Json {
        cx.ui.json(&json::report(&view));
    } else {
        let _page = page::begin(cx, "report");
        cx.ui.out(&show::report_markdown(&view));
    }
    Ok(OK)
}

fn gather(cx: &Context, world: &World, run: &RunRecord) -> Result<ReportView, Error> {
    let of_run = |task: &&TaskRecord| run.tasks.iter().any(|of_run| of_run.name == task.name);
    let known: Vec<TaskRecord> = world.tasks.iter().filter(of_run).cloned().collect();
    let statuses = status::statuses(cx, world, &known)?;
    let attempts = cx.store.attempts()?;
    let mut tasks = Vec::new();
    for task in &run.tasks {
        let of_task =
            |attempt: &&AttemptRecord| attempt.key.run == run.id && attempt.key.task == task.name.id();
        let attempt = attempts.iter().rev().find(of_task);
        // A read task that was finished before has its result there.
        let earlier = world.last_reading(&task.name.id()).filter(|_| task.outcome == Some(Outcome::Done));
        let status = statuses.iter().find(|status| status.task.name == task.name);
        let landed = world.history.landings().rev().find(|landing| landing.task == task.name).cloned();
        let mut result = result(cx, run, task, attempt);
        if attempt.or(earlier).is_some_and(|attempt| attempt.launch.reading.is_some()) {
            result.next = next_of_read(result.outcome, &task.name, &run.again);
        }
        if let Some(landing) = &landed {
            result.next = status.map_or_else(String::new, |_| next_of_landed(&task.name));
            let start = status.map(|status| status.task.start_point);
            if let Some(start) = start.or(attempt.map(|attempt| attempt.launch.head)) {
                result.diff =
                    diff::tree_diff(&cx.repo, start, landing.tip).ok().map(|files| Stat::of(&files));
            }
        }
        tasks.push(ReportTask {
            // What it still has beyond its base; of a landed one, what it brought.
            diff: status.filter(|_| landed.is_none()).and_then(|status| status.survey.diff),
            result,
            branch: status.map(|status| status.task.branch.clone()),
            base: status.and_then(|status| status.task.base.clone()),
            agent: Some(task.agent.clone()).filter(|agent| !agent.is_empty()),
            prompt: task.prompt.clone(),
            merge: status.and_then(|status| status.survey.merge.clone()),
            landed,
            output: output(cx, attempt.or(earlier))?,
        });
    }
    Ok(ReportView { run: run.id.clone(), started: run.started, plan: run.plan.clone(), tasks })
}

/// Gives all that a read task wrote, as far as it goes into a report.
fn output(cx: &Context, attempt: Option<&AttemptRecord>) -> Result<Option<String>, Error> {
    let Some(attempt) = attempt.filter(|attempt| attempt.launch.reading.is_some()) else { return Ok(None) };
    let log = attempt.files.log();
    // Of a client that says what its answer is, that; else all that was written.
    let mut bytes = match gather::transcript(attempt).answer() {
        Some(answer) => answer.as_bytes().to_vec(),
        None => process::read_log(&log, 0)?.bytes,
    };
    let all = bytes.len();
    if all <= OUTPUT_LIMIT {
        return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
    }
    bytes.truncate(OUTPUT_LIMIT);
    bytes.truncate(process::whole(&bytes));
    let cut = manifest::bytes((all - bytes.len()) as u64);
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(format!("{}\n… {cut} more in {}", text.trim_end(), cx.show_path(&log))))
}

fn next_of_landed(task: &TaskName) -> String {
    format!("windrow clean {}", shell_words::quote(task.as_str()))
}

/// Gives what became of a task in a run, from the run's record and its last attempt there; its diff is left out.
pub(crate) fn result(
    cx: &Context,
    run: &RunRecord,
    task: &RunTask,
    attempt: Option<&AttemptRecord>,
) -> TaskResult {
    let settled = attempt.and_then(|attempt| attempt.settled.as_ref());
    let running = || attempt.map(|attempt| format!("{} now", state_of(cx, attempt).word()));
    let outcome = settled.map(|settled| settled.outcome).or(task.outcome).unwrap_or(Outcome::NotStarted);
    let told = settled.map(|settled| settled.evidence.clone()).unwrap_or_else(|| task.evidence.clone());
    TaskResult {
        task: task.name.clone(),
        outcome,
        success: outcome == Outcome::Done,
        evidence: if told.is_empty() { running().into_iter().collect() } else { told },
        attempts: attempt.map_or(0, |attempt| attempt.key.number),
        commits: settled.map_or(0, |settled| settled.commits),
        diff: None,
        elapsed_ms: settled.and_then(|settled| settled.elapsed_ms),
        log: attempt.map(|attempt| attempt.files.log()),
        last_words: settled.map(|settled| settled.last_words.clone()).unwrap_or_default(),
        used: settled.map(|settled| settled.used).unwrap_or_default(),
        next: next_command(outcome, &task.name, &run.again),
        earlier: attempt.is_none() && outcome == Outcome::Done,
    }
}
