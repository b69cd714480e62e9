use std::cell::RefCell;
use std::collections::HashSet;

use super::*;
use crate::domain::attempt::{AttemptFiles, AttemptKey};
use crate::domain::name::RunId;
use crate::process::{Interrupt, ProcessError, Received, Supervisor};

fn name(text: &str) -> TaskName {
    text.parse().unwrap()
}

fn attempt(task: &TaskName) -> Attempt {
    Attempt {
        task: task.clone(),
        key: AttemptKey { run: RunId::new("20261125-223001", 1), task: task.id(), number: 1 },
        files: AttemptFiles { dir: format!("/nowhere/{task}").into() },
        agent: "mine".to_owned(),
        output: crate::domain::plan::OutputKind::Text,
        retries: 0,
        limits: crate::domain::plan::Limits::default(),
    }
}

fn result(task: &TaskName, outcome: Outcome, evidence: Vec<String>) -> TaskResult {
    TaskResult {
        task: task.clone(),
        outcome,
        success: outcome == Outcome::Done,
        evidence,
        attempts: 0,
        commits: 0,
        diff: None,
        elapsed_ms: None,
        log: None,
        last_words: Vec::new(),
        used: crate::domain::transcript::Usage::default(),
        next: String::new(),
        earlier: false,
    }
}

type Prepare<'a> = Box<dyn Fn(&[TaskName]) -> Vec<Prepared> + Sync + 'a>;

/// Work that makes nothing: tasks in `failing` fail, one named `panic` panics when it is settled.
struct Fake<'a> {
    prepare: Prepare<'a>,
    failing: HashSet<TaskName>,
    /// The number of the attempt from which on failing tasks are done.
    good_from: u32,
    withdrawn: std::sync::Mutex<Vec<TaskName>>,
}

impl Work for Fake<'_> {
    fn prepare(&self, tasks: &[TaskName]) -> Vec<Prepared> {
        (self.prepare)(tasks)
    }

    fn settle(&self, attempt: &Attempt) -> TaskResult {
        assert!(attempt.task.as_str() != "panic", "cannot settle");
        let failing = self.failing.contains(&attempt.task) && attempt.key.number < self.good_from;
        let outcome = if failing { Outcome::Failed } else { Outcome::Done };
        TaskResult { attempts: attempt.key.number, ..result(&attempt.task, outcome, Vec::new()) }
    }

    fn observe(&self, running: &[TaskName]) -> Vec<String> {
        let names: Vec<&str> = running.iter().map(TaskName::as_str).collect();
        vec![format!("seen: {}", names.join(" "))]
    }

    fn withdraw(&self, attempt: &Attempt) {
        self.withdrawn.lock().unwrap().push(attempt.task.clone());
    }

    fn unstarted(&self, task: &TaskName, outcome: Outcome, evidence: Vec<String>) -> TaskResult {
        result(task, outcome, evidence)
    }
}

/// Attempts that end as soon as they are looked at, but those in `holding` when they are killed.
#[derive(Default)]
struct FakeAttempts {
    holding: HashSet<TaskName>,
    broken: HashSet<TaskName>,
    alive: HashSet<TaskName>,
    launched: Vec<TaskName>,
    most_alive: usize,
    stops: Vec<(TaskName, bool)>,
    lines: Vec<String>,
}

impl FakeAttempts {
    fn count(&mut self, attempt: &Attempt) {
        assert!(self.alive.insert(attempt.task.clone()));
        self.most_alive = self.most_alive.max(self.alive.len());
    }

    fn refuse(&self, attempt: &Attempt) -> Result<(), ProcessError> {
        match self.broken.contains(&attempt.task) {
            true => Err(ProcessError::Supervised { dir: attempt.files.dir.clone() }),
            false => Ok(()),
        }
    }
}

impl Supervision for FakeAttempts {
    fn launch(&mut self, attempt: &Attempt) -> Result<(), ProcessError> {
        self.launched.push(attempt.task.clone());
        self.refuse(attempt)?;
        self.count(attempt);
        Ok(())
    }

    fn adopt(&mut self, attempt: &Attempt) {
        self.count(attempt);
    }

    fn has_ended(&mut self, attempt: &Attempt) -> bool {
        !self.holding.contains(&attempt.task) && self.alive.remove(&attempt.task)
    }

    fn heard(&mut self, _attempt: &Attempt) -> Vec<Vec<u8>> {
        self.lines.pop().into_iter().map(String::into_bytes).collect()
    }

    fn request_budget_stop(&mut self, attempt: &Attempt, _why: &str) -> Result<(), ProcessError> {
        self.request_stop(attempt, false)
    }

    fn request_stop(&mut self, attempt: &Attempt, kill: bool) -> Result<(), ProcessError> {
        self.stops.push((attempt.task.clone(), kill));
        if kill {
            self.holding.remove(&attempt.task);
        }
        self.refuse(attempt)
    }
}

/// A run of fakes.
struct Run<'a> {
    tasks: Vec<(TaskName, Vec<TaskName>)>,
    jobs: usize,
    fail_fast: bool,
    observe: Duration,
    memory: fn() -> Option<u64>,
    adopted: Vec<TaskName>,
    interrupt: Interrupt,
    attempts: FakeAttempts,
    work: Fake<'a>,
    events: Vec<RunEvent>,
}

impl<'a> Run<'a> {
    /// `a, b:a` are two tasks of which the second comes after the first.
    fn new(tasks: &str) -> Self {
        let task = |text: &str| {
            let (task, after) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
            (name(task), after.split_whitespace().map(name).collect())
        };
        let ready = |tasks: &[TaskName]| tasks.iter().map(|task| Prepared::Ready(attempt(task))).collect();
        Self {
            tasks: tasks.split(',').map(task).collect(),
            jobs: 4,
            fail_fast: false,
            observe: Duration::MAX,
            memory: || None,
            adopted: Vec::new(),
            interrupt: Interrupt::fake(),
            attempts: FakeAttempts::default(),
            work: Fake {
                prepare: Box::new(ready),
                failing: HashSet::new(),
                good_from: u32::MAX,
                withdrawn: std::sync::Mutex::default(),
            },
            events: Vec::new(),
        }
    }

    fn failing(mut self, tasks: &[&str]) -> Self {
        self.work.failing = tasks.iter().map(|task| name(task)).collect();
        self
    }

    fn prepare(mut self, prepare: impl Fn(&[TaskName]) -> Vec<Prepared> + Sync + 'a) -> Self {
        self.work.prepare = Box::new(prepare);
        self
    }

    fn go(&mut self) -> Vec<TaskResult> {
        self.go_with(&mut |_| {})
    }

    /// Runs it; `on_event` sees the events too.
    fn go_with(&mut self, on_event: &mut dyn FnMut(&RunEvent)) -> Vec<TaskResult> {
        let supervisor = Supervisor::open(std::path::Path::new("/unused")).unwrap();
        let options = Options {
            fail_fast: self.fail_fast,
            poll: Duration::from_millis(1),
            observe: self.observe,
            events: crate::runner::testing_events,
            max_cost: None,
            stagger: Duration::ZERO,
            memory: self.memory,
            rest: |_| Duration::from_millis(5),
            supervisor: &supervisor,
            interrupt: &self.interrupt,
        };
        let schedule = Schedule::new(&self.tasks, self.jobs);
        let adopted = self.adopted.iter().map(attempt).collect();
        let events = RefCell::new(Vec::new());
        let results = run(
            schedule,
            adopted,
            &self.work,
            &options,
            &mut Outside {
                supervision: &mut self.attempts,
                on_event: &mut |event| {
                    events.borrow_mut().push(event.clone());
                    on_event(event);
                },
            },
        );
        self.events = events.into_inner();
        let finished: HashSet<&TaskName> = self
            .events
            .iter()
            .filter_map(|event| match event {
                RunEvent::TaskFinished(result) => Some(&result.task),
                _ => None,
            })
            .collect();
        assert_eq!(finished.len(), results.len(), "each end is told");
        assert!(self.attempts.alive.is_empty());
        results
    }

    fn interruptions(&self) -> Vec<bool> {
        let kill = |event: &RunEvent| match event {
            RunEvent::Interrupted { kill, .. } => Some(*kill),
            _ => None,
        };
        self.events.iter().filter_map(kill).collect()
    }

    fn warnings(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, RunEvent::Warning { .. })).count()
    }
}

/// Results as `task outcome`.
fn said(results: &[TaskResult]) -> Vec<String> {
    results.iter().map(|result| format!("{} {}", result.task, result.outcome)).collect()
}

fn launched<'r>(run: &'r Run<'_>) -> Vec<&'r str> {
    run.attempts.launched.iter().map(TaskName::as_str).collect()
}

#[test]
fn results_are_in_order_and_each_task_is_prepared_started_and_finished() {
    let mut run = Run::new("c:a, a, b:a");
    assert_eq!(said(&run.go()), ["c done", "a done", "b done"]);
    assert_eq!(launched(&run), ["a", "c", "b"]);
    for task in ["a", "b", "c"].map(name) {
        let kinds: Vec<&str> = run
            .events
            .iter()
            .filter_map(|event| match event {
                RunEvent::TaskPreparing { task: of } => Some((of, "preparing")),
                RunEvent::TaskStarted { task: of, attempt, agent } => {
                    assert_eq!((&attempt.task, agent.as_str()), (&of.id(), "mine"));
                    Some((of, "started"))
                }
                RunEvent::TaskFinished(result) => Some((&result.task, "finished")),
                _ => None,
            })
            .filter_map(|(of, kind)| (*of == task).then_some(kind))
            .collect();
        assert_eq!(kinds, ["preparing", "started", "finished"]);
    }
}

#[test]
fn every_small_run_ends_with_the_right_outcomes_and_within_its_jobs() {
    let names = ["t0", "t1", "t2"].map(name);
    let edges = [(1, 0), (2, 0), (2, 1)];
    for graph in 0..8u32 {
        for failures in 0..8u32 {
            for jobs in 1..=3 {
                let mut run = Run::new("unused");
                let after = |task: usize| {
                    let on = edges
                        .iter()
                        .enumerate()
                        .filter(move |(i, edge)| graph >> i & 1 == 1 && edge.0 == task);
                    on.map(|(_, edge)| edge.1).collect::<Vec<_>>()
                };
                let tasks = (0..3)
                    .map(|i| (names[i].clone(), after(i).into_iter().map(|a| names[a].clone()).collect()));
                run.tasks = tasks.collect();
                run.jobs = jobs;
                run.work.failing =
                    (0..3).filter(|i| failures >> i & 1 == 1).map(|i| names[i].clone()).collect();
                let results = run.go();
                let mut good = [false; 3];
                for i in 0..3 {
                    let expected = match (after(i).iter().all(|&a| good[a]), failures >> i & 1) {
                        (false, _) => Outcome::Skipped,
                        (true, 0) => Outcome::Done,
                        (true, _) => Outcome::Failed,
                    };
                    good[i] = expected == Outcome::Done;
                    assert_eq!(
                        (&results[i].task, results[i].outcome),
                        (&names[i], expected),
                        "{graph} {failures}"
                    );
                }
                assert!(run.attempts.most_alive <= jobs);
            }
        }
    }
}

#[test]
fn skipped_tasks_say_because_of_which() {
    let mut run = Run::new("a, b:a, c:b, d").failing(&["a"]);
    let results = run.go();
    assert_eq!(said(&results), ["a failed", "b skipped", "c skipped", "d done"]);
    assert_eq!(results[1].evidence, ["it comes after `a`, which is failed"]);
    assert_eq!(results[2].evidence, ["it comes after `b`, which is skipped"]);
    assert_eq!(launched(&run), ["a", "d"]);
}

#[test]
fn fail_fast_launches_no_more_and_lets_running_ones_finish() {
    let mut run = Run::new("a, b, c, d:a");
    (run.jobs, run.fail_fast) = (2, true);
    // It fails while the first one runs: results of two that end would come in any order.
    run.attempts.broken.insert(name("b"));
    let results = run.go();
    assert_eq!(said(&results), ["a done", "b failed", "c not-started", "d not-started"]);
    assert_eq!(results[2].evidence, ["another task did not succeed before its turn"]);
    assert!(run.attempts.stops.is_empty() && run.interruptions().is_empty());
}

#[test]
fn nothing_is_launched_after_a_signal() {
    let mut run = Run::new("a, b:a");
    run.interrupt.raise(Received::Interrupt);
    assert_eq!(said(&run.go()), ["a not-started", "b not-started"]);
    assert!(run.attempts.launched.is_empty());
    assert_eq!(run.interruptions(), [false]);
}

#[test]
fn the_first_signal_asks_what_runs_and_the_second_kills_it() {
    let mut run = Run::new("a, b, c, d:a");
    run.jobs = 2;
    run.attempts.holding = ["a", "b"].map(name).into();
    let interrupt = run.interrupt.clone();
    let mut started = 0;
    let results = run.go_with(&mut |event| match event {
        RunEvent::TaskStarted { .. } => {
            started += 1;
            if started == 2 {
                interrupt.raise(Received::Interrupt);
            }
        }
        RunEvent::Interrupted { kill: false, .. } => interrupt.raise(Received::Terminate),
        _ => {}
    });
    // The settled attempts say what became of them; these fakes claim success.
    assert_eq!(said(&results), ["a done", "b done", "c not-started", "d not-started"]);
    let stops: Vec<(&str, bool)> =
        run.attempts.stops.iter().map(|(task, kill)| (task.as_str(), *kill)).collect();
    assert_eq!(stops, [("a", false), ("b", false), ("a", true), ("b", true)]);
    assert_eq!(run.interruptions(), [false, true]);
}

#[test]
fn what_is_prepared_when_the_signal_comes_is_not_launched() {
    let interrupt = Interrupt::fake();
    let raising = interrupt.clone();
    let mut run = Run::new("a, b:a").prepare(move |tasks| {
        raising.raise(Received::Terminate);
        tasks.iter().map(|task| Prepared::Ready(attempt(task))).collect()
    });
    run.interrupt = interrupt;
    let results = run.go();
    assert_eq!(said(&results), ["a not-started", "b not-started"]);
    assert_eq!(results[0].evidence, ["the run was interrupted before its turn"]);
    assert!(run.attempts.launched.is_empty());
}

#[test]
fn a_signal_between_two_launches_of_a_batch_stops_the_first_and_holds_the_second_back() {
    let mut run = Run::new("a, b");
    run.attempts.holding = [name("a")].into();
    let interrupt = run.interrupt.clone();
    let results = run.go_with(&mut |event| match event {
        RunEvent::TaskStarted { .. } | RunEvent::Interrupted { kill: false, .. } => {
            interrupt.raise(Received::Interrupt);
        }
        _ => {}
    });
    assert_eq!(said(&results), ["a done", "b not-started"]);
    assert_eq!(run.attempts.stops, [(name("a"), false), (name("a"), true)]);
}

#[test]
fn a_hang_up_changes_nothing() {
    let mut run = Run::new("a, b:a");
    run.interrupt.raise(Received::HangUp);
    assert_eq!(said(&run.go()), ["a done", "b done"]);
    assert!(run.interruptions().is_empty());
}

#[test]
fn adopted_attempts_take_a_place_and_set_dependants_free() {
    let mut run = Run::new("a, b:a, c");
    (run.jobs, run.adopted) = (1, vec![name("a")]);
    assert_eq!(said(&run.go()), ["a done", "b done", "c done"]);
    assert_eq!(launched(&run), ["b", "c"]);
    assert_eq!(run.attempts.most_alive, 1);
    assert!(matches!(&run.events[0], RunEvent::TaskStarted { task, .. } if *task == name("a")));
    let mut failing = Run::new("a, b:a").failing(&["a"]);
    failing.adopted = vec![name("a")];
    assert_eq!(said(&failing.go()), ["a failed", "b skipped"]);
}

#[test]
fn adopted_attempts_are_stopped_too() {
    let mut run = Run::new("a");
    run.adopted = vec![name("a")];
    run.attempts.holding = [name("a")].into();
    run.interrupt.raise(Received::Terminate);
    run.interrupt.raise(Received::Terminate);
    run.go();
    assert_eq!(run.attempts.stops, [(name("a"), true)]);
    assert_eq!(run.interruptions(), [true]);
}

#[test]
fn tasks_that_cannot_be_prepared_fail_alone() {
    let mut run = Run::new("a, b, c:a, d").prepare(|tasks| {
        let answer = |task: &TaskName| match task.as_str() {
            "a" => Some(Prepared::Failed(result(task, Outcome::Failed, vec!["no room".to_owned()]))),
            "b" => None,
            _ => Some(Prepared::Ready(attempt(task))),
        };
        tasks.iter().rev().filter_map(answer).collect()
    });
    let results = run.go();
    assert_eq!(said(&results), ["a failed", "b failed", "c skipped", "d done"]);
    assert_eq!(results[0].evidence, ["no room"]);
    assert_eq!(results[1].evidence, ["preparing it gave no answer"]);
}

#[test]
fn panics_of_the_work_end_no_run() {
    let mut run = Run::new("a, b:a").prepare(|_| panic!("broken {}", 1));
    let results = run.go();
    assert_eq!(said(&results), ["a failed", "b skipped"]);
    assert_eq!(results[0].evidence, ["preparing it panicked: broken 1"]);
    let results = Run::new("panic, b").go();
    assert_eq!(said(&results), ["panic needs-attention", "b done"]);
    assert_eq!((results[0].attempts, results[0].log.is_some()), (1, true));
}

#[test]
fn a_supervisor_that_cannot_be_started_is_a_failure() {
    let mut run = Run::new("a, b:a, c");
    run.attempts.broken = [name("a")].into();
    let results = run.go();
    assert_eq!(said(&results), ["a failed", "b skipped", "c done"]);
    assert!(results[0].evidence[0].contains("/nowhere/a"));
}

#[test]
fn a_stop_that_cannot_be_asked_for_is_told() {
    let mut run = Run::new("a");
    run.adopted = vec![name("a")];
    run.attempts.broken = [name("a")].into();
    run.interrupt.raise(Received::Interrupt);
    run.go();
    assert_eq!(run.warnings(), 1);
}

#[test]
fn lines_are_told_but_not_more_than_can_be_read() {
    let mut run = Run::new("a, b");
    run.attempts.lines = vec!["second".to_owned(), "first".to_owned()];
    run.jobs = 1;
    run.go();
    let lines: Vec<(&str, &str)> = run
        .events
        .iter()
        .filter_map(|event| match event {
            RunEvent::TaskSaid { task, line } => Some((task.as_str(), line.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(lines, [("a", "first"), ("b", "second")]);
}

#[test]
fn tasks_that_were_finished_before_have_no_result_here() {
    let mut run = Run::new("a, b:a");
    let mut schedule = Schedule::new(&run.tasks, 1);
    schedule.finish(&name("a"), Outcome::Done, true);
    let supervisor = Supervisor::open(std::path::Path::new("/unused")).unwrap();
    let poll = Duration::from_millis(1);
    let options = Options {
        fail_fast: false,
        poll,
        observe: Duration::MAX,
        events: crate::runner::testing_events,
        max_cost: None,
        stagger: Duration::ZERO,
        memory: || None,
        supervisor: &supervisor,
        rest: |_| Duration::from_millis(5),
        interrupt: &run.interrupt,
    };
    let mut outside = Outside { supervision: &mut run.attempts, on_event: &mut |_| {} };
    let results = super::run(schedule, Vec::new(), &run.work, &options, &mut outside);
    assert_eq!(said(&results), ["b done"]);
}

/// Attempts with numbers of their own, each of a task that may be tried again twice.
fn numbered() -> impl Fn(&[TaskName]) -> Vec<Prepared> + Sync {
    let counts = std::sync::Mutex::new(std::collections::HashMap::<TaskName, u32>::new());
    move |tasks| {
        let ready = |task: &TaskName| {
            let mut counts = counts.lock().unwrap();
            let number = counts.entry(task.clone()).or_insert(0);
            *number += 1;
            let mut attempt = Attempt { retries: 2, ..attempt(task) };
            attempt.key.number = *number;
            Prepared::Ready(attempt)
        };
        tasks.iter().map(ready).collect()
    }
}

#[test]
fn a_task_is_tried_again_as_often_as_it_may() {
    let mut run = Run::new("a, b:a, c").failing(&["a"]).prepare(numbered());
    run.jobs = 1;
    let results = run.go();
    let told: Vec<_> = results.iter().map(|result| (result.outcome, result.attempts)).collect();
    assert_eq!(told, [(Outcome::Failed, 3), (Outcome::Skipped, 0), (Outcome::Done, 1)]);
    let again = run.events.iter().filter(|event| matches!(event, RunEvent::TaskRetrying { .. })).count();
    assert_eq!(again, 2);
    assert_eq!(
        run.attempts.launched,
        [name("a"), name("c"), name("a"), name("a")],
        "its place is free meanwhile"
    );
}

#[test]
fn what_comes_after_a_task_begins_once_it_is_done_at_last() {
    let mut run = Run::new("a, b:a").failing(&["a"]).prepare(numbered());
    run.work.good_from = 3;
    run.fail_fast = true;
    let results = run.go();
    assert!(results.iter().all(|result| result.success), "{results:?}");
    assert_eq!(run.attempts.launched, [name("a"), name("a"), name("a"), name("b")]);
}

#[test]
fn an_interrupt_ends_the_rest_and_the_last_result_stands() {
    let mut run = Run::new("a, b:a").failing(&["a"]).prepare(numbered());
    let interrupt = run.interrupt.clone();
    let results = run.go_with(&mut |event| {
        if matches!(event, RunEvent::TaskRetrying { .. }) {
            interrupt.raise(Received::Interrupt);
        }
    });
    assert_eq!((results[0].outcome, results[0].attempts), (Outcome::Failed, 1));
    assert_eq!(run.attempts.launched, [name("a")]);
}

#[test]
fn an_attempt_that_was_prepared_too_late_is_withdrawn() {
    let interrupt = Interrupt::fake();
    let raised = interrupt.clone();
    let mut run = Run::new("a").prepare(move |tasks| {
        raised.raise(Received::Terminate);
        numbered()(tasks)
    });
    run.interrupt = interrupt;
    assert_eq!(run.go()[0].outcome, Outcome::NotStarted);
    assert_eq!(*run.work.withdrawn.lock().unwrap(), [name("a")]);
}

#[test]
fn tasks_at_work_are_looked_at_as_long_as_there_are_two() {
    let mut run = Run::new("a, b, c:a");
    run.observe = Duration::ZERO;
    run.attempts.holding = ["a", "b"].map(name).into();
    let interrupt = run.interrupt.clone();
    let mut seen = Vec::new();
    run.go_with(&mut |event| {
        if let RunEvent::Warning { message } = event {
            seen.push(message.clone());
            interrupt.raise(Received::Interrupt);
            interrupt.raise(Received::Interrupt);
        }
    });
    assert_eq!(seen.first().map(String::as_str), Some("seen: a b"));
    let mut alone = Run::new("a");
    alone.observe = Duration::ZERO;
    alone.go();
    assert!(!alone.events.iter().any(|event| matches!(event, RunEvent::Warning { .. })));
}

#[test]
fn with_little_memory_agents_run_one_after_the_other() {
    let mut run = Run::new("a, b, c");
    run.memory = || Some(1);
    assert_eq!(said(&run.go()), ["a done", "b done", "c done"]);
    assert_eq!(run.attempts.most_alive, 1);
    let mut two = Run::new("a, b, c, d");
    two.memory = || Some(800 << 20);
    assert!(two.go().iter().all(|result| result.success));
    assert!(two.attempts.most_alive <= 3);
}
