//! Taggers, asked with texts.

use gyeol_base::{Fault, Result};
use gyeol_sequence::{Form, Tagged, Tagger, TagsExplained};
use gyeol_tensor::Pool;
use serde_json::{Value, json};

use crate::answers::{Answers, Ask, Reply, VerbSpec, no_such_verb, object, text, texts};
use crate::inside::layers_json;

/// What was labelled, as an object.
pub fn labelled(form: Form, one: &Tagged) -> Value {
    let mut told = json!({ "tokens": one.units, "tags": one.labels });
    if let Some(text) = form.text(one) {
        told["text"] = json!(text);
    }
    if form.ends() {
        told["sentences"] = json!(form.sentences(one));
    }
    told
}

/// Why a text was labelled as it was, as an object.
pub fn tags_explained(form: Form, told: &TagsExplained) -> Value {
    let short = |v: f64| (v * 1e4).round() / 1e4;
    let steps = told.tagged.units.iter().zip(&told.tagged.labels).enumerate().map(|(t, (unit, label))| {
        let mut one = json!({ "unit": unit, "label": label });
        if let Some(p) = told.probabilities.get(t) {
            one["p"] = json!(short(*p));
        }
        if let Some(spoke) = told.spoke.get(t) {
            one["runner_up"] = json!(spoke.runner_up);
            let weights = spoke.weights.iter().map(|(units, weight)| {
                let units = units.iter().map(|(by, unit)| json!({ "by": by, "unit": unit }));
                json!({ "units": units.collect::<Value>(), "weight": short(*weight) })
            });
            one["weights"] = weights.collect();
        }
        one
    });
    let mut all = json!({ "text": form.bare(&told.tagged), "steps": steps.collect::<Value>() });
    if !told.layers.is_empty() {
        all["leaned"] =
            told.leaned.iter().map(|row| row.iter().map(|v| short(*v)).collect::<Value>()).collect();
        all["layers"] = json!(layers_json(&told.layers, None, None));
    }
    all
}

/// The verb that says why.
fn explain_verb() -> VerbSpec {
    VerbSpec {
        name: "explain",
        about: "Why each unit of a text got its label: gates, states and the units that it leaned on, or the weights that spoke.",
        table: false,
        input: json!({ "type": "object", "required": ["text"], "properties": { "text": { "type": "string" } } }),
        output: json!({ "type": "object", "required": ["text", "steps"], "properties": {
            "text": { "type": "string" },
            "steps": { "type": "array", "items": { "type": "object", "properties": {
                "unit": { "type": "string" }, "label": { "type": "string" },
                "p": { "type": "number", "description": "Of a net." },
                "runner_up": { "type": "string", "description": "Of a window." },
                "weights": { "type": "array", "items": { "type": "object" },
                    "description": "Of a window: units by distance, and what they say for the label against the runner-up." },
            } } },
            "leaned": { "type": "array", "description": "Of a net: a row a label, what ln P loses with another unit in each place.",
                "items": { "type": "array", "items": { "type": "number" } } },
            "layers": { "type": "array", "items": { "type": "object" }, "description": "Of a net: gates and states." },
        } }),
    }
}

impl Answers for Tagger {
    fn verbs(&self) -> Vec<VerbSpec> {
        let tag = VerbSpec {
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
                    "text": { "type": "string", "description": "With blanks or full stops, where these are what is labelled." },
                    "sentences": { "type": "array", "items": { "type": "string" }, "description": "Where their ends are labelled." },
                } } },
            } }),
        };
        vec![tag, explain_verb()]
    }

    fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
        if verb == "explain" {
            let text = text(&object(ask)?, "text")?;
            short_enough(std::slice::from_ref(&text))?;
            let told = self.explain(&text, pool)?;
            return Ok(Reply::Json(tags_explained(self.form, &told)));
        }
        if verb != "tag" {
            return Err(no_such_verb(verb, &self.verbs()));
        }
        let texts = texts(&object(ask)?, "texts")?;
        short_enough(&texts)?;
        let all: Vec<Value> = self.tag(&texts, pool)?.iter().map(|one| labelled(self.form, one)).collect();
        Ok(Reply::Json(json!({ "tagged": all })))
    }
}

/// Bytes of texts that are labelled at once: cut into units, they take some fifty times as many.
const LONGEST: usize = 1 << 20;

fn short_enough(texts: &[String]) -> Result<()> {
    let bytes: usize = texts.iter().map(String::len).sum();
    if bytes <= LONGEST {
        return Ok(());
    }
    Err(Fault::new("too-long", format!("texts of {bytes} bytes, up to {LONGEST} are labelled at once"))
        .next("send them in parts; gyeol tag reads files of any length")
        .limit())
}
