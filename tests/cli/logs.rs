//! `logs`: what an agent wrote, safe or raw, while it writes and after its task is gone.

use crate::env::Env;
use crate::running::waits;

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

#[test]
fn escape_sequences_are_visible_unless_raw() {
    let env = Env::new();
    env.plan("", &[("api", "printf 'plain \\303\\251\\n\\033[31mred\\033[0m \\033]0;title\\007 \\377 \\342\\200\\256rtl\\rback\\n'; echo err >&2")]);
    env.run(&RUN).exits(4);
    insta::assert_snapshot!(env.run(&["logs", "api"]), @r"
    plain é
    \x1b[31mred\x1b[[T] \x1b]0;title\x07 \xff \u{202e}rtl\rback
    err
    ");
    let raw = env.windrow(&env.repo()).args(["logs", "api", "--raw"]).output().unwrap();
    assert_eq!(
        raw.stdout,
        b"plain \xc3\xa9\n\x1b[31mred\x1b[0m \x1b]0;title\x07 \xff \xe2\x80\xaertl\rback\nerr\n"
    );
    let json = env.run(&["logs", "api", "--json"]).json();
    assert_eq!(
        (json["task"].as_str(), json["agent"].as_str(), json["state"].as_str()),
        (Some("api"), Some("sh"), Some("empty"))
    );
    assert!(json["content"].as_str().unwrap().starts_with("plain é\n\u{1b}[31mred"));
    assert!(json["log"].as_str().unwrap().ends_with("/api/1/log"));
    // The task one stands in.
    assert_eq!(env.run_in(&env.worktree("api"), &["logs"]).stdout, env.run(&["logs", "api"]).stdout);
}

#[test]
fn a_log_is_followed_to_its_end() {
    let env = Env::new();
    let script = format!(
        "echo first; {}; printf 'sec'; sleep 0.3; printf 'ond \\303'; sleep 0.3; printf '\\251\\n'; sleep 0.3; echo last",
        waits(&env, "api")
    );
    env.plan("", &[("api", &script)]);
    let running = env.begin(&RUN);
    env.until_began("api");
    let (text, json) = (env.begin(&["logs", "api", "-f"]), env.begin(&["logs", "api", "-f", "--json"]));
    env.go("api");
    assert_eq!(text.wait().exits(0).stdout, "first\nsecond é\nlast\n");
    let json = json.wait().exits(0).json_lines();
    assert!(json.iter().all(|line| line["event"] == "log" && line["task"] == "api"), "{json:?}");
    let told: String = json.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(told, "first\nsecond é\nlast\n");
    running.wait().exits(4);
    // Afterwards it is the whole log.
    assert_eq!(env.run(&["logs", "api", "-f"]).exits(0).stdout, "first\nsecond é\nlast\n");
}

/// Logs stay when the task is removed or its run undone; each run's own can be had.
#[test]
fn logs_of_earlier_runs_and_of_removed_tasks() {
    let env = Env::new();
    for text in ["one", "two"] {
        env.plan("", &[("api", &format!("echo {text}; echo {text} >>file"))]);
        env.run(&RUN).exits(0);
    }
    let runs: Vec<String> = env
        .attempts("api")
        .iter()
        .map(|dir| dir.iter().rev().nth(2).unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(env.run(&["logs", "api"]).stdout, "two\n");
    assert_eq!(env.run(&["logs", "api", "--run", &runs[0]]).stdout, "one\n");
    let short = &runs[0][runs[0].len() - 4..];
    assert_eq!(env.run(&["logs", "api", "--run", short]).stdout, "one\n");
    insta::assert_snapshot!(env.run(&["logs", "api", "--run", "20200101-000000-0000"]), @"
    --- stderr
    error: `api` has no log of a run `[ID]`
    hint: windrow history
    --- exit 1
    ");
    env.run(&["merge", "api"]).exits(0);
    env.run(&["clean", "api"]).exits(0);
    assert_eq!(env.run(&["logs", "api"]).stdout, "two\n");
    env.run(&["start", "bare"]).exits(0);
    insta::assert_snapshot!(env.run(&["logs", "bare"]), @"
    --- stderr
    error: `bare` has no log: no agent has run on it
    hint: windrow run bare='PROMPT'
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["logs", "nobody"]), @"
    --- stderr
    error: no task is named `nobody`
    hint: windrow status
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["logs"]), @"
    --- stderr
    error: name a task
    hint: windrow logs NAME
    hint: windrow status
    --- exit 2
    ");
}

#[test]
fn an_empty_log_is_said_to_be_empty() {
    let env = Env::new();
    env.plan("", &[("api", "true")]);
    env.run(&RUN).exits(4);
    insta::assert_snapshot!(env.run(&["logs", "api"]), @"
    --- stderr
    ○ the log of `api` is empty
    ");
}

#[test]
fn all_logs_under_headings() {
    let env = Env::new();
    env.plan("jobs = 1\n", &[("api", "echo one; printf two"), ("docs", "echo three; exit 1")]);
    env.run(&RUN).exits(4);
    insta::assert_snapshot!(env.run(&["logs", "--all"]), @"
    ==> api: run [ID], attempt 1, empty <==
    one
    two
    ==> docs: run [ID], attempt 1, failed <==
    three
    ");
    let json = env.run(&["logs", "--all", "--json"]).json();
    assert_eq!(
        (json["logs"][0]["task"].as_str(), json["logs"][1]["state"].as_str()),
        (Some("api"), Some("failed"))
    );
    env.run(&["logs", "api", "--all"]).exits(2);
    env.run(&["logs", "--all", "--run", "nope"]).exits(1);
    insta::assert_snapshot!(env.run(&["logs", "--all", "-f"]), @"
    --- stderr
    ○ no task is running
    ");
}

/// Lines of all agents, whole, each after its task; one that begins later appears.
#[test]
fn all_live_logs_are_followed() {
    let env = Env::new();
    let first = format!("echo begin; {}; printf 'ha'; sleep 0.4; echo lf; echo a >a", waits(&env, "first"));
    let second = "+ after = [\"first\"]\necho 'se\u{202e}cond'; printf end";
    env.plan("", &[("first", &first), ("second", second)]);
    let running = env.begin(&RUN);
    env.until_began("first");
    let (text, json) = (env.begin(&["logs", "-f", "--all"]), env.begin(&["logs", "-f", "--all", "--json"]));
    std::thread::sleep(std::time::Duration::from_millis(400));
    env.go("first");
    running.wait().exits(4);
    insta::assert_snapshot!(text.wait().exits(0).stdout, @r"
    first | begin
    first | half
    second | se\u{202e}cond
    second | end
    ");
    let lines = json.wait().exits(0).json_lines();
    let told: Vec<_> = lines.iter().map(|line| line["task"].as_str().unwrap()).collect();
    assert_eq!(told, ["first", "first", "second", "second"], "{lines:?}");
}
