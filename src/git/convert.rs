//! Between libgit2's ids and ours.

use crate::domain::oid::{BlobId, CommitId, TreeId};

/// An id that knows what kind of object it names.
pub(in crate::git) trait Id: std::fmt::Display + Copy {
    /// Gives the raw bytes.
    fn bytes(&self) -> &[u8; 20];
}

impl Id for CommitId {
    fn bytes(&self) -> &[u8; 20] {
        self.as_bytes()
    }
}

impl Id for TreeId {
    fn bytes(&self) -> &[u8; 20] {
        self.as_bytes()
    }
}

impl Id for BlobId {
    fn bytes(&self) -> &[u8; 20] {
        self.as_bytes()
    }
}

/// Gives libgit2's form.
pub(in crate::git) fn oid(id: impl Id) -> git2::Oid {
    git2::Oid::from_bytes(id.bytes()).unwrap_or(git2::Oid::ZERO_SHA1)
}

fn bytes(oid: git2::Oid) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&oid.as_bytes()[..20]);
    bytes
}

/// Takes an id that is known to be a commit's.
pub(in crate::git) fn commit_id(oid: git2::Oid) -> CommitId {
    CommitId::from_bytes(bytes(oid))
}

/// Takes an id that is known to be a tree's.
pub(in crate::git) fn tree_id(oid: git2::Oid) -> TreeId {
    TreeId::from_bytes(bytes(oid))
}

/// Takes an id that is known to be a blob's.
pub(in crate::git) fn blob_id(oid: git2::Oid) -> BlobId {
    BlobId::from_bytes(bytes(oid))
}
