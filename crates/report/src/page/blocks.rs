//! What chapters are made of: figures, tables, and the voice that writes them.

use serde::Serialize;

use crate::Language;
use crate::picture::Words;
use crate::text;

/// The language and the zone in which a page speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice<'a> {
    pub language: Language,
    pub zone: &'a str,
}

impl Voice<'_> {
    pub fn t(&self, key: &str, args: &[(&str, String)]) -> String {
        text::message(key, args, self.language)
    }

    pub fn number(&self, value: f64, digits: usize) -> String {
        text::number(value, digits, self.language)
    }

    pub fn count(&self, value: usize) -> String {
        text::count(value, self.language)
    }

    pub fn significant(&self, value: f64, figures: usize) -> String {
        text::significant(value, figures, self.language)
    }

    pub fn percent(&self, share: f64, digits: usize) -> String {
        text::percent(share, digits, self.language)
    }

    /// Title and description of a picture from the catalogue.
    pub fn words(&self, title: &str, description: &str) -> Words {
        Words { title: title.to_string(), description: description.to_string() }
    }
}

/// A table; the first column of a row is its head.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: Vec<String>) -> Table {
        Table { head, rows: Vec::new() }
    }

    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }
}

/// A picture with its title, the sentence that says what to see, and the table behind it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub title: String,
    pub see: String,
    /// Drawn for screens and paper.
    pub wide: String,
    /// Drawn for phones; empty where one drawing serves both.
    pub narrow: String,
    pub table: Option<Table>,
    /// `full` or `half`.
    pub class: &'static str,
}

/// Width of a picture over the whole column.
pub(crate) const FULL: f64 = 860.0;
/// Width of one of two pictures side by side.
pub(crate) const HALF: f64 = 468.0;
/// Width on a phone.
pub(crate) const PHONE: f64 = 340.0;

impl Figure {
    /// Draws at the widths that `class` needs.
    pub fn draw(
        class: &'static str,
        title: String,
        see: String,
        table: Option<Table>,
        picture: &dyn Fn(&Words, f64) -> String,
    ) -> Figure {
        let words = Words { title: title.clone(), description: see.clone() };
        let wide = if class == "full" { FULL } else { HALF };
        Figure { wide: picture(&words, wide), narrow: picture(&words, PHONE), title, see, table, class }
    }
}
