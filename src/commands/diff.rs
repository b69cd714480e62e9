//! `windrow diff`.

use super::gather::World;
use super::{Context, OK, Status, page, pick};
use crate::domain::diff::{FileDiff, TaskDiff};
use crate::domain::oid::CommitId;
use crate::domain::place::WorktreePlace;
use crate::domain::review::{Overlap, Review};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::diff::{DiffOptions, task_diff};
use crate::git::{history, worktrees};
use crate::store::runs::AttemptRecord;
use crate::ui::{json, show};

/// Show what a task changed against its merge base: commits, staged, unstaged and untracked in one
///
/// The agent's index is not touched. With several names, or with --stat and none, each is shown under its name.
#[derive(clap::Args, Debug)]
pub struct DiffArgs {
    /// The tasks, or A..B to compare two of them [default: the one that one stands in; with --stat or --name-only, all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Files and counts of lines instead of the text
    #[arg(long)]
    pub stat: bool,
    /// Names of files only
    #[arg(long, conflicts_with = "stat")]
    pub name_only: bool,
    /// Only what is new since the task was accepted in `review`; before that, only files not marked as viewed
    #[arg(long)]
    pub since_review: bool,
    /// Only what one attempt of the task's agent changed, counted from 1 over all its runs: from its start to the next one's, or to now
    #[arg(long, value_name = "N", conflicts_with = "since_review")]
    pub attempt: Option<usize>,
}

/// The files of a difference, and its text.
type Compared = (Vec<FileDiff>, Vec<u8>);

/// Runs it.
pub fn run(cx: &Context, args: &DiffArgs) -> Result<Status, Error> {
    let world = World::read(cx)?;
    let all = (args.stat || args.name_only) && args.names.is_empty() && world.here(cx).is_none();
    let patch = !args.stat && !args.name_only && !cx.globals.json;
    let (pairs, names): (Vec<&String>, Vec<&String>) =
        args.names.iter().partition(|name| name.contains(".."));
    if !pairs.is_empty() && (args.attempt.is_some() || args.since_review) {
        return Err(Error::usage(
            "two tasks are compared as they are: leave out --attempt and --since-review",
        ));
    }
    let names: Vec<String> = names.into_iter().cloned().collect();
    let tasks = match (all, pairs.is_empty() || !names.is_empty()) {
        (true, _) => world.tasks.iter().collect(),
        (false, true) => pick::some(cx, &world, &names, "diff")?,
        (false, false) => Vec::new(),
    };
    let read = |task| match args.attempt {
        Some(number) => of_attempt(cx, &world, task, number, patch),
        None if args.since_review => since_review(cx, task),
        None => of(cx, task, patch),
    };
    let mut diffs = tasks.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    for pair in pairs {
        diffs.push(between(cx, &world, pair, patch)?);
    }
    if cx.globals.json {
        cx.ui.json(&json::diff(&diffs));
        return Ok(OK);
    }
    let overlap = Overlap::of(&diffs);
    let page = page::begin(cx, "diff");
    for diff in &diffs {
        if diffs.len() > 1 && (patch || args.name_only) {
            cx.ui.status(&format!(
                "{} against {}",
                diff.task,
                diff.base.as_ref().map_or_else(|| diff.merge_base.short(), ToString::to_string)
            ));
        }
        if args.name_only {
            cx.ui.out(&show::diff_names(diff));
        } else if args.stat {
            cx.ui.out(&show::diff_stat(diff, &overlap, &cx.look()));
        } else {
            page.patch(cx, &diff.patch);
        }
    }
    Ok(OK)
}

/// Shows a patch in the user's pager, and comes back when it was read.
pub fn page(cx: &Context, patch: &[u8]) {
    page::begin(cx, "diff").patch(cx, patch);
}

/// Gives the marks and notes of a task; where they cannot be read that is said, and there are none.
pub fn review_of(cx: &Context, task: &TaskRecord) -> Review {
    cx.store.review(&task.id).unwrap_or_else(|error| {
        cx.ui.warn(&format!("{}: its marks and notes are left out: {error}", task.name));
        Review::default()
    })
}

/// Computes what changed in a task since it was accepted, and of one that was not, the files that nobody has viewed as
/// they are.
fn since_review(cx: &Context, task: &TaskRecord) -> Result<TaskDiff, Error> {
    let review = review_of(cx, task);
    // Only with their text all files have ids.
    let mut diff = of(cx, task, true)?;
    match review.accepted.filter(|accepted| cx.repo.tree_of(*accepted).is_ok()) {
        Some(accepted) => {
            cx.ui.note(&format!("{}: since it was accepted at {}", task.name, accepted.short()));
            (diff.files, diff.patch) = against(cx, task, accepted, true)?;
        }
        None => {
            diff.files.retain(|file| !review.has_viewed(file));
            let text: Vec<u8> =
                diff.files.iter().flat_map(|file| &diff.patch[file.text.clone()]).copied().collect();
            diff.patch = text;
        }
    }
    Ok(diff)
}

/// Computes a task's change against its merge base; where it has no base any more, against its start point.
pub fn of(cx: &Context, task: &TaskRecord, patch: bool) -> Result<TaskDiff, Error> {
    let tip = tip(cx, task)?;
    let base_tip = match &task.base {
        Some(base) => cx.repo.branch_tip(base)?,
        None => None,
    };
    let merge_base = match base_tip {
        Some(base_tip) => history::merge_base(&cx.repo, base_tip, tip)?.unwrap_or(task.start_point),
        None => task.start_point,
    };
    let (files, patch) = against(cx, task, merge_base, patch)?;
    Ok(TaskDiff { task: task.name.clone(), base: task.base.clone(), merge_base, files, patch })
}

/// Computes what one attempt changed. It began at the snapshot that was taken of a used worktree, else at the tip of the branch.
fn of_attempt(
    cx: &Context,
    world: &World,
    task: &TaskRecord,
    number: usize,
    patch: bool,
) -> Result<TaskDiff, Error> {
    let attempts: Vec<&AttemptRecord> =
        world.attempts.iter().filter(|attempt| attempt.key.task == task.id).collect();
    let Some(attempt) = number.checked_sub(1).and_then(|at| attempts.get(at)) else {
        let count = attempts.len();
        return Err(Error::refused(format!("`{}` has {count} attempts, no attempt {number}", task.name))
            .hint(format!("windrow logs {} --all", shell_words::quote(task.name.as_str()))));
    };
    let from = beginning(cx, attempt)?;
    let until = attempts.get(number).map(|next| beginning(cx, next)).transpose()?;
    let end = if until.is_some() { "the one after it" } else { "now" };
    let count = attempts.len();
    cx.ui.note(&format!("{}: attempt {number} of {count}, until {end} (run {})", task.name, attempt.key.run));
    let (files, patch) = match until {
        Some(until) => committed(cx, task, from, until, patch)?,
        None => against(cx, task, from, patch)?,
    };
    Ok(TaskDiff { task: task.name.clone(), base: task.base.clone(), merge_base: from, files, patch })
}

fn beginning(cx: &Context, attempt: &AttemptRecord) -> Result<CommitId, Error> {
    Ok(cx.repo.resolve(&attempt.key.snapshot_ref())?.unwrap_or(attempt.launch.head))
}

/// Compares two tasks, `A..B` (or `A...B`, which is the same: of two tasks nobody wants the merge base): what A's branch would have to change to be
/// B as it is now. A branch's name holds no `..`, so that nothing else can be meant.
fn between(cx: &Context, world: &World, pair: &str, patch: bool) -> Result<TaskDiff, Error> {
    let (a, b) = pair.split_once("..").unwrap_or((pair, ""));
    let b = b.strip_prefix('.').unwrap_or(b);
    let name = |name: &str| if name.is_empty() { "@".to_owned() } else { name.to_owned() };
    let (a, b) = (world.select(cx, &name(a))?, world.select(cx, &name(b))?);
    let from = tip(cx, a)?;
    let (files, patch) = against(cx, b, from, patch)?;
    Ok(TaskDiff { task: b.name.clone(), base: Some(a.branch.clone()), merge_base: from, files, patch })
}

/// Compares a commit with a task's worktree as it is, or with its branch where there is none.
fn against(cx: &Context, task: &TaskRecord, from: CommitId, patch: bool) -> Result<Compared, Error> {
    let place = task.place();
    let tree = worktrees::is_there(&task.worktree).then_some(&place);
    compare(cx, task, tree, from, tip(cx, task)?, patch)
}

fn committed(
    cx: &Context,
    task: &TaskRecord,
    from: CommitId,
    until: CommitId,
    patch: bool,
) -> Result<Compared, Error> {
    compare(cx, task, None, from, until, patch)
}

fn compare(
    cx: &Context,
    task: &TaskRecord,
    tree: Option<&WorktreePlace>,
    from: CommitId,
    until: CommitId,
    patch: bool,
) -> Result<Compared, Error> {
    let scratch = cx.scratch()?;
    let needs = cx.needs_of(&task.id)?;
    let options = DiffOptions { patch, context: 3, scratch: &scratch, needs: &needs };
    Ok(task_diff(&cx.repo, tree, from, until, &options)?)
}

fn tip(cx: &Context, task: &TaskRecord) -> Result<CommitId, Error> {
    let gone = || {
        Error::refused(format!("the branch `{}` of `{}` is gone", task.branch, task.name))
            .hint(format!("windrow clean {}", shell_words::quote(task.name.as_str())))
    };
    cx.repo.branch_tip(&task.branch)?.ok_or_else(gone)
}
