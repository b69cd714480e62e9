//! The system's clock, and chance from the standard library's hash seeds.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::domain::clock::Clock;

/// The clock of the machine.
#[derive(Debug, Default)]
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn entropy(&self) -> u16 {
        // Each state is seeded anew by the system.
        let [a, b, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
        u16::from_le_bytes([a, b])
    }
}
