//! Review marks and notes, a file a task, replaced whole with each change.

use std::path::PathBuf;
use std::time::Duration;

use super::{Layout, Store, StoreError, file, lock};
use crate::domain::name::TaskId;
use crate::domain::review::Review;

/// The format that is written.
const FORMAT: u32 = 1;
/// How long another review of the same task may hold its file.
const LIMIT: Duration = Duration::from_secs(5);

impl Layout {
    fn review(&self, task: &TaskId) -> PathBuf {
        self.root.join("reviews").join(format!("{task}.json"))
    }
}

impl Store {
    /// Gives the marks and notes of a task; none if there are none. A file of a newer format is read as far as it is
    /// understood.
    pub fn review(&self, task: &TaskId) -> Result<Review, StoreError> {
        Ok(file::read_json(&self.layout.review(task))?.unwrap_or_default())
    }

    /// Changes them as they stand on disk, where another review may have changed them too; gives them as they are then. A
    /// file of a newer format is not written, and a damaged one is refused: notes are nobody's to throw away.
    pub fn change_review(
        &self,
        task: &TaskId,
        change: impl FnOnce(&mut Review),
    ) -> Result<Review, StoreError> {
        self.ensure()?;
        let path = self.layout.review(task);
        file::create_dir(&self.layout.root.join("reviews"))?;
        let _held = lock::acquire(&path.with_extension("lock"), LIMIT)?;
        let mut review = self.review(task)?;
        if review.format > FORMAT {
            return Err(StoreError::Newer { path, found: review.format });
        }
        review.format = FORMAT;
        change(&mut review);
        file::write_json(&path, &review)?;
        Ok(review)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::review::Note;

    #[test]
    fn changes_of_two_at_once_are_all_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(&dir.path().join(".git"), &dir.path().join("w")));
        let task = "api".parse::<crate::domain::name::TaskName>().unwrap().id();
        assert_eq!(store.review(&task).unwrap(), Review::default());
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (store, task) = (&store, &task);
                scope.spawn(move || {
                    for note in 0..10 {
                        let note = Note { path: "a".into(), text: format!("{writer} {note}") };
                        store.change_review(task, |review| review.notes.push(note)).unwrap();
                    }
                });
            }
        });
        assert_eq!(store.review(&task).unwrap().notes.len(), 40);
    }

    #[test]
    fn a_newer_format_is_read_and_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(&dir.path().join(".git"), &dir.path().join("w")));
        let task = "api".parse::<crate::domain::name::TaskName>().unwrap().id();
        store.change_review(&task, |_| ()).unwrap();
        let path = store.layout().review(&task);
        let newer = "{\"format\":2,\"notes\":[{\"path\":\"a\",\"text\":\"b\"}],\"more\":1}";
        std::fs::write(&path, newer).unwrap();
        assert_eq!(store.review(&task).unwrap().notes.len(), 1);
        assert!(matches!(store.change_review(&task, |_| ()), Err(StoreError::Newer { found: 2, .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
    }
}
