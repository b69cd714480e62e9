//! `windrow logs`.

mod all;

use std::time::Duration;

use super::gather::{World, state_of};
use super::{Context, OK, Status, page, pick};
use crate::agent;
use crate::domain::attempt::AttemptFiles;
use crate::domain::name::{RunId, TaskId};
use crate::domain::plan::OutputKind;
use crate::domain::status::TaskState;
use crate::error::Error;
use crate::process;
use crate::store::runs::AttemptRecord;
use crate::ui::json;
use crate::ui::view::LogView;

/// Print what a task's agent wrote
///
/// Of a client that writes events, what it said and did. Control characters are made visible; --raw prints the bytes as they are. Of a log of more than 64 MiB the middle is not kept. Logs of removed tasks are.
#[derive(clap::Args, Debug)]
pub struct LogsArgs {
    /// The task, or its branch [default: the task one stands in]
    pub name: Option<String>,
    /// Go on until the agent ends
    #[arg(short, long)]
    pub follow: bool,
    /// The run whose log is meant [default: the last one]
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,
    /// The logs of all tasks; with --follow, what all agents at work write, each line after its task
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
    /// Print bytes as they are
    #[arg(long)]
    pub raw: bool,
}

/// How often a log that is followed is looked at.
const POLL: Duration = Duration::from_millis(150);

/// Runs it.
pub fn run(cx: &Context, args: &LogsArgs) -> Result<Status, Error> {
    if args.all {
        return if args.follow { all::follow(cx, args) } else { all::print(cx, args) };
    }
    let world = World::read(cx)?;
    let attempts = cx.store.attempts()?;
    let (id, name) = chosen(cx, &world, &attempts, args)?;
    let of_task = attempts.iter().rev().filter(|attempt| attempt.key.task == id);
    let attempt = of_task.into_iter().find(|attempt| of_run(args, attempt));
    let Some(attempt) = attempt else {
        if let Some(run) = &args.run {
            let refused = Error::refused(format!("`{name}` has no log of a run `{run}`"));
            return Err(refused.hint("windrow history"));
        }
        let refused = Error::refused(format!("`{name}` has no log: no agent has run on it"));
        return Err(refused.hint(format!("windrow run {}='PROMPT'", shell_words::quote(&name))));
    };
    if args.follow { follow(cx, args, attempt) } else { print(cx, args, attempt) }
}

impl LogsArgs {
    /// Tells whether the logs of a run are asked for.
    fn is_of(&self, run: &RunId) -> bool {
        let run = run.as_str();
        self.run.as_deref().is_none_or(|id| run == id || (id.len() >= 4 && run.ends_with(id)))
    }
}

fn of_run(args: &LogsArgs, attempt: &AttemptRecord) -> bool {
    args.is_of(&attempt.key.run)
}

/// Finds the task; one that was removed is known by its attempts.
fn chosen(
    cx: &Context,
    world: &World,
    attempts: &[AttemptRecord],
    args: &LogsArgs,
) -> Result<(TaskId, String), Error> {
    if let Some(name) = args.name.as_deref()
        && let Some(attempt) = attempts.iter().rev().find(|attempt| attempt.launch.task.as_str() == name)
    {
        return Ok((attempt.key.task.clone(), name.to_owned()));
    }
    let task = pick::one(cx, world, args.name.as_deref(), "logs")?;
    Ok((task.id.clone(), task.name.to_string()))
}

fn print(cx: &Context, args: &LogsArgs, attempt: &AttemptRecord) -> Result<Status, Error> {
    let bytes = process::read_log(&attempt.files.log(), 0)?.bytes;
    if cx.globals.json {
        let (log, state) = (attempt.files.log(), state_of(cx, attempt));
        cx.ui.json(&json::logs(&LogView {
            task: &attempt.launch.task,
            run: &attempt.key.run,
            attempt: attempt.key.number,
            agent: &attempt.launch.agent,
            state: state.word(),
            log: &log,
            content: Some(&bytes),
        }));
    } else {
        if bytes.is_empty() {
            cx.ui.note(&format!("the log of `{}` is empty", attempt.launch.task));
        }
        let _page = page::begin(cx, "logs");
        cx.ui.log(&shown(args, attempt, bytes), args.raw);
    }
    Ok(OK)
}

/// Gives what is shown of a log: of a client that writes events, what they say.
fn shown(args: &LogsArgs, attempt: &AttemptRecord, bytes: Vec<u8>) -> Vec<u8> {
    if args.raw { bytes } else { agent::readable(attempt.launch.output, &bytes) }
}

/// Gives how much of a piece of a log can be shown before the rest is there: events by whole lines.
fn whole(args: &LogsArgs, attempt: &AttemptRecord, bytes: &[u8]) -> usize {
    match attempt.launch.output {
        OutputKind::Text => process::whole(bytes),
        _ if args.raw => process::whole(bytes),
        _ => bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
    }
}

/// Tells whether its supervisor is still to be started.
fn is_starting(cx: &Context, attempt: &AttemptRecord) -> bool {
    let now = cx.store.attempt(attempt.key.clone());
    now.is_some_and(|now| state_of(cx, &now) == TaskState::Starting)
}

fn follow(cx: &Context, args: &LogsArgs, attempt: &AttemptRecord) -> Result<Status, Error> {
    let interrupt = process::Interrupt::install()?;
    let files: &AttemptFiles = &attempt.files;
    let mut offset = 0;
    loop {
        // Asked before the log is read, so that nothing that it wrote last is missed.
        let alive = process::is_alive(files) || is_starting(cx, attempt);
        let process::Piece { mut bytes, end } = process::read_log(&files.log(), offset)?;
        let read = bytes.len();
        if alive {
            bytes.truncate(whole(args, attempt, &bytes));
        }
        offset = end - (read - bytes.len()) as u64;
        if !bytes.is_empty() {
            if cx.globals.json {
                cx.ui.json_line(&json::log_text(&attempt.launch.task, &attempt.key.run, &bytes));
            } else {
                cx.ui.log(&shown(args, attempt, bytes.clone()), args.raw);
            }
        }
        if cx.ui.closed() || (!alive && bytes.is_empty()) {
            return Ok(OK);
        }
        if let Some(code) = interrupt.exit_code() {
            return Ok(code);
        }
        std::thread::sleep(POLL);
    }
}
