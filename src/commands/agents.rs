//! `windrow agents`.

use std::path::PathBuf;
use std::time::Duration;

use super::{Globals, OK, Status};
use crate::agent;
use crate::domain::plan::{Agent, Command};
use crate::domain::settings::Settings;
use crate::error::Error;
use crate::process::{find_program, versions};
use crate::ui::view::AgentRow;
use crate::ui::{Look, Ui, json, show};

/// List the agents that a plan can name, and which of them are installed
///
/// The known clients are asked for their version; agents of the settings are not run. A plan can define more.
#[derive(clap::Args, Debug)]
pub struct AgentsArgs {}

/// How long a client has to say its version.
const LIMIT: Duration = Duration::from_secs(2);

/// Runs it; also outside a repository, with the settings that hold there.
pub fn run(
    ui: &Ui,
    globals: Globals,
    settings: &Settings,
    path: &str,
    look: &Look<'_>,
) -> Result<Status, Error> {
    let rows = rows(settings, path);
    if globals.json {
        ui.json(&json::agents(&rows));
    } else {
        ui.out(&show::agents(&rows, look));
        if rows.iter().all(|row| row.path.is_none()) {
            ui.note("none is installed");
            ui.hint("any program can be one: windrow run NAME=PROMPT --command 'LINE'");
        }
    }
    Ok(OK)
}

/// Finds out which agents there are: those of the settings first, then the known clients.
pub(super) fn rows(settings: &Settings, path: &str) -> Vec<AgentRow> {
    let own = settings.agents.values().map(|agent| AgentRow {
        name: agent.name.clone(),
        about: "of the settings".to_owned(),
        command: agent.describe(),
        path: program(agent, path),
        version: None,
        tried: true,
        can: can(agent),
    });
    let unnamed = agent::known().iter().filter(|known| !settings.agents.contains_key(known.name));
    let known = unnamed.filter_map(|known| {
        let agent = agent::builtin(known.name)?;
        Some(AgentRow {
            can: can(&agent),
            name: known.name.to_owned(),
            about: known.about.to_owned(),
            command: agent.describe(),
            path: find_program(known.program, path),
            version: None,
            tried: known.tried,
        })
    });
    let own: Vec<AgentRow> = own.collect();
    let mut known: Vec<AgentRow> = known.collect();
    let installed: Vec<PathBuf> = known.iter().filter_map(|row| row.path.clone()).collect();
    let mut said = versions(&installed, LIMIT).into_iter();
    for row in known.iter_mut().filter(|row| row.path.is_some()) {
        row.version = said.next().flatten();
    }
    own.into_iter().chain(known).collect()
}

/// Says what an agent can do, as far as that is known.
fn can(agent: &Agent) -> Vec<&'static str> {
    let Some(able) = agent.client.as_deref().and_then(agent::abilities) else { return Vec::new() };
    let words = [
        (able.resumes, "resume"),
        (able.takes_role, "role"),
        (able.takes_model, "model"),
        (able.says_cost, "cost"),
    ];
    words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect()
}

/// Finds the program of an agent; that of a shell line is the shell.
fn program(agent: &Agent, path: &str) -> Option<PathBuf> {
    match &agent.command {
        Command::Argv(argv) => find_program(argv.first()?, path),
        Command::Shell(_) => find_program("sh", path),
    }
}
