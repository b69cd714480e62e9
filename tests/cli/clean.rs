//! `clean`: what goes, what stays and why, and that nothing is lost.

use std::path::{Path, PathBuf};

use crate::env::{Env, write};
use crate::untouched::Everything;

/// A task whose work is in its base, so that nothing but what a test adds keeps it.
fn landed(env: &Env) -> PathBuf {
    let tree = env.task("api", &[("new", "1\n")]);
    env.run(&["merge", "api"]).exits(0);
    tree
}

#[test]
fn everything_that_is_finished() {
    let env = Env::new();
    env.run(&["start", "ancestor", "squashed", "same", "fresh", "unmerged", "dirty"]).exits(0);
    for name in ["ancestor", "squashed", "same", "unmerged"] {
        write(&env.worktree(name).join(name), "1\n");
        env.commit_in(&env.worktree(name), "work");
    }
    write(&env.worktree("dirty").join("left"), "1\n");
    env.run(&["merge", "ancestor"]).exits(0);
    env.run(&["merge", "squashed", "--strategy", "squash"]).exits(0);
    env.write("same", "1\n");
    env.commit("the same by hand");
    insta::assert_snapshot!(env.refused(0, &["clean", "--dry-run"]), @"
    ○ remove ancestor  its commits are in the base
    ○ remove same      merging it would change nothing
    ○ remove squashed  landed as a squash
    ▲ keep   dirty     1 untracked file
        left
      ↳ windrow clean dirty --discard untracked
    ▲ keep   fresh     no commit since it was started; name it to remove it
    ▲ keep   unmerged  1 commit not in the base
      ↳ windrow clean unmerged --discard unmerged
    ○ 3 tasks to remove, 3 kept
    ");
    insta::assert_snapshot!(env.refused(1, &["clean"]), @"
    --- stderr
    error: this needs consent, and there is no terminal to ask on; nothing was changed
    hint: add --yes, or name the tasks; --dry-run shows what would be done
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["clean", "-y"]), @"
    ✓ removed ancestor  its commits are in the base
    ✓ removed same      merging it would change nothing
    ✓ removed squashed  landed as a squash
    ▲ kept    dirty     1 untracked file
        left
      ↳ windrow clean dirty --discard untracked
    ▲ kept    fresh     no commit since it was started; name it to remove it
    ▲ kept    unmerged  1 commit not in the base
      ↳ windrow clean unmerged --discard unmerged
    ○ 3 tasks removed, 3 kept
    ");
    assert_eq!(env.git(&["branch", "--format=%(refname:short)"]), "dirty\nfresh\nmain\nunmerged");
    insta::assert_snapshot!(env.refused(0, &["clean"]), @"
    ▲ kept    dirty     1 untracked file
        left
      ↳ windrow clean dirty --discard untracked
    ▲ kept    fresh     no commit since it was started; name it to remove it
    ▲ kept    unmerged  1 commit not in the base
      ↳ windrow clean unmerged --discard unmerged
    ○ 0 tasks removed, 3 kept
    ");
    insta::assert_snapshot!(env.run(&["clean", "fresh"]), @"
    ✓ removed fresh  no commit since it was started, nothing uncommitted
    ○ 1 task removed, 0 kept
    ");
    insta::assert_snapshot!(env.refused(1, &["clean", "unmerged"]), @"
    ▲ kept    unmerged  1 commit not in the base
      ↳ windrow clean unmerged --discard unmerged
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["clean", "unmerged", "dirty", "--discard", "unmerged", "-y"]), @"
    ✓ removed unmerged  discarded: 1 commit not in the base
    ▲ kept    dirty     1 untracked file
        left
      ↳ windrow clean dirty --discard untracked
    ○ 1 task removed, 1 kept
    --- exit 4
    ");
    insta::assert_snapshot!(env.run(&["clean", "dirty", "--discard", "untracked", "-y"]), @"
    ✓ removed dirty  discarded: 1 untracked file
    ○ 1 task removed, 0 kept
    ");
    insta::assert_snapshot!(env.refused(0, &["clean"]), @"
    --- stderr
    ○ there is no task to clean up
    ");
    env.assert_sound();
}

/// Makes content of one class in a worktree.
fn make(env: &Env, class: &str, tree: &Path) {
    let git = |arguments: &[&str]| env.git_in(tree, arguments);
    match class {
        "tracked" => write(&tree.join("file"), "edited\n"),
        "staged" => {
            write(&tree.join("file"), "staged\n");
            git(&["add", "file"]);
        }
        "hidden" => {
            git(&["update-index", "--skip-worktree", "file"]);
            write(&tree.join("file"), "hidden\n");
        }
        "untracked" => {
            git(&["config", "status.showUntrackedFiles", "no"]);
            write(&tree.join("left/over"), "1\n");
        }
        "ignored" => write(&tree.join("secret.log"), "1\n"),
        "unmerged" => {
            write(&tree.join("more"), "1\n");
            env.commit_in(tree, "more");
        }
        "detached" => {
            git(&["checkout", "-q", "--detach"]);
            git(&["commit", "-q", "--allow-empty", "-m", "on no branch"]);
        }
        "in-progress" => {
            git(&["bisect", "start"]);
        }
        "conflicts" => {
            let blob = git(&["rev-parse", "HEAD:file"]);
            let entries: String = (1..4).map(|stage| format!("100644 {blob} {stage}\tx\n")).collect();
            let info = env.dir().join("info");
            write(&info, &entries);
            let input = std::fs::File::open(info).unwrap();
            let mut command = env.command("git", tree);
            assert!(command.args(["update-index", "--index-info"]).stdin(input).status().unwrap().success());
        }
        "nested" => {
            git(&["init", "-q", "inner"]);
            git(&["-C", "inner", "commit", "-q", "--allow-empty", "-m", "inner"]);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn each_class_alone_keeps_a_worktree_and_undo_brings_all_of_it_back() {
    for class in [
        "tracked",
        "staged",
        "hidden",
        "untracked",
        "ignored",
        "unmerged",
        "detached",
        "in-progress",
        "nested",
    ] {
        let env = Env::new();
        let tree = landed(&env);
        make(&env, class, &tree);
        let kept = env.refused(1, &["clean", "api", "--json"]).json();
        assert_eq!(kept["kept"][0]["reason"], class, "{kept:#}");
        assert_eq!(kept["kept"][0]["needs-discard"], serde_json::json!([class]));
        env.refused(0, &["clean", "-y"]);
        let other = if class == "ignored" { "unmerged" } else { "ignored" };
        env.refused(1, &["clean", "api", "--discard", other, "-y"]);
        // Without a terminal, giving something up needs a yes.
        env.refused(1, &["clean", "api", "--discard", class]);
        let before = env.everything();
        let gone = env.run(&["clean", "api", "--discard", class, "-y", "--json"]).exits(0).json();
        assert_eq!(gone["removed"][0]["task"], "api");
        assert!(!tree.exists() && !env.repo().join(".git/worktrees/api").exists());
        // The trash is hidden from git: only the rescue ref keeps what it names.
        env.git(&["reflog", "expire", "--expire=now", "--all"]);
        env.git(&["gc", "-q", "--prune=now"]);
        env.git(&["worktree", "prune", "--expire=now"]);
        env.run(&["undo"]).exits(0);
        assert_same_work(&before, &env.everything(), class);
        env.git(&["fsck", "--strict", "--no-dangling"]);
        env.git_in(&tree, &["status"]);
    }
}

/// Asserts that the worktree and its administrative directory are what they were, byte for byte.
fn assert_same_work(before: &Everything, after: &Everything, class: &str) {
    let of = |state: &Everything| -> Vec<(PathBuf, Vec<u8>)> {
        let ours = |path: &Path| {
            path.starts_with("repo.worktrees/api") || path.starts_with("repo/.git/worktrees/api")
        };
        // What every commit sees, and the reflog that the test expired.
        let all = state.iter().filter(|(path, _)| ours(path) && !path.ends_with("logs/HEAD"));
        all.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    };
    let (before, after) = (of(before), of(after));
    let names = |all: &[(PathBuf, Vec<u8>)]| all.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after), "{class}");
    for ((path, old), (_, new)) in before.iter().zip(&after) {
        assert_eq!(old, new, "{class}: {}", path.display());
    }
}

#[test]
fn a_conflict_in_the_index_keeps_it() {
    let env = Env::new();
    let tree = landed(&env);
    make(&env, "conflicts", &tree);
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    ▲ kept    api  1 file in conflict
        x
      ↳ windrow clean api --discard conflicts
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
}

#[test]
fn how_it_reads() {
    let env = Env::new();
    let tree = landed(&env);
    for class in ["tracked", "untracked", "ignored", "unmerged"] {
        make(&env, class, &tree);
    }
    write(&tree.join("file"), "edited\n");
    write(&tree.join("odd\nname"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @r#"
    ▲ kept    api  1 untracked file, 1 ignored file, 1 commit not in the base
        "odd\nname"
        secret.log
      ↳ windrow clean api --discard untracked --discard ignored --discard unmerged
    ○ 0 tasks removed, 1 kept
    --- exit 1
    "#);
    insta::assert_snapshot!(env.refused(1, &["clean", "api", "--discard", "untracked", "--discard", "ignored"]), @"
    ▲ kept    api  1 commit not in the base
      ↳ windrow clean api --discard unmerged
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["clean", "api", "--json"]), @r#"
    {
      "bytes": 0,
      "command": "clean",
      "kept": [
        {
          "detail": "1 untracked file, 1 ignored file, 1 commit not in the base",
          "needs-discard": [
            "untracked",
            "ignored",
            "unmerged"
          ],
          "paths": [
            "odd\nname",
            "secret.log"
          ],
          "reason": "untracked",
          "task": "api"
        }
      ],
      "removed": [],
      "schema": 1
    }
    --- exit 1
    "#);
}

#[test]
fn what_can_be_made_again_keeps_nothing() {
    let env = Env::new();
    let tree = landed(&env);
    env.write(".git/info/exclude", "node_modules\ncache\n");
    write(&tree.join("node_modules/x/index.js"), "1\n");
    write(&tree.join("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
    env.run(&["clean", "api"]).exits(0);
    env.run(&["undo"]).exits(0);
    assert!(tree.join("node_modules/x/index.js").exists());
}

#[test]
fn a_default_branch_is_never_deleted() {
    let env = Env::new();
    let tree = landed(&env);
    env.git(&["update-ref", "refs/remotes/origin/api", "api"]);
    env.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/api"]);
    insta::assert_snapshot!(env.run(&["clean", "api"]), @"
    ✓ removed api  its commits are in the base; its branch stays, as it is a default branch
    ○ 1 task removed, 0 kept
    ");
    assert!(!tree.exists());
    assert_eq!(env.git(&["branch", "--format=%(refname:short)"]), "api\nmain");
    env.run(&["undo"]).exits(0);
    env.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    env.run(&["clean", "api"]).exits(0);
    assert_eq!(env.git(&["branch", "--format=%(refname:short)"]), "main");
}

/// Landed by somebody else with git, and changed again since, so that neither graph nor trees show it.
#[test]
fn what_is_in_the_base_as_other_commits_is_landed() {
    let env = Env::new();
    let lines = |three: &str, nine: &str| {
        (0..20).fold(String::new(), |text, line| match line {
            3 => text + three + "\n",
            9 => text + nine + "\n",
            line => text + &format!("line {line}\n"),
        })
    };
    env.write("text", &lines("line 3", "line 9"));
    env.commit("text");
    for name in ["squashed", "picked", "half", "empty"] {
        env.run(&["start", name]).exits(0);
    }
    for (name, file) in [("squashed", "text"), ("picked", "picked"), ("half", "half")] {
        let tree = env.worktree(name);
        write(&tree.join(file), &lines("three", "line 9"));
        env.commit_in(&tree, &format!("{name}, one"));
        write(&tree.join(file), &lines("three", "nine"));
        env.commit_in(&tree, &format!("{name}, two"));
    }
    env.git_in(&env.worktree("empty"), &["commit", "-q", "--allow-empty", "-m", "empty"]);
    env.git(&["merge", "-q", "--squash", "squashed"]);
    env.commit("squashed");
    env.git(&["cherry-pick", "picked~1", "picked", "half~1"]);
    env.write("text", &lines("THREE", "NINE"));
    env.git(&["rm", "-q", "picked"]);
    env.commit("went on");
    let heads = ["squashed", "picked"].map(|name| env.git(&["rev-parse", name]));
    insta::assert_snapshot!(env.run(&["clean", "--yes"]), @"
    ✓ removed squashed  landed as a squash
    ✓ removed picked    landed as a rebase
    ▲ kept    half      2 commits not in the base
      ↳ windrow clean half --discard unmerged
    ▲ kept    empty     1 commit not in the base
      ↳ windrow clean empty --discard unmerged
    ○ 2 tasks removed, 2 kept
    ");
    env.run(&["undo"]).exits(0);
    assert_eq!(["squashed", "picked"].map(|name| env.git(&["rev-parse", name])), heads);
    insta::assert_snapshot!(env.run(&["merge", "squashed"]), @"
    --- stderr
    ○ nothing to land: everything is in main already
    ");
}

#[test]
fn the_current_directory_stays() {
    let env = Env::new();
    let tree = landed(&env);
    insta::assert_snapshot!(env.refused_in(&tree.join("src"), 1, &["clean", "api"]), @"
    ▲ kept    api  the current directory is inside it
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused_in(&tree, 0, &["clean", "-y"]), @"
    ▲ kept    api  the current directory is inside it
    ○ 0 tasks removed, 1 kept
    ");
    insta::assert_snapshot!(env.refused_in(&env.worktree("api"), 1, &["undo", &env.operation("started api")]), @"
    --- stderr
    error: cannot undo: task `api`: branch api has moved since
    hint: windrow clean api --dry-run
    --- exit 1
    ");
}

#[test]
fn what_somebody_locked_stays() {
    let env = Env::new();
    let tree = landed(&env);
    env.git(&["worktree", "lock", "--reason", "on a stick", tree.to_str().unwrap()]);
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    ▲ kept    api  it is locked: on a stick
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    env.git(&["worktree", "unlock", tree.to_str().unwrap()]);
    env.git(&["worktree", "lock", tree.to_str().unwrap()]);
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    ▲ kept    api  it is locked
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_worktree_that_a_process_works_in_stays() {
    let env = Env::new();
    let tree = landed(&env);
    let mut sleeper = env.command("sleep", &tree).arg("60").spawn().unwrap();
    let kept = env.refused(1, &["clean", "api", "--json"]).json();
    assert_eq!(kept["kept"][0]["reason"], "in-use");
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    env.run(&["clean", "api"]).exits(0);
}

#[test]
fn a_worktree_that_is_not_there() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    std::fs::remove_dir_all(&tree).unwrap();
    insta::assert_snapshot!(env.refused(0, &["clean", "-y"]), @"
    ▲ kept    api  1 commit not in the base
      ↳ windrow clean api --discard unmerged
    ○ 0 tasks removed, 1 kept
    ");
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    ▲ kept    api  1 commit not in the base
      ↳ windrow clean api --discard unmerged
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    env.run(&["merge", "api"]).exits(0);
    insta::assert_snapshot!(env.run(&["clean", "api"]), @"
    ✓ removed api  its commits are in the base
    ○ 1 task removed, 0 kept
    ");
    assert!(!env.repo().join(".git/worktrees/api").exists());
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: removed api
      create branch api at cc477f348
      restore worktree [DIR]/repo.worktrees/api from the trash
    ");
    assert!(env.git(&["worktree", "list"]).contains("prunable"));
    // Its registration may be gone too.
    env.git(&["worktree", "prune", "--expire=now"]);
    insta::assert_snapshot!(env.run(&["clean", "api"]), @"
    ✓ removed api  its commits are in the base
    ○ 1 task removed, 0 kept
    ");
    assert_eq!(env.git(&["branch", "--format=%(refname:short)"]), "main");
}

#[test]
fn what_is_not_the_worktree_it_should_be_stays() {
    let env = Env::new();
    let tree = landed(&env);
    std::fs::remove_file(tree.join(".git")).unwrap();
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    ▲ kept    api  [DIR]/repo.worktrees/api is not the worktree it should be: it has no .git
                   file
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    std::fs::remove_dir_all(&tree).unwrap();
    env.git(&["worktree", "prune", "--expire=now"]);
    write(&tree.join("precious"), "somebody else's\n");
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    ▲ kept    api  [DIR]/repo.worktrees/api is not the worktree it should be: git has no
                   [DIR]/repo/.git/worktrees/api
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    assert!(tree.join("precious").exists());
}

#[test]
fn a_branch_that_another_worktree_uses_stays() {
    let env = Env::new();
    let tree = landed(&env);
    env.git_in(&tree, &["checkout", "-q", "--detach"]);
    let other = env.dir().join("other");
    env.git(&["worktree", "add", "-q", other.to_str().unwrap(), "api"]);
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    ▲ kept    api  its branch is checked out at [DIR]/other
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    env.git(&["worktree", "remove", other.to_str().unwrap()]);
    insta::assert_snapshot!(env.run(&["clean", "api"]), @"
    ✓ removed api  its commits are in the base
    ○ 1 task removed, 0 kept
    ");
}

#[test]
fn a_branch_that_is_gone() {
    let env = Env::new();
    landed(&env);
    env.git(&["update-ref", "-d", "refs/heads/api"]);
    insta::assert_snapshot!(env.run(&["clean", "api"]), @"
    ▲ kept    api  4 staged files
        .gitignore
        file
        new
        src/lib.rs
      ↳ windrow clean api --discard staged
    ○ 0 tasks removed, 1 kept
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: landed api in main
      move branch main from 730fb3b7d to 75ed618c4, checked out at [DIR]/repo
    ");
}

#[test]
fn a_base_that_goes_leaves_its_children_to_its_own() {
    let env = Env::new();
    let tree = landed(&env);
    env.run_in(&tree, &["start", "child"]).exits(0);
    env.run(&["clean", "api"]).exits(0);
    assert_eq!(env.run(&["status", "--json"]).json()["tasks"][0]["base"], "main");
    env.run(&["undo"]).exits(0);
    let document = env.run(&["status", "child", "--json"]).json();
    assert_eq!(document["tasks"][0]["base"], "api");
}

#[test]
fn dry_run_and_json() {
    let env = Env::new();
    landed(&env);
    env.task("docs", &[("doc", "1\n")]);
    let planned = env.refused(0, &["clean", "--dry-run", "--json"]).json();
    assert_eq!(
        (&planned["removed"][0]["task"], &planned["kept"][0]["task"]),
        (&"api".into(), &"docs".into())
    );
    let kinds: Vec<_> =
        planned["actions"].as_array().unwrap().iter().map(|action| &action["action"]).collect();
    assert_eq!(kinds, ["create-ref", "trash-worktree", "delete-ref", "write-task"]);
    insta::assert_snapshot!(env.run(&["clean", "-y", "--json"]), @r#"
    {
      "bytes": 0,
      "command": "clean",
      "kept": [
        {
          "detail": "1 commit not in the base",
          "needs-discard": [
            "unmerged"
          ],
          "paths": [],
          "reason": "unmerged",
          "task": "docs"
        }
      ],
      "operation": "[ID]",
      "removed": [
        {
          "branch": "api",
          "detail": "its commits are in the base",
          "discarded": [],
          "reason": "ancestor",
          "task": "api",
          "worktree": "[DIR]/repo.worktrees/api"
        }
      ],
      "schema": 1
    }
    "#);
    insta::assert_snapshot!(env.refused(0, &["clean", "-y", "--json"]), @r#"
    {
      "bytes": 0,
      "command": "clean",
      "kept": [
        {
          "detail": "1 commit not in the base",
          "needs-discard": [
            "unmerged"
          ],
          "paths": [],
          "reason": "unmerged",
          "task": "docs"
        }
      ],
      "removed": [],
      "schema": 1
    }
    "#);
    insta::assert_snapshot!(env.refused(1, &["clean", "api"]), @"
    --- stderr
    error: no task is named `api`
    hint: windrow status
    --- exit 1
    ");
}

/// How much goes is said where it is worth saying, and always in the document.
#[test]
fn how_much_goes_is_said() {
    let env = Env::new();
    landed(&env);
    write(&env.worktree("api").join("node_modules/big"), &"x".repeat(3 << 20));
    env.write(".git/info/exclude", "node_modules\n");
    let planned = env.windrow(&env.repo()).args(["clean", "--dry-run", "--json"]).output().unwrap();
    let planned: serde_json::Value = serde_json::from_slice(&planned.stdout).unwrap();
    assert!(planned["bytes"].as_u64().unwrap() >= 3 << 20, "{planned:#}");
    let said = env.run(&["clean", "--dry-run"]).exits(0);
    assert!(
        said.stderr.contains("○ 3.")
            && said.stderr.contains(" MiB would go to the trash; windrow trash empty"),
        "{said}"
    );
    let said = env.run(&["clean", "-y"]).exits(0);
    assert!(said.stderr.contains(" MiB went to the trash; windrow trash empty"), "{said}");
    assert!(env.run(&["doctor"]).stdout.contains(" MiB"));
}

#[test]
fn what_a_setup_left_and_nobody_changed_is_no_work() {
    let env = Env::new();
    write(
        &env.dir().join("home/.config/windrow/config.toml"),
        "setup = \"mkdir env.log && touch env.log/a env.log/b\"\n",
    );
    env.run(&["start", "api", "docs"]).exits(0);
    write(&env.worktree("docs").join("env.log/b"), "by hand\n");
    insta::assert_snapshot!(env.run(&["clean", "api", "docs"]), @"
    ✓ removed api   no commit since it was started, nothing uncommitted
    ▲ kept    docs  1 ignored file
        env.log/b
      ↳ windrow clean docs --discard ignored
    ○ 1 task removed, 1 kept
    --- exit 4
    ");
    assert!(!env.worktree("api").exists() && env.worktree("docs").exists());
    env.run(&["undo"]).exits(0);
    env.run(&["clean", "api"]).exits(0);
}
