//! From text to a tree of tables whose keys and values know where they stand.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::At;

/// The key that a plan may have both as a word (`agent = "claude"`, the default) and as a table (`[agent.mine]`).
const AGENT: &str = "agent";

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

impl Drop for Document<'_> {
    /// A key of a hundred thousand dotted parts is as many tables in each other: they are taken apart one by one, since
    /// dropping them at once would need as much stack.
    fn drop(&mut self) {
        let mut rest: Vec<DeValue<'_>> = vec![DeValue::Table(std::mem::take(&mut self.root))];
        while let Some(value) = rest.pop() {
            match value {
                DeValue::Table(table) => rest.extend(table.into_iter().map(|(_, value)| value.into_inner())),
                DeValue::Array(array) => rest.extend(array.into_iter().map(Spanned::into_inner)),
                _ => {}
            }
        }
    }
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
    if renamed.errors.len() >= document.errors.len() {
        return document;
    }
    renamed.agent_word = renamed.root.remove(alias.as_str());
    renamed
}

fn read(text: &str) -> Document<'_> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let errors = errors.iter().map(|error| {
        let span = error.span().unwrap_or(0..0);
        let key = text.get(span.clone()).filter(|_| error.message() == "duplicate key");
        let message = match key {
            Some(key) => format!("duplicate key {}", super::report::tick(key)),
            None => error.message().to_owned(),
        };
        At { value: message, at: span.start }
    });
    Document { errors: errors.collect(), root: root.into_inner(), agent_word: None }
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
