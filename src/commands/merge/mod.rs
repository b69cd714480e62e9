//! `windrow merge`.

mod ask;
mod gate;
mod message;
mod receipt;
mod resolve;
mod resolver;
mod train;

use super::foresight::foresee;
use super::gather::{self, World};
use super::{Context, NAME_OR_YES, OK, Status, pick, status};
use crate::domain::merge::{Rejection, Strategy, choose_target};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::status::TaskStatus;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::merge::ObjectStore;
use crate::operation::Shop;
use crate::plan::parse_duration;
use gate::Gating;
use message::Wording;
use train::{Job, Pass};

/// Merge tasks back into their base: one after the other on the moving tip, dependencies first
///
/// Each merge is computed in memory by git; a conflict lists its files and changes nothing. The target moves once, with
/// the files of the worktree that has it checked out; uncommitted changes there that are not in the way are kept.
/// Worktrees and branches of tasks stay without --clean. Only commits are landed: a task with uncommitted changes is
/// turned away without --commit. On a terminal each task can be landed, read, resolved or left out.
///
/// A conflict is solved in the task's worktree: --resolve merges the target there, as git merge does, --continue commits
/// that and lands the task, --abort ends it.
///
/// Hooks that look at a worktree or a message do not run on what is computed in memory, and that is said; post-merge runs
/// where the target is checked out, and all of them run on what --commit and --continue commit.
///
/// A gate is tested on each state of the train, the target with the first task, with the first two and so on, several at once in scratch
/// worktrees; a task whose state fails is left out and the states behind it are built anew. States that passed are remembered.
///
/// Reasons for turning a task away: conflict gate-failed base-red dirty not-ff held-back running needs-attention
/// target-moved, and with --all the outcome that is not done: failed timed-out stopped lost denied over-budget
/// rate-limited empty.
///
/// Exit codes: 0 all landed, or nothing to land · 1 refused, nothing changed · 3 a conflict · 4 partly landed · 5 a gate failed.
#[derive(clap::Args, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct MergeArgs {
    /// The tasks [default: the one that one stands in]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Every task that is done, or was never run, and has something to land
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Leave this task out, and what stands on it; may be given more than once
    #[arg(long, value_name = "NAME", conflicts_with_all = ["resolve", "go_on", "abort"])]
    pub skip: Vec<String>,
    /// Branch to merge into [default: the root of the tasks' bases]
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// How commits come into the target [default: merge; with --continue, what --resolve was given]
    #[arg(long, value_enum)]
    pub strategy: Option<StrategyArg>,
    /// Shell line that has to succeed on the merged tree [default: the plan's at the time of the run, else the settings']
    #[arg(long, value_name = "CMD")]
    pub gate: Option<String>,
    /// How many states are tested at once [default: half of the processors, at most 4]
    #[arg(short, long, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<usize>,
    /// How often a gate that fails is tried again; one that passes then is flaky, and lands
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub gate_retries: u32,
    /// How long a gate may take on one state; one that takes longer fails [default: the settings', else no limit]
    #[arg(long, value_name = "D", value_parser = parse_limit)]
    pub gate_timeout: Option<std::time::Duration>,
    /// Test again what has passed before
    #[arg(long)]
    pub no_cache: bool,
    /// Land only if it is exactly what a dry run showed with this digest
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["resolve", "go_on", "abort"])]
    pub expect: Option<String>,
    /// Shell line that solves conflicts with the target in a task's worktree; their paths are in WINDROW_CONFLICTS, and what it makes of them is
    /// tested like all else
    #[arg(long, value_name = "CMD", conflicts_with_all = ["resolve", "go_on", "abort"])]
    pub resolver: Option<String>,
    /// Message of a squash or a merge commit: a template with {task} {branch} {into} {run} {title} {commits} [default of a squash: the
    /// settings' `squash-message`]
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Shell line that writes the message of a task's squash or merge commit; it reads the change as a patch
    #[arg(long, value_name = "CMD", conflicts_with = "message")]
    pub message_command: Option<String>,
    /// Commit first what is uncommitted in the tasks' worktrees, hooks and signing included
    #[arg(long)]
    pub commit: bool,
    /// Remove the worktrees and branches of what was landed, as clean does
    #[arg(long)]
    pub clean: bool,
    /// Merge the target into the task's branch, in its worktree, to solve conflicts there
    #[arg(long, conflicts_with_all = ["all", "commit", "clean"])]
    pub resolve: bool,
    /// Commit the merge that --resolve began, and land the task
    #[arg(long = "continue", conflicts_with_all = ["all", "into", "commit", "resolve"])]
    pub go_on: bool,
    /// End the merge that --resolve began; the worktree is again as it was before
    #[arg(long, conflicts_with_all = ["all", "into", "strategy", "commit", "clean", "resolve", "go_on"])]
    pub abort: bool,
}

/// Strategies of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StrategyArg {
    /// A merge commit, always
    Merge,
    /// One commit with all changes
    Squash,
    /// Each commit made again on the target, as git rebase does
    Rebase,
    /// Move the target to the branch's tip, or turn the task away
    Ff,
}

impl From<StrategyArg> for Strategy {
    fn from(argument: StrategyArg) -> Self {
        match argument {
            StrategyArg::Merge => Self::Merge,
            StrategyArg::Squash => Self::Squash,
            StrategyArg::Rebase => Self::Rebase,
            StrategyArg::Ff => Self::Ff,
        }
    }
}

impl From<Strategy> for StrategyArg {
    fn from(strategy: Strategy) -> Self {
        match strategy {
            Strategy::Merge => Self::Merge,
            Strategy::Squash => Self::Squash,
            Strategy::Rebase => Self::Rebase,
            Strategy::Ff => Self::Ff,
        }
    }
}

fn parse_jobs(text: &str) -> Result<usize, String> {
    text.parse::<usize>().ok().filter(|jobs| *jobs > 0).ok_or_else(|| "it is no number above 0".to_owned())
}

fn parse_limit(text: &str) -> Result<std::time::Duration, String> {
    parse_duration(text).map(std::time::Duration::from_millis).map_err(|error| error.to_string())
}

impl MergeArgs {
    fn strategy(&self) -> Strategy {
        self.strategy.map(Strategy::from).unwrap_or_default()
    }

    /// Gives the strategy of the flag, else the one that all tasks were run with, else that of the settings.
    fn strategy_of(&self, cx: &Context, world: &World, tasks: &[TaskRecord]) -> Result<Strategy, Error> {
        if let Some(strategy) = self.strategy {
            return Ok(strategy.into());
        }
        let runs = cx.store.run_records()?;
        let mut recorded: Vec<Option<String>> = tasks
            .iter()
            .map(|task| {
                let attempt = world.last_attempt(&task.id)?;
                runs.iter().find(|run| run.id == attempt.key.run)?.strategy.clone()
            })
            .collect();
        recorded.sort();
        recorded.dedup();
        let word = match &recorded[..] {
            [Some(word)] => Some(word.clone()),
            _ => cx.settings.strategy.clone(),
        };
        Ok(word.and_then(|word| Strategy::of_word(&word)).unwrap_or_default())
    }
}

/// Runs it.
pub fn run(cx: &Context, args: &MergeArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    if !cx.globals.dry_run {
        gather::settle_pending(cx, &shop)?;
    }
    let world = World::read(cx)?;
    if args.resolve || args.go_on || args.abort {
        let named = args.names.iter().filter_map(|name| world.select(cx, name).ok());
        for task in named.chain(world.here(cx).filter(|_| args.names.is_empty())) {
            cx.refuse_tampered(&world, task)?;
        }
        return resolve::run(cx, &shop, &world, args);
    }
    let tasks: Vec<TaskRecord> = if args.all {
        world.tasks.clone()
    } else {
        pick::some(cx, &world, &args.names, "merge")?.into_iter().cloned().collect()
    };
    let skipped = world.select_all(cx, &args.skip)?;
    let tasks: Vec<TaskRecord> =
        tasks.into_iter().filter(|task| skipped.iter().all(|skipped| skipped.id != task.id)).collect();
    land(cx, &shop, &world, args, &tasks)
}

/// Lands tasks: forecast, consent, landing.
fn land(
    cx: &Context,
    shop: &Shop<'_>,
    world: &World,
    args: &MergeArgs,
    tasks: &[TaskRecord],
) -> Result<Status, Error> {
    let statuses = status::statuses_afresh(cx, world, tasks, true)?;
    // Of a set that we chose, a task that never got a commit has no say in where the others go.
    let has_say = |status: &&TaskStatus| {
        let dirty = args.commit && status.survey.dirt.is_some_and(|dirt| !dirt.is_clean());
        !args.all || dirty || status.survey.tip.is_some_and(|tip| tip != status.task.start_point)
    };
    let concerned: Vec<TaskRecord> =
        statuses.iter().filter(has_say).map(|status| status.task.clone()).collect();
    if concerned.is_empty() {
        return report_nothing(cx, args);
    }
    let into = target(args.into.as_deref(), world, &concerned)?;
    let strategy = args.strategy_of(cx, world, &concerned)?;
    let (all, commit, clean) = (args.all, args.commit, args.clean);
    let mut statuses = statuses;
    if let Some(line) = args.resolver.as_deref().filter(|_| !cx.globals.dry_run) {
        if strategy == Strategy::Rebase {
            return Err(Error::usage(
                "a conflict is solved in a merge commit, which a rebase would leave out",
            ));
        }
        cx.consent("", all.then_some(NAME_OR_YES))?;
        let chosen: Vec<TaskStatus> =
            statuses.iter().filter(|status| concerned.contains(&status.task)).cloned().collect();
        resolver::run(cx, shop, line, &chosen, (&into, strategy))?;
        statuses = status::statuses_afresh(cx, world, tasks, true)?;
    }
    let wording = Wording::of(cx, args, strategy)?;
    let preferred = if all { preferred(cx, world, &statuses)? } else { Vec::new() };
    let gates = match cx.repo.branch_tip(&into)? {
        Some(tip) => gate::chosen(cx, world, args, (&into, tip), &concerned)?,
        None => Vec::new(),
    };
    let gating = match gates.is_empty() {
        true => None,
        false => {
            let setup = gate::setup_of(cx, world, &concerned)?;
            Some(Gating::new(cx, shop, args, &into, (gates, setup))?)
        }
    };
    let left_out = world.select_all(cx, &args.skip)?.into_iter().map(|task| task.name.clone()).collect();
    let mut job = Job {
        cx,
        shop,
        world,
        into: &into,
        statuses,
        preferred,
        left_out,
        gating,
        wording,
        strategy,
        all,
        commit,
        clean,
    };
    let asks = cx.ui.can_ask() && !cx.globals.yes;
    // What may still be declined, and what is only looked at, stays out of the repository's objects.
    if cx.globals.dry_run || asks || commit || args.expect.is_some() || (all && !cx.globals.yes) {
        let objects = cx.store.layout().scratch_objects();
        let store = ObjectStore::Scratch(&objects);
        let forecast = job.compute(&Pass { store, skipped: &[], refused: &[] })?;
        let nothing = forecast.landed.is_empty();
        job.expects(args.expect.as_deref(), &forecast)?;
        if !nothing {
            // Before anyone is asked, and in a dry run too: what stands in the way in the target's worktree.
            job.check_move(&forecast, store)?;
        }
        if cx.globals.dry_run {
            return job.report_dry_run(&forecast);
        }
        if asks && (!nothing || forecast.rejected.iter().any(|rejection| rejection.reason == "conflict")) {
            return ask::land(&mut job, &forecast);
        }
        if nothing {
            return job.report(None, &forecast, &[]);
        }
        cx.consent("", all.then_some(NAME_OR_YES))?;
        let chosen = forecast.landed.into_iter().map(|landing| landing.task).collect::<Vec<_>>();
        return job.land(&chosen, &[]);
    }
    job.land(&[], &[])
}

/// Gives the tasks in the order of the forecast: those that go together first, so that as many land as can.
fn preferred(cx: &Context, world: &World, statuses: &[TaskStatus]) -> Result<Vec<TaskName>, Error> {
    if statuses.len() < 2 {
        return Ok(Vec::new());
    }
    let mut committed: Vec<TaskStatus> = statuses.to_vec();
    // Only commits land.
    committed.iter_mut().for_each(|status| status.survey.dirt = None);
    let looked: Vec<_> = committed.iter().map(|status| (&status.task, &status.survey)).collect();
    let mut foresight = foresee(cx.eyes()?, &looked)?;
    let order = foresight.landings(cx.eyes()?, &world.tasks)?.order;
    foresight.keep(&cx.store);
    Ok(order)
}

fn report_nothing(cx: &Context, args: &MergeArgs) -> Result<Status, Error> {
    if cx.globals.json {
        cx.ui.json(&serde_json::json!({"schema": 1, "command": "merge", "into": args.into, "landed": [], "rejected": []}));
    } else {
        cx.ui.note("nothing to land: no task has a commit of its own");
    }
    Ok(OK)
}

fn target(into: Option<&str>, world: &World, tasks: &[TaskRecord]) -> Result<BranchName, Error> {
    if let Some(into) = into {
        return Ok(into.parse()?);
    }
    match &choose_target(&world.tasks, tasks)[..] {
        [Some(only)] => Ok(only.clone()),
        [None] => {
            let which = match tasks {
                [only] => format!("`{}`", only.name),
                _ => "these tasks".to_owned(),
            };
            Err(Error::refused(format!("{which} started from a commit, not from a branch to merge into"))
                .hint("say where to: windrow merge --into BRANCH"))
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|root| root.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string))
                .collect();
            Err(Error::refused(format!("these tasks go back to different branches: {}", names.join(", ")))
                .hint("say which: windrow merge --into BRANCH"))
        }
    }
}

/// The command to go on with after a task was turned away.
fn hint(rejection: &Rejection, into: &BranchName, strategy: Strategy) -> Option<String> {
    let task = shell_words::quote(rejection.task.as_str());
    match rejection.reason {
        // A rebase leaves the merge commit out that would hold the solution.
        "conflict" if strategy == Strategy::Rebase => Some(format!(
            "solve it where the task is: git -C \"$(windrow path {task})\" rebase {}",
            shell_words::quote(into.as_str())
        )),
        "conflict" => {
            Some(format!("solve it where the task is: windrow merge {task} --resolve{}", flag(strategy)))
        }
        "dirty" => Some(format!("commit it with the landing: windrow merge {task} --commit")),
        "not-ff" => Some(format!("windrow merge {task} --strategy merge")),
        "running" => Some(format!("windrow logs {task} -f")),
        "needs-attention" => Some(format!("windrow status {task}")),
        "tampered" => Some(format!("accept it as it is: windrow approve {task}")),
        "gate-failed" | "base-red" => Some(format!("windrow diff {task}")),
        "held-back" => None,
        _ => Some(format!("windrow logs {task}")),
    }
}

/// Gives the flag that says a strategy again, where it is not the default.
fn flag(strategy: Strategy) -> String {
    if strategy == Strategy::default() { String::new() } else { format!(" --strategy {}", strategy.word()) }
}
