//! What is told of a landing, before and after it.

use super::train::{Job, code};
use super::{flag, hint};
use crate::commands::gather::World;
use crate::commands::{Status, clean, status, undo};
use crate::domain::action::Action;
use crate::domain::clean::Disposition;
use crate::domain::forecast::MergeForecast;
use crate::domain::merge::{Landing, Rejection};
use crate::domain::operation::OperationRecord;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git;
use crate::operation::land::Train;
use crate::ui::show::Tense;
use crate::ui::view::MergeView;
use crate::ui::{json, show};

impl Job<'_> {
    /// Says which of the tasks that stay conflict with the target now.
    pub(super) fn tell_others(&self, train: &Train) -> Result<(), Error> {
        if train.landed.is_empty() || self.cx.globals.json {
            return Ok(());
        }
        let world = World::read(self.cx)?;
        let told = |task: &TaskRecord| {
            train.landed.iter().any(|landing| landing.task == task.name)
                || train.rejected.iter().any(|rejection| rejection.task == task.name)
        };
        let mut others = world.tasks.clone();
        others.retain(|task| task.base.as_ref() == Some(self.into) && !told(task));
        for status in status::statuses_without_diff(self.cx, &world, &others)? {
            if let Some(MergeForecast::Conflict(conflicts)) = &status.survey.merge {
                let paths: Vec<String> =
                    conflicts.iter().take(3).map(|conflict| conflict.path.to_string()).collect();
                let more = conflicts.len().saturating_sub(paths.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let (name, paths) = (&status.task.name, paths.join(", "));
                self.cx.ui.warn(&format!("{name} conflicts with {} now: {paths}{more}", self.into));
            }
        }
        Ok(())
    }

    /// Says what has to succeed before anything lands.
    pub(super) fn tell_gates(&self) {
        if let Some(gating) = &self.gating {
            self.cx.ui.note(&format!("gate, {} at once: {}", gating.jobs, gating.gates.join(" · ")));
        }
    }

    /// Says which hooks git would have run: there is no worktree that they could look at.
    fn tell_hooks(&self, train: &Train) {
        let would = self.strategy.hooks();
        let present: Vec<&str> =
            self.shop.needs.hooks.iter().copied().filter(|name| would.contains(name)).collect();
        if !train.landed.is_empty() && !present.is_empty() {
            self.cx.ui.note(&format!(
                "hooks that do not run, since landing is computed without a worktree: {}",
                present.join(", ")
            ));
        }
    }

    /// Says what is to be committed first.
    pub(super) fn tell_commits(&self, train: &Train) {
        for status in self.statuses.iter().filter(|status| self.would_commit(status)) {
            if let Some(dirt) = status.survey.dirt
                && train.landed.iter().any(|landing| landing.task == status.task.name)
            {
                let task = &status.task.name;
                self.cx
                    .ui
                    .note(&format!("{task}: what is uncommitted is committed first: {}", dirt.describe()));
            }
        }
    }

    pub(super) fn report_dry_run(&self, train: &Train) -> Result<Status, Error> {
        let cleaned = self.cleaned(train, self.commit)?;
        self.tell_commits(train);
        if !self.cx.globals.json {
            let code = self.report(None, train, &cleaned)?;
            self.tell_gates();
            if !train.landed.is_empty() {
                self.cx.ui.hint(&format!("exactly this: the same with --expect {}", self.digest(train)));
            }
            return Ok(code);
        }
        let mut actions = self.commits_to_come(train);
        if !train.landed.is_empty() {
            actions.push(self.action(train)?);
        }
        if cleaned.iter().any(|(_, disposition)| disposition.remove) {
            actions.extend(clean::actions(self.cx, self.shop, &undo::preview()?, &cleaned)?);
        }
        self.cx.report_actions(&json::merge(&self.view(None, train, &cleaned)), &actions)?;
        Ok(code(train))
    }

    /// Gives the commits of what is uncommitted that would be made before tasks are landed.
    fn commits_to_come(&self, train: &Train) -> Vec<Action> {
        let to_come = |landing: &Landing| {
            let status = self.status(&landing.task).filter(|status| self.would_commit(status))?;
            let old = status.survey.tip.filter(|old| *old != landing.tip)?;
            let (task, branch) = (status.task.id.clone(), status.task.branch.clone());
            Some(Action::Commit {
                task,
                place: status.task.place(),
                branch,
                old,
                new: landing.tip,
                index: None,
            })
        };
        train.landed.iter().filter_map(to_come).collect()
    }

    fn view<'v>(
        &'v self,
        record: Option<&'v OperationRecord>,
        train: &'v Train,
        cleaned: &'v [(TaskRecord, Disposition)],
    ) -> MergeView<'v> {
        MergeView {
            operation: record.map(|record| &record.id),
            into: self.into,
            old: train.old,
            new: train.new,
            landed: &train.landed,
            rejected: &train.rejected,
            cleaned,
            gates: self.gating.as_ref().map(|gating| &gating.gates[..]).unwrap_or_default(),
            digest: record.is_none().then(|| self.digest(train)),
        }
    }

    pub(super) fn report(
        &self,
        record: Option<&OperationRecord>,
        train: &Train,
        cleaned: &[(TaskRecord, Disposition)],
    ) -> Result<Status, Error> {
        let tense = if self.cx.globals.dry_run { Tense::Before } else { Tense::After };
        let look = self.cx.look();
        if self.cx.globals.json {
            self.cx.ui.json(&json::merge(&self.view(record, train, cleaned)));
        } else if train.landed.is_empty() && train.rejected.is_empty() {
            self.cx.ui.note(&format!("nothing to land: everything is in {} already", self.into));
        } else {
            self.cx.ui.out(&show::landed(&train.landed, &train.rejected, tense, &look));
            if !cleaned.is_empty() {
                let dispositions: Vec<Disposition> = cleaned.iter().map(|(_, how)| how.clone()).collect();
                self.cx.ui.out(&show::dispositions(&dispositions, tense, &look));
            }
            self.hints(train).iter().for_each(|hint| self.cx.ui.hint(hint));
        }
        self.tell_hooks(train);
        Ok(code(train))
    }

    fn hints(&self, train: &Train) -> Vec<String> {
        let of = |rejection: &Rejection| {
            let status = self.status(&rejection.task)?;
            let merging = rejection.reason == "dirty"
                && git::status::in_progress(&status.task.admin) == Some("a merge is");
            if merging {
                let task = shell_words::quote(rejection.task.as_str());
                return Some(format!(
                    "finish its merge: windrow merge {task} --continue{}",
                    flag(self.strategy)
                ));
            }
            hint(rejection, self.into, self.strategy)
        };
        train.rejected.iter().filter_map(of).collect()
    }
}
