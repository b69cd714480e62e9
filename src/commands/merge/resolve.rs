//! `merge NAME --resolve`, `--continue`, `--abort`: conflicts solved by hand in the task's worktree.

use super::{MergeArgs, flag, land, target};
use crate::commands::gather::World;
use crate::commands::{Context, OK, Status, pick, status};
use crate::domain::action::Action;
use crate::domain::forecast::{Conflict, Merged, count_files, files_conflict, kinds};
use crate::domain::merge::{Progress, Rejection, Strategy, decide};
use crate::domain::name::{BranchName, OperationId};
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::Head;
use crate::domain::status::{Dirt, TaskStatus};
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::git::merge::ObjectStore;
use crate::git::{self, history};
use crate::operation::Shop;
use crate::operation::resolve::{self, Begun, Request};
use crate::ui::show::Tense;
use crate::ui::view::MergeView;
use crate::ui::{json, show};

/// Runs one of the three.
pub(super) fn run(cx: &Context, shop: &Shop<'_>, world: &World, args: &MergeArgs) -> Result<Status, Error> {
    if args.names.len() > 1 {
        return Err(
            Error::usage("conflicts are solved in one task at a time").hint("windrow merge NAME --resolve")
        );
    }
    let task = pick::one(cx, world, args.names.first().map(String::as_str), "merge")?;
    if args.resolve {
        let into = target(args.into.as_deref(), world, std::slice::from_ref(task))?;
        let statuses = status::statuses_afresh(cx, world, std::slice::from_ref(task), true)?;
        if let Some(begun) = resolve::begun(shop, &world.history, task)?
            && matches!(begun.progress, Progress::Open(_))
        {
            return Err(ways_on(
                Error::refused(format!(
                    "a merge of {} into `{}` is in progress already",
                    begun.into, task.branch
                )),
                task,
                begun.strategy,
            ));
        }
        return start(cx, shop, &statuses[0], (&into, args.strategy()));
    }
    let Some(begun) = resolve::begun(shop, &world.history, task)? else {
        return Err(Error::refused(format!("`{}` has no merge that windrow began", task.name))
            .hint(format!("windrow merge {} --resolve", quoted(task))));
    };
    if args.go_on { go_on(cx, shop, args, (task, &begun)) } else { abort(cx, shop, task, &begun) }
}

fn quoted(task: &TaskRecord) -> std::borrow::Cow<'_, str> {
    shell_words::quote(task.name.as_str())
}

fn ways_on(error: Error, task: &TaskRecord, strategy: Strategy) -> Error {
    let name = quoted(task);
    error
        .hint(format!("windrow merge {name} --continue{}", flag(strategy)))
        .hint(format!("windrow merge {name} --abort"))
}

/// Begins a merge of the target into a task's branch.
pub(super) fn start(
    cx: &Context,
    shop: &Shop<'_>,
    status: &TaskStatus,
    (into, strategy): (&BranchName, Strategy),
) -> Result<Status, Error> {
    let task = &status.task;
    if strategy == Strategy::Rebase {
        let refused = Error::usage("a conflict is solved in a merge commit, which a rebase would leave out");
        return Err(refused.hint(format!("windrow merge {} --resolve --strategy squash", quoted(task))));
    }
    if let Some(rejection) = turned_away(cx, shop, status)? {
        let dirty = rejection.reason == "dirty";
        report(cx, into, (None, &[rejection]));
        if dirty {
            hint(cx, &format!("commit or move it first: git -C {} status", place(task)));
        }
        return Ok(Kind::Refused.code());
    }
    let (head, other) = ends(shop, status, into)?;
    if history::is_ancestor(shop.repo, head, other)? {
        cx.ui.note(&format!("nothing to land: everything of {} is in {into}", task.name));
        return finish_empty(cx, into, other);
    }
    if history::is_ancestor(shop.repo, other, head)? {
        cx.ui.note(&format!("nothing to merge: {} has everything of {into}", task.branch));
        hint(cx, &format!("windrow merge {}{}", quoted(task), flag(strategy)));
        return finish_empty(cx, into, other);
    }
    let request = Request { task, head, into, other, strategy };
    let action = resolve::check(shop, &request)?;
    let forecast = forecast(cx, shop, head, other)?;
    if cx.globals.dry_run {
        return dry_run(cx, (into, other), &action);
    }
    let (record, paths) = resolve::begin(shop, &request)?;
    if paths.is_empty() {
        return conclude_at_once(cx, shop, &request, &record.id);
    }
    let conflicts = kinds(&paths, &forecast);
    let detail = format!("{} with {into}, to be solved in {}", files_conflict(&conflicts), place(task));
    report(cx, into, (Some((&record.id, other)), &[conflict(task, conflicts, detail)]));
    hint(cx, &format!("solve them, then: git -C {} add {}", place(task), listed(&paths)));
    hint(cx, &format!("windrow merge {} --continue", quoted(task)));
    hint(cx, &format!("or give up: windrow merge {} --abort", quoted(task)));
    Ok(Kind::Conflict.code())
}

/// Says a command to go on with; a document says what there is to say itself.
fn hint(cx: &Context, command: &str) {
    if !cx.globals.json {
        cx.ui.hint(command);
    }
}

fn place(task: &TaskRecord) -> String {
    shell_words::quote(&Context::full_path(&task.worktree)).into_owned()
}

/// Names the paths in a command line, or all of them where they are many or cannot be typed.
fn listed(paths: &[RepoPath]) -> String {
    let texts: Vec<String> = paths.iter().map(ToString::to_string).collect();
    let plain = |text: &String| !text.starts_with('"');
    if texts.len() <= 5 && texts.iter().all(plain) {
        format!("-- {}", shell_words::join(texts))
    } else {
        "-A".to_owned()
    }
}

fn conflict(task: &TaskRecord, conflicts: Vec<Conflict>, detail: String) -> Rejection {
    Rejection { task: task.name.clone(), reason: "conflict", conflicts, paths: Vec::new(), detail }
}

/// Says why a merge is not to be begun in a task's worktree.
fn turned_away(cx: &Context, shop: &Shop<'_>, status: &TaskStatus) -> Result<Option<Rejection>, Error> {
    let (task, survey) = (&status.task, &status.survey);
    let attention = |detail: String| {
        let (name, reason) = (task.name.clone(), "needs-attention");
        Rejection { task: name, reason, conflicts: Vec::new(), paths: Vec::new(), detail }
    };
    if survey.missing {
        return Ok(Some(attention(format!("its worktree is not there: {}", cx.show_path(&task.worktree)))));
    }
    let dirt = survey.dirt.unwrap_or(Dirt { unstaged: 1, ..Dirt::default() });
    let paths = if dirt.is_clean() {
        Vec::new()
    } else {
        git::status::dirty_paths(&task.place(), shop.needs, shop.repo.place())?
    };
    if let Some(rejection) = decide(&task.name, status.state, dirt, paths, false) {
        return Ok(Some(rejection));
    }
    Ok(match git::status::head(shop.repo, &task.place())? {
        Head::Branch { name, .. } if name == task.branch => None,
        _ => Some(attention(format!("HEAD of its worktree is not on {}", task.branch))),
    })
}

fn ends(shop: &Shop<'_>, status: &TaskStatus, into: &BranchName) -> Result<(CommitId, CommitId), Error> {
    let task = &status.task;
    let tip = |branch: &BranchName| {
        let found = shop.repo.branch_tip(branch)?;
        found.ok_or_else(|| Error::refused(format!("there is no branch `{branch}`")).hint("git branch"))
    };
    Ok((tip(&task.branch)?, tip(into)?))
}

fn forecast(cx: &Context, shop: &Shop<'_>, head: CommitId, other: CommitId) -> Result<Vec<Conflict>, Error> {
    let objects = cx.store.layout().scratch_objects();
    Ok(match git::merge::merge(shop.repo, head, other, ObjectStore::Scratch(&objects))? {
        Merged::Conflicts(conflicts) => conflicts,
        Merged::Clean(_) => Vec::new(),
    })
}

/// Commits a merge that had no conflict.
fn conclude_at_once(
    cx: &Context,
    shop: &Shop<'_>,
    request: &Request<'_>,
    operation: &OperationId,
) -> Result<Status, Error> {
    let task = request.task;
    let world = World::read(cx)?;
    let refused = match resolve::begun(shop, &world.history, task)? {
        Some(begun) => resolve::conclude(shop, (task, &begun), &world.history)?,
        None => None,
    };
    if let Some(why) = refused {
        return Err(not_committed(task, request.strategy, &why));
    }
    report(cx, request.into, (Some((operation, request.other)), &[]));
    if !cx.globals.json {
        cx.ui.success(&format!("merged {} into {} without a conflict", request.into, task.branch));
    }
    hint(cx, &format!("windrow merge {}{}", quoted(task), flag(request.strategy)));
    Ok(OK)
}

fn not_committed(task: &TaskRecord, strategy: Strategy, why: &str) -> Error {
    let refused = Error::refused(format!("the merge in `{}` could not be committed", task.name)).cause(why);
    ways_on(refused, task, strategy)
}

fn report(
    cx: &Context,
    into: &BranchName,
    (operation, rejected): (Option<(&OperationId, CommitId)>, &[Rejection]),
) {
    if cx.globals.json {
        let tip = operation.map(|(_, tip)| tip).or_else(|| cx.repo.branch_tip(into).ok().flatten());
        let Some(tip) = tip else { return };
        let operation = operation.map(|(id, _)| id);
        let view = MergeView {
            operation,
            into,
            old: tip,
            new: tip,
            landed: &[],
            rejected,
            cleaned: &[],
            gates: &[],
            digest: None,
        };
        cx.ui.json(&json::merge(&view));
    } else if !rejected.is_empty() {
        cx.ui.out(&show::landed(&[], rejected, Tense::After, &cx.look()));
    }
}

fn finish_empty(cx: &Context, into: &BranchName, tip: CommitId) -> Result<Status, Error> {
    if cx.globals.json {
        let view = MergeView {
            operation: None,
            into,
            old: tip,
            new: tip,
            landed: &[],
            rejected: &[],
            cleaned: &[],
            gates: &[],
            digest: None,
        };
        cx.ui.json(&json::merge(&view));
    }
    Ok(OK)
}

fn dry_run(cx: &Context, (into, tip): (&BranchName, CommitId), action: &Action) -> Result<Status, Error> {
    let view = MergeView {
        operation: None,
        into,
        old: tip,
        new: tip,
        landed: &[],
        rejected: &[],
        cleaned: &[],
        gates: &[],
        digest: None,
    };
    cx.report_actions(&json::merge(&view), std::slice::from_ref(action))
}

/// Commits a merge that was begun, and lands the task.
fn go_on(
    cx: &Context,
    shop: &Shop<'_>,
    args: &MergeArgs,
    (task, begun): (&TaskRecord, &Begun<'_>),
) -> Result<Status, Error> {
    match &begun.progress {
        Progress::Open(unmerged) if !unmerged.is_empty() => {
            let conflicts = kinds(unmerged, &forecast(cx, shop, begun.head, begun.other)?);
            let what = format!("{} not solved yet in `{}`", count_files(&conflicts), task.name);
            let error = Error::conflicts(what, &conflicts);
            return Err(error
                .hint(format!("solve them, then: git -C {} add {}", place(task), listed(unmerged)))
                .hint(format!("or give up: windrow merge {} --abort", quoted(task))));
        }
        Progress::Open(_) | Progress::Committed(_) => {}
        other => return Err(not_in_progress(task, begun, other)),
    }
    let world = World::read(cx)?;
    let strategy = args.strategy.map_or(begun.strategy, Strategy::from);
    if strategy == Strategy::Rebase {
        let refused = Error::usage("a rebase would leave out the merge commit that solves the conflict");
        return Err(refused.hint(format!("windrow merge {} --continue --strategy squash", quoted(task))));
    }
    if cx.globals.dry_run {
        let moved = format!("commit the merge of {} in {}, then land {}", begun.into, place(task), task.name);
        cx.ui.note(&moved);
        return finish_empty(cx, begun.into, begun.other);
    }
    let live = world.state(cx, &task.id).is_live();
    if live {
        return Err(Error::refused(format!("the agent of `{}` is at work", task.name))
            .hint(format!("windrow logs {} -f", quoted(task))));
    }
    if let Some(why) = resolve::conclude(shop, (task, begun), &world.history)? {
        return Err(not_committed(task, strategy, &why));
    }
    let world = World::read(cx)?;
    let args = MergeArgs {
        names: args.names.clone(),
        all: false,
        into: Some(begun.into.to_string()),
        strategy: Some(strategy.into()),
        commit: false,
        clean: args.clean,
        resolve: false,
        go_on: false,
        abort: false,
        gate: args.gate.clone(),
        jobs: args.jobs,
        gate_retries: args.gate_retries,
        gate_timeout: args.gate_timeout,
        message: args.message.clone(),
        message_command: args.message_command.clone(),
        no_cache: args.no_cache,
        expect: None,
        resolver: None,
        skip: Vec::new(),
    };
    land(cx, shop, &world, &args, std::slice::from_ref(task))
}

fn not_in_progress(task: &TaskRecord, begun: &Begun<'_>, progress: &Progress) -> Error {
    let name = quoted(task);
    match progress {
        Progress::Committed(tip) => {
            Error::refused(format!("the merge of {} is committed already, as {}", begun.into, tip.short()))
                .hint(format!("land it: windrow merge {name} --continue"))
                .hint("take it back: windrow undo")
        }
        Progress::Other(why) => Error::refused(format!("the merge in `{}` cannot go on: {why}", task.name))
            .hint(format!("git -C {} status", place(task))),
        Progress::None | Progress::Open(_) => {
            Error::refused(format!("no merge is in progress in `{}`", task.name))
                .hint(format!("windrow merge {name} --resolve"))
        }
    }
}

/// Ends a merge that was begun.
fn abort(cx: &Context, shop: &Shop<'_>, task: &TaskRecord, begun: &Begun<'_>) -> Result<Status, Error> {
    if !matches!(begun.progress, Progress::Open(_)) {
        return Err(not_in_progress(task, begun, &begun.progress));
    }
    if cx.globals.dry_run {
        return dry_run(cx, (begun.into, begun.other), &resolve::abort_action(begun));
    }
    cx.consent(
        &format!("End the merge in {}? What was solved so far is kept", cx.show_path(&task.worktree)),
        None,
    )?;
    let record = resolve::abort(shop, task, begun)?;
    report(cx, begun.into, (Some((&record.id, begun.other)), &[]));
    if !cx.globals.json {
        cx.ui.success(&format!("ended the merge of {} into {}", begun.into, task.branch));
        let kept = record.actions.iter().find_map(|action| match action {
            Action::CreateRef { name, .. } => Some(name),
            _ => None,
        });
        kept.iter().for_each(|name| cx.ui.hint(&format!("what was there is kept: git show {name}")));
    }
    Ok(OK)
}
