//! `forecast`: a matrix where it fits, the conflicts, and the order.

use super::super::escape::{one_line, visible};
use super::super::style::Meaning;
use super::super::text;
use super::super::view::ForecastView;
use super::Look;
use crate::domain::forecast::{Conflict, HeldBack, MergeForecast, files_conflict};

/// How long a name in the matrix may be, in cells.
const NAME: usize = 20;

/// Shows it.
pub fn forecast(view: &ForecastView<'_>, look: &Look<'_>) -> String {
    if view.tasks.is_empty() {
        return format!("{} no task\n", look.style.mark(Meaning::Info)) + &look.next("windrow start NAME");
    }
    let mut out = matrix(view, look);
    conflicts(view, look, &mut out);
    order(view, look, &mut out);
    texts(view, look, &mut out);
    out
}

/// Shows each task against its base and each other, the others by their number.
fn matrix(view: &ForecastView<'_>, look: &Look<'_>) -> String {
    let n = view.tasks.len();
    let digits = n.to_string().len();
    let names: Vec<String> = view
        .tasks
        .iter()
        .map(|name| text::elide_middle(&one_line(name.as_str()), NAME, look.style.ellipsis()))
        .collect();
    let widest = names.iter().map(|name| text::cells(name)).max().unwrap_or(0).max(4);
    let column = digits.max(2) + 1;
    let fits = digits + 1 + widest + 2 + 4 + n * column;
    if look.width.is_some_and(|width| fits > width) {
        let told = format!("the matrix of {n} tasks needs {fits} columns; what conflicts is listed");
        return look.line(Meaning::Info, &told);
    }
    let titles: String = (1..=n).map(|i| format!("{i:>column$}")).collect();
    let head = format!("{:digits$} {:widest$}  base{titles}", "", "Task");
    let mut out = format!("{}\n", look.style.paint(Meaning::Minor, head.trim_end()));
    for (i, name) in names.iter().enumerate() {
        let pad = " ".repeat(widest - text::cells(name));
        let mut line = format!("{:>digits$} {}{pad}  ", i + 1, look.style.paint(Meaning::Name, name));
        line.push_str(&cell(&view.base[i], 4, look));
        for j in 0..n {
            let found = view.pairs.iter().find(|(a, b, _)| (*a, *b) == (i.min(j), i.max(j)));
            line.push_str(&match found {
                Some((_, _, found)) => cell(found, column, look),
                None => " ".repeat(column),
            });
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A mark at the right of its cells.
fn cell(found: &MergeForecast, width: usize, look: &Look<'_>) -> String {
    let (meaning, mark) = match found {
        MergeForecast::Clean => (Meaning::Success, look.style.symbol(Meaning::Success)),
        MergeForecast::Conflict(_) => (Meaning::Failure, look.style.symbol(Meaning::Failure)),
        MergeForecast::UpToDate => (Meaning::Minor, "="),
        MergeForecast::Unknown => (Meaning::Warning, "?"),
    };
    format!("{}{}", " ".repeat(width - text::cells(mark)), look.style.paint(meaning, mark))
}

/// Lists what conflicts, with the paths.
fn conflicts(view: &ForecastView<'_>, look: &Look<'_>, out: &mut String) {
    let mut say = |a: &str, b: &str, found: &[Conflict]| {
        let sentence = format!("{} and {}: {}", one_line(a), one_line(b), files_conflict(found));
        out.push_str(&look.line(Meaning::Failure, &sentence));
        look.conflicts(out, found);
    };
    for ((task, base), found) in view.tasks.iter().zip(view.bases).zip(view.base) {
        if let MergeForecast::Conflict(found) = found {
            say(task.as_str(), base, found);
        }
    }
    for (a, b, found) in view.pairs {
        if let MergeForecast::Conflict(found) = found {
            say(view.tasks[*a].as_str(), view.tasks[*b].as_str(), found);
        }
    }
}

fn order(view: &ForecastView<'_>, look: &Look<'_>, out: &mut String) {
    let names: Vec<String> = view.order.iter().map(|name| one_line(name.as_str())).collect();
    match names.len() {
        0 if view.held.is_empty() => out.push_str(&look.line(Meaning::Info, "nothing to land")),
        0 => {}
        1 => out.push_str(&look.line(Meaning::Success, &format!("can land: {}", names[0]))),
        _ => out.push_str(&look.line(Meaning::Success, &format!("land in this order: {}", names.join(", ")))),
    }
    for HeldBack { task, detail, .. } in view.held {
        let names = view.held.iter().map(|held| text::cells(&one_line(held.task.as_str()))).max();
        out.push_str(&look.entry((Meaning::Warning, "held back", names.unwrap_or(0)), task, detail));
    }
    let pair = view.pairs.iter().find(|(_, _, found)| matches!(found, MergeForecast::Conflict(_)));
    if let Some((a, b, _)) = pair.filter(|_| view.texts.is_empty()) {
        let quoted = |i: usize| shell_words::quote(view.tasks[i].as_str()).into_owned();
        out.push_str(&look.next(&format!("windrow forecast {} {}", quoted(*a), quoted(*b))));
    }
}

fn texts(view: &ForecastView<'_>, look: &Look<'_>, out: &mut String) {
    for text in view.texts {
        let heading = format!("{} ({})", text.conflict.path, text.conflict.kind);
        out.push_str(&format!("\n{}\n", look.style.paint(Meaning::Heading, &one_line(&heading))));
        for hunk in &text.hunks {
            for line in visible(hunk).lines() {
                let meaning = match line {
                    _ if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") => Meaning::Failure,
                    _ if line.starts_with("=======") || line.starts_with("||||||| ") => Meaning::Failure,
                    _ if line.starts_with("@@ ") => Meaning::Minor,
                    _ => Meaning::Quoted,
                };
                out.push_str(&format!("{}\n", look.style.paint(meaning, line)));
            }
        }
    }
}
