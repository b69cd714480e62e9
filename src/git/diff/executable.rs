//! A worktree as one tree, made by git, where libgit2 would not store the files as git does.
//!
//! Index and objects are temporary ones; the repository's are an alternate and only read.

use std::path::Path;

use crate::domain::place::{Place, WorktreePlace};
use crate::git::GitError;
use crate::git::command::Git;
use crate::git::objects::alternate;
use crate::git::status::{Entry, nested_head, on_disk};

/// Makes the tree from HEAD's and the changed paths; gives the directory with the objects too.
pub(super) fn tree(
    place: &Place,
    tree: &WorktreePlace,
    head: Option<git2::Oid>,
    entries: &[Entry],
    scratch: &Path,
) -> Result<(git2::Oid, tempfile::TempDir), GitError> {
    let objects = tempfile::tempdir_in(scratch).map_err(GitError::io("create a directory in", scratch))?;
    let call = |subcommand: &str| {
        Git::worktree(&place.common_dir, &tree.admin, &tree.path, subcommand)
            .config("core.sparseCheckout", "false")
            .config("core.splitIndex", "false")
            .config("core.untrackedCache", "false")
            .env("GIT_INDEX_FILE", objects.path().join("index"))
            .env("GIT_OBJECT_DIRECTORY", objects.path())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternate(&place.common_dir.join("objects")))
    };
    match head {
        Some(head) => call("read-tree").arg(head.to_string()).run()?,
        None => call("read-tree").arg("--empty").run()?,
    };
    let (staged, on_disk) = split(entries, &tree.path);
    call("update-index").args(["--add", "--replace", "-z", "--index-info"]).stdin(staged).run()?;
    let update = ["--add", "--remove", "--replace", "-z", "--stdin"];
    call("update-index").args(update).stdin(on_disk).run()?;
    let write = call("write-tree");
    let text = String::from_utf8_lossy(&write.run()?).trim().to_owned();
    let made = git2::Oid::from_str(&text)
        .map_err(|_| GitError::Output { command: write.describe(), what: text.clone() })?;
    Ok((made, objects))
}

/// Splits the changes into records for `--index-info` and names for `--stdin`, removals first.
fn split(entries: &[Entry], root: &Path) -> (Vec<u8>, Vec<u8>) {
    let (mut gone, mut staged, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let path = entry.path.as_bytes();
        if !entry.is_known() || entry.staged {
            gone.extend([b"0 0000000000000000000000000000000000000000\t", path, b"\0"].concat());
        }
        match entry.stages.first() {
            Some(stage) if entry.is_as_staged() => {
                staged.extend(format!("{:o} {}\t", stage.mode, stage.id).into_bytes());
                staged.extend([path, b"\0"].concat());
            }
            _ if entry.is_known() && can_be_added(entry, root) => names.extend([path, b"\0"].concat()),
            _ => {}
        }
    }
    gone.extend(staged);
    (gone, names)
}

/// Tells whether git takes what is on disk. It refuses a repository without a commit.
fn can_be_added(entry: &Entry, root: &Path) -> bool {
    match on_disk(root, &entry.path) {
        Some((full, found)) if found.is_dir() => !entry.untracked || nested_head(&full).is_some(),
        Some(_) => true,
        None => !entry.untracked,
    }
}
