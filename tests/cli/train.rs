//! Trains: gates on the merged tree, who is ejected, what is remembered, and that nothing is left behind.

use crate::env::{Env, write};
use crate::running::until;

/// Tasks that each write a file of their name; the gate looks at what is there together.
fn tasks(env: &Env, names: &[&str]) {
    for name in names {
        env.task(name, &[(&format!("{name}.txt"), name)]);
    }
}

fn reasons(document: &serde_json::Value) -> Vec<String> {
    let reason = |rejected: &serde_json::Value| {
        format!("{} {}", rejected["task"].as_str().unwrap(), rejected["reason"].as_str().unwrap())
    };
    document["rejected"].as_array().unwrap().iter().map(reason).collect()
}

fn landed(document: &serde_json::Value) -> Vec<&str> {
    document["landed"].as_array().unwrap().iter().map(|landing| landing["task"].as_str().unwrap()).collect()
}

#[test]
fn a_gate_lets_one_task_in_and_keeps_another_out() {
    let env = Env::new();
    tasks(&env, &["good", "bad"]);
    let gate = "test ! -e bad.txt || { echo it is bad; false; }";
    insta::assert_snapshot!(env.run(&["merge", "good", "--gate", gate]), @"
    ✓ good  landed in main as 620906004 (merge commit)
    --- stderr
    ◎ gate on good
    ✓ good: the gate passes
    ");
    let before = env.git(&["rev-parse", "main"]);
    let ran = env.run(&["merge", "bad", "--gate", gate]).exits(5);
    assert!(
        ran.stdout.contains("gate-failed: `test ! -e bad.txt") && ran.stderr.contains("it is bad"),
        "{ran}"
    );
    assert_eq!(env.git(&["rev-parse", "main"]), before);
    assert!(!env.worktree("../repo.worktrees/.windrow/scratch/1").exists());
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 3);
    // Undo takes back the landing, not the room that was made for its test.
    env.run(&["undo"]).exits(0);
    assert!(!env.repo().join("good.txt").exists());
    assert!(env.run(&["trash", "list"]).stdout.contains("the trash is empty"));
    env.assert_sound();
}

#[test]
fn a_train_ejects_who_breaks_it_and_lands_the_others_at_once() {
    let env = Env::new();
    tasks(&env, &["a", "b", "c", "d"]);
    // `b` is bad alone, `a` and `d` together.
    let gate = "test ! -e b.txt && ! { test -e a.txt && test -e d.txt; }";
    for jobs in ["1", "3"] {
        let ran = env.run(&["merge", "--all", "-y", "--gate", gate, "-j", jobs, "--json"]).exits(5);
        let document = ran.json();
        assert_eq!(landed(&document), ["a", "c"]);
        assert_eq!(reasons(&document), ["b gate-failed", "d gate-failed"]);
        let detail = document["rejected"][1]["detail"].as_str().unwrap();
        assert!(detail.ends_with("on main with a, c"), "{detail}");
        assert_eq!(env.git(&["log", "--oneline", "--merges", "main"]).lines().count(), 2);
        env.run(&["undo"]).exits(0);
        assert_eq!(env.git(&["status", "--short"]), "");
    }
    env.assert_sound();
}

#[test]
fn a_red_target_is_no_task_s_fault_and_who_mends_it_lands() {
    let env = Env::new();
    tasks(&env, &["other", "repair", "later"]);
    let gate = "echo run >> \"$HOME/runs\"; test -e repair.txt";
    let document =
        env.run(&["merge", "other", "repair", "later", "--gate", gate, "-j", "1", "--json"]).exits(5).json();
    assert_eq!(landed(&document), ["repair", "later"]);
    assert_eq!(reasons(&document), ["other base-red"]);
    // The target was tested once, each state once.
    let runs = std::fs::read_to_string(env.dir().join("home/runs")).unwrap();
    assert_eq!(runs.lines().count(), 4);
}

#[test]
fn what_passed_is_not_tested_again() {
    let env = Env::new();
    tasks(&env, &["a", "b"]);
    let gate = "echo run >> \"$HOME/runs\"";
    let runs = || std::fs::read_to_string(env.dir().join("home/runs")).unwrap().lines().count();
    env.run(&["merge", "a", "b", "--gate", gate]).exits(0);
    env.run(&["undo"]).exits(0);
    assert_eq!(runs(), 2);
    env.run(&["merge", "a", "b", "--gate", gate]).exits(0);
    assert_eq!(runs(), 2);
    env.run(&["undo"]).exits(0);
    env.run(&["merge", "a", "b", "--gate", gate, "--no-cache"]).exits(0);
    assert_eq!(runs(), 4);
    env.run(&["undo"]).exits(0);
    env.run(&["merge", "a", "b", "--gate", "true"]).exits(0);
}

#[test]
fn a_gate_that_passes_at_the_second_try_is_flaky() {
    let env = Env::new();
    tasks(&env, &["a"]);
    let gate = "test -e \"$HOME/second\" || { touch \"$HOME/second\"; false; }";
    insta::assert_snapshot!(env.run(&["merge", "a", "--gate", gate, "--gate-retries", "1"]), @"
    ✓ a  landed in main as 7ec18b793 (merge commit)
    --- stderr
    ◎ gate on a
    ▲ a: the gate failed, and passed when tried again (flaky)
    ");
    assert!(env.run(&["history"]).stdout.contains("landed a in main (flaky gate: a)"));
}

#[test]
fn who_is_left_out_by_choice() {
    let env = Env::new();
    tasks(&env, &["a", "b"]);
    env.run(&["start", "child", "--base", "b"]).exits(0);
    write(&env.worktree("child").join("c.txt"), "1");
    env.commit_in(&env.worktree("child"), "c");
    let document = env.run(&["merge", "--all", "-y", "--skip", "b", "--json"]).exits(4).json();
    assert_eq!((landed(&document), reasons(&document)), (vec!["a"], vec!["child held-back".to_owned()]));
    env.run(&["merge", "--all", "-y", "--skip", "nobody"]).exits(1);
}

#[test]
fn what_a_gate_sees() {
    let env = Env::new();
    write(
        &env.dir().join("home/.config/windrow/config.toml"),
        "copy = [\"secret.log\"]\nsetup = \"echo set up >> \\\"$HOME/told\\\"; touch built.log\"\ngate = \"cat secret.log >> \\\"$HOME/told\\\"; echo $WINDROW_TASK $WINDROW_BASE $(git rev-parse --abbrev-ref HEAD) $(ls *.txt | tr '\\\\n' ' ') >> \\\"$HOME/told\\\"; test -e built.log && test ! -e litter && touch litter && test -z \\\"$WINDROW_ATTEMPT\\\"\"\n",
    );
    env.write("secret.log", "secret\n");
    tasks(&env, &["a", "b"]);
    // The setup ran for the tasks too.
    std::fs::remove_file(env.dir().join("home/told")).unwrap();
    env.run(&["merge", "a", "b", "-j", "1"]).exits(0);
    insta::assert_snapshot!(std::fs::read_to_string(env.dir().join("home/told")).unwrap(), @"
    set up
    secret
    a main HEAD a.txt
    secret
    b main HEAD a.txt b.txt
    ");
}

#[test]
fn the_gate_of_a_plan_and_of_the_target() {
    let env = Env::new();
    env.plan(
        "gate = \"test ! -e api\"\nstrategy = \"squash\"\n",
        &[("api", "touch api"), ("docs", "touch docs")],
    );
    env.run(&["run", "../plan.toml"]).exits(0);
    let document = env.run(&["merge", "--all", "-y", "--json"]).exits(5).json();
    assert_eq!((landed(&document), reasons(&document)), (vec!["docs"], vec!["api gate-failed".to_owned()]));
    assert_eq!(document["landed"][0]["strategy"], "squash");
    // The flag stands above what was recorded.
    env.run(&["merge", "api", "--gate", "true"]).exits(0);
    // The target's own settings count as they are at its tip, once they are approved; those of a branch never.
    env.write(".config/windrow.toml", "gate = \"test ! -e more\"\n");
    env.commit("gate");
    env.task("more", &[("more", "1"), (".config/windrow.toml", "gate = \"true\"\n")]);
    let refused = env.run(&["merge", "more"]).exits(1);
    assert!(refused.stderr.contains("not approved: `gate`"), "{refused}");
    env.run(&["approve"]).exits(0);
    env.run(&["merge", "more"]).exits(5);
}

#[test]
fn exactly_what_was_shown() {
    let env = Env::new();
    tasks(&env, &["a", "b"]);
    let shown = env.run(&["merge", "a", "b", "--gate", "true", "--dry-run", "--json"]).exits(0).json();
    let digest = shown["digest"].as_str().unwrap().to_owned();
    assert_eq!(shown["gates"], serde_json::json!(["true"]));
    let text = env.run(&["merge", "a", "b", "--gate", "true", "--dry-run"]).exits(0);
    assert!(text.stderr.contains(&format!("--expect {digest}")), "{text}");
    env.commit_in(&env.worktree("b"), "more");
    write(&env.worktree("b").join("b.txt"), "changed");
    env.commit_in(&env.worktree("b"), "more");
    let refused = env.run(&["merge", "a", "b", "--gate", "true", "--expect", &digest]).exits(1);
    assert!(refused.stderr.contains("target-moved"), "{refused}");
    assert!(!env.repo().join("a.txt").exists());
    let again = env.run(&["merge", "a", "b", "--gate", "true", "--dry-run", "--json"]).json();
    env.run(&["merge", "a", "b", "--gate", "true", "--expect", again["digest"].as_str().unwrap()]).exits(0);
}

#[test]
fn an_interrupted_gate_lands_nothing_and_leaves_nothing() {
    let env = Env::new();
    tasks(&env, &["a"]);
    let before = env.git(&["rev-parse", "main"]);
    let merge = env.begin(&["merge", "a", "--gate", "touch \"$HOME/began\"; sleep 1000"]);
    until("the gate", || env.dir().join("home/began").exists());
    merge.signal("INT");
    let ran = merge.wait().exits(130);
    assert!(ran.stderr.contains("nothing was landed"), "{ran}");
    assert_eq!(env.git(&["rev-parse", "main"]), before);
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 2);
}

#[test]
fn a_target_that_moves_meanwhile_is_tested_anew() {
    let env = Env::new();
    tasks(&env, &["a", "b"]);
    let gate = "echo $WINDROW_TASK >> \"$HOME/runs\"; touch \"$HOME/began\"; until [ -e \"$HOME/go\" ]; do sleep 0.05; done; test ! -e moved.txt || test ! -e b.txt";
    let merge = env.begin(&["merge", "a", "b", "--gate", gate, "-j", "2", "--json"]);
    until("the gate", || env.dir().join("home/began").exists());
    env.write("moved.txt", "x");
    env.commit("moved");
    write(&env.dir().join("home/go"), "");
    let document = merge.wait().exits(5).json();
    assert_eq!((landed(&document), reasons(&document)), (vec!["a"], vec!["b gate-failed".to_owned()]));
    env.assert_sound();
}

#[test]
fn a_killed_landing_leaves_no_room_for_long() {
    let env = Env::new();
    tasks(&env, &["a"]);
    let merge = env.begin(&["merge", "a", "--gate", "touch \"$HOME/began\"; sleep 1000"]);
    until("the gate", || env.dir().join("home/began").exists());
    merge.signal("KILL");
    drop(merge);
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 3);
    // The next command that looks after what was left.
    env.run(&["clean", "--yes"]).exits(0);
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 2);
    env.run(&["merge", "a", "--gate", "true"]).exits(0);
    assert!(env.repo().join("a.txt").exists());
    env.assert_sound();
}

#[test]
fn a_program_solves_conflicts_and_what_it_cannot_solve_is_as_before() {
    let env = Env::new();
    env.task("api", &[("file", "api\n")]);
    env.task("docs", &[("file", "docs\n"), ("other", "docs\n")]);
    env.write("file", "main\n");
    env.commit("main moved");
    let solve = "echo \"$WINDROW_CONFLICTS for $WINDROW_TASK\" >> \"$HOME/told\"; [ $WINDROW_TASK = docs ] || printf 'main\\napi\\n' > file";
    let tip = env.git(&["rev-parse", "docs"]);
    let document = env
        .run(&["merge", "api", "docs", "--resolver", solve, "--gate", "grep -q api file", "--json"])
        .exits(3)
        .json();
    assert_eq!((landed(&document), reasons(&document)), (vec!["api"], vec!["docs conflict".to_owned()]));
    assert_eq!(std::fs::read_to_string(env.repo().join("file")).unwrap(), "main\napi\n");
    assert_eq!(env.git(&["rev-parse", "docs"]), tip);
    assert_eq!(env.git_in(&env.worktree("docs"), &["status", "--short"]), "");
    assert_eq!(
        std::fs::read_to_string(env.dir().join("home/told")).unwrap(),
        "file for api\nfile for docs\n"
    );
    let ran = env.run(&["merge", "docs", "--resolver", "exit 7"]).exits(3);
    assert!(ran.stderr.contains("not solved, and as it was before: exit 7"), "{ran}");
    env.assert_sound();
}

/// A gate that hangs is ended with all that it started; what one leaves running does not outlive it.
#[test]
fn a_gate_has_its_time_and_leaves_nothing_running() {
    let env = Env::new();
    tasks(&env, &["quick", "slow"]);
    let unique = format!("8{:09}", std::process::id());
    let gate = format!(
        "(setsid sleep {unique} >/dev/null 2>&1 &); if test -e slow.txt; then sleep {unique}; fi; echo ok"
    );
    let ran = env.run(&["merge", "--all", "-y", "--gate", &gate, "--gate-timeout", "1s", "--json"]).exits(5);
    let document = ran.json();
    assert_eq!((landed(&document), reasons(&document)), (vec!["quick"], vec!["slow gate-failed".to_owned()]));
    let detail = document["rejected"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("(timed out after [T]) on main with quick"), "{detail}");
    let sleeps = |entry: &std::path::Path| {
        let line = std::fs::read(entry.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&unique)
    };
    let left = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    assert_eq!(left.filter(|entry| sleeps(&entry.path())).count(), 0);
    assert!(env.git(&["for-each-ref", "refs/windrow/train"]).is_empty());
    // The user's settings may say it once for all.
    write(&env.dir().join("home/.config/windrow/config.toml"), "gate-timeout = \"500ms\"\n");
    let ran = env.run(&["merge", "slow", "--gate", "sleep 100"]).exits(5);
    assert!(ran.stdout.contains("timed out after"), "{ran}");
    env.assert_sound();
}

/// A garbage collection that keeps nothing without a ref takes no state away.
#[test]
fn states_outlive_a_garbage_collection() {
    let env = Env::new();
    tasks(&env, &["a", "b", "c", "d"]);
    let gate =
        "git for-each-ref refs/windrow/train | grep -q . && git -c gc.reflogExpire=now gc -q --prune=now";
    let document = env.run(&["merge", "--all", "-y", "--gate", gate, "-j", "1", "--json"]).exits(0).json();
    assert_eq!(landed(&document), ["a", "b", "c", "d"]);
    assert!(env.git(&["for-each-ref", "refs/windrow/train"]).is_empty());
    env.assert_sound();
}

#[test]
fn messages_come_from_a_template_or_a_command() {
    let env = Env::new();
    tasks(&env, &["a", "b", "c", "d"]);
    write(
        &env.dir().join("home/.config/windrow/config.toml"),
        "squash-message = \"{task} of {branch}: {title} {x}\\n\\n{commits}\"\n",
    );
    let message = || env.git(&["log", "-1", "--format=%B", "main"]);
    env.run(&["merge", "a", "--strategy", "squash"]).exits(0);
    assert_eq!(message(), "a of a: a {x}\n\n* work on a\n\nWindrow-Task: a");
    // What is given goes before the settings, and says what a merge commit says too.
    env.run(&["merge", "b", "-m", "take {branch} into {into}"]).exits(0);
    assert_eq!(message(), "take b into main\n\nWindrow-Task: b");
    let command = "echo \"about $WINDROW_TASK: $(grep -c '^+c$') line\"; echo asked >>\"$HOME/asked\"";
    env.run(&["merge", "c", "--strategy", "squash", "--message-command", command]).exits(0);
    assert_eq!(message(), "about c: 1 line\n\nWindrow-Task: c");
    assert_eq!(std::fs::read_to_string(env.dir().join("home/asked")).unwrap(), "asked\n");
    let before = env.git(&["rev-parse", "main"]);
    insta::assert_snapshot!(env.run(&["merge", "d", "--message-command", "echo no >&2; exit 3"]), @"
    --- stderr
    no
    error: `echo no >&2; exit 3` gave no message for `d`: exit 3; nothing was landed
    hint: leave out --message-command, or say --message TEXT
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["merge", "d", "--strategy", "ff", "-m", "x"]), @"
    --- stderr
    error: ff makes no commit that a message could be for
    --- exit 2
    ");
    assert_eq!(env.git(&["rev-parse", "main"]), before);
    env.assert_sound();
}

/// After a landing, whoever conflicts with the new target is named.
#[test]
fn the_others_get_a_fresh_forecast() {
    let env = Env::new();
    env.task("a", &[("shared", "a\n")]);
    env.task("b", &[("shared", "b\n")]);
    env.task("c", &[("other", "c\n")]);
    insta::assert_snapshot!(env.run(&["merge", "a"]), @"
    ✓ a  landed in main as bb46713cd (merge commit)
    --- stderr
    ▲ b conflicts with main now: shared
    ");
}

/// On a terminal each gate at work has a line with what it said last.
#[test]
fn a_gate_at_work_is_seen_on_a_terminal() {
    let env = Env::new();
    let Some(terminal) = crate::terminal::Terminal::open(&env) else { return };
    tasks(&env, &["api"]);
    let gate = "echo counting sheep; until [ -e \"$HOME/go\" ]; do sleep 0.05; done";
    write(&env.dir().join("gate.sh"), gate);
    terminal.enter("windrow merge api -y --gate 'sh ../../../../gate.sh'");
    let live = terminal.says("counting sheep");
    let line = live.lines().find(|line| line.contains("counting sheep")).unwrap();
    assert!(line.starts_with("◎ api"), "{live}");
    write(&env.dir().join("home/go"), "");
    let after = terminal.until("> ");
    assert!(after.contains("api  landed in main") && !after.contains("counting sheep"), "{after}");
}
