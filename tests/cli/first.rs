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
    for _ in 0..3 {
        env.run(&["undo"]).exits(0);
    }
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    env.run(&["undo"]).exits(1);
    env.assert_sound();
}
