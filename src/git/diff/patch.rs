//! The text of a difference in git's form, such that `git apply` takes every part of it.
//!
//! libgit2 gives hunks and binary deltas; the headers are ours: ids in full, as binary deltas need them, and a change
//! of type as a deletion and a creation.

use super::side::Side;
use crate::domain::path::quote;

/// Writes one file: its header, then what a libgit2 patch says of its content.
pub(super) fn write(
    out: &mut Vec<u8>,
    old: Option<&Side>,
    new: Option<&Side>,
    similarity: Option<u64>,
    patch: Option<git2::Patch<'_>>,
) -> Result<(), git2::Error> {
    let Some(any) = old.or(new) else { return Ok(()) };
    let (before, after) = (old.unwrap_or(any), new.unwrap_or(any));
    let id = |side: Option<&Side>| side.map_or(git2::Oid::ZERO_SHA1, |side| side.id);
    let (old_id, new_id) = (id(old), id(new));
    // libgit2 says of a binary file that only changed its mode that it differs.
    let body = patch.filter(|_| old_id != new_id).map(body).transpose()?.unwrap_or_default();
    let (a, b) = (name("a/", before), name("b/", after));
    let mut head = format!("diff --git {a} {b}\n");
    match (old, new) {
        (None, _) => head += &format!("new file mode {:06o}\n", after.mode),
        (_, None) => head += &format!("deleted file mode {:06o}\n", before.mode),
        _ if before.mode != after.mode => {
            head += &format!("old mode {:06o}\nnew mode {:06o}\n", before.mode, after.mode);
        }
        _ => {}
    }
    if let Some(similarity) = similarity {
        let (from, to) = (name("", before), name("", after));
        head += &format!("similarity index {similarity}%\nrename from {from}\nrename to {to}\n");
    }
    if old_id != new_id {
        head += &format!("index {old_id}..{new_id}");
        if old.is_some() && new.is_some() && before.mode == after.mode {
            head += &format!(" {:06o}", after.mode);
        }
        head.push('\n');
    }
    if body.starts_with(b"@@") {
        let line = |side: Option<&Side>, name: &str| match side {
            // Git ends a name with spaces in it by a tab, so that it is told from what may follow.
            Some(_) if name.contains(' ') && !name.starts_with('"') => format!("{name}\t"),
            Some(_) => name.to_owned(),
            None => "/dev/null".to_owned(),
        };
        head += &format!("--- {}\n+++ {}\n", line(old, &a), line(new, &b));
    }
    out.extend(head.into_bytes());
    out.extend(body);
    Ok(())
}

fn name(prefix: &str, side: &Side) -> String {
    quote(&[prefix.as_bytes(), side.path.as_bytes()].concat())
}

/// Gives a patch without its header.
fn body(mut patch: git2::Patch<'_>) -> Result<Vec<u8>, git2::Error> {
    use git2::DiffLineType;
    let mut body = Vec::new();
    patch.print(&mut |_, _, line| {
        let mark: &[u8] = match line.origin_value() {
            DiffLineType::FileHeader => return true,
            DiffLineType::Context => b" ",
            DiffLineType::Addition => b"+",
            DiffLineType::Deletion => b"-",
            _ => b"",
        };
        body.extend_from_slice(mark);
        body.extend_from_slice(line.content());
        true
    })?;
    Ok(body)
}
