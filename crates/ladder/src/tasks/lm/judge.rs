//! Scores of a language model on a part: line by line, so that intervals and paired differences can be drawn.
//!
//! Perplexity is 10^(-Σ log₁₀ p / tokens) over all tokens of all lines, the end of each line counted and unknown words
//! too. By the sentence protocol every line is scored alone; by the stream protocol nets go on with what they remember of
//! the lines before, and counts begin each line anew.

use std::time::Instant;

use std::path::Path;

use gyeol_base::{Error, Result};
use gyeol_judge::{Metric, Outcomes, Partial};
use gyeol_lm::AnyLm;
use gyeol_ngram::{Protocol, ScoresWords, Source, Stage, WordId, full_scores, perplexity};
use gyeol_report::model::FrequencyClass;
use gyeol_tensor::Pool;

use super::parts::each_line;

use crate::watch::{Step, Watch};

/// Lines that nets score before the watch is asked again.
const AT_ONCE: usize = 256;

/// What a line adds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    pub log10: f64,
    pub tokens: f64,
    pub known_log10: f64,
    pub known: f64,
}

impl Partial for Sums {
    fn add(&mut self, o: &Sums) {
        self.log10 += o.log10;
        self.tokens += o.tokens;
        self.known_log10 += o.known_log10;
        self.known += o.known;
    }

    fn minus(&self, o: &Sums) -> Sums {
        Sums {
            log10: self.log10 - o.log10,
            tokens: self.tokens - o.tokens,
            known_log10: self.known_log10 - o.known_log10,
            known: self.known - o.known,
        }
    }
}

fn bits(sums: &Sums) -> f64 {
    -sums.log10 / sums.tokens.max(1.0) * std::f64::consts::LOG2_10
}

/// The metrics in the order of the page; `rate` is tokens by character.
pub(super) fn metrics(rate: f64) -> Vec<Metric<Sums>> {
    vec![
        Metric::new("perplexity", |s| bits(s).exp2()),
        Metric::new("bits_per_token", bits),
        Metric::new("bits_per_character", move |s| bits(s) * rate),
        Metric::new("perplexity_without_unknown", |s: &Sums| 10f64.powf(-s.known_log10 / s.known.max(1.0))),
    ]
}

/// A part as a model scores it.
pub struct Scored {
    pub unknown: u64,
    pub matched: Vec<u64>,
    pub unseen: Vec<f64>,
    /// Bits and tokens by class of frequency.
    by_class: Vec<(f64, u64)>,
    /// Seconds of scoring, of all threads together.
    pub seconds: f64,
}

/// Scores a file of token lines; `class_of` gives the class of frequency of a word's number.
pub(super) fn score(
    model: &AnyLm,
    path: &str,
    characters: u64,
    classes: usize,
    class_of: &dyn Fn(u32, bool) -> usize,
    protocol: Protocol,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<(Outcomes<Sums>, Scored)> {
    let mut lines = Vec::new();
    let mut out = Scored {
        unknown: 0,
        matched: Vec::new(),
        unseen: Vec::new(),
        by_class: vec![(0.0, 0); classes],
        seconds: 0.0,
    };
    let since = Instant::now();
    let mut add = |words: &[gyeol_ngram::Scored]| {
        let mut line = Sums::default();
        for word in words {
            let log10 = f64::from(word.log10);
            line.log10 += log10;
            line.tokens += 1.0;
            if word.unknown {
                out.unknown += 1;
            } else {
                line.known_log10 += log10;
                line.known += 1.0;
            }
            if let Some((bits, tokens)) = out.by_class.get_mut(class_of(word.word, word.unknown)) {
                *bits -= log10 * std::f64::consts::LOG2_10;
                *tokens += 1;
            }
        }
        lines.push(line);
    };
    match model.as_ngram() {
        Some(model) => {
            let mut stage = |stage| watch.step(Step::Counting(stage));
            full_scores(model, &mut Source::open(path)?, &mut |_, words| add(words), &mut stage)?;
            out.seconds = since.elapsed().as_secs_f64();
            let found = perplexity(model, &mut Source::open(path)?, Protocol::Sentence, &mut stage)?;
            out.unseen = found.unseen();
            out.matched = found.matched;
        }
        None => {
            let mut texts = Vec::new();
            each_line(Path::new(path), &mut |line| {
                let ids: Vec<WordId> =
                    line.split_whitespace().map(|word| model.text_id(word.as_bytes())).collect();
                if !ids.is_empty() {
                    texts.push(ids);
                }
            })?;
            let mut words = 0;
            let mut state = model.start();
            for some in texts.chunks(AT_ONCE) {
                let scored = model.score_by(protocol, some, &mut state, pool);
                scored.iter().for_each(|scored| {
                    words += scored.len() as u64;
                    add(scored);
                });
                if !watch.step(Step::Counting(Stage::Scoring(words))) {
                    return Err(Error::stopped());
                }
            }
            let threads = if protocol == Protocol::Stream { 1 } else { pool.threads() };
            out.seconds = since.elapsed().as_secs_f64() * threads as f64;
        }
    }
    let tokens: f64 = lines.iter().map(|line: &Sums| line.tokens).sum();
    Ok((Outcomes::new(lines, metrics(tokens / characters.max(1) as f64)), out))
}

impl Scored {
    /// Bits a token by class of frequency; none where the class has no token is 0.
    pub fn bits_by_class(&self) -> Vec<f64> {
        self.by_class.iter().map(|&(bits, tokens)| bits / tokens.max(1) as f64).collect()
    }

    /// Tokens by class of frequency.
    pub fn tokens_by_class(&self) -> Vec<u64> {
        self.by_class.iter().map(|&(_, tokens)| tokens).collect()
    }
}

/// Classes of words by how often the training part has them: unknown, once, and tens.
pub(super) fn classes() -> Vec<FrequencyClass> {
    let ends = [0, 1, 10, 100, 1000, 10_000, u64::MAX];
    ends.iter()
        .enumerate()
        .map(|(i, &to)| FrequencyClass { from: if i == 0 { 0 } else { ends[i - 1] + 1 }, to, tokens: 0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_those_of_the_formula() {
        // Two tokens of probability 1/10 and 1/1000: the geometric mean is 1/100.
        let line = |log10| Sums { log10, tokens: 1.0, known_log10: log10, known: 1.0 };
        let m = Outcomes::new(vec![line(-1.0), line(-3.0)], metrics(0.25)).values();
        let bits = m["bits_per_token"];
        assert!((m["perplexity"] - 100.0).abs() < 1e-9 && (bits - 100f64.log2()).abs() < 1e-12);
        assert!((m["bits_per_character"] - 100f64.log2() / 4.0).abs() < 1e-12);
    }

    #[test]
    fn classes_meet_and_cover() {
        let classes = classes();
        assert!(classes.windows(2).all(|w| w[0].to + 1 == w[1].from));
        assert_eq!((classes[0].from, classes[0].to, classes[classes.len() - 1].to), (0, 0, u64::MAX));
    }
}
