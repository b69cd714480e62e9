//! `status`: every task with what git and the records know of it.

use crate::env::{Env, write};

/// Tasks in many states: idle, dirty in every way, ahead, behind, in conflict, integrated in every way, missing.
fn many() -> Env {
    let env = Env::new();
    env.run(&["start", "idle", "dirty", "behind", "conflict", "landed", "squashed", "missing", "locked"])
        .exits(0);
    let commit = |name: &str, path: &str, content: &str| {
        write(&env.worktree(name).join(path), content);
        env.commit_in(&env.worktree(name), "work");
    };
    commit("landed", "landed", "1\n");
    commit("squashed", "squashed", "1\n");
    commit("squashed", "squashed", "2\n");
    commit("conflict", "file", "theirs\n");
    env.run(&["merge", "landed"]).exits(0);
    env.run(&["merge", "squashed", "--strategy", "squash"]).exits(0);
    env.write("file", "ours\n");
    env.commit("ours");
    let dirty = env.worktree("dirty");
    write(&dirty.join("staged"), "1\n");
    env.git_in(&dirty, &["add", "staged"]);
    write(&dirty.join("file"), "edited\n");
    write(&dirty.join("new/untracked"), "1\n");
    std::fs::remove_dir_all(env.worktree("missing")).unwrap();
    env.git(&["worktree", "lock", "--reason", "on a stick", env.worktree("locked").to_str().unwrap()]);
    let other = env.dir().join("other");
    env.git(&["worktree", "add", "-q", "-b", "hotfix", other.to_str().unwrap()]);
    env.git(&["worktree", "lock", "--reason", "mine", other.to_str().unwrap()]);
    env.git(&["worktree", "add", "-q", "--detach", env.dir().join("loose").to_str().unwrap()]);
    env
}

#[test]
fn widths() {
    let env = many();
    insta::assert_snapshot!(env.refused(0, &["status"]), @"
    Task      State   Changes                            Commits  Lines  Merge             Base  Age
    behind    ○ idle                                     ↓4              up to date        main   [T]
    conflict  ○ idle                                     ↑1 ↓4    +1 −1  conflict: 1 file  main   [T]
    dirty     ○ idle  1 staged, 1 unstaged, 1 untracked  ↓4       +3 −1  conflict: 1 file  main   [T]
    idle      ○ idle                                     ↓4              up to date        main   [T]
    landed    ○ idle                                     ↓3              landed            main   [T]
    locked    ○ idle                                     ↓4              up to date        main   [T]
    missing   ○ idle  missing                            ↓4              up to date        main   [T]
    squashed  ○ idle                                     ↑2 ↓4    +1     landed (squash)   main   [T]

    ○ 8 tasks: 8 idle, 1 dirty, 2 in conflict
    ○ locked: locked: on a stick
    ▲ missing: no worktree at ../repo.worktrees/missing
    ▲ conflict and dirty conflict with each other
      ↳ windrow forecast conflict dirty

    Other worktrees  Branch
    ../loose         (detached)
    ../other         hotfix      locked: mine
    ");
    let at = |columns: &str| {
        let output = env.windrow(&env.repo()).env("COLUMNS", columns).arg("ls").output().unwrap();
        env.ran(&output).exits(0)
    };
    insta::assert_snapshot!(at("80"), @"
    Task      State   Changes  Commits  Lines  Merge             Base  Age
    behind    ○ idle           ↓4              up to date        main   [T]
    conflict  ○ idle           ↑1 ↓4    +1 −1  conflict: 1 file  main   [T]
    dirty     ○ idle  3 dirty  ↓4       +3 −1  conflict: 1 file  main   [T]
    idle      ○ idle           ↓4              up to date        main   [T]
    landed    ○ idle           ↓3              landed            main   [T]
    locked    ○ idle           ↓4              up to date        main   [T]
    missing   ○ idle  missing  ↓4              up to date        main   [T]
    squashed  ○ idle           ↑2 ↓4    +1     landed (squash)   main   [T]

    ○ 8 tasks: 8 idle, 1 dirty, 2 in conflict
    ○ locked: locked: on a stick
    ▲ missing: no worktree at ../repo.worktrees/missing
    ▲ conflict and dirty conflict with each other
      ↳ windrow forecast conflict dirty

    Other worktrees  Branch
    ../loose         (detached)
    ../other         hotfix      locked: mine
    ");
    insta::assert_snapshot!(at("40"), @"
    Task      State   Changes
    behind    ○ idle
    conflict  ○ idle
    dirty     ○ idle  3 dirty
    idle      ○ idle
    landed    ○ idle
    locked    ○ idle
    missing   ○ idle  missing
    squashed  ○ idle

    ○ 8 tasks: 8 idle, 1 dirty, 2 in
      conflict
      not shown for want of width: base,
      age, lines, commits, merge
    ○ locked: locked: on a stick
    ▲ missing: no worktree at ../repo.worktrees/missing
    ▲ conflict and dirty conflict with each
      other
      ↳ windrow forecast conflict dirty

    Other worktrees  Branch
    ../loose         (detached)
    ../other         hotfix
    ");
    for columns in ["80", "60"] {
        let (shown, limit) = (at(columns), columns.parse().unwrap());
        assert!(shown.stdout.lines().all(|line| line.chars().count() <= limit), "{shown}");
    }
    for columns in ["20", "1", "0", "x"] {
        assert!(at(columns).stdout.contains("conflict"), "{columns}");
    }
    let ascii = env.windrow(&env.repo()).env("LANG", "C").arg("status").output().unwrap();
    assert!(ascii.stdout.is_ascii(), "{}", env.ran(&ascii));
}

#[test]
fn some_and_from_inside() {
    let env = many();
    insta::assert_snapshot!(env.refused(0, &["status", "dirty", "idle"]), @"
    Task   State   Changes                            Commits  Lines  Merge             Base  Age
    dirty  ○ idle  1 staged, 1 unstaged, 1 untracked  ↓4       +3 −1  conflict: 1 file  main   [T]
    idle   ○ idle                                     ↓4              up to date        main   [T]

    ○ 2 tasks: 2 idle, 1 dirty, 1 in conflict
    ▲ dirty and conflict conflict with each other
      ↳ windrow forecast dirty conflict
    ");
    insta::assert_snapshot!(env.refused_in(&env.worktree("dirty").join("new"), 0, &["status", "@"]), @"
       Task   State   Changes                            Commits  Lines  Merge             Base  Age
    @  dirty  ○ idle  1 staged, 1 unstaged, 1 untracked  ↓4       +3 −1  conflict: 1 file  main   [T]

    ○ 1 task: 1 idle, 1 dirty, 1 in conflict
    ▲ dirty and conflict conflict with each other
      ↳ windrow forecast dirty conflict
    ");
    insta::assert_snapshot!(env.refused(1, &["status", "nope"]), @"
    --- stderr
    error: no task is named `nope`
    hint: windrow status
    --- exit 1
    ");
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let env = many();
    let document = env.refused(0, &["status", "--json"]).json();
    let task = |name: &str| {
        let tasks = document["tasks"].as_array().unwrap();
        tasks.iter().find(|task| task["name"] == name).unwrap_or_else(|| panic!("{name}: {document:#}"))
    };
    for name in ["idle", "dirty", "behind", "conflict", "landed", "squashed", "missing", "locked"] {
        for field in [
            "name",
            "branch",
            "base",
            "start-point",
            "worktree",
            "head",
            "state",
            "ahead",
            "behind",
            "dirt",
            "diff",
            "merge",
            "conflicts-with",
            "integrated",
        ] {
            assert!(task(name).get(field).is_some(), "{name} has no {field}");
        }
        assert_eq!(task(name)["state"], "idle");
    }
    assert_eq!(
        task("dirty")["dirt"],
        serde_json::json!({"staged": 1, "unstaged": 1, "untracked": 1, "unmerged": 0})
    );
    assert_eq!(task("dirty")["diff"], serde_json::json!({"files": 3, "insertions": 3, "deletions": 1}));
    assert_eq!(task("landed")["integrated"], "ancestor");
    assert_eq!(task("squashed")["integrated"], "squash");
    assert_eq!(task("idle")["integrated"], false);
    assert_eq!(task("conflict")["merge"]["outcome"], "conflict");
    assert_eq!(
        task("conflict")["merge"]["conflicts"],
        serde_json::json!([{"path": "file", "kind": "content"}])
    );
    assert_eq!((&task("conflict")["ahead"], &task("conflict")["behind"]), (&1.into(), &4.into()));
    assert_eq!(task("missing")["dirt"], serde_json::Value::Null);
    assert_eq!(task("idle")["head"], env.git(&["rev-parse", "idle"]));
    assert_eq!(task("idle")["merge"]["outcome"], "up-to-date");
    insta::assert_snapshot!(format!("{:#}", document["foreign"]).replace(&env.dir().display().to_string(), "[DIR]"), @r#"
    [
      {
        "locked": false,
        "made-by": null,
        "path": "[DIR]/loose"
      },
      {
        "branch": "hotfix",
        "locked": true,
        "made-by": null,
        "path": "[DIR]/other",
        "reason": "mine"
      }
    ]
    "#);
}

#[test]
fn an_index_in_conflict_and_a_detached_head() {
    let env = Env::new();
    let tree = env.task("api", &[("file", "theirs\n")]);
    env.write("file", "ours\n");
    env.commit("ours");
    assert!(!env.command("git", &tree).args(["merge", "main"]).output().unwrap().status.success());
    let detached = env.task("loose", &[]);
    env.git_in(&detached, &["checkout", "-q", "--detach"]);
    env.git_in(&detached, &["commit", "-q", "--allow-empty", "-m", "on no branch"]);
    insta::assert_snapshot!(env.refused(0, &["status"]), @"
    Task   State   Changes     Commits  Lines  Merge             Base  Age
    api    ○ idle  1 unmerged  ↑1 ↓1    +5 −1  conflict: 1 file  main   [T]
    loose  ○ idle                              up to date        main   [T]

    ○ 2 tasks: 2 idle, 1 dirty, 1 in conflict
    ▲ api: a merge is in progress
    ▲ loose: HEAD is detached at 11c613a9e, not on branch loose
    ▲ api and loose conflict with each other
      ↳ windrow forecast api loose
    ");
}

#[test]
fn a_broken_worktree_is_said_and_spoils_no_other() {
    let env = Env::new();
    env.run(&["start", "a", "b", "c", "d"]).exits(0);
    std::fs::write(env.worktree("a").join(".git"), "junk").unwrap();
    std::fs::write(env.repo().join(".git/worktrees/b/HEAD"), "junk").unwrap();
    std::fs::write(env.repo().join(".git/worktrees/c/index"), "junk").unwrap();
    insta::assert_snapshot!(env.refused(0, &["status"]), @"
    Task  State   Changes  Merge       Base  Age
    a     ○ idle           up to date  main   [T]
    b     ○ idle  ?        up to date  main   [T]
    c     ○ idle  ?        up to date  main   [T]
    d     ○ idle           up to date  main   [T]

    ○ 4 tasks: 4 idle
    ▲ b: HEAD is neither a ref nor an object id
    ▲ c: cannot read the status of [DIR]/repo.worktrees/c: failed to read index: '[DIR]/repo/.git/worktrees/c/index' no longer exists
    ");
    insta::assert_snapshot!(env.run(&["clean", "a", "b", "c"]), @"
    ▲ kept    a  [DIR]/repo.worktrees/a is not the worktree it should be: the .git of its root
                 is not git's file: it does not begin with gitdir:
    ▲ kept    b  cannot read the status of [DIR]/repo.worktrees/b: corrupted loose reference
                 file: HEAD
    ▲ kept    c  cannot read the status of [DIR]/repo.worktrees/c: failed to read index:
                 '[DIR]/repo/.git/worktrees/c/index' no longer exists
    ○ 0 tasks removed, 3 kept
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["clean", "d"]), @"
    ✓ removed d  no commit since it was started, nothing uncommitted
    ○ 1 task removed, 0 kept
    ");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let env = many();
    let mut child =
        env.windrow(&env.repo()).arg("status").stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
