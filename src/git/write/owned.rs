//! Lock files of git's that say whose they are.
//!
//! A program makes a lock file empty and fills it afterwards; what it leaves when it is killed cannot be told from a
//! lock that is held. Ours appear by a rename, with the id of the operation in them, and nothing is ever written to
//! them: what a dead operation left is known to be its own, whatever else was killed with it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::rename::rename_exclusive;
use crate::domain::name::OperationId;
use crate::git::GitError;

/// An operation as the owner of lock files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    staging: PathBuf,
    text: String,
}

impl Owner {
    /// Takes a directory that is the operation's alone, on the file system of the common dir. It is made when it is
    /// needed; what is left in it is of no use to anyone once the operation has ended.
    pub fn new(staging: PathBuf, operation: &OperationId) -> Self {
        Self { staging, text: format!("windrow {operation}\n") }
    }

    /// The owner of nothing, for who only looks.
    pub fn nobody() -> Self {
        Self { staging: PathBuf::new(), text: String::new() }
    }

    /// Gives the directory, made where it is missing.
    pub(super) fn staging(&self) -> Result<&Path, GitError> {
        if self.staging.as_os_str().is_empty() {
            let nobody = std::io::Error::other("who only looks takes no lock");
            return Err(GitError::io("lock for", Path::new("nobody"))(nobody));
        }
        std::fs::create_dir_all(&self.staging).map_err(GitError::io("create", &self.staging))?;
        Ok(&self.staging)
    }

    /// Tells whether a lock is its own; one that is not there is not. What cannot be read may be.
    fn owns(&self, path: &Path) -> Result<bool, GitError> {
        let look = || -> io::Result<bool> {
            let kind = std::fs::symlink_metadata(path)?;
            let is_small = kind.is_file() && kind.len() == self.text.len() as u64;
            Ok(is_small && std::fs::read(path)? == self.text.as_bytes())
        };
        match look() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            looked => looked.map_err(GitError::io("read", path)),
        }
    }
}

/// A lock file that is there as long as this lives.
#[derive(Debug)]
pub(super) struct OwnedLock {
    path: PathBuf,
}

impl OwnedLock {
    /// Makes a lock file and the directories above it; one of the same owner, left by a process that died, is taken
    /// over. Another's is waited for.
    pub(super) fn take(path: &Path, owner: &Owner, patience: Duration) -> Result<Self, GitError> {
        let staging = owner.staging()?;
        let mut file = tempfile::NamedTempFile::new_in(staging).map_err(GitError::io("write in", staging))?;
        file.write_all(owner.text.as_bytes()).map_err(GitError::io("write in", staging))?;
        let (begun, mut made_parent) = (Instant::now(), 0);
        loop {
            match rename_exclusive(file.path(), path) {
                Ok(()) => return Ok(Self { path: path.to_owned() }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if owner.owns(path)? {
                        return Ok(Self { path: path.to_owned() });
                    }
                    if begun.elapsed() >= patience {
                        return Err(GitError::Locked { path: path.to_owned() });
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                // Git removes directories of refs that are empty at any time.
                Err(error) if error.kind() == io::ErrorKind::NotFound && made_parent < 100 => {
                    made_parent += 1;
                    if let Some(parent) = path.parent() {
                        std::fs::create_dir_all(parent).map_err(GitError::io("create", parent))?;
                    }
                }
                Err(error) => return Err(GitError::io("lock", path)(error)),
            }
        }
    }
}

/// How often the removal of a lock is tried.
const REMOVALS: u32 = 5;

impl Drop for OwnedLock {
    fn drop(&mut self) {
        // A lock that stays stops every git: one failure is not enough to leave it.
        for _ in 0..REMOVALS {
            match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                _ => return,
            }
        }
    }
}

/// Removes a lock file that an operation left whose process is gone. Tells whether there was one; another's stays.
pub fn release(path: &Path, owner: &Owner) -> Result<bool, GitError> {
    if !owner.owns(path)? {
        return Ok(false);
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(GitError::io("remove", path)(error)),
        outcome => Ok(outcome.is_ok()),
    }
}

#[cfg(test)]
pub(in crate::git) mod tests {
    use super::*;

    /// An owner whose directory lies below the given one.
    pub(in crate::git) fn owner(dir: &Path, id: &str) -> Owner {
        Owner::new(dir.join("staging").join(id), &id.parse().unwrap())
    }

    #[test]
    fn only_the_owner_takes_over_and_releases() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (owner(dir.path(), "one"), owner(dir.path(), "two"));
        let path = dir.path().join("refs/heads/a/b.lock");
        let lock = OwnedLock::take(&path, &one, Duration::ZERO).unwrap();
        let error = OwnedLock::take(&path, &two, Duration::from_millis(10)).unwrap_err();
        assert!(matches!(&error, GitError::Locked { path: named } if *named == path), "{error}");
        assert!(!release(&path, &two).unwrap());
        std::mem::forget(lock);
        drop(OwnedLock::take(&path, &one, Duration::ZERO).unwrap());
        assert!(!path.exists() && !release(&path, &one).unwrap());
        for content in ["", "windrow one", "windrow one\n\n", "0123456789"] {
            std::fs::write(&path, content).unwrap();
            assert!(!release(&path, &one).unwrap());
            assert!(OwnedLock::take(&path, &one, Duration::ZERO).is_err());
        }
        std::fs::write(&path, "windrow one\n").unwrap();
        assert!(release(&path, &one).unwrap() && !path.exists());
        let left: Vec<_> = std::fs::read_dir(dir.path().join("staging/one")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
