//! Showing something again and again, until interrupted.

use std::time::Duration;

use super::{Context, OK, Status};
use crate::error::Error;
use crate::process::Interrupt;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How often an interrupt is looked for.
const POLL: Duration = Duration::from_millis(100);

/// Shows a text, and shows it again when it has changed: in its place on a terminal, else below.
pub fn repeat(cx: &Context, text: &dyn Fn() -> Result<String, Error>) -> Result<Status, Error> {
    if cx.globals.json {
        return Err(Error::usage("--watch shows text; --json writes one document"));
    }
    let interrupt = Interrupt::install()?;
    let mut shown = None;
    loop {
        let now = text()?;
        if shown.as_ref() != Some(&now) {
            cx.ui.redraw(&now, shown.is_none());
            shown = Some(now);
        }
        let mut waited = Duration::ZERO;
        while waited < EVERY {
            if let Some(code) = interrupt.exit_code() {
                return Ok(code);
            }
            if cx.ui.closed() {
                return Ok(OK);
            }
            std::thread::sleep(POLL);
            waited += POLL;
        }
    }
}
