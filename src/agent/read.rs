//! From the lines that a client writes to events: leniently, since clients change faster than we do.
//!
//! What is no JSON object is a plain line; what is an event that nobody knows is passed over.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{aider, claude, codex, copilot, gemini, opencode};
use crate::domain::plan::OutputKind;
use crate::domain::transcript::{Account, AgentEvent};

/// The longest plain line that is kept, in bytes.
const PLAIN: usize = 2_000;

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
