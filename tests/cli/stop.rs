//! `stop`: whole process trees, with grace or without; runs that end with them; what has no dispatcher is settled.

use crate::env::Env;
use crate::running::{outcomes, pairs, until, waits};
use crate::wait::ends;

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

#[test]
fn without_a_name_there_is_nothing_to_stop() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["stop"]), @"
    --- stderr
    error: name a task, or say --all
    hint: windrow stop NAME
    hint: windrow stop --all
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["stop", "--all"]), @"
    --- stderr
    ○ no task was stopped
    ");
    env.run(&["start", "bare"]).exits(0);
    insta::assert_snapshot!(env.run(&["stop", "bare"]), @"
    --- stderr
    ○ `bare` is not running
    ○ no task was stopped
    ");
    env.run(&["stop", "nobody"]).exits(1);
    env.run(&["stop", "bare", "--all"]).exits(2);
}

/// One is asked and ends; what it started in sessions of its own is ended too; the others go on.
#[test]
fn one_task_is_stopped_with_its_whole_tree() {
    let env = Env::new();
    let polite = format!(
        "exec 2>/dev/null; trap 'echo asked >asked; exit 0' TERM; setsid sh -c \"trap '' TERM; sleep 1000\" & {}",
        waits(&env, "polite")
    );
    let other = format!("{}; echo o >o", waits(&env, "other"));
    env.plan(
        "jobs = 2\n",
        &[("polite", &polite), ("other", &other), ("next", "+ after = [\"polite\"]\ntrue")],
    );
    let running = env.begin(&RUN);
    env.until_began("polite");
    env.until_began("other");
    assert_eq!(env.run(&["stop", "polite", "--dry-run"]).stdout, "stop polite of run [ID]\n");
    let queued = env.run(&["stop", "next"]).exits(1);
    assert!(
        queued.stderr.contains("`next` of run [ID] has no agent at work now; nothing was stopped"),
        "{queued}"
    );
    let ran = env.run_in(&env.worktree("polite"), &["stop"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @"
    ▲ polite  stopped in [T]
      ended because it was asked to stop, no commit, left uncommitted: 1 untracked
      ↳ windrow run ../plan.toml

    ▲ 1 task: 1 stopped
    ");
    assert!(env.worktree("polite").join("asked").exists());
    assert_eq!(env.state("other"), "running");
    env.go("other");
    let ran = running.wait().exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("polite", "stopped"), ("other", "done"), ("next", "skipped")]));
    env.assert_nothing_runs();
    env.assert_sound();
}

#[test]
fn all_ends_the_runs_too_and_nothing_new_begins() {
    let env = Env::new();
    env.plan("jobs = 1\n", &[("first", &waits(&env, "first")), ("second", "echo s >s")]);
    let running = env.begin(&["run", "../plan.toml"]);
    env.until_began("first");
    env.run(&["run", &format!("lone={}", waits(&env, "lone")), "--command", "sh", "--detach"]).exits(0);
    env.until_began("lone");
    let ran = env.run(&["stop", "--all", "--json"]).exits(0);
    let mut told = ends(&ran);
    told.sort();
    assert_eq!(told, pairs(&[("first", "stopped"), ("lone", "stopped"), ("second", "not-started")]));
    let ran = running.wait().exits(4);
    assert!(ran.stderr.contains("▲ stopped by another command: asking the agents to end\n"), "{ran}");
    assert!(ran.stdout.contains("the run was stopped before its turn"), "{ran}");
    assert!(!env.worktree("second").exists());
    env.assert_nothing_runs();
    env.assert_sound();
    crate::env::write(&env.dir().join("first.go"), "");
    env.run(&RUN).exits(4);
    assert_eq!(env.state("second"), "done", "the same again goes on");
}

/// A deaf agent has five seconds unless it is to be killed.
#[test]
fn kill_does_not_ask() {
    let env = Env::new();
    let deaf =
        format!("trap 'echo asked >>asked' TERM; {}; while :; do sleep 0.1; done", waits(&env, "deaf"));
    env.plan("", &[("deaf", &deaf)]);
    let running = env.begin(&RUN);
    env.until_began("deaf");
    let begun = std::time::Instant::now();
    env.run(&["stop", "deaf", "--kill"]).exits(0);
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(!env.worktree("deaf").join("asked").exists());
    assert_eq!(outcomes(&running.wait().exits(4)), pairs(&[("deaf", "stopped")]));
    env.assert_nothing_runs();
}

#[test]
fn what_has_no_dispatcher_is_stopped_and_settled() {
    let env = Env::new();
    env.plan("", &[("api", &format!("echo half >half; {}", waits(&env, "api")))]);
    let running = env.begin(&RUN);
    env.until_began("api");
    running.signal("KILL");
    running.wait().exits(-1);
    let ran = env.run(&["stop", "--all", "--json"]).exits(0);
    assert_eq!(ends(&ran), pairs(&[("api", "stopped")]));
    assert!(env.attempts("api")[0].join("outcome.json").exists(), "settled");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// A task that was stopped is not tried again.
#[test]
fn a_stopped_task_is_not_retried() {
    let env = Env::new();
    env.plan("", &[("api", &format!("+ retries = 3\n{}", waits(&env, "api")))]);
    let running = env.begin(&RUN);
    env.until_began("api");
    env.run(&["stop", "api"]).exits(0);
    assert_eq!(outcomes(&running.wait().exits(4)), pairs(&[("api", "stopped")]));
    assert_eq!(env.attempts("api").len(), 1);
    until("nothing", || env.state("api") == "stopped");
}
