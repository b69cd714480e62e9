//! `merge`: what landed and what did not.

use crate::domain::merge::{Landing, Rejection, Strategy};

use super::super::escape::one_line;
use super::super::style::Meaning;
use super::super::text;
use super::{Look, Tense};

/// Shows what was or would be landed, and what was not, with what stands in its way.
pub fn landed(landed: &[Landing], rejected: &[Rejection], tense: Tense, look: &Look<'_>) -> String {
    if landed.is_empty() && rejected.is_empty() {
        return format!("{} nothing to merge\n", look.style.mark(Meaning::Info));
    }
    let names = landed.iter().map(|l| &l.task).chain(rejected.iter().map(|r| &r.task));
    let names = names.map(|name| text::cells(&one_line(name.as_str()))).max().unwrap_or(0).min(24);
    let mut out = String::new();
    for landing in landed {
        let how = match landing.strategy {
            Strategy::Merge => "merge commit",
            Strategy::Squash => "squashed",
            Strategy::Rebase => "rebased",
            Strategy::Ff => "fast-forward",
        };
        let (meaning, what) = match tense {
            Tense::Before => (Meaning::Info, format!("would land in {} ({how})", landing.into)),
            Tense::After => (
                Meaning::Success,
                format!("landed in {} as {} ({how})", landing.into, landing.commit.short()),
            ),
        };
        out.push_str(&look.entry((meaning, "", names), &landing.task, &what));
    }
    for rejection in rejected {
        let what = format!("{}: {}", rejection.reason, rejection.detail);
        out.push_str(&look.entry((Meaning::Failure, "", names), &rejection.task, &what));
        look.conflicts(&mut out, &rejection.conflicts);
        look.list(&mut out, rejection.paths.iter().map(ToString::to_string));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{landings, look, rejections};
    use super::*;
    use crate::ui::style::tests::{ASCII, PLAIN};

    #[test]
    fn before_and_after() {
        let (some, others) = (landings(), rejections());
        insta::assert_snapshot!(landed(&some, &others, Tense::After, &look(PLAIN, Some(80))), @r#"
        ✓ users-api  landed in main as ababababa (merge commit)
        ✓ docs       landed in main as ababababa (squashed)
        ✓ x          landed in main as ababababa (fast-forward)
        ✗ tests      conflict: 2 files conflict with `main`
            Cargo.lock (modify-delete)
            "src/a\nb.rs" (content)
        ✗ schema     dirty: 12 files are uncommitted
            src/1.rs
            src/2.rs
            src/3.rs
            src/4.rs
            src/5.rs
            src/6.rs
            src/7.rs
            src/8.rs
            src/9.rs
            src/10.rs
            and 2 more
        ✗ child      held-back: `tests` was not landed
        "#);
        insta::assert_snapshot!(landed(&some[..1], &[], Tense::Before, &look(ASCII, Some(80))), @"- users-api  would land in main (merge commit)");
        insta::assert_snapshot!(landed(&[], &[], Tense::After, &look(PLAIN, None)), @"○ nothing to merge");
    }
}
