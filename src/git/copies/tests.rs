use super::*;
use crate::git::testing::{TestRepo, write};
use crate::git::write::create::tests::start;

fn rules(copy: &[&str], link: &[&str]) -> CopyRules {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    CopyRules { copy: texts(copy), link: texts(link) }
}

/// A repository whose ignore file names `.env`, `build/`, `deps` and `*.key`, and a worktree of it.
fn repository() -> (TestRepo, WorktreePlace) {
    let test = TestRepo::with_commit();
    test.write(".gitignore", ".env\nbuild/\ndeps\n*.key\n");
    test.commit_all("ignore");
    let tree = start(&test.place(), &test.dir(), "x", "main");
    (test, tree)
}

fn brought(test: &TestRepo, tree: &WorktreePlace, rules: &CopyRules) -> (Vec<String>, Vec<String>) {
    let report = bring(&test.place(), tree, rules, &test.dir().join("scratch")).unwrap();
    let copied = report.copied.iter().map(|copied| copied.path.to_string()).collect();
    let skipped = report.skipped.iter().map(|skipped| format!("{}: {}", skipped.path, skipped.why)).collect();
    (copied, skipped)
}

#[test]
fn only_ignored_files_that_match_are_copied() {
    let (test, tree) = repository();
    for path in [".env", "sub/.env", "build/a/b", "build/c", "untracked.key.txt", "my file.key", "deps/x"] {
        test.write(path, path);
    }
    test.write("tracked.key", "t");
    test.git(&["add", "-f", "tracked.key"]);
    let (copied, skipped) =
        brought(&test, &tree, &rules(&[".env", "/build/*", "!/build/c", "*.key", "untracked*"], &[]));
    assert_eq!(
        (copied, skipped),
        (vec![".env".into(), "build/a/b".into(), "my file.key".into(), "sub/.env".into()], vec![])
    );
    assert_eq!(std::fs::read(tree.path.join("build/a/b")).unwrap(), b"build/a/b");
    assert!(!tree.path.join("tracked.key").exists() && !tree.path.join("deps").exists());
    assert_eq!(test.git_in(&tree.path, &["status", "--porcelain"]), "");
}

#[test]
fn the_include_file_adds_patterns() {
    let (test, _) = repository();
    test.write(".worktreeinclude", "# secrets\n\n.env\n  \n*.key\n");
    assert_eq!(with_include_file(rules(&["a"], &[]), &test.place()), rules(&["a", ".env", "*.key"], &[]));
    std::fs::remove_file(test.path().join(".worktreeinclude")).unwrap();
    #[cfg(unix)]
    {
        write(&test.dir().join("elsewhere"), "/etc/passwd\n");
        std::os::unix::fs::symlink(test.dir().join("elsewhere"), test.path().join(".worktreeinclude"))
            .unwrap();
        assert_eq!(with_include_file(CopyRules::default(), &test.place()), CopyRules::default());
    }
}

#[test]
fn repositories_inside_and_what_is_there_stay() {
    let (test, tree) = repository();
    test.write("deps/nested/.env", "n");
    test.git(&["init", "-q", "deps/nested"]);
    test.write("build/.env", "b");
    test.write(".env", "main");
    write(&tree.path.join(".env"), "own");
    write(&tree.path.join("build"), "a file");
    let (copied, skipped) = brought(&test, &tree, &rules(&[".env"], &[]));
    assert_eq!(copied, [""; 0]);
    assert_eq!(skipped, [".env: something stands at its place", "build/.env: something stands at its place"]);
    assert_eq!(std::fs::read(tree.path.join(".env")).unwrap(), b"own");
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_at_either_end() {
    use std::os::unix::fs::symlink;
    let (test, tree) = repository();
    let outside = test.dir().join("outside");
    write(&outside.join("secret.key"), "secret");
    // At the source: the file, and a directory on the way.
    symlink(outside.join("secret.key"), test.path().join("link.key")).unwrap();
    std::fs::create_dir_all(test.path().join("build")).unwrap();
    symlink(&outside, test.path().join("deps")).unwrap();
    let (copied, skipped) = brought(&test, &tree, &rules(&["*.key", "deps/*"], &[]));
    assert_eq!((copied, skipped), (vec![], vec!["link.key: it is a symbolic link".to_owned()]));
    // At the target: what an agent, or a commit, may have put there.
    test.write("build/o", "o");
    symlink(&outside, tree.path.join("build")).unwrap();
    let (copied, skipped) = brought(&test, &tree, &rules(&["build/"], &["build/"]));
    assert_eq!((copied.len(), skipped.len()), (0, 2), "{skipped:?}");
    assert!(!outside.join("o").exists());
    let place = test.place();
    let main = place.main_worktree.as_deref().unwrap();
    for odd in ["../x", "a/../../x", ".git/config", "a/.git/config", "/etc/passwd", ""] {
        assert!(
            matches!(place::copy(main, &tree.path, &odd.into(), 0), Err(place::Failure::Skip(_))),
            "{odd}"
        );
    }
}

#[cfg(unix)]
#[test]
fn only_regular_files_and_with_their_modes() {
    use std::os::unix::fs::PermissionsExt;
    let (test, tree) = repository();
    for (name, mode) in [("run.key", 0o755), ("private.key", 0o600), ("read.key", 0o444)] {
        test.write(name, name);
        std::fs::set_permissions(test.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let fifo = test.path().join("pipe.key");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(test.path().join("s.key")).unwrap();
    let (copied, skipped) = brought(&test, &tree, &rules(&["*.key"], &[]));
    assert_eq!(copied, ["private.key", "read.key", "run.key"]);
    assert!(skipped.iter().all(|line| line.ends_with("it is no regular file")), "{skipped:?}");
    let mode = |name: &str| std::fs::metadata(tree.path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("run.key"), mode("private.key"), mode("read.key")], [0o755, 0o600, 0o444]);
}

#[cfg(unix)]
#[test]
fn a_directory_is_linked_as_a_whole_where_a_link_is_ignored_too() {
    let (test, tree) = repository();
    test.write("deps/a/x", "x");
    test.write("deps/.env", "e");
    test.write("build/o", "o");
    let (copied, skipped) = brought(&test, &tree, &rules(&["deps", ".env"], &["/deps", "/build"]));
    assert_eq!(copied, ["deps"]);
    assert!(skipped[0].starts_with("build: as a link it would not be ignored"), "{skipped:?}");
    assert_eq!(std::fs::read_link(tree.path.join("deps")).unwrap(), test.path().join("deps"));
    assert_eq!(test.git_in(&tree.path, &["status", "--porcelain"]), "");
    let copied = report(&tree).copied;
    assert!(is_unchanged(&test.place(), &tree, &copied[0]));
    std::fs::remove_file(tree.path.join("deps")).unwrap();
    assert!(!is_unchanged(&test.place(), &tree, &copied[0]));
}

#[test]
fn a_copy_is_known_as_long_as_nobody_changed_it() {
    let (test, tree) = repository();
    test.write(".env", "one\n");
    brought(&test, &tree, &rules(&[".env"], &[]));
    let copied = report(&tree).copied.remove(0);
    assert!(is_unchanged(&test.place(), &tree, &copied));
    // The original may change: what would be lost is the copy.
    test.write(".env", "new\n");
    assert!(is_unchanged(&test.place(), &tree, &copied));
    write(&tree.path.join(".env"), "two\n");
    assert!(!is_unchanged(&test.place(), &tree, &copied));
    std::fs::write(tree.admin.join(REPORT), "{\"copied\":[{}").unwrap();
    assert_eq!(report(&tree), CopyReport::default());
}

#[test]
fn a_copy_that_was_killed_leaves_nothing_to_its_repetition() {
    let (test, tree) = repository();
    test.write(".env", "whole\n");
    write(&tree.path.join(".windrow-copy-0"), "wh");
    assert_eq!(brought(&test, &tree, &rules(&[".env"], &[])).0, [".env"]);
    assert_eq!(std::fs::read(tree.path.join(".env")).unwrap(), b"whole\n");
    assert!(!tree.path.join(".windrow-copy-0").exists());
}

#[test]
fn what_a_worktree_lacks() {
    let (test, tree) = repository();
    for path in [".env", "build/o", "deps/x", "a.key"] {
        test.write(path, "x");
    }
    brought(&test, &tree, &rules(&[".env"], &["deps"]));
    let entries = crate::git::worktrees::list(&test.repo()).unwrap();
    let found = |entries: &[WorktreeEntry]| -> Vec<String> {
        lacking(&test.place(), &tree, entries).unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(found(&entries), ["a.key", "build"]);
    let inside = WorktreeEntry { path: test.path().join("build/w"), ..entries[0].clone() };
    assert_eq!(found(&[inside]), ["a.key"]);
}
