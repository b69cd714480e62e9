//! A file on one side of a difference.

use super::apart;
use crate::domain::path::RepoPath;

/// A file on one side of a difference.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) path: RepoPath,
    pub(super) mode: u32,
    pub(super) id: git2::Oid,
}

/// Tells binary from text as git does: by a zero byte near the beginning.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(apart::HEAD)].contains(&0)
}
