//! Documents about the machine: `doctor`, `agents`, and files that were written for the user.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::view::{AgentRow, Check, DoctorView};
use super::{document, object, path_text, set_path, set_some};
use crate::domain::approval::RepositoryCommand;
use crate::domain::path::path_bytes;

/// Gives the document of `doctor`.
pub fn doctor(view: &DoctorView<'_>) -> Value {
    let problems = view.checks.iter().filter(|check| check.level.word() == "problem").count();
    document(
        "doctor",
        [
            ("version", view.version.into()),
            ("git", view.git.into()),
            ("libgit2", view.libgit2.into()),
            ("problems", problems.into()),
            ("sizes", json!({"state": view.sizes.0, "trash": view.sizes.1})),
            ("checks", view.checks.iter().map(check).collect()),
            ("agents", view.agents.iter().map(agent).collect()),
        ],
    )
}

fn check(check: &Check) -> Value {
    let mut object = object([
        ("topic", check.topic.into()),
        ("level", check.level.word().into()),
        ("message", check.what.as_str().into()),
    ]);
    set_some(&mut object, "next", check.next.as_deref());
    Value::Object(object)
}

/// Gives the document of `agents`; a client that is not installed has no `path`.
pub fn agents(rows: &[AgentRow]) -> Value {
    document("agents", [("agents", rows.iter().map(agent).collect())])
}

fn agent(row: &AgentRow) -> Value {
    let mut object = object([
        ("name", row.name.as_str().into()),
        ("about", row.about.as_str().into()),
        ("command", row.command.as_str().into()),
        ("found", row.path.is_some().into()),
        ("tried", row.tried.into()),
        ("can", row.can.iter().copied().collect()),
    ]);
    if let Some(path) = &row.path {
        set_path(&mut object, "path", path);
        object.insert("version".to_owned(), row.version.as_deref().into());
    }
    Value::Object(object)
}

/// Gives the document of a verb that wrote files for the user, or would write them.
pub fn files(command: &str, files: &[&Path], dry_run: bool) -> Value {
    let paths: Value = files.iter().map(|path| Value::from(path_text(&path_bytes(path)))).collect();
    let mut fields: Map<String, Value> = object([("written", paths)]);
    if dry_run {
        fields.insert("dry-run".to_owned(), true.into());
    }
    with(document(command, []), fields)
}

/// Gives the document of `approve`: what it approved, or would.
pub fn approve(commands: &[RepositoryCommand], dry_run: bool) -> Value {
    let each = commands
        .iter()
        .map(|command| json!({"key": command.key, "value": command.value, "digest": command.digest()}));
    approval("approved", each.collect(), dry_run)
}

/// Gives the document of `approve --revoke`: how many approvals there were.
pub fn revoked(count: usize, dry_run: bool) -> Value {
    approval("revoked", count.into(), dry_run)
}

fn approval(key: &str, value: Value, dry_run: bool) -> Value {
    let mut document = document("approve", [(key, value)]);
    if dry_run {
        document["dry-run"] = true.into();
    }
    document
}

/// Gives the document of a verb that prints a script for a shell.
pub fn script(command: &str, shell: &str, script: &str) -> Value {
    document(command, [("shell", shell.into()), ("script", script.into())])
}

fn with(document: Value, fields: Map<String, Value>) -> Value {
    match document {
        Value::Object(mut object) => {
            object.extend(fields);
            Value::Object(object)
        }
        other => other,
    }
}
