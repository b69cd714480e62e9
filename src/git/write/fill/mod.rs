//! Writing all files of a tree into an empty worktree on every core, and the index from what the file system said of
//! each as it was written.
//!
//! libgit2's checkout walks one core through several passes with a look at each path, and git's own looks at each path
//! before and after. Here nothing is there yet: each file is opened exclusively, written, and asked for its identity
//! while it is open. Whatever is not plain — a file that is there already, a name that some file system takes for
//! `.git`, an object that is missing — is left to the caller, who has libgit2 do all of it.

mod index;
#[cfg(test)]
mod tests;
mod walk;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use git2::Oid;
use rayon::prelude::*;
use rustix::fs::{AtFlags, Mode, OFlags, Stat, Timestamps};
use rustix::io::Errno;

use self::walk::{Entry, Kind, Listing};
use crate::domain::oid::TreeId;
use crate::domain::path::bytes_to_path;
use crate::domain::place::WorktreePlace;
use crate::git::convert::oid;
use crate::git::{GitError, Repo};

/// Files that one thread writes one after the other: neighbours, which share directories and deltas.
const CHUNK: usize = 64;

/// Looks at the clock of the file system before an index is taken for as new as the files are.
const LOOKS: u32 = 200;

/// Fills a worktree without an index; tells whether it did. Where it did not, libgit2 can: it writes anew what an
/// interrupted fill left, as this one does not.
pub(super) fn fill(repo: &Repo, tree: &WorktreePlace, at: TreeId) -> Result<bool, GitError> {
    if !is_plain(repo)? {
        return Ok(false);
    }
    // Nor does git hash again what it reads; the checksum of the compression finds what a disk has spoilt.
    git2::opts::strict_hash_verification(false);
    let Some(listing) = walk::list(repo, oid(at))? else { return Ok(false) };
    let opened = rustix::fs::open(&tree.path, directory(), Mode::empty());
    let root = opened.map_err(|errno| failed("open", &tree.path, errno))?;
    match write_all(repo, root.as_fd(), &listing) {
        Ok(stats) => write_index(tree, &listing, &stats).map(|()| true),
        Err(Trouble::NotPlain) => Ok(false),
        Err(Trouble::Io(path, source)) => {
            Err(GitError::io("write", &tree.path.join(bytes_to_path(&path)))(source))
        }
    }
}

const fn directory() -> OFlags {
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC)
}

/// Tells whether modes and links are written as they are, and no two names are one.
fn is_plain(repo: &Repo) -> Result<bool, GitError> {
    let failed = |source| GitError::open(&repo.place().common_dir, source);
    let config = repo.raw().config().and_then(|mut config| config.snapshot()).map_err(failed)?;
    let is = |key: &str, default: bool| config.get_bool(key).unwrap_or(default);
    Ok(is("core.symlinks", true) && is("core.filemode", true) && !is("core.ignorecase", false))
}

/// Why files were not written.
enum Trouble {
    /// There is something that libgit2 knows better.
    NotPlain,
    /// What was written, and why it could not be.
    Io(Vec<u8>, io::Error),
}

fn write_all(repo: &Repo, root: BorrowedFd<'_>, listing: &Listing) -> Result<Vec<Stat>, Trouble> {
    for dir in &listing.dirs {
        let made = rustix::fs::mkdirat(root, dir.as_slice(), Mode::from_raw_mode(0o777));
        made.map_err(|errno| trouble(dir, errno))?;
    }
    let place = repo.place();
    let open = || git2::Repository::open(&place.common_dir).map_err(|_| Trouble::NotPlain);
    let chunks = listing.entries.par_chunks(CHUNK).map_init(open, |raw, chunk| {
        let raw = raw.as_ref().map_err(|_| Trouble::NotPlain)?;
        let objects = raw.odb().map_err(|_| Trouble::NotPlain)?;
        chunk.iter().map(|entry| write_one(&objects, root, entry)).collect::<Result<Vec<_>, _>>()
    });
    Ok(chunks.collect::<Result<Vec<_>, _>>()?.concat())
}

fn write_one(objects: &git2::Odb<'_>, root: BorrowedFd<'_>, entry: &Entry) -> Result<Stat, Trouble> {
    let path = entry.path.as_slice();
    let stated = || rustix::fs::statat(root, path, AtFlags::SYMLINK_NOFOLLOW);
    let io = |errno| trouble(path, errno);
    match entry.kind {
        Kind::Submodule => {
            rustix::fs::mkdirat(root, path, Mode::from_raw_mode(0o777)).map_err(io)?;
            stated().map_err(io)
        }
        Kind::Link => {
            let object = read(objects, entry.id)?;
            rustix::fs::symlinkat(object.data(), root, path).map_err(io)?;
            stated().map_err(io)
        }
        Kind::File | Kind::Program => {
            let object = read(objects, entry.id)?;
            let mode = if entry.kind == Kind::Program { 0o777 } else { 0o666 };
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let opened = rustix::fs::openat(root, path, flags, Mode::from_raw_mode(mode)).map_err(io)?;
            let mut file = File::from(opened);
            file.write_all(object.data()).map_err(|source| Trouble::Io(path.to_vec(), source))?;
            rustix::fs::fstat(&file).map_err(io)
        }
    }
}

/// Reads a blob. A missing or broken object is told by libgit2's own checkout, with its name.
fn read<'o>(objects: &'o git2::Odb<'_>, id: Oid) -> Result<git2::OdbObject<'o>, Trouble> {
    objects.read(id).map_err(|_| Trouble::NotPlain)
}

/// A name that is taken was written before an interruption, or is one with another on this file system.
fn trouble(path: &[u8], errno: Errno) -> Trouble {
    match errno {
        Errno::EXIST
        | Errno::NOTDIR
        | Errno::NOENT
        | Errno::LOOP
        | Errno::INVAL
        | Errno::ILSEQ
        | Errno::NAMETOOLONG => Trouble::NotPlain,
        errno => Trouble::Io(path.to_vec(), errno.into()),
    }
}

/// Puts the index in place, whole and in one step, once the file system's clock has gone on: a file that is as new as
/// the index would be read again by every `git status` (git's `Documentation/technical/racy-git.txt`).
fn write_index(tree: &WorktreePlace, listing: &Listing, stats: &[Stat]) -> Result<(), GitError> {
    let created = tempfile::Builder::new().prefix("windrow-index-").tempfile_in(&tree.admin);
    let mut file = created.map_err(GitError::io("create a file in", &tree.admin))?;
    let wrote = file.write_all(&index::encode(listing, stats));
    wrote.map_err(GitError::io("write", file.path()))?;
    let newest = stats.iter().map(modified).max();
    let mut looks = 0;
    while looks < LOOKS && time_of(file.as_file()).map_err(GitError::io("look at", file.path()))? <= newest {
        std::thread::sleep(std::time::Duration::from_millis(1));
        touch(file.as_file()).map_err(GitError::io("touch", file.path()))?;
        looks += 1;
    }
    let mode = std::fs::Permissions::from_mode(permissions(tree));
    file.as_file().set_permissions(mode).map_err(GitError::io("set the mode of", file.path()))?;
    let index = tree.admin.join("index");
    file.persist_noclobber(&index).map(drop).map_err(|error| GitError::io("write", &index)(error.error))
}

/// Gives the mode of the files that git made beside the index: the user's umask, or what the repository shares.
fn permissions(tree: &WorktreePlace) -> u32 {
    let head = std::fs::metadata(tree.admin.join("HEAD"));
    head.map_or(0o644, |head| head.permissions().mode() & 0o777)
}

fn time_of(file: &File) -> io::Result<Option<(u64, u64)>> {
    Ok(Some(modified(&rustix::fs::fstat(file)?)))
}

/// Gives seconds and nanoseconds; their types differ from system to system.
#[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
const fn modified(stat: &Stat) -> (u64, u64) {
    (stat.st_mtime as u64, stat.st_mtime_nsec as u64)
}

fn touch(file: &File) -> io::Result<()> {
    let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    Ok(rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: now })?)
}

fn failed(what: &'static str, path: &Path, errno: Errno) -> GitError {
    GitError::io(what, path)(errno.into())
}
