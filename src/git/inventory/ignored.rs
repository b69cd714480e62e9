//! Ignored files, except those that a build makes again.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::InventoryOptions;
use super::walk::{self, Step};
use crate::domain::path::RepoPath;
use crate::domain::place::WorktreePlace;
use crate::git::status::{ignored_by_git, on_disk};
use crate::git::{GitError, Repo};

/// The beginning of the file `CACHEDIR.TAG` that marks a directory as a cache.
const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Directories that everyone knows to be made again.
const KNOWN: [&str; 2] = ["node_modules", "__pycache__"];

/// What was found below ignored paths.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// Ignored files one by one, without those in disposable directories.
    pub(super) files: Vec<RepoPath>,
    /// Bare repositories in disposable directories.
    pub(super) repositories: BTreeSet<RepoPath>,
}

/// Lists the ignored files of a worktree.
pub(super) fn files(
    repo: &Repo,
    tree: &WorktreePlace,
    options: &InventoryOptions<'_>,
) -> Result<Ignored, GitError> {
    // libgit2 differs from git about negated patterns; git reads nothing but ignore files here.
    let roots = ignored_by_git(tree, repo.place())?;
    let names = options.disposable;
    let mut search = Search { root: &tree.path, names, known: HashMap::new(), found: Ignored::default() };
    for path in roots {
        search.add(path)?;
    }
    let mut found = search.found;
    found.files.retain(|path| !(options.replaceable)(path));
    Ok(found)
}

/// Lists the ignored directories of a worktree that can be made again, the uppermost of each and none with a repository inside.
/// `names` are names of such directories besides those that everyone knows.
pub fn disposable(repo: &Repo, tree: &WorktreePlace, names: &[String]) -> Result<Vec<RepoPath>, GitError> {
    let mut search = Search { root: &tree.path, names, known: HashMap::new(), found: Ignored::default() };
    let mut found = Vec::new();
    for path in ignored_by_git(tree, repo.place())? {
        let is_dir = on_disk(&tree.path, &path).is_some_and(|(_, found)| found.is_dir());
        if is_dir && (search.is_disposable(&path) || search.is_in_disposable(&path)) {
            found.push(path);
        } else if is_dir {
            walk::each(&tree.path, &path, &mut |seen| {
                if !seen.is_dir || seen.name == b".git" {
                    return Step::Pass;
                }
                if search.is_disposable(seen.path) {
                    found.push(seen.path.clone());
                    return Step::Pass;
                }
                Step::Enter
            })?;
        }
    }
    found.sort();
    found.dedup();
    let mut kept = Vec::new();
    for dir in found {
        if !holds_repository(&tree.path, &dir)? {
            kept.push(dir);
        }
    }
    Ok(kept)
}

/// Tells whether a repository, bare or not, is somewhere in a directory, or may be because nobody looks so far.
fn holds_repository(root: &Path, dir: &RepoPath) -> Result<bool, GitError> {
    let mut holds = false;
    let mut bare: HashMap<RepoPath, u8> = HashMap::new();
    let beyond = walk::each(root, dir, &mut |seen| {
        holds |= seen.name == b".git";
        bare_mark(seen, &mut bare);
        Step::Enter
    })?;
    Ok(holds || !beyond.is_empty() || bare.values().any(|marks| *marks == BARE))
}

/// What [`bare_mark`] adds up to in a bare repository.
const BARE: u8 = 7;

fn bare_mark(seen: &walk::Seen<'_>, bare: &mut HashMap<RepoPath, u8>) {
    let mark = match (seen.name, seen.is_dir) {
        (b"HEAD", false) => 1,
        (b"objects", true) => 2,
        (b"refs", true) => 4,
        _ => return,
    };
    *bare.entry(walk::parent(seen.path)).or_default() |= mark;
}

struct Search<'a> {
    root: &'a Path,
    /// Names of disposable directories, as the settings have them.
    names: &'a [String],
    /// Whether directories are disposable, as far as they were looked at.
    known: HashMap<RepoPath, bool>,
    found: Ignored,
}

impl Search<'_> {
    fn add(&mut self, path: RepoPath) -> Result<(), GitError> {
        let Some((_, found)) = on_disk(self.root, &path) else { return Ok(()) };
        if !found.is_dir() {
            if !self.is_in_disposable(&path) {
                self.found.files.push(path);
            }
            return Ok(());
        }
        let root = self.root;
        let mut bare: HashMap<RepoPath, u8> = HashMap::new();
        let beyond = walk::each(root, &path, &mut |seen| {
            bare_mark(seen, &mut bare);
            // Repositories are found, and listed, by the walk of the whole worktree.
            if seen.name == b".git" {
                return Step::Pass;
            }
            if !seen.is_dir && !self.is_in_disposable(seen.path) {
                self.found.files.push(seen.path.clone());
            }
            Step::Enter
        })?;
        // Its files are listed where the directory is not disposable.
        let bare = bare.into_iter().filter(|(_, marks)| *marks == BARE).map(|(dir, _)| dir);
        let bare: Vec<RepoPath> =
            bare.filter(|dir| self.is_disposable(dir) || self.is_in_disposable(dir)).collect();
        self.found.repositories.extend(bare.into_iter().chain(beyond));
        Ok(())
    }

    fn is_in_disposable(&mut self, path: &RepoPath) -> bool {
        let dir = walk::parent(path);
        !dir.as_bytes().is_empty() && self.is_disposable(&dir)
    }

    /// Tells whether a directory, or one above it, can be made again.
    fn is_disposable(&mut self, dir: &RepoPath) -> bool {
        if let Some(known) = self.known.get(dir) {
            return *known;
        }
        let name = dir.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let named = KNOWN.iter().any(|known| known.as_bytes() == name)
            || self.names.iter().any(|known| known.trim_end_matches('/').as_bytes() == name);
        let disposable = named || is_cache(&self.root.join(dir.to_path())) || self.is_in_disposable(dir);
        self.known.insert(dir.clone(), disposable);
        disposable
    }
}

fn is_cache(dir: &Path) -> bool {
    use std::io::Read;
    let tag = dir.join("CACHEDIR.TAG");
    // A link could name anything, also something that is never read to its end.
    if !tag.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return false;
    }
    let mut start = [0; SIGNATURE.len()];
    std::fs::File::open(tag).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == SIGNATURE
}
