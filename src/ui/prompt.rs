//! Questions on the terminal.

use std::fmt;
use std::io;

use console::{Key, Term};
use dialoguer::theme::Theme;
use dialoguer::{Confirm, Input, Select};

use super::Ui;
use super::escape::{one_line, one_line_within};
use super::style::{Meaning, Style};
use super::text;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Standard input or standard error is no terminal, or `--json` was given.
    #[error("no terminal to ask on")]
    NoTerminal,
    /// The user pressed ^C.
    #[error("interrupted")]
    Interrupted,
    /// The terminal could not be read or written.
    #[error("the terminal failed: {0}")]
    Io(io::Error),
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// A character; Enter is a space, arrows and tab are `n` and `p`.
    Char(char),
    /// Escape.
    Leave,
    /// Any other.
    Other,
}

impl From<dialoguer::Error> for PromptError {
    fn from(error: dialoguer::Error) -> Self {
        let dialoguer::Error::IO(error) = error;
        match error.kind() {
            io::ErrorKind::Interrupted => Self::Interrupted,
            io::ErrorKind::NotConnected => Self::NoTerminal,
            _ => Self::Io(error),
        }
    }
}

impl Ui {
    /// Asks a question that is answered with yes or no; Enter alone takes `default`, Esc declines. On ^C the process
    /// gets SIGINT as well.
    pub fn confirm(&self, question: &str, default: bool) -> Result<bool, PromptError> {
        self.ask(|theme, term| {
            let confirm = Confirm::with_theme(theme).with_prompt(one_line(question)).default(default);
            Ok(confirm.interact_on_opt(term)?.unwrap_or(false))
        })
    }

    /// Lets one of the items be chosen; Esc chooses none, and neither does a list without items.
    pub fn select(&self, question: &str, items: &[String]) -> Result<Option<usize>, PromptError> {
        if items.is_empty() {
            return Ok(None);
        }
        self.ask(|theme, term| {
            let columns = usize::from(term.size().1);
            // A wrapped item would leave lines behind when the list is drawn again.
            let room = columns.saturating_sub(3);
            let items = items.iter().map(|item| one_line_within(item, room, theme.0.ellipsis()));
            let question = one_line_within(question, room, theme.0.ellipsis());
            Ok(Select::with_theme(theme)
                .with_prompt(question)
                .items(items)
                .default(0)
                .interact_on_opt(term)?)
        })
    }

    /// Lets a line be written; empty where nothing was.
    pub fn line(&self, question: &str) -> Result<String, PromptError> {
        self.ask(|theme, term| {
            let input = Input::<String>::with_theme(theme).with_prompt(one_line(question)).allow_empty(true);
            Ok(input.interact_text_on(term)?.trim().to_owned())
        })
    }

    /// Shows a safe block below everything, waits for a key, and takes the block away again. On ^C the process gets
    /// SIGINT as well.
    pub fn key(&self, block: &str) -> Result<Press, PromptError> {
        self.ask(|_, term| {
            let io = |error| PromptError::from(dialoguer::Error::IO(error));
            let columns = usize::from(term.size().1);
            let block = text::wrap(block, Some(columns.saturating_sub(1)), 0);
            let key = term.write_line(&block).and_then(|()| term.read_key()).map_err(io)?;
            term.clear_last_lines(block.lines().count()).map_err(io)?;
            Ok(match key {
                Key::Char(c) => Press::Char(c),
                Key::Enter => Press::Char(' '),
                Key::ArrowRight | Key::ArrowDown | Key::Tab => Press::Char('n'),
                Key::ArrowLeft | Key::ArrowUp | Key::BackTab => Press::Char('p'),
                Key::Escape => Press::Leave,
                _ => Press::Other,
            })
        })
    }

    fn ask<R>(
        &self,
        ask: impl FnOnce(&Questions, &Term) -> Result<R, PromptError>,
    ) -> Result<R, PromptError> {
        if !self.can_ask() {
            return Err(PromptError::NoTerminal);
        }
        let term = terminal();
        let answer = self.above_live(|| ask(&Questions(self.narration_style()), &term));
        if answer.is_err() {
            // The question was left in the middle of its line.
            let _ = term.write_line("");
        }
        answer
    }
}

/// Gives the terminal behind standard error.
#[cfg(unix)]
fn terminal() -> Term {
    Term::read_write_pair(io::stdin(), WithCursor(io::stderr()))
}

#[cfg(not(unix))]
fn terminal() -> Term {
    Term::stderr()
}

/// Leaves the cursor where it can be seen: ^C in a question ends a process that does not catch it before anyone could
/// show it again.
#[cfg(unix)]
#[derive(Debug)]
struct WithCursor<W>(W);

#[cfg(unix)]
impl<W: io::Write> io::Write for WithCursor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // `console` writes each of its sequences in one call.
        if bytes == b"\x1b[?25l" { Ok(bytes.len()) } else { self.0.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(unix)]
impl<W: std::os::fd::AsRawFd> std::os::fd::AsRawFd for WithCursor<W> {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.0.as_raw_fd()
    }
}

/// How questions look.
struct Questions(Style);

impl Theme for Questions {
    fn format_confirm_prompt(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        default: Option<bool>,
    ) -> fmt::Result {
        let answers = match default {
            None => "[y/n]",
            Some(true) => "[Y/n]",
            Some(false) => "[y/N]",
        };
        write!(
            f,
            "{} {} {} ",
            self.0.mark(Meaning::Question),
            self.0.emphasize(prompt),
            self.0.paint(Meaning::Minor, answers)
        )
    }

    fn format_confirm_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        selection: Option<bool>,
    ) -> fmt::Result {
        let (meaning, answer) = match selection {
            Some(true) => (Meaning::Success, "yes"),
            Some(false) | None => (Meaning::Info, "no"),
        };
        write!(f, "{} {} {answer}", self.0.mark(meaning), self.0.emphasize(prompt))
    }

    fn format_select_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "{} {}", self.0.mark(Meaning::Question), self.0.emphasize(prompt))
    }

    fn format_select_prompt_item(&self, f: &mut dyn fmt::Write, text: &str, active: bool) -> fmt::Result {
        if active {
            let pointer = self.0.paint(Meaning::Question, ">");
            write!(f, "{pointer} {}", self.0.paint(Meaning::Name, text))
        } else {
            write!(f, "  {text}")
        }
    }

    fn format_select_prompt_selection(&self, f: &mut dyn fmt::Write, prompt: &str, sel: &str) -> fmt::Result {
        write!(f, "{} {} {sel}", self.0.mark(Meaning::Success), self.0.emphasize(prompt))
    }
}

#[cfg(test)]
mod tests {
    use super::super::UiOptions;
    use super::super::style::tests::{ASCII, PLAIN};
    use super::*;

    #[test]
    fn without_a_terminal_nothing_is_asked() {
        let no = UiOptions::default();
        for options in [
            UiOptions { stdin_tty: true, ..no.clone() },
            UiOptions { stderr_tty: true, ..no.clone() },
            UiOptions { stdin_tty: true, stderr_tty: true, json: true, ..no.clone() },
        ] {
            let ui = Ui::captured(options);
            assert!(matches!(ui.confirm("go on?", true), Err(PromptError::NoTerminal)));
            assert!(matches!(ui.select("which?", &["a".into()]), Err(PromptError::NoTerminal)));
            assert_eq!(ui.printed(), (String::new(), String::new()));
        }
        assert!(matches!(Ui::captured(no).select("which?", &[]), Ok(None)));
    }

    #[test]
    fn errors_of_the_terminal_are_told_apart() {
        let of = |kind: io::ErrorKind| PromptError::from(dialoguer::Error::IO(kind.into()));
        assert!(matches!(of(io::ErrorKind::Interrupted), PromptError::Interrupted));
        assert!(matches!(of(io::ErrorKind::NotConnected), PromptError::NoTerminal));
        assert!(matches!(of(io::ErrorKind::UnexpectedEof), PromptError::Io(_)));
    }

    #[cfg(unix)]
    #[test]
    fn the_cursor_is_never_hidden() {
        use std::io::Write;
        let mut out = WithCursor(Vec::new());
        for piece in ["a", "\x1b[?25l", "b", "\x1b[?25h"] {
            out.write_all(piece.as_bytes()).unwrap();
        }
        assert_eq!(out.0, b"ab\x1b[?25h");
    }

    #[test]
    fn questions() {
        let mut out = String::new();
        for style in [PLAIN, ASCII] {
            let theme = Questions(style);
            theme.format_confirm_prompt(&mut out, "Merge `api`?", Some(false)).unwrap();
            out.push('\n');
            theme.format_confirm_prompt_selection(&mut out, "Merge `api`?", Some(true)).unwrap();
            out.push('\n');
            theme.format_confirm_prompt_selection(&mut out, "Merge `api`?", None).unwrap();
            out.push('\n');
            theme.format_select_prompt(&mut out, "Which task?").unwrap();
            out.push('\n');
            theme.format_select_prompt_item(&mut out, "api", true).unwrap();
            out.push('\n');
            theme.format_select_prompt_item(&mut out, "docs", false).unwrap();
            out.push('\n');
            theme.format_select_prompt_selection(&mut out, "Which task?", "docs").unwrap();
            out.push('\n');
        }
        insta::assert_snapshot!(out.replace(" \n", "\n"), @r"
        ❯ Merge `api`? [y/N]
        ✓ Merge `api`? yes
        ○ Merge `api`? no
        ❯ Which task?
        > api
          docs
        ✓ Which task? docs
        ? Merge `api`? [y/N]
        + Merge `api`? yes
        - Merge `api`? no
        ? Which task?
        > api
          docs
        + Which task? docs
        ");
    }
}
