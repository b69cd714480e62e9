//! Registering a linked worktree so that it is there whole or not at all.
//!
//! `git worktree add` and libgit2 write the administrative directory file by file; killed in between they leave an
//! entry that other git commands die of. Here it is built under a name that git does not look at, locked, and appears
//! by one rename. The caller holds the topology lock.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::rename::{move_new, rename_exclusive};
use crate::domain::name::{BranchName, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::path::path_bytes;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::worktrees::{is_admin_of, pointer, read_link, read_small, same_path};
use crate::git::{GitError, Repo};

/// Everything that a staged administrative directory may hold, files before their directories.
const STAGED: [&str; 9] = [
    "locked",
    "commondir",
    "gitdir",
    "HEAD",
    "logs/HEAD",
    "config.worktree",
    "info/sparse-checkout",
    "logs",
    "info",
];

/// Gives the first free name for an administrative directory as git chooses it: the id, else the id and a number.
pub fn admin_name(common_dir: &Path, id: &TaskId) -> PathBuf {
    let dir = common_dir.join("worktrees");
    let numbered = (1..u64::MAX).map(|number| format!("{id}{number}"));
    let free = std::iter::once(id.to_string())
        .chain(numbered)
        .map(|name| dir.join(name))
        .find(|path| std::fs::symlink_metadata(path).is_err());
    free.unwrap_or_else(|| dir.join(id.as_str()))
}

/// Makes the directory of a worktree, with nothing but its `.git` file, and registers it: locked, HEAD on a branch that
/// exists. `staging` is a path of ours on the file system of the common dir. Registered just so already: nothing is
/// done. Anything but an empty directory at the root, or anything at the administrative directory's name, is
/// [`GitError::NotOurs`]; what a failed call made is removed again.
pub fn register(
    place: &Place,
    tree: &WorktreePlace,
    head: &BranchName,
    staging: &Path,
    lock_reason: &str,
) -> Result<(), GitError> {
    if !is_admin_of(&place.common_dir, tree) {
        return Err(not_ours(&tree.admin, "it is not below the repository's worktrees"));
    }
    if is_registered(place, tree, head) {
        return Ok(());
    }
    if std::fs::symlink_metadata(&tree.admin).is_ok() {
        return Err(not_ours(&tree.admin, "it exists already"));
    }
    let repo = Repo::open(place)?;
    let tip = repo.branch_tip(head)?.ok_or_else(|| {
        GitError::reference("check out", &head.ref_name(), git2::Error::from_str("there is no such branch"))
    })?;
    let mut made = Made::default();
    clear_staging(staging)?;
    match root_state(tree)? {
        RootState::Absent => made.dir_and_parents(&tree.path)?,
        RootState::Empty | RootState::OurDotGit => {}
        RootState::Foreign(what) => return Err(not_ours(&tree.path, what)),
    }
    let links = Links::between(&repo, tree)?;
    stage(&repo, staging, &links, &mut made)?;
    let head_text = format!("ref: {}\n", head.ref_name());
    made.file(&staging.join("HEAD"), head_text.as_bytes())?;
    made.file(&staging.join("locked"), lock_reason.as_bytes())?;
    log_head(&repo, staging, tip, head, &mut made)?;
    let dot_git = tree.path.join(".git");
    if std::fs::symlink_metadata(&dot_git).is_err() {
        made.file(&dot_git, &links.dot_git)?;
    }
    appear(staging, &tree.admin)?;
    made.keep();
    Ok(())
}

/// Takes back what a killed [`register`] left: the staged directory, and a root that holds nothing but the `.git`
/// file of a registration that did not appear. A registered worktree is left as it is.
pub fn unregister(place: &Place, tree: &WorktreePlace, staging: &Path) -> Result<(), GitError> {
    clear_staging(staging)?;
    if std::fs::symlink_metadata(&tree.admin).is_ok() || !is_admin_of(&place.common_dir, tree) {
        return Ok(());
    }
    match root_state(tree)? {
        RootState::Absent | RootState::Foreign(_) => Ok(()),
        RootState::Empty => remove(std::fs::remove_dir(&tree.path), &tree.path),
        RootState::OurDotGit => {
            let dot_git = tree.path.join(".git");
            remove(std::fs::remove_file(&dot_git), &dot_git)?;
            remove(std::fs::remove_dir(&tree.path), &tree.path)
        }
    }
}

fn not_ours(path: &Path, what: impl Into<String>) -> GitError {
    GitError::NotOurs { path: path.to_owned(), what: what.into() }
}

fn is_registered(place: &Place, tree: &WorktreePlace, head: &BranchName) -> bool {
    let on_branch = read_small(&tree.admin.join("HEAD"))
        .is_ok_and(|text| text.trim_ascii_end() == format!("ref: {}", head.ref_name()).as_bytes());
    on_branch && read_link(&place.common_dir, &tree.admin).joins(&tree.path)
}

/// What stands at a root.
enum RootState {
    Absent,
    Empty,
    /// Nothing but a `.git` file that names the administrative directory.
    OurDotGit,
    Foreign(&'static str),
}

fn root_state(tree: &WorktreePlace) -> Result<RootState, GitError> {
    let path = &tree.path;
    match std::fs::symlink_metadata(path) {
        Ok(kind) if kind.is_dir() => {}
        Ok(_) => return Ok(RootState::Foreign("something that is no directory stands there")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(RootState::Absent),
        Err(error) => return Err(GitError::io("inspect", path)(error)),
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(GitError::io("list", path))?.take(2) {
        names.push(entry.map_err(GitError::io("list", path))?.file_name());
    }
    Ok(match names.as_slice() {
        [] => RootState::Empty,
        [only]
            if only == ".git" && pointer(&path.join(".git")).is_ok_and(|to| same_path(&to, &tree.admin)) =>
        {
            RootState::OurDotGit
        }
        _ => RootState::Foreign("it exists already and is not empty"),
    })
}

/// The paths that the worktree and its administrative directory hold of each other, as git writes them.
struct Links {
    gitdir: Vec<u8>,
    dot_git: Vec<u8>,
}

impl Links {
    /// Symbolic links resolved; relative if the repository's worktrees are (`extensions.relativeWorktrees`).
    fn between(repo: &Repo, tree: &WorktreePlace) -> Result<Self, GitError> {
        let root = tree.path.canonicalize().map_err(GitError::io("resolve", &tree.path))?;
        let common_dir = &repo.place().common_dir;
        let common_dir = common_dir.canonicalize().map_err(GitError::io("resolve", common_dir))?;
        let admin = common_dir.join("worktrees").join(tree.admin.file_name().unwrap_or_default());
        let config = repo.raw().config().map_err(|source| GitError::open(&common_dir, source))?;
        let relative = config.get_bool("extensions.relativeworktrees").unwrap_or(false);
        let (to_admin, to_dot_git) = if relative {
            (relative_path(&root, &admin), relative_path(&admin, &root.join(".git")))
        } else {
            (admin, root.join(".git"))
        };
        let line = |prefix: &[u8], path: &Path| [prefix, &path_bytes(path), b"\n"].concat();
        Ok(Self { gitdir: line(b"", &to_dot_git), dot_git: line(b"gitdir: ", &to_admin) })
    }
}

/// Gives the way from a directory to a path; both absolute and free of `..`.
fn relative_path(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Path::new(".."));
    let down = to.components().skip(shared);
    up.map(Path::to_owned).chain(down.map(|part| PathBuf::from(part.as_os_str()))).collect()
}

/// Builds the part of an administrative directory that does not depend on the branch.
fn stage(repo: &Repo, staging: &Path, links: &Links, made: &mut Made) -> Result<(), GitError> {
    if let Some(parent) = staging.parent() {
        std::fs::create_dir_all(parent).map_err(GitError::io("create", parent))?;
    }
    made.dir(staging)?;
    made.file(&staging.join("commondir"), b"../..\n")?;
    made.file(&staging.join("gitdir"), &links.gitdir)?;
    inherit_config(repo, staging, made)
}

/// Copies what `git worktree add` copies: the main worktree's own configuration without `core.bare` and
/// `core.worktree`, and its sparse checkout patterns.
fn inherit_config(repo: &Repo, staging: &Path, made: &mut Made) -> Result<(), GitError> {
    let common_dir = &repo.place().common_dir;
    let config = repo.raw().config().map_err(|source| GitError::open(common_dir, source))?;
    let is_on = |key| config.get_bool(key).unwrap_or(false);
    if is_on("extensions.worktreeconfig")
        && let Ok(own) = read_small(&common_dir.join("config.worktree"))
    {
        let path = staging.join("config.worktree");
        made.file(&path, &own)?;
        let failed = |source| GitError::worktree("configure", staging, source);
        let mut copy = git2::Config::open(&path).map_err(failed)?;
        for key in ["core.bare", "core.worktree"] {
            match copy.remove_multivar(key, ".*") {
                Err(error) if error.code() != git2::ErrorCode::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
    }
    if is_on("core.sparsecheckout")
        && let Ok(patterns) = read_small(&common_dir.join("info/sparse-checkout"))
    {
        made.dir(&staging.join("info"))?;
        made.file(&staging.join("info/sparse-checkout"), &patterns)?;
    }
    Ok(())
}

/// Writes the first entry of HEAD's reflog, on which the recovery of detached commits depends.
fn log_head(
    repo: &Repo,
    staging: &Path,
    tip: CommitId,
    head: &BranchName,
    made: &mut Made,
) -> Result<(), GitError> {
    let config = repo.raw().config().map_err(|source| GitError::open(&repo.place().common_dir, source))?;
    made.dir(&staging.join("logs"))?;
    if config.get_bool("core.logallrefupdates").is_ok_and(|on| !on) {
        return Ok(());
    }
    let who = repo.raw().signature().or_else(|_| git2::Signature::now("windrow", "windrow@localhost"));
    let who = who.map_err(|source| GitError::reference("log", "HEAD", source))?;
    let offset = who.when().offset_minutes();
    let zone = format!("{}{:02}{:02}", who.when().sign(), offset.abs() / 60, offset.abs() % 60);
    let zeros = CommitId::from_bytes([0; 20]);
    let (before, seconds) = (format!("{zeros} {tip} "), who.when().seconds());
    let after = format!("> {seconds} {zone}\tworktree: created on {head}\n");
    let line = [before.as_bytes(), who.name_bytes(), b" <", who.email_bytes(), after.as_bytes()];
    made.file(&staging.join("logs/HEAD"), &line.concat())
}

/// Gives the staged directory its name.
fn appear(staging: &Path, admin: &Path) -> Result<(), GitError> {
    let Some(worktrees) = admin.parent() else { return move_new(staging, admin) };
    // `git worktree prune` removes an empty `worktrees` at any time.
    for _ in 0..100 {
        match std::fs::create_dir(worktrees) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(GitError::io("create", worktrees)(error));
            }
            _ => {}
        }
        match rename_exclusive(staging, admin) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => return outcome.map_err(GitError::io("create", admin)),
        }
    }
    move_new(staging, admin)
}

/// Removes a staged directory, file by file: only what we put there can go.
fn clear_staging(staging: &Path) -> Result<(), GitError> {
    if std::fs::symlink_metadata(staging).is_err() {
        return Ok(());
    }
    for name in STAGED {
        let path = staging.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(kind) if kind.is_dir() => remove(std::fs::remove_dir(&path), &path)?,
            Ok(_) => remove(std::fs::remove_file(&path), &path)?,
            Err(_) => {}
        }
    }
    remove(std::fs::remove_dir(staging), staging)
}

fn remove(outcome: io::Result<()>, path: &Path) -> Result<(), GitError> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(GitError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// What a call made so far; removed again, newest first, unless it is kept. A directory goes only when it is empty.
#[derive(Default)]
struct Made(Vec<(PathBuf, bool)>);

impl Made {
    fn file(&mut self, path: &Path, content: &[u8]) -> Result<(), GitError> {
        let failed = GitError::io("create", path);
        let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) => return Err(failed(error)),
        };
        self.0.push((path.to_owned(), false));
        file.write_all(content).map_err(failed)
    }

    fn dir(&mut self, path: &Path) -> Result<(), GitError> {
        DirBuilder::new().create(path).map_err(GitError::io("create", path))?;
        self.0.push((path.to_owned(), true));
        Ok(())
    }

    /// Makes a directory and those above it that are not there.
    fn dir_and_parents(&mut self, path: &Path) -> Result<(), GitError> {
        let missing: Vec<_> = path.ancestors().take_while(|dir| !dir.exists()).collect();
        missing.into_iter().rev().try_for_each(|dir| self.dir(dir))
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for (path, is_dir) in self.0.drain(..).rev() {
            drop(if is_dir { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) });
        }
    }
}
