//! The events of `opencode run --format json`. It has no final event: its last step is the one that ended for no tool.

use super::fields::{Fields, subject};
use crate::domain::transcript::{AgentEvent, Finish, Usage, Waiting, speaks_of_a_rate_limit};

pub(super) fn read(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    if let Some(session) = event.text("sessionID") {
        out.push(AgentEvent::Started { session: Some(session), model: None });
    }
    match event.word("type") {
        "text" => out.extend(event.text("part.text").map(AgentEvent::Said)),
        "tool_use" => {
            let name = event.word("part.tool").to_owned();
            let refused = event.word("part.state.status") == "error"
                && event.word("part.state.error").to_lowercase().contains("permission");
            out.push(if refused {
                AgentEvent::Denied(name)
            } else {
                AgentEvent::Tool(name, subject(event.get("part.state.input")))
            });
        }
        "step_finish" => {
            out.push(AgentEvent::Used(Usage {
                tokens: event.sum(&["part.tokens.input", "part.tokens.output", "part.tokens.reasoning"]),
                cost_usd: event.money("part.cost"),
            }));
            if !matches!(event.word("part.reason"), "tool-calls" | "tool_calls" | "unknown") {
                out.push(AgentEvent::Finished(Finish::default()));
            }
        }
        "error" => error(event, out),
        _ => {}
    }
}

fn error(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    let what = event.text("error.data.message").or_else(|| event.text("error.name"));
    let what = what.unwrap_or_else(|| "error".to_owned());
    let status = event.number("error.data.statusCode");
    let said = status.map_or_else(|| what.clone(), |status| format!("{status}: {what}"));
    if event.get("error.data.isRetryable").and_then(serde_json::Value::as_bool) == Some(true) {
        let rate_limit = status == Some(429) || speaks_of_a_rate_limit(&what);
        out.push(AgentEvent::Waiting(Waiting { reason: said, for_ms: None, rate_limit }));
    } else {
        out.push(AgentEvent::Finished(Finish { text: Some(said), is_error: true, ..Finish::default() }));
    }
}
