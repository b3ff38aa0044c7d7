//! Topic models, asked with texts.

use gyeol_base::{Error, Fault, Result};
use gyeol_tensor::Pool;
use gyeol_topic::lda::Lda;
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
                "mix": { "type": "array", "items": { "type": "number" } },
                "tokens": { "type": "number", "description": "Words that the model counts." },
            } } },
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

impl Answers for Lda {
    fn verbs(&self) -> Vec<VerbSpec> {
        vec![infer(), topics(), similar()]
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        let ask = object(ask)?;
        match verb {
            "infer" => {
                let rows = self.vectorizer().transform_texts(&texts(&ask, "texts")?);
                let mixes = self.folder().mixes(&rows, pool);
                let known = |doc: usize| rows.parts(doc).1.iter().sum::<f64>();
                let documents: Vec<Value> = mixes
                    .iter()
                    .enumerate()
                    .map(|(doc, mix)| json!({ "mix": mix, "tokens": known(doc) }))
                    .collect();
                Ok(Reply::Json(json!({ "documents": documents })))
            }
            "topics" => {
                let words = whole(&ask, "words", WORDS, MOST)? as usize;
                let topics: Vec<Value> = (0..self.k())
                    .map(|t| {
                        let words: Vec<&str> = self.topic(t, words).iter().map(|w| w.word).collect();
                        json!({ "words": words, "share": self.shares()[t] })
                    })
                    .collect();
                Ok(Reply::Json(json!({ "topics": topics })))
            }
            "similar" => {
                let rows = self.vectorizer().transform_texts(&[query(&ask)?]);
                if rows.nonzeros() == 0 {
                    return Err(unknown_words());
                }
                let documents = self.document_topics()?;
                let index = DenseIndex::new(&documents, Measure::Cosine)?;
                let k = whole(&ask, "k", NEAREST, MOST)? as usize;
                Ok(nearest(index.search(&self.mixes(&rows, pool)?, k, pool)?))
            }
            _ => Err(no_such_verb(verb, &self.verbs())),
        }
    }
}

impl Answers for Lsa {
    fn verbs(&self) -> Vec<VerbSpec> {
        vec![topics(), similar()]
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        let ask = object(ask)?;
        match verb {
            "topics" => {
                let words = whole(&ask, "words", WORDS, MOST)? as usize;
                let topics: Vec<Value> = (0..self.k())
                    .map(|t| {
                        let words: Vec<&str> = self.topic(t, words).iter().map(|w| w.word).collect();
                        json!({ "words": words, "share": self.explained()[t] })
                    })
                    .collect();
                Ok(Reply::Json(json!({ "topics": topics })))
            }
            "similar" => {
                let coordinates = self.coordinates(&[query(&ask)?], pool);
                if coordinates.data().iter().all(|v| *v == 0.0) {
                    return Err(unknown_words());
                }
                let index = DenseIndex::new(self.documents(), Measure::Cosine)?;
                let k = whole(&ask, "k", NEAREST, MOST)? as usize;
                Ok(nearest(index.search(&coordinates, k, pool)?))
            }
            _ => Err(no_such_verb(verb, &self.verbs())),
        }
    }
}
