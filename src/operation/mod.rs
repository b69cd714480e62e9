//! The only caller of what mutates a repository or our records: journal, apply, take back, recover, settle.
//!
//! An operation is short: it is never open across an agent, a gate, a user's hook or a question. It is journalled
//! before it begins, and each step checks the world before it changes it, so that the same code finishes, takes back
//! and recovers.

mod apply;
pub mod attempt;
pub mod carry;
pub mod commit;
pub mod crash;
pub mod hook;
pub mod land;
pub mod mend;
pub mod read;
pub mod recover;
pub mod remove;
pub mod resolve;
pub mod scratch;
pub mod settle;
mod stepping;
pub mod trash;
pub mod undo;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::action::Action;
use crate::domain::clock::Clock;
use crate::domain::merge::Landing;
use crate::domain::name::{OperationId, RunId, TaskId, TaskName};
use crate::domain::operation::{End, OperationRecord};
use crate::domain::task::TaskRecord;
use crate::git::preflight::Needs;
use crate::git::write::owned::Owner;
use crate::git::{GitError, Repo};
use crate::store::journal::{Claim, OpenOperation};
use crate::store::lock::Lock;
use crate::store::{Store, StoreError, lock};

/// How long a command waits for another that creates or removes worktrees, or lands tasks.
const PATIENCE: Duration = Duration::from_secs(120);

/// A failure of an operation.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Our records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step failed, and what was done before could not all be taken back; the next mutating command tries again.
    #[error("{cause}; taking back what was done failed too: {rollback}")]
    HalfDone {
        /// Why the step failed.
        cause: Box<Self>,
        /// Why it could not be taken back.
        rollback: Box<Self>,
    },
    /// Several worktrees failed to be filled; the first reason.
    #[error("{task}: {source}")]
    Task {
        /// The task's id.
        task: String,
        /// Why.
        source: GitError,
    },
    /// The tips that a task is to start from cannot be merged.
    #[error("what `{task}` comes after cannot be merged: `{with}` conflicts")]
    TipsConflict {
        /// The task.
        task: String,
        /// The one whose merge failed.
        with: String,
        /// Where.
        conflicts: Vec<crate::domain::forecast::Conflict>,
    },
    /// An operation of a process that is gone can neither be completed nor be taken back as things are.
    #[error("the unfinished `{command}` ({summary}) cannot be recovered: {cause}")]
    Unrecovered {
        /// The verb.
        command: String,
        /// Its line of the history.
        summary: String,
        /// What is in the way.
        cause: Box<Self>,
    },
    /// A branch that is to be deleted is in use.
    #[error("branch {branch} is in use by the worktree {}", crate::domain::path::show(path))]
    BranchInUse {
        /// The branch.
        branch: String,
        /// The root of the worktree.
        path: std::path::PathBuf,
    },
    /// A record is not what the operation was decided from.
    #[error("the record of task {0} has changed meanwhile")]
    TaskMoved(String),
}

/// What every operation works with.
#[derive(Clone, Copy)]
pub struct Shop<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Our records.
    pub store: &'a Store,
    /// What the repository needs.
    pub needs: &'a Needs,
    /// Time and chance.
    pub clock: &'a dyn Clock,
}

/// An operation that is decided and not yet begun.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The verb.
    pub command: String,
    /// The tasks it concerns.
    pub tasks: Vec<TaskName>,
    /// A line for `history`.
    pub summary: String,
    /// The run it is a part of.
    pub group: Option<RunId>,
    /// Operations it takes back.
    pub undoes: Vec<OperationId>,
    /// Undo operations it takes back.
    pub redoes: Vec<OperationId>,
    /// What it lands.
    pub landings: Vec<Landing>,
    /// The changes, in order.
    pub actions: Vec<Action>,
}

/// The right to create and remove worktrees and branches, held against other processes.
#[derive(Debug)]
pub struct Topology {
    _lock: Lock,
}

/// The right to move a target, held against other processes.
#[derive(Debug)]
pub struct LandingRight {
    _lock: Lock,
}

impl Shop<'_> {
    /// Waits for the right to create and remove worktrees and branches. What whoever held it before died in is
    /// recovered first: nothing is decided from half of an operation.
    pub fn topology(&self) -> Result<Topology, OperationError> {
        let topology = self.wait_for_topology()?;
        recover::under(self, &topology)?;
        Ok(topology)
    }

    fn wait_for_topology(&self) -> Result<Topology, OperationError> {
        self.store.ensure()?;
        let held = lock::acquire(&self.store.layout().topology_lock(), PATIENCE)?;
        Ok(Topology { _lock: held })
    }

    /// Waits until nobody else lands tasks: one train at a time, so that the next is computed on what this one leaves.
    pub fn landing(&self) -> Result<LandingRight, OperationError> {
        self.store.ensure()?;
        let held = lock::acquire(&self.store.layout().landing_lock(), PATIENCE)?;
        Ok(LandingRight { _lock: held })
    }

    /// Takes the right to land if nobody has it.
    pub fn landing_if_free(&self) -> Result<Option<LandingRight>, OperationError> {
        self.store.ensure()?;
        match lock::acquire(&self.store.layout().landing_lock(), Duration::ZERO) {
            Ok(held) => Ok(Some(LandingRight { _lock: held })),
            Err(StoreError::Busy { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses, changing nothing, a move of a branch whose worktree would not let it happen.
    pub fn check_move(&self, action: &Action) -> Result<(), OperationError> {
        apply::check_move(self, action)
    }

    /// Claims the id of an operation that is being decided.
    pub fn claim(&self) -> Result<Claim, OperationError> {
        self.store.ensure()?;
        Ok(self.store.claim_operation(self.clock)?)
    }

    /// Journals the operation, applies its actions and commits it. If a step fails, what was done is taken back and
    /// the error is given. `topology` is taken here when an action needs it and the caller does not hold it.
    pub fn perform(
        &self,
        claim: Claim,
        draft: Draft,
        topology: Option<Topology>,
    ) -> Result<OperationRecord, OperationError> {
        let topology = match topology {
            None if draft.actions.iter().any(apply::needs_topology) => Some(self.topology()?),
            held => held,
        };
        let mut open = self.begin(claim, draft)?;
        crash::point();
        match apply::all(self, &mut open, topology) {
            Ok(()) => {
                self.store.discard_staging(&open.record.id)?;
                crash::point();
                Ok(open.end(End::Committed)?)
            }
            Err(failure) => Err(self.take_back(open, failure)),
        }
    }

    /// Gives an operation as the owner of git's lock files.
    fn owner(&self, operation: &OperationId) -> Owner {
        Owner::new(self.store.layout().lock_staging(operation), operation)
    }

    /// Journals what has been done already by somebody else's hand: a commit that git made.
    pub fn record(&self, draft: Draft) -> Result<OperationRecord, OperationError> {
        let claim = self.claim()?;
        Ok(self.begin(claim, draft)?.end(End::Committed)?)
    }

    /// Writes records again that are lost, as the journal has them (DESIGN §5: they can be made again).
    pub fn rewrite_records(&self, records: &[TaskRecord]) -> Result<(), OperationError> {
        self.store.ensure()?;
        for record in records {
            self.store.write_task(&record.id, Some(record))?;
        }
        Ok(())
    }

    fn begin(&self, claim: Claim, draft: Draft) -> Result<OpenOperation, OperationError> {
        let Draft { command, tasks, summary, group, undoes, redoes, landings, actions } = draft;
        let id = claim.id.clone();
        let time = self.clock.now();
        let fingerprints = self.fingerprints(&actions);
        let record = OperationRecord {
            id,
            time,
            command,
            tasks,
            summary,
            group,
            undoes,
            redoes,
            landings,
            fingerprints,
            actions,
        };
        Ok(self.store.begin(claim, record)?)
    }

    /// Reads what is about to leave; what cannot be read has none.
    fn fingerprints(&self, actions: &[Action]) -> BTreeMap<TaskId, String> {
        let leaving = actions.iter().filter_map(|action| match action {
            Action::TrashWorktree { task, place, .. } if !crate::git::status::is_missing(place) => {
                Some((task, place))
            }
            _ => None,
        });
        let read = |place| crate::git::status::fingerprint(place, self.needs, self.repo.place()).ok();
        leaving.filter_map(|(task, place)| Some((task.clone(), read(place)?))).collect()
    }

    fn take_back(&self, open: OpenOperation, failure: apply::Failure) -> OperationError {
        let rolled_back = recover::roll_back(self, &open.record, &failure.touched);
        match rolled_back.and_then(|_| Ok(open.end(End::Aborted)?)) {
            Ok(_) => *failure.cause,
            Err(rollback) => OperationError::HalfDone { cause: failure.cause, rollback: Box::new(rollback) },
        }
    }
}
