//! What git's own tests ask of worktrees and merges, asked of us: each row names git's script and case. The rows are our own; where
//! git is the truth, a twin of the repository is given to it and both are compared.
//!
//! Not asked, since Windrow has no such thing: detached and orphan worktrees, `--track`, guessing of remote branches, `--no-checkout`
//! (t2400); `lock`, `move` (t2403); octopus, `ours` and other strategies, autostash, editors, tags, merging into an unborn branch
//! (t6424, t7600); relative worktrees, which git 2.47 itself refuses (t2400, t2406). Covered elsewhere: a bad worktree beside
//! (`hostile`), every class of dirt in a removal (`clean`), repositories of every kind (`kinds`).

use std::path::{Path, PathBuf};

use crate::env::{Env, Ran, write};

fn branch(env: &Env, name: &str, files: &[(&str, &str)]) {
    env.git(&["checkout", "-q", "-b", name]);
    files.iter().for_each(|(path, text)| env.write(path, text));
    env.commit(name);
    env.git(&["checkout", "-q", "main"]);
}

/// Asserts a refusal that names what is in the way, with nothing changed.
fn refused(env: &Env, dir: &Path, arguments: &[&str], names: &str, case: &str) -> Ran {
    let before = env.everything();
    let ran = env.run_in(dir, arguments);
    assert!(ran.code == 1 && ran.stderr.contains(names), "{case}: {ran}");
    env.assert_untouched(&before, &ran);
    ran
}

#[test]
fn t2400_what_stands_in_the_way_of_a_new_worktree() {
    let env = Env::new();
    let at = |name: &str| env.worktree(name);
    write(&at("full").join("mine"), "mine\n");
    refused(&env, &env.repo(), &["start", "full"], "repo.worktrees/full", "add an existing worktree");
    std::fs::create_dir_all(at("empty")).unwrap();
    env.run(&["start", "empty"]).exits(0);
    assert!(at("empty").join("file").exists(), "add an existing empty worktree");
    branch(&env, "taken", &[("x", "x\n")]);
    env.git(&["worktree", "add", "-q", "../elsewhere", "taken"]);
    refused(
        &env,
        &env.repo(),
        &["start", "taken"],
        "[DIR]/elsewhere",
        "die the same branch is already checked out",
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(env.repo(), env.dir().join("link")).unwrap();
        let link = env.dir().join("link");
        refused(&env, &link, &["start", "taken"], "[DIR]/elsewhere", "the same through a symbolic link");
        refused(&env, &link, &["start", "main"], "[DIR]/repo", "refuse to reset a branch in use elsewhere");
    }
    std::fs::remove_dir_all(env.dir().join("elsewhere")).unwrap();
    refused(
        &env,
        &env.repo(),
        &["start", "taken"],
        "[DIR]/elsewhere",
        "add an existing but missing worktree",
    );
    write(&env.repo().join(".git/worktrees/elsewhere/locked"), "on a stick\n");
    refused(
        &env,
        &env.repo(),
        &["start", "taken"],
        "[DIR]/elsewhere",
        "add an existing locked but missing worktree",
    );
    env.git(&["fsck", "--strict"]);
}

#[test]
fn t2400_from_everywhere_with_the_same_result() {
    let env = Env::new();
    let config = std::fs::read(env.repo().join(".git/config")).unwrap();
    std::fs::create_dir_all(env.repo().join("deep/er")).unwrap();
    env.run_in(&env.repo().join("deep/er"), &["start", "sub"]).exits(0);
    env.run_in(&env.worktree("sub"), &["start", "linked"]).exits(0);
    env.run_in(&env.repo().join(".git"), &["start", "inside"]).exits(0);
    env.git(&["checkout", "-q", "--detach"]);
    env.run(&["start", "detached"]).exits(0);
    for name in ["sub", "linked", "inside", "detached"] {
        assert_eq!(env.git_in(&env.worktree(name), &["symbolic-ref", "HEAD"]), format!("refs/heads/{name}"));
        assert_eq!(env.git_in(&env.worktree(name), &["status", "--porcelain"]), "");
        assert!(
            env.git_in(&env.worktree(name), &["reflog", "-1"]).contains("HEAD@{0}"),
            "work on it can be found again"
        );
    }
    // No upstream is written, though what it starts from has one.
    env.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    env.run(&["start", "tracked", "--base", "origin/main"]).exits(0);
    assert_eq!(
        std::fs::read(env.repo().join(".git/config")).unwrap(),
        config,
        "--no-track avoids setting up tracking"
    );
    let bare = env.dir().join("bare.git");
    env.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    env.run_in(&bare, &["start", "frombare"]).exits(0);
    assert_eq!(env.git_in(&env.dir().join("bare.worktrees/frombare"), &["status", "--porcelain"]), "");
    env.assert_sound();
}

#[test]
fn t2400_the_post_checkout_hook_runs_as_git_runs_it() {
    let env = Env::new();
    let told = env.dir().join("told");
    let hook = |dir: &Path| {
        let text = format!(
            "#!/bin/sh\necho \"$@\" >>'{0}'; git rev-parse --show-toplevel >>'{0}'\n",
            told.display()
        );
        write(&dir.join("hooks/post-checkout"), &text);
        let chmod = env.command("chmod", &env.dir()).arg("+x").arg(dir.join("hooks/post-checkout")).status();
        assert!(chmod.unwrap().success());
    };
    hook(&env.repo().join(".git"));
    let head = env.git(&["rev-parse", "HEAD"]);
    env.run(&["start", "ours"]).exits(0);
    let ours = std::fs::read_to_string(&told).unwrap();
    std::fs::remove_file(&told).unwrap();
    env.git(&["worktree", "add", "-q", "-b", "gits", "../repo.worktrees/gits"]);
    let gits = std::fs::read_to_string(&told).unwrap();
    assert_eq!(ours, gits.replace("worktrees/gits", "worktrees/ours"));
    assert!(ours.starts_with(&format!("{} {head} 1\n", "0".repeat(40))), "{ours}");
}

/// A branch that a rebase, a bisection or `--update-refs` holds elsewhere: t2400, t2407.
#[test]
fn t2407_branches_that_an_operation_holds_elsewhere() {
    let held: [(&str, &[&[&str]]); 4] = [
        (
            "rebase (merge)",
            &[&[
                "-c",
                "sequence.editor=sed -i s/^pick/edit/",
                "rebase",
                "-q",
                "-i",
                "--no-autosquash",
                "HEAD~1",
            ]],
        ),
        ("rebase (apply)", &[&["rebase", "-q", "--apply", "onto"]]),
        ("bisect", &[&["bisect", "start"], &["bisect", "bad", "held"], &["bisect", "good", "held~2"]]),
        (
            "--update-refs",
            &[
                &["checkout", "-q", "-b", "above"],
                &["commit", "-q", "--allow-empty", "-m", "above"],
                &[
                    "-c",
                    "sequence.editor=sed -i 1s/^pick/edit/",
                    "rebase",
                    "-q",
                    "-i",
                    "--update-refs",
                    "HEAD~2",
                ],
            ],
        ),
    ];
    for (case, commands) in held {
        let env = Env::new();
        branch(&env, "onto", &[("file", "onto\n")]);
        env.git(&["branch", "held"]);
        let tree = env.dir().join("w");
        env.git(&["worktree", "add", "-q", "../w", "held"]);
        write(&tree.join("one"), "1\n");
        env.commit_in(&tree, "one");
        write(&tree.join("file"), "held\n");
        env.commit_in(&tree, "two");
        for command in commands {
            // A rebase that stops at a conflict exits 1.
            let output = env.command("git", &tree).args(*command).env("GIT_EDITOR", "true").output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() || case == "rebase (apply)", "{case}: {said}");
        }
        env.task("work", &[("new", "n\n")]);
        let tip = env.git(&["rev-parse", "held"]);
        refused(&env, &env.repo(), &["start", "held"], "[DIR]/w", case);
        let ran = env.run(&["merge", "work", "--into", "held"]).exits(1);
        assert!(ran.stderr.contains("[DIR]/w"), "{case}: {ran}");
        assert_eq!(env.git(&["rev-parse", "held"]), tip, "{case}");
    }
}

/// A task's own branch in such a state is neither landed under it nor taken away.
#[test]
fn t2407_a_task_in_the_middle_of_an_operation_is_not_removed() {
    let env = Env::new();
    let tree = env.task("work", &[("new", "n\n")]);
    let edit = ["-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-q", "-i", "HEAD~1"];
    assert!(
        env.command("git", &tree).args(edit).env("GIT_EDITOR", "true").output().unwrap().status.success()
    );
    let ran = env.run(&["clean", "work"]).exits(1);
    assert!(ran.stdout.contains("rebase"), "{ran}");
    assert!(tree.join("new").exists() && env.repo().join(".git/worktrees/work/rebase-merge").exists());
}

/// Entries of others are never pruned: t2401, t2402.
#[test]
fn t2401_entries_of_others_stay_whatever_they_are() {
    let env = Env::new();
    let dir = env.repo().join(".git/worktrees");
    for name in ["locked", "nowhere", "whole", "twin"] {
        env.git(&["worktree", "add", "-q", "-b", name, &format!("../{name}")]);
    }
    write(&dir.join("without"), "");
    std::fs::remove_file(dir.join("without")).unwrap();
    std::fs::create_dir(dir.join("without")).unwrap();
    write(&dir.join("invalid/gitdir"), "");
    write(&dir.join("locked/locked"), "not\nnow\n");
    std::fs::remove_dir_all(env.dir().join("nowhere")).unwrap();
    std::fs::remove_dir_all(env.dir().join("locked")).unwrap();
    std::fs::copy(dir.join("whole/gitdir"), dir.join("twin/gitdir")).unwrap();
    let listing = || {
        let all = env.everything();
        all.into_iter()
            .filter(|(path, _)| {
                path.starts_with("repo/.git/worktrees") && !path.starts_with("repo/.git/worktrees/api")
            })
            .collect::<Vec<_>>()
    };
    let before = listing();
    env.run(&["start", "api"]).exits(0);
    for verb in [
        &["status"][..],
        &["doctor"],
        &["doctor", "--fix"],
        &["clean"],
        &["clean", "api"],
        &["undo"],
        &["redo"],
    ] {
        let ran = env.run(verb);
        assert!(ran.code == 0, "{verb:?}: {ran}");
    }
    assert!(
        listing() == before,
        "prune directories without gitdir, with an invalid one, one that points nowhere; not prune locked"
    );
    // Every one of them is shown, in the words of `git worktree list`.
    let foreign = env.run(&["status", "--json"]).exits(0).json()["foreign"].as_array().unwrap().clone();
    let shown: Vec<&str> = foreign.iter().map(|row| row["path"].as_str().unwrap()).collect();
    for name in ["locked", "nowhere", "whole"] {
        assert!(shown.iter().any(|path| path.ends_with(&format!("/{name}"))), "{name}: {shown:?}");
    }
    let locked = foreign.iter().find(|row| row["path"].as_str().unwrap().ends_with("/locked")).unwrap();
    assert_eq!(
        (&locked["locked"], &locked["reason"]),
        (&true.into(), &"not\nnow".into()),
        "locked reason newline"
    );
}

/// Removal: t2403.
#[test]
fn t2403_what_is_not_removed() {
    let env = Env::new();
    let tree = env.task("held", &[]);
    env.git(&["worktree", "lock", "--reason", "mine", "../repo.worktrees/held"]);
    let ran = env.run(&["clean", "held", "-y", "--discard", "untracked"]).exits(1);
    assert!(ran.stdout.contains("mine"), "remove locked worktree: {ran}");
    std::fs::remove_dir_all(&tree).unwrap();
    let ran = env.run(&["clean", "held"]).exits(1);
    assert!(ran.stdout.contains("mine"), "NOT remove missing-but-locked worktree: {ran}");
    env.git(&["worktree", "unlock", "../repo.worktrees/held"]);
    env.run(&["clean", "held"]).exits(0);
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 1, "remove missing worktree");
    assert!(!env.repo().join(".git/worktrees/held").exists(), "remove cleans up .git/worktrees");
    let missing = env.run(&["clean", "nobody"]).exits(1);
    assert!(missing.stderr.contains("`nobody`"), "proper error when worktree not found: {missing}");
    let main = env.run(&["adopt", "."]).exits(1);
    assert!(main.stderr.contains("main worktree"), "remove main worktree: {main}");
}

/// Submodules: t2400, t2403, t2405.
#[test]
fn t2405_submodules_are_as_git_leaves_them() {
    for initialised in [false, true] {
        let env = Env::new();
        let sub = env.dir().join("sub");
        env.git(&["clone", "-q", ".", sub.to_str().unwrap()]);
        env.git(&[
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            sub.to_str().unwrap(),
            "sub",
        ]);
        env.commit("submodule");
        if !initialised {
            env.git(&["submodule", "--quiet", "deinit", "-f", "sub"]);
        }
        for recurse in ["false", "true"] {
            env.git(&["config", "submodule.recurse", recurse]);
            let (ours, gits) = (format!("ours-{recurse}"), format!("gits-{recurse}"));
            env.run(&["start", &ours]).exits(0);
            env.git(&["worktree", "add", "-q", "-b", &gits, &format!("../{gits}")]);
            let shape = |root: PathBuf| {
                let names = crate::world::names(&root);
                (names, crate::world::names(&root.join("sub")), env.git_in(&root, &["status", "--porcelain"]))
            };
            assert_eq!(
                shape(env.worktree(&ours)),
                shape(env.dir().join(&gits)),
                "initialised {initialised}, recurse {recurse}"
            );
        }
        let tree = env.worktree("ours-false");
        env.git_in(&tree, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"]);
        let ran = env.run(&["clean", "ours-false"]).exits(1);
        assert!(ran.stdout.contains("submodule"), "not remove a repo with initialized submodule: {ran}");
        assert!(tree.join("sub/file").exists());
    }
}

/// Repair: t2406.
#[test]
fn t2406_doctor_mends_what_git_would_repair() {
    let env = Env::new();
    let dot_git = |name: &str| env.worktree(name).join(".git");
    env.run(&["start", "gone", "bogus", "repository", "foreign"]).exits(0);
    std::fs::remove_file(dot_git("gone")).unwrap();
    std::fs::write(dot_git("bogus"), "gibberish\n").unwrap();
    std::fs::remove_file(dot_git("repository")).unwrap();
    env.git_in(&env.worktree("repository"), &["init", "-q"]);
    let other = env.dir().join("other");
    env.git(&["clone", "-q", ".", other.to_str().unwrap()]);
    env.git_in(&other, &["worktree", "add", "-q", "-b", "foreign", "../theirs"]);
    std::fs::copy(env.dir().join("theirs/.git"), dot_git("foreign")).unwrap();
    let theirs = std::fs::read(dot_git("foreign")).unwrap();
    env.run(&["doctor", "--fix"]).exits(0);
    for name in ["gone", "bogus"] {
        assert_eq!(env.git_in(&env.worktree(name), &["symbolic-ref", "HEAD"]), format!("refs/heads/{name}"));
    }
    assert!(dot_git("repository").is_dir(), "don't clobber .git repo");
    assert_eq!(std::fs::read(dot_git("foreign")).unwrap(), theirs, "one that another repository has");
}

/// What stands in a target, what is merged into it, and whether git takes it.
struct Dirt {
    case: &'static str,
    prepare: fn(&Env),
    /// Where we refuse what git would take, or take what git refuses: in a few words why.
    apart: Option<&'static str>,
}

const DIRT: [Dirt; 18] = [
    Dirt { case: "t7600: clean", prepare: |_| {}, apart: None },
    Dirt { case: "t6436: untracked file", prepare: |env| env.write("new", "mine\n"), apart: None },
    Dirt {
        case: "t6436: untracked file of the same content",
        prepare: |env| env.write("new", "new\n"),
        apart: Some("git takes equal content for its own"),
    },
    Dirt {
        case: "t6436: new file, staged",
        prepare: |env| {
            env.write("new", "mine\n");
            env.git(&["add", "new"]);
        },
        apart: None,
    },
    Dirt {
        case: "t6436: staged changes",
        prepare: |env| {
            env.write("file", "mine\n");
            env.git(&["add", "file"]);
        },
        apart: None,
    },
    Dirt { case: "t6436: unstaged changes", prepare: |env| env.write("file", "mine\n"), apart: None },
    Dirt {
        case: "t6436: removed file",
        prepare: |env| {
            env.git(&["rm", "-q", "file"]);
        },
        apart: None,
    },
    Dirt {
        case: "t6436: re-added file",
        prepare: |env| {
            env.git(&["rm", "-q", "--cached", "file"]);
        },
        apart: None,
    },
    Dirt {
        case: "t6436: removed file with staged changes",
        prepare: |env| {
            env.write("file", "mine\n");
            env.git(&["add", "file"]);
            std::fs::remove_file(env.repo().join("file")).unwrap();
        },
        apart: None,
    },
    Dirt {
        case: "t6436: untracked subtree",
        prepare: |env| env.write("dir/sub/mine", "mine\n"),
        apart: None,
    },
    Dirt {
        case: "t6436: untracked file in leading path",
        prepare: |env| env.write("dir", "mine\n"),
        apart: None,
    },
    Dirt {
        case: "t6436: untracked symlink in leading path",
        prepare: |env| {
            std::fs::create_dir(env.dir().join("aside")).unwrap();
            std::os::unix::fs::symlink("../aside", env.repo().join("dir")).unwrap();
        },
        apart: None,
    },
    Dirt {
        case: "t7600: a file that was only touched",
        prepare: |env| {
            let text = std::fs::read(env.repo().join("file")).unwrap();
            std::fs::remove_file(env.repo().join("file")).unwrap();
            std::fs::write(env.repo().join("file"), text).unwrap();
        },
        apart: None,
    },
    Dirt { case: "t7611: dirty elsewhere", prepare: |env| env.write("src/lib.rs", "mine\n"), apart: None },
    Dirt {
        case: "t6424: staged elsewhere",
        prepare: |env| {
            env.write("src/lib.rs", "mine\n");
            env.git(&["add", "."]);
        },
        apart: Some("git refuses every merge beside a staged change, we keep it"),
    },
    Dirt {
        case: "t7600: index.lock exists",
        prepare: |env| write(&env.repo().join(".git/index.lock"), ""),
        apart: None,
    },
    Dirt {
        case: "t7611: a merge is in progress",
        prepare: |env| {
            env.command("git", &env.repo())
                .args(["merge", "-q", "--no-commit", "--no-ff", "other"])
                .output()
                .unwrap();
        },
        apart: None,
    },
    Dirt {
        case: "an ignored file in the way",
        prepare: |env| {
            env.write(".git/info/exclude", "new\n");
            env.write("new", "mine\n");
        },
        apart: Some("git overwrites ignored files"),
    },
];

/// Index, files and state of the main worktree, its objects' names and its branch.
fn state(env: &Env) -> String {
    let mut all = env.git(&["ls-files", "-s"]) + "\n" + &env.git(&["rev-parse", "HEAD^{tree}"]);
    for (path, bytes) in env.everything() {
        if path.starts_with("repo") && !path.starts_with("repo/.git") {
            all += &format!("\n{} {}", path.display(), String::from_utf8_lossy(&bytes));
        }
    }
    all
}

#[test]
fn t6436_nothing_of_the_user_s_is_overwritten_and_git_agrees() {
    let mut agreed = 0;
    for ff in [true, false] {
        // What a fast-forward adds to it is little.
        let rows = if ff { &DIRT[..6] } else { &DIRT[..] };
        for Dirt { case, prepare, apart } in rows {
            let make = || {
                let env = Env::new();
                branch(&env, "other", &[("elsewhere", "x\n")]);
                let tree =
                    env.task("work", &[("new", "new\n"), ("file", "work\n"), ("dir/sub/deep", "deep\n")]);
                assert!(tree.exists());
                if !ff {
                    env.write("main", "main\n");
                    env.commit("main went on");
                }
                prepare(&env);
                env
            };
            let (ours, twin) = (make(), make());
            let before = state(&ours);
            let ran = ours.run(&["merge", "work", "--strategy", if ff { "ff" } else { "merge" }]);
            let git = twin
                .command("git", &twin.repo())
                .args(["merge", "-q", "--no-edit", "work"])
                .output()
                .unwrap();
            let taken = git.status.success();
            assert!([0, 1].contains(&ran.code), "{case}: {ran}");
            if ran.code == 1 {
                assert_eq!(state(&ours), before, "{case}, ff {ff}: refused and nothing changed: {ran}");
            }
            if ran.code == 0 && taken {
                assert_eq!(state(&ours), state(&twin), "{case}, ff {ff}");
            }
            match apart {
                Some(_) => {}
                None => {
                    assert_eq!(
                        ran.code == 0,
                        taken,
                        "{case}, ff {ff}: git {}: {ran}",
                        String::from_utf8_lossy(&git.stderr)
                    );
                    agreed += 1;
                }
            }
        }
    }
    assert_eq!(agreed, 5 + DIRT.iter().filter(|dirt| dirt.apart.is_none()).count());
}

/// Modes: t7600.
#[test]
fn t7600_every_mode_gives_git_s_history() {
    let modes: [(&str, &[&str]); 3] =
        [("merge", &["--no-ff", "--no-edit"]), ("ff", &["--ff-only"]), ("squash", &["--squash"])];
    for (strategy, flags) in modes {
        for behind in [true, false] {
            let make = || {
                let env = Env::new();
                env.task("work", &[("new", "new\n")]);
                if !behind {
                    env.write("main", "main\n");
                    env.commit("main went on");
                }
                env
            };
            let (ours, twin) = (make(), make());
            let ran = ours.run(&["merge", "work", "--strategy", strategy]);
            let git =
                twin.command("git", &twin.repo()).arg("merge").args(flags).arg("work").output().unwrap();
            assert_eq!(ran.code == 0, git.status.success(), "{strategy}, behind {behind}: {ran}");
            if strategy == "squash" {
                twin.git(&["commit", "-q", "-m", "squash"]);
            }
            assert_eq!(state(&ours), state(&twin), "{strategy}, behind {behind}");
            let shape = |env: &Env| {
                env.git(&["log", "--format=%p", "main", "--"])
                    .lines()
                    .map(|line| line.split(' ').filter(|p| !p.is_empty()).count())
                    .collect::<Vec<_>>()
            };
            assert_eq!(shape(&ours), shape(&twin), "{strategy}, behind {behind}");
            // Again: already up to date.
            let again = ours.run(&["merge", "work", "--strategy", strategy]);
            assert!(again.code == i32::from(ran.code != 0), "{strategy}: {again}");
        }
    }
}

/// The count of conflicts never goes through an exit status: t7600, mod-256.
#[test]
fn t7600_two_hundred_and_fifty_six_conflicts_are_a_conflict() {
    let env = Env::new();
    let names: Vec<String> = (0..256).map(|n| format!("f{n}")).collect();
    names.iter().for_each(|name| env.write(name, "base\n"));
    env.commit("base");
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "work\n")).collect();
    env.task("work", &files);
    names.iter().for_each(|name| env.write(name, "main\n"));
    env.commit("main");
    let document = env.run(&["merge", "work", "--json"]).exits(3).json();
    assert_eq!(document["rejected"][0]["conflicts"].as_array().unwrap().len(), 256);
}

/// A case, and what is done to the task's worktree before.
type Dirty = (&'static str, fn(&Path));

/// A merge that was begun in the task's worktree ends as it began: t7611.
#[test]
fn t7611_abort_gives_everything_back() {
    let dirty: [Dirty; 3] = [
        ("Abort after conflicts", |_| {}),
        ("Abort conflicting merge with non-conflicting dirty worktree", |tree| {
            write(&tree.join("src/lib.rs"), "mine\n");
        }),
        ("with an untracked file", |tree| write(&tree.join("untracked"), "mine\n")),
    ];
    for (case, prepare) in dirty {
        let make = || {
            let env = Env::new();
            env.task("work", &[("file", "work\n")]);
            env.write("file", "main\n");
            env.write("main", "main\n");
            env.commit("main");
            prepare(&env.worktree("work"));
            env
        };
        let (ours, twin) = (make(), make());
        let of = |env: &Env| {
            let tree = env.worktree("work");
            let files: Vec<_> = env
                .everything()
                .into_iter()
                .filter(|(path, _)| path.starts_with("repo.worktrees/work") && !path.ends_with(".git"))
                .collect();
            let admin = env.repo().join(".git/worktrees/work");
            let state: Vec<bool> = ["MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE"]
                .iter()
                .map(|name| admin.join(name).exists())
                .collect();
            (
                env.git_in(&tree, &["ls-files", "-s"]),
                env.git_in(&tree, &["status", "--porcelain"]),
                files,
                state,
            )
        };
        let before = of(&ours);
        let resolve = ours.run(&["merge", "work", "--resolve"]);
        let tree = twin.worktree("work");
        let begun = twin.command("git", &tree).args(["merge", "-q", "main"]).output().unwrap();
        assert!(!begun.status.success());
        if resolve.code == 3 {
            assert!(
                ours.git_in(&ours.worktree("work"), &["ls-files", "-u"])
                    == twin.git_in(&tree, &["ls-files", "-u"]),
                "{case}"
            );
            ours.run(&["merge", "work", "--abort"]).exits(0);
            twin.git_in(&tree, &["merge", "--abort"]);
        }
        assert_eq!(of(&ours), before, "{case}: {resolve}");
        let fails = ours.run(&["merge", "work", "--abort"]).exits(1);
        assert!(!fails.stderr.is_empty(), "fails without MERGE_HEAD");
    }
}
