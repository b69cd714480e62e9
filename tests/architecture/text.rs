//! Rust source as text: comments and literals blanked, test code stripped, lines kept where they are.

/// Blanks comments and the insides of literals with spaces, so that what is left is code at its own line and column.
pub fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => find(&chars, at, '\n'),
            '/' if chars.get(at + 1) == Some(&'*') => block_comment(&chars, at),
            '"' => string(&chars, at),
            '\'' => character(&chars, at),
            'r' if !follows_word(&chars, at) => raw_string(&chars, at, 1),
            'b' | 'c' if !follows_word(&chars, at) && chars.get(at + 1) == Some(&'r') => {
                raw_string(&chars, at, 2)
            }
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

fn follows_word(chars: &[char], at: usize) -> bool {
    at > 0 && is_word(chars[at - 1])
}

/// Tells whether a character can stand in an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn find(chars: &[char], from: usize, wanted: char) -> usize {
    chars[from..].iter().position(|c| *c == wanted).map_or(chars.len(), |n| from + n)
}

fn block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_u32);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

fn string(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// Gives the end of a raw string whose prefix has `prefix` letters, or `start` where none begins.
fn raw_string(chars: &[char], start: usize, prefix: usize) -> usize {
    let hashes = chars[start + prefix..].iter().take_while(|c| **c == '#').count();
    let open = start + prefix + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    let closes = |at: usize| chars[at] == '"' && chars[at + 1..].iter().take(hashes).all(|c| *c == '#');
    (open + 1..chars.len())
        .find(|at| closes(*at))
        .map_or(chars.len(), |at| (at + 1 + hashes).min(chars.len()))
}

/// Gives the end of a character literal, or `start` for a lifetime.
fn character(chars: &[char], start: usize) -> usize {
    match (chars.get(start + 1), chars.get(start + 2)) {
        (Some('\\'), Some(_)) => (find(chars, start + 3, '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => start + 3,
        _ => start,
    }
}

/// Gives the index just past the bracket that closes the one at `open`.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// Production code, and the names of the modules in files of their own that are compiled for tests alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Production {
    /// Code with every item under a test configuration blanked.
    pub code: String,
    /// `mod NAME;` under a test configuration.
    pub test_modules: Vec<String>,
    /// Lines that belong to production: all but those of test items.
    pub lines: usize,
}

/// Strips what is compiled for tests alone from blanked code.
pub fn production(code: &str) -> Production {
    let mut out = code.to_owned();
    let (mut test_modules, mut stripped) = (Vec::new(), 0);
    let mut at = 0;
    while let Some(found) = out[at..].find("#[cfg(") {
        let start = at + found;
        let end = closing(&out, start + 1);
        if !is_test_only(&out[start + "#[cfg(".len()..end - 2]) {
            at = end;
            continue;
        }
        let (item, stop) = item(&out, end);
        if let Some(name) = item.strip_suffix(';').and_then(module_name) {
            test_modules.push(name);
        }
        stripped += out[start..stop].matches('\n').count() + 1;
        let blank: String = out[start..stop]
            .chars()
            .flat_map(|c| std::iter::repeat_n(if c == '\n' { c } else { ' ' }, c.len_utf8()))
            .collect();
        out.replace_range(start..stop, &blank);
        at = stop;
    }
    let lines = code.lines().count().saturating_sub(stripped);
    Production { code: out, test_modules, lines }
}

fn is_test_only(predicate: &str) -> bool {
    let predicate = predicate.trim();
    predicate == "test"
        || predicate
            .strip_prefix("all(")
            .is_some_and(|all| all.trim_end_matches(')').split(',').any(|part| part.trim() == "test"))
}

/// Gives the item that an attribute stands on, and the index past it.
fn item(code: &str, after: usize) -> (&str, usize) {
    let mut start = after;
    loop {
        start += code[start..].len() - code[start..].trim_start().len();
        if !code[start..].starts_with("#[") {
            break;
        }
        start = closing(code, start + 1);
    }
    let words =
        ["pub", "use", "fn", "mod", "impl", "struct", "enum", "trait", "const", "static", "type", "let"];
    let mut leading = code[start..].split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
    let first = leading.next().unwrap_or_default();
    let is_item = words.contains(&first);
    let is_use = first == "use" || first == "pub" && leading.take(2).any(|word| word == "use");
    let mut at = start;
    while let Some(c) = code[at..].chars().next() {
        match c {
            ';' => return (&code[start..at + 1], at + 1),
            ',' if !is_item => return (&code[start..at + 1], at + 1),
            '}' => return (&code[start..at], at),
            '{' if !is_use => return (&code[start..at], closing(code, at)),
            '(' | '[' | '{' => at = closing(code, at),
            _ => at += c.len_utf8(),
        }
    }
    (&code[start..], code.len())
}

fn module_name(item: &str) -> Option<String> {
    let mut words = item.split_whitespace().skip_while(|word| word.starts_with("pub"));
    (words.next() == Some("mod")).then(|| words.next().map(str::to_owned)).flatten()
}

/// Gives the 1-based line of an index.
pub fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// Gives the indices at which a word stands, not as a part of a longer one.
pub fn word_positions<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back().is_some_and(is_word);
        let after = code[at + word.len()..].chars().next().is_some_and(is_word);
        !(before && word.starts_with(is_word) || after && word.ends_with(is_word))
    })
}

/// A function of production code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The 1-based line of its `fn`.
    pub line: usize,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
}

/// Gives the functions that have a body.
pub fn functions(code: &str) -> Vec<Function> {
    let mut out = Vec::new();
    for at in word_positions(code, "fn") {
        let rest = code[at + 2..].trim_start();
        let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
        if name.is_empty() {
            continue;
        }
        let mut open = at;
        let body = loop {
            match code[open..].chars().next() {
                Some('{') => break Some(open),
                Some(';') | None => break None,
                Some('(' | '[') => open = closing(code, open),
                Some(c) => open += c.len_utf8(),
            }
        };
        if let Some(open) = body {
            let lines = code[at..closing(code, open)].matches('\n').count() + 1;
            out.push(Function { name, line: line_of(code, at), lines });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_in_place() {
        let source = "let a = \"git2::\"; // git2::\n/* a /* b */ git2:: */ let c = '\"'; let d: &'a str = r#\"\"x\"#;\nlet e = b'\\'';";
        let code = code(source);
        assert!(!code.contains("git2"), "{code}");
        assert!(code.contains("let d: &'a str ="), "{code}");
        assert!(code.ends_with(';'), "{code}");
        assert_eq!(code.chars().count(), source.chars().count());
        assert_eq!(code.matches('\n').count(), 2);
    }

    #[test]
    fn an_identifier_that_ends_in_r_begins_no_raw_string() {
        assert_eq!(code("for\"x\"r"), "for   r");
        assert_eq!(code("br##\"a\"#b\"##;c\"d\""), "            ;c   ");
    }

    #[test]
    fn test_items_are_stripped_and_production_stays() {
        let source = "use a::B;\n#[cfg(test)]\n#[path(x)]\nmod tests {\n  use c::{D};\n}\nfn f() {}\n#[cfg(all(test, unix))]\nmod far;\n\
                      #[cfg(test)]\nuse e::{F, G};\n#[cfg(not(test))]\nfn g() {}\n#[cfg(any(test, x))]\nfn h() {}\n";
        let found = production(source);
        for gone in ["tests", "c::", "far", "e::"] {
            assert!(!found.code.contains(gone), "{gone}: {}", found.code);
        }
        for stays in ["a::B", "fn f", "fn g", "fn h"] {
            assert!(found.code.contains(stays), "{stays}: {}", found.code);
        }
        assert_eq!(found.test_modules, ["far"]);
        assert_eq!(found.code.lines().count(), source.lines().count());
        assert_eq!(found.lines, 6);
    }

    #[test]
    fn a_field_under_a_test_configuration_ends_at_its_comma() {
        let found = production("struct S { #[cfg(test)] seen: Vec<u8>, kept: u8 }");
        assert!(found.code.contains("kept: u8 }"), "{}", found.code);
        assert!(!found.code.contains("seen"), "{}", found.code);
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let found = functions(
            "trait T { fn no(&self); }\nfn one(a: [u8; 2]) {}\nasync fn three<F: Fn(u8)>(f: F)\nwhere\n  F: X,\n{\n  fnord()\n}\n",
        );
        let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(seen, [("one", 2, 1), ("three", 3, 6)]);
    }

    #[test]
    fn words_are_whole() {
        let code = "unsafe_code unsafe { }";
        assert_eq!(word_positions(code, "unsafe").collect::<Vec<_>>(), [12]);
    }
}
