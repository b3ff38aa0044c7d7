//! Translators, asked with texts.

use gyeol_base::{Fault, Result};
use gyeol_neural::net::{Drawn, Length};
use gyeol_sequence::{Asked, Translated, Translator, Way};
use gyeol_tensor::{Draw, Pool};
use serde_json::{Map, Value, json};

use crate::answers::{
    Answers, Ask, Reply, VerbSpec, no_such_verb, number, object, text, texts, whole, wrong_shape,
};

/// Texts that are asked at once, and the widest beam.
const MOST: (usize, u64) = (10_000, 100);

fn beam() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": MOST.1, "description": "Beginnings that are kept; 1 (the default) is greedy." })
}

fn alpha() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 5,
        "description": "How lengths are held against each other: ln P / ((5 + length) / 6)^alpha; 1 where it is left out." })
}

fn asked(ask: &Map<String, Value>, weights: bool) -> Result<Asked> {
    let beam = whole(ask, "beam", 1, MOST.1)? as usize;
    let sample = match ask.get("sample") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(sample)) => *sample,
        Some(_) => return Err(wrong_shape("'sample' must be true or false".into())),
    };
    let by = Draw {
        temperature: number(ask, "temperature", 1.0)?,
        top_k: whole(ask, "top_k", 0, u64::from(u32::MAX))? as usize,
        top_p: number(ask, "top_p", 1.0)?,
    };
    let drawn = sample.then_some(Drawn { by, seed: whole(ask, "seed", 0, u64::MAX)?, first: 0 });
    let most = match whole(ask, "max", 0, MOST.0 as u64)? {
        0 => None,
        most => Some(most as usize),
    };
    Ok(Asked { beam, length: Length::Gnmt(number(ask, "alpha", 1.0)?), drawn, most, weights })
}

/// A translation as an object.
pub fn translation(source: &str, said: &Translated) -> Value {
    let mut one = json!({ "text": source, "translation": said.text });
    if let Some(p) = said.log_probability {
        one["log_probability"] = json!(p);
        one["ended"] = json!(said.ended);
    }
    if let Some((nearest, cosine)) = &said.nearest {
        one["nearest"] = json!(nearest);
        one["cosine"] = json!(cosine);
    }
    one
}

/// The same with the tokens and the weights of attention: a row a token said, a number a token read.
pub fn attention(source: &str, said: &Translated) -> Value {
    let mut one = translation(source, said);
    one["read"] = json!(said.tokens.0);
    one["said"] = json!(said.tokens.1);
    one["attention"] = said
        .weights
        .iter()
        .map(|row| row.iter().map(|w| (f64::from(*w) * 1e4).round() / 1e4).collect::<Value>())
        .collect();
    one
}

/// Whether it is a net that reads its source and has no attention: what it leans on is found by leaving tokens out.
pub fn leans(model: &Translator) -> bool {
    matches!(&model.way, Way::Net(net) if net.predictor.net().params().attention.is_none() && !net.blind)
}

/// A translation with what ln P of it loses without each token of the source.
pub fn leaned(source: &str, said: &Translated, lost: &[(String, f64)]) -> Value {
    let mut one = translation(source, said);
    let short = |v: f64| (v * 1e4).round() / 1e4;
    one["leaned"] =
        lost.iter().map(|(token, lost)| json!({ "token": token, "lost": short(*lost) })).collect();
    one
}

/// Refuses a translator that looks at nothing.
///
/// # Errors
/// `not-explained`.
pub fn attends(model: &Translator) -> Result<()> {
    let found = match &model.way {
        Way::Net(net) if net.predictor.net().params().attention.is_some() => return Ok(()),
        Way::Net(_) => "this net reads nothing of its source",
        Way::Nearest(_) => "a translation memory has no attention; `translate` says which source was nearest",
        Way::Copy | Way::Frequent(_) | Way::Counts(_) => "a baseline has no attention",
    };
    Err(Fault::new("not-explained", found).next("explain an lstm-attention of the same run").input())
}

impl Answers for Translator {
    fn verbs(&self) -> Vec<VerbSpec> {
        let mut verbs = vec![VerbSpec {
            name: "translate",
            about: "What is made of each text.",
            table: false,
            input: json!({ "type": "object", "required": ["texts"], "properties": {
                "texts": { "type": "array", "items": { "type": "string" },
                    "description": "Of a model of classes: classes." },
                "beam": beam(), "alpha": alpha(),
                "sample": { "type": "boolean", "description": "Whether texts are drawn; the likeliest where it is left out." },
                "temperature": { "type": "number", "minimum": 0 },
                "top_k": { "type": "integer", "minimum": 0, "description": "0 for all tokens." },
                "top_p": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
                "seed": { "type": "integer", "minimum": 0 },
                "max": { "type": "integer", "minimum": 0, "maximum": MOST.0,
                    "description": "Most tokens said; 0 or left out, a multiple of the source's." },
            } }),
            output: json!({ "type": "object", "required": ["translations"], "properties": {
                "translations": { "type": "array", "items": { "type": "object", "properties": {
                    "text": { "type": "string" }, "translation": { "type": "string" },
                    "log_probability": { "type": "number", "description": "Natural logarithm, of a net." },
                    "ended": { "type": "boolean", "description": "False where it was cut off." },
                    "nearest": { "type": "string", "description": "Of a memory: the source whose target it is." },
                    "cosine": { "type": "number" },
                } } },
            } }),
        }];
        if attends(self).is_ok() || leans(self) {
            verbs.push(VerbSpec {
                name: "explain",
                about: "What the net looks at in the source with each token that it says; without attention, what it loses without each.",
                table: false,
                input: json!({ "type": "object", "required": ["text"], "properties": {
                    "text": { "type": "string" }, "beam": beam(), "alpha": alpha(),
                } }),
                output: json!({ "type": "object", "required": ["text", "translation"], "properties": {
                    "text": { "type": "string" }, "translation": { "type": "string" },
                    "read": { "type": "array", "items": { "type": "string" }, "description": "Tokens read, the end last." },
                    "said": { "type": "array", "items": { "type": "string" }, "description": "Tokens said." },
                    "leaned": { "type": "array", "items": { "type": "object" },
                        "description": "Without attention: what ln P of the translation loses without each token of the source." },
                    "attention": { "type": "array", "description": "A row a token said, a weight a token read.",
                        "items": { "type": "array", "items": { "type": "number" } } },
                } }),
            });
        }
        verbs
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        let ask = object(ask)?;
        match verb {
            "translate" => {
                let texts = texts(&ask, "texts")?;
                if texts.len() > MOST.0 {
                    return Err(Fault::new("too-many-texts", format!("{} texts", texts.len()))
                        .next(format!("ask for up to {} at once", MOST.0))
                        .limit());
                }
                let said = self.translate(&texts, &asked(&ask, false)?, pool)?;
                let all: Vec<Value> = texts.iter().zip(&said).map(|(t, s)| translation(t, s)).collect();
                Ok(Reply::Json(json!({ "translations": all })))
            }
            "explain" => {
                let text = text(&ask, "text")?;
                if leans(self) {
                    let (said, lost) = self.leaned(&text, pool)?;
                    return Ok(Reply::Json(leaned(&text, &said, &lost)));
                }
                attends(self)?;
                let said = self.translate(&[&text], &asked(&ask, true)?, pool)?;
                Ok(Reply::Json(said.first().map_or(Value::Null, |said| attention(&text, said))))
            }
            _ => Err(no_such_verb(verb, &self.verbs())),
        }
    }
}
