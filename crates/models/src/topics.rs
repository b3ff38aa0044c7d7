//! Topic models, asked with texts.

use std::sync::OnceLock;

use gyeol_base::{Error, Fault, Result};
use gyeol_tensor::Pool;
use gyeol_topic::lda::{Lda, Reading};
use gyeol_topic::lsa::Lsa;
use gyeol_vectors::similarity::{DenseIndex, Measure, Near};
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Ask, Reply, VerbSpec, no_such_verb, object, texts, whole};

/// Words of a topic, unless another number is asked for.
const WORDS: u64 = 10;
/// Nearest documents, unless another number is asked for.
const NEAREST: u64 = 10;
/// Most of either.
const MOST: u64 = 1000;

fn infer() -> VerbSpec {
    VerbSpec {
        name: "infer",
        about: "Shares of the topics in texts that the fit has not seen.",
        table: false,
        input: json!({ "type": "object", "required": ["texts"], "properties": {
            "texts": { "type": "array", "items": { "type": "string" } },
        } }),
        output: json!({ "type": "object", "required": ["documents"], "properties": {
            "documents": { "type": "array", "items": { "type": "object", "properties": {
                "mix": { "type": ["array", "null"], "items": { "type": "number" },
                    "description": "Shares of the topics; null for a text without a known word." },
                "tokens": { "type": "number", "description": "Words that the model counts." },
                "unknown": { "type": "boolean", "description": "Whether no word of the text is known." },
            } } },
            "k": { "type": "integer" },
            "unknown": { "type": "integer", "description": "Texts without a known word." },
        } }),
    }
}

fn topics() -> VerbSpec {
    VerbSpec {
        name: "topics",
        about: "The words of each topic, the strongest first.",
        table: false,
        input: json!({ "type": "object", "properties": { "words": { "type": "integer", "default": WORDS } } }),
        output: json!({ "type": "object", "required": ["topics"], "properties": {
            "topics": { "type": "array", "items": { "type": "object", "properties": {
                "words": { "type": "array", "items": { "type": "string" } },
                "share": { "type": "number" },
            } } },
        } }),
    }
}

fn similar() -> VerbSpec {
    VerbSpec {
        name: "similar",
        about: "The documents of the fit that are nearest to a text.",
        table: false,
        input: json!({ "type": "object", "required": ["text"], "properties": {
            "text": { "type": "string" }, "k": { "type": "integer", "default": NEAREST },
        } }),
        output: json!({ "type": "object", "required": ["nearest"], "properties": {
            "nearest": { "type": "array", "items": { "type": "object", "properties": {
                "id": { "type": "integer" }, "score": { "type": "number" },
            } } },
        } }),
    }
}

/// The one text to look for.
fn query(ask: &Map<String, Value>) -> Result<String> {
    Ok(texts(ask, "text")?.into_iter().next().unwrap_or_default())
}

fn unknown_words() -> Error {
    Fault::new("no-known-word", "no word of the text is a term of the model's documents")
        .cause("other words, or another language")
        .next("ask with words that occur there")
        .input()
}

fn nearest(near: Vec<Vec<Near>>) -> Reply {
    let near: Vec<Value> =
        near.into_iter().flatten().map(|n| json!({ "id": n.row, "score": n.score })).collect();
    Reply::Json(json!({ "nearest": near }))
}

/// Documents and their topics, as the command and the server answer.
pub fn inferred(k: usize, documents: &[Reading]) -> Value {
    let one = |d: &Reading| json!({ "mix": d.mix, "tokens": d.tokens, "unknown": d.mix.is_none() });
    json!({
        "k": k,
        "documents": documents.iter().map(one).collect::<Vec<_>>(),
        "unknown": documents.iter().filter(|d| d.mix.is_none()).count(),
    })
}

/// A model with the index of its documents, which is made once, when the first text is looked for.
pub(crate) struct Searched<M> {
    model: M,
    index: OnceLock<DenseIndex>,
}

impl<M> From<M> for Searched<M> {
    fn from(model: M) -> Self {
        Searched { model, index: OnceLock::new() }
    }
}

impl<M> Searched<M> {
    /// The index over these documents.
    fn index(&self, documents: impl FnOnce(&M) -> Result<DenseIndex>) -> Result<&DenseIndex> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let made = documents(&self.model)?;
        Ok(self.index.get_or_init(|| made))
    }
}

/// The words of `k` topics and the share of each.
fn listed<'a>(k: usize, words: impl Fn(usize) -> Vec<&'a str>, shares: &[f64]) -> Reply {
    let topics: Vec<Value> = (0..k).map(|t| json!({ "words": words(t), "share": shares[t] })).collect();
    Reply::Json(json!({ "topics": topics }))
}

impl Answers for Searched<Lda> {
    fn verbs(&self) -> Vec<VerbSpec> {
        vec![infer(), topics(), similar()]
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        let (ask, model) = (object(ask)?, &self.model);
        match verb {
            "infer" => {
                let rows = model.vectorizer().transform_texts(&texts(&ask, "texts")?);
                Ok(Reply::Json(inferred(model.k(), &model.read(&rows, pool))))
            }
            "topics" => {
                let words = whole(&ask, "words", WORDS, MOST)? as usize;
                let words = |t| model.topic(t, words).iter().map(|w| w.word).collect();
                Ok(listed(model.k(), words, model.shares()))
            }
            "similar" => {
                let rows = model.vectorizer().transform_texts(&[query(&ask)?]);
                if rows.nonzeros() == 0 {
                    return Err(unknown_words());
                }
                let index =
                    self.index(|model| DenseIndex::new(&model.document_topics()?, Measure::Cosine))?;
                let k = whole(&ask, "k", NEAREST, MOST)? as usize;
                Ok(nearest(index.search(&model.mixes(&rows, pool)?, k, pool)?))
            }
            _ => Err(no_such_verb(verb, &self.verbs())),
        }
    }
}

impl Answers for Searched<Lsa> {
    fn verbs(&self) -> Vec<VerbSpec> {
        vec![topics(), similar()]
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        let (ask, model) = (object(ask)?, &self.model);
        match verb {
            "topics" => {
                let words = whole(&ask, "words", WORDS, MOST)? as usize;
                let words = |t| model.topic(t, words).iter().map(|w| w.word).collect();
                Ok(listed(model.k(), words, model.explained()))
            }
            "similar" => {
                let coordinates = model.coordinates(&[query(&ask)?], pool);
                if coordinates.data().iter().all(|v| *v == 0.0) {
                    return Err(unknown_words());
                }
                let index = self.index(|model| DenseIndex::new(model.documents(), Measure::Cosine))?;
                let k = whole(&ask, "k", NEAREST, MOST)? as usize;
                Ok(nearest(index.search(&coordinates, k, pool)?))
            }
            _ => Err(no_such_verb(verb, &self.verbs())),
        }
    }
}
