//! Layer store.
