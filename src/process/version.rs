//! Which version a program is of.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// No program says its version in more bytes.
const MOST: u64 = 4096;

/// Runs each program with `--version`, all at once, and gives the first line that names a number. One that takes longer
/// than `limit` is ended, with its process group; it then has none.
pub fn versions(programs: &[PathBuf], limit: Duration) -> Vec<Option<String>> {
    std::thread::scope(|scope| {
        let asked: Vec<_> =
            programs.iter().map(|program| scope.spawn(move || version(program, limit))).collect();
        asked.into_iter().map(|asked| asked.join().ok().flatten()).collect()
    })
}

fn version(program: &Path, limit: Duration) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().ok()?;
    let stdout = child.stdout.take()?;
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was said before an error counts.
        drop(stdout.take(MOST).read_to_end(&mut bytes));
        drop(send.send(bytes));
    });
    let said = receive.recv_timeout(limit);
    end(&mut child);
    let said = String::from_utf8_lossy(&said.ok()?).into_owned();
    let line = said.lines().map(str::trim).find(|line| line.contains(|c: char| c.is_ascii_digit()))?;
    Some(line.chars().take(80).collect())
}

/// Ends a program that has said all that we wanted, and whatever it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    #[cfg(not(unix))]
    drop(child.kill());
    drop(child.wait());
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn each_says_its_own_and_none_is_waited_for() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let script = |name: &str, body: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let programs = [
            script("good", "[ \"$1\" = --version ] && echo && echo 'good 1.2.3 (x)'"),
            script("slow", "sleep 60; echo 1.0"),
            script("mute", "echo none >&2"),
            script("left", "sleep 60 >/dev/null & echo 2.0"),
            dir.path().join("absent"),
        ];
        let found = versions(&programs, Duration::from_millis(1500));
        assert_eq!(found, [Some("good 1.2.3 (x)".into()), None, None, Some("2.0".into()), None]);
    }
}
