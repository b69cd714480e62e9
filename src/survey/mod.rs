//! Layer survey.
