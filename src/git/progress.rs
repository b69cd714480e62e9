//! What a worktree is in the middle of and who is at its index, read from the files in its git directory.

use std::path::Path;
use std::time::Duration;

use super::error::GitError;

/// How long another program may hold the index.
pub(in crate::git) const LOCK_PATIENCE: Duration = Duration::from_secs(2);

const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Tells what is in progress in the worktree that has this git directory, as a subject and its verb: `a merge is`.
pub(in crate::git) fn in_progress(git_dir: &Path) -> Option<&'static str> {
    const SIGNS: [(&str, &str); 8] = [
        ("MERGE_HEAD", "a merge is"),
        ("rebase-merge", "a rebase is"),
        ("rebase-apply/applying", "an application of patches is"),
        ("rebase-apply", "a rebase is"),
        ("CHERRY_PICK_HEAD", "a cherry-pick is"),
        ("REVERT_HEAD", "a revert is"),
        ("sequencer", "a sequence of picks is"),
        ("BISECT_START", "a bisection is"),
    ];
    SIGNS
        .iter()
        .find(|(name, _)| std::fs::symlink_metadata(git_dir.join(name)).is_ok())
        .map(|(_, what)| *what)
}

/// Waits a little for a lock file to go away.
pub(in crate::git) fn wait_for_lock(path: &Path) -> Result<(), GitError> {
    for _ in 0..LOCK_PATIENCE.as_millis() / LOCK_PAUSE.as_millis() {
        if std::fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        std::thread::sleep(LOCK_PAUSE);
    }
    Err(GitError::Locked { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn git_itself_leaves_these_signs() {
        let test = TestRepo::with_commit();
        let git_dir = test.path().join(".git");
        assert_eq!(in_progress(&git_dir), None);
        test.git(&["checkout", "-q", "-b", "other"]);
        test.write("file", "two\n");
        test.commit_all("other");
        test.git(&["checkout", "-q", "main"]);
        test.write("file", "three\n");
        test.commit_all("main");
        for (start, abort, what) in [
            (vec!["merge", "other"], vec!["merge", "--abort"], "a merge is"),
            (vec!["rebase", "other"], vec!["rebase", "--abort"], "a rebase is"),
            (vec!["rebase", "--apply", "other"], vec!["rebase", "--abort"], "a rebase is"),
            (vec!["cherry-pick", "other"], vec!["cherry-pick", "--abort"], "a cherry-pick is"),
            (vec!["revert", "other"], vec!["revert", "--abort"], "a revert is"),
            (vec!["bisect", "start"], vec!["bisect", "reset"], "a bisection is"),
        ] {
            test.try_git_in(&test.path(), &start);
            assert_eq!(in_progress(&git_dir), Some(what), "{start:?}");
            test.git(&abort);
            assert_eq!(in_progress(&git_dir), None, "{abort:?}");
        }
    }
}
