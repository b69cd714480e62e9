//! Agents of every bad habit, at work when the run is interrupted, terminated, hung up or killed: nothing of them lives on
//! that nobody knows of, and nothing that was finished is lost.
//!
//! What an agent leaves is known by a number in its command line, which neither an empty environment nor a session of its
//! own takes away.

#![cfg(target_os = "linux")]

use crate::env::{Env, Ran};
use crate::running::{Running, until};

/// What may be said of an attempt in the end.
type Said = &'static [&'static str];

const STOPPED: Said = &["stopped"];
const DONE: Said = &["done"];

/// A name, what may become of it when it is stopped, and its script: `READY` tells that it is where it wants to be, `N` is the number.
const AGENTS: [(&str, Said, &str); 26] = [
    ("deaf", STOPPED, "trap '' TERM INT HUP; READY; while :; do sleep N; done"),
    ("daemon", STOPPED, "(setsid sh -c 'sleep N & sleep N' &) ; READY; sleep N"),
    ("session", STOPPED, "setsid sh -c \"trap '' TERM; sleep N\" & READY; wait"),
    ("tree", STOPPED, "sh -c 'sh -c \"sh -c \\\"sleep N; :\\\"; :\" & wait; : N' & READY; wait"),
    ("forker", STOPPED, "i=0; READY; while [ $i -lt 30 ]; do sleep N & i=$((i+1)); sleep 0.02; done; wait"),
    ("frozen", STOPPED, "READY; kill -STOP $$; sleep N"),
    ("flood", STOPPED, "head -c 8000000 /dev/zero | tr '\\0' x; READY; sleep N"),
    ("binary", STOPPED, "printf 'a\\000b\\377\\376\\033]52;c;x\\007'; READY; sleep N"),
    ("mute", STOPPED, "exec >&- 2>&- <&-; READY; sleep N"),
    ("bare", STOPPED, "exec env -i /bin/sh -c 'READY; /bin/sleep N'"),
    ("unmarked", STOPPED, "setsid env -i /bin/sh -c '/bin/sleep N; :' & READY; wait"),
    ("renamed", STOPPED, "READY; exec bash -c 'exec -a kworker/0:1 sleep N'"),
    ("nohup", STOPPED, "nohup sleep N >/dev/null 2>&1 & READY; wait"),
    ("away", STOPPED, "cd /; READY; sleep N"),
    ("reader", STOPPED, "READY; cat >/dev/null; sleep N"),
    ("littering", STOPPED, "i=0; while [ $i -lt 2000 ]; do : >f$i; i=$((i+1)); done; READY; sleep N"),
    ("locking", STOPPED, ": >\"$(git rev-parse --git-dir)/index.lock\"; READY; sleep N"),
    ("committing", STOPPED, "echo r >r; git add r; git commit -qm r; READY; sleep N"),
    ("polite", STOPPED, "trap 'echo asked >asked; exit 0' TERM; READY; while :; do sleep 0.05; done; : N"),
    ("homeless", STOPPED, "rm -rf \"$PWD\"; READY; sleep N"),
    ("thief", &["lost", "stopped"], "rm -rf \"$(dirname \"$WINDROW_PROMPT_FILE\")\"; READY; sleep N"),
    ("orphan", &["lost"], "kill -9 $PPID; READY; sleep N"),
    ("suicide", &["failed", "stopped"], "READY; sleep 0.2; kill 0; sleep N"),
    ("leaving", DONE, "echo l >l; sleep N & READY"),
    ("late", DONE, "(while :; do echo l >>l; sleep 0.05; done; : N) & echo l >l; READY"),
    ("finished", DONE, "echo f >f; READY; : N"),
];

/// A run of all of them.
struct Zoo<'a> {
    env: &'a Env,
    number: String,
}

impl<'a> Zoo<'a> {
    fn open(env: &'a Env) -> Self {
        // No sleep of anybody else is as long.
        let number = format!("{}", 1_000_000_000 + u64::from(std::process::id()));
        let ready = |name: &str| format!(": >'{}/{name}.began'", env.dir().display());
        let script = |name: &str, script: &str| {
            script.replace("READY", &ready(name).replace('\'', "\"")).replace('N', &number)
        };
        let scripts: Vec<String> = AGENTS.iter().map(|(name, _, body)| script(name, body)).collect();
        let tasks: Vec<(&str, &str)> =
            AGENTS.iter().zip(&scripts).map(|((name, ..), script)| (*name, script.as_str())).collect();
        env.plan("jobs = 30\n", &tasks);
        Self { env, number }
    }

    /// Begins, and waits until each is where it wants to be and what ends by itself has ended.
    fn begin(&self) -> Running<'a> {
        let running = self.env.begin(&["run", "../plan.toml", "--json"]);
        AGENTS.iter().for_each(|(name, ..)| self.env.until_began(name));
        for name in ["finished", "leaving", "late", "suicide", "orphan"] {
            until(name, || !matches!(self.env.state(name).as_str(), "queued" | "starting" | "running"));
        }
        running
    }

    /// Lists what lives.
    fn survivors(&self) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            if command.contains(&self.number) {
                found.push(command);
            }
        }
        found
    }

    /// Nothing lives, everything is told, what was finished or committed is there.
    fn assert_over(&self) {
        assert_eq!(self.survivors(), Vec::<String>::new());
        let status = self.env.run(&["status", "--json"]).exits(0).json();
        for (name, said, _) in AGENTS {
            let row = status["tasks"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
            let state = row["state"].as_str().unwrap();
            assert!(said.contains(&state), "{name} is {state}");
        }
        assert_eq!(self.env.git(&["show", "committing:r"]), "r");
        assert_eq!(self.env.git(&["show", "finished:f"]), "f");
        assert!(self.env.git(&["show", "late:l"]).starts_with('l'));
        assert!(self.env.worktree("polite").join("asked").exists(), "it was asked");
        assert!(self.env.worktree("littering").join("f1999").exists());
        self.env.git(&["fsck", "--strict"]);
        assert!(!self.env.git(&["worktree", "list", "--porcelain"]).contains("\nlocked"));
        let open = self.env.repo().join(".git/windrow/operations/open");
        assert_eq!(std::fs::read_dir(open).unwrap().count(), 0);
    }
}

fn settled(ran: &Ran) {
    let finished = ran.json_lines().iter().filter(|line| line["event"] == "task-finished").count();
    assert_eq!(finished, AGENTS.len(), "each is told once");
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    let env = Env::new();
    let zoo = Zoo::open(&env);
    let running = zoo.begin();
    running.signal("INT");
    settled(&running.wait().exits(130));
    zoo.assert_over();
}

#[test]
fn a_termination_leaves_nothing_behind() {
    let env = Env::new();
    let zoo = Zoo::open(&env);
    let running = zoo.begin();
    running.signal("TERM");
    settled(&running.wait().exits(143));
    zoo.assert_over();
}

/// The terminal goes away; the run goes on, and can be ended later.
#[test]
fn a_hang_up_ends_nothing_that_cannot_be_ended_later() {
    let env = Env::new();
    let zoo = Zoo::open(&env);
    let running = zoo.begin();
    running.signal("HUP");
    for name in ["deaf", "daemon", "bare", "homeless"] {
        assert_eq!(env.state(name), "running");
    }
    env.run(&["stop", "--all"]).exits(0);
    settled(&running.wait().exits(4));
    zoo.assert_over();
}

/// The dispatcher is gone: the next run takes over what lives.
#[test]
fn a_killed_dispatcher_loses_nothing() {
    let env = Env::new();
    let zoo = Zoo::open(&env);
    let running = zoo.begin();
    running.signal("KILL");
    running.wait().exits(-1);
    for name in ["deaf", "daemon", "bare", "homeless"] {
        assert_eq!(env.state(name), "running");
    }
    env.run(&["stop", "--all"]).exits(0);
    zoo.assert_over();
}

/// Gives a number of kilobytes of `/proc/PID/status`.
fn kilobytes(pid: u32, what: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The agent is not held up, the disk keeps both ends, neither supervisor nor dispatcher grows.
#[test]
#[ignore = "writes 4 GiB: cargo nextest run --run-ignored only misbehave::gigabytes"]
fn gigabytes_of_output_fill_neither_disk_nor_memory() {
    use std::os::unix::fs::MetadataExt;
    let env = Env::new();
    let script = format!(
        "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 4294967296; echo; echo o >o; {}",
        crate::running::waits(&env, "loud")
    );
    env.plan("", &[("loud", &script)]);
    let running = env.begin(&["run", "../plan.toml", "--json"]);
    env.until_began("loud");
    let attempt = env.attempts("loud").pop().unwrap();
    let log = attempt.join("log");
    until("the middle is gone", || log.metadata().unwrap().blocks() * 512 < 512 << 20);
    let supervisor = crate::running::supervisor(&attempt);
    assert!(kilobytes(supervisor, "VmHWM") < 32 << 10, "{}", kilobytes(supervisor, "VmHWM"));
    env.go("loud");
    let ran = running.wait().exits(0);
    assert!(ran.json_lines().last().unwrap()["tasks"][0]["outcome"] == "done", "{ran}");
    assert!(log.metadata().unwrap().len() > 4 << 30);
    let shown = env.windrow(&env.repo()).args(["logs", "loud"]).output().unwrap().stdout;
    assert!(shown.len() < 512 << 20 && String::from_utf8_lossy(&shown).contains("were not kept"));
    let said = format!("log {} MiB on disk\n", (log.metadata().unwrap().blocks() * 512) >> 20);
    std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
}
