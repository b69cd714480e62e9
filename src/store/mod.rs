//! Everything of ours on disk (DESIGN §5): its layout, and how each file is written and read.
//!
//! Truth order: git, then the journal, then the attempt directories, then `tasks/<id>.json`. Whatever cannot be made
//! again is replaced atomically; directories are 0700 and files 0600.

pub mod approvals;
pub mod deliver;
pub mod erase;
pub mod facts;
pub mod file;
pub mod forecasts;
pub mod gates;
pub mod journal;
pub mod lock;
pub mod reviews;
pub mod runs;
pub mod tasks;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::attempt::{AttemptFiles, AttemptKey};
use crate::domain::copies::Left;
use crate::domain::name::{OperationId, RunId, TaskId};
use crate::domain::path::show;
use crate::domain::place::WorktreePlace;

/// The version of the layout. A higher one is read as far as it is understood, and never written.
pub const VERSION: u32 = 1;

/// A failure of `store`: facts only.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system.
    #[error("cannot {operation} {}: {source}", show(path))]
    Io {
        /// The verb.
        operation: &'static str,
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that does not hold what it should.
    #[error("{} is damaged: {what}", show(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// State of a newer Windrow.
    #[error("{} was written by a newer windrow (format {found}, this one knows {VERSION})", show(path))]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// A file system whose locks keep nobody out.
    #[error("locks do nothing on the file system of {}", show(path))]
    UselessLocks {
        /// A file on it.
        path: PathBuf,
    },
    /// A lock that another process holds.
    #[error("{} is held by another windrow", show(path))]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
}

impl StoreError {
    /// Names a path of the file system.
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }
}

/// Every path of ours, in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
    worktree_dir: PathBuf,
    /// Where what only looking leaves goes: objects and files that nobody needs afterwards.
    passing: PathBuf,
}

impl Layout {
    /// Takes the common dir and the directory of worktrees, both absolute.
    pub fn new(common_dir: &Path, worktree_dir: &Path) -> Self {
        let root = common_dir.join("windrow");
        Self { passing: root.join("cache"), root, worktree_dir: worktree_dir.to_owned() }
    }

    /// `<common-dir>/windrow`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of worktrees.
    pub fn worktree_dir(&self) -> &Path {
        &self.worktree_dir
    }

    /// Where a task's worktree goes.
    pub fn worktree(&self, task: &TaskId) -> PathBuf {
        self.worktree_dir.join(task.as_str())
    }

    /// Where scratch worktrees go, on the file system of the worktrees.
    pub fn scratch_worktrees(&self) -> PathBuf {
        self.worktree_dir.join(".windrow/scratch")
    }

    /// Held while worktrees or branches are created or removed.
    pub fn topology_lock(&self) -> PathBuf {
        self.root.join("topology.lock")
    }

    /// Held while tasks are landed.
    pub fn landing_lock(&self) -> PathBuf {
        self.root.join("landing.lock")
    }

    /// Held while a run is being registered.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    fn format(&self) -> PathBuf {
        self.root.join("format")
    }

    fn tasks(&self) -> PathBuf {
        self.root.join("tasks")
    }

    /// What the setup of a task's worktree wrote when it last ran.
    pub fn setup_log(&self, task: &TaskId) -> PathBuf {
        self.tasks().join(format!("{task}.setup.log"))
    }

    fn operations(&self) -> PathBuf {
        self.root.join("operations")
    }

    fn open_operations(&self) -> PathBuf {
        self.operations().join("open")
    }

    fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// The directory of a run.
    pub fn run(&self, run: &RunId) -> PathBuf {
        self.runs().join(run.as_str())
    }

    /// The file whose being there asks a run's dispatcher to end it.
    pub fn stop_request(&self, run: &RunId) -> PathBuf {
        self.run(run).join("stop")
    }

    /// The file that a run's dispatcher writes to when it has no terminal.
    pub fn dispatcher_log(&self, run: &RunId) -> PathBuf {
        self.run(run).join("dispatcher.log")
    }

    /// The files of an attempt.
    pub fn attempt(&self, key: &AttemptKey) -> AttemptFiles {
        AttemptFiles { dir: self.run(&key.run).join(key.task.as_str()).join(key.number.to_string()) }
    }

    /// A directory for objects that must not enter the repository's own store.
    pub fn scratch_objects(&self) -> PathBuf {
        self.passing.join("objects")
    }

    fn trash_sizes(&self) -> PathBuf {
        self.root.join("cache/trash.json")
    }

    /// A directory for temporary files of ours.
    pub fn scratch(&self) -> PathBuf {
        self.passing.join("scratch")
    }

    fn staging_of(&self, operation: &OperationId) -> PathBuf {
        self.root.join("staging").join(operation.as_str())
    }

    /// A directory for what an operation's locks are made of; no task has its name.
    pub fn lock_staging(&self, operation: &OperationId) -> PathBuf {
        self.staging_of(operation).join(".locks")
    }

    /// Where the administrative directory of a worktree is built before it is moved into place.
    pub fn staging(&self, operation: &OperationId, task: &TaskId) -> PathBuf {
        self.staging_of(operation).join(task.as_str())
    }

    /// Where a worktree and its administrative directory go when an operation removes them. The worktree stays on its
    /// own file system, so that the removal is a rename.
    pub fn trash(&self, operation: &OperationId, task: &TaskId, worktree: &Path) -> WorktreePlace {
        self.trash_below(worktree, &PathBuf::from(operation.as_str()), task)
    }

    /// Where a worktree goes that an operation made and did not bring to its end: beside the one that it may have
    /// removed from the same place.
    pub fn unfinished(&self, operation: &OperationId, task: &TaskId, worktree: &Path) -> WorktreePlace {
        self.trash_below(worktree, &Path::new(operation.as_str()).join(".unfinished"), task)
    }

    fn trash_below(&self, worktree: &Path, below: &Path, task: &TaskId) -> WorktreePlace {
        let beside = if worktree.starts_with(&self.worktree_dir) {
            Some(self.worktree_dir.as_path())
        } else {
            worktree.parent()
        };
        let worktrees = beside.unwrap_or(&self.worktree_dir).join(".windrow/trash");
        WorktreePlace {
            path: worktrees.join(below).join(task.as_str()),
            admin: self.root.join("trash").join(below).join("admin").join(task.as_str()),
        }
    }

    /// Where a worktree goes from its place in the trash to be deleted, when an operation empties it.
    pub fn doomed(&self, operation: &OperationId, trash: &WorktreePlace) -> WorktreePlace {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_owned();
        let mut item = trash.path.parent().map(name).unwrap_or_default();
        item.push(".");
        item.push(name(&trash.path));
        let ours = trash.path.ancestors().nth(3).unwrap_or(&self.worktree_dir);
        WorktreePlace {
            path: ours.join("emptied").join(operation.as_str()).join(&item),
            admin: self.root.join("emptied").join(operation.as_str()).join(&item),
        }
    }
}

/// What became of the setup of a worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SetUp {
    /// Whether it went through.
    pub done: bool,
    /// The fingerprint of the files that it left.
    pub fingerprint: String,
    /// The ignored ones among them, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<Left>,
}

/// The name of its file.
const SET_UP: &str = "windrow-setup.json";

/// Tells whether a directory of ours, or the one that it would be made in, can be written to.
fn can_write(root: &Path) -> bool {
    let there = if root.exists() { Some(root) } else { root.parent() };
    there.is_none_or(is_writable)
}

/// Tells whether a directory can be written to, and leaves no trace.
fn is_writable(dir: &Path) -> bool {
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        dir.is_dir() && access(dir, Access::WRITE_OK).is_ok()
    }
    #[cfg(not(unix))]
    {
        dir.is_dir()
    }
}

#[derive(Serialize, Deserialize)]
struct Format {
    version: u32,
}

/// Our state in one repository.
#[derive(Debug, Clone)]
pub struct Store {
    layout: Layout,
    /// Where [`Layout`] puts what only looking leaves, if that is none of our directories; gone with the last one who uses it.
    _aside: Option<Arc<tempfile::TempDir>>,
}

impl Store {
    /// Takes the layout. In a repository that cannot be written to (a disk that is read-only, another user's) whoever only looks does so
    /// with a temporary directory.
    pub fn new(mut layout: Layout) -> Self {
        let aside = if can_write(&layout.root) { None } else { tempfile::tempdir().ok().map(Arc::new) };
        if let Some(aside) = &aside {
            layout.passing = aside.path().to_owned();
        }
        Self { layout, _aside: aside }
    }

    /// Gives the paths.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Refuses state that a newer Windrow wrote; writes nothing.
    pub fn refuse_newer(&self) -> Result<(), StoreError> {
        let format = self.layout.format();
        match file::read_json::<Format>(&format)? {
            Some(Format { version }) if version > VERSION => {
                Err(StoreError::Newer { path: format, found: version })
            }
            _ => Ok(()),
        }
    }

    /// Checks that we may write here, and makes the directories where they are missing.
    pub fn ensure(&self) -> Result<(), StoreError> {
        self.refuse_newer()?;
        let format = self.layout.format();
        for dir in
            [self.layout.tasks(), self.layout.open_operations(), self.layout.runs(), self.layout.scratch()]
        {
            file::create_dir(&dir)?;
        }
        if !format.exists() {
            file::write_json(&format, &Format { version: VERSION })?;
        }
        Ok(())
    }

    /// Gives the directory for temporary files of ours, made where it is missing.
    pub fn scratch(&self) -> Result<PathBuf, StoreError> {
        let dir = self.layout.scratch();
        file::create_dir(&dir)?;
        Ok(dir)
    }

    /// Gives the sizes in bytes that are known of what lies in the trash.
    pub fn trash_sizes(&self) -> BTreeMap<String, u64> {
        file::read_json(&self.layout.trash_sizes()).ok().flatten().unwrap_or_default()
    }

    /// Replaces them.
    pub fn write_trash_sizes(&self, sizes: &BTreeMap<String, u64>) -> Result<(), StoreError> {
        file::write_json(&self.layout.trash_sizes(), sizes)
    }

    /// Gives what became of the setup of a worktree. That is noted in its administrative directory, so that it goes to the
    /// trash and comes back with it, and is not true of a worktree that is made anew.
    pub fn set_up(&self, tree: &WorktreePlace) -> Option<SetUp> {
        file::read_json(&tree.admin.join(SET_UP)).ok().flatten()
    }

    /// Takes the lock under which a worktree is set up.
    pub fn setup_lock(&self, task: &TaskId) -> Result<lock::Lock, StoreError> {
        let path = self.layout.tasks().join(format!("{task}.setup.lock"));
        lock::acquire(&path, std::time::Duration::ZERO)
    }

    /// Notes what became of the setup of a worktree.
    pub fn note_set_up(&self, tree: &WorktreePlace, set_up: &SetUp) -> Result<(), StoreError> {
        file::write_json(&tree.admin.join(SET_UP), set_up)
    }

    /// Tells whether the directory of worktrees, or its nearest parent that exists, can be written to.
    pub fn worktree_dir_is_writable(&self) -> bool {
        self.layout.worktree_dir.ancestors().find(|dir| dir.exists()).is_some_and(is_writable)
    }

    /// Removes what an operation built and did not move into place: a few small files of ours, never a worktree.
    pub fn discard_staging(&self, operation: &OperationId) -> Result<(), StoreError> {
        let dir = self.layout.staging_of(operation);
        // A git that outlived the process that started it may still put a file there.
        for _ in 0..100 {
            match std::fs::remove_dir_all(&dir) {
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(StoreError::io("remove", &dir)(error));
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Tells whether something other than an empty directory stands at a path.
    pub fn is_occupied(&self, path: &Path) -> bool {
        match std::fs::symlink_metadata(path) {
            Err(_) => false,
            Ok(meta) if meta.is_dir() => {
                std::fs::read_dir(path).map_or(true, |mut entries| entries.next().is_some())
            }
            Ok(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(dir: &Path) -> Store {
        Store::new(Layout::new(&dir.join(".git"), &dir.join("w")))
    }

    #[test]
    fn a_newer_format_is_never_rewritten() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        store.ensure().unwrap();
        store.ensure().unwrap();
        std::fs::write(store.layout().format(), "{\"version\":2}").unwrap();
        assert!(matches!(store.ensure(), Err(StoreError::Newer { found: 2, .. })));
        assert_eq!(std::fs::read_to_string(store.layout().format()).unwrap(), "{\"version\":2}");
    }

    #[cfg(unix)]
    #[test]
    fn state_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        store.ensure().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.layout().root()), 0o700);
        assert_eq!(mode(&store.layout().format()), 0o600);
    }

    #[test]
    fn occupied_is_anything_but_an_empty_directory() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let path = dir.path().join("x");
        assert!(!store.is_occupied(&path));
        std::fs::create_dir(&path).unwrap();
        assert!(!store.is_occupied(&path));
        std::fs::write(path.join("f"), "").unwrap();
        assert!(store.is_occupied(&path) && store.is_occupied(&path.join("f")));
    }
}
