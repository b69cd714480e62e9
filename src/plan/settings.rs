//! One settings file.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::commands;
use super::definitions::Definitions;
use super::keys;
use super::report::{Report, tick};
use super::syntax::parse;
use super::table::{Values, read};
use crate::domain::approval::RepositoryCommand;
use crate::domain::name::TaskName;
use crate::domain::plan::{Agent, Problem};
use crate::domain::ports::PortRange;
use crate::domain::settings::Settings;

/// What one settings file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsLayer {
    /// Where worktrees go.
    pub worktree_dir: Option<String>,
    /// The branch of a task; holds `{task}`.
    pub branch: Option<String>,
    /// Names of ignored directories that can be made again.
    pub disposable: Vec<String>,
    /// Patterns of ignored files that new worktrees get a copy of.
    pub copy: Vec<String>,
    /// Patterns of ignored files that new worktrees get a link to.
    pub link: Vec<String>,
    /// Shell lines that are run in each new worktree.
    pub setup: Option<Vec<String>>,
    /// A shell line whose success on the merged tree is the condition for landing.
    pub gate: Option<String>,
    /// How long a gate may take on one state, in milliseconds.
    pub gate_timeout_ms: Option<u64>,
    /// How tasks are landed.
    pub strategy: Option<String>,
    /// The message of a squash, with places for what is known of the task.
    pub squash_message: Option<String>,
    /// Where tasks get their ports from.
    pub ports: Option<PortRange>,
    /// For how many days things stay in the trash.
    pub trash_days: Option<u32>,
    /// How much stays in the trash, in bytes.
    pub trash_size: Option<u64>,
    /// Agents by name.
    pub agents: BTreeMap<String, Agent>,
    /// Role prompts by name.
    pub roles: BTreeMap<String, String>,
    /// Keys that this version knows and does not support, as a message shows them; whoever reads settings warns of them.
    pub unsupported: Vec<String>,
    /// Everything in it that would be run, for the file of a repository, whose commands need an approval.
    pub commands: Vec<RepositoryCommand>,
}

impl SettingsLayer {
    /// Puts this layer over others: what it sets, and each agent and role that it defines, replaces what was there; its
    /// disposable directories and its patterns of files to copy and to link are added.
    pub fn apply(self, settings: &mut Settings) {
        if let Some(worktree_dir) = self.worktree_dir {
            settings.worktree_dir = worktree_dir;
        }
        if let Some(branch) = self.branch {
            settings.branch = branch;
        }
        add(&mut settings.disposable, self.disposable);
        add(&mut settings.copy, self.copy);
        add(&mut settings.link, self.link);
        if let Some(setup) = self.setup {
            settings.setup = setup;
        }
        settings.gate = self.gate.or(settings.gate.take());
        settings.gate_timeout_ms = self.gate_timeout_ms.or(settings.gate_timeout_ms);
        settings.strategy = self.strategy.or(settings.strategy.take());
        settings.squash_message = self.squash_message.or(settings.squash_message.take());
        if let Some(ports) = self.ports {
            settings.ports = ports;
        }
        settings.trash.days = self.trash_days.unwrap_or(settings.trash.days);
        settings.trash.size = self.trash_size.unwrap_or(settings.trash.size);
        settings.agents.extend(self.agents);
        settings.roles.extend(self.roles);
    }
}

fn add(all: &mut Vec<String>, more: Vec<String>) {
    for text in more {
        if !all.contains(&text) {
            all.push(text);
        }
    }
}

/// Reads patterns, each of which has to be a line.
fn patterns(report: &mut Report<'_>, values: &mut Values, key: &'static str) -> Vec<String> {
    let texts = values.texts(key).unwrap_or_default();
    for text in texts.iter().filter(|text| text.value.contains(['\n', '\r', '\0'])) {
        report.add(
            text.at,
            format!("{} in `{key}` is no pattern: it has more than one line", tick(&text.value)),
        );
    }
    texts.into_iter().map(|text| text.value).collect()
}

/// Reads `[trash]`.
fn trash(report: &mut Report<'_>, root: &DeTable<'_>) -> (Option<u32>, Option<u64>) {
    let Some(DeValue::Table(table)) = root.get("trash").map(Spanned::get_ref) else { return (None, None) };
    let mut values = read(report, "`trash`", table, keys::TRASH);
    let days = values.count("days").map(|days| u32::try_from(days).unwrap_or(u32::MAX));
    let size = values.text("size").and_then(|size| {
        let bytes = bytes(&size.value);
        if bytes.is_none() {
            let what = tick(&size.value);
            report.add(size.at, format!("`size` must be a size, like \"20GiB\" or \"500MiB\", not {what}"));
        }
        bytes
    });
    (days, size)
}

/// Reads a size: a whole number and `MiB`, `GiB` or `TiB`, or their first letter.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start() {
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        "T" | "TiB" => 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Reads the text of a settings file, or gives all its problems.
///
/// `file` is absolute. A program that is named with a slash is looked for from the file's directory, of a file directly
/// in a `.config` directory from the one that holds it: for a repository, from the root of the worktree.
pub fn parse_settings(file: &Path, text: &str) -> Result<SettingsLayer, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scratch = String::new();
    let mut document = parse(text, &mut scratch);
    let mut report = Report::new(file, text, std::mem::take(&mut document.errors));
    let directory = file.parent().unwrap_or(file);
    let directory = match directory.parent() {
        Some(above) if directory.ends_with(".config") => above,
        _ => directory,
    };
    let mut values = read(&mut report, "settings", &document.root, keys::SETTINGS);
    let definitions = Definitions::read(&mut report, &document.root, directory, &Settings::default());
    let worktree_dir = values.text("worktree-dir");
    let branch = values.text("branch");
    if let Some(branch) = &branch {
        let made = branch.value.replace("{task}", "task").parse::<TaskName>();
        if !branch.value.contains("{task}") {
            report.add(
                branch.at,
                format!("`branch` must hold `{{task}}`, and {} does not", tick(&branch.value)),
            );
        } else if let Err(error) = made {
            report.add(branch.at, format!("{} makes no branch name: {}", tick(&branch.value), error.why));
        }
    }
    let disposable = values.texts("disposable").unwrap_or_default();
    for name in &disposable {
        if name.value.contains(['/', '\\']) || matches!(name.value.as_str(), "." | "..") {
            report.add(name.at, format!("{} is not the name of a directory", tick(&name.value)));
        }
    }
    let (copy, link) =
        (patterns(&mut report, &mut values, "copy"), patterns(&mut report, &mut values, "link"));
    let setup = values.texts("setup").map(|lines| lines.into_iter().map(|line| line.value).collect());
    let (gate, strategy) = (values.text("gate"), values.text("strategy"));
    let gate_timeout_ms = values.milliseconds("gate-timeout");
    let squash_message = values.text("squash-message").map(|text| text.value);
    let ports = values.text("ports").and_then(|ports| match ports.value.parse::<PortRange>() {
        Ok(range) => Some(range),
        Err(error) => {
            report.add(ports.at, format!("`ports` must be {error}"));
            None
        }
    });
    let (trash_days, trash_size) = trash(&mut report, &document.root);
    let problems = report.finish();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut unsupported = values.unsupported;
    unsupported.extend(definitions.unsupported);
    unsupported.sort_by_key(|key| key.at);
    Ok(SettingsLayer {
        worktree_dir: worktree_dir.map(|text| text.value),
        branch: branch.map(|text| text.value),
        disposable: disposable.into_iter().map(|text| text.value).collect(),
        copy,
        link,
        setup,
        gate: gate.map(|line| line.value),
        gate_timeout_ms,
        strategy: strategy.map(|word| word.value),
        squash_message,
        ports,
        trash_days,
        trash_size,
        agents: definitions.agents,
        roles: definitions.roles,
        unsupported: unsupported.into_iter().map(|key| key.value).collect(),
        commands: commands::of(&document.root),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::{Command, PromptChannel};

    fn problems(text: &str) -> Vec<String> {
        let found = parse_settings(Path::new("/r/.config/windrow.toml"), text).unwrap_err();
        found.iter().map(|problem| problem.to_string().replace("/r/.config/windrow.toml:", "")).collect()
    }

    #[test]
    fn layers_lie_over_each_other() {
        let user = "worktree-dir = \"/w/{repo}\"\nbranch = \"me/{task}\"\ndisposable = [\"build\", \"target\"]\n\
                    [agent.a]\ncommand = \"user\"\n[role.r]\nprompt = \"User.\"\n";
        let repository = "branch = \"task/{task}\"\ndisposable = [\"target\", \"out\"]\n\
                          [agent.a]\ncommand = \"repository\"\n[agent.b]\ncommand = \"cat\"\nprompt = \"file\"\n";
        let mut settings = Settings::default();
        for text in [user, repository] {
            parse_settings(Path::new("/r/.config/windrow.toml"), text).unwrap().apply(&mut settings);
        }
        assert_eq!((settings.worktree_dir.as_str(), settings.branch.as_str()), ("/w/{repo}", "task/{task}"));
        assert_eq!(settings.disposable, ["build", "target", "out"]);
        assert_eq!(settings.agents["a"].command, Command::Shell("repository".into()));
        assert_eq!(settings.agents["b"].prompt, PromptChannel::File);
        assert_eq!(settings.roles["r"], "User.");
        let before = settings.clone();
        parse_settings(Path::new("/x"), "\u{feff}# nothing\r\n").unwrap().apply(&mut settings);
        assert_eq!(settings, before);
    }

    #[test]
    fn keys_of_later_versions_are_no_problem() {
        let text = "gate = \"cargo test\"\n\
                    strategy = \"squash\"\nisolation = \"none\"\n[agent.claude]\nmodel = \"large\"\n\
                    permission = \"edit\"\n[agent.x]\ncommand = \"x\"\noutput = \"claude\"\n";
        let layer = parse_settings(Path::new("/c.toml"), text).unwrap();
        assert_eq!(layer.unsupported, [""; 0]);
        assert_eq!((layer.gate.as_deref(), layer.strategy.as_deref()), (Some("cargo test"), Some("squash")));
        let claude = &layer.agents["claude"];
        assert_eq!(claude.command, crate::agent::builtin("claude").unwrap().command);
        assert_eq!((claude.model.as_deref(), claude.permission.word()), (Some("large"), "edit"));
        assert_eq!(layer.agents["x"].output.word(), "claude");
        assert_eq!(
            problems("[agent.x]\ncommand = \"x\"\nmodel = \"large\"\n"),
            ["3:9: `model` is for a known client; say it in the `command` of `x`"]
        );
    }

    #[test]
    fn what_stays_in_the_trash() {
        let mut settings = Settings::default();
        assert_eq!((settings.trash.days, settings.trash.size), (30, 20 << 30));
        for text in ["[trash]\ndays = 7\nsize = \"2 G\"\n", "trash = { size = \"500MiB\" }\n"] {
            parse_settings(Path::new("/c.toml"), text).unwrap().apply(&mut settings);
        }
        assert_eq!((settings.trash.days, settings.trash.size), (7, 500 << 20));
        assert_eq!(
            problems("[trash]\ndays = 0\nsize = \"5\"\nage = 1\n"),
            [
                "2:8: `days` must be at least 1",
                "3:8: `size` must be a size, like \"20GiB\" or \"500MiB\", not `5`",
                "4:1: unknown key `age` in `trash`; there is `days`, `size`",
            ]
        );
        assert_eq!(problems("trash = 5\n"), ["1:9: `trash` must be a table, not an integer"]);
    }

    #[test]
    fn what_new_worktrees_get() {
        let read = |text| parse_settings(Path::new("/c.toml"), text).unwrap();
        let mut settings = Settings::default();
        read("copy = [\".env\"]\nlink = [\"deps\"]\nsetup = \"make\"\nports = \"3000-3999\"\n")
            .apply(&mut settings);
        read("copy = [\".env\", \"*.key\"]\nsetup = [\"a\", \"b\"]\n").apply(&mut settings);
        assert_eq!(
            (settings.copy, settings.link),
            (vec![".env".into(), "*.key".into()], vec!["deps".into()])
        );
        assert_eq!(
            (settings.setup, settings.ports),
            (vec!["a".into(), "b".into()], "3000-3999".parse().unwrap())
        );
        assert_eq!(
            problems("copy = [\"a\\nb\"]\nports = \"80-90\"\nsetup = 1\n"),
            [
                "1:9: `\"a\\nb\"` in `copy` is no pattern: it has more than one line",
                "2:9: `ports` must be two ports with a hyphen between them, such as 20000-29999: from 1024 to 65535, at least ten",
                "3:9: `setup` must be a string or a list of strings, not an integer",
            ]
        );
    }

    #[test]
    fn all_problems_at_once() {
        assert_eq!(
            problems(
                "worktree-dir = \"\"\nbranch = \"work\"\ndisposable = [\"a/b\", \"..\", 1]\nworktree_dir = \"x\"\n\
                 copy = \".env\"\njobs = 4\n[agent.a]\n[role]\nr = 1\n"
            ),
            [
                "1:16: `worktree-dir` is empty",
                "2:10: `branch` must hold `{task}`, and `work` does not",
                "3:28: `disposable` must be a list of strings, and this is an integer",
                "4:1: unknown key `worktree_dir` in settings; did you mean `worktree-dir`?",
                "5:8: `copy` must be a list of strings, not a string; write copy = [\".env\"]",
                "6:1: unknown key `jobs` in settings; there is `agent`, `branch`, `copy`, `disposable`, `gate`, \
                 `gate-timeout`, `isolation`, `link` and 7 more",
                "7:1: agent `a` has no `command`",
                "9:1: `role.r` must be a table, not an integer; write `[role.r]`",
            ]
        );
        assert_eq!(
            problems("disposable = [\"a/b\", \"..\", \"ok\"]\n"),
            ["1:15: `a/b` is not the name of a directory", "1:22: `..` is not the name of a directory"]
        );
        assert_eq!(
            problems("branch = \"{task}.lock\""),
            ["1:10: `{task}.lock` makes no branch name: a component ends with `.lock`"]
        );
        assert_eq!(problems("branch = "), ["1:10: the value is missing"]);
    }

    #[test]
    fn programs_are_looked_for_from_the_repository() {
        let text = "[agent.a]\ncommand = [\"./tools/../agent.sh\"]\n[agent.b]\ncommand = [\"agent\"]\n[agent.c]\n\
                    command = [\"/bin/agent\"]\n";
        let program = |file: &str, agent: &str| {
            let layer = parse_settings(Path::new(file), text).unwrap();
            layer.agents[agent].describe()
        };
        assert_eq!(program("/r/.config/windrow.toml", "a"), "/r/tools/../agent.sh");
        assert_eq!(program("/h/.config/windrow/config.toml", "a"), "/h/.config/windrow/tools/../agent.sh");
        assert_eq!(program("/r/.config/windrow.toml", "b"), "agent");
        assert_eq!(program("/r/.config/windrow.toml", "c"), "/bin/agent");
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_is_not_utf8_is_a_problem_only_where_it_matters() {
        let file = crate::domain::path::bytes_to_path(b"/r\xff/c.toml");
        assert!(parse_settings(&file, "[agent.a]\ncommand = [\"agent\"]\n").is_ok());
        let problems = parse_settings(&file, "[agent.a]\ncommand = [\"./agent\"]\n").unwrap_err();
        assert_eq!(
            problems[0].to_string(),
            r#""/r\377/c.toml":2:11: the absolute path of `./agent` is not UTF-8"#
        );
    }
}
