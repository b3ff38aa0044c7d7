//! A lesson, a page of tables and pictures one below the other, as plain data: titles and words already written, numbers as they
//! are drawn.

/// A lesson.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lesson {
    /// What is shown.
    pub title: String,
    /// The line under the title: which data.
    pub deck: String,
    /// What comes of it, in a sentence or two.
    pub sentence: String,
    /// One after another.
    pub chapters: Vec<Section>,
}

/// A chapter of a lesson.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// One below the other.
    pub blocks: Vec<Block>,
}

/// A part of a chapter.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A sentence.
    Words(String),
    /// A formula in a line of its own.
    Formula(String),
    /// A table.
    Sheet(Sheet),
    /// A picture; the terminal shows its table alone.
    Plane(Box<Plane>),
    /// Values at steps, in two colours; the terminal shows their table alone.
    Tints(Box<Tints>),
}

impl Sheet {
    /// Values with the names of their rows, under `corner` and the names of their columns.
    pub fn of_values(
        corner: String,
        columns: impl IntoIterator<Item = String>,
        rows: &[(String, Vec<f64>)],
        shown: impl Fn(f64) -> String,
    ) -> Sheet {
        let row = |(name, values): &(String, Vec<f64>)| {
            std::iter::once(name.clone()).chain(values.iter().map(|value| shown(*value))).collect()
        };
        Sheet {
            head: std::iter::once(corner).chain(columns).collect(),
            rows: rows.iter().map(row).collect(),
            ..Sheet::default()
        }
    }
}

/// Values about zero, a column a step and a row each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tints {
    /// Its title.
    pub title: String,
    /// What to see in it.
    pub see: String,
    /// Heads of the steps.
    pub columns: Vec<String>,
    /// A bar above each step.
    pub bars: Option<Bars>,
    /// Names of the rows, and a value a step.
    pub rows: Vec<(String, Vec<f64>)>,
    /// The size that has the full colour; above zero.
    pub full: f64,
    /// The figures behind the picture.
    pub table: Sheet,
}

/// Bars above the steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// What they are.
    pub title: String,
    /// Their heights; what is not finite has none.
    pub values: Vec<f64>,
    /// The same as written.
    pub written: Vec<String>,
}

/// A table; the first cell of a row is its head.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// Its title.
    pub title: String,
    /// What to see in it; empty for nothing.
    pub see: String,
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Cells.
    pub rows: Vec<Vec<String>>,
}

/// How a line or a point looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// Soft.
    #[default]
    Plain,
    /// What the picture is about.
    Accent,
    /// What goes wrong.
    Alarm,
    /// Ink.
    Ink,
    /// Soft and dashed: a yardstick.
    Dashed,
}

/// Points that belong together, joined or not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trail {
    /// Its name; empty for none.
    pub name: String,
    /// Points; what is not finite breaks the line.
    pub points: Vec<(f64, f64)>,
    /// How they look.
    pub look: Look,
    /// Whether they are joined.
    pub line: bool,
    /// Whether each is marked.
    pub dots: bool,
}

/// A value at each place of a grid, drawn as shades.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// From, to.
    pub x: [f64; 2],
    /// From, to.
    pub y: [f64; 2],
    /// A row a y from the least, a column an x.
    pub values: Vec<Vec<f64>>,
}

/// A picture over two axes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plane {
    /// Its title.
    pub title: String,
    /// What to see in it.
    pub see: String,
    /// Title of the axis.
    pub x_title: String,
    /// Title of the axis.
    pub y_title: String,
    /// From, to; by what is drawn where none.
    pub x: Option<[f64; 2]>,
    /// From, to; by what is drawn where none.
    pub y: Option<[f64; 2]>,
    /// By powers of ten.
    pub log_y: bool,
    /// Shades behind; strong is large.
    pub field: Option<Field>,
    /// Lines and points.
    pub trails: Vec<Trail>,
    /// Words at places, the first of those that would touch.
    pub labels: Vec<(f64, f64, String)>,
    /// The figures behind the picture.
    pub table: Option<Sheet>,
}
