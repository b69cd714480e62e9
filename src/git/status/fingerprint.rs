//! One digest of everything uncommitted, to see later whether anything has changed.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::entries::{entries, is_executable, of_nested, on_disk};
use super::entry::Entry;
use super::head;
use super::hidden::flagged;
use crate::domain::path::{RepoPath, path_bytes};
use crate::domain::place::{Head, Place, WorktreePlace};
use crate::git::preflight::Needs;
use crate::git::{GitError, Repo};

/// How deep repositories inside repositories are looked into.
const NESTING: u8 = 8;

/// Gives a SHA-256 digest, in hexadecimal digits, of the commit of HEAD and of every uncommitted path with its kind,
/// mode, content and staged ids. Untracked files count, and those that skip-worktree or assume-unchanged hide;
/// ignored ones do not. Contents are hashed as they are on disk; no object is written.
pub fn fingerprint(tree: &WorktreePlace, needs: &Needs, place: &Place) -> Result<String, GitError> {
    let mut digest = Sha256::new();
    match head(&Repo::open(place)?, tree)? {
        Head::Branch { tip, .. } | Head::Detached(tip) => field(&mut digest, tip.as_bytes()),
        Head::Unborn(_) => field(&mut digest, b"unborn"),
        Head::Broken(what) => field(&mut digest, what.as_bytes()),
    }
    let entries = entries(tree, needs, place)?;
    add_entries(&mut digest, &tree.path, &entries, NESTING)?;
    for path in flagged(tree, needs, place)? {
        field(&mut digest, path.as_bytes());
        add_file(&mut digest, &tree.path, &path, NESTING)?;
    }
    Ok(hex(digest))
}

fn add_entries(digest: &mut Sha256, root: &Path, entries: &[Entry], depth: u8) -> Result<(), GitError> {
    for entry in entries {
        field(digest, entry.path.as_bytes());
        let flags = [entry.staged, entry.unstaged, entry.untracked, entry.unmerged, entry.intended];
        field(digest, &flags.map(u8::from));
        for stage in &entry.stages {
            field(digest, &[stage.number]);
            field(digest, &stage.mode.to_be_bytes());
            field(digest, stage.id.as_bytes());
        }
        if entry.is_known() {
            add_file(digest, root, &entry.path, depth)?;
        }
    }
    Ok(())
}

fn add_file(digest: &mut Sha256, root: &Path, path: &RepoPath, depth: u8) -> Result<(), GitError> {
    let Some((full, found)) = on_disk(root, path) else {
        field(digest, b"absent");
        return Ok(());
    };
    if found.is_symlink() {
        field(digest, b"link");
        let target = full.read_link().map_err(GitError::io("read", &full))?;
        field(digest, &path_bytes(&target));
    } else if found.is_file() {
        field(digest, if is_executable(&found) { b"executable" } else { b"file" });
        field(digest, &hash_file(&full)?);
    } else if found.is_dir() {
        field(digest, b"repository");
        add_nested(digest, &full, depth)?;
    } else {
        field(digest, b"other");
    }
    Ok(())
}

fn add_nested(digest: &mut Sha256, dir: &Path, depth: u8) -> Result<(), GitError> {
    let Ok(nested) = git2::Repository::open(dir) else {
        return add_directory(digest, dir);
    };
    let commit = nested.head().and_then(|head| head.peel_to_commit()).map(|commit| commit.id());
    field(digest, commit.as_ref().map_or(b"unborn", |id| id.as_bytes()));
    if let (Some(root), Some(depth)) = (nested.workdir(), depth.checked_sub(1)) {
        let entries = of_nested(&nested, root)?;
        add_entries(digest, root, &entries, depth)?;
    }
    Ok(())
}

/// Takes in what looks like a repository and cannot be opened as one: every file of it.
fn add_directory(digest: &mut Sha256, dir: &Path) -> Result<(), GitError> {
    let mut files = crate::git::inventory::files_below(dir)?;
    files.sort();
    for file in files {
        field(digest, file.as_bytes());
        add_file(digest, dir, &file, 0)?;
    }
    Ok(())
}

fn hash_file(path: &Path) -> Result<[u8; 32], GitError> {
    let failed = || GitError::io("read", path);
    let mut file = std::fs::File::open(path).map_err(failed())?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer).map_err(failed())? {
            0 => return Ok(digest.finalize().into()),
            read => digest.update(&buffer[..read]),
        }
    }
}

fn field(digest: &mut Sha256, bytes: &[u8]) {
    // The length in front keeps two fields from being taken for one.
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
