//! What a client writes, line by line, as each of them: events without a panic.
#![no_main]

use windrow::domain::plan::OutputKind;
use windrow::domain::transcript::Transcript;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let kinds = [
        OutputKind::Text,
        OutputKind::Claude,
        OutputKind::Codex,
        OutputKind::Opencode,
        OutputKind::Gemini,
        OutputKind::Qwen,
        OutputKind::Copilot,
        OutputKind::Aider,
    ];
    for kind in kinds {
        let mut transcript = Transcript::default();
        for line in bytes.split(|byte| *byte == b'\n') {
            windrow::agent::events(kind, line).into_iter().for_each(|event| transcript.take(event));
        }
        let _ = (transcript.last_words(5), transcript.is_rate_limited(), transcript.raw_usage());
        windrow::agent::readable(kind, bytes);
    }
});
