use super::*;
use crate::git::status::tests::{by_executable, linked};
use crate::git::testing::{TestRepo, write};

/// Takes the inventory of worktree `w` by libgit2 and by git, asserts that they agree, and gives it.
fn take(test: &TestRepo, tree: &WorktreePlace) -> Inventory {
    take_with(test, tree, &["dist".to_owned()], &|_| false)
}

fn take_with(
    test: &TestRepo,
    tree: &WorktreePlace,
    disposable: &[String],
    replaceable: &dyn Fn(&RepoPath) -> bool,
) -> Inventory {
    let (repo, branch) = (test.repo(), "w".parse().unwrap());
    let base = repo.branch_tip(&"main".parse().unwrap()).unwrap();
    let of = |needs: &Needs| {
        let options = InventoryOptions { branch: &branch, base, disposable, replaceable, needs };
        inventory(&repo, tree, &options).unwrap()
    };
    let ours = of(&Needs::default());
    assert_eq!(ours, of(&by_executable()));
    ours
}

/// Asserts that exactly one class is found, and gives its words and paths.
fn only(test: &TestRepo, tree: &WorktreePlace, class: Class) -> (String, Vec<String>) {
    let found = take(test, tree);
    let classes: Vec<Class> = found.iter().map(|found| found.class).collect();
    assert_eq!(classes, [class], "{found:?}");
    assert!(found[0].paths.is_empty() || found[0].count == found[0].paths.len());
    (found[0].what.clone(), found[0].paths.iter().map(ToString::to_string).collect())
}

#[test]
fn a_worktree_without_work_has_none() {
    let (test, tree) = linked();
    assert_eq!(take(&test, &tree), []);
}

#[test]
fn tracked_edits_and_deletions() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "changed\n");
    assert_eq!(only(&test, &tree, Class::Tracked), ("1 modified file".into(), vec!["file".into()]));
    std::fs::remove_file(tree.path.join("dir/tracked")).unwrap();
    assert_eq!(only(&test, &tree, Class::Tracked).0, "2 modified files");
}

#[test]
fn staged_changes() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "changed\n");
    test.git_in(&tree.path, &["add", "file"]);
    assert_eq!(only(&test, &tree, Class::Staged), ("1 staged file".into(), vec!["file".into()]));
}

#[test]
fn edits_behind_assume_unchanged() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["update-index", "--assume-unchanged", "file", "dir/tracked"]);
    assert_eq!(take(&test, &tree), [], "nothing is edited");
    write(&tree.path.join("file"), "changed\n");
    assert_eq!(test.git_in(&tree.path, &["status", "--porcelain"]), "");
    let (what, paths) = only(&test, &tree, Class::Hidden);
    assert_eq!((what.as_str(), paths), ("1 edited file hidden from git status", vec!["file".into()]));
    std::fs::remove_file(tree.path.join("dir/tracked")).unwrap();
    assert_eq!(only(&test, &tree, Class::Hidden).1.len(), 2, "a deletion is an edit too");
}

#[test]
fn edits_behind_skip_worktree() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["update-index", "--skip-worktree", "file", "dir/tracked"]);
    std::fs::remove_file(tree.path.join("dir/tracked")).unwrap();
    assert_eq!(take(&test, &tree), [], "a skipped file need not be there");
    write(&tree.path.join("file"), "changed\n");
    assert_eq!(only(&test, &tree, Class::Hidden).1, ["file"]);
}

#[test]
fn line_ends_that_are_only_converted_are_no_hidden_edit() {
    let (test, tree) = linked();
    write(&tree.path.join(".gitattributes"), "file text eol=crlf\n");
    test.commit_all_in(&tree.path, "attributes");
    test.git(&["merge", "-q", "w"]);
    write(&tree.path.join("file"), "one\r\n");
    test.git_in(&tree.path, &["update-index", "--assume-unchanged", "file"]);
    assert_eq!(take(&test, &tree), []);
}

#[test]
fn untracked_files_one_by_one_whatever_the_configuration_says() {
    let (test, tree) = linked();
    test.git(&["config", "status.showUntrackedFiles", "no"]);
    (0..25).for_each(|n| write(&tree.path.join(format!("new/{n:02}")), ""));
    let found = take(&test, &tree);
    assert_eq!((found.len(), found[0].class, found[0].count), (1, Class::Untracked, 25));
    assert_eq!((found[0].paths.len(), found[0].what.as_str()), (SHOWN, "25 untracked files"));
}

#[test]
fn ignored_files_one_by_one() {
    let (test, tree) = linked();
    for path in ["ignored/a", "ignored/deep/b", "new.ign", "dir/x.ign"] {
        write(&tree.path.join(path), "");
    }
    let (what, paths) = only(&test, &tree, Class::Ignored);
    assert_eq!(what, "4 ignored files");
    assert_eq!(paths, ["dir/x.ign", "ignored/a", "ignored/deep/b", "new.ign"]);
    let known = |path: &RepoPath| path.is_in(&"ignored".into());
    let found = take_with(&test, &tree, &[], &known);
    assert_eq!(found[0].count, 2, "what can be replaced does not count");
}

#[test]
fn what_a_build_makes_again_is_not_counted() {
    let (test, tree) = linked();
    let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# a cache\n";
    write(&tree.path.join("ignored/target/CACHEDIR.TAG"), tag);
    write(&tree.path.join("ignored/target/deep/object"), "");
    write(&tree.path.join("ignored/node_modules/x/index.js"), "");
    write(&tree.path.join("ignored/dist/x"), "");
    write(&tree.path.join("dir/__pycache__/x.ign"), "");
    assert_eq!(take(&test, &tree), []);
    write(&tree.path.join("ignored/other/CACHEDIR.TAG"), "no signature\n");
    std::os::unix::fs::symlink("../target/CACHEDIR.TAG", tree.path.join("ignored/CACHEDIR.TAG")).unwrap();
    let (_, paths) = only(&test, &tree, Class::Ignored);
    assert_eq!(paths, ["ignored/CACHEDIR.TAG", "ignored/other/CACHEDIR.TAG"]);
}

#[test]
fn commits_that_the_base_lacks() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "changed\n");
    test.commit_all_in(&tree.path, "work");
    assert_eq!(only(&test, &tree, Class::Unmerged).0, "1 commit not in the base");
    test.git(&["merge", "-q", "w"]);
    assert_eq!(take(&test, &tree), []);
}

#[test]
fn without_a_base_another_branch_may_hold_the_commits() {
    let (test, tree) = linked();
    test.commit_all_in(&tree.path, "work");
    let (repo, branch) = (test.repo(), "w".parse().unwrap());
    let needs = Needs::default();
    let options = InventoryOptions {
        branch: &branch,
        base: None,
        disposable: &[],
        replaceable: &|_| false,
        needs: &needs,
    };
    let found = inventory(&repo, &tree, &options).unwrap();
    assert_eq!(found[0].what, "1 commit that no other branch holds");
    test.git(&["branch", "copy", "w"]);
    assert_eq!(inventory(&repo, &tree, &options).unwrap(), []);
}

#[test]
fn commits_of_a_detached_head() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["checkout", "-q", "--detach"]);
    assert_eq!(take(&test, &tree), [], "a branch holds it");
    test.commit_all_in(&tree.path, "loose");
    assert_eq!(only(&test, &tree, Class::Detached).0, "1 commit that no branch holds");
    test.git_in(&tree.path, &["tag", "kept"]);
    assert_eq!(take(&test, &tree), []);
}

#[test]
fn commits_that_only_a_ref_of_the_worktree_names() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["checkout", "-q", "--detach"]);
    test.commit_all_in(&tree.path, "loose");
    test.git_in(&tree.path, &["update-ref", "refs/worktree/kept", "HEAD"]);
    test.git_in(&tree.path, &["checkout", "-q", "w"]);
    assert_eq!(only(&test, &tree, Class::Detached).0, "1 commit that no branch holds");
}

#[test]
fn an_unfinished_operation() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["bisect", "start"]);
    assert_eq!(only(&test, &tree, Class::InProgress).0, "a bisect is in progress");
}

#[test]
fn a_conflict_is_told_with_what_it_comes_from() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "theirs\n");
    test.commit_all_in(&tree.path, "theirs");
    test.git(&["merge", "-q", "w"]);
    test.write("file", "ours\n");
    test.commit_all("ours");
    write(&tree.path.join("file"), "theirs again\n");
    test.commit_all_in(&tree.path, "theirs");
    assert!(!test.try_git_in(&tree.path, &["merge", "main"]).status.success());
    let found = take(&test, &tree);
    let classes: Vec<Class> = found.iter().map(|found| found.class).collect();
    assert_eq!(classes, [Class::Unmerged, Class::InProgress, Class::Conflicts]);
    assert_eq!(
        (found[1].what.as_str(), found[2].what.as_str()),
        ("a merge is in progress", "1 file in conflict")
    );
    assert_eq!(found[2].paths, [RepoPath::from("file")]);
}

#[test]
fn repositories_inside_wherever_they_are() {
    for dir in ["new", "ignored/x", "dir", "dir/in", "ignored/node_modules/x", "ignored/dist"] {
        let (test, tree) = linked();
        test.git_in(&tree.path, &["init", "-q", dir]);
        let (what, paths) = only(&test, &tree, Class::Nested);
        assert_eq!((what.as_str(), paths), ("1 repository inside", vec![dir.to_owned()]));
    }
}

#[test]
fn a_bare_repository_in_a_disposable_directory() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["init", "-q", "--bare", "ignored/node_modules/x.git"]);
    assert_eq!(only(&test, &tree, Class::Nested).1, ["ignored/node_modules/x.git"]);
}

#[test]
fn a_worktree_inside_a_worktree() {
    let (test, tree) = linked();
    test.git(&["worktree", "add", "-q", "../w/ignored/inner", "-b", "inner"]);
    let found = take(&test, &tree);
    let nested = found.iter().find(|found| found.class == Class::Nested).unwrap();
    assert_eq!(nested.paths, [RepoPath::from("ignored/inner")]);
}

#[test]
fn a_link_to_a_repository_is_not_followed() {
    let (test, tree) = linked();
    std::fs::create_dir(tree.path.join("ignored")).unwrap();
    std::os::unix::fs::symlink(test.path(), tree.path.join("ignored/link")).unwrap();
    std::os::unix::fs::symlink("/", tree.path.join("ignored/root")).unwrap();
    assert_eq!(only(&test, &tree, Class::Ignored).1, ["ignored/link", "ignored/root"]);
}

#[test]
fn submodules_that_are_populated() {
    let (test, tree) = linked();
    let other = TestRepo::with_commit();
    let url = other.path();
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", url.to_str().unwrap(), "sub"];
    test.git(&add);
    test.commit_all("submodule");
    test.git_in(&tree.path, &["merge", "-q", "main"]);
    assert_eq!(take(&test, &tree), [], "an empty directory holds nothing");
    test.git_in(
        &tree.path,
        &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"],
    );
    let (what, paths) = only(&test, &tree, Class::Submodules);
    assert_eq!((what.as_str(), paths), ("1 initialised submodule", vec!["sub".to_owned()]));
    test.git_in(&tree.path, &["submodule", "--quiet", "deinit", "-f", "sub"]);
    assert_eq!(only(&test, &tree, Class::Submodules).0, "repositories of submodules");
}

#[test]
fn a_worktree_that_is_gone_still_has_its_commits() {
    let (test, tree) = linked();
    test.commit_all_in(&tree.path, "work");
    write(&tree.path.join("file"), "changed\n");
    std::fs::rename(&tree.path, test.dir().join("away")).unwrap();
    let found = take(&test, &tree);
    assert_eq!(found.iter().map(|found| found.class).collect::<Vec<_>>(), [Class::Unmerged]);
}

#[test]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let (test, tree) = linked();
    for name in [b"bad\xff".as_slice(), b"ignored/bad\xfe", b"new\nline"] {
        write(&tree.path.join(std::ffi::OsStr::from_bytes(name)), "");
    }
    let found = take(&test, &tree);
    assert_eq!(found[0].paths, [RepoPath::new(b"bad\xff".as_slice()), RepoPath::from("new\nline")]);
    assert_eq!(found[1].paths, [RepoPath::new(b"ignored/bad\xfe".as_slice())]);
}

#[test]
fn all_classes_at_once_and_nothing_is_written() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "staged\n");
    test.git_in(&tree.path, &["add", "file"]);
    write(&tree.path.join("file"), "edited\n");
    test.git_in(&tree.path, &["update-index", "--skip-worktree", "dir/tracked"]);
    write(&tree.path.join("dir/tracked"), "hidden\n");
    write(&tree.path.join("new"), "");
    write(&tree.path.join("x.ign"), "");
    test.git_in(&tree.path, &["init", "-q", "ignored/nested"]);
    test.git_in(&tree.path, &["bisect", "start"]);
    let before = crate::git::status::random::contents(&[test.path(), tree.path.clone()]);
    let classes: Vec<Class> = take(&test, &tree).iter().map(|found| found.class).collect();
    let all = [
        Class::Tracked,
        Class::Staged,
        Class::Hidden,
        Class::Untracked,
        Class::Ignored,
        Class::InProgress,
        Class::Nested,
    ];
    assert_eq!(classes, all);
    assert!(crate::git::status::random::contents(&[test.path(), tree.path.clone()]) == before);
}

#[test]
fn obstacles_are_locks_of_others_and_the_current_directory() {
    let (test, tree) = linked();
    assert_eq!(obstacles(&tree, None, None), []);
    assert_eq!(obstacles(&tree, Some("windrow api"), Some(&test.path())), []);
    assert_eq!(obstacles(&tree, Some("mine\n"), None), [Obstacle::Locked("mine".into())]);
    assert_eq!(obstacles(&tree, Some("windrows"), None), [Obstacle::Locked("windrows".into())]);
    assert_eq!(obstacles(&tree, None, Some(&tree.path.join("dir"))), [Obstacle::OwnCwd]);
    let link = test.dir().join("link");
    std::os::unix::fs::symlink(&tree.path, &link).unwrap();
    assert_eq!(obstacles(&tree, None, Some(&link.join("dir"))), [Obstacle::OwnCwd]);
    assert_eq!(obstacles(&tree, None, Some(&test.dir().join("ww"))), []);
}

#[test]
fn numbers_go_with_their_nouns() {
    assert_eq!(counted(1, "file in conflict"), "1 file in conflict");
    assert_eq!(counted(2, "file in conflict"), "2 files in conflict");
    assert_eq!(counted(2, "repository inside"), "2 repositories inside");
    assert_eq!(counted(3, "initialised submodule"), "3 initialised submodules");
}

#[test]
fn repositories_without_a_file_are_listed_too() {
    let (test, tree) = linked();
    for dir in ["empty", "dir", "ignored/node_modules/x"] {
        test.git_in(&tree.path, &["init", "-q", dir]);
    }
    let found = repositories(&test.repo(), &tree, &Needs::default()).unwrap();
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["dir", "empty", "ignored/node_modules/x"].map(RepoPath::from)
    );
}
