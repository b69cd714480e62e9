//! Real clients against a model server on this machine. Opt-in, since they have to be installed:
//!
//! `WINDROW_CLIENTS=DIR[:DIR] WINDROW_FAKE_LLM=server.py cargo nextest run --test cli --run-ignored only -E 'test(real::)'`
//!
//! `WINDROW_CLIENTS` are the directories with their programs (claude, codex, qwen, aider, gemini, opencode, copilot; seen with 2.1.197, 0.169.0,
//! 0.15.10, 0.86.2, 0.61.0, 1.18.33 and 1.0.102), the
//! server is a script that takes `--port 0 --port-file FILE` and does what `[[write PATH :: TEXT]]`, `[[http 401]]` and `[[loop]]` in
//! a prompt say. What is not there is skipped, and that is said.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::env::{Env, Ran, write};
use crate::running::until;

struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn server(env: &Env) -> Option<Server> {
    let script = std::env::var("WINDROW_FAKE_LLM").ok()?;
    let port = env.dir().join("port");
    let child = Command::new("python3")
        .arg(script)
        .args(["--port", "0", "--delay", "0.2", "--port-file"])
        .arg(&port)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let read = || std::fs::read_to_string(&port).unwrap_or_default().trim().to_owned();
    until("the server's port", || !read().is_empty());
    Some(Server { child, url: format!("http://127.0.0.1:{}", read()) })
}

/// Runs the program with everything that the clients need to talk to the server.
fn run(env: &Env, server: &Server, clients: &str, arguments: &[&str]) -> Ran {
    let (url, home) = (&server.url, env.dir().join("home"));
    write(
        &home.join(".codex/config.toml"),
        &format!(
            "model=\"fake\"\nmodel_provider=\"fake\"\n[model_providers.fake]\nname=\"fake\"\nbase_url=\"{url}/v1\"\nenv_key=\"FAKE_KEY\"\nwire_api=\"responses\"\nrequest_max_retries=1\nstream_max_retries=1\n[analytics]\nenabled=false\n"
        ),
    );
    write(&home.join(".config/windrow/config.toml"), "[agent.aider]\nmodel = \"openai/fake-model\"\n");
    write(&home.join(".gemini/settings.json"), r#"{"security":{"auth":{"selectedType":"gemini-api-key"}}}"#);
    write(
        &home.join(".config/opencode/opencode.json"),
        &format!(
            r#"{{"permission":"allow","model":"fake/fake-model","provider":{{"fake":{{"npm":"@ai-sdk/openai-compatible","options":{{"baseURL":"{url}/v1","apiKey":"dummy"}},"models":{{"fake-model":{{}}}}}}}}}}"#
        ),
    );
    let mut command = env.windrow(&env.repo());
    command.env("PATH", format!("{clients}:{}", std::env::var("PATH").unwrap()));
    let v1 = format!("{url}/v1");
    let variables = [
        ("ANTHROPIC_BASE_URL", url.as_str()),
        ("ANTHROPIC_API_KEY", "dummy"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("CLAUDE_CODE_MAX_RETRIES", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("FAKE_KEY", "dummy"),
        // Where a test runs as root, the client wants to hear that it may.
        ("IS_SANDBOX", "1"),
        ("GOOGLE_GEMINI_BASE_URL", url.as_str()),
        ("GEMINI_API_KEY", "dummy"),
        ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
        ("GEMINI_MODEL", "gemini-2.5-flash"),
        ("COPILOT_OFFLINE", "true"),
        ("COPILOT_PROVIDER_BASE_URL", v1.as_str()),
        ("COPILOT_PROVIDER_API_KEY", "dummy"),
        ("COPILOT_MODEL", "fake-model"),
        ("COPILOT_AUTO_UPDATE", "false"),
        ("OPENAI_API_KEY", "dummy"),
        ("OPENAI_BASE_URL", v1.as_str()),
        ("OPENAI_API_BASE", v1.as_str()),
        ("OPENAI_MODEL", "fake-model"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
    ];
    env.ran(&command.envs(variables).args(arguments).output().unwrap())
}

fn outcome(ran: &Ran) -> serde_json::Value {
    ran.json_lines().pop().unwrap()["tasks"][0].clone()
}

fn client(name: &str, resumes: bool) {
    let env = Env::new();
    let Ok(clients) = std::env::var("WINDROW_CLIENTS") else { return skip("WINDROW_CLIENTS is not set") };
    let there = |dir: PathBuf| dir.join(name).exists();
    if !std::env::split_paths(&clients).any(there) {
        return skip(&format!("{name} is in no directory of WINDROW_CLIENTS"));
    }
    let Some(server) = server(&env) else { return skip("WINDROW_FAKE_LLM names no server that starts") };
    let windrow = |arguments: &[&str]| run(&env, &server, &clients, arguments);
    let prompt = |i: usize| format!("t{i}=[[write made-{i}.txt :: hello]] [[say all written]]");
    let prompts: Vec<String> = (1..=4).map(prompt).collect();
    let mut all = vec!["run", "--agent", name, "--timeout", "2m", "--json"];
    all.extend(prompts.iter().map(String::as_str));
    let ran = windrow(&all).exits(0);
    let last = ran.json_lines().pop().unwrap();
    for (i, task) in last["tasks"].as_array().unwrap().iter().enumerate() {
        assert_eq!(task["outcome"], "done", "{task:#}");
        // Copilot tells of requests only.
        let counted = task["tokens"].as_u64().is_some_and(|tokens| tokens > 0);
        assert!(counted || name == "copilot", "{task:#}");
        let made = format!("made-{}.txt", i + 1);
        assert!(env.git(&["show", "--stat", &format!("t{}", i + 1)]).contains(&made));
    }
    let refused = windrow(&["run", "refused=[[http 401]]", "--agent", name, "--timeout", "1m", "--json"]);
    assert_eq!(outcome(&refused)["outcome"], "failed", "{refused}");
    // Aider has no tools to use again and again.
    let forever = if name == "aider" { "[[sleep 100]]" } else { "[[loop]]" };
    let plan = format!(
        "[[task]]\nname = \"endless\"\nagent = \"{name}\"\npermission = \"full\"\nprompt = \"{forever}\"\ntimeout = \"12s\"\n"
    );
    write(&env.dir().join("plan.toml"), &plan);
    let endless = windrow(&["run", "../plan.toml", "--json"]);
    assert_eq!(outcome(&endless)["outcome"], "timed-out", "{endless}");
    let mark = "WINDROW_TASK=endless";
    let alive = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter(|entry| {
        let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let home = env.dir().display().to_string();
        let text = String::from_utf8_lossy(&environ).into_owned();
        text.contains(mark) && text.contains(&home)
    });
    assert_eq!(alive.count(), 0, "processes of the endless one are left");
    if resumes {
        let ran = windrow(&["send", "t1", "[[write second.txt :: again]] [[say second]]", "--json"]).exits(0);
        assert_eq!(outcome(&ran)["last-words"][0], "second");
        assert!(env.worktree("t1").join("second.txt").exists());
    }
    assert_eq!(env.git(&["status", "--short"]), "");
}

#[test]
#[ignore = "needs clients"]
fn claude() {
    client("claude", true);
}

#[test]
#[ignore = "needs clients"]
fn codex() {
    client("codex", true);
}

#[test]
#[ignore = "needs clients"]
fn qwen() {
    client("qwen", true);
}

#[test]
#[ignore = "needs clients"]
fn aider() {
    client("aider", false);
}

#[test]
#[ignore = "needs clients"]
fn gemini() {
    client("gemini", true);
}

#[test]
#[ignore = "needs clients"]
fn opencode() {
    client("opencode", true);
}

#[test]
#[ignore = "needs clients"]
fn copilot() {
    client("copilot", true);
}
