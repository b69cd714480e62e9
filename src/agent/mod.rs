//! The clients that are known by name: what they are, and how they are called without a terminal.
//!
//! A concern a file: `clients` has the command lines. Whoever reads a client's output adds a file of its own.

mod aider;
mod claude;
mod clients;
mod codex;
mod copilot;
mod fields;
mod gemini;
mod opencode;
mod read;
#[cfg(test)]
mod table;

pub use clients::{Abilities, call, limits};
pub use read::{account, events, has_final_event, readable};

use crate::domain::plan::Agent;

/// A client that a plan, a setting or `--agent` can name without defining it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The name that plans use.
    pub name: &'static str,
    /// The executable that has to be on the `PATH`.
    pub program: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Whether the command line was seen to work; else it is by the client's documentation alone.
    pub tried: bool,
}

const fn known_as(name: &'static str, program: &'static str, about: &'static str, tried: bool) -> Known {
    Known { name, program, about, tried }
}

static KNOWN: [Known; 10] = [
    known_as("claude", "claude", "Claude Code by Anthropic", true),
    known_as("codex", "codex", "Codex by OpenAI", true),
    known_as("opencode", "opencode", "opencode, for models of many providers", true),
    known_as("gemini", "gemini", "Gemini CLI by Google", true),
    known_as("qwen", "qwen", "Qwen Code by Alibaba", true),
    known_as("copilot", "copilot", "Copilot CLI by GitHub", true),
    known_as("aider", "aider", "aider, which commits by itself", true),
    known_as("amp", "amp", "Amp by Sourcegraph", false),
    known_as("cursor-agent", "cursor-agent", "Cursor's agent", false),
    known_as("goose", "goose", "goose, for models of many providers", false),
];

/// Gives the known clients, those whose command lines were tried first.
pub fn known() -> &'static [Known] {
    &KNOWN
}

/// Gives what a known client can do; none if the name is no client's.
pub fn abilities(name: &str) -> Option<Abilities> {
    clients::abilities(name)
}

/// Gives the agent of a known client; none if the name is no client's.
///
/// It may edit files of the worktree without asking. Commands are another matter: gemini, qwen and copilot run none that the
/// user has not allowed, claude only such as create or move files, codex any in its sandbox, and opencode, cursor-agent and
/// goose any. With [`Permission::Full`](crate::domain::plan::Permission::Full) all run what they like.
pub fn builtin(name: &str) -> Option<Agent> {
    clients::agent(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::{Command, PromptChannel};

    #[test]
    fn every_known_client_is_an_agent_that_calls_its_program() {
        for client in known() {
            let agent = builtin(client.name).unwrap_or_else(|| panic!("{} has no command line", client.name));
            assert_eq!(agent.name, client.name);
            match &agent.command {
                Command::Argv(argv) => assert_eq!(argv[0], client.program),
                Command::Shell(line) => assert!(line.starts_with(&format!("{} ", client.program)), "{line}"),
            }
            assert!(!client.about.is_empty());
        }
        assert_eq!(builtin("nobody"), None);
        assert_eq!(builtin("Claude"), None);
    }

    #[test]
    fn names_are_unique_and_tried_ones_come_first() {
        let mut names: Vec<_> = known().iter().map(|client| client.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), known().len());
        assert!(known().is_sorted_by_key(|client| !client.tried));
    }

    #[test]
    fn a_prompt_is_data_of_every_client() {
        let prompt = "$(touch x); `id` --help";
        for client in known() {
            let agent = builtin(client.name).unwrap();
            let argv = agent.argv(prompt);
            let holding: Vec<_> = argv.iter().filter(|argument| argument.contains("touch x")).collect();
            match agent.prompt {
                PromptChannel::Argument => assert_eq!(holding, [prompt], "{}", client.name),
                PromptChannel::Stdin | PromptChannel::File => assert!(holding.is_empty(), "{}", client.name),
            }
        }
    }

    #[test]
    fn a_prompt_file_is_named_where_the_channel_is_a_file() {
        for agent in known().iter().filter_map(|client| builtin(client.name)) {
            let named = agent.describe().contains("\"$WINDROW_PROMPT_FILE\"");
            assert_eq!(named, agent.prompt == PromptChannel::File, "{}", agent.name);
        }
    }
}
