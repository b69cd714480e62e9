//! A worktree as it is now, as a commit, without touching its index (DESIGN §8.4).

use std::path::{Path, PathBuf};

use super::super::Repo;
use super::super::command::Git;
use super::super::error::GitError;
use super::super::objects::{ObjectStore, parse_id};
use super::leftovers::nested_repositories;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::place::WorktreePlace;

/// Makes a commit on `head` whose tree is the worktree as it is, untracked files included, ignored ones not; none if
/// that is `head`'s tree. No ref names it.
///
/// `scratch` is a directory for a copy of the index, made if it is absent. Repositories inside are left out.
pub fn take(
    repo: &Repo,
    tree: &WorktreePlace,
    head: CommitId,
    scratch: &Path,
    store: ObjectStore<'_>,
) -> Result<Option<CommitId>, GitError> {
    let (_dir, copy) = index_copy(tree, scratch)?;
    let call = |subcommand: &str| {
        let call = Git::worktree(&repo.place().common_dir, &tree.admin, &tree.path, subcommand);
        store.apply(repo, call.env("GIT_INDEX_FILE", &copy))
    };
    let nested = nested_repositories(repo, tree)?;
    add_all(call("add")?, &nested)?;
    let snapshot: TreeId = parse_id(&call("write-tree")?)?;
    if snapshot == repo.tree_of(head)? {
        return Ok(None);
    }
    store.synthetic(repo, snapshot, &[head]).map(Some)
}

/// Adds everything but repositories inside.
pub(super) fn add_all(mut add: Git, nested: &[RepoPath]) -> Result<(), GitError> {
    add = add.args(["-A", "--", "."]);
    for path in nested {
        let mut exclude = std::ffi::OsString::from(":(top,exclude,literal)");
        exclude.push(path.to_path());
        add = add.arg(exclude);
    }
    add.run().map(drop)
}

/// Gives a copy of a worktree's index in a directory of its own below `scratch`, which goes with the first value. There is none
/// at its path where the worktree has no index.
pub(super) fn index_copy(
    tree: &WorktreePlace,
    scratch: &Path,
) -> Result<(tempfile::TempDir, PathBuf), GitError> {
    std::fs::create_dir_all(scratch).map_err(GitError::io("create", scratch))?;
    let dir = tempfile::tempdir_in(scratch).map_err(GitError::io("create a directory in", scratch))?;
    let copy = dir.path().join("index");
    copy_index(&tree.admin.join("index"), &copy)?;
    Ok((dir, copy))
}

/// Copies an index with its time: git compares the times of files with it to know which it has to look into.
pub(super) fn copy_index(index: &Path, copy: &Path) -> Result<(), GitError> {
    let metadata = match std::fs::metadata(index) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(GitError::io("look at", index)(error)),
    };
    let modified = metadata.modified().map_err(GitError::io("look at", index))?;
    std::fs::copy(index, copy).map_err(GitError::io("copy", index))?;
    let file = std::fs::File::options().append(true).open(copy).map_err(GitError::io("open", copy))?;
    file.set_modified(modified).map_err(GitError::io("date", copy))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::TestRepo;
    use super::*;

    fn linked(test: &TestRepo) -> WorktreePlace {
        test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
        WorktreePlace { path: test.dir().join("w"), admin: test.path().join(".git/worktrees/w") }
    }

    fn write(tree: &WorktreePlace, path: &str, content: &str) {
        super::super::super::testing::write(&tree.path.join(path), content);
    }

    fn take_in(test: &TestRepo, tree: &WorktreePlace) -> Option<CommitId> {
        let head = test.git_in(&tree.path, &["rev-parse", "HEAD"]).parse().unwrap();
        let scratch = test.dir().join("scratch");
        let index = tree.admin.join("index");
        let before = std::fs::read(&index).ok();
        let taken = take(&test.repo(), tree, head, &scratch, ObjectStore::Repository).unwrap();
        assert_eq!(std::fs::read(&index).ok(), before);
        assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
        taken
    }

    #[test]
    fn everything_but_ignored_files() {
        let test = TestRepo::new();
        test.write(".gitignore", "*.ign\n");
        ["changed", "staged", "gone", "kept"].iter().for_each(|path| test.write(path, "1\n"));
        test.commit_all("first");
        let tree = linked(&test);
        assert_eq!(take_in(&test, &tree), None);
        write(&tree, "changed", "2\n");
        write(&tree, "staged", "2\n");
        test.git_in(&tree.path, &["add", "staged"]);
        std::fs::remove_file(tree.path.join("gone")).unwrap();
        write(&tree, "new/file", "2\n");
        write(&tree, "x.ign", "2\n");
        let commit = take_in(&test, &tree).unwrap();
        let range = format!("w..{commit}");
        assert_eq!(
            test.git(&["diff", "--name-status", "--no-renames", &range]),
            "M\tchanged\nD\tgone\nA\tnew/file\nM\tstaged"
        );
        assert_eq!(test.git(&["rev-list", &range]), commit.to_string());
        assert_eq!(take_in(&test, &tree), Some(commit));
        test.assert_sound();
    }

    #[test]
    fn conflicts_repositories_inside_and_no_index() {
        let test = TestRepo::with_commit();
        let tree = linked(&test);
        write(&tree, "file", "w\n");
        test.commit_all_in(&tree.path, "w");
        test.write("file", "main\n");
        test.commit_all("main");
        test.try_git_in(&tree.path, &["merge", "-q", "main"]);
        write(&tree, "new", "2\n");
        for (name, commits) in [("inside", true), (":odd *", false)] {
            let nested = tree.path.join(name);
            test.git(&["init", "-q", nested.to_str().unwrap()]);
            std::fs::write(nested.join("f"), "f").unwrap();
            if commits {
                test.git_in(&nested, &["add", "f"]);
                test.git_in(&nested, &["-c", "user.name=a", "-c", "user.email=b", "commit", "-q", "-m", "f"]);
            }
        }
        let commit = take_in(&test, &tree).unwrap().to_string();
        assert_eq!(test.git(&["ls-tree", "--name-only", &commit]), "file\nnew");
        assert!(test.git(&["show", &format!("{commit}:file")]).contains("<<<<<<<"));
        std::fs::remove_file(tree.admin.join("index")).unwrap();
        assert_eq!(take_in(&test, &tree).unwrap().to_string(), commit);
    }

    #[test]
    fn an_edit_in_the_tick_in_which_the_index_was_written_is_seen() {
        let test = TestRepo::with_commit();
        let tree = linked(&test);
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        let date = |path: &Path| {
            std::fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
        };
        // As git does where it cannot trust the time of change.
        test.git(&["config", "core.trustctime", "false"]);
        let file = tree.path.join("file");
        date(&file);
        test.git_in(&tree.path, &["update-index", "--refresh"]);
        std::fs::write(&file, "two\n").unwrap();
        date(&file);
        date(&tree.admin.join("index"));
        let commit = take_in(&test, &tree).expect("the edit is seen");
        assert_eq!(test.git(&["show", &format!("{commit}:file")]), "two");
    }

    #[test]
    fn a_scratch_store_takes_all_objects() {
        let test = TestRepo::with_commit();
        let tree = linked(&test);
        write(&tree, "new", "only in the scratch store\n");
        let dir = test.dir().join("objects");
        let store = ObjectStore::Scratch(&dir);
        let repo = test.repo();
        let commit = take(&repo, &tree, test.rev("w"), &test.dir().join("s"), store).unwrap().unwrap();
        assert!(repo.tree_of(commit).is_err());
        assert!(store.reader(&repo).unwrap().unwrap().tree_of(commit).is_ok());
    }

    #[test]
    fn an_empty_worktree_and_a_sparse_one() {
        let test = TestRepo::new();
        ["in/a", "out/b"].iter().for_each(|path| test.write(path, "1\n"));
        test.commit_all("first");
        let tree = linked(&test);
        test.git_in(&tree.path, &["sparse-checkout", "set", "--cone", "in"]);
        assert!(!tree.path.join("out").exists());
        assert_eq!(take_in(&test, &tree), None);
        write(&tree, "in/a", "2\n");
        let commit = take_in(&test, &tree).unwrap();
        assert_eq!(test.git(&["diff", "--name-status", &format!("w..{commit}")]), "M\tin/a");
        test.git_in(&tree.path, &["sparse-checkout", "disable"]);
        ["in", "out"].iter().for_each(|dir| std::fs::remove_dir_all(tree.path.join(dir)).unwrap());
        let commit = take_in(&test, &tree).unwrap();
        assert_eq!(test.git(&["ls-tree", &commit.to_string()]), "");
    }
}
