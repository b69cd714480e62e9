//! Worktrees and repositories that were moved.

use crate::env::{Env, write};

/// `git worktree move` takes a task's worktree elsewhere: everything goes on there.
#[test]
fn a_worktree_that_was_moved_is_followed() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    let new = env.dir().join("elsewhere");
    env.git(&["worktree", "move", "../repo.worktrees/api", "../elsewhere"]);
    insta::assert_snapshot!(env.run(&["status"]).exits(0), @"
    Task  State   Merge       Base  Age
    api   ○ idle  up to date  main   [T]

    ○ 1 task: 1 idle
    --- stderr
    ○ the worktree of api was moved to ../elsewhere
    ");
    assert_eq!(env.run(&["path", "api"]).stdout, "[DIR]/elsewhere\n");
    write(&new.join("file"), "two\n");
    assert!(env.run_in(&new, &["diff", "--stat"]).exits(0).stdout.contains("1 file changed"));
    env.commit_in(&new, "two");
    insta::assert_snapshot!(env.run_in(&new, &["merge"]).exits(0), @"
    ✓ api  landed in main as 67c1e6bd9 (merge commit)
    --- stderr
    ○ the worktree of api was moved to .
    ");
    assert_eq!(env.run(&["status"]).stderr, "", "told once: the record is right again");
    env.run(&["clean", "api"]).exits(0);
    assert!(!new.exists());
    env.run(&["undo"]).exits(0);
    assert!(new.join("file").exists());
    env.assert_sound();
    // Where it was made it cannot be taken back.
    env.run(&["undo"]).exits(0);
    env.git_in(&new, &["reset", "-q", "--hard", "main"]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: task `api`: its worktree was moved to [DIR]/elsewhere
    hint: windrow clean api --dry-run
    --- exit 1
    ");
}

#[test]
fn a_repository_that_was_moved_keeps_its_tasks() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    let moved = env.dir().join("moved");
    std::fs::rename(env.repo(), &moved).unwrap();
    let windrow = |arguments: &[&str]| env.run_in(&moved, arguments);
    assert!(windrow(&["status"]).exits(0).stdout.contains("missing"), "git does not know it either");
    env.git_in(&moved, &["worktree", "repair", "../repo.worktrees/api"]);
    assert!(!windrow(&["status"]).exits(0).stdout.contains("missing"));
    write(&env.worktree("api").join("file"), "two\n");
    env.commit_in(&env.worktree("api"), "two");
    windrow(&["merge", "api"]).exits(0);
    windrow(&["clean", "api"]).exits(0);
    assert!(!env.worktree("api").exists());
    windrow(&["undo"]).exits(0);
    assert_eq!(std::fs::read_to_string(env.worktree("api").join("file")).unwrap(), "two\n");
    assert_eq!(env.git_in(&moved, &["fsck", "--strict", "--no-dangling"]), "");
}
