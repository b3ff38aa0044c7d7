//! How each rung of examples is fitted, and its settings chosen.

use std::collections::HashMap;
use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_judge::{Calibration, Calibrator, Outcomes, threshold_for};
use gyeol_learn::bayes::{BayesParams, GaussianBayes};
use gyeol_learn::regression::{ElasticNet, LeastSquares, ridge};
use gyeol_learn::{
    ClassWeight, ClassifierFit, Link, LogisticParams, NbsvmParams, PerceptronParams, SvmParams,
};
use gyeol_report::model::{Fact, Tried};
use gyeol_supervised::{Answer, Decision, Head, Kept, Machine, Nearest, Rows, Said, Target};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;

use super::features::{Made, Maker};
use super::judge;
use super::more;
use super::nets::Inside;
use super::prepare::Prepared;
use super::search::{self, Found};
use super::settings::{Choice, Setting, fact};
use crate::recipe::{ExamplesRecipe, ExamplesRung};
use crate::watch::{Step, Watch};

/// Examples that nearest neighbours keep at most.
const KEPT: usize = 20_000;

/// What a machine says before it is calibrated.
pub(super) enum Raw {
    Scores(Dense),
    Said(Said),
}

impl Raw {
    pub fn calibrated(self, by: Option<&Calibrator>, classes: usize) -> Result<Said> {
        Ok(match (self, by) {
            (Raw::Scores(scores), Some(by)) => {
                Said::Classes(Dense::new(scores.rows(), classes, by.apply(scores.data())?)?)
            }
            (Raw::Scores(_), None) => return Err(Error::defect("scores without a calibration")),
            (Raw::Said(said), _) => said,
        })
    }
}

/// A choice that was fitted, with what it said of the validation part.
pub(super) struct Fit {
    pub choice: Choice,
    pub value: f64,
    /// The same on the training part, where that is cheap to ask.
    pub train: Option<f64>,
    machine: Machine,
    facts: Vec<Fact>,
    said: Said,
    inside: Inside,
}

/// A rung that was fitted, with what was tried on the way.
pub(super) struct Fitted {
    pub machine: Machine,
    pub tried: Vec<Tried>,
    pub facts: Vec<Fact>,
    pub inside: Inside,
    pub seconds: f64,
}

/// Fits rungs.
pub(super) struct Workbench<'a> {
    pub recipe: &'a ExamplesRecipe,
    pub prepared: &'a Prepared,
    pub pool: &'a Pool,
    pub quick: bool,
    pub maker: Maker,
    /// What the chosen machines said of the validation part before they were fitted once more with it.
    pub on_valid: HashMap<String, Said>,
    /// What each rung was fitted with in the end, and the epochs or rounds that were kept.
    pub chosen: HashMap<String, (Choice, Option<usize>)>,
    /// Every rung as it was fitted in the end.
    pub machines: HashMap<String, Machine>,
}

impl Workbench<'_> {
    /// Whether texts go in.
    pub fn texts(&self) -> bool {
        self.prepared.chain.is_some()
    }

    /// The best of a rung's choices by the validation part, fitted once more with it where the recipe says so.
    pub fn fit(&mut self, rung: &ExamplesRung, watch: &mut dyn Watch) -> Result<Fitted> {
        let begun = Instant::now();
        let Found { best, tried: said } = self.search(rung, watch)?;
        let Fit { choice, mut machine, facts: mut more, said: on_valid, inside, .. } = best;
        machine.decision = self.decision(&on_valid, &self.prepared.parts[1].examples.target)?;
        self.on_valid.insert(rung.name.clone(), on_valid);
        self.chosen.insert(rung.name.clone(), (choice.clone(), inside.kept));
        let (folds, parts) = (!self.prepared.folds.is_empty(), &self.prepared.parts);
        if folds && choice.setting == Setting::Constant {
            (machine.head, more) = self.head(&choice.setting, (&Rows::None(0), &parts[0].examples.target))?;
        } else if folds {
            let made = self.maker.make(self.prepared, None, choice.text.as_ref(), self.pool, watch)?;
            machine.inputs = made.inputs.clone();
            let learnt = (&made.train, &parts[0].examples.target);
            (machine.head, more, _) = self.learn(&choice.setting, learnt, None, inside.kept, watch)?;
        } else if self.recipe.split.refit && choice.setting != Setting::Constant {
            let made = self.maker.make(self.prepared, None, choice.text.as_ref(), self.pool, watch)?;
            let (rows, target) = together(&made, &parts[1].examples.target, self.prepared)?;
            (machine.head, more, _) =
                self.learn(&choice.setting, (&rows, &target), None, inside.kept, watch)?;
        }
        self.machines.insert(rung.name.clone(), machine.clone());
        let mut facts = choice.facts();
        facts.extend(more);
        Ok(Fitted { machine, tried: said, facts, inside, seconds: begun.elapsed().as_secs_f64() })
    }

    /// Fits a choice on the training part, or so many examples of it, and judges it on the validation part, or fold by fold.
    pub fn try_out(
        &mut self,
        rung: &ExamplesRung,
        choice: Choice,
        examples: Option<usize>,
        watch: &mut dyn Watch,
    ) -> Result<Fit> {
        let words = choice.facts().into_iter().map(|fact| fact.value).chain(examples.map(|n| n.to_string()));
        let words: Vec<String> = words.collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let subs: Vec<Option<usize>> = match self.prepared.folds.len() {
            0 => vec![None],
            folds => (0..folds).map(Some).collect(),
        };
        let whole = &self.prepared.parts;
        let mut said: Vec<(Option<usize>, Raw)> = Vec::new();
        let mut trained = Vec::new();
        let mut kept = Vec::new();
        let mut last = None;
        for sub in subs {
            if !watch.step(Step::Trying(&words)) {
                return Err(Error::stopped());
            }
            let (train, valid) = match sub.map(|k| &self.prepared.folds[k]) {
                Some(fold) => (&fold.train.examples, &fold.valid.examples),
                None => (&whole[0].examples, &whole[1].examples),
            };
            let made = match choice.setting {
                Setting::Constant => None,
                _ => Some(self.maker.make(self.prepared, sub, choice.text.as_ref(), self.pool, watch)?),
            };
            let none = Rows::None(train.len());
            let all = (made.as_deref().map_or(&none, |made| &made.train), &train.target);
            let few = match examples.filter(|&n| n < train.len()) {
                Some(n) => {
                    let at = search::drawn(all.1, train.len(), n, self.recipe.seed)?;
                    Some((all.0.select(&at), more::taken(all.1, &at)))
                }
                None => None,
            };
            let learnt = few.as_ref().map_or(all, |(rows, target)| (rows, target));
            let judged = made.as_deref().map(|made| (&made.valid, &valid.target));
            let (head, facts, inside) = self.learn(&choice.setting, learnt, judged, None, watch)?;
            kept.extend(inside.kept);
            let machine = Machine {
                rung: rung.name.clone(),
                answer: match train.target {
                    Target::Classes { .. } => Answer::Class(self.prepared.classes.clone()),
                    Target::Values(_) => Answer::Value,
                },
                target: train.target_name.clone(),
                inputs: made.as_ref().map(|made| made.inputs.clone()).unwrap_or_default(),
                head,
                calibration: None,
                seen: None,
                decision: None,
            };
            let none = Rows::None(valid.len());
            let raw = self.raw(&machine, &choice.setting, made.as_ref().map_or(&none, |made| &made.valid))?;
            // Neighbours know their own rows: what they say of them says nothing.
            if made.is_some() && !matches!(machine.head, Head::Nearest(_)) {
                let own = self.raw(&machine, &choice.setting, learnt.0)?;
                trained.push((own, learnt.1.clone()));
            }
            said.push((sub, raw));
            last = Some((machine, facts, inside));
        }
        let (mut machine, facts, mut inside) = last.ok_or_else(|| Error::defect("no part to fit on"))?;
        // Folds end at different epochs: the middle one is as good a guess as any.
        kept.sort_unstable();
        inside.kept = kept.get(kept.len() / 2).copied();
        let valid = &whole[1].examples.target;
        let said = self.in_order(said)?;
        if let (Raw::Scores(scores), Target::Classes { of, .. }) = (&said, valid) {
            machine.calibration = Some(calibrated(scores, of, self.prepared.classes.len())?);
        }
        let said = said.calibrated(machine.calibration.as_ref(), self.prepared.classes.len())?;
        let value = self.value(&said, valid)?;
        let mut train = (!trained.is_empty()).then_some(0.0);
        let folds = trained.len() as f64;
        for (raw, target) in trained {
            let own = raw.calibrated(machine.calibration.as_ref(), self.prepared.classes.len())?;
            train = train.map(|sum| sum + self.value(&own, &target).unwrap_or(f64::NAN) / folds);
        }
        Ok(Fit { choice, value, train, machine, facts, said, inside })
    }

    /// What a machine says of rows before margins, or scores that are too sure, become probabilities.
    pub fn raw(&self, machine: &Machine, setting: &Setting, rows: &Rows) -> Result<Raw> {
        Ok(match (&machine.head, setting) {
            (Head::Unit(model), _) => Raw::Scores(model.decision(rows.features(), self.pool)?),
            (Head::Classes(model), _) if model.link == Link::None => {
                Raw::Scores(model.decision(rows.features(), self.pool)?)
            }
            // Words are not independent, so that naive Bayes is far too sure of long texts.
            (Head::Classes(model), Setting::Bayes { .. }) => {
                Raw::Scores(model.decision(rows.features(), self.pool)?)
            }
            _ => Raw::Said(machine.of_rows(rows, self.pool)?),
        })
    }

    /// What was said fold by fold, in the order of the examples.
    fn in_order(&self, mut said: Vec<(Option<usize>, Raw)>) -> Result<Raw> {
        if let [(None, _)] = &said[..] {
            return said.pop().map(|(_, raw)| raw).ok_or_else(|| Error::defect("nothing was said"));
        }
        let count = self.prepared.parts[1].examples.len();
        let places = |k: Option<usize>| k.map_or(&[][..], |k| &self.prepared.folds[k].at);
        let table = |parts: Vec<(&[usize], &Dense)>| -> Result<Dense> {
            let mut all = Dense::zeros(count, parts.first().map_or(0, |(_, part)| part.cols()))?;
            for (at, part) in parts {
                at.iter()
                    .enumerate()
                    .for_each(|(row, &place)| all.row_mut(place).copy_from_slice(part.row(row)));
            }
            Ok(all)
        };
        let (mut scores, mut shares, mut values) = (Vec::new(), Vec::new(), vec![0.0; count]);
        for (k, raw) in &said {
            match raw {
                Raw::Scores(part) => scores.push((places(*k), part)),
                Raw::Said(Said::Classes(part)) => shares.push((places(*k), part)),
                Raw::Said(Said::Values(part)) => {
                    places(*k).iter().zip(part).for_each(|(&at, v)| values[at] = *v)
                }
            }
        }
        Ok(match (scores.is_empty(), shares.is_empty()) {
            (false, _) => Raw::Scores(table(scores)?),
            (_, false) => Raw::Said(Said::Classes(table(shares)?)),
            _ => Raw::Said(Said::Values(values)),
        })
    }

    /// Example by example what answers are worth; where costs order the rungs, by the threshold that is best for them.
    pub fn outcomes(&self, said: &Said, target: &Target) -> Result<Outcomes<judge::Sums>> {
        match (said, target) {
            (Said::Classes(_), Target::Classes { of, .. }) => {
                let rule = match self.recipe.score.metric.as_str() {
                    "cost" => self.decision(said, target)?,
                    _ => None,
                };
                Ok(judge::classes(said, of, rule.as_ref()))
            }
            (Said::Values(_), Target::Values(truth)) => {
                Ok(judge::values(said, truth, self.prepared.centre()))
            }
            _ => Err(Error::defect("a machine that answers something else")),
        }
    }

    /// The ordering metric of answers.
    pub fn value(&self, said: &Said, target: &Target) -> Result<f64> {
        Ok(judge::value(&self.outcomes(said, target)?, self.recipe.metric()))
    }

    /// From which probability on the second of two classes is said, where mistakes have costs: the least cost on these
    /// answers, whose labels are of classes that the training part has.
    pub fn decision(&self, said: &Said, target: &Target) -> Result<Option<Decision>> {
        let (Some(costs), Said::Classes(p), Target::Classes { of, .. }) = (self.prepared.costs, said, target)
        else {
            return Ok(None);
        };
        let known: Vec<usize> = (0..of.len()).filter(|&i| of[i] < 2).collect();
        let scores: Vec<f64> = known.iter().map(|&i| p.at(i, 1)).collect();
        let positive: Vec<bool> = known.iter().map(|&i| of[i] == 1).collect();
        let found = threshold_for(&scores, &positive, costs[0], costs[1], None)?;
        Ok(Some(Decision { threshold: found.threshold, costs }))
    }

    /// Fits what is learnt.
    pub fn head(&self, setting: &Setting, (made, target): (&Rows, &Target)) -> Result<(Head, Vec<Fact>)> {
        let classes = self.prepared.classes.len();
        match (setting, target) {
            (Setting::Constant, Target::Classes { of, .. }) => {
                let mut shares = vec![0.0; classes];
                of.iter().for_each(|&class| shares[class as usize] += 1.0 / of.len() as f64);
                Ok((Head::Constant(shares), Vec::new()))
            }
            (Setting::Constant, Target::Values(values)) => {
                Ok((Head::Constant(vec![values.iter().sum::<f64>() / values.len() as f64]), Vec::new()))
            }
            (Setting::Logistic { c, l1_ratio, balanced }, Target::Classes { of, .. }) => {
                let class_weight = class_weight(*balanced);
                let params =
                    LogisticParams { c: *c, l1_ratio: *l1_ratio, class_weight, ..LogisticParams::default() };
                let fit = params.fit(made.features(), of, classes, None, None, self.pool)?;
                let facts = of_fit(&fit);
                Ok((Head::Classes(fit.model), facts))
            }
            (Setting::Svm { c, balanced }, Target::Classes { of, .. }) => {
                let class_weight = class_weight(*balanced);
                // Rounds over a great many rows cost much and change little.
                let (tolerance, max_iterations) = if made.len() < 50_000 { (1e-3, 1000) } else { (1e-2, 30) };
                let seed = self.recipe.seed;
                let params = SvmParams {
                    c: *c,
                    class_weight,
                    seed,
                    tolerance,
                    max_iterations,
                    ..SvmParams::default()
                };
                let fit = params.fit(made.features(), of, classes, None, self.pool)?;
                let facts = of_fit(&fit);
                Ok((Head::Classes(fit.model), facts))
            }
            (Setting::Nbsvm { c, alpha, balanced }, Target::Classes { of, .. }) => {
                let class_weight = class_weight(*balanced);
                let seed = self.recipe.seed;
                let params =
                    NbsvmParams { c: *c, alpha: *alpha, class_weight, seed, ..NbsvmParams::default() };
                let (model, fit) = params.fit_unit(made.features(), of, classes, None, self.pool)?;
                Ok((Head::Unit(model), of_fit(&fit)))
            }
            (Setting::Bayes { kind, alpha }, Target::Classes { of, .. }) => {
                let params = BayesParams { kind: *kind, alpha: *alpha, ..BayesParams::default() };
                Ok((Head::Classes(params.fit(made.features(), of, classes, None)?), Vec::new()))
            }
            (Setting::Gaussian, Target::Classes { of, .. }) => {
                let dense = gyeol_supervised::dense(made)?;
                Ok((Head::Gaussian(GaussianBayes::fit(&dense, of, classes, None, 1e-9)?), Vec::new()))
            }
            (Setting::Knn { k }, target) => {
                // Every one is compared with whatever is asked, so that a great many are drawn from.
                let all = made.len();
                let at = match all > KEPT {
                    true => more::subset(target, all, KEPT as f64 / all as f64, self.recipe.seed)?,
                    false => (0..all).collect(),
                };
                let kept = match more::taken(target, &at) {
                    Target::Classes { of, .. } => Kept::Classes(of, classes),
                    Target::Values(values) => Kept::Values(values),
                };
                let rows = if at.len() < all { made.select(&at) } else { made.clone() };
                let facts = vec![fact("kept-examples", format!("{} / {all}", at.len()))];
                Ok((Head::Nearest(Nearest::new(rows, kept, (*k).min(at.len()))), facts))
            }
            (Setting::Perceptron { epochs }, Target::Classes { of, .. }) => {
                let params = PerceptronParams {
                    averaged: true,
                    epochs: *epochs,
                    seed: Some(self.recipe.seed),
                    ..PerceptronParams::default()
                };
                let fit = params.fit(made.features(), of, classes)?;
                let facts = vec![
                    fact(
                        "mistakes",
                        fit.mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                    ),
                    fact("separated", if fit.separated { "yes" } else { "no" }.into()),
                ];
                Ok((Head::Classes(fit.model), facts))
            }
            (Setting::Linear, Target::Values(y)) => {
                let x = gyeol_supervised::dense(made)?;
                let fit = LeastSquares::fit(&x, y, true, self.pool)?;
                let facts = vec![fact("rank", format!("{} / {}", fit.rank, x.cols()))];
                Ok((Head::Values(fit.model), facts))
            }
            (Setting::Ridge { penalty }, Target::Values(y)) => {
                Ok((Head::Values(ridge(made.features(), y, *penalty, true, self.pool)?), Vec::new()))
            }
            (Setting::ElasticNet { penalty, l1_ratio }, Target::Values(y)) => {
                let params = ElasticNet { alpha: *penalty, l1_ratio: *l1_ratio, ..ElasticNet::default() };
                let point = params.fit(made.features(), y, None, self.pool)?;
                let kept = point.model.weights.iter().filter(|w| **w != 0.0).count();
                let mut facts = vec![fact("kept", format!("{kept} / {}", point.model.weights.len()))];
                if !point.converged {
                    facts.push(fact("converged", "no".into()));
                }
                Ok((Head::Values(point.model), facts))
            }
            _ => Err(Error::defect("a rung of another task")),
        }
    }
}

fn class_weight(balanced: bool) -> ClassWeight {
    if balanced { ClassWeight::Balanced } else { ClassWeight::None }
}

/// Training and validation part one below the other; validation examples of a class that the training part does not have
/// are left out.
pub(super) fn together(made: &Made, valid: &Target, prepared: &Prepared) -> Result<(Rows, Target)> {
    Ok(match (&prepared.parts[0].examples.target, valid) {
        (Target::Classes { names, of }, Target::Classes { of: more, .. }) => {
            let known: Vec<usize> =
                (0..more.len()).filter(|&i| (more[i] as usize) < prepared.classes.len()).collect();
            let below =
                if known.len() == more.len() { made.valid.clone() } else { made.valid.select(&known) };
            let of = of.iter().copied().chain(known.iter().map(|&i| more[i])).collect();
            (made.train.below(&below)?, Target::Classes { names: names.clone(), of })
        }
        (Target::Values(values), Target::Values(more)) => {
            (made.train.below(&made.valid)?, Target::Values(values.iter().chain(more).copied().collect()))
        }
        _ => return Err(Error::defect("parts with different targets")),
    })
}

/// How far a fit came.
fn of_fit(fit: &ClassifierFit) -> Vec<Fact> {
    let mut facts = vec![fact("iterations", fit.iterations.to_string())];
    if !fit.converged {
        facts.push(fact("converged", "no".into()));
    }
    facts
}

/// From margins to probabilities: a sigmoid for two classes, a temperature for more, on the validation part. A label that the
/// training part does not have says nothing of margins.
pub(super) fn calibrated(scores: &Dense, labels: &[u32], classes: usize) -> Result<Calibrator> {
    let known: Vec<usize> = (0..labels.len()).filter(|&i| (labels[i] as usize) < classes).collect();
    let of: Vec<u32> = known.iter().map(|&i| labels[i]).collect();
    let scores: Vec<f64> = known.iter().flat_map(|&i| scores.row(i).iter().copied()).collect();
    let how = if classes == 2 { Calibration::Sigmoid } else { Calibration::Temperature };
    Calibrator::fit(how, &scores, &of, classes, None)
}
