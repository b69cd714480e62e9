//! Merging on a terminal: everything is shown, each task is asked about, then all of it lands at once.

use super::resolve;
use super::train::Job;
use crate::commands::{Status, diff};
use crate::domain::merge::{Rejection, Strategy};
use crate::domain::name::TaskName;
use crate::domain::review::Overlap;
use crate::error::Error;
use crate::operation::land::Train;
use crate::ui::show;
use crate::ui::show::Tense;

/// What is done with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Land,
    LandAll,
    Resolve,
    Review,
    Skip,
}

impl Choice {
    fn words(self, more: usize) -> String {
        match self {
            Self::Land => "land".to_owned(),
            Self::LandAll => format!("land it and the {more} after it"),
            Self::Resolve => "resolve: merge the target in its worktree".to_owned(),
            Self::Review => "review: show the diff".to_owned(),
            Self::Skip => "skip".to_owned(),
        }
    }
}

/// What was chosen.
#[derive(Debug, Default)]
struct Chosen {
    land: Vec<TaskName>,
    resolve: Vec<TaskName>,
    skipped: Vec<TaskName>,
}

/// Shows the forecast, asks about each task, and does what was chosen.
pub(super) fn land(job: &mut Job<'_>, forecast: &Train) -> Result<Status, Error> {
    show(job, forecast)?;
    let chosen = choose(job, forecast)?;
    if chosen.land.is_empty() && chosen.resolve.is_empty() {
        return Err(Error::refused("declined; nothing was changed"));
    }
    let mut status = None;
    if !chosen.land.is_empty() {
        let out: Vec<TaskName> = chosen.skipped.iter().chain(&chosen.resolve).cloned().collect();
        status = Some(job.land(&chosen.land, &out)?);
    }
    for name in &chosen.resolve {
        let Some(of) = job.status(name) else { continue };
        let resolving = resolve::start(job.cx, job.shop, of, (job.into, job.strategy))?;
        status = Some(status.unwrap_or_default().max(resolving));
    }
    Ok(status.unwrap_or_default())
}

fn show(job: &Job<'_>, forecast: &Train) -> Result<(), Error> {
    let look = job.cx.look();
    job.cx.ui.out(&show::landed(&forecast.landed, &forecast.rejected, Tense::Before, &look));
    job.tell_commits(forecast);
    job.tell_gates();
    for landing in &forecast.landed {
        if let Some(status) = job.status(&landing.task) {
            job.cx.ui.out(&show::diff_stat(
                &diff::of(job.cx, &status.task, false)?,
                &Overlap::default(),
                &look,
            ));
        }
    }
    Ok(())
}

fn choose(job: &Job<'_>, forecast: &Train) -> Result<Chosen, Error> {
    let mut chosen = Chosen::default();
    let conflicts = forecast.rejected.iter().filter(|rejection| rejection.reason == "conflict");
    let landed: Vec<&TaskName> = forecast.landed.iter().map(|landing| &landing.task).collect();
    for (i, task) in landed.iter().enumerate() {
        let more = landed.len() - i - 1;
        let question = format!("{task} into {}?", job.into);
        let many = (more > 0).then_some(Choice::LandAll);
        let choices: Vec<Choice> =
            [Choice::Land].into_iter().chain(many).chain([Choice::Review, Choice::Skip]).collect();
        match ask(job, task, &question, (&choices, more))? {
            Choice::LandAll => {
                chosen.land.extend(landed[i..].iter().map(|name| (*name).clone()));
                break;
            }
            Choice::Land => chosen.land.push((*task).clone()),
            _ => chosen.skipped.push((*task).clone()),
        }
    }
    for Rejection { task, detail, .. } in conflicts {
        let choices: &[Choice] = match job.strategy {
            Strategy::Rebase => &[Choice::Review, Choice::Skip],
            _ => &[Choice::Resolve, Choice::Review, Choice::Skip],
        };
        match ask(job, task, &format!("{task}: {detail}"), (choices, 0))? {
            Choice::Resolve => chosen.resolve.push(task.clone()),
            _ => chosen.skipped.push(task.clone()),
        }
    }
    Ok(chosen)
}

/// Asks until something other than to see the diff is chosen; Esc declines everything.
fn ask(
    job: &Job<'_>,
    task: &TaskName,
    question: &str,
    (choices, more): (&[Choice], usize),
) -> Result<Choice, Error> {
    let items: Vec<String> = choices.iter().map(|choice| choice.words(more)).collect();
    loop {
        let Some(index) = job.cx.ui.select(question, &items)? else {
            return Err(Error::refused("declined; nothing was changed"));
        };
        match choices.get(index).copied().unwrap_or(Choice::Skip) {
            Choice::Review => {
                if let Some(status) = job.status(task) {
                    diff::page(job.cx, &diff::of(job.cx, &status.task, true)?.patch);
                }
            }
            choice => return Ok(choice),
        }
    }
}
