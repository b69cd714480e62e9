//! Task records, one file each.

use super::{Store, StoreError, file};
use crate::domain::name::TaskId;
use crate::domain::task::{TASK_FORMAT, TaskRecord};

/// No writing of a file takes as long.
const LEFT_OVER: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// All records that can be read, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Tasks {
    /// By time of creation, then by name.
    pub records: Vec<TaskRecord>,
    /// A sentence for each file that could not be read.
    pub problems: Vec<String>,
    /// Tasks whose record is of a newer format: there is one, and it is not ours to replace.
    pub newer: Vec<TaskId>,
}

impl Store {
    /// Reads all task records. A file that cannot be read does not hide the others.
    pub fn tasks(&self) -> Result<Tasks, StoreError> {
        let mut tasks = Tasks::default();
        for name in file::names(&self.layout.tasks())? {
            let Some(id) = name.strip_suffix(".json").and_then(|id| id.parse::<TaskId>().ok()) else {
                continue;
            };
            match self.task(&id) {
                Ok(Some(record)) => tasks.records.push(record),
                Ok(None) => {}
                Err(error) => {
                    if matches!(error, StoreError::Newer { .. }) {
                        tasks.newer.push(id);
                    }
                    tasks.problems.push(error.to_string());
                }
            }
        }
        tasks.records.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        Ok(tasks)
    }

    /// Reads one record; nothing if there is none.
    pub fn task(&self, id: &TaskId) -> Result<Option<TaskRecord>, StoreError> {
        let path = self.layout.tasks().join(format!("{id}.json"));
        let record: Option<TaskRecord> = file::read_json(&path)?;
        match record {
            Some(record) if record.format > TASK_FORMAT => {
                Err(StoreError::Newer { path, found: record.format })
            }
            record => Ok(record),
        }
    }

    /// Replaces a record, or removes it.
    pub fn write_task(&self, id: &TaskId, record: Option<&TaskRecord>) -> Result<(), StoreError> {
        let path = self.layout.tasks().join(format!("{id}.json"));
        if let Some(record) = record {
            return file::write_json(&path, record);
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }
}

impl Store {
    /// Removes temporary files that killed processes left among the records, an hour old or more.
    pub fn sweep_temporaries(&self, now: jiff::Timestamp) -> Result<(), StoreError> {
        let dir = self.layout.tasks();
        for name in file::names(&dir)?.into_iter().filter(|name| name.starts_with(file::TEMPORARY)) {
            let path = dir.join(name);
            let modified = std::fs::metadata(&path).and_then(|kind| kind.modified()).ok();
            let modified = modified.and_then(|then| jiff::Timestamp::try_from(then).ok());
            if modified.is_some_and(|then| now.duration_since(then) >= LEFT_OVER) {
                std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::*;
    use crate::domain::task::tests::record;

    #[test]
    fn one_damaged_record_hides_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(dir.path(), &dir.path().join("w")));
        assert!(store.tasks().unwrap().records.is_empty());
        store.ensure().unwrap();
        for name in ["b", "a"] {
            let record = record(name);
            store.write_task(&record.id, Some(&record)).unwrap();
        }
        std::fs::write(dir.path().join("windrow/tasks/c.json"), "{").unwrap();
        let tasks = store.tasks().unwrap();
        assert_eq!(tasks.records.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(tasks.problems.len(), 1);
        store.write_task(&record("a").id, None).unwrap();
        store.write_task(&record("a").id, None).unwrap();
        assert_eq!(store.task(&record("a").id).unwrap(), None);
    }

    #[test]
    fn temporaries_of_the_dead_go_in_time() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(dir.path(), &dir.path().join("w")));
        store.ensure().unwrap();
        let left = dir.path().join("windrow/tasks/.new-x");
        std::fs::write(&left, "").unwrap();
        let made = jiff::Timestamp::try_from(left.metadata().unwrap().modified().unwrap()).unwrap();
        store.sweep_temporaries(made).unwrap();
        assert!(left.exists());
        store.sweep_temporaries(made + LEFT_OVER).unwrap();
        assert!(!left.exists());
    }
}
