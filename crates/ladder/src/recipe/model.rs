//! A recipe as plain values, after the defaults were filled in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use gyeol_data::{Availability, CleanOp, ScalerKind};

/// The name under which the built-in power load goes as `data.file`.
pub const BUILTIN_POWER: &str = "builtin:power-load";

/// Everything that a run is told. Made by [`Recipe::parse`]; what each field means stands in the schema of its task, [`super::SCHEMAS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct Recipe {
    pub task: String,
    pub name: Option<String>,
    pub language: String,
    pub seed: u64,
    pub data: DataRecipe,
    pub columns: ColumnsRecipe,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub available: BTreeMap<String, Availability>,
    #[serde(default)]
    pub clean: Vec<CleanOp>,
    pub split: SplitRecipe,
    pub forecast: ForecastRecipe,
    pub calendar: CalendarRecipe,
    pub scale: ScaleRecipe,
    pub score: ScoreRecipe,
    #[serde(rename = "rung", default)]
    pub rungs: Vec<RungRecipe>,
}

/// `[data]`: the file, or the database, and how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DataWritten", into = "DataWritten")]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct DataRecipe {
    /// The file, or the address of the database without its password.
    pub file: String,
    /// What is read from the database.
    pub query: Option<String>,
    pub delimiter: Option<String>,
    pub decimal_comma: Option<bool>,
    pub encoding: Option<String>,
    pub date_format: Option<String>,
    pub header: Option<bool>,
    /// Lines above the table that are no part of it.
    pub skip: Option<usize>,
    /// Whether hours side by side or quantities below one another become rows per moment.
    pub reshape: Option<bool>,
    pub zone: Option<String>,
}

/// `[data]` as it is written: a file or a database.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataWritten {
    file: Option<String>,
    database: Option<String>,
    query: Option<String>,
    delimiter: Option<String>,
    decimal_comma: Option<bool>,
    encoding: Option<String>,
    date_format: Option<String>,
    header: Option<bool>,
    skip: Option<usize>,
    reshape: Option<bool>,
    zone: Option<String>,
}

impl TryFrom<DataWritten> for DataRecipe {
    type Error = gyeol_base::Error;

    fn try_from(written: DataWritten) -> gyeol_base::Result<DataRecipe> {
        let DataWritten { file, database, query, .. } = written;
        // A file has a default, which a database takes the place of; that both were given is refused by the rules.
        let named = database.or(file).unwrap_or_else(|| BUILTIN_POWER.to_owned());
        Ok(DataRecipe {
            file: gyeol_data::database::set_aside(&named)?,
            query,
            delimiter: written.delimiter,
            decimal_comma: written.decimal_comma,
            encoding: written.encoding,
            date_format: written.date_format,
            header: written.header,
            skip: written.skip,
            reshape: written.reshape,
            zone: written.zone,
        })
    }
}

impl From<DataRecipe> for DataWritten {
    fn from(data: DataRecipe) -> DataWritten {
        let (file, database) =
            if data.is_database() { (None, Some(data.file)) } else { (Some(data.file), None) };
        DataWritten {
            file,
            database,
            query: data.query,
            delimiter: data.delimiter,
            decimal_comma: data.decimal_comma,
            encoding: data.encoding,
            date_format: data.date_format,
            header: data.header,
            skip: data.skip,
            reshape: data.reshape,
            zone: data.zone,
        }
    }
}

impl DataRecipe {
    /// Whether the readings lie in a database.
    pub fn is_database(&self) -> bool {
        gyeol_data::database::is_database(&self.file)
    }

    /// Takes other readings: a query belongs to the database that it was written for.
    pub fn take(&mut self, file: &str) {
        file.clone_into(&mut self.file);
        self.query = None;
    }
}

/// `[columns]`: what each column is; `None` where it is to be found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct ColumnsRecipe {
    pub time: Option<String>,
    pub targets: Option<Vec<String>>,
    pub past: Option<Vec<String>>,
    pub known: Option<Vec<String>>,
    pub id: Option<String>,
    pub parents: Option<Vec<String>>,
    pub total_id: Option<String>,
    pub ignored: Vec<String>,
    pub unit: Option<String>,
}

/// How the borders of the parts are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitBy {
    /// Moments at which the parts begin.
    Dates,
    /// Shares of the rows.
    Shares,
    /// Numbers of rows.
    Rows,
}

/// `[split]`: train, validation and test, in the order of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct SplitRecipe {
    pub by: SplitBy,
    pub train_from: Option<String>,
    pub valid_from: Option<String>,
    pub test_from: Option<String>,
    pub end: Option<String>,
    pub train: Option<f64>,
    pub valid: Option<f64>,
    pub test: Option<f64>,
}

/// `[forecast]`: what is forecast from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct ForecastRecipe {
    pub look_back: usize,
    pub horizon: usize,
    pub seasons: Option<Vec<usize>>,
    pub stride: usize,
    pub interval: f64,
    pub quantiles: Vec<f64>,
    pub adaptive: bool,
    pub limit: Option<f64>,
    pub miss_cost: f64,
    pub known_ahead: bool,
    pub reconcile: Option<String>,
}

/// `[calendar]`: what is known of every hour ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct CalendarRecipe {
    pub features: bool,
    pub holidays: Option<HolidaysRecipe>,
    pub bridging: bool,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
}

/// Whose holidays count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HolidaysRecipe {
    /// A country by its two letters.
    Country(String),
    /// The days themselves, as `2014-12-25`.
    Dates(Vec<String>),
}

/// `[scale]`: how columns are scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct ScaleRecipe {
    pub kind: ScalerKind,
}

/// The error by which the validation part chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Mean absolute error.
    Mae,
    /// Mean squared error.
    Mse,
    /// Mean pinball loss over the quantiles.
    Pinball,
}

impl Metric {
    /// The name under which scores hold it.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Mae => "mae",
            Metric::Mse => "mse",
            Metric::Pinball => "crps",
        }
    }
}

/// `[score]`: how the rungs are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct ScoreRecipe {
    pub metric: Metric,
    pub scaled: bool,
    pub step: usize,
    pub at: Option<String>,
    pub origins: Option<usize>,
    pub refit: String,
    pub refit_rows: Option<usize>,
    pub bootstrap_block: Option<usize>,
    pub bootstrap_draws: usize,
    pub margin: f64,
}

impl ScoreRecipe {
    /// At which beginnings origins are judged, if not everywhere.
    pub fn at(&self) -> Option<gyeol_forecast::Every> {
        self.at.as_deref().and_then(gyeol_forecast::Every::named)
    }

    /// The schedule of fits on the way, if any.
    pub fn schedule(&self) -> Option<gyeol_forecast::Refit> {
        let every = gyeol_forecast::Every::named(&self.refit)?;
        Some(gyeol_forecast::Refit { every, window: self.refit_rows })
    }
}

/// `[[rung]]`: one rung and its hyper-parameters; `None` is left to the ladder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in KEYS")]
pub struct RungRecipe {
    pub name: String,
    pub plain: Option<bool>,
    pub season: Option<usize>,
    pub calendar: Option<bool>,
    pub season_values: Option<bool>,
    pub row_calendar: Option<bool>,
    pub centred: Option<bool>,
    pub base: Option<bool>,
    pub rounds: Option<usize>,
    pub leaves: Option<usize>,
    pub min_rows: Option<usize>,
    pub ridge: Option<Vec<f64>>,
    pub scenarios: Option<usize>,
    pub hidden: Option<usize>,
    pub layers: Option<usize>,
    pub head: Option<usize>,
    pub segment: Option<usize>,
    pub dropout: Option<f64>,
    pub epochs: Option<usize>,
    pub patience: Option<usize>,
    pub batch: Option<usize>,
    pub learning_rate: Option<f64>,
    pub schedule: Option<Schedule>,
    pub optimizer: Option<Optimizer>,
    pub weight_decay: Option<f64>,
    pub clip: Option<f64>,
    pub average: Option<f64>,
    pub loss: Option<Loss>,
    pub members: Option<usize>,
    pub series_embedding: Option<usize>,
}

impl RungRecipe {
    /// A rung with everything left to the ladder.
    pub fn named(name: impl Into<String>) -> RungRecipe {
        RungRecipe { name: name.into(), ..RungRecipe::default() }
    }

    /// The kind of rung: the name without its suffix, `lstm` for `lstm:plain`.
    pub fn kind(&self) -> &str {
        rung_kind(&self.name)
    }

    /// Whether a net has the textbook's defaults: `plain = true`, or, as the first version had it, a name that ends in
    /// `:plain`.
    pub fn is_plain(&self) -> bool {
        self.plain.unwrap_or_else(|| self.plain_by_name())
    }

    /// Whether the name alone says so.
    pub fn plain_by_name(&self) -> bool {
        self.plain.is_none() && self.name.ends_with(":plain")
    }
}

/// The kind of a rung that joins others by `+`.
pub(crate) const MIXTURE: &str = "mixture";

pub(crate) fn rung_kind(name: &str) -> &str {
    if name.contains('+') {
        return MIXTURE;
    }
    name.split_once(':').map_or(name, |(kind, _)| kind)
}

/// How the learning rate moves over the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words say it")]
pub enum Schedule {
    Constant,
    Cosine,
    OneCycle,
}

/// Which optimizer takes the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words say it")]
pub enum Optimizer {
    Sgd,
    Momentum,
    Nesterov,
    Adagrad,
    Rmsprop,
    Adam,
    #[serde(rename = "adamw")]
    AdamW,
}

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words say it")]
pub enum Loss {
    Mse,
    Mae,
    Huber,
}
