//! States that passed a gate: a cache by tree, gate and environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Layout, Store, StoreError, file};

/// How many are remembered; beyond, the oldest go.
const ENTRIES: usize = 5_000;

impl Layout {
    fn gates(&self) -> PathBuf {
        self.root.join("cache/gates.json")
    }

    /// Where the output of a gate goes that is tested for a task.
    pub fn gate_log(&self, name: &str) -> PathBuf {
        self.root.join("cache/gates").join(format!("{name}.log"))
    }
}

impl Store {
    /// Gives the keys of the states that passed, each with when; none where the file cannot be read.
    pub fn passed_gates(&self) -> BTreeMap<String, jiff::Timestamp> {
        file::read_json(&self.layout.gates()).ok().flatten().unwrap_or_default()
    }

    /// Adds keys of states that passed. Two at once keep what one of them adds.
    pub fn keep_passed_gates(&self, keys: &[String], now: jiff::Timestamp) -> Result<(), StoreError> {
        let mut all = self.passed_gates();
        all.extend(keys.iter().map(|key| (key.clone(), now)));
        if all.len() > ENTRIES {
            let mut times: Vec<jiff::Timestamp> = all.values().copied().collect();
            times.sort_unstable();
            let oldest = times[times.len() - ENTRIES];
            all.retain(|_, time| *time >= oldest);
        }
        let path = self.layout.gates();
        if let Some(dir) = path.parent() {
            file::create_dir(dir)?;
        }
        file::write_json(&path, &all)
    }

    /// Makes the directory of the gates' output.
    pub fn ensure_gate_logs(&self) -> Result<(), StoreError> {
        file::create_dir(&self.layout.root.join("cache/gates"))
    }
}
