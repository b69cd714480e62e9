//! What the commits that land tasks say.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::MergeArgs;
use crate::commands::{Context, diff};
use crate::domain::merge::Strategy;
use crate::domain::name::{BranchName, TaskName};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::operation::land::Message;
use crate::process;

/// Where messages come from.
pub(super) enum Wording {
    /// Ours.
    Own,
    /// A template.
    Template(String),
    /// A program, asked once a task.
    Command { line: String, said: RefCell<BTreeMap<TaskName, String>> },
}

impl Wording {
    /// Decides by the flags, and of a squash by the settings.
    pub(super) fn of(cx: &Context, args: &MergeArgs, strategy: Strategy) -> Result<Self, Error> {
        let given = args.message.is_some() || args.message_command.is_some();
        if given && matches!(strategy, Strategy::Rebase | Strategy::Ff) {
            return Err(Error::usage(format!(
                "{} makes no commit that a message could be for",
                strategy.word()
            )));
        }
        if let Some(line) = &args.message_command {
            return Ok(Self::Command { line: line.clone(), said: RefCell::default() });
        }
        let of_squash = || cx.settings.squash_message.clone().filter(|_| strategy == Strategy::Squash);
        Ok(args.message.clone().or_else(of_squash).map_or(Self::Own, Self::Template))
    }

    /// Gives the message of a task; `ask` is false where only what would land is computed.
    pub(super) fn message(
        &self,
        cx: &Context,
        task: &TaskRecord,
        into: &BranchName,
        ask: bool,
    ) -> Result<Message, Error> {
        match self {
            Self::Own => Ok(Message::Own),
            Self::Template(text) => Ok(Message::Template(text.clone())),
            Self::Command { .. } if !ask => Ok(Message::Own),
            Self::Command { line, said } => {
                if let Some(known) = said.borrow().get(&task.name) {
                    return Ok(Message::Text(known.clone()));
                }
                let text = asked(cx, line, task, into)?;
                said.borrow_mut().insert(task.name.clone(), text.clone());
                Ok(Message::Text(text))
            }
        }
    }
}

fn asked(cx: &Context, line: &str, task: &TaskRecord, into: &BranchName) -> Result<String, Error> {
    let mut env = cx.environment.env.clone();
    env.extend(task.variables());
    env.insert("WINDROW_BASE".to_owned(), into.to_string());
    let patch = diff::of(cx, task, true)?.patch;
    let (status, text) = process::answer(line, cx.repo.place().root(), &env, patch)?;
    let refused = |why: &str| {
        Error::refused(format!("`{line}` gave no message for `{}`: {why}; nothing was landed", task.name))
            .hint("leave out --message-command, or say --message TEXT")
    };
    match (status, text.trim()) {
        (Some(how), _) => Err(refused(&how)),
        (None, "") => Err(refused("it wrote nothing")),
        (None, text) => Ok(text.to_owned()),
    }
}
