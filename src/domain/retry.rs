//! Trying again: which outcomes are worth it, and how long a task rests before.

use super::outcome::Outcome;

/// The rest before the first further attempt, in milliseconds; each later one is twice as long.
const FIRST_REST_MS: u64 = 1_000;

/// The longest rest, in milliseconds.
const LONGEST_REST_MS: u64 = 60_000;

/// Tells whether another attempt may end better. One that was stopped was not wanted, one that needs a person's
/// attention will need it again.
pub const fn is_worth_retrying(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::TimedOut | Outcome::Lost | Outcome::RateLimited)
}

/// Gives the rest before the `nth` further attempt, counted from 1, in milliseconds.
pub fn rest_ms(nth: u32) -> u64 {
    let doubled = 1_u64.checked_shl(nth.saturating_sub(1)).unwrap_or(u64::MAX);
    FIRST_REST_MS.saturating_mul(doubled).min(LONGEST_REST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_a_minute() {
        let rests: Vec<u64> = (1..=8).map(rest_ms).collect();
        assert_eq!(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(rest_ms(u32::MAX), 60_000);
    }

    #[test]
    fn what_was_stopped_is_not_tried_again() {
        let worth = [Outcome::Failed, Outcome::TimedOut, Outcome::Lost, Outcome::RateLimited];
        assert!(worth.into_iter().all(is_worth_retrying));
        let not =
            [Outcome::Done, Outcome::Empty, Outcome::Stopped, Outcome::NeedsAttention, Outcome::NotStarted];
        assert!(!not.into_iter().any(is_worth_retrying));
    }
}
