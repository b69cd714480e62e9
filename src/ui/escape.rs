//! Text of agents and repositories made safe for a terminal (DESIGN §8.11).
//!
//! Whatever goes in, what comes out holds no escape character but that of colour sequences which this module wrote or
//! let pass as a whole, no C0 character but line feed and tab, no C1 character, no bidirectional control, and nothing
//! that takes no room without belonging to a letter. Pieces of output may therefore be joined in any way.

use crate::domain::path::is_hostile;

use super::text;

/// What becomes of well-formed colour sequences (`ESC [ digits ; … m`, SGR).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sgr {
    /// They are shown like everything else.
    Show,
    /// They are left out: they carry nothing to read.
    Drop,
    /// They stay, and each line ends with a reset if one is in force. Those that hide text are shown.
    Keep,
}

/// Makes text safe; `\n` and `\t` stay.
pub fn visible(text: &str) -> String {
    render(text.as_bytes(), Sgr::Show)
}

/// The same for bytes, of which those that are not UTF-8 become `\xNN`.
pub fn visible_bytes(bytes: &[u8]) -> String {
    render(bytes, Sgr::Show)
}

/// The same for a log on a terminal with colour.
pub fn keep_sgr(bytes: &[u8]) -> String {
    render(bytes, Sgr::Keep)
}

/// The same without the colours.
pub fn drop_sgr(bytes: &[u8]) -> String {
    render(bytes, Sgr::Drop)
}

/// Makes text safe and fit for one line: colours left out, line ends and tabs become spaces.
pub fn one_line(text: &str) -> String {
    let safe = drop_sgr(text.as_bytes());
    safe.replace(['\n', '\t'], " ").trim_end().to_owned()
}

/// The same, cut to a number of terminal cells with `ellipsis` at its end.
pub fn one_line_within(text: &str, cells: usize, ellipsis: &str) -> String {
    // A line of many megabytes is not worth reading to its end: four bytes a cell, and as many again for what hides.
    let limit = cells.saturating_mul(64).max(4096);
    let head = match text.char_indices().find(|(i, _)| *i >= limit) {
        Some((i, _)) => &text[..i],
        None => text,
    };
    text::elide(&one_line(head), cells, ellipsis)
}

/// Writes JSON text so that it is safe on a terminal too: what is hostile becomes `\uXXXX`, which reads the same.
/// `json` must be a JSON text, in which such characters stand only inside strings.
pub(super) fn json_text(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_unsafe(c) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

fn render(bytes: &[u8], sgr: Sgr) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut colored = false;
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        let color = if byte == 0x1b && sgr != Sgr::Show { sgr_len(rest) } else { None };
        if let Some(len) = color {
            if sgr == Sgr::Keep {
                let sequence = String::from_utf8_lossy(&rest[..len]);
                colored = !matches!(&*sequence, "\x1b[m" | "\x1b[0m");
                out.push_str(&sequence);
            }
            rest = &rest[len..];
            continue;
        }
        if rest.starts_with(b"\r\n") {
            rest = &rest[1..];
            continue;
        }
        if byte == b'\n' && colored {
            out.push_str("\x1b[0m");
            colored = false;
        }
        rest = &rest[push_char(&mut out, rest)..];
    }
    if colored {
        out.push_str("\x1b[0m");
    }
    out
}

/// Appends the first character of `rest` in its safe form and gives its length in bytes.
fn push_char(out: &mut String, rest: &[u8]) -> usize {
    // Long enough for one character; a shorter piece would make every call look at the whole rest.
    let piece = &rest[..rest.len().min(4)];
    let Some(chunk) = piece.utf8_chunks().next() else { return rest.len() };
    match chunk.valid().chars().next() {
        Some(c) => {
            match c {
                '\n' | '\t' => out.push(c),
                '\r' => out.push_str("\\r"),
                c if (c as u32) < 0x80 && c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
                c if is_unsafe(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
                c => out.push(c),
            }
            c.len_utf8()
        }
        None => {
            let bad = &chunk.invalid()[..1];
            bad.iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
            bad.len()
        }
    }
}

/// Tells whether a character is hostile, or takes no room and is not a part of how a language is written.
fn is_unsafe(c: char) -> bool {
    is_hostile(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'
            | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Gives the length of the colour sequence that `bytes` begin with, unless it would conceal text (SGR 8).
fn sgr_len(bytes: &[u8]) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let end = parameters.iter().take(48).position(|b| !b.is_ascii_digit() && *b != b';')?;
    if parameters[end] != b'm' {
        return None;
    }
    let text = std::str::from_utf8(&parameters[..end]).ok()?;
    let mut numbers = text.split(';').map(|number| number.trim_start_matches('0'));
    while let Some(number) = numbers.next() {
        match number {
            "8" => return None,
            // 38;5;N and 38;2;R;G;B: what follows is a colour, in which 8 means nothing.
            "38" | "48" | "58" => match numbers.next() {
                Some("5") => drop(numbers.next()),
                Some("2") => drop(numbers.nth(2)),
                _ => return None,
            },
            _ => {}
        }
    }
    Some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a hostile agent or a hostile repository may write. Each is tried alone, split at each byte, and in the
    /// middle of text.
    const TEXTS: &[&str] = &[
        // Titles, links, clipboard, notifications, colours: OSC.
        "\x1b]0;title\x07",
        "\x1b]1;icon\x07",
        "\x1b]2;title\x1b\\",
        "\x1b]8;;https://e.example\x07text\x1b]8;;\x07",
        "\x1b]8;id=1;file:///etc/passwd\x1b\\x\x1b]8;;\x1b\\",
        "\x1b]52;c;cm0gLXJmIH4=\x07",
        "\x1b]52;c;?\x07",
        "\x1b]4;0;rgb:00/00/00\x07",
        "\x1b]10;?\x07",
        "\x1b]11;#000000\x07",
        "\x1b]7;file://h/x\x07",
        "\x1b]9;notify\x07",
        "\x1b]9;4;1;50\x07",
        "\x1b]99;i=1;x\x1b\\",
        "\x1b]777;notify;a;b\x07",
        "\x1b]133;A\x07",
        "\x1b]1337;File=name=x:AAAA\x07",
        "\x1b]50;font\x07",
        "\x1b]104\x07",
        "\x1b]unterminated",
        // DCS, APC, PM, SOS.
        "\x1bP+q544e\x1b\\",
        "\x1bP$q\"p\x1b\\",
        "\x1bPq#0;2;0;0;0~-\x1b\\",
        "\x1bP1000p",
        "\x1b_Gf=24;AAAA\x1b\\",
        "\x1b_tmux\x1b\\",
        "\x1b^private\x1b\\",
        "\x1bXstring\x1b\\",
        "\x1bPtmux;\x1b\x1b]52;c;AA\x07\x1b\\",
        // CSI: modes, cursor, erasing, reports.
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\x1b[?25l",
        "\x1b[?1000h",
        "\x1b[?1003h",
        "\x1b[?2004h",
        "\x1b[?7l",
        "\x1b[?47h",
        "\x1b[2J",
        "\x1b[3J",
        "\x1b[H",
        "\x1b[1;1H",
        "\x1b[2K",
        "\x1b[1A",
        "\x1b[99999D",
        "\x1b[s",
        "\x1b[u",
        "\x1b[6n",
        "\x1b[c",
        "\x1b[>c",
        "\x1b[=c",
        "\x1b[0x",
        "\x1b[21t",
        "\x1b[14t",
        "\x1b[8;1;1t",
        "\x1b[5i",
        "\x1b[4i",
        "\x1b[!p",
        "\x1b[1;5r",
        "\x1b[20h",
        "\x1b[99b",
        "\x1b[>4;1m",
        "\x1b[?4m",
        "\x1b[ q",
        "\x1b[0\"q",
        "\x1b[1$r",
        "\x1b[",
        "\x1b[31",
        "\x1b[3\x1b[31m",
        "\x1b[31\nm",
        "\x1b[8m",
        "\x1b[08m",
        "\x1b[1;8;3m",
        "\x1b[4:3m",
        "\x1b[38;9;1m",
        "\x1b[38;2;8;8m",
        "\x1b[48;5m",
        // Other escapes.
        "\x1b",
        "\x1b\x1b",
        "\x1bc",
        "\x1b7",
        "\x1b8",
        "\x1bD",
        "\x1bE",
        "\x1bM",
        "\x1bH",
        "\x1bN",
        "\x1bO",
        "\x1bZ",
        "\x1b(0",
        "\x1b)B",
        "\x1b#8",
        "\x1b%G",
        "\x1b%@",
        "\x1b=",
        "\x1b>",
        "\x1bn",
        "\x1b|",
        "\x1b \x46",
        // C0 and DEL.
        "\0",
        "\x01",
        "\x05",
        "\x07",
        "\x08",
        "safe\x08\x08\x08\x08evil",
        "\x0b",
        "\x0c",
        "\r",
        "visible\rhidden",
        "\x0e",
        "\x0f",
        "\x11",
        "\x13",
        "\x18",
        "\x1a",
        "\x1c",
        "\x1f",
        "\x7f",
        "\r\r\n",
        "\x1b\r\n[31m",
        // C1 as characters.
        "\u{80}",
        "\u{84}",
        "\u{85}",
        "\u{88}",
        "\u{8d}",
        "\u{8e}",
        "\u{90}q\u{9c}",
        "\u{98}",
        "\u{9b}31m",
        "\u{9b}?1049h",
        "\u{9c}",
        "\u{9d}0;t\u{9c}",
        "\u{9e}",
        "\u{9f}G\u{9c}",
        // Bidirectional controls, and what takes no room.
        "\u{61c}",
        "\u{200e}",
        "\u{200f}",
        "\u{202a}",
        "\u{202b}",
        "\u{202c}",
        "\u{202d}",
        "\u{202e}gpj.exe",
        "\u{2066}",
        "\u{2067}",
        "\u{2068}",
        "\u{2069}",
        "\u{200b}",
        "\u{2060}",
        "\u{2061}",
        "\u{feff}",
        "\u{ad}",
        "\u{180e}",
        "\u{2028}",
        "\u{2029}",
        "\u{206a}",
        "\u{3164}",
        "\u{115f}",
        "\u{ffa0}",
        "\u{fff9}",
        "\u{e0001}",
        "\u{e0041}\u{e0042}",
        "\u{e0100}",
        "\u{34f}",
        "\u{1d173}",
    ];
    /// The same with bytes that are not UTF-8: eight-bit C1, cut and overlong sequences, surrogates.
    const BYTES: &[&[u8]] = &[
        b"\x80",
        b"\x84",
        b"\x85",
        b"\x8d",
        b"\x90q\x9c",
        b"\x9b31m",
        b"\x9b?1049h",
        b"\x9d0;t\x9c",
        b"\x9f",
        b"\xff",
        b"\xfe\xff",
        b"\xc2",
        b"\xe2\x80",
        b"\xf0\x9f\x98",
        b"\xc0\x9b",
        b"\xe0\x80\x9b",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc2\x1b[31m",
        b"\xe2\x80\x1b]0;x\x07",
        b"a\xffb\x1b",
    ];

    fn corpus() -> Vec<Vec<u8>> {
        TEXTS.iter().map(|text| text.as_bytes()).chain(BYTES.iter().copied()).map(<[u8]>::to_vec).collect()
    }

    /// Fails if the text is not safe; colour sequences that are not `own` count as unsafe.
    fn assert_safe(text: &str, own: bool, of: &[u8]) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if own && c == '\x1b' {
                let len = sgr_len(rest.as_bytes()).unwrap_or_else(|| panic!("{text:?} of {of:?}"));
                rest = &rest[len..];
                continue;
            }
            assert!(c == '\n' || c == '\t' || !is_unsafe(c), "{c:?} in {text:?} of {of:?}");
            rest = &rest[c.len_utf8()..];
        }
    }

    #[test]
    fn nothing_of_the_corpus_comes_through() {
        let corpus = corpus();
        assert!(corpus.len() >= 120, "{}", corpus.len());
        for payload in &corpus {
            let mut inside = b"before ".to_vec();
            inside.extend_from_slice(payload);
            inside.extend_from_slice(b" after\nnext");
            for bytes in [payload.as_slice(), &inside] {
                assert_safe(&visible_bytes(bytes), false, bytes);
                assert_safe(&drop_sgr(bytes), false, bytes);
                assert_safe(&keep_sgr(bytes), true, bytes);
                let line = one_line(&String::from_utf8_lossy(bytes));
                assert_safe(&line, false, bytes);
                assert!(!line.contains(['\n', '\t']), "{line:?}");
                let json = serde_json::to_string(&String::from_utf8_lossy(bytes)).unwrap();
                assert_safe(&json_text(&json), false, bytes);
            }
        }
    }

    #[test]
    fn a_payload_in_two_pieces_is_as_harmless_as_in_one() {
        for payload in corpus() {
            for at in 0..=payload.len() {
                let (a, b) = payload.split_at(at);
                assert_safe(&format!("{}{}", visible_bytes(a), visible_bytes(b)), false, &payload);
                assert_safe(&format!("{}{}", keep_sgr(a), keep_sgr(b)), true, &payload);
            }
        }
    }

    #[test]
    fn what_was_there_can_be_read() {
        assert_eq!(visible("a\x1b]0;x\x07b"), r"a\x1b]0;x\x07b");
        assert_eq!(visible("user\u{202e}txt.exe"), r"user\u{202e}txt.exe");
        assert_eq!(visible_bytes(b"a\xffb\x9b31m"), r"a\xffb\x9b31m");
        assert_eq!(visible("one\r\ntwo\rthree\tfour\u{9b}"), "one\ntwo\\rthree\tfour\\u{9b}");
    }

    #[test]
    fn text_of_all_languages_stays_as_it_is() {
        for text in [
            "plain",
            "ärger",
            "日本語",
            "नमस्ते",
            "می\u{200c}خواهم",
            "👩\u{200d}💻 ❤\u{fe0f}",
            "e\u{301}",
            "שלום",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn colours_stay_where_they_may_and_end_with_the_line() {
        assert_eq!(keep_sgr(b"\x1b[1;31mred\nplain"), "\x1b[1;31mred\x1b[0m\nplain");
        assert_eq!(keep_sgr(b"\x1b[31mred\x1b[0m\n"), "\x1b[31mred\x1b[0m\n");
        assert_eq!(keep_sgr(b"\x1b[38;5;8mgrey\x1b[m"), "\x1b[38;5;8mgrey\x1b[m");
        assert_eq!(keep_sgr(b"\x1b[38;2;8;8;8mgrey"), "\x1b[38;2;8;8;8mgrey\x1b[0m");
        assert_eq!(keep_sgr(b"\x1b[8mhidden"), r"\x1b[8mhidden");
        assert_eq!(drop_sgr(b"\x1b[31mred\x1b[0m \x1b[2J"), r"red \x1b[2J");
    }

    #[test]
    fn one_line_is_one_line_of_the_given_width() {
        assert_eq!(one_line("\x1b[31ma\nb\tc\x1b[0m\n"), "a b c");
        assert_eq!(one_line_within("a\nfairly long line", 8, "…"), "a fairl…");
        let endless = "\u{202e}".repeat(1_000_000);
        assert!(one_line_within(&endless, 20, "…").len() < 100);
    }

    #[test]
    fn json_reads_the_same() {
        for text in ["a\u{9b}b\u{202e}\x7f", "\u{e0041}", "é\n\x1b"] {
            let json = json_text(&serde_json::to_string(text).unwrap());
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_made_safe(bytes: Vec<u8>) {
            assert_safe(&visible_bytes(&bytes), false, &bytes);
            assert_safe(&keep_sgr(&bytes), true, &bytes);
        }

        #[test]
        fn any_text_is_made_safe(text in "(\\PC|\u{1b}|\\[|[0-9;m]|\u{202e}|\u{9b})*") {
            assert_safe(&keep_sgr(text.as_bytes()), true, text.as_bytes());
            assert_safe(&one_line(&text), false, text.as_bytes());
        }
    }
}
