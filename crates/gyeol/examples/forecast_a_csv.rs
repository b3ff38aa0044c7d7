//! A CSV of readings, from the file to tomorrow: read, look, clean, climb a small ladder, forecast from the model file.
//!
//! `cargo run --release -p gyeol --example forecast_a_csv -- [FILE [FOLDER]]`; without a file it makes up a meter.

use std::path::{Path, PathBuf};

use gyeol::ladder::open;
use gyeol::prelude::*;
use gyeol::report::terminal;
use gyeol::tensor::Rng;

/// Four months of a meter with a day and a week in it, one missing hour and one sentinel.
fn made_up() -> String {
    let mut text = String::from("time,load\n");
    let mut rng = Rng::new(1);
    let mut drift = 0.0;
    for hour in 0..24 * 120 {
        let (day, of_day) = (hour / 24, hour % 24);
        let (month, date) = match day {
            0..31 => (1, day + 1),
            31..60 => (2, day - 30),
            60..91 => (3, day - 59),
            _ => (4, day - 90),
        };
        let weekend = if matches!(day % 7, 5 | 6) { 0.8 } else { 1.0 };
        let wave = (f64::from(of_day - 9) * std::f64::consts::TAU / 24.0).sin();
        // What no calendar knows, and what fades slowly.
        drift = 0.95 * drift + 4.0 * rng.normal();
        let load = if hour == 900 { -999.0 } else { weekend * (300.0 + 80.0 * wave) + drift };
        if hour != 700 {
            text += &format!("2024-{month:02}-{date:02} {of_day:02}:00,{load:.1}\n");
        }
    }
    text
}

/// Says which rung is being fitted.
struct Words;

impl Watch for Words {
    fn begin(&mut self, rung: &str, index: usize, of: usize) {
        eprintln!("  {}/{of} {rung}", index + 1);
    }
}

fn climb_and_forecast(
    table: Table,
    out: &Path,
    rungs: &[&str],
) -> Result<(Outcome, Vec<ForecastRow>), Box<dyn std::error::Error>> {
    // Look: which column is what, and what is odd about them.
    let roles = Roles::guess(&table);
    let seen = profile(&table, &roles, None)?;
    for warning in &seen.warnings {
        println!("  seen: {}", warning.words);
    }

    // The recipe that fits; everything in it may be changed, and `to_toml` writes it down.
    let mut recipe = Recipe::fitting(&table, &roles, &seen, &table.source().name);
    recipe.rungs = rungs.iter().map(|name| gyeol::ladder::recipe::RungRecipe::named(*name)).collect();

    // Clean, split, fit, judge, and leave report, scores and bundles.
    let opened = open::prepare(&recipe, table.clone())?;
    for change in &opened.changes {
        println!("  cleaned: {} touched {}", change.operation, change.touched);
    }
    let options = Climb {
        fresh: false,
        out: out.to_path_buf(),
        quick: true,
        resume: false,
        only: None,
        command: "cargo run -p gyeol --example forecast_a_csv".into(),
    };
    let pool = Pool::new(0);
    let mut task = Forecasts::of(&recipe, opened, &options, &pool)?;
    let outcome = climb(&mut task, &options, &pool, &mut Words)?;

    // Tomorrow, from the file alone: scalers, cleaning and interval travel in it.
    let forecaster = Forecaster::open(&outcome.model)?;
    let rows = forecaster.forecast(table, &pool)?.rows;
    Ok((outcome, rows))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let options = ReadOptions::default();
    let table = match arguments.next() {
        Some(file) => gyeol::data::read(&file, &options)?,
        None => gyeol::data::read_bytes("meter.csv", made_up().as_bytes(), &options)?,
    };
    let out = arguments.next().map_or_else(
        || std::env::temp_dir().join(format!("gyeol-example-{}", std::process::id())),
        PathBuf::from,
    );
    let rungs = ["last-value", "seasonal-naive", "linear", "mlp", "lstm"];
    let (outcome, rows) = climb_and_forecast(table, &out, &rungs)?;
    println!("\n{}", terminal::table(&outcome.report, 100, false, Language::English));
    for row in rows.iter().take(6) {
        println!(
            "  {}  {:7.1}   {:7.1} to {:7.1}",
            gyeol::data::clock::show(row.time, None),
            row.value,
            row.low,
            row.high
        );
    }
    println!("  …\n\n  {}", outcome.page.display());
    Ok(())
}

#[test]
fn a_made_up_meter_goes_all_the_way() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::temp_dir().join(format!("gyeol-example-test-{}", std::process::id()));
    let table = gyeol::data::read_bytes("meter.csv", made_up().as_bytes(), &ReadOptions::default())?;
    let (outcome, rows) = climb_and_forecast(table, &out, &["seasonal-naive", "linear", "mlp"])?;
    assert_eq!(rows.len(), 24);
    assert!(rows.iter().all(|r| r.low <= r.value && r.value <= r.high && (150.0..450.0).contains(&r.value)));
    let mae = |i: usize| outcome.report.rungs[i].test["mae"].value;
    assert!(mae(1) < mae(0), "linear {} seasonal naive {}", mae(1), mae(0));
    for file in [&outcome.page, &outcome.scores, &outcome.model] {
        assert!(file.exists());
    }
    std::fs::remove_dir_all(out)?;
    Ok(())
}
