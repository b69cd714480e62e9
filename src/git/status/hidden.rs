//! What the index says besides changes: submodules, and entries that git was told not to look at.

use std::collections::BTreeSet;

use super::entries::{IN_MEMORY, SKIP_WORKTREE, is_executable, on_disk, open_tree};
use crate::domain::path::{RepoPath, path_bytes};
use crate::domain::place::{Place, WorktreePlace};
use crate::git::GitError;
use crate::git::command::Git;
use crate::git::objects::GITLINK;
use crate::git::preflight::Needs;

/// The flag of `git update-index --assume-unchanged`.
const ASSUME_UNCHANGED: u16 = git2::IndexEntryFlag::VALID.bits();

/// One entry of the index.
struct Indexed {
    path: RepoPath,
    mode: u32,
    id: git2::Oid,
    assumed: bool,
    skipped: bool,
}

/// Lists the paths of submodules in the index.
pub(in crate::git) fn gitlinks(
    tree: &WorktreePlace,
    needs: &Needs,
    place: &Place,
) -> Result<BTreeSet<RepoPath>, GitError> {
    let all = indexed(tree, needs, place, &|entry| entry.mode == GITLINK)?;
    Ok(all.into_iter().map(|entry| entry.path).collect())
}

/// Lists the paths that are flagged as not to be looked at, and are there.
pub(super) fn flagged(tree: &WorktreePlace, needs: &Needs, place: &Place) -> Result<Vec<RepoPath>, GitError> {
    let all = indexed(tree, needs, place, &|entry| entry.assumed || entry.skipped)?;
    let there = all.into_iter().filter(|entry| on_disk(&tree.path, &entry.path).is_some());
    Ok(there.map(|entry| entry.path).collect())
}

/// Lists the flagged paths whose file is not what the index holds. A skipped entry without a file is as it should be;
/// one that is only assumed to be unchanged is not.
pub(in crate::git) fn edits(
    tree: &WorktreePlace,
    needs: &Needs,
    place: &Place,
) -> Result<Vec<RepoPath>, GitError> {
    let flagged = indexed(tree, needs, place, &|entry| entry.assumed || entry.skipped)?;
    let mut edited = Vec::new();
    for entry in flagged.into_iter().filter(|entry| entry.mode != GITLINK) {
        if differs(&entry, tree, needs, place)? {
            edited.push(entry.path);
        }
    }
    Ok(edited)
}

fn differs(entry: &Indexed, tree: &WorktreePlace, needs: &Needs, place: &Place) -> Result<bool, GitError> {
    let Some((full, found)) = on_disk(&tree.path, &entry.path) else { return Ok(!entry.skipped) };
    let failed = |source| GitError::worktree("read", &full, source);
    let is_link = entry.mode & 0o170_000 == 0o120_000;
    if found.is_symlink() {
        let target = full.read_link().map_err(GitError::io("read", &full))?;
        let id = git2::Oid::hash_object(git2::ObjectType::Blob, &path_bytes(&target)).map_err(failed)?;
        return Ok(!is_link || id != entry.id);
    }
    let handle = open_tree(tree, place)?;
    let modes = handle.config().and_then(|config| config.get_bool("core.filemode")).unwrap_or(true);
    let other_mode = modes && is_executable(&found) != (entry.mode & 0o100 != 0);
    if !found.is_file() || is_link || other_mode {
        return Ok(true);
    }
    // Without the filters first: what is stored as it is on disk is by far the most frequent.
    if git2::Oid::hash_file(git2::ObjectType::Blob, &full).map_err(failed)? == entry.id {
        return Ok(false);
    }
    if needs.git_for_files.is_none() {
        let odb = handle.odb().map_err(failed)?;
        // What is stored for comparison stays in memory.
        odb.add_new_mempack_backend(IN_MEMORY).map_err(failed)?;
        return Ok(
            handle.blob_path(&full.canonicalize().unwrap_or(full.clone())).map_err(failed)? != entry.id
        );
    }
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "hash-object")
        .arg("--")
        .arg(entry.path.to_path());
    let text = String::from_utf8_lossy(&call.run()?).trim().to_owned();
    Ok(text != entry.id.to_string())
}

/// Lists the entries of the index at stage 0 that a test wants.
fn indexed(
    tree: &WorktreePlace,
    needs: &Needs,
    place: &Place,
    wanted: &dyn Fn(&Indexed) -> bool,
) -> Result<Vec<Indexed>, GitError> {
    if needs.git_for_files.is_some() {
        return indexed_by_git(tree, place, wanted);
    }
    let handle = open_tree(tree, place)?;
    let index =
        handle.index().map_err(|source| GitError::worktree("read the index of", &tree.path, source))?;
    let entries = index.iter().map(|entry| Indexed {
        mode: entry.mode,
        id: entry.id,
        assumed: entry.flags & ASSUME_UNCHANGED != 0,
        skipped: entry.flags_extended & SKIP_WORKTREE != 0,
        path: RepoPath::new(entry.path),
    });
    Ok(entries.filter(|entry| wanted(entry)).collect())
}

/// Reads `git ls-files -v -s -z`: `TAG MODE ID STAGE<tab>PATH`, where a small letter says assume-unchanged and `S`
/// skip-worktree.
fn indexed_by_git(
    tree: &WorktreePlace,
    place: &Place,
    wanted: &dyn Fn(&Indexed) -> bool,
) -> Result<Vec<Indexed>, GitError> {
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "ls-files").args(["-v", "-s", "-z"]);
    let text = call.run()?;
    let mut entries = Vec::new();
    for record in text.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let entry = record_of(record).ok_or_else(|| GitError::Output {
            command: call.describe(),
            what: String::from_utf8_lossy(record).into_owned(),
        })?;
        entries.extend(Some(entry).filter(|entry| wanted(entry)));
    }
    Ok(entries)
}

fn record_of(record: &[u8]) -> Option<Indexed> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let mut fields = std::str::from_utf8(&record[..tab]).ok()?.split(' ');
    let tag = fields.next()?.chars().next()?;
    let mode = u32::from_str_radix(fields.next()?, 8).ok()?;
    let id = git2::Oid::from_str(fields.next()?).ok()?;
    let path = RepoPath::new(&record[tab + 1..]);
    Some(Indexed {
        path,
        mode,
        id,
        assumed: tag.is_ascii_lowercase(),
        skipped: tag.eq_ignore_ascii_case(&'s'),
    })
}
