//! One settings file.

use std::collections::BTreeMap;
use std::path::Path;

use super::definitions::Definitions;
use super::keys;
use super::report::{Report, tick};
use super::syntax::parse;
use super::table::read;
use crate::domain::name::TaskName;
use crate::domain::plan::{Agent, Problem};
use crate::domain::settings::Settings;

/// What one settings file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsLayer {
    /// Where worktrees go.
    pub worktree_dir: Option<String>,
    /// The branch of a task; holds `{task}`.
    pub branch: Option<String>,
    /// Names of ignored directories that can be made again.
    pub disposable: Vec<String>,
    /// Agents by name.
    pub agents: BTreeMap<String, Agent>,
    /// Role prompts by name.
    pub roles: BTreeMap<String, String>,
    /// Keys that this version knows and does not support, as a message shows them; whoever reads settings warns of them.
    pub unsupported: Vec<String>,
}

impl SettingsLayer {
    /// Puts this layer over others: what it sets, and each agent and role that it defines, replaces what was there; its
    /// disposable directories are added.
    pub fn apply(self, settings: &mut Settings) {
        if let Some(worktree_dir) = self.worktree_dir {
            settings.worktree_dir = worktree_dir;
        }
        if let Some(branch) = self.branch {
            settings.branch = branch;
        }
        for name in self.disposable {
            if !settings.disposable.contains(&name) {
                settings.disposable.push(name);
            }
        }
        settings.agents.extend(self.agents);
        settings.roles.extend(self.roles);
    }
}

/// Reads the text of a settings file, or gives all its problems.
///
/// `file` is absolute. A program that is named with a slash is looked for from the file's directory, of a file directly
/// in a `.config` directory from the one that holds it: for a repository, from the root of the worktree.
pub fn parse_settings(file: &Path, text: &str) -> Result<SettingsLayer, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scratch = String::new();
    let mut document = parse(text, &mut scratch);
    let mut report = Report::new(file, text, std::mem::take(&mut document.errors));
    let directory = file.parent().unwrap_or(file);
    let directory = match directory.parent() {
        Some(above) if directory.ends_with(".config") => above,
        _ => directory,
    };
    let mut values = read(&mut report, "settings", &document.root, keys::SETTINGS);
    let definitions = Definitions::read(&mut report, &document.root, directory, &Settings::default());
    let worktree_dir = values.text("worktree-dir");
    let branch = values.text("branch");
    if let Some(branch) = &branch {
        let made = branch.value.replace("{task}", "task").parse::<TaskName>();
        if !branch.value.contains("{task}") {
            report.add(
                branch.at,
                format!("`branch` must hold `{{task}}`, and {} does not", tick(&branch.value)),
            );
        } else if let Err(error) = made {
            report.add(branch.at, format!("{} makes no branch name: {}", tick(&branch.value), error.why));
        }
    }
    let disposable = values.texts("disposable").unwrap_or_default();
    for name in &disposable {
        if name.value.contains(['/', '\\']) || matches!(name.value.as_str(), "." | "..") {
            report.add(name.at, format!("{} is not the name of a directory", tick(&name.value)));
        }
    }
    let problems = report.finish();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut unsupported = values.unsupported;
    unsupported.extend(definitions.unsupported);
    unsupported.sort_by_key(|key| key.at);
    Ok(SettingsLayer {
        worktree_dir: worktree_dir.map(|text| text.value),
        branch: branch.map(|text| text.value),
        disposable: disposable.into_iter().map(|text| text.value).collect(),
        agents: definitions.agents,
        roles: definitions.roles,
        unsupported: unsupported.into_iter().map(|key| key.value).collect(),
    })
}
