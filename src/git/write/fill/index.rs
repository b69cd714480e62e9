//! The bytes of an index (`gitformat-index(5)`): version 2, with the trees that it stands for.

use rustix::fs::Stat;
use sha1::{Digest, Sha1};

use super::walk::{Entry, Listing, Subtree};

/// Encodes the index of a worktree in which each path was just written and looked like `stats`, in the same order.
pub(super) fn encode(listing: &Listing, stats: &[Stat]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(listing.entries.len() * 128 + 64);
    bytes.extend(b"DIRC");
    put(&mut bytes, 2);
    put(&mut bytes, low(listing.entries.len() as u64));
    for (entry, stat) in listing.entries.iter().zip(stats) {
        put_entry(&mut bytes, entry, stat);
    }
    let mut trees = Vec::new();
    put_tree(&mut trees, &listing.root);
    bytes.extend(b"TREE");
    put(&mut bytes, low(trees.len() as u64));
    bytes.extend(trees);
    let sum = Sha1::digest(&bytes);
    bytes.extend(sum);
    bytes
}

fn put(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_be_bytes());
}

/// The format keeps the low 32 bits of everything.
#[allow(clippy::cast_possible_truncation)]
const fn low(number: u64) -> u32 {
    number as u32
}

#[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, clippy::cast_lossless)]
fn put_entry(bytes: &mut Vec<u8>, entry: &Entry, stat: &Stat) {
    let start = bytes.len();
    for number in [
        stat.st_ctime as u64,
        stat.st_ctime_nsec as u64,
        stat.st_mtime as u64,
        stat.st_mtime_nsec as u64,
        stat.st_dev as u64,
        stat.st_ino as u64,
        u64::from(entry.kind.mode()),
        u64::from(stat.st_uid),
        u64::from(stat.st_gid),
        stat.st_size as u64,
    ] {
        put(bytes, low(number));
    }
    bytes.extend(&entry.id.as_bytes()[..20]);
    let length = u16::try_from(entry.path.len()).unwrap_or(u16::MAX).min(0xfff);
    bytes.extend(length.to_be_bytes());
    bytes.extend(&entry.path);
    // One to eight, so that a path always ends with a zero.
    let length = bytes.len() - start;
    bytes.resize(start + (length / 8 + 1) * 8, 0);
}

/// A tree, then its own trees, the shortest name first (`subtree_name_cmp` in git's `cache-tree.c`).
fn put_tree(bytes: &mut Vec<u8>, tree: &Subtree) {
    bytes.extend(&tree.name);
    bytes.push(0);
    bytes.extend(format!("{} {}\n", tree.entries, tree.trees.len()).into_bytes());
    bytes.extend(&tree.id.as_bytes()[..20]);
    let mut trees: Vec<&Subtree> = tree.trees.iter().collect();
    trees.sort_by_key(|tree| (tree.name.len(), &tree.name));
    trees.into_iter().for_each(|tree| put_tree(bytes, tree));
}
