//! Runs as processes that a test watches: plans, agents that wait for a file, signals, what is left of an attempt.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::env::{Env, Ran, write};

/// Agents whose prompt is a shell script.
pub const SH: &str = "[agent.sh]\ncommand = [\"sh\", \"-c\"]\nprompt = \"argument\"\n";

/// A program that was started and is watched.
pub struct Running<'a> {
    env: &'a Env,
    child: Option<Child>,
}

impl Running<'_> {
    /// Sends it a signal, and nobody else.
    pub fn signal(&self, name: &str) {
        signal(self.child.as_ref().unwrap().id(), name);
    }

    /// Gives its process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Ran {
        let child = self.child.take().unwrap();
        self.env.ran(&child.wait_with_output().unwrap())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal to a process.
pub fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(sent.unwrap().success(), "kill -{name} {pid}");
}

/// Waits until something is true, for a minute.
pub fn until(what: &str, mut is: impl FnMut() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < give_up, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The rest of an agent that writes `NAME.began` beside the repository and goes on when `NAME.go` is there.
pub fn waits(env: &Env, name: &str) -> String {
    let dir = env.dir();
    let dir = dir.display();
    format!(": >'{dir}/{name}.began'; until [ -e '{dir}/{name}.go' ]; do sleep 0.05; done")
}

impl Env {
    /// Writes a plan beside the repository; a run names it `../plan.toml`. Its agents are of [`SH`], its tasks are pairs
    /// of a name and a script; `head` stands before, and a task whose script begins with a line `+ …` has that line's
    /// rest as further keys.
    pub fn plan(&self, head: &str, tasks: &[(&str, &str)]) {
        let mut text = format!("agent = \"sh\"\n{head}\n{SH}");
        for (name, script) in tasks {
            let (keys, script) = match script.strip_prefix("+ ") {
                Some(rest) => rest.split_once('\n').unwrap(),
                None => ("", *script),
            };
            let keys = keys.replace(" | ", "\n");
            text.push_str(&format!("[[task]]\nname = {name:?}\nprompt = '''\n{script}'''\n{keys}\n"));
        }
        write(&self.dir().join("plan.toml"), &text);
    }

    /// Starts the program in the main worktree.
    pub fn begin(&self, arguments: &[&str]) -> Running<'_> {
        let mut command = self.windrow(&self.repo());
        let child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running { env: self, child: Some(child.unwrap()) }
    }

    /// Waits until an agent of [`waits`] began.
    pub fn until_began(&self, name: &str) {
        until(name, || self.dir().join(format!("{name}.began")).exists());
    }

    /// Lets an agent of [`waits`] go on.
    pub fn go(&self, name: &str) {
        write(&self.dir().join(format!("{name}.go")), "");
    }

    /// Gives the state of a task as `status` tells it.
    pub fn state(&self, task: &str) -> String {
        let status = self.run(&["status", "--json"]).json();
        let found = status["tasks"].as_array().unwrap().iter().find(|row| row["name"] == task);
        found.map_or_else(|| "no task".to_owned(), |row| row["state"].as_str().unwrap().to_owned())
    }

    /// Gives the ids of all runs, oldest first.
    pub fn run_ids(&self) -> Vec<String> {
        let runs = std::fs::read_dir(self.repo().join(".git/windrow/runs")).into_iter().flatten().flatten();
        let mut ids: Vec<String> = runs.map(|entry| entry.file_name().into_string().unwrap()).collect();
        ids.sort();
        ids
    }

    /// Gives the directories of a task's attempts, oldest first.
    pub fn attempts(&self, task: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let runs = self.repo().join(".git/windrow/runs");
        for run in std::fs::read_dir(runs).unwrap().flatten() {
            let Ok(numbers) = std::fs::read_dir(run.path().join(task)) else { continue };
            found.extend(numbers.flatten().map(|entry| entry.path()));
        }
        found.sort_by_key(|dir| dir.metadata().and_then(|meta| meta.created()).ok());
        found
    }

    /// Asserts that no worktree is locked, and that no process of an attempt in this environment lives.
    pub fn assert_nothing_runs(&self) {
        assert!(!self.git(&["worktree", "list", "--porcelain"]).contains("\nlocked"));
        assert_eq!(marked(&self.dir()), Vec::<String>::new());
    }
}

/// Lists the processes below a directory that carry an attempt's mark.
fn marked(dir: &Path) -> Vec<String> {
    let mark = format!("WINDROW_WORKTREE={}", dir.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|pair| pair.starts_with(mark.as_bytes())) {
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&command).replace('\0', " "));
        }
    }
    found
}

/// Gives the pid of the supervisor of an attempt.
pub fn supervisor(attempt: &Path) -> u32 {
    let needle = attempt.to_string_lossy().into_owned();
    let is = |pid: &u32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = command.split(|byte| *byte == 0).collect();
        words.get(1) == Some(&&b"__shim"[..]) && words.get(2) == Some(&needle.as_bytes())
    };
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(is).expect("a supervisor")
}

/// Gives the outcomes of a `run --json`, by its last line.
pub fn outcomes(ran: &Ran) -> Vec<(String, String)> {
    let lines = ran.json_lines();
    let tasks = lines.last().unwrap()["tasks"].as_array().unwrap().clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    tasks.iter().map(|task| (text(&task["name"]), text(&task["outcome"]))).collect()
}

/// Gives the evidence for one task of a `run --json`, joined.
pub fn evidence(ran: &Ran, task: &str) -> String {
    let lines = ran.json_lines();
    let tasks = lines.last().unwrap()["tasks"].as_array().unwrap().clone();
    let found = tasks.iter().find(|row| row["name"] == task).unwrap_or_else(|| panic!("no {task}: {ran}"));
    let lines: Vec<&str> = found["evidence"].as_array().unwrap().iter().filter_map(|l| l.as_str()).collect();
    lines.join("; ")
}

/// Pairs for comparison with [`outcomes`].
pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, outcome)| ((*name).to_owned(), (*outcome).to_owned())).collect()
}
