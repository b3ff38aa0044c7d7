//! The fully connected layer: Y = f(X W + b).

use gyeol_tensor::activation::Activation;
use gyeol_tensor::elementwise::add_column_sums;
use gyeol_tensor::{MatRef, Operand, Precision, Real, Walk, Write, matmul_in, product};

use crate::layout::{Initial, Layout, Slot};

/// A dense layer. X is (rows, input), W (input, output), b (output), Y (rows, output).
#[derive(Debug, Clone)]
pub struct Dense {
    /// Columns of X.
    pub input: usize,
    /// Columns of Y.
    pub output: usize,
    /// f; softmax, which works row by row, is [`gyeol_tensor::softmax::softmax_rows`].
    pub activation: Activation,
    /// W.
    pub w: Slot,
    /// b; none where another term brings the bias.
    pub b: Option<Slot>,
    precision: Precision,
}

/// The weights as the products take them, packed once an optimizer step.
#[derive(Debug, Clone)]
pub struct DensePacked<T: Real> {
    w: Operand<T>,
    w_t: Operand<T>,
}

impl Dense {
    /// Adds the layer's parameters to a net; He initialisation before ReLU, Glorot otherwise.
    pub fn new(layout: &mut Layout, name: &str, input: usize, output: usize, activation: Activation) -> Self {
        let initial = match activation {
            Activation::Relu | Activation::LeakyRelu => Initial::He { fan_in: input },
            _ => Initial::Glorot { fan_in: input, fan_out: output },
        };
        let w = layout.add(format!("{name}.w"), &[input, output], initial);
        let b = Some(layout.add(format!("{name}.b"), &[output], Initial::Zero));
        Dense { input, output, activation, w, b, precision: Precision::F32 }
    }

    /// A linear layer without a bias, with its own start: for terms that are added to another layer's.
    pub fn without_bias(
        layout: &mut Layout,
        name: &str,
        input: usize,
        output: usize,
        initial: Initial,
    ) -> Self {
        let w = layout.add(format!("{name}.w"), &[input, output], initial);
        Dense { input, output, activation: Activation::Linear, w, b: None, precision: Precision::F32 }
    }

    /// The same layer with its products in `precision`; numbers in `f64` are multiplied in full. [`Precision::check`]
    /// says whether this process has kernels for it: products panic where not.
    pub fn with_precision(self, precision: Precision) -> Self {
        Dense { precision, ..self }
    }

    /// Room for the packed weights.
    pub fn packed<T: Real>(&self) -> DensePacked<T> {
        let zeros = |k, n| Operand::zeros(k, n, self.precision);
        DensePacked { w: zeros(self.input, self.output), w_t: zeros(self.output, self.input) }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut DensePacked<T>) {
        let w = MatRef::new(self.w.of(params), self.input, self.output);
        packed.w.repack(w);
        packed.w_t.repack(w.t());
    }

    /// y (rows, output) = f(x W + b); x is (rows, input).
    pub fn forward<T: Real>(&self, params: &[T], packed: &DensePacked<T>, x: &[T], y: &mut [T]) {
        let rows = y.len() / self.output;
        let write = match &self.b {
            Some(b) => Write::Bias(b.of(params)),
            None => Write::Set,
        };
        product(MatRef::new(x, rows, self.input), &packed.w, y, self.output, write, Walk::Forward);
        self.activation.apply(y);
    }

    /// From dL/dy to dL/dW, dL/db (set in or added to `gradient` as `write` says) and dL/dx (written to `dx`). A linear
    /// layer does not read y.
    ///
    /// dZ = dY * f'(Z) (left in `dy`); dW = Xᵀ dZ; db = column sums of dZ; dX = dZ Wᵀ.
    pub fn backward<T: Real>(
        &self,
        packed: &DensePacked<T>,
        x: &[T],
        y: &[T],
        dy: &mut [T],
        dx: Option<&mut [T]>,
        gradient: &mut [T],
        write: Write<'_, T>,
    ) {
        let rows = dy.len() / self.output;
        self.activation.backward(y, dy);
        let dz = MatRef::new(&*dy, rows, self.output);
        let x = MatRef::new(x, rows, self.input);
        matmul_in(self.precision, x.t(), dz, self.w.of_mut(gradient), self.output, write);
        if let Some(b) = &self.b {
            let db = b.of_mut(gradient);
            if matches!(write, Write::Set) {
                db.fill(T::ZERO);
            }
            add_column_sums(dy, rows, self.output, self.output, db);
        }
        if let Some(dx) = dx {
            product(dz, &packed.w_t, dx, self.input, Write::Set, Walk::Forward);
        }
    }
}
