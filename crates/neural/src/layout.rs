//! Where each parameter of a net lies in its one flat vector, and how it begins.

use std::ops::Range;

use gyeol_tensor::{MatRef, Real, Rng, Write, matmul};

/// How a parameter begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Initial {
    /// All zero.
    Zero,
    /// Uniform in ±bound.
    Uniform(f64),
    /// Uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).
    Glorot {
        /// Inputs of a unit.
        fan_in: usize,
        /// Outputs.
        fan_out: usize,
    },
    /// Uniform in ±sqrt(6 / fan_in) (He et al. 2015), for layers before ReLU.
    He {
        /// Inputs of a unit.
        fan_in: usize,
    },
    /// Each block of `hidden` columns an orthogonal matrix (Saxe et al. 2014), for recurrent weights.
    Orthogonal {
        /// Rows, and columns of a block.
        hidden: usize,
    },
    /// Blocks of constants: (length, value) one after another, such as a forget-gate bias of 1.
    Blocks(Vec<(usize, f64)>),
    /// A gate bias log(u), u uniform in 1..=longest - 1, in block `forget` and its negative in block `input`
    /// (chrono initialisation, Tallec and Ollivier 2018); other blocks zero.
    Chrono {
        /// Units of a block.
        hidden: usize,
        /// Blocks in all.
        blocks: usize,
        /// Index of the input gate.
        input: usize,
        /// Index of the forget gate.
        forget: usize,
        /// Longest dependency, in steps.
        longest: usize,
    },
}

/// A named run of the flat vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Name, such as "encoder.w_x".
    pub name: String,
    /// Shape, row-major.
    pub shape: Vec<usize>,
    /// First number.
    pub offset: usize,
    /// How it begins.
    pub initial: Initial,
    /// False for biases and the like, which weight decay leaves alone.
    pub decays: bool,
}

impl Slot {
    /// Numbers in it.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True for a slot without numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where it lies.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.len()
    }

    /// Its numbers in a flat vector.
    pub fn of<'a, T>(&self, flat: &'a [T]) -> &'a [T] {
        &flat[self.range()]
    }

    /// Its numbers in a flat vector, to write.
    pub fn of_mut<'a, T>(&self, flat: &'a mut [T]) -> &'a mut [T] {
        &mut flat[self.range()]
    }
}

/// All parameters of a net: first those that every sample moves, then the tables, of which a sample moves the rows it
/// looks up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    slots: Vec<Slot>,
    /// Slots that are tables.
    tables: usize,
    len: usize,
}

impl Layout {
    /// An empty net.
    pub fn new() -> Self {
        Layout::default()
    }

    /// Adds a parameter and says where it lies.
    ///
    /// # Panics
    /// If a table was added before: tables come last.
    pub fn add(&mut self, name: impl Into<String>, shape: &[usize], initial: Initial) -> Slot {
        assert_eq!(self.tables, 0, "tables are added after all other parameters");
        self.push(name.into(), shape, initial)
    }

    /// Adds a table of `rows` rows, whose gradient has few rows at a time.
    pub fn add_table(
        &mut self,
        name: impl Into<String>,
        rows: usize,
        width: usize,
        initial: Initial,
    ) -> Slot {
        self.tables += 1;
        self.push(name.into(), &[rows, width], initial)
    }

    fn push(&mut self, name: String, shape: &[usize], initial: Initial) -> Slot {
        let decays = shape.len() > 1;
        let slot = Slot { name, shape: shape.to_vec(), offset: self.len, initial, decays };
        self.len += slot.len();
        self.slots.push(slot.clone());
        slot
    }

    /// Parameters in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Parameters that are no tables.
    pub fn dense(&self) -> &[Slot] {
        &self.slots[..self.slots.len() - self.tables]
    }

    /// The tables.
    pub fn tables(&self) -> &[Slot] {
        &self.slots[self.slots.len() - self.tables..]
    }

    /// Numbers before the first table.
    pub fn dense_len(&self) -> usize {
        self.dense().last().map_or(0, |s| s.range().end)
    }

    /// Numbers in all.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True for a net without parameters.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Name of the parameter that holds number `index`.
    pub fn name_at(&self, index: usize) -> &str {
        self.slots.iter().find(|s| s.range().contains(&index)).map_or("", |s| &s.name)
    }

    /// The flat vector at the start of training.
    pub fn initial<T: Real>(&self, rng: &mut Rng) -> Vec<T> {
        let mut flat = vec![T::ZERO; self.len];
        for slot in &self.slots {
            fill(&slot.initial, slot.of_mut(&mut flat), rng);
        }
        flat
    }
}

fn fill<T: Real>(initial: &Initial, out: &mut [T], rng: &mut Rng) {
    match initial {
        Initial::Zero => {}
        Initial::Uniform(bound) => rng.fill_uniform(out, *bound),
        Initial::Glorot { fan_in, fan_out } => {
            rng.fill_uniform(out, (6.0 / (*fan_in + *fan_out).max(1) as f64).sqrt())
        }
        Initial::He { fan_in } => rng.fill_uniform(out, (6.0 / (*fan_in).max(1) as f64).sqrt()),
        Initial::Orthogonal { hidden } => {
            let hidden = *hidden;
            let columns = out.len() / hidden.max(1);
            for block in 0..columns / hidden.max(1) {
                let q = orthogonal(hidden, rng);
                for i in 0..hidden {
                    for j in 0..hidden {
                        out[i * columns + block * hidden + j] = T::from_f64(q[i * hidden + j]);
                    }
                }
            }
        }
        Initial::Blocks(blocks) => {
            let mut at = 0;
            for &(len, value) in blocks {
                out[at..at + len].fill(T::from_f64(value));
                at += len;
            }
        }
        Initial::Chrono { hidden, blocks, input, forget, longest } => {
            debug_assert_eq!(out.len(), hidden * blocks);
            let span = longest.saturating_sub(2).max(1) as f64;
            for unit in 0..*hidden {
                let bias = (1.0 + rng.uniform() * span).ln();
                out[forget * hidden + unit] = T::from_f64(bias);
                out[input * hidden + unit] = T::from_f64(-bias);
            }
        }
    }
}

/// A random orthogonal matrix: rows of normal numbers made orthonormal by Gram and Schmidt, block by block so that most
/// of it is matrix products, and twice for accuracy ("twice is enough", Giraud et al. 2005).
fn orthogonal(n: usize, rng: &mut Rng) -> Vec<f64> {
    const BLOCK: usize = 32;
    let mut q = vec![0.0; n * n];
    let mut shares = vec![0.0; BLOCK * n];
    let mut first = 0;
    while first < n {
        let rows = BLOCK.min(n - first);
        let (done, rest) = q.split_at_mut(first * n);
        let block = &mut rest[..rows * n];
        block.iter_mut().for_each(|v| *v = rng.normal());
        let mut independent = true;
        for _ in 0..2 {
            let done = MatRef::new(&*done, first, n);
            let shares = &mut shares[..rows * first];
            matmul(MatRef::new(&*block, rows, n), done.t(), shares, first, Write::Set);
            shares.iter_mut().for_each(|v| *v = -*v);
            matmul(MatRef::new(&*shares, rows, first), done, block, n, Write::Add);
            for i in 0..rows {
                let (before, row) = block.split_at_mut(i * n);
                let row = &mut row[..n];
                for earlier in before.chunks_exact(n) {
                    let dot: f64 = earlier.iter().zip(row.iter()).map(|(a, b)| a * b).sum();
                    row.iter_mut().zip(earlier).for_each(|(v, e)| *v -= dot * e);
                }
                let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
                independent &= norm > 1e-6;
                row.iter_mut().for_each(|v| *v /= norm);
            }
        }
        // Rows that happen to depend on each other are drawn anew.
        if independent {
            first += rows;
        }
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recurrent_blocks_begin_orthogonal() {
        for h in [1, 9, 70] {
            let mut layout = Layout::new();
            let slot = layout.add("w_h", &[h, 2 * h], Initial::Orthogonal { hidden: h });
            let flat: Vec<f64> = layout.initial(&mut Rng::new(1));
            let w = slot.of(&flat);
            for block in 0..2 {
                for a in 0..h {
                    for b in 0..h {
                        let at = |row: usize, j: usize| w[row * 2 * h + block * h + j];
                        let dot: f64 = (0..h).map(|j| at(a, j) * at(b, j)).sum();
                        assert!((dot - f64::from(a == b)).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_found_by_index() {
        let mut layout = Layout::new();
        layout.add("a", &[2, 3], Initial::Zero);
        layout.add("b", &[3], Initial::Zero);
        assert_eq!((layout.name_at(5), layout.name_at(6), layout.len()), ("a", "b", 9));
    }
}
