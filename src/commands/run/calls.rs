//! How the agent of an attempt is called: its session, and what it is told after an attempt that did not end well.

use sha2::{Digest, Sha256};

use crate::agent;
use crate::domain::attempt::Settled;
use crate::domain::name::RunId;
use crate::domain::outcome::Outcome;
use crate::domain::plan::{Call, PlannedTask, Session};
use crate::store::Store;
use crate::store::runs::AttemptRecord;

/// How many lines of evidence and of last words a further attempt is told.
const TOLD: usize = 12;

/// Gives the call of a task's next attempt in a run, and whether it continues a session.
///
/// A session that its model's provider cut short goes on where it was. With `feedback` a further attempt is told what went wrong,
/// in the same session where the client can continue one, else behind its prompt.
pub(super) fn next(store: &Store, run: &RunId, planned: &PlannedTask, now: jiff::Timestamp) -> (Call, bool) {
    let (mut call, resumed) = unlimited(store, run, planned, now);
    if let Some(agent) = &planned.agent {
        call.argv.extend(agent::limits(agent, planned.limits));
    }
    (call, resumed)
}

fn unlimited(store: &Store, run: &RunId, planned: &PlannedTask, now: jiff::Timestamp) -> (Call, bool) {
    let Some(agent) = &planned.agent else {
        return (Call { argv: Vec::new(), prompt: planned.prompt.clone(), session: None }, false);
    };
    let role = planned.role_prompt.as_deref();
    let before = last(store, run, planned);
    if let (Some(follows), None) = (&planned.follows, &before) {
        let session = follows.session.clone().map_or_else(|| Session::Unnamed, Session::Resume);
        let resumed = session.resumed().is_some();
        return (agent::call(agent, &planned.prompt, None, &session), resumed);
    }
    let settled = before.as_ref().and_then(|attempt| attempt.settled.as_ref());
    let resumes =
        agent.client.as_deref().and_then(agent::abilities).is_some_and(|abilities| abilities.resumes);
    let session = settled.and_then(|settled| settled.session.clone()).filter(|_| resumes);
    let new =
        Session::New(session_id(&[run.as_str(), planned.name.as_str(), &now.as_nanosecond().to_string()]));
    match (settled, session) {
        (Some(settled), Some(id)) if settled.outcome == Outcome::RateLimited => {
            (agent::call(agent, "Go on where you were interrupted.", None, &Session::Resume(id)), true)
        }
        (Some(settled), Some(id)) if planned.feedback => {
            (agent::call(agent, &feedback(settled), None, &Session::Resume(id)), true)
        }
        (Some(settled), None) if planned.feedback => {
            let prompt = format!("{}\n\n{}", planned.prompt, feedback(settled));
            (agent::call(agent, &prompt, role, &new), false)
        }
        _ => (agent::call(agent, &planned.prompt, role, &new), false),
    }
}

fn last(store: &Store, run: &RunId, planned: &PlannedTask) -> Option<AttemptRecord> {
    let attempts = store.attempts().ok()?;
    attempts.into_iter().rfind(|attempt| attempt.launch.task == planned.name && attempt.key.run == *run)
}

/// Says to an agent what became of the attempt before.
fn feedback(settled: &Settled) -> String {
    let mut out = format!("The attempt before this one is judged as {}:\n", settled.outcome);
    settled.evidence.iter().take(TOLD).for_each(|line| out.push_str(&format!("- {line}\n")));
    if !settled.last_words.is_empty() {
        out.push_str("Its last lines:\n");
        settled.last_words.iter().take(TOLD).for_each(|line| out.push_str(&format!("> {line}\n")));
    }
    out.push_str("What it changed is in this worktree. Mend it and finish the task.");
    out
}

/// Makes the id of a session from what it is for: shaped as a UUID of version 4 (RFC 9562), since clients take no other.
fn session_id(of: &[&str]) -> String {
    let mut bytes: [u8; 16] = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(of.join("\0"))[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = crate::domain::name::hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_a_uuid() {
        let id = session_id(&["run", "task", "1"]);
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert_ne!(id, session_id(&["run", "task", "2"]));
    }
}
