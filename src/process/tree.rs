//! Process trees: who descends from whom, and the end of all of them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// How long a tree that cannot be killed (processes of another user, stuck in the kernel) is tried.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// How often a tree is looked at again until nothing in it moves.
const FREEZE_ROUNDS: u32 = 50;
/// How many lists have to show nothing. Processes are listed one by one: one that gives way to its child meanwhile is missed.
const LOOKS: u32 = 5;

/// One process as the system lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: i32,
    parent: i32,
    group: i32,
    /// When it began, in a unit of the system's; with the pid it names a process once and for all.
    start: u64,
    stopped: bool,
    /// It has ended and only its parent's notice is missing.
    dead: bool,
}

/// Which processes belong to an attempt.
#[derive(Debug, Clone)]
pub(super) struct Quarry {
    /// Everything that descends from it, itself not.
    root: Option<i32>,
    /// Everything whose environment has this entry, and what descends from it.
    mark: String,
    /// Everything in this process group, where orphans go to another parent than the root.
    pub(super) group: Option<i32>,
    /// Everything that has this file open to write to it, and what descends from it.
    log: Option<PathBuf>,
}

impl Quarry {
    /// Takes what descends from this process or carries the mark of an attempt, [`crate::domain::attempt::AttemptKey`]
    /// as text.
    pub(super) fn of_this_process(mark: &str) -> Self {
        Self { root: Some(own_pid()), ..Self::of_mark(mark) }
    }

    /// Takes what carries the mark of an attempt, and what descends from that.
    pub(super) fn of_mark(mark: &str) -> Self {
        Self { root: None, mark: format!("WINDROW_ATTEMPT={mark}"), group: None, log: None }
    }

    /// Takes what writes to a log too: an agent may have done away with its environment.
    pub(super) fn writing_to(self, log: &Path) -> Self {
        Self { log: Some(log.to_owned()), ..self }
    }

    /// Takes what has a variable with this value in its environment, and what descends from a process or from those.
    pub(super) fn of_variable(name: &str, value: &str, root: u32) -> Self {
        Self { root: i32::try_from(root).ok(), mark: format!("{name}={value}"), ..Self::of_mark("") }
    }

    /// Takes no longer what descends from its root: that has ended, and another process may have got its number.
    pub(super) fn without_root(&mut self) {
        self.root = None;
    }

    /// Lists those of it that live. Neither this process nor one that it descends from is ever among them.
    pub(super) fn alive(&self) -> Vec<Process> {
        self.look(&mut |_| {})
    }

    /// The same; what shows by itself that it belongs to it is given at sight, before others are looked at.
    fn look(&self, at_sight: &mut dyn FnMut(&Process)) -> Vec<Process> {
        let spared = own_line();
        let (mut all, mut heads) = (Vec::new(), Vec::new());
        each(&mut |process| {
            if !spared.contains(&process.pid) && self.shows(&process) {
                if !process.dead {
                    at_sight(&process);
                }
                heads.push(process);
            }
            all.push(process);
        });
        let mut children: HashMap<i32, Vec<&Process>> = HashMap::new();
        for process in &all {
            children.entry(process.parent).or_default().push(process);
        }
        let mut found: Vec<Process> = Vec::new();
        let mut seen: HashSet<i32> = HashSet::new();
        let mut open: Vec<&Process> = heads.iter().collect();
        while let Some(process) = open.pop() {
            if spared.contains(&process.pid) || !seen.insert(process.pid) {
                continue;
            }
            found.push(*process);
            open.extend(children.get(&process.pid).into_iter().flatten());
        }
        found.retain(|process| !process.dead);
        found
    }

    /// Tells whether a process belongs to it by what it is itself: orphans are children of the root.
    fn shows(&self, process: &Process) -> bool {
        self.root == Some(process.parent)
            || (self.group == Some(process.group) && !cfg!(target_os = "linux"))
            || has_mark(process.pid, self.mark.as_bytes())
            || self.log.as_deref().is_some_and(|log| writes_to(process.pid, log))
    }

    /// Tells whether nothing of it lives. What has ended must have been reaped.
    pub(super) fn is_gone(&self) -> bool {
        #[cfg(target_os = "linux")]
        if self.root.is_some() {
            // What descends from us has a child of ours among its forebears: the kernel knows, where a list may be wrong.
            return !super::wait::has_children() && self.alive().is_empty();
        }
        (0..LOOKS).all(|look| {
            std::thread::sleep(Duration::from_millis(u64::from(look)));
            self.alive().is_empty()
        })
    }

    /// Asks all of it to end. One that is stopped is let go on, so that it can.
    pub(super) fn terminate(&self, ended: &mut Ended) {
        for process in self.alive() {
            ended.add(&process);
            process.send(Signal::TERM);
            process.send(Signal::CONT);
        }
    }

    /// Kills all of it: stopped first, so that nothing is born while it is listed. `between` is called after each round
    /// and has to reap. Gives whether nothing is left.
    pub(super) fn kill(&self, ended: &mut Ended, between: &mut dyn FnMut()) -> bool {
        let give_up = Instant::now() + KILL_LIMIT;
        for process in &self.freeze() {
            ended.add(process);
            process.send(Signal::KILL);
        }
        between();
        let spared = own_groups();
        while !self.is_gone() {
            if Instant::now() > give_up {
                return false;
            }
            // A process that gives way to its child is gone before a list is made: at sight, and with its whole group, of which the
            // system lets none have a child meanwhile.
            let left = self.look(&mut |process| process.kill_with_group(&spared));
            left.iter().for_each(|process| ended.add(process));
            left.iter().for_each(|process| process.send(Signal::KILL));
            between();
        }
        true
    }

    /// Stops all of it until a list shows nothing new and nothing that moves.
    fn freeze(&self) -> Vec<Process> {
        let mut known: HashSet<(i32, u64)> = HashSet::new();
        let mut alive = Vec::new();
        for _ in 0..FREEZE_ROUNDS {
            let mut stop = |process: &Process| {
                if !process.stopped {
                    process.send(Signal::STOP);
                }
            };
            alive = self.look(&mut stop);
            alive.iter().for_each(&mut stop);
            let new = alive.iter().filter(|process| known.insert((process.pid, process.start))).count();
            if new == 0 && alive.iter().all(|process| process.stopped) {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        alive
    }
}

/// Gives the groups of this process and of those that it descends from.
fn own_groups() -> HashSet<i32> {
    let line = own_line();
    list().iter().filter(|process| line.contains(&process.pid)).map(|process| process.group).collect()
}

/// The processes that were told to end, each counted once.
#[derive(Debug, Default)]
pub(super) struct Ended(HashSet<(i32, u64)>);

impl Ended {
    fn add(&mut self, process: &Process) {
        self.0.insert((process.pid, process.start));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

pub(super) fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_pid()
}

/// Gives this process and all that it descends from.
#[cfg(target_os = "linux")]
pub(super) fn own_line() -> HashSet<i32> {
    let mut line = HashSet::new();
    let mut pid = own_pid();
    while pid > 0 && line.insert(pid) {
        pid = read_process(pid).map_or(0, |process| process.parent);
    }
    line
}

/// Gives this process and all that it descends from.
#[cfg(not(target_os = "linux"))]
pub(super) fn own_line() -> HashSet<i32> {
    let all = list();
    let mut line = HashSet::new();
    let mut pid = own_pid();
    while pid > 0 && line.insert(pid) {
        pid = all.iter().find(|process| process.pid == pid).map_or(0, |process| process.parent);
    }
    line
}

/// Lists all processes.
pub(super) fn list() -> Vec<Process> {
    let mut all = Vec::new();
    each(&mut |process| all.push(process));
    all
}

impl Process {
    /// Kills it and its group, unless that is spared. It has just been listed.
    fn kill_with_group(&self, spared: &HashSet<i32>) {
        let group = Pid::from_raw(self.group).filter(|_| self.group > 1 && !spared.contains(&self.group));
        if let Some(group) = group {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        self.send(Signal::KILL);
    }

    /// Sends it a signal, and never to another process that has got its pid meanwhile.
    #[cfg(target_os = "linux")]
    fn send(&self, signal: Signal) {
        use rustix::process::{PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};
        let Some(pid) = Pid::from_raw(self.pid) else { return };
        let handle = pidfd_open(pid, PidfdFlags::empty());
        if read_process(self.pid).is_none_or(|now| now.start != self.start) {
            return;
        }
        // One that has ended, or another user's, cannot be told: the next list shows whether it is still there.
        let _ = match handle {
            Ok(handle) => pidfd_send_signal(handle, signal),
            Err(_) => kill_process(pid, signal),
        };
    }

    #[cfg(not(target_os = "linux"))]
    fn send(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

/// Gives all processes, the newest first: those do not stay for long.
#[cfg(target_os = "linux")]
fn each(take: &mut dyn FnMut(Process)) {
    let Ok(entries) = std::fs::read_dir("/proc") else { return };
    let mut pids: Vec<i32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    let newest = last_pid();
    pids.sort_unstable_by_key(|pid| newest.wrapping_sub(*pid).cast_unsigned());
    pids.into_iter().filter_map(read_process).for_each(take);
}

/// Gives the pid that the system gave away last; they begin anew when there are no higher ones.
#[cfg(target_os = "linux")]
fn last_pid() -> i32 {
    let line = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    line.split_whitespace().next_back().and_then(|pid| pid.parse().ok()).unwrap_or(i32::MAX)
}

#[cfg(target_os = "linux")]
fn read_process(pid: i32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(pid, &stat)
}

/// Reads a line of `/proc/PID/stat` (proc(5)): the name in parentheses may hold anything, parentheses too.
#[cfg(target_os = "linux")]
fn parse_stat(pid: i32, stat: &[u8]) -> Option<Process> {
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(&stat[end_of_name + 1..]).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let state = *fields.first()?;
    let number = |i: usize| fields.get(i).and_then(|field| field.parse::<u64>().ok());
    // A process whose first thread has ended is shown as a zombie, though its other threads work on.
    let threads = number(17)?;
    let zombie = matches!(state, "Z" | "X");
    Some(Process {
        pid,
        parent: i32::try_from(number(1)?).ok()?,
        group: fields.get(2)?.parse().ok()?,
        start: number(19)?,
        stopped: matches!(state, "T" | "t") || zombie,
        dead: zombie && threads <= 1,
    })
}

#[cfg(target_os = "linux")]
fn has_mark(pid: i32, mark: &[u8]) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ"));
    environment.is_ok_and(|bytes| bytes.split(|&byte| byte == 0).any(|entry| entry == mark))
}

/// Tells whether a process has a file open to write to it. A reader of a log is not its writer.
#[cfg(target_os = "linux")]
fn writes_to(pid: i32, path: &Path) -> bool {
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let mut its = fds.filter(|fd| fd.path().read_link().is_ok_and(|target| target == path));
    its.any(|fd| {
        let info = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{}", fd.file_name().display()));
        let info = info.unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        // The last digit holds the access mode: 0 is to read.
        flags.is_some_and(|flags| !flags.ends_with(['0', '4']))
    })
}

/// Lets a supervisor go on that somebody stopped, or is about to: a process whose last argument is the attempt's directory.
#[cfg(target_os = "linux")]
pub(super) fn wake(dir: &Path) {
    use std::os::unix::ffi::OsStrExt;
    let is_its = |process: &Process| {
        let line = std::fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
        line.strip_suffix(b"\0").and_then(|line| line.rsplit(|byte| *byte == 0).next())
            == Some(dir.as_os_str().as_bytes())
    };
    list().iter().filter(|process| is_its(process)).for_each(|process| process.send(Signal::CONT));
}

#[cfg(not(target_os = "linux"))]
fn writes_to(_pid: i32, _path: &Path) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn each(take: &mut dyn FnMut(Process)) {
    use std::process::{Command, Stdio};
    let mut ps = Command::new("/bin/ps");
    ps.args(["-A", "-o", "pid=", "-o", "ppid=", "-o", "pgid=", "-o", "stat="]);
    let Ok(child) = ps.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
        return;
    };
    let own = i32::try_from(child.id()).ok();
    let Ok(output) = child.wait_with_output() else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    // The lister is our child and gone by now.
    text.lines().filter_map(parse_ps).filter(|process| Some(process.pid) != own).for_each(take);
}

#[cfg(not(target_os = "linux"))]
fn parse_ps(line: &str) -> Option<Process> {
    let mut fields = line.split_ascii_whitespace();
    let mut number = || fields.next()?.parse::<i32>().ok();
    let (pid, parent, group) = (number()?, number()?, number()?);
    let state = fields.next()?;
    Some(Process {
        pid,
        parent,
        group,
        start: 0,
        stopped: state.starts_with('T'),
        dead: state.starts_with('Z'),
    })
}

#[cfg(not(target_os = "linux"))]
fn has_mark(_pid: i32, _mark: &[u8]) -> bool {
    false
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_confuse_the_list() {
        let stat = b"12 (a) R 1 (b\xff) T 7 12 9 0 -1 4194304 100 0 0 0 1 1 0 0 20 0 3 0 4711 0 0";
        let process = parse_stat(12, stat).unwrap();
        assert_eq!((process.parent, process.group, process.start), (7, 12, 4711));
        assert!(process.stopped && !process.dead);
        let zombie = |threads| {
            format!("12 (x) Z 7 12 9 0 -1 0 0 0 0 0 1 1 0 0 20 0 {threads} 0 4711 0 0").into_bytes()
        };
        assert!(parse_stat(12, &zombie(1)).unwrap().dead);
        assert!(!parse_stat(12, &zombie(2)).unwrap().dead);
        assert_eq!(parse_stat(12, b"12 (x"), None);
        assert_eq!(parse_stat(12, b""), None);
    }

    #[test]
    fn the_lineage_is_spared_and_a_reused_pid_is_not_hit() {
        let line = own_line();
        assert!(line.contains(&own_pid()) && line.len() > 1);
        let mut child = std::process::Command::new("/bin/sleep").arg("60").spawn().unwrap();
        let process = read_process(i32::try_from(child.id()).unwrap()).unwrap();
        Process { start: process.start + 1, ..process }.send(Signal::KILL);
        assert!(child.try_wait().unwrap().is_none());
        process.send(Signal::KILL);
        assert!(!child.wait().unwrap().success());
    }
}
