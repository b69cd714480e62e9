//! The document of `review`.

use serde_json::Value;

use super::super::view::ReviewRow;
use super::work::file;
use super::{document, merge_forecast, object, set_repo_path, set_some};

/// Gives the document of `review`: tasks, their files with what is known of each, and the notes.
pub fn review(rows: &[ReviewRow<'_>]) -> Value {
    document("review", [("tasks", rows.iter().map(task).collect())])
}

fn task(row: &ReviewRow<'_>) -> Value {
    let files = row.diff.files.iter().enumerate().map(|(at, each)| {
        let mut object = file(each);
        object.insert("viewed".to_owned(), row.review.has_viewed(each).into());
        object.insert("folded".to_owned(), row.folded.get(at).copied().unwrap_or_default().into());
        let others = row.also_in(at);
        object.insert("also-in".to_owned(), others.iter().map(|task| task.as_str()).collect());
        Value::Object(object)
    });
    let notes = row.review.notes.iter().map(|note| {
        let mut object = object([("text", note.text.as_str().into())]);
        set_repo_path(&mut object, "path", &note.path);
        Value::Object(object)
    });
    let mut object = object([
        ("name", row.diff.task.as_str().into()),
        ("merge-base", row.diff.merge_base.to_string().into()),
        ("state", row.status.state.word().into()),
        ("accepted", row.is_accepted().into()),
        ("files", files.collect()),
        ("notes", notes.collect()),
    ]);
    set_some(&mut object, "base", row.diff.base.as_ref().map(|base| base.as_str()));
    set_some(&mut object, "tip", row.status.survey.tip.map(|tip| tip.to_string()));
    if row.diff.base.is_some() {
        object.insert("merge".to_owned(), merge_forecast(row.status.survey.merge.as_ref()));
    }
    Value::Object(object)
}
