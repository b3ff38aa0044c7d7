//! Rungs that learn in epochs or rounds: which one is kept is told by the validation part, and a fit with that part too walks
//! as many.

use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_forecast::Progress;
use gyeol_learn::trees::{Answers, TreeLoss, TreesFit, TreesParams};
use gyeol_neural::net::LayerSummary;
use gyeol_neural::{Epoch, Loss};
use gyeol_report::model::{EpochPoint, Fact, LayerRow, Verdict};
use gyeol_supervised::{Head, Learnt, NetParams, Rows, Target};

use super::rungs::Workbench;
use super::settings::{Setting, fact};
use crate::recipe::{ExamplesRung, rung_kind};
use crate::tasks::forecast::verdict::{layer_rows, points, verdict};
use crate::watch::{Step, Watch};

/// What a fit in epochs leaves for the page.
pub(super) struct Inside {
    pub curve: Vec<EpochPoint>,
    pub verdict: Verdict,
    pub layers: Vec<LayerRow>,
    /// Epochs or rounds after which the validation part was best.
    pub kept: Option<usize>,
}

impl Inside {
    pub fn none() -> Inside {
        Inside { curve: Vec::new(), verdict: Verdict::no_curve(), layers: Vec::new(), kept: None }
    }

    fn of(curve: &[Epoch], kept: usize, naive: f64, layers: Vec<LayerSummary>) -> Inside {
        Inside {
            curve: points(curve),
            verdict: verdict(curve, kept, Some(naive)),
            layers: layer_rows(layers),
            kept: Some(kept),
        }
    }
}

/// What is said of a net.
pub(super) fn facts(params: &NetParams, bag: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |key: &str, value: String| facts.push(fact(key, value));
    if bag {
        say("dimension", params.dimension.to_string());
    }
    if !params.hidden.is_empty() {
        say("hidden", params.hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    say("learning-rate", params.learning_rate.to_string());
    say("batch", params.batch.to_string());
    if params.dropout > 0.0 {
        say("dropout", params.dropout.to_string());
    }
    facts
}

/// What is said of trees.
pub(super) fn of_trees(params: &TreesParams) -> Vec<Fact> {
    vec![fact("leaves", params.leaves.to_string()), fact("learning-rate", params.learning_rate.to_string())]
}

/// Examples with what should come out.
type Labelled<'a> = (&'a Rows, &'a Target);

impl Workbench<'_> {
    /// Settings of a net.
    pub fn nets(&self, rung: &ExamplesRung) -> Vec<Setting> {
        let (bag, mlp) = (self.texts(), rung_kind(&rung.name) == "mlp");
        let examples = self.prepared.parts[0].examples.len();
        let hidden: &[usize] = match (mlp, bag) {
            (false, _) => &[],
            (true, true) => &[64],
            (true, false) => &[64, 32],
        };
        // A bag of few texts learns faster, and many terms stand in a few of them alone.
        let (rate, epochs, dropout) = match (bag, examples >= 20_000, mlp) {
            (true, true, _) => (0.04, 5, 0.5),
            (true, false, true) => (0.03, 8, 0.5),
            (true, false, false) => (0.1, 8, 0.5),
            (false, ..) => (3e-3, 200, 0.1),
        };
        let batch = if bag { 64 } else { 32 << (examples / 20_000).min(3) };
        let params = NetParams {
            hidden: rung.hidden.clone().unwrap_or_else(|| hidden.to_vec()),
            dimension: rung.dimension.unwrap_or(if self.prepared.classes.len() == 2 { 16 } else { 32 }),
            min_examples: rung.min_documents.unwrap_or(2).try_into().unwrap_or(u32::MAX),
            dropout: rung.dropout.unwrap_or(dropout),
            epochs: rung.epochs.unwrap_or(if self.quick { epochs.min(20) / 2 } else { epochs }),
            until: None,
            batch: rung.batch.unwrap_or(batch),
            learning_rate: rate,
            weight_decay: 0.01,
            patience: if bag { 2 } else { 15 },
            loss: if self.recipe.score.metric == "mae" { Loss::Mae } else { Loss::Mse },
            seed: self.recipe.seed,
        };
        let rates = rung.learning_rate.clone().unwrap_or_else(|| vec![rate]);
        let of = |learning_rate| NetParams { learning_rate, ..params.clone() };
        rates.into_iter().map(of).map(if bag { Setting::Bag } else { Setting::Net }).collect()
    }

    /// Settings of boosted trees.
    pub fn trees(&self, rung: &ExamplesRung) -> Vec<Setting> {
        let examples = self.prepared.parts[0].examples.len();
        // A round of many classes is a tree for each of them.
        let rounds = match (self.quick, self.prepared.classes.len() > 2) {
            (true, _) => 100,
            (false, true) => 300,
            (false, false) => 1000,
        };
        let params = TreesParams {
            rounds: rung.rounds.unwrap_or(rounds),
            min_rows: rung.min_rows.unwrap_or((examples / 50).clamp(2, 20)),
            l2: 1.0,
            loss: if self.recipe.score.metric == "mae" { TreeLoss::Absolute } else { TreeLoss::Squared },
            patience: 20,
            seed: self.recipe.seed,
            ..TreesParams::default()
        };
        let rates = rung.learning_rate.clone().unwrap_or_else(|| vec![0.1]);
        // A round grows a tree for each class: of many classes one size is tried.
        let leaves =
            rung.leaves.clone().unwrap_or_else(|| match (examples < 2000, self.prepared.classes.len() > 3) {
                (true, true) => vec![16],
                (true, false) => vec![8, 4],
                (false, true) => vec![31],
                (false, false) => vec![31, 15],
            });
        let of =
            |(leaves, learning_rate)| Setting::Trees(TreesParams { leaves, learning_rate, ..params.clone() });
        let rates = &rates;
        leaves.into_iter().flat_map(|leaves| rates.iter().map(move |&rate| (leaves, rate))).map(of).collect()
    }

    /// Fits what is learnt; what learns in epochs is told by the validation part when to stop, or walks `until`.
    pub fn learn(
        &self,
        setting: &Setting,
        train: Labelled<'_>,
        judged: Option<Labelled<'_>>,
        until: Option<usize>,
        watch: &mut dyn Watch,
    ) -> Result<(Head, Vec<Fact>, Inside)> {
        let (classes, pool) = (self.prepared.classes.len(), self.pool);
        match setting {
            Setting::Net(params) => {
                let params = NetParams { until, ..params.clone() };
                let mut seen = watched(watch, until.unwrap_or(params.epochs));
                ended(params.fit_table(train, judged, classes, pool, &mut seen)?, Head::Net)
            }
            Setting::Bag(params) => {
                let params = NetParams { until, ..params.clone() };
                let mut seen = watched(watch, until.unwrap_or(params.epochs));
                ended(params.fit_bag(train, judged, classes, pool, &mut seen)?, Head::Bag)
            }
            Setting::Trees(params) => {
                let params = TreesParams { rounds: until.unwrap_or(params.rounds), ..params.clone() };
                let judged = judged.map(|(rows, target)| known(rows, target, classes));
                let valid = judged.as_ref().map(|(rows, target)| (rows.features(), answers(target, classes)));
                let begun = Instant::now();
                let (mut before, mut curve) = (0.0, Vec::new());
                let rate = params.learning_rate;
                let TreesFit { model, best_round, naive, .. } =
                    params.fit(train.0.features(), answers(train.1, classes), valid, pool, &mut |r| {
                        let now = begun.elapsed().as_secs_f64();
                        let (epoch, train_loss, valid_loss) = (r.round, r.train_loss, r.valid_loss);
                        curve.push(Epoch {
                            epoch,
                            train_loss,
                            valid_loss,
                            learning_rate: rate,
                            seconds: now - before,
                        });
                        before = now;
                        let of = params.rounds;
                        let progress = Progress {
                            member: 1,
                            members: 1,
                            epoch,
                            epochs: of,
                            done: 1,
                            of: 1,
                            loss: train_loss,
                            valid_loss: Some(valid_loss),
                        };
                        watch.step(Step::Training(progress))
                    })?;
                let facts = vec![fact("rounds", best_round.to_string())];
                Ok((Head::Trees(Box::new(model)), facts, Inside::of(&curve, best_round, naive, Vec::new())))
            }
            Setting::Sequence(params) => self.learn_in_order(params, train, judged, until, watch),
            _ => self.head(setting, train).map(|(head, facts)| (head, facts, Inside::none())),
        }
    }
}

fn answers(target: &Target, classes: usize) -> Answers<'_> {
    match target {
        Target::Classes { of, .. } => Answers::Classes(of, classes),
        Target::Values(values) => Answers::Values(values),
    }
}

/// Examples without those of a class that the training part does not have.
fn known(rows: &Rows, target: &Target, classes: usize) -> (Rows, Target) {
    match target {
        Target::Classes { names, of } if of.iter().any(|&k| k as usize >= classes) => {
            let at: Vec<usize> = (0..of.len()).filter(|&i| (of[i] as usize) < classes).collect();
            let of = at.iter().map(|&i| of[i]).collect();
            (rows.select(&at), Target::Classes { names: names.clone(), of })
        }
        _ => (rows.clone(), target.clone()),
    }
}

/// Passes epochs on.
fn watched(watch: &mut dyn Watch, epochs: usize) -> impl FnMut(&Epoch) -> bool {
    move |e| {
        let (loss, valid_loss) = (e.train_loss, Some(e.valid_loss));
        watch.step(Step::Training(Progress {
            member: 1,
            members: 1,
            epoch: e.epoch,
            epochs,
            done: 1,
            of: 1,
            loss,
            valid_loss,
        }))
    }
}

pub(super) fn ended<N>(
    learnt: Learnt<N>,
    head: impl Fn(Box<N>) -> Head,
) -> Result<(Head, Vec<Fact>, Inside)> {
    let Learnt { net, curve, best_epoch, naive, layers } = learnt;
    if curve.is_empty() {
        return Err(Error::defect("a net without an epoch"));
    }
    let facts = vec![fact("epochs", best_epoch.to_string())];
    Ok((head(Box::new(net)), facts, Inside::of(&curve, best_epoch, naive, layers)))
}
