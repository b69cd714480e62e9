//! The paths in which two trees differ, the index, and the disk, as plain values.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::super::super::Repo;
use super::super::super::convert;
use super::super::super::error::GitError;
use super::Advance;
use crate::domain::path::{RepoPath, bytes_to_path, path_bytes, quote};
use crate::git::objects::GITLINK;

/// An entry of a tree or of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: u32,
    pub(super) id: git2::Oid,
}

impl Entry {
    pub(super) const fn is_gitlink(self) -> bool {
        self.mode == GITLINK
    }

    pub(super) const fn is_link(self) -> bool {
        self.mode == 0o120_000
    }

    pub(super) const fn is_executable(self) -> bool {
        self.mode == 0o100_755
    }
}

/// What a path is in the two trees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) old: Option<Entry>,
    pub(super) new: Option<Entry>,
}

/// The paths that differ.
pub(super) type Touched = BTreeMap<RepoPath, Change>;

/// Compares the trees, without renames.
pub(super) fn touched(repo: &Repo, advance: &Advance<'_>) -> Result<Touched, GitError> {
    let tree = |commit| {
        let object = repo.commit(commit)?;
        object.tree().map_err(|source| GitError::object("tree of", commit, source))
    };
    let (old, new) = (tree(advance.old)?, tree(advance.new)?);
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true);
    let diff = repo
        .raw()
        .diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))
        .map_err(|source| GitError::object("difference to tree", new.id(), source))?;
    let mut touched = Touched::new();
    for delta in diff.deltas() {
        let side = |file: git2::DiffFile<'_>| {
            file.exists().then(|| Entry { mode: u32::from(file.mode()), id: file.id() })
        };
        let path = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes());
        let change =
            touched.entry(RepoPath::new(path.unwrap_or_default())).or_insert(Change { old: None, new: None });
        change.old = change.old.or(side(delta.old_file()));
        change.new = change.new.or(side(delta.new_file()));
    }
    Ok(touched)
}

/// One entry of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) entry: Entry,
    pub(super) unmerged: bool,
    pub(super) skip_worktree: bool,
}

/// The index, by path.
pub(super) type Index = BTreeMap<RepoPath, Listed>;

/// Reads the index: through git where libgit2 cannot (sparse and split ones).
pub(super) fn index(repo: &Repo, advance: &Advance<'_>) -> Result<Index, GitError> {
    if advance.needs.git_for_files.is_some() {
        return index_by_git(repo, advance);
    }
    let path = advance.git_dir.join("index");
    let index =
        git2::Index::open(&path).map_err(|source| GitError::worktree("read the index of", &path, source))?;
    let mut listed = Index::new();
    for entry in index.iter() {
        let stage = (entry.flags >> 12) & 3;
        let one = Listed {
            entry: Entry { mode: entry.mode, id: entry.id },
            unmerged: stage != 0,
            skip_worktree: entry.flags_extended & (1 << 14) != 0,
        };
        listed.insert(RepoPath::new(entry.path), one);
    }
    Ok(listed)
}

/// Reads `git ls-files -s -t -z`: `TAG SP MODE SP ID SP STAGE TAB PATH NUL`, the tag `S` for skip-worktree.
pub(super) fn index_by_git(repo: &Repo, advance: &Advance<'_>) -> Result<Index, GitError> {
    let call = advance.git(repo, "ls-files").args(["-s", "-t", "-z"]);
    let out = call.run()?;
    let mut listed = Index::new();
    for line in out.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let parsed = parse_line(line).ok_or_else(|| GitError::Output {
            command: call.describe(),
            what: format!("line {:?}", String::from_utf8_lossy(line)),
        })?;
        listed.insert(parsed.0, parsed.1);
    }
    Ok(listed)
}

fn parse_line(line: &[u8]) -> Option<(RepoPath, Listed)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let words: Vec<&str> = std::str::from_utf8(&line[..tab]).ok()?.split(' ').collect();
    let [tag, mode, id, stage] = words[..] else { return None };
    let entry = Entry { mode: u32::from_str_radix(mode, 8).ok()?, id: git2::Oid::from_str(id).ok()? };
    let listed = Listed { entry, unmerged: stage != "0", skip_worktree: tag.eq_ignore_ascii_case("s") };
    Some((RepoPath::new(&line[tab + 1..]), listed))
}

/// What stands at a path, the path itself not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnDisk {
    /// Nothing, or something above it is no directory.
    Absent,
    /// A regular file, and whether its owner may execute it.
    File { executable: bool },
    /// A symbolic link.
    Link,
    /// A directory.
    Directory,
    /// A socket, a device, a pipe.
    Other,
}

/// Looks at a path without following it.
pub(super) fn on_disk(path: &Path) -> Result<OnDisk, GitError> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(OnDisk::Absent);
        }
        Err(error) => return Err(GitError::io("look at", path)(error)),
    };
    let kind = metadata.file_type();
    Ok(if kind.is_file() {
        OnDisk::File { executable: crate::git::status::is_executable(&metadata) }
    } else if kind.is_symlink() {
        OnDisk::Link
    } else if kind.is_dir() {
        OnDisk::Directory
    } else {
        OnDisk::Other
    })
}

/// Gives the directories above a path, the topmost first.
pub(super) fn ancestors(path: &RepoPath) -> impl Iterator<Item = RepoPath> {
    let bytes = path.as_bytes().to_vec();
    let ends: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i] == b'/').collect();
    ends.into_iter().map(move |end| RepoPath::new(&bytes[..end]))
}

/// Gives the first thing above a path that is there and no directory: a file, or a link that would be followed.
pub(super) fn blocker(root: &Path, path: &RepoPath) -> Result<Option<RepoPath>, GitError> {
    for above in ancestors(path) {
        match on_disk(&root.join(above.to_path()))? {
            OnDisk::Directory => {}
            OnDisk::Absent => return Ok(None),
            _ => return Ok(Some(above)),
        }
    }
    Ok(None)
}

/// Gives the blob ids that regular files would have if they were added, filters and line endings included.
pub(super) fn hashes(
    repo: &Repo,
    advance: &Advance<'_>,
    paths: &[&RepoPath],
) -> Result<Vec<git2::Oid>, GitError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut input = Vec::new();
    for path in paths {
        // A line that begins with a quote is taken as quoted in C style.
        let bytes = path.as_bytes();
        let line = if bytes.starts_with(b"\"") { quote(bytes).into_bytes() } else { line_of(bytes) };
        input.extend(line);
        input.push(b'\n');
    }
    let call = advance.git(repo, "hash-object").arg("--stdin-paths").stdin(input);
    let out = call.run()?;
    let odd = |what: String| GitError::Output { command: call.describe(), what };
    let ids = String::from_utf8_lossy(&out)
        .lines()
        .map(|line| git2::Oid::from_str(line).map_err(|_| odd(format!("{line:?} is no id"))))
        .collect::<Result<Vec<_>, _>>()?;
    if ids.len() == paths.len() {
        Ok(ids)
    } else {
        Err(odd("another number of ids than of paths".to_owned()))
    }
}

fn line_of(bytes: &[u8]) -> Vec<u8> {
    if bytes.contains(&b'\n') { quote(bytes).into_bytes() } else { bytes.to_vec() }
}

/// Tells whether a symbolic link's target is the content of a blob.
pub(super) fn link_is(repo: &Repo, path: &Path, entry: Entry) -> Result<bool, GitError> {
    let target = std::fs::read_link(path).map_err(GitError::io("read the link", path))?;
    let blob = repo
        .raw()
        .find_blob(entry.id)
        .map_err(|source| GitError::object("blob", convert::blob_id(entry.id), source))?;
    Ok(entry.is_link() && blob.content() == path_bytes(&target))
}

/// Gives every file below a directory, as paths in the repository; a repository inside is one entry.
pub(super) fn files_below(root: &Path, dir: &RepoPath) -> Result<Vec<RepoPath>, GitError> {
    let mut found = Vec::new();
    let mut open = vec![dir.clone()];
    while let Some(dir) = open.pop() {
        let path = root.join(dir.to_path());
        for entry in std::fs::read_dir(&path).map_err(GitError::io("list", &path))? {
            let entry = entry.map_err(GitError::io("list", &path))?;
            if entry.file_name() == ".git" {
                found.push(dir.clone());
                continue;
            }
            let below = bytes_to_path(dir.as_bytes()).join(entry.file_name());
            let below = RepoPath::new(path_bytes(&below));
            match on_disk(&root.join(below.to_path()))? {
                OnDisk::Directory => open.push(below),
                _ => found.push(below),
            }
        }
    }
    Ok(found)
}
