//! `undo` and `history`: any operation, in any order that the world allows.

use crate::env::{Env, write};

#[test]
fn back_to_the_beginning() {
    let env = Env::new();
    env.run(&["start", "a", "b"]).exits(0);
    for name in ["a", "b"] {
        write(&env.worktree(name).join(name), "1\n");
        env.commit_in(&env.worktree(name), "work");
    }
    let tips = env.git(&["rev-parse", "a", "b", "main"]);
    env.run(&["merge", "a", "b"]).exits(0);
    env.run(&["clean", "a", "b"]).exits(0);
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary              Tasks
    [ID]   [T]  clean    removed a, b         a b
    [ID]   [T]  merge    landed a, b in main  a b
    [ID]   [T]  start    started a, b         a b
    ");
    insta::assert_snapshot!(env.refused(0, &["undo", "--dry-run"]), @"
    ○ dry run: 8 changes, none made
      record task b
      create branch b at 4de17fda4
      restore worktree [DIR]/repo.worktrees/b from the trash
      delete ref refs/windrow/rescue/[ID]/b (was 570338920)
      record task a
      create branch a at db7467bab
      restore worktree [DIR]/repo.worktrees/a from the trash
      delete ref refs/windrow/rescue/[ID]/a (was b7bc5c375)
    ");
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: removed a, b
      create branch b at 4de17fda4
      restore worktree [DIR]/repo.worktrees/b from the trash
      create branch a at db7467bab
      restore worktree [DIR]/repo.worktrees/a from the trash
    ");
    assert_eq!(env.git_in(&env.worktree("a"), &["status", "--porcelain"]), "");
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: landed a, b in main
      move branch main from 1acae2bbb to 75ed618c4, checked out at [DIR]/repo
    ");
    assert_eq!(env.git(&["rev-parse", "a", "b", "main"]), tips);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo; nothing was changed
    caused by: task `b`: branch b has moved since
    caused by: task `a`: branch a has moved since
    hint: windrow clean b --dry-run
    hint: windrow clean a --dry-run
    --- exit 1
    ");
    for name in ["a", "b"] {
        env.git_in(&env.worktree(name), &["reset", "-q", "--hard", "HEAD~1"]);
    }
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: started a, b
      move worktree [DIR]/repo.worktrees/b to the trash
      delete branch b (was 75ed618c4)
      move worktree [DIR]/repo.worktrees/a to the trash
      delete branch a (was 75ed618c4)
    ");
    assert_eq!(env.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]), "refs/heads/main");
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: there is nothing to undo
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary              Tasks
    [ID]   [T]  clean    removed a, b         a b    undone
    [ID]   [T]  merge    landed a, b in main  a b    undone
    [ID]   [T]  start    started a, b         a b    undone; redo is next
    ");
    insta::assert_snapshot!(env.run(&["history", "-n", "1"]), @"
    Id                    Age  Command  Summary       Tasks
    [ID]   [T]  clean    removed a, b  a b    undone
    --- stderr
    ○ 2 older ones: windrow history -n 3
    ");
    env.assert_sound();
}

#[test]
fn out_of_order_by_id() {
    let env = Env::new();
    env.task("a", &[("a", "1\n")]);
    env.task("b", &[("b", "1\n")]);
    env.run(&["merge", "a"]).exits(0);
    env.run(&["merge", "b"]).exits(0);
    let (a, b) = (env.operation("landed a in main"), env.operation("landed b in main"));
    insta::assert_snapshot!(env.refused(1, &["undo", &a]), @"
    --- stderr
    error: cannot undo: refs/heads/main has moved since: it is at f38dd622a, not c8989c6c5
    hint: git log --oneline refs/heads/main
    --- exit 1
    ");
    env.run(&["undo", &b[b.len() - 4..]]).exits(0);
    insta::assert_snapshot!(env.refused(1, &["undo", &b]), @"
    --- stderr
    error: [ID] is undone already
    hint: windrow history
    --- exit 1
    ");
    env.run(&["undo", &a]).exits(0);
    insta::assert_snapshot!(env.refused(1, &["undo", "20200101-000000-0000"]), @"
    --- stderr
    error: no operation is named `[ID]`
    hint: windrow history
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["undo", ""]), @"
    --- stderr
    error: no operation is named ``
    hint: windrow history
    --- exit 1
    ");
    // A start in the middle, with everything after it standing.
    env.task("c", &[]);
    env.task("d", &[]);
    env.run(&["undo", &env.operation("started c")]).exits(0);
    assert!(!env.worktree("c").exists() && env.worktree("d").exists());
    env.assert_sound();
}

#[test]
fn a_start_that_was_worked_on() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: task `api`: branch api has moved since
    hint: windrow clean api --dry-run
    --- exit 1
    ");
    env.git_in(&tree, &["reset", "-q", "--hard", "HEAD~1"]);
    write(&tree.join("untracked"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: task `api`: files in [DIR]/repo.worktrees/api have changed since
    hint: windrow clean api --dry-run
    --- exit 1
    ");
    std::fs::remove_file(tree.join("untracked")).unwrap();
    write(&tree.join("a.log"), "an ignored file goes to the trash with it\n");
    env.run(&["undo"]).exits(0);
    assert!(!tree.exists());
    env.run(&["start", "api"]).exits(0);
    env.git_in(&env.worktree("api"), &["checkout", "-q", "--detach"]);
    let other = env.dir().join("other");
    env.git(&["worktree", "add", "-q", other.to_str().unwrap(), "api"]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: task `api`: branch api is checked out at [DIR]/other
    hint: windrow clean api --dry-run
    --- exit 1
    ");
    env.git(&["worktree", "remove", other.to_str().unwrap()]);
    env.git_in(&env.worktree("api"), &["commit", "-q", "--allow-empty", "-m", "on no branch"]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: task `api`: HEAD of [DIR]/repo.worktrees/api has moved since
    hint: windrow clean api --dry-run
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn a_merge_whose_files_were_touched() {
    let env = Env::new();
    env.task("api", &[("new", "1\n"), ("file", "two\n")]);
    env.run(&["merge", "api"]).exits(0);
    env.write("file", "mine\n");
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: [DIR]/repo holds changes to files that would be overwritten
    caused by: file
    hint: commit or move these first: git -C [DIR]/repo status --ignored
    --- exit 1
    ");
    env.git(&["checkout", "-q", "file"]);
    env.write("src/lib.rs", "unrelated\n");
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["status", "--porcelain"]), " M src/lib.rs");
    env.git(&["checkout", "-q", "."]);
    env.run(&["merge", "api"]).exits(0);
    env.git(&["commit", "-q", "--allow-empty", "-m", "on top"]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: refs/heads/main has moved since: it is at 0675e0040, not 99f856496
    hint: git log --oneline refs/heads/main
    --- exit 1
    ");
    env.git(&["checkout", "-q", "--detach"]);
    env.git(&["branch", "-q", "-D", "main"]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: refs/heads/main has moved since: it is gone, not 99f856496
    hint: git branch main 99f856496
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn a_clean_whose_place_is_taken() {
    let env = Env::new();
    let tree = env.task("api", &[]);
    env.run(&["clean", "api"]).exits(0);
    write(&tree.join("mine"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: [DIR]/repo.worktrees/api is in the way
    hint: move it away: ls [DIR]/repo.worktrees/api
    --- exit 1
    ");
    std::fs::remove_dir_all(&tree).unwrap();
    env.git(&["branch", "api", &env.git(&["commit-tree", "-m", "other", "HEAD^{tree}"])]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: refs/heads/api is there again, at ed0f294d3
    hint: git branch -m api NEW-NAME
    --- exit 1
    ");
    env.git(&["branch", "-m", "api", "api/sub"]);
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: refs/heads/api cannot be created while refs/heads/api/sub exists
    hint: git branch -m api/sub NEW-NAME
    --- exit 1
    ");
    env.git(&["branch", "-D", "-q", "api/sub"]);
    env.run(&["undo"]).exits(0);
    // The same name started anew: the old one cannot come back beside it.
    env.run(&["clean", "api"]).exits(0);
    let clean = env.operation("removed api");
    env.run(&["start", "api"]).exits(0);
    insta::assert_snapshot!(env.refused(1, &["undo", &clean]), @"
    --- stderr
    error: cannot undo: [DIR]/repo.worktrees/api is in the way
    hint: move it away: ls [DIR]/repo.worktrees/api
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn documents() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(0, &["history"]), @"○ no operation yet");
    insta::assert_snapshot!(env.refused(0, &["history", "--json"]), @r#"
    {
      "command": "history",
      "operations": [],
      "schema": 1
    }
    "#);
    insta::assert_snapshot!(env.refused(1, &["undo", "--json"]), @r#"
    {
      "command": "undo",
      "error": {
        "causes": [],
        "hints": [],
        "kind": "refused",
        "message": "cannot undo: there is nothing to undo"
      },
      "schema": 1
    }
    --- exit 1
    "#);
    env.task("api", &[]);
    let planned = env.refused(0, &["undo", "--dry-run", "--json"]).json();
    assert_eq!((&planned["dry-run"], planned.get("operation")), (&true.into(), None));
    insta::assert_snapshot!(env.run(&["undo", "--json"]), @r#"
    {
      "command": "undo",
      "operation": "[ID]",
      "restored": [
        "move worktree [DIR]/repo.worktrees/api to the trash",
        "delete branch api (was 75ed618c4)"
      ],
      "schema": 1,
      "summary": "started api",
      "undone": "[ID]"
    }
    "#);
    insta::assert_snapshot!(env.run(&["history", "--json"]), @r#"
    {
      "command": "history",
      "operations": [
        {
          "command": "start",
          "final": false,
          "id": "[ID]",
          "redoable": true,
          "summary": "started api",
          "tasks": [
            "api"
          ],
          "time": "[TIME]",
          "undone": true
        }
      ],
      "schema": 1
    }
    "#);
}
