//! A model file, whatever it holds: opened, asked by its verbs, and judged on a table with truth.
//!
//! `cargo run --release -p gyeol --example judge_a_model -- [MODEL.gyeol]`; without a file it saves "the same hour yesterday".

use std::path::{Path, PathBuf};

use gyeol::bundle::DataHash;
use gyeol::data::Scaler;
use gyeol::forecast::forecaster::About;
use gyeol::forecast::prepare::{Scalers, SeriesScalers};
use gyeol::forecast::{Evaluation, Forecast, Origins};
use gyeol::prelude::*;

/// Yesterday's hours again, for the built-in load.
fn yesterday(table: &Table) -> Result<Forecaster> {
    let roles = Roles::from_pairs([("time", Role::Time), ("load", Role::Target)]);
    let readings = Readings::from_table(table, &roles)?;
    let spec = Spec::new(&readings, 24, 24, CalendarSpec::default(), &[], ScalerKind::Standard)?;
    let load = readings.series[0].target[0].iter().copied();
    let targets = vec![Scaler::fit(ScalerKind::Standard, load)];
    let half = vec![vec![0.5; 24]];
    let about = About {
        spec,
        scalers: Scalers { series: vec![SeriesScalers { id: None, targets }], covariates: vec![] },
        intervals: Intervals { level: 0.9, low: vec![vec![-0.5; 24]], high: half, ..Intervals::default() },
        yardsticks: Yardsticks { mase: vec![vec![1.0]], range: vec![vec![1.0]], season: 24 },
        scaled: Some(false),
        time: Some("time".into()),
        id: None,
        clean: vec![],
        unit: "MW".into(),
        left_out: Vec::new(),
        refit: None,
        updated: false,
        learnt: None,
        hierarchy: None,
        reconciliation: None,
    };
    let predictor = RungPredictor::SeasonalNaive { season: 24 };
    Ok(Forecaster { rung: "seasonal-naive:day".into(), about, predictor })
}

fn judged(model: &Path) -> Result<Evaluation> {
    // One door for every kind of model: what it can be asked, it says itself.
    let opened = gyeol::models::open(model)?;
    println!("{} · {} · {} parameters", opened.summary.kind, opened.summary.rung, opened.summary.parameters);
    for verb in opened.model.verbs() {
        println!("  {:10} {}", verb.name, verb.about);
    }
    let table = gyeol::data::builtin::power_load()?;
    let last = table.slice(table.rows() - 24 * 60, table.rows())?;
    let pool = Pool::new(0);
    if let Reply::Forecast(Forecast { rows, .. }) =
        opened.model.answer("forecast", Ask::Table(last.clone()), &pool)?
    {
        println!("the next hour: {:.0} ({:.0} to {:.0})", rows[0].value, rows[0].low, rows[0].high);
    }

    // A forecaster by its type, and its scores on every window of two months.
    let (forecaster, summary) = gyeol::models::open_as::<Forecaster>(model)?;
    let scaled = gyeol::ladder::recipe::scored_scaled(&forecaster, &summary)?;
    let test = forecaster.backtest(last, &Origins::default(), &pool, &mut |_, _| true)?;
    let found = forecaster.evaluate(&test, scaled, 0);
    let mae = found.metrics["mae"];
    println!("MAE {:.1} ({:.1} to {:.1}) over {} windows", mae.value, mae.low, mae.high, found.windows);
    println!("{:.0} % within the interval, {:.0} % promised", 100.0 * found.coverage, 100.0 * found.promised);
    Ok(found)
}

fn run(file: Option<PathBuf>) -> Result<Evaluation> {
    if let Some(file) = file {
        return judged(&file);
    }
    let path = std::env::temp_dir().join(format!("gyeol-yesterday-{}.gyeol", std::process::id()));
    let data = DataHash { name: "built-in load".into(), ..DataHash::default() };
    let model = yesterday(&gyeol::data::builtin::power_load()?)?;
    model.save(&path, Manifest::new("forecast", "seasonal-naive:day", data))?;
    let found = judged(&path);
    let _ = std::fs::remove_file(&path);
    found
}

fn main() -> Result<()> {
    run(std::env::args().nth(1).map(PathBuf::from)).map(|_| ())
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_months_of_hours_are_judged() {
        let found = super::run(None).unwrap();
        // Every origin with a day before it and a day after it: 1,440 - 24 - 23.
        assert_eq!((found.windows, found.values), (1393, 1393 * 24));
        let mae = found.metrics["mae"];
        assert!(mae.low < mae.value && mae.value < mae.high && mae.value > 100.0);
    }
}
