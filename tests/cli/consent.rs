//! What is asked on a terminal. The terminal is made by `script` of util-linux; without it there is nothing to test.

use std::io::Write;
use std::process::Stdio;

use crate::env::{Env, Ran};

/// Runs the program on a terminal that is typed into.
fn typed(env: &Env, keys: &str, arguments: &str) -> Option<Ran> {
    let program = env!("CARGO_BIN_EXE_windrow");
    let line = format!("{} {arguments}", shell_words::quote(program));
    let mut command = env.command("script", &env.repo());
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.ok()?;
    // Left open until the end: a terminal that hangs up is another case.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(keys.as_bytes()).unwrap();
    let reader = child.wait_with_output().unwrap();
    drop(stdin);
    Some(env.ran(&reader))
}

#[cfg(target_os = "linux")]
#[test]
fn merge_and_clean_ask() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    let before = env.everything();
    let Some(no) = typed(&env, "\u{1b}", "merge --all") else { return };
    assert!(no.stdout.contains("would land in main") && no.stdout.contains("nothing was changed"), "{no}");
    env.assert_untouched(&before, &no.exits(1));
    // Named or not, a person is asked.
    env.assert_untouched(&before, &typed(&env, "\u{1b}[A\r", "merge api").unwrap().exits(1));
    let yes = typed(&env, "\r", "merge api").unwrap().exits(0);
    assert!(yes.stdout.contains("new | 1 +") && yes.stdout.contains("landed in main"), "{yes}");
    let before = env.everything();
    env.assert_untouched(&before, &typed(&env, "n\r", "clean").unwrap().exits(1));
    typed(&env, "y\r", "clean").unwrap().exits(0);
    assert!(!env.worktree("api").exists());
    // Nothing is asked where yes was said, or nothing is to be done.
    typed(&env, "", "clean").unwrap().exits(0);
    env.task("docs", &[("doc", "1\n")]);
    typed(&env, "", "merge --all -y").unwrap().exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_task_is_picked_where_none_is_named() {
    let env = Env::new();
    env.run(&["start", "a", "b"]).exits(0);
    let Some(picked) = typed(&env, "\u{1b}[B\r", "path") else { return };
    assert!(picked.exits(0).stdout.ends_with("[DIR]/repo.worktrees/b\r\n"));
}
