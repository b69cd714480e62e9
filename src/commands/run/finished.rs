//! Tasks that an earlier run finished.

use crate::domain::event::TaskResult;
use crate::domain::outcome::{Outcome, next_command};
use crate::domain::plan::PlannedTask;
use crate::domain::reading::next_of_read;
use crate::store::runs::AttemptRecord;

/// Gives the result of a task that an earlier run finished with this definition.
pub(super) fn finished(definition: &str, task: &PlannedTask, attempt: &AttemptRecord) -> Option<TaskResult> {
    let settled = attempt.settled.as_ref()?;
    (settled.outcome == Outcome::Done && attempt.launch.definition == definition).then(|| TaskResult {
        task: task.name.clone(),
        outcome: Outcome::Done,
        success: true,
        evidence: vec![format!("finished by run {}", attempt.key.run)],
        attempts: 0,
        commits: settled.commits,
        diff: None,
        elapsed_ms: settled.elapsed_ms,
        log: Some(attempt.files.log()),
        last_words: Vec::new(),
        used: crate::domain::transcript::Usage::default(),
        next: if task.is_read() {
            next_of_read(Outcome::Done, &task.name, "")
        } else {
            next_command(Outcome::Done, &task.name, "")
        },
        earlier: true,
    })
}
