//! What only ladders of examples show: classifiers and regressions.

use serde::{Deserialize, Serialize};

use super::{Fact, Interval};

/// A part of the examples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExamplePart {
    /// File, as the recipe names it.
    pub file: String,
    /// Examples.
    pub examples: u64,
}

/// The examples and how they were split.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExampleFacts {
    /// What should come out.
    pub target: String,
    /// Examples by class in the three parts, the largest class first; empty where numbers come out.
    pub classes: Vec<(String, [u64; 3])>,
    /// Classes that the training part does not have, and their test examples.
    pub unseen: Vec<(String, u64)>,
    /// The training part.
    pub train: ExamplePart,
    /// The part that chooses.
    pub valid: ExamplePart,
    /// The part that is scored once.
    pub test: ExamplePart,
    /// Language of the texts, and the scheme that cut them; none without texts.
    pub chain: Option<(String, String)>,
    /// How each column was read, and why; empty without columns.
    pub columns: Vec<(String, String, String)>,
    /// `random`, `order`, `group`, or `files` where each part had its own.
    pub split: String,
    /// Folds by which choices were made; 0 where one part chose.
    #[serde(default)]
    pub folds: u64,
    /// Groups of nearly equal texts that were kept in one part, and the texts in them.
    pub near: (u64, u64),
    /// Test texts that stand word for word in the training part.
    pub repeated: u64,
}

impl ExampleFacts {
    /// Examples in all: folds choose by those that are learnt from.
    pub fn examples(&self) -> u64 {
        let valid = if self.folds > 0 { 0 } else { self.valid.examples };
        self.train.examples + valid + self.test.examples
    }
}

/// One class of the test part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// Its name.
    pub name: String,
    /// Test examples of it.
    pub examples: u64,
    /// Share of what was said to be it that is.
    pub precision: f64,
    /// Share of it that was found.
    pub recall: f64,
    /// 2 precision recall / (precision + recall).
    pub f1: f64,
}

/// Right against said, of the chosen rung.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConfusionChapter {
    /// The classes in the order of the matrix.
    pub classes: Vec<ClassRow>,
    /// Counts, a row a right class; empty for more classes than a page can hold.
    pub matrix: Vec<Vec<u64>>,
    /// The commonest mistakes: right, said, how often.
    pub mistaken: Vec<(String, String, u64)>,
}

/// A test example that was missed, or a number far off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// Row or line in the file, from 1.
    pub row: u64,
    /// The beginning of its text, or its columns.
    pub shown: String,
    /// What is right.
    pub right: String,
    /// What was said.
    pub said: String,
    /// Probability of what was said, or the difference of numbers.
    pub size: f64,
}

/// The features that speak most for a class, or for a larger number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// The class; empty where numbers come out.
    pub class: String,
    /// For it: name and weight, the strongest first.
    pub for_it: Vec<(String, f64)>,
    /// Against it.
    pub against: Vec<(String, f64)>,
}

/// Promised probabilities against what came true, of the chosen rung.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CalibrationChapter {
    /// Mean probability said, share that came true, test examples.
    pub bins: Vec<(f64, f64, u64)>,
    /// Mean distance of the two over examples.
    pub error: f64,
    /// False and true positive rates, of two classes.
    pub roc: Vec<(f64, f64)>,
    /// The class that counts as positive.
    pub positive: String,
}

/// Truth against what was said, of the chosen rung.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResidualChapter {
    /// Said and true, of up to a thousand test examples.
    pub points: Vec<(f64, f64)>,
    /// The largest differences.
    pub worst: Vec<Mistake>,
}

/// Losses of a fit on so many training examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SizePoint {
    /// Training examples.
    pub examples: u64,
    /// The ordering metric on them.
    pub train: f64,
    /// On the validation part.
    pub valid: f64,
}

/// What the losses by size say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SizesVerdict {
    /// Validation still falls with more examples.
    MoreData,
    /// Training is far below validation, which no longer falls.
    TooComplex,
    /// Training itself stays near a plain guess.
    TooSimple,
    /// Neither.
    Fine,
}

/// The loss by the number of training examples, of the chosen rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizesChapter {
    /// From few to all.
    pub points: Vec<SizePoint>,
    /// The metric of a plain guess on the validation part.
    pub plain: f64,
    /// What they say.
    pub verdict: SizesVerdict,
    /// Validation minus training at the end, as a share of the plain guess.
    pub gap: f64,
    /// What validation gained from half of the examples to all, as a share of the plain guess.
    pub gain: f64,
    /// What training left, as a share of the plain guess.
    pub left: f64,
    /// What was changed about the fit on all examples, with the losses before and after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<RemedyRow>,
}

/// What is said to close a gap between training and validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Half of the training examples against all of them.
    MoreData,
    /// A stronger penalty on squares of weights.
    L2,
    /// A penalty on sizes of weights.
    L1,
    /// Fewer terms, leaves or units; more neighbours.
    LessComplexity,
    /// Units left out while it learns.
    Dropout,
    /// More added to every count.
    Smoothing,
}

/// What a remedy did on the validation part, by the 95 % interval of the paired difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It took loss off.
    Helped,
    /// It added loss.
    Harmed,
    /// The examples cannot tell.
    Unclear,
}

/// A remedy with the losses before and after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemedyRow {
    /// Which.
    pub remedy: Remedy,
    /// What was changed, as it was.
    pub from: Fact,
    /// The same, as it became.
    pub to: Fact,
    /// Losses before.
    pub before: SizePoint,
    /// Losses after.
    pub after: SizePoint,
    /// What it did on the validation part.
    pub effect: Effect,
}

/// A coefficient of least squares in the unit of its column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoefficientRow {
    /// The feature; empty for the intercept.
    pub name: String,
    /// Estimate.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Their ratio.
    pub t: f64,
    /// How likely one as far from 0 would be by chance.
    pub p: f64,
    /// Ends of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What one standard deviation of the column adds; none for the intercept.
    #[serde(default)]
    pub standardised: Option<f64>,
}

/// What coefficients were fitted on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoefficientsPart {
    /// The training part.
    #[default]
    Train,
    /// Training and validation part together.
    Both,
}

/// Coefficients of least squares, and what its residuals look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoefficientsChapter {
    /// The intercept first.
    pub rows: Vec<CoefficientRow>,
    /// R², F and the checks of the residuals, by their keys.
    pub facts: Vec<(String, f64)>,
    /// What they were fitted on.
    #[serde(default)]
    pub part: CoefficientsPart,
    /// Examples of it.
    #[serde(default)]
    pub examples: u64,
}

/// What a threshold by cost does on the test part, of the chosen rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostsChapter {
    /// The two classes.
    pub classes: [String; 2],
    /// What an example of the first costs where the second is said, and the other way round.
    pub costs: [f64; 2],
    /// The second is said from this probability of it on.
    pub threshold: f64,
    /// Mean cost of an example where the more probable class is said.
    pub before: Interval,
    /// The same by the threshold.
    pub after: Interval,
    /// The second minus the first, on the same resamples.
    pub difference: Interval,
}
