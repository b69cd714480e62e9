//! What was read of a task's change, and what was said of it.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::diff::{FileDiff, Sides, TaskDiff};
use super::name::TaskName;
use super::oid::CommitId;
use super::path::RepoPath;

/// The marks and notes of one task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Review {
    /// The format of the file; 1.
    pub format: u32,
    /// The files that were viewed, each with the content that was seen.
    pub viewed: Vec<Viewed>,
    /// Notes for the agent that were not sent.
    pub notes: Vec<Note>,
    /// The tip at which the task was accepted.
    pub accepted: Option<CommitId>,
}

/// A file that was viewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewed {
    /// Its path.
    pub path: RepoPath,
    /// What was seen of it.
    pub content: Sides,
}

/// A note for the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The file that it is about.
    pub path: RepoPath,
    /// What was said.
    pub text: String,
}

impl Review {
    /// Tells whether a file was viewed as it is now.
    pub fn has_viewed(&self, file: &FileDiff) -> bool {
        file.content.is_some_and(|now| {
            self.viewed.iter().any(|viewed| viewed.path == file.path && viewed.content == now)
        })
    }

    /// Marks a file as viewed, or takes the mark away. One that is not looked into cannot be marked: false.
    pub fn mark(&mut self, file: &FileDiff, viewed: bool) -> bool {
        self.viewed.retain(|viewed| viewed.path != file.path);
        let Some(content) = file.content else { return false };
        if viewed {
            self.viewed.push(Viewed { path: file.path.clone(), content });
        }
        true
    }

    /// Counts the files of a change that were viewed as they are now.
    pub fn count(&self, files: &[FileDiff]) -> usize {
        files.iter().filter(|file| self.has_viewed(file)).count()
    }

    /// Puts the notes together as a prompt.
    pub fn prompt(&self) -> String {
        let line = |note: &Note| format!("{}: {}", note.path, note.text);
        self.notes.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Gives the next file after `at`, around the end, that is wanted; none if no file is.
pub fn next(count: usize, at: usize, wanted: impl Fn(usize) -> bool) -> Option<usize> {
    (1..=count).map(|step| (at + step) % count).find(|index| wanted(*index))
}

/// Tells by its name whether a file is one that a package manager writes.
pub fn is_lock_file(path: &RepoPath) -> bool {
    const NAMES: [&str; 20] = [
        "Cargo.lock",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "deno.lock",
        "composer.lock",
        "Gemfile.lock",
        "poetry.lock",
        "Pipfile.lock",
        "uv.lock",
        "pdm.lock",
        "go.sum",
        "mix.lock",
        "pubspec.lock",
        "Podfile.lock",
        "flake.lock",
        "Package.resolved",
    ];
    let name = path.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    NAMES.iter().any(|known| known.as_bytes() == name)
}

/// Which tasks change which paths.
#[derive(Debug, Default)]
pub struct Overlap<'a>(HashMap<&'a RepoPath, Vec<&'a TaskName>>);

impl<'a> Overlap<'a> {
    /// Takes the changes of tasks; a rename changes both of its paths.
    pub fn of(diffs: &'a [TaskDiff]) -> Self {
        let mut tasks: HashMap<&RepoPath, Vec<&TaskName>> = HashMap::new();
        for diff in diffs {
            for path in diff.files.iter().flat_map(|file| std::iter::once(&file.path).chain(&file.old_path)) {
                tasks.entry(path).or_default().push(&diff.task);
            }
        }
        Self(tasks)
    }

    /// Gives the other tasks that change a file too, under its path before or afterwards, by name.
    pub fn others(&self, task: &TaskName, file: &FileDiff) -> Vec<&'a TaskName> {
        let paths = std::iter::once(&file.path).chain(&file.old_path);
        let found = paths.filter_map(|path| self.0.get(path)).flatten().copied();
        found.filter(|other| *other != task).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::diff::Change;
    use super::super::oid::BlobId;
    use super::*;

    fn file(path: &str, old: u8, new: u8) -> FileDiff {
        let side = |byte| Some((0o100_644, BlobId::from_bytes([byte; 20])));
        FileDiff {
            path: path.into(),
            old_path: None,
            change: Change::Modified,
            insertions: 1,
            deletions: 1,
            binary: false,
            untracked: false,
            content: Some(Sides { old: side(old), new: side(new) }),
            text: 0..0,
        }
    }

    #[test]
    fn a_mark_is_of_both_sides() {
        let mut review = Review::default();
        assert!(review.mark(&file("a", 1, 2), true) && review.mark(&file("b", 1, 2), true));
        assert!(review.has_viewed(&file("a", 1, 2)) && review.has_viewed(&file("b", 1, 2)));
        assert!(!review.has_viewed(&file("a", 1, 3)) && !review.has_viewed(&file("a", 3, 2)));
        let mut mode = file("a", 1, 2);
        mode.content =
            mode.content.map(|sides| Sides { new: sides.new.map(|(_, id)| (0o100_755, id)), ..sides });
        assert!(!review.has_viewed(&mode));
        assert_eq!(review.count(&[file("a", 1, 2), file("b", 2, 2)]), 1);
        review.mark(&file("a", 1, 2), false);
        assert!(!review.has_viewed(&file("a", 1, 2)));
        assert!(!review.mark(&FileDiff { content: None, ..file("c", 1, 1) }, true));
    }

    #[test]
    fn the_next_one_goes_around() {
        assert_eq!(next(3, 0, |index| index == 2), Some(2));
        assert_eq!(next(3, 2, |index| index < 2), Some(0));
        assert_eq!(next(3, 1, |index| index == 1), Some(1));
        assert_eq!(next(3, 1, |_| false), None);
        assert_eq!(next(0, 0, |_| true), None);
    }

    #[test]
    fn a_rename_overlaps_with_both_of_its_paths() {
        let diff = |task: &str, files| TaskDiff {
            task: task.parse().unwrap(),
            base: None,
            merge_base: CommitId::from_bytes([1; 20]),
            files,
            patch: Vec::new(),
        };
        let renamed = FileDiff { old_path: Some("a".into()), ..file("b", 1, 1) };
        let diffs = [
            diff("z", vec![file("a", 1, 2)]),
            diff("one", vec![renamed.clone()]),
            diff("two", vec![file("b", 1, 3), file("c", 1, 2)]),
        ];
        let overlap = Overlap::of(&diffs);
        let names = |task: usize, file: &FileDiff| -> Vec<&str> {
            overlap.others(&diffs[task].task, file).into_iter().map(TaskName::as_str).collect()
        };
        assert_eq!(names(1, &renamed), ["two", "z"]);
        assert_eq!(names(0, &diffs[0].files[0]), ["one"]);
        assert_eq!(names(2, &diffs[2].files[1]), [""; 0]);
    }

    #[test]
    fn lock_files() {
        assert!(is_lock_file(&"Cargo.lock".into()) && is_lock_file(&"web/yarn.lock".into()));
        assert!(!is_lock_file(&"src/Cargo.lock.rs".into()) && !is_lock_file(&"myyarn.lock".into()));
    }
}
