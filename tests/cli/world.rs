//! The whole of what a user can see of a repository, as text that can be compared, and a repository that can be put
//! back to how it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::env::Env;

impl Env {
    /// Keeps everything as it is now, for [`Self::restore`].
    pub fn save(&self) {
        let saved = self.dir().join("saved");
        drop(std::fs::remove_dir_all(&saved));
        std::fs::create_dir(&saved).unwrap();
        for name in self.top() {
            self.copy(&self.dir().join(&name), &saved);
        }
    }

    /// Puts everything back to how it was when it was saved.
    pub fn restore(&self) {
        for name in self.top() {
            std::fs::remove_dir_all(self.dir().join(name)).unwrap();
        }
        for entry in std::fs::read_dir(self.dir().join("saved")).unwrap().flatten() {
            self.copy(&entry.path(), &self.dir());
        }
    }

    fn top(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.dir()).unwrap().flatten();
        let names = names.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("repo")).collect()
    }

    fn copy(&self, from: &Path, into: &Path) {
        let copied = self.command("cp", &self.dir()).arg("-a").arg(from).arg(into).status();
        assert!(copied.unwrap().success());
    }

    /// Gives what a user can see: refs, and of each worktree HEAD, index, status, every file; our records of tasks.
    /// What belongs to a task that `without` names is left out, and so are rescue refs and the trash.
    pub fn world(&self, without: &str) -> String {
        let mut out = String::new();
        let mut push = |line: &str| out.extend([line, "\n"]);
        let refs = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let skip = format!("refs/heads/{without} ");
        refs.lines()
            .filter(|line| !line.starts_with("refs/windrow/") && !line.starts_with(&skip))
            .for_each(&mut push);
        for (path, entry) in self.worktrees() {
            // A place for tests that could not be taken away goes with the next one.
            if path.file_name().is_some_and(|name| name == without)
                || entry.contains("\nlocked windrow scratch")
            {
                continue;
            }
            push(&format!("# {}", entry.trim_end()));
            if path.exists() {
                // After a copy the times of files are not those that the index knows.
                drop(self.command("git", &path).args(["update-index", "-q", "--refresh"]).output());
                push(&self.git_in(&path, &["ls-files", "-s", "-t"]));
                push(&self.git_in(&path, &["status", "--porcelain", "--ignored", "-uall"]));
                files(&path).iter().for_each(&mut |line: &String| push(line));
            }
        }
        let dir = self.dir().join("repo.worktrees");
        for name in names(&dir).iter().filter(|name| *name != without && *name != ".windrow") {
            push(&format!("directory {name}"));
        }
        let tasks = self.repo().join(".git/windrow/tasks");
        let is_record = |name: &&String| name.ends_with(".json") && **name != format!("{without}.json");
        for name in names(&tasks).iter().filter(is_record) {
            let mut task: BTreeMap<String, serde_json::Value> =
                serde_json::from_slice(&std::fs::read(tasks.join(name)).unwrap()).unwrap();
            task.remove("created");
            // Another program may hold the ports that it had before.
            task.remove("port");
            push(&format!("task {}", serde_json::to_string(&task).unwrap()));
        }
        out
    }

    /// Gives root and description of every registered worktree.
    pub fn worktrees(&self) -> Vec<(PathBuf, String)> {
        let listed = self.git(&["worktree", "list", "--porcelain"]);
        let path =
            |entry: &str| PathBuf::from(entry.lines().next().unwrap().strip_prefix("worktree ").unwrap());
        listed.split("\n\n").filter(|e| !e.trim().is_empty()).map(|e| (path(e), e.to_owned())).collect()
    }

    /// Asserts that git works everywhere, be a lock file left or not.
    pub fn assert_git_works(&self) {
        const FSCK: [&str; 3] = ["fsck", "--strict", "--no-dangling"];
        // What outlives its dispatcher may commit while it looks, and a tree that came after the look into its directory is missing.
        let sound = || self.command("git", &self.repo()).args(FSCK).output().unwrap().status.success();
        for _ in 0..10 {
            if sound() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.git(&FSCK);
        self.git(&["branch", "--all"]);
        for (path, _) in self.worktrees().iter().filter(|(path, _)| path.exists()) {
            self.git_in(path, &["status", "--porcelain"]);
        }
    }

    /// Asserts that no operation is open and nothing is staged any more.
    pub fn assert_nothing_open(&self) {
        for dir in ["operations/open", "staging"] {
            assert_eq!(names(&self.repo().join(".git/windrow").join(dir)), Vec::<String>::new(), "{dir}");
        }
    }
}

/// Lists the names in a directory, sorted; none if it is not there.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Lists every file below a root but for its `.git`: path, mode and content.
fn files(root: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(dir) = open.pop() {
        for name in names(&dir).into_iter().filter(|name| dir != root || name != ".git") {
            let path = dir.join(name);
            let kind = std::fs::symlink_metadata(&path).unwrap();
            let content = if kind.is_dir() {
                open.push(path.clone());
                String::new()
            } else if kind.is_symlink() {
                std::fs::read_link(&path).unwrap().display().to_string()
            } else {
                String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()
            };
            found.push(format!("{} {} {content:?}", path.display(), mode(&kind)));
        }
    }
    found.sort();
    found
}

#[cfg(unix)]
fn mode(kind: &std::fs::Metadata) -> String {
    format!("{:o}", std::os::unix::fs::PermissionsExt::mode(&kind.permissions()))
}

#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> String {
    String::new()
}
