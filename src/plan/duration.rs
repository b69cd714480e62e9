//! Lengths of time as people write them: `90s`, `30m`, `1h30m`, `500ms`.

/// The longest duration that is taken: 366 days, in milliseconds.
const LONGEST_MS: u64 = 366 * 24 * 3_600_000;

/// The units in the order that they must be written in, with their length in milliseconds.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is empty.
    #[error("a duration is written like `90s`, `30m` or `1h30m`, and this is empty")]
    Empty,
    /// A number without a unit.
    #[error("{0:?} has no unit; write `{0}s`, `{0}m` or `{0}h`")]
    NoUnit(String),
    /// It is not made of numbers and units, the units falling, each at most once.
    #[error("{0:?} is no duration; write it like `90s`, `30m`, `1h30m` or `500ms`")]
    Malformed(String),
    /// It is nothing.
    #[error("{0:?} is no time at all")]
    Zero(String),
    /// It is longer than 366 days.
    #[error("{0:?} is longer than 366 days")]
    TooLong(String),
}

/// Reads a duration and gives milliseconds, more than 0 and at most 366 days: one or more of a decimal number followed by
/// `h`, `m`, `s` or `ms`, in this order, without spaces, signs or fractions.
pub fn parse_duration(text: &str) -> Result<u64, DurationError> {
    let shown = || crop(text);
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DurationError::NoUnit(shown()));
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |b| b.is_ascii_digit());
        let (unit, after) = split(after, |b| b.is_ascii_alphabetic());
        let length = units.by_ref().find(|(name, _)| *name == unit).map(|(_, length)| *length);
        let (false, Some(length)) = (number.is_empty(), length) else {
            return Err(DurationError::Malformed(shown()));
        };
        let part = number.parse().ok().and_then(|number: u64| number.checked_mul(length));
        let sum = part.and_then(|part| total.checked_add(part)).filter(|sum| *sum <= LONGEST_MS);
        total = sum.ok_or_else(|| DurationError::TooLong(shown()))?;
        rest = after;
    }
    if total == 0 { Err(DurationError::Zero(shown())) } else { Ok(total) }
}

fn split(text: &str, belongs: fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(|b| !belongs(b)).unwrap_or(text.len()))
}

fn crop(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("90s", 90_000),
            ("30m", 1_800_000),
            ("2h", 7_200_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("1h1m1s1ms", 3_661_001),
            ("1m500ms", 60_500),
            ("0h5s", 5_000),
            ("007s", 7_000),
            ("8784h", LONGEST_MS),
        ] {
            assert_eq!(parse_duration(text), Ok(ms), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let refused = |text: &str| parse_duration(text).unwrap_err();
        assert_eq!(refused(""), DurationError::Empty);
        assert_eq!(refused("90"), DurationError::NoUnit("90".into()));
        for text in [
            "s", "1d", "1m1h", "1s1s", "1 m", " 1m", "1m ", "-1s", "+1s", "1.5h", "1H", "1ms1", "1h30", "m5",
            "1µs", "１s", "1m\0", "5sm",
        ] {
            assert_eq!(refused(text), DurationError::Malformed(text.into()), "{text}");
        }
        assert_eq!(refused("0s"), DurationError::Zero("0s".into()));
        assert_eq!(refused("0h0m"), DurationError::Zero("0h0m".into()));
        for text in ["8785h", "99999999999999999999999s", "18446744073709551615h"] {
            assert_eq!(refused(text), DurationError::TooLong(text.into()), "{text}");
        }
    }
}
