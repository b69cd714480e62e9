//! The user's pager and editor.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::error::ProcessError;

/// Characters that make a line one for the shell; git has the same rule for its own pager.
const FOR_THE_SHELL: &str = "|&;<>()$`\\\"'\n*?[#~=%";

/// A pager that shows what is written to it on our terminal.
#[derive(Debug)]
pub struct Pager {
    child: Child,
}

impl Pager {
    /// Starts a command line as the pager and gives what to write to. A line of plain words is run as it is, any other
    /// by the shell. `defaults` are variables for it.
    pub fn start(
        line: &str,
        defaults: &[(&str, &str)],
    ) -> Result<(Self, impl Write + Send + use<>), ProcessError> {
        let mut command = if line.contains(|c| FOR_THE_SHELL.contains(c)) {
            let mut shell = Command::new("sh");
            shell.args(["-c", line]);
            shell
        } else {
            let mut words = line.split_whitespace();
            let mut program = Command::new(words.next().ok_or(ProcessError::NoProgram)?);
            program.args(words);
            program
        };
        command.envs(defaults.iter().copied()).stdin(Stdio::piped());
        let failed = |source| ProcessError::Program { program: line.to_owned(), source };
        let mut child = command.spawn().map_err(failed)?;
        let input = child.stdin.take().ok_or(ProcessError::NoProgram)?;
        Ok((Self { child }, input))
    }

    /// Waits until the user has read it. How the pager ends says nothing about us. What is written to must be dropped
    /// before.
    pub fn wait(&mut self) {
        drop(self.child.wait());
    }
}

/// Opens a file in an editor on our terminal, by the shell as git does, and waits until it ends; tells whether it went
/// well.
pub fn edit(editor: &str, file: &Path, cwd: &Path) -> Result<bool, ProcessError> {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{editor} \"$@\""), editor]).arg(file).current_dir(cwd);
    let failed = |source| ProcessError::Program { program: editor.to_owned(), source };
    Ok(command.status().map_err(failed)?.success())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_reads_what_is_written_and_knows_its_defaults() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let line = format!("(cat; echo \"$LESS\") > '{}'", out.display());
        let (mut pager, mut input) = Pager::start(&line, &[("LESS", "FRX")]).unwrap();
        input.write_all(b"one\n").unwrap();
        drop(input);
        pager.wait();
        assert_eq!(std::fs::read_to_string(out).unwrap(), "one\nFRX\n");
    }

    #[test]
    fn a_pager_that_is_not_there_is_said() {
        assert!(matches!(Pager::start("no-such-pager -R", &[]), Err(ProcessError::Program { .. })));
        assert!(matches!(Pager::start("  ", &[]), Err(ProcessError::NoProgram)));
    }
}
