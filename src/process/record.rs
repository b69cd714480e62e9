//! `launch.json` and `exit.json`: what the two sides of an attempt tell each other.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use serde::de::DeserializeOwned;

use super::error::ProcessError;
use crate::domain::attempt::{ATTEMPT_FORMAT, AttemptFiles, ExitRecord, Launch};

/// More than any document of an attempt: a prompt given as an argument stands in `launch.json`.
pub(super) const DOCUMENT_LIMIT: u64 = 16 << 20;

/// Reads what is to be launched.
pub fn read_launch(files: &AttemptFiles) -> Result<Launch, ProcessError> {
    read_document(&files.launch())
}

/// Reads what the supervisor saw; none if it has not written it, or never will because it is gone.
pub fn read_exit(files: &AttemptFiles) -> Result<Option<ExitRecord>, ProcessError> {
    match read_document(&files.exit()) {
        Ok(record) => Ok(Some(record)),
        Err(ProcessError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes what the supervisor saw, so that a reader finds all of it or none.
#[cfg(unix)]
pub(super) fn write_exit(files: &AttemptFiles, record: &ExitRecord) -> Result<(), ProcessError> {
    let path = files.exit();
    let text = serde_json::to_vec_pretty(record);
    replace(&path, &text.map_err(|source| ProcessError::Malformed { path: path.clone(), source })?)
}

/// Puts a file of mode 0600 in the place of whatever is there.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), ProcessError> {
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(content)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(ProcessError::io("write", path))
}

/// Reads a document of this format or of the one before it.
fn read_document<T: DeserializeOwned>(path: &Path) -> Result<T, ProcessError> {
    let malformed = |source| ProcessError::Malformed { path: path.to_owned(), source };
    let bytes = read_regular(path, DOCUMENT_LIMIT)?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(malformed)?;
    let format = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let oldest = u64::from(ATTEMPT_FORMAT).saturating_sub(1).max(1);
    if !(oldest..=u64::from(ATTEMPT_FORMAT)).contains(&format) {
        return Err(ProcessError::Format { path: path.to_owned(), format });
    }
    serde_json::from_value(value).map_err(malformed)
}

/// Reads a whole file of at most `limit` bytes.
pub(super) fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, ProcessError> {
    let mut bytes = Vec::new();
    let file = open_regular(path)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(ProcessError::io("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(ProcessError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Opens a file to read it. An agent can write where its attempt's files are: a link is not followed, and a pipe or a
/// device neither blocks nor is read.
pub(super) fn open_regular(path: &Path) -> Result<File, ProcessError> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path).map_err(ProcessError::io("open", path))?;
    let meta = file.metadata().map_err(ProcessError::io("read", path))?;
    if meta.is_file() { Ok(file) } else { Err(ProcessError::NotAFile { path: path.to_owned() }) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::domain::attempt::{EndedBy, Exit};

    fn files() -> (tempfile::TempDir, AttemptFiles) {
        let dir = tempfile::tempdir().unwrap();
        let files = AttemptFiles { dir: dir.path().to_owned() };
        (dir, files)
    }

    fn record() -> ExitRecord {
        ExitRecord {
            format: ATTEMPT_FORMAT,
            exit: Some(Exit::Code(3)),
            spawn_error: None,
            ended_by: EndedBy::Itself,
            check: None,
            silence_ms: None,
            budget: None,
            left_behind: 2,
            survivors: Vec::new(),
            started: jiff::Timestamp::UNIX_EPOCH,
            elapsed_ms: 17,
        }
    }

    #[test]
    fn an_exit_record_is_read_as_it_was_written() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, files) = files();
        assert_eq!(read_exit(&files).unwrap(), None);
        write_exit(&files, &record()).unwrap();
        assert_eq!(read_exit(&files).unwrap(), Some(record()));
        assert_eq!(files.exit().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&files.dir).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn other_formats_and_torn_files_are_errors_and_unknown_keys_are_not() {
        let (_dir, files) = files();
        let mut value = serde_json::to_value(record()).unwrap();
        value["later"] = true.into();
        std::fs::write(files.exit(), value.to_string()).unwrap();
        assert_eq!(read_exit(&files).unwrap(), Some(record()));
        value["format"] = (ATTEMPT_FORMAT + 1).into();
        std::fs::write(files.exit(), value.to_string()).unwrap();
        assert!(matches!(read_exit(&files), Err(ProcessError::Format { .. })));
        let text = serde_json::to_string(&record()).unwrap();
        for end in 0..text.len() {
            std::fs::write(files.exit(), &text[..end]).unwrap();
            assert!(read_exit(&files).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn links_pipes_and_giants_are_not_read() {
        let (dir, files) = files();
        std::fs::write(dir.path().join("elsewhere"), serde_json::to_string(&record()).unwrap()).unwrap();
        std::os::unix::fs::symlink("elsewhere", files.exit()).unwrap();
        assert!(read_exit(&files).is_err());
        std::fs::remove_file(files.exit()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(files.exit()).status().unwrap().success());
        assert!(matches!(read_exit(&files), Err(ProcessError::NotAFile { .. })));
        std::fs::write(dir.path().join("big"), vec![b'x'; 11]).unwrap();
        assert!(matches!(read_regular(&dir.path().join("big"), 10), Err(ProcessError::TooLarge { .. })));
        assert_eq!(read_regular(&dir.path().join("big"), 11).unwrap().len(), 11);
    }
}
