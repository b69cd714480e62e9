//! Completion as one types, with the names that exist now: `COMPLETE=bash windrow` gives the script of a shell, and the
//! script asks us again at each key.
//!
//! It answers at a key press, wherever one stands: it fails of nothing and writes nothing.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, CommandFactory, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};

use super::Cli;
use crate::commands::names::{self, Names};

/// The variable that asks for it.
const VARIABLE: &str = "COMPLETE";

/// Answers a shell that asks for completions; nothing if none does.
pub(super) fn answer(words: &[OsString]) -> Option<ExitCode> {
    let cwd = std::env::current_dir().ok();
    match CompleteEnv::with_factory(command).var(VARIABLE).try_complete(words.to_vec(), cwd.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        Err(error) => {
            drop(error.print());
            Some(ExitCode::from(2))
        }
    }
}

/// Gives the script that makes a shell ask us; nothing for a shell that cannot.
pub(super) fn registration(shell: &str) -> Option<String> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let completer = shells.completer(shell)?;
    completer.write_registration(VARIABLE, "windrow", "windrow", "windrow", &mut script).ok()?;
    Some(String::from_utf8_lossy(&script).trim().to_owned() + "\n")
}

/// Gives the command line with the names of this repository at every argument that takes one. Options come only where
/// one begins to type one, or where there is nothing else; other words for a verb are known and not offered.
fn command() -> clap::Command {
    let is_option =
        typed(std::env::args_os()).last().is_some_and(|word| word.to_string_lossy().starts_with('-'));
    let offer = move |argument: Arg| {
        let hidden = argument.is_hide_set() || (!is_option && !argument.is_positional());
        argument.hide(hidden)
    };
    let mut command = Cli::command();
    // Now, so that the options that clap adds by itself are among them.
    command.build();
    command = command.mut_args(offer);
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs {
        command = command.mut_subcommand(&verb, |of_verb| {
            let aliases: Vec<String> = of_verb.get_visible_aliases().map(str::to_owned).collect();
            let of_verb = of_verb.visible_alias(None::<&'static str>).aliases(aliases);
            let of_verb = if verb == "trash" { restorable(of_verb, offer) } else { of_verb };
            of_verb.mut_args(|argument| match named_by(&verb, &argument) {
                Some(what) => offer(argument).add(ArgValueCandidates::new(move || candidates(what))),
                None if is_plan(&verb, &argument) => argument.value_hint(ValueHint::FilePath),
                None => offer(argument),
            })
        });
    }
    command
}

/// Offers what lies in the trash to `trash restore`.
fn restorable(trash: clap::Command, offer: impl Fn(Arg) -> Arg) -> clap::Command {
    trash.mut_subcommand("restore", |restore| {
        restore.mut_args(|argument| match argument.get_id().as_str() {
            "what" => offer(argument).add(ArgValueCandidates::new(|| candidates(Names::Trash))),
            _ => offer(argument),
        })
    })
}

/// Tells what an argument names.
fn named_by(verb: &str, argument: &Arg) -> Option<Names> {
    Some(match (verb, argument.get_id().as_str()) {
        // A new name.
        ("start", "names") => return None,
        (_, "name" | "names") => Names::Tasks,
        ("run", "tasks") => Names::Planned,
        ("report" | "logs" | "wait" | "stop", "run") => Names::Runs,
        ("undo" | "redo", "id") => Names::Operations,
        (_, "agent") => Names::Agents,
        (_, "base" | "into") => Names::Branches,
        _ => return None,
    })
}

/// Tells whether an argument can be a plan's file.
fn is_plan(verb: &str, argument: &Arg) -> bool {
    matches!((verb, argument.get_id().as_str()), ("run", "what") | ("plan", "plan"))
}

fn candidates(what: Names) -> Vec<CompletionCandidate> {
    let Ok(cwd) = std::env::current_dir() else { return Vec::new() };
    let words = typed(std::env::args_os());
    let at = directory(&words).map_or_else(|| cwd.clone(), |directory| cwd.join(directory));
    let found = names::names(what, &at, plan(&words), super::settings::quietly);
    let candidate = |named: names::Named| {
        CompletionCandidate::new(named.name).help((!named.about.is_empty()).then(|| named.about.into()))
    };
    found.into_iter().map(candidate).collect()
}

/// Gives what was typed: a shell hands it over behind `--`.
fn typed(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    words.skip_while(|word| word != "--").skip(2).collect()
}

/// Gives the directory of `-C`.
fn directory(words: &[OsString]) -> Option<PathBuf> {
    let at = words.iter().position(|word| word == "-C")?;
    words.get(at + 1).map(PathBuf::from)
}

/// Gives the first word that looks like a plan.
fn plan(words: &[OsString]) -> Option<PathBuf> {
    let is_plan = |word: &&OsString| {
        std::path::Path::new(word).extension() == Some(OsStr::new("toml"))
            && !word.to_string_lossy().contains('=')
    };
    words.iter().find(is_plan).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn what_was_typed() {
        let typed = typed(words("windrow -- windrow -C ../r run --task a plans/x.toml --task ").into_iter());
        assert_eq!(typed[0], "-C");
        assert_eq!(directory(&typed), Some("../r".into()));
        assert_eq!(plan(&typed), Some("plans/x.toml".into()));
        assert_eq!((directory(&words("run -C")), plan(&words("run a=x.toml"))), (None, None));
    }

    #[test]
    fn arguments_name_what_they_say() {
        let command = Cli::command();
        let of = |verb: &str, id: &str| {
            let verb = command.find_subcommand(verb).unwrap();
            named_by(verb.get_name(), verb.get_arguments().find(|argument| argument.get_id() == id).unwrap())
        };
        assert_eq!(of("path", "name"), Some(Names::Tasks));
        assert_eq!(of("merge", "names"), Some(Names::Tasks));
        assert_eq!(of("merge", "into"), Some(Names::Branches));
        assert_eq!(of("start", "names"), None);
        assert_eq!(of("run", "tasks"), Some(Names::Planned));
        assert_eq!(of("run", "agent"), Some(Names::Agents));
        assert_eq!(of("logs", "run"), Some(Names::Runs));
        assert_eq!(of("undo", "id"), Some(Names::Operations));
    }

    #[test]
    fn the_definition_with_names_is_consistent() {
        super::command().debug_assert();
    }

    #[test]
    fn the_scripts_are_of_shells_that_exist() {
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            assert!(registration(shell).is_some_and(|script| script.contains("COMPLETE")), "{shell}");
        }
        assert_eq!(registration("tcsh"), None);
    }
}
