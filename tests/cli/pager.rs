//! Long output on a terminal goes to the user's pager.

use crate::env::{Env, write};
use crate::terminal_run::on_terminal;

fn env() -> Env {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    write(&env.worktree("api").join("new"), "a\x1b[2Jb\n");
    env
}

#[test]
fn the_choice_is_gits() {
    let env = env();
    let config = |value: &str| env.git(&["config", "--global", "core.pager", value]);
    let marked = |variables: &[(&str, &str)]| {
        let out = on_terminal(&env, "windrow history --color never", variables)?;
        out.lines().next().map(|line| line.split("Id").next().unwrap().to_owned())
    };
    if marked(&[]).is_none() {
        return;
    }
    let (git, user) = (("GIT_PAGER", "sed s/^/G:/"), ("PAGER", "sed s/^/P:/"));
    assert_eq!(marked(&[user]).unwrap(), "P:");
    config("sed s/^/C:/");
    assert_eq!(marked(&[user]).unwrap(), "C:");
    assert_eq!(marked(&[git, user]).unwrap(), "G:");
    assert_eq!(marked(&[("GIT_PAGER", "cat"), user]).unwrap(), "");
    assert_eq!(marked(&[("GIT_PAGER", ""), user]).unwrap(), "");
    assert_eq!(marked(&[git, ("TERM", "dumb")]).unwrap(), "");
    assert_eq!(marked(&[git, ("CI", "true")]).unwrap(), "");
    // The repository's own file is an agent's to write, and a pager is a command.
    env.git(&["config", "core.pager", "touch owned; cat"]);
    assert_eq!(marked(&[]).unwrap(), "C:");
    assert!(!env.repo().join("owned").exists());
}

#[test]
fn without_a_terminal_or_wish_there_is_none() {
    let env = env();
    let mut piped = env.windrow(&env.repo());
    piped.arg("history").env("GIT_PAGER", "sed s/^/G:/");
    assert!(!env.ran(&piped.output().unwrap()).exits(0).stdout.contains("G:"));
    for line in ["windrow history --no-pager", "windrow --json history", "windrow history | cat"] {
        let Some(out) = on_terminal(&env, line, &[("GIT_PAGER", "sed s/^/G:/")]) else { return };
        assert!(!out.contains("G:") && env.redact(&out).contains("[ID]"), "{out}");
    }
}

#[test]
fn a_pager_that_is_left_or_not_there_is_no_failure() {
    let env = env();
    let line = "windrow diff api; echo code $?";
    let Some(out) = on_terminal(&env, line, &[("GIT_PAGER", "true")]) else { return };
    assert_eq!(out, "code 0\n");
    let out = on_terminal(&env, line, &[("GIT_PAGER", "no-such-pager")]).unwrap();
    assert!(out.contains("no pager: program no-such-pager"), "{out}");
    assert!(out.contains("diff --git") && out.ends_with("code 0\n"), "{out}");
}

#[test]
fn a_pager_that_colours_gets_a_safe_patch_without_colours() {
    let env = env();
    env.script("delta", "exec sed 's/^/D:/'\n");
    let Some(out) = on_terminal(&env, "windrow diff api", &[("GIT_PAGER", "delta --dark")]) else { return };
    assert!(out.lines().all(|line| line.starts_with("D:")) && !out.contains('\x1b'), "{out:?}");
    assert!(out.contains(r"D:+a\x1b[2Jb"), "{out}");
    let out = on_terminal(&env, "windrow diff api", &[("GIT_PAGER", "sed s/^/S:/")]).unwrap();
    assert!(out.contains("S:\x1b[32m+a\\x1b[2Jb\x1b[0m"), "{out:?}");
    let out = on_terminal(&env, "windrow diff api", &[("GIT_PAGER", "sed s/^/S:/"), ("NO_COLOR", "1")]);
    assert!(!out.unwrap().contains('\x1b'));
}
