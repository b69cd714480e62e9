//! Waiting for a call no longer than a limit.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long the output of a call may stay open after its end: a hook may have left something behind that holds it.
const DRAIN: Duration = Duration::from_secs(2);

/// How long a call that is ended has for removing its lock files.
const GRACE: Duration = Duration::from_secs(2);

/// Puts a call that is going to be made into a process group of its own, so that what it starts can be ended with it.
pub(super) fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Waits for a child in a group of its own; gives nothing if it had to be ended.
pub(super) fn wait(mut child: Child, limit: Duration) -> std::io::Result<Option<Output>> {
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let Some(status) = wait_until(&mut child, limit)? else {
        signal_group(&mut child, false)?;
        let ended = wait_until(&mut child, GRACE)?;
        // What it started may have ignored the request.
        let killed = signal_group(&mut child, true);
        if ended.is_none() {
            killed?;
            child.wait()?;
        }
        return Ok(None);
    };
    let read = |from: Receiver<Vec<u8>>| from.recv_timeout(DRAIN).unwrap_or_default();
    Ok(Some(Output { status, stdout: read(stdout), stderr: read(stderr) }))
}

/// Waits for at least the limit, counted in pauses; a loaded machine makes it longer.
fn wait_until(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let (mut waited, mut pause) = (Duration::ZERO, Duration::from_millis(1));
    loop {
        let status = child.try_wait()?;
        if status.is_some() || waited >= limit {
            return Ok(status);
        }
        std::thread::sleep(pause);
        waited += pause;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Reads a pipe to its end on a thread.
fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still what the call said.
            drop(pipe.read_to_end(&mut bytes));
        }
        drop(send.send(bytes));
    });
    receive
}

#[cfg(unix)]
fn signal_group(child: &mut Child, kill: bool) -> std::io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = if kill { Signal::KILL } else { Signal::TERM };
    match i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        Some(group) => Ok(kill_process_group(group, signal)?),
        None => child.kill(),
    }
}

#[cfg(not(unix))]
fn signal_group(child: &mut Child, _kill: bool) -> std::io::Result<()> {
    child.kill()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::process::Stdio;
    use std::time::Instant;

    use super::*;

    fn shell(line: &str, limit: Duration) -> Option<Output> {
        let mut command = Command::new("sh");
        command.args(["-c", line]).stdout(Stdio::piped()).stderr(Stdio::piped());
        own_group(&mut command);
        wait(command.spawn().unwrap(), limit).unwrap()
    }

    #[test]
    fn output_larger_than_a_pipe_comes_through() {
        let output = shell("head -c 300000 /dev/zero; echo x >&2", Duration::from_secs(30)).unwrap();
        assert_eq!((output.stdout.len(), output.stderr), (300_000, b"x\n".to_vec()));
    }

    #[test]
    fn children_end_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("alive");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let line = format!("exec 3<>{0}; (trap '' TERM; sleep 60) & wait", fifo.display());
        assert!(shell(&line, Duration::from_millis(200)).is_none());
        // With every reader gone a non-blocking open for writing fails: nobody has the pipe open any more.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let open = rustix::fs::open(
                &fifo,
                rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK,
                rustix::fs::Mode::empty(),
            );
            if open.is_err() {
                break;
            }
            assert!(Instant::now() < deadline, "a child is still alive");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
