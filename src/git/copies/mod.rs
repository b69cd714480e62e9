//! Ignored files of the main worktree that a new worktree needs: which there are, and putting them there.
//!
//! Git itself says what a pattern matches and what is ignored. Neither end of a copy follows a symbolic link: each
//! component is opened by itself, from the root down. A file is written under a temporary name and gets its own by a
//! rename that replaces nothing, so that a file that is there is whole.

mod place;
mod select;

use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::GitError;
use super::worktrees::{read_regular, read_small};
use crate::domain::copies::{Content, Copied, CopyReport, CopyRules, Skipped};
use crate::domain::name::hex;
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreeEntry, WorktreePlace};

/// The file at the main worktree's root whose lines are patterns of ignored files to copy.
const INCLUDE: &str = ".worktreeinclude";

/// What was put into a worktree, in its administrative directory: it goes to the trash and comes back with it.
const REPORT: &str = "windrow-copies.json";

/// Adds the lines of the main worktree's `.worktreeinclude` to rules. One that is no regular file, or not UTF-8, is not read.
pub fn with_include_file(mut rules: CopyRules, place: &Place) -> CopyRules {
    let Some(root) = &place.main_worktree else { return rules };
    let file = root.join(INCLUDE);
    let regular = file.symlink_metadata().is_ok_and(|found| found.is_file());
    let text =
        regular.then(|| read_small(&file).ok().and_then(|bytes| String::from_utf8(bytes).ok())).flatten();
    let text = text.unwrap_or_default();
    let lines = text.strip_prefix('\u{feff}').unwrap_or(&text).lines();
    rules
        .copy
        .extend(lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')).map(str::to_owned));
    rules
}

/// Puts what the rules name into a new worktree and notes it in its administrative directory. `scratch` is a directory for
/// temporary files. A bare repository has no ignored files. What stands there already is left, and told in the report.
pub fn bring(
    place: &Place,
    tree: &WorktreePlace,
    rules: &CopyRules,
    scratch: &Path,
) -> Result<CopyReport, GitError> {
    let mut report = CopyReport::default();
    let Some(main) = place.main_worktree.as_deref().filter(|_| !rules.is_empty()) else { return Ok(report) };
    let chosen = select::choose(place, main, tree, rules, scratch)?;
    report.skipped = chosen.skipped;
    let linked =
        chosen.links.iter().map(|path| (path, place::link(main, &tree.path, path).map(|()| Content::Link)));
    let linked: Vec<_> = linked.collect();
    let copied: Vec<_> = chosen
        .copies
        .par_iter()
        .enumerate()
        .map(|(number, path)| (path, place::copy(main, &tree.path, path, number)))
        .collect();
    for (path, outcome) in linked.into_iter().chain(copied) {
        match outcome {
            Ok(content) => report.copied.push(Copied { path: path.clone(), content }),
            Err(place::Failure::Skip(why)) => {
                report.skipped.push(Skipped { path: path.clone(), why: why.to_owned() });
            }
            Err(place::Failure::Io(source)) => {
                return Err(GitError::io("copy", &main.join(path.to_path()))(source));
            }
        }
    }
    report.copied.sort_by(|a, b| a.path.cmp(&b.path));
    let file = tree.admin.join(REPORT);
    let bytes = serde_json::to_vec(&report).map_err(|error| GitError::io("write", &file)(error.into()))?;
    std::fs::write(&file, bytes).map_err(GitError::io("write", &file))?;
    Ok(report)
}

/// Reads what was put into a worktree when it was made; nothing where that cannot be read.
pub fn report(tree: &WorktreePlace) -> CopyReport {
    let read = read_regular(&tree.admin.join(REPORT)).ok();
    read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Tells whether something that was put into a worktree is still as it was put there.
pub fn is_unchanged(place: &Place, tree: &WorktreePlace, copied: &Copied) -> bool {
    let file = tree.path.join(copied.path.to_path());
    let Ok(found) = file.symlink_metadata() else { return false };
    match &copied.content {
        Content::Link => {
            let target = place.main_worktree.as_ref().map(|main| main.join(copied.path.to_path()));
            found.is_symlink() && std::fs::read_link(&file).ok() == target
        }
        Content::File { size, digest } => {
            found.is_file()
                && found.len() == *size
                && std::fs::File::open(&file).and_then(|mut file| sha256(&mut file)).ok().as_ref()
                    == Some(digest)
        }
    }
}

/// Lists the ignored paths of the main worktree that a worktree does not have, a directory standing for all in it.
/// Directories that hold worktrees are left out.
pub fn lacking(
    place: &Place,
    tree: &WorktreePlace,
    entries: &[WorktreeEntry],
) -> Result<Vec<RepoPath>, GitError> {
    let Some(main) = &place.main_worktree else { return Ok(Vec::new()) };
    let of_main = WorktreePlace { path: main.clone(), admin: place.common_dir.clone() };
    let mut lacking = super::status::ignored_by_git(&of_main, place)?;
    lacking.retain(|path| {
        let there = main.join(path.to_path());
        let holds_worktrees = entries.iter().any(|entry| entry.path.starts_with(&there));
        !holds_worktrees && tree.path.join(path.to_path()).symlink_metadata().is_err()
    });
    Ok(lacking)
}

fn sha256(file: &mut std::fs::File) -> std::io::Result<String> {
    use std::io::Read;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests;
