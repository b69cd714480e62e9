//! `windrow shell-init`, used by the shells themselves, as far as the machine has them.

use std::path::Path;
use std::process::Command;

use crate::env::Env;

/// Runs a script with a shell that has evaluated our set-up; nothing if there is no such shell.
fn shell(env: &Env, shell: &str, arguments: &[&str], script: &str) -> Option<String> {
    Command::new(shell).arg("--version").output().ok()?;
    let program = Path::new(env!("CARGO_BIN_EXE_windrow")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = env.command(shell, &env.repo());
    let output = command.env("PATH", path).args(arguments).arg(script).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(env.redact(&(text(&output.stdout) + &text(&output.stderr))))
}

fn env() -> Env {
    let env = Env::new();
    env.run(&["start", "api", "users/list"]).exits(0);
    env
}

/// What every shell has to do: go there, stay where nothing is, show help.
const CD: &str = "wcd api; pwd; wcd nothing; pwd; wcd -h | head -n 1";

const WENT: &str = "[DIR]/repo.worktrees/api
[DIR]/repo.worktrees/api
Print the path of a task's worktree
error: no task is named `nothing`
hint: windrow status
";

#[test]
fn bash() {
    let env = env();
    let setup = "eval \"$(windrow shell-init bash)\"\n";
    let Some(went) = shell(&env, "bash", &["--norc", "-c"], &format!("{setup}{CD}")) else { return };
    assert_eq!(went, WENT);
    let ask = r#"
        complete_() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9; COMPREPLY=(); }
        complete_ windrow path ''; _clap_complete_windrow windrow '' path; echo "${COMPREPLY[@]}"
        complete_ wcd u; _windrow_wcd wcd u wcd; echo "${COMPREPLY[@]}"
        complete_ git windrow diff a; _git_windrow; echo "${COMPREPLY[@]}"
        complete -p wcd windrow | grep -o -- '-F.*'
    "#;
    insta::assert_snapshot!(shell(&env, "bash", &["--norc", "-c"], &format!("{setup}{ask}")).unwrap(), @r"
    api users/list
    users/list
    api
    -F _windrow_wcd wcd
    -F _clap_complete_windrow windrow
    ");
}

#[test]
fn zsh() {
    let env = env();
    let script = format!("eval \"$(windrow shell-init zsh)\"\n{CD}; print $_comps[wcd] $_comps[windrow]");
    let Some(went) = shell(&env, "zsh", &["-f", "-c"], &script) else { return };
    let registered = "_windrow_wcd _clap_dynamic_completer_windrow\n";
    assert_eq!(went, WENT.replacen("error:", &format!("{registered}error:"), 1));
}

#[test]
fn fish() {
    let env = env();
    let setup = "windrow shell-init fish | source\n";
    let Some(went) = shell(&env, "fish", &["--no-config", "-c"], &format!("{setup}{CD}")) else { return };
    assert_eq!(went, WENT);
    let ask = "complete --do-complete 'wcd u'; complete --do-complete 'windrow merge a'";
    insta::assert_snapshot!(shell(&env, "fish", &["--no-config", "-c"], &format!("{setup}{ask}")).unwrap(), @r"
    users/list	task from main
    api	task from main
    ");
}

#[test]
fn a_directory_that_ends_with_a_line_end_is_reached() {
    let env = Env::new();
    let settings = "worktree-dir = \"../w\\n/x\\n\"\n";
    env.write(".config/windrow.toml", settings);
    env.commit("settings");
    env.run(&["start", "api"]).exits(0);
    let script = "eval \"$(windrow shell-init bash)\"; wcd api; git branch --show-current";
    let Some(went) = shell(&env, "bash", &["--norc", "-c"], script) else { return };
    assert_eq!(went, "api\n");
}

#[test]
fn it_is_needed_before_there_is_a_repository() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = env.run_in(&env.dir(), &["shell-init", shell]).exits(0);
        assert!(
            ran.stderr.is_empty() && ran.stdout.contains("wcd") && ran.stdout.contains("COMPLETE"),
            "{ran}"
        );
    }
    let _ = env.run(&["shell-init", "tcsh"]).exits(2);
}
