//! What a fit holds during its steps is what [`gyeol_neural::net::Net::step_bytes`] says.

use gyeol_neural::net::{Input, Learner, Net, NetParams, Output, Reads, Samples, Series, TokenStreams};
use gyeol_neural::{Activation, Cell, Fit, Loss, Optimizer, Precision, StackParams, TrainParams, fit};
use gyeol_tensor::Real;

use crate::counting;

/// Most bytes that steps held, over the formula's.
fn ratio<T: Real, S: Samples<T>>(
    net: &Net,
    samples: &S,
    count: usize,
    p: &TrainParams,
    threads: usize,
) -> f64 {
    let all: Vec<u32> = (0..count as u32).collect();
    let (learner, pool) = (Learner { net, samples }, counting::warm_pool(threads));
    let formula = net.step_bytes::<T>(samples.longest(), p, threads);
    let before = counting::from_here();
    let mut most = 0;
    let mut observe = |news: Fit<'_, T>| {
        if let Fit::Iteration { .. } = news {
            most = counting::peak();
        }
        true
    };
    fit(&learner, p, &all, &all, &pool, None, &mut observe).unwrap();
    (most - before) as f64 / formula as f64
}

fn language(stack: StackParams, vocabulary: usize, dropout: f64, projection: Option<usize>) -> Net {
    Net::new(&NetParams {
        input: Input::Tokens { vocabulary },
        stack,
        dropout,
        reads: Reads::Every,
        projection,
        output: Output::Classes { classes: vocabulary },
        tied: false,
    })
    .unwrap()
}

/// The same with an adaptive softmax.
fn adaptive(stack: StackParams, vocabulary: usize) -> Net {
    let mut params = language(stack, vocabulary, 0.0, None).params().clone();
    params.output =
        Output::Adaptive { classes: vocabulary, cutoffs: vec![vocabulary / 10, vocabulary / 2], shrink: 2 };
    Net::new(&params).unwrap()
}

fn of_language<T: Real>(net: &Net, rows: usize, steps: usize, optimizer: Optimizer, threads: usize) -> f64 {
    let Input::Tokens { vocabulary } = net.params().input else { unreachable!() };
    let ids = (0..rows * (3 * steps + 1)).map(|i| (i * 7919 % vocabulary) as u32).collect();
    let streams = TokenStreams::new(net, ids, rows, steps).unwrap();
    ratio::<T, _>(net, &streams, streams.len(), &TrainParams::new(1, rows, optimizer, 1e-3), threads)
}

fn of_numbers<T: Real>(
    stack: StackParams,
    reads: Reads,
    activation: Activation,
    steps: usize,
    batch: usize,
    p: TrainParams,
    threads: usize,
) -> f64 {
    let net = Net::new(&NetParams {
        input: Input::Numbers,
        dropout: 0.0,
        reads,
        projection: None,
        output: Output::Values { width: 24, activation, loss: Loss::Mse },
        stack,
        tied: false,
    })
    .unwrap();
    let (count, width, every) = (4 * batch, net.params().stack.input, reads == Reads::Every);
    let of = |n: usize| (0..n).map(|i| T::from_f64((i as f64 * 0.7).sin())).collect::<Vec<T>>();
    let values = of(count * 24 * if every { steps } else { 1 });
    let series = Series { steps, width, x: of(count * steps * width), values, classes: Vec::new(), every };
    series.check(&net).unwrap();
    ratio::<T, _>(&net, &series, count, &p, threads)
}

#[test]
fn steps_take_the_memory_that_the_formula_says() {
    let _alone = counting::alone();
    let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false };
    let momentum = Optimizer::Sgd { momentum: 0.9, nesterov: false };
    let plain = |cell, input, hidden| StackParams::new(cell, input, hidden);
    let layers = |layers, stack| StackParams { layers, ..stack };
    let dropped = |stack| StackParams { dropout: 0.3, recurrent_dropout: 0.2, ..stack };
    let locked = |stack| StackParams { locked: true, ..stack };
    let both = |stack| StackParams { bidirectional: true, ..stack };
    let train = |batch, optimizer| TrainParams::new(1, batch, optimizer, 1e-3);
    let much = TrainParams { accumulate: 2, average: Some(0.99), ..train(20, Optimizer::adam()) };
    let (lstm, gru, rnn) = (Cell::Lstm, Cell::Gru, Cell::Rnn);
    let (slstm, mingru) = (Cell::SLstm, Cell::MinGru);
    let (line, curve) = (Activation::Linear, Activation::Tanh);
    let (last, every) = (Reads::Last, Reads::Every);
    let found = [
        // Parameters have the most of it, then tapes, then both about alike.
        of_language::<f32>(&language(layers(2, plain(lstm, 64, 64)), 3000, 0.0, None), 20, 20, sgd, 2),
        of_language::<f32>(&language(layers(2, plain(lstm, 32, 32)), 40, 0.0, None), 32, 64, sgd, 1),
        of_language::<f32>(&language(dropped(layers(3, plain(gru, 24, 40))), 90, 0.2, None), 20, 30, sgd, 2),
        of_language::<f32>(
            &language(locked(dropped(layers(2, plain(rnn, 48, 32)))), 200, 0.2, Some(16)),
            13,
            35,
            momentum,
            2,
        ),
        of_language::<f64>(&language(plain(lstm, 16, 128), 500, 0.0, None), 16, 10, Optimizer::adam(), 2),
        of_language::<f32>(&adaptive(plain(lstm, 32, 48), 2000), 16, 20, Optimizer::adam(), 2),
        of_numbers::<f32>(plain(lstm, 5, 64), last, line, 168, 64, train(64, Optimizer::adam()), 2),
        of_numbers::<f64>(both(layers(2, plain(gru, 3, 20))), last, curve, 48, 32, train(32, sgd), 1),
        of_numbers::<f32>(both(plain(lstm, 30, 20)), every, curve, 40, 20, much, 2),
        of_numbers::<f32>(
            both(plain(lstm, 5, 40)),
            Reads::MeanMax,
            line,
            60,
            32,
            train(32, Optimizer::adam()),
            2,
        ),
        of_numbers::<f32>(plain(gru, 5, 64), Reads::Attention, line, 90, 16, train(16, sgd), 2),
        of_language::<f32>(&language(layers(2, plain(slstm, 32, 32)), 40, 0.0, None), 32, 64, sgd, 1),
        of_language::<f32>(&language(layers(2, plain(mingru, 32, 32)), 40, 0.0, None), 32, 64, sgd, 1),
        of_numbers::<f32>(plain(rnn, 4, 256), last, line, 10, 8, train(8, momentum), 2),
    ];
    assert_near(&found);
    if gyeol_tensor::bf16_available() {
        let net = |stack| StackParams { precision: Precision::Bf16, ..stack };
        let found = [
            of_language::<f32>(
                &language(net(layers(2, plain(lstm, 64, 64))), 3000, 0.0, None),
                20,
                20,
                sgd,
                2,
            ),
            of_language::<f64>(&language(net(plain(lstm, 16, 128)), 500, 0.0, None), 16, 10, sgd, 2),
        ];
        assert_near(&found);
    }
}

fn assert_near(found: &[f64]) {
    assert!(found.iter().all(|r| (r - 1.0).abs() < 0.03), "memory over the formula's: {found:.3?}");
}
