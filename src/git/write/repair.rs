//! Worktrees that were moved by hand: they and the repository do not know of each other any more.

use std::path::Path;

use super::trash;
use crate::git::GitError;

/// Ties a worktree that is [`lost`](crate::git::worktrees::lost) to its administrative directory again: both name each other. `git worktree repair` would do the same
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
    use crate::git::worktrees::lost as belongs;

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
