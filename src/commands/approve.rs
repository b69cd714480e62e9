//! `windrow approve`: commands that come with a repository run only after somebody has read them.

use std::collections::BTreeMap;

use super::gather::World;
use super::{Context, OK, Status};
use crate::domain::approval::RepositoryCommand;
use crate::domain::attempt::Settled;
use crate::domain::name::{TaskId, TaskName};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::store::approvals::Approvals;
use crate::store::runs::AttemptRecord;
use crate::ui::{json, show, text};

/// Approve the commands of the repository's own settings, or what an agent changed that decides what runs
///
/// Commands of .config/windrow.toml (`setup`, `gate`, agents) came with the repository, so none of them runs before it
/// has been approved. This shows those that are not, and approves them; a command that changes has to be approved again. What you
/// write in your own settings or in a plan that you name needs no approval. Approvals are kept outside of the repository.
///
/// With NAME, accepts what changed while that task's agent ran of the repository's configuration, its hooks, its info files and what ties the
/// worktree to it: the names are shown. Until then the task is not merged, and no agent runs on it.
///
/// Exit codes: 0 approved, or nothing to approve · 1 refused.
#[derive(clap::Args, Debug)]
pub struct ApproveArgs {
    /// The task whose agent changed such files
    #[arg(value_name = "NAME", conflicts_with = "revoke")]
    pub name: Option<String>,
    /// Take all approvals of this repository back
    #[arg(long)]
    pub revoke: bool,
}

/// Runs it. Calling it is consent: the commands are shown.
pub fn run(cx: &Context, args: &ApproveArgs) -> Result<Status, Error> {
    cx.refuse_inside_agent()?;
    let approvals = cx.approvals()?;
    if args.revoke {
        return revoke(cx, &approvals);
    }
    let asked = match &args.name {
        Some(name) => {
            let world = World::read(cx)?;
            changed_surface(&world, world.select(cx, name)?).into_iter().collect()
        }
        None => cx.settings.of_repository.clone(),
    };
    let missing = approvals.missing(&asked)?;
    if !cx.globals.dry_run && !missing.is_empty() {
        approvals.add(&missing)?;
    }
    if cx.globals.json {
        cx.ui.json(&json::approve(&missing, cx.globals.dry_run));
        return Ok(OK);
    }
    if missing.is_empty() {
        cx.ui.note(match (asked.len(), &args.name) {
            (0, Some(_)) => "its agent changed nothing that decides what runs",
            (0, None) => "the repository's settings have no commands",
            (_, Some(_)) => "what its agent changed is approved",
            (_, None) => "every command of the repository's settings is approved",
        });
        return Ok(OK);
    }
    cx.ui.out(&show::repository_commands(&missing, &cx.look()));
    if cx.globals.dry_run {
        cx.ui.note("would be approved");
    } else {
        cx.ui.success(&match args.name {
            Some(_) => "approved as it is now".to_owned(),
            None => format!("approved {}", text::plural_len(missing.len(), "command")),
        });
        cx.ui.hint("take it back: windrow approve --revoke");
    }
    Ok(OK)
}

fn revoke(cx: &Context, approvals: &Approvals) -> Result<Status, Error> {
    let approved = cx.settings.of_repository.len() - approvals.missing(&cx.settings.of_repository)?.len();
    let count = if cx.globals.dry_run { approved } else { approvals.clear()? };
    if cx.globals.json {
        cx.ui.json(&json::revoked(count, cx.globals.dry_run));
    } else if cx.globals.dry_run {
        cx.ui.note("every approval of this repository would be taken back");
    } else if count == 0 {
        cx.ui.note("nothing of this repository was approved");
    } else {
        cx.ui.success("the commands of this repository's settings are not approved any more");
    }
    Ok(OK)
}

/// Gives the tasks whose last attempts changed the executable surface and were not approved.
pub(super) fn distrusted(cx: &Context) -> Result<Vec<TaskId>, Error> {
    let mut last: BTreeMap<TaskId, AttemptRecord> = BTreeMap::new();
    for attempt in cx.store.attempts()? {
        last.insert(attempt.key.task.clone(), attempt);
    }
    let changed: Vec<(TaskId, RepositoryCommand)> = last
        .into_iter()
        .filter_map(|(id, attempt)| Some((id, changed_by(&attempt.launch.task, attempt.settled.as_ref()?)?)))
        .collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let approvals = cx.approvals()?;
    let is_open = |change: &RepositoryCommand| {
        approvals.missing(std::slice::from_ref(change)).map_or(true, |missing| !missing.is_empty())
    };
    Ok(changed.into_iter().filter(|(_, change)| is_open(change)).map(|(id, _)| id).collect())
}

/// Gives what the last attempt of a task changed of the executable surface, as something that can be approved.
fn changed_surface(world: &World, task: &TaskRecord) -> Option<RepositoryCommand> {
    changed_by(&task.name, world.last_attempt(&task.id)?.settled.as_ref()?)
}

fn changed_by(task: &TaskName, settled: &Settled) -> Option<RepositoryCommand> {
    let said = settled.tampered.iter().map(|(name, digest)| {
        let how = if digest.is_empty() { "removed".to_owned() } else { digest.chars().take(16).collect() };
        format!("{name:?} = {how:?}")
    });
    let said: Vec<String> = said.collect();
    let key = format!("changed-by.{task}");
    (!said.is_empty()).then(|| RepositoryCommand { key, value: format!("{{ {} }}", said.join(", ")) })
}

impl Context {
    /// Gives the names of what the last attempt of a task changed of the executable surface, as far as nobody approved it.
    pub fn tampered(&self, world: &World, task: &TaskRecord) -> Vec<String> {
        let Some(change) = changed_surface(world, task) else { return Vec::new() };
        let approved = self.approvals().and_then(|approvals| Ok(approvals.missing(&[change])?.is_empty()));
        let names = || {
            let settled = world.last_attempt(&task.id).and_then(|attempt| attempt.settled.as_ref());
            settled.map(|settled| settled.tampered.keys().cloned().collect()).unwrap_or_default()
        };
        if approved.unwrap_or(false) { Vec::new() } else { names() }
    }

    /// Refuses to work in a worktree whose agent changed what decides what runs there, until that is approved.
    pub fn refuse_tampered(&self, world: &World, task: &TaskRecord) -> Result<(), Error> {
        let tampered = self.tampered(world, task);
        if tampered.is_empty() {
            return Ok(());
        }
        let refused = Error::refused(format!(
            "the agent of `{}` tampered with the repository: {}; nothing was changed",
            task.name,
            tampered.join(", ")
        ));
        Err(refused.hint("look at these files below the common dir, and put right what is wrong").hint(
            format!("accept them as they are: windrow approve {}", shell_words::quote(task.name.as_str())),
        ))
    }

    /// Gives what was approved of this repository's commands.
    pub(super) fn approvals(&self) -> Result<Approvals, Error> {
        let Some(state) = &self.environment.state else {
            let refused = Error::refused(
                "approvals have no place: neither HOME nor XDG_STATE_HOME is an absolute path",
            );
            return Err(refused.hint("export XDG_STATE_HOME=\"$PWD/state\""));
        };
        Ok(Approvals::new(state, &self.repo.place().common_dir))
    }

    /// Requires that commands of the repository are approved. On a terminal they are shown and asked for, whatever `--yes` says;
    /// elsewhere what is not approved is refused. A dry run runs nothing, and says it.
    pub fn require_approved(&self, commands: &[RepositoryCommand]) -> Result<(), Error> {
        if commands.is_empty() {
            return Ok(());
        }
        let approvals = self.approvals()?;
        let missing = approvals.missing(commands)?;
        let keys: Vec<&str> = missing.iter().map(|command| command.key.as_str()).collect();
        let what = format!(
            "the repository's settings bring commands that are not approved: `{}`",
            keys.join("`, `")
        );
        if missing.is_empty() {
            return Ok(());
        }
        if self.globals.dry_run {
            self.ui.note(&format!("{what}; windrow approve"));
            return Ok(());
        }
        let refused = || {
            let mut error = Error::refused(format!("{what}; nothing was changed"));
            for command in &missing {
                error = error.cause(format!("{} = {}", command.key, command.value));
            }
            error.hint("read them, then: windrow approve")
        };
        if !self.ui.can_ask() {
            return Err(refused());
        }
        self.ui.narrate_block(&show::repository_commands(&missing, &self.look()));
        if !self.ui.confirm("these commands came with the repository: run them, now and later?", false)? {
            return Err(Error::refused("declined; nothing was changed"));
        }
        Ok(approvals.add(&missing)?)
    }
}
