//! Signals to a run: agents are asked with grace, then killed; what did not begin is said; the same again goes on.

use crate::env::Env;
use crate::running::{evidence, outcomes, pairs, until, waits};

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

/// One at work that ends well when it is asked, one that waits for its turn, one that comes after.
fn polite(env: &Env) {
    // What the shell says of a command that a signal ended depends on who hears of it first.
    let script = format!(
        "exec 2>/dev/null; trap 'echo asked >asked; exit 0' TERM; echo half >half; [ -e ../go ] && exit; {}",
        waits(env, "first")
    );
    env.plan(
        "jobs = 1\n",
        &[("first", &script), ("second", "echo s >s"), ("third", "+ after = [\"first\"]\necho t >t")],
    );
}

#[test]
fn an_interrupt_stops_the_agents_with_grace() {
    let env = Env::new();
    polite(&env);
    let running = env.begin(&["run", "../plan.toml"]);
    env.until_began("first");
    running.signal("INT");
    insta::assert_snapshot!(running.wait(), @"
    ▲ first   stopped in [T]
      ended because it was asked to stop, no commit, left uncommitted: 2 untracked
      ↳ windrow run ../plan.toml
    ○ second  not-started
      the run was interrupted before its turn
      ↳ windrow run ../plan.toml
    ○ third   skipped
      it comes after `first`, which is stopped
      ↳ windrow run ../plan.toml

    ▲ 3 tasks: 1 stopped, 1 not-started, 1 skipped
    --- stderr
    ○ run [ID] of ../plan.toml: 3 tasks, 1 at once
      base main (75ed618c4); agent sh; permission the agent's own; isolation none
    ◎ first   started (sh)
    ▲ interrupted: asking the agents to end; interrupt again to kill them
    ▲ first   stopped in [T]: ended because it was asked to stop, no commit, left uncommitted: 2 untracked
    ○ third   skipped: it comes after `first`, which is stopped
    ○ second  not-started: the run was interrupted before its turn
    ↳ the same again goes on with the others: windrow run ../plan.toml
    --- exit 130
    ");
    let left = env.git_in(&env.worktree("first"), &["status", "--porcelain"]);
    assert_eq!(left, "?? asked\n?? half", "it was asked, and its files stay");
    assert!(!env.worktree("second").exists());
    env.assert_nothing_runs();
    env.assert_sound();
    assert_eq!(env.state("first"), "stopped");
    crate::env::write(&env.dir().join("repo.worktrees/go"), "");
    let ran = env.run(&RUN).exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("first", "done"), ("second", "done"), ("third", "done")]));
}

/// TERM is the same, with its own exit code; a hang-up changes nothing.
#[test]
fn term_stops_and_a_hang_up_does_not() {
    let env = Env::new();
    polite(&env);
    let running = env.begin(&RUN);
    env.until_began("first");
    running.signal("HUP");
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(env.state("first"), "running");
    running.signal("TERM");
    let ran = running.wait().exits(143);
    assert_eq!(
        outcomes(&ran),
        pairs(&[("first", "stopped"), ("second", "not-started"), ("third", "skipped")])
    );
    let asked = "ended because it was asked to stop; no commit; left uncommitted: 2 untracked";
    assert_eq!(evidence(&ran, "first"), asked);
    assert_eq!(evidence(&ran, "second"), "the run was interrupted before its turn");
    assert_eq!(evidence(&ran, "third"), "it comes after `first`, which is stopped");
    let lines = ran.json_lines();
    let warned = lines.iter().find(|line| line["event"] == "warning").unwrap();
    assert_eq!(warned["message"], "interrupted: asking the agents to end; interrupt again to kill them");
    env.assert_nothing_runs();
}

/// The second interrupt does not wait for the grace of five seconds.
#[test]
fn a_second_interrupt_kills() {
    let env = Env::new();
    let script = format!(
        "trap 'echo asked >>../asked' TERM INT HUP; setsid sh -c \"trap '' TERM; sleep 1000\" & {}; while :; do sleep 0.1; done",
        waits(&env, "deaf")
    );
    env.plan("", &[("deaf", &script)]);
    let running = env.begin(&RUN);
    env.until_began("deaf");
    running.signal("INT");
    until("the request", || env.dir().join("repo.worktrees/asked").exists());
    let killed = std::time::Instant::now();
    running.signal("INT");
    let ran = running.wait().exits(130);
    assert!(killed.elapsed() < std::time::Duration::from_secs(4), "{:?}", killed.elapsed());
    assert_eq!(outcomes(&ran), pairs(&[("deaf", "stopped")]));
    env.assert_nothing_runs();
    env.assert_sound();
}

/// An interrupt of an adopting run stops the agents that it took over.
#[test]
fn adopted_agents_are_stopped_too() {
    let env = Env::new();
    polite(&env);
    let running = env.begin(&RUN);
    env.until_began("first");
    running.signal("KILL");
    running.wait().exits(-1);
    let second = env.begin(&RUN);
    until("the second run", || std::fs::read_dir(env.repo().join(".git/windrow/runs")).unwrap().count() == 2);
    // Its signals are caught before its record is written.
    second.signal("INT");
    let ran = second.wait().exits(130);
    assert_eq!(
        outcomes(&ran),
        pairs(&[("first", "stopped"), ("second", "not-started"), ("third", "skipped")])
    );
    env.assert_nothing_runs();
    env.assert_sound();
}

/// A reader of the output that goes away ends nothing.
#[test]
fn a_closed_pipe_ends_no_run() {
    let env = Env::new();
    env.plan("", &[("a", "sleep 0.3; echo a >a"), ("b", "+ after = [\"a\"]\necho b >b")]);
    let program = env!("CARGO_BIN_EXE_windrow");
    let line = format!("'{program}' run ../plan.toml --json 2>/dev/null | head -1; exit 0");
    let out =
        env.command("bash", &env.repo()).args(["-c", &format!("set -o pipefail; {line}")]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).contains("run-started"));
    until("the end", || env.state("b") == "done");
    env.assert_nothing_runs();
}
