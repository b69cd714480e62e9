//! The manual pages, and `git windrow`.

use crate::env::Env;

#[test]
fn pages_are_written_where_they_are_asked_for() {
    let env = Env::new();
    let dir = env.dir().join("share/man/man1");
    let arguments = ["man", dir.to_str().unwrap()];
    let said = env.run_in(&env.dir(), &[&arguments[..], &["--dry-run"]].concat()).exits(0);
    assert!(!dir.exists() && said.stderr.contains("would write"), "{said}");
    let said = env.run_in(&env.dir(), &arguments).exits(0);
    assert!(said.stdout.is_empty() && said.stderr.ends_with("pages to [DIR]/share/man/man1\n"), "{said}");
    for page in ["windrow.1", "windrow-run.1", "windrow-merge.1", "windrow-doctor.1", "git-windrow.1"] {
        let text = std::fs::read_to_string(dir.join(page)).unwrap();
        let name = page.trim_end_matches(".1").replace('-', "\\-");
        assert!(text.contains(&name) && text.contains(".SH DESCRIPTION"), "{page}: {text}");
    }
    // Again, over what is there.
    let before = std::fs::read(dir.join("windrow.1")).unwrap();
    env.run_in(&env.dir(), &arguments).exits(0);
    assert_eq!(std::fs::read(dir.join("windrow.1")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn git_windrow_is_the_same_program() {
    let env = Env::new();
    let bin = env.dir().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_windrow"), bin.join("git-windrow")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let git = |arguments: &[&str]| {
        let mut git = env.command("git", &env.repo());
        env.ran(&git.env("PATH", &path).arg("windrow").args(arguments).output().unwrap())
    };
    // A task with an agent: the supervisor is our own executable too.
    git(&["run", "api=Do it", "--command", "cat > new"]).exits(0);
    assert_eq!(git(&["path", "api"]).exits(0).stdout, "[DIR]/repo.worktrees/api\n");
    assert_eq!(std::fs::read_to_string(env.worktree("api").join("new")).unwrap(), "Do it");
    assert!(git(&["-h"]).exits(0).stdout.contains("Usage: git windrow [OPTIONS] <COMMAND>"));
    assert!(git(&["merge", "-h"]).exits(0).stdout.contains("Usage: git windrow merge"));
    assert!(git(&["merge", "--bogus"]).exits(2).stderr.contains("Usage: git windrow merge"));
    assert!(env.run(&["-h"]).exits(0).stdout.contains("Usage: windrow [OPTIONS] <COMMAND>"));
}
