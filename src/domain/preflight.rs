//! What a repository was found to need, with everything that was looked at: as long as none of that changed, it still holds.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What was found, and from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The version of this program.
    pub by: String,
    /// The version of the git executable: major, minor.
    pub git: (u32, u32),
    /// A digest of the variables that say where git looks, and of the paths of the repository.
    pub environment: String,
    /// The files that were looked at, those that are absent too.
    pub files: Vec<(PathBuf, Option<Stamp>)>,
    /// Why files must go through the git executable.
    pub git_for_files: Option<String>,
    /// Whether commits are to be signed.
    pub sign: bool,
    /// Attributes that call a configured driver.
    pub drivers: Vec<String>,
    /// The directory of hooks.
    pub hooks: PathBuf,
}

/// How a file was: whatever changes it changes one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its size in bytes.
    pub size: u64,
    /// When it was written, and when anything of it was changed: nanoseconds since 1970.
    pub times: [i128; 2],
    /// Device and inode.
    pub identity: [u64; 2],
}

impl Remembered {
    /// Gives the newest time of all files, in nanoseconds since 1970.
    pub fn newest(&self) -> i128 {
        self.files.iter().filter_map(|(_, stamp)| stamp.as_ref()?.times.into_iter().max()).max().unwrap_or(0)
    }
}
