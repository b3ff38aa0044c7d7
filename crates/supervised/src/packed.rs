//! A machine in a bundle: words of it in the manifest, numbers as tensors, vectorizers as texts.

use std::sync::Arc;

use gyeol_base::{Error, Result};
use gyeol_bundle::{Bundle, DataHash, Limits, Manifest, Packed, Tensor};
use gyeol_columns::Encoder;
use gyeol_judge::Calibrator;
use gyeol_learn::trees::{TreeLoss, TreeParts, Trees};
use gyeol_learn::{GaussianBayes, Linear, LinearClassifier, Link, UnitClassifier};
use gyeol_neural::net::{BagParams, MlpParams, NetParams as Shape, Output};
use gyeol_vectors::matrix::{Csr, Dense};
use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::log_odds::LogOdds;
use crate::machine::{Answer, Head, Inputs, Machine, Rows};
use crate::nearest::{Kept, Nearest};
use crate::net::{BagNet, BagParts, NetParts, TableNet};
use crate::seen::Seen;
use crate::sequence::{SequenceNet, SequenceParts};
use crate::units::Units;
use crate::words::TextFeatures;

/// Name of the tensor of fingerprints; files of earlier versions have none.
const FINGERPRINTS: &str = "fingerprints";

/// Name of the text of units.
const UNITS: &str = "units";

/// What the manifest says beside the numbers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    rung: String,
    /// None where numbers come out.
    classes: Option<Vec<String>>,
    target: String,
    text_column: Option<String>,
    /// Vectorizers beside each other.
    vectorizers: usize,
    /// Whether texts are read unit by unit; files of earlier versions are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    units: bool,
    /// None of machines that read no log-odds of n-grams beside, older ones among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_odds: Option<OddsWords>,
    columns: Option<Encoder>,
    head: HeadWords,
    calibration: Option<Calibrator>,
    /// None in files of machines that say the most probable class, older ones among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
enum HeadWords {
    Constant,
    Classes {
        inputs: usize,
        outputs: usize,
        link: String,
    },
    Unit {
        inputs: usize,
        outputs: usize,
        presence: bool,
    },
    Gaussian {
        inputs: usize,
    },
    Mixture {
        shares: Vec<f64>,
    },
    Nearest {
        k: usize,
        rows: usize,
        inputs: usize,
        sparse: bool,
    },
    Values {
        inputs: usize,
        outputs: usize,
    },
    Net {
        shape: MlpParams,
    },
    Bag {
        shape: BagParams,
    },
    Sequence {
        shape: Box<Shape>,
        /// 0 in files of earlier versions.
        #[serde(default, skip_serializing_if = "none")]
        beside: usize,
    },
    Trees {
        inputs: usize,
        loss: String,
    },
}

/// Scores of n-grams beside a net over units.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OddsWords {
    vectorizers: usize,
    inputs: usize,
    outputs: usize,
    presence: bool,
    deviation: f64,
}

/// Outputs of a net of the wanted kind; 0 for one of another.
fn outputs_of(output: &Output, classes: bool) -> usize {
    match *output {
        Output::Classes { classes: outputs } if classes => outputs,
        Output::Values { width, .. } if !classes => width,
        _ => 0,
    }
}

fn none(number: &usize) -> bool {
    *number == 0
}

fn whole_numbers(bundle: &Bundle, name: &str) -> Result<Vec<u32>> {
    let bytes = bundle.bytes(name)?;
    Ok(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

fn pair(bundle: &Bundle, name: &str) -> Result<(f64, f64)> {
    match bundle.f64(name, 1)? {
        &[a, b] => Ok((a, b)),
        other => Err(damaged(format!("{} numbers of {name}", other.len()))),
    }
}

fn damaged(why: impl std::fmt::Display) -> Error {
    gyeol_bundle::bad_manifest(why)
}

/// A machine whose answers are classes.
#[derive(Debug, Clone)]
pub struct Classifier(pub Machine);

/// A machine whose answers are numbers.
#[derive(Debug, Clone)]
pub struct Regressor(pub Machine);

/// A kind of bundle that holds a machine.
pub trait Wrapped: Packed {
    /// The machine as this kind.
    fn wrap(machine: Machine) -> Self;

    /// The machine in it.
    fn machine(&self) -> &Machine;
}

macro_rules! wrapped {
    ($name:ident, $kind:literal, $classes:literal) => {
        impl Wrapped for $name {
            fn wrap(machine: Machine) -> Self {
                $name(machine)
            }

            fn machine(&self) -> &Machine {
                &self.0
            }
        }

        impl Packed for $name {
            const KIND: &'static str = $kind;

            fn pack(&self, bundle: &mut Bundle) -> Result<()> {
                self.0.pack(bundle)
            }

            fn unpack(bundle: Bundle) -> Result<Self> {
                let machine = Machine::unpack(bundle)?;
                if machine.classes().is_empty() == $classes {
                    return Err(damaged(concat!(
                        "a machine of other answers than a file of kind ",
                        $kind,
                        " holds"
                    )));
                }
                Ok($name(machine))
            }

            fn parameters(&self) -> u64 {
                self.0.parameters() as u64
            }
        }
    };
}

wrapped!(Classifier, "classify", true);
wrapped!(Regressor, "regress", false);

fn log_odds(bundle: &Bundle, words: &OddsWords, classes: Option<usize>) -> Result<LogOdds> {
    let OddsWords { vectorizers, inputs, outputs, presence, deviation } = *words;
    let classes = classes.ok_or_else(|| damaged("log-odds of classes, and numbers come out"))?;
    let vectorizers: Vec<String> =
        (0..vectorizers).map(|i| bundle.text(&format!("log-odds.vectorizer.{i}"))).collect::<Result<_>>()?;
    let features = TextFeatures::from_json(&vectorizers)?;
    let of = |name: &str, axes: usize| bundle.f64(&format!("log-odds.{name}"), axes).map(<[f64]>::to_vec);
    let (weights, bias, metric) = (of("weights", 2)?, of("bias", 1)?, of("metric", 2)?);
    let sizes = (weights.len(), metric.len(), bias.len());
    let wanted = inputs.checked_mul(outputs).map(|all| (all, all, outputs));
    if wanted != Some(sizes) || outputs != if classes == 2 { 1 } else { classes } {
        return Err(damaged(format!("{sizes:?} numbers of log-odds of {inputs} × {outputs}")));
    }
    let linear = LinearClassifier { classes, inputs, outputs, weights, bias, link: Link::None };
    LogOdds::new(features, UnitClassifier { linear, metric, presence }, deviation)
}

impl Machine {
    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        let mut put = |name: &str, tensor: Tensor| {
            bundle.tensors.insert(name.to_owned(), tensor);
        };
        let head = match &self.head {
            Head::Constant(values) => {
                put("constant", Tensor::f64([values.len()], values.clone())?);
                HeadWords::Constant
            }
            Head::Classes(LinearClassifier { inputs, outputs, weights, bias, link, .. }) => {
                put("weights", Tensor::f64([*inputs, *outputs], weights.clone())?);
                put("bias", Tensor::f64([*outputs], bias.clone())?);
                HeadWords::Classes { inputs: *inputs, outputs: *outputs, link: link.name().into() }
            }
            Head::Unit(UnitClassifier {
                linear: LinearClassifier { inputs, outputs, weights, bias, .. },
                metric,
                presence,
            }) => {
                put("weights", Tensor::f64([*inputs, *outputs], weights.clone())?);
                put("bias", Tensor::f64([*outputs], bias.clone())?);
                put("metric", Tensor::f64([*inputs, *outputs], metric.clone())?);
                HeadWords::Unit { inputs: *inputs, outputs: *outputs, presence: *presence }
            }
            Head::Gaussian(GaussianBayes { means, variances, log_prior }) => {
                let shape = [means.rows(), means.cols()];
                put("priors", Tensor::f64([log_prior.len()], log_prior.clone())?);
                put("means", Tensor::f64(shape, means.data().to_vec())?);
                put("variances", Tensor::f64(shape, variances.data().to_vec())?);
                HeadWords::Gaussian { inputs: means.cols() }
            }
            Head::Mixture(members) => {
                for (i, (_, member)) in members.iter().enumerate() {
                    let manifest = Manifest::new("member", &member.rung, DataHash::default());
                    let whole = match &member.answer {
                        Answer::Class(_) => Bundle::of(&Classifier(member.clone()), manifest)?,
                        Answer::Value => Bundle::of(&Regressor(member.clone()), manifest)?,
                    };
                    put(&format!("member.{i}"), Tensor::bytes(whole.to_bytes()?));
                }
                HeadWords::Mixture { shares: members.iter().map(|(share, _)| *share).collect() }
            }
            Head::Nearest(Nearest { rows, kept, k, .. }) => {
                let sparse = match rows {
                    Rows::Dense(x) => {
                        put("rows", Tensor::f64([x.rows(), x.cols()], x.data().to_vec())?);
                        false
                    }
                    Rows::Sparse(x) => {
                        let whole = |v: &[usize]| v.iter().map(|&v| v as f64).collect::<Vec<f64>>();
                        put("pointers", Tensor::f64([x.pointers().len()], whole(x.pointers()))?);
                        let indices: Vec<u8> = x.indices().iter().flat_map(|i| i.to_le_bytes()).collect();
                        put("indices", Tensor::bytes(indices));
                        put("numbers", Tensor::f64([x.nonzeros()], x.data().to_vec())?);
                        true
                    }
                    Rows::Sequences(_) | Rows::None(_) => {
                        return Err(Error::defect("neighbours without features"));
                    }
                };
                let kept = match kept {
                    Kept::Classes(labels, _) => labels.iter().map(|&label| f64::from(label)).collect(),
                    Kept::Values(values) => values.clone(),
                };
                put("answers", Tensor::f64([kept.len()], kept)?);
                HeadWords::Nearest { k: *k, rows: rows.len(), inputs: rows.cols(), sparse }
            }
            Head::Values(Linear { inputs, outputs, weights, bias }) => {
                put("weights", Tensor::f64([*inputs, *outputs], weights.clone())?);
                put("bias", Tensor::f64([*outputs], bias.clone())?);
                HeadWords::Values { inputs: *inputs, outputs: *outputs }
            }
            Head::Net(net) => {
                let NetParts { shape, params, columns, target } = net.parts();
                put("net", Tensor::f32([params.len()], params.to_vec())?);
                put(
                    "columns",
                    Tensor::f64([columns.len(), 2], columns.iter().flat_map(|c| [c.0, c.1]).collect())?,
                );
                put("target", Tensor::f64([2], vec![target.0, target.1])?);
                HeadWords::Net { shape: shape.clone() }
            }
            Head::Bag(net) => {
                let BagParts { shape, seen, table, above, target } = net.parts();
                put("seen", Tensor::bytes(seen.iter().flat_map(|j| j.to_le_bytes()).collect::<Vec<u8>>()));
                put("embeddings", Tensor::f32([shape.rows, shape.width], table.to_vec())?);
                put("net", Tensor::f32([above.len()], above.to_vec())?);
                put("target", Tensor::f64([2], vec![target.0, target.1])?);
                HeadWords::Bag { shape: shape.clone() }
            }
            Head::Sequence(net) => {
                let SequenceParts { shape, beside, params, target } = net.parts();
                put("net", Tensor::f32([params.len()], params.to_vec())?);
                put("target", Tensor::f64([2], vec![target.0, target.1])?);
                HeadWords::Sequence { shape: Box::new(shape.clone()), beside }
            }
            Head::Trees(trees) => {
                let TreeParts { inputs, loss, base, roots, columns, numbers, left, missing_left, gains } =
                    trees.parts();
                let mut whole = |name: &str, v: &[u32]| {
                    put(name, Tensor::bytes(v.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>()));
                };
                whole("roots", roots);
                whole("splits", columns);
                whole("left", left);
                put("missing_left", Tensor::bytes(missing_left.clone()));
                put("base", Tensor::f64([base.len()], base.clone())?);
                put("numbers", Tensor::f64([numbers.len()], numbers.clone())?);
                put("gains", Tensor::f64([gains.len()], gains.clone())?);
                HeadWords::Trees { inputs: *inputs, loss: loss.name() }
            }
        };
        if let Some(seen) = &self.seen {
            put(FINGERPRINTS, Tensor::bytes(seen.to_bytes()));
        }
        let vectorizers = self.inputs.texts.as_ref().map_or(Vec::new(), |texts| texts.to_json());
        for (i, json) in vectorizers.iter().enumerate() {
            put(&format!("vectorizer.{i}"), Tensor::bytes(json.clone().into_bytes()));
        }
        if let Some(units) = &self.inputs.units {
            put(UNITS, Tensor::bytes(units.to_json().into_bytes()));
        }
        let log_odds = match &self.inputs.log_odds {
            Some(odds) => {
                let (features, UnitClassifier { linear, metric, presence }, deviation) = odds.parts();
                let LinearClassifier { inputs, outputs, weights, bias, .. } = linear;
                put("log-odds.weights", Tensor::f64([*inputs, *outputs], weights.clone())?);
                put("log-odds.bias", Tensor::f64([*outputs], bias.clone())?);
                put("log-odds.metric", Tensor::f64([*inputs, *outputs], metric.clone())?);
                let vectorizers = features.to_json();
                for (i, json) in vectorizers.iter().enumerate() {
                    put(&format!("log-odds.vectorizer.{i}"), Tensor::bytes(json.clone().into_bytes()));
                }
                Some(OddsWords {
                    vectorizers: vectorizers.len(),
                    inputs: *inputs,
                    outputs: *outputs,
                    presence: *presence,
                    deviation,
                })
            }
            None => None,
        };
        let words = Words {
            rung: self.rung.clone(),
            classes: match &self.answer {
                Answer::Class(names) => Some(names.clone()),
                Answer::Value => None,
            },
            target: self.target.clone(),
            text_column: self.inputs.text_column.clone(),
            vectorizers: vectorizers.len(),
            units: self.inputs.units.is_some(),
            log_odds,
            columns: self.inputs.columns.clone(),
            head,
            calibration: self.calibration.clone(),
            decision: self.decision,
        };
        bundle.manifest.model = serde_json::to_value(words).map_err(Error::defect)?;
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Self> {
        let words: Words = serde_json::from_value(bundle.manifest.model.clone()).map_err(damaged)?;
        let shaped = |inputs: usize, outputs: usize| -> Result<(Vec<f64>, Vec<f64>)> {
            let weights = bundle.tensor("weights", 2)?;
            let bias = bundle.f64("bias", 1)?;
            if weights.shape != [inputs, outputs] || bias.len() != outputs {
                return Err(damaged(format!(
                    "weights {:?} and {} biases of a model of {inputs} × {outputs}",
                    weights.shape,
                    bias.len()
                )));
            }
            Ok((bundle.f64("weights", 2)?.to_vec(), bias.to_vec()))
        };
        let vectorizers: Vec<String> =
            (0..words.vectorizers).map(|i| bundle.text(&format!("vectorizer.{i}"))).collect::<Result<_>>()?;
        let texts = match vectorizers.is_empty() {
            true => None,
            false => Some(Arc::new(TextFeatures::from_json(&vectorizers)?)),
        };
        let inputs = texts.as_ref().map_or(0, |t| t.len()) + words.columns.as_ref().map_or(0, Encoder::width);
        let units = match words.units {
            true => Some(Arc::new(Units::from_json(&bundle.text(UNITS)?)?)),
            false => None,
        };
        let classes = words.classes.as_ref().map(Vec::len);
        let log_odds = match &words.log_odds {
            Some(odds) => Some(Arc::new(log_odds(&bundle, odds, classes)?)),
            None => None,
        };
        let head = match words.head {
            HeadWords::Constant => {
                let values = bundle.f64("constant", 1)?.to_vec();
                if values.len() != classes.unwrap_or(1) {
                    return Err(damaged(format!("{} numbers for {classes:?} classes", values.len())));
                }
                Head::Constant(values)
            }
            HeadWords::Classes { inputs, outputs, link } => {
                let classes = classes.ok_or_else(|| damaged("a classifier without classes"))?;
                if outputs != if classes == 2 { 1 } else { classes } {
                    return Err(damaged(format!("{outputs} outputs for {classes} classes")));
                }
                let link: Link = link.parse()?;
                let (weights, bias) = shaped(inputs, outputs)?;
                Head::Classes(LinearClassifier { classes, inputs, outputs, weights, bias, link })
            }
            HeadWords::Unit { inputs, outputs, presence } => {
                let classes = classes.ok_or_else(|| damaged("a classifier without classes"))?;
                if outputs != if classes == 2 { 1 } else { classes } || words.calibration.is_none() {
                    return Err(damaged(format!(
                        "{outputs} margins for {classes} classes, or no calibration of them"
                    )));
                }
                let (weights, bias) = shaped(inputs, outputs)?;
                let metric = bundle.f64("metric", 2)?.to_vec();
                if metric.len() != weights.len() {
                    return Err(damaged(format!(
                        "a metric of {} numbers for {} weights",
                        metric.len(),
                        weights.len()
                    )));
                }
                let linear = LinearClassifier { classes, inputs, outputs, weights, bias, link: Link::None };
                Head::Unit(UnitClassifier { linear, metric, presence })
            }
            HeadWords::Gaussian { inputs } => {
                let classes = classes.ok_or_else(|| damaged("a classifier without classes"))?;
                let of = |name: &str, axes: usize, wanted: usize| -> Result<Vec<f64>> {
                    let found = bundle.f64(name, axes)?.to_vec();
                    if found.len() == wanted {
                        Ok(found)
                    } else {
                        Err(damaged(format!("{} {name} for {wanted}", found.len())))
                    }
                };
                let wanted = classes.checked_mul(inputs).ok_or_else(|| damaged("sizes past all bounds"))?;
                let table = |name: &str| Dense::new(classes, inputs, of(name, 2, wanted)?);
                Head::Gaussian(GaussianBayes {
                    log_prior: of("priors", 1, classes)?,
                    means: table("means")?,
                    variances: table("variances")?,
                })
            }
            HeadWords::Mixture { shares } => {
                let member = |i: usize| -> Result<Machine> {
                    let bytes = bundle.bytes(&format!("member.{i}"))?;
                    let whole = Bundle::from_bytes(&bytes, &Limits::default())?;
                    // A mixture has no mixtures in it, so that opening one never goes deep.
                    if whole.manifest.model["head"]["kind"] == "mixture" {
                        return Err(damaged("a mixture within a mixture"));
                    }
                    match classes {
                        Some(_) => Ok(whole.open_as::<Classifier>()?.0),
                        None => Ok(whole.open_as::<Regressor>()?.0),
                    }
                };
                let members = shares.iter().enumerate().map(|(i, share)| Ok((*share, member(i)?)));
                Head::Mixture(members.collect::<Result<_>>()?)
            }
            HeadWords::Nearest { k, rows, inputs, sparse } => {
                let answers = bundle.f64("answers", 1)?;
                let kept = match classes {
                    Some(classes)
                        if answers.iter().all(|&a| a >= 0.0 && a < classes as f64 && a.fract() == 0.0) =>
                    {
                        Kept::Classes(answers.iter().map(|&a| a as u32).collect(), classes)
                    }
                    Some(classes) => return Err(damaged(format!("answers outside of {classes} classes"))),
                    None => Kept::Values(answers.to_vec()),
                };
                let found = if sparse {
                    let pointers = bundle.f64("pointers", 1)?.iter().map(|&p| p as usize).collect();
                    let bytes = bundle.bytes("indices")?;
                    let indices =
                        bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
                    Rows::Sparse(Csr::new(inputs, pointers, indices, bundle.f64("numbers", 1)?.to_vec())?)
                } else {
                    Rows::Dense(Dense::new(rows, inputs, bundle.f64("rows", 2)?.to_vec())?)
                };
                if found.len() != rows || answers.len() != rows || k == 0 {
                    return Err(damaged(format!(
                        "{} answers for {} rows, {k} neighbours",
                        answers.len(),
                        found.len()
                    )));
                }
                Head::Nearest(Nearest::new(found, kept, k))
            }
            HeadWords::Values { inputs, outputs: 1 } => {
                let (weights, bias) = shaped(inputs, 1)?;
                Head::Values(Linear { inputs, outputs: 1, weights, bias })
            }
            HeadWords::Net { shape } => {
                if classes.unwrap_or(1) != outputs_of(&shape.output, classes.is_some()) {
                    return Err(damaged(format!("{:?} for {classes:?} classes", shape.output)));
                }
                let pairs = bundle.f64("columns", 2)?.chunks_exact(2).map(|c| (c[0], c[1])).collect();
                let net =
                    TableNet::new(&shape, bundle.f32("net", 1)?.to_vec(), pairs, pair(&bundle, "target")?)?;
                Head::Net(Box::new(net))
            }
            HeadWords::Bag { shape } => {
                if classes.unwrap_or(1) != outputs_of(&shape.output, classes.is_some()) {
                    return Err(damaged(format!("{:?} for {classes:?} classes", shape.output)));
                }
                let seen = whole_numbers(&bundle, "seen")?;
                let (table, above) = (bundle.f32("embeddings", 2)?.to_vec(), bundle.f32("net", 1)?.to_vec());
                Head::Bag(Box::new(BagNet::new(
                    &shape,
                    inputs,
                    seen,
                    table,
                    above,
                    pair(&bundle, "target")?,
                )?))
            }
            HeadWords::Sequence { shape, beside } => {
                if classes.unwrap_or(1) != outputs_of(&shape.output, classes.is_some()) {
                    return Err(damaged(format!("{:?} for {classes:?} classes", shape.output)));
                }
                let params = bundle.f32("net", 1)?.to_vec();
                Head::Sequence(Box::new(SequenceNet::new(&shape, beside, params, pair(&bundle, "target")?)?))
            }
            HeadWords::Trees { inputs, loss } => {
                let trees = Trees::new(TreeParts {
                    inputs,
                    loss: TreeLoss::named(&loss)?,
                    base: bundle.f64("base", 1)?.to_vec(),
                    roots: whole_numbers(&bundle, "roots")?,
                    columns: whole_numbers(&bundle, "splits")?,
                    numbers: bundle.f64("numbers", 1)?.to_vec(),
                    left: whole_numbers(&bundle, "left")?,
                    missing_left: bundle.bytes("missing_left")?.to_vec(),
                    gains: bundle.f64("gains", 1)?.to_vec(),
                })?;
                if classes.unwrap_or(0) != trees.classes() {
                    return Err(damaged(format!("trees of {} classes for {classes:?}", trees.classes())));
                }
                Head::Trees(Box::new(trees))
            }
            HeadWords::Values { outputs, .. } => return Err(damaged(format!("{outputs} numbers for one"))),
        };
        let seen = match bundle.tensors.contains_key(FINGERPRINTS) {
            true => Some(
                Seen::from_bytes(&bundle.bytes(FINGERPRINTS)?)
                    .ok_or_else(|| damaged("fingerprints of examples in no order"))?,
            ),
            false => None,
        };
        let machine = Machine {
            rung: words.rung,
            answer: match words.classes {
                Some(names) => Answer::Class(names),
                None => Answer::Value,
            },
            target: words.target,
            inputs: Inputs { texts, units, log_odds, text_column: words.text_column, columns: words.columns },
            head,
            calibration: words.calibration,
            seen: seen.map(Arc::new),
            decision: words.decision,
        };
        if machine.decision.is_some_and(|rule| !rule.sound() || machine.classes().len() != 2) {
            return Err(damaged("a threshold that no answer can be given by"));
        }
        machine.fits().map_err(|why| damaged(why.fault().found.clone()))?;
        Ok(machine)
    }
}
