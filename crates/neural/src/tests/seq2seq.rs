//! Encoder-decoders: gradients through both stacks against differences in f64, and decoding against the loss.

use gyeol_tensor::Pool;

use super::*;
use crate::Optimizer;
use crate::differences;
use crate::trainer::{TrainParams, evaluate, fit, gradient};

fn small(cell: Cell, layers: usize, dropout: f64) -> EncoderDecoder {
    let params = EncoderDecoderParams {
        source: Source::Tokens { vocabulary: 6 },
        target: 5,
        embedding: 3,
        cell,
        hidden: 4,
        layers,
        dropout,
        bidirectional: false,
        attention: None,
    };
    EncoderDecoder::new(&params).unwrap()
}

fn pairs() -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    (
        vec![vec![1, 5, 1, 0], vec![], vec![2], vec![3, 4]],
        vec![vec![4], vec![0, 1, 2, 3, 4], vec![], vec![2, 2]],
    )
}

fn noisy(net: &EncoderDecoder) -> Vec<f64> {
    differences::noisy(net.layout(), &mut Rng::new(3), 0.4)
}

#[test]
fn gradients_agree_with_differences() {
    let (sources, targets) = pairs();
    for (cell, layers, dropout) in [
        (Cell::Rnn, 1, 0.0),
        (Cell::RnnRelu, 2, 0.0),
        (Cell::Gru, 2, 0.3),
        (Cell::Lstm, 1, 0.0),
        (Cell::Lstm, 2, 0.3),
        (Cell::SLstm, 2, 0.3),
        (Cell::MinGru, 2, 0.0),
    ] {
        let net = small(cell, layers, dropout);
        let learner = PairsLearner::new(&net, &sources, &targets).unwrap();
        check(&net, &learner);
    }
}

fn check(net: &EncoderDecoder, learner: &PairsLearner<'_, f64>) {
    differences::check(learner, &noisy(net), &[2, 0, 3, 1], 1e-5, net.params());
}

const X: [f64; 8] = [0.3, -1.0, 0.8, 0.1, -0.6, -0.2, 0.0, 1.0];

fn from_numbers(cell: Cell, layers: usize) -> EncoderDecoder {
    let params = small(cell, layers, 0.0).params().clone();
    EncoderDecoder::new(&EncoderDecoderParams { source: Source::Numbers { width: 2 }, ..params }).unwrap()
}

#[test]
fn gradients_from_numbers_agree_with_differences() {
    for (cell, layers) in
        [(Cell::Rnn, 1), (Cell::Gru, 2), (Cell::Lstm, 2), (Cell::SLstm, 2), (Cell::MinGru, 1)]
    {
        let (net, targets) = (from_numbers(cell, layers), pairs().1);
        check(&net, &PairsLearner::of_numbers(&net, &X, &targets).unwrap());
    }
}

#[test]
fn sequences_are_decoded_from_numbers() {
    let (net, targets) = (from_numbers(Cell::Lstm, 1), pairs().1);
    let learner = PairsLearner::of_numbers(&net, &X, &targets).unwrap();
    let (all, p) = ([0, 1, 2, 3], TrainParams::new(300, 4, Optimizer::adam(), 0.05));
    let best = fit(&learner, &p, &all, &all, &Pool::new(1), None, &mut |_| true).unwrap().best;
    for (x, target) in X.chunks(2).zip(&targets) {
        assert_eq!(&net.decode_numbers(&best, x, 9).unwrap(), target);
    }
    assert!(net.decode(&best, &[0], 9).is_err() && net.decode_numbers(&best, &X[..3], 9).is_err());
}

#[test]
fn neighbours_in_a_batch_change_nothing() {
    let (sources, targets) = pairs();
    let net = small(Cell::Gru, 2, 0.0);
    let learner = PairsLearner::new(&net, &sources, &targets).unwrap();
    let params = noisy(&net);
    let together = gradient(&learner, &params, &[0, 1, 2, 3], None).0;
    let alone: f64 = (0..4).map(|i| gradient(&learner, &params, &[i], None).0).sum();
    assert!((together - alone).abs() < 1e-12);
}

#[test]
fn what_was_learnt_is_decoded() {
    let (sources, targets) = pairs();
    let net = small(Cell::Lstm, 1, 0.0);
    let learner = PairsLearner::new(&net, &sources, &targets).unwrap();
    let all = [0, 1, 2, 3];
    let p = TrainParams::new(300, 4, Optimizer::adam(), 0.05);
    let run =
        |threads| fit::<f64, _>(&learner, &p, &all, &all, &Pool::new(threads), None, &mut |_| true).unwrap();
    let state = run(1);
    assert_eq!(run(3).params, state.params);
    assert!(evaluate(&learner, &state.best, &all, &Pool::new(1)) < 0.05);
    for (source, target) in sources.iter().zip(&targets) {
        assert_eq!(&net.decode(&state.best, source, 9).unwrap(), target);
    }
    assert_eq!(net.decode(&state.best, &sources[1], 2).unwrap(), [0, 1]);
    assert!(net.decode(&state.best, &[6], 9).is_err());
    assert!(PairsLearner::<f64>::new(&net, &sources, &targets[1..]).is_err());
}
