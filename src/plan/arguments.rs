//! Tasks of the command line: `NAME=PROMPT`.

use std::collections::BTreeMap;

use super::definitions::trimmed;
use super::report::{Report, tick};
use super::tasks::{Defaults, Draft, invalid};
use crate::domain::plan::{Limits, Mode, PlannedTask, title};

/// Reads `NAME=PROMPT` arguments; the first `=` ends the name, and the prompt is what follows, not the name of a file.
pub(super) fn drafts(report: &mut Report<'_>, arguments: &[String], defaults: &Defaults) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for argument in arguments {
        let Some((name, prompt)) = argument.split_once('=') else {
            report.add_outside(format!("{} is not of the form NAME=PROMPT", tick(argument)));
            continue;
        };
        let name = name.parse().map_err(|error| report.add_outside(invalid(&error)));
        if blank(prompt) {
            report.add_outside(format!("the prompt of {} is empty", tick(argument)));
        } else if prompt.contains('\0') {
            report.add_outside(format!("the prompt of {} holds a NUL character", tick(argument)));
        } else if let Ok(name) = name {
            let task = PlannedTask {
                name,
                branch: None,
                base: None,
                prompt: trimmed(prompt).to_owned(),
                title: title(prompt),
                role: None,
                role_prompt: None,
                feedback: false,
                follows: None,
                agent: defaults.agent.clone(),
                after: Vec::new(),
                starts_from: Vec::new(),
                mode: Mode::Write,
                touches: Vec::new(),
                silence_ms: None,
                limits: Limits::default(),
                retries: 0,
                timeout_ms: defaults.timeout_ms,
                check: None,
                env: BTreeMap::new(),
                allow_empty: false,
            };
            drafts.push(Draft { task, at: None, after_at: Vec::new() });
        }
    }
    drafts
}

/// Tells whether a text says nothing.
pub(super) fn blank(text: &str) -> bool {
    text.trim().is_empty()
}
