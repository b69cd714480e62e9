//! What a read task reads, and whether an earlier run has read the same already.

use std::collections::BTreeMap;

use super::finished::finished;
use crate::commands::Context;
use crate::commands::base::{self, Base};
use crate::commands::gather::World;
use crate::domain::event::TaskResult;
use crate::domain::manifest::{INPUT_LIMIT, Manifest, bytes};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::plan::{Plan, PlannedTask};
use crate::error::{Error, Kind};
use crate::git::Repo;
use crate::git::inputs::{Inputs, inputs};
use crate::git::merge::{AllMerged, ObjectStore, merge_all_tips};
use crate::store::Store;

/// What is done with a read task at which nobody works.
#[derive(Debug, Clone)]
pub(super) enum Decision {
    /// An earlier run finished it.
    Finished(TaskResult),
    /// It is to be run.
    Start(Start),
}

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
pub(super) fn decide(
    cx: &Context,
    world: &World,
    (plan, task): (&Plan, &PlannedTask),
    base: &Base,
) -> Result<Decision, Error> {
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
        return Ok(Decision::Start(Start { base, manifest: None }));
    };
    let definition = task.definition_with(&manifest.digest());
    let earlier =
        world.last_reading(&task.name.id()).filter(|attempt| attempt.launch.definition == definition);
    if let Some(result) = earlier.and_then(|attempt| finished(&definition, task, attempt)) {
        return Ok(Decision::Finished(result));
    }
    Ok(Decision::Start(Start { base, manifest: Some(manifest) }))
}

/// Gives the start of a read task that an earlier run finished.
pub(super) fn anew(
    cx: &Context,
    world: &World,
    (plan, task): (&Plan, &PlannedTask),
    base: &Base,
) -> Result<Start, Error> {
    let base = match &task.base {
        Some(revision) => base::resolve(cx, Some(revision))?,
        None => base.clone(),
    };
    let manifest = known_inputs(cx, world, (plan, task), &base)?;
    Ok(Start { base, manifest })
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
pub(super) fn checked(task: &PlannedTask, found: Inputs, at: CommitId) -> Result<Manifest, Error> {
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
