//! The object ids that stand in the files of an administrative directory.
//!
//! Git's files there are texts with ids in full: one (HEAD, ORIG_HEAD), several lines of them (MERGE_HEAD), a log, a
//! list of things to do, a patch with its commit. Every word of forty hexadecimal digits counts; one too many keeps
//! an object too many, one too few loses work.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::super::error::GitError;
use super::super::super::worktrees::read_regular;

/// Ids, and refs that are named instead.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) ids: BTreeSet<git2::Oid>,
    pub(super) refs: BTreeSet<String>,
}

/// No text of git's is larger; an agent may leave anything there.
const LARGEST: u64 = 64 << 20;

/// Files and directories that name nothing of this worktree's.
fn is_foreign(name: &str) -> bool {
    name == "index"
        || name == "FETCH_HEAD"
        || name == "modules"
        || name.starts_with("sharedindex.")
        || name.starts_with("windrow-index-")
        || name.starts_with("fsmonitor--daemon")
}

/// Reads all files of an administrative directory.
pub(super) fn of_directory(admin: &Path, skipped: &mut Vec<String>) -> Result<Named, GitError> {
    let mut named = Named::default();
    let mut open = vec![admin.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if dir != admin => {
                skipped.push(format!("{}: {error}", crate::domain::path::show(&dir)));
                continue;
            }
            Err(error) => return Err(GitError::io("list", &dir)(error)),
        };
        for entry in entries.flatten() {
            if dir == admin && is_foreign(&entry.file_name().to_string_lossy()) {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => of_file(&entry.path(), &mut named, skipped),
                _ => {}
            }
        }
    }
    Ok(named)
}

/// Reads one file, if it is there.
pub(super) fn of_file(path: &Path, named: &mut Named, skipped: &mut Vec<String>) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let mut skip = |why: String| skipped.push(format!("{}: {why}", crate::domain::path::show(path)));
    if metadata.len() > LARGEST {
        return skip("too large to be one of git's files".to_owned());
    }
    match read_regular(path) {
        Ok(content) => of_content(&content, named),
        Err(error) => skip(error.to_string()),
    }
}

fn of_content(content: &[u8], named: &mut Named) {
    if let Some(target) = content.strip_prefix(b"ref:") {
        named.refs.insert(String::from_utf8_lossy(target.trim_ascii()).into_owned());
    }
    let words = content.split(|byte| !byte.is_ascii_alphanumeric());
    for word in words.filter(|word| word.len() == 40 && word.iter().all(u8::is_ascii_hexdigit)) {
        let id = std::str::from_utf8(word).ok().and_then(|word| git2::Oid::from_str(word).ok());
        named.ids.extend(id.filter(|id| !id.is_zero()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_gits_files() {
        let ids: Vec<String> = (1..7).map(|n| n.to_string().repeat(40)).collect();
        let text = format!(
            "{}\n{}\tbranch 'x' of y\n{} {} A <a@b> 1 +0000\tcommit: x\npick {} subject\nFrom {} Mon\n{}{}\n{}",
            ids[0],
            ids[1],
            "0".repeat(40),
            ids[2],
            ids[3],
            ids[4],
            "7".repeat(40),
            "7",
            ids[5],
        );
        let mut named = Named::default();
        of_content(text.as_bytes(), &mut named);
        assert_eq!(named.ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ids);
        of_content(b"ref: refs/heads/a b\n", &mut named);
        assert_eq!(named.refs.into_iter().collect::<Vec<_>>(), ["refs/heads/a b"]);
    }
}
