//! Holding a worktree's index against everyone else, in a way that outlives neither us nor what we started.
//!
//! `index.lock` is ours by its content. Git works on a copy of the index among files of ours, whose own lock file is
//! nobody's concern; the copy becomes the index by a rename. A call of git that changes files has our file `held` as
//! its standard input, and with it the lock on that file: whoever finds the lock free knows that no such call is left
//! running by a process that was killed.

use std::fs::{File, TryLockError};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::super::command::Git;
use super::super::super::progress::LOCK_PATIENCE;
use super::super::owned::OwnedLock;
use super::{Advance, GitError, Repo};

/// How long a call that a killed process left running may take to come to its end.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(120);

/// A worktree's index, held.
#[derive(Debug)]
pub(super) struct Hold {
    // Dropped first: nobody takes the index while the other is still held.
    held: File,
    _lock: OwnedLock,
    held_path: PathBuf,
    staging: PathBuf,
    index: PathBuf,
}

impl Hold {
    /// Takes the index. [`GitError::Locked`] if another program holds it for more than two seconds.
    pub(super) fn take(advance: &Advance<'_>) -> Result<Self, GitError> {
        let staging = advance.owner.staging()?.to_owned();
        let held_path = staging.join("held");
        let mut options = File::options();
        let held = options.read(true).write(true).create(true).truncate(false).open(&held_path);
        let held = held.map_err(GitError::io("open", &held_path))?;
        lock(&held, &held_path)?;
        let index = advance.git_dir.join("index");
        let lock = OwnedLock::take(&advance.index_lock(), advance.owner, LOCK_PATIENCE)?;
        Ok(Self { held, _lock: lock, held_path, staging, index })
    }

    /// Makes a copy of the index, as old as the index: git compares the times of files with that of the index to know
    /// which it has to look into.
    pub(super) fn stage(&self) -> Result<Staged<'_>, GitError> {
        let copy = tempfile::Builder::new().prefix("index-").tempfile_in(&self.staging);
        let copy = copy.map_err(GitError::io("write in", &self.staging))?.into_temp_path();
        let staged = Staged { hold: self, copy };
        let modified = match std::fs::metadata(&self.index) {
            Ok(kind) => kind.modified().map_err(GitError::io("look at", &self.index))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::remove_file(&staged.copy).map_err(GitError::io("remove", &staged.copy))?;
                return Ok(staged);
            }
            Err(error) => return Err(GitError::io("look at", &self.index)(error)),
        };
        std::fs::copy(&self.index, &staged.copy).map_err(GitError::io("copy", &self.index))?;
        let file = File::options().append(true).open(&staged.copy);
        let dated = file.and_then(|file| file.set_modified(modified));
        dated.map_err(GitError::io("date", &staged.copy))?;
        Ok(staged)
    }

    fn input(&self, bytes: &[u8]) -> Result<File, GitError> {
        let written = || {
            let mut held = &self.held;
            held.set_len(0)?;
            held.rewind()?;
            held.write_all(bytes)?;
            held.rewind()?;
            held.try_clone()
        };
        written().map_err(GitError::io("write", &self.held_path))
    }
}

/// A copy of a held index.
pub(super) struct Staged<'a> {
    hold: &'a Hold,
    copy: tempfile::TempPath,
}

impl Staged<'_> {
    /// Begins a call on the copy that changes no file.
    pub(super) fn git(&self, repo: &Repo, advance: &Advance<'_>, subcommand: &str) -> Git {
        advance.git(repo, subcommand).env("GIT_INDEX_FILE", &self.copy)
    }

    /// Begins a call on the copy that changes files.
    pub(super) fn git_on_files(
        &self,
        repo: &Repo,
        advance: &Advance<'_>,
        subcommand: &str,
        input: &[u8],
    ) -> Result<Git, GitError> {
        Ok(self.git(repo, advance, subcommand).stdin_file(self.hold.input(input)?))
    }

    /// Makes the copy the index.
    pub(super) fn swap(self) -> Result<(), GitError> {
        let index = &self.hold.index;
        self.copy.persist(index).map_err(|error| GitError::io("replace", index)(error.error))
    }
}

fn lock(held: &File, path: &Path) -> Result<(), GitError> {
    let begun = Instant::now();
    loop {
        match held.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < ORPHAN_PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(GitError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(GitError::io("lock", path)(error)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// The lock is the child's too: it is free only when the child has ended.
    #[test]
    fn a_child_keeps_what_its_parent_held() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("held");
        let open =
            || File::options().read(true).write(true).create(true).truncate(false).open(&path).unwrap();
        let held = open();
        lock(&held, &path).unwrap();
        let mut waiting =
            Command::new("sleep").arg("60").stdin(Stdio::from(held.try_clone().unwrap())).spawn().unwrap();
        drop(held);
        assert!(matches!(open().try_lock(), Err(TryLockError::WouldBlock)));
        waiting.kill().unwrap();
        waiting.wait().unwrap();
        lock(&open(), &path).unwrap();
    }
}
