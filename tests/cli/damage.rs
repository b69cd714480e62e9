//! Files of ours that are gone, torn, changed or of a newer program: every verb goes on or says why not, and nothing of
//! the user's is touched.

use crate::env::{Env, write};
use crate::world::names;

/// Verbs that change nothing.
const READING: [&[&str]; 3] = [&["status", "--json"], &["history"], &["logs", "api"]];

/// A task with a commit that was landed, and one that ran.
fn lived_in() -> Env {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    write(&env.worktree("api").join("new"), "api\n");
    env.commit_in(&env.worktree("api"), "api");
    env.run(&["merge", "api"]).exits(0);
    env.run(&["run", "api=x", "--command", "echo more > more"]).exits(0);
    env.run(&["start", "other"]).exits(0);
    env
}

fn state(env: &Env, dir: &str) -> Vec<std::path::PathBuf> {
    let dir = env.repo().join(".git/windrow").join(dir);
    names(&dir).iter().map(|name| dir.join(name)).filter(|path| path.is_file()).collect()
}

#[test]
fn lost_records_are_made_anew_from_the_journal() {
    let env = lived_in();
    env.run(&["clean", "other"]).exits(0);
    let before = env.world("");
    let tasks = env.repo().join(".git/windrow/tasks");
    std::fs::remove_dir_all(&tasks).unwrap();
    insta::assert_snapshot!(
        env.run(&["status", "--json"]).exits(0).stderr,
        @"▲ the record of task api is lost; it is taken from the journal"
    );
    assert!(!tasks.exists(), "a verb that reads writes nothing");
    env.run(&["clean", "no-such-task"]).exits(1);
    assert_eq!(env.world(""), before);
    // One that is damaged as well.
    write(&tasks.join("api.json"), "{\"format\":1,");
    let status = env.run(&["status"]).exits(0);
    assert!(status.stderr.contains("api.json is damaged") && status.stdout.contains("api"), "{status}");
    env.run(&["merge", "api"]).exits(0);
    assert_eq!(env.git(&["show", "main:more"]), "more");
    let status = env.run(&["status"]).exits(0);
    assert!(!status.stderr.contains("damaged") && !status.stderr.contains("lost"), "{status}");
}

/// One file after the other: empty, cut in the middle, changed in a byte, of the future. No verb that reads fails, and
/// those that change something either do it or refuse and say which file it is.
#[test]
fn no_damage_stops_a_verb_that_reads() {
    let env = lived_in();
    env.save();
    let runs: Vec<_> =
        names(&env.repo().join(".git/windrow/runs")).iter().map(|run| format!("runs/{run}")).collect();
    let attempt = format!("{}/api/1", runs[0]);
    let mut files = Vec::new();
    for dir in ["", "tasks", "operations", &runs[0], &attempt] {
        files.extend(state(&env, dir));
    }
    assert!(files.len() > 12, "{files:?}");
    for (i, path) in files.iter().enumerate() {
        env.restore();
        let content = std::fs::read(path).unwrap();
        let middle = content.len() / 2;
        let mut changed = content.clone();
        changed.get_mut(middle).into_iter().for_each(|byte| *byte ^= 0x41);
        let future = String::from_utf8_lossy(&content)
            .replace("\"format\":1", "\"format\":9")
            .replace("\"version\":1", "\"version\":9");
        let kinds = [Vec::new(), content[..middle].to_vec(), changed, future.into_bytes()];
        // Each file in two ways, each way on half of the files.
        for damaged in kinds.iter().cycle().skip(i).take(2) {
            env.restore();
            std::fs::write(path, damaged).unwrap();
            for verb in READING {
                let ran = env.run(verb);
                assert!(ran.code <= 1 && !ran.stderr.contains("panicked"), "{}: {ran}", path.display());
                assert!(verb[0] != "status" || ran.code == 0, "{}: {ran}", path.display());
            }
            let started = env.run(&["start", "new"]);
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(started.code == 0 || started.stderr.contains(name), "{}: {started}", path.display());
            env.assert_nothing_open();
            assert!(env.worktree("api").join("more").exists());
        }
        env.assert_sound();
    }
}
