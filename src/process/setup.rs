//! The setup of a new worktree: shell lines, one after the other, until one fails.

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
        /// How it ended: `exit 1`, `signal 9`.
        status: String,
    },
    /// We were asked to end, and it was ended.
    Interrupted,
}

/// Runs the lines, each in a process group of its own, standard input empty. The first INT or TERM that `interrupt` gets asks
/// the group to end, the second kills it.
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
        let run =
            |source| ProcessError::Io { operation: "run a shell in", path: setup.cwd.to_owned(), source };
        let mut child = command.spawn().map_err(run)?;
        let run =
            |source| ProcessError::Io { operation: "run a shell in", path: setup.cwd.to_owned(), source };
        match wait(&mut child, interrupt).map_err(run)? {
            None => return Ok(SetupEnd::Interrupted),
            Some(status) if status.success() => {}
            Some(status) => return Ok(SetupEnd::Failed { line: line.clone(), status: describe(status) }),
        }
    }
    Ok(SetupEnd::Done)
}

/// Waits for a line; none if we were asked to end.
fn wait(child: &mut Child, interrupt: &Interrupt) -> std::io::Result<Option<ExitStatus>> {
    let mut asked: Option<Instant> = None;
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() {
            return Ok(ended.filter(|_| asked.is_none()));
        }
        match (interrupt.level(), asked) {
            (Level::None, _) => {}
            (Level::Stop, None) => {
                end_group(child, false);
                asked = Some(Instant::now());
            }
            (Level::Stop, Some(since)) if since.elapsed() < GRACE => {}
            (Level::Stop | Level::Kill, _) => {
                end_group(child, true);
                child.wait()?;
                return Ok(None);
            }
        }
        std::thread::sleep(POLL);
    }
}

#[cfg(unix)]
fn end_group(child: &mut Child, kill: bool) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = if kill { Signal::KILL } else { Signal::TERM };
    // A group without a process is what was asked for.
    let _ = kill_process_group(Pid::from_child(child), signal);
}

#[cfg(not(unix))]
fn end_group(child: &mut Child, _kill: bool) {
    let _ = child.kill();
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
        let setup = Setup { lines: &lines, cwd: dir.path(), env: &env, log: &log };
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
}
