//! Layer process.
