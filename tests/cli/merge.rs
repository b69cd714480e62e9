//! `merge`: what lands, how, where the target stands, and everything that is turned away with nothing changed.

use crate::env::{Env, write};

fn files(env: &Env, commit: &str) -> String {
    env.git(&["ls-tree", "-r", "--name-only", commit])
}

#[test]
fn a_merge_commit_as_git_would_make_it() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    env.write("meanwhile", "1\n");
    env.commit("meanwhile");
    let (old, tip) = (env.git(&["rev-parse", "main"]), env.git(&["rev-parse", "api"]));
    insta::assert_snapshot!(env.run(&["merge", "api"]), @"✓ api  landed in main as fd4994199 (merge commit)");
    insta::assert_snapshot!(env.git(&["log", "-1", "--format=%an <%ae>%n%cn <%ce>%n%B"]), @"
    Test <test@example.com>
    Test <test@example.com>
    Merge branch 'api'

    Windrow-Task: api
    ");
    assert_eq!(env.git(&["rev-parse", "main^1", "main^2"]), format!("{old}\n{tip}"));
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    assert_eq!(std::fs::read_to_string(env.repo().join("new")).unwrap(), "1\n");
    assert!(env.git(&["reflog", "-1", "--format=%gs"]).starts_with("windrow merge"));
    // Worktree and branch stay, and there is nothing more to land.
    assert_eq!(env.git_in(&tree, &["rev-parse", "HEAD"]), tip);
    insta::assert_snapshot!(env.refused(0, &["merge", "api"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
    insta::assert_snapshot!(env.refused(0, &["merge", "--all", "-y"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
    env.assert_sound();
}

#[test]
fn always_a_merge_commit_where_a_fast_forward_would_do() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    env.run(&["merge", "api"]).exits(0);
    assert_eq!(env.git(&["rev-list", "--count", "--merges", "main"]), "1");
}

#[test]
fn squash_counts_as_integrated() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    write(&tree.join("new"), "2\n");
    env.commit_in(&tree, "more");
    insta::assert_snapshot!(env.run(&["merge", "api", "--strategy", "squash"]), @"✓ api  landed in main as f46ca71da (squashed)");
    insta::assert_snapshot!(env.git(&["log", "-1", "--format=%B"]), @"
    Squash branch 'api'

    * work on api
    * more

    Windrow-Task: api
    ");
    assert_eq!(env.git(&["rev-list", "--count", "main"]), "2");
    env.write("new", "changed since\n");
    env.commit("changed since");
    insta::assert_snapshot!(env.run(&["status"]), @"
    Task  State   Commits  Lines  Merge            Base  Age
    api   ○ idle  ↑2 ↓2    +1     landed (squash)  main   [T]

    ○ 1 task: 1 idle
    ");
    insta::assert_snapshot!(env.refused(0, &["merge", "api"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
    insta::assert_snapshot!(env.run(&["clean", "-y"]), @"
    ✓ removed api  landed as a squash
    ○ 1 task removed, 0 kept
    ");
    assert_eq!(env.git(&["branch", "--list", "api"]), "");
    env.assert_sound();
}

#[test]
fn one_commit_squashed_keeps_its_subject() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    env.run(&["merge", "api", "--strategy", "squash"]).exits(0);
    insta::assert_snapshot!(env.git(&["log", "-1", "--format=%B"]), @"
    work on api

    Windrow-Task: api
    ");
}

#[test]
fn fast_forward_or_not_at_all() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    env.task("docs", &[("doc", "1\n")]);
    insta::assert_snapshot!(env.run(&["merge", "api", "--strategy", "ff"]), @"✓ api  landed in main as cc477f348 (fast-forward)");
    assert_eq!(env.git(&["rev-parse", "main"]), env.git(&["rev-parse", "api"]));
    insta::assert_snapshot!(env.refused(1, &["merge", "docs", "--strategy", "ff"]), @"
    ✗ docs  not-ff: main has commits that `docs` lacks
    --- stderr
    ↳ windrow merge docs --strategy merge
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(2, &["merge", "docs", "--strategy", "octopus"]), @"
    --- stderr
    error: invalid value 'octopus' for '--strategy <STRATEGY>'
      [possible values: merge, squash, rebase, ff]

    For more information, try '--help'.
    --- exit 2
    ");
    env.assert_sound();
}

#[test]
fn wherever_the_target_stands() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    // In no worktree.
    env.git(&["checkout", "-q", "--detach"]);
    insta::assert_snapshot!(env.run(&["merge", "api"]), @"✓ api  landed in main as 730fb3b7d (merge commit)");
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    // In another linked worktree.
    env.run(&["undo"]).exits(0);
    let linked = env.dir().join("linked");
    env.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    env.run(&["merge", "api"]).exits(0);
    assert_eq!(env.git_in(&linked, &["status", "--porcelain"]), "");
    assert!(linked.join("new").exists());
    env.run(&["undo"]).exits(0);
    assert!(!linked.join("new").exists());
    // In one whose directory is away: git would not move the branch either.
    std::fs::rename(&linked, env.dir().join("away")).unwrap();
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    --- stderr
    error: main is checked out in a worktree that is not there: [DIR]/linked
    hint: git worktree list
    --- exit 1
    ");
    std::fs::rename(env.dir().join("away"), &linked).unwrap();
    // From inside the task, and from inside the target.
    env.run_in(&env.worktree("api").join("src"), &["merge"]).exits(0);
    env.assert_sound();
}

#[test]
fn unrelated_changes_in_the_target_stay_byte_for_byte() {
    let env = Env::new();
    env.write("edited", "1\n");
    env.write("staged", "1\n");
    env.commit("more");
    env.task("api", &[("new", "1\n"), ("file", "two\n")]);
    env.write("edited", "mine\n");
    env.write("staged", "mine\n");
    env.write("fresh", "mine\n");
    env.git(&["add", "staged", "fresh"]);
    env.write("staged", "mine, and more\n");
    env.write("untracked", "mine\n");
    let (status, staged) = (env.git(&["status", "--porcelain"]), env.git(&["diff", "--cached"]));
    env.run(&["merge", "api"]).exits(0);
    assert_eq!(env.git(&["status", "--porcelain"]), status);
    assert_eq!(env.git(&["diff", "--cached"]), staged);
    assert_eq!(std::fs::read_to_string(env.repo().join("file")).unwrap(), "two\n");
    assert_eq!(std::fs::read_to_string(env.repo().join("staged")).unwrap(), "mine, and more\n");
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["status", "--porcelain"]), status);
    assert_eq!(std::fs::read_to_string(env.repo().join("file")).unwrap(), "one\n");
    env.assert_sound();
}

#[test]
fn what_is_in_the_way_in_the_target_is_named() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n"), ("file", "two\n"), ("dir/deep", "1\n")]);
    write(&tree.join("a.log"), "1\n");
    env.git_in(&tree, &["add", "-f", "a.log"]);
    env.git_in(&tree, &["commit", "-q", "-m", "ignored"]);
    env.write("file", "mine\n");
    env.write("new", "mine\n");
    env.write("a.log", "mine\n");
    env.write("dir", "a file where a directory goes\n");
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    --- stderr
    error: [DIR]/repo holds changes to files that would be overwritten
    caused by: a.log
    caused by: dir
    caused by: file
    caused by: new
    hint: commit or move these first: git -C [DIR]/repo status --ignored
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--dry-run"]), @"
    --- stderr
    error: [DIR]/repo holds changes to files that would be overwritten
    caused by: a.log
    caused by: dir
    caused by: file
    caused by: new
    hint: commit or move these first: git -C [DIR]/repo status --ignored
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--json"]), @r#"
    {
      "command": "merge",
      "error": {
        "causes": [
          "a.log",
          "dir",
          "file",
          "new"
        ],
        "hints": [
          "commit or move these first: git -C [DIR]/repo status --ignored"
        ],
        "kind": "refused",
        "message": "[DIR]/repo holds changes to files that would be overwritten"
      },
      "schema": 1
    }
    --- exit 1
    "#);
    for path in ["new", "a.log", "dir"] {
        std::fs::remove_file(env.repo().join(path)).unwrap();
    }
    // Staged as it will be is a change all the same.
    env.write("file", "two\n");
    env.git(&["add", "file"]);
    env.refused(1, &["merge", "api"]);
    env.git(&["reset", "-q", "--hard"]);
    env.run(&["merge", "api"]).exits(0);
    env.assert_sound();
}

#[test]
fn a_conflict_names_files_and_kinds_and_changes_nothing() {
    let env = Env::new();
    env.write("gone", "1\n2\n3\n");
    env.commit("more");
    let tree = env.task("api", &[("file", "theirs\n"), ("both", "theirs\n")]);
    std::fs::remove_file(tree.join("gone")).unwrap();
    env.commit_in(&tree, "remove");
    env.write("file", "ours\n");
    env.write("both", "ours\n");
    env.write("gone", "1\n2\n3\n4\n");
    env.commit("ours");
    insta::assert_snapshot!(env.refused(3, &["merge", "api"]), @"
    ✗ api  conflict: 3 files conflict with main
        both (add-add)
        file (content)
        gone (modify-delete)
    --- stderr
    ↳ solve it where the task is: windrow merge api --resolve
    --- exit 3
    ");
    insta::assert_snapshot!(env.refused(3, &["merge", "api", "--json"]), @r#"
    {
      "command": "merge",
      "digest": "630c3fbf6f0d0081",
      "into": "main",
      "landed": [],
      "new": "ae58bfd0837b5482ce30ea7c09f56d0a12177f47",
      "old": "ae58bfd0837b5482ce30ea7c09f56d0a12177f47",
      "rejected": [
        {
          "conflicts": [
            {
              "kind": "add-add",
              "path": "both"
            },
            {
              "kind": "content",
              "path": "file"
            },
            {
              "kind": "modify-delete",
              "path": "gone"
            }
          ],
          "detail": "3 files conflict with main",
          "paths": [],
          "reason": "conflict",
          "task": "api"
        }
      ],
      "schema": 1
    }
    --- exit 3
    "#);
    insta::assert_snapshot!(env.refused(3, &["merge", "api", "--dry-run"]), @"
    ✗ api  conflict: 3 files conflict with main
        both (add-add)
        file (content)
        gone (modify-delete)
    --- stderr
    ↳ solve it where the task is: windrow merge api --resolve
    --- exit 3
    ");
    env.refused(3, &["merge", "api", "--strategy", "squash"]);
    // The way out that is told works.
    env.command("git", &tree).args(["merge", "-q", "-X", "ours", "main"]).output().unwrap();
    env.git_in(&tree, &["rm", "-q", "gone"]);
    env.git_in(&tree, &["commit", "-q", "-m", "solved"]);
    env.run(&["merge", "api"]).exits(0);
    env.assert_sound();
}

#[test]
fn only_commits_land() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    write(&tree.join("untracked"), "1\n");
    write(&tree.join("file"), "edited\n");
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    ✗ api  dirty: uncommitted in its worktree: 1 unstaged, 1 untracked
        file
        untracked
    --- stderr
    ↳ commit it with the landing: windrow merge api --commit
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--json"]), @r#"
    {
      "command": "merge",
      "digest": "163cb9944287d3e4",
      "into": "main",
      "landed": [],
      "new": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
      "old": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
      "rejected": [
        {
          "conflicts": [],
          "detail": "uncommitted in its worktree: 1 unstaged, 1 untracked",
          "paths": [
            "file",
            "untracked"
          ],
          "reason": "dirty",
          "task": "api"
        }
      ],
      "schema": 1
    }
    --- exit 1
    "#);
    let idle = env.task("idle", &[]);
    write(&idle.join("untracked"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["merge", "idle"]), @"
    ✗ idle  dirty: uncommitted in its worktree: 1 untracked
        untracked
    --- stderr
    ↳ commit it with the landing: windrow merge idle --commit
    --- exit 1
    ");
    std::fs::write(env.repo().join(".git/worktrees/api/index"), "junk").unwrap();
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    ✗ api  needs-attention: cannot read the status of [DIR]/repo.worktrees/api: failed to read
           index: '[DIR]/repo/.git/worktrees/api/index' no longer exists
    --- stderr
    ↳ windrow status api
    --- exit 1
    ");
}

#[test]
fn several_and_all() {
    let env = Env::new();
    env.task("a", &[("a", "1\n")]);
    env.task("b", &[("b", "1\n"), ("file", "b\n")]);
    env.task("c", &[("c", "1\n"), ("file", "c\n")]);
    let dirty = env.task("d", &[("d", "1\n")]);
    write(&dirty.join("left"), "1\n");
    env.task("e", &[]);
    insta::assert_snapshot!(env.refused(1, &["merge", "--all"]), @"
    --- stderr
    error: this needs consent, and there is no terminal to ask on; nothing was changed
    hint: add --yes, or name the tasks; --dry-run shows what would be done
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(2, &["merge", "--all", "a"]), @"
    --- stderr
    error: the argument '--all' cannot be used with '[NAME]...'

    Usage: windrow merge --all [NAME]...

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["merge"]), @"
    --- stderr
    error: name a task
    hint: windrow merge NAME
    hint: windrow status
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(3, &["merge", "--all", "--dry-run"]), @"
    ○ a  would land in main (merge commit)
    ○ b  would land in main (merge commit)
    ✗ c  conflict: 1 file conflicts with main
        file (content)
    ✗ d  dirty: uncommitted in its worktree: 1 untracked
        left
    --- stderr
    ↳ solve it where the task is: windrow merge c --resolve
    ↳ commit it with the landing: windrow merge d --commit
    ↳ exactly this: the same with --expect 0fb14f0289b5c8ed
    --- exit 3
    ");
    insta::assert_snapshot!(env.run(&["merge", "--all", "-y"]), @"
    ✓ a  landed in main as c8989c6c5 (merge commit)
    ✓ b  landed in main as c3e4719ce (merge commit)
    ✗ c  conflict: 1 file conflicts with main
        file (content)
    ✗ d  dirty: uncommitted in its worktree: 1 untracked
        left
    --- stderr
    ↳ solve it where the task is: windrow merge c --resolve
    ↳ commit it with the landing: windrow merge d --commit
    --- exit 3
    ");
    assert_eq!(files(&env, "main"), ".gitignore\na\nb\nfile\nsrc/lib.rs");
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary              Tasks
    [ID]   [T]  merge    landed a, b in main  a b
    [ID]   [T]  start    started e            e
    [ID]   [T]  start    started d            d
    [ID]   [T]  start    started c            c
    [ID]   [T]  start    started b            b
    [ID]   [T]  start    started a            a
    ");
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: landed a, b in main
      move branch main from c3e4719ce to 75ed618c4, checked out at [DIR]/repo
    ");
    assert_eq!(files(&env, "main"), ".gitignore\nfile\nsrc/lib.rs");
    insta::assert_snapshot!(env.run(&["merge", "d", "a"]), @"
    ✓ a  landed in main as c8989c6c5 (merge commit)
    ✗ d  dirty: uncommitted in its worktree: 1 untracked
        left
    --- stderr
    ↳ commit it with the landing: windrow merge d --commit
    --- exit 4
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "a", "nope"]), @"
    --- stderr
    error: no task is named `nope`
    hint: windrow status
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn a_base_that_is_a_task_lands_in_the_root_of_the_chain() {
    let env = Env::new();
    let below = env.task("below", &[("below", "1\n")]);
    env.run_in(&below, &["start", "above"]).exits(0);
    let above = env.worktree("above");
    write(&above.join("above"), "1\n");
    env.commit_in(&above, "work");
    insta::assert_snapshot!(env.run(&["merge", "above"]), @"✓ above  landed in main as e1092d9e1 (merge commit)");
    assert_eq!(files(&env, "main"), ".gitignore\nabove\nbelow\nfile\nsrc/lib.rs");
    insta::assert_snapshot!(env.run(&["merge", "below"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
    env.run(&["undo"]).exits(0);
    // Squashed one after the other: the second brings only its own.
    insta::assert_snapshot!(env.run(&["merge", "below", "above", "--strategy", "squash"]), @"
    ✓ below  landed in main as 303042c84 (squashed)
    ✓ above  landed in main as 023f34466 (squashed)
    ");
    assert_eq!(env.git(&["diff", "--name-only", "main~1", "main"]), "above");
    insta::assert_snapshot!(env.run(&["clean", "-y"]), @"
    ✓ removed below  landed as a squash
    ✓ removed above  landed as a squash
    ○ 2 tasks removed, 0 kept
    ");
    env.assert_sound();
}

#[test]
fn a_task_on_a_task_that_is_turned_away_is_held_back() {
    let env = Env::new();
    let below = env.task("below", &[("file", "below\n")]);
    env.run_in(&below, &["start", "above"]).exits(0);
    write(&env.worktree("above").join("above"), "1\n");
    env.commit_in(&env.worktree("above"), "work");
    env.task("other", &[("other", "1\n")]);
    write(&below.join("left"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["merge", "above", "below"]), @"
    ✗ above  held-back: `below`, which it stands on, was not landed
    ✗ below  dirty: uncommitted in its worktree: 1 untracked
        left
    --- stderr
    ↳ commit it with the landing: windrow merge below --commit
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["merge", "--all", "-y"]), @"
    ✓ other  landed in main as 7d9ece814 (merge commit)
    ✗ below  dirty: uncommitted in its worktree: 1 untracked
        left
    ✗ above  held-back: `below`, which it stands on, was not landed
    --- stderr
    ↳ commit it with the landing: windrow merge below --commit
    --- exit 4
    ");
    std::fs::remove_file(below.join("left")).unwrap();
    insta::assert_snapshot!(env.run(&["merge", "above", "below"]), @"
    ✓ below  landed in main as dea21329a (merge commit)
    ✓ above  landed in main as 42d372a4c (merge commit)
    ");
    env.assert_sound();
}

#[test]
fn where_to() {
    let env = Env::new();
    env.git(&["branch", "dev"]);
    env.task("a", &[("a", "1\n")]);
    env.run(&["start", "b", "--base", "dev"]).exits(0);
    write(&env.worktree("b").join("b"), "1\n");
    env.commit_in(&env.worktree("b"), "work");
    insta::assert_snapshot!(env.refused(1, &["merge", "a", "b"]), @"
    --- stderr
    error: these tasks go back to different branches: main, dev
    hint: say which: windrow merge --into BRANCH
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "a", "--into", "nope"]), @"
    --- stderr
    error: there is no branch `nope`
    hint: git branch
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["merge", "a", "--into", "a b"]), @r#"
    --- stderr
    error: "a b" is not a valid branch name: it holds a space, a control character or one of ~ ^ : ? * [ \
    hint: a name that would do: a-b
    --- exit 1
    "#);
    insta::assert_snapshot!(env.refused(0, &["merge", "a", "--into", "a"]), @"
    --- stderr
    ○ nothing to land: everything is in a already
    ");
    insta::assert_snapshot!(env.run(&["merge", "a", "b", "--into", "dev"]), @"
    ✓ a  landed in dev as 1e479073c (merge commit)
    ✓ b  landed in dev as 3808a93c8 (merge commit)
    ");
    insta::assert_snapshot!(env.git(&["log", "--format=%s", "dev"]), @"
    Merge branch 'b' into dev
    Merge branch 'a' into dev
    work
    first
    work on a
    ");
    assert_eq!(files(&env, "main"), ".gitignore\nfile\nsrc/lib.rs");
    env.git(&["branch", "-q", "-D", "dev"]);
    env.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    write(&env.worktree("b").join("b"), "2\n");
    env.commit_in(&env.worktree("b"), "more");
    insta::assert_snapshot!(env.refused(1, &["merge", "b"]), @"
    --- stderr
    error: there is no branch `dev`
    hint: git branch
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn a_task_without_a_commit_has_no_say_in_where_all_go() {
    let env = Env::new();
    env.git(&["branch", "dev"]);
    env.run(&["start", "fresh", "--base", "dev"]).exits(0);
    insta::assert_snapshot!(env.refused(0, &["merge", "--all", "-y"]), @"
    --- stderr
    ○ nothing to land: no task has a commit of its own
    ");
    env.task("api", &[("new", "1\n")]);
    insta::assert_snapshot!(env.run(&["merge", "--all", "-y"]), @"✓ api  landed in main as 730fb3b7d (merge commit)");
}

#[test]
fn a_target_in_the_middle_of_something() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    env.git(&["checkout", "-q", "-b", "side"]);
    env.write("file", "side\n");
    env.commit("side");
    env.git(&["checkout", "-q", "main"]);
    env.write("file", "main\n");
    env.commit("main");
    let git = |arguments: &[&str]| {
        drop(env.command("git", &env.repo()).args(arguments).output().unwrap());
    };
    git(&["merge", "-q", "side"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    --- stderr
    error: a merge is in progress in [DIR]/repo
    hint: finish or abort it first: git -C [DIR]/repo status
    --- exit 1
    ");
    git(&["merge", "--abort"]);
    git(&["rebase", "-q", "side"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    --- stderr
    error: main is being rebased in [DIR]/repo
    hint: git -C [DIR]/repo status
    --- exit 1
    ");
    git(&["rebase", "--abort"]);
    git(&["cherry-pick", "side"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    --- stderr
    error: a cherry-pick is in progress in [DIR]/repo
    hint: finish or abort it first: git -C [DIR]/repo status
    --- exit 1
    ");
    git(&["cherry-pick", "--abort"]);
    env.run(&["merge", "api"]).exits(0);
    env.assert_sound();
}

#[test]
fn histories_without_a_common_commit() {
    let env = Env::new();
    let tree = env.task("api", &[]);
    env.git_in(&tree, &["checkout", "-q", "--orphan", "new-root"]);
    write(&tree.join("file"), "of another world\n");
    env.commit_in(&tree, "another root");
    env.git_in(&tree, &["branch", "-q", "-M", "new-root", "api"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    ✗ api  needs-attention: `api` and main have no commit in common
    --- stderr
    ▲ no forecast: 75ed618c4 and 5db06d507 have no commit in common
    ↳ windrow status api
    --- exit 1
    ");
    env.task("other", &[("new", "1\n")]);
    insta::assert_snapshot!(env.refused(0, &["status"]), @"
    Task   State   Commits  Lines  Merge  Base  Age
    api    ○ idle  ↑1 ↓1    +1 −1  ?      main   [T]
    other  ○ idle  ↑1       +1     clean  main   [T]

    ○ 2 tasks: 2 idle
    --- stderr
    ▲ no forecast: 75ed618c4 and 5db06d507 have no commit in common
    ");
    env.refused(0, &["diff", "api"]);
    insta::assert_snapshot!(env.run(&["merge", "--all", "-y"]), @"
    ✓ other  landed in main as bb7453c88 (merge commit)
    ✗ api    needs-attention: `api` and main have no commit in common
    --- stderr
    ▲ no forecast: 75ed618c4 and 5db06d507 have no commit in common
    ↳ windrow status api
    --- exit 4
    ");
}

#[test]
fn a_branch_that_is_gone() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    env.git(&["update-ref", "-d", "refs/heads/api"]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    --- stderr
    error: the branch `api` of `api` is gone
    hint: windrow clean api
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(0, &["merge", "--all", "-y"]), @"
    --- stderr
    ○ nothing to land: no task has a commit of its own
    ");
    env.refused(0, &["status"]);
}

#[test]
fn nothing_at_all() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(0, &["merge", "--all"]), @"
    --- stderr
    ○ nothing to land: no task has a commit of its own
    ");
    insta::assert_snapshot!(env.refused(0, &["merge", "--all", "--json"]), @r#"
    {
      "command": "merge",
      "into": null,
      "landed": [],
      "rejected": [],
      "schema": 1
    }
    "#);
    env.task("api", &[]);
    insta::assert_snapshot!(env.refused(0, &["merge", "api"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
    insta::assert_snapshot!(env.refused(0, &["merge", "api", "--json"]), @r#"
    {
      "command": "merge",
      "digest": "163cb9944287d3e4",
      "into": "main",
      "landed": [],
      "new": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
      "old": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
      "rejected": [],
      "schema": 1
    }
    "#);
}

#[test]
fn without_an_identity() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    std::fs::write(env.dir().join("home/.gitconfig"), "[user]\n\tuseConfigOnly = true\n").unwrap();
    insta::assert_snapshot!(env.refused(1, &["merge", "api"]), @"
    --- stderr
    error: no identity to commit with: no email was given and auto-detection is disabled
    hint: git config --global user.name 'Your Name'
    hint: git config --global user.email you@example.com
    --- exit 1
    ");
    env.run(&["merge", "api", "--strategy", "ff"]).exits(0);
}

#[test]
fn the_document() {
    let env = Env::new();
    env.task("a", &[("a", "1\n")]);
    let planned = env.refused(0, &["merge", "a", "--json", "--dry-run"]).json();
    assert_eq!((&planned["dry-run"], &planned["landed"][0]["task"]), (&true.into(), &"a".into()));
    assert_eq!(planned.get("operation"), None);
    insta::assert_snapshot!(env.run(&["merge", "a", "--json"]), @r#"
    {
      "command": "merge",
      "into": "main",
      "landed": [
        {
          "commit": "c8989c6c52e6a54bea7135c130e509a0bde21968",
          "into": "main",
          "strategy": "merge",
          "task": "a",
          "tip": "945a12f021316339213218e5bac2ac1a075eece3"
        }
      ],
      "new": "c8989c6c52e6a54bea7135c130e509a0bde21968",
      "old": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
      "operation": "[ID]",
      "rejected": [],
      "schema": 1
    }
    "#);
}
