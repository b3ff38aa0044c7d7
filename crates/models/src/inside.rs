//! What a recurrent net does, step by step, as objects: over a line of words, or over the readings that a forecast looks
//! back on.

use gyeol_base::{Fault, Result};
use gyeol_lm::{LineInside, NetLm, Shape};
use gyeol_neural::Cell;
use gyeol_neural::net::{LayerInside, Part};
use gyeol_ngram::{Scored, ScoresWords, WordId};
use serde_json::{Map, Value, json};

use crate::LmModel;
use crate::answers::{VerbSpec, text, whole, wrong_shape};

/// Likeliest words shown after each step.
const LIKELIEST: usize = 3;
/// Most words that are asked for at once, and most numbers of gates and states that an answer holds.
const MOST_WORDS: usize = 2000;
const MOST: usize = 1_000_000;

/// A line as the net of a language model reads it.
#[derive(Debug)]
pub struct LineTold<'a> {
    /// The line as it is read.
    pub words: Vec<String>,
    /// What the net did.
    pub line: LineInside,
    /// The net that was asked.
    pub net: &'a NetLm,
    /// Its share in a mixture; 1 alone.
    pub share: f64,
}

/// Bits that a word costs: −log2 of its probability.
pub fn bits(scored: &Scored) -> f64 {
    -f64::from(scored.log10) * std::f64::consts::LOG2_10
}

impl LineTold<'_> {
    /// The word of a step as it was written; `</s>` of the first.
    pub fn word(&self, step: usize) -> &str {
        step.checked_sub(1).map_or("</s>", |at| &self.words[at])
    }

    /// Bits of the whole line, its end included.
    pub fn bits(&self) -> f64 {
        let read = self.line.steps.iter().filter_map(|step| step.scored.as_ref());
        read.chain([&self.line.end]).map(bits).sum()
    }

    /// As an object: all layers and parts, or the ones asked for.
    pub fn to_json(&self, layer: Option<usize>, part: Option<Part>) -> Value {
        let word = |&(word, p): &(WordId, f64)| json!({ "token": self.net.word(word), "p": p });
        let cost = |scored: &Scored| json!({ "p": 10f64.powf(f64::from(scored.log10)), "bits": bits(scored), "unknown": scored.unknown });
        let steps = self.line.steps.iter().enumerate().map(|(i, step)| {
            let mut one = step.scored.as_ref().map_or_else(|| json!({}), cost);
            one["token"] = json!(self.word(i));
            one["next"] = step.next.iter().map(word).collect();
            one
        });
        let mut end = cost(&self.line.end);
        end["token"] = json!("</s>");
        let mut out = json!({
            "text": self.words.join(" "), "steps": steps.collect::<Vec<_>>(), "end": end, "bits": self.bits(),
            "layers": layers_json(&self.line.layers, layer, part),
        });
        if self.share < 1.0 {
            out["share"] = json!(self.share);
        }
        out
    }
}

/// The shortest number that is this one in `f32`, which is half as long as the one in `f64`.
fn short(value: f32) -> Value {
    json!(value.to_string().parse().unwrap_or(f64::from(value)))
}

/// Layers as objects, numbered from 1: of each part a row a step, a number a unit.
pub fn layers_json(layers: &[LayerInside<f32>], layer: Option<usize>, part: Option<Part>) -> Vec<Value> {
    let told = |(at, found): (usize, &LayerInside<f32>)| {
        let mut one = Map::new();
        one.insert("layer".into(), json!(at + 1));
        one.insert("kind".into(), json!(found.cell));
        one.insert("units".into(), json!(found.units));
        for &name in Part::of(found.cell).iter().filter(|name| part.is_none_or(|part| part == **name)) {
            let values = found.part(name).unwrap_or_default();
            one.insert(
                name.name().into(),
                values
                    .chunks(found.units)
                    .map(|row| row.iter().map(|v| short(*v)).collect::<Value>())
                    .collect(),
            );
        }
        Value::Object(one)
    };
    let wanted = |at: usize| layer.is_none_or(|layer| layer == at + 1);
    layers.iter().enumerate().filter(|(at, _)| wanted(*at)).map(told).collect()
}

/// What is wrong where gates and states are asked of counts, or of a net that carries nothing from word to word.
pub fn no_gates(net: bool) -> Fault {
    let what = if net { "a net over a window of words" } else { "a model of counts" };
    Fault::new("not-explained", format!("{what} has no gates and no state to show"))
}

impl LmModel {
    /// Whether there is a net in it, whose gates and states can be shown.
    pub fn has_net(&self) -> bool {
        self.model.net_within().is_some()
    }

    /// What its net does over a text, read as one line.
    ///
    /// # Errors
    /// A model without a recurrent net (`not-explained`), or a text without a word (`no-words`).
    pub fn inside(&self, text: &str) -> Result<LineTold<'_>> {
        let Some((share, net)) = self.model.net_within() else {
            return Err(no_gates(self.model.net_parameters() > 0)
                .next("ask it by score, next or generate; gyeol score --explain shows the n-grams that were found")
                .input());
        };
        let words: Vec<String> = self.lines.line(text).split_whitespace().map(str::to_owned).collect();
        let ids: Vec<WordId> = words.iter().map(|word| net.text_id(word.as_bytes())).collect();
        Ok(LineTold { line: net.inside(&ids, LIKELIEST)?, words, net, share })
    }
}

/// The verb `explain` of a net of words.
pub(crate) fn verb() -> VerbSpec {
    let rows = json!({ "type": "array", "items": { "type": "array", "items": { "type": "number" } } });
    let mut layer = Map::new();
    layer.insert(
        "layer".into(),
        json!({ "type": "integer", "description": "From 1, the first above the words." }),
    );
    layer.insert("kind".into(), json!({ "type": "string", "enum": Cell::NAMES }));
    layer.insert("units".into(), json!({ "type": "integer" }));
    layer.extend(Part::NAMES.iter().map(|name| ((*name).to_owned(), rows.clone())));
    VerbSpec {
        name: "explain",
        about: "What the net does over a text: what it expects, and the gates and states of each layer, step by step.",
        table: false,
        input: json!({ "type": "object", "required": ["text"], "properties": {
            "text": { "type": "string" },
            "layer": { "type": "integer", "description": "This layer alone, from 1." },
            "gate": { "type": "string", "enum": Part::NAMES, "description": "This gate or state alone." },
        } }),
        output: json!({ "type": "object", "required": ["steps", "end", "bits", "layers"], "properties": {
            "text": { "type": "string", "description": "As the model reads it." },
            "share": { "type": "number", "description": "Share of the net that was asked, in a mixture." },
            "steps": { "type": "array", "description": "The end of the line before, then each word.", "items": {
                "type": "object", "properties": {
                    "token": { "type": "string" }, "unknown": { "type": "boolean" },
                    "p": { "type": "number", "description": "By the net, before the word was read." },
                    "bits": { "type": "number", "description": "Surprise, -log2 p." },
                    "next": { "type": "array", "items": { "type": "object" } },
                } } },
            "end": { "type": "object", "description": "What the end of the line is given." },
            "bits": { "type": "number", "description": "Of all words and the end." },
            "layers": { "type": "array", "description": "Of each gate and state a row a step, a number a unit.",
                "items": { "type": "object", "properties": layer } },
        } }),
    }
}

/// Answers [`verb`].
pub(crate) fn answer(model: &LmModel, ask: &Map<String, Value>) -> Result<Value> {
    let layer = match whole(ask, "layer", 0, u64::MAX)? as usize {
        0 if ask.get("layer").is_none_or(Value::is_null) => None,
        layer => Some(layer),
    };
    let part = match text(ask, "gate")?.as_str() {
        "" => None,
        name => Some(name.parse::<Part>()?),
    };
    let line = text(ask, "text")?;
    if let Some((_, net)) = model.model.net_within()
        && let Shape::Recurrent(shape) = net.shape()
    {
        let (words, stack) = (model.lines.line(&line).split_whitespace().count(), &shape.stack);
        chosen(stack.cell, stack.layers, layer, part)?;
        let layers = layer.map_or(stack.layers, |_| 1);
        let parts = part.map_or(Part::of(stack.cell).len(), |_| 1);
        let numbers = (words + 1) * layers * parts * stack.hidden;
        if words > MOST_WORDS || numbers > MOST {
            let found =
                format!("{words} words, {numbers} numbers; {MOST_WORDS} and {MOST} can be asked for at once");
            return Err(
                wrong_shape(found).with_next("ask for fewer words, or for one 'layer' and one 'gate'")
            );
        }
    }
    Ok(model.inside(&line)?.to_json(layer, part))
}

/// Refuses a layer or a gate that a net does not have.
///
/// # Errors
/// `no-such-layer`, `no-such-gate`.
pub fn chosen(cell: Cell, layers: usize, layer: Option<usize>, part: Option<Part>) -> Result<()> {
    if let Some(layer) = layer
        && !(1..=layers).contains(&layer)
    {
        return Err(Fault::new("no-such-layer", format!("layer {layer} of a net of {layers}"))
            .next(format!("name one from 1 to {layers}"))
            .option());
    }
    let has = Part::of(cell);
    if let Some(part) = part
        && !has.contains(&part)
    {
        let names: Vec<&str> = has.iter().map(|part| part.name()).collect();
        return Err(Fault::new("no-such-gate", format!("the {} has no '{part}'", cell.title()))
            .next(format!("name one of {}", names.join(", ")))
            .option());
    }
    Ok(())
}
