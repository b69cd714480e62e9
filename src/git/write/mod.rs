//! Everything that changes a repository; only `operation` may call it.

pub mod advance;
pub mod checkout;
pub mod commit;
pub mod create;
#[cfg(unix)]
mod fill;
pub mod leftovers;
pub mod lock;
pub mod owned;
pub mod refs;
mod rename;
pub mod repair;
pub mod rescue;
pub mod resolve;
pub mod shift;
pub mod snapshot;
pub mod trash;
pub mod uncommit;
