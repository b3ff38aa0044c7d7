//! `gyeol explain` of what learns: a lesson is asked for, told in words and tables, and shown.

mod backprop;
mod logistic;
mod perceptron;
mod regression;
mod shapes;
mod softmax;

use std::path::Path;

use gyeol_base::Fault;
use gyeol_learn::lessons::Small;
use gyeol_report::lesson::{Block, Lesson, Plane, Section, Sheet, Trail};
use gyeol_report::{Language, terminal, text};
use gyeol_supervised::{Examples, Target};
use serde_json::{Value, json};

use super::table;
use super::topic::explain;
use crate::args::Common;
use crate::args::topic::{Explained, Lesson as Asked, Shown};
use crate::failure::{Failure, Result};
use crate::output;

/// Shows a lesson.
pub fn run(common: &Common, asked: &Explained) -> Result<()> {
    match asked {
        Explained::Regression(asked) => regression::show(common, asked),
        Explained::Logistic(asked) => logistic::show(common, asked),
        Explained::Perceptron(asked) => perceptron::show(common, asked),
        Explained::Softmax(asked) => softmax::show(common, asked),
        Explained::Shapes(asked) => shapes::show(common, asked),
        Explained::Backprop { lesson, hidden } => backprop::show(common, lesson, *hidden),
        Explained::Svd { file, digits } => explain::svd(common, file.as_deref(), usize::from(*digits)),
    }
}

/// Words and figures in the language of the page.
pub struct Voice {
    pub language: Language,
    digits: usize,
}

impl Voice {
    pub fn new(common: &Common, shown: &Shown) -> Result<Voice> {
        let language = output::language(common.language.as_deref(), None)?;
        Ok(Voice { language, digits: usize::from(shown.digits) })
    }

    pub fn t(&self, key: &str, args: &[(&str, String)]) -> String {
        text::message(key, args, self.language)
    }

    /// A number, by a power of ten where the digits would not show it.
    pub fn n(&self, value: f64) -> String {
        // What is left of a zero by rounding.
        let value = if value.abs() < 1e-14 { 0.0 } else { value };
        let size = value.abs();
        if value != 0.0
            && value.is_finite()
            && (size >= 1e7 || size < 0.5 * 10f64.powi(-(self.digits as i32)))
        {
            return format!("{value:.2e}").replace('-', "−");
        }
        text::number(value, self.digits, self.language)
    }

    /// A whole number without decimals.
    pub fn short(&self, value: f64) -> String {
        if value.fract() == 0.0 && value.abs() < 1e7 {
            text::number(value, 0, self.language)
        } else {
            self.n(value)
        }
    }

    /// What is added: ` + 0.5`, ` − 0.5`.
    pub fn plus(&self, value: f64) -> String {
        format!(" {} {}", if value < 0.0 { '−' } else { '+' }, self.n(value.abs()))
    }

    pub fn count(&self, value: usize) -> String {
        text::count(value, self.language)
    }

    pub fn percent(&self, share: f64) -> String {
        text::percent(share, 1, self.language)
    }

    /// (a, b, …).
    pub fn row(&self, values: &[f64]) -> String {
        let values: Vec<String> = values.iter().map(|v| self.short(*v)).collect();
        format!("({})", values.join(", "))
    }

    pub fn heads(&self, keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| self.t(key, &[])).collect()
    }

    pub fn words(&self, key: &str, args: &[(&str, String)]) -> Block {
        Block::Words(self.t(key, args))
    }

    pub fn section(&self, key: &str, blocks: Vec<Block>) -> Section {
        Section { title: self.t(key, &[]), blocks }
    }

    /// A table whose title and what to see in it are `stem-title` and `stem-see`.
    pub fn sheet(
        &self,
        stem: &str,
        args: &[(&str, String)],
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    ) -> Block {
        let (title, see) = (self.t(&format!("{stem}-title"), args), self.t(&format!("{stem}-see"), args));
        Block::Sheet(Sheet { title, see, head, rows })
    }

    /// A matrix under the names of its columns.
    pub fn matrix(
        &self,
        title: String,
        columns: &[String],
        rows: impl Iterator<Item = (String, Vec<f64>)>,
    ) -> Block {
        let rows = rows.map(|(name, row)| [vec![name], row.iter().map(|v| self.n(*v)).collect()].concat());
        let head = [&[String::new()], columns].concat();
        Block::Sheet(Sheet { title, see: String::new(), head, rows: rows.collect() })
    }

    /// A picture whose title and what to see in it are `stem-title` and `stem-see`.
    pub fn plane(&self, stem: &str, args: &[(&str, String)], axes: [&str; 2], trails: Vec<Trail>) -> Plane {
        let [x_title, y_title] = axes.map(str::to_owned);
        let (title, see) = (self.t(&format!("{stem}-title"), args), self.t(&format!("{stem}-see"), args));
        Plane { title, see, x_title, y_title, trails, ..Plane::default() }
    }

    /// The line under a lesson's title.
    pub fn deck(&self, name: &str, table: &Small) -> String {
        let args = [
            ("name", if name.is_empty() { self.t("lesson-built-in", &[]) } else { name.to_owned() }),
            ("n", self.count(table.x.len())),
            ("inputs", table.inputs.join(", ")),
            ("target", table.target.clone()),
        ];
        self.t("lesson-deck", &args)
    }
}

/// The steps that a table shows of many.
pub fn seldom(steps: usize) -> impl Iterator<Item = usize> {
    (0..=steps).filter(move |&step| step <= 5 || step == 10 || step % 20 == 0 && step <= 100 || step == steps)
}

/// Prints a lesson as JSON, as tables, or writes its page.
pub fn shown(
    common: &Common,
    how: &Shown,
    name: &str,
    numbers: Value,
    told: impl FnOnce() -> Lesson,
) -> Result<()> {
    output::one_result(common.json, how.html.as_deref().and_then(Path::to_str).unwrap_or_default())?;
    let lesson = told();
    let language = output::language(common.language.as_deref(), None)?;
    if let Some(path) = &how.html {
        output::bytes(path, gyeol_report::lesson_page(&lesson, language)?.as_bytes())?;
        if path.as_os_str() == "-" {
            return Ok(());
        }
    }
    if common.json {
        let mut numbers = numbers;
        if let (Some(all), false) = (numbers.as_object_mut(), name.is_empty()) {
            all.insert("lesson".into(), json!(name));
        }
        return output::json(&numbers);
    }
    output::text(&terminal::lesson(&lesson, output::width(), output::color()))
}

/// A failure that names the file it is about.
pub fn of_file<T>(asked: &Asked, found: gyeol_base::Result<T>) -> Result<T> {
    Ok(found.map_err(|e| match &asked.file {
        Some(file) => e.in_file(file),
        None => e,
    })?)
}

/// The small table that is meant, and its name; with `classes` its answers are classes. Empty is the name of the built-in one.
pub fn small(asked: &Asked, classes: bool, built_in: fn() -> Small) -> Result<(Small, String)> {
    let Some(file) = &asked.file else { return Ok((built_in(), String::new())) };
    let table = table(file, &asked.reading)?;
    let names: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
    let Some(target) = asked.label.as_ref().or(names.last()) else {
        return Err(Failure::failed("no-rows", format!("{file}: a table without a column. Next: give one")));
    };
    let examples = Examples::from_table(table, target, None, !classes).map_err(|e| match e.code() {
        "no-number" => e.with_next("name a column of numbers with --label, or see gyeol explain softmax"),
        _ => e,
    })?;
    let (y, classes) = match examples.target {
        Target::Classes { names, of } => (of.into_iter().map(f64::from).collect(), names),
        Target::Values(values) => (values, Vec::new()),
    };
    let Some(table) = examples.table else { return Err(Failure::failed("no-rows", "a table without rows")) };
    let numeric = |name: &String| table.kind(name).is_some_and(gyeol_data::ColumnKind::is_numeric);
    let inputs: Vec<String> = match asked.inputs.is_empty() {
        true => names.iter().filter(|name| *name != target && numeric(name)).cloned().collect(),
        false => asked.inputs.clone(),
    };
    let fault = |code, found: String| Fault::new(code, found).file(file);
    if inputs.is_empty() {
        return Err(fault("no-features", format!("no column of numbers beside '{target}'"))
            .next("give at least one, or name the answer with --label")
            .input()
            .into());
    }
    let columns = inputs.iter().map(|name| table.numbers(name)).collect::<gyeol_base::Result<Vec<_>>>()?;
    for (name, column) in inputs.iter().zip(&columns) {
        if let Some(row) = column.iter().position(|v| !v.is_finite()) {
            return Err(fault("not-finite", "a cell without a finite number".into())
                .row(table.row_number(row))
                .column(name)
                .next("put a number there, leave the row out, or choose other columns with --inputs")
                .input()
                .into());
        }
    }
    let x = (0..table.rows()).map(|row| columns.iter().map(|column| column[row]).collect()).collect();
    let name = Path::new(file).file_name().map_or(file.clone(), |name| name.to_string_lossy().into());
    Ok((Small { inputs, target: target.clone(), x, y, classes }, name))
}
