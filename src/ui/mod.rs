//! The only layer that prints: text, tables, progress, questions, JSON, and the filter for what others wrote.
//!
//! Data goes to standard output, narration to standard error. [`show`] and [`json`] turn values into text and documents and
//! print nothing; [`Ui`] prints. Everything that the layer needs to know of the environment comes in [`UiOptions`].

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

pub mod escape;
pub mod json;
pub mod progress;
pub mod prompt;
mod raw;
pub mod show;
pub mod style;
pub mod table;
pub mod text;
pub mod view;

pub use progress::{LiveLines, RunDisplay};
pub use prompt::{Press, PromptError};
pub use show::Look;
pub use style::{Meaning, Style};
pub use view::ErrorView;

/// When colours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// On a terminal that is not dumb, without `NO_COLOR`.
    #[default]
    Auto,
    /// Always; also what `CLICOLOR_FORCE` asks for.
    Always,
    /// Never.
    Never,
}

/// What the caller knows of flags and environment.
#[derive(Debug, Clone, Default)]
pub struct UiOptions {
    /// `--color`.
    pub color: ColorChoice,
    /// Whether `NO_COLOR` is set and not empty.
    pub no_color_env: bool,
    /// Whether `TERM` is `dumb` or not set.
    pub term_dumb: bool,
    /// `--json`.
    pub json: bool,
    /// `-q`: narration but warnings and errors is left out.
    pub quiet: bool,
    /// `-v`, counted.
    pub verbose: u8,
    /// Whether the locale has symbols beyond ASCII.
    pub unicode: bool,
    /// Whether long output goes to a pager: a terminal, not a dumb one, and nobody said no.
    pub pager: bool,
    /// Whether nobody sits at the terminal, if there is one (`CI`): no question, no live lines.
    pub unattended: bool,
    /// Whether standard input is a terminal.
    pub stdin_tty: bool,
    /// Whether standard output is a terminal.
    pub stdout_tty: bool,
    /// Whether standard error is a terminal.
    pub stderr_tty: bool,
    /// `COLUMNS`; none takes the terminal's width.
    pub columns: Option<usize>,
}

/// Prints. Shared by reference; each call writes one whole block.
#[derive(Debug)]
pub struct Ui {
    options: UiOptions,
    sink: Sink,
    closed: AtomicBool,
    failure: Mutex<Option<io::Error>>,
    /// The progress display that is on the terminal now: narration goes above it.
    live: Mutex<Option<indicatif::MultiProgress>>,
    /// The pager that standard output goes to now.
    page: Mutex<Option<Page>>,
}

/// What a pager reads.
struct Page(Box<dyn Write + Send>);

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Page")
    }
}

#[derive(Debug)]
enum Sink {
    Process,
    #[cfg(test)]
    Memory(Mutex<(Vec<u8>, Vec<u8>)>),
}

impl Ui {
    /// Makes the printer of this process.
    pub fn new(options: UiOptions) -> Self {
        Self::with_sink(options, Sink::Process)
    }

    /// Makes a printer that keeps what it prints, for tests of every layer.
    #[cfg(test)]
    pub(crate) fn captured(options: UiOptions) -> Self {
        Self::with_sink(options, Sink::Memory(Mutex::default()))
    }

    /// Gives what was printed to standard output and to standard error.
    #[cfg(test)]
    pub(crate) fn printed(&self) -> (String, String) {
        match &self.sink {
            Sink::Process => (String::new(), String::new()),
            Sink::Memory(memory) => {
                let memory = lock(memory);
                (String::from_utf8_lossy(&memory.0).into(), String::from_utf8_lossy(&memory.1).into())
            }
        }
    }

    fn with_sink(options: UiOptions, sink: Sink) -> Self {
        let (closed, failure, live) = (AtomicBool::new(false), Mutex::new(None), Mutex::new(None));
        Self { options, sink, closed, failure, live, page: Mutex::new(None) }
    }

    /// Gives what it was made with.
    pub fn options(&self) -> &UiOptions {
        &self.options
    }

    /// Tells whether `--json` was given.
    pub fn is_json(&self) -> bool {
        self.options.json
    }

    /// Tells whether questions can be asked.
    pub fn can_ask(&self) -> bool {
        let options = &self.options;
        options.stdin_tty && options.stderr_tty && !options.json && !options.unattended
    }

    /// Tells whether the reader of standard output went away; printing on is of no use, and no failure.
    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Gives the first error of writing to standard output that is not a closed pipe, once.
    pub fn take_failure(&self) -> Option<io::Error> {
        lock(&self.failure).take()
    }

    /// Gives the style of standard output.
    pub fn style(&self) -> Style {
        self.style_of(self.options.stdout_tty)
    }

    /// Gives the style of standard error.
    pub fn narration_style(&self) -> Style {
        self.style_of(self.options.stderr_tty)
    }

    fn style_of(&self, tty: bool) -> Style {
        let color = match self.options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => tty && !self.options.no_color_env && !self.options.term_dumb,
        };
        Style { color, unicode: self.options.unicode }
    }

    /// Gives the width that text on standard output should keep to; none where it goes to no terminal.
    pub fn columns(&self) -> Option<usize> {
        let of_terminal = || {
            let size = console::Term::stdout().size_checked();
            self.options.stdout_tty.then(|| size.map_or(80, |(_, columns)| usize::from(columns)))
        };
        self.options.columns.or_else(of_terminal)
    }

    /// Gives how [`show`] should write for standard output. `here` is the directory that paths are shown relative to
    /// where that is shorter, `home` the one that `~` stands for.
    pub fn look<'a>(&self, here: Option<&'a Path>, home: Option<&'a Path>) -> Look<'a> {
        Look { style: self.style(), width: self.columns(), here, home }
    }

    /// Writes a block of text to standard output. The text must be safe, as [`show`] makes it.
    pub fn out(&self, block: &str) {
        self.out_bytes(block.as_bytes());
    }

    /// Writes a block in the place of the last one: on a terminal at its top, elsewhere below, after an empty line.
    pub fn redraw(&self, block: &str, first: bool) {
        if self.options.stdout_tty && !self.options.term_dumb {
            self.out(&format!("\u{1b}[H\u{1b}[J{block}"));
        } else {
            self.out(&if first { block.to_owned() } else { format!("\n{block}") });
        }
    }

    /// Writes raw bytes to standard output; the caller sees to it that it is no terminal, or that they are safe.
    pub fn out_bytes(&self, bytes: &[u8]) {
        if self.closed() {
            return;
        }
        if let Some(Page(page)) = &mut *lock(&self.page) {
            let written = page.write_all(bytes).and_then(|()| page.flush());
            return self.settle(written);
        }
        let write = || match &self.sink {
            Sink::Process => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
            #[cfg(test)]
            Sink::Memory(memory) => lock(memory).0.write_all(bytes),
        };
        self.settle(self.above_live(write));
    }

    /// Sends standard output to a pager from now on, and narration too where both go to a terminal: what is on the screen
    /// belongs to the pager.
    pub fn page(&self, pager: impl Write + Send + 'static) {
        *lock(&self.page) = Some(Page(Box::new(pager)));
    }

    /// Ends that: the pager has all of it.
    pub fn end_page(&self) {
        drop(lock(&self.page).take());
    }

    fn settle(&self, result: io::Result<()>) {
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.store(true, Ordering::Relaxed);
            }
            Err(error) => drop(lock(&self.failure).get_or_insert(error)),
        }
    }

    /// Writes a JSON document and a line end to standard output.
    pub fn json(&self, document: &Value) {
        self.out(&format!("{}\n", escape::json_text(&format!("{document:#}"))));
    }

    /// Writes a JSON document in one line to standard output.
    pub fn json_line(&self, document: &Value) {
        self.out(&format!("{}\n", escape::json_text(&document.to_string())));
    }

    /// Says what is being done.
    pub fn status(&self, message: &str) {
        self.narrate(Meaning::Doing, message);
    }

    /// Says what was done.
    pub fn success(&self, message: &str) {
        self.narrate(Meaning::Success, message);
    }

    /// Says a fact.
    pub fn note(&self, message: &str) {
        self.narrate(Meaning::Info, message);
    }

    /// Says what the user should know; also with `-q`.
    pub fn warn(&self, message: &str) {
        self.narrate(Meaning::Warning, message);
    }

    /// Says a command to go on with.
    pub fn hint(&self, message: &str) {
        self.narrate(Meaning::Hint, message);
    }

    fn narrate(&self, meaning: Meaning, message: &str) {
        if !self.options.quiet || meaning == Meaning::Warning {
            self.err(&narration(self.narration_style(), meaning, message));
        }
    }

    /// Writes the block of an error to standard error; with `--json` its document to standard output.
    pub fn error(&self, error: &ErrorView) {
        if self.options.json {
            self.json(&json::error(error));
        } else {
            self.err(&show::error(error, self.narration_style()));
        }
    }

    /// Writes a safe block of text to standard error. That it cannot be written has no one to be told to.
    pub(in crate::ui) fn err(&self, block: &str) {
        if self.options.stderr_tty
            && let Some(Page(page)) = &mut *lock(&self.page)
        {
            return drop(page.write_all(block.as_bytes()).and_then(|()| page.flush()));
        }
        let write = || match &self.sink {
            Sink::Process => {
                let mut stderr = io::stderr().lock();
                stderr.write_all(block.as_bytes()).and_then(|()| stderr.flush())
            }
            #[cfg(test)]
            Sink::Memory(memory) => lock(memory).1.write_all(block.as_bytes()),
        };
        let _ = self.above_live(write);
    }

    fn above_live<R>(&self, write: impl FnOnce() -> R) -> R {
        let live = lock(&self.live).clone();
        match live {
            Some(live) => live.suspend(write),
            None => write(),
        }
    }

    /// Makes `live` the display that narration goes above; gives the one before.
    fn set_live(&self, live: Option<indicatif::MultiProgress>) -> Option<indicatif::MultiProgress> {
        std::mem::replace(&mut *lock(&self.live), live)
    }
}

/// Renders a message after the symbol of its meaning, its further lines indented.
fn narration(style: Style, meaning: Meaning, message: &str) -> String {
    let safe = escape::visible(message);
    let text = match meaning {
        Meaning::Hint => safe,
        _ => style.emphasize(&safe),
    };
    let mut lines = text.trim_end().split('\n');
    let first = lines.next().unwrap_or_default();
    let mut out = format!("{} {first}\n", style.mark(meaning));
    for line in lines {
        out.push_str(format!("  {line}").trim_end());
        out.push('\n');
    }
    out
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ui(change: impl FnOnce(&mut UiOptions)) -> Ui {
        let mut options = UiOptions { unicode: true, ..UiOptions::default() };
        change(&mut options);
        Ui::captured(options)
    }

    fn say_all(ui: &Ui) -> (String, String) {
        ui.status("merging `api`");
        ui.success("merged");
        ui.note("3 tasks\nof which \x1b[31mred\n\none");
        ui.warn("recovery is due");
        ui.hint("windrow undo");
        ui.out("data\n");
        ui.printed()
    }

    #[test]
    fn data_and_narration_go_their_own_ways() {
        let (out, err) = say_all(&ui(|_| {}));
        assert_eq!(out, "data\n");
        insta::assert_snapshot!(err, @r"
        ◎ merging `api`
        ✓ merged
        ○ 3 tasks
          of which \x1b[31mred

          one
        ▲ recovery is due
        ↳ windrow undo
        ");
    }

    #[test]
    fn quiet_keeps_data_and_warnings() {
        assert_eq!(say_all(&ui(|o| o.quiet = true)), ("data\n".into(), "▲ recovery is due\n".into()));
        assert_eq!(say_all(&ui(|o| (o.quiet, o.unicode) = (true, false))).1, "! recovery is due\n");
    }

    #[test]
    fn colour_is_decided_for_each_stream() {
        let decided = |change: fn(&mut UiOptions)| {
            let ui = ui(|o| {
                (o.stdout_tty, o.stderr_tty) = (false, true);
                change(o);
            });
            (ui.style().color, ui.narration_style().color)
        };
        assert_eq!(decided(|_| {}), (false, true));
        assert_eq!(decided(|o| o.no_color_env = true), (false, false));
        assert_eq!(decided(|o| o.term_dumb = true), (false, false));
        assert_eq!(decided(|o| o.color = ColorChoice::Always), (true, true));
        assert_eq!(decided(|o| (o.color, o.no_color_env) = (ColorChoice::Always, true)), (true, true));
        assert_eq!(decided(|o| o.color = ColorChoice::Never), (false, false));
    }

    #[test]
    fn colour_is_written() {
        let ui = ui(|o| o.color = ColorChoice::Always);
        ui.success("landed `api`");
        assert_eq!(ui.printed().1, "\x1b[32m✓\x1b[0m landed \x1b[1m`api`\x1b[0m\n");
    }

    #[test]
    fn an_error_is_a_block_or_a_document() {
        let error = ErrorView {
            command: "merge".into(),
            kind: "conflict".into(),
            message: "cannot merge `a\u{202e}b` into `main`".into(),
            causes: vec!["2 files conflict\nsrc/a.rs".into()],
            hints: vec!["windrow diff a".into()],
        };
        let plain = ui(|o| o.quiet = true);
        plain.error(&error);
        insta::assert_snapshot!(plain.printed().1, @r"
        error: cannot merge `a\u{202e}b` into `main`
        caused by: 2 files conflict
          src/a.rs
        hint: windrow diff a
        ");
        assert_eq!(plain.printed().0, "");
        let json = ui(|o| o.json = true);
        json.error(&error);
        insta::assert_snapshot!(json.printed().0, @r#"
        {
          "command": "merge",
          "error": {
            "causes": [
              "2 files conflict\nsrc/a.rs"
            ],
            "hints": [
              "windrow diff a"
            ],
            "kind": "conflict",
            "message": "cannot merge `a\u202eb` into `main`"
          },
          "schema": 1
        }
        "#);
        assert_eq!(json.printed().1, "");
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is_one() {
        let ui = ui(|_| {});
        ui.settle(Err(io::ErrorKind::BrokenPipe.into()));
        assert!(ui.closed() && ui.take_failure().is_none());
        ui.out("more");
        assert_eq!(ui.printed().0, "");
        ui.settle(Err(io::ErrorKind::StorageFull.into()));
        ui.settle(Err(io::ErrorKind::Other.into()));
        assert_eq!(ui.take_failure().map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
        assert!(ui.take_failure().is_none());
    }

    #[test]
    fn a_page_has_data_and_what_would_go_over_it() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let ui = ui(|o| (o.stdout_tty, o.stderr_tty, o.term_dumb) = (true, true, true));
        ui.page(writer);
        ui.out("data\n");
        ui.note("said");
        ui.end_page();
        ui.note("after");
        let mut read = String::new();
        std::io::Read::read_to_string(&mut reader, &mut read).unwrap();
        assert_eq!(read, "data\n○ said\n");
        assert_eq!(ui.printed(), (String::new(), "○ after\n".into()));
    }

    #[test]
    fn a_pager_that_was_left_is_a_closed_pipe() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ui = ui(|_| {});
        ui.page(writer);
        ui.out("data\n");
        assert!(ui.closed() && ui.take_failure().is_none());
    }

    #[test]
    fn the_width_is_the_given_one_or_none_without_a_terminal() {
        assert_eq!(ui(|o| o.columns = Some(40)).columns(), Some(40));
        assert_eq!(ui(|_| {}).columns(), None);
    }

    #[test]
    fn json_lines_are_lines() {
        let ui = ui(|_| {});
        ui.json_line(&serde_json::json!({"a": "x\ny\u{9b}"}));
        assert_eq!(ui.printed().0, "{\"a\":\"x\\ny\\u009b\"}\n");
    }
}
