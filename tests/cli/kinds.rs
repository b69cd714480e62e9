//! Repositories of many kinds: in each of them a task gets the bytes, the committed tree and the merge that git gives, or all of it is refused and
//! nothing is written.

use std::collections::BTreeMap;
use std::path::Path;

use crate::env::{Env, write};

/// A kind: its name, and what makes a repository one.
type Kind = (&'static str, fn(&Env));

fn config(env: &Env, pairs: &[(&str, &str)]) {
    pairs.iter().for_each(|(key, value)| drop(env.git(&["config", key, value])));
}

fn attributes(env: &Env, text: &str) {
    env.write(".gitattributes", text);
    env.git(&["add", "--renormalize", "."]);
    env.commit("attributes");
    refresh(env);
}

/// Checks everything out anew, as the settings and attributes say that it has to be.
fn refresh(env: &Env) {
    env.git(&["rm", "-q", "-r", "--cached", "."]);
    for name in env.git(&["ls-tree", "-r", "--name-only", "HEAD"]).lines() {
        std::fs::remove_file(env.repo().join(name)).unwrap();
    }
    env.git(&["reset", "-q", "--hard"]);
}

fn hook(env: &Env, name: &str, body: &str) {
    write(&env.repo().join(".git/hooks").join(name), &format!("#!/bin/sh\n{body}\n"));
    env.command("chmod", &env.repo()).args(["+x", &format!(".git/hooks/{name}")]).status().unwrap();
}

/// Moves the repository's place to a clone that git makes in a way of its own.
fn cloned(env: &Env, arguments: &[&str]) {
    let url = format!("file://{}", env.dir().join("origin").display());
    std::fs::rename(env.repo(), env.dir().join("origin")).unwrap();
    let dir = env.dir();
    env.git_in(&dir.join("origin"), &["config", "uploadpack.allowFilter", "true"]);
    let mut all = vec!["clone", "-q"];
    all.extend(arguments);
    all.extend([url.as_str(), "repo"]);
    env.git_in(&dir, &all);
}

const KINDS: [Kind; 27] = [
    ("plain", |_| {}),
    ("autocrlf", |env| {
        config(env, &[("core.autocrlf", "true")]);
        refresh(env);
    }),
    ("autocrlf input", |env| config(env, &[("core.autocrlf", "input")])),
    ("eol crlf", |env| attributes(env, "* text eol=crlf\n")),
    ("text auto with CRLF files", |env| {
        env.write("crlf", "one\r\ntwo\r\n");
        attributes(env, "* text=auto\n");
    }),
    ("ident", |env| {
        env.write("file", "$Id$\none\n");
        attributes(env, "* ident\n");
    }),
    ("working tree encoding", |env| {
        attributes(env, "wide working-tree-encoding=UTF-16LE\n");
        std::fs::write(env.repo().join("wide"), b"a\0b\0\n\0").unwrap();
        env.commit("wide");
    }),
    ("a filter driver", |env| {
        config(env, &[("filter.x.clean", "sed s/secret/SAFE/"), ("filter.x.smudge", "sed s/SAFE/secret/")]);
        env.write("file", "a secret\n");
        attributes(env, "* filter=x\n.gitattributes -filter\n");
    }),
    ("a sparse cone", |env| {
        env.write("out/side", "1\n");
        env.commit("outside");
        env.git(&["sparse-checkout", "set", "--cone", "src"]);
    }),
    ("sparse patterns", |env| {
        env.write("out/side", "1\n");
        env.commit("outside");
        env.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/out/"]);
    }),
    ("a split index", |env| {
        config(env, &[("core.splitIndex", "true")]);
        env.git(&["update-index", "--split-index"]);
    }),
    ("an untracked cache", |env| config(env, &[("core.untrackedCache", "true")])),
    ("a file system monitor", |env| {
        config(env, &[("core.fsmonitor", "/bin/false")]);
    }),
    ("a shallow clone", |env| {
        env.write("file", "two\n");
        env.commit("second");
        cloned(env, &["--depth", "1"]);
    }),
    ("a partial clone", |env| cloned(env, &["--filter=blob:none"])),
    ("a submodule", |env| {
        let dir = env.dir();
        env.git_in(&dir, &["init", "-q", "sub"]);
        env.git_in(&dir.join("sub"), &["commit", "-q", "--allow-empty", "-m", "sub"]);
        env.git(&["-c", "protocol.file.allow=always", "submodule", "add", "-q", "../sub", "sub"]);
        env.commit("submodule");
    }),
    ("configuration by worktree", |env| config(env, &[("extensions.worktreeConfig", "true")])),
    ("a merge driver", |env| {
        config(env, &[("merge.x.driver", "cat %B >> %A")]);
        attributes(env, "file merge=x\n");
    }),
    ("signing", |env| {
        let program = env.script("gpg", "cat > /dev/null; echo '[GNUPG:] SIG_CREATED ' >&2; echo -----BEGIN PGP SIGNATURE-----; echo -----END PGP SIGNATURE-----");
        config(env, &[("commit.gpgSign", "true"), ("gpg.program", program.to_str().unwrap())]);
    }),
    ("hooks", |env| {
        hook(env, "pre-commit", "echo by the hook > hooked; git add hooked");
        hook(env, "post-checkout", "true");
    }),
    ("a hooks path", |env| {
        env.write("hooks/pre-commit", "#!/bin/sh\necho by the hook > hooked; git add hooked\n");
        env.command("chmod", &env.repo()).args(["+x", "hooks/pre-commit"]).status().unwrap();
        env.commit("hooks");
        config(env, &[("core.hooksPath", "hooks")]);
    }),
    ("replaced objects", |env| {
        env.write("file", "replaced\n");
        env.commit("second");
        let (old, new) = (env.git(&["rev-parse", "HEAD^"]), env.git(&["rev-parse", "HEAD"]));
        env.git(&["replace", &old, &new]);
    }),
    ("alternates", |env| cloned(env, &["--shared"])),
    ("links and programs", |env| {
        #[cfg(unix)]
        std::os::unix::fs::symlink("file", env.repo().join("link")).unwrap();
        env.write("program", "#!/bin/sh\n");
        env.command("chmod", &env.repo()).args(["+x", "program"]).status().unwrap();
        env.commit("links");
    }),
    ("odd names", |env| {
        for name in ["a b", "tab\there", "quote\"", "ünïcode", "-dash", "new\nline"] {
            env.write(name, "1\n");
        }
        env.commit("names");
    }),
    ("modes that do not count", |env| config(env, &[("core.fileMode", "false")])),
    ("an ignored and tracked file", |env| {
        env.write("tracked.log", "1\n");
        env.git(&["add", "-f", "tracked.log"]);
        env.commit("tracked though ignored");
    }),
];

/// The files of a worktree with their bytes, `.git` left out.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            let kind = path.symlink_metadata().unwrap();
            if name == ".git" {
            } else if kind.is_symlink() {
                found.insert(
                    name,
                    std::fs::read_link(&path).unwrap().to_string_lossy().into_owned().into_bytes(),
                );
            } else if kind.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(dir, dir, &mut found);
    found
}

/// What an agent does, and a person in the twin.
const WORK: &str = "printf 'a secret line\\n' >> src/lib.rs; printf 'new\\r\\n' > new; [ ! -e file ] || printf 'more\\n' >> file; mkdir -p src/er; echo x > src/er/x";

#[test]
fn each_kind_gets_what_git_gives() {
    let kinds = std::sync::Mutex::new(KINDS.iter());
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((name, make)) = kinds.lock().unwrap().next() else { return };
                    if let Err(panic) = std::panic::catch_unwind(|| one(make)) {
                        let said = panic.downcast_ref::<String>().cloned();
                        wrong.lock().unwrap().push(format!("{name}: {}", said.unwrap_or_default()));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn one(make: &fn(&Env)) {
    let env = Env::new();
    make(&env);
    let tree = env.dir().join("repo.worktrees/api");
    let twin = env.dir().join("twin");
    env.run(&["start", "api"]).exits(0);
    env.git(&["worktree", "add", "-q", "-b", "twin", "../twin", "main"]);
    assert_eq!(files(&tree), files(&twin), "what is checked out");
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "", "clean after start");
    // The same work, by an agent and by hand.
    let ran = env.run(&["run", "api=x", "--command", WORK, "--json"]).exits(0);
    assert_eq!(ran.json_lines().pop().unwrap()["tasks"][0]["outcome"], "done", "{ran}");
    env.command("sh", &twin).args(["-c", WORK]).status().unwrap();
    let status = env.git_in(&twin, &["status", "--porcelain"]);
    assert!(!status.is_empty());
    env.git_in(&twin, &["add", "-A"]);
    env.git_in(&twin, &["commit", "-q", "-m", "work"]);
    let tree_of = |revision: &str| env.git(&["rev-parse", &format!("{revision}^{{tree}}")]);
    assert_eq!(tree_of("api"), tree_of("twin"), "what is committed");
    assert_eq!(files(&tree), files(&twin), "what is there after the commit");
    assert_eq!(env.git_in(&tree, &["status", "--porcelain"]), "", "clean after the run");
    // What is counted of uncommitted work.
    for dir in [&tree, &twin] {
        env.command("sh", dir).args(["-c", "echo more >> src/lib.rs; echo u > untracked"]).status().unwrap();
    }
    let document = env.run(&["status", "api", "--json"]).json();
    let dirt = &document["tasks"][0]["dirt"];
    assert_eq!((dirt["unstaged"].as_u64(), dirt["untracked"].as_u64()), (Some(1), Some(1)), "{dirt}");
    let patch = env.run(&["diff", "api"]).exits(0).stdout;
    assert!(patch.contains("+more") && patch.contains("untracked"), "{patch}");
    for dir in [&tree, &twin] {
        env.git_in(dir, &["checkout", "-q", "--", "src/lib.rs"]);
        std::fs::remove_file(dir.join("untracked")).unwrap();
    }
    // The merge, of a target that has moved.
    let before = files(&env.repo());
    env.write("beside", "1\n");
    env.commit("beside");
    let expected = env.git(&["merge-tree", "--write-tree", "main", "twin"]);
    let old = env.git(&["rev-parse", "main"]);
    env.run(&["merge", "api"]).exits(0);
    assert_eq!(tree_of("main"), expected.lines().next().unwrap(), "what is merged");
    assert_eq!(env.git(&["status", "--porcelain"]), "", "the target's worktree after the merge");
    env.run(&["clean", "api"]).exits(0);
    assert!(!tree.exists());
    env.run(&["undo"]).exits(0);
    assert_eq!(files(&tree), files(&twin), "what is back after undo of clean");
    env.run(&["undo"]).exits(0);
    assert_eq!(env.git(&["rev-parse", "main"]), old);
    let mut after = files(&env.repo());
    // The commit of `beside` may have run a hook here.
    after.retain(|name, _| name != "beside" && (name != "hooked" || before.contains_key(name)));
    assert_eq!(after, before, "the target's files after undo of merge");
    assert_eq!(env.git(&["status", "--porcelain"]), "");
}

/// What is refused, with nothing written.
const REFUSED: [Kind; 4] = [
    ("SHA-256", |env| {
        std::fs::remove_dir_all(env.repo().join(".git")).unwrap();
        env.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
        env.commit("first");
    }),
    ("an unknown extension", |env| {
        config(env, &[("core.repositoryFormatVersion", "1")]);
        env.command("git", &env.repo())
            .args(["config", "extensions.fromTheFuture", "true"])
            .output()
            .unwrap();
    }),
    ("a commit-less branch", |env| {
        env.git(&["checkout", "-q", "--orphan", "empty"]);
    }),
    ("another format", |env| config(env, &[("core.repositoryFormatVersion", "9")])),
];

#[test]
fn what_cannot_be_done_as_git_does_it_is_refused() {
    for (name, make) in REFUSED {
        let env = Env::new();
        make(&env);
        for command in [&["start", "api"][..], &["run", "api=x", "--command", "true"], &["adopt", "."]] {
            let ran = env.run(command);
            assert!(matches!(ran.code, 1 | 7), "{name}: {ran}");
        }
        let left = env.repo().join(".git/windrow").exists();
        assert!(
            !left,
            "{name}: {:?}",
            std::fs::read_dir(env.repo().join(".git/windrow"))
                .map(|dir| dir.flatten().map(|entry| entry.path()).collect::<Vec<_>>())
        );
        assert!(!env.dir().join("repo.worktrees").exists(), "{name}");
    }
}
