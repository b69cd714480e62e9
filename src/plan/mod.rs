//! Layer plan.
