//! Holds the layers of the crate by reading its sources.
