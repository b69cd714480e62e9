use std::os::unix::fs::PermissionsExt;

use super::pairs::Pair;
use super::side::Side;
use super::*;
use crate::git::status::tests::{by_executable, linked};
use crate::git::testing::{TestRepo, write};

/// Compares `main` with worktree `w`, by libgit2 and by git, asserts that they agree, and gives files and patch.
fn diff(test: &TestRepo, tree: &WorktreePlace) -> (Vec<FileDiff>, Vec<u8>) {
    let [ours, gits] = [Needs::default(), by_executable()].map(|needs| {
        let scratch = tempfile::tempdir().unwrap();
        let options = DiffOptions { patch: true, context: 3, scratch: scratch.path(), needs: &needs };
        task_diff(&test.repo(), Some(tree), test.rev("main"), test.rev("w"), &options).unwrap()
    });
    assert_eq!(ours, gits);
    ours
}

fn said(files: &[FileDiff]) -> Vec<String> {
    let say = |f: &FileDiff| {
        let old = f.old_path.as_ref().map(|old| format!("{old} -> ")).unwrap_or_default();
        let flags = [(f.binary, " binary"), (f.untracked, " untracked")];
        let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        format!("{} {old}{} +{} -{}{flags}", f.change.letter(), f.path, f.insertions, f.deletions)
    };
    files.iter().map(say).collect()
}

#[test]
fn commits_staged_unstaged_and_untracked_are_one_difference() {
    let (test, tree) = linked();
    write(&tree.path.join("committed"), "1\n");
    test.commit_all_in(&tree.path, "work");
    write(&tree.path.join("staged"), "1\n");
    test.git_in(&tree.path, &["add", "staged"]);
    write(&tree.path.join("staged"), "1\n2\n");
    write(&tree.path.join("file"), "one\ntwo\n");
    write(&tree.path.join("new/untracked"), "1\n2\n3");
    write(&tree.path.join("x.ign"), "ignored");
    let expected = ["A committed +1 -0", "M file +1 -0", "A new/untracked +3 -0 untracked", "A staged +2 -0"];
    assert_eq!(said(&diff(&test, &tree).0), expected);
}

#[test]
fn staged_and_then_taken_back_is_no_difference() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "two\n");
    write(&tree.path.join("new"), "1\n");
    test.git_in(&tree.path, &["add", "-A"]);
    test.git_in(&tree.path, &["rm", "-q", "--cached", "dir/tracked"]);
    write(&tree.path.join("file"), "one\n");
    std::fs::remove_file(tree.path.join("new")).unwrap();
    let (files, patch) = diff(&test, &tree);
    assert_eq!((said(&files), patch), (Vec::new(), Vec::new()));
}

#[test]
fn a_file_that_became_ignored_is_deleted() {
    let (test, tree) = linked();
    test.git_in(&tree.path, &["rm", "-q", "--cached", "file"]);
    write(&tree.path.join(".gitignore"), "*.ign\nignored/\nfile\n");
    assert_eq!(said(&diff(&test, &tree).0), ["M .gitignore +1 -0", "D file +0 -1"]);
}

#[test]
fn types_and_modes() {
    let (test, tree) = linked();
    std::fs::remove_file(tree.path.join("file")).unwrap();
    std::os::unix::fs::symlink("dir/tracked", tree.path.join("file")).unwrap();
    let tracked = tree.path.join("dir/tracked");
    std::fs::set_permissions(&tracked, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (files, patch) = diff(&test, &tree);
    assert_eq!(said(&files), ["M dir/tracked +0 -0", "T file +1 -1"]);
    let patch = String::from_utf8(patch).unwrap();
    assert!(patch.contains("old mode 100644\nnew mode 100755\n"), "{patch}");
    assert!(patch.contains("deleted file mode 100644") && patch.contains("new file mode 120000"), "{patch}");
    test.git(&["config", "core.fileMode", "false"]);
    assert_eq!(said(&diff(&test, &tree).0), ["T file +1 -1"], "without modes there is none");
}

#[test]
fn a_conflict_is_said_with_what_the_file_holds() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "theirs\n");
    test.commit_all_in(&tree.path, "theirs");
    test.write("file", "ours\n");
    test.commit_all("ours");
    assert!(!test.try_git_in(&tree.path, &["merge", "main"]).status.success());
    assert_eq!(said(&diff(&test, &tree).0), ["U file +4 -0"]);
}

#[test]
fn a_repository_inside_is_the_commit_it_stands_at() {
    let (test, tree) = linked();
    for dir in ["unborn", "sub"] {
        test.git_in(&tree.path, &["init", "-q", dir]);
        write(&tree.path.join(dir).join("file"), "1\n");
    }
    for (key, value) in [("user.name", "T"), ("user.email", "t@example.com")] {
        test.git_in(&tree.path.join("sub"), &["config", key, value]);
    }
    test.commit_all_in(&tree.path.join("sub"), "inside");
    let scratch = tempfile::tempdir().unwrap();
    let needs = Needs::default();
    let options = DiffOptions { patch: true, context: 3, scratch: scratch.path(), needs: &needs };
    let (files, patch) =
        task_diff(&test.repo(), Some(&tree), test.rev("main"), test.rev("w"), &options).unwrap();
    assert_eq!(said(&files), ["A sub +1 -0 untracked", "A unborn +0 -0 untracked"]);
    assert!(String::from_utf8(patch).unwrap().contains("+Subproject commit "));
    let options = DiffOptions { needs: &by_executable(), ..options };
    let (files, _) = task_diff(&test.repo(), Some(&tree), test.rev("main"), test.rev("w"), &options).unwrap();
    assert_eq!(said(&files)[0], "A sub +1 -0 untracked");
}

#[test]
fn a_file_too_large_to_load_is_binary() {
    let (test, tree) = linked();
    for name in ["large", "file"] {
        let file = std::fs::File::create(tree.path.join(name)).unwrap();
        file.set_len(LARGE + 1).unwrap();
    }
    let scratch = tempfile::tempdir().unwrap();
    let needs = Needs::default();
    let options = DiffOptions { patch: true, context: 3, scratch: scratch.path(), needs: &needs };
    let (files, patch) =
        task_diff(&test.repo(), Some(&tree), test.rev("main"), test.rev("w"), &options).unwrap();
    assert_eq!(said(&files), ["M file +0 -0 binary", "A large +0 -0 binary untracked"]);
    let expected = "diff --git a/file b/file\nBinary files a/file and b/file differ\n\
                    diff --git a/large b/large\nBinary files /dev/null and b/large differ\n";
    assert_eq!(String::from_utf8(patch).unwrap(), expected);
    let sum = stat(&test.repo(), Some(&tree), test.rev("main"), test.rev("w"), &options).unwrap();
    assert_eq!(sum, Stat { files: 2, insertions: 0, deletions: 0 });
}

#[test]
fn attributes_say_what_is_binary() {
    let (test, tree) = linked();
    write(&tree.path.join(".gitattributes"), "*.dat -diff\n*.crlf text eol=crlf\n");
    write(&tree.path.join("x.dat"), "text\n");
    write(&tree.path.join("y.crlf"), "1\r\n2\r\n");
    let expected =
        ["A .gitattributes +2 -0 untracked", "A x.dat +0 -0 binary untracked", "A y.crlf +2 -0 untracked"];
    assert_eq!(said(&diff(&test, &tree).0), expected);
    let (needs, scratch) = (Needs::default(), tempfile::tempdir().unwrap());
    let options = DiffOptions { patch: false, context: 0, scratch: scratch.path(), needs: &needs };
    let sum = stat(&test.repo(), Some(&tree), test.rev("main"), test.rev("w"), &options).unwrap();
    assert_eq!(sum, Stat { files: 3, insertions: 4, deletions: 0 });
}

#[test]
fn filters_run_only_where_git_has_to_read_the_files() {
    let (test, tree) = linked();
    test.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    test.write(".gitattributes", "*.up filter=upper\n");
    test.write("a.up", "text\n");
    test.commit_all("filtered");
    test.git_in(&tree.path, &["merge", "-q", "main"]);
    write(&tree.path.join("a.up"), "text\nmore\n");
    let scratch = tempfile::tempdir().unwrap();
    let options = DiffOptions { patch: true, context: 3, scratch: scratch.path(), needs: &by_executable() };
    let (files, patch) =
        task_diff(&test.repo(), Some(&tree), test.rev("main"), test.rev("w"), &options).unwrap();
    assert_eq!(said(&files), ["M a.up +1 -0"]);
    assert!(String::from_utf8(patch).unwrap().contains("+MORE\n"));
}

#[test]
fn a_scratch_directory_with_odd_characters() {
    let (test, tree) = linked();
    let moved = test.dir().join("a:b \"c");
    std::fs::rename(test.path(), &moved).unwrap();
    test.git_in(&moved, &["worktree", "repair", tree.path.to_str().unwrap()]);
    let tree = WorktreePlace { admin: moved.join(".git/worktrees/w"), ..tree };
    write(&tree.path.join("new"), "1\n");
    let repo = Repo::discover(&moved).unwrap();
    let from = repo.branch_tip(&"main".parse().unwrap()).unwrap().unwrap();
    let options = DiffOptions { patch: false, context: 3, scratch: &moved, needs: &by_executable() };
    let (files, _) = task_diff(&repo, Some(&tree), from, from, &options).unwrap();
    assert_eq!(said(&files), ["A new +1 -0 untracked"]);
}

#[test]
fn without_a_worktree_the_tip_is_compared() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "two\n");
    test.commit_all_in(&tree.path, "work");
    let (needs, scratch) = (Needs::default(), tempfile::tempdir().unwrap());
    let options = DiffOptions { patch: true, context: 3, scratch: scratch.path(), needs: &needs };
    let (files, patch) = task_diff(&test.repo(), None, test.rev("main"), test.rev("w"), &options).unwrap();
    assert_eq!(said(&files), ["M file +1 -1"]);
    assert!(String::from_utf8(patch).unwrap().ends_with("@@ -1 +1 @@\n-one\n+two\n"));
    let gone = CommitId::from_bytes([3; 20]);
    let error = task_diff(&test.repo(), None, gone, test.rev("w"), &options).unwrap_err();
    assert!(error.to_string().contains(&gone.to_string()), "{error}");
}

#[test]
fn the_configuration_of_git_diff_does_not_change_a_patch() {
    let (test, tree) = linked();
    write(&tree.path.join("file"), "two\n");
    let before = diff(&test, &tree);
    for (key, value) in [("diff.noprefix", "true"), ("diff.context", "0"), ("diff.renames", "false")] {
        test.git(&["config", key, value]);
    }
    assert_eq!(diff(&test, &tree), before);
}

#[test]
fn renames_are_those_of_git_near_the_threshold() {
    let test = TestRepo::new();
    let text = |name: usize, kept: usize| -> String {
        let line = |n: usize| if n < kept { format!("{name} {n}\n") } else { format!("other {name} {n}\n") };
        (0..60).map(line).collect()
    };
    for n in 0..30 {
        test.write(&format!("from/{n}"), text(n, 60));
    }
    let from = test.commit_all("from");
    test.git(&["rm", "-q", "-r", "from"]);
    for n in 0..30 {
        // Names are kept by some, so that git's shortcut for unique names counts too.
        let name = if n % 3 == 0 { n } else { n + 100 };
        test.write(&format!("to/{name}"), text(n, 20 + n));
    }
    let to = test.commit_all("to");
    let names = test.git(&["diff", "--name-status", "-M50%", &from.to_string(), &to.to_string()]);
    let mut expected: Vec<String> = names
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            format!(
                "{} {}",
                fields[0].trim_start_matches('R').parse().unwrap_or(0_u64),
                fields[1..].join(" ")
            )
        })
        .collect();
    let mut ours: Vec<String> = {
        let repo = test.repo();
        let ids = [from, to].map(|id| convert::oid(repo.tree_of(id).unwrap()));
        let diff = trees(repo.raw(), ids[0], ids[1], &mut git2::DiffOptions::new()).unwrap();
        let say = |pair: &Pair| {
            let path =
                |side: &Option<Side>| side.iter().map(|side| format!(" {}", side.path)).collect::<String>();
            format!("{}{}{}", pair.similarity.unwrap_or(0), path(&pair.old), path(&pair.new))
        };
        pairs(repo.raw(), &diff).iter().map(say).collect()
    };
    expected.sort();
    ours.sort();
    assert_eq!(ours, expected);
    assert!(ours.iter().any(|row| row.starts_with("0 ")) && ours.iter().any(|row| !row.starts_with("0 ")));
}
