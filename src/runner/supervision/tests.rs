use std::time::Duration;

use super::{Supervision, Supervisors};
use crate::domain::attempt::{EndedBy, Exit};
use crate::domain::event::{RunEvent, TaskResult};
use crate::domain::name::TaskName;
use crate::domain::outcome::Outcome;
use crate::domain::schedule::Schedule;
use crate::process::testing::{Fixture, supervisor, until};
use crate::process::{Interrupt, Received, is_alive, read_exit};
use crate::runner::{Attempt, Options, Prepared, Work, execute};

/// Tasks `t0`, `t1`, … with a real attempt each.
struct Real(Vec<Fixture>);

impl Real {
    fn new(scripts: &[&str]) -> Self {
        Self(scripts.iter().map(|script| Fixture::new(script)).collect())
    }

    fn attempt(&self, i: usize) -> Attempt {
        let Fixture { files, launch, .. } = &self.0[i];
        let task = format!("t{i}").parse().unwrap();
        Attempt {
            task,
            key: launch.key.clone(),
            files: files.clone(),
            agent: "sh".to_owned(),
            output: crate::domain::plan::OutputKind::Text,
            retries: 0,
            limits: crate::domain::plan::Limits::default(),
        }
    }

    fn execute(
        &self,
        adopted: Vec<Attempt>,
        interrupt: &Interrupt,
        on_event: &mut dyn FnMut(&RunEvent),
    ) -> Vec<TaskResult> {
        let tasks: Vec<_> = (0..self.0.len()).map(|i| (self.attempt(i).task, Vec::new())).collect();
        let (supervisor, poll) = (supervisor(), Duration::from_millis(10));
        let options = Options {
            observe: Duration::MAX,
            events: crate::runner::testing_events,
            max_cost: None,
            stagger: Duration::ZERO,
            memory: || None,
            fail_fast: false,
            poll,
            supervisor: &supervisor,
            rest: |_| Duration::from_millis(5),
            interrupt,
        };
        execute(Schedule::new(&tasks, 4), adopted, self, &options, on_event)
    }
}

impl Work for Real {
    fn observe(&self, _running: &[TaskName]) -> Vec<String> {
        Vec::new()
    }

    fn prepare(&self, tasks: &[TaskName]) -> Vec<Prepared> {
        let all = (0..self.0.len()).map(|i| (i, self.attempt(i)));
        let wanted = all.filter(|(_, attempt)| tasks.contains(&attempt.task));
        wanted
            .map(|(i, attempt)| {
                self.0[i].write_launch();
                Prepared::Ready(attempt)
            })
            .collect()
    }

    fn settle(&self, attempt: &Attempt) -> TaskResult {
        assert!(!is_alive(&attempt.files));
        let exit = read_exit(&attempt.files).unwrap();
        let outcome = match exit.as_ref().map(|record| (record.exit, record.ended_by)) {
            None => Outcome::Lost,
            Some((_, EndedBy::Stop)) => Outcome::Stopped,
            Some((Some(Exit::Code(0)), _)) => Outcome::Done,
            Some(_) => Outcome::Failed,
        };
        self.unstarted(&attempt.task, outcome, Vec::new())
    }

    fn withdraw(&self, _attempt: &Attempt) {}

    fn unstarted(&self, task: &TaskName, outcome: Outcome, evidence: Vec<String>) -> TaskResult {
        TaskResult {
            task: task.clone(),
            outcome,
            success: outcome == Outcome::Done,
            evidence,
            attempts: 1,
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
}

fn outcomes(results: &[TaskResult]) -> Vec<Outcome> {
    results.iter().map(|result| result.outcome).collect()
}

#[test]
fn real_attempts_run_and_are_heard() {
    let real = Real::new(&["echo hello; until [ -e go ]; do sleep 0.01; done", "exit 3"]);
    let mut heard = Vec::new();
    let go = real.0[0].at("go");
    let results = real.execute(Vec::new(), &Interrupt::fake(), &mut |event| {
        if let RunEvent::TaskSaid { line, .. } = event {
            heard.push(line.clone());
            std::fs::write(&go, "").unwrap();
        }
    });
    assert_eq!(outcomes(&results), [Outcome::Done, Outcome::Failed]);
    assert_eq!(heard, ["hello"]);
}

#[test]
fn real_attempts_are_stopped_and_one_that_was_adopted_too() {
    let waiting = "trap 'exit 0' TERM; : >ready; while :; do sleep 0.01; done";
    let real = Real::new(&[waiting, waiting]);
    let mut earlier = real.0[0].spawn_until("ready");
    let interrupt = Interrupt::fake();
    let ready = real.0[1].at("ready");
    let mut started = 0;
    let results = real.execute(vec![real.attempt(0)], &interrupt, &mut |event| {
        if let RunEvent::TaskStarted { .. } = event {
            started += 1;
            if started == 2 {
                until(|| ready.exists());
                interrupt.raise(Received::Terminate);
            }
        }
    });
    assert_eq!(outcomes(&results), [Outcome::Stopped, Outcome::Stopped]);
    until(|| earlier.has_ended());
    assert_eq!(real.0[0].survivors() + real.0[1].survivors(), 0);
}

#[test]
fn a_request_that_cannot_be_written_is_a_signal() {
    let real = Real::new(&["trap ': >asked; exit 0' TERM; : >ready; while :; do sleep 0.01; done"]);
    let (fixture, attempt, supervisor) = (&real.0[0], real.attempt(0), supervisor());
    fixture.write_launch();
    let mut supervision = Supervisors::new(&supervisor);
    supervision.launch(&attempt).unwrap();
    until(|| fixture.at("ready").exists());
    // The directory is gone from where the request would be written.
    let aside = fixture.at("aside");
    std::fs::rename(&fixture.files.dir, &aside).unwrap();
    supervision.request_stop(&attempt, false).unwrap();
    until(|| fixture.at("asked").exists());
    std::fs::rename(&aside, &fixture.files.dir).unwrap();
    until(|| supervision.has_ended(&attempt));
    assert_eq!(fixture.survivors(), 0);
}
