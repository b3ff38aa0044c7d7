//! How well the words of a topic go together, by how often they stand together in texts.
//!
//! Röder, Both & Hinneburg 2015 take such measures apart: which words are compared, in which windows they are counted, how
//! a pair is confirmed. With P from counts of windows and ε = 10⁻¹²:
//!
//! | measure | of | window | mean over |
//! |---|---|---|---|
//! | UMass (Mimno et al. 2011) | log (P(wᵢ, wⱼ) + ε) / P(wⱼ) | document | pairs, j before i |
//! | UCI (Newman et al. 2010) | log (P(wᵢ, wⱼ) + ε) / (P(wᵢ) P(wⱼ)) | 10 | pairs |
//! | NPMI (Bouma 2009; Aletras & Stevenson 2013) | UCI's / -log (P(wᵢ, wⱼ) + ε) | 10 | pairs |
//! | C_V (Röder et al. 2015) | cosine of NPMI^γ of wᵢ and of the sum of all words, each with all words | 110 | words |
//!
//! The figures are gensim's, but for words that never stand in the texts: their pairs give 0, they say nothing, where gensim
//! comes to infinity or no number. In UMass it is gensim's figure: 0 where wⱼ is such a word, log ε / P(wⱼ) where wᵢ is. A pair that stands in every window has the NPMI -1, as in gensim: ε turns the
//! sign where nothing can be learned of the pair.

mod count;

use std::ops::Range;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::{fmt, mem};

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use count::{At, Counts};
use gyeol_base::{Error, Result};

/// Keeps the logarithm of a pair that never meets finite; the value of Röder et al.
const EPSILON: f64 = 1e-12;
/// Most different words of all topics: their pairs take 1 GiB a window.
pub const MOST_WORDS: usize = 1 << 14;
/// Largest id of a word, for the table by which words are found.
const MOST_ID: u32 = 1 << 26;
/// Tokens that one task counts.
const PIECE: usize = 1 << 16;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// How likely a word is where a weightier one of the topic stands.
    UMass,
    /// Pointwise mutual information.
    Uci,
    /// The same, normalized to -1 … 1.
    Npmi,
    /// How alike the words' mutual informations with the whole topic are.
    Cv,
}

/// The measures by name.
pub const MEASURES: &[(&str, Measure)] =
    &[("u-mass", Measure::UMass), ("uci", Measure::Uci), ("npmi", Measure::Npmi), ("c-v", Measure::Cv)];

impl FromStr for Measure {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        MEASURES.iter().find(|(known, _)| *known == name).map(|(_, measure)| *measure).ok_or_else(|| {
            let known: Vec<&str> = MEASURES.iter().map(|(name, _)| *name).collect();
            let shown = gyeol_base::shorten(name, 30);
            Error::option(
                Fault::new("unknown-coherence", format!("no coherence is called '{shown}'"))
                    .next(format!("use one of {}", known.join(", "))),
            )
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MEASURES.iter().find(|(_, m)| m == self).map_or("", |(name, _)| name))
    }
}

/// What becomes of a word that stands twice in a window when the first of the two leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeats {
    /// It counts as gone until it enters again, as gensim 4.4 does it; published figures are mostly such.
    #[default]
    Gensim,
    /// It stays: the windows as the papers define them.
    Kept,
}

/// Options of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoherenceParams {
    /// What is measured.
    pub measure: Measure,
    /// Tokens of a window; `None` is the whole document.
    pub window: Option<usize>,
    /// How many words of each topic are judged, from the first.
    pub words: usize,
    /// Power of the mutual information in C_V.
    pub gamma: u32,
    /// What becomes of repeated words.
    pub repeats: Repeats,
}

impl CoherenceParams {
    /// The window of the measure, ten words, γ = 1.
    pub fn new(measure: Measure) -> Self {
        let window = match measure {
            Measure::UMass => None,
            Measure::Uci | Measure::Npmi => Some(10),
            Measure::Cv => Some(110),
        };
        CoherenceParams { measure, window, words: 10, gamma: 1, repeats: Repeats::Gensim }
    }

    /// Refuses what cannot be measured.
    ///
    /// # Errors
    /// A window of 0, fewer than two words, γ of 0 or above 16.
    pub fn check(self) -> Result<Self> {
        let refused = |code, found, next| Err(Error::option(Fault::new(code, found).next(next)));
        if self.window == Some(0) {
            let found = "a window of 0 tokens".to_owned();
            return refused("bad-window", found, "choose 1 or more; the measures' own are 10 and 110");
        }
        if self.words < 2 {
            let found = format!("{} words of a topic", self.words);
            return refused("bad-words", found, "a coherence compares words: choose 2 or more, such as 10");
        }
        if !(1..=16).contains(&self.gamma) {
            return refused("bad-gamma", format!("a power of {}", self.gamma), "choose 1 to 16; 1 is usual");
        }
        Ok(self)
    }
}

/// What a measure found.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// What was measured, and how.
    pub params: CoherenceParams,
    /// A score a topic.
    pub each: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// How many of each topic's words never stand in the texts.
    pub unseen: Vec<usize>,
}

/// Goes through texts for several measures at once; measures of equal windows share their counts.
///
/// ```
/// use gyeol_tensor::Pool;
/// use gyeol_topic::coherence::{Coherence, CoherenceParams, Measure};
///
/// // 0 wind, 1 storm, 2 bread, 3 butter
/// let texts: [&[u32]; 4] = [&[0, 1, 0], &[1, 0], &[2, 3], &[3, 2, 2]];
/// let topics = [[0, 1], [2, 3], [0, 3]];
/// let params = [CoherenceParams::new(Measure::UMass), CoherenceParams::new(Measure::Npmi)];
/// let mut coherence = Coherence::new(&topics, &params)?;
/// coherence.add(&texts, &Pool::new(1));
/// let scores = coherence.scores()?;
/// assert!(scores[1].each[0] > 0.9 && scores[1].each[2] < -0.9);
/// # Ok::<(), gyeol_topic::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Coherence {
    params: Vec<CoherenceParams>,
    /// Topics in the small numbers of the words that matter.
    topics: Vec<Vec<u32>>,
    /// The small number of each word; `NONE` for the rest.
    small: Vec<u32>,
    counts: Vec<Counts>,
    documents: u64,
}

const NONE: u32 = u32::MAX;

impl Coherence {
    /// Topics as lists of word ids, the weightiest first.
    ///
    /// # Errors
    /// No topics or measures, a topic of fewer than two words or with a word twice, more than 16,384 different words,
    /// ids from 2^26 on; options that [`CoherenceParams::check`] refuses.
    pub fn new(topics: &[impl AsRef<[u32]>], params: &[CoherenceParams]) -> Result<Self> {
        let params = params.iter().map(|p| p.check()).collect::<Result<Vec<_>>>()?;
        let Some(most) = params.iter().map(|p| p.words).max().filter(|_| !topics.is_empty()) else {
            let found = format!("{} topics and {} measures", topics.len(), params.len());
            return Err(Error::option(
                Fault::new("no-topics", found).next("give at least one topic and one measure"),
            ));
        };
        let cut = |topic: &[u32]| topic[..topic.len().min(most)].to_vec();
        let mut topics: Vec<Vec<u32>> = topics.iter().map(|t| cut(t.as_ref())).collect();
        for (number, topic) in topics.iter().enumerate() {
            check_topic(number, topic)?;
        }
        let mut words: Vec<u32> = topics.iter().flatten().copied().collect();
        words.sort_unstable();
        words.dedup();
        if words.len() > MOST_WORDS {
            return Err(Error::limit(
                Fault::new("too-many-words", format!("{} different words in all topics", words.len()))
                    .cause(format!("every pair of them is counted, and {MOST_WORDS} are the most"))
                    .next("judge fewer words of each topic, or the topics in parts"),
            ));
        }
        let mut small = vec![NONE; words.last().map_or(0, |&w| w as usize + 1)];
        words.iter().enumerate().for_each(|(i, &w)| small[w as usize] = i as u32);
        topics.iter_mut().flatten().for_each(|w| *w = small[*w as usize]);
        let mut counts: Vec<Counts> = Vec::new();
        for p in &params {
            if !counts.iter().any(|c| c.is_for(p.window, p.repeats)) {
                counts.push(Counts::new(words.len(), p.window, p.repeats));
            }
        }
        Ok(Coherence { params, topics, small, counts, documents: 0 })
    }

    /// Counts more documents: token ids in the order of the text, all tokens, for a window is as long as it is.
    /// Ids that no topic has are tokens like any other.
    pub fn add(&mut self, documents: &[impl AsRef<[u32]> + Sync], pool: &Pool) {
        self.documents += documents.len() as u64;
        let mut pieces: Vec<Range<usize>> = Vec::new();
        let mut tokens = 0;
        for (i, document) in documents.iter().enumerate() {
            match pieces.last_mut().filter(|_| tokens <= PIECE) {
                Some(piece) => piece.end = i + 1,
                None => {
                    pieces.push(i..i + 1);
                    tokens = 0;
                }
            }
            tokens += document.as_ref().len() + 1;
        }
        let small = &self.small;
        let count = |counts: &mut Vec<Counts>, piece: Range<usize>, found: &mut Vec<At>| {
            for document in &documents[piece] {
                let document = document.as_ref();
                found.clear();
                for (position, &token) in document.iter().enumerate() {
                    let word = small.get(token as usize).copied().unwrap_or(NONE);
                    if word != NONE {
                        found.push(At { position: position as u64, word });
                    }
                }
                counts.iter_mut().for_each(|c| c.document(document.len(), found));
            }
        };
        let fresh = || self.counts.iter().map(Counts::emptied).collect::<Vec<Counts>>();
        if pool.threads().min(pieces.len()) < 2 {
            let mut counts = mem::take(&mut self.counts);
            let mut found = Vec::new();
            pieces.into_iter().for_each(|piece| count(&mut counts, piece, &mut found));
            self.counts = counts;
            return;
        }
        // A table a thread: the sums are of integers, so it does not matter which thread counted what.
        let tables: Vec<Mutex<(Vec<Counts>, Vec<At>)>> =
            (0..pool.threads()).map(|_| Mutex::new((fresh(), Vec::new()))).collect();
        pool.run(pieces.len(), &|thread, task| {
            let mut table = tables[thread].lock().unwrap_or_else(PoisonError::into_inner);
            let (counts, found) = &mut *table;
            count(counts, pieces[task].clone(), found);
        });
        for table in tables {
            let (counts, _) = table.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.counts.iter_mut().zip(&counts).for_each(|(all, some)| all.add(some));
        }
    }

    /// The scores of what was counted so far, a measure of [`Coherence::new`] each.
    ///
    /// # Errors
    /// No documents.
    pub fn scores(&self) -> Result<Vec<Scores>> {
        if self.documents == 0 {
            return Err(Error::input(
                Fault::new("no-documents", "no documents to judge topics by")
                    .next("give the texts that the topics were made of, or others of the kind"),
            ));
        }
        Ok(self.params.iter().map(|&params| self.score(params)).collect())
    }

    fn score(&self, params: CoherenceParams) -> Scores {
        let counts = self.counts.iter().find(|c| c.is_for(params.window, params.repeats));
        let counts = counts.expect("made in `new` for every measure");
        let p = Chances { counts, windows: counts.windows as f64 };
        let (mut each, mut unseen) = (Vec::new(), Vec::new());
        for topic in &self.topics {
            let topic = &topic[..topic.len().min(params.words)];
            unseen.push(topic.iter().filter(|&&w| counts.word(w) == 0).count());
            each.push(match params.measure {
                Measure::UMass => p.over_pairs(topic, |i, j| p.conditional(i, j)),
                Measure::Uci => p.over_pairs(topic, |i, j| p.information(i, j)),
                Measure::Npmi => p.over_pairs(topic, |i, j| p.normalized(i, j)),
                Measure::Cv => p.indirect(topic, params.gamma as i32),
            });
        }
        let mean = each.iter().sum::<f64>() / each.len() as f64;
        Scores { params, each, mean, unseen }
    }
}

fn check_topic(number: usize, topic: &[u32]) -> Result<()> {
    let refused = |code, found: String, next: &str| {
        Err(Error::option(Fault::new(code, format!("topic {number} has {found}")).next(next)))
    };
    if topic.len() < 2 {
        let found = format!("{} words", topic.len());
        return refused("too-few-words", found, "a coherence compares words: give two or more");
    }
    let mut sorted = topic.to_vec();
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|w| w[0] == w[1]) {
        return refused("word-twice", format!("word {} twice", twice[0]), "give each word once");
    }
    match sorted.last() {
        Some(&id) if id >= MOST_ID => {
            refused("id-out-of-range", format!("word {id}"), "give ids below 67,108,864")
        }
        _ => Ok(()),
    }
}

/// Probabilities and what is made of them.
struct Chances<'a> {
    counts: &'a Counts,
    windows: f64,
}

impl Chances<'_> {
    fn of(&self, word: u32) -> f64 {
        self.counts.word(word) as f64 / self.windows
    }

    fn both(&self, a: u32, b: u32) -> f64 {
        self.counts.pair(a, b) as f64 / self.windows
    }

    fn conditional(&self, word: u32, given: u32) -> f64 {
        match self.counts.word(given) {
            0 => 0.0,
            _ => ((self.both(word, given) + EPSILON) / self.of(given)).ln(),
        }
    }

    fn information(&self, a: u32, b: u32) -> f64 {
        match (self.counts.word(a), self.counts.word(b)) {
            (0, _) | (_, 0) => 0.0,
            _ => ((self.both(a, b) + EPSILON) / (self.of(a) * self.of(b))).ln(),
        }
    }

    fn normalized(&self, a: u32, b: u32) -> f64 {
        self.information(a, b) / -(self.both(a, b) + EPSILON).ln()
    }

    /// The mean over pairs of a word and one before it.
    fn over_pairs(&self, topic: &[u32], confirmed: impl Fn(u32, u32) -> f64) -> f64 {
        let (mut sum, mut pairs) = (0.0, 0.0);
        for (i, &word) in topic.iter().enumerate() {
            for &before in &topic[..i] {
                sum += confirmed(word, before);
                pairs += 1.0;
            }
        }
        sum / pairs
    }

    /// The mean over words of the cosine with the topic's sum, both as vectors of NPMI with the topic's words.
    fn indirect(&self, topic: &[u32], gamma: i32) -> f64 {
        let vector = |word: u32| -> Vec<f64> {
            topic.iter().map(|&other| self.normalized(word, other).powi(gamma)).collect()
        };
        let vectors: Vec<Vec<f64>> = topic.iter().map(|&word| vector(word)).collect();
        let all: Vec<f64> = (0..topic.len()).map(|j| vectors.iter().map(|v| v[j]).sum()).collect();
        let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let cosine = |v: &[f64]| {
            let lengths = length(v) * length(&all);
            // A word that never stands in the texts has a vector of zeros and no direction.
            if lengths > 0.0 { v.iter().zip(&all).map(|(a, b)| a * b).sum::<f64>() / lengths } else { 0.0 }
        };
        vectors.iter().map(|v| cosine(v)).sum::<f64>() / topic.len() as f64
    }
}

#[cfg(test)]
mod tests;
