//! Work that is in its base as other commits: a rebase or a pick made them again, a squash made one of them.
//!
//! Git compares patch ids for that (`git cherry`, `git patch-id`), which leave white space out. Here two patches are the same only
//! if every byte is: a branch whose indentation differs holds work that its base lacks. As there, line numbers do not count, and
//! the lines around a change do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::merge::{Touched, Trees, touched};
use super::{GitError, Repo, convert, history};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::status::Integrated;

/// How many commits of a branch, and of its base since they parted, are looked at.
const OWN: usize = 200;
const OTHERS: usize = 5_000;

/// The trees before and after a change.
type Step = (TreeId, TreeId);

/// A commit's change, and the paths that it touches.
type Change = (Step, Touched);

/// What commits change, for all branches that are looked at together; threads can share it.
#[derive(Debug, Default)]
pub struct Changes(Mutex<HashMap<CommitId, Option<Arc<Change>>>>);

impl Changes {
    /// Gives what a commit changes; nothing of a merge or of a root, which are no landings.
    fn of(&self, repo: &Repo, trees: &Trees, commit: CommitId) -> Result<Option<Arc<Change>>, GitError> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = known().get(&commit) {
            return Ok(there.clone());
        }
        let change = match step(repo, commit)? {
            Some(step) => Some(Arc::new((step, touched(repo, trees, step.0, step.1)?))),
            None => None,
        };
        known().insert(commit, change.clone());
        Ok(change)
    }
}

/// Tells how the commits of `tip` came to be in `base_tip` as others: each as one with the same patch, or all of them as one. Where
/// nothing of that is so, or it would take too long to tell, there is no answer; and a branch that changes nothing is in no base.
pub fn in_base(
    repo: &Repo,
    (trees, changes): (&Trees, &Changes),
    tip: CommitId,
    base_tip: CommitId,
) -> Result<Option<Integrated>, GitError> {
    let bases = history::merge_bases(repo, tip, base_tip)?;
    let &[base] = bases.as_slice() else { return Ok(None) };
    if base == tip || base == base_tip {
        return Ok(None);
    }
    let (Some(own), Some(others)) =
        (history::ids(repo, base_tip, tip, OWN)?, history::ids(repo, tip, base_tip, OTHERS)?)
    else {
        return Ok(None);
    };
    let whole = (repo.tree_of(base)?, repo.tree_of(tip)?);
    let whole_touches = touched(repo, trees, whole.0, whole.1)?;
    if whole_touches.is_empty() {
        return Ok(None);
    }
    let is_there = |touches: &Touched, step: Step| -> Result<bool, GitError> {
        let mut wanted = None;
        for other in &others {
            let Some(other) = changes.of(repo, trees, *other)? else { continue };
            if other.1 != *touches {
                continue;
            }
            let wanted = match wanted {
                Some(wanted) => wanted,
                None => *wanted.insert(patch(repo, step)?),
            };
            if patch(repo, other.0)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let mut each = true;
    for commit in own {
        // A merge may hold what no parent has.
        let change = changes.of(repo, trees, commit)?;
        let is_there =
            |change: &Change| Ok::<_, GitError>(change.1.is_empty() || is_there(&change.1, change.0)?);
        if !change.map(|change| is_there(&change)).transpose()?.unwrap_or(false) {
            each = false;
            break;
        }
    }
    if each {
        return Ok(Some(Integrated::Rebase));
    }
    Ok(is_there(&whole_touches, whole)?.then_some(Integrated::Squash))
}

/// Gives the trees before and after a commit that has one parent.
fn step(repo: &Repo, commit: CommitId) -> Result<Option<Step>, GitError> {
    let commit = repo.commit(commit)?;
    if commit.parent_count() != 1 {
        return Ok(None);
    }
    let parent = commit.parent(0).map_err(|source| GitError::object("parent of", commit.id(), source))?;
    Ok(Some((convert::tree_id(parent.tree_id()), convert::tree_id(commit.tree_id()))))
}

/// Gives a digest of a patch: every path, mode and line of it, and the ids of what is binary.
fn patch(repo: &Repo, (from, to): Step) -> Result<[u8; 32], GitError> {
    let failed = |source| GitError::object("the difference to tree", to, source);
    let tree = |id: TreeId| {
        repo.raw().find_tree(convert::oid(id)).map_err(|source| GitError::object("tree", id, source))
    };
    let (old, new) = (tree(from)?, tree(to)?);
    let mut options = git2::DiffOptions::new();
    options.context_lines(3).interhunk_lines(0).include_typechange(true).ignore_submodules(false);
    let diff = repo.raw().diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options)).map_err(failed)?;
    let mut digest = Sha256::new();
    let mut text = |tag: &[u8], bytes: &[u8]| {
        digest.update(tag);
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    for delta in diff.deltas() {
        for file in [delta.old_file(), delta.new_file()] {
            text(b"path", file.path_bytes().unwrap_or_default());
            text(b"mode", &u32::from(file.mode()).to_le_bytes());
        }
    }
    let printed = diff.print(git2::DiffFormat::Patch, |delta, _, line| {
        match line.origin_value() {
            git2::DiffLineType::FileHeader => {
                text(b"file", delta.new_file().path_bytes().unwrap_or_default());
            }
            git2::DiffLineType::HunkHeader => text(b"hunk", b""),
            git2::DiffLineType::Binary => {
                text(b"old", delta.old_file().id().as_bytes());
                text(b"new", delta.new_file().id().as_bytes());
            }
            _ => text(&[line.origin() as u8], line.content()),
        }
        true
    });
    printed.map_err(failed)?;
    Ok(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    /// A branch `topic` with two commits, and a `main` that went on.
    fn parted() -> TestRepo {
        let test = TestRepo::with_commit();
        test.write("text", (0..20).map(|line| format!("line {line}\n")).collect::<String>());
        test.commit_all("text");
        test.git(&["checkout", "-q", "-b", "topic"]);
        let edit = |from: &str, to: &str| {
            let text = std::fs::read_to_string(test.path().join("text")).unwrap();
            test.write("text", text.replace(from, to));
        };
        edit("line 3\n", "three\n");
        test.write("new", "1\n");
        test.commit_all("one");
        edit("line 12\n", "twelve\n");
        test.commit_all("two");
        test.git(&["checkout", "-q", "main"]);
        test.write("before", "1\n");
        test.commit_all("before");
        test
    }

    /// What happens after a landing must not hide it: the same lines are changed again.
    fn go_on(test: &TestRepo) {
        let text = std::fs::read_to_string(test.path().join("text")).unwrap();
        test.write("text", text.replace("three", "THREE").replace("twelve", "TWELVE"));
        test.commit_all("after");
    }

    fn found(test: &TestRepo) -> Option<Integrated> {
        in_base(&test.repo(), (&Trees::default(), &Changes::default()), test.rev("topic"), test.rev("main"))
            .unwrap()
    }

    /// What `git cherry` says: whether the base has every commit of the topic.
    fn git_says(test: &TestRepo) -> bool {
        !test.git(&["cherry", "main", "topic"]).lines().any(|line| line.starts_with('+'))
    }

    #[test]
    fn picked_one_by_one() {
        let test = parted();
        test.git(&["cherry-pick", "topic~1"]);
        go_on(&test);
        assert_eq!((found(&test), git_says(&test)), (None, false), "half of it");
        let test = parted();
        test.git(&["cherry-pick", "topic~1", "topic"]);
        go_on(&test);
        assert_eq!((found(&test), git_says(&test)), (Some(Integrated::Rebase), true));
    }

    #[test]
    fn squashed() {
        let test = parted();
        test.git(&["merge", "-q", "--squash", "topic"]);
        test.git(&["commit", "-q", "-m", "squashed"]);
        go_on(&test);
        assert_eq!(found(&test), Some(Integrated::Squash));
        // Work that came later is in no base.
        test.git(&["checkout", "-q", "topic"]);
        test.write("more", "1\n");
        test.commit_all("more");
        test.git(&["checkout", "-q", "main"]);
        assert_eq!(found(&test), None);
    }

    #[test]
    fn not_what_only_looks_the_same() {
        let test = TestRepo::with_commit();
        test.write("text.py", "if x:\n    a()\nb()\n");
        test.commit_all("text");
        test.git(&["checkout", "-q", "-b", "topic"]);
        test.write("text.py", "if x:\n    a()\n    c()\nb()\n");
        test.commit_all("inside");
        test.git(&["checkout", "-q", "main"]);
        test.write("other", "1\n");
        test.commit_all("other");
        test.write("text.py", "if x:\n    a()\nc()\nb()\n");
        test.commit_all("outside");
        // Git leaves white space out of patch ids.
        assert_eq!((found(&test), git_says(&test)), (None, true));
    }

    #[test]
    fn empty_is_not_merged() {
        let test = parted();
        test.git(&["checkout", "-q", "-B", "topic", "main~1"]);
        test.git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
        test.git(&["checkout", "-q", "main"]);
        assert_eq!(found(&test), None);
        // Beside work that landed it does not count.
        let test = parted();
        test.git(&["cherry-pick", "topic~1", "topic"]);
        test.git(&["checkout", "-q", "topic"]);
        test.git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
        test.git(&["checkout", "-q", "main"]);
        assert_eq!(found(&test), Some(Integrated::Rebase));
    }

    #[test]
    fn with_a_merge_only_as_a_whole() {
        let test = parted();
        test.git(&["checkout", "-q", "topic"]);
        test.git(&["merge", "-q", "--no-edit", "main"]);
        test.git(&["checkout", "-q", "main"]);
        test.write("meanwhile", "1\n");
        test.commit_all("meanwhile");
        test.git(&["merge", "-q", "--squash", "topic"]);
        test.git(&["commit", "-q", "-m", "squashed"]);
        go_on(&test);
        assert_eq!(found(&test), Some(Integrated::Squash));
        let test = parted();
        test.git(&["checkout", "-q", "topic"]);
        test.git(&["merge", "-q", "--no-edit", "main"]);
        test.git(&["checkout", "-q", "main"]);
        test.git(&["cherry-pick", "topic^~1", "topic^"]);
        go_on(&test);
        assert_eq!(found(&test), None, "what the merge did is not known");
    }

    #[test]
    fn modes_binaries_and_line_ends() {
        let test = parted();
        test.git(&["checkout", "-q", "topic"]);
        std::fs::write(test.path().join("bin"), [0, 1, 2, 0]).unwrap();
        test.write("end", "no newline");
        test.git(&["update-index", "--chmod=+x", "file"]);
        test.commit_all("odd");
        test.git(&["checkout", "-q", "main"]);
        test.git(&["cherry-pick", "topic~2", "topic~1", "topic"]);
        test.write("bin", "text now\n");
        go_on(&test);
        assert_eq!(found(&test), Some(Integrated::Rebase));
        let test = parted();
        test.git(&["checkout", "-q", "-B", "topic", "main~1"]);
        std::fs::write(test.path().join("bin"), [0, 1, 2, 0]).unwrap();
        test.commit_all("bin");
        test.git(&["checkout", "-q", "main"]);
        std::fs::write(test.path().join("bin"), [0, 1, 2, 3]).unwrap();
        test.commit_all("another bin");
        assert_eq!(found(&test), None);
    }
}
