//! Everything that changes a repository; only `operation` may call it.

pub mod advance;
pub mod commit;
pub mod leftovers;
pub mod rescue;
pub mod snapshot;
