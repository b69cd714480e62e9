//! Tasks as they are made, actions before they are taken, and the journal of what was done.

use jiff::Timestamp;

use crate::domain::action::Action;
use crate::domain::task::TaskRecord;

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::table::{Cell, Column, Table};
use super::super::text;
use super::super::view::{HistoryRow, UndoView};
use super::Look;

/// Shows tasks that were made: `✓ api  branch api from main (abc123def)  ../repo.worktrees/api`.
pub fn tasks_started(tasks: &[TaskRecord], look: &Look<'_>) -> String {
    let rows: Vec<[String; 3]> = tasks
        .iter()
        .map(|task| [one_line(task.name.as_str()), made(task), look.path(&task.worktree)])
        .collect();
    let widest = |column: usize| rows.iter().map(|row| text::cells(&row[column])).max().unwrap_or(0);
    let (names, made) = (widest(0), widest(1));
    // Where a line is too short for all of it, the worktree stands below: a path that is cut is of no use.
    let in_line = look.width.is_none_or(|width| 2 + names + 2 + made + 2 + widest(2) <= width);
    let mut out = String::new();
    for [name, what, path] in &rows {
        let pad = " ".repeat(names - text::cells(name));
        let gap = if in_line { " ".repeat(made - text::cells(what) + 2) } else { "\n    ".to_owned() };
        out.push_str(&format!(
            "{} {}{pad}  {what}{gap}{path}\n",
            look.style.mark(Meaning::Success),
            look.name(name)
        ));
    }
    out
}

/// Shows worktrees that became tasks: `✓ api  branch api, base main (left at abc123def)  /elsewhere/api`.
pub fn tasks_adopted(tasks: &[TaskRecord], look: &Look<'_>) -> String {
    let mut out = String::new();
    for task in tasks {
        let (branch, left) = (one_line(task.branch.as_str()), task.start_point.short());
        let base = match &task.base {
            Some(base) => format!("base {} (left at {left})", one_line(base.as_str())),
            None => "no base".to_owned(),
        };
        let (mark, path) = (look.style.mark(Meaning::Success), look.path(&task.worktree));
        out.push_str(&format!("{mark} {}  branch {branch}, {base}  {path}\n", look.name(&task.name)));
    }
    out
}

fn made(task: &TaskRecord) -> String {
    let branch = one_line(task.branch.as_str());
    let commit = task.start_point.short();
    match (&task.base, task.branch_taken_up) {
        (Some(base), false) => format!("branch {branch} from {} ({commit})", one_line(base.as_str())),
        (None, false) => format!("branch {branch} from {commit}, no base"),
        (_, true) => format!("existing branch {branch} ({commit})"),
    }
}

/// Shows what a dry run would do.
pub fn actions(actions: &[Action], look: &Look<'_>) -> String {
    let mark = look.style.mark(Meaning::Info);
    if actions.is_empty() {
        return format!("{mark} nothing to do\n");
    }
    let mut out = format!("{mark} dry run: {}, none made\n", text::plural_len(actions.len(), "change"));
    for action in actions {
        out.push_str(&format!("  {}\n", one_line(&action.describe())));
    }
    out
}

/// Shows the journal, newest first as given; what is undone is dimmed.
pub fn history(rows: &[HistoryRow], now: Timestamp, look: &Look<'_>) -> String {
    if rows.is_empty() {
        return format!("{} no operation yet\n", look.style.mark(Meaning::Info));
    }
    let mut table = Table::new([
        Column::new("Id"),
        Column::new("Age").right().drop(3),
        Column::new("Command"),
        Column::new("Summary").sentence().shrink(24).drop(1),
        Column::new("Tasks").shrink(16).drop(2),
        Column::new(""),
    ]);
    for row in rows {
        let tasks: Vec<&str> = row.tasks.iter().map(|task| task.as_str()).collect();
        let cells = [
            row.id.clone(),
            text::age(row.time, now),
            one_line(&row.command),
            one_line(&row.summary),
            one_line(&tasks.join(" ")),
            what_can_be_done(row).to_owned(),
        ];
        let dim = row.undone.then_some(Meaning::Minor);
        table.row(cells.map(|text| Cell { text, meaning: dim }));
    }
    look.table(&table)
}

fn what_can_be_done(row: &HistoryRow) -> &'static str {
    match (row.undone, row.redoable, row.is_final) {
        (_, true, _) => "undone; redo is next",
        (true, ..) => "undone",
        (_, _, true) => "for good",
        _ => "",
    }
}

/// Shows what `undo` or `redo` (`verb`: `undid`, `redid`) did.
pub fn undone(verb: &str, view: &UndoView<'_>, look: &Look<'_>) -> String {
    let mark = look.style.mark(Meaning::Success);
    let mut out = format!("{mark} {verb} {}: {}\n", one_line(view.undone), one_line(view.summary));
    for line in view.restored {
        out.push_str(&format!("  {}\n", one_line(line)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, history_rows, look};
    use super::*;
    use crate::domain::oid::CommitId;
    use crate::domain::task::tests::record;
    use crate::ui::style::tests::{ASCII, PLAIN};

    #[test]
    fn started() {
        let mut tasks = vec![record("api"), record("users-tests"), record("docs")];
        tasks[1].base = None;
        tasks[2].branch_taken_up = true;
        insta::assert_snapshot!(tasks_started(&tasks, &look(PLAIN, Some(100))), @r"
        ✓ api          branch api from main (010101010)            /r.worktrees/api
        ✓ users-tests  branch users-tests from 010101010, no base  /r.worktrees/users-tests
        ✓ docs         existing branch docs (010101010)            /r.worktrees/docs
        ");
        insta::assert_snapshot!(tasks_started(&tasks, &look(ASCII, Some(60))), @r"
        + api          branch api from main (010101010)
            /r.worktrees/api
        + users-tests  branch users-tests from 010101010, no base
            /r.worktrees/users-tests
        + docs         existing branch docs (010101010)
            /r.worktrees/docs
        ");
    }

    #[test]
    fn dry_run() {
        let at = CommitId::from_bytes([0xab; 20]);
        let create = |name: &str| Action::CreateRef { name: format!("refs/heads/{name}"), at };
        insta::assert_snapshot!(actions(&[create("api"), create("a\u{9b}31m")], &look(PLAIN, None)), @r"
        ○ dry run: 2 changes, none made
          create branch api at ababababa
          create branch a\u{9b}31m at ababababa
        ");
        insta::assert_snapshot!(actions(&[], &look(ASCII, None)), @"- nothing to do");
    }

    #[test]
    fn journal() {
        let now = Timestamp::from_second(NOW).unwrap();
        insta::assert_snapshot!(history(&history_rows(), now, &look(PLAIN, Some(100))), @"
        Id                    Age  Command  Summary          Tasks
        20261125-223001-3f9a   1m  merge    merge 2 of them  api docs                   undone; redo is next
        20261125-200000-0001   2h  run      run 4 of them    api docs use…sts security
        ");
        insta::assert_snapshot!(history(&history_rows(), now, &look(PLAIN, Some(60))), @"
        Id                    Command
        20261125-223001-3f9a  merge    undone; redo is next
        20261125-200000-0001  run
          not shown for want of width: age, tasks, summary
        ");
        insta::assert_snapshot!(history(&[], now, &look(PLAIN, None)), @"○ no operation yet");
    }

    #[test]
    fn taken_back() {
        let view = UndoView {
            operation: None,
            undone: "20261125-223001-3f9a",
            summary: "clean api",
            restored: &["worktree ../r.worktrees/api".to_owned(), "branch api at 010101010".to_owned()],
        };
        insta::assert_snapshot!(undone("undid", &view, &look(PLAIN, None)), @r"
        ✓ undid 20261125-223001-3f9a: clean api
          worktree ../r.worktrees/api
          branch api at 010101010
        ");
    }
}
