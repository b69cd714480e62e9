//! A task under review.

use super::{diff, status};
use crate::commands::Context;
use crate::commands::gather::World;
use crate::domain::diff::TaskDiff;
use crate::domain::name::TaskName;
use crate::domain::review::{Overlap, Review, is_lock_file};
use crate::domain::status::TaskStatus;
use crate::domain::task::TaskRecord;
use crate::error::Error;
use crate::git::diff::generated;
use crate::ui::view::ReviewRow;

/// A task under review.
pub(super) struct Item {
    /// The task as `status` has it.
    pub(super) status: TaskStatus,
    /// Its change, with the text.
    pub(super) diff: TaskDiff,
    /// Marks and notes.
    pub(super) review: Review,
    folded: Vec<bool>,
    also_in: Vec<Vec<TaskName>>,
}

impl Item {
    /// Reads it.
    pub(super) fn read(cx: &Context, task: &TaskRecord) -> Result<Self, Error> {
        let world = World::read(cx)?;
        let one = std::slice::from_ref(task);
        let mut statuses = status::statuses_without_diff(cx, &world, one)?;
        let Some(status) = statuses.pop() else {
            return Err(Error::refused(format!("there is no task `{}`", task.name)));
        };
        let diff = diff::of(cx, task, true)?;
        let paths: Vec<_> = diff.files.iter().map(|file| &file.path).collect();
        let generated = generated(&cx.repo, &task.place(), &paths);
        let folded = generated.iter().zip(&paths).map(|(says, path)| *says || is_lock_file(path)).collect();
        let review = diff::review_of(cx, task);
        Ok(Self { status, diff, review, folded, also_in: Vec::new() })
    }

    /// Finds the other tasks that change the same files.
    pub(super) fn compare(&mut self, overlap: &Overlap<'_>) {
        let others = |file| overlap.others(&self.diff.task, file).into_iter().cloned().collect();
        self.also_in = self.diff.files.iter().map(others).collect();
    }

    /// Gives what is shown of it.
    pub(super) fn row(&self) -> ReviewRow<'_> {
        let Self { status, diff, review, folded, also_in } = self;
        ReviewRow { status, diff, review, folded, also_in }
    }

    /// Tells whether a file is shown only when it is asked for.
    pub(super) fn is_folded(&self, file: usize) -> bool {
        self.folded.get(file).copied().unwrap_or_default()
    }
}
