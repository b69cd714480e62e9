//! Tasks at work, seen from outside of their run: which there are, and what becomes of them.

use super::Context;
use super::gather::{World, settle_attempt, settle_reading};
use super::report;
use crate::domain::diff::Stat;
use crate::domain::event::TaskResult;
use crate::domain::name::{RunId, TaskName};
use crate::domain::outcome::{Outcome, next_command};
use crate::error::Error;
use crate::git::diff;
use crate::operation::Shop;
use crate::process;
use crate::store::runs::{AttemptRecord, RunRecord, RunTask};

/// A task of a run, whose end is of interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The task.
    pub task: TaskName,
    /// The run: the one that goes on with it, else the one that began its attempt.
    pub run: RunId,
}

/// Gives the tasks of runs that go on, as far as those are not through with them, the tasks whose agents outlived their
/// dispatcher, and those whose supervisor is gone too and that nobody has judged: a lost one's agent may be at work yet.
pub fn live(cx: &Context) -> Result<Vec<Watched>, Error> {
    let mut found = Vec::new();
    for run in cx.store.run_records()?.iter().filter(|run| cx.store.is_run_alive(&run.id)) {
        let going = run.tasks.iter().filter(|task| !task.ended);
        found.extend(going.map(|task| Watched { task: task.name.clone(), run: run.id.clone() }));
    }
    let attempts = cx.store.attempts()?;
    for (i, attempt) in attempts.iter().enumerate() {
        let task = &attempt.launch.task;
        let new = found.iter().all(|known| known.task != *task);
        let is_last = || attempts[i + 1..].iter().all(|later| later.launch.task != *task);
        let is_open = new && attempt.settled.is_none();
        if is_open && (process::is_alive(&attempt.files) || (is_last() && is_unjudged(cx, attempt)?)) {
            found.push(Watched { task: task.clone(), run: attempt.key.run.clone() });
        }
    }
    Ok(found)
}

/// Tells whether nobody else will judge an attempt that lives no more and is not settled.
fn is_unjudged(cx: &Context, attempt: &AttemptRecord) -> Result<bool, Error> {
    let left = !cx.store.is_run_alive(&attempt.key.run);
    Ok(left && (attempt.launch.reading.is_some() || cx.store.task(&attempt.key.task)?.is_some()))
}

/// Gives the attempt that a watched task has now and that is not settled, if there is one.
pub fn current_attempt(cx: &Context, watched: &Watched) -> Result<Option<AttemptRecord>, Error> {
    let last = cx.store.attempts_of(&watched.task.id())?.pop();
    Ok(last.filter(|attempt| attempt.settled.is_none()))
}

/// Finds the task that an argument names: one at work, whose worktree may not be made yet, else any.
pub fn named(cx: &Context, world: &World, live: &[Watched], argument: &str) -> Result<TaskName, Error> {
    match live.iter().find(|watched| watched.task.as_str() == argument) {
        Some(watched) => Ok(watched.task.clone()),
        None => match world.select(cx, argument) {
            Ok(task) => Ok(task.name.clone()),
            // A read task, or one that was removed, is known by its attempts.
            Err(error) => {
                let attempts = cx.store.attempts()?;
                let known = attempts.into_iter().rfind(|attempt| attempt.launch.task.as_str() == argument);
                known.map(|attempt| attempt.launch.task).ok_or(error)
            }
        },
    }
}

/// Gives what became of a watched task, or nothing as long as it is at work or waits for its turn. What ended while no
/// dispatcher lives is settled.
pub fn result(cx: &Context, shop: &Shop<'_>, watched: &Watched) -> Result<Option<TaskResult>, Error> {
    // Asked before the record is read: what a dispatcher wrote last is seen then.
    let alive = cx.store.is_run_alive(&watched.run);
    let Some(run) = cx.store.run_record(&watched.run)? else {
        return Ok((!alive).then(|| gone(watched, None)));
    };
    let of_run = run.tasks.iter().find(|task| task.name == watched.task);
    if alive && of_run.is_some_and(|task| !task.ended) {
        return Ok(None);
    }
    let attempt = cx.store.attempts_of(&watched.task.id())?.pop();
    let attempt = attempt.filter(|attempt| belongs(attempt, &run, of_run));
    let Some(mut attempt) = attempt else {
        let told = of_run.filter(|task| task.ended).map(|task| report::result(cx, &run, task, None));
        return Ok(Some(told.unwrap_or_else(|| gone(watched, Some(&run)))));
    };
    if attempt.settled.is_none() {
        if process::is_alive(&attempt.files) {
            return Ok(None);
        }
        attempt.settled = match (cx.store.task(&attempt.key.task)?, attempt.launch.reading.clone()) {
            (_, Some(reading)) => Some(settle_reading(shop, &attempt, &reading)?.0),
            (Some(task), None) => Some(settle_attempt(shop, &task, attempt.clone())?),
            (None, None) => None,
        };
    }
    let bare = RunTask {
        name: watched.task.clone(),
        agent: attempt.launch.agent.clone(),
        prompt: attempt.launch.title.clone(),
        ended: true,
        after: Vec::new(),
        outcome: None,
        evidence: Vec::new(),
    };
    let mut result = report::result(cx, &run, of_run.unwrap_or(&bare), Some(&attempt));
    result.diff = gained(cx, &attempt);
    Ok(Some(result))
}

/// Tells whether a task's last attempt says what became of it in a run: the run began it, or took it over.
fn belongs(attempt: &AttemptRecord, run: &RunRecord, of_run: Option<&RunTask>) -> bool {
    let settled_since = attempt.settled.as_ref().is_none_or(|settled| settled.time >= run.started);
    let told_elsewhere = of_run.is_some_and(|task| task.ended && task.outcome.is_some());
    attempt.key.run == run.id || (settled_since && !told_elsewhere)
}

fn gained(cx: &Context, attempt: &AttemptRecord) -> Option<Stat> {
    let (from, to) = (attempt.launch.origin(), attempt.settled.as_ref()?.head?);
    if from == to {
        return None;
    }
    diff::tree_diff(&cx.repo, from, to).ok().map(|files| Stat::of(&files))
}

/// A task that waited for its turn when its dispatcher was killed.
fn gone(watched: &Watched, run: Option<&RunRecord>) -> TaskResult {
    let again = run.map_or("windrow status", |run| &run.again);
    TaskResult {
        task: watched.task.clone(),
        outcome: Outcome::NotStarted,
        success: false,
        evidence: vec![format!("the dispatcher of run {} is gone", watched.run)],
        attempts: 0,
        commits: 0,
        diff: None,
        elapsed_ms: None,
        log: None,
        last_words: Vec::new(),
        used: crate::domain::transcript::Usage::default(),
        next: next_command(Outcome::NotStarted, &watched.task, again),
        earlier: false,
    }
}

/// What became of watched tasks, in their order.
#[derive(Debug, Default)]
pub struct Ends {
    /// The results so far.
    pub results: Vec<TaskResult>,
    /// Those that still are at work.
    pub going: Vec<Watched>,
}

impl Ends {
    /// Looks at the tasks that still are at work; gives the results that are new.
    pub fn look(&mut self, cx: &Context, shop: &Shop<'_>) -> Result<Vec<TaskResult>, Error> {
        let mut new = Vec::new();
        let mut going = Vec::new();
        for watched in std::mem::take(&mut self.going) {
            match result(cx, shop, &watched)? {
                Some(result) => new.push(result),
                None => going.push(watched),
            }
        }
        self.going = going;
        self.results.extend(new.iter().cloned());
        Ok(new)
    }

    /// Gives the results in the order of `watched`.
    pub fn ordered(&self, watched: &[Watched]) -> Vec<TaskResult> {
        let of = |watched: &Watched| self.results.iter().find(|result| result.task == watched.task).cloned();
        watched.iter().filter_map(of).collect()
    }

    /// Gives the names of those that still are at work.
    pub fn names(&self) -> Vec<String> {
        self.going.iter().map(|watched| watched.task.to_string()).collect()
    }
}

/// Finds the run that an id, or the end of one, names.
pub fn run_named(cx: &Context, id: &str) -> Result<RunRecord, Error> {
    let named = |run: &RunRecord| run.id.as_str() == id || (id.len() >= 4 && run.id.as_str().ends_with(id));
    let found = cx.store.run_records()?.into_iter().rfind(named);
    found.ok_or_else(|| Error::refused(format!("there is no run `{id}`")).hint("windrow history"))
}
