//! Removal is a rename, and only of what is proven to be the worktree that is meant.
//!
//! The administrative directory leaves first and comes back last: between the two renames there is never a
//! registration without a directory, which any `git worktree prune` would delete, index and reflog included.

use std::io;
use std::path::Path;

use super::rename::{move_new, sync_dir};
use crate::domain::action::Home;
use crate::domain::path::path_bytes;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::GitError;
use crate::git::status::in_progress;
use crate::git::worktrees::{admin_dirs, is_admin_of, pointer, read_link, read_small, real, same_path};

/// Proves that a path is the linked worktree that its administrative directory names, and can be renamed: a real
/// directory, both sides naming each other, not (around) the main worktree or the common dir, with no other
/// registered worktree below it and no mount point at or below it.
pub fn verify(place: &Place, tree: &WorktreePlace) -> Result<(), GitError> {
    verify_path(place, &tree.path)?;
    verify_admin(place, tree)?;
    let link = read_link(&place.common_dir, &tree.admin);
    if link.joins(&tree.path) {
        return Ok(());
    }
    let what = match (link.broken, link.missing) {
        (Some(broken), _) => broken,
        (None, true) => "it has no .git file".to_owned(),
        (None, false) => "gitdir of its administrative directory names another path".to_owned(),
    };
    Err(not_ours(&tree.path, what))
}

/// Proves the same, as far as it can be, of a worktree whose directory is gone: then its administrative directory, if
/// that is still there, must be the one that names it.
pub fn verify_removable(place: &Place, tree: &WorktreePlace) -> Result<(), GitError> {
    if there(&tree.path)? {
        return verify(place, tree);
    }
    if !there(&tree.admin)? {
        return Ok(());
    }
    verify_admin(place, tree)?;
    refuse_foreign_admin(&read_link(&place.common_dir, &tree.admin), tree, &tree.admin)
}

/// What must hold of the root alone.
fn verify_path(place: &Place, path: &Path) -> Result<(), GitError> {
    let kind = std::fs::symlink_metadata(path).map_err(GitError::io("inspect", path))?;
    if !kind.is_dir() {
        return Err(not_ours(path, "it is no directory"));
    }
    let here = path.canonicalize().map_err(GitError::io("resolve", path))?;
    let kept = std::iter::once(&place.common_dir).chain(&place.main_worktree);
    for kept in kept.filter_map(|path| path.canonicalize().ok()) {
        if kept.starts_with(&here) {
            return Err(not_ours(path, format!("{} lies in it", crate::domain::path::show(&kept))));
        }
    }
    for admin in admin_dirs(&place.common_dir)? {
        let root = read_link(&place.common_dir, &admin).root.and_then(|root| real(&root));
        if let Some(root) = root.filter(|root| *root != here && root.starts_with(&here)) {
            let what = format!("the worktree {} lies in it", crate::domain::path::show(&root));
            return Err(not_ours(path, what));
        }
    }
    match mount_point_in(&here) {
        Some(mount) => Err(not_ours(path, format!("{} is a mount point", crate::domain::path::show(&mount)))),
        None => Ok(()),
    }
}

/// What must hold of the administrative directory alone.
fn verify_admin(place: &Place, tree: &WorktreePlace) -> Result<(), GitError> {
    if !is_admin_of(&place.common_dir, tree) {
        return Err(not_ours(&tree.admin, "it is not below the repository's worktrees"));
    }
    let kind = match std::fs::symlink_metadata(&tree.admin) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let what = format!("git has no {}", crate::domain::path::show(&tree.admin));
            return Err(not_ours(&tree.path, what));
        }
        found => found.map_err(GitError::io("inspect", &tree.admin))?,
    };
    if kind.is_dir() { Ok(()) } else { Err(not_ours(&tree.admin, "it is no directory")) }
}

fn in_the_way(path: &Path) -> GitError {
    GitError::InTheWay { path: path.to_owned() }
}

fn not_ours(path: &Path, what: impl Into<String>) -> GitError {
    GitError::NotOurs { path: path.to_owned(), what: what.into() }
}

/// Moves a worktree and its administrative directory to the trash. What is there already is left there, so that an
/// interrupted move can be repeated; of a worktree whose directory is gone, the administrative directory moves alone.
/// Both places must lie on the file systems of their origins: nothing is ever copied. A failure leaves both in place.
pub fn to_trash(place: &Place, from: &WorktreePlace, to: &WorktreePlace) -> Result<(), GitError> {
    let moved_admin = match (there(&from.admin)?, there(&to.admin)?) {
        (true, true) => return Err(in_the_way(&to.admin)),
        (false, false) => return Err(not_ours(&from.admin, "it is neither here nor in the trash")),
        (true, false) => {
            verify_removable(place, from)?;
            refuse_existing(from, to)?;
            move_dir(&from.admin, &to.admin, true)?;
            true
        }
        (false, true) => false,
    };
    let outcome = root_to_trash(place, from, to);
    if outcome.is_err() && moved_admin {
        // Should this fail too, the same call finishes the move later.
        drop(move_dir(&to.admin, &from.admin, false));
    }
    outcome
}

fn root_to_trash(place: &Place, from: &WorktreePlace, to: &WorktreePlace) -> Result<(), GitError> {
    match (there(&from.path)?, there(&to.path)?) {
        (true, true) => Err(in_the_way(&to.path)),
        (false, _) => Ok(()),
        (true, false) => {
            verify_path(place, &from.path)?;
            refuse_foreign_root(&from.path, from)?;
            move_dir(&from.path, &to.path, true)
        }
    }
}

/// Refuses a half-filled trash place before the first of two renames.
fn refuse_existing(from: &WorktreePlace, to: &WorktreePlace) -> Result<(), GitError> {
    if there(&from.path)? && there(&to.path)? {
        return Err(in_the_way(&to.path));
    }
    Ok(())
}

/// Moves a worktree and its administrative directory back from the trash to where they were. What is back already
/// stays, so that an interrupted move can be repeated; anything else in the way is refused before anything moves.
pub fn from_trash(place: &Place, from: &WorktreePlace, to: &WorktreePlace) -> Result<(), GitError> {
    if !is_admin_of(&place.common_dir, to) {
        return Err(not_ours(&to.admin, "it is not below the repository's worktrees"));
    }
    let path_lies = there(&from.path)?;
    let admin_lies = there(&from.admin)?;
    let admin_now = if admin_lies { &from.admin } else { &to.admin };
    for (lies, back) in [(path_lies, &to.path), (admin_lies, &to.admin)] {
        if lies && there(back)? {
            return Err(in_the_way(back));
        }
    }
    if !there(admin_now)? {
        return Err(not_ours(&from.admin, "it is not in the trash"));
    }
    refuse_foreign_admin(&read_link(&place.common_dir, admin_now), to, admin_now)?;
    if path_lies {
        refuse_foreign_root(&from.path, to)?;
        move_dir(&from.path, &to.path, false)?;
    }
    let outcome = if admin_lies { move_dir(&from.admin, &to.admin, false) } else { Ok(()) };
    if outcome.is_err() && path_lies {
        drop(move_dir(&to.path, &from.path, true));
    }
    outcome
}

/// Takes a worktree out of the trash to where it will be deleted, or back. What is there already stays, so that an
/// interrupted move can be repeated; a worktree that is or holds a mount point is refused.
pub fn doom(from: &WorktreePlace, to: &WorktreePlace) -> Result<(), GitError> {
    if there(&from.path)?
        && let Some(mount) = mount_point_in(&from.path)
    {
        return Err(not_ours(&from.path, format!("{} is a mount point", crate::domain::path::show(&mount))));
    }
    for (from, to) in [(&from.admin, &to.admin), (&from.path, &to.path)] {
        if there(from)? {
            move_dir(from, to, true)?;
        }
    }
    Ok(())
}

/// Makes a worktree in the trash one of another place and branch: `gitdir`, `.git`, and HEAD where it is on the branch
/// that is given up. Each file is replaced whole, and those that say so already stay, so that an interrupted change can
/// be repeated. Refused while an operation of git's is unfinished there: it names the branch too.
pub fn rehome(place: &Place, lies: &WorktreePlace, from: &Home, to: &Home) -> Result<(), GitError> {
    if !is_admin_of(&place.common_dir, &to.place) {
        return Err(not_ours(&to.place.admin, "it is not below the repository's worktrees"));
    }
    if !there(&lies.admin)? {
        return Err(not_ours(&lies.admin, "it is not in the trash"));
    }
    if let Some(what) = in_progress(&lies.admin).filter(|_| from.branch != to.branch) {
        return Err(not_ours(&lies.path, format!("{what} in progress in it")));
    }
    let link = read_link(&place.common_dir, &lies.admin);
    if !link.names(&from.place.path) && !link.names(&to.place.path) {
        return refuse_foreign_admin(&link, &from.place, &lies.admin);
    }
    let head_file = lies.admin.join("HEAD");
    let head = read_small(&head_file).map_err(GitError::io("read", &head_file))?;
    if head.trim_ascii_end() == format!("ref: {}", from.branch.ref_name()).as_bytes() {
        replace(&head_file, format!("ref: {}\n", to.branch.ref_name()).as_bytes())?;
    }
    if there(&lies.path)? {
        replace(&lies.path.join(".git"), &with_line_end(&to.place.admin, b"gitdir: "))?;
    }
    replace(&lies.admin.join("gitdir"), &with_line_end(&to.place.path.join(".git"), b""))
}

/// Tells whether a worktree, in the trash or out of it, is one of this place.
pub fn is_at_home(place: &Place, lies: &WorktreePlace, home: &Home) -> bool {
    let admin = if lies.admin.exists() { &lies.admin } else { &home.place.admin };
    read_link(&place.common_dir, admin).names(&home.place.path)
}

/// Gives the text of a file that names a path.
pub(super) fn with_line_end(path: &Path, before: &[u8]) -> Vec<u8> {
    [before, &path_bytes(path), b"\n"].concat()
}

/// Replaces a small file, never writing through a symbolic link.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), GitError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".windrow");
    let new = std::path::PathBuf::from(name);
    let failed = || GitError::io("write", path);
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(GitError::io("remove", &new)(error));
        }
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&new).map_err(failed())?;
    io::Write::write_all(&mut file, bytes).and_then(|()| file.sync_all()).map_err(failed())?;
    std::fs::rename(&new, path).map_err(failed())
}

/// Refuses an administrative directory whose `gitdir` names another root than the one it belongs to.
fn refuse_foreign_admin(
    link: &crate::git::worktrees::Link,
    tree: &WorktreePlace,
    at: &Path,
) -> Result<(), GitError> {
    if link.names(&tree.path) {
        return Ok(());
    }
    let what = match (&link.root, &link.broken) {
        (Some(root), _) => format!("its gitdir names {}", crate::domain::path::show(root)),
        (None, Some(broken)) => broken.clone(),
        (None, None) => "its gitdir names another path".to_owned(),
    };
    Err(not_ours(at, what))
}

/// Refuses a root whose `.git` file does not name the administrative directory it belongs to.
fn refuse_foreign_root(at: &Path, tree: &WorktreePlace) -> Result<(), GitError> {
    match pointer(&at.join(".git")) {
        Ok(admin) if same_path(&admin, &tree.admin) => Ok(()),
        Ok(_) => Err(not_ours(at, "its .git file names another administrative directory")),
        Err(error) => Err(not_ours(at, format!("its .git is not git's file: {error}"))),
    }
}

fn there(path: &Path) -> Result<bool, GitError> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(GitError::io("inspect", path)(error)),
    }
}

fn move_dir(from: &Path, to: &Path, private: bool) -> Result<(), GitError> {
    if let Some(parent) = to.parent() {
        make_parents(parent, private).map_err(GitError::io("create", parent))?;
    }
    move_new(from, to)?;
    for parent in [to.parent(), from.parent()].into_iter().flatten() {
        sync_dir(parent)?;
    }
    Ok(())
}

fn make_parents(dir: &Path, private: bool) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    #[cfg(not(unix))]
    let _ = private;
    builder.create(dir)
}

/// Finds a mount point at or below a path. On Linux a bind mount of the same file system counts too.
#[cfg(target_os = "linux")]
fn mount_point_in(path: &Path) -> Option<std::path::PathBuf> {
    let Ok(table) = std::fs::read("/proc/self/mountinfo") else { return device_differs(path) };
    let points = table.split(|byte| *byte == b'\n').filter_map(|line| {
        let field = line.split(|byte| *byte == b' ').nth(4)?;
        Some(crate::domain::path::bytes_to_path(&unescape_octal(field)))
    });
    points.into_iter().find(|point| point.starts_with(path))
}

/// Finds a mount point at a path.
#[cfg(not(target_os = "linux"))]
fn mount_point_in(path: &Path) -> Option<std::path::PathBuf> {
    device_differs(path)
}

#[cfg(unix)]
fn device_differs(path: &Path) -> Option<std::path::PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| std::fs::symlink_metadata(path).ok().map(|kind| kind.dev());
    (device(path) != device(path.parent()?)).then(|| path.to_owned())
}

#[cfg(not(unix))]
fn device_differs(_: &Path) -> Option<std::path::PathBuf> {
    None
}

/// The kernel writes space, tab, line end and backslash of a path as a backslash and three octal digits.
#[cfg(any(target_os = "linux", test))]
fn unescape_octal(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(value) if byte == b'\\' => {
                out.push(value);
                rest = &tail[3..];
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::create::tests::{listing, start};
    use super::*;
    use crate::git::testing::{TestRepo, write};

    fn trash(test: &TestRepo) -> WorktreePlace {
        WorktreePlace {
            path: test.dir().join(".windrow/trash/op/x"),
            admin: test.place().common_dir.join("windrow/trash/op/admin/x"),
        }
    }

    fn started() -> (TestRepo, Place, WorktreePlace) {
        let test = TestRepo::with_commit();
        let place = test.place();
        let tree = start(&place, &test.dir(), "x", "main");
        (test, place, tree)
    }

    /// Asserts that both removal and its check refuse, that the error names a path, and that nothing moved.
    fn assert_refused(test: &TestRepo, place: &Place, tree: &WorktreePlace, named: &Path) {
        for error in [verify(place, tree).unwrap_err(), to_trash(place, tree, &trash(test)).unwrap_err()] {
            assert!(matches!(&error, GitError::NotOurs { path, .. } if path == named), "{error}");
        }
        assert!(!trash(test).path.exists() && !trash(test).admin.exists());
    }

    #[test]
    fn everything_comes_back_byte_for_byte() {
        let (test, place, tree) = started();
        write(&place.common_dir.join("info/exclude"), "*.ignored\n");
        write(&tree.path.join("file"), "edited\n");
        write(&tree.path.join("staged"), "staged\n");
        test.git_in(&tree.path, &["add", "staged"]);
        write(&tree.path.join("staged"), "staged and edited\n");
        write(&tree.path.join("un/tracked"), "u");
        write(&tree.path.join("a.ignored"), [0, 1, 2]);
        std::fs::create_dir(tree.path.join("empty")).unwrap();
        // The caller's rescue ref keeps what the index names.
        let index = test.git_in(&tree.path, &["write-tree"]);
        let rescue = test.git_in(&tree.path, &["commit-tree", "-m", "rescue", &index]);
        test.git(&["update-ref", "refs/windrow/rescue/x", &rescue]);
        let (files, admin) = (listing(&tree.path), listing(&tree.admin));
        let status = test.git_in(&tree.path, &["status", "--porcelain", "--ignored", "-uall"]);

        to_trash(&place, &tree, &trash(&test)).unwrap();
        assert!(!tree.path.exists() && !tree.admin.exists());
        to_trash(&place, &tree, &trash(&test)).unwrap();
        test.git(&["worktree", "prune", "--expire=now"]);
        test.git(&["gc", "-q", "--prune=now"]);
        test.assert_sound();
        from_trash(&place, &trash(&test), &tree).unwrap();
        from_trash(&place, &trash(&test), &tree).unwrap();

        assert_eq!((listing(&tree.path), listing(&tree.admin)), (files, admin));
        assert!(test.git(&["worktree", "list"]).contains("[x]"));
        assert_eq!(test.git_in(&tree.path, &["status", "--porcelain", "--ignored", "-uall"]), status);
        assert_eq!(test.git_in(&tree.path, &["show", ":staged"]), "staged");
        verify(&place, &tree).unwrap();
        test.assert_sound();
    }

    #[test]
    fn a_new_home_and_back() {
        let (test, place, tree) = started();
        to_trash(&place, &tree, &trash(&test)).unwrap();
        let before = (listing(&trash(&test).path), listing(&trash(&test).admin));
        let from = Home { place: tree.clone(), branch: "x".parse().unwrap() };
        let admin = place.common_dir.join("worktrees/y");
        let to =
            Home { place: WorktreePlace { path: test.dir().join("y"), admin }, branch: "y".parse().unwrap() };
        for (from, to) in [(&from, &to), (&to, &from)] {
            rehome(&place, &trash(&test), from, to).unwrap();
            rehome(&place, &trash(&test), from, to).unwrap();
            assert!(is_at_home(&place, &trash(&test), to) && !is_at_home(&place, &trash(&test), from));
        }
        assert_eq!((listing(&trash(&test).path), listing(&trash(&test).admin)), before);
        rehome(&place, &trash(&test), &from, &to).unwrap();
        test.git(&["branch", "-m", "x", "y"]);
        from_trash(&place, &trash(&test), &to.place).unwrap();
        verify(&place, &to.place).unwrap();
        assert_eq!(test.git_in(&to.place.path, &["status", "--porcelain", "-b"]), "## y");
        test.assert_sound();
        // What names its branch elsewhere too stays what it is, and so does another repository's.
        to_trash(&place, &to.place, &trash(&test)).unwrap();
        write(&trash(&test).admin.join("rebase-merge/head-name"), "refs/heads/y\n");
        assert!(rehome(&place, &trash(&test), &to, &from).is_err());
        std::fs::remove_dir_all(trash(&test).admin.join("rebase-merge")).unwrap();
        write(&trash(&test).admin.join("gitdir"), "/elsewhere/.git\n");
        assert!(rehome(&place, &trash(&test), &to, &from).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_trash_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let (test, place, tree) = started();
        to_trash(&place, &tree, &trash(&test)).unwrap();
        for path in [trash(&test).path, trash(&test).admin] {
            let mode = std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn an_interrupted_move_is_finished() {
        for moved in ["admin", "path"] {
            for back in [false, true] {
                let (test, place, tree) = started();
                let (from, to) =
                    if back { (trash(&test), tree.clone()) } else { (tree.clone(), trash(&test)) };
                if back {
                    to_trash(&place, &tree, &trash(&test)).unwrap();
                }
                std::fs::create_dir_all(to.path.parent().unwrap()).unwrap();
                std::fs::create_dir_all(to.admin.parent().unwrap()).unwrap();
                match moved {
                    "admin" => std::fs::rename(&from.admin, &to.admin).unwrap(),
                    _ => std::fs::rename(&from.path, &to.path).unwrap(),
                }
                let again = if back { from_trash } else { to_trash };
                again(&place, &from, &to).unwrap();
                assert!(to.path.exists() && to.admin.exists(), "{moved} {back}");
                assert!(!from.path.exists() && !from.admin.exists());
                assert!(!back || verify(&place, &tree).is_ok());
                test.assert_sound();
            }
        }
    }

    #[test]
    fn of_a_missing_worktree_the_registration_moves_alone() {
        let (test, place, tree) = started();
        std::fs::rename(&tree.path, test.dir().join("elsewhere")).unwrap();
        to_trash(&place, &tree, &trash(&test)).unwrap();
        assert!(!tree.admin.exists() && trash(&test).admin.exists() && !trash(&test).path.exists());
        from_trash(&place, &trash(&test), &tree).unwrap();
        std::fs::rename(test.dir().join("elsewhere"), &tree.path).unwrap();
        verify(&place, &tree).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn another_file_system_is_refused_and_nothing_moves() {
        use std::os::unix::fs::MetadataExt;
        let (test, place, tree) = started();
        let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
        let device = |path: &Path| std::fs::metadata(path).unwrap().dev();
        if device(other.path()) == device(&tree.path) {
            return;
        }
        for away in [
            WorktreePlace { path: other.path().join("x"), ..trash(&test) },
            WorktreePlace { admin: other.path().join("admin"), ..trash(&test) },
        ] {
            let error = to_trash(&place, &tree, &away).unwrap_err();
            assert!(matches!(error, GitError::Io { operation: "move", .. }), "{error}");
            verify(&place, &tree).unwrap();
            assert!(!away.path.exists() && !away.admin.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_way_back_that_fails_leaves_all_in_the_trash() {
        let (test, place, tree) = started();
        to_trash(&place, &tree, &trash(&test)).unwrap();
        let worktrees = place.common_dir.join("worktrees");
        let aside = place.common_dir.join("aside");
        std::fs::rename(&worktrees, &aside).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", &worktrees).unwrap();
        from_trash(&place, &trash(&test), &tree).unwrap_err();
        assert!(trash(&test).path.exists() && trash(&test).admin.exists() && !tree.path.exists());
        std::fs::remove_file(&worktrees).unwrap();
        std::fs::rename(&aside, &worktrees).unwrap();
        from_trash(&place, &trash(&test), &tree).unwrap();
        verify(&place, &tree).unwrap();
    }

    #[test]
    fn nothing_in_the_way_is_replaced() {
        let (test, place, tree) = started();
        for path in [trash(&test).path, trash(&test).admin] {
            std::fs::create_dir_all(&path).unwrap();
            let error = to_trash(&place, &tree, &trash(&test)).unwrap_err();
            assert!(matches!(&error, GitError::InTheWay { path: named } if *named == path), "{error}");
            verify(&place, &tree).unwrap();
            std::fs::remove_dir(&path).unwrap();
        }
        to_trash(&place, &tree, &trash(&test)).unwrap();
        for path in [&tree.path, &tree.admin] {
            std::fs::create_dir_all(path).unwrap();
            let error = from_trash(&place, &trash(&test), &tree).unwrap_err();
            assert!(matches!(&error, GitError::InTheWay { path: named } if named == path), "{error}");
            assert!(trash(&test).path.join("file").exists() && trash(&test).admin.join("HEAD").exists());
            std::fs::remove_dir(path).unwrap();
        }
        from_trash(&place, &trash(&test), &tree).unwrap();
    }

    #[test]
    fn rewritten_links_are_refused() {
        let precious = |test: &TestRepo| {
            let dir = test.dir().join("precious");
            test.git(&["init", "-q", dir.to_str().unwrap()]);
            write(&dir.join("work"), "precious");
            dir
        };
        type Rewrite = fn(&WorktreePlace, &Path);
        let rewrites: [Rewrite; 6] = [
            |tree, dir| write(&tree.admin.join("gitdir"), format!("{}/.git\n", dir.display())),
            |tree, dir| write(&tree.admin.join("commondir"), format!("{}/.git\n", dir.display())),
            |tree, dir| write(&tree.path.join(".git"), format!("gitdir: {}/.git\n", dir.display())),
            |tree, _| std::fs::remove_file(tree.path.join(".git")).unwrap(),
            |tree, _| {
                std::fs::remove_file(tree.path.join(".git")).unwrap();
                std::fs::create_dir(tree.path.join(".git")).unwrap();
            },
            |tree, _| std::fs::remove_file(tree.admin.join("gitdir")).unwrap(),
        ];
        for rewrite in rewrites {
            let (test, place, tree) = started();
            let dir = precious(&test);
            rewrite(&tree, &dir);
            assert_refused(&test, &place, &tree, &tree.path);
            // Nor is the directory that was planted ever taken for the task's.
            let planted = WorktreePlace { path: dir.clone(), admin: tree.admin.clone() };
            assert_refused(&test, &place, &planted, &dir);
            assert_eq!(std::fs::read(dir.join("work")).unwrap(), b"precious");
            assert!(tree.path.join("file").exists());
        }
    }

    #[test]
    fn a_registration_that_names_another_root_does_not_move_alone() {
        let (test, place, tree) = started();
        let other = WorktreePlace { path: test.dir().join("not there"), admin: tree.admin.clone() };
        assert!(matches!(to_trash(&place, &other, &trash(&test)), Err(GitError::NotOurs { .. })));
        let other = WorktreePlace { path: tree.path.clone(), admin: test.dir().join("x") };
        assert!(to_trash(&place, &other, &trash(&test)).is_err());
        verify(&place, &tree).unwrap();
    }

    #[test]
    fn what_contains_more_than_the_worktree_is_refused() {
        let (test, place, tree) = started();
        let admin = tree.admin.clone();
        let main = WorktreePlace { path: test.path(), admin: admin.clone() };
        assert_refused(&test, &place, &main, &test.path());
        let above = WorktreePlace { path: test.dir(), admin: admin.clone() };
        assert!(matches!(verify(&place, &above), Err(GitError::NotOurs { .. })));
        let common = WorktreePlace { path: place.common_dir.clone(), admin };
        assert_refused(&test, &place, &common, &place.common_dir);
        start(&place, &tree.path, "nested", "main");
        assert_refused(&test, &place, &tree, &tree.path);
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_at_the_root_is_refused() {
        let (test, place, tree) = started();
        let real = test.dir().join("real");
        std::fs::rename(&tree.path, &real).unwrap();
        std::os::unix::fs::symlink(&real, &tree.path).unwrap();
        assert_refused(&test, &place, &tree, &tree.path);
        assert!(real.join("file").exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_mount_point_is_refused() {
        let (test, place, tree) = started();
        let sentinel = test.dir().join("sentinel dir");
        write(&sentinel.join("precious"), "x");
        for target in [tree.path.join("mounted here"), tree.path.clone()] {
            std::fs::create_dir_all(&target).unwrap();
            let source = if target == tree.path { &tree.path } else { &sentinel };
            let run = |program: &str, paths: &[&PathBuf]| {
                let mut command = std::process::Command::new(program);
                command.args((program == "mount").then_some("--bind")).args(paths);
                command.output().is_ok_and(|output| output.status.success())
            };
            if !run("mount", &[source, &target]) {
                // It takes a privilege that this process has not.
                return;
            }
            let outcome = std::panic::catch_unwind(|| assert_refused(&test, &place, &tree, &tree.path));
            assert!(run("umount", &[&target]));
            outcome.unwrap();
        }
        assert!(sentinel.join("precious").exists());
        verify(&place, &tree).unwrap();
    }

    #[test]
    fn paths_of_the_mount_table_are_read() {
        assert_eq!(unescape_octal(b"/a\\040b\\134c\\011"), b"/a b\\c\t");
        assert_eq!(unescape_octal(b"/plain\\"), b"/plain\\");
    }
}
