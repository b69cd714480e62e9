//! Differences: between two commits, and between a merge base and a worktree *as it is*.
//!
//! A worktree is first put together as a tree — HEAD and every uncommitted change, untracked files included, ignored
//! ones not: what `git add -A` would stage. That tree lives in memory (or in a scratch directory, where git has to
//! filter the files); the repository's objects and the worktree's index stay as they are. Trees are then compared.

mod apart;
mod executable;
mod patch;
mod renames;
mod snapshot;

use std::collections::BTreeSet;
use std::path::Path;

use snapshot::Snapshot;

use super::preflight::Needs;
use super::{GitError, Repo, convert};
use crate::domain::diff::{Change, FileDiff, Stat};
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::WorktreePlace;

/// How much of a file is looked at, in bytes: a larger one is treated as binary and never loaded.
const LARGE: u64 = 64 << 20;

/// The mode of a submodule.
const GITLINK: u32 = 0o160_000;

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
    let from_tree = convert::oid(repo.tree_of(from)?);
    let Some(tree) = tree else {
        let to_tree = convert::oid(repo.tree_of(branch_tip)?);
        return compare(repo.raw(), from_tree, to_tree, options.patch, options.context);
    };
    let snapshot = Snapshot::take(repo.place(), tree, from_tree, options)?;
    let (files, mut patch) =
        compare(&snapshot.handle, from_tree, snapshot.tree, options.patch, options.context)?;
    let mut files: Vec<FileDiff> = files
        .into_iter()
        .map(|file| FileDiff {
            untracked: snapshot.untracked.contains(&file.path),
            change: if snapshot.unmerged.contains(&file.path) { Change::Unmerged } else { file.change },
            ..file
        })
        .collect();
    for apart in snapshot.apart {
        if options.patch {
            patch.extend(apart::text(&apart));
        }
        files.push(apart);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((files, patch))
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
    Ok(Stat {
        files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        insertions: files.iter().map(|file| file.insertions).fold(0, u32::saturating_add),
        deletions: files.iter().map(|file| file.deletions).fold(0, u32::saturating_add),
    })
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

/// A file on one side of a difference.
#[derive(Debug, Clone)]
struct Side {
    path: RepoPath,
    mode: u32,
    id: git2::Oid,
}

/// A file of a difference, with the deltas of libgit2 that it comes from: two where one is a deletion and the other
/// the addition that belongs to it.
struct Pair {
    change: Change,
    old: Option<Side>,
    new: Option<Side>,
    similarity: Option<u64>,
    deltas: [usize; 2],
}

impl Pair {
    /// Gives the side that a file is called by.
    fn side(&self) -> Option<&Side> {
        self.new.as_ref().or(self.old.as_ref())
    }
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
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((files, text))
}

/// Pairs deletions with additions: of one path, which is a change of type, and of two, which is a rename.
fn pairs(handle: &git2::Repository, diff: &git2::Diff<'_>) -> Vec<Pair> {
    let (mut pairs, mut deleted, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for (index, delta) in diff.deltas().enumerate() {
        let side = |file: git2::DiffFile<'_>| Side {
            path: file.path_bytes().map(RepoPath::new).unwrap_or_default(),
            mode: u32::from(file.mode()),
            id: file.id(),
        };
        match delta.status() {
            git2::Delta::Deleted => deleted.push((side(delta.old_file()), index)),
            git2::Delta::Added => added.push((side(delta.new_file()), index)),
            _ => pairs.push(Pair {
                change: Change::Modified,
                old: Some(side(delta.old_file())),
                new: Some(side(delta.new_file())),
                similarity: None,
                deltas: [index; 2],
            }),
        }
    }
    let mut take = |deleted: Option<(Side, usize)>, added: Option<(Side, usize)>, change, similarity| {
        let indices = [deleted.as_ref(), added.as_ref()].map(|side| side.map(|(_, index)| *index));
        let any = indices[0].or(indices[1]).unwrap_or_default();
        pairs.push(Pair {
            change,
            old: deleted.map(|(side, _)| side),
            new: added.map(|(side, _)| side),
            similarity,
            deltas: indices.map(|index| index.unwrap_or(any)),
        });
    };
    let retyped = |path: &RepoPath, among: &mut Vec<(Side, usize)>| {
        let at = among.binary_search_by(|(side, _)| side.path.cmp(path)).ok()?;
        Some(among.remove(at))
    };
    deleted.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    added.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    let paths: Vec<RepoPath> = added.iter().map(|(side, _)| side.path.clone()).collect();
    for path in paths {
        if let Some(old) = retyped(&path, &mut deleted) {
            take(Some(old), retyped(&path, &mut added), Change::TypeChanged, None);
        }
    }
    let sides = |all: &[(Side, usize)]| -> Vec<Side> { all.iter().map(|(side, _)| side.clone()).collect() };
    let renames = renames::find(handle, &sides(&deleted), &sides(&added));
    let (mut deleted, mut added) = (options_of(deleted), options_of(added));
    for rename in renames {
        let (old, new) = (deleted[rename.deleted].take(), added[rename.added].take());
        take(old, new, Change::Renamed, Some(rename.similarity));
    }
    deleted.into_iter().flatten().for_each(|old| take(Some(old), None, Change::Deleted, None));
    added.into_iter().flatten().for_each(|new| take(None, Some(new), Change::Added, None));
    pairs.sort_by(|a, b| a.side().map(|side| &side.path).cmp(&b.side().map(|side| &side.path)));
    pairs
}

fn options_of<T>(all: Vec<T>) -> Vec<Option<T>> {
    all.into_iter().map(Some).collect()
}

/// Compares the content of a pair.
fn content<'a>(
    handle: &'a git2::Repository,
    diff: &'a git2::Diff<'a>,
    pair: &Pair,
    options: &mut git2::DiffOptions,
) -> Result<Option<git2::Patch<'a>>, git2::Error> {
    let (Some(old), Some(new), true) = (&pair.old, &pair.new, pair.deltas[0] != pair.deltas[1]) else {
        return git2::Patch::from_diff(diff, pair.deltas[0]);
    };
    let blob = |side: &Side| match side.mode {
        GITLINK => Ok(None),
        _ => handle.find_blob(side.id).map(Some),
    };
    let (Some(old_blob), Some(new_blob)) = (blob(old)?, blob(new)?) else { return Ok(None) };
    let (old_path, new_path) = (old.path.to_path(), new.path.to_path());
    git2::Patch::from_blobs(&old_blob, Some(&old_path), &new_blob, Some(&new_path), Some(options)).map(Some)
}

/// Gives the lines added and removed, and whether the file is binary; then there are none.
fn counts(
    handle: &git2::Repository,
    pair: &Pair,
    patch: Option<&mut git2::Patch<'_>>,
) -> Result<(u32, u32, bool), git2::Error> {
    if let (Some(old), Some(new)) = (&pair.old, &pair.new)
        && old.id == new.id
    {
        // No content is compared; git still says whether it is binary.
        let binary = old.mode != GITLINK && handle.find_blob(old.id).is_ok_and(|b| is_binary(b.content()));
        return Ok((0, 0, binary));
    }
    let Some(patch) = patch else { return counts_of_submodule(handle, pair) };
    if patch.delta().flags().is_binary() {
        return Ok((0, 0, true));
    }
    let (_, insertions, deletions) = patch.line_stats()?;
    let count = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
    Ok((count(insertions), count(deletions), false))
}

/// Counts a file that became a submodule, or the other way round: a submodule is one line.
fn counts_of_submodule(handle: &git2::Repository, pair: &Pair) -> Result<(u32, u32, bool), git2::Error> {
    let mut binary = false;
    let mut lines = |side: &Option<Side>| -> Result<u32, git2::Error> {
        match side {
            None => Ok(0),
            Some(side) if side.mode == GITLINK => Ok(1),
            Some(side) => {
                let blob = handle.find_blob(side.id)?;
                binary |= is_binary(blob.content());
                let lines = blob.content().split_inclusive(|byte| *byte == b'\n').count();
                Ok(u32::try_from(lines).unwrap_or(u32::MAX))
            }
        }
    };
    let (deletions, insertions) = (lines(&pair.old)?, lines(&pair.new)?);
    Ok(if binary { (0, 0, true) } else { (insertions, deletions, false) })
}

/// Tells binary from text as git does: by a zero byte near the beginning.
fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(apart::HEAD)].contains(&0)
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
