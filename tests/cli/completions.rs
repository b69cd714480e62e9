//! The completion scripts in `completions/` are what the program generates.
//!
//! After a change of the command line: `WINDROW_BLESS=1 cargo test --test cli completions`.

use std::path::Path;

use crate::env::Env;

const SCRIPTS: [(&str, &str); 4] =
    [("bash", "windrow.bash"), ("zsh", "_windrow"), ("fish", "windrow.fish"), ("powershell", "_windrow.ps1")];

fn generated(env: &Env, shell: &str) -> String {
    let output = env.windrow(&env.dir()).args(["completions", shell]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_committed_scripts_are_current() {
    let env = Env::empty();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in SCRIPTS {
        let script = generated(&env, shell);
        if std::env::var_os("WINDROW_BLESS").is_some() {
            std::fs::write(dir.join(file), &script).unwrap();
        }
        let committed = std::fs::read_to_string(dir.join(file)).unwrap_or_default();
        assert!(
            committed == script,
            "completions/{file} is stale: WINDROW_BLESS=1 cargo test --test cli completions"
        );
    }
}

#[test]
fn no_script_names_what_users_do_not_call() {
    let env = Env::empty();
    for (shell, _) in SCRIPTS {
        let script = generated(&env, shell);
        assert!(script.contains("dry-run") && script.contains("history"), "{shell}");
        assert!(!script.contains("__shim"), "{shell}");
    }
}

/// Where the shell is there, it takes the script: read without being run, then run with a word to complete.
#[test]
fn shells_take_their_scripts() {
    let env = Env::empty();
    for (shell, file) in SCRIPTS {
        if shell == "powershell" || env.command(shell, &env.dir()).arg("--version").output().is_err() {
            continue;
        }
        let path = env.dir().join(file);
        std::fs::write(&path, generated(&env, shell)).unwrap();
        let output = env.command(shell, &env.dir()).arg("-n").arg(&path).output().unwrap();
        assert!(output.status.success(), "{shell}: {output:?}");
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_verbs_and_flags() {
    let env = Env::empty();
    let path = env.dir().join("windrow.bash");
    std::fs::write(&path, generated(&env, "bash")).unwrap();
    let complete = |words: &str, cword: usize| {
        let line = format!(
            "source '{}'; COMP_WORDS=({words}); COMP_CWORD={cword}; _windrow windrow \"${{COMP_WORDS[{cword}]}}\" \"${{COMP_WORDS[{cword}-1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            path.display()
        );
        let output = env.command("bash", &env.dir()).args(["--norc", "-c", &line]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("windrow st", 1).lines().collect::<Vec<_>>(), ["start", "status", "stop"]);
    assert_eq!(complete("windrow merge --str", 2).trim(), "--strategy");
    assert_eq!(complete("windrow merge --strategy s", 3).trim(), "squash");
}
