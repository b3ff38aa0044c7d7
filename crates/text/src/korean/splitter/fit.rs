//! Fitting of P(L) and P(R) over the eojeol of a corpus.
//!
//! An eojeol type that occurs c times weighs `1 + 0.2 ln c`, so that productivity counts for more than frequency. Zeroth
//! order collapsed variational Bayes (Asuncion et al. 2009): the shares of the ways to cut an eojeol are
//! `q(L, R) ∝ (n_L - q + α B(L)) · (n_R - q + β)`, where n are expected counts over all eojeol, the eojeol's own share
//! taken out, and `B(L) = 20^-|L|`. A round updates all shares at once from the last round's counts, in one order.

use super::super::counts::EojeolCounts;
use super::super::particles::{Particles, particles};
use super::super::runs::{Key, KeyMap, LONGEST_KEY, key_of, push, syllable_at, syllables_of, word_of};
use super::state::{SplitterState, VERSION};
use super::{Splitter, SplitterValid, UNSEEN_SYLLABLE, fits};
use gyeol_base::Fault;
use gyeol_base::{Error, Result};
use gyeol_tensor::Pool;

/// What each e-fold of an eojeol's frequency adds to its weight of 1.
const FREQUENCY: f64 = 0.15;
/// Weight of the base of stems, in eojeol.
const CONCENTRATION: f64 = 20.0;
/// Weight of one form in the base of forms.
const FORM_CONCENTRATION: f64 = 0.1;
/// What an eojeol without particle or ending is held back by: half of all eojeol types have none, which would let a
/// whole that occurs in a few compounds win over a stem seen with fifty particles.
const BARE: f64 = 0.07;
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
    /// [`Input`](gyeol_base::Kind::Input) when no Hangul was counted.
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
                    start.push(
                        (sorted.cohesion(text) * (1.0 + branching.entropy)).max(1e-6)
                            * (branching.count as f64).ln_1p(),
                    );
                }
                ways.push((stem, form));
            });
            eojeol.push((ways.len(), 1.0 + FREQUENCY * (*count as f64).ln()));
        }
        let (stem_counts, form_counts) = self.share_out(all, &keys, &start, &ways, &eojeol);
        let state = self.state_of(all, counts, &keys, stem_counts, form_counts);
        Splitter::from_state(state)
    }

    fn share_out(
        &self,
        all: &Particles,
        keys: &[Key],
        start: &[f64],
        ways: &[Way],
        eojeol: &[(usize, f64)],
    ) -> (Vec<f64>, Vec<f64>) {
        let forms = all.words.len() + 1;
        let sum: f64 = start.iter().sum();
        let stem_p: Vec<f64> = start.iter().map(|s| s / sum).collect();
        // Each form starts with the eojeol that it might end, shared among the ways of each.
        let mut form_p = vec![FORM_CONCENTRATION; forms];
        let mut from = 0;
        for &(to, weight) in eojeol {
            for &(_, form) in &ways[from..to] {
                form_p[usize::from(form)] += weight / (to - from) as f64;
            }
            from = to;
        }
        form_p[forms - 1] *= BARE;
        let base: Vec<f64> = keys.iter().map(|&key| base_of(syllables_of(key))).collect();
        let mut shares = vec![0.0; ways.len()];
        let (mut stem_counts, mut form_counts) = (vec![0.0; keys.len()], vec![0.0; forms]);
        for round in 0..=self.0.rounds {
            let (mut new_stems, mut new_forms) = (vec![0.0; keys.len()], vec![0.0; forms]);
            let mut from = 0;
            for &(to, weight) in eojeol {
                let mut total = 0.0;
                for way in from..to {
                    let (l, r) = (ways[way].0 as usize, usize::from(ways[way].1));
                    let chance = if round == 0 {
                        stem_p[l] * form_p[r]
                    } else {
                        // Less this eojeol itself, or each would vouch for its own whole.
                        let own = shares[way];
                        (stem_counts[l] - own + CONCENTRATION * base[l]).max(0.0)
                            * (form_counts[r] - own + FORM_CONCENTRATION).max(0.0)
                            * if r + 1 == forms { BARE } else { 1.0 }
                    };
                    shares[way] = chance;
                    total += chance;
                }
                for way in from..to {
                    shares[way] = if total > 0.0 { shares[way] / total } else { 1.0 / (to - from) as f64 };
                    new_stems[ways[way].0 as usize] += weight * shares[way];
                    new_forms[usize::from(ways[way].1)] += weight * shares[way];
                }
                from = to;
            }
            (stem_counts, form_counts) = (new_stems, new_forms);
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
        let forms_total: f64 =
            form_counts.iter().sum::<f64>() + FORM_CONCENTRATION * form_counts.len() as f64;
        let score = |count: f64| ((count + FORM_CONCENTRATION) / forms_total).ln() as f32;
        let forms =
            all.words.iter().zip(&form_counts).map(|(word, &count)| (word.clone(), score(count))).collect();
        let mut frequent: Vec<(&str, u64)> =
            counts.iter().filter(|(word, _)| word.len() <= 3 * LONGEST_KEY).collect();
        frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        frequent.truncate(KNOWN);
        SplitterState {
            version: VERSION,
            params: self.0.clone(),
            unseen: (CONCENTRATION * base_of(1) / total).ln() as f32,
            bare: score(form_counts[form_counts.len() - 1]) + BARE.ln() as f32,
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

fn base_of(syllables: usize) -> f64 {
    f64::from(UNSEEN_SYLLABLE).powi(syllables as i32)
}
