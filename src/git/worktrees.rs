//! The registered worktrees, read from their files alone: no entry is opened, so that none can spoil the list.
//!
//! libgit2 refuses to list or to add where two neighbouring entries are junk, and git itself dies of an empty
//! `commondir`; what is wrong with an entry is part of the answer here. The files belong to whoever works in the
//! worktree: only regular files of a sensible size are read.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::{GitError, Repo, head_in};
use crate::domain::name::TaskId;
use crate::domain::path::bytes_to_path;
use crate::domain::place::{BranchUse, Head, WorktreeEntry, WorktreePlace};

/// No administrative file that git writes comes near this size, in bytes.
const SENSIBLE: u64 = 1 << 20;

/// Lists the main worktree, unless the repository is bare, and all linked ones in the order of their directories.
pub fn list(repo: &Repo) -> Result<Vec<WorktreeEntry>, GitError> {
    let place = repo.place();
    let mut entries: Vec<_> =
        place.main_worktree.iter().map(|root| main_entry(repo, &place.common_dir, root)).collect();
    for admin in admin_dirs(&place.common_dir)? {
        entries.push(linked_entry(repo, &place.common_dir, admin));
    }
    Ok(entries)
}

/// The same for whoever moves or deletes branches: an entry that is there and cannot be read may hold any of them, so that nothing
/// is decided without it.
pub fn list_whole(repo: &Repo) -> Result<Vec<WorktreeEntry>, GitError> {
    let entries = list(repo)?;
    match entries.iter().find(|entry| entry.unread) {
        Some(entry) => {
            let path = entry.admin.clone().unwrap_or_else(|| repo.place().common_dir.clone());
            let why = entry.broken.clone().unwrap_or_else(|| "it cannot be read".to_owned());
            Err(GitError::Unread { path, why })
        }
        None => Ok(entries),
    }
}

/// Tells whether a file that could not be read may be there all the same, and whole.
pub(in crate::git) fn may_be_whole(error: &io::Error) -> bool {
    use io::ErrorKind;
    // No such file, no regular file, too large, not what it should be: read by everyone as we read it.
    let known = [ErrorKind::NotFound, ErrorKind::NotADirectory, ErrorKind::IsADirectory, ErrorKind::Other];
    let is_loop = cfg!(unix) && error.raw_os_error() == Some(LOOP);
    !known.contains(&error.kind()) && !is_loop
}

#[cfg(unix)]
const LOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();
#[cfg(not(unix))]
const LOOP: i32 = 0;

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

/// Tells whether anything stands at a path of a worktree; symbolic links are followed.
pub fn is_there(path: &Path) -> bool {
    path.exists()
}

/// Tells whether a path is taken, be it by a symbolic link that leads nowhere.
pub fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Tells whether a path of a worktree is a directory; symbolic links are followed.
pub fn is_directory(path: &Path) -> bool {
    path.is_dir()
}

/// Lists the directories below `<common-dir>/worktrees`, sorted.
pub(in crate::git) fn admin_dirs(common_dir: &Path) -> Result<Vec<PathBuf>, GitError> {
    let dir = common_dir.join("worktrees");
    let found = match std::fs::read_dir(&dir) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(GitError::io("list", &dir)(error)),
    };
    let mut dirs: Vec<_> = found.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    dirs.sort();
    Ok(dirs)
}

fn main_entry(repo: &Repo, common_dir: &Path, root: &Path) -> WorktreeEntry {
    let (head, unread) = read_head(repo, common_dir);
    let (uses, unread_too) = uses(common_dir, &head);
    WorktreeEntry {
        unread: unread || unread_too,
        admin: None,
        path: root.to_owned(),
        locked: None,
        missing: !root.exists(),
        uses,
        broken: broken_head(&head),
        head,
    }
}

fn linked_entry(repo: &Repo, common_dir: &Path, admin: PathBuf) -> WorktreeEntry {
    let (head, unread) = read_head(repo, &admin);
    let (uses, unread_too) = uses(&admin, &head);
    let link = read_link(common_dir, &admin);
    WorktreeEntry {
        unread: unread || unread_too,
        path: link.root.unwrap_or_else(|| admin.clone()),
        locked: lock_reason(&admin),
        missing: link.missing,
        uses,
        broken: link.broken.or_else(|| broken_head(&head)),
        head,
        admin: Some(admin),
    }
}

fn broken_head(head: &Head) -> Option<String> {
    match head {
        Head::Broken(why) => Some(why.clone()),
        Head::Branch { .. } | Head::Detached(_) | Head::Unborn(_) => None,
    }
}

/// Reads HEAD, and tells whether it may be whole though it could not be read.
fn read_head(repo: &Repo, git_dir: &Path) -> (Head, bool) {
    match read_small(&git_dir.join("HEAD")) {
        Err(error) => (Head::Broken(format!("HEAD cannot be read: {error}")), may_be_whole(&error)),
        Ok(text) => match head_in(&text, repo) {
            Ok(head) => (head, false),
            Err(error) => {
                let unread = error.is_of_the_system();
                (Head::Broken(error.to_string()), unread)
            }
        },
    }
}

/// Gives the text of git's `locked` file, without the line ends around it.
pub(in crate::git) fn lock_reason(admin: &Path) -> Option<String> {
    match read_small(&admin.join("locked")) {
        Ok(reason) => Some(String::from_utf8_lossy(&reason).trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(format!("cannot be read: {error}")),
    }
}

/// What the files that tie a worktree and its administrative directory together say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::git) struct Link {
    /// The root that `gitdir` names.
    pub(in crate::git) root: Option<PathBuf>,
    /// Whether the root or its `.git` is not there.
    pub(in crate::git) missing: bool,
    /// What does not fit.
    pub(in crate::git) broken: Option<String>,
}

impl Link {
    /// Tells whether both sides name each other and the root is this one.
    pub(in crate::git) fn joins(&self, root: &Path) -> bool {
        !self.missing && self.broken.is_none() && self.names(root)
    }

    /// Tells whether the administrative directory names this root, be it there or not.
    pub(in crate::git) fn names(&self, root: &Path) -> bool {
        self.root.as_deref().is_some_and(|named| same_path(named, root))
    }
}

/// Reads `gitdir` and `commondir` of an administrative directory and the `.git` file that answers them.
pub(in crate::git) fn read_link(common_dir: &Path, admin: &Path) -> Link {
    let root = match named_root(admin) {
        Ok(root) => root,
        Err(broken) => return Link { broken: Some(broken), ..Link::default() },
    };
    let broken = broken_commondir(common_dir, admin);
    let answer = match pointer(&root.join(".git")) {
        Ok(answer) => answer,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Link { root: Some(root), missing: true, broken };
        }
        Err(error) => {
            let broken = broken.or_else(|| Some(format!("the .git of its root is not git's file: {error}")));
            return Link { root: Some(root), missing: false, broken };
        }
    };
    let foreign = (!same_path(&answer, admin))
        .then(|| "the .git of its root names another administrative directory".to_owned());
    Link { root: Some(root), missing: false, broken: broken.or(foreign) }
}

fn named_root(admin: &Path) -> Result<PathBuf, String> {
    let named = path_in(admin, "gitdir").map_err(|error| format!("gitdir cannot be read: {error}"))?;
    match (named.file_name(), named.parent()) {
        (Some(last), Some(root)) if last == ".git" => Ok(root.to_owned()),
        _ => Err("gitdir names no path that ends in /.git".to_owned()),
    }
}

fn broken_commondir(common_dir: &Path, admin: &Path) -> Option<String> {
    match path_in(admin, "commondir") {
        Ok(named) if same_path(&named, common_dir) => None,
        Ok(_) => Some("commondir names another repository".to_owned()),
        Err(error) => Some(format!("commondir cannot be read: {error}")),
    }
}

/// Reads a path from a file in a directory; a relative one is relative to the directory.
fn path_in(dir: &Path, name: &str) -> io::Result<PathBuf> {
    let text = read_small(&dir.join(name))?;
    resolve(dir, trim_line(&text))
}

/// Reads a `.git` file: the directory that it names; a relative one is relative to the file's directory.
pub(in crate::git) fn pointer(dot_git: &Path) -> io::Result<PathBuf> {
    if std::fs::symlink_metadata(dot_git)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    let text = read_small(dot_git)?;
    let target = text.strip_prefix(b"gitdir:").map(|rest| rest.strip_prefix(b" ").unwrap_or(rest));
    let target = target.ok_or_else(|| io::Error::other("it does not begin with gitdir:"))?;
    resolve(dot_git.parent().unwrap_or(Path::new("/")), trim_line(target))
}

fn resolve(dir: &Path, named: &[u8]) -> io::Result<PathBuf> {
    if named.is_empty() {
        return Err(io::Error::other("it is empty"));
    }
    let named = bytes_to_path(named);
    if named.is_absolute() {
        return Ok(named);
    }
    // A symbolic link above would make a different place of the same `..`.
    Ok(normal(&dir.canonicalize().unwrap_or_else(|_| dir.to_owned()).join(named)))
}

fn trim_line(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &text[..end]
}

/// Takes `.` and `..` out of a path by its text.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut out, part| {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
        out
    })
}

/// Tells whether two paths name one place; where nothing is there, their directories decide.
pub fn same_path(a: &Path, b: &Path) -> bool {
    a == b || real(a).is_some_and(|a| Some(a) == real(b))
}

/// Resolves symbolic links; of a path that does not exist, those of its directory.
pub(in crate::git) fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?)))
}

/// Reads a regular file of a sensible size; symbolic links are followed.
pub(in crate::git) fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.len() > SENSIBLE {
        return Err(io::Error::other("it is too large"));
    }
    read_regular(path)
}

/// Reads a regular file; symbolic links are followed. A pipe or a device would keep us waiting, or never end.
pub(in crate::git) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    std::fs::read(path)
}

/// Tells whether a directory is a child of `<common-dir>/worktrees`, by its text.
pub(in crate::git) fn is_admin_of(common_dir: &Path, tree: &WorktreePlace) -> bool {
    tree.admin.file_name().is_some()
        && tree.admin.parent().is_some_and(|parent| same_path(parent, &common_dir.join("worktrees")))
}

/// The branches that git regards as taken by a git directory (`branch_checked_out` in git's sources): that of HEAD,
/// of a rebase and of the branches it will update, of a bisection.
/// Tells too whether something of that may be whole though it could not be read.
fn uses(git_dir: &Path, head: &Head) -> (Vec<(String, BranchUse)>, bool) {
    let (mut uses, unread) = (Vec::new(), std::cell::Cell::new(false));
    match head {
        Head::Branch { name, .. } => uses.push((name.as_str().to_owned(), BranchUse::CheckedOut)),
        Head::Unborn(name) => uses.push((name.clone(), BranchUse::CheckedOut)),
        Head::Detached(_) | Head::Broken(_) => {}
    }
    let read = |name: &str| match read_small(&git_dir.join(name)) {
        Ok(text) => Some(String::from_utf8_lossy(text.trim_ascii()).into_owned()),
        Err(error) => {
            unread.set(unread.get() || may_be_whole(&error));
            None
        }
    };
    let mut add = |name: &str, why| uses.push((name.to_owned(), why));
    // A patch series being applied (`git am`) keeps its state in the same directory and takes no branch.
    let am = git_dir.join("rebase-apply/applying").exists();
    let rebased = [read("rebase-merge/head-name"), (!am).then(|| read("rebase-apply/head-name")).flatten()];
    for text in rebased.iter().flatten() {
        text.strip_prefix("refs/heads/").inspect(|name| add(name, BranchUse::Rebasing));
    }
    // Three lines a ref: its name, the id before, the id after.
    for text in read("rebase-merge/update-refs").unwrap_or_default().lines() {
        text.strip_prefix("refs/heads/").inspect(|name| add(name, BranchUse::Rebasing));
    }
    if let Some(start) =
        read("BISECT_START").filter(|text| text.parse::<crate::domain::oid::CommitId>().is_err())
    {
        add(start.strip_prefix("refs/heads/").unwrap_or(&start), BranchUse::Bisecting);
    }
    (uses, unread.get())
}

/// Tells whether a directory is the worktree of an administrative directory of ours that lost sight of it: its `.git` names an
/// administrative directory of the same name, which is this one or is not there any more; or it stands where that one says, and its
/// `.git` is not there or names nothing. A `.git` that is a directory is a repository of its own.
pub fn lost(path: &Path, admin: &Path) -> bool {
    let dot_git = path.join(".git");
    if !admin.is_dir() || !path.is_dir() {
        return false;
    }
    let is_named = || read_link(admin.parent().unwrap_or(admin), admin).names(path);
    let named = match dot_git.symlink_metadata() {
        Err(error) => return error.kind() == std::io::ErrorKind::NotFound && is_named(),
        Ok(found) if !found.is_file() => return false,
        Ok(_) => named(&dot_git),
    };
    let Some(named) = named else { return is_named() };
    let parent = |path: &Path| path.parent().and_then(Path::file_name).map(std::ffi::OsStr::to_owned);
    let same =
        named.file_name() == admin.file_name() && parent(&named).as_deref() == Some("worktrees".as_ref());
    let real = |path: &Path| path.canonicalize().ok();
    same && (!named.exists() || real(&named) == real(admin))
}

/// Gives the directory that a `.git` file names.
fn named(dot_git: &Path) -> Option<PathBuf> {
    let text = read_small(dot_git).ok()?;
    let text = text.strip_prefix(b"gitdir:")?.trim_ascii();
    Some(dot_git.parent()?.join(bytes_to_path(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place::branch_user;
    use crate::git::testing::{TestRepo, write};

    fn entry<'a>(entries: &'a [WorktreeEntry], name: &str) -> &'a WorktreeEntry {
        entries
            .iter()
            .find(|entry| entry.admin.as_ref().is_some_and(|admin| admin.file_name().unwrap() == name))
            .unwrap()
    }

    fn linked(names: &[&str]) -> TestRepo {
        let test = TestRepo::with_commit();
        for name in names {
            test.git(&["worktree", "add", "-q", &format!("../{name}"), "-b", name]);
        }
        test
    }

    #[test]
    fn the_list_is_gits() {
        let test = linked(&["b", "a"]);
        test.git(&["worktree", "lock", "--reason", "on a\nstick", "../b"]);
        std::fs::remove_dir_all(test.dir().join("b")).unwrap();
        let entries = list(&test.repo()).unwrap();
        let paths: Vec<_> = entries.iter().map(|entry| entry.path.clone()).collect();
        assert_eq!(paths, [test.path(), test.dir().join("a"), test.dir().join("b")]);
        assert_eq!(entries[0].admin, None);
        assert!(!entries[1].missing && entries[1].locked.is_none() && entries[1].broken.is_none());
        assert!(entries[2].missing && entries[2].broken.is_none());
        assert_eq!(entries[2].locked.as_deref(), Some("on a\nstick"));
        let (user, why) = branch_user(&entries, &"b".parse().unwrap()).unwrap();
        assert_eq!((user.path.clone(), why), (test.dir().join("b"), BranchUse::CheckedOut));
        assert!(branch_user(&entries, &"c".parse().unwrap()).is_none());
    }

    #[test]
    fn a_bare_repository_has_no_main_worktree() {
        let test = linked(&[]);
        let bare = test.dir().join("bare.git");
        test.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        test.git_in(&bare, &["worktree", "add", "-q", "../x", "-b", "x"]);
        let entries = list(&Repo::discover(&bare).unwrap()).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].path, test.dir().join("x"));
    }

    #[test]
    fn relative_links_are_followed() {
        let test = linked(&["a"]);
        write(&test.path().join(".git/worktrees/a/gitdir"), "../../../../a/.git\n");
        write(&test.dir().join("a/.git"), "gitdir: ../repo/.git/worktrees/a\n");
        let entries = list(&test.repo()).unwrap();
        assert_eq!((entries[1].path.clone(), &entries[1].broken), (test.dir().join("a"), &None));
    }

    #[test]
    fn one_bad_entry_does_not_spoil_the_list() {
        let test = linked(&["a", "b", "c", "d", "e", "f", "g", "h"]);
        let admins = test.path().join(".git/worktrees");
        std::fs::create_dir_all(admins.join("junk1/refs")).unwrap();
        std::fs::create_dir(admins.join("junk2")).unwrap();
        write(&admins.join("no-directory"), "");
        write(&admins.join("a/commondir"), "");
        std::fs::remove_file(admins.join("b/HEAD")).unwrap();
        write(&admins.join("c/locked"), b"\xff\xfe".as_slice());
        write(&admins.join("d/gitdir"), "/nowhere/at/all/.git\n");
        let foreign = test.dir().join("foreign");
        test.git(&["init", "-q", foreign.to_str().unwrap()]);
        write(&admins.join("e/gitdir"), format!("{}/.git\n", foreign.display()));
        write(&admins.join("f/commondir"), format!("{}/.git\n", foreign.display()));
        write(&admins.join("g/HEAD"), "ref: refs/heads/..evil\n");
        write(&admins.join("h/gitdir"), "\n");
        let entries = list(&test.repo()).unwrap();
        assert_eq!(entries.len(), 11);
        for name in ["junk1", "junk2", "a", "b", "e", "f", "g", "h"] {
            assert!(entry(&entries, name).broken.is_some(), "{name}");
        }
        assert_eq!(entry(&entries, "c").locked.as_deref(), Some("\u{fffd}\u{fffd}"));
        assert!(entry(&entries, "c").broken.is_none());
        assert!(entry(&entries, "d").missing);
        assert!(branch_user(&entries, &"a".parse().unwrap()).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_place_of_a_file_is_not_waited_for() {
        let test = linked(&["a"]);
        for name in ["HEAD", "gitdir", "commondir"] {
            let path = test.path().join(".git/worktrees/a").join(name);
            std::fs::remove_file(&path).unwrap();
            let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
            assert!(made.success());
            assert!(list(&test.repo()).unwrap()[1].broken.is_some(), "{name}");
        }
    }

    #[test]
    fn branches_in_a_rebase_or_a_bisection_are_taken() {
        let test = linked(&["r", "s", "bis"]);
        let at = |name: &str| test.dir().join(name);
        test.write("file", "main\n");
        test.commit_all("main");
        write(&at("r").join("file"), "r\n");
        test.commit_all_in(&at("r"), "r");
        test.git_in(&at("r"), &["branch", "below"]);
        write(&at("r").join("other"), "r\n");
        test.commit_all_in(&at("r"), "r2");
        assert!(!test.try_git_in(&at("r"), &["rebase", "--update-refs", "main"]).status.success());
        write(&at("s").join("file"), "s\n");
        test.commit_all_in(&at("s"), "s");
        assert!(!test.try_git_in(&at("s"), &["rebase", "--apply", "main"]).status.success());
        test.git_in(&at("bis"), &["bisect", "start"]);
        test.git_in(&at("bis"), &["checkout", "-q", "--detach"]);
        let entries = list(&test.repo()).unwrap();
        for (branch, why) in [
            ("r", BranchUse::Rebasing),
            ("below", BranchUse::Rebasing),
            ("s", BranchUse::Rebasing),
            ("bis", BranchUse::Bisecting),
        ] {
            assert_eq!(
                branch_user(&entries, &branch.parse().unwrap()).map(|(_, why)| why),
                Some(why),
                "{branch}"
            );
            assert!(!test.try_git_in(&test.path(), &["branch", "-D", branch]).status.success(), "{branch}");
        }
    }
}
