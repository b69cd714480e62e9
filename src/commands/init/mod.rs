//! `windrow init`.

use super::{Context, OK, Status};
use crate::agent;
use crate::error::Error;
use crate::process::find_program;
use crate::store::deliver;
use crate::ui::json;

/// Write a starter plan.toml and .config/windrow.toml, every key explained
///
/// A file that is there is never overwritten: then nothing is written. The files are yours, so `windrow undo` does not take them
/// back.
///
/// Exit codes: 0 written · 1 refused.
#[derive(clap::Args, Debug)]
pub struct InitArgs {}

/// Where the settings stand below the main worktree.
const SETTINGS: &str = ".config/windrow.toml";
const PLAN: &str = "plan.toml";

/// Runs it.
pub fn run(cx: &Context, _args: &InitArgs) -> Result<Status, Error> {
    if let Some(attempt) = &cx.environment.inside {
        return Err(Error::refused(format!(
            "this runs inside an agent (attempt {attempt}), where nothing may be changed"
        )));
    }
    let Some(root) = &cx.repo.place().main_worktree else {
        let refused = Error::refused("a bare repository has no worktree to write a plan into");
        return Err(refused.hint("write it anywhere, and name it: windrow run PLAN"));
    };
    let files =
        [(root.join(PLAN), plan(first_agent(&cx.environment.path))), (root.join(SETTINGS), settings())];
    let standing: Vec<_> = files.iter().map(|(path, _)| path).filter(|path| deliver::stands(path)).collect();
    if let [first, rest @ ..] = &standing[..] {
        let mut refused = Error::refused(format!(
            "{} is there already, and is not overwritten; nothing was written",
            cx.show_path(first)
        ));
        for path in rest {
            refused = refused.cause(format!("{} is there too", cx.show_path(path)));
        }
        return Err(refused.hint("windrow plan"));
    }
    if !cx.globals.dry_run {
        for (path, text) in &files {
            deliver::create_new(path, text.as_bytes())?;
        }
    }
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_path()).collect();
    if cx.globals.json {
        cx.ui.json(&json::files("init", &paths, cx.globals.dry_run));
        return Ok(OK);
    }
    for path in paths {
        let shown = cx.show_path(path);
        if cx.globals.dry_run {
            cx.ui.note(&format!("would write {shown}"));
        } else {
            cx.ui.success(&format!("wrote {shown}"));
        }
    }
    if !cx.globals.dry_run {
        cx.ui.hint("say in plan.toml what is to be done, then: windrow plan");
    }
    Ok(OK)
}

/// Gives the first known client that is installed, else the first that is known.
fn first_agent(path: &str) -> &'static str {
    let mut known = agent::known().iter();
    let installed = known.clone().find(|known| find_program(known.program, path).is_some());
    installed.or_else(|| known.next()).map_or("claude", |known| known.name)
}

fn plan(agent: &str) -> String {
    include_str!("plan.toml").replace("{agent}", agent)
}

fn settings() -> String {
    include_str!("windrow.toml").to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::settings::Settings;
    use crate::plan::{load, parse_settings};

    /// Takes away the `# ` of lines that are keys or tables.
    fn uncommented(text: &str) -> String {
        let is_toml = |line: &str| line.starts_with('[') || line.contains(" = ");
        let line = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if is_toml(rest) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn the_starter_plan_is_a_plan_with_and_without_its_comments() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("plan.toml");
        std::fs::create_dir(dir.path().join("prompts")).unwrap();
        std::fs::write(dir.path().join("prompts/second.md"), "Do it.\n").unwrap();
        for agent in agent::known() {
            std::fs::write(&file, plan(agent.name)).unwrap();
            let read = load(Path::new("plan.toml"), dir.path(), &Settings::default()).unwrap();
            assert_eq!(read.tasks.len(), 1);
            assert_eq!(read.tasks[0].agent.as_ref().unwrap().name, agent.name);
        }
        std::fs::write(&file, uncommented(&plan("claude"))).unwrap();
        let read = load(Path::new("plan.toml"), dir.path(), &Settings::default()).unwrap();
        assert_eq!((read.tasks.len(), read.base.as_deref()), (2, Some("main")));
        assert_eq!(read.tasks[0].check.as_deref(), Some("make test"));
    }

    #[test]
    fn the_starter_settings_are_the_defaults_and_their_comments_are_settings() {
        let file = Path::new("/r/.config/windrow.toml");
        let mut read = Settings::default();
        parse_settings(file, &settings()).unwrap().apply(&mut read);
        assert_eq!(read, Settings::default());
        let layer = parse_settings(file, &uncommented(&settings())).unwrap();
        assert!(layer.unsupported.is_empty());
        layer.apply(&mut read);
        assert_eq!((read.worktree_dir, read.branch), (Settings::default().worktree_dir, "{task}".into()));
        assert_eq!(read.disposable, ["out"]);
        assert!(read.roles.contains_key("reviewer"));
    }
}
