//! A merge in a task's worktree that a person finishes: begun as `git merge` does, ended by `git commit` or
//! `git merge --abort`.

use std::time::Duration;

use super::super::command::{Git, Output};
use super::super::error::GitError;
use super::super::preflight::Needs;
use super::super::progress::{in_progress, wait_for_lock};
use super::super::status::is_missing;
use super::super::worktrees::{read_regular, read_small};
use super::super::{Repo, head_of};
use super::advance::{self, Advance};
use super::owned::Owner;
use crate::domain::merge::Progress;
use crate::domain::name::BranchName;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::{Head, WorktreePlace};

/// How many lines of a refusal are given.
const LINES: usize = 5;

/// A merge in a worktree.
#[derive(Debug, Clone, Copy)]
pub struct Resolve<'a> {
    /// The worktree.
    pub tree: &'a WorktreePlace,
    /// Its branch.
    pub branch: &'a BranchName,
    /// The branch's tip.
    pub head: CommitId,
    /// What is merged.
    pub other: CommitId,
    /// The branch that names it.
    pub into: &'a BranchName,
}

/// What became of a commit that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concluded {
    /// It is made.
    Committed(CommitId),
    /// It was refused, for this reason; everything is as it was.
    Refused(String),
}

impl Resolve<'_> {
    fn git(&self, repo: &Repo, subcommand: &str) -> Git {
        Git::worktree(&repo.place().common_dir, &self.tree.admin, &self.tree.path, subcommand)
            .config("gc.auto", "0")
            .config("maintenance.auto", "false")
    }
}

/// Refuses, with nothing changed, where the merge might overwrite something: whatever differs between the two commits
/// and is uncommitted, untracked or ignored there (git itself would overwrite ignored files); see
/// [`advance::check`] for the errors.
pub fn check(repo: &Repo, resolve: &Resolve<'_>, needs: &Needs) -> Result<(), GitError> {
    let Resolve { tree, head, other, .. } = *resolve;
    advance::check(
        repo,
        &Advance {
            worktree: &tree.path,
            git_dir: &tree.admin,
            old: head,
            new: other,
            needs,
            owner: &Owner::nobody(),
        },
    )
}

/// Merges without committing, so that no hook runs; gives the paths in conflict.
pub fn begin(repo: &Repo, resolve: &Resolve<'_>, needs: &Needs) -> Result<Vec<RepoPath>, GitError> {
    check(repo, resolve, needs)?;
    let message = format!("Merge branch '{}' into {}", resolve.into, resolve.branch);
    let call = resolve
        .git(repo, "merge")
        .args(["-q", "--no-ff", "--no-commit", "--no-squash", "--no-autostash", "-m", &message])
        .arg(name_of(repo, resolve));
    let output = call.output()?;
    match progress(repo, resolve)? {
        Progress::Open(paths) if output.code <= 1 => Ok(paths),
        _ if resolve.tree.admin.join("MERGE_HEAD").exists() => {
            // The branch moved between the look at it and the merge.
            abort(repo, resolve)?;
            let (name, found) = (resolve.into.ref_name(), repo.branch_tip(resolve.into)?);
            Err(GitError::RefMoved { name, expected: Some(resolve.other), found })
        }
        _ => Err(call.failed(&output)),
    }
}

/// Names what is merged so that the markers in the files say it as `git merge BRANCH` would, where that is not something
/// else: a tag, or a commit since.
fn name_of(repo: &Repo, resolve: &Resolve<'_>) -> String {
    let name = resolve.into.as_str();
    let is_it = !name.starts_with('-') && repo.resolve(name).is_ok_and(|found| found == Some(resolve.other));
    if is_it { name.to_owned() } else { resolve.other.to_string() }
}

/// Tells how far a merge has come.
pub fn progress(repo: &Repo, resolve: &Resolve<'_>) -> Result<Progress, GitError> {
    let admin = &resolve.tree.admin;
    if is_missing(resolve.tree) {
        return Ok(Progress::Other("its worktree is not there".to_owned()));
    }
    let (name, tip) = match head_of(admin, repo)? {
        Head::Branch { name, tip } => (name, tip),
        _ => return Ok(Progress::Other(format!("HEAD is not on {}", resolve.branch))),
    };
    if name != *resolve.branch {
        return Ok(Progress::Other(format!("HEAD is on {name}, not on {}", resolve.branch)));
    }
    let merging =
        String::from_utf8_lossy(&read_small(&admin.join("MERGE_HEAD")).unwrap_or_default()).into_owned();
    if tip == resolve.head && merging.trim() == resolve.other.to_string() {
        return Ok(Progress::Open(unmerged(repo, resolve)?));
    }
    if let Some(what) = in_progress(admin) {
        return Ok(Progress::Other(format!("{what} in progress, not the one that windrow began")));
    }
    if tip == resolve.head {
        return Ok(Progress::None);
    }
    let contains = |commit| super::super::history::is_ancestor(repo, commit, tip);
    if contains(resolve.head)? && contains(resolve.other)? {
        return Ok(Progress::Committed(tip));
    }
    Ok(Progress::Other(format!("branch {} has moved since", resolve.branch)))
}

fn unmerged(repo: &Repo, resolve: &Resolve<'_>) -> Result<Vec<RepoPath>, GitError> {
    let out = resolve.git(repo, "diff").args(["--name-only", "--diff-filter=U", "-z"]).run()?;
    let mut paths: Vec<RepoPath> =
        out.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(RepoPath::new).collect();
    paths.dedup();
    Ok(paths)
}

/// Adds the paths that were in conflict as they are now, deleted ones too. Gives those in which git's markers still stand, and adds
/// nothing then.
pub fn stage_solved(
    repo: &Repo,
    tree: &WorktreePlace,
    paths: &[RepoPath],
) -> Result<Vec<RepoPath>, GitError> {
    let open: Vec<RepoPath> = paths.iter().filter(|path| has_markers(&tree.path, path)).cloned().collect();
    if !open.is_empty() || paths.is_empty() {
        return Ok(open);
    }
    let mut add = Git::worktree(&repo.place().common_dir, &tree.admin, &tree.path, "add").args(["-A", "--"]);
    for path in paths {
        let mut literal = std::ffi::OsString::from(":(top,literal)");
        literal.push(path.to_path());
        add = add.arg(literal);
    }
    add.run().map(|_| Vec::new())
}

fn has_markers(root: &std::path::Path, path: &RepoPath) -> bool {
    let content = read_regular(&root.join(path.to_path())).unwrap_or_default();
    let begins = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    content.split(|byte| *byte == b'\n').any(begins)
}

/// Commits what is staged, as `git merge --continue` does, with the message that `git merge` prepared: hooks run, and
/// signing and hooks together may take `limit`.
pub fn conclude(repo: &Repo, resolve: &Resolve<'_>, limit: Duration) -> Result<Concluded, GitError> {
    let call = resolve
        .git(repo, "commit")
        .args(["-q", "--no-edit", "--cleanup=strip"])
        .env("GIT_EDITOR", "true")
        .with_hooks()
        .timeout(limit);
    let output = call.output();
    let now = head_of(&resolve.tree.admin, repo)?.commit();
    if let Some(commit) = now.filter(|now| *now != resolve.head) {
        return Ok(Concluded::Committed(commit));
    }
    match output {
        Ok(output) => Ok(Concluded::Refused(words(&output))),
        Err(error @ GitError::TimedOut { .. }) => Ok(Concluded::Refused(error.to_string())),
        Err(error) => Err(error),
    }
}

fn words(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let all = output.stderr.lines().chain(stdout.lines());
    let lines: Vec<&str> = all.filter(|line| !line.trim().is_empty()).take(LINES).collect();
    if lines.is_empty() { format!("git ended with exit {}", output.code) } else { lines.join("\n") }
}

/// Ends a merge that was begun: index and tracked files are again as in `head`.
pub fn abort(repo: &Repo, resolve: &Resolve<'_>) -> Result<(), GitError> {
    wait_for_lock(&resolve.tree.admin.join("index.lock"))?;
    resolve.git(repo, "merge").arg("--abort").run().map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::TestRepo;
    use super::*;

    struct Setting {
        test: TestRepo,
        tree: WorktreePlace,
        branch: BranchName,
        into: BranchName,
    }

    impl Setting {
        /// main and the worktree's branch differ in `file`; main adds `added`.
        fn new() -> Self {
            let test = TestRepo::with_commit();
            test.write(".gitignore", "*.log\n");
            test.commit_all("ignore");
            test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
            let root = test.dir().join("w");
            std::fs::write(root.join("file"), "theirs\n").unwrap();
            test.commit_all_in(&root, "theirs");
            test.write("file", "ours\n");
            test.write("added", "1\n");
            test.commit_all("ours");
            let tree = WorktreePlace { path: root, admin: test.path().join(".git/worktrees/w") };
            Self { test, tree, branch: "w".parse().unwrap(), into: "main".parse().unwrap() }
        }

        fn resolve(&self) -> Resolve<'_> {
            let (head, other) = (self.test.rev("w"), self.test.rev("main"));
            Resolve { tree: &self.tree, branch: &self.branch, head, other, into: &self.into }
        }

        fn status(&self) -> String {
            self.test.git_in(&self.tree.path, &["status", "--porcelain", "--ignored"])
        }
    }

    #[test]
    fn begun_aborted_begun_and_committed() {
        let setting = Setting::new();
        let (repo, needs, resolve) = (setting.test.repo(), Needs::default(), setting.resolve());
        assert_eq!(progress(&repo, &resolve).unwrap(), Progress::None);
        assert_eq!(begin(&repo, &resolve, &needs).unwrap(), [RepoPath::from("file")]);
        let text = std::fs::read_to_string(setting.tree.path.join("file")).unwrap();
        assert!(text.contains("<<<<<<< HEAD\ntheirs\n"), "{text}");
        assert!(matches!(begin(&repo, &resolve, &needs), Err(GitError::InProgress { .. })));
        assert!(matches!(conclude(&repo, &resolve, Duration::from_secs(60)).unwrap(), Concluded::Refused(_)));
        abort(&repo, &resolve).unwrap();
        assert_eq!((progress(&repo, &resolve).unwrap(), setting.status()), (Progress::None, String::new()));
        begin(&repo, &resolve, &needs).unwrap();
        std::fs::write(setting.tree.path.join("file"), "both\n").unwrap();
        setting.test.git_in(&setting.tree.path, &["add", "file"]);
        assert_eq!(progress(&repo, &resolve).unwrap(), Progress::Open(Vec::new()));
        let concluded = conclude(&repo, &resolve, Duration::from_secs(60)).unwrap();
        let tip = setting.test.rev("w");
        assert_eq!(concluded, Concluded::Committed(tip));
        assert_eq!(progress(&repo, &resolve).unwrap(), Progress::Committed(tip));
        let message = setting.test.git(&["log", "-1", "--format=%B", "w"]);
        assert_eq!(message.trim(), "Merge branch 'main' into w");
        assert_eq!(
            setting.test.git(&["rev-parse", "w^1", "w^2"]),
            format!("{}\n{}", resolve.head, resolve.other)
        );
        setting.test.assert_sound();
    }

    #[test]
    fn an_ignored_file_in_the_way_is_not_overwritten() {
        let setting = Setting::new();
        setting.test.write("x.log", "tracked\n");
        setting.test.git(&["add", "-f", "x.log"]);
        setting.test.commit_all("log");
        std::fs::write(setting.tree.path.join("x.log"), "mine\n").unwrap();
        let refused = begin(&setting.test.repo(), &setting.resolve(), &Needs::default()).unwrap_err();
        assert!(
            matches!(&refused, GitError::WouldOverwrite { paths, .. } if *paths == [RepoPath::from("x.log")]),
            "{refused}"
        );
        assert_eq!(setting.status(), "!! x.log");
    }

    #[test]
    fn what_somebody_else_does_there_is_told_apart() {
        let setting = Setting::new();
        let (repo, resolve) = (setting.test.repo(), setting.resolve());
        setting.test.commit_all_in(&setting.tree.path, "moved");
        std::fs::write(setting.tree.path.join("more"), "1\n").unwrap();
        setting.test.commit_all_in(&setting.tree.path, "moved");
        let moved = Progress::Other("branch w has moved since".to_owned());
        assert_eq!(progress(&repo, &resolve).unwrap(), moved);
        setting.test.git_in(&setting.tree.path, &["checkout", "-q", "--detach"]);
        assert!(matches!(progress(&repo, &resolve).unwrap(), Progress::Other(_)));
    }
}
