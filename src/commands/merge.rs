//! `windrow merge`.

use super::gather::{self, World};
use super::{Context, OK, Status, diff, pick, status};
use crate::domain::action::Action;
use crate::domain::graph;
use crate::domain::merge::{Landing, Rejection, Strategy, choose_target, decide};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::operation::OperationRecord;
use crate::domain::place::branch_user;
use crate::domain::status::TaskStatus;
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::git::{self, worktrees};
use crate::operation::land::{self, Candidate, Train};
use crate::operation::{Draft, OperationError, Shop};
use crate::store::runs::AttemptRecord;
use crate::ui::show::Tense;
use crate::ui::view::MergeView;
use crate::ui::{json, show};

/// Merge tasks back into their base: one after the other on the moving tip, dependencies first
///
/// Each merge is computed in memory by git; a conflict lists its files and changes nothing. The target moves once, with
/// the files of the worktree that has it checked out; uncommitted changes there that are not in the way are kept.
/// Worktrees and branches of tasks stay. Only commits are landed: a task with uncommitted changes is turned away.
///
/// Reasons for turning a task away: conflict dirty not-ff held-back running needs-attention failed timed-out stopped
/// lost. Exit codes: 0 all landed or nothing to land · 1 refused, nothing changed · 3 a conflict · 4 partly landed.
#[derive(clap::Args, Debug)]
pub struct MergeArgs {
    /// The tasks [default: the one that one stands in]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Every task that is done, or was never run, and has something to land
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Branch to merge into [default: the root of the tasks' bases]
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// How commits come into the target
    #[arg(long, value_enum, default_value_t = StrategyArg::Merge)]
    pub strategy: StrategyArg,
}

/// Strategies of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StrategyArg {
    /// A merge commit, always
    Merge,
    /// One commit with all changes
    Squash,
    /// Move the target to the branch's tip, or turn the task away
    Ff,
}

impl From<StrategyArg> for Strategy {
    fn from(argument: StrategyArg) -> Self {
        match argument {
            StrategyArg::Merge => Self::Merge,
            StrategyArg::Squash => Self::Squash,
            StrategyArg::Ff => Self::Ff,
        }
    }
}

/// How often the target may move under us before we give up.
const TRIES: u32 = 5;

/// Runs it.
pub fn run(cx: &Context, args: &MergeArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    if !cx.globals.dry_run {
        gather::settle_pending(cx, &shop)?;
    }
    let world = World::read(cx)?;
    let tasks: Vec<TaskRecord> = if args.all {
        world.tasks.clone()
    } else {
        pick::some(cx, &world, &args.names, "merge")?.into_iter().cloned().collect()
    };
    if tasks.is_empty() {
        return report_nothing(cx, args);
    }
    let into = target(args, &world, &tasks)?;
    let statuses = status::statuses(cx, &world, &tasks)?;
    let strategy = Strategy::from(args.strategy);
    let job =
        Job { cx, shop: &shop, world: &world, into: &into, statuses: &statuses, strategy, all: args.all };
    let (mut old, mut train) = job.compute()?;
    if train.landed.is_empty() || cx.globals.dry_run {
        return job.report(None, &train);
    }
    job.show(&train)?;
    cx.consent(&format!("Land {} in {into}?", count(train.landed.len())), args.all)?;
    let _landing = shop.landing()?;
    if shop.repo.branch_tip(&into)? != Some(old) {
        (old, train) = job.compute()?;
    }
    for _ in 0..TRIES {
        if train.landed.is_empty() {
            return job.report(None, &train);
        }
        match job.perform(job.action(old, &train)?, &train) {
            Ok(record) => return job.report(Some(&record), &train),
            // Somebody moved the target between the computation and the compare-and-swap: compute on the new tip.
            Err(OperationError::Git(git::GitError::RefMoved { .. })) => (old, train) = job.compute()?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::refused(format!("{into} moves faster than it can be merged into")).hint("try again"))
}

fn count(n: usize) -> String {
    if n == 1 { "1 task".to_owned() } else { format!("{n} tasks") }
}

fn report_nothing(cx: &Context, args: &MergeArgs) -> Result<Status, Error> {
    if cx.globals.json {
        cx.ui.json(&serde_json::json!({"schema": 1, "command": "merge", "into": args.into, "landed": [], "rejected": []}));
    } else {
        cx.ui.note("there is no task to merge");
    }
    Ok(OK)
}

fn target(args: &MergeArgs, world: &World, tasks: &[TaskRecord]) -> Result<BranchName, Error> {
    if let Some(into) = &args.into {
        return Ok(into.parse()?);
    }
    match &choose_target(&world.tasks, tasks)[..] {
        [Some(only)] => Ok(only.clone()),
        [None] => Err(Error::refused("these tasks started from a commit without a branch")
            .hint("say where to: windrow merge --into BRANCH")),
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

struct Job<'a> {
    cx: &'a Context,
    shop: &'a Shop<'a>,
    world: &'a World,
    into: &'a BranchName,
    statuses: &'a [TaskStatus],
    strategy: Strategy,
    all: bool,
}

impl Job<'_> {
    /// Computes the train on the target as it is now.
    fn compute(&self) -> Result<(CommitId, Train), Error> {
        let tip = self.shop.repo.branch_tip(self.into)?;
        let old = tip.ok_or_else(|| {
            Error::refused(format!("there is no branch `{}`", self.into)).hint("git branch")
        })?;
        let mut turned_away: Vec<Rejection> = Vec::new();
        let mut candidates = Vec::new();
        for name in self.order() {
            let Some(status) = self.statuses.iter().find(|status| status.task.name == name) else { continue };
            match self.consider(status, old)? {
                Consideration::Take(candidate) => candidates.push(*candidate),
                Consideration::TurnAway(rejection) => turned_away.push(*rejection),
                Consideration::Nothing => {}
            }
        }
        let mut train = land::compute(self.shop, self.into, old, &candidates, self.strategy, turned_away)?;
        train.rejected.sort_by_key(|rejection| {
            self.statuses.iter().position(|status| status.task.name == rejection.task)
        });
        Ok((old, train))
    }

    fn order(&self) -> Vec<TaskName> {
        let edges: Vec<_> = self
            .statuses
            .iter()
            .map(|status| (status.task.name.clone(), status.task.after.clone()))
            .collect();
        graph::order(&edges)
    }

    fn consider(&self, status: &TaskStatus, target: CommitId) -> Result<Consideration, Error> {
        let Some(tip) = status.survey.tip else {
            let gone = Error::refused(format!(
                "the branch `{}` of `{}` is gone",
                status.task.branch, status.task.name
            ));
            return if self.all { Ok(Consideration::Nothing) } else { Err(gone.hint("windrow undo")) };
        };
        let name = &status.task.name;
        let landed =
            |landing: &Landing| &landing.task == name && &landing.into == self.into && landing.tip == tip;
        let concerns =
            status.task.base.as_ref() == Some(self.into) || self.world.history.landings().any(landed);
        let integrated = concerns && status.survey.integrated.is_some();
        let nothing = integrated || git::history::is_ancestor(self.shop.repo, tip, target)?;
        let dirt = status.survey.dirt.unwrap_or_default();
        if nothing && (self.all || (dirt.is_clean() && !status.state.is_live())) {
            return Ok(Consideration::Nothing);
        }
        let paths = if dirt.is_clean() {
            Vec::new()
        } else {
            git::status::dirty_paths(&status.task.place(), self.shop.needs, self.shop.repo.place())?
        };
        if let Some(rejection) = decide(&status.task.name, status.state, dirt, paths, self.all) {
            return Ok(Consideration::TurnAway(Box::new(rejection)));
        }
        Ok(Consideration::Take(Box::new(self.candidate(status, tip, target)?)))
    }

    fn candidate(&self, status: &TaskStatus, tip: CommitId, target: CommitId) -> Result<Candidate, Error> {
        let task = &status.task;
        let attempt: Option<&AttemptRecord> = self.world.last_attempt(&task.id);
        let prompt = attempt.and_then(|attempt| {
            let runs = self.cx.store.run_records().ok()?;
            let run = runs.into_iter().find(|run| run.id == attempt.key.run)?;
            run.tasks.into_iter().find(|of_run| of_run.name == task.name).map(|of_run| of_run.prompt)
        });
        let mut squashed_below = None;
        for landing in self.world.history.landings().rev().filter(|landing| &landing.into == self.into) {
            let below = landing.strategy == Strategy::Squash && landing.task != task.name;
            if below
                && git::history::is_ancestor(self.shop.repo, landing.tip, tip)?
                && git::history::is_ancestor(self.shop.repo, landing.commit, target)?
            {
                squashed_below = Some(landing.tip);
                break;
            }
        }
        Ok(Candidate {
            task: task.name.clone(),
            branch: task.branch.clone(),
            tip,
            after: task.after.clone(),
            squashed_below,
            title: prompt.filter(|prompt| !prompt.is_empty()),
            run: attempt.map(|attempt| attempt.key.run.to_string()),
        })
    }

    /// Shows what would be done, before it is asked for.
    fn show(&self, train: &Train) -> Result<(), Error> {
        if !self.cx.globals.yes && self.cx.ui.can_ask() {
            let look = self.cx.look();
            self.cx.ui.out(&show::landed(&train.landed, &train.rejected, Tense::Before, &look));
            for status in self
                .statuses
                .iter()
                .filter(|status| train.landed.iter().any(|landing| landing.task == status.task.name))
            {
                self.cx.ui.out(&show::diff_stat(&diff::of(self.cx, &status.task, false)?, &look));
            }
        }
        Ok(())
    }

    fn action(&self, old: CommitId, train: &Train) -> Result<Action, Error> {
        let entries = worktrees::list(self.shop.repo)?;
        let user = branch_user(&entries, self.into);
        let checked_out_at = match user {
            Some((entry, crate::domain::place::BranchUse::CheckedOut)) if !entry.missing => {
                Some(entry.path.clone())
            }
            Some((entry, crate::domain::place::BranchUse::CheckedOut)) => {
                let refused = Error::refused(format!(
                    "{} is checked out in a worktree that is not there: {}",
                    self.into,
                    Context::full_path(&entry.path)
                ));
                return Err(refused.hint("git worktree list"));
            }
            Some((entry, _)) => {
                let refused = Error::refused(format!(
                    "{} is being rebased or bisected in {}",
                    self.into,
                    Context::full_path(&entry.path)
                ));
                return Err(refused.hint(format!(
                    "git -C {} status",
                    shell_words::quote(&Context::full_path(&entry.path))
                )));
            }
            None => None,
        };
        Ok(Action::MoveRef { name: self.into.ref_name(), old, new: train.new, checked_out_at })
    }

    fn perform(&self, action: Action, train: &Train) -> Result<OperationRecord, OperationError> {
        let tasks: Vec<TaskName> = train.landed.iter().map(|landing| landing.task.clone()).collect();
        let names: Vec<&str> = tasks.iter().map(TaskName::as_str).collect();
        let draft = Draft {
            command: "merge".into(),
            summary: format!("landed {} in {}", names.join(", "), self.into),
            tasks,
            landings: train.landed.clone(),
            actions: vec![action],
            ..Draft::default()
        };
        self.shop.perform(self.shop.claim()?, draft, None)
    }

    fn report(&self, record: Option<&OperationRecord>, train: &Train) -> Result<Status, Error> {
        let view = MergeView {
            operation: record.map(|record| &record.id),
            into: self.into,
            old: train.old,
            new: train.new,
            landed: &train.landed,
            rejected: &train.rejected,
        };
        let tense = if self.cx.globals.dry_run { Tense::Before } else { Tense::After };
        if self.cx.globals.json {
            self.cx.ui.json(&json::merge(&view));
        } else if train.landed.is_empty() && train.rejected.is_empty() {
            self.cx.ui.note(&format!("nothing to land: everything is in {} already", self.into));
        } else {
            self.cx.ui.out(&show::landed(&train.landed, &train.rejected, tense, &self.cx.look()));
            train.rejected.iter().filter_map(hint).for_each(|hint| self.cx.ui.hint(&hint));
        }
        Ok(self.code(train))
    }

    fn code(&self, train: &Train) -> Status {
        if train.rejected.is_empty() {
            OK
        } else if train.rejected.iter().any(|rejection| rejection.reason == "conflict") {
            Kind::Conflict.code()
        } else if train.landed.is_empty() {
            Kind::Refused.code()
        } else {
            Kind::TaskFailed.code()
        }
    }
}

/// The command to go on with after a task was turned away.
fn hint(rejection: &Rejection) -> Option<String> {
    let task = shell_words::quote(rejection.task.as_str());
    match rejection.reason {
        "conflict" => {
            Some(format!("merge the base into {task} and solve it there: cd \"$(windrow path {task})\""))
        }
        "dirty" => Some(format!("commit it first: git -C \"$(windrow path {task})\" status")),
        "not-ff" => Some(format!("windrow merge {task} --strategy merge")),
        "running" => Some(format!("windrow logs {task} -f")),
        "needs-attention" => Some(format!("windrow status {task}")),
        "held-back" => None,
        _ => Some(format!("windrow logs {task}")),
    }
}

enum Consideration {
    Take(Box<Candidate>),
    TurnAway(Box<Rejection>),
    Nothing,
}
