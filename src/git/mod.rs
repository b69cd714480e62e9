//! Layer git.
pub mod write;
