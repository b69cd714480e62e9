//! The supervisor of one attempt, `windrow __shim DIR`: runs the agent and then its check, ends them in time and with
//! all that they started, and writes down what it saw. It never touches the repository.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::bound::Bound;
use super::claim::Claim;
use super::error::ProcessError;
use super::program::find_program;
use super::record::{read_launch, write_exit};
use super::signal::{Interrupt, Level};
use super::supervisor::{read_budget, read_stop};
use super::tree::{Ended, Quarry};
use super::wait::{Bell, reap};
use crate::domain::attempt::{ATTEMPT_FORMAT, AttemptFiles, EndedBy, Exit, ExitRecord, Launch};

/// How often the clock and the requests are looked at while an agent works.
const POLL: Duration = Duration::from_millis(100);
/// How often the processes are listed while they are ending.
const ENDING_POLL: Duration = Duration::from_millis(20);
/// What still ends by itself this long after the agent did was not left behind.
const SETTLE: Duration = Duration::from_millis(200);
/// The most grace for what an agent left behind.
const LEFTOVER_GRACE: Duration = Duration::from_secs(2);
/// How long a result that cannot be written is tried.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// What a shell says of a program that it cannot find or start.
const NOT_STARTED: Exit = Exit::Code(127);

/// Runs the attempt in `dir`, an [`AttemptFiles`] directory with `launch.json`, to its end and writes `exit.json`. Gives
/// the exit status of the supervisor itself: 0 if the result is written, 1 if the attempt has another supervisor or has
/// ended, 70 if the result could not be written. Has to be called by a process that does nothing else: it becomes the
/// leader of a session and the parent of orphans, and reaps all children.
pub fn shim_main(dir: &Path) -> u8 {
    match supervise(AttemptFiles { dir: dir.to_owned() }) {
        Ok(()) => 0,
        Err(ProcessError::Supervised { .. } | ProcessError::Ended { .. }) => 1,
        Err(_) => 70,
    }
}

fn supervise(files: AttemptFiles) -> Result<(), ProcessError> {
    let mut claim = Claim::hold(files)?;
    if claim.files.exit().exists() {
        return Err(ProcessError::Ended { dir: claim.files.dir });
    }
    detach()?;
    let interrupt = Interrupt::install()?;
    let record = match read_launch(&claim.files) {
        Ok(launch) => Attempt::new(&mut claim, &launch, interrupt).run(),
        Err(error) => not_started(error.in_one_line(), Instant::now()),
    };
    write_result(&mut claim, &record)
}

/// Writes the result, and tries for a while where that fails: a full disk must not turn success into loss at once.
fn write_result(claim: &mut Claim, record: &ExitRecord) -> Result<(), ProcessError> {
    let give_up = Instant::now() + WRITE_PATIENCE;
    loop {
        let is_known = claim.uphold();
        match write_exit(&claim.files, record) {
            Err(_) if is_known && Instant::now() < give_up => std::thread::sleep(POLL),
            written => return written,
        }
    }
}

/// Leaves the terminal's session and becomes the parent of every orphan among its descendants.
fn detach() -> Result<(), ProcessError> {
    use rustix::process::{getpgid, getppid, setpgid, setsid};
    // A ^C that arrives while we are back in our parent's group is not for us.
    let ignored = std::sync::Arc::default();
    signal_hook::flag::register(signal_hook::consts::SIGINT, ignored)
        .map_err(|source| ProcessError::Signals { source })?;
    if setsid().is_err() {
        // The leader of a group cannot begin a session (setsid(2)), and we were started as one.
        let group = getppid().and_then(|parent| getpgid(Some(parent)).ok());
        if group.is_some_and(|group| setpgid(None, Some(group)).is_ok()) {
            let _ = setsid();
        }
    }
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        // Started through a handle, the kernel's short name for us is that handle's number.
        let _ = std::fs::write("/proc/self/comm", "windrow");
    }
    Ok(())
}

/// Reads the wall clock, for display only: every duration is measured.
fn wall_now() -> jiff::Timestamp {
    jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn not_started(why: String, clock: Instant) -> ExitRecord {
    ExitRecord {
        format: ATTEMPT_FORMAT,
        exit: None,
        spawn_error: Some(why),
        ended_by: EndedBy::NotStarted,
        check: None,
        silence_ms: None,
        budget: None,
        left_behind: 0,
        survivors: Vec::new(),
        started: wall_now(),
        elapsed_ms: milliseconds(clock),
    }
}

fn milliseconds(clock: Instant) -> u64 {
    u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// One attempt at work.
struct Attempt<'a> {
    claim: &'a mut Claim,
    launch: &'a Launch,
    interrupt: Interrupt,
    bell: Bell,
    quarry: Quarry,
    clock: Instant,
    deadline: Option<Instant>,
    /// The program that is followed, and how it ended.
    current: Option<(Pid, Option<Exit>)>,
    left_behind: Ended,
    silence: Option<Silence>,
    log: Option<Bound>,
    /// Whether nobody can ask for it any more.
    forgotten: bool,
    /// What could not be ended.
    survivors: Vec<i32>,
}

/// A limit on how long a log stays as it is.
struct Silence {
    limit: Duration,
    size: u64,
    since: Instant,
}

impl Silence {
    fn of(launch: &Launch, now: Instant) -> Option<Self> {
        let limit = Duration::from_millis(launch.silence_ms?);
        Some(Self { limit, size: size(&launch.log), since: now })
    }

    /// Looks at the log, and tells whether it has been as it is for too long.
    fn is_over(&mut self, log: &Path) -> bool {
        let size = size(log);
        if size != self.size {
            (self.size, self.since) = (size, Instant::now());
        }
        self.since.elapsed() >= self.limit
    }
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |meta| meta.len())
}

impl<'a> Attempt<'a> {
    fn new(claim: &'a mut Claim, launch: &'a Launch, interrupt: Interrupt) -> Self {
        let clock = Instant::now();
        let limit = launch.timeout_ms.map(Duration::from_millis);
        Self {
            quarry: Quarry::of_this_process(&launch.key.to_string()),
            bell: Bell::new(),
            deadline: limit.and_then(|limit| clock.checked_add(limit)),
            current: None,
            left_behind: Ended::default(),
            silence: Silence::of(launch, clock),
            log: None,
            forgotten: false,
            survivors: Vec::new(),
            claim,
            launch,
            interrupt,
            clock,
        }
    }

    fn run(mut self) -> ExitRecord {
        let started = wall_now();
        if let Err(error) = self.start(&self.launch.argv, self.launch.stdin.as_deref()) {
            return not_started(error.in_one_line(), self.clock);
        }
        let mut record = ExitRecord {
            ended_by: self.follow(),
            exit: self.exit(),
            spawn_error: None,
            ..not_started(String::new(), self.clock)
        };
        if let Some(check) = &self.launch.check
            && (record.ended_by, record.exit) == (EndedBy::Itself, Some(Exit::Code(0)))
        {
            match self.asked() {
                Level::None => self.check(check, &mut record),
                Level::Stop | Level::Kill => record.ended_by = EndedBy::Stop,
            }
        }
        ExitRecord {
            started,
            silence_ms: self.launch.silence_ms.filter(|_| record.ended_by == EndedBy::Silence),
            budget: read_budget(&self.claim.files).filter(|_| record.ended_by == EndedBy::Budget),
            left_behind: self.left_behind.count(),
            survivors: self.survivors,
            elapsed_ms: milliseconds(self.clock),
            ..record
        }
    }

    fn check(&mut self, argv: &[String], record: &mut ExitRecord) {
        self.silence = None;
        match self.start(argv, None) {
            Ok(()) => {
                record.ended_by = self.follow();
                record.check = self.exit();
            }
            Err(error) => {
                record.check = Some(NOT_STARTED);
                record.spawn_error = Some(format!("check: {}", error.in_one_line()));
            }
        }
    }

    /// Starts a program in the worktree with the attempt's environment and log.
    fn start(&mut self, argv: &[String], stdin: Option<&Path>) -> Result<(), ProcessError> {
        let (name, args) = argv.split_first().ok_or(ProcessError::NoProgram)?;
        if !self.launch.cwd.is_dir() {
            let source = std::io::ErrorKind::NotADirectory.into();
            return Err(ProcessError::io("open", &self.launch.cwd)(source));
        }
        let program = self.locate(name)?;
        let mut command = self.command(&program, stdin)?;
        command.arg0(name).args(args);
        let mut spawned = command.spawn();
        if let Err(error) = &spawned
            && error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error())
        {
            // A script without an interpreter line is the shell's, as for a shell and for git.
            let mut shell = self.command(Path::new("/bin/sh"), stdin)?;
            spawned = shell.arg(&program).args(args).spawn();
        }
        let child = spawned.map_err(|source| ProcessError::Program { program: name.clone(), source })?;
        self.quarry.group = i32::try_from(child.id()).ok();
        self.current = Some((Pid::from_child(&child), None));
        Ok(())
    }

    fn locate(&self, name: &str) -> Result<PathBuf, ProcessError> {
        if name.contains('/') {
            return Ok(self.launch.cwd.join(name));
        }
        let path_var = self.launch.env.get("PATH").map_or("", String::as_str);
        find_program(name, path_var).ok_or_else(|| ProcessError::NotOnPath { program: name.to_owned() })
    }

    fn command(&mut self, program: &Path, stdin: Option<&Path>) -> Result<Command, ProcessError> {
        let stdin = match stdin {
            Some(path) => Stdio::from(File::open(path).map_err(ProcessError::io("open", path))?),
            None => Stdio::null(),
        };
        let log_path = &self.launch.log;
        let mut options = File::options();
        options.append(true).create(true).mode(0o600);
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let log = options.open(log_path).map_err(ProcessError::io("open", log_path))?;
        let second = log.try_clone().map_err(ProcessError::io("open", log_path))?;
        self.log = log.try_clone().ok().map(Bound::new);
        let mut command = Command::new(program);
        command.current_dir(&self.launch.cwd).env_clear().envs(&self.launch.env);
        // A group of its own, so that a `kill 0` in it does not reach us.
        command.stdin(stdin).stdout(log).stderr(second).process_group(0);
        Ok(command)
    }

    /// Waits for the program's end, or ends it and everything else when its time is over or somebody asks.
    fn follow(&mut self) -> EndedBy {
        loop {
            self.reap();
            self.forgotten = !self.claim.uphold();
            self.log.iter_mut().for_each(Bound::keep);
            if self.exit().is_some() {
                self.end_leftovers();
                return EndedBy::Itself;
            }
            let asked = self.asked();
            if asked > Level::None {
                // What comes meanwhile is another's wish.
                let budget = read_budget(&self.claim.files).is_some();
                self.end(self.grace());
                return if budget { EndedBy::Budget } else { EndedBy::Stop };
            }
            let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                self.end(self.grace());
                return EndedBy::Timeout;
            }
            if self.silence.as_mut().is_some_and(|silence| silence.is_over(&self.launch.log)) {
                self.end(self.grace());
                return EndedBy::Silence;
            }
            self.bell.wait(left.unwrap_or(POLL).min(POLL));
        }
    }

    fn grace(&self) -> Duration {
        Duration::from_millis(self.launch.grace_ms)
    }

    fn exit(&self) -> Option<Exit> {
        self.current.and_then(|(_, exit)| exit)
    }

    fn reap(&mut self) {
        for (pid, exit) in reap() {
            if let Some((current, seen)) = &mut self.current
                && *current == pid
                && seen.is_none()
            {
                *seen = Some(exit);
            }
        }
    }

    /// Tells how urgently somebody asks for the end, by the `stop` file or by a signal to us.
    fn asked(&self) -> Level {
        let by_file = match read_stop(&self.claim.files) {
            None if self.forgotten => Level::Stop,
            None => Level::None,
            Some(false) => Level::Stop,
            Some(true) => Level::Kill,
        };
        by_file.max(self.interrupt.level())
    }

    /// Ends everything: asks, gives it time unless somebody wants it killed, kills what is left.
    fn end(&mut self, grace: Duration) -> Ended {
        let mut ended = Ended::default();
        if self.asked() < Level::Kill {
            self.quarry.terminate(&mut ended);
            self.wait_until_gone(grace);
        }
        let quarry = self.quarry.clone();
        if !quarry.kill(&mut ended, &mut || self.reap()) {
            self.survivors = quarry.alive().iter().map(|process| process.pid).collect();
        }
        self.reap();
        ended
    }

    /// Ends what the program left behind and counts it.
    fn end_leftovers(&mut self) {
        if !self.wait_until_gone(SETTLE) {
            let ended = self.end(self.grace().min(LEFTOVER_GRACE));
            self.left_behind.merge(ended);
        }
    }

    /// Waits for at most `limit`, and not when somebody wants everything killed. Gives whether nothing is left.
    fn wait_until_gone(&mut self, limit: Duration) -> bool {
        let give_up = Instant::now().checked_add(limit);
        loop {
            self.reap();
            self.log.iter_mut().for_each(Bound::keep);
            if self.quarry.is_gone() {
                return true;
            }
            if give_up.is_some_and(|give_up| Instant::now() >= give_up) || self.asked() == Level::Kill {
                return false;
            }
            self.bell.wait(ENDING_POLL);
        }
    }
}

#[cfg(test)]
mod tests;
