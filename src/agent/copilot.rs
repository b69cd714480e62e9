//! The events of `copilot --output-format json`.

use super::fields::{Fields, subject};
use crate::domain::transcript::{AgentEvent, Finish, Waiting, speaks_of_a_rate_limit};

pub(super) fn read(event: Fields<'_>, out: &mut Vec<AgentEvent>) {
    match event.word("type") {
        "assistant.message" => {
            let text = event.text("data.content").or_else(|| event.text("content"));
            out.extend(text.map(AgentEvent::Said));
        }
        "tool.execution_start" => {
            let name = event.text("data.toolName").or_else(|| event.text("toolName"));
            let input = event.get("data.arguments").or_else(|| event.get("arguments"));
            out.push(AgentEvent::Tool(name.unwrap_or_else(|| "tool".to_owned()), subject(input)));
        }
        "tool.execution_complete" => {
            // What a tool read that worked may speak of anything.
            let failed = event.get("data.success").and_then(serde_json::Value::as_bool) != Some(true);
            let what = event.text("data.error.message").or_else(|| event.text("data.result.content"));
            let denied = what.filter(|what| {
                if !failed {
                    return false;
                }
                let what = what.to_lowercase();
                what.contains("permission") && what.contains("denied")
            });
            out.extend(denied.map(AgentEvent::Denied));
        }
        "session.error" | "model.call_failure" => {
            let what = event.text("data.message").or_else(|| event.text("data.error.message"));
            let what = what.unwrap_or_else(|| "error".to_owned());
            out.push(if speaks_of_a_rate_limit(&what) {
                AgentEvent::Waiting(Waiting { reason: what, for_ms: None, rate_limit: true })
            } else {
                AgentEvent::Trouble(what)
            });
        }
        "result" => {
            out.push(AgentEvent::Started { session: event.text("sessionId"), model: None });
            let code = event.get("exitCode").and_then(serde_json::Value::as_i64);
            out.push(AgentEvent::Finished(Finish {
                is_error: code.is_some_and(|code| code != 0),
                ..Finish::default()
            }));
        }
        _ => {}
    }
}
