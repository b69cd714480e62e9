//! In which order tasks should land, and which have to be held back.

use std::collections::BTreeSet;

/// Up to how many tasks the choice is exact: all sets of them are looked at.
const EXACT: usize = 12;

/// A task that could land.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Whether it conflicts with what it is to land in.
    pub blocked: bool,
    /// The tasks whose work it stands on, by index: they land before it, or it does not land.
    pub after: Vec<usize>,
}

/// Why a task is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// It conflicts with what it is to land in.
    Base,
    /// It conflicts with these tasks, which land.
    Tasks(Vec<usize>),
    /// It stands on this task, which is held back.
    Parent(usize),
}

/// What lands, in order, and what does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The tasks that go together, each after those that it stands on.
    pub lands: Vec<usize>,
    /// The others.
    pub held: Vec<(usize, Because)>,
}

/// Chooses as many tasks as go together pair by pair, and orders them. `conflicts` are pairs of indices.
///
/// No larger set exists for up to twelve tasks that conflict with others (maximum independent set, closed under
/// [`Candidate::after`]); beyond, greedy by the number of conflicts, then improved by exchanging one for two. Of equal sets the one
/// with the earlier tasks is taken, so that the same input gives the same order.
pub fn order(candidates: &[Candidate], conflicts: &[(usize, usize)]) -> Order {
    let n = candidates.len();
    let mut clash = vec![BTreeSet::new(); n];
    for &(a, b) in conflicts.iter().filter(|(a, b)| a != b && *a < n && *b < n) {
        clash[a].insert(b);
        clash[b].insert(a);
    }
    let open: Vec<bool> = (0..n).map(|i| is_open(candidates, i, n)).collect();
    let undecided: Vec<usize> = (0..n).filter(|&i| open[i] && clash[i].iter().any(|&j| open[j])).collect();
    let chosen = if undecided.len() <= EXACT {
        exact(candidates, &clash, &open, &undecided)
    } else {
        greedy(candidates, &clash, &open)
    };
    let lands = sorted(candidates, &chosen);
    let held = (0..n).filter(|&i| !chosen[i]).map(|i| (i, because(candidates, &clash, &chosen, i))).collect();
    Order { lands, held }
}

/// Tells whether a task and everything that it stands on could land by themselves. `left` bounds the depth, as a cycle has no
/// end.
fn is_open(candidates: &[Candidate], i: usize, left: usize) -> bool {
    let Some(candidate) = candidates.get(i) else { return true };
    !candidate.blocked
        && left > 0
        && candidate.after.iter().all(|&parent| is_open(candidates, parent, left - 1))
}

/// Takes away what stands on something that is not chosen, until nothing does.
fn close(candidates: &[Candidate], chosen: &mut [bool]) {
    loop {
        let fallen = (0..chosen.len()).find(|&i| {
            chosen[i] && candidates[i].after.iter().any(|&parent| chosen.get(parent) == Some(&false))
        });
        match fallen {
            Some(i) => chosen[i] = false,
            None => return,
        }
    }
}

fn is_independent(clash: &[BTreeSet<usize>], chosen: &[bool]) -> bool {
    (0..chosen.len()).all(|i| !chosen[i] || clash[i].iter().all(|&j| !chosen[j]))
}

fn count(chosen: &[bool]) -> usize {
    chosen.iter().filter(|chosen| **chosen).count()
}

/// Looks at every set of the tasks that conflict; the others are in each, as far as what they stand on is.
fn exact(
    candidates: &[Candidate],
    clash: &[BTreeSet<usize>],
    open: &[bool],
    undecided: &[usize],
) -> Vec<bool> {
    let mut best: Option<Vec<bool>> = None;
    for set in 0..1_u32 << undecided.len() {
        let mut chosen = open.to_vec();
        // The last task is the first to be left out.
        for (bit, &task) in undecided.iter().rev().enumerate() {
            chosen[task] = set & (1 << bit) == 0;
        }
        close(candidates, &mut chosen);
        if is_independent(clash, &chosen) && best.as_ref().is_none_or(|best| count(&chosen) > count(best)) {
            best = Some(chosen);
        }
    }
    best.unwrap_or_else(|| vec![false; candidates.len()])
}

/// Takes the task with the fewest conflicts again and again, with what it stands on; then exchanges one for more as long as
/// that is possible.
fn greedy(candidates: &[Candidate], clash: &[BTreeSet<usize>], open: &[bool]) -> Vec<bool> {
    let n = candidates.len();
    let mut by_conflicts: Vec<usize> = (0..n).filter(|&i| open[i]).collect();
    by_conflicts.sort_by_key(|&i| (clash[i].iter().filter(|&&j| open[j]).count(), i));
    let mut chosen = vec![false; n];
    fill(candidates, clash, &by_conflicts, &mut chosen);
    loop {
        let better = (0..n).filter(|&i| chosen[i]).find_map(|out| {
            let mut other = chosen.clone();
            other[out] = false;
            close(candidates, &mut other);
            let others: Vec<usize> = by_conflicts.iter().copied().filter(|&i| i != out).collect();
            fill(candidates, clash, &others, &mut other);
            (count(&other) > count(&chosen)).then_some(other)
        });
        match better {
            Some(better) => chosen = better,
            None => return chosen,
        }
    }
}

/// Adds what still goes, in the order given; a task only together with what it stands on.
fn fill(candidates: &[Candidate], clash: &[BTreeSet<usize>], order: &[usize], chosen: &mut [bool]) {
    for &task in order {
        let mut with = BTreeSet::new();
        below(candidates, task, &mut with);
        let goes = |&i: &usize| clash[i].iter().all(|j| !chosen[*j] && !with.contains(j));
        if order.contains(&task) && with.iter().all(goes) {
            with.into_iter().for_each(|i| chosen[i] = true);
        }
    }
}

fn below(candidates: &[Candidate], task: usize, found: &mut BTreeSet<usize>) {
    if task < candidates.len() && found.insert(task) {
        candidates[task].after.iter().for_each(|&parent| below(candidates, parent, found));
    }
}

/// Orders the chosen: each after those that it stands on, else as they came.
fn sorted(candidates: &[Candidate], chosen: &[bool]) -> Vec<usize> {
    let mut out: Vec<usize> = Vec::new();
    let all = count(chosen);
    while out.len() < all {
        let ready = |&i: &usize| {
            let waits = |parent: &usize| chosen.get(*parent) == Some(&true) && !out.contains(parent);
            chosen[i] && !out.contains(&i) && !candidates[i].after.iter().any(waits)
        };
        let Some(next) = (0..chosen.len()).find(ready) else { break };
        out.push(next);
    }
    out
}

fn because(candidates: &[Candidate], clash: &[BTreeSet<usize>], chosen: &[bool], i: usize) -> Because {
    if candidates[i].blocked {
        return Because::Base;
    }
    let with: Vec<usize> = clash[i].iter().copied().filter(|&j| chosen[j]).collect();
    if !with.is_empty() {
        return Because::Tasks(with);
    }
    let fallen = candidates[i].after.iter().copied().find(|&parent| chosen.get(parent) == Some(&false));
    fallen.map_or_else(|| Because::Tasks(clash[i].iter().copied().collect()), Because::Parent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn task(after: &[usize]) -> Candidate {
        Candidate { blocked: false, after: after.to_vec() }
    }

    #[test]
    fn who_has_to_wait_and_for_whom() {
        let blocked = Candidate { blocked: true, after: vec![] };
        let tasks = [task(&[]), task(&[0]), blocked, task(&[2]), task(&[]), task(&[])];
        let found = order(&tasks, &[(1, 4), (4, 5), (2, 0)]);
        assert_eq!(found.lands, [0, 1, 5]);
        assert_eq!(
            found.held,
            [(2, Because::Base), (3, Because::Parent(2)), (4, Because::Tasks(vec![1, 5]))]
        );
    }

    #[test]
    fn of_two_the_earlier_lands() {
        assert_eq!(order(&[task(&[]), task(&[])], &[(0, 1)]).lands, [0]);
        let all = [(0, 1), (0, 2), (1, 2)];
        assert_eq!(order(&vec![task(&[]); 3], &all).lands, [0]);
    }

    #[test]
    fn a_parent_that_comes_later_lands_earlier() {
        assert_eq!(order(&[task(&[2]), task(&[]), task(&[])], &[]).lands, [1, 2, 0]);
    }

    #[test]
    fn one_in_the_middle_of_many_is_given_up() {
        let star: Vec<(usize, usize)> = (1..30).map(|leaf| (0, leaf)).collect();
        let found = order(&vec![task(&[]); 30], &star);
        assert_eq!((found.lands.len(), found.held.len()), (29, 1));
        assert_eq!(found.held[0].1, Because::Tasks((1..30).collect()));
    }

    /// The largest set that goes together, by trying all.
    fn largest(tasks: &[Candidate], conflicts: &[(usize, usize)]) -> usize {
        let goes = |set: u32| {
            let has = |i: usize| set & (1 << i) != 0;
            conflicts.iter().all(|&(a, b)| a == b || !has(a) || !has(b))
                && (0..tasks.len()).all(|i| {
                    !has(i) || (!tasks[i].blocked && tasks[i].after.iter().all(|&parent| has(parent)))
                })
        };
        let sizes = (0..1_u32 << tasks.len()).filter(|&set| goes(set)).map(u32::count_ones);
        usize::try_from(sizes.max().unwrap_or(0)).unwrap()
    }

    fn graph(n: usize) -> impl Strategy<Value = (Vec<Candidate>, Vec<(usize, usize)>)> {
        let tasks = prop::collection::vec((prop::bool::weighted(0.1), prop::option::weighted(0.3, 0..n)), n);
        let pairs = prop::collection::vec((0..n, 0..n), 0..n * 2);
        (tasks, pairs).prop_map(|(tasks, pairs)| {
            let made = tasks.into_iter().enumerate();
            // A parent stands before its child, so that there is no cycle.
            let tasks = made.map(|(i, (blocked, parent))| Candidate {
                blocked,
                after: parent.filter(|parent| *parent < i).into_iter().collect(),
            });
            (tasks.collect(), pairs)
        })
    }

    proptest! {
        #[test]
        fn nothing_larger_goes_together((tasks, conflicts) in graph(9)) {
            let found = order(&tasks, &conflicts);
            prop_assert_eq!(found.lands.len(), largest(&tasks, &conflicts));
            prop_assert_eq!(found.lands.len() + found.held.len(), tasks.len());
        }

        #[test]
        fn what_lands_goes_together((tasks, conflicts) in graph(24)) {
            let found = order(&tasks, &conflicts);
            let has = |i: &usize| found.lands.contains(i);
            for (at, i) in found.lands.iter().enumerate() {
                prop_assert!(!tasks[*i].blocked);
                prop_assert!(tasks[*i].after.iter().all(|parent| found.lands[..at].contains(parent)));
            }
            prop_assert!(conflicts.iter().all(|(a, b)| a == b || !has(a) || !has(b)));
            // Nothing that is held back could be added.
            for (i, why) in &found.held {
                match why {
                    Because::Base => prop_assert!(tasks[*i].blocked),
                    Because::Parent(parent) => prop_assert!(!has(parent)),
                    Because::Tasks(with) => prop_assert!(!with.is_empty()),
                }
            }
        }
    }
}
