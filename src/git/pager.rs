//! The pager, the editor and the diff tool that git's configuration names.

use std::path::Path;

use super::command::Git;
use super::{GitError, Repo, convert};
use crate::domain::oid::BlobId;
use crate::domain::place::Place;

const WANTED: &str = r"^(core\.(pager|editor)|pager\.diff|(diff|merge)\.tool)$";

/// What the configuration says of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured {
    /// `core.pager`.
    pub core: Option<String>,
    /// `pager.diff`: a command, or a boolean as text.
    pub diff: Option<String>,
    /// `core.editor`.
    pub editor: Option<String>,
    /// `diff.tool`, else `merge.tool`, as `git difftool` has it.
    pub difftool: Option<String>,
}

/// Reads `core.pager`, `pager.diff`, `core.editor`, `diff.tool` and `merge.tool` of the user and the system. The repository's own file is left out: an agent can
/// write to it, and these are commands.
pub fn configured(place: &Place) -> Result<Configured, GitError> {
    let call = Git::common(place, "config");
    let call = call.args(["--null", "--show-scope", "--get-regexp", WANTED]);
    let output = call.output()?;
    match output.code {
        0 => Ok(parse(&output.stdout)),
        1 => Ok(Configured::default()),
        _ => Err(call.failed(&output)),
    }
}

/// Takes pairs of a scope and `KEY\nVALUE`; the last one wins.
fn parse(listed: &[u8]) -> Configured {
    let (mut found, mut merge) = (Configured::default(), None);
    let text = String::from_utf8_lossy(listed);
    let mut fields = text.split('\0');
    while let (Some(scope), Some(entry)) = (fields.next(), fields.next()) {
        let Some((key, value)) = entry.split_once('\n') else { continue };
        match key {
            _ if !matches!(scope, "system" | "global") => {}
            "core.editor" => found.editor = Some(value.to_owned()),
            "core.pager" => found.core = Some(value.to_owned()),
            "diff.tool" => found.difftool = Some(value.to_owned()),
            "merge.tool" => merge = Some(value.to_owned()),
            _ => found.diff = Some(value.to_owned()),
        }
    }
    found.difftool = found.difftool.or(merge);
    found
}

impl Repo {
    /// Shows a blob (nothing: an empty file) beside a file in a diff tool on our terminal; tells whether that went well.
    ///
    /// Outside of every repository, where `git difftool` compares two files: only the user's own configuration says what the tool
    /// runs.
    pub fn difftool(&self, tool: &str, old: Option<BlobId>, new: &Path) -> Result<bool, GitError> {
        let write =
            |path: &Path, bytes: &[u8]| std::fs::write(path, bytes).map_err(GitError::io("write", path));
        let dir = tempfile::tempdir().map_err(GitError::io("create", Path::new("a temporary directory")))?;
        let before = dir.path().join("before").join(new.file_name().unwrap_or_default());
        let bytes = match old.map(convert::oid) {
            Some(id) => self
                .raw
                .find_blob(id)
                .map_err(|source| GitError::object("blob", id, source))?
                .content()
                .to_vec(),
            None => Vec::new(),
        };
        let aside = dir.path().join("before");
        std::fs::create_dir(&aside).map_err(GitError::io("create", &aside))?;
        write(&before, &bytes)?;
        let after = if new.is_file() { new.to_owned() } else { dir.path().join("gone") };
        if !new.is_file() {
            write(&after, b"")?;
        }
        let call = Git::at(dir.path(), "difftool")
            .env("GIT_CEILING_DIRECTORIES", dir.path().parent().unwrap_or(dir.path()));
        let call = call.args(["--no-index", "--no-prompt"]).arg(format!("--tool={tool}"));
        Ok(call.arg("--").arg(&before).arg(&after).interactive()? <= 1)
    }
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
            Configured {
                core: Some("delta --dark".into()),
                diff: Some("false".into()),
                ..Default::default()
            }
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
