//! The settings files: the user's, then the repository's.

use std::path::Path;

use crate::commands::Environment;
use crate::domain::place::Place;
use crate::domain::plan::Problem;
use crate::domain::settings::Settings;
use crate::error::Error;
use crate::plan::{SettingsLayer, parse_settings, settings_text};
use crate::ui::Ui;

/// Reads and merges them. What the repository's own file wants to be run is noted as such: it needs an approval.
pub(super) fn load(_environment: &Environment, place: &Place, ui: &Ui) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    if let Some(file) = super::environment::user_settings() {
        apply(read(&file, &mut problems), &file, &mut settings, ui);
    }
    if let Some(root) = &place.main_worktree {
        let file = root.join(".config/windrow.toml");
        let layer = read(&file, &mut problems).map(|mut layer| {
            if layer.trash_days.take().is_some() | layer.trash_size.take().is_some() {
                ui.warn(&format!(
                    "`trash` of {} is left out, because a repository does not decide what is deleted; \
                     write it in ~/.config/windrow/config.toml",
                    crate::domain::path::show(&file)
                ));
            }
            // A landing reads it from the target, not from the files here.
            layer.gate = None;
            settings.of_repository.clone_from(&layer.commands);
            layer
        });
        apply(layer, &file, &mut settings, ui);
    }
    if problems.is_empty() { Ok(settings) } else { Err(Error::problems(&problems)) }
}

/// Reads them without a word, for completion: a file that is wrong is left out.
pub(super) fn quietly(place: Option<&Place>) -> Settings {
    let mut settings = Settings::default();
    let of_user = super::environment::user_settings();
    let of_repository =
        place.and_then(|place| place.main_worktree.as_ref()).map(|root| root.join(".config/windrow.toml"));
    if let Some(layer) = of_user.and_then(|file| read(&file, &mut Vec::new())) {
        layer.apply(&mut settings);
    }
    if let Some(layer) = of_repository.and_then(|file| read(&file, &mut Vec::new())) {
        layer.apply(&mut settings);
    }
    settings
}

fn read(file: &Path, problems: &mut Vec<Problem>) -> Option<SettingsLayer> {
    let text = match settings_text(file) {
        Ok(text) => text,
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return None;
        }
        Err(error) => {
            problems.push(Problem {
                file: file.to_owned(),
                at: None,
                message: format!("it cannot be read: {error}"),
            });
            return None;
        }
    };
    match parse_settings(file, &text) {
        Ok(layer) => Some(layer),
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

fn apply(layer: Option<SettingsLayer>, file: &Path, settings: &mut Settings, ui: &Ui) {
    let Some(layer) = layer else { return };
    if !layer.unsupported.is_empty() {
        let keys = layer.unsupported.join(", ");
        ui.warn(&format!(
            "{}: not supported by this version yet, and left out: {keys}",
            crate::domain::path::show(file)
        ));
    }
    layer.apply(settings);
}
