//! The files of a commit that a task reads: what they are and what they hold, from the objects, never from a disk.

use super::command::Git;
use super::objects::ObjectStore;
use super::{GitError, Repo};
use crate::domain::glob::Glob;
use crate::domain::manifest::{Content, INPUT_LIMIT, Input, Manifest};
use crate::domain::oid::{BlobId, CommitId};
use crate::domain::path::RepoPath;

/// What globs match in a commit.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The files. Content beyond [`INPUT_LIMIT`] is not read.
    pub manifest: Manifest,
    /// The plain globs that name no file, and all of them where there is no file at all.
    pub unmatched: Vec<String>,
}

/// Reads the files of a commit that match one of the globs; submodules are none. `store` is where the commit may be besides
/// the repository.
///
/// Git itself reads them: what a partial clone lacks is fetched as by any other command.
pub fn inputs(
    repo: &Repo,
    commit: CommitId,
    globs: &[String],
    store: ObjectStore<'_>,
) -> Result<Inputs, GitError> {
    let globs: Vec<Glob> = globs.iter().map(|glob| Glob::new(glob)).collect();
    if globs.is_empty() {
        return Ok(Inputs { manifest: Manifest::default(), unmatched: Vec::new() });
    }
    let mut matched = vec![false; globs.len()];
    let mut files = Vec::new();
    for file in list(repo, commit, store)? {
        let mut taken = false;
        for (glob, matched) in globs.iter().zip(&mut matched) {
            if glob.matches(&file.path) {
                (taken, *matched) = (true, true);
            }
        }
        files.extend(taken.then_some(file));
    }
    let missing = |glob: &Glob| files.is_empty() || glob.is_plain();
    let unmatched = globs.iter().zip(&matched).filter(|(glob, matched)| !**matched && missing(glob));
    let unmatched = unmatched.map(|(glob, _)| glob.as_str().to_owned()).collect();
    Ok(Inputs { manifest: Manifest::new(contents(repo, files, store)?), unmatched })
}

struct File {
    path: RepoPath,
    blob: BlobId,
    is_link: bool,
}

fn list(repo: &Repo, commit: CommitId, store: ObjectStore<'_>) -> Result<Vec<File>, GitError> {
    let call = store.apply(repo, Git::common(repo.place(), "ls-tree"))?;
    let call = call.args(["-r", "-z", "--full-tree", &commit.to_string()]);
    let out = call.run()?;
    let odd = |line: &[u8]| GitError::Output {
        command: call.describe(),
        what: format!("line {:?}", String::from_utf8_lossy(line)),
    };
    let mut files = Vec::new();
    for line in out.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(|| odd(line))?;
        let facts = String::from_utf8_lossy(&line[..tab]);
        let [mode, kind, id] = facts.split(' ').collect::<Vec<_>>()[..] else { return Err(odd(line)) };
        if kind == "blob" {
            let blob = id.parse().map_err(|_| odd(line))?;
            files.push(File { path: RepoPath::new(&line[tab + 1..]), blob, is_link: mode == "120000" });
        }
    }
    Ok(files)
}

/// Reads sizes first, then as much as may be piped.
fn contents(repo: &Repo, files: Vec<File>, store: ObjectStore<'_>) -> Result<Vec<Input>, GitError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let sizes = sizes(repo, &files, store)?;
    let mut inputs = Vec::with_capacity(files.len());
    let (mut batch, mut pending, mut piped) = (Vec::new(), 0, 0);
    for (file, size) in files.into_iter().zip(sizes) {
        let content = if file.is_link { Content::Link } else { Content::Unread };
        if !file.is_link {
            batch.push(inputs.len());
            pending += size;
        }
        inputs.push(Input { path: file.path, blob: file.blob, size, content });
        if pending > INPUT_LIMIT {
            piped += fetch(repo, &mut inputs, &std::mem::take(&mut batch), store)?;
            pending = 0;
        }
        if piped > INPUT_LIMIT {
            // Too much already: only the names and sizes of the rest matter.
            batch.clear();
            pending = 0;
        }
    }
    if piped <= INPUT_LIMIT {
        fetch(repo, &mut inputs, &batch, store)?;
    }
    Ok(inputs)
}

fn batch_call(
    repo: &Repo,
    ids: impl Iterator<Item = BlobId>,
    option: &str,
    store: ObjectStore<'_>,
) -> Result<Git, GitError> {
    let list: String = ids.map(|id| format!("{id}\n")).collect();
    Ok(store.apply(repo, Git::common(repo.place(), "cat-file"))?.arg(option).stdin(list))
}

fn sizes(repo: &Repo, files: &[File], store: ObjectStore<'_>) -> Result<Vec<u64>, GitError> {
    let call = batch_call(repo, files.iter().map(|file| file.blob), "--batch-check=%(objectsize)", store)?;
    let out = call.run()?;
    let text = String::from_utf8_lossy(&out);
    let sizes: Option<Vec<u64>> = text.lines().map(|line| line.parse().ok()).collect();
    sizes.filter(|sizes| sizes.len() == files.len()).ok_or_else(|| GitError::Output {
        command: call.describe(),
        what: text.lines().find(|line| line.parse::<u64>().is_err()).unwrap_or("too few lines").to_owned(),
    })
}

/// Reads the contents of some of the files; gives how many bytes of them are piped.
fn fetch(repo: &Repo, inputs: &mut [Input], some: &[usize], store: ObjectStore<'_>) -> Result<u64, GitError> {
    if some.is_empty() {
        return Ok(0);
    }
    let call = batch_call(repo, some.iter().map(|i| inputs[*i].blob), "--batch=%(objectsize)", store)?;
    let out = call.run()?;
    let odd = || GitError::Output { command: call.describe(), what: "it ended too soon".to_owned() };
    let (mut rest, mut piped) = (&out[..], 0);
    for i in some {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(odd)?;
        let size: usize = String::from_utf8_lossy(&rest[..end]).parse().map_err(|_| odd())?;
        let body = rest.get(end + 1..end + 1 + size).ok_or_else(odd)?;
        rest = rest.get(end + 2 + size..).ok_or_else(odd)?;
        inputs[*i].content = Content::of(body.to_vec());
        if let Content::Text(text) = &inputs[*i].content {
            piped += text.len() as u64;
        }
    }
    Ok(piped)
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    fn read(test: &TestRepo, globs: &[&str]) -> Inputs {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        inputs(&test.repo(), test.rev("HEAD"), &globs, ObjectStore::Repository).unwrap()
    }

    fn paths(inputs: &Inputs) -> Vec<String> {
        inputs.manifest.inputs().iter().map(|input| input.path.to_string()).collect()
    }

    #[test]
    fn files_come_from_the_commit() {
        let test = TestRepo::new();
        test.write("src/b.py", "b\n");
        test.write("src/a.py", "a\r\n");
        test.write("src/sub/c.py", "c");
        test.write("src/x.bin", [1, 0, 2]);
        test.write("latin", [0xe4, b'\n']);
        #[cfg(unix)]
        std::os::unix::fs::symlink("b.py", test.path().join("src/link.py")).unwrap();
        test.commit_all("first");
        test.write("src/b.py", "changed\n");
        test.write("src/new.py", "new\n");
        let found = read(&test, &["src/**/*.py", "latin"]);
        assert_eq!(paths(&found), ["latin", "src/a.py", "src/b.py", "src/link.py", "src/sub/c.py"]);
        let contents: Vec<Content> =
            found.manifest.inputs().iter().map(|input| input.content.clone()).collect();
        let text = |bytes: &[u8]| Content::Text(bytes.to_vec());
        let expected = [text(b"\xe4\n"), text(b"a\r\n"), text(b"b\n"), Content::Link, text(b"c")];
        assert_eq!(contents, expected);
        assert!(found.unmatched.is_empty());
        assert_eq!(read(&test, &["src/x.bin"]).manifest.inputs()[0].content, Content::Binary);
    }

    #[test]
    fn what_names_nothing_is_told() {
        let test = TestRepo::with_commit();
        assert_eq!(read(&test, &["file", "gone.py", "*.none"]).unmatched, ["gone.py"]);
        assert_eq!(read(&test, &["*.none"]).unmatched, ["*.none"]);
        assert!(read(&test, &[]).unmatched.is_empty());
    }

    #[test]
    fn no_more_is_read_than_may_be_piped_and_all_of_it_is_counted() {
        let test = TestRepo::new();
        let large = |letter: &str| letter.repeat(3 << 20);
        for letter in ["a", "b", "c"] {
            test.write(&format!("{letter}.txt"), large(letter));
        }
        let mut binary = vec![0; 5 << 20];
        binary[1] = 7;
        test.write("0.bin", binary);
        test.commit_all("first");
        let found = read(&test, &["**"]).manifest;
        assert_eq!(found.size(), 9 << 20);
        let unread = found.inputs().iter().filter(|input| input.content == Content::Unread).count();
        assert_eq!((unread, &found.inputs()[0].content), (1, &Content::Binary));
        let binary = read(&test, &["*.bin", "a.txt"]).manifest;
        assert_eq!(binary.size(), 3 << 20, "what is not piped does not count");
    }

    #[cfg(unix)]
    #[test]
    fn names_are_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let test = TestRepo::new();
        let odd = std::ffi::OsStr::from_bytes(b"odd \xff\n\t");
        std::fs::write(test.path().join(odd), "x").unwrap();
        test.commit_all("first");
        assert_eq!(paths(&read(&test, &["odd*"])), ["\"odd \\377\\n\\t\""]);
    }
}
