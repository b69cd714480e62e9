//! A bound on what a log takes on the disk, without ever making the agent wait: what it wrote stays at the place where it wrote
//! it, and the middle is given back to the file system.

use std::fs::File;

/// How much of the beginning and of the end of a log is kept, in bytes.
pub(super) const KEPT: u64 = 32 << 20;
/// How much is given back at once, at least.
const STEP: u64 = 8 << 20;

/// The log of an agent at work, as the agent has it open: whatever became of its path.
pub(super) struct Bound {
    log: File,
    /// Up to where it was given back.
    cut: u64,
}

impl Bound {
    pub(super) const fn new(log: File) -> Self {
        Self { log, cut: KEPT }
    }

    /// Gives back what is between the beginning and the end. Where the file system cannot, the log grows.
    pub(super) fn keep(&mut self) {
        let size = self.log.metadata().map_or(0, |meta| meta.len());
        let to = size.saturating_sub(KEPT) / 4096 * 4096;
        if to < self.cut.saturating_add(STEP) {
            return;
        }
        self.cut = if give_back(&self.log, KEPT, to) { to } else { u64::MAX };
    }
}

#[cfg(target_os = "linux")]
fn give_back(log: &File, from: u64, to: u64) -> bool {
    use rustix::fs::FallocateFlags;
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(log, hole, from, to - from).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn give_back(_log: &File, _from: u64, _to: u64) -> bool {
    false
}
