//! What aider writes: text, and exit 0 also where its model never answered.

use crate::domain::transcript::{AgentEvent, Usage, Waiting, speaks_of_a_rate_limit};

pub(super) fn events(line: &str) -> Vec<AgentEvent> {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return Vec::new();
    }
    let mut events = Vec::new();
    if let Some(rest) = trimmed.strip_prefix("Applied edit to ") {
        events.push(AgentEvent::Tool("edit".to_owned(), rest.to_owned()));
    } else if let Some(rest) = trimmed.strip_prefix("Commit ") {
        events.push(AgentEvent::Tool("commit".to_owned(), rest.to_owned()));
    } else if let Some(usage) = trimmed.strip_prefix("Tokens: ").and_then(usage) {
        events.push(AgentEvent::Used(usage));
    } else if let Some(rest) = trimmed.strip_prefix("Retrying in ") {
        let seconds = rest.split_whitespace().next().and_then(|number| number.parse::<f64>().ok());
        let for_ms = seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
        let for_ms = for_ms.and_then(|wait| u64::try_from(wait.as_millis()).ok());
        events.push(AgentEvent::Waiting(Waiting {
            reason: "the model did not answer".into(),
            for_ms,
            rate_limit: false,
        }));
    } else if trimmed.starts_with("litellm.") && trimmed.contains("Error") {
        events.push(if speaks_of_a_rate_limit(trimmed) {
            AgentEvent::Waiting(Waiting { reason: trimmed.to_owned(), for_ms: None, rate_limit: true })
        } else {
            AgentEvent::Trouble(trimmed.to_owned())
        });
    }
    events.push(AgentEvent::Plain(line.to_owned()));
    events
}

/// Reads `1.2k sent, 200 received. Cost: $0.01 message, $0.02 session.`
fn usage(text: &str) -> Option<Usage> {
    let amount = |word: &str| {
        let (number, factor) = match word.strip_suffix(['k', 'M']) {
            Some(number) => (number, if word.ends_with('M') { 1e6 } else { 1e3 }),
            None => (word, 1.0),
        };
        let amount = number.replace(',', "").parse::<f64>().ok()? * factor;
        let amount = std::time::Duration::try_from_secs_f64(amount).ok()?;
        Some(amount.as_secs())
    };
    let mut tokens = None;
    let words: Vec<&str> = text.split_whitespace().collect();
    for pair in words.windows(2) {
        if pair[1].starts_with("sent") || pair[1].starts_with("received") {
            tokens = amount(pair[0]).map(|more| tokens.unwrap_or(0) + more).or(tokens);
        }
    }
    let cost = text.split_once("Cost: $").and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    Some(Usage { tokens, cost_usd: cost })
}
