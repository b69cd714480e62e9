//! From text to a tree of tables whose keys and values know where they stand.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::{At, tick};

/// The key that a plan may have both as a word (`agent = "claude"`, the default) and as a table (`[agent.mine]`).
const AGENT: &str = "agent";

/// The parser's message about a key that is there twice.
const DUPLICATE: &str = "duplicate key";
/// What is added where it is a second `[task]`.
const TASK_HINT: &str = "; each task begins with its own `[[task]]`";

/// A file as far as it could be read.
#[derive(Debug)]
pub(super) struct Document<'t> {
    /// The tables; what no sense could be made of is not in here.
    pub(super) root: DeTable<'t>,
    /// The word that the file gives to `agent`, where it has tables of this name too.
    pub(super) agent_word: Option<Spanned<DeValue<'t>>>,
    /// The syntax errors, in no particular order.
    pub(super) errors: Vec<At<String>>,
}

/// Reads a TOML document. `scratch` is a buffer that has to live as long as the result.
///
/// TOML has no document in which `agent` is a word and a table. A plan needs both, so where the word comes first it is
/// read under another name of the same length, which leaves every position as it is.
pub(super) fn parse<'t>(text: &'t str, scratch: &'t mut String) -> Document<'t> {
    let document = read(text);
    let word = document.root.get_key_value(AGENT).filter(|(_, value)| !value.get_ref().is_table());
    let span = word.map(|(key, _)| key.span());
    let (Some(span), false) = (span, document.errors.is_empty()) else { return document };
    let Some(alias) = unused_key(text, span.len()) else { return document };
    scratch.push_str(&text[..span.start]);
    scratch.push_str(&alias);
    scratch.push_str(&text[span.end..]);
    let mut renamed = read(scratch);
    if renamed.errors.len() >= document.errors.len() || !is_table(&renamed.root) {
        return document;
    }
    renamed.agent_word = renamed.root.remove(alias.as_str());
    renamed
}

fn is_table(root: &DeTable<'_>) -> bool {
    root.get(AGENT).is_some_and(|value| value.get_ref().is_table())
}

fn read(text: &str) -> Document<'_> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut errors: Vec<At<String>> = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            At { value: worded(error.message(), text, &span), at: span.start }
        })
        .collect();
    // What follows a second `[task]` is read into the first one, key by key a duplicate.
    if errors.iter().any(|error| error.value.ends_with(TASK_HINT)) {
        errors.retain(|error| error.value.ends_with(TASK_HINT) || !error.value.starts_with(DUPLICATE));
    }
    Document { errors, root: root.into_inner(), agent_word: None }
}

/// Adds to the parser's message what only the text shows.
fn worded(message: &str, text: &str, span: &Range<usize>) -> String {
    let found = text.get(span.clone()).unwrap_or_default().trim();
    let before = text.get(..span.start).unwrap_or_default();
    if message == DUPLICATE && found == "task" && before.ends_with('[') {
        format!("{DUPLICATE} {}{TASK_HINT}", tick(found))
    } else if message == DUPLICATE {
        format!("{DUPLICATE} {}", tick(found))
    } else if message.starts_with("string values must be quoted") {
        match found {
            "" => "the value is missing".to_owned(),
            _ => format!("{} is no value; a string needs quotes", tick(found)),
        }
    } else {
        message.strip_suffix(", expected nothing").unwrap_or(message).to_owned()
    }
}

/// Gives a bare key of this length that the text has nowhere.
fn unused_key(text: &str, length: usize) -> Option<String> {
    ('a'..='z').map(|c| format!("{c}{}", "-".repeat(length - 1))).find(|key| !text.contains(key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_and_tables_of_agent_live_together() {
        let text = "x = 1\nagent = \"mine\" # a--\n[agent.mine]\ncommand = \"true\"\n[agent.other]\n";
        let mut scratch = String::new();
        let document = parse(text, &mut scratch);
        assert_eq!(document.errors, []);
        let word = document.agent_word.as_ref().unwrap();
        assert_eq!((word.get_ref().as_str(), word.span()), (Some("mine"), 14..20));
        assert_eq!(document.root[AGENT].get_ref().as_table().unwrap().len(), 2);
        assert_eq!(document.root.len(), 2);
    }

    #[test]
    fn each_alone_is_left_as_it_is() {
        for text in ["agent = \"a\"\nx = 1", "[agent.a]\n", "agent = \"a\"\nx = \n"] {
            let mut scratch = String::new();
            let document = parse(text, &mut scratch);
            assert!(document.agent_word.is_none() && document.root.contains_key(AGENT), "{text}");
        }
    }

    #[test]
    fn a_second_word_stays_an_error() {
        let mut scratch = String::new();
        let document = parse("agent = \"a\"\nagent = \"b\"\n", &mut scratch);
        let messages: Vec<_> = document.errors.iter().map(|error| error.value.as_str()).collect();
        assert_eq!(messages, ["duplicate key `agent`"]);
    }

    #[test]
    fn deep_nesting_ends_nobody() {
        let dotted = format!("{} = 1\n", vec!["a"; 100_000].join("."));
        let brackets = format!("a = {}", "[".repeat(100_000));
        let header = format!("[{}]\n", vec!["a"; 100_000].join("."));
        let tables = "a = ".to_owned() + &"{a = ".repeat(50_000);
        for text in [dotted, brackets, header, tables] {
            let mut scratch = String::new();
            drop(parse(&text, &mut scratch));
        }
    }
}
