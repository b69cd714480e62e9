//! Files that are not put into the tree of a worktree: too large to load, or new and only to be counted.

use std::io::Read;
use std::path::Path;

use crate::domain::diff::{Change, FileDiff};
use crate::domain::path::{RepoPath, quote};

/// How much of a file git looks at to tell text from binary.
pub(super) const HEAD: usize = 8000;

/// Makes the row of a file that is not looked into.
pub(super) fn opaque(path: RepoPath, existed: bool, untracked: bool) -> FileDiff {
    let change = if existed { Change::Modified } else { Change::Added };
    FileDiff {
        path,
        old_path: None,
        change,
        insertions: 0,
        deletions: 0,
        binary: true,
        untracked,
        content: None,
        text: 0..0,
    }
}

/// Counts a new file as git would: binary if a zero byte is near its beginning, else its lines.
pub(super) fn count_new(path: RepoPath, file: &Path) -> std::io::Result<FileDiff> {
    let mut file = std::fs::File::open(file)?;
    let mut buffer = vec![0; 64 * 1024];
    let (mut seen, mut lines, mut last) = (0_usize, 0_u32, b'\n');
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = &buffer[..read];
        if seen < HEAD && chunk[..read.min(HEAD - seen)].contains(&0) {
            return Ok(opaque(path, false, true));
        }
        seen += read;
        last = chunk[read - 1];
        let newlines = chunk.iter().filter(|byte| **byte == b'\n').count();
        lines = lines.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
    }
    let insertions = lines.saturating_add(u32::from(last != b'\n'));
    Ok(FileDiff { insertions, binary: false, ..opaque(path, false, true) })
}

/// Says in a patch that a file differs, as git does without `--binary`.
pub(super) fn text(file: &FileDiff) -> Vec<u8> {
    let name = |prefix: &str| quote(&[prefix.as_bytes(), file.path.as_bytes()].concat());
    let (old, new) = (name("a/"), name("b/"));
    let before = if file.change == Change::Added { "/dev/null" } else { old.as_str() };
    format!("diff --git {old} {new}\nBinary files {before} and {new} differ\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(content: &[u8]) -> (u32, bool) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let found = count_new("f".into(), file.path()).unwrap();
        (found.insertions, found.binary)
    }

    #[test]
    fn lines_are_counted_as_git_counts_them() {
        assert_eq!(count(b""), (0, false));
        assert_eq!(count(b"a"), (1, false));
        assert_eq!(count(b"a\n"), (1, false));
        assert_eq!(count(b"a\n\nb"), (3, false));
        assert_eq!(count(&b"x\n".repeat(100_000)), (100_000, false));
    }

    #[test]
    fn a_zero_byte_near_the_beginning_makes_a_file_binary() {
        assert_eq!(count(b"a\0"), (0, true));
        let mut late = vec![b'a'; HEAD - 1];
        late.push(0);
        assert_eq!(count(&late), (0, true));
        late.insert(0, b'a');
        assert_eq!(count(&late), (1, false));
    }
}
