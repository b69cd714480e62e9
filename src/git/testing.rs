//! Real temporary repositories for tests, made by the git executable in a closed environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Repo;
use crate::domain::oid::CommitId;
use crate::domain::place::Place;

/// A repository `repo` in a temporary directory, on branch `main`, with an identity of its own.
pub(crate) struct TestRepo {
    dir: tempfile::TempDir,
}

impl TestRepo {
    /// Makes one without a commit.
    pub(crate) fn new() -> Self {
        let test = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(test.path()).unwrap();
        test.git(&["init", "-q", "-b", "main"]);
        for (key, value) in [
            ("user.name", "Test"),
            ("user.email", "test@example.com"),
            ("core.autocrlf", "false"),
            ("commit.gpgsign", "false"),
        ] {
            test.git(&["config", key, value]);
        }
        test
    }

    /// Makes one with the file `file` in a first commit.
    pub(crate) fn with_commit() -> Self {
        let test = Self::new();
        test.write("file", "one\n");
        test.commit_all("first");
        test
    }

    /// Gives the temporary directory, symbolic links resolved.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// Gives the worktree's root.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir().join("repo")
    }

    /// Gives the place.
    pub(crate) fn place(&self) -> Place {
        self.repo().place().clone()
    }

    /// Opens it.
    pub(crate) fn repo(&self) -> Repo {
        Repo::discover(&self.path()).unwrap()
    }

    /// Runs git in the main worktree, asserts success, gives its standard output without the last newline.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.path(), arguments)
    }

    /// Runs git in a directory, asserts success, gives its standard output without the last newline.
    pub(crate) fn git_in(&self, dir: &Path, arguments: &[&str]) -> String {
        let output = self.try_git_in(dir, arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }

    /// Runs git in a directory.
    pub(crate) fn try_git_in(&self, dir: &Path, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new("git");
        super::command::LOCAL_VARIABLES.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.args(arguments).current_dir(dir);
        command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C")]);
        command.envs([
            ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
            ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
        ]);
        command.output().unwrap()
    }

    /// Writes a file of the main worktree, directories included.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        write(&self.path().join(path), content);
    }

    /// Commits everything in the main worktree.
    pub(crate) fn commit_all(&self, message: &str) -> CommitId {
        self.commit_all_in(&self.path(), message)
    }

    /// Commits everything in a worktree.
    pub(crate) fn commit_all_in(&self, dir: &Path, message: &str) -> CommitId {
        self.git_in(dir, &["add", "-A"]);
        self.git_in(dir, &["commit", "-q", "--allow-empty", "-m", message]);
        self.git_in(dir, &["rev-parse", "HEAD"]).parse().unwrap()
    }

    /// Gives the commit that a revision names.
    pub(crate) fn rev(&self, revision: &str) -> CommitId {
        self.git(&["rev-parse", "--verify", &format!("{revision}^{{commit}}")]).parse().unwrap()
    }

    /// Asserts that git finds nothing wrong: fsck, the list of worktrees, no lock file left.
    pub(crate) fn assert_sound(&self) {
        self.git(&["fsck", "--strict", "--no-dangling"]);
        self.git(&["worktree", "list"]);
        let mut open = vec![self.path().join(".git")];
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).unwrap().flatten() {
                let name = entry.file_name().into_string().unwrap();
                if entry.file_type().unwrap().is_dir() {
                    open.extend((name != "objects" && name != "windrow").then(|| entry.path()));
                } else {
                    assert!(!name.ends_with(".lock"), "{} is left", entry.path().display());
                }
            }
        }
    }
}

/// Writes a file, directories included.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}
