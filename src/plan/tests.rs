//! Whole files: what is said of bad ones, what good ones become, and that none ends the program.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::domain::plan::{Command, PromptChannel};

fn fixtures(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans").join(kind)
}

fn plans(kind: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(fixtures(kind)).unwrap().map(|entry| entry.unwrap().path());
    let mut plans: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    plans.sort();
    plans
}

fn load_fixture(path: &Path) -> Result<Plan, Vec<Problem>> {
    load(Path::new(path.file_name().unwrap()), path.parent().unwrap(), &Settings::default())
}

/// Runs with `WINDROW_BLESS=1` in the environment write what they find.
#[test]
fn every_problem_of_every_invalid_plan() {
    let plans = plans("invalid");
    assert!(plans.len() >= 25);
    let mut wrong = Vec::new();
    for path in plans {
        let problems = load_fixture(&path).err().unwrap_or_default();
        assert!(problems.is_sorted_by_key(|problem| problem.at), "{path:?}");
        let found: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        let expected = path.with_extension("txt");
        if option_env!("WINDROW_BLESS").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        if found.is_empty() || std::fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(found);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_valid_plan_is_one() {
    for path in plans("valid") {
        let plan = load_fixture(&path).unwrap_or_else(|problems| panic!("{path:?}: {problems:?}"));
        assert_eq!(plan.source, std::fs::read_to_string(&path).unwrap());
        assert!(!plan.tasks.is_empty());
    }
}

fn valid(name: &str) -> Plan {
    load_fixture(&fixtures("valid").join(name)).unwrap()
}

#[test]
fn the_plan_of_the_design() {
    let plan = valid("design.toml");
    assert_eq!((plan.base.as_deref(), plan.jobs), (Some("main"), Some(4)));
    let agents: Vec<_> = plan.tasks.iter().map(|t| t.agent.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(agents, ["claude", "codex", "mine"]);
    assert!(plan.tasks.iter().all(|task| task.timeout_ms == Some(1_800_000)));
    assert_eq!(
        plan.tasks[0].prompt,
        "You are an API design expert.\n\nDesign and implement CRUD for /users in Python + FastAPI."
    );
    assert_eq!(plan.tasks[0].role.as_deref(), Some("api-designer"));
    assert_eq!(plan.tasks[1].after, [plan.tasks[0].name.clone()]);
    let program = fixtures("valid").join("agent.sh");
    let expected = [program.to_str().unwrap(), "--headless"].map(str::to_owned).to_vec();
    assert_eq!(plan.tasks[2].agent.as_ref().unwrap().command, Command::Argv(expected));
}

#[test]
fn every_supported_key() {
    let plan = valid("everything.toml");
    let [login, trouble, known] = plan.tasks.as_slice() else { panic!("{plan:?}") };
    assert_eq!(login.prompt, "You review.\nBe kind.\n\nAdd a login page.");
    assert_eq!(login.branch.as_ref().unwrap().as_str(), "login");
    assert_eq!((login.base.as_deref(), login.timeout_ms), (Some("v1.0"), Some(500)));
    assert_eq!(login.check.as_deref(), Some("make test"));
    assert_eq!((login.touches.len(), login.env["A"].as_str(), login.env["B"].as_str()), (2, "1", ""));
    assert!(login.allow_empty && !trouble.allow_empty);
    let line = login.agent.as_ref().unwrap();
    assert_eq!(line.command, Command::Shell("exec ./agent.sh \"$1\"".into()));
    assert_eq!((line.prompt, line.env["LEVEL"].as_str()), (PromptChannel::Argument, "2"));
    assert_eq!((trouble.prompt.as_str(), trouble.timeout_ms), ("Do it.", Some(5_400_000)));
    assert_eq!(trouble.after, std::slice::from_ref(&login.name));
    let argv = trouble.agent.as_ref().unwrap();
    assert_eq!(argv.command, Command::Argv(vec!["agent".into(), String::new(), "--flag".into()]));
    assert_eq!(argv.prompt, PromptChannel::File);
    let claude = known.agent.as_ref().unwrap();
    assert_eq!(claude.command, crate::agent::builtin("claude").unwrap().command);
    assert_eq!(claude.env["ANTHROPIC_LOG"], "debug");
    assert_eq!(known.prompt, "  Do it.");
}

#[test]
fn line_breaks_of_a_crlf_plan() {
    assert_eq!(valid("bom-and-crlf.toml").tasks[0].prompt.lines().collect::<Vec<_>>(), ["Do it.", "Now."]);
}

fn texts(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

fn request<'a>(arguments: &'a [String], settings: &'a Settings) -> Request<'a> {
    Request { file: None, arguments, cwd: Path::new("/"), settings, overrides: Overrides::default() }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}

#[test]
fn tasks_of_the_command_line() {
    let settings = Settings::default();
    let plan = read(&request(&owned(&["a=x=y\n", "b=@file"]), &settings)).unwrap();
    assert_eq!((plan.tasks[0].prompt.as_str(), plan.tasks[1].prompt.as_str()), ("x=y", "@file"));
    assert_eq!((plan.tasks[0].agent.clone(), plan.source.as_str()), (None, ""));
    assert!(read(&request(&[], &settings)).unwrap().tasks.is_empty());

    let bad = owned(&["plain", "a=x", "a=y", "A=z", "my task=x", "=x", "e= ", "b=x", "b/c=x", "n=\0"]);
    let problems = read(&request(&bad, &settings)).unwrap_err();
    assert_eq!(
        texts(&problems),
        [
            "command line: `plain` is not of the form NAME=PROMPT",
            "command line: `my task` is not a valid task name: it holds a space, a control character or one of \
             ~ ^ : ? * [ \\; `my-task` would be one",
            "command line: `` is not a valid task name: it is empty",
            "command line: the prompt of `e= ` is empty",
            r#"command line: the prompt of `"n=\000"` holds a NUL character"#,
            "command line: task `a` is defined twice, first on the command line",
            "command line: tasks `A` and `a` (the command line) have names that are one on some file systems",
            "command line: tasks `b/c` and `b` (the command line) cannot both be there: one name is a directory of \
             the other",
        ]
    );
}

/// Writes a plan and reads it with what the command line says.
fn read_with<'a>(
    text: &str,
    arguments: &[&str],
    settings: &'a Settings,
    overrides: Overrides<'a>,
) -> Result<Plan, Vec<Problem>> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("p.toml"), text).unwrap();
    let (file, arguments) = (Some(Path::new("p.toml")), owned(arguments));
    read(&Request { file, arguments: &arguments, cwd: directory.path(), settings, overrides })
}

#[test]
fn a_plan_and_the_command_line_are_one() {
    let settings = Settings::default();
    let text = "agent = \"mine\"\ntimeout = \"5s\"\n[agent.mine]\ncommand = \"cat\"\n[[task]]\nname = \"a\"\n\
                prompt = \"A\"\nafter = [\"b\"]\n";
    let plan = read_with(text, &["b=B"], &settings, Overrides::default()).unwrap();
    let names: Vec<_> = plan.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        (plan.tasks[1].agent.clone().unwrap().name.as_str(), plan.tasks[1].timeout_ms),
        ("mine", Some(5000))
    );

    let problems = read_with(text, &["a=B", "c"], &settings, Overrides::default()).unwrap_err();
    assert_eq!(
        texts(&problems),
        [
            "p.toml:8:10: there is no task `b`",
            "command line: `c` is not of the form NAME=PROMPT",
            "command line: task `a` is defined twice, first on line 6",
        ]
    );
    assert!(read_with("jobs = 2\n", &["a=A"], &settings, Overrides::default()).is_ok());
}

#[test]
fn an_unreadable_plan_does_not_hide_the_command_line() {
    let settings = Settings::default();
    let arguments = owned(&["x"]);
    let missing = Request { file: Some(Path::new("no/plan.toml")), ..request(&arguments, &settings) };
    let problems = texts(&read(&missing).unwrap_err());
    assert!(problems[0].starts_with("no/plan.toml: the plan cannot be read: "), "{problems:?}");
    assert_eq!(problems[1], "command line: `x` is not of the form NAME=PROMPT");
}

#[test]
fn flags_stand_above_the_plan() {
    let settings = Settings::default();
    let text = "jobs = 2\n[agent.mine]\ncommand = \"cat\"\n[[task]]\nname = \"a\"\nprompt = \"A\"\n\
                agent = \"codex\"\ntimeout = \"5s\"\n";
    let flags = Overrides { agent: Some("mine"), timeout_ms: Some(7), jobs: Some(9), ..Overrides::default() };
    let plan = read_with(text, &["b=B"], &settings, flags).unwrap();
    for task in &plan.tasks {
        assert_eq!((task.agent.as_ref().unwrap().name.as_str(), task.timeout_ms), ("mine", Some(7)));
    }
    assert_eq!(plan.jobs, Some(9));

    let line = Overrides { command: Some("cat; true"), agent: Some("nobody"), ..Overrides::default() };
    let plan = read_with(text, &[], &settings, line).unwrap();
    assert_eq!(plan.tasks[0].agent, Some(Agent::of_command_line("cat; true")));
    assert_eq!(plan.jobs, Some(2));

    let unknown = Overrides { agent: Some("mien"), ..Overrides::default() };
    let problems = read_with(text, &[], &settings, unknown).unwrap_err();
    assert_eq!(texts(&problems), ["command line: there is no agent `mien`; did you mean `mine`?"]);
    let blank = Overrides { command: Some(" "), ..Overrides::default() };
    assert_eq!(
        texts(&read_with(text, &[], &settings, blank).unwrap_err()),
        ["command line: `--command` is empty"]
    );
}

#[test]
fn settings_lend_agents_roles_and_the_branch() {
    let layer = parse_settings(
        Path::new("/home/u/.config/windrow/config.toml"),
        "branch = \"work/{task}\"\n[agent.house]\ncommand = [\"bin/agent\"]\n[role.kind]\nprompt = \"Be kind.\\n\"\n",
    );
    let mut settings = Settings::default();
    layer.unwrap().apply(&mut settings);
    let text = "agent = \"house\"\n[[task]]\nname = \"a\"\nprompt = \"A\"\nrole = \"kind\"\n";
    let plan = read_with(text, &[], &settings, Overrides::default()).unwrap();
    assert_eq!(plan.tasks[0].prompt, "Be kind.\n\nA");
    let command = plan.tasks[0].agent.clone().unwrap().command;
    assert_eq!(command, Command::Argv(vec!["/home/u/.config/windrow/bin/agent".into()]));

    let own = format!("{text}[role.kind]\nprompt = \"Be short.\"\n");
    let plan = read_with(&own, &[], &settings, Overrides::default()).unwrap();
    assert_eq!(plan.tasks[0].prompt, "Be short.\n\nA");

    let crossing = format!("{text}[[task]]\nname = \"b\"\nprompt = \"B\"\nbranch = \"work/a\"\n");
    let problems = read_with(&crossing, &[], &settings, Overrides::default()).unwrap_err();
    assert_eq!(texts(&problems), ["p.toml:7:8: tasks `b` and `a` (line 3) have the same branch `work/a`"]);
}

#[test]
fn a_prompt_file_that_never_ends_is_refused() {
    let text = "[[task]]\nname = \"a\"\nprompt-file = \"/dev/zero\"\n";
    let problems = read_with(text, &[], &Settings::default(), Overrides::default()).unwrap_err();
    let expected = if cfg!(unix) { "is not a regular file" } else { "cannot be read" };
    assert!(problems[0].message.contains(expected), "{problems:?}");
}

#[test]
fn many_tasks_are_read_and_too_many_refused() {
    let plan = |count: usize| -> String {
        let after = |i: usize| if i == 0 { String::new() } else { format!("\"t{}\"", i - 1) };
        (0..count)
            .map(|i| format!("[[task]]\nname = \"t{i}\"\nprompt = \"x\"\nafter = [{}]\n", after(i)))
            .collect()
    };
    let settings = Settings::default();
    let most = read_with(&plan(consistency::MOST_TASKS), &[], &settings, Overrides::default()).unwrap();
    assert_eq!(most.tasks.len(), 1000);
    assert_eq!(overlaps(&most), []);
    let problems = read_with(&plan(1001), &[], &settings, Overrides::default()).unwrap_err();
    assert_eq!(texts(&problems), ["p.toml:4002:8: a plan has at most 1000 tasks"]);
}

/// A valid plan with some of its bytes replaced, taken away or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let sources: Vec<Vec<u8>> = plans("valid").iter().map(|path| std::fs::read(path).unwrap()).collect();
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..3),
        proptest::sample::select(vec![
            "[", "]]", "\"", "=", "\n", ".", "\"\"\"", "{", "\\u0000", "é", "\u{feff}"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let edits = proptest::collection::vec((any::<proptest::sample::Index>(), 0..6usize, piece), 1..6);
    (proptest::sample::select(sources), edits).prop_map(|(mut text, edits)| {
        for (at, removed, piece) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece);
        }
        text
    })
}

/// Problems are in order, inside the text, one line each and without control characters.
fn check(text: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p.toml");
    std::fs::write(&path, text).unwrap();
    let settings = Settings::default();
    let lines = text.split(|b| *b == b'\n').count();
    let found = load(Path::new("p.toml"), directory.path(), &settings);
    for problem in found.as_ref().err().into_iter().flatten() {
        let shown = problem.to_string();
        assert!(!shown.chars().any(crate::domain::path::is_hostile), "{shown:?}");
        assert!(
            problem.at.is_none_or(|(line, column)| (1..=lines).contains(&line) && column >= 1),
            "{shown}"
        );
    }
    if let Ok(plan) = &found {
        assert!(plan.tasks.iter().all(|task| !task.prompt.trim().is_empty()));
        overlaps(plan);
    }
    if let Ok(text) = std::str::from_utf8(text) {
        let _ = parse_settings(Path::new("/etc/windrow.toml"), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_end_the_program(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn no_text_ends_the_program(text in "[\\[\\]\"'=.{},\\\\#a-z0-9 \n\t\u{e9}]{0,200}") {
        check(text.as_bytes());
    }

    #[test]
    fn no_change_of_a_plan_ends_the_program(text in mutated()) {
        check(&text);
    }

    #[test]
    fn no_duration_ends_the_program(text in "[0-9hms .]{0,30}|\\PC{0,20}") {
        if let Ok(ms) = parse_duration(&text) {
            prop_assert!(ms > 0);
        }
    }
}
