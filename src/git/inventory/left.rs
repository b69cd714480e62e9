//! What the setup of a worktree left in ignored paths: environments, dependencies, builds.

use std::fs::Metadata;

use super::walk::{self, Step};
use crate::domain::copies::Left;
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::GitError;
use crate::git::status::{ignored_by_git, on_disk};

/// How many files are remembered; further ones count as anybody's.
const FILES: usize = 100_000;

/// Lists the ignored files of a worktree as they are, sorted by path. Repositories inside are passed by.
pub fn left(tree: &WorktreePlace, place: &Place) -> Result<Vec<Left>, GitError> {
    let mut files = Vec::new();
    for root in ignored_by_git(tree, place)? {
        match on_disk(&tree.path, &root) {
            Some((_, found)) if found.is_dir() => {
                walk::each(&tree.path, &root, &mut |seen| {
                    if !seen.is_dir && files.len() < FILES {
                        files.push(seen.path.clone());
                    }
                    if seen.name == b".git" { Step::Pass } else { Step::Enter }
                })?;
            }
            Some(_) => files.push(root),
            None => {}
        }
    }
    let mut left: Vec<Left> = files.into_iter().filter_map(|path| as_it_is(tree, path)).collect();
    left.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(left)
}

/// Tells whether a file is as its setup left it. `left` is sorted by path.
pub fn is_as_left(tree: &WorktreePlace, left: &[Left], path: &RepoPath) -> bool {
    let known = left.binary_search_by(|left| left.path.cmp(path)).ok();
    known.is_some_and(|i| as_it_is(tree, path.clone()).as_ref() == Some(&left[i]))
}

fn as_it_is(tree: &WorktreePlace, path: RepoPath) -> Option<Left> {
    let (_, found) = on_disk(&tree.path, &path)?;
    let modified = found.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let modified = i64::try_from(modified.as_nanos()).ok()?;
    Some(Left { path, size: found.len(), modified, changed: changed(&found) })
}

#[cfg(unix)]
fn changed(found: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    found.ctime().saturating_mul(1_000_000_000).saturating_add(found.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_found: &Metadata) -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::status::tests::linked;
    use crate::git::testing::write;

    #[test]
    fn only_what_nobody_touched_is_as_it_was_left() {
        let (test, tree) = linked();
        let put = |path: &str, content: &str| write(&tree.path.join(path), content);
        put(".gitignore", "env/\n*.lock\n");
        for file in ["env/bin/python", "env/lib/a.py", "env/lib/b.py", "new.lock"] {
            put(file, "one\n");
        }
        let left = left(&tree, &test.place()).unwrap();
        assert_eq!(left.len(), 4);
        let is_left = |path: &str| is_as_left(&tree, &left, &RepoPath::from(path));
        assert!(["env/bin/python", "env/lib/a.py", "env/lib/b.py", "new.lock"].into_iter().all(is_left));
        put("env/lib/a.py", "longer\n");
        put("env/more", "mine\n");
        std::fs::remove_file(tree.path.join("env/lib/b.py")).unwrap();
        // As long as before, and its time set back: still another file.
        let lock = tree.path.join("new.lock");
        let modified = lock.metadata().unwrap().modified().unwrap();
        put("new.lock", "two\n");
        std::fs::File::options().write(true).open(&lock).unwrap().set_modified(modified).unwrap();
        assert_eq!(
            ["env/bin/python", "env/lib/a.py", "env/lib/b.py", "env/more", "new.lock"].map(is_left),
            [true, false, false, false, cfg!(not(unix))]
        );
    }
}
