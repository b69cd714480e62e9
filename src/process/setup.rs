//! The setup of a new worktree, and gates: shell lines, one after the other, until one fails.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::error::ProcessError;
use super::signal::{Interrupt, Level};

/// How often a line that runs, and signals to us, are looked at.
const POLL: Duration = Duration::from_millis(30);

/// How long a line that was asked to end may take.
const GRACE: Duration = Duration::from_secs(5);

/// How long what a line left behind may take to end.
const LEFTOVER_GRACE: Duration = Duration::from_secs(2);

/// Lines to be run.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The lines: `sh -c LINE windrow` each.
    pub lines: &'a [String],
    /// Where they are run.
    pub cwd: &'a Path,
    /// All their variables.
    pub env: &'a BTreeMap<String, String>,
    /// The file that gets their output, after each line itself; replaced.
    pub log: &'a Path,
    /// How long each line may take.
    pub limit: Option<Duration>,
    /// Whether what a line leaves running is ended with it; a setup may start what is to stay.
    pub alone: bool,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupEnd {
    /// Every line ended with 0.
    Done,
    /// A line did not; the later ones were not run.
    Failed {
        /// The line.
        line: String,
        /// How it ended: `exit 1`, `signal 9`, `timed out after 30s`.
        status: String,
    },
    /// We were asked to end, and it was ended.
    Interrupted,
}

/// Runs the lines, each in a process group of its own, standard input empty. The first INT or TERM that `interrupt` gets asks all
/// that a line started to end, the second kills it; so does the end of its time, after the grace.
pub fn run_setup(setup: &Setup<'_>, interrupt: &Interrupt) -> Result<SetupEnd, ProcessError> {
    let failed = |operation| {
        let path = setup.log.to_owned();
        move |source| ProcessError::Io { operation, path, source }
    };
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut log = options.open(setup.log).map_err(failed("write"))?;
    for line in setup.lines {
        writeln!(log, "$ {line}").map_err(failed("write"))?;
        let mut command = Command::new("sh");
        command.args(["-c", line, "windrow"]).current_dir(setup.cwd).env_clear().envs(setup.env);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(failed("write"))?);
        command.stderr(log.try_clone().map_err(failed("write"))?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mark = mark();
        command.env(MARK, &mark);
        let run =
            |source| ProcessError::Io { operation: "run a shell in", path: setup.cwd.to_owned(), source };
        let mut child = command.spawn().map_err(run)?;
        let run =
            |source| ProcessError::Io { operation: "run a shell in", path: setup.cwd.to_owned(), source };
        let mut family = Family::of(&child, &mark);
        let end = wait(&mut child, &mut family, setup.limit, interrupt).map_err(run)?;
        if setup.alone {
            family.end();
        }
        let status = match end {
            End::Itself(status) if status.success() => continue,
            End::Itself(status) => describe(status),
            End::TimedOut(limit) => format!("timed out after {}", in_words(limit)),
            End::Interrupted => return Ok(SetupEnd::Interrupted),
        };
        return Ok(SetupEnd::Failed { line: line.clone(), status });
    }
    Ok(SetupEnd::Done)
}

/// Runs a shell line that answers on standard output what it reads on standard input; its standard error is ours. Gives how it
/// failed, and what it wrote.
pub fn answer(
    line: &str,
    cwd: &Path,
    env: &BTreeMap<String, String>,
    input: Vec<u8>,
) -> Result<(Option<String>, String), ProcessError> {
    let run = |source| ProcessError::Io { operation: "run a shell in", path: cwd.to_owned(), source };
    let mut command = Command::new("sh");
    command.args(["-c", line, "windrow"]).current_dir(cwd).env_clear().envs(env);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(run)?;
    let writer = child.stdin.take().map(|mut pipe| {
        // One that ends without reading closes the pipe.
        std::thread::spawn(move || drop(pipe.write_all(&input)))
    });
    let output = child.wait_with_output().map_err(run)?;
    if let Some(writer) = writer {
        drop(writer.join());
    }
    let failed = (!output.status.success()).then(|| describe(output.status));
    Ok((failed, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The variable by which what a line starts is known, also in a session of its own.
const MARK: &str = "WINDROW_STEP";

/// Gives a value that no other line has.
fn mark() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn in_words(limit: Duration) -> String {
    match limit.as_millis() {
        ms if ms % 1000 != 0 => format!("{ms}ms"),
        ms if ms % 60_000 != 0 => format!("{}s", ms / 1000),
        ms => format!("{}m", ms / 60_000),
    }
}

/// How a line ended.
enum End {
    Itself(ExitStatus),
    TimedOut(Duration),
    Interrupted,
}

/// Everything that a line started. Not known by the log: what another thread is just starting has that open too.
#[cfg(unix)]
struct Family {
    quarry: super::tree::Quarry,
    /// The group of the line itself, as long as that has not ended: its number is another's then.
    group: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl Family {
    fn of(child: &Child, mark: &str) -> Self {
        let quarry = super::tree::Quarry::of_variable(MARK, mark, child.id());
        Self { quarry, group: Some(rustix::process::Pid::from_child(child)) }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        // A group without a process is what was asked for.
        let _ = self.group.map(|group| rustix::process::kill_process_group(group, signal));
    }

    /// Notes that the line itself has ended and its number is free.
    fn ended(&mut self) {
        self.group = None;
        self.quarry.without_root();
    }

    fn ask(&mut self) {
        self.signal(rustix::process::Signal::TERM);
        self.quarry.terminate(&mut super::tree::Ended::default());
    }

    fn kill(&mut self, _child: &mut Child) {
        self.signal(rustix::process::Signal::KILL);
        // Not reaped meanwhile: its number stays its own.
        self.quarry.kill(&mut super::tree::Ended::default(), &mut || {});
    }

    /// Ends what is left after the line itself has ended.
    fn end(&mut self) {
        let give_up = Instant::now() + LEFTOVER_GRACE;
        let mut asked = false;
        while !self.quarry.alive().is_empty() {
            if !asked {
                self.quarry.terminate(&mut super::tree::Ended::default());
                asked = true;
            } else if Instant::now() > give_up {
                self.quarry.kill(&mut super::tree::Ended::default(), &mut || {});
                return;
            }
            std::thread::sleep(POLL);
        }
    }
}

#[cfg(not(unix))]
struct Family;

#[cfg(not(unix))]
impl Family {
    fn of(_child: &Child, _mark: &str) -> Self {
        Self
    }

    fn ask(&mut self) {}

    fn ended(&mut self) {}

    fn kill(&mut self, child: &mut Child) {
        let _ = child.kill();
    }

    fn end(&mut self) {}
}

/// Waits for a line, and ends it when its time is over or we were asked to end.
fn wait(
    child: &mut Child,
    family: &mut Family,
    limit: Option<Duration>,
    interrupt: &Interrupt,
) -> std::io::Result<End> {
    let begun = Instant::now();
    let mut asked: Option<(Instant, Option<Duration>)> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            family.ended();
            let end = match asked {
                None => return Ok(End::Itself(status)),
                Some((_, Some(limit))) => End::TimedOut(limit),
                Some((_, None)) => End::Interrupted,
            };
            family.kill(child);
            return Ok(end);
        }
        let level = interrupt.level();
        let over = limit.filter(|limit| begun.elapsed() >= *limit);
        match asked {
            None if level > Level::None => {
                family.ask();
                asked = Some((Instant::now(), None));
            }
            None if over.is_some() => {
                family.ask();
                asked = Some((Instant::now(), over));
            }
            Some((since, _)) if level == Level::Kill || since.elapsed() >= GRACE => family.kill(child),
            _ => {}
        }
        std::thread::sleep(POLL);
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| "no exit status".to_owned(), |code| format!("exit {code}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::super::signal::Received;
    use super::*;

    fn run(lines: &[&str], interrupt: &Interrupt) -> (SetupEnd, String) {
        let dir = tempfile::tempdir().unwrap();
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let env = BTreeMap::from([
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("WINDROW_PORT".to_owned(), "20010".to_owned()),
        ]);
        let log = dir.path().join("log");
        let limit = Some(Duration::from_secs(60));
        let setup = Setup { lines: &lines, cwd: dir.path(), env: &env, log: &log, limit, alone: false };
        let end = run_setup(&setup, interrupt).unwrap();
        (end, std::fs::read_to_string(log).unwrap())
    }

    #[test]
    fn lines_run_in_order_and_stop_at_the_first_that_fails() {
        let lines = ["echo port $WINDROW_PORT; cat", "echo no >&2; exit 3", "echo never"];
        let (end, log) = run(&lines, &Interrupt::fake());
        assert_eq!(end, SetupEnd::Failed { line: lines[1].to_owned(), status: "exit 3".to_owned() });
        assert_eq!(log, "$ echo port $WINDROW_PORT; cat\nport 20010\n$ echo no >&2; exit 3\nno\n");
        assert_eq!(run(&["true", "test -z \"$HOME\""], &Interrupt::fake()).0, SetupEnd::Done);
        let (end, _) = run(&["kill -9 $$"], &Interrupt::fake());
        assert_eq!(end, SetupEnd::Failed { line: "kill -9 $$".to_owned(), status: "signal 9".to_owned() });
    }

    #[test]
    fn an_interrupt_ends_the_whole_group() {
        let interrupt = Interrupt::fake();
        interrupt.raise(Received::Interrupt);
        assert_eq!(run(&["sleep 100 & sleep 100", "echo never"], &interrupt).0, SetupEnd::Interrupted);
        interrupt.raise(Received::Interrupt);
        assert_eq!(run(&["trap '' TERM; sleep 100"], &interrupt).0, SetupEnd::Interrupted);
    }

    /// Tells whether a `sleep` of this length lives.
    #[cfg(target_os = "linux")]
    fn sleeps(length: &str) -> bool {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let mut lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines.any(|line| line.starts_with(b"sleep\0") && line[6..].starts_with(length.as_bytes()))
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_line_is_ended_in_time_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let env = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
        let log = dir.path().join("log");
        let unique = format!("9{:09}", std::process::id());
        let line = format!("(setsid sleep {unique} &) ; trap 'exit 0' TERM; sleep {unique} & wait");
        let lines = [line];
        let limit = Some(Duration::from_millis(300));
        let setup = Setup { lines: &lines, cwd: dir.path(), env: &env, log: &log, limit, alone: true };
        let end = run_setup(&setup, &Interrupt::fake()).unwrap();
        assert!(
            matches!(&end, SetupEnd::Failed { status, .. } if status == "timed out after 300ms"),
            "{end:?}"
        );
        assert!(!sleeps(&unique));
        // What a gate leaves behind is ended; what a setup starts may stay.
        let lines = [format!("setsid sleep {unique} >/dev/null 2>&1 & echo $! >pid")];
        let setup = Setup { lines: &lines, limit: None, ..setup };
        assert_eq!(run_setup(&setup, &Interrupt::fake()).unwrap(), SetupEnd::Done);
        assert!(!sleeps(&unique));
        let kept = run_setup(&Setup { alone: false, ..setup }, &Interrupt::fake()).unwrap();
        assert_eq!(kept, SetupEnd::Done);
        let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
        assert!(Command::new("kill").arg(pid.trim()).status().unwrap().success(), "it was left alone");
    }
}
