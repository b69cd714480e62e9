//! On a real terminal of 80 columns: live lines, and questions answered with keys. Needs tmux.

use std::io::Write;

use crate::env::Env;
use crate::running::{until, waits};

/// A terminal of its own server, in the main worktree.
pub struct Terminal<'a> {
    env: &'a Env,
}

impl<'a> Terminal<'a> {
    pub fn open(env: &'a Env) -> Option<Self> {
        if env.command("tmux", &env.repo()).arg("-V").output().is_err() {
            let _ = std::io::stderr().write_all(b"skipped: there is no tmux\n");
            return None;
        }
        let terminal = Self { env };
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_windrow")).parent().unwrap();
        let shell = format!("env -u COLUMNS -u TMUX PS1='> ' PATH='{}':\"$PATH\" sh", path.display());
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", &shell]);
        terminal.until("> ");
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = self.env.command("tmux", &self.env.repo());
        command.env("TERM", "xterm-256color").arg("-S").arg(self.env.dir().join("tmux"));
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn screen(&self) -> String {
        self.env.redact(self.tmux(&["capture-pane", "-p"]).trim_end())
    }

    /// Waits until the screen ends so, and gives it.
    pub fn until(&self, end: &str) -> String {
        until(end, || self.screen().ends_with(end.trim_end()));
        self.screen()
    }

    pub fn says(&self, text: &str) -> String {
        until(text, || self.screen().contains(text));
        self.screen()
    }

    pub fn enter(&self, line: &str) {
        self.tmux(&["send-keys", "-l", &format!("clear; {line}")]);
        self.tmux(&["send-keys", "Enter"]);
    }

    pub fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let socket = self.env.dir().join("tmux");
        let _ = self.env.command("tmux", &self.env.dir()).arg("-S").arg(socket).arg("kill-server").output();
    }
}

#[test]
fn a_run_and_its_way_home_on_a_terminal() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    let script =
        format!("printf 'I think \\033[31mred\\033[0m\\n'; {}; echo a >a; echo written", waits(&env, "api"));
    env.plan("jobs = 1\n", &[("api", &script), ("docs", "exit 3")]);
    terminal.enter("windrow run ../plan.toml");
    let live = terminal.says("I think red");
    let lines: Vec<&str> = live.lines().collect();
    assert_eq!(lines[2], "○ [T]  0 of 2 finished, 1 running, 1 queued", "{live}");
    assert!(lines[3].starts_with("◎ api ") && lines[3].ends_with("I think red"), "{live}");
    env.go("api");
    terminal.says("the same again");
    let screen = terminal.until("> ");
    // The lines above wrap where their durations say.
    let (_, summary) = screen.split_once("docs  failed in [T]: exit 3, no commit\n").unwrap();
    insta::assert_snapshot!(summary, @"
    ✓ api   done in [T]  1 commit, 1 file, +1
      exit 0, no commit, leftovers committed (1 untracked)
      │ I think red
      │ written
      ↳ windrow diff api
    ✗ docs  failed in [T]
      exit 3, no commit
      ↳ windrow logs docs

    ▲ 2 tasks: 1 done, 1 failed
    ↳ windrow status · windrow merge --all · windrow undo
    ↳ the same again goes on with the others: windrow run ../plan.toml
    >
    ");
    terminal.enter("windrow merge --all");
    insta::assert_snapshot!(terminal.says("  skip"), @"
    ○ api  would land in main (merge commit)
    api against main (75ed618c4)
      a | 1 +
      1 file changed, 1 insertion(+)
    ❯ api into main?
    > land
      review: show the diff
      skip
    ");
    terminal.key("Escape");
    assert!(terminal.until("> ").contains("declined; nothing was changed"));
    assert!(!env.repo().join("a").exists());
    terminal.enter("windrow merge --all");
    terminal.says("  skip");
    terminal.key("Enter");
    assert!(terminal.until("> ").contains("✓ api  landed in main as "));
    assert!(env.repo().join("a").exists());
    terminal.enter("windrow clean");
    insta::assert_snapshot!(terminal.says("[Y/n]"), @"
    ○ remove api   its commits are in the base
    ▲ keep   docs  no commit since it was started; name it to remove it
    ○ 1 task to remove, 1 kept
    ❯ Move 1 worktree to the trash? [Y/n]
    ");
    terminal.key("Enter");
    terminal.until("> ");
    assert!(!env.worktree("api").exists() && env.worktree("docs").exists());
    env.assert_nothing_runs();
    env.assert_sound();
}

/// ^C goes to the whole foreground group of a terminal; the agents are asked by us, not by it.
#[test]
fn control_c_on_a_terminal() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    let script = format!(
        "trap 'echo int >>../int' INT; trap 'echo term >>../term; exit 0' TERM; {}",
        waits(&env, "api")
    );
    env.plan("", &[("api", &script)]);
    terminal.enter("windrow run ../plan.toml; echo exit $?");
    env.until_began("api");
    terminal.key("C-c");
    let screen = terminal.says("exit 130");
    assert!(screen.contains("▲ api  stopped in [T]"), "{screen}");
    assert!(!env.dir().join("repo.worktrees/int").exists());
    assert_eq!(std::fs::read_to_string(env.dir().join("repo.worktrees/term")).unwrap(), "term\n");
    env.assert_nothing_runs();
}

/// The terminal goes away: a hang-up, and output that fails from then on. The run goes on to its end.
#[test]
fn a_closed_terminal_ends_no_run() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    let first = format!("{}; echo a >a", waits(&env, "first"));
    env.plan(
        "",
        &[
            ("first", &first),
            (
                "second",
                "+ after = [\"first\"] | retries = 1\n[ -e seen ] || { : >seen; exit 1; }; rm seen; cat a >b",
            ),
        ],
    );
    terminal.enter("windrow run ../plan.toml");
    env.until_began("first");
    terminal.says("1 running");
    drop(terminal);
    env.go("first");
    env.run(&["wait", "--run", &env.run_ids()[0]]).exits(0);
    assert_eq!((env.state("first"), env.state("second")), ("done".into(), "done".into()));
    until("the end of the run", || {
        let record = env.repo().join(".git/windrow/runs").join(&env.run_ids()[0]).join("run.json");
        std::fs::read_to_string(record).unwrap().contains("\"finished\"")
    });
    env.assert_nothing_runs();
    env.assert_sound();
}

#[test]
fn the_trash_is_emptied_only_by_an_answer() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    env.run(&["start", "api"]).exits(0);
    env.run(&["clean", "api"]).exits(0);
    terminal.enter("windrow trash empty --yes");
    let asked = terminal.says("[y/N]");
    terminal.key("Enter");
    let declined = terminal.until("> ");
    assert!(asked.contains("api") && declined.contains("declined; nothing was changed"), "{declined}");
    let trash = env.dir().join("repo.worktrees/.windrow/trash");
    assert_eq!(std::fs::read_dir(&trash).unwrap().count(), 1);
    terminal.enter("windrow trash empty");
    terminal.says("[y/N]");
    terminal.key("y");
    terminal.until("> ");
    assert!(!trash.exists());
}

#[test]
fn what_a_repository_brings_along_is_shown_and_asked_for() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    env.write(".config/windrow.toml", "setup = \"touch owned.log\"\n");
    terminal.enter("windrow start api --yes");
    let asked = terminal.says("[y/N]");
    assert!(asked.contains("setup = \"touch owned.log\""), "{asked}");
    terminal.key("n");
    assert!(terminal.until("> ").contains("declined; nothing was changed"));
    assert!(!env.worktree("api").exists());
    terminal.enter("windrow start api");
    terminal.says("[y/N]");
    terminal.key("y");
    terminal.until("> ");
    assert!(env.worktree("api").join("owned.log").exists());
    env.run(&["start", "docs"]).exits(0);
}
