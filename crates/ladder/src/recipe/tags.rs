//! A recipe that labels every unit of a text, as plain values after the defaults were filled in.

use gyeol_neural::Cell;
use gyeol_sequence::{Form, TaggerParams};
use gyeol_text::corpus::{CorpusOptions, Format, Labels, Unit};
use serde::{Deserialize, Serialize};

use super::check::Lines;
use super::error::Result;
use super::keys::tags::SCHEMA;
use super::rules::{contradiction, rung_names};
use super::rung_kind;
use super::writer::{self, Comments};

/// Everything that a run on labelled units is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TagsRecipe {
    pub task: String,
    pub name: Option<String>,
    pub language: String,
    pub seed: u64,
    pub data: TagsData,
    pub split: TagsSplit,
    pub score: TagsScore,
    #[serde(rename = "rung", default)]
    pub rungs: Vec<TagsRung>,
}

/// `[data]`: the texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TagsData {
    pub file: String,
    pub labels: Form,
    pub column: Option<String>,
    pub format: Option<String>,
    pub encoding: Option<String>,
    pub most: Option<usize>,
    pub passage: usize,
    pub min_count: u64,
}

/// `[split]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TagsSplit {
    pub train: f64,
    pub valid: f64,
    pub test: f64,
}

/// `[score]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TagsScore {
    pub bootstrap_draws: usize,
    pub margin: f64,
}

/// `[[rung]]`: `None` is left to the ladder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TagsRung {
    pub name: String,
    pub units: Option<usize>,
    pub layers: Option<usize>,
    pub embedding: Option<usize>,
    pub dropout: Option<f64>,
    pub longest: Option<usize>,
    pub batch: Option<usize>,
    pub epochs: Option<usize>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
    pub clip: Option<f64>,
}

impl TagsRung {
    /// A rung with everything left to the ladder.
    pub fn named(name: &str) -> TagsRung {
        TagsRung { name: name.to_owned(), ..TagsRung::default() }
    }

    /// What a net is trained with: what is said here, else what suits so many training sequences and units.
    pub(crate) fn params(
        &self,
        sequences: usize,
        units: usize,
        seed: u64,
    ) -> gyeol_base::Result<TaggerParams> {
        let (cell, both) = match rung_kind(&self.name) {
            "bilstm" => (Cell::Lstm, true),
            cell => (cell.parse()?, false),
        };
        let suited = TaggerParams::suited(cell, both, sequences, units);
        let hidden = self.units.unwrap_or(suited.hidden);
        Ok(TaggerParams {
            hidden,
            layers: self.layers.unwrap_or(suited.layers),
            embedding: self.embedding.unwrap_or(hidden),
            dropout: self.dropout.unwrap_or(suited.dropout),
            longest: self.longest.unwrap_or(suited.longest),
            batch: self.batch.unwrap_or(suited.batch),
            epochs: self.epochs.unwrap_or(suited.epochs),
            learning_rate: self.learning_rate.unwrap_or(suited.learning_rate),
            weight_decay: self.weight_decay.unwrap_or(suited.weight_decay),
            clip: self.clip.unwrap_or(suited.clip),
            seed,
            ..suited
        })
    }
}

impl TagsRecipe {
    /// The rung on which the default ladder ends.
    pub const LAST_DEFAULT: &str = "bilstm";
    /// The default ladder.
    pub const DEFAULT: [&str; 6] = ["majority", "unigram", "window", "rnn", "lstm", "bilstm"];

    /// Reads a recipe from its text; `origin` is the name that errors give it.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str, origin: &str) -> Result<TagsRecipe> {
        let (recipe, lines): (TagsRecipe, _) = super::check::read(text, origin, &SCHEMA)?;
        recipe.rules(&lines)?;
        Ok(recipe)
    }

    /// Everything left to the defaults but the file and what is labelled.
    pub fn of(file: &str, labels: Form) -> TagsRecipe {
        let file_line = toml::Value::from(file);
        let text = format!("task = \"{}\"\n[data]\nfile = {file_line}\n", SCHEMA.task);
        // Every default is proven sound by a test.
        let mut recipe = TagsRecipe::parse(&text, "the default recipe")
            .unwrap_or_else(|_| unreachable!("the defaults of the keys are sound"));
        recipe.data.labels = labels;
        recipe
    }

    /// The recipe as TOML: every value that holds, in one order, so that equal recipes give equal texts.
    pub fn to_toml(&self) -> String {
        writer::write(self, &SCHEMA, &Comments::none())
    }

    /// What the report calls the texts: the given name, else the file's.
    pub fn title(&self) -> String {
        super::check::title(self.name.as_ref(), Some(&self.data.file))
    }

    /// How the file is read: texts, or lines of tokens.
    ///
    /// # Errors
    /// An unknown word, which a checked recipe does not have.
    pub fn corpus_options(&self) -> gyeol_text::Result<CorpusOptions> {
        let data = &self.data;
        let plain = CorpusOptions {
            labels: Labels::Ignored,
            encoding: data.encoding.clone(),
            ..CorpusOptions::default()
        };
        Ok(match data.labels {
            Form::Spacing | Form::SentenceEnds | Form::SentenceEndsByWord => CorpusOptions {
                format: data.format.as_deref().map(str::parse).transpose()?,
                text: data.column.clone(),
                ..plain
            },
            Form::Tokens => CorpusOptions { format: Some(Format::Text), unit: Some(Unit::Line), ..plain },
        })
    }

    fn rules(&self, lines: &Lines) -> Result<()> {
        let sum = self.split.train + self.split.valid + self.split.test;
        if (sum - 1.0).abs() > 1e-6 {
            return Err(contradiction(
                lines.place("split"),
                format!("the shares of [split] add up to {sum}"),
                "one of them changed alone",
                "let `train`, `valid` and `test` add up to 1",
            ));
        }
        if self.data.labels == Form::Tokens {
            for (key, given) in [("column", &self.data.column), ("format", &self.data.format)] {
                if given.is_some() {
                    return Err(contradiction(
                        lines.place(&format!("data.{key}")),
                        format!("`{key}` is set, and tagged tokens are lines with tabs"),
                        "a key of `labels = \"spacing\"`",
                        "leave it out",
                    ));
                }
            }
        }
        if let Some((i, rung)) = self.rungs.iter().enumerate().find(|(_, rung)| rung.name.contains('+')) {
            return Err(contradiction(
                lines.place(&format!("rung[{i}].name")),
                format!("`{}` joins rungs", rung.name),
                "labels are not mixed",
                "name one rung",
            ));
        }
        rung_names(self.rungs.iter().map(|rung| rung.name.as_str()), lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::AnyRecipe;
    use crate::recipe::keys::Kind;

    #[test]
    fn every_value_that_the_keys_allow_is_read_and_comes_back() {
        for key in SCHEMA.keys {
            let values: Vec<String> = match (key.name, key.kind) {
                ("task" | "file", _) => continue,
                (_, Kind::Choice(words)) => words.iter().map(|word| format!("\"{word}\"")).collect(),
                ("name", _) if key.section == "rung" => vec!["\"lstm:second\"".into()],
                ("train", _) => vec!["0.8".into()],
                ("valid" | "test", _) => vec!["0.1".into()],
                _ => vec![key.kind.example()],
            };
            for value in values {
                let data = "[data]\nfile = \"a.txt\"\n";
                let line = format!("{} = {value}\n", key.name);
                let text = match key.section {
                    "" => format!("task = \"tag\"\n{line}{data}"),
                    "data" => format!("task = \"tag\"\n{data}{line}"),
                    "rung" if key.name == "name" => format!("task = \"tag\"\n{data}[[rung]]\n{line}"),
                    "rung" => {
                        let name = key.of.last().unwrap();
                        format!("task = \"tag\"\n{data}[[rung]]\nname = \"{name}\"\n{line}")
                    }
                    section => format!("task = \"tag\"\n{data}[{section}]\n{line}"),
                };
                let recipe = TagsRecipe::parse(&text, "r.toml").unwrap_or_else(|e| panic!("{text}\n{e}"));
                assert_eq!(TagsRecipe::parse(&recipe.to_toml(), "again").unwrap(), recipe, "{text}");
            }
        }
        let any = AnyRecipe::parse("task = \"tag\"\n[data]\nfile = \"a.txt\"\n", "r.toml").unwrap();
        assert_eq!((any.language(), any.last_rung()), ("en", "bilstm"));
        assert_eq!(any, AnyRecipe::Tag(Box::new(TagsRecipe::of("a.txt", Form::Spacing))));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let says = |text: &str, word: &str| {
            let text = format!("task = \"tag\"\n[data]\n{text}");
            let message = TagsRecipe::parse(&text, "r.toml").expect_err(&text).to_string();
            assert!(message.contains(word), "{message:?} lacks {word:?}");
        };
        says("", "data.file");
        says("file = \"a\"\nlabels = \"tokens\"\ncolumn = \"b\"\n", "lines with tabs");
        says("file = \"a\"\n[split]\ntest = 0.3\n", "add up to 1.2");
        says("file = \"a\"\n[[rung]]\nname = \"crf\"\n", "majority, unigram");
    }
}
