//! What a new worktree needs besides its files: ports of its own, ignored files of the main worktree, its setup.

use std::collections::BTreeMap;

use super::Context;
use crate::domain::approval::RepositoryCommand;
use crate::domain::copies::{Content, CopyRules};
use crate::domain::name::{RunId, TaskId};
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::domain::ports::{PORTS_EACH, PortRange};
use crate::domain::start::Request;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::preflight::Needs;
use crate::git::{Repo, copies, inventory, status, worktrees};
use crate::process::{self, Interrupt, Setup, SetupEnd};
use crate::store::{SetUp, Store};

/// How many lines of a setup that failed are shown.
const LAST_LINES: usize = 5;

/// How many paths are named of those that a new worktree lacks.
const NAMED: usize = 5;

/// What the settings and the plan say about new worktrees. Shared by the threads of a run.
#[derive(Debug, Clone)]
pub struct Provision {
    copies: CopyRules,
    setup: Vec<String>,
    /// The approval that the setup needs, where the repository brought it along.
    approval: Option<RepositoryCommand>,
    ports: PortRange,
}

/// Where setups are run.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Our records.
    pub store: &'a Store,
    /// The repository.
    pub place: &'a Place,
    /// What it needs.
    pub needs: &'a Needs,
    /// The environment that programs inherit from us, already scrubbed.
    pub env: &'a BTreeMap<String, String>,
}

/// Why the setup of a worktree did not go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupFailure {
    /// What happened, then the last lines of its output, then where all of it is.
    pub lines: Vec<String>,
    /// Whether we were asked to end.
    pub interrupted: bool,
}

impl Provision {
    /// Takes what the settings say; a plan's `setup` takes the place of theirs.
    pub fn new(cx: &Context, setup: Option<&[String]>) -> Self {
        let approval = match setup {
            None => cx.settings.repository_command("setup").cloned(),
            Some(_) => None,
        };
        let rules = CopyRules { copy: cx.settings.copy.clone(), link: cx.settings.link.clone() };
        Self {
            copies: copies::with_include_file(rules, cx.repo.place()),
            setup: setup.unwrap_or(&cx.settings.setup).to_vec(),
            approval,
            ports: cx.settings.ports,
        }
    }

    /// Gives the shell lines that are run in new worktrees.
    pub fn setup_lines(&self) -> &[String] {
        &self.setup
    }

    /// Puts ignored files of the main worktree into a place of ours.
    pub fn bring(&self, cx: &Context, place: &WorktreePlace) -> Result<(), Error> {
        copies::bring(cx.repo.place(), place, &self.copies, &cx.scratch()?)?;
        Ok(())
    }

    /// Tells whether there is something to run in new worktrees.
    pub fn has_setup(&self) -> bool {
        !self.setup.is_empty()
    }

    /// Gives what has to be approved before anything is set up.
    pub fn needs_approval(&self) -> &[RepositoryCommand] {
        self.approval.as_slice()
    }

    /// Says what happens in each new worktree once its files are there.
    pub fn describe(&self) -> Vec<String> {
        let globs = [(&self.copies.copy, "copied"), (&self.copies.link, "linked")];
        let said = globs.into_iter().filter(|(globs, _)| !globs.is_empty()).map(|(globs, how)| {
            format!("ignored files of the main worktree are {how} into it: {}", globs.join(", "))
        });
        let setup = (!self.setup.is_empty()).then(|| format!("its setup is run: {}", self.setup.join("; ")));
        said.chain(setup).collect()
    }

    /// Gives requests ports that are no other task's, and the files that their worktrees get.
    pub fn equip(&self, requests: &mut [Request], tasks: &[TaskRecord]) -> Result<(), Error> {
        let mut taken = taken(tasks);
        for request in requests {
            let port = self.port(&request.name.id(), &taken)?;
            taken.push(port);
            request.port = Some(port);
            request.copies.clone_from(&self.copies);
        }
        Ok(())
    }

    /// Gives a task ports that are no other task's.
    pub fn port_of(&self, task: &TaskId, tasks: &[TaskRecord]) -> Result<u16, Error> {
        self.port(task, &taken(tasks))
    }

    fn port(&self, task: &TaskId, taken: &[u16]) -> Result<u16, Error> {
        let is_free = |first| process::are_free(first, PORTS_EACH);
        self.ports.allocate(task, taken, &is_free).ok_or_else(|| {
            Error::refused(format!("no ten ports of {} are left for `{task}`", self.ports))
                .hint("remove finished tasks: windrow clean")
                .hint("or set a wider `ports` in ~/.config/windrow/config.toml")
        })
    }

    /// Runs the setup in a worktree in which it has not gone through yet.
    pub fn set_up(
        &self,
        site: &Site<'_>,
        task: &TaskRecord,
        run: Option<&RunId>,
        interrupt: &Interrupt,
    ) -> Result<Result<(), SetupFailure>, Error> {
        let place = task.place();
        let store = site.store;
        let is_done = || store.set_up(&place).is_some_and(|set_up| set_up.done);
        if self.setup.is_empty() || is_done() {
            return Ok(Ok(()));
        }
        let _lock = store.setup_lock(&task.id)?;
        if is_done() {
            return Ok(Ok(()));
        }
        let mut env = site.env.clone();
        env.extend(task.variables());
        env.extend(run.map(|run| ("WINDROW_RUN".to_owned(), run.to_string())));
        let log = store.layout().setup_log(&task.id);
        let cwd = &task.worktree;
        let setup = Setup { lines: &self.setup, cwd, env: &env, log: &log, limit: None, alone: false };
        let end = process::run_setup(&setup, interrupt)?;
        // What it left is no work of anybody's: undo and clean compare with it.
        let fingerprint = status::fingerprint(&place, site.needs, site.place)?;
        let ignored = inventory::left(&place, site.place)?;
        store.note_set_up(&place, &SetUp { done: end == SetupEnd::Done, fingerprint, ignored })?;
        let (first, interrupted) = match end {
            SetupEnd::Done => return Ok(Ok(())),
            SetupEnd::Failed { line, status } => (format!("setup failed: `{line}` ({status})"), false),
            SetupEnd::Interrupted => ("the setup was interrupted".to_owned(), true),
        };
        let mut lines = vec![first];
        lines.extend(
            process::read_tail(&log, LAST_LINES, 64 * 1024).into_iter().map(|line| format!("  {line}")),
        );
        lines.push(format!("its output: {}", Context::full_path(&log)));
        Ok(Err(SetupFailure { lines, interrupted }))
    }
}

fn taken(tasks: &[TaskRecord]) -> Vec<u16> {
    tasks.iter().map(TaskRecord::port).collect()
}

/// Gives a sentence for each file that a new worktree should have got and did not.
pub fn not_copied(task: &TaskRecord) -> Vec<String> {
    let report = copies::report(&task.place());
    let told = report
        .skipped
        .iter()
        .take(NAMED)
        .map(|skipped| format!("{}: {} was not copied: {}", task.name, skipped.path, skipped.why));
    let more = report.skipped.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| format!("{}: {more} more were not copied", task.name));
    told.chain(rest).collect()
}

/// Says how much was put into new worktrees, where something was.
pub fn copied(task: &TaskRecord) -> Option<String> {
    let report = copies::report(&task.place());
    let links = report.copied.iter().filter(|copied| copied.content == Content::Link).count();
    let files = report.copied.len() - links;
    let said = [(files, "copied"), (links, "linked")];
    let said: Vec<String> =
        said.iter().filter(|(n, _)| *n > 0).map(|(n, how)| format!("{n} {how}")).collect();
    (!said.is_empty()).then(|| format!("ignored files of the main worktree: {}", said.join(", ")))
}

/// Lists what new worktrees lack of the main one's ignored files.
pub fn lacking(repo: &Repo, task: &TaskRecord) -> Result<Vec<RepoPath>, Error> {
    Ok(copies::lacking(repo.place(), &task.place(), &worktrees::list(repo)?)?)
}

/// Names what is lacking in a line.
pub fn describe_lacking(repo: &Repo, lacking: &[RepoPath]) -> Option<String> {
    let main = repo.place().main_worktree.as_deref()?;
    let named = lacking.iter().take(NAMED).map(|path| {
        let slash = if worktrees::is_directory(&main.join(path.to_path())) { "/" } else { "" };
        format!("{path}{slash}")
    });
    let mut named: Vec<String> = named.collect();
    if lacking.len() > NAMED {
        named.push(format!("{} more", lacking.len() - NAMED));
    }
    (!named.is_empty())
        .then(|| format!("not in it: {} (ignored, neither copied nor linked)", named.join(", ")))
}
