//! Cleaning up: what a worktree holds, whether it may go, and why.

use super::name::TaskName;
use super::outcome::Outcome;
use super::path::RepoPath;
use super::status::Integrated;

/// A kind of content that would leave with a worktree or a branch (DESIGN §3.1 `clean`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Tracked files that differ from the index.
    Tracked,
    /// Changes in the index.
    Staged,
    /// Edits behind git's skip-worktree and assume-unchanged flags.
    Hidden,
    /// Files that the index does not know.
    Untracked,
    /// Ignored files that cannot be made again.
    Ignored,
    /// Commits that the base lacks.
    Unmerged,
    /// Commits that no branch holds.
    Detached,
    /// An unfinished merge, rebase, cherry-pick, revert, bisect or patch application.
    InProgress,
    /// Paths in conflict.
    Conflicts,
    /// Repositories inside.
    Nested,
    /// Initialised submodules.
    Submodules,
}

impl Class {
    /// All classes, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Tracked,
        Self::Staged,
        Self::Hidden,
        Self::Untracked,
        Self::Ignored,
        Self::Unmerged,
        Self::Detached,
        Self::InProgress,
        Self::Conflicts,
        Self::Nested,
        Self::Submodules,
    ];

    /// Gives the word of `--discard` and of every output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tracked => "tracked",
            Self::Staged => "staged",
            Self::Hidden => "hidden",
            Self::Untracked => "untracked",
            Self::Ignored => "ignored",
            Self::Unmerged => "unmerged",
            Self::Detached => "detached",
            Self::InProgress => "in-progress",
            Self::Conflicts => "conflicts",
            Self::Nested => "nested",
            Self::Submodules => "submodule",
        }
    }
}

/// One class of content that was found, with the paths or texts that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The class.
    pub class: Class,
    /// Paths in the worktree; empty where the class is not about files.
    pub paths: Vec<RepoPath>,
    /// How many there are; `paths` may hold fewer.
    pub count: usize,
    /// What it is in a few words: `3 commits`, `a rebase`.
    pub what: String,
}

/// Everything found in a worktree that is not in a commit of its branch.
pub type Inventory = Vec<Found>;

/// What stands in the way of removing a worktree whatever is discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// An agent of ours is at work there.
    Running,
    /// Processes have their working directory or open files in it: their ids.
    Processes(Vec<u32>),
    /// The directory one stands in is inside it.
    OwnCwd,
    /// Its branch, which would go with it, is taken by another worktree: how, and its path as shown.
    BranchInUse(String),
    /// Git's `locked` file, not written by us: its text.
    Locked(String),
    /// Directory and registration do not name each other, it is a link, or it is a mount point: what is wrong.
    Foreign(String),
}

impl Obstacle {
    /// Says what stands in the way.
    pub fn describe(&self) -> String {
        describe_obstacle(self).1
    }
}

/// What is known of a task that might be removed.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The task.
    pub task: TaskName,
    /// Whether its worktree is not there.
    pub missing: bool,
    /// Whether its branch is there.
    pub branch_exists: bool,
    /// Whether the branch was there before the task: it stays.
    pub branch_taken_up: bool,
    /// Whether it is a default branch: it stays too.
    pub default_branch: bool,
    /// Whether the branch never got a commit.
    pub fresh: bool,
    /// Why its work is in the base.
    pub integrated: Option<Integrated>,
    /// The outcome of its last attempt.
    pub outcome: Option<Outcome>,
    /// What was found.
    pub inventory: Inventory,
    /// What stands in the way.
    pub obstacles: Vec<Obstacle>,
    /// Whether the user named it.
    pub named: bool,
}

/// Whether a task's worktree and branch go, and the reason in one code and one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// The task.
    pub task: TaskName,
    /// Whether they go.
    pub remove: bool,
    /// Whether the branch goes too.
    pub branch: bool,
    /// Whether the branch is there and stays, as one that was there before the task does.
    pub branch_stays: bool,
    /// Whether that is because it is a default branch.
    pub default_branch: bool,
    /// The code: `ancestor same-tree squash rebase missing named fresh empty unmerged running own-cwd locked foreign
    /// in-use`, or a class of [`Class`].
    pub reason: &'static str,
    /// A sentence without a full stop.
    pub detail: String,
    /// The paths that keep it.
    pub paths: Vec<RepoPath>,
    /// Classes of content that go with it because the user said so.
    pub discards: Vec<Class>,
    /// What `--discard` would have to name for it to go; empty if nothing would do.
    pub needs: Vec<Class>,
}

/// Decides whether a task's worktree and branch may go. `discard` holds the classes that the user gives up.
pub fn decide(facts: &Facts, discard: &[Class]) -> Disposition {
    let keep = |reason, detail: String| Disposition {
        task: facts.task.clone(),
        remove: false,
        branch: false,
        branch_stays: facts.branch_exists,
        default_branch: facts.default_branch,
        reason,
        detail,
        paths: Vec::new(),
        discards: Vec::new(),
        needs: Vec::new(),
    };
    if let Some(obstacle) = facts.obstacles.first() {
        let (reason, detail) = describe_obstacle(obstacle);
        return keep(reason, detail);
    }
    let (kept_back, given_up): (Vec<&Found>, Vec<&Found>) =
        facts.inventory.iter().partition(|found| !discard.contains(&found.class));
    if let Some(first) = kept_back.first() {
        let told: Vec<&str> = kept_back.iter().map(|found| found.what.as_str()).collect();
        return Disposition {
            paths: kept_back.iter().flat_map(|found| found.paths.iter().cloned()).collect(),
            needs: kept_back.iter().map(|found| found.class).collect(),
            ..keep(first.class.word(), told.join(", "))
        };
    }
    let stays = facts.branch_taken_up || facts.default_branch;
    let remove = |reason, detail: String| Disposition {
        remove: true,
        branch: facts.branch_exists && !stays,
        branch_stays: facts.branch_exists && stays,
        discards: given_up.iter().map(|found| found.class).collect(),
        ..keep(reason, detail)
    };
    if !given_up.is_empty() {
        let told: Vec<&str> = given_up.iter().map(|found| found.what.as_str()).collect();
        return remove("discarded", format!("discarded: {}", told.join(", ")));
    }
    match (facts.integrated, facts.fresh) {
        _ if facts.missing && !facts.named && facts.integrated.is_none() && !facts.fresh => {
            keep("missing", "its worktree is not there, and its branch is not merged".to_owned())
        }
        (_, true) if !facts.named && facts.outcome == Some(Outcome::Empty) => {
            keep("empty", "its agent changed nothing; name it to remove it".to_owned())
        }
        (_, true) if !facts.named => {
            keep("fresh", "no commit since it was started; name it to remove it".to_owned())
        }
        (_, true) => remove("named", "no commit since it was started, nothing uncommitted".to_owned()),
        (Some(Integrated::Ancestor), _) => remove("ancestor", "its commits are in the base".to_owned()),
        (Some(Integrated::SameTree), _) => remove("same-tree", "merging it would change nothing".to_owned()),
        (Some(Integrated::Squash), _) => remove("squash", "landed as a squash".to_owned()),
        (Some(Integrated::Rebase), _) => remove("rebase", "landed as a rebase".to_owned()),
        (None, false) if facts.missing => remove("missing", "its worktree is not there".to_owned()),
        (None, false) => remove("named", "nothing of it is unmerged".to_owned()),
    }
}

fn describe_obstacle(obstacle: &Obstacle) -> (&'static str, String) {
    match obstacle {
        Obstacle::Running => ("running", "its agent is running".to_owned()),
        Obstacle::Processes(pids) => {
            let pids: Vec<String> = pids.iter().take(5).map(ToString::to_string).collect();
            ("in-use", format!("processes work in it: {}", pids.join(", ")))
        }
        Obstacle::OwnCwd => ("own-cwd", "the current directory is inside it".to_owned()),
        Obstacle::BranchInUse(how) => ("in-use", format!("its branch is {how}")),
        Obstacle::Locked(reason) if reason.is_empty() => ("locked", "it is locked".to_owned()),
        Obstacle::Locked(reason) => ("locked", format!("it is locked: {reason}")),
        Obstacle::Foreign(what) => ("foreign", what.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            task: "api".parse().unwrap(),
            missing: false,
            branch_exists: true,
            branch_taken_up: false,
            default_branch: false,
            fresh: false,
            integrated: Some(Integrated::Ancestor),
            outcome: Some(Outcome::Done),
            inventory: Vec::new(),
            obstacles: Vec::new(),
            named: false,
        }
    }

    fn found(class: Class) -> Found {
        Found { class, paths: vec!["a".into()], count: 1, what: format!("1 {}", class.word()) }
    }

    #[test]
    fn each_class_alone_keeps_it_and_its_discard_alone_lets_it_go() {
        for class in Class::ALL {
            let facts = Facts { inventory: vec![found(class)], named: true, ..facts() };
            let kept = decide(&facts, &[]);
            assert!(!kept.remove && kept.reason == class.word() && kept.needs == [class], "{class:?}");
            let others: Vec<Class> = Class::ALL.into_iter().filter(|other| *other != class).collect();
            assert!(!decide(&facts, &others).remove, "{class:?}");
            assert!(decide(&facts, &[class]).remove, "{class:?}");
        }
    }

    #[test]
    fn obstacles_are_above_every_discard() {
        for obstacle in [
            Obstacle::Running,
            Obstacle::OwnCwd,
            Obstacle::BranchInUse("checked out at /r".into()),
            Obstacle::Locked("x".into()),
            Obstacle::Foreign("y".into()),
        ] {
            assert!(
                !decide(&Facts { obstacles: vec![obstacle], named: true, ..facts() }, &Class::ALL).remove
            );
        }
    }

    #[test]
    fn reasons() {
        let reason = |facts: Facts| {
            let d = decide(&facts, &[]);
            (d.remove, d.reason)
        };
        assert_eq!(reason(facts()), (true, "ancestor"));
        assert_eq!(reason(Facts { fresh: true, outcome: None, ..facts() }), (false, "fresh"));
        assert_eq!(reason(Facts { fresh: true, outcome: Some(Outcome::Empty), ..facts() }), (false, "empty"));
        assert_eq!(reason(Facts { fresh: true, named: true, ..facts() }), (true, "named"));
        assert_eq!(reason(Facts { integrated: None, missing: true, ..facts() }), (false, "missing"));
        let branch = |facts: Facts| {
            let d = decide(&facts, &[]);
            (d.branch, d.branch_stays)
        };
        assert_eq!(branch(facts()), (true, false));
        assert_eq!(branch(Facts { branch_taken_up: true, ..facts() }), (false, true));
        assert_eq!(branch(Facts { default_branch: true, ..facts() }), (false, true));
        assert_eq!(branch(Facts { branch_exists: false, ..facts() }), (false, false));
    }
}
