//! Shapes of a layer derived from those of its data, for those who learn the arithmetic: Y = X W + b has as many rows
//! as X, W as many rows as X has columns, and b as many numbers as Y has columns.
//!
//! ```
//! use gyeol_neural::{Cell, Shapes};
//!
//! let shapes = Shapes::dense((32, 8), (32, 3))?;
//! assert_eq!(shapes.to_string(), "X is (32, 8), Y is (32, 3), so W is (8, 3), b is (3)");
//! let shapes = Shapes::recurrent(Cell::Lstm, (20, 32, 8), (20, 32, 64))?;
//! assert_eq!(
//!     shapes.to_string(),
//!     "X is (20, 32, 8), H is (20, 32, 64), so W_x is (8, 256), W_h is (64, 256), b is (256)"
//! );
//! assert!(Shapes::dense((32, 8), (31, 3)).unwrap_err().to_string().contains("(31, 3)"));
//! # Ok::<(), gyeol_neural::Error>(())
//! ```

use std::fmt;

use crate::error::{Error, Result};
use crate::recurrent::Cell;

/// A layer's data and weights with their shapes; prints as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shapes {
    /// X and Y, or H: (name, shape).
    pub data: Vec<(&'static str, Vec<usize>)>,
    /// Weights and biases: (name, shape).
    pub weights: Vec<(&'static str, Vec<usize>)>,
}

impl Shapes {
    /// A dense layer, Y = f(X W + b): X (m, n) and Y (m, j) make W (n, j) and b (j).
    ///
    /// # Errors
    /// [`Error::Shape`] with both shapes when X and Y have other numbers of rows.
    pub fn dense(x: (usize, usize), y: (usize, usize)) -> Result<Shapes> {
        if x.0 != y.0 {
            return Err(Error::Shape {
                what: "rows of X and Y",
                found: format!("X {x:?} and Y {y:?}"),
                expected: format!("as many in both, such as Y ({}, {})", x.0, y.1),
            });
        }
        Ok(Shapes {
            data: vec![("X", vec![x.0, x.1]), ("Y", vec![y.0, y.1])],
            weights: vec![("W", vec![x.1, y.1]), ("b", vec![y.1])],
        })
    }

    /// A recurrent layer: X (T, B, I) and H (T, B, H) make W_x, W_h and b as [`crate::Recurrent`] has them: one block of
    /// H columns for the simple RNN, four for the LSTM and the sLSTM (input gate, forget gate, candidate, output gate),
    /// three for the GRU (reset, update, candidate) and a fourth bias for its candidate's recurrent product, two for the
    /// minGRU (update, candidate), which has no W_h.
    ///
    /// # Errors
    /// [`Error::Shape`] with both shapes when X and H have other numbers of steps or rows.
    pub fn recurrent(cell: Cell, x: (usize, usize, usize), h: (usize, usize, usize)) -> Result<Shapes> {
        if (x.0, x.1) != (h.0, h.1) {
            return Err(Error::Shape {
                what: "steps and rows of X and H",
                found: format!("X {x:?} and H {h:?}"),
                expected: format!("as many in both, such as H ({}, {}, {})", x.0, x.1, h.2),
            });
        }
        let (all, of_x, _, of_h) = cell.blocks();
        Ok(Shapes {
            data: vec![("X", vec![x.0, x.1, x.2]), ("H", vec![h.0, h.1, h.2])],
            weights: [("W_x", vec![x.2, of_x * h.2])]
                .into_iter()
                .chain(cell.is_recurrent().then(|| ("W_h", vec![h.2, of_h * h.2])))
                .chain([("b", vec![all * h.2])])
                .collect(),
        })
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        self.weights.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }
}

impl fmt::Display for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |shapes: &[(&str, Vec<usize>)]| {
            let one = |(name, shape): &(&str, Vec<usize>)| {
                let numbers: Vec<String> = shape.iter().map(usize::to_string).collect();
                format!("{name} is ({})", numbers.join(", "))
            };
            shapes.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        write!(f, "{}, so {}", list(&self.data), list(&self.weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, Recurrent};

    #[test]
    fn recurrent_shapes_are_those_of_the_layer() {
        for cell in [Cell::Rnn, Cell::RnnRelu, Cell::Gru, Cell::Lstm, Cell::SLstm, Cell::MinGru] {
            let mut layout = Layout::new();
            let layer = Recurrent::new(&mut layout, "r", cell, 5, 7);
            let shapes = Shapes::recurrent(cell, (3, 2, 5), (3, 2, 7)).unwrap();
            let slots = [Some(&layer.w_x), layer.w_h.as_ref(), Some(&layer.b)];
            let want: Vec<_> = slots.into_iter().flatten().map(|slot| slot.shape.clone()).collect();
            let found: Vec<_> = shapes.weights.iter().map(|(_, shape)| shape.clone()).collect();
            assert_eq!(found, want);
            assert_eq!(shapes.parameters(), layer.parameters());
            assert_eq!(shapes.parameters(), layout.len());
        }
    }

    #[test]
    fn errors_name_both_shapes() {
        let say = |e: Result<Shapes>| e.unwrap_err().to_string();
        let dense = say(Shapes::dense((4, 2), (5, 3)));
        assert!(dense.contains("X (4, 2) and Y (5, 3)"), "{dense}");
        let recurrent = say(Shapes::recurrent(Cell::Gru, (9, 4, 2), (8, 4, 3)));
        assert!(recurrent.contains("X (9, 4, 2) and H (8, 4, 3)"), "{recurrent}");
    }
}
