//! A recipe of a translation as plain values, after the defaults were filled in.

use gyeol_judge::TranslationOrder;
use gyeol_neural::Cell;
use gyeol_neural::net::{Length, Score};
use gyeol_sequence::{Asked, TranslatorParams, Units};
use gyeol_text::corpus::{CorpusOptions, Format, Labels, Unit};
use serde::{Deserialize, Serialize};

use super::check::Lines;
use super::error::{RecipeError, Result};
use super::keys::pairs::SCHEMA;
use super::rules::{contradiction, rung_names};
use super::rung_kind;
use super::writer::{self, Comments};

/// Everything that a run on pairs of texts is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct PairsRecipe {
    pub task: String,
    pub name: Option<String>,
    pub language: String,
    pub seed: u64,
    pub data: PairsData,
    pub split: PairsSplit,
    pub text: PairsText,
    pub score: PairsScore,
    #[serde(rename = "rung", default)]
    pub rungs: Vec<PairsRung>,
}

/// `[data]`: the pairs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct PairsData {
    pub file: Option<String>,
    pub source: String,
    pub target: String,
    pub sources: Option<String>,
    pub targets: Option<String>,
    pub format: Option<String>,
    pub header: Option<bool>,
    pub encoding: Option<String>,
}

/// `[split]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct PairsSplit {
    pub by: Shared,
    pub train: f64,
    pub valid: f64,
    pub test: f64,
}

/// What holds pairs together when they are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shared {
    /// A text on either side.
    Texts,
    /// The target alone.
    Targets,
}

/// By which figure the rungs are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the key says what they are")]
pub enum PairsMetric {
    Bleu,
    Chrf,
    Exact,
    Perplexity,
}

impl PairsMetric {
    /// By what translations are ordered; none where targets are expected and nothing is translated.
    pub fn order(self) -> Option<TranslationOrder> {
        match self {
            PairsMetric::Bleu => Some(TranslationOrder::Bleu),
            PairsMetric::Chrf => Some(TranslationOrder::Chrf),
            PairsMetric::Exact => Some(TranslationOrder::Exact),
            PairsMetric::Perplexity => None,
        }
    }

    /// Name of the metric that falls as rungs get better.
    pub fn metric(self) -> &'static str {
        self.order().map_or("perplexity", TranslationOrder::metric)
    }
}

/// `[text]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct PairsText {
    pub source_units: Units,
    pub target_units: Units,
}

/// `[score]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct PairsScore {
    pub metric: PairsMetric,
    pub beam: usize,
    pub alpha: f64,
    pub samples: usize,
    pub bootstrap_draws: usize,
    pub margin: f64,
}

/// `[[rung]]`: `None` is left to the ladder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct PairsRung {
    pub name: String,
    pub order: Option<usize>,
    pub blind: Option<bool>,
    pub units: Option<usize>,
    pub layers: Option<usize>,
    pub embedding: Option<usize>,
    pub dropout: Option<f64>,
    pub attention: Option<Score>,
    pub bidirectional: Option<bool>,
    pub min_count: Option<u64>,
    pub vocabulary: Option<usize>,
    pub longest: Option<usize>,
    pub batch: Option<usize>,
    pub epochs: Option<usize>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
    pub clip: Option<f64>,
}

impl PairsRung {
    /// A rung with everything left to the ladder.
    pub fn named(name: &str) -> PairsRung {
        PairsRung { name: name.to_owned(), ..PairsRung::default() }
    }

    /// What a net is trained with: what is said here, else what suits so many training pairs.
    pub(crate) fn params(&self, units: (Units, Units), pairs: usize, seed: u64) -> TranslatorParams {
        let kind = rung_kind(&self.name);
        let attends = kind.ends_with("-attention");
        let suited = TranslatorParams::suited(units, pairs, attends);
        let hidden = self.units.unwrap_or(suited.hidden);
        TranslatorParams {
            cell: if kind.starts_with("gru") { Cell::Gru } else { Cell::Lstm },
            hidden,
            layers: self.layers.unwrap_or(suited.layers),
            embedding: self.embedding.unwrap_or((hidden / 2).max(1)),
            dropout: self.dropout.unwrap_or(suited.dropout),
            bidirectional: self.bidirectional.unwrap_or(suited.bidirectional),
            attention: suited.attention.map(|score| self.attention.unwrap_or(score)),
            blind: self.blind.unwrap_or(suited.blind),
            min_count: self.min_count.unwrap_or(suited.min_count),
            size: self.vocabulary.or(suited.size),
            longest: self.longest.unwrap_or(suited.longest),
            batch: self.batch.unwrap_or(suited.batch),
            epochs: self.epochs.unwrap_or(suited.epochs),
            learning_rate: self.learning_rate.unwrap_or(suited.learning_rate),
            weight_decay: self.weight_decay.unwrap_or(suited.weight_decay),
            clip: self.clip.unwrap_or(suited.clip),
            seed,
            ..suited
        }
    }
}

impl PairsRecipe {
    /// The default ladder of translations.
    const DEFAULT: [&str; 5] = ["copy", "frequent", "nearest", "lstm", "lstm-attention"];

    /// The rung on which the default ladder ends.
    pub(super) fn last_default(&self) -> &'static str {
        if self.score.metric == PairsMetric::Perplexity { "lstm" } else { "lstm-attention" }
    }

    /// The rungs to climb: those that are named, else the default ladder of the metric.
    pub fn ladder(&self) -> Vec<PairsRung> {
        if !self.rungs.is_empty() {
            return self.rungs.clone();
        }
        match self.score.metric {
            PairsMetric::Perplexity => vec![
                PairsRung::named("ngram"),
                PairsRung { blind: Some(true), ..PairsRung::named("lstm:blind") },
                PairsRung::named("lstm"),
            ],
            _ => PairsRecipe::DEFAULT.map(PairsRung::named).to_vec(),
        }
    }

    /// Reads a recipe from its text; `origin` is the name that errors give it.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str, origin: &str) -> Result<PairsRecipe> {
        let (recipe, lines): (PairsRecipe, _) = super::check::read(text, origin, &SCHEMA)?;
        recipe.rules(&lines)?;
        Ok(recipe)
    }

    /// Everything left to the defaults but the file.
    pub fn of(file: &str) -> PairsRecipe {
        let mut recipe: PairsRecipe = super::check::left_out(&SCHEMA);
        recipe.data.file = Some(file.to_owned());
        recipe
    }

    /// The recipe as TOML: every value that holds, in one order, so that equal recipes give equal texts.
    pub fn to_toml(&self) -> String {
        writer::write(self, &SCHEMA, &Comments::none())
    }

    /// What the report calls the pairs: the given name, else the file's.
    pub fn title(&self) -> String {
        super::check::title(self.name.as_ref(), self.data.file.as_ref().or(self.data.sources.as_ref()))
    }

    /// Units of the source and of the target.
    pub fn units(&self) -> (Units, Units) {
        (self.text.source_units, self.text.target_units)
    }

    /// How nets are asked.
    pub fn asked(&self) -> Asked {
        Asked { beam: self.score.beam, length: Length::Gnmt(self.score.alpha), ..Asked::default() }
    }

    /// How the file of pairs is read: the source is its text, the target its label.
    ///
    /// # Errors
    /// An unknown word, which a checked recipe does not have.
    pub fn pairs_options(&self) -> gyeol_text::Result<CorpusOptions> {
        let data = &self.data;
        let numbers = [&data.source, &data.target].iter().all(|name| name.parse::<u32>().is_ok());
        Ok(CorpusOptions {
            format: data.format.as_deref().map(str::parse).transpose()?,
            text: Some(data.source.clone()),
            label: Some(data.target.clone()),
            labels: Labels::Kept,
            header: data.header.or(numbers.then_some(false)),
            encoding: data.encoding.clone(),
            // Every target is another label: in small blocks they are found quickly.
            block_bytes: 1 << 15,
            ..CorpusOptions::default()
        })
    }

    /// How files of lines are read.
    pub fn lines_options(&self) -> CorpusOptions {
        CorpusOptions {
            format: Some(Format::Text),
            unit: Some(Unit::Line),
            labels: Labels::Ignored,
            encoding: self.data.encoding.clone(),
            ..CorpusOptions::default()
        }
    }

    fn rules(&self, lines: &Lines) -> Result<()> {
        let data = &self.data;
        let files = [("sources", &data.sources), ("targets", &data.targets)];
        let given: Vec<&str> = files.iter().filter(|(_, f)| f.is_some()).map(|(name, _)| *name).collect();
        if data.file.is_some() && !given.is_empty() {
            return Err(contradiction(
                lines.place(&format!("data.{}", given[0])),
                format!("`file` holds both sides, and `{}` is given too", given.join("`, `")),
                "two ways mixed",
                "give either `file`, or `sources` and `targets`",
            ));
        }
        if data.file.is_none() && given.len() < 2 {
            return Err(RecipeError::Missing {
                place: lines.place("data"),
                key: "data.file".into(),
                why: match given.first() {
                    None => "the pairs are in it; or give `sources` and `targets`".into(),
                    Some(one) => format!("`{one}` alone is given; both sides are needed"),
                },
            });
        }
        if data.sources.is_some() && data.sources == data.targets {
            return Err(contradiction(
                lines.place("data.targets"),
                "`sources` and `targets` are the same file".into(),
                "a line copied",
                "give each side its own file",
            ));
        }
        if data.file.is_some() && data.source == data.target {
            return Err(contradiction(
                lines.place("data.target"),
                format!("source and target are both column \"{}\"", data.source),
                "a line copied",
                "name the column of each side",
            ));
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
        for (i, rung) in self.rungs.iter().enumerate() {
            if rung.name.contains('+') {
                return Err(contradiction(
                    lines.place(&format!("rung[{i}].name")),
                    format!("`{}` joins rungs", rung.name),
                    "translations are not mixed",
                    "name one rung",
                ));
            }
            let kind = rung_kind(&rung.name);
            let expects = self.score.metric == PairsMetric::Perplexity;
            let refused = match (expects, kind) {
                (true, "copy" | "frequent" | "nearest") => {
                    Some(("gives a text no probability", "the metric is perplexity"))
                }
                (false, "ngram") => Some(("reads no source", "the metric asks for translations")),
                _ => None,
            };
            if let Some((what, cause)) = refused {
                let next = "leave the rung out, or choose another `metric` in [score]";
                let place = lines.place(&format!("rung[{i}].name"));
                return Err(contradiction(place, format!("`{kind}` {what}"), cause, next));
            }
            let of = |rung: &PairsRung| (rung.min_count, rung.vocabulary, rung.longest);
            if expects && of(rung) != of(&self.rungs[0]) {
                return Err(contradiction(
                    lines.place(&format!("rung[{i}]")),
                    "its `min_count`, `vocabulary` or `longest` is not that of the first rung".to_owned(),
                    "perplexities over different vocabularies cannot be compared",
                    "write the same for every rung, or leave it out of all",
                ));
            }
            let attends = kind.ends_with("-attention");
            let both = rung.bidirectional.unwrap_or(attends);
            if let Some(units) = rung.units.filter(|units| both && !units.is_multiple_of(2)) {
                return Err(contradiction(
                    lines.place(&format!("rung[{i}].units")),
                    format!("{units} units cannot be halved between two directions"),
                    "`bidirectional` gives half of the units to each",
                    "give an even number",
                ));
            }
        }
        rung_names(self.rungs.iter().map(|rung| rung.name.as_str()), lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::AnyRecipe;
    use crate::recipe::keys::Kind;

    fn parse(text: &str) -> Result<PairsRecipe> {
        PairsRecipe::parse(&format!("task = \"translate\"\n{text}"), "r.toml")
    }

    #[test]
    fn every_value_that_the_keys_allow_is_read_and_comes_back() {
        for key in SCHEMA.keys {
            let values: Vec<String> = match (key.name, key.kind) {
                ("task" | "file" | "sources" | "targets", _) => continue,
                (_, Kind::Choice(words)) => words.iter().map(|word| format!("\"{word}\"")).collect(),
                ("name", _) if key.section == "rung" => vec!["\"lstm:second\"".into()],
                ("train", _) => vec!["0.8".into()],
                ("valid" | "test", _) => vec!["0.1".into()],
                ("units", _) => vec!["64".into()],
                _ => vec![key.kind.example()],
            };
            for value in values {
                let data = "[data]\nfile = \"a.tsv\"\n";
                let line = format!("{} = {value}\n", key.name);
                let text = match key.section {
                    "" => format!("{line}{data}"),
                    "data" => format!("{data}{line}"),
                    "rung" if key.name == "name" => format!("{data}[[rung]]\n{line}"),
                    "rung" => {
                        let of = key.of.last().unwrap();
                        let score = if *of == "ngram" { "[score]\nmetric = \"perplexity\"\n" } else { "" };
                        format!("{data}{score}[[rung]]\nname = \"{of}\"\n{line}")
                    }
                    section => format!("{data}[{section}]\n{line}"),
                };
                let recipe = parse(&text).unwrap_or_else(|e| panic!("{text}\n{e}"));
                assert_eq!(PairsRecipe::parse(&recipe.to_toml(), "again").unwrap(), recipe, "{text}");
            }
        }
        let any = AnyRecipe::parse("task = \"translate\"\n[data]\nfile = \"a.tsv\"\n", "r.toml").unwrap();
        assert_eq!((any.language(), any.last_rung()), ("en", "lstm-attention"));
        assert_eq!(any, AnyRecipe::Translate(Box::new(PairsRecipe::of("a.tsv"))));
    }

    #[test]
    fn what_does_not_fit_is_said_with_its_line() {
        let says = |text: &str, words: &[&str]| {
            let message = parse(text).expect_err(text).to_string();
            for word in words {
                assert!(message.contains(word), "{message:?} lacks {word:?}");
            }
        };
        let data = "[data]\nfile = \"a.tsv\"\n";
        says("", &["data.file"]);
        says("[data]\nsources = \"a\"\n", &["`sources` alone"]);
        says("[data]\nsources = \"a\"\ntargets = \"a\"\n", &["same file"]);
        says(&format!("{data}sources = \"b\"\n"), &["line 4", "both sides"]);
        says(&format!("{data}source = \"2\"\n"), &["both column \"2\""]);
        says(&format!("{data}[split]\ntrain = 0.9\n"), &["add up to 1.1"]);
        says(&format!("{data}[[rung]]\nname = \"transformer\"\n"), &["transformer", "copy, frequent"]);
        says(&format!("{data}[[rung]]\nname = \"lstm\"\nattention = \"dot\"\n"), &["no such thing"]);
        says(&format!("{data}[[rung]]\nname = \"lstm-attention\"\nunits = 5\n"), &["line 6", "halved"]);
    }
}
