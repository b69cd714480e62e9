//! Tasks that mean to change the same files at the same time, by their `touches`.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::name::TaskName;
use crate::domain::plan::{Plan, PlannedTask};

/// Two patterns whose product is larger than this many states are taken to overlap.
const MOST_STATES: usize = 1 << 20;

/// Two tasks that may change the same files at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The one that comes first in the plan.
    pub a: TaskName,
    /// The other.
    pub b: TaskName,
    /// The pairs of globs that a path can match both of: one of `a`, one of `b`.
    pub globs: Vec<(String, String)>,
}

/// Gives the pairs of tasks, in the plan's order, neither of which comes after the other, and whose `touches` can match
/// the same path.
///
/// A glob is anchored at the root. `*` and `?` match within a component, `**` across components, a backslash takes the
/// meaning from what follows it. A glob that ends with a slash, or whose last component is plain and has no extension,
/// also matches everything below. No pair that shares a path is left out. Too much is reported in three cases: a bracket
/// expression counts as any one character or as any text, a brace expression as any text, and two globs of thousands of
/// characters as overlapping.
pub fn overlaps(plan: &Plan) -> Vec<Overlap> {
    let mut found = Vec::new();
    let compiled: Vec<Vec<Glob>> =
        plan.tasks.iter().map(|task| task.touches.iter().map(|glob| Glob::new(glob)).collect()).collect();
    let before = ancestors(&plan.tasks);
    for b in 0..plan.tasks.len() {
        for a in 0..b {
            if before[a].contains(&b) || before[b].contains(&a) {
                continue;
            }
            let mut globs = Vec::new();
            for (i, glob) in compiled[a].iter().enumerate() {
                let meeting = (0..compiled[b].len()).filter(|j| glob.meets(&compiled[b][*j]));
                let of = |j: usize| (plan.tasks[a].touches[i].clone(), plan.tasks[b].touches[j].clone());
                globs.extend(meeting.map(of));
            }
            if !globs.is_empty() {
                found.push((a, b, globs));
            }
        }
    }
    found.sort_by_key(|(a, b, _)| (*a, *b));
    let name = |i: usize| plan.tasks[i].name.clone();
    found.into_iter().map(|(a, b, globs)| Overlap { a: name(a), b: name(b), globs }).collect()
}

/// Gives for each task the positions of all those that it waits for.
fn ancestors(tasks: &[PlannedTask]) -> Vec<BTreeSet<usize>> {
    let positions: BTreeMap<&TaskName, usize> =
        tasks.iter().enumerate().map(|(i, task)| (&task.name, i)).collect();
    let parents: Vec<Vec<usize>> = tasks
        .iter()
        .map(|task| task.after.iter().filter_map(|a| positions.get(a).copied()).collect())
        .collect();
    let of = |i: usize| {
        let (mut seen, mut rest) = (BTreeSet::new(), parents[i].clone());
        while let Some(next) = rest.pop() {
            if seen.insert(next) {
                rest.extend(&parents[next]);
            }
        }
        seen
    };
    (0..tasks.len()).map(of).collect()
}

/// What one step of a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    One(char),
    InComponent,
    Any,
}

impl Step {
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::One(a), Self::One(b)) => a == b,
            (Self::One(c), Self::InComponent) | (Self::InComponent, Self::One(c)) => c != '/',
            _ => true,
        }
    }
}

/// A pattern as a non-deterministic automaton; state 0 is the first.
#[derive(Debug)]
struct Glob {
    states: Vec<State>,
}

#[derive(Debug, Default)]
struct State {
    steps: Vec<(Step, usize)>,
    /// States that are reached without taking anything.
    free: Vec<usize>,
    accepts: bool,
}

impl Glob {
    fn new(text: &str) -> Self {
        let text = text.trim_start_matches("./").trim_start_matches('/');
        let plain = text.trim_end_matches('/');
        let last = plain.rsplit('/').next().unwrap_or_default();
        let is_directory = plain.len() < text.len()
            || !last.contains(['*', '?', '[', '{', '\\']) && !last.get(1..).is_some_and(|l| l.contains('.'));
        let mut glob = Self { states: vec![State::default()] };
        let chars: Vec<char> = if plain == "." { Vec::new() } else { plain.chars().collect() };
        let mut i = 0;
        while i < chars.len() {
            i += glob.push(&chars[i..], i == 0 || chars[i - 1] == '/');
        }
        let end = glob.last();
        glob.states[end].accepts = true;
        if is_directory {
            glob.below(if chars.is_empty() { Step::Any } else { Step::One('/') });
        }
        glob
    }

    /// Adds what stands at the beginning of a pattern's rest and gives how many characters that was.
    fn push(&mut self, rest: &[char], at_component: bool) -> usize {
        match rest {
            ['*', '*', '/', ..] if at_component => {
                // No component, or any number of them.
                let from = self.last();
                let inside = self.add();
                let after = self.add();
                self.states[from].free.extend([inside, after]);
                self.states[inside].steps.extend([(Step::Any, inside), (Step::One('/'), after)]);
                3
            }
            ['*', '*', ..] => {
                self.run(Step::Any);
                2
            }
            ['*', ..] => {
                self.run(Step::InComponent);
                1
            }
            ['?', ..] => {
                self.step(Step::InComponent);
                1
            }
            ['\\', c, ..] => {
                self.step(Step::One(*c));
                2
            }
            ['[', inner @ ..] => match bracket(inner) {
                Some((length, true)) => {
                    self.step(Step::InComponent);
                    length + 2
                }
                Some((length, false)) => {
                    self.run(Step::Any);
                    length + 2
                }
                None => {
                    self.step(Step::One('['));
                    1
                }
            },
            // To the last brace, so that nested ones are inside.
            ['{', inner @ ..] if inner.contains(&'}') => {
                self.run(Step::Any);
                inner.iter().rposition(|c| *c == '}').unwrap_or(0) + 2
            }
            [c, ..] => {
                self.step(Step::One(*c));
                1
            }
            [] => 1,
        }
    }

    /// Accepts everything that begins with one more step.
    fn below(&mut self, first: Step) {
        self.step(first);
        self.run(Step::Any);
        let below = self.last();
        self.states[below].accepts = true;
    }

    /// Takes any number of steps of a kind.
    fn run(&mut self, step: Step) {
        let here = self.last();
        self.states[here].steps.push((step, here));
    }

    fn step(&mut self, step: Step) {
        let from = self.last();
        let to = self.add();
        self.states[from].steps.push((step, to));
    }

    fn add(&mut self) -> usize {
        self.states.push(State::default());
        self.last()
    }

    fn last(&self) -> usize {
        self.states.len() - 1
    }

    /// Tells whether a path matches both.
    fn meets(&self, other: &Self) -> bool {
        let width = other.states.len();
        if self.states.len().saturating_mul(width) > MOST_STATES {
            return true;
        }
        let mut seen = vec![false; self.states.len() * width];
        let mut rest = vec![(0, 0)];
        while let Some((a, b)) = rest.pop() {
            if std::mem::replace(&mut seen[a * width + b], true) {
                continue;
            }
            let (here, there) = (&self.states[a], &other.states[b]);
            if here.accepts && there.accepts {
                return true;
            }
            rest.extend(here.free.iter().map(|next| (*next, b)));
            rest.extend(there.free.iter().map(|next| (a, *next)));
            for (step, next) in &here.steps {
                let fitting = there.steps.iter().filter(|(other, _)| step.meets(*other));
                rest.extend(fitting.map(|(_, other)| (*next, *other)));
            }
        }
        false
    }
}

/// Gives the length of what is in a bracket expression, and whether it is certain that it ends there. It is not where it
/// holds what some globs take for an escape or a named class: then it goes to the last bracket of the pattern.
fn bracket(inner: &[char]) -> Option<(usize, bool)> {
    let negated = usize::from(matches!(inner.first(), Some('!' | '^')));
    // A bracket that comes first is an element.
    let length = inner.iter().skip(negated + 1).position(|c| *c == ']')? + negated + 1;
    if inner[..length].iter().any(|c| matches!(c, '\\' | '[' | ']')) {
        return inner.iter().rposition(|c| *c == ']').map(|last| (last, false));
    }
    Some((length, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::tests::planned;

    fn meet(a: &str, b: &str) -> bool {
        let found = Glob::new(a).meets(&Glob::new(b));
        assert_eq!(found, Glob::new(b).meets(&Glob::new(a)), "{a} {b}");
        found
    }

    #[test]
    fn globs_that_share_a_path() {
        for (a, b) in [
            ("src/api/**", "src/api/users.rs"),
            ("src/**/*.py", "src/a.py"),
            ("src/**/*.py", "src/a/b/c.py"),
            ("**/*.rs", "main.rs"),
            ("**", "a"),
            ("*", "a"),
            (".", "deep/down/file"),
            ("/", "x"),
            ("./src", "src/a/b"),
            ("src/", "src/a"),
            ("src", "src"),
            ("*.rs", "lib.*"),
            ("a*c", "*b*"),
            ("a?c", "abc"),
            ("[ab].rs", "b.rs"),
            ("[[:alpha:]]x", "bx"),
            ("[]]x", "]x"),
            (r"[\]a]b", "ab"),
            ("{a,b}/x", "b/x"),
            ("{a,{b,c}}/x", "c/x"),
            (r"a\*", "a*"),
            ("[", "["),
            ("{", "{"),
            ("**/test/**", "a/test/b"),
            ("a/**/b", "a/b"),
            ("a**b", "a/x/b"),
            ("***", "x"),
            ("ä/**", "ä/ö"),
            ("v1.2/", "v1.2/x"),
            (".github", ".github/workflows/ci.yml"),
            ("é", "é/x"),
        ] {
            assert!(meet(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn globs_that_do_not() {
        for (a, b) in [
            ("src/api/**", "src/web/**"),
            ("src/api", "src/api2"),
            ("src/*.rs", "src/a.py"),
            ("a?c", "a/c"),
            ("src/*/x", "src/a/b/y"),
            (r"a\*", "ab"),
            ("**/x", "ax.md"),
            ("**/*.py", "README.md"),
            ("docs/*", "docs/a/b"),
            ("A", "a"),
            ("[ab]", "ab"),
            ("src/**/mod.rs", "tests/mod.rs"),
        ] {
            assert!(!meet(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn only_tasks_that_can_run_at_once_overlap() {
        let touching = |name: &str, after: &[&str], globs: &[&str]| PlannedTask {
            touches: globs.iter().map(|glob| (*glob).to_owned()).collect(),
            ..planned(name, after)
        };
        let tasks = vec![
            touching("a", &[], &["src/**", "docs/x"]),
            touching("b", &["a"], &["docs"]),
            touching("c", &["b"], &["src/c.rs"]),
            touching("d", &[], &["src/c.rs", "docs/*"]),
            touching("e", &[], &[]),
        ];
        let found = overlaps(&Plan { tasks, ..Plan::default() });
        let pairs: Vec<_> = found.iter().map(|o| (o.a.as_str(), o.b.as_str())).collect();
        assert_eq!(pairs, [("a", "d"), ("b", "d"), ("c", "d")]);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(found[0].globs, [pair("src/**", "src/c.rs"), pair("docs/x", "docs/*")]);
    }

    #[test]
    fn patterns_too_large_to_compare_count_as_overlapping() {
        assert!(meet(&"a".repeat(3000), &"b".repeat(3000)));
    }
}
