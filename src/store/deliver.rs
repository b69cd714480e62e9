//! Files that the user asked for, where the user asked for them.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::StoreError;

/// Writes a file where none stands, its directories too. A file that is there, or a link, stays and is an error.
pub fn create_new(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    make_parents(path)?;
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(StoreError::io("create", path))
}

/// Writes a file, its directories too; one that is there is replaced.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    make_parents(path)?;
    std::fs::write(path, bytes).map_err(StoreError::io("write", path))
}

fn make_parents(path: &Path) -> Result<(), StoreError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(parent).map_err(StoreError::io("create", parent))
}

/// Tells whether something stands at a path, a link that leads nowhere too.
pub fn stands(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Tells whether a path leads to a regular file, which can be read without waiting for anybody.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_unless_it_is_to_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file");
        assert!(!stands(&path));
        create_new(&path, b"one").unwrap();
        let error = create_new(&path, b"two").unwrap_err();
        assert!(matches!(error, StoreError::Io { operation: "create", .. }));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        replace(&path, b"two").unwrap();
        assert!(stands(&path) && std::fs::read(&path).unwrap() == b"two");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("plan.toml");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &link).unwrap();
        assert!(stands(&link) && create_new(&link, b"x").is_err());
        assert!(!dir.path().join("elsewhere").exists());
    }
}
