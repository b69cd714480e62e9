//! A plan after validation: tasks that can be run, with every name resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::name::{BranchName, TaskName, hex};
use super::oid::CommitId;

/// How many agents run at once by default.
pub const DEFAULT_JOBS: usize = 4;
/// Time between asking a process to end and ending it, in milliseconds.
pub const DEFAULT_GRACE_MS: u64 = 5_000;

/// A validated plan: of a file, or of the command line alone.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The text as it was read, kept with the run; empty for a plan of the command line.
    pub source: String,
    /// The branch or commit-ish that tasks start from.
    pub base: Option<String>,
    /// How many agents run at once.
    pub jobs: Option<usize>,
    /// A shell line whose success on the merged tree is the condition for landing its tasks.
    pub gate: Option<String>,
    /// How its tasks are landed where the command line does not say: `merge`, `squash`, `rebase` or `ff`.
    pub strategy: Option<String>,
    /// How many US dollars the run may cost: no agent is started once more is spent.
    pub max_cost: Option<f64>,
    /// Shell lines that are run in each worktree before an agent; none leaves it to the settings.
    pub setup: Option<Vec<String>>,
    /// The tasks, in the order of the plan.
    pub tasks: Vec<PlannedTask>,
}

/// How much an attempt may use by its client's own account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Limits {
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// How often it may ask its model: counted by the client where it can be told, else by the tools that it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns: Option<u32>,
}

/// One task of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedTask {
    /// Its name.
    pub name: TaskName,
    /// Its branch; none gives it the settings' default.
    pub branch: Option<BranchName>,
    /// What it starts from, where that is not the plan's base.
    pub base: Option<String>,
    /// Role, blank line, prompt.
    pub prompt: String,
    /// The first line of the prompt without the role, by which people know the task.
    pub title: String,
    /// The name of its role.
    pub role: Option<String>,
    /// That role's prompt, with which [`Self::prompt`] begins.
    pub role_prompt: Option<String>,
    /// Whether a further attempt is told what went wrong with the one before.
    pub feedback: bool,
    /// What a follow-up goes on with; none for a task of a plan.
    pub follows: Option<Follows>,
    /// The agent that works on it; none is decided when the run begins.
    pub agent: Option<Agent>,
    /// Tasks that must be done first.
    pub after: Vec<TaskName>,
    /// Those of them whose tips it starts from: all but the read tasks, which have none. Coming after a read task is an
    /// order and no base.
    pub starts_from: Vec<TaskName>,
    /// Whether it changes the repository or only reads it.
    pub mode: Mode,
    /// Paths that it means to change, as globs.
    pub touches: Vec<String>,
    /// Wall-clock limit in milliseconds.
    pub timeout_ms: Option<u64>,
    /// How long the agent may write nothing, in milliseconds.
    pub silence_ms: Option<u64>,
    /// How much an attempt of it may use.
    pub limits: Limits,
    /// How many further attempts it gets after one that did not end well.
    pub retries: u32,
    /// A command that must succeed in the worktree after the agent: `sh -c`.
    pub check: Option<String>,
    /// Variables added to the environment.
    pub env: BTreeMap<String, String>,
    /// Whether nothing changed is a success.
    pub allow_empty: bool,
}

/// What a follow-up goes on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follows {
    /// The session, where the client can continue one.
    pub session: Option<String>,
    /// The definition of the attempt before: a follow-up makes no other task of it.
    pub definition: String,
    /// The commit over which the attempt before counted its gains.
    pub origin: CommitId,
}

/// What a task does with the repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// It has a branch and a worktree, and its commits are its result.
    #[default]
    Write,
    /// It has neither: it works in a scratch worktree, and its output is its result.
    Read {
        /// Globs of the files that it gets on standard input.
        stdin: Vec<String>,
    },
}

impl Mode {
    /// Gives the word of the plan file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read { .. } => "read",
        }
    }
}

/// Gives the first line of a prompt that says something, at most 200 characters of it.
pub fn title(prompt: &str) -> String {
    prompt
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}

/// A program that is run headless in a worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Agent {
    /// The name that plan and output call it by.
    pub name: String,
    /// How it is called.
    pub command: Command,
    /// How it gets the prompt.
    pub prompt: PromptChannel,
    /// How its output is read.
    pub output: OutputKind,
    /// Variables added to its environment.
    pub env: BTreeMap<String, String>,
    /// The known client that it is; none for a command of the user's own, which is called as it stands.
    pub client: Option<String>,
    /// The model, where a known client is to use a certain one.
    pub model: Option<String>,
    /// What a known client may do without asking.
    pub permission: Permission,
}

/// What an agent may do without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Edit files of its worktree, and run what the user allowed in the client's own settings.
    #[default]
    Edit,
    /// Run any command.
    Full,
}

impl Permission {
    /// Gives the word of the plan file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Full => "full",
        }
    }
}

/// Which session of a client a call is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Session {
    /// A new one of an id that the client chooses.
    Unnamed,
    /// A new one of this id.
    New(String),
    /// This one, continued.
    Resume(String),
}

impl Session {
    /// Gives the id of a new session.
    pub fn chosen(&self) -> Option<&str> {
        if let Self::New(id) = self { Some(id) } else { None }
    }

    /// Gives the id of a session that is continued.
    pub fn resumed(&self) -> Option<&str> {
        if let Self::Resume(id) = self { Some(id) } else { None }
    }
}

/// How an agent is called once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// The prompt as it is handed over.
    pub prompt: String,
    /// The session's id, where it is known beforehand.
    pub session: Option<String>,
}

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// A program and its arguments; no shell.
    Argv(Vec<String>),
    /// The user's own shell line, run as `sh -c LINE windrow`.
    Shell(String),
}

/// How an agent gets its prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptChannel {
    /// On standard input.
    #[default]
    Stdin,
    /// As the last argument, or as `$1` of a shell line.
    Argument,
    /// In the file that `WINDROW_PROMPT_FILE` names.
    File,
}

/// How an agent's output is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// As lines of text.
    #[default]
    Text,
    /// As the events of Claude Code.
    Claude,
    /// As those of Codex.
    Codex,
    /// As those of opencode.
    Opencode,
    /// As those of Gemini CLI.
    Gemini,
    /// As those of Qwen Code.
    Qwen,
    /// As those of Copilot CLI.
    Copilot,
    /// As the text of aider.
    Aider,
}

impl OutputKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Claude,
        Self::Codex,
        Self::Opencode,
        Self::Gemini,
        Self::Qwen,
        Self::Copilot,
        Self::Aider,
    ];

    /// Gives the word of the plan file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Opencode => "opencode",
            Self::Gemini => "gemini",
            Self::Qwen => "qwen",
            Self::Copilot => "copilot",
            Self::Aider => "aider",
        }
    }
}

impl PromptChannel {
    /// Gives the word of the plan file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stdin => "stdin",
            Self::Argument => "argument",
            Self::File => "file",
        }
    }
}

impl Agent {
    /// Gives the agent of `--command LINE`: a shell line, prompt on standard input, text output.
    pub fn of_command_line(line: &str) -> Self {
        Self {
            name: "command".to_owned(),
            command: Command::Shell(line.to_owned()),
            prompt: PromptChannel::Stdin,
            output: OutputKind::Text,
            env: BTreeMap::new(),
            client: None,
            model: None,
            permission: Permission::default(),
        }
    }

    /// Gives the argument vector for a prompt. A shell line becomes `sh -c LINE windrow`, so that the prompt, where it
    /// is an argument, is `$1` and never part of the line.
    pub fn argv(&self, prompt: &str) -> Vec<String> {
        let mut argv = match &self.command {
            Command::Argv(argv) => argv.clone(),
            Command::Shell(line) => ["sh", "-c", line, "windrow"].map(str::to_owned).to_vec(),
        };
        if self.prompt == PromptChannel::Argument {
            argv.push(prompt.to_owned());
        }
        argv
    }

    /// Shows the command in one line.
    pub fn describe(&self) -> String {
        match &self.command {
            Command::Argv(argv) => shell_words::join(argv),
            Command::Shell(line) => line.clone(),
        }
    }
}

impl PlannedTask {
    /// Tells whether it only reads.
    pub const fn is_read(&self) -> bool {
        matches!(self.mode, Mode::Read { .. })
    }

    /// Gives the globs of the files that it gets on standard input.
    pub fn stdin(&self) -> &[String] {
        match &self.mode {
            Mode::Read { stdin } => stdin,
            Mode::Write => &[],
        }
    }

    /// Gives the digest of a read task together with that of what it reads ([`super::manifest::Manifest::digest`]).
    pub fn definition_with(&self, inputs: &str) -> String {
        hex(&Sha256::digest(format!("{} {inputs}", self.definition()))[..16])
    }

    /// Gives a digest of what the task is: name, prompt (role included), agent, after, check. A task whose last
    /// attempt is done with the same digest is finished. The position of its base is no part of it.
    pub fn definition(&self) -> String {
        if let Some(follows) = &self.follows {
            return follows.definition.clone();
        }
        let mut hasher = Sha256::new();
        let mut field = |key: &str, value: &str| {
            for part in [key, value] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        };
        field("name", self.name.as_str());
        field("prompt", &self.prompt);
        if let Some(agent) = &self.agent {
            field("agent", &agent.name);
            match &agent.command {
                Command::Argv(argv) => argv.iter().for_each(|argument| field("argv", argument)),
                Command::Shell(line) => field("shell", line),
            }
            field("channel", agent.prompt.word());
            field("output", agent.output.word());
            field("model", agent.model.as_deref().unwrap_or_default());
            field("permission", agent.permission.word());
            agent.env.iter().for_each(|(key, value)| field(&format!("agent-env {key}"), value));
        }
        self.after.iter().for_each(|after| field("after", after.as_str()));
        self.env.iter().for_each(|(key, value)| field(&format!("env {key}"), value));
        field("check", self.check.as_deref().unwrap_or_default());
        if let Mode::Read { stdin } = &self.mode {
            field("mode", "read");
            stdin.iter().for_each(|glob| field("stdin", glob));
        }
        hex(&hasher.finalize()[..16])
    }
}

/// One thing that is wrong with a plan or settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Line and column, from 1; none if it concerns the whole file.
    pub at: Option<(usize, usize)>,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
}

impl std::fmt::Display for Problem {
    /// Writes `file:line:column: message`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", super::path::show(&self.file))?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A task for tests of other modules.
    pub(crate) fn planned(name: &str, after: &[&str]) -> PlannedTask {
        PlannedTask {
            name: name.parse().unwrap(),
            branch: None,
            base: None,
            prompt: "Do it.".into(),
            title: "Do it.".into(),
            role: None,
            role_prompt: None,
            feedback: false,
            follows: None,
            agent: Some(Agent::of_command_line("cat")),
            after: after.iter().map(|name| name.parse().unwrap()).collect(),
            starts_from: after.iter().map(|name| name.parse().unwrap()).collect(),
            mode: Mode::Write,
            touches: Vec::new(),
            timeout_ms: None,
            silence_ms: None,
            limits: Limits::default(),
            retries: 0,
            check: None,
            env: BTreeMap::new(),
            allow_empty: false,
        }
    }

    #[test]
    fn a_prompt_never_becomes_part_of_a_shell_line() {
        let mut agent = Agent::of_command_line("echo \"$1\"");
        agent.prompt = PromptChannel::Argument;
        assert_eq!(agent.argv("$(touch x)"), ["sh", "-c", "echo \"$1\"", "windrow", "$(touch x)"]);
    }

    #[test]
    fn the_definition_follows_what_matters() {
        let task = planned("a", &["b"]);
        let same = task.clone();
        assert_eq!(task.definition(), same.definition());
        assert_ne!(PlannedTask { prompt: "Else.".into(), ..task.clone() }.definition(), task.definition());
        assert_ne!(PlannedTask { after: Vec::new(), ..task.clone() }.definition(), task.definition());
        let read = |stdin: &[&str]| {
            let mode = Mode::Read { stdin: stdin.iter().map(|glob| (*glob).to_owned()).collect() };
            PlannedTask { mode, ..task.clone() }
        };
        assert_ne!(read(&[]).definition(), task.definition());
        assert_ne!(read(&["a"]).definition(), read(&["b"]).definition());
        assert_ne!(read(&[]).definition_with("1"), read(&[]).definition_with("2"));
        assert_eq!(
            PlannedTask {
                base: Some("dev".into()),
                timeout_ms: Some(5),
                silence_ms: Some(5),
                retries: 3,
                ..task.clone()
            }
            .definition(),
            task.definition()
        );
    }
}
