//! Taking back a commit of everything that was uncommitted in a worktree, and making it again: branch and index move,
//! files do not.

use std::path::Path;

use super::super::command::Git;
use super::super::error::GitError;
use super::super::objects::{ObjectStore, parse_id};
use super::super::progress::{in_progress, wait_for_lock};
use super::super::{Repo, head_of};
use super::refs;
use super::snapshot::index_copy;
use crate::domain::name::BranchName;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::place::{Head, WorktreePlace};

/// Gives a tree of what is staged, made from a copy of the index; none if that is not possible, as with unmerged paths.
pub fn staged(repo: &Repo, tree: &WorktreePlace, scratch: &Path) -> Result<Option<TreeId>, GitError> {
    let (_dir, copy) = index_copy(tree, scratch)?;
    if !copy.exists() {
        return Ok(None);
    }
    let call = Git::worktree(&repo.place().common_dir, &tree.admin, &tree.path, "write-tree");
    match parse_id(&call.env("GIT_INDEX_FILE", &copy)) {
        Err(GitError::Command { .. }) => Ok(None),
        other => other.map(Some),
    }
}

/// Makes a commit on `head` whose tree is what is staged; none if that is `head`'s tree, or if paths are unmerged.
pub fn staged_commit(
    repo: &Repo,
    tree: &WorktreePlace,
    head: CommitId,
    scratch: &Path,
    store: ObjectStore<'_>,
) -> Result<Option<CommitId>, GitError> {
    let staged = staged(repo, tree, scratch)?;
    let base = repo.tree_of(head)?;
    let staged = staged.filter(|staged| *staged != base);
    staged.map(|staged| store.synthetic(repo, staged, &[head])).transpose()
}

/// A branch that moves in its worktree.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The worktree.
    pub tree: &'a WorktreePlace,
    /// Its branch.
    pub branch: &'a BranchName,
    /// The branch's tip before.
    pub from: CommitId,
    /// The branch's tip afterwards.
    pub to: CommitId,
    /// What the index holds afterwards; none for what `to` holds.
    pub index: Option<TreeId>,
    /// The message of the reflog.
    pub message: &'a str,
}

/// Moves index and branch; files stay. [`GitError::InProgress`] and [`GitError::NotOurs`] where the worktree is in the
/// middle of something or on another branch, [`GitError::RefMoved`] if the branch is not at `from`.
pub fn step(repo: &Repo, step: &Step<'_>) -> Result<(), GitError> {
    let Step { tree, branch, from, to, index, message } = *step;
    match head_of(&tree.admin, repo)? {
        Head::Branch { name, tip } if name == *branch && tip == from => {}
        Head::Branch { name, tip } if name == *branch => {
            let (expected, found) = (Some(from), Some(tip));
            return Err(GitError::RefMoved { name: branch.ref_name(), expected, found });
        }
        _ => {
            let what = format!("HEAD is not on {branch}");
            return Err(GitError::NotOurs { path: tree.path.clone(), what });
        }
    }
    if let Some(what) = in_progress(&tree.admin) {
        return Err(GitError::InProgress { worktree: tree.path.clone(), what });
    }
    wait_for_lock(&tree.admin.join("index.lock"))?;
    let call =
        |subcommand: &str| Git::worktree(&repo.place().common_dir, &tree.admin, &tree.path, subcommand);
    let whole = || call("read-tree").arg(to.to_string()).run();
    match index {
        // A tree that nothing names may have been collected since.
        Some(index) => call("read-tree").arg(index.to_string()).run().or_else(|_| whole())?,
        None => whole()?,
    };
    call("update-index").args(["-q", "--refresh"]).output()?;
    refs::advance(repo, &branch.ref_name(), from, to, message)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn a_commit_goes_and_comes_and_no_file_moves() {
        let test = TestRepo::with_commit();
        test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
        let root = test.dir().join("w");
        let tree = WorktreePlace { path: root.clone(), admin: test.path().join(".git/worktrees/w") };
        let (branch, repo): (BranchName, _) = ("w".parse().unwrap(), test.repo());
        for (path, text) in [("file", "staged\n"), ("new", "1\n")] {
            std::fs::write(root.join(path), text).unwrap();
        }
        test.git_in(&root, &["add", "file"]);
        std::fs::write(root.join("file"), "and more\n").unwrap();
        let before = test.git_in(&root, &["status", "--porcelain"]);
        assert_eq!(before, "MM file\n?? new");
        let index = staged(&repo, &tree, &test.dir().join("scratch")).unwrap();
        assert!(index.is_some());
        let from = test.rev("w");
        let to = test.commit_all_in(&root, "all");
        let back = Step { tree: &tree, branch: &branch, from: to, to: from, index, message: "back" };
        step(&repo, &back).unwrap();
        assert_eq!(test.git_in(&root, &["status", "--porcelain"]), before);
        assert_eq!(test.git_in(&root, &["show", ":file"]), "staged");
        step(&repo, &Step { from, to, index: None, ..back }).unwrap();
        assert_eq!(test.git_in(&root, &["status", "--porcelain"]), "");
        assert!(matches!(step(&repo, &Step { from, to, ..back }), Err(GitError::RefMoved { .. })));
        // A tree that is not there any more costs what was staged, nothing else.
        step(&repo, &Step { index: Some(TreeId::from_bytes([7; 20])), ..back }).unwrap();
        assert_eq!(test.git_in(&root, &["status", "--porcelain"]), " M file\n?? new");
        test.assert_sound();
    }
}
