//! What a run will do with each task: keep it, adopt it, go on with it, start it; or why nothing may begin.

use std::collections::BTreeMap;
use std::path::Path;

use super::finished::finished;
use super::{RunArgs, fresh, read};
use crate::commands::base::{self, Base};
use crate::commands::gather::{World, outcome_of};
use crate::commands::{Context, start};
use crate::domain::attempt::{AttemptFiles, AttemptKey};
use crate::domain::event::TaskResult;
use crate::domain::graph;
use crate::domain::name::{RunId, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::outcome::Outcome;
use crate::domain::plan::{Plan, PlannedTask};
use crate::domain::start::{Request, decide as decide_start};
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::plan;
use crate::process;
use crate::runner::Attempt;
use crate::store::runs::{AttemptRecord, RunRecord, RunTask};

/// What is done with one task.
#[derive(Debug, Clone)]
pub enum Step {
    /// An earlier run finished it.
    Finished(TaskResult),
    /// Its agent is at work, or has just ended, though its dispatcher is gone.
    Adopt(AttemptKey, AttemptFiles),
    /// It is the task of another run that goes on.
    Busy(RunId),
    /// It has a worktree, in which it gets a new attempt.
    GoOn(TaskRecord),
    /// It is to be made.
    Start(Base),
    /// It is to be made anew: what it has goes first.
    Fresh(TaskRecord, Base),
    /// It is a read task, which gets a scratch worktree.
    Read(read::Start),
}

/// What a run will do.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The tasks, in the plan's order, with their agents.
    pub tasks: Vec<PlannedTask>,
    /// What is done with each.
    pub steps: Vec<Step>,
    /// What some of them come after though it was not chosen and is not done.
    pub unmet: Vec<TaskName>,
    /// Where the last attempts of what they come after ended.
    pub tips: BTreeMap<TaskName, CommitId>,
}

/// Reads the plan that the arguments name, with everything that they override.
pub(crate) fn load_plan(cx: &Context, args: &RunArgs) -> Result<Plan, Error> {
    let (files, pairs) = (args.files(), args.pairs());
    if files.is_empty() && pairs.is_empty() {
        let usage = Error::usage("name a plan file or NAME=PROMPT");
        return Err(usage.hint("windrow run plan.toml").hint("windrow run docs='Write the README'"));
    }
    if let Some(second) = files.get(1) {
        return Err(Error::usage(format!(
            "`{second}` is a second plan file; NAME=PROMPT has an equals sign"
        )));
    }
    let parse = |text: &String| {
        plan::parse_duration(text).map_err(|error| Error::usage(format!("--timeout {text}: {error}")))
    };
    let request = plan::Request {
        file: files.first().map(Path::new),
        arguments: &pairs,
        cwd: &cx.environment.cwd,
        settings: &cx.settings,
        overrides: plan::Overrides {
            agent: args.agent.as_deref(),
            command: args.command.as_deref(),
            timeout_ms: args.timeout.as_ref().map(parse).transpose()?,
            jobs: args.jobs,
            max_cost: args.max_cost,
        },
    };
    let mut plan = plan::read(&request).map_err(|problems| {
        let absent = request.file.is_some_and(|file| plan::is_absent(&cx.environment.cwd.join(file)));
        let error = Error::problems(&problems);
        if absent { error.hint("a plan to begin with: windrow init") } else { error }
    })?;
    choose(&mut plan, &args.tasks)?;
    default_agent(cx, &mut plan)?;
    Ok(plan)
}

fn choose(plan: &mut Plan, chosen: &[String]) -> Result<(), Error> {
    if let Some(unknown) =
        chosen.iter().find(|name| plan.tasks.iter().all(|task| task.name.as_str() != *name))
    {
        let known: Vec<&str> = plan.tasks.iter().map(|task| task.name.as_str()).collect();
        return Err(Error::refused(format!("the plan has no task `{unknown}`"))
            .hint(format!("it has: {}", known.join(", "))));
    }
    if !chosen.is_empty() {
        plan.tasks.retain(|task| chosen.iter().any(|name| name == task.name.as_str()));
    }
    Ok(())
}

/// Gives tasks without an agent the one known client that is installed.
fn default_agent(cx: &Context, plan: &mut Plan) -> Result<(), Error> {
    if plan.tasks.iter().all(|task| task.agent.is_some()) {
        return Ok(());
    }
    let installed =
        |known: &&crate::agent::Known| process::find_program(known.program, &cx.environment.path).is_some();
    let found: Vec<&crate::agent::Known> = crate::agent::known().iter().filter(installed).collect();
    let [only] = found[..] else {
        let names: Vec<&str> = if found.is_empty() {
            crate::agent::known().iter().map(|known| known.name).collect()
        } else {
            found.iter().map(|known| known.name).collect()
        };
        let message = if found.is_empty() {
            "no agent is named, and no known one is installed"
        } else {
            "no agent is named, and several are installed"
        };
        let which = if found.is_empty() { "known" } else { "installed" };
        let error = Error::new(Kind::Plan, message).cause(format!("{which}: {}", names.join(", ")));
        return Err(error
            .hint("name one: --agent NAME, or agent = \"NAME\" in the plan")
            .hint("any program is an agent: --command './agent.sh'"));
    };
    cx.ui.note(&format!("agent: {} (the one that is installed)", only.name));
    let agent = crate::agent::builtin(only.name);
    plan.tasks.iter_mut().filter(|task| task.agent.is_none()).for_each(|task| task.agent.clone_from(&agent));
    Ok(())
}

/// Decides what a run will do, from what is there. Nothing is changed; whatever would stop a task from being started
/// is told before anything begins.
pub(crate) fn decide(
    cx: &Context,
    world: &World,
    plan: &Plan,
    base: &Base,
    fresh: bool,
) -> Result<Decision, Error> {
    let live: Vec<RunRecord> =
        cx.store.run_records()?.into_iter().filter(|run| cx.store.is_run_alive(&run.id)).collect();
    let mut steps = Vec::new();
    let mut problems = Vec::new();
    for task in &plan.tasks {
        let step = step(cx, world, (plan, task), (base, &live))
            .and_then(|step| if fresh { afresh(cx, world, (plan, task), (step, base)) } else { Ok(step) });
        match step {
            Ok(step) => steps.push(step),
            Err(error) if error.kind == Kind::Plan => problems.push(error),
            Err(error) => return Err(error),
        }
    }
    refuse_problems(problems)?;
    let tips = read::tips(world, &plan.tasks);
    let decision = Decision { tasks: plan.tasks.clone(), steps, unmet: unmet(world, plan), tips };
    let requests = decision.requests(cx)?;
    let facts = start::facts(&cx.store, &cx.repo, &world.tasks, &requests)?;
    let facts = fresh::without(facts, &decision.to_remove());
    decide_start(&requests, &facts, cx.clock.now()).map_err(|refusals| Error::start_refusals(&refusals))?;
    Ok(decision)
}

impl Decision {
    /// Decides about a run that goes on with a task that stands, whatever became of it before.
    pub(super) fn to_go_on(
        cx: &Context,
        world: &World,
        plan: &Plan,
        record: &TaskRecord,
    ) -> Result<Self, Error> {
        let base = Base { branch: record.base.clone(), start_point: record.start_point };
        let decision = decide(cx, world, plan, &base, false)?;
        let going = |step| match step {
            Step::Finished(_) | Step::GoOn(_) => Step::GoOn(record.clone()),
            other => other,
        };
        Ok(Self { steps: decision.steps.into_iter().map(going).collect(), ..decision })
    }
}

/// Tells all problems of the plan that only the repository shows.
fn refuse_problems(mut problems: Vec<Error>) -> Result<(), Error> {
    match problems.len() {
        0 => Ok(()),
        1 => Err(problems.remove(0)),
        n => {
            let mut all = Error::new(Kind::Plan, format!("there are {n} problems; nothing was started"));
            for problem in problems {
                all.causes.push(problem.message);
                all.hints.extend(problem.hints);
            }
            all.hints.dedup();
            Err(all)
        }
    }
}

/// Gives what the tasks come after that is no task of this run and whose last attempt is not done.
fn unmet(world: &World, plan: &Plan) -> Vec<TaskName> {
    let outside = |name: &&TaskName| plan.tasks.iter().all(|task| &task.name != *name);
    let done = |name: &&TaskName| {
        let read = || world.last_reading(&name.id())?.settled.as_ref().map(|settled| settled.outcome);
        outcome_of(world, &name.id()).or_else(read) == Some(Outcome::Done)
    };
    let mut unmet: Vec<TaskName> = plan
        .tasks
        .iter()
        .flat_map(|task| &task.after)
        .filter(outside)
        .filter(|name| !done(name))
        .cloned()
        .collect();
    unmet.sort();
    unmet.dedup();
    unmet
}

fn step(
    cx: &Context,
    world: &World,
    (plan, task): (&Plan, &PlannedTask),
    (base, live): (&Base, &[RunRecord]),
) -> Result<Step, Error> {
    let id = task.name.id();
    let attempt = if task.is_read() { world.last_reading(&id) } else { world.last_attempt(&id) };
    // A run has a task from its record on: before its turn, while its worktree is made, until it will not try again.
    let has_it = |run: &&RunRecord| run.tasks.iter().any(|of_run| of_run.name == task.name && !of_run.ended);
    if let Some(run) = live.iter().find(has_it) {
        return Ok(Step::Busy(run.id.clone()));
    }
    // One that ended since what is pending was settled is settled as those are whose end we see.
    let has_place = task.is_read() || world.tasks.iter().any(|record| record.id == id);
    let is_open = |attempt: &&AttemptRecord| {
        process::is_alive(&attempt.files) || attempt.settled.is_none() && has_place
    };
    if let Some(attempt) = attempt.filter(is_open) {
        return Ok(Step::Adopt(attempt.key.clone(), attempt.files.clone()));
    }
    if task.is_read() {
        return Ok(match read::decide(cx, world, (plan, task), base)? {
            read::Decision::Finished(result) => Step::Finished(result),
            read::Decision::Start(start) => Step::Read(start),
        });
    }
    if let Some(result) = attempt.and_then(|attempt| finished(&task.definition(), task, attempt)) {
        return Ok(Step::Finished(result));
    }
    if let Some(record) = world.tasks.iter().find(|record| record.name == task.name) {
        if crate::git::worktrees::is_there(&record.worktree) {
            return Ok(Step::GoOn(record.clone()));
        }
        let refused = Error::refused(format!(
            "the worktree of `{}` is not there: {}",
            task.name,
            cx.show_path(&record.worktree)
        ));
        return Err(refused.hint(format!("windrow clean {}", shell_words::quote(task.name.as_str()))));
    }
    Ok(Step::Start(base_of(cx, task, base)?))
}

fn base_of(cx: &Context, task: &PlannedTask, base: &Base) -> Result<Base, Error> {
    match &task.base {
        Some(revision) => base::resolve(cx, Some(revision)),
        None => Ok(base.clone()),
    }
}

/// Turns what would be done with a task into a fresh start of it.
fn afresh(
    cx: &Context,
    world: &World,
    (plan, task): (&Plan, &PlannedTask),
    (step, base): (Step, &Base),
) -> Result<Step, Error> {
    match step {
        Step::Busy(_) | Step::Start(_) | Step::Fresh(..) | Step::Read(_) => Ok(step),
        Step::Finished(_) if task.is_read() => Ok(Step::Read(read::anew(cx, world, (plan, task), base)?)),
        Step::Adopt(key, _) => {
            let message =
                format!("the agent of `{}` is at work (run {}); nothing was started", task.name, key.run);
            let name = shell_words::quote(task.name.as_str()).into_owned();
            Err(Error::refused(message).hint(format!("windrow stop {name}")))
        }
        Step::Finished(_) | Step::GoOn(_) => {
            let base = base_of(cx, task, base)?;
            Ok(match world.tasks.iter().find(|record| record.name == task.name) {
                Some(record) => Step::Fresh(record.clone(), base),
                None => Step::Start(base),
            })
        }
    }
}

impl Decision {
    /// Gives the read tasks that are to be run, with their bases.
    pub(super) fn readings(&self) -> Vec<(PlannedTask, Base)> {
        let of = |(task, step): (&PlannedTask, &Step)| match step {
            Step::Read(start) => Some((task.clone(), start.base.clone())),
            _ => None,
        };
        self.pairs().filter_map(of).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&PlannedTask, &Step)> {
        self.tasks.iter().zip(&self.steps)
    }

    /// Gives the tasks that will be run or watched.
    pub fn to_run(&self) -> Vec<TaskName> {
        self.pairs()
            .filter(|(_, step)| !matches!(step, Step::Finished(_)))
            .map(|(task, _)| task.name.clone())
            .collect()
    }

    /// Gives the tasks that get a new attempt in the worktree that they have.
    pub fn going_on(&self) -> impl Iterator<Item = &TaskRecord> {
        self.steps.iter().filter_map(|step| match step {
            Step::GoOn(record) => Some(record),
            _ => None,
        })
    }

    /// Gives the tasks whose worktrees and branches go before they are made anew.
    pub fn to_remove(&self) -> Vec<TaskRecord> {
        let removed = |step: &Step| match step {
            Step::Fresh(record, _) => Some(record.clone()),
            _ => None,
        };
        self.steps.iter().filter_map(removed).collect()
    }

    /// Refuses tasks that another run has.
    pub fn refuse_busy(&self) -> Result<(), Error> {
        let busy = |(task, step): (&PlannedTask, &Step)| match step {
            Step::Busy(run) => Some((task.name.clone(), run.clone())),
            _ => None,
        };
        let busy: Vec<(TaskName, RunId)> = self.pairs().filter_map(busy).collect();
        let Some((first, _)) = busy.first() else { return Ok(()) };
        let hint = format!("windrow logs {} -f", shell_words::quote(first.as_str()));
        let said = |(task, run): &(TaskName, RunId)| format!("`{task}` belongs to run {run}, which goes on");
        Err(match &busy[..] {
            [only] => Error::refused(format!("{}; nothing was started", said(only))),
            several => Error {
                causes: several.iter().map(said).collect(),
                ..Error::refused("other runs have these tasks; nothing was started")
            },
        }
        .hint(hint))
    }

    /// Gives the tasks with what they come after, and what is not met.
    pub fn graph(&self) -> Vec<(TaskName, Vec<TaskName>)> {
        let tasks = self.tasks.iter().map(|task| (task.name.clone(), task.after.clone()));
        tasks.chain(self.unmet.iter().map(|name| (name.clone(), Vec::new()))).collect()
    }

    /// Gives the attempts that are alive already.
    pub fn adopted(&self) -> Vec<Attempt> {
        let adopted = |(task, step): (&PlannedTask, &Step)| match step {
            Step::Adopt(key, files) => Some(Attempt {
                task: task.name.clone(),
                key: key.clone(),
                files: files.clone(),
                agent: agent_name(task),
                output: task.agent.as_ref().map(|agent| agent.output).unwrap_or_default(),
                retries: task.retries,
                limits: task.limits,
            }),
            _ => None,
        };
        self.pairs().filter_map(adopted).collect()
    }

    /// Puts the tasks that were finished before among the results, in the plan's order.
    pub fn with_finished(&self, results: Vec<TaskResult>) -> Vec<TaskResult> {
        let mut by_name: BTreeMap<TaskName, TaskResult> =
            results.into_iter().map(|result| (result.task.clone(), result)).collect();
        let of = |(task, step): (&PlannedTask, &Step)| match step {
            Step::Finished(result) => Some(result.clone()),
            _ => by_name.remove(&task.name),
        };
        self.pairs().filter_map(of).collect()
    }

    /// Gives the requests for the tasks that are to be made, as far as they are known now: a task that comes after
    /// another will start from that one's tip.
    pub fn requests(&self, cx: &Context) -> Result<Vec<Request>, Error> {
        let mut requests = Vec::new();
        for (task, step) in self.pairs() {
            if let Step::Start(base) | Step::Fresh(_, base) = step {
                let branch = match &task.branch {
                    Some(branch) => branch.clone(),
                    None => cx.settings.branch_of(&task.name)?,
                };
                let mut request =
                    start::request(&cx.store, &cx.repo, &task.name, branch, base, task.branch.is_some());
                request.after.clone_from(&task.starts_from);
                requests.push(request);
            }
        }
        Ok(requests)
    }

    /// Gives what the run's record says of its tasks.
    pub fn run_tasks(&self) -> Vec<RunTask> {
        let of = |(task, step): (&PlannedTask, &Step)| {
            let earlier = match step {
                Step::Finished(result) => Some(result),
                _ => None,
            };
            RunTask {
                name: task.name.clone(),
                agent: agent_name(task),
                prompt: task.title.clone(),
                ended: earlier.is_some(),
                after: task.after.clone(),
                outcome: earlier.map(|result| result.outcome),
                evidence: earlier.map(|result| result.evidence.clone()).unwrap_or_default(),
            }
        };
        self.pairs().map(of).collect()
    }

    /// Gives the names of the agents, each once.
    pub fn agents(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tasks.iter().map(agent_name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Gives the tasks in the order in which they can begin.
    pub fn ordered(&self) -> Vec<PlannedTask> {
        let order = graph::order(&self.graph());
        order.iter().filter_map(|name| self.tasks.iter().find(|task| &task.name == name).cloned()).collect()
    }

    /// Says which tasks will not begin anew, and why.
    pub fn notes(&self) -> Vec<String> {
        let note = |(task, step): (&PlannedTask, &Step)| match step {
            Step::Finished(result) => Some(format!("{}: {}", task.name, result.evidence.join(", "))),
            Step::Adopt(key, files) if process::is_alive(files) => {
                Some(format!("{}: its agent is at work (run {})", task.name, key.run))
            }
            Step::Adopt(key, _) => {
                Some(format!("{}: its agent has ended and is judged first (run {})", task.name, key.run))
            }
            Step::Busy(run) => Some(format!("{}: belongs to run {run}, which goes on", task.name)),
            Step::GoOn(record) => {
                Some(format!("{}: goes on in {}", task.name, crate::domain::path::show(&record.worktree)))
            }
            Step::Fresh(..) => Some(format!("{}: begins anew; what it has goes to the trash", task.name)),
            Step::Read(start) => start.describe().map(|what| format!("{}: reads {what}", task.name)),
            Step::Start(_) => None,
        };
        self.pairs().filter_map(note).collect()
    }
}

fn agent_name(task: &PlannedTask) -> String {
    task.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default()
}
