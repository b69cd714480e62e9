//! `forecast`: who conflicts with whom, where, in which order to land, and that looking leaves no trace.

use std::path::Path;

use crate::env::{Env, write};
use crate::running::{until, waits};

/// Four tasks: `api` and `docs` change the same line, `more` stands on `api`, `free` is in nobody's way. `docs` is uncommitted.
fn four(env: &Env) {
    env.write("list", "one\ntwo\nthree\nfour\nfive\n");
    env.commit("list");
    env.run(&["start", "api", "docs", "free"]).exits(0);
    write(&env.worktree("api").join("list"), "one\nTWO\nthree\nfour\nfive\n");
    env.commit_in(&env.worktree("api"), "api");
    write(&env.worktree("docs").join("list"), "one\n2\nthree\nfour\nfive\n");
    write(&env.worktree("docs").join("new"), "untracked\n");
    env.run(&["start", "more", "--base", "api"]).exits(0);
    write(&env.worktree("more").join("more"), "1\n");
    env.commit_in(&env.worktree("more"), "more");
    write(&env.worktree("free").join("file"), "changed\n");
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn what_conflicts_and_in_which_order_to_land() {
    let env = Env::new();
    four(&env);
    let indexes = || {
        ["api", "docs", "free"].map(|name| bytes(&env.repo().join(format!(".git/worktrees/{name}/index"))))
    };
    let objects = || env.git(&["count-objects", "-v"]);
    let before = (indexes(), objects());
    insta::assert_snapshot!(env.run(&["forecast"]), @"
      Task  base  1  2  3  4
    1 api      ✓     ✗  ✓  =
    2 docs     ✓  ✗     ✓  ✗
    3 free     ✓  ✓  ✓     ✓
    4 more     ✓  =  ✗  ✓
    ✗ api and docs: 1 file conflicts
        list (content)
    ✗ docs and more: 1 file conflicts
        list (content)
    ✓ land in this order: api, free, more
    ▲ held back docs  it conflicts with api, more
      ↳ windrow forecast api docs
    --- exit 3
    ");
    insta::assert_snapshot!(env.run(&["forecast", "api", "docs"]), @"
      Task  base  1  2
    1 api      ✓     ✗
    2 docs     ✓  ✗
    ✗ api and docs: 1 file conflicts
        list (content)
    ✓ can land: api
    ▲ held back docs  it conflicts with api

    list (content)
    @@ 1 @@
    one
    <<<<<<< api
    TWO
    =======
    2
    >>>>>>> docs
    three
    four
    five
    --- exit 3
    ");
    assert!((indexes(), objects()) == before);
    let document = env.run(&["forecast", "--json"]).exits(3).json();
    assert_eq!(document["order"], serde_json::json!(["api", "free", "more"]));
    assert_eq!(document["held-back"][0]["task"], "docs");
    assert_eq!(document["base"][1]["outcome"], "clean");
    assert_eq!(document["pairs"].as_array().unwrap().len(), 6);
    let pair = &document["pairs"][0];
    assert_eq!(
        (pair["a"].as_str(), pair["b"].as_str(), pair["conflicts"][0]["kind"].as_str()),
        (Some("api"), Some("docs"), Some("content"))
    );
    // A second look needs no git for what has not changed, and says the same.
    assert_eq!(env.run(&["forecast", "--json"]).exits(3).json(), document);
    std::fs::write(env.repo().join(".git/windrow/cache/forecast.json"), "{torn").unwrap();
    assert_eq!(env.run(&["forecast", "--json"]).exits(3).json(), document);
    insta::assert_snapshot!(env.run(&["status"]), @"
    Task  State   Changes                  Commits  Lines  Merge       Base  Age
    api   ○ idle                           ↑1       +1 −1  clean       main   [T]
    docs  ○ idle  1 unstaged, 1 untracked           +2 −1  up to date  main   [T]
    free  ○ idle  1 unstaged                        +1 −1  up to date  main   [T]
    more  ○ idle                           ↑1       +1     clean       api    [T]

    ○ 4 tasks: 4 idle, 2 dirty
    ▲ api and docs conflict with each other
    ▲ docs and more conflict with each other
      ↳ windrow forecast
    ");
    let status = env.run(&["status", "docs", "--json"]).json();
    assert_eq!(status["tasks"][0]["conflicts-with"], serde_json::json!(["api", "more"]));
    // It was the truth: docs is turned away once the others are in.
    env.run(&["merge", "api", "more", "free", "--commit"]).exits(0);
    insta::assert_snapshot!(env.run(&["forecast"]), @"
      Task  base  1  2  3  4
    1 api      =     =  =  =
    2 docs     ✗  =     =  =
    3 free     =  =  =     =
    4 more     =  =  =  =
    ✗ docs and main: 1 file conflicts
        list (content)
    ▲ held back docs  1 file conflicts with main
    --- exit 3
    ");
    env.run(&["merge", "docs", "--commit"]).exits(3);
    write(&env.worktree("docs").join("list"), "one\nTWO\nthree\nfour\nfive\n");
    env.run(&["forecast"]).exits(0);
}

#[test]
fn nothing_and_one() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["forecast"]), @"
    ○ no task
      ↳ windrow start NAME
    ");
    env.run(&["start", "api"]).exits(0);
    insta::assert_snapshot!(env.run(&["forecast"]), @"
      Task  base  1
    1 api      =
    ○ nothing to land
    ");
    env.run(&["forecast", "nobody"]).exits(1);
    write(&env.worktree("api").join("file"), "2\n");
    env.write("file", "3\n");
    env.commit("main moved");
    insta::assert_snapshot!(env.run(&["forecast", "@"]), @"
    --- stderr
    error: `@` means the task one stands in, and this is no task's worktree
    hint: windrow status
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["forecast", "api"]), @"
      Task  base  1
    1 api      ✗
    ✗ api and main: 1 file conflicts
        file (content)
    ▲ held back api  1 file conflicts with main

    file (content)
    @@ 1 @@
    <<<<<<< main
    3
    =======
    2
    >>>>>>> api
    --- exit 3
    ");
}

#[test]
fn three_that_go_only_two_by_two() {
    let env = Env::new();
    // What `two` adds stands where the directory that `one` renamed takes along what `three` adds.
    env.git(&["config", "merge.directoryRenames", "true"]);
    env.write("d/a", "a\nb\nc\n");
    env.write("d/b", "d\ne\nf\n");
    env.commit("d");
    env.run(&["start", "one", "two", "three"]).exits(0);
    env.git_in(&env.worktree("one"), &["mv", "d", "e"]);
    write(&env.worktree("two").join("e/x"), "two\n");
    write(&env.worktree("three").join("d/x"), "three\n");
    insta::assert_snapshot!(env.run(&["forecast"]), @"
      Task   base  1  2  3
    1 one       ✓     ✓  ✓
    2 three     ✓  ✓     ✓
    3 two       ✓  ✓  ✓
    ✓ land in this order: one, three
    ▲ held back two  1 file conflicts once the tasks before it have landed
    --- exit 3
    ");
    let document = env.run(&["forecast", "--json"]).json();
    assert_eq!(document["held-back"][0]["with"], serde_json::json!(["one", "three"]));
}

#[test]
fn a_matrix_that_has_no_room_is_left_out() {
    let env = Env::new();
    let names: Vec<String> = (0..12).map(|i| format!("task-number-{i:02}")).collect();
    let mut start = vec!["start"];
    start.extend(names.iter().map(String::as_str));
    env.run(&start).exits(0);
    for name in &names[..3] {
        write(&env.worktree(name).join("file"), name);
    }
    let narrow = |columns: &str| {
        env.ran(&env.windrow(&env.repo()).env("COLUMNS", columns).arg("forecast").output().unwrap())
    };
    insta::assert_snapshot!(narrow("40"), @"
    ○ the matrix of 12 tasks needs 59
      columns; what conflicts is listed
    ✗ task-number-00 and task-number-01: 1
      file conflicts
        file (content)
    ✗ task-number-00 and task-number-02: 1
      file conflicts
        file (content)
    ✗ task-number-01 and task-number-02: 1
      file conflicts
        file (content)
    ✓ can land: task-number-00
    ▲ held back task-number-01  it conflicts
        with task-number-00
    ▲ held back task-number-02  it conflicts
        with task-number-00
      ↳ windrow forecast task-number-00 task-number-01
    --- exit 3
    ");
    insta::assert_snapshot!(narrow("80"), @"
       Task            base  1  2  3  4  5  6  7  8  9 10 11 12
     1 task-number-00     ✓     ✗  ✗  =  =  =  =  =  =  =  =  =
     2 task-number-01     ✓  ✗     ✗  =  =  =  =  =  =  =  =  =
     3 task-number-02     ✓  ✗  ✗     =  =  =  =  =  =  =  =  =
     4 task-number-03     =  =  =  =     =  =  =  =  =  =  =  =
     5 task-number-04     =  =  =  =  =     =  =  =  =  =  =  =
     6 task-number-05     =  =  =  =  =  =     =  =  =  =  =  =
     7 task-number-06     =  =  =  =  =  =  =     =  =  =  =  =
     8 task-number-07     =  =  =  =  =  =  =  =     =  =  =  =
     9 task-number-08     =  =  =  =  =  =  =  =  =     =  =  =
    10 task-number-09     =  =  =  =  =  =  =  =  =  =     =  =
    11 task-number-10     =  =  =  =  =  =  =  =  =  =  =     =
    12 task-number-11     =  =  =  =  =  =  =  =  =  =  =  =
    ✗ task-number-00 and task-number-01: 1 file conflicts
        file (content)
    ✗ task-number-00 and task-number-02: 1 file conflicts
        file (content)
    ✗ task-number-01 and task-number-02: 1 file conflicts
        file (content)
    ✓ can land: task-number-00
    ▲ held back task-number-01  it conflicts with task-number-00
    ▲ held back task-number-02  it conflicts with task-number-00
      ↳ windrow forecast task-number-00 task-number-01
    --- exit 3
    ");
}

#[test]
fn a_run_warns_once_when_two_agents_begin_to_change_the_same_lines() {
    let env = Env::new();
    let write = |name: &str| format!("echo {name} > file; {}", waits(&env, name));
    env.plan("", &[("api", &write("api")), ("docs", &write("docs")), ("free", &waits(&env, "free"))]);
    let run = env.begin(&["run", "../plan.toml", "--json"]);
    let events = || {
        let id = env.run_ids().pop()?;
        std::fs::read_to_string(env.repo().join(format!(".git/windrow/runs/{id}/events.jsonl"))).ok()
    };
    until("a warning", || events().is_some_and(|events| events.contains("change the same lines")));
    ["api", "docs", "free"].iter().for_each(|name| env.go(name));
    let ran = run.wait().exits(4);
    let warnings: Vec<String> = ran
        .json_lines()
        .iter()
        .filter(|line| line["event"] == "warning")
        .map(|line| line["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        warnings,
        ["`api` and `docs` change the same lines of file, and will conflict: windrow forecast api docs"]
    );
}
