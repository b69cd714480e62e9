//! Runs a shell line on a terminal of its own (util-linux `script`), for what differs there.

use crate::env::Env;

/// What a shell line with `windrow` on the `PATH` writes to a terminal; nothing where the machine cannot give one. Line
/// ends are made plain.
pub(crate) fn on_terminal(env: &Env, line: &str, variables: &[(&str, &str)]) -> Option<String> {
    if !cfg!(target_os = "linux") || !std::path::Path::new("/usr/bin/script").exists() {
        return None;
    }
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_windrow"));
    let path = std::env::join_paths(
        [env.dir().join("bin"), program.parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let mut command = env.command("/usr/bin/script", &env.repo());
    command.args(["-qec", line, "/dev/null"]).env("PATH", path.unwrap()).env("TERM", "xterm");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n"))
}
