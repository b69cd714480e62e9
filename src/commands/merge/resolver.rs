//! `--resolver CMD`: conflicts with the target are given to a program, in the task's worktree, before anything lands. What it makes of them is
//! the task's own commit and goes through forecast and gate like any other.

use std::collections::BTreeMap;

use crate::commands::Context;
use crate::commands::gather::World;
use crate::domain::forecast::MergeForecast;
use crate::domain::merge::Strategy;
use crate::domain::name::BranchName;
use crate::domain::path::RepoPath;
use crate::domain::status::TaskStatus;
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::operation::Shop;
use crate::operation::resolve::{self, Request};
use crate::process::{self, Interrupt, Setup, SetupEnd};

/// How many lines of a program that did not solve it are shown.
const LAST_LINES: usize = 5;

/// Lets a program solve the conflicts of each task that has some with the target. One that cannot be solved is as it was before, and is turned
/// away by the landing with its conflict.
pub(super) fn run(
    cx: &Context,
    shop: &Shop<'_>,
    line: &str,
    statuses: &[TaskStatus],
    (into, strategy): (&BranchName, Strategy),
) -> Result<(), Error> {
    let mut interrupt = None;
    for status in statuses {
        let conflicts = matches!(status.survey.merge, Some(MergeForecast::Conflict(_)));
        let clean = status.survey.dirt.is_some_and(|dirt| dirt.is_clean());
        let at_work = status.state.is_live() || status.survey.distrusted;
        if !conflicts || !clean || at_work || status.task.base.as_ref() != Some(into) {
            continue;
        }
        let interrupt = match &interrupt {
            Some(interrupt) => interrupt,
            None => interrupt.insert(Interrupt::install()?),
        };
        one(cx, shop, line, &status.task, (into, strategy, interrupt))?;
        if let Some(code) = interrupt.exit_code() {
            let kind = if code == Kind::Terminated.code() { Kind::Terminated } else { Kind::Interrupted };
            return Err(Error::new(kind, "interrupted while conflicts were solved; nothing was landed"));
        }
    }
    Ok(())
}

fn one(
    cx: &Context,
    shop: &Shop<'_>,
    line: &str,
    task: &TaskRecord,
    (into, strategy, interrupt): (&BranchName, Strategy, &Interrupt),
) -> Result<(), Error> {
    let (Some(head), Some(other)) = (shop.repo.branch_tip(&task.branch)?, shop.repo.branch_tip(into)?) else {
        return Ok(());
    };
    let request = Request { task, head, into, other, strategy };
    resolve::check(shop, &request)?;
    let (_, paths) = resolve::begin(shop, &request)?;
    cx.ui.status(&format!("{}: conflicts are solved by `{line}`", task.name));
    let failed = solve(cx, shop, line, (task, into, &paths), interrupt)?;
    let world = World::read(cx)?;
    let Some(begun) = resolve::begun(shop, &world.history, task)? else { return Ok(()) };
    let failed = match failed {
        None => resolve::conclude(shop, (task, &begun), &world.history)?.map(|why| vec![why]),
        failed => failed,
    };
    match failed {
        None => cx.ui.success(&format!("{}: solved by `{line}`", task.name)),
        Some(said) => {
            resolve::abort(shop, task, &begun)?;
            cx.ui.warn(&format!("{}: not solved, and as it was before: {}", task.name, said.join(" · ")));
        }
    }
    Ok(())
}

/// Runs the program; gives what it said where the conflicts are not solved.
fn solve(
    cx: &Context,
    shop: &Shop<'_>,
    line: &str,
    (task, into, paths): (&TaskRecord, &BranchName, &[RepoPath]),
    interrupt: &Interrupt,
) -> Result<Option<Vec<String>>, Error> {
    cx.store.ensure_gate_logs()?;
    let log = cx.store.layout().gate_log(&format!("resolver-{}", task.id));
    let mut env: BTreeMap<String, String> = cx.environment.env.clone();
    env.extend(task.variables());
    env.insert("WINDROW_BASE".to_owned(), into.to_string());
    let listed: Vec<String> = paths.iter().map(ToString::to_string).collect();
    env.insert("WINDROW_CONFLICTS".to_owned(), listed.join("\n"));
    let lines = [line.to_owned()];
    let cwd = &task.worktree;
    let setup = Setup { lines: &lines, cwd, env: &env, log: &log, limit: None, alone: true };
    let said = |first: String| {
        let mut said = vec![first];
        said.extend(process::read_tail(&log, LAST_LINES, 64 * 1024));
        Some(said)
    };
    match process::run_setup(&setup, interrupt)? {
        SetupEnd::Done => {}
        SetupEnd::Failed { status, .. } => return Ok(said(status)),
        SetupEnd::Interrupted => return Ok(Some(vec!["interrupted".to_owned()])),
    }
    let left = resolve::stage_solved(shop, task, paths)?;
    let left: Vec<String> = left.iter().map(ToString::to_string).collect();
    Ok(if left.is_empty() { None } else { said(format!("still in conflict: {}", left.join(", "))) })
}
