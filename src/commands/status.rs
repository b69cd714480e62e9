//! `windrow status`.

use super::foresight::foresee;
use super::gather::{self, World};
use super::{Context, OK, Status, repeat};
use crate::domain::forecast::{Known, MergeForecast, Onto};
use crate::domain::name::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::status::{ForeignWorktree, Integrated, Survey, TaskStatus};
use crate::domain::task::TaskRecord;
use crate::domain::transcript::Usage;
use crate::error::Error;
use crate::git::merge::{self, ObjectStore, Trees};
use crate::git::{history, read_without_hashing, worktrees};
use crate::store::runs::AttemptRecord;
use crate::survey::{self, SurveyOptions};
use crate::ui::show::StatusView;
use crate::ui::view::ReadingRow;
use crate::ui::{json, show};

/// Show every task: what its agent does, what is uncommitted, how far it is from its base, whether it would merge
///
/// Worktrees that are no task's are listed apart. Nothing is changed, and no agent's index is touched.
#[derive(clap::Args, Debug)]
pub struct StatusArgs {
    /// Only these tasks
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Show it again whenever something changes, until interrupted
    #[arg(long)]
    pub watch: bool,
}

/// Runs it.
pub fn run(cx: &Context, args: &StatusArgs) -> Result<Status, Error> {
    read_without_hashing();
    if args.watch {
        return repeat::repeat(cx, &|| text(cx, &look(cx, args)?));
    }
    let found = look(cx, args)?;
    if cx.globals.json {
        cx.ui.json(&json::status(&found.statuses, &found.reading, &found.foreign));
        return Ok(OK);
    }
    cx.ui.out(&text(cx, &found)?);
    cx.note_recovery();
    Ok(OK)
}

/// All that is shown.
struct Found {
    statuses: Vec<TaskStatus>,
    reading: Vec<ReadingRow>,
    foreign: Vec<ForeignWorktree>,
    here: Option<TaskId>,
}

fn look(cx: &Context, args: &StatusArgs) -> Result<Found, Error> {
    let world = World::read(cx)?;
    let chosen: Vec<TaskId> =
        world.select_all(cx, &args.names)?.into_iter().map(|task| task.id.clone()).collect();
    // Each task may be in the way of each other one.
    let mut statuses = statuses(cx, &world, &world.tasks)?;
    look_ahead(cx, &mut statuses)?;
    let here = world.here(cx).map(|task| task.id.clone());
    if !chosen.is_empty() {
        statuses.retain(|status| chosen.contains(&status.task.id));
        statuses.sort_by_key(|status| chosen.iter().position(|id| *id == status.task.id));
        return Ok(Found { statuses, reading: Vec::new(), foreign: Vec::new(), here });
    }
    let foreign = survey::foreign(&worktrees::list(&cx.repo)?, &world.tasks);
    Ok(Found { statuses, reading: readings(cx, &world), foreign, here })
}

fn text(cx: &Context, found: &Found) -> Result<String, Error> {
    let Found { statuses, reading, foreign, here } = found;
    let view = StatusView { tasks: statuses, reading, foreign, current: here.as_ref(), now: cx.clock.now() };
    Ok(show::status(&view, &cx.look()))
}

/// Adds which tasks get in each other's way, and what uncommitted work would do to a merge.
pub(super) fn look_ahead(cx: &Context, statuses: &mut [TaskStatus]) -> Result<(), Error> {
    let looked: Vec<_> = statuses.iter().map(|status| (&status.task, &status.survey)).collect();
    let foresight = foresee(cx.eyes()?, &looked)?;
    foresight.unseen.iter().for_each(|unseen| cx.ui.warn(unseen));
    for (i, status) in statuses.iter_mut().enumerate() {
        status.conflicts_with = Some(foresight.conflicts_with(i));
        if let MergeForecast::Conflict(_) = foresight.base[i] {
            status.survey.merge = Some(foresight.base[i].clone());
        }
    }
    foresight.keep(&cx.store);
    Ok(())
}

/// Gives the read tasks whose agents are at work.
fn readings(cx: &Context, world: &World) -> Vec<ReadingRow> {
    let row = |attempt: &AttemptRecord| ReadingRow {
        task: attempt.launch.task.clone(),
        state: gather::state_of(cx, attempt),
        agent: attempt.launch.agent.clone(),
        run: attempt.key.run.clone(),
        attempt: attempt.key.number,
        elapsed_ms: gather::elapsed(cx, attempt),
    };
    world.open_readings().map(row).filter(|row| row.state.is_live()).collect()
}

/// Surveys tasks and joins what git knows with what their agents do.
pub fn statuses(cx: &Context, world: &World, tasks: &[TaskRecord]) -> Result<Vec<TaskStatus>, Error> {
    survey_tasks(cx, world, tasks, Care { diff: true, afresh: false })
}

/// Does so without counting files and lines, which takes longest.
pub fn statuses_without_diff(
    cx: &Context,
    world: &World,
    tasks: &[TaskRecord],
) -> Result<Vec<TaskStatus>, Error> {
    survey_tasks(cx, world, tasks, Care { diff: false, afresh: false })
}

/// Does so for what decides about removing and landing: what merging does is asked of git again, whatever a cache says that an agent
/// can write to. `diff` counts files and lines too.
pub fn statuses_afresh(
    cx: &Context,
    world: &World,
    tasks: &[TaskRecord],
    diff: bool,
) -> Result<Vec<TaskStatus>, Error> {
    survey_tasks(cx, world, tasks, Care { diff, afresh: true })
}

/// What a survey has to find out.
#[derive(Clone, Copy)]
struct Care {
    diff: bool,
    afresh: bool,
}

fn survey_tasks(
    cx: &Context,
    world: &World,
    tasks: &[TaskRecord],
    care: Care,
) -> Result<Vec<TaskStatus>, Error> {
    let merge = |pairs: &[(CommitId, CommitId)]| forecast(cx, pairs, care.afresh);
    let scratch = cx.scratch()?;
    let options = SurveyOptions {
        merge: Some(&merge),
        diff: care.diff,
        scratch: &scratch,
        needs: cx.needs()?,
        distrusted: cx.distrusted()?,
    };
    let surveys = survey::tasks(cx.repo.place(), tasks, &options);
    let row = |(task, mut survey): (&TaskRecord, Survey)| {
        // How it was landed says more than that the trees are the same.
        if survey.integrated.is_none_or(|integrated| integrated == Integrated::SameTree) {
            survey.integrated = landed(cx, world, task, &survey)?.or(survey.integrated);
        }
        let attempt = world.last_attempt(&task.id);
        Ok(TaskStatus {
            task: task.clone(),
            survey,
            conflicts_with: None,
            state: world.state(cx, &task.id),
            agent: attempt.map(|attempt| attempt.launch.agent.clone()),
            run: attempt.map(|attempt| attempt.key.run.to_string()),
            attempt: attempt.map(|attempt| attempt.key.number),
            elapsed_ms: attempt.and_then(|attempt| gather::elapsed(cx, attempt)),
            used: used(world, &task.id),
        })
    };
    tasks.iter().zip(surveys).map(row).collect()
}

/// Adds up what the attempts of a task used.
fn used(world: &World, task: &TaskId) -> Usage {
    let of_task = world.attempts.iter().filter(|attempt| &attempt.key.task == task);
    Usage::sum(of_task.filter_map(|attempt| attempt.settled.as_ref()).map(|settled| settled.used))
}

/// Tells why a task's work is in the branch that it was landed in, which need not be its base: its tip is the one that
/// was landed, and the commit that brought it is still there.
fn landed(
    cx: &Context,
    world: &World,
    task: &TaskRecord,
    survey: &Survey,
) -> Result<Option<Integrated>, Error> {
    let Some(tip) = survey.tip else { return Ok(None) };
    for landing in
        world.history.landings().rev().filter(|landing| landing.task == task.name && landing.tip == tip)
    {
        let Some(target) = cx.repo.branch_tip(&landing.into)? else { continue };
        if history::is_ancestor(&cx.repo, landing.commit, target)? {
            return Ok(Some(landing.strategy.integrated()));
        }
    }
    Ok(None)
}

/// What merging each pair would do; its objects stay out of the user's store.
fn forecast(cx: &Context, pairs: &[(CommitId, CommitId)], afresh: bool) -> Vec<Option<Onto>> {
    let (objects, place) = (cx.store.layout().scratch_objects(), cx.repo.place());
    let before = if afresh { Known::default() } else { cx.store.forecasts() };
    let mut known = before.clone();
    let found = survey::forecast::onto_bases(place, pairs, (&objects, &Trees::default()), &mut known);
    if !afresh {
        // A cache: what cannot be kept is found out again.
        drop(cx.store.keep_forecasts(&before, known));
    }
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            cx.ui.warn(&format!("no forecast: {error}"));
            return vec![None; pairs.len()];
        }
    };
    for ((ours, theirs), _) in pairs.iter().zip(&found).filter(|(_, found)| found.is_none()) {
        let merged = merge::merge(&cx.repo, *ours, *theirs, ObjectStore::Scratch(&objects));
        if let Err(error) = merged {
            cx.ui.warn(&format!("no forecast: {error}"));
        }
    }
    found
}
