//! Files that are replaced whole: a temporary file in the same directory, then a rename.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// How the names of files begin that are not yet what they will be.
pub const TEMPORARY: &str = ".new-";

/// Makes a directory and its parents, private to the user where we make them.
pub fn create_dir(path: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StoreError::io("create", path))
}

/// Replaces a file with bytes; a reader sees the old or the new content, never a part. The file is 0600.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = || StoreError::io("write", path);
    let dir = path.parent().unwrap_or(Path::new("."));
    let new = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(dir);
    let mut file = new.map_err(failed())?;
    file.write_all(bytes).map_err(failed())?;
    file.persist(path).map_err(|error| error.error).map_err(failed())?;
    Ok(())
}

/// Replaces a file with a JSON document.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let mut bytes = serde_json::to_vec(value).map_err(|error| damaged(path, &error))?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Reads a JSON document; nothing if there is no such file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(path, &error))
}

/// The largest file of ours that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// Reads a file; nothing if there is none. What is no regular file of a sensible size is damage: an agent can write where ours stand.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let sensible = fs::metadata(path).map(|kind| kind.is_file() && kind.len() <= LARGEST);
    let read = match sensible {
        Ok(true) => fs::read(path),
        Ok(false) => {
            let what = "it is no regular file of a sensible size".to_owned();
            return Err(StoreError::Damaged { path: path.to_owned(), what });
        }
        Err(error) => Err(error),
    };
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound || error.kind() == ErrorKind::NotADirectory => {
            Ok(None)
        }
        Err(error) => Err(StoreError::io("read", path)(error)),
    }
}

/// Tells whether an open file is still the one at a path.
pub fn is_at(file: &fs::File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let of = |meta: fs::Metadata| (meta.dev(), meta.ino());
        let (here, there) = (file.metadata().map(of), fs::symlink_metadata(path).map(of));
        here.is_ok() && here.ok() == there.ok()
    }
    // Elsewhere a file that is open is not replaced.
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

/// Lists the names in a directory, sorted; none if there is no such directory.
pub fn names(dir: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("list", dir)(error)),
    };
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

fn damaged(path: &Path, error: &serde_json::Error) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), what: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_none_and_a_torn_one_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        assert_eq!(read_json::<Vec<u32>>(&path).unwrap(), None);
        write_json(&path, &[1, 2]).unwrap();
        assert_eq!(read_json::<Vec<u32>>(&path).unwrap(), Some(vec![1, 2]));
        fs::write(&path, "[1,").unwrap();
        assert!(matches!(read_json::<Vec<u32>>(&path), Err(StoreError::Damaged { .. })));
        assert_eq!(names(dir.path()).unwrap(), ["x.json"]);
    }
}
