//! Documents about work brought home: `diff`, `merge`, `clean`, `undo`, `history`.

use serde_json::{Map, Value, json};

use crate::domain::clean::Disposition;
use crate::domain::diff::{FileDiff, TaskDiff};
use crate::domain::merge::{Landing, Rejection};
use crate::domain::review::Overlap;
use crate::domain::task::TaskRecord;

use super::super::view::{CleanView, HistoryRow, MergeView, UndoView};
use super::{conflicts, document, names, object, set_path, set_paths, set_repo_path, set_some};

/// Gives the document of `diff`.
pub fn diff(diffs: &[TaskDiff]) -> Value {
    let overlap = Overlap::of(diffs);
    let tasks = diffs.iter().map(|diff| {
        let files = diff.files.iter().map(|each| {
            let mut object = file(each);
            let others = overlap.others(&diff.task, each);
            if !others.is_empty() {
                object.insert("also-in".to_owned(), others.iter().map(|task| task.as_str()).collect());
            }
            Value::Object(object)
        });
        let mut object = object([
            ("name", diff.task.as_str().into()),
            ("merge-base", diff.merge_base.to_string().into()),
            ("files", files.collect()),
        ]);
        set_some(&mut object, "base", diff.base.as_ref().map(|base| base.as_str()));
        Value::Object(object)
    });
    document("diff", [("tasks", tasks.collect())])
}

/// Gives what there is to say of a file of a change.
pub(super) fn file(file: &FileDiff) -> Map<String, Value> {
    let FileDiff { path, old_path, change, insertions, deletions, binary, untracked, content: _, text: _ } =
        file;
    let mut object = object([
        ("status", change.word().into()),
        ("insertions", (*insertions).into()),
        ("deletions", (*deletions).into()),
        ("binary", (*binary).into()),
        ("untracked", (*untracked).into()),
    ]);
    set_repo_path(&mut object, "path", path);
    if let Some(old) = old_path {
        set_repo_path(&mut object, "old-path", old);
    }
    object
}

/// Gives the document of `merge`.
pub fn merge(view: &MergeView<'_>) -> Value {
    let mut document = document(
        "merge",
        [
            ("into", view.into.as_str().into()),
            ("old", view.old.to_string().into()),
            ("new", view.new.to_string().into()),
            ("landed", view.landed.iter().map(landing).collect()),
            ("rejected", view.rejected.iter().map(rejection).collect()),
        ],
    );
    if !view.cleaned.is_empty() {
        let (removed, kept) = cleaned(view.cleaned);
        if let Value::Object(fields) = &mut document {
            fields.extend([("removed".to_owned(), removed), ("kept".to_owned(), kept)]);
        }
    }
    set_operation(&mut document, view.operation);
    if let Value::Object(fields) = &mut document {
        set_some(fields, "digest", view.digest.as_deref());
        if !view.gates.is_empty() {
            fields.insert("gates".to_owned(), view.gates.to_vec().into());
        }
    }
    document
}

pub(super) fn landing(landing: &Landing) -> Value {
    let Landing { task, tip, into, commit, strategy } = landing;
    json!({"task": task, "tip": tip, "into": into, "commit": commit, "strategy": strategy.word()})
}

fn rejection(rejection: &Rejection) -> Value {
    let Rejection { task, reason, conflicts: found, paths, detail } = rejection;
    let mut object = object([
        ("task", task.as_str().into()),
        ("reason", (*reason).into()),
        ("conflicts", conflicts(found)),
        ("detail", detail.as_str().into()),
    ]);
    set_paths(&mut object, paths);
    Value::Object(object)
}

/// Gives the document of `clean`. `branch` is absent where the branch stays.
pub fn clean(view: &CleanView<'_>) -> Value {
    let (removed, kept) = cleaned(view.tasks);
    let mut document =
        document("clean", [("removed", removed), ("kept", kept), ("bytes", view.bytes.into())]);
    set_operation(&mut document, view.operation);
    document
}

/// Gives what goes and what stays.
fn cleaned(tasks: &[(TaskRecord, Disposition)]) -> (Value, Value) {
    let (mut removed, mut kept) = (Vec::new(), Vec::new());
    for (task, disposition) in tasks {
        let mut object = object([
            ("task", disposition.task.as_str().into()),
            ("reason", disposition.reason.into()),
            ("detail", disposition.detail.as_str().into()),
        ]);
        let words = |classes: &[crate::domain::clean::Class]| {
            classes.iter().map(|class| Value::from(class.word())).collect::<Value>()
        };
        if disposition.remove {
            set_path(&mut object, "worktree", &task.worktree);
            set_some(&mut object, "branch", disposition.branch.then(|| task.branch.as_str()));
            object.insert("discarded".to_owned(), words(&disposition.discards));
            removed.push(Value::Object(object));
        } else {
            set_paths(&mut object, &disposition.paths);
            object.insert("needs-discard".to_owned(), words(&disposition.needs));
            kept.push(Value::Object(object));
        }
    }
    (removed.into(), kept.into())
}

/// Gives the document of `undo` and `redo`.
pub fn undo(command: &str, view: &UndoView<'_>) -> Value {
    let fields = [
        ("undone", view.undone.into()),
        ("summary", view.summary.into()),
        ("restored", names(view.restored)),
    ];
    let mut document = document(command, fields);
    set_operation(&mut document, view.operation);
    document
}

/// Gives the document of `history`.
pub fn history(rows: &[HistoryRow]) -> Value {
    let rows = rows.iter().map(|row| {
        let HistoryRow { id, time, command, tasks, summary, undone, redoable, is_final } = row;
        json!({
            "id": id, "time": time.to_string(), "command": command, "tasks": tasks, "summary": summary,
            "undone": undone, "redoable": redoable, "final": is_final,
        })
    });
    document("history", [("operations", rows.collect())])
}

fn set_operation(document: &mut Value, operation: Option<&crate::domain::name::OperationId>) {
    if let Value::Object(fields) = document {
        set_some(fields, "operation", operation.map(|id| id.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::show::tests::{cleaned, diffs, history_rows, landings, rejections};

    #[test]
    fn diff_has_every_field() {
        insta::assert_snapshot!(format!("{:#}", diff(&diffs()[..1])), @r#"
        {
          "command": "diff",
          "schema": 1,
          "tasks": [
            {
              "base": "main",
              "files": [
                {
                  "binary": true,
                  "deletions": 0,
                  "insertions": 0,
                  "path": "assets/logo.png",
                  "status": "modified",
                  "untracked": false
                },
                {
                  "binary": false,
                  "deletions": 0,
                  "insertions": 1,
                  "path": "na%FFme\u001b",
                  "path-bytes": "6e61ff6d651b",
                  "status": "modified",
                  "untracked": false
                },
                {
                  "binary": false,
                  "deletions": 0,
                  "insertions": 240,
                  "path": "src/a/rather/deep/directory/of/modules/users_controller.py",
                  "status": "added",
                  "untracked": false
                },
                {
                  "binary": false,
                  "deletions": 3,
                  "insertions": 3,
                  "old-path": "src/old.rs",
                  "path": "src/new.rs",
                  "status": "renamed",
                  "untracked": false
                },
                {
                  "binary": false,
                  "deletions": 87,
                  "insertions": 0,
                  "path": "src/gone.rs",
                  "status": "deleted",
                  "untracked": false
                },
                {
                  "binary": false,
                  "deletions": 0,
                  "insertions": 2,
                  "path": "notes.txt",
                  "status": "added",
                  "untracked": true
                }
              ],
              "merge-base": "abababababababababababababababababababab",
              "name": "api"
            }
          ]
        }
        "#);
    }

    #[test]
    fn merge_has_every_field() {
        let (into, id) = ("main".parse().unwrap(), "20261125-223001-3f9a".parse().unwrap());
        let (landed, rejected) = (landings(), rejections());
        let view = MergeView {
            operation: Some(&id),
            into: &into,
            old: landed[0].tip,
            new: landed[0].commit,
            landed: &landed[..1],
            rejected: &rejected[..2],
            cleaned: &[],
            gates: &[],
            digest: None,
        };
        insta::assert_snapshot!(format!("{:#}", merge(&view)), @r#"
        {
          "command": "merge",
          "into": "main",
          "landed": [
            {
              "commit": "abababababababababababababababababababab",
              "into": "main",
              "strategy": "merge",
              "task": "users-api",
              "tip": "0101010101010101010101010101010101010101"
            }
          ],
          "new": "abababababababababababababababababababab",
          "old": "0101010101010101010101010101010101010101",
          "operation": "20261125-223001-3f9a",
          "rejected": [
            {
              "conflicts": [
                {
                  "kind": "modify-delete",
                  "path": "Cargo.lock"
                },
                {
                  "kind": "content",
                  "path": "src/a\nb.rs"
                }
              ],
              "detail": "2 files conflict with `main`",
              "paths": [],
              "reason": "conflict",
              "task": "tests"
            },
            {
              "conflicts": [],
              "detail": "12 files are uncommitted",
              "paths": [
                "src/1.rs",
                "src/2.rs",
                "src/3.rs",
                "src/4.rs",
                "src/5.rs",
                "src/6.rs",
                "src/7.rs",
                "src/8.rs",
                "src/9.rs",
                "src/10.rs",
                "src/11.rs",
                "src/12.rs"
              ],
              "reason": "dirty",
              "task": "schema"
            }
          ],
          "schema": 1
        }
        "#);
        assert_eq!(merge(&MergeView { operation: None, ..view }).get("operation"), None);
    }

    #[test]
    fn clean_has_every_field() {
        let tasks = cleaned();
        let view = CleanView { operation: None, tasks: &tasks, bytes: 4096 };
        insta::assert_snapshot!(format!("{:#}", clean(&view)), @r#"
        {
          "bytes": 4096,
          "command": "clean",
          "kept": [
            {
              "detail": "1 changed file, 1 untracked file",
              "needs-discard": [
                "untracked",
                "tracked"
              ],
              "paths": [
                "src/a.rs",
                "%FF"
              ],
              "paths-bytes": [
                "7372632f612e7273",
                "ff"
              ],
              "reason": "tracked",
              "task": "docs"
            },
            {
              "detail": "its agent is running",
              "needs-discard": [],
              "paths": [],
              "reason": "running",
              "task": "run-1"
            }
          ],
          "removed": [
            {
              "branch": "api",
              "detail": "its commits are in the base",
              "discarded": [],
              "reason": "ancestor",
              "task": "api",
              "worktree": "/r.worktrees/api"
            },
            {
              "detail": "discarded: 1 untracked file",
              "discarded": [
                "untracked"
              ],
              "reason": "discarded",
              "task": "users-tests",
              "worktree": "/r.worktrees/users-tests"
            }
          ],
          "schema": 1
        }
        "#);
    }

    #[test]
    fn undo_and_history() {
        let id = "20261125-223001-3f9a".parse().unwrap();
        let restored = ["worktree of api".to_owned()];
        let view = UndoView {
            operation: Some(&id),
            undone: "20261125-220000-0001",
            summary: "clean api",
            restored: &restored,
        };
        insta::assert_snapshot!(undo("undo", &view), @r#"{"command":"undo","operation":"20261125-223001-3f9a","restored":["worktree of api"],"schema":1,"summary":"clean api","undone":"20261125-220000-0001"}"#);
        insta::assert_snapshot!(format!("{:#}", history(&history_rows()[..1])), @r#"
        {
          "command": "history",
          "operations": [
            {
              "command": "merge",
              "final": false,
              "id": "20261125-223001-3f9a",
              "redoable": true,
              "summary": "merge 2 of them",
              "tasks": [
                "api",
                "docs"
              ],
              "time": "2027-01-15T07:59:00Z",
              "undone": true
            }
          ],
          "schema": 1
        }
        "#);
    }
}
