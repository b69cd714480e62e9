use std::path::Path;

use super::super::testing::TestRepo;
use super::*;

/// Makes a repository whose branches `ours` and `theirs` differ from `main` by what the closures do in the worktree.
fn diverged(base: impl Fn(&TestRepo), ours: impl Fn(&TestRepo), theirs: impl Fn(&TestRepo)) -> TestRepo {
    let test = TestRepo::new();
    base(&test);
    test.commit_all("base");
    for (branch, change) in [("ours", &ours as &dyn Fn(&TestRepo)), ("theirs", &theirs)] {
        test.git(&["checkout", "-q", "-b", branch, "main"]);
        change(&test);
        test.commit_all(branch);
    }
    test
}

fn merged(test: &TestRepo) -> Merged {
    merge(&test.repo(), test.rev("ours"), test.rev("theirs"), ObjectStore::Repository).unwrap()
}

fn told(merged: &Merged) -> Vec<String> {
    match merged {
        Merged::Clean(_) => vec!["clean".to_owned()],
        Merged::Conflicts(all) => all.iter().map(|one| format!("{} {}", one.path, one.kind)).collect(),
    }
}

fn lines(change: &str) -> String {
    format!("1\n2\n3\n4\n{change}\n6\n7\n8\n9\n")
}

fn remove(test: &TestRepo, path: &str) {
    test.git(&["rm", "-q", "-r", path]);
}

fn link(test: &TestRepo, path: &str, id: &str) {
    test.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},{path}")]);
    std::fs::create_dir_all(test.path().join(path)).unwrap();
}

#[test]
fn every_kind_of_conflict_has_its_word() {
    let test = diverged(
        |t| {
            t.write("content", lines("5"));
            t.write("gone", lines("g"));
            t.write("bin", b"a\0b");
            t.write("twice", format!("{}x\n", lines("twice")));
            t.write("lost", format!("{}y\n", lines("lost")));
            (1..6).for_each(|i| t.write(&format!("dir/{i}"), format!("file {i} of the directory\n")));
        },
        |t| {
            t.write("content", lines("ours"));
            remove(t, "gone");
            t.write("bin", b"a\0ours");
            t.git(&["mv", "twice", "twice-ours"]);
            t.git(&["mv", "lost", "found"]);
            t.git(&["mv", "dir", "moved"]);
            t.write("added", "ours\n");
            t.write("both/file", "x\n");
            link(t, "sub", &"1".repeat(40));
        },
        |t| {
            t.write("content", lines("theirs"));
            t.write("gone", lines("changed"));
            t.write("bin", b"a\0theirs");
            t.git(&["mv", "twice", "twice-theirs"]);
            remove(t, "lost");
            t.write("dir/new", "new\n");
            t.write("added", "theirs\n");
            t.write("both", "a file\n");
            link(t, "sub", &"2".repeat(40));
        },
    );
    assert_eq!(
        told(&merged(&test)),
        [
            "added add-add",
            "bin binary",
            "both file-directory",
            "content content",
            "found rename-delete",
            "gone modify-delete",
            "moved/new directory-rename",
            "sub submodule",
            "twice rename-rename",
            "twice-ours rename-rename",
            "twice-theirs rename-rename",
        ]
    );
}

#[test]
#[cfg(unix)]
fn a_file_and_a_link_are_a_conflict_of_modes() {
    let test = diverged(
        |t| t.write("x", "x"),
        |t| t.write("thing", "file\n"),
        |t| std::os::unix::fs::symlink("target", t.path().join("thing")).unwrap(),
    );
    assert_eq!(told(&merged(&test)), ["thing mode"]);
}

#[test]
fn attributes_of_the_first_side_are_obeyed_below_too() {
    let union = |t: &TestRepo| {
        t.write(".gitattributes", "*.top merge=union\n");
        t.write("sub/.gitattributes", "*.sub merge=union\n*.bin binary\n");
    };
    let write = |t: &TestRepo, text: &str| {
        for path in ["a.top", "sub/a.top", "sub/b.sub", "c.sub", "sub/d.bin"] {
            t.write(path, lines(text));
        }
    };
    let test = diverged(
        |t| {
            union(t);
            write(t, "5");
        },
        |t| write(t, "ours"),
        |t| write(t, "theirs"),
    );
    assert_eq!(told(&merged(&test)), ["c.sub content", "sub/d.bin binary"]);
    let (repo, ours, theirs) = (test.repo(), test.rev("ours"), test.rev("theirs"));
    let batch = merge_many(
        &repo,
        &[(ours, theirs), (theirs, ours), (ours, test.rev("main"))],
        ObjectStore::Repository,
    )
    .unwrap();
    assert_eq!(told(&batch[0]), ["c.sub content", "sub/d.bin binary"]);
    assert_eq!(told(&batch[1]), ["c.sub content", "sub/d.bin binary"]);
    assert_eq!(batch[2], Merged::Clean(repo.tree_of(ours).unwrap()));
}

#[test]
fn a_batch_is_the_single_merges() {
    let test = diverged(
        |t| t.write("f", lines("5")),
        |t| t.write("f", lines("ours")),
        |t| {
            t.write("f", lines("theirs"));
            link(t, "sub", &"2".repeat(40));
        },
    );
    let repo = test.repo();
    let tips = ["ours", "theirs", "main"].map(|name| test.rev(name));
    let pairs: Vec<_> = tips.iter().flat_map(|a| tips.iter().map(|b| (*a, *b))).collect();
    let batch = merge_many(&repo, &pairs, ObjectStore::Repository).unwrap();
    assert_eq!(batch.len(), pairs.len());
    for ((ours, theirs), result) in pairs.iter().zip(&batch) {
        assert_eq!(&merge(&repo, *ours, *theirs, ObjectStore::Repository).unwrap(), result);
    }
    assert!(merge_many(&repo, &[], ObjectStore::Repository).unwrap().is_empty());
}

#[test]
fn unrelated_histories_are_told_alone_and_in_a_batch() {
    let test = diverged(|t| t.write("f", "1"), |t| t.write("f", "2"), |t| t.write("g", "3"));
    let tree = test.git(&["rev-parse", "main^{tree}"]);
    let alien: CommitId = test.git(&["commit-tree", "-m", "alien", &tree]).parse().unwrap();
    let (repo, ours) = (test.repo(), test.rev("ours"));
    let error = merge(&repo, ours, alien, ObjectStore::Repository).unwrap_err();
    assert!(matches!(error, GitError::Unrelated { .. }), "{error}");
    let pairs = [(ours, test.rev("theirs")), (ours, alien)];
    let error = merge_many(&repo, &pairs, ObjectStore::Repository).unwrap_err();
    assert!(matches!(error, GitError::Unrelated { theirs, .. } if theirs == alien), "{error}");
}

fn objects(dir: &Path) -> usize {
    let mut open = vec![dir.to_owned()];
    let mut count = 0;
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() { open.push(entry.path()) } else { count += 1 }
        }
    }
    count
}

#[test]
fn a_scratch_store_keeps_the_repository_as_it_is() {
    let test = diverged(
        |t| t.write("f", lines("5")),
        |t| t.write("f", format!("0\n{}", lines("5"))),
        |t| t.write("f", lines("theirs")),
    );
    let (repo, store) = (test.repo(), test.path().join(".git/objects"));
    let before = objects(&store);
    let scratch = test.dir().join("scr:atch");
    let (main, ours, theirs) = (test.rev("main"), test.rev("ours"), test.rev("theirs"));
    let forecast = merge(&repo, ours, theirs, ObjectStore::Scratch(&scratch)).unwrap();
    let picked = merge_onto(&repo, main, ours, theirs, ObjectStore::Scratch(&scratch)).unwrap();
    let all = merge_all_tips(&repo, &[ours, theirs], "all", ObjectStore::Scratch(&scratch)).unwrap();
    assert_eq!(objects(&store), before);
    assert_eq!(forecast, picked);
    let Some(AllMerged::Commit(commit)) = all else { panic!("{all:?}") };
    assert!(repo.tree_of(commit).is_err());
    assert_eq!(merged(&test), forecast);
    assert!(objects(&store) > before);
    test.assert_sound();
}

#[test]
fn onto_takes_the_base_that_it_is_given() {
    // Two changes of a branch; the second alone is brought over, as a pick does it.
    let test = diverged(
        |t| {
            t.write("one", lines("5"));
            t.write("two", lines("5"));
        },
        |t| t.write("three", "ours"),
        |t| t.write("one", lines("first")),
    );
    test.write("two", lines("second"));
    let second = test.commit_all("second");
    let repo = test.repo();
    let Merged::Clean(tree) =
        merge_onto(&repo, test.rev("theirs^"), test.rev("ours"), second, ObjectStore::Repository).unwrap()
    else {
        panic!()
    };
    let show = |path: &str| test.git(&["show", &format!("{tree}:{path}")]);
    assert_eq!(show("one"), lines("5").trim_end());
    assert_eq!(show("two"), lines("second").trim_end());
    assert_eq!(show("three"), "ours");
}

#[test]
fn several_tips() {
    let test =
        diverged(|t| t.write("f", lines("5")), |t| t.write("f", lines("ours")), |t| t.write("g", "theirs"));
    let repo = test.repo();
    let (main, ours, theirs) = (test.rev("main"), test.rev("ours"), test.rev("theirs"));
    test.git(&["checkout", "-q", "-b", "third", "main"]);
    test.write("f", lines("third"));
    let third = test.commit_all("third");
    let all = |tips: &[CommitId]| merge_all_tips(&repo, tips, "All", ObjectStore::Repository).unwrap();
    assert_eq!(all(&[]), None);
    assert_eq!(all(&[main, ours, main]), Some(AllMerged::Commit(ours)));
    let Some(AllMerged::Commit(commit)) = all(&[ours, theirs]) else { panic!() };
    let shown = test.git(&["show", "-s", "--format=%P|%an|%s", &commit.to_string()]);
    assert_eq!(shown, format!("{ours} {theirs}|Test|All"));
    let Some(AllMerged::Conflicts { tip, conflicts }) = all(&[ours, theirs, third]) else { panic!() };
    assert_eq!((tip, conflicts.len()), (third, 1));
    assert_eq!((conflicts[0].path.to_string(), conflicts[0].kind.as_str()), ("f".into(), "content"));
}

#[test]
fn hostile_names_come_through() {
    let name = "a\nb\t\u{1b}[31m\"x\\";
    let test = diverged(
        |t| t.write(name, lines("5")),
        |t| t.write(name, lines("ours")),
        |t| t.write(name, lines("theirs")),
    );
    let Merged::Conflicts(conflicts) = merged(&test) else { panic!() };
    assert_eq!(conflicts, [Conflict { path: name.into(), kind: "content".into() }]);
}
