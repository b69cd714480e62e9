//! Runs and attempts: `runs/<run>/{plan.toml, run.json, events.jsonl, lock, <task>/<attempt>/…}`.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lock::Lock;
use super::{Store, StoreError, file, lock};
use crate::domain::attempt::{AttemptFiles, AttemptKey, ExitRecord, Launch, Settled};
use crate::domain::clock::{Clock, run_id};
use crate::domain::name::{RunId, TaskId, TaskName};
use crate::domain::outcome::Outcome;

/// The format of `run.json`.
pub const RUN_FORMAT: u32 = 1;

/// How long a run waits for another that is being decided.
const REGISTRATION_PATIENCE: Duration = Duration::from_secs(60);

/// Readers look at a run's lock by taking it for an instant; this is longer.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// `run.json`: what a run set out to do, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunRecord {
    /// [`RUN_FORMAT`] of the writer.
    pub format: u32,
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub started: jiff::Timestamp,
    /// The plan's path as it was given; none for a plan of the command line.
    pub plan: Option<String>,
    /// The command line that goes on with it.
    pub again: String,
    /// Its tasks in the plan's order.
    pub tasks: Vec<RunTask>,
    /// The gate that the plan asks for when its tasks are landed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// The plan's own setup, which a gate's worktrees need too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Vec<String>>,
    /// How the plan wants them landed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// When it ended; none if it is going on or was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<jiff::Timestamp>,
}

/// One task of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunTask {
    /// Its name.
    pub name: TaskName,
    /// The agent's name.
    pub agent: String,
    /// The first line of its prompt.
    pub prompt: String,
    /// Whether the run is through with it.
    #[serde(default)]
    pub ended: bool,
    /// What it comes after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<TaskName>,
    /// What became of it, where that stands in no attempt: skipped, not started, finished by an earlier run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The evidence for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// What the files of an attempt say.
#[derive(Debug, Clone)]
pub struct AttemptRecord {
    /// Which.
    pub key: AttemptKey,
    /// What was to be launched.
    pub launch: Launch,
    /// What the supervisor saw.
    pub exit: Option<ExitRecord>,
    /// What became of it.
    pub settled: Option<Settled>,
    /// Its files.
    pub files: AttemptFiles,
}

impl AttemptRecord {
    /// Gives what the supervisor saw. Once it is known to be gone this is the last word: it may have written its result and ended
    /// after the attempt was read.
    pub fn exit_now(&self) -> Option<ExitRecord> {
        self.exit.clone().or_else(|| file::read_json(&self.files.exit()).ok().flatten())
    }
}

/// A run whose directory is ours: its lock is held as long as this lives.
#[derive(Debug)]
pub struct OwnRun {
    /// Its record.
    pub record: RunRecord,
    dir: PathBuf,
    events: File,
    _lock: Lock,
}

impl OwnRun {
    /// Appends a line to `events.jsonl`.
    pub fn event(&mut self, line: &str) -> Result<(), StoreError> {
        let text = format!("{line}\n");
        self.events
            .write_all(text.as_bytes())
            .map_err(StoreError::io("append to", &self.dir.join("events.jsonl")))
    }

    /// Writes `run.json` again.
    pub fn save(&self) -> Result<(), StoreError> {
        file::write_json(&self.dir.join("run.json"), &self.record)
    }
}

impl Store {
    /// Gives what the executable surface was before an attempt; none if that is not known.
    pub fn surface(&self, files: &AttemptFiles) -> Option<BTreeMap<String, String>> {
        file::read_json(&files.surface()).ok().flatten()
    }

    /// Notes it.
    pub fn write_surface(
        &self,
        files: &AttemptFiles,
        surface: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        file::write_json(&files.surface(), surface)
    }

    /// Waits for the right to decide what a run does. Who has it sees the tasks of every run that goes on.
    pub fn register_run(&self) -> Result<Lock, StoreError> {
        self.ensure()?;
        lock::acquire(&self.layout.lock(), REGISTRATION_PATIENCE)
    }

    /// Claims a new run id, makes its directory, keeps the plan's text and holds the run's lock.
    pub fn create_run(
        &self,
        clock: &dyn Clock,
        plan: &str,
        record: impl FnOnce(RunId) -> RunRecord,
    ) -> Result<OwnRun, StoreError> {
        let (id, dir) = loop {
            let id = run_id(clock);
            let dir = self.layout.run(&id);
            match std::fs::create_dir(&dir) {
                Ok(()) => break (id, dir),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::io("create", &dir)(error)),
            }
        };
        let held = lock::acquire(&dir.join("lock"), LOCK_PATIENCE)?;
        if !plan.is_empty() {
            file::write(&dir.join("plan.toml"), plan.as_bytes())?;
        }
        let path = dir.join("events.jsonl");
        let events = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(StoreError::io("create", &path))?;
        let own = OwnRun { record: record(id), dir, events, _lock: held };
        own.save()?;
        Ok(own)
    }

    /// Tells whether the dispatcher of a run lives.
    pub fn is_run_alive(&self, run: &RunId) -> bool {
        lock::is_held(&self.layout.run(run).join("lock"))
    }

    /// Reads the record of a run; nothing if there is no such run.
    pub fn run_record(&self, run: &RunId) -> Result<Option<RunRecord>, StoreError> {
        file::read_json(&self.layout.run(run).join("run.json"))
    }

    /// Reads all runs, oldest first; damaged ones are left out.
    pub fn run_records(&self) -> Result<Vec<RunRecord>, StoreError> {
        let mut runs: Vec<RunRecord> = Vec::new();
        for name in file::names(&self.layout.runs())? {
            let Ok(id) = name.parse::<RunId>() else { continue };
            runs.extend(file::read_json(&self.layout.run(&id).join("run.json")).ok().flatten());
        }
        runs.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        Ok(runs)
    }

    /// Makes the directory of the next attempt of a task in a run.
    pub fn create_attempt(
        &self,
        run: &RunId,
        task: &TaskId,
    ) -> Result<(AttemptKey, AttemptFiles), StoreError> {
        let parent = self.layout.run(run).join(task.as_str());
        file::create_dir(&parent)?;
        for number in 1.. {
            let key = AttemptKey { run: run.clone(), task: task.clone(), number };
            let files = self.layout.attempt(&key);
            match std::fs::create_dir(&files.dir) {
                Ok(()) => return Ok((key, files)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::io("create", &files.dir)(error)),
            }
        }
        Err(StoreError::Damaged { path: parent, what: "it is full".to_owned() })
    }

    /// Reads all attempts of all runs, oldest first. An attempt without a launch file never began and is left out.
    pub fn attempts(&self) -> Result<Vec<AttemptRecord>, StoreError> {
        let mut found = Vec::new();
        for run in file::names(&self.layout.runs())?.iter().filter_map(|name| name.parse::<RunId>().ok()) {
            let dir = self.layout.run(&run);
            for task in file::names(&dir)?.iter().filter_map(|name| name.parse::<TaskId>().ok()) {
                found.extend(self.attempts_in(&run, &task));
            }
        }
        Ok(in_order(found))
    }

    /// Reads all attempts of one task, oldest first: of many runs only what concerns it.
    pub fn attempts_of(&self, task: &TaskId) -> Result<Vec<AttemptRecord>, StoreError> {
        let runs = file::names(&self.layout.runs())?;
        let runs = runs.iter().filter_map(|name| name.parse::<RunId>().ok());
        Ok(in_order(runs.flat_map(|run| self.attempts_in(&run, task)).collect()))
    }

    fn attempts_in(&self, run: &RunId, task: &TaskId) -> Vec<AttemptRecord> {
        let names = file::names(&self.layout.run(run).join(task.as_str())).unwrap_or_default();
        let numbers = names.iter().filter_map(|name| name.parse().ok());
        let key = |number| AttemptKey { run: run.clone(), task: task.clone(), number };
        numbers.filter_map(|number| self.attempt(key(number))).collect()
    }

    /// Reads one attempt; nothing if it never began.
    pub fn attempt(&self, key: AttemptKey) -> Option<AttemptRecord> {
        let files = self.layout.attempt(&key);
        let launch = file::read_json(&files.launch()).ok().flatten()?;
        let exit = file::read_json(&files.exit()).ok().flatten();
        let settled = file::read_json(&files.outcome()).ok().flatten();
        Some(AttemptRecord { key, launch, exit, settled, files })
    }

    /// Writes what the supervisor needs: the prompt first, then `launch.json`, which makes the attempt count.
    pub fn write_launch(
        &self,
        files: &AttemptFiles,
        prompt: &str,
        launch: &Launch,
    ) -> Result<(), StoreError> {
        file::write(&files.prompt(), prompt.as_bytes())?;
        file::write_json(&files.launch(), launch)
    }

    /// Takes the launch file of an attempt away that never began.
    pub fn withdraw_launch(&self, files: &AttemptFiles) -> Result<(), StoreError> {
        match std::fs::remove_file(files.launch()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &files.launch())(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes what a read task gets on standard input. Before [`Self::write_launch`].
    pub fn write_input(&self, files: &AttemptFiles, bytes: &[u8]) -> Result<(), StoreError> {
        file::write(&files.input(), bytes)
    }

    /// Writes what became of an attempt.
    pub fn write_outcome(&self, files: &AttemptFiles, settled: &Settled) -> Result<(), StoreError> {
        file::write_json(&files.outcome(), settled)
    }

    /// Takes the lock under which an attempt is settled.
    pub fn settle_lock(&self, files: &AttemptFiles) -> Result<Lock, StoreError> {
        lock::acquire(&files.settle_lock(), Duration::from_secs(120))
    }
}

/// Ids of runs tell the second; two in one second have no order by them.
fn in_order(mut attempts: Vec<AttemptRecord>) -> Vec<AttemptRecord> {
    attempts.sort_by(|a, b| (a.launch.created, &a.key).cmp(&(b.launch.created, &b.key)));
    attempts
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::*;
    use crate::domain::clock::tests::TestClock;

    #[test]
    fn a_run_is_alive_as_long_as_its_dispatcher() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(dir.path(), &dir.path().join("w")));
        store.ensure().unwrap();
        let clock = TestClock::default();
        let started = clock.now();
        let record = |id| RunRecord {
            gate: None,
            setup: None,
            strategy: None,
            format: RUN_FORMAT,
            id,
            started,
            plan: None,
            again: "windrow run".into(),
            tasks: Vec::new(),
            finished: None,
        };
        let mut run = store.create_run(&clock, "jobs = 1\n", record).unwrap();
        run.event("{}").unwrap();
        assert!(store.is_run_alive(&run.record.id));
        assert_eq!(store.run_records().unwrap(), [run.record.clone()]);
        let task: TaskId = "api".parse().unwrap();
        let (first, files) = store.create_attempt(&run.record.id, &task).unwrap();
        let (second, _) = store.create_attempt(&run.record.id, &task).unwrap();
        assert_eq!((first.number, second.number), (1, 2));
        assert!(files.dir.is_dir());
        assert!(store.attempts().unwrap().is_empty(), "neither has a launch file");
        let id = run.record.id.clone();
        drop(run);
        assert!(!store.is_run_alive(&id));
    }

    /// An attempt is read while its supervisor writes the result and ends: the result is there all the same.
    #[test]
    fn a_result_that_comes_after_the_look_is_no_loss() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(dir.path(), &dir.path().join("w")));
        store.ensure().unwrap();
        let clock = TestClock::default();
        let (key, files) = store.create_attempt(&run_id(&clock), &"api".parse().unwrap()).unwrap();
        let launch = serde_json::json!({
            "format": 1, "key": key, "task": "api", "argv": ["true"], "check": null, "cwd": "/", "env": {}, "log": files.log(),
            "timeout-ms": null, "grace-ms": 1, "created": clock.now(), "agent": "sh", "head": "1".repeat(40), "definition": "",
            "allow-empty": false,
        });
        std::fs::write(files.launch(), launch.to_string()).unwrap();
        let read = store.attempt(key.clone()).unwrap();
        assert_eq!((read.exit.clone(), read.exit_now()), (None, None));
        let exit = serde_json::json!({
            "format": 1, "exit": {"code": 0}, "ended-by": "itself", "left-behind": 0, "started": clock.now(), "elapsed-ms": 1,
        });
        std::fs::write(files.exit(), exit.to_string()).unwrap();
        assert!(read.exit.is_none() && read.exit_now().is_some());
        let keys =
            |found: Vec<AttemptRecord>| found.into_iter().map(|attempt| attempt.key).collect::<Vec<_>>();
        assert_eq!(keys(store.attempts().unwrap()), std::slice::from_ref(&key));
        assert_eq!(keys(store.attempts_of(&key.task).unwrap()), [key]);
        assert!(store.attempts_of(&"other".parse().unwrap()).unwrap().is_empty());
    }
}
