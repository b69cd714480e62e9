//! Values and pure decisions: nothing in here reads a file, a clock, an environment or a repository.
//!
//! # Words
//!
//! | word | type |
//! |---|---|
//! | task, its name and its directory-safe id | [`task::TaskRecord`], [`name::TaskName`], [`name::TaskId`] |
//! | base (a local branch), start point (a commit) | [`task::TaskRecord::base`], [`task::TaskRecord::start_point`] |
//! | plan, agent, role | [`plan::Plan`], [`plan::Agent`] |
//! | what a read task is handed | [`glob::Glob`], [`manifest::Manifest`] |
//! | run, attempt | [`name::RunId`], [`attempt::AttemptKey`] |
//! | outcome and the evidence for it | [`outcome::Outcome`], [`evidence::Evidence`] |
//! | action, operation, history | [`action::Action`], [`operation::OperationRecord`], [`operation::History`] |
//!
//! Every verb that changes something computes a `Vec<Action>`; dry run, prompt, JSON, journal and undo are views of it.

pub mod action;
pub mod adopt;
pub mod approval;
pub mod attempt;
pub mod clean;
pub mod clock;
pub mod copies;
pub mod diff;
pub mod event;
pub mod evidence;
pub mod forecast;
pub mod glob;
pub mod graph;
pub mod manifest;
pub mod merge;
pub mod name;
pub mod oid;
pub mod operation;
pub mod outcome;
pub mod path;
pub mod place;
pub mod plan;
pub mod ports;
pub mod preflight;
pub mod reading;
pub mod retry;
pub mod review;
pub mod schedule;
pub mod settings;
pub mod start;
pub mod status;
pub mod task;
pub mod train;
pub mod transcript;
pub mod trash;
pub mod undo;
pub mod words;
