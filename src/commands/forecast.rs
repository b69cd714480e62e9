//! `windrow forecast`.

use super::foresight::{Foresight, Landings, foresee};
use super::gather::World;
use super::{Context, OK, Status, repeat, status};
use crate::domain::forecast::{ConflictText, MergeForecast};
use crate::domain::name::TaskName;
use crate::domain::status::TaskStatus;
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::git::merge::{ObjectStore, conflict_texts};
use crate::git::read_without_hashing;
use crate::ui::view::ForecastView;
use crate::ui::{json, show};

/// Show which tasks conflict with their base and with each other, where, and in which order they should land
///
/// Counted as it is now: what agents have not committed yet too. The truth is `git merge-tree`; nothing is merged, and neither an
/// agent's index nor the repository's objects are touched. With two names (or one, against its base) the text of the conflicts is
/// shown. The order is one that was walked: each task merged onto those before it.
///
/// Exit codes: 0 nothing conflicts · 3 something does.
#[derive(clap::Args, Debug)]
pub struct ForecastArgs {
    /// Only these tasks [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Show it again whenever something changes, until interrupted
    #[arg(long)]
    pub watch: bool,
}

/// Runs it.
pub fn run(cx: &Context, args: &ForecastArgs) -> Result<Status, Error> {
    read_without_hashing();
    if args.watch {
        return repeat::repeat(cx, &|| Ok(look(cx, args)?.text(cx)));
    }
    let found = look(cx, args)?;
    if cx.globals.json {
        cx.ui.json(&json::forecast(&found.view()));
    } else {
        cx.ui.out(&found.text(cx));
        cx.note_recovery();
    }
    let conflict = |found: &MergeForecast| matches!(found, MergeForecast::Conflict(_));
    let any = found.base.iter().any(conflict)
        || found.pairs.iter().any(|(_, _, found)| conflict(found))
        || found.landings.held.iter().any(|held| !held.conflicts.is_empty());
    Ok(if any { Kind::Conflict.code() } else { OK })
}

/// A forecast with everything that is shown of it.
struct Found {
    names: Vec<TaskName>,
    bases: Vec<String>,
    base: Vec<MergeForecast>,
    pairs: Vec<(usize, usize, MergeForecast)>,
    landings: Landings,
    texts: Vec<ConflictText>,
}

fn look(cx: &Context, args: &ForecastArgs) -> Result<Found, Error> {
    let world = World::read(cx)?;
    let tasks: Vec<TaskRecord> = if args.names.is_empty() {
        world.tasks.clone()
    } else {
        world.select_all(cx, &args.names)?.into_iter().cloned().collect()
    };
    let statuses = status::statuses_without_diff(cx, &world, &tasks)?;
    let looked: Vec<_> = statuses.iter().map(|status| (&status.task, &status.survey)).collect();
    let mut foresight = foresee(cx.eyes()?, &looked)?;
    foresight.unseen.iter().for_each(|unseen| cx.ui.warn(unseen));
    let landings = foresight.landings(cx.eyes()?, &world.tasks)?;
    let texts = if args.names.is_empty() { Vec::new() } else { texts(cx, &statuses, &foresight)? };
    let name_of_base =
        |status: &TaskStatus| status.task.base.as_ref().map_or("-", |base| base.as_str()).to_owned();
    let found = Found {
        names: statuses.iter().map(|status| status.task.name.clone()).collect(),
        bases: statuses.iter().map(name_of_base).collect(),
        base: foresight.base.clone(),
        pairs: foresight.pairs.clone(),
        landings,
        texts,
    };
    foresight.keep(&cx.store);
    Ok(found)
}

/// Gives the text of the conflicts of two tasks with each other, or of one with its base.
fn texts(cx: &Context, statuses: &[TaskStatus], foresight: &Foresight) -> Result<Vec<ConflictText>, Error> {
    let name = |i: usize| statuses[i].task.name.as_str();
    let (sides, labels) = match (statuses.len(), foresight.subject(0), foresight.subject(1)) {
        (1, Some(one), _) => {
            let base = statuses[0].task.base.as_ref().map_or("base", |base| base.as_str());
            (one.base.map(|tip| (tip, one.commit)), (base, name(0)))
        }
        (2, Some(one), Some(other)) => (Some((one.commit, other.commit)), (name(0), name(1))),
        _ => (None, ("", "")),
    };
    let conflicts = match statuses.len() {
        1 => foresight.base.first(),
        _ => foresight.pairs.first().map(|(_, _, found)| found),
    };
    let (Some(sides), Some(MergeForecast::Conflict(_))) = (sides, conflicts) else { return Ok(Vec::new()) };
    let objects = cx.store.layout().scratch_objects();
    Ok(conflict_texts(&cx.repo, sides, labels, ObjectStore::Scratch(&objects))?)
}

impl Found {
    fn view(&self) -> ForecastView<'_> {
        ForecastView {
            tasks: &self.names,
            bases: &self.bases,
            base: &self.base,
            pairs: &self.pairs,
            order: &self.landings.order,
            held: &self.landings.held,
            texts: &self.texts,
        }
    }

    fn text(&self, cx: &Context) -> String {
        show::forecast(&self.view(), &cx.look())
    }
}
