//! The command line as clap sees it.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::commands::{
    adopt, clean, diff, history, logs, merge, path, plan, redo, report, run, start, status, trash, undo,
};

/// One git worktree and branch per task, an agent in each, and the work brought home
///
/// windrow starts a git worktree and a branch for each task, runs an agent in each of them in parallel, judges what
/// came of it by evidence, and merges, cleans up and undoes.
#[derive(Parser, Debug)]
#[command(
    name = "windrow",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Run as if started in PATH
    #[arg(short = 'C', value_name = "PATH", global = true)]
    pub directory: Option<PathBuf>,
    /// Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// When to write colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorArg::Auto, global = true)]
    pub color: ColorArg,
    /// Leave out narration
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Consent where it would be asked for
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Show what would be changed, and change nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// When colours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Verb {
    #[allow(missing_docs)]
    Start(start::StartArgs),
    #[allow(missing_docs)]
    Adopt(adopt::AdoptArgs),
    #[allow(missing_docs)]
    Run(run::RunArgs),
    #[allow(missing_docs)]
    Plan(plan::PlanArgs),
    #[allow(missing_docs)]
    #[command(visible_alias = "ls")]
    Status(status::StatusArgs),
    #[allow(missing_docs)]
    Logs(logs::LogsArgs),
    #[allow(missing_docs)]
    Path(path::PathArgs),
    #[allow(missing_docs)]
    Diff(diff::DiffArgs),
    #[allow(missing_docs)]
    Merge(merge::MergeArgs),
    #[allow(missing_docs)]
    Clean(clean::CleanArgs),
    #[allow(missing_docs)]
    Undo(undo::UndoArgs),
    #[allow(missing_docs)]
    Redo(redo::RedoArgs),
    #[allow(missing_docs)]
    History(history::HistoryArgs),
    #[allow(missing_docs)]
    Trash(trash::TrashArgs),
    #[allow(missing_docs)]
    Report(report::ReportArgs),
    #[allow(missing_docs)]
    Completions(CompletionsArgs),
}

/// Print the completion script of a shell
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

impl Verb {
    /// Gives the verb's word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Adopt(_) => "adopt",
            Self::Run(_) => "run",
            Self::Plan(_) => "plan",
            Self::Status(_) => "status",
            Self::Logs(_) => "logs",
            Self::Path(_) => "path",
            Self::Diff(_) => "diff",
            Self::Merge(_) => "merge",
            Self::Clean(_) => "clean",
            Self::Undo(_) => "undo",
            Self::Redo(_) => "redo",
            Self::History(_) => "history",
            Self::Trash(_) => "trash",
            Self::Report(_) => "report",
            Self::Completions(_) => "completions",
        }
    }
}

/// Generates the completion script of a shell.
pub(super) fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "windrow", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_has_help_of_its_own() {
        for verb in Cli::command().get_subcommands() {
            assert!(verb.get_about().is_some(), "{}", verb.get_name());
        }
    }
}
