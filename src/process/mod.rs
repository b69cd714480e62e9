//! Processes: the supervisor of an attempt, the end of whole process trees, signals to us, programs and logs.
//!
//! An attempt is run by a supervisor ([`shim_main`]), a process of its own that outlives whoever started it. The two
//! sides meet in the attempt's directory only: `launch.json` goes in, `exit.json` comes out, `stop` asks for the end,
//! and the lock on `lock` says that the supervisor lives. No pid is ever written down or believed.

#[cfg(unix)]
mod bound;
#[cfg(unix)]
mod claim;
mod dispatcher;
mod error;
mod log;
mod memory;
mod pager;
mod ports;
mod program;
mod record;
mod setup;
#[cfg(unix)]
mod shim;
mod signal;
mod supervisor;
#[cfg(test)]
#[cfg(unix)]
pub(crate) mod testing;
#[cfg(unix)]
mod tree;
mod using;
mod version;
#[cfg(unix)]
mod wait;

pub use dispatcher::{begin_session, hand_over_output, start_dispatcher};
pub use error::ProcessError;
pub use log::{LogTail, Piece, each_line, read_log, read_tail, whole};
pub use memory::available as available_memory;
pub use pager::{Pager, edit};
pub use ports::are_free;
pub use program::find_program;
pub use record::{read_exit, read_launch};
pub use setup::{Setup, SetupEnd, answer, run_setup};
#[cfg(unix)]
pub use shim::shim_main;
pub use signal::{Interrupt, Level, Received};
pub use supervisor::{
    Supervisor, SupervisorChild, is_alive, is_stopping, request, request_budget_stop, request_stop, wait_end,
};
pub use using::{sweep, using};
pub use version::versions;

/// Says that there is no supervisor on this platform: exit status 70.
#[cfg(not(unix))]
pub fn shim_main(_dir: &std::path::Path) -> u8 {
    70
}
