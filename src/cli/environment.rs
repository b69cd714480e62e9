//! The environment: read here and nowhere else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::commands::Environment;
use crate::error::Error;
use crate::git::command::LOCAL_VARIABLES;
use crate::process::Supervisor;

/// Variables that keep a headless agent's git from asking and from collecting garbage beside others at work.
const FOR_AGENTS: [(&str, &str); 9] = [
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "false"),
    ("SSH_ASKPASS_REQUIRE", "never"),
    ("GIT_EDITOR", "true"),
    ("GIT_CONFIG_COUNT", "2"),
    ("GIT_CONFIG_KEY_0", "gc.auto"),
    ("GIT_CONFIG_VALUE_0", "0"),
    ("GIT_CONFIG_KEY_1", "maintenance.auto"),
    ("GIT_CONFIG_VALUE_1", "false"),
];

/// Reads it. `directory` is `-C`.
pub(super) fn read(directory: Option<&Path>, supervisor: Supervisor) -> Result<Environment, Error> {
    let cwd = std::env::current_dir().map_err(|error| {
        Error::refused(format!("the current directory is gone: {error}")).hint("cd somewhere else")
    })?;
    let asked = directory.map_or_else(|| cwd.clone(), |directory| cwd.join(directory));
    let cwd = asked.canonicalize().map_err(|error| {
        Error::refused(format!("cannot go to {}: {error}", crate::domain::path::show(&asked)))
    })?;
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut env: BTreeMap<String, String> = variables.filter(|(name, _)| !is_local(name)).collect();
    let inside = env.get("WINDROW_ATTEMPT").cloned().filter(|attempt| !attempt.is_empty());
    env.retain(|name, _| !name.starts_with("WINDROW_"));
    let editor = env.get("GIT_EDITOR").cloned();
    env.extend(FOR_AGENTS.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let path = std::env::var("PATH").unwrap_or_default();
    let arguments = std::env::args_os().skip(1).collect();
    let state = state();
    let dispatcher = false;
    Ok(Environment { cwd, env, editor, path, home: home(), state, inside, arguments, dispatcher, supervisor })
}

fn is_local(name: &str) -> bool {
    LOCAL_VARIABLES.contains(&name)
        || name.starts_with("GIT_CONFIG_KEY_")
        || name.starts_with("GIT_CONFIG_VALUE_")
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
}

/// Gives the directory of our state outside of repositories: below `XDG_STATE_HOME`, else `~/.local/state`, on every system.
fn state() -> Option<PathBuf> {
    let xdg = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    Some(xdg.or_else(|| Some(home()?.join(".local/state")))?.join("windrow"))
}

/// Gives the user's settings file: below `XDG_CONFIG_HOME`, else `~/.config`, on every system.
pub(super) fn user_settings() -> Option<PathBuf> {
    let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    Some(xdg.or_else(|| Some(home()?.join(".config")))?.join("windrow/config.toml"))
}

/// In a debug build, lets the process die at the point that `WINDROW_CRASH_AT` counts.
pub(super) fn arm_crash_point() {
    #[cfg(debug_assertions)]
    if let Some(n) = std::env::var("WINDROW_CRASH_AT").ok().and_then(|n| n.parse().ok()) {
        crate::operation::crash::arm(n);
    }
}

/// Gives how many seconds ahead of the machine's clock ours is: in a debug build what `WINDROW_CLOCK_AHEAD` says, else 0.
pub(super) fn clock_ahead() -> i64 {
    let ahead = if cfg!(debug_assertions) { std::env::var("WINDROW_CLOCK_AHEAD").ok() } else { None };
    ahead.and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
}
