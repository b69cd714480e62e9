//! What the user approved of the commands that repositories bring along. It lies outside of every repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{StoreError, file, lock};
use crate::domain::approval::RepositoryCommand;
use crate::domain::name::hex;
use crate::domain::path::path_bytes;

/// The format of the file. A newer one is not read: what cannot be understood approves nothing.
const FORMAT: u32 = 1;
/// How long another command may hold the file.
const LIMIT: Duration = Duration::from_secs(5);

/// The approvals of one repository.
#[derive(Debug, Clone)]
pub struct Approvals {
    file: PathBuf,
    common_dir: PathBuf,
}

#[derive(Default, Serialize, Deserialize)]
struct Record {
    format: u32,
    /// For people who look at the file.
    repository: String,
    /// Digest → the command, as it was shown.
    approved: BTreeMap<String, String>,
}

impl Approvals {
    /// Takes the directory of our state outside of repositories and the repository's common dir, both absolute.
    pub fn new(state: &Path, common_dir: &Path) -> Self {
        let name = hex(&Sha256::digest(path_bytes(common_dir)));
        Self {
            file: state.join("approvals").join(format!("{}.json", &name[..32])),
            common_dir: common_dir.to_owned(),
        }
    }

    fn read(&self) -> Result<Record, StoreError> {
        let record = file::read_json::<Record>(&self.file)?.unwrap_or_default();
        if record.format > FORMAT {
            return Err(StoreError::Newer { path: self.file.clone(), found: record.format });
        }
        Ok(record)
    }

    /// Gives those of some commands that are not approved.
    pub fn missing(&self, commands: &[RepositoryCommand]) -> Result<Vec<RepositoryCommand>, StoreError> {
        let record = self.read()?;
        let missing = |command: &&RepositoryCommand| !record.approved.contains_key(&command.digest());
        Ok(commands.iter().filter(missing).cloned().collect())
    }

    /// Approves commands.
    pub fn add(&self, commands: &[RepositoryCommand]) -> Result<(), StoreError> {
        self.change(|approved| {
            let shown = |command: &RepositoryCommand| format!("{} = {}", command.key, command.value);
            approved.extend(commands.iter().map(|command| (command.digest(), shown(command))));
        })
    }

    /// Takes every approval of the repository back; gives how many there were.
    pub fn clear(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        self.change(|approved| {
            count = approved.len();
            approved.clear();
        })?;
        Ok(count)
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<(), StoreError> {
        if let Some(dir) = self.file.parent() {
            file::create_dir(dir)?;
        }
        let _held = lock::acquire(&self.file.with_extension("lock"), LIMIT)?;
        let mut record = self.read()?;
        change(&mut record.approved);
        record.format = FORMAT;
        record.repository = self.common_dir.to_string_lossy().into_owned();
        file::write_json(&self.file, &record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_is_of_one_content_in_one_repository() {
        let dir = tempfile::tempdir().unwrap();
        let of = |repository: &str| Approvals::new(dir.path(), Path::new(repository));
        let command = |value: &str| RepositoryCommand { key: "setup".into(), value: value.into() };
        let (make, other) = (command("\"make\""), command("\"make; rm x\""));
        let both = [make.clone(), other.clone()];
        assert_eq!(of("/a/.git").missing(&both).unwrap(), both);
        of("/a/.git").add(std::slice::from_ref(&make)).unwrap();
        assert_eq!(of("/a/.git").missing(&both).unwrap(), [other]);
        assert_eq!(of("/b/.git").missing(&both).unwrap(), both);
        assert_eq!(of("/a/.git").clear().unwrap(), 1);
        assert_eq!(of("/a/.git").missing(&both).unwrap(), both);
    }

    #[test]
    fn what_cannot_be_understood_approves_nothing_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let approvals = Approvals::new(dir.path(), Path::new("/a/.git"));
        approvals.add(&[]).unwrap();
        let text = "{\"format\":2,\"repository\":\"\",\"approved\":{}}";
        std::fs::write(&approvals.file, text).unwrap();
        assert!(matches!(approvals.missing(&[]), Err(StoreError::Newer { found: 2, .. })));
        assert!(approvals.add(&[]).is_err());
        assert_eq!(std::fs::read_to_string(&approvals.file).unwrap(), text);
        std::fs::write(&approvals.file, "{").unwrap();
        assert!(matches!(approvals.missing(&[]), Err(StoreError::Damaged { .. })));
    }
}
