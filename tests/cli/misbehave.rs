//! Agents that do not behave, each against every way in which a run is cut short: no process is left that nobody knows of, no result
//! is lost.
//!
//! Only on Linux: what is left is looked for in `/proc`, and other systems show neither environments nor descendants that
//! left their session.

use std::path::{Path, PathBuf};

use crate::env::{Env, Ran, write};
use crate::running::{Running, outcomes, until, waits};
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

/// Names, natures and scripts. `@` says that the agent is in its state, `TAG` is a number of seconds that no other process of the
/// machine sleeps for: by it a process is known whatever else it did away with.
const AGENTS: [(&str, Nature, &str); 29] = [
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
    ("breeds", Stays, "while :; do for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5 & done; @; wait; done"),
    (
        "relay",
        Stays,
        "exec python3 -c \"
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork(): os._exit(0)
        time.sleep(0.01)
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
        "setsid sh -c \"trap '' TERM HUP; while :; do echo x >>late; sleep 0.02; done\" & until [ -s late ]; do :; done; @",
    ),
    ("kills-its-group", Ends("failed"), "setsid sh -c \"trap '' TERM; sleep TAG\" & @; kill 0; sleep TAG"),
    ("kills-supervisor", Ends("lost"), "setsid sh -c \"trap '' TERM; sleep TAG\" & @; kill -9 $PPID; sleep TAG"),
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

/// All of them in one run.
struct Scene {
    env: Env,
    tag: String,
}

impl Scene {
    fn new() -> Self {
        let env = Env::new();
        let tag = format!("8{:07}.{}", std::process::id(), line!());
        let scene = Self { env, tag };
        let scripts: Vec<(&str, String)> =
            AGENTS.iter().map(|(name, nature, script)| (*name, scene.script(name, *nature, script))).collect();
        let plan: Vec<(&str, &str)> = scripts.iter().map(|(name, script)| (*name, script.as_str())).collect();
        scene.env.plan("jobs = 40\n", &plan);
        scene
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
        for (name, nature, _) in AGENTS {
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
        for (name, nature, _) in AGENTS {
            let outcome = told.iter().find(|(task, _)| task == name).map(|(_, outcome)| outcome.as_str());
            let right = match nature {
                Stays => outcome == Some("stopped"),
                Ends(expected) => outcome.is_none_or(|outcome| outcome == expected) && self.settled(name).as_deref() == Some(expected),
                Races | Waits => matches!(outcome, Some("stopped" | "done")),
            };
            if !right {
                wrong.push(format!("{name}: {outcome:?}"));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    /// Gives all processes that have something of this test: its directory in their environment, as their working directory or
    /// among their open files, or its tag as an argument.
    fn left(&self) -> Vec<String> {
        processes(&self.env.dir(), &self.tag)
    }
}

fn processes(dir: &Path, tag: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text = dir.display().to_string();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let proc = entry.path();
        if entry.file_name().to_str().is_none_or(|name| name.parse::<u32>().is_err()) {
            continue;
        }
        let read = |name: &str| String::from_utf8_lossy(&std::fs::read(proc.join(name)).unwrap_or_default()).replace('\0', " ");
        let links = std::fs::read_dir(proc.join("fd")).into_iter().flatten().flatten().map(|fd| fd.path());
        let links: Vec<PathBuf> = links.chain([proc.join("cwd")]).filter_map(|link| link.read_link().ok()).collect();
        let (line, environment) = (read("cmdline"), read("environ"));
        if line.contains(tag) || line.contains(&text) || environment.contains(&text) || links.iter().any(|link| link.starts_with(dir)) {
            found.push(format!("{} {line}", entry.file_name().display()));
        }
    }
    found
}

#[test]
fn interrupt() {
    let scene = Scene::new();
    let t = std::time::Instant::now();
    let running = scene.begin();
    eprintln!("begun {:?}", t.elapsed());
    write(&scene.env.dir().join("now"), "");
    running.signal("INT");
    let ran = running.wait();
    eprintln!("ended {:?}", t.elapsed());
    eprintln!("{:#?}", outcomes(&ran));
    for (n, _, _) in AGENTS { eprintln!("{n}: {}", crate::running::evidence(&ran, n)); }
    eprintln!("{}", ran.stderr);
    scene.assert_ended(&outcomes(&ran));
    ran.exits(130);
}
