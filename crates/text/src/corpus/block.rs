//! Some neighbouring documents in one piece of memory.

use std::sync::Arc;

/// One document of a [`Block`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its class, where the corpus has classes.
    pub label: Option<&'a str>,
    /// Its number in the corpus, from 0.
    pub number: u64,
    /// Its line in the file, from 1.
    pub line: u64,
}

/// Rows of which something is wanting: how many, and the line of the first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub count: u64,
    pub first: u64,
}

/// How the notes name what is wanting in rows.
pub(super) const WANTING: [&str; 3] = [
    "left out as unusable",
    "with a null for the text, read as empty texts (--skip-bad leaves them out)",
    "without a label",
];

impl Tally {
    pub fn add(&mut self, other: Tally) {
        if self.count == 0 {
            self.first = other.first;
        }
        self.count += other.count;
    }

    pub fn one(&mut self, line: u64) {
        self.add(Tally { count: 1, first: line });
    }
}

/// The label of a document that has none among others that have.
const NONE: u32 = u32::MAX;

/// Neighbouring documents.
#[derive(Debug, Default)]
pub struct Block {
    pub(super) path: Arc<str>,
    pub(super) text: String,
    /// Begin and end in `text`, and line from the block's first.
    pub(super) documents: Vec<(u32, u32, u32)>,
    /// A label for each document in `names`, or [`NONE`]; empty without labels.
    pub(super) labels: Vec<u32>,
    /// Rows left out, rows with a null for their text, and documents without the label that others have.
    pub(super) skipped: Tally,
    pub(super) nulls: Tally,
    pub(super) unlabelled: Tally,
    pub(super) names: Vec<String>,
    /// Label of all documents, where folders are classes.
    pub(super) class: Option<Arc<str>>,
    pub(super) first_line: u64,
    pub(super) first_number: u64,
    pub(super) sequence: u64,
}

impl Block {
    /// The file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether its documents have labels, though one may want its own.
    pub fn has_labels(&self) -> bool {
        !self.labels.is_empty() || self.class.is_some()
    }

    /// What is wanting, in the order of [`WANTING`].
    pub(super) fn wanting(&self) -> [Tally; 3] {
        [self.skipped, self.nulls, self.unlabelled]
    }

    /// Documents in the block.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Number of the block in the corpus, from 0, the same for any number of threads.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Bytes of all documents.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The documents, in order.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        self.documents.iter().enumerate().map(|(i, &(from, to, line))| Document {
            text: &self.text[from as usize..to as usize],
            label: match self.labels.get(i) {
                Some(&label) => self.names.get(label as usize).map(String::as_str),
                None => self.class.as_deref(),
            },
            number: self.first_number + i as u64,
            line: self.first_line + u64::from(line),
        })
    }

    /// Adds a document that lies at `from` .. the end of `text`, of a source with a label for each.
    pub(super) fn push_labelled(&mut self, from: usize, line: u64, label: Option<&str>) {
        self.push(from, line, label);
        if label.is_none() {
            self.labels.push(NONE);
            self.unlabelled.one(self.first_line + line);
        }
    }

    /// Adds a document that lies at `from` .. the end of `text`.
    pub(super) fn push(&mut self, from: usize, line: u64, label: Option<&str>) {
        self.documents.push((from as u32, self.text.len() as u32, line as u32));
        if let Some(label) = label {
            // Classes are few, and runs of one class are long: look at the last one first.
            let known = match self.labels.last() {
                Some(&last) if self.names.get(last as usize).is_some_and(|n| n == label) => {
                    Some(last as usize)
                }
                _ => self.names.iter().position(|n| n == label),
            };
            let index = known.unwrap_or_else(|| {
                self.names.push(label.to_owned());
                self.names.len() - 1
            });
            self.labels.push(index as u32);
        }
    }
}
