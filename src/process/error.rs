//! What can go wrong with processes and with the files of an attempt.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::path::{quote, show};

/// An operation of this layer that failed, and its subject.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// A file of an attempt could not be read or written.
    #[error("cannot {operation} {}", show(.path))]
    Io {
        /// What was tried: `read`, `write`, `open`, `lock`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of an attempt is no document of ours.
    #[error("{} is not valid", show(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A file of an attempt is of a format that this version does not read.
    #[error("{} has format {format}", show(.path))]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// Something that is not a regular file stands where an attempt's file should.
    #[error("{} is not a regular file", show(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file of an attempt is larger than any that we write.
    #[error("{} is larger than {limit} bytes", show(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read of it.
        limit: u64,
    },
    /// Another supervisor holds the attempt's lock.
    #[error("the attempt in {} has a supervisor", show(.dir))]
    Supervised {
        /// The attempt's directory.
        dir: PathBuf,
    },
    /// The attempt has a result already.
    #[error("the attempt in {} has ended", show(.dir))]
    Ended {
        /// The attempt's directory.
        dir: PathBuf,
    },
    /// The supervisor could not be started.
    #[error("cannot start a supervisor with {}", show(.program))]
    Spawn {
        /// Our own executable.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An agent or a check has no command.
    #[error("the command is empty")]
    NoProgram,
    /// The program of an agent or of a check is not in a directory of its `PATH`.
    #[error("program {} is not on the PATH", quote(.program.as_bytes()))]
    NotOnPath {
        /// The program, as it was named.
        program: String,
    },
    /// The program of an agent or of a check could not be started.
    #[error("program {}", quote(.program.as_bytes()))]
    Program {
        /// The program, as it was named.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// Signals to us could not be caught.
    #[error("cannot catch signals")]
    Signals {
        /// What the system said.
        source: io::Error,
    },
}

impl ProcessError {
    /// Gives the message and its cause in one line, for records that keep no chain.
    pub fn in_one_line(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }

    pub(super) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { operation, path: path.to_owned(), source }
    }
}
