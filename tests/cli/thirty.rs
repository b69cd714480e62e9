//! Thirty tasks, three that read and three that cannot be done among them, with everything mixed, brought home without a manual repair.

use crate::env::{Env, Ran, write};
use crate::running::{outcomes, signal, supervisor, until, waits};

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

const READ: &str = "mode = \"read\" | stdin = [\"src/**\"]";
const READS: [usize; 3] = [20, 21, 22];

fn name(i: usize) -> String {
    format!("t{i:02}")
}

/// Each writes a file of its own. 0 and 1 wait for a word of the test, 2 comes after 0 and waits too; 3 fails until it
/// is mended, and two come after it; 4 and 5 end well at the second try; 6 says nothing at first; 7 leaves a daemon
/// behind; 20 to 22 read, of which 21 writes all the same and 22 fails until it is mended; 23 comes after 20; the rest are
/// chains, a diamond, and single ones that commit, leave files, or do both.
fn tasks(env: &Env) -> Vec<(String, String)> {
    let once = "[ -e seen ] || { : >seen; exit 1; }; rm seen;";
    let waiting = |i: usize| {
        let waits = waits(env, &name(i));
        format!("if [ -e half ]; then rm half; else : >half; setsid sleep 1000 & {waits}; rm half; fi;")
    };
    let task = |i: usize| {
        let name = name(i);
        let (keys, begin) = match i {
            0 | 1 => (String::new(), waiting(i)),
            2 => ("after = [\"t00\"]".into(), waiting(i)),
            3 => (String::new(), "[ -e ../mended ] || exit 7;".into()),
            4 | 5 => ("retries = 2".into(), once.into()),
            6 => {
                let silent = "[ -e seen ] || { : >seen; exec sleep 1000; }; rm seen;";
                ("silence = \"800ms\" | retries = 1".into(), silent.into())
            }
            7 => (String::new(), "setsid sleep 1000 &".into()),
            8 | 9 => ("after = [\"t03\"]".into(), "[ -e t03 ] || exit 9;".into()),
            10..=13 => (format!("after = [\"t{:02}\"]", i + 4), format!("[ -e t{:02} ] || exit 9;", i + 4)),
            18 => ("after = [\"t10\", \"t11\"]".into(), "[ -e t14 ] && [ -e t11 ] || exit 9;".into()),
            19 => ("after = [\"t18\"] | check = \"test -e t19\"".into(), "[ -e t18 ] || exit 9;".into()),
            20 => (READ.into(), "cat;".into()),
            21 => (format!("{READ} | after = [\"t04\"]"), "cat t04; echo litter >litter;".into()),
            22 => (READ.into(), "[ -e ../../../mended ] || exit 5; echo mended;".into()),
            23 => ("after = [\"t20\"]".into(), String::new()),
            _ => (String::new(), String::new()),
        };
        if READS.contains(&i) {
            return (name, format!("+ {keys}\n{begin}"));
        }
        let end = match i % 3 {
            0 => format!("echo {i} >{name}"),
            1 => format!("echo {i} >{name}; git add {name}; git commit -qm 'add {name}'"),
            _ => format!("echo x >{name}; git add {name}; git commit -qm 'begin {name}'; echo {i} >{name}"),
        };
        (name, format!("+ {keys}\n{begin} {end}"))
    };
    (0..30).map(task).collect()
}

fn not_done(ran: &Ran) -> Vec<(String, String)> {
    outcomes(ran).into_iter().filter(|(_, outcome)| outcome != "done").collect()
}

#[test]
fn thirty_tasks_are_brought_home() {
    let env = Env::new();
    let tasks = tasks(&env);
    let plan: Vec<(&str, &str)> =
        tasks.iter().map(|(name, script)| (name.as_str(), script.as_str())).collect();
    env.plan("jobs = 8\n", &plan);
    let first = env.git(&["rev-parse", "main"]);

    // The dispatcher is killed in the middle; its agents go on.
    let running = env.begin(&RUN);
    env.until_began("t00");
    env.until_began("t01");
    running.signal("KILL");
    running.wait().exits(-1);

    // Another takes over, and then the machine goes down: all that is ours is killed.
    let running = env.begin(&RUN);
    env.go("t00");
    env.until_began("t02");
    let lost = ["t01", "t02"].map(|task| supervisor(env.attempts(task).last().unwrap()));
    running.signal("KILL");
    running.wait().exits(-1);
    lost.iter().for_each(|pid| signal(*pid, "KILL"));
    until("their end", || env.state("t01") == "lost" && env.state("t02") == "lost");

    // The same again goes on with all of it; one task is not right yet.
    let ran = env.run(&RUN).exits(4);
    let expected = [("t03", "failed"), ("t08", "skipped"), ("t09", "skipped"), ("t22", "failed")];
    assert_eq!(not_done(&ran), crate::running::pairs(&expected), "{ran}");
    env.assert_nothing_runs();
    write(&env.dir().join("repo.worktrees/mended"), "");
    let ran = env.run(&RUN).exits(0);
    let tasks = ran.json_lines().last().unwrap()["tasks"].clone();
    let anew = tasks.as_array().unwrap().iter().filter(|task| task["earlier"] == false).count();
    assert_eq!(anew, 4, "what is finished stays");
    let trash = std::fs::read_dir(env.worktree(".windrow/trash")).unwrap().flatten();
    assert!(
        trash.map(|operation| operation.path()).any(|dir| dir.join("t21/litter").exists()),
        "told and kept"
    );
    let report = env.run(&["report"]).exits(0).stdout;
    assert!(report.contains("pub fn one()") && report.contains("\nmended\n"), "{report}");
    env.assert_nothing_runs();
    env.assert_sound();

    env.run(&["merge", "--all", "--yes"]).exits(0);
    let landed = env.git(&["rev-parse", "main"]);
    let status = env.run(&["status", "--json"]).json();
    assert!(status["tasks"].as_array().unwrap().iter().all(|task| task["integrated"] != false), "{status:#}");
    env.run(&["clean", "--yes"]).exits(0);
    let written = || (0..30).filter(|i| !READS.contains(i));
    let files: Vec<String> = written().map(name).collect();
    assert_eq!(env.git(&["diff", "--name-only", &first, "main"]), files.join("\n"));
    for i in written() {
        assert_eq!(env.git(&["show", &format!("main:{}", name(i))]), i.to_string());
    }
    assert_eq!(env.git(&["branch", "--list"]), "* main");
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    env.assert_sound();

    // And back.
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["branch", "--list"]).lines().count(), 1 + written().count());
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["rev-parse", "main"]), first);
    env.run(&["merge", "--all", "--yes"]).exits(0);
    assert_eq!(
        env.git(&["rev-parse", "main^{tree}"]),
        env.git(&["rev-parse", &format!("{landed}^{{tree}}")])
    );
    env.assert_sound();
}
