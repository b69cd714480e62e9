//! Names: what git allows for a branch, what we add for a task, and the ids that are safe in a directory.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Why a text is no name, with a name that would do where one can be derived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a valid {what} name: {why}")]
pub struct InvalidName {
    /// The text as given.
    pub name: String,
    /// `branch` or `task`.
    pub what: &'static str,
    /// The rule that it breaks.
    pub why: &'static str,
    /// A valid name close to it.
    pub suggestion: Option<String>,
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $error:ty, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Gives the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let check: fn(&str) -> Result<(), $error> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_type! {
    /// A branch's name below `refs/heads/`, valid by the rules of `git check-ref-format --branch`.
    BranchName, InvalidName, |text| check("branch", text)
}
text_type! {
    /// A task's name: a branch name that is not `@`.
    TaskName, InvalidName, |text| check("task", text)
}
text_type! {
    /// A task's id: `[a-z0-9][a-z0-9._-]*`, at most 47 bytes; the name of its directory and of its files.
    TaskId, InvalidId, check_id
}
text_type! {
    /// A run's id: the UTC second it began and four hexadecimal digits, `20261125-223001-3f9a`.
    RunId, InvalidId, check_id
}
text_type! {
    /// An operation's id, of the same form as a run's.
    OperationId, InvalidId, check_id
}

/// A text that is no id of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id")]
pub struct InvalidId(pub String);

fn check_id(text: &str) -> Result<(), InvalidId> {
    let ok = text.len() <= 47
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    if ok { Ok(()) } else { Err(InvalidId(text.to_owned())) }
}

impl BranchName {
    /// Gives the full ref name, `refs/heads/…`.
    pub fn ref_name(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl TaskName {
    /// Gives the id: the name itself where it is a short lower-case slug, else a slug of at most forty bytes and six
    /// hexadecimal digits of the name's SHA-256.
    pub fn id(&self) -> TaskId {
        let slug = slug(&self.0, 40);
        if slug == self.0 && !is_device_name(&slug) {
            return TaskId(slug);
        }
        let hash = hex(&Sha256::digest(self.0.as_bytes())[..3]);
        TaskId(if slug.is_empty() { format!("task-{hash}") } else { format!("{slug}-{hash}") })
    }

    /// Gives the branch of the same name.
    pub fn branch(&self) -> BranchName {
        BranchName(self.0.clone())
    }
}

impl OperationId {
    /// Builds an id from a UTC time text `YYYYMMDD-HHMMSS` and four hexadecimal digits of entropy.
    pub fn new(second: &str, entropy: u16) -> Self {
        Self(format!("{second}-{entropy:04x}"))
    }
}

impl RunId {
    /// Builds an id from a UTC time text `YYYYMMDD-HHMMSS` and four hexadecimal digits of entropy.
    pub fn new(second: &str, entropy: u16) -> Self {
        Self(format!("{second}-{entropy:04x}"))
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reduces a text to `[a-z0-9._-]`, without a leading dot or dash, a `..` or a trailing `.lock`, at most `limit` bytes.
fn slug(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        let c = if c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c) { c } else { '-' };
        let doubled = out.ends_with(['-', '.']) && "-.".contains(c) && !out.ends_with(c)
            || out.ends_with('.') && c == '.';
        if !doubled && out.len() < limit {
            out.push(c);
        }
    }
    let trimmed = out.trim_matches(|c| "._-".contains(c));
    trimmed.strip_suffix(".lock").unwrap_or(trimmed).to_owned()
}

/// Tells whether Windows would take the name for a device.
fn is_device_name(slug: &str) -> bool {
    let stem = slug.split('.').next().unwrap_or(slug);
    matches!(stem, "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|c: char| c.is_ascii_digit()))
}

/// The rules of `git check-ref-format --branch`, and the length that a loose ref's file and its lock allow.
fn check(what: &'static str, text: &str) -> Result<(), InvalidName> {
    let why = broken_rule(text)
        .or_else(|| (what == "task" && text == "@").then_some("`@` means the task one stands in"));
    why.map_or(Ok(()), |why| Err(InvalidName { name: text.to_owned(), what, why, suggestion: suggest(text) }))
}

fn broken_rule(text: &str) -> Option<&'static str> {
    let bad_byte = |b: u8| b < 0x20 || b == 0x7f || b" ~^:?*[\\".contains(&b);
    if text.is_empty() {
        Some("it is empty")
    } else if text == "HEAD" {
        Some("`HEAD` is a name of git's own")
    } else if text.starts_with('-') {
        Some("it begins with a dash")
    } else if text.bytes().any(bad_byte) {
        Some("it holds a space, a control character or one of ~ ^ : ? * [ \\")
    } else if text.contains("..") {
        Some("it holds `..`")
    } else if text.contains("@{") {
        Some("it holds `@{`")
    } else if text.starts_with('/') || text.ends_with('/') || text.contains("//") {
        Some("it has an empty component")
    } else if text.ends_with('.') {
        Some("it ends with a dot")
    } else if text.split('/').any(|part| part.starts_with('.')) {
        Some("a component begins with a dot")
    } else if text.split('/').any(|part| part.ends_with(".lock")) {
        Some("a component ends with `.lock`")
    } else if text.split('/').any(|part| part.len() > 250) {
        Some("a component is longer than 250 bytes")
    } else {
        None
    }
}

fn suggest(text: &str) -> Option<String> {
    let parts: Vec<String> =
        text.split('/').map(|part| slug(part, 60)).filter(|part| !part.is_empty()).collect();
    let name = parts.join("-");
    (!name.is_empty() && broken_rule(&name).is_none() && name != "head").then_some(name)
}

/// How two names get in each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collision {
    /// They are the same text.
    Same,
    /// One is a directory of the other's ref: `a` and `a/b`.
    Directory,
    /// They differ only in case or in Unicode normalisation: one ref, or one directory, on some file systems.
    Folded,
    /// They get the same task id.
    Id,
}

/// Tells whether two names can stand beside each other as refs and directories on every file system.
pub fn collision(a: &str, b: &str) -> Option<Collision> {
    let (fold_a, fold_b) = (fold(a), fold(b));
    let below = |dir: &str, name: &str| name.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
    if a == b {
        Some(Collision::Same)
    } else if fold_a == fold_b {
        Some(Collision::Folded)
    } else if below(&fold_a, &fold_b) || below(&fold_b, &fold_a) {
        Some(Collision::Directory)
    } else {
        None
    }
}

fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TaskName {
        text.parse().unwrap()
    }

    #[test]
    fn ids_keep_plain_names_and_mark_changed_ones() {
        assert_eq!(name("users-api").id().as_str(), "users-api");
        assert!(name("feat/login").id().as_str().starts_with("feat-login-"));
        assert_ne!(name("feat/login").id(), name("feat-login").id());
        assert_ne!(name("Fix").id(), name("fix").id());
        assert!(name(&"x".repeat(200)).id().as_str().len() <= 47);
        for odd in ["ü", "$(id)", "a'b", "con", "refs/heads/x", "日本", ".-".trim_start_matches('.')] {
            let Ok(task) = odd.parse::<TaskName>() else { continue };
            assert!(task.id().as_str().parse::<TaskId>().is_ok(), "{odd}");
        }
    }

    #[test]
    fn invalid_names_say_why_and_suggest() {
        let refused = |text: &str| text.parse::<TaskName>().unwrap_err();
        assert_eq!(refused("my feature").suggestion.as_deref(), Some("my-feature"));
        assert_eq!(refused("a..b").suggestion.as_deref(), Some("a.b"));
        assert!(refused("@").why.contains("stands in"));
        assert_eq!("@".parse::<BranchName>().map(|_| ()), Ok(()));
        for text in [
            "", "HEAD", "-x", "a b", "a..b", "a@{b", "/a", "a/", "a//b", "a.", ".a", "a/.b", "a.lock",
            "a.lock/b", "a\u{7f}",
        ] {
            assert!(text.parse::<BranchName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn collisions() {
        assert_eq!(collision("a", "a"), Some(Collision::Same));
        assert_eq!(collision("a", "a/b"), Some(Collision::Directory));
        assert_eq!(collision("A/b", "a"), Some(Collision::Directory));
        assert_eq!(collision("Fix", "fix"), Some(Collision::Folded));
        assert_eq!(collision("\u{e9}", "e\u{301}"), Some(Collision::Folded));
        assert_eq!(collision("feat-a", "feat/a"), None);
    }
}
