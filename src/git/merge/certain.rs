//! Merges whose outcome is certain without merging: what two sides touch has nothing to do with each other.
//!
//! With a single merge base, `git merge` can fail only where both sides touch a path, where a path of one side stands
//! where the other has a directory, or where one side may have renamed a directory into which the other adds a file
//! (git's merge-ort: a renamed directory takes along what the other side puts there). A rename is a deletion and an
//! addition here, so that no similarity has to be computed: a file that is renamed on one side and changed on the other
//! is touched by both. What is not certain is merged by git.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::GitError;
use super::super::{Repo, convert};
use super::trees::{Trees, differences};
use crate::domain::oid::TreeId;

type Bytes = Vec<u8>;

/// The paths that a side touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// All of them, and whether the path is there before and after: changed, not added or deleted.
    all: BTreeMap<Bytes, bool>,
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
    few.all.keys().all(|path| !many.all.contains_key(path))
        && !stand_in_the_way(few, many)
        && !may_move(a, b)
        && !may_move(b, a)
}

/// Tells whether merging sides one after the other onto the first is certain to go through; all of them have one merge base, and
/// no commit in common but its history. `goes` says of two, by index, the earlier first, that merging them does.
///
/// Where a side changes a path that exactly one before it changes, and neither adds or deletes it, that path has in all that was
/// merged the content that it has in that one side, and no rename of anybody's can lead there or away: what is known of the two
/// decides. In everything else it has to be apart from all before it taken together; so the merges never touch a path that no side
/// touched. No file of attributes may change, as these hold for all paths.
pub fn go_together(sides: &[Touched], goes: impl Fn(usize, usize) -> bool) -> bool {
    let mut all = Touched::default();
    for (next, side) in sides.iter().enumerate() {
        if stand_in_the_way(side, &all) || may_move(side, &all) || may_move(&all, side) {
            return false;
        }
        for (path, changed) in &side.all {
            if path.rsplit(|byte| *byte == b'/').next() == Some(b".gitattributes") {
                return false;
            }
            let mut before = (0..next).filter(|i| sides[*i].all.contains_key(path));
            match (before.next(), before.next()) {
                (None, _) => {}
                (Some(one), None) if *changed && sides[one].all[path] && goes(one, next) => {}
                _ => return false,
            }
        }
        all.join(side);
    }
    true
}

/// Tells whether a path of one side stands where the other has a directory.
fn stand_in_the_way(a: &Touched, b: &Touched) -> bool {
    a.all.keys().any(|path| is_above(path, &b.all) || above(path).any(|dir| b.all.contains_key(dir)))
}

/// Tells whether one of the paths is below `dir`.
fn is_above(dir: &[u8], paths: &BTreeMap<Bytes, bool>) -> bool {
    let below = [dir, b"/"].concat();
    paths.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
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
    /// Tells whether the side changes nothing.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

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
        self.all.insert(path.to_vec(), old && new);
    }

    fn join(&mut self, other: &Self) {
        for (path, changed) in &other.all {
            let all = self.all.entry(path.clone()).or_insert(true);
            *all = *all && *changed;
        }
        self.added_below.extend(other.added_below.iter().cloned());
        self.deleted_below.extend(other.deleted_below.iter().cloned());
        self.adds = self.adds || other.adds;
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
    fn one_after_the_other() {
        let together = |sides: &[&[&str]], goes: bool| {
            let sides: Vec<Touched> = sides.iter().map(|words| side(words)).collect();
            go_together(&sides, |_, _| goes)
        };
        assert!(together(&[&["*a", "*b"], &["*b", "*c"], &["*c"], &["+d/x"]], true));
        assert!(!together(&[&["*a", "*b"], &["*b", "*c"]], false));
        assert!(together(&[&["*a"], &["*b"]], false));
        // Three at one path.
        assert!(!together(&[&["*a"], &["*a"], &["*a"]], true));
        // One of the two that change it has it no more.
        assert!(!together(&[&["-a", "+b"], &["*a"]], true));
        // Two together look like a directory that was renamed.
        assert!(!together(&[&["-d/x"], &["+e/x"], &["+d/new"]], true));
        assert!(!together(&[&["*.gitattributes"], &["*a"]], true));
        assert!(!together(&[&["+a/b"], &["*c"], &["+a"]], true));
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
