//! Waiting for a call no longer than a limit.

use std::io::Read;
use std::process::{Child, Command, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long the output of a call may stay open after its end: a hook may have left something behind that holds it.
const DRAIN: Duration = Duration::from_secs(2);

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
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= deadline {
            end_group(&mut child)?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    let read = |from: Receiver<Vec<u8>>| from.recv_timeout(DRAIN).unwrap_or_default();
    Ok(Some(Output { status, stdout: read(stdout), stderr: read(stderr) }))
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
fn end_group(child: &mut Child) -> std::io::Result<()> {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    match group {
        Some(group) => Ok(rustix::process::kill_process_group(group, rustix::process::Signal::KILL)?),
        None => child.kill(),
    }
}

#[cfg(not(unix))]
fn end_group(child: &mut Child) -> std::io::Result<()> {
    child.kill()
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Stdio;

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
        let line = format!("exec 3<>{0}; (sleep 60) & wait", fifo.display());
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
