//! `windrow start`.

use super::base::{self, Base};
use super::gather::World;
use super::{Context, OK, Status};
use crate::domain::action::Action;
use crate::domain::name::{BranchName, TaskName};
use crate::domain::place::WorktreePlace;
use crate::domain::start::{Facts, Request, decide};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::write::create;
use crate::git::{Repo, status, worktrees};
use crate::operation::{Draft, Shop, hook};
use crate::store::Store;
use crate::ui::{json, show};

/// Make a branch and a worktree for each name, in parallel
///
/// Each worktree starts at the commit one stands on (or at --base) and remembers the branch it will be merged back
/// into. A branch that exists and is free is taken up as it is. All checks come before anything is made: either all
/// names are started, or none.
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
}

/// Runs it.
pub fn run(cx: &Context, args: &StartArgs) -> Result<Status, Error> {
    if args.branch.is_some() && args.names.len() > 1 {
        return Err(Error::usage("--branch goes with one NAME only"));
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
    let decide = || {
        let world = World::read(cx)?;
        let wanted = names.iter().zip(&branches);
        let requests: Vec<Request> = wanted
            .map(|(name, branch)| request(shop.store, shop.repo, name, branch.clone(), &base, true))
            .collect();
        let facts = facts(shop.store, shop.repo, &world.tasks, &requests)?;
        decide(&requests, &facts, cx.clock.now()).map_err(|refusals| Error::start_refusals(&refusals))
    };
    // Without the lock first, whose file a refusal would leave behind.
    let actions = decide()?;
    require_writable(shop.store)?;
    if cx.globals.dry_run {
        return cx.report_actions(&json::start("start", &records(&actions)), &actions);
    }
    let left_behind = left_behind(cx)?;
    let topology = shop.topology()?;
    let actions = decide()?;
    let claim = shop.claim()?;
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
    report(cx, &started, left_behind)
}

/// Gives the tasks that actions would record.
fn records(actions: &[Action]) -> Vec<TaskRecord> {
    let record = |action: &Action| match action {
        Action::WriteTask { after, .. } => after.as_deref().cloned(),
        _ => None,
    };
    actions.iter().filter_map(record).collect()
}

fn summary(names: &[TaskName]) -> String {
    let names: Vec<&str> = names.iter().map(TaskName::as_str).collect();
    format!("started {}", names.join(", "))
}

fn report(cx: &Context, started: &[TaskRecord], left_behind: Option<String>) -> Result<Status, Error> {
    if cx.globals.json {
        cx.ui.json(&json::start("start", started));
        return Ok(OK);
    }
    cx.ui.out(&show::tasks_started(started, &cx.look()));
    if let Some(left) = left_behind {
        cx.ui.note(&left);
    }
    if let [only] = started {
        cx.ui.hint(&format!("cd \"$(windrow path {})\"", shell_words::quote(only.name.as_str())));
    }
    Ok(OK)
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
        admin: create::admin_name(&repo.place().common_dir, &id),
    };
    Request {
        name: name.clone(),
        branch,
        base: base.branch.clone(),
        start_point: base.start_point,
        after: Vec::new(),
        place,
        take_up,
    }
}

/// Gathers what may stand in the way of requests.
pub fn facts(store: &Store, repo: &Repo, tasks: &[TaskRecord], requests: &[Request]) -> Result<Facts, Error> {
    let occupied = requests
        .iter()
        .map(|request| request.place.path.clone())
        .filter(|path| store.is_occupied(path))
        .collect();
    Ok(Facts { tasks: tasks.to_vec(), branches: repo.branches()?, entries: worktrees::list(repo)?, occupied })
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
