//! The pager and the editor that git's configuration names.

use super::GitError;
use super::command::Git;
use crate::domain::place::Place;

/// What the configuration says of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured {
    /// `core.pager`.
    pub core: Option<String>,
    /// `pager.diff`: a command, or a boolean as text.
    pub diff: Option<String>,
    /// `core.editor`.
    pub editor: Option<String>,
}

/// Reads `core.pager`, `pager.diff` and `core.editor` of the user and the system. The repository's own file is left out: an agent can
/// write to it, and these are commands.
pub fn configured(place: &Place) -> Result<Configured, GitError> {
    let call = Git::common(place, "config");
    let call = call.args(["--null", "--show-scope", "--get-regexp", r"^(core\.(pager|editor)|pager\.diff)$"]);
    let output = call.output()?;
    match output.code {
        0 => Ok(parse(&output.stdout)),
        1 => Ok(Configured::default()),
        _ => Err(call.failed(&output)),
    }
}

/// Takes pairs of a scope and `KEY\nVALUE`; the last one wins.
fn parse(listed: &[u8]) -> Configured {
    let mut found = Configured::default();
    let text = String::from_utf8_lossy(listed);
    let mut fields = text.split('\0');
    while let (Some(scope), Some(entry)) = (fields.next(), fields.next()) {
        let Some((key, value)) = entry.split_once('\n') else { continue };
        match key {
            _ if !matches!(scope, "system" | "global") => {}
            "core.editor" => found.editor = Some(value.to_owned()),
            "core.pager" => found.core = Some(value.to_owned()),
            _ => found.diff = Some(value.to_owned()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestRepo;
    use super::*;

    #[test]
    fn the_last_one_of_the_user_wins() {
        let listed =
            b"system\0core.pager\nmore\0global\0core.pager\ndelta --dark\0global\0pager.diff\nfalse\0";
        assert_eq!(
            parse(listed),
            Configured { core: Some("delta --dark".into()), diff: Some("false".into()), editor: None }
        );
    }

    #[test]
    fn a_pager_of_the_repository_is_not_run() {
        let test = TestRepo::with_commit();
        test.git(&["config", "core.pager", "touch owned"]);
        test.git(&["config", "pager.diff", "touch owned"]);
        test.git(&["config", "core.editor", "touch owned"]);
        let found = configured(&test.place()).unwrap();
        assert!(found.core.as_deref() != Some("touch owned") && found.diff.is_none(), "{found:?}");
        assert_ne!(found.editor.as_deref(), Some("touch owned"));
    }
}
