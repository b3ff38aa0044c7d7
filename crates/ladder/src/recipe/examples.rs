//! A recipe that learns from examples as plain values, after the defaults were filled in.

use gyeol_data::ReadOptions;
use gyeol_supervised::Terms;
use gyeol_text::corpus::CorpusOptions;
use gyeol_text::prepare::PreparationParams;
use serde::{Deserialize, Serialize};

use super::check::Lines;
use super::error::{RecipeError, Result};
use super::keys::Schema;
use super::keys::examples::{CLASSIFY, REGRESS};
use super::rules::{bad, contradiction, mixtures, rung_names, vectors};
use super::writer::{self, Comments};

/// Everything that a run on a classifier or a regression is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct ExamplesRecipe {
    pub task: String,
    pub name: Option<String>,
    pub language: String,
    pub seed: u64,
    pub data: ExamplesData,
    pub columns: ColumnsOf,
    pub split: ExamplesSplit,
    pub text: ChainRecipe,
    pub score: ExamplesScore,
    #[serde(rename = "rung", default)]
    pub rungs: Vec<ExamplesRung>,
}

/// What the examples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExamplesKind {
    /// One text an example.
    Texts,
    /// The columns of a table.
    Table,
}

/// `[data]`: the examples.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct ExamplesData {
    pub file: Option<String>,
    pub train: Option<String>,
    pub valid: Option<String>,
    pub test: Option<String>,
    pub kind: Option<ExamplesKind>,
    pub column: Option<String>,
    pub label: Option<String>,
    pub format: Option<String>,
    pub encoding: Option<String>,
    pub delimiter: Option<String>,
    pub header: Option<bool>,
    pub skip: Option<usize>,
    pub decimal_comma: Option<bool>,
    pub date_format: Option<String>,
}

/// `[columns]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct ColumnsOf {
    pub ignored: Vec<String>,
    pub numbers: Vec<String>,
    pub levels: Vec<String>,
    pub most_levels: usize,
    pub rare: usize,
}

/// How examples are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExamplesSplitBy {
    /// Drawn, each class alike.
    Random,
    /// Of each class the first ones train and the last ones judge.
    Order,
    /// Drawn by groups.
    Group,
}

/// `[split]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct ExamplesSplit {
    pub by: ExamplesSplitBy,
    pub group: Option<String>,
    pub train: f64,
    pub valid: f64,
    pub test: f64,
    pub folds: Option<usize>,
    pub refit: bool,
}

/// `[text]`: the chain from text to tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct ChainRecipe {
    pub language: String,
    pub clean: Vec<String>,
    pub scheme: String,
    pub dictionary: Option<String>,
    pub normalise: Vec<String>,
    pub variants: Option<String>,
    pub stem: String,
    pub stop_words: Vec<String>,
    pub stop_above: Option<f64>,
}

/// `[score]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct ExamplesScore {
    pub metric: String,
    pub bootstrap_block: usize,
    pub bootstrap_draws: usize,
    pub margin: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<Vec<String>>,
}

/// `[[rung]]`: `None` is left to the ladder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct ExamplesRung {
    pub name: String,
    pub features: Option<Vec<String>>,
    pub weighing: Option<String>,
    pub min_documents: Option<u64>,
    pub max_terms: Option<usize>,
    pub c: Option<Vec<f64>>,
    pub l1_ratio: Option<f64>,
    pub class_weight: Option<String>,
    pub alpha: Option<Vec<f64>>,
    pub kind: Option<Vec<String>>,
    pub hidden: Option<Vec<usize>>,
    pub dimension: Option<usize>,
    pub unit: Option<Vec<String>>,
    pub min_count: Option<u64>,
    pub longest: Option<usize>,
    pub embedding: Option<usize>,
    pub vectors: Option<String>,
    pub vectors_format: Option<String>,
    pub units: Option<usize>,
    pub layers: Option<usize>,
    pub pooling: Option<String>,
    pub log_odds: Option<bool>,
    pub word_dropout: Option<f64>,
    pub pretrain: Option<usize>,
    pub learning_rate: Option<Vec<f64>>,
    pub dropout: Option<f64>,
    pub batch: Option<usize>,
    pub rounds: Option<usize>,
    pub leaves: Option<Vec<usize>>,
    pub min_rows: Option<usize>,
    pub epochs: Option<usize>,
    pub penalty: Option<Vec<f64>>,
    pub neighbours: Option<Vec<usize>>,
    pub search: Option<String>,
    pub trials: Option<usize>,
    pub draw_from: Option<String>,
    pub halving_from: Option<usize>,
}

impl ExamplesRung {
    /// A rung with everything left to the ladder.
    pub fn named(name: impl Into<String>) -> ExamplesRung {
        ExamplesRung { name: name.into(), ..ExamplesRung::default() }
    }
}

impl ExamplesRecipe {
    /// The schema of a task's word; `classify` for another.
    pub(crate) fn schema_of(task: &str) -> &'static Schema {
        if task == REGRESS.task { &REGRESS } else { &CLASSIFY }
    }

    fn schema(&self) -> &'static Schema {
        Self::schema_of(&self.task)
    }

    /// The metric that orders the rungs, by the name that scores give it.
    pub fn metric(&self) -> &'static str {
        match self.score.metric.as_str() {
            "balanced-error" => "balanced_error",
            "log-loss" => "log_loss",
            "cost" => "cost",
            "rmse" => "rmse",
            "mae" => "mae",
            _ => "error",
        }
    }

    /// Whether numbers come out, not classes.
    pub fn is_regression(&self) -> bool {
        self.task == REGRESS.task
    }

    /// Reads a recipe from its text; `origin` is the name that errors give it.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str, origin: &str) -> Result<ExamplesRecipe> {
        let named: toml::Table = text.parse().unwrap_or_default();
        let task = named.get("task").and_then(toml::Value::as_str).unwrap_or(CLASSIFY.task);
        let (recipe, lines): (ExamplesRecipe, _) = super::check::read(text, origin, Self::schema_of(task))?;
        recipe.rules(&lines)?;
        Ok(recipe)
    }

    /// Everything left to the defaults but the examples.
    pub fn of(file: &str, regression: bool) -> ExamplesRecipe {
        let schema = if regression { &REGRESS } else { &CLASSIFY };
        let mut recipe: ExamplesRecipe = super::check::left_out(schema);
        recipe.data.file = Some(file.to_owned());
        recipe
    }

    /// The recipe as TOML: every value that holds, in one order, so that equal recipes give equal texts.
    pub fn to_toml(&self) -> String {
        writer::write(self, self.schema(), &Comments::none())
    }

    /// The recipe with every key explained, under some lines about the examples.
    pub fn commented(&self, head: Vec<String>) -> String {
        writer::write(self, self.schema(), &Comments { head, keys: true, ..Comments::none() })
    }

    /// What the report calls the examples: the given name, else the file's.
    pub fn title(&self) -> String {
        super::check::title(self.name.as_ref(), self.data.file.as_ref().or(self.data.train.as_ref()))
    }

    /// Whether a rung is searched by successive halving, which has no folds.
    pub fn halves(&self) -> bool {
        self.rungs.iter().any(|rung| rung.search.as_deref() == Some("halving"))
    }

    /// The chain of `[text]`.
    pub fn preparation(&self) -> PreparationParams {
        let text = &self.text;
        PreparationParams {
            language: text.language.clone(),
            clean: text.clean.clone(),
            scheme: text.scheme.clone(),
            dictionary: text.dictionary.clone(),
            normalise: text.normalise.clone(),
            variants: text.variants.clone(),
            stem: if text.stem == "none" { String::new() } else { text.stem.clone() },
            stop_words: text.stop_words.clone(),
            stop_above: text.stop_above,
        }
    }

    fn delimiter(&self) -> Option<u8> {
        match self.data.delimiter.as_deref() {
            Some("tab") => Some(b'\t'),
            other => other.and_then(|text| text.bytes().next()),
        }
    }

    /// How files of texts are read.
    ///
    /// # Errors
    /// An unknown word, which a checked recipe does not have.
    pub fn corpus_options(&self) -> gyeol_text::Result<CorpusOptions> {
        let data = &self.data;
        Ok(CorpusOptions {
            format: data.format.as_deref().map(str::parse).transpose()?,
            text: data.column.clone(),
            label: data.label.clone(),
            encoding: data.encoding.clone(),
            delimiter: self.delimiter(),
            header: data.header,
            ..CorpusOptions::default()
        })
    }

    /// How tables are read.
    pub fn read_options(&self) -> ReadOptions {
        let data = &self.data;
        ReadOptions {
            delimiter: self.delimiter(),
            decimal_comma: data.decimal_comma,
            encoding: data.encoding.clone(),
            date_format: data.date_format.clone(),
            header: data.header,
            skip: data.skip,
            reshape: Some(false),
            labels: data.label.iter().cloned().collect(),
            ..ReadOptions::default()
        }
    }

    fn rules(&self, lines: &Lines) -> Result<()> {
        let data = &self.data;
        let parts = [("train", &data.train), ("valid", &data.valid), ("test", &data.test)];
        let given: Vec<&str> = parts.iter().filter(|(_, p)| p.is_some()).map(|(name, _)| *name).collect();
        if data.file.is_some() && !given.is_empty() {
            return Err(contradiction(
                lines.place(&format!("data.{}", given[0])),
                format!("`file` is to be split, and `{}` is a part already", given.join("`, `")),
                "two ways mixed",
                "give either `file`, or `train` and `test` (and `valid`)",
            ));
        }
        if data.file.is_none() && (data.train.is_none() || data.test.is_none()) {
            return Err(RecipeError::Missing {
                place: lines.place("data"),
                key: "data.file".into(),
                why: "the examples are in it; or give `train` and `test`".into(),
            });
        }
        for a in 0..3 {
            if let Some(b) = (a + 1..3).find(|&b| parts[a].1.is_some() && parts[a].1 == parts[b].1) {
                return Err(contradiction(
                    lines.place(&format!("data.{}", parts[b].0)),
                    format!("`{}` and `{}` are the same file", parts[a].0, parts[b].0),
                    "a line copied",
                    "give each part its own examples, or one `file` to be split",
                ));
            }
        }
        if data.delimiter.as_deref().is_some_and(|text| text != "tab" && text.len() != 1) {
            let problem = "it is not one plain character".to_owned();
            return Err(bad(
                lines.place("data.delimiter"),
                "data.delimiter",
                problem,
                "write `tab`, or one character",
            ));
        }
        if self.split.by == ExamplesSplitBy::Group && self.split.group.is_none() {
            return Err(RecipeError::Missing {
                place: lines.place("split"),
                key: "split.group".into(),
                why: "`by = \"group\"` draws by its values".into(),
            });
        }
        let sum = self.split.train + self.split.valid + self.split.test;
        if (sum - 1.0).abs() > 1e-6 {
            return Err(contradiction(
                lines.place("split"),
                format!("the shares of [split] add up to {sum}"),
                "one of them changed alone",
                "let `train`, `valid` and `test` add up to 1",
            ));
        }
        let chain = |e: gyeol_text::Error| {
            bad(lines.place("text"), "text", e.to_string(), "see `gyeol tokenize --help`")
        };
        self.preparation().check().map_err(chain)?;
        rung_names(self.rungs.iter().map(|rung| rung.name.as_str()), lines)?;
        mixtures(self.rungs.iter().map(|rung| rung.name.as_str()), "nbsvm+fasttext", lines)?;
        super::search::rules(self, lines)?;
        for (i, rung) in self.rungs.iter().enumerate() {
            let at = |key: &str| lines.place(&format!("rung[{i}].{key}"));
            vectors(rung.vectors.as_deref(), rung.vectors_format.as_deref(), i, lines)?;
            for terms in rung.features.iter().flatten() {
                terms.parse::<Terms>().map_err(|e| {
                    bad(at("features"), "rung.features", e.fault().found.clone(), e.fault().next.clone())
                })?;
            }
            for kind in rung.kind.iter().flatten() {
                const KINDS: [&str; 4] = ["multinomial", "complement", "bernoulli", "gaussian"];
                if !KINDS.contains(&kind.as_str()) {
                    let found = format!("\"{}\" is none of {}", kind.escape_debug(), KINDS.join(", "));
                    return Err(bad(at("kind"), "rung.kind", found, "name one of them"));
                }
            }
            for unit in rung.unit.iter().flatten() {
                const UNITS: [&str; 3] = ["word", "char", "jamo"];
                if !UNITS.contains(&unit.as_str()) {
                    let found = format!("\"{}\" is none of {}", unit.escape_debug(), UNITS.join(", "));
                    return Err(bad(at("unit"), "rung.unit", found, "name one of them"));
                }
            }
            for (key, empty) in [
                ("features", rung.features.as_ref().is_some_and(Vec::is_empty)),
                ("c", rung.c.as_ref().is_some_and(Vec::is_empty)),
                ("alpha", rung.alpha.as_ref().is_some_and(Vec::is_empty)),
                ("unit", rung.unit.as_ref().is_some_and(Vec::is_empty)),
                ("kind", rung.kind.as_ref().is_some_and(Vec::is_empty)),
                ("penalty", rung.penalty.as_ref().is_some_and(Vec::is_empty)),
                ("neighbours", rung.neighbours.as_ref().is_some_and(Vec::is_empty)),
                ("leaves", rung.leaves.as_ref().is_some_and(Vec::is_empty)),
                ("learning_rate", rung.learning_rate.as_ref().is_some_and(Vec::is_empty)),
            ] {
                if empty {
                    let next = "name one or more, or leave the key out";
                    return Err(bad(at(key), &format!("rung.{key}"), "it is empty".into(), next));
                }
            }
        }
        Ok(())
    }
}
