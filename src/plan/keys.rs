//! Every key that a plan or a settings file can have: its type, and whether this version does what it says.
//!
//! A later version that learns a key changes its entry here from [`Support::Later`] to [`Support::Now`].

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string that is not blank.
    Text,
    /// A list of such strings.
    Texts,
    /// A string or a list of strings: shell lines.
    Lines,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, at least this.
    Count(i64),
    /// A string with a duration.
    Duration,
    /// A number of US dollars.
    Money,
    /// `true` or `false`.
    Flag,
    /// A table of strings: names and values of environment variables.
    Variables,
    /// A string (a shell line) or a list of strings (a program and its arguments).
    Command,
    /// A table, which its own reader looks into.
    Table,
    /// Whatever; the version that supports the key will say.
    Anything,
}

/// Whether this version does what a key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Support {
    /// It does.
    Now,
    /// It does not, whatever the value.
    Later,
    /// Only for this value, which is what happens without the key too.
    Only(&'static str),
}

/// A key of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) support: Support,
}

const fn now(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, support: Support::Now }
}

const fn later(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, support: Support::Later }
}

const fn only(name: &'static str, kind: Kind, value: &'static str) -> Key {
    Key { name, kind, support: Support::Only(value) }
}

const ISOLATION: Kind = Kind::Word(&["none", "repository", "strict"]);
const PERMISSION: Kind = Kind::Word(&["edit", "full"]);
const STRATEGY: Kind = Kind::Word(&["merge", "squash", "rebase", "ff"]);
const OUTPUT: Kind =
    Kind::Word(&["text", "claude", "codex", "opencode", "gemini", "qwen", "copilot", "aider"]);

/// The top of a plan. `agent`, `role` and `task` are looked into by readers of their own.
pub(super) const PLAN: &[Key] = &[
    now("base", Kind::Text),
    now("agent", Kind::Anything),
    now("jobs", Kind::Count(1)),
    now("timeout", Kind::Duration),
    now("gate", Kind::Text),
    now("strategy", STRATEGY),
    now("setup", Kind::Lines),
    only("isolation", ISOLATION, "none"),
    now("max-cost", Kind::Money),
    now("role", Kind::Table),
    later("report", Kind::Table),
    now("task", Kind::Anything),
];

/// `[role.NAME]`.
pub(super) const ROLE: &[Key] = &[now("prompt", Kind::Text)];

/// `[report]`.
pub(super) const REPORT: &[Key] = &[now("agent", Kind::Text), now("prompt", Kind::Text)];

/// `[agent.NAME]`.
pub(super) const AGENT: &[Key] = &[
    now("command", Kind::Command),
    now("prompt", Kind::Word(&["stdin", "argument", "file"])),
    now("output", OUTPUT),
    now("model", Kind::Text),
    now("permission", PERMISSION),
    now("env", Kind::Variables),
];

/// `[[task]]`.
pub(super) const TASK: &[Key] = &[
    now("name", Kind::Text),
    now("prompt", Kind::Text),
    now("prompt-file", Kind::Text),
    now("role", Kind::Text),
    now("agent", Kind::Text),
    now("model", Kind::Text),
    now("permission", PERMISSION),
    now("after", Kind::Texts),
    now("touches", Kind::Texts),
    now("mode", Kind::Word(&["write", "read"])),
    now("stdin", Kind::Texts),
    now("branch", Kind::Text),
    now("base", Kind::Text),
    now("timeout", Kind::Duration),
    now("silence", Kind::Duration),
    now("max-cost", Kind::Money),
    now("max-turns", Kind::Count(1)),
    only("attempts", Kind::Count(1), "1"),
    now("retries", Kind::Count(0)),
    now("feedback", Kind::Flag),
    now("check", Kind::Text),
    now("env", Kind::Variables),
    now("allow-empty", Kind::Flag),
    only("isolation", ISOLATION, "none"),
];

/// A settings file.
pub(super) const SETTINGS: &[Key] = &[
    now("worktree-dir", Kind::Text),
    now("branch", Kind::Text),
    now("disposable", Kind::Texts),
    now("agent", Kind::Table),
    now("role", Kind::Table),
    now("copy", Kind::Texts),
    now("link", Kind::Texts),
    now("setup", Kind::Lines),
    now("ports", Kind::Text),
    now("gate", Kind::Text),
    now("gate-timeout", Kind::Duration),
    now("strategy", STRATEGY),
    now("squash-message", Kind::Text),
    only("isolation", ISOLATION, "none"),
    now("trash", Kind::Table),
];

/// `[trash]` of a settings file.
pub(super) const TRASH: &[Key] = &[now("days", Kind::Count(1)), now("size", Kind::Text)];

/// Tells whether some table has this key.
pub(super) fn is_known_somewhere(name: &str) -> bool {
    [PLAN, ROLE, REPORT, AGENT, TASK, SETTINGS, TRASH]
        .iter()
        .any(|keys| keys.iter().any(|key| key.name == name))
}
