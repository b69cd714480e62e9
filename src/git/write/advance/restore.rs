//! Taking a checkout back, path by path.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use super::super::super::Repo;
use super::super::super::error::GitError;
use super::super::super::worktrees::read_regular;
use super::Advance;
use super::hold::{Hold, Staged};
use super::touched::{self, Change, Entry, Index, OnDisk, Touched, blocker, link_is, on_disk};
use crate::domain::path::RepoPath;

/// See [`super::restore`].
pub(super) fn run(repo: &Repo, advance: &Advance<'_>, hold: &Hold) -> Result<Vec<RepoPath>, GitError> {
    let staged = hold.stage()?;
    let touched = touched::touched(repo, advance)?;
    let index = touched::index_by_git(repo, advance)?;
    let mut left: BTreeSet<RepoPath> = staged_since(&touched, &index);
    let ours = |left: &BTreeSet<RepoPath>| -> Vec<(RepoPath, Change)> {
        let kept = touched.iter().filter(|(path, _)| !left.contains(*path));
        kept.map(|(path, change)| (path.clone(), *change)).collect()
    };
    let edited = edited_since(repo, advance, &ours(&left))?;
    left.extend(edited);
    let paths = ours(&left);
    let entries = restore_index(repo, advance, &staged, &differing(&paths, &index))?;
    for (path, change) in paths.iter().rev().filter(|(_, change)| change.old.is_none()) {
        if !change.new.is_some_and(Entry::is_gitlink) {
            remove(advance.worktree, path)?;
        }
    }
    let mut write = Vec::new();
    for (path, change) in &paths {
        let Some(old) = change.old else { continue };
        let full = advance.worktree.join(path.to_path());
        let skipped = index.get(path).is_some_and(|listed| listed.skip_worktree);
        match on_disk(&full)? {
            OnDisk::Absent if skipped => continue,
            // What git left of a directory that the new tree has here.
            OnDisk::Directory if !old.is_gitlink() && std::fs::remove_dir(&full).is_err() => {
                left.insert(path.clone());
                continue;
            }
            _ => {}
        }
        if blocker(advance.worktree, path)?.is_some() {
            left.insert(path.clone());
        } else if !old.is_gitlink() {
            write.extend_from_slice(path.as_bytes());
            write.push(0);
        }
    }
    if !write.is_empty() {
        let call = staged.git_on_files(repo, advance, "checkout-index", &write)?;
        call.args(["-f", "-u", "-q", "-z", "--stdin"]).run()?;
    }
    if entries || !write.is_empty() {
        staged.swap()?;
    }
    Ok(left.into_iter().collect())
}

/// Gives the paths whose index entry is neither tree's.
fn staged_since(touched: &Touched, index: &Index) -> BTreeSet<RepoPath> {
    let differs = |(path, change): &(&RepoPath, &Change)| {
        let listed = index.get(*path);
        let entry = listed.map(|listed| listed.entry);
        listed.is_some_and(|listed| listed.unmerged) || (entry != change.old && entry != change.new)
    };
    touched.iter().filter(differs).map(|(path, _)| path.clone()).collect()
}

/// Gives the paths whose content is neither tree's nor the beginning of it.
fn edited_since(
    repo: &Repo,
    advance: &Advance<'_>,
    paths: &[(RepoPath, Change)],
) -> Result<BTreeSet<RepoPath>, GitError> {
    let mut edited = BTreeSet::new();
    let mut regular: Vec<(&RepoPath, Change)> = Vec::new();
    for (path, change) in paths {
        let full = advance.worktree.join(path.to_path());
        if blocker(advance.worktree, path)?.is_some() {
            continue;
        }
        match on_disk(&full)? {
            OnDisk::Absent | OnDisk::Directory => {}
            OnDisk::File { .. } => regular.push((path, *change)),
            OnDisk::Link => {
                let mut known = false;
                for entry in [change.old, change.new].into_iter().flatten().filter(|e| !e.is_gitlink()) {
                    known |= link_is(repo, &full, entry)?;
                }
                if !known {
                    edited.insert(path.clone());
                }
            }
            OnDisk::Other => {
                edited.insert(path.clone());
            }
        }
    }
    let names: Vec<&RepoPath> = regular.iter().map(|(path, _)| *path).collect();
    let ids = touched::hashes(repo, advance, &names)?;
    for ((path, change), id) in regular.iter().zip(ids) {
        let known = [change.old, change.new].into_iter().flatten().any(|entry| entry.id == id);
        if !known && !is_torn(repo, advance, path, *change)? {
            edited.insert((*path).clone());
        }
    }
    Ok(edited)
}

/// Tells whether a file is the beginning of what a checkout of either side writes: whoever wrote it was killed.
fn is_torn(repo: &Repo, advance: &Advance<'_>, path: &RepoPath, change: Change) -> Result<bool, GitError> {
    let full = advance.worktree.join(path.to_path());
    let content = read_regular(&full).map_err(GitError::io("read", &full))?;
    for entry in [change.new, change.old].into_iter().flatten().filter(|entry| !entry.is_gitlink()) {
        let whole = advance
            .git(repo, "cat-file")
            .arg("--filters")
            .arg(path_argument(path))
            .arg(entry.id.to_string())
            .run()?;
        if whole.starts_with(&content) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn path_argument(path: &RepoPath) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("--path=");
    argument.push(path.to_path());
    argument
}

/// Gives the old tree's entries of the paths of which the index has others.
fn differing<'a>(paths: &'a [(RepoPath, Change)], index: &Index) -> BTreeMap<&'a RepoPath, Option<Entry>> {
    let differs =
        |(path, change): &&(RepoPath, Change)| index.get(path).map(|listed| listed.entry) != change.old;
    paths.iter().filter(differs).map(|(path, change)| (path, change.old)).collect()
}

/// Gives entries back to the index; tells whether there were any.
fn restore_index(
    repo: &Repo,
    advance: &Advance<'_>,
    staged: &Staged<'_>,
    differing: &BTreeMap<&RepoPath, Option<Entry>>,
) -> Result<bool, GitError> {
    if differing.is_empty() {
        return Ok(false);
    }
    // Removals first: a file makes room for the directory that stood there.
    let (set, removed): (Vec<_>, Vec<_>) = differing.iter().partition(|(_, old)| old.is_some());
    let mut input = Vec::new();
    for (path, old) in removed.into_iter().chain(set) {
        let (mode, id) = old.map_or((0, git2::Oid::ZERO_SHA1), |old| (old.mode, old.id));
        input.extend(format!("{mode:06o} {id} 0\t").into_bytes());
        input.extend_from_slice(path.as_bytes());
        input.push(0);
    }
    staged.git(repo, advance, "update-index").args(["-z", "--index-info"]).stdin(input).run()?;
    Ok(true)
}

/// Removes a file, and the directories above it that are empty then.
fn remove(root: &Path, path: &RepoPath) -> Result<(), GitError> {
    let full = root.join(path.to_path());
    if blocker(root, path)?.is_some() {
        return Ok(());
    }
    match on_disk(&full)? {
        OnDisk::File { .. } | OnDisk::Link => {
            std::fs::remove_file(&full).map_err(GitError::io("remove", &full))?;
        }
        // Whoever was killed may have made the directories and not the file.
        OnDisk::Absent => {}
        OnDisk::Directory | OnDisk::Other => return Ok(()),
    }
    for above in full.ancestors().skip(1).take_while(|above| *above != root) {
        match std::fs::remove_dir(above) {
            Err(error) if error.kind() != ErrorKind::NotFound => break,
            _ => {}
        }
    }
    Ok(())
}
