//! The program, run as a user runs it: its whole output, its exit code, the state that it leaves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod doctor;
mod dynamic;
mod env;
mod first;
mod init;
mod man;
mod pager;
mod schema;
mod shell_init;
mod terminal_run;
mod widths;
