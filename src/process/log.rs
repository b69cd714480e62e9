//! The end of a log: what an agent said last.

use std::fs::File;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::ProcessError;
use super::record::open_regular;

/// The most bytes of a line that are given.
const LINE_LIMIT: usize = 400;
/// How much of the end is looked at for new lines of events.
const LINES_WINDOW: u64 = 256 * 1024;
/// A log that is no larger has no part that was left out.
const SMALL: u64 = 16 << 20;
/// How much of the end is looked at for the last line.
const LAST_LINE_WINDOW: u64 = 4096;

/// Gives the last lines of a log that hold more than white space, at most `lines`, from its last `max_bytes` bytes:
/// of a line rewritten by carriage returns what stands last, without trailing white space, cut to 400 bytes. Bytes
/// that are not UTF-8 become U+FFFD; everything else is raw and must not reach a terminal as it is. A log that cannot
/// be read gives none.
pub fn read_tail(log: &Path, lines: usize, max_bytes: u64) -> Vec<String> {
    let Some(bytes) = end_of(log, max_bytes) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let mut last: Vec<String> = text.rsplit('\n').filter_map(visible).take(lines).collect();
    last.reverse();
    last
}

/// A piece of a log.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// Its bytes, raw. A line of ours stands where something was left out.
    pub bytes: Vec<u8>,
    /// The offset in the log at which it ends.
    pub end: u64,
}

/// Reads a log from an offset to its present end. A log that is not there is empty.
pub fn read_log(log: &Path, offset: u64) -> Result<Piece, ProcessError> {
    if std::fs::symlink_metadata(log).is_err() {
        return Ok(Piece { end: offset, ..Piece::default() });
    }
    let mut reader = Reader::open(log, offset)?;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(ProcessError::io("read", log))?;
    Ok(Piece { bytes, end: reader.at })
}

/// Reads what of a log is there: what was given back to the file system is told in a line, not read as zeros.
struct Reader {
    file: File,
    at: u64,
    /// How large it was at first: a log may grow faster than it is read.
    size: u64,
    /// Up to where there is no hole.
    data: u64,
    /// What is said of a hole, and how much of it was read.
    told: std::io::Cursor<Vec<u8>>,
}

impl Reader {
    fn open(log: &Path, offset: u64) -> Result<Self, ProcessError> {
        let file = open_regular(log)?;
        let size = file.metadata().map_err(ProcessError::io("read", log))?.len();
        Ok(Self { file, at: offset, size, data: offset, told: std::io::Cursor::default() })
    }

    /// Finds the next data at or after where it is; none at the end.
    fn next_data(&self) -> Option<(u64, u64)> {
        let size = self.size;
        if self.at >= size {
            return None;
        }
        // Of others nothing is ever left out.
        let extent = if size > SMALL { extent(&self.file, self.at) } else { None };
        let (from, to) = extent.unwrap_or((self.at, size));
        Some((from.max(self.at).min(size), to.min(size)))
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let told = self.told.read(buffer)?;
        if told > 0 {
            return Ok(told);
        }
        if self.at >= self.data {
            let Some((from, to)) = self.next_data() else { return Ok(0) };
            let left_out = from - self.at;
            (self.at, self.data) = (from, to);
            if left_out > 0 {
                let line = format!("\n[{left_out} bytes of output were left out here]\n");
                self.told = std::io::Cursor::new(line.into_bytes());
                return self.read(buffer);
            }
        }
        let most = usize::try_from(self.data - self.at).unwrap_or(usize::MAX).min(buffer.len());
        self.file.seek(SeekFrom::Start(self.at))?;
        let read = self.file.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Gives where the next data begins at or after an offset, and where it ends; none if the file system does not say.
#[cfg(target_os = "linux")]
fn extent(file: &File, at: u64) -> Option<(u64, u64)> {
    use rustix::fs::{SeekFrom, seek};
    let from = seek(file, SeekFrom::Data(at)).ok()?;
    Some((from, seek(file, SeekFrom::Hole(from)).ok()?))
}

#[cfg(not(target_os = "linux"))]
fn extent(_file: &File, _at: u64) -> Option<(u64, u64)> {
    None
}

/// The longest line of events that is kept in memory, in bytes; of a longer one only the beginning is given.
const EVENT_LIMIT: usize = 8 << 20;

/// Gives every line of a log, one after the other, without its line end: a log may be larger than the memory.
pub fn each_line(log: &Path, take: &mut dyn FnMut(&[u8])) -> Result<(), ProcessError> {
    let mut reader = std::io::BufReader::with_capacity(64 * 1024, Reader::open(log, 0)?);
    let mut line = Vec::new();
    loop {
        let piece = reader.fill_buf().map_err(ProcessError::io("read", log))?;
        if piece.is_empty() {
            break;
        }
        let end = piece.iter().position(|byte| *byte == b'\n');
        let part = &piece[..end.unwrap_or(piece.len())];
        line.extend_from_slice(&part[..part.len().min(EVENT_LIMIT.saturating_sub(line.len()))]);
        let used = end.map_or(piece.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            take(&line);
            line.clear();
        }
    }
    if !line.is_empty() {
        take(&line);
    }
    Ok(())
}

/// Gives how much of a piece of a log can be shown before the rest is there: without a character, or an escape
/// sequence of at most 32 bytes, whose end is still to come.
pub fn whole(bytes: &[u8]) -> usize {
    let from = bytes.len().saturating_sub(32);
    if let Some(escape) = bytes[from..].iter().rposition(|&byte| byte == 0x1b) {
        let body = &bytes[from + escape + 1..];
        let is_open = match body {
            [] => true,
            [b'[', parameters @ ..] => parameters.iter().all(|byte| (0x20..0x40).contains(byte)),
            _ => false,
        };
        if is_open {
            return from + escape;
        }
    }
    // A character has at most four bytes: its first one is among the last three if its end is missing.
    let first = bytes.iter().rev().take(3).position(|byte| byte & 0xc0 != 0x80);
    let Some(start) = first.map(|back| bytes.len() - 1 - back) else { return bytes.len() };
    match std::str::from_utf8(&bytes[start..]) {
        Err(error) if error.error_len().is_none() => start,
        _ => bytes.len(),
    }
}

fn end_of(log: &Path, max_bytes: u64) -> Option<Vec<u8>> {
    let mut file = open_regular(log).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(max_bytes))).ok()?;
    let mut bytes = Vec::new();
    file.take(max_bytes).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Gives what a terminal would leave standing of a line that a program rewrites in place.
fn visible(line: &str) -> Option<String> {
    let part = line.split('\r').map(str::trim_end).rfind(|part| !part.trim().is_empty())?;
    let end = (0..=part.len().min(LINE_LIMIT)).rfind(|&end| part.is_char_boundary(end))?;
    Some(part[..end].to_owned())
}

/// Follows the last line of a log that grows.
#[derive(Debug, Clone)]
pub struct LogTail {
    log: PathBuf,
    size: u64,
    said: Option<String>,
}

impl LogTail {
    /// Begins at the end as it is now: what stands there already is not told again.
    pub fn at_end(log: PathBuf) -> Self {
        let mut tail = Self { log, size: 0, said: None };
        tail.poll();
        tail
    }

    /// Gives the lines that were written since, whole ones only, each without its line end; of much only the last of it.
    pub fn lines(&mut self) -> Vec<Vec<u8>> {
        let Ok(size) = self.log.symlink_metadata().map(|found| found.len()) else { return Vec::new() };
        if size <= self.size {
            return Vec::new();
        }
        let from = self.size.max(size.saturating_sub(LINES_WINDOW));
        let Ok(Piece { bytes, .. }) = read_log(&self.log, from) else { return Vec::new() };
        // The rest of a line comes with the next look, unless the line alone is more than is looked at.
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            if size - from >= LINES_WINDOW {
                self.size = size;
            }
            return Vec::new();
        };
        let skipped = usize::from(from > self.size);
        self.size = from + end as u64 + 1;
        bytes[..end].split(|byte| *byte == b'\n').skip(skipped).map(<[u8]>::to_vec).collect()
    }

    /// Gives the last line if it is another one than before.
    pub fn poll(&mut self) -> Option<String> {
        let size = self.log.symlink_metadata().ok()?.len();
        if size == self.size {
            return None;
        }
        self.size = size;
        let line = read_tail(&self.log, 1, LAST_LINE_WINDOW).pop();
        if line.is_none() || line == self.said {
            return None;
        }
        self.said.clone_from(&line);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, content).unwrap();
        (dir, path)
    }

    #[test]
    fn what_is_not_whole_waits() {
        let text = "a\u{e9}\u{20ac}\u{1f600}\x1b[31;1mred\x1b[0m\n".as_bytes();
        let whole_at = |end: usize| (0..=end).filter(|&at| whole(&text[..at]) == at).max().unwrap();
        for end in 0..=text.len() {
            assert_eq!(whole(&text[..end]), whole_at(end), "{end}");
            let (told, rest) = text[..end].split_at(whole(&text[..end]));
            assert!(std::str::from_utf8(told).is_ok() && rest.len() < 8);
        }
        assert_eq!(whole(text), text.len());
        assert_eq!(whole(b"\xff\x80\x80\x80\x80"), 5, "what is no character is not waited for");
        assert_eq!(whole(b"\xc3x"), 2);
    }

    #[test]
    fn the_last_lines_with_something_in_them() {
        let (_dir, path) = log(b"one\n\ntwo\r\n  \n\tthree  \nfour");
        assert_eq!(read_tail(&path, 3, 1000), ["two", "\tthree", "four"]);
        assert_eq!(read_tail(&path, 9, 1000).len(), 4);
        assert_eq!(read_tail(&path, 9, 8), ["e", "four"]);
        assert!(read_tail(&path, 0, 1000).is_empty());
        assert!(read_tail(Path::new("/nonexistent/log"), 3, 1000).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_was_given_back_is_told_and_not_read() {
        use rustix::fs::FallocateFlags;
        let (_dir, path) = log(b"first\n");
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let size = 64 << 20;
        std::os::unix::fs::FileExt::write_all_at(&file, b"xx\nlast\n", size).unwrap();
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        rustix::fs::fallocate(&file, hole, 4096, size - 4096).unwrap();
        let whole = read_log(&path, 0).unwrap();
        assert_eq!(whole.end, size + 8);
        let text = String::from_utf8(whole.bytes).unwrap();
        let told = format!("\n[{} bytes of output were left out here]\nxx\nlast\n", size - 4096);
        assert!(text.starts_with("first\n") && text.ends_with(&told) && text.len() < 5000, "{}", text.len());
        let piece = read_log(&path, size + 3).unwrap();
        assert_eq!((piece.bytes.as_slice(), piece.end), (&b"last\n"[..], size + 8));
        let mut lines = 0;
        each_line(&path, &mut |_| lines += 1).unwrap();
        assert_eq!(lines, 5);
    }

    #[test]
    fn progress_lines_show_what_stands_last() {
        let (_dir, path) = log(b"10%\r50%\r100%\r\ndownload 1\rdownload 2\r   ");
        assert_eq!(read_tail(&path, 5, 1000), ["100%", "download 2"]);
    }

    #[test]
    fn invalid_and_endless_lines_are_bounded() {
        let mut content = b"\xff\xfe ok\n".to_vec();
        content.extend("ä".repeat(5000).into_bytes());
        let (_dir, path) = log(&content);
        let lines = read_tail(&path, 5, 1 << 20);
        assert_eq!(lines[0], "\u{fffd}\u{fffd} ok");
        assert_eq!(lines[1].len(), 400);
        assert!(read_tail(&path, 1, 1001)[0].starts_with('\u{fffd}'), "cut inside a character");
    }

    #[test]
    fn a_tail_tells_each_line_once() {
        let (_dir, path) = log(b"before\n");
        let mut tail = LogTail::at_end(path.clone());
        assert_eq!(tail.poll(), None);
        std::fs::write(&path, b"before\nworking").unwrap();
        assert_eq!(tail.poll().as_deref(), Some("working"));
        std::fs::write(&path, b"before\nworking hard\n\n").unwrap();
        assert_eq!(tail.poll().as_deref(), Some("working hard"));
        std::fs::write(&path, b"before\nworking hard\n\n\n\n").unwrap();
        assert_eq!(tail.poll(), None);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(tail.poll(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_pipe_in_the_place_of_the_log_is_not_read() {
        let (dir, path) = log(b"secret\n");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read_tail(&link, 1, 100).is_empty());
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert!(read_tail(&fifo, 1, 100).is_empty());
    }
}
