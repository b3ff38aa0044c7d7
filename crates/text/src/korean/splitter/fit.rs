//! Expectation maximisation of P(L) and P(R) over the eojeol of a corpus.
//!
//! An eojeol type that occurs c times weighs `ln(1 + c)`, so that productivity counts for more than frequency.
//! E: `q(L, R | w) ∝ P(L) P(R)` over the cuts of `w`. M (variational): `P(L) ∝ exp(ψ(E[n_L] + α B(L)))` with the base
//! `B(L) = 20^-|L|`; the same for R with a flat base. Rounds run over the sorted types in one order: one result.

use super::super::counts::EojeolCounts;
use super::super::particles::{Particles, particles};
use super::super::runs::{Key, KeyMap, LONGEST_KEY, key_of, push, syllable_at, word_of};
use super::state::{SplitterState, VERSION};
use super::{Splitter, SplitterValid, UNSEEN_SYLLABLE, fits};
use crate::error::{Error, Result};
use gyeol_data::Fault;
use gyeol_tensor::Pool;

/// Weight of the base of stems, in eojeol.
const CONCENTRATION: f64 = 20.0;
/// Weight of one form in the base of forms.
const FORM_CONCENTRATION: f64 = 0.1;
/// Eojeol kept with their cut, the most frequent first.
const KNOWN: usize = 1 << 17;

/// One way to cut an eojeol: numbers of stem and form.
type Way = (u32, u16);

impl SplitterValid {
    /// Counts the eojeol of `texts` on the pool and fits the splitter to them.
    ///
    /// # Errors
    /// As [`SplitterValid::fit`].
    pub fn fit_texts<T: AsRef<str> + Sync>(&self, texts: &[T], pool: &Pool) -> Result<Splitter> {
        let mut counts = EojeolCounts::new();
        counts.add_all(texts, pool);
        self.fit(&counts)
    }

    /// Fits the splitter to counted eojeol.
    ///
    /// # Errors
    /// [`Error::Input`] when no Hangul was counted.
    pub fn fit(&self, counts: &EojeolCounts) -> Result<Splitter> {
        if counts.is_empty() {
            return Err(Error::input(
                Fault::new("no-hangul", "not one eojeol in the texts")
                    .cause("the splitter learns from Korean text, and there is none")
                    .next("give it texts in Hangul, or choose another scheme of words"),
            ));
        }
        let all = particles();
        let sorted = counts.sorted();
        let mut stems: KeyMap<u32> = KeyMap::default();
        let mut keys: Vec<Key> = Vec::new();
        let mut start: Vec<f64> = Vec::new();
        let mut ways: Vec<Way> = Vec::new();
        let mut eojeol: Vec<(usize, f64)> = Vec::new();
        for (word, count) in sorted.words() {
            each_way(all, word, &mut |key, syllables, form| {
                let next = keys.len() as u32;
                let stem = *stems.entry(key).or_insert(next);
                if stem == next {
                    keys.push(key);
                    let text = &word[..3 * syllables];
                    let branching = sorted.branching(text);
                    start.push((sorted.cohesion(text) * (1.0 + branching.entropy)).max(1e-6) * (branching.count as f64).ln_1p());
                }
                ways.push((stem, form));
            });
            eojeol.push((ways.len(), (*count as f64).ln_1p()));
        }
        let (stem_counts, form_counts) = self.expectation_maximisation(all, &keys, &start, &ways, &eojeol);
        let state = self.state_of(all, counts, &keys, stem_counts, form_counts);
        Splitter::from_state(state)
    }

    fn expectation_maximisation(
        &self,
        all: &Particles,
        keys: &[Key],
        start: &[f64],
        ways: &[Way],
        eojeol: &[(usize, f64)],
    ) -> (Vec<f64>, Vec<f64>) {
        let forms = all.words.len() + 1;
        let sum: f64 = start.iter().sum();
        let mut stem_p: Vec<f64> = start.iter().map(|s| s / sum).collect();
        // Each form starts with the eojeol that it might end, shared among the ways of each.
        let mut form_p = vec![FORM_CONCENTRATION; forms];
        let mut from = 0;
        for &(to, weight) in eojeol {
            for &(_, form) in &ways[from..to] {
                form_p[usize::from(form)] += weight / (to - from) as f64;
            }
            from = to;
        }
        let base: Vec<f64> = keys.iter().map(|&key| base_of(syllables_of(key))).collect();
        let mut stem_counts = vec![0.0; keys.len()];
        let mut form_counts = vec![0.0; forms];
        for round in 0..self.0.rounds {
            stem_counts.fill(0.0);
            form_counts.fill(0.0);
            let mut from = 0;
            for &(to, weight) in eojeol {
                let of_word = &ways[from..to];
                from = to;
                let total: f64 = of_word.iter().map(|&(l, r)| stem_p[l as usize] * form_p[usize::from(r)]).sum();
                if total > 0.0 {
                    for &(l, r) in of_word {
                        let share = weight * stem_p[l as usize] * form_p[usize::from(r)] / total;
                        stem_counts[l as usize] += share;
                        form_counts[usize::from(r)] += share;
                    }
                }
            }
            if round + 1 < self.0.rounds {
                for ((p, &count), &base) in stem_p.iter_mut().zip(&stem_counts).zip(&base) {
                    *p = digamma(count + CONCENTRATION * base).exp();
                }
                for (p, &count) in form_p.iter_mut().zip(&form_counts) {
                    *p = digamma(count + FORM_CONCENTRATION).exp();
                }
            }
        }
        (stem_counts, form_counts)
    }

    fn state_of(
        &self,
        all: &Particles,
        counts: &EojeolCounts,
        keys: &[Key],
        stem_counts: Vec<f64>,
        form_counts: Vec<f64>,
    ) -> SplitterState {
        let total: f64 = stem_counts.iter().sum::<f64>() + CONCENTRATION;
        let mut kept: Vec<(String, f64)> = keys
            .iter()
            .zip(&stem_counts)
            .filter(|&(_, &count)| count >= self.0.min_support.max(f64::MIN_POSITIVE))
            .map(|(&key, &count)| (word_of(key), count))
            .collect();
        kept.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        kept.truncate(self.0.max_stems);
        let stems = kept
            .into_iter()
            .map(|(word, count)| {
                let base = base_of(word.len() / 3);
                (word, ((count + CONCENTRATION * base) / total).ln() as f32)
            })
            .collect();
        let forms_total: f64 = form_counts.iter().sum::<f64>() + FORM_CONCENTRATION * form_counts.len() as f64;
        let score = |count: f64| ((count + FORM_CONCENTRATION) / forms_total).ln() as f32;
        let forms = all.words.iter().zip(&form_counts).map(|(word, &count)| (word.clone(), score(count))).collect();
        let mut frequent: Vec<(&str, u64)> = counts.iter().filter(|(word, _)| word.len() <= 3 * LONGEST_KEY).collect();
        frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        frequent.truncate(KNOWN);
        SplitterState {
            version: VERSION,
            params: self.0.clone(),
            unseen: (CONCENTRATION * base_of(1) / total).ln() as f32,
            bare: score(form_counts[form_counts.len() - 1]),
            forms,
            stems,
            frequent: frequent.into_iter().map(|(word, _)| word.to_owned()).collect(),
        }
    }
}

/// Calls `way(stem key, syllables of the stem, number of the form)` for each cut of `word`.
fn each_way(all: &Particles, word: &str, way: &mut dyn FnMut(Key, usize, u16)) {
    let bytes = word.as_bytes();
    let n = bytes.len() / 3;
    let mut key = 0;
    for stem in 1..=n.min(LONGEST_KEY) {
        let last = syllable_at(bytes, 3 * (stem - 1));
        key = push(key, last);
        if stem == n {
            way(key, stem, all.words.len() as u16);
        } else if n - stem <= all.longest
            && let Some(form) = key_of(&word[3 * stem..]).and_then(|key| all.get(key))
            && fits(form.needs, last)
        {
            way(key, stem, form.id);
        }
    }
}

fn syllables_of(key: Key) -> usize {
    (128 - key.leading_zeros() as usize).div_ceil(14)
}

fn base_of(syllables: usize) -> f64 {
    f64::from(UNSEEN_SYLLABLE).powi(syllables as i32)
}

/// ψ(x) by recurrence up to 6 and the asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18).
fn digamma(mut x: f64) -> f64 {
    let mut value = 0.0;
    while x < 6.0 {
        value -= 1.0 / x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    value + x.ln() - 0.5 / x - inverse * (1.0 / 12.0 - inverse * (1.0 / 120.0 - inverse / 252.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_is_minus_gamma_at_one() {
        // Abramowitz and Stegun: ψ(1) = -γ, ψ(1/2) = -γ - 2 ln 2, ψ(10) = 2.25175 25890 66721.
        let gamma = 0.577_215_664_901_532_9;
        assert!((digamma(1.0) + gamma).abs() < 1e-8);
        assert!((digamma(0.5) + gamma + 2.0 * 2f64.ln()).abs() < 1e-8);
        assert!((digamma(10.0) - 2.251_752_589_066_721).abs() < 1e-9);
    }

    #[test]
    fn a_key_knows_its_syllables() {
        for word in ["가", "힣힣", "가나다라마바사아자"] {
            assert_eq!(syllables_of(key_of(word).unwrap()), word.len() / 3);
        }
    }
}
