//! Command lines that are wrong, and help.

use crate::env::Env;

#[test]
fn wrong_command_lines() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(2, &["frobnicate"]), @"
    --- stderr
    error: unrecognized subcommand 'frobnicate'

    Usage: windrow [OPTIONS] <COMMAND>

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["start"]), @"
    --- stderr
    error: the following required arguments were not provided:
      <NAME>...

    Usage: windrow start <NAME>...

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["start", "a", "--nope"]), @"
    --- stderr
    error: unexpected argument '--nope' found

      tip: to pass '--nope' as a value, use '-- --nope'

    Usage: windrow start <NAME>...

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["clean", "--discard", "everything"]), @"
    --- stderr
    error: invalid value 'everything' for '--discard <CLASS>': one of tracked, staged, hidden, untracked, ignored, unmerged, detached, in-progress, conflicts, nested, submodule

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["status", "--color", "pink"]), @"
    --- stderr
    error: invalid value 'pink' for '--color <WHEN>'
      [possible values: auto, always, never]

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["start", "--json"]), @r#"
    {
      "command": "start",
      "error": {
        "causes": [],
        "hints": [
          "Usage: windrow start --json <NAME>...",
          "For more information, try '--help'."
        ],
        "kind": "usage",
        "message": "the following required arguments were not provided: <NAME>..."
      },
      "schema": 1
    }
    --- exit 2
    "#);
    insta::assert_snapshot!(env.refused(2, &["undo", "a", "b"]), @"
    --- stderr
    error: unexpected argument 'b' found

    Usage: windrow undo [OPTIONS] [ID]

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(1, &["-C", "nowhere", "status"]), @"
    --- stderr
    error: cannot go to [DIR]/repo/nowhere: No such file or directory (os error 2)
    --- exit 1
    ");
}

#[test]
fn help_and_version() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(0, &["--help"]), @"
    One git worktree and branch per task, an agent in each, and the work brought home

    windrow starts a git worktree and a branch for each task, runs an agent in each of them in parallel,
    judges what came of it by evidence, and merges, cleans up and undoes.

    Usage: windrow [OPTIONS] <COMMAND>

    Commands:
      start        Make a branch and a worktree for each name, in parallel
      adopt        Make a task of a worktree that something else created
      run          Run agents on tasks, in parallel: a worktree, a branch and an agent each
      plan         Show what a plan would run: order, bases, agents, overlapping paths
      status       Show every task: what its agent does, what is uncommitted, how far it is from its
                   base, whether it would merge [alias: ls]
      logs         Print what a task's agent wrote
      path         Print the path of a task's worktree
      diff         Show what a task changed against its merge base: commits, staged, unstaged and
                   untracked in one
      merge        Merge tasks back into their base: one after the other on the moving tip, dependencies
                   first
      clean        Remove worktrees and branches of finished tasks, with the reason for each
      undo         Take back the newest operation that is not undone, or the one that is named
      history      List what was done, newest first, and what of it is undone
      report       Write the integration report of a run: what each task was asked, what came of it,
                   what to do next
      completions  Print the completion script of a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -C <PATH>
              Run as if started in PATH

          --json
              Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output

          --color <WHEN>
              When to write colours

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never
              
              [default: auto]

      -q, --quiet
              Leave out narration

      -v, --verbose...
              Say more

      -y, --yes
              Consent where it would be asked for

          --dry-run
              Show what would be changed, and change nothing

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version
    ");
    insta::assert_snapshot!(env.refused(0, &["help", "start"]), @"
    Make a branch and a worktree for each name, in parallel

    Each worktree starts at the commit one stands on (or at --base) and remembers the branch it will be
    merged back into. A branch that exists and is free is taken up as it is. All checks come before
    anything is made: either all names are started, or none. Ignored files that the settings `copy` and
    `link` or a `.worktreeinclude` name come along; then `setup` runs in each.

    Exit codes: 0 done · 1 refused, nothing changed · 4 the setup of a worktree failed, which stays.

    Usage: windrow start [OPTIONS] <NAME>...

    Arguments:
      <NAME>...
              Names of the tasks: valid branch names

    Options:
          --base <REF>
              Branch or commit to start from [default: HEAD of the worktree one stands in]

      -C <PATH>
              Run as if started in PATH

          --branch <BRANCH>
              Branch of the task, where it is not to be its name; with one NAME

          --json
              Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output

          --carry
              Move the uncommitted changes of the worktree one stands in to the new one; with one NAME

          --color <WHEN>
              When to write colours

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never
              
              [default: auto]

      -q, --quiet
              Leave out narration

      -v, --verbose...
              Say more

      -y, --yes
              Consent where it would be asked for

          --dry-run
              Show what would be changed, and change nothing

      -h, --help
              Print help (see a summary with '-h')
    ");
    insta::assert_snapshot!(env.refused(0, &["merge", "-h"]), @"
    Merge tasks back into their base: one after the other on the moving tip, dependencies first

    Usage: windrow merge [OPTIONS] [NAME]...

    Arguments:
      [NAME]...  The tasks [default: the one that one stands in]

    Options:
          --all                  Every task that is done, or was never run, and has something to land
      -C <PATH>                  Run as if started in PATH
          --into <BRANCH>        Branch to merge into [default: the root of the tasks' bases]
          --json                 Write one JSON document (of `run` and `logs -f`, JSON lines) to
                                 standard output
          --color <WHEN>         When to write colours [default: auto] [possible values: auto, always,
                                 never]
          --strategy <STRATEGY>  How commits come into the target [default: merge] [possible values:
                                 merge, squash, ff]
      -q, --quiet                Leave out narration
      -v, --verbose...           Say more
      -y, --yes                  Consent where it would be asked for
          --dry-run              Show what would be changed, and change nothing
      -h, --help                 Print help (see more with '--help')
    ");
    assert!(env.refused(0, &["--version"]).stdout.starts_with("windrow "));
    let without = env.refused(2, &[]);
    assert!(without.stderr.contains("Usage: windrow"), "{without}");
    // Outside a repository too.
    env.refused_in(&env.dir(), 0, &["completions", "bash"]);
    env.refused_in(&env.dir(), 0, &["clean", "--help"]);
}

#[test]
fn global_flags_go_anywhere() {
    let env = Env::new();
    env.run(&["start", "api", "-q", "-C", "src"]).exits(0);
    let first = env.run(&["--json", "path", "api"]).exits(0);
    assert_eq!(first.stdout, env.run(&["path", "api", "--json"]).exits(0).stdout);
}
