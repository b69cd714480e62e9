//! What tasks may not be to each other: equal or colliding names and branches, unknown dependencies, cycles.

use std::collections::BTreeSet;

use super::report::{Report, instead, tick};
use super::tasks::{Draft, invalid};
use crate::domain::graph;
use crate::domain::name::{BranchName, Collision, TaskId, TaskName, collision};
use crate::domain::settings::Settings;

/// The most cycles that are told: a graph can have more of them than anybody reads.
const MOST_CYCLES: usize = 20;
/// The most tasks of one plan.
pub(super) const MOST_TASKS: usize = 1000;

/// Looks at all tasks of a run. `spoiled` are names of tasks that are not among them because of problems of their own.
pub(super) fn check(
    report: &mut Report<'_>,
    drafts: &[Draft],
    spoiled: &BTreeSet<String>,
    settings: &Settings,
) {
    if let Some(first) = drafts.get(MOST_TASKS) {
        report.add_of(first.at, format!("a plan has at most {MOST_TASKS} tasks"));
        return;
    }
    collisions(report, drafts, settings);
    unknown_dependencies(report, drafts, spoiled);
    cycles(report, drafts);
}

fn collisions(report: &mut Report<'_>, drafts: &[Draft], settings: &Settings) {
    let branches: Vec<Option<BranchName>> = drafts.iter().map(|d| branch(report, d, settings)).collect();
    let ids: Vec<TaskId> = drafts.iter().map(|draft| draft.task.name.id()).collect();
    let as_named =
        |i: usize| branches[i].as_ref().is_some_and(|b| b.as_str() == drafts[i].task.name.as_str());
    for (i, draft) in drafts.iter().enumerate() {
        let found = (0..i).find_map(|j| {
            let names = between_names(&draft.task.name, &drafts[j].task.name);
            let names = names.or_else(|| {
                (ids[i] == ids[j]).then(|| format!("have the same directory name {}", tick(ids[i].as_str())))
            });
            // Branches that are the names are compared already.
            if names.is_some() || as_named(i) && as_named(j) {
                return names.map(|why| (j, why));
            }
            let why = between_branches(branches[i].as_ref()?, branches[j].as_ref()?)
                .or_else(|| between_name_and_branch(draft, &drafts[j], &branches[i], &branches[j]));
            why.map(|why| (j, why))
        });
        if let Some((j, why)) = found {
            let (name, other) = (tick(draft.task.name.as_str()), tick(drafts[j].task.name.as_str()));
            let place = report.place(drafts[j].at);
            let message = if draft.task.name == drafts[j].task.name {
                format!("task {name} is defined twice, first on {place}")
            } else {
                format!("tasks {name} and {other} ({place}) {why}")
            };
            report.add_of(draft.at, message);
        }
    }
}

/// Gives the branch that a task will have; there is a problem if the settings make none of its name.
fn branch(report: &mut Report<'_>, draft: &Draft, settings: &Settings) -> Option<BranchName> {
    if let Some(branch) = &draft.task.branch {
        return Some(branch.clone());
    }
    let made = settings.branch_of(&draft.task.name);
    made.map_err(|error| report.add_of(draft.at, format!("{} (by the setting `branch`)", invalid(&error))))
        .ok()
}

fn between_names(a: &TaskName, b: &TaskName) -> Option<String> {
    collision(a.as_str(), b.as_str()).map(|collision| match collision {
        Collision::Same => "have the same name".to_owned(),
        Collision::Directory => "cannot both be there: one name is a directory of the other".to_owned(),
        Collision::Folded | Collision::Id => "have names that are one on some file systems".to_owned(),
    })
}

fn between_branches(a: &BranchName, b: &BranchName) -> Option<String> {
    let (shown_a, shown_b) = (tick(a.as_str()), tick(b.as_str()));
    collision(a.as_str(), b.as_str()).map(|collision| match collision {
        Collision::Same => format!("have the same branch {shown_a}"),
        Collision::Directory => {
            format!("have the branches {shown_a} and {shown_b}, of which one is a directory of the other")
        }
        Collision::Folded | Collision::Id => {
            format!("have the branches {shown_a} and {shown_b}, which are one on some file systems")
        }
    })
}

/// An argument that names a task by its name and another by its branch is refused, so neither could be named.
fn between_name_and_branch(
    a: &Draft,
    b: &Draft,
    branch_a: &Option<BranchName>,
    branch_b: &Option<BranchName>,
) -> Option<String> {
    let is = |name: &TaskName, branch: &Option<BranchName>| {
        branch.as_ref().is_some_and(|branch| branch.as_str() == name.as_str())
    };
    let name = if is(&a.task.name, branch_b) {
        &a.task.name
    } else if is(&b.task.name, branch_a) {
        &b.task.name
    } else {
        return None;
    };
    Some(format!(
        "cannot be told apart: {} is the name of one and the branch of the other",
        tick(name.as_str())
    ))
}

fn unknown_dependencies(report: &mut Report<'_>, drafts: &[Draft], spoiled: &BTreeSet<String>) {
    for draft in drafts {
        for (name, at) in draft.task.after.iter().zip(&draft.after_at) {
            if drafts.iter().all(|other| other.task.name != *name) && !spoiled.contains(name.as_str()) {
                let others = drafts.iter().filter(|other| other.task.name != draft.task.name);
                let hint = instead(name.as_str(), others.map(|other| other.task.name.as_str()));
                report.add_missing(Some(*at), format!("there is no task {}{hint}", tick(name.as_str())));
            }
        }
    }
}

/// Tells the cycles that remain when one edge of each found before is taken away, at the `after` of their first task.
fn cycles(report: &mut Report<'_>, drafts: &[Draft]) {
    let mut edges: Vec<(TaskName, Vec<TaskName>)> =
        drafts.iter().map(|draft| (draft.task.name.clone(), draft.task.after.clone())).collect();
    for _ in 0..MOST_CYCLES {
        let Some(mut path) = graph::cycle(&edges) else { return };
        path.pop();
        let position = |name: &TaskName| edges.iter().position(|(task, _)| task == name);
        let first = (0..path.len()).min_by_key(|i| position(&path[*i])).unwrap_or(0);
        path.rotate_left(first);
        let (Some(from), to) = (position(&path[0]), path[1 % path.len()].clone()) else { return };
        let draft = &drafts[from];
        let edge = draft.task.after.iter().position(|name| *name == to);
        let at = edge.and_then(|i| draft.after_at.get(i).copied()).or(draft.at);
        path.push(path[0].clone());
        let shown: Vec<String> =
            path.iter().take(20).map(|name| tick(name.as_str()).replace('`', "")).collect();
        let more = if path.len() > 20 { " → …" } else { "" };
        report.add_of(at, format!("tasks wait for each other: {}{more}", shown.join(" → ")));
        edges[from].1.retain(|name| *name != to);
    }
}
