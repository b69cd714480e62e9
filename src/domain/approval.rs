//! Commands that come with a repository (DESIGN §8.12): they run only after the user has approved what they say.

use sha2::{Digest, Sha256};

use super::name::hex;

/// A command of a repository's settings file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepositoryCommand {
    /// Its key: `setup`, `gate`, or `agent.` and the agent's name.
    pub key: String,
    /// Its value as one line of TOML: tables sorted by key, so that order and blanks change nothing.
    pub value: String,
}

impl RepositoryCommand {
    /// Gives the SHA-256 of key and value in hexadecimal digits: what an approval is of.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.key.as_bytes());
        digest.update([0]);
        digest.update(self.value.as_bytes());
        hex(&digest.finalize())
    }

    /// Gives the key of an agent.
    pub fn agent_key(name: &str) -> String {
        format!("agent.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_and_under_which_key_is_approved() {
        let command = |key: &str, value: &str| RepositoryCommand { key: key.into(), value: value.into() };
        let approved = command("setup", "\"make\"").digest();
        assert_eq!(approved, command("setup", "\"make\"").digest());
        for other in [("setup", "\"make \""), ("gate", "\"make\""), ("setu", "p\"make\"")] {
            assert_ne!(approved, command(other.0, other.1).digest());
        }
    }
}
