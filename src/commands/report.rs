//! `windrow report`.

use super::gather::World;
use super::{Context, OK, Status, diff, status};
use crate::domain::diff::Stat;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::store::runs::{RunRecord, RunTask};
use crate::ui::{json, show};

/// Write the integration report of a run: what each task was asked, what came of it, what to do next
#[derive(clap::Args, Debug)]
pub struct ReportArgs {
    /// The run [default: the last one]
    pub run: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Md)]
    pub format: Format,
}

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
        let message = args.run.as_ref().map_or_else(|| "there is no run yet".to_owned(), |id| format!("there is no run `{id}`"));
        return Err(Error::refused(message).hint("windrow run plan.toml"));
    };
    let view = gather(cx, &world, run)?;
    if cx.globals.json || args.format == Format::Json {
        cx.ui.json(&json::report(&view));
    } else {
        cx.ui.out(&show::report_markdown(&view));
    }
    Ok(OK)
}

fn gather(cx: &Context, world: &World, run: &RunRecord) -> Result<show::ReportView, Error> {
    let known: Vec<TaskRecord> = world.tasks.iter().filter(|task| run.tasks.iter().any(|of_run| of_run.name == task.name)).cloned().collect();
    let statuses = status::statuses(cx, world, &known)?;
    let attempts = cx.store.attempts()?;
    let tasks = run.tasks.iter().map(|task| {
        let attempt = attempts.iter().rev().find(|attempt| attempt.key.run == run.id && attempt.key.task == task.name.id());
        let record = known.iter().find(|record| record.name == task.name);
        let status = statuses.iter().find(|status| status.task.name == task.name);
        let files = record.and_then(|record| diff::of(cx, record, false).ok()).map(|diff| diff.files).unwrap_or_default();
        entry(task, attempt, status, files)
    });
    Ok(show::ReportView {
        run: run.id.clone(),
        started: run.started,
        finished: run.finished,
        plan: run.plan.clone(),
        again: run.again.clone(),
        tasks: tasks.collect(),
    })
}

fn entry(
    task: &RunTask,
    attempt: Option<&crate::store::runs::AttemptRecord>,
    status: Option<&crate::domain::status::TaskStatus>,
    files: Vec<crate::domain::diff::FileDiff>,
) -> show::ReportTask {
    let settled = attempt.and_then(|attempt| attempt.settled.as_ref());
    let outcome = settled.map(|settled| settled.outcome).or(task.outcome);
    show::ReportTask {
        name: task.name.clone(),
        agent: task.agent.clone(),
        prompt: task.prompt.clone(),
        after: task.after.clone(),
        outcome: outcome.map_or_else(|| status.map_or("unknown", |status| status.state.word()), crate::domain::outcome::Outcome::word),
        evidence: settled.map_or_else(|| task.evidence.clone(), |settled| settled.evidence.clone()),
        commits: settled.map_or(0, |settled| settled.commits),
        diff: status.and_then(|status| status.survey.diff).unwrap_or_else(Stat::default),
        files,
        merge: status.and_then(|status| status.survey.merge.clone()),
        integrated: status.and_then(|status| status.survey.integrated),
        last_words: settled.map(|settled| settled.last_words.clone()).unwrap_or_default(),
        log: attempt.map(|attempt| attempt.files.log()),
        elapsed_ms: settled.and_then(|settled| settled.elapsed_ms),
    }
}
