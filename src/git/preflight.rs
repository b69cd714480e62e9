//! What a repository needs (DESIGN §8.2): libgit2 wherever it gives git's answer, the executable where it doesn't.
//!
//! The configuration is asked of the executable, once: libgit2 honours neither `GIT_CONFIG_GLOBAL` nor every include.

mod remembered;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::convert::{oid, tree_id};
use super::worktrees::read_small;
use super::{GitError, Repo};
use crate::domain::oid::TreeId;
use crate::domain::path::bytes_to_path;

/// What a repository needs beyond libgit2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Why files must be checked out, compared and committed by the git executable; none if libgit2 does it as git does.
    pub git_for_files: Option<String>,
    /// Whether commits are to be signed (`commit.gpgsign`).
    pub sign: bool,
    /// Whether a `post-checkout` hook would run.
    pub post_checkout: bool,
    /// Whether one of the hooks that `git commit` runs is present.
    pub commit_hooks: bool,
    /// The hooks that are present of those that git runs when it merges, commits or rebases.
    pub hooks: Vec<&'static str>,
    /// Attributes that call a configured driver: `filter=lfs`, `merge=union-of-mine`; sorted.
    pub drivers: Vec<String>,
}

/// The hooks that `git commit` runs, and the one that every change of a ref runs.
const COMMIT_HOOKS: [&str; 5] =
    ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction"];

/// The hooks that git runs when it merges, commits or rebases.
const HOOKS: [&str; 9] = [
    "pre-merge-commit",
    "pre-commit",
    "pre-rebase",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-merge",
    "post-rewrite",
    "reference-transaction",
];

/// Extensions of the repository format that libgit2 and we know.
const KNOWN_EXTENSIONS: [&str; 5] =
    ["noop", "objectformat", "preciousobjects", "relativeworktrees", "worktreeconfig"];

/// What decides apart from the hooks, which are looked at each time.
struct Found {
    git_for_files: Option<String>,
    sign: bool,
    drivers: Vec<String>,
    /// The directory of hooks.
    hooks: PathBuf,
}

impl Found {
    fn of(repo: &Repo, config: &Config) -> Result<Self, GitError> {
        let drivers = config.drivers();
        let git_for_files = match config.reason_for_git() {
            Some(reason) => Some(reason),
            None => attribute_files(repo, config, &drivers)?,
        };
        let (sign, hooks) = (config.is_true("commit.gpgsign"), hooks_dir(repo, config));
        Ok(Self { git_for_files, sign, drivers, hooks })
    }
}

impl Needs {
    /// Looks at the repository's configuration, attributes and hooks.
    pub fn of(repo: &Repo) -> Result<Self, GitError> {
        Ok(Self::with_hooks(Found::of(repo, &Config::read(repo)?)?))
    }

    fn with_hooks(found: Found) -> Self {
        let has = |name: &&str| is_executable(&found.hooks.join(name));
        Self {
            git_for_files: found.git_for_files,
            sign: found.sign,
            post_checkout: has(&"post-checkout"),
            commit_hooks: COMMIT_HOOKS.iter().any(has),
            hooks: HOOKS.into_iter().filter(|name| has(name)).collect(),
            drivers: found.drivers,
        }
    }

    /// Tells why the files of a tree must be written by the git executable: for a reason of the repository, or for
    /// attributes that this tree holds.
    pub(in crate::git) fn git_for_files_of(
        &self,
        repo: &Repo,
        tree: TreeId,
    ) -> Result<Option<String>, GitError> {
        match &self.git_for_files {
            Some(reason) => Ok(Some(reason.clone())),
            None => attributes_of_tree(repo, tree, &self.drivers),
        }
    }
}

/// Refuses a repository in a form that we do not write. libgit2 refuses most of them when it opens one.
pub fn refuse_unsupported(repo: &Repo) -> Result<(), GitError> {
    let place = repo.place();
    let unsupported = |what: String| Err(GitError::Unsupported { path: place.root().to_owned(), what });
    let path = place.common_dir.join("config");
    let config = git2::Config::open(&path).map_err(|source| GitError::open(&path, source))?;
    let version = config.get_i64("core.repositoryformatversion").unwrap_or(0);
    if !(0..=1).contains(&version) {
        return unsupported(format!("repository format version {version}"));
    }
    let failed = |source| GitError::open(&path, source);
    let mut entries = config.entries(Some(r"^extensions\.")).map_err(failed)?;
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(failed)?;
        let name = String::from_utf8_lossy(entry.name_bytes()).to_lowercase();
        let extension = name.strip_prefix("extensions.").unwrap_or(&name);
        let value = String::from_utf8_lossy(entry.value_bytes()).to_lowercase();
        // In a repository of version 0 git overlooks extensions that it does not know from before version 1.
        let is_known = KNOWN_EXTENSIONS.contains(&extension) || (version == 0 && extension != "refstorage");
        if !is_known || (extension == "objectformat" && value != "sha1") {
            return unsupported(format!("extension {extension} = {value}"));
        }
    }
    Ok(())
}

/// The effective configuration: lower-case keys (the subsection as written), in the order in which the last one wins.
/// A key without a value has none.
pub(super) struct Config {
    settings: Vec<Setting>,
    /// What `git var -l` says, asked at most once.
    variables: OnceCell<Vec<u8>>,
}

/// A line of it.
struct Setting {
    key: String,
    value: Option<String>,
    /// The file that it stands in, relative to the common dir; none for one that our own call sets.
    origin: Option<PathBuf>,
}

impl Config {
    pub(super) fn read(repo: &Repo) -> Result<Self, GitError> {
        // `with_hooks`: a call without it sets `core.hooksPath`, which would be in the answer.
        let call =
            Git::common(repo.place(), "config").args(["--null", "--show-origin", "--list"]).with_hooks();
        match call.run() {
            Ok(listed) => Ok(Self::parse(&listed)),
            Err(GitError::NoGit { .. }) => Self::without_git(repo),
            Err(error) => Err(error),
        }
    }

    /// Each line is its origin, NUL, the key, a line feed and the value unless it has none, NUL.
    fn parse(listed: &[u8]) -> Self {
        let mut fields = listed.split(|byte| *byte == 0);
        let mut settings = Vec::new();
        while let (Some(origin), Some(entry)) = (fields.next(), fields.next()) {
            let text = String::from_utf8_lossy(entry);
            let (key, value) = match text.split_once('\n') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (text.into_owned(), None),
            };
            let origin = origin.strip_prefix(b"file:").map(bytes_to_path);
            settings.push(Setting { key, value, origin });
        }
        Self { settings, variables: OnceCell::new() }
    }

    fn without_git(repo: &Repo) -> Result<Self, GitError> {
        let failed = |source| GitError::open(&repo.place().common_dir, source);
        let config = repo.raw().config().map_err(failed)?;
        let mut all = Vec::new();
        let mut entries = config.entries(None).map_err(failed)?;
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(failed)?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let value = entry.has_value().then(|| text(entry.value_bytes()));
            all.push(Setting { key: text(entry.name_bytes()), value, origin: None });
        }
        Ok(Self { settings: all, variables: OnceCell::new() })
    }

    /// Gives the files that the executable names in `git var -l` behind `NAME=`.
    fn told(&self, repo: &Repo, name: &str) -> Vec<PathBuf> {
        let ask = || Git::common(repo.place(), "var").arg("-l").run().unwrap_or_default();
        let lines = self.variables.get_or_init(ask).split(|byte| *byte == b'\n');
        lines.filter_map(|line| line.strip_prefix(name.as_bytes())).map(bytes_to_path).collect()
    }

    /// Gives the last value of a key; a key without a value is true.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().rev().find(|setting| setting.key == key)?;
        Some(found.value.as_deref().unwrap_or("true"))
    }

    /// Gives the value of a key that our own calls set for themselves as it is without that.
    pub(super) fn below_ours(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().rev().filter(|setting| setting.key == key).nth(1)?;
        Some(found.value.as_deref().unwrap_or("true"))
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        self.value(key).is_some_and(is_true)
    }

    /// Lists attributes that call a configured driver. A driver with an empty command is none.
    fn drivers(&self) -> Vec<String> {
        let set = self.settings.iter().filter(|setting| setting.value.as_deref() != Some(""));
        let named = set.filter_map(|Setting { key, .. }| {
            let filter = key.strip_prefix("filter.").and_then(|rest| {
                [".clean", ".smudge", ".process"].iter().find_map(|end| rest.strip_suffix(end))
            });
            let merge = || key.strip_prefix("merge.").and_then(|rest| rest.strip_suffix(".driver"));
            filter
                .map(|name| format!("filter={name}"))
                .or_else(|| merge().map(|name| format!("merge={name}")))
        });
        let mut drivers: Vec<_> = named.collect();
        drivers.sort();
        drivers.dedup();
        drivers
    }

    /// Gives the first setting under which libgit2's files would not be git's.
    fn reason_for_git(&self) -> Option<String> {
        let truths = ["core.sparsecheckout", "core.splitindex", "index.sparse"];
        if let Some(key) = truths.iter().find(|key| self.is_true(key)) {
            return Some(format!("{key} is on"));
        }
        let autocrlf = self.value("core.autocrlf").filter(|text| *text == "input" || is_true(text));
        if let Some(value) = autocrlf {
            return Some(format!("core.autocrlf = {value}"));
        }
        if let Some(value) = self.value("core.eol").filter(|text| !matches!(*text, "lf" | "native")) {
            return Some(format!("core.eol = {value}"));
        }
        if let Some(driver) = self.value("merge.default") {
            return Some(format!("merge.default = {driver}"));
        }
        let partial = self.settings.iter().find(|Setting { key, value, .. }| {
            let promisor = key.starts_with("remote.") && key.ends_with(".promisor");
            let filtered = key.starts_with("remote.") && key.ends_with(".partialclonefilter");
            let is_on = value.as_deref().is_none_or(is_true);
            filtered || (promisor && is_on) || key == "extensions.partialclone"
        });
        partial.map(|setting| format!("partial clone ({})", setting.key))
    }
}

/// Reads a boolean as git does.
fn is_true(text: &str) -> bool {
    ["true", "yes", "on"].iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.parse::<i64>().is_ok_and(|number| number != 0)
}

/// Looks for a reason in every attribute file that holds for the main worktree; without an index, for HEAD.
pub(super) fn attribute_files(
    repo: &Repo,
    config: &Config,
    drivers: &[String],
) -> Result<Option<String>, GitError> {
    let place = repo.place();
    let mut files = global_attribute_files(repo, config);
    files.push(place.common_dir.join("info/attributes"));
    files.extend(place.main_worktree.iter().map(|root| root.join(".gitattributes")));
    for file in files {
        if let Some(reason) = read_small(&file).ok().and_then(|text| reason_in(&text, drivers)) {
            return Ok(Some(reason));
        }
    }
    // Not the handle's own: that one is empty where the file cannot be read.
    match git2::Index::open(&place.common_dir.join("index")) {
        Ok(index) if index.is_empty() => match repo.raw().head().and_then(|head| head.peel_to_tree()) {
            Ok(tree) => attributes_of_tree(repo, tree_id(tree.id()), drivers),
            Err(_) => Ok(None),
        },
        Ok(index) => Ok(attributes_of_index(repo, &index, drivers)),
        Err(error) => Ok(Some(format!("the index: {}", error.message()))),
    }
}

/// Gives the attribute files of the user and the system, as the executable finds them (git 2.41 and newer tell).
fn global_attribute_files(repo: &Repo, config: &Config) -> Vec<PathBuf> {
    // The values of the configuration come first and may hold anything.
    let last = |name| config.told(repo, name).pop();
    let mut files: Vec<_> = ["GIT_ATTR_SYSTEM=", "GIT_ATTR_GLOBAL="].into_iter().filter_map(last).collect();
    files.extend(config.value("core.attributesfile").map(PathBuf::from));
    files
}

/// Looks for a reason in what the index of the main worktree holds, there and in the files.
fn attributes_of_index(repo: &Repo, index: &git2::Index, drivers: &[String]) -> Option<String> {
    let root = repo.place().main_worktree.as_deref();
    index.iter().filter(|entry| is_attribute_file(&entry.path)).find_map(|entry| {
        let on_disk = root.and_then(|root| read_small(&root.join(bytes_to_path(&entry.path))).ok());
        let staged = || Some(repo.raw().find_blob(entry.id).ok()?.content().to_vec());
        on_disk.and_then(|text| reason_in(&text, drivers)).or_else(|| reason_in(&staged()?, drivers))
    })
}

fn is_attribute_file(path: &[u8]) -> bool {
    path.strip_suffix(b".gitattributes").is_some_and(|rest| rest.is_empty() || rest.ends_with(b"/"))
}

/// Looks for a reason in the attribute files of a tree.
fn attributes_of_tree(repo: &Repo, tree: TreeId, drivers: &[String]) -> Result<Option<String>, GitError> {
    let failed = |source| GitError::object("tree", tree, source);
    let root = repo.raw().find_tree(oid(tree)).map_err(failed)?;
    let mut reason = None;
    let walked = root.walk(git2::TreeWalkMode::PreOrder, |_, entry| {
        if entry.name_bytes() == b".gitattributes" && entry.kind() == Some(git2::ObjectType::Blob) {
            let blob = repo.raw().find_blob(entry.id()).ok();
            reason = blob.and_then(|blob| reason_in(blob.content(), drivers));
        }
        if reason.is_some() { git2::TreeWalkResult::Abort } else { git2::TreeWalkResult::Ok }
    });
    match walked {
        Err(error) if reason.is_none() => Err(failed(error)),
        _ => Ok(reason),
    }
}

/// Finds an attribute in the text of an attribute file that libgit2 does not honour as git does. A pattern in quotes
/// with spaces may be taken for one: then git does what libgit2 could have done.
fn reason_in(text: &[u8], drivers: &[String]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    let mut attributes = lines.flat_map(|line| line.split_ascii_whitespace().skip(1));
    let found = attributes.find(|attribute| {
        matches!(*attribute, "ident" | "eol=crlf")
            || attribute.starts_with("working-tree-encoding=")
            || drivers.iter().any(|driver| driver == attribute)
    });
    found.map(|attribute| format!("attribute {attribute}"))
}

/// Gives the directory of hooks: `core.hooksPath`, a relative one at the main worktree's root, else `hooks`.
fn hooks_dir(repo: &Repo, config: &Config) -> PathBuf {
    let place = repo.place();
    let usual = place.common_dir.join("hooks");
    if config.value("core.hookspath").is_none() {
        return usual;
    }
    // The executable expands `~`.
    let told = Git::common(place, "rev-parse").args(["--git-path", "hooks"]).with_hooks().run();
    match told {
        Ok(told) => place.root().join(bytes_to_path(told.trim_ascii_end())),
        Err(_) => usual,
    }
}

/// Tells whether git would run a file as a hook.
pub(in crate::git) fn is_executable(path: &Path) -> bool {
    let Ok(kind) = std::fs::metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        kind.is_file() && kind.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    kind.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{TestRepo, write};

    fn reason(test: &TestRepo) -> Option<String> {
        Needs::of(&test.repo()).unwrap().git_for_files
    }

    #[test]
    fn a_plain_repository_needs_nothing() {
        let test = TestRepo::with_commit();
        // None of these makes a difference for the files on this platform.
        test.write(
            ".gitattributes",
            "* text=auto\n*.c diff=cpp eol=lf\n*.x filter=unknown merge=union -ident\n",
        );
        test.git(&["config", "core.eol", "lf"]);
        test.git(&["config", "filter.unused.smudge", ""]);
        test.commit_all("attributes");
        assert_eq!(Needs::of(&test.repo()).unwrap(), Needs::default());
    }

    #[test]
    fn settings_that_libgit2_does_not_follow() {
        for (key, value) in [
            ("core.sparseCheckout", "true"),
            ("core.splitIndex", "yes"),
            ("index.sparse", "1"),
            ("core.autocrlf", "input"),
            ("core.autocrlf", "true"),
            ("core.eol", "crlf"),
            ("remote.origin.promisor", "true"),
            ("remote.origin.partialCloneFilter", "blob:none"),
            ("merge.default", "mine"),
        ] {
            let test = TestRepo::with_commit();
            test.git(&["config", key, value]);
            let found = reason(&test).unwrap_or_default();
            assert!(found.to_lowercase().contains(&key.to_lowercase()), "{key}: {found}");
        }
    }

    #[test]
    fn included_configuration_counts_and_the_last_value_wins() {
        let test = TestRepo::with_commit();
        write(&test.dir().join("more"), "[core]\n\tsplitIndex\n[commit]\n\tgpgsign = on\n");
        test.git(&["config", "include.path", test.dir().join("more").to_str().unwrap()]);
        let needs = Needs::of(&test.repo()).unwrap();
        assert!(needs.sign);
        assert_eq!(needs.git_for_files.as_deref(), Some("core.splitindex is on"));
        let config = test.path().join(".git/config");
        let text = std::fs::read_to_string(&config).unwrap();
        write(&config, text + "[core]\n\tsplitIndex = false\n[commit]\n\tgpgsign = off\n");
        assert_eq!(Needs::of(&test.repo()).unwrap(), Needs::default());
    }

    #[test]
    fn attributes_wherever_they_stand() {
        let places = ["sub/.gitattributes", ".git/info/attributes", "global"];
        for (place, line) in places.iter().flat_map(|place| {
            [
                "*.a filter=mine",
                "*.a merge=theirs",
                "*.a working-tree-encoding=UTF-16",
                "*.a ident",
                "*.a eol=crlf",
            ]
            .map(|line| (*place, line))
        }) {
            let test = TestRepo::with_commit();
            test.git(&["config", "filter.mine.process", "cat"]);
            test.git(&["config", "merge.theirs.driver", "true"]);
            assert_eq!(reason(&test), None);
            if place == "global" {
                let file = test.dir().join("attributes");
                write(&file, format!("# ident\n{line}\n"));
                test.git(&["config", "core.attributesFile", file.to_str().unwrap()]);
            } else {
                test.write(place, format!("# ident\n{line}\n"));
            }
            test.commit_all("attributes");
            let attribute = line.split_once(' ').unwrap().1;
            assert_eq!(reason(&test), Some(format!("attribute {attribute}")), "{place}");
        }
    }

    #[test]
    fn attributes_of_a_bare_repository_are_those_of_head() {
        let test = TestRepo::with_commit();
        test.write("sub/.gitattributes", "*.a ident\n");
        test.commit_all("attributes");
        let bare = test.dir().join("bare.git");
        test.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        let needs = Needs::of(&Repo::discover(&bare).unwrap()).unwrap();
        assert_eq!(needs.git_for_files.as_deref(), Some("attribute ident"));
    }

    #[test]
    fn an_index_that_libgit2_cannot_read() {
        let test = TestRepo::with_commit();
        test.git(&["update-index", "--split-index"]);
        assert!(reason(&test).unwrap().starts_with("the index:"));
    }

    #[cfg(unix)]
    #[test]
    fn hooks_count_where_they_would_run() {
        use std::os::unix::fs::PermissionsExt;
        let test = TestRepo::with_commit();
        let make = |path: &Path, mode| {
            write(path, "#!/bin/sh\n");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let hooks = |test: &TestRepo| {
            let needs = Needs::of(&test.repo()).unwrap();
            (needs.post_checkout, needs.commit_hooks)
        };
        make(&test.path().join(".git/hooks/post-checkout"), 0o644);
        make(&test.path().join(".git/hooks/pre-push"), 0o755);
        assert_eq!(hooks(&test), (false, false));
        make(&test.path().join(".git/hooks/post-checkout"), 0o755);
        make(&test.path().join(".git/hooks/commit-msg"), 0o755);
        assert_eq!(hooks(&test), (true, true));
        test.git(&["config", "core.hooksPath", ".githooks"]);
        assert_eq!(hooks(&test), (false, false));
        make(&test.path().join(".githooks/pre-commit"), 0o755);
        assert_eq!(hooks(&test), (false, true));
        make(&test.dir().join("else where/post-checkout"), 0o755);
        test.git(&["config", "core.hooksPath", test.dir().join("else where").to_str().unwrap()]);
        assert_eq!(hooks(&test), (true, false));
    }

    /// Opens a repository and asserts that it is refused as unsupported without a trace.
    fn assert_unsupported(test: &TestRepo, root: &Path) {
        let config = root.join(".git/config");
        let before = std::fs::read(&config).unwrap();
        let count = || std::fs::read_dir(root.join(".git")).unwrap().count();
        let entries = count();
        let refused = Repo::discover(root).and_then(|repo| refuse_unsupported(&repo));
        assert!(matches!(refused, Err(GitError::Unsupported { .. })), "{refused:?}");
        assert_eq!((std::fs::read(&config).unwrap(), count()), (before, entries));
        drop(test.try_git_in(root, &["status"]));
    }

    #[test]
    fn formats_that_we_do_not_write_are_refused() {
        let test = TestRepo::with_commit();
        refuse_unsupported(&test.repo()).unwrap();
        let mut made = 0;
        for option in ["--object-format=sha256", "--ref-format=reftable"] {
            let root = test.dir().join(option);
            // This git may not know the format.
            let output = test.try_git_in(&test.path(), &["init", "-q", option, root.to_str().unwrap()]);
            if output.status.success() {
                assert_unsupported(&test, &root);
                made += 1;
            }
        }
        assert!(made > 0);
    }

    #[test]
    fn unknown_extensions_are_refused() {
        for (version, line, refused) in [
            (1, "frobnicate = true", true),
            (1, "partialClone = origin", true),
            (1, "preciousObjects = true", false),
            (1, "worktreeConfig = true", false),
            (1, "objectFormat = sha1", false),
            (0, "frobnicate = true", false),
            (0, "refStorage = reftable", true),
            (2, "noop = true", true),
        ] {
            let test = TestRepo::with_commit();
            let config = test.path().join(".git/config");
            let text = std::fs::read_to_string(&config).unwrap();
            let text =
                text.replace("repositoryformatversion = 0", &format!("repositoryformatversion = {version}"));
            write(&config, format!("{text}[extensions]\n\t{line}\n"));
            if refused {
                assert_unsupported(&test, &test.path());
            } else {
                refuse_unsupported(&test.repo()).unwrap();
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_repository_of_another_user_is_refused() {
        let test = TestRepo::with_commit();
        // Only root can give a directory away.
        for dir in [test.path(), test.path().join(".git")] {
            if std::os::unix::fs::chown(dir, Some(12345), None).is_err() {
                return;
            }
        }
        assert!(matches!(Repo::discover(&test.path()), Err(GitError::Owner { .. })));
    }
}
