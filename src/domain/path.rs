//! Paths that survive JSON: repository-relative paths as bytes, file-system paths that need not be UTF-8.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path inside a repository: `/`-separated bytes without a leading slash, as git stores it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Takes the bytes as git gives them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Gives the raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives the path as the platform writes it, to be joined to a worktree's root.
    pub fn to_path(&self) -> PathBuf {
        bytes_to_path(&self.0)
    }

    /// Tells whether `self` is `other` or lies below it.
    pub fn is_in(&self, other: &Self) -> bool {
        self.0.strip_prefix(other.0.as_slice()).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }

    /// Gives text for JSON: bytes that are not UTF-8, and `%`, become `%XX`.
    pub fn escaped(&self) -> String {
        escape(&self.0)
    }

    /// Tells whether the bytes are UTF-8.
    pub fn is_utf8(&self) -> bool {
        std::str::from_utf8(&self.0).is_ok()
    }
}

/// Shows the path as git shows it: in C-style quotes where it holds a control character, a quote, a backslash or
/// bytes that are not UTF-8 (git's `core.quotePath = false`), bidirectional controls included.
impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote(&self.0))
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepoPath({})", quote(&self.0))
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.escaped())
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(unescape(&String::deserialize(deserializer)?)))
    }
}

/// Tells whether a character must not reach a terminal as it is: controls and bidirectional formatting.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Quotes bytes as git's `quote_c_style` does, leaving plain UTF-8 text as it is.
pub fn quote(bytes: &[u8]) -> String {
    let plain = std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.chars().any(|c| is_hostile(c) || c == '"' || c == '\\'));
    if plain {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\u{7}' => out.push_str("\\a"),
                '\u{8}' => out.push_str("\\b"),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                '\u{b}' => out.push_str("\\v"),
                '\u{c}' => out.push_str("\\f"),
                '\r' => out.push_str("\\r"),
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                c if is_hostile(c) => {
                    let mut buffer = [0; 4];
                    c.encode_utf8(&mut buffer).bytes().for_each(|b| out.push_str(&format!("\\{b:03o}")));
                }
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|b| out.push_str(&format!("\\{b:03o}")));
    }
    out.push('"');
    out
}

/// Writes bytes as text that [`unescape`] turns back: valid UTF-8 stays, other bytes and `%` become `%XX`.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('%', "%25"));
        chunk.invalid().iter().for_each(|b| out.push_str(&format!("%{b:02X}")));
    }
    out
}

/// Gives the bytes that [`escape`] was given; a `%` without two hexadecimal digits stands for itself.
pub fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    out
}

/// Gives a path's bytes; on Windows its UTF-8 form.
pub fn path_bytes(path: &Path) -> Vec<u8> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        path.as_os_str().as_bytes().to_vec()
    }
    #[cfg(not(unix))]
    {
        path.to_string_lossy().into_owned().into_bytes()
    }
}

/// Gives the path that has these bytes; on Windows they are read as UTF-8.
pub fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// Shows a file-system path as [`RepoPath`] shows its own.
pub fn show(path: &Path) -> String {
    quote(&path_bytes(path))
}

/// Serde form of a `PathBuf` for `#[serde(with = "…")]`: text in which bytes that are not UTF-8 are `%XX`.
pub mod as_text {
    use super::*;

    /// Writes the escaped path.
    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&escape(&path_bytes(path)))
    }

    /// Reads the escaped path.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        Ok(bytes_to_path(&unescape(&String::deserialize(deserializer)?)))
    }
}

/// The same for an `Option<PathBuf>`.
pub mod as_optional_text {
    use super::*;

    /// Writes the escaped path or null.
    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_ref().map(|path| escape(&path_bytes(path))).serialize(serializer)
    }

    /// Reads the escaped path or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(|text| bytes_to_path(&unescape(&text))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_are_quoted_and_plain_ones_are_not() {
        assert_eq!(RepoPath::from("src/ärger.rs").to_string(), "src/ärger.rs");
        assert_eq!(RepoPath::from("a b").to_string(), "a b");
        assert_eq!(RepoPath::new(b"a\x1b]0;x\x07".as_slice()).to_string(), r#""a\033]0;x\a""#);
        assert_eq!(RepoPath::new(b"\xff".as_slice()).to_string(), r#""\377""#);
        assert_eq!(RepoPath::from("a\u{202e}b").to_string(), r#""a\342\200\256b""#);
    }

    #[test]
    fn escape_round_trips() {
        for bytes in [b"plain".as_slice(), b"100%", b"%41", b"\xff\xfe%", "ä%".as_bytes(), b"%", b"%4"] {
            assert_eq!(unescape(&escape(bytes)), bytes);
        }
    }

    #[test]
    fn below_is_by_component() {
        let dir = RepoPath::from("src");
        assert!(RepoPath::from("src/a").is_in(&dir) && dir.is_in(&dir));
        assert!(!RepoPath::from("srcs/a").is_in(&dir));
    }
}
