//! Deleting for good, and measuring: walks that hold a directory open and never leave it.
//!
//! What lies in the trash was written by agents. No symbolic link is followed, no mount point is crossed, and no path
//! is resolved twice: every step is relative to an open directory.

use std::path::Path;

use super::StoreError;

/// How deep a walk goes while it holds a directory open for each level.
const DEPTH: usize = 64;

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// Nothing is left.
    Whole,
    /// Time was up; a part is left.
    Part,
}

/// Deletes a directory with everything in it, or what of it is still there, as long as `go_on` says so. Directories
/// that forbid it are opened up first. A mount point inside is an error, and is left as it is.
pub fn erase(dir: &Path, go_on: &dyn Fn() -> bool) -> Result<Erased, StoreError> {
    walk::erase(dir, go_on).map_err(StoreError::io("delete", dir))
}

/// Removes a directory that is empty; tells whether it did.
pub fn remove_empty_dir(dir: &Path) -> bool {
    std::fs::remove_dir(dir).is_ok()
}

/// Measures the disk space that a directory takes, in bytes; a hint: what cannot be read, lies deeper than 64
/// directories or on another file system is left out.
pub fn size(dir: &Path) -> u64 {
    walk::size(dir).unwrap_or(0)
}

#[cfg(unix)]
mod walk {
    use std::ffi::{CStr, CString};
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Dev, Dir, FileType, Mode, OFlags};
    use rustix::io::Errno;

    use super::{DEPTH, Erased};

    /// Where a walk is.
    struct Walk<'a> {
        root: OwnedFd,
        device: Dev,
        /// Number of the next directory that is moved up.
        lifted: u64,
        go_on: &'a dyn Fn() -> bool,
    }

    pub(super) fn erase(path: &Path, go_on: &dyn Fn() -> bool) -> io::Result<Erased> {
        let root = match open(CWD, &cstring(path)?) {
            Ok(root) => root,
            Err(Errno::NOENT) => return Ok(Erased::Whole),
            // A file or a link: it goes itself.
            Err(Errno::NOTDIR | Errno::LOOP) => return std::fs::remove_file(path).map(|()| Erased::Whole),
            Err(error) => return Err(error.into()),
        };
        let device = device(root.as_fd())?;
        let mut walk = Walk { root, device, lifted: 0, go_on };
        loop {
            let root = walk.root.try_clone()?;
            let before = walk.lifted;
            if walk.empty(root.as_fd(), 0)? == Erased::Part {
                return Ok(Erased::Part);
            }
            if walk.lifted == before {
                break;
            }
        }
        match std::fs::remove_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Erased::Whole),
        }
    }

    impl Walk<'_> {
        /// Deletes what an open directory holds. Directories that lie too deep are moved up to the root, for its next
        /// turn.
        fn empty(&mut self, dir: BorrowedFd<'_>, depth: usize) -> io::Result<Erased> {
            open_up(dir)?;
            for name in names(dir)? {
                if !(self.go_on)() {
                    return Ok(Erased::Part);
                }
                match rustix::fs::unlinkat(dir, &name, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => continue,
                    // Linux says the one of a directory, others the other.
                    Err(Errno::ISDIR | Errno::PERM) => {}
                    Err(error) => return Err(error.into()),
                }
                if depth >= DEPTH {
                    self.lift(dir, &name)?;
                    continue;
                }
                let child = match open(dir, &name) {
                    Ok(child) => child,
                    Err(Errno::NOENT) => continue,
                    Err(error) => return Err(error.into()),
                };
                if device(child.as_fd())? != self.device {
                    return Err(Errno::XDEV.into());
                }
                if self.empty(child.as_fd(), depth + 1)? == Erased::Part {
                    return Ok(Erased::Part);
                }
                match rustix::fs::unlinkat(dir, &name, AtFlags::REMOVEDIR) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(Erased::Whole)
        }

        fn lift(&mut self, dir: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
            loop {
                self.lifted += 1;
                let to = CString::new(format!(".lifted-{}", self.lifted)).map_err(io::Error::other)?;
                match rustix::fs::renameat(dir, name, self.root.as_fd(), &to) {
                    Ok(()) | Err(Errno::NOENT) => return Ok(()),
                    Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }

    pub(super) fn size(path: &Path) -> io::Result<u64> {
        let root = open_as_is(CWD, &cstring(path)?)?;
        let device = device(root.as_fd())?;
        Ok(measure(root.as_fd(), device, 0))
    }

    fn measure(dir: BorrowedFd<'_>, device: Dev, depth: usize) -> u64 {
        let mut total = 0;
        for name in names(dir).unwrap_or_default() {
            let Ok(found) = rustix::fs::statat(dir, &name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            // Always 512 bytes, whatever the file system's own block is.
            total += u64::try_from(found.st_blocks).unwrap_or(0) * 512;
            let is_dir = FileType::from_raw_mode(found.st_mode) == FileType::Directory;
            if is_dir && depth < DEPTH && found.st_dev == device {
                total += open_as_is(dir, &name).map_or(0, |child| measure(child.as_fd(), device, depth + 1));
            }
        }
        total
    }

    const DIRECTORY: OFlags =
        OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

    /// Opens a directory that is no link and no mount point; one that may not be read is opened up.
    fn open(at: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
        match open_as_is(at, name) {
            Err(Errno::ACCESS) => {
                let found = rustix::fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW)?;
                if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
                    return Err(Errno::NOTDIR);
                }
                rustix::fs::chmodat(at, name, Mode::RWXU, AtFlags::empty())?;
                open_as_is(at, name)
            }
            opened => opened,
        }
    }

    #[cfg(target_os = "linux")]
    fn open_as_is(at: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
        use rustix::fs::ResolveFlags;
        if name.to_bytes().contains(&b'/') {
            return rustix::fs::openat(at, name, DIRECTORY, Mode::empty());
        }
        // Bind mounts of one file system differ in nothing else.
        let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(at, name, DIRECTORY, Mode::empty(), resolve) {
            Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(at, name, DIRECTORY, Mode::empty()),
            opened => opened,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_as_is(at: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
        rustix::fs::openat(at, name, DIRECTORY, Mode::empty())
    }

    /// Lets what is in a directory be deleted.
    fn open_up(dir: BorrowedFd<'_>) -> io::Result<()> {
        let mode = Mode::from_raw_mode(rustix::fs::fstat(dir)?.st_mode);
        if !mode.contains(Mode::RWXU) {
            rustix::fs::fchmod(dir, Mode::RWXU)?;
        }
        Ok(())
    }

    fn names(dir: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(dir)? {
            let name = entry?.file_name().to_owned();
            if name.as_bytes() != b"." && name.as_bytes() != b".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn device(dir: BorrowedFd<'_>) -> io::Result<Dev> {
        Ok(rustix::fs::fstat(dir)?.st_dev)
    }

    fn cstring(path: &Path) -> io::Result<CString> {
        CString::new(crate::domain::path::path_bytes(path).to_vec()).map_err(io::Error::other)
    }
}

#[cfg(not(unix))]
mod walk {
    use std::io;
    use std::path::Path;

    use super::Erased;

    pub(super) fn erase(path: &Path, _: &dyn Fn() -> bool) -> io::Result<Erased> {
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Erased::Whole),
        }
    }

    pub(super) fn size(path: &Path) -> io::Result<u64> {
        let mut total = 0;
        for entry in std::fs::read_dir(path)?.flatten() {
            let found = entry.metadata()?;
            total += if found.is_dir() { size(&entry.path())? } else { found.len() };
        }
        Ok(total)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn all(dir: &Path) -> Erased {
        erase(dir, &|| true).unwrap()
    }

    #[test]
    fn nothing_outside_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir_all(inside.join("a/b")).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("kept"), "1").unwrap();
        std::fs::set_permissions(&outside, std::fs::Permissions::from_mode(0o555)).unwrap();
        symlink(&outside, inside.join("a/link")).unwrap();
        symlink(outside.join("kept"), inside.join("a/b/link")).unwrap();
        symlink("..", inside.join("a/b/up")).unwrap();
        symlink("nowhere", inside.join("dangling")).unwrap();
        std::fs::hard_link(outside.join("kept"), inside.join("hard")).unwrap();
        assert_eq!(all(&inside), Erased::Whole);
        assert!(!inside.exists() && outside.join("kept").exists());
        assert_eq!(std::fs::metadata(&outside).unwrap().permissions().mode() & 0o777, 0o555);
        // The root itself is a link, or is gone.
        symlink(&outside, &inside).unwrap();
        assert_eq!(all(&inside), Erased::Whole);
        assert!(inside.symlink_metadata().is_err() && outside.join("kept").exists());
        assert_eq!(all(&inside), Erased::Whole);
    }

    #[test]
    fn directories_that_forbid_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("x");
        for (name, mode) in [("read-only", 0o555), ("closed", 0o000), ("blind", 0o300)] {
            let path = root.join(name);
            std::fs::create_dir_all(path.join("inner")).unwrap();
            std::fs::write(path.join("file"), "1").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o500)).unwrap();
        assert_eq!(all(&root), Erased::Whole);
        assert!(!root.exists());
    }

    /// Deeper than paths can be long and files can be open.
    #[test]
    fn a_chain_of_directories_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("x");
        std::fs::create_dir(&root).unwrap();
        let mut at: std::os::fd::OwnedFd = std::fs::File::open(&root).unwrap().into();
        for n in 0..5000 {
            use rustix::fs::{Mode, OFlags};
            rustix::fs::mkdirat(&at, "deep", Mode::RWXU).unwrap();
            if n % 100 == 0 {
                rustix::fs::symlinkat("/", &at, ".lifted-1").unwrap();
            }
            at = rustix::fs::openat(&at, "deep", OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty()).unwrap();
        }
        assert!(size(&root) < 1 << 30);
        assert_eq!(all(&root), Erased::Whole);
        assert!(!root.exists());
    }

    #[test]
    fn time_that_is_up_leaves_a_rest_for_later() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("x");
        std::fs::create_dir(&root).unwrap();
        (0..10).for_each(|n| std::fs::write(root.join(n.to_string()), "1").unwrap());
        let left = std::cell::Cell::new(5);
        let go_on = || {
            left.set(left.get() - 1);
            left.get() >= 0
        };
        assert_eq!(erase(&root, &go_on).unwrap(), Erased::Part);
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 5);
        assert_eq!(all(&root), Erased::Whole);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_mount_point_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let (root, kept) = (dir.path().join("x"), dir.path().join("kept"));
        std::fs::create_dir_all(root.join("mount")).unwrap();
        std::fs::create_dir(&kept).unwrap();
        std::fs::write(kept.join("file"), "1").unwrap();
        let mount = |arguments: &[&Path]| {
            let ran = std::process::Command::new("mount").arg("--bind").args(arguments).output();
            ran.is_ok_and(|output| output.status.success())
        };
        if !mount(&[&kept, &root.join("mount")]) {
            return;
        }
        let erased = erase(&root, &|| true);
        let still = kept.join("file").exists();
        let unmounted = std::process::Command::new("umount").arg(root.join("mount")).status();
        assert!(unmounted.is_ok_and(|status| status.success()) && still && erased.is_err());
        assert_eq!(all(&root), Erased::Whole);
        assert!(kept.join("file").exists());
    }

    #[test]
    fn sizes_are_of_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("a")).unwrap();
        std::fs::write(dir.path().join("a/f"), vec![1; 100_000]).unwrap();
        symlink("/usr", dir.path().join("link")).unwrap();
        assert!((90_000..1_000_000).contains(&size(dir.path())), "{}", size(dir.path()));
        assert_eq!(size(&dir.path().join("nowhere")), 0);
    }
}
