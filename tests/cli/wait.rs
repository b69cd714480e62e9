//! `wait`: outcomes as they become known, whoever dispatches; the agents go on whatever becomes of the waiting.

use crate::env::Env;
use crate::running::{pairs, signal, supervisor, until, waits};

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

/// Gives the outcomes of a `wait --json` or `stop --json`.
pub fn ends(ran: &crate::env::Ran) -> Vec<(String, String)> {
    let document = ran.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let tasks = document["tasks"].as_array().unwrap().iter();
    tasks.map(|task| (text(&task["name"]), text(&task["outcome"]))).collect()
}

#[test]
fn with_nothing_at_work_there_is_nothing_to_wait_for() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["wait"]), @"
    --- stderr
    ○ no task is running
    ");
    env.run(&["start", "bare"]).exits(0);
    insta::assert_snapshot!(env.run(&["wait", "bare"]), @"
    --- stderr
    ○ no agent has run on `bare`
    ○ no task is running
    ");
    env.run(&["wait", "nobody"]).exits(1);
    env.run(&["wait", "--run", "abcd"]).exits(1);
    env.run(&["wait", "--timeout", "soon"]).exits(2);
}

/// Of a task that has ended the outcome is told; one that failed is a failure.
#[test]
fn what_has_ended_is_told_at_once() {
    let env = Env::new();
    env.plan("", &[("good", "echo g >g"), ("bad", "exit 3"), ("next", "+ after = [\"bad\"]\ntrue")]);
    env.run(&RUN).exits(4);
    env.run(&["wait", "good"]).exits(0);
    let both = env.run(&["wait", "good", "bad", "good", "--json"]).exits(4);
    assert_eq!(ends(&both), pairs(&[("good", "done"), ("bad", "failed")]));
    let run = env.attempts("good")[0].iter().rev().nth(2).unwrap().to_string_lossy().into_owned();
    let all = env.run(&["wait", "--run", &run, "--json"]).exits(4);
    assert_eq!(ends(&all), pairs(&[("good", "done"), ("bad", "failed"), ("next", "skipped")]));
    assert_eq!(all.json()["running"], serde_json::json!([]));
}

#[test]
fn an_interrupt_ends_the_waiting_and_no_agent() {
    let env = Env::new();
    env.plan("", &[("api", &format!("{}; echo a >a", waits(&env, "api")))]);
    let running = env.begin(&RUN);
    env.until_began("api");
    let waiting = env.begin(&["wait"]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    waiting.signal("INT");
    insta::assert_snapshot!(waiting.wait(), @"
    --- stderr
    ◎ waiting for api
    ▲ interrupted; still at work: api
    ↳ windrow wait · windrow status
    --- exit 130
    ");
    let late = env.run(&["wait", "--timeout", "50ms", "--json"]).exits(4);
    assert_eq!(late.json()["running"], serde_json::json!(["api"]));
    assert_eq!(env.state("api"), "running");
    env.go("api");
    running.wait().exits(0);
    env.assert_nothing_runs();
}

/// With the dispatcher gone, waiting settles what ends, and tells what will not begin.
#[test]
fn without_a_dispatcher_waiting_settles() {
    let env = Env::new();
    let first = format!("{}; echo a >a", waits(&env, "first"));
    env.plan("jobs = 1\n", &[("first", &first), ("second", "echo b >b")]);
    let running = env.begin(&RUN);
    env.until_began("first");
    let waiting = env.begin(&["wait", "--json"]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    running.signal("KILL");
    running.wait().exits(-1);
    let one = env.begin(&["wait", "first", "--json"]);
    env.go("first");
    assert_eq!(ends(&one.wait().exits(0)), pairs(&[("first", "done")]));
    let ran = waiting.wait().exits(4);
    assert_eq!(ends(&ran), pairs(&[("first", "done"), ("second", "not-started")]));
    assert!(ran.json()["tasks"][1]["evidence"][0].as_str().unwrap().starts_with("the dispatcher of run "));
    assert_eq!(env.git(&["show", "first:a"]), "a", "its leftovers are committed");
    env.run(&RUN).exits(0);
    env.assert_nothing_runs();
    env.assert_sound();
}

/// Everything of ours killed, as a reboot does: lost, said by status, and the next run goes on.
#[test]
fn after_a_reboot_what_ran_is_lost_and_goes_on() {
    let env = Env::new();
    let script = |name: &str| {
        format!("[ -e half ] && {{ echo all >all; exit; }}; echo half >half; {}", waits(&env, name))
    };
    env.plan("jobs = 2\n", &[("a", &script("a")), ("b", &script("b")), ("c", "echo c >c")]);
    let running = env.begin(&RUN);
    env.until_began("a");
    env.until_began("b");
    let supervisors = ["a", "b"].map(|task| supervisor(&env.attempts(task)[0]));
    running.signal("KILL");
    running.wait().exits(-1);
    supervisors.iter().for_each(|pid| signal(*pid, "KILL"));
    until("both lost", || env.state("a") == "lost" && env.state("b") == "lost");
    insta::assert_snapshot!(env.run(&["wait", "a", "b"]).exits(4).stdout, @"
    ✗ a  lost
      the supervisor is gone and left no result, no commit, left uncommitted: 1 untracked
      ↳ windrow logs a
    ✗ b  lost
      the supervisor is gone and left no result, no commit, left uncommitted: 1 untracked
      ↳ windrow logs b

    ▲ 2 tasks: 2 lost
    ");
    env.assert_nothing_runs();
    env.run(&RUN).exits(0);
    assert_eq!(env.git(&["diff", "--name-only", "main", "a"]), "all\nhalf");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// Two disjoint runs go on side by side, and one waiting sees the ends of both.
#[test]
fn two_runs_at_once() {
    let env = Env::new();
    let script = |name: &str| format!("{}; echo x >x", waits(&env, name));
    for name in ["a", "b"] {
        let pair = format!("{name}={}", script(name));
        env.run(&["run", &pair, "--command", "sh", "--detach"]).exits(0);
    }
    env.until_began("a");
    env.until_began("b");
    let waiting = env.begin(&["wait", "--json"]);
    env.go("a");
    env.go("b");
    assert_eq!(ends(&waiting.wait().exits(0)), pairs(&[("a", "done"), ("b", "done")]));
    env.assert_nothing_runs();
    env.assert_sound();
}

#[test]
fn inside_an_agent_nothing_runs_waits_or_stops() {
    let env = Env::new();
    let program = env!("CARGO_BIN_EXE_windrow");
    let script = format!(
        "for verb in 'run x=y --command true' 'run x=y --command true --detach' wait 'stop --all'; do '{program}' $verb; echo \"$?\" >>codes; done"
    );
    env.plan("", &[("api", &script)]);
    env.run(&RUN).exits(0);
    assert_eq!(env.git(&["show", "api:codes"]), "1\n1\n1\n1");
}
