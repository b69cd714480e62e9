//! Reading one table: unknown keys, wrong types and keys that are not supported yet become problems, the rest values.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::duration::parse_duration;
use super::keys::{self, Key, Kind, Support};
use super::report::{At, Report, instead, tick};
use crate::domain::plan::Command;

/// A value of the type that its key asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Texts(Vec<At<String>>),
    Count(i64),
    Milliseconds(u64),
    Flag(bool),
    Money(f64),
    Variables(BTreeMap<String, String>),
    Command(Command),
    /// Checked, and looked into by somebody else or by nobody.
    Other,
}

/// The good values of a table, by key.
#[derive(Debug, Default)]
pub(super) struct Values {
    values: BTreeMap<&'static str, At<Value>>,
    /// The keys that the table has, good or bad.
    present: Vec<&'static str>,
    /// The keys of a known meaning that this version does not have.
    pub(super) unsupported: Vec<At<String>>,
}

impl Values {
    /// Tells whether the key is there, even with a bad value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.present.contains(&key)
    }

    /// Gives where a good value that is not taken yet stands.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        self.values.get(key).map(|value| value.at)
    }

    /// Gives a text, or a word.
    pub(super) fn text(&mut self, key: &str) -> Option<At<String>> {
        match self.values.remove(key)? {
            At { value: Value::Text(value), at } => Some(At { value, at }),
            _ => None,
        }
    }

    /// Gives a list of texts.
    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<At<String>>> {
        match self.values.remove(key)?.value {
            Value::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// Gives a whole number.
    pub(super) fn count(&mut self, key: &str) -> Option<i64> {
        match self.values.remove(key)?.value {
            Value::Count(count) => Some(count),
            _ => None,
        }
    }

    /// Gives a duration in milliseconds.
    pub(super) fn milliseconds(&mut self, key: &str) -> Option<u64> {
        match self.values.remove(key)?.value {
            Value::Milliseconds(ms) => Some(ms),
            _ => None,
        }
    }

    /// Gives an amount of US dollars.
    pub(super) fn money(&mut self, key: &str) -> Option<f64> {
        match self.values.remove(key)?.value {
            Value::Money(amount) => Some(amount),
            _ => None,
        }
    }

    /// Gives `true` or `false`.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.values.remove(key)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// Gives environment variables.
    pub(super) fn variables(&mut self, key: &str) -> Option<BTreeMap<String, String>> {
        match self.values.remove(key)?.value {
            Value::Variables(variables) => Some(variables),
            _ => None,
        }
    }

    /// Gives a command as it is written.
    pub(super) fn command(&mut self, key: &str) -> Option<At<Command>> {
        match self.values.remove(key)? {
            At { value: Value::Command(value), at } => Some(At { value, at }),
            _ => None,
        }
    }
}

/// Reads a table that `what` names in messages. Keys of a later version are in [`Values::unsupported`].
pub(super) fn read(
    report: &mut Report<'_>,
    what: &str,
    table: &DeTable<'_>,
    known: &'static [Key],
) -> Values {
    let mut values = Values::default();
    for (name, value) in table.iter() {
        let Some(key) = known.iter().find(|key| key.name == name.get_ref()) else {
            // Below a header that could not be read stand keys of another table.
            if report.is_broken() && keys::is_known_somewhere(name.get_ref()) {
                continue;
            }
            let names = instead(name.get_ref(), known.iter().map(|key| key.name));
            report.add(name.span().start, format!("unknown key {} in {what}{names}", tick(name.get_ref())));
            continue;
        };
        values.present.push(key.name);
        let at = value.span().start;
        // What the parser puts where the value could not be read.
        if report.is_broken() && value.span() == (0..0) {
            continue;
        }
        let Some(read) = typed(report, key.name, At { value: value.get_ref(), at }, key.kind) else {
            continue;
        };
        match unsupported(key, &read) {
            None => {
                values.values.insert(key.name, At { value: read, at });
            }
            Some(shown) => values.unsupported.push(At { value: shown, at: name.span().start }),
        }
    }
    values
}

/// Reads a table and makes problems of the keys that this version does not support.
pub(super) fn read_strict(
    report: &mut Report<'_>,
    what: &str,
    table: &DeTable<'_>,
    known: &'static [Key],
) -> Values {
    let values = read(report, what, table, known);
    for At { value: shown, at } in &values.unsupported {
        report.add(*at, format!("`{shown}` is not supported by this version yet"));
    }
    values
}

/// Gives the key as a message shows it, with its value where another value would be supported.
fn unsupported(key: &Key, value: &Value) -> Option<String> {
    match (key.support, value) {
        (Support::Now, _) => None,
        (Support::Only(word), Value::Text(text)) => {
            (text != word).then(|| format!("{} = \"{text}\"", key.name))
        }
        (Support::Only(word), Value::Count(count)) => {
            (count.to_string() != word).then(|| format!("{} = {count}", key.name))
        }
        (Support::Later | Support::Only(_), _) => Some(key.name.to_owned()),
    }
}

/// Gives the value if it is of the kind; else there is a problem.
fn typed(report: &mut Report<'_>, key: &str, value: At<&DeValue<'_>>, kind: Kind) -> Option<Value> {
    let At { value, at } = value;
    match (kind, value) {
        (Kind::Anything, _) | (Kind::Table, DeValue::Table(_)) => Some(Value::Other),
        (Kind::Money, DeValue::Integer(_) | DeValue::Float(_)) => {
            let amount: Option<f64> = match value {
                DeValue::Float(float) => float.as_str().parse().ok(),
                DeValue::Integer(integer) => whole(integer).map(|amount| amount as f64),
                _ => None,
            };
            if !amount.is_some_and(|amount| amount.is_finite() && amount > 0.0) {
                report.add(at, format!("`{key}` must be more than 0 US dollars"));
                return None;
            }
            amount.map(Value::Money)
        }
        (Kind::Flag, DeValue::Boolean(flag)) => Some(Value::Flag(*flag)),
        (Kind::Count(least), DeValue::Integer(integer)) => count(report, key, at, whole(integer), least),
        (Kind::Text, DeValue::String(text)) => good_text(report, key, at, text).map(Value::Text),
        (Kind::Word(words), DeValue::String(text)) => word(report, key, at, text, words),
        (Kind::Duration, DeValue::String(text)) => match parse_duration(text) {
            Ok(ms) => Some(Value::Milliseconds(ms)),
            Err(error) => {
                report.add(at, format!("`{key}`: {error}"));
                None
            }
        },
        (Kind::Texts | Kind::Lines, DeValue::Array(_)) => Some(Value::Texts(texts(report, key, value)?)),
        (Kind::Lines, DeValue::String(line)) => {
            good_text(report, key, at, line).map(|line| Value::Texts(vec![At { value: line, at }]))
        }
        (Kind::Command, DeValue::String(line)) => {
            good_text(report, key, at, line).map(|line| Value::Command(Command::Shell(line)))
        }
        (Kind::Command, DeValue::Array(_)) => arguments(report, key, at, value),
        (Kind::Variables, DeValue::Table(table)) => variables(report, key, table),
        _ => {
            report.add(at, wrong_type(key, value, kind));
            None
        }
    }
}

fn wrong_type(key: &str, value: &DeValue<'_>, kind: Kind) -> String {
    let expected = match kind {
        Kind::Text | Kind::Word(_) => "a string",
        Kind::Texts => "a list of strings",
        Kind::Count(_) => "a whole number",
        Kind::Duration => "a string with a duration, like \"90s\" or \"30m\"",
        Kind::Money => "a number",
        Kind::Flag => "true or false",
        Kind::Variables => "a table of strings",
        Kind::Command | Kind::Lines => "a string or a list of strings",
        Kind::Table | Kind::Anything => "a table",
    };
    let hint = match (kind, value) {
        (Kind::Texts, DeValue::String(text)) => format!("; write {key} = [{}]", literal(text)),
        (Kind::Flag, DeValue::String(text)) if matches!(text.as_ref(), "true" | "false") => {
            format!("; write {key} = {text}")
        }
        (Kind::Count(_), DeValue::String(text)) if text.parse::<u32>().is_ok() => {
            format!("; write {key} = {text}")
        }
        _ => String::new(),
    };
    format!("`{key}` must be {expected}, not {}{hint}", article(value))
}

/// Names the type of a value with its article.
pub(super) fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Writes a text as TOML, short.
fn literal(text: &str) -> String {
    let cropped: String = text.chars().take(40).collect();
    format!("{cropped:?}")
}

fn whole(integer: &toml::de::DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn count(report: &mut Report<'_>, key: &str, at: usize, number: Option<i64>, least: i64) -> Option<Value> {
    let good = number.filter(|number| (least..=i64::from(u32::MAX)).contains(number));
    if good.is_none() {
        let bound = if number.is_some_and(|number| number < least) {
            format!("at least {least}")
        } else {
            format!("at most {}", u32::MAX)
        };
        report.add(at, format!("`{key}` must be {bound}"));
    }
    good.map(Value::Count)
}

fn good_text(report: &mut Report<'_>, key: &str, at: usize, text: &str) -> Option<String> {
    if text.trim().is_empty() {
        report.add(at, format!("`{key}` is empty"));
    } else if text.contains('\0') {
        report.add(at, format!("`{key}` holds a NUL character, which no argument of a program can hold"));
    } else {
        return Some(text.to_owned());
    }
    None
}

fn word(report: &mut Report<'_>, key: &str, at: usize, text: &str, words: &[&str]) -> Option<Value> {
    if words.contains(&text) {
        return Some(Value::Text(text.to_owned()));
    }
    let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let near = instead(text, words.iter().copied());
    let near = if near.contains("did you mean") { near } else { String::new() };
    report.add(at, format!("`{key}` must be one of {}, not {}{near}", all.join(", "), tick(text)));
    None
}

/// Gives the elements of a list; none if one of them is not good.
fn texts(report: &mut Report<'_>, key: &str, list: &DeValue<'_>) -> Option<Vec<At<String>>> {
    let mut good = Some(Vec::new());
    for (i, element) in list.as_array().into_iter().flat_map(|array| array.iter()).enumerate() {
        let at = element.span().start;
        let text = match element.get_ref() {
            DeValue::String(text) => good_text(report, &format!("{key}[{i}]"), at, text),
            other => {
                report.add(at, format!("`{key}` must be a list of strings, and this is {}", article(other)));
                None
            }
        };
        match (text, good.as_mut()) {
            (Some(value), Some(good)) => good.push(At { value, at }),
            _ => good = None,
        }
    }
    good
}

/// A program and its arguments, of which all but the first may be empty.
fn arguments(report: &mut Report<'_>, key: &str, at: usize, list: &DeValue<'_>) -> Option<Value> {
    let array = list.as_array()?;
    if array.is_empty() {
        report.add(at, format!("`{key}` is empty"));
        return None;
    }
    let mut argv = Vec::new();
    for (i, element) in array.iter().enumerate() {
        let at = element.span().start;
        match element.get_ref() {
            DeValue::String(text) if text.is_empty() && i > 0 => argv.push(String::new()),
            DeValue::String(text) => argv.extend(good_text(report, &format!("{key}[{i}]"), at, text)),
            other => {
                report.add(at, format!("`{key}` must be a list of strings, and this is {}", article(other)));
            }
        }
    }
    (argv.len() == array.len()).then_some(Value::Command(Command::Argv(argv)))
}

/// Environment variables. Ours are not to be set: a process is recognised as an attempt's by them.
fn variables(report: &mut Report<'_>, key: &str, table: &DeTable<'_>) -> Option<Value> {
    let mut good = BTreeMap::new();
    for (name, value) in table.iter() {
        let at = name.span().start;
        let shown = tick(name.get_ref());
        if name.get_ref().is_empty() || name.get_ref().contains(['=', '\0']) {
            report.add(at, format!("{shown} cannot be the name of an environment variable"));
        } else if name.get_ref().starts_with("WINDROW_") {
            report.add(
                at,
                format!("{shown} is set by windrow; the names that begin with `WINDROW_` are its own"),
            );
        }
        match value.get_ref() {
            DeValue::String(text) if text.contains('\0') => {
                report.add(value.span().start, format!("{shown} holds a NUL character"));
            }
            DeValue::String(text) => {
                good.insert(name.get_ref().to_string(), text.to_string());
            }
            other => report.add(
                value.span().start,
                format!("`{key}` must be a table of strings, and {shown} is {}", article(other)),
            ),
        }
    }
    Some(Value::Variables(good))
}
