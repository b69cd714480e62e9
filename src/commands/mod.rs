//! One file a verb: its arguments, whose doc comments are the help, and five steps: gather, decide, confirm, apply,
//! report. A command touches nothing itself.

pub mod adopt;
pub mod agents;
pub mod approve;
pub mod base;
pub mod carry;
pub mod clean;
pub mod diff;
pub mod doctor;
pub mod forecast;
pub mod foresight;
pub mod gather;
pub mod history;
pub mod init;
pub mod logs;
pub mod man;
pub mod merge;
pub mod names;
pub mod page;
pub mod path;
pub mod pick;
pub mod plan;
pub mod provision;
pub mod redo;
pub mod repeat;
pub mod report;
pub mod retention;
pub mod review;
pub mod run;
pub mod send;
pub mod start;
pub mod status;
pub mod stop;
pub mod trash;
pub mod undo;
pub mod wait;
pub mod watch;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::domain::action::Action;
use crate::domain::clock::Clock;
use crate::domain::name::TaskId;
use crate::domain::operation::{End, OperationRecord};
use crate::domain::path::show;
use crate::domain::settings::Settings;
use crate::error::Error;
use crate::git::preflight::Needs;
use crate::git::{Repo, command, preflight};
use crate::operation::{Shop, recover};
use crate::process::Supervisor;
use crate::store::{Layout, Store};
use crate::ui::{Look, Ui, json, show};

/// The ways out where the set of tasks is our choice and nobody can be asked.
pub const NAME_OR_YES: &str = "add --yes, or name the tasks; --dry-run shows what would be done";

/// What a command ends with when it is no error: 0, or the code that tells what was only partly done.
pub type Status = u8;

/// Everything was done, or there was nothing to do.
pub const OK: Status = 0;

/// Flags that every verb has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Globals {
    /// One JSON document instead of text.
    pub json: bool,
    /// Consent where it would be asked for.
    pub yes: bool,
    /// Show the actions, do none.
    pub dry_run: bool,
}

/// What the command line found out about the process that it runs in.
pub struct Environment {
    /// The directory one stands in.
    pub cwd: PathBuf,
    /// All variables, those that git calls local removed: what an agent inherits.
    pub env: BTreeMap<String, String>,
    /// The user's own `GIT_EDITOR`, which agents do not inherit.
    pub editor: Option<String>,
    /// `PATH`.
    pub path: String,
    /// The home directory, for shorter paths.
    pub home: Option<PathBuf>,
    /// Where our state outside of repositories is kept; none without a home directory.
    pub state: Option<PathBuf>,
    /// The attempt that we are inside of, if an agent called us.
    pub inside: Option<String>,
    /// The arguments that we were called with, the program's own name left out.
    pub arguments: Vec<OsString>,
    /// Whether we are the dispatcher of a detached run.
    pub dispatcher: bool,
    /// Starts supervisors from our own executable, opened when we began.
    pub supervisor: Supervisor,
}

/// What every command works with.
pub struct Context {
    /// The terminal.
    pub ui: Ui,
    /// Time and chance.
    pub clock: Box<dyn Clock>,
    /// Flags.
    pub globals: Globals,
    /// The process.
    pub environment: Environment,
    /// The merged settings.
    pub settings: Settings,
    /// The repository.
    pub repo: Repo,
    /// Our records of it.
    pub store: Store,
    needs: OnceCell<Needs>,
    needs_now: OnceCell<Needs>,
    distrusted: OnceCell<Vec<TaskId>>,
    completed: RefCell<Vec<OperationRecord>>,
    may_write: Cell<bool>,
}

/// How long ago files must have been written for their time to tell what was read, in nanoseconds.
const SETTLED: i128 = 2_000_000_000;

impl Context {
    /// Puts the parts together.
    pub fn new(
        ui: Ui,
        clock: Box<dyn Clock>,
        globals: Globals,
        environment: Environment,
        settings: Settings,
        repo: Repo,
    ) -> Self {
        let layout = Layout::new(&repo.place().common_dir, &settings.worktree_dir(repo.place()));
        Self {
            ui,
            clock,
            globals,
            environment,
            settings,
            repo,
            store: Store::new(layout),
            needs: OnceCell::new(),
            needs_now: OnceCell::new(),
            distrusted: OnceCell::new(),
            completed: RefCell::default(),
            may_write: Cell::new(false),
        }
    }

    /// Gives the terminal back.
    pub fn into_ui(self) -> Ui {
        self.ui
    }

    /// Gives what the repository needs; looked up once. A command that changes something asks git, any other takes what was found
    /// before while it holds.
    pub fn needs(&self) -> Result<&Needs, Error> {
        if let Some(needs) = self.needs_now.get().or_else(|| self.needs.get()) {
            return Ok(needs);
        }
        let needs = self.needs_remembered()?;
        Ok(self.needs.get_or_init(|| needs))
    }

    fn needs_remembered(&self) -> Result<Needs, Error> {
        let env = &self.environment.env;
        let still = |remembered| Needs::still(&self.repo, env, &remembered);
        if let Some(needs) = self.store.preflight().and_then(still) {
            return Ok(needs);
        }
        let begun = self.clock.now().as_nanosecond();
        command::require_git()?;
        let (needs, remembered) = Needs::to_remember(&self.repo, env)?;
        // What was written just now may have been written after it was read, with the same time.
        if let Some(remembered) = remembered.filter(|found| found.newest() < begun - SETTLED) {
            drop(self.store.keep_preflight(&remembered));
        }
        Ok(needs)
    }

    /// Gives what the repository needs, asked of git: for whoever changes something, and for who asks just that.
    pub fn needs_now(&self) -> Result<&Needs, Error> {
        if let Some(needs) = self.needs_now.get() {
            return Ok(needs);
        }
        command::require_git()?;
        let needs = Needs::of(&self.repo)?;
        Ok(self.needs_now.get_or_init(|| needs))
    }

    /// Gives what the repository needs where a task is looked at: in a worktree whose agent tampered with what git runs, libgit2 alone
    /// reads, which runs nothing.
    pub fn needs_of(&self, task: &TaskId) -> Result<Needs, Error> {
        Ok(if self.distrusted()?.contains(task) { Needs::default() } else { self.needs()?.clone() })
    }

    /// Gives the tasks whose agents tampered with what git runs, as far as nobody approved it; looked up once.
    pub fn distrusted(&self) -> Result<&[TaskId], Error> {
        if let Some(known) = self.distrusted.get() {
            return Ok(known);
        }
        let found = approve::distrusted(self)?;
        Ok(self.distrusted.get_or_init(|| found))
    }

    /// Gives a directory for temporary files of ours, made where it is missing; a cache, so read verbs may make it.
    pub fn scratch(&self) -> Result<PathBuf, Error> {
        Ok(self.store.scratch()?)
    }

    /// Gives what operations work with.
    pub fn shop(&self) -> Result<Shop<'_>, Error> {
        Ok(Shop { repo: &self.repo, store: &self.store, needs: self.needs_now()?, clock: &*self.clock })
    }

    /// Begins a verb that changes something: not inside an agent, not where we may not write, and after recovery of
    /// what a killed command left. A dry run recovers nothing.
    pub fn begin_mutation(&self) -> Result<Shop<'_>, Error> {
        self.refuse_inside_agent()?;
        preflight::refuse_unsupported(&self.repo)?;
        let shop = self.shop()?;
        self.store.refuse_newer()?;
        if self.globals.dry_run {
            return Ok(shop);
        }
        self.may_write.set(true);
        for recovered in recover::recover(&shop)? {
            let completed = recovered.end == End::Committed;
            let how = if completed { "completed" } else { "took back" };
            let record = &recovered.record;
            self.ui.note(&format!(
                "{how} an unfinished `{}` of {}: {}",
                record.command,
                record.time.strftime("%Y-%m-%d %H:%M:%S UTC"),
                record.summary
            ));
            recovered.left.iter().for_each(|left| self.ui.warn(left));
            if completed {
                self.completed.borrow_mut().push(recovered.record);
            }
        }
        Ok(shop)
    }

    /// Tells whether this is a verb that changes something, and has begun to.
    pub fn may_write(&self) -> bool {
        self.may_write.get()
    }

    /// Tells whether this command has just completed an undo that was killed.
    pub fn has_completed_an_undo(&self) -> bool {
        self.completed.borrow().iter().any(|record| !record.undoes.is_empty())
    }

    /// Refuses where an agent called us.
    pub fn refuse_inside_agent(&self) -> Result<(), Error> {
        if let Some(attempt) = &self.environment.inside {
            let refused = Error::refused(format!(
                "this runs inside an agent (attempt {attempt}), where nothing may be changed"
            ));
            return Err(refused.hint("let the agent edit and commit in its worktree; windrow brings it home"));
        }
        Ok(())
    }

    /// Says, for a verb that only reads, that recovery is due.
    pub fn note_recovery(&self) {
        if self.store.is_recovery_due() {
            self.ui.note("a killed command left something unfinished; the next command that changes something recovers it");
        }
    }

    /// Asks for consent. `ours` is the way out where we chose the set, or something is discarded: then a run without a
    /// terminal needs `--yes`; names given are consent.
    pub fn consent(&self, question: &str, ours: Option<&str>) -> Result<(), Error> {
        if self.globals.yes {
            return Ok(());
        }
        if self.ui.can_ask() {
            return if self.ui.confirm(question, true)? {
                Ok(())
            } else {
                Err(Error::refused("declined; nothing was changed"))
            };
        }
        let Some(hint) = ours else { return Ok(()) };
        let refused =
            Error::refused("this needs consent, and there is no terminal to ask on; nothing was changed");
        Err(refused.hint(hint))
    }

    /// Shows the actions of a dry run; with `--json` in the document of the verb.
    pub fn report_actions(&self, document: &serde_json::Value, actions: &[Action]) -> Result<Status, Error> {
        if self.globals.json {
            self.ui.json(&json::dry_run(document, actions));
        } else {
            self.ui.out(&show::actions(actions, &self.look()));
        }
        Ok(OK)
    }

    /// Gives how text on standard output is written.
    pub fn look(&self) -> Look<'_> {
        self.ui.look(Some(&self.environment.cwd), self.environment.home.as_deref())
    }

    /// Shows a path as short as it can be said from where one stands.
    pub fn show_path(&self, path: &std::path::Path) -> String {
        self.look().path(path)
    }

    /// Shows a path in full, quoted where it has to be.
    pub fn full_path(path: &std::path::Path) -> String {
        show(path)
    }
}
