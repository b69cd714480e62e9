//! Repositories in the states that verbs meet, and the proof that a refusal left one as it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::env::{Env, Ran};

/// Everything that a refusal must leave alone: each file below the temporary directory with its bytes (a symbolic link
/// with its target), but for objects and for lock files and caches of Windrow, which say nothing.
pub type Everything = BTreeMap<PathBuf, Vec<u8>>;

impl Env {
    /// Reads the state of the repository, of its worktrees and of the records.
    pub fn everything(&self) -> Everything {
        let mut state = Everything::new();
        collect(&self.dir(), &self.dir(), &mut state);
        state
    }

    /// Runs the program, asserts the exit code and that nothing changed.
    pub fn refused(&self, code: i32, arguments: &[&str]) -> Ran {
        self.refused_in(&self.repo(), code, arguments)
    }

    /// The same in a directory.
    pub fn refused_in(&self, dir: &Path, code: i32, arguments: &[&str]) -> Ran {
        let before = self.everything();
        let ran = self.run_in(dir, arguments).exits(code);
        self.assert_untouched(&before, &ran);
        ran
    }

    /// Asserts that the state is what it was.
    pub fn assert_untouched(&self, before: &Everything, ran: &Ran) {
        let after = self.everything();
        let differs = |path: &&PathBuf| before.get(*path) != after.get(*path);
        let mut changed: Vec<&PathBuf> = before.keys().chain(after.keys()).filter(differs).collect();
        changed.dedup();
        assert!(changed.is_empty(), "changed: {changed:?} by\n{ran}");
    }

    /// Starts a task and commits files (path, content) in it, in one commit.
    pub fn task(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        self.run(&["start", name]).exits(0);
        let tree = self.worktree(name);
        for (path, content) in files {
            crate::env::write(&tree.join(path), content);
        }
        if !files.is_empty() {
            self.commit_in(&tree, &format!("work on {name}"));
        }
        tree
    }

    /// Gives the id of the newest operation whose summary is this.
    pub fn operation(&self, summary: &str) -> String {
        let output = self.windrow(&self.repo()).args(["history", "--json", "-n", "100"]).output().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = document["operations"].as_array().unwrap();
        let row = rows.iter().find(|row| row["summary"] == summary).unwrap_or_else(|| panic!("{document:#}"));
        row["id"].as_str().unwrap().to_owned()
    }
}

fn collect(root: &Path, dir: &Path, state: &mut Everything) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap().to_owned();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            // A journal file of an operation that was taken back is no change; open ones are.
            let says_nothing = name.ends_with("objects")
                || name.ends_with("windrow/cache")
                || name.ends_with("windrow/staging");
            if !says_nothing {
                if !name.starts_with("repo/.git/windrow") {
                    state.insert(name, Vec::new());
                }
                collect(root, &path, state);
            }
        } else if kind.is_symlink() {
            state.insert(name, std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes());
        } else if !name.ends_with("topology.lock")
            && name.parent().is_some_and(|p| !p.ends_with("operations"))
        {
            state.insert(name, std::fs::read(&path).unwrap());
        }
    }
}
