//! Worker threads: what takes long is done here and sent back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::thread::{Builder, Scope};

use super::{Attempt, Prepared, Work};
use crate::domain::event::TaskResult;
use crate::domain::name::TaskName;
use crate::domain::outcome::Outcome;

/// What a worker sends back.
#[derive(Debug)]
pub(super) enum Message {
    /// An answer for each task that it was given.
    Prepared(Vec<Prepared>),
    /// The result of an attempt.
    Settled(TaskName, TaskResult),
    /// What was seen of the tasks at work.
    Observed(Vec<String>),
}

/// Does `job` in a thread of its own, or here if there can be none, and sends what it gives.
pub(super) fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    send: &Sender<Message>,
    job: impl Fn() -> Message + Clone + Send + 'scope,
) {
    let (sender, again) = (send.clone(), job.clone());
    // The dispatcher outlives its workers, so that nothing sent is lost.
    let thread = Builder::new().spawn_scoped(scope, move || drop(sender.send(job())));
    if thread.is_err() {
        let _ = send.send(again());
    }
}

/// Prepares tasks: one answer for each of them, in their order, whatever `work` does.
pub(super) fn prepare(work: &dyn Work, tasks: &[TaskName]) -> Message {
    let answered = catch_unwind(AssertUnwindSafe(|| work.prepare(tasks)));
    let (mut answers, missing) = match answered {
        Ok(answers) => (answers, "preparing it gave no answer".to_owned()),
        Err(panic) => (Vec::new(), format!("preparing it panicked: {}", panic_text(panic.as_ref()))),
    };
    let answer = |task: &TaskName| match answers.iter().position(|answer| answer.task() == task) {
        Some(i) => answers.swap_remove(i),
        None => Prepared::Failed(work.unstarted(task, Outcome::Failed, vec![missing.clone()])),
    };
    Message::Prepared(tasks.iter().map(answer).collect())
}

/// Settles an attempt; if that panics, a person has to look at it.
pub(super) fn settle(work: &dyn Work, attempt: &Attempt) -> Message {
    let settled = catch_unwind(AssertUnwindSafe(|| work.settle(attempt)));
    let result = settled.unwrap_or_else(|panic| {
        let evidence = vec![format!("settling it panicked: {}", panic_text(panic.as_ref()))];
        let unstarted = work.unstarted(&attempt.task, Outcome::NeedsAttention, evidence);
        TaskResult { attempts: 1, log: Some(attempt.files.log()), ..unstarted }
    });
    Message::Settled(attempt.task.clone(), result)
}

/// Looks at tasks at work; a panic in that concerns none of them.
pub(super) fn observe(work: &dyn Work, running: &[TaskName]) -> Message {
    Message::Observed(catch_unwind(AssertUnwindSafe(|| work.observe(running))).unwrap_or_default())
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
