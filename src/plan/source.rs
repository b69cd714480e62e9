//! The text of a file that a person wrote.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is read, in bytes: much more than anybody writes, little enough for memory.
pub(super) const LARGEST: u64 = 16 << 20;

/// Tells whether nothing stands at the path of a plan.
pub fn is_absent(path: &std::path::Path) -> bool {
    std::fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Why a file has no text. The path is known to the caller, whose message names it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is not a regular file")]
    NotRegular,
    #[error("is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    #[error("is not UTF-8: byte 0x{byte:02X} at {line}:{column}")]
    NotUtf8 { byte: u8, line: usize, column: usize },
}

/// Reads a plan: any file, a pipe too.
pub(super) fn plan(path: &Path) -> Result<String, SourceError> {
    text(File::open(path)?)
}

/// Reads a prompt file, which has to be a regular one: of another one, nobody knows whether it ends.
pub(super) fn prompt(path: &Path) -> Result<String, SourceError> {
    if !path.metadata()?.is_file() {
        return Err(SourceError::NotRegular);
    }
    text(File::open(path)?)
}

/// Reads a settings file, which has to be a regular one too.
pub fn settings_text(path: &Path) -> io::Result<String> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    std::fs::read_to_string(path)
}

fn text(file: File) -> Result<String, SourceError> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(SourceError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        let (line, column) = super::report::position(&before, valid);
        SourceError::NotUtf8 { byte: error.as_bytes()[valid], line, column }
    })
}
