//! Everything that a tree holds, in the order of the index, and whether every name may be written as it is.

use git2::{ObjectType, Oid};

use crate::git::{GitError, Repo};

/// What an entry is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Program,
    Link,
    Submodule,
}

impl Kind {
    /// Gives the mode as the index has it; old trees hold others, of which only this is left.
    pub(super) const fn mode(self) -> u32 {
        match self {
            Self::File => 0o100_644,
            Self::Program => 0o100_755,
            Self::Link => 0o120_000,
            Self::Submodule => 0o160_000,
        }
    }

    const fn of(mode: i32) -> Option<Self> {
        match mode & 0o170_000 {
            0o100_000 if mode & 0o100 != 0 => Some(Self::Program),
            0o100_000 => Some(Self::File),
            0o120_000 => Some(Self::Link),
            0o160_000 => Some(Self::Submodule),
            _ => None,
        }
    }
}

/// One path.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// From the root, components parted by slashes.
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) id: Oid,
}

/// One tree, as the index remembers it.
#[derive(Debug, Clone)]
pub(super) struct Subtree {
    /// Its last component; empty for the root.
    pub(super) name: Vec<u8>,
    pub(super) id: Oid,
    /// Entries below it, however deep.
    pub(super) entries: usize,
    /// The trees in it.
    pub(super) trees: Vec<Self>,
}

/// All of a tree.
#[derive(Debug)]
pub(super) struct Listing {
    /// In the order of the index: by the bytes of the path.
    pub(super) entries: Vec<Entry>,
    /// Every directory, parents first.
    pub(super) dirs: Vec<Vec<u8>>,
    pub(super) root: Subtree,
}

/// Lists a tree; nothing if it holds a name that is not plainly a file's, a mode that is none, or an object that cannot
/// be read.
pub(super) fn list(repo: &Repo, root: Oid) -> Result<Option<Listing>, GitError> {
    let objects = repo.raw().odb().map_err(|source| GitError::open(&repo.place().common_dir, source))?;
    let mut walk = Walk { objects: &objects, entries: Vec::new(), dirs: Vec::new() };
    let root = walk.tree(Vec::new(), &[], root);
    Ok(root.map(|root| Listing { entries: walk.entries, dirs: walk.dirs, root }))
}

struct Walk<'o, 'r> {
    objects: &'o git2::Odb<'r>,
    entries: Vec<Entry>,
    dirs: Vec<Vec<u8>>,
}

impl Walk<'_, '_> {
    fn tree(&mut self, name: Vec<u8>, path: &[u8], id: Oid) -> Option<Subtree> {
        let objects = self.objects;
        let object = objects.read(id).ok().filter(|object| object.kind() == ObjectType::Tree)?;
        let (before, mut trees, mut rest) = (self.entries.len(), Vec::new(), object.data());
        while !rest.is_empty() {
            let (mode, name, id, after) = entry(rest)?;
            rest = after;
            let path = [path, if path.is_empty() { b"" } else { b"/" }, name].concat();
            if !is_plain(name) {
                return None;
            }
            if mode & 0o170_000 == 0o040_000 {
                self.dirs.push(path.clone());
                trees.push(self.tree(name.to_vec(), &path, id)?);
            } else {
                let kind = Kind::of(mode).filter(|kind| *kind != Kind::Link || may_be_link(name))?;
                self.entries.push(Entry { path, kind, id });
            }
        }
        Some(Subtree { name, id, entries: self.entries.len() - before, trees })
    }
}

/// Reads the first entry of a raw tree: mode, name, id, and what follows.
fn entry(raw: &[u8]) -> Option<(i32, &[u8], Oid, &[u8])> {
    let space = raw.iter().position(|byte| *byte == b' ')?;
    let mode = i32::from_str_radix(std::str::from_utf8(&raw[..space]).ok()?, 8).ok()?;
    let rest = &raw[space + 1..];
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (name, rest) = (&rest[..end], &rest[end + 1..]);
    let id = Oid::from_bytes(rest.get(..20)?).ok()?;
    Some((mode, name, id, &rest[20..]))
}

/// Tells whether a name is plainly that of a file. `.git` and everything that HFS+ or NTFS would take for it is not
/// (`verify_path` in git's `read-cache.c`, `git_path_validate` in libgit2); in doubt a name is not.
fn is_plain(name: &[u8]) -> bool {
    if name.is_empty() || name == b"." || name == b".." || name.iter().any(|byte| b"/\\:".contains(byte)) {
        return false;
    }
    // Characters that HFS+ ignores may part the letters of `.git`.
    let ignored: [[u8; 2]; 3] = [[0xe2, 0x80], [0xe2, 0x81], [0xef, 0xbb]];
    if name.windows(2).any(|two| ignored.iter().any(|bytes| two == bytes)) {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    match lower.strip_prefix(b".git".as_slice()) {
        // `.gitignore`, `.github`.
        Some(rest) => rest.first().is_some_and(u8::is_ascii_alphanumeric),
        None => !lower.starts_with(b"git~"),
    }
}

/// Tells whether a link may have a name: git refuses one that any file system takes for `.gitmodules`.
fn may_be_link(name: &[u8]) -> bool {
    !name.to_ascii_lowercase().starts_with(b".git") && !name.contains(&b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names() {
        for name in [
            "a",
            "ä.txt",
            ".gitignore",
            ".github",
            ".gitattributes",
            ".gitmodules",
            ".env",
            "git",
            "a.git",
            "日本",
        ] {
            assert!(is_plain(name.as_bytes()), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".git",
            ".GIT",
            ".git ",
            ".git.",
            ".git\u{200c}",
            ".g\u{200c}it",
            "\u{200c}.git",
            "git~1",
            "GIT~2",
            "a\\b",
            "a:b",
            ".git::$INDEX_ALLOCATION",
            "a/b",
            "\u{feff}.git",
        ] {
            assert!(!is_plain(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn raw_entries() {
        let raw = [b"100644 a\0".as_slice(), &[7; 20], b"40000 dir\0", &[8; 20]].concat();
        let (mode, name, id, rest) = entry(&raw).unwrap();
        assert_eq!((mode, name, id), (0o100_644, b"a".as_slice(), Oid::from_bytes(&[7; 20]).unwrap()));
        let (mode, name, _, rest) = entry(rest).unwrap();
        assert_eq!((mode, name, rest), (0o040_000, b"dir".as_slice(), b"".as_slice()));
        for cut in 0..raw.len() {
            let _ = entry(&raw[..cut]);
        }
        assert_eq!(Kind::of(0o100_664), Some(Kind::File));
        assert_eq!(Kind::of(0o100_775), Some(Kind::Program));
        assert_eq!(Kind::of(0o010_000), None);
    }
}
