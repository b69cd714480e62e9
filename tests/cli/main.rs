//! The program, run as a user runs it: its whole output, its exit code, the state that it leaves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unreachable_pub, reason = "modules of one binary")]

mod env;
mod first;
mod logs;
mod plan;
mod report;
mod run;
mod run_again;
mod run_agents;
mod run_interrupt;
mod running;
mod terminal;
