//! The command line: arguments, environment, settings files, and the one place where an error is rendered.

mod args;
mod clock;
mod complete;
mod environment;
mod man;
mod settings;
mod shell_init;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

pub use args::Cli;
use args::{ColorArg, Verb};

use crate::commands;
use crate::commands::{Context, Globals, OK, Status};
use crate::error::{Error, Kind};
use crate::git::Repo;
use crate::process::{self, Supervisor};
use crate::ui::{ColorChoice, ErrorView, Ui, UiOptions, json};

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    // The supervisor of an attempt: before anything else, without settings and without a terminal.
    if let [_, verb, dir] = &words[..]
        && verb == "__shim"
    {
        return ExitCode::from(process::shim_main(Path::new(dir)));
    }
    let dispatcher = words.get(1).is_some_and(|word| word == commands::run::DISPATCHER);
    if dispatcher {
        words.remove(1);
    }
    if let Some(answered) = complete::answer(&words) {
        return answered;
    }
    match parse(&words) {
        Ok(cli) => {
            let cli = Cli { dispatcher, ..cli };
            let (json, command) = (cli.json, cli.verb.name());
            ExitCode::from(or_defect(json, command, || run(cli)))
        }
        Err(error) => usage(&words, &error),
    }
}

/// Reads the arguments. Called as `git-windrow`, as git calls it for `git windrow`, help and usage say that.
fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    let called = words.first().map(|word| Path::new(word).file_stem().unwrap_or_default());
    let mut command = Cli::command();
    if called.is_some_and(|name| name == "git-windrow") {
        command = command.bin_name("git windrow");
    }
    let mut matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
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

/// Turns a panic into the error and the exit code of a defect of ours. What was done is in the journal, and the next
/// command that changes something recovers it.
fn or_defect(json: bool, command: &str, work: impl FnOnce() -> Status) -> Status {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let error = Error::new(Kind::Internal, "this is a defect of windrow; the lines above say where")
            .hint("please report it with those lines; nothing is lost: windrow history");
        Ui::new(UiOptions { json, ..UiOptions::default() }).error(&view(command, error));
        Kind::Internal.code()
    })
}

fn run(cli: Cli) -> Status {
    let dispatcher = cli.dispatcher;
    if dispatcher {
        process::begin_session();
    }
    let ui = Ui::new(ui_options(&cli));
    let command = cli.verb.name();
    environment::arm_crash_point();
    let (ui, result) = match everywhere(&cli, &ui) {
        Some(result) => (ui, result),
        None => dispatch(cli, ui),
    };
    let code = match result {
        Ok(code) => code,
        Err(error) => {
            let code = error.kind.code();
            if dispatcher {
                // Whoever started us reads it, and tells it.
                ui.json_line(&json::error(&view(command, error)));
            } else {
                ui.error(&view(command, error));
            }
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

/// Runs a verb that needs no repository; nothing for one that does.
fn everywhere(cli: &Cli, ui: &Ui) -> Option<Result<Status, Error>> {
    let script = |command: &str, shell: &str, script: &[u8]| {
        if cli.json {
            ui.json(&json::script(command, shell, &String::from_utf8_lossy(script)));
        } else {
            ui.out_bytes(script);
        }
        Ok(OK)
    };
    Some(match &cli.verb {
        Verb::Completions(arguments) => {
            script("completions", &arguments.shell.to_string(), &args::completions(arguments.shell))
        }
        Verb::ShellInit(arguments) => {
            script("shell-init", arguments.shell.word(), shell_init::script(arguments.shell).as_bytes())
        }
        Verb::Man(arguments) => supervisor()
            .and_then(|supervisor| environment::read(cli.directory.as_deref(), supervisor))
            .and_then(|environment| {
                let dir = environment.cwd.join(&arguments.dir);
                commands::man::run(ui, globals(cli), &dir, &man::pages())
            }),
        Verb::Agents(_) => agents(cli, ui),
        _ => return None,
    })
}

fn agents(cli: &Cli, ui: &Ui) -> Result<Status, Error> {
    let environment = environment::read(cli.directory.as_deref(), supervisor()?)?;
    let settings = match Repo::discover(&environment.cwd) {
        Ok(repo) => settings::load(&environment, repo.place(), ui)?,
        Err(_) => settings::quietly(None),
    };
    let look = ui.look(Some(&environment.cwd), environment.home.as_deref());
    commands::agents::run(ui, globals(cli), &settings, &environment.path, &look)
}

fn supervisor() -> Result<Supervisor, Error> {
    Ok(Supervisor::open(&std::env::current_exe().unwrap_or_else(|_| "windrow".into()))?)
}

const fn globals(cli: &Cli) -> Globals {
    Globals { json: cli.json && !cli.dispatcher, yes: cli.yes, dry_run: cli.dry_run }
}

fn dispatch(cli: Cli, ui: Ui) -> (Ui, Result<Status, Error>) {
    let parts = (|| {
        let environment = environment::read(cli.directory.as_deref(), supervisor()?)?;
        let environment = commands::Environment { dispatcher: cli.dispatcher, ..environment };
        let repo = Repo::discover(&environment.cwd)?;
        let settings = settings::load(&environment, repo.place(), &ui)?;
        Ok::<_, Error>((environment, repo, settings))
    })();
    let (environment, repo, settings) = match parts {
        Ok(parts) => parts,
        Err(error) => return (ui, Err(error)),
    };
    let clock = clock::SystemClock { ahead: environment::clock_ahead() };
    let cx = Context::new(ui, Box::new(clock), globals(&cli), environment, settings, repo);
    let result = match &cli.verb {
        Verb::Start(args) => commands::start::run(&cx, args),
        Verb::Adopt(args) => commands::adopt::run(&cx, args),
        Verb::Run(args) => commands::run::run(&cx, args),
        Verb::Plan(args) => commands::plan::run(&cx, args),
        Verb::Status(args) => commands::status::run(&cx, args),
        Verb::Logs(args) => commands::logs::run(&cx, args),
        Verb::Wait(args) => commands::wait::run(&cx, args),
        Verb::Stop(args) => commands::stop::run(&cx, args),
        Verb::Send(args) => commands::send::run(&cx, args),
        Verb::Path(args) => commands::path::run(&cx, args),
        Verb::Diff(args) => commands::diff::run(&cx, args),
        Verb::Review(args) => commands::review::run(&cx, args),
        Verb::Forecast(args) => commands::forecast::run(&cx, args),
        Verb::Merge(args) => commands::merge::run(&cx, args),
        Verb::Clean(args) => commands::clean::run(&cx, args),
        Verb::Undo(args) => commands::undo::run(&cx, args),
        Verb::Redo(args) => commands::redo::run(&cx, args),
        Verb::History(args) => commands::history::run(&cx, args),
        Verb::Trash(args) => commands::trash::run(&cx, args),
        Verb::Report(args) => commands::report::run(&cx, args),
        Verb::Init(args) => commands::init::run(&cx, args),
        Verb::Doctor(args) => commands::doctor::run(&cx, args, env!("CARGO_PKG_VERSION")),
        Verb::Approve(args) => commands::approve::run(&cx, args),
        // Run already: they need no repository.
        Verb::Agents(_) | Verb::ShellInit(_) | Verb::Completions(_) | Verb::Man(_) => Ok(OK),
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
    // A build server may have a terminal, but nobody sits at it.
    let ci =
        std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0");
    let term_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let stdout_tty = std::io::stdout().is_terminal();
    let utf8 = |locale: String| locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    UiOptions {
        color,
        no_color_env: set("NO_COLOR"),
        term_dumb,
        pager: stdout_tty && !term_dumb && !ci && !cli.no_pager,
        // A dispatcher's output is a log for people, whatever its starter says.
        json: cli.json && !cli.dispatcher,
        quiet: cli.quiet && !cli.dispatcher,
        verbose: cli.verbose,
        unicode: locale.map_or(cfg!(any(windows, target_os = "macos")), utf8),
        unattended: ci,
        stdin_tty: std::io::stdin().is_terminal(),
        stdout_tty,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_defect_of_ours() {
        assert_eq!(or_defect(false, "merge", || panic!("on purpose")), 70);
        assert_eq!(or_defect(false, "merge", || 3), 3);
    }
}
