//! The loop that owns a run.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::budget::Used;
use super::retry::Retries;
use super::supervision::Supervision;
use super::worker::{self, Message};
use super::{Attempt, Options, Prepared, Work};
use crate::domain::event::{RunEvent, TaskResult};
use crate::domain::name::TaskName;
use crate::domain::outcome::Outcome;
use crate::domain::schedule::{Schedule, Skipped, Stage};
use crate::domain::transcript::{AgentEvent, Waiting};
use crate::process::Level;

/// How much memory is left free, in bytes, and how much an agent is counted with: a client takes 200 to 700 MiB when it works.
const LEAST_MEMORY: u64 = 256 << 20;
const MEMORY_EACH: u64 = 256 << 20;
/// How long an agent takes until the memory that is left shows what it takes.
const GROWS: Duration = Duration::from_secs(10);

/// How long nothing is launched after a rate limit that does not say for how long it lasts, and at most after any.
const PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The least time between two lines of one task: four a second are all that somebody can read.
const SAID_INTERVAL: Duration = Duration::from_millis(250);

/// What the loop reaches: the attempts, and whoever wants to know.
pub(super) struct Outside<'a> {
    pub(super) supervision: &'a mut dyn Supervision,
    pub(super) on_event: &'a mut dyn FnMut(&RunEvent),
}

/// Runs a schedule; see [`super::execute`].
pub(super) fn run(
    schedule: Schedule,
    adopted: Vec<Attempt>,
    work: &dyn Work,
    options: &Options<'_>,
    outside: &mut Outside<'_>,
) -> Vec<TaskResult> {
    let mut dispatcher = Dispatcher {
        schedule,
        work,
        options,
        outside,
        running: Vec::new(),
        results: HashMap::new(),
        retries: Retries::default(),
        asked: Level::None,
        halted: None,
        observed: Observed::Since(Instant::now(), options.observe),
        waits: Vec::new(),
        paused: None,
        spent: 0.0,
        told_of_memory: false,
    };
    for attempt in adopted {
        dispatcher.schedule.set_running(&attempt.task);
        dispatcher.outside.supervision.adopt(&attempt);
        dispatcher.watch(attempt);
    }
    let (send, receive) = channel();
    std::thread::scope(|scope| dispatcher.drive(scope, &send, &receive));
    dispatcher.close()
}

/// Why nothing more is launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    Interrupted,
    Stopped,
    FailFast,
    Budget,
}

impl Halt {
    const fn evidence(self) -> &'static str {
        match self {
            Self::Interrupted => "the run was interrupted before its turn",
            Self::Stopped => "the run was stopped before its turn",
            Self::Budget => "the run had cost what it may before its turn",
            Self::FailFast => "another task did not succeed before its turn",
        }
    }
}

struct Running {
    attempt: Attempt,
    since: Instant,
    last_said: Option<Instant>,
    used: Used,
}

struct Dispatcher<'a, 'o> {
    schedule: Schedule,
    work: &'a dyn Work,
    options: &'a Options<'a>,
    outside: &'a mut Outside<'o>,
    running: Vec<Running>,
    results: HashMap<TaskName, TaskResult>,
    retries: Retries,
    /// How urgently the agents have been asked to end.
    asked: Level,
    halted: Option<Halt>,
    observed: Observed,
    /// What agents said that they wait for, not heeded yet.
    waits: Vec<(TaskName, Waiting)>,
    /// Until when nothing is launched, because a model's provider let agents have no more.
    paused: Option<Instant>,
    /// What all attempts cost so far, in US dollars.
    spent: f64,
    told_of_memory: bool,
}

/// When the tasks at work were looked at last.
#[derive(Debug, Clone, Copy)]
enum Observed {
    /// Somebody looks at them since then.
    Going(Instant),
    /// At this time, or since then there is something to look at; how long to wait from then.
    Since(Instant, Duration),
}

impl<'a> Dispatcher<'a, '_> {
    fn drive<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        send: &Sender<Message>,
        receive: &Receiver<Message>,
    ) where
        'a: 'scope,
    {
        let work = self.work;
        loop {
            self.heed_signals();
            self.retries.rested().iter().for_each(|task| self.schedule.wake(task));
            let room = if self.is_paused() { 0 } else { self.room() };
            let ready = self.schedule.take_ready_up_to(room);
            if !ready.is_empty() {
                ready.iter().for_each(|task| self.tell(&RunEvent::TaskPreparing { task: task.clone() }));
                worker::spawn(scope, send, move || worker::prepare(work, &ready));
            }
            for attempt in self.look_at_attempts() {
                worker::spawn(scope, send, move || worker::settle(work, &attempt));
            }
            if self.schedule.is_over() {
                return;
            }
            if let Some(running) = self.due() {
                worker::spawn(scope, send, move || worker::observe(work, &running));
            }
            match receive.recv_timeout(self.options.poll) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
    }

    /// Gives the tasks at work where it is time to look at them: no one alone gets in another's way.
    fn due(&mut self) -> Option<Vec<TaskName>> {
        match self.observed {
            Observed::Since(_, wait) if self.running.len() < 2 => {
                self.observed = Observed::Since(Instant::now(), wait);
            }
            Observed::Since(last, wait) if last.elapsed() >= wait => {
                self.observed = Observed::Going(Instant::now());
                return Some(self.running.iter().map(|running| running.attempt.task.clone()).collect());
            }
            Observed::Since(..) | Observed::Going(_) => {}
        }
        None
    }

    /// Lets nothing begin while a model's provider lets agents have no more: each would only wait beside the others.
    fn heed_limits(&mut self) {
        for (task, waiting) in std::mem::take(&mut self.waits) {
            if !waiting.rate_limit {
                continue;
            }
            let wait = waiting.for_ms.map_or(PAUSE, Duration::from_millis).min(LONGEST_PAUSE);
            let until = Instant::now() + wait;
            if self.paused.is_none_or(|paused| paused < until) {
                let new = self.paused.is_none();
                self.paused = Some(until);
                if new {
                    let message = format!(
                        "`{task}` is rate limited ({}): nothing more is started for {} s",
                        waiting.reason.lines().next().unwrap_or_default(),
                        wait.as_secs().max(1)
                    );
                    self.tell(&RunEvent::Warning { message });
                }
            }
        }
    }

    /// Gives how many agents more the memory is enough for. Where none is at work one is always let in.
    fn room(&mut self) -> usize {
        if !self.schedule.has_ready() {
            return 0;
        }
        let Some(left) = (self.options.memory)() else { return usize::MAX };
        let room = usize::try_from(left.saturating_sub(LEAST_MEMORY) / MEMORY_EACH).unwrap_or(usize::MAX);
        // Those that have just begun have not taken yet what they will.
        let young = self.running.iter().filter(|running| running.since.elapsed() < GROWS).count();
        let being_made = self.schedule.running().saturating_sub(self.running.len());
        let room = room.saturating_sub(young + being_made);
        let alone = self.schedule.running() == 0;
        if room == 0 && !alone && !self.told_of_memory {
            self.told_of_memory = true;
            let message =
                format!("{} MiB of memory are left: others begin when agents have ended", left >> 20);
            self.tell(&RunEvent::Warning { message });
        }
        room.max(usize::from(alone))
    }

    fn is_paused(&mut self) -> bool {
        match self.paused {
            Some(until) if Instant::now() < until => true,
            Some(_) => {
                self.paused = None;
                false
            }
            None => false,
        }
    }

    fn tell(&mut self, event: &RunEvent) {
        (self.outside.on_event)(event);
    }

    /// Launches nothing more and asks what runs to end, once for each level.
    fn heed_signals(&mut self) {
        let level = self.options.interrupt.level();
        if level <= self.asked {
            return;
        }
        self.asked = level;
        let by_command = self.options.interrupt.exit_code().is_none();
        self.tell(&RunEvent::Interrupted { kill: level == Level::Kill, by_command });
        self.halt(if by_command { Halt::Stopped } else { Halt::Interrupted });
        for i in 0..self.running.len() {
            self.ask_to_end(i);
        }
    }

    fn ask_to_end(&mut self, i: usize) {
        let attempt = &self.running[i].attempt;
        if let Err(error) = self.outside.supervision.request_stop(attempt, self.asked == Level::Kill) {
            let message = format!("`{}` could not be asked to stop: {}", attempt.task, error.in_one_line());
            self.tell(&RunEvent::Warning { message });
        }
    }

    fn halt(&mut self, why: Halt) {
        self.schedule.stop_launching();
        self.halted.get_or_insert(why);
        self.retries.give_up().into_iter().for_each(|result| self.finish(result));
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Prepared(answers) => {
                for (i, answer) in answers.into_iter().enumerate() {
                    if i > 0 && self.halted.is_none() {
                        std::thread::sleep(self.options.stagger);
                    }
                    match answer {
                        Prepared::Ready(attempt) => self.launch(attempt),
                        Prepared::Failed(result) => self.finish(result),
                    }
                }
            }
            Message::Settled(task, result) => self.settled(TaskResult { task, ..result }),
            Message::Observed(seen) => {
                // Looking must not take more than a small part of the machine from those who work.
                let took = match self.observed {
                    Observed::Going(since) => since.elapsed(),
                    Observed::Since(..) => Duration::ZERO,
                };
                self.observed = Observed::Since(Instant::now(), self.options.observe.max(took * 10));
                seen.into_iter().for_each(|message| self.tell(&RunEvent::Warning { message }));
            }
        }
    }

    /// Lets a task rest that may be tried again; else its result stands.
    fn settled(&mut self, result: TaskResult) {
        self.spent += result.used.cost_usd.unwrap_or(0.0);
        if let Some(limit) = self.options.max_cost.filter(|limit| self.spent > *limit)
            && self.halted.is_none()
        {
            let message = format!("${:.2} of ${limit:.2} are spent: nothing more is started", self.spent);
            self.tell(&RunEvent::Warning { message });
            self.halt(Halt::Budget);
        }
        let rest = match self.halted {
            None => self.retries.rest(&result, self.options.rest),
            Some(_) => None,
        };
        let Some(rest) = rest else { return self.finish(result) };
        self.schedule.rest(&result.task);
        let rest_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
        self.tell(&RunEvent::TaskRetrying { result, rest_ms });
    }

    fn launch(&mut self, attempt: Attempt) {
        // The signal may have come while others of the same batch were launched.
        self.heed_signals();
        if let Some(why) = self.halted {
            self.work.withdraw(&attempt);
            return match self.retries.last(&attempt.task) {
                Some(result) => self.finish(result),
                None => {
                    self.finish_unstarted(&attempt.task, Outcome::NotStarted, why.evidence().to_owned());
                }
            };
        }
        match self.outside.supervision.launch(&attempt) {
            Ok(()) => self.watch(attempt),
            Err(error) => {
                self.work.withdraw(&attempt);
                self.finish_unstarted(&attempt.task, Outcome::Failed, error.in_one_line());
            }
        }
    }

    fn watch(&mut self, attempt: Attempt) {
        self.retries.allow(&attempt.task, attempt.retries);
        self.tell(&RunEvent::TaskStarted {
            task: attempt.task.clone(),
            attempt: attempt.key.clone(),
            agent: attempt.agent.clone(),
        });
        self.running.push(Running { attempt, since: Instant::now(), last_said: None, used: Used::default() });
    }

    /// Tells what agents said and gives the attempts that have ended.
    fn look_at_attempts(&mut self) -> Vec<Attempt> {
        let mut ended = Vec::new();
        let mut i = 0;
        while i < self.running.len() {
            self.listen(i);
            if self.outside.supervision.has_ended(&self.running[i].attempt) {
                ended.push(self.running.remove(i).attempt);
            } else {
                i += 1;
            }
        }
        ended
    }

    fn listen(&mut self, i: usize) {
        let running = &self.running[i];
        if running.last_said.is_some_and(|last| last.elapsed() < SAID_INTERVAL) {
            return;
        }
        let (kind, task) = (running.attempt.output, running.attempt.task.clone());
        let mut said = None;
        for line in self.outside.supervision.heard(&running.attempt) {
            for event in (self.options.events)(kind, &line) {
                if let AgentEvent::Waiting(waiting) = &event {
                    self.waits.push((task.clone(), waiting.clone()));
                }
                self.running[i].used.take(&event);
                said = event.in_words().or(said);
            }
        }
        self.heed_budget(i);
        if let Some(line) = said {
            self.running[i].last_said = Some(Instant::now());
            self.tell(&RunEvent::TaskSaid { task, line });
        }
        self.heed_limits();
    }

    /// Has an attempt ended, once, that has used more than it may.
    fn heed_budget(&mut self, i: usize) {
        let Running { attempt, used, .. } = &mut self.running[i];
        let Some(why) = used.beyond(attempt.limits) else { return };
        if let Err(error) = self.outside.supervision.request_budget_stop(attempt, &why) {
            let message = format!("`{}` could not be asked to stop: {}", attempt.task, error.in_one_line());
            self.tell(&RunEvent::Warning { message });
        }
    }

    fn finish_unstarted(&mut self, task: &TaskName, outcome: Outcome, evidence: String) {
        let result = self.work.unstarted(task, outcome, vec![evidence]);
        self.finish(result);
    }

    /// Records a result, and what it makes impossible.
    fn finish(&mut self, result: TaskResult) {
        let skipped = self.schedule.finish(&result.task, result.outcome, result.success);
        if self.options.fail_fast && !result.success {
            self.halt(Halt::FailFast);
        }
        self.record(result);
        for Skipped { task, because } in skipped {
            let cause = self.results.get(&because).map_or(Outcome::Skipped, |result| result.outcome);
            // What waits for a task that was not begun was not begun either: nothing speaks against it.
            let (outcome, evidence) = match (cause, self.halted) {
                (Outcome::NotStarted, Some(why)) => (Outcome::NotStarted, why.evidence().to_owned()),
                _ => (Outcome::Skipped, format!("it comes after `{because}`, which is {cause}")),
            };
            let result = self.work.unstarted(&task, outcome, vec![evidence]);
            self.record(result);
        }
    }

    fn record(&mut self, result: TaskResult) {
        self.tell(&RunEvent::TaskFinished(result.clone()));
        self.results.insert(result.task.clone(), result);
    }

    /// Gives everything that was not begun its result, and all results in order.
    fn close(mut self) -> Vec<TaskResult> {
        let stages: Vec<(TaskName, Stage)> =
            self.schedule.stages().map(|(task, stage)| (task.clone(), stage)).collect();
        let evidence = self.halted.map_or("its turn did not come", Halt::evidence);
        for (task, stage) in &stages {
            if *stage == Stage::Waiting {
                let last = self.retries.last(task);
                let result = last.unwrap_or_else(|| {
                    self.work.unstarted(task, Outcome::NotStarted, vec![evidence.to_owned()])
                });
                self.record(result);
            }
        }
        stages.iter().filter_map(|(task, _)| self.results.remove(task)).collect()
    }
}

#[cfg(test)]
mod tests;
