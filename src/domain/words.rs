//! Which words differ between two texts.

use std::ops::Range;

/// The most pairs of words that are compared; beyond it the whole middle counts as changed.
const LIMIT: usize = 1 << 18;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The text.
    pub text: &'a str,
    /// Whether the other text lacks it there.
    pub changed: bool,
}

/// Compares two texts word by word. Each side comes back in pieces that make up the text again.
pub fn compare<'a>(old: &'a str, new: &'a str) -> (Vec<Piece<'a>>, Vec<Piece<'a>>) {
    let (a, b) = (split(old), split(new));
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = a[head..].iter().rev().zip(b[head..].iter().rev());
    let tail = rest.take_while(|(a, b)| a == b).count();
    let (mut left, mut right) = (vec![false; a.len()], vec![false; b.len()]);
    let (in_a, in_b) = (head..a.len() - tail, head..b.len() - tail);
    mark(&a[in_a.clone()], &b[in_b.clone()], &mut left[in_a], &mut right[in_b]);
    (pieces(old, &a, &left), pieces(new, &b, &right))
}

/// Tells whether two texts have enough in common that words say more than lines: a third of the longer.
pub fn are_alike(old: &[Piece<'_>], new: &[Piece<'_>]) -> bool {
    let words = |pieces: &[Piece<'_>], all: bool| -> usize {
        pieces.iter().filter(|piece| all || !piece.changed).map(|piece| piece.text.trim().len()).sum()
    };
    words(old, false) * 3 >= words(old, true).max(words(new, true))
}

/// Splits a text into runs of letters and digits, runs of spaces, and single other characters.
fn split(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 0,
        _ if c.is_whitespace() => 1,
        _ => 2,
    };
    let (mut words, mut start, mut before) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| before != kind(c) || before == 2) {
            words.push(&text[start..at]);
            start = at;
        }
        before = Some(kind(c));
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// Marks what is in no longest common subsequence.
fn mark(a: &[&str], b: &[&str], left: &mut [bool], right: &mut [bool]) {
    left.fill(true);
    right.fill(true);
    let row = b.len() + 1;
    if a.is_empty() || b.is_empty() || a.len().saturating_mul(b.len()) > LIMIT {
        return;
    }
    let mut longest = vec![0_u32; (a.len() + 1) * row];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * row + j] = if a[i] == b[j] {
                longest[(i + 1) * row + j + 1] + 1
            } else {
                longest[(i + 1) * row + j].max(longest[i * row + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            (left[i], right[j]) = (false, false);
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * row + j] >= longest[i * row + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

fn pieces<'a>(text: &'a str, words: &[&str], changed: &[bool]) -> Vec<Piece<'a>> {
    let mut found: Vec<(Range<usize>, bool)> = Vec::new();
    let mut at = 0;
    for (word, changed) in words.iter().zip(changed) {
        let end = at + word.len();
        match found.last_mut() {
            Some((range, before)) if before == changed => range.end = end,
            _ => found.push((at..end, *changed)),
        }
        at = end;
    }
    found.into_iter().map(|(range, changed)| Piece { text: &text[range], changed }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(pieces: &[Piece<'_>]) -> String {
        let show = |piece: &Piece<'_>| {
            if piece.changed { format!("[{}]", piece.text) } else { piece.text.to_owned() }
        };
        pieces.iter().map(show).collect()
    }

    #[test]
    fn words_are_found() {
        let (old, new) = compare("let x = foo(1, two);", "let y = foo(1, 2, two);");
        assert_eq!(shown(&old), "let [x] = foo(1, two);");
        assert_eq!(shown(&new), "let [y] = foo(1[, 2], two);");
        assert!(are_alike(&old, &new));
        let (old, new) = compare("one two three", "four five six");
        assert!(!are_alike(&old, &new));
    }

    #[test]
    fn a_text_too_large_is_changed_as_a_whole() {
        let of = |word: &str| format!("same {} same", format!("{word} ").repeat(1000));
        let (a, b) = (of("a"), of("b"));
        let (old, new) = compare(&a, &b);
        assert_eq!(old.iter().chain(&new).filter(|piece| piece.changed).count(), 2);
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_texts(old in "[ab ,é]{0,30}", new in "[ab ,é]{0,30}") {
            let (left, right) = compare(&old, &new);
            let whole = |pieces: &[Piece<'_>]| pieces.iter().map(|piece| piece.text).collect::<String>();
            prop_assert_eq!(whole(&left), old.as_str());
            prop_assert_eq!(whole(&right), new.as_str());
            let same = |pieces: &[Piece<'_>]| -> String {
                pieces.iter().filter(|piece| !piece.changed).map(|piece| piece.text).collect()
            };
            prop_assert_eq!(same(&left), same(&right));
        }
    }
}
