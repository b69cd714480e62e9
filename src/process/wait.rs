//! Waiting for children without taking them away from whoever started them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, WaitOptions, wait, waitid};

use crate::domain::attempt::Exit;

/// Rings when a child can be reaped. Its thread only looks (`WNOWAIT`): reaping stays with the thread that starts
/// programs, because the standard library waits for a child itself when it cannot be executed.
#[derive(Debug)]
pub(super) struct Bell {
    again: Sender<()>,
    rung: Receiver<()>,
    armed: bool,
}

impl Bell {
    /// Starts the thread; it ends with the first call after the bell is dropped.
    pub(super) fn new() -> Self {
        let (again, asked) = channel::<()>();
        let (ring, rung) = channel();
        // Without the thread the bell never rings, and the callers' time limits do its work.
        let _ = std::thread::Builder::new().name("children".to_owned()).spawn(move || {
            while asked.recv().is_ok() {
                wait_for_a_child();
                if ring.send(()).is_err() {
                    return;
                }
            }
        });
        Self { again, rung, armed: false }
    }

    /// Waits until a child can be reaped, or for `limit`.
    pub(super) fn wait(&mut self, limit: Duration) {
        self.armed = self.armed || self.again.send(()).is_ok();
        if !self.armed {
            std::thread::sleep(limit);
        } else if self.rung.recv_timeout(limit).is_ok() {
            self.armed = false;
        }
    }
}

fn wait_for_a_child() {
    loop {
        match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return std::thread::sleep(Duration::from_millis(20)),
            Ok(_) => return,
        }
    }
}

/// Tells whether this process has a child, ended or not. Of a process that is the parent of orphans this says whether anything
/// descends from it.
#[cfg(target_os = "linux")]
pub(super) fn has_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(rustix::io::Errno::CHILD))
}

/// Reaps every child that has ended, adopted ones too.
pub(super) fn reap() -> Vec<(Pid, Exit)> {
    let mut ended = Vec::new();
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                let code = status.exit_status().map(Exit::Code);
                ended.extend(code.or(status.terminating_signal().map(Exit::Signal)).map(|exit| (pid, exit)));
            }
            Err(rustix::io::Errno::INTR) => {}
            Ok(None) | Err(_) => return ended,
        }
    }
}
