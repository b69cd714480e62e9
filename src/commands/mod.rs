//! Layer commands.
