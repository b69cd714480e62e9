//! Settings after merging: built-in, then the user's file, then the repository's, then plan and flags.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::approval::RepositoryCommand;
use super::name::{BranchName, InvalidName, TaskName};
use super::place::Place;
use super::plan::Agent;
use super::ports::PortRange;
use super::trash::Retention;

/// The merged settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where worktrees go, relative to [`Place::root`]; `{repo}` stands for [`Place::name`].
    pub worktree_dir: String,
    /// The branch of a task; `{task}` stands for its name.
    pub branch: String,
    /// Names of ignored directories that can be made again, beside the built-in ones.
    pub disposable: Vec<String>,
    /// Ignored files of the main worktree that new worktrees get a copy of: patterns as in `.gitignore`.
    pub copy: Vec<String>,
    /// Those that new worktrees get a symbolic link to.
    pub link: Vec<String>,
    /// Shell lines that are run in each new worktree, one after the other.
    pub setup: Vec<String>,
    /// The gate of the user's own settings.
    pub gate: Option<String>,
    /// How long a gate may take on one state, in milliseconds.
    pub gate_timeout_ms: Option<u64>,
    /// How tasks are landed, where nothing else says it.
    pub strategy: Option<String>,
    /// The message of a squash, where nothing else says it: a template.
    pub squash_message: Option<String>,
    /// Where tasks get their ports from.
    pub ports: PortRange,
    /// What stays in the trash.
    pub trash: Retention,
    /// Agents by name.
    pub agents: BTreeMap<String, Agent>,
    /// Roles by name: their prompts.
    pub roles: BTreeMap<String, String>,
    /// Which of the commands above come from the repository's own file: they run only after an approval.
    pub of_repository: Vec<RepositoryCommand>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            worktree_dir: "../{repo}.worktrees".to_owned(),
            branch: "{task}".to_owned(),
            disposable: Vec::new(),
            copy: Vec::new(),
            link: Vec::new(),
            setup: Vec::new(),
            gate: None,
            gate_timeout_ms: None,
            strategy: None,
            squash_message: None,
            ports: PortRange::default(),
            trash: Retention::default(),
            agents: BTreeMap::new(),
            roles: BTreeMap::new(),
            of_repository: Vec::new(),
        }
    }
}

impl Settings {
    /// Gives the directory that worktrees go into, absolute and without `..` components.
    pub fn worktree_dir(&self, place: &Place) -> PathBuf {
        let mut out = PathBuf::new();
        for component in place.root().join(self.worktree_dir.replace("{repo}", &place.name())).components() {
            match component {
                std::path::Component::ParentDir => {
                    out.pop();
                }
                std::path::Component::CurDir => {}
                other => out.push(other),
            }
        }
        out
    }

    /// Gives the repository's command of a key, where one holds.
    pub fn repository_command(&self, key: &str) -> Option<&RepositoryCommand> {
        self.of_repository.iter().find(|command| command.key == key)
    }

    /// Gives the branch of a task that does not name one.
    pub fn branch_of(&self, task: &TaskName) -> Result<BranchName, InvalidName> {
        self.branch.replace("{task}", task.as_str()).parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_beside_the_repository() {
        let place = Place {
            common_dir: "/home/u/app/.git".into(),
            git_dir: "/home/u/app/.git".into(),
            worktree: Some("/home/u/app".into()),
            main_worktree: Some("/home/u/app".into()),
        };
        assert_eq!(Settings::default().worktree_dir(&place), PathBuf::from("/home/u/app.worktrees"));
        let bare = Place { common_dir: "/srv/app.git".into(), main_worktree: None, worktree: None, ..place };
        assert_eq!(Settings::default().worktree_dir(&bare), PathBuf::from("/srv/app.worktrees"));
        let absolute = Settings { worktree_dir: "/w/{repo}".into(), ..Settings::default() };
        assert_eq!(absolute.worktree_dir(&bare), PathBuf::from("/w/app"));
    }

    #[test]
    fn the_branch_template() {
        let settings = Settings { branch: "work/{task}".into(), ..Settings::default() };
        assert_eq!(settings.branch_of(&"api".parse().unwrap()).unwrap().as_str(), "work/api");
    }
}
