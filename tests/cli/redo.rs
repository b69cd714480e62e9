//! `redo`: back and forth over every verb, and what clears it or stands in its way.

use crate::env::{Env, write};

/// What refs, worktrees, files and records are, without what undoing itself keeps.
fn state(env: &Env) -> String {
    let refs = env.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"]);
    let trees = env.git(&["worktree", "list", "--porcelain"]);
    let mut out = format!("{refs}\n{trees}\n");
    for line in trees.lines() {
        if let Some(path) = line.strip_prefix("worktree ") {
            let dir = std::path::Path::new(path);
            out += &env.git_in(dir, &["status", "--porcelain", "-uall", "--ignored"]);
            out += &env.git_in(dir, &["ls-files", "-s"]);
            out += &env.git_in(dir, &["diff"]);
        }
    }
    let tasks = env.repo().join(".git/windrow/tasks");
    let mut files: Vec<_> = std::fs::read_dir(tasks).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        out += &std::fs::read_to_string(file).unwrap();
    }
    out
}

/// Undoes and redoes `n` operations twice, with a garbage collection between, and asserts each state on the way.
fn back_and_forth(env: &Env, n: usize) {
    let mut states = vec![state(env)];
    for _ in 0..n {
        env.run(&["undo"]).exits(0);
        states.push(state(env));
    }
    for _ in 0..2 {
        env.git(&["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"]);
        env.git(&["gc", "-q", "--prune=now"]);
        env.git(&["worktree", "prune", "--expire=now"]);
        for expected in states.iter().rev().skip(1) {
            env.run(&["redo"]).exits(0);
            assert_eq!(&state(env), expected);
        }
        env.git(&["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"]);
        env.git(&["gc", "-q", "--prune=now"]);
        for expected in states.iter().skip(1) {
            env.run(&["undo"]).exits(0);
            assert_eq!(&state(env), expected);
        }
    }
    env.assert_sound();
}

#[test]
fn start_merge_clean() {
    let env = Env::new();
    env.run(&["start", "a", "b"]).exits(0);
    back_and_forth(&env, 1);
    env.run(&["redo"]).exits(0);
    for name in ["a", "b"] {
        write(&env.worktree(name).join(name), "1\n");
        env.commit_in(&env.worktree(name), "work");
    }
    env.run(&["merge", "a"]).exits(0);
    env.run(&["merge", "b"]).exits(0);
    write(&env.worktree("b").join("untracked"), "1\n");
    write(&env.worktree("b").join("b"), "staged\n");
    env.git_in(&env.worktree("b"), &["add", "b"]);
    env.run(&["clean", "a"]).exits(0);
    env.run(&["clean", "b", "--discard", "untracked", "--discard", "staged", "--yes"]).exits(0);
    back_and_forth(&env, 4);
}

#[test]
fn runs() {
    let env = Env::new();
    env.run(&["start", "used"]).exits(0);
    write(&env.worktree("used").join("mine"), "before the agent\n");
    env.plan(
        "",
        &[("used", "echo u >u; git add u; git commit -qm u; echo left >left"), ("new", "echo n >n")],
    );
    env.run(&["run", "../plan.toml"]).exits(0);
    back_and_forth(&env, 1);
    env.run(&["redo"]).exits(0);
    // What was redone counts as done again.
    let again = env.run(&["run", "../plan.toml"]).exits(0);
    assert!(again.to_string().contains("finished"), "{again}");
}

#[test]
fn carried_changes_and_adopted_worktrees() {
    let env = Env::new();
    env.write("file", "staged\n");
    env.git(&["add", "file"]);
    env.write("file", "staged and edited\n");
    env.write("untracked", "1\n");
    env.run(&["start", "api", "--carry"]).exits(0);
    back_and_forth(&env, 1);
    env.run(&["redo"]).exits(0);
    let other = env.dir().join("other");
    env.git(&["worktree", "add", "-q", "-b", "topic", other.to_str().unwrap()]);
    write(&other.join("mine"), "1\n");
    env.run(&["adopt", other.to_str().unwrap()]).exits(0);
    back_and_forth(&env, 2);
}

#[test]
fn what_it_says() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: there is nothing to redo
    --- exit 1
    ");
    let tree = env.task("api", &[("a", "1\n")]);
    env.run(&["merge", "api"]).exits(0);
    env.run(&["clean", "api"]).exits(0);
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: there is nothing to redo
    --- exit 1
    ");
    env.run(&["undo"]).exits(0);
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary             Tasks
    [ID]   [T]  clean    removed api         api    undone
    [ID]   [T]  merge    landed api in main  api    undone; redo is next
    [ID]   [T]  start    started api         api
    ");
    insta::assert_snapshot!(env.refused(0, &["redo", "--dry-run"]), @"
    ○ dry run: 2 changes, none made
      move branch main from 75ed618c4 to ee71cc32c, checked out at [DIR]/repo
      delete ref refs/windrow/rescue/[ID]/moved-1 (was ee71cc32c)
    ");
    insta::assert_snapshot!(env.run(&["redo"]), @"
    ✓ redid [ID]: landed api in main
      move branch main from 75ed618c4 to ee71cc32c, checked out at [DIR]/repo
    ");
    insta::assert_snapshot!(env.run(&["redo", "--json"]), @r#"
    {
      "command": "redo",
      "operation": "[ID]",
      "restored": [
        "move worktree [DIR]/repo.worktrees/api to the trash",
        "delete branch api (was a21a1a503)"
      ],
      "schema": 1,
      "summary": "removed api",
      "undone": "[ID]"
    }
    "#);
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: there is nothing to redo
    --- exit 1
    ");
    env.run(&["undo"]).exits(0);
    write(&tree.join("a"), "edited\n");
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: cannot redo: task `api`: files in [DIR]/repo.worktrees/api have changed since
    hint: windrow clean api --dry-run
    --- exit 1
    ");
    env.git_in(&tree, &["checkout", "-q", "a"]);
    env.run(&["undo"]).exits(0);
    env.git(&["commit", "-q", "--allow-empty", "-m", "on top"]);
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: cannot redo: refs/heads/main has moved since: it is at 5ffd662b8, not 75ed618c4
    hint: git log --oneline refs/heads/main
    --- exit 1
    ");
    env.run(&["start", "other"]).exits(0);
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: there is nothing to redo
    caused by: something was done since: started other ([ID])
    hint: windrow history
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn what_is_in_the_way() {
    let env = Env::new();
    let tree = env.task("api", &[]);
    env.run(&["undo"]).exits(0);
    write(&tree.join("mine"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: cannot redo: [DIR]/repo.worktrees/api is in the way
    hint: move it away: ls [DIR]/repo.worktrees/api
    --- exit 1
    ");
    std::fs::remove_dir_all(&tree).unwrap();
    env.git(&["branch", "api", &env.git(&["commit-tree", "-m", "other", "HEAD^{tree}"])]);
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: cannot redo: refs/heads/api is there again, at ed0f294d3
    hint: git branch -m api NEW-NAME
    --- exit 1
    ");
    env.git(&["branch", "-q", "-D", "api"]);
    env.run(&["redo"]).exits(0);
    // From inside the worktree that would leave.
    env.run(&["clean", "api"]).exits(0);
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(env.run_in(&tree, &["redo"]), @"
    --- stderr
    error: the current directory is inside the worktree of api
    hint: cd [DIR]/repo
    --- exit 1
    ");
    // Moved by somebody since.
    env.git_in(&tree, &["commit", "-q", "--allow-empty", "-m", "more"]);
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: cannot redo; nothing was changed
    caused by: task `api`: files in [DIR]/repo.worktrees/api have changed since
    caused by: refs/heads/api has moved since: it is at 55ea2d196, not 75ed618c4
    hint: windrow clean api --dry-run
    hint: git log --oneline refs/heads/api
    --- exit 1
    ");
    env.assert_sound();
}
