//! The program is killed at any moment, not only between its steps: alone, so that the git that it started goes on, or
//! with its whole process group, so that git leaves its lock files. The next command that changes something makes all
//! of the operation stand, or nothing of it.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::crash::{DISCARD_ALL, NOTHING, RUN, assert_one_of, full, run_again, task};
use crate::env::{Env, write};

/// Whom a signal hits.
#[derive(Clone, Copy, Debug)]
enum Victim {
    /// The program alone.
    Alone,
    /// The program and every process that it started.
    Group,
}

struct Round<'a> {
    env: &'a Env,
    command: &'a [&'a str],
    /// What must stand afterwards.
    ends: Ends,
    took: Duration,
}

/// What must stand after a command was killed.
enum Ends {
    /// The world of before, or that of afterwards.
    OldOrNew(String, String),
    /// Run again it is done.
    DoneAgain,
}

impl<'a> Round<'a> {
    fn new(env: &'a Env, command: &'a [&'a str]) -> Self {
        env.save();
        let old = env.world("other");
        let begun = Instant::now();
        env.run(command).exits(0);
        let took = begun.elapsed();
        Self { env, command, ends: Ends::OldOrNew(old, env.world("other")), took }
    }

    fn of_run(env: &'a Env) -> Self {
        env.save();
        let begun = Instant::now();
        env.run(&RUN).exits(0);
        Self { env, command: &RUN, ends: Ends::DoneAgain, took: begun.elapsed() }
    }

    /// Kills after a time; tells whether the command was still there.
    fn kill_after(&self, delay: Duration, victim: Victim) -> bool {
        self.env.restore();
        let mut windrow = self.env.windrow(&self.env.repo());
        windrow.args(self.command).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = windrow.spawn().unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        std::thread::sleep(delay);
        let hit = child.try_wait().unwrap().is_none();
        match victim {
            Victim::Alone => drop(child.kill()),
            Victim::Group => drop(rustix::process::kill_process_group(pid, rustix::process::Signal::KILL)),
        }
        child.wait().unwrap();
        self.settle(&format!("{victim:?} after {delay:?}"));
        hit
    }

    /// Kills whatever makes its `n`th call of the system that changes something; tells whether one did.
    fn kill_at(&self, n: usize, follow: bool) -> bool {
        const CALLS: &str = "write,pwrite64,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,\
            fsync,fdatasync,flock,ftruncate,symlink,symlinkat,fchmod,utimensat,copy_file_range,clone,clone3,vfork,execve";
        self.env.restore();
        let mut strace = self.env.command("strace", &self.env.repo());
        strace.args(follow.then_some("-f")).args(["-qq", "-o", "/dev/null", "-e", &format!("trace={CALLS}")]);
        strace.args(["-e", &format!("inject={CALLS}:signal=KILL:when={n}")]);
        strace.arg(env!("CARGO_BIN_EXE_windrow")).args(self.command);
        let ended = strace.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        self.settle(&format!("call {n}, following {follow}"));
        !ended.success()
    }

    fn settle(&self, at: &str) {
        let Ends::OldOrNew(old, new) = &self.ends else { return run_again(self.env, self.command, at) };
        self.env.assert_git_works();
        self.env.run(&["status"]).exits(0);
        let ran = self.env.run(&NOTHING);
        let now = self.env.world("other");
        assert!(ran.code == 1 && !ran.stderr.contains("cannot"), "{at}: {ran}");
        let expected = [("old", &**old), ("new", &**new)];
        assert_one_of(&now, &expected, &format!("{at}: {ran}"));
        self.env.assert_nothing_open();
        self.env.assert_sound();
    }
}

/// A dozen moments of the command.
fn sample(env: &Env, command: &[&str]) {
    let round = Round::new(env, command);
    for i in 0..12 {
        let victim = if i % 2 == 0 { Victim::Group } else { Victim::Alone };
        round.kill_after(round.took * i / 12, victim);
    }
}

/// Every call of the system, of the program alone and of each process, and many moments for all of them at once.
fn sweep(env: &Env, command: &[&str]) {
    sweep_round(&Round::new(env, command));
}

fn sweep_round(round: &Round<'_>) {
    let stride: usize = std::env::var("WINDROW_STRIDE").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut points = 0;
    for i in (0..120).step_by(stride) {
        points += usize::from(round.kill_after(round.took * i / 100, Victim::Group));
        points += usize::from(round.kill_after(round.took * i / 100, Victim::Alone));
    }
    if Command::new("strace").arg("-V").output().is_ok() {
        for follow in [false, true] {
            points += (1..).step_by(stride).take_while(|n| round.kill_at(*n, follow)).count();
        }
    }
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("{}: {points} points\n", round.command.join(" ")).as_bytes(),
    );
    assert!(points * stride >= 150, "only {points} points");
}

fn merging() -> Env {
    let env = Env::new();
    task(&env, "a");
    write(&env.repo().join("untouched"), "mine\n");
    env.git(&["add", "untouched"]);
    env
}

fn merged() -> Env {
    let env = merging();
    env.run(&["merge", "a"]).exits(0);
    env
}

#[test]
fn start() {
    sample(&Env::new(), &["start", "a", "b"]);
}

#[test]
fn merge() {
    sample(&merging(), &["merge", "a"]);
}

#[test]
fn clean() {
    sample(&full(), &DISCARD_ALL);
}

#[test]
fn undo() {
    sample(&merged(), &["undo"]);
}

/// Each takes minutes: `cargo nextest run --run-ignored only kill_sweep`; every nth point with `WINDROW_STRIDE=n`.
mod kill_sweep {
    use super::*;

    #[test]
    #[ignore = "takes minutes"]
    fn start() {
        sweep(&Env::new(), &["start", "a", "b"]);
    }

    /// A worktree is made, an agent runs in it, and what it leaves is committed.
    #[test]
    #[ignore = "takes minutes"]
    fn run() {
        sweep_round(&Round::of_run(&Env::new()));
    }

    #[test]
    #[ignore = "takes minutes"]
    fn merge() {
        sweep(&merging(), &["merge", "a"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn squash() {
        sweep(&merging(), &["merge", "a", "--strategy", "squash"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn rebase() {
        let env = merging();
        env.git(&["commit", "-q", "-m", "so that there is something to rebase on"]);
        sweep(&env, &["merge", "a", "--strategy", "rebase"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn fast_forward() {
        sweep(&merging(), &["merge", "a", "--strategy", "ff"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn train() {
        sweep(&merging(), &["merge", "a", "--gate", "true"]);
    }

    /// The recovery of a landing that was killed in its middle.
    #[test]
    #[ignore = "takes minutes"]
    fn recovery() {
        let env = merging();
        let mut windrow = env.windrow(&env.repo());
        let died = windrow.args(["merge", "a"]).env("WINDROW_CRASH_AT", "3").output().unwrap();
        assert!(died.status.code().is_none());
        sweep(&env, &["start", "other"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn clean() {
        sweep(&full(), &DISCARD_ALL);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn undo_of_merge() {
        sweep(&merged(), &["undo"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn undo_of_clean() {
        let env = full();
        env.git(&["pack-refs", "--all"]);
        env.run(&DISCARD_ALL).exits(0);
        sweep(&env, &["undo"]);
    }
}
