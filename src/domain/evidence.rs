//! Evidence (DESIGN §6): what is known of an attempt that has ended, and the outcome that it speaks for.

use super::attempt::{EndedBy, Exit, ExitRecord};
use super::outcome::Outcome;
use super::status::Dirt;
use super::transcript::Transcript;

/// What became of an attempt's uncommitted changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftovers {
    /// There were none.
    None,
    /// They are committed.
    Committed,
    /// They could not be; the reason in one line.
    Refused(String),
}

/// What is known of an attempt that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What the supervisor saw; none if it is gone without a result.
    pub exit: Option<ExitRecord>,
    /// Commits that the branch gained by the agent's own hand.
    pub commits: u32,
    /// What is uncommitted in the worktree.
    pub dirt: Dirt,
    /// Where HEAD is, if it is no longer on the task's branch: `branch x`, `commit 1234567`.
    pub head_elsewhere: Option<String>,
    /// Whether nothing changed is a success.
    pub allow_empty: bool,
    /// What the agent told of itself.
    pub transcript: Transcript,
    /// What of the repository's executable surface changed meanwhile.
    pub tampered: Vec<String>,
}

impl Evidence {
    fn changed(&self) -> bool {
        self.commits > 0 || !self.dirt.is_clean()
    }

    /// Gives the outcome as far as it does not depend on the leftovers: what would be [`Outcome::Done`] may have its
    /// leftovers committed, everything else keeps them.
    pub fn judge(&self) -> Outcome {
        if !self.tampered.is_empty() {
            return Outcome::NeedsAttention;
        }
        let Some(exit) = &self.exit else { return Outcome::Lost };
        match exit.ended_by {
            EndedBy::Stop => return Outcome::Stopped,
            EndedBy::Budget => return Outcome::OverBudget,
            EndedBy::Timeout | EndedBy::Silence => return Outcome::TimedOut,
            EndedBy::Itself | EndedBy::NotStarted => {}
        }
        let told = &self.transcript;
        let has_failed = exit.exit != Some(Exit::Code(0)) || told.has_failed();
        if has_failed && told.is_over_budget() {
            Outcome::OverBudget
        } else if has_failed && told.is_rate_limited() {
            Outcome::RateLimited
        } else if told.denials() > 0 && (!self.changed() || told.has_failed()) {
            Outcome::Denied
        } else if has_failed || exit.check.is_some_and(|check| check != Exit::Code(0)) {
            Outcome::Failed
        } else if self.head_elsewhere.is_some() {
            Outcome::NeedsAttention
        } else if !self.changed() {
            if self.allow_empty { Outcome::Done } else { Outcome::Empty }
        } else {
            Outcome::Done
        }
    }

    /// Gives the outcome once it is known what became of the leftovers, and a line for each fact that speaks for it.
    pub fn decide(&self, leftovers: &Leftovers) -> (Outcome, Vec<String>) {
        let mut outcome = self.judge();
        if outcome == Outcome::Done && matches!(leftovers, Leftovers::Refused(_)) {
            outcome = Outcome::NeedsAttention;
        }
        (outcome, self.lines(leftovers))
    }

    fn lines(&self, leftovers: &Leftovers) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.tampered.is_empty() {
            lines.push(format!("tampered with the repository: {}", self.tampered.join(", ")));
        }
        match &self.exit {
            None => lines.push("the supervisor is gone and left no result".to_owned()),
            Some(exit) => lines.extend(exit_lines(exit)),
        }
        told_lines(&self.transcript, &mut lines);
        if let Some(elsewhere) = &self.head_elsewhere {
            lines.push(format!("HEAD is on {elsewhere}, not on the task's branch"));
        }
        lines.push(match self.commits {
            0 => "no commit".to_owned(),
            1 => "1 commit".to_owned(),
            n => format!("{n} commits"),
        });
        match leftovers {
            Leftovers::Committed => lines.push(format!("leftovers committed ({})", self.dirt.describe())),
            Leftovers::Refused(why) => lines.push(format!("leftovers could not be committed: {why}")),
            Leftovers::None if !self.dirt.is_clean() => {
                lines.push(format!("left uncommitted: {}", self.dirt.describe()));
            }
            Leftovers::None => {}
        }
        lines
    }
}

/// Says what an agent told of itself that speaks for an outcome.
pub(super) fn told_lines(told: &Transcript, lines: &mut Vec<String>) {
    match &told.finish {
        Some(finish) if finish.is_error => {
            let word = finish.subtype.as_deref().filter(|word| *word != "success").unwrap_or("an error");
            lines.push(format!("it says that it ended with {word}"));
        }
        Some(_) => {}
        None if told.has_final_event => lines.push("it never said that it had finished".to_owned()),
        None => {}
    }
    let failed = told.finish.as_ref().is_some_and(|finish| finish.is_error);
    if let (Some(text), true) = (told.finish.as_ref().and_then(|finish| finish.text.as_ref()), failed) {
        lines.push(format!("it met: {}", first_line(text)));
    } else if let Some(waiting) = &told.waiting {
        lines.push(format!("it waited for its model: {}", first_line(&waiting.reason)));
    } else if let Some(trouble) = &told.trouble {
        lines.push(format!("it met: {}", first_line(trouble)));
    }
    match told.denials() {
        0 => {}
        1 => lines.push("1 tool was refused".to_owned()),
        n => lines.push(format!("{n} tools were refused")),
    }
}

/// Gives the first line of a text, at most 200 characters of it.
fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().chars().take(200).collect()
}

/// Says how an attempt ended, by what its supervisor saw.
pub fn exit_lines(exit: &ExitRecord) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(error) = &exit.spawn_error {
        lines.push(format!("could not be started: {error}"));
    }
    match (exit.ended_by, exit.exit) {
        (EndedBy::Timeout, _) => lines.push("ended by the wall-clock limit".to_owned()),
        (EndedBy::Silence, _) => {
            let limit = exit.silence_ms.map_or_else(|| "its limit".to_owned(), limit);
            lines.push(format!("ended after {limit} of silence"));
        }
        (EndedBy::Budget, _) => {
            let limit = exit.budget.as_deref().unwrap_or("what it may use is used");
            lines.push(format!("ended by its limit: {limit}"));
        }
        (EndedBy::Stop, _) => lines.push("ended because it was asked to stop".to_owned()),
        (_, Some(how)) => lines.push(describe_exit(how)),
        (_, None) => {}
    }
    if let Some(check) = exit.check {
        lines.push(format!("check: {}", describe_exit(check)));
    }
    match exit.left_behind {
        0 => {}
        1 => lines.push("left 1 process behind, ended".to_owned()),
        n => lines.push(format!("left {n} processes behind, ended")),
    }
    if !exit.survivors.is_empty() {
        let pids: Vec<String> = exit.survivors.iter().map(i32::to_string).collect();
        lines.push(format!("could not be ended: process {}", pids.join(", ")));
    }
    lines
}

/// Writes a limit as a plan does: in the largest unit of which it is a whole number.
fn limit(ms: u64) -> String {
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let fits = units.iter().find(|(unit, _)| ms > 0 && ms.is_multiple_of(*unit));
    fits.map_or_else(|| format!("{ms}ms"), |(unit, name)| format!("{}{name}", ms / unit))
}

/// Says how a process ended: `exit 1`, `signal 9`.
pub fn describe_exit(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(exit: Exit) -> Evidence {
        let exit = ExitRecord {
            format: 1,
            exit: Some(exit),
            spawn_error: None,
            ended_by: EndedBy::Itself,
            check: None,
            silence_ms: None,
            budget: None,
            left_behind: 0,
            survivors: Vec::new(),
            started: jiff::Timestamp::UNIX_EPOCH,
            elapsed_ms: 5,
        };
        Evidence {
            exit: Some(exit),
            commits: 1,
            dirt: Dirt::default(),
            head_elsewhere: None,
            allow_empty: false,
            transcript: Transcript::default(),
            tampered: Vec::new(),
        }
    }

    #[test]
    fn first_that_applies() {
        let ok = evidence(Exit::Code(0));
        assert_eq!(ok.judge(), Outcome::Done);
        assert_eq!(Evidence { commits: 0, ..ok.clone() }.judge(), Outcome::Empty);
        assert_eq!(Evidence { commits: 0, allow_empty: true, ..ok.clone() }.judge(), Outcome::Done);
        let dirt = Dirt { untracked: 1, ..Dirt::default() };
        assert_eq!(Evidence { commits: 0, dirt, ..ok.clone() }.judge(), Outcome::Done);
        assert_eq!(
            Evidence { head_elsewhere: Some("branch x".into()), ..ok.clone() }.judge(),
            Outcome::NeedsAttention
        );
        assert_eq!(Evidence { exit: None, ..ok.clone() }.judge(), Outcome::Lost);
        assert_eq!(evidence(Exit::Code(3)).judge(), Outcome::Failed);
        assert_eq!(evidence(Exit::Signal(9)).judge(), Outcome::Failed);
        let with = |ended_by, check| {
            let mut evidence = evidence(Exit::Code(0));
            let exit = evidence.exit.as_mut().unwrap();
            (exit.ended_by, exit.check) = (ended_by, check);
            evidence.judge()
        };
        assert_eq!(with(EndedBy::Stop, None), Outcome::Stopped);
        assert_eq!(with(EndedBy::Timeout, None), Outcome::TimedOut);
        assert_eq!(with(EndedBy::Silence, None), Outcome::TimedOut);
        assert_eq!(with(EndedBy::Itself, Some(Exit::Code(1))), Outcome::Failed);
        assert_eq!(ok.decide(&Leftovers::Refused("a hook".into())).0, Outcome::NeedsAttention);
    }

    #[test]
    fn silence_is_said_with_its_limit() {
        let said = |ms| {
            let mut evidence = evidence(Exit::Signal(15));
            let exit = evidence.exit.as_mut().unwrap();
            (exit.ended_by, exit.silence_ms) = (EndedBy::Silence, Some(ms));
            evidence.decide(&Leftovers::None).1.remove(0)
        };
        assert_eq!(said(600_000), "ended after 10m of silence");
        assert_eq!(said(90_000), "ended after 90s of silence");
        assert_eq!(said(1_500), "ended after 1500ms of silence");
        assert_eq!(said(7_200_000), "ended after 2h of silence");
    }

    #[test]
    fn evidence_is_said() {
        let mut some = evidence(Exit::Code(0));
        some.dirt = Dirt { unstaged: 2, untracked: 1, ..Dirt::default() };
        assert_eq!(
            some.decide(&Leftovers::Committed).1,
            ["exit 0", "1 commit", "leftovers committed (2 unstaged, 1 untracked)"]
        );
    }
}
