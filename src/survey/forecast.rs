//! What merging would do: each task into its base, and each two tasks with each other.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::domain::forecast::{Conflict, Known, MergeForecast, Merged, Onto};
use crate::domain::name::hex;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::place::{Place, WorktreePlace};
use crate::domain::status::Integrated;
use crate::git::landed::Changes;
use crate::git::merge::{
    self, ObjectStore, Passing, Touched, Trees, is_certainly_clean, merge_many_of, touched,
};
use crate::git::preflight::Needs;
use crate::git::{GitError, Repo, history, landed, status};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    ours: CommitId,
    theirs: CommitId,
    /// Whether both are tasks: which of them contains the other is no matter then.
    between_tasks: bool,
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
}

/// Computes the forecast. Nothing is merged twice: what was asked before is in `known`, and what is certain is not merged.
pub fn forecast(
    place: &Place,
    subjects: &[Subject],
    (objects, trees): (&Path, &Trees),
    known: &mut Known,
) -> Result<Forecasts, GitError> {
    let n = subjects.len();
    let pairs: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
    let own = |subject: &Subject| Some(Asked::onto_base(subject.base?, subject.commit));
    let between = |(a, b): &(usize, usize)| Asked {
        ours: subjects[*a].commit,
        theirs: subjects[*b].commit,
        between_tasks: true,
    };
    let asked: Vec<Asked> = subjects.iter().filter_map(own).chain(pairs.iter().map(between)).collect();
    let mut answers = answers(place, &asked, (objects, trees), known)?
        .into_iter()
        .map(|found| found.map_or(MergeForecast::Unknown, |found| found.forecast));
    let base = subjects.iter().map(|subject| {
        let answer = subject.base.and_then(|_| answers.next());
        answer.unwrap_or(MergeForecast::Unknown)
    });
    let base = base.collect();
    let pairs = pairs.into_iter().zip(answers).map(|((a, b), found)| (a, b, found)).collect();
    Ok(Forecasts { base, pairs })
}

/// Gives what merging commits into others does: each pair is the tip of a base and that of a task. What cannot be merged at all has
/// no answer.
pub fn onto_bases(
    place: &Place,
    pairs: &[(CommitId, CommitId)],
    (objects, trees): (&Path, &Trees),
    known: &mut Known,
) -> Result<Vec<Option<Onto>>, GitError> {
    let asked: Vec<Asked> = pairs.iter().map(|(base, tip)| Asked::onto_base(*base, *tip)).collect();
    answers(place, &asked, (objects, trees), known)
}

/// Answers from what is known, or finds it out.
fn answers(
    place: &Place,
    asked: &[Asked],
    (objects, trees): (&Path, &Trees),
    known: &mut Known,
) -> Result<Vec<Option<Onto>>, GitError> {
    let settings = merge::settings(&Repo::open(place)?)?;
    let keys: Vec<String> = asked.iter().map(|asked| asked.key(&settings)).collect();
    let mut new: BTreeMap<&String, Asked> = keys.iter().zip(asked.iter().copied()).collect();
    new.retain(|key, _| !known.pairs.contains_key(*key));
    let (new, wanted): (Vec<_>, Vec<_>) = new.into_iter().unzip();
    let found = find_out(place, &wanted, (ObjectStore::Scratch(objects), trees, &settings), known)?;
    // What could not be found out, or not all of it, may be found out the next time.
    let mut in_part = BTreeMap::new();
    for (key, found) in new.into_iter().zip(found) {
        match found {
            Some((found, true)) => drop(known.pairs.insert(key.clone(), found)),
            Some((found, false)) => drop(in_part.insert(key, found)),
            None => {}
        }
    }
    Ok(keys.iter().map(|key| known.pairs.get(key).or_else(|| in_part.get(key)).cloned()).collect())
}

impl Asked {
    const fn onto_base(ours: CommitId, theirs: CommitId) -> Self {
        Self { ours, theirs, between_tasks: false }
    }

    /// Gives what the answer is kept under. Commits do not change, so that nothing has to be read to find it again.
    fn key(&self, settings: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(settings);
        digest.update([u8::from(self.between_tasks)]);
        digest.update(self.ours.as_bytes());
        digest.update(self.theirs.as_bytes());
        // Half of a digest is enough to tell a few thousand of them apart.
        hex(&digest.finalize()[..16])
    }
}

/// Finds the answers that are not known yet, in the order of the questions, and whether each is whole.
fn find_out(
    place: &Place,
    asked: &[Asked],
    (store, trees, settings): (ObjectStore<'_>, &Trees, &str),
    known: &mut Known,
) -> Result<Vec<Option<(Onto, bool)>>, GitError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let relate = |reader: &Repo, asked: &Asked| relation(reader, asked.ours, asked.theirs, settings).ok();
    let relations: Vec<Option<Relation>> = each(place, store, asked, relate)?;
    let open = |i: &usize| match &relations[*i] {
        Some(Relation::Apart { key, .. }) => !known.merges.contains_key(key),
        _ => false,
    };
    let open: Vec<usize> = (0..asked.len()).filter(open).collect();
    let touched = Sides::of(place, &open, (asked, &relations), (store, trees))?;
    let is_open = |i: &usize| !touched.are_apart(asked[*i], relations[*i].as_ref());
    let (uncertain, certain): (Vec<usize>, Vec<usize>) = open.into_iter().partition(is_open);
    let to_merge: Vec<Asked> = uncertain.iter().map(|&i| asked[i]).collect();
    let merged = merge_in_parallel(place, &to_merge, (store, trees));
    let clean = certain
        .into_iter()
        .map(|i| (i, Some((Vec::new(), touched.is_empty(asked[i], relations[i].as_ref())))));
    let repo = store.open(place)?;
    let is_ours = |tree: TreeId, asked: &Asked| repo.tree_of(asked.ours).is_ok_and(|ours| ours == tree);
    let merged = to_merge.iter().zip(merged).map(|(asked, merged)| match merged? {
        Merged::Clean(tree) => Some((Vec::new(), is_ours(tree, asked))),
        Merged::Conflicts(conflicts) => Some((conflicts, false)),
    });
    for (i, merged) in clean.chain(uncertain.into_iter().zip(merged)) {
        if let (Some(Relation::Apart { key, .. }), Some((conflicts, adds_nothing))) = (&relations[i], merged)
        {
            known.merges.insert(key.clone(), conflicts);
            if adds_nothing {
                known.nothing.insert(key.clone());
            }
        }
    }
    let landed = landings(place, asked, (&relations, known), (store, trees))?;
    let onto = |i: usize, forecast| {
        let (landed, whole) = landed[i].as_ref().map_or((None, false), |landed| (*landed, true));
        (Onto { forecast, landed }, whole)
    };
    let answer = |i: usize| {
        Some(match relations[i].as_ref()? {
            Relation::Forward if !asked[i].between_tasks => onto(i, MergeForecast::Clean),
            // Which of two tasks contains the other is no matter.
            Relation::Forward | Relation::UpToDate => onto(i, MergeForecast::UpToDate),
            Relation::Apart { key, .. } => {
                let conflicts = known.merges.get(key)?;
                let conflict = || MergeForecast::Conflict(conflicts.clone());
                onto(i, if conflicts.is_empty() { MergeForecast::Clean } else { conflict() })
            }
        })
    };
    Ok((0..asked.len()).map(answer).collect())
}

/// An answer that could not be found out this time.
type Landed = Result<Option<Integrated>, GitError>;

/// Finds out how the work of tasks is in their bases already.
fn landings(
    place: &Place,
    asked: &[Asked],
    (relations, known): (&[Option<Relation>], &Known),
    (store, trees): (ObjectStore<'_>, &Trees),
) -> Result<Vec<Landed>, GitError> {
    let changes = Changes::default();
    let same_tree = |reader: &Repo, asked: &Asked| -> Result<Option<Integrated>, GitError> {
        let has_work = history::has_work(reader, asked.theirs, asked.ours)?;
        Ok(has_work.then_some(Integrated::SameTree))
    };
    let found = |reader: &Repo, &i: &usize| match (&asked[i], &relations[i]) {
        (_, None | Some(Relation::UpToDate)) => Ok(None),
        (asked, Some(Relation::Forward)) => match history::same_tree(reader, asked.ours, asked.theirs)? {
            true => same_tree(reader, asked),
            false => Ok(None),
        },
        (asked, Some(Relation::Apart { key, .. })) if known.nothing.contains(key) => same_tree(reader, asked),
        (asked, Some(Relation::Apart { .. })) => {
            landed::in_base(reader, (trees, &changes), asked.theirs, asked.ours)
        }
    };
    let all: Vec<usize> = (0..asked.len()).filter(|&i| !asked[i].between_tasks).collect();
    let found = each(place, store, &all, found)?;
    let mut landed: Vec<_> = asked.iter().map(|_| Ok(None)).collect();
    all.into_iter().zip(found).for_each(|(i, found)| landed[i] = found);
    Ok(landed)
}

/// Does something for each of many, in parallel, with a handle a thread. Answers are in the order of the items.
fn each<T: Sync, R: Send>(
    place: &Place,
    store: ObjectStore<'_>,
    items: &[T],
    work: impl Fn(&Repo, &T) -> R + Sync,
) -> Result<Vec<R>, GitError> {
    let size = items.len().div_ceil(rayon::current_num_threads().max(1)).max(8);
    let some = |chunk: &[T]| {
        let reader = store.open(place)?;
        Ok(chunk.iter().map(|item| work(&reader, item)).collect())
    };
    let done: Result<Vec<Vec<R>>, GitError> = items.par_chunks(size).map(some).collect();
    Ok(done?.into_iter().flatten().collect())
}

/// Finds out how two commits stand to each other. Those without a history in common are an error.
fn relation(reader: &Repo, ours: CommitId, theirs: CommitId, settings: &str) -> Result<Relation, GitError> {
    let bases = history::merge_bases(reader, ours, theirs)?;
    Ok(match bases[..] {
        [] => return Err(GitError::Unrelated { ours, theirs }),
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
    /// Compares each side of the open merges with their merge base, each once, in parallel.
    fn of(
        place: &Place,
        open: &[usize],
        (asked, relations): (&[Asked], &[Option<Relation>]),
        (store, read): (ObjectStore<'_>, &Trees),
    ) -> Result<Self, GitError> {
        let sides = |&i: &usize| {
            let base = relations[i].as_ref().and_then(Relation::single_base)?;
            Some([(base, asked[i].ours), (base, asked[i].theirs)])
        };
        let mut wanted: Vec<(CommitId, CommitId)> = open.iter().filter_map(sides).flatten().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let side = |reader: &Repo, &(base, tip): &(CommitId, CommitId)| {
            let trees: [TreeId; 2] = [reader.tree_of(base).ok()?, reader.tree_of(tip).ok()?];
            Some(((base, tip), touched(reader, read, trees[0], trees[1]).ok()?))
        };
        Ok(Self(each(place, store, &wanted, side)?.into_iter().flatten().collect()))
    }

    /// Tells whether what is merged changes nothing.
    fn is_empty(&self, asked: Asked, relation: Option<&Relation>) -> bool {
        let base = relation.and_then(Relation::single_base);
        base.and_then(|base| self.0.get(&(base, asked.theirs))).is_some_and(Touched::is_empty)
    }

    fn are_apart(&self, asked: Asked, relation: Option<&Relation>) -> bool {
        let Some(base) = relation.and_then(Relation::single_base) else { return false };
        let side = |tip| self.0.get(&(base, tip));
        matches!((side(asked.ours), side(asked.theirs)), (Some(a), Some(b)) if is_certainly_clean(a, b))
    }
}

impl Relation {
    /// Gives the merge base, if there is only one.
    fn single_base(&self) -> Option<CommitId> {
        match self {
            Self::Apart { bases, .. } if bases.len() == 1 => bases.first().copied(),
            _ => None,
        }
    }
}

/// Merges, as many processes at once as there are processors. What cannot be merged at all has no answer.
fn merge_in_parallel(
    place: &Place,
    asked: &[Asked],
    (store, trees): (ObjectStore<'_>, &Trees),
) -> Vec<Option<Merged>> {
    let size = asked.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
    let passing = match store {
        ObjectStore::Scratch(objects) => Passing::over(objects),
        ObjectStore::Repository => None,
    };
    let merge = |chunk: &[Asked]| {
        let pairs: Vec<_> = chunk.iter().map(|asked| (asked.ours, asked.theirs)).collect();
        let Ok(repo) = Repo::open(place) else { return vec![None; pairs.len()] };
        match merge_many_of(&repo, &pairs, passing.as_ref().map_or(store, Passing::store), trees) {
            Ok(merged) => merged.into_iter().map(Some).collect(),
            // One that cannot be merged leaves the others their answer; memory may be full.
            Err(_) => {
                let one =
                    |(ours, theirs): &(CommitId, CommitId)| merge::merge(&repo, *ours, *theirs, store).ok();
                pairs.iter().map(one).collect::<Vec<_>>()
            }
        }
    };
    asked.par_chunks(size).map(merge).collect::<Vec<_>>().concat()
}

/// Merges tips one after the other into `target`, as a landing in that order would, and gives the conflicts of each; one that
/// conflicts is left out of what follows. This is the proof of an order: that each two go together does not say that all do.
/// Nothing is merged where what was forecast of each two is proof enough.
pub fn walk(
    place: &Place,
    target: CommitId,
    tips: &[CommitId],
    (objects, trees): (&Path, &Trees),
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
    let goes = |ours: CommitId, theirs: CommitId, between_tasks: bool| {
        let found = known.pairs.get(&Asked { ours, theirs, between_tasks }.key(&settings));
        found.is_some_and(|found| found.forecast == MergeForecast::Clean)
    };
    let goes = |one: CommitId, next: CommitId| {
        if one == target { goes(one, next, false) } else { goes(one, next, true) || goes(next, one, true) }
    };
    if certainly_walks(&store.open(place)?, trees, (target, tips), goes).unwrap_or(false) {
        return Ok(vec![Vec::new(); tips.len()]);
    }
    let passing = Passing::over(objects);
    let passing =
        passing.as_ref().map(|passing| merge::one_after_the_other(&repo, target, tips, passing.store()));
    let steps = match passing {
        Some(Ok(steps)) => steps,
        // Memory may be full.
        _ => merge::one_after_the_other(&repo, target, tips, store)?,
    };
    for (i, conflicts) in steps.iter().enumerate() {
        known.merges.insert(key(i + 1), conflicts.clone());
    }
    Ok(steps)
}

/// How many commits of its own a tip may have for a walk to be certain.
const OWN: usize = 1_000;

/// Tells whether tips are certain to go onto a target one after the other. `goes` says so of two commits.
fn certainly_walks(
    reader: &Repo,
    trees: &Trees,
    (target, tips): (CommitId, &[CommitId]),
    goes: impl Fn(CommitId, CommitId) -> bool,
) -> Result<bool, GitError> {
    let mut base = None;
    let mut own = HashSet::new();
    for tip in tips {
        // All stand on one commit, and none on another one's.
        let bases = history::merge_bases(reader, target, *tip)?;
        if bases.len() != 1 || *base.get_or_insert(bases[0]) != bases[0] || *tip == bases[0] {
            return Ok(false);
        }
        let Some(ids) = history::ids(reader, bases[0], *tip, OWN)? else { return Ok(false) };
        if !ids.into_iter().all(|id| own.insert(id)) {
            return Ok(false);
        }
    }
    let Some(base) = base else { return Ok(true) };
    let base = reader.tree_of(base)?;
    let all: Vec<CommitId> = std::iter::once(target).chain(tips.iter().copied()).collect();
    let sides: Result<Vec<Touched>, GitError> =
        all.iter().map(|side| touched(reader, trees, base, reader.tree_of(*side)?)).collect();
    Ok(merge::go_together(&sides?, |one, next| goes(all[one], all[next])))
}
