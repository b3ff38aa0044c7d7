//! What each rung of examples may be told, and what it tries where the recipe says nothing.

use gyeol_base::{Error, Result};
use gyeol_learn::bayes;
use gyeol_learn::trees::TreesParams;
use gyeol_report::model::Fact;
use gyeol_supervised::{NetParams, SequenceParams, Terms, TextParams, Weighing};

use super::features::Reading;
use super::ordered;
use super::rungs::Workbench;
use crate::recipe::{ExamplesRung, rung_kind};

/// What a fit is told beside the features.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    Constant,
    Logistic { c: f64, l1_ratio: f64, balanced: bool },
    Svm { c: f64, balanced: bool },
    Nbsvm { c: f64, alpha: f64, balanced: bool },
    Bayes { kind: bayes::Kind, alpha: f64 },
    Gaussian,
    Knn { k: usize },
    Perceptron { epochs: usize },
    Linear,
    Ridge { penalty: f64 },
    ElasticNet { penalty: f64, l1_ratio: f64 },
    Net(NetParams),
    Bag(NetParams),
    Sequence(SequenceParams),
    Trees(TreesParams),
}

/// A choice: features and setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub text: Option<Reading>,
    pub setting: Setting,
}

pub(super) fn fact(key: &str, value: String) -> Fact {
    Fact { key: key.into(), value }
}

fn weighted(facts: &mut Vec<Fact>, balanced: bool) {
    if balanced {
        facts.push(fact("class-weight", "balanced".into()));
    }
}

impl Choice {
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        match &self.text {
            Some(Reading::Terms(text)) => {
                facts.push(fact("features", format!("{} {}", text.terms, text.weighing)));
            }
            Some(Reading::Units(units, odds)) => {
                facts.push(fact("unit", units.to_string()));
                facts.extend(odds.as_ref().map(|odds| {
                    fact("log-odds", format!("{}, C = {}, {} folds", odds.terms.terms, odds.c, odds.folds))
                }));
            }
            None => {}
        }
        match &self.setting {
            Setting::Constant => facts.clear(),
            Setting::Logistic { c, l1_ratio, balanced } => {
                facts.push(fact("c", c.to_string()));
                if *l1_ratio > 0.0 {
                    facts.push(fact("l1-ratio", l1_ratio.to_string()));
                }
                weighted(&mut facts, *balanced);
            }
            Setting::Svm { c, balanced } => {
                facts.push(fact("c", c.to_string()));
                weighted(&mut facts, *balanced);
            }
            Setting::Nbsvm { c, alpha, balanced } => {
                facts.push(fact("c", c.to_string()));
                facts.push(fact("alpha", alpha.to_string()));
                weighted(&mut facts, *balanced);
            }
            Setting::Bayes { kind, alpha } => {
                facts.push(fact("kind", kind.name().into()));
                facts.push(fact("alpha", alpha.to_string()));
            }
            Setting::Gaussian => facts.push(fact("kind", "gaussian".into())),
            Setting::Knn { k } => facts.push(fact("neighbours", k.to_string())),
            Setting::Perceptron { epochs } => facts.push(fact("epochs", epochs.to_string())),
            Setting::Linear => {}
            Setting::Ridge { penalty } => facts.push(fact("penalty", penalty.to_string())),
            Setting::ElasticNet { penalty, l1_ratio } => {
                facts.push(fact("penalty", format!("{penalty:.4}")));
                facts.push(fact("l1-ratio", l1_ratio.to_string()));
            }
            Setting::Net(params) | Setting::Bag(params) => {
                let bag = matches!(self.setting, Setting::Bag(_));
                facts.extend(super::nets::facts(params, bag));
            }
            Setting::Sequence(params) => facts.extend(ordered::facts(params)),
            Setting::Trees(params) => facts.extend(super::nets::of_trees(params)),
        }
        facts
    }
}

impl Workbench<'_> {
    /// Training texts that a term must have where the recipe says nothing: of many texts a term in two says nothing yet, and there
    /// are millions of them.
    pub fn fewest_documents(&self) -> u64 {
        if self.prepared.parts[0].examples.len() >= 50_000 { 3 } else { 2 }
    }

    /// Features and settings of a rung, each with the default first.
    pub fn choices(&self, rung: &ExamplesRung) -> Result<(Vec<Option<Reading>>, Vec<Setting>)> {
        let kind = rung_kind(&rung.name);
        if ordered::ordered(kind) {
            let (mut readings, mut settings) = self.sequences(rung)?;
            if self.quick {
                readings.truncate(1);
                settings.truncate(1);
            }
            return Ok((readings, settings));
        }
        let terms: Vec<Terms> = match &rung.features {
            Some(given) => given.iter().map(|text| text.parse()).collect::<Result<_>>()?,
            None => default_terms(kind, self.prepared.korean())
                .iter()
                .map(|text| text.parse())
                .collect::<Result<_>>()?,
        };
        let weighing = match &rung.weighing {
            Some(word) => word.parse()?,
            None => default_weighing(kind),
        };
        let text = |terms: Terms| TextParams {
            terms,
            weighing,
            min_documents: rung.min_documents.unwrap_or(self.fewest_documents()),
            max_terms: rung.max_terms.or((kind == "trees").then_some(2000)),
        };
        let mut features: Vec<Option<Reading>> = if self.texts() {
            terms.into_iter().map(|terms| Some(Reading::Terms(text(terms)))).collect()
        } else {
            vec![None]
        };
        let list =
            |given: &Option<Vec<f64>>, otherwise: &[f64]| given.clone().unwrap_or_else(|| otherwise.to_vec());
        let balanced = rung.class_weight.as_deref() == Some("balanced");
        let mut settings: Vec<Setting> = match kind {
            "majority" | "mean" => {
                features = vec![None];
                vec![Setting::Constant]
            }
            "logistic" => list(&rung.c, &[10.0, 1.0, 100.0, 0.1])
                .into_iter()
                .map(|c| Setting::Logistic { c, l1_ratio: rung.l1_ratio.unwrap_or(0.0), balanced })
                .collect(),
            "svm" => {
                list(&rung.c, &[1.0, 0.1, 10.0]).into_iter().map(|c| Setting::Svm { c, balanced }).collect()
            }
            "nbsvm" => {
                let alphas = list(&rung.alpha, &[1.0]);
                let all = list(&rung.c, &[0.3, 1.0, 0.1]);
                let of = |alpha: f64| all.iter().map(move |&c| Setting::Nbsvm { c, alpha, balanced });
                alphas.into_iter().flat_map(of).collect()
            }
            "naive-bayes" => self.bayes(rung)?,
            "knn" => {
                let most = self.prepared.parts[0].examples.len();
                let all = rung.neighbours.clone().unwrap_or_else(|| vec![5, 1, 15, 30]);
                all.into_iter().map(|k| Setting::Knn { k: k.min(most) }).collect()
            }
            "perceptron" => vec![Setting::Perceptron { epochs: rung.epochs.unwrap_or(20) }],
            "linear" => vec![Setting::Linear],
            "ridge" => {
                // Penalties grow with the rows, as the loss does.
                let n = self.prepared.parts[0].examples.len() as f64;
                let all = list(&rung.penalty, &[1e-3 * n, 1e-5 * n, 1e-4 * n, 1e-2 * n, 0.1 * n, n]);
                all.into_iter().map(|penalty| Setting::Ridge { penalty }).collect()
            }
            "lasso" | "elastic-net" => {
                let l1_ratio = if kind == "lasso" { 1.0 } else { rung.l1_ratio.unwrap_or(0.5) };
                let spread = self.prepared.spread();
                let all =
                    list(&rung.penalty, &[1e-2, 1e-1, 3e-2, 3e-3, 1e-3, 1e-4].map(|share| share * spread));
                all.into_iter().map(|penalty| Setting::ElasticNet { penalty, l1_ratio }).collect()
            }
            "fasttext" | "mlp" => self.nets(rung),
            "trees" => self.trees(rung),
            other => return Err(Error::defect(format!("no rung is called {other}"))),
        };
        if self.quick {
            features.truncate(1);
            settings.truncate(1);
        }
        Ok((features, settings))
    }

    /// Kinds of naive Bayes: Gaussian for columns, those of counts for texts.
    fn bayes(&self, rung: &ExamplesRung) -> Result<Vec<Setting>> {
        let default: &[&str] = if self.texts() { &["multinomial", "complement"] } else { &["gaussian"] };
        let kinds = rung.kind.clone().unwrap_or_else(|| default.iter().map(|k| (*k).to_owned()).collect());
        let alphas = rung.alpha.clone().unwrap_or_else(|| vec![1.0, 0.1, 0.01]);
        let mut settings = Vec::new();
        for kind in kinds {
            match kind.as_str() {
                "gaussian" => settings.push(Setting::Gaussian),
                kind => {
                    let kind = kind.parse()?;
                    settings.extend(alphas.iter().map(|&alpha| Setting::Bayes { kind, alpha }));
                }
            }
        }
        Ok(settings)
    }
}

/// Terms that a rung tries where the recipe says nothing.
pub(super) fn default_terms(kind: &str, korean: bool) -> &'static [&'static str] {
    match (kind, korean) {
        ("nbsvm", true) => &["char:1-5", "word:1-2+jamo:3-8"],
        ("nbsvm", false) => &["word:1-3", "word:1-2+char-wb:3-5"],
        ("knn" | "trees", _) => &["word:1-1"],
        ("logistic", false) => &["word:1-2"],
        ("fasttext" | "mlp", true) => &["word:1-2+char-wb:1-4@1048576"],
        ("fasttext" | "mlp", false) => &["word:1-2+char-wb:3-5@1048576"],
        (_, true) => &["char:1-4", "word:1-2"],
        (_, false) => &["word:1-2", "word:1-2+char-wb:3-5"],
    }
}

fn default_weighing(kind: &str) -> Weighing {
    match kind {
        "nbsvm" | "fasttext" | "mlp" => Weighing::Presence,
        "naive-bayes" => Weighing::Count,
        _ => Weighing::TfIdf,
    }
}

/// Scores of all examples for all classes up to which rungs that keep them all belong to the ladder.
pub(super) const MOST_SCORES: usize = 1 << 26;

/// The ladder that a recipe without `[[rung]]` climbs, with a recurrent net where `in_order` says so; of very many classes without the rungs that keep a score of each
/// example for each class.
pub(super) fn default_rungs(
    regression: bool,
    texts: bool,
    scores: usize,
    in_order: bool,
) -> Vec<ExamplesRung> {
    if scores > MOST_SCORES {
        let names: &[&str] =
            if texts { &["majority", "naive-bayes"] } else { &["majority", "knn", "naive-bayes"] };
        return names.iter().map(|name| ExamplesRung::named(*name)).collect();
    }
    let names: &[&str] = match (regression, texts) {
        (true, _) => &["mean", "linear", "ridge", "lasso", "knn", "mlp", "trees"],
        (false, true) => &["majority", "naive-bayes", "logistic", "nbsvm", "fasttext", "mlp"],
        (false, false) => &["majority", "knn", "naive-bayes", "logistic", "mlp", "trees"],
    };
    let more: &[&str] = if in_order && !regression { &["lstm", "nbsvm+lstm"] } else { &[] };
    names.iter().chain(more).map(|name| ExamplesRung::named(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recurrent_nets_stand_behind_the_others_where_they_belong() {
        let names = |regression, texts, scores, in_order| -> Vec<String> {
            default_rungs(regression, texts, scores, in_order).into_iter().map(|rung| rung.name).collect()
        };
        let with = names(false, true, 10, true);
        assert_eq!(with[with.len() - 2..], ["lstm", "nbsvm+lstm"]);
        assert_eq!(names(false, true, 10, false), with[..with.len() - 2]);
        for found in [names(true, true, 10, true), names(false, true, MOST_SCORES + 1, true)] {
            assert!(!found.iter().any(|name| name.contains("lstm")), "{found:?}");
        }
    }
}
