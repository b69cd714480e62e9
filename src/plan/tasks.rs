//! One `[[task]]` of a plan.

use std::collections::BTreeSet;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::definitions::{Definitions, adjusted, joined, trimmed};
use super::keys;
use super::report::{At, Report, tick};
use super::source;
use super::table::{Values, article, read_strict};
use crate::domain::name::{InvalidName, TaskName};
use crate::domain::plan::{Agent, Limits, Mode, PlannedTask, title};
use crate::domain::settings::Settings;

/// A task and where what it says stands; it has no place in the file if it is of the command line.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) task: PlannedTask,
    pub(super) at: Option<usize>,
    /// Where each element of `after` stands, in its order.
    pub(super) after_at: Vec<usize>,
}

/// What holds for every task that does not say otherwise.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    pub(super) agent: Option<Agent>,
    pub(super) timeout_ms: Option<u64>,
}

/// What the tasks of a file are read with.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) definitions: &'a Definitions,
    pub(super) defaults: &'a Defaults,
    pub(super) settings: &'a Settings,
    /// What `prompt-file` is relative to.
    pub(super) directory: &'a Path,
}

/// The tasks of a file.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) drafts: Vec<Draft>,
    /// The names of tasks whose own problems are told already.
    pub(super) spoiled: BTreeSet<String>,
    /// Whether there is a task, good or bad.
    pub(super) any: bool,
}

impl Reader<'_> {
    /// Reads all tasks of a plan.
    pub(super) fn tasks(&self, report: &mut Report<'_>, root: &DeTable<'_>) -> Drafts {
        let mut out = Drafts::default();
        for (at, table) in tables(report, root) {
            out.any = true;
            if let Err(Some(name)) = self.task(report, at, table).map(|draft| out.drafts.push(draft)) {
                out.spoiled.insert(name);
            }
        }
        let other = |value: &DeValue<'_>| !value.as_array().is_some_and(|array| array.is_empty());
        out.any |= root.get("task").is_some_and(|value| other(value.get_ref()));
        out
    }

    /// Reads one; the error is the name of a task that cannot be used, if it has one.
    fn task(
        &self,
        report: &mut Report<'_>,
        header: usize,
        table: &DeTable<'_>,
    ) -> Result<Draft, Option<String>> {
        let mut values = read_strict(report, "a task", table, keys::TASK);
        let text = values.text("name");
        let name = match &text {
            Some(text) => named::<TaskName>(report, text),
            None => {
                if !values.has("name") {
                    report.add_missing(Some(header), "the task has no `name`");
                }
                None
            }
        };
        let at = text.as_ref().map_or(header, |text| text.at);
        let prompt = self.prompt(report, header, &mut values);
        let agent = match values.text("agent") {
            Some(At { value, at }) => {
                let found = self.definitions.agent(&value, self.settings);
                found.unwrap_or_else(|message| {
                    report.add_missing(Some(at), message);
                    None
                })
            }
            None => self.defaults.agent.clone(),
        };
        let agent = agent.map(|agent| adjusted(agent, &mut values));
        let (role, role_prompt) = self.role(report, &mut values);
        let (after, after_at) = after(report, &mut values);
        let mode = mode(report, &mut values);
        let branch = values.text("branch").and_then(|text| named(report, &text));
        let touches = values.texts("touches").unwrap_or_default();
        let (Some(name), Some(prompt)) = (name, prompt) else { return Err(text.map(|text| text.value)) };
        let task = PlannedTask {
            name,
            branch,
            base: values.text("base").map(|base| base.value),
            prompt: joined(role_prompt.as_deref(), &prompt),
            role_prompt: role_prompt.as_deref().map(trimmed).map(str::to_owned),
            feedback: values.flag("feedback").unwrap_or(false),
            follows: None,
            title: title(&prompt),
            role,
            agent,
            starts_from: after.clone(),
            after,
            mode,
            touches: touches.into_iter().map(|glob| glob.value).collect(),
            timeout_ms: values.milliseconds("timeout").or(self.defaults.timeout_ms),
            silence_ms: values.milliseconds("silence"),
            limits: Limits {
                cost_usd: values.money("max-cost"),
                turns: values.count("max-turns").map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
            },
            retries: values.count("retries").map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX)),
            check: values.text("check").map(|line| line.value),
            env: values.variables("env").unwrap_or_default(),
            allow_empty: values.flag("allow-empty").unwrap_or(false),
        };
        Ok(Draft { task, at: Some(at), after_at })
    }

    fn role(&self, report: &mut Report<'_>, values: &mut Values) -> (Option<String>, Option<String>) {
        let Some(At { value, at }) = values.text("role") else { return (None, None) };
        let prompt = self.definitions.role(&value, self.settings).unwrap_or_else(|message| {
            report.add_missing(Some(at), message);
            None
        });
        (Some(value), prompt)
    }

    /// Gives the text of `prompt` or of the file that `prompt-file` names.
    fn prompt(&self, report: &mut Report<'_>, header: usize, values: &mut Values) -> Option<String> {
        let (text, file) = (values.text("prompt"), values.text("prompt-file"));
        match (values.has("prompt"), values.has("prompt-file")) {
            (true, true) => {
                let at = file.as_ref().or(text.as_ref()).map_or(header, |value| value.at);
                report.add(at, "`prompt` and `prompt-file` exclude each other");
                None
            }
            (false, false) => {
                report.add_missing(Some(header), "the task has no `prompt` and no `prompt-file`");
                None
            }
            (true, false) => text.map(|text| text.value),
            (false, true) => self.prompt_of_file(report, &file?),
        }
    }

    fn prompt_of_file(&self, report: &mut Report<'_>, file: &At<String>) -> Option<String> {
        let problem = match source::prompt(&self.directory.join(&file.value)) {
            Err(error) => error.to_string(),
            Ok(text) if text.trim().is_empty() => "is empty".to_owned(),
            Ok(text) if text.contains('\0') => "holds a NUL character".to_owned(),
            Ok(text) => return Some(trimmed(text.strip_prefix('\u{feff}').unwrap_or(&text)).to_owned()),
        };
        report.add(file.at, format!("the prompt file {} {problem}", tick(&file.value)));
        None
    }
}

/// Gives the tables of the tasks and where they begin.
fn tables<'a, 't>(report: &mut Report<'_>, root: &'a DeTable<'t>) -> Vec<(usize, &'a DeTable<'t>)> {
    const HINT: &str = "each task begins with its own `[[task]]`";
    let Some((key, value)) = root.get_key_value("task") else { return Vec::new() };
    let at = value.span().start;
    match value.get_ref() {
        DeValue::Array(array) => {
            let mut tables = Vec::new();
            for element in array.iter() {
                match element.get_ref() {
                    DeValue::Table(table) => tables.push((element.span().start, table)),
                    other => report.add(
                        element.span().start,
                        format!("a task is a table, not {}; {HINT}", article(other)),
                    ),
                }
            }
            tables
        }
        DeValue::Table(table) => {
            report.add(at, format!("`task` is a list of tables, and this is one table; {HINT}"));
            let is_a_task =
                table.keys().any(|key| keys::TASK.iter().any(|known| known.name == key.get_ref()));
            if is_a_task { vec![(at, table)] } else { Vec::new() }
        }
        other => {
            report
                .add(key.span().start, format!("`task` is a list of tables, not {}; {HINT}", article(other)));
            Vec::new()
        }
    }
}

/// Gives the mode, and problems for the keys that mean nothing in it. Called before `branch` and `touches` are taken.
fn mode(report: &mut Report<'_>, values: &mut Values) -> Mode {
    let read = values.text("mode").is_some_and(|word| word.value == "read");
    let at = values.place("stdin");
    let stdin = values.texts("stdin").unwrap_or_default().into_iter().map(|glob| glob.value).collect();
    if read {
        for key in ["branch", "touches"] {
            if let Some(at) = values.place(key) {
                report.add(
                    at,
                    format!("`{key}` is not for a task of `mode = \"read\"`, which changes nothing"),
                );
            }
        }
        return Mode::Read { stdin };
    }
    if let Some(at) = at {
        report.add(at, "`stdin` is only for a task of `mode = \"read\"`");
    }
    Mode::Write
}

/// Gives the names that a task comes after, each once, and where they stand.
fn after(report: &mut Report<'_>, values: &mut Values) -> (Vec<TaskName>, Vec<usize>) {
    let (mut names, mut places) = (Vec::new(), Vec::new());
    for text in values.texts("after").unwrap_or_default() {
        if let Some(name) = named::<TaskName>(report, &text)
            && !names.contains(&name)
        {
            names.push(name);
            places.push(text.at);
        }
    }
    (names, places)
}

fn named<N: std::str::FromStr<Err = InvalidName>>(report: &mut Report<'_>, text: &At<String>) -> Option<N> {
    text.value.parse().map_err(|error| report.add(text.at, invalid(&error))).ok()
}

/// Says why a name is none, and which would do.
pub(super) fn invalid(error: &InvalidName) -> String {
    let suggestion = error.suggestion.as_ref().map(|name| format!("; {} would be one", tick(name)));
    let InvalidName { name, what, why, .. } = error;
    format!("{} is not a valid {what} name: {why}{}", tick(name), suggestion.unwrap_or_default())
}
