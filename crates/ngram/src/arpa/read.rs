//! ARPA files of any maker: fields split by tabs or spaces, back-off weights that may be left out, n-grams in any order.
//! Nothing is allocated on the word of a header; every number is checked.

use gyeol_base::Fault;

use crate::arpa::repair::{self, Raw};
use crate::corpus::Source;
use crate::corpus::source::{Lines, Words};
use crate::estimate::MOST_ORDER;
use crate::tables::Tables;
use crate::vocabulary::{RESERVED, SENTENCE_END, SENTENCE_START, UNKNOWN, Vocabulary};
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// log10 probability of `<unk>` where a file has none, as in KenLM.
const UNKNOWN_MISSING: f32 = -100.0;

/// How other programs write the unknown word.
const UPPER: &[u8] = b"<UNK>";

/// What had to be added to a file so that every question has an answer; no probability is changed by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Repairs {
    /// The file has no `<unk>`: unknown words get log10 p = -100.
    pub unknown_missing: bool,
    /// N-grams added because a longer one ends in them.
    pub suffixes: u64,
    /// N-grams added because a longer one begins with them.
    pub contexts: u64,
}

struct Reader<'a> {
    source: &'a mut Source,
    line: usize,
}

impl Reader<'_> {
    fn fault(&self, code: &'static str, found: impl Into<String>) -> Fault {
        Fault::new(code, found).file(self.source.name()).row(self.line)
    }

    fn broken(&self, found: impl Into<String>) -> Error {
        Error::input(
            self.fault("broken-arpa", found)
                .cause("the file was altered or cut off, or it is no ARPA file")
                .next("copy the file again, or write it anew with the program that made it"),
        )
    }
}

/// Which of the reserved words a file has.
#[derive(Default)]
struct Given {
    reserved: [bool; 3],
    /// Place among the unigrams of a `<UNK>` that stands for `<unk>`.
    upper: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Before,
    Counts,
    Grams(usize),
    End,
}

/// Reads an ARPA file to its end. `progress` is told the lines read and answers whether to go on.
///
/// # Errors
/// A line that is not understood, a number that is none or out of range, counts that differ from the header's, an
/// n-gram of a word that is no unigram or that stands there twice, a file that is cut off. Each names the line. Stopped.
pub fn read_arpa(source: &mut Source, progress: &mut dyn FnMut(Stage) -> bool) -> Result<(Tables, Repairs)> {
    let mut watch = Watch::new(progress, Stage::Reading(0));
    let mut reader = Reader { source, line: 0 };
    let mut promised: Vec<u64> = Vec::new();
    let mut levels: Vec<Raw> = Vec::new();
    let mut vocabulary = Vocabulary::new();
    let mut part = Part::Before;
    let mut given = Given::default();
    let mut block = Vec::new();
    while part != Part::End && reader.source.watched_block(&mut block, &mut watch)? {
        watch.tell(Stage::Reading(reader.line as u64))?;
        for line in Lines(&block) {
            reader.line += 1;
            watch.step(reader.line)?;
            let trimmed = line.trim_ascii();
            if trimmed.is_empty() || part == Part::End {
                continue;
            }
            match part {
                Part::Before => {
                    if trimmed == b"\\data\\" {
                        part = Part::Counts;
                    } else if reader.line > 1000 {
                        return Err(reader.broken("no line \"\\data\\\" among the first thousand"));
                    }
                    continue;
                }
                Part::Counts if trimmed.starts_with(b"ngram") => {
                    promise(&reader, trimmed, &mut promised)?;
                    continue;
                }
                _ => {}
            }
            if trimmed[0] == b'\\' && (trimmed.ends_with(b"-grams:") || trimmed == b"\\end\\") {
                part = section(&reader, trimmed, part, &promised, &levels)?;
                if let Part::Grams(_) = part {
                    levels.push(Raw::default());
                }
                continue;
            }
            match (part, levels.len()) {
                (Part::Grams(1), _) => {
                    let level = &mut levels[0];
                    unigram(&reader, line, &mut vocabulary, level, &mut given, promised.len() == 1)?;
                }
                (Part::Grams(n), _) => {
                    let level = &mut levels[n - 1];
                    if level.probability.len() as u64 >= promised[n - 1] {
                        return Err(more(&reader, n, promised[n - 1]));
                    }
                    gram(&reader, line, n, &vocabulary, level)?;
                }
                _ => return Err(reader.broken(format!("\"{}\" instead of a count", shown(trimmed)))),
            }
        }
    }
    if part != Part::End {
        return Err(Error::input(
            reader
                .fault("truncated-arpa", "the file ends before \"\\end\\\"")
                .cause("it was cut off while it was copied or written")
                .next("copy it again"),
        ));
    }
    let mut repairs = Repairs::default();
    // Unigrams are listed by number from here on.
    let unigrams =
        by_number(&reader, &vocabulary, std::mem::take(&mut levels[0]), given.reserved, &mut repairs)?;
    levels[0] = unigrams;
    let name = reader.source.name().to_owned();
    let tables = repair::build(vocabulary, levels, &mut repairs, &name, &mut watch)?;
    Ok((tables, repairs))
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

fn more(reader: &Reader<'_>, n: usize, promised: u64) -> Error {
    reader.broken(format!("more {n}-grams than the {promised} that the header promises"))
}

fn promise(reader: &Reader<'_>, line: &[u8], promised: &mut Vec<u64>) -> Result<()> {
    let text = std::str::from_utf8(&line[5..]).unwrap_or("");
    let numbers = text
        .split_once('=')
        .and_then(|(n, count)| Some((n.trim().parse::<usize>().ok()?, count.trim().parse::<u64>().ok()?)));
    let Some((n, count)) = numbers else {
        return Err(reader.broken(format!("\"{}\" is not of the form \"ngram N=COUNT\"", shown(line))));
    };
    if n != promised.len() + 1 {
        return Err(reader.broken(format!("the count of {n}-grams follows that of {}-grams", promised.len())));
    }
    if n > MOST_ORDER {
        return Err(Error::limit(
            reader
                .fault("order-out-of-range", format!("{n}-grams"))
                .cause(format!("orders up to {MOST_ORDER} are read"))
                .next("prune the file to a lower order"),
        ));
    }
    if count >= u64::from(u32::MAX) {
        return Err(Error::limit(
            reader
                .fault("too-many-ngrams", format!("{count} {n}-grams promised, more than 2^32 - 2"))
                .cause("a header that was altered, or a model beyond what is read here")
                .next("prune the model"),
        ));
    }
    promised.push(count);
    Ok(())
}

fn section(reader: &Reader<'_>, line: &[u8], part: Part, promised: &[u64], levels: &[Raw]) -> Result<Part> {
    if promised.is_empty() {
        return Err(reader.broken("no counts of n-grams before the first of them"));
    }
    if let Part::Grams(n) = part {
        let (found, wanted) = (levels[n - 1].probability.len() as u64, promised[n - 1]);
        if found != wanted {
            return Err(reader.broken(format!("{found} {n}-grams, the header promises {wanted}")));
        }
    }
    let next = levels.len() + 1;
    if line == b"\\end\\" {
        if next != promised.len() + 1 {
            return Err(reader.broken(format!("the end comes before the {next}-grams")));
        }
        return Ok(Part::End);
    }
    if line != format!("\\{next}-grams:").as_bytes() || next > promised.len() {
        return Err(reader.broken(format!("\"{}\" instead of \"\\{next}-grams:\"", shown(line))));
    }
    Ok(Part::Grams(next))
}

fn number(reader: &Reader<'_>, text: &[u8], what: &str) -> Result<f32> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|t| t.parse::<f32>().ok())
        .filter(|v| !v.is_nan())
        .ok_or_else(|| reader.broken(format!("the {what} \"{}\" is not a number", shown(text))))
}

fn values(reader: &Reader<'_>, probability: &[u8], back_off: Option<&[u8]>, level: &mut Raw) -> Result<()> {
    let probability = number(reader, probability, "log10 probability")?;
    if probability > 0.0 {
        return Err(Error::input(
            reader
                .fault("positive-log-probability", format!("the log10 probability {probability} is above 0"))
                .cause("the file holds probabilities or negative logarithms, or was altered")
                .next("write log10 of the probabilities"),
        ));
    }
    let back_off = back_off.map_or(Ok(0.0), |text| number(reader, text, "back-off weight"))?;
    if back_off == f32::INFINITY {
        return Err(reader.broken("an infinite back-off weight"));
    }
    level.probability.push(probability);
    level.back_off.push(back_off);
    Ok(())
}

fn unigram(
    reader: &Reader<'_>,
    line: &[u8],
    vocabulary: &mut Vocabulary,
    level: &mut Raw,
    given: &mut Given,
    highest: bool,
) -> Result<()> {
    let mut fields = Words(line);
    let (Some(probability), Some(word)) = (fields.next(), fields.next()) else {
        return Err(reader.broken(format!("\"{}\" is not a unigram", shown(line))));
    };
    let back_off = fields.next();
    if fields.next().is_some() || (highest && back_off.is_some_and(|b| std::str::from_utf8(b).is_err())) {
        return Err(reader.broken(format!("too many fields in \"{}\"", shown(line))));
    }
    if std::str::from_utf8(word).is_err() {
        return Err(reader.broken("a word that is not UTF-8"));
    }
    // Other programs write <UNK> for the unknown word; beside <unk> it is a word of the text.
    let unknown = RESERVED[UNKNOWN as usize].as_bytes();
    let upper = word == UPPER && !given.reserved[UNKNOWN as usize];
    if word == unknown
        && let Some(at) = given.upper.take()
    {
        level.words[at] = vocabulary.insert(UPPER)?;
        given.reserved[UNKNOWN as usize] = false;
    }
    if upper {
        given.upper = Some(level.words.len());
    }
    let known = vocabulary.len();
    let id = vocabulary.insert(if upper { unknown } else { word })?;
    let twice = match given.reserved.get_mut(id as usize) {
        Some(given) => std::mem::replace(given, true),
        None => (id as usize) < known,
    };
    if twice {
        return Err(reader.broken(format!("the word \"{}\" stands there twice", shown(word))));
    }
    level.words.push(id);
    values(reader, probability, back_off, level)
}

fn gram(reader: &Reader<'_>, line: &[u8], n: usize, vocabulary: &Vocabulary, level: &mut Raw) -> Result<()> {
    let mut fields = Words(line);
    let probability = fields.next().unwrap_or(b"");
    let begin = level.words.len();
    for _ in 0..n {
        let Some(word) = fields.next() else {
            return Err(reader.broken(format!("\"{}\" is too short for a {n}-gram", shown(line))));
        };
        let id = match vocabulary.get(word) {
            Some(id) => id,
            None if word == UPPER => UNKNOWN,
            None => {
                return Err(reader.broken(format!("the word \"{}\" is not among the unigrams", shown(word))));
            }
        };
        level.words.push(id);
    }
    level.words[begin..].reverse();
    let back_off = fields.next();
    if fields.next().is_some() {
        return Err(reader.broken(format!("too many fields for a {n}-gram: \"{}\"", shown(line))));
    }
    values(reader, probability, back_off, level)
}

fn by_number(
    reader: &Reader<'_>,
    vocabulary: &Vocabulary,
    raw: Raw,
    given: [bool; 3],
    repairs: &mut Repairs,
) -> Result<Raw> {
    for id in [SENTENCE_START, SENTENCE_END] {
        if !given[id as usize] {
            let word = RESERVED[id as usize];
            return Err(Error::input(
                Fault::new("marker-missing", format!("the file has no {word}"))
                    .file(reader.source.name())
                    .cause("a model that was made without sentence marks")
                    .next(format!("make it again with sentence marks, or add the unigram {word}")),
            ));
        }
    }
    repairs.unknown_missing = !given[UNKNOWN as usize];
    let mut out = Raw {
        words: (0..vocabulary.len() as u32).collect(),
        probability: vec![UNKNOWN_MISSING; vocabulary.len()],
        back_off: vec![0.0; vocabulary.len()],
    };
    for (i, &id) in raw.words.iter().enumerate() {
        out.probability[id as usize] = raw.probability[i];
        out.back_off[id as usize] = raw.back_off[i];
    }
    Ok(out)
}
