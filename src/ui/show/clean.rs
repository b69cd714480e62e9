//! `clean`: what goes and what stays, with the reason for each.

use crate::domain::clean::{Class, Disposition};

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::text;
use super::Look;

/// Whether the text is said before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    /// It would be done.
    Before,
    /// It was done.
    After,
}

/// Shows what becomes of each task: first what goes, then what stays with the paths that keep it and the command that
/// would let it go.
pub fn dispositions(dispositions: &[Disposition], tense: Tense, look: &Look<'_>) -> String {
    if dispositions.is_empty() {
        return format!("{} no task\n", look.style.mark(Meaning::Info));
    }
    let names =
        dispositions.iter().map(|d| text::cells(&one_line(d.task.as_str()))).max().unwrap_or(0).min(24);
    let mut out = String::new();
    let (gone, kept): (Vec<_>, Vec<_>) = dispositions.iter().partition(|d| d.remove);
    for disposition in &gone {
        let (meaning, verb) = match tense {
            Tense::Before => (Meaning::Info, "remove"),
            Tense::After => (Meaning::Success, "removed"),
        };
        let branch = match (disposition.branch_stays, disposition.default_branch) {
            (true, true) => "; its branch stays, as it is a default branch",
            (true, false) => "; its branch stays",
            (false, _) => "",
        };
        let sentence = format!("{}{branch}", disposition.detail);
        out.push_str(&look.entry((meaning, verb, names), &disposition.task, &sentence));
    }
    for disposition in &kept {
        let verb = if tense == Tense::Before { "keep  " } else { "kept   " };
        out.push_str(&look.entry((Meaning::Warning, verb, names), &disposition.task, &disposition.detail));
        look.list(&mut out, disposition.paths.iter().map(ToString::to_string));
        if !disposition.needs.is_empty() {
            out.push_str(&look.next(&discard_command(disposition)));
        }
    }
    out.push_str(&format!(
        "{} {}, {} kept\n",
        look.style.mark(Meaning::Info),
        match tense {
            Tense::Before => format!("{} to remove", text::plural_len(gone.len(), "task")),
            Tense::After => format!("{} removed", text::plural_len(gone.len(), "task")),
        },
        kept.len()
    ));
    out
}

/// Gives the command that removes a task in spite of what keeps it.
fn discard_command(disposition: &Disposition) -> String {
    let mut classes: Vec<Class> = disposition.needs.clone();
    classes.sort_unstable();
    classes.dedup();
    let flags: Vec<String> = classes.iter().map(|class| format!(" --discard {}", class.word())).collect();
    format!("windrow clean {}{}", shell_words::quote(disposition.task.as_str()), flags.concat())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cleaned, look};
    use super::*;
    use crate::ui::style::tests::{ASCII, PLAIN};

    #[test]
    fn before_and_after() {
        let all: Vec<Disposition> = cleaned().into_iter().map(|(_, disposition)| disposition).collect();
        insta::assert_snapshot!(dispositions(&all, Tense::Before, &look(PLAIN, Some(80))), @r#"
        ○ remove api          its commits are in the base
        ○ remove users-tests  discarded: 1 untracked file; its branch stays
        ▲ keep   docs         1 changed file, 1 untracked file
            src/a.rs
            "\377"
          ↳ windrow clean docs --discard tracked --discard untracked
        ▲ keep   run-1        its agent is running
        ○ 2 tasks to remove, 2 kept
        "#);
        insta::assert_snapshot!(dispositions(&all[..2], Tense::After, &look(ASCII, Some(80))), @r"
        + removed api          its commits are in the base
        + removed users-tests  discarded: 1 untracked file; its branch stays
        - 2 tasks removed, 0 kept
        ");
        insta::assert_snapshot!(dispositions(&[], Tense::After, &look(PLAIN, None)), @"○ no task");
    }
}
