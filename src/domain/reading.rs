//! What became of an attempt of a read task: its output is its result, and what it wrote is only told.

use super::attempt::ExitRecord;
use super::evidence::{Evidence, exit_lines, told_lines};
use super::name::TaskName;
use super::outcome::{Outcome, next_command};
use super::path::RepoPath;
use super::status::Dirt;
use super::transcript::Transcript;

/// How many written paths are named.
const NAMED: usize = 5;

/// What is known of an attempt of a read task that has ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadEvidence {
    /// What the supervisor saw; none if it is gone without a result.
    pub exit: Option<ExitRecord>,
    /// What it was handed, in a few words; empty if nothing.
    pub input: String,
    /// Whether it wrote anything to standard output or error.
    pub output: bool,
    /// What it left in its scratch worktree that the commit does not have.
    pub written: Vec<RepoPath>,
    /// Where HEAD is, if no longer at the commit that it was to read.
    pub head_elsewhere: Option<String>,
    /// Where all of it is kept.
    pub kept: String,
    /// What could not be found out.
    pub problem: Option<String>,
    /// What the agent told of itself.
    pub transcript: Transcript,
    /// Whether no output is a success.
    pub allow_empty: bool,
}

impl ReadEvidence {
    /// Gives the outcome, and a line for each fact that speaks for it.
    pub fn decide(&self) -> (Outcome, Vec<String>) {
        // Output is to a read task what a change is to another.
        let dirt = Dirt { unstaged: u32::from(self.output), ..Dirt::default() };
        let evidence = Evidence {
            exit: self.exit.clone(),
            commits: 0,
            dirt,
            head_elsewhere: None,
            allow_empty: self.allow_empty,
            transcript: self.transcript.clone(),
            tampered: Vec::new(),
        };
        (evidence.judge(), self.lines())
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.exit {
            None => lines.push("the supervisor is gone and left no result".to_owned()),
            Some(exit) => lines.extend(exit_lines(exit)),
        }
        told_lines(&self.transcript, &mut lines);
        if !self.input.is_empty() {
            lines.push(format!("read {}", self.input));
        }
        if !self.output {
            lines.push("no output".to_owned());
        }
        if !self.written.is_empty() {
            let mut named: Vec<String> = self.written.iter().take(NAMED).map(ToString::to_string).collect();
            if self.written.len() > NAMED {
                named.push(format!("and {} more", self.written.len() - NAMED));
            }
            let count = if self.written.len() == 1 {
                "1 path".to_owned()
            } else {
                format!("{} paths", self.written.len())
            };
            lines.push(format!("wrote {count}: {}", named.join(", ")));
        }
        lines.extend(self.head_elsewhere.iter().map(|elsewhere| format!("left HEAD on {elsewhere}")));
        if !self.written.is_empty() || self.head_elsewhere.is_some() {
            lines.push(format!("kept in {}", self.kept));
        }
        lines.extend(self.problem.clone());
        lines
    }
}

/// Gives the one command to go on with after the outcome of a read task, which has nothing to be looked at but its log.
pub fn next_of_read(outcome: Outcome, task: &TaskName, again: &str) -> String {
    match outcome {
        Outcome::Done | Outcome::NeedsAttention => {
            format!("windrow logs {}", shell_words::quote(task.as_str()))
        }
        other => next_command(other, task, again),
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempt::{EndedBy, Exit};
    use super::*;

    fn evidence(code: i32) -> ReadEvidence {
        let exit = ExitRecord {
            format: 1,
            exit: Some(Exit::Code(code)),
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
        ReadEvidence { exit: Some(exit), output: true, kept: "/t".into(), ..ReadEvidence::default() }
    }

    #[test]
    fn output_is_the_result() {
        let ok = evidence(0);
        assert_eq!(ok.decide().0, Outcome::Done);
        assert_eq!(ReadEvidence { output: false, ..ok.clone() }.decide().0, Outcome::Empty);
        assert_eq!(ReadEvidence { output: false, allow_empty: true, ..ok.clone() }.decide().0, Outcome::Done);
        assert_eq!(evidence(1).decide().0, Outcome::Failed);
        assert_eq!(ReadEvidence { exit: None, ..ok }.decide().0, Outcome::Lost);
    }

    #[test]
    fn what_it_wrote_is_told_and_changes_nothing() {
        let written = (0..7).map(|i| RepoPath::from(format!("f{i}").as_str())).collect();
        let wrote = ReadEvidence { written, input: "2 files (9 bytes)".into(), ..evidence(0) };
        let (outcome, lines) = wrote.decide();
        assert_eq!(outcome, Outcome::Done);
        let told = [
            "exit 0",
            "read 2 files (9 bytes)",
            "wrote 7 paths: f0, f1, f2, f3, f4, and 2 more",
            "kept in /t",
        ];
        assert_eq!(lines, told);
        let moved = ReadEvidence { head_elsewhere: Some("branch x".into()), ..evidence(0) };
        assert_eq!(moved.decide().1, ["exit 0", "left HEAD on branch x", "kept in /t"]);
    }

    #[test]
    fn the_log_is_what_there_is_to_see() {
        let task: TaskName = "a".parse().unwrap();
        assert_eq!(next_of_read(Outcome::Done, &task, "again"), "windrow logs a");
        assert_eq!(next_of_read(Outcome::Skipped, &task, "again"), "again");
    }
}
