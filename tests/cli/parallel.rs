//! Many processes at once, beside git's own housekeeping: all of them succeed, or refuse for a reason.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::crash::task;
use crate::env::{Env, Ran, write};

/// Runs commands at the same time and gives what each gave, in their order.
fn together(env: &Env, commands: &[Vec<String>]) -> Vec<Ran> {
    use std::process::Stdio;
    let spawn = |command: &Vec<String>| -> Child {
        let mut windrow = env.windrow(&env.repo());
        windrow.args(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = commands.iter().map(spawn).collect();
    children.into_iter().map(|child| env.ran(&child.wait_with_output().unwrap())).collect()
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Does something while git prunes, packs and collects, and while somebody looks at the status, which never fails.
fn beside_housekeeping<T>(env: &Env, job: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let git: [&[&str]; 3] =
            [&["worktree", "prune", "--expire=now"], &["pack-refs", "--all"], &["gc", "--auto", "-q"]];
        let (done, again) = (&done, || !done.load(Ordering::Relaxed));
        for call in git {
            scope.spawn(move || {
                while again() {
                    drop(env.command("git", &env.repo()).args(call).output());
                }
            });
        }
        let looking = scope.spawn(move || {
            while again() {
                env.run(&["status"]).exits(0);
            }
        });
        let given = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
        done.store(true, Ordering::Relaxed);
        looking.join().unwrap();
        given.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[test]
fn twelve_starts_at_once() {
    let env = Env::new();
    env.git(&["config", "gc.auto", "1"]);
    beside_housekeeping(&env, || {
        for round in 0..3 {
            let commands: Vec<_> = (0..12).map(|n| words(&format!("start t{round}-{n}"))).collect();
            for ran in together(&env, &commands) {
                assert_eq!(ran.code, 0, "{ran}");
            }
        }
    });
    for round in 0..3 {
        for n in 0..12 {
            let tree = env.worktree(&format!("t{round}-{n}"));
            assert_eq!(env.git_in(&tree, &["status", "--porcelain", "--branch"]), format!("## t{round}-{n}"));
        }
    }
    assert_eq!(env.worktrees().len(), 1 + 36);
    env.assert_nothing_open();
    env.assert_sound();
}

#[test]
fn of_two_starts_of_one_name_one_wins() {
    let env = Env::new();
    for round in 0..6 {
        let commands = vec![words(&format!("start same-{round}")); 2];
        let mut ran = together(&env, &commands);
        ran.sort_by_key(|ran| ran.code);
        assert_eq!((ran[0].code, ran[1].code), (0, 1), "{} {}", ran[0], ran[1]);
        // Between the making of the branch and that of the record, the branch is what is seen.
        let reasons = ["is a task already", "is checked out at [DIR]/repo.worktrees/same"];
        assert!(reasons.iter().any(|reason| ran[1].stderr.contains(reason)), "{}", ran[1]);
    }
    assert_eq!(env.worktrees().len(), 1 + 6);
    env.assert_nothing_open();
    env.assert_sound();
}

#[test]
fn merges_into_one_target_at_once_all_land() {
    for strategy in ["merge", "squash"] {
        let env = Env::new();
        for n in 0..6 {
            env.run(&["start", &format!("t{n}")]).exits(0);
            let tree = env.worktree(&format!("t{n}"));
            write(&tree.join(format!("file-{n}")), "new\n");
            env.commit_in(&tree, "new");
        }
        write(&env.repo().join("mine"), "untracked\n");
        write(&env.repo().join("file"), "edited\n");
        let commands: Vec<_> = (0..6).map(|n| words(&format!("merge t{n} --strategy {strategy}"))).collect();
        let all = beside_housekeeping(&env, || together(&env, &commands));
        for ran in all {
            assert_eq!(ran.code, 0, "{ran}");
        }
        for n in 0..6 {
            assert_eq!(env.git(&["show", &format!("main:file-{n}")]), "new");
        }
        assert_eq!(env.git(&["rev-list", "--count", "--first-parent", "main"]), "7");
        assert_eq!(env.git(&["status", "--porcelain"]), " M file\n?? mine");
        env.assert_nothing_open();
        env.assert_sound();
    }
}

/// Whatever comes in between: each command does all that it says, or refuses.
#[test]
fn everything_at_once() {
    let env = Env::new();
    for round in 0..3 {
        for name in ["merged", "cleaned", "undone"] {
            task(&env, &format!("{name}{round}"));
            env.git(&["checkout", "-q", "main"]);
        }
        env.git_in(&env.worktree(&format!("cleaned{round}")), &["reset", "-q", "--hard", "main"]);
        env.git_in(&env.worktree(&format!("undone{round}")), &["reset", "-q", "--hard", "main"]);
        env.git_in(&env.worktree(&format!("merged{round}")), &["rm", "-q", "src/lib.rs"]);
        env.git_in(&env.worktree(&format!("merged{round}")), &["checkout", "-q", "main", "--", "src/lib.rs"]);
        env.commit_in(&env.worktree(&format!("merged{round}")), "only new files");
        let output = env.windrow(&env.repo()).args(["history", "--json"]).output().unwrap();
        let undo: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let of_undone = undo["operations"].as_array().unwrap().iter().find(|operation| {
            operation["tasks"]
                .as_array()
                .is_some_and(|tasks| tasks.iter().any(|task| task == &format!("undone{round}")))
        });
        let id = of_undone.unwrap()["id"].as_str().unwrap().to_owned();
        let commands = [
            format!("start started{round}"),
            format!("merge merged{round}"),
            format!("clean cleaned{round} --yes"),
            format!("undo {id}"),
            format!("run ran{round}=x --command true"),
        ];
        let commands: Vec<_> = commands.iter().map(|line| words(line)).collect();
        let all = beside_housekeeping(&env, || together(&env, &commands));
        for (ran, code) in all.iter().zip([0, 0, 0, 0, 4]) {
            assert_eq!(ran.code, code, "{ran}");
        }
        assert!(env.worktree(&format!("started{round}")).exists());
        assert_eq!(env.git(&["show", &format!("main:merged{round}/new")]), format!("merged{round}"));
        for gone in ["cleaned", "undone"] {
            assert!(!env.worktree(&format!("{gone}{round}")).exists());
        }
        env.assert_nothing_open();
        env.assert_sound();
    }
    assert_eq!(env.git(&["status", "--porcelain"]), "");
}

#[test]
fn runs_at_once_work_apart_and_refuse_to_share() {
    let env = Env::new();
    let apart = [words("run a=x b=y --command true"), words("run c=x d=y --command true")];
    for ran in together(&env, &apart) {
        // Success claimed and nothing changed is `empty`.
        assert_eq!(ran.code, 4, "{ran}");
    }
    let script = env.script("agent", "while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done; echo x > x\n");
    let command = ["run", "shared=x", "--command", script.to_str().unwrap()];
    let first = env.windrow(&env.repo()).args(command).output_later();
    while !env.run(&["status", "--json"]).exits(0).stdout.contains("running") {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let refused = env.run(&["run", "shared=x", "other=y", "--command", "true"]);
    write(&env.dir().join("home/go"), "");
    let first = env.ran(&first.wait_with_output().unwrap());
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("shared"), "{refused}");
    assert!(!env.worktree("other").exists());
    assert_eq!(first.code, 0, "{first}");
    env.assert_nothing_open();
    env.assert_sound();
}

trait OutputLater {
    fn output_later(&mut self) -> Child;
}

impl OutputLater for std::process::Command {
    fn output_later(&mut self) -> Child {
        use std::process::Stdio;
        self.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// Agents that commit all the time, each in its worktree, while git packs and collects; then all of it comes home at once.
fn committing(agents: usize, commits: usize) {
    let env = Env::new();
    env.git(&["config", "gc.auto", "1"]);
    let script = format!(
        "i=0; while [ $i -lt {commits} ]; do i=$((i+1)); echo $i >> $WINDROW_TASK.txt; git add -A; git commit -qm $i || exit 1; done; echo left > left-$WINDROW_TASK"
    );
    let names: Vec<String> = (0..agents).map(|n| format!("t{n}")).collect();
    let tasks: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), script.as_str())).collect();
    env.plan(&format!("jobs = {agents}\n"), &tasks);
    beside_housekeeping(&env, || {
        let ran = env.run(&["run", "../plan.toml", "--json"]).exits(0);
        assert!(crate::running::outcomes(&ran).iter().all(|(_, outcome)| outcome == "done"), "{ran}");
        env.run(&["merge", "--all", "-y"]).exits(0);
    });
    for name in &names {
        assert_eq!(
            env.git(&["rev-list", "--count", &format!("main~{agents}..{name}")]),
            (commits + 1).to_string()
        );
        assert_eq!(env.git(&["show", &format!("main:{name}.txt")]).lines().count(), commits);
        assert_eq!(env.git(&["show", &format!("main:left-{name}")]), "left");
    }
    env.run(&["clean", "-y"]).exits(0);
    for _ in 0..3 {
        env.run(&["undo"]).exits(0);
    }
    assert_eq!(env.git(&["log", "--format=%s", "main"]), "first");
    env.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn agents_commit_beside_housekeeping() {
    committing(6, 4);
}

#[test]
#[ignore = "takes minutes: cargo nextest run --run-ignored only thirty_two"]
fn thirty_two_agents_commit_beside_housekeeping() {
    committing(32, 12);
}

/// Locks that say yes to everyone, as some network file systems have them. Nothing without a C compiler.
#[cfg(target_os = "linux")]
fn useless_locks(env: &Env) -> Option<std::path::PathBuf> {
    use std::io::Write;
    let source = env.dir().join("locks.c");
    write(&source, "int flock(int fd, int how) { (void)fd; (void)how; return 0; }\n");
    let library = env.dir().join("locks.so");
    let made =
        env.command("cc", &env.dir()).args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    if made.is_ok_and(|made| made.success()) {
        return Some(library);
    }
    let _ = std::io::stderr().write_all(b"skipped: there is no C compiler\n");
    None
}

/// Where locks keep nobody out, whoever lives would be taken for abandoned: nothing is changed there, and looking goes on.
#[test]
#[cfg(target_os = "linux")]
fn nothing_is_changed_where_locks_do_nothing() {
    let env = Env::new();
    let Some(library) = useless_locks(&env) else { return };
    let windrow = |command: &[&str]| {
        env.ran(&env.windrow(&env.repo()).env("LD_PRELOAD", &library).args(command).output().unwrap())
    };
    let refused = |command: &[&str]| {
        let before = env.everything();
        let ran = windrow(command).exits(1);
        assert!(ran.stderr.contains("locks do nothing on the file system of"), "{ran}");
        env.assert_untouched(&before, &ran);
    };
    env.task("landed", &[("landed", "x\n")]);
    env.run(&["merge", "landed"]).exits(0);
    env.run(&["run", "ran=x", "--command", "echo x > x"]).exits(0);
    env.task("api", &[("new", "x\n")]);
    env.task("docs", &[]);
    for command in [
        &["start", "other"][..],
        &["merge", "api"],
        &["clean", "landed"],
        &["undo"],
        &["run", "other=x", "--command", "true"],
    ] {
        refused(command);
    }
    for verb in [&["status"][..], &["diff", "api"], &["history"], &["forecast"], &["doctor"]] {
        windrow(verb).exits(0);
    }
    // A repository in which nothing was ever done.
    std::fs::remove_dir_all(env.repo().join(".git/windrow")).unwrap();
    assert!(windrow(&["start", "first"]).exits(1).stderr.contains("locks do nothing"));
    assert!(!env.worktree("first").exists() && env.git(&["branch", "--list", "first"]).is_empty());
}
