//! The program, run as a user runs it: its whole output, its exit code, the state that it leaves.

mod env;
mod first;
