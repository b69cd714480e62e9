//! The program, run as a user runs it: its whole output, its exit code, the state that it leaves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod clean;
mod diff;
mod env;
mod first;
mod json;
mod merge;
mod path;
mod start;
mod state;
mod status;
mod undo;
mod usage;
