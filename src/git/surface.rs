//! What in a repository decides what git runs and where it looks (DESIGN §8.10 a): a digest of each file.
//!
//! An agent has no business there, and a command that we or the user run next would execute or believe what it wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::preflight::is_executable;
use crate::domain::name::hex;
use crate::domain::path::path_bytes;
use crate::domain::place::{Place, WorktreePlace};

/// How deep directories are looked into.
const DEPTH: u8 = 4;
/// A longer file counts by its length and time.
const LARGE: u64 = 4 << 20;

/// Name → digest of what is there.
pub type Surface = BTreeMap<String, String>;

/// Reads the surface of a repository and of one of its worktrees: the shared configuration, hooks, `info`, alternates, and the files
/// that tie the worktree to the repository. What cannot be read counts as such.
pub fn surface(place: &Place, tree: &WorktreePlace) -> Surface {
    let mut found = Surface::new();
    let common = &place.common_dir;
    for name in ["config", "config.worktree", "objects/info/alternates", "objects/info/http-alternates"] {
        add(&mut found, name.to_owned(), &common.join(name));
    }
    for name in ["hooks", "info"] {
        add_dir(&mut found, name, &common.join(name), DEPTH);
    }
    if let Some(hooks) = hooks_path(place) {
        add_dir(&mut found, "core.hooksPath", &hooks, DEPTH);
    }
    for name in ["config.worktree", "commondir", "gitdir"] {
        add(&mut found, format!("worktree {name}"), &tree.admin.join(name));
    }
    add_dir(&mut found, "worktree info", &tree.admin.join("info"), DEPTH);
    add(&mut found, "worktree .git".to_owned(), &tree.path.join(".git"));
    // Git itself writes it for those who fetch by plain HTTP.
    found.remove("info/refs");
    found
}

/// Gives the names that differ, sorted.
pub fn differences(before: &Surface, now: &Surface) -> Vec<String> {
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| before.get(*name) != now.get(*name)).cloned().collect()
}

/// Gives the directory of hooks that the shared configuration names, where it is one of the repository or its main worktree. One that
/// is relative belongs to each worktree, whose files are its agent's to change.
fn hooks_path(place: &Place) -> Option<PathBuf> {
    let config = git2::Config::open(&place.common_dir.join("config")).ok()?;
    let path = config.get_path("core.hooksPath").ok().filter(|path| path.is_absolute())?;
    let inside = |root: &PathBuf| path.starts_with(root);
    (inside(&place.common_dir) || place.main_worktree.as_ref().is_some_and(inside)).then_some(path)
}

fn add_dir(found: &mut Surface, name: &str, dir: &Path, depth: u8) {
    let Ok(entries) = std::fs::read_dir(dir) else { return add(found, name.to_owned(), dir) };
    for entry in entries.flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir && depth > 0 {
            add_dir(found, &name, &entry.path(), depth - 1);
        } else {
            add(found, name, &entry.path());
        }
    }
}

fn add(found: &mut Surface, name: String, path: &Path) {
    let Ok(kind) = path.symlink_metadata() else { return };
    let mut digest = Sha256::new();
    if kind.is_symlink() {
        digest.update(b"link ");
        digest.update(std::fs::read_link(path).map(|to| path_bytes(&to).to_vec()).unwrap_or_default());
    } else if kind.is_file() && kind.len() <= LARGE {
        digest.update(if is_executable(path) { &b"program "[..] } else { b"file " });
        digest.update(std::fs::read(path).unwrap_or_else(|_| b"unreadable".to_vec()));
    } else if kind.is_dir() {
        // A directory without an entry that is looked into says nothing.
        return;
    } else {
        let time = kind.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        digest.update(format!("other {} {:?}", kind.len(), time));
    }
    found.insert(name, hex(&digest.finalize()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::status::tests::linked;
    use crate::git::testing::write;

    #[test]
    fn what_an_agent_has_no_business_with() {
        let (test, tree) = linked();
        let now = || surface(&test.place(), &tree);
        let before = now();
        assert!(before.contains_key("config") && before.contains_key("worktree .git"), "{before:?}");
        // What ordinary work leaves behind is none of it.
        write(&tree.path.join("new"), "1\n");
        test.git_in(&tree.path, &["add", "-A"]);
        test.git_in(&tree.path, &["commit", "-q", "-m", "new"]);
        test.git_in(&tree.path, &["tag", "x"]);
        test.git_in(&tree.path, &["stash", "list"]);
        test.git(&["gc", "-q"]);
        test.git(&["update-server-info"]);
        assert_eq!(differences(&before, &now()), [""; 0]);
        let common = test.place().common_dir;
        write(&common.join("hooks/post-merge"), "#!/bin/sh\n");
        write(&common.join("info/attributes"), "* filter=x\n");
        write(&common.join("objects/info/alternates"), "/tmp\n");
        test.git_in(&tree.path, &["config", "alias.x", "!true"]);
        std::fs::write(tree.admin.join("commondir"), "/elsewhere\n").unwrap();
        assert_eq!(
            differences(&before, &now()),
            [
                "config",
                "hooks/post-merge",
                "info/attributes",
                "objects/info/alternates",
                "worktree commondir"
            ]
        );
    }
}
