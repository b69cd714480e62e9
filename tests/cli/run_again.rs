//! `run` again: what is finished stays, the rest goes on; what happens when a dispatcher, a supervisor or both die.

use crate::env::Env;
use crate::running::{evidence, outcomes, pairs, signal, supervisor, until, waits};

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

#[test]
fn finished_tasks_are_kept_and_the_others_go_on() {
    let env = Env::new();
    let plan = [
        ("good", "echo g >>good"),
        ("flaky", "echo try >>tries; [ -e ../fixed ]"),
        ("next", "+ after = [\"flaky\"]\ncat tries; echo n >n"),
    ];
    env.plan("jobs = 1\n", &plan);
    env.run(&RUN).exits(4);
    crate::env::write(&env.dir().join("repo.worktrees/fixed"), "");
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    ✓ good   done in an earlier run  1 commit
      finished by run [ID]
      ↳ windrow diff good
    ✓ flaky  done in [T]  1 commit, 1 file, +2
      exit 0, no commit, leftovers committed (1 untracked)
      ↳ windrow diff flaky
    ✓ next   done in [T]  1 commit, 1 file, +1
      exit 0, no commit, leftovers committed (1 untracked)
      │ try
      │ try
      ↳ windrow diff next

    ✓ 3 tasks: 3 done
    --- stderr
    ○ run [ID] of ../plan.toml: 2 tasks, 1 done in an earlier run, 1 at once
      base main (75ed618c4); agent sh; permission the agent's own; isolation none
    ◎ flaky  started (sh)
    ✓ flaky  done in [T]: exit 0, no commit, leftovers committed (1 untracked), 1 file, +2
    ◎ next   started (sh)
    ✓ next   done in [T]: exit 0, no commit, leftovers committed (1 untracked), 1 file, +1
    ↳ windrow status · windrow merge --all · windrow undo
    ");
    assert_eq!(env.git(&["show", "flaky:tries"]), "try\ntry", "on top of what was there");
    assert_eq!(env.git(&["show", "good:good"]), "g", "not run again");
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    ✓ good   done in an earlier run  1 commit
      finished by run [ID]
      ↳ windrow diff good
    ✓ flaky  done in an earlier run  1 commit
      finished by run [ID]
      ↳ windrow diff flaky
    ✓ next   done in an earlier run  1 commit
      finished by run [ID]
      ↳ windrow diff next

    ✓ 3 tasks: 3 done
    --- stderr
    ○ every task is finished; change its prompt to run it again
    ○ run [ID] of ../plan.toml: 0 tasks, 3 done in an earlier run, 1 at once
      base main (75ed618c4); agent sh; permission the agent's own; isolation none
    ↳ windrow status · windrow merge --all · windrow undo
    ");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// Another prompt, agent, check or dependency is another task; another limit is not.
#[test]
fn a_changed_definition_is_run_again() {
    let env = Env::new();
    let again = |plan: &[(&str, &str)]| {
        env.plan("", plan);
        let ran = env.run(&RUN).exits(0);
        ran.json_lines().last().unwrap()["tasks"][0]["earlier"] == false
    };
    assert!(again(&[("api", "echo one >>log.txt")]));
    assert!(!again(&[("api", "echo one >>log.txt")]));
    assert!(!again(&[("api", "+ timeout = \"9m\" | touches = [\"x\"]\necho one >>log.txt")]));
    assert!(again(&[("api", "echo two >>log.txt")]));
    assert!(again(&[("api", "+ check = \"true\"\necho two >>log.txt")]));
    assert!(!again(&[("api", "+ check = \"true\"\necho two >>log.txt")]));
    assert_eq!(env.git(&["show", "api:log.txt"]), "one\ntwo\ntwo", "each in the same worktree");
    env.assert_sound();
}

/// What was there uncommitted is kept before an agent is let in again, and comes back with `undo`.
#[test]
fn undo_of_a_second_attempt_brings_the_uncommitted_state_back() {
    let env = Env::new();
    env.plan("", &[("api", "[ -e ../fixed ] || { echo half >half; echo more >>file; git add file; exit 1; }; rm half; echo all >all; git add -A; git commit -qm all")]);
    env.run(&RUN).exits(4);
    let before = || {
        (
            env.git(&["rev-parse", "api"]),
            std::fs::read_to_string(env.worktree("api").join("half")).ok(),
            std::fs::read_to_string(env.worktree("api").join("file")).unwrap(),
            env.git_in(&env.worktree("api"), &["status", "--porcelain"]),
        )
    };
    let first = before();
    assert_eq!((first.1.as_deref(), first.3.as_str()), (Some("half\n"), "M  file\n?? half"));
    crate::env::write(&env.dir().join("repo.worktrees/fixed"), "");
    env.run(&RUN).exits(0);
    assert_ne!(before(), first);
    env.run(&["undo"]).exits(0);
    assert_eq!(before(), first);
    assert_eq!(env.state("api"), "failed", "the first attempt is the last one again");
    env.assert_sound();
    // The undone run does not count: the same again runs it again.
    let ran = env.run(&RUN).exits(0);
    assert_eq!(ran.json_lines().last().unwrap()["tasks"][0]["earlier"], false);
    // The first run can be taken back too: nothing differs from what it left.
    env.run(&["undo"]).exits(0);
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    env.assert_sound();
}

#[test]
fn an_undone_run_does_not_count() {
    let env = Env::new();
    env.plan("", &[("api", "echo a >a"), ("docs", "+ after = [\"api\"]\necho d >d")]);
    env.run(&RUN).exits(0);
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    assert!(!env.worktree("api").exists());
    let ran = env.run(&["run", "../plan.toml", "--task", "docs", "--json"]).exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("docs", "skipped")]));
    let ran = env.run(&RUN).exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("api", "done"), ("docs", "done")]));
    assert_eq!(env.git(&["diff", "--name-only", "main", "docs"]), "a\nd");
    env.assert_sound();
}

/// Landed and cleaned tasks are finished, and what comes after them starts from where they ended.
#[test]
fn landed_and_cleaned_tasks_are_finished() {
    let env = Env::new();
    env.plan("", &[("api", "echo a >a")]);
    env.run(&RUN).exits(0);
    env.run(&["merge", "api"]).exits(0);
    env.run(&["clean", "api"]).exits(0);
    env.plan("", &[("api", "echo a >a"), ("docs", "+ after = [\"api\"]\ncat a && echo d >d")]);
    let ran = env.run(&RUN).exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("api", "done"), ("docs", "done")]));
    assert_eq!(evidence(&ran, "api"), env.redact(&evidence(&ran, "api")));
    assert!(!env.worktree("api").exists());
    env.assert_sound();
}

#[test]
fn a_started_task_without_an_attempt_is_used() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    crate::env::write(&env.worktree("api").join("mine"), "by hand\n");
    env.plan("", &[("api", "cat mine && echo a >a")]);
    env.run(&RUN).exits(0);
    assert_eq!(env.git(&["diff", "--name-only", "main", "api"]), "a\nmine");
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git_in(&env.worktree("api"), &["status", "--porcelain"]), "?? mine");
    assert_eq!(env.git(&["log", "--oneline", "main..api"]), "");
    env.assert_sound();
}

/// While a dispatcher lives its tasks are its own: those at work, those that wait, and none else.
#[test]
fn tasks_of_a_living_run_are_refused() {
    let env = Env::new();
    env.plan("jobs = 1\n", &[("first", &waits(&env, "first")), ("second", "echo s >s")]);
    let running = env.begin(&RUN);
    env.until_began("first");
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    --- stderr
    error: other runs have these tasks; nothing was started
    caused by: `first` belongs to run [ID], which goes on
    caused by: `second` belongs to run [ID], which goes on
    hint: windrow logs first -f
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["run", "../plan.toml", "--task", "second"]), @"
    --- stderr
    error: `second` belongs to run [ID], which goes on; nothing was started
    hint: windrow logs second -f
    --- exit 1
    ");
    let plan = env.run(&["plan", "../plan.toml"]).exits(0);
    assert!(plan.stderr.contains("second: belongs to run [ID], which goes on"), "{plan}");
    insta::assert_snapshot!(env.run(&["undo"]), @"
    --- stderr
    error: run [ID] goes on; nothing was changed
    hint: wait for its end: windrow wait
    hint: end it: windrow stop --all
    --- exit 1
    ");
    env.run(&["run", "other=echo o >o", "--command", "sh"]).exits(0);
    assert_eq!(env.state("first"), "running");
    env.go("first");
    let ran = running.wait().exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("first", "empty"), ("second", "done")]));
    assert_eq!(env.attempts("second").len(), 1);
    env.assert_nothing_runs();
}

/// Six dispatchers of one plan at once: one runs it.
#[test]
fn of_many_runs_at_once_one_begins() {
    let env = Env::new();
    env.plan("", &[("a", &waits(&env, "a")), ("b", &waits(&env, "a"))]);
    let runs: Vec<_> = (0..6).map(|_| env.begin(&RUN)).collect();
    env.until_began("a");
    until("two attempts", || env.attempts("a").len() == 1 && env.attempts("b").len() == 1);
    std::thread::sleep(std::time::Duration::from_millis(300));
    env.go("a");
    let codes: Vec<i32> = runs.into_iter().map(|run| run.wait().code).collect();
    assert_eq!(codes.iter().filter(|code| **code == 1).count(), 5, "{codes:?}");
    assert_eq!((env.attempts("a").len(), env.attempts("b").len()), (1, 1));
    env.assert_nothing_runs();
}

/// The agents outlive a killed dispatcher; the next run takes them over.
#[test]
fn a_killed_dispatcher_is_followed_by_another() {
    let env = Env::new();
    let slow = format!("{}; echo a >a", waits(&env, "slow"));
    env.plan("jobs = 1\n", &[("slow", &slow), ("after", "+ after = [\"slow\"]\ncat a && echo b >b")]);
    let running = env.begin(&RUN);
    env.until_began("slow");
    running.signal("KILL");
    running.wait().exits(-1);
    assert_eq!(env.state("slow"), "running");
    let second = env.begin(&RUN);
    until("the second run", || std::fs::read_dir(env.repo().join(".git/windrow/runs")).unwrap().count() == 2);
    assert_eq!(env.state("slow"), "running");
    env.go("slow");
    let ran = second.wait().exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("slow", "done"), ("after", "done")]));
    assert_eq!(env.attempts("slow").len(), 1, "no second launch");
    let report = env.run(&["report", "--json"]).json();
    assert_eq!(report["tasks"][0]["outcome"], "done", "{report:#}");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// An agent that ends while no dispatcher lives is settled by the next verb that changes something.
#[test]
fn what_ended_meanwhile_is_settled_by_the_next_verb() {
    let env = Env::new();
    let script = format!("{}; echo a >a", waits(&env, "api"));
    env.plan("", &[("api", &script)]);
    let running = env.begin(&RUN);
    env.until_began("api");
    running.signal("KILL");
    running.wait().exits(-1);
    env.go("api");
    until("its end", || env.state("api") != "running");
    let attempt = env.attempts("api").remove(0);
    assert!(attempt.join("exit.json").exists() && !attempt.join("outcome.json").exists());
    let merged = env.run(&["merge", "api"]).exits(0);
    let settled = "○ api: done (exit 0, no commit, leftovers committed (1 untracked))\n";
    assert_eq!(merged.stderr, settled, "{merged}");
    assert!(env.repo().join("a").exists());
    env.assert_nothing_runs();
    env.assert_sound();
}

/// A supervisor that is killed leaves no result: the attempt is lost, its processes are ended.
#[test]
fn a_killed_supervisor_loses_the_attempt_and_leaves_no_process() {
    let env = Env::new();
    let script = format!("echo half >half; setsid sleep 1000 & {}", waits(&env, "api"));
    env.plan("", &[("api", &script)]);
    let running = env.begin(&RUN);
    env.until_began("api");
    signal(supervisor(&env.attempts("api")[0]), "KILL");
    let ran = running.wait().exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("api", "lost")]));
    let lost = "the supervisor is gone and left no result; no commit; left uncommitted: 1 untracked";
    assert_eq!(evidence(&ran, "api"), lost);
    env.assert_nothing_runs();
    env.assert_sound();
}

#[test]
fn with_both_killed_the_attempt_is_lost_and_the_next_run_goes_on() {
    let env = Env::new();
    let script = format!(
        "[ -e half ] && {{ echo all >all; exit; }}; echo half >half; setsid sleep 1000 & {}",
        waits(&env, "api")
    );
    env.plan("", &[("api", &script)]);
    let running = env.begin(&RUN);
    env.until_began("api");
    let supervisor = supervisor(&env.attempts("api")[0]);
    running.signal("KILL");
    running.wait().exits(-1);
    signal(supervisor, "KILL");
    until("its end", || env.state("api") == "lost");
    let ran = env.run(&RUN).exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("api", "done")]));
    assert!(ran.stderr.contains("api: lost (the supervisor is gone"), "{ran}");
    assert_eq!(env.git(&["diff", "--name-only", "main", "api"]), "all\nhalf");
    env.assert_nothing_runs();
    env.assert_sound();
}
