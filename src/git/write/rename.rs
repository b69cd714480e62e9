//! Renames that never replace, and that last.

use std::io;
use std::path::Path;

use crate::git::GitError;

/// Renames within one file system; refuses when something, an empty directory included, stands at the new name.
pub(super) fn move_new(from: &Path, to: &Path) -> Result<(), GitError> {
    rename_exclusive(from, to).map_err(|error| {
        let subject = if error.kind() == io::ErrorKind::AlreadyExists { to } else { from };
        GitError::io("move", subject)(error)
    })
}

/// Renames without replacing. Where the file system cannot, it looks first.
pub(super) fn rename_exclusive(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if std::fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    std::fs::rename(from, to)
}

/// Makes the entries of a directory last through a power failure.
pub(super) fn sync_dir(dir: &Path) -> Result<(), GitError> {
    if cfg!(unix) {
        let synced = std::fs::File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(GitError::io("sync", dir))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| dir.path().join(name));
        std::fs::create_dir(&from).unwrap();
        std::fs::create_dir(&to).unwrap();
        let error = move_new(&from, &to).unwrap_err();
        assert!(matches!(&error, GitError::Io { path, .. } if *path == to), "{error}");
        std::fs::remove_dir(&to).unwrap();
        move_new(&from, &to).unwrap();
        assert!(to.is_dir() && !from.exists());
        sync_dir(dir.path()).unwrap();
    }
}
