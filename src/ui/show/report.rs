//! The integration report of a run in Markdown.
//!
//! Whatever agents, plans and repositories wrote stands in code spans and fenced blocks that it cannot close, so that a
//! renderer takes none of it for markup.

use crate::domain::forecast::MergeForecast;

use super::super::escape::{drop_sgr, one_line};
use super::super::style::Style;
use super::super::text;
use super::super::view::{ReportTask, ReportView, first_line};

const STYLE: Style = Style { color: false, unicode: true };

/// Gives the report: a table of all tasks, then a part for each with prompt, evidence, last words and merge state.
pub fn report_markdown(view: &ReportView) -> String {
    let mut out = format!("# Run {}\n\n", one_line(view.run.as_str()));
    let plan = view.plan.as_deref().map(|plan| format!(" of {}", code(plan))).unwrap_or_default();
    let done = view.tasks.iter().filter(|task| task.result.success).count();
    out.push_str(&format!(
        "Started {}{plan}: {}, {done} done.\n\n",
        view.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        text::plural_len(view.tasks.len(), "task")
    ));
    out.push_str("| Task | Outcome | Change | Merge | Time |\n|---|---|---|---|---|\n");
    for task in &view.tasks {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            cell(&code(task.result.task.as_str())),
            task.result.outcome,
            task.diff.or(task.result.diff).map(|stat| text::stat(stat, STYLE)).unwrap_or_default(),
            cell(&merge(task)),
            task.result.elapsed_ms.map(text::duration).unwrap_or_default()
        ));
    }
    for task in &view.tasks {
        section(&mut out, task);
    }
    out
}

fn section(out: &mut String, task: &ReportTask) {
    let result = &task.result;
    out.push_str(&format!("\n## {}: {}\n\n", code(result.task.as_str()), result.outcome));
    let mut fact = |label: &str, value: String| {
        if !value.is_empty() {
            out.push_str(&format!("- {label}: {value}\n"));
        }
    };
    fact("Prompt", code(first_line(&task.prompt)));
    fact("Agent", task.agent.as_deref().map(code).unwrap_or_default());
    let branch = task.branch.as_ref().map(|branch| code(branch.as_str()));
    let base = task.base.as_ref().map(|base| format!(" (base {})", code(base.as_str())));
    fact("Branch", branch.map(|branch| branch + &base.unwrap_or_default()).unwrap_or_default());
    fact("Attempts", if result.attempts > 1 { result.attempts.to_string() } else { String::new() });
    fact("Evidence", code(&result.evidence.join(", ")));
    fact("Merge", merge(task));
    if let Some(MergeForecast::Conflict(conflicts)) = task.merge.as_ref().filter(|_| task.landed.is_none()) {
        for conflict in conflicts {
            out.push_str(&format!("  - {} ({})\n", code(&conflict.path.to_string()), code(&conflict.kind)));
        }
    }
    let mut fact = |label: &str, value: String| {
        if !value.is_empty() {
            out.push_str(&format!("- {label}: {value}\n"));
        }
    };
    fact("Next", code(&result.next));
    if let Some(output) = task.output.as_deref().filter(|output| !output.trim().is_empty()) {
        out.push_str(&format!("\n{}", fence(output)));
    } else if !result.last_words.is_empty() {
        out.push_str(&format!("\n{}", fence(&result.last_words.join("\n"))));
    }
}

fn merge(task: &ReportTask) -> String {
    if let Some(landing) = &task.landed {
        return format!("landed in {} as {}", code(landing.into.as_str()), landing.commit.short());
    }
    match &task.merge {
        None => String::new(),
        Some(MergeForecast::Conflict(conflicts)) => {
            format!("conflict in {}", text::plural_len(conflicts.len(), "file"))
        }
        Some(other) => other.word().to_owned(),
    }
}

/// Gives a code span whose delimiter is longer than every run of backquotes in it.
fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return text;
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    // A space next to a delimiter is taken away in pairs; one is needed beside a backquote.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Gives a fenced block whose fence is longer than every run of backquotes in it.
fn fence(text: &str) -> String {
    let text = drop_sgr(text.as_bytes());
    let ticks = "`".repeat((longest_run(&text) + 1).max(3));
    format!("{ticks}text\n{}\n{ticks}\n", text.trim_end())
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Makes text fit for a cell: a table ends cells at every bar, in code spans too.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn markdown() {
        insta::assert_snapshot!(report_markdown(&report()), @r"
        # Run 20261125-223001-3f9a

        Started 2027-01-15T08:00:00Z of `plan.toml`: 3 tasks, 1 done.

        | Task | Outcome | Change | Merge | Time |
        |---|---|---|---|---|
        | `users-api` | done | 3 files, +12 −4 | landed in `main` as ababababa | 1m 32s |
        | `tests` | failed |  | conflict in 1 file | 12s |
        | `docs` | skipped |  |  |  |

        ## `users-api`: done

        - Prompt: `Role.`
        - Agent: `claude`
        - Branch: `users-api` (base `main`)
        - Evidence: `exit 0, 2 commits, leftovers committed (1 untracked)`
        - Merge: landed in `main` as ababababa
        - Next: `windrow diff users-api`

        ```text

        I added CRUD for /users.
        All 14 tests pass.
        Done.\x1b]0;owned\x07
        ```

        ## `tests`: failed

        - Prompt: `Role.`
        - Agent: `claude`
        - Branch: `tests` (base `main`)
        - Attempts: 2
        - Evidence: `exit 1, no commit, left uncommitted: 2 unstaged`
        - Merge: conflict in 1 file
          - ``src/a`b.rs`` (`content`)
        - Next: `windrow logs tests`

        ```text
        line 1 of a long story that does not end soon
        line 2 of a long story that does not end soon
        line 3 of a long story that does not end soon
        line 4 of a long story that does not end soon
        line 5 of a long story that does not end soon
        line 6 of a long story that does not end soon
        line 7 of a long story that does not end soon
        line 8 of a long story that does not end soon
        line 9 of a long story that does not end soon
        ```

        ## `docs`: skipped

        - Prompt: `Role.`
        - Agent: `claude`
        - Evidence: `tests is not done`
        - Next: `windrow run plan.toml`
        ");
    }

    #[test]
    fn nothing_closes_its_code() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(code(""), "");
        assert_eq!(fence("a\n````\nb\x1b[31m\n"), "`````text\na\n````\nb\n`````\n");
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
    }
}
