//! Git's `locked` file of a worktree: while it is there, git neither prunes nor moves nor removes the worktree.

use std::io::{self, Write};

use crate::domain::place::WorktreePlace;
use crate::git::GitError;
use crate::git::worktrees::{lock_reason, may_be_whole, read_small};

/// Tells whether the text of a `locked` file is one of ours: `windrow`, or `windrow` and a space before the rest.
pub fn locked_by_us(text: &str) -> bool {
    text.strip_prefix("windrow").is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Locks a worktree with a reason that [`locked_by_us`] knows. An own lock is replaced, another's is left as it is.
/// Tells whether the lock is ours now.
pub fn lock(tree: &WorktreePlace, reason: &str) -> Result<bool, GitError> {
    let path = tree.admin.join("locked");
    match lock_reason(&tree.admin) {
        Some(text) if text == reason => return Ok(true),
        Some(text) if !locked_by_us(&text) => return Ok(false),
        Some(_) | None => {}
    }
    // A file that git reads must never be seen half written.
    let mut file =
        tempfile::NamedTempFile::new_in(&tree.admin).map_err(GitError::io("write in", &tree.admin))?;
    file.write_all(reason.as_bytes()).map_err(GitError::io("write", &path))?;
    file.persist(&path).map_err(|error| GitError::io("write", &path)(error.error))?;
    Ok(true)
}

/// Removes an own lock. Tells whether there was one; another's stays.
pub fn unlock(tree: &WorktreePlace) -> Result<bool, GitError> {
    let path = tree.admin.join("locked");
    match read_small(&path) {
        Ok(text) if locked_by_us(String::from_utf8_lossy(&text).trim()) => {}
        Err(error) if may_be_whole(&error) => {
            return Err(GitError::io("read", &path)(error));
        }
        _ => return Ok(false),
    }
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(GitError::io("remove", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    #[test]
    fn only_our_own_lock_is_replaced_and_removed() {
        let test = TestRepo::with_commit();
        test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
        let tree =
            WorktreePlace { path: test.dir().join("w"), admin: test.place().common_dir.join("worktrees/w") };
        assert!(!unlock(&tree).unwrap());
        assert!(lock(&tree, "windrow one").unwrap() && lock(&tree, "windrow two").unwrap());
        let listed = test.git(&["worktree", "list", "--porcelain"]);
        assert!(listed.contains("locked windrow two"), "{listed}");
        assert!(unlock(&tree).unwrap() && !unlock(&tree).unwrap());
        test.git(&["worktree", "lock", "--reason", "windrower's own", "../w"]);
        assert!(!lock(&tree, "windrow one").unwrap() && !unlock(&tree).unwrap());
        std::fs::write(tree.admin.join("locked"), b"\xff\xfe").unwrap();
        assert!(!lock(&tree, "windrow one").unwrap() && !unlock(&tree).unwrap());
        assert_eq!(std::fs::read(tree.admin.join("locked")).unwrap(), b"\xff\xfe");
    }
}
