//! Command lines that are wrong. Help has a file of its own.

use crate::env::Env;

#[test]
fn wrong_command_lines() {
    let env = Env::new();
    insta::assert_snapshot!(env.refused(2, &["frobnicate"]), @"
    --- stderr
    error: unrecognized subcommand 'frobnicate'

      tip: a similar subcommand exists: 'forecast'

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

      tip: a similar argument exists: '--no-pager'

    Usage: windrow start --no-pager <NAME>...

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
fn the_version_and_no_verb() {
    let env = Env::new();
    assert!(env.refused(0, &["--version"]).stdout.starts_with("windrow "));
    let without = env.refused(2, &[]);
    assert!(without.stdout.is_empty() && without.stderr.contains("Usage: windrow"), "{without}");
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
