//! Documents and lines about runs: the stream of `run`, and `logs`.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::domain::event::{RunEvent, TaskResult};
use crate::domain::name::{RunId, TaskName};

use super::super::text::{interrupted, retrying};
use super::super::view::LogView;
use super::{SCHEMA, document, object, set_path, set_some, stat};

/// Gives the line of `logs --json -f` for what an agent wrote since the last one.
pub fn log_text(task: &TaskName, run: &RunId, bytes: &[u8]) -> Value {
    json!({"schema": SCHEMA, "event": "log", "task": task.as_str(), "run": run.as_str(), "text": String::from_utf8_lossy(bytes)})
}

/// Gives the line of an event, or nothing for one that is only worth seeing. `run` is the run it belongs to.
pub fn run_event(event: &RunEvent, run: Option<&RunId>) -> Option<Value> {
    let mut line = match event {
        RunEvent::RunStarted { tasks, jobs, .. } => object([
            ("event", "run-started".into()),
            ("tasks", super::names(tasks)),
            ("jobs", (*jobs).into()),
        ]),
        RunEvent::TaskStarted { task, attempt, agent } => object([
            ("event", "task-started".into()),
            ("task", task.as_str().into()),
            ("attempt", attempt.number.into()),
            ("agent", agent.as_str().into()),
        ]),
        RunEvent::TaskFinished(result) => {
            let mut line = task_result(result);
            line.remove("name");
            line.insert("event".to_owned(), "task-finished".into());
            line.insert("task".to_owned(), result.task.as_str().into());
            line
        }
        RunEvent::Warning { message } => {
            object([("event", "warning".into()), ("message", message.as_str().into())])
        }
        RunEvent::TaskRetrying { result, rest_ms } => object([
            ("event", "warning".into()),
            ("task", result.task.as_str().into()),
            ("message", retrying(result, *rest_ms).into()),
        ]),
        RunEvent::Interrupted { kill, by_command } => {
            object([("event", "warning".into()), ("message", interrupted(*kill, *by_command).into())])
        }
        RunEvent::RunFinished { run, results } => return Some(run_finished(run, results)),
        RunEvent::TaskPreparing { .. } | RunEvent::TaskSaid { .. } => return None,
    };
    line.insert("schema".to_owned(), SCHEMA.into());
    set_some(&mut line, "run", run.map(RunId::as_str));
    Some(Value::Object(line))
}

/// Gives the last line of `run`, which is also the document of `wait`'s result for a run.
pub fn run_finished(run: &RunId, results: &[TaskResult]) -> Value {
    json!({
        "schema": SCHEMA,
        "event": "run-finished",
        "run": run.as_str(),
        "tasks": results.iter().map(|result| Value::Object(task_result(result))).collect::<Vec<_>>(),
    })
}

/// Gives the document of `run --detach`.
pub fn detached(run: &RunId, tasks: &[String], log: &Path) -> Value {
    let mut fields = object([("run", run.as_str().into()), ("tasks", tasks.to_vec().into())]);
    set_path(&mut fields, "log", log);
    with_fields(document("run", []), fields)
}

/// Gives the document of `wait` and `stop`: what became of tasks, and which have not ended.
pub fn ends(command: &str, results: &[TaskResult], running: &[String]) -> Value {
    let tasks: Vec<Value> = results.iter().map(|result| Value::Object(task_result(result))).collect();
    document(command, [("tasks", tasks.into()), ("running", running.to_vec().into())])
}

fn with_fields(mut document: Value, fields: Map<String, Value>) -> Value {
    if let Value::Object(document) = &mut document {
        document.extend(fields);
    }
    document
}

/// Gives the document of `logs`. The content is text in which bytes that are not UTF-8 are replaced.
pub fn logs(log: &LogView<'_>) -> Value {
    let mut fields = object([
        ("task", log.task.as_str().into()),
        ("run", log.run.as_str().into()),
        ("attempt", log.attempt.into()),
        ("agent", log.agent.into()),
        ("state", log.state.into()),
    ]);
    set_path(&mut fields, "log", log.log);
    set_some(&mut fields, "content", log.content.map(String::from_utf8_lossy));
    with_fields(document("logs", []), fields)
}

/// Gives the document of `logs --all`.
pub fn all_logs(documents: Vec<Value>) -> Value {
    let bare = |mut value: Value| {
        if let Value::Object(fields) = &mut value {
            fields.remove("schema");
            fields.remove("command");
        }
        value
    };
    document("logs", [("logs", documents.into_iter().map(bare).collect())])
}

pub(super) fn task_result(result: &TaskResult) -> Map<String, Value> {
    let mut fields = object([
        ("name", result.task.as_str().into()),
        ("outcome", result.outcome.word().into()),
        ("success", result.success.into()),
        ("evidence", result.evidence.clone().into()),
        ("attempts", result.attempts.into()),
        ("commits", result.commits.into()),
        ("diff", result.diff.map(stat).into()),
        ("last-words", result.last_words.clone().into()),
        ("next", result.next.as_str().into()),
        ("earlier", result.earlier.into()),
    ]);
    if result.attempts > 0 || result.elapsed_ms.is_some() {
        fields.insert("elapsed-ms".to_owned(), result.elapsed_ms.into());
        // Not every client says it.
        fields.insert("cost-usd".to_owned(), result.used.cost_usd.into());
        fields.insert("tokens".to_owned(), result.used.tokens.into());
    }
    if let Some(log) = &result.log {
        set_path(&mut fields, "log", log);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::show::tests::{events, results};

    #[test]
    fn the_stream_of_a_run() {
        let run = "20261125-223001-3f9a".parse().unwrap();
        let lines: Vec<String> =
            events().iter().filter_map(|event| run_event(event, Some(&run))).map(|v| v.to_string()).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"event":"run-started","jobs":2,"run":"20261125-223001-3f9a","schema":1,"tasks":["users-api","tests","docs","schema"]}
        {"attempts":1,"commits":0,"cost-usd":null,"diff":null,"earlier":true,"elapsed-ms":12000,"event":"task-finished","evidence":[],"last-words":[],"log":"/r/.git/windrow/runs/x/schema/1/log","next":"","outcome":"done","run":"20261125-223001-3f9a","schema":1,"success":true,"task":"schema","tokens":null}
        {"agent":"claude","attempt":1,"event":"task-started","run":"20261125-223001-3f9a","schema":1,"task":"users-api"}
        {"agent":"claude","attempt":2,"event":"task-started","run":"20261125-223001-3f9a","schema":1,"task":"tests"}
        {"event":"warning","message":"main moved while `users-api` and `tests` ran","run":"20261125-223001-3f9a","schema":1}
        {"attempts":2,"commits":0,"cost-usd":null,"diff":null,"earlier":false,"elapsed-ms":12000,"event":"task-finished","evidence":["exit 1","no commit","left uncommitted: 2 unstaged"],"last-words":["line 1 of a long story that does not end soon","line 2 of a long story that does not end soon","line 3 of a long story that does not end soon","line 4 of a long story that does not end soon","line 5 of a long story that does not end soon","line 6 of a long story that does not end soon","line 7 of a long story that does not end soon","line 8 of a long story that does not end soon","line 9 of a long story that does not end soon"],"log":"/r/.git/windrow/runs/x/tests/1/log","next":"windrow logs tests","outcome":"failed","run":"20261125-223001-3f9a","schema":1,"success":false,"task":"tests","tokens":null}
        {"attempts":0,"commits":0,"diff":null,"earlier":false,"event":"task-finished","evidence":["tests is not done"],"last-words":[],"next":"windrow run plan.toml","outcome":"skipped","run":"20261125-223001-3f9a","schema":1,"success":false,"task":"docs"}
        {"event":"warning","message":"interrupted: asking the agents to end; interrupt again to kill them","run":"20261125-223001-3f9a","schema":1}
        {"attempts":1,"commits":2,"cost-usd":null,"diff":{"deletions":4,"files":3,"insertions":12},"earlier":false,"elapsed-ms":92000,"event":"task-finished","evidence":["exit 0","2 commits","leftovers committed (1 untracked)"],"last-words":["","I added CRUD for /users.","\u001b[32mAll 14 tests pass.\u001b[0m","Done.\u001b]0;owned\u0007"],"log":"/r/.git/windrow/runs/x/users-api/1/log","next":"windrow diff users-api","outcome":"done","run":"20261125-223001-3f9a","schema":1,"success":true,"task":"users-api","tokens":null}
        {"event":"run-finished","run":"20261125-223001-3f9a","schema":1,"tasks":[{"attempts":1,"commits":2,"cost-usd":null,"diff":{"deletions":4,"files":3,"insertions":12},"earlier":false,"elapsed-ms":92000,"evidence":["exit 0","2 commits","leftovers committed (1 untracked)"],"last-words":["","I added CRUD for /users.","\u001b[32mAll 14 tests pass.\u001b[0m","Done.\u001b]0;owned\u0007"],"log":"/r/.git/windrow/runs/x/users-api/1/log","name":"users-api","next":"windrow diff users-api","outcome":"done","success":true,"tokens":null},{"attempts":2,"commits":0,"cost-usd":null,"diff":null,"earlier":false,"elapsed-ms":12000,"evidence":["exit 1","no commit","left uncommitted: 2 unstaged"],"last-words":["line 1 of a long story that does not end soon","line 2 of a long story that does not end soon","line 3 of a long story that does not end soon","line 4 of a long story that does not end soon","line 5 of a long story that does not end soon","line 6 of a long story that does not end soon","line 7 of a long story that does not end soon","line 8 of a long story that does not end soon","line 9 of a long story that does not end soon"],"log":"/r/.git/windrow/runs/x/tests/1/log","name":"tests","next":"windrow logs tests","outcome":"failed","success":false,"tokens":null},{"attempts":0,"commits":0,"diff":null,"earlier":false,"evidence":["tests is not done"],"last-words":[],"name":"docs","next":"windrow run plan.toml","outcome":"skipped","success":false},{"attempts":1,"commits":0,"cost-usd":null,"diff":null,"earlier":true,"elapsed-ms":12000,"evidence":[],"last-words":[],"log":"/r/.git/windrow/runs/x/schema/1/log","name":"schema","next":"","outcome":"done","success":true,"tokens":null}]}
        "#);
        for line in &lines {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["schema"], 1);
            assert!(value["event"].is_string() && value["run"].is_string(), "{line}");
        }
    }

    #[test]
    fn the_last_line_has_every_field() {
        let run = "20261125-223001-3f9a".parse().unwrap();
        insta::assert_snapshot!(format!("{:#}", run_finished(&run, &results()[..2])), @r#"
        {
          "event": "run-finished",
          "run": "20261125-223001-3f9a",
          "schema": 1,
          "tasks": [
            {
              "attempts": 1,
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
              "success": true,
              "tokens": null
            },
            {
              "attempts": 2,
              "commits": 0,
              "cost-usd": null,
              "diff": null,
              "earlier": false,
              "elapsed-ms": 12000,
              "evidence": [
                "exit 1",
                "no commit",
                "left uncommitted: 2 unstaged"
              ],
              "last-words": [
                "line 1 of a long story that does not end soon",
                "line 2 of a long story that does not end soon",
                "line 3 of a long story that does not end soon",
                "line 4 of a long story that does not end soon",
                "line 5 of a long story that does not end soon",
                "line 6 of a long story that does not end soon",
                "line 7 of a long story that does not end soon",
                "line 8 of a long story that does not end soon",
                "line 9 of a long story that does not end soon"
              ],
              "log": "/r/.git/windrow/runs/x/tests/1/log",
              "name": "tests",
              "next": "windrow logs tests",
              "outcome": "failed",
              "success": false,
              "tokens": null
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_log() {
        let (task, run) = ("api".parse().unwrap(), "20261125-223001-3f9a".parse().unwrap());
        let view = LogView {
            task: &task,
            run: &run,
            attempt: 2,
            agent: "claude",
            state: "done",
            log: std::path::Path::new("/r/.git/windrow/runs/x/api/2/log"),
            content: Some(b"one\n\x1b[31mtwo\xff\n"),
        };
        insta::assert_snapshot!(format!("{:#}", logs(&view)), @r#"
        {
          "agent": "claude",
          "attempt": 2,
          "command": "logs",
          "content": "one\n\u001b[31mtwo�\n",
          "log": "/r/.git/windrow/runs/x/api/2/log",
          "run": "20261125-223001-3f9a",
          "schema": 1,
          "state": "done",
          "task": "api"
        }
        "#);
    }
}
