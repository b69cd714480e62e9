//! One train: who comes along, what it gives, and its landing in one operation.

use super::gate::{self, Gating, State};
use super::message::Wording;
use sha2::{Digest, Sha256};

use crate::commands::gather::World;
use crate::commands::{Context, OK, Status, clean, status};
use crate::domain::action::Action;
use crate::domain::clean::Disposition;
use crate::domain::graph;
use crate::domain::merge::{Landing, Rejection, Strategy, decide};
use crate::domain::name::{BranchName, TaskName, hex};
use crate::domain::oid::CommitId;
use crate::domain::operation::OperationRecord;
use crate::domain::outcome::Outcome;
use crate::domain::path::RepoPath;
use crate::domain::place::{BranchUse, branch_user};
use crate::domain::status::{Dirt, TaskState, TaskStatus};
use crate::domain::task::{TaskRecord, parents};
use crate::domain::train::{self, Next, Verdict};
use crate::error::{Error, Kind};
use crate::git::merge::ObjectStore;
use crate::git::{self, GitError, Repo, worktrees};
use crate::operation::commit::{self, Committed};
use crate::operation::land::{self, Candidate, Message, Request, Train};
use crate::operation::{Draft, LandingRight, OperationError, Shop, hook};
use crate::store::runs::AttemptRecord;

/// How often the target may move under us before we give up.
const TRIES: u32 = 5;

/// What is to be landed.
pub(super) struct Job<'a> {
    pub(super) cx: &'a Context,
    pub(super) shop: &'a Shop<'a>,
    pub(super) world: &'a World,
    pub(super) into: &'a BranchName,
    pub(super) statuses: Vec<TaskStatus>,
    /// Tasks in the order in which they should land; others come behind them.
    pub(super) preferred: Vec<TaskName>,
    /// Tasks that were left out on the command line.
    pub(super) left_out: Vec<TaskName>,
    /// What has to succeed on each merged tree; none where nothing has to.
    pub(super) gating: Option<Gating<'a>>,
    /// What the commits say.
    pub(super) wording: Wording,
    pub(super) strategy: Strategy,
    pub(super) all: bool,
    pub(super) commit: bool,
    pub(super) clean: bool,
}

/// One computation.
pub(super) struct Pass<'p> {
    /// Where the objects go. What is uncommitted counts as committed where they go to a scratch store.
    pub(super) store: ObjectStore<'p>,
    /// Tasks that were left out by choice.
    pub(super) skipped: &'p [TaskName],
    /// Tasks whose uncommitted work could not be committed.
    pub(super) refused: &'p [Rejection],
}

enum Consideration {
    Take(Box<Candidate>),
    TurnAway(Box<Rejection>),
    Nothing,
}

type Cleaned = Vec<(TaskRecord, Disposition)>;

impl Job<'_> {
    /// Computes the train on the target as it is now.
    pub(super) fn compute(&self, pass: &Pass<'_>) -> Result<Train, Error> {
        let tip = self.shop.repo.branch_tip(self.into)?;
        let target = tip.ok_or_else(|| {
            Error::refused(format!("there is no branch `{}`", self.into)).hint("git branch")
        })?;
        let mut turned_away: Vec<Rejection> = pass.refused.to_vec();
        let mut candidates = Vec::new();
        let reader = pass.store.reader(self.shop.repo)?;
        let view = reader.as_ref().unwrap_or(self.shop.repo);
        for name in self.order() {
            let known =
                pass.skipped.contains(&name) || pass.refused.iter().any(|refused| refused.task == name);
            let Some(status) = self.status(&name).filter(|_| !known) else { continue };
            match self.consider(status, target, (pass, view))? {
                Consideration::Take(candidate) => candidates.push(*candidate),
                Consideration::TurnAway(rejection) => turned_away.push(*rejection),
                Consideration::Nothing => {}
            }
        }
        let skipped: Vec<TaskName> = pass.skipped.iter().chain(&self.left_out).cloned().collect();
        let request = Request {
            into: self.into,
            target,
            candidates: &candidates,
            strategy: self.strategy,
            turned_away,
            skipped: &skipped,
            store: pass.store,
        };
        let mut train = land::compute(self.shop, request)?;
        train.rejected.sort_by_key(|rejection| {
            self.statuses.iter().position(|status| status.task.name == rejection.task)
        });
        Ok(train)
    }

    /// Computes it, and tests its states: a task whose state fails is turned away, and the states behind it are built anew.
    fn compute_tested(&self, pass: &Pass<'_>) -> Result<Train, Error> {
        let mut train = self.compute(pass)?;
        let Some(gating) = &self.gating else { return Ok(train) };
        gating.keep(&train)?;
        let mut refused: Vec<Rejection> = pass.refused.to_vec();
        let state = |task: Option<&TaskName>, commit| -> Result<State, Error> {
            let task = task.and_then(|task| self.status(task)).map(|status| status.task.clone());
            Ok(State { task, commit, tree: self.shop.repo.tree_of(commit)? })
        };
        loop {
            let mut states = vec![state(None, train.old)?];
            for landing in &train.landed {
                states.push(state(Some(&landing.task), landing.commit)?);
            }
            let known: Vec<_> = states[1..].iter().map(|state| gating.verdict(state.tree)).collect();
            match train::next(&known, gating.verdict(states[0].tree), gating.jobs) {
                Next::Land => return Ok(train),
                Next::Gate(which) => {
                    let wanted: Vec<State> = which.into_iter().map(|k| states[k].clone()).collect();
                    gating.test(&wanted)?;
                }
                Next::Eject { task, base_red } => {
                    refused.push(self.ejected(&train, (task, base_red), gating.said(states[task + 1].tree)));
                    train = self.compute(&Pass { refused: &refused, ..*pass })?;
                    gating.keep(&train)?;
                }
            }
        }
    }

    /// A task whose state failed, with the state named on which it did.
    fn ejected(&self, train: &Train, (task, base_red): (usize, bool), said: Vec<String>) -> Rejection {
        let before: Vec<&str> = train.landed[..task].iter().map(|landing| landing.task.as_str()).collect();
        let on = match before.len() {
            0 => self.into.to_string(),
            _ => format!("{} with {}", self.into, before.join(", ")),
        };
        let how = said.first().cloned().unwrap_or_default();
        let also = if base_red { format!("; it fails on {} alone too", self.into) } else { String::new() };
        let reason = if base_red { "base-red" } else { "gate-failed" };
        for line in said.iter().skip(1) {
            self.cx.ui.note(line);
        }
        reject(&train.landed[task].task, reason, format!("{how} on {on}{also}"))
    }

    /// Refuses what is not exactly what a dry run showed.
    pub(super) fn expects(&self, expected: Option<&str>, train: &Train) -> Result<(), Error> {
        let digest = self.digest(train);
        match expected {
            Some(expected) if expected != digest => Err(Error::refused(format!(
                "target-moved: what would be landed now is {digest}, not {expected}; nothing was changed"
            ))
            .hint("look at it again: windrow merge --dry-run, with the same arguments")),
            _ => Ok(()),
        }
    }

    /// Gives what tells this landing from every other one: where, from which tip, who with which tip, how, tested by what.
    pub(super) fn digest(&self, train: &Train) -> String {
        let mut text = format!("{} {} {}\n", self.into, train.old, self.strategy.word());
        train.landed.iter().for_each(|landing| text.push_str(&format!("{} {}\n", landing.task, landing.tip)));
        self.gating
            .iter()
            .flat_map(|gating| &gating.gates)
            .for_each(|gate| text.push_str(&format!("{gate}\n")));
        hex(&Sha256::digest(text)[..8])
    }

    pub(super) fn status(&self, name: &TaskName) -> Option<&TaskStatus> {
        self.statuses.iter().find(|status| &status.task.name == name)
    }

    fn order(&self) -> Vec<TaskName> {
        let place = |name: &TaskName| self.preferred.iter().position(|preferred| preferred == name);
        let mut edges: Vec<_> = self
            .statuses
            .iter()
            .map(|status| (status.task.name.clone(), parents(&status.task, &self.world.tasks)))
            .collect();
        edges.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        graph::order(&edges)
    }

    fn consider(
        &self,
        status: &TaskStatus,
        target: CommitId,
        (pass, view): (&Pass<'_>, &Repo),
    ) -> Result<Consideration, Error> {
        let Some(mut tip) = status.survey.tip else {
            let gone = Error::refused(format!(
                "the branch `{}` of `{}` is gone",
                status.task.branch, status.task.name
            ));
            let hint = format!("windrow clean {}", shell_words::quote(status.task.name.as_str()));
            return if self.all { Ok(Consideration::Nothing) } else { Err(gone.hint(hint)) };
        };
        let name = &status.task.name;
        let tampered = self.cx.tampered(self.world, &status.task);
        if !tampered.is_empty() {
            let detail = format!("its agent changed what decides what runs: {}", tampered.join(", "));
            return Ok(turn_away(name, "tampered", detail));
        }
        let mut dirt = match status.survey.dirt {
            Some(dirt) => dirt,
            None if status.survey.missing => Dirt::default(),
            None => {
                let detail = status.survey.problem.clone().unwrap_or_else(|| "it cannot be read".to_owned());
                return Ok(turn_away(name, "needs-attention", detail));
            }
        };
        if self.would_commit(status)
            && matches!(pass.store, ObjectStore::Scratch(_))
            && let Some(preview) = commit::preview(self.shop, &status.task, pass.store)?
        {
            (tip, dirt) = (preview, Dirt::default());
        }
        let nothing = self.is_landed(status, tip)? || git::history::is_ancestor(view, tip, target)?;
        if nothing && (self.all || (dirt.is_clean() && !status.state.is_live())) {
            return Ok(Consideration::Nothing);
        }
        let paths = self.dirty_paths(status, dirt)?;
        let state = self.accepted(status);
        if let Some(rejection) = decide(name, state, dirt, paths, self.all) {
            return Ok(Consideration::TurnAway(Box::new(rejection)));
        }
        let ask = matches!(pass.store, ObjectStore::Repository);
        let message = self.wording.message(self.cx, &status.task, self.into, ask)?;
        let candidate = self.candidate(status, (tip, target), view)?;
        Ok(Consideration::Take(Box::new(Candidate { message, ..candidate })))
    }

    /// Gives a task's state; a tampering that somebody approved is none any more, but all else that its attempt came to stands.
    fn accepted(&self, status: &TaskStatus) -> TaskState {
        let settled = self.world.last_attempt(&status.task.id).and_then(|attempt| attempt.settled.as_ref());
        match (status.state, settled) {
            (TaskState::Ended(Outcome::NeedsAttention), Some(settled)) if !settled.tampered.is_empty() => {
                TaskState::Idle
            }
            (state, _) => state,
        }
    }

    /// Tells whether a task's uncommitted work is to be committed.
    pub(super) fn would_commit(&self, status: &TaskStatus) -> bool {
        let dirty = |dirt: Dirt| !dirt.is_clean() && dirt.unmerged == 0;
        self.commit
            && !status.survey.distrusted
            && !status.state.is_live()
            && status.survey.dirt.is_some_and(dirty)
    }

    fn is_landed(&self, status: &TaskStatus, tip: CommitId) -> Result<bool, Error> {
        if Some(tip) != status.survey.tip || status.survey.integrated.is_none() {
            return Ok(false);
        }
        let name = &status.task.name;
        let landed =
            |landing: &Landing| &landing.task == name && &landing.into == self.into && landing.tip == tip;
        Ok(status.task.base.as_ref() == Some(self.into) || self.world.history.landings().any(landed))
    }

    fn dirty_paths(&self, status: &TaskStatus, dirt: Dirt) -> Result<Vec<RepoPath>, Error> {
        if dirt.is_clean() {
            return Ok(Vec::new());
        }
        Ok(git::status::dirty_paths(&status.task.place(), self.shop.needs, self.shop.repo.place())?)
    }

    fn candidate(
        &self,
        status: &TaskStatus,
        (tip, target): (CommitId, CommitId),
        view: &Repo,
    ) -> Result<Candidate, Error> {
        let task = &status.task;
        let (title, run) = self.title(task);
        let mut rewritten_below = None;
        for landing in self.world.history.landings().rev().filter(|landing| &landing.into == self.into) {
            let is_ancestor = |a, b| git::history::is_ancestor(view, a, b);
            // Who has merged the target since has what was landed in its own history: git's merge base says it best.
            if landing.strategy.rewrites()
                && is_ancestor(landing.tip, tip)?
                && is_ancestor(landing.commit, target)?
                && !is_ancestor(landing.commit, tip)?
            {
                rewritten_below = Some(landing.tip);
                break;
            }
        }
        Ok(Candidate {
            task: task.name.clone(),
            branch: task.branch.clone(),
            tip,
            after: parents(task, &self.world.tasks),
            rewritten_below,
            title,
            run,
            message: Message::Own,
        })
    }

    /// Gives the first line of a task's prompt and its last run.
    fn title(&self, task: &TaskRecord) -> (Option<String>, Option<String>) {
        let attempt: Option<&AttemptRecord> = self.world.last_attempt(&task.id);
        let prompt = attempt.and_then(|attempt| {
            let runs = self.cx.store.run_records().ok()?;
            let run = runs.into_iter().find(|run| run.id == attempt.key.run)?;
            run.tasks.into_iter().find(|of_run| of_run.name == task.name).map(|of_run| of_run.prompt)
        });
        let run = attempt.map(|attempt| attempt.key.run.to_string());
        (prompt.filter(|prompt| !prompt.is_empty()), run)
    }

    pub(super) fn action(&self, train: &Train) -> Result<Action, Error> {
        let entries = worktrees::list_whole(self.shop.repo)?;
        let user = branch_user(&entries, self.into);
        let checked_out_at = match user {
            Some((entry, BranchUse::CheckedOut)) if !entry.missing => Some(entry.path.clone()),
            Some((entry, BranchUse::CheckedOut)) => {
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
        Ok(Action::MoveRef { name: self.into.ref_name(), old: train.old, new: train.new, checked_out_at })
    }

    /// Refuses what the target's worktree would not let happen.
    pub(super) fn check_move(&self, train: &Train, store: ObjectStore<'_>) -> Result<(), Error> {
        let reader = store.reader(self.shop.repo)?;
        let shop = Shop { repo: reader.as_ref().unwrap_or(self.shop.repo), ..*self.shop };
        match shop.check_move(&self.action(train)?) {
            // It moves right now: all is computed anew when it is landed.
            Ok(()) | Err(OperationError::Git(GitError::RefMoved { .. })) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lands what was not left out, in one operation; `chosen` are the tasks whose uncommitted work is committed first.
    pub(super) fn land(&mut self, chosen: &[TaskName], skipped: &[TaskName]) -> Result<Status, Error> {
        // One train at a time: the others wait for their turn instead of computing in vain.
        let mut landing = None;
        for _ in 0..TRIES {
            let (commits, refused) = self.commit(chosen)?;
            let pass = Pass { store: ObjectStore::Repository, skipped, refused: &refused };
            let performed = self.perform(&commits, &pass, &mut landing);
            if let (Some(gating), Some(_)) = (&self.gating, &landing) {
                gating.tidy();
            }
            let failure = match performed {
                Ok(status) => return Ok(status),
                Err(failure) => failure,
            };
            commit::take_back(self.shop, &commits)?;
            match failure {
                // Somebody moved the target between the computation and the compare-and-swap: compute on the new tip.
                Failure::Operation(OperationError::Git(GitError::RefMoved { .. })) => {}
                Failure::Operation(error) => return Err(error.into()),
                Failure::Other(error) => return Err(error),
            }
        }
        Err(Error::refused(format!("{} moves faster than it can be merged into", self.into))
            .hint("try again"))
    }

    /// Commits what is uncommitted in the chosen tasks; gives the actions that stand for it, and who refused.
    fn commit(&mut self, chosen: &[TaskName]) -> Result<(Vec<Action>, Vec<Rejection>), Error> {
        let (mut commits, mut refused) = (Vec::new(), Vec::new());
        if !self.commit {
            return Ok((commits, refused));
        }
        for status in &self.statuses {
            let task = &status.task;
            if !chosen.contains(&task.name) || !self.would_commit(status) {
                continue;
            }
            let (title, run) = self.title(task);
            let message = commit::message(task, title.as_deref(), run.as_deref());
            match commit::uncommitted(self.shop, task, &message) {
                Ok(Committed::Made(action)) => commits.push(*action),
                Ok(Committed::Nothing) => {}
                Ok(Committed::Refused(why)) => {
                    let detail = format!("what is uncommitted could not be committed: {why}");
                    refused.push(reject(&task.name, "needs-attention", detail));
                }
                Err(error) => {
                    commit::take_back(self.shop, &commits)?;
                    return Err(error.into());
                }
            }
        }
        let tasks: Vec<TaskRecord> = self.statuses.iter().map(|status| status.task.clone()).collect();
        self.statuses = status::statuses_afresh(self.cx, self.world, &tasks, true)?;
        Ok((commits, refused))
    }

    fn perform(
        &self,
        commits: &[Action],
        pass: &Pass<'_>,
        landing: &mut Option<LandingRight>,
    ) -> Result<Status, Failure> {
        if self.gating.is_some() && landing.is_none() {
            // One train at a time tests: a second one would test what is never landed.
            *landing = Some(self.shop.landing()?);
            gate::tidy(self.cx, self.shop);
        }
        let mut train = self.compute_tested(pass)?;
        if train.landed.is_empty() && commits.is_empty() {
            return Ok(self.report(None, &train, &[])?);
        }
        if landing.is_none() {
            // Before the lock, whose file a refusal would leave behind.
            if !train.landed.is_empty() {
                self.shop.check_move(&self.action(&train)?)?;
            }
            *landing = Some(self.shop.landing()?);
            if self.shop.repo.branch_tip(self.into).map_err(OperationError::from)? != Some(train.old) {
                train = self.compute_tested(pass)?;
            }
        }
        let mut actions = commits.to_vec();
        if !train.landed.is_empty() {
            actions.push(self.action(&train)?);
            self.shop.check_move(&actions[actions.len() - 1])?;
        }
        let topology = if self.clean { Some(self.shop.topology()?) } else { None };
        let cleaned = self.cleaned(&train, false)?;
        let claim = self.shop.claim()?;
        if cleaned.iter().any(|(_, disposition)| disposition.remove) {
            actions.extend(clean::actions(self.cx, self.shop, &claim.id, &cleaned)?);
        }
        let tasks: Vec<TaskName> = train.landed.iter().map(|landing| landing.task.clone()).collect();
        let draft = Draft {
            command: "merge".into(),
            summary: format!("{}{}", self.summary(&tasks, commits, &cleaned), self.flaky(&train)?),
            tasks,
            landings: train.landed.clone(),
            actions,
            ..Draft::default()
        };
        let record = self.shop.perform(claim, draft, topology)?;
        self.run_hooks(&record, &train);
        let code = self.report(Some(&record), &train, &cleaned)?;
        self.tell_others(&train)?;
        Ok(code)
    }

    fn summary(&self, tasks: &[TaskName], commits: &[Action], cleaned: &Cleaned) -> String {
        let names: Vec<&str> = tasks.iter().map(TaskName::as_str).collect();
        if names.is_empty() {
            return format!("committed what was uncommitted in {} of the tasks", commits.len());
        }
        let removed: Vec<&str> = cleaned
            .iter()
            .filter(|(_, disposition)| disposition.remove)
            .map(|(task, _)| task.name.as_str())
            .collect();
        let removed =
            if removed.is_empty() { String::new() } else { format!(", removed {}", removed.join(", ")) };
        format!("landed {} in {}{removed}", names.join(", "), self.into)
    }

    /// Says which of the landed states passed only when they were tried again.
    fn flaky(&self, train: &Train) -> Result<String, Error> {
        let Some(gating) = &self.gating else { return Ok(String::new()) };
        let mut flaky = Vec::new();
        for landing in &train.landed {
            if gating.verdict(self.shop.repo.tree_of(landing.commit)?) == Some(Verdict::Flaky) {
                flaky.push(landing.task.as_str());
            }
        }
        Ok(if flaky.is_empty() { String::new() } else { format!(" (flaky gate: {})", flaky.join(", ")) })
    }

    pub(super) fn cleaned(&self, train: &Train, committed: bool) -> Result<Cleaned, Error> {
        if !self.clean {
            return Ok(Vec::new());
        }
        clean::after_landing(self.cx, self.shop, &train.landed, committed)
    }

    fn run_hooks(&self, record: &OperationRecord, train: &Train) {
        let at = record.actions.iter().find_map(|action| match action {
            Action::MoveRef { name, checked_out_at, .. } if *name == self.into.ref_name() => {
                checked_out_at.as_deref()
            }
            _ => None,
        });
        if let Some(root) = at.filter(|_| !train.landed.is_empty()) {
            let failed = hook::post_merge(self.shop, root, self.strategy == Strategy::Squash);
            failed.iter().for_each(|failed| self.cx.ui.warn(failed));
        }
    }
}

/// Why a landing failed.
enum Failure {
    Operation(OperationError),
    Other(Error),
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        Self::Operation(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

pub(super) fn code(train: &Train) -> Status {
    let failed = |rejection: &Rejection| matches!(rejection.reason, "gate-failed" | "base-red");
    if train.rejected.is_empty() {
        OK
    } else if train.rejected.iter().any(failed) {
        Kind::GateFailed.code()
    } else if train.rejected.iter().any(|rejection| rejection.reason == "conflict") {
        Kind::Conflict.code()
    } else if train.landed.is_empty() {
        Kind::Refused.code()
    } else {
        Kind::TaskFailed.code()
    }
}

fn reject(task: &TaskName, reason: &'static str, detail: String) -> Rejection {
    Rejection { task: task.clone(), reason, conflicts: Vec::new(), paths: Vec::new(), detail }
}

fn turn_away(task: &TaskName, reason: &'static str, detail: String) -> Consideration {
    Consideration::TurnAway(Box::new(reject(task, reason, detail)))
}
