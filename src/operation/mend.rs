//! Mending what is ours and nobody's work: ties to worktrees that were moved by hand, locks of agents that are gone, what a
//! killed landing kept. No operation of its own, like recovery (DESIGN §3.1): nothing of it could be taken back.

use std::path::PathBuf;

use super::{OperationError, Shop, scratch};
use crate::domain::task::TaskRecord;
use crate::git::write::{lock, repair};

/// One thing to be mended.
#[derive(Debug, Clone, PartialEq)]
pub enum Mend {
    /// The worktree of a task is elsewhere than git has it.
    Tie {
        /// The task.
        task: TaskRecord,
        /// Where the worktree is.
        at: PathBuf,
        /// Its administrative directory.
        admin: PathBuf,
    },
    /// The worktree of a task is locked for an agent that is gone.
    Unlock {
        /// The task.
        task: TaskRecord,
    },
    /// Refs of a landing that was killed.
    LetGo,
}

/// Does it.
pub fn mend(shop: &Shop<'_>, what: &Mend) -> Result<(), OperationError> {
    match what {
        Mend::Tie { at, admin, .. } => {
            let _topology = shop.topology()?;
            Ok(repair::repair(at, admin)?)
        }
        Mend::Unlock { task } => Ok(lock::unlock(&task.place()).map(drop)?),
        Mend::LetGo => match shop.landing_if_free()? {
            Some(_right) => scratch::let_go(shop),
            // They are of a landing that goes on.
            None => Ok(()),
        },
    }
}
