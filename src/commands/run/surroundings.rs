//! What lies around the worktrees of a run and is none of an agent's business: branches of others, and the main worktree (DESIGN §8.10 b, c).
//! A change there is told and taints nobody: the user may have worked there too.

use std::collections::BTreeMap;

use crate::domain::action::Action;
use crate::domain::name::TaskName;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::error::Error;
use crate::git::preflight::Needs;
use crate::git::{Repo, status};
use crate::store::Store;

/// How many names are said.
const NAMED: usize = 5;

/// A look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Surroundings {
    branches: BTreeMap<String, CommitId>,
    /// The main worktree: its uncommitted paths, and a digest of what is in them; none in a bare repository.
    main: Option<(Vec<RepoPath>, String)>,
    /// How many operations the journal held.
    operations: usize,
}

impl Surroundings {
    /// Looks.
    pub(super) fn look(place: &Place, store: &Store, needs: &Needs) -> Result<Self, Error> {
        let repo = Repo::open(place)?;
        let main = match &place.main_worktree {
            Some(path) => {
                let tree = WorktreePlace { path: path.clone(), admin: place.common_dir.clone() };
                let paths = status::dirty_paths(&tree, needs, place)?;
                Some((paths, status::fingerprint(&tree, needs, place)?))
            }
            None => None,
        };
        Ok(Self {
            branches: repo.branches()?.into_iter().collect(),
            main,
            operations: store.journal()?.0.len(),
        })
    }

    /// Gives a sentence for what changed since `before` that nothing explains: not our own operations, not the branches of tasks.
    pub(super) fn unexplained(
        &self,
        before: &Self,
        store: &Store,
        alive: &[TaskName],
    ) -> Result<Option<String>, Error> {
        let journal = store.journal()?.0;
        let ours: Vec<&Action> =
            journal.iter().skip(before.operations).flat_map(|operation| &operation.record.actions).collect();
        let tasks = store.tasks()?.records;
        let is_task = |name: &str| {
            let of_task = |task: &crate::domain::task::TaskRecord| task.branch.as_str() == name;
            tasks.iter().any(of_task) || ours.iter().any(|action| moves(action, name))
        };
        let names = before.branches.keys().chain(self.branches.keys());
        let mut moved: Vec<String> = names
            .filter(|name| before.branches.get(*name) != self.branches.get(*name) && !is_task(name))
            .map(|name| format!("branch {name}"))
            .collect();
        let landed = ours.iter().any(|action| {
            matches!(action, Action::MoveRef { checked_out_at: Some(_), .. } | Action::TrashWorktree { .. })
        });
        if let (Some((old, was)), Some((new, is))) = (&before.main, &self.main)
            && was != is
            && !landed
        {
            let only = |a: &[RepoPath], b: &[RepoPath]| -> Vec<String> {
                a.iter().filter(|path| !b.contains(path)).map(ToString::to_string).collect()
            };
            let mut paths = [only(new, old), only(old, new)].concat();
            if paths.is_empty() {
                paths = new.iter().map(ToString::to_string).collect();
            }
            if paths.is_empty() {
                paths.push("HEAD".to_owned());
            }
            moved.extend(paths.into_iter().map(|path| format!("{path} in the main worktree")));
        }
        moved.sort();
        moved.dedup();
        if moved.is_empty() {
            return Ok(None);
        }
        let more = moved.len().saturating_sub(NAMED);
        moved.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let alive: Vec<&str> = alive.iter().map(TaskName::as_str).collect();
        Ok(Some(format!(
            "changed while agents worked, by one of them or by somebody else: {}{more}; at work then: {}",
            moved.join(", "),
            alive.join(", ")
        )))
    }
}

/// Tells whether one of our own operations moved a branch.
fn moves(action: &Action, branch: &str) -> bool {
    let of = |name: &str| name.strip_prefix("refs/heads/") == Some(branch);
    match action {
        Action::CreateRef { name, .. } | Action::DeleteRef { name, .. } | Action::MoveRef { name, .. } => {
            of(name)
        }
        Action::Commit { branch: name, .. } | Action::Attempt { branch: name, .. } => name.as_str() == branch,
        _ => false,
    }
}
