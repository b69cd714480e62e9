//! Tables that never wrap: columns shrink, then drop by priority, and what was dropped is told.

use super::style::{Meaning, Style};
use super::text;

/// Cells that even a column which may not be dropped keeps.
const LEAST: usize = 4;
const GAP: usize = 2;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The title; empty for a column of symbols.
    pub title: &'static str,
    /// Whether its cells stand at the right.
    pub right: bool,
    /// When it is dropped: the highest number first, 0 never.
    pub drop: u8,
    /// The width down to which its cells are cut before any column is dropped; none: they are not.
    pub shrink: Option<usize>,
    /// Whether its cells are cut at their end, as sentences are, and not in their middle, as names are.
    pub sentence: bool,
}

impl Column {
    /// Gives a left-aligned column that is neither dropped nor cut.
    pub const fn new(title: &'static str) -> Self {
        Self { title, right: false, drop: 0, shrink: None, sentence: false }
    }

    /// Sets when it is dropped.
    pub const fn drop(self, drop: u8) -> Self {
        Self { drop, ..self }
    }

    /// Sets how far it is cut.
    pub const fn shrink(self, cells: usize) -> Self {
        Self { shrink: Some(cells), ..self }
    }

    /// Cuts its cells at their end.
    pub const fn sentence(self) -> Self {
        Self { sentence: true, ..self }
    }

    /// Aligns it at the right.
    pub const fn right(self) -> Self {
        Self { right: true, ..self }
    }
}

/// A cell: safe text of one line, and what it means.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// What it means; none leaves it in the terminal's own colour.
    pub meaning: Option<Meaning>,
}

impl Cell {
    /// Gives a cell with a meaning.
    pub fn new(meaning: Meaning, text: impl Into<String>) -> Self {
        Self { text: text.into(), meaning: Some(meaning) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), meaning: None }
    }
}

/// A table; each row has a cell for each column.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A table as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Lines, each with its line end and without spaces before it.
    pub text: String,
    /// Titles of the columns that had no room.
    pub dropped: Vec<&'static str>,
}

impl Table {
    /// Takes the columns.
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty, too many are left out.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let mut cells = cells.into();
        cells.resize_with(self.columns.len(), Cell::default);
        self.rows.push(cells);
    }

    /// Renders the table within `width` cells, none being without limit. Columns without content are left out.
    pub fn render(&self, style: Style, width: Option<usize>, titles: bool) -> Rendered {
        let natural: Vec<usize> = (0..self.columns.len()).map(|i| self.natural(i, titles)).collect();
        let mut shown: Vec<usize> = (0..self.columns.len()).filter(|&i| self.has_content(i)).collect();
        let mut dropped = Vec::new();
        let widths = loop {
            match self.fit(&natural, &shown, width) {
                Ok(widths) => break widths,
                Err(None) => break self.squeeze(&natural, &shown, width.unwrap_or(usize::MAX)),
                Err(Some(victim)) => {
                    shown.retain(|&i| i != victim);
                    dropped.push(self.columns[victim].title);
                }
            }
        };
        let mut text = String::new();
        if titles {
            let cells: Vec<Cell> =
                self.columns.iter().map(|column| Cell::new(Meaning::Minor, column.title)).collect();
            self.line(&mut text, style, &cells, (&shown, &widths));
        }
        for row in &self.rows {
            self.line(&mut text, style, row, (&shown, &widths));
        }
        Rendered { text, dropped }
    }

    fn natural(&self, i: usize, titles: bool) -> usize {
        let title = if titles { text::cells(self.columns[i].title) } else { 0 };
        self.rows.iter().map(|row| text::cells(&row[i].text)).max().unwrap_or(0).max(title)
    }

    fn has_content(&self, i: usize) -> bool {
        self.rows.iter().any(|row| !row[i].text.is_empty())
    }

    /// Gives a width for each shown column, or the column to drop, or nothing where none may be.
    fn fit(
        &self,
        natural: &[usize],
        shown: &[usize],
        width: Option<usize>,
    ) -> Result<Vec<usize>, Option<usize>> {
        let Some(limit) = width else { return Ok(shown.iter().map(|&i| natural[i]).collect()) };
        let least = |i: usize| self.columns[i].shrink.map_or(natural[i], |least| natural[i].min(least));
        let mut widths: Vec<usize> = shown.iter().map(|&i| natural[i]).collect();
        while total(&widths) > limit {
            let widest = (0..shown.len()).filter(|&n| widths[n] > least(shown[n])).max_by_key(|&n| widths[n]);
            match widest {
                Some(n) => widths[n] -= 1,
                None => {
                    let droppable = shown.iter().copied().filter(|&i| self.columns[i].drop > 0);
                    return Err(droppable.max_by_key(|&i| self.columns[i].drop));
                }
            }
        }
        Ok(widths)
    }

    /// Cuts columns that may not be dropped until they fit, but not below [`LEAST`].
    fn squeeze(&self, natural: &[usize], shown: &[usize], limit: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = shown.iter().map(|&i| natural[i]).collect();
        while total(&widths) > limit {
            match (0..widths.len()).filter(|&n| widths[n] > LEAST).max_by_key(|&n| widths[n]) {
                Some(n) => widths[n] -= 1,
                None => break,
            }
        }
        widths
    }

    fn line(&self, out: &mut String, style: Style, cells: &[Cell], layout: (&[usize], &[usize])) {
        let mut pending = 0;
        for (&i, &width) in layout.0.iter().zip(layout.1) {
            let cell = &cells[i];
            let cut = if self.columns[i].sentence { text::elide } else { text::elide_middle };
            let shown = cut(&cell.text, width, style.ellipsis());
            let room = width - text::cells(&shown).min(width);
            if self.columns[i].right {
                pending += room;
            }
            if !shown.is_empty() {
                out.extend(std::iter::repeat_n(' ', pending));
                out.push_str(
                    &cell.meaning.map_or_else(|| shown.clone(), |meaning| style.paint(meaning, &shown)),
                );
                pending = 0;
            }
            pending += GAP + if self.columns[i].right { 0 } else { room };
        }
        out.push('\n');
    }
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::super::style::tests::{ASCII, COLOR, PLAIN};
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new([
            Column::new(""),
            Column::new("Task").shrink(8),
            Column::new("Lines").right().drop(2),
            Column::new("Nothing").drop(9),
            Column::new("Age").drop(3),
        ]);
        table.row([
            Cell::new(Meaning::Here, "@"),
            "users-api-tests".into(),
            "+12".into(),
            "".into(),
            "5m".into(),
        ]);
        table.row(["".into(), "日本語".into(), "+1234".into(), "".into(), Cell::from("")]);
        table
    }

    #[test]
    fn wide_enough() {
        let rendered = sample().render(PLAIN, None, true);
        insta::assert_snapshot!(rendered.text, @r"
           Task             Lines  Age
        @  users-api-tests    +12  5m
           日本語           +1234
        ");
        assert!(rendered.dropped.is_empty());
        assert_eq!(sample().render(PLAIN, Some(31), true), rendered);
    }

    #[test]
    fn cells_are_cut_before_columns_go() {
        let rendered = sample().render(ASCII, Some(25), true);
        insta::assert_snapshot!(rendered.text, @r"
           Task        Lines  Age
        @  user...sts    +12  5m
           日本語      +1234
        ");
        assert!(rendered.dropped.is_empty());
        let rendered = sample().render(PLAIN, Some(20), true);
        insta::assert_snapshot!(rendered.text, @r"
           Task        Lines
        @  users…ests    +12
           日本語      +1234
        ");
        assert_eq!(rendered.dropped, ["Age"]);
        assert_eq!(sample().render(PLAIN, Some(11), true).dropped, ["Age", "Lines"]);
    }

    #[test]
    fn no_line_is_wider_than_it_may_be_or_ends_with_a_space() {
        for style in [PLAIN, ASCII] {
            for width in 7..60 {
                let rendered = sample().render(style, Some(width), true);
                for line in rendered.text.lines() {
                    assert!(text::cells(line) <= width && !line.ends_with(' '), "{width}: {line:?}");
                }
            }
        }
    }

    #[test]
    fn colours_do_not_count() {
        let text = sample().render(COLOR, Some(31), false).text;
        assert_eq!(text.lines().next(), Some("\x1b[1m@\x1b[0m  users-api-tests    +12  5m"));
    }
}
