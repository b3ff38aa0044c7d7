//! The words of a model as forms: lower case, Hangul by keys, without what stands before and behind; and those near to a
//! word that was written.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use gyeol_base::Fault;

use super::channel::Channel;
use super::distance::Pattern;
use super::index::DeleteIndex;
use super::letters::Letters;
use super::units::{Alphabet, MOST_UNITS, Unit};
use super::{NO_MASS, pieces};
use crate::hash;
use crate::scores_words::ScoresWords;
use crate::vocabulary::{RESERVED, UNKNOWN, WordId};
use crate::watch::{Watch, sort_by};
use gyeol_base::{Error, Result};

/// Forms of a vocabulary.
#[derive(Debug)]
pub(crate) struct Dictionary {
    pub alphabet: Alphabet,
    pub letters: Letters,
    /// log10 of the probability of each word of the model without context.
    priors: Vec<f32>,
    units: Vec<Unit>,
    ends: Vec<u32>,
    /// For each form log10 of the sum of the unigram probabilities of its words, then what log10 P(written | form) is at
    /// most at distance 1, 2 and 3.
    forms: Vec<[f32; 4]>,
    words: Vec<WordId>,
    words_end: Vec<u32>,
    /// Numbers of forms plus one by hash, open addressing.
    slots: Vec<u32>,
    index: DeleteIndex,
}

/// A form near to a word that was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    pub form: u32,
    /// log10 of its probability without context.
    pub prior: f32,
    /// log10 P(written | form), unweighted.
    pub channel: f32,
}

/// The best a form can still be worth, and how many edits away it is; the heap gives the greatest, of equal ones the lower
/// form.
#[derive(PartialEq)]
struct Open(f32, u32, u8);
impl Eq for Open {}
impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(other.1.cmp(&self.1))
    }
}

fn hash_of(units: &[Unit]) -> u64 {
    units.iter().fold(0x51ed, |chain, &unit| hash::extend(chain, u32::from(unit)))
}

impl Dictionary {
    pub fn new<M: ScoresWords>(
        model: &M,
        mut alphabet: Alphabet,
        channel: &Channel,
        distance: usize,
        watch: &mut Watch<'_>,
    ) -> Result<Self> {
        let priors = model.priors();
        let mut held: Vec<(Vec<Unit>, WordId)> = Vec::with_capacity(model.vocabulary_len());
        for id in RESERVED.len() as WordId..model.vocabulary_len() as WordId {
            watch.step(id as usize)?;
            let word = model.word(id);
            if let Some((begin, end)) = pieces::core(word) {
                let units = alphabet.learn(&word[begin..end]);
                if units.len() <= MOST_UNITS {
                    held.push((units, id));
                }
            }
        }
        let mut order: Vec<u32> = (0..held.len() as u32).collect();
        sort_by(&mut order, |&a, &b| held[a as usize].cmp(&held[b as usize]), &mut || watch.ask())?;
        let (mut units, mut ends, mut forms) = (Vec::new(), Vec::new(), Vec::new());
        let (mut words, mut words_end) = (Vec::with_capacity(held.len()), Vec::new());
        for group in order.chunk_by(|&a, &b| held[a as usize].0 == held[b as usize].0) {
            watch.step(ends.len())?;
            let form = &held[group[0] as usize].0;
            units.extend_from_slice(form);
            ends.push(units.len() as u32);
            let ids = group.iter().map(|&g| held[g as usize].1);
            words.extend(ids.clone());
            words_end.push(words.len() as u32);
            let sum: f64 = ids.map(|id| 10f64.powf(f64::from(floored(&priors, id)))).sum();
            let mut most = channel.most_of(form);
            most[0] = sum.log10() as f32;
            forms.push(most);
        }
        if units.len() > u32::MAX as usize {
            return Err(Error::limit(
                Fault::new("too-many-words", format!("words of {} letters in all", units.len()))
                    .next("fit the model with fewer words"),
            ));
        }
        let form = |i: usize| {
            let begin = if i == 0 { 0 } else { ends[i - 1] };
            &units[begin as usize..ends[i] as usize]
        };
        let mut slots = vec![0u32; (ends.len() * 2).next_power_of_two().max(2)];
        for i in 0..ends.len() {
            watch.step(i)?;
            let mut at = hash_of(form(i)) as usize & (slots.len() - 1);
            while slots[at] != 0 {
                at = (at + 1) & (slots.len() - 1);
            }
            slots[at] = i as u32 + 1;
        }
        let index = DeleteIndex::new(ends.len(), form, distance, watch)?;
        let letters = Letters::learn((0..ends.len()).map(form), watch)?;
        Ok(Dictionary { alphabet, letters, priors, units, ends, forms, words, words_end, slots, index })
    }

    /// How many forms there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes held by the forms and their index.
    pub fn bytes(&self) -> usize {
        2 * self.units.len()
            + 4 * (self.words.len() + self.priors.len())
            + 4 * self.slots.len()
            + 24 * self.ends.len()
            + self.letters.bytes()
            + self.index.bytes()
    }

    /// log10 of a word's probability without context; words without any are taken for very rare.
    pub fn prior(&self, word: WordId) -> f32 {
        floored(&self.priors, word)
    }

    /// The same of words that the model does not know, as the model gives it.
    pub fn prior_of_unknown(&self) -> f32 {
        self.priors[UNKNOWN as usize]
    }

    fn form(&self, form: u32) -> &[Unit] {
        let begin = if form == 0 { 0 } else { self.ends[form as usize - 1] };
        &self.units[begin as usize..self.ends[form as usize] as usize]
    }

    /// The words of a form.
    pub fn words(&self, form: u32) -> &[WordId] {
        let begin = if form == 0 { 0 } else { self.words_end[form as usize - 1] };
        &self.words[begin as usize..self.words_end[form as usize] as usize]
    }

    /// The form with exactly these units.
    pub fn find(&self, units: &[Unit]) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut at = hash_of(units) as usize & mask;
        loop {
            let form = self.slots[at].checked_sub(1)?;
            if self.form(form) == units {
                return Some(form);
            }
            at = (at + 1) & mask;
        }
    }

    /// The `k` best forms other than the word itself by prior + weight · channel, the best first; of equal ones the lower
    /// form first.
    pub fn near(
        &self,
        units: &[Unit],
        distance: usize,
        channel: &Channel,
        weight: f32,
        k: usize,
    ) -> Vec<Near> {
        if units.is_empty() || units.len() > MOST_UNITS || k == 0 {
            return Vec::new();
        }
        let mut open: Vec<u32> = Vec::with_capacity(256);
        self.index.near(units, distance, |form| open.push(form));
        open.sort_unstable();
        open.dedup();
        let Some(pattern) = Pattern::new(units) else { return Vec::new() };
        let wrong = channel.wrong(units);
        // Nothing hangs on what is read here, so the reads overlap; the comparisons below would wait for each.
        let touched = open.iter().fold(0, |all, &form| {
            all | self.form(form).first().copied().unwrap_or(0)
                | self.forms[form as usize][0].to_bits() as Unit
        });
        std::hint::black_box(touched);
        let mut heap: BinaryHeap<Open> = open
            .iter()
            .filter_map(|&form| {
                let apart = pattern.distance(self.form(form));
                let most = &self.forms[form as usize];
                (1..=distance.min(3))
                    .contains(&apart)
                    .then(|| Open(most[0] + weight * most[apart].min(wrong.most[apart]), form, apart as u8))
            })
            .collect::<Vec<_>>()
            .into();
        let mut found: Vec<(f32, Near)> = Vec::with_capacity(k + 1);
        while let Some(Open(bound, form, apart)) = heap.pop() {
            let worst = if found.len() == k { found[k - 1].0 } else { f32::NEG_INFINITY };
            if bound < worst {
                break;
            }
            let right = self.form(form);
            let prior = self.forms[form as usize][0];
            // A little below what is needed, so that rounding loses no equal one.
            let floor = if weight > 0.0 { (worst - prior) / weight - 1e-3 } else { f32::NEG_INFINITY };
            let Some(log10) = channel.log10(right, &wrong, usize::from(apart), floor) else { continue };
            let total = prior + weight * log10;
            let place = found.partition_point(|f| f.0 > total || (f.0 == total && f.1.form < form));
            found.insert(place, (total, Near { form, prior, channel: log10 }));
            found.truncate(k);
        }
        found.into_iter().map(|f| f.1).collect()
    }
}

fn floored(priors: &[f32], word: WordId) -> f32 {
    let log10 = priors[word as usize];
    if log10.is_finite() { log10.max(NO_MASS) } else { NO_MASS }
}
