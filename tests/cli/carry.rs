//! `start --carry`.

use crate::env::Env;

fn dirty() -> Env {
    let env = Env::new();
    env.write("gone", "x\n");
    env.write("both", "1\n");
    env.commit("more");
    env.write("file", "staged\n");
    env.write("both", "2\n");
    env.write("added", "new\n");
    env.git(&["add", "file", "both", "added"]);
    env.write("both", "3\n");
    env.write("src/lib.rs", "unstaged\n");
    env.write("new/untracked", "u\n");
    std::fs::remove_file(env.repo().join("gone")).unwrap();
    env
}

const STATUS: &str = "A  added\nMM both\nM  file\n D gone\n M src/lib.rs\n?? new/untracked";

fn status(env: &Env, dir: &std::path::Path) -> String {
    env.git_in(dir, &["status", "--porcelain", "-uall"])
}

#[test]
fn changes_move_as_they_are_and_back() {
    let env = dirty();
    assert_eq!(status(&env, &env.repo()), STATUS);
    let dry = env.run(&["start", "api", "--carry", "--dry-run"]).exits(0);
    insta::assert_snapshot!(dry, @"
    ○ dry run: 5 changes, none made
      create ref refs/windrow/rescue/preview/carry at 343740985
      create branch api at de69afc42
      create worktree [DIR]/repo.worktrees/api on api at de69afc42 with the uncommitted changes
      take the uncommitted changes out of [DIR]/repo
      record task api
    ");
    assert_eq!(status(&env, &env.repo()), STATUS);
    insta::assert_snapshot!(env.run(&["start", "api", "--carry"]).exits(0), @r#"
    ✓ api  branch api from main (de69afc42)  ../repo.worktrees/api
    --- stderr
    ○ moved out of [DIR]/repo: 3 staged, 3 unstaged, 1 untracked
    ↳ cd "$(windrow path api)"
    "#);
    assert_eq!(status(&env, &env.repo()), "");
    assert!(!env.repo().join("new").exists() && env.repo().join("gone").exists());
    assert_eq!(status(&env, &env.worktree("api")), STATUS);
    assert_eq!(env.git_in(&env.worktree("api"), &["show", ":both"]), "2");
    assert_eq!(std::fs::read_to_string(env.worktree("api").join("both")).unwrap(), "3\n");
    env.assert_sound();
    env.run(&["undo"]).exits(0);
    assert_eq!(status(&env, &env.repo()), STATUS);
    assert_eq!(env.git(&["show", ":both"]), "2");
    assert!(!env.worktree("api").exists());
    env.assert_sound();
}

#[test]
fn they_do_not_go_back_over_other_work() {
    let env = dirty();
    env.run(&["start", "api", "--carry"]).exits(0);
    env.write("file", "later\n");
    insta::assert_snapshot!(env.run(&["undo"]).exits(1), @"
    --- stderr
    error: cannot undo: the changes cannot go back to [DIR]/repo: its files have changed since
    hint: commit or move away what is there first: git -C [DIR]/repo status
    --- exit 1
    ");
    env.git(&["checkout", "-q", "--", "file"]);
    std::fs::write(env.worktree("api").join("both"), "4\n").unwrap();
    let ran = env.run(&["undo"]).exits(1);
    assert!(ran.stderr.contains("its files have changed since"), "{ran}");
    assert_eq!(status(&env, &env.repo()), "");
}

#[test]
fn to_another_commit_only_where_they_apply() {
    let env = dirty();
    env.git(&["stash", "-q", "-u"]);
    env.git(&["branch", "apart"]);
    env.git(&["switch", "-q", "apart"]);
    env.write("other", "o\n");
    env.commit("other");
    env.git(&["switch", "-q", "-c", "clash"]);
    env.write("file", "theirs\n");
    env.commit("clash");
    env.git(&["switch", "-q", "main"]);
    env.git(&["stash", "pop", "-q", "--index"]);
    assert_eq!(status(&env, &env.repo()), STATUS);
    insta::assert_snapshot!(env.run(&["start", "api", "--carry", "--base", "clash"]).exits(1), @"
    --- stderr
    error: the changes here do not apply to b83fbeca0, where the task would start; nothing was changed
    caused by: file (content)
    hint: leave --base out to start from the commit that they were made on
    --- exit 1
    ");
    assert_eq!(status(&env, &env.repo()), STATUS);
    env.run(&["start", "api", "--carry", "--base", "apart"]).exits(0);
    assert_eq!(status(&env, &env.worktree("api")), STATUS);
    assert!(env.worktree("api").join("other").exists());
    env.run(&["undo"]).exits(0);
    assert_eq!(status(&env, &env.repo()), STATUS);
}

#[test]
fn what_cannot_be_carried_is_refused() {
    let env = Env::new();
    let ran = env.run(&["start", "a", "b", "--carry"]).exits(2);
    assert!(ran.stderr.contains("--carry goes with one NAME only"), "{ran}");
    insta::assert_snapshot!(env.run(&["start", "clean", "--carry"]).exits(0), @r#"
    ✓ clean  branch clean from main (75ed618c4)  ../repo.worktrees/clean
    --- stderr
    ○ there are no uncommitted changes here to carry
    ↳ cd "$(windrow path clean)"
    "#);
    env.git(&["switch", "-q", "-c", "other"]);
    env.write("file", "o\n");
    env.commit("other");
    env.git(&["switch", "-q", "main"]);
    env.write("file", "m\n");
    env.commit("main");
    drop(env.command("git", &env.repo()).args(["merge", "-q", "other"]).output());
    insta::assert_snapshot!(env.run(&["start", "api", "--carry"]).exits(1), @"
    --- stderr
    error: a merge is in progress in [DIR]/repo
    hint: finish or abort it first: git -C [DIR]/repo status
    --- exit 1
    ");
    env.git(&["merge", "--abort"]);
    std::fs::create_dir(env.repo().join("nested")).unwrap();
    env.git_in(&env.repo().join("nested"), &["init", "-q"]);
    env.commit_in(&env.repo().join("nested"), "inside");
    insta::assert_snapshot!(env.run(&["start", "api", "--carry"]).exits(1), @"
    --- stderr
    error: the uncommitted changes of [DIR]/repo cannot be moved: nested is a repository of its own inside it
    hint: git -C [DIR]/repo status
    --- exit 1
    ");
}

#[test]
fn killed_anywhere_the_changes_are_in_one_of_the_two() {
    let mut whole = false;
    for n in 1..40 {
        let env = dirty();
        let mut command = env.windrow(&env.repo());
        let output =
            command.args(["start", "api", "--carry"]).env("WINDROW_CRASH_AT", n.to_string()).output();
        whole = output.unwrap().status.success();
        env.run(&["start", "other"]).exits(0);
        let there = env.worktree("api").exists();
        let at = if there { env.worktree("api") } else { env.repo() };
        assert_eq!(status(&env, &at), STATUS, "{n}");
        if there {
            assert_eq!(status(&env, &env.repo()), "", "{n}");
        }
        env.assert_sound();
        if whole {
            break;
        }
    }
    assert!(whole);
}
