//! Tasks that only read.

use std::path::PathBuf;

use crate::env::{Env, write};
use crate::running::{evidence, outcomes, pairs, signal, supervisor, until, waits};
use crate::schema::problems;

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];
/// The keys of a read task; the agent of the tests has the files on standard input and the script as an argument.
const READ: &str = "+ mode = \"read\" | stdin = [\"src/**\"]\n";

/// Makes the script of a read task.
fn read(script: &str) -> String {
    format!("{READ}{script}")
}

impl Env {
    /// Gives the scratch worktrees that are registered.
    fn scratches(&self) -> Vec<String> {
        let listed = self.git(&["worktree", "list", "--porcelain"]);
        listed.lines().filter(|line| line.contains("/.windrow/scratch/")).map(str::to_owned).collect()
    }

    /// Gives what lies in the trash of worktrees.
    fn trashed(&self) -> Vec<PathBuf> {
        let Ok(operations) = std::fs::read_dir(self.worktree(".windrow/trash")) else { return Vec::new() };
        let of = |operation: std::fs::DirEntry| std::fs::read_dir(operation.path()).unwrap();
        operations.flatten().flat_map(of).map(|entry| entry.unwrap().path()).collect()
    }

    /// Asserts that the document of a verb is as its schema says.
    fn assert_in_schema(&self, verb: &str) {
        let output = self.windrow(&self.repo()).args([verb, "--json"]).output().unwrap();
        assert_eq!(problems(verb, &serde_json::from_slice(&output.stdout).unwrap()), Vec::<String>::new());
    }

    /// Asserts that nothing of a read task is left but the trash.
    fn assert_left_no_trace(&self) {
        assert_eq!(self.scratches(), [""; 0]);
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        assert_eq!(std::fs::read_dir(self.worktree(".windrow/scratch")).unwrap().count(), 0);
        self.assert_nothing_runs();
        self.assert_sound();
    }
}

#[test]
fn from_plan_to_undo() {
    let env = Env::new();
    env.write("src/logo.bin", "\0\u{1}");
    env.commit("logo");
    env.plan("", &[("look", &read("cat; git status --short --branch"))]);
    insta::assert_snapshot!(env.run(&["plan", "../plan.toml"]), @"
    ○ ../plan.toml, 1 task, 4 at once, base main (d530e3218)
    Task  Agent  Mode  Prompt
    look  sh     read  cat; git status --short --branch
    --- stderr
    ○ look: reads 2 files (30 bytes)
    ");
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    ✓ look  done in [T]
      exit 0, read 2 files (30 bytes)
      │ ==> src/lib.rs 5d3bfcab715b409bc9e32d90a230675d457309ac <==
      │ pub fn one() -> u32 {
      │     1
      │ }
      │ ## HEAD (no branch)
      ↳ windrow logs look

    ✓ 1 task: 1 done
    --- stderr
    ○ run [ID] of ../plan.toml: 1 task, 4 at once
      base main (d530e3218); agent sh; permission the agent's own; isolation none
    ◎ look  started (sh)
    ✓ look  done in [T]: exit 0, read 2 files (30 bytes)
    ↳ windrow report · windrow undo
    ");
    insta::assert_snapshot!(env.run(&["logs", "look"]), @"
    2 files of the repository, blob id and path of each; their content follows:
    5d3bfcab715b409bc9e32d90a230675d457309ac src/lib.rs
    bdc955b7b2e610ad5a72302b139a2e6cb325519a src/logo.bin (binary, content not included)

    ==> src/lib.rs 5d3bfcab715b409bc9e32d90a230675d457309ac <==
    pub fn one() -> u32 {
        1
    }
    ## HEAD (no branch)
    ");
    insta::assert_snapshot!(env.run(&["report"]), @"
    # Run [ID]

    Started [TIME] of `../plan.toml`: 1 task, 1 done.

    | Task | Outcome | Change | Merge | Time |
    |---|---|---|---|---|
    | `look` | done |  |  | [T] |

    ## `look`: done

    - Prompt: `cat; git status --short --branch`
    - Agent: `sh`
    - Evidence: `exit 0, read 2 files (30 bytes)`
    - Next: `windrow logs look`

    ```text
    2 files of the repository, blob id and path of each; their content follows:
    5d3bfcab715b409bc9e32d90a230675d457309ac src/lib.rs
    bdc955b7b2e610ad5a72302b139a2e6cb325519a src/logo.bin (binary, content not included)

    ==> src/lib.rs 5d3bfcab715b409bc9e32d90a230675d457309ac <==
    pub fn one() -> u32 {
        1
    }
    ## HEAD (no branch)
    ```
    ");
    insta::assert_snapshot!(env.run(&["status"]), @"
    ○ no task
      ↳ windrow start NAME
    ");
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    env.assert_left_no_trace();
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary   Tasks
    [ID]   [T]  run      ran look  look
    ");
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    ✓ look  done in an earlier run
      finished by run [ID]
      ↳ windrow logs look

    ✓ 1 task: 1 done
    --- stderr
    ○ every task is finished; change its prompt to run it again
    ○ run [ID] of ../plan.toml: 0 tasks, 1 done in an earlier run, 4 at once
      base main (d530e3218); agent sh; permission the agent's own; isolation none
    ↳ windrow report · windrow undo
    ");
    insta::assert_snapshot!(env.run(&["undo"]), @"✓ undid [ID]: ran look");
    insta::assert_snapshot!(env.run(&["undo"]), @"
    --- stderr
    error: cannot undo: there is nothing to undo
    --- exit 1
    ");
    let again = env.run(&RUN).exits(0);
    assert_eq!(
        again.json_lines().last().unwrap()["tasks"][0]["earlier"],
        false,
        "an undone run does not count"
    );
    assert_eq!(env.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]), "refs/heads/main");
}

/// With the prompt on standard input the files follow it; without files it is all there is.
#[test]
fn prompt_and_files_on_standard_input() {
    let env = Env::new();
    write(
        &env.dir().join("plan.toml"),
        "agent = \"cat\"\n[agent.cat]\ncommand = [\"cat\"]\n[role.critic]\nprompt = \"You are strict.\"\n\
         [[task]]\nname = \"with\"\nrole = \"critic\"\nmode = \"read\"\nstdin = [\"file\", \"src\"]\nprompt = \"Review.\"\n\
         [[task]]\nname = \"without\"\nmode = \"read\"\nprompt = \"Review.\"\n\
         [[task]]\nname = \"written\"\nmode = \"read\"\nprompt = \"Review.\"\nagent = \"env\"\n\
         [agent.env]\nprompt = \"file\"\ncommand = 'cat; cat \"$WINDROW_PROMPT_FILE\"; echo \"[$WINDROW_BRANCH] $WINDROW_BASE $WINDROW_TASK\"; test \"$PWD\" = \"$WINDROW_WORKTREE\"'\n",
    );
    assert_eq!(
        outcomes(&env.run(&RUN).exits(0)),
        pairs(&[("with", "done"), ("without", "done"), ("written", "done")])
    );
    insta::assert_snapshot!(env.run(&["logs", "with"]), @"
    You are strict.

    Review.

    2 files of the repository, blob id and path of each; their content follows:
    5626abf0f72e58d7a153368ba57db4c673c0e171 file
    5d3bfcab715b409bc9e32d90a230675d457309ac src/lib.rs

    ==> file 5626abf0f72e58d7a153368ba57db4c673c0e171 <==
    one

    ==> src/lib.rs 5d3bfcab715b409bc9e32d90a230675d457309ac <==
    pub fn one() -> u32 {
        1
    }
    ");
    assert_eq!(env.run(&["logs", "without"]).stdout.trim_end(), "Review.");
    assert_eq!(env.run(&["logs", "written"]).stdout, "Review.[] main written\n");
}

#[test]
fn outcomes_of_readers() {
    let env = Env::new();
    let script = |keys: &str, script: &str| format!("+ mode = \"read\"{keys}\n{script}");
    env.plan(
        "",
        &[
            ("silent", &script("", "true")),
            ("quiet", &script(" | allow-empty = true", "true")),
            ("blank", &script("", "echo; echo")),
            ("wrong", &script("", "echo words; exit 3")),
            ("checked", &script(" | check = \"false\"", "echo words")),
            ("slow", &script(" | timeout = \"200ms\"", "echo words; sleep 60")),
        ],
    );
    let ran = env.run(&RUN).exits(4);
    let expected = [
        ("silent", "empty"),
        ("quiet", "done"),
        ("blank", "empty"),
        ("wrong", "failed"),
        ("checked", "failed"),
        ("slow", "timed-out"),
    ];
    assert_eq!(outcomes(&ran), pairs(&expected));
    assert_eq!(evidence(&ran, "silent"), "exit 0; no output");
    env.assert_left_no_trace();
}

/// A second run keeps what read the same files, wherever the base is; a changed file is read again.
#[test]
fn finished_as_long_as_the_files_are_the_same() {
    let env = Env::new();
    env.plan("", &[("look", &read("cat")), ("all", "+ mode = \"read\"\nls")]);
    env.run(&RUN).exits(0);
    env.write("file", "two\n");
    env.commit("not what it reads");
    let earlier = |name: &str| {
        let ran = env.run(&RUN).exits(0);
        let tasks = ran.json_lines().last().unwrap()["tasks"].as_array().unwrap().clone();
        tasks.iter().find(|task| task["name"] == name).unwrap()["earlier"].as_bool().unwrap()
    };
    assert!(earlier("look") && earlier("all"));
    env.write("src/lib.rs", "pub fn two() {}\n");
    assert!(earlier("look"), "what is not committed is not read");
    env.commit("what it reads");
    assert!(!earlier("look"));
    assert!(env.run(&["logs", "look"]).stdout.contains("pub fn two"));
    assert!(earlier("look"));
}

/// Each attempt has a room of its own; one that says nothing is ended; `--fresh` asks again.
#[test]
fn tried_again_silent_and_fresh() {
    let env = Env::new();
    let again = "+ mode = \"read\" | retries = 2\necho try; ls; touch litter; [ -e ../seen ] || { touch ../seen; exit 1; }";
    let silent = "+ mode = \"read\" | silence = \"300ms\"\necho begun; exec sleep 1000";
    env.plan("", &[("again", again), ("silent", silent)]);
    let ran = env.run(&RUN).exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("again", "done"), ("silent", "timed-out")]));
    assert!(evidence(&ran, "silent").starts_with("ended after [T] of silence"), "{ran}");
    assert_eq!(env.attempts("again").len(), 2);
    assert_eq!(
        env.run(&["logs", "again"]).stdout,
        "try\nfile\nsrc\n",
        "nothing of the first attempt is there"
    );
    let earlier = |arguments: &[&str]| {
        let ran = env.run(&[&RUN, arguments].concat()).exits(0);
        ran.json_lines().last().unwrap()["tasks"][0]["earlier"].as_bool().unwrap()
    };
    assert!(earlier(&["--task", "again"]));
    assert!(!earlier(&["--task", "again", "--fresh"]));
    std::fs::remove_file(env.worktree(".windrow/scratch/seen")).unwrap();
    env.assert_left_no_trace();
}

/// The results of an earlier run stand in the report of the one that keeps them.
#[test]
fn the_report_holds_what_they_found() {
    let env = Env::new();
    env.plan("", &[("look", &read("echo '```'; echo \"<b>found</b>\"; seq 20"))]);
    env.run(&RUN).exits(0);
    env.run(&RUN).exits(0);
    let report = env.run(&["report"]).exits(0).stdout;
    assert!(
        report.contains("````text\n```\n<b>found</b>\n1\n2\n") && report.contains("\n20\n````\n"),
        "{report}"
    );
    env.plan("", &[("look", &read("seq 20000"))]);
    env.run(&RUN).exits(0);
    let report = env.run(&["report"]).exits(0).stdout;
    let cut = report.lines().find(|line| line.starts_with('…')).unwrap_or_else(|| panic!("{report}"));
    assert!(cut.contains(" KiB more in ") && cut.ends_with("/log"), "{cut}");
    let json = env.run(&["report", "--json"]).json();
    assert!(json["tasks"][0]["output"].as_str().unwrap().starts_with("1\n2\n"));
    assert_eq!(json["tasks"][0]["branch"], serde_json::Value::Null);
    env.assert_in_schema("report");
}

#[test]
fn what_they_write_is_told_and_kept() {
    let env = Env::new();
    env.plan(
        "",
        &[
            ("messy", &read("echo x >src/new; echo y >>file; echo z >a.log; echo done")),
            ("commits", &read("git checkout -q -b aside; echo x >file; git commit -qam x; echo done")),
        ],
    );
    let ran = env.run(&RUN).exits(0);
    let told = evidence(&ran, "messy");
    assert!(told.starts_with("exit 0; read 1 file (30 bytes); wrote 3 paths: a.log, file, src/new; kept in [DIR]/repo.worktrees/.windrow/trash/"), "{told}");
    let trash = env.trashed();
    let messy = trash.iter().find(|dir| dir.ends_with("messy")).unwrap();
    assert_eq!(std::fs::read_to_string(messy.join("src/new")).unwrap(), "x\n");
    let told = evidence(&ran, "commits");
    assert!(told.contains("left HEAD on branch aside; kept in "), "{told}");
    env.git(&["branch", "-D", "aside"]);
    env.git(&["reflog", "expire", "--expire=now", "--all"]);
    env.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(env.git(&["for-each-ref", "--format=x", "refs/windrow/rescue"]), "x\nx");
    env.run(&["undo"]).exits(0);
    assert_eq!(
        env.git(&["for-each-ref", "--format=x", "refs/windrow/rescue"]),
        "x\nx",
        "the trash is still there"
    );
    env.assert_left_no_trace();
}

/// A read task starts from the tips of what it comes after; what comes after a read task waits for it and starts from the base.
#[test]
fn dependencies() {
    let env = Env::new();
    env.plan(
        "",
        &[
            ("api", "echo api >src/api; git add src; git commit -qm api"),
            ("ui", "echo ui >src/ui"),
            ("one", "+ mode = \"read\" | stdin = [\"src/api\"] | after = [\"api\"]\ncat"),
            ("both", "+ mode = \"read\" | stdin = [\"src/*\"] | after = [\"api\", \"ui\"]\ncat; ls src"),
            ("later", "+ after = [\"one\"]\ntest ! -e src/api && echo later >later"),
            (
                "mixed",
                "+ after = [\"one\", \"ui\"]\ntest -e src/ui && test ! -e src/api && echo mixed >mixed",
            ),
        ],
    );
    let ran = env.run(&RUN).exits(0);
    assert!(outcomes(&ran).iter().all(|(_, outcome)| outcome == "done"), "{ran}");
    let both = env.run(&["logs", "both"]).stdout;
    assert!(both.contains("3 files of the repository") && both.ends_with("\napi\nlib.rs\nui\n"), "{both}");
    let status = env.run(&["status", "--json"]).json();
    let bases: Vec<(&str, &str)> = status["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| (task["name"].as_str().unwrap(), task["base"].as_str().unwrap()))
        .collect();
    assert!(bases.contains(&("later", "main")) && bases.contains(&("mixed", "ui")), "{bases:?}");
    let again = env.run(&RUN).exits(0);
    let tasks = again.json_lines().last().unwrap()["tasks"].as_array().unwrap().clone();
    assert!(tasks.iter().all(|task| task["earlier"] == true), "{again}");
    env.run(&["merge", "--all", "--yes"]).exits(0);
    env.run(&["clean", "--yes"]).exits(0);
    let cleaned = env.run(&RUN).exits(0);
    let tasks = cleaned.json_lines().last().unwrap()["tasks"].as_array().unwrap().clone();
    assert!(tasks.iter().all(|task| task["earlier"] == true), "{cleaned}");
    env.assert_left_no_trace();
}

#[test]
fn a_reader_that_fails_skips_what_comes_after() {
    let env = Env::new();
    env.plan("", &[("look", &read("exit 1")), ("next", "+ after = [\"look\"]\necho x >x")]);
    let ran = env.run(&RUN).exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("look", "failed"), ("next", "skipped")]));
    env.plan("", &[("look", &read("echo fine")), ("next", "+ after = [\"look\"]\necho x >x")]);
    env.run(&["run", "../plan.toml", "--task", "look"]).exits(0);
    let alone = env.run(&["run", "../plan.toml", "--task", "next", "--json"]).exits(0);
    assert_eq!(outcomes(&alone), pairs(&[("next", "done")]));
}

#[test]
fn refused_before_anything_begins() {
    let env = Env::new();
    env.write("src/large", &"x\n".repeat(3 << 20));
    env.commit("large");
    let before = env.git(&["for-each-ref"]);
    env.plan("", &[("look", &read("cat")), ("work", "echo w >w")]);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    --- stderr
    error: `look`: its stdin is too much: 2 files (6 MiB), and the limit is 4 MiB
    hint: narrow the globs, or leave stdin out: the agent stands in a worktree with all files
    --- exit 6
    ");
    env.plan("", &[("look", "+ mode = \"read\" | stdin = [\"src/gone.rs\", \"*.rs\", \"file\"]\ncat")]);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    --- stderr
    error: `look`: stdin `src/gone.rs` matches no file of 0b65ed1a0
    hint: git ls-tree -r --name-only 0b65ed1a0
    --- exit 6
    ");
    insta::assert_snapshot!(env.run(&["plan", "../plan.toml"]), @"
    --- stderr
    error: `look`: stdin `src/gone.rs` matches no file of 0b65ed1a0
    hint: git ls-tree -r --name-only 0b65ed1a0
    --- exit 6
    ");
    assert_eq!(env.git(&["for-each-ref"]), before);
    assert_eq!(std::fs::read_dir(env.repo().join(".git/windrow/runs")).unwrap().count(), 0);
    env.plan(
        "",
        &[("look", &read("cat")), ("see", "+ mode = \"read\" | stdin = [\"*.none\", \"src/*.py\"]\ncat")],
    );
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    --- stderr
    error: there are 2 problems; nothing was started
    caused by: `look`: its stdin is too much: 2 files (6 MiB), and the limit is 4 MiB
    caused by: `see`: stdin `*.none`, `src/*.py` match no file of 0b65ed1a0
    hint: narrow the globs, or leave stdin out: the agent stands in a worktree with all files
    hint: git ls-tree -r --name-only 0b65ed1a0
    --- exit 6
    ");
    env.plan(
        "",
        &[
            ("grow", "yes >src/endless & sleep 0.5; kill $!; git add src; git commit -qm x"),
            ("look", "+ mode = \"read\" | stdin = [\"src/endless\"] | after = [\"grow\"]\ncat"),
        ],
    );
    let ran = env.run(&RUN).exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("grow", "done"), ("look", "failed")]));
    let told = evidence(&ran, "look");
    assert!(
        told.contains("`look`: its stdin is too much: 1 file (") && told.contains("the limit is 4 MiB"),
        "{told}"
    );
}

#[test]
fn they_have_no_branch() {
    let env = Env::new();
    env.plan("", &[("look", &read("cat"))]);
    env.run(&RUN).exits(0);
    insta::assert_snapshot!(env.run(&["merge", "look"]), @"
    --- stderr
    error: `look` is a read task: it has no branch and no worktree
    hint: windrow logs look
    --- exit 1
    ");
    for verb in ["clean", "diff", "path", "status"] {
        let refused = env.run(&[verb, "look"]).exits(1);
        assert!(refused.stderr.contains("`look` is a read task: it has no branch"), "{verb}: {refused}");
    }
    env.run(&["start", "work"]).exits(0);
    env.plan("", &[("work", &read("cat"))]);
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @"
    --- stderr
    error: `work` is a task with a branch and a worktree, and the plan wants a read task of that name
    hint: choose another name in the plan
    hint: windrow clean work
    --- exit 1
    ");
}

/// The scratch worktree of a living agent is left alone; a dead one's goes with the next command.
#[test]
fn killed_dispatchers_and_supervisors() {
    let env = Env::new();
    env.plan("", &[("look", &read(&format!("{}; echo seen", waits(&env, "look"))))]);
    let running = env.begin(&RUN);
    env.until_began("look");
    let status = env.run(&["status"]).exits(0).stdout;
    // Columns are as wide as a duration that differs from run to run.
    let words: Vec<&str> = status.split_whitespace().collect();
    assert_eq!(words, ["Read", "tasks", "State", "Agent", "look", "◎", "running", "[T]", "sh"]);
    assert_eq!(env.state("look"), "running");
    env.assert_in_schema("status");
    running.signal("KILL");
    assert_eq!(running.wait().code, -1);
    env.run(&["start", "other"]).exits(0);
    env.run(&["clean", "other"]).exits(0);
    assert_eq!(env.scratches().len(), 1, "its agent lives");
    env.run(&["undo"]).exits(0);
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(env.run(&["undo"]), @"
    --- stderr
    error: cannot undo: task `look`: its agent is running
    hint: windrow logs look -f
    --- exit 1
    ");
    let next = env.begin(&RUN);
    env.go("look");
    assert_eq!(outcomes(&next.wait().exits(0)), pairs(&[("look", "done")]));
    assert_eq!(env.attempts("look").len(), 1, "it was adopted");
    env.assert_left_no_trace();

    std::fs::remove_file(env.dir().join("look.go")).unwrap();
    std::fs::remove_file(env.dir().join("look.began")).unwrap();
    env.write("src/new", "new\n");
    env.commit("new");
    let running = env.begin(&RUN);
    env.until_began("look");
    running.signal("KILL");
    running.wait();
    let attempt = env.attempts("look").pop().unwrap();
    signal(supervisor(&attempt), "KILL");
    until("the end of the supervisor", || env.state("look") != "running");
    assert_eq!(env.scratches().len(), 1);
    let settled = env.run(&["clean"]).exits(0);
    assert!(
        settled.stderr.contains("look: lost (the supervisor is gone and left no result, read 2 files ("),
        "{settled}"
    );
    env.assert_left_no_trace();
}

/// Many at once, each in a place of its own.
#[test]
fn many_at_once() {
    let env = Env::new();
    let script = read("pwd; sleep 0.2");
    let tasks: Vec<(String, &str)> = (0..8).map(|i| (format!("look{i}"), script.as_str())).collect();
    let tasks: Vec<(&str, &str)> = tasks.iter().map(|(name, script)| (name.as_str(), *script)).collect();
    env.plan("jobs = 8\n", &tasks);
    let ran = env.run(&RUN).exits(0);
    assert!(outcomes(&ran).iter().all(|(_, outcome)| outcome == "done"), "{ran}");
    let mut places: Vec<String> = tasks.iter().map(|(name, _)| env.run(&["logs", name]).stdout).collect();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), 8, "{places:?}");
    env.assert_left_no_trace();
}

/// The program dies between any two of its steps; the same command again brings it home.
#[test]
fn killed_at_each_point() {
    let mut points = 0;
    for n in 1.. {
        let env = Env::new();
        env.plan("", &[("a", &read("cat; echo x >new")), ("b", &read("cat"))]);
        let mut dying = env.windrow(&env.repo());
        let died = dying.args(RUN).env("WINDROW_CRASH_AT", n.to_string()).output().unwrap();
        if died.status.success() {
            break;
        }
        points = n;
        until("the end of what it started", || env.state("a") != "running" && env.state("b") != "running");
        let again = env.run(&RUN).exits(0);
        assert_eq!(outcomes(&again), pairs(&[("a", "done"), ("b", "done")]), "{n}");
        env.assert_left_no_trace();
        assert!(env.trashed().iter().any(|dir| dir.join("new").exists()), "{n}: what it wrote is kept");
        env.run(&["undo"]).exits(0);
        assert_eq!(env.git(&["branch", "--list"]), "* main");
    }
    assert!(points >= 8, "{points}");
}
