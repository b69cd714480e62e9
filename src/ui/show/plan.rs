//! `plan`: what a run would do.

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::table::{Cell, Column, Table};
use super::super::text;
use super::super::view::PlanView;
use super::Look;

/// Shows the tasks in the order in which they may begin, and which of them mean to change the same paths.
pub fn plan(view: &PlanView<'_>, look: &Look<'_>) -> String {
    let mut head = vec![text::plural_len(view.tasks.len(), "task"), format!("{} at once", view.jobs)];
    if let Some((base, commit)) = view.base {
        let commit = commit.map(|commit| format!(" ({})", commit.short())).unwrap_or_default();
        head.push(format!("base {}{commit}", one_line(base)));
    }
    if let Some(file) = view.file {
        head.insert(0, look.path(file));
    }
    let mut out = look.line(Meaning::Info, &head.join(", "));
    let mut table = Table::new([
        Column::new("Task").shrink(16),
        Column::new("After").shrink(12).drop(2),
        Column::new("Agent").shrink(10),
        Column::new("Role").drop(4),
        Column::new("Mode").drop(4),
        Column::new("Base").drop(5),
        Column::new("Limit").right().drop(3),
        Column::new("Prompt").sentence().shrink(20).drop(1),
    ]);
    for task in view.tasks {
        let after: Vec<&str> = task.after.iter().map(|name| name.as_str()).collect();
        table.row([
            Cell::new(Meaning::Name, one_line(task.name.as_str())),
            one_line(&after.join(" ")).into(),
            task.agent.as_ref().map_or_else(|| "?".to_owned(), |agent| one_line(&agent.name)).into(),
            task.role.as_deref().map(one_line).unwrap_or_default().into(),
            if task.is_read() { task.mode.word() } else { Default::default() }.into(),
            task.base.as_deref().map(one_line).unwrap_or_default().into(),
            task.timeout_ms.map(text::duration).unwrap_or_default().into(),
            Cell::new(Meaning::Minor, text::elide(&one_line(&task.title), 60, look.style.ellipsis())),
        ]);
    }
    out.push_str(&look.table(&table));
    for overlap in view.overlaps {
        let (a, b) = (one_line(overlap.a.as_str()), one_line(overlap.b.as_str()));
        out.push_str(&look.line(Meaning::Warning, &format!("{a} and {b} mean to change the same paths")));
        let said = overlap.touches.iter().map(|(a, b)| if a == b { a.clone() } else { format!("{a}, {b}") });
        look.list(&mut out, said.collect::<Vec<_>>().into_iter());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{look, overlaps, planned};
    use super::*;
    use crate::domain::oid::CommitId;
    use crate::ui::style::tests::{ASCII, PLAIN};

    #[test]
    fn plans() {
        let (tasks, overlaps) = (planned(), overlaps());
        let view = PlanView {
            file: Some(std::path::Path::new("/r/plan.toml")),
            base: Some(("main", Some(CommitId::from_bytes([0xab; 20])))),
            jobs: 4,
            tasks: &tasks,
            overlaps: &overlaps,
        };
        insta::assert_snapshot!(plan(&view, &look(PLAIN, Some(100))), @r"
        ○ plan.toml, 2 tasks, 4 at once, base main (ababababa)
        Task         After      Agent   Role          Limit  Prompt
        users-api               claude  api-designer         Design and implement CRUD for /users in Python…
        users-tests  users-api  ?                       30m  Design and implement CRUD for /users in Python…
        ▲ users-api and users-tests mean to change the same paths
            src/**
            a/*, a/b
        ");
        insta::assert_snapshot!(plan(&view, &look(ASCII, Some(60))), @"
        - plan.toml, 2 tasks, 4 at once, base main (ababababa)
        Task         After      Agent   Limit  Prompt
        users-api               claude         Design and impleme...
        users-tests  users-api  ?         30m  Design and impleme...
          not shown for want of width: role
        ! users-api and users-tests mean to change the same paths
            src/**
            a/*, a/b
        ");
    }
}
