//! Attempts as the dispatcher sees them: launched, watched, heard, asked to end.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Attempt;
use crate::domain::plan::OutputKind;
use crate::process::{
    LogTail, ProcessError, Supervisor, SupervisorChild, is_alive, request_budget_stop, request_stop,
};

/// What the dispatcher does with attempts; tests put their own in its place.
pub(super) trait Supervision {
    /// Starts an attempt's supervisor.
    fn launch(&mut self, attempt: &Attempt) -> Result<(), ProcessError>;

    /// Takes an attempt that another dispatcher started.
    fn adopt(&mut self, attempt: &Attempt);

    /// Tells whether its supervisor is gone.
    fn has_ended(&mut self, attempt: &Attempt) -> bool;

    /// Gives what is new in its log: of text the last line if it is another one than before, else all lines.
    fn heard(&mut self, attempt: &Attempt) -> Vec<Vec<u8>>;

    /// Asks its supervisor to end it.
    fn request_stop(&mut self, attempt: &Attempt, kill: bool) -> Result<(), ProcessError>;

    /// The same because it has used more than it may.
    fn request_budget_stop(&mut self, attempt: &Attempt, why: &str) -> Result<(), ProcessError>;
}

/// Attempts with real supervisors, by the directory of each.
pub(super) struct Supervisors<'a> {
    supervisor: &'a Supervisor,
    known: HashMap<PathBuf, Known>,
}

struct Known {
    /// None for an adopted one: it is no child of ours.
    child: Option<SupervisorChild>,
    tail: LogTail,
}

impl<'a> Supervisors<'a> {
    pub(super) fn new(supervisor: &'a Supervisor) -> Self {
        Self { supervisor, known: HashMap::new() }
    }
}

impl Supervision for Supervisors<'_> {
    fn launch(&mut self, attempt: &Attempt) -> Result<(), ProcessError> {
        // Before the start, so that the first line is told too.
        let tail = LogTail::at_end(attempt.files.log());
        let child = self.supervisor.spawn(&attempt.files)?;
        self.known.insert(attempt.files.dir.clone(), Known { child: Some(child), tail });
        Ok(())
    }

    fn adopt(&mut self, attempt: &Attempt) {
        let tail = LogTail::at_end(attempt.files.log());
        self.known.insert(attempt.files.dir.clone(), Known { child: None, tail });
    }

    fn has_ended(&mut self, attempt: &Attempt) -> bool {
        let child = self.known.get_mut(&attempt.files.dir).and_then(|known| known.child.as_mut());
        let ended = match child {
            Some(child) => child.has_ended(),
            None => !is_alive(&attempt.files),
        };
        if ended {
            self.known.remove(&attempt.files.dir);
        }
        ended
    }

    fn heard(&mut self, attempt: &Attempt) -> Vec<Vec<u8>> {
        let Some(known) = self.known.get_mut(&attempt.files.dir) else { return Vec::new() };
        match attempt.output {
            OutputKind::Text => known.tail.poll().into_iter().map(String::into_bytes).collect(),
            _ => known.tail.lines(),
        }
    }

    fn request_stop(&mut self, attempt: &Attempt, kill: bool) -> Result<(), ProcessError> {
        let asked = request_stop(&attempt.files, kill);
        let child = self.known.get_mut(&attempt.files.dir).and_then(|known| known.child.as_mut());
        match (asked, child) {
            // No room for the file: a signal says the same.
            (Err(_), Some(child)) => {
                child.signal_stop();
                if kill {
                    child.signal_stop();
                }
                Ok(())
            }
            (asked, _) => asked,
        }
    }

    fn request_budget_stop(&mut self, attempt: &Attempt, why: &str) -> Result<(), ProcessError> {
        request_budget_stop(&attempt.files, why)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
