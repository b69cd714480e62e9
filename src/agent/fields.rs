//! The fields of a client's event, looked up leniently.

use serde_json::{Map, Value};

/// The longest text of an event that is kept, in bytes.
const TEXT: usize = 64 * 1024;

/// The fields of an event, looked up by path: `a.b.c`.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// Gives a value.
    pub(super) fn get(self, path: &str) -> Option<&'a Value> {
        let mut parts = path.split('.');
        let mut value = self.0.get(parts.next()?)?;
        for part in parts {
            value = value.get(part)?;
        }
        Some(value)
    }

    /// Gives a text that says something, bounded.
    pub(super) fn text(self, path: &str) -> Option<String> {
        let text = self.get(path)?.as_str()?;
        let end = (0..=text.len().min(TEXT)).rfind(|&end| text.is_char_boundary(end))?;
        Some(text[..end].to_owned()).filter(|text| !text.trim().is_empty())
    }

    /// Gives the word of a field; empty if there is none.
    pub(super) fn word(self, path: &str) -> &'a str {
        self.get(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// Gives a number that is not negative.
    pub(super) fn number(self, path: &str) -> Option<u64> {
        let value = self.get(path)?;
        value.as_u64().or_else(|| value.as_f64().filter(|n| *n >= 0.0 && *n < 1e15).map(whole))
    }

    /// Gives an amount of money.
    pub(super) fn money(self, path: &str) -> Option<f64> {
        self.get(path)?.as_f64().filter(|amount| amount.is_finite() && *amount >= 0.0)
    }

    /// Adds numbers up; none if there is none of them.
    pub(super) fn sum(self, paths: &[&str]) -> Option<u64> {
        let mut numbers = paths.iter().filter_map(|path| self.number(path)).peekable();
        numbers.peek()?;
        Some(numbers.fold(0, u64::saturating_add))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 10^15")]
fn whole(number: f64) -> u64 {
    number as u64
}

/// Says in a few words what a tool is used on: the field of its input that says most.
pub(super) fn subject(input: Option<&Value>) -> String {
    const FIELDS: [&str; 10] = [
        "file_path",
        "filePath",
        "path",
        "notebook_path",
        "command",
        "pattern",
        "query",
        "url",
        "description",
        "prompt",
    ];
    let Some(input) = input else { return String::new() };
    let said = FIELDS.iter().find_map(|field| input.get(field).and_then(Value::as_str));
    let said = said.or_else(|| input.as_str()).unwrap_or_default();
    said.lines().next().unwrap_or_default().chars().take(120).collect()
}
