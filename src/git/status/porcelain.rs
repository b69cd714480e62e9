//! The changed paths of a worktree as `git status --porcelain=v2 -z` tells them.

use super::entry::{Entry, Stage};
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::GitError;
use crate::git::command::Git;

/// Asks git for the changed paths, sorted.
pub(super) fn entries(tree: &WorktreePlace, place: &Place) -> Result<Vec<Entry>, GitError> {
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "status").args([
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        "--ignored=no",
        "--no-renames",
    ]);
    let text = call.run()?;
    parse(&text).map_err(|record| GitError::Output { command: call.describe(), what: record })
}

/// Reads the records; gives the first that has not the documented form.
fn parse(text: &[u8]) -> Result<Vec<Entry>, String> {
    let mut entries: Vec<Entry> = Vec::new();
    for record in text.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        if record[0] == b'#' {
            continue;
        }
        let entry = entry(record).ok_or_else(|| String::from_utf8_lossy(record).into_owned())?;
        // A path that was taken out of the index and is still there comes as two records.
        match entries.iter_mut().rev().find(|known| known.path == entry.path && entry.untracked) {
            Some(known) => known.untracked = true,
            None => entries.push(entry),
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn entry(record: &[u8]) -> Option<Entry> {
    let (kind, rest) = (record[0], record.get(2..)?);
    match kind {
        b'?' => Some(Entry { path: path(rest), untracked: true, ..Entry::default() }),
        b'1' => {
            let (fields, name) = fields::<7>(rest)?;
            let (x, y) = (*fields[0].as_bytes().first()?, *fields[0].as_bytes().get(1)?);
            let stage = stage(0, fields[3], fields[6])?;
            Some(Entry {
                path: path(name),
                staged: x != b'.',
                unstaged: y != b'.',
                intended: y == b'A',
                stages: stage.into_iter().collect(),
                ..Entry::default()
            })
        }
        b'u' => {
            let (fields, name) = fields::<9>(rest)?;
            let stages: Option<Vec<Option<Stage>>> =
                (1..=3).map(|n| stage(n, fields[1 + usize::from(n)], fields[5 + usize::from(n)])).collect();
            Some(Entry {
                path: path(name),
                unmerged: true,
                stages: stages?.into_iter().flatten().collect(),
                ..Entry::default()
            })
        }
        _ => None,
    }
}

/// Splits `N` fields off, each followed by one space; what is left is the path.
fn fields<const N: usize>(text: &[u8]) -> Option<([&str; N], &[u8])> {
    let mut rest = text;
    let mut fields = [""; N];
    for field in &mut fields {
        let end = rest.iter().position(|byte| *byte == b' ')?;
        *field = std::str::from_utf8(&rest[..end]).ok()?;
        rest = &rest[end + 1..];
    }
    Some((fields, rest))
}

/// Reads one stage; mode zero stands for none.
fn stage(number: u8, mode: &str, id: &str) -> Option<Option<Stage>> {
    let mode = u32::from_str_radix(mode, 8).ok()?;
    let id = git2::Oid::from_str(id).ok()?;
    Some((mode != 0).then_some(Stage { number, mode, id }))
}

fn path(bytes: &[u8]) -> RepoPath {
    RepoPath::new(bytes.strip_suffix(b"/").unwrap_or(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_undocumented_is_refused() {
        for odd in [b"3 what".as_slice(), b"1 M. N... 100644", b"u", b"1 "] {
            assert!(parse(odd).is_err(), "{}", String::from_utf8_lossy(odd));
        }
        assert_eq!(parse(b"# branch.oid x\0").unwrap(), []);
    }

    #[test]
    fn a_path_keeps_its_spaces() {
        let found = parse(b"? a b  c\0? d/\0").unwrap();
        assert_eq!(found[0].path, RepoPath::from("a b  c"));
        assert_eq!(found[1].path, RepoPath::from("d"));
    }
}
