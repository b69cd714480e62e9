//! What comes from an agent, on its way to a terminal: nothing that a terminal would obey is left but colours.
#![no_main]

use windrow::ui::escape::{drop_sgr, keep_sgr, one_line_within, visible_bytes};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for text in [visible_bytes(bytes), drop_sgr(bytes), one_line_within(&String::from_utf8_lossy(bytes), 40, "…")] {
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2066}', '\r', '\u{7}', '\u{8}']), "{text:?}");
    }
    let kept = keep_sgr(bytes);
    for (at, _) in kept.match_indices('\u{1b}') {
        let rest = &kept[at + 1..];
        let end = rest.find('m').expect("the end of a colour");
        assert!(rest.starts_with('[') && rest[1..end].bytes().all(|byte| byte.is_ascii_digit() || byte == b';' || byte == b':'));
    }
});
