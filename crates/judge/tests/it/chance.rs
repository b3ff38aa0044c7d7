//! The bootstrap of metrics that need all rows at once, and of groups.

use gyeol_judge::{Average, Bootstrap, ClassSums, Confusion, Outcomes, Ranked};
use gyeol_tensor::{Pool, Rng};

fn rows(n: usize) -> (Vec<u32>, Vec<u32>) {
    let mut rng = Rng::new(5);
    let labels: Vec<u32> = (0..n).map(|_| rng.below(3) as u32).collect();
    let predicted =
        labels.iter().map(|&l| if rng.uniform() < 0.8 { l } else { rng.below(3) as u32 }).collect();
    (labels, predicted)
}

#[test]
fn a_statistic_of_all_rows_has_the_interval_of_its_sums() {
    let (labels, predicted) = rows(400);
    for plan in [
        Bootstrap::new(400, 1, 300, 1),
        Bootstrap::new(400, 24, 300, 1),
        Bootstrap::grouped(&(0..400).map(|i| i / 7).collect::<Vec<u64>>(), 300, 1),
    ] {
        let units = labels.iter().zip(&predicted).map(|(&l, &p)| ClassSums::of(l, p, None)).collect();
        let by_sums = plan.intervals(&Outcomes::new(units, ClassSums::metrics()))["error"];
        let error = |weights: &[f64]| {
            vec![1.0 - Confusion::of(&labels, &predicted, 3, Some(weights)).unwrap().accuracy()]
        };
        let by_lists = plan.statistics(&Pool::new(1), error)[0];
        for (a, b) in
            [(by_sums.value, by_lists.value), (by_sums.low, by_lists.low), (by_sums.high, by_lists.high)]
        {
            assert!((a - b).abs() < 1e-12, "{by_sums:?} {by_lists:?}");
        }
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let (labels, predicted) = rows(500);
    let scores: Vec<f64> =
        predicted.iter().enumerate().map(|(i, &p)| f64::from(p) + (i % 7) as f64 / 10.0).collect();
    let (ranked, positive) =
        (Ranked::new(&scores).unwrap(), labels.iter().map(|&l| l == 2).collect::<Vec<bool>>());
    let of = |weights: &[f64]| {
        let c = Confusion::of(&labels, &predicted, 3, Some(weights)).unwrap();
        let area = ranked.roc_area(&positive, Some(weights)).unwrap();
        vec![c.average(Average::Macro, 1.0).f, c.matthews(), area, c.accuracy() - area]
    };
    let plan = Bootstrap::new(500, 5, 200, 3);
    let one = plan.statistics(&Pool::new(1), of);
    assert!(one.iter().all(|i| i.low < i.value && i.value < i.high));
    for threads in [2, 3, 7] {
        assert_eq!(plan.statistics(&Pool::new(threads), of), one);
    }
}

#[test]
fn a_model_against_itself_is_a_tie_and_units_come_as_often_as_they_are_drawn() {
    let (labels, predicted) = rows(90);
    let f = |predicted: &[u32], weights: &[f64]| {
        Confusion::of(&labels, predicted, 3, Some(weights)).unwrap().average(Average::Macro, 1.0).f
    };
    let plan = Bootstrap::new(90, 4, 50, 0);
    let same = plan.statistics(&Pool::new(1), |w| vec![f(&predicted, w) - f(&predicted, w)])[0];
    assert_eq!((same.value, same.low, same.high), (0.0, 0.0, 0.0));
    assert!((0..50).all(|draw| plan.counts(draw).iter().sum::<u32>() == 90));
}

#[test]
fn whole_groups_are_drawn_and_make_intervals_wider() {
    // Twenty rows of a group are all right or all wrong: forty groups are forty units, not eight hundred.
    let mut rng = Rng::new(8);
    let right: Vec<bool> = (0..40).flat_map(|_| vec![rng.uniform() < 0.5; 20]).collect();
    let groups: Vec<u64> = (0..800).map(|i| 1000 - i / 20).collect();
    let share = |w: &[f64]| {
        vec![w.iter().zip(&right).map(|(w, r)| w * f64::from(*r)).sum::<f64>() / w.iter().sum::<f64>()]
    };
    let width = |plan: &Bootstrap| {
        let i = plan.statistics(&Pool::new(1), share)[0];
        i.high - i.low
    };
    let plan = Bootstrap::grouped(&groups, 2000, 0);
    assert_eq!((plan.units(), plan.stretches(), plan.draws()), (800, 40, 2000));
    let (grouped, alone) = (width(&plan), width(&Bootstrap::new(800, 1, 2000, 0)));
    // √20 = 4.47 times as wide.
    assert!((grouped / alone / 20f64.sqrt() - 1.0).abs() < 0.12, "{grouped} {alone}");
    // Seven groups have no interval.
    let few = Bootstrap::grouped(&groups[..140], 100, 0);
    assert!(!few.tells() && few.statistics(&Pool::new(1), |w| vec![w.len() as f64])[0].low.is_nan());
}

#[test]
fn draws_are_those_of_one_generator_in_order() {
    let (units, block, draws) = (37, 5, 20);
    let mut rng = Rng::stream(9, 0xb007);
    let plan = Bootstrap::new(units, block, draws, 9);
    for draw in 0..draws {
        let (mut counts, mut left) = (vec![0; units], units);
        for _ in 0..units.div_ceil(block) {
            let start = rng.below(units as u64) as usize;
            (start..start + block.min(left)).for_each(|at| counts[at % units] += 1);
            left -= block.min(left);
        }
        assert_eq!(plan.counts(draw), counts);
    }
}
