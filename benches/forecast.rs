//! Forecast of all pairs against one `git merge-tree` process a pair, in the same run: `cargo bench --bench forecast`.
//!
//! Prints ratios of wall time; `again` is a process a pair once more, when all that it would write is there already. Each branch has one commit with 15 changed files out of 400.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use windrow::domain::forecast::Known;
use windrow::domain::oid::CommitId;
use windrow::git::Repo;
use windrow::git::merge::Trees;
use windrow::survey::forecast::{Subject, forecast};

fn main() {
    // `cargo test --benches` builds it and runs it without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    windrow::git::read_without_hashing();
    println!(
        "{:>6} {:>5} {:>6} {:>10} {:>8} {:>8} {:>11} {:>8} {:>9}",
        "files", "tasks", "pairs", "processes", "again", "cold", "cold/again", "warm", "conflicts"
    );
    for files in [1_000, 10_000, 50_000] {
        for tasks in [8, 20, 50] {
            measure(files, tasks);
        }
    }
}

fn measure(files: usize, tasks: usize) {
    let dir = tempfile::tempdir().unwrap();
    let (base, tips) = repository(dir.path(), files, tasks);
    let repo = Repo::discover(dir.path()).unwrap();
    let subjects: Vec<Subject> = tips.iter().map(|tip| Subject { commit: *tip, base: Some(base) }).collect();
    let pairs: Vec<(CommitId, CommitId)> = (0..tasks)
        .flat_map(|a| (a + 1..tasks).map(move |b| (a, b)))
        .map(|(a, b)| (tips[a], tips[b]))
        .collect();
    let (mut processes, mut again, mut cold, mut warm) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut conflicts = 0;
    for round in 0..3 {
        // Both begin without what an earlier round wrote.
        let theirs = dir.path().join(format!("theirs{round}"));
        std::fs::create_dir(&theirs).unwrap();
        let one_by_one = || pairs.iter().for_each(|(a, b)| merge_tree(dir.path(), &theirs, *a, *b));
        processes.push(time(one_by_one));
        again.push(time(one_by_one));
        let objects = dir.path().join(format!("objects{round}"));
        let mut known = Known::default();
        let mut run = || {
            let found = forecast(repo.place(), &subjects, (&objects, &Trees::default()), &mut known).unwrap();
            conflicts = found.pairs.iter().filter(|(_, _, found)| found.word() == "conflict").count();
        };
        cold.push(time(&mut run));
        warm.push(time(&mut run));
    }
    let [processes, again, cold, warm] = [processes, again, cold, warm].map(median);
    let ratio = |time: Duration, to: Duration| time.as_secs_f64() / to.as_secs_f64();
    println!(
        "{files:>6} {tasks:>5} {:>6} {:>8.0}ms {:>8.2} {:>8.3} {:>11.3} {:>8.4} {conflicts:>9}",
        pairs.len(),
        processes.as_secs_f64() * 1000.0,
        ratio(again, processes),
        ratio(cold, processes),
        ratio(cold, again),
        ratio(warm, processes),
    );
}

fn time(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn merge_tree(dir: &Path, objects: &Path, a: CommitId, b: CommitId) {
    let mut git = git(dir);
    git.env("GIT_OBJECT_DIRECTORY", objects).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", dir.join("objects"));
    let status = git.args(["merge-tree", "--write-tree", &a.to_string(), &b.to_string()]).status().unwrap();
    assert!(status.code().is_some_and(|code| code < 2));
}

/// Makes a bare repository with `main` and a branch for each task.
fn repository(dir: &Path, files: usize, tasks: usize) -> (CommitId, Vec<CommitId>) {
    assert!(git(dir).args(["init", "-q", "--bare", "-b", "main"]).status().unwrap().success());
    let path = |i: usize| format!("d{}/e{}/f{i}", i % 40, i % 7);
    let content = |i: usize, changed: Option<usize>| {
        let mut text = String::new();
        for line in 0..40 {
            match changed {
                Some(task) if line == (task / 4 * 7 + i) % 40 => writeln!(text, "task {task}").unwrap(),
                _ => writeln!(text, "file {i} line {line}").unwrap(),
            }
        }
        text
    };
    let mut stream = String::new();
    let begin = |stream: &mut String, branch: &str| {
        writeln!(stream, "commit refs/heads/{branch}\ncommitter T <t@e> 1700000000 +0000\ndata 1\nx")
            .unwrap();
    };
    let put = |stream: &mut String, path: &str, text: &str| {
        writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len()).unwrap();
    };
    begin(&mut stream, "main");
    (0..files).for_each(|i| put(&mut stream, &path(i), &content(i, None)));
    for task in 0..tasks {
        begin(&mut stream, &format!("t{task}"));
        writeln!(stream, "from refs/heads/main").unwrap();
        for n in 0..15 {
            let i = (task * 131 + n * 37) % 400 % files;
            put(&mut stream, &path(i), &content(i, Some(task)));
        }
    }
    let input: PathBuf = dir.join("stream");
    std::fs::write(&input, stream).unwrap();
    let import =
        git(dir).args(["fast-import", "--quiet"]).stdin(std::fs::File::open(&input).unwrap()).status();
    assert!(import.unwrap().success());
    let tip = |name: String| -> CommitId {
        let output = Command::new("git").current_dir(dir).args(["rev-parse", &name]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    };
    (tip("main".to_owned()), (0..tasks).map(|task| tip(format!("t{task}"))).collect())
}
