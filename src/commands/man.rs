//! `windrow man`.

use std::path::{Path, PathBuf};

use super::{Globals, OK, Status};
use crate::domain::path::show;
use crate::error::Error;
use crate::store::deliver;
use crate::ui::{Ui, json};

/// Write the manual pages into a directory
///
/// `windrow.1`, a page for each verb, and `git-windrow.1`. For `man windrow` and `git help windrow` the directory is the `man1` of
/// a directory of manuals: windrow man ~/.local/share/man/man1
#[derive(clap::Args, Debug)]
pub struct ManArgs {
    /// The directory; made where it is missing
    #[arg(value_hint = clap::ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// Writes pages, each a file name and a text; those that are there are replaced.
pub fn run(ui: &Ui, globals: Globals, dir: &Path, pages: &[(String, Vec<u8>)]) -> Result<Status, Error> {
    let files: Vec<PathBuf> = pages.iter().map(|(name, _)| dir.join(name)).collect();
    if !globals.dry_run {
        for (file, (_, page)) in files.iter().zip(pages) {
            deliver::replace(file, page)?;
        }
    }
    if globals.json {
        let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        ui.json(&json::files("man", &paths, globals.dry_run));
    } else if globals.dry_run {
        ui.note(&format!("would write {} pages to {}", pages.len(), show(dir)));
    } else {
        ui.success(&format!("wrote {} pages to {}", pages.len(), show(dir)));
    }
    Ok(OK)
}
