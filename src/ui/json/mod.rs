//! The documents of `--json` (DESIGN §3): absent stands for what does not apply, null for what is not known.
//!
//! Object ids are written in full, times in RFC 3339, durations in milliseconds. A path that is not UTF-8 is written with
//! `%XX` for its odd bytes (and for `%`), and beside it, under its key and `-bytes`, stand all its bytes in hexadecimal.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::domain::action::Action;
use crate::domain::diff::Stat;
use crate::domain::forecast::{Conflict, MergeForecast};
use crate::domain::name::hex;
use crate::domain::path::{RepoPath, escape, path_bytes};

use super::view::ErrorView;

mod forecast;
mod machine;
mod plan;
mod review;
mod run;
mod task;
mod trash;
mod work;

pub use self::forecast::forecast;
pub use machine::{agents, approve, doctor, files, revoked, script};
pub use plan::{plan, report};
pub use review::review;
pub use run::{all_logs, detached, ends, log_text, logs, run_event, run_finished};
pub use task::{path, start, status};
pub use trash::{restored, trash};
pub use work::{clean, diff, history, merge, undo};

/// The number of the schema; a field that is renamed or removed would raise it.
pub const SCHEMA: u32 = 1;

/// Gives the document of an error.
pub fn error(error: &ErrorView) -> Value {
    let body = json!({
        "kind": error.kind,
        "message": error.message,
        "causes": error.causes,
        "hints": error.hints,
    });
    document(&error.command, [("error", body)])
}

/// Gives the document of a dry run: that of the verb, and the actions that would be taken, in order.
pub fn dry_run(document: &Value, actions: &[Action]) -> Value {
    let actions = actions.iter().map(|action| {
        // An action always has a JSON form: the journal is written in it.
        let mut value = serde_json::to_value(action).unwrap_or_default();
        if let Value::Object(fields) = &mut value {
            fields.insert("description".to_owned(), action.describe().into());
        }
        value
    });
    let mut document = document.clone();
    if let Value::Object(fields) = &mut document {
        fields.insert("dry-run".to_owned(), true.into());
        fields.insert("actions".to_owned(), actions.collect());
    }
    document
}

fn document<const N: usize>(command: &str, fields: [(&str, Value); N]) -> Value {
    let mut document = object(fields);
    document.insert("schema".to_owned(), SCHEMA.into());
    document.insert("command".to_owned(), command.into());
    Value::Object(document)
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Sets a field if there is a value for it.
fn set_some(object: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}

/// Sets a path's field, and the one of its bytes where it is not UTF-8.
fn set_path(object: &mut Map<String, Value>, key: &str, path: &Path) {
    set_bytes(object, key, &path_bytes(path));
}

/// The same for a path inside a repository.
fn set_repo_path(object: &mut Map<String, Value>, key: &str, path: &RepoPath) {
    set_bytes(object, key, path.as_bytes());
}

fn set_bytes(object: &mut Map<String, Value>, key: &str, bytes: &[u8]) {
    if std::str::from_utf8(bytes).is_err() {
        object.insert(format!("{key}-bytes"), hex(bytes).into());
    }
    object.insert(key.to_owned(), path_text(bytes).into());
}

fn path_text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| escape(bytes), str::to_owned)
}

/// Sets `paths`, and `paths-bytes` where one of them is not UTF-8.
fn set_paths(object: &mut Map<String, Value>, paths: &[RepoPath]) {
    let texts: Vec<String> = paths.iter().map(|path| path_text(path.as_bytes())).collect();
    object.insert("paths".to_owned(), texts.into());
    if paths.iter().any(|path| !path.is_utf8()) {
        let bytes: Vec<String> = paths.iter().map(|path| hex(path.as_bytes())).collect();
        object.insert("paths-bytes".to_owned(), bytes.into());
    }
}

fn stat(stat: Stat) -> Value {
    json!({"files": stat.files, "insertions": stat.insertions, "deletions": stat.deletions})
}

fn conflicts(conflicts: &[Conflict]) -> Value {
    let each = conflicts.iter().map(|conflict| {
        let mut object = object([("kind", conflict.kind.as_str().into())]);
        set_repo_path(&mut object, "path", &conflict.path);
        Value::Object(object)
    });
    each.collect()
}

/// Gives `{outcome, conflicts[]}`; what was not found out is `unknown`.
fn merge_forecast(forecast: Option<&MergeForecast>) -> Value {
    let forecast = forecast.unwrap_or(&MergeForecast::Unknown);
    let found = match forecast {
        MergeForecast::Conflict(found) => found.as_slice(),
        MergeForecast::Clean | MergeForecast::UpToDate | MergeForecast::Unknown => &[],
    };
    json!({"outcome": forecast.word(), "conflicts": conflicts(found)})
}

fn names<T: std::fmt::Display>(names: &[T]) -> Value {
    names.iter().map(|name| Value::String(name.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::oid::CommitId;

    #[test]
    fn actions_of_a_dry_run() {
        let actions = [
            Action::CreateRef { name: "refs/heads/api".into(), at: CommitId::from_bytes([0xab; 20]) },
            Action::DeleteRef { name: "refs/heads/old".into(), old: CommitId::from_bytes([1; 20]) },
        ];
        insta::assert_snapshot!(format!("{:#}", dry_run(&document("start", []), &actions)), @r#"
        {
          "actions": [
            {
              "action": "create-ref",
              "at": "abababababababababababababababababababab",
              "description": "create branch api at ababababa",
              "name": "refs/heads/api"
            },
            {
              "action": "delete-ref",
              "description": "delete branch old (was 010101010)",
              "name": "refs/heads/old",
              "old": "0101010101010101010101010101010101010101"
            }
          ],
          "command": "start",
          "dry-run": true,
          "schema": 1
        }
        "#);
    }

    #[test]
    fn paths_are_text_and_bytes_where_text_does_not_do() {
        let mut object = Map::new();
        set_paths(&mut object, &["100%.txt".into(), RepoPath::new(b"\xff%".as_slice())]);
        set_repo_path(&mut object, "path", &"ä%".into());
        set_repo_path(&mut object, "old-path", &RepoPath::new(b"a\xfe".as_slice()));
        insta::assert_snapshot!(Value::Object(object), @r#"{"old-path":"a%FE","old-path-bytes":"61fe","path":"ä%","paths":["100%.txt","%FF%25"],"paths-bytes":["313030252e747874","ff25"]}"#);
    }

    #[test]
    fn a_forecast_that_is_missing_is_unknown() {
        assert_eq!(merge_forecast(None), json!({"outcome": "unknown", "conflicts": []}));
        let conflict = Conflict { path: "a".into(), kind: "content".into() };
        assert_eq!(
            merge_forecast(Some(&MergeForecast::Conflict(vec![conflict]))),
            json!({"outcome": "conflict", "conflicts": [{"path": "a", "kind": "content"}]})
        );
    }
}
