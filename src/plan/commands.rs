//! The commands of a settings file, as an approval shows and remembers them.

use toml::de::{DeTable, DeValue};

use crate::domain::approval::RepositoryCommand;

/// Gives `setup`, `gate` and each agent of a file, in the order of their keys.
///
/// An agent is approved as a whole: its environment decides what runs as much as its command does.
pub(super) fn of(root: &DeTable<'_>) -> Vec<RepositoryCommand> {
    let mut found = Vec::new();
    for (key, value) in root {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("setup" | "gate", value) if !is_empty(value) => {
                found.push(RepositoryCommand { key: key.get_ref().to_string(), value: line(value) });
            }
            ("agent", DeValue::Table(agents)) => found.extend(agents.iter().map(|(name, value)| {
                let key = RepositoryCommand::agent_key(name.get_ref());
                RepositoryCommand { key, value: line(value.get_ref()) }
            })),
            _ => {}
        }
    }
    found.sort();
    found
}

fn is_empty(value: &DeValue<'_>) -> bool {
    matches!(value, DeValue::Array(lines) if lines.is_empty())
}

/// Writes a value in one line.
fn line(value: &DeValue<'_>) -> String {
    match value {
        // As JSON writes it, which TOML reads too.
        DeValue::String(text) => serde_json::Value::from(text.as_ref()).to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(values) => {
            let values: Vec<String> = values.iter().map(|value| line(value.get_ref())).collect();
            format!("[{}]", values.join(", "))
        }
        DeValue::Table(table) => {
            let mut fields: Vec<String> = table
                .iter()
                .map(|(key, value)| format!("{} = {}", key.get_ref(), line(value.get_ref())))
                .collect();
            fields.sort();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_settings;
    use crate::domain::approval::RepositoryCommand;
    use std::path::Path;

    fn commands(text: &str) -> Vec<RepositoryCommand> {
        parse_settings(Path::new("/r/.config/windrow.toml"), text).unwrap().commands
    }

    #[test]
    fn what_runs_is_found_whatever_its_order() {
        let found = commands(
            "copy = [\".env\"]\nsetup = [\"npm ci\", 'echo \"a\"']\n[agent.x]\nprompt = \"file\"\ncommand = [\"./x\"]\n\
             env = { B = \"2\", A = \"1\" }\n[role.r]\nprompt = \"R\"\n",
        );
        let shown: Vec<String> =
            found.iter().map(|found| format!("{} = {}", found.key, found.value)).collect();
        assert_eq!(
            shown,
            [
                r#"agent.x = { command = ["./x"], env = { A = "1", B = "2" }, prompt = "file" }"#,
                r#"setup = ["npm ci", "echo \"a\""]"#,
            ]
        );
        let other = commands(
            "agent.x = {env={A='1',B='2'},command=['./x'],prompt='file'}\nsetup=[ 'npm ci','echo \"a\"' ]\n",
        );
        assert_eq!(found, other);
        assert_eq!(commands("setup = []\ndisposable = [\"target\"]\n"), []);
    }

    #[test]
    fn a_line_break_in_a_command_stays_in_its_line() {
        assert_eq!(commands("setup = \"\"\"a\nb\"\"\"")[0].value.lines().count(), 1);
    }
}
