//! `windrow clean`.

use std::path::PathBuf;

use super::gather::{self, World};
use super::undo::preview;
use super::{Context, NAME_OR_YES, OK, Status, retention, status};
use crate::domain::action::Action;
use crate::domain::clean::{Class, Disposition, Facts, Inventory, Obstacle, decide};
use crate::domain::copies::{Copied, Left};
use crate::domain::merge::Landing;
use crate::domain::name::{OperationId, TaskName};
use crate::domain::operation::OperationRecord;
use crate::domain::place::{WorktreeEntry, branch_user_besides};
use crate::domain::status::TaskStatus;
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::git::inventory::obstacles;
use crate::git::preflight::Needs;
use crate::git::{copies, history, worktrees};
use crate::operation::{Draft, Shop, remove, trash as bin};
use crate::process;
use crate::store::erase;
use crate::survey::{self, Contents};
use crate::ui::show::Tense;
use crate::ui::view::CleanView;
use crate::ui::{json, show};

/// The least that is worth saying of how much goes, in bytes.
const WORTH_SAYING: u64 = 1 << 20;

/// Remove worktrees and branches of finished tasks, with the reason for each
///
/// A worktree goes only when everything it holds is in its base: uncommitted, untracked and ignored files, commits,
/// unfinished merges, repositories inside all keep it. What goes is moved to the trash, and `windrow undo` brings it
/// back. Without names, every task that is finished.
///
/// Classes for --discard: tracked staged hidden untracked ignored unmerged detached in-progress conflicts nested
/// submodule.
///
/// Reasons for going: ancestor same-tree squash rebase discarded missing, or named. Reasons for staying: a class, or
/// fresh empty missing running in-use own-cwd locked foreign changed.
///
/// Exit codes: 0 also where some are kept · 1 refused, nothing changed · 4 a task that was named is kept.
#[derive(clap::Args, Debug, Default)]
pub struct CleanArgs {
    /// The tasks [default: all that are finished]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Let this class of content go with its worktree; may be given more than once
    #[arg(long, value_name = "CLASS", value_parser = parse_class)]
    pub discard: Vec<Class>,
}

fn parse_class(text: &str) -> Result<Class, String> {
    let found = Class::ALL.into_iter().find(|class| class.word() == text);
    let all: Vec<&str> = Class::ALL.iter().map(|class| class.word()).collect();
    found.ok_or_else(|| format!("one of {}", all.join(", ")))
}

/// Runs it.
pub fn run(cx: &Context, args: &CleanArgs) -> Result<Status, Error> {
    let shop = cx.begin_mutation()?;
    if !cx.globals.dry_run {
        gather::settle_pending(cx, &shop)?;
    }
    let job = Job { cx, shop: &shop, args, committed: false };
    let (tasks, dispositions) = job.decide(&[])?;
    let goes =
        |dispositions: &[Disposition]| dispositions.iter().filter(|disposition| disposition.remove).count();
    if cx.globals.dry_run {
        return job.dry_run(&tasks, &dispositions);
    }
    if goes(&dispositions) == 0 {
        return job.report(None, &tasks, &dispositions);
    }
    let discards = dispositions.iter().any(|disposition| !disposition.discards.is_empty());
    if cx.ui.can_ask() && !cx.globals.yes {
        cx.ui.out(&show::dispositions(&dispositions, Tense::Before, &cx.look()));
    }
    let n = goes(&dispositions);
    let what = if n == 1 { "1 worktree".to_owned() } else { format!("{n} worktrees") };
    let ours = match (args.names.is_empty(), discards) {
        (_, true) => Some("what is discarded needs --yes; --dry-run shows what would be done"),
        (true, false) => Some(NAME_OR_YES),
        (false, false) => None,
    };
    cx.consent(&format!("Move {what} to the trash?"), ours)?;

    // Looked at again under the lock: what was shown must still be so.
    let topology = shop.topology()?;
    let (tasks, now) = job.decide(&[])?;
    let still: Vec<Disposition> =
        now.into_iter().map(|disposition| job.unless_changed(disposition, &dispositions)).collect();
    if goes(&still) == 0 {
        return job.report(None, &tasks, &still);
    }
    let claim = shop.claim()?;
    let actions = job.actions(&claim.id, &tasks, &still)?;
    let names: Vec<TaskName> = still
        .iter()
        .filter(|disposition| disposition.remove)
        .map(|disposition| disposition.task.clone())
        .collect();
    let told: Vec<&str> = names.iter().map(TaskName::as_str).collect();
    let draft = Draft {
        command: "clean".into(),
        summary: format!("removed {}", told.join(", ")),
        tasks: names,
        actions,
        ..Draft::default()
    };
    let record = shop.perform(claim, draft, Some(topology))?;
    let status = job.report(Some(&record), &tasks, &still)?;
    retention::retain(cx, &shop, true);
    Ok(status)
}

/// Decides what becomes of tasks that are landed in the same operation: as if that were done. `committed` tells that
/// what is uncommitted in them is committed by then.
pub(super) fn after_landing(
    cx: &Context,
    shop: &Shop<'_>,
    landings: &[Landing],
    committed: bool,
) -> Result<Vec<(TaskRecord, Disposition)>, Error> {
    if landings.is_empty() {
        return Ok(Vec::new());
    }
    let names = landings.iter().map(|landing| landing.task.to_string()).collect();
    let args = CleanArgs { names, discard: Vec::new() };
    let (tasks, dispositions) = Job { cx, shop, args: &args, committed }.decide(landings)?;
    Ok(tasks.into_iter().zip(dispositions).collect())
}

/// Gives the actions of a clean-up.
pub(super) fn actions(
    cx: &Context,
    shop: &Shop<'_>,
    id: &OperationId,
    decided: &[(TaskRecord, Disposition)],
) -> Result<Vec<Action>, Error> {
    let (tasks, dispositions): (Vec<_>, Vec<_>) = decided.iter().cloned().unzip();
    let args = CleanArgs { names: Vec::new(), discard: Vec::new() };
    Job { cx, shop, args: &args, committed: false }.actions(id, &tasks, &dispositions)
}

struct Job<'a> {
    cx: &'a Context,
    shop: &'a Shop<'a>,
    args: &'a CleanArgs,
    /// Whether what is uncommitted is looked at as if it were committed.
    committed: bool,
}

impl Job<'_> {
    fn decide(&self, landings: &[Landing]) -> Result<(Vec<TaskRecord>, Vec<Disposition>), Error> {
        let world = World::read(self.cx)?;
        let tasks: Vec<TaskRecord> = if self.args.names.is_empty() {
            world.tasks.clone()
        } else {
            world.select_all(self.cx, &self.args.names)?.into_iter().cloned().collect()
        };
        let mut statuses = status::statuses_afresh(self.cx, &world, &tasks, false)?;
        statuses.iter_mut().for_each(|status| self.count_as_landed(status, landings));
        let entries = worktrees::list_whole(self.shop.repo)?;
        let inventories = self.inventories(&statuses);
        let there = |status: &TaskStatus| (!status.survey.missing).then(|| status.task.worktree.clone());
        let places: Vec<PathBuf> = statuses.iter().filter_map(there).collect();
        let used = process::using(&places.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        let mut dispositions = Vec::new();
        for (status, inventory) in statuses.iter().zip(inventories) {
            let at = places.iter().position(|place| *place == status.task.worktree);
            let pids = at.map(|at| used[at].clone()).unwrap_or_default();
            let facts = self.facts(&world, status, &entries, (inventory, pids));
            dispositions.push(decide(&facts, &self.args.discard));
        }
        Ok((tasks, dispositions))
    }

    fn inventories(&self, statuses: &[TaskStatus]) -> Vec<Result<Inventory, String>> {
        let came_along = statuses.iter().map(|status| {
            let place = status.task.place();
            let mut copied = copies::report(&place).copied;
            copied.sort_by(|a, b| a.path.cmp(&b.path));
            let mut left = self.shop.store.set_up(&place).map(|set_up| set_up.ignored).unwrap_or_default();
            left.sort_by(|a, b| a.path.cmp(&b.path));
            (copied, left)
        });
        let came_along: Vec<(Vec<Copied>, Vec<Left>)> = came_along.collect();
        let plain = Needs::default();
        let contents = statuses.iter().zip(&came_along).map(|(status, (copied, left))| {
            let survey = &status.survey;
            let base = if survey.integrated.is_some() { survey.tip } else { survey.base_tip };
            let needs = if survey.distrusted { &plain } else { self.shop.needs };
            Contents { task: &status.task, base, copied, left, needs }
        });
        let contents: Vec<Contents<'_>> = contents.collect();
        let disposable = &self.cx.settings.disposable;
        survey::inventories(self.cx.repo.place(), &contents, disposable)
    }

    /// Makes a status what it will be when the landings are done.
    fn count_as_landed(&self, status: &mut TaskStatus, landings: &[Landing]) {
        let tip = status.survey.tip;
        let of_task = |landing: &&Landing| {
            landing.task == status.task.name && (self.committed || Some(landing.tip) == tip)
        };
        if let Some(landing) = landings.iter().find(of_task) {
            status.survey.integrated = Some(landing.strategy.integrated());
        }
    }

    fn facts(
        &self,
        world: &World,
        status: &TaskStatus,
        entries: &[WorktreeEntry],
        (inventory, pids): (Result<Inventory, String>, Vec<u32>),
    ) -> Facts {
        let (task, survey) = (&status.task, &status.survey);
        let place = task.place();
        let entry = entries.iter().find(|entry| entry.admin.as_deref() == Some(place.admin.as_path()));
        let mut found = Vec::new();
        if status.state.is_live() {
            found.push(Obstacle::Running);
        }
        found.extend(obstacles(
            &place,
            entry.and_then(|entry| entry.locked.as_deref()),
            Some(&self.cx.environment.cwd),
        ));
        if let Err(error) = remove::verify(self.shop, &place) {
            found.push(Obstacle::Foreign(error.to_string()));
        }
        if !task.branch_taken_up
            && let Some(other) = other_user(entries, task)
        {
            found.push(Obstacle::BranchInUse(other));
        }
        if !pids.is_empty() {
            found.push(Obstacle::Processes(pids));
        }
        let fresh = survey.tip == Some(task.start_point) && survey.integrated.is_none();
        // What cannot be read is kept, and keeps no other from being removed.
        let mut contents = inventory.unwrap_or_else(|error| {
            found.push(Obstacle::Foreign(error));
            Vec::new()
        });
        if self.committed {
            contents
                .retain(|found| !matches!(found.class, Class::Tracked | Class::Staged | Class::Untracked));
        }
        let is_default = history::is_default_branch(&self.cx.repo, &task.branch).unwrap_or_else(|error| {
            found.push(Obstacle::Foreign(error.to_string()));
            true
        });
        if task.branch_taken_up || is_default {
            // Its branch stays, and its commits with it.
            contents.retain(|found| found.class != Class::Unmerged);
        }
        Facts {
            task: task.name.clone(),
            missing: survey.missing,
            branch_exists: survey.tip.is_some(),
            branch_taken_up: task.branch_taken_up,
            default_branch: is_default,
            fresh,
            integrated: survey.integrated,
            outcome: gather::outcome_of(world, &task.id),
            inventory: contents,
            obstacles: found,
            named: !self.args.names.is_empty(),
        }
    }

    /// Keeps what was not shown as going, or goes for another reason now.
    fn unless_changed(&self, now: Disposition, shown: &[Disposition]) -> Disposition {
        let same = shown.iter().any(|before| {
            before.task == now.task && before.remove == now.remove && before.discards == now.discards
        });
        if same || !now.remove {
            return now;
        }
        Disposition {
            remove: false,
            branch: false,
            branch_stays: now.branch || now.branch_stays,
            reason: "changed",
            detail: "it changed while it was being asked about".to_owned(),
            ..now
        }
    }

    fn actions(
        &self,
        id: &OperationId,
        tasks: &[TaskRecord],
        dispositions: &[Disposition],
    ) -> Result<Vec<Action>, Error> {
        let mut actions = Vec::new();
        let mut removed = Vec::new();
        for disposition in dispositions.iter().filter(|disposition| disposition.remove) {
            let Some(task) = tasks.iter().find(|task| task.name == disposition.task) else { continue };
            actions.extend(remove::actions(self.shop, id, task, disposition.branch)?);
            removed.push(task.clone());
        }
        let mut staying = self.cx.store.tasks()?.records;
        staying.retain(|task| removed.iter().all(|gone| gone.id != task.id));
        let stays =
            |task: &TaskRecord| dispositions.iter().any(|one| one.task == task.name && one.branch_stays);
        removed.retain(|task| !stays(task));
        actions.extend(remove::rebase_records(&removed, &staying));
        Ok(actions)
    }

    fn dry_run(&self, tasks: &[TaskRecord], dispositions: &[Disposition]) -> Result<Status, Error> {
        if self.cx.globals.json {
            let actions = self.actions(&preview()?, tasks, dispositions)?;
            let bytes = to_go(tasks, dispositions);
            return self.cx.report_actions(&document(None, tasks, dispositions, bytes), &actions);
        }
        self.cx.ui.out(&show::dispositions(dispositions, Tense::Before, &self.cx.look()));
        self.tell_size(to_go(tasks, dispositions), "would go");
        Ok(OK)
    }

    /// Measures what an operation moved to the trash, in bytes.
    fn gone(&self, record: Option<&OperationRecord>) -> Result<u64, Error> {
        let Some(record) = record else { return Ok(0) };
        let items = bin::list(&World::read(self.cx)?.history);
        let sizes = bin::sizes(self.shop, &items).into_iter();
        Ok(items.iter().zip(sizes).filter(|(item, _)| item.by == record.id).map(|(_, size)| size).sum())
    }

    fn tell_size(&self, bytes: u64, how: &str) {
        if bytes >= WORTH_SAYING {
            self.cx.ui.note(&format!(
                "{} {how} to the trash; windrow trash empty gives the space back",
                show::size(bytes)
            ));
        }
    }

    fn report(
        &self,
        record: Option<&OperationRecord>,
        tasks: &[TaskRecord],
        dispositions: &[Disposition],
    ) -> Result<Status, Error> {
        let bytes = self.gone(record)?;
        if self.cx.globals.json {
            self.cx.ui.json(&document(record.map(|record| &record.id), tasks, dispositions, bytes));
        } else if dispositions.is_empty() {
            self.cx.ui.note("there is no task to clean up");
        } else {
            self.cx.ui.out(&show::dispositions(dispositions, Tense::After, &self.cx.look()));
            self.tell_size(bytes, "went");
        }
        let kept = dispositions.iter().filter(|disposition| !disposition.remove).count();
        let bare = self.args.names.is_empty();
        Ok(match record {
            _ if bare || kept == 0 => OK,
            None => Kind::Refused.code(),
            Some(_) => Kind::TaskFailed.code(),
        })
    }
}

/// Says which worktree other than the task's own uses its branch: git would not let it be deleted.
fn other_user(entries: &[WorktreeEntry], task: &TaskRecord) -> Option<String> {
    let (entry, how) = branch_user_besides(entries, &task.branch, &task.admin)?;
    Some(format!("{how} {}", Context::full_path(&entry.path)))
}

/// Measures what would go to the trash, in bytes.
fn to_go(tasks: &[TaskRecord], dispositions: &[Disposition]) -> u64 {
    let goes = |task: &&TaskRecord| dispositions.iter().any(|of| of.remove && of.task == task.name);
    tasks.iter().filter(goes).map(|task| erase::size(&task.worktree) + erase::size(&task.admin)).sum()
}

/// Gives the JSON document: what goes, how much that is, and what stays.
fn document(
    operation: Option<&OperationId>,
    tasks: &[TaskRecord],
    dispositions: &[Disposition],
    bytes: u64,
) -> serde_json::Value {
    let record_of =
        |disposition: &Disposition| tasks.iter().find(|task| task.name == disposition.task).cloned();
    let rows: Vec<(TaskRecord, Disposition)> =
        dispositions.iter().filter_map(|d| Some((record_of(d)?, d.clone()))).collect();
    json::clean(&CleanView { operation, tasks: &rows, bytes })
}
