//! Plans and settings as people write them: TOML files and the command line. Everything that is wrong is told at once, each
//! problem with its line and column.
//!
//! [`read`] gives the plan of a run; [`parse_settings`] a layer of settings; [`overlaps`] the tasks of a plan that mean to
//! change the same files at the same time. Nothing but the files named is read.

mod arguments;
mod commands;
mod consistency;
mod definitions;
mod duration;
mod file;
mod keys;
mod overlap;
mod report;
mod settings;
mod source;
mod syntax;
mod table;
mod tasks;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::domain::plan::{Agent, Plan, Problem};
use crate::domain::settings::Settings;

pub use duration::{DurationError, parse_duration};
pub use overlap::{Overlap, overlaps};
pub use settings::{SettingsLayer, parse_settings};
pub use source::{is_absent, settings_text};

/// What a plan is made of.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The plan file, relative to [`Self::cwd`].
    pub file: Option<&'a Path>,
    /// `NAME=PROMPT` of the command line: more tasks.
    pub arguments: &'a [String],
    /// The absolute working directory.
    pub cwd: &'a Path,
    /// The settings: agents, roles and the branch of a task.
    pub settings: &'a Settings,
    /// What the flags say.
    pub overrides: Overrides<'a>,
}

/// Flags that stand above what a plan says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides<'a> {
    /// `--agent`: the name of the agent of every task, one of the plan's too.
    pub agent: Option<&'a str>,
    /// `--command`: the shell line that is the agent of every task. It stands above `agent`.
    pub command: Option<&'a str>,
    /// `--timeout` of every task, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// `-j`, at least 1.
    pub jobs: Option<usize>,
    /// `--max-cost`, in US dollars.
    pub max_cost: Option<f64>,
}

/// Reads a plan, or gives all its problems: those of the file in the file's order, then those of the command line.
///
/// Tasks of the command line come after those of the file and have its agent and timeout. A request without file and
/// arguments is a plan without tasks.
pub fn read(request: &Request<'_>) -> Result<Plan, Vec<Problem>> {
    file::read(request)
}

/// Reads a plan file and nothing else.
pub fn load(path: &Path, cwd: &Path, settings: &Settings) -> Result<Plan, Vec<Problem>> {
    read(&Request { file: Some(path), arguments: &[], cwd, settings, overrides: Overrides::default() })
}

/// Gives every task this agent.
pub fn override_agent(plan: &mut Plan, agent: &Agent) {
    plan.tasks.iter_mut().for_each(|task| task.agent = Some(agent.clone()));
}

/// Gives every task this limit in milliseconds.
pub fn override_timeout(plan: &mut Plan, timeout_ms: u64) {
    plan.tasks.iter_mut().for_each(|task| task.timeout_ms = Some(timeout_ms));
}
