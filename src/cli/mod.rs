//! The command line: arguments, environment, settings files, and the one place where an error is rendered.

mod args;
mod clock;
mod environment;
mod settings;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

pub use args::Cli;
use args::{ColorArg, Verb};

use crate::commands;
use crate::commands::{Context, Globals, OK, Status};
use crate::error::{Error, Kind};
use crate::git::Repo;
use crate::process::{self, Supervisor};
use crate::ui::{ColorChoice, ErrorView, Ui, UiOptions};

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    // The supervisor of an attempt: before anything else, without settings and without a terminal.
    if let [_, verb, dir] = &words[..]
        && verb == "__shim"
    {
        return ExitCode::from(process::shim_main(Path::new(dir)));
    }
    match Cli::try_parse_from(&words) {
        Ok(cli) => ExitCode::from(run(cli)),
        Err(error) => usage(&words, &error),
    }
}

/// Shows help and version on standard output, and what is wrong with the arguments on standard error, or, with
/// `--json`, as a document.
fn usage(words: &[OsString], error: &clap::Error) -> ExitCode {
    let json = words.iter().any(|word| word == "--json");
    if json && !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let text = error.to_string();
        let (what, ways_out) = text.split_once("\n\n").unwrap_or((&text, ""));
        let lines = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
        };
        let message = lines(what.trim_start_matches("error: ")).join(" ");
        let verb = Cli::command()
            .get_subcommands()
            .map(|verb| verb.get_name().to_owned())
            .find(|name| words.iter().any(|word| word == name.as_str()));
        let view = ErrorView {
            command: verb.unwrap_or_default(),
            kind: Kind::Usage.word().to_owned(),
            message,
            causes: Vec::new(),
            hints: lines(ways_out),
        };
        Ui::new(UiOptions { json: true, ..UiOptions::default() }).error(&view);
        return ExitCode::from(Kind::Usage.code());
    }
    // A closed pipe is no failure.
    drop(error.print());
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Kind::Usage.code()))
}

fn run(cli: Cli) -> Status {
    let ui = Ui::new(ui_options(&cli));
    let command = cli.verb.name();
    if let Verb::Completions(arguments) = &cli.verb {
        ui.out_bytes(&args::completions(arguments.shell));
        return OK;
    }
    environment::arm_crash_point();
    let (ui, result) = dispatch(cli, ui);
    let code = match result {
        Ok(code) => code,
        Err(error) => {
            let code = error.kind.code();
            ui.error(&view(command, error));
            code
        }
    };
    match ui.take_failure() {
        Some(failure) if code == OK => {
            ui.error(&view(command, Error::refused(format!("cannot write to standard output: {failure}"))));
            Kind::Refused.code()
        }
        _ => code,
    }
}

fn view(command: &str, error: Error) -> ErrorView {
    let Error { kind, message, causes, hints } = error;
    ErrorView { command: command.to_owned(), kind: kind.word().to_owned(), message, causes, hints }
}

fn dispatch(cli: Cli, ui: Ui) -> (Ui, Result<Status, Error>) {
    let parts = (|| {
        let supervisor = Supervisor::open(&std::env::current_exe().unwrap_or_else(|_| "windrow".into()))?;
        let environment = environment::read(cli.directory.as_deref(), supervisor)?;
        let repo = Repo::discover(&environment.cwd)?;
        let settings = settings::load(&environment, repo.place(), &ui)?;
        Ok::<_, Error>((environment, repo, settings))
    })();
    let (environment, repo, settings) = match parts {
        Ok(parts) => parts,
        Err(error) => return (ui, Err(error)),
    };
    let globals = Globals { json: cli.json, yes: cli.yes, dry_run: cli.dry_run };
    let clock = clock::SystemClock { ahead: environment::clock_ahead() };
    let cx = Context::new(ui, Box::new(clock), globals, environment, settings, repo);
    let result = match &cli.verb {
        Verb::Start(args) => commands::start::run(&cx, args),
        Verb::Adopt(args) => commands::adopt::run(&cx, args),
        Verb::Run(args) => commands::run::run(&cx, args),
        Verb::Plan(args) => commands::plan::run(&cx, args),
        Verb::Status(args) => commands::status::run(&cx, args),
        Verb::Logs(args) => commands::logs::run(&cx, args),
        Verb::Path(args) => commands::path::run(&cx, args),
        Verb::Diff(args) => commands::diff::run(&cx, args),
        Verb::Merge(args) => commands::merge::run(&cx, args),
        Verb::Clean(args) => commands::clean::run(&cx, args),
        Verb::Undo(args) => commands::undo::run(&cx, args),
        Verb::Redo(args) => commands::redo::run(&cx, args),
        Verb::History(args) => commands::history::run(&cx, args),
        Verb::Trash(args) => commands::trash::run(&cx, args),
        Verb::Report(args) => commands::report::run(&cx, args),
        Verb::Completions(_) => Ok(OK),
    };
    (cx.into_ui(), result)
}

fn ui_options(cli: &Cli) -> UiOptions {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let force = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    let color = match cli.color {
        ColorArg::Always => ColorChoice::Always,
        ColorArg::Never => ColorChoice::Never,
        ColorArg::Auto if force && !set("NO_COLOR") => ColorChoice::Always,
        ColorArg::Auto => ColorChoice::Auto,
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let utf8 = |locale: String| locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    UiOptions {
        color,
        no_color_env: set("NO_COLOR"),
        term_dumb: std::env::var_os("TERM").is_none_or(|term| term == "dumb"),
        json: cli.json,
        quiet: cli.quiet,
        verbose: cli.verbose,
        unicode: locale.map_or(cfg!(any(windows, target_os = "macos")), utf8),
        stdin_tty: std::io::stdin().is_terminal(),
        stdout_tty: std::io::stdout().is_terminal(),
        stderr_tty: std::io::stderr().is_terminal(),
        columns: std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok())
            .filter(|columns| *columns > 0),
    }
}

/// Generates the completion script of a shell, for the test that the committed ones are current.
#[doc(hidden)]
pub fn completion_script(shell: clap_complete::Shell) -> Vec<u8> {
    args::completions(shell)
}
