//! The trash: what lies in it, what a name means there, and what may go for good.

use super::action::{Action, Home};
use super::name::{BranchName, OperationId, TaskId, TaskName};
use super::oid::CommitId;
use super::operation::OperationRecord;
use super::place::WorktreePlace;
use super::task::TaskRecord;

/// Nothing younger goes by itself, in seconds: a day.
const YOUNG: i64 = 24 * 60 * 60;

/// A worktree in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The task that it belonged to.
    pub task: TaskId,
    /// That task's name.
    pub name: TaskName,
    /// The operation under whose id it lies there; that of the move itself, unless a redo moved it there again.
    pub operation: OperationId,
    /// The operation that moved it there last.
    pub by: OperationId,
    /// The verb of that operation.
    pub command: String,
    /// When that was.
    pub time: jiff::Timestamp,
    /// Where it stood.
    pub place: WorktreePlace,
    /// Where it lies.
    pub trash: WorktreePlace,
    /// The task's record, if it left with it.
    pub record: Option<TaskRecord>,
    /// The branch's tip, if it was deleted or moved with it.
    pub tip: Option<CommitId>,
    /// The refs that keep what it names.
    pub rescues: Vec<String>,
}

impl Item {
    /// Gives the name that tells it from every other one: `OPERATION/TASK`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.operation, self.name)
    }

    /// Gives where it belonged.
    pub fn home(&self) -> Option<Home> {
        let branch = self.record.as_ref()?.branch.clone();
        Some(Home { place: self.place.clone(), branch })
    }
}

/// Lists what lies in the trash, oldest first: everything that an operation moved there last and that `lies` there
/// still.
pub fn items(operations: &[OperationRecord], lies: impl Fn(&WorktreePlace) -> bool) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for operation in operations.iter().rev() {
        for action in &operation.actions {
            let Action::TrashWorktree { task, place, trash } = action else { continue };
            // Moved back and made again what it was when it was moved there before.
            if operation.actions.iter().any(|a| matches!(a, Action::Rehome { trash: t, .. } if t == trash)) {
                continue;
            }
            if items.iter().all(|item| &item.trash != trash) && lies(trash) {
                items.extend(item(operation, task, place, trash));
            }
        }
    }
    items.reverse();
    items
}

fn item(
    operation: &OperationRecord,
    task: &TaskId,
    place: &WorktreePlace,
    trash: &WorktreePlace,
) -> Option<Item> {
    let record = operation.actions.iter().find_map(|action| match action {
        Action::WriteTask { id, before: Some(record), after: None } if id == task => Some((**record).clone()),
        _ => None,
    });
    let name = operation.tasks.iter().find(|name| &name.id() == task).cloned();
    let name = name.or_else(|| Some(record.as_ref()?.name.clone()))?;
    let branch = record.as_ref().map(|record| record.branch.ref_name());
    let tip = operation.actions.iter().find_map(|action| match action {
        Action::DeleteRef { name, old } if Some(name) == branch.as_ref() => Some(*old),
        _ => None,
    });
    let under = trash.path.parent().and_then(|dir| dir.file_name()?.to_str()?.parse().ok());
    let under: OperationId = under.unwrap_or_else(|| operation.id.clone());
    let own = super::undo::rescue_ref(&under, task);
    let of_branch = super::undo::branch_rescue_ref(&under, task);
    Some(Item {
        task: task.clone(),
        name,
        operation: under,
        by: operation.id.clone(),
        command: operation.command.clone(),
        time: operation.time,
        place: place.clone(),
        trash: trash.clone(),
        record,
        tip,
        rescues: vec![own, of_branch],
    })
}

/// How a text failed to name something in the trash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// Nothing has that name.
    #[error("nothing in the trash is named `{0}`")]
    Unknown(String),
    /// Several worktrees of one task.
    #[error("`{name}` is in the trash {} times", ids.len())]
    Ambiguous {
        /// The text.
        name: String,
        /// What it may mean, newest last.
        ids: Vec<String>,
    },
}

/// Finds what a text names: `OPERATION/TASK`, an operation (all that it moved there; its last four digits will do), or a
/// task.
pub fn select<'a>(items: &'a [Item], text: &str) -> Result<Vec<&'a Item>, SelectError> {
    let by_id: Vec<&Item> = items.iter().filter(|item| item.id() == text).collect();
    if !by_id.is_empty() {
        return Ok(by_id);
    }
    let by_name: Vec<&Item> = items.iter().filter(|item| item.name.as_str() == text).collect();
    match by_name.len() {
        0 => {}
        1 => return Ok(by_name),
        _ => {
            let ids = by_name.iter().map(|item| item.id()).collect();
            return Err(SelectError::Ambiguous { name: text.to_owned(), ids });
        }
    }
    let of = |item: &&Item| {
        let id = item.operation.as_str();
        id == text || (text.len() >= 4 && (id.ends_with(text) || id.starts_with(text)))
    };
    let by_operation: Vec<&Item> = items.iter().filter(of).collect();
    let mut operations: Vec<&OperationId> = by_operation.iter().map(|item| &item.operation).collect();
    operations.dedup();
    match operations.len() {
        0 => Err(SelectError::Unknown(text.to_owned())),
        1 => Ok(by_operation),
        _ => Err(SelectError::Ambiguous {
            name: text.to_owned(),
            ids: by_operation.iter().map(|item| item.id()).collect(),
        }),
    }
}

/// How much stays in the trash, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Older ones go, in days.
    pub days: u32,
    /// The oldest go until the rest fits, in bytes.
    pub size: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30, size: 20 << 30 }
    }
}

/// Tells whether something is old enough to go by its age alone.
pub fn is_expired(time: jiff::Timestamp, now: jiff::Timestamp, retention: Retention) -> bool {
    let age = now.as_second() - time.as_second();
    age > YOUNG && age > i64::from(retention.days) * YOUNG
}

/// Decides what goes so that the rest fits: the oldest first, nothing younger than a day. Takes the times, oldest first,
/// and sizes in bytes of what is not expired; gives how many of them go.
pub fn surplus(items: &[(jiff::Timestamp, u64)], now: jiff::Timestamp, retention: Retention) -> usize {
    let mut total: u64 = items.iter().map(|(_, size)| size).sum();
    let mut going = 0;
    for (time, size) in items {
        if total <= retention.size || now.as_second() - time.as_second() <= YOUNG {
            break;
        }
        total -= size;
        going += 1;
    }
    going
}

/// Why something cannot come back under a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// A task of that name exists.
    #[error("task `{0}` exists")]
    TaskExists(TaskName),
    /// A branch of that name exists and is elsewhere, or is in use.
    #[error("branch `{0}` exists")]
    BranchExists(BranchName),
    /// The branch that it was on, which stays when it leaves, is gone.
    #[error("branch `{0}` is gone")]
    BranchGone(BranchName),
    /// Something stands where it would go.
    #[error("{} is in the way", super::path::show(.0))]
    InTheWay(std::path::PathBuf),
    /// An operation of git's is unfinished in it, which names the branch.
    #[error("{0} in progress in it, which names its branch")]
    InProgress(&'static str),
    /// It left without its task's record: an undone run made its worktree anew.
    #[error("it is an earlier state of the worktree of task `{0}`")]
    NoRecord(TaskName),
}

/// What is true of where something would come back.
#[derive(Debug, Clone, Default)]
pub struct RestoreFacts {
    /// All tasks.
    pub tasks: Vec<TaskRecord>,
    /// The tip of the branch that it would be on.
    pub branch: Option<CommitId>,
    /// Whether a worktree uses that branch.
    pub used: bool,
    /// Whether something stands at its root or its administrative directory.
    pub occupied: bool,
    /// What is unfinished in it: `a rebase is`.
    pub in_progress: Option<&'static str>,
    /// Its rescue refs, those that there are.
    pub rescues: Vec<(String, CommitId)>,
}

/// Gives the actions that bring something back as `record` says, or what stands in the way.
pub fn restore(item: &Item, record: TaskRecord, facts: &RestoreFacts) -> Result<Vec<Action>, RestoreError> {
    let Some(from) = item.home() else { return Err(RestoreError::NoRecord(item.name.clone())) };
    let to = Home { place: record.place(), branch: record.branch.clone() };
    if facts.tasks.iter().any(|task| task.id == record.id || task.name == record.name) {
        return Err(RestoreError::TaskExists(record.name));
    }
    let mut actions = Vec::new();
    match (item.tip, facts.branch) {
        (Some(at), None) => actions.push(Action::CreateRef { name: record.branch.ref_name(), at }),
        (Some(at), Some(found)) if at == found && !facts.used => {}
        (None, Some(_)) if from.branch == to.branch && !facts.used => {}
        (None, None) => return Err(RestoreError::BranchGone(record.branch)),
        _ => return Err(RestoreError::BranchExists(record.branch)),
    }
    if facts.occupied {
        return Err(RestoreError::InTheWay(record.worktree));
    }
    if let Some(what) = facts.in_progress.filter(|_| from.branch != to.branch) {
        return Err(RestoreError::InProgress(what));
    }
    let (task, trash) = (record.id.clone(), item.trash.clone());
    if from != to {
        actions.push(Action::Rehome { task: task.clone(), trash: trash.clone(), from, to: to.clone() });
    }
    actions.push(Action::RestoreWorktree { task: task.clone(), place: to.place, trash });
    let forget = |(name, old): &(String, CommitId)| Action::DeleteRef { name: name.clone(), old: *old };
    actions.extend(facts.rescues.iter().map(forget));
    actions.push(Action::WriteTask { id: task, before: None, after: Some(Box::new(record)) });
    Ok(actions)
}

#[cfg(test)]
mod tests {
    use super::super::task::tests::record;
    use super::*;

    fn trash(operation: &str, id: &TaskId) -> WorktreePlace {
        WorktreePlace {
            path: format!("/w/.windrow/trash/{operation}/{id}").into(),
            admin: format!("/r/.git/windrow/trash/{operation}/admin/{id}").into(),
        }
    }

    fn commit(n: u8) -> CommitId {
        CommitId::from_bytes([n; 20])
    }

    fn removed(second: i64, id: &str, under: &str, task: &str) -> OperationRecord {
        let task = record(task);
        OperationRecord {
            id: id.parse().unwrap(),
            time: jiff::Timestamp::from_second(second).unwrap(),
            command: "clean".into(),
            tasks: vec![task.name.clone()],
            summary: String::new(),
            group: None,
            undoes: Vec::new(),
            redoes: Vec::new(),
            landings: Vec::new(),
            fingerprints: std::collections::BTreeMap::new(),
            actions: vec![
                Action::TrashWorktree {
                    task: task.id.clone(),
                    place: task.place(),
                    trash: trash(under, &task.id),
                },
                Action::DeleteRef { name: task.branch.ref_name(), old: commit(3) },
                Action::WriteTask { id: task.id.clone(), before: Some(Box::new(task)), after: None },
            ],
        }
    }

    fn ids(found: &[&Item]) -> Vec<String> {
        found.iter().map(|item| item.id()).collect()
    }

    #[test]
    fn what_was_moved_there_last_and_lies_there_counts() {
        let operations = [
            removed(1, "op-0001", "op-0001", "api"),
            removed(2, "op-0002", "op-0002", "docs"),
            removed(3, "op-0003", "op-0001", "api"),
            removed(4, "op-0004", "op-0004", "api"),
        ];
        let all = items(&operations, |_| true);
        assert_eq!(ids(&all.iter().collect::<Vec<_>>()), ["op-0002/docs", "op-0001/api", "op-0004/api"]);
        assert_eq!((all[1].by.as_str(), all[1].tip), ("op-0003", Some(commit(3))));
        assert_eq!(all[1].rescues[0], "refs/windrow/rescue/op-0001/api");
        let some = items(&operations, |place| !place.path.ends_with("op-0004/api"));
        assert_eq!(ids(&select(&some, "api").unwrap()), ["op-0001/api"]);
        assert_eq!(ids(&select(&all, "0002").unwrap()), ["op-0002/docs"]);
        assert_eq!(ids(&select(&all, "op-0004/api").unwrap()), ["op-0004/api"]);
        assert!(matches!(select(&all, "api"), Err(SelectError::Ambiguous { ids, .. }) if ids.len() == 2));
        assert!(matches!(select(&all, "op-0"), Err(SelectError::Ambiguous { ids, .. }) if ids.len() == 3));
        assert!(matches!(select(&all, "x"), Err(SelectError::Unknown(_))));
    }

    #[test]
    fn the_oldest_goes_first_and_nothing_young() {
        let now = jiff::Timestamp::from_second(100 * YOUNG).unwrap();
        let ago = |days: i64| jiff::Timestamp::from_second((100 - days) * YOUNG).unwrap();
        let limits = Retention { days: 30, size: 100 };
        assert!(is_expired(ago(31), now, limits) && !is_expired(ago(30), now, limits));
        assert!(!is_expired(ago(1), now, Retention { days: 0, ..limits }));
        assert!(is_expired(ago(2), now, Retention { days: 0, ..limits }));
        let items = [(ago(9), 60), (ago(8), 60), (ago(7), 40), (ago(0), 100)];
        assert_eq!(surplus(&items[..3], now, limits), 1);
        assert_eq!(surplus(&items, now, limits), 3);
        assert_eq!(surplus(&items[1..3], now, limits), 0);
        assert_eq!(surplus(&items[3..], now, Retention { size: 0, ..limits }), 0);
    }

    #[test]
    fn what_comes_back_and_what_stands_in_the_way() {
        let operations = [removed(1, "op-0001", "op-0001", "api")];
        let item = &items(&operations, |_| true)[0];
        let told = |name: &str, facts: &RestoreFacts| match restore(item, record(name), facts) {
            Ok(actions) => actions.iter().map(Action::describe).collect(),
            Err(error) => vec![error.to_string()],
        };
        let rescues = vec![("refs/windrow/rescue/op-0001/api".to_owned(), commit(5))];
        let free = RestoreFacts { rescues, ..RestoreFacts::default() };
        assert_eq!(
            told("api", &free),
            [
                "create branch api at 030303030",
                "restore worktree /r.worktrees/api from the trash",
                "delete ref refs/windrow/rescue/op-0001/api (was 050505050)",
                "record task api",
            ]
        );
        assert_eq!(told("new", &free)[1], "make it the worktree of new");
        assert_eq!(
            told("api", &RestoreFacts { tasks: vec![record("api")], ..free.clone() }),
            ["task `api` exists"]
        );
        let at = |branch| RestoreFacts { branch: Some(branch), ..free.clone() };
        assert_eq!(told("api", &at(commit(4))), ["branch `api` exists"]);
        assert_eq!(told("api", &at(commit(3)))[0], "restore worktree /r.worktrees/api from the trash");
        assert_eq!(told("api", &RestoreFacts { used: true, ..at(commit(3)) }), ["branch `api` exists"]);
        assert_eq!(
            told("api", &RestoreFacts { occupied: true, ..free.clone() }),
            ["/r.worktrees/api is in the way"]
        );
        let unfinished = RestoreFacts { in_progress: Some("a rebase is"), ..free.clone() };
        assert_eq!(told("new", &unfinished), ["a rebase is in progress in it, which names its branch"]);
        assert_eq!(told("api", &unfinished).len(), 4);
        let stayed = Item { tip: None, ..item.clone() };
        let again =
            |facts: &RestoreFacts| restore(&stayed, record("api"), facts).map(|actions| actions.len());
        assert_eq!(again(&at(commit(9))), Ok(3));
        assert_eq!(again(&free), Err(RestoreError::BranchGone("api".parse().unwrap())));
        let bare = Item { record: None, ..item.clone() };
        assert_eq!(restore(&bare, record("api"), &free), Err(RestoreError::NoRecord("api".parse().unwrap())));
    }
}
