//! `windrow run`: worktree, branch and agent per task, in parallel; waits; judges; says what to do next.

mod calls;
mod collisions;
mod decide;
mod detach;
mod finished;
mod fresh;
mod preview;
mod read;
mod room;
mod surroundings;
mod work;

use std::path::Path;
use std::time::Duration;

use super::base::{self, Base};
use super::gather::{self, World};
use super::provision::Provision;
use super::{Context, OK, Status};
use crate::domain::approval::RepositoryCommand;
use crate::domain::event::{RunEvent, TaskResult};
use crate::domain::name::{RunId, TaskName};
use crate::domain::outcome::Outcome;
use crate::domain::plan::{DEFAULT_JOBS, Plan, PlannedTask};
use crate::domain::retry;
use crate::domain::schedule::Schedule;
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::git::identity;
use crate::operation::Shop;
use crate::process::Interrupt;
use crate::runner;
use crate::store::runs::{OwnRun, RUN_FORMAT, RunRecord};
use crate::ui::view::{Overlap, PlanView, RunHeader};
use crate::ui::{RunDisplay, json, show};

use decide::{Decision, Step};
pub(crate) use decide::{decide, load_plan};
pub(crate) use detach::DISPATCHER;
use work::Work;

/// Run agents on tasks, in parallel: a worktree, a branch and an agent each
///
/// The tasks come from a plan file, from NAME=PROMPT pairs, or both. Dependencies are respected: a task starts from the
/// tip of the one it comes after. Every outcome is judged by evidence: exit status, commits, files, the task's check.
/// What an agent leaves uncommitted is committed to the task's branch. The same command again goes on: finished tasks
/// are kept, the others get a new attempt in the same worktree. The first interrupt stops the agents and ends the run,
/// the second kills them.
///
/// Exit codes: 0 all done · 1 refused · 4 a task is not done · 6 the plan is invalid · 130/143 interrupted.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct RunArgs {
    /// A plan file, and NAME=PROMPT pairs
    #[arg(value_name = "PLAN | NAME=PROMPT")]
    pub what: Vec<String>,
    /// Run only this task of the plan; may be given more than once
    #[arg(long = "task", value_name = "NAME")]
    pub tasks: Vec<String>,
    /// How many agents run at once [default: 4]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Branch or commit to start from, where the plan does not say [default: HEAD]
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// Agent for every task: one of the plan's, of the settings', or a known client
    #[arg(long, value_name = "AGENT", conflicts_with = "command")]
    pub agent: Option<String>,
    /// Shell line to run as the agent of every task; it reads the prompt from standard input
    #[arg(long, value_name = "LINE")]
    pub command: Option<String>,
    /// Wall-clock limit of each agent, such as 90s, 30m or 2h
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// Start no more agents once the run has cost this many US dollars; running ones finish
    #[arg(long, value_name = "DOLLARS", value_parser = parse_dollars)]
    pub max_cost: Option<f64>,
    /// Let the run go on without this terminal, and print how to follow it
    #[arg(long)]
    pub detach: bool,
    /// Move worktrees and branches of these tasks to the trash first, finished ones too, and begin anew
    #[arg(long)]
    pub fresh: bool,
    /// After the first task that is not done, start no more
    #[arg(long)]
    pub fail_fast: bool,
}

/// Reads an amount of money.
fn parse_dollars(text: &str) -> Result<f64, String> {
    let amount = text.trim_start_matches('$').parse::<f64>().ok();
    amount
        .filter(|amount| amount.is_finite() && *amount > 0.0)
        .ok_or_else(|| "it is no amount above 0".to_owned())
}

/// Runs it.
pub fn run(cx: &Context, args: &RunArgs) -> Result<Status, Error> {
    cx.refuse_inside_agent()?;
    let plan = load_plan(cx, args)?;
    require_approved(cx, &plan)?;
    let shop = cx.begin_mutation()?;
    let base = base::resolve(cx, args.base.as_deref().or(plan.base.as_deref()))?;
    if !cx.globals.dry_run {
        require_identity(cx)?;
        gather::settle_pending(cx, &shop)?;
    }
    // From here until the run is on record, no other run decides.
    let registering = if cx.globals.dry_run { None } else { Some(shop.store.register_run()?) };
    let world = World::read(cx)?;
    let decision = decide(cx, &world, &plan, &base, args.fresh)?;
    decision.refuse_busy()?;
    for record in decision.going_on() {
        cx.refuse_tampered(&world, record)?;
    }
    if cx.globals.dry_run {
        return preview::report(cx, (&shop, &world), args.plan_file(), (&plan, &base, &decision));
    }
    super::start::require_writable(&cx.store)?;
    let old = decision.to_remove();
    fresh::refuse(cx, &shop, &old)?;
    if decision.steps.iter().all(|step| matches!(step, Step::Finished(_))) && !decision.steps.is_empty() {
        cx.ui.note("every task is finished; change its prompt to run it again");
    }
    if args.detach && !cx.environment.dispatcher {
        // It decides again: until its run is on record another one may come first.
        drop(registering);
        let run = detach::start(cx)?;
        say_header(cx, args, &run, (&plan, &base, &decision));
        let tasks: Vec<String> = decision.to_run().iter().map(ToString::to_string).collect();
        return detach::report(cx, &run, &tasks);
    }
    let interrupt = Interrupt::install()?;
    let again = command_line(args);
    let own = create(cx, &shop, (args.plan_file(), again), &plan, &decision)?;
    let interrupt = interrupt.heeding(cx.store.layout().stop_request(&own.record.id));
    fresh::remove(&shop, &own.record.id, &old)?;
    drop(registering);
    if cx.environment.dispatcher {
        detach::hand_over(cx, &own.record.id)?;
    }
    execute(cx, &shop, args, (&plan, &base, &decision), (own, &interrupt))
}

/// Runs an agent once more on a task that stands, in the session that it continues: a run of one task.
pub(crate) fn follow_up(
    cx: &Context,
    record: &TaskRecord,
    planned: PlannedTask,
    again: String,
) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    require_identity(cx)?;
    gather::settle_pending(cx, &shop)?;
    let registering = shop.store.register_run()?;
    let plan = Plan { tasks: vec![planned.clone()], ..Plan::default() };
    let world = World::read(cx)?;
    cx.refuse_tampered(&world, record)?;
    let decision = Decision::to_go_on(cx, &world, &plan, record)?;
    decision.refuse_busy()?;
    let interrupt = Interrupt::install()?;
    let own = create(cx, &shop, (None, again), &plan, &decision)?;
    let interrupt = interrupt.heeding(cx.store.layout().stop_request(&own.record.id));
    drop(registering);
    let base = Base { branch: record.base.clone(), start_point: record.start_point };
    execute(cx, &shop, &RunArgs::default(), (&plan, &base, &decision), (own, &interrupt))
}

fn create(
    cx: &Context,
    shop: &Shop<'_>,
    (file, again): (Option<&str>, String),
    plan: &Plan,
    decision: &Decision,
) -> Result<OwnRun, Error> {
    Ok(shop.store.create_run(shop.clock, &plan.source, |id| RunRecord {
        format: RUN_FORMAT,
        id,
        started: cx.clock.now(),
        plan: file.map(str::to_owned),
        again,
        tasks: decision.run_tasks(),
        gate: plan.gate.clone(),
        setup: plan.setup.clone(),
        strategy: plan.strategy.clone(),
        finished: None,
    })?)
}

/// Requires that what the repository brought along and the plan uses is approved: agents and the setup. An agent that
/// the plan gives a command of its own is the user's word.
fn require_approved(cx: &Context, plan: &Plan) -> Result<(), Error> {
    let mut commands = Provision::new(cx, plan.setup.as_deref()).needs_approval().to_vec();
    for agent in plan.tasks.iter().filter_map(|task| task.agent.as_ref()) {
        let is_its = cx.settings.agents.get(&agent.name).is_some_and(|known| known.command == agent.command);
        let key = RepositoryCommand::agent_key(&agent.name);
        commands.extend(cx.settings.repository_command(&key).filter(|_| is_its).cloned());
    }
    commands.sort();
    commands.dedup();
    cx.require_approved(&commands)
}

fn require_identity(cx: &Context) -> Result<(), Error> {
    identity::committer(cx.repo.place())?;
    identity::author(cx.repo.place())?;
    Ok(())
}

fn execute(
    cx: &Context,
    shop: &Shop<'_>,
    args: &RunArgs,
    (plan, base, decision): (&Plan, &Base, &Decision),
    (mut own, interrupt): (OwnRun, &Interrupt),
) -> Result<Status, Error> {
    let jobs = plan.jobs.unwrap_or(DEFAULT_JOBS);
    let run = own.record.id.clone();
    let provision = Provision::new(cx, plan.setup.as_deref());
    let again = own.record.again.clone();
    let called = (base.clone(), again.clone());
    let work = Work::new(cx, shop, decision, run.clone(), called, (provision, interrupt))?;
    let mut display = RunDisplay::new(&cx.ui);
    let adopted: Vec<TaskName> = decision.adopted().into_iter().map(|attempt| attempt.task).collect();
    let mut told = |event: &RunEvent| {
        display.handle(event);
        if let RunEvent::TaskFinished(result) = event {
            note_end(&mut own.record, result, &adopted);
            drop(own.save());
        }
        if let Some(line) = json::run_event(event, Some(&run)) {
            // A record that cannot be written (a full disk) must not end the agents.
            drop(own.event(&line.to_string()));
        }
    };
    say_header(cx, args, &run, (plan, base, decision));
    told(&RunEvent::RunStarted { run: run.clone(), tasks: decision.to_run(), jobs });
    let mut schedule = Schedule::new(&decision.graph(), jobs);
    for step in &decision.steps {
        if let Step::Finished(result) = step {
            schedule.finish(&result.task, result.outcome, true);
        }
    }
    let mut results = work.skip_unmet(&mut schedule, &decision.unmet);
    results.iter().for_each(|result| told(&RunEvent::TaskFinished(result.clone())));
    let options = runner::Options {
        fail_fast: args.fail_fast,
        poll: POLL,
        observe: OBSERVE,
        events: crate::agent::events,
        max_cost: plan.max_cost,
        stagger: STAGGER,
        memory: crate::process::available_memory,
        rest: |nth| Duration::from_millis(retry::rest_ms(nth)),
        supervisor: &cx.environment.supervisor,
        interrupt,
    };
    results.extend(runner::execute(schedule, decision.adopted(), &work, &options, &mut told));
    let results = decision.with_finished(results);
    work.take_warnings().into_iter().for_each(|message| told(&RunEvent::Warning { message }));
    told(&RunEvent::RunFinished { run: run.clone(), results: results.clone() });
    drop(display);
    close(&mut own, cx, &results, &adopted)?;
    if !cx.globals.json {
        cx.ui.out(&show::run_summary(&results, &cx.look()));
        go_on(cx, &results, plan, &again);
    }
    Ok(interrupt.exit_code().unwrap_or_else(|| {
        if results.iter().all(|result| result.success) { OK } else { Kind::TaskFailed.code() }
    }))
}

/// Says how to go on with the whole of it.
fn go_on(cx: &Context, results: &[TaskResult], plan: &Plan, again: &str) {
    let succeeded = |read: bool| {
        let of_kind = |result: &TaskResult| {
            plan.tasks.iter().any(|task| task.name == result.task && task.is_read() == read)
        };
        results.iter().any(|result| result.success && of_kind(result))
    };
    match (succeeded(false), succeeded(true)) {
        (true, false) => cx.ui.hint("windrow status · windrow merge --all · windrow undo"),
        (true, true) => cx.ui.hint("windrow status · windrow report · windrow merge --all · windrow undo"),
        (false, true) => cx.ui.hint("windrow report · windrow undo"),
        (false, false) => {}
    }
    if results.iter().any(|result| !result.success) {
        cx.ui.hint(&format!("the same again goes on with the others: {again}"));
    }
}

/// Keeps with the run what stands in no attempt.
fn close(own: &mut OwnRun, cx: &Context, results: &[TaskResult], adopted: &[TaskName]) -> Result<(), Error> {
    results.iter().for_each(|result| note_end(&mut own.record, result, adopted));
    own.record.finished = Some(cx.clock.now());
    Ok(own.save()?)
}

/// Keeps that the run is through with a task, and what came of it where that stands in no attempt of the run.
fn note_end(record: &mut RunRecord, result: &TaskResult, adopted: &[TaskName]) {
    let Some(task) = record.tasks.iter_mut().find(|task| task.name == result.task) else { return };
    task.ended = true;
    let elsewhere = result.attempts == 0
        || result.earlier
        // Its attempt stands in the run that began it.
        || adopted.contains(&result.task)
        || matches!(result.outcome, Outcome::Skipped | Outcome::NotStarted);
    if elsewhere {
        task.outcome = Some(result.outcome);
        task.evidence.clone_from(&result.evidence);
    }
}

impl RunArgs {
    /// Gives the arguments that are no NAME=PROMPT: the plan file, and what is one too many.
    fn files(&self) -> Vec<&str> {
        self.what.iter().map(String::as_str).filter(|word| !word.contains('=')).collect()
    }

    fn plan_file(&self) -> Option<&str> {
        self.files().first().copied()
    }

    /// Gives the NAME=PROMPT pairs.
    fn pairs(&self) -> Vec<String> {
        self.what.iter().filter(|word| word.contains('=')).cloned().collect()
    }
}

/// Gives the command line that goes on with the run.
fn command_line(args: &RunArgs) -> String {
    let mut words = vec!["windrow".to_owned(), "run".to_owned()];
    words.extend(args.what.iter().cloned());
    args.tasks.iter().for_each(|task| words.extend(["--task".to_owned(), task.clone()]));
    let pairs = [
        ("--base", &args.base),
        ("--agent", &args.agent),
        ("--command", &args.command),
        ("--timeout", &args.timeout),
    ];
    for (flag, value) in pairs {
        if let Some(value) = value {
            words.extend([flag.to_owned(), value.clone()]);
        }
    }
    if let Some(dollars) = args.max_cost {
        words.extend(["--max-cost".to_owned(), dollars.to_string()]);
    }
    if let Some(jobs) = args.jobs {
        words.extend(["-j".to_owned(), jobs.to_string()]);
    }
    shell_words::join(words)
}

/// Time between two launches.
const STAGGER: Duration = Duration::from_millis(20);

/// How often tasks at work are compared with each other.
const OBSERVE: Duration = Duration::from_secs(5);

/// How often attempts and signals are looked at.
const POLL: Duration = Duration::from_millis(100);

fn say_header(cx: &Context, args: &RunArgs, run: &RunId, (plan, base, decision): (&Plan, &Base, &Decision)) {
    let to_run = decision.to_run().len();
    let header = RunHeader {
        run: run.to_string(),
        plan: args.plan_file().map(str::to_owned),
        tasks: to_run,
        earlier: decision.steps.len() - to_run,
        jobs: plan.jobs.unwrap_or(DEFAULT_JOBS),
        timeout_ms: common_limit(plan),
        bases: vec![(
            base.branch.as_ref().map_or_else(|| "no branch".to_owned(), ToString::to_string),
            base.start_point,
        )],
        agents: decision.agents(),
        permission: permissions(plan),
        isolation: "none".to_owned(),
    };
    cx.ui.narrate_block(&show::run_header(&header, &cx.look()));
    for overlap in overlaps(plan) {
        cx.ui.warn(&format!(
            "`{}` and `{}` mean to change the same paths: windrow plan",
            overlap.a, overlap.b
        ));
    }
}

/// Says what agents may do without asking: a known client what the plan says, another program what it will.
fn permissions(plan: &Plan) -> String {
    let of = |task: &PlannedTask| match &task.agent {
        Some(agent) if agent.client.is_some() => agent.permission.word(),
        _ => "the agent's own",
    };
    let mut words: Vec<&str> = plan.tasks.iter().map(of).collect();
    words.sort_unstable();
    words.dedup();
    words.join(", ")
}

/// Gives the wall-clock limit where all tasks have the same.
fn common_limit(plan: &Plan) -> Option<u64> {
    let first = plan.tasks.first()?.timeout_ms;
    first.filter(|_| plan.tasks.iter().all(|task| task.timeout_ms == first))
}

fn overlaps(plan: &Plan) -> Vec<Overlap> {
    let found = crate::plan::overlaps(plan).into_iter();
    found.map(|overlap| Overlap { a: overlap.a, b: overlap.b, touches: overlap.globs }).collect()
}

/// Shows what would run.
pub fn report_plan(
    cx: &Context,
    file: Option<&str>,
    plan: &Plan,
    base: &Base,
    decision: &Decision,
) -> Result<Status, Error> {
    let (tasks, overlaps) = (decision.ordered(), overlaps(plan));
    let file = file.map(|file| cx.environment.cwd.join(file));
    let view = plan_view(file.as_deref(), plan, base, (&tasks, &overlaps));
    if cx.globals.json {
        cx.ui.json(&json::plan("plan", &view));
        return Ok(OK);
    }
    cx.ui.out(&show::plan(&view, &cx.look()));
    decision.notes().iter().for_each(|note| cx.ui.note(note));
    Ok(OK)
}

fn plan_view<'v>(
    file: Option<&'v Path>,
    plan: &Plan,
    base: &'v Base,
    (tasks, overlaps): (&'v [PlannedTask], &'v [Overlap]),
) -> PlanView<'v> {
    let of = base.branch.as_ref().map_or("HEAD", |branch| branch.as_str());
    PlanView {
        file,
        base: Some((of, Some(base.start_point))),
        jobs: plan.jobs.unwrap_or(DEFAULT_JOBS),
        tasks,
        overlaps,
    }
}
