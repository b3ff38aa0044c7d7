//! A net as a learner meets it: what goes in and out of each layer, its weights, and how many numbers are learnt.

use std::fmt;

use super::head::Head;
use super::{Mlp, Net, Reads};
use crate::dense::Dense;

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSummary {
    /// Name, as in the parameters' names.
    pub name: String,
    /// Kind, for people.
    pub kind: String,
    /// Shape of the input.
    pub x: String,
    /// Shapes of the weights.
    pub w: String,
    /// Shape of the bias, or empty.
    pub b: String,
    /// Shape of the output.
    pub y: String,
    /// Trainable numbers.
    pub parameters: usize,
}

/// All layers; prints as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Layers in the order of the forward walk.
    pub layers: Vec<LayerSummary>,
}

impl Summary {
    /// Trainable numbers of the net.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|l| l.parameters).sum()
    }
}

impl Net {
    /// The layers with their shapes; B rows of T steps.
    pub fn summary(&self) -> Summary {
        let p = &self.params;
        let mut layers = Vec::new();
        if let Some(e) = &self.embedding {
            layers.push(LayerSummary {
                name: "embedding".into(),
                kind: "embedding".into(),
                x: "(T, B) ids".into(),
                w: format!("({}, {})", e.rows, e.width),
                b: String::new(),
                y: format!("(T, B, {})", e.width),
                // Counted with the output where it is the output's.
                parameters: if p.tied { 0 } else { e.table.len() },
            });
        }
        for cell in &self.stack.cells {
            let name = cell.w_x.name.trim_end_matches(".w_x").to_string();
            layers.push(LayerSummary {
                kind: cell.cell.title().into(),
                x: format!("(T, B, {})", cell.input),
                w: cell.weights(),
                b: format!("({})", cell.b.len()),
                y: format!("(T, B, {})", cell.hidden),
                parameters: cell.parameters(),
                name,
            });
        }
        let rows = if p.reads == Reads::Every { "T, B" } else { "B" };
        if let Some(pooling) = &self.pooling {
            let parameters = pooling.query.as_ref().map_or(0, |u| u.len());
            layers.push(LayerSummary {
                name: "pooling".into(),
                kind: match p.reads {
                    Reads::Mean => "mean",
                    Reads::Max => "max",
                    Reads::MeanMax => "mean and max",
                    _ => "attention",
                }
                .into(),
                x: format!("(T, B, {})", p.stack.output()),
                w: if parameters > 0 { format!("({parameters})") } else { String::new() },
                b: String::new(),
                y: format!("(B, {})", pooling.output()),
                parameters,
            });
        }
        if let Some(d) = &self.projection {
            layers.push(dense(d, "projection", rows));
        }
        layers.push(output(&self.head, rows));
        Summary { layers }
    }
}

impl Mlp {
    /// The layers with their shapes; B rows.
    pub fn summary(&self) -> Summary {
        let mut layers: Vec<LayerSummary> = self.hidden.iter().map(|d| dense(d, "dense", "B")).collect();
        layers.push(output(&self.head, "B"));
        Summary { layers }
    }
}

pub(super) fn dense(d: &Dense, kind: &str, rows: &str) -> LayerSummary {
    LayerSummary {
        name: d.w.name.trim_end_matches(".w").into(),
        kind: kind.into(),
        x: format!("({rows}, {})", d.input),
        w: format!("({}, {})", d.input, d.output),
        b: d.b.as_ref().map_or(String::new(), |_| format!("({})", d.output)),
        y: format!("({rows}, {})", d.output),
        parameters: d.w.len() + d.b.as_ref().map_or(0, |b| b.len()),
    }
}

fn output(head: &Head, rows: &str) -> LayerSummary {
    let (kind, input, w, parameters) = head.shape();
    let output = head.width();
    LayerSummary {
        name: "output".into(),
        kind: kind.into(),
        x: format!("({rows}, {input})"),
        w,
        b: format!("({output})"),
        y: format!("({rows}, {output})"),
        parameters,
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["layer", "kind", "X", "W", "b", "Y", "parameters"].map(String::from);
        let mut rows = vec![head];
        for l in &self.layers {
            rows.push([
                l.name.clone(),
                l.kind.clone(),
                l.x.clone(),
                l.w.clone(),
                l.b.clone(),
                l.y.clone(),
                l.parameters.to_string(),
            ]);
        }
        let widths: Vec<usize> =
            (0..7).map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0)).collect();
        for row in &rows {
            let mut line = String::new();
            for (c, cell) in row.iter().enumerate() {
                if c == 6 {
                    line.push_str(&format!("{cell:>w$}", w = widths[c]));
                } else {
                    line.push_str(&format!("{cell:<w$}  ", w = widths[c]));
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        write!(f, "{} parameters", self.parameters())
    }
}
