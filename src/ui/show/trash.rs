//! `trash`: what lies there, what came back, what went for good.

use jiff::Timestamp;

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::table::{Cell, Column, Table};
use super::super::text;
use super::super::view::TrashRow;
use super::Look;

/// Shows what lies in the trash, each with the command that brings it back, and the sum.
pub fn trash(rows: &[TrashRow], now: Timestamp, look: &Look<'_>) -> String {
    if rows.is_empty() {
        return format!("{} the trash is empty\n", look.style.mark(Meaning::Info));
    }
    let mut table = Table::new([
        Column::new("Task").shrink(12),
        Column::new("Operation").drop(4),
        Column::new("By").drop(3),
        Column::new("Age").right().drop(2),
        Column::new("Size").right(),
        Column::new("Back with").sentence().shrink(20).drop(1),
    ]);
    for row in rows {
        let cells = [
            one_line(row.item.name.as_str()),
            row.item.operation.to_string(),
            one_line(&row.item.command),
            text::age(row.item.time, now),
            text::bytes(row.size),
            row.back.as_deref().map(one_line).unwrap_or_default(),
        ];
        table.row(cells.map(Cell::from));
    }
    let rendered = table.render(look.style, look.width, true);
    let mut out = rendered.text;
    if !rendered.dropped.is_empty() {
        let hidden = rendered.dropped.join(", ").to_lowercase();
        out.push_str(&look.detail(&format!("not shown for want of width: {hidden}")));
    }
    out.push_str(&format!("\n{} {}\n", look.style.mark(Meaning::Info), trash_total(rows)));
    out
}

/// Writes the sum of it: `3 worktrees, 1.2 GiB`.
pub fn trash_total(rows: &[TrashRow]) -> String {
    format!("{}, {}", worktrees(rows.len()), size(rows.iter().map(|row| row.size).sum()))
}

/// Writes a number of worktrees.
pub fn worktrees(count: usize) -> String {
    text::plural_len(count, "worktree")
}

/// Writes a size in bytes.
pub fn size(bytes: u64) -> String {
    text::bytes(bytes)
}

/// Shows what came back.
pub fn restored(summary: &str, lines: &[String], look: &Look<'_>) -> String {
    let mut out = format!("{} {}\n", look.style.mark(Meaning::Success), one_line(summary));
    for line in lines {
        out.push_str(&format!("  {}\n", one_line(line)));
    }
    out
}

/// Shows what went for good.
pub fn emptied(rows: &[TrashRow], look: &Look<'_>) -> String {
    let mark = look.style.mark(Meaning::Success);
    let mut out = String::new();
    for row in rows {
        out.push_str(&format!("{mark} deleted {}, {}\n", one_line(&row.item.id()), text::bytes(row.size)));
    }
    out.push_str(&format!("{} {} deleted for good\n", look.style.mark(Meaning::Info), trash_total(rows)));
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, look};
    use super::*;
    use crate::domain::task::tests::record;
    use crate::domain::trash::Item;
    use crate::ui::style::tests::PLAIN;

    fn row(name: &str, ago: i64, size: u64, back: Option<&str>) -> TrashRow {
        let task = record(name);
        let id: crate::domain::name::OperationId = "20261125-223001-3f9a".parse().unwrap();
        let item = Item {
            task: task.id.clone(),
            name: task.name.clone(),
            operation: id.clone(),
            by: id,
            command: "clean".into(),
            time: Timestamp::from_second(NOW - ago).unwrap(),
            place: task.place(),
            trash: task.place(),
            record: Some(task),
            tip: None,
            rescues: Vec::new(),
        };
        TrashRow { item, size, back: back.map(str::to_owned) }
    }

    #[test]
    fn rows_and_sum() {
        let rows = [
            row("api", 90_000, 5 << 20, Some("windrow undo 20261125-223001-3f9a")),
            row("users-tests", 60, 3 << 30, None),
        ];
        let now = Timestamp::from_second(NOW).unwrap();
        insta::assert_snapshot!(trash(&rows, now, &look(PLAIN, Some(100))), @"
        Task         Operation             By     Age     Size  Back with
        api          20261125-223001-3f9a  clean   1d  5.0 MiB  windrow undo 20261125-223001-3f9a
        users-tests  20261125-223001-3f9a  clean   1m  3.0 GiB

        ○ 2 worktrees, 3.0 GiB
        ");
        insta::assert_snapshot!(trash(&rows, now, &look(PLAIN, Some(50))), @"
        Task         Age     Size  Back with
        api           1d  5.0 MiB  windrow undo 20261125-…
        users-tests   1m  3.0 GiB
          not shown for want of width: operation, by

        ○ 2 worktrees, 3.0 GiB
        ");
        insta::assert_snapshot!(trash(&[], now, &look(PLAIN, Some(50))), @"○ the trash is empty");
        insta::assert_snapshot!(emptied(&rows, &look(PLAIN, Some(50))), @"
        ✓ deleted 20261125-223001-3f9a/api, 5.0 MiB
        ✓ deleted 20261125-223001-3f9a/users-tests, 3.0 GiB
        ○ 2 worktrees, 3.0 GiB deleted for good
        ");
    }
}
