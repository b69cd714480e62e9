//! `run --fresh`: what a task has goes to the trash first, and `undo` of the run brings it back.

use crate::env::Env;
use crate::running::{outcomes, pairs, waits};

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];
const FRESH: [&str; 4] = ["run", "../plan.toml", "--fresh", "--json"];

/// One that is finished, one that failed with uncommitted files, one that comes after the first.
fn ran() -> Env {
    let env = Env::new();
    let plan = [
        ("good", "echo g >>good; git add good; git commit -qm g"),
        ("bad", "echo half >half; echo more >>file; exit 1"),
        ("next", "+ after = [\"good\"]\ncat good; echo n >>n"),
    ];
    env.plan("", &plan);
    env.run(&RUN).exits(4);
    env
}

fn state(env: &Env) -> (Vec<String>, String, Option<String>) {
    let tips = ["good", "bad", "next"].map(|branch| env.git(&["rev-parse", branch]));
    let status = env.git_in(&env.worktree("bad"), &["status", "--porcelain"]);
    (tips.to_vec(), status, std::fs::read_to_string(env.worktree("bad").join("half")).ok())
}

#[test]
fn everything_begins_anew_and_undo_brings_the_old_back() {
    let env = ran();
    let before = state(&env);
    assert_eq!(before.1, " M file\n?? half");
    env.write("file", "changed\n");
    env.commit("second");
    insta::assert_snapshot!(env.run(&["run", "../plan.toml", "--fresh", "--dry-run"]).stderr, @"
    ○ good: begins anew; what it has goes to the trash
    ○ bad: begins anew; what it has goes to the trash
    ○ next: begins anew; what it has goes to the trash
    ○ next: its worktree is made once good is done
    ");
    assert_eq!(state(&env), before);
    let again = env.run(&FRESH).exits(4);
    assert_eq!(outcomes(&again), pairs(&[("good", "done"), ("bad", "failed"), ("next", "done")]));
    assert_eq!(env.git(&["show", "good:good"]), "g", "not on top of what was there");
    assert_eq!(env.git(&["show", "next:file"]), "changed", "from where the base is now");
    assert_eq!(env.git(&["merge-base", "main", "good"]), env.git(&["rev-parse", "main"]));
    env.assert_sound();
    env.run(&["undo"]).exits(0);
    assert_eq!(state(&env), before);
    assert_eq!((env.state("good"), env.state("bad")), ("done".into(), "failed".into()));
    env.assert_nothing_runs();
    env.assert_sound();
    // The earlier run counts again.
    let kept = env.run(&RUN).exits(4);
    assert_eq!(kept.json_lines().last().unwrap()["tasks"][0]["earlier"], true);
    env.run(&["undo"]).exits(0);
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    env.assert_sound();
}

/// The command line that goes on with a fresh run is not fresh itself.
#[test]
fn going_on_is_not_beginning_anew() {
    let env = ran();
    let again = env.run(&FRESH).exits(4);
    let tasks = again.json_lines().last().unwrap()["tasks"].clone();
    assert_eq!(tasks[1]["name"], "bad");
    let run: Vec<_> = std::fs::read_dir(env.repo().join(".git/windrow/runs")).unwrap().flatten().collect();
    for entry in run {
        let record = std::fs::read_to_string(entry.path().join("run.json")).unwrap();
        let record: serde_json::Value = serde_json::from_str(&record).unwrap();
        assert_eq!(record["again"], "windrow run ../plan.toml");
    }
    let kept = env.run(&RUN).exits(4).json_lines().last().unwrap()["tasks"].clone();
    assert_eq!((&kept[0]["earlier"], &kept[1]["earlier"]), (&true.into(), &false.into()));
}

#[test]
fn a_chosen_task_begins_anew_alone() {
    let env = ran();
    let before = state(&env);
    env.run(&["run", "../plan.toml", "--fresh", "--task", "bad", "--json"]).exits(4);
    let after = state(&env);
    assert_eq!((&after.0[0], &after.0[2]), (&before.0[0], &before.0[2]));
    assert_eq!(env.attempts("good").len(), 1);
    env.assert_sound();
}

#[test]
fn what_lives_or_is_held_is_refused_and_nothing_changes() {
    let env = ran();
    let before = state(&env);
    env.git(&["worktree", "lock", "--reason", "mine", "../repo.worktrees/good"]);
    insta::assert_snapshot!(env.run_in(&env.worktree("bad"), &["run", "../../plan.toml", "--fresh"]), @"
    --- stderr
    error: a worktree cannot be moved to the trash; nothing was started
    caused by: `good`: it is locked: mine
    caused by: `bad`: the current directory is inside it
    hint: windrow status
    --- exit 1
    ");
    env.git(&["worktree", "unlock", "../repo.worktrees/good"]);
    assert_eq!(state(&env), before);
    env.plan("", &[("api", &waits(&env, "api"))]);
    let running = env.begin(&RUN);
    env.until_began("api");
    let busy = env.run(&FRESH).exits(1);
    assert!(busy.json()["error"]["message"].as_str().unwrap().contains("which goes on"), "{busy}");
    running.signal("KILL");
    running.wait().exits(-1);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml", "--fresh"]), @"
    --- stderr
    error: the agent of `api` is at work (run [ID]); nothing was started
    hint: windrow stop api
    --- exit 1
    ");
    env.run(&["stop", "api"]).exits(0);
    env.assert_nothing_runs();
}

/// A branch that was there before its task stays, and is taken up again.
#[test]
fn a_branch_that_was_taken_up_stays() {
    let env = Env::new();
    env.git(&["branch", "mine"]);
    env.plan("", &[("api", "+ branch = \"mine\"\necho x >>x")]);
    env.run(&RUN).exits(0);
    let tip = env.git(&["rev-parse", "mine"]);
    env.run(&FRESH).exits(0);
    assert_eq!(env.git(&["rev-parse", "mine~1"]), tip);
    env.run(&["undo"]).exits(0);
    env.assert_sound();
}
