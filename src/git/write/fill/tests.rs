use std::path::Path;

use git2::Oid;

use super::super::create::tests::{assert_same_files, bare};
use super::*;
use crate::git::testing::TestRepo;

fn empty(test: &TestRepo, id: &str) -> WorktreePlace {
    bare(&test.place(), &test.dir().join("trees"), id, "main")
}

fn fill_main(test: &TestRepo, tree: &WorktreePlace) -> Result<bool, GitError> {
    let repo = test.repo();
    let base = repo.tree_of(test.rev("main")).unwrap();
    fill(&repo, tree, base)
}

/// Some hundred files of all kinds, in directories whose order in the index is not that of their names alone.
fn wide() -> TestRepo {
    let test = TestRepo::with_commit();
    for dir in ["a", "a-b", "a.b", "ab", "b/c/d", "b/c-d", "b/c.d", "z/\u{e4}", ".github/x"] {
        for file in 0..40 {
            test.write(&format!("{dir}/{file}"), format!("{dir} {file}\n").repeat(file));
        }
    }
    test.write(&format!("long/{}", "n".repeat(200)), "x");
    test.write("a.c", "x");
    test.write("empty", "");
    test.write("crlf", "one\r\ntwo\r\n");
    std::os::unix::fs::symlink("b/c", test.path().join("b.link")).unwrap();
    let program = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(test.path().join("a/1"), program).unwrap();
    let module = test.rev("HEAD").to_string();
    test.commit_all("wide");
    test.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{module},b/module")]);
    test.git(&["commit", "-q", "-m", "a submodule"]);
    std::fs::create_dir(test.path().join("b/module")).unwrap();
    test
}

#[test]
fn files_index_and_trees_are_as_git_writes_them() {
    let test = wide();
    let tree = empty(&test, "ours");
    assert!(fill_main(&test, &tree).unwrap());
    let gits = test.dir().join("gits");
    test.git(&["worktree", "add", "-q", gits.to_str().unwrap(), "-b", "gits"]);
    assert_same_files(&tree.path, &gits);
    let (ours, theirs) =
        (|args: &[&str]| test.git_in(&tree.path, args), |args: &[&str]| test.git_in(&gits, args));
    assert_eq!(ours(&["ls-files", "-s", "-t"]), theirs(&["ls-files", "-s", "-t"]));
    // The index knows the files as they are, is not as old as one of them, and has git's sum at its end.
    assert_eq!(ours(&["diff-files"]), "");
    assert_eq!(ours(&["status", "--porcelain", "--ignored"]), "");
    let changed = |path: &Path| std::fs::symlink_metadata(path).unwrap().modified().unwrap();
    let index = changed(&tree.admin.join("index"));
    assert!(changed(&tree.path.join("a/39")) < index && changed(&tree.path.join("z/\u{e4}/39")) < index);
    assert_eq!(ours(&["write-tree"]), theirs(&["rev-parse", "main^{tree}"]));
    // The trees in it are those that git put into its own.
    let trees = |admin: &Path| {
        let index = std::fs::read(admin.join("index")).unwrap();
        let at = index.windows(4).rposition(|four| four == b"TREE").unwrap();
        let length = u32::from_be_bytes(index[at + 4..at + 8].try_into().unwrap()) as usize;
        index[at + 8..at + 8 + length].to_vec()
    };
    assert_eq!(trees(&tree.admin), trees(&test.place().common_dir.join("worktrees/gits")));
    let left: Vec<_> =
        std::fs::read_dir(&tree.admin).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("windrow-index")), "{left:?}");
    test.assert_sound();
}

#[test]
fn what_is_there_is_not_written_over() {
    let test = wide();
    let tree = empty(&test, "ours");
    std::fs::create_dir(tree.path.join("b")).unwrap();
    std::fs::write(tree.path.join("b/own"), "mine").unwrap();
    assert!(!fill_main(&test, &tree).unwrap());
    assert_eq!(std::fs::read(tree.path.join("b/own")).unwrap(), b"mine");
    assert!(!tree.admin.join("index").exists());
    // A link that leads out is not followed.
    let outside = test.dir().join("outside");
    std::fs::create_dir(&outside).unwrap();
    let tree = empty(&test, "linked");
    std::os::unix::fs::symlink(&outside, tree.path.join("z")).unwrap();
    assert!(!fill_main(&test, &tree).unwrap());
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn a_missing_object_and_a_strange_name_are_left_to_libgit2() {
    let test = wide();
    let blob = test.git(&["rev-parse", "main:a/7"]);
    let (dir, file) = blob.split_at(2);
    let object = test.place().common_dir.join("objects").join(dir).join(file);
    let aside = test.dir().join("object");
    std::fs::rename(&object, &aside).unwrap();
    let tree = empty(&test, "missing");
    assert!(!fill_main(&test, &tree).unwrap());
    assert!(!tree.admin.join("index").exists());
    std::fs::rename(&aside, &object).unwrap();
    let repo = test.repo();
    let raw = repo.raw();
    let id = Oid::from_str(&blob).unwrap();
    let objects = raw.odb().unwrap();
    for name in [".GIT", "git~1", ".git\u{200c}", ".."] {
        let bytes = [format!("100644 {name}\0").as_bytes(), id.as_bytes()].concat();
        let strange = objects.write(git2::ObjectType::Tree, &bytes).unwrap();
        assert!(walk::list(&repo, strange).unwrap().is_none(), "{name}");
    }
    test.git(&["config", "core.symlinks", "false"]);
    assert!(!fill_main(&test, &empty(&test, "unlinked")).unwrap());
}
