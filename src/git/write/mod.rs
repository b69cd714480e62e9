//! Everything that changes a repository; only `operation` may call it.
