//! Every document of `--json`, from a real run of every verb, against its published schema in `fixtures/schema`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::env::{Env, write};

/// Reads a schema by the name of its verb.
fn schema(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/schema/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Checks a value, and gives what is wrong with it. Knows what our schemas use of draft 2020-12 and panics at anything else,
/// so that no rule is overlooked.
fn check(root: &Value, rule: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    for (keyword, of) in rule.as_object().unwrap() {
        let mut say = |what: String| wrong.push(format!("{at}: {what}"));
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let name = of.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                check(root, &root["$defs"][name], value, at, wrong);
            }
            "const" => {
                if value != of {
                    say(format!("{value} is not {of}"));
                }
            }
            "enum" => {
                if !of.as_array().unwrap().contains(value) {
                    say(format!("{value} is none of {of}"));
                }
            }
            "type" => {
                let allowed: Vec<&str> = of.as_array().map_or_else(
                    || vec![of.as_str().unwrap()],
                    |all| all.iter().filter_map(Value::as_str).collect(),
                );
                if !allowed.iter().any(|kind| is_of(value, kind)) {
                    say(format!("{value} is no {of}"));
                }
            }
            "minimum" => {
                if value.as_i64().is_some_and(|number| number < of.as_i64().unwrap()) {
                    say(format!("{value} is less than {of}"));
                }
            }
            "minLength" => {
                if value.as_str().is_some_and(|text| (text.chars().count() as u64) < of.as_u64().unwrap()) {
                    say(format!("{value} is shorter than {of}"));
                }
            }
            "pattern" => {
                let pattern = regex::Regex::new(of.as_str().unwrap()).unwrap();
                if value.as_str().is_some_and(|text| !pattern.is_match(text)) {
                    say(format!("{value} does not match {of}"));
                }
            }
            "required" => {
                for key in of.as_array().unwrap().iter().filter_map(Value::as_str) {
                    if value.is_object() && value.get(key).is_none() {
                        say(format!("`{key}` is missing"));
                    }
                }
            }
            "properties" => {
                for (key, rule) in of.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        check(root, rule, value, &format!("{at}.{key}"), wrong);
                    }
                }
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, of, item, &format!("{at}[{i}]"), wrong);
                }
            }
            "oneOf" => {
                let fits = |rule: &&Value| {
                    let mut wrong = Vec::new();
                    check(root, rule, value, at, &mut wrong);
                    wrong.is_empty()
                };
                let fitting = of.as_array().unwrap().iter().filter(fits).count();
                if fitting != 1 {
                    say(format!("{value} fits {fitting} forms"));
                }
            }
            other => panic!("{at}: `{other}` is not understood"),
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other}"),
    }
}

pub fn problems(name: &str, document: &Value) -> Vec<String> {
    let schema = schema(name);
    let mut wrong = Vec::new();
    check(&schema, &schema, document, name, &mut wrong);
    wrong
}

/// Runs of a test, and which schemas they were held against.
struct Checked<'a> {
    env: &'a Env,
    seen: BTreeSet<String>,
}

impl Checked<'_> {
    /// Runs the program with `--json` and holds its document against a schema. Unredacted: ids and times are checked too.
    fn document(&mut self, name: &str, code: i32, arguments: &[&str]) -> Value {
        let mut command = self.env.windrow(&self.env.repo());
        let output = command.args(arguments).arg("--json").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let document =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        self.hold(name, &document);
        document
    }

    /// The same for JSON lines.
    fn lines(&mut self, name: &str, code: i32, arguments: &[&str]) -> Vec<Value> {
        let output = self.env.windrow(&self.env.repo()).args(arguments).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.iter().for_each(|line| self.hold(name, line));
        lines
    }

    fn hold(&mut self, name: &str, document: &Value) {
        assert_eq!(problems(name, document), Vec::<String>::new(), "{document:#}");
        self.seen.insert(name.to_owned());
    }
}

const PLAN: &str = r#"
[agent.ok]
command = "cat > note; echo done"
[agent.bad]
command = "exit 3"
[role.r]
prompt = "You are careful."
[[task]]
name = "one"
agent = "ok"
role = "r"
prompt = "Do."
touches = ["src/**"]
timeout = "5m"
check = "test -f note"
[[task]]
name = "two"
agent = "bad"
prompt = "Do."
touches = ["src/lib.rs"]
[[task]]
name = "three"
agent = "ok"
after = ["two"]
prompt = "Do."

[[task]]
name = "look"
agent = "ok"
mode = "read"
stdin = ["src/**"]
prompt = "Read."
"#;

#[test]
fn every_verb_says_what_its_schema_says() {
    let env = Env::new();
    env.write("plan.toml", PLAN);
    env.commit("plan");
    let mut checked = Checked { env: &env, seen: BTreeSet::new() };
    let it = &mut checked;
    it.document("error", 1, &["init"]);
    it.document("dry-run", 0, &["start", "api", "--dry-run"]);
    it.document("start", 0, &["start", "api", "clash"]);
    it.document("error", 1, &["start", "api"]);
    it.document("error", 2, &["start"]);
    it.document("plan", 0, &["plan"]);
    it.document("dry-run", 0, &["run", "plan.toml", "--dry-run"]);
    it.document("error", 6, &["plan", "no-such.toml"]);
    let lines = it.lines("run", 4, &["run", "plan.toml"]);
    assert_eq!(lines.last().unwrap()["event"], "run-finished");
    write(&env.worktree("api").join("file"), "theirs\n");
    env.commit_in(&env.worktree("api"), "theirs");
    env.write("file", "ours\n");
    env.commit("ours");
    env.git(&["worktree", "add", "-q", "../foreign", "-b", "foreign"]);
    env.git(&["worktree", "lock", "../foreign"]);
    it.document("status", 0, &["status"]);
    it.document("forecast", 3, &["forecast"]);
    it.document("forecast", 3, &["forecast", "api"]);
    env.git(&["worktree", "add", "-q", "../theirs", "-b", "theirs"]);
    it.document("dry-run", 0, &["adopt", "../theirs", "--dry-run"]);
    it.document("adopt", 0, &["adopt", "../theirs"]);
    it.document("logs", 0, &["logs", "one"]);
    it.lines("logs", 0, &["logs", "one", "-f"]);
    it.document("logs", 0, &["logs", "--all"]);
    it.document("wait", 4, &["wait", "one", "two"]);
    it.document("stop", 0, &["stop", "--all"]);
    it.document("run", 0, &["run", "slow=sleep 1000", "--command", "sh", "--detach"]);
    it.document("stop", 0, &["stop", "--all", "--kill"]);
    it.lines("send", 0, &["send", "one", "again"]);
    it.document("path", 0, &["path", "one"]);
    it.document("error", 1, &["path", "nothing"]);
    it.document("diff", 0, &["diff", "one", "api"]);
    it.document("diff", 0, &["diff", "--stat"]);
    it.document("review", 0, &["review", "--all"]);
    it.document("report", 0, &["report"]);
    it.document("merge", 3, &["merge", "api", "one"]);
    write(&env.worktree("one").join("untracked"), "x");
    let kept = it.document("clean", 0, &["clean", "-y"]);
    assert!(!kept["kept"].as_array().unwrap().is_empty(), "{kept:#}");
    std::fs::remove_file(env.worktree("one").join("untracked")).unwrap();
    it.document("dry-run", 0, &["clean", "one", "--dry-run"]);
    let removed = it.document("clean", 0, &["clean", "one"]);
    assert_eq!(removed["removed"].as_array().unwrap().len(), 1, "{removed:#}");
    it.document("dry-run", 0, &["undo", "--dry-run"]);
    it.document("undo", 0, &["undo"]);
    it.document("history", 0, &["history"]);
    it.document("dry-run", 0, &["redo", "--dry-run"]);
    it.document("redo", 0, &["redo"]);
    it.document("trash", 0, &["trash", "list"]);
    it.document("dry-run", 0, &["trash", "restore", "one", "--as", "again", "--dry-run"]);
    it.document("trash", 0, &["trash", "restore", "one", "--as", "again"]);
    it.document("undo", 0, &["undo"]);
    it.document("dry-run", 0, &["trash", "empty", "--dry-run"]);
    it.document("trash", 0, &["trash", "empty", "--permanently"]);
    it.document("history", 0, &["history"]);
    it.document("report", 0, &["report"]);
    it.document("doctor", 0, &["doctor"]);
    write(&env.repo().join(".config/windrow.toml"), "setup = \"true\"\n");
    it.document("approve", 0, &["approve"]);
    it.document("approve", 0, &["approve", "--revoke", "--dry-run"]);
    std::fs::remove_file(env.repo().join(".config/windrow.toml")).unwrap();
    it.document("agents", 0, &["agents"]);
    std::fs::remove_file(env.repo().join("plan.toml")).unwrap();
    it.document("init", 0, &["init"]);
    it.document("man", 0, &["man", "../man"]);
    it.document("completions", 0, &["completions", "bash"]);
    it.document("shell-init", 0, &["shell-init", "bash"]);

    // Whatever has a page has a schema, and every schema was used.
    let pages = std::fs::read_dir(env.dir().join("man")).unwrap().flatten();
    let page = |name: String| name.strip_prefix("windrow-")?.strip_suffix(".1").map(str::to_owned);
    let mut wanted: BTreeSet<String> =
        pages.filter_map(|entry| page(entry.file_name().into_string().unwrap())).collect();
    wanted.extend(["error", "dry-run"].map(str::to_owned));
    assert_eq!(checked.seen, wanted);
    let files = std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema")).unwrap();
    let files = files.flatten().map(|entry| entry.path().file_stem().unwrap().to_str().unwrap().to_owned());
    assert_eq!(files.collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn a_schema_refuses_what_lacks_something_or_is_of_another_kind() {
    let env = Env::new();
    env.run(&["start", "api"]).exits(0);
    let output = env.windrow(&env.repo()).args(["status", "--json"]).output().unwrap();
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(problems("status", &whole).is_empty());
    for key in ["schema", "command", "tasks", "foreign"] {
        let mut less = whole.clone();
        less.as_object_mut().unwrap().remove(key);
        assert_eq!(problems("status", &less), [format!("status: `{key}` is missing")]);
    }
    for key in ["name", "branch", "start-point", "worktree", "head", "state", "dirt", "diff"] {
        let mut less = whole.clone();
        less["tasks"][0].as_object_mut().unwrap().remove(key);
        let told = problems("status", &less);
        let missing = format!("status.tasks[0]: `{key}` is missing");
        // What a read task has not is missing in one of two forms.
        assert!(
            told == [missing] || matches!(&told[..], [one] if one.ends_with(" fits 0 forms")),
            "{told:?}"
        );
    }
    let mut other = whole;
    other["tasks"][0]["state"] = "sleeping".into();
    other["tasks"][0]["start-point"] = "main".into();
    other["foreign"] = "none".into();
    assert_eq!(problems("status", &other).len(), 3);
}
