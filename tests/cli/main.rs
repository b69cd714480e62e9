//! The program, run as a user runs it: its whole output, its exit code, the state that it leaves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(debug_assertions)]
mod crash;
#[cfg(debug_assertions)]
mod damage;
mod env;
mod first;
#[cfg(all(unix, debug_assertions))]
mod kill;
#[cfg(debug_assertions)]
mod parallel;
mod world;
