//! Points at which a test lets the process die, as a SIGKILL would: nothing is unwound, nothing is flushed.
//!
//! In a release build a point is nothing.

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicI64, Ordering};

#[cfg(debug_assertions)]
static LEFT: AtomicI64 = AtomicI64::new(i64::MAX);

/// Lets the process die at the `n`-th point from now, counted from 1.
#[cfg(debug_assertions)]
pub fn arm(n: i64) {
    LEFT.store(n, Ordering::SeqCst);
}

/// A point between two steps.
pub(crate) fn point() {
    #[cfg(debug_assertions)]
    if LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
        std::process::abort();
    }
}
