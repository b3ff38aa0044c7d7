//! Rungs that read a text unit by unit: recurrent nets, which know what comes after what.

use gyeol_base::{Fault, Result};
use gyeol_forecast::Progress;
use gyeol_neural::net::Reads;
use gyeol_neural::{Cell, Fit, Loss};
use gyeol_report::model::Fact;
use gyeol_supervised::{
    Head, LogOddsParams, MOST_UNITS, Rows, SequenceParams, Target, TextParams, Unit, UnitsParams, Weighing,
};

use super::features::Reading;
use super::nets::{Inside, ended};
use super::prepare::Prepared;
use super::rungs::Workbench;
use super::settings::{Setting, default_terms, fact};
use crate::recipe::{ExamplesRung, rung_kind};
use crate::tasks::vectors::{self, Coverage};
use crate::watch::{Step, Watch};

/// Fewest training texts from which one belongs to the ladder that nobody wrote down.
const FEWEST: usize = 5000;
/// Most units, and so many walks over them, that such a one is given time for: some minutes on two cores.
const MOST_WALKED: usize = 40_000_000;
/// Units that epochs are shared out of where the recipe says no number.
const SHARED: usize = 24_000_000;
/// Walks up to which the losses by size and the remedies are measured of one, each a fit of its own.
const MEASURED: usize = 5_000_000;
/// Most units with a number.
const MOST: usize = 50_000;
/// Highest learning rate where the recipe says none.
const RATE: f64 = 0.01;

/// Of the log-odds of n-grams beside a net: inverse of the penalty, and folds of the training texts.
const ODDS_C: f64 = 0.3;
const ODDS_FOLDS: usize = 5;

/// The ways to read the steps, by name.
const POOLINGS: [(&str, Reads); 5] = [
    ("last", Reads::Last),
    ("mean", Reads::Mean),
    ("max", Reads::Max),
    ("mean-max", Reads::MeanMax),
    ("attention", Reads::Attention),
];

/// Whether rungs of this kind read texts in their order.
pub(super) fn ordered(kind: &str) -> bool {
    matches!(kind, "rnn" | "gru" | "lstm" | "slstm" | "mingru" | "bilstm")
}

/// About how many units the training texts have.
fn units_of(prepared: &Prepared, unit: Unit, longest: usize) -> usize {
    let examples = &prepared.parts[0].examples;
    let letters = |text: &String| text.chars().take(8 * longest).count();
    let of = |text: &String| match unit {
        Unit::Word | Unit::CharWithinWords => letters(text) / if prepared.korean() { 2 } else { 5 } + 1,
        Unit::Char => letters(text),
        Unit::Jamo => letters(text) * if prepared.korean() { 2 } else { 1 },
    };
    examples.texts.iter().flatten().map(|text| of(text).min(longest)).sum()
}

/// Whether the ladder that nobody wrote down has one: of many texts, and not of so many that it would take long.
pub(super) fn belongs(prepared: &Prepared) -> bool {
    let unit = if prepared.korean() { Unit::Char } else { Unit::Word };
    prepared.chain.is_some()
        && prepared.parts[0].examples.len() >= FEWEST
        && 3 * units_of(prepared, unit, longest_of(unit)) <= MOST_WALKED
}

/// Units of a text that are kept where the recipe says no number.
fn longest_of(unit: Unit) -> usize {
    if unit == Unit::Jamo { 512 } else { 256 }
}

/// What is said of one.
pub(super) fn facts(params: &SequenceParams) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |key: &str, value: String| facts.push(fact(key, value));
    say("embedding", params.embedding.to_string());
    say("units", params.units.to_string());
    if params.layers > 1 {
        say("layers", params.layers.to_string());
    }
    let pooling = POOLINGS.iter().find(|(_, reads)| *reads == params.pooling).map_or("", |(name, _)| name);
    say("pooling", pooling.to_owned());
    say("learning-rate", params.learning_rate.to_string());
    say("batch", params.batch.to_string());
    if params.dropout > 0.0 {
        say("dropout", params.dropout.to_string());
    }
    if params.pretrain > 0 {
        say("pretrain", params.pretrain.to_string());
    }
    if params.word_dropout > 0.0 {
        say("word-dropout", params.word_dropout.to_string());
    }
    facts
}

impl Workbench<'_> {
    /// Units and settings of a rung that reads texts in their order.
    ///
    /// # Errors
    /// Columns where texts are needed.
    pub fn sequences(&self, rung: &ExamplesRung) -> Result<(Vec<Option<Reading>>, Vec<Setting>)> {
        let kind = rung_kind(&rung.name);
        if !self.texts() {
            return Err(Fault::new(
                "no-texts",
                format!("the rung '{}' reads texts, and there are columns alone", rung.name),
            )
            .next("leave it out, or name the column of texts as data.column")
            .option());
        }
        let units: Vec<Unit> = match &rung.unit {
            Some(given) => given.iter().map(|unit| unit.parse()).collect::<Result<_>>()?,
            None if self.prepared.korean() => vec![Unit::Char],
            None => vec![Unit::Word],
        };
        let file =
            vectors::of(&self.prepared.vectors, rung.vectors.as_deref(), rung.vectors_format.as_deref());
        let reading = |unit: Unit| UnitsParams {
            unit,
            min_count: rung.min_count.unwrap_or(2),
            most: Some(rung.max_terms.unwrap_or(MOST)),
            longest: rung.longest.unwrap_or(longest_of(unit)).min(MOST_UNITS),
            vectors: file.map(|file| (file.path.clone(), file.form)),
        };
        let odds = match rung.log_odds {
            Some(true) => Some(LogOddsParams {
                terms: TextParams {
                    terms: default_terms("nbsvm", self.prepared.korean())[0].parse()?,
                    weighing: Weighing::Presence,
                    min_documents: self.fewest_documents(),
                    max_terms: None,
                },
                c: ODDS_C,
                folds: ODDS_FOLDS,
                seed: self.recipe.seed,
            }),
            _ => None,
        };
        let first = reading(units[0]);
        let walked = units_of(self.prepared, first.unit, first.longest).max(1);
        let epochs = (SHARED / walked).clamp(3, 15);
        let bidirectional = kind == "bilstm";
        let named = rung.pooling.as_deref().unwrap_or("mean-max");
        let params = SequenceParams {
            cell: if bidirectional { Cell::Lstm } else { kind.parse()? },
            bidirectional,
            units: rung.units.unwrap_or(if bidirectional { 64 } else { 96 }),
            layers: rung.layers.unwrap_or(1),
            embedding: file.map(|file| file.dimension).or(rung.embedding).unwrap_or(64),
            pooling: POOLINGS
                .iter()
                .find(|(name, _)| *name == named)
                .map_or(Reads::MeanMax, |(_, reads)| *reads),
            dropout: rung.dropout.unwrap_or(0.2),
            word_dropout: rung.word_dropout.unwrap_or(0.02),
            pretrain: rung.pretrain.unwrap_or(0),
            epochs: rung.epochs.unwrap_or(if self.quick { epochs.div_ceil(3) } else { epochs }),
            until: None,
            batch: rung.batch.unwrap_or(64),
            learning_rate: RATE,
            weight_decay: 0.01,
            patience: 2,
            loss: if self.recipe.score.metric == "mae" { Loss::Mae } else { Loss::Mse },
            seed: self.recipe.seed,
        };
        let rates = rung.learning_rate.clone().unwrap_or_else(|| vec![RATE]);
        let of = |learning_rate| Setting::Sequence(SequenceParams { learning_rate, ..params.clone() });
        let readings = units.into_iter().map(|unit| Some(Reading::Units(reading(unit), odds.clone())));
        Ok((readings.collect(), rates.into_iter().map(of).collect()))
    }

    /// Fits one, and tells of each step.
    pub fn learn_in_order(
        &self,
        params: &SequenceParams,
        train: (&Rows, &Target),
        judged: Option<(&Rows, &Target)>,
        until: Option<usize>,
        watch: &mut dyn Watch,
    ) -> Result<(Head, Vec<Fact>, Inside)> {
        let params = SequenceParams { until, ..params.clone() };
        let (epochs, mut valid_loss) = (until.unwrap_or(params.epochs), None);
        let judges = judged.is_some();
        let learnt = params.fit(train, judged, self.prepared.classes.len(), self.pool, &mut |step| {
            let progress = |epoch, done, of, loss, valid_loss| Progress {
                member: 1,
                members: 1,
                epoch,
                epochs,
                done,
                of,
                loss,
                valid_loss,
            };
            match step {
                Fit::Iteration { epoch, done, of, loss, .. } => {
                    watch.step(Step::Training(progress(epoch, done, of, loss, valid_loss)))
                }
                Fit::Epoch(state) => state.curve.last().is_none_or(|e| {
                    valid_loss = judges.then_some(e.valid_loss);
                    watch.step(Step::Training(progress(e.epoch, 1, 1, e.train_loss, valid_loss)))
                }),
            }
        })?;
        let (head, mut facts, inside) = ended(learnt, Head::Sequence)?;
        if let Rows::Sequences(texts) = train.0 {
            facts.push(fact("vocabulary", texts.vocabulary().to_string()));
            if let Some(begins) = texts.begins() {
                facts.extend(Coverage::of(begins).facts(&begins.path, params.embedding));
            }
            if texts.cut() > 0 {
                facts.push(fact("cut-texts", format!("{} / {}", texts.cut(), texts.len())));
            }
        }
        Ok((head, facts, inside))
    }
}

/// Whether fits of a setting are too long, or not free enough of other texts, for one of each size and each remedy.
pub(super) fn too_long(setting: &Setting, rows: &Rows) -> bool {
    match (setting, rows) {
        (Setting::Sequence(params), Rows::Sequences(texts)) => {
            // Log-odds beside were fitted on the labels of all texts, and say nothing of fewer.
            texts.width() > 0 || params.epochs.saturating_mul(texts.units()) > MEASURED
        }
        _ => false,
    }
}
