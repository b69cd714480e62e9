//! Bytes that others wrote, as they are or made safe: patches and logs.

use super::escape::{keep_sgr, visible_bytes};
use super::style::Meaning;
use super::{Style, Ui};
use crate::domain::words::{self, Piece};

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

/// Writes a patch safe and coloured: in lines that replace others, the words that differ stand out.
fn colored(bytes: &[u8], style: Style) -> String {
    let safe = visible_bytes(bytes);
    let mut out = String::with_capacity(safe.len());
    let mut in_hunk = false;
    let mut lines = safe.split_inclusive('\n').peekable();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next() {
        let first = line.as_bytes().first();
        match first {
            Some(b'-') if in_hunk => removed.push(line),
            Some(b'+') if in_hunk => added.push(line),
            _ => {
                if line.starts_with("diff --git ") {
                    in_hunk = false;
                }
                in_hunk |= first == Some(&b'@');
                let meaning = match first {
                    Some(b'@') => Some(Meaning::Doing),
                    _ => (!in_hunk).then_some(Meaning::Name),
                };
                paint(&mut out, style, meaning, line);
            }
        }
        let goes_on = lines.peek().and_then(|line| line.as_bytes().first()).is_some_and(|next| match next {
            b'-' => added.is_empty(),
            b'+' => true,
            _ => false,
        });
        if !goes_on {
            replaced(&mut out, style, &std::mem::take(&mut removed), &std::mem::take(&mut added));
        }
    }
    out
}

/// Writes lines that are gone and lines that stand for them; where they are as many, each is compared with its own.
fn replaced(out: &mut String, style: Style, removed: &[&str], added: &[&str]) {
    let pairs: Vec<_> = if style.color && removed.len() == added.len() {
        let pair = |(old, new): (&&'_ str, &&'_ str)| {
            let (old, new) = words::compare(body(old), body(new));
            let alike = words::are_alike(&old, &new);
            alike.then(|| (spell(&old, Meaning::Failure, style), spell(&new, Meaning::Success, style)))
        };
        removed.iter().zip(added).map(pair).collect()
    } else {
        Vec::new()
    };
    let sides = [("-", removed, Meaning::Failure), ("+", added, Meaning::Success)];
    for (sign, lines, meaning) in sides {
        for (at, line) in lines.iter().enumerate() {
            match pairs.get(at).and_then(Option::as_ref) {
                Some((old, new)) => {
                    out.push_str(&style.paint(meaning, sign));
                    out.push_str(if sign == "-" { old } else { new });
                    out.push_str(if line.ends_with('\n') { "\n" } else { "" });
                }
                None => paint(out, style, Some(meaning), line),
            }
        }
    }
}

/// Gives a line without its sign and its end.
fn body(line: &str) -> &str {
    line.get(1..).unwrap_or_default().trim_end_matches('\n')
}

fn spell(pieces: &[Piece<'_>], meaning: Meaning, style: Style) -> String {
    let piece = |piece: &Piece<'_>| match piece.changed {
        true => style.paint_reversed(meaning, piece.text),
        false => style.paint(meaning, piece.text),
    };
    pieces.iter().map(piece).collect()
}

fn paint(out: &mut String, style: Style, meaning: Option<Meaning>, line: &str) {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    match meaning {
        Some(meaning) if !text.is_empty() => out.push_str(&style.paint(meaning, text)),
        _ => out.push_str(text),
    }
    out.push_str(end);
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
    fn words_that_differ_stand_out() {
        let patch = b"diff --git a/x b/x\n@@ -1,2 +1,2 @@\n-let x = 1;\n-gone for good\n+let y = 1;\n+not like it\n c\n";
        let bright = colored(patch, Style { color: true, ..PLAIN });
        assert!(bright.contains("\x1b[31m\x1b[7mx\x1b[0m"), "{bright:?}");
        assert!(bright.contains("\x1b[31m-gone for good\x1b[0m"), "{bright:?}");
        assert_eq!(console::strip_ansi_codes(&bright), String::from_utf8_lossy(patch));
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
