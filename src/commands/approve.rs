//! `windrow approve`: commands that come with a repository run only after somebody has read them.

use super::{Context, OK, Status};
use crate::domain::approval::RepositoryCommand;
use crate::error::Error;
use crate::store::approvals::Approvals;
use crate::ui::{json, show, text};

/// Approve the commands of the repository's own settings
///
/// Commands of .config/windrow.toml (`setup`, `gate`, agents) came with the repository, so none of them runs before it
/// has been approved. This shows those that are not, and approves them; a command that changes has to be approved again. What you
/// write in your own settings or in a plan that you name needs no approval. Approvals are kept outside of the repository.
///
/// Exit codes: 0 approved, or nothing to approve · 1 refused.
#[derive(clap::Args, Debug)]
pub struct ApproveArgs {
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
    let missing = approvals.missing(&cx.settings.of_repository)?;
    if !cx.globals.dry_run && !missing.is_empty() {
        approvals.add(&missing)?;
    }
    if cx.globals.json {
        cx.ui.json(&json::approve(&missing, cx.globals.dry_run));
        return Ok(OK);
    }
    if missing.is_empty() {
        let all = cx.settings.of_repository.len();
        cx.ui.note(match all {
            0 => "the repository's settings have no commands",
            _ => "every command of the repository's settings is approved",
        });
        return Ok(OK);
    }
    cx.ui.out(&show::repository_commands(&missing, &cx.look()));
    if cx.globals.dry_run {
        cx.ui.note("would be approved");
    } else {
        cx.ui.success(&format!("approved {}", text::plural_len(missing.len(), "command")));
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

impl Context {
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
