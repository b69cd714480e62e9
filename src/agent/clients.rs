//! How each known client is called without a terminal: prompt, role, model, permission, session.

use std::collections::BTreeMap;

use crate::domain::plan::{Agent, Call, Command, Limits, OutputKind, Permission, PromptChannel, Session};

/// aider takes a prompt from a file only. What it writes beside its work (its histories, its index of symbols) is
/// removed behind it where it is neither tracked nor ignored: else every aider task would commit it, and any two of
/// them would conflict.
const AIDER: &str = "aider --message-file \"$WINDROW_PROMPT_FILE\" --yes-always --no-stream --no-pretty \
    --no-check-update --no-show-release-notes --no-show-model-warnings --no-analytics --no-gitignore \"$@\"; code=$?; \
    git clean -fdq -- .aider.chat.history.md .aider.input.history '.aider.tags.cache.v*'; exit \"$code\"";

/// What a client can do that matters to whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Whether a session can be continued with another prompt.
    pub resumes: bool,
    /// Whether we can choose the id of a session.
    pub takes_session_id: bool,
    /// Whether a role has a place of its own, and need not stand before the prompt.
    pub takes_role: bool,
    /// Whether a model can be named.
    pub takes_model: bool,
    /// Whether it says what it cost.
    pub says_cost: bool,
}

/// Gives what a client can do; none if the name is no client's.
pub(super) fn abilities(client: &str) -> Option<Abilities> {
    let of = |words: &str| Abilities {
        resumes: words.contains("resume"),
        takes_session_id: words.contains("id"),
        takes_role: words.contains("role"),
        takes_model: words.contains("model"),
        says_cost: words.contains("cost"),
    };
    Some(match client {
        "claude" => of("resume id role model cost"),
        "codex" => of("resume role model"),
        "opencode" => of("resume model cost"),
        "gemini" | "copilot" => of("resume id model"),
        "qwen" => of("resume id role model"),
        "aider" => of("model cost"),
        "cursor-agent" => of("resume model"),
        "amp" => of(""),
        "goose" => of("role"),
        _ => return None,
    })
}

/// Gives the agent of a client.
pub(super) fn agent(name: &str) -> Option<Agent> {
    use OutputKind::{Aider, Claude, Codex, Copilot, Gemini, Opencode, Qwen, Text};
    use PromptChannel::{Argument, File, Stdin};
    abilities(name)?;
    let (prompt, output) = match name {
        "claude" | "amp" => (Stdin, Claude),
        "codex" => (Stdin, Codex),
        "opencode" => (Stdin, Opencode),
        "gemini" => (Stdin, Gemini),
        "qwen" => (Stdin, Qwen),
        "copilot" => (Stdin, Copilot),
        "aider" => (File, Aider),
        "cursor-agent" => (Argument, Claude),
        _ => (Stdin, Text),
    };
    let variable = match name {
        // A worktree is a folder that the client has never seen, and it refuses those without this variable.
        "gemini" => Some(("GEMINI_CLI_TRUST_WORKSPACE", "true")),
        "goose" => Some(("GOOSE_MODE", "auto")),
        _ => None,
    };
    let env = variable.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut agent = Agent {
        name: name.to_owned(),
        command: Command::Argv(Vec::new()),
        prompt,
        output,
        env: env.collect::<BTreeMap<_, _>>(),
        client: Some(name.to_owned()),
        model: None,
        permission: Permission::default(),
    };
    agent.command = match name {
        "aider" => Command::Shell(AIDER.to_owned()),
        _ => Command::Argv(argv(&agent, None, &Session::Unnamed)),
    };
    Some(agent)
}

/// Gives how an agent is called for a prompt. `prompt` begins with `role` where there is one; a client that has a place for
/// roles gets it there, and the prompt without it.
pub fn call(agent: &Agent, prompt: &str, role: Option<&str>, session: &Session) -> Call {
    let known = agent.client.as_deref().and_then(|client| Some((client, abilities(client)?)));
    let Some((client, can)) = known else {
        return Call { argv: agent.argv(prompt), prompt: prompt.to_owned(), session: None };
    };
    let own = role
        .filter(|_| can.takes_role)
        .and_then(|role| Some((role, prompt.strip_prefix(role)?.trim_start_matches(['\r', '\n']))));
    let (role, text) = own.map_or((None, prompt), |(role, text)| (Some(role), text));
    let session = match session {
        Session::New(_) if !can.takes_session_id => &Session::Unnamed,
        Session::Resume(_) if !can.resumes => &Session::Unnamed,
        session => session,
    };
    let mut argv = match client {
        "aider" => {
            let mut argv = agent.argv("");
            argv.extend(agent.model.iter().flat_map(|model| ["--model".to_owned(), model.clone()]));
            argv
        }
        _ => argv(agent, role, session),
    };
    if agent.prompt == PromptChannel::Argument {
        argv.push(text.to_owned());
    }
    let id = match session {
        Session::New(id) | Session::Resume(id) => Some(id.clone()),
        Session::Unnamed => None,
    };
    Call { argv, prompt: text.to_owned(), session: id }
}

/// Gives the words by which a client is told how much it may use, as far as it can be.
pub fn limits(agent: &Agent, limits: Limits) -> Vec<String> {
    let mut words = Words(Vec::new());
    let (turns, cost) = (limits.turns.map(|n| n.to_string()), limits.cost_usd.map(|n| n.to_string()));
    match agent.client.as_deref() {
        Some("claude") => {
            words.pair("--max-turns", turns.as_deref());
            words.pair("--max-budget-usd", cost.as_deref());
        }
        Some("qwen") => words.pair("--max-session-turns", turns.as_deref()),
        _ => {}
    }
    words.0
}

/// The words of a call.
struct Words(Vec<String>);

impl Words {
    fn add(&mut self, line: &str) {
        self.0.extend(line.split_whitespace().map(str::to_owned));
    }

    fn pair(&mut self, flag: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.extend([flag.to_owned(), value.to_owned()]);
        }
    }
}

/// Gives the argument vector of a client that is no shell line.
fn argv(agent: &Agent, role: Option<&str>, session: &Session) -> Vec<String> {
    let (mut words, full) = (Words(Vec::new()), agent.permission == Permission::Full);
    let either = |edit: &'static str, all: &'static str| if full { all } else { edit };
    let (model, resumed) = (agent.model.as_deref(), session.resumed());
    match agent.client.as_deref().unwrap_or_default() {
        "claude" => {
            words.add("claude -p --output-format stream-json --verbose --permission-mode");
            words.add(either("acceptEdits", "bypassPermissions"));
            words.pair("--model", model);
            words.pair("--append-system-prompt", role);
            words.pair("--session-id", session.chosen());
            words.pair("--resume", resumed);
        }
        "codex" => {
            words.add(if resumed.is_some() { "codex exec resume --json" } else { "codex exec --json" });
            words.add(match (full, resumed.is_some()) {
                (true, _) => "--dangerously-bypass-approvals-and-sandbox",
                // A session that is continued takes no --sandbox.
                (false, true) => "-c sandbox_mode=\"workspace-write\"",
                (false, false) => "--sandbox workspace-write",
            });
            words.pair("-m", model);
            let instructions =
                role.map(|role| format!("developer_instructions={}", serde_json::Value::from(role)));
            words.pair("-c", instructions.as_deref());
            words.0.extend(resumed.map(str::to_owned));
            words.add("-");
        }
        "opencode" => {
            words.add("opencode run --format json");
            words.add(either("", "--auto"));
            words.pair("-m", model);
            words.pair("--session", resumed);
        }
        "gemini" | "qwen" => {
            let gemini = agent.client.as_deref() == Some("gemini");
            words.add(if gemini { "gemini -o stream-json" } else { "qwen -o stream-json" });
            words.add("--approval-mode");
            words.add(either(if gemini { "auto_edit" } else { "auto-edit" }, "yolo"));
            words.pair("-m", model);
            words.pair("--append-system-prompt", role);
            words.pair("--session-id", session.chosen());
            words.pair("--resume", resumed);
        }
        "copilot" => {
            words.add("copilot --output-format json --no-ask-user --no-color");
            words.add(either("--allow-tool=write", "--allow-all-tools"));
            words.pair("--model", model);
            words.pair("--session-id", session.chosen());
            words.0.extend(resumed.map(|id| format!("--resume={id}")));
        }
        "amp" => words.add("amp -x --stream-json"),
        "cursor-agent" => {
            // Without `--force` it only proposes its edits.
            words.add("cursor-agent -p --output-format stream-json --force --trust");
            words.pair("--model", model);
            words.pair("--resume", resumed);
        }
        "goose" => {
            words.add("goose run --no-session --quiet");
            words.pair("--system", role);
            words.add("-i -");
        }
        _ => {}
    }
    words.0
}
