//! The events of Claude Code, and of the clients that write the same: Qwen Code, Amp, Cursor's agent.

use serde_json::Value;

use super::fields::{Fields, subject};
use crate::domain::transcript::{AgentEvent, Finish, Usage, Waiting};

pub(super) fn read(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    match (event.word("type"), event.word("subtype")) {
        ("system", "init") => {
            out.push(AgentEvent::Started { session: event.text("session_id"), model: event.text("model") });
        }
        ("system", "api_retry") => out.push(AgentEvent::Waiting(retry(event))),
        ("assistant", _) => message(event, out),
        ("tool_call", "started") => out.push(AgentEvent::Tool(tool_of_cursor(event), String::new())),
        ("result", _) => {
            if let Some(session) = event.text("session_id") {
                out.push(AgentEvent::Started { session: Some(session), model: None });
            }
            out.push(AgentEvent::Finished(finish(event)));
        }
        _ => {}
    }
}

fn retry(event: Fields<'_>) -> Waiting {
    let status = event.number("error_status");
    let what = event.text("error").unwrap_or_else(|| "the model did not answer".to_owned());
    Waiting {
        reason: status.map_or_else(|| what.clone(), |status| format!("{status}: {what}")),
        for_ms: event.number("retry_delay_ms"),
        rate_limit: matches!(status, Some(429 | 529)),
    }
}

fn message(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    let parts = event.get("message.content").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        let Some(part) = part.as_object().map(Fields) else { continue };
        match part.word("type") {
            "text" => out.extend(part.text("text").map(AgentEvent::Said)),
            "tool_use" => {
                out.push(AgentEvent::Tool(part.word("name").to_owned(), subject(part.get("input"))));
            }
            _ => {}
        }
    }
}

fn tool_of_cursor(event: Fields<'_>) -> String {
    let call = event.get("tool_call").and_then(Value::as_object);
    call.and_then(|call| call.keys().next().cloned()).unwrap_or_else(|| "tool".to_owned())
}

fn finish(event: Fields<'_>) -> Finish {
    let errors = event.get("errors").and_then(Value::as_array);
    let error = errors.and_then(|errors| errors.iter().find_map(Value::as_str)).map(str::to_owned);
    let denials = event.get("permission_denials").and_then(Value::as_array).map_or(0, Vec::len);
    let subtype = event.text("subtype");
    let text = event.text("result").or_else(|| event.text("error.message")).or_else(|| event.text("error"));
    let text = text.or(error);
    // An error inside of a success is an error, also where only its words say so.
    let is_error = event.get("is_error").and_then(Value::as_bool).unwrap_or(false)
        || subtype.as_deref().is_some_and(|subtype| subtype.starts_with("error"))
        || text
            .as_deref()
            .is_some_and(|text| text.starts_with("[API Error: ") || text.starts_with("API Error: "));
    Finish {
        text,
        is_error,
        subtype,
        denials: u32::try_from(denials).unwrap_or(u32::MAX),
        turns: event.number("num_turns").and_then(|turns| u32::try_from(turns).ok()),
        usage: Usage {
            tokens: event.sum(&[
                "usage.input_tokens",
                "usage.output_tokens",
                "usage.cache_creation_input_tokens",
                "usage.cache_read_input_tokens",
            ]),
            cost_usd: event.money("total_cost_usd"),
        },
    }
}
