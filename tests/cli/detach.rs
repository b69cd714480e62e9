//! `run --detach`: what is refused is told by the process that was called; the run goes on without it.

use crate::env::Env;
use crate::running::{until, waits};

const DETACH: [&str; 3] = ["run", "../plan.toml", "--detach"];

/// Gives the log of the newest run's dispatcher.
fn dispatcher_log(env: &Env) -> String {
    let runs = env.repo().join(".git/windrow/runs");
    let mut runs: Vec<_> = std::fs::read_dir(runs).unwrap().flatten().map(|entry| entry.path()).collect();
    runs.sort();
    env.redact(&std::fs::read_to_string(runs.pop().unwrap().join("dispatcher.log")).unwrap())
}

#[test]
fn a_detached_run_goes_on_and_is_followed() {
    let env = Env::new();
    let first = format!("{}; echo a >a", waits(&env, "first"));
    env.plan("", &[("first", &first), ("second", "+ after = [\"first\"]\ncat a; echo b >b")]);
    insta::assert_snapshot!(env.run(&DETACH), @"
    ◎ run [ID] goes on by itself
    --- stderr
    ○ run [ID] of ../plan.toml: 2 tasks, 4 at once
      base main (75ed618c4); agent sh; permission the agent's own; isolation none
    ↳ windrow status · windrow wait · windrow logs -f --all · windrow stop --all
    ");
    env.until_began("first");
    assert_eq!(env.state("first"), "running");
    let waiting = env.begin(&["wait"]);
    env.go("first");
    insta::assert_snapshot!(waiting.wait().exits(0).stdout, @"
    ✓ first   done in [T]  1 commit, 1 file, +1
      exit 0, no commit, leftovers committed (1 untracked)
      ↳ windrow diff first
    ✓ second  done in [T]  1 commit, 1 file, +1
      exit 0, no commit, leftovers committed (1 untracked)
      │ a
      ↳ windrow diff second

    ✓ 2 tasks: 2 done
    ");
    until("its summary", || dispatcher_log(&env).contains("2 tasks: 2 done"));
    env.assert_nothing_runs();
    env.assert_sound();
}

/// It is in a session of its own: what ends the caller's session does not end it.
#[cfg(target_os = "linux")]
#[test]
fn it_outlives_the_session_of_its_caller() {
    let env = Env::new();
    env.plan("", &[("api", &format!("{}; echo a >a", waits(&env, "api")))]);
    let program = env!("CARGO_BIN_EXE_windrow");
    let line = format!("'{program}' run ../plan.toml --detach --json; kill -HUP 0; sleep 60");
    let out = env.command("setsid", &env.repo()).args(["-w", "sh", "-c", &line]).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((said["command"].as_str(), said["tasks"][0].as_str()), (Some("run"), Some("api")));
    assert!(std::path::Path::new(said["log"].as_str().unwrap()).ends_with("dispatcher.log"));
    env.until_began("api");
    env.go("api");
    env.run(&["wait", "--run", said["run"].as_str().unwrap()]).exits(0);
    assert_eq!(env.state("api"), "done");
    env.assert_nothing_runs();
}

#[test]
fn refusals_and_problems_are_told_by_the_caller() {
    let env = Env::new();
    crate::env::write(&env.dir().join("plan.toml"), "jobs = 0\n");
    let ran = env.run(&DETACH).exits(6);
    assert!(ran.stderr.contains("`jobs` must be at least 1"), "{ran}");
    env.plan("", &[("api", &waits(&env, "api"))]);
    env.run(&DETACH).exits(0);
    env.until_began("api");
    let ran = env.run(&DETACH).exits(1);
    assert!(ran.stderr.contains("`api` belongs to run [ID], which goes on; nothing was started"), "{ran}");
    env.git(&["branch", "docs"]);
    env.plan("", &[("docs", "true")]);
    let ran = env.run(&["run", "../plan.toml", "--detach", "--json"]).exits(1);
    assert_eq!(ran.json()["error"]["message"], "branch `docs` exists and is no task's");
    env.run(&["stop", "--all"]).exits(0);
    env.assert_nothing_runs();
}

/// Of detached runs of one plan at once, one begins; those that lose say so, though the decision fell in the other
/// process.
#[test]
fn of_many_at_once_one_begins() {
    let env = Env::new();
    env.plan("", &[("api", &waits(&env, "api"))]);
    let started: Vec<_> = (0..5).map(|_| env.begin(&DETACH)).collect();
    let mut codes: Vec<i32> = started.into_iter().map(|run| run.wait().code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 1, 1, 1, 1]);
    env.until_began("api");
    assert_eq!(env.attempts("api").len(), 1);
    env.go("api");
    env.run(&["wait"]).exits(4);
    env.assert_nothing_runs();
}

/// Arguments reach the dispatcher as they were given.
#[test]
fn arguments_are_not_reinterpreted() {
    let env = Env::new();
    let run = ["run", "--detach", "--command", "cat >said", "--", "api=--jobs $HOME 'x'"];
    env.run_in(&env.dir(), &[&["-C", "repo"][..], &run].concat()).exits(0);
    env.run(&["wait", "api"]).exits(0);
    assert_eq!(env.git(&["show", "api:said"]), "--jobs $HOME 'x'");
}
