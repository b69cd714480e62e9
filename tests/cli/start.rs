//! `start`: what it makes, from where, and everything that it refuses.

use crate::env::{Env, write};

#[test]
fn one() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["start", "api"]), @r#"
    ✓ api  branch api from main (75ed618c4)  ../repo.worktrees/api
    --- stderr
    ↳ cd "$(windrow path api)"
    "#);
    let tree = env.worktree("api");
    assert_eq!(env.git_in(&tree, &["symbolic-ref", "HEAD"]), "refs/heads/api");
    assert_eq!(env.git_in(&tree, &["status", "--porcelain", "--ignored"]), "");
    assert_eq!(env.git(&["rev-parse", "api"]), env.git(&["rev-parse", "main"]));
    assert!(!env.repo().join(".git/worktrees/api/locked").exists());
    env.assert_sound();
}

#[test]
fn several_and_names_that_are_shell_text() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["start", "a", "feat/login", "$(id)", "a'b", "a;b", "ünï", "Fix"]), @"
    ✓ a           branch a from main (75ed618c4)           ../repo.worktrees/a
    ✓ feat/login  branch feat/login from main (75ed618c4)  ../repo.worktrees/feat-login-d668f0
    ✓ $(id)       branch $(id) from main (75ed618c4)       ../repo.worktrees/id-d7d54e
    ✓ a'b         branch a'b from main (75ed618c4)         ../repo.worktrees/a-b-c6654b
    ✓ a;b         branch a;b from main (75ed618c4)         ../repo.worktrees/a-b-5719af
    ✓ ünï         branch ünï from main (75ed618c4)         ../repo.worktrees/n-e975a5
    ✓ Fix         branch Fix from main (75ed618c4)         ../repo.worktrees/fix-21f159
    ");
    for branch in ["a", "feat/login", "$(id)", "a'b", "a;b", "ünï", "Fix"] {
        let path =
            env.run(&["path", branch]).exits(0).stdout.replace("[DIR]", &env.dir().display().to_string());
        let tree = std::path::PathBuf::from(path.trim_end());
        assert_eq!(env.git_in(&tree, &["branch", "--show-current"]), branch);
        assert_eq!(tree.parent().unwrap(), env.dir().join("repo.worktrees"));
    }
    env.assert_sound();
}

#[test]
fn bases() {
    let env = Env::new();
    env.git(&["tag", "-a", "v1", "-m", "v1"]);
    env.git(&["branch", "dev"]);
    env.write("file", "two\n");
    env.commit("second");
    env.git(&["update-ref", "refs/remotes/origin/dev", "HEAD"]);
    env.git(&["update-ref", "refs/remotes/origin/gone", "HEAD"]);
    insta::assert_snapshot!(env.run(&["start", "of-branch", "--base", "dev"]), @r#"
    ✓ of-branch  branch of-branch from dev (75ed618c4)  ../repo.worktrees/of-branch
    --- stderr
    ↳ cd "$(windrow path of-branch)"
    "#);
    insta::assert_snapshot!(env.run(&["start", "of-remote", "--base", "origin/dev"]), @r#"
    ✓ of-remote  branch of-remote from dev (35abbf26f)  ../repo.worktrees/of-remote
    --- stderr
    ↳ cd "$(windrow path of-remote)"
    "#);
    insta::assert_snapshot!(env.run(&["start", "of-remote-only", "--base", "origin/gone"]), @r#"
    ✓ of-remote-only  branch of-remote-only from main (35abbf26f)  ../repo.worktrees/of-remote-only
    --- stderr
    ↳ cd "$(windrow path of-remote-only)"
    "#);
    insta::assert_snapshot!(env.run(&["start", "of-tag", "--base", "v1"]), @r#"
    ✓ of-tag  branch of-tag from main (75ed618c4)  ../repo.worktrees/of-tag
    --- stderr
    ↳ cd "$(windrow path of-tag)"
    "#);
    insta::assert_snapshot!(env.run(&["start", "of-commit", "--base", "HEAD~1"]), @r#"
    ✓ of-commit  branch of-commit from main (75ed618c4)  ../repo.worktrees/of-commit
    --- stderr
    ↳ cd "$(windrow path of-commit)"
    "#);
    insta::assert_snapshot!(env.run(&["start", "of-full-name", "--base", "refs/heads/dev"]), @r#"
    ✓ of-full-name  branch of-full-name from dev (75ed618c4)  ../repo.worktrees/of-full-name
    --- stderr
    ↳ cd "$(windrow path of-full-name)"
    "#);
    insta::assert_snapshot!(env.refused(1, &["start", "x", "--base", "nope"]), @"
    --- stderr
    error: `nope` names no commit
    hint: git branch --all
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "x", "--base", "HEAD:file"]), @"
    --- stderr
    error: `HEAD:file` names no commit
    hint: git branch --all
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "x", "--base=--upload-pack=touch x"]), @"
    --- stderr
    error: `--upload-pack=touch x` names no commit
    hint: git branch --all
    --- exit 1
    ");
    for (name, tip) in
        [("of-branch", "dev"), ("of-remote", "main"), ("of-tag", "v1^{}"), ("of-commit", "dev")]
    {
        assert_eq!(env.git(&["rev-parse", name]), env.git(&["rev-parse", tip]), "{name}");
        assert_eq!(env.git(&["for-each-ref", "--format=%(upstream)", &format!("refs/heads/{name}")]), "");
    }
    env.assert_sound();
}

#[test]
fn a_branch_of_another_name() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["start", "api", "--branch", "feature/api"]), @r#"
    ✓ api  branch feature/api from main (75ed618c4)  ../repo.worktrees/api
    --- stderr
    ↳ cd "$(windrow path api)"
    "#);
    assert_eq!(env.git_in(&env.worktree("api"), &["branch", "--show-current"]), "feature/api");
    insta::assert_snapshot!(env.run(&["path", "feature/api"]), @"[DIR]/repo.worktrees/api");
    insta::assert_snapshot!(env.refused(2, &["start", "a", "b", "--branch", "c"]), @"
    --- stderr
    error: --branch goes with one NAME only
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "x", "--branch", "a b"]), @r#"
    --- stderr
    error: "a b" is not a valid branch name: it holds a space, a control character or one of ~ ^ : ? * [ \
    hint: a name that would do: a-b
    --- exit 1
    "#);
    insta::assert_snapshot!(env.refused(1, &["start", "x", "--branch", "feature/api"]), @"
    --- stderr
    error: branch `feature/api` is the branch of task `api`
    hint: windrow path api
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "x", "--branch", "feature"]), @"
    --- stderr
    error: `feature` and the branch `feature/api` cannot stand beside each other: one is a directory of the other's ref
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "feature/api"]), @"
    --- stderr
    error: branch `feature/api` is the branch of task `api`
    hint: windrow path api
    --- exit 1
    ");
}

#[test]
fn from_a_linked_worktree_a_subdirectory_and_a_detached_head() {
    let env = Env::new();
    let api = env.task("api", &[("new", "1\n")]);
    insta::assert_snapshot!(env.run_in(&api.join("src"), &["start", "child"]), @r#"
    ✓ child  branch child from api (cc477f348)  ../../child
    --- stderr
    ↳ cd "$(windrow path child)"
    "#);
    insta::assert_snapshot!(env.run_in(&env.repo().join("src"), &["start", "other"]), @r#"
    ✓ other  branch other from main (75ed618c4)  ../../repo.worktrees/other
    --- stderr
    ↳ cd "$(windrow path other)"
    "#);
    insta::assert_snapshot!(env.run(&["-C", "src", "start", "third"]), @r#"
    ✓ third  branch third from main (75ed618c4)  ../../repo.worktrees/third
    --- stderr
    ↳ cd "$(windrow path third)"
    "#);
    assert_eq!(env.git(&["rev-parse", "child"]), env.git(&["rev-parse", "api"]));
    env.git(&["checkout", "-q", "--detach"]);
    insta::assert_snapshot!(env.run(&["start", "detached"]), @r#"
    ✓ detached  branch detached from 75ed618c4, no base  ../repo.worktrees/detached
    --- stderr
    ↳ cd "$(windrow path detached)"
    "#);
    insta::assert_snapshot!(env.refused(1, &["merge", "detached"]), @"
    --- stderr
    error: `detached` started from a commit, not from a branch to merge into
    hint: say where to: windrow merge --into BRANCH
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn in_a_bare_repository() {
    let env = Env::new();
    let bare = env.dir().join("bare.git");
    env.git_in(&env.dir(), &["clone", "-q", "--bare", "repo", "bare.git"]);
    insta::assert_snapshot!(env.run_in(&bare, &["start", "api"]), @r#"
    ✓ api  branch api from main (75ed618c4)  ../bare.worktrees/api
    --- stderr
    ↳ cd "$(windrow path api)"
    "#);
    let tree = env.dir().join("bare.worktrees/api");
    write(&tree.join("new"), "1\n");
    env.commit_in(&tree, "work");
    insta::assert_snapshot!(env.run_in(&tree, &["merge"]), @"✓ api  landed in main as 95c9db94f (merge commit)");
    insta::assert_snapshot!(env.run_in(&bare, &["clean", "api"]), @"
    ✓ removed api  its commits are in the base
    ○ 1 task removed, 0 kept
    ");
    assert_eq!(env.git_in(&bare, &["show", "main:new"]), "1");
    insta::assert_snapshot!(env.run_in(&bare, &["undo"]), @"
    ✓ undid [ID]: removed api
      create branch api at 365b48469
      restore worktree [DIR]/bare.worktrees/api from the trash
    ");
    insta::assert_snapshot!(env.run_in(&bare, &["undo"]), @"
    ✓ undid [ID]: landed api in main
      move branch main from 95c9db94f to 75ed618c4
    ");
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
    env.git_in(&bare, &["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn in_a_submodule_and_with_a_separate_git_directory() {
    let env = Env::new();
    let outer = env.dir().join("outer");
    env.git_in(&env.dir(), &["init", "-q", "outer"]);
    let allow = "protocol.file.allow=always";
    env.git_in(&outer, &["-c", allow, "submodule", "--quiet", "add", env.repo().to_str().unwrap(), "sub"]);
    env.git_in(&env.dir(), &["clone", "-q", "--separate-git-dir", "apart.git", "repo", "apart"]);
    for dir in [outer.join("sub"), env.dir().join("apart")] {
        env.run_in(&dir, &["start", "api"]).exits(0);
        let mut beside = dir.clone().into_os_string();
        beside.push(".worktrees/api");
        let tree = std::path::PathBuf::from(beside);
        write(&tree.join("new"), "1\n");
        env.commit_in(&tree, "work");
        env.run_in(&dir, &["merge", "api"]).exits(0);
        assert!(dir.join("new").exists());
        assert_eq!(env.git_in(&dir, &["status", "--porcelain"]), "");
        env.run_in(&dir, &["clean", "api"]).exits(0);
        env.run_in(&dir, &["undo"]).exits(0);
        assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
    }
}

#[test]
fn a_branch_that_is_free_is_taken_up_and_stays() {
    let env = Env::new();
    env.git(&["checkout", "-q", "-b", "old"]);
    env.write("old", "1\n");
    env.commit("old work");
    env.git(&["checkout", "-q", "main"]);
    let tip = env.git(&["rev-parse", "old"]);
    insta::assert_snapshot!(env.run(&["start", "old"]), @r#"
    ✓ old  existing branch old (d0f350ded)  ../repo.worktrees/old
    --- stderr
    ↳ cd "$(windrow path old)"
    "#);
    insta::assert_snapshot!(env.run(&["undo"]), @"
    ✓ undid [ID]: started old
      move worktree [DIR]/repo.worktrees/old to the trash
    ");
    assert_eq!(env.git(&["rev-parse", "old"]), tip);
    env.run(&["start", "old"]).exits(0);
    insta::assert_snapshot!(env.run(&["clean", "old"]), @"
    ✓ removed old  no commit since it was started, nothing uncommitted; its branch stays
    ○ 1 task removed, 0 kept
    ");
    assert_eq!(env.git(&["rev-parse", "old"]), tip);
    env.assert_sound();
}

#[test]
fn what_is_uncommitted_here_is_said() {
    let env = Env::new();
    env.write("file", "edited\n");
    env.write("new", "new\n");
    insta::assert_snapshot!(env.run(&["start", "a", "b"]), @"
    ✓ a  branch a from main (75ed618c4)  ../repo.worktrees/a
    ✓ b  branch b from main (75ed618c4)  ../repo.worktrees/b
    --- stderr
    ○ uncommitted changes stay here and are not in it: 1 unstaged, 1 untracked
    ");
    insta::assert_snapshot!(env.run(&["-q", "start", "c"]), @"✓ c  branch c from main (75ed618c4)  ../repo.worktrees/c");
}

#[test]
fn dry_run_and_json() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(0, &["start", "api", "--dry-run"]), @"
    ○ dry run: 3 changes, none made
      create branch api at 75ed618c4
      create worktree [DIR]/repo.worktrees/api on api at 75ed618c4
      record task api
    ");
    let planned = env.refused(0, &["start", "api", "--dry-run", "--json"]).json();
    assert_eq!(planned["dry-run"], true);
    let kinds: Vec<_> =
        planned["actions"].as_array().unwrap().iter().map(|action| &action["action"]).collect();
    assert_eq!(kinds, ["create-ref", "create-worktree", "write-task"]);
    let made = env.run(&["start", "api", "--json"]).exits(0);
    assert_eq!(made.json()["tasks"], planned["tasks"]);
    insta::assert_snapshot!(made, @r#"
    {
      "command": "start",
      "lacks": [],
      "schema": 1,
      "tasks": [
        {
          "base": "main",
          "branch": "api",
          "name": "api",
          "start-point": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
          "worktree": "[DIR]/repo.worktrees/api"
        }
      ]
    }
    "#);
    env.git(&["checkout", "-q", "--detach"]);
    let detached = env.run(&["start", "x", "--json"]).exits(0).json();
    assert_eq!(detached["tasks"][0].get("base"), None);
    insta::assert_snapshot!(env.refused(1, &["start", "api", "--json"]), @r#"
    {
      "command": "start",
      "error": {
        "causes": [],
        "hints": [
          "windrow path api"
        ],
        "kind": "refused",
        "message": "`api` is a task already"
      },
      "schema": 1
    }
    --- exit 1
    "#);
}

#[test]
fn names_that_are_no_names() {
    let env = Env::new();
    for name in [
        "@",
        "HEAD",
        "",
        "my feature",
        "a..b",
        "a~b",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[",
        "a\\b",
        "/a",
        "a/",
        "a//b",
    ] {
        env.refused(1, &["start", name]);
    }
    for name in ["a.", ".a", "a/.b", "a.lock", "a.lock/b", "a@{b", "a\u{7f}", "a\nb", "a\u{1b}[31m"] {
        env.refused(1, &["start", name]);
    }
    insta::assert_snapshot!(env.refused(1, &["start", "my feature"]), @r#"
    --- stderr
    error: "my feature" is not a valid task name: it holds a space, a control character or one of ~ ^ : ? * [ \
    hint: a name that would do: my-feature
    --- exit 1
    "#);
    insta::assert_snapshot!(env.refused(1, &["start", "@"]), @r#"
    --- stderr
    error: "@" is not a valid task name: `@` means the task one stands in
    --- exit 1
    "#);
    insta::assert_snapshot!(env.refused(1, &["start", "HEAD"]), @r#"
    --- stderr
    error: "HEAD" is not a valid task name: `HEAD` is a name of git's own
    --- exit 1
    "#);
    insta::assert_snapshot!(env.refused(1, &["start", "--", "-x"]), @r#"
    --- stderr
    error: "-x" is not a valid task name: it begins with a dash
    hint: a name that would do: x
    --- exit 1
    "#);
    insta::assert_snapshot!(env.refused(1, &["start", "good", "a\u{1b}[31m"]), @r#"
    --- stderr
    error: "a\u{1b}[[T]" is not a valid task name: it holds a space, a control character or one of ~ ^ : ? * [ \
    hint: a name that would do: a--31m
    --- exit 1
    "#);
    assert!(!env.repo().join(".git/windrow").exists(), "a refusal left something");
}

#[test]
fn names_that_meet() {
    let env = Env::new();
    env.git(&["branch", "p/q"]);
    insta::assert_snapshot!(env.refused(1, &["start", "p"]), @"
    --- stderr
    error: `p` and the branch `p/q` cannot stand beside each other: one is a directory of the other's ref
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "p/q/r"]), @"
    --- stderr
    error: `p/q/r` and the branch `p/q` cannot stand beside each other: one is a directory of the other's ref
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "P/Q"]), @"
    --- stderr
    error: `P/Q` and the branch `p/q` cannot stand beside each other: they differ only in case or in Unicode form
    hint: choose another name
    --- exit 1
    ");
    env.run(&["start", "api", "top/one"]).exits(0);
    insta::assert_snapshot!(env.refused(1, &["start", "api"]), @"
    --- stderr
    error: `api` is a task already
    hint: windrow path api
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "api/v2"]), @"
    --- stderr
    error: `api/v2` and the task `api` cannot stand beside each other: one is a directory of the other's ref
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "top"]), @"
    --- stderr
    error: `top` and the task `top/one` cannot stand beside each other: one is a directory of the other's ref
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "API"]), @"
    --- stderr
    error: `API` and the task `api` cannot stand beside each other: they differ only in case or in Unicode form
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "x", "x"]), @"
    --- stderr
    error: `x` is given twice
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "y", "y/z"]), @"
    --- stderr
    error: `y/z` and the task `y` cannot stand beside each other: one is a directory of the other's ref
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "y/z", "y"]), @"
    --- stderr
    error: `y` and the task `y/z` cannot stand beside each other: one is a directory of the other's ref
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "Q", "q"]), @"
    --- stderr
    error: `q` and the task `Q` cannot stand beside each other: they differ only in case or in Unicode form
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "\u{e9}", "e\u{301}"]), @"
    --- stderr
    error: `é` and the task `é` cannot stand beside each other: they differ only in case or in Unicode form
    hint: choose another name
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "fine", "api", "top"]), @"
    --- stderr
    error: nothing was started
    caused by: `api` is a task already
    caused by: `top` and the task `top/one` cannot stand beside each other: one is a directory of the other's ref
    hint: windrow path api
    hint: choose another name
    --- exit 1
    ");
    assert_eq!(env.git(&["branch", "--format=%(refname:short)"]), "api\nmain\np/q\ntop/one");
}

#[test]
fn branches_in_use() {
    let env = Env::new();
    env.write("file", "two\n");
    env.commit("second");
    insta::assert_snapshot!(env.refused(1, &["start", "main"]), @"
    --- stderr
    error: branch `main` is checked out at [DIR]/repo
    hint: git -C [DIR]/repo status
    --- exit 1
    ");
    let elsewhere = env.dir().join("elsewhere");
    env.git(&["worktree", "add", "-q", "-b", "taken", elsewhere.to_str().unwrap()]);
    insta::assert_snapshot!(env.refused(1, &["start", "taken"]), @"
    --- stderr
    error: branch `taken` is checked out at [DIR]/elsewhere
    hint: git -C [DIR]/elsewhere status
    --- exit 1
    ");
    env.git_in(&elsewhere, &["checkout", "-q", "-b", "rebased", "HEAD~1"]);
    write(&elsewhere.join("file"), "other\n");
    env.commit_in(&elsewhere, "conflicting");
    assert!(
        !env.command("git", &elsewhere).args(["rebase", "-q", "main"]).output().unwrap().status.success()
    );
    insta::assert_snapshot!(env.refused(1, &["start", "rebased"]), @"
    --- stderr
    error: branch `rebased` is being rebased in [DIR]/elsewhere
    hint: git -C [DIR]/elsewhere status
    --- exit 1
    ");
    env.git_in(&elsewhere, &["rebase", "--abort"]);
    env.git_in(&elsewhere, &["checkout", "-q", "-b", "bisected", "main"]);
    env.git_in(&elsewhere, &["bisect", "start", "HEAD", "HEAD~1"]);
    env.git_in(&elsewhere, &["checkout", "-q", "--detach"]);
    insta::assert_snapshot!(env.refused(1, &["start", "bisected"]), @"
    --- stderr
    error: branch `bisected` is being bisected in [DIR]/elsewhere
    hint: git -C [DIR]/elsewhere status
    --- exit 1
    ");
    std::fs::remove_dir_all(&elsewhere).unwrap();
    env.refused(1, &["start", "bisected"]);
}

#[test]
fn something_in_the_way() {
    let env = Env::new();
    write(&env.worktree("dir").join("x"), "1");
    write(&env.worktree("file"), "1");
    std::fs::create_dir_all(env.worktree("empty")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", env.worktree("link")).unwrap();
    insta::assert_snapshot!(env.refused(1, &["start", "dir"]), @"
    --- stderr
    error: [DIR]/repo.worktrees/dir is in the way
    hint: move it away, or choose another place with the setting `worktree-dir`: ls [DIR]/repo.worktrees/dir
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "file"]), @"
    --- stderr
    error: [DIR]/repo.worktrees/file is in the way
    hint: move it away, or choose another place with the setting `worktree-dir`: ls [DIR]/repo.worktrees/file
    --- exit 1
    ");
    #[cfg(unix)]
    insta::assert_snapshot!(env.refused(1, &["start", "link"]), @"
    --- stderr
    error: [DIR]/repo.worktrees/link is in the way
    hint: move it away, or choose another place with the setting `worktree-dir`: ls [DIR]/repo.worktrees/link
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["start", "good", "dir", "file"]), @"
    --- stderr
    error: nothing was started
    caused by: [DIR]/repo.worktrees/dir is in the way
    caused by: [DIR]/repo.worktrees/file is in the way
    hint: move it away, or choose another place with the setting `worktree-dir`: ls [DIR]/repo.worktrees/dir
    hint: move it away, or choose another place with the setting `worktree-dir`: ls [DIR]/repo.worktrees/file
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["start", "empty"]), @r#"
    ✓ empty  branch empty from main (75ed618c4)  ../repo.worktrees/empty
    --- stderr
    ↳ cd "$(windrow path empty)"
    "#);
    env.assert_sound();
}

#[test]
fn a_worktree_dir_that_cannot_be() {
    let env = Env::new();
    let settings = env.dir().join("home/.config/windrow/config.toml");
    write(&settings, "worktree-dir = \"../repo/file/x\"\n");
    insta::assert_snapshot!(env.refused(1, &["start", "api"]), @"
    --- stderr
    error: cannot write to [DIR]/repo/file/x, where worktrees go
    hint: set `worktree-dir` in ~/.config/windrow/config.toml
    --- exit 1
    ");
    write(&settings, "worktree-dir = 3\n");
    insta::assert_snapshot!(env.refused(6, &["start", "api"]), @"
    --- stderr
    error: there is a problem; nothing was started
    caused by: [DIR]/home/.config/windrow/config.toml:1:16: `worktree-dir` must be a string, not an integer
    --- exit 6
    ");
    write(&settings, "worktree-dir = \"../of {repo}/x\"\n");
    insta::assert_snapshot!(env.run(&["start", "api"]), @r#"
    ✓ api  branch api from main (75ed618c4)  ../of repo/x/api
    --- stderr
    ↳ cd "$(windrow path api)"
    "#);
    assert!(env.dir().join("of repo/x/api/file").exists());
    write(&settings, "worktree-dir = \"wt\"\nbranch = \"agent/{task}\"\n");
    insta::assert_snapshot!(env.run(&["start", "inside"]), @r#"
    ✓ inside  branch agent/inside from main (75ed618c4)  wt/inside
    --- stderr
    ↳ cd "$(windrow path inside)"
    "#);
    assert_eq!(env.git_in(&env.repo().join("wt/inside"), &["branch", "--show-current"]), "agent/inside");
}

#[test]
fn repositories_that_are_not_supported() {
    let env = Env::empty();
    let at = |name: &str, arguments: &[&str]| {
        let dir = env.dir().join(name);
        let made =
            env.command("git", &env.dir()).args(["init", "-q"]).args(arguments).arg(name).output().unwrap();
        if made.status.success() {
            env.git_in(&dir, &["commit", "-q", "--allow-empty", "-m", "first"]);
        }
        made.status.success().then_some(dir)
    };
    let sha256 = at("sha256", &["--object-format=sha256"]).unwrap();
    insta::assert_snapshot!(env.refused_in(&sha256, 7, &["start", "api"]), @"
    --- stderr
    error: the repository at [DIR]/sha256 is not supported: unknown object format 'sha256'
    hint: windrow writes nothing there; `git worktree` still works
    --- exit 7
    ");
    insta::assert_snapshot!(env.refused_in(&sha256, 7, &["status"]), @"
    --- stderr
    error: the repository at [DIR]/sha256 is not supported: unknown object format 'sha256'
    hint: windrow writes nothing there; `git worktree` still works
    --- exit 7
    ");
    // Git before 2.45 makes none.
    if let Some(reftable) = at("reftable", &["--ref-format=reftable"]) {
        insta::assert_snapshot!(env.refused_in(&reftable, 7, &["start", "api"]), @"
        --- stderr
        error: the repository at [DIR]/reftable is not supported: unsupported extension name extensions.refstorage
        hint: windrow writes nothing there; `git worktree` still works
        --- exit 7
        ");
    }
    let odd = at("odd", &[]).unwrap();
    env.git_in(&odd, &["config", "core.repositoryFormatVersion", "1"]);
    env.git_in(&odd, &["config", "extensions.novelty", "true"]);
    insta::assert_snapshot!(env.refused_in(&odd, 7, &["start", "api"]), @"
    --- stderr
    error: the repository at [DIR]/odd is not supported: unsupported extension name extensions.novelty
    hint: windrow writes nothing there; `git worktree` still works
    --- exit 7
    ");
    insta::assert_snapshot!(env.refused_in(&env.dir().join("home"), 7, &["start", "api"]), @"
    --- stderr
    error: [DIR]/home is not inside a git repository
    hint: git init
    --- exit 7
    ");
    insta::assert_snapshot!(env.refused_in(&env.dir().join("home"), 7, &["status", "--json"]), @r#"
    {
      "command": "status",
      "error": {
        "causes": [],
        "hints": [
          "git init"
        ],
        "kind": "unsupported",
        "message": "[DIR]/home is not inside a git repository"
      },
      "schema": 1
    }
    --- exit 7
    "#);
    for dir in ["sha256", "reftable", "odd"] {
        assert!(!env.dir().join(dir).join(".git/windrow").exists(), "{dir}");
    }
}

#[test]
fn a_head_without_a_commit() {
    let env = Env::empty();
    insta::assert_snapshot!(env.refused(1, &["start", "api"]), @"
    --- stderr
    error: branch `main` has no commit yet, so there is nothing to start from
    hint: git commit --allow-empty -m 'Begin'
    --- exit 1
    ");
    assert!(!env.repo().join(".git/windrow").exists());
    insta::assert_snapshot!(env.refused(0, &["status"]), @"
    ○ no task
      ↳ windrow start NAME
    ");
}

#[cfg(unix)]
#[test]
fn a_repository_of_somebody_else() {
    let env = Env::new();
    // Only root can give a directory away.
    if std::os::unix::fs::chown(env.repo(), Some(12345), None).is_err() {
        return;
    }
    insta::assert_snapshot!(env.refused(1, &["start", "api"]), @"
    --- stderr
    error: the repository at [DIR]/repo belongs to another user
    hint: git config --global --add safe.directory [DIR]/repo
    --- exit 1
    ");
    let safe = env.repo().display().to_string();
    env.git(&["config", "--global", "--add", "safe.directory", &safe]);
    env.run(&["start", "api"]).exits(0);
}

#[test]
fn inside_an_agent_nothing_is_changed() {
    let env = Env::new();
    let before = env.everything();
    let mut command = env.windrow(&env.repo());
    command.env("WINDROW_ATTEMPT", "1").args(["start", "api"]);
    let ran = env.ran(&command.output().unwrap()).exits(1);
    env.assert_untouched(&before, &ran);
    insta::assert_snapshot!(ran, @"
    --- stderr
    error: this runs inside an agent (attempt 1), where nothing may be changed
    hint: let the agent edit and commit in its worktree; windrow brings it home
    --- exit 1
    ");
}

#[test]
fn state_of_a_newer_version_is_read_and_not_written() {
    let env = Env::new();
    env.task("api", &[]);
    write(&env.repo().join(".git/windrow/format"), "{\"version\":99}");
    insta::assert_snapshot!(env.refused(1, &["start", "b"]), @"
    --- stderr
    error: [DIR]/repo/.git/windrow/format was written by a newer windrow (format 99, this one knows 1)
    hint: use the newer windrow; this one only reads here
    --- exit 1
    ");
    env.refused(1, &["merge", "api"]);
    env.refused(1, &["clean", "api"]);
    env.refused(1, &["undo"]);
    env.run(&["status"]).exits(0);
    env.run(&["path", "api"]).exits(0);
}
