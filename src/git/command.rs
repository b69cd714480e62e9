//! Every call of the git executable: one builder that knows no shell, no inherited repository and no surprise.
//!
//! A call in an agent's worktree must not run what the agent may have planted there: repository, common dir and
//! worktree are named explicitly (a rewritten `commondir` then has no effect), `core.fsmonitor` is off, hooks are off
//! unless they are asked for, prompts are off. Variables that git calls local are removed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::error::GitError;
use super::limit;
use crate::domain::place::Place;

/// The variables of `git rev-parse --local-env-vars`, and those that would change where git looks or what it runs.
pub const LOCAL_VARIABLES: [&str; 18] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_QUARANTINE_PATH",
];

/// The oldest git that has `merge-tree --write-tree` with everything we read from it.
const OLDEST: (u32, u32) = (2, 39);

/// A call of the git executable that is being put together.
#[derive(Debug)]
pub struct Git {
    options: Vec<OsString>,
    arguments: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    cwd: PathBuf,
    stdin: Option<Vec<u8>>,
    stdin_file: Option<File>,
    hooks: bool,
    limit: Option<Duration>,
}

/// What a call gave.
#[derive(Debug)]
pub struct Output {
    /// The exit status; 128 stands for an end by a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, lossy UTF-8.
    pub stderr: String,
}

impl Git {
    /// Begins a call about the repository as a whole: refs, objects, config.
    pub fn common(place: &Place, subcommand: &str) -> Self {
        let env = vec![("GIT_DIR", place.common_dir.clone().into_os_string())];
        Self::new(env, place.common_dir.clone(), subcommand)
    }

    /// Begins a call in a worktree whose root and git directory are given.
    pub fn worktree(common_dir: &Path, git_dir: &Path, root: &Path, subcommand: &str) -> Self {
        let env = vec![
            ("GIT_DIR", git_dir.as_os_str().to_owned()),
            ("GIT_COMMON_DIR", common_dir.as_os_str().to_owned()),
            ("GIT_WORK_TREE", root.as_os_str().to_owned()),
        ];
        Self::new(env, root.to_owned(), subcommand)
    }

    /// Begins a call that finds the repository from a directory by itself. Only where no agent has been yet.
    pub fn at(dir: &Path, subcommand: &str) -> Self {
        Self::new(Vec::new(), dir.to_owned(), subcommand)
    }

    fn new(env: Vec<(&'static str, OsString)>, cwd: PathBuf, subcommand: &str) -> Self {
        Self {
            options: Vec::new(),
            arguments: vec![subcommand.into()],
            env,
            cwd,
            stdin: None,
            stdin_file: None,
            hooks: false,
            limit: None,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a configuration value for this call.
    pub fn config(mut self, key: &str, value: &str) -> Self {
        self.options.extend(["-c".into(), format!("{key}={value}").into()]);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, key: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key, value.as_ref().to_owned()));
        self
    }

    /// Gives it standard input.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Gives it a file as standard input, from where the file stands. The call shares the file's locks.
    pub fn stdin_file(mut self, file: File) -> Self {
        self.stdin_file = Some(file);
        self
    }

    /// Lets it run the repository's hooks.
    pub fn with_hooks(mut self) -> Self {
        self.hooks = true;
        self
    }

    /// Ends it, with every process of its group, if it takes longer. It then runs in a process group of its own.
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Shows it as it could be typed.
    pub fn describe(&self) -> String {
        let words = std::iter::once("git".into())
            .chain(self.arguments.iter().map(|argument| argument.to_string_lossy()));
        let line = shell_words::join(words);
        match line.char_indices().nth(200) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        LOCAL_VARIABLES.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"]);
        if !self.hooks {
            command.args(["-c", "core.hooksPath=/dev/null"]);
        }
        command.args(&self.options).args(&self.arguments).current_dir(&self.cwd);
        command.envs([
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("LC_ALL", "C"),
            ("GIT_PAGER", "cat"),
        ]);
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it and gives what it gave, whatever its exit status.
    pub fn output(&self) -> Result<Output, GitError> {
        let mut command = self.command();
        if let Some(file) = &self.stdin_file {
            command.stdin(file.try_clone().map_err(|source| GitError::NoGit { source })?);
        }
        if self.limit.is_some() {
            limit::own_group(&mut command);
        }
        let mut child = command.spawn().map_err(|source| GitError::NoGit { source })?;
        let writer = child.stdin.take().zip(self.stdin.clone()).map(|(mut pipe, bytes)| {
            // A call that ends without reading its input closes the pipe; its exit status tells the rest.
            std::thread::spawn(move || drop(pipe.write_all(&bytes)))
        });
        let output = match self.limit {
            None => child.wait_with_output().map(Some),
            Some(limit) => limit::wait(child, limit),
        };
        let output = output.map_err(|source| GitError::NoGit { source })?;
        let Some(output) = output else {
            let limit = self.limit.unwrap_or_default();
            return Err(GitError::TimedOut { command: self.describe(), limit });
        };
        if let Some(writer) = writer {
            drop(writer.join());
        }
        Ok(Output {
            code: output.status.code().unwrap_or(128),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs it on our own terminal, in the user's language, and gives its exit status; 128 stands for an end by a signal.
    pub fn interactive(&self) -> Result<i32, GitError> {
        let mut command = self.command();
        command.env_remove("LC_ALL").env_remove("GIT_PAGER");
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let status = command.status().map_err(|source| GitError::NoGit { source })?;
        Ok(status.code().unwrap_or(128))
    }

    /// Runs it; anything but exit 0 is an error.
    pub fn run(&self) -> Result<Vec<u8>, GitError> {
        let output = self.output()?;
        if output.code == 0 { Ok(output.stdout) } else { Err(self.failed(&output)) }
    }

    /// Makes an error of what it gave.
    pub fn failed(&self, output: &Output) -> GitError {
        let stderr: String = output.stderr.trim().chars().take(2000).collect();
        GitError::Command { command: self.describe(), status: format!("exit {}", output.code), stderr }
    }
}

static VERSION: OnceLock<(u32, u32)> = OnceLock::new();

/// Takes the version of the git executable as known, unless it was asked already.
pub(super) fn assume_git(version: (u32, u32)) {
    VERSION.get_or_init(|| version);
}

/// Checks once a process that the git executable is there and new enough; gives its version.
pub fn require_git() -> Result<(u32, u32), GitError> {
    if let Some(version) = VERSION.get() {
        return Ok(*version);
    }
    let output = Command::new("git")
        .arg("version")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| GitError::NoGit { source })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let found = text.split_whitespace().nth(2).unwrap_or("of an unknown version").to_owned();
    match parse_version(&found) {
        Some(version) if version >= OLDEST => Ok(*VERSION.get_or_init(|| version)),
        _ => Err(GitError::TooOld { found }),
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("2.39.5"), Some((2, 39)));
        assert_eq!(parse_version("2.47.3.windows.1"), Some((2, 47)));
        assert_eq!(parse_version("of"), None);
        assert!(require_git().unwrap() >= OLDEST);
    }

    #[test]
    fn a_planted_commondir_is_not_followed() {
        let test = TestRepo::with_commit();
        test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
        let evil = test.dir().join("evil");
        test.git(&["init", "-q", "--bare", evil.to_str().unwrap()]);
        std::fs::write(test.path().join(".git/worktrees/w/commondir"), format!("{}\n", evil.display()))
            .unwrap();
        let common = test.place().common_dir;
        let call = Git::worktree(&common, &common.join("worktrees/w"), &test.dir().join("w"), "rev-parse");
        let out = call.arg("--git-common-dir").run().unwrap();
        assert_eq!(String::from_utf8(out).unwrap().trim(), common.to_str().unwrap());
    }

    #[test]
    fn failures_say_what_was_run() {
        let test = TestRepo::with_commit();
        let error = Git::common(&test.place(), "rev-parse").args(["--verify", "no such"]).run().unwrap_err();
        assert!(
            error.to_string().contains("`git rev-parse --verify 'no such'` failed (exit 128)"),
            "{error}"
        );
    }

    #[test]
    fn local_variables_are_those_of_git() {
        let test = TestRepo::with_commit();
        let listed = test.git(&["rev-parse", "--local-env-vars"]);
        for name in listed.lines() {
            assert!(LOCAL_VARIABLES.contains(&name), "{name}");
        }
    }
}
