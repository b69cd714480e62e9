//! The rooms of a run's read tasks: scratch worktrees made as their turn comes, attempts made ready in them, attempts settled.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::calls;
use super::read::{checked, tip_of};
use crate::commands::base::Base;
use crate::commands::gather::settle_reading;
use crate::domain::attempt::Settled;
use crate::domain::manifest::Manifest;
use crate::domain::name::{RunId, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::place::WorktreePlace;
use crate::domain::plan::PlannedTask;
use crate::error::Error;
use crate::git::inputs::inputs;
use crate::git::merge::ObjectStore;
use crate::operation::{Shop, land, read, scratch};
use crate::runner::Attempt;

/// The read tasks of a run, and the rooms that are made for those whose turn has come.
#[derive(Debug)]
pub(super) struct Rooms<'a> {
    /// The run.
    pub(super) run: RunId,
    /// The environment that agents inherit.
    pub(super) env: &'a BTreeMap<String, String>,
    /// The tasks of the run that read, with their bases.
    pub(super) tasks: Vec<(PlannedTask, Base)>,
    /// Where the last attempts of what tasks come after ended.
    pub(super) tips: BTreeMap<TaskName, CommitId>,
    /// The rooms that nobody is in yet.
    pub(super) made: Mutex<BTreeMap<TaskName, Room>>,
}

/// Where a read task reads, and what.
#[derive(Debug, Clone)]
pub(super) struct Room {
    place: WorktreePlace,
    at: CommitId,
    manifest: Manifest,
}

impl Rooms<'_> {
    /// Gives the commit that a read task reads, and what it is handed of it.
    fn reading_of(
        &self,
        shop: &Shop<'_>,
        planned: &PlannedTask,
        base: &Base,
    ) -> Result<(CommitId, Manifest), Error> {
        let mut commits = Vec::new();
        for name in &planned.starts_from {
            commits.push(tip_of(shop.repo, shop.store, &self.tips, name)?.1);
        }
        let at = match commits[..] {
            [] => base.start_point,
            [only] => only,
            _ => land::merge_tips(shop, &planned.name, &planned.starts_from, &commits)?,
        };
        let found = inputs(shop.repo, at, planned.stdin(), ObjectStore::Repository)?;
        Ok((at, checked(planned, found, at)?))
    }

    /// Makes the scratch worktrees of those among the tasks that read, in one operation. One whose files cannot be had gets
    /// none.
    pub(super) fn make(&self, shop: &Shop<'_>, tasks: &[TaskName]) -> Result<(), Error> {
        let mut wanted = Vec::new();
        for (planned, base) in self.tasks.iter().filter(|(planned, _)| tasks.contains(&planned.name)) {
            if let Ok((at, manifest)) = self.reading_of(shop, planned, base) {
                wanted.push((scratch::Request { task: planned.name.clone(), at }, manifest));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let requests: Vec<scratch::Request> = wanted.iter().map(|(request, _)| request.clone()).collect();
        let places = scratch::create(shop, "run", Some(&self.run), &requests)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        for ((request, manifest), place) in wanted.into_iter().zip(places) {
            made.insert(request.task, Room { place, at: request.at, manifest });
        }
        Ok(())
    }

    fn take(&self, task: &TaskName) -> Option<Room> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).remove(task)
    }

    /// Makes an attempt of a read task ready.
    pub(super) fn prepare(&self, shop: &Shop<'_>, task: &TaskName) -> Result<Attempt, Error> {
        let found = self.tasks.iter().find(|(planned, _)| &planned.name == task);
        let (planned, base) =
            found.ok_or_else(|| Error::refused(format!("`{task}` is no read task of the run")))?;
        let room = match self.take(task) {
            Some(room) => room,
            // Alone only where the batch could not be made: then this says why.
            None => {
                let (at, manifest) = self.reading_of(shop, planned, base)?;
                let request = scratch::Request { task: task.clone(), at };
                let places = scratch::create(shop, "run", Some(&self.run), &[request])?;
                let place = places.into_iter().next();
                let place = place.ok_or_else(|| Error::refused("there is no room for a scratch worktree"))?;
                Room { place, at, manifest }
            }
        };
        let (call, resumed) = calls::next(shop.store, &self.run, planned, shop.clock.now());
        let request = read::Request {
            run: &self.run,
            planned,
            call: &call,
            resumed,
            base: base.branch.as_ref(),
            env: self.env,
            place: &room.place,
            at: room.at,
            manifest: &room.manifest,
        };
        let (key, files) = read::prepare(shop, &request)?;
        let agent = planned.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default();
        let output = planned.agent.as_ref().map(|agent| agent.output).unwrap_or_default();
        let (retries, limits) = (planned.retries, planned.limits);
        Ok(Attempt { task: task.clone(), key, files, agent, output, retries, limits })
    }
}

/// Forgets an attempt of a read task that will not be launched.
pub(super) fn withdraw(shop: &Shop<'_>, ended: &Attempt) -> Result<(), Error> {
    let Some(attempt) = shop.store.attempt(ended.key.clone()) else { return Ok(()) };
    let Some(reading) = attempt.launch.reading.clone() else { return Ok(()) };
    Ok(read::withdraw(shop, &attempt, &reading)?)
}

/// Settles an attempt of a read task. The second value says why its scratch worktree is still there, if it is.
pub(super) fn settle(shop: &Shop<'_>, ended: &Attempt) -> Result<(Settled, Option<String>), Error> {
    let gone = || Error::refused(format!("the attempt of `{}` was removed meanwhile", ended.task));
    let attempt = shop.store.attempt(ended.key.clone()).ok_or_else(gone)?;
    let reading = attempt.launch.reading.clone().ok_or_else(gone)?;
    let (settled, left) = settle_reading(shop, &attempt, &reading)?;
    Ok((settled, left.map(|left| format!("{}: its scratch worktree stays: {left}", ended.task))))
}
