//! Roles and agents: how a file defines them, and where a name finds its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, Key};
use super::report::{At, Report, instead, tick};
use super::table::{Values, article, read};
use crate::agent;
use crate::domain::plan::{Agent, Command, OutputKind, Permission, PromptChannel};
use crate::domain::settings::Settings;

/// What a file defines.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    /// Agents that can be run.
    pub(super) agents: BTreeMap<String, Agent>,
    /// Role prompts, without line breaks at their end.
    pub(super) roles: BTreeMap<String, String>,
    /// Keys that this version does not support, as a message shows them.
    pub(super) unsupported: Vec<At<String>>,
    /// All names, those of definitions with problems included.
    agent_names: BTreeSet<String>,
    role_names: BTreeSet<String>,
}

impl Definitions {
    /// Reads `[agent.NAME]` and `[role.NAME]`. A program that is named with a slash is looked for from `directory`.
    pub(super) fn read(
        report: &mut Report<'_>,
        root: &DeTable<'_>,
        directory: &Path,
        settings: &Settings,
    ) -> Self {
        let mut out = Self::default();
        for (name, at, table) in named_tables(report, root, "role", keys::ROLE) {
            let mut values = read(report, &format!("role {}", tick(&name)), table, keys::ROLE);
            match values.text("prompt") {
                Some(prompt) => {
                    out.roles.insert(name.clone(), trimmed(&prompt.value).to_owned());
                }
                None if values.has("prompt") => {}
                None => report.add_missing(Some(at), format!("role {} has no `prompt`", tick(&name))),
            }
            out.role_names.insert(name);
        }
        for (name, at, table) in named_tables(report, root, "agent", keys::AGENT) {
            let mut values = read(report, &format!("agent {}", tick(&name)), table, keys::AGENT);
            out.unsupported.append(&mut values.unsupported);
            let known = settings.agents.get(&name).cloned().or_else(|| agent::builtin(&name));
            if let Some(agent) = defined(report, At { value: &name, at }, values, known, directory) {
                out.agents.insert(name.clone(), agent);
            }
            out.agent_names.insert(name);
        }
        out
    }

    /// Finds an agent: defined in the file, else in the settings, else known by name. The error ends the message that no
    /// agent has the name; none says that there is one whose own problems are told already.
    pub(super) fn agent(&self, name: &str, settings: &Settings) -> Result<Option<Agent>, String> {
        let found = self.agents.get(name).or_else(|| settings.agents.get(name)).cloned();
        match found.or_else(|| agent::builtin(name)) {
            _ if self.agent_names.contains(name) => Ok(self.agents.get(name).cloned()),
            Some(agent) => Ok(Some(agent)),
            None => {
                let own = self.agent_names.iter().chain(settings.agents.keys()).map(String::as_str);
                let there = own.chain(agent::known().iter().map(|client| client.name));
                Err(format!("there is no agent {}{}", tick(name), instead(name, there)))
            }
        }
    }

    /// Finds a role's prompt, as [`Self::agent`] finds an agent.
    pub(super) fn role(&self, name: &str, settings: &Settings) -> Result<Option<String>, String> {
        if self.role_names.contains(name) {
            return Ok(self.roles.get(name).cloned());
        }
        let there = || self.role_names.iter().chain(settings.roles.keys()).map(String::as_str);
        let found = settings.roles.get(name).map(|prompt| Some(trimmed(prompt).to_owned()));
        found.ok_or_else(|| format!("there is no role {}{}", tick(name), instead(name, there())))
    }
}

/// Takes the line breaks off the end of a text.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['\n', '\r'])
}

/// Joins a role's prompt and a task's: the role, a blank line, the prompt; neither with line breaks at its end.
pub(super) fn joined(role: Option<&str>, prompt: &str) -> String {
    match role {
        Some(role) => format!("{}\n\n{}", trimmed(role), trimmed(prompt)),
        None => trimmed(prompt).to_owned(),
    }
}

/// Gives the tables below `[key]`, each with its name and where it begins.
fn named_tables<'a, 't>(
    report: &mut Report<'_>,
    root: &'a DeTable<'t>,
    key: &str,
    keys: &[Key],
) -> Vec<(String, usize, &'a DeTable<'t>)> {
    let mut tables = Vec::new();
    let below = root.get(key).and_then(|value| value.get_ref().as_table());
    for (name, value) in below.into_iter().flat_map(|table| table.iter()) {
        let at = value.span().start;
        let title = quoted_key(name);
        match value.get_ref() {
            _ if name.get_ref().trim().is_empty() => {
                report.add(name.span().start, format!("the name of {} {key} is empty", article_of(key)));
            }
            DeValue::Table(table) => tables.push((name.get_ref().to_string(), at, table)),
            value if !value.is_table() && keys.iter().any(|known| known.name == name.get_ref()) => {
                let shown = name.get_ref();
                report.add(
                    name.span().start,
                    format!(
                        "`{shown}` belongs to one {key}, which has a name; write `[{key}.NAME]` above it"
                    ),
                );
            }
            DeValue::Array(_) => {
                report.add(at, format!("`{key}.{title}` must be one table; write `[{key}.{title}]`"));
            }
            _ if report.is_broken() && value.span() == (0..0) => {}
            other => report.add(
                name.span().start,
                format!("`{key}.{title}` must be a table, not {}; write `[{key}.{title}]`", article(other)),
            ),
        }
    }
    tables
}

fn article_of(word: &str) -> &'static str {
    if word.starts_with('a') { "an" } else { "a" }
}

/// Shows a key as it has to be written in a header.
fn quoted_key(name: &Spanned<std::borrow::Cow<'_, str>>) -> String {
    let name = name.get_ref();
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if bare { name.to_string() } else { format!("{name:?}") }
}

/// Makes an agent of its table. Without `command` it is the known agent of this name, changed where the table says so.
fn defined(
    report: &mut Report<'_>,
    name: At<&str>,
    mut values: Values,
    known: Option<Agent>,
    directory: &Path,
) -> Option<Agent> {
    let given = values.has("command");
    let command = values.command("command");
    let mut agent = match (command, known) {
        (Some(At { value, at }), _) => Agent {
            name: name.value.to_owned(),
            command: resolved(report, at, value, directory)?,
            prompt: PromptChannel::default(),
            output: OutputKind::Text,
            env: BTreeMap::new(),
            client: None,
            model: None,
            permission: Permission::default(),
        },
        (None, _) if given => return None,
        (None, Some(known)) => known,
        (None, None) => {
            report.add_missing(Some(name.at), format!("agent {} has no `command`", tick(name.value)));
            return None;
        }
    };
    match values.text("prompt").as_ref().map(|word| word.value.as_str()) {
        Some("argument") => agent.prompt = PromptChannel::Argument,
        Some("file") => agent.prompt = PromptChannel::File,
        Some(_) => agent.prompt = PromptChannel::Stdin,
        None => {}
    }
    if let Some(word) = values.text("output") {
        let kind = OutputKind::ALL.into_iter().find(|kind| kind.word() == word.value);
        agent.output = kind.unwrap_or(agent.output);
    }
    agent.env.extend(values.variables("env").unwrap_or_default());
    if agent.client.is_none() {
        for key in ["model", "permission"] {
            if let Some(at) = values.place(key) {
                report.add(
                    at,
                    format!("`{key}` is for a known client; say it in the `command` of {}", tick(name.value)),
                );
            }
        }
    }
    Some(adjusted(agent, &mut values))
}

/// Changes an agent where a table says which model, and what it may do.
pub(super) fn adjusted(mut agent: Agent, values: &mut Values) -> Agent {
    if let Some(model) = values.text("model") {
        agent.model = Some(model.value);
    }
    match values.text("permission").as_ref().map(|word| word.value.as_str()) {
        Some("full") => agent.permission = Permission::Full,
        Some(_) => agent.permission = Permission::Edit,
        None => {}
    }
    agent
}

/// Makes the path of a program that is named with a slash absolute; other names are looked up in the `PATH`.
fn resolved(report: &mut Report<'_>, at: usize, command: Command, directory: &Path) -> Option<Command> {
    let Command::Argv(mut argv) = command else { return Some(command) };
    if argv.first().is_some_and(|program| program.contains(['/', std::path::MAIN_SEPARATOR])) {
        let path: PathBuf = directory.join(&argv[0]).components().collect();
        let Some(path) = path.to_str() else {
            report.add(at, format!("the absolute path of {} is not UTF-8", tick(&argv[0])));
            return None;
        };
        argv[0] = path.to_owned();
    }
    Some(Command::Argv(argv))
}
