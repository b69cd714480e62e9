//! Reads what `git merge-tree --write-tree -z --messages` prints.
//!
//! A record is `TREE NUL`, conflicted entries `MODE SP ID SP STAGE TAB PATH NUL`, an empty field, then messages
//! `COUNT NUL PATH NUL … TYPE NUL TEXT NUL`. With `--stdin` it begins with `1 NUL` or `0 NUL` and ends with an empty
//! field.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::forecast::{Conflict, Merged};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;

/// Git before 2.40 prints its advice about submodules after the messages, on standard output and without a NUL.
const SUBMODULE_ADVICE: &[u8] = b"Recursive merging with submodules";

/// What was odd about the output.
pub(super) type Odd = String;

#[derive(Debug, Default, Clone)]
struct Stages {
    entries: [Option<(Vec<u8>, Vec<u8>)>; 3],
}

struct Message<'a> {
    paths: Vec<&'a [u8]>,
    kind: &'a str,
}

/// A cursor over fields that end with NUL.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let field = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        Some(field)
    }
}

/// Reads one record. `sides` are the commits as they were named to git, which appear in the names that git makes up for
/// paths that cannot stand where they were. `clean` is what the exit status or the record's first field said.
pub(super) fn record(
    fields: &mut Fields<'_>,
    clean: bool,
    sides: (CommitId, CommitId),
) -> Result<Merged, Odd> {
    let tree = fields.next().ok_or("no tree")?;
    let tree: TreeId = text(tree)?.parse().map_err(|_| format!("{:?} is no tree", text(tree)))?;
    let stages = entries(fields)?;
    let messages = messages(fields)?;
    if clean {
        return Ok(Merged::Clean(tree));
    }
    let conflicts = conflicts(&stages, &messages, sides);
    if conflicts.is_empty() {
        return Err("a conflict without a path".to_owned());
    }
    Ok(Merged::Conflicts(conflicts))
}

fn text(field: &[u8]) -> Result<&str, Odd> {
    std::str::from_utf8(field).map_err(|_| format!("{:?}", String::from_utf8_lossy(field)))
}

fn entries<'a>(fields: &mut Fields<'a>) -> Result<BTreeMap<&'a [u8], Stages>, Odd> {
    let mut stages: BTreeMap<&[u8], Stages> = BTreeMap::new();
    while let Some(field) = fields.next().filter(|field| !field.is_empty()) {
        let odd = || format!("entry {:?}", String::from_utf8_lossy(field));
        let tab = field.iter().position(|byte| *byte == b'\t').ok_or_else(odd)?;
        let words: Vec<&[u8]> = field[..tab].split(|byte| *byte == b' ').collect();
        let [mode, id, [stage @ b'1'..=b'3']] = words[..] else { return Err(odd()) };
        let entry = stages.entry(&field[tab + 1..]).or_default();
        entry.entries[usize::from(stage - b'1')] = Some((mode.to_vec(), id.to_vec()));
    }
    Ok(stages)
}

fn messages<'a>(fields: &mut Fields<'a>) -> Result<Vec<Message<'a>>, Odd> {
    let mut messages = Vec::new();
    while let Some(field) = fields.next().filter(|field| !field.is_empty()) {
        if field.starts_with(SUBMODULE_ADVICE) {
            break;
        }
        let count: usize = text(field)?.parse().map_err(|_| format!("message {:?}", text(field)))?;
        let paths = (0..count)
            .map(|_| fields.next().ok_or_else(|| "a message without its paths".to_owned()))
            .collect::<Result<_, _>>()?;
        let kind = text(fields.next().ok_or("a message without a type")?)?;
        fields.next().ok_or("a message without text")?;
        messages.push(Message { paths, kind });
    }
    Ok(messages)
}

fn conflicts(
    stages: &BTreeMap<&[u8], Stages>,
    messages: &[Message<'_>],
    sides: (CommitId, CommitId),
) -> Vec<Conflict> {
    let mut found: BTreeSet<(&[u8], String)> = BTreeSet::new();
    for message in messages {
        let Some(word) = conflict_word(message.kind) else { continue };
        let known: Vec<&[u8]> =
            message.paths.iter().copied().filter(|path| stages.contains_key(path)).collect();
        // Git also tells of paths that it settled in the end. What has no stages is a conflict only where nothing
        // else shows it: a directory whose new name is unclear, or no stages at all.
        let counts = word.contains("directory rename") || stages.is_empty();
        let unstaged = message.paths.get(..usize::from(counts)).unwrap_or_default();
        for path in if known.is_empty() { unstaged } else { &known } {
            found.insert((*path, kind(word, stages.get(path))));
        }
    }
    let told: BTreeSet<&[u8]> = found.iter().map(|(path, _)| *path).collect();
    let untold = stages.iter().filter(|(path, _)| !told.contains(*path));
    let untold: Vec<_> = untold.map(|(path, stages)| (*path, kind("contents", Some(stages)))).collect();
    found.extend(untold);
    let binary: BTreeSet<&[u8]> =
        found.iter().filter(|(_, kind)| kind == "binary").map(|(path, _)| *path).collect();
    // The text of a binary file conflicts too, says git; that is no second fact.
    found.retain(|(path, kind)| !(kind == "content" && binary.contains(path)));
    let conflicts: BTreeSet<Conflict> = found
        .into_iter()
        .map(|(path, kind)| Conflict { path: RepoPath::new(without_side(path, sides)), kind })
        .collect();
    conflicts.into_iter().collect()
}

/// Gives what stands in the parentheses of `CONFLICT (…)`; git has forms with and without the blank.
fn conflict_word(kind: &str) -> Option<&str> {
    let rest = kind.strip_prefix("CONFLICT").or_else(|| kind.strip_prefix("ERROR"))?;
    Some(rest.trim().trim_start_matches('(').trim_end_matches(')'))
}

fn kind(word: &str, stages: Option<&Stages>) -> String {
    match word {
        "contents" => content_kind(stages).to_owned(),
        "distinct modes" => "mode".to_owned(),
        _ if word.starts_with("submodule") => "submodule".to_owned(),
        _ if word.contains("directory rename") => "directory-rename".to_owned(),
        _ => {
            let kebab = word.to_ascii_lowercase();
            let words: Vec<&str> =
                kebab.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
            words.join("-")
        }
    }
}

/// Tells apart what git calls "contents" by what stands in the stages.
fn content_kind(stages: Option<&Stages>) -> &'static str {
    let Some(Stages { entries }) = stages else { return "content" };
    if entries.iter().flatten().any(|(mode, _)| mode == b"160000") {
        return "submodule";
    }
    match entries {
        [_, Some((ours, a)), Some((theirs, b))] if a == b && ours != theirs => "mode",
        [None, Some(_), Some(_)] => "add-add",
        [Some(_), None, Some(_)] | [Some(_), Some(_), None] => "modify-delete",
        _ => "content",
    }
}

/// Takes away the `~SIDE` or `~SIDE_N` that git appends to a path that another kind of thing keeps from its place.
fn without_side(path: &[u8], sides: (CommitId, CommitId)) -> &[u8] {
    let Some(tilde) = path.iter().rposition(|byte| *byte == b'~') else { return path };
    let Ok(label) = std::str::from_utf8(&path[tilde + 1..]) else { return path };
    let id = label.split_once('_').map_or(label, |(id, _)| id);
    let ours = [sides.0, sides.1].iter().any(|side| id == side.to_string());
    if ours { &path[..tilde] } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "c5b095c3dacf9becacce6041b6c8adb85fa11f3d";

    fn sides() -> (CommitId, CommitId) {
        (CommitId::from_bytes([1; 20]), CommitId::from_bytes([2; 20]))
    }

    fn read(text: &str, clean: bool) -> Result<Merged, Odd> {
        record(&mut Fields::new(text.replace('|', "\0").as_bytes()), clean, sides())
    }

    #[test]
    fn clean_with_information() {
        let merged = read(&format!("{TREE}||1|f|Auto-merging|Auto-merging f\n|"), true).unwrap();
        assert_eq!(merged, Merged::Clean(TREE.parse().unwrap()));
    }

    #[test]
    fn a_conflict_without_an_entry_keeps_its_path() {
        let text = format!("{TREE}||2|d|e|CONFLICT(directory rename unclear split)|text|");
        let Merged::Conflicts(conflicts) = read(&text, false).unwrap() else { panic!() };
        assert_eq!(conflicts, [Conflict { path: "d".into(), kind: "directory-rename".into() }]);
    }

    #[test]
    fn an_entry_without_a_message_is_told_by_its_stages() {
        let text = format!("{TREE}|100644 a 2\tx|100644 b 3\tx|100644 a 1\ty|100644 b 3\ty||");
        let Merged::Conflicts(conflicts) = read(&text, false).unwrap() else { panic!() };
        let kinds: Vec<&str> = conflicts.iter().map(|conflict| conflict.kind.as_str()).collect();
        assert_eq!(kinds, ["add-add", "modify-delete"]);
    }

    #[test]
    fn names_that_git_made_up_are_those_of_the_file() {
        let (ours, theirs) = sides();
        for name in [format!("a~b~{ours}"), format!("a~b~{theirs}_0")] {
            assert_eq!(without_side(name.as_bytes(), sides()), b"a~b");
        }
        assert_eq!(without_side(b"a~b", sides()), b"a~b");
    }

    #[test]
    fn a_path_that_git_settled_is_none() {
        let text = format!(
            "{TREE}|100644 a 1\tx|100644 a 2\tx||2|d~y|d|CONFLICT (file/directory)|text|1|x|CONFLICT (rename/delete)|text|"
        );
        let Merged::Conflicts(conflicts) = read(&text, false).unwrap() else { panic!() };
        assert_eq!(conflicts, [Conflict { path: "x".into(), kind: "rename-delete".into() }]);
    }

    #[test]
    fn torn_output_is_an_error() {
        for text in ["", "x||", &format!("{TREE}|entry||"), &format!("{TREE}||2|a|"), &format!("{TREE}||x|")]
        {
            assert!(read(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_types_become_kebab() {
        assert_eq!(kind("rename involved in collision", None), "rename-involved-in-collision");
        assert_eq!(conflict_word("Auto-merging"), None);
    }
}
