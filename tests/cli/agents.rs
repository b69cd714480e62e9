//! Clients that write events: scripts in their place that write what the real ones were seen to write.

use crate::env::{Env, write};

/// Puts a script in the place of a client on the PATH, and gives that.
fn client(env: &Env, name: &str, body: &str) -> String {
    let path = env.dir().join(format!("bin/{name}"));
    write(&path, &format!("#!/bin/sh\n{body}\n"));
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut std::fs::metadata(&path).unwrap().permissions(), 0o755);
    std::process::Command::new("chmod").arg("+x").arg(&path).status().unwrap();
    format!("{}:{}", env.dir().join("bin").display(), std::env::var("PATH").unwrap())
}

fn run(env: &Env, path: &str, arguments: &[&str]) -> crate::env::Ran {
    env.ran(&env.windrow(&env.repo()).env("PATH", path).args(arguments).output().unwrap())
}

/// Says how it was called, and what it read.
const TOLD: &str = r#"echo "$@" >> "$HOME/argv"; cat >> "$HOME/stdin"; echo >> "$HOME/stdin""#;

/// Claude: writes a file, says so, and what the session cost so far.
const CLAUDE: &str = r#"
id=unknown; for a in "$@"; do case $last in --session-id|--resume) id=$a;; esac; last=$a; done
n=$(cat "$HOME/count" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$HOME/count"
echo "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"$id\",\"model\":\"m\"}"
echo '{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Write","input":{"file_path":"made"}}]}}'
echo "round $n" > made
echo "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"I wrote it, round $n.\",\"session_id\":\"$id\",\"total_cost_usd\":0.$n,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}"
"#;

#[test]
fn a_client_is_believed_by_its_events_and_sent_a_follow_up() {
    let env = Env::new();
    let path = client(&env, "claude", &format!("{TOLD}\n{CLAUDE}"));
    write(
        &env.dir().join("plan.toml"),
        "[agent.claude]\nmodel = \"large\"\n[role.expert]\nprompt = \"You are an expert.\"\n[[task]]\nname = \"api\"\nrole = \"expert\"\nagent = \"claude\"\nprompt = \"Write it.\"\npermission = \"full\"\n",
    );
    let ran = run(&env, &path, &["run", "../plan.toml", "--json"]).exits(0);
    let last = ran.json_lines().pop().unwrap();
    let task = &last["tasks"][0];
    assert_eq!(
        (task["outcome"].as_str(), task["last-words"][0].as_str()),
        (Some("done"), Some("I wrote it, round 1."))
    );
    assert_eq!((task["cost-usd"].as_f64(), task["tokens"].as_u64()), (Some(0.1), Some(11)));
    let argv = std::fs::read_to_string(env.dir().join("home/argv")).unwrap();
    assert!(argv.contains("--model large") && argv.contains("--permission-mode bypassPermissions"), "{argv}");
    assert!(argv.contains("--append-system-prompt You are an expert.") && argv.contains("--session-id "));
    assert_eq!(std::fs::read_to_string(env.dir().join("home/stdin")).unwrap(), "Write it.\n");
    let session = argv.split("--session-id ").nth(1).unwrap().trim().to_owned();

    insta::assert_snapshot!(run(&env, &path, &["send", "api", "Now better."]), @"
    ✓ api  done in [T]  2 commits, 1 file, +1
      exit 0, 1 commit, leftovers committed (1 unstaged)
      │ I wrote it, round 2.
      ↳ windrow diff api

    ✓ 1 task: 1 done
    --- stderr
    ○ run [ID]: 1 task, 4 at once
      base main (75ed618c4); agent claude; permission full; isolation none
    ◎ api  started (claude)
    ✓ api  done in [T]: exit 0, 1 commit, leftovers committed (1 unstaged), 1 file, +1
    ↳ windrow status · windrow merge --all · windrow undo
    ");
    let argv = std::fs::read_to_string(env.dir().join("home/argv")).unwrap();
    assert!(argv.ends_with(&format!("--resume {session}\n")), "{argv}");
    assert!(std::fs::read_to_string(env.dir().join("home/stdin")).unwrap().ends_with("Now better.\n"));
    assert_eq!(std::fs::read_to_string(env.worktree("api").join("made")).unwrap(), "round 2\n");
    // The numbers are those of the session: what the follow-up cost is the difference.
    let status = env.run(&["status", "--json"]).json();
    let cost = status["tasks"][0]["cost-usd"].as_f64().unwrap();
    assert!((cost - 0.2).abs() < 1e-9, "{cost}");
    assert_eq!(status["tasks"][0]["tokens"], 22);
    // The task is still the one of the plan, and finished.
    let again = run(&env, &path, &["run", "../plan.toml", "--json"]).exits(0);
    assert_eq!(again.json_lines().pop().unwrap()["tasks"][0]["earlier"], true);
    run(&env, &path, &["undo"]).exits(0);
    assert_eq!(std::fs::read_to_string(env.worktree("api").join("made")).unwrap(), "round 1\n");
}

#[test]
fn success_is_not_believed_with_an_error_inside() {
    let env = Env::new();
    let path = client(
        &env,
        "claude",
        "echo x > made\necho '{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"result\":\"API Error: 500\"}'",
    );
    insta::assert_snapshot!(run(&env, &path, &["run", "api=x", "--agent", "claude"]), @"
    ✗ api  failed in [T]
      exit 0, it says that it ended with an error, it met: API Error: 500, no commit, left uncommitted:
      1 untracked
      │ API Error: 500
      ↳ windrow logs api

    ▲ 1 task: 1 failed
    --- stderr
    ○ run [ID]: 1 task, 4 at once
      base main (75ed618c4); agent claude; permission edit; isolation none
    ◎ api  started (claude)
    ✗ api  failed in [T]: exit 0, it says that it ended with an error, it met: API Error: 500, no commit, left uncommitted: 1 untracked
    ↳ the same again goes on with the others: windrow run 'api=x' --agent claude
    --- exit 4
    ");
    let path =
        client(&env, "codex", "echo '{\"type\":\"thread.started\",\"thread_id\":\"t\"}'; echo y > made");
    insta::assert_snapshot!(run(&env, &path, &["run", "docs=x", "--agent", "codex"]), @"
    ✗ docs  failed in [T]
      exit 0, it never said that it had finished, no commit, left uncommitted: 1 untracked
      ↳ windrow logs docs

    ▲ 1 task: 1 failed
    --- stderr
    ○ run [ID]: 1 task, 4 at once
      base main (75ed618c4); agent codex; permission edit; isolation none
    ◎ docs  started (codex)
    ✗ docs  failed in [T]: exit 0, it never said that it had finished, no commit, left uncommitted: 1 untracked
    ↳ the same again goes on with the others: windrow run 'docs=x' --agent codex
    --- exit 4
    ");
    let path = client(&env, "aider", "echo 'litellm.AuthenticationError: no key'");
    let ran = run(&env, &path, &["run", "more=x", "--agent", "aider", "--json"]).exits(4);
    assert_eq!(ran.json_lines().pop().unwrap()["tasks"][0]["outcome"], "failed");
}

#[test]
fn a_denial_and_a_limit_have_outcomes_of_their_own() {
    let env = Env::new();
    let result = |fields: &str| format!("echo '{{\"type\":\"result\",{fields}}}'");
    let denied = result(
        "\"subtype\":\"success\",\"result\":\"I may not.\",\"permission_denials\":[{\"tool_name\":\"Write\"}]",
    );
    let path = client(&env, "claude", &denied);
    let outcome = |ran: &crate::env::Ran| ran.json_lines().pop().unwrap()["tasks"][0].clone();
    let task = outcome(&run(&env, &path, &["run", "a=x", "--agent", "claude", "--json"]).exits(4));
    assert_eq!((task["outcome"].as_str(), task["next"].as_str()), (Some("denied"), Some("windrow logs a")));
    let path = client(
        &env,
        "claude",
        &format!("{}; exit 1", result("\"subtype\":\"error_max_budget_usd\",\"is_error\":true")),
    );
    let task = outcome(&run(&env, &path, &["run", "b=x", "--agent", "claude", "--json"]).exits(4));
    assert_eq!(task["outcome"], "over-budget");
    let limit =
        result("\"subtype\":\"success\",\"is_error\":true,\"result\":\"API Error: 429 rate_limit_error\"");
    let path = client(&env, "claude", &format!("{limit}; exit 1"));
    let task = outcome(&run(&env, &path, &["run", "c=x", "--agent", "claude", "--json"]).exits(4));
    assert_eq!(
        (task["outcome"].as_str(), task["next"].as_str()),
        (Some("rate-limited"), Some("windrow send c 'go on'"))
    );
}

#[test]
fn a_rate_limited_session_goes_on_and_a_failed_one_is_told_why() {
    let env = Env::new();
    let body = format!(
        "{TOLD}\nif [ -e \"$HOME/second\" ]; then echo ok > made; echo '{{\"type\":\"result\",\"subtype\":\"success\",\"result\":\"Done.\"}}'; else touch \"$HOME/second\"; echo '{{\"type\":\"result\",\"is_error\":true,\"subtype\":\"success\",\"result\":\"429 rate limit\"}}'; exit 1; fi"
    );
    let path = client(&env, "claude", &body);
    let plan = |keys: &str| {
        format!("[[task]]\nname = \"api\"\nagent = \"claude\"\nprompt = \"Write it.\"\nretries = 1\n{keys}\n")
    };
    write(&env.dir().join("plan.toml"), &plan(""));
    run(&env, &path, &["run", "../plan.toml"]).exits(0);
    let argv = std::fs::read_to_string(env.dir().join("home/argv")).unwrap();
    let calls: Vec<&str> = argv.lines().collect();
    let id = calls[0].split("--session-id ").nth(1).unwrap();
    assert!(calls[1].ends_with(&format!("--resume {id}")), "{argv}");
    std::fs::remove_file(env.dir().join("home/second")).unwrap();
    // A program that continues no session is told behind its prompt.
    let fails = "n=$(cat); if [ -e \"$HOME/third\" ]; then echo \"$n\" > told; else touch \"$HOME/third\"; echo broken; exit 3; fi";
    let text = format!(
        "[agent.own]\ncommand = '''{fails}'''\n[[task]]\nname = \"docs\"\nagent = \"own\"\nprompt = \"Write it.\"\nretries = 1\nfeedback = true\n"
    );
    write(&env.dir().join("plan.toml"), &text);
    env.run(&["run", "../plan.toml"]).exits(0);
    insta::assert_snapshot!(std::fs::read_to_string(env.worktree("docs").join("told")).unwrap(), @"
    Write it.

    The attempt before this one is judged as failed:
    - exit 3
    - no commit
    Its last lines:
    > broken
    What it changed is in this worktree. Mend it and finish the task.
    ");
}

#[test]
fn a_run_starts_no_more_once_it_has_cost_enough() {
    let env = Env::new();
    let path = client(
        &env,
        "claude",
        "echo x > made; echo '{\"type\":\"result\",\"subtype\":\"success\",\"result\":\"Done.\",\"total_cost_usd\":1.5}'",
    );
    let ran = run(
        &env,
        &path,
        &["run", "a=x", "b=x", "c=x", "--agent", "claude", "-j", "1", "--max-cost", "2", "--json"],
    );
    let lines = ran.clone().exits(4).json_lines();
    let outcomes: Vec<_> = lines.last().unwrap()["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["done", "done", "not-started"]);
    assert!(
        lines.iter().any(|line| line["message"] == "$3.00 of $2.00 are spent: nothing more is started"),
        "{ran}"
    );
}

#[test]
fn whom_nobody_can_be_sent_to() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    insta::assert_snapshot!(env.run(&["send", "api", "x"]), @"
    --- stderr
    error: no agent has worked on `api` yet
    hint: windrow run 'api=PROMPT' --agent AGENT
    --- exit 1
    ");
    env.run(&["run", "docs=x", "--command", "cat > made"]).exits(0);
    insta::assert_snapshot!(env.run(&["send", "docs"]), @"
    --- stderr
    error: there is nothing to say to `docs`: no PROMPT, and no notes
    hint: windrow send docs 'PROMPT'
    hint: windrow review docs
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["send", "docs", "again"]), @"
    ✓ docs  done in [T]  2 commits, 1 file, +1
      exit 0, 1 commit, leftovers committed (1 unstaged)
      ↳ windrow diff docs

    ✓ 1 task: 1 done
    --- stderr
    ○ `command` continues no session: it gets this prompt alone
    ○ run [ID]: 1 task, 4 at once
      base main (75ed618c4); agent command; permission the agent's own; isolation none
    ◎ docs  started (command)
    ✓ docs  done in [T]: exit 0, 1 commit, leftovers committed (1 unstaged), 1 file, +1
    ↳ windrow status · windrow merge --all · windrow undo
    ");
    assert_eq!(std::fs::read_to_string(env.worktree("docs").join("made")).unwrap(), "again");
    let inside =
        env.windrow(&env.worktree("docs")).args(["send", "once more", "--dry-run"]).output().unwrap();
    insta::assert_snapshot!(env.ran(&inside), @"
    --- stderr
    ○ `command` continues no session: it gets this prompt alone
    ○ docs: command would be asked in a new session
    ");
}

#[test]
fn the_log_of_a_client_is_read_by_people() {
    let env = Env::new();
    let path = client(
        &env,
        "codex",
        "echo a warning >&2\nprintf '%s\\n' '{\"type\":\"thread.started\",\"thread_id\":\"t\"}'\nprintf '%s\\n' '{\"type\":\"item.started\",\"item\":{\"type\":\"command_execution\",\"command\":\"cargo test\"}}'\nprintf '%s\\n' '{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"Two things:\\n- one \\u001b[31m\\n- two\"}}'\nprintf '%s\\n' '{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}'\n",
    );
    run(&env, &path, &["run", "api=x", "--agent", "codex"]).exits(4);
    insta::assert_snapshot!(env.run(&["logs", "api"]), @r"
    a warning
    » command: cargo test
    Two things:
    - one \x1b[[T]
    - two
    ");
    insta::assert_snapshot!(env.run(&["logs", "--all"]), @r"
    ==> api: run [ID], attempt 1, empty <==
    a warning
    » command: cargo test
    Two things:
    - one \x1b[[T]
    - two
    ");
    assert!(env.run(&["logs", "api", "--raw"]).stdout.contains("\"thread_id\""));
    // A read task's answer is what it says, not the events around it.
    write(
        &env.dir().join("plan.toml"),
        "[[task]]\nname = \"look\"\nmode = \"read\"\nagent = \"codex\"\nprompt = \"x\"\n",
    );
    run(&env, &path, &["run", "../plan.toml"]).exits(0);
    let report = env.run(&["report"]).exits(0).stdout;
    assert!(report.contains("Two things:\n- one") && !report.contains("thread"), "{report}");
}

/// What a client says of itself ends it where it has no limit of its own to be told.
#[test]
fn a_task_that_uses_more_than_it_may_is_ended() {
    let env = Env::new();
    let endless = r#"echo made >made
while :; do
echo '{"type":"tool_use","sessionID":"ses_1","part":{"tool":"bash","state":{"status":"completed","input":{"command":"ls"}}}}'
echo '{"type":"step_finish","sessionID":"ses_1","part":{"cost":0.3,"tokens":{"input":10,"output":1}}}'
sleep 0.2
done"#;
    let path = client(&env, "opencode", endless);
    client(&env, "claude", &format!("{TOLD}\n{CLAUDE}"));
    client(&env, "qwen", r#"echo "$@" >> "$HOME/qwen""#);
    let task = |name: &str, agent: &str, limits: &str| {
        format!("[[task]]\nname = \"{name}\"\nagent = \"{agent}\"\nprompt = \"Work.\"\n{limits}\n")
    };
    let plan = task("cost", "opencode", "max-cost = 0.5")
        + &task("turns", "opencode", "max-turns = 3")
        + &task("told", "claude", "max-turns = 7\nmax-cost = 1.5")
        + &task("other", "qwen", "max-turns = 9");
    write(&env.dir().join("plan.toml"), &plan);
    let ran = run(&env, &path, &["run", "../plan.toml", "--json"]).exits(4);
    let last = ran.json_lines().pop().unwrap();
    let of = |at: usize| {
        let task = &last["tasks"][at];
        (task["outcome"].as_str().unwrap().to_owned(), task["evidence"][0].as_str().unwrap().to_owned())
    };
    // How much more it used until it was looked at is the machine's affair.
    let ended = |at: usize, by: &str| {
        let (outcome, evidence) = of(at);
        assert!(outcome == "over-budget" && evidence.starts_with("ended by its limit: "), "{evidence}");
        assert!(evidence.ends_with(by), "{evidence}");
    };
    ended(0, " of $0.50 are spent");
    ended(1, " turns of 3");
    assert_eq!(of(2).0, "done");
    let argv = std::fs::read_to_string(env.dir().join("home/argv")).unwrap();
    assert!(argv.contains("--max-turns 7 --max-budget-usd 1.5"), "{argv}");
    assert!(std::fs::read_to_string(env.dir().join("home/qwen")).unwrap().contains("--max-session-turns 9"));
    // What it made is there, uncommitted; a follow-up has the same limit.
    assert!(env.worktree("cost").join("made").exists());
    let again = run(&env, &path, &["send", "turns", "Go on.", "--json"]).exits(4);
    assert!(again.stdout.contains(" turns of 3"), "{again}");
    env.assert_nothing_runs();
}
