//! Differences: between two commits, and between a merge base and a worktree *as it is*.
//!
//! A worktree is first put together as a tree — HEAD and every uncommitted change, untracked files included, ignored
//! ones not: what `git add -A` would stage. That tree lives in memory (or in a scratch directory, where git has to
//! filter the files); the repository's objects and the worktree's index stay as they are. Trees are then compared.

mod apart;
mod executable;
mod generated;
mod pairs;
mod patch;
mod renames;
mod side;
mod snapshot;

use std::collections::BTreeSet;
use std::path::Path;

pub use generated::generated;
use pairs::{content, counts, pairs};
use snapshot::Snapshot;

use super::preflight::Needs;
use super::{GitError, Repo, convert};
use crate::domain::diff::{Change, FileDiff, Sides, Stat};
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::WorktreePlace;
use crate::domain::status::Dirt;

/// How much of a file is looked at, in bytes: a larger one is treated as binary and never loaded.
const LARGE: u64 = 64 << 20;

/// What is asked of a difference.
#[derive(Debug, Clone, Copy)]
pub struct DiffOptions<'a> {
    /// Whether its text is wanted, not only files and counts.
    pub patch: bool,
    /// Lines of context in the text; git's default is 3.
    pub context: u32,
    /// An existing directory outside the repository's objects, for what git has to write (see [`Needs`]).
    pub scratch: &'a Path,
    /// What the repository needs.
    pub needs: &'a Needs,
}

/// Compares a commit with a worktree as it is: commits, staged, unstaged and untracked changes in one, renames found
/// at a similarity of 50 %. Without a worktree, compares it with the tip of the branch.
///
/// The files come sorted by path. The second value is the text in git's unified form, which `git apply` takes on the
/// tree of `from`; it is empty if it was not asked for. Files above 64 MiB are binary and have no text.
pub fn task_diff(
    repo: &Repo,
    tree: Option<&WorktreePlace>,
    from: CommitId,
    branch_tip: CommitId,
    options: &DiffOptions<'_>,
) -> Result<(Vec<FileDiff>, Vec<u8>), GitError> {
    let Some(tree) = tree else {
        let [old, new] = [repo.tree_of(from)?, repo.tree_of(branch_tip)?].map(convert::oid);
        return compare(repo.raw(), old, new, options.patch, options.context);
    };
    let (files, patch, _) = worktree_diff(repo, tree, from, options)?;
    Ok((files, patch))
}

fn worktree_diff(
    repo: &Repo,
    tree: &WorktreePlace,
    from: CommitId,
    options: &DiffOptions<'_>,
) -> Result<(Vec<FileDiff>, Vec<u8>, Dirt), GitError> {
    let from = convert::oid(repo.tree_of(from)?);
    let snapshot = Snapshot::take(repo.place(), tree, from, options)?;
    let (mut files, mut patch) =
        compare(&snapshot.handle, from, snapshot.tree, options.patch, options.context)?;
    for file in &mut files {
        file.untracked = snapshot.untracked.contains(&file.path);
        if snapshot.unmerged.contains(&file.path) {
            file.change = Change::Unmerged;
        }
    }
    for mut apart in snapshot.apart {
        let start = patch.len();
        if options.patch {
            patch.extend(apart::text(&apart));
        }
        apart.text = start..patch.len();
        files.push(apart);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((files, patch, snapshot.dirt))
}

/// Sums up what [`task_diff`] gives, without making its text.
pub fn stat(
    repo: &Repo,
    tree: Option<&WorktreePlace>,
    from: CommitId,
    branch_tip: CommitId,
    options: &DiffOptions<'_>,
) -> Result<Stat, GitError> {
    let options = DiffOptions { patch: false, context: 0, ..*options };
    let (files, _) = task_diff(repo, tree, from, branch_tip, &options)?;
    Ok(sum(&files))
}

/// Gives [`stat`] and [`super::status::dirt`] of a worktree, which is looked through once.
pub fn stat_and_dirt(
    repo: &Repo,
    tree: &WorktreePlace,
    from: CommitId,
    options: &DiffOptions<'_>,
) -> Result<(Stat, Dirt), GitError> {
    let options = DiffOptions { patch: false, context: 0, ..*options };
    let (files, _, dirt) = worktree_diff(repo, tree, from, &options)?;
    Ok((sum(&files), dirt))
}

fn sum(files: &[FileDiff]) -> Stat {
    Stat {
        files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        insertions: files.iter().map(|file| file.insertions).fold(0, u32::saturating_add),
        deletions: files.iter().map(|file| file.deletions).fold(0, u32::saturating_add),
    }
}

/// Compares the trees of two commits, renames found at a similarity of 50 %.
pub fn tree_diff(repo: &Repo, a: CommitId, b: CommitId) -> Result<Vec<FileDiff>, GitError> {
    let (old, new) = (convert::oid(repo.tree_of(a)?), convert::oid(repo.tree_of(b)?));
    Ok(compare(repo.raw(), old, new, false, 0)?.0)
}

/// Lists the paths that two commits do not have in common, sorted; a rename is both of its paths.
pub fn touched_paths(repo: &Repo, a: CommitId, b: CommitId) -> Result<Vec<RepoPath>, GitError> {
    let (old, new) = (convert::oid(repo.tree_of(a)?), convert::oid(repo.tree_of(b)?));
    let diff = trees(repo.raw(), old, new, &mut git2::DiffOptions::new())?;
    let paths: BTreeSet<RepoPath> = diff
        .deltas()
        .flat_map(|delta| [delta.old_file().path_bytes(), delta.new_file().path_bytes()])
        .flatten()
        .map(RepoPath::new)
        .collect();
    Ok(paths.into_iter().collect())
}

/// Compares two trees without looking into files.
fn trees<'repo>(
    handle: &'repo git2::Repository,
    old: git2::Oid,
    new: git2::Oid,
    options: &mut git2::DiffOptions,
) -> Result<git2::Diff<'repo>, GitError> {
    let find = |id| handle.find_tree(id).map_err(|source| GitError::object("tree", id, source));
    let (old_tree, new_tree) = (find(old)?, find(new)?);
    let diff = handle.diff_tree_to_tree(Some(&old_tree), Some(&new_tree), Some(options));
    diff.map_err(|source| GitError::object("the difference of tree", format!("{old} and {new}"), source))
}

fn compare(
    handle: &git2::Repository,
    old: git2::Oid,
    new: git2::Oid,
    patch: bool,
    context: u32,
) -> Result<(Vec<FileDiff>, Vec<u8>), GitError> {
    let failed = |source| GitError::object("the difference of tree", format!("{old} and {new}"), source);
    let mut options = diff_options(patch, context);
    let diff = trees(handle, old, new, &mut options)?;
    let (mut files, mut text) = (Vec::new(), Vec::new());
    for pair in pairs(handle, &diff) {
        let start = text.len();
        let mut part = content(handle, &diff, &pair, &mut options).map_err(failed)?;
        let (insertions, deletions, binary) = counts(handle, &pair, part.as_mut()).map_err(failed)?;
        if patch && pair.change == Change::TypeChanged {
            // Git writes a deletion and a creation, and applies nothing else.
            let [deleted, added] = pair.deltas.map(|delta| git2::Patch::from_diff(&diff, delta));
            patch::write(&mut text, pair.old.as_ref(), None, None, deleted.map_err(failed)?)
                .map_err(failed)?;
            patch::write(&mut text, None, pair.new.as_ref(), None, added.map_err(failed)?).map_err(failed)?;
        } else if patch {
            patch::write(&mut text, pair.old.as_ref(), pair.new.as_ref(), pair.similarity, part)
                .map_err(failed)?;
        }
        let side =
            |side: &Option<side::Side>| side.as_ref().map(|side| (side.mode, convert::blob_id(side.id)));
        let sides = Sides { old: side(&pair.old), new: side(&pair.new) };
        let path = pair.side().map(|side| side.path.clone()).unwrap_or_default();
        let old_path = pair.old.filter(|_| pair.change == Change::Renamed).map(|side| side.path);
        files.push(FileDiff {
            path,
            old_path,
            change: pair.change,
            insertions,
            deletions,
            binary,
            untracked: false,
            content: Some(sides),
            text: start..text.len(),
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((files, text))
}

fn diff_options(patch: bool, context: u32) -> git2::DiffOptions {
    let mut options = git2::DiffOptions::new();
    options
        .context_lines(context)
        .show_binary(patch)
        .indent_heuristic(true)
        .max_size(i64::try_from(LARGE).unwrap_or(i64::MAX));
    options
}

#[cfg(test)]
mod differential;
#[cfg(test)]
mod tests;
