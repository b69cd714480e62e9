//! Advisory locks. The kernel releases them with the process that holds them, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use super::StoreError;

/// A lock that is held as long as this lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes a lock, waiting as long as another process holds it, at most `limit`.
pub fn acquire(path: &Path, limit: Duration) -> Result<Lock, StoreError> {
    let file = open(path)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => {
                prove(path)?;
                return Ok(Lock { _file: file });
            }
            Err(TryLockError::WouldBlock) if begun.elapsed() < limit => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path)(error)),
        }
    }
}

/// Refuses a file system on which a lock that is held does not keep another one out, as on some network file systems: whoever
/// recovers there would take what lives for abandoned. The caller holds the lock of the file at `path`.
pub fn prove(path: &Path) -> Result<(), StoreError> {
    match File::open(path).map(|file| file.try_lock_shared()) {
        Ok(Ok(())) => Err(StoreError::UselessLocks { path: path.to_owned() }),
        // Locked, or it cannot be said.
        _ => Ok(()),
    }
}

/// Takes a lock if no other process holds it.
pub fn try_acquire(path: &Path) -> Result<Option<Lock>, StoreError> {
    match acquire(path, Duration::ZERO) {
        Ok(lock) => Ok(Some(lock)),
        Err(StoreError::Busy { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tells whether another process holds a lock; a file that is not there is not held.
pub fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn open(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(StoreError::io("open", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        assert!(!is_held(&path));
        let lock = acquire(&path, Duration::ZERO).unwrap();
        assert!(is_held(&path));
        assert!(try_acquire(&path).unwrap().is_none());
        assert!(matches!(acquire(&path, Duration::from_millis(20)), Err(StoreError::Busy { .. })));
        drop(lock);
        assert!(!is_held(&path) && try_acquire(&path).unwrap().is_some());
    }
}
