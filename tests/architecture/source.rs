//! The crate's sources: modules, and what each names of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::text::{self, Function, is_word, line_of, word_positions};

/// One production file.
#[derive(Debug)]
pub struct Source {
    /// Path from the crate's root, with slashes.
    pub path: String,
    /// Path of its module in the crate: `["git", "write"]`.
    pub module: Vec<String>,
    /// Production code, everything else blanked.
    pub code: String,
    /// Production lines.
    pub lines: usize,
    /// Functions with a body.
    pub functions: Vec<Function>,
    /// Every path that the code names.
    pub mentions: Vec<Mention>,
    /// Names that `use` brings in, with what they stand for.
    imported: BTreeMap<String, Vec<String>>,
}

/// A path that the code names, in full: `["crate", "git", "Repo"]`, `["std", "fs", "read"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The 1-based line.
    pub line: usize,
    /// The segments.
    pub path: Vec<String>,
    /// It only hands the name on (`pub use`).
    pub reexport: bool,
}

/// One file's dependence on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Index of the file that names.
    pub from: usize,
    /// Index of the file that is named.
    pub to: usize,
    /// The 1-based line in `from`.
    pub line: usize,
    /// The path as it is named.
    pub path: String,
}

/// All of them.
#[derive(Debug)]
pub struct Sources {
    /// The production files, by path.
    pub files: Vec<Source>,
    by_module: BTreeMap<Vec<String>, usize>,
}

impl Sources {
    /// Reads `src` below a directory.
    pub fn read(root: &Path) -> Self {
        let (mut open, mut texts) = (vec![root.join("src")], Vec::new());
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(&dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                    texts.push((name, std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
        Self::parse(texts)
    }

    /// Reads them from memory: pairs of path and text.
    pub fn parse<P: Into<String>, T: AsRef<str>>(texts: impl IntoIterator<Item = (P, T)>) -> Self {
        let mut raw: Vec<(String, Vec<String>, text::Production)> = Vec::new();
        for (path, source) in texts {
            let (path, code) = (path.into(), text::code(source.as_ref()));
            if !code.trim_start().starts_with("#![cfg(test)]") {
                raw.push((path.clone(), module_of(&path), text::production(&code)));
            }
        }
        raw.sort_by(|a, b| a.0.cmp(&b.0));
        let tests: Vec<Vec<String>> = raw
            .iter()
            .flat_map(|(_, module, found)| {
                found.test_modules.iter().map(|name| [&module[..], std::slice::from_ref(name)].concat())
            })
            .collect();
        raw.retain(|(_, module, _)| !tests.iter().any(|test| module.starts_with(test)));
        let modules: BTreeSet<Vec<String>> = raw.iter().map(|(_, module, _)| module.clone()).collect();
        let files: Vec<Source> = raw
            .into_iter()
            .map(|(path, module, found)| {
                let functions = text::functions(&found.code);
                let (mentions, imported) = mentions(&found.code, &module, &modules);
                Source { path, module, lines: found.lines, functions, mentions, imported, code: found.code }
            })
            .collect();
        let by_module = files.iter().enumerate().map(|(n, file)| (file.module.clone(), n)).collect();
        Self { files, by_module }
    }

    /// Gives every dependence of one file on another. A name that a module only hands on counts for the file that
    /// defines it, and handing on counts for nothing.
    pub fn edges(&self) -> Vec<Edge> {
        let mut out: Vec<Edge> = Vec::new();
        for (from, file) in self.files.iter().enumerate() {
            for mention in file.mentions.iter().filter(|mention| !mention.reexport) {
                if let Some(to) = self.home(&mention.path).filter(|to| *to != from) {
                    out.push(Edge { from, to, line: mention.line, path: mention.path.join("::") });
                }
            }
        }
        out
    }

    /// Gives the file that defines what a path names.
    fn home(&self, path: &[String]) -> Option<usize> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            if path.first().is_none_or(|first| first != "crate") {
                return None;
            }
            let inner = &path[1..];
            let depth = (0..=inner.len()).rev().find(|n| self.by_module.contains_key(&inner[..*n]))?;
            let file = self.by_module[&inner[..depth]];
            match inner.get(depth).and_then(|name| self.files[file].imported.get(name)) {
                Some(target) => path = [&target[..], &inner[depth + 1..]].concat(),
                None => return Some(file),
            }
        }
        None
    }
}

fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || inner == "lib" {
        module.pop();
    }
    module
}

fn mentions(
    code: &str,
    module: &[String],
    modules: &BTreeSet<Vec<String>>,
) -> (Vec<Mention>, BTreeMap<String, Vec<String>>) {
    let (mut out, mut imported) = (Vec::new(), BTreeMap::new());
    let mut rest = code.to_owned();
    let positions: Vec<usize> = word_positions(code, "use").collect();
    for at in positions {
        let Some(end) = code[at..].find(';').map(|n| at + n) else { continue };
        let reexport = code[..at]
            .trim_end()
            .rsplit([';', '}', '\n'])
            .next()
            .is_some_and(|s| s.trim_start().starts_with("pub"));
        for (offset, path, alias) in leaves(&code[at + 3..end]) {
            let path = absolute(&path, module, modules, &BTreeMap::new());
            if let Some(alias) =
                alias.or_else(|| path.last().cloned()).filter(|name| name != "*" && name != "_")
            {
                imported.insert(alias, path.clone());
            }
            out.push(Mention { line: line_of(code, at + 3 + offset), path, reexport });
        }
        let blank: String = code[at..end]
            .chars()
            .flat_map(|c| std::iter::repeat_n(if c == '\n' { c } else { ' ' }, c.len_utf8()))
            .collect();
        rest.replace_range(at..end, &blank);
    }
    for (at, path) in inline_paths(&rest) {
        out.push(Mention {
            line: line_of(&rest, at),
            path: absolute(&path, module, modules, &imported),
            reexport: false,
        });
    }
    (out, imported)
}

/// Gives the leaves of a `use` tree: where each begins, its path, and the name it is given by `as`.
fn leaves(tree: &str) -> Vec<(usize, Vec<String>, Option<String>)> {
    let mut out = Vec::new();
    collect(tree, 0, &[], &mut out);
    out
}

fn collect(
    tree: &str,
    offset: usize,
    prefix: &[String],
    out: &mut Vec<(usize, Vec<String>, Option<String>)>,
) {
    let mut start = 0;
    for end in top_level_commas(tree) {
        let part = &tree[start..end];
        let at = offset + start + (part.len() - part.trim_start().len());
        start = end + 1;
        if part.trim().is_empty() {
            continue;
        }
        if let Some(open) = part.find('{') {
            let close = part.rfind('}').unwrap_or(part.len());
            let deeper = [prefix, &segments(&part[..open])].concat();
            collect(&part[open + 1..close], end - part.len() + open + 1 + offset, &deeper, out);
        } else {
            let (path, alias) = part
                .split_once(" as ")
                .map_or((part, None), |(path, alias)| (path, Some(alias.trim().to_owned())));
            let mut path = [prefix, &segments(path)].concat();
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            out.push((at, path, alias));
        }
    }
}

fn top_level_commas(tree: &str) -> Vec<usize> {
    let (mut depth, mut out) = (0_i32, Vec::new());
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => out.push(at),
            _ => {}
        }
    }
    out.push(tree.len());
    out
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

/// Gives every `a::b…` outside of `use`.
fn inline_paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut out = Vec::new();
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let Some(found) = code[at..].find("::") else { break };
        let joint = at + found;
        let begin = code[..joint]
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_word(*c))
            .last()
            .map_or(joint, |(n, _)| n);
        let mut path = vec![code[begin..joint].to_owned()];
        let mut end = joint;
        while let Some(rest) = code[end..].strip_prefix("::") {
            let word: String = rest.chars().take_while(|c| is_word(*c)).collect();
            end += 2 + word.len();
            if word.is_empty() {
                break;
            }
            path.push(word);
        }
        if path.len() > 1 && !path[0].is_empty() {
            out.push((begin, path));
        }
        at = end.max(joint + 2);
    }
    out
}

/// Writes a path in full. Inside a module `x` that stands within a file, `super` is read as that file's parent: there
/// are no such modules in production code.
fn absolute(
    path: &[String],
    module: &[String],
    modules: &BTreeSet<Vec<String>>,
    imported: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let within = |module: &[String]| [&["crate".to_owned()], module].concat();
    let Some(first) = path.first() else { return Vec::new() };
    if let Some(target) = imported.get(first) {
        return [&target[..], &path[1..]].concat();
    }
    if first == "crate" {
        return path.to_vec();
    }
    if first == "self" {
        return [&within(module)[..], &path[1..]].concat();
    }
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    if ups > 0 {
        return [&within(&module[..module.len().saturating_sub(ups)])[..], &path[ups..]].concat();
    }
    let child = [module, &path[..1]].concat();
    if modules.contains(&child) { [&within(module)[..], path].concat() } else { path.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &Source) -> Vec<String> {
        source
            .mentions
            .iter()
            .map(|mention| format!("{}:{}", mention.line, mention.path.join("::")))
            .collect()
    }

    #[test]
    fn use_trees_are_flattened_with_their_lines() {
        let sources = Sources::parse([
            ("src/git/mod.rs", "mod x;"),
            (
                "src/git/x.rs",
                "use std::{\n  env,\n  fs::{self, File as F},\n};\nuse super::Repo;\nfn f() { fs::read(p); F::open(q); crate::ui::show::<u8>(); }",
            ),
        ]);
        assert_eq!(
            named(&sources.files[1]),
            [
                "2:std::env",
                "3:std::fs",
                "3:std::fs::File",
                "5:crate::git::Repo",
                "6:std::fs::read",
                "6:std::fs::File::open",
                "6:crate::ui::show"
            ]
        );
    }

    #[test]
    fn a_name_that_is_handed_on_counts_for_the_file_that_defines_it() {
        let sources = Sources::parse([
            ("src/lib.rs", "pub mod a; pub mod b;"),
            ("src/a/mod.rs", "mod inner;\npub use inner::Thing;"),
            ("src/a/inner.rs", "pub struct Thing;"),
            ("src/b.rs", "use crate::a;\nfn f(_: a::Thing) {}"),
        ]);
        let edges: Vec<String> = sources
            .edges()
            .iter()
            .map(|e| format!("{}:{} {}", sources.files[e.from].path, e.line, sources.files[e.to].path))
            .collect();
        assert_eq!(edges, ["src/b.rs:1 src/a/mod.rs", "src/b.rs:2 src/a/inner.rs"]);
    }

    #[test]
    fn files_for_tests_alone_are_no_sources_and_neither_are_those_below_them() {
        let sources = Sources::parse([
            ("src/a.rs", "#[cfg(test)]\nmod tests;\nmod real;"),
            ("src/a/real.rs", ""),
            ("src/a/tests.rs", ""),
            ("src/a/tests/deep.rs", ""),
            ("src/b.rs", "#![cfg(test)]\n"),
        ]);
        let paths: Vec<&str> = sources.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["src/a.rs", "src/a/real.rs"]);
    }
}
