//! Layer agent.
