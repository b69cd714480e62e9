//! Tasks that begin to change the same lines while their agents work.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::commands::foresight::{Eyes, foresee};
use crate::domain::forecast::MergeForecast;
use crate::domain::name::TaskName;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::survey::{self, SurveyOptions};

/// How many paths of a pair are named.
const NAMED: usize = 3;

/// Gives a sentence for each two of the tasks that conflict as they are now, and of which none was given before.
pub(super) fn between(
    eyes: Eyes<'_>,
    running: &[TaskName],
    told: &Mutex<BTreeSet<(TaskName, TaskName)>>,
) -> Result<Vec<String>, Error> {
    let known = |name: &TaskName| eyes.store.task(&name.id()).ok().flatten();
    let tasks: Vec<TaskRecord> = running.iter().filter_map(known).collect();
    if tasks.len() < 2 {
        return Ok(Vec::new());
    }
    let scratch = eyes.store.scratch()?;
    let options =
        SurveyOptions { merge: None, diff: false, scratch: &scratch, needs: eyes.needs, distrusted: &[] };
    let surveys = survey::tasks(eyes.place, &tasks, &options);
    let looked: Vec<_> = tasks.iter().zip(&surveys).collect();
    let foresight = foresee(eyes, &looked)?;
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sentences = Vec::new();
    for (a, b, found) in &foresight.pairs {
        let MergeForecast::Conflict(conflicts) = found else { continue };
        let (a, b) = (&tasks[*a].name, &tasks[*b].name);
        if !told.insert((a.clone(), b.clone())) {
            continue;
        }
        let mut paths: Vec<String> = conflicts.iter().map(|conflict| conflict.path.to_string()).collect();
        paths.dedup();
        let more = paths.len().saturating_sub(NAMED);
        paths.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let command = shell_words::join(["windrow", "forecast", a.as_str(), b.as_str()]);
        sentences.push(format!(
            "`{a}` and `{b}` change the same lines of {}{more}, and will conflict: {command}",
            paths.join(", ")
        ));
    }
    foresight.keep(eyes.store);
    Ok(sentences)
}
