//! `path`: for `cd`, byte for byte.

use crate::env::Env;

#[test]
fn prints_one_line() {
    let env = Env::new();
    env.run(&["start", "api", "feat/x"]).exits(0);
    env.run(&["start", "docs", "--branch", "manual"]).exits(0);
    insta::assert_snapshot!(env.refused(0, &["path", "api"]), @"[DIR]/repo.worktrees/api");
    insta::assert_snapshot!(env.refused(0, &["path", "feat/x"]), @"[DIR]/repo.worktrees/feat-x-79b4cc");
    insta::assert_snapshot!(env.refused(0, &["path", "manual"]), @"[DIR]/repo.worktrees/docs");
    insta::assert_snapshot!(env.refused(0, &["path", "api", "--json"]), @r#"
    {
      "command": "path",
      "name": "api",
      "path": "[DIR]/repo.worktrees/api",
      "schema": 1
    }
    "#);
    let inside = env.worktree("api").join("src");
    insta::assert_snapshot!(env.refused_in(&inside, 0, &["path"]), @"[DIR]/repo.worktrees/api");
    insta::assert_snapshot!(env.refused_in(&inside, 0, &["path", "@"]), @"[DIR]/repo.worktrees/api");
    insta::assert_snapshot!(env.refused(2, &["path"]), @"
    --- stderr
    error: name a task
    hint: windrow path NAME
    hint: windrow status
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(1, &["path", "@"]), @"
    --- stderr
    error: `@` means the task one stands in, and this is no task's worktree
    hint: windrow status
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["path", "ap"]), @"
    --- stderr
    error: no task is named `ap`
    hint: the nearest is `api`; all of them: windrow status
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["path", "zzz"]), @"
    --- stderr
    error: no task is named `zzz`
    hint: windrow status
    --- exit 1
    ");
}

#[test]
fn a_name_is_a_task_before_it_is_a_branch() {
    let env = Env::new();
    env.run(&["start", "a", "--branch", "b"]).exits(0);
    insta::assert_snapshot!(env.run(&["start", "b", "--branch", "c"]), @r#"
    ✓ b  branch c from main (75ed618c4)  ../repo.worktrees/b
    --- stderr
    ↳ cd "$(windrow path b)"
    "#);
    insta::assert_snapshot!(env.refused(1, &["path", "b"]), @"
    --- stderr
    error: `b` is the name of one task and the branch of another: `a`
    hint: name the other one as `a`
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(0, &["path", "c"]), @"[DIR]/repo.worktrees/b");
}

#[cfg(unix)]
#[test]
fn odd_paths_are_printed_as_they_are() {
    let env = Env::new();
    let odd = env.dir().join("an odd\n\"place\"");
    std::fs::create_dir(&odd).unwrap();
    std::fs::rename(env.repo(), odd.join("repo")).unwrap();
    let repo = odd.join("repo");
    env.run_in(&repo, &["start", "api"]).exits(0);
    let output = env.windrow(&repo).args(["path", "api"]).output().unwrap();
    let expected = format!("{}\n", odd.join("repo.worktrees/api").display());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    env.git_in(&odd.join("repo.worktrees/api"), &["status"]);
}
