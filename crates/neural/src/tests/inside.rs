//! Gates and states against the fast path of the same predictor, and against the textbook's cells.

use gyeol_tensor::Rng;

use super::*;
use crate::differences::{self, CELLS};
use crate::farthest::farthest;
use crate::net::{Input, Net, NetParams, Output, Reads, StreamState};
use crate::stack::StackParams;
use crate::textbook::{Curve, Gru, Lstm, MinGru, Rnn, SLstm};

fn net(cell: Cell, hidden: usize) -> Net {
    let stack = StackParams { layers: 2, ..StackParams::new(cell, 4, hidden) };
    let (dropout, projection) = (0.0, None);
    let (input, output) = (Input::Tokens { vocabulary: 11 }, Output::Classes { classes: 11 });
    Net::new(&NetParams { input, stack, dropout, reads: Reads::Every, projection, output, tied: false })
        .unwrap()
}

fn ids(n: usize) -> Vec<u32> {
    (0..n as u32).map(|i| (i * 7 + i / 3) % 11).collect()
}

#[test]
fn states_are_those_of_the_fast_path() {
    for cell in CELLS {
        // Units that fill no lane, and steps that come in several pieces, the last of them cut off.
        for hidden in [5, 24] {
            let net = net(cell, hidden);
            let params = differences::noisy(net.layout(), &mut Rng::new(3), 0.3);
            let params: Vec<f32> = params.into_iter().map(|v| v as f32).collect();
            let predictor = Predictor::new(net, params, 4, 1).unwrap();
            let ids = ids(11);
            let layers = predictor.inside(&ids).unwrap();
            assert_eq!(layers.len(), 2);
            for n in 1..=ids.len() {
                let mut state = StreamState::default();
                predictor.next(&ids[..n], &mut state).unwrap();
                let (h, c) = state.states();
                for (l, layer) in layers.iter().enumerate() {
                    assert_eq!((layer.steps(), layer.units, layer.backward), (11, hidden, false));
                    let at = |part| &layer.part(part).unwrap()[(n - 1) * hidden..n * hidden];
                    assert_eq!(at(Part::Hidden), &h[l * hidden..(l + 1) * hidden], "{cell:?} {n}");
                    let memory = cell.memories() * hidden;
                    let c = &c[l * memory..(l + 1) * memory];
                    for (part, want) in [Part::Cell, Part::Normaliser].into_iter().zip(c.chunks(hidden)) {
                        assert_eq!(at(part), want, "{cell:?} {n}");
                    }
                }
            }
        }
    }
}

/// The textbook's walk over x (T, I): each part, (T, H).
fn textbook(cell: Cell, [w_x, w_h, b]: [Vec<f64>; 3], x: &[Vec<f64>], k: usize) -> Vec<(Part, Vec<f64>)> {
    let zero = vec![0.0; k];
    let block = |gates: &[Vec<f64>], at: usize| -> Vec<f64> {
        gates.iter().flat_map(|row| row[at * k..(at + 1) * k].to_vec()).collect()
    };
    match cell {
        Cell::Rnn | Cell::RnnRelu => {
            let curve = if cell == Cell::Rnn { Curve::Tanh } else { Curve::Relu };
            vec![(Part::Hidden, Rnn { w_x, w_h, b, curve }.forward(x, &zero)[1..].concat())]
        }
        Cell::Gru => {
            let walk = Gru { w_x, w_h, b }.forward(x, &zero);
            let [n, r, z] = [0, 1, 2].map(|at| block(&walk.gates, at));
            vec![
                (Part::Reset, r),
                (Part::Update, z),
                (Part::Candidate, n),
                (Part::Hidden, walk.h[1..].concat()),
            ]
        }
        Cell::Lstm => {
            let walk = Lstm { w_x, w_h, b }.forward(x, &zero, &zero);
            let [i, f, g, o] = [0, 1, 2, 3].map(|at| block(&walk.gates, at));
            vec![
                (Part::Input, i),
                (Part::Forget, f),
                (Part::Output, o),
                (Part::Candidate, g),
                (Part::Cell, walk.c[1..].concat()),
                (Part::Hidden, walk.h[1..].concat()),
            ]
        }
        Cell::SLstm => {
            let walk = SLstm { w_x, w_h, b }.forward(x, &zero, [&zero; 3]);
            let [i, f, g, o] = [0, 1, 2, 3].map(|at| block(&walk.gates, at));
            vec![
                (Part::Input, i),
                (Part::Forget, f),
                (Part::Output, o),
                (Part::Candidate, g),
                (Part::Cell, walk.c[1..].concat()),
                (Part::Normaliser, walk.n[1..].concat()),
                (Part::Hidden, walk.h[1..].concat()),
            ]
        }
        Cell::MinGru => {
            let walk = MinGru { w_x, b }.forward(x, &zero);
            let [z, n] = [0, 1].map(|at| block(&walk.gates, at));
            vec![(Part::Update, z), (Part::Candidate, n), (Part::Hidden, walk.h[1..].concat())]
        }
    }
}

#[test]
fn gates_are_those_of_the_textbook() {
    for cell in CELLS {
        let net = net(cell, 6);
        let params = differences::noisy(net.layout(), &mut Rng::new(5), 0.4);
        let ids = ids(9);
        let table = net.embedding.as_ref().unwrap().table.of(&params).to_vec();
        let mut x: Vec<Vec<f64>> =
            ids.iter().map(|&id| table[id as usize * 4..(id as usize + 1) * 4].to_vec()).collect();
        let cells = net.stack().cells.clone();
        let layers = Predictor::new(net, params.clone(), 4, 1).unwrap().inside(&ids).unwrap();
        for (cell_of, layer) in cells.iter().zip(&layers) {
            let weights = [Some(&cell_of.w_x), cell_of.w_h.as_ref(), Some(&cell_of.b)]
                .map(|slot| slot.map_or(Vec::new(), |slot| slot.of(&params).to_vec()));
            let told = textbook(cell, weights, &x, 6);
            assert_eq!(told.iter().map(|(part, _)| *part).collect::<Vec<_>>(), Part::of(cell));
            for (part, want) in &told {
                let got = layer.part(*part).unwrap();
                assert_eq!(got.len(), want.len());
                let far = farthest(got.iter().zip(want).map(|(a, b)| (a - b).abs()));
                assert!(far < 1e-13, "{cell:?} {part}: {far:e}");
            }
            x = told.last().unwrap().1.chunks(6).map(<[f64]>::to_vec).collect();
        }
    }
}

#[test]
fn a_layer_that_reads_from_the_end_is_numbered_from_the_beginning() {
    let shape = StackParams { bidirectional: true, ..StackParams::new(Cell::Gru, 3, 5) };
    let mut layout = crate::layout::Layout::new();
    let stack = Stack::new(&mut layout, "s", &shape);
    let params = differences::noisy(&layout, &mut Rng::new(8), 0.4);
    let mut packed = stack.packed();
    stack.pack(&params, &mut packed);
    let x: Vec<f64> = (0..21).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let layers = inside(&stack, &params, &packed, &x, 2);
    assert_eq!(layers.iter().map(|l| l.backward).collect::<Vec<_>>(), [false, true]);
    let (mut tape, walk) = (stack.tape(7, 1), Steps::equal(7, 1));
    stack.forward(&params, &packed, &x, &walk, None, None, &mut tape);
    for (t, row) in stack.output(&walk, &tape).chunks_exact(10).enumerate() {
        let of = |layer: &LayerInside<f64>| layer.part(Part::Hidden).unwrap()[t * 5..t * 5 + 5].to_vec();
        assert_eq!(row, [of(&layers[0]), of(&layers[1])].concat());
    }
}

#[test]
fn what_no_net_can_show_is_refused_and_the_most_moving_units_come_first() {
    let net = net(Cell::Lstm, 5);
    let params = vec![0.01f32; net.layout().len()];
    let predictor = Predictor::new(net, params, 4, 1).unwrap();
    assert!(predictor.inside(&[]).is_err() && predictor.inside(&[11]).is_err());
    let layer = LayerInside {
        cell: Cell::Rnn,
        units: 3,
        backward: false,
        parts: vec![vec![0.1f32, -0.5, 0.0, 0.1, 0.5, 0.0, 0.2, -0.5, 0.0]],
    };
    let movers = layer.movers(Part::Hidden);
    assert_eq!(movers.iter().map(|m| m.0).collect::<Vec<_>>(), [1, 0, 2]);
    assert!((movers[0].1 - 2.5).abs() < 1e-6 && layer.part(Part::Cell).is_none());
    assert_eq!("forget".parse::<Part>().unwrap(), Part::Forget);
    assert!("forgot".parse::<Part>().is_err());
}
