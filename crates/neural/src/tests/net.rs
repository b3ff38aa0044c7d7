//! Whole nets: gradients against differences in f64, the same bits on any number of threads, state carried on.

use gyeol_tensor::Pool;

use super::*;
use crate::differences;
use crate::farthest::farthest;
use crate::recurrent::Cell;
use crate::softmax::NO_TARGET;
use crate::trainer::{Chunk, TrainParams, Trainable, evaluate, fit, gradient};
use crate::{Optimizer, Schedule};

fn tokens(cell: Cell, reads: Reads, classes: usize) -> NetParams {
    NetParams {
        input: Input::Tokens { vocabulary: 11 },
        stack: StackParams::new(cell, 4, 5),
        dropout: 0.0,
        reads,
        projection: None,
        output: Output::Classes { classes },
        tied: false,
    }
}

fn noisy(net: &Net, seed: u64) -> Vec<f64> {
    differences::noisy(net.layout(), &mut Rng::new(seed), 0.3)
}

fn check<S: Samples<f64>>(net: &Net, samples: &S, rows: &[u32]) {
    differences::check(&Learner { net, samples }, &noisy(net, 2), rows, 1e-5, net.params());
}

fn sequences() -> Vec<Vec<u32>> {
    vec![vec![3, 1, 4, 1], vec![], vec![10], vec![2, 7, 1, 8, 2, 8]]
}

#[test]
fn gradients_of_token_nets_agree_with_differences() {
    for (cell, dropout, locked, projection, bidirectional) in [
        (Cell::Lstm, 0.0, false, None, false),
        (Cell::Gru, 0.3, false, Some(3), true),
        (Cell::Lstm, 0.3, true, Some(6), false),
        (Cell::SLstm, 0.3, false, Some(3), true),
        (Cell::MinGru, 0.0, false, None, true),
    ] {
        let shape = |reads| {
            let mut p = tokens(cell, reads, 7);
            (p.dropout, p.projection) = (dropout, projection);
            p.stack = StackParams { layers: 2, dropout, locked, bidirectional, ..p.stack };
            p
        };
        let net = Net::new(&shape(Reads::Last)).unwrap();
        let labelled = Labelled::new(&net, &sequences(), &[6, 0, NO_TARGET, 3], 5).unwrap();
        check(&net, &labelled, &[3, 0, 1, 2]);
        let net = Net::new(&shape(Reads::Every)).unwrap();
        let tags: Vec<Vec<u32>> = sequences()
            .iter()
            .map(|s| s.iter().map(|&id| if id == 7 { NO_TARGET } else { id % 7 }).collect())
            .collect();
        let tagged = Labelled::tagged(&net, &sequences(), &tags, 5).unwrap();
        check(&net, &tagged, &[3, 0, 1, 2]);
    }
    for output in
        [Output::Classes { classes: 11 }, Output::Adaptive { classes: 11, cutoffs: vec![3, 6], shrink: 2 }]
    {
        let net = Net::new(&NetParams { output, ..tokens(Cell::Lstm, Reads::Every, 11) }).unwrap();
        let ids: Vec<u32> = (0..40).map(|i| i * i % 11).collect();
        let streams = TokenStreams::new(&net, ids, 3, 4).unwrap();
        check(&net, &streams, &[0, 1, 2]);
    }
}

#[test]
fn gradients_of_pooled_nets_agree_with_differences() {
    for reads in [Reads::Mean, Reads::Max, Reads::MeanMax, Reads::Attention] {
        for (cell, dropout, projection, bidirectional, layers) in [
            (Cell::Lstm, 0.0, None, true, 1),
            (Cell::Gru, 0.3, Some(3), true, 2),
            (Cell::Rnn, 0.3, None, false, 1),
        ] {
            let mut p = tokens(cell, reads, 7);
            (p.dropout, p.projection) = (dropout, projection);
            p.stack = StackParams { layers, dropout, bidirectional, ..p.stack };
            let net = Net::new(&p).unwrap();
            let labelled = Labelled::new(&net, &sequences(), &[6, 0, NO_TARGET, 3], 5).unwrap();
            check(&net, &labelled, &[3, 0, 1, 2]);
            assert_eq!(net.summary().parameters(), net.layout().len());
        }
        let net = Net::new(&NetParams {
            input: Input::Numbers,
            output: Output::Values { width: 2, activation: Activation::Tanh, loss: Loss::Mse },
            ..tokens(Cell::Gru, reads, 7)
        })
        .unwrap();
        let of = |n: usize, f: f64| (0..n).map(|i| (i as f64 * f).sin()).collect::<Vec<f64>>();
        let series = Series {
            steps: 3,
            width: 4,
            x: of(4 * 3 * 4, 0.9),
            values: of(8, 1.7),
            classes: Vec::new(),
            every: false,
        };
        series.check(&net).unwrap();
        check(&net, &series, &[2, 0, 3]);
    }
}

#[test]
fn a_pooled_row_is_that_of_its_own_steps_whatever_walks_beside_it() {
    for reads in [Reads::Last, Reads::Mean, Reads::Max, Reads::MeanMax, Reads::Attention] {
        let mut p = tokens(Cell::Lstm, reads, 3);
        p.stack = StackParams { layers: 2, bidirectional: true, ..p.stack };
        let net = Net::new(&p).unwrap();
        let params = noisy(&net, 4);
        let predictor = Predictor::new(net, params, 1, 2).unwrap();
        let mut all = sequences();
        all.extend((0..40).map(|i| (0..i * 7 % 23).map(|t| (t * t + i) % 11).collect()));
        let all: Vec<&[u32]> = all.iter().map(Vec::as_slice).collect();
        let mut together = vec![0.0; all.len() * 3];
        predictor.sequences(&all, &mut together, &Pool::new(2)).unwrap();
        for (one, said) in all.iter().zip(together.chunks_exact(3)) {
            let mut alone = vec![0.0; 3];
            predictor.sequences(&[one], &mut alone, &Pool::new(1)).unwrap();
            let far = farthest(alone.iter().zip(said).map(|(a, b)| (a - b).abs()));
            assert!(far < 1e-12, "{reads:?} {far}");
            assert!((alone.iter().map(|v| v.exp()).sum::<f64>() - 1.0).abs() < 1e-9);
        }
        assert!(predictor.sequences(&[&[11]], &mut [0.0; 3], &Pool::new(1)).is_err());
        assert!(predictor.sequences(&[&[1]], &mut [0.0; 4], &Pool::new(1)).is_err());
        predictor.sequences(&[], &mut [], &Pool::new(1)).unwrap();
        let long = [vec![3; 20_000], vec![4; 9000], vec![5; 30], vec![6; 5000]];
        let long: Vec<&[u32]> = long.iter().cycle().take(12).map(Vec::as_slice).collect();
        let mut said = vec![0.0; long.len() * 3];
        for _ in 0..2 {
            predictor.sequences(&long, &mut said, &Pool::new(2)).unwrap();
            assert!(farthest((0..12).map(|i| (said[i] - said[i + 12]).abs())) < 1e-12, "{reads:?}");
        }
    }
}

#[test]
fn a_tied_table_learns_from_both_of_its_places() {
    for (projection, dropout, units) in [(None, 0.0, 4), (Some(4), 0.3, 6)] {
        let mut params = tokens(Cell::Lstm, Reads::Every, 11);
        (params.stack.hidden, params.projection, params.dropout, params.tied) =
            (units, projection, dropout, true);
        params.stack.locked = true;
        let net = Net::new(&params).unwrap();
        assert!(net.layout().tables().is_empty());
        let free = Net::new(&NetParams { tied: false, ..params.clone() }).unwrap();
        assert_eq!(net.layout().len() + 11 * 4, free.layout().len());
        assert_eq!(net.summary().parameters(), net.layout().len());
        let ids: Vec<u32> = (0..40).map(|i| i * i % 11).collect();
        check(&net, &TokenStreams::new(&net, ids, 3, 4).unwrap(), &[0, 1, 2]);
    }
    for wrong in [
        NetParams { tied: true, ..tokens(Cell::Lstm, Reads::Every, 11) },
        NetParams { tied: true, projection: Some(4), ..tokens(Cell::Lstm, Reads::Every, 7) },
    ] {
        let error = Net::new(&wrong).unwrap_err().to_string();
        assert!(error.contains("tied"), "{error}");
    }
}

#[test]
fn gradients_of_number_nets_agree_with_differences() {
    for (reads, activation, loss) in [
        (Reads::Last, Activation::Linear, Loss::Mse),
        (Reads::Every, Activation::Sigmoid, Loss::Huber { delta: 0.3 }),
        (Reads::Last, Activation::Tanh, Loss::Pinball { quantile: 0.2 }),
    ] {
        let net = Net::new(&NetParams {
            input: Input::Numbers,
            stack: StackParams::new(Cell::Gru, 2, 5),
            dropout: 0.2,
            reads,
            projection: None,
            output: Output::Values { width: 3, activation, loss },
            tied: false,
        })
        .unwrap();
        let every = reads == Reads::Every;
        let n = if every { 4 * 3 * 3 } else { 4 * 3 };
        let of = |n: usize, f: f64| (0..n).map(|i| (i as f64 * f).sin()).collect::<Vec<f64>>();
        let mut values = of(n, 1.7);
        values[1] = f64::NAN;
        let series = Series { steps: 3, width: 2, x: of(4 * 3 * 2, 0.9), values, classes: Vec::new(), every };
        series.check(&net).unwrap();
        check(&net, &series, &[2, 0, 3]);
    }
}

fn curve(cell: Cell, threads: usize, epochs: usize, resume: Option<crate::State<f32>>) -> crate::State<f32> {
    let mut p = tokens(cell, Reads::Every, 11);
    p.dropout = 0.2;
    let recurrent_dropout = if cell.is_recurrent() { 0.1 } else { 0.0 };
    p.stack = StackParams { layers: 2, dropout: 0.2, recurrent_dropout, ..p.stack };
    let net = Net::new(&p).unwrap();
    let ids: Vec<u32> = (0..900u32).map(|i| (i * i + i / 7) % 11).collect();
    let streams = TokenStreams::new(&net, ids, 12, 5).unwrap();
    let all: Vec<u32> = (0..streams.len() as u32).collect();
    let learner = Learner { net: &net, samples: &streams };
    let params = TrainParams {
        accumulate: 2,
        schedule: Schedule::Step { every: 2, factor: 0.5 },
        clip: Some(1.0),
        clip_value: Some(0.5),
        l2: 1e-4,
        seed: 9,
        ..TrainParams::new(epochs, 12, Optimizer::adam_w(0.01), 0.01)
    };
    fit(&learner, &params, &all, &all[..24], &Pool::new(threads), resume, &mut |_| true).unwrap()
}

#[test]
fn same_bits_on_any_thread_count_and_after_a_resume() {
    for cell in [Cell::Lstm, Cell::SLstm, Cell::MinGru] {
        let one = curve(cell, 1, 3, None);
        let strip =
            |s: &crate::State<f32>| (s.params.clone(), s.best.clone(), s.optimizer.clone(), s.iteration);
        for threads in [2, 3, 7] {
            let other = curve(cell, threads, 3, None);
            assert_eq!(strip(&other), strip(&one), "{cell:?}");
        }
        let part = curve(cell, 2, 1, None);
        assert_eq!(strip(&curve(cell, 3, 3, Some(part))), strip(&one), "{cell:?}");
        assert!(one.curve[2].train_loss < one.curve[0].train_loss, "{cell:?}");
    }
}

#[test]
fn streams_carry_their_state_from_batch_to_batch() {
    // Cut into batches of 4 steps, the loss is that of one long batch.
    for cell in differences::CELLS {
        let net = Net::new(&tokens(cell, Reads::Every, 11)).unwrap();
        let ids: Vec<u32> = (0..83u32).map(|i| i * 7 % 11).collect();
        let params = noisy(&net, 8);
        let mean = |steps: usize| {
            let streams = TokenStreams::new(&net, ids.clone(), 2, steps).unwrap();
            let all: Vec<u32> = (0..streams.len() as u32).collect();
            evaluate(&Learner { net: &net, samples: &streams }, &params, &all, &Pool::new(2))
        };
        let whole = mean(100);
        for steps in [1, 4, 39, 40] {
            assert!((mean(steps) - whole).abs() < 1e-12, "{cell:?}, {steps} steps");
        }
    }
}

#[test]
fn a_table_row_that_no_token_touches_moves_as_with_a_gradient_of_zero() {
    // The same step on a net whose table is dense: with Adam, momentum moves untouched rows too.
    let net = Net::new(&tokens(Cell::Rnn, Reads::Last, 3)).unwrap();
    let labelled = Labelled::new(&net, &sequences(), &[2, 0, 1, 1], 9).unwrap();
    let learner = Learner { net: &net, samples: &labelled };
    let p = TrainParams { l2: 0.1, ..TrainParams::new(3, 4, Optimizer::adam_w(0.1), 0.01) };
    let got = fit(&learner, &p, &[0, 1, 2, 3], &[0], &Pool::new(2), None, &mut |_| true).unwrap();
    let mut params: Vec<f64> = net.layout().initial(&mut Rng::stream(0, 1));
    let mut state = p.optimizer.state(params.len());
    for _ in 0..3 {
        let (_, mut g) = gradient(&learner, &params, &[0, 1, 2, 3], None);
        g.iter_mut().for_each(|g| *g *= 0.25);
        p.optimizer.begin(&mut state);
        for slot in net.layout().slots() {
            let step = crate::Step { l2: 0.1, decays: slot.decays, ..crate::Step::new(0.01) };
            let range = slot.range();
            let (g, params) = (&g[range.clone()], &mut params[range.clone()]);
            p.optimizer.update(&mut state, &step, range, Some(g), params);
        }
    }
    let far = farthest(got.params.iter().zip(&params).map(|(a, b)| (a - b).abs()));
    assert!(far < 1e-13, "{far}");
}

#[test]
fn a_predictor_says_what_the_net_says() {
    let net = Net::new(&tokens(Cell::Lstm, Reads::Every, 11)).unwrap();
    let params = noisy(&net, 3);
    let ids: Vec<u32> = (0..21u32).map(|i| i * i % 11).collect();
    let streams = TokenStreams::new(&net, ids.clone(), 1, 50).unwrap();
    let learner = Learner { net: &net, samples: &streams };
    let mut packed = Trainable::<f64>::packed(&learner);
    learner.pack(&params, &mut packed);
    let mut room = learner.workspace(1);
    let mut carry = vec![0.0; 2 * net.params().stack.state()];
    let chunk = Chunk { samples: &[0], scale: 0.0, stream: None, shared: None, carry: &mut carry };
    let want = learner.loss(&params, &packed, &mut room, chunk);
    let predictor = Predictor::new(net, params, 4, 1).unwrap();
    let mut state = StreamState::default();
    let mut got = 0.0;
    for pair in ids.windows(2) {
        got -= predictor.next(&pair[..1], &mut state).unwrap()[pair[1] as usize];
    }
    assert!((got - want).abs() < 1e-12, "{got} {want}");
    assert!(predictor.next(&[99], &mut state).is_err());
}

#[test]
fn the_average_begins_when_the_loss_no_longer_falls_and_is_that_of_all_later_steps() {
    // One step an epoch, so that every step's parameters are seen.
    let net = Net::new(&tokens(Cell::Rnn, Reads::Last, 3)).unwrap();
    let labelled = Labelled::new(&net, &sequences(), &[2, 0, 1, 1], 9).unwrap();
    let learner = Learner { net: &net, samples: &labelled };
    let p = TrainParams {
        triggered: Some(1),
        ..TrainParams::new(40, 4, Optimizer::Sgd { momentum: 0.0, nesterov: false }, 12.0)
    };
    let run = |resume: Option<crate::State<f64>>| {
        let mut states: Vec<crate::State<f64>> = Vec::new();
        fit(&learner, &p, &[0, 1, 2, 3], &[0, 2], &Pool::new(2), resume, &mut |step| {
            if let crate::Fit::Epoch(state) = step {
                states.push(state.clone());
            }
            true
        })
        .unwrap();
        states
    };
    let states = run(None);
    let losses: Vec<f64> = states.last().unwrap().curve.iter().map(|e| e.valid_loss).collect();
    let least = |losses: &[f64]| losses.iter().copied().fold(f64::INFINITY, f64::min);
    let begun = (2..40).find(|&done| losses[done - 1] > least(&losses[..done - 2]));
    let begun = begun.expect("so high a rate does not only fall");
    assert!(begun < 35, "{losses:?}");
    assert_eq!(states[begun - 1].average, states[0].average, "nothing is averaged before");
    let mut mean = vec![0.0; net.layout().len()];
    for (n, state) in states[begun..].iter().enumerate() {
        mean.iter_mut().zip(&state.params).for_each(|(m, p)| *m += (p - *m) / (n + 1) as f64);
        let far = mean.iter().zip(&state.average).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-12, "step {n}: {far}");
        // The average is what is judged.
        let judged = evaluate(&learner, &state.average, &[0, 2], &Pool::new(1));
        assert!((judged - losses[begun + n]).abs() < 1e-12);
    }
    let again = run(Some(states[begun + 2].clone()));
    let (again, whole) = (again.last().unwrap(), states.last().unwrap());
    assert_eq!((&again.params, &again.average, &again.best), (&whole.params, &whole.average, &whole.best));
}

#[test]
fn a_moved_predictor_went_against_the_gradient_of_its_piece_and_back_to_its_origin() {
    for tied in [false, true] {
        let mut p = tokens(Cell::Lstm, Reads::Every, 11);
        (p.tied, p.projection) = (tied, tied.then_some(p.stack.input));
        let net = Net::new(&p).unwrap();
        let ids: Vec<u32> = (0..21u32).map(|i| i * 7 % 11).collect();
        let params = noisy(&net, 8);
        // A stream of one row, whose two pieces go on from one another.
        let streams = TokenStreams::new(&net, ids.clone(), 1, 10).unwrap();
        let learner = Learner { net: &net, samples: &streams };
        let (_, gradient) = gradient(&learner, &params, &[0], None);
        let predictor = Predictor::new(net.clone(), params.clone(), 4, 1).unwrap();
        let origin: Vec<f64> = params.iter().map(|p| p + 0.5).collect();
        let begin = StreamState::default();
        let piece = (&ids[..10], &ids[1..11]);
        let moved = predictor.moved(piece, &begin, (0.1, f64::INFINITY, 0.25), &origin).unwrap();
        for ((now, was), g) in moved.params().iter().zip(&params).zip(&gradient) {
            // The gradient above is that of the sum over ten tokens.
            assert!((now - (was - 0.1 * g / 10.0 + 0.25 * 0.5)).abs() < 1e-12);
        }
        // Cut to a norm, the step is as long as rate times the norm.
        let cut = predictor.moved(piece, &begin, (2.0, 1e-3, 0.0), &params).unwrap();
        let far: f64 = cut.params().iter().zip(&params).map(|(a, b)| (a - b) * (a - b)).sum();
        assert!((far.sqrt() - 2e-3).abs() < 1e-12, "{}", far.sqrt());
        // From a state that was carried on, another gradient; the loss of the piece falls.
        let mut state = begin.clone();
        predictor.next(&ids[..10], &mut state).unwrap();
        let (read, come) = (&ids[10..20], &ids[11..21]);
        let loss = |p: &Predictor<f64>| {
            let mut sum = 0.0;
            p.score(read, come, &mut state.clone(), &mut |ln| sum -= ln).unwrap();
            sum
        };
        let moved = predictor.moved((read, come), &state, (0.05, 1.0, 0.0), &params).unwrap();
        assert!(loss(&moved) < loss(&predictor));
        assert!(predictor.moved((read, &come[1..]), &state, (0.1, 1.0, 0.0), &params).is_err());
        assert!(predictor.moved((&[11], &[0]), &state, (0.1, 1.0, 0.0), &params).is_err());
        assert!(predictor.moved((&[], &[]), &state, (0.1, 1.0, 0.0), &params).is_err());
    }
}

#[test]
fn a_net_adopts_embeddings_and_layers_and_nothing_else() {
    let teller = NetParams { tied: true, ..tokens(Cell::Gru, Reads::Every, 11) };
    let teller = NetParams { projection: Some(teller.stack.input), ..teller };
    let (teller, classifier) =
        (Net::new(&teller).unwrap(), Net::new(&tokens(Cell::Gru, Reads::Last, 3)).unwrap());
    let (theirs, before) = (noisy(&teller, 3), noisy(&classifier, 4));
    let mut params = before.clone();
    classifier.adopt(&mut params, &teller, &theirs).unwrap();
    let mut taken = 0;
    for slot in classifier.layout().slots() {
        let now = slot.of(&params);
        if slot.name.starts_with("stack.") {
            let from = teller.layout().slots().iter().find(|s| s.name == slot.name).unwrap();
            assert_eq!(now, from.of(&theirs), "{}", slot.name);
            taken += 1;
        } else if slot.name == classifier.embedding.as_ref().unwrap().table.name {
            assert_eq!(now, teller.embedding.as_ref().unwrap().table.of(&theirs));
            taken += 1;
        } else {
            assert_eq!(now, slot.of(&before), "{}", slot.name);
        }
    }
    assert!(taken >= 4, "{taken}");
    for cell in [Cell::Rnn, Cell::Lstm] {
        let other = Net::new(&tokens(cell, Reads::Last, 3)).unwrap();
        assert!(other.adopt(&mut noisy(&other, 1), &teller, &theirs).is_err());
    }
    assert!(classifier.adopt(&mut params, &teller, &theirs[1..]).is_err());
}

#[test]
fn the_reach_is_the_gradient_at_each_token() {
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm, Cell::SLstm, Cell::MinGru] {
        let net = Net::new(&tokens(cell, Reads::Every, 11)).unwrap();
        let params = noisy(&net, 5);
        let ids = [3u32, 7, 1, 9, 0];
        let found = Predictor::new(net.clone(), params.clone(), 8, 1).unwrap().reach(&ids, 4).unwrap();
        // Every token is another, so that a row of the table is the embedding of one step; by differences.
        let loss = |params: Vec<f64>| {
            let one = Predictor::new(net.clone(), params, 8, 1).unwrap();
            -one.next(&ids, &mut StreamState::default()).unwrap()[4]
        };
        let table = &net.embedding.as_ref().unwrap().table;
        let width = net.params().stack.input;
        for (back, &id) in ids.iter().rev().enumerate() {
            let mut squares = 0.0;
            for k in 0..width {
                let at = table.offset + id as usize * width + k;
                let moved = |by: f64| {
                    let mut params = params.clone();
                    params[at] += by;
                    loss(params)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                squares += slope * slope;
            }
            let want = squares.sqrt();
            assert!(
                (found[back] - want).abs() < 1e-7 + 1e-5 * want,
                "{cell:?} {back}: {} {want}",
                found[back]
            );
        }
        let one = Predictor::new(net, params, 8, 1).unwrap();
        assert!(one.reach(&[], 4).is_err() && one.reach(&[11], 4).is_err() && one.reach(&[1], 11).is_err());
    }
}

/// Labelled sequences with two numbers of each beside.
struct Beside(Labelled, [f64; 8]);

impl Samples<f64> for Beside {
    fn longest(&self) -> usize {
        Samples::<f64>::longest(&self.0)
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<f64>) {
        self.0.gather(samples, batch);
        for (row, &sample) in samples.iter().enumerate() {
            let own = &self.1[2 * sample as usize..2 * sample as usize + 2];
            batch.beside[2 * row..2 * row + 2].copy_from_slice(own);
        }
    }
    fn ragged(&self) -> bool {
        true
    }
}

#[test]
fn numbers_beside_are_weighed_with_what_was_read_and_gradients_agree_with_differences() {
    let numbers = [0.7, -1.2, 0.1, 2.0, -0.4, 0.9, 1.5, -0.3];
    for (reads, projection, dropout) in
        [(Reads::MeanMax, None, 0.0), (Reads::Attention, Some(3), 0.3), (Reads::Last, None, 0.3)]
    {
        let params = NetParams { dropout, projection, ..tokens(Cell::Gru, reads, 3) };
        let net = Net::with_beside(&params, 2).unwrap();
        assert_eq!(net.summary().parameters(), Net::new(&params).unwrap().summary().parameters() + 2 * 3);
        let labelled = Labelled::new(&net, &sequences(), &[2, 0, NO_TARGET, 1], 5).unwrap();
        let samples = Beside(labelled, numbers);
        check(&net, &samples, &[3, 0, 1, 2]);
        // Answers change with them, as the weights say: of a row with none of its own words too.
        let predictor = Predictor::new(net.clone(), noisy(&net, 5), 4, 1).unwrap();
        let all = sequences();
        let rows: Vec<&[u32]> = all.iter().map(Vec::as_slice).collect();
        let said = |beside: &[f64]| {
            let mut out = vec![0.0; 12];
            predictor.sequences_beside(&rows, beside, &mut out, &Pool::new(1)).unwrap();
            out
        };
        let (with, without) = (said(&numbers), said(&[0.0; 8]));
        let w = net.layout().slots().iter().find(|slot| slot.name == "output.w").unwrap();
        let w = w.of(predictor.params());
        let width = w.len() / 3;
        for row in 0..4 {
            // Differences of log-probabilities are those of the scores.
            let score =
                |k: usize| (0..2).map(|j| w[k * width + width - 2 + j] * numbers[2 * row + j]).sum::<f64>();
            let moved = |k: usize| with[row * 3 + k] - without[row * 3 + k];
            assert!((moved(1) - moved(0) - (score(1) - score(0))).abs() < 1e-9, "{reads:?} {row}");
        }
        let short = predictor.sequences_beside(&rows, &numbers[..7], &mut [0.0; 12], &Pool::new(1));
        assert!(short.is_err() && predictor.sequences(&rows, &mut [0.0; 12], &Pool::new(1)).is_err());
    }
    for wrong in [
        tokens(Cell::Gru, Reads::Every, 11),
        NetParams {
            tied: true,
            stack: StackParams::new(Cell::Gru, 5, 5),
            ..tokens(Cell::Gru, Reads::Last, 11)
        },
    ] {
        assert!(Net::new(&wrong).is_ok() && Net::with_beside(&wrong, 2).is_err());
    }
}

#[test]
fn a_net_that_learns_by_samples_has_gradients_that_agree_with_differences_and_is_asked_over_all_classes() {
    for (tied, projection) in [(false, None), (true, Some(4)), (false, Some(3))] {
        let mut params = tokens(Cell::Lstm, Reads::Every, 11);
        (params.tied, params.projection) = (tied, projection);
        params.output = Output::Sampled { classes: 11, samples: 6 };
        let net = Net::new(&params).unwrap();
        assert_eq!(net.layout().tables().len(), if tied { 1 } else { 2 });
        let tags: Vec<Vec<u32>> = sequences();
        let tagged = Labelled::tagged(&net, &sequences(), &tags, 6).unwrap();
        check(&net, &tagged, &[3, 0, 1, 2]);
        // The same answers, and the same loss, from the net over all classes.
        let parameters = noisy(&net, 6);
        let (shape, exact) = net.exact(&parameters).unwrap();
        assert_eq!(shape, NetParams { output: Output::Classes { classes: 11 }, ..params.clone() });
        let other = Net::new(&shape).unwrap();
        let pool = Pool::new(1);
        let all = [0, 1, 2, 3];
        let loss = evaluate(&Learner { net: &net, samples: &tagged }, &parameters, &all, &pool);
        let whole = evaluate(&Learner { net: &other, samples: &tagged }, &exact, &all, &pool);
        assert!((loss - whole).abs() < 1e-12);
        let said = |net: Net, parameters| {
            Predictor::new(net, parameters, 4, 1)
                .unwrap()
                .next(&[3, 1, 4], &mut StreamState::default())
                .unwrap()
        };
        let far = said(net, parameters)
            .iter()
            .zip(said(other, exact))
            .map(|(a, b)| (a - b).abs())
            .collect::<Vec<_>>();
        assert!(farthest(far.into_iter()) < 1e-12);
    }
}

#[test]
fn what_is_learnt_by_samples_has_the_same_bits_on_any_number_of_threads() {
    let mut params = tokens(Cell::Gru, Reads::Every, 11);
    (params.tied, params.dropout) = (true, 0.2);
    (params.stack, params.projection) = (StackParams::new(Cell::Gru, 4, 6), Some(4));
    params.output = Output::Sampled { classes: 11, samples: 5 };
    let net = Net::new(&params).unwrap();
    let ids: Vec<u32> = (0..400).map(|i| (i * i + i / 7) % 11).collect();
    let streams = TokenStreams::new(&net, ids, 20, 5).unwrap();
    let learner = Learner { net: &net, samples: &streams };
    let mut how = TrainParams::new(3, 20, Optimizer::adam_w(0.01), 0.02);
    how.clip = Some(1.0);
    let samples: Vec<u32> = (0..streams.len() as u32).collect();
    let run = |threads| {
        let pool = Pool::new(threads);
        fit::<f32, _>(&learner, &how, &samples, &samples, &pool, None, &mut |_| true).unwrap()
    };
    let one = run(1);
    assert!(one.curve[2].valid_loss < one.curve[0].valid_loss);
    for threads in [2, 3, 7] {
        let other = run(threads);
        assert_eq!(one.params, other.params, "{threads}");
    }
}
