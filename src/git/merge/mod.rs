//! Merging in memory (DESIGN §8.3): the truth is `git merge-tree --write-tree`, for forecast and merge alike.
//!
//! Nothing here moves a ref or touches a worktree. A computation that must leave no trace takes
//! [`ObjectStore::Scratch`].

mod attributes;
mod certain;
mod parse;
mod replay;
mod text;
mod trees;

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::command::{Git, require_git};
use super::error::GitError;
use super::worktrees::read_regular;
use super::write::snapshot;
use super::{Repo, history, identity, objects};
use crate::domain::forecast::{Conflict, Merged};
use crate::domain::name::hex;
use crate::domain::oid::CommitId;
use crate::domain::place::WorktreePlace;
use parse::Fields;

pub use super::objects::ObjectStore;
pub use super::passing::Passing;
pub use certain::{Touched, go_together, is_certainly_clean, touched};
pub use replay::{Pick, Picks, picks};
pub use text::conflict_texts;
pub use trees::Trees;

/// What merging several tips one after the other gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllMerged {
    /// A commit that contains all of them; one of the tips itself if it contains the others.
    Commit(CommitId),
    /// A tip that does not go together with those before it.
    Conflicts {
        /// The tip.
        tip: CommitId,
        /// Where.
        conflicts: Vec<Conflict>,
    },
}

/// Merges `theirs` into `ours`, as `git merge` does in a worktree that shows `ours`.
///
/// Histories without a common commit are refused ([`GitError::Unrelated`]), as by git.
pub fn merge(
    repo: &Repo,
    ours: CommitId,
    theirs: CommitId,
    store: ObjectStore<'_>,
) -> Result<Merged, GitError> {
    require_git()?;
    let reader = store.reader(repo)?;
    let attributes = attributes_for(reader.as_ref().unwrap_or(repo), ours, theirs)?;
    let root = attributes::lay_out(reader.as_ref().unwrap_or(repo), &attributes)?;
    let call = merge_tree(repo, root.path(), store)?.args([ours.to_string(), theirs.to_string()]);
    let output = call.output()?;
    match output.code {
        0 | 1 => parse::record(&mut Fields::new(&output.stdout), output.code == 0, (ours, theirs))
            .map_err(|what| GitError::Output { command: call.describe(), what }),
        _ if output.stderr.contains("unrelated histories") => Err(GitError::Unrelated { ours, theirs }),
        _ => Err(call.failed(&output)),
    }
}

/// Merges many pairs (ours, theirs), in as few processes as there are different sets of attributes; gives the results
/// in the order of the pairs. The first pair that cannot be merged at all is the error.
pub fn merge_many(
    repo: &Repo,
    pairs: &[(CommitId, CommitId)],
    store: ObjectStore<'_>,
) -> Result<Vec<Merged>, GitError> {
    merge_many_of(repo, pairs, store, &Trees::default())
}

/// Does so where trees were read already.
pub fn merge_many_of(
    repo: &Repo,
    pairs: &[(CommitId, CommitId)],
    store: ObjectStore<'_>,
    trees: &Trees,
) -> Result<Vec<Merged>, GitError> {
    require_git()?;
    let reader = store.reader(repo)?;
    let reader = reader.as_ref().unwrap_or(repo);
    let mut groups: BTreeMap<attributes::Attributes, Vec<usize>> = BTreeMap::new();
    for (i, (ours, theirs)) in pairs.iter().enumerate() {
        let attributes = attributes::of(reader, trees, reader.tree_of(*ours)?, reader.tree_of(*theirs)?)?;
        groups.entry(attributes).or_default().push(i);
    }
    let mut results: Vec<Option<Merged>> = vec![None; pairs.len()];
    for (attributes, members) in &groups {
        let group: Vec<_> = members.iter().map(|i| pairs[*i]).collect();
        let root = attributes::lay_out(reader, attributes)?;
        let merged = batch(repo, root.path(), &group, store)?;
        members.iter().zip(merged).for_each(|(i, merged)| results[*i] = Some(merged));
    }
    Ok(results.into_iter().flatten().collect())
}

fn batch(
    repo: &Repo,
    root: &Path,
    pairs: &[(CommitId, CommitId)],
    store: ObjectStore<'_>,
) -> Result<Vec<Merged>, GitError> {
    let input: String = pairs.iter().map(|(ours, theirs)| format!("{ours} {theirs}\n")).collect();
    let call = merge_tree(repo, root, store)?.arg("--stdin").stdin(input);
    let output = call.output()?;
    if output.code != 0 {
        // One bad pair ends the whole batch without saying which.
        return pairs.iter().map(|(ours, theirs)| merge(repo, *ours, *theirs, store)).collect();
    }
    let odd = |what| GitError::Output { command: call.describe(), what };
    let mut fields = Fields::new(&output.stdout);
    let mut results = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let clean = match fields.next() {
            Some(b"1") => true,
            Some(b"0") => false,
            other => return Err(odd(format!("record {:?}", other.map(String::from_utf8_lossy)))),
        };
        results.push(parse::record(&mut fields, clean, *pair).map_err(odd)?);
    }
    if fields.is_empty() { Ok(results) } else { Err(odd("more records than pairs".to_owned())) }
}

/// Merges `theirs` into `ours` with `base` as their only common ancestor: a pick, a replay.
///
/// Two commits that have the trees of the sides and `base` as parent stand for them, as `--merge-base` needs git 2.40.
pub fn merge_onto(
    repo: &Repo,
    base: CommitId,
    ours: CommitId,
    theirs: CommitId,
    store: ObjectStore<'_>,
) -> Result<Merged, GitError> {
    let reader = store.reader(repo)?;
    let side = |commit| {
        let tree = reader.as_ref().unwrap_or(repo).tree_of(commit)?;
        store.synthetic(repo, tree, &[base])
    };
    merge(repo, side(ours)?, side(theirs)?, store)
}

/// Merges several tips one after the other, for a task that comes after several. The merge commits carry the user's
/// identity where they go to the repository, and one that is always the same in a scratch store.
///
/// `message` is the message of every merge commit that is made.
pub fn merge_all_tips(
    repo: &Repo,
    tips: &[CommitId],
    message: &str,
    store: ObjectStore<'_>,
) -> Result<Option<AllMerged>, GitError> {
    let Some((first, rest)) = tips.split_first() else { return Ok(None) };
    let mut all = *first;
    let handle = store.reader(repo)?;
    let reader = handle.as_ref().unwrap_or(repo);
    for tip in rest {
        if history::is_ancestor(reader, *tip, all)? {
            continue;
        }
        if history::is_ancestor(reader, all, *tip)? {
            all = *tip;
            continue;
        }
        match merge(repo, all, *tip, store)? {
            Merged::Conflicts(conflicts) => {
                return Ok(Some(AllMerged::Conflicts { tip: *tip, conflicts }));
            }
            Merged::Clean(tree) => {
                all = match store {
                    ObjectStore::Scratch(_) => store.synthetic(repo, tree, &[all, *tip])?,
                    ObjectStore::Repository => {
                        let author = identity::author(repo.place())?;
                        let committer = identity::committer(repo.place())?;
                        let people = (author.line(), committer.line());
                        store
                            .write_commit(repo, &objects::commit_bytes(tree, &[all, *tip], people, message))?
                    }
                };
            }
        }
    }
    Ok(Some(AllMerged::Commit(all)))
}

/// Merges tips into `target` one after the other and gives the conflicts of each; one that conflicts is left out of what follows.
pub fn one_after_the_other(
    repo: &Repo,
    target: CommitId,
    tips: &[CommitId],
    store: ObjectStore<'_>,
) -> Result<Vec<Vec<Conflict>>, GitError> {
    let mut at = target;
    let mut steps = Vec::with_capacity(tips.len());
    for tip in tips {
        match merge_all_tips(repo, &[at, *tip], "windrow\n", store)? {
            Some(AllMerged::Commit(merged)) => {
                at = merged;
                steps.push(Vec::new());
            }
            Some(AllMerged::Conflicts { conflicts, .. }) => steps.push(conflicts),
            None => steps.push(Vec::new()),
        }
    }
    Ok(steps)
}

/// Makes a commit of a worktree as it is on top of `head`, the commit that it shows, or gives that where nothing is uncommitted.
/// Neither its index nor the repository's objects are touched where `store` is a scratch store.
pub fn as_it_is(
    repo: &Repo,
    tree: &WorktreePlace,
    head: CommitId,
    scratch: &Path,
    store: ObjectStore<'_>,
) -> Result<CommitId, GitError> {
    Ok(snapshot::take(repo, tree, head, scratch, store)?.unwrap_or(head))
}

/// Gives a digest of what decides about merges beside the commits: git's version, the settings `merge.*` and `diff.*`, the
/// attribute files outside of the trees, and what gives commits other parents (shallow, grafts, replacements).
pub fn settings(repo: &Repo) -> Result<String, GitError> {
    let mut digest = Sha256::new();
    let (major, minor) = require_git()?;
    digest.update(format!("2 {major}.{minor}\n"));
    let failed = |source| GitError::reference("read the settings of", "merges", source);
    let config = repo.raw().config().and_then(|mut config| config.snapshot()).map_err(failed)?;
    let common = &repo.place().common_dir;
    let mut files: Vec<_> =
        ["info/attributes", "shallow", "info/grafts"].iter().map(|name| common.join(name)).collect();
    files.extend(git2::Config::find_xdg().ok().and_then(|file| Some(file.parent()?.join("attributes"))));
    let entries = config.entries(Some("^(merge|diff|core)[.]")).map_err(failed)?;
    entries
        .for_each(|entry| {
            let name = entry.name_bytes();
            if name == b"core.attributesfile" || !name.starts_with(b"core.") {
                digest.update(name);
                digest.update(b"=");
                digest.update(entry.value_bytes());
                digest.update(b"\n");
            }
        })
        .map_err(failed)?;
    files.extend(config.get_path("core.attributesfile").ok());
    for file in files {
        let content = read_regular(&file).unwrap_or_default();
        digest.update(Sha256::digest(content));
    }
    let replaced = repo.raw().references_glob("refs/replace/*").map_err(failed)?;
    for replaced in replaced.flatten() {
        digest.update(replaced.name_bytes());
        digest.update(replaced.target().unwrap_or(git2::Oid::ZERO_SHA1).as_bytes());
    }
    Ok(hex(&digest.finalize()))
}

fn attributes_for(
    reader: &Repo,
    ours: CommitId,
    theirs: CommitId,
) -> Result<attributes::Attributes, GitError> {
    attributes::of(reader, &Trees::default(), reader.tree_of(ours)?, reader.tree_of(theirs)?)
}

fn merge_tree(repo: &Repo, root: &Path, store: ObjectStore<'_>) -> Result<Git, GitError> {
    let common = &repo.place().common_dir;
    let call = Git::worktree(common, common, root, "merge-tree").args(["--write-tree", "-z", "--messages"]);
    store.apply(repo, call)
}

#[cfg(test)]
mod differential;
#[cfg(test)]
mod tests;
