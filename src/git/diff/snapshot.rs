//! A worktree as one tree, made in memory.

use std::collections::HashSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::{DiffOptions, LARGE, apart, executable};
use crate::domain::diff::FileDiff;
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::domain::status::Dirt;
use crate::git::objects::GITLINK;
use crate::git::status::{Entry, IN_MEMORY, count, entries, is_executable, nested_head, on_disk, open_tree};
use crate::git::{GitError, convert};

/// How much of changed files is held in memory at once, in bytes; what is beyond is not looked into.
const BUDGET: u64 = 512 << 20;

/// Git's modes.
const FILE: u32 = 0o100_644;
const EXECUTABLE: u32 = 0o100_755;
const LINK: u32 = 0o120_000;

/// A worktree as it is now.
pub(super) struct Snapshot {
    /// A handle that sees the tree and everything in it.
    pub(super) handle: git2::Repository,
    /// The tree.
    pub(super) tree: git2::Oid,
    /// The paths that the index does not know.
    pub(super) untracked: HashSet<RepoPath>,
    /// The paths in conflict.
    pub(super) unmerged: HashSet<RepoPath>,
    /// The uncommitted changes, counted.
    pub(super) dirt: Dirt,
    /// Differences to the compared tree that are not in the tree.
    pub(super) apart: Vec<FileDiff>,
    /// Where the objects are, if they are not in memory; removed in the end.
    pub(super) _objects: Option<tempfile::TempDir>,
}

impl Snapshot {
    /// Reads a worktree. `from` is the tree that it will be compared with.
    pub(super) fn take(
        place: &Place,
        tree: &WorktreePlace,
        from: git2::Oid,
        options: &DiffOptions<'_>,
    ) -> Result<Self, GitError> {
        let handle = open_tree(tree, place)?;
        super::super::without_split_index(&handle, &tree.admin)?;
        let entries = entries(tree, options.needs, place)?;
        let of = |test: fn(&&Entry) -> bool| entries.iter().filter(test).map(|e| e.path.clone()).collect();
        let (untracked, unmerged) = (of(|e| e.untracked), of(|e| e.unmerged));
        let (dirt, head) = (count(&entries), head_tree(&handle, tree)?);
        if options.needs.git_for_files.is_some() {
            let (made, objects) = executable::tree(place, tree, head, &entries, options.scratch)?;
            let odb = handle.odb().map_err(|source| GitError::object("tree", made, source))?;
            let path = objects.path().to_string_lossy().into_owned();
            odb.add_disk_alternate(&path).map_err(|source| GitError::object("tree", made, source))?;
            drop(odb);
            return Ok(Self {
                handle,
                tree: made,
                untracked,
                unmerged,
                dirt,
                apart: Vec::new(),
                _objects: Some(objects),
            });
        }
        let (made, apart) = in_memory(&handle, tree, head, from, (&entries, options.patch))?;
        Ok(Self { handle, tree: made, untracked, unmerged, dirt, apart, _objects: None })
    }
}

fn in_memory(
    handle: &git2::Repository,
    tree: &WorktreePlace,
    head: Option<git2::Oid>,
    from: git2::Oid,
    (entries, patch): (&[Entry], bool),
) -> Result<(git2::Oid, Vec<FileDiff>), GitError> {
    let mut build = Build::new(handle, tree, head, from)?;
    let (new, known): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.is_new());
    build.add(&known)?;
    // A new file can only be counted if it cannot turn out to be another one's new name.
    if patch || build.loses_files()? {
        build.add(&new)?;
    } else {
        build.count(&new)?;
    }
    Ok((build.write()?, build.apart))
}

impl Entry {
    /// Tells whether neither HEAD nor the index have the path.
    fn is_new(&self) -> bool {
        self.untracked && !self.staged
    }
}

/// Gives the tree of the worktree's HEAD; nothing if its branch has no commit.
fn head_tree(handle: &git2::Repository, tree: &WorktreePlace) -> Result<Option<git2::Oid>, GitError> {
    match handle.head().and_then(|head| head.peel_to_tree()) {
        Ok(tree) => Ok(Some(tree.id())),
        Err(error) if error.code() == git2::ErrorCode::UnbornBranch => Ok(None),
        Err(source) => Err(GitError::worktree("read HEAD of", &tree.path, source)),
    }
}

/// The tree while it is put together: an index in memory, which begins as HEAD.
struct Build<'a> {
    handle: &'a git2::Repository,
    root: PathBuf,
    index: git2::Index,
    from: git2::Tree<'a>,
    /// `core.fileMode`: whether the executable bit on disk means something.
    file_mode: bool,
    loaded: u64,
    apart: Vec<FileDiff>,
}

impl<'a> Build<'a> {
    fn new(
        handle: &'a git2::Repository,
        tree: &WorktreePlace,
        head: Option<git2::Oid>,
        from: git2::Oid,
    ) -> Result<Self, GitError> {
        let failed = |source| GitError::worktree("read", &tree.path, source);
        let odb = handle.odb().map_err(failed)?;
        odb.add_new_mempack_backend(IN_MEMORY).map_err(failed)?;
        let mut index = git2::Index::new().map_err(failed)?;
        if let Some(head) = head {
            let head = handle.find_tree(head).map_err(|source| GitError::object("tree", head, source))?;
            index.read_tree(&head).map_err(failed)?;
        }
        let from = handle.find_tree(from).map_err(|source| GitError::object("tree", from, source))?;
        let config = handle.config().and_then(|mut config| config.snapshot()).map_err(failed)?;
        let file_mode = config.get_bool("core.filemode").unwrap_or(true);
        let root = tree.path.canonicalize().map_err(GitError::io("read", &tree.path))?;
        Ok(Self { handle, root, index, from, file_mode, loaded: 0, apart: Vec::new() })
    }

    /// Puts what is on disk, or staged, in the place of what HEAD has.
    fn add(&mut self, entries: &[&Entry]) -> Result<(), GitError> {
        // A file that was in the way of a directory goes first.
        for entry in entries {
            self.remove(&entry.path);
        }
        for entry in entries {
            if entry.is_as_staged() {
                if let Some(stage) = entry.stages.first() {
                    self.insert(entry, stage.mode, stage.id)?;
                }
            } else if entry.is_known() {
                self.add_from_disk(entry)?;
            }
        }
        Ok(())
    }

    fn add_from_disk(&mut self, entry: &Entry) -> Result<(), GitError> {
        let Some((full, found)) = on_disk(&self.root, &entry.path) else { return Ok(()) };
        if found.is_symlink() {
            let failed = |source| GitError::worktree("read", &full, source);
            let Some(target) = gone(full.read_link(), &full)? else { return Ok(()) };
            let target = crate::domain::path::path_bytes(&target);
            let id = self.handle.blob(&target).map_err(failed)?;
            self.insert(entry, LINK, id)
        } else if found.is_file() {
            self.add_file(entry, &full, &found)
        } else if found.is_dir() {
            self.add_repository(entry, &full)
        } else {
            Ok(())
        }
    }

    fn add_file(&mut self, entry: &Entry, full: &Path, found: &Metadata) -> Result<(), GitError> {
        if found.len() > LARGE || self.loaded.saturating_add(found.len()) > BUDGET {
            return self.set_apart(entry);
        }
        self.loaded += found.len();
        let id = match self.handle.blob_path(full) {
            Ok(id) => id,
            // It changed or went while it was read, or `core.safecrlf` forbids to store it: as it is, then.
            Err(_) => {
                let Some(content) = gone(std::fs::read(full), full)? else { return Ok(()) };
                self.handle.blob(&content).map_err(|source| GitError::worktree("read", full, source))?
            }
        };
        let staged =
            entry.stages.iter().map(|stage| stage.mode).find(|mode| matches!(*mode, FILE | EXECUTABLE));
        let mode = match (self.file_mode, staged) {
            (true, _) if is_executable(found) => EXECUTABLE,
            (false, Some(mode)) => mode,
            _ => FILE,
        };
        self.insert(entry, mode, id)
    }

    /// Adds a submodule, or a repository that was made inside, as the commit that it stands at.
    fn add_repository(&mut self, entry: &Entry, full: &Path) -> Result<(), GitError> {
        let registered = entry.stages.iter().find(|stage| stage.mode == GITLINK);
        if !entry.untracked && registered.is_none() {
            return Ok(());
        }
        match nested_head(full).map(convert::oid).or(registered.map(|stage| stage.id)) {
            Some(id) => self.insert(entry, GITLINK, id),
            None => {
                let row = apart::opaque(entry.path.clone(), false, true);
                self.apart.push(FileDiff { binary: false, ..row });
                Ok(())
            }
        }
    }

    /// Leaves a file out: the tree then has there what the compared one has.
    fn set_apart(&mut self, entry: &Entry) -> Result<(), GitError> {
        let before = self.from.get_path(&entry.path.to_path()).ok();
        let before = before.filter(|before| before.kind() != Some(git2::ObjectType::Tree));
        self.apart.push(apart::opaque(entry.path.clone(), before.is_some(), entry.untracked));
        match before {
            Some(before) => {
                let mode = u32::try_from(before.filemode_raw()).unwrap_or(FILE);
                self.insert(entry, mode, before.id())
            }
            None => Ok(()),
        }
    }

    /// Counts new files without loading them, where no attribute says how they are to be compared.
    fn count(&mut self, entries: &[&Entry]) -> Result<(), GitError> {
        for entry in entries {
            let path = entry.path.to_path();
            let on_disk = on_disk(&self.root, &entry.path);
            let plain = on_disk.filter(|(_, found)| found.is_file() && found.len() <= LARGE);
            let attribute = self.handle.get_attr_bytes(&path, "diff", git2::AttrCheckFlags::FILE_THEN_INDEX);
            let exists = self.from.get_path(&path).is_ok();
            match plain {
                Some((full, _)) if !exists && matches!(attribute, Ok(None)) => {
                    let counted = gone(apart::count_new(entry.path.clone(), &full), &full)?;
                    self.apart.extend(counted);
                }
                _ => self.add(&[*entry])?,
            }
        }
        Ok(())
    }

    /// Tells whether the compared tree has files that the tree lacks so far.
    fn loses_files(&mut self) -> Result<bool, GitError> {
        let tree = self.write()?;
        let diff = super::trees(self.handle, self.from.id(), tree, &mut git2::DiffOptions::new())?;
        Ok(diff.deltas().any(|delta| delta.status() == git2::Delta::Deleted))
    }

    fn write(&mut self) -> Result<git2::Oid, GitError> {
        let failed = |source| GitError::worktree("make a tree of", &self.root, source);
        self.index.write_tree_to(self.handle).map_err(failed)
    }

    fn remove(&mut self, path: &RepoPath) {
        // Only "not there" can be wrong.
        drop(self.index.remove(&path.to_path(), 0));
    }

    fn insert(&mut self, entry: &Entry, mode: u32, id: git2::Oid) -> Result<(), GitError> {
        let zero = git2::IndexTime::new(0, 0);
        let made = git2::IndexEntry {
            ctime: zero,
            mtime: zero,
            dev: 0,
            ino: 0,
            mode,
            uid: 0,
            gid: 0,
            file_size: 0,
            id,
            flags: 0,
            flags_extended: 0,
            path: entry.path.as_bytes().to_vec(),
        };
        let failed = |source| GitError::worktree("read", &entry.path.to_path(), source);
        self.index.add(&made).map_err(failed)
    }
}

/// Takes a file that went away for nothing.
fn gone<T>(found: std::io::Result<T>, path: &Path) -> Result<Option<T>, GitError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(GitError::io("read", path)(error)),
    }
}
