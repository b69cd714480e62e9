//! An attempt of a read task: an agent in a scratch worktree whose output is the result.

use std::collections::BTreeMap;

use super::scratch::{self, Scratch};
use super::settle::{LAST_WORDS, counted_before};
use super::{OperationError, Shop};
use crate::domain::attempt::{ATTEMPT_FORMAT, AttemptFiles, AttemptKey, Launch, Reading, Settled};
use crate::domain::manifest::Manifest;
use crate::domain::name::{BranchName, RunId};
use crate::domain::oid::CommitId;
use crate::domain::outcome::Outcome;
use crate::domain::place::{Head, WorktreePlace};
use crate::domain::plan::{Call, DEFAULT_GRACE_MS, PlannedTask, PromptChannel};
use crate::domain::ports::PortRange;
use crate::domain::reading::ReadEvidence;
use crate::domain::transcript::Transcript;
use crate::git::status;
use crate::store::runs::AttemptRecord;

/// What an attempt of a read task is made of.
pub struct Request<'a> {
    /// The run.
    pub run: &'a RunId,
    /// What the plan says of it.
    pub planned: &'a PlannedTask,
    /// How its agent is called.
    pub call: &'a Call,
    /// Whether that continues a session.
    pub resumed: bool,
    /// The branch that it starts from, for its environment.
    pub base: Option<&'a BranchName>,
    /// The environment that the agent inherits from us, already scrubbed.
    pub env: &'a BTreeMap<String, String>,
    /// Its scratch worktree.
    pub place: &'a WorktreePlace,
    /// The commit in it.
    pub at: CommitId,
    /// The files that it is handed.
    pub manifest: &'a Manifest,
}

/// Makes an attempt ready to be launched: its directory, its standard input and `launch.json`.
pub fn prepare(shop: &Shop<'_>, request: &Request<'_>) -> Result<(AttemptKey, AttemptFiles), OperationError> {
    let planned = request.planned;
    let (key, files) = shop.store.create_attempt(request.run, &planned.name.id())?;
    let channel = planned.agent.as_ref().map_or(PromptChannel::Stdin, |agent| agent.prompt);
    let stdin = match (channel, request.manifest.is_empty()) {
        (PromptChannel::Stdin, true) => Some(files.prompt()),
        (_, true) => None,
        (channel, false) => {
            let prompt = (channel == PromptChannel::Stdin).then_some(request.call.prompt.as_str());
            shop.store.write_input(&files, &request.manifest.write(prompt))?;
            Some(files.input())
        }
    };
    let launch = Launch {
        format: ATTEMPT_FORMAT,
        key: key.clone(),
        task: planned.name.clone(),
        argv: request.call.argv.clone(),
        check: planned.check.as_ref().map(|line| ["sh", "-c", line, "windrow"].map(str::to_owned).to_vec()),
        cwd: request.place.path.clone(),
        env: environment(request, &key, &files),
        stdin,
        log: files.log(),
        timeout_ms: planned.timeout_ms,
        silence_ms: planned.silence_ms,
        limits: planned.limits,
        since: None,
        grace_ms: DEFAULT_GRACE_MS,
        created: shop.clock.now(),
        title: planned.title.clone(),
        agent: planned.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default(),
        head: request.at,
        reading: Some(Reading {
            scratch: request.place.clone(),
            input: if request.manifest.is_empty() { String::new() } else { request.manifest.describe() },
        }),
        definition: planned.definition_with(&request.manifest.digest()),
        allow_empty: planned.allow_empty,
        output: planned.agent.as_ref().map(|agent| agent.output).unwrap_or_default(),
        caller: planned.agent.clone(),
        session: request.call.session.clone(),
        resumed: request.resumed,
    };
    shop.store.write_launch(&files, &request.call.prompt, &launch)?;
    Ok((key, files))
}

/// Forgets an attempt that will not be launched: nobody takes it for one that was lost, and its scratch worktree goes.
pub fn withdraw(shop: &Shop<'_>, attempt: &AttemptRecord, reading: &Reading) -> Result<(), OperationError> {
    shop.store.withdraw_launch(&attempt.files)?;
    scratch::remove(shop, shop.claim()?, "run", &scratch_of(attempt, reading))
}

fn scratch_of(attempt: &AttemptRecord, reading: &Reading) -> Scratch {
    let (task, run) = (attempt.launch.task.clone(), Some(attempt.key.run.clone()));
    Scratch { task, run, place: reading.scratch.clone() }
}

fn environment(request: &Request<'_>, key: &AttemptKey, files: &AttemptFiles) -> BTreeMap<String, String> {
    let planned = request.planned;
    let mut env = request.env.clone();
    env.extend(planned.agent.iter().flat_map(|agent| agent.env.clone()));
    env.extend(planned.env.clone());
    let own = [
        ("WINDROW_TASK", planned.name.to_string()),
        ("WINDROW_BRANCH", String::new()),
        ("WINDROW_BASE", request.base.map(ToString::to_string).unwrap_or_default()),
        ("WINDROW_WORKTREE", request.place.path.to_string_lossy().into_owned()),
        ("WINDROW_RUN", request.run.to_string()),
        ("WINDROW_ATTEMPT", key.to_string()),
        ("WINDROW_PROMPT_FILE", files.prompt().to_string_lossy().into_owned()),
        ("WINDROW_PORT", PortRange::default().fallback(&planned.name.id()).to_string()),
    ];
    env.extend(own.map(|(name, value)| (name.to_owned(), value)));
    env
}

/// Settles an attempt of a read task whose supervisor has ended, under its settle lock: the outcome first, then its scratch
/// worktree goes to the trash. Gives what is recorded already if it was settled before.
///
/// A scratch worktree that cannot be removed now is left for the next command that looks for such; the second value says why.
pub fn settle(
    shop: &Shop<'_>,
    attempt: &AttemptRecord,
    reading: &Reading,
    transcript: Transcript,
) -> Result<(Settled, Option<String>), OperationError> {
    let _lock = shop.store.settle_lock(&attempt.files)?;
    if let Some(settled) = shop.store.attempt(attempt.key.clone()).and_then(|attempt| attempt.settled) {
        return Ok((settled, None));
    }
    let place = reading.scratch.clone();
    let claim = shop.claim()?;
    let kept = scratch::trash(shop, &claim, &attempt.key.task, &place);
    let mut evidence = ReadEvidence {
        exit: attempt.exit.clone(),
        input: reading.input.clone(),
        output: transcript.answer().is_some() || !transcript.plain.is_empty(),
        transcript,
        kept: crate::domain::path::show(&kept.path),
        allow_empty: attempt.launch.allow_empty,
        ..ReadEvidence::default()
    };
    if let Err(error) = look(shop, &place, attempt.launch.head, &mut evidence) {
        evidence.problem = Some(format!("what it wrote cannot be told: {error}"));
    }
    let (outcome, lines) = evidence.decide();
    let settled = settled(shop, attempt, (outcome, lines), &evidence.transcript);
    shop.store.write_outcome(&attempt.files, &settled)?;
    let removed = scratch::remove(shop, claim, "run", &scratch_of(attempt, reading));
    Ok((settled, removed.err().map(|error| error.to_string())))
}

fn settled(
    shop: &Shop<'_>,
    attempt: &AttemptRecord,
    (outcome, evidence): (Outcome, Vec<String>),
    transcript: &Transcript,
) -> Settled {
    Settled {
        format: ATTEMPT_FORMAT,
        outcome,
        evidence,
        commits: 0,
        head: None,
        fingerprint: String::new(),
        last_words: transcript.last_words(LAST_WORDS),
        tampered: BTreeMap::new(),
        session: transcript.session.clone().or_else(|| attempt.launch.session.clone()),
        counted: transcript.raw_usage(),
        used: transcript.raw_usage().since(counted_before(shop, attempt), transcript.account),
        elapsed_ms: attempt.exit.as_ref().map(|exit| exit.elapsed_ms),
        time: shop.clock.now(),
    }
}

/// Finds out what an agent did to its scratch worktree.
fn look(
    shop: &Shop<'_>,
    place: &WorktreePlace,
    at: CommitId,
    evidence: &mut ReadEvidence,
) -> Result<(), OperationError> {
    if status::is_missing(place) {
        evidence.problem = Some("its worktree is not there".to_owned());
        return Ok(());
    }
    evidence.head_elsewhere = match status::head(shop.repo, place)? {
        Head::Detached(commit) if commit == at => None,
        Head::Detached(commit) => Some(format!("commit {}", commit.short())),
        Head::Branch { name, .. } => Some(format!("branch {name}")),
        Head::Unborn(name) => Some(format!("branch {name}, which has no commit")),
        Head::Broken(why) => Some(format!("nothing that can be read ({why})")),
    };
    evidence.written = status::written_paths(place, shop.needs, shop.repo.place())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;
    use crate::operation::scratch::tests::{requests, with_shop};

    #[test]
    fn a_withdrawn_attempt_leaves_no_worktree_and_is_not_lost() {
        let test = TestRepo::with_commit();
        with_shop(&test, |shop| {
            let run: RunId = "20261126-100000-abcd".parse().unwrap();
            let places = scratch::create(shop, "run", Some(&run), &requests(&test, &["look"])).unwrap();
            let planned = crate::domain::plan::tests::planned("look", &[]);
            let call = Call { argv: Vec::new(), prompt: "p".into(), session: None };
            let request = Request {
                call: &call,
                resumed: false,
                run: &run,
                planned: &planned,
                base: None,
                env: &BTreeMap::new(),
                place: &places[0],
                at: test.rev("HEAD"),
                manifest: &Manifest::default(),
            };
            let (key, _) = prepare(shop, &request).unwrap();
            let attempt = shop.store.attempt(key.clone()).unwrap();
            let reading = attempt.launch.reading.clone().unwrap();
            withdraw(shop, &attempt, &reading).unwrap();
            assert!(!places[0].admin.exists() && !places[0].path.exists());
            assert!(shop.store.attempt(key).is_none());
            withdraw(shop, &attempt, &reading).unwrap();
        });
        test.assert_sound();
    }
}
