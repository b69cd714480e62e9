//! What git knows of all worktrees now, read in parallel: one handle for each job, no shared state.
//!
//! Whatever fails for one task is said in its own [`Survey::problem`] and leaves the others alone. Nothing is written.

pub mod forecast;

use std::path::Path;

use rayon::prelude::*;

use crate::domain::clean::Inventory;
use crate::domain::copies::{Copied, Left};
use crate::domain::forecast::{MergeForecast, Onto};
use crate::domain::name::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::{Head, Place, WorktreeEntry};
use crate::domain::status::{ForeignWorktree, Survey, maker};
use crate::domain::task::TaskRecord;
use crate::git::diff::{self, DiffOptions};
use crate::git::inventory::{self, InventoryOptions};
use crate::git::preflight::Needs;
use crate::git::{GitError, Repo, copies, history, status};

/// Tells of pairs of commits, base's tip first, what merging them does; gives one answer a pair, nothing where there is none.
pub type MergeAll<'a> = dyn Fn(&[(CommitId, CommitId)]) -> Vec<Option<Onto>> + 'a;

/// What is to be found out.
#[derive(Clone, Copy)]
pub struct SurveyOptions<'a> {
    /// How to find out what merging would do; not found out without it.
    pub merge: Option<&'a MergeAll<'a>>,
    /// Whether files and lines are to be counted.
    pub diff: bool,
    /// An existing directory for what git has to write (see [`DiffOptions::scratch`]).
    pub scratch: &'a Path,
    /// What the repository needs.
    pub needs: &'a Needs,
    /// Tasks in whose worktrees no git may run: libgit2 alone reads there.
    pub distrusted: &'a [TaskId],
}

/// What a job may look at; all of it can be shared between threads.
#[derive(Clone, Copy)]
struct Look<'a> {
    diff: bool,
    scratch: &'a Path,
    needs: &'a Needs,
    distrusted: &'a [TaskId],
}

/// Looks at all tasks in parallel; the answers are in the order of the tasks.
pub fn tasks(place: &Place, tasks: &[TaskRecord], options: &SurveyOptions<'_>) -> Vec<Survey> {
    let look = Look {
        diff: options.diff,
        scratch: options.scratch,
        needs: options.needs,
        distrusted: options.distrusted,
    };
    let mut surveys: Vec<Survey> = tasks
        .par_iter()
        .map_init(
            || Repo::open(place).map_err(|error| error.to_string()),
            |repo, task| match repo {
                Ok(repo) => survey(repo, task, look),
                Err(problem) => Survey { problem: Some(problem.clone()), ..Survey::default() },
            },
        )
        .collect();
    if let Some(merge) = options.merge {
        forecast(tasks, &mut surveys, merge);
    }
    surveys
}

/// A worktree whose contents are to be listed.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// The task that it belongs to.
    pub task: &'a TaskRecord,
    /// The tip of the base; without one, any other branch may hold the commits.
    pub base: Option<CommitId>,
    /// What was put into it when it was made, by path.
    pub copied: &'a [Copied],
    /// The ignored files that its setup left, by path.
    pub left: &'a [Left],
    /// What is needed to read it.
    pub needs: &'a Needs,
}

/// Lists in parallel what would be lost with each worktree (DESIGN §8.6); `disposable` are names of ignored directories
/// that can be made again. The answers are in the order of the worktrees; one that cannot be read has a reason.
pub fn inventories(
    place: &Place,
    worktrees: &[Contents<'_>],
    disposable: &[String],
) -> Vec<Result<Inventory, String>> {
    let list = |repo: &mut Result<Repo, String>, of: &Contents<'_>| {
        let repo = repo.as_ref().map_err(Clone::clone)?;
        let tree = of.task.place();
        let came_along = |path: &RepoPath| {
            let found = of.copied.binary_search_by(|copied| copied.path.cmp(path)).ok();
            found.is_some_and(|i| copies::is_unchanged(place, &tree, &of.copied[i]))
                || inventory::is_as_left(&tree, of.left, path)
        };
        let options = InventoryOptions {
            branch: &of.task.branch,
            base: of.base,
            disposable,
            replaceable: &came_along,
            needs: of.needs,
        };
        inventory::inventory(repo, &tree, &options).map_err(|error| error.to_string())
    };
    worktrees.par_iter().map_init(|| Repo::open(place).map_err(|error| error.to_string()), list).collect()
}

/// Lists the registered worktrees that are no task's: not the main one, and none of our scratch worktrees.
pub fn foreign(entries: &[WorktreeEntry], tasks: &[TaskRecord]) -> Vec<ForeignWorktree> {
    let is_task = |admin: &Path| tasks.iter().any(|task| task.admin.file_name() == admin.file_name());
    let is_scratch = |entry: &WorktreeEntry| {
        entry.locked.as_deref().is_some_and(|reason| reason.starts_with("windrow scratch"))
    };
    entries
        .iter()
        .filter(|entry| entry.admin.as_deref().is_some_and(|admin| !is_task(admin)) && !is_scratch(entry))
        .map(|entry| ForeignWorktree {
            path: entry.path.clone(),
            branch: entry.head.branch().map(ToString::to_string),
            locked: entry.locked.is_some(),
            made_by: maker(&entry.path, entry.locked.as_deref()),
            reason: entry.locked.clone().filter(|reason| !reason.is_empty()).or_else(|| entry.broken.clone()),
        })
        .collect()
}

fn survey(repo: &Repo, task: &TaskRecord, look: Look<'_>) -> Survey {
    let distrusted = look.distrusted.contains(&task.id);
    let mut survey = Survey { distrusted, ..Survey::default() };
    let plain = Needs::default();
    let look = Look { needs: if distrusted { &plain } else { look.needs }, ..look };
    if let Err(error) = fill(repo, task, look, &mut survey) {
        survey.problem.get_or_insert_with(|| error.to_string());
    }
    survey
}

/// Finds out one thing after the other; what was found before a failure stays.
fn fill(repo: &Repo, task: &TaskRecord, look: Look<'_>, survey: &mut Survey) -> Result<(), GitError> {
    let tree = task.place();
    survey.missing = status::is_missing(&tree);
    survey.locked = status::locked(&tree);
    let mut odd = None;
    if !survey.missing {
        let head = status::head(repo, &tree)?;
        survey.head = head.commit();
        odd = status::in_progress(&tree.admin).map(|what| format!("{what} in progress"));
        odd = odd.or_else(|| off_branch(&head, task));
        if let Head::Broken(what) = head {
            survey.problem = Some(what);
        }
    }
    survey.tip = repo.branch_tip(&task.branch)?;
    survey.base_tip = task.base.as_ref().map(|base| repo.branch_tip(base)).transpose()?.flatten();
    let graph = graph(repo, task, survey);
    let files = files(repo, task, look, survey);
    files.and(graph)?;
    survey.problem = survey.problem.take().or(odd);
    Ok(())
}

/// Says that what is committed in a worktree does not get onto the task's branch.
fn off_branch(head: &Head, task: &TaskRecord) -> Option<String> {
    match head {
        Head::Branch { name, .. } if *name == task.branch => None,
        Head::Branch { name, .. } => Some(format!("HEAD is on branch {name}, not on {}", task.branch)),
        Head::Detached(commit) => {
            Some(format!("HEAD is detached at {}, not on branch {}", commit.short(), task.branch))
        }
        Head::Unborn(_) | Head::Broken(_) => None,
    }
}

fn graph(repo: &Repo, task: &TaskRecord, survey: &mut Survey) -> Result<(), GitError> {
    if let (Some(tip), Some(base)) = (survey.tip, survey.base_tip) {
        let (ahead, behind) = history::ahead_behind(repo, tip, base)?;
        (survey.ahead, survey.behind) = (Some(ahead), Some(behind));
        survey.integrated = history::integrated(repo, tip, base, task.start_point)?;
    }
    Ok(())
}

/// Finds out what is uncommitted, and the difference to the merge base where that is asked for.
fn files(repo: &Repo, task: &TaskRecord, look: Look<'_>, survey: &mut Survey) -> Result<(), GitError> {
    let tree = task.place();
    let compared = if look.diff { compare(repo, task, look, survey) } else { Ok(()) };
    if survey.dirt.is_none() && !survey.missing {
        survey.dirt = Some(status::dirt(&tree, look.needs, repo.place())?);
    }
    compared
}

fn compare(repo: &Repo, task: &TaskRecord, look: Look<'_>, survey: &mut Survey) -> Result<(), GitError> {
    let Some(tip) = survey.tip.or(survey.head) else { return Ok(()) };
    let base = survey.base_tip.map(|base| history::merge_base(repo, tip, base)).transpose()?.flatten();
    let from = base.unwrap_or(task.start_point);
    let options = DiffOptions { patch: false, context: 0, scratch: look.scratch, needs: look.needs };
    if survey.missing {
        survey.diff = Some(diff::stat(repo, None, from, tip, &options)?);
    } else {
        let (stat, dirt) = diff::stat_and_dirt(repo, &task.place(), from, &options)?;
        (survey.diff, survey.dirt) = (Some(stat), Some(dirt));
    }
    Ok(())
}

/// Asks once for all tasks what merging would do, where the graph does not say it already.
fn forecast(tasks: &[TaskRecord], surveys: &mut [Survey], merge: &MergeAll<'_>) {
    let mut asked = Vec::new();
    let mut pairs = Vec::new();
    for (index, survey) in surveys.iter_mut().enumerate() {
        let (Some(tip), Some(base)) = (survey.tip, survey.base_tip) else { continue };
        match survey.ahead {
            Some(0) => survey.merge = Some(MergeForecast::UpToDate),
            Some(_) => {
                asked.push(index);
                pairs.push((base, tip));
            }
            None => survey.merge = Some(MergeForecast::Unknown),
        }
    }
    if pairs.is_empty() {
        return;
    }
    let mut answers = merge(&pairs).into_iter();
    for (index, (_, tip)) in asked.into_iter().zip(pairs) {
        let survey = &mut surveys[index];
        let found = answers.next().flatten();
        let found = found.unwrap_or(Onto { forecast: MergeForecast::Unknown, landed: None });
        if tip != tasks[index].start_point {
            survey.integrated = survey.integrated.or(found.landed);
        }
        survey.merge = Some(found.forecast);
    }
}

#[cfg(test)]
mod tests;
