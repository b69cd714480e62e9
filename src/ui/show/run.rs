//! `run`: what is about to be spent, and what came of it.

use crate::domain::event::TaskResult;
use crate::domain::name::{RunId, TaskName};

use super::super::escape::{drop_sgr, one_line};
use super::super::style::Meaning;
use super::super::text;
use super::super::view::{LogView, RunHeader};
use super::Look;

/// How many of an agent's last lines are shown.
const LAST_WORDS: usize = 5;

/// Shows what a run is about to do: how many tasks, on what, by whom, with which permission.
pub fn run_header(header: &RunHeader, look: &Look<'_>) -> String {
    let mut first = vec![text::plural_len(header.tasks, "task")];
    if header.earlier > 0 {
        first.push(format!("{} done in an earlier run", header.earlier));
    }
    first.push(format!("{} at once", header.jobs));
    if let Some(ms) = header.timeout_ms {
        first.push(format!("limit {}", text::duration(ms)));
    }
    let plan = header.plan.as_deref().map(|plan| format!(" of {}", one_line(plan))).unwrap_or_default();
    let bases: Vec<String> = header
        .bases
        .iter()
        .map(|(name, commit)| format!("{} ({})", one_line(name), commit.short()))
        .collect();
    let agents: Vec<String> = header.agents.iter().map(|agent| one_line(agent)).collect();
    let mut second = Vec::new();
    for (label, value) in [
        ("base", bases.join(", ")),
        ("agent", agents.join(", ")),
        ("permission", one_line(&header.permission)),
        ("isolation", one_line(&header.isolation)),
    ] {
        if !value.is_empty() {
            second.push(format!("{label} {value}"));
        }
    }
    let head = format!("run {}{plan}: {}", one_line(&header.run), first.join(", "));
    let more = second.join("; ");
    let detail = if more.is_empty() { String::new() } else { look.detail(&more) };
    format!("{}{detail}", look.line(Meaning::Info, &head))
}

/// Writes the heading of one log among several.
pub fn log_heading(log: &LogView<'_>, look: &Look<'_>) -> String {
    let name = look.name(one_line(log.task.as_str()));
    format!("==> {name}: run {}, attempt {}, {} <==\n", log.run, log.attempt, log.state)
}

/// Says which tasks would be stopped.
pub fn would_stop(tasks: &[(&TaskName, &RunId)]) -> String {
    let line = |(task, run): &(&TaskName, &RunId)| format!("stop {} of run {run}\n", one_line(task.as_str()));
    tasks.iter().map(line).collect()
}

/// Says that a run goes on without a terminal.
pub fn detached(run: &RunId, look: &Look<'_>) -> String {
    look.line(Meaning::Doing, &format!("run {run} goes on by itself"))
}

/// Shows each task's outcome, the evidence for it, its agent's last words and the command to go on with; then totals.
pub fn run_summary(results: &[TaskResult], look: &Look<'_>) -> String {
    let names = results.iter().map(|result| text::cells(&one_line(result.task.as_str()))).max().unwrap_or(0);
    let mut out = String::new();
    for result in results {
        task(&mut out, result, names.min(24), look);
    }
    out.push_str(&totals(results, look));
    out
}

fn task(out: &mut String, result: &TaskResult, names: usize, look: &Look<'_>) {
    let meaning = Meaning::of_outcome(result.outcome, result.success);
    let name = one_line(result.task.as_str());
    let pad = " ".repeat(names.saturating_sub(text::cells(&name)));
    let mut facts = Vec::new();
    if result.earlier {
        facts.push("in an earlier run".to_owned());
    } else if let Some(ms) = result.elapsed_ms {
        facts.push(format!("in {}", text::duration(ms)));
    }
    if result.attempts > 1 {
        facts.push(format!("after {} attempts", result.attempts));
    }
    let mut gains = Vec::new();
    if result.commits > 0 {
        gains.push(text::plural(result.commits, "commit"));
    }
    if let Some(stat) = result.diff.filter(|stat| stat.files > 0) {
        gains.push(text::stat(stat, look.style));
    }
    let outcome = look.style.paint(meaning, result.outcome.word());
    let gap = if facts.is_empty() { "" } else { " " };
    let gains = if gains.is_empty() { String::new() } else { format!("  {}", gains.join(", ")) };
    out.push_str(&format!(
        "{} {}{pad}  {outcome}{gap}{}{gains}\n",
        look.style.mark(meaning),
        look.name(&name),
        facts.join(" ")
    ));
    if !result.evidence.is_empty() {
        out.push_str(&look.detail(&one_line(&result.evidence.join(", "))));
    }
    last_words(out, &result.last_words, look);
    if !result.next.is_empty() {
        out.push_str(&look.next(&result.next));
    }
}

fn last_words(out: &mut String, words: &[String], look: &Look<'_>) {
    let bar = look.style.mark(Meaning::Quoted);
    let room = look.width.map_or(200, |width| width.saturating_sub(4)).max(20);
    let lines: Vec<String> = words
        .iter()
        .flat_map(|words| drop_sgr(words.as_bytes()).lines().map(one_line).collect::<Vec<_>>())
        .filter(|line| !line.trim().is_empty())
        .collect();
    for line in &lines[lines.len().saturating_sub(LAST_WORDS)..] {
        out.push_str(&format!("  {bar} {}\n", text::elide(line, room, look.style.ellipsis())));
    }
}

fn totals(results: &[TaskResult], look: &Look<'_>) -> String {
    let mut words: Vec<(&str, usize)> = Vec::new();
    for result in results {
        let word = result.outcome.word();
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    let said: Vec<String> = words.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let well = results.iter().all(|result| result.success);
    let meaning = if well { Meaning::Success } else { Meaning::Warning };
    let count = text::plural_len(results.len(), "task");
    let colon = if said.is_empty() { "" } else { ": " };
    format!("\n{}", look.line(meaning, &format!("{count}{colon}{}", said.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{look, results};
    use super::*;
    use crate::domain::oid::CommitId;
    use crate::ui::style::tests::{ASCII, COLOR, PLAIN};

    #[test]
    fn header() {
        let header = RunHeader {
            run: "20261125-223001-3f9a".into(),
            plan: Some("plan.toml".into()),
            tasks: 4,
            earlier: 1,
            jobs: 4,
            timeout_ms: Some(1_800_000),
            bases: vec![("main".into(), CommitId::from_bytes([0xab; 20]))],
            agents: vec!["claude".into(), "codex".into()],
            permission: "edit".into(),
            isolation: "none".into(),
        };
        insta::assert_snapshot!(run_header(&header, &look(PLAIN, Some(80))), @r"
        ○ run 20261125-223001-3f9a of plan.toml: 4 tasks, 1 done in an earlier run, 4 at
          once, limit 30m
          base main (ababababa); agent claude, codex; permission edit; isolation none
        ");
        let bare = RunHeader { run: "r".into(), tasks: 1, jobs: 1, ..RunHeader::default() };
        insta::assert_snapshot!(run_header(&bare, &look(ASCII, None)), @"- run r: 1 task, 1 at once");
    }

    #[test]
    fn summary() {
        insta::assert_snapshot!(run_summary(&results(), &look(PLAIN, Some(80))), @r"
        ✓ users-api  done in 1m 32s  2 commits, 3 files, +12 −4
          exit 0, 2 commits, leftovers committed (1 untracked)
          │ I added CRUD for /users.
          │ All 14 tests pass.
          │ Done.\x1b]0;owned\x07
          ↳ windrow diff users-api
        ✗ tests      failed in 12s after 2 attempts
          exit 1, no commit, left uncommitted: 2 unstaged
          │ line 5 of a long story that does not end soon
          │ line 6 of a long story that does not end soon
          │ line 7 of a long story that does not end soon
          │ line 8 of a long story that does not end soon
          │ line 9 of a long story that does not end soon
          ↳ windrow logs tests
        ○ docs       skipped
          tests is not done
          ↳ windrow run plan.toml
        ✓ schema     done in an earlier run

        ▲ 4 tasks: 2 done, 1 failed, 1 skipped
        ");
        insta::assert_snapshot!(run_summary(&results()[1..2], &look(ASCII, Some(40))), @r"
        x tests  failed in 12s after 2 attempts
          exit 1, no commit, left uncommitted: 2
          unstaged
          | line 5 of a long story that does ...
          | line 6 of a long story that does ...
          | line 7 of a long story that does ...
          | line 8 of a long story that does ...
          | line 9 of a long story that does ...
          > windrow logs tests

        ! 1 task: 1 failed
        ");
        let colored = run_summary(&results(), &look(COLOR, Some(80)));
        assert_eq!(console::strip_ansi_codes(&colored), run_summary(&results(), &look(PLAIN, Some(80))));
    }
}
