//! The program, run as a user runs it: its whole output, its exit code, the state that it leaves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::too_many_lines, reason = "whole outputs stand where they are expected")]
#![allow(unreachable_pub, reason = "modules of one test binary")]

mod adopt;
mod agents;
mod approve;
mod carry;
mod clean;
mod completions;
mod consent;
mod copies;
#[cfg(debug_assertions)]
mod crash;
#[cfg(debug_assertions)]
mod damage;
mod detach;
mod diff;
mod doctor;
mod dynamic;
mod env;
mod faults;
mod first;
mod forecast;
mod fresh;
mod git_cases;
mod guard;
mod help;
mod hostile;
mod init;
mod json;
#[cfg(all(unix, debug_assertions))]
mod kill;
mod kinds;
mod logs;
mod man;
mod merge;
mod merge_crash;
mod merge_flags;
mod merge_rebase;
mod merge_resolve;
mod merge_terminal;
#[cfg(target_os = "linux")]
mod misbehave;
mod moved;
mod pager;
#[cfg(debug_assertions)]
mod parallel;
mod path;
mod plan;
mod read;
mod real;
mod redo;
mod report;
mod retries;
mod review;
mod run;
mod run_again;
mod run_agents;
mod run_interrupt;
mod running;
mod schema;
mod setup;
mod shell_init;
mod start;
mod status;
mod stop;
mod terminal;
mod terminal_run;
mod thirty;
mod train;
mod trash;
mod undo;
mod untouched;
mod usage;
mod wait;
mod widths;
mod world;
