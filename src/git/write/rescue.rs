//! Keeping everything that a worktree's administrative directory names (DESIGN §8.5).
//!
//! Once that directory is in the trash, git no longer sees its index, its HEAD, its reflog and its refs, and a `git gc`
//! would drop what only they name. One commit keeps it: its tree holds the blobs and trees, its parents are the
//! commits. A ref that names it is all that is needed. It is made of what is found alone, so that making it again
//! gives the same commit.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use super::super::command::Git;
use super::super::error::GitError;
use super::super::objects::ObjectStore;
use super::super::{Repo, convert, head_of};
use crate::domain::oid::CommitId;
use crate::domain::path::{RepoPath, escape};
use crate::domain::place::{Head, WorktreePlace};
use crate::git::objects::GITLINK;

/// A commit that keeps what a worktree names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescue {
    /// The commit; no ref names it yet.
    pub commit: CommitId,
    /// What could not be read, in a few words each: its objects are not kept by this commit.
    pub skipped: Vec<String>,
}

/// How far clocks may be apart before a parent is kept that another one contains anyway.
const CLOCK_SKEW: i64 = 24 * 60 * 60;

/// What is to be kept.
#[derive(Debug, Default)]
struct Kept {
    commits: BTreeSet<git2::Oid>,
    /// Name in the rescue tree, mode and object.
    entries: BTreeMap<String, (i32, git2::Oid)>,
    skipped: Vec<String>,
}

/// Makes a commit that keeps what the worktree's administrative directory names: the index in all stages, HEAD, its
/// reflog and that of its branch, pseudo-refs, refs of the worktree's own, and the state of an unfinished operation.
///
/// The worktree itself need not be there. `FETCH_HEAD` is left out, as is what a submodule keeps in `modules`.
pub fn make(repo: &Repo, tree: &WorktreePlace) -> Result<Rescue, GitError> {
    let mut kept = Kept::default();
    let head = head_of(&tree.admin, repo)?;
    let mut named = names::of_directory(&tree.admin, &mut kept.skipped)?;
    if let Head::Branch { name, .. } = &head {
        let log = repo.place().common_dir.join("logs").join(name.ref_name());
        names::of_file(&log, &mut named, &mut kept.skipped);
    }
    for target in std::mem::take(&mut named.refs) {
        named.ids.extend(repo.raw().refname_to_id(&target).ok());
    }
    let head = head.commit().map(convert::oid);
    for id in named.ids {
        keep(repo, id, &mut kept);
    }
    keep_index(repo, tree, head, &mut kept)?;
    let parents = parents(repo, head, &kept.commits)?;
    let tree = rescue_tree(repo, &kept.entries)?;
    let commit = ObjectStore::Repository.synthetic(repo, tree, &parents)?;
    Ok(Rescue { commit, skipped: kept.skipped })
}

/// Sorts an object by its kind; an id that names none was a word that only looked like one, or is gone already.
fn keep(repo: &Repo, id: git2::Oid, kept: &mut Kept) {
    let Ok(object) = repo.raw().find_object(id, None) else { return };
    // A tag cannot be kept by a commit; what it names can.
    let Ok(object) = (if object.kind() == Some(git2::ObjectType::Tag) {
        object.peel(git2::ObjectType::Any)
    } else {
        Ok(object)
    }) else {
        return;
    };
    match object.kind() {
        Some(git2::ObjectType::Commit) => {
            kept.commits.insert(object.id());
        }
        Some(git2::ObjectType::Tree) => {
            kept.entries.insert(format!("tree-{}", object.id()), (0o040_000, object.id()));
        }
        Some(git2::ObjectType::Blob) => {
            kept.entries.insert(format!("blob-{}", object.id()), (0o100_644, object.id()));
        }
        _ => {}
    }
}

/// One entry of the index.
struct Staged {
    path: Vec<u8>,
    stage: u16,
    mode: u32,
    id: git2::Oid,
}

/// Keeps the blobs of the index that HEAD's tree does not have at the same path.
fn keep_index(
    repo: &Repo,
    tree: &WorktreePlace,
    head: Option<git2::Oid>,
    kept: &mut Kept,
) -> Result<(), GitError> {
    if std::fs::symlink_metadata(tree.admin.join("index")).is_err() {
        return Ok(());
    }
    let head_tree = match head {
        Some(head) => {
            let commit = repo.raw().find_commit(head).and_then(|commit| commit.tree());
            Some(commit.map_err(|source| GitError::object("tree of", head, source))?)
        }
        None => None,
    };
    let staged = match staged_by_libgit2(repo, tree, head_tree.as_ref()) {
        Ok(staged) => staged,
        Err(error) => {
            let by_git = staged_by_git(repo, tree);
            // A split or sparse index is whole for git; of a torn one it gives what it can.
            if by_git.is_err() || !error.message().contains("extension") {
                kept.skipped.push(format!("the index: {}", error.message()));
            }
            by_git.unwrap_or_default()
        }
    };
    for entry in staged {
        // A link to a submodule's commit names nothing in this repository.
        if entry.mode == GITLINK || repo.raw().find_blob(entry.id).is_err() {
            continue;
        }
        let path = RepoPath::new(entry.path);
        let same = entry.stage == 0
            && head_tree
                .as_ref()
                .and_then(|tree| tree.get_path(&path.to_path()).ok())
                .is_some_and(|found| found.id() == entry.id);
        if !same {
            let name = escape(path.as_bytes()).replace('/', "%2F");
            kept.entries.insert(format!("{}-{name}", entry.stage), (0o100_644, entry.id));
        }
    }
    Ok(())
}

fn staged_by_libgit2(
    repo: &Repo,
    tree: &WorktreePlace,
    head_tree: Option<&git2::Tree<'_>>,
) -> Result<Vec<Staged>, git2::Error> {
    let index = git2::Index::open(&tree.admin.join("index"))?;
    let mut staged = Vec::new();
    if index.has_conflicts() {
        staged.extend(index.iter().filter(|entry| (entry.flags >> 12) & 3 != 0).map(|entry| Staged {
            path: entry.path,
            stage: (entry.flags >> 12) & 3,
            mode: entry.mode,
            id: entry.id,
        }));
    }
    let diff = repo.raw().diff_tree_to_index(head_tree, Some(&index), None)?;
    for delta in diff.deltas() {
        let file = delta.new_file();
        if file.exists() && !file.id().is_zero() {
            let path = file.path_bytes().unwrap_or_default().to_vec();
            staged.push(Staged { path, stage: 0, mode: file.mode().into(), id: file.id() });
        }
    }
    Ok(staged)
}

/// Reads `git ls-files -s -z`, for an index that libgit2 cannot read: `MODE SP ID SP STAGE TAB PATH NUL`.
fn staged_by_git(repo: &Repo, tree: &WorktreePlace) -> Result<Vec<Staged>, GitError> {
    // The worktree may be gone; the index is read without looking at a file.
    let call = Git::worktree(&repo.place().common_dir, &tree.admin, &tree.admin, "ls-files");
    let out = call.args(["-s", "-z"]).run()?;
    let parse = |line: &[u8]| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let words: Vec<&str> = std::str::from_utf8(&line[..tab]).ok()?.split(' ').collect();
        let [mode, id, stage] = words[..] else { return None };
        Some(Staged {
            path: line[tab + 1..].to_vec(),
            stage: stage.parse().ok()?,
            mode: u32::from_str_radix(mode, 8).ok()?,
            id: git2::Oid::from_str(id).ok()?,
        })
    };
    Ok(out.split(|byte| *byte == 0).filter_map(parse).collect())
}

/// Gives HEAD and those commits that no other one contains.
///
/// The walk ends where no further commit can be one of them, clocks being right: a parent too many does no harm.
fn parents(
    repo: &Repo,
    head: Option<git2::Oid>,
    commits: &BTreeSet<git2::Oid>,
) -> Result<Vec<CommitId>, GitError> {
    let failed = |source| GitError::object("history of", "the worktree", source);
    let mut walk = repo.raw().revwalk().map_err(failed)?;
    walk.set_sorting(git2::Sort::TIME).map_err(failed)?;
    let mut oldest = i64::MAX;
    for id in commits {
        let Ok(commit) = repo.raw().find_commit(*id) else { continue };
        oldest = oldest.min(commit.time().seconds());
        for parent in commit.parent_ids() {
            // The history may end here: a shallow repository.
            if repo.raw().find_commit(parent).is_ok() {
                walk.push(parent).map_err(failed)?;
            }
        }
    }
    let mut contained = BTreeSet::new();
    for id in walk {
        // What cannot be walked contains nothing that is known.
        let Ok(id) = id else { break };
        if commits.contains(&id) {
            contained.insert(id);
        }
        let time = repo.raw().find_commit(id).map_or(i64::MAX, |commit| commit.time().seconds());
        if time < oldest.saturating_sub(CLOCK_SKEW) {
            break;
        }
    }
    let others = commits.iter().filter(|id| !contained.contains(*id) && Some(**id) != head);
    Ok(head.iter().chain(others).map(|id| convert::commit_id(*id)).collect())
}

fn rescue_tree(
    repo: &Repo,
    entries: &BTreeMap<String, (i32, git2::Oid)>,
) -> Result<crate::domain::oid::TreeId, GitError> {
    let failed = |source| GitError::object("tree", "to be written", source);
    let mut builder = repo.raw().treebuilder(None).map_err(failed)?;
    for (name, (mode, id)) in entries {
        builder.insert(name, *id, *mode).map_err(failed)?;
    }
    builder.write().map(convert::tree_id).map_err(failed)
}

#[cfg(test)]
mod tests;
