//! What an agent told of itself while it worked, in one language for all clients, and what it comes to.

use serde::{Deserialize, Serialize};

/// One thing that an agent told.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentEvent {
    /// It began, or says again which session this is.
    Started {
        /// The id by which the session can be continued.
        session: Option<String>,
        /// The model.
        model: Option<String>,
    },
    /// It said something.
    Said(String),
    /// It wrote a line that is no event: of a program that writes text, or a warning beside the events.
    Plain(String),
    /// It used a tool: the tool's name, and on what, in a few words.
    Tool(String, String),
    /// A tool was refused it.
    Denied(String),
    /// It waits before it asks its model again.
    Waiting(Waiting),
    /// It used tokens and money since the last such event.
    Used(Usage),
    /// Something went wrong, after which it may go on.
    Trouble(String),
    /// It ended.
    Finished(Finish),
}

impl AgentEvent {
    /// Says it in a line, where it says something.
    pub fn in_words(&self) -> Option<String> {
        let line = match self {
            Self::Said(text) => text.lines().map(str::trim).rfind(|line| !line.is_empty())?.to_owned(),
            Self::Plain(line) => line.clone(),
            Self::Tool(name, what) if what.is_empty() => name.clone(),
            Self::Tool(name, what) => format!("{name}: {what}"),
            Self::Denied(what) => format!("refused: {what}"),
            Self::Waiting(Waiting { reason, for_ms: Some(ms), .. }) => {
                format!("waits {} s: {reason}", ms.div_ceil(1000))
            }
            Self::Waiting(waiting) => format!("waits: {}", waiting.reason),
            Self::Trouble(what) => what.clone(),
            Self::Started { .. } | Self::Used(_) | Self::Finished(_) => return None,
        };
        Some(cut(line.lines().next().unwrap_or_default().trim())).filter(|line| !line.is_empty())
    }
}

/// A pause before another request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Why, in a few words.
    pub reason: String,
    /// For how long, in milliseconds, where it says so.
    pub for_ms: Option<u64>,
    /// Whether the model's provider asked for it: too many requests, or none left.
    pub rate_limit: bool,
}

/// Tokens and money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Usage {
    /// Tokens read and written.
    pub tokens: Option<u64>,
    /// US dollars.
    pub cost_usd: Option<f64>,
}

/// How it says that it ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finish {
    /// Its last words.
    pub text: Option<String>,
    /// Whether it says that it failed.
    pub is_error: bool,
    /// The client's own word for how.
    pub subtype: Option<String>,
    /// How many tools were refused it.
    pub denials: u32,
    /// How often it asked its model.
    pub turns: Option<u32>,
    /// What the whole session used, or this part of it; see [`Account`].
    pub usage: Usage,
}

/// What a client's numbers count (measured: `agents.md` §0.8 of the references).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Tokens are those of the whole session, also of what was continued.
    pub tokens_of_session: bool,
    /// The same of money.
    pub cost_of_session: bool,
}

/// What the events of one attempt come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    /// What the client's numbers count.
    pub account: Account,
    /// Whether the client is one that says when it has finished.
    pub has_final_event: bool,
    /// The session's id, the last that was said.
    pub session: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// What it said last.
    pub said: Option<String>,
    /// The last lines that are no event.
    pub plain: Vec<String>,
    /// Tools that were refused.
    pub denied: u32,
    /// The pause that nothing followed.
    pub waiting: Option<Waiting>,
    /// What went wrong last, if nothing went well afterwards.
    pub trouble: Option<String>,
    /// How it ended.
    pub finish: Option<Finish>,
    /// The sum of [`AgentEvent::Used`].
    pub used: Usage,
}

/// How many lines that are no event are kept.
const PLAIN: usize = 5;

impl Transcript {
    /// Takes the next event.
    pub fn take(&mut self, event: AgentEvent) {
        match event {
            AgentEvent::Started { session, model } => {
                self.session = session.or(self.session.take());
                self.model = model.or(self.model.take());
            }
            AgentEvent::Said(text) => {
                self.said = Some(text);
                (self.waiting, self.trouble) = (None, None);
            }
            AgentEvent::Tool(..) => (self.waiting, self.trouble) = (None, None),
            AgentEvent::Plain(line) => {
                self.plain.push(line);
                if self.plain.len() > PLAIN {
                    self.plain.remove(0);
                }
            }
            AgentEvent::Denied(_) => self.denied = self.denied.saturating_add(1),
            AgentEvent::Waiting(waiting) => self.waiting = Some(waiting),
            AgentEvent::Used(usage) => self.used = self.used.plus(usage),
            AgentEvent::Trouble(what) => self.trouble = Some(what),
            AgentEvent::Finished(finish) => {
                if finish.is_error && self.trouble.is_none() {
                    self.trouble = finish.text.clone().or_else(|| finish.subtype.clone());
                }
                self.finish = Some(finish);
            }
        }
    }

    /// Gives all of its answer: how it ended, else what it said last, else what went wrong; none where it only wrote lines.
    pub fn answer(&self) -> Option<&str> {
        let finished = self.finish.as_ref().and_then(|finish| finish.text.as_deref());
        finished.or(self.said.as_deref()).or(self.trouble.as_deref())
    }

    /// Gives its last words, at most `lines` lines: of its answer, else of what it wrote.
    pub fn last_words(&self, lines: usize) -> Vec<String> {
        let mut words: Vec<String> = match self.answer() {
            Some(text) => {
                text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).map(cut).collect()
            }
            None => self.plain.clone(),
        };
        words.drain(..words.len().saturating_sub(lines));
        words
    }

    /// Tells whether it failed by its own account: it says so, or it should have said that it finished and did not. Of a client
    /// without a last word, what went wrong last counts.
    pub fn has_failed(&self) -> bool {
        match &self.finish {
            Some(finish) => finish.is_error,
            None => self.has_final_event || self.trouble.is_some() || self.waiting.is_some(),
        }
    }

    /// Tells whether its numbers or words say that a limit on money, turns or tools ended it.
    pub fn is_over_budget(&self) -> bool {
        const WORDS: [&str; 5] =
            ["max_budget", "max_turns", "turnlimited", "budget_exceeded", "credit limit"];
        let finish = self.finish.as_ref().filter(|finish| finish.is_error);
        let said = finish.and_then(|finish| finish.subtype.as_deref()).map(str::to_lowercase);
        said.is_some_and(|said| WORDS.iter().any(|word| said.contains(word)))
    }

    /// Tells whether its model's provider let it have no more.
    pub fn is_rate_limited(&self) -> bool {
        let failed = self.finish.as_ref().is_none_or(|finish| finish.is_error);
        let waited = self.waiting.as_ref().is_some_and(|waiting| waiting.rate_limit);
        let told = [&self.trouble, &self.finish.as_ref().and_then(|finish| finish.text.clone())];
        failed && (waited || told.into_iter().flatten().any(|text| speaks_of_a_rate_limit(text)))
    }

    /// Gives how many tools were refused.
    pub fn denials(&self) -> u32 {
        self.finish.as_ref().map_or(0, |finish| finish.denials).max(self.denied)
    }

    /// Gives what the client counted, of the session or of this part of it.
    pub fn raw_usage(&self) -> Usage {
        let last = self.finish.as_ref().map(|finish| finish.usage).unwrap_or_default();
        Usage { tokens: last.tokens.or(self.used.tokens), cost_usd: last.cost_usd.or(self.used.cost_usd) }
    }
}

/// Tells whether a client's message is about too many requests.
pub fn speaks_of_a_rate_limit(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "rate limit",
        "rate_limit",
        "ratelimit",
        "too many requests",
        "usage limit",
        "quota",
        "overloaded",
        "(429",
        " 429",
    ];
    let text = text.to_lowercase();
    text.starts_with("429") || WORDS.iter().any(|word| text.contains(word))
}

fn cut(line: &str) -> String {
    let end = (0..=line.len().min(400)).rfind(|&end| line.is_char_boundary(end)).unwrap_or(0);
    line[..end].to_owned()
}

impl Usage {
    fn plus(self, more: Self) -> Self {
        let sum = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
        };
        let cost = match (self.cost_usd, more.cost_usd) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
        };
        Self { tokens: sum(self.tokens, more.tokens), cost_usd: cost }
    }

    /// Gives what was used since `before`, the numbers of the same session after its part before this one. A client that
    /// counts each part alone needs none taken away; nor does a number that has not grown, since some versions of a client
    /// count the session and others the part.
    pub fn since(self, before: Option<Self>, account: Account) -> Self {
        let before = before.unwrap_or_default();
        let tokens = match (self.tokens, before.tokens) {
            (Some(now), Some(before)) if account.tokens_of_session && now > before => Some(now - before),
            (now, _) => now,
        };
        let cost_usd = match (self.cost_usd, before.cost_usd) {
            (Some(now), Some(before)) if account.cost_of_session && now > before => Some(now - before),
            (now, _) => now,
        };
        Self { tokens, cost_usd }
    }

    /// Adds up what several attempts used; nothing known stays nothing known.
    pub fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), Self::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_well_ends_waiting_and_trouble() {
        let mut transcript = Transcript::default();
        let waiting = Waiting { reason: "429".into(), for_ms: Some(1000), rate_limit: true };
        transcript.take(AgentEvent::Waiting(waiting));
        transcript.take(AgentEvent::Trouble("500".into()));
        assert!(transcript.is_rate_limited() && transcript.trouble.is_some());
        transcript.take(AgentEvent::Said("on it".into()));
        assert!(!transcript.is_rate_limited() && transcript.trouble.is_none());
        assert_eq!(transcript.last_words(5), ["on it"]);
    }

    #[test]
    fn numbers_of_a_session_are_accounted_as_differences() {
        let usage = |tokens, cost| Usage { tokens: Some(tokens), cost_usd: Some(cost) };
        let claude = Account { tokens_of_session: false, cost_of_session: true };
        assert_eq!(usage(50, 0.75).since(Some(usage(100, 0.5)), claude), usage(50, 0.25));
        let codex = Account { tokens_of_session: true, cost_of_session: false };
        assert_eq!(usage(150, 0.0).since(Some(usage(100, 0.0)), codex).tokens, Some(50));
        assert_eq!(usage(50, 0.75).since(None, claude), usage(50, 0.75));
        assert_eq!(usage(50, 0.5).since(Some(usage(100, 0.5)), claude), usage(50, 0.5));
        assert_eq!(Usage::sum([Usage::default(), Usage::default()].into_iter()), Usage::default());
        assert_eq!(Usage::sum([usage(1, 0.5), Usage::default()].into_iter()), usage(1, 0.5));
    }

    #[test]
    fn memory_stays_bounded() {
        let mut transcript = Transcript::default();
        (0..1000).for_each(|i| transcript.take(AgentEvent::Plain(i.to_string())));
        assert_eq!(transcript.last_words(2), ["998", "999"]);
        assert_eq!(transcript.plain.len(), PLAIN);
    }
}
