//! Setup commands and ports.

use crate::env::{Env, write};

fn settings(env: &Env, text: &str) {
    write(&env.dir().join("home/.config/windrow/config.toml"), text);
}

#[test]
fn it_runs_in_the_new_worktree_with_the_task_s_variables() {
    let env = Env::new();
    settings(
        &env,
        "setup = [\"env | grep ^WINDROW_ | grep -v PORT | grep -v STEP | sort > vars.log\", \"echo $WINDROW_PORT > port.log\"]\nports = \"31000-31999\"\n",
    );
    insta::assert_snapshot!(env.run(&["start", "api"]).exits(0), @r#"
    ✓ api  branch api from main (75ed618c4)  ../repo.worktrees/api
    --- stderr
    ◎ running its setup
    ↳ cd "$(windrow path api)"
    "#);
    let seen = std::fs::read_to_string(env.worktree("api").join("vars.log")).unwrap();
    insta::assert_snapshot!(env.redact(&seen), @"
    WINDROW_BASE=main
    WINDROW_BRANCH=api
    WINDROW_TASK=api
    WINDROW_WORKTREE=[DIR]/repo.worktrees/api
    ");
    let port: u16 =
        std::fs::read_to_string(env.worktree("api").join("port.log")).unwrap().trim().parse().unwrap();
    assert!((31000..32000).contains(&port) && port.is_multiple_of(10), "{port}");
    // The same port for an agent, and another for another task.
    env.run(&["run", "api=x", "docs=y", "--command", "echo $WINDROW_PORT > port"]).exits(0);
    let port_of = |task: &str| std::fs::read_to_string(env.worktree(task).join("port")).unwrap();
    assert_eq!(port_of("api").trim(), port.to_string());
    assert_ne!(port_of("api"), port_of("docs"));
}

#[test]
fn a_setup_that_fails_leaves_the_task_and_is_tried_again_by_a_run() {
    let env = Env::new();
    settings(
        &env,
        "setup = [\"echo installing\", \"echo no network >&2; test -e /nonexistent\", \"touch never\"]\n",
    );
    insta::assert_snapshot!(env.run(&["start", "api"]).exits(4), @r#"
    ✓ api  branch api from main (75ed618c4)  ../repo.worktrees/api
    --- stderr
    ◎ running its setup
    ▲ api: setup failed: `echo no network >&2; test -e /nonexistent` (exit 1)
        $ echo installing
        installing
        $ echo no network >&2; test -e /nonexistent
        no network
      its output: [DIR]/repo/.git/windrow/tasks/api.setup.log
    ↳ the next run tries it again: windrow run api='PROMPT'
    ↳ cd "$(windrow path api)"
    --- exit 4
    "#);
    assert!(env.worktree("api").exists() && !env.worktree("api").join("never").exists());
    let ran = env.run(&["run", "api=x", "--command", "touch launched", "--json"]).exits(4);
    let last = ran.json_lines().pop().unwrap();
    assert_eq!(last["tasks"][0]["outcome"], "failed");
    assert!(last["tasks"][0]["evidence"][0].as_str().unwrap().starts_with("setup failed: "), "{last}");
    assert!(!env.worktree("api").join("launched").exists());
    settings(&env, "setup = \"touch ready.log\"\n");
    env.run(&["run", "api=x", "--command", "test -e ready.log && touch launched"]).exits(0);
    assert!(env.worktree("api").join("launched").exists());
    let document = env.run(&["start", "docs", "--json"]).exits(0).json();
    assert_eq!(document["tasks"][0]["setup"], "done");
}

#[test]
fn a_plan_s_setup_takes_the_place_of_the_settings() {
    let env = Env::new();
    settings(&env, "setup = \"touch settings.log\"\n");
    let plan = "setup = [\"touch plan.log\"]\n[[task]]\nname = \"api\"\nprompt = \"x\"\nagent = \"me\"\n[agent.me]\ncommand = \"test -e plan.log && touch done\"\n";
    write(&env.dir().join("plan.toml"), plan);
    env.run(&["run", "../plan.toml"]).exits(0);
    assert!(!env.worktree("api").join("settings.log").exists());
}

#[test]
fn what_a_setup_left_stands_in_no_undo_s_way() {
    let env = Env::new();
    settings(&env, "setup = \"echo lock > lockfile; echo more >> file; false\"\n");
    env.write("file", "carried\n");
    let ran = env.run(&["start", "api", "--carry"]).exits(4);
    assert!(env.worktree("api").join("lockfile").exists(), "{ran}");
    let ran = env.run(&["undo"]).exits(0);
    assert!(!env.worktree("api").exists(), "{ran}");
    assert_eq!(std::fs::read_to_string(env.repo().join("file")).unwrap(), "carried\n");
    env.run(&["start", "api"]).exits(4);
    std::fs::write(env.worktree("api").join("file"), "worked on\n").unwrap();
    env.run(&["undo"]).exits(1);
    env.assert_sound();
}

#[test]
fn no_ports_are_left() {
    let env = Env::new();
    settings(&env, "ports = \"31000-31019\"\n");
    env.run(&["start", "a", "b"]).exits(0);
    insta::assert_snapshot!(env.run(&["start", "c"]).exits(1), @"
    --- stderr
    error: no ten ports of 31000-31019 are left for `c`
    hint: remove finished tasks: windrow clean
    hint: or set a wider `ports` in ~/.config/windrow/config.toml
    --- exit 1
    ");
    assert!(!env.worktree("c").exists());
}
