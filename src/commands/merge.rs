//! `windrow merge`.

use super::gather::{self, World};
use super::{Context, NAME_OR_YES, OK, Status, diff, pick, status};
use crate::domain::action::Action;
use crate::domain::graph;
use crate::domain::merge::{Landing, Rejection, Strategy, choose_target, decide};
use crate::domain::name::{BranchName, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::operation::OperationRecord;
use crate::domain::place::branch_user;
use crate::domain::status::{Dirt, TaskStatus};
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
/// Reasons for turning a task away: conflict dirty not-ff held-back running needs-attention, and with --all the outcome
/// that is not done: failed timed-out stopped lost empty.
///
/// Exit codes: 0 all landed, or nothing to land · 1 refused, nothing changed · 3 a conflict · 4 partly landed.
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
    let statuses = status::statuses(cx, &world, &tasks)?;
    // Of a set that we chose, a task that never got a commit has no say in where the others go.
    let has_say = |status: &&TaskStatus| {
        !args.all || status.survey.tip.is_some_and(|tip| tip != status.task.start_point)
    };
    let concerned: Vec<TaskRecord> =
        statuses.iter().filter(has_say).map(|status| status.task.clone()).collect();
    if concerned.is_empty() {
        return report_nothing(cx, args);
    }
    let into = target(args, &world, &concerned)?;
    let strategy = Strategy::from(args.strategy);
    let job =
        Job { cx, shop: &shop, world: &world, into: &into, statuses: &statuses, strategy, all: args.all };
    let (mut old, mut train) = job.compute()?;
    if train.landed.is_empty() {
        return job.report(None, &train);
    }
    // Before anyone is asked, and in a dry run too: what stands in the way in the target's worktree.
    let action = job.action(old, &train)?;
    match job.shop.check_move(&action) {
        // It moves right now: all is computed anew below.
        Ok(()) | Err(OperationError::Git(git::GitError::RefMoved { .. })) => {}
        Err(error) => return Err(error.into()),
    }
    if cx.globals.dry_run {
        return job.report_dry_run(&train, action);
    }
    job.show(&train)?;
    cx.consent(&format!("Land {} in {into}?", count(train.landed.len())), args.all.then_some(NAME_OR_YES))?;
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
        cx.ui.note("nothing to land: no task has a commit of its own");
    }
    Ok(OK)
}

fn target(args: &MergeArgs, world: &World, tasks: &[TaskRecord]) -> Result<BranchName, Error> {
    if let Some(into) = &args.into {
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
            .map(|status| (status.task.name.clone(), self.parents(&status.task)))
            .collect();
        graph::order(&edges)
    }

    /// Gives the tasks whose work a task stands on: those that it came after, and the one whose branch is its base.
    fn parents(&self, task: &TaskRecord) -> Vec<TaskName> {
        let mut parents = task.after.clone();
        let below = self
            .world
            .tasks
            .iter()
            .find(|other| other.id != task.id && Some(&other.branch) == task.base.as_ref());
        parents.extend(below.map(|below| below.name.clone()).filter(|name| !task.after.contains(name)));
        parents
    }

    fn consider(&self, status: &TaskStatus, target: CommitId) -> Result<Consideration, Error> {
        let Some(tip) = status.survey.tip else {
            let gone = Error::refused(format!(
                "the branch `{}` of `{}` is gone",
                status.task.branch, status.task.name
            ));
            let hint = format!("windrow clean {}", shell_words::quote(status.task.name.as_str()));
            return if self.all { Ok(Consideration::Nothing) } else { Err(gone.hint(hint)) };
        };
        let name = &status.task.name;
        let landed =
            |landing: &Landing| &landing.task == name && &landing.into == self.into && landing.tip == tip;
        let concerns =
            status.task.base.as_ref() == Some(self.into) || self.world.history.landings().any(landed);
        let integrated = concerns && status.survey.integrated.is_some();
        let nothing = integrated || git::history::is_ancestor(self.shop.repo, tip, target)?;
        let dirt = match status.survey.dirt {
            Some(dirt) => dirt,
            None if status.survey.missing => Dirt::default(),
            None => {
                let detail = status.survey.problem.clone().unwrap_or_else(|| "it cannot be read".to_owned());
                let (task, reason) = (name.clone(), "needs-attention");
                let (conflicts, paths) = (Vec::new(), Vec::new());
                let rejection = Rejection { task, reason, conflicts, paths, detail };
                return Ok(Consideration::TurnAway(Box::new(rejection)));
            }
        };
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
            after: self.parents(task),
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
            Some((entry, how)) => {
                let refused =
                    Error::refused(format!("{} is {how} {}", self.into, Context::full_path(&entry.path)));
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

    fn report_dry_run(&self, train: &Train, action: Action) -> Result<Status, Error> {
        if !self.cx.globals.json {
            return self.report(None, train);
        }
        self.cx.report_actions(&json::merge(&self.view(None, train)), &[action])?;
        Ok(self.code(train))
    }

    fn view<'v>(&'v self, record: Option<&'v OperationRecord>, train: &'v Train) -> MergeView<'v> {
        MergeView {
            operation: record.map(|record| &record.id),
            into: self.into,
            old: train.old,
            new: train.new,
            landed: &train.landed,
            rejected: &train.rejected,
        }
    }

    fn report(&self, record: Option<&OperationRecord>, train: &Train) -> Result<Status, Error> {
        let tense = if self.cx.globals.dry_run { Tense::Before } else { Tense::After };
        if self.cx.globals.json {
            self.cx.ui.json(&json::merge(&self.view(record, train)));
        } else if train.landed.is_empty() && train.rejected.is_empty() {
            self.cx.ui.note(&format!("nothing to land: everything is in {} already", self.into));
        } else {
            self.cx.ui.out(&show::landed(&train.landed, &train.rejected, tense, &self.cx.look()));
            let hints = train.rejected.iter().filter_map(|rejection| hint(rejection, self.into));
            hints.for_each(|hint| self.cx.ui.hint(&hint));
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
fn hint(rejection: &Rejection, into: &BranchName) -> Option<String> {
    let task = shell_words::quote(rejection.task.as_str());
    match rejection.reason {
        "conflict" => Some(format!(
            "solve it where the task is: git -C \"$(windrow path {task})\" merge {}",
            shell_words::quote(into.as_str())
        )),
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
