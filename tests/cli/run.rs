//! `run`: plans and NAME=PROMPT, channels, the environment of agents, order, refusals.

use crate::env::{Env, write};
use crate::running::{SH, evidence, outcomes, pairs};

/// A prompt full of shell text is data on each of the three ways to an agent.
#[test]
fn prompts_are_data_on_every_channel() {
    let env = Env::new();
    let prompt = "it's $(touch /tmp/never) `id` \\\"quoted\\\" --help\\n-n second; exit 1";
    let told = "it's $(touch /tmp/never) `id` \"quoted\" --help\n-n second; exit 1";
    let agents = [
        ("argv-stdin", "[\"cp\", \"/dev/stdin\", \"got\"]", "stdin"),
        ("argv-argument", "[\"sh\", \"-c\", 'printf %s \"$0\" >got']", "argument"),
        ("argv-file", "[\"sh\", \"-c\", 'cp \"$WINDROW_PROMPT_FILE\" got']", "file"),
        ("line-stdin", "'cat >got'", "stdin"),
        ("line-argument", "'printf %s \"$1\" >got'", "argument"),
        ("line-file", "'cp \"$WINDROW_PROMPT_FILE\" got'", "file"),
    ];
    let mut plan = String::new();
    for (name, command, channel) in agents {
        plan.push_str(&format!("[agent.{name}]\ncommand = {command}\nprompt = \"{channel}\"\n"));
        plan.push_str(&format!("[[task]]\nname = \"{name}\"\nagent = \"{name}\"\nprompt = \"{prompt}\"\n"));
    }
    write(&env.dir().join("plan.toml"), &plan);
    env.run(&["run", "../plan.toml"]).exits(0);
    for (name, ..) in agents {
        let got = std::fs::read_to_string(env.worktree(name).join("got")).unwrap();
        assert_eq!(got, told, "{name}");
    }
    assert!(!std::path::Path::new("/tmp/never").exists());
    env.assert_sound();
}

#[test]
fn names_and_prompts_of_the_command_line() {
    let env = Env::new();
    let prompt = "api=Write $(id), a=b";
    let ran = env.run(&["run", prompt, "docs=", "--command", "cat >got; cat got"]);
    insta::assert_snapshot!(ran, @"
    --- stderr
    error: there is a problem; nothing was started
    caused by: command line: the prompt of `docs=` is empty
    --- exit 6
    ");
    let ran = env.run(&["run", prompt, "docs=Say it", "-j", "1", "--command", "cat >got; cat got"]).exits(0);
    insta::assert_snapshot!(ran, @"
    ✓ api   done in [T]  1 commit, 1 file, +1
      exit 0, no commit, leftovers committed (1 untracked)
      │ Write $(id), a=b
      ↳ windrow diff api
    ✓ docs  done in [T]  1 commit, 1 file, +1
      exit 0, no commit, leftovers committed (1 untracked)
      │ Say it
      ↳ windrow diff docs

    ✓ 2 tasks: 2 done
    --- stderr
    ○ run [ID]: 2 tasks, 1 at once
      base main (75ed618c4); agent command; permission the agent's own; isolation none
    ◎ api   started (command)
    ✓ api   done in [T]: exit 0, no commit, leftovers committed (1 untracked), 1 file, +1
    ◎ docs  started (command)
    ✓ docs  done in [T]: exit 0, no commit, leftovers committed (1 untracked), 1 file, +1
    ↳ windrow status · windrow merge --all · windrow undo
    ");
    assert_eq!(env.git(&["show", "api:got"]), "Write $(id), a=b");
    env.assert_sound();
}

/// A role stands before the prompt, a blank line between them; prompts come from files too.
#[test]
fn roles_and_prompt_files() {
    let env = Env::new();
    write(&env.dir().join("prompts/docs.md"), "Document it.\n");
    write(
        &env.dir().join("plan.toml"),
        "agent = \"save\"\n[agent.save]\ncommand = \"cat >got\"\n[role.expert]\nprompt = \"You are an expert.\"\n\
         [[task]]\nname = \"api\"\nrole = \"expert\"\nprompt = \"Write it.\"\n\
         [[task]]\nname = \"docs\"\nrole = \"expert\"\nprompt-file = \"prompts/docs.md\"\n",
    );
    env.run(&["run", "../plan.toml"]).exits(0);
    let got = |task: &str| std::fs::read_to_string(env.worktree(task).join("got")).unwrap();
    assert_eq!(got("api"), "You are an expert.\n\nWrite it.");
    assert_eq!(got("docs"), "You are an expert.\n\nDocument it.");
}

/// A program with a slash is looked for where the plan is, wherever the run is started and the agent works.
#[test]
fn a_program_stands_beside_the_plan() {
    let env = Env::new();
    env.script("agent", "cat >got; echo \" $1\" >>got\n");
    let plan = "agent = \"mine\"\n[agent.mine]\ncommand = [\"./bin/agent\", \"--headless\"]\n\
                [[task]]\nname = \"api\"\nprompt = \"Do it.\"\n";
    write(&env.dir().join("plan.toml"), plan);
    let ran = env.run_in(&env.repo().join("src"), &["run", "../../plan.toml"]).exits(0);
    assert_eq!(env.git(&["show", "api:got"]), "Do it. --headless", "{ran}");
}

/// An agent finds everything that windrow says, what the plan adds, and none of git's local variables.
#[test]
fn the_environment_of_an_agent() {
    let env = Env::new();
    env.plan(
        "",
        &[("a/b", "+ env = { EXTRA = \"task\", SHARED = \"task\" }\nenv | sort >../seen; pwd >../cwd; cat >../stdin; git rev-parse --show-toplevel >../top; echo x >x")],
    );
    let plan = env.dir().join("plan.toml");
    let text = std::fs::read_to_string(&plan).unwrap();
    write(&plan, &text.replace(SH, &format!("{SH}env = {{ OF_AGENT = \"yes\", SHARED = \"agent\" }}\n")));
    let mut command = env.windrow(&env.repo());
    command.args(["run", &plan.display().to_string()]);
    command.envs([
        ("GIT_DIR", "/nowhere"),
        ("GIT_INDEX_FILE", "/nowhere/index"),
        ("GIT_WORK_TREE", "/nowhere"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere/objects"),
        ("GIT_CONFIG_PARAMETERS", "'core.bare=true'"),
        ("GIT_PREFIX", "sub/"),
        ("WINDROW_TASK", "wrong"),
        ("KEPT", "yes"),
    ]);
    let ran = env.ran(&command.output().unwrap());
    let ran = ran.exits(0);
    let id = env.git(&["worktree", "list", "--porcelain"]);
    let worktree = id.lines().filter_map(|line| line.strip_prefix("worktree ")).nth(1).unwrap().to_owned();
    let beside = |name: &str| std::fs::read_to_string(env.dir().join("repo.worktrees").join(name)).unwrap();
    let seen = beside("seen");
    let value = |name: &str| {
        seen.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap_or("unset").to_owned()
    };
    assert_eq!(value("WINDROW_TASK"), "a/b", "{ran}");
    assert_eq!(value("WINDROW_BRANCH"), "a/b");
    assert_eq!(value("WINDROW_BASE"), "main");
    assert_eq!(value("WINDROW_WORKTREE"), worktree);
    assert!(
        value("WINDROW_ATTEMPT").starts_with(&value("WINDROW_RUN"))
            && value("WINDROW_ATTEMPT").ends_with("/1")
    );
    assert!(std::path::Path::new(&value("WINDROW_PROMPT_FILE")).is_file());
    assert!(value("WINDROW_PORT").parse::<u16>().unwrap() >= 20_000);
    assert_eq!(
        (value("KEPT"), value("OF_AGENT"), value("EXTRA")),
        ("yes".into(), "yes".into(), "task".into())
    );
    assert_eq!(value("SHARED"), "task", "a task's own variable stands over its agent's");
    let local = env.git(&["rev-parse", "--local-env-vars"]);
    for name in local.lines().filter(|name| *name != "GIT_CONFIG_COUNT") {
        assert_eq!(value(name), "unset", "{name}");
    }
    assert_eq!(beside("cwd").trim_end(), worktree);
    assert_eq!(beside("top").trim_end(), worktree);
    assert_eq!(beside("stdin"), "", "standard input is empty where the prompt is an argument");
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    env.assert_sound();
}

/// Inside a hook git has set variables that would lead every git of ours to the wrong index.
#[test]
fn a_run_from_inside_a_hook() {
    let env = Env::new();
    env.plan("", &[("api", "echo two >two; git add two; git commit -qm two; echo three >three")]);
    let hook = env.repo().join(".git/hooks/post-commit");
    let program = env!("CARGO_BIN_EXE_windrow");
    let body = format!(
        "#!/bin/sh\n[ \"$WINDROW_ATTEMPT$ONCE\" ] && exit\nONCE=1 exec '{program}' run ../plan.toml\n"
    );
    write(&hook, &body);
    std::process::Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    env.write("file", "changed\n");
    env.git(&["commit", "-qam", "with a hook"]);
    assert_eq!(env.git(&["diff", "--name-status", "main", "api"]), "A\tthree\nA\ttwo");
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// Agents note when they are inside; never are more than `jobs`.
#[test]
fn no_more_agents_at_once_than_jobs() {
    let env = Env::new();
    let inside = env.dir().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let script = format!(
        "cd '{}'; : >$WINDROW_TASK; ls | wc -l >>../counts; sleep 0.3; ls | wc -l >>../counts; rm $WINDROW_TASK",
        inside.display()
    );
    let names = ["a", "b", "c", "d", "e", "f"];
    let tasks: Vec<(&str, &str)> = names.iter().map(|name| (*name, script.as_str())).collect();
    env.plan("jobs = 6\n", &tasks);
    env.run(&["run", "../plan.toml", "-j", "2"]).exits(4);
    let counts = std::fs::read_to_string(env.dir().join("counts")).unwrap();
    let counts: Vec<u32> = counts.lines().map(|line| line.trim().parse().unwrap()).collect();
    assert_eq!(counts.len(), 12);
    assert_eq!(counts.iter().max(), Some(&2), "{counts:?}");
}

/// Each starts from the tip of what it comes after, and its base is that branch.
#[test]
fn a_chain_starts_from_the_tip_below() {
    let env = Env::new();
    env.plan(
        "",
        &[
            ("c", "+ after = [\"b\"]\ncat b && echo c >c"),
            ("b", "+ after = [\"a\"]\ncat a && echo b >b; git add b; git commit -qm b"),
            ("a", "echo a >a"),
        ],
    );
    let ran = env.run(&["run", "../plan.toml", "--json"]).exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("c", "done"), ("b", "done"), ("a", "done")]));
    let status = env.run(&["status", "--json"]).json();
    let base = |task: &str| {
        let rows = status["tasks"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == task).unwrap()["base"].clone()
    };
    assert_eq!((base("a"), base("b"), base("c")), ("main".into(), "a".into(), "b".into()));
    assert_eq!(env.git(&["diff", "--name-only", "main", "c"]), "a\nb\nc");
    env.assert_sound();
}

/// Several: their merge is the start, the plan's base the base.
#[test]
fn several_tips_are_merged() {
    let env = Env::new();
    env.plan(
        "",
        &[
            ("a", "echo a >a"),
            ("b", "echo b >b"),
            ("both", "+ after = [\"a\", \"b\"]\ncat a b && echo c >c"),
            ("x", "echo x >file"),
            ("y", "echo y >file"),
            ("clash", "+ after = [\"x\", \"y\"]\necho never >never"),
            ("last", "+ after = [\"clash\"]\ntrue"),
        ],
    );
    let ran = env.run(&["run", "../plan.toml", "--json"]).exits(4);
    let done = |name| (name, "done");
    let expected =
        [done("a"), done("b"), done("both"), done("x"), done("y"), ("clash", "failed"), ("last", "skipped")];
    assert_eq!(outcomes(&ran), pairs(&expected));
    let parents = env.git(&["rev-list", "--parents", "-1", "both~1"]);
    let tips = format!("{} {}", env.git(&["rev-parse", "a"]), env.git(&["rev-parse", "b"]));
    assert!(parents.ends_with(&tips), "{parents} {tips}");
    assert_eq!(env.run(&["status", "both", "--json"]).json()["tasks"][0]["base"], "main");
    insta::assert_snapshot!(evidence(&ran, "clash"), @"what `clash` comes after cannot be merged: `y` conflicts; file (content); let one of them come after the other");
    assert!(!env.worktree("clash").exists());
    assert_eq!(env.git(&["branch", "--list", "clash"]), "");
    env.assert_sound();
}

/// `--task` runs what is named; what it comes after must be done.
#[test]
fn chosen_tasks() {
    let env = Env::new();
    env.plan(
        "",
        &[("a", "echo a >a"), ("b", "+ after = [\"a\"]\ncat a; echo b >b"), ("c", "+ after = [\"b\"]\ntrue")],
    );
    let ran = env.run(&["run", "../plan.toml", "--task", "c", "--task", "b"]).exits(4);
    insta::assert_snapshot!(ran.stdout, @"
    ○ b  skipped
      it comes after `a`, which is not done
      ↳ windrow run ../plan.toml --task c --task b --task a
    ○ c  skipped
      it comes after `b`, which is not done
      ↳ windrow run ../plan.toml --task c --task b --task a

    ▲ 2 tasks: 2 skipped
    ");
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    env.run(&["run", "../plan.toml", "--task", "a"]).exits(0);
    env.run(&["clean", "a", "--discard", "unmerged", "-y"]).exits(0);
    // Its branch is gone, its commit is not.
    let ran = env.run(&["run", "../plan.toml", "--task", "b", "--json"]).exits(0);
    assert_eq!(outcomes(&ran), pairs(&[("b", "done")]));
    insta::assert_snapshot!(env.run(&["run", "../plan.toml", "--task", "zzz"]), @"
    --- stderr
    error: the plan has no task `zzz`
    hint: it has: a, b, c
    --- exit 1
    ");
    env.assert_sound();
}

/// After the first that does not succeed nothing is launched; what runs finishes.
#[test]
fn fail_fast_lets_the_running_finish() {
    let env = Env::new();
    env.plan(
        "jobs = 2\n",
        &[
            ("bad", "exit 1"),
            ("slow", "sleep 1; echo s >s"),
            ("third", "echo t >t"),
            ("fourth", "+ after = [\"third\"]\ntrue"),
        ],
    );
    let ran = env.run(&["run", "../plan.toml", "--fail-fast", "--json"]).exits(4);
    let expected = [("bad", "failed"), ("slow", "done"), ("third", "not-started"), ("fourth", "not-started")];
    assert_eq!(outcomes(&ran), pairs(&expected));
    assert_eq!(evidence(&ran, "third"), "another task did not succeed before its turn");
    assert!(!env.worktree("third").exists());
}

#[test]
fn what_is_wrong_with_a_plan_is_all_said() {
    let env = Env::new();
    write(
        &env.dir().join("plan.toml"),
        "jobs = 0\nspeed = 3\n[[task]]\nname = \"a\"\nprompt = \"p\"\nafter = [\"b\", \"zz\"]\n\
         [[task]]\nname = \"b\"\nprompt = \"p\"\nafter = [\"a\"]\nagent = \"nobody\"\n\
         [[task]]\nname = \"A\"\nprompt = \"p\"\n[[task]]\nname = \"x..y\"\n",
    );
    let ran = env.run(&["run", "../plan.toml", "--command", "true"]);
    insta::assert_snapshot!(ran, @"
    --- stderr
    error: there are 8 problems; nothing was started
    caused by: ../plan.toml:1:8: `jobs` must be at least 1
    caused by: ../plan.toml:2:1: unknown key `speed` in a plan; there is `agent`, `base`, `gate`, `isolation`, `jobs`, `max-cost`, `report`, `role` and 4 more
    caused by: ../plan.toml:6:10: tasks wait for each other: a → b → a
    caused by: ../plan.toml:6:15: there is no task `zz`; there is `A`, `b`
    caused by: ../plan.toml:11:9: there is no agent `nobody`; there is `aider`, `amp`, `claude`, `codex`, `copilot`, `cursor-agent`, `gemini`, `goose` and 2 more
    caused by: ../plan.toml:13:8: tasks `A` and `a` (line 4) have names that are one on some file systems
    caused by: ../plan.toml:15:1: the task has no `prompt` and no `prompt-file`
    caused by: ../plan.toml:16:8: `x..y` is not a valid task name: it holds `..`; `x.y` would be one
    --- exit 6
    ");
    let json = env.run(&["run", "../plan.toml", "--json"]).exits(6).json();
    assert_eq!(json["error"]["kind"], "plan");
    assert!(json["error"]["causes"].as_array().unwrap().len() > 3, "{json}");
    assert!(!env.repo().join(".git/windrow/runs").exists(), "nothing was started");
    assert_eq!(env.git(&["branch", "--list"]), "* main");
}

#[test]
fn without_an_agent_nothing_starts() {
    let env = Env::new();
    let mut command = env.windrow(&env.repo());
    let tools = env.dir().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let git =
        env.ran(&env.command("sh", &env.repo()).args(["-c", "command -v git"]).output().unwrap()).stdout;
    std::os::unix::fs::symlink(git.trim_end(), tools.join("git")).unwrap();
    command.args(["run", "a=Do it"]).env("PATH", &tools);
    insta::assert_snapshot!(env.ran(&command.output().unwrap()), @r#"
    --- stderr
    error: no agent is named, and no known one is installed
    caused by: known: claude, codex, opencode, gemini, qwen, copilot, aider, amp, cursor-agent, goose
    hint: name one: --agent NAME, or agent = "NAME" in the plan
    hint: any program is an agent: --command './agent.sh'
    --- exit 6
    "#);
    // One known client on the PATH is taken, and that is said; two are not chosen from.
    write(&tools.join("codex"), "#!/bin/sh\necho c >c; echo '{\"type\":\"turn.completed\"}'\n");
    std::process::Command::new("chmod").arg("+x").arg(tools.join("codex")).status().unwrap();
    let path = format!("{}:/usr/bin:/bin", tools.display());
    let mut command = env.windrow(&env.repo());
    command.args(["run", "a=Do it"]).env("PATH", &path);
    let ran = env.ran(&command.output().unwrap()).exits(0);
    assert!(ran.stderr.contains("agent: codex (the one that is installed)"), "{ran}");
    std::fs::copy(tools.join("codex"), tools.join("aider")).unwrap();
    let mut command = env.windrow(&env.repo());
    command.args(["run", "b=Do it"]).env("PATH", &path);
    insta::assert_snapshot!(env.ran(&command.output().unwrap()), @r#"
    --- stderr
    error: no agent is named, and several are installed
    caused by: installed: codex, aider
    hint: name one: --agent NAME, or agent = "NAME" in the plan
    hint: any program is an agent: --command './agent.sh'
    --- exit 6
    "#);
    insta::assert_snapshot!(env.run(&["run", "b=Do it", "--agent", "nobody"]), @"
    --- stderr
    error: there is a problem; nothing was started
    caused by: command line: there is no agent `nobody`; there is `aider`, `amp`, `claude`, `codex`, `copilot`, `cursor-agent`, `gemini`, `goose` and 2 more
    --- exit 6
    ");
    env.run(&["run", "b=Do it", "--agent", "codex", "--command", "true"]).exits(2);
}

/// All that stands in the way is found before anything begins.
#[test]
fn collisions_are_found_before_anything_begins() {
    let env = Env::new();
    env.git(&["branch", "taken"]);
    env.run(&["start", "other", "--branch", "feature"]).exits(0);
    write(&env.worktree("dir").join("x"), "in the way\n");
    env.plan(
        "",
        &[("fine", "true"), ("taken", "true"), ("feature", "true"), ("other/sub", "true"), ("dir", "true")],
    );
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @r#"
    --- stderr
    error: nothing was started
    caused by: branch `taken` exists and is no task's
    caused by: branch `feature` is the branch of task `other`
    caused by: `other/sub` and the task `other` cannot stand beside each other: one is a directory of the other's ref
    caused by: [DIR]/repo.worktrees/dir is in the way
    hint: say `branch = "taken"` in the plan to let a task take it up, or delete it: git branch -d taken
    hint: windrow path other
    hint: choose another name
    hint: move it away, or choose another place with the setting `worktree-dir`: ls [DIR]/repo.worktrees/dir
    --- exit 1
    "#);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml", "--dry-run"]).exits(1).stderr.lines().next().unwrap(), @"error: nothing was started");
    assert_eq!(env.git(&["branch", "--list", "fine"]), "");
    // A plan may say that a branch is taken up.
    env.plan("", &[("taken", "+ branch = \"taken\"\necho t >t")]);
    env.run(&["run", "../plan.toml"]).exits(0);
    assert_eq!(env.git(&["diff", "--name-only", "main", "taken"]), "t");
}

#[test]
fn without_an_identity_nothing_begins() {
    let env = Env::new();
    write(&env.dir().join("home/.gitconfig"), "[user]\n\tuseConfigOnly = true\n");
    env.plan("", &[("a", "echo a >a")]);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    --- stderr
    error: no identity to commit with: no email was given and auto-detection is disabled
    hint: git config --global user.name 'Your Name'
    hint: git config --global user.email you@example.com
    --- exit 1
    ");
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    assert!(!env.worktree("a").exists());
}

#[test]
fn usage() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["run"]), @"
    --- stderr
    error: name a plan file or NAME=PROMPT
    hint: windrow run plan.toml
    hint: windrow run docs='Write the README'
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["run", "one.toml", "two.toml"]), @"
    --- stderr
    error: `two.toml` is a second plan file; NAME=PROMPT has an equals sign
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["run", "missing.toml"]), @"
    --- stderr
    error: there is a problem; nothing was started
    caused by: missing.toml: the plan cannot be read: No such file or directory (os error 2)
    hint: a plan to begin with: windrow init
    --- exit 6
    ");
    insta::assert_snapshot!(env.run(&["run", "a=b", "--command", "true", "--timeout", "soon"]), @r#"
    --- stderr
    error: --timeout soon: "soon" is no duration; write it like `[T]`, `[T]`, `1h30m` or `[T]`
    --- exit 2
    "#);
}

/// Exactly these events, in the order of things, and every promised field of the last one.
#[test]
fn json_lines() {
    let env = Env::new();
    env.plan("jobs = 1\n", &[("a", "echo a >a"), ("b", "exit 1"), ("c", "+ after = [\"b\"]\ntrue")]);
    let lines = env.run(&["run", "../plan.toml", "--json"]).exits(4).json_lines();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            assert_eq!((&line["schema"], &line["run"]), (&1.into(), &"[ID]".into()));
            format!("{} {}", line["event"].as_str().unwrap(), line["task"].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        told,
        [
            "run-started ",
            "task-started a",
            "task-finished a",
            "task-started b",
            "task-finished b",
            "task-finished c",
            "run-finished "
        ]
    );
    let tasks = lines.last().unwrap()["tasks"].as_array().unwrap();
    let fields = [
        "attempts",
        "commits",
        "cost-usd",
        "diff",
        "elapsed-ms",
        "evidence",
        "log",
        "name",
        "next",
        "outcome",
    ];
    for task in &tasks[..2] {
        let missing: Vec<_> = fields.iter().filter(|field| task.get(**field).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}: {task:#}");
        assert!(task["commits"].is_u64() && task["evidence"].is_array() && task["cost-usd"].is_null());
        assert!(task["log"].as_str().unwrap().ends_with("/1/log") && task["next"].is_string());
    }
    let absent: Vec<_> =
        ["elapsed-ms", "log", "cost-usd"].iter().filter(|f| tasks[2].get(**f).is_some()).collect();
    assert!(absent.is_empty(), "a task without an attempt has no {absent:?}");
}

/// Inside an agent nothing may be changed, and everything may be read.
#[test]
fn inside_an_agent_verbs_only_read() {
    let env = Env::new();
    let program = env!("CARGO_BIN_EXE_windrow");
    let script = format!(
        "for verb in 'start x' 'run x=y' 'merge api' 'clean' 'undo'; do '{program}' $verb; echo \"$verb: $?\"; done\n\
         '{program}' status >/dev/null && '{program}' path && '{program}' diff && '{program}' logs >/dev/null && \
         '{program}' history >/dev/null && echo all read; echo a >a"
    );
    env.plan("", &[("api", &script)]);
    env.run(&["run", "../plan.toml"]).exits(0);
    insta::assert_snapshot!(env.run(&["logs", "api"]), @"
    error: this runs inside an agent (attempt [ID]/api/1), where nothing may be changed
    hint: let the agent edit and commit in its worktree; windrow brings it home
    start x: 1
    error: this runs inside an agent (attempt [ID]/api/1), where nothing may be changed
    hint: let the agent edit and commit in its worktree; windrow brings it home
    run x=y: 1
    error: this runs inside an agent (attempt [ID]/api/1), where nothing may be changed
    hint: let the agent edit and commit in its worktree; windrow brings it home
    merge api: 1
    error: this runs inside an agent (attempt [ID]/api/1), where nothing may be changed
    hint: let the agent edit and commit in its worktree; windrow brings it home
    clean: 1
    error: this runs inside an agent (attempt [ID]/api/1), where nothing may be changed
    hint: let the agent edit and commit in its worktree; windrow brings it home
    undo: 1
    [DIR]/repo.worktrees/api
    all read
    ");
    assert_eq!(env.git(&["branch", "--list"]), "+ api\n* main");
}
