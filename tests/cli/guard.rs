//! What an agent has no business with: a change of what git runs is found, blocks the way, and is accepted only by a person.

use crate::env::{Env, write};

#[test]
fn an_agent_that_plants_a_hook_is_found() {
    let env = Env::new();
    let plant = "printf '#!/bin/sh\\ntouch owned\\n' > \"$(git rev-parse --git-common-dir)/hooks/pre-commit\"; chmod +x \"$(git rev-parse --git-common-dir)/hooks/pre-commit\"; echo x > made";
    insta::assert_snapshot!(env.run(&["run", "api=x", "--command", plant]), @r#"
    ▲ api  needs-attention in [T]
      tampered with the repository: hooks/pre-commit, exit 0, no commit, left uncommitted: 1 untracked
      ↳ windrow approve api

    ▲ 1 task: 1 needs-attention
    --- stderr
    ○ run [ID]: 1 task, 4 at once
      base main (75ed618c4); agent command; permission the agent's own; isolation none
    ◎ api  started (command)
    ▲ api  needs-attention in [T]: tampered with the repository: hooks/pre-commit, exit 0, no commit, left uncommitted: 1 untracked
    ↳ the same again goes on with the others: windrow run 'api=x' --command 'printf '\''#!/bin/sh\ntouch owned\n'\'' > "$(git rev-parse --git-common-dir)/hooks/pre-commit"; chmod +x "$(git rev-parse --git-common-dir)/hooks/pre-commit"; echo x > made'
    --- exit 4
    "#);
    // Its leftovers were not committed: that would have run the hook.
    assert!(!env.worktree("api").join("owned").exists());
    env.git_in(&env.worktree("api"), &["-c", "core.hooksPath=/dev/null", "add", "-A"]);
    env.git_in(&env.worktree("api"), &["-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "made"]);
    insta::assert_snapshot!(env.run(&["merge", "api"]), @"
    ✗ api  tampered: its agent changed what decides what runs: hooks/pre-commit
    --- stderr
    ↳ accept it as it is: windrow approve api
    --- exit 1
    ");
    for refused in [
        &["run", "api=again", "--command", "true"][..],
        &["send", "api", "x"],
        &["merge", "api", "--resolve"],
    ] {
        let ran = env.run(refused).exits(1);
        assert!(ran.stderr.contains("tampered with the repository: hooks/pre-commit"), "{ran}");
    }
    insta::assert_snapshot!(env.run(&["approve", "api"]), @r#"
    changed-by.api = { "hooks/pre-commit" = "90137d7ae1586088" }
    --- stderr
    ✓ approved as it is now
    ↳ take it back: windrow approve --revoke
    "#);
    env.run(&["merge", "api"]).exits(0);
    insta::assert_snapshot!(env.run(&["approve", "api"]), @"
    --- stderr
    ○ what its agent changed is approved
    ");
}

#[test]
fn what_an_agent_may_do() {
    let env = Env::new();
    let plan = [
        ("commits", "echo x > a; git add -A; git commit -qm a; git tag t; git branch other"),
        ("stashes", "echo y > b; git stash -q -u; git stash pop -q"),
    ];
    env.plan("", &plan);
    env.run(&["run", "../plan.toml"]).exits(0);
    env.run(&["approve", "commits"]).exits(0);
}

#[test]
fn a_filter_in_the_shared_configuration_runs_nowhere() {
    let env = Env::new();
    let plant =
        "git config filter.x.clean 'touch owned; cat'; echo '* filter=x' > .gitattributes; echo x > made";
    let ran = env.run(&["run", "api=x", "--command", plant, "--json"]).exits(4);
    let task = ran.json_lines().pop().unwrap()["tasks"][0].clone();
    assert_eq!((task["outcome"].as_str(), task["commits"].as_u64()), (Some("needs-attention"), Some(0)));
    env.run(&["merge", "--all", "-y"]).exits(0);
    write(&env.worktree("api").join("more"), "1\n");
    env.run(&["merge", "api", "--commit"]).exits(1);
    assert!(!env.worktree("api").join("owned").exists());
}

#[test]
fn what_changes_around_the_worktrees_is_told_and_taints_nobody() {
    let env = Env::new();
    env.git(&["branch", "mine"]);
    let main = env.repo().display().to_string();
    let strays = format!(
        "echo stray > '{main}/file'; echo stray > '{main}/new'; git -C '{main}' branch -f mine HEAD^ 2>/dev/null || git -C '{main}' branch -D mine; echo x > made"
    );
    let ran = env.run(&["run", "api=x", "--command", &strays, "--json"]).exits(0);
    let lines = ran.json_lines();
    let warnings: Vec<&str> = lines
        .iter()
        .filter(|line| line["event"] == "warning")
        .map(|line| line["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        warnings,
        [
            "changed while agents worked, by one of them or by somebody else: branch mine, file in the main worktree, new in the main worktree; at work then: api"
        ]
    );
    assert_eq!(lines.last().unwrap()["tasks"][0]["outcome"], "done");
    // What is ours is explained.
    let quiet = env
        .run(&["run", "docs=x", "--command", "echo y > made; git tag t; git stash list", "--json"])
        .exits(0);
    assert!(quiet.json_lines().iter().all(|line| line["event"] != "warning"), "{quiet}");
}
