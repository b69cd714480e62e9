//! The events of `gemini -o stream-json`.

use super::fields::{Fields, subject};
use crate::domain::transcript::{AgentEvent, Finish, Usage};

pub(super) fn read(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    match event.word("type") {
        "init" => {
            out.push(AgentEvent::Started { session: event.text("session_id"), model: event.text("model") });
        }
        "message" if event.word("role") != "user" => {
            out.extend(event.text("content").map(AgentEvent::Said));
        }
        "tool_use" => {
            let name = event.text("tool_name").or_else(|| event.text("name"));
            let input = event.get("parameters").or_else(|| event.get("input"));
            out.push(AgentEvent::Tool(name.unwrap_or_else(|| "tool".to_owned()), subject(input)));
        }
        "tool_result" if event.word("status") == "error" => {
            let what = event.text("error.message").or_else(|| event.text("output")).unwrap_or_default();
            let word = what.to_lowercase();
            if word.contains("denied") || word.contains("not allowed") || word.contains("policy") {
                out.push(AgentEvent::Denied(what));
            }
        }
        "error" => {
            out.extend(
                event.text("message").or_else(|| event.text("error.message")).map(AgentEvent::Trouble),
            );
        }
        "result" => out.push(AgentEvent::Finished(Finish {
            text: event.text("error.message").or_else(|| event.text("response")),
            is_error: event.word("status") == "error"
                || event.get("error").is_some_and(|error| !error.is_null()),
            subtype: event.text("error.type"),
            usage: Usage { tokens: event.number("stats.total_tokens"), cost_usd: None },
            ..Finish::default()
        })),
        _ => {}
    }
}
