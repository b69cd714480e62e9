//! A merge train: which of its states are tested next, and whom a failure ejects. Knows nothing of git.
//!
//! A train is a line of tasks on a target. State `k` is the target with the first `k` tasks merged, state 0 the target alone. A state may
//! land if its gate passes and all states before it may. States are tested ahead of knowing whether those before them pass, since
//! mostly they do; the verdict of a state that is rebuilt without an ejected task is worth nothing more.

/// What a gate said of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It passed.
    Passed,
    /// It failed first, and passed when it was tried again.
    Flaky,
    /// It failed.
    Failed,
}

impl Verdict {
    /// Tells whether the state may land.
    pub const fn is_good(self) -> bool {
        !matches!(self, Self::Failed)
    }
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Test these states, the most urgent first; 0 is the target alone.
    Gate(Vec<usize>),
    /// Take the task at this place out of the line, and build the states behind it anew.
    Eject {
        /// Its place, from 0.
        task: usize,
        /// Whether the target alone fails as well.
        base_red: bool,
    },
    /// Everything in the line may land.
    Land,
}

/// Decides. `states[k]` is what is known of state `k + 1`, `base` of the target alone, which is only tested once the first task has
/// failed: a target that fails is no task's fault, and a task that passes on it lands all the same.
pub fn next(states: &[Option<Verdict>], base: Option<Verdict>, jobs: usize) -> Next {
    let is_good = |verdict: &Option<Verdict>| verdict.is_some_and(Verdict::is_good);
    let Some(first) = states.iter().position(|state| !is_good(state)) else { return Next::Land };
    if states[first].is_some() {
        return match (first, base) {
            (0, None) => Next::Gate(vec![0]),
            (0, Some(Verdict::Failed)) => Next::Eject { task: 0, base_red: true },
            _ => Next::Eject { task: first, base_red: false },
        };
    }
    // What stands behind a state that fails is built anew.
    let end = states.iter().position(|state| *state == Some(Verdict::Failed)).unwrap_or(states.len());
    let open = (first..end).filter(|&k| states[k].is_none()).map(|k| k + 1);
    Next::Gate(open.take(jobs.max(1)).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Runs a train against a gate: gives who landed, who was ejected with `base_red`, and how many states were tested.
    fn run(tasks: &[u8], gate: &dyn Fn(u8) -> bool, jobs: usize) -> (Vec<u8>, Vec<(u8, bool)>, usize) {
        let mut line = tasks.to_vec();
        let mut known: BTreeMap<u8, Verdict> = BTreeMap::new();
        let mut ejected = Vec::new();
        let mut tested = 0;
        loop {
            let set = |count: usize| line[..count].iter().fold(0_u8, |set, task| set | 1 << task);
            let states: Vec<_> = (1..=line.len()).map(|count| known.get(&set(count)).copied()).collect();
            match next(&states, known.get(&0).copied(), jobs) {
                Next::Land => return (line, ejected, tested),
                Next::Eject { task, base_red } => ejected.push((line.remove(task), base_red)),
                Next::Gate(states) => {
                    assert!(!states.is_empty() && states.len() <= jobs.max(1));
                    for state in states {
                        let state = set(state);
                        tested += 1;
                        let verdict = if gate(state) { Verdict::Passed } else { Verdict::Failed };
                        assert!(known.insert(state, verdict).is_none(), "tested twice");
                    }
                }
            }
        }
    }

    /// A queue that tests one task after the other on what has landed.
    fn oracle(tasks: &[u8], gate: &dyn Fn(u8) -> bool) -> (Vec<u8>, Vec<(u8, bool)>) {
        let (mut landed, mut ejected, mut set) = (Vec::new(), Vec::new(), 0_u8);
        for task in tasks {
            if gate(set | 1 << task) {
                set |= 1 << task;
                landed.push(*task);
            } else {
                ejected.push((*task, set == 0 && !gate(0)));
            }
        }
        (landed, ejected)
    }

    #[test]
    fn every_gate_over_three_tasks_in_every_order_gives_what_a_queue_gives() {
        let orders: [&[u8]; 6] = [&[0, 1, 2], &[0, 2, 1], &[1, 0, 2], &[1, 2, 0], &[2, 0, 1], &[2, 1, 0]];
        let mut cases = 0;
        // A gate is a set of sets: one of 256.
        for gate in 0..=u8::MAX {
            let passes = |set: u8| gate >> set & 1 == 1;
            for order in orders {
                let expected = oracle(order, &passes);
                for jobs in 1..=4 {
                    let (landed, ejected, _) = run(order, &passes, jobs);
                    assert_eq!((landed, ejected), expected, "gate {gate:08b}, order {order:?}, {jobs} jobs");
                    cases += 1;
                }
            }
        }
        assert_eq!(cases, 256 * 6 * 4);
    }

    #[test]
    fn four_tasks_too() {
        // Of the 65,536 gates over four tasks every 31st: a prime, so that all bits take part.
        for gate in (0..=u16::MAX).step_by(31) {
            let passes = |set: u8| gate >> set & 1 == 1;
            for jobs in [1, 2, 4] {
                let (landed, ejected, _) = run(&[0, 1, 2, 3], &passes, jobs);
                assert_eq!((landed, ejected), oracle(&[0, 1, 2, 3], &passes), "{gate:016b}");
            }
        }
    }

    #[test]
    fn nothing_is_tested_in_vain_where_all_goes_well() {
        let all: Vec<u8> = (0..7).collect();
        for jobs in 1..=8 {
            assert_eq!(run(&all, &|_| true, jobs).2, 7);
        }
        // One that fails costs the states behind it that were tested with it, and the target.
        let bad = |set: u8| set & 0b100 == 0;
        assert_eq!(run(&all, &bad, 1).2, 7);
        let (landed, ejected, tested) = run(&all, &bad, 4);
        assert_eq!((landed.len(), ejected, tested), (6, vec![(2, false)], 8));
    }

    #[test]
    fn a_flaky_state_may_land() {
        assert_eq!(next(&[Some(Verdict::Flaky), Some(Verdict::Passed)], None, 2), Next::Land);
    }

    #[test]
    fn the_target_is_tested_only_after_the_first_failure() {
        assert_eq!(next(&[None, None, None], None, 2), Next::Gate(vec![1, 2]));
        assert_eq!(next(&[Some(Verdict::Failed), None], None, 2), Next::Gate(vec![0]));
        let (passed, failed) = (Some(Verdict::Passed), Some(Verdict::Failed));
        assert_eq!(next(&[failed, None], failed, 2), Next::Eject { task: 0, base_red: true });
        assert_eq!(next(&[failed, None], passed, 2), Next::Eject { task: 0, base_red: false });
        assert_eq!(next(&[passed, failed], None, 2), Next::Eject { task: 1, base_red: false });
        assert_eq!(next(&[None, failed, None], None, 2), Next::Gate(vec![1]));
    }
}
