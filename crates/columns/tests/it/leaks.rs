//! Columns that give the label away, and rows in two parts.

use gyeol_columns::{LeakKind, Target, duplicates, leakage};
use gyeol_data::{ColumnData, Table};
use gyeol_tensor::Rng;

fn table() -> (Table, Vec<u32>, Vec<f64>) {
    let mut rng = Rng::new(1);
    let labels: Vec<u32> = (0..200).map(|_| rng.below(3) as u32).collect();
    let y: Vec<f64> = (0..200).map(|_| rng.normal()).collect();
    let text = |of: &dyn Fn(usize) -> String| ColumnData::Text((0..200).map(|i| Some(of(i))).collect());
    let columns = vec![
        ("renamed", text(&|i| format!("class {}", labels[i]))),
        ("finer", text(&|i| format!("{}-{}", labels[i], i % 4))),
        ("honest", text(&|i| if i % 5 == 0 { "x".into() } else { format!("{}", labels[i]) })),
        ("cut", ColumnData::Number((0..200).map(|i| f64::from(labels[i]) + 0.001 * i as f64).collect())),
        ("noise", ColumnData::Number((0..200).map(|_| rng.uniform()).collect())),
        ("scaled", ColumnData::Number(y.iter().map(|y| 3.0 - 2.0 * y).collect())),
        ("copy", ColumnData::Number(y.clone())),
        ("key", text(&|i| format!("k{}", i * 7919 % 10_007))),
        ("row", ColumnData::Integer((0..200).map(|i| Some(i * 2)).collect())),
    ];
    let table = Table::from_columns(columns.into_iter().map(|(n, d)| (n.to_owned(), d)).collect()).unwrap();
    (table, labels, y)
}

fn found(target: Target<'_>) -> Vec<(String, LeakKind, String)> {
    let rows: Vec<usize> = (0..200).collect();
    let all = leakage(&table().0, &rows, target, &[]).unwrap();
    all.into_iter().map(|l| (l.column, l.kind, l.reason.code)).collect()
}

#[test]
fn columns_that_tell_the_class_are_named_and_honest_ones_are_not() {
    let (_, labels, _) = table();
    let want = [
        ("renamed", LeakKind::IsLabel, "explained"),
        ("finer", LeakKind::TellsLabel, "explained"),
        ("cut", LeakKind::TellsLabel, "runs"),
        ("key", LeakKind::Id, "all-different"),
        ("row", LeakKind::Id, "rising"),
    ];
    assert_eq!(found(Target::Classes(&labels)), want.map(|(c, k, r)| (c.to_owned(), k, r.to_owned())));
    // Two classes: by the area under the curve.
    let two: Vec<u32> = labels.iter().map(|&l| u32::from(l > 0)).collect();
    assert!(found(Target::Classes(&two)).contains(&("cut".into(), LeakKind::TellsLabel, "area".into())));
    // One class tells nothing of anything.
    assert!(found(Target::Classes(&[4; 200])).iter().all(|l| l.1 == LeakKind::Id));
}

#[test]
fn columns_that_are_the_number_are_named() {
    let (_, _, y) = table();
    let want = [
        ("scaled", LeakKind::TellsLabel, "correlation"),
        ("copy", LeakKind::IsLabel, "equal"),
        ("key", LeakKind::Id, "all-different"),
        ("row", LeakKind::Id, "rising"),
    ];
    assert_eq!(found(Target::Numbers(&y)), want.map(|(c, k, r)| (c.to_owned(), k, r.to_owned())));
}

#[test]
fn few_rows_say_nothing_and_wrong_lists_are_refused() {
    let (table, labels, _) = table();
    let few: Vec<usize> = (0..19).collect();
    assert!(leakage(&table, &few, Target::Classes(&labels[..19]), &[]).unwrap().is_empty());
    assert_eq!(leakage(&table, &few, Target::Classes(&labels), &[]).unwrap_err().code(), "unequal-lists");
    assert_eq!(leakage(&table, &[200], Target::Classes(&[1]), &[]).unwrap_err().code(), "row-outside");
}

#[test]
fn rows_that_stand_in_two_parts_are_counted() {
    let text = |cells: [&str; 8]| {
        ColumnData::Text(cells.map(|c| (!c.is_empty()).then_some(c)).into_iter().collect())
    };
    let table = Table::from_columns(vec![
        ("a".into(), text(["x", "y", "", "x", "x", "", "y", "y"])),
        ("b".into(), ColumnData::Number(vec![1.0, 2.0, f64::NAN, 1.0, -0.0, f64::NAN, 2.0, 3.0])),
        ("label".into(), text(["1", "2", "3", "4", "5", "6", "7", "8"])),
    ])
    .unwrap();
    let found = duplicates(&table, &[0, 1, 2, 4], &[3, 5, 6, 7], &["label"]).unwrap();
    assert_eq!((found.rows, found.of, found.examples), (3, 4, vec![(0, 3), (2, 5), (1, 6)]));
    assert_eq!(duplicates(&table, &[0], &[3], &[]).unwrap().rows, 0);
    assert_eq!(duplicates(&table, &[0], &[3], &["a", "b", "label"]).unwrap_err().code(), "no-columns");
    assert_eq!(duplicates(&table, &[], &[3], &[]).unwrap().rows, 0);
}

#[test]
fn two_rows_of_a_rare_class_are_told_by_chance_and_nothing_is_said() {
    let labels: Vec<u32> = (0..100).map(|i| u32::from(i == 40 || i == 41)).collect();
    let pairs = ColumnData::Text((0..100).map(|i| Some(format!("p{}", i / 2))).collect());
    let number = ColumnData::Number(
        (0..100).map(|i| f64::from(i32::from(i == 40 || i == 41)) + f64::from(i % 7) / 10.0).collect(),
    );
    let table = Table::from_columns(vec![("pair".into(), pairs), ("number".into(), number)]).unwrap();
    let rows: Vec<usize> = (0..100).collect();
    assert_eq!(leakage(&table, &rows, Target::Classes(&labels), &[]).unwrap(), []);
}
