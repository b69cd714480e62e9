//! Settling: from what an ended attempt left to its outcome, once, by whoever comes first.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Draft, OperationError, Shop};
use crate::domain::action::Action;
use crate::domain::attempt::{ATTEMPT_FORMAT, AttemptFiles, Exit, ExitRecord, Launch, Settled};
use crate::domain::evidence::{Evidence, Leftovers};
use crate::domain::name::RunId;
use crate::domain::oid::CommitId;
use crate::domain::outcome::Outcome;
use crate::domain::place::Head;
use crate::domain::status::Dirt;
use crate::domain::task::TaskRecord;
use crate::domain::transcript::{Transcript, Usage};
use crate::git::preflight::Needs;
use crate::git::write::leftovers::{self, LeftoverResult};
use crate::git::write::lock;
use crate::git::{history, status, surface, worktrees};
use crate::store::runs::AttemptRecord;

/// How long hooks and signing may take together.
const LIMIT: Duration = Duration::from_secs(60);

/// An ended attempt of a task, with the agent's last lines.
pub struct Request<'a> {
    /// The attempt's files.
    pub files: &'a AttemptFiles,
    /// The attempt.
    pub attempt: AttemptRecord,
    /// The task's record.
    pub task: &'a TaskRecord,
    /// What the agent told of itself.
    pub transcript: Transcript,
    /// Processes that use the worktree of a lost attempt and are not known to be its.
    pub survivors: Vec<u32>,
}

/// How many of an agent's last lines are kept with its outcome.
pub(super) const LAST_WORDS: usize = 5;

/// Gives what was counted before in a session that this attempt continues.
pub(super) fn counted_before(shop: &Shop<'_>, attempt: &AttemptRecord) -> Option<Usage> {
    let session = attempt.launch.session.as_ref().filter(|_| attempt.launch.resumed)?;
    let attempts = shop.store.attempts().ok()?;
    let earlier = attempts.into_iter().rev().filter(|other| other.key != attempt.key);
    earlier
        .filter_map(|other| other.settled)
        .find(|settled| settled.session.as_ref() == Some(session))
        .map(|s| s.counted)
}

/// Settles an attempt whose supervisor has ended, under its settle lock. Gives what is recorded already if it was
/// settled before.
///
/// Only what would otherwise be [`Outcome::Done`] has its leftovers committed, by git itself, so that hooks, signing
/// and filters run as the user's own commit would run them; no operation is open meanwhile.
pub fn settle(shop: &Shop<'_>, request: &Request<'_>) -> Result<Settled, OperationError> {
    let _lock = shop.store.settle_lock(request.files)?;
    if let Some(settled) = shop.store.attempt(request.attempt.key.clone()).and_then(|attempt| attempt.settled)
    {
        return Ok(settled);
    }
    let (exit, place) = (request.attempt.exit.clone(), request.task.place());
    let tampered = tampered(shop, request);
    let (outcome, mut evidence, commits, head) = if worktrees::is_there(&place.path) {
        judge(shop, request, exit.clone(), tampered.keys().cloned().collect())?
    } else {
        gone(shop, request, exit.clone())?
    };
    if !request.survivors.is_empty() {
        let pids: Vec<String> = request.survivors.iter().map(u32::to_string).collect();
        evidence.push(format!("processes are still in its worktree: {}", pids.join(" ")));
    }
    let fingerprint = if worktrees::is_there(&place.path) {
        let plain = Needs::default();
        let needs = if tampered.is_empty() { shop.needs } else { &plain };
        status::fingerprint(&place, needs, shop.repo.place())?
    } else {
        String::new()
    };
    // A check that failed has the last word: what the agent claims is not the matter then.
    let checked = exit.as_ref().is_some_and(|exit| exit.check.is_some_and(|check| check != Exit::Code(0)));
    let last_words = match checked && !request.transcript.plain.is_empty() {
        true => request.transcript.plain.clone(),
        false => request.transcript.last_words(LAST_WORDS),
    };
    let settled = Settled {
        format: ATTEMPT_FORMAT,
        outcome,
        evidence,
        commits,
        head,
        fingerprint,
        last_words,
        tampered,
        session: request.transcript.session.clone().or_else(|| request.attempt.launch.session.clone()),
        counted: request.transcript.raw_usage(),
        used: request
            .transcript
            .raw_usage()
            .since(counted_before(shop, &request.attempt), request.transcript.account),
        elapsed_ms: exit.map(|exit| exit.elapsed_ms),
        time: shop.clock.now(),
    };
    // Before the outcome, which is what makes it settled: nobody comes back to what is.
    if worktrees::is_there(&place.admin) {
        lock::unlock(&place)?;
    }
    shop.store.write_outcome(request.files, &settled)?;
    Ok(settled)
}

type Judgement = (Outcome, Vec<String>, u32, Option<CommitId>);

/// Finds out what of the executable surface changed since the attempt was made ready.
fn tampered(shop: &Shop<'_>, request: &Request<'_>) -> BTreeMap<String, String> {
    let Some(before) = shop.store.surface(request.files) else { return BTreeMap::new() };
    let now = surface::surface(shop.repo.place(), &request.task.place());
    let names = surface::differences(&before, &now).into_iter();
    names.map(|name| (name.clone(), now.get(&name).cloned().unwrap_or_default())).collect()
}

/// Judges an attempt whose worktree is not there: what it committed counts, and who ended it; no success is left to it.
fn gone(
    shop: &Shop<'_>,
    request: &Request<'_>,
    exit: Option<ExitRecord>,
) -> Result<Judgement, OperationError> {
    let head = shop.repo.branch_tip(&request.task.branch)?;
    let commits = commits(shop, &request.attempt.launch, head)?;
    let evidence = Evidence {
        exit,
        commits,
        dirt: Dirt::default(),
        head_elsewhere: None,
        allow_empty: false,
        transcript: request.transcript.clone(),
        tampered: Vec::new(),
    };
    let (outcome, mut lines) = evidence.decide(&Leftovers::None);
    lines.insert(0, "its worktree is not there".to_owned());
    let was_ended = matches!(
        outcome,
        Outcome::Stopped | Outcome::TimedOut | Outcome::Lost | Outcome::OverBudget | Outcome::RateLimited
    );
    Ok((if was_ended { outcome } else { Outcome::Failed }, lines, commits, head))
}

fn judge(
    shop: &Shop<'_>,
    request: &Request<'_>,
    exit: Option<ExitRecord>,
    tampered: Vec<String>,
) -> Result<Judgement, OperationError> {
    let (launch, task, place) = (&request.attempt.launch, request.task, request.task.place());
    let tip = shop.repo.branch_tip(&task.branch)?;
    let head_elsewhere = elsewhere(&status::head(shop.repo, &place)?, task);
    // Where git was tampered with, nothing that runs it is used any more.
    let plain = Needs::default();
    let needs = if tampered.is_empty() { shop.needs } else { &plain };
    let dirt = status::dirt(&place, needs, shop.repo.place())?;
    let gained = |to: Option<CommitId>| commits(shop, launch, to);
    let evidence = Evidence {
        exit,
        commits: gained(tip)?,
        dirt,
        head_elsewhere,
        allow_empty: launch.allow_empty,
        transcript: request.transcript.clone(),
        tampered,
    };
    let left = if evidence.judge() == Outcome::Done {
        commit_leftovers(shop, request, dirt, tip)?
    } else {
        Leftovers::None
    };
    let head = shop.repo.branch_tip(&task.branch)?;
    let (outcome, lines) = evidence.decide(&left);
    Ok((outcome, lines, gained(head)?, head))
}

fn elsewhere(head: &Head, task: &TaskRecord) -> Option<String> {
    match head {
        Head::Branch { name, .. } if *name == task.branch => None,
        Head::Branch { name, .. } => Some(format!("branch {name}")),
        Head::Detached(commit) => Some(format!("commit {}", commit.short())),
        Head::Unborn(name) => Some(format!("branch {name}, which has no commit")),
        Head::Broken(why) => Some(format!("nothing that can be read ({why})")),
    }
}

fn commits(shop: &Shop<'_>, launch: &Launch, to: Option<CommitId>) -> Result<u32, OperationError> {
    match to {
        Some(to) if to != launch.origin() => Ok(history::commits_count(shop.repo, launch.origin(), to)?),
        _ => Ok(0),
    }
}

/// The task's own prompt says best what the change is; that we committed it stands below.
fn leftovers_message(task: &TaskRecord, title: &str, run: &RunId) -> String {
    let title = if title.is_empty() { "what the agent left uncommitted" } else { title };
    format!(
        "{}: {title}\n\nLeft uncommitted by the agent, committed by windrow.\n\nWindrow-Task: {}\nWindrow-Run: {run}\n",
        task.name, task.name
    )
}

fn commit_leftovers(
    shop: &Shop<'_>,
    request: &Request<'_>,
    dirt: Dirt,
    tip: Option<CommitId>,
) -> Result<Leftovers, OperationError> {
    if dirt.is_clean() {
        return Ok(Leftovers::None);
    }
    let (task, run) = (request.task, &request.attempt.key.run);
    let message = leftovers_message(task, &request.attempt.launch.title, run);
    let place = task.place();
    let left = leftovers::Leftovers { tree: &place, branch: &task.branch, message: &message, limit: LIMIT };
    match leftovers::commit(shop.repo, &left)? {
        LeftoverResult::Nothing => Ok(Leftovers::None),
        LeftoverResult::Refused(why) => Ok(Leftovers::Refused(why)),
        LeftoverResult::Committed(new) => {
            if let Some(old) = tip {
                let moved = Action::MoveRef {
                    name: task.branch.ref_name(),
                    old,
                    new,
                    checked_out_at: Some(place.path),
                };
                shop.record(Draft {
                    command: "run".to_owned(),
                    tasks: vec![task.name.clone()],
                    summary: format!("committed what the agent of {} left", task.name),
                    group: Some(run.clone()),
                    actions: vec![moved],
                    ..Draft::default()
                })?;
            }
            Ok(Leftovers::Committed)
        }
    }
}
