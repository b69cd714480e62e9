//! Which files the rules name: git matches the patterns and says what is ignored.

use std::io::Write;
use std::path::Path;

use crate::domain::copies::{CopyRules, Skipped};
use crate::domain::path::RepoPath;
use crate::domain::place::{Place, WorktreePlace};
use crate::git::GitError;
use crate::git::command::Git;

/// What is to be put into a worktree.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) copies: Vec<RepoPath>,
    /// Files, and directories as a whole.
    pub(super) links: Vec<RepoPath>,
    pub(super) skipped: Vec<Skipped>,
}

/// Finds the ignored files of the main worktree that the rules name. Repositories inside are passed by.
pub(super) fn choose(
    place: &Place,
    main: &Path,
    tree: &WorktreePlace,
    rules: &CopyRules,
    scratch: &Path,
) -> Result<Chosen, GitError> {
    let source = WorktreePlace { path: main.to_owned(), admin: place.common_dir.clone() };
    let mut chosen = Chosen::default();
    let links = matches(place, &source, &rules.link, scratch, &["--directory"])?;
    // Git lists a directory that only holds a match beside the match.
    let holds_one = |path: &RepoPath| links.iter().any(|other| other != path && other.is_in(path));
    let whole: Vec<RepoPath> = links.iter().filter(|path| !holds_one(path)).cloned().collect();
    let mut links = ignored(place, &source, whole)?;
    links.retain(|path| main.join(path.to_path()).join(".git").symlink_metadata().is_err());
    // `node_modules/` in an ignore file names directories only: a link of that name would be untracked, and committed.
    let still_ignored = ignored(place, tree, links.clone())?;
    for path in links {
        if still_ignored.contains(&path) {
            chosen.links.push(path);
        } else {
            let why = "as a link it would not be ignored; its pattern in .gitignore must not end in a slash";
            chosen.skipped.push(Skipped { path, why: why.to_owned() });
        }
    }
    let copies = matches(place, &source, &rules.copy, scratch, &[])?;
    chosen.copies = ignored(place, &source, copies)?;
    chosen.copies.retain(|path| !chosen.links.iter().any(|link| path.is_in(link)));
    Ok(chosen)
}

/// Lists the untracked files that patterns match, whether or not they are ignored.
fn matches(
    place: &Place,
    source: &WorktreePlace,
    patterns: &[String],
    scratch: &Path,
    more: &[&str],
) -> Result<Vec<RepoPath>, GitError> {
    if patterns.is_empty() {
        return Ok(Vec::new());
    }
    let failed = || GitError::io("write a file in", scratch);
    std::fs::create_dir_all(scratch).map_err(failed())?;
    let mut file = tempfile::NamedTempFile::new_in(scratch).map_err(failed())?;
    file.write_all((patterns.join("\n") + "\n").as_bytes()).map_err(failed())?;
    let call = Git::worktree(&place.common_dir, &source.admin, &source.path, "ls-files");
    let call = call.args(["--others", "--ignored", "-z"]).args(more).arg("-X").arg(file.path());
    let text = call.run()?;
    let names = text.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let is_directory = |name: &&[u8]| name.ends_with(b"/");
    // Without `--directory` only a repository inside is listed as a directory.
    let wanted = names.filter(|name| !more.is_empty() || !is_directory(name));
    Ok(wanted.map(|name| RepoPath::new(name.strip_suffix(b"/").unwrap_or(name))).collect())
}

/// Gives those of the paths that a worktree's ignore files ignore.
fn ignored(place: &Place, tree: &WorktreePlace, paths: Vec<RepoPath>) -> Result<Vec<RepoPath>, GitError> {
    if paths.is_empty() {
        return Ok(paths);
    }
    let call = Git::worktree(&place.common_dir, &tree.admin, &tree.path, "check-ignore");
    let input: Vec<u8> = paths.iter().flat_map(|path| path.as_bytes().iter().chain(&[0])).copied().collect();
    let call = call.args(["-z", "--stdin"]).stdin(input);
    let output = call.output()?;
    match output.code {
        // 1: none of them.
        0 | 1 => {}
        code => {
            let (command, stderr) = (call.describe(), output.stderr);
            return Err(GitError::Command { command, status: format!("exit {code}"), stderr });
        }
    }
    let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(RepoPath::new).collect())
}
