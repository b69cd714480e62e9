//! `plan`: what would run, and everything that is wrong.

use crate::env::{Env, write};

#[test]
fn what_would_run() {
    let env = Env::new();
    write(
        &env.repo().join("plan.toml"),
        "base = \"main\"\nagent = \"mine\"\njobs = 3\ntimeout = \"30m\"\n[agent.mine]\ncommand = [\"true\"]\n\
         [role.expert]\nprompt = \"You are an expert.\"\n\
         [[task]]\nname = \"docs\"\nafter = [\"api\", \"schema\"]\nprompt = \"Describe it.\\nIn full.\"\ntouches = [\"docs/**\"]\n\
         [[task]]\nname = \"api\"\nrole = \"expert\"\nprompt = \"Write it.\"\ntouches = [\"src/**\", \"docs/api.md\"]\n\
         [[task]]\nname = \"schema\"\nprompt = \"Write \\u001b[31mit.\"\ntouches = [\"src/schema/*.rs\"]\ntimeout = \"5s\"\n",
    );
    insta::assert_snapshot!(env.run(&["plan"]), @"
    ○ plan.toml, 3 tasks, 3 at once, base main (75ed618c4)
    Task    After       Agent  Role    Limit  Prompt
    api                 mine   expert    [T]  Write it.
    schema              mine              [T]  Write it.
    docs    api schema  mine             [T]  Describe it.
    ▲ api and schema mean to change the same paths
        src/**, src/schema/*.rs
    ");
    let json = env.run(&["plan", "plan.toml", "--json"]).json();
    let order: Vec<_> =
        json["tasks"].as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap()).collect();
    assert_eq!(order, ["api", "schema", "docs"]);
    let dry = env.run(&["run", "plan.toml", "--dry-run"]);
    assert!(dry.stdout.starts_with(&env.run(&["plan"]).stdout), "{dry}");
    assert!(!env.repo().join(".git/windrow/runs").exists());
    assert_eq!(env.git(&["branch", "--list"]), "* main");
}

#[test]
fn what_is_finished_and_what_goes_on() {
    let env = Env::new();
    env.plan("jobs = 1\n", &[("a", "echo a >a"), ("b", "exit 1"), ("c", "true")]);
    env.run(&["run", "../plan.toml", "--task", "a", "--task", "b"]).exits(4);
    insta::assert_snapshot!(env.run(&["plan", "../plan.toml"]), @"
    ○ ../plan.toml, 3 tasks, 1 at once, base main (75ed618c4)
    Task  Agent  Prompt
    a     sh     echo a >a
    b     sh     exit 1
    c     sh     true
    --- stderr
    ○ a: finished by run [ID]
    ○ b: goes on in [DIR]/repo.worktrees/b
    ");
}

#[test]
fn problems() {
    let env = Env::new();
    write(&env.repo().join("plan.toml"), "[[task]]\nname = \"a\"\nprompt = \"p\nafter = [\n");
    insta::assert_snapshot!(env.run(&["plan"]), @r#"
    --- stderr
    error: there are 2 problems; nothing was started
    caused by: plan.toml:3:12: invalid basic string, expected `"`
    caused by: plan.toml:4:10: unclosed array, expected `]`
    --- exit 6
    "#);
    write(
        &env.repo().join("plan.toml"),
        "agent = \"x\"\nbase = \"gone\"\n[agent.x]\ncommand = [\"true\"]\n[[task]]\nname = \"a\"\nprompt = \"p\"\n",
    );
    insta::assert_snapshot!(env.run(&["plan"]), @"
    --- stderr
    error: `gone` names no commit
    hint: git branch --all
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["plan", "none.toml"]), @"
    --- stderr
    error: there is a problem; nothing was started
    caused by: none.toml: the plan cannot be read: No such file or directory (os error 2)
    hint: a plan to begin with: windrow init
    --- exit 6
    ");
    write(&env.repo().join("plan.toml"), "agent = \"x\"\n[agent.x]\ncommand = [\"true\"]\n");
    insta::assert_snapshot!(env.run(&["plan"]), @"
    --- stderr
    error: there is a problem; nothing was started
    caused by: plan.toml: there is no task; each begins with `[[task]]` and has a `name` and a `prompt`
    --- exit 6
    ");
}

/// A dry run says what would be made now, what later, and what happens in each worktree; it makes nothing.
#[test]
fn a_dry_run_of_a_run() {
    let env = Env::new();
    env.write(
        "plan.toml",
        "agent = \"a\"\nsetup = [\"make deps\"]\n[agent.a]\ncommand = \"true\"\n\
         [[task]]\nname = \"one\"\nprompt = \"Do.\"\n\
         [[task]]\nname = \"two\"\nprompt = \"Go on.\"\nafter = [\"one\"]\n",
    );
    env.commit("plan");
    insta::assert_snapshot!(env.refused(0, &["run", "plan.toml", "--dry-run"]), @"
    ○ plan.toml, 2 tasks, 4 at once, base main (c227226f8)
    Task  After  Agent  Prompt
    one          a      Do.
    two   one    a      Go on.
    ○ dry run: 3 changes, none made
      create branch one at c227226f8
      create worktree [DIR]/repo.worktrees/one on one at c227226f8
      record task one
    --- stderr
    ○ two: its worktree is made once one is done
    ○ its setup is run: make deps
    ");
    let planned = env.refused(0, &["run", "plan.toml", "--dry-run", "--json"]).json();
    assert_eq!((&planned["command"], &planned["dry-run"]), (&"run".into(), &true.into()));
    assert_eq!(planned["order"], serde_json::json!(["one", "two"]));
    assert_eq!(planned["actions"].as_array().unwrap().len(), 3, "{planned:#}");
}
