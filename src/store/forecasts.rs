//! What forecasts have found out, and what the repository needs: caches, so that whatever cannot be read is as good as nothing.

use std::path::PathBuf;

use super::{Layout, Store, StoreError, file};
use crate::domain::forecast::Known;
use crate::domain::preflight::Remembered;

/// How many merges are remembered; then only those of the last forecast are.
const MERGES: usize = 20_000;
/// The same of snapshots.
const SNAPSHOTS: usize = 2_000;

impl Layout {
    fn forecasts(&self) -> PathBuf {
        self.root.join("cache/forecast.json")
    }
}

impl Layout {
    fn preflight(&self) -> PathBuf {
        self.passing.join("preflight.json")
    }
}

impl Store {
    /// Gives what the repository was found to need.
    pub fn preflight(&self) -> Option<Remembered> {
        file::read_json(&self.layout.preflight()).ok().flatten()
    }

    /// Keeps it, where there is a place for what we keep.
    pub fn keep_preflight(&self, remembered: &Remembered) -> Result<(), StoreError> {
        if !self.layout.root.exists() {
            return Ok(());
        }
        file::create_dir(&self.layout.passing)?;
        file::write_json(&self.layout.preflight(), remembered)
    }

    /// Gives what is known.
    pub fn forecasts(&self) -> Known {
        file::read_json(&self.layout.forecasts()).ok().flatten().unwrap_or_default()
    }

    /// Keeps it. Two at once keep what one of them knows.
    pub fn keep_forecasts(&self, before: &Known, mut now: Known) -> Result<(), StoreError> {
        if *before == now {
            return Ok(());
        }
        if now.merges.len() > MERGES {
            now.merges.retain(|key, _| !before.merges.contains_key(key));
            now.nothing.retain(|key| now.merges.contains_key(key));
        }
        if now.pairs.len() > MERGES {
            now.pairs.retain(|key, _| !before.pairs.contains_key(key));
        }
        if now.snapshots.len() > SNAPSHOTS {
            now.snapshots.retain(|key, _| !before.snapshots.contains_key(key));
        }
        let path = self.layout.forecasts();
        if let Some(dir) = path.parent() {
            file::create_dir(dir)?;
        }
        file::write_json(&path, &now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_file_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(&dir.path().join(".git"), &dir.path().join("w")));
        let mut known = store.forecasts();
        assert_eq!(known, Known::default());
        known.merges.insert("a".into(), Vec::new());
        store.keep_forecasts(&Known::default(), known.clone()).unwrap();
        assert_eq!(store.forecasts(), known);
        std::fs::write(store.layout().forecasts(), "{\"merges\":{\"a").unwrap();
        assert_eq!(store.forecasts(), Known::default());
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(&dir.path().join(".git"), &dir.path().join("w")));
        let mut before = Known::default();
        (0..MERGES).for_each(|i| drop(before.merges.insert(i.to_string(), Vec::new())));
        let mut now = before.clone();
        now.merges.insert("new".into(), Vec::new());
        store.keep_forecasts(&before, now).unwrap();
        assert_eq!(store.forecasts().merges.len(), 1);
    }
}
