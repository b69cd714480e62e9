//! The commits of a branch that a rebase would make again, in its order.

use super::super::Repo;
use super::super::command::{Git, require_git};
use super::super::error::GitError;
use super::ObjectStore;
use crate::domain::oid::CommitId;

/// A commit to be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The commit.
    pub id: CommitId,
    /// Its parent; none for a root.
    pub parent: Option<CommitId>,
    /// Its author line, as UTF-8: `NAME <MAIL> SECONDS ZONE`.
    pub author: String,
    /// Its message, as UTF-8.
    pub message: String,
}

impl Pick {
    /// Gives the first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// What `git rebase` would replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picks {
    /// These commits, oldest first.
    All(Vec<Pick>),
    /// Nothing, since the text of this commit cannot be read as UTF-8, not even by git.
    Unreadable(CommitId),
}

/// Lists the commits of `tip` that neither `from` nor `onto` has, as `git rebase --onto ONTO FROM TIP` chooses them:
/// merge commits are left out, and so is what `from` has as the same change in another commit.
pub fn picks(
    repo: &Repo,
    (from, tip, onto): (CommitId, CommitId, CommitId),
    store: ObjectStore<'_>,
) -> Result<Picks, GitError> {
    require_git()?;
    let call = Git::common(repo.place(), "rev-list").args([
        "--reverse",
        "--topo-order",
        "--no-merges",
        "--cherry-pick",
        "--right-only",
        "--no-commit-header",
        "--encoding=UTF-8",
        "--date=raw",
        "--format=%H%x00%P%x00%an <%ae> %ad%x00%B%x00",
    ]);
    // Excluding `onto` would take the side that changes are compared with away, where it is that side.
    let excluded = (onto != from).then(|| format!("^{onto}"));
    let call = store.apply(repo, call)?.arg(format!("{from}...{tip}")).args(excluded);
    let out = call.run()?;
    let mut picks = Vec::new();
    let mut fields = out.split(|byte| *byte == 0);
    while let Some(id) = fields.next().map(<[u8]>::trim_ascii).filter(|id| !id.is_empty()) {
        let odd = || GitError::Output { command: call.describe(), what: "a record is cut".to_owned() };
        let id: CommitId = text(id).and_then(|id| id.parse().ok()).ok_or_else(odd)?;
        let (Some(parents), Some(author), Some(message)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(odd());
        };
        let parent = text(parents).and_then(|parents| parents.split(' ').next()?.parse().ok());
        let (Some(author), Some(message)) = (text(author), text(message)) else {
            return Ok(Picks::Unreadable(id));
        };
        picks.push(Pick { id, parent, author: author.to_owned(), message: message.to_owned() });
    }
    Ok(Picks::All(picks))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn what_git_rebase_would_take() {
        let test = TestRepo::with_commit();
        test.git(&["checkout", "-q", "-b", "topic"]);
        test.write("a", "1\n");
        test.git(&["add", "-A"]);
        let author = ["-c", "user.name=Ånn \"A\" Olsen", "-c", "user.email=ann@example.org"];
        let dated = ["commit", "-q", "--date=1700000000 +0530", "-m", "first\n\n  indented\n\n\nend"];
        test.git(&[author.as_slice(), dated.as_slice()].concat());
        let first = test.rev("HEAD");
        test.write("same", "1\n");
        test.commit_all("same change");
        test.git(&["checkout", "-q", "main"]);
        test.git(&["cherry-pick", "topic"]);
        test.write("m", "1\n");
        test.commit_all("main");
        let main = test.rev("main");
        test.git(&["checkout", "-q", "topic"]);
        test.git(&["commit", "-q", "--allow-empty", "-m", "Grüße"]);
        let (repo, tip) = (test.repo(), test.rev("HEAD"));
        let Picks::All(picks) = picks(&repo, (main, tip, main), ObjectStore::Repository).unwrap() else {
            panic!("all can be read");
        };
        assert_eq!(picks.iter().map(Pick::subject).collect::<Vec<_>>(), ["first", "Grüße"]);
        assert_eq!((picks[0].id, picks[0].parent), (first, Some(test.rev("main~2"))));
        assert_eq!(picks[0].author, "Ånn \"A\" Olsen <ann@example.org> 1700000000 +0530");
        // `git commit` itself makes one of several empty lines.
        assert_eq!(picks[0].message, "first\n\n  indented\n\nend\n");
    }

    #[test]
    fn messages_in_another_encoding_are_recoded_and_broken_ones_are_said() {
        let test = TestRepo::with_commit();
        let from = test.rev("HEAD");
        let commit = |encoding: &str| {
            let tree = test.git(&["rev-parse", "HEAD^{tree}"]);
            let person = "T <t@example.com> 1700000000 +0000";
            let head =
                format!("tree {tree}\nparent {from}\nauthor {person}\ncommitter {person}\n{encoding}\n");
            let file = test.dir().join("commit");
            std::fs::write(&file, [head.as_bytes(), b"Gr\xfc\xdfe\n"].concat()).unwrap();
            test.git(&["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]).parse().unwrap()
        };
        let picks = |tip| picks(&test.repo(), (from, tip, from), ObjectStore::Repository).unwrap();
        match picks(commit("encoding ISO-8859-1\n")) {
            Picks::All(picks) => assert_eq!(picks[0].message, "Grüße\n"),
            other => panic!("{other:?}"),
        }
        let broken = commit("");
        assert_eq!(picks(broken), Picks::Unreadable(broken));
    }
}
