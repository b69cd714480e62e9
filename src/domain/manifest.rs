//! What a task that reads gets on its standard input: a list of files and then their content. The same files give the
//! same bytes.

use sha2::{Digest, Sha256};

use super::name::hex;
use super::oid::BlobId;
use super::path::RepoPath;

/// How many bytes of content are piped to one agent at most.
pub const INPUT_LIMIT: u64 = 4 * 1024 * 1024;

/// How much of a file is looked at to tell text from anything else, as git does it.
const LOOKED_AT: usize = 8_000;

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its path.
    pub path: RepoPath,
    /// Its content's id.
    pub blob: BlobId,
    /// How many bytes it has.
    pub size: u64,
    /// What is handed over.
    pub content: Content,
}

/// What is handed over of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Text(Vec<u8>),
    /// Its name alone: it holds a NUL byte.
    Binary,
    /// Its name alone: it is a symbolic link.
    Link,
    /// It was not read: the files before it were too much already.
    Unread,
}

impl Content {
    /// Takes the bytes of a regular file.
    pub fn of(bytes: Vec<u8>) -> Self {
        if bytes[..bytes.len().min(LOOKED_AT)].contains(&0) { Self::Binary } else { Self::Text(bytes) }
    }
}

/// Files in the order of their paths' bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    inputs: Vec<Input>,
}

impl Manifest {
    /// Takes files in any order.
    pub fn new(mut inputs: Vec<Input>) -> Self {
        inputs.sort_by(|a, b| a.path.cmp(&b.path));
        Self { inputs }
    }

    /// Tells whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Gives the files.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Gives how many bytes of content are piped.
    pub fn size(&self) -> u64 {
        let piped = |input: &&Input| matches!(input.content, Content::Text(_) | Content::Unread);
        self.inputs.iter().filter(piped).map(|input| input.size).sum()
    }

    /// Says how much it is: `12 files (34.5 KiB)`.
    pub fn describe(&self) -> String {
        let files = self.count();
        format!("{files} ({})", bytes(self.size()))
    }

    fn count(&self) -> String {
        match self.inputs.len() {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        }
    }

    /// Gives a digest of paths and blobs.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for input in &self.inputs {
            hasher.update((input.path.as_bytes().len() as u64).to_le_bytes());
            hasher.update(input.path.as_bytes());
            hasher.update(input.blob.as_bytes());
            hasher.update([u8::from(input.content == Content::Link)]);
        }
        hex(&hasher.finalize())
    }

    /// Writes what the agent reads: the prompt, where it comes this way, an empty line, the list, the contents.
    ///
    /// Each content stands under a line with its path and its blob's id, which no content can hold of itself.
    pub fn write(&self, prompt: Option<&str>) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(prompt) = prompt {
            out.extend(prompt.trim_end_matches('\n').as_bytes());
            out.extend(b"\n\n");
        }
        let count = self.count();
        out.extend(
            format!("{count} of the repository, blob id and path of each; their content follows:\n")
                .as_bytes(),
        );
        for input in &self.inputs {
            let note = match input.content {
                Content::Text(_) => "",
                Content::Binary => " (binary, content not included)",
                Content::Link => " (symbolic link, content not included)",
                Content::Unread => " (content not included)",
            };
            out.extend(format!("{} {}{note}\n", input.blob, input.path).as_bytes());
        }
        for input in &self.inputs {
            if let Content::Text(text) = &input.content {
                out.extend(format!("\n==> {} {} <==\n", input.path, input.blob).as_bytes());
                out.extend(text);
                if !text.ends_with(b"\n") && !text.is_empty() {
                    out.push(b'\n');
                }
            }
        }
        out
    }
}

/// Writes a number of bytes for a person, in binary units.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") };
    }
    let (mut value, mut unit) = (count as f64 / 1024.0, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    let text = format!("{value:.1}");
    format!("{} {}", text.strip_suffix(".0").unwrap_or(&text), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, blob: u8, content: Content) -> Input {
        let size = if let Content::Text(text) = &content { text.len() as u64 } else { 7 };
        Input { path: RepoPath::from(path), blob: BlobId::from_bytes([blob; 20]), size, content }
    }

    fn sample() -> Vec<Input> {
        vec![
            input("src/b.py", 2, Content::of(b"two".to_vec())),
            input("src/a.py", 1, Content::of(b"one\n".to_vec())),
            input("logo.png", 3, Content::of(b"\x89PNG\0".to_vec())),
            input("src/\u{202e}x", 4, Content::Link),
            input("src/empty", 5, Content::of(Vec::new())),
        ]
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let manifest = Manifest::new(sample());
        insta::assert_snapshot!(String::from_utf8(manifest.write(Some("Find bugs.\n"))).unwrap(), @r#"
        Find bugs.

        5 files of the repository, blob id and path of each; their content follows:
        0303030303030303030303030303030303030303 logo.png (binary, content not included)
        0101010101010101010101010101010101010101 src/a.py
        0202020202020202020202020202020202020202 src/b.py
        0505050505050505050505050505050505050505 src/empty
        0404040404040404040404040404040404040404 "src/\342\200\256x" (symbolic link, content not included)

        ==> src/a.py 0101010101010101010101010101010101010101 <==
        one

        ==> src/b.py 0202020202020202020202020202020202020202 <==
        two

        ==> src/empty 0505050505050505050505050505050505050505 <==
        "#);
        let mut turned = sample();
        turned.reverse();
        assert_eq!(Manifest::new(turned.clone()).write(None), manifest.write(None));
        assert_eq!(Manifest::new(turned).digest(), manifest.digest());
        assert_eq!((manifest.size(), manifest.describe()), (7, "5 files (7 bytes)".to_owned()));
    }

    #[test]
    fn the_digest_follows_paths_blobs_and_kinds() {
        let one = |path, blob, content| Manifest::new(vec![input(path, blob, content)]).digest();
        let text = || Content::of(b"x".to_vec());
        let all = [one("a", 1, text()), one("b", 1, text()), one("a", 2, text()), one("a", 1, Content::Link)];
        for (i, digest) in all.iter().enumerate() {
            assert!(!all[..i].contains(digest));
        }
    }

    #[test]
    fn sizes_are_said() {
        let said: Vec<String> = [0, 1, 1023, 1024, 1536, INPUT_LIMIT, 5 << 40].map(bytes).into();
        assert_eq!(said, ["0 bytes", "1 byte", "1023 bytes", "1 KiB", "1.5 KiB", "4 MiB", "5 TiB"]);
    }
}
