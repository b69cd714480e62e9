//! Directories for what nobody needs once a computation is over: in memory where the system has a place for that, since a merge
//! in memory writes dozens of small objects, which takes a disk longer than the merge takes.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::objects::ObjectStore;
use crate::domain::path::path_bytes;

/// How a directory in memory is named, before the number of its process.
const PREFIX: &str = "windrow-objects-";
/// After this time one whose process is gone is removed.
const LEFT: Duration = Duration::from_secs(600);

/// Where POSIX shared memory lives on Linux: a file system in memory for everyone.
fn memory() -> Option<PathBuf> {
    let dir = Path::new("/dev/shm");
    (cfg!(target_os = "linux") && dir.is_dir()).then(|| dir.to_owned())
}

fn in_memory() -> Option<TempDir> {
    let memory = memory()?;
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let dir = tempfile::Builder::new().prefix(&prefix).tempdir_in(&memory).ok()?;
    // Its own time is the clock of that file system.
    if let Ok(own) = dir.path().metadata() {
        sweep(&memory, &own, Duration::ZERO);
    }
    Some(dir)
}

/// Makes a directory, in memory if possible.
pub(in crate::git) fn dir() -> io::Result<TempDir> {
    in_memory().map_or_else(tempfile::tempdir, Ok)
}

/// Removes what killed processes left: directories that are named as ours are, of the user that made `own` just now, and older than
/// that by long enough; `later` is added to its time.
fn sweep(dir: &Path, own: &Metadata, later: Duration) {
    let Ok(now) = own.modified().map(|made| made + later) else { return };
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok());
        let Some(process) = process.filter(|process: &u32| !Path::new(&format!("/proc/{process}")).exists())
        else {
            continue;
        };
        let Ok(found) = entry.metadata() else { continue };
        if !found.is_dir() || !is_of_one_user(&found, own) {
            continue;
        }
        let age = found.modified().ok().and_then(|made| now.duration_since(made).ok());
        if process != std::process::id() && age.is_some_and(|age| age > LEFT) {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

fn is_of_one_user(one: &Metadata, other: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        one.uid() == other.uid()
    }
    #[cfg(not(unix))]
    {
        let _ = (one, other);
        false
    }
}

/// An object directory in memory that goes with the value, and borrows from another one.
#[derive(Debug)]
pub struct Passing(TempDir);

impl Passing {
    /// Makes one on top of a directory of objects of ours; none where memory cannot be written to as if it were a disk.
    pub fn over(objects: &Path) -> Option<Self> {
        // A line each; only one that begins with `#` or `"` would be read as something else.
        let mut line = path_bytes(objects);
        line.push(b'\n');
        if !objects.is_absolute() || line[..line.len() - 1].contains(&b'\n') {
            return None;
        }
        let dir = in_memory()?;
        let info = dir.path().join("info");
        std::fs::create_dir(&info).and_then(|()| std::fs::write(info.join("alternates"), line)).ok()?;
        Some(Self(dir))
    }

    /// Gives it as a store.
    pub fn store(&self) -> ObjectStore<'_> {
        ObjectStore::Scratch(self.0.path())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn what_is_below_is_seen_and_nothing_is_written_there() {
        let test = TestRepo::with_commit();
        let (repo, head, objects) = (test.repo(), test.rev("HEAD"), test.dir().join("obj ects"));
        let below = ObjectStore::Scratch(&objects);
        let tree = repo.tree_of(head).unwrap();
        let commit = below.synthetic(&repo, tree, &[head]).unwrap();
        let Some(passing) = Passing::over(&objects) else { return };
        let reader = passing.store().reader(&repo).unwrap().unwrap();
        assert_eq!(reader.tree_of(commit).unwrap(), tree);
        let on_top = passing.store().synthetic(&repo, tree, &[commit]).unwrap();
        assert!(passing.store().reader(&repo).unwrap().unwrap().tree_of(on_top).is_ok());
        assert!(below.reader(&repo).unwrap().unwrap().tree_of(on_top).is_err());
        let path = passing.0.path().to_owned();
        drop(passing);
        assert!(!path.exists());
        assert!(Passing::over(Path::new("a\nb")).is_none());
    }

    #[test]
    fn only_what_a_dead_process_left_long_ago_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["windrow-objects-4294967294-a", "windrow-objects-x", "other-4294967294-a"];
        let mine = format!("windrow-objects-{}-a", std::process::id());
        let file = dir.path().join("windrow-objects-4294967293-b");
        std::fs::write(&file, "somebody's").unwrap();
        names.iter().copied().chain([&*mine]).for_each(|name| {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        });
        let own = dir.path().metadata().unwrap();
        sweep(dir.path(), &own, Duration::ZERO);
        assert!(dir.path().join(names[0]).exists());
        sweep(dir.path(), &own, 2 * LEFT);
        let left = |name: &&str| dir.path().join(name).exists();
        assert_eq!(names.iter().map(left).collect::<Vec<_>>(), [false, true, true]);
        assert!(left(&&*mine) && file.exists());
    }
}
