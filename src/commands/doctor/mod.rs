//! `windrow doctor`.

mod mend;

use crate::commands::gather::{World, settle_pending};
use crate::commands::{Context, OK, Status, agents};
use crate::domain::action::Action;
use crate::domain::path::show;
use crate::domain::place::{Head, WorktreeEntry};
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::features::features;
use crate::git::{self, command, identity, locks, preflight, worktrees};
use crate::process::{self, find_program};
use crate::ui::view::{Check, DoctorView};
use crate::ui::{json, show as render, text};

/// Say what this repository and this machine can do, and what is left over of work that was cut off
///
/// With --fix, what a killed command left unfinished is completed or taken back, and attempts that ended while nobody was there
/// are judged; any command that changes something does the same. Worktrees of tasks that were moved by hand, alone or with the
/// repository, are tied to it again; locks of agents that are gone go. --dry-run says what would be done. Nothing else is changed: each
/// finding names a command.
///
/// Exit codes: 0 · 7 the repository is not supported.
#[derive(clap::Args, Debug)]
pub struct DoctorArgs {
    /// Recover what was left unfinished
    #[arg(long)]
    pub fix: bool,
}

/// Runs it.
pub fn run(cx: &Context, args: &DoctorArgs, version: &str) -> Result<Status, Error> {
    preflight::refuse_unsupported(&cx.repo)?;
    command::require_git()?;
    if args.fix {
        fix(cx)?;
    }
    let agents = agents::rows(&cx.settings, &cx.environment.path);
    let (git, sizes) = (command::require_git()?, cx.store.sizes());
    let mut checks = machine(cx, version, git, &agents);
    repository(cx, &mut checks)?;
    file_system(cx, &mut checks);
    checks.push(Check::info(
        "disk",
        format!("records and logs {}, trash {}", text::bytes(sizes.state), text::bytes(sizes.trash)),
    ));
    let before = checks.len();
    left_over(cx, &mut checks)?;
    if checks.len() == before {
        checks.push(Check::good("left over", "nothing"));
    }
    if cx.globals.json {
        let libgit2 = git::libgit2_version();
        let git = format!("{}.{}", git.0, git.1);
        cx.ui.json(&json::doctor(&DoctorView {
            version,
            git: &git,
            libgit2: &libgit2,
            sizes: (sizes.state, sizes.trash),
            checks: &checks,
            agents: &agents,
        }));
    } else {
        cx.ui.out(&render::doctor(&checks, &cx.look()));
    }
    Ok(OK)
}

/// Recovers, settles and mends; says what, or that there is nothing.
fn fix(cx: &Context) -> Result<(), Error> {
    let mends = mend::plan(cx)?;
    let due = !World::read(cx)?.pending(cx).is_empty() || !cx.store.unfinished()?.is_empty();
    if !due && mends.is_empty() {
        cx.ui.note("nothing to recover");
        return Ok(());
    }
    let shop = cx.begin_mutation()?;
    if !cx.globals.dry_run {
        settle_pending(cx, &shop)?;
    }
    // What is recovered may have been the matter.
    let mends = if due && !cx.globals.dry_run { mend::plan(cx)? } else { mends };
    mends.iter().try_for_each(|what| mend::one(cx, &shop, what))
}

fn machine(cx: &Context, version: &str, git: (u32, u32), agents: &[crate::ui::view::AgentRow]) -> Vec<Check> {
    let at = find_program("git", &cx.environment.path).map(|path| format!(" ({})", show(&path)));
    let mut checks = vec![
        Check::good("windrow", version),
        Check::good("git", format!("{}.{}{}", git.0, git.1, at.unwrap_or_default())),
        Check::good("libgit2", git::libgit2_version()),
        match identity::committer(cx.repo.place()) {
            Ok(identity) => Check::good("identity", identity.person()),
            Err(error) => {
                Check::problem("identity", error.to_string(), "git config --global user.name 'Your Name'")
            }
        },
    ];
    let installed: Vec<String> = agents
        .iter()
        .filter(|agent| agent.path.is_some())
        .map(|agent| match &agent.version {
            Some(version) => format!("{} ({version})", agent.name),
            None => agent.name.clone(),
        })
        .collect();
    checks.push(if installed.is_empty() {
        Check::info("agents", "none is installed").next("windrow agents")
    } else {
        Check::good("agents", installed.join(", "))
    });
    checks
}

fn repository(cx: &Context, checks: &mut Vec<Check>) -> Result<(), Error> {
    let place = cx.repo.place();
    let kind = if place.main_worktree.is_none() { ", bare" } else { "" };
    checks.push(Check::good("repository", format!("{}{kind}", show(place.root()))));
    match cx.repo.head()? {
        Head::Unborn(branch) => checks.push(Check::problem(
            "HEAD",
            format!("{branch} has no commit yet"),
            "git commit --allow-empty -m first",
        )),
        Head::Broken(why) => checks.push(Check::problem("HEAD", why, "git status")),
        Head::Branch { .. } | Head::Detached(_) => {}
    }
    let needs = cx.needs_now()?;
    checks.push(match &needs.git_for_files {
        Some(reason) => Check::info("files", format!("written by git, not libgit2: {reason}")),
        None => Check::good("files", "written by libgit2 as git would"),
    });
    for feature in features(&cx.repo, needs)? {
        let what = format!("{}: {} ({})", feature.name, feature.detail, feature.by.word());
        checks.push(Check::info("feature", what));
    }
    let unread = cx.approvals().and_then(|approvals| Ok(approvals.missing(&cx.settings.of_repository)?));
    let unread = unread.unwrap_or_else(|_| cx.settings.of_repository.clone());
    if !unread.is_empty() {
        let keys: Vec<&str> = unread.iter().map(|command| command.key.as_str()).collect();
        let what = format!("of the repository's settings, not approved: {}", keys.join(", "));
        checks.push(Check::info("commands", what).next("windrow approve"));
    }
    Ok(())
}

fn file_system(cx: &Context, checks: &mut Vec<Check>) {
    let found = cx.store.file_system();
    let dir = cx.show_path(cx.store.layout().worktree_dir());
    checks.push(if found.writable {
        Check::good("worktrees", format!("go to {dir}"))
    } else {
        Check::problem(
            "worktrees",
            format!("{} cannot be written to; another place is the setting `worktree-dir`", show(&found.at)),
            format!("ls -ld {}", shell_words::quote(&show(&found.at))),
        )
    });
    let mut facts = Vec::new();
    facts.extend(found.free.map(|free| format!("{} free", text::bytes(free))));
    facts.extend(
        found
            .reflink
            .map(|can| if can { "copies share blocks" } else { "copies take their full size" }.to_owned()),
    );
    facts.extend(found.ignores_case.then(|| "names that differ only in case are one".to_owned()));
    facts.extend((found.same_as_state == Some(false)).then(|| "not the repository's file system".to_owned()));
    checks.push(Check::info("file system", facts.join(", ")));
    if found.no_exec {
        checks.push(Check::problem(
            "file system",
            format!(
                "programs below {} do not run (mounted noexec): checks and setups will fail",
                show(&found.at)
            ),
            format!("findmnt -T {}", shell_words::quote(&show(&found.at))),
        ));
    }
}

/// Finds what work that was cut off left behind.
fn left_over(cx: &Context, checks: &mut Vec<Check>) -> Result<(), Error> {
    const FIX: &str = "windrow doctor --fix";
    for record in cx.store.unfinished()? {
        let what = format!("unfinished `{}`: {}", record.command, record.summary);
        checks.push(Check::problem("operation", what, FIX));
    }
    let world = World::read(cx)?;
    let mends = mend::plan(cx)?;
    for what in &mends {
        checks.push(Check::problem(mend::topic(what), mend::found(cx, what), FIX));
    }
    for task in world.pending(cx) {
        let what = format!("the agent of `{}` ended while nobody was there; it is not judged yet", task.name);
        checks.push(Check::problem("attempt", what, FIX));
    }
    for run in cx.store.run_records()? {
        if run.finished.is_none() && !cx.store.is_run_alive(&run.id) && !world.history.is_run_undone(&run.id)
        {
            let what = format!("run {} was cut off", run.id.as_str());
            checks.push(Check::info("run", what).next(run.again.clone()));
        }
    }
    for dir in cx.store.orphaned_runs()? {
        checks.push(Check::info("run", format!("{} has no record; it is of no use", show(&dir))));
    }
    let entries = worktrees::list(&cx.repo)?;
    for task in &world.tasks {
        if mends.iter().any(|what| mend::is_of(what, task)) {
            continue;
        }
        if let Some(check) = of_task(&world, task, &entries) {
            checks.push(check);
        }
    }
    for branch in orphans(cx, &world, &entries)? {
        let what = format!("`{branch}` was made for a task that is not there any more");
        let next = format!("git branch -d {}", shell_words::quote(&branch));
        checks.push(Check::info("branch", what).next(next));
    }
    for entry in &entries {
        if let Some(broken) = &entry.broken {
            let what = format!("{}: {broken}", show(&entry.path));
            checks.push(Check::problem("worktree", what, "git worktree list --verbose"));
        }
    }
    for lock in locks::lock_files(&cx.repo)? {
        let path = show(&lock);
        let what = format!("{path} stands; a git that was killed leaves such files");
        let next = format!("if no git works there: rm {}", shell_words::quote(&path));
        checks.push(Check::problem("lock", what, next));
    }
    Ok(())
}

/// Lists the branches that we made and that neither a task nor a worktree has.
fn orphans(cx: &Context, world: &World, entries: &[WorktreeEntry]) -> Result<Vec<String>, Error> {
    let there = cx.repo.branches()?;
    let made = world.history.operations().iter().flat_map(|operation| &operation.actions);
    let mut found: Vec<String> = made
        .filter_map(|action| match action {
            Action::CreateRef { name, .. } => name.strip_prefix("refs/heads/").map(str::to_owned),
            _ => None,
        })
        .filter(|branch| there.iter().any(|(name, _)| name == branch))
        .filter(|branch| world.tasks.iter().all(|task| task.branch.as_str() != branch))
        .filter(|branch| entries.iter().all(|entry| entry.uses.iter().all(|(name, _)| name != branch)))
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

fn of_task(world: &World, task: &TaskRecord, entries: &[WorktreeEntry]) -> Option<Check> {
    let name = shell_words::quote(task.name.as_str()).into_owned();
    let Some(entry) = entries.iter().find(|entry| entry.path == task.worktree) else {
        let what = format!(
            "the worktree of `{}` is not registered with git any more: {}",
            task.name,
            show(&task.worktree)
        );
        return Some(Check::problem("task", what, format!("windrow clean {name} --dry-run")));
    };
    if entry.missing {
        let what = format!("the worktree of `{}` is missing: {}", task.name, show(&task.worktree));
        return Some(Check::problem("task", what, format!("windrow clean {name} --dry-run")));
    }
    let reason = entry.locked.as_ref()?;
    let live = world.last_attempt(&task.id).is_some_and(|attempt| process::is_alive(&attempt.files));
    let ours = git::locked_by_us(reason);
    let path = shell_words::quote(&show(&task.worktree)).into_owned();
    let unlock = format!("git worktree unlock {path}");
    match (ours, live) {
        (true, true) => None,
        // Mended, or judged first.
        (true, false) => None,
        (false, _) => {
            let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            Some(
                Check::info("lock", format!("the worktree of `{}` is locked{because}", task.name))
                    .next(unlock),
            )
        }
    }
}
