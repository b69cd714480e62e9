//! The names that exist now, for completion: quick, without a write, and empty where something is wrong.

use std::path::{Path, PathBuf};

use crate::agent;
use crate::domain::name::TaskName;
use crate::domain::operation::History;
use crate::domain::path::is_hostile;
use crate::domain::place::Place;
use crate::domain::settings::Settings;
use crate::git::Repo;
use crate::operation::trash as bin;
use crate::plan;
use crate::store::{Layout, Store, deliver};

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Tasks.
    Tasks,
    /// Tasks of a plan.
    Planned,
    /// Runs.
    Runs,
    /// What can be undone: operations and runs.
    Operations,
    /// What lies in the trash.
    Trash,
    /// Agents: the known clients and those of the settings.
    Agents,
    /// Local branches.
    Branches,
}

/// A name and a few words about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What it is; may be empty.
    pub about: String,
}

impl Named {
    fn new(name: impl ToString, about: impl Into<String>) -> Self {
        Self { name: name.to_string(), about: about.into() }
    }
}

/// Gives the names as seen from a directory, the newest runs and operations first. Names that a shell would not take as
/// they stand are left out, because shells insert candidates unquoted.
pub fn names(
    what: Names,
    at: &Path,
    plan: Option<PathBuf>,
    settings: impl Fn(Option<&Place>) -> Settings,
) -> Vec<Named> {
    let repo = Repo::discover(at).ok();
    let place = repo.as_ref().map(Repo::place);
    let store = place.map(|place| Store::new(Layout::new(&place.common_dir, &place.common_dir)));
    let mut found = match (what, &repo, &store) {
        (Names::Agents, ..) => agents(&settings(place)),
        (Names::Planned, ..) => planned(at, plan, &settings(place)),
        (Names::Tasks, _, Some(store)) => tasks(store),
        (Names::Runs, _, Some(store)) => runs(store),
        (Names::Operations, _, Some(store)) => operations(store),
        (Names::Trash, _, Some(store)) => trashed(store),
        (Names::Branches, Some(repo), _) => branches(repo),
        _ => Vec::new(),
    };
    found.retain(|named| is_plain(&named.name));
    for named in &mut found {
        named.about.retain(|c| !is_hostile(c));
    }
    found
}

/// Tells whether every shell takes a word as it stands.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@,".contains(c);
    !name.starts_with('-') && name.chars().all(plain)
}

fn tasks(store: &Store) -> Vec<Named> {
    let Ok(tasks) = store.tasks() else { return Vec::new() };
    let about = |base: Option<&crate::domain::name::BranchName>| {
        base.map(|base| format!("task from {base}")).unwrap_or_default()
    };
    tasks.records.iter().map(|task| Named::new(&task.name, about(task.base.as_ref()))).collect()
}

fn planned(at: &Path, plan: Option<PathBuf>, settings: &Settings) -> Vec<Named> {
    let file = plan.unwrap_or_else(|| "plan.toml".into());
    // A pipe would be read away from the run that it is meant for.
    if !deliver::is_file(&at.join(&file)) {
        return Vec::new();
    }
    let Ok(plan) = plan::load(&file, at, settings) else { return Vec::new() };
    plan.tasks.iter().map(|task| Named::new(&task.name, task.title.clone())).collect()
}

fn runs(store: &Store) -> Vec<Named> {
    let runs = store.run_records().unwrap_or_default();
    let about = |run: &crate::store::runs::RunRecord| {
        let tasks: Vec<&str> = run.tasks.iter().map(|task| task.name.as_str()).collect();
        tasks.join(" ")
    };
    runs.iter().rev().map(|run| Named::new(&run.id, about(run))).collect()
}

fn operations(store: &Store) -> Vec<Named> {
    let Ok((journal, _)) = store.journal() else { return Vec::new() };
    let history = History::new(journal);
    let standing = history.units().into_iter().filter(|unit| !unit.undone);
    let about = |unit: &crate::domain::operation::Unit<'_>| {
        unit.operations.last().map(|operation| operation.summary.clone()).unwrap_or_default()
    };
    standing.map(|unit| Named::new(unit.id(), about(&unit))).collect()
}

/// A name that lies there several times is told by its operation too.
fn trashed(store: &Store) -> Vec<Named> {
    let Ok((journal, _)) = store.journal() else { return Vec::new() };
    let items = bin::list(&History::new(journal));
    let is_single = |name: &TaskName| items.iter().filter(|item| &item.name == name).count() == 1;
    let named = items.iter().rev().map(|item| {
        let name = if is_single(&item.name) { item.name.to_string() } else { item.id() };
        Named::new(name, format!("moved there by {}", item.command))
    });
    named.collect()
}

fn agents(settings: &Settings) -> Vec<Named> {
    let own = settings.agents.keys().map(|name| Named::new(name, "of the settings"));
    let known = agent::known().iter().filter(|known| !settings.agents.contains_key(known.name));
    own.chain(known.map(|known| Named::new(known.name, known.about))).collect()
}

fn branches(repo: &Repo) -> Vec<Named> {
    let branches = repo.branches().unwrap_or_default();
    branches.into_iter().map(|(name, tip)| Named::new(name, tip.short())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    fn found(what: Names, at: &Path) -> Vec<String> {
        names(what, at, None, |_| Settings::default()).into_iter().map(|named| named.name).collect()
    }

    #[test]
    fn outside_a_repository_only_what_is_known_everywhere() {
        let dir = tempfile::tempdir().unwrap();
        for what in [Names::Tasks, Names::Planned, Names::Runs, Names::Operations, Names::Branches] {
            assert!(found(what, dir.path()).is_empty(), "{what:?}");
        }
        assert!(found(Names::Agents, dir.path()).contains(&"claude".to_owned()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_that_a_shell_would_take_for_something_else_are_left_out() {
        let test = TestRepo::with_commit();
        for branch in ["api", "feature/x", "$(touch owned)", "a;b", "it's"] {
            let branch = branch.replace(' ', "_");
            test.git(&["branch", &branch]);
        }
        assert_eq!(found(Names::Branches, &test.path()), ["api", "feature/x", "main"]);
    }

    #[test]
    fn tasks_of_a_plan_that_is_a_file() {
        let test = TestRepo::with_commit();
        test.write("plan.toml", "agent = \"claude\"\n[[task]]\nname = \"one\"\nprompt = \"Do it.\"\n");
        assert_eq!(found(Names::Planned, &test.path()), ["one"]);
        test.write("plan.toml", "[[task]\n");
        assert!(found(Names::Planned, &test.path()).is_empty());
    }
}
