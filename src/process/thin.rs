//! Logs that grow without end: their middle is given back to the disk while the agent goes on writing.
//!
//! The agent holds the file itself, so that nothing stands between it and the disk. A hole is punched behind it
//! (fallocate(2), `FALLOC_FL_PUNCH_HOLE`): sizes and offsets stay, beginning and end stay, readers pass over the hole
//! (lseek(2), `SEEK_DATA`). Where a system cannot do that, the log is kept whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// How much of the beginning and of the end is kept, in bytes, and how much more there is before the middle goes; each is whole
/// blocks of any file system.
const HEAD: u64 = 64 << 20;
const TAIL: u64 = 64 << 20;
const STEP: u64 = 64 << 20;
/// Holes begin and end at multiples of this.
const BLOCK: u64 = 64 << 10;

/// Watches the log of one attempt.
#[derive(Debug)]
pub(super) struct Thinner {
    log: PathBuf,
    head: u64,
    tail: u64,
    step: u64,
    /// The size at which it is looked at again.
    next: u64,
}

impl Thinner {
    pub(super) fn new(log: PathBuf) -> Self {
        Self { log, head: HEAD, tail: TAIL, step: STEP, next: HEAD + TAIL + STEP }
    }

    /// Lets the middle of the log go if it has become too long. A log that cannot be thinned stays whole.
    pub(super) fn look(&mut self) {
        let Ok(size) = self.log.symlink_metadata().map(|found| found.len()) else { return };
        if size < self.next {
            return;
        }
        self.next = size + self.step;
        let until = (size - self.tail) / BLOCK * BLOCK;
        drop(self.punch(until));
    }

    #[cfg(target_os = "linux")]
    fn punch(&self, until: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, OFlags, fallocate};
        use std::os::unix::fs::{FileExt, OpenOptionsExt};
        let mut options = File::options();
        options.write(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
        let file = options.open(&self.log)?;
        if !file.metadata()?.is_file() || until <= self.head {
            return Ok(());
        }
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(&file, flags, self.head, until - self.head)?;
        let said = format!("\n[windrow: {:>16} bytes of this log were not kept]\n", until - self.head);
        file.write_all_at(said.as_bytes(), self.head - said.len() as u64)
    }

    #[cfg(not(target_os = "linux"))]
    fn punch(&self, _until: u64) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what is there of a file from an offset on: holes are passed over.
#[derive(Debug)]
pub(super) struct Data {
    file: File,
    at: u64,
    until: u64,
}

impl Data {
    pub(super) const fn new(file: File, offset: u64) -> Self {
        Self { file, at: offset, until: offset }
    }

    /// Gives the offset behind what was read.
    pub(super) const fn position(&self) -> u64 {
        self.at
    }

    /// Goes to the next piece of data; tells whether there is one.
    fn advance(&mut self) -> io::Result<bool> {
        let size = self.file.metadata()?.len();
        if self.at >= size {
            return Ok(false);
        }
        (self.at, self.until) = piece(&self.file, self.at, size)?;
        self.file.seek(SeekFrom::Start(self.at))?;
        Ok(self.at < self.until)
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn piece(file: &File, at: u64, size: u64) -> io::Result<(u64, u64)> {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;
    let start = match seek(file, SeekFrom::Data(at)) {
        Ok(start) => start,
        // The rest is a hole.
        Err(Errno::NXIO) => return Ok((size, size)),
        // A file system that knows no holes.
        Err(Errno::INVAL) => return Ok((at, size)),
        Err(errno) => return Err(errno.into()),
    };
    Ok((start, seek(file, SeekFrom::Hole(start)).unwrap_or(size)))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn piece(_file: &File, at: u64, size: u64) -> io::Result<(u64, u64)> {
    Ok((at, size))
}

impl Read for Data {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.until && !self.advance()? {
            return Ok(0);
        }
        let most = usize::try_from(self.until - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..most])?;
        self.at += read as u64;
        if read == 0 {
            self.until = self.at;
        }
        Ok(read)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::process::{each_line, read_log};

    /// A log of numbered lines of 64 bytes, watched as it grows.
    #[test]
    fn the_middle_goes_and_both_ends_stay() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut writer = File::options().append(true).create(true).open(&log).unwrap();
        let (head, tail, step) = (4 * BLOCK, 4 * BLOCK, 2 * BLOCK);
        let mut thinner = Thinner { log: log.clone(), head, tail, step, next: head + tail + step };
        let lines = 100 * BLOCK / 64;
        for n in 0..lines {
            writer.write_all(format!("{n:063}\n").as_bytes()).unwrap();
            if n % 100 == 0 {
                thinner.look();
            }
        }
        thinner.look();
        let meta = log.metadata().unwrap();
        assert_eq!(meta.len(), 100 * BLOCK);
        if meta.blocks() * 512 >= meta.len() {
            let _ = std::io::stderr().write_all(b"skipped: this file system keeps no holes\n");
            return;
        }
        assert!(meta.blocks() * 512 <= head + tail + 2 * step, "{}", meta.blocks());
        let (bytes, next) = read_log(&log, 0).unwrap();
        assert_eq!(next, meta.len());
        assert!(!bytes.contains(&0));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with(&format!("{:063}\n{:063}\n", 0, 1)));
        assert!(text.ends_with(&format!("{:063}\n", lines - 1)));
        assert!(text.contains("bytes of this log were not kept]\n"));
        let mut count = 0;
        each_line(&log, &mut |line| {
            count += 1;
            assert!(!line.contains(&0));
        })
        .unwrap();
        assert!(count > 1000 && count < lines, "{count}");
        // Going on from where one was is not disturbed by a hole that begins later.
        assert_eq!(read_log(&log, meta.len()).unwrap(), (Vec::new(), meta.len()));
        writer.write_all(b"more\n").unwrap();
        assert_eq!(read_log(&log, meta.len()).unwrap(), (b"more\n".to_vec(), meta.len() + 5));
    }
}
