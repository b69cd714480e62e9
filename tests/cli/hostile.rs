//! Names, files and directories made to break a program: each is taken as data or refused with nothing changed.
//!
//! More than 300 inputs; those of state files and administrative directories are sampled in the usual run, all of them are tried by
//! `WINDROW_STRIDE=1 cargo nextest run hostile`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::env::{Env, Ran, write};
use crate::world::names;

/// Of the damages one in so many is tried in the usual run.
fn stride() -> usize {
    std::env::var("WINDROW_STRIDE").ok().and_then(|stride| stride.parse().ok()).unwrap_or(97)
}

fn no_defect(ran: &Ran, of: &str) {
    let defect = ran.stderr.contains("panicked") || [70, 101, -1].contains(&ran.code);
    assert!(!defect, "{of}: {ran}");
}

/// Names that git takes for a branch, and some that people would wish it did not.
const NAMES: [&str; 112] = [
    "",
    " ",
    ".",
    "..",
    "...",
    "@",
    "@{",
    "@{-1}",
    "HEAD",
    "FETCH_HEAD",
    "ORIG_HEAD",
    "MERGE_HEAD",
    "-",
    "-x",
    "--",
    "--help",
    "-rf",
    "--upload-pack=touch owned",
    "/",
    "//",
    "/a",
    "a/",
    "a//b",
    "./a",
    "a/.",
    "a/..",
    "../a",
    "../../a",
    "a/../b",
    ".a",
    "a/.b",
    "a.",
    "a/b.",
    "a.lock",
    "a.lock/b",
    "a/b.lock",
    "a..b",
    "a...b",
    "a@{b",
    "a~1",
    "a^",
    "a:b",
    "a?b",
    "a*b",
    "a[b",
    "a\\b",
    "a b",
    " a",
    "a ",
    "a\tb",
    "a\nb",
    "a\rb",
    "\u{1}",
    "a\u{7}b",
    "a\u{1b}[2Jb",
    "a\u{7f}b",
    "refs",
    "refs/heads/a",
    "refs/heads/",
    "heads/a",
    "refs/windrow/x",
    "$(touch owned)",
    "`touch owned`",
    "a;touch owned",
    "a;touch${IFS}owned",
    "a|b",
    "a&b",
    "a&&touch owned",
    "a>owned",
    "a<b",
    "a'b",
    "a\"b",
    "a'b\"c",
    "%s%s%n",
    "%00",
    "{task}",
    "{}",
    "~",
    "~root",
    "$HOME",
    "!x",
    "#x",
    "a#b",
    "=",
    "a=b",
    "a,b",
    "a+b",
    "(a)",
    "CON",
    "con",
    "NUL",
    "aux.c",
    "COM1",
    "a:$DATA",
    "\u{e9}",
    "e\u{301}",
    "\u{202e}gnp",
    "\u{200b}",
    "\u{feff}a",
    "\u{1f600}",
    "日本語",
    "ﬁ",
    "ı",
    "a\u{a0}b",
    "\u{2028}",
    "worktrees",
    ".git",
    "a/.git",
    ".windrow",
    "windrow",
    "scratch-1",
    "index.lock",
];

/// What is left of starts that were refused, and of tasks that were cleaned away: refs, worktrees, records, directories, files.
fn seen(env: &Env) -> String {
    let (refs, trees) = (env.git(&["for-each-ref", "refs/heads"]), env.git(&["worktree", "list"]));
    let listed =
        |dir: &str| names(&env.dir().join(dir)).into_iter().filter(|name| name != ".windrow").collect();
    let dirs = ["repo.worktrees", "repo", "repo/.git/windrow/tasks", "repo/.git/worktrees", "home"];
    let listed: Vec<Vec<String>> = dirs.into_iter().map(listed).collect();
    format!("{refs}\n{trees}\n{listed:?}")
}

#[test]
fn names_are_data_or_refused() {
    let env = Env::new();
    let (mut taken, mut refused) = (0, 0);
    let before = seen(&env);
    for name in NAMES.iter().map(|name| (*name).to_owned()).chain(["x".repeat(250), "x/".repeat(300) + "x"]) {
        let ran = env.run(&["start", "--json", "--", &name]);
        no_defect(&ran, &name);
        if ran.code != 0 {
            assert!([1, 2].contains(&ran.code), "{name:?}: {ran}");
            assert!(
                ran.json()["error"]["message"].as_str().is_some_and(|message| !message.is_empty()),
                "{ran}"
            );
            refused += 1;
            continue;
        }
        taken += 1;
        let root = PathBuf::from(
            ran.json()["tasks"][0]["worktree"]
                .as_str()
                .unwrap()
                .replace("[DIR]", &env.dir().display().to_string()),
        );
        assert_eq!(root.parent(), Some(&*env.dir().join("repo.worktrees")), "{name:?}");
        assert_eq!(env.git_in(&root, &["symbolic-ref", "HEAD"]), format!("refs/heads/{name}"));
        // The whole way of all of them takes long.
        if taken % 6 != 1 {
            env.run(&["clean", "--", &name]).exits(0);
            continue;
        }
        write(&root.join("made"), &name);
        env.run(&["diff", "--stat", "--", &name]).exits(0);
        env.run(&["clean", "-y", "--discard", "untracked", "--", &name]).exits(0);
        assert!(!root.exists());
        env.run(&["undo"]).exits(0);
        assert_eq!(std::fs::read_to_string(root.join("made")).unwrap(), name);
        std::fs::remove_file(root.join("made")).unwrap();
        env.run(&["clean", "--", &name]).exits(0);
        // What a name might have run.
        for place in [env.repo(), env.dir(), root] {
            assert!(!place.join("owned").exists(), "{name:?}");
        }
    }
    assert!(taken > 25 && refused > 60, "{taken} taken, {refused} refused");
    assert_eq!(seen(&env), before);
    env.assert_sound();
}

/// Two that would meet in one directory, ref or name.
#[test]
fn names_that_meet_are_refused_together_and_one_after_the_other() {
    let pairs = [
        ("a", "a/b"),
        ("a/b", "a"),
        ("A", "a"),
        ("\u{e9}", "e\u{301}"),
        ("ß", "ẞ"),
        ("x/y", "x/Y"),
        ("i\u{307}", "\u{130}"),
    ];
    for (one, other) in pairs {
        let env = Env::new();
        let ran = env.refused(1, &["start", one, other]);
        assert!(!ran.stderr.trim().is_empty(), "{one} {other}: {ran}");
        env.run(&["start", one]).exits(0);
        let ran = env.refused(1, &["start", other]);
        assert!(!ran.stderr.trim().is_empty(), "{one} {other}: {ran}");
    }
    // Different names stay apart where their slugs would be the same.
    let env = Env::new();
    env.run(&["start", "x/y", "x-y", "x.y", "x_y"]).exits(0);
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 5);
}

#[test]
#[cfg(unix)]
fn arguments_that_are_not_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    let env = Env::new();
    let before = env.everything();
    for verb in ["start", "path", "diff", "merge", "clean", "logs", "run", "adopt"] {
        let bytes = OsString::from_vec(b"a\xff\xfe".to_vec());
        let ran = env.ran(&env.windrow(&env.repo()).arg(verb).arg(bytes).output().unwrap());
        no_defect(&ran, verb);
        assert!([1, 2, 6].contains(&ran.code), "{verb}: {ran}");
        env.assert_untouched(&before, &ran);
    }
}

/// Plans with something wrong; each has to be told with line and column, and nothing begins.
fn plans() -> Vec<Vec<u8>> {
    let task = "[[task]]\nname = \"a\"\nprompt = \"x\"\n";
    let agent = "agent = \"sh\"\n[agent.sh]\ncommand = [\"true\"]\n";
    let keys = [
        "jobs = 0",
        "jobs = -1",
        "jobs = 99999999999999999999",
        "jobs = \"4\"",
        "jobs = 1.5",
        "timeout = 30",
        "timeout = \"-1s\"",
        "timeout = \"1y\"",
        "timeout = \"99999999999999999999h\"",
        "timeout = \"\"",
        "max-cost = -1",
        "max-cost = nan",
        "max-cost = inf",
        "max-cost = \"1\"",
        "base = 1",
        "gate = []",
        "gate = \"\"",
        "strategy = \"octopus\"",
        "setup = 3",
        "isolation = \"none of that\"",
        "unknown = 1",
        "agent = []",
        "role = 3",
        "task = 3",
        "task = \"a\"",
        "a.b.c.d = 1",
        "[role]\nx = 1",
        "[role.x]",
        "[role.x]\nprompt = 1",
        "[agent.x]",
        "[agent.x]\ncommand = []",
        "[agent.x]\ncommand = [\"\"]",
        "[agent.x]\ncommand = \"x\"\nprompt = \"mail\"",
        "[agent.x]\ncommand = \"x\"\noutput = \"gpt\"",
        "= 1",
        "jobs",
        "jobs =",
        "[",
        "[[",
        "[[task]",
        "\"",
        "'''",
        "x = {",
        "x = [1,",
        "jobs = 1\njobs = 2",
        "[task]\nname = \"x\"",
        "\u{0}",
        "jobs = 1 jobs = 2",
        "\u{202e}jobs = 1",
    ];
    let tasks = [
        "name = 1\nprompt = \"x\"",
        "name = \"\"\nprompt = \"x\"",
        "name = \"a..b\"\nprompt = \"x\"",
        "name = \"-x\"\nprompt = \"x\"",
        "name = \"b\"",
        "name = \"b\"\nprompt = \"\"",
        "name = \"b\"\nprompt = \"x\"\nprompt-file = \"y\"",
        "name = \"b\"\nprompt-file = \"/dev/zero\"",
        "name = \"b\"\nprompt-file = \"missing\"",
        "name = \"b\"\nprompt-file = \".\"",
        "name = \"b\"\nprompt = \"x\"\nafter = [\"b\"]",
        "name = \"b\"\nprompt = \"x\"\nafter = [\"missing\"]",
        "name = \"b\"\nprompt = \"x\"\nafter = \"a\"",
        "name = \"b\"\nprompt = \"x\"\nrole = \"missing\"",
        "name = \"b\"\nprompt = \"x\"\nagent = \"missing\"",
        "name = \"b\"\nprompt = \"x\"\nmode = \"both\"",
        "name = \"b\"\nprompt = \"x\"\nretries = -1",
        "name = \"b\"\nprompt = \"x\"\nmax-turns = 0",
        "name = \"b\"\nprompt = \"x\"\nenv = [\"A=1\"]",
        "name = \"b\"\nprompt = \"x\"\nenv = {A = 1}",
        "name = \"b\"\nprompt = \"x\"\nenv = {\"A=B\" = \"1\"}",
        "name = \"b\"\nprompt = \"x\"\ntouches = [\"[\"]",
        "name = \"b\"\nprompt = \"x\"\nbranch = \"a b\"",
        "name = \"b\"\nprompt = \"x\"\npermission = \"root\"",
        "name = \"a\"\nprompt = \"again\"",
        "name = \"A\"\nprompt = \"case\"",
        "name = \"a/b\"\nprompt = \"below\"",
    ];
    let mut plans: Vec<Vec<u8>> =
        keys.iter().map(|key| format!("{agent}{task}{key}\n").into_bytes()).collect();
    // A key of the top stands first.
    plans.extend(keys.iter().take(24).map(|key| format!("{key}\n{agent}{task}").into_bytes()));
    plans.extend(tasks.iter().map(|keys| format!("{agent}{task}[[task]]\n{keys}\n").into_bytes()));
    plans.push(b"\xff\xfe\x00".to_vec());
    plans.push(
        format!("{agent}[[task]]\nname = \"a\"\nprompt = \"\u{e9}\"\n")
            .into_bytes()
            .iter()
            .map(|b| if *b > 127 { 0xff } else { *b })
            .collect(),
    );
    plans.push(vec![b'['; 100_000]);
    plans.push(format!("x = {}", "[".repeat(10_000)).into_bytes());
    plans.push(format!("{agent}{task}{}", "[a".repeat(5_000)).into_bytes());
    plans.push("a.".repeat(50_000).into_bytes());
    let ring: String = (0..50)
        .map(|n| format!("[[task]]\nname = \"t{n}\"\nprompt = \"x\"\nafter = [\"t{}\"]\n", (n + 1) % 50))
        .collect();
    plans.push(format!("{agent}{ring}").into_bytes());
    plans
}

#[test]
fn plans_are_refused_with_the_place() {
    let env = Env::new();
    let plan = env.dir().join("plan.toml");
    let mut told = 0;
    let plans = plans();
    assert!(plans.len() > 90, "{}", plans.len());
    std::fs::write(&plan, "").unwrap();
    let before = env.everything();
    for text in plans {
        std::fs::write(&plan, &text).unwrap();
        let of = String::from_utf8_lossy(&text).chars().take(300).collect::<String>();
        let ran = env.run(&["run", "../plan.toml", "--dry-run"]);
        no_defect(&ran, &of);
        if ran.code == 6 {
            told += usize::from(ran.stderr.contains("plan.toml:"));
        } else {
            // Some that look wrong are right where they stand.
            assert_eq!(ran.code, 0, "{of}: {ran}");
        }
        assert!(ran.stderr.len() < 100_000, "{of}");
    }
    assert!(told > 75, "{told}");
    std::fs::write(&plan, "").unwrap();
    let ran = env.run(&["status"]);
    env.assert_untouched(&before, &ran);
}

/// What is no file, or has no end, is not waited for.
#[test]
#[cfg(unix)]
fn plans_and_settings_that_are_no_files_are_not_read_for_ever() {
    let env = Env::new();
    let fifo = env.dir().join("fifo");
    assert!(env.command("mkfifo", &env.dir()).arg(&fifo).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", env.dir().join("zero")).unwrap();
    std::os::unix::fs::symlink("loop", env.dir().join("loop")).unwrap();
    // A pipe is a plan that somebody writes.
    for plan in ["../zero", "../loop", "..", "/dev/null", "../missing", "/proc/self/mem"] {
        let ran = env.run(&["plan", plan]);
        no_defect(&ran, plan);
        assert!([1, 6].contains(&ran.code), "{plan}: {ran}");
    }
    let settings = env.dir().join("home/.config/windrow/config.toml");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    for target in [fifo, "/dev/zero".into(), "config.toml".into(), "/".into()] {
        std::os::unix::fs::symlink(&target, &settings).unwrap();
        let ran = env.run(&["start", "a"]);
        no_defect(&ran, &target.display().to_string());
        assert!([0, 1, 6].contains(&ran.code), "{}: {ran}", target.display());
        assert!(ran.code != 0 || env.run(&["undo"]).code == 0);
        std::fs::remove_file(&settings).unwrap();
    }
}

/// Ways to spoil a file.
fn spoiled(content: &[u8], way: usize) -> Option<Vec<u8>> {
    let middle = content.len() / 2;
    let flip = |at: usize| {
        let mut bytes = content.to_vec();
        bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 0x15);
        bytes
    };
    Some(match way {
        0 => Vec::new(),
        1 => content[..middle].to_vec(),
        2 => content[..content.len().saturating_sub(1)].to_vec(),
        3 => flip(middle),
        4 => flip(content.len() / 3),
        5 => b"\xff\x00garbage\n".to_vec(),
        6 => [content, content].concat(),
        7 => b"{}\n".to_vec(),
        8 => b"[[[[[[[[".repeat(20_000),
        9 => b"null".to_vec(),
        10 => {
            let text = String::from_utf8_lossy(content).replace("\"format\":1", "\"format\":99");
            text.replace("\"version\":1", "\"version\":99").into_bytes()
        }
        _ => return None,
    })
}

/// Puts something that is no such file in the place of one.
fn replaced(path: &Path, way: usize) -> Option<()> {
    std::fs::remove_file(path).ok()?;
    match way {
        0 => {}
        1 => std::fs::create_dir(path).unwrap(),
        #[cfg(unix)]
        2 => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        #[cfg(unix)]
        3 => std::os::unix::fs::symlink("nowhere/at/all", path).unwrap(),
        _ => return None,
    }
    Some(())
}

/// Lists the files below a directory.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in names(dir) {
        let path = dir.join(name);
        if path.is_dir() { found.extend(below(&path)) } else { found.push(path) }
    }
    found
}

/// A task that ran, one with commits, one that was landed; an operation that was taken back.
fn lived_in() -> Env {
    let env = Env::new();
    env.task("api", &[("new", "api\n")]);
    env.run(&["merge", "api"]).exits(0);
    env.run(&["run", "ran=x", "--command", "echo more > more"]).exits(0);
    env.task("docs", &[("docs", "docs\n")]);
    env.run(&["start", "gone"]).exits(0);
    env.run(&["undo"]).exits(0);
    env.run(&["status"]).exits(0);
    env
}

/// Verbs go on or refuse; tasks whose worktrees git shows are never forgotten; git goes on.
fn survives(env: &Env, of: &str, heads: &str) {
    for verb in [
        &["status", "--json"][..],
        &["history"],
        &["logs", "ran"],
        &["report"],
        &["doctor"],
        &["trash", "list"],
    ] {
        no_defect(&env.run(verb), of);
    }
    let status = env.run(&["status"]);
    assert!(status.code == 0, "{of}: {status}");
    for task in ["api", "ran", "docs"] {
        assert!(
            status.stdout.contains(task) || status.stderr.contains(task),
            "{of} forgets {task}: {status}"
        );
    }
    for verb in [&["start", "other"][..], &["clean"], &["undo"], &["merge", "docs"]] {
        let ran = env.run(verb);
        no_defect(&ran, of);
        assert!(ran.code <= 4, "{of}: {ran}");
    }
    assert!(env.worktree("docs").join("docs").exists() && env.worktree("ran").join("more").exists(), "{of}");
    let now = env.git(&[
        "for-each-ref",
        "--format=%(refname) %(objectname)",
        "refs/heads/docs",
        "refs/heads/ran",
        "refs/heads/api",
    ]);
    assert_eq!(now, heads, "{of}");
    env.assert_git_works();
}

#[test]
fn state_files_of_every_kind_may_be_damaged() {
    let env = lived_in();
    env.save();
    let heads = env.git(&[
        "for-each-ref",
        "--format=%(refname) %(objectname)",
        "refs/heads/docs",
        "refs/heads/ran",
        "refs/heads/api",
    ]);
    let files = below(&env.repo().join(".git/windrow"));
    let mut count = 0;
    let mut tried = 0;
    for path in &files {
        let content = std::fs::read(path).unwrap();
        for way in 0.. {
            let damaged = spoiled(&content, way);
            let way_of_replacing = way.saturating_sub(11);
            if damaged.is_none() && way_of_replacing > 3 {
                break;
            }
            count += 1;
            if count % stride() != 0 {
                continue;
            }
            env.restore();
            match damaged {
                Some(bytes) => std::fs::write(path, bytes).unwrap(),
                None if replaced(path, way_of_replacing).is_none() => continue,
                None => {}
            }
            tried += 1;
            survives(&env, &format!("{} in way {way}", path.display()), &heads);
        }
    }
    assert!(
        count > 300 && tried > count / stride() / 2,
        "{count} inputs of {} files, {tried} tried",
        files.len()
    );
}

#[test]
fn administrative_directories_may_be_damaged() {
    let env = Env::new();
    let precious = env.dir().join("precious");
    write(&precious.join("sentinel"), "dear\n");
    env.task("a", &[("x", "a\n")]);
    env.task("b", &[("y", "b\n")]);
    env.save();
    let admin = env.repo().join(".git/worktrees/a");
    let tree = env.worktree("a");
    let texts: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\n".to_vec(),
        b"garbage".to_vec(),
        b"\xff\xfe\n".to_vec(),
        b"../..\n../..\n".to_vec(),
        format!("{}\n", precious.display()).into_bytes(),
        format!("{}/.git\n", precious.display()).into_bytes(),
        format!("gitdir: {}\n", precious.display()).into_bytes(),
        format!("gitdir: {}\n", env.repo().join(".git").display()).into_bytes(),
        b"ref: refs/heads/missing\n".to_vec(),
        b"ref: refs/heads/main\n".to_vec(),
        b"ref: ../../../../etc/passwd\n".to_vec(),
        b"0000000000000000000000000000000000000000\n".to_vec(),
        b"/dev/zero\n".to_vec(),
        vec![b'x'; 1 << 20],
    ];
    let files = [
        admin.join("gitdir"),
        admin.join("commondir"),
        admin.join("HEAD"),
        admin.join("locked"),
        tree.join(".git"),
    ];
    let mut inputs: Vec<(PathBuf, Option<Vec<u8>>, usize)> = Vec::new();
    for file in files {
        inputs.extend(texts.iter().map(|text| (file.clone(), Some(text.clone()), 0)));
        inputs.extend((0..4).map(|way| (file.clone(), None, way)));
    }
    assert!(inputs.len() > 90);
    for (at, (path, text, way)) in inputs.iter().enumerate() {
        if at % stride() != 0 {
            continue;
        }
        env.restore();
        let of = format!(
            "{} {:?} {way}",
            path.display(),
            text.as_ref().map(|text| String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned())
        );
        match text {
            Some(text) => std::fs::write(path, text).unwrap(),
            None => {
                if path.exists() || *way == 0 {
                    replaced(path, *way);
                } else {
                    continue;
                }
            }
        }
        for verb in [
            &["status"][..],
            &["doctor"],
            &["diff", "a"],
            &["start", "other"],
            &["clean", "a", "-y", "--discard", "unmerged", "--discard", "untracked"],
            &["merge", "b"],
            &["clean", "b"],
            &["undo"],
        ] {
            no_defect(&env.run(verb), &format!("{of}: {verb:?}"));
        }
        assert_eq!(std::fs::read_to_string(precious.join("sentinel")).unwrap(), "dear\n", "{of}");
        assert!(env.repo().join("file").exists() && env.repo().join(".git/HEAD").exists(), "{of}");
        assert_eq!(env.git(&["show", "main:y"]), "b", "{of}: the other task landed");
    }
}

/// Entries that are nobody's: alone, next to each other, of every shape.
#[test]
fn junk_beside_our_worktrees_is_in_nobody_s_way() {
    let shapes: [(&str, &[(&str, &str)]); 8] = [
        ("empty", &[]),
        ("no-gitdir", &[("HEAD", "ref: refs/heads/x\n"), ("commondir", "../..\n")]),
        (
            "empty-commondir",
            &[("HEAD", "ref: refs/heads/x\n"), ("commondir", ""), ("gitdir", "/nowhere/.git\n")],
        ),
        ("no-head", &[("commondir", "../..\n"), ("gitdir", "/nowhere/.git\n")]),
        (
            "initializing",
            &[
                ("HEAD", "ref: refs/heads/x\n"),
                ("commondir", "../..\n"),
                ("gitdir", "/nowhere/.git\n"),
                ("locked", "initializing"),
            ],
        ),
        (
            "locked",
            &[
                ("HEAD", "ref: refs/heads/x\n"),
                ("commondir", "../..\n"),
                ("gitdir", "/nowhere/.git\n"),
                ("locked", "\u{fffd}\n\n"),
            ],
        ),
        ("long", &[("HEAD", "x"), ("gitdir", "x"), ("commondir", "../..\n")]),
        ("file-in-it", &[("sub/dir/file", "x")]),
    ];
    for first in 0..shapes.len() {
        let env = Env::new();
        env.task("a", &[("x", "a\n")]);
        for (at, (name, files)) in
            shapes.iter().enumerate().filter(|(at, _)| *at == first || *at == (first + 1) % shapes.len())
        {
            let dir = env.repo().join(format!(".git/worktrees/{at}-{name}"));
            std::fs::create_dir_all(&dir).unwrap();
            files.iter().for_each(|(file, text)| write(&dir.join(file), text));
        }
        #[cfg(unix)]
        if first == 5 {
            std::fs::write(env.repo().join(".git/worktrees/5-locked/locked"), b"\xff\xfe").unwrap();
        }
        let name = shapes[first].0;
        let status = env.run(&["status"]);
        no_defect(&status, name);
        env.run(&["start", "b"]).exits(0);
        env.run(&["merge", "a"]).exits(0);
        env.run(&["clean", "a"]).exits(0);
        env.run(&["undo"]).exits(0);
        assert!(env.worktree("a").join("x").exists());
        no_defect(&env.run(&["doctor"]), name);
    }
}

/// What a terminal would obey, or what would show something else than is there.
const PAYLOADS: [&str; 28] = [
    "\u{1b}[2J",
    "\u{1b}[1;1H",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{1b}\\",
    "\u{1b}]8;;http://x\u{1b}\\y\u{1b}]8;;\u{1b}\\",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}_apc\u{1b}\\",
    "\u{1b}^pm\u{1b}\\",
    "\u{1b}c",
    "\u{1b}[?1049h",
    "\u{1b}[?25l",
    "\u{1b}[6n",
    "\u{1b}[8m hidden",
    "\u{1b}[",
    "\u{1b}",
    "\u{9b}2J",
    "\u{9d}0;t\u{9c}",
    "\u{90}x\u{9c}",
    "\rover",
    "a\u{8}b",
    "\u{7}",
    "\u{0}",
    "\u{202e}gnp.exe",
    "\u{2066}x\u{2069}",
    "\u{200b}\u{200d}",
    "\u{85}",
    "\u{e0001}\u{e0041}",
];

/// Asserts that nothing of that is left: our own colours come only where they are asked for.
fn harmless(output: &std::process::Output, of: &str) {
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        let bad = |c: char| {
            (c.is_control() && c != '\n' && c != '\t')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!text.contains(bad), "{of}: {text:?}");
    }
}

/// Every payload through every sink: logs, last words, paths, subjects, diffs, names of branches, reports, errors of plans, history.
#[test]
fn nothing_from_an_agent_reaches_the_terminal_as_it_is() {
    let env = Env::new();
    let lines: String = PAYLOADS.join("\n") + "\n";
    std::fs::write(env.dir().join("payload"), &lines).unwrap();
    let agent = "cat ../../payload; cp ../../payload data; i=0; while IFS= read -r line; do i=$((i+1)); echo $i >\"f$line\" 2>/dev/null; done <../../payload; \
                 git add -A; git commit -qm \"$(cat ../../payload)\"; cat ../../payload";
    env.run(&["run", "api=x", "--command", agent]).exits(0);
    env.git(&["branch", "evil\u{202e}gnp"]);
    let file = env.repo().join("plan.toml");
    std::fs::write(
        &file,
        format!("{:?} = 1\n[[task]]\nname = {:?}\nprompt = \"x\"\n", "\u{202e}x", "\u{1b}[2J"),
    )
    .unwrap();
    let sinks: [&[&str]; 14] = [
        &["logs", "api"],
        &["status"],
        &["diff", "api"],
        &["diff", "api", "--stat"],
        &["diff", "api", "--name-only"],
        &["review", "api"],
        &["report"],
        &["report", "--format", "json"],
        &["history"],
        &["plan", "plan.toml"],
        &["merge", "api", "--dry-run"],
        &["forecast"],
        &["start", "\u{1b}[2J"],
        &["path", "\u{9b}2J"],
    ];
    for sink in sinks {
        for flags in [&[][..], &["--json"]] {
            let output = env.windrow(&env.repo()).args(sink).args(flags).output().unwrap();
            no_defect(&env.ran(&output), &format!("{sink:?}"));
            harmless(&output, &format!("{sink:?} {flags:?}"));
        }
    }
    let output = env.windrow(&env.repo()).args(["merge", "api"]).output().unwrap();
    harmless(&output, "merge");
    let output = env.windrow(&env.repo()).args(["clean", "api"]).output().unwrap();
    harmless(&output, "clean");
}
