//! Agents of every kind: what they do, what is said of it, what is left of them.

use crate::env::Env;
use crate::running::{evidence, outcomes, pairs};

/// Eight that work side by side, and each comes to what it did.
#[test]
fn eight_agents_of_every_kind() {
    let env = Env::new();
    env.plan(
        "jobs = 8\n",
        &[
            ("commits", "echo two >two; git add two; git commit -qm two; echo I am done"),
            ("fails", "echo half >half; echo it is broken >&2; exit 3"),
            ("hangs", "+ timeout = \"1s\"\necho more >>file; sleep 1000"),
            ("ignores", "+ timeout = \"1s\"\ntrap '' TERM HUP INT; while :; do sleep 1; done"),
            ("leaves", "echo new >new; echo more >>file; git rm -q src/lib.rs"),
            (
                "daemons",
                "setsid sleep 1000 & (setsid sh -c 'sleep 1001 & sleep 1002' &) & echo d >d; sleep 0.2",
            ),
            ("elsewhere", "git checkout -q -b other; echo o >o; git add o; git commit -qm o"),
            ("nothing", "cat file"),
        ],
    );
    let ran = env.run(&["run", "../plan.toml", "--json"]).exits(4);
    assert_eq!(
        outcomes(&ran),
        pairs(&[
            ("commits", "done"),
            ("fails", "failed"),
            ("hangs", "timed-out"),
            ("ignores", "timed-out"),
            ("leaves", "done"),
            ("daemons", "done"),
            ("elsewhere", "needs-attention"),
            ("nothing", "empty"),
        ])
    );
    assert_eq!(evidence(&ran, "commits"), "exit 0; 1 commit");
    assert_eq!(evidence(&ran, "fails"), "exit 3; no commit; left uncommitted: 1 untracked");
    assert_eq!(
        evidence(&ran, "hangs"),
        "ended by the wall-clock limit; no commit; left uncommitted: 1 unstaged"
    );
    assert_eq!(evidence(&ran, "ignores"), "ended by the wall-clock limit; no commit");
    let leaves = "exit 0; no commit; leftovers committed (1 staged, 1 unstaged, 1 untracked)";
    assert_eq!(evidence(&ran, "leaves"), leaves);
    let daemons = evidence(&ran, "daemons");
    assert!(
        daemons.contains("processes behind, ended") && daemons.ends_with("committed (1 untracked)"),
        "{daemons}"
    );
    assert_eq!(
        evidence(&ran, "elsewhere"),
        "exit 0; HEAD is on branch other, not on the task's branch; no commit"
    );
    assert_eq!(evidence(&ran, "nothing"), "exit 0; no commit");
    env.assert_nothing_runs();
    env.assert_sound();
    // What did not end well keeps its changes as they are; what did has them committed.
    let porcelain = |task: &str| env.git_in(&env.worktree(task), &["status", "--porcelain"]);
    assert_eq!(porcelain("fails"), "?? half");
    assert_eq!(porcelain("hangs"), " M file");
    for clean in ["commits", "leaves", "daemons", "elsewhere", "nothing"] {
        assert_eq!(porcelain(clean), "", "{clean}");
    }
    assert_eq!(env.git(&["diff", "--name-status", "main", "leaves"]), "M\tfile\nA\tnew\nD\tsrc/lib.rs");
    let head = env.git(&["log", "-1", "--format=%an <%ae>%n%B", "leaves"]);
    let (author, message) = head.split_once('\n').unwrap();
    assert_eq!(author, "Test <test@example.com>");
    insta::assert_snapshot!(env.redact(message), @"
    leaves: echo new >new; echo more >>file; git rm -q src/lib.rs

    Left uncommitted by the agent, committed by windrow.

    Windrow-Task: leaves
    Windrow-Run: [ID]
    ");
    assert_eq!(env.git(&["status", "--porcelain"]), "", "the main worktree is as it was");
}

/// The whole of what is shown without a terminal, and the command to go on with.
#[test]
fn the_output_of_a_run_that_ends_badly() {
    let env = Env::new();
    env.plan(
        "jobs = 1\n",
        &[
            ("api", "echo two >two; git add two; git commit -qm two; echo 'I wrote `two`.'"),
            ("docs", "+ after = [\"api\"]\nprintf 'one\\ntwo\\033[31mred\\033[0m\\n\\nthree\\033]0;title\\007\\n'; exit 1"),
            ("site", "+ after = [\"docs\"]\ntrue"),
        ],
    );
    insta::assert_snapshot!(env.run(&["run", "../plan.toml"]), @r"
    ✓ api   done in [T]  1 commit, 1 file, +1
      exit 0, 1 commit
      │ I wrote `two`.
      ↳ windrow diff api
    ✗ docs  failed in [T]
      exit 1, no commit
      │ one
      │ twored
      │ three\x1b]0;title\x07
      ↳ windrow logs docs
    ○ site  skipped
      it comes after `docs`, which is failed
      ↳ windrow run ../plan.toml

    ▲ 3 tasks: 1 done, 1 failed, 1 skipped
    --- stderr
    ○ run [ID] of ../plan.toml: 3 tasks, 1 at once
      base main (75ed618c4); agent sh; permission the agent's own; isolation none
    ◎ api   started (sh)
    ✓ api   done in [T]: exit 0, 1 commit, 1 file, +1
    ◎ docs  started (sh)
    ✗ docs  failed in [T]: exit 1, no commit
    ○ site  skipped: it comes after `docs`, which is failed
    ↳ windrow status · windrow merge --all · windrow undo
    ↳ the same again goes on with the others: windrow run ../plan.toml
    --- exit 4
    ");
}

#[test]
fn an_agent_that_leaves_its_branch_is_looked_at() {
    let env = Env::new();
    env.plan(
        "",
        &[
            ("detached", "git checkout -q --detach; echo o >o; git add o; git commit -qm o"),
            ("gone", "git checkout -q --detach; git branch -qD gone"),
            ("orphan", "git checkout -q --orphan fresh; git rm -rqf ."),
            ("back", "git checkout -q -b side; git checkout -q back; echo b >b; git add b; git commit -qm b"),
        ],
    );
    let ran = env.run(&["run", "../plan.toml", "--json"]).exits(4);
    let attention = "needs-attention";
    let expected = [("detached", attention), ("gone", attention), ("orphan", attention), ("back", "done")];
    assert_eq!(outcomes(&ran), pairs(&expected));
    assert!(evidence(&ran, "detached").contains("HEAD is on commit "), "{ran}");
    assert!(evidence(&ran, "orphan").contains("branch fresh, which has no commit"), "{ran}");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// The check is a command of its own in the worktree; the agent's exit status alone is not enough.
#[test]
fn a_check_decides() {
    let env = Env::new();
    env.plan(
        "",
        &[
            ("good", "+ check = \"grep -q two two && echo checked $WINDROW_TASK\"\necho two >two"),
            ("bad", "+ check = \"echo no; exit 7\"\necho two >two"),
            ("unasked", "+ check = \"echo never\"\nexit 2"),
            ("slow", "+ check = \"sleep 1000\" | timeout = \"1s\"\necho two >two"),
            ("writes", "+ check = \"echo by check >made\"\necho two >two"),
        ],
    );
    let ran = env.run(&["run", "../plan.toml", "--json"]).exits(4);
    let expected = [
        ("good", "done"),
        ("bad", "failed"),
        ("unasked", "failed"),
        ("slow", "timed-out"),
        ("writes", "done"),
    ];
    assert_eq!(outcomes(&ran), pairs(&expected));
    assert_eq!(evidence(&ran, "good"), "exit 0; check: exit 0; no commit; leftovers committed (1 untracked)");
    assert_eq!(evidence(&ran, "bad"), "exit 0; check: exit 7; no commit; left uncommitted: 1 untracked");
    assert_eq!(evidence(&ran, "unasked"), "exit 2; no commit");
    assert_eq!(env.run(&["logs", "good"]).stdout, "checked good\n");
    assert_eq!(env.run(&["logs", "bad"]).stdout, "no\n");
    assert_eq!(env.git(&["ls-tree", "--name-only", "writes", "made"]), "made");
    env.assert_nothing_runs();
}

#[test]
fn agents_that_cannot_be_started_fail() {
    let env = Env::new();
    let plan = "[agent.a]\ncommand = [\"no-such-program\"]\n[agent.b]\ncommand = [\"./no/such\"]\n\
                [[task]]\nname = \"a\"\nagent = \"a\"\nprompt = \"p\"\n[[task]]\nname = \"b\"\nagent = \"b\"\nprompt = \"p\"\n";
    crate::env::write(&env.dir().join("plan.toml"), plan);
    let ran = env.run(&["run", "../plan.toml", "-j", "1"]).exits(4);
    insta::assert_snapshot!(ran.stdout, @"
    ✗ a  failed in [T]
      could not be started: program no-such-program is not on the PATH, no commit
      ↳ windrow logs a
    ✗ b  failed in [T]
      could not be started: program [DIR]/repo/../no/such: No such file or directory (os error
      2), no commit
      ↳ windrow logs b

    ▲ 2 tasks: 2 failed
    ");
    env.assert_nothing_runs();
    env.assert_sound();
}

/// A hook that refuses leaves index and files as the agent did.
#[test]
fn a_hook_that_refuses_needs_attention() {
    let env = Env::new();
    let hook = env.repo().join(".git/hooks/pre-commit");
    crate::env::write(&hook, "#!/bin/sh\necho 'no tabs please' >&2\nexit 1\n");
    std::process::Command::new("chmod").args(["+x"]).arg(&hook).status().unwrap();
    env.plan("", &[("api", "echo staged >staged; git add staged; echo loose >loose; echo more >>file")]);
    let ran = env.run(&["run", "../plan.toml"]).exits(4);
    insta::assert_snapshot!(ran.stdout, @r#"
    ▲ api  needs-attention in [T]
      exit 0, no commit, leftovers could not be committed: no tabs please
      ↳ git -C "$(windrow path api)" status

    ▲ 1 task: 1 needs-attention
    "#);
    let status = env.git_in(&env.worktree("api"), &["status", "--porcelain"]);
    assert_eq!(status, " M file\nA  staged\n?? loose");
    assert_eq!(env.git(&["log", "--oneline", "main..api"]), "");
    env.assert_nothing_runs();
    env.assert_sound();
    // It is not landed until somebody looked.
    let merged = env.run(&["merge", "api", "--json"]);
    assert_eq!(merged.json()["rejected"][0]["reason"], "needs-attention", "{merged}");
}

#[test]
fn a_repository_inside_needs_attention() {
    let env = Env::new();
    env.plan(
        "",
        &[("api", "git init -q inner; cd inner; echo x >x; git add x; git commit -qm x; cd ..; echo y >y")],
    );
    let ran = env.run(&["run", "../plan.toml", "--json"]).exits(4);
    assert_eq!(outcomes(&ran), pairs(&[("api", "needs-attention")]));
    assert!(evidence(&ran, "api").contains("a repository is inside: inner"), "{ran}");
    assert_eq!(env.git_in(&env.worktree("api"), &["status", "--porcelain"]), "?? inner/\n?? y");
    env.assert_sound();
}

/// Leftovers go through clean filters, as git's own commit would take them.
#[test]
fn leftovers_are_filtered_as_git_filters() {
    let env = Env::new();
    env.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    env.git(&["config", "filter.upper.smudge", "tr A-Z a-z"]);
    env.write(".gitattributes", "*.up filter=upper\n*.txt text eol=crlf\n");
    env.commit("attributes");
    env.plan("", &[("api", "echo shout >a.up; printf 'a\\r\\nb\\r\\n' >b.txt")]);
    env.run(&["run", "../plan.toml"]).exits(0);
    assert_eq!(env.git(&["show", "api:a.up"]), "SHOUT");
    assert_eq!(env.git(&["show", "api:b.txt"]), "a\nb");
    assert_eq!(env.git_in(&env.worktree("api"), &["status", "--porcelain"]), "");
    env.assert_sound();
}
