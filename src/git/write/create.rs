//! Registering a linked worktree so that it is there whole or not at all.
//!
//! `git worktree add` and libgit2 write the administrative directory file by file; killed in between they leave an
//! entry that other git commands die of. Here it is built under a name that git does not look at, locked, and appears
//! by one rename. The caller holds the topology lock.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::rename::{move_new, rename_exclusive};
use crate::domain::name::BranchName;
use crate::domain::oid::CommitId;
use crate::domain::path::path_bytes;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::worktrees::{is_admin_of, pointer, read_link, read_small, same_path};
use crate::git::{GitError, Repo};

/// Everything that a staged administrative directory may hold, files before their directories.
const STAGED: [&str; 10] = [
    "locked",
    "commondir",
    "gitdir",
    "HEAD",
    "logs/HEAD",
    "config.worktree",
    "config.worktree.lock",
    "info/sparse-checkout",
    "logs",
    "info",
];

/// What the HEAD of a new worktree names.
#[derive(Debug, Clone, Copy)]
pub enum NewHead<'a> {
    /// A branch that exists.
    Branch(&'a BranchName),
    /// A commit, no branch.
    Detached(CommitId),
}

impl<'a> From<&'a BranchName> for NewHead<'a> {
    fn from(branch: &'a BranchName) -> Self {
        Self::Branch(branch)
    }
}

impl NewHead<'_> {
    fn text(self) -> String {
        match self {
            Self::Branch(branch) => format!("ref: {}", branch.ref_name()),
            Self::Detached(commit) => commit.to_string(),
        }
    }

    /// What the reflog calls it.
    fn name(self) -> String {
        match self {
            Self::Branch(branch) => branch.to_string(),
            Self::Detached(commit) => commit.to_string(),
        }
    }

    fn tip(self, repo: &Repo) -> Result<CommitId, GitError> {
        match self {
            Self::Detached(commit) => repo.commit(commit).map(|_| commit),
            Self::Branch(branch) => repo.branch_tip(branch)?.ok_or_else(|| {
                let absent = git2::Error::from_str("there is no such branch");
                GitError::reference("check out", &branch.ref_name(), absent)
            }),
        }
    }
}

/// Makes the directory of a worktree, with nothing but its `.git` file, and registers it: locked, HEAD on a branch that
/// exists or at a commit. `staging` is a path of ours on the file system of the common dir. Registered just so already: nothing is
/// done. Anything but an empty directory at the root, or anything at the administrative directory's name, is
/// [`GitError::NotOurs`]; what a failed call made is removed again.
pub fn register<'a>(
    place: &Place,
    tree: &WorktreePlace,
    head: impl Into<NewHead<'a>>,
    staging: &Path,
    lock_reason: &str,
) -> Result<(), GitError> {
    let head = head.into();
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
    let tip = head.tip(&repo)?;
    let mut made = Made::default();
    clear_staging(staging)?;
    match root_state(tree)? {
        RootState::Absent => made.dir_and_parents(&tree.path)?,
        RootState::Empty | RootState::OurDotGit => {}
        RootState::Foreign(what) => return Err(not_ours(&tree.path, what)),
    }
    let links = Links::between(&repo, tree)?;
    stage(&repo, staging, &links, &mut made)?;
    made.file(&staging.join("HEAD"), format!("{}\n", head.text()).as_bytes())?;
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
    let links = || Links::between(&Repo::open(place)?, tree);
    let torn = || links().is_ok_and(|links| is_torn(&tree.path, &links));
    match root_state(tree)? {
        RootState::Absent => Ok(()),
        RootState::Foreign(_) if !torn() => Ok(()),
        RootState::Empty => remove(std::fs::remove_dir(&tree.path), &tree.path),
        RootState::OurDotGit | RootState::Foreign(_) => {
            let dot_git = tree.path.join(".git");
            remove(std::fs::remove_file(&dot_git), &dot_git)?;
            remove(std::fs::remove_dir(&tree.path), &tree.path)
        }
    }
}

fn not_ours(path: &Path, what: impl Into<String>) -> GitError {
    GitError::NotOurs { path: path.to_owned(), what: what.into() }
}

fn is_registered(place: &Place, tree: &WorktreePlace, head: NewHead<'_>) -> bool {
    let on_branch = read_small(&tree.admin.join("HEAD"))
        .is_ok_and(|text| text.trim_ascii_end() == head.text().as_bytes());
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

/// Tells whether a root holds nothing but the beginning of the `.git` file that a registration writes.
fn is_torn(root: &Path, links: &Links) -> bool {
    let Ok(entries) = std::fs::read_dir(root) else { return false };
    let names: Vec<_> = entries.take(2).flatten().map(|entry| entry.file_name()).collect();
    let dot_git = root.join(".git");
    let is_only = names.len() == 1 && names[0] == ".git";
    is_only && read_small(&dot_git).is_ok_and(|content| links.dot_git.starts_with(&content))
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
    head: NewHead<'_>,
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
    let after = format!("> {seconds} {zone}\tworktree: created on {}\n", head.name());
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

#[cfg(test)]
pub(in crate::git) mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::{checkout, refs};
    use super::*;
    use crate::git::preflight::Needs;
    use crate::git::testing::{TestRepo, write};
    use crate::git::worktrees::{admin_name, list};

    /// Gives the paths of a worktree `<dir>/<id>`.
    pub(in crate::git) fn tree_at(place: &Place, dir: &Path, id: &str) -> WorktreePlace {
        let admin = admin_name(&place.common_dir, &id.parse().unwrap());
        WorktreePlace { path: dir.join(id), admin }
    }

    fn staging(place: &Place, id: &str) -> PathBuf {
        place.common_dir.join("windrow/staging").join(id)
    }

    /// Makes a branch at `from` and a worktree on it that holds no file.
    pub(in crate::git) fn bare(place: &Place, dir: &Path, id: &str, from: &str) -> WorktreePlace {
        let (repo, branch) = (Repo::open(place).unwrap(), id.parse::<BranchName>().unwrap());
        let at = repo.resolve(from).unwrap().unwrap();
        refs::create(&repo, &branch.ref_name(), at, "windrow test: created").unwrap();
        let tree = tree_at(place, dir, id);
        register(place, &tree, &branch, &staging(place, id), "windrow test").unwrap();
        tree
    }

    /// Makes a branch at `from` and a worktree on it, as `start` does.
    pub(in crate::git) fn start(place: &Place, dir: &Path, id: &str, from: &str) -> WorktreePlace {
        let tree = bare(place, dir, id, from);
        let repo = Repo::open(place).unwrap();
        let at = repo.resolve(from).unwrap().unwrap();
        checkout::checkout(place, &tree, at, None, &Needs::of(&repo).unwrap()).unwrap();
        tree
    }

    fn varied() -> TestRepo {
        let test = TestRepo::with_commit();
        test.write("deep/er/file", "x\n");
        test.write("with space/ä", [0, 159, 146, 150]);
        test.write("empty", "");
        test.write("run.sh", "#!/bin/sh\n");
        test.write(".gitattributes", "* text=auto\n*.lf eol=lf\n");
        test.write("a.lf", "one\ntwo\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt, symlink};
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(test.path().join("run.sh"), mode).unwrap();
            symlink("deep/er", test.path().join("link")).unwrap();
            symlink("nowhere", test.path().join("broken")).unwrap();
        }
        test.commit_all("varied");
        test
    }

    /// Asserts that two worktrees hold the same files, modes and links.
    pub(in crate::git) fn assert_same_files(a: &Path, b: &Path) {
        assert_eq!(listing(a), listing(b));
    }

    /// Lists kind, mode and content of everything below a directory, but for the `.git` at the top.
    pub(in crate::git) fn listing(root: &Path) -> Vec<(PathBuf, String, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![root.to_owned()];
        while let Some(dir) = open.pop() {
            for entry in
                std::fs::read_dir(&dir).unwrap().flatten().filter(|entry| entry.file_name() != ".git")
            {
                let (path, kind) = (entry.path(), entry.metadata().unwrap());
                let content = if kind.is_symlink() {
                    path_bytes(&std::fs::read_link(&path).unwrap())
                } else if kind.is_dir() {
                    open.push(path.clone());
                    Vec::new()
                } else {
                    std::fs::read(&path).unwrap()
                };
                let what = format!("{:?} {:?}", kind.file_type(), kind.permissions());
                found.push((path.strip_prefix(root).unwrap().to_owned(), what, content));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn the_worktree_is_as_git_makes_it() {
        let test = varied();
        let place = test.place();
        let tree = start(&place, &test.dir().join("trees"), "ours", "main");
        let gits = test.dir().join("gits");
        test.git(&["worktree", "add", "-q", gits.to_str().unwrap(), "-b", "gits"]);
        assert_same_files(&tree.path, &gits);
        for name in ["commondir", "HEAD"] {
            let ours = std::fs::read_to_string(tree.admin.join(name)).unwrap();
            let gits = std::fs::read_to_string(place.common_dir.join("worktrees/gits").join(name)).unwrap();
            assert_eq!(ours, gits.replace("gits", "ours"));
        }
        assert_eq!(test.git_in(&tree.path, &["status", "--porcelain", "--ignored"]), "");
        // Nothing is to be refreshed: the index knows the files as they are.
        assert_eq!(test.git_in(&tree.path, &["diff-files"]), "");
        assert_eq!(test.git_in(&tree.path, &["ls-files", "-s"]), test.git_in(&gits, &["ls-files", "-s"]));
        let log = test.git_in(&tree.path, &["reflog", "--format=%H %gs %gn", "HEAD"]);
        assert_eq!(log, format!("{} worktree: created on ours Test", test.rev("main")));
        let listed = test.git(&["worktree", "list", "--porcelain"]);
        assert!(listed.contains("locked windrow test"), "{listed}");
        test.git(&["worktree", "prune", "--expire=now"]);
        test.git(&["worktree", "unlock", tree.path.to_str().unwrap()]);
        test.git(&["worktree", "remove", tree.path.to_str().unwrap()]);
        test.assert_sound();
    }

    #[test]
    fn from_a_linked_worktree_and_in_a_bare_repository() {
        let test = varied();
        let first = start(&test.place(), &test.dir(), "first", "main");
        let there = Repo::discover(&first.path).unwrap();
        let second = start(there.place(), &test.dir(), "second", "HEAD");
        assert_eq!(second.admin, test.place().common_dir.join("worktrees/second"));
        assert_same_files(&first.path, &second.path);
        let bare = test.dir().join("bare.git");
        test.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        let place = Repo::discover(&bare).unwrap().place().clone();
        let third = start(&place, &test.dir(), "third", "main");
        assert_same_files(&first.path, &third.path);
        assert_eq!(test.git_in(&third.path, &["status", "--porcelain"]), "");
        assert_eq!(test.git_in(&third.path, &["reflog", "--format=%gs"]), "worktree: created on third");
        test.git_in(&bare, &["fsck", "--strict"]);
        test.assert_sound();
    }

    #[cfg(unix)]
    #[test]
    fn any_path_will_do() {
        let test = TestRepo::with_commit();
        let place = test.place();
        let odd = crate::domain::path::bytes_to_path(b"o d'd \"\\ $(id) \xc3\xa4;\n x");
        let tree = start(&place, &test.dir().join(odd), "odd", "main");
        assert_eq!(test.git_in(&tree.path, &["status", "--porcelain"]), "");
        let linked = test.dir().join("symlinked");
        std::os::unix::fs::symlink(test.dir().join("repo"), &linked).unwrap();
        let tree = start(&place, &linked.join("below"), "resolved", "main");
        let gitdir = std::fs::read_to_string(tree.admin.join("gitdir")).unwrap();
        assert_eq!(gitdir, format!("{}/below/resolved/.git\n", test.path().display()));
        assert!(read_link(&place.common_dir, &tree.admin).joins(&tree.path));
    }

    #[test]
    fn relative_where_the_repository_says_so() {
        let test = TestRepo::with_commit();
        test.git(&["config", "core.repositoryformatversion", "1"]);
        write(
            &test.path().join(".git/config"),
            std::fs::read_to_string(test.path().join(".git/config")).unwrap()
                + "[extensions]\n\trelativeWorktrees = true\n",
        );
        let place = test.place();
        let (tree, branch) = (tree_at(&place, &test.dir(), "rel"), "main".parse().unwrap());
        register(&place, &tree, &branch, &staging(&place, "rel"), "windrow test").unwrap();
        let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(tree.path.join(".git")), "gitdir: ../repo/.git/worktrees/rel\n");
        assert_eq!(read(tree.admin.join("gitdir")), "../../../../rel/.git\n");
        let at = test.repo().head().unwrap().commit().unwrap();
        checkout::checkout(&place, &tree, at, None, &Needs::default()).unwrap();
        assert_eq!(read(tree.path.join("file")), "one\n");
    }

    #[test]
    fn again_is_nothing_and_anything_else_is_refused() {
        let test = TestRepo::with_commit();
        test.git(&["branch", "topic"]);
        let (place, branch) = (test.place(), "topic".parse().unwrap());
        let tree = tree_at(&place, &test.dir(), "topic");
        let staging = staging(&place, "topic");
        register(&place, &tree, &branch, &staging, "windrow test").unwrap();
        register(&place, &tree, &branch, &staging, "windrow test").unwrap();
        let refused = |tree: &WorktreePlace, branch: &BranchName| {
            let error = register(&place, tree, branch, &staging, "windrow test").unwrap_err();
            assert!(!staging.exists());
            error
        };
        // The name is taken.
        let other = WorktreePlace { path: test.dir().join("other"), ..tree.clone() };
        assert!(matches!(refused(&other, &branch), GitError::NotOurs { path, .. } if path == tree.admin));
        assert!(!other.path.exists());
        // The root is not empty, is a file, is a link.
        let free = admin_name(&place.common_dir, &"topic".parse().unwrap());
        assert!(free.ends_with("topic1"));
        for setup in ["dir", "file", "link"] {
            let root = test.dir().join(setup);
            match setup {
                "dir" => write(&root.join("precious"), "x"),
                "file" => write(&root, "x"),
                _ => {
                    #[cfg(unix)]
                    std::os::unix::fs::symlink(test.dir().join("dir"), &root).unwrap();
                    #[cfg(not(unix))]
                    write(&root, "x");
                }
            }
            let tree = WorktreePlace { path: root.clone(), admin: free.clone() };
            assert!(matches!(refused(&tree, &branch), GitError::NotOurs { path, .. } if path == root));
            assert!(root.exists() && !free.exists());
        }
        // No such branch: the directories above the root are removed again too.
        let tree = WorktreePlace { path: test.dir().join("x/y/z"), admin: free.clone() };
        refused(&tree, &"nowhere".parse().unwrap());
        assert!(!test.dir().join("x").exists());
        // An administrative directory elsewhere.
        let tree = WorktreePlace { path: test.dir().join("x"), admin: test.dir().join("admin") };
        assert!(matches!(refused(&tree, &branch), GitError::NotOurs { .. }));
        test.assert_sound();
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let test = TestRepo::with_commit();
        let (place, branch) = (test.place(), "main".parse().unwrap());
        let tree = tree_at(&place, &test.dir().join("new"), "x");
        // The last step cannot succeed.
        write(&place.common_dir.join("worktrees"), "in the way");
        let staging = staging(&place, "x");
        register(&place, &tree, &branch, &staging, "windrow test").unwrap_err();
        assert!(!test.dir().join("new").exists() && !staging.exists());
        assert_eq!(std::fs::read(place.common_dir.join("worktrees")).unwrap(), b"in the way");
    }

    #[test]
    fn what_a_killed_registration_left_is_taken_back_or_taken_up() {
        for (step, unregistered) in (0..4).flat_map(|step| [(step, true), (step, false)]) {
            let test = TestRepo::with_commit();
            test.git(&["branch", "x"]);
            let (place, branch) = (test.place(), "x".parse().unwrap());
            let tree = tree_at(&place, &test.dir(), "x");
            let staging = staging(&place, "x");
            let kill_after = [1, 2, 3, 4][step];
            let dot_git = format!("gitdir: {}\n", tree.admin.display());
            let steps: [&dyn Fn(); 4] = [
                &|| std::fs::create_dir_all(staging.join("logs")).unwrap(),
                &|| write(&staging.join("commondir"), ""),
                &|| std::fs::create_dir(&tree.path).unwrap(),
                &|| write(&tree.path.join(".git"), &dot_git),
            ];
            steps[..kill_after].iter().for_each(|step| step());
            test.assert_sound();
            if unregistered {
                unregister(&place, &tree, &staging).unwrap();
                assert!(!tree.path.exists() && !staging.exists(), "{step}");
            } else {
                register(&place, &tree, &branch, &staging, "windrow test").unwrap();
                unregister(&place, &tree, &staging).unwrap();
                assert!(tree.path.exists() && tree.admin.exists(), "{step}");
            }
            test.assert_sound();
        }
    }

    #[test]
    fn a_torn_link_is_taken_back() {
        let test = TestRepo::with_commit();
        let place = test.place();
        let tree = tree_at(&place, &test.dir(), "x");
        for (content, is_ours) in
            [("", true), ("gitdir: /", true), ("gitdir: /elsewhere", false), ("x", false)]
        {
            write(&tree.path.join(".git"), content);
            write(&staging(&place, "x").join("config.worktree.lock"), "");
            unregister(&place, &tree, &staging(&place, "x")).unwrap();
            assert_eq!(tree.path.exists(), !is_ours, "{content}");
        }
    }

    #[test]
    fn taking_back_spares_what_is_not_ours() {
        let test = TestRepo::with_commit();
        let place = test.place();
        let tree = tree_at(&place, &test.dir(), "x");
        write(&tree.path.join(".git"), format!("gitdir: {}\n", tree.admin.display()));
        write(&tree.path.join("work"), "precious");
        write(&staging(&place, "x").join("strange"), "");
        assert!(unregister(&place, &tree, &staging(&place, "x")).is_err());
        unregister(&place, &tree, &staging(&place, "y")).unwrap();
        assert_eq!(std::fs::read(tree.path.join("work")).unwrap(), b"precious");
    }

    #[test]
    fn junk_among_the_worktrees_is_no_hindrance() {
        let test = varied();
        let place = test.place();
        let admins = place.common_dir.join("worktrees");
        for name in ["a", "b", "x"] {
            std::fs::create_dir_all(admins.join(name)).unwrap();
        }
        test.git(&["worktree", "add", "-q", "../old", "-b", "old"]);
        for (number, (file, content)) in
            [("commondir", b"".as_slice()), ("locked", b"\xff"), ("HEAD", b""), ("gitdir", b"")]
                .iter()
                .enumerate()
        {
            let junk = admins.join(format!("junk{number}"));
            std::fs::create_dir(&junk).unwrap();
            for name in ["commondir", "HEAD", "gitdir"] {
                std::fs::copy(admins.join("old").join(name), junk.join(name)).unwrap();
            }
            write(&junk.join(file), content);
        }
        let tree = start(&place, &test.dir(), "x", "main");
        assert_eq!(tree.admin, admins.join("x1"));
        assert_same_files(&tree.path, &test.path());
        assert_eq!(list(&test.repo()).unwrap().len(), 10);
    }

    #[test]
    fn many_at_once_beside_prune_and_gc() {
        let test = varied();
        let place = test.place();
        let (topology, done) = (Mutex::new(()), AtomicBool::new(false));
        let start_locked = |id: &str| {
            let branch: BranchName = id.parse().unwrap();
            let (repo, tree) = (Repo::open(&place).unwrap(), tree_at(&place, &test.dir().join("trees"), id));
            let at = repo.resolve("main").unwrap().unwrap();
            {
                let _held = topology.lock().unwrap();
                refs::create(&repo, &branch.ref_name(), at, "windrow test: created").unwrap();
                register(&place, &tree, &branch, &staging(&place, id), "windrow test").unwrap();
            }
            checkout::checkout(&place, &tree, at, None, &Needs::default()).unwrap();
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    test.try_git_in(&test.path(), &["worktree", "prune", "--expire=now"]);
                    test.try_git_in(&test.path(), &["gc", "--auto", "-q"]);
                }
            });
            let starters: Vec<_> = (0..16)
                .map(|thread| {
                    let start_locked = &start_locked;
                    scope.spawn(move || (0..5).for_each(|round| start_locked(&format!("t{thread}-{round}"))))
                })
                .collect();
            let outcomes: Vec<_> = starters.into_iter().map(|starter| starter.join()).collect();
            done.store(true, Ordering::Relaxed);
            outcomes.into_iter().for_each(|outcome| outcome.unwrap());
        });
        let entries = list(&test.repo()).unwrap();
        assert_eq!(entries.len(), 81);
        for entry in &entries {
            assert!(entry.broken.is_none() && !entry.missing, "{entry:?}");
            assert_eq!(test.git_in(&entry.path, &["status", "--porcelain"]), "");
        }
        test.assert_sound();
    }
}
