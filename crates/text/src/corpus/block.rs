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

/// Neighbouring documents.
#[derive(Debug, Default)]
pub struct Block {
    pub(super) path: Arc<str>,
    pub(super) text: String,
    /// Begin and end in `text`, and line from the block's first.
    pub(super) documents: Vec<(u32, u32, u32)>,
    /// A label for each document in `names`; empty without labels.
    pub(super) labels: Vec<u32>,
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
                Some(&label) => Some(self.names[label as usize].as_str()),
                None => self.class.as_deref(),
            },
            number: self.first_number + i as u64,
            line: self.first_line + u64::from(line),
        })
    }

    /// Adds a document that lies at `from` .. the end of `text`.
    pub(super) fn push(&mut self, from: usize, line: u64, label: Option<&str>) {
        self.documents.push((from as u32, self.text.len() as u32, line as u32));
        if let Some(label) = label {
            // Classes are few, and runs of one class are long: look at the last one first.
            let known = match self.labels.last() {
                Some(&last) if self.names[last as usize] == label => Some(last as usize),
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
