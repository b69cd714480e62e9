//! The operation journal: a file per operation, whose lines are only ever appended.
//!
//! A line is eight hexadecimal digits of the SHA-256 of the rest, a space, and a JSON record: `begin` with all actions,
//! `applied` for each that stands, and `end`. While the operation runs its file stands in `operations/open/` and its
//! process holds a lock on it; at its end it is moved to `operations/`. Only `begin` is flushed to the disk: recovery
//! looks at the world, not at `applied`.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Store, StoreError, VERSION, file, lock};
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
                    if let Err(useless) = lock::prove(&path) {
                        drop(std::fs::remove_file(&path));
                        return Err(useless);
                    }
                    // Whoever recovers may have come between the two and taken it for an abandoned one.
                    if file::is_at(&file, &path) {
                        return Ok(Claim { id, file: Some(file), path });
                    }
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
        for (name, file) in free(&dir)? {
            let path = dir.join(&name);
            // Its process may have ended it between the listing and the lock.
            let Some(bytes) = file::read(&path)? else { continue };
            let done = self.layout.operations().join(&name);
            match decode(&bytes) {
                Decoded::Whole { record, applied, end: End::Open } => {
                    let record = *record;
                    found.push(OpenOperation { record, applied, file, path, done });
                }
                // What it did is not known any more; closed, it is told whenever the journal is read.
                Decoded::Whole { .. } | Decoded::Damaged => {
                    std::fs::rename(&path, &done).map_err(StoreError::io("close", &path))?;
                }
                // Killed before the begin record was whole: nothing of it was done.
                Decoded::NotBegun => {
                    std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
                }
                Decoded::Newer(found) => return Err(StoreError::Newer { path, found }),
            }
        }
        Ok(found)
    }

    /// Tells whether any operation is open, be its process alive or not: one listing of a directory that is nearly
    /// always empty.
    pub fn has_open_operations(&self) -> bool {
        file::names(&self.layout.open_operations()).is_ok_and(|names| !names.is_empty())
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
        let (mut entries, mut problems) = (BTreeMap::new(), Vec::new());
        // Open ones first: one that ends meanwhile is met twice and not missed.
        for (dir, ended) in [(self.layout.open_operations(), false), (self.layout.operations(), true)] {
            for name in file::names(&dir)?.into_iter().filter(|name| name.ends_with(".jsonl")) {
                let path = dir.join(&name);
                let bytes = match file::read(&path) {
                    Ok(Some(bytes)) => bytes,
                    Ok(None) => continue,
                    Err(damaged @ StoreError::Damaged { .. }) => {
                        problems.push(damaged.to_string());
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                let told = crate::domain::path::show(&path);
                match decode(&bytes) {
                    Decoded::Whole { record, end, .. } => {
                        if ended && end == End::Open {
                            problems.push(format!("{told} is damaged: it has no end; it counts as not done"));
                        }
                        let record = *record;
                        entries.insert(record.id.clone(), JournalEntry { record, end });
                    }
                    Decoded::NotBegun if !ended => {}
                    Decoded::NotBegun | Decoded::Damaged => problems.push(format!("{told} is damaged")),
                    Decoded::Newer(found) => {
                        problems.push(StoreError::Newer { path, found }.to_string());
                    }
                }
            }
        }
        Ok((entries.into_values().collect(), problems))
    }
}

/// Opens and locks the files of operations that no process holds.
fn free(dir: &Path) -> Result<Vec<(String, File)>, StoreError> {
    let (mut free, mut held) = (Vec::new(), Vec::new());
    for name in file::names(dir)? {
        let path = dir.join(&name);
        match OpenOptions::new().read(true).append(true).open(&path) {
            Ok(file) if file.try_lock().is_ok() => {
                lock::prove(&dir.join(&name))?;
                free.push((name, file));
            }
            Ok(file) => held.push((name, file)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io("open", &path)(error)),
        }
    }
    // Who only asks whether a file is locked holds it for a moment.
    for _ in 0..3 {
        if !held.is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let (got, still): (Vec<_>, Vec<_>) = held.into_iter().partition(|(_, file)| file.try_lock().is_ok());
        free.extend(got);
        held = still;
    }
    free.retain(|(name, file)| file::is_at(file, &dir.join(name)));
    free.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(free)
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

/// What an operation's file says.
#[derive(Debug)]
enum Decoded {
    /// All that it says up to the first line that is torn.
    Whole { record: Box<OperationRecord>, applied: Vec<usize>, end: End },
    /// Nothing yet: the first line is not whole, and nothing comes after it.
    NotBegun,
    /// The first line is not what was written.
    Damaged,
    /// A format that this program does not know.
    Newer(u32),
}

/// The begin record as any version writes it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AnyBegin {
    Begin { format: u32 },
}

fn decode(bytes: &[u8]) -> Decoded {
    let mut lines = bytes.split_inclusive(|b| *b == b'\n');
    let Some(first) = lines.next().filter(|first| first.ends_with(b"\n")) else { return Decoded::NotBegun };
    let Some(json) = checked(first) else { return Decoded::Damaged };
    let (record, mut applied) = match serde_json::from_str::<Line>(json) {
        Ok(Line::Begin { format: ..=VERSION, operation }) => (operation, Vec::new()),
        Ok(Line::Begin { format, .. }) => return Decoded::Newer(format),
        Ok(Line::Applied(_) | Line::End(_)) => return Decoded::Damaged,
        Err(_) => match serde_json::from_str::<AnyBegin>(json) {
            Ok(AnyBegin::Begin { format }) if format > VERSION => return Decoded::Newer(format),
            _ => return Decoded::Damaged,
        },
    };
    let mut end = End::Open;
    for line in lines.map_while(|line| serde_json::from_str::<Line>(checked(line)?).ok()) {
        match line {
            Line::Applied(index) => applied.push(index),
            Line::End(how) => end = how,
            Line::Begin { .. } => break,
        }
    }
    Decoded::Whole { record, applied, end }
}

/// Tells whether the bytes of an operation's file say what it does: for those who try what reading it stands.
pub fn reads(bytes: &[u8]) -> bool {
    matches!(decode(bytes), Decoded::Whole { .. })
}

/// Gives lines the checksums that they should have, so that what stands in them is read.
pub fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.flat_map(|json| [checksum(json).as_bytes(), b" ", json, b"\n"].concat()).collect()
}

/// Gives the JSON of a line that is whole.
fn checked(line: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, json) = text.split_once(' ')?;
    (sum == checksum(json.as_bytes())).then_some(json)
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
            if let Decoded::Whole { record: read, applied, end } = decode(bytes) {
                assert_eq!(*read, record);
                assert!(applied.len() <= 1 && (end == End::Open || end == End::Committed));
            }
        };
        assert!(matches!(decode(&bytes), Decoded::Whole { end: End::Committed, .. }));
        for n in 0..bytes.len() {
            check(&bytes[..n]);
            let mut flipped = bytes.clone();
            flipped[n] ^= 1;
            check(&flipped);
        }
    }

    fn append_line(store: &Store, id: &str, json: &str) -> PathBuf {
        let path = store.layout().open_operations().join(format!("{id}.jsonl"));
        std::fs::write(&path, format!("{} {json}\n", checksum(json.as_bytes()))).unwrap();
        path
    }

    #[test]
    fn what_a_newer_one_left_open_is_neither_recovered_nor_removed() {
        let (_dir, store) = store();
        let path = append_line(&store, "1", r#"{"begin":{"format":2,"operation":{"of":"the future"}}}"#);
        assert!(matches!(store.abandoned(), Err(StoreError::Newer { found: 2, .. })));
        assert!(path.exists());
        let (entries, problems) = store.journal().unwrap();
        assert!(entries.is_empty() && problems[0].contains("newer windrow"), "{problems:?}");
    }

    #[test]
    fn what_is_damaged_is_closed_and_told() {
        let (_dir, store) = store();
        let clock = TestClock::default();
        append_line(&store, "1", r#"{"begin":{"format":1,"operation":{}}}"#);
        let path = store.layout().open_operations().join("2.jsonl");
        std::fs::write(&path, "0 torn in the middle\n").unwrap();
        let begun_only = begin(&store, &clock).record.id;
        let open = store.layout().open_operations().join(format!("{begun_only}.jsonl"));
        std::fs::rename(open, store.layout().operations().join(format!("{begun_only}.jsonl"))).unwrap();
        assert!(store.abandoned().unwrap().is_empty());
        assert!(!store.has_open_operations());
        let (entries, problems) = store.journal().unwrap();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(History::new(entries).operations().is_empty());
    }

    /// One that claims an id is not taken for one that was abandoned, whoever looks at the same time.
    #[test]
    fn claims_beside_recovery() {
        let (_dir, store) = store();
        let done = std::sync::atomic::AtomicBool::new(false);
        let relaxed = std::sync::atomic::Ordering::Relaxed;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(relaxed) {
                    assert!(store.abandoned().unwrap().is_empty());
                    store.is_recovery_due();
                }
            });
            let clock = TestClock::default();
            for _ in 0..200 {
                begin(&store, &clock).end(End::Committed).unwrap();
            }
            done.store(true, relaxed);
        });
        assert_eq!(store.journal().unwrap().0.len(), 200);
    }

    proptest::proptest! {
        /// Whatever stands in a file, reading it ends.
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>, text in "(\\{|\\}|\"(begin|applied|end|operation|format|actions)\"|:|,|\\[|\\]|[0-9]|\n)*") {
            reads(&bytes);
            reads(&with_checksums(&bytes));
            reads(&with_checksums(text.as_bytes()));
        }
    }
}
