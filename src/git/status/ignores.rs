//! Where libgit2 and git differ about what is ignored: negated patterns.
//!
//! libgit2 forgets a pattern such as `!.gitkeep` after `logs/*`, as it names no earlier pattern. Where an ignore file
//! negates anything, `git ls-files` says what is untracked; it reads no file but ignore files and runs nothing.

use std::path::{Path, PathBuf};

use super::entry::Entry;
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::GitError;
use crate::git::command::Git;

const NAME: &[u8] = b".gitignore";

/// Tells whether an ignore file of a worktree negates a pattern. `others` are paths that the index does not know.
pub(super) fn negates(
    handle: &git2::Repository,
    index: &git2::Index,
    root: &Path,
    others: &[RepoPath],
) -> bool {
    let is_ignore_file = |path: &[u8]| path.rsplit(|byte| *byte == b'/').next() == Some(NAME);
    let tracked = index.iter().map(|entry| entry.path).filter(|path| is_ignore_file(path)).map(RepoPath::new);
    let beside = others.iter().flat_map(|path| {
        // An untracked path may be a directory that libgit2 takes for ignored as a whole.
        let below = RepoPath::new([path.as_bytes(), b"/", NAME].concat());
        [Some(path.clone()).filter(|path| is_ignore_file(path.as_bytes())), Some(below)]
    });
    let of_tree = tracked.chain(beside.flatten()).map(|path| root.join(path.to_path()));
    of_tree.chain(outside(handle)).any(|file| {
        // What is no regular file is no ignore file of git's either, and might never end.
        let regular = file.symlink_metadata().is_ok_and(|found| found.is_file());
        regular
            && std::fs::read(file)
                .is_ok_and(|text| text.split(|b| *b == b'\n').any(|line| line.starts_with(b"!")))
    })
}

/// Gives the ignore files that are not in the worktree.
fn outside(handle: &git2::Repository) -> impl Iterator<Item = PathBuf> {
    let configured = handle.config().and_then(|config| config.get_path("core.excludesfile")).ok();
    let of_user = git2::Config::find_xdg().ok().map(|config| config.with_file_name("ignore"));
    // A configured file may be a link, as those of people who keep their settings elsewhere are.
    let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
    let shared = handle.commondir().join("info/exclude");
    [Some(shared), configured, of_user].into_iter().flatten().map(real)
}

/// Puts git's answer about untracked files in the place of libgit2's.
pub(super) fn correct(entries: &mut Vec<Entry>, tree: &WorktreePlace, place: &Place) -> Result<(), GitError> {
    let mut untracked = list(tree, place, &[])?;
    untracked.sort();
    entries.iter_mut().for_each(|entry| entry.untracked = false);
    for path in untracked {
        match entries.iter_mut().find(|entry| entry.path == path) {
            Some(entry) => entry.untracked = true,
            None => entries.push(Entry { path, untracked: true, ..Entry::default() }),
        }
    }
    entries.retain(Entry::is_changed);
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(())
}

/// Lists the ignored paths of a worktree as git sees them; a directory stands for everything in it.
pub(in crate::git) fn ignored_by_git(tree: &WorktreePlace, place: &Place) -> Result<Vec<RepoPath>, GitError> {
    list(tree, place, &["--ignored", "--directory"])
}

fn list(tree: &WorktreePlace, place: &Place, more: &[&str]) -> Result<Vec<RepoPath>, GitError> {
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "ls-files");
    let text = call.args(["--others", "--exclude-standard", "-z"]).args(more).run()?;
    let names = text.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| RepoPath::new(name.strip_suffix(b"/").unwrap_or(name))).collect())
}
