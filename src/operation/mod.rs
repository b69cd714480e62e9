//! Layer operation.
