//! `adopt`, and worktrees of others.

use crate::env::Env;
use crate::running::waits;

fn env() -> Env {
    let env = Env::new();
    env.write(".gitignore", ".env\n.claude/\n");
    env.commit("ignore");
    env.write(".env", "S\n");
    env.git(&["worktree", "add", "-q", "-b", "fix/login", ".claude/worktrees/fix"]);
    env.commit_in(&env.repo().join(".claude/worktrees/fix"), "work");
    env.git(&["worktree", "lock", "--reason", "claude session fix (pid 1)", ".claude/worktrees/fix"]);
    env
}

#[test]
fn a_worktree_of_another_tool_becomes_a_task() {
    let env = env();
    insta::assert_snapshot!(env.run(&["status"]).exits(0), @"
    ○ no task
      ↳ windrow start NAME

    Other worktrees        Branch
    .claude/worktrees/fix  fix/login  made by claude; locked: claude session fix (pid 1)
    ");
    let dry = env.run(&["adopt", ".claude/worktrees/fix", "--dry-run"]).exits(0);
    insta::assert_snapshot!(dry, @"
    ○ dry run: 1 change, none made
      record task fix-login-5e870e
    ");
    insta::assert_snapshot!(env.run(&["adopt", ".claude/worktrees/fix"]).exits(0), @"
    ✓ fix/login  branch fix/login, base main (left at 99d230208)  .claude/worktrees/fix
    --- stderr
    ○ fix/login is locked: claude session fix (pid 1); until it is unlocked, clean keeps it: git worktree unlock [DIR]/repo/.claude/worktrees/fix
    ○ not in it: .env (ignored, neither copied nor linked)
    ↳ the base is guessed; another base: windrow undo, then windrow adopt PATH --base REF
    ");
    let document = env.run(&["status", "--json"]).exits(0).json();
    assert_eq!(document["tasks"][0]["name"], "fix/login");
    assert_eq!(document["tasks"][0]["ahead"], 1);
    assert_eq!(document["foreign"].as_array().unwrap().len(), 0);
    env.git(&["worktree", "unlock", ".claude/worktrees/fix"]);
    env.run(&["merge", "fix/login"]).exits(0);
    env.run(&["clean", "fix/login"]).exits(0);
    assert!(!env.repo().join(".claude/worktrees/fix").exists());
    assert_eq!(env.git(&["branch", "--list", "fix/login"]), "  fix/login");
    env.run(&["undo"]).exits(0);
    assert!(env.repo().join(".claude/worktrees/fix/file").exists());
    env.assert_sound();
}

#[test]
fn undo_forgets_it_and_touches_nothing() {
    let env = env();
    std::fs::write(env.repo().join(".claude/worktrees/fix/wip"), "w").unwrap();
    let json = env.run(&["adopt", ".claude/worktrees/fix", "--name", "login", "--json"]).exits(0).json();
    assert_eq!((&json["tasks"][0]["name"], &json["tasks"][0]["base"]), (&"login".into(), &"main".into()));
    insta::assert_snapshot!(env.run(&["undo"]).exits(0), @"✓ undid [ID]: adopted login");
    assert!(env.repo().join(".claude/worktrees/fix/wip").exists());
    assert_eq!(env.run(&["status", "--json"]).json()["foreign"][0]["made-by"], "claude");
    env.assert_sound();
}

#[test]
fn the_base_is_the_nearest_branch_or_the_one_named() {
    let env = env();
    let fix = env.repo().join(".claude/worktrees/fix");
    env.git(&["branch", "dev", "fix/login~0"]);
    env.commit_in(&fix, "more");
    let base = |arguments: &[&str]| {
        let json = env.run(arguments).exits(0).json();
        env.run(&["undo"]).exits(0);
        json["tasks"][0]["base"].as_str().map(str::to_owned)
    };
    let path = fix.to_str().unwrap();
    assert_eq!(base(&["adopt", path, "--json"]).as_deref(), Some("dev"));
    assert_eq!(base(&["adopt", path, "--json", "--base", "main"]).as_deref(), Some("main"));
    env.git(&["config", "branch.fix/login.remote", "origin"]);
    env.git(&["config", "branch.fix/login.merge", "refs/heads/main"]);
    assert_eq!(base(&["adopt", path, "--json"]).as_deref(), Some("main"));
}

#[test]
fn what_cannot_be_adopted_is_named() {
    let env = env();
    env.run(&["start", "api"]).exits(0);
    env.git(&["worktree", "add", "-q", "--detach", "../detached"]);
    insta::assert_snapshot!(env.run(&["adopt", ".", "src", "../detached", "../repo.worktrees/api"]).exits(1), @"
    --- stderr
    error: nothing was adopted
    caused by: [DIR]/repo is the main worktree, which is nobody's task
    caused by: [DIR]/repo/src is no worktree of this repository
    caused by: [DIR]/detached is on no branch: its HEAD is detached at 99d230208
    caused by: [DIR]/repo.worktrees/api is the worktree of task `api` already
    hint: windrow start NAME --carry moves its changes to a task of their own
    hint: git worktree list
    hint: git -C [DIR]/detached switch -c NAME
    hint: windrow status api
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["adopt", ".claude/worktrees/fix", "--name", "api"]).exits(1), @"
    --- stderr
    error: `api` and the task `api` cannot stand beside each other: they are the same
    hint: give it a name: windrow adopt PATH --name NAME
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["adopt", ".claude/worktrees/fix", "--base", "fix/login"]).exits(1), @"
    --- stderr
    error: `fix/login` cannot be its own base
    hint: name another with --base
    --- exit 1
    ");
}

/// Undoing an adoption while the task's agent works would leave nobody to look after it.
#[test]
fn an_adopted_task_at_work_is_not_given_up() {
    let env = env();
    env.run(&["adopt", ".claude/worktrees/fix", "--name", "fix"]).exits(0);
    let adopted = env.operation("adopted fix");
    env.plan("", &[("fix", &waits(&env, "fix"))]);
    let running = env.begin(&["run", "../plan.toml"]);
    env.until_began("fix");
    let refused = env.run(&["undo", &adopted]).exits(1);
    assert!(refused.stderr.contains("its agent is running"), "{refused}");
    env.go("fix");
    running.wait();
}
