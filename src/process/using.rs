//! Who uses a directory, and what a lost attempt left running.

use std::path::Path;

/// Ends what a lost attempt left running: every process whose environment has `WINDROW_ATTEMPT=<mark>` or that writes to
/// its log, and what descends from these, never this process or one that it descends from. Gives how many were ended. Where
/// the system does not show environments (everywhere but on Linux) it finds none.
#[cfg(unix)]
pub fn sweep(mark: &str, log: &Path) -> u32 {
    let mut ended = super::tree::Ended::default();
    super::tree::Quarry::of_mark(mark).writing_to(log).kill(&mut ended, &mut || {});
    ended.count()
}

/// Ends nothing: this platform does not show environments.
#[cfg(not(unix))]
pub fn sweep(_mark: &str, _log: &Path) -> u32 {
    0
}

/// How often what was found is looked at again, and after how long: a quarter of a second in all.
#[cfg(target_os = "linux")]
const LOOKS: u32 = 5;
#[cfg(target_os = "linux")]
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(50);

/// Lists the processes that have their working directory or an open file at or below each of the directories, by pid,
/// without this process and those that it descends from. Processes that may not be looked at are not among them.
/// Everywhere but on Linux it finds none.
///
/// One that is gone a moment later is none: somebody's `git status`, or a prompt that draws itself.
#[cfg(target_os = "linux")]
pub fn using(dirs: &[&Path]) -> Vec<Vec<u32>> {
    let mut found = looked_at(dirs);
    for _ in 0..LOOKS {
        if found.iter().all(Vec::is_empty) {
            break;
        }
        std::thread::sleep(BETWEEN_LOOKS);
        let still = looked_at(dirs);
        for (pids, still) in found.iter_mut().zip(&still) {
            pids.retain(|pid| still.contains(pid));
        }
    }
    found
}

#[cfg(target_os = "linux")]
fn looked_at(dirs: &[&Path]) -> Vec<Vec<u32>> {
    let real = |dir: &&Path| dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let real: Vec<_> = dirs.iter().map(real).collect();
    let mut found = vec![Vec::new(); dirs.len()];
    if dirs.is_empty() {
        return found;
    }
    let all = super::tree::list();
    let spared = super::tree::own_line();
    for process in all.iter().filter(|process| !spared.contains(&process.pid)) {
        let pid = process.pid.unsigned_abs();
        let used = used_by(pid);
        for (pids, dir) in found.iter_mut().zip(&real) {
            if used.iter().any(|path| path.starts_with(dir)) {
                pids.push(pid);
            }
        }
    }
    found.iter_mut().for_each(|pids| pids.sort_unstable());
    found
}

/// Gives the working directory and the open files of a process, as far as they may be seen.
#[cfg(target_os = "linux")]
fn used_by(pid: u32) -> Vec<std::path::PathBuf> {
    let proc = Path::new("/proc").join(pid.to_string());
    let fds = std::fs::read_dir(proc.join("fd")).into_iter().flatten().flatten().map(|fd| fd.path());
    std::iter::once(proc.join("cwd")).chain(fds).filter_map(|link| link.read_link().ok()).collect()
}

/// Finds none: this platform does not show what processes use.
#[cfg(not(target_os = "linux"))]
pub fn using(dirs: &[&Path]) -> Vec<Vec<u32>> {
    vec![Vec::new(); dirs.len()]
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_working_directory_and_an_open_file_are_use() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, beside) = (dir.path().join("w"), dir.path().join("wx"));
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::create_dir_all(&beside).unwrap();
        let sleep = |cwd: &Path, stdin: Stdio| {
            Command::new("/bin/sleep").arg("60").current_dir(cwd).stdin(stdin).spawn().unwrap()
        };
        std::fs::write(inside.join("file"), "").unwrap();
        let file = || Stdio::from(std::fs::File::open(inside.join("file")).unwrap());
        let mut children =
            [sleep(&inside, Stdio::null()), sleep(Path::new("/"), file()), sleep(&beside, Stdio::null())];
        let mut expected = vec![children[0].id(), children[1].id()];
        expected.sort_unstable();
        let other = vec![children[2].id()];
        let found = using(&[&beside, &inside]);
        children.iter_mut().for_each(|child| child.kill().unwrap());
        assert!(children.iter_mut().all(|child| !child.wait().unwrap().success()));
        assert_eq!(found, [other, expected]);
        assert_eq!(using(&[&inside]), [Vec::<u32>::new()]);
    }

    #[test]
    fn a_sweep_ends_marked_processes_and_nothing_else() {
        let mark = format!("sweep-test-{}", std::process::id());
        let sleep =
            |value: &str| Command::new("/bin/sleep").arg("60").env("WINDROW_ATTEMPT", value).spawn().unwrap();
        let (mut marked, mut other) = (sleep(&mark), sleep(&format!("{mark}0")));
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let writes = std::fs::File::options().append(true).create(true).open(&log).unwrap();
        let sleeping = |stdout: Stdio| Command::new("/bin/sleep").arg("60").stdout(stdout).spawn().unwrap();
        let mut writer = sleeping(writes.into());
        let reads = Stdio::from(std::fs::File::open(&log).unwrap());
        let mut reader = Command::new("/bin/sleep").arg("60").stdin(reads).spawn().unwrap();
        assert_eq!(sweep(&mark, &log), 2);
        assert!(!writer.wait().unwrap().success());
        assert!(reader.try_wait().unwrap().is_none());
        reader.kill().unwrap();
        reader.wait().unwrap();
        assert!(!marked.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(sweep(&mark, &log), 0);
    }
}
