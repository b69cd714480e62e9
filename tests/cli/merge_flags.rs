//! `merge --commit` and `--clean`, and the hooks of the user around a landing.

use crate::env::{Env, write};
use std::path::{Path, PathBuf};

impl Env {
    /// Installs a hook.
    pub fn hook(&self, name: &str, body: &str) {
        let script = self.script(name, body);
        std::fs::create_dir_all(self.repo().join(".git/hooks")).unwrap();
        std::fs::rename(script, self.repo().join(".git/hooks").join(name)).unwrap();
    }
}

/// A task with a commit, a staged change with more on top of it, and an untracked file.
fn dirty(env: &Env) -> PathBuf {
    let tree = env.task("api", &[("new", "1\n")]);
    write(&tree.join("file"), "staged\n");
    env.git_in(&tree, &["add", "file"]);
    write(&tree.join("file"), "staged, and more\n");
    write(&tree.join("untracked"), "1\n");
    tree
}

fn state(env: &Env, tree: &Path) -> (String, String, String, Vec<u8>) {
    (
        env.git_in(tree, &["status", "--porcelain"]),
        env.git_in(tree, &["diff", "--cached"]),
        env.git(&["rev-parse", "main", "api"]),
        std::fs::read(tree.join("file")).unwrap(),
    )
}

#[test]
fn commit_lands_what_is_uncommitted_and_undo_gives_it_back_uncommitted() {
    for strategy in ["merge", "squash", "rebase"] {
        let env = Env::new();
        let tree = dirty(&env);
        let before = state(&env, &tree);
        env.refused(1, &["merge", "api"]);
        env.refused(0, &["merge", "api", "--commit", "--dry-run"]);
        env.run(&["merge", "api", "--commit", "--strategy", strategy]).exits(0);
        assert_eq!(env.git(&["show", "main:file"]), "staged, and more");
        assert_eq!(env.git(&["show", "main:untracked"]), "1");
        assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
        env.run(&["undo"]).exits(0);
        assert_eq!(state(&env, &tree), before, "{strategy}");
        env.assert_sound();
    }
}

#[test]
fn what_commit_says() {
    let env = Env::new();
    dirty(&env);
    insta::assert_snapshot!(env.run(&["merge", "api", "--commit", "--dry-run"]), @"
    ○ api  would land in main (merge commit)
    --- stderr
    ○ api: what is uncommitted is committed first: 1 staged, 1 unstaged, 1 untracked
    ↳ exactly this: the same with --expect 8b32793ef4f88d9c
    ");
    insta::assert_snapshot!(env.run(&["merge", "api", "--commit"]), @"✓ api  landed in main as 6deaa53bd (merge commit)");
    insta::assert_snapshot!(env.git(&["log", "-1", "--format=%an%n%B", "api"]), @"
    Test
    api: what was left uncommitted

    Left uncommitted, committed by windrow.

    Windrow-Task: api
    ");
    insta::assert_snapshot!(env.run(&["undo", "--dry-run"]), @"
    ○ dry run: 3 changes, none made
      create ref refs/windrow/rescue/preview/moved-1 at 6deaa53bd
      move branch main from 6deaa53bd to 75ed618c4, checked out at [DIR]/repo
      take commit e16871042 back, its changes stay uncommitted in [DIR]/repo.worktrees/api
    ");
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary             Tasks
    [ID]   [T]  merge    landed api in main  api
    [ID]   [T]  start    started api         api
    ");
}

#[test]
fn commit_of_a_task_that_has_nothing_else() {
    let env = Env::new();
    let tree = env.task("api", &[]);
    write(&tree.join("new"), "1\n");
    env.run(&["merge", "--all", "--commit", "-y"]).exits(0);
    assert_eq!(env.git(&["show", "main:new"]), "1");
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "?? new");
    env.assert_sound();
}

#[test]
fn a_hook_that_refuses_turns_the_task_away() {
    let env = Env::new();
    let tree = dirty(&env);
    env.task("docs", &[("doc", "1\n")]);
    env.hook("pre-commit", "echo no tests >&2; exit 1");
    let before = state(&env, &tree);
    insta::assert_snapshot!(env.run(&["merge", "api", "--commit"]), @"
    ✗ api  needs-attention: what is uncommitted could not be committed: no tests
    --- stderr
    ↳ windrow status api
    --- exit 1
    ");
    assert_eq!(state(&env, &tree), before);
    insta::assert_snapshot!(env.run(&["merge", "api", "docs", "--commit"]), @"
    ✓ docs  landed in main as 93da6d92a (merge commit)
    ✗ api   needs-attention: what is uncommitted could not be committed: no tests
    --- stderr
    ↳ windrow status api
    --- exit 4
    ");
    assert_eq!(env.git_in(&tree, &["diff", "--cached"]), before.1);
    env.assert_sound();
}

#[test]
fn what_cannot_land_is_not_committed() {
    let env = Env::new();
    let tree = dirty(&env);
    env.write("file", "ours\n");
    env.commit("ours");
    let before = state(&env, &tree);
    insta::assert_snapshot!(env.refused(3, &["merge", "api", "--commit"]), @"
    ✗ api  conflict: 1 file conflicts with main
        file (content)
    --- stderr
    ↳ solve it where the task is: windrow merge api --resolve
    --- exit 3
    ");
    // In the way in the target: found before anything is committed.
    env.git(&["reset", "-q", "--hard", "HEAD~1"]);
    env.write("untracked", "mine\n");
    env.refused(1, &["merge", "api", "--commit"]);
    std::fs::remove_file(env.repo().join("untracked")).unwrap();
    assert_eq!(state(&env, &tree).1, before.1);
}

#[test]
fn clean_removes_what_was_landed_and_one_undo_brings_both_back() {
    for strategy in ["merge", "squash", "rebase", "ff"] {
        let env = Env::new();
        let tree = env.task("api", &[("new", "1\n")]);
        let (old, tip) = (env.git(&["rev-parse", "main"]), env.git(&["rev-parse", "api"]));
        let dry = env.refused(0, &["merge", "api", "--clean", "--dry-run", "--strategy", strategy]);
        assert!(dry.stdout.contains("remove api"), "{dry}");
        let done = env.run(&["merge", "api", "--clean", "--strategy", strategy]).exits(0);
        assert!(done.stdout.contains("removed api"), "{done}");
        assert!(!tree.exists() && env.git(&["branch", "--list", "api"]).is_empty());
        assert_eq!(env.git(&["show", "main:new"]), "1");
        env.run(&["undo"]).exits(0);
        assert_eq!(env.git(&["rev-parse", "main", "api"]), format!("{old}\n{tip}"));
        assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "");
        env.assert_sound();
    }
}

#[test]
fn clean_with_commit() {
    let env = Env::new();
    let tree = dirty(&env);
    let before = state(&env, &tree);
    insta::assert_snapshot!(env.refused(0, &["merge", "api", "--commit", "--clean", "--dry-run"]), @"
    ○ api  would land in main (merge commit)
    ○ remove api  its commits are in the base
    ○ 1 task to remove, 0 kept
    --- stderr
    ○ api: what is uncommitted is committed first: 1 staged, 1 unstaged, 1 untracked
    ↳ exactly this: the same with --expect 8b32793ef4f88d9c
    ");
    let planned = env.refused(0, &["merge", "api", "--commit", "--clean", "--dry-run", "--json"]).json();
    let actions =
        planned["actions"].as_array().unwrap().iter().map(|action| action["action"].as_str().unwrap());
    assert_eq!(
        actions.collect::<Vec<_>>(),
        ["commit", "move-ref", "create-ref", "trash-worktree", "delete-ref", "write-task"]
    );
    insta::assert_snapshot!(env.run(&["merge", "api", "--commit", "--clean"]), @"
    ✓ api  landed in main as 6deaa53bd (merge commit)
    ✓ removed api  its commits are in the base
    ○ 1 task removed, 0 kept
    ");
    assert!(!tree.exists());
    env.run(&["undo"]).exits(0);
    assert_eq!(state(&env, &tree), before);
    env.assert_sound();
}

#[test]
fn what_may_not_go_stays_and_is_told() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    env.task("docs", &[("doc", "1\n")]);
    write(&tree.join("x.log"), "ignored, not to be made again\n");
    insta::assert_snapshot!(env.run(&["merge", "api", "docs", "--clean"]), @"
    ✓ api   landed in main as 730fb3b7d (merge commit)
    ✓ docs  landed in main as 5523bd1d0 (merge commit)
    ✓ removed docs  its commits are in the base
    ▲ kept    api   1 ignored file
        x.log
      ↳ windrow clean api --discard ignored
    ○ 1 task removed, 1 kept
    ");
    assert!(tree.exists() && !env.worktree("docs").exists());
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(env.run(&["merge", "--all", "-y", "--clean", "--json"]), @r#"
    {
      "command": "merge",
      "into": "main",
      "kept": [
        {
          "detail": "1 ignored file",
          "needs-discard": [
            "ignored"
          ],
          "paths": [
            "x.log"
          ],
          "reason": "ignored",
          "task": "api"
        }
      ],
      "landed": [
        {
          "commit": "730fb3b7dc5d81993bea7e5ee72ad90e362246d5",
          "into": "main",
          "strategy": "merge",
          "task": "api",
          "tip": "cc477f348c3683ca09255d4a16e3431862519d78"
        },
        {
          "commit": "5523bd1d0562df21bacc6a57d971d7911f6be677",
          "into": "main",
          "strategy": "merge",
          "task": "docs",
          "tip": "9f17da0090789eb2f6f0f223956e0a87bcc2b4d9"
        }
      ],
      "new": "5523bd1d0562df21bacc6a57d971d7911f6be677",
      "old": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
      "operation": "[ID]",
      "rejected": [],
      "removed": [
        {
          "branch": "docs",
          "detail": "its commits are in the base",
          "discarded": [],
          "reason": "ancestor",
          "task": "docs",
          "worktree": "[DIR]/repo.worktrees/docs"
        }
      ],
      "schema": 1
    }
    "#);
    env.assert_sound();
}

#[test]
fn hooks_are_run_or_told() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    for name in ["pre-merge-commit", "commit-msg", "pre-commit", "pre-rebase", "post-merge"] {
        env.hook(name, &format!("echo {name} $1 >>'{}'", env.dir().join("ran").display()));
    }
    insta::assert_snapshot!(env.run(&["merge", "api"]), @"
    ✓ api  landed in main as 730fb3b7d (merge commit)
    --- stderr
    ○ hooks that do not run, since landing is computed without a worktree: pre-merge-commit, commit-msg
    ");
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(env.run(&["merge", "api", "--strategy", "squash"]), @"
    ✓ api  landed in main as ac8308dc9 (squashed)
    --- stderr
    ○ hooks that do not run, since landing is computed without a worktree: pre-commit, commit-msg
    ");
    insta::assert_snapshot!(std::fs::read_to_string(env.dir().join("ran")).unwrap(), @"
    post-merge 0
    post-merge 1
    ");
    write(&tree.join("new"), "2\n");
    env.git_in(&tree, &["commit", "-q", "--no-verify", "-a", "-m", "more"]);
    env.hook("post-merge", "echo broken >&2; exit 3");
    insta::assert_snapshot!(env.run(&["merge", "api", "--strategy", "rebase"]), @"
    ✓ api  landed in main as de1bacca7 (rebased)
    --- stderr
    ▲ the post-merge hook failed: exit 3: broken
    ○ hooks that do not run, since landing is computed without a worktree: pre-rebase
    ");
    env.assert_sound();
}

#[cfg(unix)]
#[test]
fn signed_as_git_would() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    env.write("meanwhile", "1\n");
    env.commit("meanwhile");
    let sign = env.script(
        "sign",
        &format!(
            "cat >/dev/null; echo x >>'{}'; printf '\\n[GNUPG:] SIG_CREATED \\n' >&2; echo SIGNED\n",
            env.dir().join("signed").display()
        ),
    );
    env.git(&["config", "gpg.program", sign.to_str().unwrap()]);
    env.git(&["config", "user.signingkey", "key"]);
    env.git(&["config", "commit.gpgsign", "true"]);
    env.run(&["merge", "api", "--dry-run"]).exits(0);
    assert!(!env.dir().join("signed").exists(), "a forecast asks for no password");
    for strategy in ["merge", "squash", "rebase"] {
        env.run(&["merge", "api", "--strategy", strategy]).exits(0);
        assert!(env.git(&["cat-file", "commit", "main"]).contains("\ngpgsig SIGNED"), "{strategy}");
        env.run(&["undo"]).exits(0);
    }
}
