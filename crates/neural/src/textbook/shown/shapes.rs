//! Shapes of a net, layer by layer: X (B, I) and Y (B, O) make W (I, O) and b (O), whatever B is.

use serde::Serialize;

use crate::{Cell, Error, Result, Shapes};

/// Most layers, and the largest of any size.
const MOST_LAYERS: usize = 64;
const LARGEST: usize = 1_000_000;

/// What is asked for.
///
/// ```
/// use gyeol_neural::textbook::shown::ShapesParams;
/// let lesson = ShapesParams { layers: vec![4, 8, 3], batch: 32, ..ShapesParams::default() }.lesson()?;
/// assert_eq!(lesson.parameters, 4 * 8 + 8 + 8 * 3 + 3);
/// assert_eq!(lesson.layers[0].forward[0].to_string(), "X (32, 4) · W (4, 8) → X W (32, 8)");
/// # Ok::<(), gyeol_neural::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapesParams {
    /// Inputs, units of each hidden layer, outputs.
    pub layers: Vec<usize>,
    /// Rows of a mini-batch.
    pub batch: usize,
    /// Cell of the hidden layers; dense where none.
    pub cell: Option<Cell>,
    /// Steps of a sequence, for a cell.
    pub steps: usize,
    /// Rows of the training part, from which iterations are counted.
    pub rows: Option<usize>,
}

impl Default for ShapesParams {
    fn default() -> Self {
        ShapesParams { layers: vec![4, 8, 3], batch: 32, cell: None, steps: 10, rows: None }
    }
}

/// A matrix, or a vector, with its shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shaped {
    /// As it stands in formulas.
    pub name: String,
    /// Rows, columns.
    pub shape: Vec<usize>,
}

/// left · right → out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Product {
    /// (m, k).
    pub left: Shaped,
    /// (k, n).
    pub right: Shaped,
    /// (m, n).
    pub out: Shaped,
}

/// A layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerShapes {
    /// `dense`, or the cell by its name.
    pub kind: &'static str,
    /// What goes in and what comes out.
    pub data: Vec<Shaped>,
    /// Weights and biases.
    pub weights: Vec<Shaped>,
    /// Products of the forward walk; of a cell those of one step.
    pub forward: Vec<Product>,
    /// Products of the backward walk.
    pub backward: Vec<Product>,
    /// Trainable numbers.
    pub parameters: usize,
}

/// The lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShapesLesson {
    /// Rows of a mini-batch.
    pub batch: usize,
    /// Steps of a sequence; none without a cell.
    pub steps: Option<usize>,
    /// One after another.
    pub layers: Vec<LayerShapes>,
    /// Trainable numbers in all.
    pub parameters: usize,
    /// Mini-batches of an epoch, and rows of the last; where rows were given.
    pub epoch: Option<[usize; 2]>,
}

impl std::fmt::Display for Shaped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        write!(f, "{} ({})", self.name, sizes.join(", "))
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} · {} → {}", self.left, self.right, self.out)
    }
}

fn product(left: &str, right: &str, out: &str, [m, k, n]: [usize; 3]) -> Product {
    let shaped = |name: &str, shape: [usize; 2]| Shaped { name: name.to_owned(), shape: shape.to_vec() };
    Product { left: shaped(left, [m, k]), right: shaped(right, [k, n]), out: shaped(out, [m, n]) }
}

impl ShapesParams {
    /// Derives all shapes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two or more than 64 layers, a size of 0 or above 1,000,000.
    pub fn lesson(&self) -> Result<ShapesLesson> {
        let wrong = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        if !(2..=MOST_LAYERS).contains(&self.layers.len()) {
            return wrong("layers", format!("{:?}", self.layers), "2 to 64 sizes, such as 4,8,3");
        }
        let sizes = self.layers.iter().chain([&self.batch, &self.steps]).chain(&self.rows);
        if let Some(size) = sizes.copied().find(|size| !(1..=LARGEST).contains(size)) {
            return wrong("a size", size.to_string(), "1 to 1,000,000");
        }
        let last = self.layers.len() - 2;
        let layers = self.layers.windows(2).enumerate().map(|(i, pair)| match self.cell {
            Some(cell) if i < last => self.recurrent(cell, pair[0], pair[1]),
            cell => self.dense(cell.is_some() && last > 0, pair[0], pair[1]),
        });
        let layers = layers.collect::<Result<Vec<_>>>()?;
        Ok(ShapesLesson {
            batch: self.batch,
            steps: self.cell.map(|_| self.steps),
            parameters: layers.iter().map(|layer| layer.parameters).sum(),
            layers,
            epoch: self.rows.map(|rows| [rows.div_ceil(self.batch), (rows - 1) % self.batch + 1]),
        })
    }

    /// A dense layer, over the last hidden state where cells come before it.
    fn dense(&self, after_cells: bool, input: usize, output: usize) -> Result<LayerShapes> {
        let (b, x) = (self.batch, if after_cells { "H_T" } else { "X" });
        let mut shapes = layer("dense", &Shapes::dense((b, input), (b, output))?);
        shapes.data[0].name = x.to_owned();
        shapes.forward = vec![product(x, "W", &format!("{x} W"), [b, input, output])];
        shapes.backward = vec![
            product(&format!("{x}ᵀ"), "dZ", "dW", [input, b, output]),
            product("dZ", "Wᵀ", &format!("d{x}"), [b, output, input]),
        ];
        Ok(shapes)
    }

    fn recurrent(&self, cell: Cell, input: usize, hidden: usize) -> Result<LayerShapes> {
        let (b, t) = (self.batch, self.steps);
        let (_, of_x, _, of_h) = cell.blocks();
        let mut shapes = layer(cell.name(), &Shapes::recurrent(cell, (t, b, input), (t, b, hidden))?);
        let (of_x, of_h) = (of_x * hidden, of_h * hidden);
        shapes.forward = vec![product("X_t", "W_x", "X_t W_x", [b, input, of_x])];
        shapes.backward = vec![
            product("X_tᵀ", "dA_x", "dW_x", [input, b, of_x]),
            product("dA_x", "W_xᵀ", "dX_t", [b, of_x, input]),
        ];
        if cell.is_recurrent() {
            shapes.forward.push(product("H_t-1", "W_h", "H_t-1 W_h", [b, hidden, of_h]));
            shapes.backward.insert(1, product("H_t-1ᵀ", "dA_h", "dW_h", [hidden, b, of_h]));
            shapes.backward.push(product("dA_h", "W_hᵀ", "dH_t-1", [b, of_h, hidden]));
        }
        Ok(shapes)
    }
}

/// Names and shapes of data and weights, without products.
fn layer(kind: &'static str, shapes: &Shapes) -> LayerShapes {
    let all = |list: &[(&'static str, Vec<usize>)]| -> Vec<Shaped> {
        list.iter().map(|(name, shape)| Shaped { name: (*name).to_owned(), shape: shape.clone() }).collect()
    };
    LayerShapes {
        kind,
        data: all(&shapes.data),
        weights: all(&shapes.weights),
        forward: Vec::new(),
        backward: Vec::new(),
        parameters: shapes.parameters(),
    }
}
