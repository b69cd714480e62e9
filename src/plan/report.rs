//! Collecting problems while a file is read, so that all of them are told at once.

use std::path::{Path, PathBuf};

use crate::domain::path::quote;
use crate::domain::plan::Problem;
use crate::domain::task::distance;

/// The longest piece of somebody's text that a message repeats, in characters.
const LONGEST_QUOTE: usize = 60;
/// What stands for the file where there is none.
pub(super) const COMMAND_LINE: &str = "command line";
/// How many names a message lists.
const LONGEST_LIST: usize = 8;

/// A value and the byte of the file that it begins at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// The problems of one file.
///
/// Where the file is no TOML, what could be read of it is still looked at; but nothing is said of lines that a syntax
/// error is on, nor of what is missing: it may stand where nothing could be read.
#[derive(Debug)]
pub(super) struct Report<'t> {
    file: PathBuf,
    text: &'t str,
    syntax: Vec<(usize, usize)>,
    found: Vec<Problem>,
}

impl<'t> Report<'t> {
    /// Begins with the syntax errors, of which the first of each line is kept.
    pub(super) fn new(file: &Path, text: &'t str, errors: Vec<At<String>>) -> Self {
        let mut report = Self { file: file.to_owned(), text, syntax: Vec::new(), found: Vec::new() };
        let mut errors: Vec<_> =
            errors.into_iter().map(|error| (position(text, error.at), error.value)).collect();
        errors.sort_by_key(|(at, _)| *at);
        for (at, message) in errors {
            if report.syntax.last().is_none_or(|(line, _)| *line != at.0) {
                report.syntax.push(at);
                report.found.push(Problem { file: report.file.clone(), at: Some(at), message });
            }
        }
        report
    }

    /// Adds a problem at a byte of the file.
    pub(super) fn add(&mut self, at: usize, message: impl Into<String>) {
        let at = position(self.text, at);
        if self.syntax.iter().all(|(line, _)| *line != at.0) {
            self.found.push(Problem { file: self.file.clone(), at: Some(at), message: message.into() });
        }
    }

    /// Adds a problem that would not be there if something else were; `at` is none where it concerns the whole file.
    pub(super) fn add_missing(&mut self, at: Option<usize>, message: impl Into<String>) {
        match at {
            _ if self.is_broken() => {}
            Some(at) => self.add(at, message),
            None => {
                self.found.push(Problem { file: self.file.clone(), at: None, message: message.into() });
            }
        }
    }

    /// Adds a problem of what the command line says.
    pub(super) fn add_outside(&mut self, message: impl Into<String>) {
        self.found.push(Problem { file: COMMAND_LINE.into(), at: None, message: message.into() });
    }

    /// Adds a problem of a task: in the file, or on the command line if it has no place there.
    pub(super) fn add_of(&mut self, at: Option<usize>, message: impl Into<String>) {
        match at {
            Some(at) => self.add(at, message),
            None => self.add_outside(message),
        }
    }

    /// Tells whether the file has syntax errors.
    pub(super) fn is_broken(&self) -> bool {
        !self.syntax.is_empty()
    }

    /// Says where something is, for a message about something else: `line 3`.
    pub(super) fn place(&self, at: Option<usize>) -> String {
        at.map_or_else(|| format!("the {COMMAND_LINE}"), |at| format!("line {}", position(self.text, at).0))
    }

    /// Gives the problems in the order of the file, those of the whole file first, those of the command line last.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.file.as_os_str() == COMMAND_LINE, problem.at));
        self.found.dedup();
        self.found
    }
}

/// Gives line and column of a byte, both from 1, the column in characters. A byte inside a character is where the
/// character begins.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Quotes somebody's text for a message, in one line and not too long.
pub(super) fn tick(text: &str) -> String {
    let mut cropped: String = text.chars().take(LONGEST_QUOTE).collect();
    if cropped.len() < text.len() {
        cropped.push('…');
    }
    format!("`{}`", quote(cropped.as_bytes()))
}

/// Ends a message about a name that is not known: with the nearest name, else with what there is.
pub(super) fn instead<'a>(name: &str, there: impl IntoIterator<Item = &'a str>) -> String {
    let mut there: Vec<&str> = there.into_iter().collect();
    there.sort_unstable();
    there.dedup();
    if let Some(near) = nearest(name, &there) {
        return format!("; did you mean {}?", tick(near));
    }
    let listed: Vec<String> = there.iter().take(LONGEST_LIST).map(|name| tick(name)).collect();
    match (listed.is_empty(), there.len() - listed.len()) {
        (true, _) => String::new(),
        (false, 0) => format!("; there is {}", listed.join(", ")),
        (false, more) => format!("; there is {} and {more} more", listed.join(", ")),
    }
}

fn nearest<'a>(name: &str, there: &[&'a str]) -> Option<&'a str> {
    let length = name.chars().count();
    let tolerance = match length {
        0 | 1 => 0,
        2 | 3 => 1,
        _ => (length / 3).max(2),
    };
    if length > LONGEST_QUOTE {
        return None;
    }
    let folded = name.to_lowercase().replace('_', "-");
    let scored = there.iter().map(|other| (distance(&other.to_lowercase(), &folded), *other));
    scored
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, n)| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters() {
        let text = "ä = \"日本\"\r\nb = 1\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, text.find('=').unwrap()), (1, 3));
        assert_eq!(position(text, text.find("本").unwrap()), (1, 7));
        assert_eq!(position(text, text.find("本").unwrap() + 1), (1, 7));
        assert_eq!(position(text, text.find('b').unwrap()), (2, 1));
        assert_eq!(position(text, 10_000), (3, 1));
        assert_eq!(position("", 0), (1, 1));
    }

    #[test]
    fn near_names() {
        let keys = ["prompt", "prompt-file", "env", "name"];
        assert_eq!(nearest("promt", &keys), Some("prompt"));
        assert_eq!(nearest("prompt_file", &keys), Some("prompt-file"));
        assert_eq!(nearest("Name", &keys), Some("name"));
        assert_eq!(nearest("naem", &keys), Some("name"));
        assert_eq!(nearest("foo", &keys), None);
        assert_eq!(nearest("d", &["a"]), None);
        assert_eq!(nearest("", &keys), None);
        assert_eq!(instead("zzzz", ["b", "a"]), "; there is `a`, `b`");
        assert_eq!(instead("zzzz", []), "");
        let many: Vec<String> = (10..30).map(|i| format!("task-{i}")).collect();
        assert!(instead("zzzz", many.iter().map(String::as_str)).ends_with("`task-17` and 12 more"));
    }

    #[test]
    fn quotes_are_short_and_harmless() {
        assert_eq!(tick("a\u{1b}[2J"), r#"`"a\033[2J"`"#);
        assert_eq!(tick(&"ä".repeat(100)).chars().count(), LONGEST_QUOTE + 3);
    }
}
