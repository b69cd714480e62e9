//! What the dispatcher has done for it: worktrees made, attempts prepared, attempts settled. On worker threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::calls;
use super::collisions;
use super::decide::Decision;
use super::read;
use super::room::{self, Rooms};
use super::surroundings::Surroundings;
use crate::commands::base::Base;
use crate::commands::foresight::Eyes;
use crate::commands::gather::settle_attempt;
use crate::commands::provision::{self, Provision, Site};
use crate::commands::{Context, start};
use crate::domain::attempt::AttemptKey;
use crate::domain::clock::Clock;
use crate::domain::diff::Stat;
use crate::domain::event::TaskResult;
use crate::domain::name::{RunId, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::outcome::{Outcome, next_command};
use crate::domain::place::Place;
use crate::domain::plan::PlannedTask;
use crate::domain::reading::next_of_read;
use crate::domain::schedule::{Schedule, Skipped};
use crate::domain::start::{Request, decide as decide_start};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::preflight::Needs;
use crate::git::{Repo, diff};
use crate::operation::{Draft, Shop, attempt, land};
use crate::process::Interrupt;
use crate::runner::{Attempt, Prepared, Work as RunnerWork};
use crate::store::Store;

/// The work of one run.
pub(super) struct Work<'a> {
    place: Place,
    store: Store,
    needs: Needs,
    clock: &'a dyn Clock,
    env: &'a BTreeMap<String, String>,
    run: RunId,
    base: Base,
    again: String,
    planned: Vec<PlannedTask>,
    /// Tasks that have no record yet.
    requests: Vec<Request>,
    /// Where the last attempts of what tasks come after ended.
    tips: BTreeMap<TaskName, CommitId>,
    warnings: Mutex<Vec<String>>,
    /// Pairs that were warned of.
    collided: Mutex<BTreeSet<(TaskName, TaskName)>>,
    /// What lay around the worktrees at the last look; none where it could not be looked at.
    around: Mutex<Option<Surroundings>>,
    /// Tasks whose agents may be at work.
    at_work: Mutex<BTreeSet<TaskName>>,
    provision: Provision,
    interrupt: &'a Interrupt,
    /// The read tasks among them.
    rooms: Rooms<'a>,
}

impl<'a> Work<'a> {
    /// Takes what was decided.
    pub(super) fn new(
        cx: &'a Context,
        shop: &Shop<'_>,
        decision: &Decision,
        run: RunId,
        (base, again): (Base, String),
        (provision, interrupt): (Provision, &'a Interrupt),
    ) -> Result<Self, Error> {
        let rooms = Rooms {
            run: run.clone(),
            env: &cx.environment.env,
            tasks: decision.readings(),
            tips: decision.tips.clone(),
            made: Mutex::default(),
        };
        Ok(Self {
            place: cx.repo.place().clone(),
            store: cx.store.clone(),
            needs: shop.needs.clone(),
            clock: &*cx.clock,
            env: &cx.environment.env,
            run,
            base,
            again,
            planned: decision.tasks.clone(),
            requests: decision.requests(cx)?,
            tips: decision.tips.clone(),
            warnings: Mutex::default(),
            collided: Mutex::default(),
            around: Mutex::new(Surroundings::look(cx.repo.place(), &cx.store, shop.needs).ok()),
            at_work: Mutex::default(),
            rooms,
            provision,
            interrupt,
        })
    }

    /// Gives the sentences that came up, and forgets them.
    pub(super) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells what changed around the worktrees since the last look, with the tasks that were at work; `ended` is one of them.
    fn look_around(&self, ended: &TaskName) {
        let alive: Vec<TaskName> = {
            let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
            at_work.insert(ended.clone());
            let alive = at_work.iter().cloned().collect();
            at_work.remove(ended);
            alive
        };
        let mut around = self.around.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(now) = Surroundings::look(&self.place, &self.store, &self.needs) else { return };
        let told =
            around.as_ref().and_then(|before| now.unexplained(before, &self.store, &alive).ok().flatten());
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
        *around = Some(now);
    }

    /// Skips what comes after tasks that are neither done nor of this run.
    pub(super) fn skip_unmet(&self, schedule: &mut Schedule, unmet: &[TaskName]) -> Vec<TaskResult> {
        let skipped = unmet.iter().flat_map(|name| schedule.finish(name, Outcome::NotStarted, false));
        let named: String =
            unmet.iter().map(|name| format!(" --task {}", shell_words::quote(name.as_str()))).collect();
        let next = format!("{}{named}", self.again);
        let result = |Skipped { task, because }| {
            let evidence = format!("it comes after `{because}`, which is not done");
            TaskResult { next: next.clone(), ..self.bare(&task, Outcome::Skipped, vec![evidence]) }
        };
        skipped.map(result).collect()
    }

    fn planned(&self, task: &TaskName) -> Option<&PlannedTask> {
        self.planned.iter().find(|planned| &planned.name == task)
    }

    /// Where a task starts: at the base, or at the tips of what it comes after.
    fn start_of(&self, shop: &Shop<'_>, request: &Request) -> Result<Request, Error> {
        let mut request = request.clone();
        let mut tips = Vec::new();
        for after in &request.after {
            tips.push(read::tip_of(shop.repo, shop.store, &self.tips, after)?);
        }
        match &tips[..] {
            [] => {}
            [(branch, tip)] => {
                request.start_point = *tip;
                if let Some(branch) = branch {
                    request.base = Some(branch.clone());
                }
            }
            several => {
                let commits: Vec<CommitId> = several.iter().map(|(_, tip)| *tip).collect();
                request.start_point = land::merge_tips(shop, &request.name, &request.after, &commits)?;
                request.base.clone_from(&self.base.branch);
            }
        }
        Ok(request)
    }

    /// Makes the worktrees of those among the tasks that have none, in one operation.
    fn make(&self, shop: &Shop<'_>, tasks: &[TaskName]) -> Result<(), Error> {
        let wanted = self.requests.iter().filter(|request| tasks.contains(&request.name));
        let mut requests = Vec::new();
        for request in wanted {
            if shop.store.task(&request.name.id())?.is_none() {
                requests.push(self.start_of(shop, request)?);
            }
        }
        if requests.is_empty() {
            return Ok(());
        }
        let topology = shop.topology()?;
        let known = shop.store.tasks()?.records;
        self.provision.equip(&mut requests, &known)?;
        let facts = start::facts(shop.store, shop.repo, &known, &requests)?;
        let actions = decide_start(&requests, &facts, self.clock.now())
            .map_err(|refusals| Error::start_refusals(&refusals))?;
        let names: Vec<TaskName> = requests.iter().map(|request| request.name.clone()).collect();
        let told: Vec<&str> = names.iter().map(TaskName::as_str).collect();
        let draft = Draft {
            command: "run".into(),
            summary: format!("started {}", told.join(", ")),
            tasks: names.clone(),
            group: Some(self.run.clone()),
            actions,
            ..Draft::default()
        };
        shop.perform(shop.claim()?, draft, Some(topology))?;
        let started: Vec<TaskRecord> =
            names.iter().filter_map(|name| shop.store.task(&name.id()).ok().flatten()).collect();
        let mut warnings = start::after_creation(shop, &started);
        warnings.extend(started.iter().flat_map(provision::not_copied));
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(warnings);
        Ok(())
    }

    fn prepare_one(&self, shop: &Shop<'_>, task: &TaskName) -> Result<Prepared, Error> {
        let planned =
            self.planned(task).ok_or_else(|| Error::refused(format!("`{task}` is not in the plan")))?;
        if planned.is_read() {
            return Ok(Prepared::Ready(self.rooms.prepare(shop, task)?));
        }
        let first = AttemptKey { run: self.run.clone(), task: task.id(), number: 1 };
        let retried = shop.store.attempt(first).is_some();
        let used = retried || self.requests.iter().all(|request| &request.name != task);
        if !used {
            // Alone only where the batch could not be made: then this says why.
            self.make(shop, std::slice::from_ref(task))?;
        }
        let record = shop
            .store
            .task(&task.id())?
            .ok_or_else(|| Error::refused(format!("`{task}` was removed meanwhile")))?;
        let site = Site { store: shop.store, place: &self.place, needs: &self.needs, env: self.env };
        if let Err(failure) = self.provision.set_up(&site, &record, Some(&self.run), self.interrupt)? {
            let outcome = if failure.interrupted { Outcome::NotStarted } else { Outcome::Failed };
            return Ok(Prepared::Failed(self.bare(task, outcome, failure.lines)));
        }
        let (call, resumed) = calls::next(shop.store, &self.run, planned, self.clock.now());
        let request = attempt::Request {
            run: &self.run,
            task: &record,
            planned,
            call: &call,
            resumed,
            env: self.env,
            used,
        };
        let (key, files) = attempt::prepare(shop, &request)?;
        let agent = planned.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default();
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).insert(task.clone());
        let output = planned.agent.as_ref().map(|agent| agent.output).unwrap_or_default();
        Ok(Prepared::Ready(Attempt {
            task: task.clone(),
            key,
            files,
            agent,
            output,
            retries: planned.retries,
            limits: planned.limits,
        }))
    }

    fn failed(&self, task: &TaskName, error: &Error) -> TaskResult {
        let (commands, advice): (Vec<&String>, Vec<&String>) =
            error.hints.iter().partition(|hint| hint.starts_with("windrow ") || hint.starts_with("git "));
        let said = std::iter::once(&error.message).chain(&error.causes).chain(advice);
        let evidence = said.cloned().collect();
        let next = commands.first().map_or_else(|| self.again.clone(), ToString::to_string);
        TaskResult { next, ..self.bare(task, Outcome::Failed, evidence) }
    }

    fn bare(&self, task: &TaskName, outcome: Outcome, evidence: Vec<String>) -> TaskResult {
        TaskResult {
            task: task.clone(),
            outcome,
            success: false,
            evidence,
            attempts: 0,
            commits: 0,
            diff: None,
            elapsed_ms: None,
            log: None,
            last_words: Vec::new(),
            used: crate::domain::transcript::Usage::default(),
            next: self.next(outcome, task),
            earlier: false,
        }
    }

    fn next(&self, outcome: Outcome, task: &TaskName) -> String {
        match self.planned(task) {
            Some(planned) if planned.is_read() => next_of_read(outcome, task, &self.again),
            _ => next_command(outcome, task, &self.again),
        }
    }

    fn settle_one(&self, shop: &Shop<'_>, ended: &Attempt) -> Result<TaskResult, Error> {
        let (task, files) = (&ended.task, &ended.files);
        if self.planned(task).is_some_and(PlannedTask::is_read) {
            return self.settle_reading(shop, ended);
        }
        let gone = || Error::refused(format!("`{task}` was removed meanwhile"));
        let record = shop.store.task(&task.id())?.ok_or_else(gone)?;
        let attempt = shop.store.attempt(ended.key.clone()).ok_or_else(gone)?;
        let (number, start) = (attempt.key.number, attempt.launch.origin());
        let settled = settle_attempt(shop, &record, attempt)?;
        let diff = match settled.head {
            Some(head) if head != start => Some(stat(shop.repo, start, head)?),
            _ => None,
        };
        let mut result = TaskResult {
            success: settled.outcome == Outcome::Done,
            attempts: number,
            commits: settled.commits,
            diff,
            elapsed_ms: settled.elapsed_ms,
            log: Some(files.log()),
            last_words: settled.last_words,
            used: settled.used,
            ..self.bare(task, settled.outcome, settled.evidence)
        };
        if !settled.tampered.is_empty() {
            // No git is to run in its worktree before somebody has looked.
            result.next = format!("windrow approve {}", shell_words::quote(task.as_str()));
        }
        Ok(result)
    }

    fn settle_reading(&self, shop: &Shop<'_>, ended: &Attempt) -> Result<TaskResult, Error> {
        let (settled, left) = room::settle(shop, ended)?;
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(left);
        Ok(TaskResult {
            success: settled.outcome == Outcome::Done,
            attempts: ended.key.number,
            elapsed_ms: settled.elapsed_ms,
            log: Some(ended.files.log()),
            last_words: settled.last_words,
            used: settled.used,
            ..self.bare(&ended.task, settled.outcome, settled.evidence)
        })
    }

    fn with_shop<T>(&self, then: impl FnOnce(&Shop<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let repo = Repo::open(&self.place)?;
        then(&Shop { repo: &repo, store: &self.store, needs: &self.needs, clock: self.clock })
    }
}

fn stat(repo: &Repo, from: CommitId, to: CommitId) -> Result<Stat, Error> {
    Ok(Stat::of(&diff::tree_diff(repo, from, to)?))
}

impl RunnerWork for Work<'_> {
    fn prepare(&self, tasks: &[TaskName]) -> Vec<Prepared> {
        // Where the batch cannot be made each task is tried alone, so that one of them stops no other.
        drop(self.with_shop(|shop| self.make(shop, tasks)));
        drop(self.with_shop(|shop| self.rooms.make(shop, tasks)));
        let one = |task: &TaskName| {
            let prepared = self.with_shop(|shop| self.prepare_one(shop, task));
            prepared.unwrap_or_else(|error| Prepared::Failed(self.failed(task, &error)))
        };
        if !self.provision.has_setup() {
            return tasks.iter().map(one).collect();
        }
        // A setup may take minutes: they run side by side.
        std::thread::scope(|scope| {
            let running: Vec<_> = tasks.iter().map(|task| scope.spawn(|| one(task))).collect();
            running
                .into_iter()
                .zip(tasks)
                .map(|(thread, task)| {
                    thread.join().unwrap_or_else(|_| {
                        let evidence = vec!["preparing it panicked".to_owned()];
                        Prepared::Failed(self.bare(task, Outcome::Failed, evidence))
                    })
                })
                .collect()
        })
    }

    fn settle(&self, attempt: &Attempt) -> TaskResult {
        self.look_around(&attempt.task);
        let settled = self.with_shop(|shop| self.settle_one(shop, attempt));
        let log = attempt.files.log();
        settled.unwrap_or_else(|error| TaskResult {
            attempts: attempt.key.number,
            log: Some(log),
            ..self.failed(&attempt.task, &error)
        })
    }

    fn observe(&self, running: &[TaskName]) -> Vec<String> {
        let eyes = Eyes { place: &self.place, store: &self.store, needs: &self.needs };
        // What cannot be looked at now is looked at later.
        collisions::between(eyes, running, &self.collided).unwrap_or_default()
    }

    fn withdraw(&self, ended: &Attempt) {
        let withdrawn = self.with_shop(|shop| {
            if self.planned(&ended.task).is_some_and(PlannedTask::is_read) {
                return room::withdraw(shop, ended).map(Some);
            }
            let task = shop.store.task(&ended.task.id())?;
            Ok(task.map(|task| attempt::withdraw(shop, &task, &ended.files)).transpose()?)
        });
        // What stays is taken for an attempt that was lost, and settled by the next command.
        drop(withdrawn);
    }

    fn unstarted(&self, task: &TaskName, outcome: Outcome, evidence: Vec<String>) -> TaskResult {
        self.bare(task, outcome, evidence)
    }
}
