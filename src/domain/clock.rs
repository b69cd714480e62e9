//! Time and chance, handed in by the command line so that everything below is a function of its arguments.

use super::name::{OperationId, RunId};

/// Where time and chance come from.
pub trait Clock: Sync {
    /// Gives the wall-clock time.
    fn now(&self) -> jiff::Timestamp;

    /// Gives sixteen bits that differ from call to call and from process to process.
    fn entropy(&self) -> u16;
}

/// Gives a new operation id; the caller claims it by creating its file exclusively.
pub fn operation_id(clock: &dyn Clock) -> OperationId {
    OperationId::new(&second(clock.now()), clock.entropy())
}

/// Gives a new run id; the caller claims it by creating its directory exclusively.
pub fn run_id(clock: &dyn Clock) -> RunId {
    RunId::new(&second(clock.now()), clock.entropy())
}

fn second(time: jiff::Timestamp) -> String {
    time.strftime("%Y%m%d-%H%M%S").to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU16, Ordering};

    use super::*;

    /// A clock that advances a second a call.
    #[derive(Default)]
    pub(crate) struct TestClock(AtomicU16);

    impl Clock for TestClock {
        fn now(&self) -> jiff::Timestamp {
            let second = self.0.fetch_add(1, Ordering::Relaxed);
            jiff::Timestamp::from_second(1_700_000_000 + i64::from(second)).unwrap()
        }

        fn entropy(&self) -> u16 {
            self.0.fetch_add(1, Ordering::Relaxed)
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let clock = TestClock::default();
        let (a, b) = (operation_id(&clock), operation_id(&clock));
        assert!(a < b && a.as_str().starts_with("20231114-2213"), "{a} {b}");
    }
}
