//! From the lines that a client writes to events: leniently, since clients change faster than we do.
//!
//! What is no JSON object is a plain line; what is an event that nobody knows is passed over.

use serde_json::{Map, Value};

use super::{aider, claude, codex, copilot, gemini, opencode};
use crate::domain::plan::OutputKind;
use crate::domain::transcript::{Account, AgentEvent};

/// The longest plain line that is kept, in bytes.
const PLAIN: usize = 2_000;
/// The longest text of an event that is kept, in bytes.
const TEXT: usize = 64 * 1024;

/// Reads one line of a client's output, without its line end.
pub fn events(kind: OutputKind, line: &[u8]) -> Vec<AgentEvent> {
    if kind == OutputKind::Aider {
        return aider::events(&text_of(line, PLAIN));
    }
    let trimmed = line.trim_ascii();
    if trimmed.is_empty() {
        return Vec::new();
    }
    let object = match kind {
        OutputKind::Text | OutputKind::Aider => None,
        // Some clients write one array, or one object, instead of lines.
        _ if trimmed.starts_with(b"{") => serde_json::from_slice::<Map<String, Value>>(trimmed).ok(),
        _ => None,
    };
    let Some(object) = object else { return vec![AgentEvent::Plain(text_of(trimmed, PLAIN))] };
    let mut events = Vec::new();
    let event = Fields(&object);
    match kind {
        OutputKind::Claude | OutputKind::Qwen => claude::read(event, &mut events),
        OutputKind::Codex => codex::read(event, &mut events),
        OutputKind::Opencode => opencode::read(event, &mut events),
        OutputKind::Gemini => gemini::read(event, &mut events),
        OutputKind::Copilot => copilot::read(event, &mut events),
        OutputKind::Text | OutputKind::Aider => {}
    }
    events
}

/// Writes what a client wrote as people read it: what the agent said whole, what it did a line each. Text stays as it is. `bytes` are whole
/// lines; a last one without its end counts as one.
pub fn readable(kind: OutputKind, bytes: &[u8]) -> Vec<u8> {
    if matches!(kind, OutputKind::Text | OutputKind::Aider) {
        return bytes.to_vec();
    }
    let (mut out, mut said) = (String::new(), None);
    for line in bytes.split(|byte| *byte == b'\n') {
        for event in events(kind, line) {
            let text = match &event {
                AgentEvent::Said(text) => {
                    said = Some(text.clone());
                    text.clone()
                }
                AgentEvent::Plain(line) => line.clone(),
                // It mostly repeats what was said last.
                AgentEvent::Finished(finish) => match &finish.text {
                    Some(text) if said.as_ref() != Some(text) => text.clone(),
                    _ => continue,
                },
                other => match other.in_words() {
                    Some(words) => format!("» {words}"),
                    None => continue,
                },
            };
            out.push_str(text.trim_end());
            out.push('\n');
        }
    }
    out.into_bytes()
}

/// Tells what a client's numbers count.
pub const fn account(kind: OutputKind) -> Account {
    match kind {
        OutputKind::Claude => Account { tokens_of_session: false, cost_of_session: true },
        OutputKind::Codex | OutputKind::Qwen => Account { tokens_of_session: true, cost_of_session: false },
        OutputKind::Text
        | OutputKind::Opencode
        | OutputKind::Gemini
        | OutputKind::Copilot
        | OutputKind::Aider => Account { tokens_of_session: false, cost_of_session: false },
    }
}

/// Tells whether a client says when it has finished: without that it has failed.
pub const fn has_final_event(kind: OutputKind) -> bool {
    !matches!(kind, OutputKind::Text | OutputKind::Aider)
}

fn text_of(bytes: &[u8], limit: usize) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(limit)]);
    text.trim_end_matches(['\r', '\n']).to_owned()
}

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
