//! Several models as one: linear interpolation with weights learned by expectation maximisation (Jelinek and Mercer 1980),
//! and a cache of the words just seen (Kuhn and De Mori 1990).

use std::collections::{HashMap, VecDeque};

use gyeol_base::Fault;

use crate::corpus::Source;
use crate::corpus::source::{Lines, Words};
use crate::model::NgramModel;
use crate::query::full_scores;
use crate::scores_words::{Scored, ScoresWords};
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// Models with weights that sum to one; each keeps its own vocabulary.
#[derive(Debug)]
pub struct Mixture<'a, M: ?Sized = NgramModel> {
    models: Vec<&'a M>,
    weights: Vec<f64>,
}

/// The states of the models of a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct MixedState<S>(Vec<S>);

impl<'a, M: ScoresWords + ?Sized> Mixture<'a, M> {
    /// A mixture with given weights.
    ///
    /// # Errors
    /// No model, or weights that are negative, of another number or do not sum to one.
    pub fn new(models: Vec<&'a M>, weights: Vec<f64>) -> Result<Self> {
        let sound = !models.is_empty()
            && models.len() == weights.len()
            && weights.iter().all(|w| (0.0..=1.0).contains(w))
            && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-6;
        if !sound {
            return Err(Error::option(
                Fault::new("weights-unfit", format!("{} models with the weights {weights:?}", models.len()))
                    .cause("there is one weight a model, and they sum to one")
                    .next("learn them on a validation text"),
            ));
        }
        Ok(Mixture { models, weights })
    }

    /// Learns the weights on a validation text by so many rounds of expectation maximisation. `progress` answers whether
    /// to go on.
    ///
    /// # Errors
    /// No model; a text that cannot be read or has no word in it; stopped.
    pub fn learn(
        models: Vec<&'a M>,
        validation: &mut Source,
        rounds: usize,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<Self> {
        let mut watch = Watch::new(progress, Stage::Learning);
        let weights = vec![1.0 / models.len().max(1) as f64; models.len()];
        let mut mixture = Mixture::new(models, weights)?;
        let mut probabilities: Vec<f64> = Vec::new();
        let columns = mixture.models.len();
        let words =
            mixture.each_word(validation, &mut watch, &mut |each| probabilities.extend_from_slice(each))?;
        watch.tell(Stage::Learning)?;
        for _ in 0..rounds {
            let mut expected = vec![0f64; columns];
            for (step, row) in probabilities.chunks(columns).enumerate() {
                watch.step(step)?;
                let total: f64 = row.iter().zip(&mixture.weights).map(|(p, w)| p * w).sum();
                if total > 0.0 {
                    for i in 0..columns {
                        expected[i] += mixture.weights[i] * row[i] / total;
                    }
                }
            }
            let sum: f64 = expected.iter().sum();
            if sum > 0.0 {
                mixture.weights = expected.iter().map(|e| e / sum).collect();
            }
        }
        debug_assert_eq!(probabilities.len(), words as usize * columns);
        Ok(mixture)
    }

    /// The weights.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// What stands before a sentence.
    pub fn start(&self) -> MixedState<M::State> {
        MixedState(self.models.iter().map(|m| m.start()).collect())
    }

    /// log10 probability of a word (`None` for the end of the sentence), and the state after it. A word that no model
    /// knows is unknown to all of them; one that a model does not know has its probability of `<unk>` there.
    pub fn score(&self, state: &MixedState<M::State>, word: Option<&str>) -> (f64, MixedState<M::State>) {
        let mut total = 0f64;
        let mut next = Vec::with_capacity(self.models.len());
        for ((model, weight), state) in self.models.iter().zip(&self.weights).zip(&state.0) {
            let id = word.map_or(crate::vocabulary::SENTENCE_END, |w| model.text_id(w.as_bytes()));
            let (scored, after) = model.score(state, id);
            total += weight * 10f64.powf(f64::from(scored.log10));
            next.push(after);
        }
        (total.log10(), MixedState(next))
    }

    fn each_word(
        &self,
        text: &mut Source,
        watch: &mut Watch<'_>,
        each: &mut dyn FnMut(&[f64]),
    ) -> Result<u64> {
        let mut block = Vec::new();
        let mut row = vec![0f64; self.models.len()];
        let mut words = 0u64;
        while text.watched_block(&mut block, watch)? {
            for line in Lines(&block) {
                let mut states = self.start().0;
                if Words(line).next().is_none() {
                    continue;
                }
                for word in Words(line).map(Some).chain([None]) {
                    for (i, model) in self.models.iter().enumerate() {
                        let id = word.map_or(crate::vocabulary::SENTENCE_END, |w| model.text_id(w));
                        let (scored, after) = model.score(&states[i], id);
                        row[i] = 10f64.powf(f64::from(scored.log10));
                        states[i] = after;
                    }
                    each(&row);
                    words += 1;
                    watch.scored(1)?;
                }
            }
        }
        if words == 0 {
            return Err(Error::input(
                Fault::new("empty-text", "there is no word in it")
                    .file(text.name())
                    .cause("an empty file")
                    .next("give a text with one sentence on a line"),
            ));
        }
        Ok(words)
    }

    /// Perplexity of a text by the sentence protocol, and the words it was taken over. `progress` is told the words so
    /// far and answers whether to go on.
    ///
    /// # Errors
    /// A text that cannot be read or has no word in it; stopped.
    pub fn perplexity(
        &self,
        text: &mut Source,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<(f64, u64)> {
        let mut log = 0f64;
        let mut watch = Watch::new(progress, Stage::Scoring(0));
        let words = self.each_word(text, &mut watch, &mut |row| {
            log += row.iter().zip(&self.weights).map(|(p, w)| p * w).sum::<f64>().ln();
        })?;
        Ok(((-log / words as f64).exp(), words))
    }
}

/// Relative frequencies of the last words seen, to be mixed with a model: a word that was just used is likelier again.
#[derive(Debug, Clone)]
pub struct Cache {
    window: usize,
    recent: VecDeque<u32>,
    counts: HashMap<u32, u32>,
}

impl Cache {
    /// A cache of so many words, at least one.
    pub fn new(window: usize) -> Self {
        Cache { window: window.max(1), recent: VecDeque::new(), counts: HashMap::new() }
    }

    /// Share of a word among those held; 0 while nothing is held.
    pub fn probability(&self, word: u32) -> f64 {
        let count = self.counts.get(&word).copied().unwrap_or(0);
        f64::from(count) / self.recent.len().max(1) as f64
    }

    /// Whether no word is held.
    pub fn is_empty(&self) -> bool {
        self.recent.is_empty()
    }

    /// Takes in a word and forgets the oldest beyond the window.
    pub fn push(&mut self, word: u32) {
        self.recent.push_back(word);
        *self.counts.entry(word).or_default() += 1;
        if self.recent.len() > self.window
            && let Some(old) = self.recent.pop_front()
            && let Some(count) = self.counts.get_mut(&old)
        {
            *count -= 1;
        }
    }
}

/// Perplexity of a text (sentence protocol) by (1 − `weight`) model + `weight` cache of the last `window` words, and the
/// words it was taken over. While the cache is empty the model stands alone. `progress` is told the words so far and
/// answers whether to go on.
///
/// # Errors
/// A weight out of range; a text that cannot be read or has no word in it; stopped.
pub fn cached_perplexity<M: ScoresWords + ?Sized>(
    model: &M,
    text: &mut Source,
    window: usize,
    weight: f64,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<(f64, u64)> {
    if !(0.0..1.0).contains(&weight) {
        return Err(Error::option(
            Fault::new("weight-out-of-range", format!("the weight of the cache is {weight}"))
                .cause("it is at least 0 and below 1, so that the model keeps mass")
                .next("take 0.1"),
        ));
    }
    let mut cache = Cache::new(window);
    let (mut log, mut words) = (0f64, 0u64);
    let mut each = |_: &[u8], scored: &[Scored]| {
        for s in scored {
            let own = 10f64.powf(f64::from(s.log10));
            let p = if cache.is_empty() {
                own
            } else {
                (1.0 - weight) * own + weight * cache.probability(s.word)
            };
            log += p.ln();
            words += 1;
            cache.push(s.word);
        }
    };
    full_scores(model, text, &mut each, progress)?;
    if words == 0 {
        return Err(Error::input(
            Fault::new("empty-text", "there is no word in it")
                .file(text.name())
                .next("give a text with words"),
        ));
    }
    Ok(((-log / words as f64).exp(), words))
}
