//! `windrow send`.

use std::io::Read;

use super::gather::World;
use super::{Context, Status, pick, run};
use crate::agent;
use crate::domain::attempt::Launch;
use crate::domain::plan::{Follows, PlannedTask, title};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::store::runs::AttemptRecord;

/// The longest prompt that is read from standard input, in bytes.
const LARGEST: u64 = 16 << 20;

/// Give a task's agent a follow-up, in the same session and the same worktree
///
/// A new attempt of the task: judged, and what it leaves committed, as any other; the task stays the one that its plan defines.
/// A client that cannot continue a session begins a new one and gets the prompt alone. Without PROMPT the notes that `review` collected
/// are sent. `-` reads the prompt from standard input.
///
/// Exit codes: 0 done · 1 refused, as where its agent is at work · 4 it is not done · 130/143 interrupted.
#[derive(clap::Args, Debug)]
pub struct SendArgs {
    /// The task [default: the one that one stands in]
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What to say; without it, the notes of `review`
    #[arg(value_name = "PROMPT")]
    pub prompt: Option<String>,
}

/// Runs it.
pub fn run(cx: &Context, args: &SendArgs) -> Result<Status, Error> {
    cx.refuse_inside_agent()?;
    let world = World::read(cx)?;
    let (task, prompt) = addressed(cx, &world, args)?;
    let task = task.clone();
    let notes = cx.store.review(&task.id).map(|review| review.notes.len()).unwrap_or(0);
    let (prompt, of_notes) = match prompt {
        Some(text) if text == "-" => (read_stdin()?, false),
        Some(text) => (text, false),
        None if notes > 0 => (cx.store.review(&task.id)?.prompt(), true),
        None => {
            let name = shell_words::quote(task.name.as_str()).into_owned();
            return Err(Error::usage(format!(
                "there is nothing to say to `{}`: no PROMPT, and no notes",
                task.name
            ))
            .hint(format!("windrow send {name} 'PROMPT'"))
            .hint(format!("windrow review {name}")));
        }
    };
    if prompt.trim().is_empty() || prompt.contains('\0') {
        return Err(Error::usage("the prompt is empty, or holds a NUL character"));
    }
    let attempt = world.last_attempt(&task.id).ok_or_else(|| {
        Error::refused(format!("no agent has worked on `{}` yet", task.name)).hint(format!(
            "windrow run {} --agent AGENT",
            shell_words::quote(&format!("{}=PROMPT", task.name))
        ))
    })?;
    let planned = follow_up(cx, &task, attempt, prompt)?;
    if cx.globals.dry_run {
        let session = planned.follows.as_ref().and_then(|follows| follows.session.as_deref());
        let how = session.map_or_else(|| "in a new session".to_owned(), |id| format!("in session {id}"));
        cx.ui.note(&format!("{}: {} would be asked {how}", task.name, attempt.launch.agent));
        return Ok(super::OK);
    }
    let again = shell_words::join(["windrow", "send", task.name.as_str(), planned.title.as_str()]);
    let status = run::follow_up(cx, &task, planned, again)?;
    if of_notes {
        // Notes that came meanwhile stay.
        cx.store
            .change_review(&task.id, |review| drop(review.notes.drain(..notes.min(review.notes.len()))))?;
    }
    Ok(status)
}

/// Finds out who is meant. One argument alone is a task if there is one of that name; in a task's worktree it is what to say to
/// that.
fn addressed<'w>(
    cx: &Context,
    world: &'w World,
    args: &SendArgs,
) -> Result<(&'w TaskRecord, Option<String>), Error> {
    match (world.select(cx, &args.name), &args.prompt) {
        (Ok(task), prompt) => Ok((task, prompt.clone())),
        (Err(_), None) if world.here(cx).is_some() => {
            let names: [String; 0] = [];
            let task = pick::some(cx, world, &names, "send")?.into_iter().next();
            task.map(|task| (task, Some(args.name.clone()))).ok_or_else(|| Error::usage("name a task"))
        }
        (Err(error), _) => Err(error),
    }
}

fn read_stdin() -> Result<String, Error> {
    let mut text = String::new();
    std::io::stdin()
        .take(LARGEST)
        .read_to_string(&mut text)
        .map_err(|error| Error::refused(format!("cannot read the prompt: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Makes the task of a follow-up from what the attempt before was.
fn follow_up(
    cx: &Context,
    task: &TaskRecord,
    attempt: &AttemptRecord,
    prompt: String,
) -> Result<PlannedTask, Error> {
    let launch: &Launch = &attempt.launch;
    let Some(caller) = launch.caller.clone() else {
        return Err(Error::refused(format!(
            "the attempt before does not say how `{}` is called; it was made by an older windrow",
            launch.agent
        )));
    };
    let resumes = caller.client.as_deref().and_then(agent::abilities).is_some_and(|can| can.resumes);
    let known = attempt.settled.as_ref().and_then(|settled| settled.session.clone());
    let session = known.or_else(|| launch.session.clone()).filter(|_| resumes);
    if session.is_none() {
        cx.ui.note(&format!("`{}` continues no session: it gets this prompt alone", launch.agent));
    }
    let own = |(name, value): &(&String, &String)| {
        !name.starts_with("WINDROW_")
            && cx.environment.env.get(*name) != Some(*value)
            && caller.env.get(*name) != Some(*value)
    };
    let env = launch.env.iter().filter(own).map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(PlannedTask {
        name: task.name.clone(),
        branch: Some(task.branch.clone()),
        base: None,
        title: title(&prompt),
        prompt,
        role: None,
        role_prompt: None,
        agent: Some(caller),
        after: Vec::new(),
        starts_from: Vec::new(),
        mode: crate::domain::plan::Mode::Write,
        touches: Vec::new(),
        timeout_ms: launch.timeout_ms,
        silence_ms: launch.silence_ms,
        limits: launch.limits,
        retries: 0,
        feedback: false,
        follows: Some(Follows { session, definition: launch.definition.clone(), origin: launch.origin() }),
        check: launch.check.as_ref().and_then(|argv| argv.get(2).cloned()),
        env,
        allow_empty: launch.allow_empty,
    })
}
