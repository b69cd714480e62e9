//! `logs --all`: the logs of all tasks, one after the other or as they grow.

use super::{LogsArgs, POLL, is_starting, of_run};
use crate::commands::gather::{World, state_of};
use crate::commands::{Context, OK, Status, page, watch};
use crate::domain::attempt::AttemptKey;
use crate::error::Error;
use crate::process;
use crate::store::runs::AttemptRecord;
use crate::ui::view::LogView;
use crate::ui::{json, show};

/// Prints the log of each task's last attempt under a heading: of the tasks that there are, or of a run's.
pub(super) fn print(cx: &Context, args: &LogsArgs) -> Result<Status, Error> {
    let world = World::read(cx)?;
    let mut last: Vec<AttemptRecord> = Vec::new();
    for attempt in cx.store.attempts()?.into_iter().filter(|attempt| of_run(args, attempt)) {
        let known = world.tasks.iter().any(|task| task.id == attempt.key.task);
        if args.run.is_some() || known {
            last.retain(|other| other.key.task != attempt.key.task);
            last.push(attempt);
        }
    }
    if let (Some(run), true) = (&args.run, last.is_empty()) {
        return Err(Error::refused(format!("there is no log of a run `{run}`")).hint("windrow history"));
    }
    let _page = page::begin(cx, "logs");
    let mut documents = Vec::new();
    for attempt in &last {
        let (log, state) = (attempt.files.log(), state_of(cx, attempt));
        let mut bytes = process::read_log(&log, 0)?.bytes;
        let view = LogView {
            task: &attempt.launch.task,
            run: &attempt.key.run,
            attempt: attempt.key.number,
            agent: &attempt.launch.agent,
            state: state.word(),
            log: &log,
            content: Some(&bytes),
        };
        if cx.globals.json {
            documents.push(json::logs(&view));
        } else {
            cx.ui.out(&show::log_heading(&view, &cx.look()));
            // The next heading begins a line.
            if bytes.last().is_some_and(|last| *last != b'\n') {
                bytes.push(b'\n');
            }
            cx.ui.log(&super::shown(args, attempt, bytes), args.raw);
        }
    }
    if cx.globals.json {
        cx.ui.json(&json::all_logs(documents));
    } else if last.is_empty() {
        cx.ui.note("no agent has run on a task");
    }
    Ok(OK)
}

/// A log that is followed.
struct Followed {
    attempt: AttemptRecord,
    offset: u64,
    /// What came after the last line end.
    rest: Vec<u8>,
    ended: bool,
}

/// Prints what all agents at work write, each line after its task, those that begin meanwhile included, until none is
/// at work and none is to come.
pub(super) fn follow(cx: &Context, args: &LogsArgs) -> Result<Status, Error> {
    let interrupt = process::Interrupt::install()?;
    let began = cx.clock.now();
    let mut followed: Vec<Followed> = Vec::new();
    loop {
        // Asked before the attempts are listed, so that one that begins and ends meanwhile is not missed.
        let more = watch::live(cx)?.iter().any(|watched| args.is_of(&watched.run));
        for attempt in cx.store.attempts()?.into_iter().filter(|attempt| of_run(args, attempt)) {
            let is = |key: &AttemptKey| *key == attempt.key;
            let new = attempt.launch.created >= began || state_of(cx, &attempt).is_live();
            if new && !followed.iter().any(|known| is(&known.attempt.key)) {
                followed.push(Followed { attempt, offset: 0, rest: Vec::new(), ended: false });
            }
        }
        let names = followed.iter().map(|log| log.attempt.launch.task.as_str().chars().count()).max();
        for log in followed.iter_mut().filter(|log| !log.ended) {
            log.look(cx, args, names.unwrap_or(0))?;
        }
        if followed.is_empty() && !more {
            cx.ui.note("no task is running");
            return Ok(OK);
        }
        if cx.ui.closed() || (!more && followed.iter().all(|log| log.ended)) {
            return Ok(OK);
        }
        if let Some(code) = interrupt.exit_code() {
            return Ok(code);
        }
        std::thread::sleep(POLL);
    }
}

impl Followed {
    /// Prints the whole lines that are new; at its end also what is no whole line.
    fn look(&mut self, cx: &Context, args: &LogsArgs, name_width: usize) -> Result<(), Error> {
        // Asked before the log is read, so that nothing that it wrote last is missed.
        let alive = process::is_alive(&self.attempt.files) || is_starting(cx, &self.attempt);
        let process::Piece { bytes, end } = process::read_log(&self.attempt.files.log(), self.offset)?;
        self.offset = end;
        self.ended = !alive && bytes.is_empty();
        self.rest.extend(bytes);
        let whole = match self.rest.iter().rposition(|byte| *byte == b'\n') {
            _ if self.ended || self.rest.len() > PIECE => self.rest.len(),
            Some(end) => end + 1,
            None => 0,
        };
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let launch = &self.attempt.launch;
        if cx.globals.json {
            cx.ui.json_line(&json::log_text(&launch.task, &self.attempt.key.run, &lines));
        } else {
            let lines = super::shown(args, &self.attempt, lines);
            cx.ui.log(&prefixed(launch.task.as_str(), name_width, &lines), args.raw);
        }
        Ok(())
    }
}

/// More than a line of a log; what is longer is printed in pieces.
const PIECE: usize = 1 << 20;

/// Puts a task's name before each line.
fn prefixed(name: &str, width: usize, lines: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        out.extend(format!("{name:<width$} | ").into_bytes());
        out.extend(line.strip_suffix(b"\n").unwrap_or(line));
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_task() {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(text(&prefixed("api", 5, b"one\n\ntwo")), "api   | one\napi   | \napi   | two\n");
        assert_eq!(text(&prefixed("api", 0, b"")), "");
    }
}
