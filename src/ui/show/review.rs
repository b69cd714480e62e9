//! Tasks under review, and the heading of each file.

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::table::{Cell, Column, Table};
use super::super::text;
use super::super::view::ReviewRow;
use super::{Look, status};

/// Lists tasks with outcome, size, forecast, and how far one has read.
pub fn review_tasks(rows: &[ReviewRow<'_>], look: &Look<'_>) -> String {
    let columns = [
        Column::new("task").shrink(12),
        Column::new("state"),
        Column::new("files").right(),
        Column::new("lines"),
        Column::new("merge").drop(1),
        Column::new("conflicts with").shrink(14).drop(2),
        Column::new("viewed").right(),
        Column::new("review"),
    ];
    let mut table = Table::new(columns);
    for row in rows {
        let (state, stat) = (row.status.state, row.diff.stat());
        let (count, viewed) = (row.diff.files.len(), row.review.count(&row.diff.files));
        let viewed = Cell::new(
            if viewed == count { Meaning::Success } else { Meaning::Minor },
            format!("{viewed}/{count}"),
        );
        let with = row.status.conflicts_with.iter().flatten().map(|name| one_line(name.as_str()));
        let with = with.collect::<Vec<_>>().join(", ");
        table.row([
            Cell::new(Meaning::Name, one_line(row.diff.task.as_str())),
            Cell::new(Meaning::of_state(state), state.word()),
            stat.files.to_string().into(),
            format!("+{} {}{}", stat.insertions, look.style.minus(), stat.deletions).into(),
            status::merge(row.status),
            Cell::new(Meaning::Failure, with),
            viewed,
            said(row).into(),
        ]);
    }
    table.render(look.style, look.width, true).text
}

fn said(row: &ReviewRow<'_>) -> String {
    let notes = row.review.notes.len();
    let accepted = row.is_accepted().then(|| "accepted".to_owned());
    let notes = (notes > 0).then(|| text::plural_len(notes, "note"));
    accepted.into_iter().chain(notes).collect::<Vec<_>>().join(", ")
}

/// Heads a file: `api 2/12  src/lib.rs  +3 −1  viewed, also in docs`.
pub fn review_file(row: &ReviewRow<'_>, at: usize, look: &Look<'_>) -> String {
    let Some(file) = row.diff.files.get(at) else { return String::new() };
    let mut facts = vec![file.change.word().to_owned()];
    let mut fact = |is: bool, word: &str| {
        if is {
            facts.push(word.to_owned());
        }
    };
    fact(file.untracked, "untracked");
    fact(row.review.has_viewed(file), "viewed");
    fact(row.folded.get(at).copied().unwrap_or_default(), "generated");
    let others: Vec<&str> = row.also_in(at).iter().map(|task| task.as_str()).collect();
    if !others.is_empty() {
        facts.push(format!("also in {}", one_line(&others.join(", "))));
    }
    let path = match &file.old_path {
        Some(old) => format!("{old} {} {}", look.style.arrow(), file.path),
        None => file.path.to_string(),
    };
    let lines = if file.binary {
        "binary".to_owned()
    } else {
        format!("+{} {}{}", file.insertions, look.style.minus(), file.deletions)
    };
    let name = one_line(row.diff.task.as_str());
    let line = format!(
        "{name} {}/{}  {}  {lines}  {}",
        at + 1,
        row.diff.files.len(),
        one_line(&path),
        facts.join(", ")
    );
    let line = text::wrap(&line, look.width, 2);
    let lines: Vec<String> = line.lines().map(|line| look.style.paint(Meaning::Heading, line)).collect();
    lines.join("\n") + "\n"
}
