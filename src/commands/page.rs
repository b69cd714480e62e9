//! Long output goes to the user's pager, as git's does.

use super::Context;
use crate::git::pager::{self, Configured};
use crate::process::{Interrupt, Pager};

/// As long as this lives, standard output goes to a pager; at its end the user has read it.
#[must_use = "it ends where it is dropped"]
pub struct Paged<'a> {
    pager: Option<(Pager, &'a Context)>,
    colors_itself: bool,
}

impl Paged<'_> {
    /// Shows a patch; a pager that colours patches by itself gets it plain.
    pub fn patch(&self, cx: &Context, patch: &[u8]) {
        if self.colors_itself {
            cx.ui.plain_patch(patch);
        } else {
            cx.ui.patch(patch);
        }
    }
}

impl Drop for Paged<'_> {
    fn drop(&mut self) {
        if let Some((pager, cx)) = &mut self.pager {
            cx.ui.end_page();
            pager.wait();
        }
    }
}

/// Starts the user's pager for a verb where standard output is a terminal; elsewhere, or where the user wants none,
/// nothing is changed.
pub fn begin<'a>(cx: &'a Context, verb: &str) -> Paged<'a> {
    let none = Paged { pager: None, colors_itself: false };
    if !cx.ui.options().pager || cx.globals.json {
        return none;
    }
    let env = |name: &str| cx.environment.env.get(name).map(String::as_str);
    // What cannot be found out leaves the usual pager.
    let configured = pager::configured(cx.repo.place()).unwrap_or_default();
    let Some((line, asked)) = choose(verb, env("GIT_PAGER"), &configured, env("PAGER")) else { return none };
    let unset = |(name, _): &(&str, &str)| env(name).is_none();
    let defaults: Vec<_> = [("LESS", "FRX"), ("LV", "-c")].into_iter().filter(unset).collect();
    // An interrupt is the pager's: it must not lose the terminal to a shell that thinks that we are gone.
    let caught = Interrupt::install();
    match caught.and_then(|_| Pager::start(line, &defaults)) {
        Ok((pager, input)) => {
            cx.ui.page(input);
            Paged { pager: Some((pager, cx)), colors_itself: colors_itself(line) }
        }
        Err(error) => {
            if asked {
                cx.ui.warn(&format!("no pager: {}", error.in_one_line()));
            }
            none
        }
    }
}

/// Chooses the command line, and tells whether somebody asked for it. `pager.diff` stands above all, then git's order:
/// `GIT_PAGER`, `core.pager`, `PAGER`, `less`. An empty line and `cat` are none.
fn choose<'a>(
    verb: &str,
    git_pager: Option<&'a str>,
    configured: &'a Configured,
    pager: Option<&'a str>,
) -> Option<(&'a str, bool)> {
    let of_diff = configured.diff.as_deref().filter(|_| verb == "diff");
    let of_diff = match of_diff.map(str::to_ascii_lowercase).as_deref() {
        Some("false" | "no" | "off" | "0" | "") => return None,
        Some("true" | "yes" | "on" | "1") | None => None,
        Some(_) => of_diff,
    };
    let asked = of_diff.or(git_pager).or(configured.core.as_deref()).or(pager);
    let line = asked.unwrap_or("less").trim();
    (!line.is_empty() && line != "cat").then_some((line, asked.is_some()))
}

/// Tells whether a pager reads a patch without colours and gives it its own.
fn colors_itself(line: &str) -> bool {
    let words = line.split(['|', ' ', '\t']);
    words.filter_map(|word| word.rsplit('/').next()).any(|name| matches!(name, "delta" | "diff-so-fancy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_gits() {
        let core = Configured { core: Some("delta".into()), ..Configured::default() };
        let none = Configured::default();
        assert_eq!(choose("diff", Some("a -b"), &core, Some("c")), Some(("a -b", true)));
        assert_eq!(choose("diff", None, &core, Some("c")), Some(("delta", true)));
        assert_eq!(choose("diff", None, &none, Some("c")), Some(("c", true)));
        assert_eq!(choose("diff", None, &none, None), Some(("less", false)));
        assert_eq!(choose("diff", Some(""), &core, Some("c")), None);
        assert_eq!(choose("diff", Some("cat"), &core, Some("c")), None);
    }

    #[test]
    fn a_pager_of_diff_is_for_diff() {
        let of = |diff: &str| Configured {
            core: Some("more".into()),
            diff: Some(diff.into()),
            ..Configured::default()
        };
        assert_eq!(choose("diff", None, &of("delta -s"), None), Some(("delta -s", true)));
        assert_eq!(choose("logs", None, &of("delta -s"), None), Some(("more", true)));
        assert_eq!(choose("diff", Some("x"), &of("false"), None), None);
        assert_eq!(choose("diff", None, &of("True"), None), Some(("more", true)));
    }

    #[test]
    fn pagers_that_colour() {
        assert!(colors_itself("delta"));
        assert!(colors_itself("/usr/bin/delta --dark"));
        assert!(colors_itself("diff-so-fancy | less -R"));
        assert!(!colors_itself("less -R") && !colors_itself("less --delta"));
    }
}
