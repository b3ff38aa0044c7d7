//! The seasonal naive forecast of the built-in load, as the ladder would hand it over.

use gyeol_data::clean::{CleanOp, FillMethod};
use gyeol_data::{Readings, Role, Roles, Scaler, ScalerKind, Table};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::forecaster::About;
use gyeol_forecast::prepare::{Scalers, SeriesScalers};
use gyeol_forecast::{Forecaster, Intervals, RungPredictor, Spec};
use gyeol_models::Answers;
use gyeol_serve::Named;

pub fn table() -> Table {
    gyeol_data::builtin::power_load().unwrap()
}

/// Yesterday's hours again, with an interval that widens.
pub fn model(name: &str) -> Named {
    named(name, Role::Past, Vec::new())
}

/// The same with quantiles of these levels, the temperature known ahead.
pub fn known(name: &str, levels: &[f64]) -> Named {
    named(name, Role::Known, levels.to_vec())
}

fn named(name: &str, temperature: Role, levels: Vec<f64>) -> Named {
    let roles =
        Roles::from_pairs([("time", Role::Time), ("load", Role::Target), ("temperature", temperature)]);
    let readings = Readings::from_table(&table(), &roles).unwrap();
    let spec = Spec::new(&readings, 168, 24, CalendarSpec::default(), &[], ScalerKind::Standard).unwrap();
    let series = &readings.series[0];
    let fit = |values: &[f64]| Scaler::fit(ScalerKind::Standard, values.iter().copied());
    let targets = vec![fit(&series.target[0])];
    let covariates = series.past.iter().chain(&series.known).map(|values| fit(values)).collect();
    let offsets = vec![vec![levels.iter().map(|level| level - 0.5).collect(); 24]];
    let quantiles = if levels.is_empty() { Vec::new() } else { offsets };
    let width = |sign: f64| vec![(1..=24).map(|hour| sign * 0.03 * f64::from(hour).sqrt()).collect()];
    let about = About {
        spec,
        scalers: Scalers { series: vec![SeriesScalers { id: None, targets }], covariates },
        intervals: Intervals {
            level: 0.9,
            low: width(-1.0),
            high: width(1.0),
            levels,
            quantiles,
            ..Intervals::default()
        },
        yardsticks: gyeol_forecast::score::Yardsticks {
            mase: vec![vec![1.0]],
            range: vec![vec![1.0]],
            season: 24,
        },
        scaled: Some(false),
        time: Some("time".into()),
        id: None,
        clean: vec![
            CleanOp::RegularClock { step: None, gather: Default::default() },
            CleanOp::Fill {
                columns: vec!["load".into(), "temperature".into()],
                method: FillMethod::Linear,
                season: None,
                limit: Some(6),
            },
        ],
        unit: "MW".into(),
        left_out: Vec::new(),
        refit: None,
        updated: false,
        learnt: None,
        hierarchy: None,
        reconciliation: None,
    };
    let forecaster = Forecaster {
        rung: "seasonal-naive".into(),
        about,
        predictor: RungPredictor::SeasonalNaive { season: 24 },
    };
    let model: std::sync::Arc<dyn Answers> = std::sync::Arc::new(forecaster);
    Named::new(name, "forecast", model)
}
