//! Tasks that rest before another attempt.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::domain::event::TaskResult;
use crate::domain::name::TaskName;
use crate::domain::retry::is_worth_retrying;

/// What is known of tasks that may be tried again.
#[derive(Debug, Default)]
pub(super) struct Retries {
    /// How many further attempts each task may have, and how many it had.
    counts: HashMap<TaskName, (u32, u32)>,
    /// Until when each rests.
    resting: Vec<(TaskName, Instant)>,
    /// What the last attempt of each that rests, or was woken since, came to.
    last: HashMap<TaskName, TaskResult>,
}

impl Retries {
    /// Allows a task this many further attempts.
    pub(super) fn allow(&mut self, task: &TaskName, retries: u32) {
        self.counts.entry(task.clone()).or_insert((retries, 0)).0 = retries;
        self.last.remove(task);
    }

    /// Takes the result of an attempt. Gives how long its task rests, or nothing if the result stands.
    pub(super) fn rest(&mut self, result: &TaskResult, rest: fn(u32) -> Duration) -> Option<Duration> {
        let (allowed, used) = self.counts.get_mut(&result.task)?;
        if *used >= *allowed || !is_worth_retrying(result.outcome) {
            return None;
        }
        *used += 1;
        let rest = rest(*used);
        self.resting.push((result.task.clone(), Instant::now() + rest));
        self.last.insert(result.task.clone(), result.clone());
        Some(rest)
    }

    /// Gives the tasks that have rested long enough, once.
    pub(super) fn rested(&mut self) -> Vec<TaskName> {
        let now = Instant::now();
        self.resting.extract_if(.., |(_, until)| *until <= now).map(|(task, _)| task).collect()
    }

    /// Gives what the tasks that rest came to: they will not be tried again.
    pub(super) fn give_up(&mut self) -> Vec<TaskResult> {
        std::mem::take(&mut self.resting)
            .into_iter()
            .filter_map(|(task, _)| self.last.remove(&task))
            .collect()
    }

    /// Gives what the last attempt of a task came to whose next one will not begin.
    pub(super) fn last(&mut self, task: &TaskName) -> Option<TaskResult> {
        self.last.remove(task)
    }
}
