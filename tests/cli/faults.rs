//! A call of the system fails: the disk is full or broken, a permission is missing, there are too many files open. The command says
//! so and has done all or nothing, at once or after the next command; what it could not do it never calls done.
//!
//! Needs strace, which makes the calls fail, and the right to trace. A sample is part of the usual run; all of it takes minutes:
//! `cargo nextest run --run-ignored only fault_sweep`.

#![cfg(target_os = "linux")]

use std::io::Write;
use std::process::Stdio;

use crate::crash::{DISCARD_ALL, NOTHING, assert_one_of, full, task};
use crate::env::{Env, write};

/// Calls that fail together, and how.
type Fault = (&'static str, &'static str);

const FAULTS: [Fault; 16] = [
    ("write,pwrite64,writev,pwritev2", "ENOSPC"),
    ("write,pwrite64,writev,pwritev2", "EIO"),
    ("fsync,fdatasync", "EIO"),
    ("rename,renameat,renameat2", "ENOSPC"),
    ("rename,renameat,renameat2", "EACCES"),
    ("mkdir,mkdirat", "ENOSPC"),
    ("mkdir,mkdirat", "EACCES"),
    ("openat", "EMFILE"),
    ("openat", "EACCES"),
    ("openat", "ENOSPC"),
    ("unlink,unlinkat,rmdir", "EIO"),
    ("link,linkat,symlink,symlinkat", "EPERM"),
    ("read,pread64", "EIO"),
    ("read,write,openat,flock", "EINTR"),
    ("flock", "ENOLCK"),
    ("getdents64,ftruncate,fchmod,utimensat,copy_file_range", "EIO"),
];

/// Tells whether calls can be made to fail here.
fn can_inject(env: &Env) -> bool {
    let mut strace = env.command("strace", &env.repo());
    strace.args(["-qq", "-o", "/dev/null", "-e", "inject=getuid:error=EPERM", "true"]);
    let can = strace.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !can {
        let _ = std::io::stderr().write_all(b"skipped: strace is not there or may not trace\n");
    }
    can
}

struct Sweep<'a> {
    env: &'a Env,
    command: &'a [&'a str],
    old: String,
    new: String,
}

impl<'a> Sweep<'a> {
    fn new(env: &'a Env, command: &'a [&'a str]) -> Self {
        env.save();
        let old = env.world("other");
        env.run(command).exits(0);
        let new = env.world("other");
        Self { env, command, old, new }
    }

    /// Lets the `n`th call of each thread fail (with `follow`, of each process that it starts too). Tells whether one did.
    fn fail(&self, (calls, error): Fault, n: usize, follow: bool) -> bool {
        let at = format!("{error} at {calls} number {n}, following {follow}");
        // The last of these tells where an assertion without more words failed.
        let _ = writeln!(std::io::stderr(), "{at}");
        self.env.restore();
        let log = self.env.dir().join("trace");
        let mut strace = self.env.command("strace", &self.env.repo());
        strace.args(follow.then_some("-f")).args(["-qq", "-o"]).arg(&log);
        strace.args([
            "-e",
            &format!("trace={calls}"),
            "-e",
            &format!("inject={calls}:error={error}:when={n}"),
        ]);
        strace.arg(env!("CARGO_BIN_EXE_windrow")).args(self.command);
        let output = strace.output().unwrap();
        let ran = self.env.ran(&output);
        let hit = std::fs::read_to_string(&log).unwrap_or_default().contains("(INJECTED)");
        // The standard library has no error for a pipe that cannot be read.
        let of_a_pipe = calls.starts_with("read")
            && ran.stderr.contains("called `Result::unwrap()` on an `Err` value: Os");
        let defect = ran.stderr.contains("panicked") || [101, 70, -1].contains(&ran.code);
        assert!(!defect || of_a_pipe, "{at}: {ran}");
        self.env.assert_git_works();
        if ran.code == 0 {
            let now = self.env.world("other");
            assert_one_of(&now, &[("new", &*self.new)], &format!("{at} is called a success: {ran}"));
        } else {
            // A failure of the very words that say so cannot be told.
            let untold = calls.contains("write") && ran.stderr.is_empty();
            let said = !ran.stderr.trim().is_empty() || !ran.stdout.trim().is_empty();
            assert!(untold || said, "{at}: it fails and says nothing");
            self.env.run(&["status"]).exits(0);
        }
        let settled = self.env.run(&NOTHING);
        assert_eq!(settled.code, 1, "{at}: {ran}\n{settled}");
        let now = self.env.world("other");
        let expected = [("old", &*self.old), ("new", &*self.new)];
        assert_one_of(&now, &expected, &format!("{at}: {ran}\n{settled}"));
        self.env.assert_nothing_open();
        self.env.assert_sound();
        hit
    }

    /// Lets every `stride`th call fail, from an offset on, in each way. Gives the number of points.
    fn all(&self, stride: usize) -> usize {
        let mut points = 0;
        for (at, fault) in FAULTS.into_iter().enumerate() {
            for follow in [false, true] {
                let ns = (1 + (at + usize::from(follow)) % stride..).step_by(stride);
                points += ns.take_while(|n| self.fail(fault, *n, follow)).count();
            }
        }
        points
    }

    /// One call in a few ways: what the usual run does.
    fn sample(&self, ns: &[usize]) {
        for (at, fault) in FAULTS.into_iter().enumerate() {
            self.fail(fault, ns[at % ns.len()], at % 2 == 0);
        }
    }
}

fn merging() -> Env {
    let env = Env::new();
    task(&env, "a");
    task(&env, "b");
    env.git_in(&env.worktree("b"), &["checkout", "-q", "HEAD~1", "--", "src/lib.rs"]);
    env.git_in(&env.worktree("b"), &["commit", "-q", "-m", "apart"]);
    write(&env.repo().join("untouched"), "mine\n");
    env.git(&["add", "untouched"]);
    env
}

#[test]
fn a_call_that_fails_leaves_all_or_nothing_of_a_start() {
    let env = Env::new();
    if can_inject(&env) {
        Sweep::new(&env, &["start", "a", "b"]).sample(&[2, 5, 11, 17]);
    }
}

#[test]
fn a_call_that_fails_leaves_all_or_nothing_of_a_merge() {
    let env = merging();
    if can_inject(&env) {
        Sweep::new(&env, &["merge", "a"]).sample(&[3, 6, 9, 14]);
    }
}

/// The whole of it. Each says how many points there were.
mod fault_sweep {
    use super::*;

    fn sweep(env: &Env, command: &[&str]) {
        if !can_inject(env) {
            return;
        }
        let stride = std::env::var("WINDROW_STRIDE").ok().and_then(|stride| stride.parse().ok()).unwrap_or(1);
        let points = Sweep::new(env, command).all(stride);
        let _ = writeln!(std::io::stderr(), "{}: {points} points", command.join(" "));
        assert!(stride > 1 || points > 50, "only {points} points");
    }

    #[test]
    #[ignore = "takes minutes"]
    fn start() {
        sweep(&Env::new(), &["start", "a", "b"]);
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
        sweep(&merging(), &["merge", "a", "--strategy", "rebase"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn train() {
        // Of two, one may land and the other be turned away with its reason.
        sweep(&merging(), &["merge", "a", "--gate", "true", "-j", "1"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn clean() {
        // Of two, one may go and the other be kept with its reason.
        let one: Vec<&str> = DISCARD_ALL.into_iter().filter(|word| *word != "b").collect();
        sweep(&full(), &one);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn undo_of_merge() {
        let env = merging();
        env.run(&["merge", "a"]).exits(0);
        sweep(&env, &["undo"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn undo_of_clean() {
        let env = full();
        env.run(&DISCARD_ALL).exits(0);
        sweep(&env, &["undo"]);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn recovery() {
        let env = Env::new();
        task(&env, "a");
        let died =
            env.windrow(&env.repo()).args(["merge", "a"]).env("WINDROW_CRASH_AT", "3").output().unwrap();
        assert!(died.status.code().is_none());
        sweep(&env, &["start", "other"]);
    }
}

/// A disk of its own, with a repository on it; nothing where nobody may mount.
struct Disk<'a> {
    env: &'a Env,
    at: std::path::PathBuf,
}

impl<'a> Disk<'a> {
    fn mount(env: &'a Env, kib: u32) -> Option<Self> {
        let at = env.dir().join("disk");
        std::fs::create_dir(&at).unwrap();
        let mut mount = env.command("mount", &env.dir());
        mount.args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"]).arg(&at);
        if !mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            let _ = std::io::stderr().write_all(b"skipped: mounting is not permitted\n");
            return None;
        }
        Some(Self { env, at })
    }

    fn remount(&self, options: &str) {
        let mut mount = self.env.command("mount", &self.env.dir());
        let done = mount.args(["-o", &format!("remount,{options}")]).arg(&self.at).status();
        assert!(done.unwrap().success());
    }

    fn repo(&self) -> std::path::PathBuf {
        self.at.join("repo")
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = self.env.command("umount", &self.env.dir()).arg("-l").arg(&self.at).status();
    }
}

/// A file that does not compress.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..bytes).map(|_| next()).collect()
}

/// The disk is full while worktrees are filled, agents write, and merges land: said, nothing half done, and all of it goes on when there
/// is room again.
#[test]
fn a_disk_that_is_full_is_said_and_loses_nothing() {
    let env = Env::new();
    for spare in [8, 120, 260, 420, 700] {
        let Some(disk) = Disk::mount(&env, 4096) else { return };
        let repo = disk.repo();
        env.git(&["clone", "-q", ".", repo.to_str().unwrap()]);
        std::fs::write(repo.join("big"), noise(200 << 10)).unwrap();
        env.commit_in(&repo, "big");
        env.run_in(&repo, &["start", "work"]).exits(0);
        write(&disk.at.join("repo.worktrees/work/new"), "work\n");
        env.commit_in(&disk.at.join("repo.worktrees/work"), "work");
        let head = env.git_in(&repo, &["rev-parse", "main", "work"]);
        // Everything but a little is taken.
        let free = || {
            let df =
                env.command("df", &env.dir()).args(["-k", "--output=avail"]).arg(&disk.at).output().unwrap();
            String::from_utf8(df.stdout).unwrap().lines().nth(1).unwrap().trim().parse::<usize>().unwrap()
        };
        std::fs::write(disk.at.join("ballast"), vec![1; free().saturating_sub(spare) << 10]).unwrap();
        for command in [
            &["start", "a", "b"][..],
            &["merge", "work"],
            &["run", "c=x", "--command", "cat big big >> more"],
        ] {
            let ran = env.run_in(&repo, command);
            assert!(ran.code >= 0 && ran.code <= 4 && !ran.stderr.contains("panicked"), "{spare}: {ran}");
            assert!(ran.code == 0 || ran.to_string().len() > 20, "{spare}: it says nothing: {ran}");
            let status = env.run_in(&repo, &["status"]);
            assert!(status.stdout.contains("work"), "{spare}: {status}");
        }
        std::fs::remove_file(disk.at.join("ballast")).unwrap();
        env.run_in(&repo, &["clean", "no-such-task"]).exits(1);
        env.git_in(&repo, &["fsck", "--strict", "--no-dangling"]);
        assert_eq!(env.git_in(&repo, &["rev-parse", "work"]), head.lines().nth(1).unwrap());
        assert_eq!(env.git_in(&repo, &["status", "--porcelain"]), "", "{spare}");
        for (name, command) in [("a", ["start", "a"]), ("b", ["start", "b"])] {
            if !disk.at.join("repo.worktrees").join(name).exists() {
                env.run_in(&repo, &command).exits(0);
            }
            let tree = disk.at.join("repo.worktrees").join(name);
            assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "", "{spare}");
        }
        env.run_in(&repo, &["merge", "work"]).exits(0);
        env.run_in(&repo, &["run", "c=x", "--command", "cat big big >> more"]).exits(0);
        drop(disk);
        std::fs::remove_dir(env.dir().join("disk")).unwrap();
    }
}

/// Who only looks may look at a disk that nobody writes to; whoever wants more is told why not.
#[test]
fn a_disk_that_is_read_only_can_be_looked_at() {
    let env = Env::new();
    let Some(disk) = Disk::mount(&env, 4096) else { return };
    let repo = disk.repo();
    env.git(&["clone", "-q", ".", repo.to_str().unwrap()]);
    env.run_in(&repo, &["start", "work"]).exits(0);
    write(&disk.at.join("repo.worktrees/work/new"), "work\n");
    disk.remount("ro");
    for verb in [
        &["status"][..],
        &["diff", "work"],
        &["forecast"],
        &["history"],
        &["logs", "work"],
        &["doctor"],
        &["path", "work"],
    ] {
        let ran = env.run_in(&repo, verb);
        assert!(ran.code <= 2 && !ran.stderr.contains("panicked"), "{verb:?}: {ran}");
        assert!(ran.code == 0 || verb[0] == "logs", "{verb:?}: {ran}");
    }
    for verb in [
        &["start", "other"][..],
        &["clean", "work", "--discard", "untracked", "-y"],
        &["undo"],
        &["run", "x=y", "--command", "true"],
    ] {
        let ran = env.run_in(&repo, verb);
        let told = ["Read-only", "cannot write to"].iter().any(|why| ran.stderr.contains(why));
        assert!(ran.code == 1 && told, "{verb:?}: {ran}");
    }
    disk.remount("rw");
    env.run_in(&repo, &["start", "other"]).exits(0);
    assert!(disk.at.join("repo.worktrees/work/new").exists());
}
