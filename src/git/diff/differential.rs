//! What we say of random worktrees against what git says of them.

use super::*;
use crate::git::command::Git;
use crate::git::history;
use crate::git::status::random::{Random, contents};
use crate::git::status::{count, entries};
use crate::git::{Repo, testing};

/// What git says once everything is added to a copy of the index.
struct Truth {
    tree: git2::Oid,
    files: Vec<(RepoPath, Option<RepoPath>, char, u32, u32, bool)>,
}

fn with_index(random: &Random, subcommand: &str) -> Git {
    random.git(subcommand).env("GIT_INDEX_FILE", random.test.dir().join("truth"))
}

fn truth(random: &Random, from: CommitId) -> Truth {
    std::fs::copy(random.tree.admin.join("index"), random.test.dir().join("truth")).unwrap();
    with_index(random, "add").arg("-A").run().unwrap();
    let tree = String::from_utf8(with_index(random, "write-tree").run().unwrap()).unwrap();
    let diff = |form: &str| {
        let args = ["--cached", form, "-z", "-M50%", &from.to_string()];
        with_index(random, "diff").args(args).run().unwrap()
    };
    let (stats, words) = (diff("--numstat"), diff("--name-status"));
    let (mut stats, mut words) = (stats.split(|b| *b == 0), words.split(|b| *b == 0));
    let mut files = Vec::new();
    while let Some(word) = words.next().filter(|word| !word.is_empty()) {
        let stat = stats.next().unwrap();
        let mut fields = stat.splitn(3, |byte| *byte == b'\t');
        let mut number = || std::str::from_utf8(fields.next().unwrap()).unwrap().parse::<u32>();
        let (insertions, deletions) = (number(), number());
        let letter = char::from(word[0]);
        let first = RepoPath::new(words.next().unwrap());
        let (path, old) = if letter == 'R' {
            stats.nth(1);
            (RepoPath::new(words.next().unwrap()), Some(first))
        } else {
            (first, None)
        };
        let binary = insertions.is_err();
        files.push((path, old, letter, insertions.unwrap_or(0), deletions.unwrap_or(0), binary));
    }
    files.sort();
    Truth { tree: git2::Oid::from_str(tree.trim()).unwrap(), files }
}

fn rows(files: &[FileDiff]) -> Vec<(RepoPath, Option<RepoPath>, char, u32, u32, bool)> {
    let row = |f: &FileDiff| {
        (f.path.clone(), f.old_path.clone(), f.change.letter(), f.insertions, f.deletions, f.binary)
    };
    files.iter().map(row).collect()
}

fn dirt_by_git(random: &Random) -> Dirt {
    let text = random.git("status").args(["--porcelain=v2", "-z", "-uall", "--no-renames"]).run().unwrap();
    let mut dirt = Dirt::default();
    for record in text.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        match record[0] {
            b'1' => {
                dirt.staged += u32::from(record[2] != b'.');
                dirt.unstaged += u32::from(record[3] != b'.');
            }
            b'u' => dirt.unmerged += 1,
            b'?' => dirt.untracked += 1,
            _ => panic!("{}", String::from_utf8_lossy(record)),
        }
    }
    dirt
}

/// Applies a patch to the tree of a commit and gives the tree that comes out.
fn applied(random: &Random, from: CommitId, patch: &[u8]) -> git2::Oid {
    with_index(random, "read-tree").arg(from.to_string()).run().unwrap();
    if !patch.is_empty() {
        with_index(random, "apply").args(["--cached", "--whitespace=nowarn"]).stdin(patch).run().unwrap();
    }
    let tree = String::from_utf8(with_index(random, "write-tree").run().unwrap()).unwrap();
    git2::Oid::from_str(tree.trim()).unwrap()
}

fn check(seed: u64) -> usize {
    let random = Random::new(seed);
    let (tree, repo) = (&random.tree, random.test.repo());
    let place = repo.place().clone();
    let (main, topic) = (random.test.rev("main"), random.test.rev("topic"));
    let from = history::merge_base(&repo, topic, main).unwrap().unwrap();
    let before = contents(std::slice::from_ref(&place.common_dir));
    let scratch = tempfile::tempdir().unwrap();
    let needs = Needs::default();
    let options = DiffOptions { patch: true, context: 3, scratch: scratch.path(), needs: &needs };
    let (files, patch) = task_diff(&repo, Some(tree), from, topic, &options).unwrap();
    let sum = stat(&repo, Some(tree), from, topic, &options).unwrap();
    let found = entries(tree, &needs, &place).unwrap();
    let both = stat_and_dirt(&repo, tree, from, &options).unwrap();
    assert_eq!(both, (sum, count(&found)), "seed {seed}");
    let counts = history::ahead_behind(&repo, topic, main).unwrap();
    let snapshot = Snapshot::take(&place, tree, convert::oid(repo.tree_of(from).unwrap()), &options).unwrap();
    // Git's own way gives the same, and writes as little.
    let by_git = Needs { git_for_files: Some("a test".to_owned()), ..Needs::default() };
    if seed.is_multiple_of(6) {
        assert_eq!(found, entries(tree, &by_git, &place).unwrap(), "seed {seed}");
        let options = DiffOptions { needs: &by_git, ..options };
        assert_eq!(
            task_diff(&repo, Some(tree), from, topic, &options).unwrap(),
            (files.clone(), patch.clone())
        );
    }
    assert!(contents(&[place.common_dir]) == before, "seed {seed}: something was written");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);

    assert_eq!(count(&found), dirt_by_git(&random), "seed {seed}: {found:#?}");
    let ranges = random.test.git(&["rev-list", "--left-right", "--count", "topic...main"]);
    assert_eq!(format!("{}\t{}", counts.0, counts.1), ranges, "seed {seed}");
    let truth = truth(&random, from);
    assert_eq!(rows(&files), truth.files, "seed {seed}");
    assert_eq!(snapshot.tree, truth.tree, "seed {seed}");
    assert_eq!(usize::try_from(sum.files).unwrap(), files.len(), "seed {seed}");
    assert_eq!(sum.insertions, files.iter().map(|file| file.insertions).sum::<u32>(), "seed {seed}");
    assert_eq!(sum.deletions, files.iter().map(|file| file.deletions).sum::<u32>(), "seed {seed}");
    for file in &files {
        assert!(!file.untracked || found.iter().any(|e| e.untracked && e.path == file.path), "seed {seed}");
    }
    let tree = applied(&random, from, &patch);
    assert_eq!(tree, truth.tree, "seed {seed}: {}", String::from_utf8_lossy(&patch));
    truth.files.len()
}

#[test]
fn random_worktrees_are_what_git_says_1() {
    assert!((1..=80).map(check).sum::<usize>() > 400);
}

#[test]
fn random_worktrees_are_what_git_says_2() {
    assert!((81..=160).map(check).sum::<usize>() > 400);
}

#[test]
fn random_trees_are_what_git_says() {
    for seed in 201..=212 {
        let random = Random::new(seed);
        let repo: Repo = random.test.repo();
        let all = testing::TestRepo::commit_all_in(&random.test, &random.tree.path, "all");
        let from = random.test.rev("topic~1");
        assert_eq!(rows(&tree_diff(&repo, from, all).unwrap()), truth(&random, from).files, "seed {seed}");
        let names = random.git("diff").args(["--name-only", "-z", "--no-renames", &format!("{from}..{all}")]);
        let names = names.run().unwrap();
        let mut names: Vec<RepoPath> =
            names.split(|b| *b == 0).filter(|name| !name.is_empty()).map(RepoPath::new).collect();
        names.sort();
        assert_eq!(touched_paths(&repo, from, all).unwrap(), names, "seed {seed}");
    }
}

#[test]
fn line_ends_and_idents_are_stored_as_git_stores_them() {
    const CONTENTS: [&str; 6] =
        ["1\r\n2\r\n", "1\n2\n", "1\r\n2\n", "$Id$\n", "$Id: old $\r\n", "\r\n\0\r\n"];
    const ATTRIBUTES: [&str; 8] = [
        "text",
        "text=auto",
        "-text",
        "text eol=crlf",
        "text eol=lf",
        "text=auto eol=crlf",
        "ident",
        "binary",
    ];
    for seed in 0..48_usize {
        let (test, tree) = crate::git::status::tests::linked();
        test.git(&["config", "core.autocrlf", ["false", "input", "true"][seed % 3]]);
        for (n, content) in CONTENTS.iter().enumerate() {
            testing::write(&tree.path.join(format!("before{n}")), content);
        }
        test.git_in(&tree.path, &["-c", "core.autocrlf=false", "add", "before0", "before2", "before3"]);
        test.git_in(&tree.path, &["commit", "-q", "-m", "before"]);
        let lines = format!("* {}\nnew* {}\n", ATTRIBUTES[seed % 8], ATTRIBUTES[seed / 6]);
        testing::write(&tree.path.join(".gitattributes"), lines);
        for (n, content) in CONTENTS.iter().enumerate() {
            testing::write(&tree.path.join(format!("new{n}")), content);
            testing::write(&tree.path.join(format!("before{n}")), format!("{content}more\r\n"));
        }
        let (repo, scratch) = (test.repo(), tempfile::tempdir().unwrap());
        let from = convert::oid(repo.tree_of(test.rev("main")).unwrap());
        let take = |needs: &Needs| {
            let options = DiffOptions { patch: true, context: 3, scratch: scratch.path(), needs };
            Snapshot::take(repo.place(), &tree, from, &options).unwrap().tree
        };
        let by_git = Needs { git_for_files: Some("a test".to_owned()), ..Needs::default() };
        assert_eq!(take(&Needs::default()), take(&by_git), "seed {seed}");
    }
}
