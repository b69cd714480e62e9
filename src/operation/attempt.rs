//! Letting an agent into a worktree: the way back is recorded before the first of its processes exists.

use std::collections::BTreeMap;

use super::{Draft, OperationError, Shop};
use crate::domain::action::Action;
use crate::domain::attempt::{ATTEMPT_FORMAT, AttemptFiles, AttemptKey, Launch};
use crate::domain::name::RunId;
use crate::domain::oid::CommitId;
use crate::domain::plan::{Call, DEFAULT_GRACE_MS, PlannedTask, PromptChannel};
use crate::domain::task::TaskRecord;
use crate::git::GitError;
use crate::git::merge::ObjectStore;
use crate::git::surface::surface;
use crate::git::write::{lock, snapshot, uncommit};

/// What an attempt is made of.
pub struct Request<'a> {
    /// The run.
    pub run: &'a RunId,
    /// The task's record.
    pub task: &'a TaskRecord,
    /// What the plan says of it.
    pub planned: &'a PlannedTask,
    /// The environment that the agent inherits from us, already scrubbed.
    pub env: &'a BTreeMap<String, String>,
    /// How its agent is called.
    pub call: &'a Call,
    /// Whether that continues a session.
    pub resumed: bool,
    /// Whether the worktree may hold changes: it was not made for this attempt.
    pub used: bool,
}

/// Makes an attempt ready to be launched: its directory, the way back in the journal, git's `locked` file, the prompt
/// and `launch.json`.
pub fn prepare(shop: &Shop<'_>, request: &Request<'_>) -> Result<(AttemptKey, AttemptFiles), OperationError> {
    let task = request.task;
    let head = shop.repo.branch_tip(&task.branch)?.ok_or_else(|| GitError::RefMoved {
        name: task.branch.ref_name(),
        expected: Some(task.start_point),
        found: None,
    })?;
    let (key, files) = shop.store.create_attempt(request.run, &task.id)?;
    let (snapshot, staged) = if request.used { take_snapshot(shop, task, head)? } else { (None, None) };
    let kept = key.snapshot_ref();
    let keep = |name: String, at: Option<CommitId>| at.map(|at| Action::CreateRef { name, at });
    let keep = [keep(kept.clone(), snapshot), keep(format!("{kept}-staged"), staged)];
    let attempt = Action::Attempt {
        task: task.id.clone(),
        place: task.place(),
        branch: task.branch.clone(),
        head,
        snapshot,
        staged,
    };
    let claim = shop.claim()?;
    let draft = Draft {
        command: "run".to_owned(),
        tasks: vec![task.name.clone()],
        summary: format!("ran an agent on {}", task.name),
        group: Some(request.run.clone()),
        actions: keep.into_iter().flatten().chain([attempt]).collect(),
        ..Draft::default()
    };
    shop.perform(claim, draft, None)?;
    lock::lock(&task.place(), &format!("windrow {}", task.name))?;
    let first = AttemptKey { number: 1, ..key.clone() };
    let since = shop.store.attempt(first).map(|first| first.launch.head);
    let since = request.planned.follows.as_ref().map(|follows| follows.origin).or(since);
    let launch = Launch {
        since: since.filter(|since| *since != head),
        ..launch(request, &key, &files, head, shop.clock.now())
    };
    shop.store.write_surface(&files, &surface(shop.repo.place(), &task.place()))?;
    shop.store.write_launch(&files, &request.call.prompt, &launch)?;
    Ok((key, files))
}

/// Forgets an attempt that will not be launched, so that nobody takes it for one that was lost.
pub fn withdraw(shop: &Shop<'_>, task: &TaskRecord, files: &AttemptFiles) -> Result<(), OperationError> {
    shop.store.withdraw_launch(files)?;
    lock::unlock(&task.place())?;
    Ok(())
}

/// Gives the worktree as it is, and what is staged in it, as commits.
fn take_snapshot(
    shop: &Shop<'_>,
    task: &TaskRecord,
    head: CommitId,
) -> Result<(Option<CommitId>, Option<CommitId>), OperationError> {
    let (place, scratch, store) = (task.place(), shop.store.layout().scratch(), ObjectStore::Repository);
    let files = snapshot::take(shop.repo, &place, head, &scratch, store)?;
    let staged = uncommit::staged_commit(shop.repo, &place, head, &scratch, store)?;
    Ok((files, staged))
}

fn launch(
    request: &Request<'_>,
    key: &AttemptKey,
    files: &AttemptFiles,
    head: CommitId,
    now: jiff::Timestamp,
) -> Launch {
    let (task, planned) = (request.task, request.planned);
    let (channel, agent_env) = match &planned.agent {
        Some(agent) => (agent.prompt, agent.env.clone()),
        None => (PromptChannel::Stdin, BTreeMap::new()),
    };
    let mut env = request.env.clone();
    env.extend(agent_env);
    env.extend(planned.env.clone());
    env.extend(task.variables());
    let own = [
        ("WINDROW_RUN", request.run.to_string()),
        ("WINDROW_ATTEMPT", key.to_string()),
        ("WINDROW_PROMPT_FILE", files.prompt().to_string_lossy().into_owned()),
    ];
    env.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Launch {
        format: ATTEMPT_FORMAT,
        key: key.clone(),
        task: task.name.clone(),
        argv: request.call.argv.clone(),
        check: planned.check.as_ref().map(|line| ["sh", "-c", line, "windrow"].map(str::to_owned).to_vec()),
        cwd: task.worktree.clone(),
        env,
        stdin: (channel == PromptChannel::Stdin).then(|| files.prompt()),
        log: files.log(),
        timeout_ms: planned.timeout_ms,
        silence_ms: planned.silence_ms,
        limits: planned.limits,
        grace_ms: DEFAULT_GRACE_MS,
        created: now,
        title: planned.title.clone(),
        agent: planned.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default(),
        head,
        since: None,
        reading: None,
        definition: planned.definition(),
        allow_empty: planned.allow_empty,
        output: planned.agent.as_ref().map(|agent| agent.output).unwrap_or_default(),
        caller: planned.agent.clone(),
        session: request.call.session.clone(),
        resumed: request.resumed,
    }
}
