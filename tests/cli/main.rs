//! The program, run as a user runs it: its whole output, its exit code, the state that it leaves.

#![allow(unreachable_pub, reason = "nothing is reachable from outside of a test")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod completions;
mod env;
mod first;
mod help;
