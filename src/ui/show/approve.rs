//! Commands that came with a repository.

use super::{Look, one_line};
use crate::domain::approval::RepositoryCommand;

/// Shows what commands say, each in its line: whoever approves them has to have seen all of them.
pub fn repository_commands(commands: &[RepositoryCommand], look: &Look<'_>) -> String {
    let mut out = String::new();
    for command in commands {
        let key = look.style.emphasize(&one_line(&command.key));
        out.push_str(&format!("{key} = {}\n", one_line(&command.value)));
    }
    out
}
