//! A closed environment for one test: a temporary directory with a repository, a home of its own, no variable of the
//! machine but `PATH`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The environment.
pub struct Env {
    dir: tempfile::TempDir,
}

/// What the program gave.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The exit code; -1 for an end by a signal.
    pub code: i32,
    /// Standard output, redacted.
    pub stdout: String,
    /// Standard error, redacted.
    pub stderr: String,
}

impl std::fmt::Display for Ran {
    /// Writes all of it, for a snapshot.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        if self.code != 0 {
            writeln!(f, "--- exit {}", self.code)?;
        }
        Ok(())
    }
}

impl Ran {
    /// Asserts an exit code.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Reads standard output as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Reads standard output as JSON lines.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

impl Env {
    /// Makes one with a repository `repo` on `main` without a commit.
    pub fn empty() -> Self {
        let env = Self { dir: tempfile::tempdir().unwrap() };
        for dir in ["home", "repo"] {
            std::fs::create_dir(env.dir().join(dir)).unwrap();
        }
        let identity = "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n";
        std::fs::write(env.dir().join("home/.gitconfig"), identity).unwrap();
        env.git(&["init", "-q", "-b", "main"]);
        env
    }

    /// Makes one with `file` and `src/lib.rs` in a first commit.
    pub fn new() -> Self {
        let env = Self::empty();
        env.write("file", "one\n");
        env.write("src/lib.rs", "pub fn one() -> u32 {\n    1\n}\n");
        env.write(".gitignore", "/target\n*.log\n");
        env.commit("first");
        env
    }

    /// Gives the temporary directory, symbolic links resolved.
    pub fn dir(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// Gives the repository's root.
    pub fn repo(&self) -> PathBuf {
        self.dir().join("repo")
    }

    /// Gives the root of a task's worktree.
    pub fn worktree(&self, id: &str) -> PathBuf {
        self.dir().join("repo.worktrees").join(id)
    }

    /// Writes a file of the main worktree.
    pub fn write(&self, path: &str, content: &str) {
        write(&self.repo().join(path), content);
    }

    /// Writes an executable script outside the repository and gives its path.
    pub fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.dir().join("bin").join(name);
        write(&path, &format!("#!/bin/sh\n{body}"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        path
    }

    /// Commits everything in the main worktree.
    pub fn commit(&self, message: &str) {
        self.commit_in(&self.repo(), message);
    }

    /// Commits everything in a worktree.
    pub fn commit_in(&self, dir: &Path, message: &str) {
        self.git_in(dir, &["add", "-A"]);
        self.git_in(dir, &["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Runs git in the main worktree, asserts success, gives its standard output without the last newline.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.repo(), arguments)
    }

    /// Runs git in a directory, asserts success, gives its standard output without the last newline.
    pub fn git_in(&self, dir: &Path, arguments: &[&str]) -> String {
        let output = self.command("git", dir).args(arguments).output().unwrap();
        let told = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat();
        assert!(output.status.success(), "git {arguments:?}: {} {told}", output.status);
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }

    /// A command of this environment.
    pub fn command(&self, program: &str, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(dir).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs([("HOME", self.dir().join("home"))]);
        command.envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("COLUMNS", "100"), ("TERM", "dumb")]);
        command.envs([
            ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
            ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
        ]);
        command.envs([("GIT_CONFIG_NOSYSTEM", "1")]);
        command
    }

    /// The program, to be run in a directory.
    pub fn windrow(&self, dir: &Path) -> Command {
        self.command(env!("CARGO_BIN_EXE_windrow"), dir)
    }

    /// Runs the program in the main worktree.
    #[must_use = "snapshot the output or assert the exit code"]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(&self.repo(), arguments)
    }

    /// Runs the program in a directory.
    #[must_use = "snapshot the output or assert the exit code"]
    pub fn run_in(&self, dir: &Path, arguments: &[&str]) -> Ran {
        self.ran(&self.windrow(dir).args(arguments).output().unwrap())
    }

    /// Redacts what a process gave.
    #[must_use = "snapshot the output or assert the exit code"]
    pub fn ran(&self, output: &Output) -> Ran {
        let text = |bytes: &[u8]| self.redact(&String::from_utf8_lossy(bytes));
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Replaces what differs from run to run: the temporary directory, ids of operations and runs, ages, durations,
    /// times, and sizes on disk as documents have them. Object ids stay: dates and identities are fixed.
    pub fn redact(&self, text: &str) -> String {
        let text = text.replace(&self.dir().display().to_string(), "[DIR]");
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            out.push_str(&redact_line(line));
        }
        out
    }

    /// Asserts that git finds nothing wrong: fsck, status of every worktree, no lock file left.
    pub fn assert_sound(&self) {
        self.git(&["fsck", "--strict", "--no-dangling"]);
        for line in self.git(&["worktree", "list", "--porcelain"]).lines() {
            if let Some(path) = line.strip_prefix("worktree ") {
                self.git_in(Path::new(path), &["status", "--porcelain"]);
            }
        }
        let mut open = vec![self.repo().join(".git")];
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
pub fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn redact_line(line: &str) -> String {
    let key = "\"bytes\": ";
    if let Some((before, after)) = line.split_once(key) {
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        return format!("{before}{key}0{rest}");
    }
    let mut out = String::new();
    let mut word = String::new();
    for c in line.chars() {
        if c.is_ascii_alphanumeric() || "-:.".contains(c) {
            word.push(c);
        } else {
            out.push_str(&redact_word(&word));
            word.clear();
            out.push(c);
        }
    }
    out.push_str(&redact_word(&word));
    out
}

fn redact_word(word: &str) -> String {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let core = shape.trim_end_matches(['.', ':']);
    let tail = &word[core.len()..];
    let is_id = core.len() == 20 && core.starts_with("99999999-999999-");
    let is_time = core.starts_with("9999-99-99T99:99:99");
    let units = ["ms", "s", "m", "h", "d"];
    let is_duration = core.starts_with('9') && units.contains(&core.trim_start_matches(['9', '.']));
    if is_id {
        format!("[ID]{tail}")
    } else if is_time {
        format!("[TIME]{tail}")
    } else if is_duration {
        format!("[T]{tail}")
    } else {
        word.to_owned()
    }
}
