//! `trash`: what lies there, bringing it back under another name, deleting it for good, and what goes by itself.

use std::path::PathBuf;

use crate::env::{Env, Ran, write};

/// Gives the output without sizes, which differ between file systems, and without the spaces before them.
fn sized(ran: &Ran) -> String {
    let text = ran.to_string();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(digit) = rest.find(|c: char| c.is_ascii_digit()) {
        let number =
            rest[digit..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len() - digit);
        let (before, after) = (&rest[..digit], &rest[digit + number..]);
        let unit = [" B", " KiB", " MiB", " GiB"].into_iter().find(|unit| after.starts_with(unit));
        match unit {
            Some(unit) => {
                out.push_str(before.trim_end_matches(' '));
                out.push_str(" [SIZE]");
                rest = &after[unit.len()..];
            }
            None if before.ends_with("\"size\": ") => {
                out.push_str(before);
                out.push_str("[SIZE]");
                rest = after;
            }
            None => {
                out.push_str(&rest[..digit + number]);
                rest = after;
            }
        }
    }
    out + rest
}

const DAY: i64 = 24 * 60 * 60;

impl Env {
    /// Runs the program with a clock that is ahead.
    fn run_later(&self, seconds: i64, arguments: &[&str]) -> Ran {
        let mut command = self.windrow(&self.repo());
        self.ran(&command.args(arguments).env("WINDROW_CLOCK_AHEAD", seconds.to_string()).output().unwrap())
    }

    /// Starts a task with a commit, merges it, and cleans it up.
    fn gone(&self, name: &str) -> PathBuf {
        let tree = self.task(name, &[(name, "1\n")]);
        self.run(&["merge", name]).exits(0);
        self.run(&["clean", name]).exits(0);
        tree
    }

    fn in_the_trash(&self) -> Vec<String> {
        let items = self.run(&["trash", "list", "--json"]).json();
        let rows = items["items"].as_array().unwrap();
        rows.iter().map(|row| row["task"].as_str().unwrap().to_owned()).collect()
    }

    /// Everything below the trash directories, those of ours included.
    fn in_trash(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.dir().join("repo.worktrees/.windrow")];
        open.extend(["trash", "emptied"].map(|name| self.repo().join(".git/windrow").join(name)));
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                found.push(entry.path());
                open.extend(entry.file_type().unwrap().is_dir().then(|| entry.path()));
            }
        }
        found
    }

    fn rescues(&self) -> String {
        self.git(&["for-each-ref", "--format=%(refname)", "refs/windrow/rescue"])
    }
}

#[test]
fn list() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(0, &["trash", "list"]), @"○ the trash is empty");
    insta::assert_snapshot!(env.refused(0, &["trash", "list", "--json"]), @r#"
    {
      "command": "trash",
      "items": [],
      "schema": 1,
      "size": 0
    }
    "#);
    env.gone("a");
    env.task("b", &[]);
    env.run(&["undo"]).exits(0);
    env.task("c", &[]);
    env.run(&["undo"]).exits(0);
    env.run(&["redo"]).exits(0);
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(sized(&env.run(&["trash", "list"])), @"
    Task  Operation             By     Age      Size  Back with
    a     [ID]  clean   [T] [SIZE]  windrow undo [ID]
    b     [ID]  undo    [T] [SIZE]  windrow trash restore b
    c     [ID]  undo    [T] [SIZE]  windrow redo

    ○ 3 worktrees, [SIZE]
    ");
    insta::assert_snapshot!(sized(&env.run(&["trash", "list", "--json"])), @r#"
    {
      "command": "trash",
      "items": [
        {
          "back": "windrow undo [ID]",
          "branch": "a",
          "by": "[ID]",
          "command": "clean",
          "id": "[ID]/a",
          "operation": "[ID]",
          "path": "[DIR]/repo.worktrees/.windrow/trash/[ID]/a",
          "size": [SIZE],
          "task": "a",
          "time": "[TIME]",
          "tip": "945a12f021316339213218e5bac2ac1a075eece3",
          "worktree": "[DIR]/repo.worktrees/a"
        },
        {
          "back": "windrow trash restore b",
          "branch": "b",
          "by": "[ID]",
          "command": "undo",
          "id": "[ID]/b",
          "operation": "[ID]",
          "path": "[DIR]/repo.worktrees/.windrow/trash/[ID]/b",
          "size": [SIZE],
          "task": "b",
          "time": "[TIME]",
          "tip": "c8989c6c52e6a54bea7135c130e509a0bde21968",
          "worktree": "[DIR]/repo.worktrees/b"
        },
        {
          "back": "windrow redo",
          "branch": "c",
          "by": "[ID]",
          "command": "undo",
          "id": "[ID]/c",
          "operation": "[ID]",
          "path": "[DIR]/repo.worktrees/.windrow/trash/[ID]/c",
          "size": [SIZE],
          "task": "c",
          "time": "[TIME]",
          "tip": "c8989c6c52e6a54bea7135c130e509a0bde21968",
          "worktree": "[DIR]/repo.worktrees/c"
        }
      ],
      "schema": 1,
      "size": [SIZE]
    }
    "#);
    // A name that is in it twice.
    env.gone("a2");
    env.run(&["start", "c"]).exits(0);
    env.run(&["undo"]).exits(0);
    insta::assert_snapshot!(sized(&env.run(&["trash", "list"])), @"
    Task  Operation             By     Age      Size  Back with
    a     [ID]  clean   [T] [SIZE]  windrow undo [ID]
    b     [ID]  undo    [T] [SIZE]  windrow trash restore b
    c     [ID]  undo    [T] [SIZE]  windrow trash restore [ID]/c
    a2    [ID]  clean   [T] [SIZE]  windrow undo [ID]
    c     [ID]  undo    [T] [SIZE]  windrow redo

    ○ 5 worktrees, [SIZE]
    ");
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "c"]), @"
    --- stderr
    error: `c` is in the trash 2 times
    hint: windrow trash restore [ID]/c
    hint: windrow trash restore [ID]/c
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "nope"]), @"
    --- stderr
    error: nothing in the trash is named `nope`
    hint: windrow trash list
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn restore_to_the_name_it_had() {
    let env = Env::new();
    env.task("api", &[("a", "1\n")]);
    let tree = env.worktree("api");
    write(&tree.join("untracked"), "1\n");
    write(&tree.join("a"), "staged\n");
    env.git_in(&tree, &["add", "a"]);
    env.run(&[
        "clean",
        "api",
        "--yes",
        "--discard",
        "untracked",
        "--discard",
        "staged",
        "--discard",
        "unmerged",
    ])
    .exits(0);
    env.git(&["reflog", "expire", "--expire=now", "--all"]);
    env.git(&["gc", "-q", "--prune=now"]);
    insta::assert_snapshot!(env.refused(0, &["trash", "restore", "api", "--dry-run"]), @"
    ○ dry run: 4 changes, none made
      create branch api at a21a1a503
      restore worktree [DIR]/repo.worktrees/api from the trash
      delete ref refs/windrow/rescue/[ID]/api (was 73ad9a15c)
      record task api
    ");
    insta::assert_snapshot!(env.run(&["trash", "restore", "api"]), @"
    ✓ restored api from the trash
      create branch api at a21a1a503
      restore worktree [DIR]/repo.worktrees/api from the trash
    ");
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "M  a\n?? untracked");
    assert_eq!(env.git_in(&tree, &["show", ":a"]), "staged");
    assert_eq!(env.rescues(), "");
    assert_eq!(env.git(&["log", "--format=%s", "-1", "api"]), "work on api");
    // It is an operation like any other.
    env.run(&["undo"]).exits(0);
    assert_eq!(env.in_the_trash(), ["api"]);
    assert!(!tree.exists());
    env.run(&["redo"]).exits(0);
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "M  a\n?? untracked");
    write(&tree.join("more"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: task `api`: files in [DIR]/repo.worktrees/api have changed since
    hint: windrow clean api --dry-run
    --- exit 1
    ");
    env.assert_sound();
}

#[test]
fn restore_as() {
    let env = Env::new();
    let tree = env.task("api", &[("a", "1\n")]);
    write(&tree.join("untracked"), "1\n");
    env.run(&["clean", "api", "--yes", "--discard", "untracked", "--discard", "unmerged"]).exits(0);
    env.run(&["start", "api"]).exits(0);
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "api"]), @"
    --- stderr
    error: cannot restore [ID]/api: task `api` exists
    hint: windrow trash restore [ID]/api --as NAME
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "api", "--as", "api"]), @"
    --- stderr
    error: cannot restore [ID]/api: task `api` exists
    hint: windrow trash restore [ID]/api --as NAME
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "api", "--as", "a b"]), @r#"
    --- stderr
    error: "a b" is not a valid task name: it holds a space, a control character or one of ~ ^ : ? * [ \
    hint: a name that would do: a-b
    --- exit 1
    "#);
    insta::assert_snapshot!(env.run(&["trash", "restore", "api", "--as", "api-old"]), @"
    ✓ restored api-old from the trash
      create branch api-old at a21a1a503
      make it the worktree of api-old
      restore worktree [DIR]/repo.worktrees/api-old from the trash
    ");
    let old = env.worktree("api-old");
    assert_eq!(env.git_in(&old, &["status", "--porcelain", "-b"]), "## api-old\n?? untracked");
    assert_eq!(env.git_in(&old, &["log", "--format=%s", "-1"]), "work on api");
    assert_eq!(env.git_in(&tree, &["log", "--format=%s", "-1"]), "first");
    assert!(env.git(&["worktree", "list"]).contains("[api-old]"));
    env.git(&["worktree", "prune", "--expire=now"]);
    assert!(env.run(&["status"]).exits(0).stdout.contains("api-old"));
    env.assert_sound();
    // Undone it is the trash of `api` again.
    env.run(&["undo"]).exits(0);
    assert_eq!(env.in_the_trash(), ["api"]);
    env.run(&["redo"]).exits(0);
    assert_eq!(env.git_in(&old, &["status", "--porcelain", "-b"]), "## api-old\n?? untracked");
    env.git_in(&old, &["commit", "-q", "--allow-empty", "-m", "more"]);
    env.run(&["merge", "api-old"]).exits(1);
    env.assert_sound();
}

#[test]
fn what_stands_in_the_way() {
    let env = Env::new();
    let tree = env.gone("api");
    write(&tree.join("mine"), "1\n");
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "api"]), @"
    --- stderr
    error: cannot restore [ID]/api: [DIR]/repo.worktrees/api is in the way
    hint: windrow trash restore [ID]/api --as NAME
    --- exit 1
    ");
    std::fs::remove_dir_all(&tree).unwrap();
    env.git(&["branch", "api", "HEAD~1"]);
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "api"]), @"
    --- stderr
    error: cannot restore [ID]/api: branch `api` exists
    hint: windrow trash restore [ID]/api --as NAME
    --- exit 1
    ");
    // Its administrative name alone is no one's business.
    env.git(&["branch", "-D", "-q", "api"]);
    let other = env.dir().join("other/api");
    env.git(&["worktree", "add", "-q", "-b", "topic", other.to_str().unwrap()]);
    assert!(env.repo().join(".git/worktrees/api").exists());
    env.run(&["trash", "restore", "api"]).exits(0);
    assert_eq!(env.git_in(&tree, &["status", "--porcelain", "-b"]), "## api");
    // Two of one operation cannot both have one name.
    env.run(&["start", "b"]).exits(0);
    env.run(&["clean", "b", "api"]).exits(0);
    let id = env.operation("removed b, api");
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", &id, "--as", "x"]), @"
    --- stderr
    error: `[ID]` removed 2 worktrees, and --as names one
    hint: windrow trash restore [ID]/api --as x
    hint: windrow trash restore [ID]/b --as x
    --- exit 1
    ");
    env.run(&["trash", "restore", &format!("{id}/b"), "--as", "x"]).exits(0);
    env.run(&["trash", "restore", &id[id.len() - 4..]]).exits(0);
    assert_eq!(env.in_the_trash(), Vec::<String>::new());
    // In the middle of a rebase it names its branch too.
    env.write("a", "main\n");
    env.commit("main");
    let tree = env.task("r", &[]);
    env.git_in(&tree, &["reset", "-q", "--hard", "HEAD~1"]);
    write(&tree.join("a"), "r\n");
    env.commit_in(&tree, "r");
    assert!(!env.command("git", &tree).args(["rebase", "main"]).output().unwrap().status.success());
    let classes = ["in-progress", "conflicts", "unmerged", "detached", "staged", "tracked"];
    let mut arguments = vec!["clean", "r", "--yes"];
    classes.iter().for_each(|class| arguments.extend(["--discard", class]));
    env.run(&arguments).exits(0);
    insta::assert_snapshot!(env.refused(1, &["trash", "restore", "r", "--as", "s"]), @"
    --- stderr
    error: cannot restore [ID]/r: a rebase is in progress in it, which names its branch
    hint: windrow trash restore [ID]/r
    --- exit 1
    ");
    env.run(&["trash", "restore", "r"]).exits(0);
    env.git_in(&tree, &["rebase", "--abort"]);
    env.assert_sound();
}

#[test]
fn empty() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["trash", "empty"]), @"
    --- stderr
    ○ the trash is empty
    ");
    env.gone("a");
    env.gone("b");
    insta::assert_snapshot!(env.refused(1, &["trash", "empty"]), @"
    --- stderr
    error: this deletes for good, and there is no terminal to ask on; nothing was changed
    hint: add --permanently; --dry-run shows what would be deleted
    --- exit 1
    ");
    env.refused(1, &["trash", "empty", "--yes"]);
    insta::assert_snapshot!(env.refused(0, &["trash", "empty", "--dry-run"]), @"
    ○ dry run: 4 changes, none made
      delete a from the trash for good: [DIR]/repo.worktrees/.windrow/trash/[ID]/a
      delete ref refs/windrow/rescue/[ID]/a (was 6a71706b8)
      delete b from the trash for good: [DIR]/repo.worktrees/.windrow/trash/[ID]/b
      delete ref refs/windrow/rescue/[ID]/b (was cb11ee0d0)
    ");
    insta::assert_snapshot!(env.refused(0, &["trash", "empty", "--older-than", "1d", "--permanently"]), @"
    --- stderr
    ○ nothing in the trash is that old: windrow trash list
    ");
    insta::assert_snapshot!(env.run(&["trash", "empty", "--older-than", "soon"]), @r#"
    --- stderr
    error: invalid value 'soon' for '--older-than <AGE>': "soon" is no duration; write it like `[T]`, `[T]`, `1h30m` or `[T]`, or in days: `[T]`

    For more information, try '--help'.
    --- exit 2
    "#);
    insta::assert_snapshot!(sized(&env.run(&["trash", "empty", "--permanently"])), @"
    ✓ deleted [ID]/a, [SIZE]
    ✓ deleted [ID]/b, [SIZE]
    ○ 2 worktrees, [SIZE] deleted for good
    ");
    assert_eq!((env.in_trash(), env.rescues()), (Vec::new(), String::new()));
    insta::assert_snapshot!(env.run(&["history"]), @"
    Id                    Age  Command  Summary                      Tasks
    [ID]   [T]  trash    deleted a, b from the trash  a b    for good
    [ID]   [T]  clean    removed b                    b
    [ID]   [T]  merge    landed b in main             b
    [ID]   [T]  start    started b                    b
    [ID]   [T]  clean    removed a                    a
    [ID]   [T]  merge    landed a in main             a
    [ID]   [T]  start    started a                    a
    ");
    insta::assert_snapshot!(env.refused(1, &["undo", &env.operation("removed b")]), @"
    --- stderr
    error: cannot undo: task `b` is no longer in the trash
    hint: others can be undone by their id: windrow history
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["undo", &env.operation("deleted a, b from the trash")]), @"
    --- stderr
    error: [ID] emptied the trash, and what was in it is gone
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["undo"]), @"
    --- stderr
    error: cannot undo: task `b` is no longer in the trash
    hint: others can be undone by their id: windrow history
    --- exit 1
    ");
    env.git(&["gc", "-q", "--prune=now"]);
    env.assert_sound();
}

#[test]
fn what_redo_needs_is_gone_too() {
    let env = Env::new();
    env.task("a", &[]);
    env.run(&["undo"]).exits(0);
    let emptied = env.run(&["trash", "empty", "--permanently", "--json"]).json();
    assert_eq!(emptied["emptied"][0]["task"], "a");
    insta::assert_snapshot!(env.refused(1, &["redo"]), @"
    --- stderr
    error: cannot redo: task `a` is no longer in the trash
    hint: others can be undone by their id: windrow history
    --- exit 1
    ");
}

/// Runs a command that is killed at each point in turn, until it gets through; after each, the next command that changes
/// something leaves one of the two states.
fn sweep(setup: impl Fn(&Env), arguments: &[&str], check: impl Fn(&Env)) {
    let mut ends = 0;
    for n in 1..60 {
        let env = Env::new();
        setup(&env);
        let mut command = env.windrow(&env.repo());
        let output = command.args(arguments).env("WINDROW_CRASH_AT", n.to_string()).output().unwrap();
        env.run(&["start", "recovers"]).exits(0);
        check(&env);
        env.assert_sound();
        if output.status.success() {
            ends = n;
            break;
        }
    }
    assert!(ends > 3, "it was killed {ends} times");
}

#[test]
fn killed_anywhere_emptying_is_done_or_not_begun() {
    let setup = |env: &Env| {
        env.task("a", &[("a", "1\n")]);
        env.run(&["clean", "a", "--yes", "--discard", "unmerged"]).exits(0);
    };
    sweep(setup, &["trash", "empty", "--permanently"], |env| {
        if env.in_the_trash().is_empty() {
            // The rest is deleted by whoever comes next.
            env.run(&["trash", "empty", "--permanently"]).exits(0);
            assert_eq!((env.in_trash(), env.rescues()), (Vec::new(), String::new()));
        } else {
            env.run(&["trash", "restore", "a"]).exits(0);
            assert_eq!(env.git_in(&env.worktree("a"), &["status", "--porcelain", "-b"]), "## a");
        }
    });
}

#[test]
fn killed_anywhere_restoring_is_done_or_not_begun() {
    let setup = |env: &Env| {
        let tree = env.task("a", &[("a", "1\n")]);
        write(&tree.join("untracked"), "1\n");
        env.run(&["clean", "a", "--yes", "--discard", "unmerged", "--discard", "untracked"]).exits(0);
    };
    sweep(setup, &["trash", "restore", "a", "--as", "b"], |env| {
        if !env.in_the_trash().is_empty() {
            env.run(&["trash", "restore", "a", "--as", "b"]).exits(0);
        }
        let status = env.git_in(&env.worktree("b"), &["status", "--porcelain", "-b"]);
        assert_eq!((status.as_str(), env.rescues().as_str()), ("## b\n?? untracked", ""));
    });
}

#[test]
fn killed_anywhere_redoing_is_done_or_not_begun() {
    let setup = |env: &Env| {
        let tree = env.task("a", &[("a", "1\n")]);
        write(&tree.join("untracked"), "1\n");
        env.run(&["clean", "a", "--yes", "--discard", "unmerged", "--discard", "untracked"]).exits(0);
        env.run(&["undo"]).exits(0);
    };
    sweep(setup, &["redo"], |env| {
        if env.in_the_trash().is_empty() {
            let status = env.git_in(&env.worktree("a"), &["status", "--porcelain", "-b"]);
            assert_eq!((status.as_str(), env.rescues().as_str()), ("## a\n?? untracked", ""));
            env.run(&["clean", "a", "--yes", "--discard", "unmerged", "--discard", "untracked"]).exits(0);
        } else {
            env.git(&["gc", "-q", "--prune=now"]);
            env.run(&["trash", "restore", "a"]).exits(0);
            assert_eq!(env.git_in(&env.worktree("a"), &["log", "-1", "--format=%s"]), "work on a");
        }
    });
}

#[cfg(unix)]
#[test]
fn hostile_content_stays_inside() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let env = Env::new();
    let outside = env.dir().join("outside");
    write(&outside.join("kept"), "1\n");
    let tree = env.task("a", &[]);
    write(&tree.join("x.log"), "ignored");
    let dir = tree.join("target/ro/inner");
    write(&dir.join("file"), "1\n");
    symlink(&outside, dir.join("link")).unwrap();
    symlink(outside.join("kept"), tree.join("target/kept.log")).unwrap();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o500)).unwrap();
    env.run(&["undo"]).exits(0);
    env.run(&["trash", "empty", "--permanently"]).exits(0);
    assert_eq!(env.in_trash(), Vec::<PathBuf>::new());
    assert!(outside.join("kept").exists());
}

#[test]
fn what_is_too_old_goes_by_itself_and_is_told() {
    let env = Env::new();
    env.gone("old");
    env.task("b", &[]);
    env.task("c", &[]);
    insta::assert_snapshot!(env.run_later(30 * DAY - 60, &["undo"]), @"
    ✓ undid [ID]: started c
      move worktree [DIR]/repo.worktrees/c to the trash
      delete branch c (was 770cbaa04)
    ");
    assert_eq!(env.in_the_trash(), ["old", "c"]);
    insta::assert_snapshot!(env.run_later(31 * DAY, &["undo"]), @"
    ✓ undid [ID]: started b
      move worktree [DIR]/repo.worktrees/b to the trash
      delete branch b (was 770cbaa04)
    --- stderr
    ○ deleted from the trash for good (older than 30 days): old
    ");
    assert_eq!(env.in_the_trash(), ["c", "b"]);
    // It is no new operation that would clear what can be redone.
    env.run_later(31 * DAY, &["redo"]).exits(0);
    env.assert_sound();
}

#[test]
fn what_does_not_fit_goes_but_nothing_young() {
    let env = Env::new();
    write(&env.dir().join("home/.config/windrow/config.toml"), "[trash]\nsize = \"1MiB\"\n");
    let big = env.task("big", &[]);
    std::fs::write(big.join("x.log"), vec![7; 2 << 20]).unwrap();
    env.run(&["undo"]).exits(0);
    env.task("b", &[]);
    env.run_later(DAY - 60, &["undo"]).exits(0);
    assert_eq!(env.in_the_trash(), ["big", "b"]);
    env.task("c", &[]);
    insta::assert_snapshot!(env.run_later(DAY + 60, &["undo"]), @"
    ✓ undid [ID]: started c
      move worktree [DIR]/repo.worktrees/c to the trash
      delete branch c (was 75ed618c4)
    --- stderr
    ○ deleted from the trash for good (the trash held more than 1.0 MiB): big
    ");
    assert_eq!(env.in_the_trash(), ["b", "c"]);
    // A repository's own file decides nothing.
    write(&env.repo().join(".config/windrow.toml"), "[trash]\ndays = 1\n");
    insta::assert_snapshot!(env.run(&["trash", "list", "-q"]).stderr, @"▲ `trash` of [DIR]/repo/.config/windrow.toml is left out, because a repository does not decide what is deleted; write it in ~/.config/windrow/config.toml");
}

/// What a build makes again goes first; what somebody wrote stays if that is enough. A repository inside keeps all of it.
#[test]
fn what_can_be_made_again_goes_first() {
    let env = Env::new();
    write(&env.dir().join("home/.config/windrow/config.toml"), "[trash]\nsize = \"3MiB\"\n");
    write(&env.repo().join(".git/info/exclude"), "node_modules\nout\n*.log\n");
    let big = env.task("big", &[]);
    let fill = |path: &str| {
        write(&big.join(path), "x");
        std::fs::write(big.join(path), vec![7; 2 << 20]).unwrap();
    };
    fill("web/node_modules/x.js");
    fill("out/cache/x");
    write(&big.join("out/cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
    write(&big.join("out/mine"), "mine\n");
    write(&big.join("lib/node_modules/dep/.git/HEAD"), "ref: refs/heads/main\n");
    write(&big.join("mine.log"), "mine\n");
    env.run(&["undo"]).exits(0);
    env.task("b", &[]);
    insta::assert_snapshot!(env.run_later(DAY + 60, &["undo"]), @"
    ✓ undid [ID]: started b
      move worktree [DIR]/repo.worktrees/b to the trash
      delete branch b (was 75ed618c4)
    --- stderr
    ○ the trash held more than 3.0 MiB; deleted what a build makes again: big (out/cache, web/node_modules)
    ");
    assert_eq!(env.in_the_trash(), ["big", "b"]);
    env.run(&["trash", "restore", "big"]).exits(0);
    let back = env.worktree("big");
    assert!(!back.join("web/node_modules").exists() && !back.join("out/cache").exists());
    for kept in ["lib/node_modules/dep/.git/HEAD", "mine.log", "out/mine"] {
        assert!(back.join(kept).exists(), "{kept}");
    }
    env.assert_sound();
}

#[test]
fn a_large_trash_is_spoken_of() {
    let env = Env::new();
    let tree = env.task("a", &[]);
    let file = std::fs::File::create(tree.join("x.log")).unwrap();
    let mut writer = std::io::BufWriter::new(file);
    (0..101).for_each(|_| std::io::Write::write_all(&mut writer, &vec![7; 1 << 20]).unwrap());
    drop(writer);
    insta::assert_snapshot!(sized(&env.run(&["clean", "a", "--yes", "--discard", "ignored"])), @"
    ✓ removed a  discarded: 1 ignored file
    ○ 1 task removed, 0 kept
    --- stderr
    ○ [SIZE] went to the trash; windrow trash empty gives the space back
    ○ the trash holds [SIZE] in 1 worktree: windrow trash list
    ");
}
