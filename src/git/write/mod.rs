//! Everything that changes a repository; only `operation` may call it.

pub mod checkout;
pub mod create;
pub mod lock;
pub mod refs;
mod rename;
pub mod trash;
