//! Reading on a terminal: one file after the other, a key at a time.

use super::item::Item;
use crate::commands::gather::World;
use crate::commands::{Context, OK, Status, clean, merge, page};
use crate::domain::clean::Class;
use crate::domain::name::TaskName;
use crate::domain::review::{Note, Overlap, Review, next};
use crate::error::{Error, Kind};
use crate::git::pager;
use crate::process;
use crate::ui::show;
use crate::ui::{ErrorView, Press};

const KEYS: &str = "space viewed · u not viewed · n next · p back · N unviewed · j jump · o open · c note · e edit · \
                    d tool · a accept · m merge · x discard · l later · q quit";

/// What is read, and where one is.
struct Walk<'a> {
    cx: &'a Context,
    items: Vec<Item>,
    overlap: &'a Overlap<'a>,
    /// A place for each file: its task and its number in it.
    places: Vec<(usize, usize)>,
    at: usize,
}

/// What a key leads to.
enum Then {
    /// The file is shown, one that is folded too if true.
    Show(bool),
    /// Another key is waited for.
    Wait,
    /// The end.
    Leave,
}

/// Lets the tasks be read.
pub(super) fn walk(cx: &Context, items: Vec<Item>, overlap: &Overlap<'_>) -> Result<Status, Error> {
    let rows: Vec<_> = items.iter().map(Item::row).collect();
    cx.ui.out(&show::review_tasks(&rows, &cx.look()));
    let mut walk = Walk { cx, items, overlap, places: Vec::new(), at: 0 };
    walk.lay_out();
    if walk.places.is_empty() {
        cx.ui.note("nothing to review: no file was changed");
        return Ok(OK);
    }
    let last = walk.places.len() - 1;
    walk.at = next(walk.places.len(), last, |at| walk.is_unviewed(at)).unwrap_or(0);
    let mut then = Then::Show(false);
    loop {
        match then {
            Then::Leave => break,
            Then::Show(_) if walk.places.is_empty() => break,
            Then::Show(unfold) => walk.show(unfold),
            Then::Wait => {}
        }
        then = match cx.ui.key(KEYS)? {
            Press::Char(key) => walk.press(key)?,
            Press::Leave => Then::Leave,
            Press::Other => Then::Wait,
        };
    }
    walk.tell_notes();
    Ok(OK)
}

impl Walk<'_> {
    fn lay_out(&mut self) {
        let places = self
            .items
            .iter()
            .enumerate()
            .flat_map(|(i, item)| (0..item.diff.files.len()).map(move |f| (i, f)));
        self.places = places.collect();
        self.at = self.at.min(self.places.len().saturating_sub(1));
    }

    fn is_unviewed(&self, at: usize) -> bool {
        let (item, file) = self.places[at];
        !self.items[item].review.has_viewed(&self.items[item].diff.files[file])
    }

    fn show(&self, unfold: bool) {
        let (item, file) = self.places[self.at];
        let item = &self.items[item];
        let page = page::begin(self.cx, "diff");
        self.cx.ui.out(&format!("\n{}", show::review_file(&item.row(), file, &self.cx.look())));
        if item.is_folded(file) && !unfold {
            self.cx.ui.out("  folded: o opens it\n");
            return;
        }
        page.patch(self.cx, &item.diff.patch[item.diff.files[file].text.clone()]);
    }

    fn press(&mut self, key: char) -> Result<Then, Error> {
        let count = self.places.len();
        match key {
            ' ' => {
                self.mark(true)?;
                return Ok(self.next_unviewed());
            }
            'u' => self.mark(false)?,
            'n' => self.at = (self.at + 1) % count,
            'p' => self.at = (self.at + count - 1) % count,
            'N' => return Ok(self.next_unviewed()),
            'o' => return Ok(Then::Show(true)),
            'j' => {
                let Some(at) = self.jump()? else { return Ok(Then::Wait) };
                self.at = at;
            }
            'l' => {
                let now = self.places[self.at].0;
                match self.places.iter().position(|(item, _)| *item > now) {
                    Some(at) => self.at = at,
                    None => return Ok(Then::Leave),
                }
            }
            'c' => self.note()?,
            'd' => self.difftool()?,
            'e' => self.edit()?,
            'a' => self.accept()?,
            'm' => return self.merge(),
            'x' => return self.discard(),
            'q' => return Ok(Then::Leave),
            _ => return Ok(Then::Wait),
        }
        Ok(if matches!(key, 'u' | 'c' | 'a') { Then::Wait } else { Then::Show(false) })
    }

    fn next_unviewed(&mut self) -> Then {
        match next(self.places.len(), self.at, |at| self.is_unviewed(at)) {
            Some(at) => {
                self.at = at;
                Then::Show(false)
            }
            None => {
                self.cx.ui.success("every file is viewed");
                Then::Wait
            }
        }
    }

    /// Changes marks and notes of the task one is at, on disk at once.
    fn change(&mut self, change: impl FnOnce(&mut Review)) -> Result<(), Error> {
        let item = &mut self.items[self.places[self.at].0];
        item.review = self.cx.store.change_review(&item.status.task.id, change)?;
        Ok(())
    }

    fn mark(&mut self, viewed: bool) -> Result<(), Error> {
        let (item, file) = self.places[self.at];
        let file = self.items[item].diff.files[file].clone();
        if file.content.is_none() {
            self.cx.ui.warn(&format!("`{}` is not looked into and cannot be marked", file.path));
            self.at = (self.at + 1) % self.places.len();
            return Ok(());
        }
        self.change(|review| {
            review.mark(&file, viewed);
        })
    }

    fn jump(&self) -> Result<Option<usize>, Error> {
        let line = |at: usize| {
            let (item, file) = self.places[at];
            let item = &self.items[item];
            let mark = if self.is_unviewed(at) { " " } else { "v" };
            format!("{mark} {}  {}", item.diff.task, item.diff.files[file].path)
        };
        let lines: Vec<String> = (0..self.places.len()).map(line).collect();
        Ok(self.cx.ui.select("which file?", &lines)?)
    }

    fn note(&mut self) -> Result<(), Error> {
        let (item, file) = self.places[self.at];
        let path = self.items[item].diff.files[file].path.clone();
        let text = self.cx.ui.line(&format!("note on {path}:"))?;
        if text.is_empty() {
            return Ok(());
        }
        self.change(|review| review.notes.push(Note { path, text }))
    }

    fn accept(&mut self) -> Result<(), Error> {
        let item = &self.items[self.places[self.at].0];
        let (name, tip) = (item.diff.task.clone(), item.status.survey.tip);
        let dirty = item.status.survey.dirt.is_some_and(|dirt| !dirt.is_clean());
        self.change(|review| review.accepted = tip)?;
        if let Some(tip) = tip {
            self.cx.ui.success(&format!("accepted `{name}` at {}", tip.short()));
        }
        if dirty {
            self.cx.ui.note("what is uncommitted is not part of that");
        }
        Ok(())
    }

    /// Shows the file as it was beside the file as it is in the user's diff tool.
    fn difftool(&mut self) -> Result<(), Error> {
        let (item, file) = self.places[self.at];
        let task = self.items[item].status.task.clone();
        let change = &self.items[item].diff.files[file];
        let Some(tool) = pager::configured(self.cx.repo.place()).unwrap_or_default().difftool else {
            self.cx.ui.warn("no diff tool is configured");
            self.cx.ui.hint("git config --global diff.tool NAME");
            return Ok(());
        };
        if change.binary || change.content.is_none() {
            self.cx.ui.warn(&format!("`{}` is not text that could be compared", change.path));
            return Ok(());
        }
        let old = change.content.and_then(|sides| sides.old).map(|(_, blob)| blob);
        let path = task.worktree.join(change.path.to_path());
        if !self.cx.repo.difftool(&tool, old, &path)? {
            self.cx.ui.warn(&format!("the diff tool `{tool}` failed"));
        }
        self.read_again(item)
    }

    /// Opens the file in the editor that git would take; the repository's own configuration names none.
    fn edit(&mut self) -> Result<(), Error> {
        let (item, file) = self.places[self.at];
        let task = self.items[item].status.task.clone();
        let env = |name: &str| self.cx.environment.env.get(name).cloned();
        let configured = pager::configured(self.cx.repo.place()).unwrap_or_default().editor;
        let editor = self.cx.environment.editor.clone().or(configured).or(env("VISUAL")).or(env("EDITOR"));
        let editor = editor.unwrap_or_else(|| "vi".to_owned());
        let path = task.worktree.join(self.items[item].diff.files[file].path.to_path());
        if !process::edit(&editor, &path, &task.worktree)? {
            self.cx.ui.warn(&format!("the editor `{editor}` failed"));
        }
        self.read_again(item)
    }

    fn read_again(&mut self, item: usize) -> Result<(), Error> {
        let mut read = Item::read(self.cx, &self.items[item].status.task)?;
        read.compare(self.overlap);
        read.status.conflicts_with = self.items[item].status.conflicts_with.take();
        self.items[item] = read;
        self.lay_out();
        Ok(())
    }

    fn merge(&mut self) -> Result<Then, Error> {
        let (item, name) = self.here();
        let args = merge::MergeArgs { names: vec![name.to_string()], ..Default::default() };
        let landed = merge::run(self.cx, &args);
        self.settle("merge", item, landed)
    }

    fn discard(&mut self) -> Result<Then, Error> {
        let (item, name) = self.here();
        let args = clean::CleanArgs { names: vec![name.to_string()], discard: Class::ALL.to_vec() };
        let removed = clean::run(self.cx, &args);
        self.settle("clean", item, removed)
    }

    fn here(&self) -> (usize, TaskName) {
        let item = self.places[self.at].0;
        (item, self.items[item].diff.task.clone())
    }

    /// Leaves a task that is done with; tells what stood in the way of another.
    fn settle(&mut self, verb: &str, item: usize, done: Result<Status, Error>) -> Result<Then, Error> {
        match done {
            Err(error) if matches!(error.kind, Kind::Interrupted | Kind::Terminated) => return Err(error),
            Err(Error { kind, message, causes, hints }) => {
                let (command, kind) = (verb.to_owned(), kind.word().to_owned());
                self.cx.ui.error(&ErrorView { command, kind, message, causes, hints });
            }
            Ok(OK) => {
                self.items.remove(item);
                self.lay_out();
                return Ok(Then::Show(false));
            }
            Ok(_) => {}
        }
        let id = &self.items[item].status.task.id;
        if World::read(self.cx)?.tasks.iter().any(|task| task.id == *id) {
            self.read_again(item)?;
        } else {
            self.items.remove(item);
            self.lay_out();
        }
        Ok(if self.places.is_empty() { Then::Leave } else { Then::Wait })
    }

    /// Says how the notes come to the agents.
    fn tell_notes(&self) {
        for item in self.items.iter().filter(|item| !item.review.notes.is_empty()) {
            let count = item.review.notes.len();
            let notes = if count == 1 { "1 note".to_owned() } else { format!("{count} notes") };
            self.cx.ui.note(&format!("{}: {notes}, sent to its agent by", item.diff.task));
            self.cx.ui.hint(&format!("windrow send {}", shell_words::quote(item.diff.task.as_str())));
        }
    }
}
