//! Read tasks of a run: what they are handed, the room that they read in, what came of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::decide::{Step, finished};
use super::work::Work;
use crate::commands::Context;
use crate::commands::base::{self, Base};
use crate::commands::gather::{World, settle_reading};
use crate::domain::event::TaskResult;
use crate::domain::manifest::{INPUT_LIMIT, Manifest, bytes};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::outcome::Outcome;
use crate::domain::place::WorktreePlace;
use crate::domain::plan::{Plan, PlannedTask};
use crate::domain::reading::next_of_read;
use crate::error::{Error, Kind};
use crate::git::Repo;
use crate::git::inputs::{Inputs, inputs};
use crate::git::merge::{AllMerged, ObjectStore, merge_all_tips};
use crate::operation::{Shop, land, read, scratch};
use crate::runner::{Attempt, Prepared};
use crate::store::Store;

/// Where a read task starts that is to be run.
#[derive(Debug, Clone)]
pub struct Start {
    /// Its base.
    pub(super) base: Base,
    /// What it will be handed, where that is known already.
    manifest: Option<Manifest>,
}

impl Start {
    /// Says what it will be handed; nothing if that is nothing or not known yet.
    pub(super) fn describe(&self) -> Option<String> {
        self.manifest.as_ref().filter(|manifest| !manifest.is_empty()).map(Manifest::describe)
    }
}

/// Gives where the last attempts of what tasks start from ended.
pub(super) fn tips(world: &World, tasks: &[PlannedTask]) -> BTreeMap<TaskName, CommitId> {
    let tip = |name: &TaskName| Some((name.clone(), world.last_attempt(&name.id())?.settled.as_ref()?.head?));
    tasks.iter().flat_map(|task| &task.starts_from).filter_map(tip).collect()
}

/// Gives the branch of a task, where it still has one, and the commit that whatever comes after it starts from.
pub(super) fn tip_of(
    repo: &Repo,
    store: &Store,
    tips: &BTreeMap<TaskName, CommitId>,
    task: &TaskName,
) -> Result<(Option<BranchName>, CommitId), Error> {
    if let Some(record) = store.task(&task.id())?
        && let Some(tip) = repo.branch_tip(&record.branch)?
    {
        return Ok((Some(record.branch), tip));
    }
    // Finished by an earlier run and cleaned up since: its commits are in the base, or still there by their id.
    let tip = tips.get(task).copied();
    tip.map(|tip| (None, tip))
        .ok_or_else(|| Error::refused(format!("the branch of `{task}`, which it comes after, is gone")))
}

/// Decides what is done with a read task at which nobody works. What can be known of its files before the run is looked at
/// now, so that what would fail is told before anything begins.
pub(super) fn step(
    cx: &Context,
    world: &World,
    (plan, task): (&Plan, &PlannedTask),
    base: &Base,
) -> Result<Step, Error> {
    if let Some(record) = world.tasks.iter().find(|record| record.id == task.name.id()) {
        let refused = Error::refused(format!(
            "`{}` is a task with a branch and a worktree, and the plan wants a read task of that name",
            record.name
        ));
        let clean = format!("windrow clean {}", shell_words::quote(record.name.as_str()));
        return Err(refused.hint("choose another name in the plan").hint(clean));
    }
    let base = match &task.base {
        Some(revision) => base::resolve(cx, Some(revision))?,
        None => base.clone(),
    };
    let Some(manifest) = known_inputs(cx, world, (plan, task), &base)? else {
        return Ok(Step::Read(Start { base, manifest: None }));
    };
    let definition = task.definition_with(&manifest.digest());
    let earlier =
        world.last_reading(&task.name.id()).filter(|attempt| attempt.launch.definition == definition);
    if let Some(result) = earlier.and_then(|attempt| finished(&definition, task, attempt)) {
        return Ok(Step::Finished(result));
    }
    Ok(Step::Read(Start { base, manifest: Some(manifest) }))
}

/// Reads what a read task will be handed, if everything that it starts from is finished.
fn known_inputs(
    cx: &Context,
    world: &World,
    (plan, task): (&Plan, &PlannedTask),
    base: &Base,
) -> Result<Option<Manifest>, Error> {
    let is_finished = |name: &&TaskName| {
        let attempt = world.last_attempt(&name.id());
        let planned = plan.tasks.iter().find(|planned| planned.name == **name);
        attempt
            .zip(planned)
            .is_some_and(|(attempt, planned)| finished(&planned.definition(), planned, attempt).is_some())
    };
    if !task.starts_from.iter().all(|name| is_finished(&name)) {
        return Ok(None);
    }
    let tips = tips(world, std::slice::from_ref(task));
    let mut commits = Vec::new();
    for name in &task.starts_from {
        commits.push(tip_of(&cx.repo, &cx.store, &tips, name)?.1);
    }
    let objects = cx.store.layout().scratch_objects();
    let (at, store) = match commits[..] {
        [] => (base.start_point, ObjectStore::Repository),
        [only] => (only, ObjectStore::Repository),
        _ => {
            let store = ObjectStore::Scratch(&objects);
            match merge_all_tips(&cx.repo, &commits, "windrow\n", store)? {
                Some(AllMerged::Commit(commit)) => (commit, store),
                Some(AllMerged::Conflicts { .. }) | None => return Ok(None),
            }
        }
    };
    let found = inputs(&cx.repo, at, task.stdin(), store)?;
    checked(task, found, at).map(Some)
}

/// Refuses files that are not there or too much.
fn checked(task: &PlannedTask, found: Inputs, at: CommitId) -> Result<Manifest, Error> {
    let Inputs { manifest, unmatched } = found;
    if !unmatched.is_empty() {
        let globs: Vec<String> = unmatched.iter().map(|glob| format!("`{glob}`")).collect();
        let verb = if globs.len() == 1 { "matches" } else { "match" };
        let message = format!("`{}`: stdin {} {verb} no file of {}", task.name, globs.join(", "), at.short());
        return Err(
            Error::new(Kind::Plan, message).hint(format!("git ls-tree -r --name-only {}", at.short()))
        );
    }
    if manifest.size() > INPUT_LIMIT {
        let message = format!(
            "`{}`: its stdin is too much: {}, and the limit is {}",
            task.name,
            manifest.describe(),
            bytes(INPUT_LIMIT)
        );
        return Err(Error::new(Kind::Plan, message)
            .hint("narrow the globs, or leave stdin out: the agent stands in a worktree with all files"));
    }
    Ok(manifest)
}

/// The read tasks of a run, and the room that is made for those whose turn has come.
#[derive(Debug, Default)]
pub(super) struct Readings {
    bases: BTreeMap<TaskName, Base>,
    rooms: Mutex<BTreeMap<TaskName, Room>>,
}

/// Where a read task reads, and what.
#[derive(Debug, Clone)]
struct Room {
    place: WorktreePlace,
    at: CommitId,
    manifest: Manifest,
}

impl Readings {
    pub(super) fn new(bases: BTreeMap<TaskName, Base>) -> Self {
        Self { bases, rooms: Mutex::default() }
    }

    fn take(&self, task: &TaskName) -> Option<Room> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).remove(task)
    }
}

impl Work<'_> {
    fn base_of(&self, task: &TaskName) -> &Base {
        self.readings.bases.get(task).unwrap_or(&self.base)
    }

    /// Gives the commit that a read task reads, and what it is handed of it.
    fn reading_of(&self, shop: &Shop<'_>, planned: &PlannedTask) -> Result<(CommitId, Manifest), Error> {
        let mut commits = Vec::new();
        for name in &planned.starts_from {
            commits.push(tip_of(shop.repo, shop.store, &self.tips, name)?.1);
        }
        let at = match commits[..] {
            [] => self.base_of(&planned.name).start_point,
            [only] => only,
            _ => land::merge_tips(shop, &planned.name, &planned.starts_from, &commits)?,
        };
        let found = inputs(shop.repo, at, planned.stdin(), ObjectStore::Repository)?;
        Ok((at, checked(planned, found, at)?))
    }

    /// Makes the scratch worktrees of those among the tasks that read, in one operation. One whose files cannot be had gets
    /// none.
    pub(super) fn make_room_to_read(&self, shop: &Shop<'_>, tasks: &[TaskName]) -> Result<(), Error> {
        let mut wanted = Vec::new();
        for planned in
            self.planned.iter().filter(|planned| planned.is_read() && tasks.contains(&planned.name))
        {
            if let Ok((at, manifest)) = self.reading_of(shop, planned) {
                wanted.push((scratch::Request { task: planned.name.clone(), at }, manifest));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let requests: Vec<scratch::Request> = wanted.iter().map(|(request, _)| request.clone()).collect();
        let places = scratch::create(shop, "run", Some(&self.run), &requests)?;
        let mut rooms = self.readings.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        for ((request, manifest), place) in wanted.into_iter().zip(places) {
            rooms.insert(request.task, Room { place, at: request.at, manifest });
        }
        Ok(())
    }

    /// Makes an attempt of a read task ready.
    pub(super) fn prepare_reading(&self, shop: &Shop<'_>, planned: &PlannedTask) -> Result<Prepared, Error> {
        let task = &planned.name;
        let room = match self.readings.take(task) {
            Some(room) => room,
            // Alone only where the batch could not be made: then this says why.
            None => {
                let (at, manifest) = self.reading_of(shop, planned)?;
                let request = scratch::Request { task: task.clone(), at };
                let places = scratch::create(shop, "run", Some(&self.run), &[request])?;
                let place = places.into_iter().next();
                let place = place.ok_or_else(|| Error::refused("there is no room for a scratch worktree"))?;
                Room { place, at, manifest }
            }
        };
        let request = read::Request {
            run: &self.run,
            planned,
            base: self.base_of(task).branch.as_ref(),
            env: self.env,
            place: &room.place,
            at: room.at,
            manifest: &room.manifest,
        };
        let (key, files) = read::prepare(shop, &request)?;
        let agent = planned.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default();
        Ok(Prepared::Ready(Attempt { task: task.clone(), key, files, agent }))
    }

    /// Settles an attempt of a read task.
    pub(super) fn settle_reading(&self, shop: &Shop<'_>, ended: &Attempt) -> Result<TaskResult, Error> {
        let gone = || Error::refused(format!("the attempt of `{}` was removed meanwhile", ended.task));
        let attempt = shop.store.attempt(ended.key.clone()).ok_or_else(gone)?;
        let reading = attempt.launch.reading.clone().ok_or_else(gone)?;
        let (settled, left) = settle_reading(shop, &attempt, &reading)?;
        if let Some(left) = left {
            let warning = format!("{}: its scratch worktree stays: {left}", ended.task);
            self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
        }
        Ok(TaskResult {
            success: settled.outcome == Outcome::Done,
            attempts: attempt.key.number,
            elapsed_ms: settled.elapsed_ms,
            log: Some(ended.files.log()),
            last_words: settled.last_words,
            next: next_of_read(settled.outcome, &ended.task, &self.again),
            ..self.bare(&ended.task, settled.outcome, settled.evidence)
        })
    }
}
