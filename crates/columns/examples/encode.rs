//! Times the encoder on a made-up table: `encode [ROWS]`, 20 columns of numbers, levels, flags, dates, an id and a text.

use std::time::Instant;

use gyeol_columns::{ColumnsParams, Matrix, Target, duplicates, leakage};
use gyeol_data::{ColumnData, Table};
use gyeol_tensor::Rng;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: usize = std::env::args().nth(1).map_or(Ok(1_000_000), |n| n.parse())?;
    let mix = |i: usize, k: usize| Rng::stream(k as u64, i as u64).next_u64() >> 20;
    let uniform = |i: usize, k: usize| (mix(i, k) % 1_000_003) as f64 / 1_000_003.0;
    let all = || 0..rows;
    let mut columns: Vec<(String, ColumnData)> = Vec::new();
    for k in 0..9 {
        let cell = |i: usize| if k < 3 && mix(i, k + 50) % 10 == 0 { f64::NAN } else { uniform(i, k) };
        columns.push((format!("number {k}"), ColumnData::Number(all().map(cell).collect())));
    }
    for (k, of) in [3, 12, 40, 500, 20_000].into_iter().enumerate() {
        let cell = |i: usize| Some(format!("level {}", mix(i, k + 10) % of));
        columns.push((format!("levels {of}"), ColumnData::Text(all().map(cell).collect())));
    }
    columns.push(("flag".into(), ColumnData::Boolean(all().map(|i| Some(mix(i, 20) % 2 == 0)).collect())));
    columns
        .push(("code".into(), ColumnData::Integer(all().map(|i| Some((mix(i, 21) % 9) as i64)).collect())));
    columns.push((
        "day".into(),
        ColumnData::Time(all().map(|i| Some((mix(i, 22) % 1_000_000_000) as i64 * 1000)).collect()),
    ));
    columns.push(("row".into(), ColumnData::Integer(all().map(|i| Some(i as i64)).collect())));
    columns.push((
        "text".into(),
        ColumnData::Text(all().map(|i| Some(format!("some words of row {i}"))).collect()),
    ));
    columns
        .push(("label".into(), ColumnData::Integer(all().map(|i| Some((mix(i, 23) % 2) as i64)).collect())));
    let table = Table::from_columns(columns)?;
    let labels: Vec<u32> = all().map(|i| (mix(i, 23) % 2) as u32).collect();
    let (train, test): (Vec<usize>, Vec<usize>) = all().partition(|i| i % 5 > 0);

    let begun = Instant::now();
    let encoder = ColumnsParams::default().check()?.fit(&table, &train, &["label"])?;
    println!("fit {:.2} s, {} features", begun.elapsed().as_secs_f64(), encoder.width());
    for column in encoder.columns() {
        println!(
            "  {}: {} ({}), {} features",
            column.name, column.kind, column.reason.words, column.features
        );
    }
    let begun = Instant::now();
    let encoded = encoder.transform(&table, &train)?;
    let form = match &encoded.features {
        Matrix::Dense(_) => "dense".to_owned(),
        Matrix::Sparse(m) => format!("sparse, {} numbers", m.nonzeros()),
    };
    println!("transform {:.2} s, {:?} {form}", begun.elapsed().as_secs_f64(), encoded.features.shape());
    let begun = Instant::now();
    let of: Vec<u32> = train.iter().map(|&row| labels[row]).collect();
    let leaks = leakage(&table, &train, Target::Classes(&of), &["label"])?;
    println!(
        "leakage {:.2} s: {:?}",
        begun.elapsed().as_secs_f64(),
        leaks.iter().map(|l| &l.column).collect::<Vec<_>>()
    );
    let begun = Instant::now();
    println!(
        "duplicates {:?} {:.2} s",
        duplicates(&table, &train, &test, &["label"])?.rows,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}
