//! The only module that names `git2`, and the only one that runs the git executable.
//!
//! It exists so that every failure names its operation and subject, so that "not found" is an `Option`, so that each
//! thread opens a handle of its own from a [`Place`], and so that what changes a repository stands in one folder:
//! [`mod@write`], which `operation` alone may call. Graph walks and refs go through a handle opened at the common dir:
//! a handle opened in a linked worktree does not see that the repository is shallow.
//!
//! | file | subject |
//! |---|---|
//! | `command` | the hardened builder of every call of the git executable |
//! | `worktrees` | the registered worktrees, read from their files without opening them |
//! | `preflight` | what this repository needs: libgit2, git, or a refusal |
//! | `identity`, `progress` | who commits; what a worktree is in the middle of |
//! | `objects`, `passing` | where new objects go |
//! | `status`, `inventory` | uncommitted changes; everything that would leave with a worktree |
//! | `inputs` | the files of a commit that a read task is handed |
//! | `copies` | ignored files that a new worktree gets from the main one |
//! | `landed` | work that is in its base as other commits |
//! | `history`, `diff`, `merge` | graph, differences, `git merge-tree` |
//! | `write/…` | everything that changes something |

pub mod command;
mod convert;
pub mod copies;
pub mod diff;
pub mod error;
pub mod features;
pub mod history;
pub mod identity;
pub mod inputs;
pub mod inventory;
pub mod landed;
mod limit;
pub mod locks;
pub mod merge;
mod objects;
pub mod pager;
mod passing;
pub mod preflight;
mod progress;
pub mod status;
pub mod surface;
#[cfg(test)]
pub(crate) mod testing;
pub mod worktrees;
pub mod write;

use std::path::{Path, PathBuf};

pub use error::GitError;
pub use write::lock::locked_by_us;

use crate::domain::name::BranchName;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::place::{Head, Place};

/// Gives the version of libgit2 that we are built with.
pub fn libgit2_version() -> String {
    let (major, minor, revision) = git2::Version::get().libgit2_version();
    format!("{major}.{minor}.{revision}")
}

/// Lets libgit2 read objects as git does, which does not hash each one again: for commands that only look. What is damaged so that
/// it can be unpacked all the same is found by `git fsck`, and by every command that changes something.
pub fn read_without_hashing() {
    git2::opts::strict_hash_verification(false);
}

/// Gives a handle an empty index where the one of its git directory is split: libgit2 cannot read that, and looks for attributes in
/// the index wherever it compares trees. Indexes that count are read through git then, or by themselves.
fn without_split_index(handle: &git2::Repository, git_dir: &Path) -> Result<(), GitError> {
    let mut names = std::fs::read_dir(git_dir).into_iter().flatten().flatten();
    if !names.any(|entry| entry.file_name().to_string_lossy().starts_with("sharedindex.")) {
        return Ok(());
    }
    let empty = git2::Index::new().and_then(|mut empty| handle.set_index(&mut empty));
    empty.map_err(|source| GitError::open(git_dir, source))
}

/// A repository handle. It is not shared between threads: hand over the [`Place`] and open another.
pub struct Repo {
    raw: git2::Repository,
    place: Place,
}

impl Repo {
    /// Finds the repository that `from` lies in, as git does: upwards, through `.git` files, bare ones included.
    /// Environment variables such as `GIT_DIR` are not looked at.
    pub fn discover(from: &Path) -> Result<Self, GitError> {
        // Not `discover`: it opens the directory that a `.git` file names, and forgets where the file was.
        let flags = git2::RepositoryOpenFlags::CROSS_FS;
        let found = git2::Repository::open_ext(from, flags, std::iter::empty::<&std::ffi::OsStr>())
            .map_err(|source| GitError::open(from, source))?;
        let common_dir = absolute(found.commondir());
        let git_dir = absolute(found.path());
        let raw =
            git2::Repository::open(&common_dir).map_err(|source| GitError::open(&common_dir, source))?;
        let here = found.workdir().map(absolute);
        let main_worktree = main_worktree(&raw, &common_dir, here.as_deref())?;
        let worktree = if git_dir == common_dir { main_worktree.clone() } else { here };
        Self::open(&Place { common_dir, git_dir, worktree, main_worktree })
    }

    /// Opens a handle at the common dir.
    pub fn open(place: &Place) -> Result<Self, GitError> {
        let raw = git2::Repository::open(&place.common_dir)
            .map_err(|source| GitError::open(&place.common_dir, source))?;
        if let Some(root) = place.main_worktree.as_deref().filter(|root| raw.workdir() != Some(root)) {
            raw.set_workdir(root, false).map_err(|source| GitError::open(&place.common_dir, source))?;
        }
        without_split_index(&raw, &place.common_dir)?;
        Ok(Self { raw, place: place.clone() })
    }

    /// Gives the paths that a handle is opened from.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Gives the libgit2 handle at the common dir.
    pub(in crate::git) const fn raw(&self) -> &git2::Repository {
        &self.raw
    }

    /// Reads HEAD of the worktree one stands in.
    pub fn head(&self) -> Result<Head, GitError> {
        head_of(&self.place.git_dir, self)
    }

    /// Gives the tip of a local branch, or nothing if there is no such branch.
    pub fn branch_tip(&self, branch: &BranchName) -> Result<Option<CommitId>, GitError> {
        self.ref_commit(&branch.ref_name())
    }

    /// Gives the commit that a ref names, tags peeled; nothing if there is no such ref.
    pub fn ref_commit(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        let failed = |source| GitError::reference("read", name, source);
        let reference = match self.raw.find_reference(name) {
            Ok(reference) => reference,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let commit = reference.peel_to_commit().map_err(failed)?;
        Ok(Some(convert::commit_id(commit.id())))
    }

    /// Gives the commit that a commit-ish names in the worktree one stands in; nothing if it names none.
    pub fn resolve(&self, revision: &str) -> Result<Option<CommitId>, GitError> {
        // `HEAD` and its relatives are those of the worktree one stands in, not those of the common dir.
        let here = git2::Repository::open(&self.place.git_dir)
            .map_err(|source| GitError::open(&self.place.git_dir, source))?;
        let commit = here.revparse_single(revision).and_then(|object| object.peel_to_commit());
        match commit {
            Ok(commit) => Ok(Some(convert::commit_id(commit.id()))),
            Err(_) => Ok(None),
        }
    }

    /// Gives the refs below a prefix that name commits.
    pub fn refs_below(&self, prefix: &str) -> Result<Vec<(String, CommitId)>, GitError> {
        let failed = |source| GitError::reference("list", prefix, source);
        let mut found = Vec::new();
        for reference in self.raw.references_glob(&format!("{prefix}*")).map_err(failed)? {
            let reference = reference.map_err(failed)?;
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            found.extend(reference.target().map(|at| (name, convert::commit_id(at))));
        }
        Ok(found)
    }

    /// Gives all local branches with their tips; names as text, in which bytes that are not UTF-8 are replaced.
    /// A branch whose commit cannot be read is listed with a zero id: its name is taken all the same.
    pub fn branches(&self) -> Result<Vec<(String, CommitId)>, GitError> {
        let failed = |source| GitError::reference("list", "refs/heads/", source);
        let mut branches = Vec::new();
        for reference in self.raw.references_glob("refs/heads/*").map_err(failed)? {
            let reference = reference.map_err(failed)?;
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            let tip = reference.target().map_or(CommitId::from_bytes([0; 20]), convert::commit_id);
            branches.extend(name.strip_prefix("refs/heads/").map(|name| (name.to_owned(), tip)));
        }
        Ok(branches)
    }

    /// Gives a file of a commit; none if there is none, or it is no regular one.
    pub fn file_at(&self, commit: CommitId, path: &Path) -> Result<Option<Vec<u8>>, GitError> {
        let tree = self.tree_of(commit)?;
        let tree = self
            .raw
            .find_tree(convert::oid(tree))
            .map_err(|source| GitError::object("tree", tree, source))?;
        let entry =
            tree.get_path(path).ok().filter(|entry| matches!(entry.filemode(), 0o100_644 | 0o100_755));
        let blob = entry.map(|entry| {
            let found = self.raw.find_blob(entry.id());
            found.map_err(|source| GitError::object("blob", entry.id(), source))
        });
        Ok(blob.transpose()?.map(|blob| blob.content().to_vec()))
    }

    /// Gives the tree of a commit.
    pub fn tree_of(&self, commit: CommitId) -> Result<TreeId, GitError> {
        let commit_object = self.commit(commit)?;
        Ok(convert::tree_id(commit_object.tree_id()))
    }

    /// Looks a commit up.
    pub(in crate::git) fn commit(&self, id: CommitId) -> Result<git2::Commit<'_>, GitError> {
        self.raw.find_commit(convert::oid(id)).map_err(|source| GitError::object("commit", id, source))
    }
}

/// Finds the root of the main worktree; none in a bare repository.
///
/// libgit2 takes the parent of the common dir for it. That is so where the common dir is a `.git` or the shared config
/// has `core.worktree`, as in a submodule; with `git init --separate-git-dir` the root is named by nothing but its own
/// `.git` file, and one has to stand in it.
fn main_worktree(
    raw: &git2::Repository,
    common_dir: &Path,
    here: Option<&Path>,
) -> Result<Option<PathBuf>, GitError> {
    if raw.is_bare() {
        return Ok(None);
    }
    let configured = raw.config().is_ok_and(|config| config.get_path("core.worktree").is_ok());
    let found = raw.workdir().map(absolute);
    if configured {
        return Ok(found);
    }
    if let Some(root) =
        common_dir.parent().filter(|_| common_dir.file_name().is_some_and(|name| name == ".git"))
    {
        // A `.git` that is a symbolic link is followed by libgit2 before it looks for the parent.
        return Ok(found.filter(|found| worktrees::same_path(found, root)).or_else(|| Some(root.to_owned())));
    }
    let names = |root: &Path| {
        let dot_git = root.join(".git");
        let at = worktrees::pointer(&dot_git).unwrap_or(dot_git);
        worktrees::same_path(&at, common_dir)
    };
    match here.filter(|root| names(root)) {
        Some(root) => Ok(Some(root.to_owned())),
        None => Err(GitError::Unsupported {
            path: common_dir.to_owned(),
            what: "only its main worktree knows where that is, so go there (separate git directory)"
                .to_owned(),
        }),
    }
}

/// Reads the HEAD of the worktree whose git directory this is, without opening it.
pub(in crate::git) fn head_of(git_dir: &Path, repo: &Repo) -> Result<Head, GitError> {
    let path = git_dir.join("HEAD");
    match worktrees::read_small(&path) {
        Ok(text) => head_in(&text, repo),
        Err(source) => Ok(Head::Broken(format!("HEAD cannot be read: {source}"))),
    }
}

/// Reads the text of a HEAD. White space around it is that of C, as for git: a name may end with another one.
pub(in crate::git) fn head_in(text: &[u8], repo: &Repo) -> Result<Head, GitError> {
    let text = String::from_utf8_lossy(text.trim_ascii_end());
    let Some(target) =
        text.strip_prefix("ref:").map(|target| target.trim_matches(|c: char| c.is_ascii_whitespace()))
    else {
        return Ok(match text.parse() {
            Ok(commit) => Head::Detached(commit),
            Err(_) => Head::Broken("HEAD is neither a ref nor an object id".to_owned()),
        });
    };
    let Some(branch) = target.strip_prefix("refs/heads/") else {
        return Ok(Head::Broken(format!("HEAD names {target}, which is no branch")));
    };
    match (branch.parse::<BranchName>(), repo.ref_commit(target)?) {
        (Ok(name), Some(tip)) => Ok(Head::Branch { name, tip }),
        (_, None) => Ok(Head::Unborn(branch.to_owned())),
        (Err(error), Some(_)) => Ok(Head::Broken(error.to_string())),
    }
}

/// Makes a path that libgit2 gave comparable: without a trailing slash.
fn absolute(path: &Path) -> PathBuf {
    path.components().collect()
}

#[cfg(test)]
mod tests {
    use super::testing::TestRepo;
    use super::*;

    #[test]
    fn a_place_is_the_same_from_everywhere() {
        let test = TestRepo::new();
        test.write("sub/file", "x");
        test.commit_all("first");
        test.git(&["worktree", "add", "-q", "../linked", "-b", "linked"]);
        let main = Repo::discover(&test.path()).unwrap();
        let below = Repo::discover(&test.path().join("sub")).unwrap();
        assert_eq!(main.place(), below.place());
        let linked = Repo::discover(&test.path().join("../linked")).unwrap();
        assert_eq!(linked.place().common_dir, main.place().common_dir);
        assert_eq!(linked.place().main_worktree.as_deref(), main.place().worktree.as_deref());
        assert_eq!(linked.head().unwrap().branch().unwrap().as_str(), "linked");
        assert_eq!(linked.resolve("HEAD").unwrap(), main.branch_tip(&"main".parse().unwrap()).unwrap());
        assert_eq!(main.place().name(), "repo");
    }

    #[test]
    fn a_separate_git_directory_has_its_main_worktree_elsewhere() {
        let test = TestRepo::with_commit();
        test.git(&["worktree", "add", "-q", "../linked", "-b", "linked"]);
        test.git(&["init", "-q", "--separate-git-dir", "../apart.git"]);
        let main = Repo::discover(&test.path()).unwrap();
        assert_eq!(main.place().main_worktree, Some(test.path()));
        assert_eq!(main.raw().workdir().map(absolute), Some(test.path()));
        for elsewhere in ["../linked", "../apart.git"] {
            let refused = Repo::discover(&test.path().join(elsewhere)).map(|_| ()).unwrap_err();
            assert!(matches!(refused, GitError::Unsupported { .. }), "{elsewhere}: {refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_git_directory_behind_a_link() {
        let test = TestRepo::with_commit();
        let apart = test.dir().join("apart.git");
        std::fs::rename(test.path().join(".git"), &apart).unwrap();
        std::os::unix::fs::symlink(&apart, test.path().join(".git")).unwrap();
        assert_eq!(Repo::discover(&test.path()).unwrap().place().main_worktree, Some(test.path()));
    }

    #[test]
    fn no_repository_is_said() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Repo::discover(dir.path()), Err(GitError::NotARepository { .. })));
    }

    #[test]
    fn unborn_and_detached_heads() {
        let test = TestRepo::new();
        assert_eq!(Repo::discover(&test.path()).unwrap().head().unwrap(), Head::Unborn("main".into()));
        test.write("a", "1");
        let commit = test.commit_all("first");
        test.git(&["checkout", "-q", "--detach"]);
        assert_eq!(Repo::discover(&test.path()).unwrap().head().unwrap(), Head::Detached(commit));
    }
}
