//! The kinds of recurrent cells: their names, what they carry from step to step, and how their columns lie. What they
//! compute stands at the head of [`crate::Recurrent`]'s module.

use gyeol_tensor::Real;
use gyeol_tensor::activation::Activation;
use serde::{Deserialize, Serialize};

/// Kind of cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// Simple recurrent net with tanh.
    Rnn,
    /// Simple recurrent net with ReLU.
    #[serde(rename = "rnn-relu")]
    RnnRelu,
    /// Gated recurrent unit.
    Gru,
    /// Long short-term memory.
    Lstm,
    /// LSTM with an exponential input gate and a normaliser.
    SLstm,
    /// GRU whose gate and candidate read the input alone.
    MinGru,
}

gyeol_base::named!(
    Cell,
    "a cell",
    "rnn" => Cell::Rnn,
    "rnn-relu" => Cell::RnnRelu,
    "gru" => Cell::Gru,
    "lstm" => Cell::Lstm,
    "slstm" => Cell::SLstm,
    "mingru" => Cell::MinGru,
);

impl Cell {
    /// Blocks of H columns: (all, those of the input product, first and number of those of the recurrent one).
    pub(crate) fn blocks(self) -> (usize, usize, usize, usize) {
        match self {
            Cell::Rnn | Cell::RnnRelu => (1, 1, 0, 1),
            Cell::Gru => (4, 3, 1, 3),
            Cell::Lstm | Cell::SLstm => (4, 4, 0, 4),
            Cell::MinGru => (2, 2, 0, 0),
        }
    }

    /// Vectors of H numbers that it carries from step to step: h, and what it remembers beside: c in the LSTM; c, n and
    /// m in the sLSTM.
    pub fn states(self) -> usize {
        match self {
            Cell::Rnn | Cell::RnnRelu | Cell::Gru | Cell::MinGru => 1,
            Cell::Lstm => 2,
            Cell::SLstm => 4,
        }
    }

    /// M: those beside h.
    pub fn memories(self) -> usize {
        self.states() - 1
    }

    /// Whether h_{t-1} enters by a product.
    pub fn is_recurrent(self) -> bool {
        self.blocks().3 > 0
    }

    /// Makes of cell states c alone, in the first block of each row of (B, M H), what a walk can begin with: the
    /// sLSTM's normaliser is 1, its stabiliser 0.
    pub(crate) fn weigh<T: Real>(self, hidden: usize, memory: &mut [T]) {
        if self == Cell::SLstm {
            for row in memory.chunks_exact_mut(3 * hidden) {
                row[hidden..2 * hidden].fill(T::ONE);
                row[2 * hidden..].fill(T::ZERO);
            }
        }
    }

    /// Activation of the simple cells.
    pub(crate) fn activation(self) -> Activation {
        if self == Cell::RnnRelu { Activation::Relu } else { Activation::Tanh }
    }

    /// Name for people.
    pub fn title(self) -> &'static str {
        match self {
            Cell::Rnn => "RNN",
            Cell::RnnRelu => "RNN (ReLU)",
            Cell::Gru => "GRU",
            Cell::Lstm => "LSTM",
            Cell::SLstm => "sLSTM",
            Cell::MinGru => "minGRU",
        }
    }
}
