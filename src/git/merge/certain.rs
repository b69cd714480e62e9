//! Merges whose outcome is certain without merging: what two sides touch has nothing to do with each other.
//!
//! With a single merge base, `git merge` can fail only where both sides touch a path, where a path of one side stands
//! where the other has a directory, or where one side may have renamed a directory into which the other adds a file
//! (git's merge-ort: a renamed directory takes along what the other side puts there). A rename is a deletion and an
//! addition here, so that no similarity has to be computed: a file that is renamed on one side and changed on the other
//! is touched by both. What is not certain is merged by git.

use std::collections::BTreeSet;

use super::super::error::GitError;
use super::super::{Repo, convert};
use super::trees::{Trees, differences};
use crate::domain::oid::TreeId;

type Bytes = Vec<u8>;

/// The paths that a side touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// All of them: changed, added and deleted.
    all: BTreeSet<Bytes>,
    /// The directories of those that it added; all that are above them too.
    added_below: BTreeSet<Bytes>,
    /// The directories of those that it deleted, and all that are above them: what a directory rename can begin at. The
    /// root is among them only for a file that stood in it.
    deleted_below: BTreeSet<Bytes>,
    /// Whether it adds anything: without that it renames nothing.
    adds: bool,
}

/// Compares two trees, skipping what they have in common.
pub fn touched(repo: &Repo, trees: &Trees, from: TreeId, to: TreeId) -> Result<Touched, GitError> {
    let mut touched = Touched::default();
    let root = (Some(convert::oid(from)), Some(convert::oid(to)));
    compare((repo, trees), root, &[], &mut touched)?;
    Ok(touched)
}

/// Tells whether merging the two sides is certain to go through. `false` says nothing.
pub fn is_certainly_clean(a: &Touched, b: &Touched) -> bool {
    let (few, many) = if a.all.len() <= b.all.len() { (a, b) } else { (b, a) };
    let apart = few.all.iter().all(|path| !many.all.contains(path) && !is_above(path, &many.all))
        && few.all.iter().all(|path| above(path).all(|dir| !many.all.contains(dir)));
    apart && !may_move(a, b) && !may_move(b, a)
}

/// Tells whether one of the paths is below `dir`.
fn is_above(dir: &[u8], paths: &BTreeSet<Bytes>) -> bool {
    let below = [dir, b"/"].concat();
    paths.range(below.clone()..).next().is_some_and(|path| path.starts_with(&below))
}

/// Tells whether `side` may have renamed a directory into which `other` adds something.
fn may_move(side: &Touched, other: &Touched) -> bool {
    side.adds && side.deleted_below.iter().any(|dir| other.added_below.contains(dir))
}

/// Gives the directories above a path, the nearest first, without the root.
fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = path;
    std::iter::from_fn(move || {
        let at = rest.iter().rposition(|byte| *byte == b'/')?;
        rest = &rest[..at];
        Some(rest)
    })
}

impl Touched {
    fn note(&mut self, path: &[u8], old: bool, new: bool) {
        let in_root = (!path.contains(&b'/')).then_some(&[][..]);
        let dirs = || in_root.into_iter().chain(above(path)).map(<[u8]>::to_vec);
        match (old, new) {
            (false, true) => {
                self.adds = true;
                self.added_below.extend(dirs());
                // A file that comes to stand in a directory of the root may be moved along with the root's files.
                self.added_below.insert(Vec::new());
            }
            (true, false) => self.deleted_below.extend(dirs()),
            _ => {}
        }
        self.all.insert(path.to_vec());
    }
}

fn compare(
    (repo, trees): (&Repo, &Trees),
    (old, new): (Option<git2::Oid>, Option<git2::Oid>),
    at: &[u8],
    touched: &mut Touched,
) -> Result<(), GitError> {
    let (old, new) = (trees.read(repo, old)?, trees.read(repo, new)?);
    for (old, new) in differences(&old, &new) {
        let Some(entry) = old.or(new) else { continue };
        let path = if at.is_empty() { entry.name.to_vec() } else { [at, b"/", entry.name].concat() };
        if entry.is_tree() {
            compare((repo, trees), (old.map(|old| old.id), new.map(|new| new.id)), &path, touched)?;
        } else {
            touched.note(&path, old.is_some(), new.is_some());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Touches paths: `+` adds, `-` deletes, `*` changes.
    fn side(words: &[&str]) -> Touched {
        let mut touched = Touched::default();
        for word in words {
            let (how, path) = word.split_at(1);
            touched.note(path.as_bytes(), how != "+", how != "-");
        }
        touched
    }

    fn clean(a: &[&str], b: &[&str]) -> bool {
        let (a, b) = (side(a), side(b));
        assert_eq!(is_certainly_clean(&a, &b), is_certainly_clean(&b, &a));
        is_certainly_clean(&a, &b)
    }

    #[test]
    fn nothing_in_common() {
        assert!(clean(&["*a/x", "*b"], &["*a/y", "+c"]));
        assert!(clean(&["+a/x"], &["+a/y"]));
        assert!(clean(&["-a/x"], &["*a/y", "+b/z"]));
        assert!(clean(&[], &["*a"]));
        assert!(clean(&["*a.b"], &["*a/b", "*a0"]));
    }

    #[test]
    fn a_path_in_common() {
        assert!(!clean(&["*a/x", "*b"], &["*c", "*a/x"]));
        assert!(!clean(&["-a", "+b"], &["*a"]));
    }

    #[test]
    fn a_file_where_the_other_has_a_directory() {
        assert!(!clean(&["+a"], &["+a/x"]));
        assert!(!clean(&["*a/b"], &["*z", "*a/b/c/d"]));
    }

    #[test]
    fn a_directory_that_may_have_moved() {
        assert!(!clean(&["-d/x", "+e/x"], &["+d/new"]));
        assert!(!clean(&["-d/deep/x", "+e/deep/x"], &["+d/new"]));
        assert!(!clean(&["-d/x", "+e/x"], &["+d/deep/new"]));
        assert!(!clean(&["-x", "+e/x"], &["+new"]));
        // Without an addition nothing was renamed.
        assert!(clean(&["-d/x", "*e"], &["+d/new"]));
        assert!(clean(&["-d/x", "+e/x"], &["+f/new"]));
    }
}
