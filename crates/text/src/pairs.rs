//! Labelled texts as supervised pairs, and their parts: train, validation, test.
//!
//! Texts that are the same but for spaces go into the same part, so that nothing of the test part was seen in training;
//! classes keep their shares in every part.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_tensor::rng::Rng;

use crate::corpus::Corpus;
use crate::encode::Encoded;
use crate::vocabulary::Vocabulary;
use crate::words::Tokenize;
use gyeol_base::{Error, Result};

/// Names of the classes, sorted; a class's number is its place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Classes(Vec<String>);

impl Classes {
    /// The classes that labels have.
    ///
    /// # Errors
    /// Fewer than two classes.
    pub fn of<'a>(labels: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut names: Vec<String> =
            labels.collect::<std::collections::BTreeSet<_>>().into_iter().map(str::to_owned).collect();
        names.sort();
        if names.len() < 2 {
            return Err(Error::input(
                Fault::new("one-class", format!("{} class in all labels", names.len()))
                    .cause("the wrong column was taken for the label")
                    .next("name the column of the label"),
            ));
        }
        Ok(Classes(names))
    }

    /// Names in the order of their numbers.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Number of a class.
    ///
    /// # Errors
    /// A class that was not there when the classes were gathered.
    pub fn number(&self, label: &str) -> Result<u32> {
        self.0.binary_search_by(|n| n.as_str().cmp(label)).map(|i| i as u32).map_err(|_| {
            let label = gyeol_base::shorten(label, 60);
            Error::input(
                Fault::new("unknown-class", format!("class '{label}' was not in the training part"))
                    .cause(format!("{} classes are known, '{}' the first", self.0.len(), self.0[0]))
                    .next("leave such rows out, or fit with them"),
            )
        })
    }
}

/// X and y.
#[derive(Debug, Clone)]
pub struct Pairs {
    /// Documents as ids.
    pub x: Encoded,
    /// Class of each document.
    pub y: Vec<u32>,
}

impl Pairs {
    /// Encodes a labelled corpus.
    ///
    /// # Errors
    /// Of reading; a document without a label, or with one that is not among the classes.
    pub fn of(
        corpus: &Corpus,
        vocabulary: &Vocabulary,
        tokenizer: &dyn Tokenize,
        classes: &Classes,
        pool: &Pool,
    ) -> Result<Self> {
        let mut pairs = Pairs { x: Encoded::default(), y: Vec::new() };
        corpus.map(
            pool,
            |_, block| -> Result<(Encoded, Vec<u32>)> {
                let (mut x, mut y) = (Encoded::default(), Vec::with_capacity(block.len()));
                for document in block.documents() {
                    x.push(|ids| {
                        tokenizer.each(document.text, &mut |token| ids.extend(vocabulary.id(token)))
                    });
                    let label = document.label.ok_or_else(|| no_label(block.path(), document.line))?;
                    y.push(classes.number(label)?);
                }
                Ok((x, y))
            },
            |_, part| {
                let (x, y) = part?;
                pairs.x.extend(&x);
                pairs.y.extend(y);
                Ok(())
            },
        )?;
        Ok(pairs)
    }
}

fn no_label(path: &str, line: u64) -> Error {
    Error::input(
        Fault::new("no-label", "a document without a label")
            .file(path)
            .row(line as usize)
            .cause("plain text has no labels, and no column was found for them")
            .next("name the column with --label, or keep one folder a class"),
    )
}

/// How a corpus is parted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitParams {
    /// Share of the validation part, 0 to 1.
    pub valid: f64,
    /// Share of the test part, 0 to 1.
    pub test: f64,
    /// Whether classes keep their shares.
    pub stratify: bool,
    /// Seed of the shuffle.
    pub seed: u64,
}

impl Default for SplitParams {
    fn default() -> Self {
        SplitParams { valid: 0.1, test: 0.1, stratify: true, seed: 0 }
    }
}

/// A part of a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What is fitted on.
    Train,
    /// What chooses.
    Valid,
    /// What is scored once.
    Test,
}

/// The part of each document, and what was met on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// One a document, in order.
    pub parts: Vec<Part>,
    /// Documents that repeat an earlier one and went with it.
    pub repeated: usize,
}

impl Split {
    /// Documents of a part.
    pub fn count(&self, part: Part) -> usize {
        self.parts.iter().filter(|&&p| p == part).count()
    }
}

/// Parts a corpus.
///
/// # Errors
/// Shares that leave no training part, an empty corpus, or one too small for a part that was asked for.
pub fn split(corpus: &Corpus, params: SplitParams, pool: &Pool) -> Result<Split> {
    let SplitParams { valid, test, stratify, seed } = params;
    if !(0.0..1.0).contains(&valid) || !(0.0..1.0).contains(&test) || valid + test >= 1.0 {
        return Err(Error::option(
            Fault::new("bad-shares", format!("a validation part of {valid} and a test part of {test}"))
                .cause("both are shares of the whole, and something must be left to train on")
                .next("choose shares such as 0.1 and 0.1"),
        ));
    }
    // A text's hash stands for it: two texts of one hash would only land in one part.
    let hasher = foldhash::quality::FixedState::default();
    let mut keys: Vec<u64> = Vec::new();
    let mut labels: Vec<u32> = Vec::new();
    let mut names: HashMap<String, u32> = HashMap::new();
    corpus.map(
        pool,
        |_, block| {
            let mut spaced = String::new();
            let mut out = Vec::with_capacity(block.len());
            for document in block.documents() {
                spaced.clear();
                for word in document.text.split_whitespace() {
                    spaced.push_str(word);
                    spaced.push(' ');
                }
                let label = stratify.then_some(document.label).flatten();
                out.push((hasher.hash_one(spaced.as_bytes()), label.map(str::to_owned)));
            }
            out
        },
        |_, block| {
            for (key, label) in block {
                keys.push(key);
                let next = names.len() as u32;
                labels.push(label.map_or(u32::MAX, |l| *names.entry(l).or_insert(next)));
            }
            Ok(())
        },
    )?;
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut group_of: HashMap<u64, u32> = HashMap::with_capacity(keys.len());
    let mut repeated = 0;
    for (i, key) in keys.iter().enumerate() {
        let group = *group_of.entry(*key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() as u32 - 1
        });
        let group = &mut groups[group as usize];
        repeated += usize::from(!group.is_empty());
        group.push(i as u32);
    }
    // Classes in the order of their first document, each shuffled by a stream of its own.
    let mut classes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (g, group) in groups.iter().enumerate() {
        classes.entry(labels[group[0] as usize]).or_default().push(g as u32);
    }
    let mut parts = vec![Part::Train; keys.len()];
    for (stream, of_class) in classes.values_mut().enumerate() {
        Rng::stream(seed, stream as u64).shuffle(of_class);
        let documents: usize = of_class.iter().map(|&g| groups[g as usize].len()).sum();
        let aim = |share: f64| (documents as f64 * share).round() as usize;
        let mut left = of_class.iter();
        for (part, aim) in [(Part::Test, aim(test)), (Part::Valid, aim(valid))] {
            let mut taken = 0;
            while taken < aim {
                let Some(&g) = left.next() else { break };
                let group = &groups[g as usize];
                taken += group.len();
                group.iter().for_each(|&i| parts[i as usize] = part);
            }
        }
    }
    let split = Split { parts, repeated };
    for (part, share, name) in
        [(Part::Train, 1.0, "training"), (Part::Valid, valid, "validation"), (Part::Test, test, "test")]
    {
        if share > 0.0 && split.count(part) == 0 {
            return Err(Error::input(
                Fault::new(
                    "empty-part",
                    format!("the {name} part of {} documents is empty", split.parts.len()),
                )
                .cause("a corpus that is too small, or one text over and over")
                .next("choose other shares, or more documents"),
            ));
        }
    }
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::CorpusOptions;

    fn corpus(lines: &[(String, &str)]) -> (tempfile::TempDir, Corpus) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.tsv");
        let rows: String = lines.iter().map(|(t, l)| format!("{t}\t{l}\n")).collect();
        std::fs::write(&path, format!("text\tlabel\n{rows}")).unwrap();
        let options = CorpusOptions { block_bytes: 500, ..CorpusOptions::default() };
        let corpus = Corpus::open(&path.display().to_string(), options).unwrap();
        (folder, corpus)
    }

    #[test]
    fn parts_share_no_text_and_keep_the_classes() {
        // Every third text comes again, with other spaces.
        let mut lines: Vec<(String, &str)> = (0..900)
            .map(|i| (format!("text  number {i}"), if i % 3 == 0 { "rare" } else { "common" }))
            .collect();
        lines.extend((0..300).map(|i| (format!("text number  {}", i * 3), "rare")));
        let (_f, corpus) = corpus(&lines);
        let params = SplitParams { valid: 0.2, test: 0.1, ..SplitParams::default() };
        let split = super::split(&corpus, params, &Pool::new(1)).unwrap();
        assert_eq!(split.repeated, 300);
        assert_eq!(split.parts.len(), 1200);
        let mut part_of = HashMap::new();
        for ((text, _), part) in lines.iter().zip(&split.parts) {
            let text: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(*part_of.entry(text).or_insert(*part), *part);
        }
        for class in ["rare", "common"] {
            let of = |part| {
                lines.iter().zip(&split.parts).filter(|((_, l), p)| *l == class && **p == part).count()
            };
            assert_eq!((of(Part::Train), of(Part::Valid), of(Part::Test)), (420, 120, 60), "{class}");
        }
        for threads in [2, 3, 7] {
            assert_eq!(super::split(&corpus, params, &Pool::new(threads)).unwrap(), split);
        }
        let other = super::split(&corpus, SplitParams { seed: 1, ..params }, &Pool::new(1)).unwrap();
        assert_ne!(other.parts, split.parts);
    }

    #[test]
    fn parts_that_cannot_be_are_refused() {
        let (_f, one) = corpus(&[("a".into(), "x"), ("a".into(), "y"), ("a ".into(), "x")]);
        assert_eq!(split(&one, SplitParams::default(), &Pool::new(1)).unwrap_err().code(), "empty-part");
        let bad = SplitParams { valid: 0.6, test: 0.4, ..SplitParams::default() };
        assert_eq!(split(&one, bad, &Pool::new(1)).unwrap_err().code(), "bad-shares");
        assert_eq!(Classes::of(["x"].into_iter()).unwrap_err().code(), "one-class");
        let classes = Classes::of(["b", "a", "b"].into_iter()).unwrap();
        assert_eq!(
            (classes.number("b").unwrap(), classes.names()),
            (1, &["a".to_owned(), "b".to_owned()][..])
        );
        assert_eq!(classes.number("c").unwrap_err().code(), "unknown-class");
    }
}
