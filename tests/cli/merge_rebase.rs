//! `merge --strategy rebase`: what it makes is what `git rebase` makes, and what stands on it follows.

use crate::env::{Env, write};

/// Commits one file in a worktree.
fn add(env: &Env, dir: &std::path::Path, path: &str, content: &str) {
    write(&dir.join(path), content);
    env.commit_in(dir, &format!("{path}: {}", content.trim()));
}

/// Gives the trees, authors and messages of what a branch has that another lacks, oldest first.
fn series(env: &Env, from: &str, to: &str) -> String {
    let format = "--format=%T %an <%ae> %ad%n%B";
    env.git(&["log", "--reverse", "--date=raw", format, &format!("{from}..{to}")])
}

/// Rebases a copy of a branch with git onto `main` and gives its series.
fn by_git(env: &Env, branch: &str) -> String {
    let tree = env.dir().join("by-git");
    env.git(&["worktree", "add", "-q", "-b", "by-git", tree.to_str().unwrap(), branch]);
    env.git_in(&tree, &["rebase", "-q", "main"]);
    let series = series(env, "main", "by-git");
    env.git(&["worktree", "remove", "--force", tree.to_str().unwrap()]);
    env.git(&["branch", "-q", "-D", "by-git"]);
    series
}

#[test]
fn each_commit_is_made_again_as_git_would() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    let author = ["-c", "user.name=Ann \"A\" Ölsen", "-c", "user.email=ann@example.org"];
    write(&tree.join("new"), "2\n");
    let dated = ["commit", "-q", "-a", "--date=1700000000 +0530", "-m", "Größer\n\n  body\n\n\nTrailer: x"];
    env.git_in(&tree, &[author.as_slice(), dated.as_slice()].concat());
    add(&env, &tree, "same", "1\n");
    env.git_in(&tree, &["commit", "-q", "--allow-empty", "-m", "meant to be empty"]);
    add(&env, &tree, "gone", "1\n");
    // Main gets one of its changes as a commit of its own, and another as a part of a bigger one.
    env.git(&["cherry-pick", "api~2"]);
    env.write("gone", "1\n");
    env.write("meanwhile", "1\n");
    env.commit("meanwhile");
    // The branch merges main: git leaves the merge out.
    env.git(&["branch", "before"]);
    env.git_in(&tree, &["merge", "-q", "-m", "merged", "main~1"]);
    add(&env, &tree, "last", "1\n");
    let (old, expected, tip) =
        (env.git(&["rev-parse", "main"]), by_git(&env, "api"), env.git(&["rev-parse", "api"]));
    insta::assert_snapshot!(env.run(&["merge", "api", "--strategy", "rebase"]), @"✓ api  landed in main as 74521efdb (rebased)");
    assert_eq!(series(&env, &old, "main"), expected);
    insta::assert_snapshot!(env.git(&["log", "--format=%s, %an, %cn, %p", &format!("{old}..main")]), @r#"
    last: 1, Test, Test, b9c8fbb
    meant to be empty, Test, Test, c3e5867
    Größer, Ann "A" Ölsen, Test, f346192
    work on api, Test, Test, 407dcb1
    "#);
    assert_eq!(env.git(&["rev-list", "--count", "--merges", &format!("{old}..main")]), "0");
    assert_eq!(env.git(&["rev-parse", "api"]), tip, "the branch stays");
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    insta::assert_snapshot!(env.run(&["status"]), @"
    Task  State   Commits  Lines  Merge            Base  Age
    api   ○ idle  ↑7 ↓5    +3     landed (rebase)  main   [T]

    ○ 1 task: 1 idle
    ");
    insta::assert_snapshot!(env.run(&["merge", "api"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["rev-parse", "main"]), old);
    env.run(&["merge", "api", "--strategy", "rebase"]).exits(0);
    insta::assert_snapshot!(env.run(&["clean", "api"]), @"
    ✓ removed api  landed as a rebase
    ○ 1 task removed, 0 kept
    ");
    env.assert_sound();
}

#[test]
fn what_stands_where_it_should_is_taken_as_it_is() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    env.run(&["merge", "api", "--strategy", "rebase"]).exits(0);
    assert_eq!(env.git(&["rev-parse", "main"]), env.git(&["rev-parse", "api"]));
}

#[test]
fn a_conflict_names_the_commit_and_nothing_of_the_task_lands() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    add(&env, &tree, "file", "theirs\n");
    env.write("file", "ours\n");
    env.commit("ours");
    insta::assert_snapshot!(env.refused(3, &["merge", "api", "--strategy", "rebase"]), @r#"
    ✗ api  conflict: 1 file conflicts with main in commit 5b985645e (file: theirs)
        file (content)
    --- stderr
    ↳ solve it where the task is: git -C "$(windrow path api)" rebase main
    --- exit 3
    "#);
    insta::assert_snapshot!(env.refused(2, &["merge", "api", "--resolve", "--strategy", "rebase"]), @"
    --- stderr
    error: a conflict is solved in a merge commit, which a rebase would leave out
    hint: windrow merge api --resolve --strategy squash
    --- exit 2
    ");
    // The way out that is told works.
    env.command("git", &tree).args(["rebase", "-q", "-X", "theirs", "main"]).output().unwrap();
    env.run(&["merge", "api", "--strategy", "rebase"]).exits(0);
    assert_eq!(env.git(&["show", "main:file"]), "theirs");
    env.assert_sound();
}

#[test]
fn the_text_of_a_commit_that_nobody_can_read() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    env.write("meanwhile", "1\n");
    env.commit("meanwhile");
    let raw = env.git_in(&tree, &["cat-file", "commit", "HEAD"]);
    let (head, _) = raw.split_once("\n\n").unwrap();
    let text = format!("{head}\n\nGr");
    let file = env.dir().join("commit");
    std::fs::write(&file, [text.as_bytes(), b"\xfc\xdfe\n"].concat()).unwrap();
    let commit = env.git(&["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]);
    env.git_in(&tree, &["reset", "-q", "--hard", &commit]);
    insta::assert_snapshot!(env.refused(1, &["merge", "api", "--strategy", "rebase"]), @"
    ✗ api  needs-attention: the text of commit 6308635e3 is not UTF-8 and says no encoding
    --- stderr
    ↳ windrow status api
    --- exit 1
    ");
}

/// A child begins at its parent's tip; the parent lands as other commits; the child's own work alone is replayed.
#[test]
fn children_of_what_was_rewritten_are_replayed() {
    for strategy in ["squash", "rebase"] {
        for together in [true, false] {
            let env = Env::new();
            let parent = env.task("parent", &[("file", "parent\n")]);
            add(&env, &parent, "file", "parent, more\n");
            env.run(&["start", "child", "--base", "parent"]).exits(0);
            let child = env.worktree("child");
            add(&env, &child, "file", "child\n");
            env.write("meanwhile", "1\n");
            env.commit("meanwhile");
            let (tip, old) = (env.git(&["rev-parse", "child"]), env.git(&["rev-parse", "main"]));
            if together {
                env.run(&["merge", "child", "parent", "--strategy", strategy]).exits(0);
            } else {
                env.run(&["merge", "parent", "--strategy", strategy]).exits(0);
                env.write("file", "parent, more\nand main\n");
                env.commit("main goes on");
                env.git(&["revert", "--no-edit", "HEAD"]);
                env.run(&["merge", "child", "--strategy", strategy]).exits(0);
            }
            assert_eq!(env.git(&["show", "main:file"]), "child", "{strategy} {together}");
            assert_eq!(env.git(&["rev-parse", "child"]), tip);
            let own = env.git(&["log", "-1", "--format=%s", "main"]);
            assert!(own.starts_with("file: child"), "{own}");
            let count = env.git(&["rev-list", "--count", &format!("{old}..main")]);
            let expected = if strategy == "squash" { 2 } else { 3 } + if together { 0 } else { 2 };
            assert_eq!(count, expected.to_string(), "{strategy} {together}");
            env.assert_sound();
        }
    }
}

#[test]
fn a_child_that_stays_is_left_alone() {
    let env = Env::new();
    env.task("parent", &[("file", "parent\n")]);
    env.run(&["start", "child", "--base", "parent"]).exits(0);
    add(&env, &env.worktree("child"), "file", "child\n");
    env.write("meanwhile", "1\n");
    env.commit("meanwhile");
    let tip = env.git(&["rev-parse", "child"]);
    env.run(&["merge", "parent", "--strategy", "rebase", "--clean"]).exits(0);
    assert_eq!(env.git(&["rev-parse", "child"]), tip);
    let status = env.run(&["status", "--json"]).json();
    assert_eq!((&status["tasks"][0]["name"], &status["tasks"][0]["base"]), (&"child".into(), &"main".into()));
    env.run(&["merge", "child", "--strategy", "merge"]).exits(0);
    assert_eq!(env.git(&["show", "main:file"]), "child");
}

/// More work on a task that was squashed lands as what is new of it.
#[test]
fn more_work_after_a_squash_is_only_what_is_new() {
    for strategy in ["squash", "rebase", "merge"] {
        let env = Env::new();
        let tree = env.task("api", &[("file", "first\n")]);
        env.run(&["merge", "api", "--strategy", "squash"]).exits(0);
        add(&env, &tree, "file", "second\n");
        env.run(&["merge", "api", "--strategy", strategy]).exits(0);
        assert_eq!(env.git(&["show", "main:file"]), "second", "{strategy}");
        env.assert_sound();
    }
}

#[test]
fn a_dry_run_leaves_no_object_behind() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    add(&env, &tree, "more", "1\n");
    env.write("meanwhile", "1\n");
    env.commit("meanwhile");
    let objects = || env.git(&["count-objects", "-v"]);
    let before = objects();
    for strategy in ["merge", "squash", "rebase"] {
        env.run(&["merge", "api", "--strategy", strategy, "--dry-run"]).exits(0);
        env.run(&["merge", "--all", "--strategy", strategy]).exits(1);
    }
    write(&tree.join("uncommitted"), "1\n");
    env.run(&["merge", "api", "--commit", "--dry-run"]).exits(0);
    assert_eq!(objects(), before);
    // The forecast is what is made.
    env.git_in(&tree, &["clean", "-qfd"]);
    let forecast = env.run(&["merge", "api", "--strategy", "rebase", "--dry-run", "--json"]).json();
    let made = env.run(&["merge", "api", "--strategy", "rebase", "--json"]).json();
    let tree_of = |document: &serde_json::Value| document["landed"][0]["strategy"].clone();
    assert_eq!(tree_of(&forecast), tree_of(&made));
    assert_eq!(forecast["landed"][0]["task"], made["landed"][0]["task"]);
}
