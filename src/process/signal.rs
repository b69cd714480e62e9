//! Signals to us, as something that a loop looks at.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::ProcessError;
use super::supervisor::read_request;

/// How urgently we were asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not at all.
    None,
    /// Once: what runs is asked to end.
    Stop,
    /// Again: what runs is killed.
    Kill,
}

/// A signal that we catch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// `SIGINT`.
    Interrupt,
    /// `SIGTERM`.
    Terminate,
    /// `SIGHUP`.
    HangUp,
}

/// What signals we got so far. Clones share it.
#[derive(Debug, Clone)]
pub struct Interrupt {
    counts: Arc<Mutex<Counts>>,
    hup: Arc<AtomicBool>,
    /// A file that asks for the end.
    request: Option<PathBuf>,
    #[cfg(unix)]
    pipes: Option<Arc<Pipes>>,
}

#[derive(Debug, Default)]
struct Counts {
    total: u32,
    first: Option<Received>,
}

impl Counts {
    fn add(&mut self, signal: Received) {
        self.total = self.total.saturating_add(1);
        self.first.get_or_insert(signal);
    }
}

/// Where a handler writes a byte for each signal, so that two that come close together are two.
#[cfg(unix)]
#[derive(Debug)]
struct Pipes {
    interrupt: std::os::unix::net::UnixStream,
    terminate: std::os::unix::net::UnixStream,
}

impl Interrupt {
    /// Catches INT, TERM and HUP from now on, for the rest of the process's life. A program that is started has them
    /// at their defaults again.
    pub fn install() -> Result<Self, ProcessError> {
        let interrupt = Self::fake();
        #[cfg(unix)]
        let interrupt = interrupt.caught().map_err(|source| ProcessError::Signals { source })?;
        Ok(interrupt)
    }

    #[cfg(unix)]
    fn caught(mut self) -> std::io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let caught = |signal| {
            let (read, write) = std::os::unix::net::UnixStream::pair()?;
            read.set_nonblocking(true)?;
            signal_hook::low_level::pipe::register(signal, write)?;
            Ok::<_, std::io::Error>(read)
        };
        signal_hook::flag::register(SIGHUP, Arc::clone(&self.hup))?;
        self.pipes = Some(Arc::new(Pipes { interrupt: caught(SIGINT)?, terminate: caught(SIGTERM)? }));
        Ok(self)
    }

    /// Catches nothing: only [`Self::raise`] is seen.
    pub fn fake() -> Self {
        Self {
            counts: Arc::default(),
            hup: Arc::default(),
            request: None,
            #[cfg(unix)]
            pipes: None,
        }
    }

    /// Heeds a request in a file too, as [`super::request`] writes it.
    #[must_use]
    pub fn heeding(mut self, path: PathBuf) -> Self {
        self.request = Some(path);
        self
    }

    /// Counts a signal as received.
    pub fn raise(&self, signal: Received) {
        match signal {
            Received::HangUp => self.hup.store(true, Ordering::Relaxed),
            signal => self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(signal),
        }
    }

    /// Tells how urgently we were asked to end: the first INT or TERM asks, the second one kills, a request does what it
    /// says. HUP does neither.
    pub fn level(&self) -> Level {
        let by_signal = self.with_counts(|counts| match counts.total {
            0 => Level::None,
            1 => Level::Stop,
            _ => Level::Kill,
        });
        let by_request = match self.request.as_deref().and_then(read_request) {
            None => Level::None,
            Some(false) => Level::Stop,
            Some(true) => Level::Kill,
        };
        by_signal.max(by_request)
    }

    /// Gives the exit status that the first INT (130) or TERM (143) asks for.
    pub fn exit_code(&self) -> Option<u8> {
        self.with_counts(|counts| {
            counts.first.and_then(|signal| match signal {
                Received::Interrupt => Some(130),
                Received::Terminate => Some(143),
                Received::HangUp => None,
            })
        })
    }

    /// Tells whether the terminal went away.
    pub fn hup(&self) -> bool {
        self.hup.load(Ordering::Relaxed)
    }

    fn with_counts<T>(&self, look: impl FnOnce(&Counts) -> T) -> T {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        self.count_caught(&mut counts);
        look(&counts)
    }

    #[cfg(unix)]
    fn count_caught(&self, counts: &mut Counts) {
        if let Some(pipes) = &self.pipes {
            drain(&pipes.interrupt, Received::Interrupt, counts);
            drain(&pipes.terminate, Received::Terminate, counts);
        }
    }

    #[cfg(not(unix))]
    fn count_caught(&self, _counts: &mut Counts) {}
}

#[cfg(unix)]
fn drain(mut pipe: &std::os::unix::net::UnixStream, signal: Received, counts: &mut Counts) {
    use std::io::Read;
    let mut bytes = [0; 64];
    while let Ok(n) = pipe.read(&mut bytes) {
        (0..n).for_each(|_| counts.add(signal));
        if n < bytes.len() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_asks_and_the_second_kills() {
        let interrupt = Interrupt::fake();
        assert_eq!((interrupt.level(), interrupt.exit_code(), interrupt.hup()), (Level::None, None, false));
        interrupt.raise(Received::HangUp);
        assert_eq!((interrupt.level(), interrupt.exit_code(), interrupt.hup()), (Level::None, None, true));
        let clone = interrupt.clone();
        clone.raise(Received::Terminate);
        assert_eq!((interrupt.level(), interrupt.exit_code()), (Level::Stop, Some(143)));
        clone.raise(Received::Interrupt);
        assert_eq!((interrupt.level(), interrupt.exit_code()), (Level::Kill, Some(143)));
    }

    #[test]
    fn a_file_asks_as_a_signal_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stop");
        let interrupt = Interrupt::fake().heeding(path.clone());
        assert_eq!(interrupt.level(), Level::None);
        super::super::request(&path, false).unwrap();
        assert_eq!((interrupt.level(), interrupt.exit_code()), (Level::Stop, None));
        super::super::request(&path, true).unwrap();
        assert_eq!(interrupt.level(), Level::Kill);
        super::super::request(&path, false).unwrap();
        assert_eq!(interrupt.level(), Level::Kill, "not taken back");
        interrupt.raise(Received::Terminate);
        assert_eq!(interrupt.exit_code(), Some(143));
    }

    /// The signals go to this whole test process, so that one test does all of it.
    #[cfg(unix)]
    #[test]
    fn real_signals_are_counted_one_by_one() {
        let interrupt = Interrupt::install().unwrap();
        signal_hook::low_level::raise(signal_hook::consts::SIGHUP).unwrap();
        assert!(interrupt.hup());
        assert_eq!(interrupt.level(), Level::None);
        signal_hook::low_level::raise(signal_hook::consts::SIGINT).unwrap();
        signal_hook::low_level::raise(signal_hook::consts::SIGINT).unwrap();
        assert_eq!((interrupt.level(), interrupt.exit_code()), (Level::Kill, Some(130)));
    }
}
