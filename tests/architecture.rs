//! Holds the layers of the crate by reading its sources: what may name what, where things live, how long they may be.
//!
//! The picture and its reasons stand in the documentation of the crate (`src/lib.rs`).

#![allow(unreachable_pub, reason = "nothing is reachable from outside of a test")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/text.rs"]
mod text;

use rules::{Home, Picture, Violation};
use source::Sources;

/// Layer → the layers that it may name. What is not here may not be.
const PICTURE: Picture<'_> = &[
    ("main", &["cli"]),
    ("lib", &[]),
    (
        "cli",
        &[
            "agent",
            "commands",
            "domain",
            "error",
            "git",
            "operation",
            "plan",
            "process",
            "runner",
            "store",
            "survey",
            "ui",
        ],
    ),
    (
        "commands",
        &[
            "agent",
            "domain",
            "error",
            "git",
            "operation",
            "plan",
            "process",
            "runner",
            "store",
            "survey",
            "ui",
        ],
    ),
    ("error", &["agent", "domain", "git", "operation", "plan", "process", "runner", "store", "survey", "ui"]),
    ("plan", &["agent", "domain"]),
    ("agent", &["domain"]),
    ("operation", &["domain", "git", "store"]),
    ("survey", &["domain", "git"]),
    ("runner", &["domain", "process"]),
    ("process", &["domain"]),
    ("git", &["domain"]),
    ("store", &["domain"]),
    ("ui", &["domain"]),
    ("domain", &[]),
];

/// Where things live. An exception is one file with its reason, and is struck when nothing needs it any more.
const HOMES: &[Home<'_>] = &[
    Home { things: &["git2"], home: &["src/git/"], exceptions: &[] },
    Home { things: &["std::process::Command"], home: &["src/git/", "src/process/"], exceptions: &[] },
    Home { things: &["std::env"], home: &["src/cli/"], exceptions: &[] },
    Home {
        things: &["std::fs", "rustix::fs", "tempfile"],
        home: &["src/git/", "src/store/", "src/process/"],
        exceptions: &[(
            "src/plan/source.rs",
            "reads the plan that it is handed, its prompt files, and settings files",
        )],
    },
    Home {
        things: &[
            ".exists()",
            ".try_exists()",
            ".is_file()",
            ".is_dir()",
            ".is_symlink()",
            ".canonicalize()",
            ".metadata()",
            ".symlink_metadata()",
            ".read_dir()",
            ".read_link()",
        ],
        home: &["src/git/", "src/store/", "src/process/"],
        exceptions: &[
            ("src/cli/environment.rs", "resolves the directory that `-C` names"),
            ("src/plan/source.rs", "a prompt file has to be a regular one"),
        ],
    },
    Home {
        things: &["println!", "print!", "eprintln!", "eprint!", "std::io::stdout", "std::io::stderr"],
        home: &["src/ui/"],
        exceptions: &[("src/cli/mod.rs", "asks whether they are terminals")],
    },
    Home { things: &["dbg!", "std::process::exit"], home: &[], exceptions: &[] },
    Home {
        things: &["std::process::abort"],
        home: &[],
        exceptions: &[("src/operation/crash.rs", "in a debug build, dies where a test says")],
    },
    Home {
        things: &[
            "std::time::SystemTime::now",
            "jiff::Timestamp::now",
            "jiff::Zoned::now",
            "jiff::tz::TimeZone::system",
        ],
        home: &["src/cli/"],
        exceptions: &[("src/process/shim.rs", "a supervisor is a program of its own: it stamps its result")],
    },
    Home { things: &["indicatif", "dialoguer", "console"], home: &["src/ui/"], exceptions: &[] },
    Home { things: &["clap_complete"], home: &["src/cli/"], exceptions: &[] },
    Home { things: &["clap"], home: &["src/cli/", "src/commands/"], exceptions: &[] },
    Home { things: &["rayon"], home: &["src/survey/", "src/operation/", "src/git/"], exceptions: &[] },
    Home { things: &["crate::git::write"], home: &["src/git/", "src/operation/"], exceptions: &[] },
    // Of the store: what an operation journals. Records of runs and attempts belong to `run`; caches to whoever reads.
    Home {
        things: &[".claim_operation(", ".begin(", ".write_task(", ".abandoned(", ".discard_staging("],
        home: &["src/store/", "src/operation/"],
        exceptions: &[],
    },
    Home { things: &["unsafe"], home: &[], exceptions: &[] },
    Home {
        things: &["remove_dir_all"],
        home: &[],
        exceptions: &[
            ("src/store/mod.rs", "what an operation built and did not move into place: small files of ours"),
            (
                "src/git/passing.rs",
                "objects of a forecast that was killed, in a directory that bears its process's number",
            ),
            ("src/store/erase.rs", "what the trash held, where there are no open directories to walk from"),
        ],
    },
];

fn sources() -> Sources {
    Sources::read(Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// Gives every `FILE: TEST` that the map of the house names.
fn named_tests(map: &str) -> Vec<(&str, &str)> {
    map.split('`').filter(|name| name.contains(".rs: ")).filter_map(|name| name.split_once(": ")).collect()
}

fn assert_none(violations: &[Violation]) {
    let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "\n{}\n", told.join("\n"));
}

#[test]
fn the_layers_name_only_what_the_picture_shows() {
    assert_none(&rules::layering(&sources(), PICTURE));
}

#[test]
fn things_live_in_their_homes() {
    assert_none(&rules::homes(&sources(), HOMES));
}

#[test]
fn nothing_imports_in_a_ring() {
    assert_none(&rules::cycles(&sources()));
}

#[test]
fn the_tests_that_hold_the_invariants_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = std::fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let map: String = map.lines().filter(|line| line.starts_with("//! |")).collect();
    let named = named_tests(&map);
    assert!(named.len() >= 13, "{named:?}");
    for (file, test) in named {
        let source = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        assert!(
            source.contains(&format!("fn {test}()")),
            "src/lib.rs names `{file}: {test}`, which is not there"
        );
    }
}

/// A file that `main.rs` does not name is compiled by nobody.
fn unregistered(main: &str, files: &[String]) -> Vec<String> {
    let is_named = |file: &String| main.lines().any(|line| line.trim() == format!("mod {file};"));
    files.iter().filter(|file| *file != "main" && !is_named(file)).cloned().collect()
}

#[test]
fn every_file_of_the_cli_tests_is_run() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let paths = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let main = std::fs::read_to_string(dir.join("main.rs")).unwrap();
    assert!(files.len() > 3, "{files:?}");
    assert_eq!(unregistered(&main, &files), Vec::<String>::new(), "tests/cli/main.rs does not name these");
    assert_eq!(unregistered("mod env;\n// mod run;\n", &["run".to_owned(), "env".to_owned()]), ["run"]);
}

#[test]
fn modules_say_what_is_in_them() {
    assert_none(&rules::names(
        &sources(),
        &["util", "utils", "helper", "helpers", "common", "misc", "shared"],
    ));
}

#[test]
fn files_and_functions_are_short() {
    let sources = sources();
    assert_none(&rules::sizes(&sources, 700, 100));
    let file = rules::percentile(sources.files.iter().map(|file| file.lines), 50);
    let functions = sources.files.iter().flat_map(|file| &file.functions);
    let function = rules::percentile(functions.map(|function| function.lines), 95);
    println!("median file {file}, 95 of 100 functions up to {function} lines");
    assert!(file <= 250, "the median file has {file} production lines; 250 is the aim");
    assert!(function <= 45, "95 of 100 functions have up to {function} lines; 45 is the aim");
}
