//! Examples: what goes in (a text, the columns of a table, or both) with what should come out (a class or a number).

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use gyeol_base::{Error, Fault, Result, shorten};
use gyeol_data::{ColumnData, ColumnKind, ReadOptions, Table};
use gyeol_text::corpus::{Corpus, CorpusOptions, Format, Labels, Totals, sha256_of};

/// Most classes; more are taken for a column of names or numbers.
pub const MOST_CLASSES: usize = 20_000;

/// What should come out.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A class of each example, by its place in `names`.
    Classes {
        /// Classes in order.
        names: Vec<String>,
        /// One an example.
        of: Vec<u32>,
    },
    /// A number of each example.
    Values(Vec<f64>),
}

/// Examples in memory.
#[derive(Debug, Clone)]
pub struct Examples {
    /// Texts, one an example; none for a table without a column of texts.
    pub texts: Option<Vec<String>>,
    /// Name of the column of texts, where there are columns.
    pub text_column: Option<String>,
    /// The columns, the target among them; none for bare texts.
    pub table: Option<Table>,
    /// What should come out.
    pub target: Target,
    /// What the target is called.
    pub target_name: String,
    /// Row or line in the file, from 1.
    pub rows: Vec<u64>,
    /// Name of the file.
    pub name: String,
    /// Digest of its bytes.
    pub sha256: String,
    /// What reading decided where it was not certain.
    pub notes: Vec<String>,
}

impl Examples {
    /// How many.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether classes come out.
    pub fn is_classes(&self) -> bool {
        matches!(self.target, Target::Classes { .. })
    }

    /// Names of the classes; none where numbers come out.
    pub fn class_names(&self) -> &[String] {
        match &self.target {
            Target::Classes { names, .. } => names,
            Target::Values(_) => &[],
        }
    }

    /// The class of each example, by its name; nothing where numbers come out.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let of: &[u32] = match &self.target {
            Target::Classes { of, .. } => of,
            Target::Values(_) => &[],
        };
        of.iter().map(|&class| self.class_names()[class as usize].as_str())
    }

    /// The same examples with their classes numbered by their places in `names`, which has them all.
    ///
    /// # Panics
    /// If a class is not among `names`.
    #[must_use]
    pub fn renamed(mut self, names: &[String]) -> Examples {
        if let Target::Classes { names: before, of } = &mut self.target {
            let places: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
            of.iter_mut().for_each(|class| *class = places[before[*class as usize].as_str()]);
            *before = names.to_vec();
        }
        self
    }

    /// Labelled texts: a folder by class, JSON lines, CSV, TSV or Parquet.
    ///
    /// # Errors
    /// Of reading; texts without labels (`no-labels`); too many classes.
    pub fn of_texts(
        path: &str,
        options: CorpusOptions,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Examples> {
        let options = CorpusOptions { labels: Labels::Needed, ..options };
        let (text_column, target_name) = (options.text.clone(), options.label.clone());
        let name = options.name.clone().unwrap_or_else(|| path.to_owned());
        let corpus = Corpus::open(path, options)?;
        let (mut texts, mut labels, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = Totals::default();
        corpus.each(|document| {
            seen.documents += 1;
            seen.bytes += document.text.len() as u64;
            let Some(label) = document.label else { return Err(no_labels(&name)) };
            texts.push(document.text.to_owned());
            labels.push(label.to_owned());
            rows.push(document.line);
            if seen.documents % 1024 == 0 && !progress(seen) { Err(Error::stopped()) } else { Ok(()) }
        })?;
        Ok(Examples {
            texts: Some(texts),
            text_column,
            table: None,
            target: classes(labels, &name)?,
            target_name: target_name.unwrap_or_else(|| "label".into()),
            rows,
            sha256: sha256_of(&[path.to_owned()])?,
            name,
            notes: corpus.notes(),
        })
    }

    /// A table whose column `target` should come out: as a class, or as a number where `values`. Rows without it are left
    /// out, with a note. `text` names a column of texts that is read as such.
    ///
    /// # Errors
    /// Of reading; a column that is not there; cells that are no numbers; too many classes.
    pub fn of_table(
        path: &str,
        options: &ReadOptions,
        target: &str,
        text: Option<&str>,
        values: bool,
    ) -> Result<Examples> {
        Self::from_table(gyeol_data::read(path, options)?, target, text, values)
    }

    /// The same of a table that was read.
    ///
    /// # Errors
    /// As [`Examples::of_table`].
    pub fn from_table(table: Table, target: &str, text: Option<&str>, values: bool) -> Result<Examples> {
        let name = table.source().name.clone();
        for column in [Some(target), text].into_iter().flatten() {
            has_column(&table, column)?;
        }
        let mut notes: Vec<String> = table.source().notes.iter().map(|note| note.words.clone()).collect();
        let found = if values { numbers(&table, target)? } else { labels(&table, target)? };
        let there: Vec<usize> = match &found {
            Found::Numbers(v) => (0..v.len()).filter(|&i| v[i].is_finite()).collect(),
            Found::Labels(v) => (0..v.len()).filter(|&i| v[i].is_some()).collect(),
        };
        let lacking = table.rows() - there.len();
        if there.is_empty() {
            return Err(Fault::new("no-labels", format!("'{target}' is empty in all {} rows", table.rows()))
                .file(&name)
                .column(target)
                .next("name the column that should come out (--label)")
                .input());
        }
        if lacking > 0 {
            notes.push(format!("{lacking} of {} rows have no '{target}' and are left out", table.rows()));
        }
        let rows = there.iter().map(|&row| table.row_number(row) as u64).collect();
        let target_of = match found {
            Found::Numbers(v) => Target::Values(there.iter().map(|&i| v[i]).collect()),
            Found::Labels(mut v) => classes(there.iter().filter_map(|&i| v[i].take()).collect(), &name)?,
        };
        let table = if lacking > 0 { rows_of(&table, &there)? } else { table };
        let texts = match text {
            Some(column) => Some(table.texts(column)?.into_iter().map(Option::unwrap_or_default).collect()),
            None => None,
        };
        Ok(Examples {
            texts,
            text_column: text.map(str::to_owned),
            target: target_of,
            target_name: target.to_owned(),
            rows,
            name,
            sha256: table.source().sha256.clone(),
            notes,
            table: Some(table),
        })
    }

    /// The examples at these places.
    ///
    /// # Errors
    /// Of the table.
    pub fn take(&self, at: &[usize]) -> Result<Examples> {
        Ok(Examples {
            texts: self.texts.as_ref().map(|texts| at.iter().map(|&i| texts[i].clone()).collect()),
            text_column: self.text_column.clone(),
            table: self.table.as_ref().map(|table| rows_of(table, at)).transpose()?,
            target: match &self.target {
                Target::Classes { names, of } => {
                    Target::Classes { names: names.clone(), of: at.iter().map(|&i| of[i]).collect() }
                }
                Target::Values(values) => Target::Values(at.iter().map(|&i| values[i]).collect()),
            },
            target_name: self.target_name.clone(),
            rows: at.iter().map(|&i| self.rows[i]).collect(),
            name: self.name.clone(),
            sha256: self.sha256.clone(),
            notes: Vec::new(),
        })
    }

    /// The texts as a corpus in a file of a folder, so that all threads work on them.
    ///
    /// # Errors
    /// Of writing.
    pub fn corpus(&self, folder: &Path, name: &str) -> Result<Option<Corpus>> {
        let Some(texts) = &self.texts else { return Ok(None) };
        let path = folder.join(name);
        let failed = |source| Error::writing(&path, source);
        let mut out = BufWriter::new(std::fs::File::create(&path).map_err(failed)?);
        for text in texts {
            serde_json::to_writer(&mut out, &serde_json::json!({ "text": text }))
                .map_err(|e| failed(e.into()))?;
            out.write_all(b"\n").map_err(failed)?;
        }
        out.flush().map_err(failed)?;
        let options = CorpusOptions {
            format: Some(Format::JsonLines),
            text: Some("text".into()),
            labels: Labels::Ignored,
            ..CorpusOptions::default()
        };
        let path = path.to_str().ok_or_else(|| Error::defect("a temporary folder whose name is no text"))?;
        Ok(Some(Corpus::open(path, options)?))
    }
}

fn no_labels(name: &str) -> Error {
    Fault::new("no-labels", "texts without a class")
        .file(name)
        .cause("no folder a class, and no column or key of labels that was recognised")
        .next("name the column of labels with --label, or its place where the file has no header")
        .input()
}

enum Found {
    Numbers(Vec<f64>),
    Labels(Vec<Option<String>>),
}

fn numbers(table: &Table, column: &str) -> Result<Found> {
    if table.kind(column).is_some_and(ColumnKind::is_numeric) {
        return Ok(Found::Numbers(table.numbers(column)?));
    }
    let texts = table.texts(column)?;
    let row = texts.iter().position(Option::is_some).unwrap_or(0);
    let cell = texts.get(row).cloned().flatten().unwrap_or_default();
    Err(Fault::new("no-number", format!("'{}' is not a number", shorten(&cell, 40)))
        .file(&table.source().name)
        .row(table.row_number(row))
        .column(column)
        .cause("a column of classes where one of numbers is needed")
        .next("name another column with --label, or say --task classify")
        .input())
}

/// That a table has the column a person named.
///
/// # Errors
/// `no-such-column`, with the columns it has.
pub fn has_column(table: &Table, column: &str) -> Result<()> {
    if table.kind(column).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    Err(Fault::new("no-such-column", format!("no column is called '{}'", shorten(column, 60)))
        .file(&table.source().name)
        .cause(format!("it has {}", shorten(&names.join(", "), 300)))
        .next("name one of them")
        .input())
}

fn labels(table: &Table, column: &str) -> Result<Found> {
    let found = match table.data(column)? {
        ColumnData::Text(cells) => {
            cells.iter().map(|cell| cell.filter(|c| !c.trim().is_empty()).map(str::to_owned)).collect()
        }
        ColumnData::Integer(cells) => cells.into_iter().map(|cell| cell.map(|v| v.to_string())).collect(),
        ColumnData::Boolean(cells) => cells.into_iter().map(|cell| cell.map(|v| v.to_string())).collect(),
        ColumnData::Number(cells) => {
            cells.into_iter().map(|v| Some(v).filter(|v| v.is_finite()).map(|v| v.to_string())).collect()
        }
        ColumnData::Time(_) => table.texts(column)?,
    };
    Ok(Found::Labels(found))
}

/// Classes in order: numbers by their size, texts by code points.
fn classes(labels: Vec<String>, name: &str) -> Result<Target> {
    let mut places: HashMap<&str, u32> = HashMap::new();
    for label in &labels {
        places.insert(label, 0);
        if places.len() > MOST_CLASSES {
            return Err(Fault::new("too-many-classes", format!("more than {MOST_CLASSES} different labels"))
                .file(name)
                .cause("a column of names or numbers where one of classes is needed")
                .next(
                    "name the column of classes with --label, or say --task regress for a column of numbers",
                )
                .limit());
        }
    }
    let mut names: Vec<&str> = places.keys().copied().collect();
    let number = |name: &str| name.parse::<f64>().ok().filter(|v| v.is_finite());
    if names.iter().all(|name| number(name).is_some()) {
        names.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)).then(a.cmp(b)));
    } else {
        names.sort_unstable();
    }
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let places: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
    let of = labels.iter().map(|label| places[label.as_str()]).collect();
    Ok(Target::Classes { names, of })
}

/// Rows of a table by their places.
pub(crate) fn rows_of(table: &Table, at: &[usize]) -> Result<Table> {
    table.at_rows(at)
}
