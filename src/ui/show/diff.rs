//! `diff --stat` and `diff --name-only`.

use crate::domain::diff::{FileDiff, TaskDiff};
use crate::domain::name::TaskName;
use crate::domain::review::Overlap;

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::text;
use super::Look;

/// The width where there is no terminal, as git has it.
const DEFAULT_WIDTH: usize = 80;
/// Names keep at least this much room.
const NAME_CELLS: usize = 12;

/// Shows files and lines of a task's change, with a bar for each file, under a line that names task and merge base. A
/// file that another task of `overlap` changes too is marked.
pub fn diff_stat(diff: &TaskDiff, overlap: &Overlap<'_>, look: &Look<'_>) -> String {
    let base =
        diff.base.as_ref().map_or_else(|| "its start point".to_owned(), |base| one_line(base.as_str()));
    let name = one_line(diff.task.as_str());
    let title = text::wrap(&format!("{name} against {base} ({})", diff.merge_base.short()), look.width, 2);
    let mut out = title.replacen(&name, &look.name(&diff.task), 1) + "\n";
    if diff.files.is_empty() {
        out.push_str("  no change\n");
        return out;
    }
    let rows: Vec<Row> =
        diff.files.iter().map(|file| Row::new(file, &overlap.others(&diff.task, file), look)).collect();
    let counts = rows.iter().map(|row| row.count.len()).max().unwrap_or(0);
    let width = look.width.unwrap_or(DEFAULT_WIDTH);
    // Two spaces, name, ` | `, count, space, bar.
    let room = width.saturating_sub(2 + 3 + counts + 1);
    let longest = rows.iter().map(|row| text::cells(&row.name)).max().unwrap_or(0);
    let names = longest.min((room * 2 / 3).max(NAME_CELLS));
    let bars = room.saturating_sub(names);
    let most = diff.files.iter().map(changed).max().unwrap_or(0);
    for (row, file) in rows.iter().zip(&diff.files) {
        let name = text::elide_middle(&row.name, names, look.style.ellipsis());
        let pad = " ".repeat(names.saturating_sub(text::cells(&name)));
        let bar = if file.binary { String::new() } else { bar(file, most, bars, look) };
        let line = format!("  {name}{pad} | {:>counts$} {bar}", row.count);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str(&text::wrap(&format!("  {}", total(diff)), look.width, 2));
    out.push('\n');
    out
}

struct Row {
    name: String,
    count: String,
}

impl Row {
    fn new(file: &FileDiff, others: &[&TaskName], look: &Look<'_>) -> Self {
        let mut name = match &file.old_path {
            Some(old) => format!("{old} {} {}", look.style.arrow(), file.path),
            None => file.path.to_string(),
        };
        if file.untracked {
            name.push_str(" (untracked)");
        }
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().map(|task| task.as_str()).collect();
            name.push_str(&format!(" (also in {})", others.join(", ")));
        }
        let count = if file.binary { "Bin".to_owned() } else { changed(file).to_string() };
        Self { name: one_line(&name), count }
    }
}

fn changed(file: &FileDiff) -> u64 {
    u64::from(file.insertions) + u64::from(file.deletions)
}

/// Draws `+` and `-`, one for each line where there is room, else in proportion; what is not nothing has at least one.
fn bar(file: &FileDiff, most: u64, room: usize, look: &Look<'_>) -> String {
    let (plus, minus) = (u64::from(file.insertions), u64::from(file.deletions));
    let room = room as u64;
    let scale = |lines: u64| match lines {
        _ if most <= room => lines,
        0 => 0,
        lines => (lines.saturating_mul(room) / most.max(1)).max(1),
    };
    let (mut plus, mut minus) = (scale(plus), scale(minus));
    while plus + minus > room && (plus > 0 || minus > 0) {
        if plus >= minus { plus -= 1 } else { minus -= 1 }
    }
    let repeat = |sign: &str, count: u64| sign.repeat(usize::try_from(count).unwrap_or(0));
    format!(
        "{}{}",
        look.style.paint(Meaning::Added, &repeat("+", plus)),
        look.style.paint(Meaning::Removed, &repeat("-", minus))
    )
}

fn total(diff: &TaskDiff) -> String {
    let stat = diff.stat();
    let mut said = vec![format!("{} changed", text::plural(stat.files, "file"))];
    if stat.insertions > 0 {
        said.push(format!("{}(+)", text::plural(stat.insertions, "insertion")));
    }
    if stat.deletions > 0 {
        said.push(format!("{}(-)", text::plural(stat.deletions, "deletion")));
    }
    said.join(", ")
}

/// Gives the paths of a task's change, one a line, quoted where git would quote.
pub fn diff_names(diff: &TaskDiff) -> String {
    // Quoting alone makes them safe; anything more would keep what reads them from finding the files.
    diff.files.iter().map(|file| format!("{}\n", file.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{diffs, look};
    use super::*;
    use crate::ui::style::tests::{ASCII, COLOR, PLAIN};

    #[test]
    fn stat_at_each_width() {
        let all = diffs();
        insta::assert_snapshot!(diff_stat(&all[0], &Overlap::of(&all), &look(PLAIN, Some(80))), @r#"
        api against main (ababababa)
          assets/logo.png                                 | Bin
          "na\377me\033"                                  |   1 +
          src/a/rather/deep/direc…les/users_controller.py | 240 ++++++++++++++++++++++++
          src/old.rs → src/new.rs                         |   6 +-
          src/gone.rs                                     |  87 --------
          notes.txt (untracked)                           |   2 +
          6 files changed, 246 insertions(+), 90 deletions(-)
        "#);
        insta::assert_snapshot!(diff_stat(&all[0], &Overlap::of(&all), &look(ASCII, Some(40))), @r#"
        api against main (ababababa)
          assets/logo.png      | Bin
          "na\377me\033"       |   1 +
          src/a/rat...oller.py | 240 +++++++++++
          src/old.r...c/new.rs |   6 +-
          src/gone.rs          |  87 ---
          notes.txt...tracked) |   2 +
          6 files changed, 246 insertions(+), 90
          deletions(-)
        "#);
        insta::assert_snapshot!(diff_stat(&all[1], &Overlap::of(&all), &look(PLAIN, None)), @r"
        docs against its start point (ababababa)
          no change
        ");
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        for width in 30..120 {
            let text = diff_stat(&diffs()[0], &Overlap::default(), &look(PLAIN, Some(width)));
            let rows = text.lines().skip(1).filter(|line| line.contains(" | "));
            assert!(
                rows.clone().count() > 3 && rows.clone().all(|line| text::cells(line) <= width),
                "{width}\n{text}"
            );
            let colored = diff_stat(&diffs()[0], &Overlap::default(), &look(COLOR, Some(width)));
            assert_eq!(console::strip_ansi_codes(&colored), text);
        }
    }

    #[test]
    fn names_are_quoted() {
        insta::assert_snapshot!(diff_names(&diffs()[0]), @r#"
        assets/logo.png
        "na\377me\033"
        src/a/rather/deep/directory/of/modules/users_controller.py
        src/new.rs
        src/gone.rs
        notes.txt
        "#);
    }
}
