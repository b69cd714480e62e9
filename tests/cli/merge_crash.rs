//! Merging with `--commit`, `--clean`, `--resolve` and `--abort` dies between any two of its steps: the next command that
//! changes something makes all of it stand, or nothing.

use crate::env::{Env, write};

/// A task with a commit and uncommitted work.
fn dirty(env: &Env) {
    let tree = env.task("api", &[("new", "1\n")]);
    write(&tree.join("file"), "staged\n");
    env.git_in(&tree, &["add", "file"]);
    write(&tree.join("untracked"), "1\n");
}

fn committed(env: &Env) {
    dirty(env);
    env.run(&["merge", "api", "--commit", "--strategy", "squash"]).exits(0);
}

fn gone(env: &Env) {
    dirty(env);
    env.run(&["merge", "api", "--commit", "--clean"]).exits(0);
}

fn two(env: &Env) {
    env.task("api", &[("new", "1\n")]);
    env.task("docs", &[("more", "1\n")]);
}

/// A task in conflict.
fn conflicting(env: &Env) {
    env.task("api", &[("file", "theirs\n")]);
    env.write("file", "ours\n");
    env.write("added", "1\n");
    env.commit("ours");
}

fn resolving(env: &Env) {
    conflicting(env);
    env.run(&["merge", "api", "--resolve"]).exits(3);
    write(&env.worktree("api").join("file"), "half solved\n");
}

/// Everything that counts: branches, files, indexes, merges in progress, tasks.
fn state(env: &Env) -> String {
    let mut state = env.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"]);
    let tree = env.worktree("api");
    for dir in [env.repo(), tree.clone()] {
        if dir.exists() {
            for arguments in [["status", "--porcelain=v2"], ["ls-files", "-s"]] {
                state += &format!("\n{}", env.git_in(&dir, &arguments));
            }
        }
    }
    for file in [tree.join("file"), env.repo().join("file"), env.repo().join(".git/worktrees/api/MERGE_HEAD")]
    {
        state += &format!("\n{file:?} {:?}", std::fs::read_to_string(&file).ok());
    }
    let tasks = env.run(&["status", "--json"]).json();
    let names =
        tasks["tasks"].as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap().to_owned());
    let state = format!("{state}\n{:?}", names.filter(|name| name != "other").collect::<Vec<_>>());
    let others = |line: &&str| !line.starts_with("refs/heads/other ");
    env.redact(&state.lines().filter(others).collect::<Vec<_>>().join("\n"))
}

/// Dies at each point, each time in a new environment, and recovers.
fn sweep(make: fn(&Env), command: &[&str], code: i32) {
    let env = Env::new();
    make(&env);
    let old = state(&env);
    env.run(command).exits(code);
    let new = state(&env);
    assert_ne!(old, new);
    for n in 1.. {
        let env = Env::new();
        make(&env);
        let mut windrow = env.windrow(&env.repo());
        let died = env.ran(&windrow.args(command).env("WINDROW_CRASH_AT", n.to_string()).output().unwrap());
        if died.code == code {
            assert!(n > 1, "there is no point to die at");
            return;
        }
        assert_eq!(died.code, -1, "{n}: {died}");
        let recovery = env.run(&["start", "other"]).exits(0);
        let now = state(&env);
        assert!(now == old || now == new, "{n}: {recovery}\n--- now\n{now}\n--- old\n{old}\n--- new\n{new}");
        env.assert_sound();
    }
}

#[test]
fn landing_with_commit_and_clean() {
    sweep(dirty, &["merge", "api", "--commit", "--clean"], 0);
}

#[test]
fn a_train_that_is_tested_and_cleaned_up() {
    sweep(two, &["merge", "api", "docs", "--gate", "test -e new", "-j", "2", "--clean"], 0);
}

#[test]
fn landing_with_commit_taken_back() {
    sweep(committed, &["undo"], 0);
}

#[test]
fn landing_with_commit_and_clean_taken_back() {
    sweep(gone, &["undo"], 0);
}

#[test]
fn the_beginning_of_a_merge() {
    sweep(conflicting, &["merge", "api", "--resolve"], 3);
}

#[test]
fn the_end_of_a_merge() {
    sweep(resolving, &["merge", "api", "--abort"], 0);
}
