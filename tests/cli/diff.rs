//! `diff`: everything that a task changed, in one, that git can apply; and nothing touched.

use std::path::Path;

use crate::env::{Env, write};

/// A task with a commit and with staged, unstaged and untracked changes of many kinds.
fn changed(env: &Env) -> std::path::PathBuf {
    let tree = env.task("api", &[("committed", "c\n")]);
    write(&tree.join("staged"), "s\n");
    env.git_in(&tree, &["add", "staged"]);
    env.git_in(&tree, &["mv", "src/lib.rs", "src/new.rs"]);
    write(&tree.join("file"), "one\ntwo\n");
    std::fs::write(tree.join("binary"), b"\0\x01\x02").unwrap();
    write(&tree.join("sub/with space"), "x\n");
    write(&tree.join("odd\t\"name\""), "x\n");
    write(&tree.join("no-newline"), "x");
    write(&tree.join("a.log"), "ignored\n");
    tree
}

fn tree_of(env: &Env, dir: &Path) -> String {
    let index = env.dir().join("index-of-test");
    let git = |arguments: &[&str]| {
        let output = env.command("git", dir).env("GIT_INDEX_FILE", &index).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["read-tree", "HEAD"]);
    git(&["add", "-A"]);
    let tree = git(&["write-tree"]);
    std::fs::remove_file(index).unwrap();
    tree
}

#[test]
fn the_patch_gives_the_worktree_and_the_index_stays() {
    let env = Env::new();
    let tree = changed(&env);
    let before = env.everything();
    let output = env.windrow(&env.repo()).args(["diff", "api"]).output().unwrap();
    assert_eq!(output.stderr, b"");
    env.assert_untouched(&before, &env.ran(&output));
    let patch = env.dir().join("patch");
    std::fs::write(&patch, &output.stdout).unwrap();
    let applied = env.dir().join("applied");
    env.git(&["worktree", "add", "-q", "--detach", applied.to_str().unwrap(), "main"]);
    env.git_in(&applied, &["apply", patch.to_str().unwrap()]);
    assert_eq!(tree_of(&env, &applied), tree_of(&env, &tree));
}

#[test]
fn forms() {
    let env = Env::new();
    let tree = changed(&env);
    insta::assert_snapshot!(env.refused(0, &["diff", "api"]), @r#"
    diff --git a/binary b/binary
    new file mode 100644
    index 0000000000000000000000000000000000000000..8352675d67aed6625ece79af41c27fdb4ee2e867
    GIT binary patch
    literal 3
    Kc${NkWC8#H2LJ>B

    literal 0
    Hc$@<O00001

    diff --git a/committed b/committed
    new file mode 100644
    index 0000000000000000000000000000000000000000..f2ad6c76f0115a6ba5b00456a849810e7ec0af20
    --- /dev/null
    +++ b/committed
    @@ -0,0 +1 @@
    +c
    diff --git a/file b/file
    index 5626abf0f72e58d7a153368ba57db4c673c0e171..814f4a422927b82f5f8a43f8fab6d3839e3983f2 100644
    --- a/file
    +++ b/file
    @@ -1 +1,2 @@
     one
    +two
    diff --git a/no-newline b/no-newline
    new file mode 100644
    index 0000000000000000000000000000000000000000..c1b0730e0133447badcfd47fd144e254807b06e1
    --- /dev/null
    +++ b/no-newline
    @@ -0,0 +1 @@
    +x
    \ No newline at end of file
    diff --git "a/odd\t\"name\"" "b/odd\t\"name\""
    new file mode 100644
    index 0000000000000000000000000000000000000000..587be6b4c3f93f93c489c0111bba5596147a26cb
    --- /dev/null
    +++ "b/odd\t\"name\""
    @@ -0,0 +1 @@
    +x
    diff --git a/src/lib.rs b/src/new.rs
    similarity index 100%
    rename from src/lib.rs
    rename to src/new.rs
    diff --git a/staged b/staged
    new file mode 100644
    index 0000000000000000000000000000000000000000..b4785957bc986dc39c629de9fac9df46972c00fc
    --- /dev/null
    +++ b/staged
    @@ -0,0 +1 @@
    +s
    diff --git a/sub/with space b/sub/with space
    new file mode 100644
    index 0000000000000000000000000000000000000000..587be6b4c3f93f93c489c0111bba5596147a26cb
    --- /dev/null
    +++ b/sub/with space	
    @@ -0,0 +1 @@
    +x
    "#);
    insta::assert_snapshot!(env.refused(0, &["diff", "api", "--stat"]), @r#"
    api against main (75ed618c4)
      binary (untracked)          | Bin
      committed                   |   1 +
      file                        |   1 +
      no-newline (untracked)      |   1 +
      "odd\t\"name\"" (untracked) |   1 +
      src/lib.rs → src/new.rs     |   0
      staged                      |   1 +
      sub/with space (untracked)  |   1 +
      8 files changed, 6 insertions(+)
    "#);
    insta::assert_snapshot!(env.refused(0, &["diff", "api", "--name-only"]), @r#"
    binary
    committed
    file
    no-newline
    "odd\t\"name\""
    src/new.rs
    staged
    sub/with space
    "#);
    insta::assert_snapshot!(env.refused(0, &["diff", "api", "--json"]), @r#"
    {
      "command": "diff",
      "schema": 1,
      "tasks": [
        {
          "base": "main",
          "files": [
            {
              "binary": true,
              "deletions": 0,
              "insertions": 0,
              "path": "binary",
              "status": "added",
              "untracked": true
            },
            {
              "binary": false,
              "deletions": 0,
              "insertions": 1,
              "path": "committed",
              "status": "added",
              "untracked": false
            },
            {
              "binary": false,
              "deletions": 0,
              "insertions": 1,
              "path": "file",
              "status": "modified",
              "untracked": false
            },
            {
              "binary": false,
              "deletions": 0,
              "insertions": 1,
              "path": "no-newline",
              "status": "added",
              "untracked": true
            },
            {
              "binary": false,
              "deletions": 0,
              "insertions": 1,
              "path": "odd\t\"name\"",
              "status": "added",
              "untracked": true
            },
            {
              "binary": false,
              "deletions": 0,
              "insertions": 0,
              "old-path": "src/lib.rs",
              "path": "src/new.rs",
              "status": "renamed",
              "untracked": false
            },
            {
              "binary": false,
              "deletions": 0,
              "insertions": 1,
              "path": "staged",
              "status": "added",
              "untracked": false
            },
            {
              "binary": false,
              "deletions": 0,
              "insertions": 1,
              "path": "sub/with space",
              "status": "added",
              "untracked": true
            }
          ],
          "merge-base": "75ed618c4af1cbf79d20e14ecf3e35b70b5fd368",
          "name": "api"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(env.run_in(&tree.join("sub"), &["diff", "--name-only"]), @r#"
    binary
    committed
    file
    no-newline
    "odd\t\"name\""
    src/new.rs
    staged
    sub/with space
    "#);
    env.task("docs", &[("doc", "1\n")]);
    insta::assert_snapshot!(env.run(&["diff", "--stat"]), @r#"
    api against main (75ed618c4)
      binary (untracked)          | Bin
      committed                   |   1 +
      file                        |   1 +
      no-newline (untracked)      |   1 +
      "odd\t\"name\"" (untracked) |   1 +
      src/lib.rs → src/new.rs     |   0
      staged                      |   1 +
      sub/with space (untracked)  |   1 +
      8 files changed, 6 insertions(+)
    docs against main (75ed618c4)
      doc | 1 +
      1 file changed, 1 insertion(+)
    "#);
    insta::assert_snapshot!(env.run(&["diff", "docs", "api", "--name-only"]), @r#"
    doc
    binary
    committed
    file
    no-newline
    "odd\t\"name\""
    src/new.rs
    staged
    sub/with space
    --- stderr
    ◎ docs against main
    ◎ api against main
    "#);
    insta::assert_snapshot!(env.run(&["diff", "docs"]), @"
    diff --git a/doc b/doc
    new file mode 100644
    index 0000000000000000000000000000000000000000..d00491fd7e5bb6fa28c517a0bb32b8b506539d4d
    --- /dev/null
    +++ b/doc
    @@ -0,0 +1 @@
    +1
    ");
    insta::assert_snapshot!(env.run(&["diff", "docs", "docs", "docs"]), @"
    diff --git a/doc b/doc
    new file mode 100644
    index 0000000000000000000000000000000000000000..d00491fd7e5bb6fa28c517a0bb32b8b506539d4d
    --- /dev/null
    +++ b/doc
    @@ -0,0 +1 @@
    +1
    ");
}

#[test]
fn of_what() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["diff", "--stat"]), @"");
    let tree = env.task("api", &[]);
    insta::assert_snapshot!(env.refused(0, &["diff", "api"]), @"");
    insta::assert_snapshot!(env.refused(0, &["diff", "api", "--stat"]), @"
    api against main (75ed618c4)
      no change
    ");
    insta::assert_snapshot!(env.refused(2, &["diff"]), @"
    --- stderr
    error: name a task
    hint: windrow diff NAME
    hint: windrow status
    --- exit 2
    ");
    insta::assert_snapshot!(env.refused(2, &["diff", "--json"]), @r#"
    {
      "command": "diff",
      "error": {
        "causes": [],
        "hints": [
          "windrow diff NAME",
          "windrow status"
        ],
        "kind": "usage",
        "message": "name a task"
      },
      "schema": 1
    }
    --- exit 2
    "#);
    insta::assert_snapshot!(env.refused(1, &["diff", "apo"]), @"
    --- stderr
    error: no task is named `apo`
    hint: the nearest is `api`; all of them: windrow status
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(1, &["diff", "@"]), @"
    --- stderr
    error: `@` means the task one stands in, and this is no task's worktree
    hint: windrow status
    --- exit 1
    ");
    insta::assert_snapshot!(env.refused(2, &["diff", "api", "--stat", "--name-only"]), @"
    --- stderr
    error: the argument '--stat' cannot be used with '--name-only'

    Usage: windrow diff --stat <NAME>...

    For more information, try '--help'.
    --- exit 2
    ");
    // What came into the base meanwhile is no change of the task's; what it merged from there neither.
    env.write("file", "two\n");
    env.commit("meanwhile");
    write(&tree.join("new"), "1\n");
    env.commit_in(&tree, "work");
    insta::assert_snapshot!(env.run(&["diff", "api", "--name-only"]), @"new");
    env.git_in(&tree, &["merge", "-q", "main"]);
    insta::assert_snapshot!(env.run(&["diff", "api", "--name-only"]), @"new");
}

#[test]
fn where_something_is_gone() {
    let env = Env::new();
    let tree = env.task("api", &[("new", "1\n")]);
    std::fs::remove_dir_all(&tree).unwrap();
    insta::assert_snapshot!(env.refused(0, &["diff", "api", "--name-only"]), @"new");
    env.git(&["branch", "dev"]);
    env.run(&["start", "of-dev", "--base", "dev"]).exits(0);
    env.git(&["branch", "-D", "-q", "dev"]);
    insta::assert_snapshot!(env.refused(0, &["diff", "of-dev", "--stat"]), @"
    of-dev against dev (75ed618c4)
      no change
    ");
    env.git(&["update-ref", "-d", "refs/heads/of-dev"]);
    insta::assert_snapshot!(env.refused(1, &["diff", "of-dev"]), @"
    --- stderr
    error: the branch `of-dev` of `of-dev` is gone
    hint: windrow clean of-dev
    --- exit 1
    ");
}

#[test]
fn what_an_agent_wrote_reaches_no_terminal_as_it_is() {
    let env = Env::new();
    let tree = env.task("api", &[]);
    write(&tree.join("file"), "\u{1b}]0;title\u{7} \u{202e}evil\n");
    write(&tree.join("esc\u{1b}[31m"), "1\n");
    let names = env.run(&["diff", "api", "--stat"]).exits(0);
    assert!(!names.stdout.contains('\u{1b}'), "{names}");
    // To a pipe the patch is byte for byte what git applies.
    let patch = env.run(&["diff", "api"]).exits(0);
    assert!(patch.stdout.contains("+\u{1b}]0;title\u{7} \u{202e}evil\n"), "{patch}");
    env.run(&["diff", "api", "--color", "always"]).exits(0);
}

#[test]
fn two_tasks_with_each_other() {
    let env = Env::new();
    env.task("api", &[("file", "api\n"), ("same", "1\n")]);
    env.task("docs", &[("file", "docs\n"), ("same", "1\n")]);
    write(&env.worktree("docs").join("new"), "untracked\n");
    insta::assert_snapshot!(env.run(&["diff", "api..docs"]), @"
    diff --git a/file b/file
    index eedd89b455ea8f6ae1c18d082189f5f522139f74..d8f8d46921aa81abc4c0d27703a8908333ae38c3 100644
    --- a/file
    +++ b/file
    @@ -1 +1 @@
    -api
    +docs
    diff --git a/new b/new
    new file mode 100644
    index 0000000000000000000000000000000000000000..5a72eb2edc5d0da32ff615d210d6fa90c31ed940
    --- /dev/null
    +++ b/new
    @@ -0,0 +1 @@
    +untracked
    ");
    let document = env.run(&["diff", "api..docs", "--json"]).json();
    assert_eq!(
        (&document["tasks"][0]["name"], &document["tasks"][0]["base"]),
        (&"docs".into(), &"api".into())
    );
    insta::assert_snapshot!(env.run_in(&env.worktree("api"), &["diff", "..docs", "--name-only"]), @"
    file
    new
    ");
    env.run(&["diff", "api..nobody"]).exits(1);
}

/// Each attempt has what was there when it began and what was there when the next did.
#[test]
fn one_attempt_of_a_task_is_told_from_the_others() {
    let env = Env::new();
    let script =
        "+ retries = 1\n[ -e first ] && { echo 2 >second; echo 2 >>first; exit; }; echo 1 >first; exit 1";
    env.plan("", &[("api", script)]);
    env.run(&["run", "../plan.toml"]).exits(0);
    insta::assert_snapshot!(env.run(&["diff", "api", "--attempt", "1", "--stat"]), @"
    api against main (75ed618c4)
      first | 1 +
      1 file changed, 1 insertion(+)
    --- stderr
    ○ api: attempt 1 of 2, until the one after it (run [ID])
    ");
    insta::assert_snapshot!(env.run(&["diff", "api", "--attempt", "2", "--stat"]), @"
    api against main (42a19b9eb)
      first  | 1 +
      second | 1 +
      2 files changed, 2 insertions(+)
    --- stderr
    ○ api: attempt 2 of 2, until now (run [ID])
    ");
    insta::assert_snapshot!(env.run(&["diff", "api", "--attempt", "3"]), @"
    --- stderr
    error: `api` has 2 attempts, no attempt 3
    hint: windrow logs api --all
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["diff", "api..api", "--attempt", "1"]), @"
    --- stderr
    error: two tasks are compared as they are: leave out --attempt and --since-review
    --- exit 2
    ");
    write(&env.worktree("api").join("third"), "3\n");
    assert_eq!(env.run(&["diff", "api", "--attempt", "2", "--name-only"]).stdout, "first\nsecond\nthird\n");
    assert_eq!(env.run(&["diff", "api", "--attempt", "1", "--name-only"]).stdout, "first\n");
}
