use super::*;
use crate::domain::place::Place;
use crate::git::testing::{TestRepo, write};

/// A repository with a change of every kind, and its main worktree.
fn dirty() -> (TestRepo, WorktreePlace, Taken) {
    let test = TestRepo::with_commit();
    for path in ["both", "gone", "kept", "renamed", "dir/a"] {
        test.write(path, format!("{path}\n"));
    }
    test.commit_all("base");
    test.write("both", "staged\n");
    test.write("added", "added\n");
    test.git(&["add", "both", "added"]);
    test.git(&["mv", "renamed", "name"]);
    test.write("both", "unstaged\n");
    test.write("new/file", "untracked\n");
    std::fs::remove_file(test.path().join("gone")).unwrap();
    // A file where a directory was.
    std::fs::remove_dir_all(test.path().join("dir")).unwrap();
    test.write("dir", "a file\n");
    let tree = main(&test.place());
    let head = test.rev("HEAD");
    let taken = take(&test.repo(), &tree, head, &scratch(&test), ObjectStore::Repository).unwrap().unwrap();
    (test, tree, taken)
}

fn main(place: &Place) -> WorktreePlace {
    WorktreePlace { path: place.main_worktree.clone().unwrap(), admin: place.common_dir.clone() }
}

fn scratch(test: &TestRepo) -> PathBuf {
    test.path().join(".git/windrow/cache/scratch")
}

fn status(test: &TestRepo) -> String {
    test.git(&["status", "--porcelain", "-uall", "--no-renames"])
}

fn clean(head: CommitId) -> Changes {
    Changes { files: head, index: head }
}

#[test]
fn out_and_back_again() {
    let (test, tree, taken) = dirty();
    let (repo, head, before) = (test.repo(), test.rev("HEAD"), status(&test));
    let differs = |changes: &Changes| differs(&repo, &tree, head, changes, &scratch(&test)).unwrap();
    assert_eq!((differs(&taken.changes), before.lines().count()), (None, 8), "{before}");
    apply(&repo, &tree, &taken.changes, &clean(head), &scratch(&test)).unwrap();
    assert_eq!((status(&test), differs(&clean(head))), (String::new(), None));
    assert!(!test.path().join("new").exists() && test.path().join("dir/a").exists());
    assert_eq!(differs(&taken.changes), Some("its index has changed since".to_owned()));
    apply(&repo, &tree, &clean(head), &taken.changes, &scratch(&test)).unwrap();
    assert_eq!((status(&test), differs(&taken.changes)), (before, None));
    assert_eq!(test.git(&["show", ":both"]), "staged");
    test.assert_sound();
}

#[test]
fn a_clean_worktree_has_nothing_to_take() {
    let test = TestRepo::with_commit();
    let (repo, head) = (test.repo(), test.rev("HEAD"));
    let take = || take(&repo, &main(&test.place()), head, &scratch(&test), ObjectStore::Repository);
    assert_eq!(take().unwrap(), None);
    std::fs::write(test.path().join(".git/MERGE_HEAD"), head.to_string()).unwrap();
    assert!(matches!(take(), Err(GitError::InProgress { .. })));
}

#[test]
fn nothing_changes_where_somebody_worked_meanwhile() {
    let (test, tree, taken) = dirty();
    let (repo, head) = (test.repo(), test.rev("HEAD"));
    test.write("both", "later\n");
    let before = status(&test);
    let error = apply(&repo, &tree, &taken.changes, &clean(head), &scratch(&test)).unwrap_err();
    assert!(matches!(&error, GitError::WouldOverwrite { paths, .. } if paths == &["both".into()]), "{error}");
    test.git(&["add", "both"]);
    let error = apply(&repo, &tree, &taken.changes, &clean(head), &scratch(&test)).unwrap_err();
    assert!(matches!(&error, GitError::Unmovable { .. }), "{error}");
    test.git(&["reset", "-q", "both"]);
    assert_ne!(before, "");
    assert_eq!(std::fs::read(test.path().join("both")).unwrap(), b"later\n");
    assert_eq!(std::fs::read(test.path().join("new/file")).unwrap(), b"untracked\n");
}

#[test]
fn an_ignored_file_is_not_written_over() {
    let (test, tree, taken) = dirty();
    let (repo, head) = (test.repo(), test.rev("HEAD"));
    apply(&repo, &tree, &taken.changes, &clean(head), &scratch(&test)).unwrap();
    write(&test.path().join(".git/info/exclude"), "/new\n");
    test.write("new/file", "precious\n");
    let error = apply(&repo, &tree, &clean(head), &taken.changes, &scratch(&test)).unwrap_err();
    assert!(
        matches!(&error, GitError::WouldOverwrite { paths, .. } if paths == &["new/file".into()]),
        "{error}"
    );
    std::fs::remove_dir_all(test.path().join("new")).unwrap();
    test.write("new", "a file\n");
    apply(&repo, &tree, &clean(head), &taken.changes, &scratch(&test)).unwrap_err();
    assert_eq!(std::fs::read(test.path().join("new")).unwrap(), b"a file\n");
    assert_eq!(status(&test), "");
}

#[test]
fn an_interrupted_shift_is_put_back_from_wherever_it_came() {
    // Each step undoes a part of the changes, as a kill in the middle of them would leave it.
    let steps: [fn(&TestRepo); 5] = [
        |_| {},
        |test| std::fs::write(test.path().join("both"), "both\n").unwrap(),
        |test| std::fs::remove_dir_all(test.path().join("new")).unwrap(),
        |test| {
            std::fs::remove_file(test.path().join("dir")).unwrap();
            test.write("dir/a", "dir/a\n");
        },
        |test| drop(test.git(&["read-tree", "HEAD"])),
    ];
    for n in 0..=steps.len() {
        let (test, tree, taken) = dirty();
        let (repo, head, before) = (test.repo(), test.rev("HEAD"), status(&test));
        steps[..n].iter().for_each(|step| step(&test));
        let left = restore(&repo, &tree, &clean(head), &taken.changes, &scratch(&test)).unwrap();
        assert_eq!((left, status(&test)), (Vec::new(), before), "{n}");
        assert_eq!(test.git(&["show", ":both"]), "staged");
    }
    let (test, tree, taken) = dirty();
    test.write("both", "somebody's\n");
    std::fs::remove_dir_all(test.path().join("new")).unwrap();
    let left =
        restore(&test.repo(), &tree, &clean(test.rev("HEAD")), &taken.changes, &scratch(&test)).unwrap();
    assert_eq!(left, ["both".into()]);
    assert_eq!(std::fs::read(test.path().join("both")).unwrap(), b"somebody's\n");
    assert!(test.path().join("new/file").exists());
}

#[test]
fn onto_another_commit_in_memory() {
    let (test, _, taken) = dirty();
    let (repo, head) = (test.repo(), test.rev("HEAD"));
    let commit = |path: &str, content: &str| {
        let blob = test.dir().join("blob");
        write(&blob, content);
        let id = test.git(&["hash-object", "-w", blob.to_str().unwrap()]);
        let index = test.dir().join("index");
        let with_index = |arguments: &[&str]| {
            let mut command = std::process::Command::new("git");
            command.args(arguments).current_dir(test.path()).env("GIT_INDEX_FILE", &index);
            String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
        };
        with_index(&["read-tree", "HEAD"]);
        with_index(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{path}")]);
        let tree = with_index(&["write-tree"]);
        test.git(&["commit-tree", "-m", "x", "-p", "HEAD", &tree]).parse::<CommitId>().unwrap()
    };
    let store = ObjectStore::Repository;
    let Transplanted::Clean(moved) = transplant(&repo, &taken, head, commit("other", "o\n"), store).unwrap()
    else {
        panic!("it conflicts")
    };
    let files = test.git(&["ls-tree", "-r", "--name-only", &moved.changes.files.to_string()]);
    assert_eq!(files, "added\nboth\ndir\nfile\nkept\nname\nnew/file\nother");
    let clash = commit("both", "theirs\n");
    let Transplanted::Conflicts(conflicts) = transplant(&repo, &taken, head, clash, store).unwrap() else {
        panic!("it does not conflict")
    };
    assert_eq!(conflicts[0].path, "both".into());
    // Everything that is needed to put them back can be reached from one commit.
    for commit in [taken.changes.files, taken.changes.index, moved.changes.files, moved.changes.index] {
        test.git(&["merge-base", "--is-ancestor", &commit.to_string(), &moved.keep.to_string()]);
    }
}
