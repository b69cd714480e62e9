//! Who commits: as `git commit` would find out, from variables, configuration files and includes.

use super::command::Git;
use super::error::GitError;
use crate::domain::place::Place;

/// A name and a mail address, with the time at which they were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    line: String,
}

impl Identity {
    /// Gives the line of a commit object: `NAME <MAIL> SECONDS ZONE`.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Gives `NAME <MAIL>`.
    pub fn person(&self) -> &str {
        self.line.rfind('>').map_or(self.line.as_str(), |end| &self.line[..=end])
    }
}

/// Gives the committer's identity; [`GitError::NoIdentity`] where git would refuse to commit.
pub fn committer(place: &Place) -> Result<Identity, GitError> {
    ask(place, "GIT_COMMITTER_IDENT")
}

/// Gives the author's identity; [`GitError::NoIdentity`] where git would refuse to commit.
pub fn author(place: &Place) -> Result<Identity, GitError> {
    ask(place, "GIT_AUTHOR_IDENT")
}

fn ask(place: &Place, variable: &str) -> Result<Identity, GitError> {
    // From the place's own git directory: a linked worktree may have a configuration of its own.
    let root = place.worktree.as_deref().unwrap_or(&place.common_dir);
    let call = Git::worktree(&place.common_dir, &place.git_dir, root, "var").arg(variable);
    let output = call.output()?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.code != 0 || !line.contains('<') {
        let said = output.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let reason = said.trim().trim_start_matches("fatal: ").to_owned();
        return Err(GitError::NoIdentity { reason });
    }
    Ok(Identity { line })
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn configured_and_included() {
        let test = TestRepo::with_commit();
        assert_eq!(committer(&test.place()).unwrap().person(), "Test <test@example.com>");
        std::fs::write(test.dir().join("more"), "[user]\n\tname = Jörg J\n").unwrap();
        test.git(&["config", "include.path", "../../more"]);
        let identity = author(&test.place()).unwrap();
        assert_eq!(identity.person(), "Jörg J <test@example.com>");
        assert!(identity.line().starts_with("Jörg J <test@example.com> "));
    }

    #[test]
    fn none_is_said_with_gits_reason() {
        let test = TestRepo::with_commit();
        test.git(&["config", "user.name", ""]);
        let error = committer(&test.place()).unwrap_err();
        assert!(
            matches!(&error, GitError::NoIdentity { reason } if reason.contains("empty ident name")),
            "{error}"
        );
    }
}
