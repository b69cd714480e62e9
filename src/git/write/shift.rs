//! Moving uncommitted changes: taking them out of a worktree and putting them back, file by file.
//!
//! Git's two-tree `read-tree` does it, with an index of its own, in which every file has an entry, untracked ones too: it
//! looks at all files before it changes one, and refuses where one is not as the entry says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::command::Git;
use super::super::error::GitError;
use super::super::inventory::files_below;
use super::super::objects::{ObjectStore, parse_id};
use super::super::progress::{in_progress, wait_for_lock};
use super::super::{Repo, head_of, merge};
use super::leftovers::nested_repositories;
use super::snapshot::{add_all, copy_index};
use crate::domain::action::Changes;
use crate::domain::forecast::{Conflict, Merged};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::place::WorktreePlace;

/// Uncommitted changes as commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The commits.
    pub changes: Changes,
    /// A commit from which both, and what they stand on, can be reached.
    pub keep: CommitId,
}

/// Writes the uncommitted changes of a worktree as commits on `head`; no ref names them and nothing else changes. None where
/// there are none. Refused are: an operation in progress, unmerged paths, a repository inside that is untracked.
pub fn take(
    repo: &Repo,
    tree: &WorktreePlace,
    head: CommitId,
    scratch: &Path,
    store: ObjectStore<'_>,
) -> Result<Option<Taken>, GitError> {
    if let Some(what) = in_progress(&tree.admin) {
        return Err(GitError::InProgress { worktree: tree.path.clone(), what });
    }
    wait_for_lock(&tree.admin.join("index.lock"))?;
    let work = Work::new(repo, tree, scratch, Objects::Of(store))?;
    if !work.call("ls-files")?.args(["-u", "-z"]).run()?.is_empty() {
        return Err(GitError::InProgress { worktree: tree.path.clone(), what: "resolving conflicts is" });
    }
    if let Some(inside) = nested_repositories(repo, tree)?.first() {
        let what = format!("{inside} is a repository of its own inside it");
        return Err(GitError::Unmovable { worktree: tree.path.clone(), what });
    }
    let base = repo.tree_of(head)?;
    let index = work.write_tree()?;
    add_all(work.call("add")?, &[])?;
    let files = work.write_tree()?;
    if index == base && files == base {
        return Ok(None);
    }
    if work
        .differences(base, files)?
        .values()
        .chain(work.differences(base, index)?.values())
        .any(|change| change.line.starts_with(b"160000"))
    {
        let what = "a submodule in it has changed".to_owned();
        return Err(GitError::Unmovable { worktree: tree.path.clone(), what });
    }
    let index = store.synthetic(repo, index, &[head])?;
    let files = store.synthetic(repo, files, &[head])?;
    let keep = store.synthetic(repo, base, &[head, index, files])?;
    Ok(Some(Taken { changes: Changes { files, index }, keep }))
}

/// What carrying changes to another commit gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transplanted {
    /// The changes on that commit.
    Clean(Taken),
    /// They meet other changes at these paths.
    Conflicts(Vec<Conflict>),
}

/// Puts changes that were made on `head` on another commit, in memory.
pub fn transplant(
    repo: &Repo,
    taken: &Taken,
    head: CommitId,
    onto: CommitId,
    store: ObjectStore<'_>,
) -> Result<Transplanted, GitError> {
    let Changes { files, index } = taken.changes;
    if head == onto {
        return Ok(Transplanted::Clean(*taken));
    }
    // As a child of `head`, the merge base is `head` and what lies between the two commits is not merged.
    let onto_tree = repo.tree_of(onto)?;
    let child = store.synthetic(repo, onto_tree, &[head])?;
    let mut moved = Vec::new();
    for merged in merge::merge_many(repo, &[(child, index), (child, files)], store)? {
        match merged {
            Merged::Clean(tree) => moved.push(store.synthetic(repo, tree, &[onto])?),
            Merged::Conflicts(conflicts) => return Ok(Transplanted::Conflicts(conflicts)),
        }
    }
    let [index, files] = moved[..] else { return Ok(Transplanted::Conflicts(Vec::new())) };
    let keep = store.synthetic(repo, onto_tree, &[taken.keep, index, files])?;
    Ok(Transplanted::Clean(Taken { changes: Changes { files, index }, keep }))
}

/// Tells why a worktree is not as changes left it: HEAD at `head`, files and index as given. None where it is.
pub fn differs(
    repo: &Repo,
    tree: &WorktreePlace,
    head: CommitId,
    changes: &Changes,
    scratch: &Path,
) -> Result<Option<String>, GitError> {
    if tree.path.join(".git").symlink_metadata().is_err() {
        return Ok(Some("it is not there".to_owned()));
    }
    if let Some(what) = in_progress(&tree.admin) {
        return Ok(Some(format!("{what} in progress")));
    }
    if head_of(&tree.admin, repo)?.commit() != Some(head) {
        return Ok(Some("its HEAD has moved since".to_owned()));
    }
    let work = Work::new(repo, tree, scratch, Objects::Thrown)?;
    if work.write_tree().ok() != Some(repo.tree_of(changes.index)?) {
        return Ok(Some("its index has changed since".to_owned()));
    }
    add_all(work.call("add")?, &nested_repositories(repo, tree)?)?;
    let same = work.write_tree()? == repo.tree_of(changes.files)?;
    Ok((!same).then(|| "its files have changed since".to_owned()))
}

/// Changes files and index of a worktree from one to the other. Nothing is changed where a file is neither as in `from` nor
/// as in `to`: [`GitError::WouldOverwrite`].
pub fn apply(
    repo: &Repo,
    tree: &WorktreePlace,
    from: &Changes,
    to: &Changes,
    scratch: &Path,
) -> Result<(), GitError> {
    let edited = shift(repo, tree, from, to, scratch, true)?;
    if edited.is_empty() {
        return Ok(());
    }
    Err(GitError::WouldOverwrite { worktree: tree.path.clone(), paths: edited })
}

/// The same after an interruption, in whatever state that left it: gives the paths that somebody changed since, which stay.
pub fn restore(
    repo: &Repo,
    tree: &WorktreePlace,
    from: &Changes,
    to: &Changes,
    scratch: &Path,
) -> Result<Vec<RepoPath>, GitError> {
    if tree.path.join(".git").symlink_metadata().is_err() {
        return Ok(Vec::new());
    }
    shift(repo, tree, from, to, scratch, false)
}

fn shift(
    repo: &Repo,
    tree: &WorktreePlace,
    from: &Changes,
    to: &Changes,
    scratch: &Path,
    strict: bool,
) -> Result<Vec<RepoPath>, GitError> {
    wait_for_lock(&tree.admin.join("index.lock"))?;
    let work = Work::new(repo, tree, scratch, Objects::Of(ObjectStore::Repository))?;
    let staged = work.write_tree()?;
    let (from_index, to_index) = (repo.tree_of(from.index)?, repo.tree_of(to.index)?);
    if strict && staged != from_index && staged != to_index {
        let what = "its index has changed".to_owned();
        return Err(GitError::Unmovable { worktree: tree.path.clone(), what });
    }
    add_all(work.call("add")?, &nested_repositories(repo, tree)?)?;
    let now = work.write_tree()?;
    let (from_files, to_files) = (repo.tree_of(from.files)?, repo.tree_of(to.files)?);
    let not_from = work.differences(from_files, now)?;
    let not_to = work.differences(to_files, now)?;
    let wanted = work.differences(from_files, to_files)?;
    let mut edited: Vec<RepoPath> = wanted
        .keys()
        .filter(|path| not_from.contains_key(path) && not_to.contains_key(path))
        .cloned()
        .collect();
    let changing = || wanted.iter().filter(|(path, _)| !not_from.contains_key(path));
    for (path, _) in changing().filter(|(_, change)| change.added) {
        if is_blocked(&tree.path, path, &wanted)? {
            edited.push(path.clone());
        }
    }
    if strict && !edited.is_empty() {
        return Ok(edited);
    }
    let free = changing().filter(|(path, _)| !edited.contains(path));
    let lines: Vec<u8> =
        free.flat_map(|(path, change)| [&change.line, path.as_bytes(), b"\0"].concat()).collect();
    if !lines.is_empty() {
        let target = work.changed(&lines)?;
        let call = work.call("read-tree")?.args(["-m", "-u", "--no-recurse-submodules"]);
        call.args([now.to_string(), target.to_string()]).run()?;
    }
    if staged == from_index {
        // The times that git compares stay with entries whose content stays.
        work.call("read-tree")?.args(["-m", "-i", &to_index.to_string()]).run()?;
        drop(work.call("update-index")?.args(["-q", "--refresh"]).output()?);
        let (index, copy) = (tree.admin.join("index"), work.copy());
        std::fs::rename(&copy, &index).map_err(GitError::io("replace", &index))?;
    }
    Ok(edited)
}

/// Tells whether something that is no part of the change stands where a new file goes: an ignored file, which git would
/// write over.
fn is_blocked(root: &Path, path: &RepoPath, wanted: &BTreeMap<RepoPath, Change>) -> Result<bool, GitError> {
    let bytes = path.as_bytes();
    let above = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| &bytes[..end]);
    for dir in above.map(RepoPath::new) {
        match root.join(dir.to_path()).symlink_metadata() {
            Err(_) => return Ok(false),
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Ok(!wanted.contains_key(&dir)),
        }
    }
    let full = root.join(path.to_path());
    match full.symlink_metadata() {
        Err(_) => Ok(false),
        Ok(found) if found.is_dir() => {
            let below = files_below(&full)?;
            let is_wanted = |file: &RepoPath| {
                wanted.contains_key(&RepoPath::new([bytes, b"/", file.as_bytes()].concat()))
            };
            Ok(!below.iter().all(is_wanted))
        }
        Ok(_) => Ok(true),
    }
}

/// Makes the index of a worktree that has just been filled that of a tree.
pub fn stage(tree: &WorktreePlace, common_dir: &Path, index: TreeId) -> Result<(), GitError> {
    let call = |subcommand: &str| Git::worktree(common_dir, &tree.admin, &tree.path, subcommand);
    call("read-tree").args(["-m", "-i", &index.to_string()]).run()?;
    // Files that differ from the index are what it says of unstaged changes; that is no failure.
    drop(call("update-index").args(["-q", "--refresh"]).output()?);
    Ok(())
}

/// A copy of a worktree's index to work with, on its file system so that it can take its place by a rename.
struct Work<'a> {
    repo: &'a Repo,
    tree: &'a WorktreePlace,
    dir: tempfile::TempDir,
    objects: Objects<'a>,
}

/// How a path differs between two trees.
struct Change {
    /// What `git update-index --index-info` wants before the path of the second.
    line: Vec<u8>,
    /// Whether the first does not have it.
    added: bool,
}

/// Where objects go.
#[derive(Clone, Copy)]
enum Objects<'a> {
    Of(ObjectStore<'a>),
    /// Nowhere: only ids are compared.
    Thrown,
}

impl<'a> Work<'a> {
    fn new(
        repo: &'a Repo,
        tree: &'a WorktreePlace,
        scratch: &Path,
        objects: Objects<'a>,
    ) -> Result<Self, GitError> {
        std::fs::create_dir_all(scratch).map_err(GitError::io("create", scratch))?;
        let dir = tempfile::tempdir_in(scratch).map_err(GitError::io("create a directory in", scratch))?;
        let work = Self { repo, tree, dir, objects };
        copy_index(&tree.admin.join("index"), &work.copy())?;
        Ok(work)
    }

    fn copy(&self) -> PathBuf {
        self.dir.path().join("index")
    }

    fn call(&self, subcommand: &str) -> Result<Git, GitError> {
        let place = self.repo.place();
        let call = Git::worktree(&place.common_dir, &self.tree.admin, &self.tree.path, subcommand);
        self.with_objects(call.env("GIT_INDEX_FILE", self.copy()))
    }

    fn with_objects(&self, call: Git) -> Result<Git, GitError> {
        match self.objects {
            Objects::Of(store) => store.apply(self.repo, call),
            Objects::Thrown => ObjectStore::Scratch(&self.dir.path().join("objects")).apply(self.repo, call),
        }
    }

    fn write_tree(&self) -> Result<TreeId, GitError> {
        parse_id(&self.call("write-tree")?)
    }

    /// Gives the paths in which two trees differ.
    fn differences(&self, a: TreeId, b: TreeId) -> Result<BTreeMap<RepoPath, Change>, GitError> {
        let call = Git::common(self.repo.place(), "diff-tree");
        let call = call.args(["-r", "-z", "--no-renames", "--raw", "--no-abbrev"]);
        let out = self.with_objects(call.args([a.to_string(), b.to_string()]))?.run()?;
        let mut found = BTreeMap::new();
        let mut fields = out.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        while let (Some(meta), Some(path)) = (fields.next(), fields.next()) {
            // `:MODE MODE ID ID STATUS`
            let words: Vec<&[u8]> = meta.split(|byte| *byte == b' ').collect();
            if let [old, mode, _, id, _] = words[..] {
                let mode = if mode == b"000000" { b"0" } else { mode };
                let change = Change { line: [mode, b" ", id, b"\t"].concat(), added: old == b":000000" };
                found.insert(RepoPath::new(path), change);
            }
        }
        Ok(found)
    }

    /// Gives the tree of the copy with other entries.
    fn changed(&self, lines: &[u8]) -> Result<TreeId, GitError> {
        let copy = self.dir.path().join("changed");
        copy_index(&self.copy(), &copy)?;
        let call = |subcommand: &str| Git::common(self.repo.place(), subcommand).env("GIT_INDEX_FILE", &copy);
        call("update-index").args(["-z", "--replace", "--index-info"]).stdin(lines).run()?;
        parse_id(&call("write-tree"))
    }
}

#[cfg(test)]
mod tests;
