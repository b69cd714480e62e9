//! The file `packed-refs`: a header, then for each ref a line `ID SP NAME`, and after that of a tag `^ID`.

use std::io::Write;
use std::path::Path;

use super::super::owned::Owner;
use crate::git::GitError;

/// Takes a ref out of `packed-refs`, whose lock the caller holds: the file is replaced whole, after its content is on
/// the disk. Nothing is written where the ref is not in it.
pub(super) fn remove(common_dir: &Path, name: &str, owner: &Owner) -> Result<(), GitError> {
    let path = common_dir.join("packed-refs");
    // Some tools share the file between repositories by a link.
    let path = path.canonicalize().unwrap_or(path);
    let packed = match std::fs::read(&path) {
        Ok(packed) => packed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(GitError::io("read", &path)(error)),
    };
    let Some(rest) = without(&packed, name.as_bytes()) else { return Ok(()) };
    let failed = || GitError::io("write", &path);
    let mut file = tempfile::NamedTempFile::new_in(owner.staging()?).map_err(failed())?;
    file.write_all(&rest).map_err(failed())?;
    let mode = std::fs::metadata(&path).map_err(failed())?.permissions();
    file.as_file().set_permissions(mode).map_err(failed())?;
    file.as_file().sync_all().map_err(failed())?;
    file.persist(&path).map_err(|error| failed()(error.error))?;
    Ok(())
}

/// Gives all lines but those of a ref; nothing if it has none.
fn without(packed: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Vec::with_capacity(packed.len());
    let (mut found, mut skipping) = (false, false);
    for line in packed.split_inclusive(|byte| *byte == b'\n') {
        skipping = match line.first() {
            Some(b'^') => skipping,
            Some(b'#') => false,
            _ => name_of(line) == Some(name),
        };
        found |= skipping;
        if !skipping {
            rest.extend_from_slice(line);
        }
    }
    found.then_some(rest)
}

fn name_of(line: &[u8]) -> Option<&[u8]> {
    let space = line.iter().position(|byte| *byte == b' ')?;
    Some(line[space + 1..].trim_ascii_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_goes_with_what_it_is_peeled_to() {
        let packed = b"# pack-refs with: peeled fully-peeled sorted \n\
            1 refs/heads/a\n2 refs/heads/a-b\n3 refs/tags/v1\n^4\n5 refs/tags/v1.1\n^6\n";
        let text = |name: &str| without(packed, name.as_bytes()).map(|rest| String::from_utf8(rest).unwrap());
        let gone = |name: &str, lines: &str| {
            let all = String::from_utf8_lossy(packed);
            assert!(all.contains(lines));
            assert_eq!(text(name).unwrap(), all.replace(lines, ""));
        };
        gone("refs/heads/a", "1 refs/heads/a\n");
        gone("refs/tags/v1", "3 refs/tags/v1\n^4\n");
        gone("refs/tags/v1.1", "5 refs/tags/v1.1\n^6\n");
        assert_eq!(text("refs/heads"), None);
        assert_eq!(text("a"), None);
        assert_eq!(without(b"", b"refs/heads/a"), None);
        assert_eq!(without(b"1 refs/heads/a", b"refs/heads/a").unwrap(), b"");
    }
}
