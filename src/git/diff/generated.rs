//! Which files a project says are generated.

use super::super::Repo;
use super::super::status::open_tree;
use crate::domain::path::RepoPath;
use crate::domain::place::WorktreePlace;

/// The attribute that says so; hosting sites fold such files too.
const ATTRIBUTE: &str = "linguist-generated";

/// Tells for each path whether the attributes of a worktree say that it is generated; where there is no worktree that
/// can be opened, none is.
pub fn generated(repo: &Repo, tree: &WorktreePlace, paths: &[&RepoPath]) -> Vec<bool> {
    let Ok(handle) = open_tree(tree, repo.place()) else { return vec![false; paths.len()] };
    let says = |path: &&RepoPath| {
        let found = handle.get_attr_bytes(&path.to_path(), ATTRIBUTE, git2::AttrCheckFlags::FILE_THEN_INDEX);
        let value = found.ok().flatten();
        // `linguist-generated=true` is as common as the bare attribute.
        value == Some(b"true") || matches!(git2::AttrValue::from_bytes(value), git2::AttrValue::True)
    };
    paths.iter().map(says).collect()
}
