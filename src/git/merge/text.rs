//! The text of conflicts.

use super::super::error::GitError;
use super::super::{Repo, convert};
use super::{Fields, ObjectStore, attributes, attributes_for, merge_tree, parse};
use crate::domain::forecast::{ConflictText, Merged};
use crate::domain::oid::{CommitId, TreeId};

/// Lines around a part that conflicts.
const CONTEXT: usize = 3;
/// Larger files are not looked into, in bytes.
const LARGE: usize = 8 << 20;

/// Merges two commits and gives the text of what conflicts, with git's markers; `labels` stand for the commits in them.
pub fn conflict_texts(
    repo: &Repo,
    (ours, theirs): (CommitId, CommitId),
    labels: (&str, &str),
    store: ObjectStore<'_>,
) -> Result<Vec<ConflictText>, GitError> {
    let handle = store.reader(repo)?;
    let reader = handle.as_ref().unwrap_or(repo);
    let root = attributes::lay_out(reader, &attributes_for(reader, ours, theirs)?)?;
    let call = merge_tree(repo, root.path(), store)?.args([ours.to_string(), theirs.to_string()]);
    let output = call.output()?;
    if !matches!(output.code, 0 | 1) {
        return Err(call.failed(&output));
    }
    let odd = |what: String| GitError::Output { command: call.describe(), what };
    let merged =
        parse::record(&mut Fields::new(&output.stdout), output.code == 0, (ours, theirs)).map_err(odd)?;
    let Merged::Conflicts(conflicts) = merged else { return Ok(Vec::new()) };
    let tree = Fields::new(&output.stdout).next().unwrap_or_default();
    let tree: TreeId =
        String::from_utf8_lossy(tree).parse().map_err(|_| odd("it does not begin with a tree".to_owned()))?;
    // The objects of this merge are newer than the handle.
    let handle = store.reader(repo)?;
    let reader = handle.as_ref().unwrap_or(repo);
    let tree = reader
        .raw()
        .find_tree(convert::oid(tree))
        .map_err(|source| GitError::object("tree", tree, source))?;
    let text = |conflict: crate::domain::forecast::Conflict| {
        let blob = tree.get_path(&conflict.path.to_path()).ok();
        let blob = blob.and_then(|entry| reader.raw().find_blob(entry.id()).ok());
        let content = blob.as_ref().filter(|blob| !blob.is_binary() && blob.size() <= LARGE);
        let hunks =
            content.map(|blob| hunks(&String::from_utf8_lossy(blob.content()), (ours, theirs), labels));
        ConflictText { conflict, hunks: hunks.unwrap_or_default() }
    };
    Ok(conflicts.into_iter().map(text).collect())
}

/// Cuts the parts with markers out of a file; parts that are near each other come in one.
fn hunks(content: &str, sides: (CommitId, CommitId), labels: (&str, &str)) -> Vec<String> {
    let lines: Vec<&str> = content.lines().collect();
    let begins = |line: &str| line.starts_with("<<<<<<< ");
    let ends = |line: &str| line.starts_with(">>>>>>> ");
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut start = None;
    for (i, line) in lines.iter().enumerate() {
        if begins(line) {
            start = Some(i);
        } else if let (true, Some(from)) = (ends(line), start) {
            start = None;
            let range = (from.saturating_sub(CONTEXT), (i + 1 + CONTEXT).min(lines.len()));
            match ranges.last_mut() {
                Some(last) if range.0 <= last.1 => last.1 = range.1,
                _ => ranges.push(range),
            }
        }
    }
    let named =
        |line: &&str| line.replace(&sides.0.to_string(), labels.0).replace(&sides.1.to_string(), labels.1);
    let text = |(from, to): (usize, usize)| {
        let body = lines[from..to]
            .iter()
            .map(|line| if begins(line) || ends(line) { named(line) } else { (*line).to_owned() });
        format!("@@ {} @@\n{}\n", from + 1, body.collect::<Vec<_>>().join("\n"))
    };
    ranges.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn parts_that_conflict_with_what_is_around_them() {
        let test = TestRepo::new();
        let lines = |changed: &[(usize, &str)]| -> String {
            let line = |i: usize| {
                let found = changed.iter().find(|(at, _)| *at == i);
                found.map_or_else(|| format!("{i}\n"), |(_, text)| format!("{text}\n"))
            };
            (1..40).map(line).collect()
        };
        test.write("a", lines(&[]));
        test.write("gone", "1\n");
        test.commit_all("base");
        test.git(&["checkout", "-q", "-b", "api"]);
        test.write("a", lines(&[(5, "api"), (30, "api")]));
        test.write("gone", "2\n");
        let ours = test.commit_all("api");
        test.git(&["checkout", "-q", "-b", "docs", "HEAD^"]);
        test.write("a", lines(&[(5, "docs"), (30, "docs")]));
        test.git(&["rm", "-q", "gone"]);
        let theirs = test.commit_all("docs");
        let dir = test.dir().join("objects");
        let found = conflict_texts(&test.repo(), (ours, theirs), ("api", "docs"), ObjectStore::Scratch(&dir))
            .unwrap();
        let kinds: Vec<(String, &str)> =
            found.iter().map(|text| (text.conflict.path.to_string(), text.conflict.kind.as_str())).collect();
        assert_eq!(kinds, [("a".to_owned(), "content"), ("gone".to_owned(), "modify-delete")]);
        assert_eq!(
            found[0].hunks,
            [
                "@@ 2 @@\n2\n3\n4\n<<<<<<< api\napi\n=======\ndocs\n>>>>>>> docs\n6\n7\n8\n",
                "@@ 31 @@\n27\n28\n29\n<<<<<<< api\napi\n=======\ndocs\n>>>>>>> docs\n31\n32\n33\n",
            ]
        );
        assert!(found[1].hunks.is_empty());
    }
}
