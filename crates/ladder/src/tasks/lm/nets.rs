//! Rungs of nets, and mixtures with them.

use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_bundle::Bundle;
use gyeol_lm::{AnyLm, CacheLm, Classes, Kind, Moves, NetLmParams, Trained};
use gyeol_models::LmModel;
use gyeol_neural::{Schedule, State, TokenVectors};
use gyeol_ngram::{Protocol, ScoresWords, WordId};
use gyeol_report::model::Fact;
use gyeol_tensor::Precision;
use gyeol_vectors::pretrained::Pretrained;

use super::Words;
use super::parts::Parts;
use crate::checkpoint::Checkpoints;
use crate::climb::file_name;
use crate::recipe::{LmRung, rung_kind};
use crate::task::{Fit, Running, Task};
use crate::tasks::forecast::verdict::{layer_rows, points, verdict};
use crate::tasks::training::watched;
use crate::tasks::vectors::{self, Coverage, VectorFile};
use crate::watch::Step;

/// Rounds in which the shares of a mixture are learnt.
const ROUNDS: usize = 100;

/// Words of the training and of the validation part from which a net belongs to the ladder.
const ENOUGH: [u64; 2] = [10_000, 1000];

/// Words that a net walks over where nothing is said of epochs, and lines that are kept or left out together.
const MOST: usize = 4_000_000;
const RUN: usize = 200;

/// Words that a cache remembers.
const SIZES: [usize; 3] = [200, 1000, 5000];

/// Classes that are drawn for a step of a sampled softmax.
const SAMPLES: usize = 2000;

/// Words before, of an NNLM.
const CONTEXT: usize = 4;

/// Whether there is text enough for a net.
pub(super) fn enough(parts: &Parts) -> bool {
    parts.facts.iter().zip(ENOUGH).all(|(part, enough)| part.tokens >= enough)
}

/// What a word of a checked recipe names.
fn said<T: std::str::FromStr>(word: &Option<String>, left_out: T) -> T {
    word.as_ref().and_then(|word| word.parse().ok()).unwrap_or(left_out)
}

pub(super) fn fact(key: &str, value: impl ToString) -> Fact {
    Fact { key: key.into(), value: value.to_string() }
}

/// Runs of lines, spread over the training part, that hold about as many words as a net may walk over where nothing is said
/// of epochs; all of a smaller part.
fn thinned(mut train: Vec<Vec<WordId>>, tokens: usize) -> Vec<Vec<WordId>> {
    let runs = train.len().div_ceil(RUN);
    let wanted = (runs as u128 * MOST as u128 / tokens.max(1) as u128) as usize;
    if wanted >= runs {
        return train;
    }
    let wanted = wanted.max(1);
    let mut at = 0;
    train.retain(|_| {
        let run = at / RUN;
        at += 1;
        (run + 1) * wanted / runs > run * wanted / runs
    });
    train
}

impl Words<'_> {
    /// What a net is trained with: what the recipe says, else what suits the training part.
    fn net_params(&self, rung: &LmRung, tokens: usize, lines: usize) -> Result<NetLmParams> {
        let kind = match rung_kind(&rung.name) {
            "nnlm" => Kind::Window(rung.context.unwrap_or(CONTEXT)),
            cell => Kind::Recurrent(cell.parse()?),
        };
        let suited = NetLmParams::suited(kind, tokens, lines, self.frequencies.len(), self.protocol());
        let adaptive = rung
            .softmax
            .as_ref()
            .map_or(suited.adaptive && rung.tied != Some(true), |word| word == "adaptive");
        let units = rung.units.unwrap_or(suited.units);
        let optimizer = said(&rung.optimizer, Moves::AdamW);
        let (schedule, rate, clip) = optimizer.suited();
        let schedule = match rung.schedule.as_deref() {
            Some("one-cycle") => Schedule::OneCycle,
            Some("cosine") => Schedule::Cosine,
            Some("constant") => Schedule::Constant,
            Some("plateau") => Moves::Sgd.suited().0,
            _ => schedule,
        };
        let precision = match rung.precision.as_deref() {
            Some("f32") => Precision::F32,
            Some("bf16") => Precision::Bf16,
            _ => suited.precision,
        };
        let decay = if optimizer == Moves::Sgd { 0.0 } else { suited.weight_decay };
        Ok(NetLmParams {
            units,
            layers: rung.layers.unwrap_or(suited.layers),
            embedding: self.vectors(rung).map(|file| file.dimension).or(rung.embedding).unwrap_or(units),
            dropout: rung.dropout.unwrap_or(suited.dropout),
            locked: rung.locked.unwrap_or(suited.locked),
            recurrent_dropout: rung.recurrent_dropout.unwrap_or(0.0),
            word_dropout: rung.word_dropout.unwrap_or(0.0),
            adaptive,
            samples: (rung.softmax.as_deref() == Some("sampled")).then(|| rung.samples.unwrap_or(SAMPLES)),
            tied: rung.tied.unwrap_or(!adaptive),
            rows: rung.batch.unwrap_or(suited.rows),
            steps: rung.steps.unwrap_or(suited.steps),
            epochs: rung.epochs.unwrap_or(if self.quick { 1 } else { suited.epochs }),
            optimizer,
            schedule,
            triggered: rung.average_after,
            precision,
            learning_rate: rung.learning_rate.or(rate).unwrap_or(suited.learning_rate),
            weight_decay: rung.weight_decay.unwrap_or(decay),
            clip: rung.clip.unwrap_or(clip),
            seed: self.recipe.seed,
            ..suited
        })
    }

    /// The file of vectors that a rung begins with.
    fn vectors(&self, rung: &LmRung) -> Option<&VectorFile> {
        vectors::of(&self.parts.vectors, rung.vectors.as_deref(), rung.vectors_format.as_deref())
    }

    /// The state that vectors of a file give a net, with what is said of it.
    fn begun(
        &mut self,
        file: &VectorFile,
        words: &gyeol_lm::Words,
        params: &NetLmParams,
        running: &mut Running<'_>,
    ) -> Result<(State<f32>, [Fact; 2])> {
        let heads = Classes::of_counts(&self.frequencies).heads();
        let of = std::fs::metadata(&file.path).ok().map(|m| m.len());
        let names = heads.iter().map(|&word| words.word(word));
        let read = Pretrained::read(&file.path, file.form, names, &mut |bytes| {
            running.watch.step(Step::Reading { part: "vectors", bytes, of })
        })?;
        if read.found() == 0 {
            return Err(vectors::none_found(&file.path));
        }
        let given = (0..heads.len()).map(|class| read.vector(class));
        let vectors = TokenVectors::new(read.dimension(), given.clone())?;
        let count = |word: WordId| self.frequencies.get(word as usize).copied().unwrap_or(0);
        let met = heads.iter().zip(given).filter(|(_, vector)| vector.is_some());
        let met: u64 = met.map(|(&word, _)| count(word)).sum();
        let coverage = Coverage {
            form: read.form(),
            because: read.because(),
            found: [read.found(), read.asked()],
            composed: read.composed(),
            share: met as f64 / self.frequencies.iter().sum::<u64>().max(1) as f64,
        };
        let said = coverage.words(&file.path);
        if !running.watch.step(Step::Said(&said)) {
            return Err(Error::stopped());
        }
        if !self.notes.contains(&said) {
            self.notes.push(said);
        }
        Ok((params.begun(&vectors)?, coverage.facts(&file.path, file.dimension)))
    }

    pub(super) fn of_net(&self, model: AnyLm) -> LmModel {
        LmModel {
            lines: self.parts.lines.clone(),
            model,
            counts: Vec::new(),
            smoothing: String::new(),
            discounts: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Trains a net; its state is kept after each epoch.
    pub(super) fn net(&mut self, rung: &LmRung, running: &mut Running<'_>) -> Result<Fit<LmModel>> {
        let since = Instant::now();
        let words = self.workbench.words(running.watch)?;
        let train = self.workbench.numbered(0, &words)?;
        let valid = self.workbench.numbered(1, &words)?;
        let all: usize = train.iter().map(|line| line.len() + 1).sum();
        let train = if rung.epochs.is_none() { thinned(train, all) } else { train };
        let tokens = train.iter().map(|line| line.len() + 1).sum();
        let params = self.net_params(rung, tokens, train.len())?;
        let (begun, found) = match self.vectors(rung).cloned() {
            Some(file) => {
                let (begun, found) = self.begun(&file, &words, &params, running)?;
                (Some(begun), Some(found))
            }
            None => (None, None),
        };
        let checkpoints = Checkpoints::of(running.stem, &rung.name, &self.plan.head, &params);
        let trained = watched(&checkpoints, params.epochs, running, |resume, observe| {
            params.fit((&train, &valid), words, &self.frequencies, self.pool, resume.or(begun), observe)
        })?;
        let Trained { model, curve, best_epoch, naive, layers } = trained;
        let mut training = vec![
            fact("optimizer", if params.optimizer == Moves::Sgd { "SGD" } else { "AdamW" }),
            fact("schedule", params.schedule.name()),
            fact("precision", params.precision.name()),
            fact("learning-rate", params.learning_rate),
            fact("batch", params.rows),
            fact("epochs", format!("{best_epoch} / {}", curve.len())),
            fact("dropout", params.dropout),
            fact("weight-decay", params.weight_decay),
            fact("clip", params.clip),
            fact(
                "softmax",
                match params.samples {
                    Some(samples) => format!("{}, {samples} samples in training", model.shape().softmax()),
                    None => model.shape().softmax().to_owned(),
                },
            ),
            fact("classes", model.classes().len()),
        ];
        for (key, share) in
            [("recurrent-dropout", params.recurrent_dropout), ("word-dropout", params.word_dropout)]
        {
            if share > 0.0 {
                training.push(fact(key, share));
            }
        }
        training.extend(found.into_iter().flatten());
        if let Some(bears) = params.triggered {
            training.push(fact("average-after", bears));
        }
        if tokens < all {
            training.push(fact("words", format!("{tokens} / {all}")));
        }
        if let Kind::Window(context) = params.kind {
            training.push(fact("context", context));
        } else if params.protocol == Protocol::Stream {
            training.push(fact("window", params.steps));
        }
        if model.classes().len() + 1 < model.vocabulary_len() {
            training.push(fact("rare", model.vocabulary_len() - model.classes().len() - 1));
        }
        Ok(Fit {
            curve: points(&curve),
            verdict: verdict(&curve, best_epoch, Some(naive)),
            layers: layer_rows(layers),
            training,
            ..Fit::plain(self.of_net(model.into()), since.elapsed().as_secs_f64())
        })
    }

    /// A cache of the size that the validation part tells.
    pub(super) fn cache(&mut self, rung: &LmRung, running: &mut Running<'_>) -> Result<Fit<LmModel>> {
        let since = Instant::now();
        let words = self.workbench.words(running.watch)?;
        let sizes = rung.size.clone().unwrap_or_else(|| SIZES.to_vec());
        let mut best: Option<(f64, usize)> = None;
        for &size in &sizes {
            let model = AnyLm::from(CacheLm::of_counts(words.clone(), &self.frequencies, size)?);
            let log10 = self.on_valid(&model, running)?;
            let loss = -log10.iter().map(|&l| f64::from(l)).sum::<f64>();
            if best.is_none_or(|(least, _)| loss < least) {
                best = Some((loss, size));
            }
        }
        let size = best.map_or(SIZES[0], |(_, size)| size);
        let model = CacheLm::of_counts(words, &self.frequencies, size)?;
        Ok(Fit {
            training: vec![fact("size", size)],
            ..Fit::plain(self.of_net(model.into()), since.elapsed().as_secs_f64())
        })
    }

    /// A rung that the same run has left, or one that is fitted now.
    pub(super) fn member(&mut self, name: &str, running: &mut Running<'_>) -> Result<LmModel> {
        // Mixtures lie beside their members.
        let file = std::path::PathBuf::from(file_name(name));
        let beside = file.file_name().map(|file| running.stem.with_file_name(file));
        if let Some(path) = beside.filter(|path| !running.stem.as_os_str().is_empty() && path.exists()) {
            let bundle = Bundle::open(&path)?;
            let (m, head) = (&bundle.manifest, &self.plan.head);
            if m.recipe == head.canonical && m.data == head.data && m.rung == name {
                return bundle.open_as();
            }
        }
        let at = self.rungs.iter().position(|rung| rung.name == name);
        let at = at.ok_or_else(|| Error::defect(format!("no rung is called {name}")))?;
        Ok(self.fit(at, running)?.model)
    }

    /// Mixes rungs before it by the shares that the validation part tells.
    pub(super) fn mix(&mut self, rung: &LmRung, running: &mut Running<'_>) -> Result<Fit<LmModel>> {
        let since = Instant::now();
        let names: Vec<&str> = rung.name.split('+').collect();
        let mut said = Vec::new();
        let (mut counts, mut smoothing) = (Vec::new(), String::new());
        let mut members = Vec::new();
        for name in &names {
            let model = self.member(name, running)?;
            if counts.is_empty() && model.model.as_ngram().is_some() {
                (counts, smoothing) = (model.counts.clone(), model.smoothing.clone());
            }
            said.push(self.on_valid(&model.model, running)?);
            members.push(model.model);
        }
        let shares = AnyLm::shares(&said, ROUNDS);
        let written: Vec<String> =
            names.iter().zip(&shares).map(|(name, share)| format!("{name} {share:.2}")).collect();
        let model = AnyLm::mixed(shares.into_iter().zip(members).collect())?;
        let model = LmModel { counts, smoothing, ..self.of_net(model) };
        Ok(Fit {
            training: vec![fact("shares", written.join(", "))],
            ..Fit::plain(model, since.elapsed().as_secs_f64())
        })
    }

    /// log10 of the probability of each token of the validation part.
    fn on_valid(&self, model: &AnyLm, running: &mut Running<'_>) -> Result<Vec<f32>> {
        let words = gyeol_lm::Words::of(model);
        let lines = self.workbench.numbered(1, &words)?;
        let mut out = Vec::new();
        let mut state = model.start();
        for some in lines.chunks(256) {
            let scored = model.score_by(self.protocol(), some, &mut state, self.pool);
            scored.iter().flatten().for_each(|scored| out.push(scored.log10));
            if !running.watch.step(Step::Counting(gyeol_ngram::Stage::Scoring(out.len() as u64))) {
                return Err(Error::stopped());
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_training_part_is_thinned_all_over_and_a_small_one_kept() {
        let lines = |n: usize| (0..n).map(|i| vec![i as WordId; 3]).collect::<Vec<_>>();
        assert_eq!(thinned(lines(5000), 20_000), lines(5000));
        // Ten times as many words as a net walks over: a tenth of the runs, from the beginning to the end.
        let kept = thinned(lines(20_000), 10 * MOST);
        assert_eq!(kept.len(), 2000);
        assert!(kept[0][0] < 4000 && kept[1999][0] >= 16_000, "{:?}", (kept[0][0], kept[1999][0]));
        assert!(kept.chunks(RUN).all(|run| (run[0][0] as usize).is_multiple_of(RUN)));
        assert_eq!(thinned(lines(10), 100 * MOST).len(), 10);
    }
}
