//! Agents that do not behave, each against every way in which a run is cut short: no process is left that nobody knows of, no result
//! is lost.
//!
//! Only on Linux: what is left is looked for in `/proc`, and other systems show neither environments nor descendants that
//! left their session.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::env::{Env, write};
use crate::running::{Running, evidence, outcomes, signal, supervisor, until, waits};
use crate::wait::ends;

const RUN: [&str; 3] = ["run", "../plan.toml", "--json"];

/// What becomes of an agent without our doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// It is there until somebody ends it.
    Stays,
    /// It ends before the signal, with this outcome.
    Ends(&'static str),
    /// It ends at the moment of the signal.
    Races,
    /// It waits for a word of the test.
    Waits,
}

use Nature::{Ends, Races, Stays, Waits};

/// An agent: its name, its nature, its script.
type Agent = (&'static str, Nature, &'static str);

/// The agents. `@` says that the agent is in its state, `TAG` is a number of seconds that no other process of the
/// machine sleeps for: by it a process is known whatever else it did away with.
const AGENTS: [Agent; 30] = [
    ("deaf-to-term", Stays, "trap '' TERM; @; while :; do sleep TAG; done"),
    ("deaf", Stays, "trap '' INT TERM HUP QUIT USR1; @; while :; do sleep TAG; done"),
    (
        "daemon",
        Stays,
        "(setsid sh -c \"trap '' TERM HUP; cd /; sleep TAG & sleep TAG\" >/dev/null 2>&1 </dev/null &) & @; sleep TAG",
    ),
    (
        "bare-daemon",
        Stays,
        "exec python3 -c \"
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.chdir('/')
        os.closerange(0, 256)
        os.execve('/bin/sleep', ['sleep', 'TAG'], {})
    os._exit(0)
os.wait()
open('READY', 'w')
time.sleep(TAG)\"",
    ),
    ("own-session", Stays, "setsid sleep TAG & @; wait"),
    ("pipe-holder", Ends("done"), "echo p >p; setsid sh -c 'sleep TAG | sleep TAG' & @"),
    ("tree", Stays, "sh -c 'sh -c \"sh -c \\\"sleep TAG\\\" & sleep TAG\" & sleep TAG' & @; wait"),
    (
        "breeds",
        Stays,
        "n=0; while [ $n -lt 400 ]; do n=$((n+1)); for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5 & done; @; wait; done",
    ),
    (
        "relay",
        Stays,
        "exec python3 -c \"
import os, time
if os.fork() == 0:
    os.setsid()
    begun = time.time()
    while time.time() - begun < 200:
        if os.fork(): os._exit(0)
        time.sleep(0.01)
    os._exit(0)
open('READY', 'w')
time.sleep(TAG)\"",
    ),
    ("stops-itself", Stays, "@; kill -STOP $$; sleep TAG"),
    ("endless-line", Stays, "head -c 67108864 /dev/zero | tr '\\0' x; @; exec sleep TAG"),
    ("bytes", Stays, "printf '\\000\\377\\376\\303\\033]0;title\\007\\r\\000'; @; sleep TAG"),
    ("mute", Stays, "exec >&- 2>&- <&-; @; sleep TAG"),
    (
        "late-writer",
        Ends("done"),
        "setsid sh -c \"trap '' TERM HUP; n=0; while [ \\$n -lt 9000 ]; do n=\\$((n+1)); echo x >>late; sleep 0.02; done\" & until [ -s late ]; do :; done; @",
    ),
    ("kills-its-group", Ends("failed"), "setsid sh -c \"trap '' TERM; sleep TAG\" & @; kill 0; sleep TAG"),
    (
        "kills-supervisor",
        Ends("lost"),
        "setsid sh -c \"trap '' TERM; sleep TAG\" & @; kill -9 $PPID; sleep TAG",
    ),
    ("stops-supervisor", Stays, "kill -STOP $PPID; @; sleep TAG"),
    ("no-worktree", Stays, "cd /; rm -rf \"$WINDROW_WORKTREE\"; @; sleep TAG"),
    ("no-attempt", Stays, "rm -rf \"$(dirname \"$WINDROW_PROMPT_FILE\")\"; @; sleep TAG"),
    ("no-environment", Stays, "exec env -i PATH=\"$PATH\" sh -c 'setsid sleep TAG & : >READY; sleep TAG'"),
    ("renamed", Stays, "exec bash -c ': >READY; exec -a \"[kworker/0:1]\" sleep TAG'"),
    ("nohup", Stays, "nohup nice -n 5 sleep TAG >/dev/null 2>&1 & @; wait"),
    ("elsewhere", Stays, "cd /; setsid sleep TAG >/dev/null 2>&1 & cd /; @; exec sleep TAG"),
    ("executes-twice", Stays, "exec sh -c 'exec sh -c \": >READY; exec sleep TAG\"'"),
    ("reads", Stays, "cat; @; sleep TAG | cat"),
    ("many-files", Stays, "mkdir f; cd f; seq 1 10000 | xargs touch; @; sleep TAG"),
    ("index-lock", Stays, ": >\"$(git rev-parse --git-path index.lock)\"; @; sleep TAG"),
    (
        "just-in-time",
        Races,
        "@; until [ -e DIR/now ]; do sleep 0.01; done; echo r >result; git add result; git commit -qm result",
    ),
    ("later", Waits, ""),
    ("finished", Ends("done"), "echo f >f; git add f; git commit -qm f; echo more >more; @"),
];

/// Those that every run of the tests has; the others take a minute more.
const SAMPLE: [&str; 12] = [
    "deaf",
    "bare-daemon",
    "relay",
    "stops-itself",
    "late-writer",
    "kills-supervisor",
    "stops-supervisor",
    "no-worktree",
    "no-attempt",
    "just-in-time",
    "later",
    "finished",
];

/// Agents in one run.
struct Scene {
    env: Env,
    tag: String,
    agents: Vec<Agent>,
}

impl Scene {
    fn new(whole: bool) -> Self {
        let env = Env::new();
        let tag = tag();
        let agents = AGENTS.iter().filter(|(name, ..)| whole || SAMPLE.contains(name)).copied().collect();
        let scene = Self { env, tag, agents };
        let script = |(name, nature, script): &Agent| (*name, scene.script(name, *nature, script));
        let scripts: Vec<(&str, String)> = scene.agents.iter().map(script).collect();
        let plan: Vec<(&str, &str)> = scripts.iter().map(|(name, script)| (*name, script.as_str())).collect();
        scene.env.plan("jobs = 40\n", &plan);
        scene
    }

    /// Gives the names of those that stay.
    fn stays(&self) -> Vec<&'static str> {
        self.agents.iter().filter(|(_, nature, _)| *nature == Stays).map(|(name, ..)| *name).collect()
    }

    fn has(&self, name: &str) -> bool {
        self.agents.iter().any(|(its, ..)| *its == name)
    }

    fn script(&self, name: &str, nature: Nature, script: &str) -> String {
        if nature == Waits {
            return format!("{}; echo {name} >{name}", waits(&self.env, name));
        }
        let ready = self.env.dir().join(format!("{name}.began")).display().to_string();
        let script = script.replace('@', ": >READY").replace("READY", &ready);
        script.replace("DIR", &self.env.dir().display().to_string()).replace("TAG", &self.tag)
    }

    /// Begins the run and waits until every agent is in its state.
    fn begin(&self) -> Running<'_> {
        let running = self.env.begin(&RUN);
        for (name, nature, _) in self.agents.iter().copied() {
            self.env.until_began(name);
            if let Ends(outcome) = nature {
                until(name, || self.settled(name).as_deref() == Some(outcome));
            }
        }
        running
    }

    /// Gives the recorded outcome of a task's last attempt.
    fn settled(&self, name: &str) -> Option<String> {
        let record = std::fs::read(self.env.attempts(name).last()?.join("outcome.json")).ok()?;
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        Some(record["outcome"].as_str()?.to_owned())
    }

    /// Asserts that nothing is left, that outcomes are those expected, and that no work is lost.
    fn assert_ended(&self, told: &[(String, String)]) {
        assert_eq!(self.left(), Vec::<String>::new());
        let mut wrong = Vec::new();
        for (name, nature, _) in self.agents.iter().copied() {
            let outcome = told.iter().find(|(task, _)| task == name).map(|(_, outcome)| outcome.as_str());
            let right = match nature {
                Stays => outcome == Some("stopped"),
                Ends(expected) => {
                    outcome.is_none_or(|outcome| outcome == expected)
                        && self.settled(name).as_deref() == Some(expected)
                }
                Races | Waits => matches!(outcome, Some("stopped" | "done")),
            };
            if !right {
                wrong.push(format!("{name}: {outcome:?}"));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    /// Gives the tasks that `status` says are at work, in the order of the plan.
    fn running(&self) -> Vec<String> {
        let status = self.env.run(&["status", "--json"]).exits(0).json();
        let rows = status["tasks"].as_array().unwrap().clone();
        let runs = |name: &&str| rows.iter().any(|row| row["name"] == **name && row["state"] == "running");
        self.agents.iter().map(|(name, ..)| *name).filter(runs).map(str::to_owned).collect()
    }

    /// Asserts that results are there and git works, once the lock files of agents are taken away.
    fn assert_kept(&self) {
        let env = &self.env;
        assert_eq!(env.git(&["show", "finished:f", "finished:more"]), "f\nmore");
        assert_eq!(env.attempts("finished").len(), 1, "not run again");
        assert!(env.git(&["show", "late-writer:late"]).starts_with("x\n"));
        if self.settled("just-in-time").as_deref() == Some("done") {
            assert_eq!(env.git(&["show", "just-in-time:result"]), "r");
        }
        if self.has("pipe-holder") {
            assert_eq!(env.git(&["show", "pipe-holder:p"]), "p");
            let index = env.repo().join(".git/worktrees/index-lock/index.lock");
            assert!(index.exists(), "an agent's lock file is not ours to delete");
            std::fs::remove_file(index).unwrap();
        }
        assert!(!env.worktree("no-worktree").exists());
        env.git(&["fsck", "--strict", "--no-dangling"]);
        for (path, entry) in env.worktrees().iter().filter(|(path, _)| path.exists()) {
            assert!(!entry.contains("\nlocked"), "{entry}");
            env.git_in(path, &["status", "--porcelain"]);
        }
    }

    /// Gives all processes that have something of this test: its directory in their environment, as their working directory or
    /// among their open files, or its tag as an argument.
    fn left(&self) -> Vec<String> {
        processes(&self.env.dir(), &self.tag)
    }
}

/// Gives a number of seconds that nobody else sleeps for.
fn tag() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("8{:07}.{}1", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Lists the processes that have something of a directory or of a tag.
fn processes(dir: &Path, tag: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text = dir.display().to_string();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let proc = entry.path();
        if entry.file_name().to_str().is_none_or(|name| name.parse::<u32>().is_err()) {
            continue;
        }
        let read = |name: &str| {
            String::from_utf8_lossy(&std::fs::read(proc.join(name)).unwrap_or_default()).replace('\0', " ")
        };
        let links = std::fs::read_dir(proc.join("fd")).into_iter().flatten().flatten().map(|fd| fd.path());
        let links: Vec<PathBuf> =
            links.chain([proc.join("cwd")]).filter_map(|link| link.read_link().ok()).collect();
        let (line, environment) = (read("cmdline"), read("environ"));
        if line.contains(tag)
            || line.contains(&text)
            || environment.contains(&text)
            || links.iter().any(|link| link.starts_with(dir))
        {
            found.push(format!("{} {line}", entry.file_name().display()));
        }
    }
    found
}

/// An interrupt, and the same by TERM: everything is asked, then killed, and each agent's outcome is on record.
fn cut_short(name: &str, code: i32, whole: bool) {
    let scene = Scene::new(whole);
    let running = scene.begin();
    write(&scene.env.dir().join("now"), "");
    running.signal(name);
    let ran = running.wait().exits(code);
    scene.assert_ended(&outcomes(&ran));
    let told = |task: &str| evidence(&ran, task);
    assert_eq!(
        told("no-worktree"),
        "its worktree is not there; ended because it was asked to stop; no commit"
    );
    assert_eq!(told("no-attempt"), "ended because it was asked to stop; no commit");
    assert_eq!(told("kills-supervisor"), "the supervisor is gone and left no result; no commit");
    if whole {
        assert!(told("many-files").ends_with("left uncommitted: 10000 untracked"));
    }
    scene.assert_kept();
}

/// With their grace, where there is the time.
const fn stop(whole: bool) -> &'static [&'static str] {
    if whole { &["stop", "--all", "--json"] } else { &["stop", "--all", "--json", "--kill"] }
}

/// A terminal that goes away ends nothing; what ends later is waited for, and `stop` ends all the rest.
fn hung_up(whole: bool) {
    let scene = Scene::new(whole);
    let env = &scene.env;
    let running = scene.begin();
    running.signal("HUP");
    write(&env.dir().join("now"), "");
    env.go("later");
    env.run(&["wait", "later", "just-in-time"]).exits(0);
    let stays = scene.stays();
    assert_eq!(scene.running(), stays);
    let stopped = ends(&env.run(stop(whole)).exits(0));
    let ran = running.wait().exits(4);
    let told = outcomes(&ran);
    assert!(stopped.iter().all(|end| told.contains(end)) && stopped.len() == stays.len(), "{stopped:?}");
    scene.assert_ended(&told);
    assert_eq!(scene.settled("later").as_deref(), Some("done"));
    assert_eq!(scene.settled("just-in-time").as_deref(), Some("done"), "judged by whoever came first");
    scene.assert_kept();
}

/// Killed, the manager leaves agents that another one takes over; killed too, they are all that `stop` ends.
fn killed(whole: bool) {
    let scene = Scene::new(whole);
    let env = &scene.env;
    let running = scene.begin();
    running.signal("KILL");
    running.wait().exits(-1);
    let stays = scene.stays();
    let alive = scene.running();
    assert!(stays.iter().all(|name| alive.contains(&(*name).to_owned())), "{alive:?}");
    let taken = env.begin(&RUN);
    write(&env.dir().join("now"), "");
    env.go("later");
    until("its end", || scene.settled("later").is_some());
    taken.signal("KILL");
    taken.wait().exits(-1);
    let told = ends(&env.run(stop(whole)).exits(0));
    assert_eq!(scene.left(), Vec::<String>::new());
    for name in stays {
        assert_eq!(scene.settled(name).as_deref(), Some("stopped"), "{name}: {told:?}");
        assert_eq!(env.attempts(name).len(), 1, "{name} was taken over");
    }
    assert_eq!(scene.settled("later").as_deref(), Some("done"));
    scene.assert_kept();
}

#[test]
fn interrupt() {
    cut_short("INT", 130, false);
}

#[test]
fn terminate() {
    cut_short("TERM", 143, false);
}

#[test]
fn hang_up() {
    hung_up(false);
}

#[test]
fn kill() {
    killed(false);
}

/// Every agent: `cargo nextest run --test cli --run-ignored only misbehave::every_agent`.
mod every_agent {
    use super::*;

    #[test]
    #[ignore = "takes a minute: cargo nextest run --test cli --run-ignored only misbehave::every_agent"]
    fn interrupt() {
        cut_short("INT", 130, true);
    }

    #[test]
    #[ignore = "takes a minute: cargo nextest run --test cli --run-ignored only misbehave::every_agent"]
    fn terminate() {
        cut_short("TERM", 143, true);
    }

    #[test]
    #[ignore = "takes a minute: cargo nextest run --test cli --run-ignored only misbehave::every_agent"]
    fn hang_up() {
        hung_up(true);
    }

    #[test]
    #[ignore = "takes a minute: cargo nextest run --test cli --run-ignored only misbehave::every_agent"]
    fn kill() {
        killed(true);
    }
}

/// The manager and a supervisor are killed, one after the other or at once: what the agent left is ended by whoever comes next.
#[test]
fn nobody_is_left_to_watch() {
    for next in [&["stop", "--all", "--json"][..], &["stop", "deaf", "--json"], &["wait", "--json"]] {
        let env = Env::new();
        let tag = tag();
        let deaf = format!(
            "trap '' TERM; setsid sh -c \"trap '' TERM; sleep {tag}\" & (cd /; exec env -i setsid sleep {tag} </dev/null) & {}",
            waits(&env, "deaf")
        );
        env.plan("", &[("deaf", &deaf), ("finished", "echo f >f")]);
        let running = env.begin(&RUN);
        env.until_began("deaf");
        until("the end of the other", || env.attempts("finished")[0].join("outcome.json").exists());
        running.signal("KILL");
        running.wait().exits(-1);
        signal(supervisor(&env.attempts("deaf")[0]), "KILL");
        until("lost", || env.state("deaf") == "lost");
        assert!(processes(&env.dir(), &tag).len() >= 4);
        let code = i32::from(next[0] == "wait") * 4;
        assert_eq!(ends(&env.run(next).exits(code)), crate::running::pairs(&[("deaf", "lost")]));
        assert_eq!(processes(&env.dir(), &tag), Vec::<String>::new());
        assert_eq!(env.state("finished"), "done");
        env.assert_nothing_runs();
        env.assert_sound();
    }
}

/// What ended while nobody was there to judge it is told by the next that asks.
#[test]
fn an_end_that_nobody_saw_is_told() {
    let env = Env::new();
    env.plan("", &[("api", &format!("{}; echo a >a", waits(&env, "api")))]);
    let running = env.begin(&RUN);
    env.until_began("api");
    running.signal("KILL");
    running.wait().exits(-1);
    env.go("api");
    until("its end", || env.attempts("api")[0].join("exit.json").exists());
    until("its supervisor's end", || processes(&env.dir(), "no tag").is_empty());
    assert_eq!(ends(&env.run(&["wait", "--json"]).exits(0)), crate::running::pairs(&[("api", "done")]));
    assert_eq!(env.git(&["show", "api:a"]), "a");
    env.assert_nothing_runs();
}

/// The machine goes down: everything that is ours dies in an instant. What was done stays done, what was at work is tried again.
#[test]
fn everything_dies_at_once() {
    let env = Env::new();
    let script = |name: &str| {
        format!("echo half >half; setsid sleep 1000 & {}; echo {name} >{name}", waits(&env, name))
    };
    let tasks: Vec<(String, String)> =
        (0..4).map(|i| format!("t{i}")).map(|name| (name.clone(), script(&name))).collect();
    let mut plan: Vec<(&str, &str)> =
        tasks.iter().map(|(name, script)| (name.as_str(), script.as_str())).collect();
    plan.push(("finished", "echo f >f"));
    env.plan("jobs = 5\n", &plan);
    let running = env.begin(&RUN);
    tasks.iter().for_each(|(name, _)| env.until_began(name));
    until("the end of one", || env.attempts("finished")[0].join("outcome.json").exists());
    running.signal("KILL");
    for line in processes(&env.dir(), "no tag") {
        drop(std::process::Command::new("kill").args(["-KILL", line.split(' ').next().unwrap()]).output());
    }
    running.wait().exits(-1);
    until("nothing", || processes(&env.dir(), "no tag").is_empty());
    assert!(tasks.iter().all(|(name, _)| env.state(name) == "lost"));
    tasks.iter().for_each(|(name, _)| env.go(name));
    let ran = env.run(&RUN).exits(0);
    assert!(outcomes(&ran).iter().all(|(_, outcome)| outcome == "done"), "{ran}");
    assert_eq!(env.attempts("finished").len(), 1);
    env.assert_nothing_runs();
    env.assert_sound();
}

/// Gibibytes, as fast as they can be written: `cargo nextest run --test cli --run-ignored only misbehave::flood`.
#[test]
#[ignore = "writes 2 GiB; cargo nextest run --test cli --run-ignored only misbehave::flood"]
fn flood() {
    let env = Env::new();
    let text = "head -c 1073741824 /dev/zero | tr '\\0' x; yes line | head -c 1073741824; echo the end; ";
    env.plan("", &[("flood", &format!("{text}echo f >f; {}", waits(&env, "flood")))]);
    let begun = std::time::Instant::now();
    let running = env.begin(&RUN);
    until("the beginning", || !env.run_ids().is_empty());
    let mut most = 0;
    until("its end", || {
        if let Some(log) = env.attempts("flood").first().and_then(|dir| dir.join("log").metadata().ok()) {
            most = most.max(std::os::unix::fs::MetadataExt::blocks(&log) * 512);
        }
        env.dir().join("flood.began").exists()
    });
    let attempt = env.attempts("flood").remove(0);
    let memory = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().to_owned();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() >> 10
    };
    let (its, ours) = (memory(supervisor(&attempt)), memory(running.id()));
    eprintln!(
        "2 GiB in {:?}; supervisor {its} MiB, manager {ours} MiB; log at most {} MiB on disk",
        begun.elapsed(),
        most >> 20
    );
    assert!(its < 64 && ours < 128);
    let log = || attempt.join("log").metadata().unwrap();
    assert!(log().len() > 2 << 30);
    until("its bound", || std::os::unix::fs::MetadataExt::blocks(&log()) * 512 < 80 << 20);
    env.go("flood");
    assert_eq!(outcomes(&running.wait().exits(0)), crate::running::pairs(&[("flood", "done")]));
    let shown = env.windrow(&env.repo()).args(["logs", "flood", "--raw"]).output().unwrap().stdout;
    let shown = String::from_utf8(shown).unwrap();
    assert!(
        shown.len() < 80 << 20
            && shown.contains(" bytes of output were left out here]\n")
            && shown.ends_with("the end\n")
    );
}
