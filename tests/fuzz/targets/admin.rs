//! The files of an administrative directory and the `.git` that answers them: listed without a panic, and no other entry is lost.
#![no_main]

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// A repository with a worktree that is whole and one whose files are replaced.
fn repository() -> &'static PathBuf {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a directory").keep();
        let git = |arguments: &[&str]| {
            let identity = ["-c", "user.name=F", "-c", "user.email=f@example.com"];
            let done = Command::new("git").args(identity).args(arguments).current_dir(&dir).status();
            assert!(done.expect("git").success());
        };
        git(&["init", "-q"]);
        git(&["commit", "-q", "--allow-empty", "-m", "first"]);
        git(&["worktree", "add", "-q", "whole"]);
        git(&["worktree", "add", "-q", "spoiled"]);
        dir
    })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let dir = repository();
    let admin = dir.join(".git/worktrees/spoiled");
    let files =
        [admin.join("HEAD"), admin.join("gitdir"), admin.join("commondir"), admin.join("locked"), dir.join("spoiled/.git")];
    for (file, text) in files.iter().zip(bytes.split(|byte| *byte == 0xfe)) {
        std::fs::write(file, text).expect("a file");
    }
    let repo = windrow::git::Repo::discover(dir).expect("the repository");
    let entries = windrow::git::worktrees::list(&repo).expect("a list");
    assert!(entries.len() == 3 && entries.iter().any(|entry| entry.path.ends_with("whole") && entry.broken.is_none()));
});
