//! Filling a registered worktree: files, index, uncommitted changes, the `post-checkout` hook.
//!
//! Runs without a lock and beside others of its kind: it touches the one worktree and its administrative directory.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use git2::build::CheckoutBuilder;
use git2::{CheckoutNotificationType, ErrorCode, ObjectType, Oid};

use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::{RepoPath, bytes_to_path, path_bytes};
use crate::domain::place::{Place, WorktreePlace};
use crate::git::command::{Git, LOCAL_VARIABLES};
use crate::git::convert::oid;
use crate::git::preflight::{Needs, is_executable};
use crate::git::worktrees::read_link;
use crate::git::{GitError, Repo};

/// Fills a worktree that holds nothing but its `.git` file with the files of `at`, and its index. `overlay` is a tree
/// whose differences from `at` are put into the files alone, deletions too; a file that is neither as in `at` nor as
/// in `overlay` is [`GitError::WouldOverwrite`].
///
/// A worktree that has an index was filled before, since the index is written last: its files stay as they are.
pub fn checkout(
    place: &Place,
    tree: &WorktreePlace,
    at: CommitId,
    overlay: Option<TreeId>,
    needs: &Needs,
) -> Result<(), GitError> {
    let link = read_link(&place.common_dir, &tree.admin);
    if !link.joins(&tree.path) {
        let what = link.broken.unwrap_or_else(|| "it is not registered".to_owned());
        return Err(GitError::NotOurs { path: tree.path.clone(), what });
    }
    let repo = Repo::open(place)?;
    let base = repo.tree_of(at)?;
    let is_filled = tree.admin.join("index").exists();
    let with_git = |id| Ok::<_, GitError>(needs.git_for_files_of(&repo, id)?.is_some());
    if !is_filled {
        if with_git(base)? {
            fill_by_git(place, tree, at)?;
        } else if !fill_plainly(&repo, tree, base)? {
            fill(tree, at)?;
        }
    }
    match overlay.filter(|overlay| *overlay != base) {
        None => Ok(()),
        Some(overlay) if with_git(base)? || with_git(overlay)? => overlay_by_git(place, tree, base, overlay),
        Some(overlay) => overlay_files(tree, overlay),
    }
}

/// Makes a worktree of ours hold another commit, HEAD detached: files that differ are written, those that are neither tracked nor
/// ignored are removed. Whatever was changed there is lost, and a merge that it was in the middle of is given up.
///
/// `git checkout` would lock `packed-refs` to delete a ref of a merge in progress, and leave the lock when it is killed.
pub fn switch(place: &Place, tree: &WorktreePlace, at: CommitId) -> Result<(), GitError> {
    let call = |subcommand| Git::worktree(&place.common_dir, &tree.admin, &tree.path, subcommand);
    for name in MIDDLE {
        let path = tree.admin.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(GitError::io("remove", &path)(error));
            }
            _ => {}
        }
    }
    fill_by_git(place, tree, at)?;
    call("update-ref").args(["--no-deref", "HEAD", &at.to_string()]).run()?;
    call("clean").args(["-f", "-d", "-q"]).run().map(drop)
}

/// The files that git keeps in a worktree's administrative directory while it is in the middle of a merge or a pick.
const MIDDLE: [&str; 8] = [
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "MERGE_RR",
    "SQUASH_MSG",
    "AUTO_MERGE",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
];

#[cfg(unix)]
use super::fill::fill as fill_plainly;

/// Where libgit2 alone fills worktrees.
#[cfg(not(unix))]
const fn fill_plainly(_: &Repo, _: &WorktreePlace, _: TreeId) -> Result<bool, GitError> {
    Ok(false)
}

fn fill(tree: &WorktreePlace, at: CommitId) -> Result<(), GitError> {
    let failed = |source| GitError::worktree("check out", &tree.path, source);
    let raw = git2::Repository::open(&tree.path).map_err(failed)?;
    let commit = raw.find_commit(oid(at)).map_err(failed)?;
    let mut options = CheckoutBuilder::new();
    // Nothing of anyone's is there yet; files of an interrupted checkout are written anew. What would be converted on
    // the way out here is left to git; to look for attributes of every file takes a quarter of the time.
    options.force().disable_filters(cfg!(unix));
    raw.checkout_tree(commit.as_object(), Some(&mut options)).map_err(failed)
}

/// `read-tree` moves no ref and writes no `ORIG_HEAD`; patterns of a sparse checkout, filters and missing objects of a
/// partial clone are handled as in `git worktree add`, which resets the new worktree with the same code.
fn fill_by_git(place: &Place, tree: &WorktreePlace, at: CommitId) -> Result<(), GitError> {
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "read-tree");
    call.args(["--reset", "-u", "--no-recurse-submodules", &at.to_string()]).run().map(drop)
}

/// libgit2 takes the tree of HEAD for what the files are expected to be; the index serves as a cache of their hashes.
fn overlay_files(tree: &WorktreePlace, overlay: TreeId) -> Result<(), GitError> {
    let failed = |source| GitError::worktree("change files of", &tree.path, source);
    let raw = git2::Repository::open(&tree.path).map_err(failed)?;
    let overlay = raw.find_tree(oid(overlay)).map_err(failed)?;
    let mut paths = Vec::new();
    let outcome = {
        let mut options = CheckoutBuilder::new();
        options.safe().update_index(false).notify_on(CheckoutNotificationType::CONFLICT);
        options.notify(|_, path, _, _, _| {
            paths.extend(path.map(ToOwned::to_owned));
            true
        });
        raw.checkout_tree(overlay.as_object(), Some(&mut options))
    };
    match outcome {
        Err(error) if error.code() == ErrorCode::Conflict => {}
        outcome => return outcome.map_err(failed),
    }
    // New files of an interrupted overlay stand in the way of its repetition.
    paths.retain(|path| !is_written(tree, &overlay, path));
    if paths.is_empty() {
        let mut options = CheckoutBuilder::new();
        options.safe().update_index(false).allow_conflicts(true);
        return raw.checkout_tree(overlay.as_object(), Some(&mut options)).map_err(failed);
    }
    let paths = paths.iter().map(|path| RepoPath::new(path_bytes(path))).collect();
    Err(GitError::WouldOverwrite { worktree: tree.path.clone(), paths })
}

/// Tells whether a file has the content that a tree has for it.
fn is_written(tree: &WorktreePlace, overlay: &git2::Tree<'_>, path: &Path) -> bool {
    let on_disk = tree.path.join(path);
    let is_file = std::fs::symlink_metadata(&on_disk).is_ok_and(|kind| kind.is_file());
    let wanted = overlay.get_path(path).map(|entry| entry.id());
    is_file
        && wanted.is_ok_and(|wanted| Oid::hash_file(ObjectType::Blob, &on_disk).is_ok_and(|id| id == wanted))
}

/// Switches the files from one tree to another with a copy of the index that is thrown away. A second time after an
/// interruption it fails and changes nothing.
fn overlay_by_git(
    place: &Place,
    tree: &WorktreePlace,
    base: TreeId,
    overlay: TreeId,
) -> Result<(), GitError> {
    let index = tree.admin.join("index");
    let copied = tempfile::Builder::new().prefix("windrow-index-").tempfile_in(&tree.admin);
    let copy = copied.map_err(GitError::io("create a file in", &tree.admin))?.into_temp_path();
    std::fs::copy(&index, &copy).map_err(GitError::io("copy", &index))?;
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "read-tree");
    let call = call.env("GIT_INDEX_FILE", &copy).args(["-m", "-u", "--no-recurse-submodules"]);
    call.args([base.to_string(), overlay.to_string()]).run().map(drop)
}

/// Runs the `post-checkout` hook as `git worktree add` does: at the root, old id zeros, flag 1, without any variable that
/// names a repository; `git hook run` would set `GIT_DIR`. Gives the text of a failure, which undoes nothing.
pub fn run_post_checkout(tree: &WorktreePlace, at: CommitId) -> Result<Option<String>, GitError> {
    let told =
        Git::at(&tree.path, "rev-parse").args(["--git-path", "hooks/post-checkout"]).with_hooks().run()?;
    let hook = tree.path.join(bytes_to_path(told.strip_suffix(b"\n").unwrap_or(&told)));
    if !is_executable(&hook) {
        return Ok(None);
    }
    let spawned = match run_hook(Command::new(&hook), tree, at) {
        // A script without a `#!` line: git leaves it to the shell.
        Err(error) if cfg!(not(unix)) || error.raw_os_error() == Some(8) => {
            let mut shell = Command::new("sh");
            shell.arg(&hook);
            run_hook(shell, tree, at)
        }
        outcome => outcome,
    };
    let output = match spawned {
        Ok(output) => output,
        Err(error) => return Ok(Some(format!("the post-checkout hook cannot be run: {error}"))),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.trim().chars().take(2000).collect();
    Ok((!output.status.success())
        .then(|| format!("the post-checkout hook failed ({}): {said}", output.status)))
}

/// Runs the `post-merge` hook at the root of a worktree, as `git merge` does. Gives the text of a failure, which undoes
/// nothing.
pub fn run_post_merge(
    repo: &Repo,
    (root, git_dir): (&Path, &Path),
    squash: bool,
) -> Result<Option<String>, GitError> {
    let output = Git::worktree(&repo.place().common_dir, git_dir, root, "hook")
        .args(["run", "--ignore-missing", "post-merge", "--", if squash { "1" } else { "0" }])
        .with_hooks()
        .output()?;
    let said: String = output.stderr.trim().chars().take(2000).collect();
    Ok((output.code != 0).then(|| format!("exit {}: {said}", output.code)))
}

fn run_hook(mut command: Command, tree: &WorktreePlace, at: CommitId) -> io::Result<Output> {
    LOCAL_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    let zeros = CommitId::from_bytes([0; 20]);
    command.args([zeros.to_string(), at.to_string(), "1".to_owned()]);
    command.current_dir(&tree.path).stdin(Stdio::null()).output()
}

#[cfg(test)]
mod tests {
    use super::super::create::tests::{assert_same_files, listing, start};
    use super::*;
    use crate::git::testing::{TestRepo, write};

    /// Makes one worktree with the code under test and one with git, and gives both.
    fn both(test: &TestRepo) -> (WorktreePlace, std::path::PathBuf) {
        let ours = start(&test.place(), &test.dir(), "ours", "main");
        let gits = test.dir().join("gits");
        test.git(&["worktree", "add", "-q", gits.to_str().unwrap(), "-b", "gits"]);
        (ours, gits)
    }

    fn assert_as_git(test: &TestRepo) -> WorktreePlace {
        let (ours, gits) = both(test);
        assert_same_files(&ours.path, &gits);
        assert_eq!(test.git_in(&ours.path, &["status", "--porcelain"]), "");
        assert_eq!(
            test.git_in(&ours.path, &["ls-files", "-s", "-t"]),
            test.git_in(&gits, &["ls-files", "-s", "-t"])
        );
        assert_eq!(test.git_in(&ours.path, &["rev-parse", "HEAD"]), test.git(&["rev-parse", "main"]));
        test.assert_sound();
        ours
    }

    #[test]
    fn a_filter_driver_runs() {
        let test = TestRepo::new();
        for end in ["clean", "smudge"] {
            test.git(&["config", &format!("filter.rot13.{end}"), "tr A-Za-z N-ZA-Mn-za-m"]);
        }
        test.write("sub/.gitattributes", "*.secret filter=rot13\n");
        test.write("sub/a.secret", "Hello\n");
        test.commit_all("filtered");
        let ours = assert_as_git(&test);
        assert_eq!(std::fs::read(ours.path.join("sub/a.secret")).unwrap(), b"Hello\n");
        assert_eq!(test.git(&["show", "main:sub/a.secret"]), "Uryyb");
    }

    #[test]
    fn attributes_of_the_start_point_count_also_where_the_main_worktree_has_none() {
        let test = TestRepo::with_commit();
        test.git(&["config", "filter.up.smudge", "tr a-z A-Z"]);
        test.git(&["checkout", "-q", "-b", "other"]);
        test.write(".gitattributes", "file filter=up\n");
        test.commit_all("attributes");
        test.git(&["checkout", "-q", "main"]);
        assert_eq!(Needs::of(&test.repo()).unwrap().git_for_files, None);
        let tree = start(&test.place(), &test.dir(), "up", "other");
        assert_eq!(std::fs::read(tree.path.join("file")).unwrap(), b"ONE\n");
    }

    #[test]
    fn encodings_line_ends_and_keywords_are_as_git_writes_them() {
        let test = TestRepo::new();
        test.write(".gitattributes", "*.crlf eol=crlf\n*.u16 working-tree-encoding=UTF-16LE\n*.id ident\n");
        test.write("a.crlf", "one\r\ntwo\r\n");
        test.write("a.u16", [b'h', 0, b'i', 0, b'\n', 0]);
        test.write("a.id", "$Id$\n");
        test.commit_all("attributes");
        let ours = assert_as_git(&test);
        assert_eq!(std::fs::read(ours.path.join("a.u16")).unwrap(), [b'h', 0, b'i', 0, b'\n', 0]);
        assert_eq!(std::fs::read(ours.path.join("a.crlf")).unwrap(), b"one\r\ntwo\r\n");
    }

    #[test]
    fn autocrlf_is_honoured() {
        let test = TestRepo::with_commit();
        test.git(&["config", "core.autocrlf", "true"]);
        let ours = assert_as_git(&test);
        assert_eq!(std::fs::read(ours.path.join("file")).unwrap(), b"one\r\n");
    }

    #[test]
    fn a_sparse_checkout_is_taken_over() {
        let test = TestRepo::with_commit();
        test.write("in/a", "a");
        test.write("out/b", "b");
        test.commit_all("dirs");
        test.git(&["sparse-checkout", "set", "--cone", "in"]);
        let ours = assert_as_git(&test);
        assert!(ours.path.join("in/a").exists() && !ours.path.join("out").exists());
        for file in ["info/sparse-checkout", "config.worktree"] {
            let read = |name: &str| {
                std::fs::read(test.place().common_dir.join("worktrees").join(name).join(file)).unwrap()
            };
            assert_eq!(read("ours"), read("gits"), "{file}");
        }
    }

    #[test]
    fn the_main_worktrees_own_place_is_not_taken_over() {
        let test = TestRepo::with_commit();
        test.git(&["config", "extensions.worktreeConfig", "true"]);
        test.git(&["config", "--worktree", "core.bare", "false"]);
        test.git(&["config", "--worktree", "core.worktree", test.path().to_str().unwrap()]);
        test.git(&["config", "--worktree", "user.nick", "x"]);
        let ours = assert_as_git(&test);
        let own = ours.admin.join("config.worktree");
        let own = own.to_str().unwrap();
        assert_eq!(test.git(&["config", "--file", own, "--list"]), "user.nick=x");
    }

    #[test]
    fn split_index_and_submodules_are_as_git_has_them() {
        let test = TestRepo::with_commit();
        test.git(&["config", "core.splitIndex", "true"]);
        let commit = test.rev("HEAD").to_string();
        test.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},module")]);
        test.git(&["commit", "-q", "-m", "a submodule"]);
        assert!(Needs::of(&test.repo()).unwrap().git_for_files.is_some());
        let ours = assert_as_git(&test);
        assert!(ours.path.join("module").is_dir());
    }

    #[test]
    fn a_submodule_is_an_empty_directory_without_git_too() {
        let test = TestRepo::with_commit();
        let commit = test.rev("HEAD").to_string();
        test.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},module")]);
        test.git(&["commit", "-q", "-m", "a submodule"]);
        assert_eq!(Needs::of(&test.repo()).unwrap().git_for_files, None);
        assert_as_git(&test);
    }

    #[test]
    fn missing_objects_of_a_partial_clone_are_fetched() {
        let test = TestRepo::with_commit();
        test.write("big", "content\n");
        test.commit_all("big");
        test.git(&["config", "uploadpack.allowFilter", "true"]);
        let (clone, url) = (test.dir().join("clone"), format!("file://{}", test.path().display()));
        let options = ["clone", "-q", "--no-checkout", "--filter=blob:none", &url];
        test.git(&[options.as_slice(), &[clone.to_str().unwrap()]].concat());
        let place = Repo::discover(&clone).unwrap().place().clone();
        let tree = start(&place, &test.dir(), "x", "HEAD");
        assert_eq!(std::fs::read(tree.path.join("big")).unwrap(), b"content\n");
        assert_eq!(test.git_in(&tree.path, &["status", "--porcelain"]), "");
    }

    #[test]
    fn a_filled_worktree_is_left_alone() {
        let test = TestRepo::with_commit();
        let tree = start(&test.place(), &test.dir(), "x", "main");
        write(&tree.path.join("file"), "work");
        checkout(&test.place(), &tree, test.rev("main"), None, &Needs::default()).unwrap();
        assert_eq!(std::fs::read(tree.path.join("file")).unwrap(), b"work");
        // An interrupted one has files but no index.
        std::fs::remove_file(tree.admin.join("index")).unwrap();
        checkout(&test.place(), &tree, test.rev("main"), None, &Needs::default()).unwrap();
        assert_eq!(std::fs::read(tree.path.join("file")).unwrap(), b"one\n");
        assert_eq!(test.git_in(&tree.path, &["status", "--porcelain"]), "");
    }

    #[test]
    fn an_unregistered_directory_is_refused() {
        let test = TestRepo::with_commit();
        let tree = start(&test.place(), &test.dir(), "x", "main");
        let foreign = test.dir().join("foreign");
        test.git(&["init", "-q", foreign.to_str().unwrap()]);
        write(&foreign.join("file"), "precious");
        let tree = WorktreePlace { path: foreign.clone(), ..tree };
        let error = checkout(&test.place(), &tree, test.rev("main"), None, &Needs::default()).unwrap_err();
        assert!(matches!(error, GitError::NotOurs { .. }));
        assert_eq!(std::fs::read(foreign.join("file")).unwrap(), b"precious");
    }

    /// A repository on `main`, and a tree in which one file is changed, one is deleted, one is new.
    fn overlaid() -> (TestRepo, TreeId) {
        let test = TestRepo::with_commit();
        test.write("gone", "x");
        test.write("kept", "x");
        test.commit_all("base");
        let base = test.rev("HEAD");
        test.write("file", "uncommitted\n");
        test.write("new/file", "untracked\n");
        std::fs::remove_file(test.path().join("gone")).unwrap();
        let commit = test.commit_all("snapshot");
        test.git(&["reset", "-q", "--hard", &base.to_string()]);
        let tree = test.repo().tree_of(commit).unwrap();
        (test, tree)
    }

    #[test]
    fn an_overlay_is_uncommitted_and_unstaged() {
        let by_git = Needs { git_for_files: Some("a test".into()), ..Needs::default() };
        for needs in [Needs::default(), by_git] {
            let (test, overlay) = overlaid();
            let tree = start(&test.place(), &test.dir(), "x", "main");
            let put = || checkout(&test.place(), &tree, test.rev("main"), Some(overlay), &needs);
            put().unwrap();
            let status = test.git_in(&tree.path, &["status", "--porcelain", "-uall"]);
            assert_eq!(status, " M file\n D gone\n?? new/file");
            assert_eq!(std::fs::read(tree.path.join("file")).unwrap(), b"uncommitted\n");
            // Repeated after an interruption it changes nothing; where someone worked, it is refused.
            let before = listing(&tree.path);
            if needs.git_for_files.is_none() {
                put().unwrap();
                assert_eq!(listing(&tree.path), before);
                write(&tree.path.join("file"), "work");
                assert!(matches!(put(), Err(GitError::WouldOverwrite { .. })));
            } else {
                write(&tree.path.join("file"), "work");
                put().unwrap_err();
            }
            assert_eq!(std::fs::read(tree.path.join("file")).unwrap(), b"work");
            assert!(
                std::fs::read_dir(&tree.admin)
                    .unwrap()
                    .flatten()
                    .all(|entry| { !entry.file_name().to_string_lossy().starts_with("windrow-index") })
            );
            test.assert_sound();
        }
    }

    #[cfg(unix)]
    fn hook(test: &TestRepo, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = test.path().join(".git/hooks/post-checkout");
        write(&path, format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_hook_runs_as_under_git() {
        let test = TestRepo::with_commit();
        // `git worktree add` hands on neither GIT_DIR nor GIT_WORK_TREE.
        let script = "{ echo $1 $2 $3; basename $PWD | tr og xx; env | grep -c '^GIT_\\(DIR\\|WORK_TREE\\|COMMON_DIR\\)='; true; } > seen";
        hook(&test, script);
        let needs = Needs::of(&test.repo()).unwrap();
        assert!(needs.post_checkout);
        let gits = test.dir().join("g");
        test.git(&["worktree", "add", "-q", gits.to_str().unwrap(), "-b", "gits"]);
        let ours = start(&test.place(), &test.dir(), "o", "main");
        assert!(!ours.path.join("seen").exists());
        assert_eq!(run_post_checkout(&ours, test.rev("main")).unwrap(), None);
        let seen = |root: &Path| std::fs::read_to_string(root.join("seen")).unwrap();
        assert_eq!(seen(&ours.path), seen(&gits));
        assert!(seen(&ours.path).starts_with("0000"));
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_hook_is_told_and_a_missing_one_is_not() {
        let test = TestRepo::with_commit();
        let tree = start(&test.place(), &test.dir(), "x", "main");
        assert_eq!(run_post_checkout(&tree, test.rev("main")).unwrap(), None);
        hook(&test, "echo no lock file >&2; exit 3");
        let told = run_post_checkout(&tree, test.rev("main")).unwrap().unwrap();
        assert!(told.contains("no lock file") && told.contains("3"), "{told}");
        write(&test.path().join(".git/hooks/post-checkout"), "echo without a line >&2; exit 1\n");
        let told = run_post_checkout(&tree, test.rev("main")).unwrap().unwrap();
        assert!(told.contains("without a line"), "{told}");
    }
}
