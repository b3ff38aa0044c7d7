//! From documents to a profile, in one pass on all threads.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use gyeol_tensor::Pool;

use super::near::{self, Index, Signature};
use super::scripts::{self, Scripts};
use super::{Class, CorpusProfile, Growth, Lengths, Overlap, Repeats, Zipf};
use crate::corpus::{Corpus, Totals};
use crate::vocabulary::count::Counter;
use crate::vocabulary::hash;
use crate::words::Tokenize;
use gyeol_base::{Error, Result};

/// How a corpus is looked at.
#[derive(Debug, Clone, Copy)]
pub struct ProfileParams {
    /// Documents whose near duplicates are looked for, about 1.5 KiB each.
    pub most_compared: u64,
    /// Examples shown of each kind.
    pub examples: usize,
}

impl Default for ProfileParams {
    fn default() -> Self {
        ProfileParams { most_compared: 1_000_000, examples: 5 }
    }
}

/// What is kept of a document until all are known.
struct Sketch {
    characters: u64,
    tokens: u64,
    key: u64,
    signature: Option<Signature>,
    label: Option<String>,
    begin: String,
}

struct Sketched {
    documents: Vec<Sketch>,
    scripts: Scripts,
    english: u64,
    bytes: u64,
}

/// Looks at a corpus, and at what `against` (a test part, say) shares with it.
///
/// # Errors
/// Of reading, or when `progress` stops it.
pub fn profile(
    name: &str,
    corpus: &Corpus,
    against: Option<(&str, &Corpus)>,
    tokenizer: &dyn Tokenize,
    params: ProfileParams,
    pool: &Pool,
    mut progress: impl FnMut(Totals) -> bool,
) -> Result<CorpusProfile> {
    let counters: Vec<Mutex<Counter>> = (0..pool.threads()).map(|_| Mutex::default()).collect();
    let mut seen = Seen::default();
    let mut all = Totals::default();
    corpus.map(
        pool,
        |thread, block| {
            let mut counter = counters[thread].lock().unwrap_or_else(PoisonError::into_inner);
            sketch(block, tokenizer, Some(&mut *counter))
        },
        |first, block| {
            all.documents += block.documents.len() as u64;
            all.bytes += block.bytes;
            seen.take(first, block, params);
            if progress(all) { Ok(()) } else { Err(Error::stopped()) }
        },
    )?;
    let mut sum = Counter::default();
    for counter in counters {
        sum.merge(&counter.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
    let mut profile = seen.profile(name, all, &sum);
    profile.notes = corpus.notes();
    if let Some((name, other)) = against {
        profile.overlap = Some(overlap(name, other, tokenizer, &seen, &sum, pool)?);
        profile.notes.extend(other.notes());
    }
    profile.warnings = super::warnings::warnings(&profile);
    Ok(profile)
}

fn sketch(
    block: &crate::corpus::Block,
    tokenizer: &dyn Tokenize,
    mut counter: Option<&mut Counter>,
) -> Sketched {
    let mut out = Sketched {
        documents: Vec::with_capacity(block.len()),
        scripts: Scripts::default(),
        english: 0,
        bytes: 0,
    };
    let mut words = Vec::new();
    let mut spaced = String::new();
    let mut place = block.sequence() << 32;
    for (i, document) in block.documents().enumerate() {
        out.bytes += document.text.len() as u64;
        out.scripts.add(document.text);
        words.clear();
        let number = block.sequence() << 32 | i as u64;
        tokenizer.each(document.text, &mut |token| {
            if let Some(counter) = &mut counter {
                counter.add(token, place, number, &mut |_| ());
            }
            place += 1;
            words.push(hash(token));
            // Common words are short and in ASCII.
            if token.len() <= 4 && scripts::is_english(&token.to_ascii_lowercase()) {
                out.english += 1;
            }
        });
        spaced.clear();
        for word in document.text.split_whitespace() {
            spaced.push_str(word);
            spaced.push(' ');
        }
        out.documents.push(Sketch {
            characters: document.text.chars().count() as u64,
            tokens: words.len() as u64,
            key: hash(&spaced),
            signature: near::signature(&words),
            label: document.label.map(str::to_owned),
            begin: gyeol_base::shorten(spaced.trim_end(), 80),
        });
    }
    if let Some(counter) = counter {
        counter.flush(&mut |_| ());
    }
    out
}

#[derive(Default)]
struct Seen {
    characters: Vec<u64>,
    tokens: Vec<u64>,
    scripts: Scripts,
    english: u64,
    first_of: HashMap<u64, u64>,
    index: Index,
    same: Repeats,
    near: Repeats,
    classes: BTreeMap<String, (u64, u64)>,
    /// Tokens before each block, and so far.
    before: Vec<u64>,
    taken: u64,
}

impl Seen {
    fn take(&mut self, first: u64, block: Sketched, params: ProfileParams) {
        self.before.push(self.taken);
        self.scripts.merge(&block.scripts);
        self.english += block.english;
        for (i, sketch) in block.documents.into_iter().enumerate() {
            let number = first + i as u64;
            self.characters.push(sketch.characters);
            self.tokens.push(sketch.tokens);
            self.taken += sketch.tokens;
            if let Some(label) = sketch.label {
                let class = self.classes.entry(label).or_default();
                *class = (class.0 + 1, class.1 + sketch.tokens);
            }
            if sketch.tokens == 0 {
                continue;
            }
            if let Some(&earlier) = self.first_of.get(&sketch.key) {
                self.same.add(number, earlier, 1.0, sketch.begin, params.examples);
                continue;
            }
            self.first_of.insert(sketch.key, number);
            if number >= params.most_compared {
                self.near.not_compared += 1;
            } else if let Some(signature) = sketch.signature {
                if let Some((earlier, similarity)) = self.index.nearest(&signature) {
                    self.near.add(number, earlier, similarity, sketch.begin, params.examples);
                }
                self.index.add(number, &signature);
            }
        }
    }
}

impl Seen {
    fn profile(&mut self, name: &str, all: Totals, sum: &Counter) -> CorpusProfile {
        let tokens: u64 = self.tokens.iter().sum();
        let mut counts: Vec<u64> = sum.tallies.iter().map(|t| t.count).collect();
        counts.sort_unstable_by_key(|&c| std::cmp::Reverse(c));
        let mut order: Vec<u32> = (0..sum.words.len() as u32).collect();
        order.sort_unstable_by_key(|&n| {
            (std::cmp::Reverse(sum.tallies[n as usize].count), sum.tallies[n as usize].first)
        });
        let documents = all.documents;
        let mut classes: Vec<Class> = std::mem::take(&mut self.classes)
            .into_iter()
            .map(|(label, (n, tokens))| Class {
                label,
                documents: n,
                share: n as f64 / documents.max(1) as f64,
                mean_tokens: tokens as f64 / n.max(1) as f64,
            })
            .collect();
        classes.sort_by(|a, b| b.documents.cmp(&a.documents).then_with(|| a.label.cmp(&b.label)));
        CorpusProfile {
            name: name.to_owned(),
            documents,
            empty: self.tokens.iter().filter(|&&t| t == 0).count() as u64,
            bytes: all.bytes,
            tokens,
            types: counts.len() as u64,
            once: counts.iter().filter(|&&c| c == 1).count() as u64,
            characters_a_document: lengths(&self.characters),
            tokens_a_document: lengths(&self.tokens),
            growth: self.growth(sum, tokens),
            zipf: zipf(&counts),
            frequent: order
                .iter()
                .take(50)
                .map(|&n| (sum.words.word(n).to_owned(), sum.tallies[n as usize].count))
                .collect(),
            scripts: self.scripts,
            language: scripts::language(&self.scripts, self.english as f64 / tokens.max(1) as f64),
            duplicates: std::mem::take(&mut self.same),
            near_duplicates: std::mem::take(&mut self.near),
            classes,
            overlap: None,
            notes: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Types after so many tokens, from the place of each word's first appearance.
    fn growth(&self, sum: &Counter, tokens: u64) -> Growth {
        let mut firsts: Vec<u64> = sum
            .tallies
            .iter()
            .map(|t| self.before[(t.first >> 32) as usize] + (t.first & 0xffff_ffff))
            .collect();
        firsts.sort_unstable();
        let mut points: Vec<(u64, u64)> =
            steps(tokens).into_iter().map(|at| (at, firsts.partition_point(|&f| f < at) as u64)).collect();
        points.dedup();
        let fitted = points.iter().filter(|(at, _)| *at >= 100);
        let (slope, intercept) = line(fitted.map(|&(x, y)| ((x as f64).ln(), (y as f64).ln())));
        Growth { k: intercept.exp(), beta: slope, points }
    }
}

impl Repeats {
    fn add(&mut self, number: u64, earlier: u64, similarity: f64, begin: String, most: usize) {
        self.documents += 1;
        if self.examples.len() < most {
            self.examples.push((number, earlier, similarity, begin));
        }
    }
}

/// 10 steps a decade from 10 to `most`, and `most`.
fn steps(most: u64) -> Vec<u64> {
    let mut steps: Vec<u64> =
        (10..).map(|i| 10f64.powf(f64::from(i) / 10.0).round() as u64).take_while(|&s| s < most).collect();
    if most > 0 {
        steps.push(most);
    }
    steps.dedup();
    steps
}

/// Least squares: (slope, intercept); 0 with fewer than two points.
fn line(points: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in points {
        n += 1.0;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    let spread = n * sxx - sx * sx;
    if n < 2.0 || spread <= 0.0 {
        return (0.0, 0.0);
    }
    let slope = (n * sxy - sx * sy) / spread;
    (slope, (sy - slope * sx) / n)
}

fn zipf(counts: &[u64]) -> Zipf {
    let points: Vec<(u64, u64)> = (1..10u64)
        .chain(steps(counts.len() as u64))
        .filter(|&rank| rank as usize <= counts.len())
        .map(|rank| (rank, counts[rank as usize - 1]))
        .collect();
    let last = (counts.len() / 10) as u64;
    let fitted = points.iter().filter(|(rank, _)| (10..=last.max(10)).contains(rank));
    let (slope, _) = line(fitted.map(|&(r, c)| ((r as f64).ln(), (c as f64).ln())));
    Zipf { slope: -slope, points }
}

fn lengths(values: &[u64]) -> Lengths {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let Some(&most) = sorted.last() else { return Lengths::default() };
    let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q).round() as usize];
    let mut histogram = Vec::new();
    let mut bound = 0u64;
    while bound <= most {
        let next = if bound == 0 { 1 } else { bound * 2 };
        let within = sorted.partition_point(|&v| v < next) - sorted.partition_point(|&v| v < bound);
        histogram.push((bound, within as u64));
        bound = next;
    }
    Lengths {
        mean: sorted.iter().sum::<u64>() as f64 / sorted.len() as f64,
        quantiles: [sorted[0], at(0.05), at(0.25), at(0.5), at(0.75), at(0.95), at(0.99), most],
        histogram,
    }
}

fn overlap(
    name: &str,
    other: &Corpus,
    tokenizer: &dyn Tokenize,
    seen: &Seen,
    sum: &Counter,
    pool: &Pool,
) -> Result<Overlap> {
    let mut overlap = Overlap { with: name.to_owned(), documents: 0, same: 0, near: 0, unknown_tokens: 0.0 };
    let (mut tokens, mut unknown) = (0u64, 0u64);
    other.map(
        pool,
        |_, block| {
            let mut new = 0u64;
            for document in block.documents() {
                tokenizer.each(document.text, &mut |token| new += u64::from(sum.words.find(token).is_none()));
            }
            (sketch(block, tokenizer, None), new)
        },
        |_, (block, new)| {
            unknown += new;
            for sketch in block.documents {
                overlap.documents += 1;
                tokens += sketch.tokens;
                if sketch.tokens == 0 {
                } else if seen.first_of.contains_key(&sketch.key) {
                    overlap.same += 1;
                } else if sketch.signature.is_some_and(|s| seen.index.nearest(&s).is_some()) {
                    overlap.near += 1;
                }
            }
            Ok(())
        },
    )?;
    overlap.unknown_tokens = unknown as f64 / tokens.max(1) as f64;
    Ok(overlap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::CorpusOptions;

    struct Spaces;
    impl Tokenize for Spaces {
        fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
            text.split_whitespace().for_each(token);
        }
    }

    fn open(folder: &tempfile::TempDir, name: &str, text: &str) -> Corpus {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Corpus::open(&path.display().to_string(), CorpusOptions { block_bytes: 300, ..Default::default() })
            .unwrap()
    }

    #[test]
    fn a_small_corpus_by_hand_on_any_threads() {
        let folder = tempfile::tempdir().unwrap();
        let long = "one two three four five six seven eight nine ten eleven twelve";
        let near = format!("{long} thirteen");
        let rows = format!("text\tlabel\na b a\tx\n{long}\tx\n\ty\na  b a \tx\n{near}\tx\nc\tx\nd\tx\n");
        let corpus = open(&folder, "c.tsv", &rows);
        let other = open(&folder, "o.tsv", &format!("text\nzebra a\n{long}\n{near} again\n"));
        let mut first = None;
        for threads in [1, 2, 3, 7] {
            let against = Some(("other", &other));
            let p = profile(
                "c",
                &corpus,
                against,
                &Spaces,
                ProfileParams::default(),
                &Pool::new(threads),
                |_| true,
            )
            .unwrap();
            assert_eq!((p.documents, p.empty, p.tokens, p.types), (7, 1, 33, 17));
            assert_eq!(p.once, 3); // thirteen, c, d
            assert_eq!(p.frequent[0], ("a".into(), 4));
            assert_eq!(p.duplicates.documents, 1);
            assert_eq!(&p.duplicates.examples[0], &(3, 0, 1.0, "a b a".into()));
            assert_eq!(p.near_duplicates.documents, 1);
            assert_eq!((p.near_duplicates.examples[0].0, p.near_duplicates.examples[0].1), (4, 1));
            assert_eq!(
                p.classes[0],
                Class { label: "x".into(), documents: 6, share: 6.0 / 7.0, mean_tokens: 33.0 / 6.0 }
            );
            assert_eq!(p.tokens_a_document.quantiles, [0, 0, 1, 3, 12, 13, 13, 13]);
            assert_eq!(p.tokens_a_document.histogram, [(0, 1), (1, 2), (2, 2), (4, 0), (8, 2)]);
            assert_eq!(
                p.growth.points,
                [(10, 9), (13, 12), (16, 14), (20, 14), (25, 14), (32, 16), (33, 17)]
            );
            let o = p.overlap.as_ref().unwrap();
            assert_eq!((o.documents, o.same, o.near), (3, 1, 1));
            assert_eq!(o.unknown_tokens, 2.0 / 28.0);
            let codes: Vec<&str> = p.warnings.iter().map(|w| w.code.as_str()).collect();
            assert_eq!(
                codes,
                ["empty-documents", "repeated-documents", "near-duplicates", "unbalanced-classes", "overlap"]
            );
            let json = serde_json::to_string(&p).unwrap();
            assert_eq!(*first.get_or_insert(json.clone()), json);
        }
    }

    #[test]
    fn laws_are_found_where_they_hold() {
        let counts: Vec<u64> = (1..=10_000u64).map(|r| (1e6 / (r as f64).powf(1.1)) as u64).collect();
        assert!((zipf(&counts).slope - 1.1).abs() < 0.01);
        assert_eq!(line([(1.0, 5.0), (3.0, 9.0)].into_iter()), (2.0, 3.0));
    }
}
