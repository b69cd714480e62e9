//! Layer runner.
