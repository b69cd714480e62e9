//! What there is to know of our own state and of the file system below the worktrees, without changing anything.

use std::path::{Path, PathBuf};

use super::{Store, StoreError, file, lock};
use crate::domain::name::RunId;
use crate::domain::operation::{End, OperationRecord};

/// What the file system of the worktrees can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// The directory that was asked: that of the worktrees, or its nearest parent that exists.
    pub at: PathBuf,
    /// Whether it can be written to.
    pub writable: bool,
    /// Whether it and the repository's state are on one file system; none if the system does not say.
    pub same_as_state: Option<bool>,
    /// Whether it is mounted so that programs on it do not run.
    pub no_exec: bool,
    /// Whether files can share their blocks until one is written to; none if that cannot be tried.
    pub reflink: Option<bool>,
    /// Whether `a` and `A` are one file.
    pub ignores_case: bool,
    /// The bytes that are free for us; none if the system does not say.
    pub free: Option<u64>,
}

/// Sizes of what is ours, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Records, logs and caches in the common dir.
    pub state: u64,
    /// Worktrees that were removed and can be restored.
    pub trash: u64,
}

impl Store {
    /// Asks the file system of the worktrees. Trying whether files can share blocks makes two files that have no name
    /// afterwards.
    pub fn file_system(&self) -> FileSystem {
        let existing = self.layout.worktree_dir.ancestors().find(|dir| dir.is_dir());
        let at = existing.unwrap_or(Path::new("/")).to_owned();
        let state = self.layout.root.ancestors().find(|dir| dir.is_dir()).unwrap_or(Path::new("/"));
        let (no_exec, free) = mount(&at);
        FileSystem {
            writable: self.worktree_dir_is_writable(),
            same_as_state: same_device(&at, state),
            no_exec,
            reflink: reflink(&at),
            ignores_case: ignores_case(&self.layout.root),
            free,
            at,
        }
    }

    /// Measures what is ours.
    pub fn sizes(&self) -> Sizes {
        let admin = self.layout.root.join("trash");
        let trash = self.layout.worktree_dir.join(".windrow/trash");
        Sizes {
            state: size(&self.layout.root).saturating_sub(size(&admin)),
            trash: size(&trash).saturating_add(size(&admin)),
        }
    }

    /// Gives the operations that began and did not end and whose process is gone.
    pub fn unfinished(&self) -> Result<Vec<OperationRecord>, StoreError> {
        let open = self.layout.open_operations();
        let (journal, _) = self.journal()?;
        let gone =
            |record: &OperationRecord| !lock::is_held(&open.join(format!("{}.jsonl", record.id.as_str())));
        let unfinished = journal.into_iter().filter(|entry| entry.end == End::Open);
        Ok(unfinished.map(|entry| entry.record).filter(gone).collect())
    }

    /// Gives the directories of runs that have no record and no dispatcher.
    pub fn orphaned_runs(&self) -> Result<Vec<PathBuf>, StoreError> {
        let runs = file::names(&self.layout.runs())?;
        let orphaned = runs.iter().filter(|name| match name.parse::<RunId>() {
            Ok(id) => {
                !self.layout.run(&id).join("run.json").exists()
                    && !lock::is_held(&self.layout.run(&id).join("lock"))
            }
            Err(_) => true,
        });
        Ok(orphaned.map(|name| self.layout.runs().join(name)).collect())
    }
}

/// Adds up the files at and below a path, links not followed.
fn size(path: &Path) -> u64 {
    let Ok(meta) = path.symlink_metadata() else { return 0 };
    if !meta.is_dir() {
        return meta.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).fold(0, u64::saturating_add)
}

#[cfg(unix)]
fn same_device(a: &Path, b: &Path) -> Option<bool> {
    use std::os::unix::fs::MetadataExt;
    Some(a.metadata().ok()?.dev() == b.metadata().ok()?.dev())
}

#[cfg(not(unix))]
fn same_device(_a: &Path, _b: &Path) -> Option<bool> {
    None
}

/// Tells whether programs do not run there, and how many bytes are free.
#[cfg(unix)]
fn mount(dir: &Path) -> (bool, Option<u64>) {
    let Ok(mount) = rustix::fs::statvfs(dir) else { return (false, None) };
    let no_exec = {
        #[cfg(target_os = "linux")]
        {
            mount.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC)
        }
        #[cfg(not(target_os = "linux"))]
        {
            false
        }
    };
    (no_exec, Some(mount.f_bavail.saturating_mul(mount.f_frsize)))
}

#[cfg(not(unix))]
fn mount(_dir: &Path) -> (bool, Option<u64>) {
    (false, None)
}

/// Tries to share blocks between two files that are removed as soon as they are made.
#[cfg(target_os = "linux")]
fn reflink(dir: &Path) -> Option<bool> {
    use std::io::Write;
    let mut from = tempfile::tempfile_in(dir).ok()?;
    let to = tempfile::tempfile_in(dir).ok()?;
    from.write_all(&[1; 4096]).ok()?;
    Some(rustix::fs::ioctl_ficlone(&to, &from).is_ok())
}

#[cfg(not(target_os = "linux"))]
fn reflink(_dir: &Path) -> Option<bool> {
    None
}

/// Tells whether the common dir's HEAD is found by another case of its name.
fn ignores_case(root: &Path) -> bool {
    root.parent()
        .is_some_and(|common_dir| common_dir.join("HEAD").exists() && common_dir.join("head").exists())
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::*;

    #[test]
    fn a_file_system_is_asked_without_a_trace() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".git")).unwrap();
        let store = Store::new(Layout::new(&dir.path().join(".git"), &dir.path().join("w/deep")));
        let found = store.file_system();
        assert_eq!((found.at.as_path(), found.writable), (dir.path(), true));
        assert!(found.same_as_state != Some(false) && !found.ignores_case || cfg!(target_os = "macos"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn sizes_and_orphans() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(&dir.path().join(".git"), &dir.path().join("w")));
        assert_eq!(store.sizes(), Sizes { state: 0, trash: 0 });
        assert!(store.unfinished().unwrap().is_empty() && store.orphaned_runs().unwrap().is_empty());
        store.ensure().unwrap();
        let state = store.sizes().state;
        let write = |path: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "12345").unwrap();
        };
        write("w/.windrow/trash/x/api/file");
        write(".git/windrow/trash/x/admin/HEAD");
        write(".git/windrow/runs/20260101-000000-0001/plan.toml");
        assert_eq!(store.sizes(), Sizes { state: state + 5, trash: 10 });
        assert_eq!(
            store.orphaned_runs().unwrap(),
            [dir.path().join(".git/windrow/runs/20260101-000000-0001")]
        );
    }
}
