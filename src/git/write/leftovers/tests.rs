use super::super::super::testing::{TestRepo, write};
use super::*;

/// A repository with the linked worktree `w`, in which something is staged, changed and untracked.
fn world() -> (TestRepo, WorktreePlace) {
    let test = TestRepo::new();
    test.write(".gitignore", "*.ign\n");
    test.write("file", "one\n");
    test.write("other", "one\n");
    test.commit_all("first");
    test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
    let tree = WorktreePlace { path: test.dir().join("w"), admin: test.path().join(".git/worktrees/w") };
    write(&tree.path.join("file"), "staged\n");
    test.git_in(&tree.path, &["add", "file"]);
    write(&tree.path.join("file"), "two\n");
    write(&tree.path.join("new/file"), "new\n");
    write(&tree.path.join("x.ign"), "ignored\n");
    (test, tree)
}

fn commit_in(test: &TestRepo, tree: &WorktreePlace, limit: Duration) -> LeftoverResult {
    let branch = "w".parse().unwrap();
    let message = "Leave nothing\n\nWindrow-Task: w\n";
    commit(&test.repo(), &Leftovers { tree, branch: &branch, message, limit }).unwrap()
}

fn run(test: &TestRepo, tree: &WorktreePlace) -> LeftoverResult {
    commit_in(test, tree, Duration::from_secs(60))
}

fn committed(result: LeftoverResult) -> String {
    let LeftoverResult::Committed(commit) = result else { panic!("{result:?}") };
    commit.to_string()
}

/// Asserts a refusal that leaves index, HEAD and files as they were; gives the reason.
fn refusal(test: &TestRepo, tree: &WorktreePlace, limit: Duration) -> String {
    let state = || {
        let names: Vec<_> =
            std::fs::read_dir(&tree.admin).unwrap().flatten().map(|e| e.file_name()).collect();
        assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(SAVED)));
        let head = test.git_in(&tree.path, &["rev-parse", "HEAD"]);
        (std::fs::read(tree.admin.join("index")).unwrap(), head, std::fs::read(tree.path.join("file")).ok())
    };
    let before = state();
    let LeftoverResult::Refused(reason) = commit_in(test, tree, limit) else { panic!("not refused") };
    assert_eq!(state(), before);
    reason
}

#[cfg(unix)]
fn hook(test: &TestRepo, name: &str, script: &str) {
    let path = test.path().join(".git/hooks").join(name);
    write(&path, format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn everything_but_ignored_files_is_committed_once() {
    let (test, tree) = world();
    let commit = committed(run(&test, &tree));
    assert_eq!(test.git(&["diff", "--name-status", "main..w"]), "M\tfile\nA\tnew/file");
    assert_eq!(test.git(&["show", "w:file"]), "two");
    assert_eq!(
        test.git(&["show", "-s", "--format=%an %ae%n%B", &commit]),
        "Test test@example.com\nLeave nothing\n\nWindrow-Task: w"
    );
    assert_eq!(test.git_in(&tree.path, &["status", "--porcelain"]), "");
    assert_eq!(run(&test, &tree), LeftoverResult::Nothing);
    test.assert_sound();
}

#[test]
#[cfg(unix)]
fn hooks_run_and_may_refuse() {
    let (test, tree) = world();
    hook(&test, "pre-commit", "git diff --cached --name-only >&2; echo no >&2; exit 1");
    assert_eq!(refusal(&test, &tree, Duration::from_secs(60)), "file\nnew/file\nno");
    assert!(test.git_in(&tree.path, &["status", "--porcelain"]).starts_with("MM file"));
    hook(&test, "pre-commit", "exit 0");
    hook(&test, "commit-msg", "echo 'Change-Id: I1' >> \"$1\"");
    hook(&test, "post-commit", "exit 1");
    let commit = committed(run(&test, &tree));
    assert!(test.git(&["show", "-s", "--format=%B", &commit]).contains("Change-Id: I1"));
}

#[test]
#[cfg(unix)]
fn a_hook_that_hangs_is_ended_and_leaves_no_lock() {
    let (test, tree) = world();
    hook(&test, "pre-commit", "exec sleep 60");
    let reason = refusal(&test, &tree, Duration::from_millis(700));
    assert!(reason.contains("did not end"), "{reason}");
    test.assert_sound();
}

#[test]
#[cfg(unix)]
fn signing_that_fails() {
    let (test, tree) = world();
    test.git(&["config", "commit.gpgsign", "true"]);
    test.git(&["config", "gpg.program", "false"]);
    let reason = refusal(&test, &tree, Duration::from_secs(60));
    assert!(reason.contains("failed to sign"), "{reason}");
}

#[test]
#[cfg(unix)]
fn filters_and_line_endings_are_gits() {
    let (test, tree) = world();
    test.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    test.git(&["config", "core.autocrlf", "input"]);
    write(&tree.path.join(".gitattributes"), "*.up filter=up\n");
    write(&tree.path.join("a.up"), "text\n");
    write(&tree.path.join("crlf"), "a\r\nb\r\n");
    committed(run(&test, &tree));
    assert_eq!(test.git(&["show", "w:a.up"]), "TEXT");
    assert_eq!(test.git(&["show", "w:crlf"]), "a\nb");
}

#[test]
fn repositories_inside_are_named() {
    let (test, tree) = world();
    for name in ["sub/inside", "bare"] {
        test.git(&["init", "-q", tree.path.join(name).to_str().unwrap()]);
    }
    write(&tree.path.join("sub/inside/f"), "f");
    assert_eq!(refusal(&test, &tree, Duration::from_secs(60)), "a repository is inside: bare, sub/inside");
}

#[test]
fn unmerged_in_progress_elsewhere_locked() {
    let (test, tree) = world();
    let limit = Duration::from_secs(60);
    std::fs::write(tree.admin.join("index.lock"), "").unwrap();
    assert!(refusal(&test, &tree, limit).contains("index.lock is locked"));
    std::fs::remove_file(tree.admin.join("index.lock")).unwrap();
    let head = test.git(&["rev-parse", "w"]);
    std::fs::write(tree.admin.join("CHERRY_PICK_HEAD"), format!("{head}\n")).unwrap();
    assert_eq!(refusal(&test, &tree, limit), "a cherry-pick is in progress");
    std::fs::remove_file(tree.admin.join("CHERRY_PICK_HEAD")).unwrap();
    test.git_in(&tree.path, &["checkout", "-q", "-b", "elsewhere"]);
    assert_eq!(refusal(&test, &tree, limit), "HEAD is not on w");
    test.git_in(&tree.path, &["checkout", "-q", "w"]);
    let blob = test.git(&["rev-parse", "main:file"]);
    let stages = format!("100644 {blob} 2\tunmerged\n100644 {blob} 3\tunmerged\n");
    Git::worktree(&test.place().common_dir, &tree.admin, &tree.path, "update-index")
        .arg("--index-info")
        .stdin(stages)
        .run()
        .unwrap();
    assert_eq!(refusal(&test, &tree, limit), "paths are unmerged");
}

#[test]
fn no_identity() {
    let (test, tree) = world();
    test.git(&["config", "user.name", ""]);
    assert!(refusal(&test, &tree, Duration::from_secs(60)).contains("empty ident name"));
}

#[test]
#[cfg(unix)]
fn a_repetition_after_a_death_gives_back_what_the_agent_had_staged() {
    let (test, tree) = world();
    let index = tree.admin.join("index");
    let agents = std::fs::read(&index).unwrap();
    // Died after `add -A`.
    save_index(&tree.admin, test.rev("w")).unwrap().unwrap();
    test.git_in(&tree.path, &["add", "-A"]);
    assert_ne!(std::fs::read(&index).unwrap(), agents);
    hook(&test, "pre-commit", "exit 1");
    assert!(matches!(run(&test, &tree), LeftoverResult::Refused(_)));
    assert_eq!(std::fs::read(&index).unwrap(), agents);
    // Died after the commit: what was saved then says nothing about now.
    std::fs::write(tree.admin.join(format!("{SAVED}{}", "1".repeat(40))), "old").unwrap();
    std::fs::remove_file(test.path().join(".git/hooks/pre-commit")).unwrap();
    committed(run(&test, &tree));
    let left = std::fs::read_dir(&tree.admin).unwrap().flatten();
    assert_eq!(left.filter(|e| e.file_name().to_string_lossy().starts_with(SAVED)).count(), 0);
}
