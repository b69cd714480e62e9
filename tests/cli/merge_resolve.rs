//! `merge NAME --resolve`, `--continue`, `--abort`: a conflict solved in the task's worktree.

use crate::env::{Env, write};
use std::path::PathBuf;

/// A task whose `file` conflicts with main's.
fn conflicting() -> (Env, PathBuf) {
    let env = Env::new();
    let tree = env.task("api", &[("file", "theirs\n"), ("new", "1\n")]);
    env.write("file", "ours\n");
    env.write("added", "1\n");
    env.commit("ours");
    (env, tree)
}

fn solve(env: &Env, tree: &std::path::Path) {
    write(&tree.join("file"), "both\n");
    env.git_in(tree, &["add", "--", "file"]);
}

#[test]
fn from_the_conflict_to_the_landing_and_back() {
    let (env, tree) = conflicting();
    let (old, tip) = (env.git(&["rev-parse", "main"]), env.git(&["rev-parse", "api"]));
    insta::assert_snapshot!(env.refused(3, &["merge", "api"]), @"
    ✗ api  conflict: 1 file conflicts with main
        file (content)
    --- stderr
    ↳ solve it where the task is: windrow merge api --resolve
    --- exit 3
    ");
    insta::assert_snapshot!(env.refused(0, &["merge", "api", "--resolve", "--dry-run"]), @"
    ○ dry run: 1 change, none made
      merge main into api in [DIR]/repo.worktrees/api, uncommitted
    ");
    insta::assert_snapshot!(env.run(&["merge", "api", "--resolve"]), @"
    ✗ api  conflict: 1 file conflicts with main, to be solved in [DIR]/repo.worktrees/api
        file (content)
    --- stderr
    ↳ solve them, then: git -C [DIR]/repo.worktrees/api add -- file
    ↳ windrow merge api --continue
    ↳ or give up: windrow merge api --abort
    --- exit 3
    ");
    let text = std::fs::read_to_string(tree.join("file")).unwrap();
    assert_eq!(text, "<<<<<<< HEAD\ntheirs\n=======\nours\n>>>>>>> main\n");
    assert_eq!(env.git_in(&tree, &["rev-parse", "MERGE_HEAD"]), old);
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    // Nothing goes past it.
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    ✗ api  dirty: uncommitted in its worktree: 1 staged, 1 unmerged
        added
        file
    --- stderr
    ↳ finish its merge: windrow merge api --continue
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--resolve"]), @"
    --- stderr
    error: a merge of main into `api` is in progress already
    hint: windrow merge api --continue
    hint: windrow merge api --abort
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(3, &["merge", "api", "--continue"]), @"
    --- stderr
    error: 1 file not solved yet in `api`
    caused by: file (content)
    hint: solve them, then: git -C [DIR]/repo.worktrees/api add -- file
    hint: or give up: windrow merge api --abort
    --- exit 3
    ");
    solve(&env, &tree);
    insta::assert_snapshot!(env.run(&["merge", "api", "--continue"]), @"✓ api  landed in main as 4416894b5 (merge commit)");
    insta::assert_snapshot!(env.git(&["log", "--graph", "--format=%s", "main"]), @r"
    *   Merge branch 'api'
    |\  
    | *   Merge branch 'main' into api
    | |\  
    | |/  
    |/|   
    * | ours
    | * work on api
    |/  
    * first
    ");
    assert_eq!(env.git(&["show", "main:file"]), "both");
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
    insta::assert_snapshot!(env.run(&["merge", "api", "--continue"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary                       Tasks
    [ID]   [T]  merge    landed api in main            api
    [ID]   [T]  merge    merged main into api          api
    [ID]   [T]  merge    began to merge main into api  api
    [ID]   [T]  start    started api                   api
    ");
    // Each step is taken back on its own.
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["rev-parse", "main"]), old);
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: merged main into api
      move branch api from ec27b18f7 to 70ac84bb4, checked out at [DIR]/repo.worktrees/api
    ");
    assert_eq!(env.git(&["rev-parse", "api"]), tip);
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
    assert_eq!(std::fs::read_to_string(tree.join("file")).unwrap(), "theirs\n");
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(env.run(&["status"]), @"
    Task  State   Commits  Lines  Merge             Base  Age
    api   ○ idle  ↑1 ↓1    +2 −1  conflict: 1 file  main   [T]

    ○ 1 task: 1 idle, 1 in conflict
    ");
    env.assert_sound();
}

#[test]
fn abort_gives_the_worktree_back_exactly() {
    let (env, tree) = conflicting();
    write(&tree.join("x.log"), "ignored\n");
    let state = || {
        (
            env.git_in(&tree, &["ls-files", "-s"]),
            env.git_in(&tree, &["status", "--porcelain", "--ignored"]),
            std::fs::read(tree.join("file")).unwrap(),
            env.git(&["rev-parse", "api"]),
        )
    };
    let before = state();
    for undo in [false, true] {
        env.run(&["merge", "api", "--resolve"]).exits(3);
        write(&tree.join("file"), "half solved\n");
        insta::allow_duplicates! {
            insta::assert_snapshot!(env.run(&["merge", "api", "--abort", "--dry-run"]), @"
            ○ dry run: 1 change, none made
              abort the merge of main into api in [DIR]/repo.worktrees/api
            ");
        }
        if undo {
            env.run(&["undo"]).exits(0);
        } else {
            let ended = env.run(&["merge", "api", "--abort"]).exits(0);
            insta::assert_snapshot!(ended, @"
            --- stderr
            ✓ ended the merge of main into api
            ↳ what was there is kept: git show refs/windrow/rescue/[ID]/api
            ");
            // What was solved so far is not lost.
            let kept = env.git(&["for-each-ref", "--format=%(refname)", "refs/windrow/rescue"]);
            assert_eq!(env.git(&["show", &format!("{kept}:file")]), "half solved");
        }
        assert_eq!(state(), before, "{undo}");
    }
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--abort"]), @"
    --- stderr
    error: `api` has no merge that windrow began
    hint: windrow merge api --resolve
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--continue"]), @"
    --- stderr
    error: `api` has no merge that windrow began
    hint: windrow merge api --resolve
    --- exit 1
    ");
    env.assert_sound();
}

/// What a person does there with git counts: a merge of their own is not ours to end, their commit is as good.
#[test]
fn a_person_has_git_too() {
    let (env, tree) = conflicting();
    env.command("git", &tree).args(["merge", "-q", "main"]).output().unwrap();
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--abort"]), @"
    --- stderr
    error: `api` has no merge that windrow began
    hint: windrow merge api --resolve
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--resolve"]), @"
    ✗ api  dirty: uncommitted in its worktree: 1 staged, 1 unmerged
        added
        file
    --- stderr
    ↳ commit or move it first: git -C [DIR]/repo.worktrees/api status
    --- exit 1
    ");
    env.git_in(&tree, &["merge", "--abort"]);
    env.run(&["merge", "api", "--resolve"]).exits(3);
    solve(&env, &tree);
    env.git_in(&tree, &["commit", "-q", "-m", "solved by hand"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--abort"]), @"
    --- stderr
    error: the merge of main is committed already, as a36f72c5b
    hint: land it: windrow merge api --continue
    hint: take it back: windrow undo
    --- exit 1
    ");
    env.run(&["merge", "api", "--continue"]).exits(0);
    assert_eq!(env.git(&["show", "main:file"]), "both");
    // And what they abort is gone.
    let env = conflicting().0;
    let tree = env.worktree("api");
    env.run(&["merge", "api", "--resolve"]).exits(3);
    env.git_in(&tree, &["merge", "--abort"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--continue"]), @"
    --- stderr
    error: no merge is in progress in `api`
    hint: windrow merge api --resolve
    --- exit 1
    ");
    env.run(&["undo"]).exits(0);
    env.assert_sound();
}

#[test]
fn what_was_asked_for_at_the_beginning_holds_to_the_end() {
    let (env, tree) = conflicting();
    env.git(&["branch", "other", "main"]);
    insta::assert_snapshot!(env.run(&["merge", "api", "--resolve", "--into", "other", "--strategy", "squash"]), @"
    ✗ api  conflict: 1 file conflicts with other, to be solved in [DIR]/repo.worktrees/api
        file (content)
    --- stderr
    ↳ solve them, then: git -C [DIR]/repo.worktrees/api add -- file
    ↳ windrow merge api --continue
    ↳ or give up: windrow merge api --abort
    --- exit 3
    ");
    solve(&env, &tree);
    insta::assert_snapshot!(env.run_in(&tree, &["merge", "--continue", "--clean", "--json"]), @r#"
    {
      "command": "merge",
      "into": "other",
      "kept": [
        {
          "detail": "the current directory is inside it",
          "needs-discard": [],
          "paths": [],
          "reason": "own-cwd",
          "task": "api"
        }
      ],
      "landed": [
        {
          "commit": "412ce5d6b3311be123d3c06befd070eacb93b36f",
          "into": "other",
          "strategy": "squash",
          "task": "api",
          "tip": "d6e05caedbfd7f1613e8633af2d458ba3cf52b46"
        }
      ],
      "new": "412ce5d6b3311be123d3c06befd070eacb93b36f",
      "old": "cce33db82e101a3817fd8e4e19b6664c20a9d218",
      "operation": "[ID]",
      "rejected": [],
      "removed": [],
      "schema": 1
    }
    "#);
    assert_eq!(env.git(&["rev-list", "--count", "main..other"]), "1");
    assert!(tree.exists(), "one stands in it");
    env.assert_sound();
}

#[test]
fn nothing_to_resolve() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    insta::assert_snapshot!(env.refused(0, &["merge", "api", "--resolve"]), @"
    --- stderr
    ○ nothing to merge: api has everything of main
    ↳ windrow merge api
    ");
    env.write("meanwhile", "1\n");
    env.commit("meanwhile");
    insta::assert_snapshot!(env.run(&["merge", "api", "--resolve"]), @"
    --- stderr
    ✓ merged main into api without a conflict
    ↳ windrow merge api
    ");
    assert_eq!(env.git(&["log", "-1", "--format=%s", "api"]), "Merge branch 'main' into api");
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
    env.run(&["merge", "api"]).exits(0);
    insta::assert_snapshot!(env.refused(0, &["merge", "api", "--resolve"]), @"
    --- stderr
    ○ nothing to land: everything of api is in main
    ");
    insta::assert_snapshot!(env.refused(2, &["merge", "api", "docs", "--resolve"]), @"
    --- stderr
    error: conflicts are solved in one task at a time
    hint: windrow merge NAME --resolve
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["merge", "api", "--resolve", "--abort"]), @"
    --- stderr
    error: the argument '--resolve' cannot be used with '--abort'

    Usage: windrow merge --resolve <NAME>...

    For more information, try '--help'.
    --- exit 2
    ");
    env.assert_sound();
}

#[test]
fn where_it_may_not_begin() {
    let (env, tree) = conflicting();
    write(&tree.join("left"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--resolve"]), @"
    ✗ api  dirty: uncommitted in its worktree: 1 untracked
        left
    --- stderr
    ↳ commit or move it first: git -C [DIR]/repo.worktrees/api status
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--resolve", "--json"]), @r#"
    {
      "command": "merge",
      "into": "main",
      "landed": [],
      "new": "cce33db82e101a3817fd8e4e19b6664c20a9d218",
      "old": "cce33db82e101a3817fd8e4e19b6664c20a9d218",
      "rejected": [
        {
          "conflicts": [],
          "detail": "uncommitted in its worktree: 1 untracked",
          "paths": [
            "left"
          ],
          "reason": "dirty",
          "task": "api"
        }
      ],
      "schema": 1
    }
    --- exit 1
    "#);
    std::fs::remove_file(tree.join("left")).unwrap();
    // Git would overwrite an ignored file without a word.
    env.write("kept.log", "tracked\n");
    env.git(&["add", "-f", "kept.log"]);
    env.git(&["commit", "-q", "-m", "log"]);
    write(&tree.join("kept.log"), "mine\n");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--resolve"]), @"
    --- stderr
    error: [DIR]/repo.worktrees/api holds changes to files that would be overwritten
    caused by: kept.log
    hint: commit or move these first: git -C [DIR]/repo.worktrees/api status --ignored
    --- exit 1
    ");
    std::fs::remove_file(tree.join("kept.log")).unwrap();
    env.git_in(&tree, &["checkout", "-q", "--detach"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--resolve"]), @"
    ✗ api  needs-attention: HEAD of its worktree is not on api
    --- exit 1
    ");
    env.git_in(&tree, &["checkout", "-q", "api"]);
    std::fs::rename(&tree, env.dir().join("away")).unwrap();
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--resolve"]), @"
    ✗ api  needs-attention: its worktree is not there: ../repo.worktrees/api
    --- exit 1
    ");
}

#[test]
fn a_hook_that_refuses_leaves_the_merge_to_be_finished() {
    let (env, tree) = conflicting();
    env.hook("commit-msg", "echo the message is no good >&2; exit 1");
    env.run(&["merge", "api", "--resolve"]).exits(3);
    solve(&env, &tree);
    insta::assert_snapshot!(env.run(&["merge", "api", "--continue"]), @"
    --- stderr
    error: the merge in `api` could not be committed
    caused by: the message is no good
    hint: windrow merge api --continue
    hint: windrow merge api --abort
    --- exit 1
    ");
    assert!(tree.join("../../repo/.git/worktrees/api/MERGE_HEAD").exists());
    std::fs::remove_file(env.repo().join(".git/hooks/commit-msg")).unwrap();
    env.run(&["merge", "api", "--continue"]).exits(0);
    env.assert_sound();
}

/// The task stands on one that was squashed since: the solution is in its own history, and counts.
#[test]
fn a_child_of_a_squashed_parent_is_solved_once() {
    let env = Env::new();
    env.task("parent", &[("file", "parent\n")]);
    env.run(&["start", "child", "--base", "parent"]).exits(0);
    let child = env.worktree("child");
    write(&child.join("file"), "child\n");
    env.commit_in(&child, "child");
    env.run(&["merge", "parent", "--strategy", "squash"]).exits(0);
    env.write("file", "main\n");
    env.commit("main");
    env.run(&["merge", "child"]).exits(3);
    env.run(&["merge", "child", "--resolve"]).exits(3);
    solve(&env, &child);
    env.run(&["merge", "child", "--continue"]).exits(0);
    assert_eq!(env.git(&["show", "main:file"]), "both");
    env.assert_sound();
}
