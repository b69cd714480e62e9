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
    assert!(said.contains("○ through git  commits are signed, commit hooks run\n"), "{said}");
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
    insta::assert_snapshot!(left, @r"
    ○ run          [DIR]/repo/.git/windrow/runs/[ID] has no record; it is of no use
    ▲ task         the worktree of `gone` is missing: [DIR]/repo.worktrees/gone
                   ↳ windrow clean gone --dry-run
    ○ lock         the worktree of `locked` is locked: on a stick
                   ↳ git worktree unlock [DIR]/repo.worktrees/locked
    ▲ lock         the worktree of `stale` is locked for an agent that is gone
                   ↳ git worktree unlock [DIR]/repo.worktrees/stale
    ▲ lock         [DIR]/repo/.git/worktrees/stale/index.lock stands; a git that was killed leaves such files
                   ↳ if no git works there: rm [DIR]/repo/.git/worktrees/stale/index.lock
    ");
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
