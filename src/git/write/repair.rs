//! Worktrees that were moved by hand: they and the repository do not know of each other any more.

use std::path::{Path, PathBuf};

use super::trash;
use crate::domain::path::bytes_to_path;
use crate::git::GitError;
use crate::git::worktrees::{read_link, read_small};

/// Tells whether a directory is the worktree of an administrative directory of ours that lost sight of it: its `.git` names an
/// administrative directory of the same name, which is this one or is not there any more; or it stands where that one says, and its
/// `.git` is not there or names nothing. A `.git` that is a directory is a repository of its own.
pub fn belongs(path: &Path, admin: &Path) -> bool {
    let dot_git = path.join(".git");
    if !admin.is_dir() || !path.is_dir() {
        return false;
    }
    let is_named = || read_link(admin.parent().unwrap_or(admin), admin).names(path);
    let named = match dot_git.symlink_metadata() {
        Err(error) => return error.kind() == std::io::ErrorKind::NotFound && is_named(),
        Ok(found) if !found.is_file() => return false,
        Ok(_) => named(&dot_git),
    };
    let Some(named) = named else { return is_named() };
    let parent = |path: &Path| path.parent().and_then(Path::file_name).map(std::ffi::OsStr::to_owned);
    let same =
        named.file_name() == admin.file_name() && parent(&named).as_deref() == Some("worktrees".as_ref());
    let real = |path: &Path| path.canonicalize().ok();
    same && (!named.exists() || real(&named) == real(admin))
}

/// Gives the directory that a `.git` file names.
fn named(dot_git: &Path) -> Option<PathBuf> {
    let text = read_small(dot_git).ok()?;
    let text = text.strip_prefix(b"gitdir:")?.trim_ascii();
    Some(dot_git.parent()?.join(bytes_to_path(text)))
}

/// Ties a worktree that [`belongs`] to its administrative directory again: both name each other. `git worktree repair` would do the same
/// to every other worktree too, also to one that another repository has by now. The caller holds the topology lock.
pub fn repair(path: &Path, admin: &Path) -> Result<(), GitError> {
    let dot_git = path.join(".git");
    trash::replace(&admin.join("gitdir"), &trash::with_line_end(&dot_git, b""))?;
    trash::replace(&dot_git, &trash::with_line_end(admin, b"gitdir: "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    #[test]
    fn only_a_worktree_that_lost_its_repository_belongs() {
        let test = TestRepo::with_commit();
        test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
        let admin = test.place().common_dir.join("worktrees/w");
        let (old, new) = (test.dir().join("w"), test.dir().join("moved"));
        std::fs::rename(&old, &new).unwrap();
        assert!(belongs(&new, &admin) && !belongs(&old, &admin));
        assert!(!belongs(&new, &test.place().common_dir.join("worktrees/other")));
        repair(&new, &admin).unwrap();
        assert!(test.git(&["worktree", "list"]).contains("moved"));
        // Another repository's worktree of that name is not taken.
        let other = test.dir().join("other/.git/worktrees/w");
        std::fs::create_dir_all(&other).unwrap();
        std::fs::write(new.join(".git"), format!("gitdir: {}\n", other.display())).unwrap();
        assert!(!belongs(&new, &admin));
        std::fs::write(new.join(".git"), "gitdir: /gone/.git/worktrees/w\n").unwrap();
        assert!(belongs(&new, &admin));
        std::fs::write(new.join(".git"), "gitdir: /gone/.git/modules/w\n").unwrap();
        assert!(!belongs(&new, &admin));
    }
}
