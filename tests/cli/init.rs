//! `windrow init`.

use crate::env::{Env, write};

#[test]
fn files_are_written_once_and_work() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["init", "--dry-run"]), @r"
    --- stderr
    ○ would write plan.toml
    ○ would write .config/windrow.toml
    ");
    assert!(!env.repo().join("plan.toml").exists());
    // From below: they go to the root all the same.
    insta::assert_snapshot!(env.run_in(&env.repo().join("src"), &["init"]), @r"
    --- stderr
    ✓ wrote ../plan.toml
    ✓ wrote ../.config/windrow.toml
    ↳ say in plan.toml what is to be done, then: windrow plan
    ");
    insta::assert_snapshot!(env.run(&["init"]), @r"
    --- stderr
    error: plan.toml is there already, and is not overwritten; nothing was written
    caused by: .config/windrow.toml is there too
    hint: windrow plan
    --- exit 1
    ");
    let planned = env.run(&["plan"]).exits(0);
    assert!(planned.stdout.contains("first") && planned.stderr.is_empty(), "{planned}");
    env.run(&["start", "api"]).exits(0);
    env.assert_sound();
}

#[test]
fn what_is_there_stays_and_nothing_is_half_done() {
    let env = Env::new();
    write(&env.repo().join(".config/windrow.toml"), "# mine\n");
    insta::assert_snapshot!(env.run(&["init"]), @r"
    --- stderr
    error: .config/windrow.toml is there already, and is not overwritten; nothing was written
    hint: windrow plan
    --- exit 1
    ");
    assert!(!env.repo().join("plan.toml").exists());
    assert_eq!(std::fs::read_to_string(env.repo().join(".config/windrow.toml")).unwrap(), "# mine\n");
}

#[test]
fn an_agent_that_is_installed_is_proposed() {
    let env = Env::new();
    let agent = env.script("codex", "exit 1\n");
    let mut command = env.windrow(&env.repo());
    let path = format!("{}:/usr/bin:/bin", agent.parent().unwrap().display());
    let _ = env.ran(&command.arg("init").env("PATH", path).output().unwrap()).exits(0);
    assert!(std::fs::read_to_string(env.repo().join("plan.toml")).unwrap().contains("agent = \"codex\""));
}

#[test]
fn not_where_there_is_no_place_for_it() {
    let env = Env::new();
    env.git(&["clone", "-q", "--bare", ".", "../bare.git"]);
    insta::assert_snapshot!(env.run_in(&env.dir().join("bare.git"), &["init"]), @r"
    --- stderr
    error: a bare repository has no worktree to write a plan into
    hint: write it anywhere, and name it: windrow run PLAN
    --- exit 1
    ");
    let mut inside = env.windrow(&env.repo());
    let ran = env.ran(&inside.arg("init").env("WINDROW_ATTEMPT", "r/t/1").output().unwrap()).exits(1);
    assert!(ran.stderr.contains("inside an agent") && !env.repo().join("plan.toml").exists(), "{ran}");
}
