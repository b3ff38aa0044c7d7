//! An optimizer step allocates nothing once it is warm, on any thread.

mod counting;

use gyeol_neural::net::{
    Input, Labelled, Learner, Net, NetParams, Output, Reads, Samples, Series, TokenStreams,
};
use gyeol_neural::{Activation, Cell, Fit, Loss, Optimizer, StackParams, TrainParams, fit};

/// Allocations by all threads between the second and the last iteration of an epoch.
fn allocations<S: Samples<f32>>(
    net: &Net,
    samples: &S,
    count: usize,
    p: &TrainParams,
    threads: usize,
) -> usize {
    let all: Vec<u32> = (0..count as u32).collect();
    let learner = Learner { net, samples };
    let pool = counting::warm_pool(threads);
    let (mut warm, mut last, mut iterations) = (0, 0, 0);
    let mut observe = |news: Fit<'_, f32>| {
        if let Fit::Iteration { done, .. } = news {
            iterations = done;
            last = counting::calls();
            if done == 2 {
                warm = last;
            }
        }
        true
    };
    fit(&learner, p, &all, &all, &pool, None, &mut observe).unwrap();
    assert!(iterations > 8, "only {iterations} iterations");
    last - warm
}

/// Two layers with every kind of dropout, a state carried on, 13 rows: chunks of 7 and 6.
fn language_model(cell: Cell, output: Output, threads: usize) -> usize {
    let stack = StackParams {
        layers: 2,
        dropout: 0.3,
        recurrent_dropout: 0.2,
        locked: cell == Cell::Gru,
        ..StackParams::new(cell, 8, 9)
    };
    let net = Net::new(&NetParams {
        input: Input::Tokens { vocabulary: 50 },
        stack,
        dropout: 0.3,
        reads: Reads::Every,
        projection: Some(6),
        output,
    })
    .unwrap();
    // The last batch is shorter than the others.
    let ids = (0..13 * 94u32).map(|i| (i * i + i / 7) % 50).collect();
    let streams = TokenStreams::new(&net, ids, 13, 7).unwrap();
    let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false };
    let params = TrainParams { clip: Some(0.1), ..TrainParams::new(1, 13, sgd, 1.0) };
    allocations(&net, &streams, streams.len(), &params, threads)
}

/// Both directions, the last step read; the last batch has fewer samples.
fn of_numbers(threads: usize) -> usize {
    let net = Net::new(&NetParams {
        input: Input::Numbers,
        stack: StackParams { layers: 2, bidirectional: true, ..StackParams::new(Cell::Gru, 3, 7) },
        dropout: 0.2,
        reads: Reads::Last,
        projection: None,
        output: Output::Values { width: 4, activation: Activation::Tanh, loss: Loss::Mse },
    })
    .unwrap();
    let of = |n: usize| (0..n).map(|i| (i as f32 * 0.7).sin()).collect::<Vec<_>>();
    let count = 9 * 26 + 5;
    let series = Series {
        steps: 6,
        width: 3,
        x: of(count * 6 * 3),
        values: of(count * 4),
        classes: Vec::new(),
        every: false,
    };
    series.check(&net).unwrap();
    let params = TrainParams {
        accumulate: 2,
        clip: Some(0.1),
        average: Some(0.9),
        ..TrainParams::new(1, 13, Optimizer::adam(), 0.01)
    };
    allocations(&net, &series, count, &params, threads)
}

/// Sequences of different lengths, of which a later one is the longest.
fn of_ragged_sequences(threads: usize) -> usize {
    let net = Net::new(&NetParams {
        input: Input::Tokens { vocabulary: 30 },
        stack: StackParams::new(Cell::Lstm, 5, 6),
        dropout: 0.0,
        reads: Reads::Last,
        projection: None,
        output: Output::Classes { classes: 3 },
    })
    .unwrap();
    let sequences: Vec<Vec<u32>> =
        (0..200u32).map(|s| (0..1 + (s * 7 + s / 20) % 15).map(|t| (s + t) % 30).collect()).collect();
    let classes: Vec<u32> = (0..200).map(|s| s % 3).collect();
    let labelled = Labelled::new(&net, &sequences, &classes, 20).unwrap();
    let params =
        TrainParams { shuffle: false, ..TrainParams::new(1, 16, Optimizer::Adagrad { epsilon: 1e-8 }, 0.1) };
    allocations(&net, &labelled, 200, &params, threads)
}

#[test]
fn a_warm_step_allocates_nothing() {
    for threads in [1, 2] {
        for cell in [Cell::Lstm, Cell::Gru] {
            let adaptive = Output::Adaptive { classes: 50, cutoffs: vec![10, 30], shrink: 2 };
            for output in [Output::Classes { classes: 50 }, adaptive] {
                let what = format!("language model, {cell:?}, {output:?}, {threads} threads");
                assert_eq!(language_model(cell, output, threads), 0, "{what}");
            }
        }
        assert_eq!(of_numbers(threads), 0, "number net, {threads} threads");
        assert_eq!(of_ragged_sequences(threads), 0, "ragged sequences, {threads} threads");
    }
}
