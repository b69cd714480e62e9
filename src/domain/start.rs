//! Starting tasks: whether each may begin, and the actions that make its branch and worktree.

use std::path::PathBuf;

use super::action::{Action, Changes};
use super::copies::CopyRules;
use super::name::{BranchName, Collision, TaskName, collision};
use super::oid::CommitId;
use super::place::{BranchUse, WorktreeEntry, WorktreePlace};
use super::task::{TASK_FORMAT, TaskRecord};

/// One task to be started.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub name: TaskName,
    /// Its branch.
    pub branch: BranchName,
    /// The branch it merges back into.
    pub base: Option<BranchName>,
    /// The commit it starts at.
    pub start_point: CommitId,
    /// Tasks whose tips it starts from.
    pub after: Vec<TaskName>,
    /// Where its worktree goes.
    pub place: WorktreePlace,
    /// Whether an existing branch is taken up.
    pub take_up: bool,
    /// The first of its ports.
    pub port: Option<u16>,
    /// Ignored files that its worktree gets.
    pub copies: CopyRules,
    /// Uncommitted changes that move to it.
    pub carry: Option<Carry>,
}

/// Uncommitted changes on their way from one worktree to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carry {
    /// Where they are.
    pub place: WorktreePlace,
    /// The commit that HEAD is at there.
    pub head: CommitId,
    /// The changes there.
    pub there: Changes,
    /// The same changes on the start point.
    pub here: Changes,
    /// The ref that keeps all of them meanwhile and afterwards.
    pub keep: String,
    /// The commit that it names: an ancestor line from it to each of them.
    pub keep_at: CommitId,
}

/// What the repository holds already.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// All tasks.
    pub tasks: Vec<TaskRecord>,
    /// All local branches with their tips, as text.
    pub branches: Vec<(String, CommitId)>,
    /// All registered worktrees.
    pub entries: Vec<WorktreeEntry>,
    /// Paths of the requests at which something stands that is not an empty directory.
    pub occupied: Vec<PathBuf>,
}

/// Why a task cannot be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is a task of that name.
    #[error("`{0}` is a task already")]
    TaskExists(TaskName),
    /// The same name twice.
    #[error("`{0}` is given twice")]
    Twice(TaskName),
    /// Two names that cannot stand beside each other.
    #[error("`{name}` and the {what} `{other}` cannot stand beside each other: {}", describe(*how))]
    Collides {
        /// The new name.
        name: String,
        /// `task` or `branch`.
        what: &'static str,
        /// The other one.
        other: String,
        /// How.
        how: Collision,
    },
    /// The branch is there, and nobody said to take it up.
    #[error("branch `{0}` exists and is no task's")]
    BranchExists(BranchName),
    /// The branch is another task's.
    #[error("branch `{branch}` is the branch of task `{task}`")]
    BranchOfTask {
        /// The branch.
        branch: BranchName,
        /// The task.
        task: TaskName,
    },
    /// The branch is taken by a worktree.
    #[error("branch `{branch}` is {how} {}", super::path::show(path))]
    BranchInUse {
        /// The branch.
        branch: BranchName,
        /// The worktree.
        path: PathBuf,
        /// How.
        how: BranchUse,
    },
    /// Something stands where the worktree would go.
    #[error("{} is in the way", super::path::show(.0))]
    InTheWay(PathBuf),
}

pub(super) fn describe(how: Collision) -> &'static str {
    match how {
        Collision::Same => "they are the same",
        Collision::Directory => "one is a directory of the other's ref",
        Collision::Folded => "they differ only in case or in Unicode form",
        Collision::Id => "they get the same directory",
    }
}

/// Decides whether all of the requests may begin together, and gives all their actions, or all that stands in the way.
pub fn decide(
    requests: &[Request],
    facts: &Facts,
    now: jiff::Timestamp,
) -> Result<Vec<Action>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    for (i, request) in requests.iter().enumerate() {
        refusals.extend(among(request, &requests[..i]));
        refusals.extend(against(request, facts));
    }
    if refusals.is_empty() {
        Ok(requests.iter().flat_map(|request| actions(request, facts, now)).collect())
    } else {
        Err(refusals)
    }
}

fn among(request: &Request, earlier: &[Request]) -> Option<Refusal> {
    earlier.iter().find_map(|other| {
        if request.name == other.name {
            return Some(Refusal::Twice(request.name.clone()));
        }
        let how = collision(request.name.as_str(), other.name.as_str())
            .or_else(|| collision(request.branch.as_str(), other.branch.as_str()))
            .or_else(|| (request.name.id() == other.name.id()).then_some(Collision::Id))?;
        Some(Refusal::Collides {
            name: request.name.to_string(),
            what: "task",
            other: other.name.to_string(),
            how,
        })
    })
}

fn against(request: &Request, facts: &Facts) -> Option<Refusal> {
    if facts.tasks.iter().any(|task| task.name == request.name) {
        return Some(Refusal::TaskExists(request.name.clone()));
    }
    let task_collision = facts.tasks.iter().find_map(|task| {
        let how = collision(request.name.as_str(), task.name.as_str())
            .or_else(|| (request.name.id() == task.id).then_some(Collision::Id))?;
        Some(Refusal::Collides {
            name: request.name.to_string(),
            what: "task",
            other: task.name.to_string(),
            how,
        })
    });
    if task_collision.is_some() {
        return task_collision;
    }
    if let Some(other) = facts.tasks.iter().find(|task| task.branch == request.branch) {
        let (branch, task) = (request.branch.clone(), other.name.clone());
        return Some(Refusal::BranchOfTask { branch, task });
    }
    let exists = facts.branches.iter().any(|(name, _)| name == request.branch.as_str());
    if exists && !request.take_up {
        return Some(Refusal::BranchExists(request.branch.clone()));
    }
    if !exists {
        let found = facts
            .branches
            .iter()
            .find_map(|(name, _)| collision(request.branch.as_str(), name).map(|how| (name, how)));
        if let Some((other, how)) = found {
            let (name, other) = (request.branch.to_string(), other.clone());
            return Some(Refusal::Collides { name, what: "branch", other, how });
        }
    }
    in_use(request, facts).or_else(|| {
        let registered = facts.entries.iter().any(|entry| entry.path == request.place.path);
        let occupied = registered || facts.occupied.contains(&request.place.path);
        occupied.then(|| Refusal::InTheWay(request.place.path.clone()))
    })
}

fn in_use(request: &Request, facts: &Facts) -> Option<Refusal> {
    facts.entries.iter().find_map(|entry| {
        let (_, how) = entry.uses.iter().find(|(name, _)| name == request.branch.as_str())?;
        Some(Refusal::BranchInUse { branch: request.branch.clone(), path: entry.path.clone(), how: *how })
    })
}

fn actions(request: &Request, facts: &Facts, now: jiff::Timestamp) -> Vec<Action> {
    let existing =
        facts.branches.iter().find(|(name, _)| name == request.branch.as_str()).map(|(_, tip)| *tip);
    let at = existing.unwrap_or(request.start_point);
    let record = TaskRecord {
        format: TASK_FORMAT,
        id: request.name.id(),
        name: request.name.clone(),
        branch: request.branch.clone(),
        base: request.base.clone(),
        start_point: at,
        worktree: request.place.path.clone(),
        admin: request.place.admin.clone(),
        branch_taken_up: existing.is_some(),
        after: request.after.clone(),
        port: request.port,
        created: now,
    };
    let create_branch = existing.is_none().then(|| Action::CreateRef { name: request.branch.ref_name(), at });
    let create_worktree = Action::CreateWorktree {
        task: record.id.clone(),
        place: request.place.clone(),
        branch: request.branch.clone(),
        at,
        overlay: request.carry.as_ref().map(|carry| carry.here.files),
        staged: request.carry.as_ref().map(|carry| carry.here.index),
        copies: request.copies.clone(),
    };
    let keep =
        request.carry.as_ref().map(|carry| Action::CreateRef { name: carry.keep.clone(), at: carry.keep_at });
    let shift = request.carry.as_ref().map(|carry| Action::ShiftChanges {
        place: carry.place.clone(),
        head: carry.head,
        from: carry.there,
        to: Changes { files: carry.head, index: carry.head },
    });
    let write = Action::WriteTask { id: record.id.clone(), before: None, after: Some(Box::new(record)) };
    keep.into_iter().chain(create_branch).chain([create_worktree]).chain(shift).chain([write]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::place::Head;
    use super::super::task::tests::record;
    use super::*;

    fn commit(n: u8) -> CommitId {
        CommitId::from_bytes([n; 20])
    }

    fn request(name: &str) -> Request {
        let task = record(name);
        Request {
            name: task.name.clone(),
            branch: task.branch.clone(),
            base: task.base.clone(),
            start_point: commit(1),
            after: Vec::new(),
            place: task.place(),
            take_up: true,
            port: None,
            copies: CopyRules::default(),
            carry: None,
        }
    }

    fn refusal(request: Request, facts: Facts) -> Refusal {
        decide(&[request], &facts, jiff::Timestamp::UNIX_EPOCH).unwrap_err().remove(0)
    }

    #[test]
    fn a_new_task_is_a_branch_a_worktree_and_a_record() {
        let actions = decide(&[request("api")], &Facts::default(), jiff::Timestamp::UNIX_EPOCH).unwrap();
        let told: Vec<String> = actions.iter().map(Action::describe).collect();
        assert_eq!(
            told,
            [
                "create branch api at 010101010",
                "create worktree /r.worktrees/api on api at 010101010",
                "record task api"
            ]
        );
    }

    #[test]
    fn an_existing_branch_is_taken_up_where_it_is() {
        let facts = Facts { branches: vec![("api".into(), commit(7))], ..Facts::default() };
        let actions = decide(&[request("api")], &facts, jiff::Timestamp::UNIX_EPOCH).unwrap();
        assert!(matches!(&actions[0], Action::CreateWorktree { at, .. } if *at == commit(7)));
        let Action::WriteTask { after: Some(record), .. } = &actions[1] else { panic!() };
        assert!(record.branch_taken_up && record.start_point == commit(7));
        let refused = refusal(Request { take_up: false, ..request("api") }, facts);
        assert_eq!(refused, Refusal::BranchExists("api".parse().unwrap()));
    }

    #[test]
    fn refusals() {
        let tasks = |name: &str| Facts { tasks: vec![record(name)], ..Facts::default() };
        assert!(matches!(refusal(request("api"), tasks("api")), Refusal::TaskExists(_)));
        assert!(matches!(refusal(request("api/v2"), tasks("api")), Refusal::Collides { what: "task", .. }));
        assert!(matches!(
            refusal(request("API"), tasks("api")),
            Refusal::Collides { how: Collision::Folded, .. }
        ));
        let other = Request { branch: "docs".parse().unwrap(), ..request("api") };
        let told = refusal(other, tasks("docs")).to_string();
        assert_eq!(told, "branch `docs` is the branch of task `docs`");
        let branches = Facts { branches: vec![("api/v1".into(), commit(2))], ..Facts::default() };
        assert!(matches!(refusal(request("api"), branches), Refusal::Collides { what: "branch", .. }));
        let occupied = Facts { occupied: vec!["/r.worktrees/api".into()], ..Facts::default() };
        assert_eq!(refusal(request("api"), occupied), Refusal::InTheWay("/r.worktrees/api".into()));
        let entry = WorktreeEntry {
            admin: None,
            path: "/r".into(),
            head: Head::Detached(commit(1)),
            locked: None,
            missing: false,
            uses: vec![("api".into(), BranchUse::Rebasing)],
            broken: None,
            unread: false,
        };
        let used =
            Facts { entries: vec![entry], branches: vec![("api".into(), commit(1))], ..Facts::default() };
        assert_eq!(refusal(request("api"), used).to_string(), "branch `api` is being rebased in /r");
    }

    #[test]
    fn all_refusals_are_told_at_once() {
        let facts = Facts { tasks: vec![record("a")], ..Facts::default() };
        let both = [request("a"), request("b"), request("b"), request("b/c")];
        let told: Vec<String> = decide(&both, &facts, jiff::Timestamp::UNIX_EPOCH)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told.len(), 3, "{told:?}");
    }
}
