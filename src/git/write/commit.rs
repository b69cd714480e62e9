//! Making a commit from a tree that is there already.

use std::time::Duration;

use super::super::command::Git;
use super::super::error::GitError;
use super::super::objects::{ObjectStore, commit_bytes, parse_id};
use super::super::{Repo, identity};
use crate::domain::oid::{CommitId, TreeId};

/// How long signing may take before it counts as without an answer: a dialog may be waiting where nobody sees it.
pub const SIGNING_LIMIT: Duration = Duration::from_secs(60);

/// A commit to be made.
#[derive(Debug, Clone)]
pub struct NewCommit<'a> {
    /// Its tree, which is in the repository.
    pub tree: TreeId,
    /// Its parents, in order.
    pub parents: &'a [CommitId],
    /// Its message; a newline is added at the end if there is none.
    pub message: &'a str,
    /// The author line of another commit (`NAME <MAIL> SECONDS ZONE`), to keep its authorship; none for the user.
    pub author: Option<&'a str>,
    /// Whether it is signed, as `commit.gpgsign` asks.
    pub sign: bool,
}

/// Makes a commit and gives its id; no ref moves. [`GitError::NoIdentity`] without a committer,
/// [`GitError::TimedOut`] if signing takes longer than [`SIGNING_LIMIT`].
pub fn create(repo: &Repo, commit: &NewCommit<'_>) -> Result<CommitId, GitError> {
    create_in(repo, commit, ObjectStore::Repository)
}

/// The same in any store. Nothing is signed in a scratch store: that may ask for a password, for a commit that nobody
/// will see.
pub fn create_in(repo: &Repo, commit: &NewCommit<'_>, store: ObjectStore<'_>) -> Result<CommitId, GitError> {
    if commit.message.contains('\0') {
        let source = git2::Error::from_str("the message contains a NUL byte");
        return Err(GitError::object("commit", "to be written", source));
    }
    if commit.sign && matches!(store, ObjectStore::Repository) {
        return signed(repo, commit);
    }
    let committer = identity::committer(repo.place())?;
    let author = match commit.author {
        Some(line) => line.to_owned(),
        None => identity::author(repo.place())?.line().to_owned(),
    };
    let people = (author.as_str(), committer.line());
    store.write_commit(repo, &commit_bytes(commit.tree, commit.parents, people, commit.message))
}

/// Lets git sign: it knows the format, the key and the program.
fn signed(repo: &Repo, commit: &NewCommit<'_>) -> Result<CommitId, GitError> {
    let parents = commit.parents.iter().flat_map(|parent| ["-p".to_owned(), parent.to_string()]);
    let mut message = commit.message.to_owned();
    if !message.ends_with('\n') {
        message.push('\n');
    }
    let mut call = Git::common(repo.place(), "commit-tree")
        .config("i18n.commitEncoding", "UTF-8")
        .args(["-S", "-F", "-"])
        .args(parents)
        .arg(commit.tree.to_string())
        .stdin(message)
        .timeout(SIGNING_LIMIT);
    if let Some((name, mail, time)) = commit.author.and_then(split) {
        call = call.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", mail);
        call = call.env("GIT_AUTHOR_DATE", format!("@{time}"));
    }
    parse_id(&call)
}

/// Takes an author line apart.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.split_once('<')?;
    let (mail, time) = rest.split_once('>')?;
    Some((name.trim(), mail, time.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::TestRepo;
    use super::*;

    const AUTHOR: &str = "Ann Olsen <ann@example.org> 1700000000 +0530";

    fn new(tree: TreeId, parents: &[CommitId]) -> NewCommit<'_> {
        NewCommit { tree, parents, message: "Grüße\n\nbody", author: None, sign: false }
    }

    #[test]
    fn what_git_would_write() {
        let test = TestRepo::with_commit();
        let (repo, head) = (test.repo(), test.rev("HEAD"));
        let tree = repo.tree_of(head).unwrap();
        let commit = create(&repo, &NewCommit { author: Some(AUTHOR), ..new(tree, &[head, head]) }).unwrap();
        let text = test.git(&["cat-file", "commit", &commit.to_string()]);
        assert!(text.starts_with(&format!(
            "tree {tree}\nparent {head}\nparent {head}\nauthor {AUTHOR}\ncommitter Test <test@example.com> "
        )));
        assert!(text.ends_with("\n\nGrüße\n\nbody"), "{text}");
        let own = create(&repo, &new(tree, &[])).unwrap();
        assert!(
            test.git(&["cat-file", "commit", &own.to_string()]).contains("\nauthor Test <test@example.com> ")
        );
        test.assert_sound();
    }

    #[test]
    fn nul_and_no_identity_write_nothing() {
        let test = TestRepo::with_commit();
        let (repo, head) = (test.repo(), test.rev("HEAD"));
        let tree = repo.tree_of(head).unwrap();
        assert!(create(&repo, &NewCommit { message: "a\0b", ..new(tree, &[head]) }).is_err());
        test.git(&["config", "user.name", ""]);
        let error = create(&repo, &new(tree, &[head])).unwrap_err();
        assert!(matches!(error, GitError::NoIdentity { .. }), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn signing_is_gits_with_the_author_kept() {
        let test = TestRepo::with_commit();
        let program = test.dir().join("sign");
        super::super::super::testing::write(
            &program,
            "#!/bin/sh\ncat >/dev/null\nprintf '\\n[GNUPG:] SIG_CREATED \\n' >&2\necho SIGNED\n",
        );
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        test.git(&["config", "gpg.program", program.to_str().unwrap()]);
        test.git(&["config", "user.signingkey", "key"]);
        let (repo, head) = (test.repo(), test.rev("HEAD"));
        let tree = repo.tree_of(head).unwrap();
        let parents = [head];
        let commit = NewCommit { author: Some(AUTHOR), sign: true, ..new(tree, &parents) };
        let id = create(&repo, &commit).unwrap();
        let text = test.git(&["cat-file", "commit", &id.to_string()]);
        assert!(
            text.contains(&format!("\nauthor {AUTHOR}\n")) && text.contains("\ngpgsig SIGNED\n"),
            "{text}"
        );
        std::fs::write(&program, "#!/bin/sh\necho no key >&2\nexit 1\n").unwrap();
        let error = create(&repo, &commit).unwrap_err();
        assert!(
            matches!(&error, GitError::Command { stderr, .. } if stderr.contains("failed to sign")),
            "{error}"
        );
    }
}
