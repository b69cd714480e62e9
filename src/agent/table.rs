//! What clients write, how they exit, whether anything changed → the outcome. The shapes are those that were seen of real
//! clients.

use proptest::prelude::*;

use super::{account, events, has_final_event};
use crate::domain::attempt::{EndedBy, Exit, ExitRecord};
use crate::domain::evidence::Evidence;
use crate::domain::outcome::Outcome::{
    self, Denied, Done, Empty, Failed, OverBudget, RateLimited, Stopped, TimedOut,
};
use crate::domain::plan::OutputKind::{self, Aider, Claude, Codex, Copilot, Gemini, Opencode, Qwen, Text};
use crate::domain::status::Dirt;
use crate::domain::transcript::{AgentEvent, Transcript};

fn transcript(kind: OutputKind, log: &str) -> Transcript {
    let mut transcript = Transcript {
        has_final_event: has_final_event(kind),
        account: account(kind),
        ..Transcript::default()
    };
    for line in log.lines() {
        events(kind, line.as_bytes()).into_iter().for_each(|event| transcript.take(event));
    }
    transcript
}

fn judge(kind: OutputKind, log: &str, (exit, ended_by): (Exit, EndedBy), changed: bool) -> Outcome {
    let exit = ExitRecord {
        format: 1,
        exit: Some(exit),
        spawn_error: None,
        ended_by,
        check: None,
        silence_ms: None,
        budget: None,
        left_behind: 0,
        survivors: Vec::new(),
        started: jiff::Timestamp::UNIX_EPOCH,
        elapsed_ms: 5,
    };
    let dirt = Dirt { unstaged: u32::from(changed), ..Dirt::default() };
    Evidence {
        exit: Some(exit),
        commits: 0,
        dirt,
        head_elsewhere: None,
        allow_empty: false,
        transcript: transcript(kind, log),
        tampered: Vec::new(),
    }
    .judge()
}

const INIT: &str = r#"{"type":"system","subtype":"init","session_id":"s1","model":"m","cwd":"/w"}"#;
const SAYS: &str = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"I wrote it."}]}}"#;
const WRITES: &str = r#"{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Write","input":{"file_path":"/w/a.rs"}}]}}"#;
const SUCCESS: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"All done.","session_id":"s1","num_turns":3,"total_cost_usd":0.25,"usage":{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":100},"permission_denials":[]}"#;
const INSIDE: &str =
    r#"{"type":"result","subtype":"success","is_error":true,"result":"API Error: 500","session_id":"s1"}"#;
const REFUSED: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"I could not write.","permission_denials":[{"tool_name":"Write"},{"tool_name":"Bash"}]}"#;
const TURNS: &str = r#"{"type":"result","subtype":"error_max_turns","is_error":true,"num_turns":2,"errors":["Reached maximum number of turns (2)"]}"#;
const BUDGET: &str =
    r#"{"type":"result","subtype":"error_max_budget_usd","is_error":true,"total_cost_usd":0.6}"#;
const RETRY: &str = r#"{"type":"system","subtype":"api_retry","attempt":3,"max_retries":10,"retry_delay_ms":4000,"error_status":429,"error":"rate_limit_error"}"#;
const RETRY_500: &str = r#"{"type":"system","subtype":"api_retry","attempt":1,"retry_delay_ms":500,"error_status":500,"error":"api_error"}"#;
const LIMITED: &str =
    r#"{"type":"result","subtype":"success","is_error":true,"result":"API Error: 429 rate_limit_error"}"#;
const USAGE_LIMIT: &str = r#"{"type":"result","subtype":"success","is_error":true,"result":"Claude AI usage limit reached|1760000000"}"#;
const AUTH: &str = r#"{"type":"result","subtype":"success","is_error":true,"result":"Invalid API key","api_error_status":401}"#;
const QWEN_ERROR: &str = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"error":{"message":"401 Incorrect API key"}}"#;

const QWEN_WORDS: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"[API Error: 401 Incorrect API key]","num_turns":1}"#;

const THREAD: &str = r#"{"type":"thread.started","thread_id":"t1"}"#;
const TURN: &str = r#"{"type":"turn.started"}"#;
const COMMAND: &str =
    r#"{"type":"item.started","item":{"type":"command_execution","command":"cargo test\nmore"}}"#;
const MESSAGE: &str = r#"{"type":"item.completed","item":{"type":"agent_message","text":"Finished.\nBye."}}"#;
const COMPLETED: &str = r#"{"type":"turn.completed","usage":{"input_tokens":100,"cached_input_tokens":80,"output_tokens":20,"reasoning_output_tokens":3}}"#;
const TURN_FAILED: &str =
    r#"{"type":"turn.failed","error":{"message":"unexpected status 401 Unauthorized"}}"#;
const TURN_429: &str = r#"{"type":"turn.failed","error":{"message":"exceeded retry limit, last status: 429 Too Many Requests"}}"#;
const RECONNECT: &str = r#"{"type":"error","message":"Reconnecting... 1/5 (429 Too Many Requests)"}"#;
const ITEM_ERROR: &str =
    r#"{"type":"item.completed","item":{"type":"error","message":"warning: something"}}"#;

const OC_TEXT: &str = r#"{"type":"text","sessionID":"ses_1","part":{"text":"Done with it."}}"#;
const OC_TOOL: &str = r#"{"type":"tool_use","sessionID":"ses_1","part":{"tool":"write","state":{"status":"completed","input":{"filePath":"/w/a"}}}}"#;
const OC_DENIED: &str = r#"{"type":"tool_use","sessionID":"ses_1","part":{"tool":"bash","state":{"status":"error","error":"The user rejected permission to use this tool"}}}"#;
const OC_STEP: &str = r#"{"type":"step_finish","sessionID":"ses_1","part":{"reason":"tool-calls","cost":0.01,"tokens":{"input":10,"output":2,"reasoning":1}}}"#;
const OC_STOP: &str = r#"{"type":"step_finish","sessionID":"ses_1","part":{"reason":"stop","cost":0.02,"tokens":{"input":20,"output":3,"reasoning":0}}}"#;
const OC_401: &str = r#"{"type":"error","sessionID":"ses_1","error":{"name":"APIError","data":{"message":"Unauthorized","statusCode":401,"isRetryable":false}}}"#;
const OC_429: &str = r#"{"type":"error","sessionID":"ses_1","error":{"name":"APIError","data":{"message":"Too Many Requests","statusCode":429,"isRetryable":true}}}"#;

const G_INIT: &str = r#"{"type":"init","session_id":"g1","model":"gemini-2.5-flash"}"#;
const G_SAYS: &str = r#"{"type":"message","role":"assistant","content":"I did it.","delta":true}"#;
const G_USER: &str = r#"{"type":"message","role":"user","content":"Do it."}"#;
const G_TOOL: &str = r#"{"type":"tool_use","tool_name":"write_file","parameters":{"file_path":"a"}}"#;
const G_DENIED: &str =
    r#"{"type":"tool_result","status":"error","output":"Tool execution denied by policy."}"#;
const G_OK: &str =
    r#"{"type":"result","status":"success","stats":{"total_tokens":42,"input_tokens":40,"output_tokens":2}}"#;
const G_TURNS: &str = r#"{"type":"result","status":"error","error":{"type":"FatalTurnLimitedError","message":"Reached max session turns"}}"#;
const G_ERROR: &str =
    r#"{"type":"result","status":"error","error":{"type":"ApiError","message":"API key not valid"}}"#;
const G_QUOTA: &str = r#"{"type":"result","status":"error","error":{"type":"ApiError","message":"You exceeded your current quota"}}"#;

const C_SAYS: &str = r#"{"type":"assistant.message","data":{"content":"Wrote the file."}}"#;
const C_TOOL: &str =
    r#"{"type":"tool.execution_start","data":{"toolName":"create","arguments":{"path":"/w/a"}}}"#;
const C_DENIED: &str = r#"{"type":"tool.execution_complete","data":{"success":false,"error":{"message":"Permission denied and could not request permission from user"}}}"#;
const C_OK: &str = r#"{"type":"result","sessionId":"c1","exitCode":0,"usage":{"premiumRequests":1}}"#;
const C_BAD: &str = r#"{"type":"result","sessionId":"c1","exitCode":1}"#;
const C_429: &str = r#"{"type":"session.error","data":{"message":"429 Too Many Requests"}}"#;

const A_EDIT: &str = "Applied edit to src/a.py";
const A_COMMIT: &str = "Commit 1a2b3c4 feat: add it";
const A_401: &str = "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key";
const A_429: &str = "litellm.RateLimitError: RateLimitError: OpenAIException - slow down";
const A_RETRY: &str = "Retrying in 0.2 seconds...";
const A_TOKENS: &str = "Tokens: 2.5k sent, 200 received. Cost: $0.01 message, $0.03 session.";

const OK: (Exit, EndedBy) = (Exit::Code(0), EndedBy::Itself);
const ONE: (Exit, EndedBy) = (Exit::Code(1), EndedBy::Itself);

/// A row: client, log, exit, whether anything changed, outcome.
type Row<'a> = (OutputKind, &'a [&'a str], (Exit, EndedBy), bool, Outcome);

#[test]
fn outcomes_of_every_client() {
    let garbage = "\u{1b}[31m not json \u{0}";
    let torn = &SUCCESS[..SUCCESS.len() / 2];
    let long = format!(r#"{{"type":"unknown","x":"{}"}}"#, "y".repeat(1 << 20));
    let code = |code| (Exit::Code(code), EndedBy::Itself);
    let rows: &[Row<'_>] = &[
        (Claude, &[INIT, WRITES, SAYS, SUCCESS], OK, true, Done),
        (Claude, &[INIT, SAYS, SUCCESS], OK, false, Empty),
        (Claude, &[INIT, WRITES, INSIDE], OK, true, Failed),
        (Claude, &[INIT, INSIDE], ONE, false, Failed),
        (Claude, &[INIT, AUTH], ONE, false, Failed),
        (Claude, &[INIT, REFUSED], OK, false, Denied),
        (Claude, &[INIT, WRITES, REFUSED], OK, true, Done),
        (Claude, &[INIT, TURNS], ONE, true, OverBudget),
        (Claude, &[INIT, TURNS], OK, false, OverBudget),
        (Claude, &[INIT, BUDGET], ONE, false, OverBudget),
        (Claude, &[INIT, RETRY, LIMITED], ONE, false, RateLimited),
        (Claude, &[INIT, USAGE_LIMIT], ONE, true, RateLimited),
        (Claude, &[INIT, RETRY], (Exit::Signal(9), EndedBy::Itself), false, RateLimited),
        (Claude, &[INIT, RETRY], (Exit::Signal(15), EndedBy::Timeout), false, TimedOut),
        (Claude, &[INIT, RETRY], (Exit::Code(0), EndedBy::Stop), false, Stopped),
        (Claude, &[INIT, RETRY_500], ONE, false, Failed),
        (Claude, &[INIT, RETRY, SAYS, SUCCESS], OK, true, Done),
        (Claude, &[INIT, WRITES], OK, true, Failed),
        (Claude, &[], OK, true, Failed),
        (Claude, &[INIT, WRITES, torn], OK, true, Failed),
        (Claude, &[garbage, INIT, garbage, WRITES, SUCCESS, garbage], OK, true, Done),
        (Claude, &[&long, INIT, SUCCESS], OK, true, Done),
        (Claude, &[INIT, SUCCESS], (Exit::Signal(11), EndedBy::Itself), true, Failed),
        (Claude, &[SUCCESS], code(137), true, Failed),
        (Claude, &["[]", "null", "5", "\"x\"", SUCCESS], OK, true, Done),
        (Claude, &[r#"{"type":5}"#, r#"{"type":"result"}"#], OK, true, Done),
        (Claude, &[r#"{"type":"assistant","message":null}"#, SUCCESS], OK, true, Done),
        (Qwen, &[INIT, SAYS, SUCCESS], OK, true, Done),
        (Qwen, &[INIT, QWEN_ERROR], ONE, false, Failed),
        (Qwen, &[INIT, QWEN_WORDS], OK, false, Failed),
        (Qwen, &[INIT, WRITES], code(53), true, Failed),
        (Qwen, &[INIT, REFUSED], OK, false, Denied),
        (Qwen, &[INIT], OK, false, Failed),
        (Codex, &[THREAD, TURN, COMMAND, MESSAGE, COMPLETED], OK, true, Done),
        (Codex, &[THREAD, TURN, MESSAGE, COMPLETED], OK, false, Empty),
        (Codex, &[THREAD, TURN, TURN_FAILED], ONE, false, Failed),
        (Codex, &[THREAD, TURN, TURN_FAILED], OK, true, Failed),
        (Codex, &[THREAD, RECONNECT, TURN_429], ONE, false, RateLimited),
        (Codex, &[THREAD, RECONNECT], ONE, true, RateLimited),
        (Codex, &[THREAD, RECONNECT, MESSAGE, COMPLETED], OK, true, Done),
        (Codex, &[THREAD, ITEM_ERROR, MESSAGE, COMPLETED], OK, true, Done),
        (Codex, &[THREAD, TURN, COMMAND], OK, true, Failed),
        (Codex, &["Reading additional input from stdin...", THREAD, COMPLETED], OK, true, Done),
        (Codex, &[THREAD, TURN], (Exit::Code(1), EndedBy::Silence), false, TimedOut),
        (Opencode, &[OC_TOOL, OC_STEP, OC_TEXT, OC_STOP], OK, true, Done),
        (Opencode, &[OC_TEXT, OC_STOP], OK, false, Empty),
        (Opencode, &[OC_TOOL, OC_STEP], OK, true, Failed),
        (Opencode, &[OC_401], ONE, false, Failed),
        (Opencode, &[OC_401], OK, true, Failed),
        (Opencode, &[OC_429], ONE, false, RateLimited),
        (Opencode, &[OC_DENIED, OC_STEP, OC_TEXT, OC_STOP], OK, false, Denied),
        (Opencode, &[OC_DENIED, OC_TOOL, OC_STOP], OK, true, Done),
        (Opencode, &[OC_429, OC_TEXT, OC_STOP], OK, true, Done),
        (Gemini, &[G_INIT, G_USER, G_TOOL, G_SAYS, G_OK], OK, true, Done),
        (Gemini, &[G_INIT, G_SAYS, G_OK], OK, false, Empty),
        (Gemini, &[G_INIT, G_TURNS], code(53), true, OverBudget),
        (Gemini, &[G_INIT, G_ERROR], code(145), false, Failed),
        (Gemini, &[G_INIT, G_QUOTA], ONE, false, RateLimited),
        (Gemini, &[G_INIT, G_TOOL], OK, true, Failed),
        (Gemini, &[G_INIT, G_DENIED, G_OK], OK, false, Denied),
        (Gemini, &[], code(41), false, Failed),
        (Gemini, &[G_INIT, G_TOOL], (Exit::Code(0), EndedBy::Stop), true, Stopped),
        (Copilot, &[C_TOOL, C_SAYS, C_OK], OK, true, Done),
        (Copilot, &[C_SAYS, C_OK], OK, false, Empty),
        (Copilot, &[C_SAYS, C_BAD], ONE, false, Failed),
        (Copilot, &[C_DENIED, C_SAYS, C_OK], OK, false, Denied),
        (Copilot, &[C_429, C_BAD], ONE, false, RateLimited),
        (Copilot, &[C_TOOL], OK, true, Failed),
        (Aider, &[A_EDIT, A_COMMIT, A_TOKENS], OK, true, Done),
        (Aider, &[A_401], OK, false, Failed),
        (Aider, &["Some text", A_401], OK, true, Failed),
        (Aider, &[A_429, A_RETRY, A_EDIT, A_COMMIT], OK, true, Done),
        (Aider, &[A_429], OK, false, RateLimited),
        (Aider, &["I have nothing to change."], OK, false, Empty),
        (Text, &["anything", SUCCESS], OK, true, Done),
        (Text, &[INSIDE], OK, true, Done),
        (Text, &[], OK, false, Empty),
        (Text, &["429 Too Many Requests"], ONE, false, Failed),
        (Text, &[], ONE, true, Failed),
    ];
    assert!(rows.len() >= 60, "{}", rows.len());
    let mut wrong = Vec::new();
    for (i, (kind, lines, exit, changed, outcome)) in rows.iter().enumerate() {
        let found = judge(*kind, &lines.join("\n"), *exit, *changed);
        if found != *outcome {
            wrong.push(format!("{i}: {kind:?} is {found}, not {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sessions_words_and_numbers() {
    let claude = transcript(Claude, &[INIT, WRITES, SAYS, SUCCESS].join("\n"));
    assert_eq!((claude.session.as_deref(), claude.model.as_deref()), (Some("s1"), Some("m")));
    assert_eq!(claude.last_words(5), ["All done."]);
    let used = claude.raw_usage();
    assert_eq!((used.tokens, used.cost_usd), (Some(115), Some(0.25)));
    let codex = transcript(Codex, &[THREAD, MESSAGE, COMPLETED].join("\n"));
    assert_eq!((codex.session.as_deref(), codex.raw_usage().tokens), (Some("t1"), Some(120)));
    assert_eq!(codex.last_words(1), ["Bye."]);
    let opencode = transcript(Opencode, &[OC_STEP, OC_STOP].join("\n"));
    assert_eq!(opencode.session.as_deref(), Some("ses_1"));
    assert_eq!(opencode.raw_usage().tokens, Some(36));
    assert!((opencode.raw_usage().cost_usd.unwrap() - 0.03).abs() < 1e-9);
    let gemini = transcript(Gemini, &[G_INIT, G_SAYS, G_OK].join("\n"));
    assert_eq!((gemini.session.as_deref(), gemini.raw_usage().tokens), (Some("g1"), Some(42)));
    assert_eq!(transcript(Copilot, C_OK).session.as_deref(), Some("c1"));
    let aider = transcript(Aider, A_TOKENS).raw_usage();
    assert_eq!((aider.tokens, aider.cost_usd), (Some(2700), Some(0.01)));
}

#[test]
fn what_an_agent_does_is_said_in_words() {
    let of = |kind, line: &str| events(kind, line.as_bytes());
    assert_eq!(of(Claude, WRITES), [AgentEvent::Tool("Write".into(), "/w/a.rs".into())]);
    assert_eq!(of(Codex, COMMAND), [AgentEvent::Tool("command".into(), "cargo test".into())]);
    assert_eq!(of(Gemini, G_TOOL), [AgentEvent::Tool("write_file".into(), "a".into())]);
    assert_eq!(of(Copilot, C_TOOL), [AgentEvent::Tool("create".into(), "/w/a".into())]);
    assert_eq!(of(Claude, ""), []);
    assert_eq!(of(Gemini, G_USER), []);
}

fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        INIT,
        SAYS,
        WRITES,
        SUCCESS,
        INSIDE,
        REFUSED,
        RETRY,
        QWEN_ERROR,
        THREAD,
        COMMAND,
        MESSAGE,
        COMPLETED,
        TURN_FAILED,
        RECONNECT,
        OC_TEXT,
        OC_TOOL,
        OC_STOP,
        OC_401,
        G_INIT,
        G_TOOL,
        G_TURNS,
        C_TOOL,
        C_OK,
        A_429,
        A_RETRY,
        A_TOKENS,
    ]);
    prop_oneof![
        known.clone().prop_map(str::to_owned),
        // Cut anywhere, or with something else in the middle of it.
        (known.clone(), any::<prop::sample::Index>()).prop_map(|(line, at)| line
            [..(0..=at.index(line.len())).rfind(|&i| line.is_char_boundary(i)).unwrap()]
            .to_owned()),
        (known, "[0-9]{1,24}")
            .prop_map(|(line, number)| line.replace(":0", &format!(":{number}")).replace("\"s1\"", &number)),
        ".{0,80}",
        Just("{}".to_owned()),
        "[{}\\[\\]\",:a-z0-9.e+-]{0,60}",
    ]
}

proptest! {
    #[test]
    fn no_input_panics_or_grows(lines in prop::collection::vec(fragment(), 0..40), kind in 0..8_usize) {
        let kind = OutputKind::ALL[kind];
        let transcript = transcript(kind, &lines.join("\n"));
        prop_assert!(transcript.plain.len() <= 5 && transcript.last_words(5).len() <= 5);
        prop_assert!(transcript.last_words(5).iter().all(|line| line.len() <= 2_000));
        for exit in [OK, ONE] {
            let _ = judge(kind, &lines.join("\n"), exit, true);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..8_usize) {
        let _ = events(OutputKind::ALL[kind], &bytes);
    }
}
