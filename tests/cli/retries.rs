//! `retries` and `silence`: further attempts in the same worktree; an agent that says nothing is ended.

use crate::env::Env;
use crate::running::{evidence, outcomes, pairs, signal, supervisor, waits};

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

#[test]
fn a_task_is_tried_again_in_its_worktree() {
    let env = Env::new();
    let flaky = "+ retries = 2\necho try >>tries; [ -e seen ] || { : >seen; git add -A; git commit -qm half; exit 1; }; rm seen; git commit -qam all";
    env.plan("", &[("flaky", flaky), ("next", "+ after = [\"flaky\"]\ncat tries; echo n >n")]);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    ✓ flaky  done in [T] after 2 attempts  2 commits, 1 file, +2
      exit 0, 2 commits
      ↳ windrow diff flaky
    ✓ next   done in [T]  1 commit, 1 file, +1
      exit 0, no commit, leftovers committed (1 untracked)
      │ try
      │ try
      ↳ windrow diff next

    ✓ 2 tasks: 2 done
    --- stderr
    ○ run [ID] of ../plan.toml: 2 tasks, 4 at once
      base main (75ed618c4); agent sh; permission the agent's own; isolation none
    ◎ flaky  started (sh)
    ▲ `flaky`: attempt 1 failed (exit 1, 1 commit); the next one in [T]
    ◎ flaky  started (sh, attempt 2)
    ✓ flaky  done in [T]: exit 0, 2 commits, 1 file, +2
    ◎ next   started (sh)
    ✓ next   done in [T]: exit 0, no commit, leftovers committed (1 untracked), 1 file, +1
    ↳ windrow status · windrow merge --all · windrow undo
    ");
    assert_eq!(env.attempts("flaky").len(), 2);
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// What the first attempt committed counts for the second that only says that all is well.
#[test]
fn work_of_an_earlier_attempt_is_no_empty_result() {
    let env = Env::new();
    env.plan(
        "",
        &[("api", "+ retries = 1\n[ -e a ] && exit; echo a >a; git add a; git commit -qm a; exit 1")],
    );
    let ran = env.run(&RUN).exits(0);
    assert_eq!(
        (outcomes(&ran), evidence(&ran, "api")),
        (pairs(&[("api", "done")]), "exit 0; 1 commit".into())
    );
    let warned = ran.json_lines().into_iter().find(|line| line["event"] == "warning").unwrap();
    assert_eq!(warned["task"], "api");
    assert_eq!(warned["message"], "`api`: attempt 1 failed (exit 1, 1 commit); the next one in [T]");
}

#[test]
fn the_last_of_the_attempts_counts() {
    let env = Env::new();
    env.plan("", &[("api", "+ retries = 1\necho try >>tries; exit 1")]);
    let ran = env.run(&RUN).exits(4);
    let last = ran.json_lines().last().unwrap()["tasks"][0].clone();
    assert_eq!((last["outcome"].as_str(), last["attempts"].as_u64()), (Some("failed"), Some(2)));
    assert!(last["log"].as_str().unwrap().ends_with("/api/2/log"));
    assert_eq!(std::fs::read_to_string(env.worktree("api").join("tries")).unwrap(), "try\ntry\n");
    // Neither limit is a part of what the task is.
    env.plan("", &[("api", "+ retries = 0\nexit 0")]);
    env.run(&RUN).exits(0);
    env.plan("", &[("api", "+ retries = 3 | silence = \"1h\"\nexit 0")]);
    let kept = env.run(&RUN).exits(0);
    assert_eq!(kept.json_lines().last().unwrap()["tasks"][0]["earlier"], true);
}

/// A supervisor that is killed loses its attempt, not its task.
#[test]
fn a_lost_attempt_is_tried_again() {
    let env = Env::new();
    let script = format!(
        "+ retries = 1\n[ -e half ] && {{ echo all >all; exit; }}; : >half; setsid sleep 1000 & {}",
        waits(&env, "api")
    );
    env.plan("", &[("api", &script)]);
    let running = env.begin(&RUN);
    env.until_began("api");
    signal(supervisor(&env.attempts("api")[0]), "KILL");
    let ran = running.wait().exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("api", "done")]));
    env.assert_nothing_runs();
    env.assert_sound();
}

/// While a task rests it is its run's.
#[test]
fn a_task_that_rests_is_busy_and_an_interrupt_ends_it() {
    let env = Env::new();
    env.plan("", &[("api", "+ retries = 9\necho try >>tries; exit 1")]);
    let running = env.begin(&RUN);
    crate::running::until("two attempts", || {
        env.repo().join(".git/windrow/runs").exists() && env.attempts("api").len() == 2
    });
    let busy = env.run(&RUN).exits(1);
    assert!(busy.json()["error"]["message"].as_str().unwrap().contains("`api` belongs to run"), "{busy}");
    running.signal("INT");
    let ran = running.wait().exits(130);
    let last = ran.json_lines().last().unwrap()["tasks"][0].clone();
    assert!(["failed", "stopped"].contains(&last["outcome"].as_str().unwrap()), "{last}");
    env.assert_nothing_runs();
    env.assert_sound();
}

#[test]
fn silence_ends_an_agent_and_talk_does_not() {
    let env = Env::new();
    let silent = "+ silence = \"700ms\"\necho one; setsid sleep 1000 & sleep 1000";
    let talks = "+ silence = \"2s\"\nfor i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done; echo t >t";
    env.plan("", &[("silent", silent), ("talks", talks)]);
    let ran = env.run(&RUN).exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("silent", "timed-out"), ("talks", "done")]));
    assert_eq!(evidence(&ran, "silent"), "ended after [T] of silence; no commit");
    env.assert_nothing_runs();
}
