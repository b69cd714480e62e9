//! The document of `forecast`.

use serde_json::{Value, json};

use super::super::view::ForecastView;
use super::{conflicts, document, merge_forecast, names};
use crate::domain::forecast::{ConflictText, HeldBack, MergeForecast};

/// Gives it.
pub fn forecast(view: &ForecastView<'_>) -> Value {
    let base = view
        .tasks
        .iter()
        .zip(view.bases)
        .zip(view.base)
        .map(|((task, base), found)| with(json!({"task": task.as_str(), "base": base}), found));
    let pairs = view.pairs.iter().map(|(a, b, found)| {
        with(json!({"a": view.tasks[*a].as_str(), "b": view.tasks[*b].as_str()}), found)
    });
    let held = |held: &HeldBack| {
        json!({
            "task": held.task.as_str(),
            "reason": held.reason,
            "with": names(&held.with),
            "conflicts": conflicts(&held.conflicts),
            "detail": held.detail,
        })
    };
    let mut document = document(
        "forecast",
        [
            ("tasks", names(view.tasks)),
            ("base", base.collect()),
            ("pairs", pairs.collect()),
            ("order", names(view.order)),
            ("held-back", view.held.iter().map(held).collect()),
        ],
    );
    if !view.texts.is_empty() {
        document["texts"] = view.texts.iter().map(text).collect();
    }
    document
}

fn with(mut fields: Value, found: &MergeForecast) -> Value {
    if let (Value::Object(fields), Value::Object(found)) = (&mut fields, merge_forecast(Some(found))) {
        fields.extend(found);
    }
    fields
}

fn text(text: &ConflictText) -> Value {
    let mut fields = conflicts(std::slice::from_ref(&text.conflict))[0].take();
    fields["hunks"] = text.hunks.iter().map(|hunk| Value::from(hunk.as_str())).collect();
    fields
}
