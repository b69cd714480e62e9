//! A plan file as a whole, and what the command line adds to it.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use super::arguments::{self, blank};
use super::consistency;
use super::definitions::Definitions;
use super::keys;
use super::report::{COMMAND_LINE, Report};
use super::source::{self, SourceError};
use super::syntax::{Document, parse};
use super::table::{article, read_strict};
use super::tasks::{Defaults, Drafts, Reader};
use super::{Overrides, Request, override_agent, override_timeout};
use crate::domain::name::TaskName;
use crate::domain::plan::{Agent, Plan, PlannedTask, Problem};
use crate::domain::settings::Settings;

/// Reads what [`super::read`] promises.
pub(super) fn read(request: &Request<'_>) -> Result<Plan, Vec<Problem>> {
    let text = match request.file.map(|file| source::plan(&request.cwd.join(file))).transpose() {
        Ok(text) => text,
        Err(error) => return Err(unreadable(request, &error)),
    };
    assemble(request, text)
}

/// The problems of a file without text, and of the arguments, which can be told all the same.
fn unreadable(request: &Request<'_>, error: &SourceError) -> Vec<Problem> {
    let (at, message) = match error {
        SourceError::NotUtf8 { byte, line, column } => {
            (Some((*line, *column)), format!("byte 0x{byte:02X} is not UTF-8"))
        }
        other => (None, format!("the plan {other}")),
    };
    let file = request.file.unwrap_or(Path::new(COMMAND_LINE)).to_owned();
    let mut problems = vec![Problem { file, at, message }];
    let alone = Request { file: None, overrides: Overrides::default(), ..*request };
    problems.extend(assemble(&alone, None).err().unwrap_or_default());
    problems
}

fn assemble(request: &Request<'_>, source: Option<String>) -> Result<Plan, Vec<Problem>> {
    let source = source.unwrap_or_default();
    let text = source.strip_prefix('\u{feff}').unwrap_or(&source);
    let mut scratch = String::new();
    let mut document = parse(text, &mut scratch);
    let file = request.file.unwrap_or(Path::new(COMMAND_LINE));
    let mut report = Report::new(file, text, std::mem::take(&mut document.errors));
    let directory: PathBuf = request.cwd.join(file).parent().unwrap_or(request.cwd).to_owned();

    let definitions = Definitions::read(&mut report, &document.root, &directory, request.settings);
    refuse(&mut report, &definitions);
    let mut values = read_strict(&mut report, "a plan", &document.root, keys::PLAN);
    let defaults = Defaults {
        agent: default_agent(&mut report, &document, &definitions, request.settings),
        timeout_ms: values.milliseconds("timeout"),
    };
    if let Some(table) = document.root.get("report").and_then(|value| value.get_ref().as_table()) {
        read_strict(&mut report, "`[report]`", table, keys::REPORT);
    }
    let reader = Reader {
        definitions: &definitions,
        defaults: &defaults,
        settings: request.settings,
        directory: &directory,
    };
    let Drafts { mut drafts, spoiled, any } = reader.tasks(&mut report, &document.root);
    if request.file.is_some() && !any && request.arguments.is_empty() {
        report.add_missing(
            None,
            "there is no task; each begins with `[[task]]` and has a `name` and a `prompt`",
        );
    }
    drafts.extend(arguments::drafts(&mut report, request.arguments, &defaults));
    consistency::check(&mut report, &drafts, &spoiled, request.settings);
    let agent = override_of(&mut report, request, &definitions);

    let base = values.text("base").map(|base| base.value);
    let jobs = values.count("jobs").and_then(|jobs| usize::try_from(jobs).ok());
    let (gate, strategy) = (values.text("gate"), values.text("strategy"));
    let (gate, strategy) = (gate.map(|line| line.value), strategy.map(|word| word.value));
    let max_cost = request.overrides.max_cost.or(values.money("max-cost"));
    let setup = values.texts("setup").map(|lines| lines.into_iter().map(|line| line.value).collect());
    let problems = report.finish();
    if !problems.is_empty() {
        return Err(problems);
    }
    drop(document);
    let mut tasks: Vec<PlannedTask> = drafts.into_iter().map(|draft| draft.task).collect();
    let read: Vec<TaskName> =
        tasks.iter().filter(|task| task.is_read()).map(|task| task.name.clone()).collect();
    tasks.iter_mut().for_each(|task| task.starts_from.retain(|name| !read.contains(name)));
    let jobs = request.overrides.jobs.or(jobs);
    let mut plan = Plan { source, base, jobs, gate, strategy, max_cost, setup, tasks };
    if let Some(agent) = agent {
        override_agent(&mut plan, &agent);
    }
    if let Some(timeout_ms) = request.overrides.timeout_ms {
        override_timeout(&mut plan, timeout_ms);
    }
    Ok(plan)
}

fn refuse(report: &mut Report<'_>, definitions: &Definitions) {
    for key in &definitions.unsupported {
        report.add(key.at, format!("`{}` is not supported by this version yet", key.value));
    }
}

/// Gives the agent that the top of a plan names.
fn default_agent(
    report: &mut Report<'_>,
    document: &Document<'_>,
    definitions: &Definitions,
    settings: &Settings,
) -> Option<Agent> {
    let top = document.root.get("agent").filter(|value| !value.get_ref().is_table());
    let value: &Spanned<DeValue<'_>> = document.agent_word.as_ref().or(top)?;
    let at = value.span().start;
    let DeValue::String(name) = value.get_ref() else {
        if value.span() != (0..0) {
            let found = article(value.get_ref());
            report.add(
                at,
                format!("`agent` must be a string, not {found}; an agent is defined by `[agent.NAME]`"),
            );
        }
        return None;
    };
    if blank(name) {
        report.add(at, "`agent` is empty");
        return None;
    }
    definitions.agent(name, settings).unwrap_or_else(|message| {
        report.add_missing(Some(at), message);
        None
    })
}

/// Gives the agent that the flags name.
fn override_of(report: &mut Report<'_>, request: &Request<'_>, definitions: &Definitions) -> Option<Agent> {
    let Overrides { agent, command, .. } = request.overrides;
    match (command, agent) {
        (Some(line), _) if blank(line) => {
            report.add_outside("`--command` is empty");
            None
        }
        (Some(line), _) => Some(Agent::of_command_line(line)),
        (None, Some(name)) => definitions.agent(name, request.settings).unwrap_or_else(|message| {
            report.add_outside(message);
            None
        }),
        (None, None) => None,
    }
}
