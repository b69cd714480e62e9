//! Lock files of git: a killed git leaves them, and the next one refuses to work.

use std::path::{Path, PathBuf};

use super::{GitError, Repo, worktrees};

/// The files that git locks in the directory of a worktree and in the common dir.
const LOCKED: [&str; 5] = ["index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock"];

/// Lists git's lock files: of every worktree, of the configuration and of local branches. One of a git that works now is
/// among them.
pub fn lock_files(repo: &Repo) -> Result<Vec<PathBuf>, GitError> {
    let common_dir = &repo.place().common_dir;
    let mut dirs = vec![common_dir.clone()];
    dirs.extend(worktrees::admin_dirs(common_dir)?);
    let mut found: Vec<PathBuf> =
        dirs.iter().flat_map(|dir| LOCKED.map(|name| dir.join(name))).filter(|path| path.exists()).collect();
    below(&common_dir.join("refs/heads"), &mut found);
    found.sort();
    Ok(found)
}

/// No branch name can end with `.lock`.
fn below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn locks_of_worktrees_and_branches() {
        let test = TestRepo::with_commit();
        test.git(&["worktree", "add", "-q", "../w", "-b", "feature/w"]);
        assert!(lock_files(&test.repo()).unwrap().is_empty());
        let git = test.place().common_dir;
        let locks = ["index.lock", "refs/heads/feature/w.lock", "worktrees/w/index.lock"];
        locks.iter().for_each(|lock| std::fs::write(git.join(lock), "").unwrap());
        assert_eq!(lock_files(&test.repo()).unwrap(), locks.map(|lock| git.join(lock)));
    }
}
