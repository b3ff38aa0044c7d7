//! Reading of the files, PyTorch's layout of the weights in ours, and the distance of two results.

use std::path::PathBuf;

use gyeol_neural::{Cell, Recurrent};
use gyeol_tensor::Real;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::farthest::farthest;

fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/torch").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A JSON file.
pub fn json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap()
}

/// A list of numbers.
pub fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(number).collect()
}

/// A number.
pub fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

/// A safetensors file.
pub struct Tensors(Vec<u8>);

impl Tensors {
    pub fn open(name: &str) -> Self {
        Tensors(read(name))
    }

    fn eight_bytes(&self, name: &str, kind: Dtype) -> Vec<[u8; 8]> {
        let all = SafeTensors::deserialize(&self.0).unwrap();
        let view = all.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(view.dtype(), kind, "{name}");
        view.data().chunks_exact(8).map(|b| b.try_into().unwrap()).collect()
    }

    /// Numbers, in double precision.
    pub fn exact(&self, name: &str) -> Vec<f64> {
        self.eight_bytes(name, Dtype::F64).into_iter().map(f64::from_le_bytes).collect()
    }

    /// Numbers, rounded to the type that is tested.
    pub fn get<T: Real>(&self, name: &str) -> Vec<T> {
        self.exact(name).into_iter().map(T::from_f64).collect()
    }

    /// Integers.
    pub fn integers(&self, name: &str) -> Vec<i64> {
        self.eight_bytes(name, Dtype::I64).into_iter().map(i64::from_le_bytes).collect()
    }
}

/// (rows, columns) to (columns, rows).
pub fn transposed<T: Copy>(x: &[T], rows: usize) -> Vec<T> {
    let columns = x.len() / rows;
    (0..columns).flat_map(|c| (0..rows).map(move |r| x[r * columns + c])).collect()
}

/// A PyTorch weight (blocks H, columns) as ours, (columns, blocks H), its blocks taken in another order.
fn reordered<T: Copy>(weight: &[T], hidden: usize, columns: usize, order: &[usize]) -> Vec<T> {
    let block = hidden * columns;
    let rows: Vec<T> =
        order.iter().flat_map(|&b| weight[b * block..(b + 1) * block].iter().copied()).collect();
    transposed(&rows, order.len() * hidden)
}

/// What stands for the two biases of PyTorch, whose sum is our one.
#[derive(Clone, Copy, PartialEq)]
pub enum Bias {
    /// Weights: the sum.
    Sum,
    /// Gradients: both are ours.
    Same,
}

/// Writes a layer's weights (or gradients, named alike) into our flat vector. `of` reads `weight_ih` and so on.
///
/// The gates' blocks are i f g o in both for the LSTM. For the GRU PyTorch has r z n; ours are n r z in W_x, r z n in
/// W_h and n r z hn in b, of which n is PyTorch's b_in and hn its b_hn.
pub fn convert<T: Real>(cell: &Recurrent, of: impl Fn(&str) -> Vec<T>, bias: Bias, flat: &mut [T]) {
    let (h, i) = (cell.hidden, cell.input);
    let (of_x, of_h): (&[usize], &[usize]) = match cell.cell {
        Cell::SLstm | Cell::MinGru => unreachable!("PyTorch has no {}", cell.cell.title()),
        Cell::Rnn | Cell::RnnRelu => (&[0], &[0]),
        Cell::Lstm => (&[0, 1, 2, 3], &[0, 1, 2, 3]),
        Cell::Gru => (&[2, 0, 1], &[0, 1, 2]),
    };
    cell.w_x.of_mut(flat).copy_from_slice(&reordered(&of("weight_ih"), h, i, of_x));
    cell.w_h.as_ref().unwrap().of_mut(flat).copy_from_slice(&reordered(&of("weight_hh"), h, h, of_h));
    let (of_input, of_hidden) = (of("bias_ih"), of("bias_hh"));
    let both: Vec<T> =
        of_input.iter().zip(&of_hidden).map(|(&a, &b)| if bias == Bias::Sum { a + b } else { a }).collect();
    let b = match cell.cell {
        Cell::Gru => [&of_input[2 * h..], &both[..2 * h], &of_hidden[2 * h..]].concat(),
        _ => both,
    };
    cell.b.of_mut(flat).copy_from_slice(&b);
}

/// The largest |got - want| / (1 + |want|), NaN where one of them is NaN.
pub fn distance<T: Real>(got: &[T], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    farthest(got.iter().zip(want).map(|(a, b)| (a.to_f64() - b).abs() / (1.0 + b.abs())))
}

/// Fails with the name where [`distance`] is over `most`.
#[track_caller]
pub fn near<T: Real>(what: &str, got: &[T], want: &[f64], most: f64) {
    let far = distance(got, want);
    assert!(far <= most, "{what}: {far:e} apart, {most:e} allowed");
}

#[test]
fn nan_on_either_side_is_far() {
    for (got, want) in [([f64::NAN, 1.0], [0.0, 1.0]), ([0.0, 1.0], [f64::NAN, 1.0])] {
        let found = std::panic::catch_unwind(|| near("NaN", &got, &want, f64::INFINITY));
        assert!(found.is_err(), "{got:?}, {want:?}");
    }
}
