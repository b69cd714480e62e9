//! Merging on a real terminal: what is shown, what can be chosen, and one landing of what was chosen.

use crate::env::{Env, write};
use crate::terminal::Terminal;

/// Three tasks: two that land, one in conflict.
fn three(env: &Env) {
    env.task("a", &[("a", "1\n")]);
    env.task("b", &[("b", "1\n")]);
    env.task("c", &[("file", "theirs\n")]);
    env.write("file", "ours\n");
    env.commit("ours");
}

#[test]
fn each_task_is_asked_about_and_what_was_chosen_lands_at_once() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    three(&env);
    let objects = env.git(&["count-objects", "-v"]);
    let old = env.git(&["rev-parse", "main"]);
    terminal.enter("windrow merge --all");
    insta::assert_snapshot!(terminal.says("  skip"), @"
    ○ a  would land in main (merge commit)
    ○ b  would land in main (merge commit)
    ✗ c  conflict: 1 file conflicts with main
        file (content)
    a against main (75ed618c4)
      a | 1 +
      1 file changed, 1 insertion(+)
    b against main (75ed618c4)
      b | 1 +
      1 file changed, 1 insertion(+)
    ❯ a into main?
    > land
      land it and the 1 after it
      review: show the diff
      skip
    ");
    assert_eq!(env.git(&["count-objects", "-v"]), objects, "nothing is made before it is chosen");
    // Skip the first.
    terminal.key("Up");
    terminal.key("Enter");
    terminal.says("b into main?");
    // Read the second, then land it.
    terminal.says("> land");
    terminal.key("Down");
    terminal.says("> review");
    terminal.key("Enter");
    terminal.says("+1");
    terminal.says("> land");
    terminal.key("Enter");
    // Resolve the third.
    terminal.says("c: 1 file conflicts with main");
    terminal.says("> resolve");
    assert_eq!(env.git(&["rev-parse", "main"]), old, "nothing lands before all is chosen");
    terminal.key("Enter");
    let screen = terminal.until("> ");
    let (_, end) = screen.split_once("✓ c: 1 file conflicts with main").unwrap();
    insta::assert_snapshot!(end.split_once('\n').unwrap().1, @"
    ✓ b  landed in main as bb16bedb5 (merge commit)
    ▲ c conflicts with main now: file
    ✗ c  conflict: 1 file conflicts with main, to be solved in
         [DIR]/repo.worktrees/c
        file (content)
    ↳ solve them, then: git -C [DIR]/repo.worktrees/c add -- file
    ↳ windrow merge c --continue
    ↳ or give up: windrow merge c --abort
    >
    ");
    assert_eq!(
        env.git(&["log", "--format=%s", "--first-parent", &format!("{old}..main")]),
        "Merge branch 'b'"
    );
    let tree = env.worktree("c");
    assert_eq!(env.git_in(&tree, &["rev-parse", "MERGE_HEAD"]), env.git(&["rev-parse", "main"]));
    write(&tree.join("file"), "both\n");
    env.git_in(&tree, &["add", "file"]);
    terminal.enter("windrow merge c --continue");
    terminal.says("> land");
    terminal.key("Enter");
    assert!(terminal.until("> ").contains("✓ c  landed in main as "));
    assert_eq!(env.git(&["show", "main:file"]), "both");
    env.assert_sound();
}

#[test]
fn all_at_once_or_nothing() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    env.task("a", &[("a", "1\n")]);
    env.task("b", &[("b", "1\n")]);
    let state =
        || (env.git(&["for-each-ref"]), env.git(&["status", "--porcelain"]), env.run(&["history"]).stdout);
    let before = state();
    terminal.enter("windrow merge a b; echo exit $?");
    terminal.says("  skip");
    terminal.key("Escape");
    let declined = terminal.says("exit 1");
    assert!(declined.contains("declined; nothing was changed"), "{declined}");
    terminal.enter("windrow merge a b");
    terminal.says("  skip");
    terminal.key("C-c");
    terminal.until("> ");
    assert_eq!(state(), before);
    terminal.enter("windrow merge a b; echo exit $?");
    terminal.says("  skip");
    terminal.key("Down");
    terminal.says("> land it and the 1 after it");
    terminal.key("Enter");
    terminal.says("exit 0");
    assert_eq!(env.git(&["rev-list", "--count", "--merges", "main"]), "2");
    env.assert_sound();
}

/// Who is left out holds those back that stand on its work.
#[test]
fn a_child_of_what_is_skipped_is_held_back() {
    let env = Env::new();
    let Some(terminal) = Terminal::open(&env) else { return };
    env.task("parent", &[("a", "1\n")]);
    env.run(&["start", "child", "--base", "parent"]).exits(0);
    write(&env.worktree("child").join("b"), "1\n");
    env.commit_in(&env.worktree("child"), "b");
    terminal.enter("windrow merge --all; echo exit $?");
    terminal.says("  skip");
    terminal.key("Up");
    terminal.key("Enter");
    terminal.says("child into main?");
    terminal.key("Enter");
    let screen = terminal.says("exit ");
    assert!(screen.contains("held-back: `parent`, which it stands on, was not landed"), "{screen}");
    assert_eq!(env.git(&["rev-list", "--count", "main"]), "1");
}
