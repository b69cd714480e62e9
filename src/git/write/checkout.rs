//! Filling a registered worktree: files, index, uncommitted changes, the `post-checkout` hook.
//!
//! Runs without a lock and beside others of its kind: it touches the one worktree and its administrative directory.

use git2::build::CheckoutBuilder;
use git2::{CheckoutNotificationType, ErrorCode};

use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::command::Git;
use crate::git::convert::oid;
use crate::git::preflight::Needs;
use crate::git::worktrees::read_link;
use crate::git::{GitError, Repo};

/// Fills a worktree that holds nothing but its `.git` file with the files of `at`, and its index. `overlay` is a tree
/// whose differences from `at` are put into the files alone, deletions too; a file that is neither as in `at` nor as
/// in `overlay` is [`GitError::WouldOverwrite`].
///
/// A worktree that has an index was filled before, since the index is written last: its files stay as they are.
pub fn checkout(
    place: &Place,
    tree: &WorktreePlace,
    at: CommitId,
    overlay: Option<TreeId>,
    needs: &Needs,
) -> Result<(), GitError> {
    let link = read_link(&place.common_dir, &tree.admin);
    if !link.joins(&tree.path) {
        let what = link.broken.unwrap_or_else(|| "it is not registered".to_owned());
        return Err(GitError::NotOurs { path: tree.path.clone(), what });
    }
    let repo = Repo::open(place)?;
    let base = repo.tree_of(at)?;
    let is_filled = tree.admin.join("index").exists();
    let with_git = |id| Ok::<_, GitError>(needs.git_for_files_of(&repo, id)?.is_some());
    if !is_filled {
        if with_git(base)? { fill_by_git(place, tree, at)? } else { fill(tree, at)? }
    }
    match overlay.filter(|overlay| *overlay != base) {
        None => Ok(()),
        Some(overlay) if with_git(base)? || with_git(overlay)? => overlay_by_git(place, tree, base, overlay),
        Some(overlay) => overlay_files(tree, overlay),
    }
}

fn fill(tree: &WorktreePlace, at: CommitId) -> Result<(), GitError> {
    let failed = |source| GitError::worktree("check out", &tree.path, source);
    let raw = git2::Repository::open(&tree.path).map_err(failed)?;
    let commit = raw.find_commit(oid(at)).map_err(failed)?;
    // Nothing of anyone's is there yet; files of an interrupted checkout are written anew.
    raw.checkout_tree(commit.as_object(), Some(CheckoutBuilder::new().force())).map_err(failed)
}

/// `read-tree` moves no ref and writes no `ORIG_HEAD`; patterns of a sparse checkout, filters and missing objects of a
/// partial clone are handled as in `git worktree add`, which resets the new worktree with the same code.
fn fill_by_git(place: &Place, tree: &WorktreePlace, at: CommitId) -> Result<(), GitError> {
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "read-tree");
    call.args(["--reset", "-u", "--no-recurse-submodules", &at.to_string()]).run().map(drop)
}

/// libgit2 takes the tree of HEAD for what the files are expected to be; the index serves as a cache of their hashes.
fn overlay_files(tree: &WorktreePlace, overlay: TreeId) -> Result<(), GitError> {
    let failed = |source| GitError::worktree("change files of", &tree.path, source);
    let raw = git2::Repository::open(&tree.path).map_err(failed)?;
    let overlay = raw.find_tree(oid(overlay)).map_err(failed)?;
    let mut paths = Vec::new();
    let mut options = CheckoutBuilder::new();
    options.safe().update_index(false).notify_on(CheckoutNotificationType::CONFLICT).notify(
        |_, path, _, _, _| {
            paths.extend(path.map(|path| RepoPath::new(crate::domain::path::path_bytes(path))));
            true
        },
    );
    let outcome = raw.checkout_tree(overlay.as_object(), Some(&mut options));
    drop(options);
    match outcome {
        Err(error) if error.code() == ErrorCode::Conflict => {
            Err(GitError::WouldOverwrite { worktree: tree.path.clone(), paths })
        }
        outcome => outcome.map_err(failed),
    }
}

/// Switches the files from one tree to another with a copy of the index that is thrown away.
fn overlay_by_git(
    place: &Place,
    tree: &WorktreePlace,
    base: TreeId,
    overlay: TreeId,
) -> Result<(), GitError> {
    let index = tree.admin.join("index");
    let copied = tempfile::Builder::new().prefix("windrow-index-").tempfile_in(&tree.admin);
    let copy = copied.map_err(GitError::io("create a file in", &tree.admin))?.into_temp_path();
    std::fs::copy(&index, &copy).map_err(GitError::io("copy", &index))?;
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "read-tree");
    let call = call.env("GIT_INDEX_FILE", &copy).args(["-m", "-u", "--no-recurse-submodules"]);
    call.args([base.to_string(), overlay.to_string()]).run().map(drop)
}

/// Runs the `post-checkout` hook as `git worktree add` does: at the root, old id zeros, flag 1, without variables that
/// name a repository. Gives the text of a failure, which undoes nothing.
pub fn run_post_checkout(tree: &WorktreePlace, at: CommitId) -> Result<Option<String>, GitError> {
    let zeros = CommitId::from_bytes([0; 20]).to_string();
    let call = Git::at(&tree.path, "hook").args(["run", "--ignore-missing", "post-checkout", "--"]);
    let call = call.args([&zeros, &at.to_string(), "1"]).with_hooks();
    let output = call.output()?;
    Ok((output.code != 0).then(|| call.failed(&output).to_string()))
}
