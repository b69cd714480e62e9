//! What an attempt at work has used, by its own account, and whether that is too much.

use crate::domain::plan::Limits;
use crate::domain::transcript::AgentEvent;

/// What an attempt at work has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Used {
    cost_usd: f64,
    turns: u32,
    told: bool,
}

impl Used {
    /// Takes what it said next. A client asks its model again after each tool, and it says so of every tool.
    pub(super) fn take(&mut self, event: &AgentEvent) {
        match event {
            AgentEvent::Used(usage) => self.cost_usd += usage.cost_usd.unwrap_or(0.0),
            AgentEvent::Tool(..) => self.turns = self.turns.saturating_add(1),
            _ => {}
        }
    }

    /// Says, once, which limit it is beyond.
    pub(super) fn beyond(&mut self, limits: Limits) -> Option<String> {
        if self.told {
            return None;
        }
        let cost = limits.cost_usd.filter(|limit| self.cost_usd > *limit);
        let cost = cost.map(|limit| format!("${:.2} of ${limit:.2} are spent", self.cost_usd));
        let turns = limits.turns.filter(|limit| self.turns > *limit);
        let why = cost.or_else(|| turns.map(|limit| format!("{} turns of {limit}", self.turns)));
        self.told = why.is_some();
        why
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transcript::Usage;

    #[test]
    fn each_limit_is_told_once_when_it_is_passed() {
        let limits = Limits { cost_usd: Some(1.0), turns: Some(2) };
        let dollars = |cost| AgentEvent::Used(Usage { tokens: None, cost_usd: Some(cost) });
        let mut used = Used::default();
        used.take(&dollars(1.0));
        assert_eq!(used.beyond(limits), None);
        used.take(&dollars(0.25));
        assert_eq!(used.beyond(Limits::default()), None);
        assert_eq!(used.beyond(limits).as_deref(), Some("$1.25 of $1.00 are spent"));
        assert_eq!(used.beyond(limits), None);
        let mut used = Used::default();
        for _ in 0..3 {
            assert_eq!(used.beyond(limits), None);
            used.take(&AgentEvent::Tool("Write".into(), String::new()));
        }
        assert_eq!(used.beyond(limits).as_deref(), Some("3 turns of 2"));
    }
}
