//! Which sides of a difference belong together, and what their content says.

use super::side::{Side, is_binary};
use super::{LARGE, renames};
use crate::domain::diff::Change;
use crate::domain::path::RepoPath;
use crate::git::objects::GITLINK;

/// A file of a difference, with the deltas of libgit2 that it comes from: two where one is a deletion and the other
/// the addition that belongs to it.
pub(super) struct Pair {
    pub(super) change: Change,
    pub(super) old: Option<Side>,
    pub(super) new: Option<Side>,
    pub(super) similarity: Option<u64>,
    pub(super) deltas: [usize; 2],
}

impl Pair {
    /// Gives the side that a file is called by.
    pub(super) fn side(&self) -> Option<&Side> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

/// Pairs deletions with additions: of one path, which is a change of type, and of two, which is a rename.
pub(super) fn pairs(handle: &git2::Repository, diff: &git2::Diff<'_>) -> Vec<Pair> {
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
pub(super) fn content<'a>(
    handle: &'a git2::Repository,
    diff: &'a git2::Diff<'a>,
    pair: &Pair,
    options: &mut git2::DiffOptions,
) -> Result<Option<git2::Patch<'a>>, git2::Error> {
    let (Some(old), Some(new), true) = (&pair.old, &pair.new, pair.deltas[0] != pair.deltas[1]) else {
        return git2::Patch::from_diff(diff, pair.deltas[0]);
    };
    if old.id == new.id {
        return Ok(None);
    }
    let blob = |side: &Side| match side.mode {
        GITLINK => Ok(None),
        _ => handle.find_blob(side.id).map(Some),
    };
    let (Some(old_blob), Some(new_blob)) = (blob(old)?, blob(new)?) else { return Ok(None) };
    let (old_path, new_path) = (old.path.to_path(), new.path.to_path());
    git2::Patch::from_blobs(&old_blob, Some(&old_path), &new_blob, Some(&new_path), Some(options)).map(Some)
}

/// Gives the lines added and removed, and whether the file is binary; then there are none.
pub(super) fn counts(
    handle: &git2::Repository,
    pair: &Pair,
    patch: Option<&mut git2::Patch<'_>>,
) -> Result<(u32, u32, bool), git2::Error> {
    if let (Some(old), Some(new)) = (&pair.old, &pair.new)
        && old.id == new.id
    {
        // No content is compared; git still says whether it is binary.
        return Ok((0, 0, old.mode != GITLINK && is_binary_blob(handle, old.id)));
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

/// The same of a blob; a large one is not loaded.
fn is_binary_blob(handle: &git2::Repository, id: git2::Oid) -> bool {
    let size = handle.odb().and_then(|odb| odb.read_header(id)).map_or(0, |(size, _)| size as u64);
    size > LARGE || handle.find_blob(id).is_ok_and(|blob| is_binary(blob.content()))
}
