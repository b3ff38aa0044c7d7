//! What answers in a net of words: a recurrent net, or one over a window of words.

use gyeol_base::Result;
use gyeol_neural::net::{
    Input, LayerSummary, Net, NetParams, Output, Predictor, StreamState, Window, WindowParams,
    WindowPredictor,
};
use gyeol_tensor::Precision;

/// Tokens that walk together through the softmax.
const STEPS: usize = 32;

/// The shape of a net of words.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Recurrent layers.
    Recurrent(NetParams),
    /// So many words before (Bengio et al. 2003).
    Window(WindowParams),
}

impl Shape {
    /// Classes that come in and that come out.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let (vocabulary, output) = match self {
            Shape::Recurrent(p) => (
                match p.input {
                    Input::Tokens { vocabulary } => vocabulary,
                    Input::Numbers => 0,
                },
                &p.output,
            ),
            Shape::Window(p) => (p.vocabulary, &p.output),
        };
        (vocabulary, output.classes().unwrap_or(0))
    }

    /// The same with products of numbers as they are, which every machine has.
    pub(crate) fn in_full(mut self) -> Shape {
        if let Shape::Recurrent(p) = &mut self {
            p.stack.precision = Precision::F32;
        }
        self
    }

    /// How the softmax is made.
    pub fn softmax(&self) -> &'static str {
        let (output, tied) = match self {
            Shape::Recurrent(p) => (&p.output, p.tied),
            Shape::Window(p) => (&p.output, p.tied),
        };
        match (output, tied) {
            (Output::Adaptive { .. }, _) => "adaptive",
            (_, true) => "full, W = E",
            (_, false) => "full",
        }
    }
}

/// A net with fixed parameters.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one a net, never in a list")]
pub(crate) enum Body {
    Recurrent(Predictor<f32>),
    Window(WindowPredictor<f32>),
}

/// What it remembers.
#[derive(Debug, Clone)]
pub(crate) enum Memory {
    Recurrent(StreamState<f32>),
    Window(Vec<u32>),
}

fn of_another_net() -> ! {
    unreachable!("a memory of another net")
}

impl Body {
    pub fn new(shape: &Shape, parameters: Vec<f32>, threads: usize) -> Result<Body> {
        Ok(match shape {
            Shape::Recurrent(p) => Body::Recurrent(Predictor::new(Net::new(p)?, parameters, STEPS, threads)?),
            Shape::Window(p) => Body::Window(WindowPredictor::new(Window::new(p)?, parameters, threads)?),
        })
    }

    /// What is remembered where nothing was read; `pad` stands before every text.
    pub fn start(&self, pad: u32) -> Memory {
        match self {
            Body::Recurrent(_) => Memory::Recurrent(StreamState::default()),
            Body::Window(net) => Memory::Window(vec![pad; net.net().params().context]),
        }
    }

    pub fn shape(&self) -> Shape {
        match self {
            Body::Recurrent(net) => Shape::Recurrent(net.net().params().clone()),
            Body::Window(net) => Shape::Window(net.net().params().clone()),
        }
    }

    pub fn parameters(&self) -> &[f32] {
        match self {
            Body::Recurrent(net) => net.params(),
            Body::Window(net) => net.params(),
        }
    }

    pub fn layers(&self) -> Vec<LayerSummary> {
        match self {
            Body::Recurrent(net) => net.net().summary().layers,
            Body::Window(net) => net.net().summary().layers,
        }
    }

    /// What it says of the next word, and the hidden vector that this was made of, of a recurrent net.
    pub fn next(&self, ids: &[u32], memory: &mut Memory) -> Result<(Vec<f32>, Vec<f32>)> {
        Ok(match (self, memory) {
            (Body::Recurrent(net), Memory::Recurrent(state)) => net.next_reading(ids, state)?,
            (Body::Window(net), Memory::Window(window)) => (net.next(ids, window)?, Vec::new()),
            _ => of_another_net(),
        })
    }

    pub fn score(
        &self,
        ids: &[u32],
        targets: &[u32],
        memory: &mut Memory,
        each: &mut dyn FnMut(f32, &[f32]),
    ) -> Result<()> {
        match (self, memory) {
            (Body::Recurrent(net), Memory::Recurrent(state)) => {
                net.score_reading(ids, targets, state, each)?
            }
            (Body::Window(net), Memory::Window(window)) => {
                net.score(ids, targets, window, &mut |ln| each(ln, &[]))?
            }
            _ => of_another_net(),
        }
        Ok(())
    }
}
