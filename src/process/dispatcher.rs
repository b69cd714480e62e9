//! A dispatcher without a terminal: this executable, started again in a session of its own.
//!
//! It writes one document to its standard output once it stands on its own feet, or why it could not; from then on its
//! output is a file.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::ProcessError;
use super::supervisor::Supervisor;

/// More than a dispatcher says before it is on its own.
const SAID_LIMIT: u64 = 1 << 20;

/// Starts this executable with these arguments, in our directory and with our environment, and gives what it wrote to
/// its standard output until it let go of it.
pub fn start_dispatcher(supervisor: &Supervisor, arguments: &[OsString]) -> Result<Vec<u8>, ProcessError> {
    let mut command = Command::new(supervisor.executable_path());
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, supervisor.program());
    let failed = |source| ProcessError::Spawn { program: supervisor.program().to_owned(), source };
    let mut child = command.spawn().map_err(failed)?;
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(SAID_LIMIT).read_to_end(&mut said).map_err(failed)?;
    }
    // One that ended is forgotten by the system; one that goes on outlives us.
    drop(child.try_wait());
    Ok(said)
}

/// Leaves the session of the terminal that we were started from.
pub fn begin_session() {
    #[cfg(unix)]
    {
        // A leader of a group stays where it is: it was not started by us.
        let _ = rustix::process::setsid();
        // Started through a handle, the kernel's short name for us is that handle's number.
        #[cfg(target_os = "linux")]
        let _ = std::fs::write("/proc/self/comm", "windrow");
    }
}

/// Sends everything that we write from now on to a file.
pub fn hand_over_output(log: &Path) -> Result<(), ProcessError> {
    let mut options = std::fs::File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(log).map_err(ProcessError::io("open", log))?;
    #[cfg(unix)]
    {
        let failed = |errno: rustix::io::Errno| ProcessError::io("open", log)(errno.into());
        rustix::stdio::dup2_stdout(&file).map_err(failed)?;
        rustix::stdio::dup2_stderr(&file).map_err(failed)?;
    }
    drop(file);
    Ok(())
}
