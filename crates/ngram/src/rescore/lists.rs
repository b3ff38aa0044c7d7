//! Lines `id⇥text⇥acoustic score` as lists, and `id⇥text` as references.
//!
//! The hypotheses of an utterance stand one after the other, so that only one list is in memory; an id that comes back
//! later is refused (`sort -s -t $'\t' -k1,1` brings its lines together). The ids that were seen are kept.

use std::collections::HashMap;

use gyeol_base::Fault;

use crate::corpus::Source;
use crate::corpus::source::Lines;
use gyeol_base::{Error, Result};

/// Most hypotheses of one list.
pub const MOST_HYPOTHESES: usize = 1 << 20;

/// No logarithm of a probability is larger; sums and products of what is not stay finite.
const LARGEST_SCORE: f64 = 1e30;

/// What the third field of an n-best line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AcousticScore {
    /// A logarithm to base 10 instead of a natural one, which Kaldi and HTK print.
    pub base10: bool,
    /// A cost, of which a lower one is better, instead of a score.
    pub cost: bool,
}

/// A text that a recogniser took for what was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// The text, words split by spaces; it may be empty.
    pub text: String,
    /// Natural logarithm of the acoustic score; higher is better.
    pub acoustic: f64,
}

/// The hypotheses of one utterance, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// The utterance.
    pub id: String,
    /// Line of its first hypothesis, from 1.
    pub row: usize,
    /// At least one.
    pub hypotheses: Vec<Hypothesis>,
}

/// Lines of a text with their numbers; those without anything but white space are passed over.
struct Rows {
    source: Source,
    block: Vec<u8>,
    at: usize,
    row: usize,
}

impl Rows {
    fn new(source: Source) -> Self {
        Rows { source, block: Vec::new(), at: 0, row: 0 }
    }

    /// The next line and its number.
    fn next(&mut self) -> Result<Option<(usize, String)>> {
        loop {
            if self.at >= self.block.len() {
                self.at = 0;
                if !self.source.next_block(&mut self.block)? {
                    return Ok(None);
                }
            }
            let begin = self.at;
            let Some(line) = Lines(&self.block[begin..]).next() else { continue };
            let end = begin + line.len();
            self.at = end + 1;
            self.row += 1;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line = &self.block[begin..end];
            return match std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)) {
                Ok(text) => Ok(Some((self.row, text.to_owned()))),
                Err(e) => Err(Error::input(
                    Fault::new(
                        "undecodable-bytes",
                        format!("byte {} of the line is not UTF-8", e.valid_up_to() + 1),
                    )
                    .file(self.source.name())
                    .row(self.row)
                    .cause("the file is in another encoding")
                    .next("save it as UTF-8"),
                )),
            };
        }
    }
}

/// A file of n-best lists, read list by list.
pub struct Lists {
    rows: Rows,
    scale: AcousticScore,
    seen: HashMap<String, usize>,
    /// The list being filled.
    open: Option<List>,
    ended: bool,
}

impl std::fmt::Debug for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lists").field("source", &self.rows.source).finish_non_exhaustive()
    }
}

impl Lists {
    /// Lists of a text.
    pub fn new(source: Source, scale: AcousticScore) -> Self {
        Lists { rows: Rows::new(source), scale, seen: HashMap::new(), open: None, ended: false }
    }

    /// The name of the file, for messages.
    pub fn name(&self) -> &str {
        self.rows.source.name()
    }

    /// The next list, or `None` at the end.
    ///
    /// # Errors
    /// A file that cannot be read or has no list; a line without three fields, an empty id, a score that is no finite
    /// number, an id that comes back after another one: each with its line.
    pub fn next_list(&mut self) -> Result<Option<List>> {
        while !self.ended {
            let Some((row, line)) = self.rows.next()? else {
                self.ended = true;
                if self.seen.is_empty() {
                    return Err(Error::input(
                        Fault::new("no-lists", "there is no hypothesis in it")
                            .file(self.name())
                            .cause("an empty file")
                            .next("write lines: id, tab, text, tab, acoustic score"),
                    ));
                }
                break;
            };
            let (id, hypothesis) =
                hypothesis(&line, self.scale).map_err(|e| e.at(self.rows.source.name(), row))?;
            match &mut self.open {
                Some(open) if open.id == id => {
                    if open.hypotheses.len() >= MOST_HYPOTHESES {
                        return Err(Error::limit(
                            Fault::new(
                                "list-too-long",
                                format!("more than {MOST_HYPOTHESES} hypotheses of \"{id}\""),
                            )
                            .file(self.rows.source.name())
                            .row(row)
                            .cause("ids that do not tell utterances apart")
                            .next("give each utterance its own id, or keep the best hypotheses of each"),
                        ));
                    }
                    open.hypotheses.push(hypothesis);
                }
                _ => {
                    let list = List { id: id.to_owned(), row, hypotheses: vec![hypothesis] };
                    if let Some(before) = self.seen.insert(list.id.clone(), row) {
                        return Err(Error::input(
                            Fault::new(
                                "id-again",
                                format!(
                                    "the id \"{}\" comes back after others; its list began in line {before}",
                                    list.id
                                ),
                            )
                            .file(self.rows.source.name())
                            .row(row)
                            .cause("the lines of a list do not stand together, or two utterances have one id")
                            .next("sort the file by id, or give each utterance its own id"),
                        ));
                    }
                    if let Some(done) = self.open.replace(list) {
                        return Ok(Some(done));
                    }
                }
            }
        }
        Ok(self.open.take())
    }

    /// Up to `most` lists, with no more than about `hypotheses` in all; empty at the end.
    ///
    /// # Errors
    /// As [`Lists::next_list`].
    pub fn batch(&mut self, most: usize, hypotheses: usize) -> Result<Vec<List>> {
        let (mut out, mut held) = (Vec::new(), 0);
        while out.len() < most && held < hypotheses {
            let Some(list) = self.next_list()? else { break };
            held += list.hypotheses.len();
            out.push(list);
        }
        Ok(out)
    }
}

fn hypothesis(line: &str, scale: AcousticScore) -> Result<(&str, Hypothesis)> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[id, text, score] = &fields[..] else {
        let count = fields.len();
        let found = format!("{count} field{} of 3", if count == 1 { "" } else { "s" });
        return Err(Error::input(
            Fault::new("field-count", found)
                .cause("a field is missing, a tab stands in a text, or the fields are not set apart by tabs")
                .next("write: id, tab, text, tab, acoustic score"),
        ));
    };
    let id = known(id)?;
    let number = score.trim().parse::<f64>().ok().filter(|s| s.is_finite());
    let Some(number) = number else {
        return Err(Error::input(
            Fault::new("acoustic-score", format!("the acoustic score is \"{}\"", score.trim()))
                .cause("it must be a finite number, such as -1234.5")
                .next("leave the hypothesis out, or give it its score"),
        ));
    };
    let natural = if scale.base10 { number * std::f64::consts::LN_10 } else { number };
    let acoustic = if scale.cost { -natural } else { natural };
    if acoustic.abs() > LARGEST_SCORE {
        return Err(Error::input(
            Fault::new("acoustic-score", format!("the acoustic score {number:e} is too large"))
                .cause("a score that is no logarithm")
                .next("give logarithms"),
        ));
    }
    Ok((id, Hypothesis { text: text.trim().to_owned(), acoustic }))
}

fn known(id: &str) -> Result<&str> {
    match id.trim() {
        "" => Err(Error::input(
            Fault::new("no-id", "the first field, the id of the utterance, is empty")
                .cause("the line begins with a tab")
                .next("give each utterance an id"),
        )),
        id => Ok(id),
    }
}

/// What was said, by utterance.
#[derive(Debug, Clone, Default)]
pub struct References {
    name: String,
    texts: HashMap<String, (usize, String)>,
}

impl References {
    /// Reads lines `id⇥text`; a text may be empty (nothing was said).
    ///
    /// # Errors
    /// A file that cannot be read or is empty; a line without a tab or with several, an empty or a second id.
    pub fn read(source: Source) -> Result<Self> {
        let mut rows = Rows::new(source);
        let mut texts = HashMap::new();
        let name = rows.source.name().to_owned();
        let at = |row: usize, fault: Fault| Error::input(fault.file(&name).row(row));
        while let Some((row, line)) = rows.next()? {
            let fields: Vec<&str> = line.split('\t').collect();
            let &[id, text] = &fields[..] else {
                let fault = Fault::new("field-count", format!("{} fields instead of 2", fields.len()))
                    .cause("the tab is missing, or a tab stands in the text")
                    .next("write: id, tab, text");
                return Err(at(row, fault));
            };
            let id = known(id).map_err(|e| e.at(&name, row))?;
            if let Some((before, _)) = texts.insert(id.to_owned(), (row, text.trim().to_owned())) {
                let fault =
                    Fault::new("id-again", format!("a second reference of \"{id}\"; line {before} has one"))
                        .cause("two utterances have one id")
                        .next("leave one reference for each id");
                return Err(at(row, fault));
            }
        }
        if texts.is_empty() {
            return Err(Error::input(
                Fault::new("no-references", "there is no reference in it")
                    .file(&name)
                    .cause("an empty file")
                    .next("write lines: id, tab, text"),
            ));
        }
        Ok(References { name, texts })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text that belongs to a list read from the file `lists`.
    ///
    /// # Errors
    /// There is none for the list's id.
    pub fn of(&self, list: &List, lists: &str) -> Result<&str> {
        self.texts.get(&list.id).map(|(_, text)| text.as_str()).ok_or_else(|| {
            Error::input(
                Fault::new(
                    "no-reference",
                    format!("there is no reference of \"{}\" in {}", list.id, self.name),
                )
                .file(lists)
                .row(list.row)
                .cause("the references are of other utterances, or one is missing")
                .next("add the reference, or leave the list out"),
            )
        })
    }

    /// Fails if a reference has no list, for then the recogniser's lost utterances would not count.
    ///
    /// # Errors
    /// The first reference without a list, by its line.
    pub fn all_used(&self, lists: &Lists) -> Result<()> {
        let lost = self.texts.iter().filter(|(id, _)| !lists.seen.contains_key(*id)).min_by_key(|(_, r)| r.0);
        let Some((id, (row, _))) = lost else { return Ok(()) };
        Err(Error::input(
            Fault::new("no-list", format!("the reference of \"{id}\" has no list in {}", lists.name()))
                .file(&self.name)
                .row(*row)
                .cause("the recogniser gave nothing for it")
                .next("add a line with an empty text to the lists, so that its words count as lost, or leave the reference out"),
        ))
    }
}
