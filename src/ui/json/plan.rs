//! Documents about plans and reports.

use serde_json::{Value, json};

use super::super::view::{PlanView, ReportTask, ReportView, first_line};
use super::run::task_result;
use super::work::landing;
use super::{document, merge_forecast, names, object, set_path, set_some, stat};

/// Gives the document of `plan`, and of a dry run of `run`; `tasks[]` stand in the order in which they may begin.
pub fn plan(command: &str, view: &PlanView<'_>) -> Value {
    let tasks = view.tasks.iter().map(|task| {
        let mut object = object([
            ("name", task.name.as_str().into()),
            ("after", names(&task.after)),
            ("touches", names(&task.touches)),
            ("prompt", task.prompt.as_str().into()),
            ("allow-empty", task.allow_empty.into()),
            ("mode", task.mode.word().into()),
        ]);
        if task.is_read() {
            object.insert("stdin".to_owned(), names(task.stdin()));
        }
        set_some(&mut object, "branch", task.branch.as_ref().map(|branch| branch.as_str()));
        set_some(&mut object, "base", task.base.as_deref());
        set_some(&mut object, "role", task.role.as_deref());
        set_some(&mut object, "agent", task.agent.as_ref().map(|agent| agent.name.as_str()));
        set_some(&mut object, "agent-command", task.agent.as_ref().map(|agent| agent.describe()));
        set_some(&mut object, "timeout-ms", task.timeout_ms);
        set_some(&mut object, "check", task.check.as_deref());
        Value::Object(object)
    });
    let overlaps = view.overlaps.iter().map(|overlap| {
        let touches: Vec<[&str; 2]> = overlap.touches.iter().map(|(a, b)| [a.as_str(), b.as_str()]).collect();
        json!({"a": overlap.a, "b": overlap.b, "touches": touches})
    });
    let mut document = document(
        command,
        [
            ("jobs", view.jobs.into()),
            ("order", view.tasks.iter().map(|task| Value::from(task.name.as_str())).collect()),
            ("tasks", tasks.collect()),
            ("overlaps", overlaps.collect()),
        ],
    );
    if let Value::Object(fields) = &mut document {
        if let Some(file) = view.file {
            set_path(fields, "plan", file);
        }
        if let Some((base, commit)) = view.base {
            fields.insert("base".to_owned(), base.into());
            fields.insert("base-commit".to_owned(), commit.map(|commit| commit.to_string()).into());
        }
    }
    document
}

/// Gives the document of `report --format json`.
pub fn report(view: &ReportView) -> Value {
    let mut document = document(
        "report",
        [
            ("run", view.run.as_str().into()),
            ("started", view.started.to_string().into()),
            ("tasks", view.tasks.iter().map(report_task).collect()),
        ],
    );
    if let Value::Object(fields) = &mut document {
        set_some(fields, "plan", view.plan.as_deref());
    }
    document
}

fn report_task(task: &ReportTask) -> Value {
    let mut fields = task_result(&task.result);
    fields.insert("diff".to_owned(), task.diff.or(task.result.diff).map(stat).into());
    fields.insert("prompt".to_owned(), first_line(&task.prompt).into());
    set_some(&mut fields, "branch", task.branch.as_ref().map(|branch| branch.as_str()));
    set_some(&mut fields, "base", task.base.as_ref().map(|base| base.as_str()));
    set_some(&mut fields, "agent", task.agent.as_deref());
    set_some(&mut fields, "output", task.output.as_deref());
    set_some(&mut fields, "landed", task.landed.as_ref().map(landing));
    if task.base.is_some() && task.landed.is_none() {
        fields.insert("merge".to_owned(), merge_forecast(task.merge.as_ref()));
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::show::tests::{overlaps, planned, report as sample};

    #[test]
    fn a_plan() {
        let (tasks, overlaps) = (planned(), overlaps());
        let view = PlanView {
            file: Some(std::path::Path::new("/r/plan.toml")),
            base: Some(("main", None)),
            jobs: 4,
            tasks: &tasks,
            overlaps: &overlaps,
        };
        insta::assert_snapshot!(format!("{:#}", plan("plan", &view)), @r#"
        {
          "base": "main",
          "base-commit": null,
          "command": "plan",
          "jobs": 4,
          "order": [
            "users-api",
            "users-tests"
          ],
          "overlaps": [
            {
              "a": "users-api",
              "b": "users-tests",
              "touches": [
                [
                  "src/**",
                  "src/**"
                ],
                [
                  "a/*",
                  "a/b"
                ]
              ]
            }
          ],
          "plan": "/r/plan.toml",
          "schema": 1,
          "tasks": [
            {
              "after": [],
              "agent": "claude",
              "agent-command": "claude",
              "allow-empty": false,
              "mode": "write",
              "name": "users-api",
              "prompt": "\nDesign and implement CRUD for /users in Python + FastAPI, with tests and docs.\nSecond line.",
              "role": "api-designer",
              "touches": [
                "src/**"
              ]
            },
            {
              "after": [
                "users-api"
              ],
              "allow-empty": false,
              "mode": "write",
              "name": "users-tests",
              "prompt": "\nDesign and implement CRUD for /users in Python + FastAPI, with tests and docs.\nSecond line.",
              "timeout-ms": 1800000,
              "touches": [
                "src/**"
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_report() {
        let mut report_view = sample();
        report_view.tasks.truncate(1);
        insta::assert_snapshot!(format!("{:#}", report(&report_view)), @r#"
        {
          "command": "report",
          "plan": "plan.toml",
          "run": "20261125-223001-3f9a",
          "schema": 1,
          "started": "2027-01-15T08:00:00Z",
          "tasks": [
            {
              "agent": "claude",
              "attempts": 1,
              "base": "main",
              "branch": "users-api",
              "commits": 2,
              "cost-usd": null,
              "diff": {
                "deletions": 4,
                "files": 3,
                "insertions": 12
              },
              "earlier": false,
              "elapsed-ms": 92000,
              "evidence": [
                "exit 0",
                "2 commits",
                "leftovers committed (1 untracked)"
              ],
              "landed": {
                "commit": "abababababababababababababababababababab",
                "into": "main",
                "strategy": "ff",
                "task": "x",
                "tip": "0101010101010101010101010101010101010101"
              },
              "last-words": [
                "",
                "I added CRUD for /users.",
                "\u001b[32mAll 14 tests pass.\u001b[0m",
                "Done.\u001b]0;owned\u0007"
              ],
              "log": "/r/.git/windrow/runs/x/users-api/1/log",
              "name": "users-api",
              "next": "windrow diff users-api",
              "outcome": "done",
              "prompt": "Role.",
              "success": true,
              "tokens": null
            }
          ]
        }
        "#);
    }
}
