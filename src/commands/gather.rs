//! What commands gather before they decide: tasks, attempts, history.

use crate::agent;
use crate::domain::attempt::{Reading, Settled};
use crate::domain::evidence::Evidence;
use crate::domain::name::TaskId;
use crate::domain::operation::History;
use crate::domain::outcome::Outcome;
use crate::domain::place::WorktreeEntry;
use crate::domain::plan::OutputKind;
use crate::domain::status::{Dirt, TaskState};
use crate::domain::task::{TaskRecord, select};
use crate::domain::transcript::Transcript;
use crate::error::Error;
use crate::git::worktrees;
use crate::operation::undo::Settlement;
use crate::operation::{Shop, read, scratch, settle};
use crate::process;
use crate::store::runs::AttemptRecord;

use super::Context;

/// How many of an agent's last lines are kept with its outcome.
const LAST_WORDS: usize = 5;

/// Everything of ours about a repository.
pub struct World {
    /// All tasks, oldest first.
    pub tasks: Vec<TaskRecord>,
    /// All attempts of runs that are not undone, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// The journal.
    pub history: History,
}

impl World {
    /// Reads it. Files that cannot be read are said and left out.
    pub fn read(cx: &Context) -> Result<Self, Error> {
        let tasks = cx.store.tasks()?;
        let (journal, damaged) = cx.store.journal()?;
        tasks.problems.iter().chain(&damaged).for_each(|problem| cx.ui.warn(problem));
        let history = History::new(journal);
        let mut records = tasks.records;
        records.extend(rebuilt(cx, &records, &tasks.newer, &history)?);
        follow_moves(cx, &mut records)?;
        records.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let mut attempts = cx.store.attempts()?;
        attempts.retain(|attempt| !history.is_run_undone(&attempt.key.run));
        Ok(Self { tasks: records, attempts, history })
    }

    /// Gives the last attempt of a task that has a branch.
    pub fn last_attempt(&self, task: &TaskId) -> Option<&AttemptRecord> {
        let of_task =
            |attempt: &&AttemptRecord| &attempt.key.task == task && attempt.launch.reading.is_none();
        self.attempts.iter().rev().find(of_task)
    }

    /// Gives the last attempt of a read task.
    pub fn last_reading(&self, task: &TaskId) -> Option<&AttemptRecord> {
        let of_task =
            |attempt: &&AttemptRecord| &attempt.key.task == task && attempt.launch.reading.is_some();
        self.attempts.iter().rev().find(of_task)
    }

    /// Gives the attempts of read tasks that are not settled, oldest first.
    pub fn open_readings(&self) -> impl Iterator<Item = &AttemptRecord> {
        let open = |attempt: &&AttemptRecord| attempt.launch.reading.is_some() && attempt.settled.is_none();
        self.attempts.iter().filter(open)
    }

    /// Gives the task whose worktree one stands in.
    pub fn here(&self, cx: &Context) -> Option<&TaskRecord> {
        let worktree = cx.repo.place().worktree.as_deref()?;
        self.tasks.iter().find(|task| task.worktree == worktree)
    }

    /// Finds the task that an argument names.
    pub fn select(&self, cx: &Context, argument: &str) -> Result<&TaskRecord, Error> {
        let here = self.here(cx).map(|task| task.id.clone());
        select(&self.tasks, here.as_ref(), argument).map_err(|error| {
            let read = self.attempts.iter().rev().find(|attempt| attempt.launch.task.as_str() == argument);
            match read.filter(|attempt| attempt.launch.reading.is_some()) {
                Some(_) => {
                    Error::refused(format!("`{argument}` is a read task: it has no branch and no worktree"))
                        .hint(format!("windrow logs {}", shell_words::quote(argument)))
                }
                None => error.into(),
            }
        })
    }

    /// Finds the tasks that arguments name, each once, in the order given.
    pub fn select_all(&self, cx: &Context, arguments: &[String]) -> Result<Vec<&TaskRecord>, Error> {
        let mut found: Vec<&TaskRecord> = Vec::new();
        for argument in arguments {
            let task = self.select(cx, argument)?;
            if found.iter().all(|known| known.id != task.id) {
                found.push(task);
            }
        }
        Ok(found)
    }

    /// Gives what a task is doing.
    pub fn state(&self, cx: &Context, task: &TaskId) -> TaskState {
        self.last_attempt(task).map_or(TaskState::Idle, |attempt| state_of(cx, attempt))
    }

    /// Gives the tasks whose last attempt ended and was judged by nobody: its run has no living dispatcher.
    pub fn pending(&self, cx: &Context) -> Vec<&TaskRecord> {
        let is_pending = |attempt: &AttemptRecord| {
            attempt.settled.is_none()
                && !process::is_alive(&attempt.files)
                && !cx.store.is_run_alive(&attempt.key.run)
        };
        self.tasks.iter().filter(|task| self.last_attempt(&task.id).is_some_and(is_pending)).collect()
    }

    /// Gives, for undo, what each task was like when it was last settled.
    pub fn settlements(&self) -> Vec<Settlement> {
        let last = |task: &TaskRecord| self.last_attempt(&task.id);
        let settlement = |task: &TaskRecord| {
            let attempt = last(task)?;
            let left = attempt.settled.as_ref().map(|settled| (settled.head, settled.fingerprint.clone()));
            Some(Settlement { task: task.id.clone(), alive: process::is_alive(&attempt.files), left })
        };
        self.tasks.iter().filter_map(settlement).collect()
    }
}

/// Makes the records anew of tasks whose worktrees stand and whose files are lost or damaged, from the journal. A verb
/// that changes something writes them again.
fn rebuilt(
    cx: &Context,
    known: &[TaskRecord],
    newer: &[TaskId],
    history: &History,
) -> Result<Vec<TaskRecord>, Error> {
    let is_unknown = |record: &&TaskRecord| {
        let is_known = newer.contains(&record.id) || known.iter().any(|task| task.id == record.id);
        !is_known && worktrees::is_there(&record.admin.join("gitdir"))
    };
    let unknown = history.task_records().into_values().filter(is_unknown).cloned();
    // One that was started since the files were listed is not lost.
    let (started, lost): (Vec<_>, Vec<_>) =
        unknown.partition(|record| matches!(cx.store.task(&record.id), Ok(Some(_))));
    if !lost.is_empty() && cx.may_write() {
        cx.shop()?.rewrite_records(&lost)?;
    }
    for record in &lost {
        let how = if cx.may_write() { "was made anew" } else { "is taken" };
        cx.ui.warn(&format!("the record of task {} is lost; it {how} from the journal", record.name));
    }
    Ok([started, lost].concat())
}

/// Corrects the records of tasks whose worktree (`git worktree move`) or repository was moved: what git has registered
/// under the task's name counts, where it and the worktree name each other.
fn follow_moves(cx: &Context, records: &mut [TaskRecord]) -> Result<(), Error> {
    let of_here = cx.repo.place().common_dir.join("worktrees");
    let admin_now = |record: &TaskRecord| Some(of_here.join(record.admin.file_name()?));
    let seems_moved =
        |record: &TaskRecord| !record.admin.starts_with(&of_here) || !worktrees::is_taken(&record.worktree);
    if !records.iter().any(seems_moved) {
        return Ok(());
    }
    let entries = worktrees::list(&cx.repo)?;
    let mut moved = Vec::new();
    for record in records.iter_mut().filter(|record| seems_moved(record)) {
        let Some(admin) = admin_now(record) else { continue };
        let whole = |entry: &&WorktreeEntry| {
            entry.admin.as_ref() == Some(&admin) && !entry.missing && entry.broken.is_none()
        };
        let Some(entry) = entries.iter().find(whole) else { continue };
        if entry.path != record.worktree {
            cx.ui.note(&format!(
                "the worktree of {} was moved to {}",
                record.name,
                cx.show_path(&entry.path)
            ));
        }
        (record.worktree, record.admin) = (entry.path.clone(), admin);
        moved.push(record.clone());
    }
    if !moved.is_empty() && cx.may_write() {
        cx.shop()?.rewrite_records(&moved)?;
    }
    Ok(())
}

/// Gives what an attempt is doing, or what it came to; one that ended and is not settled yet is judged by its exit.
pub fn state_of(cx: &Context, attempt: &AttemptRecord) -> TaskState {
    if let Some(settled) = &attempt.settled {
        return TaskState::Ended(settled.outcome);
    }
    if process::is_alive(&attempt.files) {
        return if process::is_stopping(&attempt.files) { TaskState::Stopping } else { TaskState::Running };
    }
    let exit = attempt.exit_now();
    if exit.is_none() && cx.store.is_run_alive(&attempt.key.run) {
        return TaskState::Starting;
    }
    let dirt = Dirt { unstaged: 1, ..Dirt::default() };
    let evidence = Evidence {
        exit,
        commits: 0,
        dirt,
        head_elsewhere: None,
        allow_empty: true,
        transcript: transcript(attempt),
        tampered: Vec::new(),
    };
    TaskState::Ended(evidence.judge())
}

/// Reads what an agent told of itself from its log, of whatever size.
pub fn transcript(attempt: &AttemptRecord) -> Transcript {
    let (kind, log) = (attempt.launch.output, attempt.files.log());
    let mut transcript = Transcript {
        account: agent::account(kind),
        has_final_event: agent::has_final_event(kind),
        ..Transcript::default()
    };
    if kind == OutputKind::Text {
        transcript.plain = process::read_tail(&log, LAST_WORDS, 64 * 1024);
        return transcript;
    }
    // A log that cannot be read to its end tells as much as could be read.
    drop(process::each_line(&log, &mut |line| {
        agent::events(kind, line).into_iter().for_each(|event| transcript.take(event));
    }));
    transcript
}

/// Settles one attempt whose supervisor has ended. Processes of one that was lost are ended first.
pub fn settle_attempt(shop: &Shop<'_>, task: &TaskRecord, attempt: AttemptRecord) -> Result<Settled, Error> {
    let attempt = AttemptRecord { exit: attempt.exit_now(), ..attempt };
    let mut survivors = Vec::new();
    if attempt.exit.is_none() {
        process::sweep(&attempt.key.to_string(), &attempt.files.log());
        // One that did away with everything it could be known by may be its work, or somebody's shell.
        survivors = process::using(&[&task.worktree]).concat();
    }
    let files = attempt.files.clone();
    let transcript = transcript(&attempt);
    let request = settle::Request { files: &files, attempt, task, transcript, survivors };
    Ok(settle::settle(shop, &request)?)
}

/// The same for an attempt of a read task. The second value says why its scratch worktree is still there, if it is.
pub fn settle_reading(
    shop: &Shop<'_>,
    attempt: &AttemptRecord,
    reading: &Reading,
) -> Result<(Settled, Option<String>), Error> {
    let attempt = AttemptRecord { exit: attempt.exit_now(), ..attempt.clone() };
    if attempt.exit.is_none() {
        process::sweep(&attempt.key.to_string(), &attempt.files.log());
    }
    Ok(read::settle(shop, &attempt, reading, transcript(&attempt))?)
}

/// Settles the attempts of read tasks whose run is gone, and removes the scratch worktrees that dead runs left.
fn settle_readings(cx: &Context, shop: &Shop<'_>, world: &World) -> Result<(), Error> {
    for attempt in world.open_readings() {
        let Some(reading) = &attempt.launch.reading else { continue };
        if process::is_alive(&attempt.files) || cx.store.is_run_alive(&attempt.key.run) {
            continue;
        }
        let (settled, left) = settle_reading(shop, attempt, reading)?;
        let (task, outcome) = (&attempt.launch.task, settled.outcome);
        cx.ui.note(&format!("{task}: {outcome} ({})", settled.evidence.join(", ")));
        left.iter().for_each(|left| cx.ui.warn(&format!("{task}: its scratch worktree stays: {left}")));
    }
    let attempts = cx.store.attempts()?;
    for scratch in scratch::list(shop, &world.history)? {
        let Some(run) = &scratch.run else {
            // A gate was tested there; as long as somebody lands, it may be.
            if let Some(_right) = shop.landing_if_free()? {
                scratch::discard(shop, shop.claim()?, "merge", &scratch)?;
            }
            continue;
        };
        let works = |attempt: &AttemptRecord| {
            attempt.launch.cwd == scratch.place.path && process::is_alive(&attempt.files)
        };
        if cx.store.is_run_alive(run) || attempts.iter().any(works) {
            continue;
        }
        // What is not known to be whole must not keep every other command from its work.
        let removed = shop.claim().and_then(|claim| scratch::remove(shop, claim, "run", &scratch));
        if let Err(error) = removed {
            let place = cx.show_path(&scratch.place.path);
            cx.ui.warn(&format!("the scratch worktree {place} of run {run} cannot be removed: {error}"));
        }
    }
    Ok(())
}

/// Settles every attempt that ended while nobody was there to do it, and says so. An attempt whose run has a living
/// dispatcher is the dispatcher's.
pub fn settle_pending(cx: &Context, shop: &Shop<'_>) -> Result<(), Error> {
    let world = World::read(cx)?;
    settle_readings(cx, shop, &world)?;
    for task in world.pending(cx) {
        let Some(attempt) = world.last_attempt(&task.id) else { continue };
        let settled = settle_attempt(shop, task, attempt.clone())?;
        cx.ui.note(&format!("{}: {} ({})", task.name, settled.outcome, settled.evidence.join(", ")));
    }
    Ok(())
}

/// Gives the outcome of a task's last attempt, once it is settled.
pub fn outcome_of(world: &World, task: &TaskId) -> Option<Outcome> {
    world.last_attempt(task)?.settled.as_ref().map(|settled| settled.outcome)
}

/// Gives how long an attempt has been or was going on, in milliseconds.
pub fn elapsed(cx: &Context, attempt: &AttemptRecord) -> Option<u64> {
    let ended = attempt.exit.as_ref().map(|exit| exit.elapsed_ms);
    let alive = || process::is_alive(&attempt.files);
    ended.or_else(|| {
        alive()
            .then(|| {
                u64::try_from(cx.clock.now().as_millisecond() - attempt.launch.created.as_millisecond()).ok()
            })
            .flatten()
    })
}
