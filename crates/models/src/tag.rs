//! Taggers, asked with texts.

use gyeol_base::{Fault, Result};
use gyeol_sequence::{Form, Tagged, Tagger};
use gyeol_tensor::Pool;
use serde_json::{Value, json};

use crate::answers::{Answers, Ask, Reply, VerbSpec, no_such_verb, object, texts};

/// Texts that are asked at once.
const MOST: usize = 10_000;

/// What was labelled, as an object.
pub fn labelled(form: Form, one: &Tagged) -> Value {
    let mut told = json!({ "tokens": one.units, "tags": one.labels });
    if form == Form::Spacing {
        told["text"] = json!(one.spaced());
    }
    told
}

impl Answers for Tagger {
    fn verbs(&self) -> Vec<VerbSpec> {
        vec![VerbSpec {
            name: "tag",
            about: "A label for every character or token of each text.",
            table: false,
            input: json!({ "type": "object", "required": ["texts"], "properties": {
                "texts": { "type": "array", "items": { "type": "string" },
                    "description": "Texts with or without blanks; tokens with blanks between." },
            } }),
            output: json!({ "type": "object", "required": ["tagged"], "properties": {
                "tagged": { "type": "array", "items": { "type": "object", "properties": {
                    "tokens": { "type": "array", "items": { "type": "string" } },
                    "tags": { "type": "array", "items": { "type": "string" } },
                    "text": { "type": "string", "description": "With blanks, where these are what is labelled." },
                } } },
            } }),
        }]
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        if verb != "tag" {
            return Err(no_such_verb(verb, &self.verbs()));
        }
        let texts = texts(&object(ask)?, "texts")?;
        if texts.len() > MOST {
            return Err(Fault::new("too-many-texts", format!("{} texts", texts.len()))
                .next(format!("ask for up to {MOST} at once"))
                .limit());
        }
        let all: Vec<Value> = self.tag(&texts, pool)?.iter().map(|one| labelled(self.form, one)).collect();
        Ok(Reply::Json(json!({ "tagged": all })))
    }
}
