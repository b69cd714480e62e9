//! `windrow adopt`.

use super::base;
use super::gather::World;
use super::provision::{self, Provision};
use super::{Context, OK, Status};
use crate::domain::adopt::{self, Candidate, Refusal, Request, decide, guess_base};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::place::{Head, WorktreeEntry};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::{history, worktrees};
use crate::operation::Draft;
use crate::ui::view::StartView;
use crate::ui::{json, show};

/// Make a task of a worktree that something else created
///
/// The worktree stays where it is; git, an agent or another tool may have made it. Its branch's name becomes the task's.
/// The branch that it came from is guessed and shown: --base names another. `windrow undo` forgets the task and touches
/// nothing.
#[derive(clap::Args, Debug)]
pub struct AdoptArgs {
    /// Roots of worktrees, as `git worktree list` shows them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<std::path::PathBuf>,
    /// Name of the task, where it is not to be the branch's; with one PATH
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Branch that it is merged back into [default: the nearest one]
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
}

/// How many branches are looked at for the nearest one.
const BRANCHES: usize = 200;

/// Runs it.
pub fn run(cx: &Context, args: &AdoptArgs) -> Result<Status, Error> {
    if args.name.is_some() && args.paths.len() > 1 {
        return Err(Error::usage("--name goes with one PATH only"));
    }
    let shop = cx.begin_mutation()?;
    let name = args.name.as_ref().map(|name| name.parse::<TaskName>()).transpose()?;
    // Without the lock first, whose file a refusal would leave behind.
    wanted(cx, args, &World::read(cx)?, name.as_ref())?;
    let topology = if cx.globals.dry_run { None } else { Some(shop.topology()?) };
    let world = World::read(cx)?;
    let (entries, requests) = wanted(cx, args, &world, name.as_ref())?;
    let refused = |refusals: Vec<Refusal>| Error::adopt_refusals(&refusals);
    let mut records = decide(&requests, &world.tasks, cx.clock.now()).map_err(refused)?;
    let provision = Provision::new(cx, None);
    let mut known = world.tasks.clone();
    for record in &mut records {
        record.port = Some(provision.port_of(&record.id, &known)?);
        known.push(record.clone());
    }
    let actions = adopt::actions(&records);
    if cx.globals.dry_run {
        let view = StartView { tasks: &records, lacks: &[], set_up: &[] };
        return cx.report_actions(&json::start("adopt", &view), &actions);
    }
    let names: Vec<TaskName> = records.iter().map(|record| record.name.clone()).collect();
    let told: Vec<&str> = names.iter().map(TaskName::as_str).collect();
    let summary = format!("adopted {}", told.join(", "));
    let draft = Draft { command: "adopt".into(), tasks: names, summary, actions, ..Draft::default() };
    shop.perform(shop.claim()?, draft, topology)?;
    report(cx, &entries, &records, args.base.is_none())
}

/// Finds the worktrees that are to be adopted, or tells all that stands in the way.
fn wanted(
    cx: &Context,
    args: &AdoptArgs,
    world: &World,
    name: Option<&TaskName>,
) -> Result<(Vec<WorktreeEntry>, Vec<Request>), Error> {
    let entries = worktrees::list_whole(&cx.repo)?;
    let (mut requests, mut refusals) = (Vec::new(), Vec::new());
    for path in &args.paths {
        let path = cx.environment.cwd.join(path);
        match find(&entries, &path).map(|entry| (entry, adopt::obstacle(entry, &world.tasks))) {
            None => refusals.push(Refusal::NotAWorktree(path)),
            Some((_, Some(refusal))) => refusals.push(refusal),
            Some((entry, None)) => requests.push(request(cx, args, (&entries, entry), name.cloned())?),
        }
    }
    if !refusals.is_empty() {
        return Err(Error::adopt_refusals(&refusals));
    }
    Ok((entries, requests))
}

fn find<'a>(entries: &'a [WorktreeEntry], path: &std::path::Path) -> Option<&'a WorktreeEntry> {
    entries.iter().find(|entry| worktrees::same_path(&entry.path, path))
}

fn request(
    cx: &Context,
    args: &AdoptArgs,
    (entries, entry): (&[WorktreeEntry], &WorktreeEntry),
    name: Option<TaskName>,
) -> Result<Request, Error> {
    let entry = entry.clone();
    let Head::Branch { name: branch, tip } = &entry.head else {
        return Err(Error::adopt_refusals(&[Refusal::NotAWorktree(entry.path)]));
    };
    let (base, at) = match &args.base {
        Some(revision) => {
            let base = base::resolve(cx, Some(revision))?;
            (base.branch, Some(base.start_point))
        }
        None => {
            let guessed = guess(cx, entries, (branch, *tip))?;
            let at = guessed.as_ref().map(|base| cx.repo.branch_tip(base)).transpose()?.flatten();
            (guessed, at)
        }
    };
    if base.as_ref() == Some(branch) {
        let refused = Error::refused(format!("`{branch}` cannot be its own base"));
        return Err(refused.hint("name another with --base"));
    }
    let left = at.map(|at| history::merge_base(&cx.repo, *tip, at)).transpose()?.flatten();
    let start_point = left.unwrap_or(*tip);
    Ok(Request { name, base, start_point, port: None, entry })
}

/// Guesses the branch that a branch left: the one that its upstream is set to, where that is another local branch; else
/// the nearest.
fn guess(
    cx: &Context,
    entries: &[WorktreeEntry],
    (branch, tip): (&BranchName, CommitId),
) -> Result<Option<BranchName>, Error> {
    if let Some(upstream) = history::upstream_branch(&cx.repo, branch)?
        && upstream != *branch
        && cx.repo.branch_tip(&upstream)?.is_some()
    {
        return Ok(Some(upstream));
    }
    let main = entries.iter().find(|entry| entry.admin.is_none()).and_then(|entry| entry.head.branch());
    let main = main.filter(|main| *main != branch).cloned();
    let mut others = cx.repo.branches()?;
    others.retain(|(name, _)| name != branch.as_str());
    if others.len() > BRANCHES {
        others.retain(|(name, _)| main.as_ref().is_some_and(|main| main.as_str() == name));
    }
    let mut candidates = Vec::new();
    for (name, other) in others {
        let Ok(name) = name.parse::<BranchName>() else { continue };
        if history::merge_base(&cx.repo, tip, other)?.is_none() {
            continue;
        }
        let (ahead, behind) = history::ahead_behind(&cx.repo, tip, other)?;
        candidates.push(Candidate { branch: name, ahead, behind });
    }
    Ok(guess_base(&candidates, main.as_ref()))
}

fn report(
    cx: &Context,
    entries: &[WorktreeEntry],
    records: &[TaskRecord],
    guessed: bool,
) -> Result<Status, Error> {
    let lacks = match records {
        [only] => provision::lacking(&cx.repo, only)?,
        _ => Vec::new(),
    };
    if cx.globals.json {
        cx.ui.json(&json::start("adopt", &StartView { tasks: records, lacks: &lacks, set_up: &[] }));
        return Ok(OK);
    }
    cx.ui.out(&show::tasks_adopted(records, &cx.look()));
    for record in records {
        let entry = entries.iter().find(|entry| entry.path == record.worktree);
        if let Some(reason) = entry.and_then(|entry| entry.locked.as_ref()) {
            let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            cx.ui.note(&format!(
                "{} is locked{why}; until it is unlocked, clean keeps it: git worktree unlock {}",
                record.name,
                shell_words::quote(&Context::full_path(&record.worktree))
            ));
        }
    }
    if let Some(lacks) = provision::describe_lacking(&cx.repo, &lacks) {
        cx.ui.note(&lacks);
    }
    if guessed {
        cx.ui.hint("the base is guessed; another base: windrow undo, then windrow adopt PATH --base REF");
    }
    Ok(OK)
}
