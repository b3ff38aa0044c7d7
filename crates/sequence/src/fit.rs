//! Training an encoder-decoder on pairs of texts.

use gyeol_base::{Fault, Result};
use gyeol_neural::net::{
    EncoderDecoder, EncoderDecoderParams, LayerSummary, PairsLearner, Score, SequencePredictor, Source,
};
use gyeol_neural::{Cell, Epoch, Fit, Optimizer, Schedule, State, TrainParams, fit};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::translator::{Net, Translator, Way};
use crate::units::Units;
use crate::vocabulary::{END, Vocabulary};

/// How a translator is made and trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranslatorParams {
    /// How texts are cut, on either side.
    pub units: (Units, Units),
    /// Cell of encoder and decoder.
    pub cell: Cell,
    /// Units of a layer.
    pub hidden: usize,
    /// Layers of either.
    pub layers: usize,
    /// Numbers of an embedding.
    pub embedding: usize,
    /// Share of the outputs between layers that is dropped while it learns.
    pub dropout: f64,
    /// Whether sources are read from their end too.
    pub bidirectional: bool,
    /// How the decoder looks at the source; none of a net that remembers it alone.
    pub attention: Option<Score>,
    /// Whether it reads nothing of its sources: what another net gains over it is what they are worth.
    pub blind: bool,
    /// Tokens that occur less often in the training part count as unknown.
    pub min_count: u64,
    /// Most tokens of either vocabulary.
    pub size: Option<usize>,
    /// Pairs of which a side has more tokens are not learnt from.
    pub longest: usize,
    /// Pairs of a batch.
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

/// A trained translator with how it came about.
#[derive(Debug)]
pub struct Trained {
    /// The net of the epoch with the least validation loss.
    pub model: Translator,
    /// Losses a token (natural logarithms) by epoch.
    pub curve: Vec<Epoch>,
    /// The epoch that was kept, from 1.
    pub best_epoch: usize,
    /// Pairs that were too long to be learnt from.
    pub left_out: usize,
    /// Tokens of the vocabularies.
    pub tokens: (usize, usize),
    /// Layers with their shapes.
    pub layers: Vec<LayerSummary>,
}

impl TranslatorParams {
    /// A net that suits so many training pairs: as many epochs as some 400,000 pairs read allow, 30 at the most.
    pub fn suited(units: (Units, Units), pairs: usize, attention: bool) -> TranslatorParams {
        let hidden = match pairs {
            0..2_000 => 64,
            2_000..20_000 => 128,
            _ => 192,
        };
        TranslatorParams {
            units,
            cell: Cell::Lstm,
            hidden,
            layers: 1,
            embedding: hidden / 2,
            dropout: 0.0,
            bidirectional: attention,
            attention: attention.then_some(Score::General),
            blind: false,
            min_count: if pairs < 2_000 || units.0 != Units::Word { 1 } else { 2 },
            size: None,
            longest: if units.0 == Units::Word { 60 } else { 200 },
            batch: (pairs / 200).clamp(8, 64),
            epochs: (400_000 / pairs.max(1)).clamp(3, 30),
            learning_rate: 5e-3,
            weight_decay: 1e-2,
            clip: 1.0,
            seed: 0,
        }
    }

    fn shape(&self, source: &Vocabulary, target: &Vocabulary) -> EncoderDecoderParams {
        EncoderDecoderParams {
            source: Source::Tokens { vocabulary: source.len() },
            target: target.len(),
            embedding: self.embedding,
            cell: self.cell,
            hidden: self.hidden,
            layers: self.layers,
            dropout: if self.layers > 1 { self.dropout } else { 0.0 },
            bidirectional: self.bidirectional,
            attention: self.attention,
        }
    }

    fn training(&self) -> TrainParams {
        let optimizer = Optimizer::adam_w(self.weight_decay);
        let mut params = TrainParams::new(self.epochs, self.batch, optimizer, self.learning_rate);
        params.schedule = Schedule::OneCycle;
        params.clip = Some(self.clip);
        params.seed = self.seed;
        params
    }

    /// Sources and targets as tokens, where neither has more than `longest`.
    fn kept(&self, pairs: &[(String, String)]) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
        let cut = pairs.iter().map(|(s, t)| (self.units.0.cut(s), self.units.1.cut(t)));
        cut.filter(|(s, t)| s.len() <= self.longest && t.len() <= self.longest).unzip()
    }

    /// Counts n-grams of the targets that [`TranslatorParams::fit`] would learn from, over the same vocabulary; also how
    /// many pairs are too long.
    ///
    /// # Errors
    /// As [`Counts::fit`]; no pair that could be learnt from.
    pub fn count(&self, train: &[(String, String)], order: usize, pool: &Pool) -> Result<(Counts, usize)> {
        let (_, targets) = self.kept(train);
        let target = Vocabulary::fit(&targets, self.min_count, self.size);
        let left_out = train.len() - targets.len();
        Ok((Counts::fit(target, &targets, order, pool)?, left_out))
    }

    /// Trains on pairs of a source and a target. `observe` is told of each step and, with the state to go on from, each
    /// epoch; false stops.
    ///
    /// # Errors
    /// No pair that could be learnt from or judged (`too-few-pairs`); sizes outside their range; a loss that is no number; `stopped`.
    pub fn fit(
        &self,
        train: &[(String, String)],
        valid: &[(String, String)],
        pool: &Pool,
        resume: Option<State<f32>>,
        observe: &mut dyn FnMut(Fit<'_, f32>) -> bool,
    ) -> Result<Trained> {
        let (mut sources, mut targets) = self.kept(train);
        let learns = sources.len();
        let source = Vocabulary::fit(if self.blind { &[] } else { &sources }, self.min_count, self.size);
        let target = Vocabulary::fit(&targets, self.min_count, self.size);
        let (more, more_targets) = self.kept(valid);
        if learns == 0 || more.is_empty() {
            let found = format!(
                "{learns} pairs to learn from and {} to choose by, of {} and {}, have up to {} tokens a side",
                more.len(),
                train.len(),
                valid.len(),
                self.longest,
            );
            return Err(Fault::new("too-few-pairs", found)
                .cause("too few pairs, or whole documents in place of sentences")
                .next("give more pairs of sentences, or raise `longest` of the rung")
                .input());
        }
        let tokens = |side: &[Vec<String>]| side.iter().map(Vec::len).sum::<usize>().max(1) as f64;
        // Of an empty source the end alone is read.
        let read = if self.blind { learns as f64 } else { tokens(&sources) };
        let ratio = 2.0 * (tokens(&targets) / read).max(0.5);
        sources.extend(more);
        targets.extend(more_targets);
        if self.blind {
            sources.iter_mut().for_each(Vec::clear);
        }
        let read: Vec<Vec<u32>> =
            sources.iter().map(|tokens| source.ids(tokens).into_iter().chain([END]).collect()).collect();
        let come: Vec<Vec<u32>> = targets.iter().map(|tokens| target.ids(tokens)).collect();
        drop((sources, targets));
        let net = EncoderDecoder::new(&self.shape(&source, &target))?;
        let learner = PairsLearner::new(&net, &read, &come)?;
        let ids: Vec<u32> = (0..read.len() as u32).collect();
        let (learnt, chosen) = ids.split_at(learns);
        let state = fit(&learner, &self.training(), learnt, chosen, pool, resume, observe)?;
        let counts = (source.len(), target.len());
        let predictor = SequencePredictor::new(net, state.best)?;
        let way = Way::Net(Box::new(Net { source, target, predictor, ratio, blind: self.blind }));
        let model =
            Translator { units: self.units, columns: ("1".into(), "2".into()), classes: Vec::new(), way };
        Ok(Trained {
            layers: model.layers(),
            model,
            curve: state.curve,
            best_epoch: state.best_epoch,
            left_out: train.len() - learns,
            tokens: counts,
        })
    }
}
