//! Which deleted and added files are one file under another name, decided by git's rules.
//!
//! libgit2's own detection pairs other files than git's near the threshold, takes short texts and binaries for alike,
//! and never sees a renamed link. Git's rules (`diff -M50%`, gitdiffcore(7)): the same object first, a shared last
//! component preferred; then files whose last component occurs once on both sides, if they are three quarters alike;
//! then the best pairs of what is left, at half alike or more. Likeness is the share of the larger file's bytes that
//! are in lines, or pieces of 64 bytes, that both files have.

use std::collections::HashMap;

use super::side::{Side, is_binary};

/// Likeness is counted in these parts; git's `MAX_SCORE`.
const WHOLE: u64 = 60_000;
const HALF: u64 = WHOLE / 2;
const THREE_QUARTERS: u64 = HALF + HALF / 2;

/// Above the square of this many pairs only the same object counts (git's `diff.renameLimit` by default).
const LIMIT: usize = 1000;

/// How many sources are considered for one file.
const CANDIDATES: usize = 4;

/// The longest piece of a line that is compared as one.
const PIECE: usize = 64;

/// One rename: indices into the deleted and the added files, and the likeness in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rename {
    pub(super) deleted: usize,
    pub(super) added: usize,
    pub(super) similarity: u64,
}

/// Pairs deleted files with added ones.
pub(super) fn find(handle: &git2::Repository, deleted: &[Side], added: &[Side]) -> Vec<Rename> {
    let mut search = Search {
        handle,
        deleted,
        added,
        pieces: HashMap::new(),
        sources: vec![None; deleted.len()],
        targets: vec![None; added.len()],
    };
    if !deleted.is_empty() && !added.is_empty() {
        search.same_objects();
        search.same_names();
        search.most_alike();
    }
    let targets = search.targets.iter().enumerate();
    targets
        .filter_map(|(added, found)| {
            let (deleted, score) = (*found)?;
            Some(Rename { deleted, added, similarity: score * 100 / WHOLE })
        })
        .collect()
}

/// The content of a file by its pieces.
struct Pieces {
    size: u64,
    counts: HashMap<u64, u64>,
}

struct Search<'a> {
    handle: &'a git2::Repository,
    deleted: &'a [Side],
    added: &'a [Side],
    pieces: HashMap<git2::Oid, Option<Pieces>>,
    sources: Vec<Option<usize>>,
    targets: Vec<Option<(usize, u64)>>,
}

impl Search<'_> {
    fn pair(&mut self, deleted: usize, added: usize, score: u64) {
        self.sources[deleted] = Some(added);
        self.targets[added] = Some((deleted, score));
    }

    fn same_objects(&mut self) {
        let mut by_id: HashMap<git2::Oid, Vec<usize>> = HashMap::new();
        for (index, side) in self.deleted.iter().enumerate() {
            by_id.entry(side.id).or_default().push(index);
        }
        for (target, side) in self.added.iter().enumerate() {
            let candidates = by_id.get(&side.id).map(Vec::as_slice).unwrap_or_default();
            let free = candidates.iter().copied().filter(|source| {
                let mode = self.deleted[*source].mode;
                self.sources[*source].is_none()
                    && (mode == side.mode || is_regular(mode) && is_regular(side.mode))
            });
            let named = |source: &usize| last(&self.deleted[*source]) == last(side);
            let best = free.clone().find(named).or_else(|| free.clone().next());
            if let Some(source) = best {
                self.pair(source, target, WHOLE);
            }
        }
    }

    fn same_names(&mut self) {
        let (deleted, added) = (self.deleted, self.added);
        let sources = unique(deleted, |index| self.sources[index].is_none());
        let targets = unique(added, |index| self.targets[index].is_none());
        let mut pairs: Vec<(usize, usize)> =
            sources.iter().filter_map(|(name, source)| Some(((*source)?, (*targets.get(name)?)?))).collect();
        pairs.sort_unstable();
        for (source, target) in pairs {
            let score = self.score(source, target, THREE_QUARTERS);
            if score >= THREE_QUARTERS {
                self.pair(source, target, score);
            }
        }
    }

    fn most_alike(&mut self) {
        let sources: Vec<usize> = (0..self.deleted.len()).filter(|n| self.sources[*n].is_none()).collect();
        let targets: Vec<usize> = (0..self.added.len()).filter(|n| self.targets[*n].is_none()).collect();
        if sources.len().saturating_mul(targets.len()) > LIMIT * LIMIT {
            return;
        }
        let mut all = Vec::new();
        for target in targets {
            let mut scored: Vec<(u64, bool, usize, usize)> = Vec::new();
            for source in &sources {
                let score = self.score(*source, target, HALF);
                if score >= HALF {
                    let named = last(&self.deleted[*source]) == last(&self.added[target]);
                    scored.push((score, named, *source, target));
                }
            }
            scored.sort_by_key(|(score, named, ..)| std::cmp::Reverse((*score, *named)));
            scored.truncate(CANDIDATES);
            all.extend(scored);
        }
        all.sort_by_key(|(score, named, ..)| std::cmp::Reverse((*score, *named)));
        for (score, _, source, target) in all {
            if self.sources[source].is_none() && self.targets[target].is_none() {
                self.pair(source, target, score);
            }
        }
    }

    /// Gives the likeness of two files; zero if it is certain to be below `least`.
    fn score(&mut self, source: usize, target: usize, least: u64) -> u64 {
        let (old, new) = (&self.deleted[source], &self.added[target]);
        if !is_regular(old.mode) || !is_regular(new.mode) {
            return 0;
        }
        // Sizes that are far apart need no reading.
        let size =
            |id| self.handle.odb().and_then(|odb| odb.read_header(id)).map_or(0, |(size, _)| size as u64);
        let (a, b) = (size(old.id), size(new.id));
        let larger = a.max(b);
        if a == 0 || b == 0 || larger > super::LARGE || larger * (WHOLE - least) < (larger - a.min(b)) * WHOLE
        {
            return 0;
        }
        for id in [old.id, new.id] {
            if !self.pieces.contains_key(&id) {
                let read = self.handle.find_blob(id).ok().map(|blob| pieces(blob.content()));
                self.pieces.insert(id, read);
            }
        }
        let found = |id| self.pieces.get(id).and_then(Option::as_ref);
        let (Some(old), Some(new)) = (found(&old.id), found(&new.id)) else { return 0 };
        let shared: u64 =
            old.counts.iter().map(|(piece, n)| new.counts.get(piece).map_or(0, |other| *n.min(other))).sum();
        shared * WHOLE / old.size.max(new.size)
    }
}

/// Counts the bytes of a content by piece. In text, a carriage return before a newline does not count.
fn pieces(content: &[u8]) -> Pieces {
    use std::hash::{DefaultHasher, Hasher};
    let text = !is_binary(content);
    let mut counts = HashMap::new();
    let mut piece = Vec::with_capacity(PIECE);
    let mut end = |piece: &mut Vec<u8>| {
        let mut hasher = DefaultHasher::new();
        hasher.write(piece);
        *counts.entry(hasher.finish()).or_default() += piece.len() as u64;
        piece.clear();
    };
    for (at, byte) in content.iter().enumerate() {
        if text && *byte == b'\r' && content.get(at + 1) == Some(&b'\n') {
            continue;
        }
        piece.push(*byte);
        if piece.len() == PIECE || *byte == b'\n' {
            end(&mut piece);
        }
    }
    if !piece.is_empty() {
        end(&mut piece);
    }
    Pieces { size: content.len() as u64, counts }
}

/// Maps last components to their only file; nothing where there are several.
fn unique(sides: &[Side], is_free: impl Fn(usize) -> bool) -> HashMap<&[u8], Option<usize>> {
    let mut found: HashMap<&[u8], Option<usize>> = HashMap::new();
    for (index, side) in sides.iter().enumerate().filter(|(index, _)| is_free(*index)) {
        found.entry(last(side)).and_modify(|only| *only = None).or_insert(Some(index));
    }
    found
}

fn last(side: &Side) -> &[u8] {
    side.path.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

fn is_regular(mode: u32) -> bool {
    mode & 0o170_000 == 0o100_000
}
