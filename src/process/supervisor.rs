//! The side of whoever starts, watches and stops supervisors.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::error::ProcessError;
use super::record::{open_regular, read_regular, replace};
use crate::domain::attempt::AttemptFiles;

/// Readers of [`is_alive`] hold the lock for an instant; this is longer.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// How supervisors are started: our own executable, as it was when it was opened.
#[derive(Debug)]
pub struct Supervisor {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    /// Keeps the executable of this process startable when it is replaced or deleted meanwhile.
    #[cfg(target_os = "linux")]
    executable: File,
}

impl Supervisor {
    /// Opens this process's own executable; `program` is its path, used where the system has no handle on it. It is
    /// called with `__shim` and the attempt's directory, and an empty environment.
    pub fn open(program: &Path) -> Result<Self, ProcessError> {
        let program = std::path::absolute(program).map_err(ProcessError::io("open", program))?;
        Ok(Self {
            args: vec!["__shim".into()],
            env: Vec::new(),
            #[cfg(target_os = "linux")]
            executable: File::open("/proc/self/exe").map_err(ProcessError::io("open", &program))?,
            program,
        })
    }

    /// Calls it with other arguments; the directory still comes last.
    pub fn with_args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Gives it a variable. Nothing else is in its environment, and nothing of that reaches the agent.
    pub fn with_env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Starts a supervisor for an attempt whose `launch.json` is written. It holds the attempt's lock from before it
    /// exists: there is no moment at which the attempt is neither begun nor alive.
    pub fn spawn(&self, files: &AttemptFiles) -> Result<SupervisorChild, ProcessError> {
        let dir = std::path::absolute(&files.dir).map_err(ProcessError::io("open", &files.dir))?;
        let lock = take_lock(files, LOCK_PATIENCE)?;
        let mut command = Command::new(self.executable_path());
        command.args(&self.args).arg(dir);
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        // The lock belongs to the open file, which becomes the child's; ours is closed with the command.
        command.stdin(lock).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // Out of reach of a ^C until it has a session of its own, and on no directory that somebody removes.
            command.arg0(&self.program).process_group(0).current_dir("/");
        }
        let child = command.spawn();
        drop(command);
        let child = child.map_err(|source| ProcessError::Spawn { program: self.program.clone(), source })?;
        Ok(SupervisorChild { child })
    }

    /// Gives the path of the executable, for display.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    #[cfg(target_os = "linux")]
    pub(super) fn executable_path(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        // Closed by `exec` only after it has been resolved.
        PathBuf::from(format!("/proc/self/fd/{}", self.executable.as_raw_fd()))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn executable_path(&self) -> PathBuf {
        self.program.clone()
    }
}

/// Takes an attempt's lock. Others look at it by locking it for an instant, therefore it is tried for a while.
pub(super) fn take_lock(files: &AttemptFiles, patience: Duration) -> Result<File, ProcessError> {
    let path = files.lock();
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(&path).map_err(ProcessError::io("open", &path))?;
    let give_up = Instant::now() + patience;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return Err(ProcessError::Supervised { dir: files.dir.clone() }),
            Err(TryLockError::Error(source)) => return Err(ProcessError::io("lock", &path)(source)),
        }
    }
}

/// A supervisor that this process started. Dropping it leaves it running.
#[derive(Debug)]
pub struct SupervisorChild {
    child: Child,
}

impl SupervisorChild {
    /// Tells whether it has ended, and lets the system forget it if so.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Gives its process id, for display and for tests.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end its agent by a signal, for when its `stop` file cannot be written. A second one kills.
    #[cfg(unix)]
    pub fn signal_stop(&mut self) {
        // Not reaped yet, so that the pid is still its own.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_child(&self.child),
                rustix::process::Signal::TERM,
            );
        }
    }

    /// Does nothing: this platform has no such signal.
    #[cfg(not(unix))]
    pub fn signal_stop(&mut self) {}
}

/// Tells whether an attempt's supervisor lives: whether its lock is held. Without the file it does not; a file that
/// cannot be looked at counts as held, so that nobody takes away what may be in use.
pub fn is_alive(files: &AttemptFiles) -> bool {
    match open_regular(&files.lock()) {
        Ok(lock) => lock.try_lock_shared().is_err(),
        Err(ProcessError::Io { source, .. }) => source.kind() != ErrorKind::NotFound,
        Err(_) => true,
    }
}

/// Asks an attempt's supervisor to end its agent: with grace, or at once if `kill`. A request to kill is not taken back. A
/// supervisor that somebody stopped is let go on, so that it can.
pub fn request_stop(files: &AttemptFiles, kill: bool) -> Result<(), ProcessError> {
    let requested = request(&files.stop(), kill);
    #[cfg(target_os = "linux")]
    super::tree::wake(&files.dir);
    requested
}

/// The same because it has used more than it may: `why` in one line.
pub fn request_budget_stop(files: &AttemptFiles, why: &str) -> Result<(), ProcessError> {
    if read_stop(files).is_some() {
        return Ok(());
    }
    replace(&files.stop(), format!("{BUDGET}{why}\n").as_bytes())
}

/// How the request begins that has a reason behind it.
const BUDGET: &str = "budget: ";

/// Gives the reason of such a request.
pub(super) fn read_budget(files: &AttemptFiles) -> Option<String> {
    let text = read_regular(&files.stop(), 4096).ok()?;
    Some(String::from_utf8_lossy(&text).strip_prefix(BUDGET)?.trim_end().to_owned())
}

/// Asks whoever heeds the file at `path` to end: with grace, or at once if `kill`. A request to kill is not taken back.
pub fn request(path: &Path, kill: bool) -> Result<(), ProcessError> {
    if !kill && read_request(path).is_some() {
        return Ok(());
    }
    replace(path, if kill { b"kill\n" } else { b"stop\n" })
}

/// Tells whether an attempt was asked to end; it may have ended since.
pub fn is_stopping(files: &AttemptFiles) -> bool {
    read_stop(files).is_some()
}

/// Reads the request: whether it is to kill. What stands there but is no word of ours asks with grace.
pub(super) fn read_stop(files: &AttemptFiles) -> Option<bool> {
    read_request(&files.stop())
}

/// The same of any file that [`request`] wrote.
pub(super) fn read_request(path: &Path) -> Option<bool> {
    match read_regular(path, 4096) {
        Ok(text) => Some(text.starts_with(b"kill")),
        Err(ProcessError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => None,
        Err(_) => Some(false),
    }
}

/// Waits until an attempt's supervisor is gone, looking every `poll`, at most until `deadline`. Gives whether it is gone.
pub fn wait_end(files: &AttemptFiles, poll: Duration, deadline: Option<Instant>) -> bool {
    while is_alive(files) {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return false;
        }
        std::thread::sleep(poll);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, AttemptFiles) {
        let dir = tempfile::tempdir().unwrap();
        let files = AttemptFiles { dir: dir.path().to_owned() };
        (dir, files)
    }

    #[test]
    fn life_is_the_lock() {
        let (_dir, files) = files();
        assert!(!is_alive(&files));
        let lock = take_lock(&files, Duration::ZERO).unwrap();
        assert!(is_alive(&files));
        assert!(matches!(take_lock(&files, Duration::ZERO), Err(ProcessError::Supervised { .. })));
        assert!(!wait_end(&files, Duration::from_millis(1), Some(Instant::now())));
        drop(lock);
        assert!(!is_alive(&files) && files.lock().exists());
        assert!(wait_end(&files, Duration::from_millis(1), None));
    }

    /// A shell stands in for our executable; its `$0` is the attempt's directory.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_deleted_executable_still_starts_and_the_lock_goes_with_it() {
        let (dir, files) = files();
        let copy = dir.path().join("copy");
        std::fs::copy("/bin/sh", &copy).unwrap();
        let executable = File::open(&copy).unwrap();
        std::fs::remove_file(&copy).unwrap();
        let supervisor = Supervisor { program: copy, args: Vec::new(), env: Vec::new(), executable };
        let script = "until [ -e \"$0/go\" ]; do :; done; set >\"$0/env\"; pwd >\"$0/cwd\"";
        let mut child = supervisor.with_args(["-c", script]).with_env("ONLY", "this").spawn(&files).unwrap();
        assert!(is_alive(&files) && !child.has_ended());
        std::fs::write(files.dir.join("go"), "").unwrap();
        assert!(wait_end(&files, Duration::from_millis(1), Some(Instant::now() + Duration::from_secs(60))));
        assert_eq!(std::fs::read_to_string(files.dir.join("cwd")).unwrap(), "/\n");
        let env = std::fs::read_to_string(files.dir.join("env")).unwrap();
        assert!(env.contains("ONLY='this'") && !env.contains("HOME="), "{env}");
        assert!(wait_until_ended(&mut child));
    }

    #[cfg(target_os = "linux")]
    fn wait_until_ended(child: &mut SupervisorChild) -> bool {
        let give_up = Instant::now() + Duration::from_secs(60);
        while !child.has_ended() && Instant::now() < give_up {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.has_ended()
    }

    #[test]
    fn a_request_to_kill_stays() {
        let (_dir, files) = files();
        assert!(!is_stopping(&files));
        request_stop(&files, false).unwrap();
        assert_eq!(read_stop(&files), Some(false));
        request_stop(&files, true).unwrap();
        assert_eq!(read_stop(&files), Some(true));
        request_stop(&files, false).unwrap();
        assert_eq!(read_stop(&files), Some(true));
        std::fs::write(files.stop(), "").unwrap();
        assert_eq!(read_stop(&files), Some(false));
    }

    #[test]
    fn what_cannot_be_looked_at_counts_as_alive() {
        let (_dir, files) = files();
        std::fs::create_dir(files.lock()).unwrap();
        assert!(is_alive(&files));
    }
}
