//! Windrow: one git worktree and branch per task, an agent in each, and the work brought home.

pub mod agent;
pub mod cli;
pub mod commands;
pub mod domain;
pub mod error;
pub mod git;
pub mod operation;
pub mod plan;
pub mod process;
pub mod runner;
pub mod store;
pub mod survey;
pub mod ui;
