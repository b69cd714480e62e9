//! A train of eight with gates that sleep: `cargo bench --bench train`.
//!
//! Prints the wall time with one and with four gates at once as a ratio, and how many gates were run, against a queue that tests one
//! task after the other and against bisecting a batch that failed. One of the eight is bad.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Tasks, and which of them is bad.
const TASKS: usize = 8;
const BAD: usize = 5;

fn main() {
    // `cargo test --benches` builds it and runs it without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (one, serial_runs) = train("1");
    let (four, runs) = train("4");
    println!("8 tasks, 1 bad, gates of 500 ms");
    println!("-j 1: {:.2} s, {serial_runs} gates", one.as_secs_f64());
    println!(
        "-j 4: {:.2} s, {runs} gates, {:.2} of -j 1",
        four.as_secs_f64(),
        four.as_secs_f64() / one.as_secs_f64()
    );
    println!("a queue that tests one after the other: {TASKS} gates");
    println!("bisecting a batch that fails: {} gates", bisect(0, TASKS));
}

/// How many gates it takes to find the bad one of a batch and to test the batch again without it.
fn bisect(from: usize, to: usize) -> usize {
    if !(from..to).contains(&BAD) || to - from == 1 {
        return 1;
    }
    let middle = usize::midpoint(from, to);
    1 + bisect(from, middle) + bisect(middle, to)
}

fn run(dir: &Path, home: &Path, program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home);
    command.current_dir(dir).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().unwrap().success()
}

/// Lands them; gives how long that took, and how many gates were run.
fn train(jobs: &str) -> (Duration, usize) {
    let temporary = tempfile::tempdir().unwrap();
    let (repo, home) = (temporary.path().join("repo"), temporary.path().join("home"));
    std::fs::create_dir_all(&repo).unwrap();
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join(".gitconfig"), "[user]\nname = T\nemail = t@e\n[init]\ndefaultBranch = main\n")
        .unwrap();
    let git = |dir: &Path, arguments: &[&str]| assert!(run(dir, &home, "git", arguments), "{arguments:?}");
    let windrow = |arguments: &[&str]| run(&repo, &home, env!("CARGO_BIN_EXE_windrow"), arguments);
    git(&repo, &["init", "-q"]);
    git(&repo, &["commit", "-q", "--allow-empty", "-m", "first"]);
    for task in 0..TASKS {
        let name = format!("t{task}");
        assert!(windrow(&["start", &name]));
        let tree = temporary.path().join("repo.worktrees").join(&name);
        std::fs::write(tree.join(if task == BAD { "bad".to_owned() } else { name.clone() }), "x").unwrap();
        git(&tree, &["add", "-A"]);
        git(&tree, &["commit", "-q", "-m", &name]);
    }
    let gate = "echo run >> \"$HOME/runs\"; sleep 0.5; test ! -e bad";
    let start = Instant::now();
    assert!(!windrow(&["merge", "--all", "-y", "--gate", gate, "-j", jobs]));
    let took = start.elapsed();
    (took, std::fs::read_to_string(home.join("runs")).unwrap().lines().count())
}
