//! Where new objects go, and the bytes of a commit.

use std::ffi::OsString;
use std::path::Path;

use super::command::Git;
use super::error::GitError;
use super::{Repo, convert};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::{bytes_to_path, path_bytes};
use crate::domain::place::Place;

/// The object directory that a computation writes to.
#[derive(Debug, Clone, Copy)]
pub enum ObjectStore<'a> {
    /// The repository's own.
    Repository,
    /// A directory of ours that borrows from the repository's: nothing enters the repository. Made if it is absent.
    Scratch(&'a Path),
}

/// The identity of commits that only serve a computation: the same input gives the same id.
const SYNTHETIC: &str = "windrow <windrow@localhost> 0 +0000";

impl ObjectStore<'_> {
    /// Makes a call of git write to this store.
    pub(in crate::git) fn apply(self, repo: &Repo, call: Git) -> Result<Git, GitError> {
        let Self::Scratch(dir) = self else { return Ok(call) };
        std::fs::create_dir_all(dir).map_err(GitError::io("create", dir))?;
        let alternate = alternate(&repo.place().common_dir.join("objects"));
        Ok(call.env("GIT_OBJECT_DIRECTORY", dir).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternate))
    }

    /// Writes a commit from its bytes.
    pub(in crate::git) fn write_commit(self, repo: &Repo, bytes: &[u8]) -> Result<CommitId, GitError> {
        if let Self::Repository = self {
            let failed = |source| GitError::object("commit", "to be written", source);
            let odb = repo.raw().odb().map_err(failed)?;
            return odb.write(git2::ObjectType::Commit, bytes).map(convert::commit_id).map_err(failed);
        }
        let call = Git::common(repo.place(), "hash-object").args(["-t", "commit", "-w", "--stdin"]);
        parse_id(&self.apply(repo, call)?.stdin(bytes))
    }

    /// Makes a commit that only serves a computation.
    pub(in crate::git) fn synthetic(
        self,
        repo: &Repo,
        tree: TreeId,
        parents: &[CommitId],
    ) -> Result<CommitId, GitError> {
        self.write_commit(repo, &commit_bytes(tree, parents, (SYNTHETIC, SYNTHETIC), "windrow\n"))
    }

    /// Opens a handle that sees the objects of this store too; none if `repo` itself does. It must never write:
    /// libgit2 takes an object of the scratch store for one that the repository has.
    pub(crate) fn reader(self, repo: &Repo) -> Result<Option<Repo>, GitError> {
        match self {
            Self::Repository => Ok(None),
            Self::Scratch(_) => self.open(repo.place()).map(Some),
        }
    }

    /// Opens a handle that sees the objects of this store. One of a scratch store must never write.
    pub(crate) fn open(self, place: &Place) -> Result<Repo, GitError> {
        let reader = Repo::open(place)?;
        let Self::Scratch(dir) = self else { return Ok(reader) };
        std::fs::create_dir_all(dir).map_err(GitError::io("create", dir))?;
        let text = dir.to_str().ok_or_else(|| GitError::NotOurs {
            path: dir.to_owned(),
            what: "the path is not UTF-8".to_owned(),
        })?;
        let odb = reader.raw().odb().and_then(|odb| odb.add_disk_alternate(text));
        odb.map_err(|source| GitError::object("object directory", dir.display(), source))?;
        Ok(reader)
    }
}

/// The mode of a submodule in a tree or an index (`S_IFGITLINK` in git's sources).
pub(in crate::git) const GITLINK: u32 = 0o160_000;

/// Gives the bytes of a commit object: no encoding header, which is git's way of saying UTF-8. `people` are the author
/// and committer lines without their keyword.
pub(in crate::git) fn commit_bytes(
    tree: TreeId,
    parents: &[CommitId],
    people: (&str, &str),
    message: &str,
) -> Vec<u8> {
    let mut out = format!("tree {tree}\n");
    parents.iter().for_each(|parent| out.push_str(&format!("parent {parent}\n")));
    out.push_str(&format!("author {}\ncommitter {}\n\n{message}", people.0, people.1));
    if !message.ends_with('\n') {
        out.push('\n');
    }
    out.into_bytes()
}

/// Runs a call that prints one object id.
pub(in crate::git) fn parse_id<T: std::str::FromStr>(call: &Git) -> Result<T, GitError> {
    let out = call.run()?;
    let text = String::from_utf8_lossy(&out);
    text.trim().parse().map_err(|_| GitError::Output {
        command: call.describe(),
        what: format!("{:?} is no id", text.trim()),
    })
}

/// Writes a path for `GIT_ALTERNATE_OBJECT_DIRECTORIES`: it is a list, split at `:` (`;` on Windows) unless an item
/// stands in C-style quotes (git's `parse_alt_odb_entry`).
pub(in crate::git) fn alternate(path: &Path) -> OsString {
    let bytes = path_bytes(path);
    if !bytes.iter().any(|byte| matches!(byte, b':' | b';' | b'"')) {
        return path.as_os_str().to_owned();
    }
    let mut out = vec![b'"'];
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    bytes_to_path(&out).into_os_string()
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn alternates_are_quoted_only_where_needed() {
        assert_eq!(alternate(Path::new("/a b/c")), "/a b/c");
        assert_eq!(alternate(Path::new("/a:b/\"c\\")), "\"/a:b/\\\"c\\\\\"");
    }

    #[test]
    fn both_stores_give_the_same_commit() {
        let test = TestRepo::with_commit();
        let (repo, head) = (test.repo(), test.rev("HEAD"));
        let tree = repo.tree_of(head).unwrap();
        let dir = test.dir().join("s:c\"ratch");
        let scratch = ObjectStore::Scratch(&dir).synthetic(&repo, tree, &[head]).unwrap();
        assert!(!test.try_git_in(&test.path(), &["cat-file", "-e", &scratch.to_string()]).status.success());
        let reader = ObjectStore::Scratch(&dir).reader(&repo).unwrap().unwrap();
        assert_eq!(reader.tree_of(scratch).unwrap(), tree);
        assert!(repo.tree_of(scratch).is_err());
        assert_eq!(ObjectStore::Repository.synthetic(&repo, tree, &[head]).unwrap(), scratch);
        test.git(&["cat-file", "-e", &scratch.to_string()]);
        test.assert_sound();
    }
}
