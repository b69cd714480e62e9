//! The manual pages, made from the definition of the command line.

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::Cli;

/// Gives file names and contents: `windrow.1`, a page for each verb, and `git-windrow.1` for `git help windrow`.
pub(super) fn pages() -> Vec<(String, Vec<u8>)> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let verbs: Vec<Command> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned().collect();
    let as_git = command.clone().name("git-windrow").display_name("git-windrow").bin_name("git windrow");
    let all = [command, as_git].into_iter().chain(verbs);
    all.filter_map(|command| {
        let man = Man::new(command).manual("Windrow");
        let mut page = Vec::new();
        man.render(&mut page).ok()?;
        Some((man.get_filename(), page))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..2], ["windrow.1", "git-windrow.1"]);
        for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
            assert!(names.contains(&&*format!("windrow-{}.1", verb.get_name())), "{names:?}");
        }
        assert!(!names.contains(&"windrow-help.1"));
        for (name, page) in &pages {
            let text = String::from_utf8(page.clone()).unwrap();
            assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{name}");
        }
    }
}
