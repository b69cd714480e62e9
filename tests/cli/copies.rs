//! Ignored files that new worktrees get.

use crate::env::{Env, write};

fn settings(env: &Env, text: &str) {
    write(&env.dir().join("home/.config/windrow/config.toml"), text);
}

fn env() -> Env {
    let env = Env::new();
    env.write(".gitignore", "/target\n*.log\n.env*\nnode_modules\nconf/\n");
    env.commit("ignore");
    env.write(".env", "SECRET=1\n");
    env.write("conf/local.toml", "a = 1\n");
    env.write("node_modules/a/index.js", "x\n");
    env.write("target/o", "o\n");
    env
}

#[test]
fn what_the_settings_name_is_there_and_the_rest_is_said() {
    let env = env();
    settings(&env, "copy = [\".env*\", \"/conf/\"]\nlink = [\"node_modules\"]\n");
    insta::assert_snapshot!(env.refused(0, &["start", "api", "--dry-run"]), @"
    ○ dry run: 3 changes, none made
      create branch api at aa579c3d8
      create worktree [DIR]/repo.worktrees/api on api at aa579c3d8
      record task api
    --- stderr
    ○ ignored files of the main worktree are copied into it: .env*, /conf/
    ○ ignored files of the main worktree are linked into it: node_modules
    ");
    insta::assert_snapshot!(env.run(&["start", "api"]).exits(0), @r#"
    ✓ api  branch api from main (aa579c3d8)  ../repo.worktrees/api
    --- stderr
    ○ ignored files of the main worktree: 2 copied, 1 linked
    ○ not in it: target/ (ignored, neither copied nor linked)
    ↳ cd "$(windrow path api)"
    "#);
    let tree = env.worktree("api");
    assert_eq!(std::fs::read_to_string(tree.join(".env")).unwrap(), "SECRET=1\n");
    assert_eq!(std::fs::read_to_string(tree.join("conf/local.toml")).unwrap(), "a = 1\n");
    assert_eq!(std::fs::read_link(tree.join("node_modules")).unwrap(), env.repo().join("node_modules"));
    assert!(!tree.join("target").exists());
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
    env.assert_sound();
}

#[test]
fn clean_does_not_count_unchanged_copies() {
    let env = env();
    settings(&env, "link = [\"node_modules\"]\n");
    env.write(".worktreeinclude", "# for new worktrees\n.env\n");
    env.commit("include");
    env.run(&["start", "api", "docs"]).exits(0);
    write(&env.worktree("docs").join(".env"), "SECRET=2\n");
    insta::assert_snapshot!(env.run(&["clean", "api", "docs"]).exits(4), @"
    ✓ removed api   no commit since it was started, nothing uncommitted
    ▲ kept    docs  1 ignored file
        .env
      ↳ windrow clean docs --discard ignored
    ○ 1 task removed, 1 kept
    --- exit 4
    ");
    assert!(!env.worktree("api").exists() && env.worktree("docs").exists());
    env.run(&["undo"]).exits(0);
    assert!(env.worktree("api").join(".env").exists());
    env.run(&["clean", "api"]).exits(0);
    // The original is never reached through a link.
    assert!(env.repo().join("node_modules/a/index.js").exists());
    env.assert_sound();
}

#[test]
fn a_run_gets_them_too() {
    let env = env();
    settings(&env, "copy = [\".env\"]\n");
    env.run(&["run", "api=x", "--command", "cat .env > seen"]).exits(0);
    assert_eq!(std::fs::read_to_string(env.worktree("api").join("seen")).unwrap(), "SECRET=1\n");
}

#[test]
fn a_pattern_that_a_link_would_escape_is_told() {
    let env = Env::new();
    env.write(".gitignore", "node_modules/\n");
    env.commit("ignore");
    env.write("node_modules/x", "x\n");
    settings(&env, "link = [\"node_modules\"]\n");
    let ran = env.run(&["start", "api"]).exits(0);
    assert!(ran.stderr.contains("node_modules was not copied: as a link it would not be ignored"), "{ran}");
    assert!(env.worktree("api").join("node_modules").symlink_metadata().is_err());
}

#[test]
fn a_start_that_is_killed_while_it_copies_is_taken_back() {
    let env = env();
    settings(&env, "copy = [\".env\"]\n");
    let mut left = 0;
    for n in 1..30 {
        let output =
            env.windrow(&env.repo()).args(["start", "api"]).env("WINDROW_CRASH_AT", n.to_string()).output();
        if output.unwrap().status.success() {
            break;
        }
        left = n;
        let ran = env.run(&["start", "other"]).exits(0);
        env.run(&["undo"]).exits(0);
        assert!(!env.worktree("api").exists() || env.worktree("api").join(".env").exists(), "{n}: {ran}");
        env.assert_sound();
        if env.worktree("api").exists() {
            env.run(&["undo"]).exits(0);
        }
    }
    assert!(left > 4, "{left}");
    assert_eq!(std::fs::read_to_string(env.worktree("api").join(".env")).unwrap(), "SECRET=1\n");
}
