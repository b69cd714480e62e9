//! Linked worktrees in random states, reproducible by seed, to be looked at by us and by git.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::domain::place::WorktreePlace;
use crate::git::command::Git;
use crate::git::testing::TestRepo;

/// Names that files get; some are not UTF-8, look like options or patterns, or need quotes.
const NAMES: [&[u8]; 18] = [
    b"a.txt",
    b"b.txt",
    b"dir/c.txt",
    b"dir/sub/d.txt",
    b"dir/sub/e.bin",
    b"e e.txt",
    b"tab\tname",
    b"quote\"x",
    "\u{fc}n\u{ef}.txt".as_bytes(),
    b"bad\xff.txt",
    b"-dash",
    b"star*.txt",
    b"[x].txt",
    b"nl\nname",
    b"back\\slash",
    b"other/f",
    b"other/deep/er/g",
    b"dir.txt",
];

/// A repository with a linked worktree.
pub(in crate::git) struct Random {
    pub(in crate::git) test: TestRepo,
    pub(in crate::git) tree: WorktreePlace,
    state: u64,
    serial: u32,
}

impl Random {
    /// Makes a base commit, commits on `topic` and sometimes on `main`, and then uncommitted changes.
    pub(in crate::git) fn new(seed: u64) -> Self {
        let test = TestRepo::new();
        let tree = WorktreePlace { path: test.dir().join("w"), admin: test.path().join(".git/worktrees/w") };
        let mut random = Self { test, tree, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, serial: 0 };
        let main = random.test.path();
        std::fs::write(main.join(".gitignore"), "*.ign\nignored/\n").unwrap();
        for _ in 0..9 {
            random.create(&main);
        }
        random.test.commit_all("base");
        random.test.git(&["worktree", "add", "-q", "../w", "-b", "topic"]);
        for _ in 0..random.below(3) {
            random.edits(4);
            random.test.commit_all_in(&random.tree.path, "topic");
        }
        if random.below(2) == 0 {
            random.create(&main);
            random.test.commit_all("main");
        }
        random.edits(5);
        random.stage();
        random.edits(4);
        random
    }

    /// Calls git in the worktree with any arguments.
    pub(in crate::git) fn git(&self, subcommand: &str) -> Git {
        Git::worktree(&self.test.path().join(".git"), &self.tree.admin, &self.tree.path, subcommand)
    }

    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % n
    }

    /// Gives content that has no line in common with any other.
    fn content(&mut self) -> Vec<u8> {
        self.serial += 1;
        let serial = self.serial;
        match self.below(8) {
            0 => {
                let mut bytes: Vec<u8> = (0..400).map(|_| u8::try_from(self.below(256)).unwrap()).collect();
                bytes[7] = 0;
                bytes
            }
            1 => format!("only line {serial} without an end").into_bytes(),
            _ => (0..40)
                .flat_map(|n| format!("{serial} at {n}: {}\n", self.below(1 << 30)).into_bytes())
                .collect(),
        }
    }

    fn create(&mut self, root: &Path) {
        let path = root.join(std::ffi::OsStr::from_bytes(NAMES[self.below(NAMES.len())]));
        let content = self.content();
        self.put(&path, &content);
    }

    fn put(&mut self, path: &Path, content: &[u8]) {
        if path.is_dir() || std::fs::create_dir_all(path.parent().unwrap()).is_err() {
            return;
        }
        drop(std::fs::remove_file(path));
        if self.below(8) == 0 {
            self.serial += 1;
            std::os::unix::fs::symlink(format!("to/{}", self.serial), path).unwrap();
        } else {
            std::fs::write(path, content).unwrap();
        }
    }

    fn edits(&mut self, most: usize) {
        for _ in 0..=self.below(most) {
            self.edit();
        }
    }

    fn edit(&mut self) {
        let root = self.tree.path.clone();
        let files = files(&root);
        let Some(file) = (!files.is_empty()).then(|| files[self.below(files.len())].clone()) else { return };
        match self.below(13) {
            0..=2 => self.create(&root),
            3 | 4 if file.is_file() && !file.is_symlink() => {
                let mut lines = std::fs::read(&file).unwrap();
                lines.extend(format!("added {}\n", self.serial).into_bytes());
                self.serial += 1;
                std::fs::write(&file, lines).unwrap();
            }
            5 if file.is_file() && !file.is_symlink() => {
                let text = std::fs::read(&file).unwrap();
                let cut = text.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                std::fs::write(&file, &text[cut..]).unwrap();
            }
            6 => std::fs::remove_file(&file).unwrap(),
            7 | 8 => {
                self.serial += 1;
                let target = root.join(format!("moved/{}", self.serial));
                std::fs::create_dir_all(target.parent().unwrap()).unwrap();
                std::fs::rename(&file, target).unwrap();
            }
            9 if file.is_file() && !file.is_symlink() => {
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
            }
            10 => {
                // A directory where a file was.
                std::fs::remove_file(&file).unwrap();
                let content = self.content();
                self.put(&file.join("inside"), &content);
            }
            11 => {
                let ignored = if self.below(2) == 0 { "x.ign" } else { "ignored/y" };
                self.put(&root.join(ignored), b"ignored");
            }
            _ => {
                let content = self.content();
                self.put(&file, &content);
            }
        }
    }

    fn stage(&mut self) {
        let paths = files(&self.tree.path);
        let root = self.tree.path.clone();
        let relative = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_owned();
        let mut some = |of: usize| -> Vec<PathBuf> {
            paths.iter().filter(|_| self.below(of) == 0).map(relative).collect()
        };
        let (add, intend, forget) = (some(3), some(6), some(8));
        let literal = |call: Git| call.env("GIT_LITERAL_PATHSPECS", "1");
        if !add.is_empty() {
            drop(literal(self.git("add")).args(["--ignore-errors", "--"]).args(add).output().unwrap());
        }
        if self.below(4) == 0 {
            self.git("add").arg("-u").run().unwrap();
        }
        if !intend.is_empty() {
            drop(
                literal(self.git("add")).args(["-N", "--ignore-errors", "--"]).args(intend).output().unwrap(),
            );
        }
        if !forget.is_empty() {
            let args = ["--cached", "-q", "-f", "--ignore-unmatch", "--"];
            drop(literal(self.git("rm")).args(args).args(forget).output().unwrap());
        }
    }
}

/// Lists the files and links below a directory, without `.git` and what is ignored.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            match entry.file_type().unwrap().is_dir() {
                true => open.push(path),
                false if path.ends_with(".git") || path.ends_with(".gitignore") => {}
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

/// Gives every file below directories with its content, to be compared later.
pub(crate) fn contents(dirs: &[PathBuf]) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = dirs.to_vec();
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => open.push(entry.path()),
                kind if kind.is_symlink() => {}
                _ => drop(found.insert(entry.path(), std::fs::read(entry.path()).unwrap())),
            }
        }
    }
    found
}
