//! Completion with the names that exist now.

use std::path::Path;

use crate::env::Env;

/// What a shell would offer for the last word.
fn offered(env: &Env, dir: &Path, words: &[&str]) -> Vec<String> {
    let mut command = env.windrow(dir);
    command.env("COMPLETE", "fish").args(["--", "windrow"]).args(words);
    let ran = env.ran(&command.output().unwrap()).exits(0);
    assert_eq!(ran.stderr, "", "{words:?}");
    ran.stdout.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn names_of_every_kind() {
    let env = Env::new();
    let plan = "[agent.me]\ncommand = \"true\"\n[[task]]\nname = \"one\"\nprompt = \"x\"\nagent = \"me\"\nallow-empty = true\n";
    env.write("plan.toml", plan);
    env.write("plans/other.toml", &plan.replace("one", "two"));
    env.write(".config/windrow.toml", "disposable = [\"out\"]\n");
    env.commit("plans");
    env.run(&["start", "api", "ui/list"]).exits(0);
    let at = |words: &[&str]| offered(&env, &env.repo(), words);
    for verb in ["path", "diff", "merge", "clean", "logs", "status", "ls"] {
        assert_eq!(at(&[verb, ""]), ["api", "ui/list"], "{verb}");
    }
    assert_eq!(at(&["merge", "api", "u"]), ["ui/list"]);
    assert_eq!(at(&["run", "--task", ""]), ["one"]);
    assert_eq!(at(&["run", "plans/other.toml", "--task", ""]), ["two"]);
    assert_eq!(at(&["start", "--base", ""]), ["api", "main", "ui/list"]);
    assert_eq!(at(&["merge", "--into", "m"]), ["main"]);
    assert!(at(&["run", "--agent", "cl"]).contains(&"claude".to_owned()));
    assert_eq!(at(&["plan", "pl"]), ["plan.toml", "plans/"]);
    env.run(&["run", "plan.toml", "--task", "one"]).exits(0);
    let runs = at(&["report", ""]);
    assert_eq!((runs.len(), &at(&["logs", "--run", ""])), (1, &runs));
    // A run is undone by its own id.
    let operations = at(&["undo", ""]);
    assert!(operations.len() == 2 && operations.contains(&runs[0]), "{operations:?}");
    env.run(&["start", "gone"]).exits(0);
    env.run(&["clean", "gone"]).exits(0);
    assert_eq!(at(&["trash", "restore", ""]), ["gone"]);
    // From elsewhere.
    let repo = env.repo();
    assert_eq!(offered(&env, &env.dir(), &["-C", repo.to_str().unwrap(), "path", "a"]), ["api"]);
    assert_eq!(offered(&env, &env.worktree("api"), &["path", "a"]), ["api"]);
}

#[test]
fn verbs_have_one_name_each_and_options_come_where_they_are_begun() {
    let env = Env::new();
    let verbs = offered(&env, &env.repo(), &[""]);
    assert!(verbs.contains(&"status".into()) && !verbs.contains(&"ls".into()), "{verbs:?}");
    assert!(verbs.iter().all(|verb| !verb.starts_with('-')), "{verbs:?}");
    assert!(offered(&env, &env.repo(), &["merge", "--st"]).contains(&"--strategy".into()));
    assert_eq!(offered(&env, &env.repo(), &["report", "--format", ""]), ["md", "json"]);
}

#[test]
fn it_never_fails_and_writes_nothing() {
    let env = Env::empty();
    let outside = env.dir();
    for words in [&["path", ""][..], &["undo", ""], &["run", "--task", ""], &["run", "--agent", "x"], &["-C"]]
    {
        offered(&env, &outside, words);
        offered(&env, &env.repo(), words);
    }
    assert!(!env.repo().join(".git/windrow").exists());
    env.write("plan.toml", "[[task]\n");
    env.write(".config/windrow.toml", "nonsense = \n");
    assert!(offered(&env, &env.repo(), &["run", "--task", ""]).iter().all(|word| word.starts_with('-')));
    env.write(".git/windrow/tasks/x.json", "{torn");
    env.write(".git/windrow/operations/20260101-000000-0000.jsonl", "torn");
    for words in [["path", "a"], ["undo", "2"], ["report", "2"]] {
        assert!(offered(&env, &env.repo(), &words).is_empty(), "{words:?}");
    }
}

#[test]
fn a_shell_that_is_not_known_is_said() {
    let env = Env::new();
    let mut command = env.windrow(&env.repo());
    let ran = env.ran(&command.env("COMPLETE", "tcsh").output().unwrap()).exits(2);
    assert!(ran.stderr.contains("unknown shell"), "{ran}");
    let mut command = env.windrow(&env.repo());
    let _ = env.ran(&command.env("COMPLETE", "0").arg("status").output().unwrap()).exits(0);
}
