//! What is found about a repository is remembered with the stamp of every file that it came from (DESIGN §8.2), for commands
//! that only look: whoever changes something asks git again, as an agent can write to our files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Config, Found, Needs, Setting, is_attribute_file};
use crate::domain::name::hex;
use crate::domain::path::bytes_to_path;
use crate::domain::preflight::{Remembered, Stamp};
use crate::git::command::{assume_git, require_git};
use crate::git::{GitError, Repo};

/// The variables that say where git looks for its configuration, and which git that is.
const VARIABLES: [&str; 9] = [
    "GIT_ATTR_NOSYSTEM",
    "GIT_ATTR_SOURCE",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "HOME",
    "PATH",
    "XDG_CONFIG_HOME",
];

type Env = BTreeMap<String, String>;

impl Needs {
    /// Gives what is remembered, if it still holds. `env` are the variables of this process.
    pub fn still(repo: &Repo, env: &Env, remembered: &Remembered) -> Option<Self> {
        let holds = remembered.by == env!("CARGO_PKG_VERSION")
            && remembered.environment == environment(repo, env)
            && remembered.files.iter().all(|(path, then)| stamp(path) == *then);
        if !holds {
            return None;
        }
        assume_git(remembered.git);
        Some(Self::with_hooks(Found {
            git_for_files: remembered.git_for_files.clone(),
            sign: remembered.sign,
            drivers: remembered.drivers.clone(),
            hooks: remembered.hooks.clone(),
        }))
    }

    /// Finds it out, and gives what to remember; nothing where it also hangs on something that is no file. What was written since this
    /// began may not be what was read: see [`Remembered::newest`].
    pub fn to_remember(repo: &Repo, env: &Env) -> Result<(Self, Option<Remembered>), GitError> {
        let git = require_git()?;
        let config = Config::read(repo)?;
        let files = sources(repo, env, &config).map(|files| {
            let stamped = |path: PathBuf| {
                let stamp = stamp(&path);
                (path, stamp)
            };
            files.into_iter().map(stamped).collect()
        });
        let found = Found::of(repo, &config)?;
        let remember = |files| Remembered {
            by: env!("CARGO_PKG_VERSION").to_owned(),
            git,
            environment: environment(repo, env),
            files,
            git_for_files: found.git_for_files.clone(),
            sign: found.sign,
            drivers: found.drivers.clone(),
            hooks: found.hooks.clone(),
        };
        let remembered = files.map(remember);
        Ok((Self::with_hooks(found), remembered))
    }
}

fn environment(repo: &Repo, env: &Env) -> String {
    let mut digest = Sha256::new();
    for name in VARIABLES {
        digest.update(format!("{name}={:?}\n", env.get(name)));
    }
    let place = repo.place();
    for path in [Some(&place.common_dir), place.main_worktree.as_ref()] {
        digest.update(format!("{path:?}\n"));
    }
    hex(&digest.finalize())
}

/// Lists the files that decide, those that are not there but would count included; nothing where that cannot be said.
fn sources(repo: &Repo, env: &Env, config: &Config) -> Option<Vec<PathBuf>> {
    let place = repo.place();
    let home = env.get("HOME").map(PathBuf::from);
    let mut files = vec![executable(env.get("PATH")?)?];
    files.extend(
        config.settings.iter().filter_map(|setting| Some(place.common_dir.join(setting.origin.as_ref()?))),
    );
    files.extend(
        ["config", "config.worktree", "info/attributes", "index"].map(|name| place.common_dir.join(name)),
    );
    files.push("/etc/gitconfig".into());
    files.extend(home.iter().map(|home| home.join(".gitconfig")));
    let xdg = env.get("XDG_CONFIG_HOME").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let xdg = xdg.or_else(|| Some(home.as_ref()?.join(".config")));
    files.extend(xdg.iter().flat_map(|dir| ["config", "attributes"].map(|name| dir.join("git").join(name))));
    files.extend(
        ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"]
            .iter()
            .filter_map(|name| env.get(*name))
            .map(PathBuf::from),
    );
    files.extend(included(config, &place.common_dir, home.as_deref())?);
    for name in ["GIT_CONFIG_SYSTEM=", "GIT_CONFIG_GLOBAL=", "GIT_ATTR_SYSTEM=", "GIT_ATTR_GLOBAL="] {
        files.extend(config.told(repo, name).into_iter().filter(|path| path.is_absolute()));
    }
    files.extend(config.value("core.attributesfile").and_then(|path| expanded(path, home.as_deref())));
    // Attributes of the tree of HEAD count where there is no index.
    let index = git2::Index::open(&place.common_dir.join("index")).ok().filter(|index| !index.is_empty())?;
    if let Some(root) = &place.main_worktree {
        files.push(root.join(".gitattributes"));
        let below = index.iter().filter(|entry| is_attribute_file(&entry.path));
        files.extend(below.map(|entry| root.join(bytes_to_path(&entry.path))));
    }
    files.sort();
    files.dedup();
    // Only UTF-8 can be written down.
    files.iter().all(|path| path.to_str().is_some()).then_some(files)
}

/// Lists the files that the configuration includes, present or not. Which branch is checked out, or what is configured elsewhere,
/// is no file: nothing can be said where that decides.
fn included(config: &Config, common_dir: &Path, home: Option<&Path>) -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    for Setting { key, value, origin } in &config.settings {
        let condition = key.strip_prefix("includeif.").and_then(|rest| rest.strip_suffix(".path"));
        if key != "include.path" && condition.is_none() {
            continue;
        }
        let by_place =
            |condition: &str| condition.starts_with("gitdir:") || condition.starts_with("gitdir/i:");
        if !condition.is_none_or(by_place) {
            return None;
        }
        let path = expanded(value.as_deref()?, home)?;
        files.push(common_dir.join(origin.as_ref()?).parent()?.join(path));
    }
    Some(files)
}

/// Expands `~/` as git does; nothing for other users' homes and git's own prefix.
fn expanded(path: &str, home: Option<&Path>) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        Some(rest) => Some(home?.join(rest)),
        None if path.starts_with(['~', '%']) => None,
        None => Some(path.into()),
    }
}

/// Finds the git executable as the system does; nothing where that depends on where one stands.
fn executable(path: &str) -> Option<PathBuf> {
    let separator = if cfg!(windows) { ';' } else { ':' };
    let name = if cfg!(windows) { "git.exe" } else { "git" };
    let mut dirs = path.split(separator).map(Path::new);
    dirs.find_map(|dir| Some(dir.join(name)).filter(|git| !dir.is_absolute() || super::is_executable(git)))
        .filter(|git| git.is_absolute())
}

#[cfg(unix)]
fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).ok()?;
    let time = |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    let times = [time(meta.mtime(), meta.mtime_nsec()), time(meta.ctime(), meta.ctime_nsec())];
    Some(Stamp { size: meta.size(), times, identity: [meta.dev(), meta.ino()] })
}

#[cfg(not(unix))]
fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    let since = meta.modified().ok()?.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    let time = i128::try_from(since.as_nanos()).ok()?;
    Some(Stamp { size: meta.len(), times: [time; 2], identity: [0; 2] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{TestRepo, write};

    fn env(test: &TestRepo) -> Env {
        let path = std::env::var("PATH").unwrap();
        let home = test.dir().join("home").to_str().unwrap().to_owned();
        [("PATH".to_owned(), path), ("HOME".to_owned(), home)].into()
    }

    fn remember(test: &TestRepo) -> Remembered {
        Needs::to_remember(&test.repo(), &env(test)).unwrap().1.unwrap()
    }

    fn holds(test: &TestRepo, remembered: &Remembered) -> bool {
        Needs::still(&test.repo(), &env(test), remembered).is_some()
    }

    #[test]
    fn whatever_decides_is_looked_at_again() {
        let test = TestRepo::with_commit();
        test.write("sub/.gitattributes", "*.a text\n");
        test.commit_all("attributes");
        let more = test.dir().join("more");
        test.git(&["config", "include.path", more.to_str().unwrap()]);
        let at = |name: &str| test.path().join(name);
        let changes: [(&str, &dyn Fn()); 8] = [
            ("config", &|| drop(test.git(&["config", "commit.gpgsign", "true"]))),
            ("an include that was not there", &|| write(&more, "[core]\n\teol = lf\n")),
            ("attributes", &|| test.write("sub/.gitattributes", "*.a ident\n")),
            ("attributes that were not there", &|| test.write(".gitattributes", "*.b ident\n")),
            ("attributes of the repository", &|| write(&at(".git/info/attributes"), "*.a eol=crlf\n")),
            ("the index", &|| drop(test.git(&["add", "-A"]))),
            ("the user's config", &|| write(&test.dir().join("home/.gitconfig"), "[core]\n\teol = crlf\n")),
            ("the user's attributes", &|| {
                write(&test.dir().join("home/.config/git/attributes"), "* ident\n");
            }),
        ];
        for (what, change) in changes {
            let remembered = remember(&test);
            assert!(holds(&test, &remembered), "before {what}");
            assert_eq!(
                Needs::still(&test.repo(), &env(&test), &remembered),
                Some(Needs::of(&test.repo()).unwrap())
            );
            change();
            assert!(!holds(&test, &remembered), "{what}");
        }
    }

    #[test]
    fn another_environment_program_or_repository_is_another_question() {
        let test = TestRepo::with_commit();
        let remembered = remember(&test);
        let mut other = env(&test);
        other.insert("GIT_CONFIG_GLOBAL".to_owned(), "/dev/null".to_owned());
        assert!(Needs::still(&test.repo(), &other, &remembered).is_none());
        assert!(!holds(&test, &Remembered { by: "0.0.0".to_owned(), ..remembered.clone() }));
        assert!(!holds(&TestRepo::with_commit(), &remembered));
    }

    #[test]
    fn what_is_no_file_is_not_remembered() {
        let test = TestRepo::with_commit();
        let asked = |test: &TestRepo| Needs::to_remember(&test.repo(), &env(test)).unwrap().1;
        test.git(&["config", "includeIf.gitdir:/nowhere/.path", "/nowhere/x"]);
        assert!(asked(&test).is_some());
        test.git(&["config", "includeIf.onbranch:main.path", "/nowhere/x"]);
        assert!(asked(&test).is_none());
        let empty = TestRepo::with_commit();
        empty.git(&["rm", "-q", "-r", "--cached", "."]);
        assert!(asked(&empty).is_none());
    }

    #[test]
    fn hooks_are_looked_at_each_time() {
        let test = TestRepo::with_commit();
        let remembered = remember(&test);
        assert!(!Needs::still(&test.repo(), &env(&test), &remembered).unwrap().commit_hooks);
        let hook = test.path().join(".git/hooks/commit-msg");
        write(&hook, "#!/bin/sh\n");
        #[cfg(unix)]
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert!(Needs::still(&test.repo(), &env(&test), &remembered).unwrap().commit_hooks);
    }
}
