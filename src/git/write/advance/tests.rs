#![cfg(unix)]

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::super::super::testing::TestRepo;
use super::*;

/// `main` at `old`, checked out, and a commit `new` on it: changes, a deletion, additions (two of them ignored),
/// a file that becomes a directory and the other way round, a link, a mode.
struct World {
    test: TestRepo,
    old: CommitId,
    new: CommitId,
}

fn world() -> World {
    let test = TestRepo::new();
    for (path, content) in [
        (".gitignore", "*.ign\nignored/\n"),
        ("a", "a1\n"),
        ("other", "o1\n"),
        ("del", "del\n"),
        ("dir/one", "one\n"),
        ("dir/two", "two\n"),
        ("to-dir", "file\n"),
        ("to-file/x", "x\n"),
        ("exe", "exe\n"),
    ] {
        test.write(path, content);
    }
    symlink("a", test.path().join("link")).unwrap();
    let old = test.commit_all("old");
    test.write("a", "a2\n");
    test.write("dir/one", "one changed\n");
    test.write("new", "new\n");
    test.write("new-dir/deep/n", "n\n");
    test.write("x.ign", "tracked though ignored\n");
    test.write("ignored/y", "y\n");
    std::fs::remove_file(test.path().join("del")).unwrap();
    std::fs::remove_file(test.path().join("to-dir")).unwrap();
    test.write("to-dir/inner", "inner\n");
    std::fs::remove_dir_all(test.path().join("to-file")).unwrap();
    test.write("to-file", "now a file\n");
    std::fs::remove_file(test.path().join("link")).unwrap();
    symlink("other", test.path().join("link")).unwrap();
    std::fs::set_permissions(test.path().join("exe"), PermissionsExt::from_mode(0o755)).unwrap();
    test.git(&["add", "-A", "-f"]);
    let new = test.commit_all("new");
    test.git(&["reset", "-q", "--hard", &old.to_string()]);
    World { test, old, new }
}

/// Moves index and files, and lets go of the index at once.
fn moved(repo: &Repo, advance: &Advance<'_>) -> Result<(), GitError> {
    files(repo, advance).map(drop)
}

fn needs(by_git: bool) -> Needs {
    Needs { git_for_files: by_git.then(|| "a test".to_owned()), ..Needs::default() }
}

impl World {
    fn path(&self, path: &str) -> PathBuf {
        self.test.path().join(path)
    }

    fn with<T>(&self, by_git: bool, call: impl FnOnce(&Repo, &Advance<'_>) -> T) -> T {
        let (repo, needs) = (self.test.repo(), needs(by_git));
        let (worktree, git_dir) = (self.test.path(), self.test.path().join(".git"));
        let (old, new) = (self.old, self.new);
        let owner = owned::tests::owner(&git_dir.join("windrow"), "op");
        call(
            &repo,
            &Advance { worktree: &worktree, git_dir: &git_dir, old, new, needs: &needs, owner: &owner },
        )
    }

    fn check(&self, by_git: bool) -> Result<(), GitError> {
        self.with(by_git, check)
    }

    fn advance(&self) {
        self.with(false, moved).unwrap();
        self.test.git(&["update-ref", "refs/heads/main", &self.new.to_string(), &self.old.to_string()]);
    }

    fn restore(&self) -> Vec<String> {
        self.with(false, restore).unwrap().iter().map(ToString::to_string).collect()
    }

    /// Everything that a refusal must leave as it is.
    fn state(&self) -> BTreeMap<String, Vec<u8>> {
        let mut state = disk(&self.test.path());
        state.insert("INDEX".into(), std::fs::read(self.path(".git/index")).unwrap_or_default());
        state.insert("REFS".into(), self.test.git(&["for-each-ref"]).into_bytes());
        state
    }

    fn status(&self) -> String {
        self.test.git(&["status", "--porcelain", "--untracked-files=all", "--ignored"])
    }
}

/// Kind, mode and content of everything below a directory, `.git` apart.
fn disk(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            if name == ".git" {
                continue;
            }
            let content = if metadata.is_dir() {
                open.push(path);
                Vec::new()
            } else if metadata.is_symlink() {
                std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if metadata.is_file() {
                std::fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            found.insert(format!("{name} {:o}", metadata.mode()), content);
        }
    }
    found
}

/// Asserts that the paths, and only they, are named, by both ways of comparing, and that nothing changes.
fn refuses(name: &str, dirt: impl Fn(&World), expected: &[&str]) {
    let world = world();
    dirt(&world);
    for by_git in [false, true] {
        let before = world.state();
        let error = world.check(by_git).expect_err(name);
        let GitError::WouldOverwrite { paths, .. } = &error else { panic!("{name}: {error}") };
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(paths, expected, "{name}, by git: {by_git}");
        assert_eq!(world.state(), before, "{name}, by git: {by_git}");
    }
}

/// Asserts that it goes through, and that what is uncommitted afterwards is what was before.
fn keeps(name: &str, dirt: impl Fn(&World)) {
    let world = world();
    dirt(&world);
    let before = world.status();
    for by_git in [false, true] {
        world.check(by_git).unwrap_or_else(|error| panic!("{name}, by git: {by_git}: {error}"));
    }
    world.advance();
    assert_eq!(world.status(), before, "{name}");
    assert_eq!(std::fs::read_to_string(world.path("a")).unwrap(), "a2\n", "{name}");
    world.test.assert_sound();
}

#[test]
fn a_clean_worktree_follows_exactly() {
    let world = world();
    keeps("clean", |_| {});
    world.check(false).unwrap();
    world.advance();
    assert_eq!(world.status(), "");
    let fresh = world.test.dir().join("fresh");
    world.test.git(&["worktree", "add", "-q", "--detach", fresh.to_str().unwrap(), "main"]);
    std::fs::remove_file(fresh.join(".git")).unwrap();
    assert_eq!(disk(&world.test.path()), disk(&fresh));
}

#[test]
fn tracked_files() {
    let write = |path: &'static str, text: &'static str| move |w: &World| w.test.write(path, text);
    refuses("modified", write("a", "mine\n"), &["a"]);
    refuses("modified to the new content", write("a", "a2\n"), &["a"]);
    refuses("same length", write("a", "b1\n"), &["a"]);
    refuses("modified where it is deleted", write("del", "mine\n"), &["del"]);
    refuses("modified where it becomes a directory", write("to-dir", "mine\n"), &["to-dir"]);
    refuses("removed", |w| std::fs::remove_file(w.path("a")).unwrap(), &["a"]);
    refuses(
        "a link instead of a file",
        |w| {
            std::fs::remove_file(w.path("a")).unwrap();
            symlink("other", w.path("a")).unwrap();
        },
        &["a"],
    );
    refuses(
        "another link",
        |w| {
            std::fs::remove_file(w.path("link")).unwrap();
            symlink("del", w.path("link")).unwrap();
        },
        &["link"],
    );
    refuses(
        "mode",
        |w| std::fs::set_permissions(w.path("a"), PermissionsExt::from_mode(0o755)).unwrap(),
        &["a"],
    );
    refuses(
        "a directory instead of a file",
        |w| {
            std::fs::remove_file(w.path("a")).unwrap();
            w.test.write("a/b", "mine\n");
        },
        &["a", "a/b"],
    );
}

#[test]
fn staged_changes() {
    refuses(
        "staged",
        |w| {
            w.test.write("a", "mine\n");
            w.test.git(&["add", "a"]);
        },
        &["a"],
    );
    refuses(
        "staged, file put back",
        |w| {
            w.test.write("a", "mine\n");
            w.test.git(&["add", "a"]);
            w.test.write("a", "a1\n");
        },
        &["a"],
    );
    refuses(
        "staged to the new content",
        |w| {
            w.test.write("a", "a2\n");
            w.test.git(&["add", "a"]);
        },
        &["a"],
    );
    refuses("removed from the index", |w| drop(w.test.git(&["rm", "-q", "--cached", "a"])), &["a"]);
    refuses(
        "added where the new tree adds",
        |w| {
            w.test.write("new", "mine\n");
            w.test.git(&["add", "new"]);
        },
        &["new"],
    );
    refuses(
        "intended to be added",
        |w| {
            w.test.write("new", "mine\n");
            w.test.git(&["add", "-N", "new"]);
        },
        &["new"],
    );
    refuses(
        "staged only, where a directory comes",
        |w| {
            w.test.write("new-dir", "mine\n");
            w.test.git(&["add", "new-dir"]);
            std::fs::remove_file(w.path("new-dir")).unwrap();
        },
        &["new-dir"],
    );
    refuses(
        "staged only, where a file comes",
        |w| {
            w.test.write("new/mine", "mine\n");
            w.test.git(&["add", "new/mine"]);
            std::fs::remove_dir_all(w.path("new")).unwrap();
        },
        &["new/mine"],
    );
}

#[test]
fn untracked_and_ignored_files() {
    let write = |path: &'static str| move |w: &World| w.test.write(path, "mine\n");
    refuses("untracked", write("new"), &["new"]);
    refuses("untracked with the new content", |w| w.test.write("new", "new\n"), &["new"]);
    refuses("ignored", write("x.ign"), &["x.ign"]);
    refuses("ignored by its directory", write("ignored/y"), &["ignored/y"]);
    refuses("a directory in the way", write("new/mine"), &["new/mine"]);
    refuses("an ignored file in a directory in the way", write("to-file/mine.ign"), &["to-file/mine.ign"]);
    refuses("a file above", write("new-dir"), &["new-dir"]);
    refuses("a file further above", write("new-dir/deep"), &["new-dir/deep"]);
    refuses("a dangling link", |w| symlink("nowhere", w.path("new")).unwrap(), &["new"]);
    refuses(
        "a repository in the way",
        |w| {
            let path = w.path("new");
            w.test.git(&["init", "-q", path.to_str().unwrap()]);
        },
        &["new"],
    );
    refuses(
        "several",
        |w| ["a", "new", "x.ign"].iter().for_each(|p| w.test.write(p, "mine\n")),
        &["a", "new", "x.ign"],
    );
}

#[test]
fn links_above_are_not_followed() {
    refuses(
        "an untracked link above a new file",
        |w| {
            std::fs::create_dir(w.test.dir().join("outside")).unwrap();
            symlink("../outside", w.path("new-dir")).unwrap();
        },
        &["new-dir"],
    );
    refuses(
        "a link instead of a directory, with the same files behind it",
        |w| {
            std::fs::rename(w.path("dir"), w.test.dir().join("outside")).unwrap();
            symlink("../outside", w.path("dir")).unwrap();
        },
        &["dir", "dir/one"],
    );
}

#[test]
fn hidden_edits() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        refuses(
            flag,
            |w| {
                w.test.git(&["update-index", flag, "a"]);
                w.test.write("a", "mine\n");
            },
            &["a"],
        );
    }
}

#[test]
fn what_is_elsewhere_stays() {
    keeps("modified", |w| w.test.write("other", "mine\n"));
    keeps("staged and modified again", |w| {
        w.test.write("other", "staged\n");
        w.test.git(&["add", "other"]);
        w.test.write("other", "mine\n");
    });
    keeps("removed", |w| std::fs::remove_file(w.path("dir/two")).unwrap());
    keeps("staged removal", |w| drop(w.test.git(&["rm", "-q", "dir/two"])));
    keeps("staged addition", |w| {
        w.test.write("mine", "mine\n");
        w.test.git(&["add", "mine"]);
    });
    keeps("intended to be added", |w| {
        w.test.write("mine", "mine\n");
        w.test.git(&["add", "-N", "mine"]);
    });
    keeps("untracked and ignored", |w| {
        ["mine", "mine.ign", "ignored/mine", "dir/mine", "new-dir/mine"]
            .iter()
            .for_each(|path| w.test.write(path, "mine\n"));
    });
    keeps("an empty directory in the way", |w| std::fs::create_dir_all(w.path("new/empty")).unwrap());
    keeps("only touched", |w| {
        let later = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(2_000_000_000);
        std::fs::File::open(w.path("a")).unwrap().set_modified(later).unwrap();
    });
}

#[test]
fn a_worktree_in_the_middle_of_something() {
    let world = world();
    world.test.git(&["branch", "topic", &world.new.to_string()]);
    world.test.git(&["merge", "-q", "--no-commit", "--no-ff", "topic"]);
    assert!(matches!(world.check(false), Err(GitError::InProgress { what: "a merge is", .. })));
    std::fs::remove_file(world.path(".git/MERGE_HEAD")).unwrap();
    world.test.git(&["reset", "-q", "--hard"]);
    let blob = world.test.git(&["rev-parse", "HEAD:a"]);
    let stages = format!("100644 {blob} 2\tunmerged\n100644 {blob} 3\tunmerged\n");
    Git::common(&world.test.place(), "update-index").arg("--index-info").stdin(stages).run().unwrap();
    for by_git in [false, true] {
        assert!(matches!(world.check(by_git), Err(GitError::InProgress { .. })));
    }
}

#[test]
fn a_lock_is_waited_for_and_never_removed() {
    let world = world();
    std::fs::write(world.path(".git/index.lock"), "").unwrap();
    let before = world.state();
    assert!(matches!(world.check(false), Err(GitError::Locked { .. })));
    assert!(matches!(world.with(false, moved), Err(GitError::Locked { .. })));
    assert_eq!(world.state(), before);
    let lock = world.path(".git/index.lock");
    let other = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::fs::remove_file(lock).unwrap();
    });
    world.check(false).unwrap();
    other.join().unwrap();
}

#[test]
fn head_has_to_be_on_the_branch_at_the_old_commit() {
    let world = world();
    world.test.git(&["commit", "-q", "--allow-empty", "-m", "moved"]);
    let error = world.check(false).unwrap_err();
    assert!(matches!(&error, GitError::RefMoved { name, .. } if name == "refs/heads/main"), "{error}");
    world.test.git(&["checkout", "-q", "--detach", &world.old.to_string()]);
    assert!(matches!(world.check(false), Err(GitError::NotOurs { .. })));
}

#[test]
fn filters_and_line_endings_are_seen_as_git_sees_them() {
    let test = TestRepo::new();
    test.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    test.git(&["config", "filter.up.smudge", "tr A-Z a-z"]);
    test.write(".gitattributes", "*.up filter=up\n*.crlf text eol=crlf\n");
    test.write("f.up", "one\n");
    test.write("f.crlf", "one\r\n");
    let old = test.commit_all("old");
    test.write("f.up", "two\n");
    test.write("f.crlf", "two\r\n");
    let new = test.commit_all("new");
    test.git(&["reset", "-q", "--hard", &old.to_string()]);
    let world = World { test, old, new };
    assert_eq!(std::fs::read_to_string(world.path("f.up")).unwrap(), "one\n");
    world.check(true).unwrap();
    world.with(true, moved).unwrap();
    assert_eq!(std::fs::read_to_string(world.path("f.up")).unwrap(), "two\n");
    assert_eq!(std::fs::read_to_string(world.path("f.crlf")).unwrap(), "two\r\n");
    // Torn in the middle, as a killed checkout leaves it.
    world.test.write("f.up", "tw");
    world.test.write("f.crlf", "two\r");
    assert!(world.restore().is_empty());
    assert_eq!(std::fs::read_to_string(world.path("f.up")).unwrap(), "one\n");
    assert_eq!(std::fs::read_to_string(world.path("f.crlf")).unwrap(), "one\r\n");
    assert_eq!(world.status(), "");
}

#[test]
fn a_submodule_only_changes_in_the_index() {
    let world = world();
    let link = |id: &str| format!("160000,{id},sub");
    world.test.git(&["update-index", "--add", "--cacheinfo", &link(&"1".repeat(40))]);
    world.test.git(&["commit", "-q", "-m", "link"]);
    let old = world.test.rev("HEAD");
    world.test.git(&["update-index", "--cacheinfo", &link(&"2".repeat(40))]);
    world.test.git(&["commit", "-q", "-m", "link moved"]);
    let new = world.test.rev("HEAD");
    world.test.git(&["reset", "-q", "--hard", &old.to_string()]);
    let world = World { old, new, ..world };
    let sub = world.path("sub");
    world.test.git(&["init", "-q", sub.to_str().unwrap()]);
    world.test.write("sub/file", "in the submodule\n");
    for by_git in [false, true] {
        world.check(by_git).unwrap();
    }
    let before = disk(&world.test.path());
    world.with(false, moved).unwrap();
    assert!(world.test.git(&["ls-files", "-s", "sub"]).starts_with(&format!("160000 {}", "2".repeat(40))));
    assert_eq!(disk(&world.test.path()), before);
    assert!(world.restore().is_empty());
    assert!(world.test.git(&["ls-files", "-s", "sub"]).starts_with(&format!("160000 {}", "1".repeat(40))));
}

#[test]
fn restoring_takes_everything_back_and_may_be_repeated() {
    let world = world();
    world.test.write("other", "staged\n");
    world.test.git(&["add", "other"]);
    world.test.write("mine", "untracked\n");
    world.test.write("new-dir/mine", "untracked\n");
    let (before, status) = (disk(&world.test.path()), world.status());
    world.with(false, moved).unwrap();
    assert_ne!(disk(&world.test.path()), before);
    for _ in 0..2 {
        assert!(world.restore().is_empty());
        assert_eq!(disk(&world.test.path()), before);
        assert_eq!(world.status(), status);
    }
    world.test.assert_sound();
}

#[test]
fn the_index_is_held_until_the_ref_has_moved() {
    let world = world();
    let lock = world.path(".git/index.lock");
    let before = world.state();
    world.with(false, |repo, advance| {
        let moved = files(repo, advance).unwrap();
        assert_eq!(std::fs::read_to_string(&lock).unwrap(), "windrow op\n");
        let refused = world.test.try_git_in(&world.test.path(), &["commit", "-qm", "in between"]);
        assert!(!refused.status.success());
        assert!(moved.restore().unwrap().is_empty());
        assert!(!lock.exists());
    });
    assert_eq!(world.status(), "");
    let (now, index) = (world.state(), "INDEX");
    assert!(before.iter().filter(|(name, _)| *name != index).all(|(name, content)| now[name] == *content));
}

/// What a killed process left of its hold on the index is taken over by the recovery of the same operation, and by
/// nobody else.
#[test]
fn what_the_dead_held_is_taken_over() {
    let world = world();
    world.with(false, |repo, advance| std::mem::forget(files(repo, advance).unwrap()));
    // The lock of the file goes with the process, which this one cannot show.
    std::fs::remove_file(world.path(".git/windrow/staging/op/held")).unwrap();
    let lock = world.path(".git/index.lock");
    assert!(lock.exists());
    world.with(false, |repo, advance| {
        let other = owned::tests::owner(&world.path(".git/windrow"), "other");
        let other = Advance { owner: &other, ..*advance };
        assert!(matches!(restore(repo, &other), Err(GitError::Locked { .. })));
        assert!(!release(&other).unwrap());
    });
    assert!(world.restore().is_empty());
    assert!(!lock.exists());
    assert_eq!(world.status(), "");
}

#[test]
fn restoring_after_a_death_at_every_step() {
    let whole = world();
    let before = disk(&whole.test.path());
    let steps: [fn(&World); 11] = [
        |w| std::fs::create_dir(w.path("new-dir")).unwrap(),
        |w| std::fs::create_dir_all(w.path("new-dir/deep")).unwrap(),
        |w| w.test.write("a", "a2\n"),
        |w| w.test.write("dir/one", "one cha"),
        |w| w.test.write("new", ""),
        |w| w.test.write("new-dir/deep/n", "n\n"),
        |w| std::fs::remove_file(w.path("del")).unwrap(),
        |w| std::fs::remove_file(w.path("to-dir")).unwrap(),
        |w| w.test.write("to-dir/inner", "inn"),
        |w| std::fs::remove_dir_all(w.path("to-file")).unwrap(),
        |w| w.test.write("to-file", "now a file\n"),
    ];
    for done in 0..=steps.len() {
        let world = world();
        steps[..done].iter().for_each(|step| step(&world));
        assert!(world.restore().is_empty(), "after {done}");
        assert_eq!(disk(&world.test.path()), before, "after {done}");
        assert_eq!(world.status(), "", "after {done}");
    }
}

#[test]
fn restoring_leaves_what_was_edited_since() {
    let world = world();
    world.with(false, moved).unwrap();
    world.test.write("a", "edited since\n");
    world.test.write("new", "edited since\n");
    world.test.write("to-dir/mine", "mine\n");
    world.test.write("dir/one", "staged since\n");
    world.test.git(&["add", "dir/one"]);
    assert_eq!(world.restore(), ["a", "dir/one", "new", "to-dir"]);
    for path in ["a", "new"] {
        assert_eq!(std::fs::read_to_string(world.path(path)).unwrap(), "edited since\n");
    }
    assert_eq!(std::fs::read_to_string(world.path("to-dir/mine")).unwrap(), "mine\n");
    assert_eq!(std::fs::read_to_string(world.path("dir/one")).unwrap(), "staged since\n");
    assert_eq!(std::fs::read_to_string(world.path("del")).unwrap(), "del\n");
    assert!(world.path("to-file/x").exists());
}

#[test]
fn a_sparse_worktree_stays_sparse() {
    let test = TestRepo::new();
    for path in ["in/a", "out/b"] {
        test.write(path, "1\n");
    }
    let old = test.commit_all("old");
    test.write("in/a", "2\n");
    test.write("out/b", "2\n");
    let new = test.commit_all("new");
    test.git(&["reset", "-q", "--hard", &old.to_string()]);
    test.git(&["sparse-checkout", "set", "--cone", "in"]);
    let world = World { test, old, new };
    world.check(true).unwrap();
    world.with(true, moved).unwrap();
    assert_eq!(std::fs::read_to_string(world.path("in/a")).unwrap(), "2\n");
    assert!(!world.path("out").exists());
    assert!(world.with(true, restore).unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(world.path("in/a")).unwrap(), "1\n");
    assert!(!world.path("out/b").exists());
}

#[test]
fn a_name_that_only_changes_its_case() {
    let test = TestRepo::new();
    test.write("Read", "one\n");
    let old = test.commit_all("old");
    test.git(&["mv", "Read", "read"]);
    let new = test.commit_all("new");
    test.git(&["reset", "-q", "--hard", &old.to_string()]);
    test.git(&["config", "core.ignorecase", "true"]);
    let world = World { test, old, new };
    // One file under both names is what a file system that ignores case shows.
    std::fs::hard_link(world.path("Read"), world.path("read")).unwrap();
    world.check(true).unwrap();
    std::fs::remove_file(world.path("read")).unwrap();
    world.test.write("read", "another file\n");
    assert!(matches!(world.check(true), Err(GitError::WouldOverwrite { .. })));
}

#[test]
fn a_linked_worktree_and_names_in_need_of_quotes() {
    let test = TestRepo::with_commit();
    let names = ["a\nb", "\"q\"", "back\\slash", "-dash", "[x]*", ":(top)p"];
    names.iter().for_each(|name| test.write(name, "1\n"));
    let old = test.commit_all("old");
    names.iter().for_each(|name| test.write(name, "2\n"));
    let new = test.commit_all("new");
    test.git(&["branch", "topic", &old.to_string()]);
    let root = test.dir().join("w");
    test.git(&["worktree", "add", "-q", root.to_str().unwrap(), "topic"]);
    let git_dir = test.path().join(".git/worktrees/w");
    let repo = test.repo();
    for by_git in [false, true] {
        let needs = needs(by_git);
        let owner = owned::tests::owner(&git_dir.join("windrow"), "op");
        let advance = Advance { worktree: &root, git_dir: &git_dir, old, new, needs: &needs, owner: &owner };
        moved(&repo, &advance).unwrap();
        names.iter().for_each(|name| assert_eq!(std::fs::read(root.join(name)).unwrap(), b"2\n"));
        names.iter().for_each(|name| std::fs::write(root.join(name), "2").unwrap());
        assert!(restore(&repo, &advance).unwrap().is_empty());
        assert_eq!(test.git_in(&root, &["status", "--porcelain"]), "");
        names.iter().for_each(|name| std::fs::write(root.join(name), "mine").unwrap());
        let Err(GitError::WouldOverwrite { paths, .. }) = files(&repo, &advance) else { panic!() };
        assert_eq!(paths.len(), names.len());
        assert_eq!(restore(&repo, &advance).unwrap(), paths);
        names.iter().for_each(|name| std::fs::write(root.join(name), "1\n").unwrap());
    }
}

#[test]
fn a_worktree_that_is_another_repository_is_refused() {
    let world = world();
    let alien = TestRepo::with_commit();
    let root = alien.path();
    let error = world.with(false, |repo, advance| moved(repo, &Advance { worktree: &root, ..*advance }));
    assert!(matches!(error, Err(GitError::NotOurs { .. })), "{error:?}");
}
