//! `windrow approve`: what came with a repository is not run before somebody has read it.

use crate::env::{Env, write};

const SETTINGS: &str = ".config/windrow.toml";

fn state(env: &Env) -> std::path::PathBuf {
    env.dir().join("home/.local/state/windrow/approvals")
}

#[test]
fn a_setup_is_refused_until_it_is_approved() {
    let env = Env::new();
    env.write(SETTINGS, "setup = \"touch owned.log\"\n");
    env.commit("settings");
    insta::assert_snapshot!(env.run(&["start", "api"]), @r#"
    --- stderr
    error: the repository's settings bring commands that are not approved: `setup`; nothing was changed
    caused by: setup = "touch owned.log"
    hint: read them, then: windrow approve
    --- exit 1
    "#);
    insta::assert_snapshot!(env.run(&["start", "api", "-y", "--json"]), @r#"
    {
      "command": "start",
      "error": {
        "causes": [
          "setup = \"touch owned.log\""
        ],
        "hints": [
          "read them, then: windrow approve"
        ],
        "kind": "refused",
        "message": "the repository's settings bring commands that are not approved: `setup`; nothing was changed"
      },
      "schema": 1
    }
    --- exit 1
    "#);
    assert!(!env.worktree("api").exists() && env.git(&["branch", "--list", "api"]).is_empty());
    insta::assert_snapshot!(env.run(&["approve", "--dry-run"]), @r#"
    setup = "touch owned.log"
    --- stderr
    ○ would be approved
    "#);
    assert!(!state(&env).exists());
    insta::assert_snapshot!(env.run(&["approve"]), @r#"
    setup = "touch owned.log"
    --- stderr
    ✓ approved 1 command
    ↳ take it back: windrow approve --revoke
    "#);
    insta::assert_snapshot!(env.run(&["approve"]), @"
    --- stderr
    ○ every command of the repository's settings is approved
    ");
    env.run(&["start", "api"]).exits(0);
    assert!(env.worktree("api").join("owned.log").exists());
    env.write(SETTINGS, "setup = \"touch other.log\"\n");
    env.run(&["start", "docs"]).exits(1);
    env.write(SETTINGS, "# as it was\nsetup = 'touch owned.log'\n");
    env.run(&["start", "docs"]).exits(0);
    insta::assert_snapshot!(env.run(&["approve", "--revoke"]), @"
    --- stderr
    ✓ the commands of this repository's settings are not approved any more
    ");
    env.run(&["start", "more"]).exits(1);
    // What runs nothing needs no approval.
    env.run(&["status"]).exits(0);
    env.run(&["clean", "--dry-run"]).exits(0);
}

#[test]
fn agents_and_setup_of_a_run() {
    let env = Env::new();
    env.write(
        SETTINGS,
        "setup = \"touch owned.log\"\n[agent.mine]\ncommand = \"cat > got\"\n[agent.other]\ncommand = \"x\"\n",
    );
    env.commit("settings");
    insta::assert_snapshot!(env.run(&["run", "api=x", "--agent", "mine"]), @r#"
    --- stderr
    error: the repository's settings bring commands that are not approved: `agent.mine`, `setup`; nothing was changed
    caused by: agent.mine = { command = "cat > got" }
    caused by: setup = "touch owned.log"
    hint: read them, then: windrow approve
    --- exit 1
    "#);
    insta::assert_snapshot!(env.run(&["run", "api=x", "--agent", "mine", "--dry-run"]), @"
    ○ 1 task, 4 at once, base main (f529e1c6b)
    Task  Agent  Prompt
    api   mine   x
    ○ dry run: 3 changes, none made
      create branch api at f529e1c6b
      create worktree [DIR]/repo.worktrees/api on api at f529e1c6b
      record task api
    --- stderr
    ○ the repository's settings bring commands that are not approved: `agent.mine`, `setup`; windrow approve
    ○ its setup is run: touch owned.log
    ");
    assert!(!env.worktree("api").exists());
    // A plan is the user's own word, also where it has the name of a repository's agent.
    let plan = "setup = []\n[agent.mine]\ncommand = \"cat > own\"\n[[task]]\nname = \"own\"\nprompt = \"x\"\nagent = \"mine\"\n";
    write(&env.dir().join("plan.toml"), plan);
    env.run(&["run", "../plan.toml"]).exits(0);
    assert!(env.worktree("own").join("own").exists());
    // One that only changes the repository's is not.
    let plan = "setup = []\n[agent.mine]\nenv = { A = \"1\" }\n[[task]]\nname = \"api\"\nprompt = \"x\"\nagent = \"mine\"\n";
    write(&env.dir().join("plan.toml"), plan);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @r#"
    --- stderr
    error: the repository's settings bring commands that are not approved: `agent.mine`; nothing was changed
    caused by: agent.mine = { command = "cat > got" }
    hint: read them, then: windrow approve
    --- exit 1
    "#);
    env.run(&["approve"]).exits(0);
    env.run(&["run", "api=x", "--agent", "mine"]).exits(0);
    assert!(env.worktree("api").join("got").exists() && env.worktree("api").join("owned.log").exists());
}

#[test]
fn nothing_to_approve_and_nobody_to_do_it() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["approve"]), @"
    --- stderr
    ○ the repository's settings have no commands
    ");
    env.write(SETTINGS, "setup = \"touch owned.log\"\n");
    let inside = |arguments: &[&str]| {
        env.ran(&env.windrow(&env.repo()).env("WINDROW_ATTEMPT", "r/api/1").args(arguments).output().unwrap())
    };
    insta::assert_snapshot!(inside(&["approve"]), @"
    --- stderr
    error: this runs inside an agent (attempt r/api/1), where nothing may be changed
    hint: let the agent edit and commit in its worktree; windrow brings it home
    --- exit 1
    ");
    let homeless = env.windrow(&env.repo()).env_remove("HOME").args(["approve"]).output().unwrap();
    insta::assert_snapshot!(env.ran(&homeless), @r#"
    --- stderr
    error: approvals have no place: neither HOME nor XDG_STATE_HOME is an absolute path
    hint: export XDG_STATE_HOME="$PWD/state"
    --- exit 1
    "#);
    std::fs::create_dir_all(state(&env).parent().unwrap()).unwrap();
    std::fs::write(state(&env), "").unwrap();
    env.run(&["approve"]).exits(1);
    env.run(&["start", "api"]).exits(1);
}
