//! The main job in one sweep.

use crate::env::Env;

#[test]
fn a_task_from_start_to_undo() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    std::fs::write(env.worktree("api").join("new"), "two\n").unwrap();
    env.commit_in(&env.worktree("api"), "second");
    env.run(&["merge", "api"]).exits(0);
    assert_eq!(std::fs::read_to_string(env.repo().join("new")).unwrap(), "two\n");
    env.run(&["clean", "api"]).exits(0);
    assert!(!env.worktree("api").exists());
    env.run(&["undo"]).exits(0);
    env.run(&["undo"]).exits(0);
    assert!(env.worktree("api").join("new").exists() && !env.repo().join("new").exists());
    // Somebody committed there since it was started: that is not taken back without a word.
    insta::assert_snapshot!(env.run(&["undo"]).exits(1), @"
    --- stderr
    error: cannot undo: task `api`: branch api has moved since
    hint: windrow clean api --dry-run
    --- exit 1
    ");
    env.assert_sound();
}
