//! Who uses a directory, and what a lost attempt left running.

use std::path::Path;

/// Ends what a lost attempt left running: every process whose environment has `WINDROW_ATTEMPT=<mark>` and what
/// descends from it, never this process or one that it descends from. Gives how many were ended. Where the system
/// does not show environments (everywhere but on Linux) it finds none.
#[cfg(unix)]
pub fn sweep(mark: &str) -> u32 {
    let mut ended = super::tree::Ended::default();
    super::tree::Quarry::of_mark(mark).kill(&mut ended, &mut || {});
    ended.count()
}

/// Ends nothing: this platform does not show environments.
#[cfg(not(unix))]
pub fn sweep(_mark: &str) -> u32 {
    0
}

/// Lists the processes that have their working directory or an open file at or below `dir`, by pid, without this
/// process and those that it descends from. Processes that may not be looked at are not among them. Everywhere but on
/// Linux it finds none.
#[cfg(target_os = "linux")]
pub fn using(dir: &Path) -> Vec<u32> {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let all = super::tree::list();
    let spared = super::tree::lineage(&all);
    let others = all.iter().filter(|process| !spared.contains(&process.pid));
    let mut pids: Vec<u32> =
        others.map(|process| process.pid.unsigned_abs()).filter(|pid| uses(*pid, &dir)).collect();
    pids.sort_unstable();
    pids
}

#[cfg(target_os = "linux")]
fn uses(pid: u32, dir: &Path) -> bool {
    let inside = |link: &Path| link.read_link().is_ok_and(|target| target.starts_with(dir));
    let proc = Path::new("/proc").join(pid.to_string());
    inside(&proc.join("cwd"))
        || std::fs::read_dir(proc.join("fd")).is_ok_and(|fds| fds.flatten().any(|fd| inside(&fd.path())))
}

/// Finds none: this platform does not show what processes use.
#[cfg(not(target_os = "linux"))]
pub fn using(_dir: &Path) -> Vec<u32> {
    Vec::new()
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
        let mut expected = [children[0].id(), children[1].id()];
        expected.sort_unstable();
        let found = using(&inside);
        children.iter_mut().for_each(|child| child.kill().unwrap());
        assert!(children.iter_mut().all(|child| !child.wait().unwrap().success()));
        assert_eq!(found, expected);
        assert!(using(&inside).is_empty());
    }

    #[test]
    fn a_sweep_ends_marked_processes_and_nothing_else() {
        let mark = format!("sweep-test-{}", std::process::id());
        let sleep =
            |value: &str| Command::new("/bin/sleep").arg("60").env("WINDROW_ATTEMPT", value).spawn().unwrap();
        let (mut marked, mut other) = (sleep(&mark), sleep(&format!("{mark}0")));
        assert_eq!(sweep(&mark), 1);
        assert!(!marked.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(sweep(&mark), 0);
    }
}
