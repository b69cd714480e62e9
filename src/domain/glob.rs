//! Globs over the paths of a repository: which files are handed to a task that reads.

use super::path::RepoPath;

/// How many patterns the braces of one glob may stand for; of more they are plain characters.
const MOST_ALTERNATIVES: usize = 1_000;

/// A glob, anchored at the root.
///
/// `*`, `?` and `[a-z]` (`[!a-z]`) match within a component, `**` as a whole component any number of components,
/// `{a,b}` either; a backslash takes the meaning from what follows it. A glob that ends with a slash, or whose last
/// component is plain, also matches everything below.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    patterns: Vec<Pattern>,
    plain: bool,
}

impl Glob {
    /// Takes a glob; every text is one.
    pub fn new(text: &str) -> Self {
        let all = expand(text).unwrap_or_else(|| vec![text.to_owned()]);
        let plain = !text.contains(['*', '?', '[', '\\']) && all.len() == 1;
        Self { text: text.to_owned(), patterns: all.iter().map(|text| Pattern::new(text)).collect(), plain }
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether it names one path and what is below.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Tells whether it matches a file.
    pub fn matches(&self, path: &RepoPath) -> bool {
        let components: Vec<Vec<char>> = path.as_bytes().split(|byte| *byte == b'/').map(chars).collect();
        self.patterns.iter().any(|pattern| pattern.matches(&components))
    }
}

/// Replaces the braces by what they stand for; nothing if that is too much.
fn expand(text: &str) -> Option<Vec<String>> {
    let (mut done, mut open) = (Vec::new(), vec![text.to_owned()]);
    while let Some(next) = open.pop() {
        match braces(&next) {
            None => done.push(next),
            Some((start, end, commas)) => {
                let edges: Vec<usize> =
                    std::iter::once(start).chain(commas).chain(std::iter::once(end)).collect();
                for edge in edges.windows(2) {
                    open.push(format!(
                        "{}{}{}",
                        &next[..start],
                        &next[edge[0] + 1..edge[1]],
                        &next[end + 1..]
                    ));
                }
            }
        }
        if done.len() + open.len() > MOST_ALTERNATIVES {
            return None;
        }
    }
    Some(done)
}

/// Finds the first brace expression with a comma of its own: where it begins, where it ends, its commas.
fn braces(text: &str) -> Option<(usize, usize, Vec<usize>)> {
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => open.push((i, Vec::new())),
            ',' => open.last_mut().into_iter().for_each(|(_, commas)| commas.push(i)),
            '}' => {
                if let Some((start, commas)) = open.pop().filter(|(_, commas)| !commas.is_empty()) {
                    return Some((start, i, commas));
                }
            }
            _ => {}
        }
    }
    None
}

/// Takes bytes apart into characters; a byte that belongs to none becomes one that no glob can name.
fn chars(bytes: &[u8]) -> Vec<char> {
    let mut out = Vec::new();
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars());
        out.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(0x10_ff00 + u32::from(*byte))));
    }
    out
}

#[derive(Debug, Clone)]
struct Pattern {
    components: Vec<Component>,
    below: bool,
}

#[derive(Debug, Clone)]
enum Component {
    /// Any number of components.
    Deep,
    One(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    AnyOne,
    Any,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::AnyOne | Self::Any => true,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
            }
        }
    }
}

impl Pattern {
    fn new(text: &str) -> Self {
        let mut text = text;
        while let Some(rest) = text.strip_prefix("./").or_else(|| text.strip_prefix('/')) {
            text = rest;
        }
        let trimmed = text.trim_end_matches('/');
        let components: Vec<Component> =
            trimmed.split('/').filter(|part| !part.is_empty() && *part != ".").map(component).collect();
        let plain = match components.last() {
            Some(Component::One(tokens)) => tokens.iter().all(|token| matches!(token, Token::Char(_))),
            Some(Component::Deep) => false,
            None => true,
        };
        Self { components, below: plain || trimmed.len() < text.len() }
    }

    fn matches(&self, path: &[Vec<char>]) -> bool {
        // Row by row: whether the components so far match the first `i` components of the path.
        let mut row = vec![false; path.len() + 1];
        row[0] = true;
        for (n, component) in self.components.iter().enumerate() {
            // At the end there has to be something below.
            let needs_one = n + 1 == self.components.len();
            let mut next = vec![false; path.len() + 1];
            for i in 0..=path.len() {
                next[i] = match component {
                    Component::Deep if needs_one => i > 0 && (row[i - 1] || next[i - 1]),
                    Component::Deep => row[i] || i > 0 && next[i - 1],
                    Component::One(tokens) => i > 0 && row[i - 1] && takes(tokens, &path[i - 1]),
                };
            }
            row = next;
        }
        row[path.len()] || self.below && row.contains(&true)
    }
}

fn component(text: &str) -> Component {
    if text == "**" {
        return Component::Deep;
    }
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut i) = (Vec::new(), 0);
    while let Some(c) = chars.get(i) {
        let (token, length) = match c {
            '*' => (Token::Any, 1),
            '?' => (Token::AnyOne, 1),
            '\\' => chars.get(i + 1).map_or((Token::Char('\\'), 1), |c| (Token::Char(*c), 2)),
            '[' => set(&chars[i + 1..]).map_or((Token::Char('['), 1), |(set, length)| (set, length + 1)),
            c => (Token::Char(*c), 1),
        };
        if token != Token::Any || tokens.last() != Some(&Token::Any) {
            tokens.push(token);
        }
        i += length;
    }
    Component::One(tokens)
}

/// Reads a bracket expression behind its bracket: the set, and how many characters it has, the closing one included.
fn set(rest: &[char]) -> Option<(Token, usize)> {
    let negated = matches!(rest.first(), Some('!' | '^'));
    let mut i = usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        match (rest.get(i)?, rest.get(i + 1), rest.get(i + 2)) {
            (']', ..) if !ranges.is_empty() => return Some((Token::Set { negated, ranges }, i + 1)),
            (from, Some('-'), Some(to)) if *to != ']' => {
                ranges.push((*from, *to));
                i += 3;
            }
            (c, ..) => {
                ranges.push((*c, *c));
                i += 1;
            }
        }
    }
}

/// Matches one component; of several `*` only the last has to be tried again.
fn takes(tokens: &[Token], text: &[char]) -> bool {
    let (mut t, mut i) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while i < text.len() {
        match tokens.get(t) {
            Some(Token::Any) => {
                back = Some((t, i));
                t += 1;
            }
            Some(token) if token.takes(text[i]) => (t, i) = (t + 1, i + 1),
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    (t, i) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    tokens[t..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, path: &str) -> bool {
        Glob::new(glob).matches(&RepoPath::from(path))
    }

    #[test]
    fn what_globs_match() {
        let yes = [
            ("src/**/*.py", "src/a.py"),
            ("src/**/*.py", "src/a/b/c.py"),
            ("**/*.py", "a.py"),
            ("**", "a/b"),
            ("src/**", "src/a/b"),
            ("src/*", "src/a"),
            ("src", "src/a/b"),
            ("src/", "src/a/b"),
            ("s*/", "src/a/b"),
            ("./src/a.py", "src/a.py"),
            ("/src/a.py", "src/a.py"),
            (".", "a/b"),
            ("a?c", "aäc"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]x", "]x"),
            ("[x", "[x"),
            ("\\*x", "*x"),
            ("*.{ts,tsx}", "a.tsx"),
            ("{a,b/{c,d}}/e", "b/d/e"),
            ("{a}", "{a}"),
            ("a*b*c", "aXbXbc"),
            ("src/**/test/**/*.rs", "src/test/a.rs"),
        ];
        for (glob, path) in yes {
            assert!(matches(glob, path), "{glob} {path}");
        }
        let no = [
            ("*.py", "src/a.py"),
            ("src/*", "src/a/b"),
            ("src/**", "src"),
            ("src/**/*.py", "src/a.pyc"),
            ("a?c", "a/c"),
            ("[!a-c]x", "ax"),
            ("\\*x", "yx"),
            ("src", "srcs/a"),
            ("*.{ts,tsx}", "a.js"),
            ("a*b*c", "aXbXb"),
            ("[/]", "/"),
        ];
        for (glob, path) in no {
            assert!(!matches(glob, path), "{glob} {path}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_matched_by_wildcards_only() {
        let path = RepoPath::new(b"a\xffb".to_vec());
        assert!(Glob::new("a?b").matches(&path) && Glob::new("*").matches(&path));
        assert!(!Glob::new("a\u{10ffff}b").matches(&RepoPath::from("axb")));
    }

    #[test]
    fn hostile_globs_end_soon() {
        let long = "a".repeat(2_000);
        assert!(!matches(&format!("{}b", "*a".repeat(500)), &long));
        assert!(!matches(&format!("{}b", "**/".repeat(200)), &"a/".repeat(500)));
        assert!(Glob::new(&"{a,b}".repeat(40)).patterns.len() == 1);
    }

    #[test]
    fn plain_ones_name_one_path() {
        for (glob, plain) in
            [("src/a.py", true), ("src/", true), ("a*", false), ("{a,b}", false), ("{a}", true)]
        {
            assert_eq!(Glob::new(glob).is_plain(), plain, "{glob}");
        }
    }
}
