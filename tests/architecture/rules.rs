//! The rules, and what breaks them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use crate::source::{Edge, Source, Sources};
use crate::text::{line_of, word_positions};

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The file.
    pub path: String,
    /// The 1-based line.
    pub line: usize,
    /// What stands there and which rule that breaks.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A layer and the layers that it may name besides itself.
pub type Picture<'a> = &'a [(&'a str, &'a [&'a str])];

/// Gives the layer of a file: the first part of its module; `lib` and `main` for the two roots.
pub fn layer(source: &Source) -> &str {
    source.module.first().map_or("lib", String::as_str)
}

/// Finds imports that are not in the picture, and layers that it does not know.
pub fn layering(sources: &Sources, picture: Picture<'_>) -> Vec<Violation> {
    let mut out = Vec::new();
    for file in &sources.files {
        let own = layer(file);
        let Some((_, allowed)) = picture.iter().find(|(name, _)| *name == own) else {
            out.push(broken(file, 1, format!("the layer `{own}` is not in the picture")));
            continue;
        };
        for mention in &file.mentions {
            let crate_name = mention.path.first().map(String::as_str);
            let Some(other) = mention.path.get(1).filter(|_| matches!(crate_name, Some("crate" | "windrow")))
            else {
                continue;
            };
            let is_layer = picture.iter().any(|(name, _)| name == other);
            if is_layer && other != own && !allowed.contains(&other.as_str()) {
                let what = format!("`{}`: `{own}` may not name `{other}`", mention.path.join("::"));
                out.push(broken(file, mention.line, what));
            }
        }
    }
    out
}

/// Something that has a home.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// The paths, by their beginning (`std::fs`), and words of the code (`println!`), that live there.
    pub things: &'a [&'a str],
    /// Beginnings of file paths: the home.
    pub home: &'a [&'a str],
    /// Single files elsewhere, each with its reason.
    pub exceptions: &'a [(&'a str, &'a str)],
}

impl Home<'_> {
    fn holds(&self, path: &str) -> bool {
        self.home.iter().any(|home| path.starts_with(home))
            || self.exceptions.iter().any(|(exception, _)| path == *exception)
    }
}

/// Finds what stands outside its home, and exceptions that nothing needs any more.
pub fn homes(sources: &Sources, homes: &[Home<'_>]) -> Vec<Violation> {
    let mut out = Vec::new();
    for home in homes {
        let mut needed = BTreeSet::new();
        for file in &sources.files {
            for (line, thing) in found(file, home.things) {
                needed.insert(file.path.as_str());
                if !home.holds(&file.path) {
                    out.push(broken(
                        file,
                        line,
                        format!("`{thing}` lives in {} alone", home.home.join(", ")),
                    ));
                }
            }
        }
        for (exception, _) in home.exceptions.iter().filter(|(path, _)| !needed.contains(path)) {
            let what = format!("an exception for `{}` that nothing needs", home.things.join("`, `"));
            out.push(Violation { path: (*exception).to_owned(), line: 1, what });
        }
    }
    out
}

fn found<'a>(file: &Source, things: &[&'a str]) -> BTreeSet<(usize, &'a str)> {
    let mut out = BTreeSet::new();
    for thing in things {
        let segments: Vec<&str> = thing.split("::").collect();
        let is_path = thing.chars().all(|c| c.is_alphanumeric() || "_:".contains(c)) && thing.contains("::");
        if is_path || !thing.contains(|c: char| !c.is_alphanumeric() && c != '_') {
            let mentions = file.mentions.iter().filter(|mention| {
                mention.path.len() >= segments.len()
                    && segments.iter().zip(&mention.path).all(|(a, b)| a == b)
            });
            out.extend(mentions.map(|mention| (mention.line, *thing)));
        }
        if !is_path {
            out.extend(word_positions(&file.code, thing).map(|at| (line_of(&file.code, at), *thing)));
        }
    }
    out
}

/// Finds modules whose names say nothing.
pub fn names(sources: &Sources, banned: &[&str]) -> Vec<Violation> {
    let vague = |file: &&Source| file.module.iter().any(|part| banned.contains(&part.as_str()));
    let what =
        |file: &Source| broken(file, 1, format!("`{}` does not say what is in it", file.module.join("::")));
    sources.files.iter().filter(vague).map(what).collect()
}

/// Finds files and functions that are too long.
pub fn sizes(sources: &Sources, file_cap: usize, function_cap: usize) -> Vec<Violation> {
    let mut out = Vec::new();
    for file in &sources.files {
        if file.lines > file_cap {
            out.push(broken(file, 1, format!("{} production lines; the cap is {file_cap}", file.lines)));
        }
        for function in file.functions.iter().filter(|function| function.lines > function_cap) {
            let what = format!("`{}` has {} lines; the cap is {function_cap}", function.name, function.lines);
            out.push(broken(file, function.line, what));
        }
    }
    out
}

/// Gives a value such that `percent` of all are no larger.
pub fn percentile(values: impl IntoIterator<Item = usize>, percent: usize) -> usize {
    let mut values: Vec<usize> = values.into_iter().collect();
    values.sort_unstable();
    values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}

/// Finds files that name each other in a ring: the shortest ring of each knot, written as a path. What a file names of
/// the modules that it is inside of is no step: those are one thing with it.
pub fn cycles(sources: &Sources) -> Vec<Violation> {
    let edges = sources.edges();
    let mut next: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| !is_inside(&sources.files[edge.from], &sources.files[edge.to])) {
        next.entry(edge.from).or_default().push(edge);
    }
    let rings = (0..sources.files.len()).filter_map(|start| ring(start, &next));
    let mut rings: Vec<Vec<&Edge>> = rings.collect();
    rings.sort_by_key(Vec::len);
    let (mut told, mut out) = (BTreeSet::new(), Vec::new());
    for ring in rings {
        if ring.iter().any(|edge| told.contains(&edge.from)) {
            continue;
        }
        told.extend(ring.iter().map(|edge| edge.from));
        let step =
            |edge: &&Edge| format!("{}:{} names {}", sources.files[edge.from].path, edge.line, edge.path);
        let steps: Vec<String> = ring.iter().map(step).collect();
        out.push(broken(
            &sources.files[ring[0].from],
            ring[0].line,
            format!("a ring of imports: {}", steps.join(", ")),
        ));
    }
    out
}

fn is_inside(file: &Source, outer: &Source) -> bool {
    file.module.len() > outer.module.len() && file.module.starts_with(&outer.module)
}

/// Gives the shortest way from a file back to itself.
fn ring<'a>(start: usize, next: &BTreeMap<usize, Vec<&'a Edge>>) -> Option<Vec<&'a Edge>> {
    let mut came: BTreeMap<usize, &Edge> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for edge in next.get(&at).into_iter().flatten() {
            if came.contains_key(&edge.to) {
                continue;
            }
            came.insert(edge.to, edge);
            if edge.to == start {
                let mut ring = vec![*edge];
                while ring[0].from != start {
                    ring.insert(0, came[&ring[0].from]);
                }
                return Some(ring);
            }
            queue.push_back(edge.to);
        }
    }
    None
}

fn broken(file: &Source, line: usize, what: String) -> Violation {
    Violation { path: file.path.clone(), line, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(violations: &[Violation]) -> Vec<String> {
        violations.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_planted_import_against_the_picture_is_found() {
        let sources = Sources::parse([
            (
                "src/domain/a.rs",
                "\nuse crate::{domain::b::B, git::Repo};\n#[cfg(test)]\nmod tests { use crate::store::S; }",
            ),
            ("src/ui/c.rs", "use crate::domain::a::A;\nfn f() { crate::store::g() }"),
            ("src/cellar/d.rs", ""),
        ]);
        let picture: Picture<'_> =
            &[("domain", &[]), ("git", &["domain"]), ("ui", &["domain"]), ("store", &["domain"])];
        assert_eq!(
            told(&layering(&sources, picture)),
            [
                "src/cellar/d.rs:1: the layer `cellar` is not in the picture",
                "src/domain/a.rs:2: `crate::git::Repo`: `domain` may not name `git`",
                "src/ui/c.rs:2: `crate::store::g`: `ui` may not name `store`",
            ]
        );
    }

    #[test]
    fn planted_things_outside_their_home_are_found() {
        let sources = Sources::parse([
            ("src/cli/a.rs", "use std::env;\nfn f() { env::var(x); }"),
            (
                "src/plan/b.rs",
                "use std::{fmt, env as e};\nfn f() { e::var(x);\nprintln!();\np.exists(); unsafe {} }",
            ),
            ("src/ui/c.rs", "fn f() { println!() } // std::env"),
        ]);
        let list = [
            Home { things: &["std::env"], home: &["src/cli/"], exceptions: &[] },
            Home { things: &["println!"], home: &["src/ui/"], exceptions: &[] },
            Home { things: &[".exists("], home: &["src/git/"], exceptions: &[("src/plan/b.rs", "why")] },
            Home { things: &["unsafe"], home: &[], exceptions: &[("src/ui/c.rs", "why")] },
        ];
        assert_eq!(
            told(&homes(&sources, &list)),
            [
                "src/plan/b.rs:1: `std::env` lives in src/cli/ alone",
                "src/plan/b.rs:2: `std::env` lives in src/cli/ alone",
                "src/plan/b.rs:3: `println!` lives in src/ui/ alone",
                "src/plan/b.rs:4: `unsafe` lives in  alone",
                "src/ui/c.rs:1: an exception for `unsafe` that nothing needs",
            ]
        );
    }

    #[test]
    fn a_planted_ring_is_written_as_a_path() {
        let sources = Sources::parse([
            ("src/a.rs", "use crate::b::B;"),
            ("src/b.rs", "\nuse crate::c;"),
            ("src/c.rs", "fn f() { crate::a::g() }"),
            ("src/d.rs", "use crate::a;"),
            ("src/e/mod.rs", "mod f;\nfn g() { f::h() }"),
            ("src/e/f.rs", "use super::E;"),
        ]);
        assert_eq!(
            told(&cycles(&sources)),
            [
                "src/a.rs:1: a ring of imports: src/a.rs:1 names crate::b::B, src/b.rs:2 names crate::c, src/c.rs:1 names crate::a::g"
            ]
        );
    }

    #[test]
    fn planted_lengths_and_names_are_found() {
        let long = format!("fn f() {{\n{}}}\n", "g();\n".repeat(4));
        let tests = format!("{long}#[cfg(test)]\nmod tests {{\n{long}}}\n");
        let sources = Sources::parse([("src/git/util.rs", long), ("src/git/fine.rs", tests)]);
        assert_eq!(
            told(&sizes(&sources, 6, 5)),
            [
                "src/git/fine.rs:1: `f` has 6 lines; the cap is 5",
                "src/git/util.rs:1: `f` has 6 lines; the cap is 5"
            ]
        );
        assert_eq!(told(&sizes(&sources, 5, 6)).len(), 2);
        assert_eq!(
            told(&names(&sources, &["util"])),
            ["src/git/util.rs:1: `git::util` does not say what is in it"]
        );
    }

    #[test]
    fn percentiles_are_of_the_values() {
        assert_eq!(percentile([4, 1, 3, 2], 50), 2);
        assert_eq!(percentile(1..=100, 95), 95);
        assert_eq!(percentile([], 50), 0);
    }
}
