//! The operation journal: a file per operation, whose lines are only ever appended.
//!
//! A line is eight hexadecimal digits of the SHA-256 of the rest, a space, and a JSON record: `begin` with all actions,
//! `applied` for each that stands, and `end`. While the operation runs its file stands in `operations/open/` and its
//! process holds a lock on it; at its end it is moved to `operations/`. Only `begin` is flushed to the disk: recovery
//! looks at the world, not at `applied`.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Store, StoreError, VERSION, file};
use crate::domain::clock::{Clock, operation_id};
use crate::domain::name::{OperationId, hex};
use crate::domain::operation::{End, JournalEntry, OperationRecord};

/// One line of an operation's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// What the operation sets out to do.
    Begin {
        /// The format of the file.
        format: u32,
        /// The operation.
        operation: Box<OperationRecord>,
    },
    /// The action of this index stands.
    Applied(usize),
    /// How it ended.
    End(End),
}

/// An operation that has begun and not ended.
#[derive(Debug)]
pub struct OpenOperation {
    /// What it set out to do.
    pub record: OperationRecord,
    /// Indexes of actions that are known to stand.
    pub applied: Vec<usize>,
    file: File,
    path: PathBuf,
    done: PathBuf,
}

impl OpenOperation {
    /// Notes that an action stands.
    pub fn applied(&mut self, index: usize) -> Result<(), StoreError> {
        self.applied.push(index);
        self.append(&Line::Applied(index))
    }

    /// Notes the end and closes the file.
    pub fn end(mut self, end: End) -> Result<OperationRecord, StoreError> {
        self.append(&Line::End(end))?;
        std::fs::rename(&self.path, &self.done).map_err(StoreError::io("close", &self.path))?;
        Ok(self.record)
    }

    fn append(&mut self, line: &Line) -> Result<(), StoreError> {
        self.file.write_all(&encode(line)).map_err(StoreError::io("append to", &self.path))
    }
}

impl Store {
    /// Claims an id for an operation by creating its file exclusively. The file is empty and locked until
    /// [`Self::begin`]; dropped before that it is removed by the next recovery.
    pub fn claim_operation(&self, clock: &dyn Clock) -> Result<Claim, StoreError> {
        loop {
            let id = operation_id(clock);
            let path = self.layout.open_operations().join(format!("{id}.jsonl"));
            let mut options = OpenOptions::new();
            options.append(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&path) {
                Ok(file) => {
                    file.lock().map_err(StoreError::io("lock", &path))?;
                    return Ok(Claim { id, file: Some(file), path });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::io("create", &path)(error)),
            }
        }
    }

    /// Writes the begin record and flushes it to the disk, before anything of the operation is done.
    pub fn begin(&self, mut claim: Claim, record: OperationRecord) -> Result<OpenOperation, StoreError> {
        let path = claim.path.clone();
        let done = self.layout.operations().join(format!("{}.jsonl", claim.id));
        let mut file = claim
            .file
            .take()
            .ok_or_else(|| StoreError::Damaged { path: path.clone(), what: "it is closed".into() })?;
        let line = encode(&Line::Begin { format: VERSION, operation: Box::new(record.clone()) });
        let failed = || StoreError::io("write", &path);
        file.write_all(&line).and_then(|()| file.sync_all()).map_err(failed())?;
        sync_dir(&self.layout.open_operations())?;
        Ok(OpenOperation { record, applied: Vec::new(), file, path, done })
    }

    /// Gives the operations that began and did not end and whose process is gone, oldest first, each locked for us.
    pub fn abandoned(&self) -> Result<Vec<OpenOperation>, StoreError> {
        let dir = self.layout.open_operations();
        let mut found = Vec::new();
        for name in file::names(&dir)? {
            let path = dir.join(&name);
            let file = match OpenOptions::new().read(true).append(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(StoreError::io("open", &path)(error)),
            };
            if file.try_lock().is_err() {
                continue;
            }
            // Its process may have ended it between the listing and the lock.
            let Some(bytes) = file::read(&path)? else { continue };
            let done = self.layout.operations().join(&name);
            let Some((record, applied, end)) = decode(&bytes) else {
                // Killed before the begin record was whole: nothing of it was done.
                std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
                continue;
            };
            if end == End::Open {
                found.push(OpenOperation { record, applied, file, path, done });
            } else {
                std::fs::rename(&path, &done).map_err(StoreError::io("close", &path))?;
            }
        }
        Ok(found)
    }

    /// Tells whether an operation was left open by a process that is gone: one listing of a directory that is
    /// nearly always empty.
    pub fn is_recovery_due(&self) -> bool {
        let dir = self.layout.open_operations();
        file::names(&dir).is_ok_and(|names| names.iter().any(|name| !super::lock::is_held(&dir.join(name))))
    }

    /// Reads the journal: ended operations and open ones, in the order of their ids. Files that cannot be read are
    /// told apart.
    pub fn journal(&self) -> Result<(Vec<JournalEntry>, Vec<String>), StoreError> {
        let (mut entries, mut problems) = (Vec::new(), Vec::new());
        for dir in [self.layout.operations(), self.layout.open_operations()] {
            for name in file::names(&dir)?.into_iter().filter(|name| name.ends_with(".jsonl")) {
                let path = dir.join(&name);
                let Some(bytes) = file::read(&path)? else { continue };
                match decode(&bytes) {
                    Some((record, _, end)) => entries.push(JournalEntry { record, end }),
                    None if dir.ends_with("open") => {}
                    None => problems.push(format!("{} is damaged", crate::domain::path::show(&path))),
                }
            }
        }
        Ok((entries, problems))
    }
}

/// A claimed operation id.
#[derive(Debug)]
pub struct Claim {
    /// The id.
    pub id: OperationId,
    file: Option<File>,
    path: PathBuf,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.file.is_some() {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

fn encode(line: &Line) -> Vec<u8> {
    let json = serde_json::to_string(line).unwrap_or_default();
    format!("{} {json}\n", checksum(json.as_bytes())).into_bytes()
}

fn checksum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..4])
}

/// Reads an operation's file up to the first line that is torn; nothing if even `begin` is.
fn decode(bytes: &[u8]) -> Option<(OperationRecord, Vec<usize>, End)> {
    let mut lines = bytes.split_inclusive(|b| *b == b'\n').map_while(|line| {
        let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
        let (sum, json) = text.split_once(' ')?;
        (sum == checksum(json.as_bytes())).then(|| serde_json::from_str::<Line>(json).ok())?
    });
    let Line::Begin { operation, .. } = lines.next()? else { return None };
    let (mut applied, mut end) = (Vec::new(), End::Open);
    for line in lines {
        match line {
            Line::Applied(index) => applied.push(index),
            Line::End(how) => end = how,
            Line::Begin { .. } => break,
        }
    }
    Some((*operation, applied, end))
}

/// Flushes a directory's entries to the disk.
fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(dir).and_then(|file| file.sync_all()).map_err(StoreError::io("flush", dir))?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::*;
    use crate::domain::clock::tests::TestClock;
    use crate::domain::operation::History;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(dir.path(), &dir.path().join("w")));
        store.ensure().unwrap();
        (dir, store)
    }

    fn begin(store: &Store, clock: &TestClock) -> OpenOperation {
        let claim = store.claim_operation(clock).unwrap();
        let record = OperationRecord {
            id: claim.id.clone(),
            time: clock.now(),
            command: "start".into(),
            tasks: vec!["api".parse().unwrap()],
            summary: "started api".into(),
            group: None,
            undoes: Vec::new(),
            redoes: Vec::new(),
            landings: Vec::new(),
            fingerprints: std::collections::BTreeMap::new(),
            actions: Vec::new(),
        };
        store.begin(claim, record).unwrap()
    }

    #[test]
    fn an_operation_is_open_until_it_ends() {
        let (_dir, store) = store();
        let clock = TestClock::default();
        let operation = begin(&store, &clock);
        assert!(!store.is_recovery_due());
        assert!(store.abandoned().unwrap().is_empty(), "its lock is held");
        let record = operation.end(End::Committed).unwrap();
        let (entries, problems) = store.journal().unwrap();
        assert_eq!(History::new(entries).operations(), [record]);
        assert!(problems.is_empty());
    }

    #[test]
    fn an_abandoned_one_is_found_with_what_it_did() {
        let (_dir, store) = store();
        let clock = TestClock::default();
        let mut operation = begin(&store, &clock);
        operation.applied(0).unwrap();
        drop(operation);
        assert!(store.is_recovery_due());
        let found = store.abandoned().unwrap();
        assert_eq!((found.len(), found[0].applied.clone()), (1, vec![0]));
    }

    #[test]
    fn a_claim_that_never_began_leaves_nothing() {
        let (_dir, store) = store();
        drop(store.claim_operation(&TestClock::default()).unwrap());
        assert!(!store.is_recovery_due());
    }

    /// Truncated at every byte, and with every byte changed, a file gives a prefix of its truth or nothing.
    #[test]
    fn torn_and_flipped_files_never_lie() {
        let (_dir, store) = store();
        let clock = TestClock::default();
        let mut operation = begin(&store, &clock);
        operation.applied(0).unwrap();
        let path = store.layout().operations().join(format!("{}.jsonl", operation.record.id));
        let record = operation.end(End::Committed).unwrap();
        let bytes = std::fs::read(path).unwrap();
        let check = |bytes: &[u8]| {
            if let Some((read, applied, end)) = decode(bytes) {
                assert_eq!(read, record);
                assert!(applied.len() <= 1 && (end == End::Open || end == End::Committed));
            }
        };
        assert_eq!(decode(&bytes).unwrap().2, End::Committed);
        for n in 0..bytes.len() {
            check(&bytes[..n]);
            let mut flipped = bytes.clone();
            flipped[n] ^= 1;
            check(&flipped);
        }
    }
}
