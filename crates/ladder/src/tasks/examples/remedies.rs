//! What is said to help against a gap between training and validation, measured: the chosen rung is fitted again with one
//! thing changed, and both losses are told before and after. The test part is not looked at.
//!
//! A remedy helped, or made things worse, where the whole 95 % interval of the paired difference on validation lies on one
//! side of 0; else the examples cannot tell.

use gyeol_base::{Error, Result};
use gyeol_judge::{Bootstrap, Outcomes};
use gyeol_report::model::{Effect, Fact, Remedy, RemedyRow, SizePoint};
use gyeol_supervised::{Machine, Rows, Target, TextParams};

use super::features::Reading;
use super::judge::{self, Sums};
use super::more;
use super::rungs::{self, Raw, Workbench};
use super::settings::{Choice, Setting, fact};
use crate::watch::{Step, Watch};

/// Draws of the paired differences.
const DRAWS: usize = 1000;
/// Numbers that are not zero, times classes, up to which an L1 penalty is tried on classes: its steps are many.
const MOST_L1: usize = 100_000_000;
/// Fewest terms of texts of which some can be left out.
const TERMS: usize = 40;

/// One thing to change, with what is told of it before and after.
struct Change {
    remedy: Remedy,
    from: Fact,
    to: Fact,
    choice: Choice,
}

/// A fit with its losses.
struct Measured {
    point: SizePoint,
    on_valid: Outcomes<Sums>,
}

/// The remedies of a choice, each with the losses before and after it.
pub(super) fn remedies(
    bench: &mut Workbench<'_>,
    machine: &Machine,
    choice: &Choice,
    watch: &mut dyn Watch,
) -> Result<Vec<RemedyRow>> {
    let fold = (!bench.prepared.folds.is_empty()).then_some(0);
    let made = bench.maker.make(bench.prepared, fold, choice.text.as_ref(), bench.pool, watch)?;
    let (train, valid) = match bench.prepared.folds.first() {
        Some(fold) => (&fold.train.examples.target, &fold.valid.examples.target),
        None => (&bench.prepared.parts[0].examples.target, &bench.prepared.parts[1].examples.target),
    };
    let whole = bench.measure(machine, &choice.setting, (&made.train, train), (&made.valid, valid), watch)?;
    let count = made.train.len();
    let mut rows = Vec::new();
    let half = more::subset(train, count, 0.5, bench.recipe.seed)?;
    if half.len() >= more::FEWEST && more::whole(&more::taken(train, &half), bench.prepared.classes.len()) {
        let (some, target) = (made.train.select(&half), more::taken(train, &half));
        let before =
            bench.measure(machine, &choice.setting, (&some, &target), (&made.valid, valid), watch)?;
        let examples = |n: usize| fact("examples", n.to_string());
        let (from, to) = (examples(half.len()), examples(count));
        rows.push(bench.row(Remedy::MoreData, from, to, &before, &whole));
    }
    for change in bench.changes(choice, &made.train) {
        let after = if change.choice.text == choice.text {
            let judged = (&made.valid, valid);
            bench.measure(machine, &change.choice.setting, (&made.train, train), judged, watch)?
        } else {
            let text = change.choice.text.as_ref();
            let made = bench.maker.make(bench.prepared, fold, text, bench.pool, watch)?;
            let judged = (&made.valid, valid);
            bench.measure(machine, &change.choice.setting, (&made.train, train), judged, watch)?
        };
        rows.push(bench.row(change.remedy, change.from, change.to, &whole, &after));
    }
    rows.retain(|row| [row.before, row.after].iter().all(|p| p.train.is_finite() && p.valid.is_finite()));
    Ok(rows)
}

impl Workbench<'_> {
    /// Fits a setting; what learns in epochs ends by the validation part, margins become probabilities by it.
    fn measure(
        &self,
        like: &Machine,
        setting: &Setting,
        train: (&Rows, &Target),
        valid: (&Rows, &Target),
        watch: &mut dyn Watch,
    ) -> Result<Measured> {
        if !watch.step(Step::Trying(&[&train.0.len().to_string()])) {
            return Err(Error::stopped());
        }
        let (head, ..) = self.learn(setting, train, Some(valid), None, watch)?;
        let machine = Machine {
            rung: like.rung.clone(),
            answer: like.answer.clone(),
            target: like.target.clone(),
            inputs: Default::default(),
            head,
            calibration: None,
            seen: None,
            decision: None,
        };
        let classes = self.prepared.classes.len();
        let on_valid = self.raw(&machine, setting, valid.0)?;
        let calibration = match (&on_valid, valid.1) {
            (Raw::Scores(scores), Target::Classes { of, .. }) => {
                Some(rungs::calibrated(scores, of, classes)?)
            }
            _ => None,
        };
        let on_valid = self.outcomes(&on_valid.calibrated(calibration.as_ref(), classes)?, valid.1)?;
        let own = self.raw(&machine, setting, train.0)?.calibrated(calibration.as_ref(), classes)?;
        let point = SizePoint {
            examples: train.0.len() as u64,
            train: self.value(&own, train.1)?,
            valid: judge::value(&on_valid, self.recipe.metric()),
        };
        Ok(Measured { point, on_valid })
    }

    fn row(&self, remedy: Remedy, from: Fact, to: Fact, before: &Measured, after: &Measured) -> RemedyRow {
        let metric = self.recipe.metric();
        let bootstrap = Bootstrap::new(after.on_valid.units.len(), 1, DRAWS, self.recipe.seed);
        let found = after
            .on_valid
            .metric(metric)
            .map(|metric| bootstrap.difference(&after.on_valid, &before.on_valid, metric));
        let effect = match found {
            Some(found) if found.high < 0.0 => Effect::Helped,
            Some(found) if found.low > 0.0 => Effect::Harmed,
            _ => Effect::Unclear,
        };
        RemedyRow { remedy, from, to, before: before.point, after: after.point, effect }
    }

    /// What can be changed of a choice: a stronger penalty of either kind, less complexity, more dropout.
    fn changes(&self, choice: &Choice, train: &Rows) -> Vec<Change> {
        let mut out = Vec::new();
        let mut add = |remedy: Remedy, key: &str, (from, to): (String, String), setting: Setting| {
            let choice = Choice { text: choice.text.clone(), setting };
            out.push(Change { remedy, from: fact(key, from), to: fact(key, to), choice });
        };
        let pair = |from: f64, to: f64| (short(from), short(to));
        let numbers = match train {
            Rows::Sparse(x) => x.nonzeros(),
            Rows::Sequences(x) => x.units(),
            rows => rows.len() * rows.cols(),
        };
        match &choice.setting {
            Setting::Logistic { c, l1_ratio, balanced } => {
                let of = |c: f64, l1_ratio: f64| Setting::Logistic { c, l1_ratio, balanced: *balanced };
                let stronger = if *l1_ratio < 1.0 { Remedy::L2 } else { Remedy::L1 };
                add(stronger, "c", pair(*c, c / 10.0), of(c / 10.0, *l1_ratio));
                if *l1_ratio < 1.0 && numbers.saturating_mul(self.prepared.classes.len()) <= MOST_L1 {
                    add(Remedy::L1, "l1-ratio", pair(*l1_ratio, 1.0), of(*c, 1.0));
                }
            }
            Setting::Svm { c, balanced } => {
                let weaker = Setting::Svm { c: c / 10.0, balanced: *balanced };
                add(Remedy::L2, "c", pair(*c, c / 10.0), weaker);
            }
            Setting::Nbsvm { c, alpha, balanced } => {
                let weaker = Setting::Nbsvm { c: c / 10.0, alpha: *alpha, balanced: *balanced };
                add(Remedy::L2, "c", pair(*c, c / 10.0), weaker);
            }
            Setting::Bayes { kind, alpha } => {
                let more = Setting::Bayes { kind: *kind, alpha: alpha * 10.0 };
                add(Remedy::Smoothing, "alpha", pair(*alpha, alpha * 10.0), more);
            }
            Setting::Knn { k } => {
                let more = (3 * k).min(train.len());
                if more > *k {
                    let pair = (k.to_string(), more.to_string());
                    add(Remedy::LessComplexity, "neighbours", pair, Setting::Knn { k: more });
                }
            }
            Setting::Linear => {
                let penalty = 1e-2 * train.len() as f64;
                add(Remedy::L2, "penalty", pair(0.0, penalty), Setting::Ridge { penalty });
                let penalty = 1e-2 * self.prepared.spread();
                let lasso = Setting::ElasticNet { penalty, l1_ratio: 1.0 };
                add(Remedy::L1, "penalty", pair(0.0, penalty), lasso);
            }
            Setting::Ridge { penalty } => {
                let more = penalty * 10.0;
                add(Remedy::L2, "penalty", pair(*penalty, more), Setting::Ridge { penalty: more });
            }
            Setting::ElasticNet { penalty, l1_ratio } => {
                let of = |penalty: f64, l1_ratio: f64| Setting::ElasticNet { penalty, l1_ratio };
                let stronger = if *l1_ratio < 1.0 { Remedy::L2 } else { Remedy::L1 };
                add(stronger, "penalty", pair(*penalty, penalty * 10.0), of(penalty * 10.0, *l1_ratio));
                if *l1_ratio < 1.0 {
                    add(Remedy::L1, "l1-ratio", pair(*l1_ratio, 1.0), of(*penalty, 1.0));
                }
            }
            Setting::Net(params) | Setting::Bag(params) => {
                let bag = matches!(choice.setting, Setting::Bag(_));
                let of = if bag { Setting::Bag } else { Setting::Net };
                if !bag {
                    let weight_decay = params.weight_decay * 10.0;
                    let more = gyeol_supervised::NetParams { weight_decay, ..params.clone() };
                    add(Remedy::L2, "weight-decay", pair(params.weight_decay, weight_decay), of(more));
                }
                let halved: Vec<usize> = params.hidden.iter().map(|units| (units / 2).max(1)).collect();
                if halved != params.hidden {
                    let list = |units: &[usize]| {
                        units.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                    };
                    let pair = (list(&params.hidden), list(&halved));
                    let less = gyeol_supervised::NetParams { hidden: halved, ..params.clone() };
                    add(Remedy::LessComplexity, "hidden", pair, of(less));
                } else if bag && params.dimension > 1 {
                    let dimension = params.dimension / 2;
                    let pair = (params.dimension.to_string(), dimension.to_string());
                    let less = gyeol_supervised::NetParams { dimension, ..params.clone() };
                    add(Remedy::LessComplexity, "dimension", pair, of(less));
                }
                let dropout = if params.dropout < 0.5 { 0.5 } else { (1.0 + params.dropout) / 2.0 };
                if dropout <= 0.95 {
                    let more = gyeol_supervised::NetParams { dropout, ..params.clone() };
                    add(Remedy::Dropout, "dropout", pair(params.dropout, dropout), of(more));
                }
            }
            Setting::Trees(params) => {
                let l2 = 10.0 * params.l2.max(0.1);
                let more = gyeol_learn::trees::TreesParams { l2, ..params.clone() };
                add(Remedy::L2, "penalty", pair(params.l2, l2), Setting::Trees(more));
                let leaves = (params.leaves / 2).max(2);
                if leaves < params.leaves {
                    let less = gyeol_learn::trees::TreesParams { leaves, ..params.clone() };
                    let pair = (params.leaves.to_string(), leaves.to_string());
                    add(Remedy::LessComplexity, "leaves", pair, Setting::Trees(less));
                }
            }
            Setting::Sequence(params) => {
                let units = (params.units / 2).max(1);
                let less = gyeol_supervised::SequenceParams { units, ..params.clone() };
                let halves = (params.units.to_string(), units.to_string());
                add(Remedy::LessComplexity, "units", halves, Setting::Sequence(less));
                let dropout = if params.dropout < 0.5 { 0.5 } else { (1.0 + params.dropout) / 2.0 };
                if dropout <= 0.95 {
                    let more = gyeol_supervised::SequenceParams { dropout, ..params.clone() };
                    add(Remedy::Dropout, "dropout", pair(params.dropout, dropout), Setting::Sequence(more));
                }
            }
            Setting::Constant | Setting::Gaussian | Setting::Perceptron { .. } => {}
        }
        out.extend(fewer_terms(choice, train.cols()));
        out
    }
}

/// A quarter of the terms, the most frequent ones; none where they are hashed, too few, or a net of embeddings reads them,
/// which has a width of its own.
fn fewer_terms(choice: &Choice, columns: usize) -> Option<Change> {
    let Some(Reading::Terms(text)) = &choice.text else { return None };
    let terms = text.terms.to_string();
    if terms.contains('@') || columns < TERMS || matches!(choice.setting, Setting::Bag(_)) {
        return None;
    }
    // Each kind of term beside others has a bound of its own.
    let kinds = terms.split('+').count();
    let most = (columns / kinds / 4).max(1);
    Some(Change {
        remedy: Remedy::LessComplexity,
        from: fact("terms", columns.to_string()),
        to: fact("terms", format!("≤ {}", most * kinds)),
        choice: Choice {
            text: Some(Reading::Terms(TextParams { max_terms: Some(most), ..text.clone() })),
            setting: choice.setting.clone(),
        },
    })
}

/// A number with three figures.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        size => (2 - size.log10().floor() as i32).clamp(0, 12) as usize,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_are_written_with_three_figures() {
        let numbers = [0.0, 0.1, 1.0, 123.456, 0.001234, 10.0, 2.5, 1e5].map(short);
        assert_eq!(numbers, ["0", "0.1", "1", "123", "0.00123", "10", "2.5", "100000"]);
    }
}
