//! The JSON of a Keras `Tokenizer` (`tokenizer.to_json()`), read and written.
//!
//! Keras numbers words from 1 by falling count, ties by first appearance; with an `oov_token` that one is 1 and words
//! begin at 2, as here. `num_words` keeps ids below it. Its tables stand in the file as JSON inside of strings.

use std::collections::HashMap;

use gyeol_base::Fault;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Vocabulary;
use super::json::repeated;
use gyeol_base::{Error, Result};

#[derive(Deserialize)]
struct Outer {
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    num_words: Option<u32>,
    oov_token: Option<String>,
    #[serde(default)]
    document_count: u64,
    #[serde(default)]
    lower: bool,
    #[serde(default)]
    char_level: bool,
    filters: Option<String>,
    split: Option<String>,
    word_counts: String,
    word_docs: String,
    word_index: String,
}

pub(super) fn read(name: &str, text: &str) -> Result<Vocabulary> {
    let broken = |what: String| {
        Error::input(
            Fault::new("broken-vocabulary", format!("not the JSON of a Keras Tokenizer: {what}"))
                .file(name)
                .cause("the file was cut off or altered")
                .next("write it again with tokenizer.to_json()"),
        )
    };
    let outer: Outer = serde_json::from_str(text).map_err(|e| broken(e.to_string()))?;
    let config = outer.config;
    let table =
        |text: &str| serde_json::from_str::<HashMap<String, u64>>(text).map_err(|e| broken(e.to_string()));
    let (index, counts, documents) =
        (table(&config.word_index)?, table(&config.word_counts)?, table(&config.word_docs)?);
    let mut order: Vec<(&String, u64)> = index.iter().map(|(w, &i)| (w, i)).collect();
    order.sort_unstable_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(b.0)));
    let mut vocabulary = Vocabulary::empty(config.oov_token.is_some());
    if let Some(oov) = &config.oov_token {
        vocabulary.unknown_token.clone_from(oov);
    }
    let most = config.num_words.map_or(u64::MAX, u64::from);
    let mut expected = 1;
    for pair in order.windows(2) {
        if pair[0].1 == pair[1].1 {
            return Err(Error::input(
                Fault::new(
                    "repeated-id",
                    format!("'{}' and '{}' have the id {}", pair[0].0, pair[1].0, pair[0].1),
                )
                .file(name)
                .next("write it again with tokenizer.to_json()"),
            ));
        }
    }
    for (word, id) in order {
        if id != expected {
            return Err(broken(format!("no word has the id {expected}")));
        }
        expected += 1;
        if Some(word) == config.oov_token.as_ref() {
            if id != 1 {
                return Err(broken(format!("the oov_token has the id {id}, not 1")));
            }
            continue;
        }
        if id >= most {
            continue;
        }
        let of = |table: &HashMap<String, u64>| table.get(word).copied().unwrap_or_default();
        if !vocabulary.push(word, of(&counts), of(&documents)) {
            return Err(Error::input(repeated(
                name,
                word,
                vocabulary.id(word).unwrap_or_default(),
                id as u32,
            )));
        }
    }
    vocabulary.total.documents = config.document_count;
    vocabulary.total.tokens = counts.values().fold(0, |sum: u64, count| sum.saturating_add(*count));
    vocabulary.total.types = counts.len() as u64;
    vocabulary.preparation = Some(json!({"keras": {
        "lower": config.lower, "char_level": config.char_level, "filters": config.filters, "split": config.split,
    }}));
    Ok(vocabulary)
}

impl Vocabulary {
    /// The JSON that `keras.preprocessing.text.tokenizer_from_json` reads: the same words with the same ids.
    ///
    /// # Errors
    /// A word that is written like the unknown word, which Keras could not tell apart.
    pub fn to_keras_json(&self) -> Result<String> {
        if self.unknown.is_some() && self.words.find(&self.unknown_token).is_some() {
            return Err(Error::input(
                Fault::new(
                    "repeated-word",
                    format!("'{}' is a word and the unknown word", self.unknown_token),
                )
                .next("leave that word out of the vocabulary"),
            ));
        }
        let mut tables: [Vec<String>; 5] = Default::default();
        let quote = |word: &str| serde_json::to_string(word).unwrap_or_default();
        let [counts, documents, index_documents, index_word, word_index] = &mut tables;
        if let Some(unknown) = self.unknown {
            let word = quote(&self.unknown_token);
            index_word.push(format!("\"{unknown}\": {word}"));
            word_index.push(format!("{word}: {unknown}"));
        }
        for (id, word, count, with) in self.words() {
            let word = quote(word);
            counts.push(format!("{word}: {count}"));
            documents.push(format!("{word}: {with}"));
            index_documents.push(format!("\"{id}\": {with}"));
            index_word.push(format!("\"{id}\": {word}"));
            word_index.push(format!("{word}: {id}"));
        }
        let object = |rows: &[String]| Value::String(format!("{{{}}}", rows.join(", ")));
        let keras = self.preparation.as_ref().and_then(|p| p.get("keras"));
        let of = |key: &str, default: Value| keras.and_then(|k| k.get(key)).cloned().unwrap_or(default);
        Ok(json!({
            "class_name": "Tokenizer",
            "config": {
                "num_words": null,
                "filters": of("filters", Value::String(String::new())),
                "lower": of("lower", Value::Bool(false)),
                "split": of("split", Value::String(" ".into())),
                "char_level": of("char_level", Value::Bool(false)),
                "oov_token": self.unknown.map(|_| &self.unknown_token),
                "document_count": self.total.documents,
                "word_counts": object(counts),
                "word_docs": object(documents),
                "index_docs": object(index_documents),
                "index_word": object(index_word),
                "word_index": object(word_index),
            }
        })
        .to_string())
    }
}
