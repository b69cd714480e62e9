//! Values as text for a terminal. Nothing in here prints; everything it gives is safe to print.

use std::path::{Component, Path, PathBuf};

use crate::domain::forecast::Conflict;
use crate::domain::name::TaskName;
use crate::domain::path::show as quoted;

use super::escape::{one_line, visible};
use super::style::{Meaning, Style};
use super::table::Table;
use super::text;
use super::view::ErrorView;

mod approve;
mod clean;
mod diff;
mod doctor;
mod forecast;
mod merge;
mod plan;
mod report;
mod review;
mod run;
mod status;
mod task;
mod trash;

pub use approve::repository_commands;
pub use clean::{Tense, dispositions};
pub use diff::{diff_names, diff_stat};
pub use doctor::{agents, doctor};
pub use forecast::forecast;
pub use merge::landed;
pub use plan::plan;
pub use report::report_markdown;
pub use review::{review_file, review_tasks};
pub use run::{detached, log_heading, run_header, run_summary, would_stop};
pub use status::{StatusView, status};
pub use task::{actions, history, tasks_adopted, tasks_started, undone};
pub use trash::{emptied, restored, size, trash, trash_total, worktrees};

/// How many paths of one thing are listed before the rest is counted.
const PATHS: usize = 10;

/// Where text goes: what it can show, how wide it is, and what paths are shown relative to.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Colours and symbols.
    pub style: Style,
    /// Terminal cells in a line; none where nothing needs to be cut.
    pub width: Option<usize>,
    /// The directory that paths are shown relative to where that is shorter.
    pub here: Option<&'a Path>,
    /// The directory that `~` stands for.
    pub home: Option<&'a Path>,
}

impl Look<'_> {
    /// Shows a file-system path in its shortest form: absolute, below `~`, or relative; quoted where git would quote.
    pub fn path(&self, path: &Path) -> String {
        let mut best = quoted(path);
        let at_home =
            self.home.and_then(|home| path.strip_prefix(home).ok()).map(|rest| Path::new("~").join(rest));
        let relative = self.here.and_then(|here| relative(path, here));
        for other in [at_home, relative].into_iter().flatten() {
            let other = quoted(&other);
            if text::cells(&one_line(&other)) < text::cells(&one_line(&best)) {
                best = other;
            }
        }
        one_line(&best)
    }

    fn name(&self, name: impl std::fmt::Display) -> String {
        self.style.paint(Meaning::Name, &one_line(&name.to_string()))
    }

    /// Gives a line after the symbol of its meaning, wrapped and indented where it is too long.
    fn line(&self, meaning: Meaning, text: &str) -> String {
        let wrapped = text::wrap(text, self.width.map(|width| width.saturating_sub(2)), 0);
        format!("{} {}\n", self.style.mark(meaning), wrapped.replace('\n', "\n  "))
    }

    /// Gives a line about a task, `verb name  sentence`, the names one below the other in `names` cells, the sentence
    /// wrapped where it is too long.
    fn entry(
        &self,
        (meaning, verb, names): (Meaning, &str, usize),
        name: &TaskName,
        sentence: &str,
    ) -> String {
        let plain = one_line(name.as_str());
        let pad = " ".repeat(names.saturating_sub(text::cells(&plain)));
        let head = format!("{verb}{}{plain}{pad}  ", if verb.is_empty() { "" } else { " " });
        let width = self.width.map(|width| width.saturating_sub(2));
        let indent = Some(text::cells(&head)).filter(|head| width.is_none_or(|width| *head <= width / 2));
        let wrapped = text::wrap(&format!("{head}{}", one_line(sentence)), width, indent.unwrap_or(2));
        // Where the name alone has no room beside the verb, the verb is padded for nothing.
        let lines: Vec<&str> = wrapped.lines().map(str::trim_end).collect();
        let wrapped = lines.join("\n");
        let (verb, rest) = wrapped.split_at(verb.trim_end().len());
        let rest = rest.replacen(&plain, &self.name(name), 1).replace('\n', "\n  ");
        format!("{} {verb}{rest}\n", self.style.mark(meaning))
    }

    /// Gives a line of detail, indented by two, wrapped where it is too long.
    fn detail(&self, text: &str) -> String {
        let wrapped = text::wrap(text, self.width.map(|width| width.saturating_sub(2)), 0);
        wrapped.lines().map(|line| format!("  {}\n", self.style.paint(Meaning::Minor, line))).collect()
    }

    /// Gives a line `↳ command`, indented.
    fn next(&self, command: &str) -> String {
        format!("  {} {}\n", self.style.mark(Meaning::Hint), one_line(command))
    }

    /// Renders a table with titles, and tells the columns that have no room.
    fn table(&self, table: &Table) -> String {
        let rendered = table.render(self.style, self.width, true);
        let mut out = rendered.text;
        if !rendered.dropped.is_empty() {
            let hidden = rendered.dropped.join(", ").to_lowercase();
            out.push_str(&self.detail(&format!("not shown for want of width: {hidden}")));
        }
        out
    }

    /// Lists texts one a line, indented by four, and counts those beyond the limit.
    fn list(&self, out: &mut String, items: impl ExactSizeIterator<Item = String>) {
        let more = items.len().saturating_sub(PATHS);
        for item in items.take(PATHS) {
            out.push_str(&format!("    {}\n", one_line(&item)));
        }
        if more > 0 {
            out.push_str(&format!("    {}\n", self.style.paint(Meaning::Minor, &format!("and {more} more"))));
        }
    }

    fn conflicts(&self, out: &mut String, conflicts: &[Conflict]) {
        self.list(out, conflicts.iter().map(|conflict| format!("{} ({})", conflict.path, conflict.kind)));
    }
}

/// Gives a path relative to a directory, both absolute; nothing where they share no more than the root.
fn relative(path: &Path, from: &Path) -> Option<PathBuf> {
    let (path, from): (Vec<_>, Vec<_>) = (path.components().collect(), from.components().collect());
    let common = path.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let named = path[..common].iter().any(|component| matches!(component, Component::Normal(_)));
    let up = from.len() - common;
    // Where one stands is `.`; more than three levels up is no longer easy to read.
    if !named || up > 3 {
        return None;
    }
    let mut out: PathBuf = std::iter::repeat_n("..", up).collect();
    path[common..].iter().for_each(|component| out.push(component));
    Some(if out.as_os_str().is_empty() { PathBuf::from(".") } else { out })
}

/// Renders an error: what, why, the ways out.
pub fn error(error: &ErrorView, style: Style) -> String {
    let mut out = String::new();
    let mut part = |meaning, label: &str, message: &str| {
        let safe = visible(message);
        let text = style.emphasize(safe.trim_end());
        out.push_str(&format!("{} {}\n", style.paint(meaning, label), text.replace('\n', "\n  ")));
    };
    part(Meaning::Failure, "error:", &error.message);
    error.causes.iter().for_each(|cause| part(Meaning::Minor, "caused by:", cause));
    error.hints.iter().for_each(|hint| part(Meaning::Hint, "hint:", hint));
    out
}

#[cfg(test)]
pub(crate) mod tests;
