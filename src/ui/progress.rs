//! A run while it goes on: one live line for each working agent on a terminal, a line for each change of state
//! without one, JSON lines with `--json`.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::domain::event::{RunEvent, TaskResult};
use crate::domain::name::{RunId, TaskName};

use super::escape::{one_line, one_line_within, visible};
use super::style::{Meaning, Style};
use super::{Ui, json, text};

/// Names longer than this are cut in live lines.
const NAME_CELLS: usize = 24;
/// How much of what an agent says is kept; the terminal's width cuts it further.
const SAID_CELLS: usize = 200;

/// Draws a run from its events.
#[derive(Debug)]
pub struct RunDisplay<'a> {
    ui: &'a Ui,
    mode: Mode,
    run: Option<RunId>,
    totals: Totals,
    name_cells: usize,
}

#[derive(Debug)]
enum Mode {
    /// JSON lines on standard output.
    Json,
    /// Warnings alone.
    Quiet,
    /// Lines on standard error.
    Lines,
    /// A live display on standard error.
    Live(Live),
}

#[derive(Debug)]
struct Live {
    multi: MultiProgress,
    /// The first line, above those of the tasks: a screen that is too small cuts the last ones.
    totals: ProgressBar,
    tasks: HashMap<TaskName, ProgressBar>,
    /// Whether lines count their seconds by themselves.
    ticking: bool,
}

#[derive(Debug, Default)]
struct Totals {
    tasks: usize,
    working: usize,
    finished: usize,
    not_well: usize,
}

impl Totals {
    fn describe(&self) -> String {
        let queued = self.tasks.saturating_sub(self.working + self.finished);
        let mut said = vec![format!("{} of {} finished", self.finished, self.tasks)];
        if self.not_well > 0 {
            said.push(format!("{} not done", self.not_well));
        }
        if self.working > 0 {
            said.push(format!("{} running", self.working));
        }
        if queued > 0 {
            said.push(format!("{queued} queued"));
        }
        said.join(", ")
    }
}

impl<'a> RunDisplay<'a> {
    /// Begins a display that suits where the output goes.
    pub fn new(ui: &'a Ui) -> Self {
        let options = ui.options();
        let mode = if options.json {
            Mode::Json
        } else if options.quiet {
            Mode::Quiet
        } else if options.stderr_tty && !options.term_dumb && !options.unattended {
            Mode::Live(Live::new(ProgressDrawTarget::stderr(), true))
        } else {
            Mode::Lines
        };
        Self::with_mode(ui, mode)
    }

    fn with_mode(ui: &'a Ui, mode: Mode) -> Self {
        if let Mode::Live(live) = &mode {
            ui.set_live(Some(live.multi.clone()));
        }
        Self { ui, mode, run: None, totals: Totals::default(), name_cells: 0 }
    }

    /// Shows an event.
    pub fn handle(&mut self, event: &RunEvent) {
        self.count(event);
        match &mut self.mode {
            Mode::Json => {
                if let Some(line) = json::run_event(event, self.run.as_ref()) {
                    self.ui.json_line(&line);
                }
            }
            Mode::Quiet => {
                if let RunEvent::Warning { message } = event {
                    self.ui.warn(message);
                }
            }
            Mode::Lines => lines(self.ui, event, self.name_cells),
            Mode::Live(live) => {
                live.handle(self.ui, event, self.name_cells);
                live.totals.set_message(self.totals.describe());
            }
        }
    }

    /// Runs `f` while the live lines are off the terminal, so that it can write there by itself.
    pub fn suspend<R>(&self, f: impl FnOnce() -> R) -> R {
        let Mode::Live(live) = &self.mode else { return f() };
        // What `f` says through the `Ui` would wait for the display, which waits for `f`.
        let before = self.ui.set_live(None);
        let result = live.multi.suspend(f);
        self.ui.set_live(before);
        result
    }

    fn count(&mut self, event: &RunEvent) {
        match event {
            RunEvent::RunStarted { run, tasks, .. } => {
                self.run = Some(run.clone());
                self.totals = Totals { tasks: tasks.len(), ..Totals::default() };
                let longest = tasks.iter().map(|task| text::cells(&one_line(task.as_str()))).max();
                self.name_cells = longest.unwrap_or(0).min(NAME_CELLS);
            }
            RunEvent::TaskStarted { .. } => self.totals.working += 1,
            RunEvent::TaskFinished(result) => {
                self.totals.finished += 1;
                self.totals.tasks = self.totals.tasks.max(self.totals.finished);
                self.totals.not_well += usize::from(!result.success);
                // A task that is skipped or was finished earlier never worked.
                let working = self.totals.tasks.saturating_sub(self.totals.finished);
                self.totals.working = self
                    .totals
                    .working
                    .saturating_sub(usize::from(result.attempts > 0 && !result.earlier))
                    .min(working);
            }
            RunEvent::TaskRetrying { .. } => self.totals.working = self.totals.working.saturating_sub(1),
            RunEvent::TaskPreparing { .. }
            | RunEvent::TaskSaid { .. }
            | RunEvent::Warning { .. }
            | RunEvent::Interrupted { .. }
            | RunEvent::RunFinished { .. } => {}
        }
    }
}

impl Drop for RunDisplay<'_> {
    fn drop(&mut self) {
        if let Mode::Live(live) = &self.mode {
            live.end();
            self.ui.set_live(None);
        }
    }
}

/// Says an event that changes a state in a line; those of other kinds only with `-v`.
fn lines(ui: &Ui, event: &RunEvent, name_cells: usize) {
    let style = ui.narration_style();
    match event {
        // Said by the header, before the first event.
        RunEvent::RunStarted { .. } => {}
        RunEvent::TaskPreparing { task } if ui.options().verbose > 0 => {
            ui.err(&format!("{}  preparing\n", label(style, Meaning::Waiting, task.as_str(), name_cells)));
        }
        RunEvent::TaskStarted { task, attempt, agent } => {
            let what = one_line(&started(attempt.number, agent));
            ui.err(&format!("{}  {what}\n", label(style, Meaning::Doing, task.as_str(), name_cells)));
        }
        RunEvent::TaskSaid { task, line } if ui.options().verbose > 0 => {
            let said = one_line_within(line, SAID_CELLS, style.ellipsis());
            ui.err(&format!("{}  {said}\n", label(style, Meaning::Quoted, task.as_str(), name_cells)));
        }
        RunEvent::TaskFinished(result) => ui.err(&format!("{}\n", finished(result, style, name_cells))),
        RunEvent::Warning { message } => ui.warn(message),
        RunEvent::TaskRetrying { result, rest_ms } => ui.warn(&text::retrying(result, *rest_ms)),
        RunEvent::Interrupted { kill, by_command } => ui.warn(text::interrupted(*kill, *by_command)),
        RunEvent::TaskPreparing { .. } | RunEvent::TaskSaid { .. } | RunEvent::RunFinished { .. } => {}
    }
}

impl Ui {
    /// Says what became of a task whose run is not ours to draw.
    pub fn finished(&self, result: &TaskResult) {
        if !self.options.json && !self.options.quiet {
            self.err(&format!("{}\n", finished(result, self.narration_style(), 0)));
        }
    }
}

fn started(attempt: u32, agent: &str) -> String {
    match attempt {
        0 | 1 => format!("started ({agent})"),
        n => format!("started ({agent}, attempt {n})"),
    }
}

/// Says in a line what became of a task.
fn finished(result: &TaskResult, style: Style, name_cells: usize) -> String {
    let meaning = Meaning::of_outcome(result.outcome, result.success);
    let name = one_line(result.task.as_str());
    let pad = " ".repeat(name_cells.saturating_sub(text::cells(&name)));
    let mut line = format!(
        "{} {}{pad}  {}",
        style.mark(meaning),
        style.paint(Meaning::Name, &name),
        style.paint(meaning, result.outcome.word())
    );
    if result.earlier {
        line.push_str(" in an earlier run");
    } else if let Some(ms) = result.elapsed_ms {
        line.push_str(&format!(" in {}", text::duration(ms)));
    }
    let mut facts = result.evidence.clone();
    if let Some(stat) = result.diff.filter(|stat| stat.files > 0) {
        facts.push(text::stat(stat, style));
    }
    if !facts.is_empty() && !result.earlier {
        line.push_str(": ");
        line.push_str(&style.paint(Meaning::Minor, &one_line(&facts.join(", "))));
    }
    line
}

impl Live {
    fn new(target: ProgressDrawTarget, ticking: bool) -> Self {
        let multi = MultiProgress::with_draw_target(target);
        let totals = ProgressBar::no_length();
        Self { multi, totals, tasks: HashMap::new(), ticking }
    }

    fn handle(&mut self, ui: &Ui, event: &RunEvent, name_cells: usize) {
        let style = ui.narration_style();
        match event {
            RunEvent::RunStarted { .. } => {
                self.totals = self.multi.add(ProgressBar::no_length().with_style(totals_style()));
                self.totals.set_prefix(style.mark(Meaning::Info));
                self.tick(&self.totals);
            }
            RunEvent::TaskPreparing { task } => {
                let bar = self.bar(task, style, name_cells);
                bar.set_prefix(label(style, Meaning::Waiting, task.as_str(), name_cells));
                bar.set_message(style.paint(Meaning::Minor, "making its worktree"));
            }
            RunEvent::TaskStarted { task, attempt, agent } => {
                // A bar's own clock counts from its making, an attempt's from its start.
                self.remove(task);
                let bar = self.bar(task, style, name_cells);
                let number =
                    if attempt.number > 1 { format!(", attempt {}", attempt.number) } else { String::new() };
                bar.set_message(style.paint(Meaning::Minor, &one_line(&format!("{agent}{number}"))));
                self.tick(&bar);
            }
            RunEvent::TaskSaid { task, line } => {
                if let Some(bar) = self.tasks.get(task) {
                    let said = one_line_within(line, SAID_CELLS, style.ellipsis());
                    if !said.trim().is_empty() {
                        bar.set_message(said.trim().to_owned());
                    }
                }
            }
            RunEvent::TaskFinished(result) => {
                self.remove(&result.task);
                self.print(&finished(result, style, name_cells));
            }
            RunEvent::Warning { message } => self.narrate(style, message),
            RunEvent::TaskRetrying { result, rest_ms } => {
                self.remove(&result.task);
                self.narrate(style, &text::retrying(result, *rest_ms));
            }
            RunEvent::Interrupted { kill, by_command } => {
                self.narrate(style, text::interrupted(*kill, *by_command));
            }
            RunEvent::RunFinished { .. } => self.end(),
        }
    }

    fn narrate(&self, style: Style, message: &str) {
        let message = style.emphasize(&visible(message)).replace('\n', "\n  ");
        self.print(&format!("{} {message}", style.mark(Meaning::Warning)));
    }

    /// Prints lines above the live ones. Where the terminal fails there is no one to be told.
    fn print(&self, lines: &str) {
        let _ = self.multi.println(lines);
    }

    fn bar(&mut self, task: &TaskName, style: Style, name_cells: usize) -> ProgressBar {
        if let Some(bar) = self.tasks.get(task) {
            return bar.clone();
        }
        let bar = self.multi.add(ProgressBar::no_length().with_style(task_style()));
        bar.set_prefix(label(style, Meaning::Doing, task.as_str(), name_cells));
        self.tasks.insert(task.clone(), bar.clone());
        bar
    }

    fn remove(&mut self, task: &TaskName) {
        if let Some(bar) = self.tasks.remove(task) {
            bar.finish_and_clear();
            self.multi.remove(&bar);
        }
    }

    fn tick(&self, bar: &ProgressBar) {
        if self.ticking {
            bar.enable_steady_tick(Duration::from_millis(500));
        } else {
            bar.tick();
        }
    }

    fn end(&self) {
        self.tasks.values().chain([&self.totals]).for_each(ProgressBar::finish_and_clear);
        let _ = self.multi.clear();
    }
}

/// A live line for each of some things that go on at once, on a terminal; nothing without one.
#[derive(Debug)]
pub struct LiveLines<'a> {
    ui: &'a Ui,
    lines: Option<(MultiProgress, Vec<ProgressBar>)>,
}

impl<'a> LiveLines<'a> {
    /// Begins, with a label for each.
    pub fn new(ui: &'a Ui, labels: &[String]) -> Self {
        let options = ui.options();
        let live = options.stderr_tty && !options.term_dumb && !options.unattended;
        if options.json || options.quiet || !live {
            return Self { ui, lines: None };
        }
        let style = ui.narration_style();
        let multi = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let cells =
            labels.iter().map(|label| text::cells(&one_line(label))).max().unwrap_or(0).min(NAME_CELLS);
        let bar = |name: &String| {
            let bar = multi.add(ProgressBar::no_length().with_style(task_style()));
            bar.set_prefix(label(style, Meaning::Doing, name, cells));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        };
        let bars = labels.iter().map(bar).collect();
        ui.set_live(Some(multi.clone()));
        Self { ui, lines: Some((multi, bars)) }
    }

    /// Shows what one of them said last.
    pub fn say(&mut self, at: usize, said: &str) {
        if let Some(bar) = self.lines.as_ref().and_then(|(_, bars)| bars.get(at)) {
            let said = one_line_within(said, SAID_CELLS, self.ui.narration_style().ellipsis());
            bar.set_message(said.trim().to_owned());
        }
    }

    /// Takes the line of one of them away.
    pub fn end(&mut self, at: usize) {
        if let Some(bar) = self.lines.as_ref().and_then(|(_, bars)| bars.get(at)) {
            bar.finish_and_clear();
        }
    }
}

impl Drop for LiveLines<'_> {
    fn drop(&mut self) {
        if let Some((multi, bars)) = &self.lines {
            bars.iter().for_each(ProgressBar::finish_and_clear);
            let _ = multi.clear();
            self.ui.set_live(None);
        }
    }
}

fn label(style: Style, meaning: Meaning, task: &str, name_cells: usize) -> String {
    let name = text::elide_middle(&one_line(task), name_cells.max(1), style.ellipsis());
    let pad = " ".repeat(name_cells.saturating_sub(text::cells(&name)));
    format!("{} {}{pad}", style.mark(meaning), style.paint(Meaning::Name, &name))
}

fn task_style() -> ProgressStyle {
    styled("{prefix}  {since:>7}  {wide_msg}")
}

fn totals_style() -> ProgressStyle {
    styled("{prefix} {since}  {wide_msg}")
}

/// Gives the style of a template; one that does not parse, which tests exclude, is replaced by indicatif's own.
fn styled(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.with_key("since", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&since(state.elapsed()));
    })
}

/// Writes a time that still grows: whole seconds.
fn since(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0 => "0s".to_owned(),
        seconds => text::duration(seconds * 1000),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::super::UiOptions;
    use super::*;
    use crate::domain::outcome::Outcome;
    use crate::ui::show::tests::{events, results};

    /// A terminal in memory: what it would show, without colours.
    #[derive(Debug, Clone)]
    struct Screen(Arc<Mutex<Cells>>, u16);

    #[derive(Debug, Default)]
    struct Cells {
        rows: Vec<Vec<char>>,
        row: usize,
        column: usize,
    }

    impl Screen {
        fn new(columns: u16) -> Self {
            Self(Arc::default(), columns)
        }

        fn contents(&self) -> String {
            let cells = self.0.lock().unwrap();
            let rows: Vec<String> =
                cells.rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned()).collect();
            rows.join("\n").trim_end().to_owned()
        }

        fn with(&self, change: impl FnOnce(&mut Cells)) -> io::Result<()> {
            change(&mut self.0.lock().unwrap());
            Ok(())
        }
    }

    impl Cells {
        fn write(&mut self, text: &str, columns: usize) {
            for c in console::strip_ansi_codes(text).chars() {
                match c {
                    '\r' => self.column = 0,
                    '\n' => (self.row, self.column) = (self.row + 1, 0),
                    c => {
                        if self.column == columns {
                            (self.row, self.column) = (self.row + 1, 0);
                        }
                        let (row, column) = (self.row, self.column);
                        self.rows.resize_with(self.rows.len().max(row + 1), Vec::new);
                        let cells = &mut self.rows[row];
                        cells.resize(cells.len().max(column + 1), ' ');
                        cells[column] = c;
                        self.column += 1;
                    }
                }
            }
        }
    }

    impl indicatif::TermLike for Screen {
        fn width(&self) -> u16 {
            self.1
        }
        fn height(&self) -> u16 {
            24
        }
        fn move_cursor_up(&self, n: usize) -> io::Result<()> {
            self.with(|cells| cells.row = cells.row.saturating_sub(n))
        }
        fn move_cursor_down(&self, n: usize) -> io::Result<()> {
            self.with(|cells| cells.row += n)
        }
        fn move_cursor_right(&self, n: usize) -> io::Result<()> {
            self.with(|cells| cells.column += n)
        }
        fn move_cursor_left(&self, n: usize) -> io::Result<()> {
            self.with(|cells| cells.column = cells.column.saturating_sub(n))
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)?;
            self.with(|cells| (cells.row, cells.column) = (cells.row + 1, 0))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            assert!(!text.contains('\u{7}') && !text.contains("\x1b[2J"), "{text:?}");
            self.with(|cells| cells.write(text, usize::from(self.1)))
        }
        fn clear_line(&self) -> io::Result<()> {
            self.with(|cells| {
                let row = cells.row;
                cells.column = 0;
                if let Some(cells) = cells.rows.get_mut(row) {
                    cells.clear();
                }
            })
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn live<'a>(ui: &'a Ui, screen: &Screen) -> RunDisplay<'a> {
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        RunDisplay::with_mode(ui, Mode::Live(Live::new(target, false)))
    }

    /// Live lines count their seconds; how many passed is the machine's affair.
    fn without_times(text: &str) -> String {
        let words = text.split(' ').map(|word| {
            let digits = word
                .strip_suffix('s')
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
            if digits && word.len() == 2 { "0s" } else { word }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn ui(change: impl FnOnce(&mut UiOptions)) -> Ui {
        let mut options = UiOptions { unicode: true, ..UiOptions::default() };
        change(&mut options);
        Ui::captured(options)
    }

    #[test]
    fn lines_without_a_terminal() {
        let ui = ui(|_| {});
        let mut display = RunDisplay::new(&ui);
        events().iter().for_each(|event| display.handle(event));
        drop(display);
        let (out, err) = ui.printed();
        assert_eq!(out, "");
        insta::assert_snapshot!(err, @r"
        ✓ schema     done in an earlier run
        ◎ users-api  started (claude)
        ◎ tests      started (claude, attempt 2)
        ▲ main moved while `users-api` and `tests` ran
        ✗ tests      failed in 12s: exit 1, no commit, left uncommitted: 2 unstaged
        ○ docs       skipped: tests is not done
        ▲ interrupted: asking the agents to end; interrupt again to kill them
        ✓ users-api  done in 1m 32s: exit 0, 2 commits, leftovers committed (1 untracked), 3 files, +12 −4
        ");
    }

    #[test]
    fn more_lines_when_verbose_and_in_ascii() {
        let ui = ui(|o| (o.verbose, o.unicode) = (1, false));
        let mut display = RunDisplay::new(&ui);
        events()[..6].iter().for_each(|event| display.handle(event));
        drop(display);
        insta::assert_snapshot!(ui.printed().1, @r"
        + schema     done in an earlier run
        . users-api  preparing
        * users-api  started (claude)
        * tests      started (claude, attempt 2)
        | users-api  editing src/users.py\x1b[2J
        ");
    }

    #[test]
    fn quiet_keeps_warnings() {
        let ui = ui(|o| o.quiet = true);
        let mut display = RunDisplay::new(&ui);
        events().iter().for_each(|event| display.handle(event));
        drop(display);
        assert_eq!(ui.printed(), (String::new(), "▲ main moved while `users-api` and `tests` ran\n".into()));
    }

    #[test]
    fn json_lines_go_to_standard_output() {
        let ui = ui(|o| (o.json, o.stderr_tty) = (true, true));
        let mut display = RunDisplay::new(&ui);
        events().iter().for_each(|event| display.handle(event));
        drop(display);
        let (out, err) = ui.printed();
        assert_eq!(err, "");
        let kinds: Vec<String> = out
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(
            kinds,
            [
                "run-started",
                "task-finished",
                "task-started",
                "task-started",
                "warning",
                "task-finished",
                "task-finished",
                "warning",
                "task-finished",
                "run-finished"
            ]
        );
    }

    #[test]
    fn live_lines_while_agents_work() {
        let (ui, screen) = (ui(|o| (o.stderr_tty, o.term_dumb) = (true, true)), Screen::new(60));
        let mut display = live(&ui, &screen);
        events()[..6].iter().for_each(|event| display.handle(event));
        insta::assert_snapshot!(without_times(&screen.contents()), @r"
        ✓ schema     done in an earlier run
        ○ 0s  1 of 4 finished, 2 running, 1 queued
        ◎ users-api       0s  editing src/users.py\x1b[2J
        ◎ tests           0s  claude, attempt 2
        ");
        events()[6..8].iter().for_each(|event| display.handle(event));
        insta::assert_snapshot!(without_times(&screen.contents()), @r"
        ✓ schema     done in an earlier run
        ▲ main moved while `users-api` and `tests` ran
        ✗ tests      failed in 12s: exit 1, no commit, left uncommit
        ted: 2 unstaged
        ○ 0s  2 of 4 finished, 1 not done, 1 running, 1 queued
        ◎ users-api       0s  editing src/users.py\x1b[2J
        ");
        events()[8..].iter().for_each(|event| display.handle(event));
        insta::assert_snapshot!(without_times(&screen.contents()), @r"
        ✓ schema     done in an earlier run
        ▲ main moved while `users-api` and `tests` ran
        ✗ tests      failed in 12s: exit 1, no commit, left uncommit
        ted: 2 unstaged
        ○ docs       skipped: tests is not done
        ▲ interrupted: asking the agents to end; interrupt again to
        kill them
        ✓ users-api  done in 1m 32s: exit 0, 2 commits, leftovers co
        mmitted (1 untracked), 3 files, +12 −4
        ");
    }

    #[test]
    fn live_lines_never_wrap() {
        let (ui, screen) = (ui(|o| o.color = super::super::ColorChoice::Always), Screen::new(40));
        let mut display = live(&ui, &screen);
        events()[..5].iter().for_each(|event| display.handle(event));
        let task = results()[0].task.clone();
        for line in ["日本語".repeat(40), "x".repeat(500), "a\nb\r\x1b[1A\x1b[2Kc".to_owned()] {
            display.handle(&RunEvent::TaskSaid { task: task.clone(), line });
            let rows = screen.contents();
            assert_eq!(rows.lines().filter(|row| row.contains("users-api")).count(), 1, "{rows}");
        }
    }

    #[test]
    fn narration_goes_above_and_suspended_work_may_narrate() {
        let (ui, screen) = (ui(|_| {}), Screen::new(60));
        let mut display = live(&ui, &screen);
        events()[..5].iter().for_each(|event| display.handle(event));
        ui.warn("one");
        assert!(screen.contents().contains("running"));
        let seen = display.suspend(|| {
            ui.warn("two");
            screen.contents()
        });
        assert!(!seen.contains("running"), "{seen}");
        assert!(screen.contents().contains("running"));
        drop(display);
        assert!(!screen.contents().contains("running"));
        ui.warn("three");
        assert_eq!(ui.printed().1, "▲ one\n▲ two\n▲ three\n");
    }

    #[test]
    fn counts_come_out_even() {
        let ui = ui(|_| {});
        let mut display = RunDisplay::new(&ui);
        events().iter().for_each(|event| display.handle(event));
        assert_eq!(display.totals.describe(), "4 of 4 finished, 2 not done");
        let lost = TaskResult { outcome: Outcome::Lost, success: false, ..results()[0].clone() };
        display.handle(&RunEvent::TaskFinished(lost));
        assert_eq!(display.totals.describe(), "5 of 5 finished, 3 not done");
    }
}
