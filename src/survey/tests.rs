use std::cell::RefCell;

use super::*;
use crate::domain::diff::Stat;
use crate::domain::forecast::{Conflict, Onto};
use crate::domain::status::{Dirt, Integrated};
use crate::domain::task::tests::record;
use crate::git::testing::{TestRepo, write};

/// A repository with a linked worktree and a record for each name.
fn with_tasks(names: &[&str]) -> (TestRepo, Vec<TaskRecord>) {
    let test = TestRepo::with_commit();
    let first = test.rev("HEAD");
    let tasks = names.iter().map(|name| {
        test.git(&["worktree", "add", "-q", &format!("../{name}"), "-b", name]);
        let worktree = test.dir().join(name);
        let admin = test.path().join(".git/worktrees").join(name);
        TaskRecord { worktree, admin, start_point: first, ..record(name) }
    });
    let tasks = tasks.collect();
    (test, tasks)
}

fn look(test: &TestRepo, records: &[TaskRecord], merge: Option<&MergeAll<'_>>) -> Vec<Survey> {
    let scratch = tempfile::tempdir().unwrap();
    let needs = Needs::default();
    tasks(
        &test.place(),
        records,
        &SurveyOptions { merge, diff: true, scratch: scratch.path(), needs: &needs, distrusted: &[] },
    )
}

#[test]
fn everything_is_found_out_about_each() {
    let (test, tasks) = with_tasks(&["idle", "busy"]);
    test.write("main", "1\n");
    let main = test.commit_all("main");
    let busy = &tasks[1].worktree;
    write(&busy.join("file"), "one\ntwo\n");
    let tip = test.commit_all_in(busy, "work");
    write(&busy.join("new"), "1\n");
    let found = look(&test, &tasks, None);
    let idle = &found[0];
    assert_eq!(
        (idle.ahead, idle.behind, idle.integrated, idle.dirt),
        (Some(0), Some(1), None, Some(Dirt::default()))
    );
    assert_eq!((idle.diff, idle.missing, &idle.problem), (Some(Stat::default()), false, &None));
    let busy = &found[1];
    assert_eq!((busy.head, busy.tip, busy.base_tip), (Some(tip), Some(tip), Some(main)));
    assert_eq!((busy.ahead, busy.behind), (Some(1), Some(1)));
    assert_eq!(busy.dirt, Some(Dirt { untracked: 1, ..Dirt::default() }));
    assert_eq!(busy.diff, Some(Stat { files: 2, insertions: 2, deletions: 0 }));
    assert!(busy.merge.is_none() && busy.problem.is_none());
}

#[test]
fn a_failure_of_one_is_told_there_and_leaves_the_others_alone() {
    let (test, tasks) = with_tasks(&["good", "index", "gone", "nohead", "elsewhere"]);
    write(&tasks[1].admin.join("index"), "garbage");
    std::fs::rename(&tasks[2].worktree, test.dir().join("away")).unwrap();
    write(&tasks[3].admin.join("HEAD"), "garbage");
    write(&tasks[4].admin.join("gitdir"), format!("{}/.git\n", tasks[0].worktree.display()));
    let found = look(&test, &tasks, None);
    assert!(found[0].problem.is_none() && found[0].dirt.is_some());
    let problem = found[1].problem.as_deref().unwrap();
    assert!(problem.contains("index"), "{problem}");
    assert_eq!((found[1].ahead, found[1].dirt), (Some(0), None), "what can be known is known");
    assert!(found[2].missing && found[2].problem.is_none());
    assert_eq!(found[2].diff, Some(Stat::default()), "the branch is still there");
    assert!(found[3].problem.as_deref().unwrap().contains("HEAD"));
    assert!(found[4].problem.as_deref().unwrap().contains("is not the worktree it should be"));
}

#[test]
fn a_branch_or_base_that_is_gone_is_no_failure() {
    let (test, mut tasks) = with_tasks(&["one", "two"]);
    test.git(&["update-ref", "-d", "refs/heads/one"]);
    tasks[1].base = Some("nowhere".parse().unwrap());
    let found = look(&test, &tasks, None);
    assert_eq!((found[0].tip, found[0].ahead, found[0].head), (None, None, None));
    assert_eq!((found[1].base_tip, found[1].ahead, found[1].diff), (None, None, Some(Stat::default())));
}

#[test]
fn merging_is_asked_once_and_only_where_the_graph_does_not_say_it() {
    let (test, tasks) = with_tasks(&["same", "clean", "conflict", "unknown", "nothing"]);
    for (task, content) in tasks[1..].iter().zip(["a", "b", "c", "d"]) {
        write(&task.worktree.join("file"), content);
        test.commit_all_in(&task.worktree, "work");
    }
    let (main, tip) = (test.rev("main"), test.rev("clean"));
    let conflict = Conflict { path: "file".into(), kind: "content".to_owned() };
    let calls = RefCell::new(Vec::new());
    let onto = |forecast, landed| Some(Onto { forecast, landed });
    let merge = |pairs: &[(CommitId, CommitId)]| {
        calls.borrow_mut().push(pairs.to_vec());
        vec![
            onto(MergeForecast::Clean, None),
            onto(MergeForecast::Conflict(vec![conflict.clone()]), None),
            None,
            onto(MergeForecast::Clean, Some(Integrated::SameTree)),
        ]
    };
    let found = look(&test, &tasks, Some(&merge));
    let forecasts: Vec<MergeForecast> = found.iter().map(|survey| survey.merge.clone().unwrap()).collect();
    let expected = [
        MergeForecast::UpToDate,
        MergeForecast::Clean,
        MergeForecast::Conflict(vec![conflict.clone()]),
        MergeForecast::Unknown,
        MergeForecast::Clean,
    ];
    assert_eq!(forecasts, expected);
    assert_eq!(calls.borrow().len(), 1);
    assert_eq!(calls.borrow()[0].len(), 4);
    assert_eq!(calls.borrow()[0][0], (main, tip));
    let integrated: Vec<Option<Integrated>> = found.iter().map(|survey| survey.integrated).collect();
    assert_eq!(integrated, [None, None, None, None, Some(Integrated::SameTree)]);
}

#[test]
fn many_tasks_at_once_are_in_order_and_nothing_is_written() {
    let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
    let (test, tasks) = with_tasks(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for (n, task) in tasks.iter().enumerate() {
        (0..n).for_each(|file| write(&task.worktree.join(format!("new{file}")), "1\n"));
    }
    let before = crate::git::status::random::contents(&[test.path()]);
    for (n, survey) in look(&test, &tasks, None).iter().enumerate() {
        let n = u32::try_from(n).unwrap();
        assert_eq!(survey.diff, Some(Stat { files: n, insertions: n, deletions: 0 }));
    }
    assert!(crate::git::status::random::contents(&[test.path()]) == before);
}

#[test]
fn a_repository_that_is_gone_is_told_for_each() {
    let (test, tasks) = with_tasks(&["one", "two"]);
    let place = test.place();
    std::fs::rename(&place.common_dir, test.dir().join("away")).unwrap();
    let (needs, scratch) = (Needs::default(), tempfile::tempdir().unwrap());
    let options =
        SurveyOptions { merge: None, diff: true, scratch: scratch.path(), needs: &needs, distrusted: &[] };
    let found = super::tasks(&place, &tasks, &options);
    assert!(found.len() == 2 && found.iter().all(|survey| survey.problem.is_some()));
}

#[test]
fn foreign_worktrees_are_those_of_nobody() {
    let entry = |admin: Option<&str>, path: &str, locked: Option<&str>| WorktreeEntry {
        admin: admin.map(Into::into),
        path: path.into(),
        head: Head::Branch { name: "b".parse().unwrap(), tip: CommitId::from_bytes([1; 20]) },
        locked: locked.map(str::to_owned),
        missing: false,
        uses: Vec::new(),
        broken: None,
        unread: false,
    };
    let entries = [
        entry(None, "/r", None),
        entry(Some("api"), "/r.worktrees/api", Some("windrow api")),
        entry(Some("n1"), "/r.worktrees/.windrow/scratch/1", Some("windrow scratch")),
        entry(Some("other"), "/other", None),
        entry(Some("held"), "/held", Some("mine")),
    ];
    let found = foreign(&entries, &[record("api")]);
    let rows: Vec<_> = found
        .iter()
        .map(|f| (f.path.to_str().unwrap(), f.branch.as_deref(), f.locked, f.reason.as_deref()))
        .collect();
    assert_eq!(rows, [("/other", Some("b"), false, None), ("/held", Some("b"), true, Some("mine"))]);
}
