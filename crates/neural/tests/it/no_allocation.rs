//! An optimizer step allocates nothing once it is warm, on any thread.

use gyeol_neural::net::{
    EncoderDecoder, EncoderDecoderParams, Input, Labelled, Learner, Mlp, MlpParams, Net, NetParams, Output,
    PairsLearner, Reads, Rows, Score, Series, Source, TokenStreams,
};
use gyeol_neural::{
    Activation, Cell, Fit, Loss, Optimizer, Precision, StackParams, TrainParams, Trainable, fit,
};

use crate::counting;

/// Allocations by all threads of the fit between the second and the last iteration of an epoch.
fn allocations<M: Trainable<f32>>(model: &M, count: usize, p: &TrainParams, threads: usize) -> usize {
    let all: Vec<u32> = (0..count as u32).collect();
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
    fit(model, p, &all, &all, &pool, None, &mut observe).unwrap();
    assert!(iterations > 8, "only {iterations} iterations");
    last - warm
}

/// Two layers with every kind of dropout, a state carried on, 13 rows: chunks of 7 and 6.
fn language_model(cell: Cell, output: Output, precision: Precision, threads: usize) -> usize {
    let stack = StackParams {
        layers: 2,
        dropout: 0.3,
        recurrent_dropout: if cell == Cell::MinGru { 0.0 } else { 0.2 },
        precision,
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
        tied: false,
    })
    .unwrap();
    // The last batch is shorter than the others.
    let ids = (0..13 * 94u32).map(|i| (i * i + i / 7) % 50).collect();
    let streams = TokenStreams::new(&net, ids, 13, 7).unwrap();
    let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false };
    let params = TrainParams { clip: Some(0.1), ..TrainParams::new(1, 13, sgd, 1.0) };
    allocations(&Learner { net: &net, samples: &streams }, streams.len(), &params, threads)
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
        tied: false,
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
    allocations(&Learner { net: &net, samples: &series }, count, &params, threads)
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
        tied: false,
    })
    .unwrap();
    let sequences: Vec<Vec<u32>> =
        (0..200u32).map(|s| (0..1 + (s * 7 + s / 20) % 15).map(|t| (s + t) % 30).collect()).collect();
    let classes: Vec<u32> = (0..200).map(|s| s % 3).collect();
    let labelled = Labelled::new(&net, &sequences, &classes, 20).unwrap();
    let params =
        TrainParams { shuffle: false, ..TrainParams::new(1, 16, Optimizer::Adagrad { epsilon: 1e-8 }, 0.1) };
    allocations(&Learner { net: &net, samples: &labelled }, 200, &params, threads)
}

/// Two hidden layers with dropout; the last batch has fewer rows.
fn of_rows(classes: bool, threads: usize) -> usize {
    let values = Output::Values { width: 2, activation: Activation::Sigmoid, loss: Loss::Mse };
    let net = Mlp::new(&MlpParams {
        input: 3,
        hidden: vec![9, 5],
        activation: Activation::Tanh,
        dropout: 0.2,
        output: if classes { Output::Classes { classes: 4 } } else { values },
    })
    .unwrap();
    let of = |n: usize| (0..n).map(|i| (i as f32 * 0.7).sin()).collect::<Vec<_>>();
    let rows = Rows {
        width: 3,
        x: of(200 * 3),
        values: of(if classes { 0 } else { 200 * 2 }),
        classes: (0..if classes { 200 } else { 0 }).map(|i| i % 4).collect(),
    };
    let params = TrainParams::new(1, 13, Optimizer::adam(), 0.01);
    allocations(&rows.learner(&net).unwrap(), 200, &params, threads)
}

/// Pairs of different lengths, or numbers with sequences of different lengths.
fn of_pairs(source: Source, attention: Option<Score>, threads: usize) -> usize {
    let net = EncoderDecoder::new(&EncoderDecoderParams {
        source,
        target: 6,
        embedding: 4,
        cell: Cell::Lstm,
        hidden: 8,
        layers: 2,
        dropout: 0.2,
        bidirectional: attention.is_some(),
        attention,
    })
    .unwrap();
    let strings = |f: u32| -> Vec<Vec<u32>> {
        (0..200u32).map(|s| (0..(s * f + s / 20) % 9).map(|t| (s + t) % 6).collect()).collect()
    };
    let x: Vec<f32> = (0..400).map(|i| (i as f32 * 0.7).sin()).collect();
    let (sources, targets) = (strings(7), strings(5));
    let learner = match source {
        Source::Tokens { .. } => PairsLearner::new(&net, &sources, &targets),
        Source::Numbers { .. } => PairsLearner::of_numbers(&net, &x, &targets),
    };
    let params = TrainParams { shuffle: false, ..TrainParams::new(1, 16, Optimizer::adam(), 0.01) };
    allocations(&learner.unwrap(), 200, &params, threads)
}

#[test]
fn a_warm_step_allocates_nothing() {
    let _alone = counting::alone();
    for threads in [1, 2] {
        for cell in [Cell::Lstm, Cell::Gru, Cell::SLstm, Cell::MinGru] {
            let adaptive = Output::Adaptive { classes: 50, cutoffs: vec![10, 30], shrink: 2 };
            for output in [Output::Classes { classes: 50 }, adaptive] {
                for precision in [Precision::F32, Precision::Bf16] {
                    if precision.check().is_ok() {
                        let what =
                            format!("language model, {cell:?}, {output:?}, {precision:?}, {threads} threads");
                        assert_eq!(language_model(cell, output.clone(), precision, threads), 0, "{what}");
                    }
                }
            }
        }
        assert_eq!(of_numbers(threads), 0, "number net, {threads} threads");
        for classes in [false, true] {
            assert_eq!(of_rows(classes, threads), 0, "rows, {threads} threads");
        }
        let tokens = Source::Tokens { vocabulary: 6 };
        for (source, attention) in [
            (tokens, None),
            (tokens, Some(Score::Dot)),
            (tokens, Some(Score::General)),
            (Source::Numbers { width: 2 }, None),
        ] {
            let what = format!("{source:?}, {attention:?}, {threads} threads");
            assert_eq!(of_pairs(source, attention, threads), 0, "{what}");
        }
        assert_eq!(of_ragged_sequences(threads), 0, "ragged sequences, {threads} threads");
    }
}
