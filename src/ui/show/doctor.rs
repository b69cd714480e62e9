//! `doctor` and `agents`.

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::table::{Cell, Column, Table};
use super::super::text;
use super::super::view::{AgentRow, Check, Level};
use super::Look;

/// The width of a topic, in cells.
const TOPIC: usize = 11;

/// Shows what was found, each after its topic; nothing is cut.
pub fn doctor(checks: &[Check], look: &Look<'_>) -> String {
    let mut out = String::new();
    for check in checks {
        let meaning = match check.level {
            Level::Good => Meaning::Success,
            Level::Info => Meaning::Info,
            Level::Problem => Meaning::Warning,
        };
        let line = format!("{:<TOPIC$}  {}", check.topic, one_line(&check.what));
        // The mark is two cells more, on every line.
        let wrapped = text::wrap(&line, look.width.map(|width| width.saturating_sub(2)), TOPIC + 2);
        out.push_str(&format!("{} {}\n", look.style.mark(meaning), wrapped.replace('\n', "\n  ")));
        if let Some(next) = &check.next {
            let indent = " ".repeat(TOPIC + 4);
            // A command is to be pasted: it stays in one line.
            out.push_str(&format!("{indent}{} {}\n", look.style.mark(Meaning::Hint), one_line(next)));
        }
    }
    out
}

/// Shows the agents in a table.
pub fn agents(rows: &[AgentRow], look: &Look<'_>) -> String {
    let mut table = Table::new([
        Column::new(""),
        Column::new("Agent"),
        Column::new("Version").sentence().shrink(10).drop(2),
        Column::new("Can").sentence().shrink(12).drop(2),
        Column::new("Program").shrink(12).drop(3),
        Column::new("About").sentence().shrink(16).drop(1),
    ]);
    for row in rows {
        let meaning = if row.path.is_some() { Meaning::Success } else { Meaning::Waiting };
        let about =
            if row.tried { row.about.clone() } else { format!("{} (by its documentation)", row.about) };
        table.row([
            Cell::new(meaning, look.style.symbol(meaning)),
            Cell::new(Meaning::Name, one_line(&row.name)),
            row.version.as_deref().map(one_line).unwrap_or_default().into(),
            row.can.join(", ").into(),
            row.path.as_deref().map(|path| look.path(path)).unwrap_or_default().into(),
            Cell::new(Meaning::Minor, one_line(&about)),
        ]);
    }
    look.table(&table)
}

#[cfg(test)]
mod tests {
    use super::super::tests::look;
    use super::*;
    use crate::ui::style::tests::{ASCII, PLAIN};

    fn checks() -> Vec<Check> {
        vec![
            Check::good("git", "2.47"),
            Check::info("files", "written by git, not libgit2: core.autocrlf = true"),
            Check::problem(
                "lock",
                "/r/.git/in\x1bdex.lock stands; a git that was killed leaves such files",
                "rm x",
            ),
        ]
    }

    #[test]
    fn findings() {
        insta::assert_snapshot!(doctor(&checks(), &look(PLAIN, Some(100))), @r"
        ✓ git          2.47
        ○ files        written by git, not libgit2: core.autocrlf = true
        ▲ lock         /r/.git/in\x1bdex.lock stands; a git that was killed leaves such files
                       ↳ rm x
        ");
        insta::assert_snapshot!(doctor(&checks(), &look(ASCII, Some(40))), @r"
        + git          2.47
        - files        written by git, not
                       libgit2: core.autocrlf =
                       true
        ! lock         /r/.git/in\x1bdex.lock
                       stands; a git that was
                       killed leaves such files
                       > rm x
        ");
    }

    #[test]
    fn clients() {
        let row = |name: &str, path: Option<&str>, version: Option<&str>, tried| AgentRow {
            name: name.into(),
            about: "an agent of some company".into(),
            command: name.into(),
            path: path.map(Into::into),
            version: version.map(Into::into),
            tried,
            can: vec!["resume", "model"],
        };
        let rows = [
            row("claude", Some("/usr/bin/claude"), Some("2.1.0 (Claude)"), true),
            row("amp", None, None, false),
        ];
        insta::assert_snapshot!(agents(&rows, &look(PLAIN, Some(100))), @"
           Agent   Version         Can            Program          About
        ✓  claude  2.1.0 (Claude)  resume, model  /usr/bin/claude  an agent of some company
        ·  amp                     resume, model                   an agent of some company (by its documen…
        ");
        insta::assert_snapshot!(agents(&rows, &look(PLAIN, Some(40))), @"
           Agent   Version      About
        ✓  claude  2.1.0 (Cla…  an agent of som…
        ·  amp                  an agent of som…
          not shown for want of width: program,
          can
        ");
    }
}
