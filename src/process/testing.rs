//! Attempts with real supervisors for tests: this test binary, run again as one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::tree::Quarry;
use super::{Supervisor, SupervisorChild, read_exit};
use crate::domain::attempt::{ATTEMPT_FORMAT, AttemptFiles, AttemptKey, ExitRecord, Launch};
use crate::domain::name::{RunId, TaskName};
use crate::domain::oid::CommitId;

/// Longer than anything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// An attempt that runs a shell script in a directory of its own.
pub(crate) struct Fixture {
    pub(crate) files: AttemptFiles,
    pub(crate) launch: Launch,
    dir: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn new(script: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dir = tempfile::tempdir().unwrap();
        let files = AttemptFiles { dir: dir.path().join("attempt") };
        let cwd = dir.path().join("worktree");
        std::fs::create_dir(&files.dir).unwrap();
        std::fs::create_dir(&cwd).unwrap();
        let task: TaskName = "api".parse().unwrap();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let run = RunId::new(&format!("test-{}", std::process::id()), 0);
        let key = AttemptKey { run, task: task.id(), number };
        let env = [("PATH", "/usr/bin:/bin".to_owned()), ("WINDROW_ATTEMPT", key.to_string())];
        let launch = Launch {
            reading: None,
            format: ATTEMPT_FORMAT,
            task,
            argv: sh(script),
            check: None,
            cwd,
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            stdin: None,
            log: files.log(),
            timeout_ms: None,
            silence_ms: None,
            limits: crate::domain::plan::Limits::default(),
            grace_ms: 200,
            created: jiff::Timestamp::UNIX_EPOCH,
            agent: "sh".to_owned(),
            title: String::new(),
            head: CommitId::from_bytes([1; 20]),
            since: None,
            definition: String::new(),
            allow_empty: false,
            output: crate::domain::plan::OutputKind::Text,
            caller: None,
            session: None,
            resumed: false,
            key,
        };
        Self { files, launch, dir }
    }

    pub(crate) fn mark(&self) -> String {
        self.launch.key.to_string()
    }

    /// A path in the directory that the script runs in.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.launch.cwd.join(name)
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.files.log()).unwrap()).into_owned()
    }

    pub(crate) fn write_launch(&self) {
        std::fs::write(self.files.launch(), serde_json::to_string(&self.launch).unwrap()).unwrap();
    }

    pub(crate) fn spawn(&self) -> SupervisorChild {
        self.write_launch();
        supervisor().spawn(&self.files).unwrap()
    }

    /// Starts it and waits until the script made a file of this name.
    pub(crate) fn spawn_until(&self, name: &str) -> SupervisorChild {
        let child = self.spawn();
        until(|| self.at(name).exists());
        child
    }

    /// Waits for the supervisor's end, gives its result and sees that nothing of the attempt is left.
    pub(crate) fn result(&self, mut child: SupervisorChild) -> ExitRecord {
        until(|| child.has_ended());
        assert!(!super::is_alive(&self.files));
        assert_eq!(self.survivors(), 0);
        read_exit(&self.files).unwrap().expect("a result")
    }

    pub(crate) fn run(&self) -> ExitRecord {
        self.result(self.spawn())
    }

    /// Counts the processes that carry the attempt's mark.
    pub(crate) fn survivors(&self) -> usize {
        Quarry::of_mark(&self.mark()).alive().len()
    }
}

impl Drop for Fixture {
    /// A test that failed leaves no processes.
    fn drop(&mut self) {
        super::sweep(&self.mark(), &self.files.log());
        assert!(self.dir.path().exists());
    }
}

pub(crate) fn sh(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).into()
}

/// This test binary as a supervisor, see `process::shim::tests::shim_child`.
pub(crate) fn supervisor() -> Supervisor {
    let args = ["process::shim::tests::shim_child", "--exact", "--nocapture"];
    Supervisor::open(&std::env::current_exe().unwrap())
        .unwrap()
        .with_args(args)
        .with_env("WINDROW_TEST_SHIM", "1")
}

pub(crate) fn until(mut condition: impl FnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < give_up, "waited for too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}
