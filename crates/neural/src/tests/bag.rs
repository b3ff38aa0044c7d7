//! Bags: gradients against differences in f64, equal bits, refusals.

use super::*;
use crate::Loss;

fn shape(hidden: &[usize], output: Output) -> BagParams {
    BagParams {
        rows: 7,
        width: 4,
        hidden: hidden.to_vec(),
        activation: Activation::Tanh,
        dropout: 0.0,
        output,
    }
}

/// Four examples: several features with signs, the same one again, a single one, none.
const POINTERS: [usize; 5] = [0, 3, 5, 6, 6];
const INDICES: [u32; 6] = [0, 2, 5, 2, 6, 5];
const NUMBERS: [f64; 6] = [1.0, 2.0, -0.5, 1.0, 3.0, 2.0];

fn x() -> SparseRows<'static, f64> {
    SparseRows { pointers: &POINTERS, indices: &INDICES, values: &NUMBERS }
}

/// With one batch, a first step moves row j by η dE_j / √G_j where one example alone has it: E's gradient is known up to its
/// size, and the net's by one step of Adagrad up to its sign. So both are asked of the walk itself instead.
fn gradients(bag: &Bag, table: &[f64], above: &[f64], rows: &BagRows<'_, f64>) -> (Vec<f64>, Vec<f64>) {
    let (d, n) = (bag.params.width, rows.x.pointers.len() - 1);
    let samples: Vec<u32> = (0..n as u32).collect();
    let mut packed = bag.mlp.packed();
    bag.mlp.pack(above, &mut packed);
    let mut room = bag.room(n);
    bag.gather(table, rows, &samples, &mut room, Drop::NONE);
    let Room { h, dh, values, classes, tape, gradient, sums, .. } = &mut room;
    bag.mlp.learn_below(above, &packed, h, Targets { classes, values }, 1.0, None, tape, gradient, Some(dh));
    let mut of_table = vec![0.0; table.len()];
    for i in 0..n {
        for at in rows.x.pointers[i]..rows.x.pointers[i + 1] {
            let row = &mut of_table[rows.x.indices[at] as usize * d..][..d];
            row.iter_mut().zip(&dh[i * d..]).for_each(|(o, g)| *o += g * rows.x.values[at] / sums[i]);
        }
    }
    (of_table, gradient.clone())
}

#[test]
fn gradients_agree_with_differences() {
    let pool = Pool::new(1);
    let values = [0.3, -0.2, 0.9, 0.1, -1.0, 0.4, 0.7, 0.2];
    let of_values = Output::Values { width: 2, activation: Activation::Linear, loss: Loss::Mse };
    for hidden in [vec![], vec![5], vec![5, 3]] {
        for output in [Output::Classes { classes: 3 }, of_values.clone()] {
            let bag = Bag::new(&shape(&hidden, output.clone())).unwrap();
            let classes: &[u32] = if output == of_values { &[] } else { &[2, 0, 1, 1] };
            let rows = BagRows { x: x(), classes, values: if classes.is_empty() { &values } else { &[] } };
            let mut rng = Rng::new(3);
            let mut table = vec![0.0; 28];
            let mut above = vec![0.0; bag.above().layout().len()];
            rng.fill_uniform(&mut table, 0.8);
            rng.fill_uniform(&mut above, 0.8);
            let (of_table, of_above) = gradients(&bag, &table, &above, &rows);
            let loss = |table: &[f64], above: &[f64]| 4.0 * bag.loss(table, above, &rows, &pool).unwrap();
            for i in 0..table.len() + above.len() {
                let near = |by: f64| {
                    let (mut table, mut above) = (table.clone(), above.clone());
                    if i < 28 {
                        table[i] += by
                    } else {
                        above[i - 28] += by
                    }
                    loss(&table, &above)
                };
                let difference = (near(1e-5) - near(-1e-5)) / 2e-5;
                let said = if i < 28 { of_table[i] } else { of_above[i - 28] };
                assert!((difference - said).abs() < 1e-7, "{hidden:?} {i}: {said} and {difference}");
            }
        }
    }
}

#[test]
fn a_step_moves_each_row_against_its_gradient_by_its_own_rate() {
    let bag = Bag::new(&shape(&[], Output::Classes { classes: 3 })).unwrap();
    let rows = BagRows { x: x(), classes: &[2, 0, 1, 1], values: &[] };
    let p = BagTraining { epochs: 1, until: None, batch: 4, learning_rate: 0.01, patience: None, seed: 5 };
    let pool = Pool::new(1);
    let fit = bag.fit::<f64>(&p, &rows, None, &pool, &mut |_| true).unwrap();
    let mut begin = vec![0.0; 28];
    for (row, start) in begin.chunks_exact_mut(4).zip((0..28).step_by(4)) {
        Rng::stream(5, (1 << 63) | start as u64).fill_uniform(row, 0.25);
    }
    let above: Vec<f64> = bag.above().layout().initial(&mut Rng::stream(5, 1));
    let (gradient, _) = gradients(&bag, &begin, &above, &rows);
    // Feature 0 stands in one example alone: its row moves by 0.01 g / √(|g|² / 4).
    let size = (gradient[..4].iter().map(|g| g * g).sum::<f64>() / 4.0).sqrt();
    for i in 0..4 {
        assert!((begin[i] - fit.table[i] - 0.01 * gradient[i] / size).abs() < 1e-12);
    }
    // Features 1, 3 and 4 stand in none.
    assert!([1, 3, 4].iter().all(|j| fit.table[j * 4..(j + 1) * 4].iter().all(|v| *v == 0.0)));
    assert!(fit.table[8..12].iter().all(|v| *v != 0.0));
}

/// Examples of three classes, each with some features of its class among others.
fn many() -> (Vec<usize>, Vec<u32>, Vec<f64>, Vec<u32>) {
    let mut rng = Rng::new(9);
    let (mut pointers, mut indices, mut numbers, mut classes) = (vec![0], Vec::new(), Vec::new(), Vec::new());
    for i in 0..600u32 {
        let class = i % 3;
        let mut of: Vec<u32> = (0..6).map(|_| rng.below(300) as u32).collect();
        of.extend((0..3).map(|_| class * 100 + rng.below(20) as u32));
        of.sort_unstable();
        of.dedup();
        numbers.extend(of.iter().map(|_| 1.0));
        indices.extend(of);
        pointers.push(indices.len());
        classes.push(class);
    }
    (pointers, indices, numbers, classes)
}

#[test]
fn classes_are_learnt_with_the_same_bits_on_any_thread_count() {
    let (pointers, indices, numbers, classes) = many();
    let rows = |from: usize, to: usize| BagRows::<f32> {
        x: SparseRows { pointers: &pointers[from..=to], indices: &indices, values: &numbers },
        classes: &classes[from..to],
        values: &[],
    };
    for (hidden, dropout) in [(vec![], 0.0), (vec![16], 0.2)] {
        let activation = Activation::Relu;
        let output = Output::Classes { classes: 3 };
        let bag = Bag::new(&BagParams { rows: 300, width: 8, hidden, activation, dropout, output }).unwrap();
        let p = BagTraining {
            epochs: 20,
            until: None,
            batch: 50,
            learning_rate: 0.1,
            patience: Some(5),
            seed: 2,
        };
        let run = |threads| {
            let pool = Pool::new(threads);
            bag.fit(&p, &rows(100, 600), Some(&rows(0, 100)), &pool, &mut |_| true).unwrap()
        };
        let fit = run(1);
        for threads in [2, 3, 7] {
            let other = run(threads);
            assert!(other.table == fit.table && other.above == fit.above, "{threads}");
        }
        let said = bag.outputs(&fit.table, &fit.above, rows(0, 100).x, &Pool::new(2)).unwrap();
        let right = said
            .chunks(3)
            .zip(&classes)
            .filter(|(row, class)| row.iter().all(|v| *v <= row[**class as usize]));
        assert!(right.count() >= 95);
    }
}

#[test]
fn what_makes_no_bag_is_refused() {
    let output = Output::Classes { classes: 3 };
    let wide = BagParams { rows: 1 << 20, width: 1 << 10, ..shape(&[], output.clone()) };
    assert!(Bag::new(&wide).is_err());
    assert!(Bag::new(&BagParams { width: 0, ..shape(&[], output.clone()) }).is_err());
    let bag = Bag::new(&shape(&[], output)).unwrap();
    let pool = Pool::new(1);
    let (table, above) = (vec![0.0; 28], vec![0.0; bag.above().layout().len()]);
    let outside = SparseRows { pointers: &[0, 1], indices: &[7], values: &[1.0] };
    assert!(bag.outputs(&table, &above, outside, &pool).is_err());
    let falling = SparseRows { pointers: &[0, 2], indices: &[3, 1], values: &[1.0, 1.0] };
    assert!(bag.outputs(&table, &above, falling, &pool).is_err());
    assert!(bag.outputs(&table[1..], &above, x(), &pool).is_err());
    let p = BagTraining { epochs: 2, until: None, batch: 4, learning_rate: 0.1, patience: None, seed: 0 };
    let rows = |classes| BagRows::<f64> { x: x(), classes, values: &[] };
    assert!(bag.fit(&p, &rows(&[0, 1, 2, 3]), None, &pool, &mut |_| true).is_err());
    assert!(bag.fit(&p, &rows(&[0, 1]), None, &pool, &mut |_| true).is_err());
    let stopped = bag.fit(&p, &rows(&[0, 1, 2, 0]), None, &pool, &mut |_| false);
    assert!(matches!(stopped, Err(Error::Stopped { epoch: 1 })));
}
