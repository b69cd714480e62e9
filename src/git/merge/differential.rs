//! `merge` against what `git merge` does in a worktree, over random small histories.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::testing::TestRepo;
use super::*;

#[derive(Debug, Clone)]
enum Edit {
    Line {
        file: usize,
        line: usize,
        text: u8,
    },
    Rename {
        file: usize,
        to: usize,
    },
    RenameDir {
        dir: usize,
        to: usize,
    },
    Delete {
        file: usize,
    },
    Add {
        name: usize,
        text: u8,
    },
    Mode {
        file: usize,
    },
    Link {
        name: usize,
        target: u8,
    },
    Binary {
        name: usize,
        byte: u8,
    },
    /// All line ends of a file become CRLF.
    LineEnds {
        file: usize,
    },
    /// `.gitattributes` says how some files are merged.
    Attributes {
        which: usize,
    },
}

fn edit() -> impl Strategy<Value = Edit> {
    let n = 0..12_usize;
    prop_oneof![
        4 => (n.clone(), 0..8_usize, 0..3_u8).prop_map(|(file, line, text)| Edit::Line { file, line, text }),
        2 => (n.clone(), n.clone()).prop_map(|(file, to)| Edit::Rename { file, to }),
        1 => (0..3_usize, 0..4_usize).prop_map(|(dir, to)| Edit::RenameDir { dir, to }),
        1 => n.clone().prop_map(|file| Edit::Delete { file }),
        2 => (n.clone(), 0..2_u8).prop_map(|(name, text)| Edit::Add { name, text }),
        1 => n.clone().prop_map(|file| Edit::Mode { file }),
        1 => (n.clone(), 0..2_u8).prop_map(|(name, target)| Edit::Link { name, target }),
        1 => (n.clone(), 0..3_u8).prop_map(|(name, byte)| Edit::Binary { name, byte }),
        1 => n.prop_map(|file| Edit::LineEnds { file }),
        1 => (0..4_usize).prop_map(|which| Edit::Attributes { which }),
    ]
}

const DIRS: [&str; 4] = ["d0", "d1", "d1/deep", "moved"];

fn added_name(n: usize) -> String {
    match n % 6 {
        0 => "new".to_owned(),
        1 => "d0/new".to_owned(),
        2 => "d1/new".to_owned(),
        3 => "d1".to_owned(),
        4 => "new/below".to_owned(),
        _ => format!("n{n}"),
    }
}

/// One side under construction: path, mode and content, as `git fast-import` wants them.
type Files = std::collections::BTreeMap<String, (&'static str, Vec<u8>)>;

fn base() -> Files {
    let content =
        |i: usize| (0..8).map(|line| format!("file {i} line {line}\n")).collect::<String>().into_bytes();
    (0..9).map(|i| (format!("{}/f{i}", DIRS[i % 3]), ("100644", content(i)))).collect()
}

fn put(files: &mut Files, path: String, file: (&'static str, Vec<u8>)) {
    // What stands above or below the path makes room, as it would in a worktree.
    files.retain(|other, _| {
        !other.starts_with(&format!("{path}/")) && !path.starts_with(&format!("{other}/"))
    });
    files.insert(path, file);
}

fn nth(files: &Files, n: usize) -> Option<String> {
    files.keys().nth(n % files.len().max(1)).cloned()
}

fn apply(files: &mut Files, edit: &Edit) {
    match edit {
        Edit::Line { file, line, text } => {
            if let Some((mode, content)) = nth(files, *file).and_then(|path| files.get_mut(&path))
                && *mode != "120000"
            {
                let mut lines: Vec<Vec<u8>> =
                    content.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                if let Some(slot) = lines.get_mut(*line) {
                    *slot = format!("changed {text}\n").into_bytes();
                }
                *content = lines.concat();
            }
        }
        Edit::Rename { file, to } => {
            if let Some(path) = nth(files, *file) {
                let file = files.remove(&path).unwrap();
                put(files, format!("{}/r{to}", DIRS[to % 4]), file);
            }
        }
        Edit::RenameDir { dir, to } => {
            let from = format!("{}/", DIRS[*dir]);
            let moved: Vec<String> = files.keys().filter(|path| path.starts_with(&from)).cloned().collect();
            for path in moved {
                let file = files.remove(&path).unwrap();
                put(files, format!("m{to}/{}", &path[from.len()..]), file);
            }
        }
        Edit::Delete { file } => {
            nth(files, *file).and_then(|path| files.remove(&path));
        }
        Edit::Add { name, text } => {
            put(files, added_name(*name), ("100644", format!("added {text}\n").into()));
        }
        Edit::Mode { file } => {
            if let Some((mode, _)) = nth(files, *file).and_then(|path| files.get_mut(&path))
                && *mode == "100644"
            {
                *mode = "100755";
            }
        }
        Edit::Link { name, target } => {
            put(files, added_name(*name), ("120000", format!("t{target}").into()));
        }
        Edit::LineEnds { file } => {
            if let Some((mode, content)) = nth(files, *file).and_then(|path| files.get_mut(&path))
                && *mode != "120000"
            {
                *content = String::from_utf8_lossy(content)
                    .lines()
                    .flat_map(|line| [line, "\r\n"])
                    .collect::<String>()
                    .into();
            }
        }
        Edit::Attributes { which } => {
            let text =
                ["d0/* merge=union\n", "d1/** -merge\n", "f1 binary\nr* merge=union\n", "* -text\n"][*which];
            put(files, ".gitattributes".to_owned(), ("100644", text.into()));
        }
        Edit::Binary { name, byte } => {
            put(files, format!("bin{}", name % 2), ("100644", vec![0, *byte, 0, 7]));
        }
    }
}

fn commit(out: &mut Vec<u8>, branch: &str, from: Option<&str>, files: &Files) {
    let mut text = |line: String| out.extend(line.into_bytes());
    text(format!("commit refs/heads/{branch}\ncommitter T <t@e> 1700000000 +0000\ndata 1\nx\n"));
    if let Some(from) = from {
        text(format!("from refs/heads/{from}\n"));
    }
    out.extend(b"deleteall\n");
    for (path, (mode, content)) in files {
        out.extend(format!("M {mode} inline {path}\ndata {}\n", content.len()).into_bytes());
        out.extend(content);
        out.push(b'\n');
    }
}

/// What `git merge` does: the tree, or the paths with stages.
fn by_git(test: &TestRepo) -> Result<String, BTreeSet<String>> {
    test.git(&["reset", "-q", "--hard"]);
    test.git(&["clean", "-q", "-fdx"]);
    test.git(&["checkout", "-q", "-f", "-B", "work", "ours"]);
    let output = test.try_git_in(&test.path(), &["merge", "-q", "--no-ff", "-m", "m", "theirs"]);
    if output.status.success() {
        return Ok(test.git(&["rev-parse", "HEAD^{tree}"]));
    }
    let unmerged = test.git(&["-c", "core.quotePath=false", "ls-files", "-u"]);
    let paths = unmerged.lines().map(|line| line.split_once('\t').unwrap().1);
    let strip = |path: &str| {
        let name = path.trim_end_matches("_0");
        name.strip_suffix("~HEAD").or_else(|| name.strip_suffix("~theirs")).unwrap_or(path).to_owned()
    };
    Err(paths.map(strip).collect())
}

thread_local! {
    /// How many of the merges were certain without merging.
    static CERTAIN: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn compare(test: &TestRepo, edits: [&[Edit]; 3]) -> Result<bool, TestCaseError> {
    let mut stream = Vec::new();
    let mut first = base();
    edits[0].iter().for_each(|edit| apply(&mut first, edit));
    for (branch, edits) in [("base", None), ("ours", Some(edits[1])), ("theirs", Some(edits[2]))] {
        let mut files = first.clone();
        edits.into_iter().flatten().for_each(|edit| apply(&mut files, edit));
        stream.extend(format!("reset refs/heads/{branch}\n").into_bytes());
        commit(&mut stream, branch, edits.map(|_| "base"), &files);
    }
    let place = test.place();
    Git::common(&place, "fast-import").args(["--quiet", "--force"]).stdin(stream).run().unwrap();
    let (ours, theirs) = (test.rev("refs/heads/ours"), test.rev("refs/heads/theirs"));
    let expected = by_git(test);
    let base = test.rev("refs/heads/base");
    let side = |tip| {
        let repo = test.repo();
        touched(&repo, &Trees::default(), repo.tree_of(base).unwrap(), repo.tree_of(tip).unwrap()).unwrap()
    };
    let certain = is_certainly_clean(&side(ours), &side(theirs));
    CERTAIN.set(CERTAIN.get() + u32::from(certain));
    prop_assert!(!certain || expected.is_ok(), "said to be certain, and git says {:?}", expected);
    let found = merge(&test.repo(), ours, theirs, ObjectStore::Repository).unwrap();
    match (&found, expected) {
        (Merged::Clean(tree), Ok(expected)) => prop_assert_eq!(tree.to_string(), expected),
        (Merged::Conflicts(found), Err(expected)) => {
            let paths: BTreeSet<String> = found.iter().map(|one| one.path.to_string()).collect();
            // A conflict of directory renames alone leaves no stages; it is a conflict all the same.
            let staged: BTreeSet<String> = found
                .iter()
                .filter(|one| one.kind != "directory-rename" || expected.contains(&one.path.to_string()))
                .map(|one| one.path.to_string())
                .collect();
            prop_assert!(expected.is_subset(&paths), "{expected:?} {found:?}");
            prop_assert_eq!(staged, expected, "{:?}", found);
        }
        (found, expected) => prop_assert!(false, "ours {found:?}, git {expected:?}"),
    }
    Ok(matches!(found, Merged::Clean(_)))
}

#[test]
fn merge_equals_git_merge() {
    compare_cases(320);
}

/// The same at length: `cargo nextest run --lib --run-ignored only -E 'test(differential::at_length)'`.
#[test]
#[ignore = "takes a minute"]
fn at_length() {
    compare_cases(4_000);
}

fn compare_cases(cases: u32) {
    let test = TestRepo::with_commit();
    let (clean, conflicts) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let side = || prop::collection::vec(edit(), 1..5);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(
        &(prop::collection::vec(edit(), 0..2), side(), side()),
        |(base, ours, theirs)| {
            let counter = if compare(&test, [&base, &ours, &theirs])? { &clean } else { &conflicts };
            counter.set(counter.get() + 1);
            Ok(())
        },
    );
    assert!(result.is_ok(), "{}", result.unwrap_err());
    let (clean, conflicts, certain) = (clean.get(), conflicts.get(), CERTAIN.take());
    println!("{clean} clean, {certain} of them certain, {conflicts} conflicts");
    // Each answer has to be met for the comparison to say anything.
    assert!(clean > 30 && conflicts > 30 && certain > 10, "{clean} {conflicts} {certain}");
}

/// Makes a commit for each side on one base; gives the base and the sides.
fn commits(test: &TestRepo, base_edits: &[Edit], sides: &[Vec<Edit>]) -> (CommitId, Vec<CommitId>) {
    let mut stream = Vec::new();
    let mut first = base();
    base_edits.iter().for_each(|edit| apply(&mut first, edit));
    let only = |i: usize, text: &str| (format!("only/{i}"), ("100644", text.repeat(40).into_bytes()));
    (0..sides.len()).map(|i| only(i, "x\n")).for_each(|(path, file)| put(&mut first, path, file));
    stream.extend(b"reset refs/heads/base\n");
    commit(&mut stream, "base", None, &first);
    for (i, edits) in sides.iter().enumerate() {
        let mut files = first.clone();
        edits.iter().for_each(|edit| apply(&mut files, edit));
        // No two are one commit, and none is the base.
        let (path, file) = only(i, "x\ny\n");
        put(&mut files, path, file);
        stream.extend(format!("reset refs/heads/s{i}\n").into_bytes());
        commit(&mut stream, &format!("s{i}"), Some("base"), &files);
    }
    Git::common(&test.place(), "fast-import").args(["--quiet", "--force"]).stdin(stream).run().unwrap();
    let rev = |name: String| test.rev(&format!("refs/heads/{name}"));
    (rev("base".to_owned()), (0..sides.len()).map(|i| rev(format!("s{i}"))).collect())
}

fn walk_cases(cases: u32) {
    let test = TestRepo::with_commit();
    let (certain, clean) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let side = || prop::collection::vec(edit(), 0..3);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(
        &(prop::collection::vec(edit(), 0..2), prop::collection::vec(side(), 3..5)),
        |(base, sides)| {
            let (base, tips) = commits(&test, &base, &sides);
            let repo = test.repo();
            let base = repo.tree_of(base).unwrap();
            let trees = Trees::default();
            let touched: Vec<Touched> = tips
                .iter()
                .map(|tip| touched(&repo, &trees, base, repo.tree_of(*tip).unwrap()).unwrap())
                .collect();
            let goes = |one: usize, next: usize| {
                let merged = merge(&repo, tips[one], tips[next], ObjectStore::Repository).unwrap();
                matches!(merged, Merged::Clean(_))
            };
            let says = go_together(&touched, goes);
            let steps = one_after_the_other(&repo, tips[0], &tips[1..], ObjectStore::Repository).unwrap();
            let is_clean = steps.iter().all(Vec::is_empty);
            certain.set(certain.get() + u32::from(says));
            clean.set(clean.get() + u32::from(is_clean));
            prop_assert!(!says || is_clean, "said to be certain, and git says {:?}", steps);
            Ok(())
        },
    );
    assert!(result.is_ok(), "{}", result.unwrap_err());
    println!("{} clean, {} of them certain", clean.get(), certain.get());
    assert!(certain.get() > cases / 20, "{}", certain.get());
}

#[test]
fn what_is_certain_of_several_is_what_git_does() {
    walk_cases(40);
}

/// The same at length: `cargo nextest run --lib --run-ignored only -E 'test(differential::walks_at_length)'`.
#[test]
#[ignore = "takes minutes"]
fn walks_at_length() {
    walk_cases(2_000);
}
