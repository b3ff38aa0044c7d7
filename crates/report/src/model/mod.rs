//! What a ladder's page shows, as plain data: a task fills it, the page draws it, nothing here computes.
//!
//! One [`Report`] for every task: a head, the rungs with what all tasks measure, and [`Chapter`]s in the order of the page.
//! What only one task measures on a rung is in its [`Detail`].

mod examples;
mod forecast;
mod pairs;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use examples::*;
pub use forecast::*;
pub use pairs::*;
pub use words::*;

/// A figure with the interval that a block bootstrap over the test windows gives it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The figure itself, over every test window.
    pub value: f64,
    /// Lower end of the 95 % interval; NaN (null in files) where too little was judged to draw one.
    #[serde(with = "null")]
    pub low: f64,
    /// Upper end of the 95 % interval.
    #[serde(with = "null")]
    pub high: f64,
}

impl Interval {
    /// The ends as they are drawn: both at the figure where there is no interval.
    pub fn drawn(&self) -> (f64, f64) {
        if self.low.is_finite() && self.high.is_finite() {
            (self.low, self.high)
        } else {
            (self.value, self.value)
        }
    }
}

/// A number that may be none: null in files.
mod null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        Some(*value).filter(|v| v.is_finite()).serialize(to)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
    }
}

/// What the curves say, with the numbers that say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// Nothing was learnt by epochs (baselines, closed forms).
    NoCurve,
    /// Validation was still falling when training ended: more epochs or a larger net may help.
    StillLearning,
    /// Training and validation ended together and flat.
    WellFitted,
    /// Training kept falling after the chosen epoch, validation rose a little.
    SlightlyOverfitted,
    /// Training kept falling after the chosen epoch, validation rose clearly.
    Overfitted,
    /// Training error itself stayed near the naive forecast's.
    Underfitted,
}

/// The verdict on one rung's fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The finding.
    pub kind: VerdictKind,
    /// Epoch chosen by validation, counted from 1 (0 without epochs).
    pub best_epoch: usize,
    /// Epochs run.
    pub epochs: usize,
    /// Training loss at the chosen epoch.
    pub train_at_best: f64,
    /// Validation loss at the chosen epoch.
    pub valid_at_best: f64,
    /// Training loss at the last epoch.
    pub train_last: f64,
    /// Validation loss at the last epoch.
    pub valid_last: f64,
}

impl Verdict {
    /// Of a fit without epochs.
    pub fn no_curve() -> Self {
        Verdict {
            kind: VerdictKind::NoCurve,
            best_epoch: 0,
            epochs: 0,
            train_at_best: 0.0,
            valid_at_best: 0.0,
            train_last: 0.0,
            valid_last: 0.0,
        }
    }
}

/// One epoch of a learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochPoint {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean training loss of the epoch.
    pub train_loss: f64,
    /// Loss on the validation windows after the epoch.
    pub valid_loss: f64,
    /// Learning rate at the end of the epoch.
    pub learning_rate: f64,
    /// Wall seconds of the epoch.
    pub seconds: f64,
}

/// One layer as a learner meets it: shapes of what goes in, of its parameters and of what comes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerRow {
    /// Name, such as "LSTM" or "dense".
    pub name: String,
    /// Shape of X, such as "(168, B, 2)".
    pub x: String,
    /// Shape of W.
    pub w: String,
    /// Shape of b.
    pub b: String,
    /// Shape of Y.
    pub y: String,
    /// Parameters.
    pub parameters: usize,
}

/// What a rung is in its ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It repeats the data, or says the same always: a yardstick.
    Naive,
    /// It learns from the data.
    Learned,
}

/// What a rung was told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// The past of the target.
    Target,
    /// A column of the table.
    Column(String),
    /// The calendar of the rows ahead.
    Calendar,
    /// Public holidays.
    Holiday,
    /// The target's rows one by one.
    Lags,
    /// Differences from the window's last value.
    Centred,
    /// The values a day before the rows ahead.
    DayBefore,
    /// The values a week before the rows ahead.
    WeekBefore,
    /// The values another season before the rows ahead.
    Season,
    /// Several rows a step.
    Segments,
    /// The forecast of the linear rung.
    Linear,
    /// The forecast of the response rung.
    Response,
    /// What the newest readings left of the response.
    Residual,
    /// The mean of several fits.
    Mean,
}

/// A fact of a fit, to be said in any language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its key in the catalogue: `optimizer`, `ridge`, `order` …
    pub key: String,
    /// Its value as it is written.
    pub value: String,
}

/// One setting that the validation part tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The setting: order and smoothing, topics, a penalty.
    pub setting: Vec<Fact>,
    /// The ordering metric on the validation part.
    pub value: f64,
    /// The same on the training part, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<f64>,
}

/// What only one task measures on a rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Nothing.
    None,
    /// A forecast of readings.
    Forecast(Box<ForecastDetail>),
    /// A language model.
    Words(Box<WordsDetail>),
}

/// One rung of the ladder with everything measured on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungReport {
    /// Rung name as scripts know it: `last-value`, `seasonal-naive:day`, `lstm:plain` …
    pub name: String,
    /// What it is in its ladder.
    pub role: Role,
    /// File of its model, in the folder of the run.
    #[serde(default)]
    pub file: String,
    /// True for a net that is asked without anything that makes the question easier; the page sets it against the rung of the
    /// same kind that is not plain.
    #[serde(default)]
    pub plain: bool,
    /// What it was told.
    pub inputs: Vec<Input>,
    /// Validation metrics by name.
    pub valid: BTreeMap<String, f64>,
    /// Test metrics by name with their intervals.
    pub test: BTreeMap<String, Interval>,
    /// Numbers that were learnt.
    pub parameters: usize,
    /// Wall seconds of fitting, tuning included.
    pub fit_seconds: f64,
    /// Microseconds an answer: a forecast of one window, the score of one token.
    pub predict_us: f64,
    /// Highest resident memory while it was fitted, bytes; 0 where the system does not tell.
    pub peak_memory: u64,
    /// The verdict on the learning curve.
    pub verdict: Verdict,
    /// Learning curve; empty for rungs without epochs.
    pub curve: Vec<EpochPoint>,
    /// What the validation part chose from.
    #[serde(default)]
    pub tried: Vec<Tried>,
    /// Layers of a net; empty for rungs without.
    pub layers: Vec<LayerRow>,
    /// Facts of the fit in order.
    pub training: Vec<Fact>,
    /// What only its task measures.
    pub detail: Detail,
}

impl RungReport {
    /// What only forecasts measure.
    pub fn forecast(&self) -> Option<&ForecastDetail> {
        match &self.detail {
            Detail::Forecast(detail) => Some(detail),
            _ => None,
        }
    }

    /// What only language models measure.
    pub fn words(&self) -> Option<&WordsDetail> {
        match &self.detail {
            Detail::Words(detail) => Some(detail),
            _ => None,
        }
    }
}

/// Paired difference of two rungs over the same windows: `a`'s MAE minus `b`'s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Rung name.
    pub a: String,
    /// Rung name.
    pub b: String,
    /// Mean difference.
    pub difference: f64,
    /// Lower end of the 95 % interval; NaN (null in files) where too little was judged to draw one.
    #[serde(with = "null")]
    pub low: f64,
    /// Upper end.
    #[serde(with = "null")]
    pub high: f64,
}

impl Pair {
    /// True when zero lies inside the interval: the two cannot be told apart on these windows.
    pub fn tie(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// Where a run came from: what makes it repeatable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The task's public word: `forecast`, `language-model` …
    pub task: String,
    /// Name of the data for people, such as "New England load".
    pub name: String,
    /// Hash of the bytes read, lower-case hex.
    pub sha256: String,
    /// Version of gyeol.
    pub version: String,
    /// Machine: processor, kernel path.
    pub machine: String,
    /// Threads used.
    pub threads: usize,
    /// Seed.
    pub seed: u64,
    /// The command that repeats it.
    pub command: String,
    /// The recipe with every value that holds, as TOML.
    pub recipe: String,
    /// Units (origins, lines, documents, rows) in a block of the bootstrap.
    pub bootstrap_block: usize,
    /// Draws of the bootstrap.
    pub bootstrap_draws: usize,
    /// Stretches of the test part that have nothing in common; of fewer than eight no interval is drawn.
    pub stretches: usize,
    /// Share of the best rung's error within which a plainer rung is enough.
    pub margin: f64,
}

/// What the ladder was climbed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Facts {
    /// Readings on a clock.
    Forecast(Box<ForecastFacts>),
    /// Texts.
    Words(Box<TextFacts>),
    /// Examples with a class or a number each.
    Examples(Box<ExampleFacts>),
    /// Anything else: facts of the data in order, and what was judged.
    Plain {
        /// The line under the title.
        deck: String,
        /// Facts of the data and the protocol in order.
        facts: Vec<Fact>,
        /// Test units judged.
        judged: u64,
    },
}

/// A remark to the reader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Rows ahead of known columns were given: a perfect forecast of them is assumed.
    KnownAhead,
    /// The built-in data.
    BuiltIn,
    /// A quick run on readings.
    Quick,
    /// A quick run on texts.
    QuickText,
    /// Nets beside counts, where texts have unknown words: how many of the test tokens, in hundredths.
    UnknownToNets(f64),
    /// A quick run on examples.
    QuickExamples,
    /// A rung of this name has the textbook's defaults by its name alone; `plain = true` says it.
    PlainByName(String),
    /// What reading decided, in words.
    Words(String),
    /// What was left out or held back, in words: it stands on the first page.
    Doubt(String),
}

/// A chapter of the page, in the order in which the task gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chapter {
    /// The answer in sentences and three figures.
    Answer,
    /// The rungs on a common axis, quality against cost.
    Ladder,
    /// Example days of a forecast.
    Days(Vec<DayExample>),
    /// Where a forecast errs.
    Errors,
    /// Series that are sums of others: errors by level.
    Levels,
    /// Learning curves and verdicts.
    Learning,
    /// Promised against measured coverage.
    Certainty,
    /// The table.
    Data(Box<DataChapter>),
    /// Settings against each other on the validation part.
    Grid(Grid),
    /// Test tokens by how often the training part has their word.
    Classes(Vec<FrequencyClass>),
    /// Lines of the test part word by word, and sentences that the rungs make up.
    Lines(Vec<LineExample>),
    /// The texts and their parts.
    Texts,
    /// The examples and their parts.
    Examples,
    /// Right against said.
    Confusion(Box<ConfusionChapter>),
    /// Test examples that were missed.
    Mistakes(Vec<Mistake>),
    /// The features that tell most.
    Telling(Vec<Telling>),
    /// Promised against measured probabilities.
    Calibration(Box<CalibrationChapter>),
    /// Truth against what was said.
    Residuals(Box<ResidualChapter>),
    /// The loss by the number of training examples.
    Sizes(Box<SizesChapter>),
    /// What a threshold by cost does.
    Costs(Box<CostsChapter>),
    /// Coefficients of least squares.
    Coefficients(Box<CoefficientsChapter>),
    /// Test pairs with what was made of them.
    Translations(Vec<TranslationExample>),
    /// Texts drawn for classes.
    Drawn(Box<DrawnChapter>),
    /// Test sequences with their labels, right and said.
    Labelled(Vec<TranslationExample>),
    /// Layers, counts and facts of the fits.
    Inside,
    /// What each rung saw, and the command that repeats it.
    Protocol,
}

/// Everything that a ladder's page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Where it came from.
    pub head: Head,
    /// What it was climbed on.
    pub facts: Facts,
    /// Metrics in the order of the page.
    pub metrics: Vec<String>,
    /// The metric that orders the rungs; less is better.
    pub metric: String,
    /// Unit of the metric, such as "MW"; empty where it has none.
    pub unit: String,
    /// Rungs from plain to complex.
    pub rungs: Vec<RungReport>,
    /// Index in `rungs` of the best by validation.
    pub best: usize,
    /// Paired differences of the metric on the test part: the best against each other rung, and all others.
    pub pairs: Vec<Pair>,
    /// The page.
    pub chapters: Vec<Chapter>,
    /// Remarks.
    pub notes: Vec<Note>,
}

impl Report {
    /// The chosen rung.
    pub fn best_rung(&self) -> &RungReport {
        &self.rungs[self.best]
    }

    /// Facts of a ladder of forecasts.
    pub fn forecast(&self) -> Option<&ForecastFacts> {
        match &self.facts {
            Facts::Forecast(facts) => Some(facts),
            _ => None,
        }
    }

    /// Facts of a ladder of examples.
    pub fn examples(&self) -> Option<&ExampleFacts> {
        match &self.facts {
            Facts::Examples(facts) => Some(facts),
            _ => None,
        }
    }

    /// Facts of a ladder of language models.
    pub fn words(&self) -> Option<&TextFacts> {
        match &self.facts {
            Facts::Words(facts) => Some(facts),
            _ => None,
        }
    }
}
