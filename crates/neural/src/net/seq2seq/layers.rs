//! The layers of an encoder-decoder as a learner meets them.

use super::{Encoder, EncoderDecoder};
use crate::embedding::Embedding;
use crate::net::LayerSummary;
use crate::stack::Stack;

/// A name and the letters of its steps: S of the source, T of the target.
fn table(embedding: &Embedding, steps: &str) -> LayerSummary {
    LayerSummary {
        name: embedding.table.name.trim_end_matches(".table").into(),
        kind: "embedding".into(),
        x: format!("({steps}, B) ids"),
        w: format!("({}, {})", embedding.rows, embedding.width),
        b: String::new(),
        y: format!("({steps}, B, {})", embedding.width),
        parameters: embedding.table.len(),
    }
}

fn cells(stack: &Stack, steps: &str) -> impl Iterator<Item = LayerSummary> {
    stack.cells.iter().map(move |cell| LayerSummary {
        name: cell.w_x.name.trim_end_matches(".w_x").into(),
        kind: cell.cell.title().into(),
        x: format!("({steps}, B, {})", cell.input),
        w: cell.weights(),
        b: format!("({})", cell.b.len()),
        y: format!("({steps}, B, {})", cell.hidden),
        parameters: cell.parameters(),
    })
}

impl EncoderDecoder {
    /// The layers with their shapes in the order of the walk; B rows of S steps in, T steps out.
    pub fn layers(&self) -> Vec<LayerSummary> {
        let h = self.params.hidden;
        let mut layers = Vec::new();
        match &self.encoder {
            Encoder::Tokens(stack, embedding) => {
                layers.push(table(embedding, "S"));
                layers.extend(cells(stack, "S"));
            }
            Encoder::Numbers(dense) => layers.push(LayerSummary {
                name: "encoder".into(),
                kind: "dense".into(),
                x: format!("(B, {})", dense.input),
                w: format!("({}, {})", dense.input, dense.output),
                b: format!("({})", dense.output),
                y: format!("(B, {})", dense.output),
                parameters: dense.w.len() + dense.b.as_ref().map_or(0, |b| b.len()),
            }),
        }
        layers.push(table(&self.target, "T"));
        layers.extend(cells(&self.decoder, "T"));
        if let Some(attention) = &self.attention {
            let of_keys = attention.keys.as_ref().map_or(0, |keys| keys.w.len());
            layers.push(LayerSummary {
                name: "attention".into(),
                kind: "attention".into(),
                x: format!("(S, B, {h}), (T, B, {h})"),
                w: match of_keys {
                    0 => format!("({}, {h})", 2 * h),
                    _ => format!("({h}, {h}) + ({}, {h})", 2 * h),
                },
                b: String::new(),
                y: format!("(T, B, {h})"),
                parameters: of_keys + attention.join.w.len(),
            });
        }
        layers.push(LayerSummary {
            name: "output".into(),
            kind: "softmax".into(),
            x: format!("(T, B, {h})"),
            w: format!("({}, {h})", self.softmax.classes),
            b: format!("({})", self.softmax.classes),
            y: format!("(T, B, {})", self.softmax.classes),
            parameters: self.softmax.parameters(),
        });
        layers
    }
}
