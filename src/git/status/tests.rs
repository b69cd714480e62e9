use super::*;
use crate::git::testing::{TestRepo, write};

pub(in crate::git) fn by_executable() -> Needs {
    Needs { git_for_files: Some("a test".to_owned()), ..Needs::default() }
}

/// A linked worktree `w` on branch `w` of a repository with the files `file`, `dir/tracked` and `.gitignore`.
pub(in crate::git) fn linked() -> (TestRepo, WorktreePlace) {
    let test = TestRepo::with_commit();
    test.write("dir/tracked", "tracked\n");
    test.write(".gitignore", "*.ign\nignored/\n");
    test.commit_all("second");
    test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
    let tree = WorktreePlace { path: test.dir().join("w"), admin: test.path().join(".git/worktrees/w") };
    (test, tree)
}

fn dirt_of(test: &TestRepo, tree: &WorktreePlace) -> Dirt {
    let both = [Needs::default(), by_executable()].map(|needs| dirt(tree, &needs, &test.place()).unwrap());
    assert_eq!(both[0], both[1]);
    both[0]
}

#[test]
fn untracked_files_count_whatever_the_configuration_says() {
    let (test, tree) = linked();
    test.git(&["config", "status.showUntrackedFiles", "no"]);
    write(&tree.path.join("new/a"), "");
    write(&tree.path.join("new/b"), "");
    write(&tree.path.join("ignored/c"), "");
    write(&tree.path.join("x.ign"), "");
    assert_eq!(dirt_of(&test, &tree), Dirt { untracked: 2, ..Dirt::default() });
    let paths = dirty_paths(&tree, &Needs::default(), &test.place()).unwrap();
    assert_eq!(paths, [RepoPath::from("new/a"), RepoPath::from("new/b")]);
}

#[test]
fn conflicts_are_unmerged_and_nothing_else() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "theirs\n");
    test.commit_all_in(&tree.path, "theirs");
    test.write("file", "ours\n");
    test.commit_all("ours");
    assert_eq!(in_progress(&tree.admin), None);
    assert!(!test.try_git_in(&tree.path, &["merge", "main"]).status.success());
    assert_eq!(dirt_of(&test, &tree), Dirt { unmerged: 1, ..Dirt::default() });
    assert_eq!(in_progress(&tree.admin), Some("a merge is"));
}

#[test]
fn what_is_unfinished_is_named() {
    let (test, tree) = linked();
    for text in ["one", "two"] {
        write(&tree.path.join("file"), text);
        test.commit_all_in(&tree.path, text);
    }
    test.write("file", "ours\n");
    test.commit_all("ours");
    let end = |arguments: &[&str]| test.git_in(&tree.path, arguments);
    for (begin, abort, what) in [
        (vec!["rebase", "main"], vec!["rebase", "--abort"], "a rebase is"),
        (vec!["cherry-pick", "main"], vec!["cherry-pick", "--abort"], "a cherry-pick is"),
        (vec!["revert", "HEAD~1"], vec!["revert", "--abort"], "a revert is"),
        (vec!["merge", "main"], vec!["merge", "--abort"], "a merge is"),
    ] {
        assert!(!test.try_git_in(&tree.path, &begin).status.success());
        assert_eq!(in_progress(&tree.admin), Some(what));
        end(&abort);
        assert_eq!(in_progress(&tree.admin), None, "{abort:?}");
    }
    end(&["bisect", "start"]);
    assert_eq!(in_progress(&tree.admin), Some("a bisect is"));
    end(&["bisect", "reset"]);
    let patch = test.git(&["format-patch", "-1", "--stdout", "main"]);
    write(&test.dir().join("patch"), patch + "\n");
    assert!(!test.try_git_in(&tree.path, &["am", "../patch"]).status.success());
    assert_eq!(in_progress(&tree.admin), Some("a patch application is"));
}

#[test]
fn a_worktree_of_another_repository_is_not_read() {
    let (test, tree) = linked();
    let other = TestRepo::with_commit();
    write(&tree.admin.join("commondir"), format!("{}\n", other.path().join(".git").display()));
    let error = dirt(&tree, &Needs::default(), &test.place()).unwrap_err();
    assert!(error.to_string().contains("its repository is"), "{error}");
}

#[test]
fn a_directory_of_another_worktree_is_not_read() {
    let (test, tree) = linked();
    test.git(&["worktree", "add", "-q", "../x", "-b", "x"]);
    write(&tree.admin.join("gitdir"), format!("{}\n", test.dir().join("x/.git").display()));
    assert!(matches!(dirt(&tree, &Needs::default(), &test.place()), Err(GitError::NotOurs { .. })));
}

#[test]
fn what_a_worktree_plants_is_not_run() {
    let (test, tree) = linked();
    let marker = test.dir().join("ran");
    let command = format!("touch {}; cat", marker.display());
    for key in ["core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv"] {
        test.git(&["config", key, &command]);
    }
    write(&tree.path.join(".gitattributes"), "* filter=evil diff=evil\n");
    write(&tree.path.join("file"), "changed\n");
    write(&tree.path.join("new"), "new\n");
    assert_eq!(dirt(&tree, &Needs::default(), &test.place()).unwrap().unstaged, 1);
    fingerprint(&tree, &Needs::default(), &test.place()).unwrap();
    assert!(!marker.exists());
}

#[test]
fn a_fingerprint_tells_every_relevant_change_apart() {
    let (test, tree) = linked();
    let mut seen = Vec::new();
    let mut step = |what: &str| {
        let now = [Needs::default(), by_executable()]
            .map(|needs| fingerprint(&tree, &needs, &test.place()).unwrap());
        assert_eq!(now[0], now[1], "{what}");
        assert!(!seen.contains(&now[0]), "{what}");
        assert_eq!(now[0].len(), 64);
        seen.push(now[0].clone());
    };
    let file = |name: &str, content: &str| write(&tree.path.join(name), content);
    step("clean");
    file("file", "two\n");
    step("an edit");
    file("file", "six\n");
    step("another edit of the same length");
    test.git_in(&tree.path, &["add", "file"]);
    step("staged");
    file("file", "ten\n");
    step("staged and edited");
    file("new", "1");
    step("untracked");
    file("new", "2");
    step("untracked, other content");
    std::fs::remove_file(tree.path.join("new")).unwrap();
    std::os::unix::fs::symlink("2", tree.path.join("new")).unwrap();
    step("a link");
    test.git_in(&tree.path, &["add", "-N", "new"]);
    step("to be added");
    test.git_in(&tree.path, &["update-index", "--assume-unchanged", "dir/tracked"]);
    step("assumed to be unchanged");
    file("dir/tracked", "hidden\n");
    step("a hidden edit");
    test.git_in(&tree.path, &["init", "-q", "nested"]);
    file("nested/in", "1");
    step("a repository inside");
    file("nested/in", "2");
    step("a file in it");
    test.git_in(&tree.path, &["commit", "-q", "--allow-empty", "-m", "more"]);
    step("another HEAD");
}

#[test]
fn a_fingerprint_does_not_see_what_is_not_relevant() {
    let (test, tree) = linked();
    write(&tree.path.join("new"), "1");
    let before = fingerprint(&tree, &Needs::default(), &test.place()).unwrap();
    write(&tree.path.join("ignored/x"), "1");
    write(&tree.path.join("file"), "one\n");
    test.git_in(&tree.path, &["status"]);
    test.git_in(&tree.path, &["update-index", "--really-refresh"]);
    assert_eq!(fingerprint(&tree, &Needs::default(), &test.place()).unwrap(), before);
}

#[test]
fn heads_and_locks() {
    let (test, tree) = linked();
    let repo = test.repo();
    assert_eq!(head(&repo, &tree).unwrap().branch().unwrap().as_str(), "w");
    assert_eq!((is_missing(&tree), locked(&tree)), (false, None));
    test.git(&["worktree", "lock", "--reason", "why not", "../w"]);
    assert_eq!(locked(&tree).as_deref(), Some("why not"));
    std::fs::write(tree.admin.join("locked"), b"\xff\n").unwrap();
    assert_eq!(locked(&tree).as_deref(), Some("\u{fffd}"));
    std::fs::rename(&tree.path, test.dir().join("away")).unwrap();
    assert!(is_missing(&tree));
}

#[test]
fn a_repository_inside_counts_once_as_with_git() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["init", "-q", "nested"]);
    write(&tree.path.join("nested/a"), "");
    write(&tree.path.join("nested/b"), "");
    assert_eq!(dirt_of(&test, &tree).untracked, 1);
}

#[test]
fn repositories_inside_are_seen_where_they_have_files() {
    let (test, tree) = linked();
    for dir in ["unborn", "deep/er", "dir/in-tracked"] {
        test.git_in(&tree.path, &["init", "-q", dir]);
        write(&tree.path.join(dir).join("file"), "");
    }
    let both = [Needs::default(), by_executable()].map(|n| dirty_paths(&tree, &n, &test.place()).unwrap());
    assert_eq!(both[0], ["deep/er", "dir/in-tracked", "unborn"].map(RepoPath::from));
    assert_eq!(both[0], both[1]);
}

#[test]
fn an_intended_addition_is_unstaged() {
    let (test, tree) = linked();
    write(&tree.path.join("new"), "new\n");
    write(&tree.path.join("empty"), "");
    test.git_in(&tree.path, &["add", "-N", "new", "empty"]);
    test.git_in(&tree.path, &["rm", "-q", "--cached", "file"]);
    test.git_in(&tree.path, &["add", "-N", "file"]);
    assert_eq!(dirt_of(&test, &tree), Dirt { staged: 1, unstaged: 3, ..Dirt::default() });
    std::fs::remove_file(tree.path.join("new")).unwrap();
    assert_eq!(dirt_of(&test, &tree), Dirt { staged: 1, unstaged: 3, ..Dirt::default() });
}

#[test]
fn a_link_in_the_place_of_a_directory_is_not_followed() {
    let (test, tree) = linked();
    std::fs::rename(tree.path.join("dir"), test.dir().join("outside")).unwrap();
    std::os::unix::fs::symlink("../outside", tree.path.join("dir")).unwrap();
    assert!(on_disk(&tree.path, &"dir/tracked".into()).is_none());
    assert_eq!(dirt_of(&test, &tree), Dirt { unstaged: 1, untracked: 1, ..Dirt::default() });
}

/// Patterns for ignore files: anchored, negated, with wildcards, for directories only, with odd spaces.
const PATTERNS: [&str; 24] = [
    "*.ign",
    "!keep.ign",
    "a/",
    "/a",
    "a/*",
    "!a/b",
    "**/b",
    "a/**",
    "a/**/c",
    "*",
    "!*/",
    "!*.txt",
    "[ab].txt",
    "\\!x",
    "c/b",
    "/*/b",
    "b\\ ",
    "#x",
    "\\#x",
    "a.txt  ",
    "?",
    "/**/a.txt",
    "!/a/",
    "*/c/",
];

/// Names of the files that the patterns may meet.
const PARTS: [&str; 8] = ["a", "b", "c", "a.txt", "keep.ign", "x.ign", "!x", "#x"];

#[test]
fn what_is_ignored_is_what_git_ignores() {
    for seed in 620..=760_u64 {
        let (test, tree) = linked();
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap() % n
        };
        for _ in 0..12 {
            let parts: Vec<&str> = (0..=below(3)).map(|_| PARTS[below(PARTS.len())]).collect();
            let path = tree.path.join(parts.join("/"));
            if std::fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.is_dir() {
                std::fs::write(path, "").unwrap();
            }
        }
        if below(2) == 0 {
            // Tracked files among what is ignored.
            drop(test.try_git_in(&tree.path, &["add", "-f", "a", "b"]));
        }
        for dir in ["", "a", "c"].iter().take(below(4)) {
            let lines: Vec<&str> = (0..=below(4)).map(|_| PATTERNS[below(PATTERNS.len())]).collect();
            if tree.path.join(dir).is_dir() {
                std::fs::write(tree.path.join(dir).join(".gitignore"), lines.join("\n")).unwrap();
            }
        }
        let both =
            [Needs::default(), by_executable()].map(|n| dirty_paths(&tree, &n, &test.place()).unwrap());
        let texts: Vec<String> = ["", "a", "c"]
            .iter()
            .filter_map(|dir| std::fs::read_to_string(tree.path.join(dir).join(".gitignore")).ok())
            .collect();
        assert_eq!(both[0], both[1], "seed {seed}: {texts:?}");
        // Every file is tracked, untracked or ignored, and only one of them.
        let ignored = ignored_by_git(&tree, &test.place()).unwrap();
        let tracked = test.git_in(&tree.path, &["ls-files", "-z"]);
        let tracked: Vec<RepoPath> = tracked.split('\0').map(RepoPath::from).collect();
        for file in super::random::contents(std::slice::from_ref(&tree.path)).into_keys() {
            let path = RepoPath::from(file.strip_prefix(&tree.path).unwrap().to_str().unwrap());
            let is_tracked = tracked.contains(&path);
            let is_ignored = !is_tracked && ignored.iter().any(|root| path.is_in(root));
            let known = [is_tracked, !is_tracked && both[0].contains(&path), is_ignored];
            let known = known.iter().filter(|known| **known).count() + usize::from(path == ".git".into());
            assert_eq!(known, 1, "seed {seed}: {path}: {texts:?}: {ignored:?}");
        }
    }
}

#[test]
fn a_file_kept_by_a_negated_pattern_is_untracked() {
    for ignore_file in [".gitignore", "logs/.gitignore", "../repo/.git/info/exclude"] {
        let (test, tree) = linked();
        let pattern = if ignore_file.starts_with("logs") { "*\n" } else { "logs/*\n" };
        write(&tree.path.join("logs/.gitkeep"), "");
        write(&tree.path.join("logs/log"), "");
        write(&tree.path.join(ignore_file), format!("{pattern}!.gitkeep\n"));
        let paths = dirty_paths(&tree, &Needs::default(), &test.place()).unwrap();
        assert!(paths.contains(&"logs/.gitkeep".into()), "{ignore_file}: {paths:?}");
        assert!(!paths.contains(&"logs/log".into()), "{ignore_file}: {paths:?}");
    }
}
