//! Documents of `trash`.

use serde_json::{Map, Value, json};

use super::{document, set_path, set_some};
use crate::domain::name::OperationId;
use crate::domain::task::TaskRecord;
use crate::ui::view::{TrashRow, TrashView};

/// Gives the document of `trash list` (`key`: `items`) or `trash empty` (`emptied`).
pub fn trash(key: &str, view: &TrashView<'_>) -> Value {
    let total: u64 = view.rows.iter().map(|row| row.size).sum();
    let rows: Value = view.rows.iter().map(row).collect();
    let mut document = document("trash", [(key, rows), ("size", total.into())]);
    with_operation(&mut document, view.operation);
    document
}

fn row(row: &TrashRow) -> Value {
    let item = &row.item;
    let mut out = Map::new();
    for (key, value) in [
        ("id", json!(item.id())),
        ("task", json!(item.name)),
        ("operation", json!(item.operation)),
        ("by", json!(item.by)),
        ("command", json!(item.command)),
        ("time", json!(item.time.to_string())),
        ("size", json!(row.size)),
    ] {
        out.insert(key.to_owned(), value);
    }
    set_path(&mut out, "worktree", &item.place.path);
    set_path(&mut out, "path", &item.trash.path);
    set_some(&mut out, "branch", item.record.as_ref().map(|record| record.branch.as_str()));
    set_some(&mut out, "tip", item.tip.map(|tip| tip.to_string()));
    set_some(&mut out, "back", row.back.as_deref());
    Value::Object(out)
}

/// Gives the document of `trash restore`.
pub fn restored(operation: Option<&OperationId>, tasks: &[TaskRecord], lines: &[String]) -> Value {
    let tasks = tasks.iter().map(|task| {
        let mut out = Map::new();
        out.insert("name".to_owned(), json!(task.name));
        out.insert("branch".to_owned(), json!(task.branch));
        set_path(&mut out, "worktree", &task.worktree);
        Value::Object(out)
    });
    let mut document = document("trash", [("tasks", tasks.collect()), ("restored", json!(lines))]);
    with_operation(&mut document, operation);
    document
}

fn with_operation(document: &mut Value, operation: Option<&OperationId>) {
    if let Value::Object(fields) = document {
        set_some(fields, "operation", operation.map(OperationId::as_str));
    }
}
