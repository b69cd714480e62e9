//! What a thing looks like: one table from meaning to symbol and colour.

use crate::domain::outcome::Outcome;
use crate::domain::status::TaskState;

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Something is being done.
    Doing,
    /// Something is done.
    Success,
    /// Something failed.
    Failure,
    /// Something asks for attention.
    Warning,
    /// A fact.
    Info,
    /// A command to go on with.
    Hint,
    /// A question.
    Question,
    /// Something that has not begun.
    Waiting,
    /// Where one stands.
    Here,
    /// The title of a table or of a part.
    Heading,
    /// A name that is looked for.
    Name,
    /// What matters less.
    Minor,
    /// Lines that are new.
    Added,
    /// Lines that are gone.
    Removed,
    /// What somebody else wrote.
    Quoted,
}

impl Meaning {
    /// Gives the symbol, its ASCII form, and the colour.
    fn look(self) -> (&'static str, &'static str, console::Style) {
        let plain = console::Style::new();
        match self {
            Self::Doing => ("◎", "*", plain.cyan()),
            Self::Success => ("✓", "+", plain.green()),
            Self::Failure => ("✗", "x", plain.red()),
            Self::Warning => ("▲", "!", plain.yellow()),
            Self::Info => ("○", "-", plain.dim()),
            Self::Hint => ("↳", ">", plain.cyan()),
            Self::Question => ("❯", "?", plain.cyan()),
            Self::Waiting => ("·", ".", plain.dim()),
            Self::Here => ("@", "@", plain.bold()),
            Self::Heading => ("", "", plain.bold()),
            Self::Name => ("", "", plain.bold()),
            Self::Minor => ("", "", plain.dim()),
            Self::Added => ("+", "+", plain.green()),
            Self::Removed => ("−", "-", plain.red()),
            Self::Quoted => ("│", "|", plain.dim()),
        }
    }

    /// Gives what an outcome means; `success` says whether it counts as one.
    pub const fn of_outcome(outcome: Outcome, success: bool) -> Self {
        match outcome {
            _ if success => Self::Success,
            Outcome::Done => Self::Success,
            Outcome::Failed
            | Outcome::TimedOut
            | Outcome::OverBudget
            | Outcome::RateLimited
            | Outcome::Denied
            | Outcome::Lost => Self::Failure,
            Outcome::Empty | Outcome::Stopped | Outcome::NeedsAttention => Self::Warning,
            Outcome::Skipped | Outcome::NotStarted => Self::Info,
        }
    }

    /// Gives what a task's state means.
    pub const fn of_state(state: TaskState) -> Self {
        match state {
            TaskState::Idle => Self::Info,
            TaskState::Queued => Self::Waiting,
            TaskState::Starting | TaskState::Running | TaskState::Stopping => Self::Doing,
            TaskState::Ended(outcome) => Self::of_outcome(outcome, false),
        }
    }
}

/// What the stream that text is written to can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are written.
    pub color: bool,
    /// Whether symbols beyond ASCII are written.
    pub unicode: bool,
}

impl Style {
    /// Gives text in the colour of its meaning.
    pub fn paint(self, meaning: Meaning, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        meaning.look().2.force_styling(true).apply_to(text).to_string()
    }

    /// Gives text in the colour of its meaning, fore- and background exchanged.
    pub fn paint_reversed(self, meaning: Meaning, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        meaning.look().2.reverse().force_styling(true).apply_to(text).to_string()
    }

    /// Gives the symbol of a meaning, without colour.
    pub fn symbol(self, meaning: Meaning) -> &'static str {
        let (symbol, ascii, _) = meaning.look();
        if self.unicode { symbol } else { ascii }
    }

    /// Gives the symbol of a meaning in its colour.
    pub fn mark(self, meaning: Meaning) -> String {
        self.paint(meaning, self.symbol(meaning))
    }

    /// Makes what stands between backquotes bold, backquotes included.
    pub fn emphasize(self, text: &str) -> String {
        let parts: Vec<&str> = text.split('`').collect();
        // An odd number of backquotes: one of them is not ours.
        if !self.color || parts.len().is_multiple_of(2) {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for (i, part) in parts.iter().enumerate() {
            if i % 2 == 0 {
                out.push_str(part);
            } else {
                out.push_str(&self.paint(Meaning::Name, &format!("`{part}`")));
            }
        }
        out
    }

    /// Gives the sign of what is cut off.
    pub const fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Gives the sign before lines that are gone.
    pub const fn minus(self) -> &'static str {
        if self.unicode { "−" } else { "-" }
    }

    /// Gives the sign between an old and a new name.
    pub const fn arrow(self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    /// Gives the signs of commits ahead and behind.
    pub const fn ahead_behind(self) -> (&'static str, &'static str) {
        if self.unicode { ("↑", "↓") } else { ("^", "v") }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Symbols, no colour.
    pub(crate) const PLAIN: Style = Style { color: false, unicode: true };
    /// ASCII, no colour.
    pub(crate) const ASCII: Style = Style { color: false, unicode: false };
    /// Symbols and colour.
    pub(crate) const COLOR: Style = Style { color: true, unicode: true };

    #[test]
    fn ascii_is_ascii_and_every_symbol_is_one_cell() {
        use Meaning::*;
        for meaning in
            [Doing, Success, Failure, Warning, Info, Hint, Question, Waiting, Here, Added, Removed, Quoted]
        {
            assert!(ASCII.symbol(meaning).is_ascii());
            assert_eq!(super::super::text::cells(PLAIN.symbol(meaning)), 1, "{meaning:?}");
            assert_eq!(ASCII.symbol(meaning).len(), 1);
        }
        for sign in [ASCII.ellipsis(), ASCII.minus(), ASCII.arrow(), ASCII.ahead_behind().0] {
            assert!(sign.is_ascii());
        }
    }

    #[test]
    fn colour_is_as_it_is_told_whatever_the_terminal() {
        assert_eq!(COLOR.mark(Meaning::Success), "\x1b[32m✓\x1b[0m");
        assert_eq!(PLAIN.mark(Meaning::Success), "✓");
        assert_eq!(COLOR.emphasize("a `b` c"), "a \x1b[1m`b`\x1b[0m c");
        assert_eq!(COLOR.emphasize("a ` b"), "a ` b");
        assert_eq!(PLAIN.emphasize("a `b` c"), "a `b` c");
    }
}
