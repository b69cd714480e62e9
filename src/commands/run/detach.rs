//! `run --detach`: the dispatcher in a session of its own. What it refuses is told here, by the process that was called.

use serde_json::Value;

use crate::commands::{Context, OK, Status};
use crate::domain::name::RunId;
use crate::error::{Error, Kind};
use crate::process;
use crate::ui::json;

/// The word, before everything else, that makes a process the dispatcher of a detached run.
pub(crate) const DISPATCHER: &str = "__dispatch";

/// Starts the dispatcher and waits until its run is on record. Gives the run.
pub(super) fn start(cx: &Context) -> Result<RunId, Error> {
    let environment = &cx.environment;
    let arguments: Vec<_> =
        std::iter::once(DISPATCHER.into()).chain(environment.arguments.iter().cloned()).collect();
    let said = process::start_dispatcher(&environment.supervisor, &arguments)?;
    let ended =
        || Error::refused("the dispatcher ended before its run began").hint("run it without --detach");
    let document: Value = serde_json::from_slice(&said).map_err(|_| ended())?;
    if let Some(error) = document.get("error") {
        return Err(error_of(error));
    }
    document["run"].as_str().and_then(|run| run.parse().ok()).ok_or_else(ended)
}

/// Tells who started us, and is waiting, that the run is on record; what we write from now on goes to its log.
pub(super) fn hand_over(cx: &Context, run: &RunId) -> Result<(), Error> {
    cx.ui.json_line(&json::detached(run, &[], &cx.store.layout().dispatcher_log(run)));
    process::hand_over_output(&cx.store.layout().dispatcher_log(run))?;
    Ok(())
}

/// Reads an error back from its document.
fn error_of(document: &Value) -> Error {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let texts =
        |key: &str| document[key].as_array().into_iter().flatten().filter_map(text).collect::<Vec<String>>();
    let kind = document["kind"].as_str().and_then(Kind::from_word).unwrap_or(Kind::Internal);
    Error {
        kind,
        message: text(&document["message"]).unwrap_or_default(),
        causes: texts("causes"),
        hints: texts("hints"),
    }
}

/// Says that the run goes on, and how to follow it.
pub(super) fn report(cx: &Context, run: &RunId, tasks: &[String]) -> Result<Status, Error> {
    if cx.globals.json {
        cx.ui.json(&json::detached(run, tasks, &cx.store.layout().dispatcher_log(run)));
        return Ok(OK);
    }
    cx.ui.out(&crate::ui::show::detached(run, &cx.look()));
    let logs = match tasks {
        [only] => format!("windrow logs -f {}", shell_words::quote(only)),
        _ => "windrow logs -f --all".to_owned(),
    };
    cx.ui.hint(&format!("windrow status · windrow wait · {logs} · windrow stop --all"));
    Ok(OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::ErrorView;

    #[test]
    fn an_error_survives_its_document() {
        let kinds =
            [Kind::Refused, Kind::Usage, Kind::Conflict, Kind::TaskFailed, Kind::Plan, Kind::Unsupported];
        for kind in kinds {
            let error = Error::new(kind, "no").cause("a").cause("b").hint("c");
            let Error { message, causes, hints, .. } = error.clone();
            let view = ErrorView { command: "run".into(), kind: kind.word().into(), message, causes, hints };
            assert_eq!(error_of(&json::error(&view)["error"]), error);
        }
    }
}
