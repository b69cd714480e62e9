//! What an attempt is found by, upheld by its supervisor: the lock, and the files that tell what the attempt is. An agent can
//! write where they stand.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::ProcessError;
use super::record::{DOCUMENT_LIMIT, read_regular, replace};
use super::supervisor::take_lock;
use crate::domain::attempt::AttemptFiles;

/// The right to be an attempt's supervisor: its locked file. It is closed in every program that is started: an agent's
/// leftovers must not hold the lock.
pub(super) struct Claim {
    /// Where the attempt's files are now.
    pub(super) files: AttemptFiles,
    lock: File,
    /// What stood in its directory at the beginning, by name.
    kept: Vec<(PathBuf, Vec<u8>)>,
}

impl Claim {
    /// Takes over the locked file that whoever started us passed as standard input, and puts an empty one there. Started by
    /// hand, it takes the lock itself.
    pub(super) fn hold(files: AttemptFiles) -> Result<Self, ProcessError> {
        let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3).map(File::from);
        let passed = stdin.ok().filter(|stdin| is_at(stdin, &files.lock()));
        let lock = match passed {
            Some(passed) if passed.try_lock().is_ok() => passed,
            _ => take_lock(&files, Duration::ZERO)?,
        };
        let null = Path::new("/dev/null");
        let empty = File::open(null).map_err(ProcessError::io("open", null))?;
        rustix::stdio::dup2_stdin(&empty).map_err(|errno| ProcessError::io("open", null)(errno.into()))?;
        let known = [files.launch(), files.surface(), files.prompt()];
        let kept = known.iter().filter_map(|path| {
            let name = path.file_name()?.into();
            Some((name, read_regular(path, DOCUMENT_LIMIT).ok()?))
        });
        Ok(Self { kept: kept.collect(), files, lock })
    }

    /// Sees to it that the attempt can be found: follows its directory where that was moved, and makes anew what was deleted.
    /// Gives false where the run's own directory was deleted: then nobody will ask for the attempt any more.
    pub(super) fn uphold(&mut self) -> bool {
        let is_here = is_at(&self.lock, &self.files.lock());
        if is_here && self.files.launch().exists() {
            return true;
        }
        let is_deleted = self.lock.metadata().is_ok_and(|meta| meta.nlink() == 0);
        if !is_here && !is_deleted {
            self.files.dir = self.moved_to().unwrap_or_else(|| self.files.dir.clone());
            return true;
        }
        // What fails for another reason, a full disk, is tried again with the next look.
        self.restore().is_ok() || self.run_dir().is_some_and(Path::exists)
    }

    /// Finds out where the directory went, where the system tells.
    fn moved_to(&self) -> Option<PathBuf> {
        use std::os::fd::AsRawFd;
        let path = std::fs::read_link(format!("/proc/self/fd/{}", self.lock.as_raw_fd())).ok()?;
        let files = AttemptFiles { dir: path.parent()?.to_owned() };
        is_at(&self.lock, &files.lock()).then_some(files.dir)
    }

    fn run_dir(&self) -> Option<&Path> {
        self.files.dir.parent()?.parent()
    }

    /// Puts back the directory, the lock and what is missing of the files.
    fn restore(&mut self) -> Result<(), ProcessError> {
        for dir in [self.files.dir.parent(), Some(&*self.files.dir)].into_iter().flatten() {
            if !dir.is_dir() {
                let made = std::fs::DirBuilder::new().mode(0o700).create(dir);
                made.map_err(ProcessError::io("create", dir))?;
            }
        }
        if !is_at(&self.lock, &self.files.lock()) {
            self.lock = take_lock(&self.files, Duration::ZERO)?;
        }
        for (name, content) in &self.kept {
            let path = self.files.dir.join(name);
            if !path.exists() {
                replace(&path, content)?;
            }
        }
        Ok(())
    }
}

/// Tells whether an open file is the one at a path.
fn is_at(file: &File, path: &Path) -> bool {
    let same = |a: std::fs::Metadata, b: std::fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().is_ok_and(|a| path.symlink_metadata().is_ok_and(|b| same(a, b)))
}
