//! Trees as they are stored, each read once for all the merges of a computation.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::iter::Peekable;
use std::sync::{Arc, Mutex, PoisonError};

use git2::{ObjectType, Oid};

use super::super::Repo;
use super::super::error::GitError;

/// How many bytes of trees are kept.
const KEPT: usize = 64 << 20;

/// The type in a mode (`S_IFMT`), that of a tree, and that of a file.
const TYPE: u32 = 0o170_000;
const TREE: u32 = 0o040_000;
const FILE: u32 = 0o100_000;

/// The trees that were read, for all threads.
#[derive(Debug, Default)]
pub struct Trees(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    trees: HashMap<Oid, Arc<[u8]>>,
    bytes: usize,
}

/// An entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// One component of a path.
    pub(super) name: &'a [u8],
    /// Its object.
    pub(super) id: Oid,
    mode: u32,
    /// Of its mode.
    digits: usize,
}

impl Entry<'_> {
    /// Tells whether two entries of one name are of one mode and object.
    fn is_same(&self, other: &Self) -> bool {
        (self.mode, self.id) == (other.mode, other.id)
    }

    /// Gives how many bytes of the tree it takes.
    fn len(self) -> usize {
        self.digits + 1 + self.name.len() + 1 + 20
    }

    pub(super) const fn is_tree(&self) -> bool {
        self.mode & TYPE == TREE
    }

    /// Tells whether it is a file, a symbolic link excluded.
    pub(super) const fn is_file(&self) -> bool {
        self.mode & TYPE == FILE
    }
}

impl Trees {
    /// Reads a tree; none is an empty one.
    pub(super) fn read(&self, repo: &Repo, id: Option<Oid>) -> Result<Arc<[u8]>, GitError> {
        let Some(id) = id else { return Ok(Arc::default()) };
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = kept().trees.get(&id) {
            return Ok(Arc::clone(there));
        }
        let failed = |source| GitError::object("tree", id, source);
        let odb = repo.raw().odb().map_err(failed)?;
        let object = odb.read(id).map_err(failed)?;
        if object.kind() != ObjectType::Tree {
            return Err(failed(git2::Error::from_str("it is not a tree")));
        }
        let tree: Arc<[u8]> = object.data().into();
        // What is not seen here would be taken for the same on both sides.
        if entries(&tree).map(Entry::len).sum::<usize>() != tree.len() {
            return Err(failed(git2::Error::from_str("it is damaged")));
        }
        let mut kept = kept();
        if kept.bytes + tree.len() <= KEPT {
            kept.bytes += tree.len();
            kept.trees.insert(id, Arc::clone(&tree));
        }
        Ok(tree)
    }
}

/// Gives the entries of a tree (`MODE SP NAME NUL`, then twenty bytes of id). What is not of this form ends them.
pub(super) fn entries(tree: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let end = space + rest[space..].iter().position(|byte| *byte == 0)?;
        let digits = rest[..space].iter().all(u8::is_ascii_digit).then_some(&rest[..space])?;
        let mode = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
        let id = Oid::from_bytes(rest.get(end + 1..end + 21)?).ok()?;
        let name = Some(&rest[space + 1..end]).filter(|name| !name.is_empty())?;
        rest = &rest[end + 21..];
        Some(Entry { name, id, mode, digits: space })
    })
}

/// Goes over two trees at once and gives the entries in which they differ: of the one, of the other, or of both. A file and a
/// tree of one name are two entries.
pub(super) fn differences<'a>(
    one: &'a [u8],
    other: &'a [u8],
) -> impl Iterator<Item = (Option<Entry<'a>>, Option<Entry<'a>>)> {
    let (mut one, mut other) = (entries(one).peekable(), entries(other).peekable());
    std::iter::from_fn(move || {
        loop {
            let pair = next(&mut one, &mut other);
            match pair {
                (None, None) => return None,
                (Some(a), Some(b)) if a.is_same(&b) => {}
                pair => return Some(pair),
            }
        }
    })
}

fn next<'a>(
    one: &mut Peekable<impl Iterator<Item = Entry<'a>>>,
    other: &mut Peekable<impl Iterator<Item = Entry<'a>>>,
) -> (Option<Entry<'a>>, Option<Entry<'a>>) {
    let order = match (one.peek(), other.peek()) {
        (Some(a), Some(b)) => order(a, b),
        (Some(_), None) => Ordering::Less,
        (None, _) => Ordering::Greater,
    };
    match order {
        Ordering::Less => (one.next(), None),
        Ordering::Equal => (one.next(), other.next()),
        Ordering::Greater => (None, other.next()),
    }
}

/// Compares as a tree is sorted: a tree as if its name ended with `/` (git's `base_name_compare`).
fn order(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let common = a.name.len().min(b.name.len());
    let end = |entry: &Entry<'_>| match entry.name.get(common) {
        Some(byte) => *byte,
        None if entry.is_tree() => b'/',
        None => 0,
    };
    a.name[..common]
        .cmp(&b.name[..common])
        .then_with(|| end(a).cmp(&end(b)))
        .then(a.name.len().cmp(&b.name.len()))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn what_differs_is_what_git_says() {
        let test = TestRepo::with_commit();
        for path in ["a", "b.c", "b/c", "b0", "d/e/f", "same/x"] {
            test.write(path, "1\n");
        }
        let from = test.commit_all("from");
        for path in ["a", "b", "d/e"] {
            drop(std::fs::remove_file(test.path().join(path)));
            drop(std::fs::remove_dir_all(test.path().join(path)));
        }
        for path in ["a/x", "b", "b.c", "d/e", "new/y"] {
            test.write(path, "2\n");
        }
        let to = test.commit_all("to");
        let repo = test.repo();
        let (trees, root) = (Trees::default(), |commit| repo.commit(commit).unwrap().tree_id());
        let [from, to] = [from, to].map(|commit| trees.read(&repo, Some(root(commit))).unwrap());
        let seen: Vec<String> = differences(&from, &to)
            .map(|(old, new)| {
                let name = old.or(new).unwrap();
                let kind =
                    |entry: Option<Entry<'_>>| entry.map_or('-', |e| if e.is_tree() { 't' } else { 'f' });
                format!("{}{} {}", kind(old), kind(new), String::from_utf8_lossy(name.name))
            })
            .collect();
        let expected = ["f- a", "-t a", "-f b", "ff b.c", "t- b", "tt d", "-t new"];
        assert_eq!(seen, expected);
        assert_eq!(entries(b"100644 cut\0short").count(), 0);
        // Anybody can write a tree; one of these must not look as if it ended early.
        let good = b"100644 a\0aaaaaaaaaaaaaaaaaaaa";
        let odb = repo.raw().odb().unwrap();
        let read = |bytes: &[u8]| {
            let id = odb.write(ObjectType::Tree, bytes).unwrap();
            trees.read(&repo, Some(id)).map(|tree| entries(&tree).count())
        };
        assert_eq!(read(good).unwrap(), 1);
        for rest in [&b"+100644 b\0"[..], b"100644 \0", b"99 b\0", b"100644 cut\0short", b"x"] {
            let bad = [&good[..], rest, if rest.ends_with(b"\0") { &[b'b'; 20][..] } else { b"" }].concat();
            assert!(read(&bad).is_err(), "{rest:?}");
        }
        assert!(trees.read(&repo, Some(repo.raw().head().unwrap().target().unwrap())).is_err());
    }
}
