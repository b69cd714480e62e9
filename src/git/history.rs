//! The graph of commits, walked through the handle at the common dir: a handle in a linked worktree does not see
//! that the repository is shallow.

use crate::domain::name::BranchName;
use crate::domain::oid::CommitId;
use crate::domain::status::Integrated;

use super::{GitError, Repo, convert};

/// What is shown of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: CommitId,
    /// The first paragraph of its message in one line; bytes that are not UTF-8 are replaced.
    pub summary: String,
    /// The author's name; bytes that are not UTF-8 are replaced.
    pub author: String,
    /// The committer's time, in seconds since 1970 UTC.
    pub time: i64,
}

/// Gives the best common ancestor of two commits; nothing if they have none.
pub fn merge_base(repo: &Repo, a: CommitId, b: CommitId) -> Result<Option<CommitId>, GitError> {
    both(repo, a, b)?;
    match repo.raw().merge_base(convert::oid(a), convert::oid(b)) {
        Ok(base) => Ok(Some(convert::commit_id(base))),
        Err(error) if error.code() == git2::ErrorCode::NotFound && walks(repo, &[a, b])? => Ok(None),
        Err(error) => Err(GitError::object("the ancestors of", a, error)),
    }
}

/// Gives all best common ancestors of two commits: several where branches were merged crosswise, none without a common history.
pub fn merge_bases(repo: &Repo, a: CommitId, b: CommitId) -> Result<Vec<CommitId>, GitError> {
    both(repo, a, b)?;
    match repo.raw().merge_bases(convert::oid(a), convert::oid(b)) {
        Ok(bases) => Ok(bases.iter().map(|base| convert::commit_id(*base)).collect()),
        Err(error) if error.code() == git2::ErrorCode::NotFound && walks(repo, &[a, b])? => Ok(Vec::new()),
        Err(error) => Err(GitError::object("the ancestors of", a, error)),
    }
}

/// Gives the branch that a branch's upstream is: the local one, or the name that it has at the remote.
pub fn upstream_branch(repo: &Repo, branch: &BranchName) -> Result<Option<BranchName>, GitError> {
    let failed = |source| GitError::reference("find the upstream of", &branch.ref_name(), source);
    let config = repo.raw().config().and_then(|mut config| config.snapshot()).map_err(failed)?;
    let merge = config.get_str(&format!("branch.{branch}.merge")).ok();
    Ok(merge.and_then(|name| name.strip_prefix("refs/heads/")).and_then(|name| name.parse().ok()))
}

/// Tells whether a branch is a default one: that of a remote as it was last fetched (`refs/remotes/ORIGIN/HEAD`), or what HEAD of a
/// bare repository names. It is nobody's to delete.
pub fn is_default_branch(repo: &Repo, branch: &BranchName) -> Result<bool, GitError> {
    let failed = |source| GitError::reference("read", "refs/remotes/", source);
    let names = |head: Result<git2::Reference<'_>, git2::Error>, prefix: &str| {
        let target = head.ok().and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned));
        target.is_some_and(|target| target.strip_prefix(prefix) == Some(branch.as_str()))
    };
    if repo.place().main_worktree.is_none() && names(repo.raw().find_reference("HEAD"), "refs/heads/") {
        return Ok(true);
    }
    for head in repo.raw().references_glob("refs/remotes/*/HEAD").map_err(failed)? {
        let head = head.map_err(failed)?;
        let name = String::from_utf8_lossy(head.name_bytes()).into_owned();
        let remote = name.strip_suffix("HEAD").unwrap_or_default().to_owned();
        if names(Ok(head), &remote) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Counts the commits of `tip` that `base` lacks, and those of `base` that `tip` lacks.
pub fn ahead_behind(repo: &Repo, tip: CommitId, base: CommitId) -> Result<(u32, u32), GitError> {
    both(repo, tip, base)?;
    let counts = repo.raw().graph_ahead_behind(convert::oid(tip), convert::oid(base));
    let (ahead, behind) = counts.map_err(|source| GitError::object("the ancestors of", tip, source))?;
    Ok((to_u32(ahead), to_u32(behind)))
}

/// Tells whether a commit is another one or an ancestor of it.
pub fn is_ancestor(repo: &Repo, ancestor: CommitId, of: CommitId) -> Result<bool, GitError> {
    both(repo, ancestor, of)?;
    if ancestor == of {
        return Ok(true);
    }
    let found = repo.raw().graph_descendant_of(convert::oid(of), convert::oid(ancestor));
    found.map_err(|source| GitError::object("the ancestors of", of, source))
}

/// Lists the commits that `to` has and `from` lacks, children before parents, at most `limit`.
pub fn commits(repo: &Repo, from: CommitId, to: CommitId, limit: usize) -> Result<Vec<CommitInfo>, GitError> {
    both(repo, from, to)?;
    walk(repo, to, &[from])?.take(limit).map(|id| info(repo, id?)).collect()
}

/// Lists the ids of the commits that `to` has and `from` lacks; none if they are more than `limit`.
pub fn ids(
    repo: &Repo,
    from: CommitId,
    to: CommitId,
    limit: usize,
) -> Result<Option<Vec<CommitId>>, GitError> {
    let ids: Result<Vec<CommitId>, GitError> = walk(repo, to, &[from])?.take(limit + 1).collect();
    Ok(Some(ids?).filter(|ids| ids.len() <= limit))
}

/// Counts the commits that `to` has and `from` lacks.
pub fn commits_count(repo: &Repo, from: CommitId, to: CommitId) -> Result<u32, GitError> {
    both(repo, from, to)?;
    let ids: Result<Vec<CommitId>, GitError> = walk(repo, to, &[from])?.collect();
    Ok(to_u32(ids?.len()))
}

/// Lists the commits of a branch's tip that the base lacks; without a base, those that no other local branch and no
/// remote-tracking branch holds. Children come before parents.
pub fn unmerged_commits(
    repo: &Repo,
    branch: &BranchName,
    tip: CommitId,
    base: Option<CommitId>,
) -> Result<Vec<CommitId>, GitError> {
    let own = branch.ref_name();
    let held = match base {
        Some(base) => vec![base],
        None => tips(repo, &["refs/heads/*", "refs/remotes/*"], |name| name != own.as_bytes())?,
    };
    walk(repo, tip, &held)?.collect()
}

/// Lists the commits of a commit's history that no ref holds: no branch, remote-tracking branch, tag or other ref.
/// The refs of ours, below `refs/windrow/`, do not count.
pub fn unheld_commits(repo: &Repo, commit: CommitId) -> Result<Vec<CommitId>, GitError> {
    let held = tips(repo, &["refs/*"], |name| !name.starts_with(b"refs/windrow/"))?;
    walk(repo, commit, &held)?.collect()
}

/// Tells why a branch's work counts as being in its base, as far as graph and trees say so: its tip is an ancestor of
/// the base's, or both have one tree. A branch that is still at its start point has no work, and one whose commits change nothing
/// neither. What a merge would give is not looked at here.
pub fn integrated(
    repo: &Repo,
    tip: CommitId,
    base_tip: CommitId,
    start_point: CommitId,
) -> Result<Option<Integrated>, GitError> {
    if tip == start_point {
        return Ok(None);
    }
    if is_ancestor(repo, tip, base_tip)? {
        return Ok(Some(Integrated::Ancestor));
    }
    let is_there = same_tree(repo, tip, base_tip)? && has_work(repo, tip, base_tip)?;
    Ok(is_there.then_some(Integrated::SameTree))
}

/// How many commits of a branch are looked at for one that changes something.
const LOOKED_AT: usize = 1_000;

/// Tells whether one of the commits that `tip` has and `base_tip` lacks changes something: a merge does where it is like none of its
/// parents. Of very many one will.
pub fn has_work(repo: &Repo, tip: CommitId, base_tip: CommitId) -> Result<bool, GitError> {
    let Some(own) = ids(repo, base_tip, tip, LOOKED_AT)? else { return Ok(true) };
    for commit in own {
        let commit = repo.commit(commit)?;
        if commit.parents().all(|parent| parent.tree_id() != commit.tree_id()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells whether two commits have one tree.
pub fn same_tree(repo: &Repo, a: CommitId, b: CommitId) -> Result<bool, GitError> {
    Ok(repo.tree_of(a)? == repo.tree_of(b)?)
}

/// Names a commit that is not there before a walk fails without naming it.
fn both(repo: &Repo, a: CommitId, b: CommitId) -> Result<(), GitError> {
    repo.commit(a)?;
    repo.commit(b)?;
    Ok(())
}

/// Tells whether whole histories can be read. libgit2 says "not found" for "no common ancestor" and for a parent
/// that is missing.
fn walks(repo: &Repo, tips: &[CommitId]) -> Result<bool, GitError> {
    for tip in tips {
        walk(repo, *tip, &[])?.try_for_each(|id| id.map(drop))?;
    }
    Ok(true)
}

/// Walks from `tip`, without what the `hidden` commits reach.
fn walk<'repo>(
    repo: &'repo Repo,
    tip: CommitId,
    hidden: &[CommitId],
) -> Result<impl Iterator<Item = Result<CommitId, GitError>> + 'repo, GitError> {
    let failed = move |source| GitError::object("the ancestors of", tip, source);
    let mut walk = repo.raw().revwalk().map_err(failed)?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME).map_err(failed)?;
    walk.push(convert::oid(tip)).map_err(failed)?;
    for id in hidden {
        walk.hide(convert::oid(*id)).map_err(|source| GitError::object("commit", id, source))?;
    }
    Ok(walk.map(move |id| id.map(convert::commit_id).map_err(failed)))
}

/// Gives the commits that refs name, tags peeled; what is no commit is left out.
fn tips(repo: &Repo, globs: &[&str], counts: impl Fn(&[u8]) -> bool) -> Result<Vec<CommitId>, GitError> {
    let mut tips = Vec::new();
    for glob in globs {
        let failed = |source| GitError::reference("list", glob, source);
        for reference in repo.raw().references_glob(glob).map_err(failed)? {
            let reference = reference.map_err(failed)?;
            if counts(reference.name_bytes()) {
                tips.extend(reference.peel_to_commit().ok().map(|commit| convert::commit_id(commit.id())));
            }
        }
    }
    Ok(tips)
}

fn info(repo: &Repo, id: CommitId) -> Result<CommitInfo, GitError> {
    let commit = repo.commit(id)?;
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    Ok(CommitInfo {
        id,
        summary: text(commit.summary_bytes()),
        author: text(Some(commit.author().name_bytes())),
        time: commit.time().seconds(),
    })
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    /// main: first, m1; topic: first, t1, t2.
    fn forked() -> (TestRepo, CommitId, CommitId, CommitId) {
        let test = TestRepo::with_commit();
        let first = test.rev("HEAD");
        test.git(&["checkout", "-q", "-b", "topic"]);
        test.write("t", "1");
        test.commit_all("t1");
        test.write("t", "2");
        let topic = test.commit_all("t2\n\nbody");
        test.git(&["checkout", "-q", "main"]);
        test.write("m", "1");
        let main = test.commit_all("m1");
        (test, first, topic, main)
    }

    fn missing() -> CommitId {
        CommitId::from_bytes([7; 20])
    }

    #[test]
    fn graph_questions() {
        let (test, first, topic, main) = forked();
        let repo = test.repo();
        assert_eq!(merge_base(&repo, topic, main).unwrap(), Some(first));
        assert_eq!(ahead_behind(&repo, topic, main).unwrap(), (2, 1));
        assert!(is_ancestor(&repo, first, topic).unwrap() && is_ancestor(&repo, topic, topic).unwrap());
        assert!(!is_ancestor(&repo, topic, main).unwrap());
        assert_eq!(commits_count(&repo, first, topic).unwrap(), 2);
        let listed = commits(&repo, main, topic, 10).unwrap();
        assert_eq!(listed.iter().map(|c| c.summary.as_str()).collect::<Vec<_>>(), ["t2", "t1"]);
        assert_eq!((listed[0].author.as_str(), listed[0].time), ("Test", 1_767_225_600));
        assert_eq!(commits(&repo, main, topic, 1).unwrap().len(), 1);
    }

    #[test]
    fn unrelated_histories_have_no_merge_base() {
        let (test, _, topic, _) = forked();
        test.git(&["checkout", "-q", "--orphan", "alone"]);
        let alone = test.commit_all("alone");
        assert_eq!(merge_base(&test.repo(), topic, alone).unwrap(), None);
    }

    #[test]
    fn missing_commits_are_named() {
        let (test, _, topic, _) = forked();
        let repo = test.repo();
        for error in [
            merge_base(&repo, topic, missing()).unwrap_err(),
            ahead_behind(&repo, missing(), topic).unwrap_err(),
            is_ancestor(&repo, missing(), topic).unwrap_err(),
            commits(&repo, missing(), topic, 1).unwrap_err(),
            same_tree(&repo, topic, missing()).unwrap_err(),
            unmerged_commits(&repo, &"topic".parse().unwrap(), topic, Some(missing())).unwrap_err(),
        ] {
            assert!(error.to_string().contains(&missing().to_string()), "{error}");
        }
    }

    #[test]
    fn a_parent_that_is_gone_is_an_error_and_no_answer() {
        let (test, first, topic, main) = forked();
        let hex = first.to_string();
        std::fs::remove_file(test.path().join(format!(".git/objects/{}/{}", &hex[..2], &hex[2..]))).unwrap();
        let repo = test.repo();
        assert!(merge_base(&repo, topic, main).is_err());
        assert!(ahead_behind(&repo, topic, main).is_err());
        assert!(commits(&repo, main, topic, 9).is_err());
    }

    #[test]
    fn integration_is_by_ancestry_or_tree() {
        let (test, first, topic, main) = forked();
        let repo = test.repo();
        assert_eq!(integrated(&repo, topic, main, first).unwrap(), None);
        test.git(&["merge", "-q", "--squash", "topic"]);
        test.git(&["commit", "-q", "-m", "squashed"]);
        let squashed = test.rev("HEAD");
        test.git(&["checkout", "-q", "topic"]);
        test.git(&["merge", "-q", "-m", "up", "main"]);
        assert_eq!(
            integrated(&repo, test.rev("topic"), squashed, first).unwrap(),
            Some(Integrated::SameTree)
        );
        assert_eq!(integrated(&repo, topic, test.rev("topic"), first).unwrap(), Some(Integrated::Ancestor));
        assert_eq!(integrated(&repo, first, main, first).unwrap(), None, "no work of its own");
    }

    #[test]
    fn unmerged_against_the_base_or_against_everything_else() {
        let (test, _, topic, main) = forked();
        let repo = test.repo();
        let branch: BranchName = "topic".parse().unwrap();
        assert_eq!(unmerged_commits(&repo, &branch, topic, Some(main)).unwrap().len(), 2);
        assert_eq!(unmerged_commits(&repo, &branch, topic, None).unwrap().len(), 2);
        test.git(&["update-ref", "refs/remotes/origin/topic", "topic~1"]);
        assert_eq!(unmerged_commits(&repo, &branch, topic, None).unwrap(), [topic]);
        assert_eq!(unmerged_commits(&repo, &branch, topic, Some(main)).unwrap().len(), 2);
        assert_eq!(unmerged_commits(&repo, &branch, topic, Some(topic)).unwrap(), []);
    }

    #[test]
    fn only_other_refs_hold_a_commit() {
        let (test, _, topic, _) = forked();
        test.git(&["update-ref", "refs/windrow/rescue/x", "topic"]);
        test.git(&["branch", "-q", "-D", "topic"]);
        assert_eq!(unheld_commits(&test.repo(), topic).unwrap().len(), 2);
        test.git(&["tag", "-a", "-m", "kept", "kept", &topic.to_string()]);
        assert_eq!(unheld_commits(&test.repo(), topic).unwrap(), []);
    }

    #[test]
    fn a_shallow_repository_is_walked_to_its_edge() {
        let (test, ..) = forked();
        let url = format!("file://{}", test.path().display());
        test.git_in(&test.dir(), &["clone", "-q", "--depth", "1", "-b", "topic", &url, "shallow"]);
        let shallow = test.dir().join("shallow");
        test.git_in(&shallow, &["worktree", "add", "-q", "-b", "more", "../more"]);
        test.git_in(&test.dir().join("more"), &["config", "user.email", "t@example.com"]);
        test.git_in(&test.dir().join("more"), &["config", "user.name", "T"]);
        let more = test.commit_all_in(&test.dir().join("more"), "more");
        let repo = Repo::discover(&test.dir().join("more")).unwrap();
        let topic = repo.branch_tip(&"topic".parse().unwrap()).unwrap().unwrap();
        assert_eq!(ahead_behind(&repo, more, topic).unwrap(), (1, 0));
        assert_eq!(merge_base(&repo, more, topic).unwrap(), Some(topic));
    }
}
