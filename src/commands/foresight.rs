//! What merging tasks would do, now, while agents still write: gathered for `forecast`, `status` and `run`.

use super::Context;
use crate::domain::forecast::order::{self, Because, Candidate};
use crate::domain::forecast::{Conflict, HeldBack, Known, MergeForecast, files_conflict};
use crate::domain::merge::choose_target;
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::place::Place;
use crate::domain::status::Survey;
use crate::domain::task::{TaskRecord, parents};
use crate::error::Error;
use crate::git::Repo;
use crate::git::merge::Trees;
use crate::git::preflight::Needs;
use crate::store::Store;
use crate::survey::forecast::{self, Forecasts, Scratch, Subject};

/// What looking ahead needs; threads can share it.
#[derive(Debug, Clone, Copy)]
pub struct Eyes<'a> {
    /// The repository.
    pub place: &'a Place,
    /// Our records.
    pub store: &'a Store,
    /// What the repository needs.
    pub needs: &'a Needs,
}

impl Context {
    /// Gives what looking ahead needs.
    pub fn eyes(&self) -> Result<Eyes<'_>, Error> {
        Ok(Eyes { place: self.repo.place(), store: &self.store, needs: self.needs()? })
    }
}

/// What merging would do, for each task and each two.
pub struct Foresight {
    /// Sentences about what could not be looked at.
    pub unseen: Vec<String>,
    tasks: Vec<TaskRecord>,
    /// The commit of each task that would be landed, and its base's; none where it has no branch.
    subjects: Vec<Option<Subject>>,
    /// What merging each into its base would do, in the order of the tasks.
    pub base: Vec<MergeForecast>,
    /// The same of each two, by index, the lower first.
    pub pairs: Vec<(usize, usize, MergeForecast)>,
    before: Known,
    known: Known,
    trees: Trees,
}

/// In which order tasks should land.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Landings {
    /// Those that go together.
    pub order: Vec<TaskName>,
    /// The others that have something to land.
    pub held: Vec<HeldBack>,
}

/// Looks at tasks as they are, what is uncommitted in them included.
pub fn foresee(eyes: Eyes<'_>, tasks: &[(&TaskRecord, &Survey)]) -> Result<Foresight, Error> {
    let Eyes { place, store, needs } = eyes;
    let objects = store.layout().scratch_objects();
    let files = store.scratch()?;
    let scratch = Scratch { files: &files, objects: &objects };
    let before = store.forecasts();
    let mut known = before.clone();
    let mut unseen = Vec::new();
    let trees = Trees::default();
    let mut commits: Vec<Option<CommitId>> = tasks.iter().map(|(_, survey)| survey.tip).collect();
    let dirty: Vec<usize> = (0..tasks.len()).filter(|&i| is_dirty(tasks[i].1)).collect();
    let worktrees: Vec<_> =
        dirty.iter().filter_map(|&i| Some((tasks[i].0.place(), tasks[i].1.tip?))).collect();
    let taken = forecast::snapshots(place, &worktrees, (needs, scratch), &mut known);
    for (&i, taken) in dirty.iter().zip(taken) {
        match taken {
            Ok(commit) => commits[i] = Some(commit),
            Err(error) => {
                unseen.push(format!("{}: only what is committed counts: {error}", tasks[i].0.name));
            }
        }
    }
    let subject = |(i, commit): (usize, &Option<CommitId>)| {
        Some(Subject { commit: (*commit)?, base: tasks[i].1.base_tip })
    };
    let subjects: Vec<Option<Subject>> = commits.iter().enumerate().map(subject).collect();
    // What has landed and was not worked on since is in nobody's way.
    let landed = |i: usize| tasks[i].1.integrated.is_some() && !dirty.contains(&i);
    let there: Vec<usize> = (0..tasks.len()).filter(|&i| subjects[i].is_some() && !landed(i)).collect();
    let asked: Vec<Subject> = there.iter().filter_map(|&i| subjects[i]).collect();
    let Forecasts { base: found, pairs } = forecast::forecast(place, &asked, (&objects, &trees), &mut known)?;
    let unasked = |i: usize| if landed(i) { MergeForecast::UpToDate } else { MergeForecast::Unknown };
    let mut base: Vec<MergeForecast> = (0..tasks.len()).map(unasked).collect();
    there.iter().zip(found).for_each(|(&i, found)| base[i] = found);
    let mut pairs: Vec<_> = pairs.into_iter().map(|(a, b, found)| (there[a], there[b], found)).collect();
    let all = (0..tasks.len()).flat_map(|a| (a + 1..tasks.len()).map(move |b| (a, b)));
    let rest = all.filter(|(a, b)| !there.contains(a) || !there.contains(b));
    pairs.extend(rest.map(|(a, b)| {
        let found = if landed(a) || landed(b) { MergeForecast::UpToDate } else { MergeForecast::Unknown };
        (a, b, found)
    }));
    pairs.sort_by_key(|(a, b, _)| (*a, *b));
    let tasks = tasks.iter().map(|(task, _)| (*task).clone()).collect();
    Ok(Foresight { unseen, tasks, subjects, base, pairs, before, known, trees })
}

/// Tells whether a snapshot says more than the branch does. What is in a worktree that shows something else is not on its way
/// to the branch.
fn is_dirty(survey: &Survey) -> bool {
    let shows_tip = survey.head.is_some() && survey.head == survey.tip;
    !survey.missing && !survey.distrusted && shows_tip && survey.dirt.is_some_and(|dirt| !dirt.is_clean())
}

impl Foresight {
    /// Gives the tasks that one conflicts with.
    pub fn conflicts_with(&self, task: usize) -> Vec<TaskName> {
        let other = |(a, b, found): &(usize, usize, MergeForecast)| match found {
            MergeForecast::Conflict(_) if *a == task => Some(*b),
            MergeForecast::Conflict(_) if *b == task => Some(*a),
            _ => None,
        };
        self.pairs.iter().filter_map(other).map(|i| self.tasks[i].name.clone()).collect()
    }

    /// Gives the commits of a task: what would be landed, and the tip of its base.
    pub fn subject(&self, task: usize) -> Option<Subject> {
        self.subjects.get(task).copied().flatten()
    }

    /// Keeps what was found out for the next time. A cache: what cannot be kept is found out again.
    pub fn keep(self, store: &Store) {
        drop(store.keep_forecasts(&self.before, self.known));
    }

    /// Decides in which order the tasks should land, and proves it: each branch that they go back to is walked.
    /// `all` are all tasks there are.
    pub fn landings(&mut self, eyes: Eyes<'_>, all: &[TaskRecord]) -> Result<Landings, Error> {
        let mut landings = Landings::default();
        for root in choose_target(all, &self.tasks) {
            let Some(root) = root else { continue };
            let goes_there = |i: &usize| {
                choose_target(all, &self.tasks[*i..=*i]) == [Some(root.clone())]
                    && self.base[*i] != MergeForecast::UpToDate
                    && self.subjects[*i].is_some()
            };
            let members: Vec<usize> = (0..self.tasks.len()).filter(goes_there).collect();
            self.group(eyes, all, (&root, &members), &mut landings)?;
        }
        Ok(landings)
    }

    fn group(
        &mut self,
        eyes: Eyes<'_>,
        all: &[TaskRecord],
        (root, members): (&BranchName, &[usize]),
        landings: &mut Landings,
    ) -> Result<(), Error> {
        let Some(target) = Repo::open(eyes.place)?.branch_tip(root)? else { return Ok(()) };
        let at = |task: usize| members.iter().position(|&member| member == task);
        let candidate = |&i: &usize| {
            let after = parents(&self.tasks[i], all)
                .into_iter()
                .filter_map(|parent| at(self.tasks.iter().position(|task| task.name == parent)?));
            let blocked = matches!(self.base[i], MergeForecast::Conflict(_) | MergeForecast::Unknown);
            Candidate { blocked, after: after.collect() }
        };
        let candidates: Vec<Candidate> = members.iter().map(candidate).collect();
        let conflicts = self.pairs.iter().filter_map(|(a, b, found)| match found {
            MergeForecast::Conflict(_) => Some((at(*a)?, at(*b)?)),
            _ => None,
        });
        let conflicts: Vec<(usize, usize)> = conflicts.collect();
        let found = order::order(&candidates, &conflicts);
        let tips: Vec<CommitId> =
            found.lands.iter().filter_map(|&i| Some(self.subjects[members[i]]?.commit)).collect();
        let objects = eyes.store.layout().scratch_objects();
        let steps = forecast::walk(eyes.place, target, &tips, (&objects, &self.trees), &mut self.known)?;
        let name = |i: usize| self.tasks[members[i]].name.clone();
        for (&i, conflicts) in found.lands.iter().zip(&steps) {
            if conflicts.is_empty() {
                landings.order.push(name(i));
            } else {
                landings.held.push(self.together(name(i), conflicts, &landings.order));
            }
        }
        for (i, because) in found.held {
            landings.held.push(self.held(members[i], &because, members));
        }
        Ok(())
    }

    /// A task that goes with each of the others, and not with all of them.
    fn together(&self, task: TaskName, conflicts: &[Conflict], landed: &[TaskName]) -> HeldBack {
        HeldBack {
            task,
            reason: "conflict",
            with: landed.to_vec(),
            conflicts: conflicts.to_vec(),
            detail: format!("{} once the tasks before it have landed", files_conflict(conflicts)),
        }
    }

    fn held(&self, task: usize, because: &Because, members: &[usize]) -> HeldBack {
        let of = |i: usize| &self.tasks[members[i]].name;
        let made = |reason, with, conflicts, detail| HeldBack {
            task: self.tasks[task].name.clone(),
            reason,
            with,
            conflicts,
            detail,
        };
        match because {
            Because::Base => {
                let conflicts = match &self.base[task] {
                    MergeForecast::Conflict(conflicts) => conflicts.clone(),
                    _ => Vec::new(),
                };
                let base = self.tasks[task].base.as_ref().map(ToString::to_string).unwrap_or_default();
                let detail = match conflicts.len() {
                    0 => format!("what merging it into {base} would do is not known"),
                    _ => format!("{} with {base}", files_conflict(&conflicts)),
                };
                made("conflict", Vec::new(), conflicts, detail)
            }
            Because::Parent(parent) => {
                let detail = format!("it stands on {}, which is held back", of(*parent));
                made("held-back", vec![of(*parent).clone()], Vec::new(), detail)
            }
            Because::Tasks(with) => {
                let names: Vec<TaskName> = with.iter().map(|&i| of(i).clone()).collect();
                let found = self.pairs.iter().find_map(|(a, b, found)| {
                    let pair = [task, members[*with.first()?]];
                    match found {
                        MergeForecast::Conflict(found) if pair.contains(a) && pair.contains(b) => Some(found),
                        _ => None,
                    }
                });
                let told: Vec<&str> = names.iter().map(TaskName::as_str).collect();
                let detail = format!("it conflicts with {}", told.join(", "));
                made("conflict", names.clone(), found.cloned().unwrap_or_default(), detail)
            }
        }
    }
}
