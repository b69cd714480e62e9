//! `windrow doctor` and `windrow agents`.

use crate::env::{Env, Ran, write};

/// Runs it with a `PATH` on which the only agents are those in `bin`.
fn run(env: &Env, arguments: &[&str]) -> Ran {
    let mut command = env.windrow(&env.repo());
    let git = env.command("sh", &env.repo()).args(["-c", "dirname \"$(command -v git)\""]).output().unwrap();
    let git = String::from_utf8(git.stdout).unwrap();
    let path = format!("{}:{}:/usr/bin:/bin", env.dir().join("bin").display(), git.trim());
    // Paths are as long as the machine makes them: no line is to be broken.
    env.ran(&command.args(arguments).env("PATH", path).env("COLUMNS", "400").output().unwrap())
}

/// Leaves out what differs from machine to machine.
fn findings(ran: &Ran) -> String {
    let of_machine = ["git  ", "libgit2", "file system", "disk", "windrow  "];
    let keep = |line: &&str| of_machine.iter().all(|topic| !line.get(4..).unwrap_or("").starts_with(topic));
    ran.stdout.lines().filter(keep).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_healthy_repository() {
    let env = Env::new();
    env.script("claude", "[ \"$1\" = --version ] && echo '2.1.0 (Claude Code)'\n");
    env.script("codex", "sleep 60\n");
    let ran = run(&env, &["doctor"]).exits(0);
    insta::assert_snapshot!(findings(&ran), @r"
    ✓ identity     Test <test@example.com>
    ✓ agents       claude (2.1.0 (Claude Code)), codex
    ✓ repository   [DIR]/repo
    ✓ files        written by libgit2 as git would
    ✓ worktrees    go to ../repo.worktrees
    ✓ left over    nothing
    ");
    assert_eq!(ran.stdout.lines().count(), 11, "{ran}");
    assert!(!env.repo().join(".git/windrow").exists(), "it only looks");
}

#[test]
fn what_goes_through_git_and_why() {
    let env = Env::new();
    env.git(&["config", "core.autocrlf", "input"]);
    env.git(&["config", "commit.gpgSign", "true"]);
    env.git(&["config", "user.name", ""]);
    env.write(".git/hooks/pre-commit", "#!/bin/sh\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let hook = env.repo().join(".git/hooks/pre-commit");
        std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = findings(&run(&env, &["doctor"]).exits(0));
    assert!(said.contains("○ files        written by git, not libgit2: core.autocrlf = input\n"), "{said}");
    assert!(said.contains("signed commits: commit.gpgSign (through git)\n"), "{said}");
    assert!(said.contains("hooks: pre-commit (hooks) (through git)\n"), "{said}");
    assert!(said.contains("▲ identity ") && said.contains("git config --global user.name"), "{said}");
}

#[test]
fn what_is_left_over_is_found_and_told_with_a_way_out() {
    let env = Env::new();
    env.run(&["start", "gone", "locked", "stale"]).exits(0);
    std::fs::remove_dir_all(env.worktree("gone")).unwrap();
    env.git(&["worktree", "lock", "--reason", "on a stick", "../repo.worktrees/locked"]);
    env.git(&["worktree", "lock", "--reason", "windrow stale", "../repo.worktrees/stale"]);
    write(&env.repo().join(".git/worktrees/stale/index.lock"), "");
    write(&env.repo().join(".git/windrow/runs/20260101-000000-0001/plan.toml"), "");
    let said = findings(&run(&env, &["doctor"]).exits(0));
    let left: String =
        said.lines().skip_while(|line| !line.contains("run  ")).map(|l| format!("{l}\n")).collect();
    insta::assert_snapshot!(left, @"
    ○ run          [DIR]/repo/.git/windrow/runs/[ID] has no record; it is of no use
    ▲ task         the worktree of `gone` is missing: [DIR]/repo.worktrees/gone
                   ↳ windrow clean gone --dry-run
    ○ lock         the worktree of `locked` is locked: on a stick
                   ↳ git worktree unlock [DIR]/repo.worktrees/locked
    ▲ lock         [DIR]/repo/.git/worktrees/stale/index.lock stands; a git that was killed leaves such files
                   ↳ if no git works there: rm [DIR]/repo/.git/worktrees/stale/index.lock
    ");
}

/// Each feature of the repository at hand, and who serves it.
#[test]
fn what_is_special_about_the_repository() {
    let env = Env::new();
    env.write(".gitattributes", "*.big filter=lfs\n*.txt working-tree-encoding=UTF-16\n");
    env.write(".gitmodules", "");
    env.commit("attributes");
    for (key, value) in [
        ("core.sparseCheckout", "true"),
        ("core.sparseCheckoutCone", "true"),
        ("core.fsmonitor", "true"),
        ("core.untrackedCache", "true"),
        ("filter.lfs.clean", "cat"),
        ("merge.mine.driver", "true"),
        ("extensions.worktreeConfig", "true"),
        ("core.hooksPath", "~/hooks"),
    ] {
        env.git(&["config", key, value]);
    }
    env.script("../home/hooks/post-checkout", "");
    env.git(&["replace", "HEAD", "HEAD~1"]);
    write(&env.repo().join(".git/objects/info/alternates"), "/elsewhere/objects\n");
    let said = findings(&run(&env, &["doctor"]).exits(0));
    let features: String =
        said.lines().filter(|line| line.contains(" feature ")).map(|line| format!("{line}\n")).collect();
    insta::assert_snapshot!(features, @"
    ○ feature      sparse checkout: cone (through git)
    ○ feature      filter driver: filter=lfs (through git)
    ○ feature      merge driver: merge=mine (through git)
    ○ feature      attributes: attribute working-tree-encoding=UTF-16 (through git)
    ○ feature      untracked cache: core.untrackedCache (as git does)
    ○ feature      fsmonitor: core.fsmonitor, left alone (as git does)
    ○ feature      worktree config: extensions.worktreeConfig (as git does)
    ○ feature      submodules: .gitmodules (read as git does, changed through git)
    ○ feature      replace refs: 1 of them (through git)
    ○ feature      alternates: /elsewhere/objects (as git does)
    ○ feature      hooks: post-checkout (core.hookspath = ~/hooks) (through git)
    ");
}

/// Moved by hand, together with the repository or not: found, told, and tied to it again.
#[test]
fn fix_ties_what_was_moved_by_hand() {
    let env = Env::new();
    env.run(&["start", "api", "docs"]).exits(0);
    let all = env.dir().join("elsewhere");
    std::fs::create_dir(&all).unwrap();
    for dir in ["repo", "repo.worktrees"] {
        std::fs::rename(env.dir().join(dir), all.join(dir)).unwrap();
    }
    let repo = all.join("repo");
    let doctor = |arguments: &[&str]| {
        let ran = env.run_in(&repo, arguments).exits(0);
        ran.stdout
            .lines()
            .filter(|line| line.contains("api") || line.contains("tie"))
            .map(|l| format!("{l}\n"))
            .collect::<String>()
    };
    insta::assert_snapshot!(doctor(&["doctor"]), @"▲ task         the worktree of `api` is at ../repo.worktrees/api, and git looks elsewhere");
    insta::assert_snapshot!(doctor(&["doctor", "--fix", "--dry-run"]), @"
    tie the worktree of api to ../repo.worktrees/api again
    tie the worktree of docs to ../repo.worktrees/docs again
    ▲ task         the worktree of `api` is at ../repo.worktrees/api, and git looks elsewhere
    ");
    assert!(env.run_in(&repo, &["status"]).stdout.contains("missing"));
    env.run_in(&repo, &["doctor", "--fix"]).exits(0);
    assert!(!env.run_in(&repo, &["status"]).stdout.contains("missing"));
    write(&all.join("repo.worktrees/api/file"), "two\n");
    env.commit_in(&all.join("repo.worktrees/api"), "two");
    env.run_in(&repo, &["merge", "api", "--clean"]).exits(0);
    assert!(!all.join("repo.worktrees/api").exists());
    assert_eq!(std::fs::read_to_string(repo.join("file")).unwrap(), "two\n");
}

/// A branch of ours that nobody has any more.
#[test]
fn a_branch_without_a_task_is_found() {
    let env = Env::new();
    env.task("api", &[("new", "x\n")]);
    env.run(&["clean", "api", "-y", "--discard", "unmerged"]).exits(0);
    env.git(&["branch", "api", "main"]);
    env.git(&["branch", "mine"]);
    let ran = run(&env, &["doctor"]).exits(0);
    assert!(ran.stdout.contains("`api` was made for a task that is not there any more"), "{ran}");
    assert!(ran.stdout.contains("git branch -d api") && !ran.stdout.contains("mine"), "{ran}");
}

/// A lock of an agent that is gone, and refs of a landing that was killed.
#[test]
fn fix_takes_away_what_the_dead_held() {
    let env = Env::new();
    env.run(&["start", "stale"]).exits(0);
    env.git(&["worktree", "lock", "--reason", "windrow stale", "../repo.worktrees/stale"]);
    env.git(&["update-ref", "refs/windrow/train/1", "HEAD"]);
    let said = run(&env, &["doctor"]).exits(0);
    assert!(said.stdout.contains("refs/windrow/train/ keeps what a killed landing tested"), "{said}");
    insta::assert_snapshot!(env.run(&["doctor", "--fix", "-q"]).stderr, @"");
    assert!(!env.git(&["worktree", "list", "--porcelain"]).contains("\nlocked"));
    assert_eq!(env.git(&["for-each-ref", "refs/windrow"]), "");
    assert!(run(&env, &["doctor"]).stdout.contains("✓ left over    nothing"));
}

#[cfg(debug_assertions)]
#[test]
fn fix_recovers_what_a_killed_command_left() {
    let env = Env::new();
    let mut killed = env.windrow(&env.repo());
    let died = killed.args(["start", "api"]).env("WINDROW_CRASH_AT", "2").output().unwrap();
    assert!(!died.status.success());
    let before = run(&env, &["doctor"]).exits(0);
    assert!(before.stdout.contains("▲ operation    unfinished `start`"), "{before}");
    assert!(before.stdout.contains("↳ windrow doctor --fix"), "{before}");
    let dry = run(&env, &["doctor", "--fix", "--dry-run"]).exits(0);
    assert!(dry.stdout.contains("▲ operation "), "{dry}");
    let fixed = run(&env, &["doctor", "--fix"]).exits(0);
    assert!(fixed.stderr.contains("an unfinished `start`"), "{fixed}");
    assert!(fixed.stdout.contains("✓ left over    nothing"), "{fixed}");
    assert!(run(&env, &["doctor", "--fix"]).exits(0).stderr.contains("nothing to recover"));
    env.assert_sound();
}

#[test]
fn what_is_not_supported_is_said_with_its_exit_code() {
    let env = Env::new();
    let _ = env.run_in(&env.dir(), &["doctor"]).exits(7);
    env.git(&["config", "core.repositoryFormatVersion", "1"]);
    env.git(&["config", "extensions.refStorage", "reftable"]);
    let ran = env.run(&["doctor"]).exits(7);
    assert!(ran.stderr.to_lowercase().contains("refstorage"), "{ran}");
}

#[test]
fn before_the_first_commit() {
    let env = Env::empty();
    let said = findings(&run(&env, &["doctor"]).exits(0));
    assert!(said.contains("▲ HEAD         main has no commit yet"), "{said}");
}

#[test]
fn agents_of_the_settings_and_known_clients() {
    let env = Env::new();
    write(
        &env.dir().join("home/.config/windrow/config.toml"),
        "[agent.mine]\ncommand = [\"sh\", \"-c\", \"touch ran\"]\n",
    );
    env.script("claude", "echo 2.1.0\n");
    env.script("amp", "sleep 60\n");
    let ran = run(&env, &["agents"]).exits(0);
    let rows: Vec<&str> = ran.stdout.lines().collect();
    assert!(rows[1].starts_with("✓  mine "), "{ran}");
    assert!(rows[2].starts_with("✓  claude        2.1.0 "), "{ran}");
    assert!(
        rows.iter().any(|row| row.starts_with("✓  amp "))
            && rows.iter().any(|row| row.starts_with("·  goose")),
        "{ran}"
    );
    assert!(!env.repo().join("ran").exists(), "an agent of the user is not run to see whether it is there");
    // Outside a repository too.
    let outside = env.run_in(&env.dir(), &["agents", "--json"]).exits(0).json();
    assert_eq!(outside["agents"][0]["name"], "mine");
}
