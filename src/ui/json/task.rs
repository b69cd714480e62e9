//! Documents about tasks as they stand: `start`, `status`, `path`.

use serde_json::{Map, Value, json};

use crate::domain::status::{ForeignWorktree, TaskStatus};
use crate::domain::task::TaskRecord;

use super::super::view::{ReadingRow, StartView};
use super::{document, merge_forecast, names, object, set_path, set_paths, set_some, stat};

/// Gives the document of `start` and `adopt`.
pub fn start(command: &str, view: &StartView<'_>) -> Value {
    let task = |task: &TaskRecord| {
        let mut fields = record(task);
        let set_up = view.set_up.iter().find(|(name, _)| name == &task.name);
        set_some(&mut fields, "setup", set_up.map(|(_, done)| if *done { "done" } else { "failed" }));
        Value::Object(fields)
    };
    let mut lacks = Map::new();
    set_paths(&mut lacks, view.lacks);
    document(
        command,
        [
            ("tasks", view.tasks.iter().map(task).collect()),
            ("lacks", lacks.remove("paths").unwrap_or_default()),
        ],
    )
}

/// Gives the document of `status`. Read tasks at work stand behind the others, without what they do not have.
pub fn status(tasks: &[TaskStatus], reading: &[ReadingRow], foreign: &[ForeignWorktree]) -> Value {
    document(
        "status",
        [
            ("tasks", tasks.iter().map(task_status).chain(reading.iter().map(reading_row)).collect()),
            ("foreign", foreign.iter().map(foreign_worktree).collect()),
        ],
    )
}

/// Gives the document of `path`.
pub fn path(task: &TaskRecord) -> Value {
    let mut fields = object([("name", task.name.as_str().into())]);
    set_path(&mut fields, "path", &task.worktree);
    let mut document = document("path", []);
    if let Value::Object(document) = &mut document {
        document.extend(fields);
    }
    document
}

/// Gives `{name,branch,base,start-point,worktree}`; `base` is absent where there is none.
pub(super) fn record(task: &TaskRecord) -> Map<String, Value> {
    let mut object = object([
        ("name", task.name.as_str().into()),
        ("branch", task.branch.as_str().into()),
        ("start-point", task.start_point.to_string().into()),
    ]);
    set_some(&mut object, "base", task.base.as_ref().map(|base| base.as_str()));
    set_path(&mut object, "worktree", &task.worktree);
    object
}

fn task_status(status: &TaskStatus) -> Value {
    let TaskStatus { task, survey, conflicts_with, state, agent, run, attempt, elapsed_ms, used } = status;
    let mut fields = record(task);
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("head", json!(survey.head));
    set("state", state.word().into());
    set("dirt", json!(survey.dirt));
    set("diff", survey.diff.map(stat).into());
    set("integrated", survey.integrated.map_or(Value::Bool(false), |why| why.word().into()));
    set("missing", survey.missing.into());
    if task.base.is_some() {
        set("ahead", survey.ahead.into());
        set("behind", survey.behind.into());
        set("merge", merge_forecast(survey.merge.as_ref()));
    }
    set("conflicts-with", conflicts_with.as_ref().map_or(Value::Null, |with| names(with)));
    set("port", task.port().into());
    set_some(&mut fields, "locked", survey.locked.as_deref());
    set_some(&mut fields, "problem", survey.problem.as_deref());
    set_some(&mut fields, "agent", agent.as_deref());
    set_some(&mut fields, "run", run.as_deref());
    set_some(&mut fields, "attempt", *attempt);
    set_some(&mut fields, "elapsed-ms", *elapsed_ms);
    if attempt.is_some() {
        fields.insert("cost-usd".to_owned(), used.cost_usd.into());
        fields.insert("tokens".to_owned(), used.tokens.into());
    }
    Value::Object(fields)
}

fn reading_row(row: &ReadingRow) -> Value {
    let mut fields = object([
        ("name", row.task.as_str().into()),
        ("mode", "read".into()),
        ("state", row.state.word().into()),
        ("agent", row.agent.as_str().into()),
        ("run", row.run.as_str().into()),
        ("attempt", row.attempt.into()),
    ]);
    set_some(&mut fields, "elapsed-ms", row.elapsed_ms);
    Value::Object(fields)
}

fn foreign_worktree(worktree: &ForeignWorktree) -> Value {
    let ForeignWorktree { path, branch, locked, reason, made_by } = worktree;
    let mut object = object([("locked", (*locked).into()), ("made-by", (*made_by).into())]);
    set_path(&mut object, "path", path);
    set_some(&mut object, "branch", branch.as_deref());
    set_some(&mut object, "reason", reason.as_deref());
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::tests::record as sample;
    use crate::ui::show::tests::{foreign, statuses};

    #[test]
    fn start_names_what_was_made() {
        let mut detached = sample("docs");
        detached.base = None;
        insta::assert_snapshot!(format!("{:#}", start("start", &StartView { tasks: &[sample("api"), detached], lacks: &["node_modules".into()], set_up: &[(sample("api").name, true)] })), @r#"
        {
          "command": "start",
          "lacks": [
            "node_modules"
          ],
          "schema": 1,
          "tasks": [
            {
              "base": "main",
              "branch": "api",
              "name": "api",
              "setup": "done",
              "start-point": "0101010101010101010101010101010101010101",
              "worktree": "/r.worktrees/api"
            },
            {
              "branch": "docs",
              "name": "docs",
              "start-point": "0101010101010101010101010101010101010101",
              "worktree": "/r.worktrees/docs"
            }
          ]
        }
        "#);
    }

    #[test]
    fn status_has_every_field() {
        insta::assert_snapshot!(crate::ui::escape::json_text(&format!("{:#}", status(&statuses()[..2], &[], &foreign()))), @r#"
        {
          "command": "status",
          "foreign": [
            {
              "branch": "hotfix",
              "locked": true,
              "made-by": null,
              "path": "/home/u/hotfix",
              "reason": "on a stick"
            },
            {
              "locked": false,
              "made-by": null,
              "path": "/tmp/x\u202ey"
            }
          ],
          "schema": 1,
          "tasks": [
            {
              "agent": "claude",
              "ahead": 2,
              "attempt": 1,
              "base": "main",
              "behind": 1,
              "branch": "users-api",
              "conflicts-with": null,
              "cost-usd": null,
              "diff": {
                "deletions": 8,
                "files": 2,
                "insertions": 234
              },
              "dirt": {
                "staged": 0,
                "unmerged": 0,
                "unstaged": 2,
                "untracked": 1
              },
              "elapsed-ms": 92000,
              "head": "0202020202020202020202020202020202020202",
              "integrated": false,
              "merge": {
                "conflicts": [],
                "outcome": "clean"
              },
              "missing": false,
              "name": "users-api",
              "port": 24900,
              "run": "20261125-223001-3f9a",
              "start-point": "0101010101010101010101010101010101010101",
              "state": "running",
              "tokens": null,
              "worktree": "/r.worktrees/users-api"
            },
            {
              "ahead": 3,
              "base": "main",
              "behind": 0,
              "branch": "users-tests",
              "conflicts-with": null,
              "diff": {
                "deletions": 12,
                "files": 3,
                "insertions": 351
              },
              "dirt": {
                "staged": 0,
                "unmerged": 0,
                "unstaged": 0,
                "untracked": 0
              },
              "head": "0202020202020202020202020202020202020202",
              "integrated": false,
              "merge": {
                "conflicts": [
                  {
                    "kind": "content",
                    "path": "src/a.rs"
                  },
                  {
                    "kind": "modify-delete",
                    "path": "Cargo.lock"
                  }
                ],
                "outcome": "conflict"
              },
              "missing": false,
              "name": "users-tests",
              "port": 24310,
              "start-point": "0101010101010101010101010101010101010101",
              "state": "done",
              "worktree": "/r.worktrees/users-tests"
            }
          ]
        }
        "#);
    }

    #[test]
    fn what_is_unknown_is_null_and_what_does_not_apply_is_absent() {
        let mut unknown = statuses()[0].clone();
        unknown.survey = crate::domain::status::Survey { missing: true, ..Default::default() };
        let value = task_status(&unknown);
        for key in ["head", "dirt", "diff", "ahead", "behind", "conflicts-with"] {
            assert_eq!(value.get(key), Some(&Value::Null), "{key}");
        }
        unknown.task.base = None;
        (unknown.agent, unknown.attempt) = (None, None);
        let value = task_status(&unknown);
        for key in ["base", "ahead", "merge", "agent", "cost-usd", "tokens"] {
            assert_eq!(value.get(key), None, "{key}");
        }
    }

    #[test]
    fn path_is_absolute() {
        insta::assert_snapshot!(path(&sample("api")), @r#"{"command":"path","name":"api","path":"/r.worktrees/api","schema":1}"#);
    }
}
