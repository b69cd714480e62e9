//! One file or link from one worktree to another, without following a symbolic link at either end.

use std::fs::File;
use std::io;
use std::path::Path;

use super::sha256;
use crate::domain::copies::Content;
use crate::domain::path::RepoPath;

/// Why one was not put there.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is none that is copied, or something is in the way.
    Skip(&'static str),
    /// The system failed.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

const IN_THE_WAY: &str = "something stands at its place";

#[cfg(unix)]
mod by_component {
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, fchmod, mkdirat, openat, symlinkat, unlinkat};
    use rustix::io::Errno;

    use super::*;

    const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// Splits a path into its directories and its last component; none where a component could lead elsewhere.
    fn split(path: &RepoPath) -> Option<(Vec<&[u8]>, &[u8])> {
        let mut parts: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
        let odd =
            |part: &&[u8]| part.is_empty() || matches!(*part, b"." | b".." | b".git") || part.contains(&0);
        let last = parts.pop()?;
        (!parts.iter().any(odd) && !odd(&last)).then_some((parts, last))
    }

    fn name(bytes: &[u8]) -> &std::ffi::OsStr {
        std::ffi::OsStr::from_bytes(bytes)
    }

    fn open_dir(above: &OwnedFd, part: &[u8]) -> Result<OwnedFd, Errno> {
        openat(above, name(part), DIRECTORY | OFlags::NOFOLLOW, Mode::empty())
    }

    fn root(path: &Path) -> Result<OwnedFd, Failure> {
        Ok(openat(CWD, path, DIRECTORY, Mode::empty()).map_err(io::Error::from)?)
    }

    fn of_source(error: Errno) -> Failure {
        match error {
            Errno::LOOP | Errno::NOTDIR | Errno::MLINK => {
                Failure::Skip("a symbolic link is on the way to it")
            }
            Errno::NOENT => Failure::Skip("it went away"),
            Errno::ACCESS => Failure::Skip("it cannot be read"),
            other => Failure::Io(other.into()),
        }
    }

    fn of_target(error: Errno) -> Failure {
        match error {
            Errno::LOOP | Errno::NOTDIR | Errno::EXIST | Errno::MLINK => Failure::Skip(IN_THE_WAY),
            other => Failure::Io(other.into()),
        }
    }

    /// Opens the directories of a path in both trees, making those of the target with the modes of the source's.
    fn directories(from: &Path, to: &Path, parts: &[&[u8]]) -> Result<(OwnedFd, OwnedFd), Failure> {
        let (mut source, mut target) = (root(from)?, root(to)?);
        for part in parts {
            source = open_dir(&source, part).map_err(of_source)?;
            let made = match open_dir(&target, part) {
                Err(Errno::NOENT) => true,
                Err(error) => return Err(of_target(error)),
                Ok(dir) => {
                    target = dir;
                    false
                }
            };
            if made {
                let mode = rustix::fs::fstat(&source).map_err(io::Error::from)?.st_mode;
                // Ours to write in while we fill it, whatever the original's mode says.
                let mode = Mode::from_raw_mode(mode & 0o777) | Mode::RWXU;
                match mkdirat(&target, name(part), mode) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(of_target(error)),
                }
                target = open_dir(&target, part).map_err(of_target)?;
            }
        }
        Ok((source, target))
    }

    pub(in super::super) fn copy(
        from: &Path,
        to: &Path,
        path: &RepoPath,
        number: usize,
    ) -> Result<Content, Failure> {
        let (parts, last) = split(path).ok_or(Failure::Skip("its name is not a plain one"))?;
        let (source_dir, target_dir) = directories(from, to, &parts)?;
        // A fifo must not be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let source = match openat(&source_dir, name(last), flags, Mode::empty()) {
            Ok(source) => File::from(source),
            Err(Errno::LOOP | Errno::MLINK) => return Err(Failure::Skip("it is a symbolic link")),
            Err(Errno::NXIO) => return Err(Failure::Skip("it is no regular file")),
            Err(error) => return Err(of_source(error)),
        };
        let found = source.metadata()?;
        if !found.is_file() {
            return Err(Failure::Skip("it is no regular file"));
        }
        match rustix::fs::statat(&target_dir, name(last), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => return Err(Failure::Skip(IN_THE_WAY)),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(of_target(error)),
        }
        let temporary = format!(".windrow-copy-{number}");
        let made = write(&source, found.mode(), &target_dir, &temporary).and_then(|content| {
            appear(&target_dir, &temporary, name(last))?;
            Ok(content)
        });
        if made.is_err() {
            let _ = unlinkat(&target_dir, temporary.as_str(), AtFlags::empty());
        }
        made
    }

    fn write(source: &File, mode: u32, dir: &OwnedFd, temporary: &str) -> Result<Content, Failure> {
        // A copy that a killed process left.
        let _ = unlinkat(dir, temporary, AtFlags::empty());
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut target = cloned(source, dir, temporary, flags)?;
        let permissions = Mode::from_raw_mode((mode & 0o777) as rustix::fs::RawMode);
        fchmod(&target, permissions).map_err(io::Error::from)?;
        // What was written is what is recorded, whatever happens to the original meanwhile.
        io::Seek::rewind(&mut target)?;
        let digest = sha256(&mut target)?;
        Ok(Content::File { size: target.metadata()?.len(), digest })
    }

    /// Shares the blocks where the file system can; else the bytes are copied.
    fn cloned(source: &File, dir: &OwnedFd, temporary: &str, flags: OFlags) -> Result<File, Failure> {
        #[cfg(target_os = "macos")]
        if rustix::fs::fclonefileat(source, dir, temporary, rustix::fs::CloneFlags::empty()).is_ok() {
            let opened =
                // A clone has the original's mode, which may not let us write.
                openat(dir, temporary, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
            return Ok(File::from(opened.map_err(io::Error::from)?));
        }
        let opened = openat(dir, temporary, flags, Mode::RUSR | Mode::WUSR).map_err(of_target)?;
        let mut target = File::from(opened);
        #[cfg(target_os = "linux")]
        if rustix::fs::ioctl_ficlone(&target, source).is_ok() {
            return Ok(target);
        }
        let mut source = source;
        io::copy(&mut source, &mut target)?;
        Ok(target)
    }

    /// Gives a file its name, and replaces nothing.
    fn appear(dir: &OwnedFd, temporary: &str, last: &std::ffi::OsStr) -> Result<(), Failure> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        {
            use rustix::fs::{RenameFlags, renameat_with};
            match renameat_with(dir, temporary, dir, last, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(()),
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
                Err(error) => return Err(of_target(error)),
            }
        }
        // A second name replaces nothing either.
        rustix::fs::linkat(dir, temporary, dir, last, AtFlags::empty()).map_err(of_target)?;
        Ok(unlinkat(dir, temporary, AtFlags::empty()).map_err(io::Error::from)?)
    }

    pub(in super::super) fn link(from: &Path, to: &Path, path: &RepoPath) -> Result<(), Failure> {
        let (parts, last) = split(path).ok_or(Failure::Skip("its name is not a plain one"))?;
        let (source_dir, target_dir) = directories(from, to, &parts)?;
        let found =
            rustix::fs::statat(&source_dir, name(last), AtFlags::SYMLINK_NOFOLLOW).map_err(of_source)?;
        let kind = rustix::fs::FileType::from_raw_mode(found.st_mode);
        if !kind.is_file() && !kind.is_dir() {
            return Err(Failure::Skip("it is neither a regular file nor a directory"));
        }
        symlinkat(from.join(path.to_path()), &target_dir, name(last)).map_err(of_target)
    }
}

#[cfg(unix)]
pub(super) use by_component::{copy, link};

/// Copies a regular file; directories are looked at before, not held open.
#[cfg(not(unix))]
pub(super) fn copy(from: &Path, to: &Path, path: &RepoPath, number: usize) -> Result<Content, Failure> {
    let source = crate::git::status::on_disk(from, path).filter(|(_, found)| found.is_file());
    let Some((source, _)) = source else { return Err(Failure::Skip("it is no regular file")) };
    let target = to.join(path.to_path());
    if target.symlink_metadata().is_ok() {
        return Err(Failure::Skip(IN_THE_WAY));
    }
    let dir = target.parent().unwrap_or(to);
    std::fs::create_dir_all(dir)?;
    let temporary = dir.join(format!(".windrow-copy-{number}"));
    std::fs::copy(source, &temporary)?;
    let digest = sha256(&mut File::open(&temporary)?)?;
    let size = temporary.metadata()?.len();
    std::fs::rename(&temporary, &target)?;
    Ok(Content::File { size, digest })
}

/// Links need a privilege here.
#[cfg(not(unix))]
pub(super) fn link(_from: &Path, _to: &Path, _path: &RepoPath) -> Result<(), Failure> {
    Err(Failure::Skip("symbolic links are not made on this system"))
}
