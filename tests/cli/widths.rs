//! Every verb that writes a table, at 40, 80 and 160 columns: no line is wider, what is dropped is told; and the
//! conventions of colour.

use unicode_width::UnicodeWidthStr;

use crate::env::{Env, Ran, write};
use crate::terminal_run::on_terminal;

const LONG: &str = "a-task-with-a-rather-long-name-that-says-what-it-is-about";

/// Tasks in every state that a table can show.
fn busy() -> Env {
    let env = Env::new();
    let agents = "jobs = 2\n[agent.ok]\ncommand = \"cat > \\\"$WINDROW_TASK\\\"; echo said\"\n[agent.bad]\ncommand = \"exit 3\"\n";
    let task = |name: &str, agent: &str, more: &str| {
        format!(
            "[[task]]\nname = \"{name}\"\nagent = \"{agent}\"\nprompt = \"Design and implement a thing whose description is long, {name}\"\n{more}"
        )
    };
    let tasks = [
        task("users-api", "ok", "touches = [\"src/**\"]\n"),
        task(LONG, "ok", "touches = [\"src/lib.rs\"]\ntimeout = \"30m\"\n"),
        task("bad", "bad", ""),
        task("after", "ok", "after = [\"bad\"]\n"),
    ];
    env.write("plan.toml", &(agents.to_owned() + &tasks.concat()));
    env.commit("plan");
    let _ = env.run(&["run", "plan.toml"]).exits(4);
    write(&env.worktree("users-api").join("file"), "changed\n");
    write(&env.worktree("users-api").join("sp ace/t\ta\u{202e}b"), "x\n");
    env.git(&["worktree", "add", "-q", "../some/other/place", "-b", "foreign"]);
    env.run(&["start", "conflict"]).exits(0);
    write(&env.worktree("conflict").join("file"), "theirs\n");
    env.commit_in(&env.worktree("conflict"), "theirs");
    env.write("file", "ours\n");
    env.commit("ours");
    env.run(&["start", "removed", "removed-with-a-long-name-that-is-cut-in-narrow-tables"]).exits(0);
    env.run(&["clean", "removed", "removed-with-a-long-name-that-is-cut-in-narrow-tables"]).exits(0);
    env
}

fn at(env: &Env, columns: usize, arguments: &[&str]) -> Ran {
    let mut command = env.windrow(&env.repo());
    // Not redacted: what stands for an age is wider than it.
    let output = command.args(arguments).env("COLUMNS", columns.to_string()).output().unwrap();
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&env.dir().display().to_string(), "[DIR]");
    Ran { code: output.status.code().unwrap(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// A command is to be pasted and a path or a name to be found: they stand in one line. All else keeps to the width.
fn may_be_wide(line: &str) -> bool {
    line.contains("↳ ")
        || line.contains("[DIR]")
        || line.contains("../")
        || line.ends_with(LONG)
        || !line.trim().contains(' ')
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let env = busy();
    let verbs: [&[&str]; 11] = [
        &["status"],
        &["clean", "--dry-run"],
        &["merge", "--all", "--dry-run"],
        &["trash", "list"],
        &["history"],
        &["plan"],
        &["diff", "--stat"],
        &["diff", "--stat", "users-api"],
        &["agents"],
        &["doctor"],
        &["run", "plan.toml", "--dry-run"],
    ];
    for columns in [40, 80, 160] {
        for verb in verbs {
            let ran = at(&env, columns, verb);
            let (code, lines) = match verb[0] {
                "merge" => (3, 2),
                _ => (0, 2),
            };
            assert!(ran.code == code && ran.stdout.lines().count() >= lines, "{verb:?}: {ran}");
            for line in ran.stdout.lines().filter(|line| !may_be_wide(line)) {
                assert!(line.width() <= columns, "{verb:?} at {columns}: {line}\n{ran}");
                assert!(!line.ends_with(' '), "{verb:?} at {columns}: {line:?}");
            }
        }
    }
}

#[test]
fn columns_that_are_dropped_are_told() {
    let env = busy();
    for (verb, first) in
        [("status", "Task"), ("history", "Id"), ("plan", "Task"), ("agents", "Agent"), ("trash list", "Task")]
    {
        let titles = |columns| {
            let words: Vec<&str> = verb.split(' ').collect();
            let ran = at(&env, columns, &words).exits(0);
            let title = ran.stdout.lines().find(|line| line.contains(first)).unwrap().to_owned();
            let told = ran.stdout.contains("not shown for want of width");
            (title.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), told)
        };
        let (all, told) = titles(160);
        assert!(!told, "{verb}: {all:?}");
        let (some, told) = titles(40);
        assert_eq!(some.len() < all.len(), told, "{verb}: {some:?} of {all:?}");
    }
}

#[test]
fn paths_are_quoted_as_git_does() {
    let env = busy();
    let names = env.run(&["diff", "--name-only", "users-api"]).exits(0);
    assert!(names.stdout.contains(r#""sp ace/t\ta\342\200\256b""#), "{names}");
    let stat = at(&env, 80, &["diff", "--stat", "users-api"]).exits(0);
    assert!(stat.stdout.contains(r#""sp ace/t\ta\342\200\256b" (untracked)"#), "{stat}");
}

/// Tells whether the program writes colours with these variables and arguments.
fn colored(env: &Env, variables: &[(&str, &str)], arguments: &[&str]) -> bool {
    let mut command = env.windrow(&env.repo());
    let ran = env.ran(&command.args(arguments).envs(variables.iter().copied()).output().unwrap()).exits(0);
    ran.stdout.contains('\x1b')
}

#[test]
fn colour_where_it_is_wanted() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    let force = ("CLICOLOR_FORCE", "1");
    assert!(!colored(&env, &[], &["status"]), "a pipe");
    assert!(colored(&env, &[force], &["status"]));
    assert!(!colored(&env, &[("CLICOLOR_FORCE", "0")], &["status"]));
    assert!(!colored(&env, &[force, ("NO_COLOR", "1")], &["status"]));
    assert!(colored(&env, &[force, ("NO_COLOR", "")], &["status"]), "empty is not set");
    assert!(colored(&env, &[("NO_COLOR", "1")], &["status", "--color", "always"]), "a flag is nearer");
    assert!(!colored(&env, &[force], &["status", "--color", "never"]));
    assert!(!colored(&env, &[force], &["status", "--json"]));
    let on =
        |variables: &[(&str, &str)]| Some(on_terminal(&env, "windrow status", variables)?.contains("\x1b["));
    if on(&[]).is_none() {
        return;
    }
    assert_eq!(on(&[]), Some(true));
    assert_eq!(on(&[("TERM", "dumb")]), Some(false));
    assert_eq!(on(&[("NO_COLOR", "1")]), Some(false));
    assert_eq!(on(&[("CI", "true")]), Some(true), "a log of a build server shows colours");
}

#[test]
fn nobody_is_asked_at_a_build_server() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    let line = "windrow path; echo code $?";
    let Some(out) = on_terminal(&env, line, &[("CI", "true")]) else { return };
    assert!(out.contains("name a task") && out.ends_with("code 2\n"), "{out}");
}
