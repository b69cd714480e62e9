//! Small texts: counts, durations, sizes, and cutting to a width in terminal cells.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::diff::Stat;
use crate::domain::event::TaskResult;

use super::style::Style;

/// Writes a count with its noun: `1 file`, `3 branches`.
pub fn plural(count: impl Into<u64>, noun: &str) -> String {
    let count = count.into();
    let ending = match noun {
        _ if count == 1 => "",
        _ if noun.ends_with("ch") || noun.ends_with('s') || noun.ends_with('x') => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}

/// The same for a length.
pub fn plural_len(count: usize, noun: &str) -> String {
    plural(count as u64, noun)
}

/// Gives the number of terminal cells that a safe text takes.
pub fn cells(text: &str) -> usize {
    text.width()
}

/// Counts a character's cells, at least as many as it takes in any sequence.
fn char_cells(c: char) -> usize {
    // The emoji selector makes the character before it wide.
    if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(0) }
}

/// Gives the longest beginning of `text` of at most `limit` cells.
fn prefix(text: &str, limit: usize) -> &str {
    let mut taken = 0;
    for (i, c) in text.char_indices() {
        taken += char_cells(c);
        if taken > limit {
            return &text[..i];
        }
    }
    text
}

/// Gives the longest end of `text` of at most `limit` cells.
fn suffix(text: &str, limit: usize) -> &str {
    let mut taken = 0;
    let mut from = text.len();
    for (i, c) in text.char_indices().rev() {
        taken += char_cells(c);
        if taken > limit {
            break;
        }
        // A combining mark does not begin a text.
        if char_cells(c) > 0 {
            from = i;
        }
    }
    &text[from..]
}

/// Cuts a text to `limit` cells, `ellipsis` at its end included.
pub fn elide(text: &str, limit: usize, ellipsis: &str) -> String {
    if cells(text) <= limit {
        return text.to_owned();
    }
    match limit.checked_sub(cells(ellipsis)) {
        Some(room) => format!("{}{ellipsis}", prefix(text, room)),
        None => prefix(text, limit).to_owned(),
    }
}

/// Cuts a text to `limit` cells in its middle, `ellipsis` included: both ends of a name or a path tell it apart.
pub fn elide_middle(text: &str, limit: usize, ellipsis: &str) -> String {
    if cells(text) <= limit {
        return text.to_owned();
    }
    match limit.checked_sub(cells(ellipsis)) {
        Some(room) if room >= 2 => {
            format!("{}{ellipsis}{}", prefix(text, room.div_ceil(2)), suffix(text, room / 2))
        }
        _ => elide(text, limit, ellipsis),
    }
}

/// Breaks a line at spaces so that no line is wider than `width`, where words allow it; further lines are indented by
/// `indent`. None leaves it as it is.
pub fn wrap(line: &str, width: Option<usize>, indent: usize) -> String {
    let Some(width) = width.filter(|width| cells(line) > *width) else { return line.to_owned() };
    let mut out = String::with_capacity(line.len() + 8);
    let mut taken = 0;
    for (i, word) in line.split(' ').enumerate() {
        let needed = cells(word);
        if i > 0 && taken > indent && taken + 1 + needed > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            taken = indent;
        } else if i > 0 {
            out.push(' ');
            taken += 1;
        }
        out.push_str(word);
        taken += needed;
    }
    out
}

/// Writes a duration given in milliseconds by its two largest units: `850ms`, `12s`, `1m 32s`, `2h 5m`, `3d 4h`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let two = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{small_unit}"),
    };
    match seconds {
        0 => format!("{ms}ms"),
        1..60 => format!("{seconds}s"),
        60..3600 => two(seconds / 60, "m", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// Writes how long ago a time is by its largest unit: `12s`, `5m`, `3h`, `2d`, `4y`. The future is `0s`.
pub fn age(then: jiff::Timestamp, now: jiff::Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        86_400..31_536_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// Writes a size by its largest binary unit: `87 B`, `1.2 KiB`.
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if size < 1024 {
        return format!("{size} B");
    }
    let mut tenths = u128::from(size) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// Writes files and lines of a difference: `3 files, +12 −4`.
pub fn stat(stat: Stat, style: Style) -> String {
    if stat.files == 0 {
        return "no change".to_owned();
    }
    let lines = lines(stat, style);
    let gap = if lines.is_empty() { "" } else { ", " };
    format!("{}{gap}{lines}", plural(stat.files, "file"))
}

/// Writes the lines of a difference: `+12 −4`.
pub fn lines(stat: Stat, style: Style) -> String {
    let minus = style.minus();
    match (stat.insertions, stat.deletions) {
        (0, 0) => String::new(),
        (plus, 0) => format!("+{plus}"),
        (0, less) => format!("{minus}{less}"),
        (plus, less) => format!("+{plus} {minus}{less}"),
    }
}

/// Says what an interruption does.
pub(super) const fn interrupted(kill: bool, by_command: bool) -> &'static str {
    match (kill, by_command) {
        (true, _) => "killing the agents",
        (false, true) => "stopped by another command: asking the agents to end",
        (false, false) => "interrupted: asking the agents to end; interrupt again to kill them",
    }
}

/// Says what came of an attempt and when the next one begins.
pub(super) fn retrying(result: &TaskResult, rest_ms: u64) -> String {
    let evidence = result.evidence.join(", ");
    format!(
        "`{}`: attempt {} {} ({evidence}); the next one in {}",
        result.task,
        result.attempts,
        result.outcome,
        duration(rest_ms)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!(plural(1u32, "file"), "1 file");
        assert_eq!(plural(0u32, "file"), "0 files");
        assert_eq!(plural_len(2, "branch"), "2 branches");
        assert_eq!(plural_len(2, "process"), "2 processes");
    }

    #[test]
    fn durations() {
        let of = [0, 850, 1000, 12_999, 60_000, 92_000, 3_600_000, 7_500_000, 86_400_000, 273_600_000]
            .map(duration);
        assert_eq!(of, ["0ms", "850ms", "1s", "12s", "1m", "1m 32s", "1h", "2h 5m", "1d", "3d 4h"]);
    }

    #[test]
    fn ages() {
        let now = jiff::Timestamp::from_second(2_000_000_000).unwrap();
        let of = |seconds: i64| age(jiff::Timestamp::from_second(2_000_000_000 - seconds).unwrap(), now);
        assert_eq!(
            [0, 59, 300, 10_800, 172_800, 130_000_000, -50].map(of),
            ["0s", "59s", "5m", "3h", "2d", "4y", "0s"]
        );
    }

    #[test]
    fn sizes() {
        assert_eq!(
            [0, 87, 1023, 1024, 1300, 1_048_576, u64::MAX].map(bytes),
            ["0 B", "87 B", "1023 B", "1.0 KiB", "1.2 KiB", "1.0 MiB", "15.9 EiB"]
        );
    }

    #[test]
    fn differences() {
        let of = |files, insertions, deletions, unicode| {
            stat(Stat { files, insertions, deletions }, Style { color: false, unicode })
        };
        assert_eq!(of(3, 12, 4, true), "3 files, +12 −4");
        assert_eq!(of(1, 0, 4, false), "1 file, -4");
        assert_eq!(of(1, 0, 0, true), "1 file");
        assert_eq!(of(0, 0, 0, true), "no change");
    }

    #[test]
    fn cutting() {
        assert_eq!(elide("abcdef", 6, "…"), "abcdef");
        assert_eq!(elide("abcdefg", 6, "…"), "abcde…");
        assert_eq!(elide("日本語", 5, "…"), "日本…");
        assert_eq!(elide("日本語", 4, "…"), "日…");
        assert_eq!(elide("abc", 2, "..."), "ab");
        assert_eq!(elide_middle("users-api-tests", 9, "…"), "user…ests");
        assert_eq!(elide_middle("ae\u{301}be\u{301}cd", 5, "…"), "ae\u{301}…cd");
        assert_eq!(elide_middle("abcdef", 1, "…"), "…");
        assert_eq!(elide_middle("abcdef", 0, "…"), "");
    }

    #[test]
    fn wrapping() {
        assert_eq!(wrap("one two three", None, 2), "one two three");
        assert_eq!(wrap("one two three", Some(13), 2), "one two three");
        assert_eq!(wrap("one two three four", Some(10), 2), "one two\n  three\n  four");
        assert_eq!(wrap("  one two three", Some(9), 2), "  one two\n  three");
        assert_eq!(wrap("indivisible", Some(4), 2), "indivisible");
    }

    proptest::proptest! {
        #[test]
        fn what_is_cut_fits(text in "\\PC*", limit in 0usize..30) {
            for cut in [elide(&text, limit, "…"), elide_middle(&text, limit, "…"), elide(&text, limit, "...")] {
                assert!(cells(&cut) <= limit, "{cut:?}");
            }
        }
    }
}
