//! Translations against one reference each: BLEU (Papineni et al. 2002), chrF2 (Popović 2015) and the share that is exact,
//! as additive counts of a sentence, so that the figures of a corpus and their intervals come from sums. The numbers are
//! those of sacreBLEU (Post 2018) under the signatures [`BLEU_SIGNATURE`] and [`CHRF_SIGNATURE`].
//!
//! ```text
//! BLEU   100 · bp · exp(¼ Σ_{n=1..4} ln p_n),   p_n = matches_n / n-grams_n of the hypotheses, clipped by the reference
//!        bp = min(1, exp(1 − |references| / |hypotheses|)); the k-th p_n without a match is 1 / (2^k n-grams_n)
//! chrF   100 · (1 + β²) P R / (β² P + R), β = 2: P and R are means over character n-grams of orders 1 to 6, blanks
//!        taken out, of the orders that both sides have
//! ```

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::{Metric, Partial};

/// How BLEU is computed, as sacreBLEU signs it.
pub const BLEU_SIGNATURE: &str = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp";
/// How chrF2 is computed.
pub const CHRF_SIGNATURE: &str = "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no";

/// Longest run of words of BLEU, and of characters of chrF.
const WORDS: usize = 4;
const LETTERS: usize = 6;
/// β² of chrF2.
const BETA_SQUARED: f64 = 4.0;

/// By which figure translators are ordered. BLEU is 0 where no sentence has four tokens; chrF2 has no such bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TranslationOrder {
    /// BLEU.
    Bleu,
    /// chrF2.
    Chrf,
    /// The share of exact matches.
    Exact,
}

impl TranslationOrder {
    /// Name of the metric that falls as translations get better.
    pub fn metric(self) -> &'static str {
        match self {
            TranslationOrder::Bleu => "bleu_gap",
            TranslationOrder::Chrf => "chrf_gap",
            TranslationOrder::Exact => "inexact",
        }
    }
}

/// What a translation has of its reference.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TranslationSums {
    /// Sentences.
    pub sentences: f64,
    /// Of those equal to their references but for blanks.
    pub exact: f64,
    /// Tokens of the hypotheses and of the references.
    pub tokens: [f64; 2],
    /// Runs of 1 to 4 tokens of the hypotheses: those of the references among them, and all.
    pub words: [[f64; 2]; WORDS],
    /// Runs of 1 to 6 characters: common ones, those of the hypotheses, those of the references.
    pub letters: [[f64; 3]; LETTERS],
}

impl TranslationSums {
    /// The counts of one sentence.
    ///
    /// ```
    /// use gyeol_judge::{Partial, TranslationSums};
    /// let mut sums = TranslationSums::of("the load fell", "the load fell");
    /// sums.add(&TranslationSums::of("it rose at once", "it rose at once ."));
    /// assert_eq!((sums.exact, sums.sentences), (1.0, 2.0));
    /// assert!((sums.bleu() - 100.0 * f64::exp(1.0 - 8.0 / 7.0)).abs() < 1e-9);
    /// ```
    pub fn of(hypothesis: &str, reference: &str) -> TranslationSums {
        let mut sums = TranslationSums { sentences: 1.0, ..TranslationSums::default() };
        sums.exact = f64::from(hypothesis.split_whitespace().eq(reference.split_whitespace()));
        let (said, right) = (tokens_13a(hypothesis), tokens_13a(reference));
        let (said, right): (Vec<&str>, Vec<&str>) =
            (said.split_whitespace().collect(), right.split_whitespace().collect());
        sums.tokens = [said.len() as f64, right.len() as f64];
        for (n, counts) in sums.words.iter_mut().enumerate() {
            let [common, of_said, _] = common(&said, &right, n + 1);
            *counts = [common, of_said];
        }
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<char>>();
        let (said, right) = (letters(hypothesis), letters(reference));
        for (n, counts) in sums.letters.iter_mut().enumerate() {
            let [common, of_said, of_right] = common(&said, &right, n + 1);
            // Runs that the reference is too short for are not held against the hypothesis.
            *counts = [common, if of_right > 0.0 { of_said } else { 0.0 }, of_right];
        }
        sums
    }

    /// BLEU, 0 to 100.
    pub fn bleu(&self) -> f64 {
        if self.sentences == 0.0 {
            return f64::NAN;
        }
        let (mut logs, mut smooth) = (0.0, 1.0);
        for (n, [matches, all]) in self.words.into_iter().enumerate() {
            if all == 0.0 || (n == 0 && matches == 0.0) {
                return 0.0;
            }
            let matches = if matches == 0.0 {
                smooth *= 2.0;
                1.0 / smooth
            } else {
                matches
            };
            logs += (matches / all).ln();
        }
        let [said, right] = self.tokens;
        let brevity = if said < right { 1.0 - right / said } else { 0.0 };
        100.0 * (brevity + logs / WORDS as f64).exp()
    }

    /// chrF2, 0 to 100.
    pub fn chrf(&self) -> f64 {
        if self.sentences == 0.0 {
            return f64::NAN;
        }
        let orders = || self.letters.iter().filter(|[_, said, right]| *said > 0.0 && *right > 0.0);
        let count = orders().count() as f64;
        let precision = orders().map(|[common, said, _]| common / said).sum::<f64>() / count;
        let recall = orders().map(|[common, _, right]| common / right).sum::<f64>() / count;
        let f = (1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall);
        if f.is_nan() { 0.0 } else { 100.0 * f }
    }

    /// What is left to full marks by `order` (100 − BLEU, 100 − chrF2, or the share that is not exact), then `bleu`, `chrf`
    /// and `exact`.
    pub fn metrics(order: TranslationOrder) -> [Metric<TranslationSums>; 4] {
        let exact = |s: &TranslationSums| s.exact / s.sentences;
        let first = match order {
            TranslationOrder::Bleu => Metric::new("bleu_gap", |s: &TranslationSums| 100.0 - s.bleu()),
            TranslationOrder::Chrf => Metric::new("chrf_gap", |s: &TranslationSums| 100.0 - s.chrf()),
            TranslationOrder::Exact => Metric::new("inexact", move |s: &TranslationSums| 1.0 - exact(s)),
        };
        [
            first,
            Metric::new("bleu", TranslationSums::bleu),
            Metric::new("chrf", TranslationSums::chrf),
            Metric::new("exact", exact),
        ]
    }

    fn each(&mut self, other: &Self, f: impl Fn(&mut f64, f64)) {
        f(&mut self.sentences, other.sentences);
        f(&mut self.exact, other.exact);
        let of = |own: &mut [f64], others: &[f64]| own.iter_mut().zip(others).for_each(|(a, &b)| f(a, b));
        of(&mut self.tokens, &other.tokens);
        of(self.words.as_flattened_mut(), other.words.as_flattened());
        of(self.letters.as_flattened_mut(), other.letters.as_flattened());
    }
}

impl Partial for TranslationSums {
    fn add(&mut self, o: &Self) {
        self.each(o, |a, b| *a += b);
    }
    fn minus(&self, o: &Self) -> Self {
        let mut left = *self;
        left.each(o, |a, b| *a -= b);
        left
    }
}

/// Runs of n: common to both (each as often as the rarer side has it), on either side.
fn common<T: Eq + Hash>(said: &[T], right: &[T], n: usize) -> [f64; 3] {
    let mut counts: HashMap<&[T], i64> = HashMap::new();
    right.windows(n).for_each(|run| *counts.entry(run).or_default() += 1);
    let found = said.windows(n).filter(|run| {
        counts.get_mut(run).is_some_and(|left| {
            *left -= 1;
            *left >= 0
        })
    });
    let found = found.count();
    [found, said.len().saturating_sub(n - 1), right.len().saturating_sub(n - 1)].map(|n| n as f64)
}

/// The tokens of mteval-v13a, with blanks between.
fn tokens_13a(text: &str) -> String {
    let text = text.trim_end().replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let mut marked = String::with_capacity(text.len() * 2);
    for c in format!(" {text} ").chars() {
        match c {
            '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/' => marked.extend([' ', c, ' ']),
            _ => marked.push(c),
        }
    }
    let point = |c: char| c == '.' || c == ',';
    let digit = |c: char| c.is_ascii_digit();
    let marked = pairs(&marked, |a, b| !digit(a) && point(b), |a, b| [a, ' ', b, ' ']);
    let marked = pairs(&marked, |a, b| point(a) && !digit(b), |a, b| [' ', a, ' ', b]);
    pairs(&marked, |a, b| digit(a) && b == '-', |a, b| [a, ' ', b, ' '])
}

/// Puts something else for each pair of neighbours, from the left, none of two pairs at once.
fn pairs(text: &str, wanted: impl Fn(char, char) -> bool, put: impl Fn(char, char) -> [char; 4]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars();
    while let Some(a) = rest.next() {
        let mut after = rest.clone();
        match after.next() {
            Some(b) if wanted(a, b) => {
                out.extend(put(a, b));
                rest = after;
            }
            _ => out.push(a),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hypothesis, reference, and BLEU and chrF2 of the sentence alone by sacreBLEU 2.6.0:
    /// `sacrebleu.corpus_bleu([h], [[r]]).score`, `sacrebleu.corpus_chrf([h], [[r]]).score`.
    const SENTENCES: [(&str, &str, f64, f64); 12] = [
        (
            "The pump was switched off at 10:30.",
            "The pump was turned off at 10:30.",
            65.80370064762461,
            72.29204097787702,
        ),
        (
            "It costs 1,000.50 won - or so they said.",
            "It costs 1,000.50 won, or so they said.",
            65.80370064762461,
            87.75848642818887,
        ),
        ("She said, \"No!\"", "She said: \"No, not yet!\"", 15.402325560923323, 36.35943303863595),
        ("a 30-year-old meter", "the 30-year-old meter.", 54.75182535069452, 79.6773124164913),
        ("&quot;Open&quot; &amp; shut", "\"Open\" & shut", 100.00000000000004, 27.444171345575125),
        ("", "Nothing was said here.", 0.0, 0.0),
        ("Wholly different words", "미터를 읽었습니다.", 0.0, 0.0),
        ("오늘은 비가 와요.", "오늘은 비가 옵니다.", 35.35533905932737, 36.488590680029446),
        ("the the the the", "the cat", 15.97357760615681, 17.868921870125238),
        (
            "We read the meter twice a day , every day .",
            "We read the meter twice a day, every day.",
            100.00000000000004,
            100.0,
        ),
        (
            "Prices rose 3.5% in 2019-20.",
            "Prices rose by 3.5% in 2019-2020.",
            47.49549533009781,
            74.17354219749498,
        ),
        ("e.g. U.S.A. isn't it?", "E.g. the U.S.A., isn't it?", 49.74279779258904, 52.509097285653816),
    ];

    #[test]
    fn sentences_and_corpus_score_as_with_sacrebleu() {
        let mut all = TranslationSums::default();
        for (said, right, bleu, chrf) in SENTENCES {
            let sums = TranslationSums::of(said, right);
            assert!((sums.bleu() - bleu).abs() < 1e-9, "{said}: {} is not {bleu}", sums.bleu());
            assert!((sums.chrf() - chrf).abs() < 1e-9, "{said}: {} is not {chrf}", sums.chrf());
            all.add(&sums);
        }
        // sacrebleu.metrics.BLEU().corpus_score(h, [r]), CHRF().corpus_score(h, [r]) over the twelve.
        assert_eq!(all.words.map(|w| w[0]), [69.0, 49.0, 33.0, 22.0]);
        assert_eq!(all.words.map(|w| w[1]), [81.0, 70.0, 59.0, 48.0]);
        assert_eq!(all.tokens, [81.0, 91.0]);
        assert!((all.bleu() - 55.26622085055079).abs() < 1e-9, "{}", all.bleu());
        assert!((all.chrf() - 62.64104430027444).abs() < 1e-9, "{}", all.chrf());
        assert_eq!((all.exact, all.sentences), (0.0, 12.0));
    }

    #[test]
    fn tokens_are_those_of_sacrebleu() {
        // sacrebleu.tokenizers.tokenizer_13a.Tokenizer13a().
        for (text, tokens) in [
            ("The pump was switched off at 10:30.", "The pump was switched off at 10 : 30 ."),
            ("It costs 1,000.50 won - or so they said.", "It costs 1,000.50 won - or so they said ."),
            ("a 30-year-old meter", "a 30 - year-old meter"),
            ("Prices rose 3.5% in 2019-20.", "Prices rose 3.5 % in 2019 - 20 ."),
            ("e.g. U.S.A. isn't it?", "e . g . U . S . A . isn't it ?"),
        ] {
            assert_eq!(tokens_13a(text).split_whitespace().collect::<Vec<_>>().join(" "), tokens);
        }
    }

    #[test]
    fn sums_come_apart_again_and_blanks_do_not_count() {
        let (a, b) = (TranslationSums::of("a b", "a  b "), TranslationSums::of("c", "d"));
        let mut both = a;
        both.add(&b);
        assert_eq!(both.minus(&b), a);
        assert_eq!((a.exact, b.exact), (1.0, 0.0));
        // No run of three tokens; of letters 2 of 3 and 1 of 1 on either side, so that P = R = 5/6.
        let gaps = [
            (TranslationOrder::Bleu, 100.0),
            (TranslationOrder::Chrf, 100.0 / 6.0),
            (TranslationOrder::Exact, 0.5),
        ];
        for (order, gap) in gaps {
            let metrics = TranslationSums::metrics(order);
            assert_eq!(metrics[0].name(), order.metric());
            assert!((metrics[0].of(&both) - gap).abs() < 1e-9, "{order:?}");
        }
        assert!(TranslationSums::default().bleu().is_nan() && TranslationSums::default().chrf().is_nan());
    }
}
