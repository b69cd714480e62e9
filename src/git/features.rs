//! What is special about a repository, and who serves it: the table that `doctor` prints (DESIGN §8.2).

use super::preflight::{Config, Needs, attribute_files};
use super::worktrees::read_small;
use super::{GitError, Repo};

/// Who does the work where a repository has a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// libgit2, which gives git's answer.
    Libgit2,
    /// The git executable.
    Git,
    /// libgit2 reads; what it would change is git's.
    Both,
}

impl By {
    /// Says it in a table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Libgit2 => "as git does",
            Self::Git => "through git",
            Self::Both => "read as git does, changed through git",
        }
    }
}

/// Something that not every repository has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// What it is called.
    pub name: &'static str,
    /// Where it comes from.
    pub detail: String,
    /// Who serves it.
    pub by: By,
}

/// Lists what is special about a repository. What would be refused is not here: see [`super::preflight::refuse_unsupported`].
pub fn features(repo: &Repo, needs: &Needs) -> Result<Vec<Feature>, GitError> {
    let config = Config::read(repo)?;
    let mut found = Vec::new();
    let mut add = |is: bool, name: &'static str, detail: String, by: By| {
        if is {
            found.push(Feature { name, detail, by });
        }
    };
    let set = |key: &str| config.value(key).map(|value| format!("{key} = {value}"));
    let on = |key: &str| config.is_true(key);
    let (place, common) = (repo.place(), &repo.place().common_dir);
    add(place.main_worktree.is_none(), "bare repository", place.root().display().to_string(), By::Libgit2);
    let cone = if on("core.sparsecheckoutcone") { "cone" } else { "patterns" };
    add(on("core.sparsecheckout"), "sparse checkout", cone.to_owned(), By::Git);
    add(on("index.sparse"), "sparse index", "index.sparse".to_owned(), By::Git);
    add(on("core.splitindex"), "split index", "core.splitIndex".to_owned(), By::Git);
    for key in ["core.autocrlf", "core.eol"] {
        add(set(key).is_some(), "line ends", set(key).unwrap_or_default(), by(needs, key));
    }
    for driver in &needs.drivers {
        let name = if driver.starts_with("filter=") { "filter driver" } else { "merge driver" };
        add(true, name, driver.clone(), By::Git);
    }
    add(
        config.value("merge.default").is_some(),
        "merge driver",
        set("merge.default").unwrap_or_default(),
        By::Git,
    );
    let attribute = attribute_files(repo, &config, &[])?;
    add(attribute.is_some(), "attributes", attribute.unwrap_or_default(), By::Git);
    let partial = needs.git_for_files.as_ref().filter(|reason| reason.starts_with("partial clone"));
    add(partial.is_some(), "partial clone", partial.cloned().unwrap_or_default(), By::Git);
    add(common.join("shallow").exists(), "shallow clone", "history ends early".to_owned(), By::Libgit2);
    add(on("core.untrackedcache"), "untracked cache", "core.untrackedCache".to_owned(), By::Libgit2);
    let monitor = config.below_ours("core.fsmonitor").is_some_and(|value| !matches!(value, "" | "false"));
    add(monitor, "fsmonitor", "core.fsmonitor, left alone".to_owned(), By::Libgit2);
    add(
        on("extensions.worktreeconfig"),
        "worktree config",
        "extensions.worktreeConfig".to_owned(),
        By::Libgit2,
    );
    let relative = on("extensions.relativeworktrees");
    add(relative, "relative worktrees", "extensions.relativeWorktrees".to_owned(), By::Libgit2);
    add(submodules(repo), "submodules", ".gitmodules".to_owned(), By::Both);
    let replaced = repo.refs_below("refs/replace/")?.len();
    add(replaced > 0, "replace refs", format!("{replaced} of them"), By::Git);
    let alternates = common.join("objects/info/alternates");
    let lines = String::from_utf8_lossy(&read_small(&alternates).unwrap_or_default()).into_owned();
    add(
        !lines.trim().is_empty(),
        "alternates",
        lines.lines().next().unwrap_or_default().to_owned(),
        By::Libgit2,
    );
    add(on("core.ignorecase"), "names without case", "core.ignoreCase".to_owned(), By::Libgit2);
    add(needs.sign, "signed commits", "commit.gpgSign".to_owned(), By::Git);
    let hooks = set("core.hookspath").unwrap_or_else(|| "hooks".to_owned());
    let mut names: Vec<&str> = needs.hooks.clone();
    names.extend(needs.post_checkout.then_some("post-checkout"));
    add(!names.is_empty(), "hooks", format!("{} ({hooks})", names.join(", ")), By::Git);
    Ok(found)
}

/// Tells who serves a setting that may be git's default.
fn by(needs: &Needs, key: &str) -> By {
    if needs.git_for_files.as_ref().is_some_and(|reason| reason.starts_with(key)) {
        By::Git
    } else {
        By::Libgit2
    }
}

fn submodules(repo: &Repo) -> bool {
    let tree = repo.raw().head().and_then(|head| head.peel_to_tree());
    tree.is_ok_and(|tree| tree.get_name(".gitmodules").is_some())
}
