//! `status`: every task in a row.

use jiff::Timestamp;

use crate::domain::forecast::MergeForecast;
use crate::domain::name::{TaskId, TaskName};
use crate::domain::status::{Dirt, ForeignWorktree, Integrated, Survey, TaskStatus};

use super::super::escape::one_line;
use super::super::style::{Meaning, Style};
use super::super::table::{Cell, Column, Rendered, Table};
use super::super::text;
use super::super::view::ReadingRow;
use super::{Look, PATHS};

/// What `status` shows.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    /// The tasks.
    pub tasks: &'a [TaskStatus],
    /// Read tasks whose agents are at work.
    pub reading: &'a [ReadingRow],
    /// Worktrees that are no task's.
    pub foreign: &'a [ForeignWorktree],
    /// The task one stands in.
    pub current: Option<&'a TaskId>,
    /// The time that ages are counted to.
    pub now: Timestamp,
}

/// Shows tasks in a table with a line that counts them, what is wrong with them, and the foreign worktrees.
pub fn status(view: &StatusView<'_>, look: &Look<'_>) -> String {
    let mut out = String::new();
    if view.tasks.is_empty() && view.reading.is_empty() {
        out.push_str(&format!("{} no task\n", look.style.mark(Meaning::Info)));
        out.push_str(&look.next("windrow start NAME"));
    } else if !view.tasks.is_empty() {
        // The long form of changes says which kind they are; it is the first thing to give way.
        let long = table(view, look, true);
        let rendered = if long.dropped.is_empty() { long } else { table(view, look, false) };
        out.push_str(&rendered.text);
        out.push('\n');
        out.push_str(&look.line(Meaning::Info, &counts(view.tasks)));
        if !rendered.dropped.is_empty() {
            let hidden = rendered.dropped.join(", ").to_lowercase();
            out.push_str(&look.detail(&format!("not shown for want of width: {hidden}")));
        }
        problems(&mut out, view.tasks, look);
        collisions(&mut out, view.tasks, look);
    }
    reading(&mut out, view, look);
    foreign(&mut out, view.foreign, look);
    out
}

/// Lists read tasks: they have neither branch nor worktree, so that there is little to say.
fn reading(out: &mut String, view: &StatusView<'_>, look: &Look<'_>) {
    if view.reading.is_empty() {
        return;
    }
    let mut table = Table::new([
        Column::new("Read tasks").shrink(16),
        Column::new("State"),
        Column::new("Agent").shrink(10).drop(1),
    ]);
    for row in view.reading {
        let meaning = Meaning::of_state(row.state);
        let mut said = format!("{} {}", look.style.symbol(meaning), row.state.word());
        if let Some(ms) = row.elapsed_ms {
            said.push_str(&format!(" {}", text::duration(ms)));
        }
        table.row([
            Cell::new(Meaning::Name, one_line(row.task.as_str())),
            Cell::new(meaning, said),
            Cell::new(Meaning::Minor, one_line(&row.agent)),
        ]);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&table.render(look.style, look.width, true).text);
}

fn table(view: &StatusView<'_>, look: &Look<'_>, long: bool) -> Rendered {
    let mut table = Table::new([
        Column::new(""),
        Column::new("Task").shrink(16),
        Column::new("State"),
        Column::new("Changes").drop(1),
        Column::new("Commits").drop(2),
        Column::new("Lines").drop(3),
        Column::new("Merge").drop(1),
        Column::new("Base").drop(5).shrink(12),
        Column::new("Age").right().drop(4),
    ]);
    for status in view.tasks {
        let here = Some(&status.task.id) == view.current;
        let base = status.task.base.as_ref().map(|base| one_line(base.as_str())).unwrap_or_default();
        table.row([
            if here { Cell::new(Meaning::Here, "@") } else { Cell::default() },
            Cell::new(Meaning::Name, one_line(status.task.name.as_str())),
            state(status, look.style),
            changes(&status.survey, long),
            commits(&status.survey, look.style),
            status.survey.diff.map(|stat| text::lines(stat, look.style)).unwrap_or_default().into(),
            merge(status),
            Cell::new(Meaning::Minor, base),
            Cell::new(Meaning::Minor, text::age(status.task.created, view.now)),
        ]);
    }
    table.render(look.style, look.width, true)
}

fn state(status: &TaskStatus, style: Style) -> Cell {
    let meaning = Meaning::of_state(status.state);
    let mut said = format!("{} {}", style.symbol(meaning), status.state.word());
    if let (true, Some(ms)) = (status.state.is_live(), status.elapsed_ms) {
        said.push_str(&format!(" {}", text::duration(ms)));
    }
    Cell::new(meaning, said)
}

fn changes(survey: &Survey, long: bool) -> Cell {
    match survey.dirt {
        _ if survey.missing => Cell::new(Meaning::Failure, "missing"),
        None => Cell::new(Meaning::Warning, "?"),
        Some(dirt) if dirt.is_clean() => Cell::default(),
        Some(dirt) => {
            let meaning = if dirt.unmerged > 0 { Meaning::Failure } else { Meaning::Warning };
            Cell::new(meaning, if long { dirt.describe() } else { short(dirt) })
        }
    }
}

/// Says changes in a few cells: conflicts, else how many there are.
fn short(dirt: Dirt) -> String {
    match dirt.unmerged {
        0 => format!("{} dirty", dirt.staged + dirt.unstaged + dirt.untracked),
        n => format!("{n} unmerged"),
    }
}

fn commits(survey: &Survey, style: Style) -> Cell {
    let (up, down) = style.ahead_behind();
    let said: Vec<String> = [(survey.ahead, up), (survey.behind, down)]
        .into_iter()
        .filter_map(|(count, sign)| count.filter(|count| *count > 0).map(|count| format!("{sign}{count}")))
        .collect();
    said.join(" ").into()
}

pub(super) fn merge(status: &TaskStatus) -> Cell {
    if status.task.base.is_none() {
        return Cell::default();
    }
    match status.survey.integrated {
        Some(Integrated::Ancestor) => return Cell::new(Meaning::Success, "landed"),
        Some(how) => return Cell::new(Meaning::Success, format!("landed ({})", how.word())),
        None => {}
    }
    match &status.survey.merge {
        Some(MergeForecast::Clean) => Cell::new(Meaning::Success, "clean"),
        Some(MergeForecast::Conflict(conflicts)) => {
            Cell::new(Meaning::Failure, format!("conflict: {}", text::plural_len(conflicts.len(), "file")))
        }
        Some(MergeForecast::UpToDate) => Cell::new(Meaning::Minor, "up to date"),
        Some(MergeForecast::Unknown) | None => Cell::new(Meaning::Warning, "?"),
    }
}

fn counts(tasks: &[TaskStatus]) -> String {
    let mut words: Vec<(&str, usize)> = Vec::new();
    for status in tasks {
        let word = status.state.word();
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    let of = |test: fn(&TaskStatus) -> bool| tasks.iter().filter(|status| test(status)).count();
    let conflicts = of(|status| {
        status.survey.integrated.is_none() && matches!(status.survey.merge, Some(MergeForecast::Conflict(_)))
    });
    let dirty = of(|status| status.survey.dirt.is_some_and(|dirt| !dirt.is_clean()));
    let mut said: Vec<String> = words.iter().map(|(word, count)| format!("{count} {word}")).collect();
    said.extend((dirty > 0).then(|| format!("{dirty} dirty")));
    said.extend((conflicts > 0).then(|| format!("{conflicts} in conflict")));
    format!("{}: {}", text::plural_len(tasks.len(), "task"), said.join(", "))
}

fn problems(out: &mut String, tasks: &[TaskStatus], look: &Look<'_>) {
    for status in tasks {
        let name = look.name(&status.task.name);
        let mut say = |meaning, what: &str| {
            out.push_str(&format!("{} {name}: {}\n", look.style.mark(meaning), one_line(what)));
        };
        if let Some(problem) = &status.survey.problem {
            say(Meaning::Warning, problem);
        } else if status.survey.missing {
            say(Meaning::Warning, &format!("no worktree at {}", look.path(&status.task.worktree)));
        }
        // As long as the agent works, the lock is ours.
        if let Some(reason) = status.survey.locked.as_deref().filter(|_| !status.state.is_live()) {
            say(Meaning::Info, &format!("locked: {reason}"));
        }
    }
}

/// Says once for each two tasks that they conflict.
fn collisions(out: &mut String, tasks: &[TaskStatus], look: &Look<'_>) {
    let mut first = None;
    let mut pairs = Vec::new();
    for status in tasks {
        for other in status.conflicts_with.iter().flatten() {
            let pair = [&status.task.name, other];
            if !pairs.contains(&[other, &status.task.name]) && !pairs.contains(&pair) {
                first = first.or(Some(pair));
                pairs.push(pair);
            }
        }
    }
    for [a, b] in pairs.iter().take(PATHS) {
        let said = format!("{} and {} conflict with each other", look.name(a), look.name(b));
        out.push_str(&look.line(Meaning::Warning, &said));
    }
    if let Some([a, b]) = first {
        let more = pairs.len().saturating_sub(PATHS);
        if more > 0 {
            out.push_str(&look.detail(&format!("and {}", text::plural_len(more, "other pair"))));
        }
        let quoted = |name: &TaskName| shell_words::quote(name.as_str()).into_owned();
        out.push_str(&look.next(&match pairs.len() {
            1 => format!("windrow forecast {} {}", quoted(a), quoted(b)),
            _ => "windrow forecast".to_owned(),
        }));
    }
}

fn foreign(out: &mut String, worktrees: &[ForeignWorktree], look: &Look<'_>) {
    if worktrees.is_empty() {
        return;
    }
    let mut table = Table::new([
        Column::new("Other worktrees").shrink(24),
        Column::new("Branch").shrink(12),
        Column::new("").drop(1),
    ]);
    for worktree in worktrees {
        let reason = match (&worktree.reason, worktree.locked) {
            (Some(reason), true) => format!("locked: {}", one_line(reason)),
            (None, true) => "locked".to_owned(),
            (reason, false) => reason.as_deref().map(one_line).unwrap_or_default(),
        };
        let branch = worktree.branch.as_deref().map_or_else(|| "(detached)".to_owned(), one_line);
        let made_by = worktree.made_by.map(|maker| format!("made by {maker}"));
        let said: Vec<String> =
            made_by.into_iter().chain(Some(reason).filter(|reason| !reason.is_empty())).collect();
        let reason = said.join("; ");
        table.row([look.path(&worktree.path).into(), branch.into(), Cell::new(Meaning::Minor, reason)]);
    }
    out.push('\n');
    out.push_str(&table.render(look.style, look.width, true).text);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, foreign, look, statuses};
    use super::*;
    use crate::ui::style::tests::{ASCII, COLOR, PLAIN};

    fn show(style: Style, width: Option<usize>) -> String {
        let (tasks, foreign) = (statuses(), foreign());
        let current = tasks[0].task.id.clone();
        let now = Timestamp::from_second(NOW).unwrap();
        status(
            &StatusView { tasks: &tasks, reading: &[], foreign: &foreign, current: Some(&current), now },
            &look(style, width),
        )
    }

    #[test]
    fn without_limit() {
        insta::assert_snapshot!(show(PLAIN, None), @r#"
           Task                                   State              Changes                              Commits  Lines     Merge              Base  Age
        @  users-api                              ◎ running 1m 32s   2 unstaged, 1 untracked              ↑2 ↓1    +234 −8   clean              main   5m
           users-tests                            ✓ done                                                  ↑3       +351 −12  conflict: 2 files  main   2h
           docs                                   ○ idle                                                                     up to date         main   3d
           gone                                   ✗ failed           missing                                                 ?                  main  30s
           landed                                 ✓ done                                                  ↑1 ↓3    +117 −4   landed (squash)    main   1m
           feature/a-very-long-name-that-goes-on  ▲ needs-attention  2 unstaged, 1 untracked, 1 unmerged  ↑1       +117 −4   clean              main   1m
           broken                                 · queued           ?                                                       ?                  main   5s

        ○ 7 tasks: 1 running, 2 done, 1 idle, 1 failed, 1 needs-attention, 1 queued, 2 dirty, 1 in conflict
        ▲ gone: no worktree at /r.worktrees/gone
        ○ landed: locked: on a stick
        ▲ broken: cannot read index: \x1b[2J

        Other worktrees        Branch
        ~/hotfix               hotfix      locked: on a stick
        "/tmp/x\342\200\256y"  (detached)
        "#);
    }

    #[test]
    fn at_100() {
        insta::assert_snapshot!(show(PLAIN, Some(100)), @r#"
           Task               State              Changes     Commits  Lines     Merge              Base  Age
        @  users-api          ◎ running 1m 32s   3 dirty     ↑2 ↓1    +234 −8   clean              main   5m
           users-tests        ✓ done                         ↑3       +351 −12  conflict: 2 files  main   2h
           docs               ○ idle                                            up to date         main   3d
           gone               ✗ failed           missing                        ?                  main  30s
           landed             ✓ done                         ↑1 ↓3    +117 −4   landed (squash)    main   1m
           feature/…-goes-on  ▲ needs-attention  1 unmerged  ↑1       +117 −4   clean              main   1m
           broken             · queued           ?                              ?                  main   5s

        ○ 7 tasks: 1 running, 2 done, 1 idle, 1 failed, 1 needs-attention, 1 queued, 2 dirty, 1 in conflict
        ▲ gone: no worktree at /r.worktrees/gone
        ○ landed: locked: on a stick
        ▲ broken: cannot read index: \x1b[2J

        Other worktrees        Branch
        ~/hotfix               hotfix      locked: on a stick
        "/tmp/x\342\200\256y"  (detached)
        "#);
    }

    #[test]
    fn at_80_in_ascii() {
        insta::assert_snapshot!(show(ASCII, Some(80)), @r#"
           Task                State              Changes     Commits  Merge
        @  users-api           * running 1m 32s   3 dirty     ^2 v1    clean
           users-tests         + done                         ^3       conflict: 2 files
           docs                - idle                                  up to date
           gone                x failed           missing              ?
           landed              + done                         ^1 v3    landed (squash)
           feature/...goes-on  ! needs-attention  1 unmerged  ^1       clean
           broken              . queued           ?                    ?

        - 7 tasks: 1 running, 2 done, 1 idle, 1 failed, 1 needs-attention, 1 queued, 2
          dirty, 1 in conflict
          not shown for want of width: base, age, lines
        ! gone: no worktree at /r.worktrees/gone
        - landed: locked: on a stick
        ! broken: cannot read index: \x1b[2J

        Other worktrees        Branch
        ~/hotfix               hotfix      locked: on a stick
        "/tmp/x\342\200\256y"  (detached)
        "#);
    }

    #[test]
    fn at_40() {
        insta::assert_snapshot!(show(PLAIN, Some(40)), @r#"
           Task                State
        @  users-api           ◎ running 1m 32s
           users-tests         ✓ done
           docs                ○ idle
           gone                ✗ failed
           landed              ✓ done
           feature/a…-goes-on  ▲ needs-attention
           broken              · queued

        ○ 7 tasks: 1 running, 2 done, 1 idle, 1
          failed, 1 needs-attention, 1 queued, 2
          dirty, 1 in conflict
          not shown for want of width: base,
          age, lines, commits, merge, changes
        ▲ gone: no worktree at /r.worktrees/gone
        ○ landed: locked: on a stick
        ▲ broken: cannot read index: \x1b[2J

        Other worktrees        Branch
        ~/hotfix               hotfix
        "/tmp/x\342\200\256y"  (detached)
        "#);
    }

    #[test]
    fn in_colour() {
        let text = show(COLOR, Some(100));
        insta::assert_snapshot!(text.lines().nth(1).unwrap().replace('\x1b', "ESC"), @"ESC[1m@ESC[0m  ESC[1musers-apiESC[0m          ESC[36m◎ running 1m 32sESC[0m   ESC[33m3 dirtyESC[0m     ↑2 ↓1    +234 −8   ESC[32mcleanESC[0m              ESC[2mmainESC[0m   ESC[2m5mESC[0m");
    }

    #[test]
    fn colour_changes_no_text() {
        assert_eq!(console::strip_ansi_codes(&show(COLOR, Some(80))), show(PLAIN, Some(80)));
    }

    #[test]
    fn nothing_yet() {
        let view =
            StatusView { tasks: &[], reading: &[], foreign: &[], current: None, now: Timestamp::UNIX_EPOCH };
        insta::assert_snapshot!(status(&view, &look(PLAIN, None)), @r"
        ○ no task
          ↳ windrow start NAME
        ");
    }
}
