//! The command line as clap sees it.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::commands::{
    adopt, agents, approve, clean, diff, doctor, forecast, history, init, logs, man, merge, path, plan, redo,
    report, review, run, send, start, status, stop, trash, undo, wait,
};

/// The heading of what every verb takes.
const GLOBAL: &str = "Global options";

const AFTER_HELP: &str = "\
The main job:
  windrow run plan.toml   worktrees, branches and agents, in parallel
  windrow status          who did what, what is uncommitted, what would merge
  windrow diff NAME       commits, staged, unstaged and untracked in one
  windrow forecast        who will conflict with whom, and in which order to land
  windrow merge --all     land what is done
  windrow clean           remove what is finished
  windrow undo            take any of it back

A task is named by its name or its branch; @ is the one you stand in.

Exit codes:
  0    done, or nothing to do
  1    refused; nothing was changed
  2    the command line is wrong
  3    a conflict
  4    a task did not succeed, or not all was done
  5    a gate failed
  6    the plan or the settings are invalid
  7    not a repository, one that is not supported, or git is too old
  70   a defect of windrow
  130  interrupted
  143  terminated";

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
    arg_required_else_help = true,
    after_help = AFTER_HELP
)]
pub struct Cli {
    /// Run as if started in PATH
    #[arg(short = 'C', value_name = "PATH", global = true, help_heading = GLOBAL)]
    pub directory: Option<PathBuf>,
    /// Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub json: bool,
    /// Write colours: on a terminal, always or never
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorArg::Auto, global = true, help_heading = GLOBAL)]
    pub color: ColorArg,
    /// Never send long output to a pager
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub no_pager: bool,
    /// Leave out narration
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = GLOBAL)]
    pub verbose: u8,
    /// Consent where it would be asked for
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub yes: bool,
    /// Show what would be changed, and change nothing
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub dry_run: bool,
    /// Whether we are the dispatcher of a detached run: told by a first word of its own, not by an argument
    #[arg(skip)]
    pub dispatcher: bool,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// When colours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    #[allow(missing_docs)]
    Auto,
    #[allow(missing_docs)]
    Always,
    #[allow(missing_docs)]
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
    Wait(wait::WaitArgs),
    #[allow(missing_docs)]
    Stop(stop::StopArgs),
    #[allow(missing_docs)]
    Send(send::SendArgs),
    #[allow(missing_docs)]
    Path(path::PathArgs),
    #[allow(missing_docs)]
    Diff(diff::DiffArgs),
    #[allow(missing_docs)]
    Review(review::ReviewArgs),
    #[allow(missing_docs)]
    Forecast(forecast::ForecastArgs),
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
    Init(init::InitArgs),
    #[allow(missing_docs)]
    Agents(agents::AgentsArgs),
    #[allow(missing_docs)]
    Doctor(doctor::DoctorArgs),
    #[allow(missing_docs)]
    Approve(approve::ApproveArgs),
    #[allow(missing_docs)]
    ShellInit(ShellInitArgs),
    #[allow(missing_docs)]
    Completions(CompletionsArgs),
    #[allow(missing_docs)]
    Man(man::ManArgs),
}

/// Print the completion script of a shell
///
/// Where the shells look for it:
///
///   bash  ~/.local/share/bash-completion/completions/windrow
///   zsh   _windrow, in a directory of $fpath
///   fish  ~/.config/fish/completions/windrow.fish
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Print what a shell needs for `wcd NAME`, a cd into a task's worktree, and for completion of the names that exist now
///
/// In ~/.bashrc: eval "$(windrow shell-init bash)" · in ~/.zshrc: eval "$(windrow shell-init zsh)" · in
/// ~/.config/fish/config.fish: windrow shell-init fish | source · in $PROFILE: windrow shell-init powershell | Out-String |
/// Invoke-Expression
#[derive(Args, Debug)]
pub struct ShellInitArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: SetUpShell,
}

/// Shells that can be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SetUpShell {
    /// Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

impl SetUpShell {
    /// Gives its word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
        }
    }
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
            Self::Wait(_) => "wait",
            Self::Stop(_) => "stop",
            Self::Send(_) => "send",
            Self::Path(_) => "path",
            Self::Diff(_) => "diff",
            Self::Review(_) => "review",
            Self::Forecast(_) => "forecast",
            Self::Merge(_) => "merge",
            Self::Clean(_) => "clean",
            Self::Undo(_) => "undo",
            Self::Redo(_) => "redo",
            Self::History(_) => "history",
            Self::Trash(_) => "trash",
            Self::Report(_) => "report",
            Self::Init(_) => "init",
            Self::Agents(_) => "agents",
            Self::Doctor(_) => "doctor",
            Self::Approve(_) => "approve",
            Self::ShellInit(_) => "shell-init",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
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
