//! Scores of a language model on a part: line by line, so that intervals and paired differences can be drawn.
//!
//! Perplexity is 10^(-Σ log₁₀ p / tokens) over all tokens of all lines, the end of each line counted and unknown words
//! too (the sentence protocol). Intervals are percentiles over resamples of blocks of neighbouring lines (Künsch 1989).

use std::collections::BTreeMap;
use std::time::Instant;

use gyeol_ngram::{Model, Protocol, Source, perplexity};
use gyeol_report::language::FrequencyClass;
use gyeol_report::model::Interval;
use gyeol_tensor::Rng;

use crate::error::Result;

/// Metrics in the order of the page.
pub(super) const METRICS: [&str; 4] =
    ["perplexity", "bits_per_token", "bits_per_character", "perplexity_without_unknown"];

/// What a line adds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub log10: f64,
    pub tokens: f64,
    pub known_log10: f64,
    pub known: f64,
}

impl Sums {
    fn plus(&self, o: &Sums, sign: f64) -> Sums {
        Sums {
            log10: self.log10 + sign * o.log10,
            tokens: self.tokens + sign * o.tokens,
            known_log10: self.known_log10 + sign * o.known_log10,
            known: self.known + sign * o.known,
        }
    }

    /// A metric; `rate` is tokens by character.
    fn metric(&self, name: &str, rate: f64) -> f64 {
        let bits = -self.log10 / self.tokens.max(1.0) * std::f64::consts::LOG2_10;
        match name {
            "perplexity" => bits.exp2(),
            "bits_per_token" => bits,
            "bits_per_character" => bits * rate,
            _ => 10f64.powf(-self.known_log10 / self.known.max(1.0)),
        }
    }
}

/// A part as a model scores it.
pub(super) struct Scored {
    pub lines: Vec<Sums>,
    pub unknown: u64,
    pub matched: Vec<u64>,
    pub unseen: Vec<f64>,
    /// Bits and tokens by class of frequency.
    by_class: Vec<(f64, u64)>,
    rate: f64,
    /// Wall seconds of scoring, on one thread.
    pub seconds: f64,
}

/// Scores a file of token lines; `class_of` gives the class of frequency of a word's number.
pub(super) fn score(
    model: &Model,
    path: &str,
    characters: u64,
    classes: usize,
    class_of: &dyn Fn(u32, bool) -> usize,
) -> Result<Scored> {
    let mut out = Scored {
        lines: Vec::new(),
        unknown: 0,
        matched: Vec::new(),
        unseen: Vec::new(),
        by_class: vec![(0.0, 0); classes],
        rate: 0.0,
        seconds: 0.0,
    };
    let since = Instant::now();
    model.full_scores(&mut Source::open(path)?, &mut |_, words| {
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
        out.lines.push(line);
    })?;
    out.seconds = since.elapsed().as_secs_f64();
    let found = perplexity(model, &mut Source::open(path)?, Protocol::Sentence)?;
    out.unseen = found.unseen();
    out.matched = found.matched;
    out.rate = out.total().tokens / characters.max(1) as f64;
    Ok(out)
}

impl Scored {
    pub fn total(&self) -> Sums {
        self.lines.iter().fold(Sums::default(), |sum, line| sum.plus(line, 1.0))
    }

    /// Every metric.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let total = self.total();
        METRICS.iter().map(|&name| (name.to_owned(), total.metric(name, self.rate))).collect()
    }

    /// Bits a token by class of frequency; none where the class has no token is 0.
    pub fn bits_by_class(&self) -> Vec<f64> {
        self.by_class.iter().map(|&(bits, tokens)| bits / tokens.max(1) as f64).collect()
    }

    /// Tokens by class of frequency.
    pub fn tokens_by_class(&self) -> Vec<u64> {
        self.by_class.iter().map(|&(_, tokens)| tokens).collect()
    }
}

/// Resamples of a part's lines in blocks, the same for every rung.
pub(super) struct Bootstrap {
    block: usize,
    starts: Vec<Vec<usize>>,
}

impl Bootstrap {
    pub fn new(lines: usize, block: usize, draws: usize, seed: u64) -> Bootstrap {
        // Of fewer than eight blocks no interval could be drawn.
        let block = block.min(lines / 8).max(1);
        let mut rng = Rng::stream(seed, 0xb007);
        let blocks = lines.div_ceil(block);
        let starts =
            (0..draws).map(|_| (0..blocks).map(|_| rng.below(lines as u64) as usize).collect()).collect();
        Bootstrap { block, starts }
    }

    /// Lines of a block.
    pub fn block(&self) -> usize {
        self.block
    }

    fn draws<'a>(&'a self, scored: &'a Scored) -> impl Iterator<Item = Sums> + 'a {
        let n = scored.lines.len();
        let mut sums = Vec::with_capacity(n + 1);
        sums.push(Sums::default());
        for line in &scored.lines {
            sums.push(sums[sums.len() - 1].plus(line, 1.0));
        }
        self.starts.iter().map(move |starts| {
            let (mut total, mut left) = (Sums::default(), n);
            for &start in starts {
                let end = start + self.block.min(left);
                left -= end - start;
                // Blocks go round: what is beyond the end begins again.
                total = total.plus(&sums[end.min(n)].plus(&sums[start], -1.0), 1.0);
                if end > n {
                    total = total.plus(&sums[end - n], 1.0);
                }
            }
            total
        })
    }

    /// Every metric with its interval.
    pub fn intervals(&self, scored: &Scored) -> BTreeMap<String, Interval> {
        let total = scored.total();
        let draws: Vec<Sums> = self.draws(scored).collect();
        METRICS
            .iter()
            .map(|&name| {
                let (low, high) = ends(draws.iter().map(|s| s.metric(name, scored.rate)));
                (name.to_owned(), Interval { value: total.metric(name, scored.rate), low, high })
            })
            .collect()
    }

    /// Perplexity of `a` minus that of `b` on the same resamples.
    pub fn difference(&self, a: &Scored, b: &Scored) -> Interval {
        let of = |s: &Sums| s.metric("perplexity", 1.0);
        let (low, high) = ends(self.draws(a).zip(self.draws(b)).map(|(a, b)| of(&a) - of(&b)));
        Interval { value: of(&a.total()) - of(&b.total()), low, high }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    if sorted.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    sorted.sort_unstable_by(f64::total_cmp);
    (gyeol_data::scale::quantile(&sorted, 0.025), gyeol_data::scale::quantile(&sorted, 0.975))
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

    fn scored(logs: &[f64]) -> Scored {
        Scored {
            lines: logs
                .iter()
                .map(|&log10| Sums { log10, tokens: 1.0, known_log10: log10, known: 1.0 })
                .collect(),
            unknown: 0,
            matched: Vec::new(),
            unseen: Vec::new(),
            by_class: Vec::new(),
            rate: 0.25,
            seconds: 0.0,
        }
    }

    #[test]
    fn metrics_are_those_of_the_formula() {
        // Two tokens of probability 1/10 and 1/1000: the geometric mean is 1/100.
        let m = scored(&[-1.0, -3.0]).metrics();
        assert!(
            (m["perplexity"] - 100.0).abs() < 1e-9 && (m["bits_per_token"] - 100f64.log2()).abs() < 1e-12
        );
        assert!((m["bits_per_character"] - 100f64.log2() / 4.0).abs() < 1e-12);
    }

    #[test]
    fn an_interval_holds_what_a_normal_law_says_and_a_rung_ties_with_itself() {
        let mut rng = Rng::new(3);
        let logs: Vec<f64> = (0..4000).map(|_| -1.0 - rng.uniform()).collect();
        let a = scored(&logs);
        let plan = Bootstrap::new(a.lines.len(), 10, 1000, 0);
        let bits = plan.intervals(&a)["bits_per_token"];
        // The deviation of a uniform number is √(1/12).
        let half = 1.96 * (1.0f64 / 12.0 / 4000.0).sqrt() * std::f64::consts::LOG2_10;
        assert!(((bits.high - bits.low) / (2.0 * half) - 1.0).abs() < 0.15, "{bits:?} {half}");
        let same = plan.difference(&a, &a);
        assert_eq!((same.value, same.low, same.high), (0.0, 0.0, 0.0));
        let better = plan.difference(&scored(&logs.iter().map(|l| l + 0.01).collect::<Vec<_>>()), &a);
        assert!(better.high < 0.0);
    }

    #[test]
    fn classes_meet_and_cover() {
        let classes = classes();
        assert!(classes.windows(2).all(|w| w[0].to + 1 == w[1].from));
        assert_eq!((classes[0].from, classes[0].to, classes[classes.len() - 1].to), (0, 0, u64::MAX));
    }
}
