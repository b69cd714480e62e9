//! What merging would do: each task into its base, and each two tasks with each other.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::domain::forecast::{Conflict, Known, MergeForecast, Merged};
use crate::domain::name::hex;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::place::{Place, WorktreePlace};
use crate::git::merge::{self, ObjectStore, Touched, is_certainly_clean, merge_many, touched};
use crate::git::preflight::Needs;
use crate::git::{GitError, Repo, history, status};

/// A task in the forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// What would be landed: the tip of its branch, or a snapshot of its worktree on top of that.
    pub commit: CommitId,
    /// The tip of its base.
    pub base: Option<CommitId>,
}

/// The answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecasts {
    /// For each task, what merging it into its base would do.
    pub base: Vec<MergeForecast>,
    /// For each two tasks, by index, the lower first, what merging them with each other would do.
    pub pairs: Vec<(usize, usize, MergeForecast)>,
}

/// Where things go that must not enter the repository.
#[derive(Debug, Clone, Copy)]
pub struct Scratch<'a> {
    /// For temporary files.
    pub files: &'a Path,
    /// For objects.
    pub objects: &'a Path,
}

/// Makes a snapshot of each worktree as it is, on top of the commit that it shows, in parallel. One that has not changed since
/// its last snapshot is not read a second time for that. Answers are in the order of the worktrees.
pub fn snapshots(
    place: &Place,
    worktrees: &[(WorktreePlace, CommitId)],
    (needs, scratch): (&Needs, Scratch<'_>),
    known: &mut Known,
) -> Vec<Result<CommitId, GitError>> {
    let store = ObjectStore::Scratch(scratch.objects);
    let before = &*known;
    let take = |(tree, head): &(WorktreePlace, CommitId)| {
        let repo = Repo::open(place)?;
        let fingerprint = status::fingerprint(tree, needs, place)?;
        let there = before.snapshots.get(&fingerprint).copied();
        if let Some(there) = there
            && store.reader(&repo)?.is_some_and(|reader| reader.tree_of(there).is_ok())
        {
            return Ok((fingerprint, there));
        }
        let taken = merge::as_it_is(&repo, tree, *head, scratch.files, store)?;
        Ok((fingerprint, taken))
    };
    let taken: Vec<Result<(String, CommitId), GitError>> = worktrees.par_iter().map(take).collect();
    let known = &mut known.snapshots;
    taken
        .into_iter()
        .map(|taken| {
            let (fingerprint, commit) = taken?;
            known.insert(fingerprint, commit);
            Ok(commit)
        })
        .collect()
}

/// A merge that was asked for.
struct Asked {
    ours: CommitId,
    theirs: CommitId,
    relation: Relation,
}

/// How two commits stand to each other.
enum Relation {
    /// One contains the other in such a way that there is nothing to merge.
    UpToDate,
    /// The first is an ancestor of the second.
    Forward,
    /// They have to be merged.
    Apart {
        /// Their best common ancestors.
        bases: Vec<CommitId>,
        /// What the answer is kept under.
        key: String,
    },
    /// They have no history in common, or it cannot be read.
    Unknown,
}

/// Computes the forecast. Nothing is merged twice: what was merged before is in `known`, and what is certain is not merged.
pub fn forecast(
    place: &Place,
    subjects: &[Subject],
    objects: &Path,
    known: &mut Known,
) -> Result<Forecasts, GitError> {
    let store = ObjectStore::Scratch(objects);
    let n = subjects.len();
    let pairs: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
    let own = subjects.iter().filter_map(|subject| Some((subject.base?, subject.commit)));
    let between = pairs.iter().map(|(a, b)| (subjects[*a].commit, subjects[*b].commit));
    let wanted: Vec<(CommitId, CommitId)> = own.chain(between).collect();
    let settings = merge::settings(&Repo::open(place)?)?;
    let asked = relations(place, &wanted, store, &settings)?;
    let touched = Sides::of(place, &asked, store)?;
    let open: Vec<&Asked> = asked
        .iter()
        .filter(|asked| match &asked.relation {
            Relation::Apart { bases, key } => {
                !known.merges.contains_key(key) && !touched.are_apart(asked, bases)
            }
            _ => false,
        })
        .collect();
    for (asked, merged) in open.iter().zip(merge_in_parallel(place, &open, store)) {
        if let (Relation::Apart { key, .. }, Some(merged)) = (&asked.relation, merged) {
            let conflicts = match merged {
                Merged::Clean(_) => Vec::new(),
                Merged::Conflicts(conflicts) => conflicts,
            };
            known.merges.insert(key.clone(), conflicts);
        }
    }
    let mut answers = asked.iter();
    let base = subjects.iter().map(|subject| {
        let asked = subject.base.and_then(|_| answers.next());
        asked.map_or(MergeForecast::Unknown, |asked| answer(asked, &touched, known))
    });
    let base = base.collect();
    let between = |((a, b), asked): ((usize, usize), &Asked)| match asked.relation {
        // Which of the two contains the other is no matter.
        Relation::Forward => (a, b, MergeForecast::UpToDate),
        _ => (a, b, answer(asked, &touched, known)),
    };
    let pairs = pairs.into_iter().zip(answers).map(between).collect();
    Ok(Forecasts { base, pairs })
}

fn answer(asked: &Asked, touched: &Sides, known: &Known) -> MergeForecast {
    match &asked.relation {
        Relation::UpToDate => MergeForecast::UpToDate,
        Relation::Forward => MergeForecast::Clean,
        Relation::Unknown => MergeForecast::Unknown,
        Relation::Apart { bases, key } => match known.merges.get(key) {
            Some(conflicts) if conflicts.is_empty() => MergeForecast::Clean,
            Some(conflicts) => MergeForecast::Conflict(conflicts.clone()),
            None if touched.are_apart(asked, bases) => MergeForecast::Clean,
            None => MergeForecast::Unknown,
        },
    }
}

/// Finds out in parallel how the commits of each pair stand to each other.
fn relations(
    place: &Place,
    wanted: &[(CommitId, CommitId)],
    store: ObjectStore<'_>,
    settings: &str,
) -> Result<Vec<Asked>, GitError> {
    let relate = |reader: &mut Result<Repo, GitError>, &(ours, theirs): &(CommitId, CommitId)| {
        let found = reader.as_ref().ok().and_then(|reader| relation(reader, ours, theirs, settings).ok());
        Asked { ours, theirs, relation: found.unwrap_or(Relation::Unknown) }
    };
    // Opened once here, so that what keeps it from being opened at all is an error.
    open(place, store)?;
    Ok(wanted.par_iter().with_min_len(8).map_init(|| open(place, store), relate).collect())
}

fn open(place: &Place, store: ObjectStore<'_>) -> Result<Repo, GitError> {
    let repo = Repo::open(place)?;
    Ok(store.reader(&repo)?.unwrap_or(repo))
}

fn relation(reader: &Repo, ours: CommitId, theirs: CommitId, settings: &str) -> Result<Relation, GitError> {
    let bases = history::merge_bases(reader, ours, theirs)?;
    Ok(match bases[..] {
        [] => Relation::Unknown,
        [base] if base == theirs => Relation::UpToDate,
        [base] if base == ours => Relation::Forward,
        _ => {
            let mut digest = Sha256::new();
            digest.update(settings.as_bytes());
            for tree in bases.iter().chain([&ours, &theirs]) {
                digest.update(reader.tree_of(*tree)?.as_bytes());
            }
            // The ancestors of several bases decide too.
            if bases.len() > 1 {
                bases.iter().for_each(|base| digest.update(base.as_bytes()));
            }
            Relation::Apart { bases, key: hex(&digest.finalize()) }
        }
    })
}

/// What each side of the merges touches.
struct Sides(HashMap<(CommitId, CommitId), Touched>);

impl Sides {
    /// Compares each side with the merge base, each once, in parallel.
    fn of(place: &Place, asked: &[Asked], store: ObjectStore<'_>) -> Result<Self, GitError> {
        let mut wanted: Vec<(CommitId, CommitId)> = asked
            .iter()
            .filter_map(|asked| match &asked.relation {
                Relation::Apart { bases, .. } if bases.len() == 1 => {
                    Some([(bases[0], asked.ours), (bases[0], asked.theirs)])
                }
                _ => None,
            })
            .flatten()
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let side = |reader: &mut Result<Repo, GitError>, &(base, tip): &(CommitId, CommitId)| {
            let reader = reader.as_ref().ok()?;
            let trees: [TreeId; 2] = [reader.tree_of(base).ok()?, reader.tree_of(tip).ok()?];
            Some(((base, tip), touched(reader, trees[0], trees[1]).ok()?))
        };
        let found: Vec<_> = wanted.par_iter().map_init(|| open(place, store), side).collect();
        Ok(Self(found.into_iter().flatten().collect()))
    }

    fn are_apart(&self, asked: &Asked, bases: &[CommitId]) -> bool {
        let &[base] = bases else { return false };
        let side = |tip| self.0.get(&(base, tip));
        matches!((side(asked.ours), side(asked.theirs)), (Some(a), Some(b)) if is_certainly_clean(a, b))
    }
}

/// Merges, as many processes at once as there are processors. What cannot be merged at all has no answer.
fn merge_in_parallel(place: &Place, open: &[&Asked], store: ObjectStore<'_>) -> Vec<Option<Merged>> {
    let size = open.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
    let merge = |chunk: &[&Asked]| {
        let pairs: Vec<_> = chunk.iter().map(|asked| (asked.ours, asked.theirs)).collect();
        let Ok(repo) = Repo::open(place) else { return vec![None; pairs.len()] };
        match merge_many(&repo, &pairs, store) {
            Ok(merged) => merged.into_iter().map(Some).collect(),
            // One that cannot be merged leaves the others their answer.
            Err(_) => {
                let one =
                    |(ours, theirs): &(CommitId, CommitId)| merge::merge(&repo, *ours, *theirs, store).ok();
                pairs.iter().map(one).collect::<Vec<_>>()
            }
        }
    };
    open.par_chunks(size).map(merge).collect::<Vec<_>>().concat()
}

/// Merges tips one after the other into `target`, as a landing in that order would, and gives the conflicts of each; one that
/// conflicts is left out of what follows. This is the proof of an order: that each two go together does not say that all do.
pub fn walk(
    place: &Place,
    target: CommitId,
    tips: &[CommitId],
    objects: &Path,
    known: &mut Known,
) -> Result<Vec<Vec<Conflict>>, GitError> {
    let store = ObjectStore::Scratch(objects);
    let repo = Repo::open(place)?;
    let settings = merge::settings(&repo)?;
    let key = |count: usize| {
        let mut digest = Sha256::new();
        digest.update(format!("walk {settings} {target}"));
        tips[..count].iter().for_each(|tip| digest.update(tip.as_bytes()));
        hex(&digest.finalize())
    };
    let steps: Option<Vec<_>> =
        (1..=tips.len()).map(|count| known.merges.get(&key(count)).cloned()).collect();
    if let Some(steps) = steps {
        return Ok(steps);
    }
    let steps = merge::one_after_the_other(&repo, target, tips, store)?;
    for (i, conflicts) in steps.iter().enumerate() {
        known.merges.insert(key(i + 1), conflicts.clone());
    }
    Ok(steps)
}
