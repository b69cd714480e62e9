//! Making tasks of worktrees that something else created: whether each may become one, and of which base.

use std::path::PathBuf;

use super::action::Action;
use super::name::{BranchName, Collision, TaskName, collision};
use super::oid::CommitId;
use super::place::{Head, WorktreeEntry};
use super::start::describe;
use super::task::{TASK_FORMAT, TaskRecord};

/// One worktree to be adopted.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name as a task; none takes its branch's.
    pub name: Option<TaskName>,
    /// The worktree as git knows it.
    pub entry: WorktreeEntry,
    /// The branch it merges back into.
    pub base: Option<BranchName>,
    /// The commit it left that at.
    pub start_point: CommitId,
    /// The first of its ports.
    pub port: Option<u16>,
}

/// Why a worktree cannot be adopted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a worktree of this repository.
    #[error("{} is no worktree of this repository", super::path::show(.0))]
    NotAWorktree(PathBuf),
    /// The main worktree.
    #[error("{} is the main worktree, which is nobody's task", super::path::show(.0))]
    Main(PathBuf),
    /// A task's worktree.
    #[error("{} is the worktree of task `{task}` already", super::path::show(path))]
    IsTask {
        /// The worktree.
        path: PathBuf,
        /// The task.
        task: TaskName,
    },
    /// HEAD is on no branch, or on one without a commit.
    #[error("{} is on no branch: its HEAD is {what}", super::path::show(path))]
    NoBranch {
        /// The worktree.
        path: PathBuf,
        /// What HEAD is.
        what: String,
    },
    /// The entry's files do not fit, or the directory is gone.
    #[error("{} cannot be adopted: {what}", super::path::show(path))]
    Broken {
        /// The worktree.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It is one of ours that holds the merged tree of a gate.
    #[error("{} is a scratch worktree of windrow", super::path::show(.0))]
    Scratch(PathBuf),
    /// The branch's name is no name for a task.
    #[error("`{branch}` cannot be a task's name: {why}")]
    Name {
        /// The branch.
        branch: BranchName,
        /// What is wrong with it.
        why: String,
    },
    /// There is a task of that name, or one that cannot stand beside it.
    #[error("`{name}` and the task `{other}` cannot stand beside each other: {}", describe(*how))]
    Collides {
        /// The new name.
        name: TaskName,
        /// The other task.
        other: TaskName,
        /// How.
        how: Collision,
    },
}

/// Tells what stands in the way of making a task of a worktree, whatever its name and base.
pub fn obstacle(entry: &WorktreeEntry, tasks: &[TaskRecord]) -> Option<Refusal> {
    let path = entry.path.clone();
    let Some(admin) = &entry.admin else { return Some(Refusal::Main(path)) };
    if entry.locked.as_deref().is_some_and(|reason| reason.starts_with("windrow scratch")) {
        return Some(Refusal::Scratch(path));
    }
    if let Some(task) = tasks.iter().find(|task| task.admin.file_name() == admin.file_name()) {
        return Some(Refusal::IsTask { path, task: task.name.clone() });
    }
    if let Some(what) = &entry.broken {
        return Some(Refusal::Broken { path, what: what.clone() });
    }
    if entry.missing {
        return Some(Refusal::Broken { path, what: "the directory is not there".to_owned() });
    }
    let what = match &entry.head {
        Head::Branch { .. } => return None,
        Head::Detached(commit) => format!("detached at {}", commit.short()),
        Head::Unborn(branch) => format!("on {branch}, which has no commit"),
        Head::Broken(what) => what.clone(),
    };
    Some(Refusal::NoBranch { path, what })
}

/// Decides whether all of the requests may become tasks, and gives the records that make them so.
pub fn decide(
    requests: &[Request],
    tasks: &[TaskRecord],
    now: jiff::Timestamp,
) -> Result<Vec<TaskRecord>, Vec<Refusal>> {
    let (mut records, mut refusals) = (Vec::<TaskRecord>::new(), Vec::new());
    for request in requests {
        match record(request, tasks, &records, now) {
            Ok(record) => records.push(record),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if refusals.is_empty() { Ok(records) } else { Err(refusals) }
}

fn record(
    request: &Request,
    tasks: &[TaskRecord],
    earlier: &[TaskRecord],
    now: jiff::Timestamp,
) -> Result<TaskRecord, Refusal> {
    let entry = &request.entry;
    if let Some(refusal) = obstacle(entry, tasks).or_else(|| obstacle(entry, earlier)) {
        return Err(refusal);
    }
    let (Head::Branch { name: branch, .. }, Some(admin)) = (&entry.head, &entry.admin) else {
        return Err(Refusal::NotAWorktree(entry.path.clone()));
    };
    let name = match &request.name {
        Some(name) => name.clone(),
        None => branch
            .as_str()
            .parse::<TaskName>()
            .map_err(|error| Refusal::Name { branch: branch.clone(), why: error.why.to_string() })?,
    };
    let meets = |other: &TaskRecord| {
        collision(name.as_str(), other.name.as_str())
            .or_else(|| (name.id() == other.id).then_some(Collision::Id))
            .map(|how| Refusal::Collides { name: name.clone(), other: other.name.clone(), how })
    };
    if let Some(refusal) = tasks.iter().chain(earlier).find_map(meets) {
        return Err(refusal);
    }
    Ok(TaskRecord {
        format: TASK_FORMAT,
        id: name.id(),
        name,
        branch: branch.clone(),
        base: request.base.clone(),
        start_point: request.start_point,
        worktree: entry.path.clone(),
        admin: admin.clone(),
        // Somebody else made it: it is not ours to delete.
        branch_taken_up: true,
        after: Vec::new(),
        port: request.port,
        created: now,
    })
}

/// Gives the actions that record tasks.
pub fn actions(records: &[TaskRecord]) -> Vec<Action> {
    let write = |record: &TaskRecord| Action::WriteTask {
        id: record.id.clone(),
        before: None,
        after: Some(Box::new(record.clone())),
    };
    records.iter().map(write).collect()
}

/// A branch that a worktree may have come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The branch.
    pub branch: BranchName,
    /// Commits of the worktree's branch that it lacks.
    pub ahead: u32,
    /// Its commits that the worktree's branch lacks.
    pub behind: u32,
}

/// Guesses the branch that a worktree's branch left: the one that it has the fewest own commits beyond. `main` is the branch
/// of the main worktree, which wins over an equal one. A branch that holds all of it and more came from it rather than
/// the other way round, unless it is `main`, which may have it merged.
pub fn guess_base(candidates: &[Candidate], main: Option<&BranchName>) -> Option<BranchName> {
    let is_main = |candidate: &Candidate| Some(&candidate.branch) == main;
    candidates
        .iter()
        .filter(|candidate| is_main(candidate) || candidate.ahead > 0 || candidate.behind == 0)
        .min_by_key(|candidate| {
            (candidate.ahead, !is_main(candidate), candidate.behind, candidate.branch.as_str().to_owned())
        })
        .map(|candidate| candidate.branch.clone())
        .or_else(|| main.cloned())
}

#[cfg(test)]
mod tests {
    use super::super::task::tests::record as task;
    use super::*;

    fn entry(name: &str) -> WorktreeEntry {
        WorktreeEntry {
            admin: Some(PathBuf::from("/r/.git/worktrees").join(name)),
            path: PathBuf::from("/w").join(name),
            head: Head::Branch { name: name.parse().unwrap(), tip: CommitId::from_bytes([7; 20]) },
            locked: None,
            missing: false,
            uses: Vec::new(),
            broken: None,
            unread: false,
        }
    }

    fn request(entry: WorktreeEntry) -> Request {
        Request {
            name: None,
            entry,
            base: Some("main".parse().unwrap()),
            start_point: CommitId::from_bytes([1; 20]),
            port: Some(20_000),
        }
    }

    fn refused(entry: WorktreeEntry, tasks: &[TaskRecord]) -> String {
        let refusals = decide(&[request(entry)], tasks, jiff::Timestamp::UNIX_EPOCH).unwrap_err();
        refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_worktree_becomes_a_task_where_it_is() {
        let records = decide(&[request(entry("x"))], &[task("api")], jiff::Timestamp::UNIX_EPOCH).unwrap();
        let [record] = &records[..] else { panic!("{records:?}") };
        assert_eq!((record.name.as_str(), record.worktree.as_path()), ("x", std::path::Path::new("/w/x")));
        assert!(record.branch_taken_up);
        assert_eq!(actions(&records).len(), 1);
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let main = WorktreeEntry { admin: None, ..entry("x") };
        assert_eq!(refused(main, &[]), "/w/x is the main worktree, which is nobody's task");
        let detached = WorktreeEntry { head: Head::Detached(CommitId::from_bytes([1; 20])), ..entry("x") };
        assert_eq!(refused(detached, &[]), "/w/x is on no branch: its HEAD is detached at 010101010");
        let missing = WorktreeEntry { missing: true, ..entry("x") };
        assert_eq!(refused(missing, &[]), "/w/x cannot be adopted: the directory is not there");
        let broken = WorktreeEntry { broken: Some("gitdir is empty".into()), ..entry("x") };
        assert_eq!(refused(broken, &[]), "/w/x cannot be adopted: gitdir is empty");
        assert_eq!(refused(entry("api"), &[task("api")]), "/w/api is the worktree of task `api` already");
        let elsewhere = WorktreeEntry { admin: Some("/r/.git/worktrees/y".into()), ..entry("api") };
        assert_eq!(
            refused(elsewhere, &[task("api")]),
            "`api` and the task `api` cannot stand beside each other: they are the same"
        );
        let scratch = WorktreeEntry { locked: Some("windrow scratch 1".into()), ..entry("x") };
        assert_eq!(refused(scratch, &[]), "/w/x is a scratch worktree of windrow");
        let twice = decide(&[request(entry("x")), request(entry("x"))], &[], jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(twice.unwrap_err()[0].to_string(), "/w/x is the worktree of task `x` already");
    }

    #[test]
    fn the_nearest_branch_is_the_base() {
        let candidate =
            |name: &str, ahead, behind| Candidate { branch: name.parse().unwrap(), ahead, behind };
        let main: BranchName = "main".parse().unwrap();
        let guess = |candidates: &[Candidate]| guess_base(candidates, Some(&main)).unwrap().to_string();
        assert_eq!(guess(&[candidate("main", 5, 0), candidate("dev", 2, 3)]), "dev");
        assert_eq!(guess(&[candidate("dev", 2, 0), candidate("main", 2, 9)]), "main");
        // A child of ours, and a main that has us already.
        assert_eq!(guess(&[candidate("child", 0, 2), candidate("main", 3, 0)]), "main");
        assert_eq!(guess(&[candidate("main", 0, 4), candidate("twin", 0, 0)]), "main");
        assert_eq!(guess(&[]), "main");
    }
}
