//! The system's clock, and chance from the standard library's hash seeds.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::domain::clock::Clock;

/// The clock of the machine.
#[derive(Debug)]
pub(super) struct SystemClock {
    /// How far ahead of the machine's it is, in seconds: 0, but in tests.
    pub(super) ahead: i64,
}

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.ahead)
    }

    fn entropy(&self) -> u16 {
        // Each state is seeded anew by the system.
        let [a, b, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
        u16::from_le_bytes([a, b])
    }
}
