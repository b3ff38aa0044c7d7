//! What a model says it can do, and how it is asked.

use gyeol_base::{Error, Fault, Result};
use gyeol_data::Table;
use gyeol_forecast::Forecast;
use gyeol_tensor::Pool;
use serde::Serialize;
use serde_json::{Map, Value};

/// A verb that a model answers, with the schemas (JSON Schema) of what goes in and comes out.
#[derive(Debug, Clone)]
pub struct VerbSpec {
    /// Its name, in a route and at the prompt.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// True where a table of readings goes in, false for an object of JSON.
    pub table: bool,
    /// What goes in.
    pub input: Value,
    /// What comes out.
    pub output: Value,
}

/// What a model is asked with.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Readings.
    Table(Table),
    /// Readings, and a table of what is known of the rows ahead.
    Ahead(Box<(Table, Table)>),
    /// An object, as [`VerbSpec::input`] says.
    Json(Map<String, Value>),
}

/// What a model answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A forecast.
    Forecast(Forecast),
    /// An object, as [`VerbSpec::output`] says.
    Json(Value),
}

/// A model that can be asked.
pub trait Answers: Send + Sync {
    /// The verbs that it answers.
    fn verbs(&self) -> Vec<VerbSpec>;

    /// Answers a verb.
    ///
    /// # Errors
    /// A verb that it does not have (`no-such-verb`), an ask of another form (`wrong-shape`), and what the model says.
    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply>;

    /// Answers a verb and hands over parts of the answer as they are made, until `piece` is false: nobody listens any more.
    /// Most verbs are answered in one piece, by the reply alone.
    ///
    /// # Errors
    /// As [`Answers::answer`].
    fn answer_in_pieces(
        &self,
        verb: &str,
        ask: Ask,
        pool: &Pool,
        _piece: &mut dyn FnMut(Value) -> bool,
    ) -> Result<Reply> {
        self.answer(verb, ask, pool)
    }

    /// What readings must hold, for a model that reads a table.
    fn describe(&self) -> Option<Description> {
        None
    }

    /// Readings to try it with, where there are some at hand.
    fn sample(&self) -> Option<Table> {
        None
    }
}

/// What a model of readings wants and gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Description {
    /// The rung of the ladder: `lstm`, `linear` …
    pub rung: String,
    /// Name of the time column; `None` where rows are merely counted.
    pub time: Option<String>,
    /// Columns that are forecast.
    pub targets: Vec<String>,
    /// Columns known up to now only.
    pub past: Vec<String>,
    /// Columns known for the rows ahead too: rows after the last reading must hold them.
    pub known: Vec<String>,
    /// The column that tells several series apart.
    pub id: Option<String>,
    /// Distance of two rows, in words: `1 h`.
    pub step: String,
    /// Rows that a forecast looks back on.
    pub look_back: usize,
    /// Rows that are forecast.
    pub horizon: usize,
    /// Share of true values that the interval should hold.
    pub interval: f64,
    /// Levels of the quantiles that a forecast gives, ascending.
    pub quantiles: Vec<f64>,
    /// Unit of the targets.
    pub unit: Option<String>,
    /// Zone of times that carry none.
    pub zone: Option<String>,
}

impl Description {
    /// Every column that the model reads, with its role's word.
    pub fn columns(&self) -> Vec<(&str, &'static str)> {
        let mut columns: Vec<(&str, &'static str)> = Vec::new();
        columns.extend(self.time.iter().map(|name| (name.as_str(), "time")));
        columns.extend(self.id.iter().map(|name| (name.as_str(), "id")));
        columns.extend(self.targets.iter().map(|name| (name.as_str(), "target")));
        columns.extend(self.past.iter().map(|name| (name.as_str(), "past")));
        columns.extend(self.known.iter().map(|name| (name.as_str(), "known")));
        columns
    }
}

/// The error of a verb that a model does not have; `verbs` are those that it has.
pub(crate) fn no_such_verb(verb: &str, verbs: &[VerbSpec]) -> Error {
    let names: Vec<&str> = verbs.iter().map(|spec| spec.name).collect();
    Fault::new("no-such-verb", format!("this model does not answer '{}'", gyeol_base::shorten(verb, 40)))
        .next(format!("ask it by {}", names.join(", ")))
        .option()
}

/// The object of an ask.
pub(crate) fn object(ask: Ask) -> Result<Map<String, Value>> {
    match ask {
        Ask::Json(object) => Ok(object),
        Ask::Table(_) | Ask::Ahead(..) => {
            Err(wrong_shape("a table of readings was given, an object of JSON is needed".into()))
        }
    }
}

pub(crate) fn wrong_shape(found: String) -> Error {
    Fault::new("wrong-shape", found).next("see /openapi.json, or the verb's help").input()
}

/// Rows ahead were given to what does not forecast.
pub(crate) fn ahead_of_nothing() -> Error {
    wrong_shape("rows ahead were given, which go with a forecast".into())
}

/// Texts that are answered at once: each becomes an object of some kilobytes.
const MOST_TEXTS: usize = 10_000;

/// The texts under a key that must be there: one, or a list of up to [`MOST_TEXTS`].
pub(crate) fn texts(object: &Map<String, Value>, key: &str) -> Result<Vec<String>> {
    let found = match object.get(key) {
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(texts)) => texts.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    let found = found.ok_or_else(|| wrong_shape(format!("'{key}' must be a text or a list of texts")))?;
    if found.len() > MOST_TEXTS {
        let many = format!("{} texts, up to {MOST_TEXTS} are answered at once", found.len());
        return Err(Fault::new("too-many-texts", many).next("send them in parts").limit());
    }
    Ok(found)
}

/// The text under a key, empty where it is absent.
pub(crate) fn text(object: &Map<String, Value>, key: &str) -> Result<String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(wrong_shape(format!("'{key}' must be a text"))),
    }
}

/// The whole number under a key, `otherwise` where it is absent; at most `most`.
pub(crate) fn whole(object: &Map<String, Value>, key: &str, otherwise: u64, most: u64) -> Result<u64> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(otherwise),
        Some(value) => value
            .as_u64()
            .filter(|n| *n <= most)
            .ok_or_else(|| wrong_shape(format!("'{key}' must be a whole number up to {most}"))),
    }
}

/// The number under a key, `otherwise` where it is absent.
pub(crate) fn number(object: &Map<String, Value>, key: &str, otherwise: f64) -> Result<f64> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(otherwise),
        Some(value) => value.as_f64().ok_or_else(|| wrong_shape(format!("'{key}' must be a number"))),
    }
}
