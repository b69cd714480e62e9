//! `windrow start`.

use super::base::{self, Base};
use super::gather::World;
use super::provision::{self, Provision, SetupFailure, Site};
use super::undo::preview;
use super::{Context, OK, Status, carry};
use crate::domain::action::Action;
use crate::domain::copies::CopyRules;
use crate::domain::name::{BranchName, OperationId, TaskName};
use crate::domain::place::WorktreePlace;
use crate::domain::start::{Facts, Request, decide};
use crate::domain::task::TaskRecord;
use crate::error::{Error, Kind};
use crate::git::{Repo, status, worktrees};
use crate::operation::{Draft, Shop, hook};
use crate::process::Interrupt;
use crate::store::Store;
use crate::ui::view::StartView;
use crate::ui::{json, show};

/// Make a branch and a worktree for each name, in parallel
///
/// Each worktree starts at the commit one stands on (or at --base) and remembers the branch it will be merged back
/// into. A branch that exists and is free is taken up as it is. All checks come before anything is made: either all
/// names are started, or none. Ignored files that the settings `copy` and `link` or a `.worktreeinclude` name come along;
/// then `setup` runs in each.
///
/// Exit codes: 0 done · 1 refused, nothing changed · 4 the setup of a worktree failed, which stays.
#[derive(clap::Args, Debug)]
pub struct StartArgs {
    /// Names of the tasks: valid branch names
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Branch or commit to start from [default: HEAD of the worktree one stands in]
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// Branch of the task, where it is not to be its name; with one NAME
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Move the uncommitted changes of the worktree one stands in to the new one; with one NAME
    #[arg(long)]
    pub carry: bool,
}

/// Runs it.
pub fn run(cx: &Context, args: &StartArgs) -> Result<Status, Error> {
    if args.branch.is_some() && args.names.len() > 1 {
        return Err(Error::usage("--branch goes with one NAME only"));
    }
    if args.carry && args.names.len() > 1 {
        return Err(Error::usage("--carry goes with one NAME only"));
    }
    let shop = cx.begin_mutation()?;
    let names =
        args.names.iter().map(|name| Ok(name.parse::<TaskName>()?)).collect::<Result<Vec<_>, Error>>()?;
    let base = base::resolve(cx, args.base.as_deref())?;
    let mut branches = Vec::new();
    for name in &names {
        branches.push(match &args.branch {
            Some(branch) => branch.parse()?,
            None => cx.settings.branch_of(name)?,
        });
    }
    let provision = Provision::new(cx, None);
    let wanted = |world: &World| -> Result<Vec<Request>, Error> {
        let wanted = names.iter().zip(&branches);
        let mut requests: Vec<Request> = wanted
            .map(|(name, branch)| request(shop.store, shop.repo, name, branch.clone(), &base, true))
            .collect();
        provision.equip(&mut requests, &world.tasks)?;
        Ok(requests)
    };
    let decided = |world: &World, requests: &[Request]| {
        let facts = facts(shop.store, shop.repo, &world.tasks, requests)?;
        decide(requests, &facts, cx.clock.now()).map_err(|refusals| Error::start_refusals(&refusals))
    };
    // Without the lock first, whose file a refusal would leave behind.
    let world = World::read(cx)?;
    let mut requests = wanted(&world)?;
    decided(&world, &requests)?;
    require_writable(shop.store)?;
    cx.require_approved(provision.needs_approval())?;
    if args.carry {
        carry(cx, &shop, (&world, &preview()?), &mut requests)?;
    }
    if cx.globals.dry_run {
        let actions = decided(&world, &requests)?;
        let tasks = records(&actions);
        let view = StartView { tasks: &tasks, lacks: &[], set_up: &[] };
        provision.describe().iter().for_each(|what| cx.ui.note(what));
        return cx.report_actions(&json::start("start", &view), &actions);
    }
    let left_behind = if args.carry { None } else { left_behind(cx)? };
    let topology = shop.topology()?;
    let claim = shop.claim()?;
    let world = World::read(cx)?;
    let mut requests = wanted(&world)?;
    let carried = if args.carry { carry(cx, &shop, (&world, &claim.id), &mut requests)? } else { None };
    if args.carry && carried.is_none() {
        cx.ui.note("there are no uncommitted changes here to carry");
    }
    let actions = decided(&world, &requests)?;
    let draft = Draft {
        command: "start".into(),
        tasks: names.clone(),
        summary: summary(&names),
        actions,
        ..Draft::default()
    };
    shop.perform(claim, draft, Some(topology))?;
    let started: Vec<TaskRecord> =
        names.iter().filter_map(|name| cx.store.task(&name.id()).ok().flatten()).collect();
    after_creation(&shop, &started).iter().for_each(|warning| cx.ui.warn(warning));
    let done = set_up(cx, &provision, &started)?;
    report(cx, &started, (carried.as_deref(), left_behind), &done)
}

/// Gives the tasks that actions would record.
fn records(actions: &[Action]) -> Vec<TaskRecord> {
    let record = |action: &Action| match action {
        Action::WriteTask { after, .. } => after.as_deref().cloned(),
        _ => None,
    };
    actions.iter().filter_map(record).collect()
}

/// Takes the changes that are to move; gives what is said of them.
fn carry(
    cx: &Context,
    shop: &Shop<'_>,
    (world, id): (&World, &OperationId),
    requests: &mut [Request],
) -> Result<Option<String>, Error> {
    let [request] = requests else { return Ok(None) };
    let onto = shop.repo.branch_tip(&request.branch)?.unwrap_or(request.start_point);
    let Some((carry, told)) = carry::take(cx, shop, world, onto, id)? else {
        return Ok(None);
    };
    let told = format!("moved out of {}: {told}", Context::full_path(&carry.place.path));
    request.carry = Some(carry);
    Ok(Some(told))
}

/// What became of the setup of new worktrees.
#[derive(Default)]
struct SetUp {
    ended: Vec<(TaskName, bool)>,
    failures: Vec<(TaskName, SetupFailure)>,
    code: Option<Status>,
}

/// Runs the setup of all new worktrees at once.
fn set_up(cx: &Context, provision: &Provision, started: &[TaskRecord]) -> Result<SetUp, Error> {
    let mut done = SetUp::default();
    if !provision.has_setup() {
        return Ok(done);
    }
    cx.ui.status(if started.len() == 1 { "running its setup" } else { "running their setup" });
    let interrupt = Interrupt::install()?;
    let (place, needs) = (cx.repo.place(), cx.needs()?);
    let site = Site { store: &cx.store, place, needs, env: &cx.environment.env };
    let results: Vec<_> = std::thread::scope(|scope| {
        let one = |task| {
            let (site, interrupt) = (&site, &interrupt);
            scope.spawn(move || provision.set_up(site, task, None, interrupt))
        };
        let running: Vec<_> = started.iter().map(one).collect();
        running.into_iter().map(|thread| thread.join()).collect()
    });
    for (task, result) in started.iter().zip(results) {
        let result = match result {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(SetupFailure { lines: vec![error.message], interrupted: false }),
            Err(_) => Err(SetupFailure { lines: vec!["its setup panicked".to_owned()], interrupted: false }),
        };
        done.ended.push((task.name.clone(), result.is_ok()));
        done.failures.extend(result.err().map(|failure| (task.name.clone(), failure)));
    }
    if !done.failures.is_empty() {
        done.code = interrupt.exit_code().or(Some(Kind::TaskFailed.code()));
    }
    Ok(done)
}

fn summary(names: &[TaskName]) -> String {
    let names: Vec<&str> = names.iter().map(TaskName::as_str).collect();
    format!("started {}", names.join(", "))
}

fn report(
    cx: &Context,
    started: &[TaskRecord],
    (carried, left_behind): (Option<&str>, Option<String>),
    done: &SetUp,
) -> Result<Status, Error> {
    let lacks =
        started.first().map(|task| provision::lacking(&cx.repo, task)).transpose()?.unwrap_or_default();
    started.iter().flat_map(provision::not_copied).for_each(|warning| cx.ui.warn(&warning));
    let view = StartView { tasks: started, lacks: &lacks, set_up: &done.ended };
    if cx.globals.json {
        cx.ui.json(&json::start("start", &view));
    } else {
        cx.ui.out(&show::tasks_started(started, &cx.look()));
        let left = if carried.is_some() { None } else { left_behind };
        let copied = started.first().and_then(provision::copied);
        let lacks = provision::describe_lacking(&cx.repo, &lacks);
        let said = [carried.map(str::to_owned), copied, lacks, left];
        said.into_iter().flatten().for_each(|note| cx.ui.note(&note));
    }
    for (task, failure) in &done.failures {
        cx.ui.warn(&format!("{task}: {}", failure.lines.join("\n")));
    }
    if let Some((task, _)) = done.failures.first() {
        let name = shell_words::quote(task.as_str());
        cx.ui.hint(&format!("the next run tries it again: windrow run {name}='PROMPT'"));
    }
    if let ([only], false) = (started, cx.globals.json) {
        cx.ui.hint(&format!("cd \"$(windrow path {})\"", shell_words::quote(only.name.as_str())));
    }
    Ok(done.code.unwrap_or(OK))
}

/// Says that uncommitted changes of the worktree one stands in are not in the new ones.
fn left_behind(cx: &Context) -> Result<Option<String>, Error> {
    let place = cx.repo.place();
    let Some(path) = place.worktree.clone() else { return Ok(None) };
    let tree = WorktreePlace { path, admin: place.git_dir.clone() };
    let dirt = status::dirt(&tree, cx.needs()?, place)?;
    Ok((!dirt.is_clean())
        .then(|| format!("uncommitted changes stay here and are not in it: {}", dirt.describe())))
}

/// Puts a request together: its place is the directory of worktrees, its administrative name the one that git would use.
pub fn request(
    store: &Store,
    repo: &Repo,
    name: &TaskName,
    branch: BranchName,
    base: &Base,
    take_up: bool,
) -> Request {
    let id = name.id();
    let place = WorktreePlace {
        path: store.layout().worktree(&id),
        admin: worktrees::admin_name(&repo.place().common_dir, &id),
    };
    Request {
        name: name.clone(),
        branch,
        base: base.branch.clone(),
        start_point: base.start_point,
        after: Vec::new(),
        place,
        take_up,
        port: None,
        copies: CopyRules::default(),
        carry: None,
    }
}

/// Gathers what may stand in the way of requests.
pub fn facts(store: &Store, repo: &Repo, tasks: &[TaskRecord], requests: &[Request]) -> Result<Facts, Error> {
    let occupied = requests
        .iter()
        .map(|request| request.place.path.clone())
        .filter(|path| store.is_occupied(path))
        .collect();
    Ok(Facts {
        tasks: tasks.to_vec(),
        branches: repo.branches()?,
        entries: worktrees::list_whole(repo)?,
        occupied,
    })
}

/// Refuses a directory of worktrees that cannot be written to.
pub fn require_writable(store: &Store) -> Result<(), Error> {
    if store.worktree_dir_is_writable() {
        return Ok(());
    }
    let dir = Context::full_path(store.layout().worktree_dir());
    Err(Error::refused(format!("cannot write to {dir}, where worktrees go"))
        .hint("set `worktree-dir` in ~/.config/windrow/config.toml"))
}

/// Runs the `post-checkout` hook in each new worktree, where there is one; gives a sentence for each that failed.
pub fn after_creation(shop: &Shop<'_>, started: &[TaskRecord]) -> Vec<String> {
    if !shop.needs.post_checkout {
        return Vec::new();
    }
    started.iter().filter_map(hook::post_checkout).collect()
}
