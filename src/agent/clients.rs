//! The command line of each known client at the level "may edit files".

use std::collections::BTreeMap;

use crate::domain::plan::{Agent, Command, OutputKind, PromptChannel};

/// aider takes a prompt from a file only. What it writes beside its work (its histories, its index of symbols) is
/// removed behind it where it is neither tracked nor ignored: else every aider task would commit it, and any two of
/// them would conflict.
const AIDER: &str = "aider --message-file \"$WINDROW_PROMPT_FILE\" --yes-always --no-stream --no-pretty \
    --no-check-update --no-show-release-notes --no-show-model-warnings --no-analytics --no-gitignore; code=$?; \
    git clean -fdq -- .aider.chat.history.md .aider.input.history '.aider.tags.cache.v*'; exit \"$code\"";

/// Gives the agent of a client.
pub(super) fn agent(name: &str) -> Option<Agent> {
    use PromptChannel::{Argument, File, Stdin};
    Some(match name {
        "claude" => argv(name, "claude -p --permission-mode acceptEdits", Stdin),
        "codex" => argv(name, "codex exec --sandbox workspace-write -", Stdin),
        "opencode" => argv(name, "opencode run", Stdin),
        // A worktree is a folder that the client has never seen, and it refuses those without this variable.
        "gemini" => {
            with(argv(name, "gemini --approval-mode auto_edit", Stdin), "GEMINI_CLI_TRUST_WORKSPACE", "true")
        }
        "qwen" => argv(name, "qwen --approval-mode auto-edit", Stdin),
        "copilot" => argv(name, "copilot --no-ask-user --no-color --allow-tool=write", Stdin),
        "aider" => Agent { command: Command::Shell(AIDER.to_owned()), ..argv(name, "", File) },
        "amp" => argv(name, "amp -x", Stdin),
        // Without `--force` it only proposes its edits.
        "cursor-agent" => argv(name, "cursor-agent -p --output-format text --force --trust", Argument),
        "goose" => with(argv(name, "goose run --no-session --quiet -i -", Stdin), "GOOSE_MODE", "auto"),
        _ => return None,
    })
}

/// Takes a line of words without quotes.
fn argv(name: &str, line: &str, prompt: PromptChannel) -> Agent {
    Agent {
        name: name.to_owned(),
        command: Command::Argv(line.split_whitespace().map(str::to_owned).collect()),
        prompt,
        output: OutputKind::Text,
        env: BTreeMap::new(),
    }
}

fn with(mut agent: Agent, variable: &str, value: &str) -> Agent {
    agent.env.insert(variable.to_owned(), value.to_owned());
    agent
}
