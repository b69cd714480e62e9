//! The program dies between any two of its steps, and in the recovery from that: the next command that changes
//! something makes all of the operation stand, or nothing of it.

use std::path::Path;

use crate::env::{Env, write};

/// A command, and how to tell what it must not lose.
struct Sweep<'a> {
    env: &'a Env,
    command: &'a [&'a str],
    old: String,
    new: String,
}

/// A command about something else.
const OTHER: [&str; 2] = ["start", "other"];

/// A command that would change something and finds nothing to change.
pub const NOTHING: [&str; 2] = ["clean", "no-such-task"];

/// Of the pairs of points one in so many is tried in the usual run. All of them take minutes:
/// `WINDROW_STRIDE=1 cargo nextest run crash`.
fn stride() -> usize {
    std::env::var("WINDROW_STRIDE").ok().and_then(|stride| stride.parse().ok()).unwrap_or(19)
}

/// How a sweep recovers.
#[derive(Clone, Copy)]
enum Recovery {
    /// By a command about something else.
    Other,
    /// By the same command.
    Again,
    /// By a command about something else that itself dies, at each point or at one in so many, and again.
    Dying(usize),
}

impl<'a> Sweep<'a> {
    /// Takes the environment as it is for what every round begins with.
    fn new(env: &'a Env, command: &'a [&'a str]) -> Self {
        env.save();
        let old = env.world("other");
        env.run(command).exits(0);
        let new = env.world("other");
        assert_ne!(old, new, "the command changes something");
        Self { env, command, old, new }
    }

    /// Dies at the first, second … point, until the command comes to its end. Gives the number of points.
    fn run(&self, recovery: Recovery) -> usize {
        for n in 1.. {
            self.env.restore();
            if self.crash(self.command, n) {
                assert!(n > 1, "there is no point to die at");
                return n - 1;
            }
            match recovery {
                Recovery::Other => self.recover(n),
                Recovery::Again => self.repeat(n),
                Recovery::Dying(stride) => self.recover_dying(n, stride),
            }
        }
        unreachable!()
    }

    /// Dies at a point; tells whether the command came to its end before.
    fn crash(&self, command: &[&str], n: usize) -> bool {
        let mut windrow = self.env.windrow(&self.env.repo());
        let output = windrow.args(command).env("WINDROW_CRASH_AT", n.to_string()).output().unwrap();
        let ran = self.env.ran(&output);
        assert!(ran.code <= 0, "{n}: {ran}");
        ran.code == 0
    }

    fn recover(&self, n: usize) {
        self.env.assert_git_works();
        let status = self.env.run(&["status"]).exits(0);
        assert!(status.stderr.contains("unfinished"), "{n}: {status}");
        self.settle(&format!("point {n}"), &OTHER);
    }

    /// Recovers and asserts that all or nothing stands, and that nothing is left for a second recovery.
    fn settle(&self, at: &str, by: &[&str]) {
        let first = self.env.run(by);
        assert!(first.code == i32::from(by == NOTHING), "{at}: {first}");
        let now = self.env.world("other");
        let expected = [("old", &*self.old), ("new", &*self.new)];
        assert_one_of(&now, &expected, &format!("{at}: {first}"));
        self.env.assert_nothing_open();
        self.env.assert_sound();
        let second = self.env.run(&NOTHING).exits(1);
        assert!(!second.stderr.contains("unfinished"), "{at}: {second}");
    }

    fn repeat(&self, n: usize) {
        let again = self.env.run(self.command);
        let now = self.env.world("other");
        assert_one_of(&now, &[("new", &*self.new)], &format!("point {n}: {again}"));
        self.env.assert_nothing_open();
        self.env.assert_sound();
    }

    /// Dies at point `n`, then in the recovery at each `stride`th point.
    fn recover_dying(&self, n: usize, stride: usize) {
        for m in (1 + n % stride..).step_by(stride) {
            self.env.restore();
            assert!(!self.crash(self.command, n));
            if self.crash(&OTHER, m) {
                break;
            }
            self.settle(&format!("points {n} and {m}"), &NOTHING);
        }
    }
}

/// Asserts that a world is one of those expected; else gives the lines in which it differs from each.
pub fn assert_one_of(now: &str, expected: &[(&str, &str)], told: &str) {
    use std::fmt::Write;
    if expected.iter().any(|(_, world)| *world == now) {
        return;
    }
    let mut text = String::new();
    for (name, world) in expected {
        for line in world.lines().filter(|line| !now.lines().any(|other| other == *line)) {
            writeln!(text, "missing of {name}: {line}").unwrap();
        }
        for line in now.lines().filter(|line| !world.lines().any(|other| other == *line)) {
            writeln!(text, "found, not {name}: {line}").unwrap();
        }
    }
    panic!("{told}\n{text}");
}

/// Makes a task whose branch has a commit that adds a file, edits one and deletes one.
pub fn task(env: &Env, name: &str) {
    env.run(&["start", name]).exits(0);
    let tree = env.worktree(name);
    write(&tree.join(format!("{name}/new")), name);
    write(&tree.join("src/lib.rs"), &format!("// {name}\n"));
    env.commit_in(&tree, name);
}

/// Gives a task's worktree staged, unstaged, untracked and ignored content, and a commit that only a reflog names.
fn fill(env: &Env, tree: &Path) {
    env.git_in(tree, &["commit", "-q", "--allow-empty", "-m", "only in the reflog"]);
    env.git_in(tree, &["reset", "-q", "--hard", "HEAD~1"]);
    write(&tree.join("staged"), "staged\n");
    env.git_in(tree, &["add", "staged"]);
    write(&tree.join("staged"), "staged and edited\n");
    write(&tree.join("file"), "edited\n");
    write(&tree.join("untracked/deep"), "untracked\n");
    write(&tree.join("x.log"), "ignored\n");
}

pub const DISCARD_ALL: [&str; 13] = [
    "clean",
    "a",
    "b",
    "--yes",
    "--discard=tracked",
    "--discard=staged",
    "--discard=untracked",
    "--discard=ignored",
    "--discard=unmerged",
    "--discard=detached",
    "--discard=hidden",
    "--discard=conflicts",
    "--discard=nested",
];

/// Two tasks full of content, and one that stands on the first.
pub fn full() -> Env {
    let env = Env::new();
    for name in ["a", "b"] {
        task(&env, name);
        fill(&env, &env.worktree(name));
    }
    env.run(&["start", "child", "--base", "a"]).exits(0);
    env
}

fn all(env: &Env, command: &[&str]) {
    let sweep = Sweep::new(env, command);
    for recovery in [Recovery::Other, Recovery::Again, Recovery::Dying(stride())] {
        sweep.run(recovery);
    }
}

#[test]
fn start_of_one() {
    all(&Env::new(), &["start", "api"]);
}

#[test]
fn start_of_three() {
    all(&Env::new(), &["start", "a", "b", "c/d"]);
}

fn merge_with(strategies: &[&str], checked_out: bool) {
    for strategy in strategies {
        let env = Env::new();
        task(&env, "a");
        if checked_out {
            write(&env.repo().join("untouched"), "mine\n");
            env.git(&["add", "untouched"]);
            write(&env.repo().join("untouched"), "mine, edited\n");
        } else {
            env.git(&["checkout", "-q", "-b", "elsewhere"]);
        }
        let command = ["merge", "a", "--strategy", strategy];
        if *strategy == "merge" {
            all(&env, &command);
        } else {
            // They differ in what is computed before anything is changed.
            Sweep::new(&env, &command).run(Recovery::Other);
        }
    }
}

#[test]
fn merge_into_a_target_that_is_checked_out() {
    merge_with(&["merge", "squash", "ff"], true);
}

#[test]
fn merge_into_a_target_that_is_not_checked_out() {
    merge_with(&["merge", "squash", "ff"], false);
}

#[test]
fn clean() {
    all(&full(), &DISCARD_ALL);
}

#[test]
fn undo_of_start() {
    let env = Env::new();
    env.run(&["start", "a", "b"]).exits(0);
    all(&env, &["undo"]);
}

#[test]
fn undo_of_merge() {
    let env = Env::new();
    task(&env, "a");
    env.run(&["merge", "a"]).exits(0);
    all(&env, &["undo"]);
}

#[test]
fn undo_of_clean() {
    let env = full();
    env.run(&DISCARD_ALL).exits(0);
    all(&env, &["undo"]);
}

/// A run in a worktree that holds changes, and one in a new worktree: taken back, the changes are there again.
#[test]
fn undo_of_run() {
    let env = Env::new();
    env.run(&["start", "a"]).exits(0);
    write(&env.worktree("a").join("file"), "edited before\n");
    write(&env.worktree("a").join("mine"), "untracked before\n");
    env.run(&["run", "a=x", "b=y", "--command", "echo by the agent >> file; echo new > new"]).exits(0);
    all(&env, &["undo"]);
}

/// The dispatcher dies at each of its points; agents go on. Run again, every task is done, once.
#[test]
fn run() {
    let env = Env::new();
    env.save();
    for n in 1.. {
        env.restore();
        let mut windrow = env.windrow(&env.repo());
        let output = windrow.args(RUN).env("WINDROW_CRASH_AT", n.to_string()).output().unwrap();
        let ended = output.status.code().is_some();
        assert!(!ended || (output.status.success() && n > 3), "{n}: {}", env.ran(&output));
        run_again(&env, &RUN, &format!("point {n}"));
        if ended {
            return;
        }
    }
}

/// A run of one task `a` whose agent adds a line to a file.
pub const RUN: [&str; 4] = ["run", "a=x", "--command", "echo by the agent >> file"];

/// Runs again what was killed: the task is done, what its agent wrote is committed, and all of that can be undone.
pub fn run_again(env: &Env, command: &[&str], at: &str) {
    env.assert_git_works();
    env.run(&["status"]).exits(0);
    let again = env.run(command);
    assert_eq!(again.code, 0, "{at}: {again}");
    let file = std::fs::read_to_string(env.worktree("a").join("file")).unwrap();
    assert!(file.starts_with("one\nby the agent\n"), "{at}: {again}");
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    assert_eq!(env.git_in(&env.worktree("a"), &["status", "--porcelain"]), "", "{at}: {again}");
    env.assert_nothing_open();
    env.assert_sound();
    let taken_back = env.run(&["undo"]);
    assert_eq!(taken_back.code, 0, "{at}: {taken_back}");
}

/// Who goes on working in a worktree whose making was killed keeps what he did there: it is in the trash, and a ref
/// keeps it; a branch that moved stays.
#[test]
fn work_in_a_half_made_worktree_is_kept() {
    let env = Env::new();
    let half_made = (1..).find(|n| {
        drop(
            env.windrow(&env.repo())
                .args(["start", "a", "b"])
                .env("WINDROW_CRASH_AT", n.to_string())
                .output(),
        );
        // The other one may be in the middle of its checkout, which holds its index.
        let filled = |task: &str| {
            let locked = env.repo().join(format!(".git/worktrees/{task}/index.lock")).exists();
            env.worktree(task).join("file").exists() && !locked
        };
        let both = filled("a") && filled("b");
        both || env.run(&NOTHING).code != 1
    });
    assert!(half_made.is_some_and(|n| n > 3));
    write(&env.worktree("a").join("staged"), "mine\n");
    env.git_in(&env.worktree("a"), &["add", "staged"]);
    write(&env.worktree("b").join("committed"), "mine\n");
    env.commit_in(&env.worktree("b"), "mine");
    let tip = env.git(&["rev-parse", "b"]);
    let output = env.windrow(&env.repo()).args(NOTHING).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("refs/heads/b has moved since and stays"), "{told}");
    assert_eq!(env.git(&["rev-parse", "b"]), tip);
    assert!(!env.worktree("a").exists() && !env.worktree("b").exists());
    env.git(&["gc", "-q", "--prune=now"]);
    for (task, content) in [("a", "staged"), ("b", "committed")] {
        let held = format!("repo.worktrees/{task} held changes already; it is in the trash: ");
        let trash = told.lines().find_map(|line| Some(line.split_once(&held)?.1)).unwrap();
        assert_eq!(std::fs::read_to_string(Path::new(trash).join(content)).unwrap(), "mine\n");
    }
    let kept = env.git(&["for-each-ref", "--format=%(refname)", "refs/windrow/rescue"]);
    assert_eq!(kept.lines().count(), 2, "{kept}");
    env.assert_nothing_open();
    env.assert_sound();
}

/// A branch that somebody checked out after the command died is not deleted under him.
#[test]
fn a_branch_in_use_is_not_taken_back() {
    let env = Env::new();
    let crashed =
        env.windrow(&env.repo()).args(["start", "api"]).env("WINDROW_CRASH_AT", "2").output().unwrap();
    assert!(crashed.status.code().is_none());
    env.git(&["worktree", "add", "-q", "../mine", "api"]);
    let ran = env.run(&NOTHING).exits(1);
    assert!(ran.stderr.contains("refs/heads/api stays: it is in use by [DIR]/mine"), "{ran}");
    env.assert_nothing_open();
    env.assert_sound();
}

/// What cannot be recovered as things are says what is in the way, and changes nothing until that is gone.
#[test]
fn what_is_in_the_way_of_recovery_is_named() {
    let env = Env::new();
    task(&env, "a");
    let clean = ["clean", "a", "--yes", "--discard=unmerged"];
    let crashed = env.windrow(&env.repo()).args(clean).env("WINDROW_CRASH_AT", "3").output().unwrap();
    assert!(crashed.status.code().is_none() && !env.worktree("a").exists());
    write(&env.worktree("a").join("in the way"), "mine\n");
    env.run(&NOTHING).exits(1);
    insta::assert_snapshot!(env.run(&NOTHING), @r"
    --- stderr
    error: an unfinished `clean` (removed a) cannot be recovered: [DIR]/repo.worktrees/a is in the way
    hint: move it away, then try again: ls -la [DIR]/repo.worktrees/a
    --- exit 1
    ");
    std::fs::remove_dir_all(env.worktree("a")).unwrap();
    let ran = env.run(&NOTHING).exits(1);
    assert!(ran.stderr.contains("took back an unfinished `clean`"), "{ran}");
    assert_eq!(std::fs::read_to_string(env.worktree("a").join("a/new")).unwrap(), "a");
    env.assert_nothing_open();
    env.assert_sound();
}
