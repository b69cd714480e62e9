//! The events of `codex exec --json`.

use super::fields::{Fields, subject};
use crate::domain::transcript::{AgentEvent, Finish, Usage, Waiting, speaks_of_a_rate_limit};

pub(super) fn read(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    match event.word("type") {
        "thread.started" => {
            out.push(AgentEvent::Started { session: event.text("thread_id"), model: None });
        }
        "item.started" if event.word("item.type") == "command_execution" => {
            out.push(AgentEvent::Tool("command".to_owned(), subject(event.get("item.command"))));
        }
        "item.completed" => item(event, out),
        "turn.completed" => out.push(AgentEvent::Finished(Finish {
            usage: Usage {
                tokens: event.sum(&["usage.input_tokens", "usage.output_tokens"]),
                cost_usd: None,
            },
            ..Finish::default()
        })),
        "turn.failed" => out.push(AgentEvent::Finished(Finish {
            text: event.text("error.message"),
            is_error: true,
            ..Finish::default()
        })),
        // It tells of each try; after the last one the turn has failed.
        "error" => {
            let what = event.text("message").unwrap_or_else(|| "error".to_owned());
            out.push(if what.to_lowercase().contains("reconnecting") || what.contains("retry") {
                let rate_limit = speaks_of_a_rate_limit(&what);
                AgentEvent::Waiting(Waiting { reason: what, for_ms: None, rate_limit })
            } else {
                AgentEvent::Trouble(what)
            });
        }
        _ => {}
    }
}

fn item(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    match event.word("item.type") {
        "agent_message" => out.extend(event.text("item.text").map(AgentEvent::Said)),
        "file_change" => {
            let path = event.get("item.changes.0.path").or_else(|| event.get("item.path"));
            out.push(AgentEvent::Tool("edit".to_owned(), subject(path)));
        }
        "error" => out.extend(event.text("item.message").map(AgentEvent::Trouble)),
        _ => {}
    }
}
