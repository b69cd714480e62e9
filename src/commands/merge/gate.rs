//! Gates: commands that have to succeed on the merged tree before it lands.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::MergeArgs;
use crate::commands::Context;
use crate::commands::gather::World;
use crate::commands::provision::Provision;
use crate::domain::name::{BranchName, TaskName, hex};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::operation::History;
use crate::domain::task::TaskRecord;
use crate::domain::train::Verdict;
use crate::error::{Error, Kind};
use crate::operation::Shop;
use crate::operation::land::Train;
use crate::operation::scratch::{self, Scratch};
use crate::plan::parse_settings;
use crate::process::{self, Interrupt, LogTail, Setup, SetupEnd};
use crate::ui::LiveLines;

/// The repository's own settings, below its root.
const SETTINGS: &str = ".config/windrow.toml";
/// How often gates at work are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How many lines of a gate that failed are shown.
const LAST_LINES: usize = 5;

/// Finds out which gates the states of a train have to pass: the one of the flag, else for each task the one that was recorded when it
/// ran, else the one of the repository's settings at the target's tip, else the user's.
pub(super) fn chosen(
    cx: &Context,
    world: &World,
    args: &MergeArgs,
    (into, tip): (&BranchName, CommitId),
    tasks: &[TaskRecord],
) -> Result<Vec<String>, Error> {
    if let Some(gate) = &args.gate {
        return Ok([gate.clone()].into_iter().filter(|gate| !gate.trim().is_empty()).collect());
    }
    let runs = cx.store.run_records()?;
    let mut gates: Vec<String> = Vec::new();
    let mut add = |gate: String| {
        if !gates.contains(&gate) {
            gates.push(gate);
        }
    };
    let mut without = false;
    for task in tasks {
        let attempt = world.last_attempt(&task.id);
        let run = attempt.and_then(|attempt| runs.iter().find(|run| run.id == attempt.key.run));
        match run.and_then(|run| run.gate.clone()) {
            Some(gate) => add(gate),
            None => without = true,
        }
    }
    if without && let Some(gate) = of_settings(cx, into, tip)? {
        add(gate);
    }
    Ok(gates)
}

/// Gives the setup of the plan that tasks were run from last: their states need what the tasks needed.
pub(super) fn setup_of(
    cx: &Context,
    world: &World,
    tasks: &[TaskRecord],
) -> Result<Option<Vec<String>>, Error> {
    let runs = cx.store.run_records()?;
    let setup = |task: &TaskRecord| {
        let attempt = world.last_attempt(&task.id)?;
        runs.iter().find(|run| run.id == attempt.key.run)?.setup.clone()
    };
    Ok(tasks.iter().rev().find_map(setup))
}

/// Gives the gate of the repository's settings at the target's tip, which needs an approval, else the user's.
fn of_settings(cx: &Context, into: &BranchName, tip: CommitId) -> Result<Option<String>, Error> {
    let text = cx.repo.file_at(tip, Path::new(SETTINGS))?;
    if let Some(text) = text.and_then(|bytes| String::from_utf8(bytes).ok()) {
        let file = PathBuf::from(format!("{into}:{SETTINGS}"));
        let layer = parse_settings(&cx.repo.place().root().join(file), &text)
            .map_err(|problems| Error::problems(&problems))?;
        if layer.gate.is_some() {
            let command: Vec<_> =
                layer.commands.into_iter().filter(|command| command.key == "gate").collect();
            cx.require_approved(&command)?;
            return Ok(layer.gate);
        }
    }
    Ok(cx.settings.gate.clone())
}

/// A state that is to be tested.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The task that it adds; none for the target alone.
    pub(super) task: Option<TaskRecord>,
    /// The commit.
    pub(super) commit: CommitId,
    /// Its tree.
    pub(super) tree: TreeId,
}

/// Tests states, and knows what was tested.
pub(super) struct Gating<'a> {
    cx: &'a Context,
    shop: &'a Shop<'a>,
    into: BranchName,
    /// The shell lines.
    pub(super) gates: Vec<String>,
    /// How many states are tested at once.
    pub(super) jobs: usize,
    retries: u32,
    limit: Option<Duration>,
    provision: Provision,
    environment: String,
    interrupt: Interrupt,
    known: RefCell<BTreeMap<TreeId, (Verdict, Vec<String>)>>,
    passed: BTreeMap<String, jiff::Timestamp>,
    rooms: RefCell<Vec<Room>>,
    /// How many gates were run.
    pub(super) runs: Cell<u32>,
}

struct Room {
    scratch: Scratch,
    is_set_up: bool,
}

/// What came of it: the verdict, what a failure said, and how often the gates were run.
type Tested = (Verdict, Vec<String>, u32);

/// What a thread tests.
struct Job {
    state: State,
    place: crate::domain::place::WorktreePlace,
    lines: Vec<String>,
    env: BTreeMap<String, String>,
    log: PathBuf,
}

impl<'a> Gating<'a> {
    /// Prepares for it; nothing is made yet.
    pub(super) fn new(
        cx: &'a Context,
        shop: &'a Shop<'a>,
        args: &MergeArgs,
        into: &BranchName,
        (gates, setup): (Vec<String>, Option<Vec<String>>),
    ) -> Result<Self, Error> {
        let provision = Provision::new(cx, setup.as_deref());
        cx.require_approved(provision.needs_approval())?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let mut digest = Sha256::new();
        for part in provision.setup_lines().iter().map(String::as_str).chain([cx.environment.path.as_str()]) {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        Ok(Self {
            cx,
            shop,
            into: into.clone(),
            gates,
            jobs: args.jobs.unwrap_or_else(|| (cores / 2).clamp(1, 4)),
            retries: args.gate_retries,
            limit: args.gate_timeout.or(cx.settings.gate_timeout_ms.map(Duration::from_millis)),
            provision,
            environment: hex(&digest.finalize()),
            interrupt: Interrupt::install()?,
            known: RefCell::default(),
            passed: if args.no_cache { BTreeMap::new() } else { cx.store.passed_gates() },
            rooms: RefCell::default(),
            runs: Cell::new(0),
        })
    }

    fn key(&self, tree: TreeId, gate: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(format!("{tree}\0{gate}\0{}", self.environment));
        hex(&digest.finalize())
    }

    /// Gives what is known of a tree: of this landing, or that it passed before.
    pub(super) fn verdict(&self, tree: TreeId) -> Option<Verdict> {
        if let Some((verdict, _)) = self.known.borrow().get(&tree) {
            return Some(*verdict);
        }
        let all = self.gates.iter().all(|gate| self.passed.contains_key(&self.key(tree, gate)));
        all.then_some(Verdict::Passed)
    }

    /// Gives what a state that failed said: how, its last lines, and where all of it is.
    pub(super) fn said(&self, tree: TreeId) -> Vec<String> {
        self.known.borrow().get(&tree).map(|(_, said)| said.clone()).unwrap_or_default()
    }

    /// Keeps the states of a train until all is over, also from a garbage collection.
    pub(super) fn keep(&self, train: &Train) -> Result<(), Error> {
        let commits: Vec<CommitId> = train.landed.iter().map(|landing| landing.commit).collect();
        Ok(scratch::keep(self.shop, &commits)?)
    }

    /// Tests states, at once.
    pub(super) fn test(&self, states: &[State]) -> Result<(), Error> {
        self.make_rooms(states)?;
        let mut jobs = Vec::new();
        for (state, room) in states.iter().zip(self.rooms.borrow_mut().iter_mut()) {
            scratch::refit(self.shop, &room.scratch.place, state.commit)?;
            let setup = if room.is_set_up { &[] } else { self.provision.setup_lines() };
            room.is_set_up = true;
            jobs.push(self.job(state, &room.scratch, setup));
        }
        let names: Vec<String> = states.iter().map(|state| self.name(state)).collect();
        self.cx.ui.status(&format!("gate on {}", names.join(", ")));
        let ended = self.watch(&jobs, &names);
        if let Some(code) = self.interrupt.exit_code() {
            let kind = if code == Kind::Terminated.code() { Kind::Terminated } else { Kind::Interrupted };
            return Err(Error::new(kind, "interrupted while a gate ran; nothing was landed"));
        }
        let mut passed = Vec::new();
        for (job, ended) in jobs.iter().zip(ended) {
            let (verdict, said, runs) = ended?;
            self.runs.set(self.runs.get() + runs);
            let name = self.name(&job.state);
            match verdict {
                Verdict::Passed => self.cx.ui.success(&format!("{name}: the gate passes")),
                Verdict::Flaky => {
                    self.cx.ui.warn(&format!("{name}: the gate failed, and passed when tried again (flaky)"));
                }
                Verdict::Failed => self.cx.ui.warn(&format!("{name}: the gate fails")),
            }
            if verdict == Verdict::Passed {
                passed.extend(self.gates.iter().map(|gate| self.key(job.state.tree, gate)));
            }
            self.known.borrow_mut().insert(job.state.tree, (verdict, said));
        }
        // A cache: what cannot be kept is tested again.
        drop(self.cx.store.keep_passed_gates(&passed, self.cx.clock.now()));
        Ok(())
    }

    /// Runs jobs at once, and shows on a terminal what each says.
    fn watch(&self, jobs: &[Job], names: &[String]) -> Vec<Result<Tested, Error>> {
        let how = How { gates: &self.gates, retries: self.retries, limit: self.limit };
        let interrupt = &self.interrupt;
        let mut lines = LiveLines::new(&self.cx.ui, names);
        let mut tails: Vec<LogTail> = jobs.iter().map(|job| LogTail::at_end(job.log.clone())).collect();
        std::thread::scope(|scope| {
            let try_it = |job| scope.spawn(move || try_job(job, how, interrupt));
            let threads: Vec<_> = jobs.iter().map(try_it).collect();
            while threads.iter().any(|thread| !thread.is_finished()) {
                for (at, thread) in threads.iter().enumerate() {
                    match thread.is_finished() {
                        true => lines.end(at),
                        false => tails[at].poll().iter().for_each(|said| lines.say(at, said)),
                    }
                }
                std::thread::sleep(LOOK);
            }
            let panicked = || Err(Error::new(Kind::Internal, "testing a state panicked"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked())).collect()
        })
    }

    fn name(&self, state: &State) -> String {
        state.task.as_ref().map_or_else(|| self.into.to_string(), |task| task.name.to_string())
    }

    fn make_rooms(&self, states: &[State]) -> Result<(), Error> {
        self.cx.store.ensure_gate_logs()?;
        let have = self.rooms.borrow().len();
        let wanted: Vec<scratch::Request> = states
            .iter()
            .skip(have)
            .map(|state| {
                let task = match &state.task {
                    Some(task) => task.name.clone(),
                    None => self.into.as_str().parse::<TaskName>().map_err(Error::from)?,
                };
                Ok(scratch::Request { task, at: state.commit })
            })
            .collect::<Result<_, Error>>()?;
        if wanted.is_empty() {
            return Ok(());
        }
        let places = scratch::create(self.shop, "merge", None, &wanted)?;
        for (request, place) in wanted.into_iter().zip(places) {
            self.provision.bring(self.cx, &place)?;
            let scratch = Scratch { task: request.task, run: None, place };
            self.rooms.borrow_mut().push(Room { scratch, is_set_up: false });
        }
        Ok(())
    }

    fn job(&self, state: &State, scratch: &Scratch, setup: &[String]) -> Job {
        let mut env = self.cx.environment.env.clone();
        let place = &scratch.place;
        if let Some(task) = &state.task {
            env.extend(task.variables());
        } else {
            env.extend([
                ("WINDROW_TASK".to_owned(), String::new()),
                ("WINDROW_BRANCH".to_owned(), String::new()),
            ]);
        }
        env.insert("WINDROW_BASE".to_owned(), self.into.to_string());
        env.insert("WINDROW_WORKTREE".to_owned(), place.path.to_string_lossy().into_owned());
        let name = format!("{}-{}", scratch.task.id(), &state.tree.to_string()[..12]);
        Job {
            state: state.clone(),
            place: place.clone(),
            lines: setup.iter().chain(&self.gates).cloned().collect(),
            env,
            log: self.cx.store.layout().gate_log(&name),
        }
    }

    /// Removes the worktrees that states were tested in; also those that a killed landing left.
    pub(super) fn tidy(&self) {
        self.rooms.borrow_mut().clear();
        tidy(self.cx, self.shop);
    }
}

/// How gates are run.
#[derive(Clone, Copy)]
struct How<'a> {
    gates: &'a [String],
    retries: u32,
    limit: Option<Duration>,
}

/// Runs the gates of a state, again as often as they may be tried again.
fn try_job(job: &Job, how: How<'_>, interrupt: &Interrupt) -> Result<Tested, Error> {
    let How { gates, retries, limit } = how;
    let mut said = Vec::new();
    for attempt in 0..=retries {
        // The setup is run once: what it left is there.
        let lines = if attempt == 0 { &job.lines[..] } else { gates };
        let cwd = &job.place.path;
        let setup = Setup { lines, cwd, env: &job.env, log: &job.log, limit, alone: true };
        match process::run_setup(&setup, interrupt)? {
            SetupEnd::Done if attempt == 0 => return Ok((Verdict::Passed, Vec::new(), 1)),
            SetupEnd::Done => return Ok((Verdict::Flaky, said, attempt + 1)),
            SetupEnd::Interrupted => return Ok((Verdict::Failed, Vec::new(), attempt + 1)),
            SetupEnd::Failed { line, status } => {
                said = vec![format!("`{line}` ({status})")];
                said.extend(process::read_tail(&job.log, LAST_LINES, 64 * 1024));
                said.push(Context::full_path(&job.log));
            }
        }
    }
    Ok((Verdict::Failed, said, retries + 1))
}

/// Removes the worktrees that gates were tested in. The caller holds the right to land, so that nobody tests in one.
pub(super) fn tidy(cx: &Context, shop: &Shop<'_>) {
    let removed = (|| {
        let history = History::new(cx.store.journal()?.0);
        scratch::let_go(shop)?;
        for scratch in scratch::list(shop, &history)?.iter().filter(|scratch| scratch.run.is_none()) {
            scratch::discard(shop, shop.claim()?, "merge", scratch)?;
        }
        Ok::<_, Error>(())
    })();
    if let Err(error) = removed {
        cx.ui.warn(&format!("a worktree that a gate was tested in cannot be removed: {}", error.message));
    }
}
