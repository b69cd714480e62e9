//! mutating
