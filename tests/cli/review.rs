//! `review`: the list, the files, marks that last as long as what was seen, and decisions by the verbs' own code.

use crate::env::{Env, write};
use crate::terminal::Terminal;

/// Two tasks that share a file; one with something uncommitted, generated and hostile.
fn two(env: &Env) {
    env.write(".gitattributes", "*.gen linguist-generated\n");
    env.write("shared", "let x = 1;\n");
    env.commit("shared");
    let tree = env.task("api", &[("shared", "let y = 1;\n"), ("Cargo.lock", "lock\n")]);
    write(&tree.join("made.gen"), "made\n");
    write(&tree.join("evil"), "a\u{1b}[2Jb\n");
    env.task("docs", &[("shared", "let z = 1;\n")]);
}

fn viewed(env: &Env, task: &str) -> Vec<String> {
    let document = env.run(&["review", task, "--json"]).exits(0).json();
    let files = document["tasks"][0]["files"].as_array().unwrap().clone();
    let is = |file: &&serde_json::Value| file["viewed"] == true;
    files.iter().filter(is).map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn without_a_terminal_all_of_it_is_text_and_nothing_is_touched() {
    let env = Env::new();
    two(&env);
    let before = env.everything();
    let output = env.windrow(&env.repo()).args(["review", "--all"]).output().unwrap();
    env.assert_untouched(&before, &env.ran(&output));
    insta::assert_snapshot!(env.redact(&String::from_utf8(output.stdout).unwrap().replace('\u{1b}', "ESC")), @"
    task  state  files  lines  merge  conflicts with  viewed
    api   idle       4  +4 −1  clean  docs               0/4
    docs  idle       1  +1 −1  clean  api                0/1

    api 1/4  Cargo.lock  +1 −0  added, generated
    diff --git a/Cargo.lock b/Cargo.lock
    new file mode 100644
    index 0000000000000000000000000000000000000000..4b67b6a0d6b6df3e2b1a4b635a26525353c5c362
    --- /dev/null
    +++ b/Cargo.lock
    @@ -0,0 +1 @@
    +lock

    api 2/4  evil  +1 −0  added, untracked
    diff --git a/evil b/evil
    new file mode 100644
    index 0000000000000000000000000000000000000000..eb69a597fb813968452d165fd5fa60842c1f5417
    --- /dev/null
    +++ b/evil
    @@ -0,0 +1 @@
    +aESC[2Jb

    api 3/4  made.gen  +1 −0  added, untracked, generated
    diff --git a/made.gen b/made.gen
    new file mode 100644
    index 0000000000000000000000000000000000000000..c5f1b8eaf85917b894fea0c18c228e380290308a
    --- /dev/null
    +++ b/made.gen
    @@ -0,0 +1 @@
    +made

    api 4/4  shared  +1 −1  modified, also in docs
    diff --git a/shared b/shared
    index db913399448698900d80c93cbd2a17a1501cb498..56d7dc2f198aee79f6ae776f7f1c18187e933c54 100644
    --- a/shared
    +++ b/shared
    @@ -1 +1 @@
    -let x = 1;
    +let y = 1;

    docs 1/1  shared  +1 −1  modified, also in api
    diff --git a/shared b/shared
    index db913399448698900d80c93cbd2a17a1501cb498..7f023c5c63157f70bdb860bbdbba965f57c55688 100644
    --- a/shared
    +++ b/shared
    @@ -1 +1 @@
    -let x = 1;
    +let z = 1;
    ");
    let document = env.run(&["review", "api", "--json"]).exits(0).json();
    let file = |at: usize| document["tasks"][0]["files"][at].clone();
    assert_eq!((&file(0)["path"], &file(0)["folded"]), (&"Cargo.lock".into(), &true.into()));
    assert_eq!((&file(3)["path"], &file(3)["also-in"]), (&"shared".into(), &serde_json::json!(["docs"])));
    assert_eq!(file(3)["folded"], false);
    let stat = env.run(&["diff", "api", "docs", "--stat"]).exits(0).stdout;
    assert!(stat.contains("shared (also in docs)") && stat.contains("shared (also in api)"), "{stat}");
}

#[test]
fn marks_last_until_the_file_changes() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    two(&env);
    terminal.enter("windrow review api --no-pager");
    insta::assert_snapshot!(terminal.says("q quit"), @"
    task  state  files  lines  merge  conflicts with  viewed
    api   idle       4  +4 −1  clean  docs               0/4

    api 1/4  Cargo.lock  +1 −0  added, generated
      folded: o opens it
    space viewed · u not viewed · n next · p back · N unviewed · j jump · o open ·
    c note · e edit · d tool · a accept · m merge · x discard · l later · q quit
    ");
    terminal.key("Space");
    terminal.says("api 2/4");
    terminal.key("Space");
    terminal.says("api 3/4");
    terminal.key("Space");
    terminal.says("api 4/4");
    terminal.key("Space");
    terminal.says("every file is viewed");
    terminal.key("q");
    terminal.until("> ");
    let tree = env.worktree("api");
    assert_eq!(viewed(&env, "api"), ["Cargo.lock", "evil", "made.gen", "shared"]);
    assert_eq!(env.run(&["diff", "api", "--since-review"]).exits(0).stdout, "");

    // A commit of what was seen, an amendment and a rebase of other files leave the marks.
    env.commit_in(&tree, "all");
    env.git_in(&tree, &["commit", "-q", "--amend", "-m", "again"]);
    env.write("elsewhere", "x\n");
    env.commit("elsewhere");
    env.git_in(&tree, &["rebase", "-q", "main"]);
    assert_eq!(viewed(&env, "api"), ["Cargo.lock", "evil", "made.gen", "shared"]);

    // What is touched is to be seen again, on either side.
    write(&tree.join("evil"), "other\n");
    env.write("shared", "let x = 2;\n");
    env.commit("shared again");
    env.git_in(&tree, &["commit", "-qam", "evil"]);
    env.git_in(&tree, &["rebase", "-q", "-X", "theirs", "main"]);
    assert_eq!(viewed(&env, "api"), ["Cargo.lock", "made.gen"]);
    assert_eq!(env.run(&["diff", "api", "--since-review", "--name-only"]).exits(0).stdout, "evil\nshared\n");
}

#[test]
fn notes_and_marks_outlive_a_kill_and_merge_is_that_of_the_verb() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    env.task("api", &[("a", "1\n"), ("b", "1\n")]);
    env.task("docs", &[("c", "1\n")]);
    terminal.enter("sh -c 'echo $$ > ../pid; exec windrow review api docs --no-pager'");
    terminal.says("api 1/2");
    terminal.says("q quit");
    terminal.key("c");
    terminal.says("note on a:");
    terminal.key("say why");
    terminal.key("Enter");
    terminal.says("q quit");
    terminal.key("Space");
    terminal.says("api 2/2");
    let pid = std::fs::read_to_string(env.dir().join("pid")).unwrap();
    assert!(env.command("kill", &env.dir()).args(["-9", pid.trim()]).status().unwrap().success());
    terminal.says("Killed");
    // The terminal is as a question left it.
    terminal.key("stty sane");
    terminal.key("C-j");
    let document = env.run(&["review", "api", "--json"]).exits(0).json();
    assert_eq!(document["tasks"][0]["notes"], serde_json::json!([{"path": "a", "text": "say why"}]));
    assert_eq!(viewed(&env, "api"), ["a"]);

    terminal.enter("windrow review api docs --no-pager");
    terminal.says("api 2/2");
    terminal.says("q quit");
    terminal.key("a");
    terminal.says("accepted `api` at");
    terminal.says("q quit");
    terminal.key("m");
    terminal.says("> land");
    terminal.key("Enter");
    terminal.says("docs 1/1");
    terminal.says("q quit");
    terminal.key("x");
    terminal.says("Move 1 worktree to the trash?");
    terminal.key("y");
    terminal.until("> ");
    assert_eq!(env.git(&["show", "main:b"]), "1");
    assert!(!env.worktree("docs").exists());
    env.run(&["undo"]).exits(0);
    assert!(env.worktree("docs").exists());
    let document = env.run(&["review", "api", "--json"]).exits(0).json();
    assert_eq!(document["tasks"][0]["accepted"], true);
    env.assert_sound();
}

#[test]
fn marks_that_cannot_be_read_are_told_and_kept() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    let file = env.repo().join(".git/windrow/reviews/api.json");
    write(&file, "{");
    let ran = env.run(&["review", "api"]).exits(0);
    assert!(ran.stdout.contains("+1") && ran.stderr.contains("its marks and notes are left out"), "{ran}");
    env.run(&["diff", "api", "--since-review"]).exits(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{");
}

/// The keys that go about, unfold, unmark, and open a file elsewhere.
#[test]
fn files_are_reached_unfolded_unmarked_and_opened_elsewhere() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    two(&env);
    let editor = env.script("editor", "echo \"$1 of $PWD\" >>\"$HOME/edited\"; echo edited >>\"$1\"\n");
    let tool = env.script("tool", "cat \"$1\" \"$2\" >\"$HOME/compared\"\n");
    env.git(&["config", "--global", "diff.tool", "mine"]);
    env.git(&[
        "config",
        "--global",
        "difftool.mine.cmd",
        &format!("{} \"$LOCAL\" \"$REMOTE\"", tool.display()),
    ]);
    // Neither the repository's word for an editor nor the one that agents get.
    env.git(&["config", "core.editor", "touch ../owned"]);
    terminal.enter(&format!("GIT_EDITOR={} windrow review api docs --no-pager", editor.display()));
    let first = terminal.says("q quit");
    assert!(first.contains("conflicts with") && first.contains("api 1/4"), "{first}");
    terminal.key("o");
    terminal.says("+lock");
    terminal.says("q quit");
    terminal.key("N");
    terminal.says("api 2/4");
    terminal.key("Space");
    terminal.says("api 3/4");
    terminal.key("p");
    assert!(terminal.says("api 2/4  evil").contains("viewed"));
    terminal.says("q quit");
    terminal.key("u");
    terminal.says("q quit");
    terminal.key("j");
    terminal.says("which file?");
    terminal.key("Up");
    terminal.key("Up");
    terminal.key("Enter");
    terminal.says("api 4/4  shared");
    terminal.says("q quit");
    assert_eq!(viewed(&env, "api"), Vec::<String>::new());
    terminal.key("d");
    crate::running::until("the tool has run", || env.dir().join("home/compared").exists());
    terminal.says("q quit");
    terminal.key("e");
    terminal.says("+2 −1");
    terminal.key("l");
    terminal.says("docs 1/1");
    terminal.says("q quit");
    terminal.key("l");
    terminal.until("> ");
    let tree = env.worktree("api");
    assert_eq!(std::fs::read_to_string(env.dir().join("home/compared")).unwrap(), "let x = 1;\nlet y = 1;\n");
    let edited = std::fs::read_to_string(env.dir().join("home/edited")).unwrap();
    assert_eq!(edited, format!("{} of {}\n", tree.join("shared").display(), tree.display()));
    assert!(!env.dir().join("owned").exists());
    env.assert_sound();
}
