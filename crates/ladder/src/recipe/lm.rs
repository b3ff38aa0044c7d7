//! A recipe of a language model as plain values, after the defaults were filled in.

use gyeol_lm::NeuralCacheLm;
use gyeol_ngram::Smoothing;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_text::prepare::PreparationParams;
use serde::{Deserialize, Serialize};

use super::check::Lines;
use super::error::{RecipeError, Result};
use super::keys::lm::{READERS, RECURRENT, SCHEMA};
use super::rules::{bad, contradiction, mixtures, rung_names, vectors};
use super::writer::{self, Comments};

/// Everything that a run on a language model is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct LmRecipe {
    pub task: String,
    pub name: Option<String>,
    pub language: String,
    pub seed: u64,
    pub data: TextsRecipe,
    pub split: TextSplitRecipe,
    pub text: TextRecipe,
    pub vocabulary: VocabularyRecipe,
    pub compare: CompareRecipe,
    pub score: LmScoreRecipe,
    #[serde(rename = "rung", default)]
    pub rungs: Vec<LmRung>,
}

/// `[data]`: the texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TextsRecipe {
    pub file: Option<String>,
    pub train: Option<String>,
    pub valid: Option<String>,
    pub test: Option<String>,
    pub format: Option<String>,
    pub column: Option<String>,
    pub document: Option<String>,
    pub encoding: Option<String>,
    pub delimiter: Option<String>,
}

/// How texts are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextSplitBy {
    /// First texts train, last ones judge.
    Order,
    /// Drawn by the text itself.
    Random,
}

/// `[split]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TextSplitRecipe {
    pub by: TextSplitBy,
    pub train: f64,
    pub valid: f64,
    pub test: f64,
}

/// `[text]`: the chain from text to tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct TextRecipe {
    pub language: String,
    pub sentences: bool,
    pub clean: Vec<String>,
    pub scheme: String,
    pub dictionary: Option<String>,
    pub normalise: Vec<String>,
    pub variants: Option<String>,
    pub stem: String,
    pub stop_words: Vec<String>,
    pub stop_above: Option<f64>,
}

/// `[vocabulary]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct VocabularyRecipe {
    pub size: Option<usize>,
    pub min_count: u64,
    pub unknown: String,
}

/// `[compare]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct CompareRecipe {
    pub orders: Vec<usize>,
    pub smoothings: Vec<String>,
}

/// `[score]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct LmScoreRecipe {
    pub protocol: String,
    pub bootstrap_block: usize,
    pub bootstrap_draws: usize,
    pub margin: f64,
}

/// `[[rung]]`: `None` is left to the ladder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is documented once, in the keys of the task")]
pub struct LmRung {
    pub name: String,
    pub order: Option<Vec<usize>>,
    pub smoothing: Option<Vec<String>>,
    pub prune: Option<Vec<u32>>,
    pub entropy_prune: Option<f64>,
    pub net: Option<String>,
    pub size: Option<Vec<usize>>,
    pub theta: Option<Vec<f64>>,
    pub rate: Option<Vec<f64>>,
    pub pull: Option<Vec<f64>>,
    pub window: Option<usize>,
    pub context: Option<usize>,
    pub units: Option<usize>,
    pub layers: Option<usize>,
    pub embedding: Option<usize>,
    pub vectors: Option<String>,
    pub vectors_format: Option<String>,
    pub dropout: Option<f64>,
    pub locked: Option<bool>,
    pub recurrent_dropout: Option<f64>,
    pub word_dropout: Option<f64>,
    pub softmax: Option<String>,
    pub samples: Option<usize>,
    pub tied: Option<bool>,
    pub batch: Option<usize>,
    pub steps: Option<usize>,
    pub epochs: Option<usize>,
    pub optimizer: Option<String>,
    pub schedule: Option<String>,
    pub average_after: Option<usize>,
    pub precision: Option<String>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
    pub clip: Option<f64>,
}

impl LmRung {
    /// A rung with everything left to the ladder.
    pub fn named(name: impl Into<String>) -> LmRung {
        LmRung { name: name.into(), ..LmRung::default() }
    }
}

impl LmRecipe {
    /// The net that a rung reads with: the one it names, or else the last recurrent one before it.
    pub fn net_of(&self, rung: usize) -> Option<&str> {
        let before = self.rungs.iter().take(rung).map(|rung| rung.name.as_str());
        let mut nets = before.filter(|name| RECURRENT.contains(&super::rung_kind(name)));
        match &self.rungs.get(rung)?.net {
            Some(named) => nets.find(|name| name == named),
            None => nets.next_back(),
        }
    }

    /// The rung on which the default ladder ends.
    pub const LAST_DEFAULT: &str = "ngram";

    /// Reads a recipe from its text; `origin` is the name that errors give it.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str, origin: &str) -> Result<LmRecipe> {
        let (recipe, lines): (LmRecipe, _) = super::check::read(text, origin, &SCHEMA)?;
        recipe.rules(&lines)?;
        Ok(recipe)
    }

    /// Everything left to the defaults but the texts.
    pub fn of(file: &str) -> LmRecipe {
        let mut recipe: LmRecipe = super::check::left_out(&SCHEMA);
        recipe.data.file = Some(file.to_owned());
        recipe
    }

    /// The recipe that fits a file of texts: texts whose punctuation stands apart already are cut at spaces alone.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn fitting(file: &str) -> gyeol_text::Result<LmRecipe> {
        let mut recipe = LmRecipe::of(file);
        let (mut apart, mut marks, mut seen) = (0u32, 0u32, 0u32);
        let looked = Corpus::open(file, CorpusOptions::default())?.each(|document| {
            let text = document.text.as_bytes();
            for at in memchr::memchr2_iter(b'.', b',', text) {
                let between =
                    |i: Option<usize>| i.and_then(|i| text.get(i)).is_none_or(|b| b.is_ascii_whitespace());
                let ends = between(Some(at + 1));
                marks += u32::from(ends);
                apart += u32::from(ends && between(at.checked_sub(1)));
            }
            seen += 1;
            if seen < 2000 { Ok(()) } else { Err(gyeol_text::Error::stopped()) }
        });
        match looked {
            Err(e) if e.code() != "stopped" => return Err(e),
            _ => {}
        }
        if marks >= 20 && apart * 10 > marks * 9 {
            recipe.text.scheme = "whitespace".into();
        }
        Ok(recipe)
    }

    /// The recipe as TOML: every value that holds, in one order, so that equal recipes give equal texts.
    pub fn to_toml(&self) -> String {
        writer::write(self, &SCHEMA, &Comments::none())
    }

    /// The recipe with every key explained, under some lines about the texts.
    pub fn commented(&self, head: Vec<String>) -> String {
        writer::write(self, &SCHEMA, &Comments { head, keys: true, ..Comments::none() })
    }

    /// What the report calls the texts: the given name, else the file's.
    pub fn title(&self) -> String {
        super::check::title(self.name.as_ref(), self.data.file.as_ref().or(self.data.train.as_ref()))
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

    /// How the files are read.
    ///
    /// # Errors
    /// An unknown word, which a checked recipe does not have.
    pub fn corpus_options(&self) -> gyeol_text::Result<CorpusOptions> {
        let data = &self.data;
        Ok(CorpusOptions {
            format: data.format.as_deref().map(str::parse).transpose()?,
            unit: data.document.as_deref().map(str::parse).transpose()?,
            text: data.column.clone(),
            encoding: data.encoding.clone(),
            delimiter: match data.delimiter.as_deref() {
                Some("tab") => Some(b'\t'),
                other => other.and_then(|text| text.bytes().next()),
            },
            ..CorpusOptions::default()
        })
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
                "give either `file`, or `train`, `valid` and `test`",
            ));
        }
        if data.file.is_none() && given.len() < 3 {
            let missing: Vec<&str> =
                parts.iter().filter(|(_, p)| p.is_none()).map(|(name, _)| *name).collect();
            return Err(RecipeError::Missing {
                place: lines.place("data"),
                key: "data.file".into(),
                why: if given.is_empty() {
                    "the texts are in it; or give `train`, `valid` and `test`".into()
                } else {
                    format!("`{}` is given, but not `{}`", given.join("`, `"), missing.join("`, `"))
                },
            });
        }
        for a in 0..3 {
            if let Some(b) = (a + 1..3).find(|&b| parts[a].1.is_some() && parts[a].1 == parts[b].1) {
                return Err(contradiction(
                    lines.place(&format!("data.{}", parts[b].0)),
                    format!("`{}` and `{}` are the same file", parts[a].0, parts[b].0),
                    "a line copied",
                    "give each part its own texts, or one `file` to be split",
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
        for (i, rung) in self.rungs.iter().enumerate() {
            let kind = super::rung_kind(&rung.name);
            if (kind == "cache" || READERS.contains(&kind)) && self.score.protocol != "stream" {
                return Err(contradiction(
                    lines.place(&format!("rung[{i}].name")),
                    format!("`{kind}` goes on from the lines before, and lines are read each alone"),
                    "`protocol` under [score] is \"sentence\" where it is left out",
                    format!("write `protocol = \"stream\"` under [score], or leave out `{kind}`"),
                ));
            }
            if kind == "neural-cache" && rung.size.iter().flatten().any(|&size| size > NeuralCacheLm::MOST) {
                return Err(bad(
                    lines.place(&format!("rung[{i}].size")),
                    "rung.size",
                    format!("a cache of states holds {} words at most", NeuralCacheLm::MOST),
                    "give smaller sizes; 2000 is often enough",
                ));
            }
            if READERS.contains(&kind) && self.net_of(i).is_none() {
                let named = rung.net.as_ref().map(|name| format!(" called \"{}\"", name.escape_debug()));
                return Err(contradiction(
                    lines.place(&format!("rung[{i}].{}", if rung.net.is_some() { "net" } else { "name" })),
                    format!("no recurrent net{} stands before `{kind}`", named.unwrap_or_default()),
                    "it reads with a net that another rung trains",
                    format!("put a rung such as `lstm` before it, or one of {}", RECURRENT.join(", ")),
                ));
            }
            vectors(rung.vectors.as_deref(), rung.vectors_format.as_deref(), i, lines)?;
            let sampled = rung.softmax.as_deref() == Some("sampled");
            if rung.samples.is_some() && !sampled {
                return Err(contradiction(
                    lines.place(&format!("rung[{i}].samples")),
                    "`samples` of a softmax that draws none".into(),
                    "`softmax = \"sampled\"` was left out",
                    "write it, or leave `samples` out",
                ));
            }
            if sampled && !RECURRENT.contains(&kind) {
                return Err(contradiction(
                    lines.place(&format!("rung[{i}].softmax")),
                    format!("`{kind}` learns over all words"),
                    "nets that carry a state alone learn by samples",
                    "write `softmax = \"full\"` or `softmax = \"adaptive\"`",
                ));
            }
            if rung.tied == Some(true) && rung.softmax.as_deref() == Some("adaptive") {
                return Err(contradiction(
                    lines.place(&format!("rung[{i}].tied")),
                    "embeddings cannot be the weights of an adaptive softmax".into(),
                    "its clusters are narrower than an embedding",
                    "leave out `tied`, or write `softmax = \"full\"`",
                ));
            }
        }
        let smoothings = |path: String, key: &str, names: &[String]| {
            for name in names {
                name.parse::<Smoothing>()
                    .map_err(|e| bad(lines.place(&path), key, e.to_string(), "name one of them"))?;
                if name == "maximum-likelihood" || name == "stupid-back-off" {
                    return Err(contradiction(
                        lines.place(&path),
                        format!("`{name}` has no perplexity on other texts"),
                        "it gives no mass to what was not seen, or its scores do not sum to one",
                        "take another smoothing; `gyeol ngram` fits this one",
                    ));
                }
            }
            Ok(())
        };
        smoothings("compare.smoothings".into(), "compare.smoothings", &self.compare.smoothings)?;
        rung_names(self.rungs.iter().map(|rung| rung.name.as_str()), lines)?;
        mixtures(self.rungs.iter().map(|rung| rung.name.as_str()), "ngram+lstm", lines)?;
        for (i, rung) in self.rungs.iter().enumerate() {
            let path = |key: &str| format!("rung[{i}].{key}");
            smoothings(path("smoothing"), "rung.smoothing", rung.smoothing.as_deref().unwrap_or_default())?;
            for (key, empty) in [
                ("order", rung.order.as_ref().is_some_and(Vec::is_empty)),
                ("smoothing", rung.smoothing.as_ref().is_some_and(Vec::is_empty)),
            ] {
                if empty {
                    let next = "name one or more, or leave the key out";
                    return Err(bad(
                        lines.place(&path(key)),
                        &format!("rung.{key}"),
                        "it is empty".into(),
                        next,
                    ));
                }
            }
            if let (Some(prune), Some(orders)) = (&rung.prune, &rung.order)
                && let Some(least) = orders.iter().min()
                && prune.len() > *least
            {
                return Err(contradiction(
                    lines.place(&path("prune")),
                    format!("{} thresholds for a model of order {least}", prune.len()),
                    "there is one threshold an order, from 1",
                    "leave some out",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Kind;
    use super::super::{AnyRecipe, Recipe};
    use super::*;

    fn parse(text: &str) -> Result<LmRecipe> {
        LmRecipe::parse(&format!("task = \"language-model\"\n{text}"), "r.toml")
    }

    fn says(text: &str, words: &[&str]) {
        let message = parse(text).expect_err(text).to_string();
        for word in words {
            assert!(message.contains(word), "{message:?} lacks {word:?}");
        }
    }

    #[test]
    fn every_value_that_the_keys_allow_is_read_and_comes_back() {
        for key in SCHEMA.keys {
            let values: Vec<String> = match (key.name, key.kind) {
                ("task" | "file" | "train" | "valid" | "test" | "dictionary" | "vectors_format", _) => {
                    continue;
                }
                (_, Kind::Choice(words)) => words.iter().map(|word| format!("\"{word}\"")).collect(),
                ("scheme", _) => vec!["\"treebank\"".into()],
                ("clean", _) => vec!["[\"html\"]".into()],
                ("normalise", _) => vec!["[\"nfc\", \"lower\"]".into()],
                ("variants", _) => vec!["\"kWh\\tkilowatt hour\"".into()],
                ("stem", _) => vec!["\"lemma\"".into()],
                ("delimiter", _) => vec!["\"tab\"".into()],
                ("smoothing" | "smoothings", _) => vec!["[\"katz\", \"witten-bell\"]".into()],
                ("name", _) if key.section == "rung" => vec!["\"ngram:second\"".into()],
                ("prune", _) => vec!["[0, 1]".into()],
                ("net", _) => vec!["\"lstm\"".into()],
                // By itself it contradicts the softmax that is left out.
                ("samples", _) => vec!["9\nsoftmax = \"sampled\"".into()],
                _ => vec![key.kind.example()],
            };
            for value in values {
                let head = match key.section {
                    "" | "data" => String::new(),
                    "rung" if key.name == "name" => "[[rung]]\n".into(),
                    "rung" if key.of.iter().any(|of| *of == "cache" || READERS.contains(of)) => format!(
                        "[score]\nprotocol = \"stream\"\n[[rung]]\nname = \"lstm\"\n[[rung]]\nname = \"{}\"\n",
                        key.of[0]
                    ),
                    "rung" => format!("[[rung]]\nname = \"{}\"\n", key.of.last().unwrap_or(&"ngram")),
                    section => format!("[{section}]\n"),
                };
                let line = format!("{} = {value}\n", key.name);
                let data = "[data]\nfile = \"a.txt\"\n";
                let text = match key.section {
                    "" => format!("{line}{data}"),
                    "data" => format!("{data}{line}"),
                    _ => format!("{data}{head}{line}"),
                };
                let recipe = parse(&text).unwrap_or_else(|e| panic!("{text}\n{e}"));
                let again = LmRecipe::parse(&recipe.to_toml(), "again").unwrap();
                assert_eq!(again, recipe, "{text}");
            }
        }
    }

    #[test]
    fn the_recipe_of_a_file_comes_back_from_its_comments() {
        let recipe = LmRecipe::of("a.txt");
        let text = recipe.commented(vec!["Hello.".into()]);
        let AnyRecipe::LanguageModel(again) = AnyRecipe::parse(&text, "r.toml").unwrap() else {
            panic!("{text}")
        };
        assert_eq!(*again, recipe);
        assert!(text.starts_with("# Hello.\n") && text.contains("# [[rung]]"));
    }

    #[test]
    fn what_does_not_fit_is_said_with_its_line() {
        let data = "[data]\nfile = \"a.txt\"\n";
        says("", &["data.file", "train"]);
        says("[data]\ntrain = \"a\"\n", &["`train` is given", "valid"]);
        says("[data]\nfile = \"a\"\ntest = \"b\"\n", &["line 4", "part already"]);
        says("[data]\ntrain = \"a\"\nvalid = \"b\"\ntest = \"a\"\n", &["same file"]);
        says(&format!("{data}[split]\ntrain = 0.9\n"), &["add up to 1.1"]);
        says(&format!("{data}[text]\nscheme = \"words\"\n"), &["line 4", "no scheme"]);
        says(&format!("{data}[text]\nnormalise = [\"upper\"]\n"), &["no step"]);
        says(&format!("{data}[compare]\nsmoothings = [\"none\"]\n"), &["not known", "modified-kneser-ney"]);
        says(
            &format!("{data}[[rung]]\nname = \"ngram\"\nsmoothing = \"stupid-back-off\"\n"),
            &["line 6", "no perplexity"],
        );
        says(&format!("{data}[[rung]]\nname = \"transformer\"\n"), &["transformer", "unigram, ngram"]);
        says(&format!("{data}[[rung]]\nname = \"lstm\"\norder = 3\n"), &["no such thing"]);
        says(&format!("{data}[[rung]]\nname = \"ngram+lstm\"\n"), &["does not join rungs"]);
        says(&format!("{data}[[rung]]\nname = \"unigram\"\norder = 2\n"), &["no such thing"]);
        let samples = format!("{data}[[rung]]\nname = \"lstm\"\nsamples = 9\n");
        says(&samples, &["line 6", "draws none"]);
        let nnlm = format!("{data}[[rung]]\nname = \"nnlm\"\nsoftmax = \"sampled\"\n");
        says(&nnlm, &["line 6", "over all words"]);
        says(&format!("{data}[[rung]]\nname = \"ngram\"\nvectors = \"v\"\n"), &["no such thing"]);
        says(
            &format!("{data}[[rung]]\nname = \"gru\"\nvectors_format = \"glove\"\n"),
            &["line 6", "without a file", "vectors = "],
        );
        says(&format!("{data}[[rung]]\nname = \"ngram\"\n[[rung]]\nname = \"ngram\"\n"), &["stands twice"]);
        says(&format!("{data}[[rung]]\nname = \"ngram\"\norder = []\n"), &["it is empty"]);
        says(&format!("{data}[[rung]]\nname = \"ngram\"\norder = 2\nprune = [0, 1, 1]\n"), &["3 thresholds"]);
        let stream = format!("{data}[score]\nprotocol = \"stream\"\n");
        let cache = "[[rung]]\nname = \"neural-cache\"\n";
        let lstm = "[[rung]]\nname = \"lstm\"\n";
        says(&format!("{data}{lstm}{cache}"), &["line 7", "goes on from the lines before", "stream"]);
        says(&format!("{stream}{cache}"), &["no recurrent net stands before", "lstm"]);
        says(&format!("{stream}{lstm}{cache}net = \"gru\"\n"), &["line 10", "called \"gru\""]);
        says(&format!("{stream}{lstm}{cache}size = [70000]\n"), &["65536"]);
        let two = format!(
            "{stream}{lstm}[[rung]]\nname = \"gru\"\n{cache}net = \"lstm\"\n[[rung]]\nname = \"dynamic\"\n"
        );
        let two = parse(&two).unwrap();
        assert_eq!((two.net_of(2), two.net_of(3), two.net_of(0)), (Some("lstm"), Some("gru"), None));
        says(&format!("{data}[forecast]\nhorizon = 24\n"), &["unknown section `forecast`"]);
        let forecast = Recipe::parse("task = \"language-model\"\n", "r.toml").unwrap_err().to_string();
        assert!(forecast.contains("gyeol run"), "{forecast}");
        let unknown = AnyRecipe::parse("task = \"languge-model\"\n", "r.toml").unwrap_err().to_string();
        assert!(unknown.contains("did you mean `language-model`"), "{unknown}");
    }

    #[test]
    fn texts_that_are_cut_already_are_cut_at_spaces() {
        let folder = tempfile::tempdir().unwrap();
        let scheme = |text: &str| {
            let path = folder.path().join("t.txt");
            std::fs::write(&path, text.repeat(30)).unwrap();
            LmRecipe::fitting(path.to_str().unwrap()).unwrap().text.scheme
        };
        assert_eq!(scheme("the load fell , then rose .\n"), "whitespace");
        assert_eq!(scheme("The load fell, then rose.\n"), "auto");
    }
}
