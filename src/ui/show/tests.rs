//! Values that the tests of text and of JSON show.

use super::*;
use crate::domain::attempt::AttemptKey;
use crate::domain::clean::{Class, Disposition};
use crate::domain::diff::{Change, FileDiff, Stat, TaskDiff};
use crate::domain::event::{RunEvent, TaskResult};
use crate::domain::forecast::MergeForecast;
use crate::domain::merge::{Landing, Rejection, Strategy};
use crate::domain::name::TaskName;
use crate::domain::oid::CommitId;
use crate::domain::outcome::Outcome;
use crate::domain::path::RepoPath;
use crate::domain::plan::{Agent, PlannedTask};
use crate::domain::status::{Dirt, ForeignWorktree, Integrated, Survey, TaskState, TaskStatus};
use crate::domain::task::TaskRecord;
use crate::domain::task::tests::record;
use crate::ui::style::tests::PLAIN;
use crate::ui::view::{HistoryRow, Overlap, ReportTask, ReportView};

/// The time that ages are counted to.
pub(crate) const NOW: i64 = 1_800_000_000;

/// A place to stand in the main worktree `/r` of home `/home/u`.
pub(crate) fn look(style: Style, width: Option<usize>) -> Look<'static> {
    Look { style, width, here: Some(Path::new("/r")), home: Some(Path::new("/home/u")) }
}

fn name(text: &str) -> TaskName {
    text.parse().unwrap()
}

fn commit(byte: u8) -> CommitId {
    CommitId::from_bytes([byte; 20])
}

fn conflicts(paths: &[(&str, &str)]) -> Vec<Conflict> {
    paths.iter().map(|(path, kind)| Conflict { path: (*path).into(), kind: (*kind).into() }).collect()
}

fn aged(task: &str, seconds: i64) -> TaskRecord {
    TaskRecord { created: jiff::Timestamp::from_second(NOW - seconds).unwrap(), ..record(task) }
}

fn task_status(task: TaskRecord, state: TaskState, survey: Survey) -> TaskStatus {
    TaskStatus {
        task,
        survey,
        conflicts_with: None,
        state,
        agent: None,
        run: None,
        attempt: None,
        elapsed_ms: None,
        used: crate::domain::transcript::Usage::default(),
    }
}

fn survey(ahead: u32, behind: u32, merge: MergeForecast) -> Survey {
    Survey {
        head: Some(commit(2)),
        tip: Some(commit(2)),
        base_tip: Some(commit(1)),
        ahead: Some(ahead),
        behind: Some(behind),
        dirt: Some(Dirt::default()),
        diff: Some(Stat { files: ahead, insertions: ahead * 117, deletions: ahead * 4 }),
        merge: Some(merge),
        ..Survey::default()
    }
}

/// One task in each kind of state.
pub(crate) fn statuses() -> Vec<TaskStatus> {
    let dirt = Dirt { unstaged: 2, untracked: 1, ..Dirt::default() };
    let api = TaskStatus {
        agent: Some("claude".into()),
        run: Some("20261125-223001-3f9a".into()),
        attempt: Some(1),
        elapsed_ms: Some(92_000),
        ..task_status(
            aged("users-api", 300),
            TaskState::Running,
            Survey { dirt: Some(dirt), ..survey(2, 1, MergeForecast::Clean) },
        )
    };
    let clash =
        MergeForecast::Conflict(conflicts(&[("src/a.rs", "content"), ("Cargo.lock", "modify-delete")]));
    let missing = Survey { missing: true, ..Survey::default() };
    let landed = Survey {
        integrated: Some(Integrated::Squash),
        locked: Some("on a stick".into()),
        ..survey(1, 3, MergeForecast::UpToDate)
    };
    let merging = Survey { dirt: Some(Dirt { unmerged: 1, ..dirt }), ..survey(1, 0, MergeForecast::Clean) };
    let broken = Survey { problem: Some("cannot read index: \x1b[2J".into()), ..Survey::default() };
    vec![
        api,
        task_status(aged("users-tests", 7200), TaskState::Ended(Outcome::Done), survey(3, 0, clash)),
        task_status(aged("docs", 86_400 * 3), TaskState::Idle, survey(0, 0, MergeForecast::UpToDate)),
        task_status(aged("gone", 30), TaskState::Ended(Outcome::Failed), missing),
        task_status(aged("landed", 60), TaskState::Ended(Outcome::Done), landed),
        task_status(
            aged("feature/a-very-long-name-that-goes-on", 60),
            TaskState::Ended(Outcome::NeedsAttention),
            merging,
        ),
        task_status(aged("broken", 5), TaskState::Queued, broken),
    ]
}

pub(crate) fn foreign() -> Vec<ForeignWorktree> {
    let worktree = |path: &str, branch: Option<&str>, locked, reason: Option<&str>| ForeignWorktree {
        path: path.into(),
        branch: branch.map(str::to_owned),
        locked,
        reason: reason.map(str::to_owned),
        made_by: None,
    };
    vec![
        worktree("/home/u/hotfix", Some("hotfix"), true, Some("on a stick")),
        worktree("/tmp/x\u{202e}y", None, false, None),
    ]
}

/// Results of a run: done, failed, skipped, done earlier.
pub(crate) fn results() -> Vec<TaskResult> {
    let result = |task: &str, outcome, evidence: &[&str]| TaskResult {
        task: name(task),
        outcome,
        success: outcome == Outcome::Done,
        evidence: evidence.iter().map(|line| (*line).to_owned()).collect(),
        attempts: 1,
        commits: 0,
        diff: None,
        elapsed_ms: Some(12_000),
        log: Some(format!("/r/.git/windrow/runs/x/{task}/1/log").into()),
        last_words: Vec::new(),
        used: crate::domain::transcript::Usage::default(),
        next: format!("windrow logs {task}"),
        earlier: false,
    };
    let words =
        ["", "I added CRUD for /users.", "\x1b[32mAll 14 tests pass.\x1b[0m", "Done.\x1b]0;owned\x07"];
    vec![
        TaskResult {
            commits: 2,
            diff: Some(Stat { files: 3, insertions: 12, deletions: 4 }),
            elapsed_ms: Some(92_000),
            last_words: words.map(str::to_owned).to_vec(),
            next: "windrow diff users-api".into(),
            ..result(
                "users-api",
                Outcome::Done,
                &["exit 0", "2 commits", "leftovers committed (1 untracked)"],
            )
        },
        TaskResult {
            attempts: 2,
            last_words: (1..=9).map(|n| format!("line {n} of a long story that does not end soon")).collect(),
            ..result("tests", Outcome::Failed, &["exit 1", "no commit", "left uncommitted: 2 unstaged"])
        },
        TaskResult {
            attempts: 0,
            elapsed_ms: None,
            log: None,
            next: "windrow run plan.toml".into(),
            ..result("docs", Outcome::Skipped, &["tests is not done"])
        },
        TaskResult { earlier: true, next: String::new(), ..result("schema", Outcome::Done, &[]) },
    ]
}

/// The events of a run of these results.
pub(crate) fn events() -> Vec<RunEvent> {
    let run: crate::domain::name::RunId = "20261125-223001-3f9a".parse().unwrap();
    let results = results();
    let started = |result: &TaskResult| RunEvent::TaskStarted {
        task: result.task.clone(),
        attempt: AttemptKey { run: run.clone(), task: result.task.id(), number: result.attempts },
        agent: "claude".into(),
    };
    vec![
        RunEvent::RunStarted {
            run: run.clone(),
            tasks: results.iter().map(|r| r.task.clone()).collect(),
            jobs: 2,
        },
        RunEvent::TaskFinished(results[3].clone()),
        RunEvent::TaskPreparing { task: results[0].task.clone() },
        started(&results[0]),
        started(&results[1]),
        RunEvent::TaskSaid {
            task: results[0].task.clone(),
            line: "editing \x1b[1msrc/users.py\x1b[0m\x1b[2J".into(),
        },
        RunEvent::Warning { message: "main moved while `users-api` and `tests` ran".into() },
        RunEvent::TaskFinished(results[1].clone()),
        RunEvent::TaskFinished(results[2].clone()),
        RunEvent::Interrupted { kill: false, by_command: false },
        RunEvent::TaskFinished(results[0].clone()),
        RunEvent::RunFinished { run: run.clone(), results },
    ]
}

pub(crate) fn diffs() -> Vec<TaskDiff> {
    let file = |path: &[u8], change, insertions, deletions| FileDiff {
        path: RepoPath::new(path),
        old_path: None,
        change,
        insertions,
        deletions,
        binary: false,
        untracked: false,
        content: None,
        text: 0..0,
    };
    let diff = |task: &str, files| TaskDiff {
        task: name(task),
        base: Some("main".parse().unwrap()),
        merge_base: commit(0xab),
        files,
        patch: Vec::new(),
    };
    let files = vec![
        FileDiff { binary: true, ..file(b"assets/logo.png", Change::Modified, 0, 0) },
        file(b"na\xffme\x1b", Change::Modified, 1, 0),
        file(b"src/a/rather/deep/directory/of/modules/users_controller.py", Change::Added, 240, 0),
        FileDiff { old_path: Some("src/old.rs".into()), ..file(b"src/new.rs", Change::Renamed, 3, 3) },
        file(b"src/gone.rs", Change::Deleted, 0, 87),
        FileDiff { untracked: true, ..file(b"notes.txt", Change::Added, 2, 0) },
    ];
    vec![diff("api", files), TaskDiff { base: None, ..diff("docs", Vec::new()) }]
}

pub(crate) fn landings() -> Vec<Landing> {
    let landing = |task: &str, strategy| Landing {
        task: name(task),
        tip: commit(1),
        into: "main".parse().unwrap(),
        commit: commit(0xab),
        strategy,
    };
    vec![landing("users-api", Strategy::Merge), landing("docs", Strategy::Squash), landing("x", Strategy::Ff)]
}

pub(crate) fn rejections() -> Vec<Rejection> {
    let rejection = |task: &str, reason, detail: &str| Rejection {
        task: name(task),
        reason,
        conflicts: Vec::new(),
        paths: Vec::new(),
        detail: detail.to_owned(),
    };
    let paths = (1..=12).map(|n| RepoPath::from(format!("src/{n}.rs").as_str())).collect();
    vec![
        Rejection {
            conflicts: conflicts(&[("Cargo.lock", "modify-delete"), ("src/a\nb.rs", "content")]),
            ..rejection("tests", "conflict", "2 files conflict with `main`")
        },
        Rejection { paths, ..rejection("schema", "dirty", "12 files are uncommitted") },
        rejection("child", "held-back", "`tests` was not landed"),
    ]
}

/// What a clean-up decides: gone with its branch, gone without, kept with paths, kept whatever is said.
pub(crate) fn cleaned() -> Vec<(TaskRecord, Disposition)> {
    let disposition = |task: &str, remove, reason, detail: &str| Disposition {
        task: name(task),
        remove,
        branch: remove,
        branch_stays: !remove,
        default_branch: false,
        reason,
        detail: detail.to_owned(),
        paths: Vec::new(),
        discards: Vec::new(),
        needs: Vec::new(),
    };
    let all = [
        disposition("api", true, "ancestor", "its commits are in the base"),
        Disposition {
            branch: false,
            branch_stays: true,
            discards: vec![Class::Untracked],
            ..disposition("users-tests", true, "discarded", "discarded: 1 untracked file")
        },
        Disposition {
            paths: vec!["src/a.rs".into(), RepoPath::new(b"\xff".as_slice())],
            needs: vec![Class::Untracked, Class::Tracked],
            ..disposition("docs", false, "tracked", "1 changed file, 1 untracked file")
        },
        disposition("run-1", false, "running", "its agent is running"),
    ];
    all.into_iter().map(|disposition| (record(disposition.task.as_str()), disposition)).collect()
}

pub(crate) fn history_rows() -> Vec<HistoryRow> {
    let row = |id: &str, ago: i64, command: &str, tasks: &[&str], undone| HistoryRow {
        id: id.to_owned(),
        time: jiff::Timestamp::from_second(NOW - ago).unwrap(),
        command: command.to_owned(),
        tasks: tasks.iter().map(|task| name(task)).collect(),
        summary: format!("{command} {} of them", tasks.len()),
        undone,
        redoable: undone,
        is_final: false,
    };
    vec![
        row("20261125-223001-3f9a", 60, "merge", &["api", "docs"], true),
        row("20261125-200000-0001", 9000, "run", &["api", "docs", "users-tests", "security"], false),
    ]
}

pub(crate) fn planned() -> Vec<PlannedTask> {
    let task = |task: &str, agent: Option<&str>, after: &[&str]| PlannedTask {
        name: name(task),
        branch: None,
        base: None,
        prompt:
            "\nDesign and implement CRUD for /users in Python + FastAPI, with tests and docs.\nSecond line."
                .into(),
        title: "Design and implement CRUD for /users in Python + FastAPI, with tests and docs.".into(),
        role: None,
        role_prompt: None,
        feedback: false,
        follows: None,
        agent: agent.map(|line| Agent { name: line.into(), ..Agent::of_command_line(line) }),
        after: after.iter().map(|after| name(after)).collect(),
        starts_from: after.iter().map(|after| name(after)).collect(),
        mode: Default::default(),
        touches: vec!["src/**".into()],
        timeout_ms: None,
        silence_ms: None,
        limits: crate::domain::plan::Limits::default(),
        retries: 0,
        check: None,
        env: Default::default(),
        allow_empty: false,
    };
    vec![
        PlannedTask { role: Some("api-designer".into()), ..task("users-api", Some("claude"), &[]) },
        PlannedTask { timeout_ms: Some(1_800_000), ..task("users-tests", None, &["users-api"]) },
    ]
}

pub(crate) fn overlaps() -> Vec<Overlap> {
    let touches = vec![("src/**".to_owned(), "src/**".to_owned()), ("a/*".to_owned(), "a/b".to_owned())];
    vec![Overlap { a: name("users-api"), b: name("users-tests"), touches }]
}

pub(crate) fn report() -> ReportView {
    let results = results();
    let task = |result: &TaskResult| ReportTask {
        output: None,
        result: result.clone(),
        branch: Some(result.task.branch()),
        base: Some("main".parse().unwrap()),
        agent: Some("claude".into()),
        prompt: "Role.\n\nDo *this* `now`.".into(),
        diff: result.diff,
        merge: Some(MergeForecast::Clean),
        landed: None,
    };
    ReportView {
        run: "20261125-223001-3f9a".parse().unwrap(),
        started: jiff::Timestamp::from_second(NOW).unwrap(),
        plan: Some("plan.toml".into()),
        tasks: vec![
            ReportTask { landed: landings().pop(), ..task(&results[0]) },
            ReportTask {
                merge: Some(MergeForecast::Conflict(conflicts(&[("src/a`b.rs", "content")]))),
                ..task(&results[1])
            },
            ReportTask { branch: None, merge: None, ..task(&results[2]) },
        ],
    }
}

#[test]
fn paths_are_shown_in_their_shortest_form() {
    let look = look(PLAIN, None);
    let shown = |path: &str| look.path(Path::new(path));
    assert_eq!(shown("/r.worktrees/api"), "/r.worktrees/api");
    assert_eq!(shown("/r/src"), "src");
    assert_eq!(shown("/r"), ".");
    assert_eq!(shown("/home/u/app"), "~/app");
    assert_eq!(shown("/home/user/app"), "/home/user/app");
    assert_eq!(shown("/tmp/a\u{9b}b"), "\"/tmp/a\\302\\233b\"");
    let beside = Look { here: Some(Path::new("/home/u/code/app/src/x")), ..look };
    assert_eq!(beside.path(Path::new("/home/u/code/app.worktrees/api")), "~/code/app.worktrees/api");
    let deep = Look { here: Some(Path::new("/srv/code/deep/app")), ..look };
    assert_eq!(deep.path(Path::new("/srv/code/deep/app.worktrees/api")), "../app.worktrees/api");
    assert_eq!(deep.path(Path::new("/srv/code/deep/app")), ".");
}

#[test]
fn an_error_in_colour() {
    let error_view =
        ErrorView { message: "no `x`".into(), hints: vec!["windrow start x".into()], ..ErrorView::default() };
    let text = error(&error_view, crate::ui::style::tests::COLOR);
    assert_eq!(text, "\x1b[31merror:\x1b[0m no \x1b[1m`x`\x1b[0m\n\x1b[36mhint:\x1b[0m windrow start x\n");
}
