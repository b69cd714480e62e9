//! Scratch worktrees: places for work that has no branch of its own. HEAD is detached, the lock says what they are, and
//! they go to the trash when the work is done.

use super::{Draft, OperationError, Shop};
use crate::domain::action::Action;
use crate::domain::name::{RunId, TaskId, TaskName};
use crate::domain::oid::CommitId;
use crate::domain::operation::History;
use crate::domain::place::WorktreePlace;
use crate::domain::undo::rescue_ref;
use crate::git::worktrees;
use crate::git::write::checkout::switch;
use crate::git::write::{refs, rescue};
use crate::store::erase;
use crate::store::journal::Claim;

/// The text of git's `locked` file in a scratch worktree.
pub const SCRATCH: &str = "windrow scratch";

/// A scratch worktree that is wanted.
#[derive(Debug, Clone)]
pub struct Request {
    /// The task that it is for.
    pub task: TaskName,
    /// The commit that it holds.
    pub at: CommitId,
}

/// A scratch worktree that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratch {
    /// The task that it is for.
    pub task: TaskName,
    /// The run that it is for.
    pub run: Option<RunId>,
    /// Where it is.
    pub place: WorktreePlace,
}

/// Makes scratch worktrees in one operation and gives their places in the order of the requests.
pub fn create(
    shop: &Shop<'_>,
    command: &str,
    run: Option<&RunId>,
    requests: &[Request],
) -> Result<Vec<WorktreePlace>, OperationError> {
    let topology = shop.topology()?;
    let places: Vec<WorktreePlace> = free(shop).take(requests.len()).collect();
    let create = |(request, place): (&Request, &WorktreePlace)| Action::CreateScratch {
        task: request.task.id(),
        place: place.clone(),
        at: request.at,
    };
    let tasks: Vec<TaskName> = requests.iter().map(|request| request.task.clone()).collect();
    let names: Vec<&str> = tasks.iter().map(TaskName::as_str).collect();
    let draft = Draft {
        command: command.to_owned(),
        summary: format!("made room to read for {}", names.join(", ")),
        group: run.cloned(),
        actions: requests.iter().zip(&places).map(create).collect(),
        tasks,
        ..Draft::default()
    };
    shop.perform(shop.claim()?, draft, Some(topology))?;
    Ok(places)
}

/// Gives free places, from number 1 on. The caller holds the topology lock.
fn free<'a>(shop: &'a Shop<'_>) -> impl Iterator<Item = WorktreePlace> + 'a {
    let layout = shop.store.layout();
    let admins = shop.repo.place().common_dir.join("worktrees");
    let numbered = move |number: u32| WorktreePlace {
        path: layout.scratch_worktrees().join(number.to_string()),
        admin: admins.join(format!("scratch-{number}")),
    };
    let is_free =
        |place: &WorktreePlace| !worktrees::is_there(&place.path) && !worktrees::is_there(&place.admin);
    (1..u32::MAX).map(numbered).filter(is_free)
}

/// Gives where [`remove`] puts a scratch worktree.
pub fn trash(shop: &Shop<'_>, claim: &Claim, task: &TaskId, place: &WorktreePlace) -> WorktreePlace {
    shop.store.layout().trash(&claim.id, task, &place.path)
}

/// Moves a scratch worktree to the trash, with a ref that keeps what it names. One that is not registered any more is left
/// to whoever removed it.
pub fn remove(shop: &Shop<'_>, claim: Claim, command: &str, scratch: &Scratch) -> Result<(), OperationError> {
    let (place, task) = (scratch.place.clone(), scratch.task.id());
    if !worktrees::is_there(&place.admin) {
        return Ok(());
    }
    let at = rescue::make(shop.repo, &place)?.commit;
    let to = trash(shop, &claim, &task, &place);
    let draft = Draft {
        command: command.to_owned(),
        summary: format!("removed what {} read in", scratch.task),
        tasks: vec![scratch.task.clone()],
        group: scratch.run.clone(),
        actions: vec![
            Action::CreateRef { name: rescue_ref(&claim.id, &task), at },
            Action::TrashScratch { task, place, trash: to },
        ],
        ..Draft::default()
    };
    shop.perform(claim, draft, None)?;
    Ok(())
}

/// Below this the states of a train have refs while they are tested, so that no garbage collection takes them away.
const TRAIN: &str = "refs/windrow/train/";

/// Keeps commits until [`let_go`]. No operation: nothing of it outlives the landing.
pub fn keep(shop: &Shop<'_>, commits: &[CommitId]) -> Result<(), OperationError> {
    for commit in commits {
        refs::create(shop.repo, &format!("{TRAIN}{commit}"), *commit, "windrow: tested")?;
    }
    Ok(())
}

/// Tells whether something is kept.
pub fn keeps(shop: &Shop<'_>) -> Result<bool, OperationError> {
    Ok(!shop.repo.refs_below(TRAIN)?.is_empty())
}

/// Lets go of every commit that [`keep`] kept, also in a landing that was killed. The caller holds the right to land.
pub fn let_go(shop: &Shop<'_>) -> Result<(), OperationError> {
    let kept = shop.repo.refs_below(TRAIN)?;
    if kept.is_empty() {
        return Ok(());
    }
    let draft = Draft {
        command: "merge".to_owned(),
        summary: "let go of what was tested".to_owned(),
        actions: kept.into_iter().map(|(name, old)| Action::DeleteRef { name, old }).collect(),
        ..Draft::default()
    };
    shop.perform(shop.claim()?, draft, None)?;
    Ok(())
}

/// Makes a scratch worktree hold another commit: what differs changes, what is neither tracked nor ignored goes, ignored files stay.
pub fn refit(shop: &Shop<'_>, place: &WorktreePlace, at: CommitId) -> Result<(), OperationError> {
    Ok(switch(shop.repo.place(), place, at)?)
}

/// Removes a scratch worktree for good, in which nobody worked: nothing of it is kept.
pub fn discard(
    shop: &Shop<'_>,
    claim: Claim,
    command: &str,
    scratch: &Scratch,
) -> Result<(), OperationError> {
    let (place, task) = (scratch.place.clone(), scratch.task.id());
    if !worktrees::is_there(&place.admin) {
        return Ok(());
    }
    let to = trash(shop, &claim, &task, &place);
    let draft = Draft {
        command: command.to_owned(),
        summary: format!("removed where {} was tested", scratch.task),
        tasks: vec![scratch.task.clone()],
        actions: vec![Action::TrashScratch { task, place, trash: to.clone() }],
        ..Draft::default()
    };
    shop.perform(claim, draft, None)?;
    for dir in [&to.path, &to.admin] {
        erase::erase(dir, &|| true)?;
        for above in dir.ancestors().skip(1).take(2) {
            erase::remove_empty_dir(above);
        }
    }
    Ok(())
}

/// Lists the scratch worktrees that are registered, with what the journal says of them; those that it does not know are
/// left out.
pub fn list(shop: &Shop<'_>, history: &History) -> Result<Vec<Scratch>, OperationError> {
    let mut found = Vec::new();
    for entry in worktrees::list(shop.repo)? {
        let Some(admin) = entry.admin.filter(|_| entry.locked.as_deref() == Some(SCRATCH)) else { continue };
        let made = history.operations().iter().rev().find_map(|operation| {
            let mut actions = operation.actions.iter();
            let (task, place) = actions.find_map(|action| match action {
                Action::CreateScratch { task, place, .. } if place.admin.file_name() == admin.file_name() => {
                    Some((task, place))
                }
                _ => None,
            })?;
            let task = operation.tasks.iter().find(|name| &name.id() == task)?.clone();
            Some(Scratch { task, run: operation.group.clone(), place: place.clone() })
        });
        found.extend(made);
    }
    Ok(found)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::clock::tests::TestClock;
    use crate::git::preflight::Needs;
    use crate::git::testing::TestRepo;
    use crate::store::{Layout, Store};

    pub(in crate::operation) fn with_shop(test: &TestRepo, then: impl FnOnce(&Shop<'_>)) {
        let (repo, clock) = (test.repo(), TestClock::default());
        let needs = Needs::of(&repo).unwrap();
        let store = Store::new(Layout::new(&repo.place().common_dir, &test.dir().join("trees")));
        then(&Shop { repo: &repo, store: &store, needs: &needs, clock: &clock });
    }

    pub(in crate::operation) fn requests(test: &TestRepo, names: &[&str]) -> Vec<Request> {
        names.iter().map(|name| Request { task: name.parse().unwrap(), at: test.rev("HEAD") }).collect()
    }

    fn history(shop: &Shop<'_>) -> History {
        History::new(shop.store.journal().unwrap().0)
    }

    #[test]
    fn made_listed_and_removed() {
        let test = TestRepo::with_commit();
        with_shop(&test, |shop| {
            let run: RunId = "run-1".parse().unwrap();
            let places = create(shop, "run", Some(&run), &requests(&test, &["a", "b/c"])).unwrap();
            assert_eq!(std::fs::read_to_string(places[1].path.join("file")).unwrap(), "one\n");
            assert_eq!(
                test.git_in(&places[0].path, &["status", "--porcelain=v1", "--branch"]),
                "## HEAD (no branch)"
            );
            let listed = test.git(&["worktree", "list", "--porcelain"]);
            assert_eq!(listed.matches("\nlocked windrow scratch").count(), 2, "{listed}");
            let found = list(shop, &history(shop)).unwrap();
            assert_eq!(found.iter().map(|s| s.task.as_str()).collect::<Vec<_>>(), ["a", "b/c"]);
            assert!(found.iter().all(|scratch| scratch.run.as_ref() == Some(&run)));
            for scratch in &found {
                remove(shop, shop.claim().unwrap(), "run", scratch).unwrap();
                remove(shop, shop.claim().unwrap(), "run", scratch).unwrap();
            }
            assert!(list(shop, &history(shop)).unwrap().is_empty());
            let again = create(shop, "run", None, &requests(&test, &["a"])).unwrap();
            assert_eq!(again[0], places[0], "numbers are used again");
        });
        test.assert_sound();
    }

    #[test]
    fn what_cannot_be_filled_is_taken_back() {
        let test = TestRepo::with_commit();
        with_shop(&test, |shop| {
            let tree = test.rev("HEAD");
            let mut wanted = requests(&test, &["a", "b"]);
            wanted[1].at = CommitId::from_bytes([7; 20]);
            create(shop, "run", None, &wanted).unwrap_err();
            assert!(list(shop, &history(shop)).unwrap().is_empty());
            assert_eq!(test.git(&["worktree", "list"]).lines().count(), 1);
            wanted[1].at = tree;
            assert_eq!(create(shop, "run", None, &wanted).unwrap().len(), 2);
        });
        test.assert_sound();
    }

    #[test]
    fn one_whose_directory_its_agent_removed_goes_all_the_same() {
        let test = TestRepo::with_commit();
        with_shop(&test, |shop| {
            let places = create(shop, "run", None, &requests(&test, &["a"])).unwrap();
            std::fs::remove_dir_all(&places[0].path).unwrap();
            let found = list(shop, &history(shop)).unwrap();
            remove(shop, shop.claim().unwrap(), "run", &found[0]).unwrap();
            assert!(!places[0].admin.exists());
        });
        test.assert_sound();
    }
}
