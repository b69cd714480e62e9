//! Bytes that others wrote, as they are or made safe: patches and logs.

use super::escape::{keep_sgr, visible_bytes};
use super::style::Meaning;
use super::{Style, Ui};

impl Ui {
    /// Writes a patch: raw where standard output is no terminal, so that `git apply` can read it; safe and coloured on
    /// one.
    pub fn patch(&self, bytes: &[u8]) {
        if self.options().stdout_tty {
            self.out(&colored(bytes, self.style()));
        } else {
            self.out_bytes(bytes);
        }
    }

    /// Writes a patch for a pager that colours by itself: safe, without our colours.
    pub fn plain_patch(&self, bytes: &[u8]) {
        self.out(&visible_bytes(bytes));
    }

    /// Writes what an agent wrote: control characters visible, its colours kept where we write colours; with `raw` as
    /// it is.
    pub fn log(&self, bytes: &[u8], raw: bool) {
        if raw {
            self.out_bytes(bytes);
        } else if self.style().color {
            self.out(&keep_sgr(bytes));
        } else {
            self.out(&visible_bytes(bytes));
        }
    }

    /// Writes a block that was made for standard output as narration, except with `-q` and `--json`.
    pub fn narrate_block(&self, block: &str) {
        if !self.options().quiet && !self.options().json {
            self.err(block);
        }
    }
}

fn colored(bytes: &[u8], style: Style) -> String {
    let safe = visible_bytes(bytes);
    let mut out = String::with_capacity(safe.len());
    let mut in_hunk = false;
    for line in safe.split_inclusive('\n') {
        let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
        if text.starts_with("diff --git ") {
            in_hunk = false;
        }
        let meaning = match text.as_bytes().first() {
            Some(b'@') => {
                in_hunk = true;
                Some(Meaning::Doing)
            }
            Some(b'+') if in_hunk => Some(Meaning::Success),
            Some(b'-') if in_hunk => Some(Meaning::Failure),
            _ if !in_hunk => Some(Meaning::Name),
            _ => None,
        };
        match meaning {
            Some(meaning) if !text.is_empty() => out.push_str(&style.paint(meaning, text)),
            _ => out.push_str(text),
        }
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{UiOptions, style::tests::PLAIN};
    use super::*;

    const PATCH: &[u8] = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\x1b[2J\n+b\n c\n";

    #[test]
    fn a_patch_is_raw_in_a_pipe_and_safe_on_a_terminal() {
        let pipe = Ui::captured(UiOptions::default());
        pipe.patch(PATCH);
        assert_eq!(pipe.printed().0.as_bytes(), PATCH);
        let terminal = Ui::captured(UiOptions { stdout_tty: true, term_dumb: true, ..UiOptions::default() });
        terminal.patch(PATCH);
        assert!(!terminal.printed().0.contains('\u{1b}'), "{}", terminal.printed().0);
    }

    #[test]
    fn a_patch_for_another_to_colour_is_safe() {
        let ui = Ui::captured(UiOptions { color: super::super::ColorChoice::Always, ..UiOptions::default() });
        ui.plain_patch(PATCH);
        assert_eq!(ui.printed().0, String::from_utf8_lossy(PATCH).replace('\u{1b}', "\\x1b"));
    }

    #[test]
    fn colours_change_no_text() {
        let plain = colored(PATCH, PLAIN);
        let bright = colored(PATCH, Style { color: true, ..PLAIN });
        assert_eq!(console::strip_ansi_codes(&bright), plain);
        assert!(bright.contains('\u{1b}'));
    }

    #[test]
    fn logs_are_made_safe() {
        let ui = Ui::captured(UiOptions::default());
        ui.log(b"\x1b]0;x\x07\x1b[31mred\n", false);
        assert!(!ui.printed().0.contains('\u{1b}'));
        ui.log(b"\x1b[31mred\n", true);
        assert!(ui.printed().0.ends_with("\u{1b}[31mred\n"));
    }
}
