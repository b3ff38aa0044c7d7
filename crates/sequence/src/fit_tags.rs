//! Fitting taggers on sequences of units with labels.

use std::collections::HashMap;

use gyeol_base::{Error, Fault, Result};
use gyeol_neural::net::{
    Input, Labelled, LayerSummary, Learner, Net, NetParams, Output, Reads, TagPredictor,
};
use gyeol_neural::{Cell, Epoch, Fit, Optimizer, Schedule, StackParams, State, TrainParams, fit};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::form::{Form, Tagged};
use crate::tagger::{TagWay, Tagger};
use crate::vocabulary::Vocabulary;
use crate::window::Window;

/// Rounds of the perceptron.
const ROUNDS: usize = 5;

/// How a tagging net is made and trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaggerParams {
    /// Cell.
    pub cell: Cell,
    /// Whether sequences are read from their end too.
    pub bidirectional: bool,
    /// Units of a layer and direction.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers of an embedding.
    pub embedding: usize,
    /// Share of embeddings and outputs that is dropped while it learns.
    pub dropout: f64,
    /// Longer sequences are learnt from by their first units.
    pub longest: usize,
    /// Sequences of a batch.
    pub batch: usize,
    /// Epochs of the one-cycle schedule.
    pub epochs: usize,
    /// Highest learning rate of AdamW.
    pub learning_rate: f64,
    /// Of AdamW.
    pub weight_decay: f64,
    /// Largest norm of a gradient.
    pub clip: f64,
    /// Seed.
    pub seed: u64,
}

/// A trained tagger with how it came about.
#[derive(Debug)]
pub struct TrainedTagger {
    /// The net of the epoch with the least validation loss.
    pub model: Tagger,
    /// Losses a unit (natural logarithms) by epoch.
    pub curve: Vec<Epoch>,
    /// The epoch that was kept, from 1.
    pub best_epoch: usize,
    /// Layers with their shapes.
    pub layers: Vec<LayerSummary>,
}

/// Training and validation sequences with what is counted on the training part alone.
#[derive(Debug)]
pub struct TagData {
    form: Form,
    labels: Vec<String>,
    vocabulary: Vocabulary,
    train: Vec<(Vec<u32>, Vec<u32>)>,
    valid: Vec<(Vec<u32>, Vec<u32>)>,
}

impl TagData {
    /// Numbers units and labels, both by the training part alone; units below `min_count` are unknown.
    ///
    /// # Errors
    /// A part without a unit (`too-few-texts`).
    pub fn new(form: Form, train: &[Tagged], valid: &[Tagged], min_count: u64) -> Result<TagData> {
        if [train, valid].iter().any(|part| part.iter().all(|one| one.units.is_empty())) {
            return Err(Fault::new("too-few-texts", "no unit to learn from, or none to choose by")
                .cause("too few texts, or empty ones")
                .next("give more texts")
                .input());
        }
        let known = |one: &Tagged| -> Vec<String> {
            one.units.iter().map(|unit| form.known_as(unit).into_owned()).collect()
        };
        let units: Vec<Vec<String>> = train.iter().map(known).collect();
        let mut counts: HashMap<&str, (u64, usize)> = HashMap::new();
        for label in train.iter().flat_map(|one| &one.labels) {
            let next = counts.len();
            counts.entry(label).or_insert((0, next)).0 += 1;
        }
        let mut labels: Vec<(&str, (u64, usize))> = counts.into_iter().collect();
        labels.sort_unstable_by(|(_, a), (_, b)| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let labels: Vec<String> = labels.into_iter().map(|(name, _)| name.to_owned()).collect();
        let vocabulary = Vocabulary::fit(&units, min_count, None);
        let number: HashMap<&str, u32> = labels.iter().zip(0..).map(|(l, n)| (l.as_str(), n)).collect();
        let numbered = |part: &[Tagged]| -> Vec<(Vec<u32>, Vec<u32>)> {
            part.iter()
                .filter(|one| !one.units.is_empty())
                .map(|one| {
                    // What the training part does not have is no class of a net: nothing is learnt of it.
                    let of = |label: &String| {
                        number.get(label.as_str()).copied().unwrap_or(gyeol_neural::NO_TARGET)
                    };
                    (vocabulary.ids(&known(one)), one.labels.iter().map(of).collect())
                })
                .collect()
        };
        let (train, valid) = (numbered(train), numbered(valid));
        Ok(TagData { form, labels, vocabulary, train, valid })
    }

    /// Labels by falling frequency in the training part.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Units that are known, the reserved ones with them.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary.len()
    }

    /// Training sequences.
    pub fn sequences(&self) -> usize {
        self.train.len()
    }

    /// Units of the training part.
    pub fn units(&self) -> usize {
        self.train.iter().map(|(ids, _)| ids.len()).sum()
    }

    fn tagger(&self, way: TagWay) -> Tagger {
        Tagger { form: self.form, labels: self.labels.clone(), vocabulary: self.vocabulary.clone(), way }
    }

    /// The commonest label.
    pub fn majority(&self) -> Tagger {
        self.tagger(TagWay::Majority(0))
    }

    /// The commonest label of each unit.
    pub fn unigram(&self) -> Tagger {
        let k = self.labels.len();
        let mut counts = vec![0u64; self.vocabulary.len() * k];
        for (ids, labels) in &self.train {
            for (&id, &label) in ids.iter().zip(labels) {
                counts[id as usize * k + label as usize] += 1;
            }
        }
        // Of equals, and of a unit that never came, the commoner of all.
        let most = |row: &[u64]| (1..k).fold(0, |best, c| if row[c] > row[best] { c } else { best }) as u32;
        self.tagger(TagWay::Unigram(counts.chunks(k).map(most).collect()))
    }

    /// A perceptron over a window of units.
    ///
    /// # Errors
    /// `stopped`, where `go_on` answers false after a round.
    pub fn window(&self, go_on: &mut dyn FnMut(usize) -> bool) -> Result<Tagger> {
        let window = Window::fit(&self.train, self.labels.len(), ROUNDS, go_on).ok_or_else(Error::stopped)?;
        Ok(self.tagger(TagWay::Window(window)))
    }
}

impl TaggerParams {
    /// A net that suits so many training sequences of so many units: as many epochs as five million units read allow.
    pub fn suited(cell: Cell, bidirectional: bool, sequences: usize, units: usize) -> TaggerParams {
        let hidden = if units < 100_000 { 48 } else { 96 };
        TaggerParams {
            cell,
            bidirectional,
            hidden,
            layers: 1,
            embedding: hidden,
            dropout: 0.1,
            longest: 1000,
            batch: (sequences / 200).clamp(4, 32),
            epochs: (5_000_000 / units.max(1)).clamp(2, 20),
            learning_rate: if matches!(cell, Cell::Rnn | Cell::RnnRelu) { 3e-3 } else { 1e-2 },
            weight_decay: 1e-2,
            clip: 1.0,
            seed: 0,
        }
    }

    /// Trains. `observe` is told of each step and, with the state to go on from, each epoch; false stops.
    ///
    /// # Errors
    /// Sizes outside their range; a loss that is no number; `stopped`.
    pub fn fit(
        &self,
        data: &TagData,
        pool: &Pool,
        resume: Option<State<f32>>,
        observe: &mut dyn FnMut(Fit<'_, f32>) -> bool,
    ) -> Result<TrainedTagger> {
        let stack = StackParams {
            layers: self.layers,
            bidirectional: self.bidirectional,
            dropout: if self.layers > 1 { self.dropout } else { 0.0 },
            ..StackParams::new(self.cell, self.embedding, self.hidden)
        };
        let net = Net::new(&NetParams {
            input: Input::Tokens { vocabulary: data.vocabulary.len() },
            stack,
            dropout: self.dropout,
            reads: Reads::Every,
            projection: None,
            output: Output::Classes { classes: data.labels.len() },
            tied: false,
        })?;
        let all = || data.train.iter().chain(&data.valid);
        let cut = |ids: &Vec<u32>| ids[..ids.len().min(self.longest)].to_vec();
        let read: Vec<Vec<u32>> = all().map(|(ids, _)| cut(ids)).collect();
        let labels: Vec<Vec<u32>> = all().map(|(_, labels)| cut(labels)).collect();
        let samples = Labelled::tagged(&net, &read, &labels, self.longest)?;
        let ids: Vec<u32> = (0..read.len() as u32).collect();
        let (learnt, chosen) = ids.split_at(data.train.len());
        let mut params = TrainParams::new(
            self.epochs,
            self.batch,
            Optimizer::adam_w(self.weight_decay),
            self.learning_rate,
        );
        params.schedule = Schedule::OneCycle;
        params.clip = Some(self.clip);
        params.seed = self.seed;
        let learner = Learner { net: &net, samples: &samples };
        let state = fit(&learner, &params, learnt, chosen, pool, resume, observe)?;
        let model = data.tagger(TagWay::Net(Box::new(TagPredictor::new(net, state.best)?)));
        Ok(TrainedTagger { layers: model.layers(), model, curve: state.curve, best_epoch: state.best_epoch })
    }
}
